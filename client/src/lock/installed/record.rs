//! `RECORD`: the list of a project's installed files, with their hashes.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use picotuf::{HashAlgorithm, Hasher};

use super::super::Reason;
use super::read_text;
use crate::code::Code;
use crate::error::Error;

/// How many files match what `RECORD` lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// The projects with a `RECORD` that all of their files match.
    pub projects: usize,
    /// The files that have the listed hash.
    pub matching: usize,
    /// The files for which no hash is listed, such as `RECORD` itself and compiled files.
    pub without_hash: usize,
    /// The files outside of the environment. They are not read.
    pub outside: usize,
}

/// Adds all files that the `RECORD` of the project in `folder` lists, as far as it can be read.
pub(super) fn list(root: &Path, packages: &Path, folder: &Path, listed: &mut HashSet<PathBuf>) {
    let Ok(text) = read_text(&folder.join("RECORD"), LENGTH_MAX) else { return };
    let Ok(packages) = super::real(packages) else { return };
    for [name, ..] in text.lines().filter_map(fields) {
        listed.extend(inside(root, &packages, &name));
    }
}

/// Compares the files of the project in `folder` with its `RECORD`. Paths begin at `packages`.
///
/// Returns why not all of them can be compared.
///
/// # Errors
/// [`Code::RecordMismatch`] for the first file that differs or is missing;
/// [`Code::InvalidEnvironment`] for a malformed list.
pub(super) fn check_record(
    root: &Path,
    packages: &Path,
    folder: &Path,
    records: &mut Records,
) -> Result<Vec<Reason>, Error> {
    let path = folder.join("RECORD");
    if path.symlink_metadata().is_err() {
        return Ok(vec![Reason::NoRecord]);
    }
    let text = read_text(&path, LENGTH_MAX)?;
    let packages = super::real(packages)?;
    let mut counts = Records::default();
    let mut reasons = Vec::new();
    for (line, text) in text.lines().enumerate() {
        let place = || format!("{}:{}", path.display(), line.saturating_add(1));
        let wrong = |message: &str| Error::new(Code::InvalidEnvironment, message).file(place());
        if text.is_empty() {
            continue;
        }
        let fields = fields(text).ok_or_else(|| wrong("the line is not of three fields"))?;
        let [name, hash, size] = &fields;
        let Some(file) = inside(root, &packages, name) else {
            counts.outside = counts.outside.saturating_add(1);
            continue;
        };
        if hash.is_empty() {
            counts.without_hash = counts.without_hash.saturating_add(1);
            continue;
        }
        let (kind, expected) =
            hash.split_once('=').ok_or_else(|| wrong("the hash is not written as NAME=BASE64"))?;
        let algorithm = match kind {
            "sha256" => HashAlgorithm::Sha256,
            "sha512" => HashAlgorithm::Sha512,
            _ => {
                let why = if matches!(kind, "md5" | "sha1" | "sha224") {
                    Reason::WeakHash
                } else {
                    Reason::UnknownHash
                };
                if !reasons.contains(&why) {
                    reasons.push(why);
                }
                continue;
            }
        };
        let expected = Base64UrlUnpadded::decode_vec(expected)
            .map_err(|_| wrong("the hash is not in URL-safe base64 without padding"))?;
        let size = match size.as_str() {
            "" => None,
            size => Some(size.parse().map_err(|_| wrong("the size is not a number"))?),
        };
        let changed = |message: &str| {
            Error::new(Code::RecordMismatch, message)
                .file(file.display())
                .hint("install the project again, and find out what changed the file")
        };
        if !file.is_file() {
            return Err(changed("a file that RECORD lists is missing"));
        }
        if digest(&file, algorithm, size)?.as_deref() != Some(&expected[..]) {
            return Err(changed("the file is not as RECORD lists it"));
        }
        counts.matching = counts.matching.saturating_add(1);
    }
    records.projects = records.projects.saturating_add(1);
    records.matching = records.matching.saturating_add(counts.matching);
    records.without_hash = records.without_hash.saturating_add(counts.without_hash);
    records.outside = records.outside.saturating_add(counts.outside);
    Ok(reasons)
}

/// The digest of a file; nothing if it has another length than `size`.
fn digest(
    path: &Path,
    algorithm: HashAlgorithm,
    size: Option<u64>,
) -> Result<Option<Vec<u8>>, Error> {
    let failed = |error| Error::io("read the file", path, &error);
    let mut file = File::open(path).map_err(|error| Error::io("open the file", path, &error))?;
    let length = file.metadata().map_err(failed)?.len();
    if size.is_some_and(|size| size != length) {
        return Ok(None);
    }
    let mut hasher = Hasher::new(algorithm);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Some(hasher.finish().as_bytes().to_vec())),
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
}

/// The path of a listed file, if it is inside of the environment.
fn inside(root: &Path, packages: &Path, name: &str) -> Option<PathBuf> {
    let mut path = packages.to_owned();
    for part in Path::new(name).components() {
        match part {
            // There are no links in `packages`, so this is the folder above.
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            // An absolute path begins anew.
            part => path.push(part),
        }
    }
    path.starts_with(root).then_some(path)
}

/// The three fields of a line of comma-separated values; nothing if there are more or fewer.
fn fields(line: &str) -> Option<[String; 3]> {
    let mut fields = [const { String::new() }; 3];
    let mut rest = line;
    for (place, field) in fields.iter_mut().enumerate() {
        let is_last = place == 2;
        match rest.strip_prefix('"') {
            Some(mut quoted) => {
                loop {
                    let (before, after) = quoted.split_once('"')?;
                    field.push_str(before);
                    match after.strip_prefix('"') {
                        Some(more) => {
                            field.push('"');
                            quoted = more;
                        }
                        None => {
                            rest = after;
                            break;
                        }
                    }
                }
                match is_last {
                    true if rest.is_empty() => {}
                    true => return None,
                    false => rest = rest.strip_prefix(',')?,
                }
            }
            None if is_last => field.push_str(Some(rest).filter(|rest| !rest.contains(','))?),
            None => {
                let (before, after) = rest.split_once(',')?;
                field.push_str(before);
                rest = after;
            }
        }
    }
    Some(fields)
}

/// A hundred bytes a line for a hundred times the files of the largest packages.
const LENGTH_MAX: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_three_fields_that_may_be_quoted() {
        let read = |line| fields(line).map(|[name, hash, size]| format!("{name}|{hash}|{size}"));
        for (line, expected) in [
            ("a.py,sha256=x,1", Some("a.py|sha256=x|1")),
            ("a.py,,", Some("a.py||")),
            ("\"a,b\"\"c\".py,,", None),
            ("\"a,b\"\"c.py\",\"h\",\"1\"", Some("a,b\"c.py|h|1")),
            ("a.py,", None),
            ("a.py,h,1,2", None),
            ("\"a.py,h,1", None),
            ("a.py,h,\"1\"2", None),
        ] {
            assert_eq!(read(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn files_outside_of_the_environment_are_not_read() {
        let (root, packages) = (Path::new("/v"), Path::new("/v/lib/python3/site-packages"));
        for (name, expected) in [
            ("a/b.py", Some("/v/lib/python3/site-packages/a/b.py")),
            ("../../../bin/a", Some("/v/bin/a")),
            ("/v/bin/a", Some("/v/bin/a")),
            ("../../../../etc/shadow", None),
            ("a/../../../../../dev/zero", None),
            ("/etc/shadow", None),
            ("/v/../etc/shadow", None),
            ("/vv/a", None),
        ] {
            assert_eq!(inside(root, packages, name).as_deref(), expected.map(Path::new), "{name}");
        }
    }
}
