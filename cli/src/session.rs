//! Drives the core's `Update` for every command: carries out its steps and keeps account of what
//! became trusted.

mod feed;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;
use std::time::{Duration, Instant};

use feed::Supply;
use picotuf::{Custom, Error, Kept, Step, Target, Update, Verified, Workspace, sha256};

use crate::error::CliError;
use crate::report::{Log, RoleReport};

/// What a session works on: a folder and a repository, or memory.
pub(crate) trait Host {
    /// The role's stored file.
    fn load(&mut self, request: &Request) -> Result<Option<Bytes>, CliError>;
    /// The role's file from the repository; it is kept until the next one.
    fn fetch(&mut self, request: &Request) -> Result<Option<Bytes>, CliError>;
    /// The file that was fetched last, once more.
    fn fetched(&mut self) -> Result<Bytes, CliError>;
    /// Makes the file that was fetched last the role's stored one.
    fn store(&mut self, role: &str) -> Result<(), CliError>;
    /// Removes the role's stored file, if there is one.
    fn delete(&mut self, role: &str) -> Result<(), CliError>;
    /// The file that was fetched last was good; of a timestamp, in this version.
    fn took(&mut self, timestamp: Option<u64>) {
        let _ = timestamp;
    }
    /// The file that was fetched last was no good: makes ready to ask another mirror for it.
    ///
    /// # Errors
    /// What the session ends with, where there is no other.
    fn skip_mirror(&mut self, error: CliError) -> Result<(), CliError> {
        Err(error)
    }
    /// The session ends because of what was fetched.
    fn give_up(&mut self, error: &CliError) {
        let _ = error;
    }
    /// What the file is called, for people.
    fn name(&self, request: &Request, fetched: bool) -> String;
}

/// A file that the core asks for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Whose it is.
    pub(crate) role: String,
    /// The version that stands in front of its name in the repository.
    pub(crate) version: Option<u64>,
    /// How long it may be.
    pub(crate) max_length: u64,
}

/// The bytes of a file.
pub(crate) enum Bytes {
    /// In memory.
    Memory(Rc<[u8]>),
    /// On disk.
    File(File),
}

/// A target that was found.
#[derive(Debug)]
pub(crate) struct FoundTarget {
    /// Length and hashes.
    pub(crate) target: Target,
    /// The roles that led to it.
    pub(crate) delegation_path: Vec<String>,
    /// The verified bytes of its `custom`.
    pub(crate) custom: Option<Vec<u8>>,
}

/// The core's session. Its type keeps files; whether they are given to be kept is for the
/// [`Session`].
type Client<'w> = Update<&'w mut Workspace, Kept<Vec<u8>>>;

/// One update with the host that it runs on.
pub(crate) struct Session<'w, H> {
    update: Client<'w>,
    keeps: bool,
    host: H,
    log: Log,
    roles: Vec<RoleReport>,
    /// What was fetched last.
    last_fetch: Option<String>,
}

impl<'w, H: Host> Session<'w, H> {
    /// At the start.
    pub(crate) fn new(update: impl Into<Update<&'w mut Workspace>>, host: H, log: Log) -> Self {
        let update = update.into().keep_files();
        Session { update, keeps: false, host, log, roles: Vec::new(), last_fetch: None }
    }

    /// The same, which keeps its files in memory: for many targets. The core keeps eight targets
    /// roles at most.
    pub(crate) fn keeping_files(mut self) -> Self {
        self.keeps = true;
        self
    }

