//! The METADATA of a wheel, taken out of the wheel itself: what is verified says what it needs.

use std::fs::File;
use std::io::{Cursor, Read};

use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use picotuf::pypi::ProjectName;
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive};

use crate::code::Code;
use crate::error::Error;

/// Returns the METADATA of a wheel of a project, of at most `maximum` bytes.
///
/// Installers differ in what they make of a wheel with several folders or files of that name, so
/// that such a wheel has none.
///
/// # Errors
/// [`Code::MissingTarget`] where the file is no wheel of the project that has exactly one.
pub fn wheel_metadata(wheel: File, project: &ProjectName, maximum: u64) -> Result<Vec<u8>, Error> {
    read(wheel, project, maximum).map_err(|reason| {
        let message = format!("the wheel has no METADATA that can be served: {reason}");
        Error::new(Code::MissingTarget, message)
    })
}

fn read(wheel: File, project: &ProjectName, maximum: u64) -> Result<Vec<u8>, String> {
    let said = |error: rawzip::Error| error.to_string();
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(wheel, &mut buffer).map_err(said)?;
    let mut entries = archive.entries(&mut buffer);
    let mut count = 0usize;
    let mut folder: Option<Vec<u8>> = None;
    let mut found = None;
    while let Some(entry) = entries.next_entry().map_err(said)? {
        count = count.saturating_add(1);
        if count > ENTRIES_MAX {
            return Err(format!("it holds more than {ENTRIES_MAX} files"));
        }
        let path = entry.file_path();
        let path: &[u8] = path.as_ref();
        let Some(at) = path.iter().position(|byte| *byte == b'/') else { continue };
        let (top, rest) = path.split_at(at);
        if !top.to_ascii_lowercase().ends_with(SUFFIX) {
            continue;
        }
        if folder.get_or_insert_with(|| top.to_vec()) != top {
            return Err("it has several folders *.dist-info".to_owned());
        }
        if rest != b"/METADATA" {
            continue;
        }
        let kept = (entry.wayfinder(), entry.compression_method(), entry.flags().is_encrypted());
        if found.replace(kept).is_some() {
            return Err("it has several METADATA".to_owned());
        }
    }
    let (Some(folder), Some((place, method, is_encrypted))) = (folder, found) else {
        return Err("there is no *.dist-info/METADATA".to_owned());
    };
    let is_of_project = std::str::from_utf8(&folder)
        .ok()
        .and_then(|folder| folder.split_once('-'))
        .and_then(|(name, _)| ProjectName::new(name).ok())
        .is_some_and(|name| name == *project);
    if !is_of_project {
        return Err("its folder *.dist-info is of another project".to_owned());
    }
    if is_encrypted {
        return Err("it is encrypted".to_owned());
    }
    let entry = archive.get_entry(place).map_err(said)?;
    let mut packed = Vec::new();
    let limit = maximum.saturating_add(1);
    entry.reader().take(limit).read_to_end(&mut packed).map_err(|error| error.to_string())?;
    let too_long = || format!("it is longer than {maximum} bytes");
    if u64::try_from(packed.len()).unwrap_or(u64::MAX) > maximum {
        return Err(too_long());
    }
    let bytes = match method {
        CompressionMethod::STORE => packed,
        CompressionMethod::DEFLATE => {
            let limit = usize::try_from(maximum).unwrap_or(usize::MAX);
            decompress_to_vec_with_limit(&packed, limit).map_err(|error| match error.status {
                TINFLStatus::HasMoreOutput => too_long(),
                _ => "its compressed form is malformed".to_owned(),
            })?
        }
        _ => return Err("its compression is not supported".to_owned()),
    };
    // The length and the CRC-32 have to be those that are stated.
    let mut checked = Vec::with_capacity(bytes.len());
    entry
        .verifying_reader(Cursor::new(bytes))
        .read_to_end(&mut checked)
        .map_err(|error| error.to_string())?;
    Ok(checked)
}

