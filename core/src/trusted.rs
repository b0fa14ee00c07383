//! What holds now: the scalars that are kept of each top-level role, and the checks by which the next one is trusted.
//!
//! Each role can only be made from the one that vouches for it: a timestamp and a snapshot need a [`TrustedRoot`], and so on.
//! The steps that take a root's keys leave them in the workspace's authority.

use heapless::Vec;

use crate::envelope::{Terms, ask, verify};
use crate::error::Error;
use crate::hash::sha256;
use crate::limits::{Limits, ROLE_KEYS_MAX};
use crate::measured::{Listed, Measured, same_file};
use crate::names::Fingerprint;
use crate::role::Role;
use crate::root::Root;
use crate::snapshot::{Snapshot, check_rollback, check_rollback_in_step, look_up};
use crate::source::Source;
use crate::threshold::Verified;
use crate::time::Time;
use crate::timestamp::Timestamp;
use crate::workspace::{PassSpace, Workspace};

/// The root that holds.
#[derive(Clone)]
pub(crate) struct TrustedRoot {
    pub(crate) version: u64,
    pub(crate) expires: Time,
    pub(crate) consistent_snapshot: bool,
    sha256: [u8; 32],
    /// The keys whose loss calls for fast-forward recovery.
    timestamp_keys: KeyPrints,
    snapshot_keys: KeyPrints,
}

type KeyPrints = Vec<Fingerprint, ROLE_KEYS_MAX>;

/// The timestamp that holds.
#[derive(Clone, Copy)]
pub(crate) struct TrustedTimestamp {
    pub(crate) version: u64,
    pub(crate) expires: Time,
    pub(crate) snapshot: Listed,
}

/// The snapshot that holds, or a stored one that is the floor for the next.
#[derive(Clone, Copy)]
pub(crate) struct TrustedSnapshot {
    pub(crate) version: u64,
    pub(crate) expires: Time,
    length: u64,
    sha256: [u8; 32],
    pub(crate) targets: Option<Listed>,
}

const ANY: Listed = Listed { version: 0, length: None, hashes: crate::hash::Hashes::new() };

const fn root_terms(limits: &Limits) -> Terms<'static> {
    Terms { role: Role::Root, listed: &ANY, maximum: limits.root_length, bind: true }
}

