//! The steps of the workflow (spec §5), in order: the checks of each file, and the next step.

use core::borrow::BorrowMut;

use super::{Session, State};
use crate::delegations::Lookup;
use crate::envelope::{FileRules, RoleReader, ask, verify};
use crate::error::Error;
use crate::hash;
use crate::json::Failed;
use crate::limits::{Limit, VISITED_MAX};
use crate::measured::Listed;
use crate::role::Role;
use crate::search::{Pending, Search};
use crate::source::Source;
use crate::targets::Targets;
use crate::threshold::{Header, Verified};
use crate::time::Time;
use crate::trusted::{
    ANY, TrustedRoot, TrustedSnapshot, TrustedTimestamp, check_expiry, check_version,
};
use crate::workspace::Workspace;

impl<W: BorrowMut<Workspace>, K> Session<W, K> {
    pub(super) fn go(&mut self, state: State) -> Result<(), Failed> {
        self.refreshed |= state == State::Done;
        self.state = state;
        Ok(())
    }

    /// Stores an error.
    pub(super) fn fail(&mut self, error: Error) -> Failed {
        self.workspace.borrow_mut().pass.fail(error)
    }

    /// Returns the last error.
    pub(super) fn error(&self) -> Error {
        self.workspace.borrow().pass.scratch.failure.error()
    }

    /// Returns the error for a call that does not match the step.
    pub(super) fn unexpected(&mut self) -> Failed {
        self.fail(Error::UnexpectedCall)
    }

    fn check_expiry(&mut self, role: Role, expires: Time) -> Result<(), Failed> {
        check_expiry(role, expires, self.now).map_err(|error| self.fail(error))
    }

    fn check_version(&mut self, role: Role, expected: u64, found: u64) -> Result<(), Failed> {
        check_version(role, expected, found).map_err(|error| self.fail(error))
    }

    /// Returns the maximum length of the current file if no length is listed. A stored file was
    /// within the limits of the session that stored it, so its length is not limited: it must still
    /// set the minimum version.
    pub(super) const fn maximum(&self, limit: u64) -> u64 {
        match self.state {
            State::LoadTimestamp
            | State::LoadSnapshot
            | State::LoadTargets
            | State::AskSnapshot
            | State::LoadDelegator => u64::MAX,
            _ => limit,
        }
    }

    /// Treats a stored file that does not verify as absent, except offline and for errors of the
    /// host.
    pub(super) fn or_absent(&mut self, loaded: Result<bool, Failed>) -> Result<bool, Failed> {
        match loaded {
            Err(Failed) if self.offline || self.error().is_for_host() => Err(Failed),
            Err(Failed) => self.go_without().map(|()| false),
            verified => verified,
        }
    }

    /// Returns the role whose file the current step reads or stores.
    pub(super) fn file_role(&self) -> &str {
        match self.state {
            State::LoadRoot
            | State::TimestampKeys
            | State::SnapshotKeys
            | State::TargetsKeys
            | State::FetchRoot
            | State::StoreRoot => "root",
            State::DeleteTimestamp
            | State::LoadTimestamp
            | State::FetchTimestamp
            | State::StoreTimestamp => "timestamp",
            State::DeleteSnapshot
            | State::LoadSnapshot
            | State::FetchSnapshot
            | State::CompareSnapshot
            | State::StoreSnapshot
            | State::AskSnapshot => "snapshot",
            State::LoadTargets | State::FetchTargets | State::StoreTargets | State::Done => {
                &self.workspace.borrow().search.role
            }
            State::LoadDelegator => self
                .pending
                .as_ref()
                .and_then(|pending| self.workspace.borrow().search.delegator(pending))
                .map_or("", |(name, _)| name),
        }
    }

