//! The client workflow (spec §5), without input or output: the common part of online and offline
//! sessions.

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

/// The common part of an [`Update`](crate::Update) and an [`Offline`](crate::Offline) session: it
/// takes files, searches for targets and reports the results.
///
/// It takes every decision, and reads no clock, file or socket.
///
/// An error changes neither the trusted metadata nor the step. The host can answer the same step
/// again, for example with the file of another mirror, or stop. Stored files stay valid.
///
/// `W` is the [`Workspace`], a `Box` of one or a `&mut` to one. `K` is `()`, or [`Kept`] if the
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
    /// Whether the timestamp only sets the minimum version of the next one.
    timestamp_is_floor: bool,
    snapshot: Option<TrustedSnapshot>,
    /// The index of the last verified snapshot.
    index: Index,
    /// The stored snapshot, if the timestamp lists another one.
    floor: Option<TrustedSnapshot>,
    /// The downloaded snapshot, until it is compared with the stored one.
    fetched: Option<TrustedSnapshot>,
    /// Whether a search is in progress.
    searching: bool,
    path_hash: PathHash,
    /// The entry of the current role in the snapshot.
    listed: Listed,
    /// The delegation whose delegator is being read again.
    pending: Option<Pending>,
    /// The target as the current role lists it.
    lists: Option<Target>,
    /// The offsets of the parts of that role's file.
    offsets: PartOffsets,
    target: Option<Target>,
    kept: K,
    /// Whether the session will keep the current file.
    keeps: bool,
    /// The error of a step that the session took by itself.
    stuck: Option<Error>,
    /// Whether all top-level roles are trusted.
    refreshed: bool,
}

