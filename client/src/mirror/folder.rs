//! The folder of a mirror: what its files are called, and how they get there.
//!
//! A role's file has the name that clients ask for, percent-encoded. Web servers decode what they
//! are asked for, so that a role with an odd name has a second file under the decoded name, if that
//! is one that a folder may have.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use tempfile::{NamedTempFile, TempPath};

use crate::code::Code;
use crate::disk::url_name;
use crate::error::Error;
use crate::log::Log;
use crate::session::Request;
use crate::store::{self, FolderLock};
use crate::target_path;
use picotuf::target_path::NAME_LENGTH_MAX;

/// The folder that is written to.
pub(crate) struct Folder {
    pub(crate) metadata: PathBuf,
    pub(crate) targets: PathBuf,
    /// What takes the place of a file that clients may be reading, in this order, once all is
    /// there.
    staged: Vec<(TempPath, PathBuf)>,
    _lock: FolderLock,
}

impl Folder {
    /// Makes the folder, unless another process writes to it, and tidies up what killed ones left:
    /// once and never again, since what this run stages has the same names and may wait for hours.
    pub(crate) fn open(folder: &Path, log: &Log) -> Result<Self, Error> {
        let lock = FolderLock::alone(folder, log)?;
        let (metadata, targets) = (folder.join("metadata"), folder.join("targets"));
        fs::create_dir_all(&metadata)
            .map_err(|error| Error::io("make the folder", &metadata, &error))?;
        sweep_below(&metadata);
        sweep_below(&targets);
        Ok(Folder { metadata, targets, staged: Vec::new(), _lock: lock })
    }

    /// The file that has this name, if it is there. A symbolic link is no file.
    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        read_file(&self.metadata.join(name))
    }

    /// Forgets what waits to be published.
    pub(crate) fn forget_staged(&mut self) {
        self.staged.clear();
    }

    /// Puts a metadata file under its name, unless it is there as it is; at once where `now`,
    /// otherwise with [`Folder::publish`].
    pub(crate) fn put(&mut self, name: &str, bytes: &[u8], now: bool) -> Result<(), Error> {
        for name in all_names(name) {
            let path = self.metadata.join(&name);
            // A link in the file's own place is replaced by the file.
            if let Some(link) =
                target_path::first_link(&self.metadata, &name).filter(|link| *link != path)
            {
                return Err(symbolic_link(&link));
            }
            if read_file(&path).is_some_and(|there| there == bytes) {
                continue;
            }
            let parent = path.parent().unwrap_or(&self.metadata);
            fs::create_dir_all(parent)
                .map_err(|error| Error::io("make the folder", parent, &error))?;
            let mut file = store::temporary(parent)?;
            file.write_all(bytes).map_err(|error| Error::io("write the file", &path, &error))?;
            self.place(file, path, now)?;
        }
        Ok(())
    }

    /// Gives a verified file its name; what is not written to disk yet is so before anything is
    /// published.
    pub(crate) fn place(
        &mut self,
        file: NamedTempFile,
        path: PathBuf,
        now: bool,
    ) -> Result<(), Error> {
        if now {
            file.persist(&path)
                .map_err(|error| Error::io("put the file in place", &path, &error.error))?;
        } else {
            self.staged.push((file.into_temp_path(), path));
        }
        Ok(())
    }

    /// Puts all that waits in its place. Before that, everything is on disk; the last is the
    /// timestamp.
    pub(crate) fn publish(&mut self) -> Result<(), Error> {
        self.sync()?;
        for (file, path) in self.staged.drain(..) {
            file.persist(&path)
                .map_err(|error| Error::io("put the file in place", &path, &error.error))?;
        }
        self.sync()
    }

    /// One call for all files: one for each would take minutes for 16,384 of them.
    #[cfg(target_os = "linux")]
    fn sync(&self) -> Result<(), Error> {
        let synced =
            fs::File::open(&self.metadata).and_then(|folder| Ok(rustix::fs::syncfs(folder)?));
        synced.map_err(|error| Error::io("write the folder to disk", &self.metadata, &error))
    }

    #[cfg(all(unix, not(target_os = "linux")))]
    fn sync(&self) -> Result<(), Error> {
        rustix::fs::sync();
        Ok(())
    }

    #[cfg(not(unix))]
    fn sync(&self) -> Result<(), Error> {
        Ok(())
    }
}

