//! The search for a target through delegations (spec §5.6.7): the visited roles and the pending
//! delegations.

use heapless::{String, Vec};

use crate::delegation_matches::DelegationMatches;
use crate::error::Error;
use crate::file_identity::FileIdentity;
use crate::limits::{Limit, VISITED_MAX, VISITED_NAMES_MAX};
use crate::names::{Fingerprint, RoleName};
use crate::role::Role;

/// The maximum number of roles in a search: the targets role and [`VISITED_MAX`] delegated roles.
const ROLES_MAX: usize = VISITED_MAX + 1;

/// A visited role, which may be read again for another of its delegations.
struct Visited {
    /// The end of its name in `names`; it starts at the end of the previous name.
    name_end: usize,
    /// The index of its delegator among the visited roles.
    parent: Option<usize>,
    /// Its file.
    file: FileIdentity,
}

/// A pending delegation whose paths match.
#[derive(Clone, Copy)]
pub(crate) struct Pending {
    /// The index of the delegator among the visited roles.
    delegator: usize,
    /// The index of the delegation in the delegator's list.
    pub(crate) place: u32,
    name: Fingerprint,
}

/// A pre-order depth-first search. It holds no bytes of files.
pub(crate) struct Search {
    visited: Vec<Visited, ROLES_MAX>,
    /// The names of the visited roles, concatenated.
    names: String<VISITED_NAMES_MAX>,
    fingerprints: Vec<Fingerprint, ROLES_MAX>,
    /// The pending delegations; the last one is next.
    pending: Vec<Pending, VISITED_MAX>,
    /// The current role, and the index of its delegator.
    pub(crate) role: RoleName,
    parent: Option<usize>,
    /// Whether there were more delegations than a search may visit.
    overflowed: bool,
}

impl Search {
    /// Creates a search, which must [`begin`](Self::begin).
    pub(crate) const fn new() -> Self {
        Search {
            visited: Vec::new(),
            names: String::new(),
            fingerprints: Vec::new(),
            pending: Vec::new(),
            role: RoleName::new(),
            parent: None,
            overflowed: false,
        }
    }

    /// Starts at the targets role.
    pub(crate) fn begin(&mut self) {
        self.visited.clear();
        self.names.clear();
        self.fingerprints.clear();
        self.pending.clear();
        self.parent = None;
        self.overflowed = false;
        self.turn_to(Role::Targets.type_name());
    }

    fn turn_to(&mut self, role: &str) {
        // There is room: the number of visits was checked, and no name is longer.
        let _ = self.fingerprints.push(Fingerprint::new(role.as_bytes()));
        self.role.clear();
        let _ = self.role.push_str(role);
    }

    /// Returns the fingerprints of the names of all visited roles, including the current one.
    pub(crate) fn visited(&self) -> &[Fingerprint] {
        &self.fingerprints
    }

    /// Checks that the search can continue after the current role, with at most `visits` delegated
    /// roles in all. Call it before [`Search::leave`], so that an error changes nothing.
    ///
    /// # Errors
    /// [`Error::LimitReached`] if roles remain that cannot be visited, so that there is no verdict
    /// on the target.
    pub(crate) fn check_leave(
        &self,
        matches: &DelegationMatches,
        visits: usize,
    ) -> Result<(), Error> {
        let waits = |pending: &Pending| !self.fingerprints.contains(&pending.name);
        let waiting = !matches.terminated && self.pending.iter().any(waits);
        let lost = matches.overflowed || (self.overflowed && !matches.terminated);
        // The targets role counts as visited but is not delegated, so after this role the number of
        // delegated roles is the present number of visited ones.
        let full = self.visited.len() >= visits;
        if if matches.first_role.is_some() || waiting { full } else { lost } {
            let maximum = u64::try_from(visits).unwrap_or(u64::MAX);
            return Err(Error::LimitReached { limit: Limit::Delegations, maximum });
        }
        if self.names.capacity().saturating_sub(self.names.len()) < self.role.len() {
            let maximum = u64::try_from(VISITED_NAMES_MAX).unwrap_or(u64::MAX);
            return Err(Error::LimitReached { limit: Limit::VisitedNames, maximum });
        }
        Ok(())
    }

