//! The metadata folder. It holds exactly the trusted files, byte for byte.
//!
//! Correctness does not depend on the lock. It depends on three rules. A file is replaced by one
//! rename of a complete file, so a reader sees the old file or the new one; the file of a top-level
//! role is on disk before. Files are renamed in the order in which the core trusts them, so the
//! next refresh can continue after a kill at any point. The names of the top-level roles are on
//! disk before a session searches for a target or reports success, and that of a root before
//! anything that its keys signed. Before a rename, the file of another process in the same place
//! must not be newer. All files are verified again when they are read. So
//! the worst result of two processes is double work, or one of them has to start over. The lock
//! avoids that. If the lock cannot be taken in time, or the file system has no locks, the process
//! continues without it and logs a notice.

use std::collections::HashMap;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use fd_lock::RwLock;
use picotuf::role_name;
use picotuf::target_path::TEMPORARY_PREFIX;
use serde::Deserialize;
use tempfile::{NamedTempFile, TempPath};

use crate::code::Code;
use crate::error::Error;
use crate::log::Log;

/// A metadata folder, with the files that this process has seen in it.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    /// The file of each role when this process last opened or wrote it.
    seen: HashMap<String, Option<FileStamp>>,
    /// Whether a rename may not be on disk yet.
    unsettled: bool,
}

impl Store {
    /// Returns the store in `folder`, which need not exist before the first file is stored.
    pub fn new(folder: &Path) -> Self {
        Store { folder: folder.to_owned(), seen: HashMap::new(), unsettled: false }
    }

    /// Returns the path of the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path of the role's file, whether it exists or not.
    pub fn path(&self, role: &str) -> PathBuf {
        self.folder.join(file_name(role))
    }

    /// Opens the role's file for reading only. Returns `None` if there is none.
    pub fn read(&self, role: &str) -> Result<Option<File>, Error> {
        let path = self.path(role);
        match File::open(&path) {
            // Some systems can open a folder like a file.
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

    /// Opens the role's file for the core, which may replace it. Returns `None` if there is none.
    pub fn open(&mut self, role: &str) -> Result<Option<File>, Error> {
        let file = self.read(role)?;
        let stamp = file
            .as_ref()
            .and_then(|file| file.metadata().ok())
            .map(|metadata| FileStamp::of(&metadata));
        self.seen.insert(role.to_owned(), stamp);
        Ok(file)
    }

    /// Creates a temporary file for an unverified download. It is in the same folder, so that it
    /// can be renamed, and its name does not end in `.json`.
    pub fn incoming(&self) -> Result<NamedTempFile, Error> {
        temporary(&self.folder)
    }

    /// Stores a verified file as the file of the role. The file of a top-level role is then on disk
    /// under its name.
    pub fn store(&mut self, role: &str, incoming: NamedTempFile) -> Result<(), Error> {
        self.store_soon(role, incoming)?;
        self.settle()
    }

    /// Stores a verified file as [`Store::store`] does. The name of a timestamp, snapshot or
    /// targets file is on disk only after [`Store::settle`], with one call for all three.
    ///
    /// Until then, a power failure may take back some of these names. What is left is trusted
    /// still: a snapshot or targets file that the older file above it does not list is not used,
    /// and such a snapshot still prevents a rollback. A root is on disk before anything that its
    /// keys signed.
    pub(crate) fn store_soon(&mut self, role: &str, incoming: NamedTempFile) -> Result<(), Error> {
        let path = self.path(role);
        // The file of a delegated role may be lost in a power failure: a file that does not verify
        // is downloaded again, and the stored snapshot prevents a rollback of its version. Syncing
        // hundreds of them would dominate the time of a check of a lock file.
        let is_durable = TOP_LEVEL.contains(&role);
        // Sync first, so that the time between the check below and the rename is short.
        if is_durable {
            sync(&incoming, &path)?;
        }
        self.refuse_to_go_back(role, &path, incoming.path())?;
        let stamp = incoming.as_file().metadata().ok().map(|metadata| FileStamp::of(&metadata));
        put_in_place(incoming, &path)?;
        self.seen.insert(role.to_owned(), stamp);
        self.unsettled |= is_durable;
        match role {
            "root" => self.settle(),
            _ => Ok(()),
        }
    }

    /// Makes the names of all stored top-level files durable.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        if self.unsettled {
            sync_folder(&self.folder)?;
        }
        self.unsettled = false;
        Ok(())
    }

