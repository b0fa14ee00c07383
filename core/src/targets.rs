//! The targets role and the roles it delegates to: which target files there are (spec §4.5).

use crate::common::{Common, read_hashes};
use crate::delegations::{Matches, Wanted};
use crate::envelope::{Lent, Signed};
use crate::error::Error;
use crate::json::{Field, Reader, Scratch, Sink};
use crate::role::Role;
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
    pub(crate) matches: Matches<'q>,
    pub(crate) places: Places,
}

/// Where the parts of a file begin that can be asked again.
#[derive(Clone, Copy, Default)]
pub(crate) struct Places {
    pub(crate) targets: u64,
    pub(crate) delegations: Option<u64>,
}

impl<'q> Targets<'q> {
    /// Asks for a path, or for nothing; the keys of the delegation that is wanted are left in the workspace's grant.
    pub(crate) fn new(role: Role, path: Option<&'q str>, wanted: Wanted<'q>) -> Self {
        Targets {
            common: Common::new(role),
            role,
            path,
            target: None,
            matches: Matches::new(wanted),
            places: Places::default(),
        }
    }
}

impl Signed for Targets<'_> {
    fn read<S: Source, K: Sink>(&mut self, reader: &mut Reader<'_, S, K>, space: &mut Lent<'_>) -> Result<(), Error> {
        self.common = Common::new(self.role);
        self.target = None;
        self.matches.clear();
        self.places = Places::default();
        let mut has_targets = false;
        reader.enter_object()?;
        while reader.next_member()? {
            match reader.name() {
                b"targets" => {
                    has_targets = true;
                    self.places.targets = reader.value_position()?;
                    reader.enter_object()?;
                    let wanted = |name: &[u8]| self.path.is_some_and(|path| path.as_bytes() == name);
                    while reader.skim_to_member(|entry| entry.is_well_formed() && !wanted(entry.name()))? {
                        let wanted = wanted(reader.name());
                        let target = read_target(reader, wanted)?;
                        if wanted {
                            self.target = Some(target);
                        }
                    }
                }
                b"delegations" => {
                    self.places.delegations = Some(reader.value_position()?);
                    self.matches.read(reader, space)?;
                }
                _ => self.common.read(reader)?,
            }
        }
        let position = reader.position();
        if !has_targets {
            return Err(Error::MissingMember { position, member: "targets" });
        }
        self.common.complete(position)
    }

    fn stated(&self) -> (u64, Time) {
        self.common.stated()
    }
}

/// What a file, which lies in memory and was verified before, states of a target; its `targets` begin at `position`.
pub(crate) fn look_up(path: &str, file: &[u8], position: u64, scratch: &mut Scratch) -> Result<Option<Target>, Error> {
    let mut source = Slice::from(file, position);
    let mut reader = Reader::asking(&mut source, scratch).beginning_at(position);
    reader.enter_object()?;
    while reader.skim_to_member(|entry| entry.name() != path.as_bytes())? {
        let wanted = reader.name() == path.as_bytes();
        let target = read_target(&mut reader, wanted)?;
        if wanted {
            return Ok(Some(target));
        }
    }
    Ok(None)
}

/// Reads what is stated of a target; of one that is not wanted, `custom` is left out.
fn read_target<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>, wanted: bool) -> Result<Target, Error> {
    let (mut length, mut hashes, mut custom) = (None, None, None);
    reader.enter_object()?;
    while reader.next_member()? {
        match reader.name() {
            b"length" => {
                reader.mark(Field::Integer);
                length = Some(reader.integer()?);
            }
            b"hashes" => hashes = Some(read_hashes(reader)?),
            b"custom" if wanted => {
                let (start, end, sha256) = reader.object_span()?;
                custom = Some(Custom { offset: start, length: end.saturating_sub(start), sha256 });
            }
            b"custom" => reader.skip_object()?,
            _ => reader.skip()?,
        }
    }
    let position = reader.position();
    let length = length.ok_or(Error::MissingMember { position, member: "length" })?;
    let hashes = hashes.ok_or(Error::MissingMember { position, member: "hashes" })?;
    Ok(Target { length, hashes, custom })
}
