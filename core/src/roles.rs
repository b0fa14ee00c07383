//! All targets roles of a repository, one after the other: what a mirror and an audit need, where
//! an [`Update`](crate::Update) goes the way to one target.
//!
//! The files lie in memory, with the host, which may look at many of them at a time: the
//! snapshot and the delegators are only read here, and each thread brings its own workspace.

use core::borrow::BorrowMut;
use core::num::NonZeroU32;

use crate::delegations::Lookup;
use crate::envelope::{FileRules, RoleReader, verify};
use crate::error::Error;
use crate::glob;
use crate::hash::sha256;
use crate::json::{Failed, Reader, Sink};
use crate::kept::Kept;
use crate::keys::{read_keyids, read_keys, read_threshold};
use crate::limits::Limits;
use crate::measured::Listed;
use crate::names::RoleName;
use crate::pass_space::{PassSpace, ReadSpace};
use crate::path_hash::{PathHash, bin, bin_of_name, is_bin_name, matches_prefix};
use crate::role::Role;
use crate::session::{FileRequest, Session};
use crate::snapshot::{self, Index, each_entry, role_of};
use crate::source::{Slice, Source};
use crate::target::Target;
use crate::targets::{PartOffsets, Targets, each_target};
use crate::threshold::Verified;
use crate::time::Time;
use crate::trusted::{check_expiry, check_version};
use crate::workspace::Workspace;

/// The roles that a verified snapshot lists. With these, each role can be verified against its
/// delegator.
///
/// ```
/// use std::sync::Arc;
/// use picotuf::{Error, Roles, TargetsFile, Workspace};
///
/// type File = Arc<[u8]>;
///
/// /// Counts the targets that a role lists, and those of the roles that it delegates to.
/// fn count(
///     roles: &Roles<File>,
///     delegator: &TargetsFile<File>,
///     workspace: &mut Workspace,
///     read: &dyn Fn(&str) -> File,
/// ) -> Result<usize, Error> {
///     let mut total = 0;
///     delegator.each_target(workspace, |_, _| total += 1)?;
///     let mut delegations = Vec::new();
///     delegator.each_delegation(workspace, |delegation| delegations.push(delegation))?;
///     let mut names = Vec::new();
///     roles.each(workspace, |name, _| names.push(name.to_owned()))?;
///     for delegation in &delegations {
///         for name in names.iter().filter(|name| delegation.leads_to(name)) {
///             let (_, file) = roles.verify(workspace, delegation, name, read(name))?;
///             total += count(roles, &file, workspace, read)?;
///         }
///     }
///     Ok(total)
/// }
/// ```
#[derive(Clone)]
pub struct Roles<F> {
    now: Time,
    limits: Limits,
    consistent: bool,
    snapshot: F,
    index: Index,
}

/// A verified file of a targets role.
#[derive(Clone)]
pub struct TargetsFile<F> {
    file: F,
    offsets: PartOffsets,
    /// Where the keys are that it gives to other roles.
    keys: Option<u64>,
}

/// One entry of a verified role's delegations: a role, or all bins of succinct roles (TAP 15).
#[derive(Clone)]
pub struct Delegation<F> {
    delegator: TargetsFile<F>,
    name: RoleName,
    bit_length: Option<u8>,
    terminating: bool,
    /// Where the entry begins.
    position: u64,
}

impl<W: BorrowMut<Workspace>, F: AsRef<[u8]> + Clone> Session<W, Kept<F>> {
    /// Returns the snapshot's list of roles and the verified targets role, from which all roles can
    /// be visited.
    ///
    /// # Errors
    /// [`Error::UnexpectedCall`] before the session is done.
    pub fn roles(&mut self) -> Result<(Roles<F>, TargetsFile<F>), Error> {
        let (snapshot, kept) = self.kept_at_end().ok_or(Error::UnexpectedCall)?;
        let targets = TargetsFile::new(kept.file.clone(), kept.offsets);
        let roles = Roles {
            now: self.now(),
            limits: self.limits(),
            consistent: self.consistent_snapshot(),
            snapshot: snapshot.clone(),
            index: self.index(),
        };
        Ok((roles, targets.locate_keys(self.pass())?))
    }
}