    /// Returns the result of a step. The seal and the authority are still those of its file.
    pub(super) fn verified(&self, is_new: bool) -> Option<Verified<'_>> {
        let Workspace { verifier, authority, search, .. } = self.workspace.borrow();
        let seal = verifier.seal().filter(|_| is_new)?;
        let name = match seal.header.role {
            // The current role has already changed.
            Role::Delegated if self.state == State::AskSnapshot => search.left(),
            Role::Delegated => &search.role,
            role => role.type_name(),
        };
        Some(seal.verified(name, authority))
    }

    pub(super) fn next_root(&self) -> u64 {
        self.root.as_ref().map_or(0, |root| root.version).saturating_add(1)
    }

    pub(super) fn listed_snapshot(&self) -> &Listed {
        self.timestamp.as_ref().map_or(&ANY, |timestamp| &timestamp.snapshot)
    }

    /// Continues with the targets role, as the snapshot lists it.
    pub(super) fn list_targets(&mut self) -> Result<(), Failed> {
        let listed = self.snapshot.as_ref().and_then(|snapshot| snapshot.targets);
        self.list(listed, Role::Targets)
    }

    /// Continues with a role, as the snapshot lists it.
    fn list(&mut self, listed: Option<Listed>, role: Role) -> Result<(), Failed> {
        match listed {
            Some(listed) => self.listed = listed,
            None => return Err(self.fail(Error::RoleNotInSnapshot { role })),
        }
        Ok(())
    }

    /// spec §5.2
    #[inline(never)]
    pub(super) fn load_anchor<S: Source>(&mut self, source: &mut S) -> Result<(), Failed> {
        let anchored = self.root.insert(TrustedRoot::new()).anchor(
            source,
            self.workspace.borrow_mut(),
            &self.limits,
        );
        anchored.inspect_err(|Failed| self.root = None)?;
        self.seek_root()
    }

    /// Continues with the next root. There is none offline, or after the maximum version.
    pub(super) fn seek_root(&mut self) -> Result<(), Failed> {
        if self.offline || self.root.as_ref().is_some_and(|root| root.version == u64::MAX) {
            return self.end_of_roots();
        }
        self.go(State::FetchRoot)
    }

    /// spec §5.3.3 to §5.3.8
    #[inline(never)]
    pub(super) fn update_root<S: Source>(&mut self, source: &mut S) -> Result<(), Failed> {
        if self.rotations >= self.limits.root_rotations {
            let maximum = u64::from(self.limits.root_rotations);
            return Err(self.fail(Error::LimitReached { limit: Limit::RootRotations, maximum }));
        }
        let Some(root) = &mut self.root else {
            return Err(self.unexpected());
        };
        let recover = root.rotate(source, self.workspace.borrow_mut(), &self.limits)?;
        self.rotations = self.rotations.saturating_add(1);
        // Delete the files of fast-forward recovery before the new root is stored; otherwise an
        // interruption would skip the recovery.
        self.go(if recover { State::DeleteTimestamp } else { State::StoreRoot })
    }

    /// spec §5.3.9, §5.3.10: there is no newer root, and this one must not have expired.
    pub(super) fn end_of_roots(&mut self) -> Result<(), Failed> {
        let Some(root) = &self.root else {
            return Err(self.unexpected());
        };
        self.check_expiry(Role::Root, root.expires)?;
        self.go(State::TimestampKeys)
    }

    #[inline(never)]
    pub(super) fn load_keys<S: Source>(&mut self, source: &mut S) -> Result<(), Failed> {
        let Some(root) = &self.root else {
            return Err(self.unexpected());
        };
        let (role, next) = match self.state {
            State::TimestampKeys => (Role::Timestamp, State::LoadTimestamp),
            State::SnapshotKeys => (Role::Snapshot, State::LoadSnapshot),
            _ => (Role::Targets, State::LoadTargets),
        };
        root.authorize(source, self.workspace.borrow_mut(), &self.limits, role)?;
        if role == Role::Targets {
            self.list_targets()?;
        }
        self.go(next)
    }

    #[inline(never)]
    fn verify_timestamp<S: Source>(
        &mut self,
        source: &mut S,
        floor: bool,
    ) -> Result<TrustedTimestamp, Failed> {
        let Some(root) = &self.root else {
            return Err(self.unexpected());
        };
        let maximum = self.maximum(self.limits.timestamp_length);
        TrustedTimestamp::verify(root, source, self.workspace.borrow_mut(), maximum, floor)
    }

    /// A stored timestamp sets the minimum version of the next one, even if the keys of the current
    /// root have not signed it.
    #[inline(never)]
    pub(super) fn load_timestamp<S: Source>(&mut self, source: &mut S) -> Result<bool, Failed> {
        let mut verified = self.verify_timestamp(source, false);
        let is_floor = verified.is_err()
            && !self.offline
            && matches!(self.error(), Error::ThresholdNotMet { .. });
        if is_floor {
            verified = self.verify_timestamp(source, true);
        }
        let timestamp = verified?;
        self.timestamp_is_floor = is_floor;
        if self.offline {
            self.check_expiry(Role::Timestamp, timestamp.expires)?;
        }
        self.timestamp = Some(timestamp);
        self.state = if self.offline { State::SnapshotKeys } else { State::FetchTimestamp };
        Ok(!is_floor)
    }

    /// spec §5.4
    #[inline(never)]
    pub(super) fn update_timestamp<S: Source>(&mut self, source: &mut S) -> Result<bool, Failed> {
        let timestamp = self.verify_timestamp(source, false)?;
        if let Some(before) = &self.timestamp {
            // spec §5.4.3.1: the same version changes nothing, but the stored file must still
            // verify.
            if timestamp.version == before.version && !self.timestamp_is_floor {
                self.check_expiry(Role::Timestamp, before.expires)?;
                self.state = State::SnapshotKeys;
                return Ok(false);
            }
            timestamp.check_rollback(before).map_err(|error| self.fail(error))?;
        }
        // spec §5.4.4
        self.check_expiry(Role::Timestamp, timestamp.expires)?;
        self.timestamp = Some(timestamp);
        self.state = State::StoreTimestamp;
        Ok(true)
    }

    /// The stored snapshot is the listed one, or it sets the minimum for the next one.
    #[inline(never)]
    pub(super) fn load_snapshot<S: Source>(&mut self, source: &mut S) -> Result<bool, Failed> {
        if self.verify_snapshot(source, true).and_then(|()| self.check_snapshot()).is_ok() {
            self.snapshot = self.fetched.take();
            self.state = State::TargetsKeys;
            return Ok(true);
        }
        if self.offline {
            return Err(Failed);
        }
        // If there is a stored one, its signatures verified, and it has another version or has
        // expired.
        if self.fetched.is_none() {
            let error = self.error();
            if !matches!(
                error,
                Error::HashMismatch { .. }
                    | Error::LengthMismatch { .. }
                    | Error::ThresholdNotMet { .. }
            ) {
                return Err(Failed);
            }
            let floor = self.verify_snapshot(source, false);
            floor.map_err(
                |Failed| if self.error().is_for_host() { Failed } else { self.fail(error) },
            )?;
        }
        self.floor = self.fetched.take();
        self.state = State::FetchSnapshot;
        Ok(false)
    }

    /// Verifies a snapshot as the timestamp lists it, or as a minimum.
    #[inline(never)]
    fn verify_snapshot<S: Source>(
        &mut self,
        source: &mut S,
        as_listed: bool,
    ) -> Result<(), Failed> {
        self.fetched = None;
        let (Some(root), Some(timestamp)) = (&self.root, &self.timestamp) else {
            return Err(self.unexpected());
        };
        let listed = as_listed.then_some(&timestamp.snapshot);
        let maximum = self.maximum(self.limits.snapshot_length);
        let (index, workspace) = (&mut self.index, self.workspace.borrow_mut());
        let snapshot =
            TrustedSnapshot::verify(root, listed, source, !self.keeps, index, workspace, maximum)?;
        self.fetched = Some(snapshot);
        Ok(())
    }

    /// spec §5.5.4, §5.5.6
    fn check_snapshot(&mut self) -> Result<(), Failed> {
        self.check_snapshot_version()?;
        match &self.fetched {
            Some(snapshot) => self.check_expiry(Role::Snapshot, snapshot.expires),
            None => Err(self.unexpected()),
        }
    }

    /// spec §5.5.4: the version that the timestamp lists.
    fn check_snapshot_version(&mut self) -> Result<(), Failed> {
        match &self.fetched {
            Some(snapshot) => {
                self.check_version(Role::Snapshot, self.listed_snapshot().version, snapshot.version)
            }
            None => Err(self.unexpected()),
        }
    }

    /// spec §5.5
    #[inline(never)]
    pub(super) fn update_snapshot<S: Source>(&mut self, source: &mut S) -> Result<bool, Failed> {
        self.verify_snapshot(source, true)?;
        self.check_snapshot_version()?;
        if self.floor.is_some() {
            self.state = State::CompareSnapshot;
            return Ok(false);
        }
        self.accept_snapshot()
    }

    #[inline(never)]
    pub(super) fn accept_snapshot(&mut self) -> Result<bool, Failed> {
        self.check_snapshot()?;
        self.snapshot = self.fetched.take();
        self.floor = None;
        self.state = State::StoreSnapshot;
        Ok(true)
    }

    /// spec §5.6: for the targets role, and for each role of the search.
    #[inline(never)]
    pub(super) fn update_targets<S: Source>(&mut self, source: &mut S) -> Result<(), Failed> {
        let role = Role::from_name(&self.workspace.borrow().search.role);
        // A stream cannot be read again to compute its hash later.
        let rules = FileRules {
            role,
            listed: &self.listed,
            maximum: self.listed.maximum(self.maximum(self.limits.targets_length)),
            bind: self.searching && source.whole().is_none(),
            floor: false,
        };
        let Workspace { verifier, authority, pass, path, search, matches, .. } =
            self.workspace.borrow_mut();
        let path = self.searching.then_some(path.as_str());
        let lookup = path.map_or(Lookup::Nothing, |path| Lookup::Path {
            path,
            hash: &self.path_hash,
            visited: search.visited(),
        });
        let mut targets = Targets::new(role, path, lookup, matches);
        pass.role_keys.clear();
        let Header { version, expires, .. } = loop {
            let header = *verify(
                source,
                &rules,
                verifier,
                authority,
                pass,
                &mut RoleReader::Targets(&mut targets),
            )?;
            if targets.delegations.matches.first_role.is_none() || pass.role_keys.settle() {
                break header;
            }
        };
        check_version(role, self.listed.version, version).map_err(|error| pass.fail(error))?;
        check_expiry(role, expires, self.now).map_err(|error| pass.fail(error))?;
        self.lists = targets.target;
        self.offsets = targets.offsets;
        matches.file = pass.read;
        if let Some(whole) = source.whole().filter(|_| matches.found.len() > 1) {
            matches.file.sha256 = hash::sha256(whole);
        }
        if self.state == State::FetchTargets {
            self.go(State::StoreTargets)
        } else {
            self.leave_role()
        }
    }

    /// spec §5.6.7: pre-order, depth first.
    #[inline(never)]
    pub(super) fn leave_role(&mut self) -> Result<(), Failed> {
        if !self.searching || self.lists.is_some() {
            self.target = self.lists;
            self.searching = false;
            return self.go(State::Done);
        }
        let visits =
            usize::try_from(self.limits.delegations).unwrap_or(usize::MAX).min(VISITED_MAX);
        let Workspace { pass, search, matches, .. } = self.workspace.borrow_mut();
        search.check_leave(matches, visits).map_err(|error| pass.fail(error))?;
        let place = search.leave(matches);
        if let Some(role) = &matches.first_role {
            search.enter(role, place);
            return self.go(State::AskSnapshot);
        }
        self.pending = search.next();
        self.searching = self.pending.is_some();
        self.go(if self.searching { State::LoadDelegator } else { State::Done })
    }

    /// A role that the snapshot does not list ends the search without a request, because the role
    /// might have listed the target.
    #[inline(never)]
    pub(super) fn ask_snapshot<S: Source>(&mut self, source: &mut S) -> Result<(), Failed> {
        let Some(snapshot) = &self.snapshot else {
            return Err(self.unexpected());
        };
        let Workspace { pass, search, .. } = self.workspace.borrow_mut();
        let listed = snapshot.look_up(&search.role, source, &self.index, pass)?;
        self.turn_to_role(listed)
    }

    /// Continues with the current role, if the snapshot lists it.
    pub(super) fn turn_to_role(&mut self, listed: Option<Listed>) -> Result<(), Failed> {
        self.list(listed, Role::Delegated)?;
        // Makes the role keys the authority; until now it was that of the previous role.
        self.workspace.borrow_mut().swap_authority();
        self.go(State::LoadTargets)
    }

    /// Reads the keys of a pending delegation from its delegator, whose file must be the verified
    /// one.
    #[inline(never)]
    pub(super) fn ask_delegator<S: Source>(&mut self, source: &mut S) -> Result<(), Failed> {
        let Workspace { pass, path, search, matches, .. } = self.workspace.borrow_mut();
        let delegator =
            self.pending.and_then(|pending| Some((pending, search.delegator(&pending)?)));
        let Some((pending, (name, before))) = delegator else {
            return Err(self.unexpected());
        };
        let role = Role::from_name(name);
        let rules = FileRules {
            role,
            listed: &Listed::default(),
            maximum: before.length,
            bind: true,
            floor: false,
        };
        let lookup = Lookup::Place { place: pending.place, path, hash: &self.path_hash };
        let mut question = Targets::new(role, None, lookup, matches);
        pass.role_keys.clear();
        loop {
            ask(source, &rules, pass, &mut RoleReader::Targets(&mut question))?;
            pass.same_file(role, &before.sha256)?;
            if pass.role_keys.settle() {
                break;
            }
        }
        self.enter(&pending)
    }

    /// Continues with the role of a pending delegation, whose keys are known now.
    pub(super) fn enter(&mut self, pending: &Pending) -> Result<(), Failed> {
        let Workspace { search, matches, .. } = self.workspace.borrow_mut();
        let Some(role) = &matches.first_role else {
            return Err(self.unexpected());
        };
        self.pending = None;
        search.enter(role, Search::place_of_delegator(pending));
        self.go(State::AskSnapshot)
    }
}
