//! Which roles a targets role delegates a path to (spec §4.5, TAP 15), and with which keys.

use core::num::NonZeroU32;

use crate::delegation_matches::{DelegationMatch, DelegationMatches};
use crate::error::Error;
use crate::glob;
use crate::json::{Entry, Failed, Field, Reader, Sink};
use crate::keys::{read_keyids, read_keys, read_threshold};
use crate::limits::{Limit, ROLE_NAME_LENGTH_MAX};
use crate::names::{Fingerprint, RoleName};
use crate::pass_space::{PassSpace, ReadSpace};
use crate::path_hash::{PathHash, bin, bin_name, is_valid_prefix, matches_prefix};
use crate::role::Role;
use crate::source::{Slice, Source};

/// What is asked of a list of delegations.
#[derive(Clone, Copy)]
pub(crate) enum Lookup<'q> {
    /// Nothing but form.
    Nothing,
    /// All delegations of a path, and the keys of the first to a role that was not visited.
    Path {
        /// The target path.
        path: &'q str,
        /// Its SHA-256.
        hash: &'q PathHash,
        /// The roles that were visited.
        visited: &'q [Fingerprint],
    },
    /// The keys of the delegation at this place in the list, for the same path.
    Place { place: u32, path: &'q str, hash: &'q PathHash },
}

/// What a list of delegations is asked, and where the answer goes.
pub(crate) struct DelegationReader<'q> {
    lookup: Lookup<'q>,
    pub(crate) matches: &'q mut DelegationMatches,
    place: u32,
    /// The file was verified before: it need not be read past the answer.
    verified: bool,
}

/// The small parts of a delegation; the large ones are the workspace's
/// [`DelegationSpace`](crate::pass_space::DelegationSpace).
#[derive(Default)]
struct Delegation {
    has_name: bool,
    has_keyids: bool,
    threshold: Option<NonZeroU32>,
    terminating: Option<bool>,
    matches_paths: Option<bool>,
    matches_prefixes: Option<bool>,
}

impl<'q> DelegationReader<'q> {
    pub(crate) const fn new(lookup: Lookup<'q>, matches: &'q mut DelegationMatches) -> Self {
        DelegationReader { lookup, matches, place: 0, verified: false }
    }

    pub(crate) fn clear(&mut self) {
        self.place = 0;
        self.matches.clear();
    }

    /// Asks a file that lies in memory and was verified before; its `delegations` begin at
    /// `position`.
    pub(crate) fn ask_verified(
        &mut self,
        file: &[u8],
        position: u64,
        pass: &mut PassSpace,
    ) -> Result<(), Failed> {
        self.verified = true;
        let PassSpace { scratch, text, names, role_keys, delegation, identities, .. } = pass;
        role_keys.clear();
        loop {
            self.clear();
            let mut source = Slice::from(file, position);
            let mut reader = Reader::asking(&mut source, scratch).beginning_at(position);
            self.read(
                &mut reader,
                &mut ReadSpace { names, role_keys, delegation, text, identities },
            )?;
            if self.matches.first_role.is_none() || role_keys.settle() {
                return Ok(());
            }
        }
    }

    /// Returns whether all is known that is asked.
    fn is_answered(&self) -> bool {
        match self.lookup {
            Lookup::Nothing => true,
            Lookup::Path { .. } => self.matches.terminated,
            Lookup::Place { .. } => self.matches.first_role.is_some(),
        }
    }