impl<F: AsRef<[u8]>> Roles<F> {
    /// Calls `visit` with the name and version of each listed role in the snapshot's order,
    /// `targets` included.
    ///
    /// # Errors
    /// None that a file can cause which was verified.
    pub fn each(
        &self,
        workspace: &mut Workspace,
        mut each: impl FnMut(&str, u64),
    ) -> Result<(), Error> {
        let scratch = &mut workspace.pass.scratch;
        let gone_through =
            each_entry(self.snapshot.as_ref(), scratch, &mut |file_name, version| {
                if let Some(role) = role_of(file_name) {
                    each(role, version);
                }
            });
        gone_through.map_err(|Failed| scratch.failure.error())
    }

    /// Returns the request for a role's file, or `None` if the snapshot does not list the role.
    ///
    /// # Errors
    /// None that a file can cause which was verified.
    pub fn request<'r>(
        &self,
        workspace: &mut Workspace,
        role: &'r str,
    ) -> Result<Option<FileRequest<'r>>, Error> {
        Ok(self.look_up(workspace, role)?.map(|listed| FileRequest {
            role,
            version: self.consistent.then_some(listed.version),
            max_length: listed.maximum(self.limits.targets_length),
        }))
    }

    /// Verifies the file of a delegated role (spec §5.6): its length, hashes and version are the
    /// listed ones, the delegator's threshold signed it, and it is not expired.
    ///
    /// # Errors
    /// Whatever is wrong with the file; [`Error::RoleNotInSnapshot`]; [`Error::UnexpectedCall`] if
    /// the delegation does not lead to this role.
    pub fn verify<'w, D: AsRef<[u8]>>(
        &self,
        workspace: &'w mut Workspace,
        delegation: &Delegation<D>,
        role: &'w str,
        file: F,
    ) -> Result<(Verified<'w>, TargetsFile<F>), Error> {
        if !delegation.leads_to(role) {
            return Err(Error::UnexpectedCall);
        }
        let listed = self
            .look_up(workspace, role)?
            .ok_or(Error::RoleNotInSnapshot { role: Role::Delegated })?;
        delegation.read_role_keys(&mut workspace.pass)?;
        let Workspace { verifier, authority, pass, matches, .. } = &mut *workspace;
        core::mem::swap(authority, &mut pass.role_keys.authority);
        let rules = FileRules {
            role: Role::Delegated,
            listed: &listed,
            maximum: listed.maximum(self.limits.targets_length),
            bind: false,
            floor: false,
        };
        let mut targets = Targets::new(Role::Delegated, None, Lookup::Nothing, matches);
        let mut source = Slice::new(file.as_ref());
        let verified = verify(
            &mut source,
            &rules,
            verifier,
            authority,
            pass,
            &mut RoleReader::Targets(&mut targets),
        );
        verified.map_err(|Failed| pass.scratch.failure.error())?;
        let seal = verifier.seal().ok_or(Error::UnexpectedCall)?;
        check_version(Role::Delegated, listed.version, seal.header.version)?;
        check_expiry(Role::Delegated, seal.header.expires, self.now)?;
        let file = TargetsFile::new(file, targets.offsets).locate_keys(pass)?;
        Ok((seal.verified(role, authority), file))
    }

    fn look_up(&self, workspace: &mut Workspace, role: &str) -> Result<Option<Listed>, Error> {
        let scratch = &mut workspace.pass.scratch;
        let listed = snapshot::look_up(role, self.snapshot.as_ref(), &self.index, scratch);
        listed.map_err(|Failed| scratch.failure.error())
    }
}

impl<F: AsRef<[u8]>> TargetsFile<F> {
    const fn new(file: F, offsets: PartOffsets) -> Self {
        TargetsFile { file, offsets, keys: None }
    }

    /// Returns the bytes of the file.
    pub fn file(&self) -> &F {
        &self.file
    }

    /// Returns whether the file has `delegations`, even if the list is empty.
    pub const fn delegates(&self) -> bool {
        self.offsets.delegations.is_some()
    }

