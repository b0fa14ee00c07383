//! Runs the steps of the core's `Update` for every command, and records which roles are trusted.

mod feed;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::{Duration, Instant};

use feed::Supply;
use picotuf::{
    Custom, Error as CoreError, Kept, Step, Target, Update, Verified, Workspace, sha256,
};

use crate::code::Code;
use crate::error::Error;
use crate::log::Log;
use crate::role::TrustedRole;

/// The storage and the repository of a session: a folder with mirrors, or memory.
pub trait Host {
    /// Returns the stored file of the role, if there is one.
    fn load(&mut self, request: &Request) -> Result<Option<Bytes>, Error>;
    /// Downloads the file of the role, if the repository has one. The host keeps it until the next
    /// download.
    fn fetch(&mut self, request: &Request) -> Result<Option<Bytes>, Error>;
    /// Returns the last downloaded file again.
    fn fetched(&mut self) -> Result<Bytes, Error>;
    /// Downloads files in advance, at the same time, and keeps them until [`Host::fetch`] asks for
    /// them. A file that fails here is downloaded again then.
    fn fetch_ahead(&mut self, requests: &[Request]) {
        let _ = requests;
    }
    /// Returns whether [`Host::fetch`] can answer this request without the network.
    fn has_ahead(&self, request: &Request) -> bool {
        let _ = request;
        true
    }
    /// Stores the last downloaded file as the file of the role. A root is durable then.
    fn store(&mut self, role: &str) -> Result<(), Error>;
    /// Makes all stored files of top-level roles durable.
    fn settle(&mut self) -> Result<(), Error> {
        Ok(())
    }
    /// Deletes the stored file of the role, if there is one.
    fn delete(&mut self, role: &str) -> Result<(), Error>;
    /// Records that the last downloaded file verified. `timestamp` is its version if it is a
    /// timestamp.
    fn took(&mut self, timestamp: Option<u64>) {
        let _ = timestamp;
    }
    /// Switches to another mirror, because the last downloaded file did not verify.
    ///
    /// # Errors
    /// Returns the error of the session if no mirror is left.
    fn skip_mirror(&mut self, error: Error) -> Result<(), Error> {
        Err(error)
    }
    /// Records that the session fails because of downloaded files.
    fn give_up(&mut self, error: &Error) {
        let _ = error;
    }
    /// Returns the name of the file for messages.
    fn name(&self, request: &Request, fetched: bool) -> String;
}

/// A metadata file that the core requests.
#[derive(Clone, Debug)]
pub struct Request {
    /// The name of the role.
    pub role: String,
    /// The version that prefixes the file name in the repository.
    pub version: Option<u64>,
    /// The maximum length, in bytes.
    pub max_length: u64,
}

/// The bytes of a file.
pub enum Bytes {
    /// A file in memory.
    Memory(Arc<[u8]>),
    /// A file on disk.
    File(File),
}

/// A target that a trusted role lists.
#[derive(Debug)]
pub struct FoundTarget {
    /// The signed length and hashes.
    pub target: Target,
    /// The roles on the path to the target, from `targets` on.
    pub delegation_path: Vec<String>,
    /// The verified bytes of its member `custom`.
    pub custom: Option<Vec<u8>>,
}

/// The core's session. Its type can keep files; the [`Session`] decides whether it does.
type Client<'w> = Update<&'w mut Workspace, Kept<Vec<u8>>>;

/// A session of the core with its host.
pub struct Session<'w, H> {
    update: Client<'w>,
    keeps: bool,
    host: H,
    log: Log,
    roles: Vec<TrustedRole>,
    /// The name of the last downloaded file.
    last_fetch: Option<String>,
    /// The targets to search for next, in this order.
    expected: VecDeque<String>,
    /// The number of remaining rounds of downloads in advance.
    rounds: u32,
}

/// The state of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The search is finished.
    Done,
    /// The search needs a file, which can be downloaded together with others.
    Waits,
}

impl<'w, H: Host> Session<'w, H> {
    /// Creates a session at its first step.
    pub fn new(update: impl Into<Update<&'w mut Workspace>>, host: H, log: Log) -> Self {
        let update = update.into().keep_files();
        Session {
            update,
            keeps: false,
            host,
            log,
            roles: Vec::new(),
            last_fetch: None,
            expected: VecDeque::new(),
            rounds: 0,
        }
    }

    /// Makes the session keep its files in memory, for many targets. The core keeps at most eight
    /// targets roles.
    pub fn keeping_files(mut self) -> Self {
        self.keeps = true;
        self
    }

