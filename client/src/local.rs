//! A repository that is a folder of this machine.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::{Found, Sink};
use crate::code::{Blame, Code};
use crate::error::Error;

/// Gives at most `max_length` bytes of the file to `sink`.
///
/// A web server decodes the name that it is asked for, so the folder is looked up by the decoded
/// name, and then by the name as it stands, which is how some tools write a role's file.
pub(super) fn read(
    folder: &Path,
    name: &str,
    max_length: u64,
    sink: &mut Sink<'_>,
) -> Result<Found, Error> {
    for path in candidates(folder, name) {
        match File::open(&path) {
            Ok(file) => {
                copy(file, max_length, sink, &path)?;
                return Ok(Found::Yes);
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) => {}
            Err(error) => return Err(unreadable("open", &path, &error)),
        }
    }
    if !folder.is_dir() {
        return Err(Error::new(Code::NoRepository, "the folder does not exist")
            .file(folder.display())
            .hint("check the path; a URL begins with https://"));
    }
    Ok(Found::No)
}

fn candidates(folder: &Path, name: &str) -> impl Iterator<Item = PathBuf> {
    let decoded = percent_decode_str(name).decode_utf8().ok().map(|name| name.into_owned());
    let encoded = Some(name.to_owned()).filter(|name| decoded.as_ref() != Some(name));
    [decoded, encoded]
        .into_iter()
        .flatten()
        .filter(|name| stays_below(name))
        .map(|name| folder.join(name))
}

/// Returns whether a name of the repository's making leads to something in its folder.
fn stays_below(name: &str) -> bool {
    !name.contains(['\\', '\0', ':'])
        && name.split('/').all(|component| !matches!(component, "" | "." | ".."))
}

fn copy(file: File, max_length: u64, sink: &mut Sink<'_>, path: &Path) -> Result<(), Error> {
    let mut file = file.take(max_length);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => sink(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable("read", path, &error)),
        }
    }
}

/// It is the repository's folder that is at fault, and not one of this program's own.
fn unreadable(action: &str, path: &Path, error: &io::Error) -> Error {
    Error::new(Code::Io, format!("cannot {action} the file: {error}"))
        .blame(Blame::Transport)
        .file(path.display())
}

#[cfg(test)]
mod tests {
    use std::path::Component;

    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for name in [
            "..%2Fsecret",
            "a/..%2f..%2fsecret",
            "%2Fetc%2Fpasswd",
            "c:%5Cx",
            "../secret",
            "a//b",
            "/x",
            "",
        ] {
            for path in candidates(Path::new("/r"), name) {
                let inside = path.strip_prefix("/r").unwrap();
                assert!(
                    inside.components().all(|part| matches!(part, Component::Normal(_))),
                    "{name}: {path:?}"
                );
            }
        }
        assert_eq!(candidates(Path::new("/r"), "../secret").count(), 0);
        assert_eq!(candidates(Path::new("/r"), "..%2Fsecret").count(), 1);
    }

    #[test]
    fn a_repository_that_is_no_folder_is_not_an_empty_one() {
        let error =
            read(Path::new("/no/such/folder"), "a.json", 1, &mut |_: &[u8]| Ok(())).unwrap_err();
        assert_eq!(error.code(), "no-repository");
    }

    #[test]
    fn a_file_is_read_to_the_limit_and_one_that_is_missing_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/b.json"), "0123456789").unwrap();
        let mut bytes = Vec::new();
        let mut sink = |more: &[u8]| {
            bytes.extend_from_slice(more);
            Ok(())
        };
        assert_eq!(read(folder.path(), "a%2Fb.json", 4, &mut sink).unwrap(), Found::Yes);
        assert_eq!(read(folder.path(), "c.json", 4, &mut sink).unwrap(), Found::No);
        assert_eq!(bytes, b"0123");
    }
}
