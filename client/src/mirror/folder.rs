//! The folder of a mirror: its file names, and the publication of files.
//!
//! The file of a role has the percent-encoded name that clients request. Web servers decode
//! requested names, so a role with special characters has a second file under the decoded name, if
//! a folder can have that name.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

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

/// The folder of a mirror, for writing.
pub(crate) struct Folder {
    pub(crate) metadata: PathBuf,
    pub(crate) targets: PathBuf,
    /// The files that replace those that clients may be reading, in this order, after all other
    /// files are in place.
    staged: Staged,
    /// Held while a file is written: threads that create files in one folder at the same time keep
    /// their processors busy with waiting for each other.
    writing: Mutex<()>,
    _lock: FolderLock,
}

impl Folder {
    /// Creates and locks the folder, and removes temporary files of killed processes. This happens
    /// once, because the staged files of this run have the same names and may wait for hours.
    pub(crate) fn open(folder: &Path, log: &Log) -> Result<Self, Error> {
        let lock = FolderLock::alone(folder, log)?;
        let (metadata, targets) = (folder.join("metadata"), folder.join("targets"));
        fs::create_dir_all(&metadata)
            .map_err(|error| Error::io("make the folder", &metadata, &error))?;
        sweep_below(&metadata);
        sweep_below(&targets);
        Ok(Folder { metadata, targets, staged: Vec::new(), writing: Mutex::default(), _lock: lock })
    }

    /// Returns the bytes of the file with this name, if it exists and is not a symbolic link.
    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        read_file(&self.metadata.join(name))
    }

    /// Discards the staged files.
    pub(crate) fn forget_staged(&mut self) {
        self.staged.clear();
    }

    /// Writes a metadata file, unless it exists with the same bytes: at once if `now`, otherwise
    /// with [`Folder::publish`].
    pub(crate) fn put(&mut self, name: &str, bytes: &[u8], now: bool) -> Result<(), Error> {
        let written = self.write(name, bytes, now)?;
        self.stage(written);
        Ok(())
    }

    /// Writes a metadata file as [`Folder::put`] does. Returns the files to stage.
    pub(crate) fn write(&self, name: &str, bytes: &[u8], now: bool) -> Result<Staged, Error> {
        let mut staged = Vec::new();
        for name in all_names(name) {
            let path = self.metadata.join(&name);
            // A link in the place of the file itself is replaced by the file.
            if let Some(link) =
                target_path::first_link(&self.metadata, &name).filter(|link| *link != path)
            {
                return Err(symbolic_link(&link));
            }
            if read_file(&path).is_some_and(|there| there == bytes) {
                continue;
            }
            let parent = path.parent().unwrap_or(&self.metadata);
            let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            // The folder itself was made at the start.
            if parent != self.metadata {
                fs::create_dir_all(parent)
                    .map_err(|error| Error::io("make the folder", parent, &error))?;
            }
            let mut file = store::temporary(parent)?;
            file.write_all(bytes).map_err(|error| Error::io("write the file", &path, &error))?;
            match now {
                true => rename(file.into_temp_path(), &path)?,
                false => staged.push((file.into_temp_path(), path)),
            }
        }
        Ok(staged)
    }

    /// Stages written files for [`Folder::publish`].
    pub(crate) fn stage(&mut self, written: Staged) {
        self.staged.extend(written);
    }

    /// Renames a verified file to its final name. It is synced to disk before anything is
    /// published.
    pub(crate) fn place(
        &mut self,
        file: NamedTempFile,
        path: PathBuf,
        now: bool,
    ) -> Result<(), Error> {
        if now {
            rename(file.into_temp_path(), &path)?;
        } else {
            self.staged.push((file.into_temp_path(), path));
        }
        Ok(())
    }

    /// Publishes the staged files, after everything is on disk. The timestamp is the last.
    pub(crate) fn publish(&mut self) -> Result<(), Error> {
        self.sync()?;
        for (file, path) in self.staged.drain(..) {
            rename(file, &path)?;
        }
        self.sync()
    }

    /// One call syncs all files: one call for each would take minutes for 16,384 files.
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

/// Files under temporary names, with their final names.
pub(crate) type Staged = Vec<(TempPath, PathBuf)>;

fn rename(file: TempPath, path: &Path) -> Result<(), Error> {
    store::rename(file, path).map_err(|error| Error::io("put the file in place", path, &error))
}

/// Removes abandoned temporary files in this folder and all folders below. Follows no symbolic
/// link.
fn sweep_below(folder: &Path) {
    store::sweep(folder);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sweep_below(&entry.path());
        }
    }
}

/// Returns whether a metadata file may have this name on every system.
fn is_file_name(name: &str) -> bool {
    let end = name.len().saturating_sub(EXTENSION.len());
    name.get(end..).is_some_and(|end| end.eq_ignore_ascii_case(EXTENSION))
}

const EXTENSION: &str = ".json";

/// Returns the file name of a role in a folder and in URLs.
pub(crate) fn name(role: &str, version: Option<u64>) -> String {
    url_name(&Request { role: role.to_owned(), version, max_length: 0 })
}

/// Returns the file name of a role, if a folder can have a file with this name.
///
/// # Errors
/// `unsafe-role-name` if the name is too long for a file.
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

/// Returns whether the file system of a mirror's folder ignores case.
pub(crate) fn folds_case(folder: &Path) -> bool {
    folder.join("METADATA").exists()
}

/// Returns the names of a file in the metadata folder: its name, and the decoded one, which a web
/// server looks up.
pub(crate) fn all_names(name: &str) -> Vec<String> {
    [name.to_owned()].into_iter().chain(decoded(name)).collect()
}

/// Returns the decoded name if it differs, is a safe path, and cannot be the name of another role.
/// No folder in it may have a possible file name of a role.
fn decoded(name: &str) -> Option<String> {
    let decoded = percent_decode_str(name).decode_utf8().ok()?;
    let mut folders = decoded.split('/').rev().skip(1);
    let is_usable = decoded != name && !decoded.contains('%') && !folders.any(is_file_name);
    (is_usable && target_path::is_safe(&decoded)).then(|| decoded.into_owned())
}

/// Reads a regular file. Returns `None` for a link, a folder or a file that cannot be read.
fn read_file(path: &Path) -> Option<Vec<u8>> {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| fs::read(path).ok()).flatten()
}

/// Opens a file of a mirror for an audit. Returns the file and its length, or `None` if there is no
/// such file.
///
/// # Errors
/// `symbolic-link` if the file or a folder on the way to it is a link; `unreadable` if the file
/// cannot be opened or is not a regular file.
pub(crate) fn audited(folder: &Path, name: &str) -> Result<Option<(fs::File, u64)>, Error> {
    if let Some((folders, _)) = name.rsplit_once('/')
        && let Some(link) = target_path::first_link(folder, folders)
    {
        return Err(symbolic_link(&link));
    }
    let path = folder.join(name);
    let unreadable = |why: &dyn std::fmt::Display| {
        Error::new(Code::Unreadable, format!("cannot read the file: {why}")).file(path.display())
    };
    match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_symlink() => Err(symbolic_link(&path)),
        // No server serves a folder as a file.
        Ok(metadata) if metadata.is_dir() => Ok(None),
        Ok(metadata) if metadata.is_file() => match fs::File::open(&path) {
            Ok(file) => Ok(Some((file, metadata.len()))),
            Err(error) => Err(unreadable(&error)),
        },
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
