//! Drives the core's `Update` for every command: carries out its steps and keeps account of what
//! became trusted.

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

/// What a session works on: a folder and a repository, or memory.
pub trait Host {
    /// The role's stored file.
    fn load(&mut self, request: &Request) -> Result<Option<Bytes>, Error>;
    /// The role's file from the repository; it is kept until the next one.
    fn fetch(&mut self, request: &Request) -> Result<Option<Bytes>, Error>;
    /// The file that was fetched last, once more.
    fn fetched(&mut self) -> Result<Bytes, Error>;
    /// Fetches files at the same time that will probably be asked for, and keeps them until then.
    /// Whatever fails is asked for again when its turn comes.
    fn fetch_ahead(&mut self, requests: &[Request]) {
        let _ = requests;
    }
    /// Whether the next [`Host::fetch`] of this file asks nobody.
    fn has_ahead(&self, request: &Request) -> bool {
        let _ = request;
        true
    }
    /// Makes the file that was fetched last the role's stored one.
    fn store(&mut self, role: &str) -> Result<(), Error>;
    /// Removes the role's stored file, if there is one.
    fn delete(&mut self, role: &str) -> Result<(), Error>;
    /// The file that was fetched last was good; of a timestamp, in this version.
    fn took(&mut self, timestamp: Option<u64>) {
        let _ = timestamp;
    }
    /// The file that was fetched last was no good: makes ready to ask another mirror for it.
    ///
    /// # Errors
    /// What the session ends with, where there is no other.
    fn skip_mirror(&mut self, error: Error) -> Result<(), Error> {
        Err(error)
    }
    /// The session ends because of what was fetched.
    fn give_up(&mut self, error: &Error) {
        let _ = error;
    }
    /// What the file is called, for people.
    fn name(&self, request: &Request, fetched: bool) -> String;
}

/// A file that the core asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose it is.
    pub role: String,
    /// The version that stands in front of its name in the repository.
    pub version: Option<u64>,
    /// How long it may be.
    pub max_length: u64,
}

/// The bytes of a file.
pub enum Bytes {
    /// In memory.
    Memory(Arc<[u8]>),
    /// On disk.
    File(File),
}

/// A target that was found.
#[derive(Debug)]
pub struct FoundTarget {
    /// Length and hashes.
    pub target: Target,
    /// The roles that led to it.
    pub delegation_path: Vec<String>,
    /// The verified bytes of its `custom`.
    pub custom: Option<Vec<u8>>,
}

/// The core's session. Its type keeps files; whether they are given to be kept is for the
/// [`Session`].
type Client<'w> = Update<&'w mut Workspace, Kept<Vec<u8>>>;

/// One update with the host that it runs on.
pub struct Session<'w, H> {
    update: Client<'w>,
    keeps: bool,
    host: H,
    log: Log,
    roles: Vec<TrustedRole>,
    /// What was fetched last.
    last_fetch: Option<String>,
    /// The targets that are going to be searched for, in this order.
    expected: VecDeque<String>,
    /// How often files are still fetched ahead for them.
    rounds: u32,
}

/// How a search went on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// To its end.
    Done,
    /// To a file that has to be fetched, and may be fetched with others.
    Waits,
}

impl<'w, H: Host> Session<'w, H> {
    /// At the start.
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

    /// The same, which keeps its files in memory: for many targets. The core keeps eight targets
    /// roles at most.
    pub fn keeping_files(mut self) -> Self {
        self.keeps = true;
        self
    }

    /// The memory of the core, for another session.
    pub fn into_workspace(self) -> &'w mut Workspace {
        self.update.into_workspace()
    }

    /// The host, once the session is over.
    pub fn into_host(self) -> H {
        self.host
    }

    /// What is trusted so far, in the order in which it was verified.
    pub fn roles(&self) -> &[TrustedRole] {
        &self.roles
    }

    /// Whether the repository has consistent snapshots.
    pub fn consistent_snapshot(&self) -> bool {
        self.update.consistent_snapshot()
    }

    /// Says which targets are going to be searched for, so that their roles can be fetched at the
    /// same time. Verdicts and their order are the same without.
    pub fn expect(&mut self, paths: impl IntoIterator<Item = String>) {
        self.expected = paths.into_iter().collect();
        self.rounds = LOOK_AHEAD_ROUNDS;
    }

    /// Gives up a search that failed, so that another can begin.
    ///
    /// # Errors
    /// [`picotuf::Error::UnexpectedCall`] where the top-level roles are not trusted yet.
    pub fn abandon_search(&mut self) -> Result<(), Error> {
        Ok(self.update.abandon_search()?)
    }

    /// Drives the update until it is done.
    pub fn run(&mut self) -> Result<(), Error> {
        self.go_on(false).map(drop)
    }

    /// Drives the update until it is done, or `waits` and has to ask for a file.
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

    /// Looks for a target in an update that is done.
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

    /// Fetches, at the same time, what the search for this target waits for, and those for the
    /// targets that are expected. It decides nothing: the searches begin anew, in their order.
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

    /// The first file that the search for a target asks the repository for, if it gets there.
    fn first_fetch(&mut self, path: &str) -> Option<Request> {
        self.update.find(path).ok()?;
        loop {
            let step = self.update.step();
            let request = Request::from(&self.update.request());
            match step {
                Step::Load => match self.host.load(&request).ok()? {
                    Some(bytes) => {
                        self.supply(bytes, &request, |_| ()).ok()?;
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

    /// An error leaves the update at its step, so that the same file of another mirror may answer
    /// it.
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
                // With no newer root there, it is the one at hand that has expired.
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

    /// The bytes that the core named, checked against the hash that it took of them when it
    /// verified the file.
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
        // What was fetched and is read once more was fetched all the same.
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

/// At most one byte more than `max_length`, so that a file which is too long is seen to be, and no
/// further.
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

/// The start of a file, one byte longer than it may be.
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

/// How often files are fetched ahead for one list of targets: as many levels of roles that many
/// targets share as repositories have. Each round looks at all targets that are left.
const LOOK_AHEAD_ROUNDS: u32 = 8;
/// Large enough that reading costs nothing beside hashing.
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
