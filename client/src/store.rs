//! The metadata folder: exactly the trusted files, as they were received.
//!
//! Correctness rests on three things and not on the lock. A file takes its place by one rename of a
//! file that is complete and on disk, so every reader sees the old one or the new one. The order of
//! the renames is the order in which the core trusts, so a kill in between leaves a state that the
//! next refresh goes on from. And before a rename, a file that another process put there meanwhile
//! must not be newer than ours. What is read is verified again whoever wrote it, so at worst two
//! processes do the same work twice, or one of them is told to start over. The lock spares them
//! that; where it cannot be had in time, or the file system has no locks, work goes on without it,
//! and says so.

use std::collections::HashMap;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use fd_lock::RwLock;
use picotuf::role_name;
use picotuf::target_path::TEMPORARY_PREFIX;
use serde::Deserialize;
use tempfile::NamedTempFile;

use crate::code::Code;
use crate::error::Error;
use crate::log::Log;

/// The folder, and what was seen in it.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// Which file each role had when it was last opened or written here.
    seen: HashMap<String, Option<Stamp>>,
}

impl Store {
    /// The store in `folder`, which need not exist until something is stored.
    pub fn new(folder: &Path) -> Self {
        Store { folder: folder.to_owned(), seen: HashMap::new() }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the role's file is, or would be.
    pub fn path(&self, role: &str) -> PathBuf {
        self.folder.join(file_name(role))
    }

    /// Opens the role's file to look at it; `None` when it has none.
    pub fn read(&self, role: &str) -> Result<Option<File>, Error> {
        let path = self.path(role);
        match File::open(&path) {
            // Some systems open a folder as if it were a file.
            Ok(file) if file.metadata().is_ok_and(|metadata| metadata.is_dir()) => Err(Error::io(
                "open the stored metadata",
                &path,
                &io::ErrorKind::IsADirectory.into(),
            )),
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("open the stored metadata", &path, &error)),
        }
    }

    /// Opens the role's file for the core, which may then decide to replace it; `None` when it has
    /// none.
    pub fn open(&mut self, role: &str) -> Result<Option<File>, Error> {
        let file = self.read(role)?;
        let stamp = file
            .as_ref()
            .and_then(|file| file.metadata().ok())
            .map(|metadata| Stamp::of(&metadata));
        self.seen.insert(role.to_owned(), stamp);
        Ok(file)
    }

    /// A place for a file that is still to be verified: in the folder, so that it can be renamed,
    /// but not called `*.json`.
    pub fn incoming(&self) -> Result<NamedTempFile, Error> {
        temporary(&self.folder)
    }

    /// Makes a verified file the role's.
    pub fn store(&mut self, role: &str, incoming: NamedTempFile) -> Result<(), Error> {
        let path = self.path(role);
        // Before the look at what is there, so that next to nothing comes between that and the
        // rename.
        sync(&incoming, &path)?;
        self.refuse_to_go_back(role, &path, incoming.path())?;
        let stamp = incoming.as_file().metadata().ok().map(|metadata| Stamp::of(&metadata));
        persist(incoming, &path)?;
        self.seen.insert(role.to_owned(), stamp);
        Ok(())
    }

