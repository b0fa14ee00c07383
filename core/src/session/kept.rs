//! The steps that a session takes by itself with the files that it keeps.

use core::borrow::BorrowMut;

use super::{Session, State};
use crate::delegations::{DelegationReader, Lookup};
use crate::error::Error;
use crate::file_identity::FileIdentity;
use crate::json::Failed;
use crate::kept::{Keep, Kept, KeptTargets};
use crate::names::Fingerprint;
use crate::pass_space::PassSpace;
use crate::role::Role;
use crate::snapshot::{self, Index};
use crate::source::Slice;
use crate::targets::look_up;
use crate::threshold::Verified;
use crate::workspace::Workspace;

impl<W: BorrowMut<Workspace>, F: AsRef<[u8]>> Session<W, Kept<F>> {
    /// Answers a request like [`Session::supply`], with a file that the session keeps. While it
    /// keeps the file, it neither requests it again nor reads all of it again, so a second target
    /// costs little. It keeps all top-level roles and the eight targets roles that were used last.
    ///
    /// A host supplies all files in this way, or none. The search for another target does not
    /// report a kept role again.
    ///
    /// # Errors
    /// The errors of [`Session::supply`] and of [`Update::compare`](crate::Update::compare). The
    /// session drops the file then.
    pub fn keep(&mut self, file: F) -> Result<Option<Verified<'_>>, Error> {
        let role = Fingerprint::new(self.workspace.borrow().search.role.as_bytes());
        let state = self.state;
        self.keeps = true;
        let mut answered = self.answer(&mut Slice::new(file.as_ref()));
        self.keeps = false;
        if self.state == State::CompareSnapshot && answered.is_ok() {
            answered = self.compare_with_floor(file.as_ref());
        }
        if let Ok(is_new) = answered {
            self.insert(state, role, is_new, file);
        }
        self.verdict(answered)
    }

    /// Compares the downloaded snapshot with the stored one. After an error, another one can be
    /// downloaded.
    fn compare_with_floor(&mut self, file: &[u8]) -> Result<bool, Failed> {
        let snapshots = (&self.fetched, &self.floor, &self.kept.floor);
        let (Some(snapshot), Some(floor), Some(old)) = snapshots else {
            return Err(self.unexpected());
        };
        let compared =
            snapshot.check_rollback_kept(floor, file, old.as_ref(), self.workspace.borrow_mut());
        let accepted = compared.and_then(|()| self.accept_snapshot());
        match accepted {
            Ok(_) => self.kept.floor = None,
            Err(Failed) => (self.fetched, self.state) = (None, State::FetchSnapshot),
        }
        accepted
    }

    /// Keeps the file that answered this step of this role.
    fn insert(&mut self, answered: State, role: Fingerprint, is_new: bool, file: F) {
        let place = match answered {
            State::LoadRoot
            | State::TimestampKeys
            | State::SnapshotKeys
            | State::TargetsKeys
            | State::FetchRoot => Some(&mut self.kept.root),
            State::FetchTimestamp => Some(&mut self.kept.timestamp),
            State::LoadSnapshot if self.floor.is_some() => Some(&mut self.kept.floor),
            State::LoadSnapshot if is_new => Some(&mut self.kept.snapshot),
            State::FetchSnapshot => Some(&mut self.kept.snapshot),
            _ => None,
        };
        if let Some(place) = place {
            *place = Some(file);
        } else if is_new && matches!(answered, State::LoadTargets | State::FetchTargets) {
            let authority = self.workspace.borrow().authority.fingerprint();
            self.kept.insert(KeptTargets { role, authority, offsets: self.offsets, file });
        }
    }

    /// Returns the bytes that the host must store, if [`Session::keep`] supplied them. Returns
    /// `None` at another step.
    pub fn kept_file(&self) -> Option<&[u8]> {
        let file = match self.state {
            State::StoreRoot => self.kept.root.as_ref(),
            State::StoreTimestamp => self.kept.timestamp.as_ref(),
            State::StoreSnapshot => self.kept.snapshot.as_ref(),
            State::StoreTargets => {
                let role = &self.workspace.borrow().search.role;
                self.kept.targets(role).map(|kept| &kept.file)
            }
            _ => None,
        };
        file.map(AsRef::as_ref)
    }

    /// Returns the trusted snapshot and targets role, after the session is done.
    pub(crate) fn kept_at_end(&self) -> Option<(&F, &KeptTargets<F>)> {
        let snapshot = self.kept.snapshot.as_ref().filter(|_| self.state == State::Done)?;
        Some((snapshot, self.kept.targets(Role::Targets.type_name())?))
    }

    /// Returns the index of the trusted snapshot.
    pub(crate) const fn index(&self) -> Index {
        self.index
    }

    pub(crate) fn pass(&mut self) -> &mut PassSpace {
        &mut self.workspace.borrow_mut().pass
    }
}

