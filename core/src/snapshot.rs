//! The snapshot role: which version of every targets role is the present one (spec §4.4).

use core::cmp::Ordering;

use heapless::String;
#[cfg(not(feature = "alloc"))]
use heapless::Vec;

use crate::SMALL;
use crate::common::{Common, read_listed};
use crate::error::Error;
use crate::json::{Failed, FailureSlot, OpenNames, Reader, Scratch, Sink, Text};
use crate::limits::{NAME_LENGTH_MAX, ROLE_NAME_LENGTH_MAX};
use crate::measured::Listed;
use crate::names::Fingerprint;
use crate::pass_space::ReadSpace;
use crate::role::Role;
use crate::signed::Signed;
use crate::sort::sort_unstable_by;
use crate::source::{Slice, Source};
use crate::time::Time;

/// A snapshot that is being read.
pub(crate) struct Snapshot<'n> {
    common: Common,
    /// The role that is asked for.
    name: &'n str,
    /// What the snapshot lists of that role.
    pub(crate) listed: Option<Listed>,
    pub(crate) index: Index,
}

/// Where to look in a snapshot's `meta`, once it is known to be right: the places of some members,
/// in order.
#[derive(Clone, Copy)]
pub(crate) struct Index {
    meta: u64,
    places: [u32; PLACES],
    /// How many of them are there.
    count: usize,
    /// One in how many members is there, and how many came by.
    stride: u32,
    seen: u32,
}

impl Index {
    /// Before the members of the `meta` that begins there.
    pub(crate) const fn new(meta: u64) -> Self {
        Index { meta, places: [0; PLACES], count: 0, stride: 1, seen: 0 }
    }

    /// A member whose comma is at that place comes by.
    fn note(&mut self, place: u64) {
        if self.seen.is_multiple_of(self.stride) {
            if self.count == PLACES {
                // Every second one is left.
                for (to, from) in (0..PLACES).step_by(2).enumerate() {
                    self.places.copy_within(from..from.saturating_add(1), to);
                }
                self.count = PLACES / 2;
                self.stride = self.stride.saturating_mul(2);
            }
            let free =
                self.places.get_mut(self.count).filter(|_| self.seen.is_multiple_of(self.stride));
            if let (Some(free), Ok(place)) = (free, u32::try_from(place)) {
                *free = place;
                self.count = self.count.saturating_add(1);
            }
        }
        self.seen = self.seen.saturating_add(1);
    }

    fn places(&self) -> &[u32] {
        self.places.get(..self.count).unwrap_or_default()
    }
}

/// How many members an [`Index`] knows.
const PLACES: usize = if SMALL { 2 } else { 64 };

impl<'n> Snapshot<'n> {
    /// Asks what is listed of the role of that name.
    pub(crate) const fn new(name: &'n str) -> Self {
        Snapshot { common: Common::new(Role::Snapshot), name, listed: None, index: Index::new(0) }
    }
}

impl Signed for Snapshot<'_> {
    fn read<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
        _: &mut ReadSpace<'_>,
    ) -> Result<(), Failed> {
        *self = Snapshot::new(self.name);
        let mut has_meta = false;
        reader.enter_object()?;
        while reader.next_member()? {
            if !reader.at("meta") {
                self.common.read(reader)?;
                continue;
            }
            has_meta = true;
            let mut index = Index::new(reader.value_position()?);
            reader.enter_object()?;
            let wanted = |name: &[u8]| name.strip_suffix(b".json") == Some(self.name.as_bytes());
            while reader.skim_to_member(|entry| {
                let skim = entry.is_well_formed() && !wanted(entry.name());
                if skim {
                    index.note(entry.position);
                }
                skim
            })? {
                let wanted = wanted(reader.name());
                let mut listed = Listed::default();
                read_listed(reader, &mut listed)?;
                if wanted {
                    self.listed = Some(listed);
                }
            }
            if !reader.is_sorted() {
                index.count = 0;
            }
            self.index = index;
        }
        self.common.complete(reader)?;
        if has_meta { Ok(()) } else { Err(reader.missing("meta")) }
    }

    fn stated(&self) -> (u64, Time) {
        self.common.stated()
    }
}

/// Returns the role whose file a name in `meta` stands for.
pub(crate) fn role_of(file_name: &str) -> Option<&str> {
    file_name.strip_suffix(".json")
}