    /// Returns the memory of the core, for another session.
    pub fn into_workspace(self) -> &'w mut Workspace {
        self.update.into_workspace()
    }

    /// Returns the host, after the session.
    pub fn into_host(self) -> H {
        self.host
    }

    /// Returns the roles that are trusted so far, in the order of their verification.
    pub fn roles(&self) -> &[TrustedRole] {
        &self.roles
    }

    /// Returns whether the repository has consistent snapshots.
    pub fn consistent_snapshot(&self) -> bool {
        self.update.consistent_snapshot()
    }

    /// Announces the targets of the next searches, so that their roles can be downloaded at the
    /// same time. This changes neither verdicts nor their order.
    pub fn expect(&mut self, paths: impl IntoIterator<Item = String>) {
        self.expected = paths.into_iter().collect();
        self.rounds = LOOK_AHEAD_ROUNDS;
    }

    /// Ends a failed search, so that another one can begin.
    ///
    /// # Errors
    /// [`picotuf::Error::UnexpectedCall`] if the top-level roles are not trusted yet.
    pub fn abandon_search(&mut self) -> Result<(), Error> {
        Ok(self.update.abandon_search()?)
    }

    /// Runs the update to its end. What it stored is durable then, whatever the result is.
    pub fn run(&mut self) -> Result<(), Error> {
        let result = self.go_on(false);
        let settled = self.host.settle();
        result.and(settled)
    }

    /// Runs the update to its end, or if `waits`, to the first file that needs the network.
    fn go_on(&mut self, waits: bool) -> Result<Progress, Error> {
        loop {
            let step = self.update.step();
            let request = Request::from(&self.update.request());
            match step {
                Step::Load => self.answer(&request, false)?,
                Step::Fetch if waits && !self.host.has_ahead(&request) => {
                    return Ok(Progress::Waits);
                }
                Step::Fetch => self.fetch(&request)?,
                Step::Compare => {
                    let compared = self.compare(&request);
                    compared.inspect_err(|error| self.host.give_up(error))?;
                }
                Step::Store => {
                    self.host.store(&request.role)?;
                    self.update.done().map_err(|error| self.refused(error, None))?;
                }
                Step::Delete => {
                    self.log.line(|| format!("delete stored {}", request.role));
                    self.host.delete(&request.role)?;
                    self.update.done().map_err(|error| self.refused(error, None))?;
                }
                _ => return Ok(Progress::Done),
            }
        }
    }

    /// Searches for a target after [`Session::run`].
    pub fn find(&mut self, path: &str) -> Result<FoundTarget, Error> {
        let about = |error: Error| error.target(path);
        if self.expected.iter().any(|next| next == path) {
            while self.expected.pop_front().is_some_and(|next| next != path) {}
        }
        self.update.find(path).map_err(|error| about(error.into()))?;
        while self.go_on(self.rounds > 0 && !self.expected.is_empty()).map_err(about)?
            == Progress::Waits
        {
            self.look_ahead(path)?;
            self.update.find(path).map_err(|error| about(error.into()))?;
        }
        let Some(target) = self.update.target() else {
            return Err(about(CoreError::TargetNotFound.into()));
        };
        let target = *target;
        let delegation_path: Vec<String> =
            self.update.delegation_path().map(str::to_owned).collect();
        let custom = match (target.custom, delegation_path.last()) {
            (Some(custom), Some(role)) => Some(self.custom(role, &custom).map_err(about)?),
            _ => None,
        };
        Ok(FoundTarget { target, delegation_path, custom })
    }

    /// Downloads, at the same time, the next file of the search for this target and of the searches
    /// for the expected targets. This decides nothing: each search starts again in its turn.
    fn look_ahead(&mut self, path: &str) -> Result<(), Error> {
        self.rounds = self.rounds.saturating_sub(1);
        self.update.abandon_search()?;
        let expected = std::mem::take(&mut self.expected);
        let mut wanted: Vec<Request> = Vec::new();
        for path in std::iter::once(path).chain(expected.iter().map(String::as_str)) {
            if let Some(request) = self.first_fetch(path)
                && !self.host.has_ahead(&request)
                && !wanted.iter().any(|other| other.role == request.role)
            {
                wanted.push(request);
            }
            self.update.abandon_search()?;
        }
        self.expected = expected;
        self.host.fetch_ahead(&wanted);
        Ok(())
    }

    /// Returns the first request to the repository in the search for a target, if there is one.
    fn first_fetch(&mut self, path: &str) -> Option<Request> {
        self.update.find(path).ok()?;
        loop {
            let step = self.update.step();
            let request = Request::from(&self.update.request());
            match step {
                Step::Load => match self.host.load(&request).ok()? {
                    // What is verified here, the search itself need not read again.
                    Some(bytes) => {
                        let (name, start) = (self.host.name(&request, false), Instant::now());
                        let report = |verified: Verified<'_>| {
                            TrustedRole::new(&verified, name.clone(), false)
                        };
                        if let Some(report) = self.supply(bytes, &request, report).ok()? {
                            self.trust(report, start.elapsed());
                        }
                    }
                    None => self.update.absent().ok()?,
                },
                Step::Fetch => return Some(request),
                _ => return None,
            }
        }
    }

    fn supply<R>(
        &mut self,
        bytes: Bytes,
        request: &Request,
        report: impl FnOnce(Verified<'_>) -> R,
    ) -> Result<Option<R>, Supply> {
        match self.keeps {
            true => feed::keep(&mut self.update, bytes, request.max_length, report),
            false => feed::supply(&mut self.update, bytes, request.max_length, report),
        }
    }

    /// Answers a request from the repository, with the file of the first mirror that has a valid
    /// one. After an error the update stays at its step, so that another mirror can answer.
    fn fetch(&mut self, request: &Request) -> Result<(), Error> {
        loop {
            match self.answer(request, true) {
                Ok(()) => {
                    let timestamp =
                        self.roles.last().filter(|role| role.fetched && role.role == "timestamp");
                    let version =
                        timestamp.filter(|_| request.role == "timestamp").map(|role| role.version);
                    self.host.took(version);
                    return Ok(());
                }
                Err(error) => self.host.skip_mirror(error)?,
            }
        }
    }

    fn answer(&mut self, request: &Request, fetch: bool) -> Result<(), Error> {
        let bytes = if fetch { self.host.fetch(request) } else { self.host.load(request) };
        let name = self.host.name(request, fetch);
        let Some(bytes) = bytes.map_err(|error| self.located(error, request))? else {
            return self.update.absent().map_err(|error| {
                // If there is no newer root, the error is about the current one.
                let held = self
                    .roles
                    .iter()
                    .find(|role| role.role == request.role)
                    .map(|role| role.file.clone());
                let is_missing = matches!(error, CoreError::MissingFile { .. });
                self.refused(error, if is_missing { Some(name) } else { held })
            });
        };
        if fetch {
            self.last_fetch = Some(name.clone());
        }
        let start = Instant::now();
        let report = |verified: Verified<'_>| TrustedRole::new(&verified, name.clone(), fetch);
        match self.supply(bytes, request, report) {
            Ok(Some(report)) => {
                self.trust(report, start.elapsed());
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(Supply::Refused(error)) => Err(self.refused(error, Some(name))),
            Err(Supply::Host(error)) => Err(self.located(error, request)),
        }
    }

    fn compare(&mut self, request: &Request) -> Result<(), Error> {
        let name = self.last_fetch.clone().unwrap_or_default();
        let fetched = self.host.fetched()?;
        let Some(stored) = self.host.load(request)? else {
            return Err(self.refused(CoreError::SourceFailed, Some(self.host.name(request, false))));
        };
        let start = Instant::now();
        let report = |verified: Verified<'_>| TrustedRole::new(&verified, name.clone(), true);
        match feed::compare(&mut self.update, fetched, stored, report) {
            Ok(Some(report)) => {
                self.trust(report, start.elapsed());
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(Supply::Refused(error)) => Err(self.refused(error, Some(name))),
            Err(Supply::Host(error)) => Err(error),
        }
    }

    /// Reads a `custom` from the stored file, and checks its bytes against the hash that the core
    /// computed during verification.
    fn custom(&mut self, role: &str, expected: &Custom) -> Result<Vec<u8>, Error> {
        let request = Request { role: role.to_owned(), version: None, max_length: u64::MAX };
        let name = self.host.name(&request, false);
        let changed = || {
            Error::new(Code::ChangedMeanwhile, "the stored file changed while it was in use")
                .role(role)
                .file(&name)
                .hint("try again")
        };
        let mut bytes = self.host.load(&request)?.ok_or_else(changed)?.into_seekable();
        let mut custom = Vec::new();
        let read = bytes
            .seek(SeekFrom::Start(expected.offset))
            .and_then(|_| bytes.take(expected.length).read_to_end(&mut custom));
        read.map_err(|error| Error::io("read the stored metadata", name.as_ref(), &error))?;
        if sha256(&custom) == expected.sha256 { Ok(custom) } else { Err(changed()) }
    }

    fn trust(&mut self, mut report: TrustedRole, elapsed: Duration) {
        report.elapsed = elapsed;
        self.log.line(|| {
            let signers: Vec<_> = report
                .signers
                .iter()
                .map(|keyid| keyid.chars().take(8).collect::<String>())
                .collect();
            format!(
                "trusted: {} version {}, signed by {}",
                report.role,
                report.version,
                signers.join(", ")
            )
        });
        // A downloaded file counts as downloaded even if it is read again from the store.
        if let Some(before) = self
            .roles
            .iter()
            .find(|role| role.role == report.role && role.version == report.version)
            && before.fetched
        {
            (report.fetched, report.file) = (true, before.file.clone());
        }
        self.roles.retain(|role| role.role != report.role);
        self.roles.push(report);
    }

    fn refused(&self, error: CoreError, file: Option<String>) -> Error {
        let role = self.update.role();
        let error = Error::from(error)
            .schemes(self.update.unsupported_schemes())
            .role(role)
            .delegation_path(self.update.delegation_path().map(str::to_owned).collect());
        match file {
            Some(file) => error.file(file),
            None => error,
        }
    }

    fn located(&self, error: Error, request: &Request) -> Error {
        if error.detail().role.is_none() { error.role(&request.role) } else { error }
    }
}

impl From<&picotuf::FileRequest<'_>> for Request {
    fn from(request: &picotuf::FileRequest<'_>) -> Self {
        Request {
            role: request.role.to_owned(),
            version: request.version,
            max_length: request.max_length,
        }
    }
}

impl Bytes {
    fn into_seekable(self) -> Seekable {
        match self {
            Bytes::Memory(bytes) => Seekable::Memory(io::Cursor::new(bytes)),
            Bytes::File(file) => Seekable::File(file),
        }
    }
}

/// Reads at most `max_length` + 1 bytes of the file: the extra byte shows that a file is too long.
pub fn whole(file: &mut (impl Read + Seek), max_length: u64) -> Result<Vec<u8>, Error> {
    let most = max_length.saturating_add(1);
    let read = file.seek(SeekFrom::End(0)).and_then(|length| {
        file.rewind()?;
        let mut bytes = Vec::with_capacity(usize::try_from(length.min(most)).unwrap_or_default());
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    read.map_err(|error| unreadable(&error))
}

fn unreadable(error: &io::Error) -> Error {
    Error::new(Code::Io, format!("cannot read the file: {error}"))
}

enum Seekable {
    Memory(io::Cursor<Arc<[u8]>>),
    File(File),
}

impl Read for Seekable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Seekable::Memory(bytes) => bytes.read(buffer),
            Seekable::File(file) => file.read(buffer),
        }
    }
}