    /// Removes the role's file, if there is one: because of a new root, which another process may
    /// have got beyond meanwhile. Then what it stored under its own is not to go.
    pub fn delete(&mut self, role: &str) -> Result<(), Error> {
        let root = self.path("root");
        let now = fs::metadata(&root).ok().map(|metadata| Stamp::of(&metadata));
        if self.seen.get("root").is_some_and(|seen| *seen != now) {
            let text = "another process has stored another root";
            let error = Error::new(Code::ConcurrentUpdate, text);
            return Err(error.role("root").file(root.display()).hint("try again"));
        }
        let path = self.path(role);
        match fs::remove_file(&path) {
            Ok(()) => sync_folder(&self.folder)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("delete the outdated metadata", &path, &error)),
        }
        self.seen.insert(role.to_owned(), None);
        Ok(())
    }

    /// The names of all metadata files in the folder, sorted.
    pub fn file_names(&self) -> Result<Vec<String>, Error> {
        let refuse = |error: io::Error| Error::io("list the metadata folder", &self.folder, &error);
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(refuse(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry.map_err(refuse)?.file_name();
            names.extend(name.to_str().filter(|name| name.ends_with(".json")).map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// Of the file that is there now, when it is not the one that the core was shown, the version
    /// must not be above ours.
    fn refuse_to_go_back(&self, role: &str, path: &Path, incoming: &Path) -> Result<(), Error> {
        let Ok(metadata) = fs::metadata(path) else {
            return Ok(());
        };
        let now = Some(Stamp::of(&metadata));
        if self.seen.get(role).is_some_and(|seen| *seen == now) {
            return Ok(());
        }
        match (version(path), version(incoming)) {
            (Some(there), Some(ours)) if there > ours => Err(Error::new(
                Code::ConcurrentUpdate,
                format!(
                    "another process has stored the newer version {there}; this process has \
                     version {ours}"
                ),
            )
            .role(role)
            .file(path.display())
            .values(there, ours)
            .hint("try again")),
            // What has no version that can be read is no metadata of anybody's.
            _ => Ok(()),
        }
    }
}

/// The lock on a folder, held as long as this lives.
#[derive(Debug)]
pub struct FolderLock {
    _file: Option<RwLock<File>>,
}

impl FolderLock {
    /// Makes the folder where it is missing, waits for its lock, and tidies up what a killed
    /// process left.
    pub fn acquire(folder: &Path, log: &Log) -> Result<Self, Error> {
        let lock = Self::take(folder, LOCK_WAIT, log)?;
        Ok(lock.unwrap_or_else(|| {
            log.notice(
                "another process holds the lock of the metadata folder: continuing without the \
                     lock",
            );
            FolderLock { _file: None }
        }))
    }

    /// The same for a mirror's folder, which two processes at a time must not write to: it waits
    /// for nobody.
    ///
    /// # Errors
    /// `mirror-busy` while another process holds the lock.
    pub fn alone(folder: &Path, log: &Log) -> Result<Self, Error> {
        Self::take(folder, Duration::ZERO, log)?.ok_or_else(|| {
            Error::new(Code::MirrorBusy, "another process is writing to the mirror")
                .file(folder.display())
                .hint("try again after it has ended")
        })
    }

    /// Nothing where another process still holds it after so long.
    fn take(folder: &Path, wait: Duration, log: &Log) -> Result<Option<Self>, Error> {
        fs::create_dir_all(folder).map_err(|error| Error::io("make the folder", folder, &error))?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(LOCK_NAME));
        let Some(mut lock) = file.ok().map(RwLock::new) else {
            log.notice(&format!(
                "cannot create a lock file in {}: continuing without a lock",
                folder.display()
            ));
            return Ok(Some(FolderLock { _file: None }));
        };
        let start = Instant::now();
        loop {
            match lock.try_write() {
                Ok(guard) => {
                    // The guard would borrow the lock; the system gives the lock back when the file
                    // is closed.
                    std::mem::forget(guard);
                    break;
                }
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                    log.notice(&format!(
                        "cannot lock {}: continuing without a lock",
                        folder.display()
                    ));
                    return Ok(Some(FolderLock { _file: None }));
                }
                Err(_) if start.elapsed() < wait => std::thread::sleep(LOCK_POLL),
                Err(_) => return Ok(None),
            }
        }
        sweep(folder);
        Ok(Some(FolderLock { _file: Some(lock) }))
    }
}

/// An empty temporary file in `folder`, with the permissions of any new file.
pub fn temporary(folder: &Path) -> Result<NamedTempFile, Error> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less the umask: what is verified is not secret, and other users may read it as any other
        // download.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder).map_err(|error| Error::io("write to the folder", folder, &error))
}

