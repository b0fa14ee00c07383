//! The search for a target through delegations (spec §5.6.7): which roles were visited, which are still to be.

use heapless::Vec;

use crate::delegations::{Match, RoleName};
use crate::limits::VISITED_MAX;
use crate::names::Fingerprint;

/// All roles of one search: the targets role, and at most [`VISITED_MAX`] delegated ones.
const ROLES_MAX: usize = VISITED_MAX + 1;

/// A role that was read, and may be needed again for a delegation further down its list.
struct Visited {
    name: RoleName,
    /// The place of its delegator among the visited.
    parent: Option<usize>,
    /// Of its file.
    sha256: [u8; 32],
}

/// A delegation that may speak for the path and waits for its turn.
#[derive(Clone, Copy)]
pub(crate) struct Pending {
    /// The place of the delegator among the visited.
    delegator: usize,
    /// The place of the delegation in the delegator's list.
    pub(crate) place: u32,
    name: Fingerprint,
}

/// A pre-order search, with the state that pre-order needs and no file's bytes.
pub(crate) struct Search {
    visited: Vec<Visited, ROLES_MAX>,
    names: Vec<Fingerprint, ROLES_MAX>,
    /// The next one is the last.
    pending: Vec<Pending, VISITED_MAX>,
    /// The role whose turn it is, and the place of its delegator.
    pub(crate) role: RoleName,
    parent: Option<usize>,
    /// There were more delegations than a search may visit.
    overflowed: bool,
}

impl Search {
    /// Begins at the targets role.
    pub(crate) fn new() -> Self {
        let mut search =
            Search { visited: Vec::new(), names: Vec::new(), pending: Vec::new(), role: RoleName::new(), parent: None, overflowed: false };
        // It fits by far.
        let _ = search.role.push_str("targets");
        search
    }

    /// The names of all roles that were visited.
    pub(crate) fn visited(&self) -> &[Fingerprint] {
        &self.names
    }

    /// How many delegated roles were visited.
    pub(crate) fn delegations(&self) -> usize {
        self.visited.len().saturating_sub(1)
    }

    pub(crate) const fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Ends the visit of the role whose turn it was. Of the delegations that it `found`, the first is visited next if
    /// there is one; the others wait before all that wait already. A terminating one takes the turn from the latter.
    pub(crate) fn leave(&mut self, sha256: [u8; 32], found: &[Match], terminated: bool, overflowed: bool) -> usize {
        let place = self.visited.len();
        let name = self.role.clone();
        // There is room: the number of visits is checked before each.
        let _ = self.names.push(Fingerprint::new(name.as_bytes()));
        let _ = self.visited.push(Visited { name, parent: self.parent, sha256 });
        if terminated {
            self.pending.clear();
            self.overflowed = false;
        }
        self.overflowed |= overflowed;
        for one in found.iter().skip(1).rev() {
            if self.pending.is_full() {
                // The first in is the last that would be visited, and could not be.
                self.pending.remove(0);
                self.overflowed = true;
            }
            let _ = self.pending.push(Pending { delegator: place, place: one.place, name: one.name });
        }
        place
    }

    /// Gives the turn to a role that the one at `delegator` delegates to.
    pub(crate) fn enter(&mut self, role: RoleName, delegator: usize) {
        self.role = role;
        self.parent = Some(delegator);
    }

    /// The next delegation that waits and leads to a role that was not visited.
    pub(crate) fn next(&mut self) -> Option<Pending> {
        while let Some(pending) = self.pending.pop() {
            // Cycles end here.
            if !self.names.contains(&pending.name) {
                return Some(pending);
            }
        }
        None
    }

    /// The delegator of a delegation that waits: its name and its file's SHA-256.
    pub(crate) fn delegator(&self, pending: &Pending) -> Option<(&str, &[u8; 32])> {
        self.visited.get(pending.delegator).map(|visited| (visited.name.as_str(), &visited.sha256))
    }

    /// The place of the delegator of a delegation that waits.
    pub(crate) const fn place_of_delegator(pending: &Pending) -> usize {
        pending.delegator
    }

    /// The roles that lead to the one whose turn it is, itself included: from `targets` on.
    pub(crate) fn path(&self) -> impl Iterator<Item = &str> {
        let mut places = Vec::<usize, ROLES_MAX>::new();
        let mut next = self.parent;
        while let Some(visited) = next.and_then(|place| self.visited.get(place)) {
            // No role is its own delegator, so the places go down.
            let _ = places.push(next.unwrap_or_default());
            next = visited.parent;
        }
        let names = places.into_iter().rev().filter_map(|place| self.visited.get(place)).map(|visited| visited.name.as_str());
        names.chain(core::iter::once(self.role.as_str()))
    }
}