    /// Calls `visit` for each target that the role lists, without its `custom`.
    ///
    /// # Errors
    /// None that a file can cause which was verified.
    pub fn each_target(
        &self,
        workspace: &mut Workspace,
        each: impl FnMut(&str, &Target),
    ) -> Result<(), Error> {
        let scratch = &mut workspace.pass.scratch;
        let gone_through = each_target(self.file.as_ref(), self.offsets.targets, scratch, each);
        gone_through.map_err(|Failed| scratch.failure.error())
    }

    /// Calls `visit` for each delegation of the role, in order.
    ///
    /// # Errors
    /// None that a file can cause which was verified.
    pub fn each_delegation(
        &self,
        workspace: &mut Workspace,
        mut each: impl FnMut(Delegation<F>),
    ) -> Result<(), Error>
    where
        F: Clone,
    {
        let Some(position) = self.offsets.delegations else {
            return Ok(());
        };
        let mut source = Slice::from(self.file.as_ref(), position);
        let mut reader =
            Reader::asking(&mut source, &mut workspace.pass.scratch).beginning_at(position);
        let each = |Entry { name, bit_length, terminating }, position| {
            let delegator = self.clone();
            each(Delegation { delegator, name, bit_length, terminating, position });
        };
        read_delegations(&mut reader, each).map_err(|Failed| reader.error())
    }

    /// Looks once where the keys are.
    fn locate_keys(mut self, pass: &mut PassSpace) -> Result<Self, Error> {
        if let Some(position) = self.offsets.delegations {
            let mut source = Slice::from(self.file.as_ref(), position);
            let mut reader = Reader::asking(&mut source, &mut pass.scratch).beginning_at(position);
            self.keys = Some(find_keys(&mut reader).map_err(|Failed| reader.error())?);
        }
        Ok(self)
    }
}

impl<F> Delegation<F> {
    /// Returns the name of the role or, for succinct roles, the prefix of the names of all bins.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the number of bits of a path's hash that select its bin, or `None` if these are not
    /// succinct roles. There are two to this power bins.
    pub const fn bit_length(&self) -> Option<u8> {
        self.bit_length
    }

    /// Returns whether a search that follows this entry follows no delegation behind it, of this
    /// delegator or of those above it. All succinct roles are terminating, as for python-tuf and
    /// tuf-js, although TAP 15 says that none is.
    pub const fn is_terminating(&self) -> bool {
        self.terminating
    }

    /// Returns whether this entry delegates to the role with this name.
    pub fn leads_to(&self, role: &str) -> bool {
        match self.bit_length {
            Some(bit_length) => is_bin_name(role, &self.name, bit_length),
            None => role == self.name.as_str(),
        }
    }
}

impl<F: AsRef<[u8]>> Delegation<F> {
    /// Returns whether a search for `path` goes from the delegator to this role: the entry
    /// delegates to the role, and its `paths` or `path_hash_prefixes` match the path, or the path
    /// falls into that bin.
    ///
    /// # Errors
    /// None that a file can cause which was verified.
    pub fn covers(&self, workspace: &mut Workspace, role: &str, path: &str) -> Result<bool, Error> {
        if let Some(bit_length) = self.bit_length {
            let number = bin_of_name(role, &self.name, bit_length);
            return Ok(number == Some(bin(&sha256(path.as_bytes()), bit_length)));
        }
        if role != self.name.as_str() {
            return Ok(false);
        }
        let hash = PathHash::new(path);
        let mut source = Slice::from(self.delegator.file.as_ref(), self.position);
        let mut reader =
            Reader::asking(&mut source, &mut workspace.pass.scratch).beginning_at(self.position);
        read_covers(&mut reader, path, &hash).map_err(|Failed| reader.error())
    }

