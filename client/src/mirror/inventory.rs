//! The files in a mirror's folder that no role lists, found in a bounded amount of memory.
//!
//! There may be more names than memory has room for. They are divided by their hashes among
//! temporary files, and one part at a time is compared.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use picotuf::sha256;

use crate::error::Error;

/// The SHA-256 of the name of a file.
type Hash = [u8; 32];

/// The files in a folder, and the names that roles list.
pub(crate) struct Inventory {
    /// The names and the hashes of the files, or `None` if there are none.
    found: Option<Parts>,
    /// The hashes of the listed names.
    listed: Mutex<Option<Parts>>,
    links: BTreeSet<String>,
    /// The links in the place of a listed file or of one of its folders.
    links_listed: Mutex<BTreeSet<String>>,
}

/// The entries of a folder and of all folders below it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    File,
    Link,
}

impl Inventory {
    /// Takes the inventory of a folder. `links` says whether symbolic links count as files.
    pub(crate) fn of(folder: &Path, links: bool) -> Result<Inventory, Error> {
        let mut found = None;
        let mut all_links = BTreeSet::new();
        visit(folder, "", &mut |name, entry| match entry {
            Entry::Link => {
                if links {
                    all_links.insert(name.to_owned());
                }
                Ok(())
            }
            Entry::File => {
                let hash = sha256(name.as_bytes());
                // Unix has no longer path.
                let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
                Parts::of(&mut found)?
                    .write(&hash, &[&hash[..], &length.to_le_bytes(), name.as_bytes()])
            }
        })?;
        Ok(Inventory {
            found,
            listed: Mutex::new(None),
            links: all_links,
            links_listed: Mutex::default(),
        })
    }

    /// Returns whether the folder has neither files nor links.
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_none() && self.links.is_empty()
    }

    /// Records that these names are listed.
    pub(crate) fn list<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<(), Error> {
        let mut hashes = Vec::new();
        for name in names {
            self.list_links(name);
            hashes.push(sha256(name.as_bytes()));
        }
        if self.found.is_none() {
            return Ok(());
        }
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        let listed = Parts::of(&mut listed)?;
        hashes.iter().try_for_each(|hash| listed.write(hash, &[hash]))
    }

    fn list_links(&self, name: &str) {
        if self.links.is_empty() {
            return;
        }
        let folders = name.match_indices('/').map(|(end, _)| &name[..end]);
        for path in folders.chain([name]).filter(|path| self.links.contains(*path)) {
            let mut listed = self.links_listed.lock().unwrap_or_else(PoisonError::into_inner);
            listed.insert(path.to_owned());
        }
    }

    /// Returns the sorted names of the files that are not listed.
    pub(crate) fn unlisted(self) -> Result<Vec<String>, Error> {
        let links_listed = self.links_listed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut unlisted: Vec<String> = self.links.difference(&links_listed).cloned().collect();
        let Some(found) = self.found else { return Ok(unlisted) };
        let listed = self.listed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut listed = listed.map(Parts::into_readers).transpose()?;
        for (part, mut found) in found.into_readers()?.into_iter().enumerate() {
            let mut hashes = match &mut listed {
                Some(listed) => hashes(&mut listed[part]).map_err(|error| temporary(&error))?,
                None => Vec::new(),
            };
            hashes.sort_unstable();
            while let Some((hash, name)) = next(&mut found).map_err(|error| temporary(&error))? {
                if hashes.binary_search(&hash).is_err() {
                    unlisted.push(name);
                }
            }
        }
        unlisted.sort_unstable();
        Ok(unlisted)
    }
}

/// Calls `each` with the name of every file and every symbolic link below a folder, except
/// temporary files. Follows no link. A folder that cannot be opened has no files.
pub(crate) fn visit(
    folder: &Path,
    prefix: &str,
    each: &mut dyn FnMut(&str, Entry) -> Result<(), Error>,
) -> Result<(), Error> {
    let refuse = |error| Error::io("list the folder", folder, &error);
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(refuse)?;
        let file_name = entry.file_name();
        let Some(file_name) = file_name.to_str() else { continue };
        let name = format!("{prefix}{file_name}");
        let kind = entry.file_type().map_err(refuse)?;
        if kind.is_dir() {
            visit(&entry.path(), &format!("{name}/"), each)?;
        } else if kind.is_symlink() {
            each(&name, Entry::Link)?;
        } else if kind.is_file() && !file_name.starts_with(".picotuf-") {
            each(&name, Entry::File)?;
        }
    }
    Ok(())
}

