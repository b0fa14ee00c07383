//! The client workflow (spec §5) without any input or output of its own.

mod held;
mod steps;

use crate::error::Error;
use crate::held::{Files, NotHeld};
use crate::json::Failed;
use crate::key::KeyScheme;
use crate::limits::{Limit, Limits, NAME_LENGTH_MAX};
use crate::measured::Listed;
use crate::path_hash::PathHash;
use crate::role::Role;
use crate::search::Pending;
use crate::snapshot::Index;
use crate::source::Source;
use crate::target::Target;
use crate::targets::Places;
use crate::threshold::Verified;
use crate::time::Time;
use crate::trusted::{TrustedRoot, TrustedSnapshot, TrustedTimestamp};
use crate::workspace::Workspace;

/// One session with a repository: a refresh, then any number of searches for targets.
///
/// It reads no clock, no file and no socket. [`Update::step`] says what it needs or wants done, the
/// host answers with the method that the [`Step`] names, and so on until [`Step::Done`]. Every
/// decision is taken here, none by the host.
///
/// An error leaves the trust as it was before the call, and the step as it was: the host may answer
/// the same step again, with the file from another mirror for instance, or give up. What was stored
/// until then stays good.
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
///         Step::Store { role, .. } => {
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
pub struct Update<'w, H = NotHeld> {
    workspace: &'w mut Workspace,
    now: Time,
    limits: Limits,
    offline: bool,
    state: State,
    root: Option<TrustedRoot>,
    rotations: u32,
    timestamp: Option<TrustedTimestamp>,
    /// It only says below what the next may not go.
    timestamp_is_floor: bool,
    snapshot: Option<TrustedSnapshot>,
    /// Of the snapshot that was verified last.
    index: Index,
    /// The stored snapshot, where it is not the listed one.
    floor: Option<TrustedSnapshot>,
    /// The fetched snapshot, until it has been compared with the stored one.
    fetched: Option<TrustedSnapshot>,
    /// Whether a path is searched for.
    searching: bool,
    path_hash: PathHash,
    /// What the snapshot lists of the role whose turn it is.
    listed: Listed,
    /// The delegation whose delegator is read again.
    pending: Option<Pending>,
    /// What the role whose turn it is states of the target.
    lists: Option<Target>,
    /// Where the parts begin of the file of that role.
    places: Places,
    target: Option<Target>,
    held: H,
    /// Whether the file at hand is going to be held.
    holds: bool,
    /// What came out of a step that the session took by itself.
    stuck: Option<Error>,
}

