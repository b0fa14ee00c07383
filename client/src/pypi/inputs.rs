//! The files to check: named files, files in folders, and a list on standard input.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use picotuf::pypi::FileKind;

use crate::code::Code;
use crate::error::Error;
use crate::lock;

/// The files to check.
#[derive(Debug, Default, PartialEq)]
pub struct Inputs {
    /// The files in the order of the arguments; files of a folder are sorted by name.
    pub files: Vec<PathBuf>,
    /// The number of files in folders that are neither distributions nor lock files, by their
    /// names.
    pub others: usize,
}

/// Collects the files. `-` stands for the list of paths in `list`.
pub fn collect(named: &[PathBuf], list: &mut impl Read) -> Result<Inputs, Error> {
    let mut inputs = Inputs::default();
    for path in named {
        if path.as_os_str() == "-" {
            for path in read_list(list)? {
                inputs.add(&path)?;
            }
        } else {
            inputs.add(path)?;
        }
    }
    Ok(inputs)
}

impl Inputs {
    fn add(&mut self, path: &Path) -> Result<(), Error> {
        if !path.is_dir() {
            self.files.push(path.to_owned());
            return Ok(());
        }
        let mut folders = vec![path.to_owned()];
        while let Some(folder) = folders.pop() {
            let refuse = |error: io::Error| Error::io("list the folder", &folder, &error);
            let mut entries = Vec::new();
            for entry in fs::read_dir(&folder).map_err(refuse)? {
                entries.push(entry.map_err(refuse)?);
            }
            entries.sort_by_key(fs::DirEntry::file_name);
            let mut below = Vec::new();
            for entry in entries {
                // A link to a folder is not followed, because it may form a cycle.
                if entry.file_type().map_err(refuse)?.is_dir() {
                    below.push(entry.path());
                } else if is_input(&entry.path()) {
                    self.files.push(entry.path());
                } else {
                    self.others = self.others.saturating_add(1);
                }
            }
            folders.extend(below.into_iter().rev());
        }
        Ok(())
    }
}

/// Returns whether a file in a folder is to be checked.
fn is_input(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| FileKind::of_extension(name).is_some()) || lock::is_lock_file(path)
}

/// Reads a list of paths, one on each line, or each with a NUL behind it, as `find -print0` writes
/// them.
fn read_list(list: &mut impl Read) -> Result<Vec<PathBuf>, Error> {
    let mut text = String::new();
    let read = list.take(LIST_MAX.saturating_add(1)).read_to_string(&mut text);
    read.map_err(|error| {
        Error::new(Code::Io, format!("cannot read the list on standard input: {error}"))
    })?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LIST_MAX {
        return Err(Error::new(
            Code::ListLength,
            format!("the list on standard input is longer than {LIST_MAX} bytes"),
        ));
    }
    let separator = if text.contains('\0') { '\0' } else { '\n' };
    let lines = text.split(separator).map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(lines.filter(|line| !line.is_empty()).map(PathBuf::from).collect())
}

/// The maximum length of the list, in bytes: some hundred thousand files.
const LIST_MAX: u64 = 16 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn names(inputs: &Inputs, folder: &Path) -> Vec<String> {
        let name = |path: &PathBuf| {
            path.strip_prefix(folder).unwrap_or(path).display().to_string().replace('\\', "/")
        };
        inputs.files.iter().map(name).collect()
    }

    #[test]
    fn folders_give_their_distributions_and_lock_files_in_the_order_of_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("m/n")).unwrap();
        for name in
            ["z-1.zip", "a-1.whl", "README.md", "m/c-1.tar.gz", "m/n/d-1.egg", "m/x.txt", "uv.lock"]
        {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let named = [folder.path().to_owned(), PathBuf::from("no such file")];
        let inputs = collect(&named, &mut io::empty()).unwrap();
        assert_eq!(
            names(&inputs, folder.path()),
            ["a-1.whl", "uv.lock", "z-1.zip", "m/c-1.tar.gz", "m/n/d-1.egg", "no such file"]
        );
        assert_eq!(inputs.others, 2);
    }

    #[test]
    fn a_list_has_lines_or_ends_in_nul() {
        let listed = |text: &str| {
            collect(&["x".into(), "-".into(), "y".into()], &mut text.as_bytes())
                .unwrap()
                .files
                .into_iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(listed("a b.whl\r\n\nc.whl"), ["x", "a b.whl", "c.whl", "y"]);
        assert_eq!(listed("a\nb.whl\0c.whl\0"), ["x", "a\nb.whl", "c.whl", "y"]);
        assert_eq!(listed(""), ["x", "y"]);
        assert!(collect(&["-".into()], &mut [0xff_u8].as_slice()).is_err());
    }
}