    /// Ends the visit of the current role. The matching delegations come before all pending ones,
    /// the first of them next. A terminating delegation discards the earlier pending ones.
    pub(crate) fn leave(&mut self, matches: &DelegationMatches) -> usize {
        let place = self.visited.len();
        // There is room, as checked before.
        let _ = self.names.push_str(&self.role);
        let _ = self.visited.push(Visited {
            name_end: self.names.len(),
            parent: self.parent,
            file: matches.file,
        });
        if matches.terminated {
            self.pending.clear();
            self.overflowed = false;
        }
        self.overflowed |= matches.overflowed;
        for one in matches.found.iter().skip(1).rev() {
            if self.pending.is_full() {
                // The first entry would be visited last, which the limit prevents.
                self.pending.remove(0);
                self.overflowed = true;
            }
            let _ =
                self.pending.push(Pending { delegator: place, place: one.place, name: one.name });
        }
        place
    }

    /// Makes a role the current one, to which the role at index `delegator` delegates.
    pub(crate) fn enter(&mut self, role: &str, delegator: usize) {
        self.turn_to(role);
        self.parent = Some(delegator);
    }

    /// Returns the name of the last visited role.
    pub(crate) fn left(&self) -> &str {
        self.visited.len().checked_sub(1).map_or("", |last| self.name(last))
    }

    /// Returns the next pending delegation to a role that was not visited.
    pub(crate) fn next(&mut self) -> Option<Pending> {
        while let Some(pending) = self.pending.pop() {
            // Cycles end here.
            if !self.fingerprints.contains(&pending.name) {
                return Some(pending);
            }
        }
        None
    }

    /// Returns the name and the file of the delegator of a pending delegation.
    pub(crate) fn delegator(&self, pending: &Pending) -> Option<(&str, &FileIdentity)> {
        self.visited
            .get(pending.delegator)
            .map(|visited| (self.name(pending.delegator), &visited.file))
    }

    /// Returns the index of the delegator of a pending delegation.
    pub(crate) const fn place_of_delegator(pending: &Pending) -> usize {
        pending.delegator
    }

    fn name(&self, place: usize) -> &str {
        let end = |place: usize| self.visited.get(place).map(|visited| visited.name_end);
        let start = place.checked_sub(1).and_then(end).unwrap_or(0);
        end(place).and_then(|end| self.names.get(start..end)).unwrap_or_default()
    }

    /// Returns the roles on the path to the current role, from `targets` on, including the current
    /// role.
    pub(crate) fn path(&self) -> impl Iterator<Item = &str> {
        let mut depth = 0_usize;
        let mut place = self.parent;
        // No role is its own delegator, so the loop ends.
        while place.is_some() {
            depth = depth.saturating_add(1);
            place = self.delegator_of(place);
        }
        (0..=depth).rev().map(|up| self.name_above(up))
    }

    /// Returns the name of the role that is `up` delegations above the current one.
    fn name_above(&self, up: usize) -> &str {
        let mut place = None;
        for _ in 0..up {
            place = self.delegator_of(place);
        }
        place.map_or(&self.role, |place| self.name(place))
    }

