//! Names that must differ from each other, in a list that may be long and in any order.

use heapless::{String, Vec};

use crate::hash::sha256;
use crate::limits::{ROLE_NAME_LENGTH_MAX, UNORDERED_ROLES_MAX};
use crate::work::{Counter, count};

/// A role's name.
pub(crate) type RoleName = String<ROLE_NAME_LENGTH_MAX>;

/// The first bytes of a name's SHA-256, by which names are told apart. Who makes two names collide
/// only has a repository of their own refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint([u8; 16]);

impl Fingerprint {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let digest = sha256(bytes);
        Fingerprint(digest.first_chunk().copied().unwrap_or_default())
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A bounded set of names.
pub(crate) struct NameSet(Vec<Fingerprint, UNORDERED_ROLES_MAX>);

impl NameSet {
    pub(crate) const fn new() -> Self {
        NameSet(Vec::new())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn contains(&self, name: Fingerprint) -> bool {
        count(Counter::Compared, self.0.len());
        self.0.contains(&name)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.is_full()
    }

    /// Puts a name in; says no where there is no room.
    pub(crate) fn insert(&mut self, name: Fingerprint) -> bool {
        self.0.push(name).is_ok()
    }
}
