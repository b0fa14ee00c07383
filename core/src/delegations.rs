//! Which roles a targets role delegates a path to (spec §4.6.1, TAP 15), and with which keys.

use heapless::{String, Vec};

use crate::envelope::Lent;
use crate::error::Error;
use crate::glob;
use crate::json::{Reader, Sink};
use crate::key::KeyId;
use crate::keys::{read_keyids, read_keys, read_threshold};
use crate::limits::{Limit, ROLE_KEYS_MAX, ROLE_NAME_LENGTH_MAX, VISITED_MAX};
use crate::names::Fingerprint;
use crate::path_hash::{bin, bin_name, is_valid_prefix, matches_prefix};
use crate::role::Role;
use crate::source::Source;

/// A role's name.
pub(crate) type RoleName = String<ROLE_NAME_LENGTH_MAX>;

/// What is asked of a list of delegations.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'q> {
    /// Nothing but form.
    Nothing,
    /// All delegations of a path, and the keys of the first to a role that was not visited.
    Path {
        /// The target path.
        path: &'q str,
        /// Its SHA-256.
        hash: &'q [u8; 32],
        /// The roles that were visited.
        visited: &'q [Fingerprint],
    },
    /// The keys of the delegation at this place in the list, for the same path.
    Place { place: u32, path: &'q str, hash: &'q [u8; 32] },
}

/// A delegation that may speak for the path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match {
    /// Which of the list it is.
    pub(crate) place: u32,
    pub(crate) name: Fingerprint,
}

/// What a list of delegations answers.
pub(crate) struct Matches<'q> {
    wanted: Wanted<'q>,
    /// The matching delegations to roles that were not visited, in the list's order, up to a terminating one; no more
    /// than a search could visit.
    pub(crate) found: Vec<Match, VISITED_MAX>,
    /// A delegation matched and is terminating: nothing behind it, here or further up, may be asked.
    pub(crate) terminated: bool,
    /// There were more than `found` has room for.
    pub(crate) overflowed: bool,
    /// The role whose keys are in the grant.
    pub(crate) granted: Option<RoleName>,
    place: u32,
    /// The greatest name so far: one beyond it cannot have been there.
    greatest: RoleName,
}

/// A delegated role as it is being read.
#[derive(Default)]
struct DelegatedRole {
    name: Option<RoleName>,
    keyids: Option<Vec<KeyId, ROLE_KEYS_MAX>>,
    threshold: Option<u32>,
    terminating: Option<bool>,
    matches_paths: Option<bool>,
    matches_prefixes: Option<bool>,
}

impl<'q> Matches<'q> {
    pub(crate) fn new(wanted: Wanted<'q>) -> Self {
        Matches { wanted, found: Vec::new(), terminated: false, overflowed: false, granted: None, place: 0, greatest: RoleName::new() }
    }

    pub(crate) fn clear(&mut self) {
        *self = Matches::new(self.wanted);
    }

    /// Reads the object `delegations`.
    pub(crate) fn read<S: Source, K: Sink>(&mut self, reader: &mut Reader<'_, S, K>, space: &mut Lent<'_>) -> Result<(), Error> {
        space.names.clear();
        space.granted.authority.keys.clear();
        let (mut has_keys, mut has_roles, mut has_succinct) = (false, false, false);
        reader.enter_object()?;
        while reader.next_member()? {
            match reader.name() {
                "keys" => {
                    has_keys = true;
                    read_keys(reader, Some(&mut *space.granted))?;
                }
                "roles" => {
                    has_roles = true;
                    reader.enter_array()?;
                    while reader.next_element()? {
                        self.read_role(reader, space)?;
                    }
                }
                "succinct_roles" => {
                    has_succinct = true;
                    self.read_succinct(reader, space)?;
                }
                _ => reader.skip()?,
            }
        }
        let position = reader.position();
        match (has_keys, has_roles, has_succinct) {
            (false, ..) => Err(Error::MissingMember { position, member: "keys" }),
            (_, false, false) => Err(Error::MissingMember { position, member: "roles" }),
            (_, true, true) => Err(Error::InvalidDelegation { position }),
            _ => Ok(()),
        }
    }

    fn read_role<S: Source, K: Sink>(&mut self, reader: &mut Reader<'_, S, K>, space: &mut Lent<'_>) -> Result<(), Error> {
        let mut role = DelegatedRole::default();
        let (path, hash) = match self.wanted {
            Wanted::Nothing => (None, None),
            Wanted::Path { path, hash, .. } | Wanted::Place { path, hash, .. } => (Some(path), Some(hash)),
        };
        reader.enter_object()?;
        while reader.next_member()? {
            match reader.name() {
                "name" => {
                    let name = reader.string(|text| RoleName::try_from(text))?;
                    role.name = Some(name.map_err(|_| Error::LimitReached {
                        limit: Limit::RoleNameLength,
                        maximum: u64::try_from(ROLE_NAME_LENGTH_MAX).unwrap_or(u64::MAX),
                    })?);
                }
                "keyids" => read_keyids(reader, role.keyids.get_or_insert_default())?,
                "threshold" => role.threshold = Some(read_threshold(reader)?),
                "terminating" => role.terminating = Some(reader.boolean()?),
                "paths" => {
                    let mut matches = false;
                    reader.enter_array()?;
                    while reader.next_element()? {
                        matches |= reader.string(|pattern| path.is_some_and(|path| glob::matches(pattern, path)))?;
                    }
                    role.matches_paths = Some(matches);
                }
                "path_hash_prefixes" => {
                    let mut matches = false;
                    reader.enter_array()?;
                    while reader.next_element()? {
                        let (valid, matching) = reader
                            .string(|prefix| (is_valid_prefix(prefix), hash.is_some_and(|hash| matches_prefix(hash, prefix))))?;
                        if !valid {
                            return Err(Error::InvalidForm { position: reader.position(), member: "path_hash_prefixes" });
                        }
                        matches |= matching;
                    }
                    role.matches_prefixes = Some(matches);
                }
                _ => reader.skip()?,
            }
        }
        self.add_role(role, reader.position(), space)
    }

