//! The client workflow (spec §5) without any input or output of its own: what a session with a
//! repository and one without have in common.

mod kept;
mod steps;

use core::borrow::BorrowMut;

use crate::error::Error;
use crate::json::Failed;
use crate::kept::Kept;
use crate::key::KeyScheme;
use crate::limits::{Limit, Limits, NAME_LENGTH_MAX};
use crate::measured::Listed;
use crate::path_hash::PathHash;
use crate::role::Role;
use crate::role_name::versioned_url_name;
use crate::search::Pending;
use crate::show::{Show, display};
use crate::snapshot::Index;
use crate::source::Source;
use crate::target::Target;
use crate::targets::PartOffsets;
use crate::threshold::Verified;
use crate::time::Time;
use crate::trusted::{TrustedRoot, TrustedSnapshot, TrustedTimestamp};
use crate::workspace::Workspace;

/// What an [`Update`](crate::Update) and an [`Offline`](crate::Offline) session have in common:
/// answers with files, searches, and what came of them.
///
/// It reads no clock, no file and no socket, and takes every decision.
///
/// An error leaves the trust as it was before the call, and the step as it was: the host may answer
/// the same step again, with the file from another mirror for instance, or give up. What was stored
/// until then stays good.
///
/// `W` is the [`Workspace`], a `Box` of one or a `&mut` to one. `K` is `()`, or [`Kept`] where the
/// session keeps its files in memory.
pub struct Session<W, K = ()> {
    workspace: W,
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
    offsets: PartOffsets,
    target: Option<Target>,
    kept: K,
    /// Whether the file at hand is going to be kept.
    keeps: bool,
    /// What came out of a step that the session took by itself.
    stuck: Option<Error>,
    /// Whether all top-level roles are trusted.
    refreshed: bool,
}

/// A metadata file that a session needs. Displayed as the name that it has in the repository's URL:
/// `3.root.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileRequest<'s> {
    /// The role's name, as the metadata has it: see [`role_name`](crate::role_name) before it
    /// becomes part of a path.
    pub role: &'s str,
    /// The version that stands before the name of the file in the repository, if one does: `3` for
    /// `3.root.json`. A stored file has none.
    pub version: Option<u64>,
    /// How many bytes the file may have; a host need not give more than one byte beyond.
    pub max_length: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
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

impl<W: BorrowMut<Workspace>, K> Session<W, K> {
    pub(crate) fn begin(
        mut workspace: W,
        now: Time,
        limits: Limits,
        offline: bool,
        kept: K,
    ) -> Self {
        workspace.borrow_mut().search.begin();
        Session {
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
            offsets: PartOffsets::default(),
            target: None,
            kept,
            keeps: false,
            stuck: None,
            refreshed: false,
        }
    }

    /// The same session, from its start, which keeps files. What it was asked to find stays.
    pub(crate) fn keep_files<F>(self) -> Session<W, Kept<F>> {
        let Session { workspace, now, limits, offline, searching, path_hash, .. } = self;
        let mut session = Session::begin(workspace, now, limits, offline, Kept::new());
        (session.searching, session.path_hash) = (searching, path_hash);
        session
    }

    pub(crate) fn into_workspace(self) -> W {
        self.workspace
    }

    pub(crate) const fn state(&self) -> State {
        self.state
    }

    pub(crate) const fn now(&self) -> Time {
        self.now
    }

    pub(crate) const fn limits(&self) -> Limits {
        self.limits
    }

