//! Verified files on disk, by their SHA-256.
//!
//! A file is written beside its place, synced, and renamed, so that a kill leaves whole files only.
//! Several processes may share a folder: they write the same bytes under the same name.

use std::collections::HashMap;
use std::fs::{self, File, FileTimes, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use picotuf_client::proxy::{Measured, Measuring};
use picotuf_client::store::FileStamp;
use picotuf_client::{Error, store};
use tempfile::NamedTempFile;

/// A cache of verified files.
pub(crate) struct Cache {
    folder: PathBuf,
    size: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The files that this process has hashed.
    checked: HashMap<String, Checked>,
    /// The number of bytes in the folder, as far as this process knows.
    total: u64,
}

/// A file that was hashed.
struct Checked {
    /// The file as it was then.
    stamp: Stamp,
    measured: Measured,
    used: SystemTime,
}

/// What tells that a file was changed: on Unix also if its bytes were exchanged in place, and its
/// time of modification was set back.
#[derive(Clone, PartialEq, Eq)]
struct Stamp {
    file: FileStamp,
    #[cfg(unix)]
    changed: (i64, i64),
}

/// An open file of the cache.
pub(crate) struct Cached {
    pub(crate) file: File,
    pub(crate) measured: Measured,
}

/// An entry of the folder.
struct Stored {
    path: PathBuf,
    length: u64,
    used: SystemTime,
}

impl Cache {
    /// Opens a cache of at most `size` bytes, and removes what killed processes left behind.
    pub(crate) fn open(folder: &Path, size: u64) -> Result<Self, Error> {
        let cache = Cache { folder: folder.to_owned(), size, state: Mutex::default() };
        for name in [FILES, INCOMING, PROVENANCE] {
            let folder = folder.join(name);
            fs::create_dir_all(&folder)
                .map_err(|error| Error::io("make the folder", &folder, &error))?;
        }
        store::sweep(&folder.join(INCOMING));
        cache.make_room(None);
        Ok(cache)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent after every change, even if a thread panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self, kind: &str, sha256: &str) -> PathBuf {
        self.folder.join(kind).join(sha256.get(..2).unwrap_or_default()).join(sha256)
    }

    /// Returns a file with its length and hashes. A process hashes each file before it uses it, and
    /// again when it was changed since; one that was damaged is removed.
    pub(crate) fn get(&self, sha256: &str) -> Option<Cached> {
        let path = self.place(FILES, sha256);
        let mut file = File::open(&path).ok()?;
        let mut metadata = file.metadata().ok()?;
        let now = SystemTime::now();
        // To set a time changes the stamp, which is taken afterwards: the file is hashed again.
        let is_late = |used| now.duration_since(used).is_ok_and(|age| age > USE_LAG);
        if metadata.accessed().is_ok_and(is_late) {
            // Without the permission, the file counts as used when the system says so.
            let _ = file.set_times(FileTimes::new().set_accessed(now));
            metadata = file.metadata().ok()?;
        }
        let stamp = Stamp::of(&metadata);
        let known = match self.state().checked.get_mut(sha256) {
            Some(known) if known.stamp == stamp => {
                known.used = now;
                Some(known.measured.clone())
            }
            _ => None,
        };
        let measured = match known {
            Some(measured) => measured,
            None => {
                let measured = measure(&mut file)?;
                if measured.sha256() != sha256 {
                    let _ = fs::remove_file(&path);
                    return None;
                }
                self.state().keep(sha256, stamp, measured.clone());
                measured
            }
        };
        file.seek(SeekFrom::Start(0)).ok()?;
        Some(Cached { file, measured })
    }

    /// Creates an empty file for bytes that are not verified yet.
    pub(crate) fn incoming(&self) -> Result<NamedTempFile, Error> {
        store::temporary(&self.folder.join(INCOMING))
    }

    /// Stores a verified file, which was measured as it came, under its hash.
    pub(crate) fn put(&self, file: NamedTempFile, measured: &Measured) -> Result<(), Error> {
        let sha256 = measured.sha256();
        let path = self.place(FILES, &sha256);
        // A change counts even at once, however coarse the times of the file system are.
        let past = SystemTime::now().checked_sub(SETTLED).unwrap_or(SystemTime::UNIX_EPOCH);
        let _ = file.as_file().set_modified(past);
        let stored = file.as_file().try_clone();
        store_at(file, &path)?;
        // A rename changes it.
        let stamp = stored.and_then(|stored| stored.metadata()).ok().as_ref().map(Stamp::of);
        let is_full = {
            let mut state = self.state();
            if let Some(stamp) = stamp {
                state.keep(&sha256, stamp, measured.clone());
            }
            state.total = state.total.saturating_add(measured.length);
            state.total > self.size
        };
        if is_full {
            self.make_room(Some(&path));
        }
        Ok(())
    }

    /// Returns the provenance document of a file, which is to be verified again.
    pub(crate) fn provenance(&self, sha256: &str) -> Option<Vec<u8>> {
        fs::read(self.place(PROVENANCE, sha256)).ok()
    }

    /// Stores the provenance document of a verified file.
    pub(crate) fn put_provenance(&self, sha256: &str, document: &[u8]) -> Result<(), Error> {
        use std::io::Write;
        let mut file = self.incoming()?;
        file.write_all(document)
            .map_err(|error| Error::io("write the file", file.path(), &error))?;
        store_at(file, &self.place(PROVENANCE, sha256))
    }

    /// Returns the number of bytes in the cache.
    pub(crate) fn total(&self) -> u64 {
        self.state().total
    }

    /// Removes the files that were not used for the longest time, but not this one, until there is
    /// some room. A process that still reads one of them keeps it open.
    fn make_room(&self, keep: Option<&Path>) {
        let mut files = self.stored();
        let mut total: u64 = files.iter().map(|file| file.length).sum();
        if total > self.size {
            files.sort_by_key(|file| file.used);
            let goal = self.size / 10 * 9;
            for file in files.iter().filter(|file| Some(file.path.as_path()) != keep) {
                if total <= goal {
                    break;
                }
                if fs::remove_file(&file.path).is_ok() {
                    total = total.saturating_sub(file.length);
                    let name = file.path.file_name().map(PathBuf::from).unwrap_or_default();
                    let name = name.display().to_string();
                    self.state().checked.remove(&name);
                    let _ = fs::remove_file(self.place(PROVENANCE, &name));
                }
            }
        }
        self.state().total = total;
    }

    fn stored(&self) -> Vec<Stored> {
        let folders = fs::read_dir(self.folder.join(FILES)).into_iter().flatten().flatten();
        let entries = folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten();
        let stored = entries.flatten().filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            let used = metadata.accessed().or_else(|_| metadata.modified()).ok()?;
            Some(Stored { path: entry.path(), length: metadata.len(), used })
        });
        let mut stored: Vec<Stored> = stored.collect();
        let state = self.state();
        for file in &mut stored {
            let name = file.path.file_name().and_then(|name| name.to_str());
            if let Some(checked) = name.and_then(|name| state.checked.get(name)) {
                file.used = file.used.max(checked.used);
            }
        }
        stored
    }
}