    /// The memory of the core, for another session.
    pub(crate) fn into_workspace(self) -> &'w mut Workspace {
        self.update.into_workspace()
    }

    /// The host, once the session is over.
    pub(crate) fn into_host(self) -> H {
        self.host
    }

    /// What is trusted so far, in the order in which it was verified.
    pub(crate) fn roles(&self) -> &[RoleReport] {
        &self.roles
    }

    /// Whether the repository has consistent snapshots.
    pub(crate) fn consistent_snapshot(&self) -> bool {
        self.update.consistent_snapshot()
    }

    /// Drives the update until it is done.
    pub(crate) fn run(&mut self) -> Result<(), CliError> {
        loop {
            let step = self.update.step();
            let request = Request::from(&self.update.request());
            match step {
                Step::Load => self.answer(&request, false)?,
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
                _ => return Ok(()),
            }
        }
    }

    /// Looks for a target in an update that is done.
    pub(crate) fn find(&mut self, path: &str) -> Result<FoundTarget, CliError> {
        let about = |error: CliError| error.target(path);
        self.update.find(path).map_err(|error| about(error.into()))?;
        self.run().map_err(about)?;
        let Some(target) = self.update.target() else {
            return Err(about(Error::TargetNotFound.into()));
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

    /// An error leaves the update at its step, so that the same file of another mirror may answer
    /// it.
    fn fetch(&mut self, request: &Request) -> Result<(), CliError> {
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

    fn answer(&mut self, request: &Request, fetch: bool) -> Result<(), CliError> {
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
                let is_missing = matches!(error, Error::MissingFile { .. });
                self.refused(error, if is_missing { Some(name) } else { held })
            });
        };
        if fetch {
            self.last_fetch = Some(name.clone());
        }
        let start = Instant::now();
        let report = |verified: Verified<'_>| RoleReport::new(&verified, name.clone(), fetch);
        let supplied = match self.keeps {
            true => feed::keep(&mut self.update, bytes, request.max_length, report),
            false => feed::supply(&mut self.update, bytes, request.max_length, report),
        };
        match supplied {
            Ok(Some(report)) => {
                self.trust(report, start.elapsed());
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(Supply::Refused(error)) => Err(self.refused(error, Some(name))),
            Err(Supply::Host(error)) => Err(self.located(error, request)),
        }
    }

    fn compare(&mut self, request: &Request) -> Result<(), CliError> {
        let name = self.last_fetch.clone().unwrap_or_default();
        let fetched = self.host.fetched()?;
        let Some(stored) = self.host.load(request)? else {
            return Err(self.refused(Error::SourceFailed, Some(self.host.name(request, false))));
        };
        let start = Instant::now();
        let report = |verified: Verified<'_>| RoleReport::new(&verified, name.clone(), true);
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
    fn custom(&mut self, role: &str, expected: &Custom) -> Result<Vec<u8>, CliError> {
        let request = Request { role: role.to_owned(), version: None, max_length: u64::MAX };
        let name = self.host.name(&request, false);
        let changed = || {
            CliError::new(
                "changed-meanwhile",
                "system",
                "the stored file changed while it was in use",
            )
            .role(role)
            .file(&name)
            .hint("run it again")
        };
        let mut bytes = self.host.load(&request)?.ok_or_else(changed)?.into_seekable();
        let mut custom = Vec::new();
        let read = bytes
            .seek(SeekFrom::Start(expected.offset))
            .and_then(|_| bytes.take(expected.length).read_to_end(&mut custom));
        read.map_err(|error| CliError::io("read the stored metadata", name.as_ref(), &error))?;
        if sha256(&custom) == expected.sha256 { Ok(custom) } else { Err(changed()) }
    }

    fn trust(&mut self, mut report: RoleReport, elapsed: Duration) {
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

    fn refused(&self, error: Error, file: Option<String>) -> CliError {
        let role = self.update.role();
        let error = CliError::from(error)
            .schemes(self.update.unsupported_schemes())
            .role(role)
            .delegation_path(self.update.delegation_path().map(str::to_owned).collect());
        match file {
            Some(file) => error.file(file),
            None => error,
        }
    }

    fn located(&self, error: CliError, request: &Request) -> CliError {
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
pub(crate) fn whole(file: &mut (impl Read + Seek), max_length: u64) -> Result<Vec<u8>, CliError> {
    let most = max_length.saturating_add(1);
    let read = file.seek(SeekFrom::End(0)).and_then(|length| {
        file.rewind()?;
        let mut bytes = Vec::with_capacity(usize::try_from(length.min(most)).unwrap_or_default());
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    read.map_err(|error| unreadable(&error))
}

fn unreadable(error: &io::Error) -> CliError {
    CliError::new("io", "system", format!("cannot read the file: {error}"))
}

enum Seekable {
    Memory(io::Cursor<Rc<[u8]>>),
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
    fn new(file: &'f mut File, max_length: u64) -> Result<Self, CliError> {
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
