//! The trusted top-level roles: the values kept of each, and the checks of the next version.
//!
//! Each type can only be made from the role that signs for it: a timestamp and a snapshot need a
//! [`TrustedRoot`], and so on. The functions that read a root's keys leave them in the workspace's
//! authority.

use heapless::Vec;

use crate::SMALL;
use crate::envelope::{FileRules, RoleReader, ask, verify};
use crate::error::Error;
use crate::file_identity::FileIdentity;
use crate::json::Failed;
use crate::limits::{Limits, ROLE_KEYS_MAX};
use crate::measured::{Listed, Measured};
use crate::names::Fingerprint;
use crate::pass_space::PassSpace;
use crate::role::Role;
use crate::root::Root;
use crate::snapshot::{Index, Snapshot, check_rollback, check_rollback_in_step, look_up};
use crate::source::{Slice, Source};
use crate::threshold::{Header, Verified};
use crate::time::Time;
use crate::timestamp::Timestamp;
use crate::workspace::Workspace;

/// The trusted root.
pub(crate) struct TrustedRoot {
    pub(crate) version: u64,
    pub(crate) expires: Time,
    pub(crate) consistent_snapshot: bool,
    sha256: [u8; 32],
    keys: OnlineKeys,
}

/// The keys whose removal requires fast-forward recovery, by the fingerprints of their decoded
/// form.
struct OnlineKeys {
    timestamp: Vec<Fingerprint, ROLE_KEYS_MAX>,
    snapshot: Vec<Fingerprint, ROLE_KEYS_MAX>,
}

/// The trusted timestamp.
#[derive(Clone, Copy)]
pub(crate) struct TrustedTimestamp {
    pub(crate) version: u64,
    pub(crate) expires: Time,
    pub(crate) snapshot: Listed,
}

/// The trusted snapshot, or a stored one that sets the minimum for the next one.
#[derive(Clone, Copy)]
pub(crate) struct TrustedSnapshot {
    pub(crate) version: u64,
    pub(crate) expires: Time,
    length: u64,
    /// The SHA-256 of the file, unless the session keeps the file.
    sha256: Option<[u8; 32]>,
    pub(crate) targets: Option<Listed>,
}

/// The entry of a file that nothing lists.
pub(crate) const ANY: Listed =
    Listed { version: 0, length: None, hashes: crate::hash::Hashes::new() };

const fn root_rules(limits: &Limits) -> FileRules<'static> {
    FileRules {
        role: Role::Root,
        listed: &ANY,
        maximum: limits.root_length,
        bind: true,
        floor: false,
    }
}

impl TrustedRoot {
    /// Creates an empty value.
    pub(crate) const fn new() -> Self {
        TrustedRoot {
            version: 0,
            expires: Time::from_unix(i64::MIN),
            consistent_snapshot: false,
            sha256: [0; 32],
            keys: OnlineKeys::new(),
        }
    }

