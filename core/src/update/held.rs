//! What a session does by itself with the files that it holds.

use super::{State, Update};
use crate::delegations::{DelegationReader, Lookup};
use crate::error::Error;
use crate::file_identity::FileIdentity;
use crate::held::{Held, HeldTargets};
use crate::json::Failed;
use crate::limits::Limits;
use crate::names::Fingerprint;
use crate::pass_space::PassSpace;
use crate::role::Role;
use crate::snapshot::{self, Index};
use crate::source::Slice;
use crate::targets::look_up;
use crate::threshold::Verified;
use crate::time::Time;
use crate::workspace::Workspace;

impl<'w> Update<'w> {
    /// The same session, from its start, ready to hold files of that type, such as `Vec<u8>`,
    /// `Rc<[u8]>` or `&[u8]`: see [`Update::supply_held`]. What it was asked to find stays.
    ///
    /// ```
    /// # use picotuf::{Limits, Time, Update, Workspace};
    /// # let now = Time::from_unix(0);
    /// # let mut workspace = Box::new(Workspace::new());
    /// let update = Update::new(&mut workspace, now, Limits::default()).holding::<Vec<u8>>();
    /// # let _ = update;
    /// ```
    pub fn holding<F>(self) -> Update<'w, Held<F>> {
        let Update { workspace, now, limits, offline, searching, path_hash, .. } = self;
        let mut update = Update::held(workspace, now, limits, offline);
        (update.searching, update.path_hash) = (searching, path_hash);
        update
    }
}

impl<'w, F> Update<'w, Held<F>> {
    /// [`Update::new`], or [`Update::offline`], and [`Update::holding`] in one.
    pub fn held(workspace: &'w mut Workspace, now: Time, limits: Limits, offline: bool) -> Self {
        Update::begin(workspace, now, limits, offline, Held::new())
    }
}