    /// Reads the object `delegations`.
    pub(crate) fn read<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
        space: &mut ReadSpace<'_>,
    ) -> Result<(), Failed> {
        space.names.clear();
        space.delegation.greatest.clear();
        space.role_keys.authority.keys.clear();
        let (mut has_keys, mut has_roles, mut has_succinct) = (false, false, false);
        reader.enter_object()?;
        while reader.next_member()? {
            if reader.at("keys") {
                has_keys = true;
                read_keys(reader, space, true)?;
            } else if reader.at("roles") {
                has_roles = true;
                reader.enter_array()?;
                while reader.skim_to_element(|entry| self.skim_role(entry, space))? {
                    self.read_role(reader, space)?;
                    if self.verified && has_keys && self.is_answered() {
                        return Ok(());
                    }
                }
            } else if reader.at("succinct_roles") {
                has_succinct = true;
                self.read_succinct(reader, space)?;
            } else {
                reader.skip()?;
            }
        }
        match (has_keys, has_roles, has_succinct) {
            (false, ..) => Err(reader.missing("keys")),
            (_, false, false) => Err(reader.missing("roles")),
            (_, true, true) => {
                Err(reader.fail_here(|position| Error::InvalidDelegation { position }))
            }
            _ => Ok(()),
        }
    }

    /// Takes a delegation that does not match, if it is right and its name is beyond all names
    /// before.
    fn skim_role(&mut self, entry: &Entry<'_, '_>, space: &mut ReadSpace<'_>) -> bool {
        let ReadSpace { names, delegation, .. } = space;
        // Until then, names are kept besides.
        if !names.is_full() {
            return false;
        }
        let mut name = &[][..];
        for (field, text) in entry.fields() {
            let fits = match field {
                Field::RoleName => {
                    name = text;
                    text > delegation.greatest.as_bytes() && text.len() <= ROLE_NAME_LENGTH_MAX
                }
                Field::Prefix => {
                    is_valid_prefix(text)
                        && !self.lookup.hash().is_some_and(|hash| matches_prefix(hash, text))
                }
                Field::Pattern => !self.lookup.path().is_some_and(|path| {
                    core::str::from_utf8(text).is_ok_and(|pattern| glob::matches(pattern, path))
                }),
                _ => entry.is_well_formed(),
            };
            if !fits {
                return false;
            }
        }
        let Ok(name) = core::str::from_utf8(name) else {
            return false;
        };
        if name.is_empty() || Role::from_name(name) != Role::Delegated {
            return false;
        }
        delegation.greatest.clear();
        // Its length was looked at.
        let _ = delegation.greatest.push_str(name);
        self.place = self.place.saturating_add(1);
        true
    }

    fn read_role<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
        space: &mut ReadSpace<'_>,
    ) -> Result<(), Failed> {
        let mut role = Delegation::default();
        reader.enter_object()?;
        while reader.next_member()? {
            if reader.at("name") {
                role.has_name = true;
                read_role_name(reader, &mut space.delegation.name)?;
            } else if reader.at("keyids") {
                role.has_keyids = true;
                read_keyids(reader, &mut space.delegation.keyids)?;
            } else if reader.at("threshold") {
                role.threshold = Some(read_threshold(reader)?);
            } else if reader.at("terminating") {
                role.terminating = Some(reader.boolean()?);
            } else if reader.at("paths") {
                role.matches_paths = Some(self.read_paths(reader)?);
            } else if reader.at("path_hash_prefixes") {
                role.matches_prefixes = Some(self.read_prefixes(reader)?);
            } else {
                reader.skip()?;
            }
        }
        self.add_role(&role, reader, space)
    }

    /// Reads patterns, and says whether one matches.
    fn read_paths<S: Source, K: Sink>(
        &self,
        reader: &mut Reader<'_, S, K>,
    ) -> Result<bool, Failed> {
        let mut matches = false;
        reader.enter_array()?;
        while reader.next_element()? {
            reader.mark(Field::Pattern);
            matches |= reader.string(|pattern| {
                self.lookup.path().is_some_and(|path| glob::matches(pattern, path))
            })?;
        }
        Ok(matches)
    }

    /// Reads prefixes of the path's hash, and says whether one matches.
    fn read_prefixes<S: Source, K: Sink>(
        &self,
        reader: &mut Reader<'_, S, K>,
    ) -> Result<bool, Failed> {
        let mut matches = false;
        reader.enter_array()?;
        while reader.next_element()? {
            reader.mark(Field::Prefix);
            let (valid, matching) = reader.string_bytes(|prefix| {
                (
                    is_valid_prefix(prefix),
                    self.lookup.hash().is_some_and(|hash| matches_prefix(hash, prefix)),
                )
            })?;
            if !valid {
                return Err(reader.invalid_form("path_hash_prefixes"));
            }
            matches |= matching;
        }
        Ok(matches)
    }

    fn add_role<S: Source, K: Sink>(
        &mut self,
        role: &Delegation,
        reader: &mut Reader<'_, S, K>,
        space: &mut ReadSpace<'_>,
    ) -> Result<(), Failed> {
        if !role.has_keyids {
            return Err(reader.missing("keyids"));
        }
        if !role.has_name {
            return Err(reader.missing("name"));
        }
        let terminating = reader.require(role.terminating, "terminating")?;
        let threshold = reader.require(role.threshold, "threshold")?;
        let name = space.delegation.name.as_str();
        if name.is_empty() || Role::from_name(name) != Role::Delegated {
            return Err(reader.fail_here(|position| Error::InvalidRoleName { position }));
        }
        let matches = match (role.matches_paths, role.matches_prefixes) {
            (Some(_), Some(_)) => {
                return Err(reader.fail_here(|position| Error::InvalidDelegation { position }));
            }
            (Some(matches), None) | (None, Some(matches)) => matches,
            (None, None) => false,
        };
        if self.is_duplicate(matches, space) {
            return Err(reader.fail_here(|position| Error::DuplicateRole { position }));
        }
        if matches {
            self.add_match(terminating, threshold, space);
        }
        self.place = self.place.saturating_add(1);
        Ok(())
    }

    /// Two roles of one name are refused where that can be seen in bounded memory: in any list
    /// whose names are in order; among the first
    /// [`UNORDERED_ROLES_MAX`](crate::limits::UNORDERED_ROLES_MAX) names of any other; and among
    /// all that match.
    fn is_duplicate(&mut self, matches: bool, space: &mut ReadSpace<'_>) -> bool {
        let ReadSpace { names, delegation, .. } = space;
        if delegation.name == delegation.greatest {
            return true;
        }
        let beyond = delegation.name > delegation.greatest;
        if beyond {
            delegation.greatest.clear();
            // Both have the same capacity.
            let _ = delegation.greatest.push_str(&delegation.name);
            if names.is_full() && !matches {
                return false;
            }
        }
        let fingerprint = Fingerprint::new(delegation.name.as_bytes());
        if !beyond
            && (names.contains(fingerprint)
                || self.matches.found.iter().any(|found| found.name == fingerprint))
        {
            return true;
        }
        names.insert(fingerprint);
        false
    }

    /// Notes that the delegation matches, and puts its keys into the role keys if they are the
    /// wanted ones.
    fn add_match(&mut self, terminating: bool, threshold: NonZeroU32, space: &mut ReadSpace<'_>) {
        let fingerprint = Fingerprint::new(space.delegation.name.as_bytes());
        let is_first = match self.lookup {
            Lookup::Nothing => false,
            Lookup::Place { place, .. } => place == self.place,
            Lookup::Path { .. } if self.matches.terminated => false,
            Lookup::Path { visited, .. } => {
                self.matches.terminated = terminating;
                if visited.contains(&fingerprint) {
                    false
                } else if self
                    .matches
                    .found
                    .push(DelegationMatch { place: self.place, name: fingerprint })
                    .is_err()
                {
                    self.matches.overflowed = true;
                    false
                } else {
                    self.matches.first_role.is_none()
                }
            }
        };
        if is_first {
            self.matches.first_role = Some(space.delegation.name.clone());
            core::mem::swap(&mut space.role_keys.keyids, &mut space.delegation.keyids);
            space.role_keys.authority.threshold = Some(threshold);
        }
    }

    /// Reads `succinct_roles` (TAP 15): every path has one bin, and none but that bin speaks for
    /// it. The search ends there, as for python-tuf and tuf-js; by the text of TAP 15 it would go
    /// on.
    fn read_succinct<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
        space: &mut ReadSpace<'_>,
    ) -> Result<(), Failed> {
        let (mut has_keyids, mut has_prefix, mut threshold, mut bit_length) =
            (false, false, None, None);
        reader.enter_object()?;
        while reader.next_member()? {
            if reader.at("keyids") {
                has_keyids = true;
                read_keyids(reader, &mut space.delegation.keyids)?;
            } else if reader.at("threshold") {
                threshold = Some(read_threshold(reader)?);
            } else if reader.at("bit_length") {
                let bits = u8::try_from(reader.positive("bit_length")?.get())
                    .ok()
                    .filter(|bits| *bits <= 32);
                if bits.is_none() {
                    return Err(reader.invalid_form("bit_length"));
                }
                bit_length = bits;
            } else if reader.at("name_prefix") {
                has_prefix = true;
                read_role_name(reader, &mut space.delegation.name)?;
            } else {
                reader.skip()?;
            }
        }
        if !has_keyids {
            return Err(reader.missing("keyids"));
        }
        let threshold = reader.require(threshold, "threshold")?;
        let bit_length = reader.require(bit_length, "bit_length")?;
        if !has_prefix {
            return Err(reader.missing("name_prefix"));
        }
        // The verdict must not wait until a path is asked for.
        let bin = self.lookup.hash().map(|hash| bin(&hash.bytes, bit_length));
        let Some(name) = bin_name(&space.delegation.name, bin.unwrap_or(0), bit_length) else {
            return Err(reader.limit(Limit::RoleNameLength, ROLE_NAME_LENGTH_MAX));
        };
        if bin.is_some() {
            space.delegation.name = name;
            self.add_match(true, threshold, space);
        }
        Ok(())
    }
}

impl<'q> Lookup<'q> {
    fn path(&self) -> Option<&'q str> {
        match self {
            Lookup::Nothing => None,
            Lookup::Path { path, .. } | Lookup::Place { path, .. } => Some(path),
        }
    }

    fn hash(&self) -> Option<&'q PathHash> {
        match self {
            Lookup::Nothing => None,
            Lookup::Path { hash, .. } | Lookup::Place { hash, .. } => Some(hash),
        }
    }
}

fn read_role_name<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    name: &mut RoleName,
) -> Result<(), Failed> {
    name.clear();
    reader.mark(Field::RoleName);
    match reader.string(|text| name.push_str(text))? {
        Ok(()) => Ok(()),
        Err(_) => Err(reader.limit(Limit::RoleNameLength, ROLE_NAME_LENGTH_MAX)),
    }
}

#[cfg(test)]
mod tests;