    /// Deletes the role's file, if there is one, after a new root. Fails if another process has
    /// stored another root in the meantime, because the file may belong to that root.
    pub fn delete(&mut self, role: &str) -> Result<(), Error> {
        let root = self.path("root");
        let now = fs::metadata(&root).ok().map(|metadata| FileStamp::of(&metadata));
        if self.seen.get("root").is_some_and(|seen| *seen != now) {
            let text = "another process has stored another root";
            let error = Error::new(Code::ConcurrentUpdate, text);
            return Err(error.role("root").file(root.display()).hint("try again"));
        }
        let path = self.path(role);
        match while_in_use(&mut || fs::remove_file(&path)) {
            Ok(()) => self.unsettled = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("delete the outdated metadata", &path, &error)),
        }
        self.seen.insert(role.to_owned(), None);
        self.settle()
    }

    /// Returns the names of all metadata files in the folder, sorted.
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

    /// Fails if another process has replaced the file that the core saw with a newer version than
    /// ours.
    fn refuse_to_go_back(&self, role: &str, path: &Path, incoming: &Path) -> Result<(), Error> {
        let Ok(metadata) = fs::metadata(path) else {
            return Ok(());
        };
        let now = Some(FileStamp::of(&metadata));
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
            // A file without a readable version is not metadata.
            _ => Ok(()),
        }
    }
}

/// The lock on a folder. Dropping it releases the lock.
#[derive(Debug)]
pub struct FolderLock {
    _file: Option<RwLock<File>>,
}

impl FolderLock {
    /// Creates the folder if it is missing, waits for its lock, and removes the temporary files of
    /// killed processes.
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

    /// Locks the folder of a mirror, without waiting: two processes must not write to it at the
    /// same time.
    ///
    /// # Errors
    /// `mirror-busy` if another process holds the lock.
    pub fn alone(folder: &Path, log: &Log) -> Result<Self, Error> {
        Self::take(folder, Duration::ZERO, log)?.ok_or_else(|| {
            Error::new(Code::MirrorBusy, "another process is writing to the mirror")
                .file(folder.display())
                .hint("try again after it has ended")
        })
    }

    /// Returns `None` if another process still holds the lock after `wait`.
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
                    // The guard would borrow the lock. The system releases the lock when the file
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

/// Creates an empty temporary file in `folder`, with the permissions of a normal new file.
pub fn temporary(folder: &Path) -> Result<NamedTempFile, Error> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY_PREFIX).suffix(TEMPORARY_SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The system applies the umask. Verified files are not secret, so other users may read
        // them.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder).map_err(|error| Error::io("write to the folder", folder, &error))
}

/// Writes a temporary file to disk, then renames it to its final name.
pub fn persist(file: NamedTempFile, path: &Path) -> Result<(), Error> {
    sync(&file, path)?;
    put_in_place(file, path)?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))
}

/// Renames a temporary file to its final name.
pub(crate) fn put_in_place(file: NamedTempFile, path: &Path) -> Result<(), Error> {
    rename(file.into_temp_path(), path)
        .map_err(|error| Error::io("put the file in place", path, &error))
}

/// Renames a complete temporary file to `path`, in place of the file that is there, which other
/// processes may have open. If that fails, the temporary file is deleted.
pub fn rename(file: TempPath, path: &Path) -> io::Result<()> {
    // The function of `tempfile` fails on Windows while a process has the old file open. `keep`
    // removes the attribute by which Windows need not write the file to the disk.
    let file = file.keep().map_err(|error| error.error)?;
    let renamed = while_in_use(&mut || fs::rename(&file, path));
    if renamed.is_err() {
        // What stays is removed by `sweep`.
        let _ = fs::remove_file(&file);
    }
    renamed
}

/// Repeats an operation on a file that Windows refuses while another program, such as a virus
/// scanner, has the file open. Gives up after about a second.
fn while_in_use(operation: &mut dyn FnMut() -> io::Result<()>) -> io::Result<()> {
    let mut wait = IN_USE_WAIT;
    for _ in 0..IN_USE_RETRIES {
        match operation() {
            Err(error) if cfg!(windows) && is_in_use(&error) => std::thread::sleep(wait),
            done => return done,
        }
        wait = wait.saturating_mul(2);
    }
    operation()
}

/// Returns whether a code of Windows is `ERROR_ACCESS_DENIED` or `ERROR_SHARING_VIOLATION`.
fn is_in_use(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(5 | 32))
}

/// Writes a temporary file, which becomes the file at `path`, to disk.
pub(crate) fn sync(file: &NamedTempFile, path: &Path) -> Result<(), Error> {
    file.as_file().sync_all().map_err(|error| Error::io("write the file", path, &error))
}

/// Removes temporary files that no process can still be writing.
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
            // The next process tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Returns the file name of a role in the store.
pub fn file_name(role: &str) -> String {
    let mut name = String::new();
    role_name::file_name(role, &mut |piece| name.push_str(piece));
    name
}