/// Records that are divided by a hash among temporary files without names.
struct Parts(Vec<BufWriter<File>>);

impl Parts {
    /// Returns the parts, which are made at the first call.
    fn of(parts: &mut Option<Parts>) -> Result<&mut Parts, Error> {
        if parts.is_none() {
            let files: io::Result<Vec<_>> = (0..PARTS)
                .map(|_| Ok(BufWriter::with_capacity(BUFFER, tempfile::tempfile()?)))
                .collect();
            *parts = Some(Parts(files.map_err(|error| temporary(&error))?));
        }
        Ok(parts.get_or_insert_with(|| Parts(Vec::new())))
    }

    fn write(&mut self, hash: &Hash, record: &[&[u8]]) -> Result<(), Error> {
        let file = &mut self.0[usize::from(hash[0]) % PARTS];
        let written = record.iter().try_for_each(|piece| file.write_all(piece));
        written.map_err(|error| temporary(&error))
    }

    fn into_readers(self) -> Result<Vec<BufReader<File>>, Error> {
        let readers = self.0.into_iter().map(|file| {
            let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.rewind()?;
            Ok(BufReader::with_capacity(BUFFER, file))
        });
        readers.collect::<io::Result<_>>().map_err(|error| temporary(&error))
    }
}

/// Reads the hashes of a part.
fn hashes(part: &mut BufReader<File>) -> io::Result<Vec<Hash>> {
    let mut bytes = Vec::new();
    part.read_to_end(&mut bytes)?;
    Ok(bytes.as_chunks::<32>().0.to_vec())
}

/// Reads the next file of a part.
fn next(part: &mut BufReader<File>) -> io::Result<Option<(Hash, String)>> {
    let (mut hash, mut length) = ([0; 32], [0; 4]);
    match part.read_exact(&mut hash) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    part.read_exact(&mut length)?;
    let mut name = vec![0; usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX)];
    part.read_exact(&mut name)?;
    String::from_utf8(name).map(|name| Some((hash, name))).map_err(io::Error::other)
}

fn temporary(error: &io::Error) -> Error {
    Error::io("use a temporary file in", &std::env::temp_dir(), error)
}

/// The number of parts. Five million names of 32 bytes are 1.3 MB a part.
const PARTS: usize = 128;
/// The bytes of each part in memory.
const BUFFER: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_links_that_nothing_lists_are_found_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..1000).map(|n| format!("{:02x}/file-{n}", n % 256)).collect();
        for name in &names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"").unwrap();
        }
        fs::write(folder.path().join(".picotuf-1.tmp"), b"").unwrap();
        let inventory = Inventory::of(folder.path(), true).unwrap();
        // Names that no file has are in the same parts.
        let more: Vec<String> = (0..1000).map(|n| format!("absent-{n}")).collect();
        let listed = names.iter().filter(|name| !name.ends_with('7')).chain(&more);
        inventory.list(listed.map(String::as_str)).unwrap();
        let mut expected: Vec<String> =
            names.iter().filter(|name| name.ends_with('7')).cloned().collect();
        expected.sort();
        assert_eq!(expected.len(), 100);
        assert_eq!(inventory.unlisted().unwrap(), expected);
        assert!(Inventory::of(&folder.path().join("none"), true).unwrap().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_a_listed_file_or_folder_is_no_stray() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            std::os::unix::fs::symlink("/nowhere", folder.path().join(name)).unwrap();
        }
        let listed = ["a/x/y", "b", "cc"];
        let inventory = Inventory::of(folder.path(), true).unwrap();
        inventory.list(listed.into_iter()).unwrap();
        assert_eq!(inventory.unlisted().unwrap(), ["c"]);
        assert!(Inventory::of(folder.path(), false).unwrap().is_empty());
    }
}