/// Removes abandoned temporary files here and in all folders below; no symbolic link is followed.
fn sweep_below(folder: &Path) {
    store::sweep(folder);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sweep_below(&entry.path());
        }
    }
}

/// Whether a metadata file may have this name, on any system.
fn is_file_name(name: &str) -> bool {
    let end = name.len().saturating_sub(EXTENSION.len());
    name.get(end..).is_some_and(|end| end.eq_ignore_ascii_case(EXTENSION))
}

const EXTENSION: &str = ".json";

/// What a role's file is called in a folder and in URLs.
pub(crate) fn name(role: &str, version: Option<u64>) -> String {
    url_name(&Request { role: role.to_owned(), version, max_length: 0 })
}

/// The name of a role's file, if a folder may have a file of this name.
///
/// # Errors
/// `unsafe-role-name` where the name is too long for a file.
pub(crate) fn file_name(role: &str, version: Option<u64>) -> Result<String, Error> {
    let name = name(role, version);
    match name.len() {
        0..=NAME_LENGTH_MAX => Ok(name),
        length => {
            let text = format!(
                "the file name of the role has {length} bytes; the maximum is {NAME_LENGTH_MAX}"
            );
            Err(Error::new(Code::UnsafeRoleName, text).role(role))
        }
    }
}

/// Whether a mirror's folder ignores case: there, `metadata` is `METADATA` too.
pub(crate) fn folds_case(folder: &Path) -> bool {
    folder.join("METADATA").exists()
}

/// Where a file of this name lies: there, and where a web server looks that decodes the name.
pub(crate) fn paths(folder: &Path, name: &str) -> Vec<PathBuf> {
    let decoded = decoded(name).and_then(|decoded| target_path::local_path(folder, &decoded).ok());
    [folder.join(name)].into_iter().chain(decoded).collect()
}

/// The names of this file below the folder of the metadata: its name, and the decoded one.
pub(crate) fn all_names(name: &str) -> Vec<String> {
    [name.to_owned()].into_iter().chain(decoded(name)).collect()
}

/// The decoded name, if it differs, is a safe path, and cannot be another role's name. No folder on
/// the way to it may be called as a role's file may be.
fn decoded(name: &str) -> Option<String> {
    let decoded = percent_decode_str(name).decode_utf8().ok()?;
    let mut folders = decoded.split('/').rev().skip(1);
    let is_usable = decoded != name && !decoded.contains('%') && !folders.any(is_file_name);
    (is_usable && target_path::is_safe(&decoded)).then(|| decoded.into_owned())
}

/// Reads a regular file. Gives nothing for a link, a folder, and a file that cannot be read.
fn read_file(path: &Path) -> Option<Vec<u8>> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| fs::read(path).ok()).flatten()
}

/// Opens a file of a mirror for an audit. Gives nothing if there is no such file.
///
/// # Errors
/// `symbolic-link` if the file or a folder on the way to it is a link; `unreadable` if the file
/// cannot be opened or is not a regular file.
pub(crate) fn audited(folder: &Path, name: &str) -> Result<Option<fs::File>, Error> {
    if let Some(link) = target_path::first_link(folder, name) {
        return Err(symbolic_link(&link));
    }
    let path = folder.join(name);
    let unreadable = |why: &dyn std::fmt::Display| {
        Error::new(Code::Unreadable, format!("cannot read the file: {why}")).file(path.display())
    };
    match fs::symlink_metadata(&path) {
        // No server gives a folder in place of a file.
        Ok(metadata) if metadata.is_dir() => Ok(None),
        Ok(metadata) if metadata.is_file() => {
            fs::File::open(&path).map(Some).map_err(|error| unreadable(&error))
        }
        Ok(_) => Err(unreadable(&"not a regular file")),
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(unreadable(&error)),
    }
}

fn symbolic_link(link: &Path) -> Error {
    let text = "the mirror contains a symbolic link; it must contain the file itself";
    Error::new(Code::SymbolicLink, text).file(link.display()).hint("remove the link and try again")
}