    /// Verifies a root as the trust anchor: its form and its own signatures, not its expiry (spec
    /// §5.2). Its root keys then are the authority. After an error there is no root.
    pub(crate) fn anchor<S: Source>(
        &mut self,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<(), Failed> {
        self.keys.read(source, workspace, limits)?;
        self.sha256 = workspace.pass.read.sha256;
        self.authorize(source, workspace, limits, Role::Root)?;
        self.verify(source, workspace, limits)
    }

    /// Takes the next root: version N+1, signed by the old root's keys (the authority) and by its
    /// own (spec §5.3.4, §5.3.5; CVE-2025-2885, GMS-2022-4197). Its own are then the authority;
    /// after an error, the old ones still are, and the old root is as it was.
    ///
    /// Also returns whether the timestamp and the snapshot must be deleted, because the new root
    /// removes a key of either role.
    pub(crate) fn rotate<S: Source>(
        &mut self,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<bool, Failed> {
        let before = self.sha256;
        let recover = self.check_next(source, workspace, limits).and_then(|()| {
            self.sha256 = workspace.pass.read.sha256;
            self.become_next(source, workspace, limits)
        });
        recover.inspect_err(|Failed| self.sha256 = before)
    }

    /// Verifies the next root, whose SHA-256 is already set, by its own keys, and becomes it.
    /// Returns whether online keys were removed.
    #[inline(never)]
    fn become_next<S: Source>(
        &mut self,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<bool, Failed> {
        let mut keys = OnlineKeys::new();
        keys.read(source, workspace, limits)?;
        workspace.pass.same_file(Role::Root, &self.sha256)?;
        self.authorize(source, workspace, limits, Role::Root)?;
        let verified = self.verify(source, workspace, limits);
        verified.inspect_err(|Failed| workspace.swap_authority())?;
        let recover = self.keys.lose_any(&keys);
        self.keys = keys;
        Ok(recover)
    }

    /// Verifies the next root by the keys of this one.
    fn check_next<S: Source>(
        &self,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<(), Failed> {
        let found = self.vouches_for(source, workspace, limits)?;
        // spec §5.3.5
        let expected = self.version.saturating_add(1);
        check_version(Role::Root, expected, found).map_err(|error| workspace.pass.fail(error))
    }

    /// Checks that this root's keys, which are the authority, have signed another root. Returns its
    /// version.
    #[inline(never)]
    pub(crate) fn vouches_for<S: Source>(
        &self,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<u64, Failed> {
        let Workspace { verifier, authority, pass, .. } = workspace;
        // Rust 1.88 would free a root that is made within the question.
        let mut root = Root::new(None);
        let question = &mut RoleReader::Root(&mut root);
        Ok(verify(source, &root_rules(limits), verifier, authority, pass, question)?.version)
    }

    /// Returns whether another root removes a key of the timestamp or the snapshot role.
    pub(crate) fn loses_online_keys(&self, next: &TrustedRoot) -> bool {
        self.keys.lose_any(&next.keys)
    }

    /// Returns the SHA-256 of the file.
    pub(crate) const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Verifies a root, whose SHA-256 is already set, by its own keys, which are the authority.
    /// Becomes that root except for its keys.
    #[inline(never)]
    fn verify<S: Source>(
        &mut self,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<(), Failed> {
        let Workspace { verifier, authority, pass, .. } = workspace;
        let mut root = Root::new(None);
        let question = &mut RoleReader::Root(&mut root);
        let Header { version, expires, .. } =
            verify(source, &root_rules(limits), verifier, authority, pass, question)?;
        pass.same_file(Role::Root, &self.sha256)?;
        (self.version, self.expires) = (*version, *expires);
        self.consistent_snapshot = root.consistent_snapshot;
        Ok(())
    }

    /// Makes the keys of a role the authority. Reads them from the root file, which must be the
    /// verified one.
    pub(crate) fn authorize<S: Source>(
        &self,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
        role: Role,
    ) -> Result<(), Failed> {
        read_role_keys(source, workspace, limits, role)?;
        workspace.pass.same_file(Role::Root, &self.sha256)?;
        workspace.swap_authority();
        Ok(())
    }
}

/// Reads the keys of a role into the workspace's role keys, without verifying the root.
fn read_role_keys<S: Source>(
    source: &mut S,
    workspace: &mut Workspace,
    limits: &Limits,
    role: Role,
) -> Result<(), Failed> {
    let pass = &mut workspace.pass;
    pass.role_keys.clear();
    loop {
        ask(source, &root_rules(limits), pass, &mut RoleReader::Root(&mut Root::new(Some(role))))?;
        if pass.role_keys.settle() {
            return Ok(());
        }
    }
}

impl OnlineKeys {
    const fn new() -> Self {
        OnlineKeys { timestamp: Vec::new(), snapshot: Vec::new() }
    }

    /// Reads the online keys of a root, without verifying it.
    fn read<S: Source>(
        &mut self,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<(), Failed> {
        read_role_keys(source, workspace, limits, Role::Timestamp)?;
        let before = workspace.pass.read.sha256;
        take_prints(&mut self.timestamp, workspace);
        read_role_keys(source, workspace, limits, Role::Snapshot)?;
        take_prints(&mut self.snapshot, workspace);
        workspace.pass.same_file(Role::Root, &before)
    }

    /// spec §5.3.11: only the removal of a key lifts the protection against rollback, not the
    /// addition of one.
    fn lose_any(&self, next: &OnlineKeys) -> bool {
        self.timestamp.iter().any(|key| !next.timestamp.contains(key))
            || self.snapshot.iter().any(|key| !next.snapshot.contains(key))
    }
}

/// Records the fingerprints of the workspace's role keys.
fn take_prints(prints: &mut Vec<Fingerprint, ROLE_KEYS_MAX>, workspace: &Workspace) {
    prints.clear();
    for print in workspace
        .pass
        .role_keys
        .authority
        .keys
        .iter()
        .filter_map(|authorized| authorized.key.fingerprint())
    {
        // There is room: both have the same capacity.
        prints.push(print).ok();
    }
}

impl TrustedTimestamp {
    /// Verifies a timestamp: its form, its signatures by the root's keys (the authority), and its
    /// length of at most `maximum` bytes. Checks neither version nor expiry.
    pub(crate) fn verify<S: Source>(
        _: &TrustedRoot,
        source: &mut S,
        workspace: &mut Workspace,
        maximum: u64,
        floor: bool,
    ) -> Result<Self, Failed> {
        let rules = FileRules { role: Role::Timestamp, listed: &ANY, maximum, bind: false, floor };
        let Workspace { verifier, authority, pass, .. } = workspace;
        let mut timestamp = Timestamp::new();
        let question = &mut RoleReader::Timestamp(&mut timestamp);
        let Header { version, expires, .. } =
            *verify(source, &rules, verifier, authority, pass, question)?;
        Ok(TrustedTimestamp { version, expires, snapshot: timestamp.snapshot })
    }

    /// spec §5.4.3.1, §5.4.3.2: neither the version of the timestamp nor that of the snapshot may
    /// decrease.
    pub(crate) fn check_rollback(&self, before: &TrustedTimestamp) -> Result<(), Error> {
        if self.version < before.version {
            return Err(Error::Rollback {
                role: Role::Timestamp,
                trusted: before.version,
                found: self.version,
            });
        }
        if self.snapshot.version < before.snapshot.version {
            return Err(Error::Rollback {
                role: Role::Snapshot,
                trusted: before.snapshot.version,
                found: self.snapshot.version,
            });
        }
        Ok(())
    }
}

impl TrustedSnapshot {
    /// Verifies a snapshot: its form, its signatures by the root's keys (the authority), and its
    /// length and hashes if `listed` has them, otherwise a length of at most `maximum` bytes.
    /// Checks neither version nor expiry. A snapshot that is not listed only sets a minimum. `bind`
    /// computes the hash of a file that will be read again. `index` becomes the index of this
    /// snapshot.
    pub(crate) fn verify<S: Source>(
        _: &TrustedRoot,
        listed: Option<&Listed>,
        source: &mut S,
        bind: bool,
        index: &mut Index,
        workspace: &mut Workspace,
        maximum: u64,
    ) -> Result<Self, Failed> {
        let (listed, floor) = (listed.unwrap_or(&ANY), listed.is_none());
        let rules = FileRules {
            role: Role::Snapshot,
            listed,
            maximum: listed.maximum(maximum),
            bind,
            floor,
        };
        let Workspace { verifier, authority, pass, .. } = workspace;
        let mut snapshot = Snapshot::new(Role::Targets.type_name());
        let question = &mut RoleReader::Snapshot(&mut snapshot);
        let Header { version, expires, length, .. } =
            *verify(source, &rules, verifier, authority, pass, question)?;
        *index = snapshot.index;
        let sha256 = bind.then_some(pass.read.sha256);
        Ok(TrustedSnapshot { version, expires, length, sha256, targets: snapshot.listed })
    }

    /// spec §5.5.5: no role that `before` lists may be removed or go back to an older version.
    /// Reads both files again.
    pub(crate) fn check_rollback<N: Source, O: Source>(
        &self,
        before: &TrustedSnapshot,
        new: &mut N,
        old: &mut O,
        workspace: &mut Workspace,
    ) -> Result<(), Failed> {
        self.check_version_rollback(before).map_err(|error| workspace.pass.fail(error))?;
        if self.check_rollback_in_step(before, new, old, workspace)? {
            return Ok(());
        }
        match (new.whole(), old.whole()) {
            (Some(new), Some(old)) => check_rollback(new, old, &mut workspace.pass.scratch),
            _ => Err(workspace.pass.fail(Error::StreamUnsorted { position: 0 })),
        }
    }

    /// Does the same in one pass, for the verified files. Returns false, without a verdict, if one
    /// is not sorted.
    #[inline(never)]
    fn check_rollback_in_step<N: Source, O: Source>(
        &self,
        before: &TrustedSnapshot,
        new: &mut N,
        old: &mut O,
        workspace: &mut Workspace,
    ) -> Result<bool, Failed> {
        let Workspace { pass, beside, .. } = &mut *workspace;
        let (Some(sha256), Some(sha256_before)) = (self.sha256, before.sha256) else {
            return Err(pass.fail(Error::UnexpectedCall));
        };
        let mut measured_new = Measured::new(new, Role::Snapshot, &ANY, self.length, true);
        let mut measured_old = Measured::new(old, Role::Snapshot, &ANY, before.length, true);
        measured_new.begin().map_err(|error| pass.fail(error))?;
        measured_old.begin().map_err(|error| pass.fail(error))?;
        let PassSpace { scratch, text, .. } = &mut *pass;
        let in_step =
            check_rollback_in_step(&mut measured_new, &mut measured_old, scratch, beside, text);
        measured_new.finish(&mut pass.read).map_err(|error| pass.fail(error))?;
        pass.same_file(Role::Snapshot, &sha256)?;
        measured_old.finish(&mut pass.read).map_err(|error| pass.fail(error))?;
        pass.same_file(Role::Snapshot, &sha256_before)?;
        in_step
    }

    /// Does the same as [`TrustedSnapshot::check_rollback`] for files that stayed in memory since
    /// their verification.
    pub(crate) fn check_rollback_kept(
        &self,
        before: &TrustedSnapshot,
        new: &[u8],
        old: &[u8],
        workspace: &mut Workspace,
    ) -> Result<(), Failed> {
        self.check_version_rollback(before).map_err(|error| workspace.pass.fail(error))?;
        let Workspace { pass: PassSpace { scratch, text, .. }, beside, .. } = workspace;
        // A build with `small` uses one of the two ways only, which takes less code.
        if !(SMALL && cfg!(feature = "alloc"))
            && check_rollback_in_step(
                &mut Slice::new(new),
                &mut Slice::new(old),
                scratch,
                beside,
                text,
            )?
        {
            return Ok(());
        }
        check_rollback(new, old, scratch)
    }

    fn check_version_rollback(&self, before: &TrustedSnapshot) -> Result<(), Error> {
        if self.version < before.version {
            return Err(Error::Rollback {
                role: Role::Snapshot,
                trusted: before.version,
                found: self.version,
            });
        }
        Ok(())
    }

    /// Returns the entry of a role. Reads it from the snapshot file, which must be the verified
    /// one.
    ///
    /// For a file in memory, only the hash is computed before the lookup, because all of it was
    /// parsed before.
    pub(crate) fn look_up<S: Source>(
        &self,
        name: &str,
        source: &mut S,
        index: &Index,
        pass: &mut PassSpace,
    ) -> Result<Option<Listed>, Failed> {
        let before = self.sha256.ok_or(Error::UnexpectedCall).map_err(|error| pass.fail(error))?;
        if let Some(whole) = source.whole() {
            pass.read = FileIdentity::of(whole);
            pass.same_file(Role::Snapshot, &before)?;
            return look_up(name, whole, index, &mut pass.scratch);
        }
        let rules = FileRules {
            role: Role::Snapshot,
            listed: &ANY,
            maximum: self.length,
            bind: true,
            floor: false,
        };
        let mut question = Snapshot::new(name);
        ask(source, &rules, pass, &mut RoleReader::Snapshot(&mut question))?;
        pass.same_file(Role::Snapshot, &before)?;
        Ok(question.listed)
    }
}

/// Verifies a root as a trust anchor, without a session: its form and its own signatures, not its
/// expiry (spec §5.2), because an anchor is often older than a year.
///
/// # Errors
/// The verdict on the root.
pub fn check_root<'w, S: Source>(
    workspace: &'w mut Workspace,
    limits: &Limits,
    source: &mut S,
) -> Result<Verified<'w>, Error> {
    let anchored = TrustedRoot::new().anchor(source, workspace, limits);
    anchored.map_err(|Failed| workspace.pass.scratch.failure.error())?;
    let seal = workspace.verifier.seal().ok_or(Error::UnexpectedCall)?;
    Ok(seal.verified(Role::Root.type_name(), &workspace.authority))
}

/// spec §5.3.10, §5.4.4, §5.5.6, §5.6.5: a file is expired from its expiry time on.
pub(crate) fn check_expiry(role: Role, expires: Time, now: Time) -> Result<(), Error> {
    if now >= expires { Err(Error::Expired { role, expires, now }) } else { Ok(()) }
}

/// spec §5.5.4, §5.6.4
pub(crate) fn check_version(role: Role, expected: u64, found: u64) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::WrongVersion { role, expected, found }) }
}
