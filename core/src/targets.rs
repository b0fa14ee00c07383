//! The targets role and the roles it delegates to: which target files there are (spec §4.5).

use heapless::String;

use crate::common::{Common, read_hashes};
use crate::delegation_matches::DelegationMatches;
use crate::delegations::{DelegationReader, Lookup};
use crate::hash::{Digest, Hashes};
use crate::json::{Entry, Failed, Field, Reader, Scratch, Sink};
use crate::limits::NAME_LENGTH_MAX;
use crate::pass_space::ReadSpace;
use crate::role::Role;
use crate::signed::Signed;
use crate::source::{Slice, Source};
use crate::target::{Custom, Target};
use crate::time::Time;

/// A targets file that is being read, with what is asked of it.
pub(crate) struct Targets<'q> {
    common: Common,
    role: Role,
    /// The path that is looked for in `targets`.
    path: Option<&'q str>,
    pub(crate) target: Option<Target>,
    /// The delegations that may speak for the path.
    pub(crate) delegations: DelegationReader<'q>,
    pub(crate) offsets: PartOffsets,
}

/// Where the parts of a file begin that can be asked again.
#[derive(Clone, Copy, Default)]
pub(crate) struct PartOffsets {
    pub(crate) targets: u64,
    pub(crate) delegations: Option<u64>,
}

impl<'q> Targets<'q> {
    /// Asks for a path, or for nothing, which `matches` then answers; the keys of the delegation
    /// that is wanted are left in the workspace's role keys.
    pub(crate) fn new(
        role: Role,
        path: Option<&'q str>,
        lookup: Lookup<'q>,
        matches: &'q mut DelegationMatches,
    ) -> Self {
        Targets {
            common: Common::new(role),
            role,
            path,
            target: None,
            delegations: DelegationReader::new(lookup, matches),
            offsets: PartOffsets::default(),
        }
    }
}

impl Signed for Targets<'_> {
    fn read<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
        space: &mut ReadSpace<'_>,
    ) -> Result<(), Failed> {
        self.common = Common::new(self.role);
        self.target = None;
        self.delegations.clear();
        self.offsets = PartOffsets::default();
        let mut has_targets = false;
        reader.enter_object()?;
        while reader.next_member()? {
            if reader.at("targets") {
                has_targets = true;
                self.offsets.targets = reader.value_position()?;
                reader.enter_object()?;
                let wanted = |name: &[u8]| self.path.is_some_and(|path| path.as_bytes() == name);
                while reader
                    .skim_to_member(|entry| entry.is_well_formed() && !wanted(entry.name()))?
                {
                    let wanted = wanted(reader.name());
                    let target = read_target(reader, wanted)?;
                    if wanted {
                        self.target = Some(target);
                    }
                }
            } else if reader.at("delegations") {
                self.offsets.delegations = Some(reader.value_position()?);
                self.delegations.read(reader, space)?;
            } else {
                self.common.read(reader)?;
            }
        }
        if !has_targets {
            return Err(reader.missing("targets"));
        }
        self.common.complete(reader)
    }

    fn stated(&self) -> (u64, Time) {
        self.common.stated()
    }
}

/// Returns what a file, which lies in memory and was verified before, states of a target; its
/// `targets` begin at `position`.
pub(crate) fn look_up(
    path: &str,
    file: &[u8],
    position: u64,
    scratch: &mut Scratch,
) -> Result<Option<Target>, Failed> {
    let mut source = Slice::from(file, position);
    find_target(path, &mut Reader::asking(&mut source, scratch).beginning_at(position))
}

fn find_target<S: Source, K: Sink>(
    path: &str,
    reader: &mut Reader<'_, S, K>,
) -> Result<Option<Target>, Failed> {
    reader.enter_object()?;
    while reader.skim_to_member(|entry| entry.name() != path.as_bytes())? {
        if reader.at(path) {
            return read_target(reader, true).map(Some);
        }
        reader.skip()?;
    }
    Ok(None)
}

/// Goes through the targets of a file that lies in memory and was verified before; its `targets`
/// begin at `position`.
pub(crate) fn each_target(
    file: &[u8],
    position: u64,
    scratch: &mut Scratch,
    each: impl FnMut(&str, &Target),
) -> Result<(), Failed> {
    let mut source = Slice::from(file, position);
    read_targets(&mut Reader::asking(&mut source, scratch).beginning_at(position), each)
}

fn read_targets<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    mut each: impl FnMut(&str, &Target),
) -> Result<(), Failed> {
    reader.enter_object()?;
    while reader.skim_to_member(|entry| {
        let listed = listed(entry);
        listed.inspect(|(path, target)| each(path, target)).is_some()
    })? {
        // The path is gone once the value has been read.
        let mut path = String::<NAME_LENGTH_MAX>::new();
        let _ = path.push_str(reader.name_text());
        each(&path, &read_target(reader, false)?);
    }
    Ok(())
}

/// Returns the path and the target of an entry that looks like one before it, or `None` if it has
/// to be read in full.
fn listed<'t>(entry: &Entry<'_, 't>) -> Option<(&'t str, Target)> {
    let (mut path, mut length, mut hashes) = (None, None, Hashes::new());
    for (field, text) in entry.fields() {
        match field {
            Field::Name => path = core::str::from_utf8(text).ok(),
            Field::Length => length = core::str::from_utf8(text).ok()?.parse().ok(),
            Field::Hash(algorithm) => {
                hashes.insert(Digest::from_hex(algorithm, text)?);
            }
            // A part of `custom`, or of a member that is not known.
            Field::Integer | Field::Text => {}
            _ => return None,
        }
    }
    if hashes.is_empty() {
        return None;
    }
    Some((path?, Target { length: length?, hashes, custom: None }))
}

/// Reads what is stated of a target; of one that is not wanted, `custom` is left out.
fn read_target<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    wanted: bool,
) -> Result<Target, Failed> {
    let (mut length, mut hashes, mut custom) = (None, Hashes::new(), None);
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("length") {
            reader.mark(Field::Length);
            length = Some(reader.integer()?);
        } else if reader.at("hashes") {
            read_hashes(reader, &mut hashes)?;
        } else if wanted && reader.at("custom") {
            let (start, end, sha256) = reader.object_span()?;
            custom = Some(Custom { offset: start, length: end.saturating_sub(start), sha256 });
        } else if reader.at("custom") {
            reader.skip_object()?;
        } else {
            reader.skip()?;
        }
    }
    let length = reader.require(length, "length")?;
    if hashes.is_empty() {
        return Err(reader.missing("hashes"));
    }
    Ok(Target { length, hashes, custom })
}