    fn add_role(&mut self, role: DelegatedRole, position: u64, space: &mut Lent<'_>) -> Result<(), Error> {
        let missing = |member| Error::MissingMember { position, member };
        let keyids = role.keyids.ok_or(missing("keyids"))?;
        let name = role.name.ok_or(missing("name"))?;
        let terminating = role.terminating.ok_or(missing("terminating"))?;
        let threshold = role.threshold.ok_or(missing("threshold"))?;
        if name.is_empty() || Role::from_name(&name) != Role::Delegated {
            return Err(Error::InvalidRoleName { position });
        }
        let matches = match (role.matches_paths, role.matches_prefixes) {
            (Some(_), Some(_)) => return Err(Error::InvalidDelegation { position }),
            (Some(matches), None) | (None, Some(matches)) => matches,
            (None, None) => false,
        };
        self.refuse_duplicate(&name, matches, position, space)?;
        if matches {
            self.add_match(&name, terminating, space, |space| {
                space.granted.keyids = keyids;
                space.granted.authority.threshold = threshold;
            });
        }
        self.place = self.place.saturating_add(1);
        Ok(())
    }

    /// A name that appears twice is refused where that can be seen: always for a name beyond all before it, for one that
    /// matches, and among the first [`UNORDERED_ROLES_MAX`](crate::limits::UNORDERED_ROLES_MAX) names.
    fn refuse_duplicate(&mut self, name: &RoleName, matches: bool, position: u64, space: &mut Lent<'_>) -> Result<(), Error> {
        let beyond = *name > self.greatest;
        if beyond {
            self.greatest.clone_from(name);
        }
        let known = space.names.is_full() && !matches;
        if beyond && known {
            return Ok(());
        }
        let fingerprint = Fingerprint::new(name.as_bytes());
        if !beyond && (space.names.contains(fingerprint) || self.found.iter().any(|found| found.name == fingerprint)) {
            return Err(Error::DuplicateRole { position });
        }
        space.names.insert(fingerprint);
        Ok(())
    }

    /// Notes a delegation that matches, and calls `grant` if its keys are the wanted ones.
    fn add_match(&mut self, name: &RoleName, terminating: bool, space: &mut Lent<'_>, grant: impl FnOnce(&mut Lent<'_>)) {
        let fingerprint = Fingerprint::new(name.as_bytes());
        match self.wanted {
            Wanted::Nothing => {}
            Wanted::Place { place, .. } => {
                if place == self.place {
                    self.granted = Some(name.clone());
                    grant(space);
                }
            }
            Wanted::Path { .. } if self.terminated => {}
            Wanted::Path { visited, .. } => {
                self.terminated = terminating;
                if visited.contains(&fingerprint) {
                    return;
                }
                if self.found.push(Match { place: self.place, name: fingerprint }).is_err() {
                    self.overflowed = true;
                } else if self.granted.is_none() {
                    self.granted = Some(name.clone());
                    grant(space);
                }
            }
        }
    }

    /// Reads `succinct_roles` (TAP 15): every path has one bin, and none but that bin speaks for it.
    fn read_succinct<S: Source, K: Sink>(&mut self, reader: &mut Reader<'_, S, K>, space: &mut Lent<'_>) -> Result<(), Error> {
        let mut keyids = Vec::<KeyId, ROLE_KEYS_MAX>::new();
        let (mut has_keyids, mut threshold, mut bit_length, mut prefix) = (false, None, None, None);
        reader.enter_object()?;
        while reader.next_member()? {
            match reader.name() {
                "keyids" => {
                    has_keyids = true;
                    read_keyids(reader, &mut keyids)?;
                }
                "threshold" => threshold = Some(read_threshold(reader)?),
                "bit_length" => {
                    let bits = u8::try_from(reader.positive("bit_length")?).ok().filter(|bits| *bits <= 32);
                    bit_length = Some(bits.ok_or(Error::InvalidForm { position: reader.position(), member: "bit_length" })?);
                }
                "name_prefix" => {
                    let name = reader.string(|text| RoleName::try_from(text))?;
                    prefix = Some(name.map_err(|_| Error::LimitReached {
                        limit: Limit::RoleNameLength,
                        maximum: u64::try_from(ROLE_NAME_LENGTH_MAX).unwrap_or(u64::MAX),
                    })?);
                }
                _ => reader.skip()?,
            }
        }
        let position = reader.position();
        let missing = |member| Error::MissingMember { position, member };
        if !has_keyids {
            return Err(missing("keyids"));
        }
        let threshold = threshold.ok_or(missing("threshold"))?;
        let bit_length = bit_length.ok_or(missing("bit_length"))?;
        let prefix = prefix.ok_or(missing("name_prefix"))?;
        let (Wanted::Path { hash, .. } | Wanted::Place { hash, .. }) = self.wanted else {
            return Ok(());
        };
        let name = bin_name::<ROLE_NAME_LENGTH_MAX>(&prefix, bin(hash, bit_length), bit_length);
        let name = name.ok_or(Error::LimitReached {
            limit: Limit::RoleNameLength,
            maximum: u64::try_from(ROLE_NAME_LENGTH_MAX).unwrap_or(u64::MAX),
        })?;
        self.add_match(&name, true, space, |space| {
            space.granted.keyids = keyids;
            space.granted.authority.threshold = threshold;
        });
        Ok(())
    }
}
