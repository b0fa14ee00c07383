//! The client workflow (spec §5) without any input or output of its own.

use crate::delegations::{RoleName, Wanted};
use crate::envelope::{Terms, ask, verify};
use crate::error::Error;
use crate::hash::sha256;
use crate::limits::{Limit, Limits, VISITED_MAX};
use crate::measured::{Listed, same_file};
use crate::path_hash::PathHash;
use crate::role::Role;
use crate::search::{Answer, FileMark, Pending, Search};
use crate::source::Source;
use crate::target::Target;
use crate::targets::Targets;
use crate::threshold::Verified;
use crate::time::Time;
use crate::trusted::{TrustedRoot, TrustedSnapshot, TrustedTimestamp, check_expiry, check_version};
use crate::workspace::Workspace;

/// One session with a repository: a refresh, then any number of searches for targets.
///
/// It reads no clock, no file and no socket. [`Update::step`] says what it needs or wants done, the host answers with the
/// method that the [`Step`] names, and so on until [`Step::Done`]. Every decision is taken here, none by the host.
///
/// An error leaves the trust as it was before the call, and the step as it was: the host may answer the same step again,
/// with the file from another mirror for instance, or give up. What was stored until then stays good.
///
/// ```no_run
/// # fn load(role: &str) -> Option<Vec<u8>> { None }
/// # fn fetch(request: picotuf::FileRequest<'_>) -> Option<Vec<u8>> { None }
/// # fn store(role: &str, bytes: &[u8]) {}
/// # fn delete(role: &str) {}
/// use picotuf::{Limits, Slice, Step, Time, Update, Workspace};
///
/// # fn main() -> Result<(), picotuf::Error> {
/// let mut workspace = Box::new(Workspace::new());
/// let now = Time::parse("2026-11-22T00:00:00Z").expect("RFC 3339");
/// let mut update = Update::new(&mut workspace, now, Limits::default());
/// update.find("six/six-1.17.0.tar.gz")?;
/// let mut fetched = Vec::new();
/// loop {
///     match update.step() {
///         Step::Load(request) => match load(request.role) {
///             Some(bytes) => update.supply(&mut Slice::new(&bytes)).map(drop)?,
///             None => update.absent()?,
///         },
///         Step::Fetch(request) => match fetch(request) {
///             Some(bytes) => {
///                 update.supply(&mut Slice::new(&bytes))?;
///                 fetched = bytes;
///             }
///             None => update.absent()?,
///         },
///         Step::Compare { role } => {
///             let stored = load(role).unwrap_or_default();
///             update.compare(&mut Slice::new(&fetched), &mut Slice::new(&stored))?;
///         }
///         Step::Store { role } => {
///             store(role, &fetched);
///             update.done()?;
///         }
///         Step::Delete { role } => {
///             delete(role);
///             update.done()?;
///         }
///         Step::Done => break,
///     }
/// }
/// println!("{:?}", update.target());
/// # Ok(())
/// # }
/// ```
pub struct Update<'w> {
    workspace: &'w mut Workspace,
    now: Time,
    limits: Limits,
    offline: bool,
    state: State,
    root: Option<TrustedRoot>,
    rotations: u32,
    timestamp: Option<TrustedTimestamp>,
    snapshot: Option<TrustedSnapshot>,
    /// The stored snapshot, where it is not the listed one.
    floor: Option<TrustedSnapshot>,
    /// The fetched snapshot and its verdict, until it has been compared with the stored one.
    fetched: Option<(TrustedSnapshot, Verified)>,
    search: Search,
    /// Whether a path is searched for.
    searching: bool,
    path_hash: PathHash,
    /// What the snapshot lists of the role whose turn it is.
    listed: Listed,
    /// The delegation whose delegator is read again.
    pending: Option<Pending>,
    answer: Answer,
    target: Option<Target>,
}