impl TrustedRoot {
    /// Takes a root as the trust anchor: form and its own signatures, not its expiry (spec §5.2). Its root keys are then
    /// the authority.
    pub(crate) fn anchor<S: Source>(
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<(Self, Verified), Error> {
        let (timestamp_keys, sha256) = key_prints(source, workspace, limits, Role::Timestamp)?;
        let (snapshot_keys, again) = key_prints(source, workspace, limits, Role::Snapshot)?;
        same_file(Role::Root, &sha256, &again)?;
        same_file(Role::Root, &sha256, &grant(source, workspace, limits, Role::Root)?)?;
        core::mem::swap(&mut workspace.authority, &mut workspace.pass.granted.authority);
        let Workspace { verifier, authority, pass, .. } = workspace;
        let (verified, (root, again)) =
            verify(source, &root_terms(limits), verifier, authority, pass, Root::new(None))?.split();
        same_file(Role::Root, &sha256, &again)?;
        let consistent_snapshot = root.consistent_snapshot;
        Ok((
            TrustedRoot {
                version: verified.version,
                expires: verified.expires,
                consistent_snapshot,
                sha256,
                timestamp_keys,
                snapshot_keys,
            },
            verified,
        ))
    }

    /// Takes the next root: version N+1, signed by the old root's keys (the authority) and by its own (spec §5.3.4, §5.3.5;
    /// CVE-2025-2885, GMS-2022-4197). Its own are then the authority; after an error, the old ones still are.
    ///
    /// Says too whether the timestamp and the snapshot must be forgotten, because the new root took a key from either role.
    pub(crate) fn rotate<S: Source>(
        &self,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<(Self, Verified, bool), Error> {
        let terms = root_terms(limits);
        let Workspace { verifier, authority, pass, .. } = &mut *workspace;
        let (by_old, (_, sha256)) = verify(source, &terms, verifier, authority, pass, Root::new(None))?.split();
        // spec §5.3.5
        let expected = self.version.saturating_add(1);
        if by_old.version != expected {
            return Err(Error::WrongVersion { role: Role::Root, expected, found: by_old.version });
        }
        let (timestamp_keys, of_timestamp) = key_prints(source, workspace, limits, Role::Timestamp)?;
        let (snapshot_keys, of_snapshot) = key_prints(source, workspace, limits, Role::Snapshot)?;
        let of_root = grant(source, workspace, limits, Role::Root)?;
        for again in [of_timestamp, of_snapshot, of_root] {
            same_file(Role::Root, &sha256, &again)?;
        }
        core::mem::swap(&mut workspace.authority, &mut workspace.pass.granted.authority);
        let Workspace { verifier, authority, pass, .. } = &mut *workspace;
        let by_own = verify(source, &terms, verifier, authority, pass, Root::new(None))
            .map(Verified::split)
            .and_then(|(verified, (root, again))| same_file(Role::Root, &sha256, &again).map(|()| (verified, root)));
        let (verified, root) = match by_own {
            Ok(both) => both,
            Err(error) => {
                core::mem::swap(&mut workspace.authority, &mut workspace.pass.granted.authority);
                return Err(error);
            }
        };
        // spec §5.3.11: a key that was added must not lose the protection against rollback; one that was removed must.
        let removed = |old: &KeyPrints, new: &KeyPrints| old.iter().any(|key| !new.contains(key));
        let recover = removed(&self.timestamp_keys, &timestamp_keys) || removed(&self.snapshot_keys, &snapshot_keys);
        let root = TrustedRoot {
            version: verified.version,
            expires: verified.expires,
            consistent_snapshot: root.consistent_snapshot,
            sha256,
            timestamp_keys,
            snapshot_keys,
        };
        Ok((root, verified, recover))
    }

    /// Makes a role's keys the authority, out of the root's file, which must be the one that was verified.
    pub(crate) fn authorize<S: Source>(
        &self,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
        role: Role,
    ) -> Result<(), Error> {
        let sha256 = grant(source, workspace, limits, role)?;
        same_file(Role::Root, &self.sha256, &sha256)?;
        core::mem::swap(&mut workspace.authority, &mut workspace.pass.granted.authority);
        Ok(())
    }
}

/// Reads the keys of a role into the workspace's grant, without asking who signed the root; gives its SHA-256.
fn grant<S: Source>(source: &mut S, workspace: &mut Workspace, limits: &Limits, role: Role) -> Result<[u8; 32], Error> {
    let pass = &mut workspace.pass;
    pass.granted.clear();
    loop {
        let sha256 = ask(source, &root_terms(limits), pass, &mut Root::new(Some(role)))?;
        if pass.granted.settle() {
            return Ok(sha256);
        }
    }
}

/// The keys of a role, told apart by their decoded form.
fn key_prints<S: Source>(
    source: &mut S,
    workspace: &mut Workspace,
    limits: &Limits,
    role: Role,
) -> Result<(KeyPrints, [u8; 32]), Error> {
    let sha256 = grant(source, workspace, limits, role)?;
    Ok((
        workspace.pass.granted.authority.keys.iter().filter_map(|authorized| authorized.key.fingerprint()).collect(),
        sha256,
    ))
}

impl TrustedTimestamp {
    /// Verifies a timestamp's form and signatures with the root's keys (the authority); neither age nor expiry.
    pub(crate) fn verify<S: Source>(
        _: &TrustedRoot,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<(Self, Verified), Error> {
        let terms = Terms { role: Role::Timestamp, listed: &ANY, maximum: limits.timestamp_length, bind: false };
        let Workspace { verifier, authority, pass, .. } = workspace;
        let (verified, (timestamp, _)) = verify(source, &terms, verifier, authority, pass, Timestamp::new())?.split();
        Ok((
            TrustedTimestamp { version: verified.version, expires: verified.expires, snapshot: timestamp.snapshot },
            verified,
        ))
    }

    /// spec §5.4.3.1, §5.4.3.2: neither this version nor the snapshot's may go down.
    pub(crate) fn check_rollback(&self, before: &TrustedTimestamp) -> Result<(), Error> {
        if self.version < before.version {
            return Err(Error::Rollback { role: Role::Timestamp, trusted: before.version, found: self.version });
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

    /// spec §5.4.4
    pub(crate) fn check_expiry(&self, now: Time) -> Result<(), Error> {
        check_expiry(Role::Timestamp, self.expires, now)
    }
}

impl TrustedSnapshot {
    /// Verifies a snapshot's form and signatures with the root's keys (the authority); length and hashes too, where
    /// `listed` has them. Neither version nor expiry.
    pub(crate) fn verify<S: Source>(
        _: &TrustedRoot,
        listed: &Listed,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<(Self, Verified), Error> {
        let terms = Terms { role: Role::Snapshot, listed, maximum: listed.maximum(limits.snapshot_length), bind: true };
        let Workspace { verifier, authority, pass, .. } = workspace;
        let question = Snapshot::new(Role::Targets.type_name());
        let (verified, (snapshot, sha256)) = verify(source, &terms, verifier, authority, pass, question)?.split();
        let snapshot = TrustedSnapshot {
            version: verified.version,
            expires: verified.expires,
            length: verified.length,
            sha256,
            targets: snapshot.listed,
        };
        Ok((snapshot, verified))
    }

    /// Verifies a stored snapshot, which need not be the listed one: its signatures alone.
    pub(crate) fn floor<S: Source>(
        root: &TrustedRoot,
        source: &mut S,
        workspace: &mut Workspace,
        limits: &Limits,
    ) -> Result<(Self, Verified), Error> {
        Self::verify(root, &ANY, source, workspace, limits)
    }

    /// spec §5.5.4: the version that the timestamp lists.
    pub(crate) fn check_version(&self, timestamp: &TrustedTimestamp) -> Result<(), Error> {
        check_version(Role::Snapshot, timestamp.snapshot.version, self.version)
    }

    /// spec §5.5.6
    pub(crate) fn check_expiry(&self, now: Time) -> Result<(), Error> {
        check_expiry(Role::Snapshot, self.expires, now)
    }

    /// spec §5.5.5: nothing that `before` lists may be taken back. Both files are read again.
    pub(crate) fn check_rollback<N: Source, O: Source>(
        &self,
        before: &TrustedSnapshot,
        new: &mut N,
        old: &mut O,
        workspace: &mut Workspace,
    ) -> Result<(), Error> {
        if self.version < before.version {
            return Err(Error::Rollback { role: Role::Snapshot, trusted: before.version, found: self.version });
        }
        let mut measured_new = Measured::new(new, Role::Snapshot, &ANY, self.length, true)?;
        let mut measured_old = Measured::new(old, Role::Snapshot, &ANY, before.length, true)?;
        let Workspace { pass, beside, .. } = &mut *workspace;
        let PassSpace { scratch, signature, .. } = pass;
        let in_step = check_rollback_in_step(&mut measured_new, &mut measured_old, scratch, beside, signature);
        same_file(Role::Snapshot, &self.sha256, &measured_new.finish()?.1)?;
        same_file(Role::Snapshot, &before.sha256, &measured_old.finish()?.1)?;
        if in_step? {
            return Ok(());
        }
        match (new.whole(), old.whole()) {
            (Some(new), Some(old)) => check_rollback(new, old, &mut workspace.pass.scratch),
            _ => Err(Error::StreamUnsorted { position: 0 }),
        }
    }

    /// What the snapshot lists of a role, out of its file, which must be the one that was verified.
    ///
    /// Where it lies in memory, its hash alone is taken before the entry is looked up: it was read in full before.
    pub(crate) fn look_up<S: Source>(
        &self,
        name: &str,
        source: &mut S,
        workspace: &mut Workspace,
    ) -> Result<Option<Listed>, Error> {
        if let Some(whole) = source.whole() {
            same_file(Role::Snapshot, &self.sha256, &sha256(whole))?;
            return look_up(name, whole, &mut workspace.pass.scratch);
        }
        let terms = Terms { role: Role::Snapshot, listed: &ANY, maximum: self.length, bind: true };
        let mut question = Snapshot::new(name);
        let sha256 = ask(source, &terms, &mut workspace.pass, &mut question)?;
        same_file(Role::Snapshot, &self.sha256, &sha256)?;
        Ok(question.listed)
    }
}

/// spec §5.3.10, §5.4.4, §5.5.6, §5.6.5: at its expiry a file has expired.
pub(crate) fn check_expiry(role: Role, expires: Time, now: Time) -> Result<(), Error> {
    if now >= expires { Err(Error::Expired { role, expires, now }) } else { Ok(()) }
}

/// spec §5.5.4, §5.6.4
pub(crate) fn check_version(role: Role, expected: u64, found: u64) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::WrongVersion { role, expected, found }) }
}