impl<W: BorrowMut<Workspace>, K: Keep> Session<W, K> {
    /// Takes the next steps whose files are kept. An error is returned by the next call.
    pub(crate) fn proceed(&mut self) {
        while self.stuck.is_none() {
            match self.take_step() {
                Some(Ok(())) => {}
                Some(Err(Failed)) => self.stuck = Some(self.error()),
                None => return,
            }
        }
    }

    /// Takes one step, if its file is kept.
    fn take_step(&mut self) -> Option<Result<(), Failed>> {
        let kept = self.kept.kept()?;
        match self.state {
            State::TargetsKeys
                if self.searching && kept.targets(Role::Targets.type_name()).is_some() =>
            {
                Some(self.ask_kept_targets())
            }
            State::TimestampKeys | State::SnapshotKeys | State::TargetsKeys => {
                let root = self.kept.kept_mut()?.root.take()?;
                let taken = self.load_keys(&mut Slice::new(root.as_ref()));
                self.kept.kept_mut()?.root = Some(root);
                Some(taken)
            }
            State::AskSnapshot => {
                let Workspace { search, pass, .. } = self.workspace.borrow_mut();
                let authority = pass.role_keys.authority.fingerprint();
                if kept.targets(&search.role).is_some_and(|kept| kept.authority == authority) {
                    return Some(self.ask_kept_targets());
                }
                let file = kept.snapshot.as_ref()?;
                let listed =
                    snapshot::look_up(&search.role, file.as_ref(), &self.index, &mut pass.scratch);
                Some(listed.and_then(|listed| self.turn_to_role(listed)))
            }
            State::LoadDelegator => {
                let name = self.workspace.borrow().search.delegator(self.pending.as_ref()?)?.0;
                kept.targets(name)?;
                Some(self.ask_kept_delegator())
            }
            _ => None,
        }
    }

    /// Looks up the target in the current role, whose verified file is kept.
    fn ask_kept_targets(&mut self) -> Result<(), Failed> {
        let Workspace { pass, path, search, matches, .. } = self.workspace.borrow_mut();
        if let Some(kept) = self.kept.kept_mut() {
            kept.note_use(&search.role);
        }
        let Some(kept) = self.kept.kept().and_then(|kept| kept.targets(&search.role)) else {
            return Err(self.unexpected());
        };
        let file = kept.file.as_ref();
        matches.clear();
        self.lists = look_up(path, file, kept.offsets.targets, &mut pass.scratch)?;
        if let Some(delegations) = kept.offsets.delegations.filter(|_| self.lists.is_none()) {
            let lookup = Lookup::Path { path, hash: &self.path_hash, visited: search.visited() };
            DelegationReader::new(lookup, matches).ask_verified(file, delegations, pass)?;
            if matches.found.len() > 1 {
                matches.file = FileIdentity::of(file);
            }
        }
        self.leave_role()
    }

    /// Reads the keys of a pending delegation from its delegator, whose verified file is kept.
    fn ask_kept_delegator(&mut self) -> Result<(), Failed> {
        let Workspace { pass, path, search, matches, .. } = self.workspace.borrow_mut();
        let kept = self.pending.and_then(|pending| {
            let (name, before) = search.delegator(&pending)?;
            let kept = self.kept.kept()?.targets(name);
            let kept = kept.filter(|kept| FileIdentity::of(kept.file.as_ref()) == *before)?;
            Some((pending, kept.file.as_ref(), kept.offsets.delegations?))
        });
        let Some((pending, file, delegations)) = kept else {
            return Err(self.unexpected());
        };
        let lookup = Lookup::Place { place: pending.place, path, hash: &self.path_hash };
        DelegationReader::new(lookup, matches).ask_verified(file, delegations, pass)?;
        self.enter(&pending)
    }
}