/// What an [`Update`] needs or wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'u> {
    /// Give the stored file of this role, by [`Update::supply`], or say by [`Update::absent`] that there is none. The same
    /// file may be asked for more than once; it must be the same then.
    Load(FileRequest<'u>),
    /// Give this file from the repository, by [`Update::supply`], or say by [`Update::absent`] that it is not there, which
    /// only 404 and 403 mean.
    Fetch(FileRequest<'u>),
    /// Give the file that was fetched last and the stored one, by [`Update::compare`].
    Compare {
        /// Always `snapshot`.
        role: &'u str,
    },
    /// Keep the exact bytes that were fetched last as this role's stored file; then call [`Update::done`].
    Store {
        /// The role's name.
        role: &'u str,
    },
    /// Remove this role's stored file, if there is one; then call [`Update::done`].
    Delete {
        /// The role's name.
        role: &'u str,
    },
    /// Nothing is left to do.
    Done,
}

/// A metadata file that an [`Update`] needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRequest<'u> {
    /// The role's name, as the metadata has it: see [`role_name`](crate::role_name) before it becomes part of a path.
    pub role: &'u str,
    /// What stands before the name of the file in the repository, if anything: `3` for `3.root.json`.
    pub version: Option<u64>,
    /// How many bytes the file may have; a host need not give more than one byte beyond.
    pub max_length: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The trust anchor, or once more for the keys of a role.
    LoadRoot(Option<Role>),
    FetchRoot,
    DeleteTimestamp,
    DeleteSnapshot,
    StoreRoot,
    LoadTimestamp,
    FetchTimestamp,
    StoreTimestamp,
    LoadSnapshot,
    FetchSnapshot,
    CompareSnapshot,
    StoreSnapshot,
    /// The targets role, or a delegated one: the search knows which.
    LoadTargets,
    FetchTargets,
    StoreTargets,
    /// For what it lists of a delegated role.
    AskSnapshot,
    /// For the keys of another of its delegations.
    LoadDelegator,
    Done,
}

impl<'w> Update<'w> {
    /// A session that begins with the stored root and asks the repository for all that is newer. `now` is the one time by
    /// which expiry is judged (spec §5.1).
    pub fn new(workspace: &'w mut Workspace, now: Time, limits: Limits) -> Self {
        Update {
            workspace,
            now,
            limits,
            offline: false,
            state: State::LoadRoot(None),
            root: None,
            rotations: 0,
            timestamp: None,
            snapshot: None,
            floor: None,
            fetched: None,
            search: Search::new(),
            searching: false,
            path_hash: PathHash::new(""),
            listed: Listed::default(),
            pending: None,
            answer: Answer::default(),
            target: None,
        }
    }

    /// A session that never says [`Step::Fetch`]: what is stored has to do, and is held to the same rules.
    pub fn offline(workspace: &'w mut Workspace, now: Time, limits: Limits) -> Self {
        Update { offline: true, ..Update::new(workspace, now, limits) }
    }