/// What an [`Update`] needs or wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'u> {
    /// Give the stored file of this role, by [`Update::supply`], or say by [`Update::absent`] that
    /// there is none. The same file may be asked for more than once; it must be the same then.
    Load(FileRequest<'u>),
    /// Give this file from the repository, by [`Update::supply`], or say by [`Update::absent`] that
    /// it is not there, which only 404 and 403 mean.
    Fetch(FileRequest<'u>),
    /// Give the file that was fetched last and the stored one, by [`Update::compare`].
    Compare {
        /// Always `snapshot`.
        role: &'u str,
    },
    /// Keep the exact bytes that were fetched last as this role's stored file; then call
    /// [`Update::done`].
    Store {
        /// The role's name.
        role: &'u str,
        /// The bytes, if they were given by [`Update::supply_held`].
        file: Option<&'u [u8]>,
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
    /// The role's name, as the metadata has it: see [`role_name`](crate::role_name) before it
    /// becomes part of a path.
    pub role: &'u str,
    /// What stands before the name of the file in the repository, if anything: `3` for
    /// `3.root.json`.
    pub version: Option<u64>,
    /// How many bytes the file may have; a host need not give more than one byte beyond.
    pub max_length: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The trust anchor.
    LoadRoot,
    /// The root once more, for the keys of a role.
    TimestampKeys,
    SnapshotKeys,
    TargetsKeys,
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
    /// A session that begins with the stored root and asks the repository for all that is newer.
    /// `now` is the one time by which expiry is judged (spec §5.1).
    pub fn new(workspace: &'w mut Workspace, now: Time, limits: Limits) -> Self {
        Update::begin(workspace, now, limits, false, NotHeld)
    }

    /// A session that never says [`Step::Fetch`]: what is stored has to do, and is held to the same
    /// rules.
    pub fn offline(workspace: &'w mut Workspace, now: Time, limits: Limits) -> Self {
        Update::begin(workspace, now, limits, true, NotHeld)
    }
}

impl<'w, H> Update<'w, H> {
    fn begin(
        workspace: &'w mut Workspace,
        now: Time,
        limits: Limits,
        offline: bool,
        held: H,
    ) -> Self {
        workspace.search.begin();
        Update {
            workspace,
            now,
            limits,
            offline,
            state: State::LoadRoot,
            root: None,
            rotations: 0,
            timestamp: None,
            timestamp_is_floor: false,
            snapshot: None,
            index: Index::new(0),
            floor: None,
            fetched: None,
            searching: false,
            path_hash: PathHash::new(""),
            listed: Listed::default(),
            pending: None,
            lists: None,
            places: Places::default(),
            target: None,
            held,
            holds: false,
            stuck: None,
        }
    }

    /// Ends the session and gives its memory back, for the next one.
    pub fn into_workspace(self) -> &'w mut Workspace {
        self.workspace
    }

    /// Answers [`Step::Load`] and [`Step::Fetch`] with the file. Where a role has become trusted by
    /// it, says so.
    ///
    /// A stored file that does not verify is as good as absent, except in an offline session.
    ///
    /// # Errors
    /// Whatever is wrong with the file. [`Error::StreamUnsorted`] means that it may verify as a
    /// [`Slice`](crate::Slice).
    pub fn supply<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified<'_>>, Error> {
        let answered = self.answer(source);
        self.verdict(answered)
    }

    /// What a call says of a step: the role that has become trusted, or the error that was met.
    #[cfg_attr(feature = "small", inline(never))]
    fn verdict(&self, answered: Result<bool, Failed>) -> Result<Option<Verified<'_>>, Error> {
        answered.map(|is_new| self.verified(is_new)).map_err(|Failed| self.error())
    }

    /// What [`Update::supply`] and [`Update::supply_held`] have in common: whether a role has
    /// become trusted.
    fn answer<S: Source>(&mut self, source: &mut S) -> Result<bool, Failed> {
        self.check_stuck()?;
        match self.state {
            State::LoadRoot => self.load_anchor(source).map(|()| true),
            State::TimestampKeys | State::SnapshotKeys | State::TargetsKeys => {
                self.load_keys(source).map(|()| false)
            }
            State::FetchRoot => self.update_root(source).map(|()| true),
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
                let loaded = self.update_targets(source).map(|()| true);
                self.or_absent(loaded)
            }
            State::FetchTargets => self.update_targets(source).map(|()| true),
            State::AskSnapshot => self.ask_snapshot(source).map(|()| false),
            State::LoadDelegator => self.ask_delegator(source).map(|()| false),
            _ => Err(self.unexpected()),
        }
    }

    fn check_stuck(&mut self) -> Result<(), Failed> {
        self.stuck.map_or(Ok(()), |error| Err(self.fail(error)))
    }

    /// Answers [`Step::Load`] and [`Step::Fetch`] where there is no such file.
    ///
    /// # Errors
    /// [`Error::MissingFile`] where there must be one; [`Error::Expired`] if the last root there is
    /// has expired.
    pub fn absent(&mut self) -> Result<(), Error> {
        self.go_without().map_err(|Failed| self.error())
    }

    fn go_without(&mut self) -> Result<(), Failed> {
        self.check_stuck()?;
        match self.state {
            State::FetchRoot => self.end_of_roots(),
            State::LoadTimestamp if !self.offline => self.go(State::FetchTimestamp),
            State::LoadSnapshot if !self.offline => self.go(State::FetchSnapshot),
            State::LoadTargets if !self.offline => self.go(State::FetchTargets),
            State::LoadRoot
            | State::TimestampKeys
            | State::SnapshotKeys
            | State::TargetsKeys
            | State::LoadTimestamp
            | State::FetchTimestamp
            | State::LoadSnapshot
            | State::FetchSnapshot
            | State::AskSnapshot
            | State::LoadTargets
            | State::FetchTargets
            | State::LoadDelegator => {
                let role = Role::from_name(self.file_role());
                Err(self.fail(Error::MissingFile { role }))
            }
            _ => Err(self.unexpected()),
        }
    }

    /// Answers [`Step::Compare`].
    ///
    /// # Errors
    /// [`Error::Rollback`] and [`Error::RemovedFromSnapshot`]; [`Error::HashMismatch`] where a file
    /// is not the one that was supplied before.
    pub fn compare<N: Source, O: Source>(
        &mut self,
        fetched: &mut N,
        stored: &mut O,
    ) -> Result<Option<Verified<'_>>, Error> {
        let (State::CompareSnapshot, Some(snapshot), Some(floor)) =
            (self.state, &self.fetched, &self.floor)
        else {
            return Err(Error::UnexpectedCall);
        };
        let compared = snapshot.check_rollback(floor, fetched, stored, self.workspace);
        let accepted = compared.and_then(|()| self.accept_snapshot());
        self.verdict(accepted)
    }

    /// Answers [`Step::Store`] and [`Step::Delete`] once it is done, and durable.
    ///
    /// # Errors
    /// [`Error::UnexpectedCall`] at another step; what comes to light only now that the search can
    /// go on, such as [`Error::LimitReached`].
    pub fn done(&mut self) -> Result<(), Error> {
        match self.state {
            State::DeleteTimestamp => self.go(State::DeleteSnapshot),
            State::DeleteSnapshot => self.go(State::StoreRoot),
            State::StoreRoot => self.seek_root(),
            State::StoreTimestamp => self.go(State::SnapshotKeys),
            State::StoreSnapshot => self.go(State::TargetsKeys),
            State::StoreTargets => self.leave_role(),
            _ => Err(self.unexpected()),
        }
        .map_err(|Failed| self.error())
    }

    /// Searches for the target of that path: at [`Step::Done`], or before the first step, which
    /// saves a reading.
    ///
    /// # Errors
    /// [`Error::LimitReached`] for a path longer than
    /// [`NAME_LENGTH_MAX`](crate::limits::NAME_LENGTH_MAX).
    pub fn find(&mut self, path: &str) -> Result<(), Error> {
        self.search_for(path).map_err(|Failed| self.error())
    }

    fn search_for(&mut self, path: &str) -> Result<(), Failed> {
        if !matches!(self.state, State::Done | State::LoadRoot) {
            return Err(self.unexpected());
        }
        if path.len() > NAME_LENGTH_MAX {
            let maximum = u64::try_from(NAME_LENGTH_MAX).unwrap_or(u64::MAX);
            return Err(self.fail(Error::LimitReached { limit: Limit::NameLength, maximum }));
        }
        self.workspace.path.clear();
        let _ = self.workspace.path.push_str(path);
        self.path_hash = PathHash::new(path);
        self.searching = true;
        self.target = None;
        self.workspace.search.begin();
        if self.state == State::Done {
            self.list_targets()?;
            self.state = State::TargetsKeys;
        }
        Ok(())
    }

    /// What was found of the target searched for last; nothing where no role that may speak for it
    /// lists it, and before [`Step::Done`].
    pub fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// The name of the role that the present step, or the last error, is about.
    pub fn role(&self) -> &str {
        match self.state {
            // Its file is not the one that is needed now, but the one that says whether it may be.
            State::AskSnapshot => &self.workspace.search.role,
            // Nor is the root's, where the snapshot does not list them.
            State::TargetsKeys if self.snapshot.as_ref().is_some_and(|it| it.targets.is_none()) => {
                "targets"
            }
            _ if self.stuck.is_some() => &self.workspace.search.role,
            _ => self.file_role(),
        }
    }

    /// The roles that lead to the target, to the role at hand, or to the error: `targets` first.
    pub fn delegation_path(&self) -> impl Iterator<Item = &str> {
        self.workspace.search.path()
    }

    /// The schemes that the keys of the role have and that this build does not support, each once,
    /// after [`Error::UnsupportedKeyScheme`].
    pub fn unsupported_schemes(&self) -> impl Iterator<Item = &KeyScheme> {
        // The keys of a new root that was refused are the authority no more.
        let Workspace { authority, pass, .. } = &*self.workspace;
        if self.state == State::FetchRoot {
            pass.role_keys.authority.unsupported()
        } else {
            authority.unsupported()
        }
    }

    /// Whether the repository keeps every version of its files, under names with the version or the
    /// hash in front (spec §6.2); false before there is a root.
    pub fn consistent_snapshot(&self) -> bool {
        self.root.as_ref().is_some_and(|root| root.consistent_snapshot)
    }
}