/// A request for a metadata file. Its `Display` form is the file name in the repository's URL, such
/// as `3.root.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileRequest<'s> {
    /// The name of the role, as in the metadata. Use [`role_name`](crate::role_name) to form a path
    /// from it.
    pub role: &'s str,
    /// The version that prefixes the file name in the repository, if there is one: `3` for
    /// `3.root.json`. The request for a stored file has none.
    pub version: Option<u64>,
    /// The maximum length of the file, in bytes. A host need not supply more than one byte beyond
    /// it.
    pub max_length: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// The trust anchor.
    LoadRoot,
    /// Reads the root again, for the keys of a role.
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
    /// Loads the targets role or a delegated one; the search knows which.
    LoadTargets,
    FetchTargets,
    StoreTargets,
    /// Reads the snapshot again, for the entry of a delegated role.
    AskSnapshot,
    /// Reads a delegator again, for the keys of another of its delegations.
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

    /// Returns the same session at its start, which keeps its files. A requested search stays.
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

    /// Answers a request with the file. Returns the role if it became trusted.
    ///
    /// A stored file that does not verify counts as absent, except in an offline session.
    ///
    /// # Errors
    /// The verdict on the file. After [`Error::StreamUnsorted`] it may verify as a
    /// [`Slice`](crate::Slice). After [`Error::SourceFailed`] a [`Window`](crate::Window) has the
    /// error of the stream.
    pub fn supply<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified<'_>>, Error> {
        let answered = self.answer(source);
        self.verdict(answered)
    }

    /// Returns the result of a step: the role that became trusted, or the error.
    #[cfg_attr(feature = "small", inline(never))]
    fn verdict(&self, answered: Result<bool, Failed>) -> Result<Option<Verified<'_>>, Error> {
        answered.map(|is_new| self.verified(is_new)).map_err(|Failed| self.error())
    }

    /// The common part of [`Session::supply`] and [`Session::keep`]. Returns whether a role became
    /// trusted.
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

    /// Answers a request if there is no such file.
    ///
    /// # Errors
    /// [`Error::MissingFile`] if the file is required; [`Error::Expired`] if the latest root has
    /// expired.
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

    /// Reads both snapshots again and compares them (spec §5.5.5).
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

    /// Records that the host has stored or deleted the file.
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

    /// Starts the search for a target: after the session is done, or before its first step, which
    /// saves one read.
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

    /// Ends the search in progress, so that another one can begin: after an error, or if the target
    /// is no longer needed. Verified roles stay trusted.
    ///
    /// # Errors
    /// [`Error::UnexpectedCall`] if the top-level roles are not trusted yet.
    pub fn abandon_search(&mut self) -> Result<(), Error> {
        if !self.refreshed {
            return Err(Error::UnexpectedCall);
        }
        (self.searching, self.keeps) = (false, false);
        (self.target, self.pending, self.stuck) = (None, None, None);
        self.state = State::Done;
        Ok(())
    }

    /// Returns the target of the last search, or `None` if no trusted role lists it or the session
    /// is not done.
    pub fn target(&self) -> Option<&Target> {
        self.target.as_ref()
    }

    /// Returns the name of the role of the current step or of the last error.
    pub fn role(&self) -> &str {
        match self.state {
            // The current step reads the snapshot, but it is about this role.
            State::AskSnapshot => &self.workspace.borrow().search.role,
            // The same applies if the snapshot does not list the targets role.
            State::TargetsKeys if self.snapshot.as_ref().is_some_and(|it| it.targets.is_none()) => {
                "targets"
            }
            _ if self.stuck.is_some() => &self.workspace.borrow().search.role,
            _ => self.file_role(),
        }
    }

    /// Returns the roles on the path to the target, to the current role or to the error, from
    /// `targets` on.
    pub fn delegation_path(&self) -> impl Iterator<Item = &str> {
        self.workspace.borrow().search.path()
    }

    /// Returns the unsupported schemes of the role's keys, each once, after
    /// [`Error::UnsupportedKeyScheme`].
    pub fn unsupported_schemes(&self) -> impl Iterator<Item = &KeyScheme> {
        // The keys of a refused new root are no longer the authority.
        let Workspace { authority, pass, .. } = self.workspace.borrow();
        if self.state == State::FetchRoot {
            pass.role_keys.authority.unsupported()
        } else {
            authority.unsupported()
        }
    }

    /// Returns whether a file of the session has an ML-DSA key, which this build lacks the feature
    /// for: see [`Workspace::lacks_ml_dsa`].
    pub fn lacks_ml_dsa(&self) -> bool {
        self.workspace.borrow().lacks_ml_dsa()
    }

    /// Returns whether the repository has consistent snapshots: file names prefixed with the
    /// version or the hash (spec §6.2). Returns false if no root is trusted yet.
    pub fn consistent_snapshot(&self) -> bool {
        self.root.as_ref().is_some_and(|root| root.consistent_snapshot)
    }

    /// Returns the file of the current step: the file to supply, or the stored file to replace or
    /// delete.
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

/// Implements the mutable methods of [`Session`] for a kind of session. With `DerefMut` instead,
/// the arguments of a call could not borrow the session.
macro_rules! session_methods {
    ($Kind:ident) => {
        impl<W: BorrowMut<Workspace>, K> $Kind<W, K> {
            /// See [`Session::supply`].
            ///
            /// # Errors
            /// Those of [`Session::supply`].
            pub fn supply<S: Source>(
                &mut self,
                source: &mut S,
            ) -> Result<Option<Verified<'_>>, Error> {
                self.0.supply(source)
            }

            /// See [`Session::absent`].
            ///
            /// # Errors
            /// Those of [`Session::absent`].
            pub fn absent(&mut self) -> Result<(), Error> {
                self.0.absent()
            }

            /// See [`Session::find`].
            ///
            /// # Errors
            /// Those of [`Session::find`].
            pub fn find(&mut self, path: &str) -> Result<(), Error> {
                self.0.find(path)
            }

            /// Ends the session and returns its workspace, for the next session.
            pub fn into_workspace(self) -> W {
                self.0.into_workspace()
            }
        }

        impl<W: BorrowMut<Workspace>, F: AsRef<[u8]>> $Kind<W, Kept<F>> {
            /// See [`Session::keep`].
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
    /// Writes the file name in the repository's URL: see
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