    /// Answers a step that asks for a file with the file. Where a role has become trusted by it,
    /// says so.
    ///
    /// A stored file that does not verify is as good as absent, except in an offline session.
    ///
    /// # Errors
    /// Whatever is wrong with the file. [`Error::StreamUnsorted`] means that it may verify as a
    /// [`Slice`](crate::Slice); after [`Error::SourceFailed`] a [`Window`](crate::Window) has the
    /// stream's own error.
    pub fn supply<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified<'_>>, Error> {
        let answered = self.answer(source);
        self.verdict(answered)
    }

    /// What a call says of a step: the role that has become trusted, or the error that was met.
    #[cfg_attr(feature = "small", inline(never))]
    fn verdict(&self, answered: Result<bool, Failed>) -> Result<Option<Verified<'_>>, Error> {
        answered.map(|is_new| self.verified(is_new)).map_err(|Failed| self.error())
    }

    /// What [`Session::supply`] and [`Session::keep`] have in common: whether a role has
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

    /// Answers a step that asks for a file where there is no such file.
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

    /// Reads both snapshots again, and compares them (spec §5.5.5).
    pub(crate) fn compare<N: Source, O: Source>(
        &mut self,
        fetched: &mut N,
        stored: &mut O,
    ) -> Result<Option<Verified<'_>>, Error> {
        let (State::CompareSnapshot, Some(snapshot), Some(floor)) =
            (self.state, &self.fetched, &self.floor)
        else {
            return Err(Error::UnexpectedCall);
        };
        let compared = snapshot.check_rollback(floor, fetched, stored, self.workspace.borrow_mut());
        let accepted = compared.and_then(|()| self.accept_snapshot());
        self.verdict(accepted)
    }

    /// What the host was to do with a stored file is done.
    pub(crate) fn done(&mut self) -> Result<(), Error> {
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

    /// Searches for the target of that path: when the session is done, or before its first step,
    /// which saves a reading.
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
        let workspace = self.workspace.borrow_mut();
        workspace.path.clear();
        let _ = workspace.path.push_str(path);
        self.path_hash = PathHash::new(path);
        self.searching = true;
        self.target = None;
        self.workspace.borrow_mut().search.begin();
        if self.state == State::Done {
            self.list_targets()?;
            self.state = State::TargetsKeys;
        }
        Ok(())
    }

    /// Gives up the search that is under way, so that another can begin: of a target that is not
    /// wanted any more, or after an error. What was verified stays trusted.
    ///
    /// # Errors
    /// [`Error::UnexpectedCall`] before all top-level roles are trusted.
    pub fn abandon_search(&mut self) -> Result<(), Error> {
        if !self.refreshed {
            return Err(Error::UnexpectedCall);
        }
        (self.searching, self.keeps) = (false, false);
        (self.target, self.pending, self.stuck) = (None, None, None);
        self.state = State::Done;
        Ok(())
    }

    /// What was found of the target searched for last; nothing where no role that may speak for it
    /// lists it, and before the session is done.
    pub fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// The name of the role that the present step, or the last error, is about.
    pub fn role(&self) -> &str {
        match self.state {
            // Its file is not the one that is needed now, but the one that says whether it may be.
            State::AskSnapshot => &self.workspace.borrow().search.role,
            // Nor is the root's, where the snapshot does not list them.
            State::TargetsKeys if self.snapshot.as_ref().is_some_and(|it| it.targets.is_none()) => {
                "targets"
            }
            _ if self.stuck.is_some() => &self.workspace.borrow().search.role,
            _ => self.file_role(),
        }
    }

    /// The roles that lead to the target, to the role at hand, or to the error: `targets` first.
    pub fn delegation_path(&self) -> impl Iterator<Item = &str> {
        self.workspace.borrow().search.path()
    }

    /// The schemes that the keys of the role have and that this build does not support, each once,
    /// after [`Error::UnsupportedKeyScheme`].
    pub fn unsupported_schemes(&self) -> impl Iterator<Item = &KeyScheme> {
        // The keys of a new root that was refused are the authority no more.
        let Workspace { authority, pass, .. } = self.workspace.borrow();
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

    /// The file that the present step is about: the one that is needed, or whose role's stored file
    /// is to be replaced or removed.
    pub fn request(&self) -> FileRequest<'_> {
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
        FileRequest { role, version, max_length }
    }
}

/// Gives a kind of session the methods of [`Session`] that change it. They could be had by
/// `DerefMut`, but then their arguments could not ask the session.
macro_rules! session_methods {
    ($Kind:ident) => {
        impl<W: BorrowMut<Workspace>, K> $Kind<W, K> {
            /// Does what [`Session::supply`] does.
            ///
            /// # Errors
            /// Those of [`Session::supply`].
            pub fn supply<S: Source>(
                &mut self,
                source: &mut S,
            ) -> Result<Option<Verified<'_>>, Error> {
                self.0.supply(source)
            }

            /// Does what [`Session::absent`] does.
            ///
            /// # Errors
            /// Those of [`Session::absent`].
            pub fn absent(&mut self) -> Result<(), Error> {
                self.0.absent()
            }

            /// Does what [`Session::find`] does.
            ///
            /// # Errors
            /// Those of [`Session::find`].
            pub fn find(&mut self, path: &str) -> Result<(), Error> {
                self.0.find(path)
            }

            /// Ends the session and gives its workspace back, for the next one.
            pub fn into_workspace(self) -> W {
                self.0.into_workspace()
            }
        }

        impl<W: BorrowMut<Workspace>, F: AsRef<[u8]>> $Kind<W, Kept<F>> {
            /// Does what [`Session::keep`] does.
            ///
            /// # Errors
            /// Those of [`Session::keep`].
            pub fn keep(&mut self, file: F) -> Result<Option<Verified<'_>>, Error> {
                self.0.keep(file)
            }
        }

        impl<W, K> core::ops::Deref for $Kind<W, K> {
            type Target = Session<W, K>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl<W, K> core::ops::DerefMut for $Kind<W, K> {
            fn deref_mut(&mut self) -> &mut Self::Target {
                &mut self.0
            }
        }

        impl<W: BorrowMut<Workspace>, K> core::fmt::Debug for $Kind<W, K> {
            fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                formatter.debug_tuple(stringify!($Kind)).field(&self.0).finish()
            }
        }
    };
}

pub(crate) use session_methods;

impl Show for FileRequest<'_> {
    /// Writes the name that the file has in the repository's URL: see
    /// [`versioned_url_name`](crate::role_name::versioned_url_name).
    fn show(&self, out: &mut dyn FnMut(&str)) {
        versioned_url_name(self.version, self.role, out);
    }
}

impl core::fmt::Display for FileRequest<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        display(self, formatter)
    }
}

impl<W: BorrowMut<Workspace>, K> core::fmt::Debug for Session<W, K> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut fields = formatter.debug_struct("Session");
        fields.field("state", &self.state).field("role", &self.role()).finish_non_exhaustive()
    }
}