impl<H: Files> Update<'_, H> {
    /// What is needed next. Where files are held, takes the steps before that need no others;
    /// otherwise, asking changes nothing.
    pub fn step(&mut self) -> Step<'_> {
        H::proceed(self);
        self.present_step()
    }

    fn present_step(&self) -> Step<'_> {
        let role = self.file_role();
        let is_consistent = self.consistent_snapshot();
        let listed = |listed: &Listed, limit| {
            (is_consistent.then_some(listed.version), listed.maximum(limit))
        };
        let limits = &self.limits;
        let (version, max_length) = match self.state {
            State::LoadRoot | State::TimestampKeys | State::SnapshotKeys | State::TargetsKeys => {
                (None, limits.root_length)
            }
            State::FetchRoot => (Some(self.next_root()), limits.root_length),
            State::FetchTimestamp => (None, limits.timestamp_length),
            State::FetchSnapshot => listed(self.listed_snapshot(), limits.snapshot_length),
            State::FetchTargets => listed(&self.listed, limits.targets_length),
            _ => (None, self.maximum(limits.targets_length)),
        };
        let file = FileRequest { role, version, max_length };
        match self.state {
            State::LoadRoot
            | State::TimestampKeys
            | State::SnapshotKeys
            | State::TargetsKeys
            | State::LoadTimestamp
            | State::LoadSnapshot
            | State::AskSnapshot
            | State::LoadTargets
            | State::LoadDelegator => Step::Load(file),
            State::FetchRoot
            | State::FetchTimestamp
            | State::FetchSnapshot
            | State::FetchTargets => Step::Fetch(file),
            State::StoreRoot
            | State::StoreTimestamp
            | State::StoreSnapshot
            | State::StoreTargets => Step::Store { role, file: H::to_store(self) },
            State::DeleteTimestamp | State::DeleteSnapshot => Step::Delete { role },
            State::CompareSnapshot => Step::Compare { role },
            State::Done => Step::Done,
        }
    }
}

impl<H: Files> core::fmt::Debug for Update<'_, H> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Update").field("step", &self.present_step()).finish_non_exhaustive()
    }
}

/// Takes a root as a trust anchor without a session: form and its own signatures are checked, its
/// expiry is not (spec §5.2; an anchor is often older than a year).
///
/// # Errors
/// Whatever is wrong with it.
pub fn check_root<'w, S: Source>(
    workspace: &'w mut Workspace,
    limits: &Limits,
    source: &mut S,
) -> Result<Verified<'w>, Error> {
    let anchored = TrustedRoot::new().anchor(source, workspace, limits);
    anchored.map_err(|Failed| workspace.pass.scratch.failure.error())?;
    let seal = workspace.verifier.seal().ok_or(Error::UnexpectedCall)?;
    Ok(seal.verified(&workspace.authority))
}