impl<F: AsRef<[u8]>> Update<'_, Held<F>> {
    /// Answers [`Step::Load`](super::Step::Load) and [`Step::Fetch`](super::Step::Fetch) like
    /// [`Update::supply`], with a file that the session keeps: it will not ask for the same file
    /// again, nor read it again as a whole, while it holds it. That is what makes the second target
    /// of a session cheap. All top-level roles are held, and the eight targets roles that were read
    /// last.
    ///
    /// A host gives all files in this way, or none. A role that was verified before, and is held,
    /// is not reported again when another target is searched for.
    ///
    /// # Errors
    /// Those of [`Update::supply`]; the file is dropped then.
    pub fn supply_held(&mut self, file: F) -> Result<Option<Verified<'_>>, Error> {
        let (state, role) = (self.state, Fingerprint::new(self.workspace.search.role.as_bytes()));
        self.holds = true;
        let answered = self.answer(&mut Slice::new(file.as_ref()));
        self.holds = false;
        if let Ok(is_new) = answered {
            self.hold(state, role, is_new, file);
        }
        self.verdict(answered)
    }

    /// Keeps a file that was taken at that step, when it was that role's turn.
    fn hold(&mut self, answered: State, role: Fingerprint, is_new: bool, file: F) {
        let place = match answered {
            State::LoadRoot
            | State::TimestampKeys
            | State::SnapshotKeys
            | State::TargetsKeys
            | State::FetchRoot => Some(&mut self.held.root),
            State::FetchTimestamp => Some(&mut self.held.timestamp),
            State::LoadSnapshot if self.floor.is_some() => Some(&mut self.held.floor),
            State::LoadSnapshot if is_new => Some(&mut self.held.snapshot),
            State::FetchSnapshot => Some(&mut self.held.snapshot),
            _ => None,
        };
        if let Some(place) = place {
            *place = Some(file);
        } else if is_new && matches!(answered, State::LoadTargets | State::FetchTargets) {
            let authority = self.workspace.authority.fingerprint();
            self.held.insert(HeldTargets { role, authority, places: self.places, file });
        }
    }

    /// Answers [`Step::Compare`](super::Step::Compare) where both snapshots were given by
    /// [`Update::supply_held`].
    ///
    /// # Errors
    /// Those of [`Update::compare`]; [`Error::UnexpectedCall`] where one is not held.
    pub fn compare_held(&mut self) -> Result<Option<Verified<'_>>, Error> {
        let accepted = self.check_held_snapshots().and_then(|()| {
            self.held.floor = None;
            self.accept_snapshot()
        });
        self.verdict(accepted)
    }

    fn check_held_snapshots(&mut self) -> Result<(), Failed> {
        let (snapshots, files) =
            ((&self.fetched, &self.floor), (&self.held.snapshot, &self.held.floor));
        let (State::CompareSnapshot, (Some(snapshot), Some(floor)), (Some(new), Some(old))) =
            (self.state, snapshots, files)
        else {
            return Err(self.unexpected());
        };
        snapshot.check_rollback_held(floor, new.as_ref(), old.as_ref(), self.workspace)
    }

    /// At [`Step::Done`](super::Step::Done), the snapshot and the targets role that hold.
    pub(crate) fn held_at_end(&self) -> Option<(&F, &HeldTargets<F>)> {
        let snapshot = self.held.snapshot.as_ref().filter(|_| self.state == State::Done)?;
        Some((snapshot, self.held.targets(Role::Targets.type_name())?))
    }

    pub(crate) const fn now(&self) -> Time {
        self.now
    }

    pub(crate) const fn limits(&self) -> Limits {
        self.limits
    }

    /// Of the snapshot that holds.
    pub(crate) const fn index(&self) -> Index {
        self.index
    }

    pub(crate) const fn pass(&mut self) -> &mut PassSpace {
        &mut self.workspace.pass
    }

    /// The bytes that a step wants stored, if they are held.
    pub(crate) fn held_file(&self) -> Option<&[u8]> {
        let file = match self.state {
            State::StoreRoot => self.held.root.as_ref(),
            State::StoreTimestamp => self.held.timestamp.as_ref(),
            State::StoreSnapshot => self.held.snapshot.as_ref(),
            State::StoreTargets => {
                self.held.targets(&self.workspace.search.role).map(|held| &held.file)
            }
            _ => None,
        };
        file.map(AsRef::as_ref)
    }

    /// Takes the steps for which the file that is needed is held. An error waits for the next
    /// answer.
    pub(crate) fn proceed(&mut self) {
        while self.stuck.is_none() {
            match self.take_step() {
                Some(Ok(())) => {}
                Some(Err(Failed)) => self.stuck = Some(self.error()),
                None => return,
            }
        }
    }

    /// Takes one step, if the file that it needs is held.
    fn take_step(&mut self) -> Option<Result<(), Failed>> {
        match self.state {
            State::TargetsKeys
                if self.searching && self.held.targets(Role::Targets.type_name()).is_some() =>
            {
                Some(self.ask_held_targets())
            }
            State::TimestampKeys | State::SnapshotKeys | State::TargetsKeys => {
                let root = self.held.root.take()?;
                let taken = self.load_keys(&mut Slice::new(root.as_ref()));
                self.held.root = Some(root);
                Some(taken)
            }
            State::AskSnapshot => {
                let Workspace { search, pass, .. } = &mut *self.workspace;
                let authority = pass.role_keys.authority.fingerprint();
                if self.held.targets(&search.role).is_some_and(|held| held.authority == authority) {
                    return Some(self.ask_held_targets());
                }
                let file = self.held.snapshot.as_ref()?;
                let listed =
                    snapshot::look_up(&search.role, file.as_ref(), &self.index, &mut pass.scratch);
                Some(listed.and_then(|listed| self.turn_to_role(listed)))
            }
            State::LoadDelegator => {
                let name = self.workspace.search.delegator(self.pending.as_ref()?)?.0;
                self.held.targets(name)?;
                Some(self.ask_held_delegator())
            }
            _ => None,
        }
    }

    /// Asks the role whose turn it is, which was verified before and is held.
    fn ask_held_targets(&mut self) -> Result<(), Failed> {
        let Workspace { pass, path, search, matches, .. } = &mut *self.workspace;
        let Some(held) = self.held.targets(&search.role) else {
            return Err(self.unexpected());
        };
        let file = held.file.as_ref();
        matches.clear();
        self.lists = look_up(path, file, held.places.targets, &mut pass.scratch)?;
        if let Some(delegations) = held.places.delegations.filter(|_| self.lists.is_none()) {
            let lookup = Lookup::Path { path, hash: &self.path_hash, visited: search.visited() };
            DelegationReader::new(lookup, matches).ask_verified(file, delegations, pass)?;
            if matches.found.len() > 1 {
                matches.file = FileIdentity::of(file);
            }
        }
        self.leave_role()
    }

    /// Asks a delegator, which was verified before and is held, for the keys of a delegation that
    /// had to wait.
    fn ask_held_delegator(&mut self) -> Result<(), Failed> {
        let Workspace { pass, path, search, matches, .. } = &mut *self.workspace;
        let held = self.pending.and_then(|pending| {
            let (name, before) = search.delegator(&pending)?;
            let held = self
                .held
                .targets(name)
                .filter(|held| FileIdentity::of(held.file.as_ref()) == *before)?;
            Some((pending, held.file.as_ref(), held.places.delegations?))
        });
        let Some((pending, file, delegations)) = held else {
            return Err(self.unexpected());
        };
        let lookup = Lookup::Place { place: pending.place, path, hash: &self.path_hash };
        DelegationReader::new(lookup, matches).ask_verified(file, delegations, pass)?;
        self.enter(&pending)
    }
}