/// Returns what a snapshot, which lies in memory and is the one that `index` was made of, lists of
/// the role of that name.
pub(crate) fn look_up(
    name: &str,
    document: &[u8],
    index: &Index,
    scratch: &mut Scratch,
) -> Result<Option<Listed>, Failed> {
    let mut file_name = String::<{ ROLE_NAME_LENGTH_MAX + ".json".len() }>::new();
    // A role's name has that length at most.
    let _ = file_name.push_str(name).and_then(|()| file_name.push_str(".json"));
    let wanted = file_name.as_bytes();
    let begins_at = |place: u32, wanted: &[u8], scratch: &mut Scratch| {
        let mut source = Slice::from(document, u64::from(place));
        let mut reader = Reader::asking(&mut source, scratch);
        let there = reader.reenter_object().and_then(|()| reader.next_member());
        there.map(|there| there && reader.name() <= wanted)
    };
    // The last place that is not beyond.
    let places = index.places();
    let (mut low, mut high) = (0, if SMALL { 0 } else { places.len() });
    while low < high {
        let middle = low.midpoint(high);
        match places.get(middle) {
            Some(place) if begins_at(*place, wanted, scratch)? => low = middle.saturating_add(1),
            _ => high = middle,
        }
    }
    let place = low.checked_sub(1).and_then(|place| places.get(place)).copied();
    let mut source = Slice::from(document, place.map_or(index.meta, u64::from));
    find_listed(wanted, place.is_some(), &mut Reader::asking(&mut source, scratch))
}

/// Goes through the entries of `meta`, from its beginning or from `inside` it on.
fn find_listed<S: Source, K: Sink>(
    wanted: &[u8],
    inside: bool,
    reader: &mut Reader<'_, S, K>,
) -> Result<Option<Listed>, Failed> {
    if inside {
        reader.reenter_object()?;
    } else {
        reader.enter_object()?;
    }
    while reader.skim_to_member(|entry| entry.name() != wanted)? {
        if reader.name() == wanted {
            let mut listed = Listed::default();
            return read_listed(reader, &mut listed).map(|()| Some(listed));
        }
        reader.skip()?;
    }
    Ok(None)
}

/// Checks that a new snapshot takes nothing back: every role of `old` is in `new`, at its version
/// or a later one (spec §5.5.5). For snapshots that lie in memory, in whatever order: `new` is read
/// once for every [`BATCH`] roles of `old`, of which the first that is not is the one in the error.
/// Both have been verified before.
pub(crate) fn check_rollback(new: &[u8], old: &[u8], scratch: &mut Scratch) -> Result<(), Failed> {
    let mut batch = Batch::new();
    let mut compared = 0_u32;
    for _ in 0..BATCHES_MAX {
        batch.clear();
        let mut seen = 0_u32;
        each_entry(old, scratch, &mut |name, version| {
            if seen >= compared && batch.len() < BATCH {
                let fingerprint = Fingerprint::new(name.as_bytes());
                let listing =
                    Listing { name: fingerprint, place: seen, role: role(name), version, found: 0 };
                keep(&mut batch, listing);
            }
            seen = seen.saturating_add(1);
        })?;
        sort_unstable_by(&mut batch, |one, other| one.name.cmp(&other.name));
        each_entry(new, scratch, &mut |name, version| {
            let name = Fingerprint::new(name.as_bytes());
            let place = batch.binary_search_by(|listing| listing.name.cmp(&name));
            if let Some(listing) = place.ok().and_then(|place| batch.get_mut(place)) {
                listing.found = version;
            }
        })?;
        let taken_back = batch.iter().filter(|listing| listing.found < listing.version);
        if let Some(first) = taken_back.min_by_key(|listing| listing.place) {
            return Err(scratch.failure.set(taken_back_error(
                first.role,
                first.version,
                first.found,
            )));
        }
        compared = compared.saturating_add(u32::try_from(batch.len()).unwrap_or(u32::MAX));
        if BATCH == usize::MAX || compared >= seen {
            return Ok(());
        }
    }
    Err(scratch.failure.set(Error::UnsortedTooLarge { position: 0 }))
}

/// What the old snapshot lists, and the version that the new one lists; 0, which no file has, where
/// it lists none.
#[derive(Clone, Copy)]
struct Listing {
    name: Fingerprint,
    place: u32,
    role: Role,
    version: u64,
    found: u64,
}

/// A role whose version went down, or that is gone.
fn taken_back_error(role: Role, trusted: u64, found: u64) -> Error {
    match found {
        0 => Error::RemovedFromSnapshot { trusted },
        _ => Error::Rollback { role, trusted, found },
    }
}