/// Gives a temporary file its final name, once all of it is on disk.
pub fn persist(file: NamedTempFile, path: &Path) -> Result<(), Error> {
    sync(&file, path)?;
    file.persist(path).map_err(|error| Error::io("put the file in place", path, &error.error))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

fn sync(file: &NamedTempFile, path: &Path) -> Result<(), Error> {
    file.as_file().sync_all().map_err(|error| Error::io("write the file", path, &error))
}

/// Removes temporary files that nobody can still be writing.
pub fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| {
            name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX)
        });
        let age = || SystemTime::now().duration_since(entry.metadata().ok()?.modified().ok()?).ok();
        if ours && age().is_some_and(|age| age > ABANDONED) {
            // Whoever comes next may try again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// The name under which a role is stored.
pub fn file_name(role: &str) -> String {
    let mut name = String::new();
    role_name::file_name(role, &mut |piece| name.push_str(piece));
    name
}

/// Makes a rename or a removal in the folder durable, where the system has a way.
fn sync_folder(folder: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        match synced {
            Ok(()) => {}
            // Some network file systems cannot.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
                ) => {}
            Err(error) => return Err(Error::io("write the folder to disk", folder, &error)),
        }
    }
    Ok(())
}

/// The version that a file states; not verified.
pub fn version(path: &Path) -> Option<u64> {
    #[derive(Deserialize)]
    struct Envelope {
        signed: Signed,
    }
    #[derive(Deserialize)]
    struct Signed {
        version: u64,
    }
    let reader = BufReader::new(File::open(path).ok()?);
    serde_json::from_reader::<_, Envelope>(reader).ok().map(|envelope| envelope.signed.version)
}

/// What tells one file from the next of the same name. A rename brings another inode and keeps the
/// time, and no file is ever written in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    #[cfg(unix)]
    inode: (u64, u64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Stamp {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            inode: {
                use std::os::unix::fs::MetadataExt;
                (metadata.dev(), metadata.ino())
            },
        }
    }
}

const LOCK_NAME: &str = ".lock";
const LOCK_WAIT: Duration = Duration::from_secs(30);
const LOCK_POLL: Duration = Duration::from_millis(20);
const TEMPORARY_SUFFIX: &str = ".part";
/// A transfer that lives writes, or fails, within half a minute.
const ABANDONED: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn incoming(store: &Store, version: u64) -> NamedTempFile {
        let mut file = store.incoming().unwrap();
        write!(file, r#"{{"signatures":[],"signed":{{"version":{version}}}}}"#).unwrap();
        file
    }

    #[test]
    fn what_another_process_stored_is_not_overwritten_by_something_older() {
        let folder = tempfile::tempdir().unwrap();
        let (mut first, mut second) = (Store::new(folder.path()), Store::new(folder.path()));
        assert!(first.open("timestamp").unwrap().is_none());
        assert!(second.open("timestamp").unwrap().is_none());
        second.store("timestamp", incoming(&second, 3)).unwrap();
        let error = first.store("timestamp", incoming(&first, 2)).unwrap_err();
        assert_eq!(error.code(), "concurrent-update");
        assert_eq!(version(&first.path("timestamp")), Some(3));
        first.store("timestamp", incoming(&first, 4)).unwrap();
        assert_eq!(version(&first.path("timestamp")), Some(4));
    }

    #[test]
    fn what_the_core_has_seen_may_be_replaced_by_what_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path());
        store.store("snapshot", incoming(&store, 9)).unwrap();
        assert!(store.open("snapshot").unwrap().is_some());
        store.store("snapshot", incoming(&store, 1)).unwrap();
        assert_eq!(version(&store.path("snapshot")), Some(1));
        store.delete("snapshot").unwrap();
        store.delete("snapshot").unwrap();
        assert!(store.open("snapshot").unwrap().is_none());
    }

    #[test]
    fn what_another_process_stored_under_a_newer_root_is_not_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let (mut slow, mut other) = (Store::new(folder.path()), Store::new(folder.path()));
        other.store("root", incoming(&other, 1)).unwrap();
        assert!(slow.open("root").unwrap().is_some());
        other.store("root", incoming(&other, 3)).unwrap();
        other.store("timestamp", incoming(&other, 20)).unwrap();
        let error = slow.delete("timestamp").unwrap_err();
        assert_eq!(error.code(), "concurrent-update");
        assert_eq!(version(&slow.path("timestamp")), Some(20));
        other.delete("timestamp").unwrap();
        assert!(slow.open("timestamp").unwrap().is_none());
    }

    #[test]
    fn nothing_but_trusted_files_is_called_json() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path());
        let waiting = incoming(&store, 1);
        store.store("../a", incoming(&store, 1)).unwrap();
        assert_eq!(store.file_names().unwrap(), ["..%2Fa.json"]);
        drop(waiting);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
