//! Values of files that are read again while the server runs.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use picotuf_client::proxy::Refusal;
use picotuf_client::store::FileStamp;
use picotuf_client::{Error, Log};

/// A function that is told of a refused file, and whether it was handed out all the same.
pub(crate) type Say = dyn Fn(&Refusal, bool) + Send + Sync;

/// A value that is read from files, and read again when they change. If that fails, the value that
/// was read before stays.
pub(crate) struct Watched<T> {
    /// What it is: for messages.
    what: &'static str,
    files: Vec<PathBuf>,
    read: Box<dyn Fn() -> Result<T, Error> + Send + Sync>,
    say: Arc<Say>,
    log: Log,
    state: Mutex<State<T>>,
    /// Held while the value is read again.
    reading: Mutex<()>,
}

struct State<T> {
    value: Arc<T>,
    /// The files when they were last read, whatever came of it.
    stamps: Vec<Option<FileStamp>>,
    read_at: Instant,
    /// Why the last reading failed.
    failure: Option<Refusal>,
}

impl<T> Watched<T> {
    /// Reads the value of these files for the first time. A value that comes from no file is read
    /// again by [`Watched::renew`] and [`Watched::read_again`] alone.
    pub(crate) fn new(
        what: &'static str,
        files: Vec<PathBuf>,
        say: &Arc<Say>,
        log: &Log,
        read: impl Fn() -> Result<T, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        // A change while they are read is one of the next time.
        let stamps = stamps(&files);
        let value = Arc::new(read()?);
        let state = State { value, stamps, read_at: Instant::now(), failure: None };
        Ok(Watched {
            what,
            files,
            read: Box::new(read),
            say: Arc::clone(say),
            log: log.clone(),
            state: Mutex::new(state),
            reading: Mutex::new(()),
        })
    }

    /// Returns the value, read again if a file changed.
    pub(crate) fn current(&self) -> Arc<T> {
        if !self.files.is_empty() && lock(&self.state).stamps != stamps(&self.files) {
            self.read_if(|state| state.stamps != stamps(&self.files));
        }
        Arc::clone(&lock(&self.state).value)
    }

    /// Reads the value again if a file changed, or if the last reading failed: what was wrong may
    /// be over without a change of the file. One that comes from no file is also read again if
    /// that was not done for this time.
    pub(crate) fn renew(&self, age: Duration) {
        self.read_if(|state| {
            let is_due = match self.files.is_empty() {
                true => state.read_at.elapsed() >= age,
                false => state.stamps != stamps(&self.files),
            };
            is_due || state.failure.is_some()
        });
    }

    /// Reads the value again.
    pub(crate) fn read_again(&self) {
        self.read_if(|_| true);
    }

    /// Returns what the value is, if it could not be read again.
    pub(crate) fn outdated(&self) -> Option<&'static str> {
        lock(&self.state).failure.as_ref().map(|_| self.what)
    }

    fn read_if(&self, is_needed: impl Fn(&State<T>) -> bool) {
        let _reading = lock(&self.reading);
        // Another thread may just have done it.
        if !is_needed(&lock(&self.state)) {
            return;
        }
        let stamps = stamps(&self.files);
        let read = (self.read)();
        let mut state = lock(&self.state);
        (state.stamps, state.read_at) = (stamps, Instant::now());
        match read {
            Ok(value) => {
                (state.value, state.failure) = (Arc::new(value), None);
                drop(state);
                self.log.notice(&format!("read again: {}", self.what));
            }
            Err(error) => {
                let kept = "what was read before stays in use";
                let failure = Refusal { is_failure: true, ..Refusal::of(&error.also(kept)) };
                let is_new = state.failure.as_ref() != Some(&failure);
                state.failure = Some(failure.clone());
                drop(state);
                if is_new {
                    (self.say)(&failure, false);
                }
            }
        }
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<FileStamp>> {
    files.iter().map(|path| fs::metadata(path).ok().as_ref().map(FileStamp::of)).collect()
}

/// Locks a mutex whose content is consistent after every change, even if a thread panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// A watched number in a file, and what was said of it.
    fn watched(path: &std::path::Path) -> (Watched<u32>, Arc<Mutex<Vec<String>>>) {
        let said = Arc::<Mutex<Vec<String>>>::default();
        let tell = Arc::clone(&said);
        let say: Arc<Say> = Arc::new(move |refusal: &Refusal, _| {
            lock(&tell).push(refusal.text.clone());
        });
        let of = path.to_owned();
        let read = move || {
            let text = fs::read_to_string(&of).map_err(|error| Error::io("read", &of, &error))?;
            text.trim().parse().map_err(|_| Error::usage("no number"))
        };
        let files = vec![path.to_owned()];
        (Watched::new("the numbers", files, &say, &Log::silent(), read).unwrap(), said)
    }

    #[test]
    fn a_changed_file_counts_and_a_broken_one_leaves_what_was_read_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number");
        fs::write(&path, "1").unwrap();
        let (number, said) = watched(&path);
        assert_eq!((*number.current(), number.outdated()), (1, None));
        fs::write(&path, "22").unwrap();
        assert_eq!(*number.current(), 22);
        fs::write(&path, "many").unwrap();
        assert_eq!((*number.current(), number.outdated()), (22, Some("the numbers")));
        // It is said once. A request tries it again only after the next change.
        assert_eq!(*number.current(), 22);
        fs::remove_file(&path).unwrap();
        assert_eq!((*number.current(), number.outdated()), (22, Some("the numbers")));
        assert_eq!(lock(&said).len(), 2);
        let first = lock(&said).first().cloned().unwrap_or_default();
        assert!(first.starts_with("no number; what was read before stays in use"), "{first}");
        fs::write(&path, "333").unwrap();
        assert_eq!((*number.current(), number.outdated()), (333, None));
    }

    #[test]
    fn a_revoked_publisher_counts_after_a_failed_reading_though_the_file_does_not_change_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number");
        fs::write(&path, "1").unwrap();
        let (mut number, said) = watched(&path);
        let fails = Arc::new(AtomicBool::new(true));
        let (read, is_failing) = (number.read, Arc::clone(&fails));
        number.read = Box::new(move || match is_failing.load(Ordering::Relaxed) {
            true => Err(Error::usage("too many open files")),
            false => read(),
        });
        fs::write(&path, "22").unwrap();
        assert_eq!((*number.current(), number.outdated()), (1, Some("the numbers")));
        number.renew(Duration::MAX);
        assert_eq!((*number.current(), lock(&said).len()), (1, 1));
        fails.store(false, Ordering::Relaxed);
        number.renew(Duration::MAX);
        assert_eq!((*number.current(), number.outdated(), lock(&said).len()), (22, None, 1));
    }

    #[test]
    fn what_failed_is_tried_again_at_the_next_renewal_and_what_is_new_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number");
        fs::write(&path, "1").unwrap();
        let (mut number, said) = watched(&path);
        number.files.clear();
        fs::remove_file(&path).unwrap();
        number.renew(Duration::MAX);
        assert_eq!((number.outdated(), lock(&said).len()), (None, 0));
        number.renew(Duration::ZERO);
        number.renew(Duration::MAX);
        assert_eq!((number.outdated(), lock(&said).len()), (Some("the numbers"), 1));
        fs::write(&path, "2").unwrap();
        number.renew(Duration::MAX);
        assert_eq!((*number.current(), number.outdated()), (2, None));
        fs::write(&path, "3").unwrap();
        assert_eq!(*number.current(), 2);
        number.read_again();
        assert_eq!(*number.current(), 3);
    }
}
