//! Hosts in memory that drive the core's [`Update`] over a [`Repository`].
//!
//! [`MemoryHost`] is one host with one way of reading files; [`Client`] runs three of them side by
//! side and asserts that all ways of reading give the same verdict, ask for the same files, and
//! leave the same bytes stored.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;

use picotuf::{
    Error, IoStream, Kept, Limits, Offline, Role, Slice, Step, Stream, Time, Update, Verified,
    Window, Workspace,
};
use picotuf_attest::Identities;

use crate::json::hex;
use crate::repository::{Files, NOW, Repository, url_name};

/// A run that takes more steps than this does not end.
const STEPS_MAX: usize = 20_000;

/// How a host shows a file to the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As one slice.
    Whole,
    /// As bytes that the session keeps.
    Kept,
    /// Through a window of so many bytes.
    Window(usize),
}

impl Reading {
    /// The ways that every scenario is run in.
    pub const ALL: [Reading; 4] =
        [Reading::Whole, Reading::Kept, Reading::Window(1024), Reading::Window(64)];
}

/// Something that the core asked its host to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Load this role's stored file.
    Load(String),
    /// Fetch the file of this name.
    Fetch(String),
    /// Store what was fetched as this role's file.
    Store(String),
    /// Delete this role's stored file.
    Delete(String),
}

/// A refusal: the error, and what the core says it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The core's error.
    pub error: Error,
    /// The name of the role that it is about.
    pub role: String,
    /// The roles that led there.
    pub delegation_path: Vec<String>,
    /// Of keys that cannot be used, the schemes.
    pub schemes: Vec<String>,
}

/// A target that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its length.
    pub length: u64,
    /// Its hashes: the function's name, and lower-case hex.
    pub hashes: Vec<(String, String)>,
    /// The raw JSON of its `custom`.
    pub custom: Option<String>,
    /// The roles that led to it: `targets` first, the one that lists it last.
    pub delegation_path: Vec<String>,
    /// What the core itself calls it.
    pub target: picotuf::Target,
}

/// A role that became trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The kind of role.
    pub role: Role,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u64,
    /// When it expires, in seconds since 1970.
    pub expires: i64,
    /// How many keys must sign.
    pub threshold: u32,
    /// How many distinct usable keys it has.
    pub keys: u32,
    /// How many distinct keys signed.
    pub signing_keys: u32,
    /// The keyids that signed, sorted.
    pub signers: Vec<String>,
    /// The file's length.
    pub length: u64,
}

/// What a run that ended well says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The roles that became trusted, in order.
    pub trusted: Vec<Trusted>,
    /// What was found for each path that was asked for, in that order.
    pub found: Vec<Option<Found>>,
}

impl Report {
    /// Returns what is said of this role, where it became trusted last.
    ///
    /// # Panics
    /// If it did not.
    pub fn role(&self, name: &str) -> &Trusted {
        let last = self.trusted.iter().rev().find(|trusted| trusted.name == name);
        last.unwrap_or_else(|| panic!("{name} did not become trusted: {:?}", self.trusted))
    }

    /// The same, with each that became trusted named once.
    fn once(mut self) -> Report {
        let mut seen = Vec::new();
        self.trusted.retain(|trusted| {
            let fresh = !seen.contains(trusted);
            seen.push(trusted.clone());
            fresh
        });
        self
    }
}

/// One host: what it stores, what it can fetch, and a record of what it was asked for.
#[derive(Clone, Debug)]
pub struct MemoryHost {
    /// How it shows files to the core.
    pub reading: Reading,
    /// The time it gives to the core.
    pub now: Time,
    /// The limits it gives to the core.
    pub limits: Limits,
    /// Who verifies identities for the core, if anybody.
    pub identities: Option<Arc<Identities>>,
    /// The stored files, by the role's name.
    pub store: Files,
    /// The files of the repository, by file name.
    pub repository: Files,
    /// Names of files that cannot be read: a broken connection, not a file that is absent.
    pub broken: BTreeSet<String>,
    /// Everything that the core asked for in the last run.
    pub events: Vec<Event>,
    /// How often in the last run a window was refused as unsorted, and the file given whole
    /// instead.
    pub unsorted: usize,
    /// The host dies before it carries out this many events that are no loads, and one more.
    pub fuse: Option<usize>,
    fetched: Vec<u8>,
}