/// Makes renames and removals in the folder durable, if the system supports it.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    if cfg!(unix) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        match synced {
            Ok(()) => {}
            // Some network file systems do not support it.
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

/// Returns the version in a metadata file, unverified.
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

/// Identifies the content of a file: it is another one once the file was changed or replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    length: u64,
    // A rename changes the inode and keeps the time.
    modified: Option<SystemTime>,
    #[cfg(unix)]
    inode: (u64, u64),
}

impl FileStamp {
    /// Returns the length of the file, in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Returns the stamp of a file with this metadata.
    pub fn of(metadata: &Metadata) -> Self {
        FileStamp {
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

const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];
const LOCK_NAME: &str = ".lock";
const LOCK_WAIT: Duration = Duration::from_secs(30);
const LOCK_POLL: Duration = Duration::from_millis(20);
const TEMPORARY_SUFFIX: &str = ".part";
/// The first time to wait for a file that is in use; each further one is twice as long.
const IN_USE_WAIT: Duration = Duration::from_millis(5);
const IN_USE_RETRIES: usize = 8;
/// The age of an abandoned temporary file. A live transfer writes or fails within 30 seconds.
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
    fn no_name_is_left_to_a_power_failure_but_those_of_one_refresh_before_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path());
        let mut next = |role: &str, soon: bool| {
            let file = incoming(&store, 1);
            match soon {
                true => store.store_soon(role, file).unwrap(),
                false => store.store(role, file).unwrap(),
            }
            store.unsettled
        };
        assert!(!next("root", true), "its keys sign what comes next");
        assert!(!next("role", true), "it is downloaded again");
        for role in ["timestamp", "snapshot", "targets"] {
            assert!(next(role, true), "{role}");
        }
        assert!(!next("root", true), "one call settles all names of the folder");
        assert!(next("timestamp", true));
        assert!(!next("snapshot", false));
        assert!(next("targets", true));
        store.delete("snapshot").unwrap();
        assert!(!store.unsettled);
        store.store_soon("timestamp", incoming(&store, 1)).unwrap();
        store.settle().unwrap();
        assert!(!store.unsettled);
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
    fn a_file_that_others_are_reading_is_replaced_and_they_keep_the_old_one() {
        use std::io::Read as _;

        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path());
        store.store("timestamp", incoming(&store, 1)).unwrap();
        let mut reader = store.read("timestamp").unwrap().unwrap();
        store.store("timestamp", incoming(&store, 2)).unwrap();
        store.store("mirrored", incoming(&store, 1)).unwrap();
        let held = store.read("mirrored").unwrap();
        store.store("mirrored", incoming(&store, 2)).unwrap();
        drop(held);
        assert_eq!(version(&store.path("timestamp")), Some(2));
        assert_eq!(version(&store.path("mirrored")), Some(2));
        let mut old = String::new();
        reader.read_to_string(&mut old).unwrap();
        assert!(old.contains(r#""version":1"#), "{old}");
        assert_eq!(store.file_names().unwrap(), ["mirrored.json", "timestamp.json"]);
    }

    /// A program that lets nobody delete what it reads, as a virus scanner does.
    #[cfg(windows)]
    #[test]
    fn a_file_that_stays_locked_is_an_error_and_the_old_file_is_left() {
        use std::os::windows::fs::OpenOptionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::new(folder.path());
        store.store("timestamp", incoming(&store, 1)).unwrap();
        let path = store.path("timestamp");
        const FILE_SHARE_READ: u32 = 1;
        let held = OpenOptions::new().read(true).share_mode(FILE_SHARE_READ).open(&path).unwrap();
        assert_eq!(store.store("timestamp", incoming(&store, 2)).unwrap_err().code(), "io");
        assert_eq!(store.delete("timestamp").unwrap_err().code(), "io");
        assert_eq!(version(&path), Some(1));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(held);
        store.store("timestamp", incoming(&store, 2)).unwrap();
        assert_eq!(version(&path), Some(2));
    }

    /// On Windows, other programs hold files for moments.
    #[test]
    fn what_is_in_use_is_tried_again_and_nothing_else() {
        let denied = || io::Error::from_raw_os_error(5);
        let missing = || io::Error::from_raw_os_error(2);
        let mut tries = 0;
        let mut fails = |times: i32, error: &dyn Fn() -> io::Error| {
            tries = 0;
            let done = while_in_use(&mut || {
                tries += 1;
                if tries <= times { Err(error()) } else { Ok(()) }
            });
            (done.is_ok(), tries)
        };
        assert_eq!(fails(0, &denied), (true, 1));
        assert_eq!(fails(1, &missing), (false, 1));
        assert_eq!(fails(2, &denied), if cfg!(windows) { (true, 3) } else { (false, 1) });
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
