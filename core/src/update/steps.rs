//! The steps of the workflow (spec §5), in its order: what each file is checked for, and what comes next.

use super::{State, Update};
use crate::delegations::{RoleName, Wanted};
use crate::envelope::{Terms, ask, verify};
use crate::error::Error;
use crate::hash::sha256;
use crate::limits::{Limit, VISITED_MAX};
use crate::measured::{Listed, same_file};
use crate::role::Role;
use crate::search::{Answer, FileMark, Search};
use crate::source::Source;
use crate::targets::Targets;
use crate::threshold::Verified;
use crate::trusted::{TrustedRoot, TrustedSnapshot, TrustedTimestamp, check_expiry, check_version};
use crate::workspace::Workspace;

/// Whether an error says nothing about a stored file yet: the host has to give it in another way.
const fn for_host(error: &Error) -> bool {
    matches!(error, Error::SourceFailed | Error::StreamUnsorted { .. })
}

impl Update<'_> {
    pub(super) fn go(&mut self, state: State) -> Result<(), Error> {
        self.state = state;
        Ok(())
    }

    /// A stored file that is no use is fetched anew, except offline, and except where the host has to act.
    pub(super) fn or_absent(&mut self, loaded: Result<Option<Verified>, Error>) -> Result<Option<Verified>, Error> {
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
            State::LoadTargets | State::FetchTargets | State::StoreTargets | State::Done => &self.search.role,
            State::LoadDelegator => {
                self.pending.as_ref().and_then(|pending| self.search.delegator(pending)).map_or("", |(name, _)| name)
            }
        }
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
    pub(super) fn load_anchor<S: Source>(&mut self, source: &mut S) -> Result<Verified, Error> {
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
    pub(super) fn update_root<S: Source>(&mut self, source: &mut S) -> Result<Verified, Error> {
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
    pub(super) fn end_of_roots(&mut self) -> Result<(), Error> {
        check_expiry(Role::Root, self.trusted_root()?.expires, self.now)?;
        self.go(State::LoadRoot(Some(Role::Timestamp)))
    }

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

    fn verify_timestamp<S: Source>(&mut self, source: &mut S) -> Result<(TrustedTimestamp, Verified), Error> {
        let root = self.root.as_ref().ok_or(Error::UnexpectedCall)?;
        TrustedTimestamp::verify(root, source, self.workspace, &self.limits)
    }

    pub(super) fn load_timestamp<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified>, Error> {
        let (timestamp, verified) = self.verify_timestamp(source)?;
        if self.offline {
            timestamp.check_expiry(self.now)?;
        }
        self.timestamp = Some(timestamp);
        self.state = if self.offline { State::LoadRoot(Some(Role::Snapshot)) } else { State::FetchTimestamp };
        Ok(Some(verified))
    }

    /// spec §5.4
    pub(super) fn update_timestamp<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified>, Error> {
        let (timestamp, verified) = self.verify_timestamp(source)?;
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
    pub(super) fn load_snapshot<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified>, Error> {
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
    pub(super) fn update_snapshot<S: Source>(&mut self, source: &mut S) -> Result<Option<Verified>, Error> {
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

    pub(super) fn accept_snapshot(&mut self) -> Result<Option<Verified>, Error> {
        let (snapshot, verified) = self.fetched.take().ok_or(Error::UnexpectedCall)?;
        snapshot.check_expiry(self.now)?;
        self.snapshot = Some(snapshot);
        self.floor = None;
        self.state = State::StoreSnapshot;
        Ok(Some(verified))
    }

    /// spec §5.6: for the targets role, and for each role of the search.
    pub(super) fn update_targets<S: Source>(&mut self, source: &mut S) -> Result<Verified, Error> {
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
    pub(super) fn leave_role(&mut self) -> Result<(), Error> {
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
    pub(super) fn ask_snapshot<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
        let snapshot = self.snapshot.ok_or(Error::UnexpectedCall)?;
        let listed = snapshot.look_up(&self.search.role, source, self.workspace)?;
        self.listed = listed.ok_or(Error::RoleNotInSnapshot { role: Role::Delegated })?;
        self.go(State::LoadTargets)
    }

    /// Reads a delegator again, which must be the file that was verified, for the keys of a delegation that had to wait.
    pub(super) fn ask_delegator<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
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
