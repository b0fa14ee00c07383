//! The timestamp role: which snapshot is the latest (spec §4.6).

use crate::common::{Common, read_listed};
use crate::json::{Failed, Reader, Sink};
use crate::measured::Listed;
use crate::pass_space::ReadSpace;
use crate::role::Role;
use crate::signed::Signed;
use crate::source::Source;
use crate::time::Time;

/// A timestamp that is being read.
pub(crate) struct Timestamp {
    common: Common,
    /// What it lists of `snapshot.json`.
    pub(crate) snapshot: Listed,
}

impl Timestamp {
    pub(crate) fn new() -> Self {
        Timestamp { common: Common::new(Role::Timestamp), snapshot: Listed::default() }
    }
}

impl Signed for Timestamp {
    fn read<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
        _: &mut ReadSpace<'_>,
    ) -> Result<(), Failed> {
        *self = Timestamp::new();
        let (mut has_meta, mut has_snapshot) = (false, false);
        reader.enter_object()?;
        while reader.next_member()? {
            if !reader.at("meta") {
                self.common.read(reader)?;
                continue;
            }
            has_meta = true;
            let mut other = Listed::default();
            reader.enter_object()?;
            while reader.next_member()? {
                let wanted = reader.at("snapshot.json");
                has_snapshot |= wanted;
                read_listed(reader, if wanted { &mut self.snapshot } else { &mut other })?;
            }
        }
        self.common.complete(reader)?;
        if !has_meta {
            return Err(reader.missing("meta"));
        }
        if has_snapshot { Ok(()) } else { Err(reader.missing("snapshot.json")) }
    }

    fn stated(&self) -> (u64, Time) {
        self.common.stated()
    }
}