fn role(file_name: &str) -> Role {
    role_of(file_name).map_or(Role::Delegated, Role::from_name)
}

/// Does as [`check_rollback`] in one pass that goes through both snapshots in step. Says no,
/// without a verdict, where one of them is not sorted.
pub(crate) fn check_rollback_in_step<N: Source, O: Source>(
    new: &mut N,
    old: &mut O,
    scratch: &mut Scratch,
    names: &mut OpenNames,
    text: &mut Text,
) -> Result<bool, Failed> {
    let mut failure = FailureSlot::new();
    let mut new = Reader::asking(new, scratch);
    let compared = compare(&mut new, &mut Reader::asking_with(old, names, text, &mut failure));
    // The first that stops is the only one.
    compared.map_err(|Failed| failure.met().map_or(Failed, |error| new.fail(error)))
}

fn compare<N: Source, O: Source, K: Sink>(
    new: &mut Reader<'_, N, K>,
    old: &mut Reader<'_, O, K>,
) -> Result<bool, Failed> {
    if !enter_meta(new)? || !enter_meta(old)? {
        return Ok(false);
    }
    // Only the order of `meta` matters here.
    new.take_unsorted();
    old.take_unsorted();
    let (mut verdict, mut listed) = (None, Listed::default());
    let (mut new_is_there, mut old_is_there) = (new.next_member()?, old.next_member()?);
    while new_is_there || old_is_there {
        let order = match (new_is_there, old_is_there) {
            (true, true) => new.name().cmp(old.name()),
            (true, false) => Ordering::Less,
            (false, _) => Ordering::Greater,
        };
        let mut found = 0;
        if order != Ordering::Greater {
            read_listed(new, &mut listed)?;
            found = listed.version;
            new_is_there = new.next_member()?;
        }
        if order != Ordering::Less {
            let role = role(old.name_text());
            read_listed(old, &mut listed)?;
            let trusted = listed.version;
            old_is_there = old.next_member()?;
            if found < trusted && verdict.is_none() {
                verdict = Some(taken_back_error(role, trusted, found));
            }
        }
    }
    if new.take_unsorted() || old.take_unsorted() {
        return Ok(false);
    }
    match verdict {
        None => Ok(true),
        Some(error) => Err(new.fail(error)),
    }
}

/// Goes to the entries of `meta`; says no where there is none.
fn enter_meta<S: Source, K: Sink>(reader: &mut Reader<'_, S, K>) -> Result<bool, Failed> {
    for wanted in ["signed", "meta"] {
        reader.enter_object()?;
        loop {
            if !reader.next_member()? {
                return Ok(false);
            }
            if reader.at(wanted) {
                break;
            }
            reader.skip()?;
        }
    }
    reader.enter_object()?;
    Ok(true)
}

/// Goes through the entries of a snapshot that lies in memory and was verified: file names and
/// versions.
pub(crate) fn each_entry(
    document: &[u8],
    scratch: &mut Scratch,
    see: &mut dyn FnMut(&str, u64),
) -> Result<(), Failed> {
    let mut source = Slice::new(document);
    read_entries(&mut Reader::asking(&mut source, scratch), see)
}

fn read_entries<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    see: &mut dyn FnMut(&str, u64),
) -> Result<(), Failed> {
    if !enter_meta(reader)? {
        return Ok(());
    }
    let mut listed = Listed::default();
    while reader.next_member()? {
        // The name is gone once the value has been read.
        let mut name = String::<NAME_LENGTH_MAX>::new();
        let _ = name.push_str(reader.name_text());
        read_listed(reader, &mut listed)?;
        see(&name, listed.version);
    }
    Ok(())
}

/// Roles that are compared in one pass over unsorted snapshots.
#[cfg(feature = "alloc")]
type Batch = alloc::vec::Vec<Listing>;
#[cfg(not(feature = "alloc"))]
type Batch = Vec<Listing, BATCH>;

/// How many roles those are. With an allocator, all that a snapshot can list.
const BATCH: usize = if cfg!(feature = "alloc") { usize::MAX } else { 128 };

/// How many such passes there are at the most: enough for PyPI's 16,384 bins.
const BATCHES_MAX: usize = 160;

#[cfg(feature = "alloc")]
fn keep(batch: &mut Batch, listing: Listing) {
    // It takes less code than to push it.
    batch.extend_from_slice(&[listing]);
}

#[cfg(not(feature = "alloc"))]
fn keep(batch: &mut Batch, listing: Listing) {
    let _ = batch.push(listing);
}