fn store_at(file: NamedTempFile, path: &Path) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| Error::io("make the folder", folder, &error))?;
    store::persist(file, path)
}

impl State {
    /// Remembers the hashes of a file.
    fn keep(&mut self, sha256: &str, stamp: Stamp, measured: Measured) {
        if self.checked.len() >= CHECKED_MAX {
            self.checked.clear();
        }
        let checked = Checked { stamp, measured, used: SystemTime::now() };
        self.checked.insert(sha256.to_owned(), checked);
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Stamp {
            file: FileStamp::of(metadata),
            #[cfg(unix)]
            changed: {
                use std::os::unix::fs::MetadataExt;
                (metadata.ctime(), metadata.ctime_nsec())
            },
        }
    }
}

fn measure(file: &mut File) -> Option<Measured> {
    let mut measuring = Measuring::default();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Some(measuring.finish()),
            Ok(count) => measuring.update(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

const FILES: &str = "files";
const INCOMING: &str = "incoming";
const PROVENANCE: &str = "provenance";
/// How old a file seems when it is stored.
const SETTLED: Duration = Duration::from_secs(10);
/// How much later a file may have been used than its time on disk says.
const USE_LAG: Duration = Duration::from_secs(60 * 60);
/// The maximum number of files that a process remembers as checked; some 600 bytes each.
const CHECKED_MAX: usize = 20_000;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn put(cache: &Cache, bytes: &[u8]) -> String {
        let mut file = cache.incoming().unwrap();
        file.write_all(bytes).unwrap();
        let mut measuring = Measuring::default();
        measuring.update(bytes);
        let measured = measuring.finish();
        cache.put(file, &measured).unwrap();
        measured.sha256()
    }

    #[test]
    fn a_damaged_file_is_not_handed_out() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), 1000).unwrap();
        let name = put(&cache, b"whole");
        let Cached { mut file, measured } = cache.get(&name).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), measured.length), ("whole", 5));
        // As long, and exchanged while the process runs.
        fs::write(cache.place(FILES, &name), b"whale").unwrap();
        assert!(cache.get(&name).is_none());
        assert!(!cache.place(FILES, &name).exists());
        put(&cache, b"whole");
        fs::write(cache.place(FILES, &name), b"wh").unwrap();
        // A process that starts later finds it.
        let later = Cache::open(folder.path(), 1000).unwrap();
        assert!(later.get(&name).is_none());
        assert!(!cache.place(FILES, &name).exists());
    }

    #[test]
    #[cfg(unix)]
    fn a_file_whose_bytes_are_exchanged_in_place_and_its_time_set_back_is_not_handed_out() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), 1000).unwrap();
        let name = put(&cache, b"whole");
        let path = cache.place(FILES, &name);
        let stored = fs::metadata(&path).unwrap();
        assert!(cache.get(&name).is_some());
        let mut file = File::options().write(true).open(&path).unwrap();
        // The times of some file systems change only every few milliseconds.
        loop {
            file.seek(SeekFrom::Start(0)).unwrap();
            file.write_all(b"whale").unwrap();
            file.set_modified(stored.modified().unwrap()).unwrap();
            if Stamp::of(&file.metadata().unwrap()) != Stamp::of(&stored) {
                break;
            }
        }
        assert!(FileStamp::of(&file.metadata().unwrap()) == FileStamp::of(&stored));
        assert!(cache.get(&name).is_none());
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_was_just_used_stays_though_its_time_on_disk_is_not_set_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), 100).unwrap();
        let (first, second) = (put(&cache, &[1; 40]), put(&cache, &[2; 40]));
        let later = SystemTime::now() + Duration::from_secs(1);
        cache.state().checked.get_mut(&first).unwrap().used = later;
        put(&cache, &[3; 40]);
        assert!(cache.get(&first).is_some() && cache.get(&second).is_none());
    }

    #[test]
    fn the_file_that_was_not_used_for_the_longest_time_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), 100).unwrap();
        let (first, second) = (put(&cache, &[1; 40]), put(&cache, &[2; 40]));
        let past = |name: &str, seconds| {
            let file = File::options().write(true).open(cache.place(FILES, name)).unwrap();
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            file.set_times(FileTimes::new().set_accessed(time)).unwrap();
        };
        past(&first, 2);
        past(&second, 1);
        // A process that starts later knows their times alone.
        let cache = Cache::open(folder.path(), 100).unwrap();
        let third = put(&cache, &[3; 40]);
        assert!(cache.get(&second).is_none());
        assert!(cache.get(&first).is_some() && cache.get(&third).is_some());
        assert_eq!(cache.total(), 80);
        // One that is larger than the cache is there until the next one comes.
        let large = put(&cache, &[4; 300]);
        assert!(cache.get(&large).is_some() && cache.get(&first).is_none());
    }
}