    /// What is needed next. Asking changes nothing.
    pub fn step(&self) -> Step<'_> {
        let role = self.file_role();
        let file = |version, max_length| FileRequest { role, version, max_length };
        let listed = |listed: Listed, limit: u64| {
            let consistent = self.root.as_ref().is_some_and(|root| root.consistent_snapshot);
            file(consistent.then_some(listed.version), listed.maximum(limit))
        };
        match self.state {
            State::LoadRoot(_) => Step::Load(file(None, self.limits.root_length)),
            State::FetchRoot => Step::Fetch(file(Some(self.next_root()), self.limits.root_length)),
            State::DeleteTimestamp | State::DeleteSnapshot => Step::Delete { role },
            State::StoreRoot | State::StoreTimestamp | State::StoreSnapshot | State::StoreTargets => {
                Step::Store { role }
            }
            State::LoadTimestamp => Step::Load(file(None, self.limits.timestamp_length)),
            State::FetchTimestamp => Step::Fetch(file(None, self.limits.timestamp_length)),
            State::LoadSnapshot | State::AskSnapshot => Step::Load(file(None, self.limits.snapshot_length)),
            State::FetchSnapshot => Step::Fetch(listed(self.listed_snapshot(), self.limits.snapshot_length)),
            State::CompareSnapshot => Step::Compare { role },
            State::LoadTargets | State::LoadDelegator => Step::Load(file(None, self.limits.targets_length)),
            State::FetchTargets => Step::Fetch(listed(self.listed, self.limits.targets_length)),
            State::Done => Step::Done,
        }
    }

    /// Answers [`Step::Load`] and [`Step::Fetch`] with the file. Where a role has become trusted by it, says so.
    ///
    /// A stored file that does not verify is as good as absent, except in an offline session.
    ///
    /// # Errors
    /// Whatever is wrong with the file. [`Error::StreamUnsorted`] means that it may verify as a [`Slice`](crate::Slice).
    pub fn supply<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified>, Error> {
        match self.state {
            State::LoadRoot(None) => self.load_anchor(source).map(Some),
            State::LoadRoot(Some(role)) => self.load_keys(source, role).map(|()| None),
            State::FetchRoot => self.update_root(source).map(Some),
            State::LoadTimestamp => {
                let loaded = self.load_timestamp(source);
                self.or_absent(loaded)
            }
            State::FetchTimestamp => self.update_timestamp(source),
            State::LoadSnapshot => {
                let loaded = self.load_snapshot(source);
                self.or_absent(loaded)
            }
            State::FetchSnapshot => self.update_snapshot(source),
            State::LoadTargets => {
                let loaded = self.update_targets(source).map(Some);
                self.or_absent(loaded)
            }
            State::FetchTargets => self.update_targets(source).map(Some),
            State::AskSnapshot => self.ask_snapshot(source).map(|()| None),
            State::LoadDelegator => self.ask_delegator(source).map(|()| None),
            _ => Err(Error::UnexpectedCall),
        }
    }

    /// Answers [`Step::Load`] and [`Step::Fetch`] where there is no such file.
    ///
    /// # Errors
    /// [`Error::MissingFile`] where there must be one; [`Error::Expired`] if the last root there is has expired.
    pub fn absent(&mut self) -> Result<(), Error> {
        let missing = |role| Err(Error::MissingFile { role });
        match self.state {
            State::LoadRoot(_) => missing(Role::Root),
            State::FetchRoot => self.end_of_roots(),
            State::LoadTimestamp if !self.offline => self.go(State::FetchTimestamp),
            State::LoadTimestamp | State::FetchTimestamp => missing(Role::Timestamp),
            State::LoadSnapshot if !self.offline => self.go(State::FetchSnapshot),
            State::LoadSnapshot | State::FetchSnapshot | State::AskSnapshot => missing(Role::Snapshot),
            State::LoadTargets if !self.offline => self.go(State::FetchTargets),
            State::LoadTargets | State::FetchTargets => missing(Role::from_name(&self.search.role)),
            State::LoadDelegator => missing(Role::from_name(self.file_role())),
            _ => Err(Error::UnexpectedCall),
        }
    }

    /// Answers [`Step::Compare`].
    ///
    /// # Errors
    /// [`Error::Rollback`] and [`Error::RemovedFromSnapshot`]; [`Error::HashMismatch`] where a file is not the one that
    /// was supplied before.
    pub fn compare<N: Source, O: Source>(
        &mut self,
        fetched: &mut N,
        stored: &mut O,
    ) -> Result<Option<Verified>, Error> {
        let (State::CompareSnapshot, Some((snapshot, _)), Some(floor)) = (self.state, &self.fetched, &self.floor)
        else {
            return Err(Error::UnexpectedCall);
        };
        snapshot.check_rollback(floor, fetched, stored, self.workspace)?;
        self.accept_snapshot()
    }

    /// Answers [`Step::Store`] and [`Step::Delete`] once it is done, and durable.
    ///
    /// # Errors
    /// [`Error::UnexpectedCall`] at another step; what comes to light only now that the search can go on, such as
    /// [`Error::LimitReached`].
    pub fn done(&mut self) -> Result<(), Error> {
        match self.state {
            State::DeleteTimestamp => self.go(State::DeleteSnapshot),
            State::DeleteSnapshot => self.go(State::StoreRoot),
            State::StoreRoot => self.go(State::FetchRoot),
            State::StoreTimestamp => self.go(State::LoadRoot(Some(Role::Snapshot))),
            State::StoreSnapshot => self.go(State::LoadRoot(Some(Role::Targets))),
            State::StoreTargets => self.leave_role(),
            _ => Err(Error::UnexpectedCall),
        }
    }

    /// Searches for the target of that path: at [`Step::Done`], or before the first step, which saves a reading.
    ///
    /// # Errors
    /// [`Error::LimitReached`] for a path longer than [`NAME_LENGTH_MAX`](crate::limits::NAME_LENGTH_MAX).
    pub fn find(&mut self, path: &str) -> Result<(), Error> {
        if !matches!(self.state, State::Done | State::LoadRoot(None)) {
            return Err(Error::UnexpectedCall);
        }
        self.workspace.path.clear();
        self.workspace.path.push_str(path).map_err(|_| Error::LimitReached {
            limit: Limit::NameLength,
            maximum: u64::try_from(crate::limits::NAME_LENGTH_MAX).unwrap_or(u64::MAX),
        })?;
        self.path_hash = PathHash::new(path);
        self.searching = true;
        self.target = None;
        self.search = Search::new();
        self.answer = Answer::default();
        if self.state == State::Done {
            self.listed = self.listed_targets()?;
            self.state = State::LoadRoot(Some(Role::Targets));
        }
        Ok(())
    }

    /// What was found of the target searched for last; nothing where no role that may speak for it lists it, and before
    /// [`Step::Done`].
    pub fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// The name of the role that the present step, or the last error, is about.
    pub fn role(&self) -> &str {
        match self.state {
            // Its file is not the one that is needed now, but the one that says whether it may be.
            State::AskSnapshot => &self.search.role,
            _ => self.file_role(),
        }
    }

    /// The roles that lead to the target, to the role at hand, or to the error: `targets` first.
    pub fn delegation_path(&self) -> impl Iterator<Item = &str> {
        self.search.path()
    }

    /// Whether the repository keeps every version of its files, under names with the version or the hash in front
    /// (spec §6.2); false before there is a root.
    pub fn consistent_snapshot(&self) -> bool {
        self.root.as_ref().is_some_and(|root| root.consistent_snapshot)
    }
}