    /// Leaves the keys and the threshold in the role keys.
    fn read_role_keys(&self, pass: &mut PassSpace) -> Result<(), Error> {
        let PassSpace { scratch, text, names, role_keys, delegation, identities, .. } = pass;
        role_keys.clear();
        let file = self.delegator.file.as_ref();
        let mut source = Slice::from(file, self.position);
        let mut reader = Reader::asking(&mut source, scratch).beginning_at(self.position);
        let threshold =
            read_signers(&mut reader, &mut role_keys.keyids).map_err(|Failed| reader.error())?;
        role_keys.authority.threshold = Some(threshold);
        role_keys.chosen = true;
        let keys = self.delegator.keys.ok_or(Error::UnexpectedCall)?;
        let mut source = Slice::from(file, keys);
        let mut reader = Reader::asking(&mut source, scratch).beginning_at(keys);
        let mut lent = ReadSpace { names, role_keys, delegation, text, identities };
        read_keys(&mut reader, &mut lent, true).map_err(|Failed| reader.error())
    }
}

/// What an entry of delegations says of where it leads.
struct Entry {
    name: RoleName,
    bit_length: Option<u8>,
    terminating: bool,
}

/// Reads the object `delegations` of a file that was verified.
fn read_delegations<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    mut each: impl FnMut(Entry, u64),
) -> Result<(), Failed> {
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("roles") {
            reader.enter_array()?;
            while reader.next_element()? {
                let position = reader.value_position()?;
                each(read_role_entry(reader)?, position);
            }
        } else if reader.at("succinct_roles") {
            let position = reader.value_position()?;
            each(read_succinct_entry(reader)?, position);
        } else {
            reader.skip()?;
        }
    }
    Ok(())
}

/// Reads an entry of `roles` for where it leads.
fn read_role_entry<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>) -> Result<Entry, Failed> {
    let mut entry = Entry { name: RoleName::new(), bit_length: None, terminating: false };
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("name") {
            entry.name = read_name(reader)?;
        } else if reader.at("terminating") {
            entry.terminating = reader.boolean()?;
        } else {
            reader.skip()?;
        }
    }
    Ok(entry)
}

/// Reads `succinct_roles` for where they lead. A search ends with the bin of its path.
fn read_succinct_entry<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>) -> Result<Entry, Failed> {
    let mut entry = Entry { name: RoleName::new(), bit_length: None, terminating: true };
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("name_prefix") {
            entry.name = read_name(reader)?;
        } else if reader.at("bit_length") {
            entry.bit_length = u8::try_from(reader.integer()?).ok();
        } else {
            reader.skip()?;
        }
    }
    Ok(entry)
}

fn read_name<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>) -> Result<RoleName, Failed> {
    // Its length was checked with the rest.
    reader.string(|text| RoleName::try_from(text).unwrap_or_default())
}

/// Reads an entry for who signs.
fn read_signers<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    keyids: &mut heapless::Vec<crate::key::KeyId, { crate::limits::ROLE_KEYS_MAX }>,
) -> Result<NonZeroU32, Failed> {
    let mut threshold = None;
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("keyids") {
            read_keyids(reader, keyids)?;
        } else if reader.at("threshold") {
            threshold = Some(read_threshold(reader)?);
        } else {
            reader.skip()?;
        }
    }
    reader.require(threshold, "threshold")
}

/// Reads an entry for whether it matches the path.
fn read_covers<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    path: &str,
    hash: &PathHash,
) -> Result<bool, Failed> {
    let mut covers = false;
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("paths") {
            reader.enter_array()?;
            while reader.next_element()? {
                covers |= reader.string(|pattern| glob::matches(pattern, path))?;
            }
        } else if reader.at("path_hash_prefixes") {
            reader.enter_array()?;
            while reader.next_element()? {
                covers |= reader.string_bytes(|prefix| matches_prefix(hash, prefix))?;
            }
        } else {
            reader.skip()?;
        }
    }
    Ok(covers)
}

/// Where `keys` begins in the object `delegations`.
fn find_keys<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>) -> Result<u64, Failed> {
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("keys") {
            return reader.value_position();
        }
        reader.skip()?;
    }
    Err(reader.missing("keys"))
}

impl<F> core::fmt::Debug for Roles<F> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Roles").field("now", &self.now).finish_non_exhaustive()
    }
}

impl<F> core::fmt::Debug for TargetsFile<F> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("TargetsFile").finish_non_exhaustive()
    }
}

impl<F> core::fmt::Debug for Delegation<F> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Delegation")
            .field("name", &self.name)
            .field("bit_length", &self.bit_length)
            .finish_non_exhaustive()
    }
}