type Session = Update<Box<Workspace>, Kept<Vec<u8>>>;

impl MemoryHost {
    /// Returns a host that trusts this root, at [`NOW`], with default limits.
    pub fn new(reading: Reading, root: &[u8]) -> MemoryHost {
        MemoryHost {
            reading,
            now: time(NOW),
            limits: Limits::default(),
            identities: None,
            store: Files::from([("root".to_owned(), root.to_vec())]),
            repository: Files::new(),
            broken: BTreeSet::new(),
            events: Vec::new(),
            unsorted: 0,
            fuse: None,
            fetched: Vec::new(),
        }
    }

    /// Refreshes, then looks for each of these targets, in one session.
    pub fn run(&mut self, paths: &[&str]) -> Result<Report, Failure> {
        let workspace = self.workspace();
        self.session(Update::new(workspace, self.now, self.limits).keep_files(), paths)
    }

    /// The same with what is stored, and nothing fetched.
    pub fn run_offline(&mut self, paths: &[&str]) -> Result<Report, Failure> {
        let offline = Offline::new(self.workspace(), self.now, self.limits);
        self.session(offline.keep_files().into(), paths)
    }

    fn workspace(&self) -> Box<Workspace> {
        let mut workspace = Workspace::boxed();
        let identities = self.identities.clone();
        workspace.verify_identities(identities.map(|verifier| verifier as Arc<_>));
        workspace
    }

    /// Returns the names of the files that the last run fetched, in order.
    pub fn requests(&self) -> Vec<String> {
        let fetched = |event: &Event| match event {
            Event::Fetch(name) => Some(name.clone()),
            _ => None,
        };
        self.events.iter().filter_map(fetched).collect()
    }

    fn session(&mut self, mut update: Session, paths: &[&str]) -> Result<Report, Failure> {
        self.events.clear();
        self.unsorted = 0;
        let mut report = Report::default();
        let result = self.drive_all(&mut update, paths, &mut report);
        result.map(|()| report).map_err(|error| Failure {
            error,
            role: update.role().to_owned(),
            delegation_path: update.delegation_path().map(str::to_owned).collect(),
            schemes: update.unsupported_schemes().map(ToString::to_string).collect(),
        })
    }

    fn drive_all(
        &mut self,
        update: &mut Session,
        paths: &[&str],
        report: &mut Report,
    ) -> Result<(), Error> {
        self.drive(update, report)?;
        for path in paths {
            update.find(path)?;
            self.drive(update, report)?;
            report.found.push(self.found(update));
        }
        Ok(())
    }

    fn found(&self, update: &Session) -> Option<Found> {
        let target = update.target()?;
        let delegation_path: Vec<String> = update.delegation_path().map(str::to_owned).collect();
        let lister = delegation_path.last().expect("somebody lists the target");
        let custom = target.custom.as_ref().map(|custom| {
            let json = custom.json(&self.store[lister]);
            json.expect("what is stored is what was verified").to_owned()
        });
        let hashes = target.hashes.iter();
        let hashes = hashes
            .map(|digest| (digest.algorithm().name().to_owned(), hex(digest.as_bytes())))
            .collect();
        Some(Found { length: target.length, hashes, custom, delegation_path, target: *target })
    }

