//! The steps of the workflow (spec §5), in its order: what each file is checked for, and what comes next.

use super::{State, Update};
use crate::delegations::Wanted;
use crate::envelope::{Question, Terms, ask, verify};
use crate::error::Error;
use crate::hash;
use crate::limits::{Limit, VISITED_MAX};
use crate::measured::{Listed, same_file};
use crate::role::Role;
use crate::search::{FileMark, Search};
use crate::source::Source;
use crate::targets::Targets;
use crate::threshold::{Seal, Verified};
use crate::trusted::{TrustedRoot, TrustedSnapshot, TrustedTimestamp, check_expiry, check_version};
use crate::workspace::Workspace;

/// Whether an error says nothing about a stored file yet: the host has to give it in another way.
const fn for_host(error: &Error) -> bool {
    matches!(error, Error::SourceFailed | Error::StreamUnsorted { .. })
}

impl<H> Update<'_, H> {
    pub(super) fn go(&mut self, state: State) -> Result<(), Error> {
        self.state = state;
        Ok(())
    }

    /// A stored file that is no use is fetched anew, except offline, and except where the host has to act.
    pub(super) fn or_absent(&mut self, loaded: Result<Option<Seal>, Error>) -> Result<Option<Seal>, Error> {
        match loaded {
            Err(error) if self.offline || for_host(&error) => Err(error),
            Err(_) => self.absent().map(|()| None),
            verified => verified,
        }
    }

    /// The role whose file the present step needs or wants kept.
    pub(super) fn file_role(&self) -> &str {
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
            State::LoadTargets | State::FetchTargets | State::StoreTargets | State::Done => &self.workspace.search.role,
            State::LoadDelegator => self
                .pending
                .as_ref()
                .and_then(|pending| self.workspace.search.delegator(pending))
                .map_or("", |(name, _)| name),
        }
    }

    /// What a step has verified: the authority still is the one by which it did.
    pub(super) fn verified(&self, seal: Option<Seal>) -> Option<Verified<'_>> {
        seal.map(|seal| seal.verified(&self.workspace.authority))
    }

    fn trusted_root(&self) -> Result<&TrustedRoot, Error> {
        self.root.as_ref().ok_or(Error::UnexpectedCall)
    }

    pub(super) fn next_root(&self) -> u64 {
        self.root.as_ref().map_or(0, |root| root.version).saturating_add(1)
    }

    pub(super) fn listed_snapshot(&self) -> Listed {
        self.timestamp.map(|timestamp| timestamp.snapshot).unwrap_or_default()
    }

    pub(super) fn listed_targets(&self) -> Result<Listed, Error> {
        let listed = self.snapshot.as_ref().and_then(|snapshot| snapshot.targets);
        listed.ok_or(Error::RoleNotInSnapshot { role: Role::Targets })
    }

    /// spec §5.2
    #[inline(never)]
    pub(super) fn load_anchor<S: Source>(&mut self, source: &mut S) -> Result<Seal, Error> {
        let anchored = self.root.insert(TrustedRoot::new()).anchor(source, self.workspace, &self.limits);
        let seal = anchored.inspect_err(|_| self.root = None)?;
        if self.offline {
            self.end_of_roots()?
        } else {
            self.state = State::FetchRoot
        }
        Ok(seal)
    }

    /// spec §5.3.3 to §5.3.8
    #[inline(never)]
    pub(super) fn update_root<S: Source>(&mut self, source: &mut S) -> Result<Seal, Error> {
        if self.rotations >= self.limits.root_rotations {
            return Err(Error::LimitReached {
                limit: Limit::RootRotations,
                maximum: u64::from(self.limits.root_rotations),
            });
        }
        let root = self.root.as_mut().ok_or(Error::UnexpectedCall)?;
        let (seal, recover) = root.rotate(source, self.workspace, &self.limits)?;
        self.rotations = self.rotations.saturating_add(1);
        // What must be forgotten is forgotten before the root that says so is stored, or an interruption would lose it.
        self.state = if recover { State::DeleteTimestamp } else { State::StoreRoot };
        Ok(seal)
    }

    /// spec §5.3.9, §5.3.10: there is no newer root, and this one must not have expired.
    pub(super) fn end_of_roots(&mut self) -> Result<(), Error> {
        check_expiry(Role::Root, self.trusted_root()?.expires, self.now)?;
        self.go(State::LoadRoot(Some(Role::Timestamp)))
    }

    #[inline(never)]
    pub(super) fn load_keys<S: Source>(&mut self, source: &mut S, role: Role) -> Result<(), Error> {
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

    fn verify_timestamp<S: Source>(&mut self, source: &mut S) -> Result<(TrustedTimestamp, Seal), Error> {
        let root = self.root.as_ref().ok_or(Error::UnexpectedCall)?;
        TrustedTimestamp::verify(root, source, self.workspace, &self.limits)
    }

    #[inline(never)]
    pub(super) fn load_timestamp<S: Source>(&mut self, source: &mut S) -> Result<Option<Seal>, Error> {
        let (timestamp, seal) = self.verify_timestamp(source)?;
        if self.offline {
            timestamp.check_expiry(self.now)?;
        }
        self.timestamp = Some(timestamp);
        self.state = if self.offline { State::LoadRoot(Some(Role::Snapshot)) } else { State::FetchTimestamp };
        Ok(Some(seal))
    }

    /// spec §5.4
    #[inline(never)]
    pub(super) fn update_timestamp<S: Source>(&mut self, source: &mut S) -> Result<Option<Seal>, Error> {
        let (timestamp, seal) = self.verify_timestamp(source)?;
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
        Ok(Some(seal))
    }

    /// The stored snapshot is the listed one, or it is the floor for the next: its signatures must hold either way.
    #[inline(never)]
    pub(super) fn load_snapshot<S: Source>(&mut self, source: &mut S) -> Result<Option<Seal>, Error> {
        let root = self.root.as_ref().ok_or(Error::UnexpectedCall)?;
        let timestamp = self.timestamp.ok_or(Error::UnexpectedCall)?;
        let listed = TrustedSnapshot::verify(
            root,
            &timestamp.snapshot,
            source,
            !self.holds,
            &mut self.index,
            self.workspace,
            &self.limits,
        )
        .map(|(snapshot, seal)| {
            let holds = snapshot.check_version(&timestamp).and_then(|()| snapshot.check_expiry(self.now));
            (snapshot, seal, holds)
        });
        match listed {
            Ok((snapshot, seal, Ok(()))) => {
                self.snapshot = Some(snapshot);
                self.state = State::LoadRoot(Some(Role::Targets));
                return Ok(Some(seal));
            }
            Ok((_, _, Err(error))) if self.offline => return Err(error),
            Ok((snapshot, ..)) => self.floor = Some(snapshot),
            Err(error @ (Error::HashMismatch { .. } | Error::LengthMismatch { .. })) if !self.offline => {
                let floor =
                    TrustedSnapshot::floor(root, source, !self.holds, &mut self.index, self.workspace, &self.limits);
                let (floor, _) = floor.map_err(|at_all| if for_host(&at_all) { at_all } else { error })?;
                self.floor = Some(floor);
            }
            Err(error) => return Err(error),
        }
        self.state = State::FetchSnapshot;
        Ok(None)
    }

    /// spec §5.5
    #[inline(never)]
    pub(super) fn update_snapshot<S: Source>(&mut self, source: &mut S) -> Result<Option<Seal>, Error> {
        let root = self.root.as_ref().ok_or(Error::UnexpectedCall)?;
        let timestamp = self.timestamp.ok_or(Error::UnexpectedCall)?;
        let (snapshot, seal) = TrustedSnapshot::verify(
            root,
            &timestamp.snapshot,
            source,
            !self.holds,
            &mut self.index,
            self.workspace,
            &self.limits,
        )?;
        snapshot.check_version(&timestamp)?;
        self.fetched = Some((snapshot, seal));
        if self.floor.is_some() {
            self.state = State::CompareSnapshot;
            return Ok(None);
        }
        self.accept_snapshot()
    }

    #[inline(never)]
    pub(super) fn accept_snapshot(&mut self) -> Result<Option<Seal>, Error> {
        let (snapshot, seal) = self.fetched.take().ok_or(Error::UnexpectedCall)?;
        snapshot.check_expiry(self.now)?;
        self.snapshot = Some(snapshot);
        self.floor = None;
        self.state = State::StoreSnapshot;
        Ok(Some(seal))
    }

    /// spec §5.6: for the targets role, and for each role of the search.
    #[inline(never)]
    pub(super) fn update_targets<S: Source>(&mut self, source: &mut S) -> Result<Seal, Error> {
        let role = Role::from_name(&self.workspace.search.role);
        // A stream cannot be read again to hash it once it turns out to be needed again.
        let terms = Terms {
            role,
            listed: &self.listed,
            maximum: self.listed.maximum(self.limits.targets_length),
            bind: self.searching && source.whole().is_none(),
        };
        let Workspace { verifier, authority, pass, path, search, answer, .. } = &mut *self.workspace;
        let path = self.searching.then_some(path.as_str());
        let wanted = path.map_or(Wanted::Nothing, |path| Wanted::Path {
            path,
            hash: &self.path_hash,
            visited: search.visited(),
        });
        let mut targets = Targets::new(role, path, wanted);
        pass.granted.clear();
        let (seal, sha256) = loop {
            let sealed = verify(source, &terms, verifier, authority, pass, &mut Question::Targets(&mut targets))?;
            if targets.matches.granted.is_none() || pass.granted.settle() {
                break sealed;
            }
        };
        check_version(role, self.listed.version, seal.header.version)?;
        check_expiry(role, seal.header.expires, self.now)?;
        self.lists = targets.target;
        self.places = targets.places;
        answer.file = FileMark { length: seal.header.length, sha256 };
        answer.take(targets.matches);
        if let Some(whole) = source.whole().filter(|_| answer.found.len() > 1) {
            answer.file.sha256 = hash::sha256(whole);
        }
        if self.state == State::FetchTargets {
            self.state = State::StoreTargets
        } else {
            self.leave_role()?
        }
        Ok(seal)
    }

    /// spec §5.6.7: pre-order, depth first.
    #[inline(never)]
    pub(super) fn leave_role(&mut self) -> Result<(), Error> {
        if !self.searching || self.lists.is_some() {
            self.target = self.lists;
            self.searching = false;
            return self.go(State::Done);
        }
        let visits = usize::try_from(self.limits.delegations).unwrap_or(usize::MAX).min(VISITED_MAX);
        self.workspace.search.check_leave(&self.workspace.answer, visits)?;
        let place = self.workspace.search.leave(&self.workspace.answer);
        if let Some(role) = &self.workspace.answer.granted {
            self.workspace.search.enter(role, place);
            return self.go(State::AskSnapshot);
        }
        self.pending = self.workspace.search.next();
        self.searching = self.pending.is_some();
        self.go(if self.searching { State::LoadDelegator } else { State::Done })
    }

    /// A role that is not listed ends the search, and is not even asked for: it might have been claimed.
    #[inline(never)]
    pub(super) fn ask_snapshot<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
        let snapshot = self.snapshot.ok_or(Error::UnexpectedCall)?;
        let Workspace { pass, search, .. } = &mut *self.workspace;
        let listed = snapshot.look_up(&search.role, source, &self.index, pass)?;
        self.turn_to_role(listed)
    }

    /// The role whose turn it is may be loaded, if the snapshot lists it.
    pub(super) fn turn_to_role(&mut self, listed: Option<Listed>) -> Result<(), Error> {
        self.listed = listed.ok_or(Error::RoleNotInSnapshot { role: Role::Delegated })?;
        // Its keys were waiting in the grant: until now, the authority was that of the role before.
        core::mem::swap(&mut self.workspace.authority, &mut self.workspace.pass.granted.authority);
        self.go(State::LoadTargets)
    }

    /// Reads a delegator again, which must be the file that was verified, for the keys of a delegation that had to wait.
    #[inline(never)]
    pub(super) fn ask_delegator<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
        let pending = self.pending.ok_or(Error::UnexpectedCall)?;
        let (name, before) = self.workspace.search.delegator(&pending).ok_or(Error::UnexpectedCall)?;
        let role = Role::from_name(name);
        let terms = Terms { role, listed: &Listed::default(), maximum: before.length, bind: true };
        let Workspace { pass, path, .. } = &mut *self.workspace;
        let wanted = Wanted::Place { place: pending.place, path, hash: &self.path_hash };
        let mut question = Targets::new(role, None, wanted);
        pass.granted.clear();
        loop {
            let sha256 = ask(source, &terms, pass, &mut Question::Targets(&mut question))?;
            same_file(role, &before.sha256, &sha256)?;
            if pass.granted.settle() {
                break;
            }
        }
        let role = question.matches.granted.as_ref().ok_or(Error::UnexpectedCall)?;
        self.pending = None;
        self.workspace.search.enter(role, Search::place_of_delegator(&pending));
        self.go(State::AskSnapshot)
    }
}