impl Seek for Seekable {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match self {
            Seekable::Memory(bytes) => bytes.seek(position),
            Seekable::File(file) => file.seek(position),
        }
    }
}

/// A reader of the first `max_length` + 1 bytes of a file.
struct Bounded<'f> {
    file: &'f mut File,
    maximum: u64,
    left: u64,
}

impl<'f> Bounded<'f> {
    fn new(file: &'f mut File, max_length: u64) -> Result<Self, Error> {
        file.rewind().map_err(|error| unreadable(&error))?;
        let maximum = max_length.saturating_add(1);
        Ok(Bounded { file, maximum, left: maximum })
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.take(self.left).read(buffer)?;
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

impl Seek for Bounded<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let position = self.file.seek(position)?;
        self.left = self.maximum.saturating_sub(position);
        Ok(position)
    }
}

/// The number of rounds of downloads in advance for one list of targets. Each round covers one
/// level of delegations for all remaining targets.
const LOOK_AHEAD_ROUNDS: u32 = 8;
/// The size of the read buffer, in bytes: large enough that hashing dominates the time.
const WINDOW: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_ends_one_byte_past_its_limit_also_after_rewinding() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let mut bounded = Bounded::new(&mut file, 4).unwrap();
        for _ in 0..2 {
            let mut text = String::new();
            bounded.read_to_string(&mut text).unwrap();
            assert_eq!(text, "01234");
            bounded.rewind().unwrap();
        }
        assert_eq!(whole(&mut file, 3).unwrap(), b"0123");
    }
}