    fn drive(&mut self, update: &mut Session, report: &mut Report) -> Result<(), Error> {
        for _ in 0..STEPS_MAX {
            let step = update.step();
            // Hosts differ in what they load.
            if !matches!(step, Step::Load | Step::Compare | Step::Done)
                && self.fuse.is_some_and(|events| changes(self).len() >= events)
            {
                return Err(Error::SourceFailed);
            }
            match step {
                Step::Load => {
                    let role = update.request().role.to_owned();
                    let file = self.store.get(&role).cloned();
                    self.events.push(Event::Load(role));
                    match file {
                        Some(bytes) => self.supply(update, &bytes, report)?,
                        None => update.absent()?,
                    }
                }
                Step::Fetch => self.fetch(update, report)?,
                Step::Compare => self.compare(update, report)?,
                Step::Store => {
                    let role = update.request().role.to_owned();
                    self.events.push(Event::Store(role.clone()));
                    let kept = update.kept_file().map(<[u8]>::to_vec);
                    assert_eq!(kept.is_some(), self.reading == Reading::Kept, "{role} is kept");
                    self.store.insert(role, kept.unwrap_or_else(|| self.fetched.clone()));
                    update.done()?;
                }
                Step::Delete => {
                    let role = update.request().role.to_owned();
                    self.store.remove(&role);
                    self.events.push(Event::Delete(role));
                    update.done()?;
                }
                _ => return Ok(()),
            }
        }
        panic!("the update does not end: {:?} …", &self.events[..100]);
    }

    fn fetch(&mut self, update: &mut Session, report: &mut Report) -> Result<(), Error> {
        let request = update.request();
        let version = request.version.map(|version| format!("{version}.")).unwrap_or_default();
        let file = format!("{version}{}", url_name(request.role));
        assert_eq!(request.to_string(), file);
        let readable = usize::try_from(request.max_length).unwrap_or(usize::MAX).saturating_add(1);
        self.events.push(Event::Fetch(file.clone()));
        if self.broken.contains(&file) {
            let mut buffer = [0];
            let mut window = Window::new(Broken, &mut buffer);
            let refused = update.supply(&mut window).map(drop);
            assert!(window.take_error().is_some(), "the stream's error is with its window");
            return refused;
        }
        match self.repository.get(&file) {
            Some(bytes) => {
                self.fetched = bytes[..bytes.len().min(readable)].to_vec();
                let bytes = self.fetched.clone();
                self.supply(update, &bytes, report)
            }
            None => update.absent(),
        }
    }

    fn supply(
        &mut self,
        update: &mut Session,
        bytes: &[u8],
        report: &mut Report,
    ) -> Result<(), Error> {
        let verified = match self.reading {
            Reading::Whole => update.supply(&mut Slice::new(bytes))?,
            Reading::Kept => update.keep(bytes.to_vec())?,
            Reading::Window(size) => {
                let mut buffer = vec![0; size];
                match update.supply(&mut Window::new(IoStream(Cursor::new(bytes)), &mut buffer)) {
                    Err(Error::StreamUnsorted { .. }) => {
                        self.unsorted += 1;
                        update.supply(&mut Slice::new(bytes))?
                    }
                    other => other?,
                }
            }
        };
        report.trusted.extend(verified.map(|verified| trusted(&verified)));
        Ok(())
    }

    fn compare(&mut self, update: &mut Session, report: &mut Report) -> Result<(), Error> {
        let (fetched, stored) = (&self.fetched, &self.store[update.request().role]);
        let verified = match self.reading {
            Reading::Whole => update.compare(&mut Slice::new(fetched), &mut Slice::new(stored))?,
            Reading::Kept => unreachable!("the session compares them by itself"),
            Reading::Window(size) => {
                let (mut first, mut second) = (vec![0; size], vec![0; size]);
                let mut fetched_window = Window::new(IoStream(Cursor::new(fetched)), &mut first);
                let mut stored_window = Window::new(IoStream(Cursor::new(stored)), &mut second);
                match update.compare(&mut fetched_window, &mut stored_window) {
                    Err(Error::StreamUnsorted { .. }) => {
                        self.unsorted += 1;
                        update.compare(&mut Slice::new(fetched), &mut Slice::new(stored))?
                    }
                    other => other?,
                }
            }
        };
        report.trusted.extend(verified.map(|verified| trusted(&verified)));
        Ok(())
    }
}

/// A stream whose bytes cannot be had.
struct Broken;

