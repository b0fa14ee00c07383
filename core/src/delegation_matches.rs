//! Which delegations of a targets role match a path, as the search takes it over.

use heapless::Vec;

use crate::file_identity::FileIdentity;
use crate::limits::VISITED_MAX;
use crate::names::{Fingerprint, RoleName};

/// What the file of the role whose turn it is says of the way to the path.
pub(crate) struct DelegationMatches {
    pub(crate) file: FileIdentity,
    /// The matching delegations to roles that were not visited, in the list's order, up to a
    /// terminating one; no more than a search could visit.
    pub(crate) found: Vec<DelegationMatch, VISITED_MAX>,
    /// A delegation matched and is terminating: nothing behind it, here or further up, may be
    /// asked.
    pub(crate) terminated: bool,
    /// There were more than `found` has room for.
    pub(crate) overflowed: bool,
    /// The first delegation's role, whose keys are in [`RoleKeys`].
    pub(crate) first_role: Option<RoleName>,
}

impl DelegationMatches {
    /// None yet.
    pub(crate) const fn new() -> Self {
        DelegationMatches {
            file: FileIdentity { length: 0, sha256: [0; 32] },
            found: Vec::new(),
            terminated: false,
            overflowed: false,
            first_role: None,
        }
    }

    /// Says nothing of the path.
    pub(crate) fn clear(&mut self) {
        self.found.clear();
        (self.terminated, self.overflowed, self.first_role) = (false, false, None);
    }
}

/// A delegation that may speak for the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DelegationMatch {
    /// Which of the list it is.
    pub(crate) place: u32,
    pub(crate) name: Fingerprint,
}