const SUFFIX: &[u8] = b".dist-info";
/// The maximum number of files of a wheel. The largest on PyPI have some 20,000.
const ENTRIES_MAX: usize = 100_000;

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use miniz_oxide::deflate::compress_to_vec;

    use super::*;

    /// Writes an archive without compression, or with the first file compressed.
    fn archive(files: &[(&str, &[u8])], is_deflated: bool, change: impl Fn(&mut Vec<u8>)) -> File {
        let mut bytes = Vec::new();
        let mut directory = Vec::new();
        for (name, content) in files {
            let offset = u32::try_from(bytes.len()).unwrap();
            let packed = if is_deflated { compress_to_vec(content, 6) } else { content.to_vec() };
            let mut fixed = Vec::new();
            fixed.extend([20, 0, 0, 0, if is_deflated { 8 } else { 0 }, 0, 0, 0, 0, 0]);
            fixed.extend(rawzip::crc32(content).to_le_bytes());
            for length in [packed.len(), content.len()] {
                fixed.extend(u32::try_from(length).unwrap().to_le_bytes());
            }
            fixed.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            fixed.extend([0, 0]);
            bytes.extend(*b"PK\x03\x04");
            bytes.extend(&fixed);
            bytes.extend(name.as_bytes());
            bytes.extend(packed);
            directory.extend(*b"PK\x01\x02\x14\0");
            directory.extend(fixed);
            directory.extend([0; 10]);
            directory.extend(offset.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let (start, length) = (bytes.len(), directory.len());
        bytes.extend(directory);
        bytes.extend(*b"PK\x05\x06\0\0\0\0");
        let count = u16::try_from(files.len()).unwrap().to_le_bytes();
        bytes.extend([count, count].concat());
        for number in [length, start] {
            bytes.extend(u32::try_from(number).unwrap().to_le_bytes());
        }
        bytes.extend([0, 0]);
        change(&mut bytes);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    fn read(file: File) -> Result<String, String> {
        let project = ProjectName::new("a-b").unwrap();
        wheel_metadata(file, &project, 100)
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .map_err(|error| error.to_string())
    }

    const INFO: &str = "A_b-1.dist-info/METADATA";
    const TEXT: &[u8] = b"Name: a-b\n";

    #[test]
    fn metadata_comes_out_as_it_went_in() {
        for is_deflated in [false, true] {
            let files = [("a_b.py", &b"x"[..]), (INFO, TEXT), ("x/y.dist-info/METADATA", b"no")];
            let read = read(archive(&files, is_deflated, |_| {}));
            assert_eq!(read.unwrap(), "Name: a-b\n");
        }
    }

    #[test]
    fn a_wheel_that_installers_may_read_differently_has_none() {
        let long = [b'x'; 101];
        let none = |_: &mut Vec<u8>| {};
        let flip = |bytes: &mut Vec<u8>| {
            let at = bytes.windows(TEXT.len()).position(|window| window == TEXT).unwrap();
            bytes[at] ^= 1;
        };
        for (file, reason) in [
            (archive(&[(INFO, TEXT), (INFO, b"Name: c\n")], false, none), "several METADATA"),
            (archive(&[(INFO, TEXT), ("c-1.dist-info/x", b"")], false, none), "several folders"),
            (archive(&[(INFO, TEXT), ("c-1.Dist-Info/x", b"")], false, none), "several folders"),
            (archive(&[("c-1.dist-info/METADATA", TEXT)], false, none), "another project"),
            (archive(&[("x/A_b-1.dist-info/METADATA", TEXT)], false, none), "there is no"),
            (archive(&[("a_b.py", TEXT)], false, none), "there is no"),
            (archive(&[(INFO, &long)], false, none), "longer than 100 bytes"),
            (archive(&[(INFO, &[b'x'; 10_000])], true, none), "longer than 100 bytes"),
            (archive(&[(INFO, TEXT)], false, flip), "checksum"),
            (archive(&[(INFO, TEXT)], false, |bytes| bytes.truncate(40)), "end of central"),
            (archive(&[], false, |bytes| bytes.clear()), "end of central"),
        ] {
            let error = read(file).unwrap_err();
            assert!(error.contains(reason), "{reason}: {error}");
        }
    }
}
