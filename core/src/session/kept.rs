//! What a session does by itself with the files that it keeps.

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
    /// Answers a step that asks for a file like [`Session::supply`], with a file that the session
    /// keeps: it will not ask for the same file again, nor read it again as a whole, while it keeps
    /// it. That is what makes the second target of a session cheap. All top-level roles are kept,
    /// and the eight targets roles that were read last.
    ///
    /// A host gives all files in this way, or none. A role that was verified before, and is kept,
    /// is not reported again when another target is searched for.
    ///
    /// # Errors
    /// Those of [`Session::supply`], and of a comparison of two snapshots
    /// ([`Update::compare`](crate::Update::compare)); the file is dropped then.
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

    /// Compares the snapshot that was fetched with the stored one; if it may not take its place,
    /// another may be fetched.
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

    /// Keeps a file that was taken at that step, when it was that role's turn.
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

    /// The bytes that a host is to store, where they were given by [`Session::keep`]; nothing at
    /// another step.
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

    /// When the session is done, the snapshot and the targets role that hold.
    pub(crate) fn kept_at_end(&self) -> Option<(&F, &KeptTargets<F>)> {
        let snapshot = self.kept.snapshot.as_ref().filter(|_| self.state == State::Done)?;
        Some((snapshot, self.kept.targets(Role::Targets.type_name())?))
    }

    /// Of the snapshot that holds.
    pub(crate) const fn index(&self) -> Index {
        self.index
    }

    pub(crate) fn pass(&mut self) -> &mut PassSpace {
        &mut self.workspace.borrow_mut().pass
    }
}

impl<W: BorrowMut<Workspace>, K: Keep> Session<W, K> {
    /// Takes the steps for which the file that is needed is kept. An error waits for the next
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

    /// Takes one step, if the file that it needs is kept.
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

    /// Asks the role whose turn it is, which was verified before and is kept.
    fn ask_kept_targets(&mut self) -> Result<(), Failed> {
        let Workspace { pass, path, search, matches, .. } = self.workspace.borrow_mut();
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

    /// Asks a delegator, which was verified before and is kept, for the keys of a delegation that
    /// had to wait.
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