    /// Returns the index of the delegator of the role at an index, or of the current role.
    fn delegator_of(&self, place: Option<usize>) -> Option<usize> {
        match place {
            Some(place) => self.visited.get(place)?.parent,
            None => self.parent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delegation_matches::DelegationMatch;

    fn file(byte: u8) -> FileIdentity {
        FileIdentity { length: u64::from(byte), sha256: [byte; 32] }
    }
    use std::string::String;
    use std::vec;
    use std::{format, vec::Vec as List};

    fn begun() -> Search {
        let mut search = Search::new();
        search.begin();
        search
    }

    fn leave(
        search: &mut Search,
        file: FileIdentity,
        found: &[DelegationMatch],
        terminated: bool,
        overflowed: bool,
    ) -> usize {
        let found = found.iter().copied().collect();
        search.leave(&DelegationMatches {
            file,
            found,
            terminated,
            overflowed,
            ..DelegationMatches::new()
        })
    }

    fn found(names: &[&str]) -> List<DelegationMatch> {
        let matches = names.iter().zip(0..);
        matches
            .map(|(name, place)| DelegationMatch { place, name: Fingerprint::new(name.as_bytes()) })
            .collect()
    }

    /// What a role delegates a path to, in its order; and whether the last of these is terminating.
    type Delegations<'d> = &'d [(&'d str, &'d [&'d str], bool)];

    /// Visits as [`Update`](crate::Update) does, and says in which order.
    fn visits(delegations: Delegations<'_>) -> (List<String>, Search) {
        let mut search = begun();
        let mut order = vec![];
        loop {
            order.push(String::from(search.role.as_str()));
            assert!(order.len() <= ROLES_MAX, "{order:?}");
            let (_, names, terminated) = delegations
                .iter()
                .find(|(role, ..)| *role == search.role.as_str())
                .copied()
                .unwrap_or(("", &[], false));
            // A role that was visited is left out of what is found.
            let fresh = |name: &&&str| {
                !search.visited().contains(&Fingerprint::new(name.as_bytes()))
                    && ***name != *search.role.as_str()
            };
            let names: List<&str> = names.iter().filter(fresh).copied().collect();
            let place = leave(&mut search, file(0), &found(&names), terminated, false);
            let next = match names.first() {
                Some(first) => Some((String::from(*first), place)),
                None => search.next().map(|pending| {
                    let delegator = Search::place_of_delegator(&pending);
                    let all = delegations.iter().flat_map(|(_, names, _)| names.iter());
                    let name = all
                        .into_iter()
                        .find(|name| Fingerprint::new(name.as_bytes()) == pending.name)
                        .unwrap();
                    (String::from(*name), delegator)
                }),
            };
            match next {
                Some((name, delegator)) => search.enter(&name, delegator),
                None => return (order, search),
            }
        }
    }

    #[test]
    fn the_order_is_pre_order_and_each_list_keeps_its_own() {
        let (order, _) = visits(&[
            ("targets", &["b", "a", "c"], false),
            ("b", &["z", "y"], false),
            ("a", &["x"], false),
        ]);
        assert_eq!(order, ["targets", "b", "z", "y", "a", "x", "c"]);
    }

    #[test]
    fn no_role_is_visited_twice() {
        let (order, _) = visits(&[
            ("targets", &["a", "b"], false),
            ("a", &["b", "targets", "a"], false),
            ("b", &["a", "c"], false),
            ("c", &["b"], false),
        ]);
        assert_eq!(order, ["targets", "a", "b", "c"]);
    }

    #[test]
    fn a_terminating_delegation_ends_what_waits_above() {
        let (order, _) = visits(&[
            ("targets", &["a", "b"], false),
            ("a", &["x", "y"], true),
            ("x", &["w"], false),
        ]);
        assert_eq!(order, ["targets", "a", "x", "w", "y"]);
        // Behind a terminating delegation to a role that was visited, there is nothing either.
        let (order, _) = visits(&[("targets", &["a", "b"], false), ("a", &["targets"], true)]);
        assert_eq!(order, ["targets", "a"]);
    }

    #[test]
    fn the_path_leads_from_targets_to_the_role_at_hand() {
        let (order, search) = visits(&[
            ("targets", &["a", "b"], false),
            ("a", &["x", "y"], false),
            ("b", &["z"], false),
        ]);
        assert_eq!(order.last().unwrap(), "z");
        assert_eq!(search.path().collect::<List<_>>(), ["targets", "b", "z"]);
        assert_eq!(begun().path().collect::<List<_>>(), ["targets"]);
        assert_eq!(search.visited().len(), 6);
    }

    #[test]
    fn a_delegator_is_known_by_its_name_and_its_file() {
        let mut search = begun();
        let place = leave(&mut search, file(7), &found(&["a", "b"]), false, false);
        search.enter("a", place);
        leave(&mut search, file(8), &[], false, false);
        let pending = search.next().unwrap();
        assert_eq!(pending.place, 1);
        assert_eq!(search.delegator(&pending), Some(("targets", &file(7))));
        assert!(search.next().is_none());
    }

    #[test]
    fn what_there_is_no_room_for_is_not_forgotten() {
        let names: List<String> = (0..VISITED_MAX).map(|name| format!("{name}")).collect();
        let names: List<&str> = names.iter().map(String::as_str).collect();
        let mut search = begun();
        let place = leave(&mut search, file(0), &found(&names), false, false);
        assert!(!search.overflowed);
        search.enter("0", place);
        leave(&mut search, file(0), &found(&["x", "y", "z"]), false, false);
        // The ones that come first are kept.
        assert!(search.overflowed);
        let next =
            |search: &mut Search| search.next().map(|pending| (pending.delegator, pending.place));
        assert_eq!(next(&mut search), Some((1, 1)));
        assert_eq!(next(&mut search), Some((1, 2)));
        assert_eq!(next(&mut search), Some((0, 1)));
        // A terminating delegation makes up for it: what was lost would not have been asked.
        leave(&mut search, file(0), &found(&["v", "w"]), true, false);
        assert!(!search.overflowed);
        assert_eq!(next(&mut search), Some((2, 1)));
        assert_eq!(next(&mut search), None);
        leave(&mut search, file(0), &[], true, true);
        assert!(search.overflowed);
    }
}
