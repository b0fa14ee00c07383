//! The memory that one reading of a file works in, and the parts of it that a role's reader uses.

use heapless::{String, Vec};

use crate::error::Error;
use crate::file_identity::{FileIdentity, mismatch};
use crate::identities::Identities;
use crate::json::{Failed, Scratch, Text};
use crate::key::KeyId;
use crate::limits::ROLE_KEYS_MAX;
use crate::names::{NameSet, RoleName};
use crate::role::Role;
use crate::threshold::Authority;

/// What a single reading of a file needs besides the signature checks.
pub(crate) struct PassSpace {
    pub(crate) scratch: Scratch,
    /// A string that is needed beyond its place in the file: a signature, or a key.
    pub(crate) text: Text,
    /// Names that must differ: keyids of signatures, then roles of a delegation.
    pub(crate) names: NameSet,
    /// The keys that the file at hand gives to one of its roles.
    pub(crate) role_keys: RoleKeys,
    /// The delegation that is being read.
    pub(crate) delegation: DelegationSpace,
    pub(crate) identities: Identities,
    /// The file that was read last; without its SHA-256 where that was not asked for.
    pub(crate) read: FileIdentity,
}

impl PassSpace {
    pub(crate) const fn new() -> Self {
        PassSpace {
            scratch: Scratch::new(),
            text: Vec::new(),
            names: NameSet::new(),
            role_keys: RoleKeys::new(),
            delegation: DelegationSpace {
                name: String::new(),
                keyids: Vec::new(),
                greatest: String::new(),
            },
            identities: Identities::new(),
            read: FileIdentity { length: 0, sha256: [0; 32] },
        }
    }

    /// Keeps an error.
    pub(crate) fn fail(&mut self, error: Error) -> Failed {
        self.scratch.failure.set(error)
    }

    /// That the file which was read last, and was read before, is the one that was verified.
    pub(crate) fn same_file(&mut self, role: Role, before: &[u8; 32]) -> Result<(), Failed> {
        if *before == self.read.sha256 {
            Ok(())
        } else {
            Err(self.fail(mismatch(role, before, &self.read.sha256)))
        }
    }
}

/// The parts of a delegation that are too large to move about for each of 16,384 bins.
pub(crate) struct DelegationSpace {
    pub(crate) name: RoleName,
    pub(crate) keyids: Vec<KeyId, ROLE_KEYS_MAX>,
    /// The greatest name of the list so far: one beyond it cannot have been there.
    pub(crate) greatest: RoleName,
}

/// The keys of one role, as they come to light in the file of its delegator: keys and keyids in
/// either order.
pub(crate) struct RoleKeys {
    /// All keys of the file, or those in `keyids` only when `chosen`.
    pub(crate) authority: Authority,
    /// The role's keyids.
    pub(crate) keyids: Vec<KeyId, ROLE_KEYS_MAX>,
    pub(crate) chosen: bool,
    /// Whether the file has keys for which there was no room.
    pub(crate) overflowed: bool,
    /// Whether any file so far has a key of ML-DSA, which this build cannot use.
    pub(crate) lacks_ml_dsa: bool,
}

impl RoleKeys {
    const fn new() -> Self {
        RoleKeys {
            authority: Authority::new(),
            keyids: Vec::new(),
            chosen: false,
            overflowed: false,
            lacks_ml_dsa: false,
        }
    }

    /// Before a file is read for the first time.
    pub(crate) fn clear(&mut self) {
        self.authority.keys.clear();
        self.keyids.clear();
        (self.chosen, self.overflowed) = (false, false);
    }

    /// After a reading: keeps the role's keys alone. Says no where the file has to be read once
    /// more for them.
    pub(crate) fn settle(&mut self) -> bool {
        let keyids = &self.keyids;
        self.authority.keys.retain(|authorized| keyids.contains(&authorized.id));
        if self.overflowed && !self.chosen && self.authority.keys.len() < keyids.len() {
            self.authority.keys.clear();
            (self.chosen, self.overflowed) = (true, false);
            return false;
        }
        true
    }
}

/// The parts of the workspace that a role's reader may use.
pub(crate) struct ReadSpace<'w> {
    pub(crate) names: &'w mut NameSet,
    pub(crate) role_keys: &'w mut RoleKeys,
    pub(crate) delegation: &'w mut DelegationSpace,
    pub(crate) text: &'w mut Text,
    pub(crate) identities: &'w mut Identities,
}