impl Stream for Broken {
    type Error = std::io::Error;

    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn rewind(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Three hosts that read in three ways, and must agree in everything.
#[derive(Clone, Debug)]
pub struct Client {
    hosts: Vec<MemoryHost>,
    windows_refuse: Option<bool>,
    known: BTreeSet<Vec<u8>>,
}

impl Client {
    /// Clients that trust version 1 of this repository's root.
    pub fn new(repository: &Repository) -> Client {
        Client::trusting(repository.anchor())
    }

    /// Clients that trust this root.
    pub fn trusting(root: &[u8]) -> Client {
        let hosts = Reading::ALL.map(|reading| MemoryHost::new(reading, root)).to_vec();
        Client { hosts, windows_refuse: Some(false), known: BTreeSet::from([root.to_vec()]) }
    }

    /// At another time than [`NOW`].
    pub fn at(mut self, now: &str) -> Client {
        self.set_time(now);
        self
    }

    /// From now on it is this time.
    pub fn set_time(&mut self, now: &str) {
        self.each(|host| host.now = time(now));
    }

    /// With other limits.
    pub fn limited(mut self, limits: Limits) -> Client {
        self.each(|host| host.limits = limits);
        self
    }

    /// With identities that are verified.
    pub fn verifying(mut self, identities: &Arc<Identities>) -> Client {
        self.each(|host| host.identities = Some(identities.clone()));
        self
    }

    /// From now on the files that come are such that windows must refuse at least one in each run,
    /// with `stream-unsorted`, and that one is given whole. Without this, no window may refuse.
    pub fn windows_refuse(mut self) -> Client {
        self.windows_refuse = Some(true);
        self
    }

    /// From now on windows may refuse files with `stream-unsorted` or not: for changes at random
    /// places.
    pub fn windows_refuse_sometimes(mut self) -> Client {
        self.windows_refuse = None;
        self
    }

    /// These files of the repository cannot be read from now on.
    pub fn break_files(&mut self, names: &[&str]) {
        self.each(|host| host.broken = names.iter().map(|name| (*name).to_owned()).collect());
    }

    /// From now on the hosts die before their event number `events` (counted from 0) of a run.
    pub fn die_before(&mut self, events: Option<usize>) {
        self.each(|host| host.fuse = events);
    }

    /// Refreshes.
    pub fn refresh(&mut self, repository: &Repository) -> Result<Report, Failure> {
        self.find(repository, &[])
    }

    /// Refreshes and looks for targets, in one session.
    pub fn find(&mut self, repository: &Repository, paths: &[&str]) -> Result<Report, Failure> {
        self.known.extend(repository.files.values().cloned());
        self.each(|host| host.repository = repository.files.clone());
        self.agree(|host| host.run(paths))
    }

    /// Looks for targets in what is stored.
    pub fn find_offline(&mut self, paths: &[&str]) -> Result<Report, Failure> {
        let report = self.agree(|host| host.run_offline(paths));
        assert!(self.requests().is_empty(), "an offline client fetched {:?}", self.requests());
        report
    }

    /// A refresh that must succeed.
    pub fn refreshes(&mut self, repository: &Repository) -> Report {
        self.refresh(repository)
            .unwrap_or_else(|failure| panic!("the refresh was refused: {failure:?}"))
    }

    /// A refresh that must be refused with this code, about this role.
    pub fn refuses(&mut self, repository: &Repository, code: &str, role: &str) -> Error {
        expect_failure(self.refresh(repository), code, role)
    }

    /// A search that must find the target.
    pub fn finds(&mut self, repository: &Repository, path: &str) -> Found {
        let report = self
            .find(repository, &[path])
            .unwrap_or_else(|failure| panic!("{path} was refused: {failure:?}"));
        report.found.into_iter().next().flatten().unwrap_or_else(|| panic!("{path} was not found"))
    }

    /// A search that must end well without finding the target.
    pub fn lacks(&mut self, repository: &Repository, path: &str) {
        let report = self
            .find(repository, &[path])
            .unwrap_or_else(|failure| panic!("{path} was refused: {failure:?}"));
        assert_eq!(report.found, [None], "{path} was found");
    }

    /// A search that must be refused with this code, about this role.
    pub fn find_refused(
        &mut self,
        repository: &Repository,
        path: &str,
        code: &str,
        role: &str,
    ) -> Error {
        expect_failure(self.find(repository, &[path]), code, role)
    }

    /// Returns the stored files, by the role's name.
    pub fn stored(&self) -> &Files {
        &self.hosts[0].store
    }

    /// Returns the stored roles and their versions, by name: what a test asserts that a run left.
    pub fn versions(&self) -> Vec<(&str, u64)> {
        self.stored().iter().map(|(role, bytes)| (role.as_str(), version(bytes))).collect()
    }

    /// Changes what all hosts have stored.
    pub fn change_store(&mut self, change: impl Fn(&mut Files)) {
        self.each(|host| change(&mut host.store));
        let stored: Vec<Vec<u8>> = self.stored().values().cloned().collect();
        self.known.extend(stored);
    }

    /// Everything that the core asked for in the last run, loads left out.
    pub fn events(&self) -> Vec<Event> {
        changes(&self.hosts[0])
    }

    /// Returns the files that the last run fetched, in order.
    pub fn requests(&self) -> Vec<String> {
        self.hosts[0].requests()
    }

    fn each(&mut self, change: impl Fn(&mut MemoryHost)) {
        self.hosts.iter_mut().for_each(change);
    }

    fn agree(
        &mut self,
        run: impl Fn(&mut MemoryHost) -> Result<Report, Failure>,
    ) -> Result<Report, Failure> {
        let verdicts: Vec<_> = self.hosts.iter_mut().map(run).collect();
        let [whole, windows @ ..] = self.hosts.as_slice() else {
            unreachable!("a client has hosts")
        };
        let [verdict, others @ ..] = verdicts.as_slice() else {
            unreachable!("each host gives a verdict")
        };
        for (host, other) in windows.iter().zip(others) {
            let events = &host.events;
            let (other, verdict) = match host.reading {
                // What was verified for a target is not reported again for the next.
                Reading::Kept => {
                    (&other.clone().map(Report::once), &verdict.clone().map(Report::once))
                }
                _ => (other, verdict),
            };
            assert_eq!(
                other, verdict,
                "{:?} (left) and {:?} disagree after {events:?}",
                host.reading, whole.reading
            );
            assert_eq!(
                changes(host),
                changes(whole),
                "{:?} (left) and {:?} ask for other things",
                host.reading,
                whole.reading
            );
            assert!(
                host.store == whole.store,
                "{:?} and {:?} leave other files stored",
                host.reading,
                whole.reading
            );
            let refused = host.unsorted > 0;
            assert!(
                host.reading == Reading::Kept
                    || self.windows_refuse.is_none_or(|must| must == refused),
                "{:?} refused {} times",
                host.reading,
                host.unsorted
            );
        }
        for (role, bytes) in &whole.store {
            assert!(
                self.known.contains(bytes),
                "what is stored for {role} is not what anybody served"
            );
        }
        verdict.clone()
    }
}

/// Asserts that a result is a failure of this code, about this role.
pub fn expect_failure<T: std::fmt::Debug>(
    result: Result<T, Failure>,
    code: &str,
    role: &str,
) -> Error {
    match result {
        Ok(report) => panic!("expected {code} about {role}, but all was accepted: {report:?}"),
        Err(failure) => {
            let found = (failure.error.code(), failure.role.as_str());
            assert_eq!(found, (code, role), "{failure:?}");
            failure.error
        }
    }
}

/// Returns the time that this text says.
///
/// # Panics
/// On what is no time of RFC 3339.
pub fn time(text: &str) -> Time {
    Time::parse(text).unwrap_or_else(|| panic!("{text} is no time"))
}

fn trusted(verified: &Verified<'_>) -> Trusted {
    let mut signers: Vec<String> = verified.signers().map(ToString::to_string).collect();
    signers.sort();
    Trusted {
        role: verified.role,
        name: verified.name.to_owned(),
        version: verified.version,
        expires: verified.expires.unix(),
        threshold: verified.threshold,
        keys: verified.keys,
        signing_keys: verified.signing_keys(),
        signers,
        length: verified.length,
    }
}

fn changes(host: &MemoryHost) -> Vec<Event> {
    host.events.iter().filter(|event| !matches!(event, Event::Load(_))).cloned().collect()
}

fn version(file: &[u8]) -> u64 {
    let file: serde_json::Value = serde_json::from_slice(file).expect("what is stored is JSON");
    file["signed"]["version"].as_u64().expect("what is stored has a version")
}