impl core::fmt::Debug for Update<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Update").field("step", &self.step()).finish_non_exhaustive()
    }
}

/// Takes a root as a trust anchor without a session: form and its own signatures are checked, its expiry is not
/// (spec §5.2; an anchor is often older than a year).
///
/// # Errors
/// Whatever is wrong with it.
pub fn check_root<S: Source>(workspace: &mut Workspace, limits: &Limits, source: &mut S) -> Result<Verified, Error> {
    TrustedRoot::anchor(source, workspace, limits).map(|(_, verified)| verified)
}

/// Whether an error says nothing about a stored file yet: the host has to give it in another way.
const fn for_host(error: &Error) -> bool {
    matches!(error, Error::SourceFailed | Error::StreamUnsorted { .. })
}

/// The workflow's steps, in its order.
impl Update<'_> {
    fn go(&mut self, state: State) -> Result<(), Error> {
        self.state = state;
        Ok(())
    }

    /// A stored file that is no use is fetched anew, except offline, and except where the host has to act.
    fn or_absent(&mut self, loaded: Result<Option<Verified>, Error>) -> Result<Option<Verified>, Error> {
        match loaded {
            Err(error) if self.offline || for_host(&error) => Err(error),
            Err(_) => self.absent().map(|()| None),
            verified => verified,
        }
    }

    /// The role whose file the present step needs or wants kept.
    fn file_role(&self) -> &str {
        match self.state {
            State::LoadRoot(_) | State::FetchRoot | State::StoreRoot => "root",
            State::DeleteTimestamp | State::LoadTimestamp | State::FetchTimestamp | State::StoreTimestamp => {
                "timestamp"
            }
            State::DeleteSnapshot
            | State::LoadSnapshot
            | State::FetchSnapshot
            | State::CompareSnapshot
            | State::StoreSnapshot
            | State::AskSnapshot => "snapshot",
            State::LoadTargets | State::FetchTargets | State::StoreTargets | State::Done => &self.search.role,
            State::LoadDelegator => {
                self.pending.as_ref().and_then(|pending| self.search.delegator(pending)).map_or("", |(name, _)| name)
            }
        }
    }

    fn trusted_root(&self) -> Result<&TrustedRoot, Error> {
        self.root.as_ref().ok_or(Error::UnexpectedCall)
    }

    fn next_root(&self) -> u64 {
        self.root.as_ref().map_or(0, |root| root.version).saturating_add(1)
    }

    fn listed_snapshot(&self) -> Listed {
        self.timestamp.map(|timestamp| timestamp.snapshot).unwrap_or_default()
    }

    fn listed_targets(&self) -> Result<Listed, Error> {
        let listed = self.snapshot.as_ref().and_then(|snapshot| snapshot.targets);
        listed.ok_or(Error::RoleNotInSnapshot { role: Role::Targets })
    }

    /// spec §5.2
    fn load_anchor<S: Source>(&mut self, source: &mut S) -> Result<Verified, Error> {
        let (root, verified) = TrustedRoot::anchor(source, self.workspace, &self.limits)?;
        self.root = Some(root);
        if self.offline {
            self.end_of_roots()?
        } else {
            self.state = State::FetchRoot
        }
        Ok(verified)
    }

    /// spec §5.3.3 to §5.3.8
    fn update_root<S: Source>(&mut self, source: &mut S) -> Result<Verified, Error> {
        if self.rotations >= self.limits.root_rotations {
            return Err(Error::LimitReached {
                limit: Limit::RootRotations,
                maximum: u64::from(self.limits.root_rotations),
            });
        }
        let before = self.root.as_ref().ok_or(Error::UnexpectedCall)?;
        let (root, verified, recover) = before.rotate(source, self.workspace, &self.limits)?;
        self.root = Some(root);
        self.rotations = self.rotations.saturating_add(1);
        // What must be forgotten is forgotten before the root that says so is stored, or an interruption would lose it.
        self.state = if recover { State::DeleteTimestamp } else { State::StoreRoot };
        Ok(verified)
    }

    /// spec §5.3.9, §5.3.10: there is no newer root, and this one must not have expired.
    fn end_of_roots(&mut self) -> Result<(), Error> {
        check_expiry(Role::Root, self.trusted_root()?.expires, self.now)?;
        self.go(State::LoadRoot(Some(Role::Timestamp)))
    }

    fn load_keys<S: Source>(&mut self, source: &mut S, role: Role) -> Result<(), Error> {
        let root = self.root.as_ref().ok_or(Error::UnexpectedCall)?;
        root.authorize(source, self.workspace, &self.limits, role)?;
        match role {
            Role::Timestamp => self.go(State::LoadTimestamp),
            Role::Snapshot => self.go(State::LoadSnapshot),
            _ => {
                self.listed = self.listed_targets()?;
                self.go(State::LoadTargets)
            }
        }
    }

    fn load_timestamp<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified>, Error> {
        let (timestamp, verified) = TrustedTimestamp::verify(
            self.root.as_ref().ok_or(Error::UnexpectedCall)?,
            source,
            self.workspace,
            &self.limits,
        )?;
        if self.offline {
            timestamp.check_expiry(self.now)?;
        }
        self.timestamp = Some(timestamp);
        self.state = if self.offline { State::LoadRoot(Some(Role::Snapshot)) } else { State::FetchTimestamp };
        Ok(Some(verified))
    }

    /// spec §5.4
    fn update_timestamp<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified>, Error> {
        let (timestamp, verified) = TrustedTimestamp::verify(
            self.root.as_ref().ok_or(Error::UnexpectedCall)?,
            source,
            self.workspace,
            &self.limits,
        )?;
        if let Some(before) = &self.timestamp {
            // spec §5.4.3.1: the same version is no news, but the stored one must still hold.
            if timestamp.version == before.version {
                before.check_expiry(self.now)?;
                self.state = State::LoadRoot(Some(Role::Snapshot));
                return Ok(None);
            }
            timestamp.check_rollback(before)?;
        }
        timestamp.check_expiry(self.now)?;
        self.timestamp = Some(timestamp);
        self.state = State::StoreTimestamp;
        Ok(Some(verified))
    }

    /// The stored snapshot is the listed one, or it is the floor for the next: its signatures must hold either way.
    fn load_snapshot<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified>, Error> {
        let root = self.root.as_ref().ok_or(Error::UnexpectedCall)?;
        let timestamp = self.timestamp.ok_or(Error::UnexpectedCall)?;
        let listed = TrustedSnapshot::verify(root, &timestamp.snapshot, source, self.workspace, &self.limits).map(
            |(snapshot, verified)| {
                let holds = snapshot.check_version(&timestamp).and_then(|()| snapshot.check_expiry(self.now));
                (snapshot, verified, holds)
            },
        );
        match listed {
            Ok((snapshot, verified, Ok(()))) => {
                self.snapshot = Some(snapshot);
                self.state = State::LoadRoot(Some(Role::Targets));
                return Ok(Some(verified));
            }
            Ok((_, _, Err(error))) if self.offline => return Err(error),
            Ok((snapshot, ..)) => self.floor = Some(snapshot),
            Err(error @ (Error::HashMismatch { .. } | Error::LengthMismatch { .. })) if !self.offline => {
                let floor = TrustedSnapshot::floor(root, source, self.workspace, &self.limits);
                let (floor, _) = floor.map_err(|at_all| if for_host(&at_all) { at_all } else { error })?;
                self.floor = Some(floor);
            }
            Err(error) => return Err(error),
        }
        self.state = State::FetchSnapshot;
        Ok(None)
    }

    /// spec §5.5
    fn update_snapshot<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified>, Error> {
        let root = self.root.as_ref().ok_or(Error::UnexpectedCall)?;
        let timestamp = self.timestamp.ok_or(Error::UnexpectedCall)?;
        let (snapshot, verified) =
            TrustedSnapshot::verify(root, &timestamp.snapshot, source, self.workspace, &self.limits)?;
        snapshot.check_version(&timestamp)?;
        self.fetched = Some((snapshot, verified));
        if self.floor.is_some() {
            self.state = State::CompareSnapshot;
            return Ok(None);
        }
        self.accept_snapshot()
    }

    fn accept_snapshot(&mut self) -> Result<Option<Verified>, Error> {
        let (snapshot, verified) = self.fetched.take().ok_or(Error::UnexpectedCall)?;
        snapshot.check_expiry(self.now)?;
        self.snapshot = Some(snapshot);
        self.floor = None;
        self.state = State::StoreSnapshot;
        Ok(Some(verified))
    }

    /// spec §5.6: for the targets role, and for each role of the search.
    fn update_targets<S: Source>(&mut self, source: &mut S) -> Result<Verified, Error> {
        let role = Role::from_name(&self.search.role);
        // A stream cannot be read again to hash it once it turns out to be needed again.
        let terms = Terms {
            role,
            listed: &self.listed,
            maximum: self.listed.maximum(self.limits.targets_length),
            bind: self.searching && source.whole().is_none(),
        };
        let Workspace { verifier, authority, pass, path, .. } = &mut *self.workspace;
        let path = self.searching.then_some(path.as_str());
        pass.granted.clear();
        let (verified, mut answer) = loop {
            let wanted = match path {
                Some(path) => Wanted::Path { path, hash: &self.path_hash, visited: self.search.visited() },
                None => Wanted::Nothing,
            };
            let (verified, (targets, sha256)) =
                verify(source, &terms, verifier, authority, pass, Targets::new(role, path, wanted))?.split();
            let matches = targets.matches;
            if matches.granted.is_some() && !pass.granted.settle() {
                continue;
            }
            let answer = Answer {
                target: targets.target,
                file: FileMark { length: verified.length, sha256 },
                found: matches.found,
                terminated: matches.terminated,
                overflowed: matches.overflowed,
                granted: matches.granted,
            };
            break (verified, answer);
        };
        check_version(role, self.listed.version, verified.version)?;
        check_expiry(role, verified.expires, self.now)?;
        if let Some(whole) = source.whole().filter(|_| answer.found.len() > 1) {
            answer.file.sha256 = sha256(whole);
        }
        self.answer = answer;
        if self.state == State::FetchTargets {
            self.state = State::StoreTargets
        } else {
            self.leave_role()?
        }
        Ok(verified)
    }

    /// spec §5.6.7: pre-order, depth first.
    fn leave_role(&mut self) -> Result<(), Error> {
        if self.searching && self.answer.target.is_none() {
            let visits = usize::try_from(self.limits.delegations).unwrap_or(usize::MAX).min(VISITED_MAX);
            self.search.check_leave(&self.answer, visits)?;
        }
        let answer = core::mem::take(&mut self.answer);
        if !self.searching || answer.target.is_some() {
            self.target = answer.target;
            self.searching = false;
            return self.go(State::Done);
        }
        let place = self.search.leave(&answer);
        if let Some(role) = answer.granted {
            return self.enter_role(role, place);
        }
        self.pending = self.search.next();
        self.searching = self.pending.is_some();
        self.go(if self.searching { State::LoadDelegator } else { State::Done })
    }

    /// The keys of the next role are in the grant.
    fn enter_role(&mut self, role: RoleName, delegator: usize) -> Result<(), Error> {
        core::mem::swap(&mut self.workspace.authority, &mut self.workspace.pass.granted.authority);
        self.search.enter(role, delegator);
        self.go(State::AskSnapshot)
    }

    /// A role that is not listed ends the search, and is not even asked for: it might have been claimed.
    fn ask_snapshot<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
        let snapshot = self.snapshot.ok_or(Error::UnexpectedCall)?;
        let listed = snapshot.look_up(&self.search.role, source, self.workspace)?;
        self.listed = listed.ok_or(Error::RoleNotInSnapshot { role: Role::Delegated })?;
        self.go(State::LoadTargets)
    }

    /// Reads a delegator again, which must be the file that was verified, for the keys of a delegation that had to wait.
    fn ask_delegator<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
        let pending = self.pending.ok_or(Error::UnexpectedCall)?;
        let (name, before) = self.search.delegator(&pending).ok_or(Error::UnexpectedCall)?;
        let role = Role::from_name(name);
        let terms = Terms { role, listed: &Listed::default(), maximum: before.length, bind: true };
        let Workspace { pass, path, .. } = &mut *self.workspace;
        pass.granted.clear();
        let granted = loop {
            let wanted = Wanted::Place { place: pending.place, path, hash: &self.path_hash };
            let mut question = Targets::new(role, None, wanted);
            let sha256 = ask(source, &terms, pass, &mut question)?;
            same_file(role, &before.sha256, &sha256)?;
            if pass.granted.settle() {
                break question.matches.granted;
            }
        };
        self.pending = None;
        self.enter_role(granted.ok_or(Error::UnexpectedCall)?, Search::place_of_delegator(&pending))
    }
}
