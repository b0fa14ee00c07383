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
use crate::threshold::Verified;
use crate::trusted::{ANY, TrustedRoot, TrustedSnapshot, TrustedTimestamp, check_expiry, check_version, header};
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
    pub(super) fn or_absent(&mut self, loaded: Result<bool, Error>) -> Result<bool, Error> {
        match loaded {
            Err(error) if self.offline || for_host(&error) => Err(error),
            Err(_) => self.absent().map(|()| false),
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

    /// What a step has verified: seal and authority still are those of its file.
    pub(super) fn verified(&self, is_new: bool) -> Option<Verified<'_>> {
        let seal = self.workspace.verifier.seal().filter(|_| is_new)?;
        Some(seal.verified(&self.workspace.authority))
    }

    fn trusted_root(&self) -> Result<&TrustedRoot, Error> {
        self.root.as_ref().ok_or(Error::UnexpectedCall)
    }

    pub(super) fn next_root(&self) -> u64 {
        self.root.as_ref().map_or(0, |root| root.version).saturating_add(1)
    }

    pub(super) fn listed_snapshot(&self) -> &Listed {
        self.timestamp.as_ref().map_or(&ANY, |timestamp| &timestamp.snapshot)
    }

    pub(super) fn listed_targets(&self) -> Result<Listed, Error> {
        let listed = self.snapshot.as_ref().and_then(|snapshot| snapshot.targets);
        listed.ok_or(Error::RoleNotInSnapshot { role: Role::Targets })
    }

    /// spec §5.2
    #[inline(never)]
    pub(super) fn load_anchor<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
        let anchored = self.root.insert(TrustedRoot::new()).anchor(source, self.workspace, &self.limits);
        anchored.inspect_err(|_| self.root = None)?;
        if self.offline { self.end_of_roots() } else { self.go(State::FetchRoot) }
    }

    /// spec §5.3.3 to §5.3.8
    #[inline(never)]
    pub(super) fn update_root<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
        if self.rotations >= self.limits.root_rotations {
            return Err(Error::LimitReached {
                limit: Limit::RootRotations,
                maximum: u64::from(self.limits.root_rotations),
            });
        }
        let root = self.root.as_mut().ok_or(Error::UnexpectedCall)?;
        let recover = root.rotate(source, self.workspace, &self.limits)?;
        self.rotations = self.rotations.saturating_add(1);
        // What must be forgotten is forgotten before the root that says so is stored, or an interruption would lose it.
        self.go(if recover { State::DeleteTimestamp } else { State::StoreRoot })
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

    #[inline(never)]
    fn verify_timestamp<S: Source>(&mut self, source: &mut S) -> Result<TrustedTimestamp, Error> {
        let root = self.root.as_ref().ok_or(Error::UnexpectedCall)?;
        TrustedTimestamp::verify(root, source, self.workspace, &self.limits)
    }

    #[inline(never)]
    pub(super) fn load_timestamp<S: Source>(&mut self, source: &mut S) -> Result<bool, Error> {
        let timestamp = self.verify_timestamp(source)?;
        if self.offline {
            timestamp.check_expiry(self.now)?;
        }
        self.timestamp = Some(timestamp);
        self.state = if self.offline { State::LoadRoot(Some(Role::Snapshot)) } else { State::FetchTimestamp };
        Ok(true)
    }

    /// spec §5.4
    #[inline(never)]
    pub(super) fn update_timestamp<S: Source>(&mut self, source: &mut S) -> Result<bool, Error> {
        let timestamp = self.verify_timestamp(source)?;
        if let Some(before) = &self.timestamp {
            // spec §5.4.3.1: the same version is no news, but the stored one must still hold.
            if timestamp.version == before.version {
                before.check_expiry(self.now)?;
                self.state = State::LoadRoot(Some(Role::Snapshot));
                return Ok(false);
            }
            timestamp.check_rollback(before)?;
        }
        timestamp.check_expiry(self.now)?;
        self.timestamp = Some(timestamp);
        self.state = State::StoreTimestamp;
        Ok(true)
    }

    /// The stored snapshot is the listed one, or it is the floor for the next: its signatures must hold either way.
    #[inline(never)]
    pub(super) fn load_snapshot<S: Source>(&mut self, source: &mut S) -> Result<bool, Error> {
        let verified = self.verify_snapshot(source, true);
        match verified.and_then(|()| self.check_snapshot()) {
            Ok(()) => {
                self.snapshot = self.fetched.take();
                self.state = State::LoadRoot(Some(Role::Targets));
                return Ok(true);
            }
            Err(error) if self.offline => return Err(error),
            // Its signatures hold.
            Err(_) if self.fetched.is_some() => {}
            Err(error @ (Error::HashMismatch { .. } | Error::LengthMismatch { .. })) => {
                let floor = self.verify_snapshot(source, false);
                floor.map_err(|at_all| if for_host(&at_all) { at_all } else { error })?;
            }
            Err(error) => return Err(error),
        }
        self.floor = self.fetched.take();
        self.state = State::FetchSnapshot;
        Ok(false)
    }

    /// Verifies a snapshot, which is then the fetched one: as the timestamp lists it, or by its signatures alone.
    #[inline(never)]
    fn verify_snapshot<S: Source>(&mut self, source: &mut S, as_listed: bool) -> Result<(), Error> {
        self.fetched = None;
        let root = self.root.as_ref().ok_or(Error::UnexpectedCall)?;
        let timestamp = self.timestamp.as_ref().ok_or(Error::UnexpectedCall)?;
        let listed = if as_listed { &timestamp.snapshot } else { &ANY };
        let (index, workspace) = (&mut self.index, &mut *self.workspace);
        let snapshot = TrustedSnapshot::verify(root, listed, source, !self.holds, index, workspace, &self.limits)?;
        self.fetched = Some(snapshot);
        Ok(())
    }

    /// spec §5.5.4, §5.5.6
    fn check_snapshot(&self) -> Result<(), Error> {
        let (Some(snapshot), Some(timestamp)) = (&self.fetched, &self.timestamp) else {
            return Err(Error::UnexpectedCall);
        };
        snapshot.check_version(timestamp)?;
        snapshot.check_expiry(self.now)
    }

    /// spec §5.5
    #[inline(never)]
    pub(super) fn update_snapshot<S: Source>(&mut self, source: &mut S) -> Result<bool, Error> {
        self.verify_snapshot(source, true)?;
        let (Some(snapshot), Some(timestamp)) = (&self.fetched, &self.timestamp) else {
            return Err(Error::UnexpectedCall);
        };
        snapshot.check_version(timestamp)?;
        if self.floor.is_some() {
            self.state = State::CompareSnapshot;
            return Ok(false);
        }
        self.accept_snapshot()
    }

    #[inline(never)]
    pub(super) fn accept_snapshot(&mut self) -> Result<bool, Error> {
        self.check_snapshot()?;
        self.snapshot = self.fetched.take();
        self.floor = None;
        self.state = State::StoreSnapshot;
        Ok(true)
    }

    /// spec §5.6: for the targets role, and for each role of the search.
    #[inline(never)]
    pub(super) fn update_targets<S: Source>(&mut self, source: &mut S) -> Result<(), Error> {
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
        let mut targets = Targets::new(role, path, wanted, answer);
        pass.granted.clear();
        let sha256 = loop {
            let sha256 = verify(source, &terms, verifier, authority, pass, &mut Question::Targets(&mut targets))?;
            if targets.matches.answer.granted.is_none() || pass.granted.settle() {
                break sha256;
            }
        };
        let header = header(verifier)?;
        check_version(role, self.listed.version, header.version)?;
        check_expiry(role, header.expires, self.now)?;
        self.lists = targets.target;
        self.places = targets.places;
        answer.file = FileMark { length: header.length, sha256 };
        if let Some(whole) = source.whole().filter(|_| answer.found.len() > 1) {
            answer.file.sha256 = hash::sha256(whole);
        }
        if self.state == State::FetchTargets { self.go(State::StoreTargets) } else { self.leave_role() }
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
        let snapshot = self.snapshot.as_ref().ok_or(Error::UnexpectedCall)?;
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
        let Workspace { pass, path, answer, .. } = &mut *self.workspace;
        let wanted = Wanted::Place { place: pending.place, path, hash: &self.path_hash };
        let mut question = Targets::new(role, None, wanted, answer);
        pass.granted.clear();
        loop {
            let sha256 = ask(source, &terms, pass, &mut Question::Targets(&mut question))?;
            same_file(role, &before.sha256, &sha256)?;
            if pass.granted.settle() {
                break;
            }
        }
        let Workspace { search, answer, .. } = &mut *self.workspace;
        let role = answer.granted.as_ref().ok_or(Error::UnexpectedCall)?;
        self.pending = None;
        search.enter(role, Search::place_of_delegator(&pending));
        self.go(State::AskSnapshot)
    }
}
