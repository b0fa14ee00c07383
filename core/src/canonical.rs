//! The canonical form of documents whose members are not in order.
//!
//! What is in order goes to the signature checks while it is read and never comes here. The rest
//! lies in memory as a slice that the Reader has checked already, so this only has to find its way:
//! an object's members are noted where they begin, put in order, and emitted. Duplicates, which the
//! Reader sees only where names are in order, end here. Places in a slice, and counts of what is in
//! it, are far from overflowing.

use core::cmp::Ordering;

use heapless::Vec;

use crate::SMALL;
use crate::error::Error;
use crate::json::{Sink, canonical_form};
use crate::limits::{DEPTH_MAX, Limit};
use crate::scan::{Characters, Member, byte, next_member, raw, scalar_end, space, string_end};
use crate::sort::sort_unstable_by;
use crate::work::{Counter, count};

/// Room for the members of all objects that are open at one time; without `alloc`, of the unsorted
/// ones.
#[cfg(feature = "alloc")]
type Slots = alloc::vec::Vec<Member>;
#[cfg(not(feature = "alloc"))]
type Slots = Vec<Member, SLOTS>;

/// How many of them there is room for without `alloc`.
#[cfg(any(test, not(feature = "alloc")))]
const SLOTS: usize = 256;

/// How many times an object is scanned: where slots are few, those that are in order are not kept.
const SCANS_OF_OBJECT: u64 = if cfg!(feature = "alloc") { 1 } else { 2 };

/// How many times the length of the document may be scanned in all: for each level of nesting that
/// TUF has.
const SCANS: u64 = 8 * SCANS_OF_OBJECT;

/// How many bytes may be scanned of any document: enough for a small one as deep as can be.
const SCANS_OF_ANY: u64 = 32_768 * SCANS_OF_OBJECT;

/// Goes over a document that the Reader has found to be well formed, checks that no name appears
/// twice in any object, and writes the canonical form of the value that begins at `armed_at`.
///
/// # Errors
/// [`Error::DuplicateMember`]; [`Error::UnsortedTooLarge`] if the document cannot be put in order
/// cheaply.
pub(crate) fn emit<K: Sink>(document: &[u8], armed_at: usize, sink: &mut K) -> Result<(), Error> {
    let budget = u64::try_from(document.len())
        .unwrap_or(u64::MAX)
        .saturating_mul(SCANS)
        .saturating_add(SCANS_OF_ANY);
    let mut emitter = Emitter { document, sink, armed: false, slots: Slots::new(), budget };
    emitter.run(space(document, 0), armed_at)
}

struct Emitter<'d, K> {
    document: &'d [u8],
    sink: &'d mut K,
    armed: bool,
    slots: Slots,
    budget: u64,
}

/// An object or an array that is being emitted. They are kept apart from the call stack, which is
/// dear on devices.
struct Open {
    members: Members,
    /// Where the next member begins, of those that are taken as they stand; or where the object
    /// ends.
    cursor: usize,
    /// How many members or elements have been emitted.
    emitted: usize,
}

enum Members {
    /// Elements of an array.
    Elements,
    /// In the order in which they stand.
    #[cfg(not(feature = "alloc"))]
    InOrder,
    /// In the slots from this one on, in their order. Those of objects inside it are gone when its
    /// next one is asked for.
    Slots { first: usize },
}

impl<K: Sink> Emitter<'_, K> {
    fn write(&mut self, bytes: &[u8]) {
        if self.armed {
            self.sink.write(bytes);
        }
    }

    /// Goes over the value at `place`; that at `armed_at`, in it, is emitted.
    fn run(&mut self, mut place: usize, armed_at: usize) -> Result<(), Error> {
        let mut open = Vec::<Open, DEPTH_MAX>::new();
        let mut armed_depth = None;
        loop {
            if place == armed_at {
                self.armed = true;
                armed_depth = Some(open.len());
            }
            let mut end = match byte(self.document, place) {
                opening @ (b'{' | b'[') => {
                    let opened = if opening == b'{' {
                        self.open_object(place)?
                    } else {
                        self.open_array(place)
                    };
                    // The Reader has seen to it that there is room.
                    open.push(opened).map_err(|_| Error::LimitReached {
                        limit: Limit::Depth,
                        maximum: u64::try_from(DEPTH_MAX).unwrap_or(u64::MAX),
                    })?;
                    None
                }
                b'"' => Some(self.string(place)),
                _ => {
                    let end = scalar_end(self.document, place);
                    count(Counter::Scanned, end.saturating_sub(place));
                    let document = self.document;
                    self.write(document.get(place..end).unwrap_or_default());
                    Some(end)
                }
            };
            // On to the next value, out of all that end here.
            loop {
                if end.is_some() && armed_depth == Some(open.len()) {
                    self.armed = false;
                    armed_depth = None;
                }
                let Some(last) = open.last_mut() else {
                    return Ok(());
                };
                if let Some(next) = self.next(last, end)? {
                    place = next;
                    break;
                }
                end = Some(last.cursor);
                open.pop();
            }
        }
    }

    /// Returns the place of the next value in an object or an array, whose last one ended at `end`,
    /// with what stands before it emitted; or its end, which `cursor` is then behind.
    fn next(&mut self, open: &mut Open, end: Option<usize>) -> Result<Option<usize>, Error> {
        let document = self.document;
        let member = match &open.members {
            Members::Elements => {
                let mut place = space(document, end.unwrap_or(open.cursor));
                if end.is_some() && byte(document, place) == b',' {
                    self.write(b",");
                    place = space(document, place.wrapping_add(1));
                } else if end.is_some() || byte(document, place) == b']' {
                    self.write(b"]");
                    open.cursor = place.wrapping_add(1);
                    return Ok(None);
                }
                return Ok(Some(place));
            }
            #[cfg(not(feature = "alloc"))]
            Members::InOrder => self.next_member(&mut open.cursor)?,
            Members::Slots { first } => {
                let member = self.slots.get(first.wrapping_add(open.emitted)).copied();
                if member.is_none() {
                    self.slots.truncate(*first);
                }
                member
            }
        };
        let Some(member) = member else {
            self.write(b"}");
            return Ok(None);
        };
        if open.emitted > 0 {
            self.write(b",");
        }
        open.emitted = open.emitted.wrapping_add(1);
        self.string(member.name);
        self.write(b":");
        Ok(Some(member.value))
    }

    fn open_array(&mut self, place: usize) -> Open {
        self.write(b"[");
        Open { members: Members::Elements, cursor: place.wrapping_add(1), emitted: 0 }
    }

    #[cfg(feature = "alloc")]
    fn open_object(&mut self, place: usize) -> Result<Open, Error> {
        self.write(b"{");
        let first = self.slots.len();
        let mut cursor = place;
        while let Some(member) = self.next_member(&mut cursor)? {
            // It takes less code than to push it.
            self.slots.extend_from_slice(&[member]);
        }
        self.open_slots(place, first, cursor)
    }

    #[cfg(not(feature = "alloc"))]
    fn open_object(&mut self, place: usize) -> Result<Open, Error> {
        self.write(b"{");
        let first = self.slots.len();
        let mut cursor = place;
        let mut last: Option<Member> = None;
        let (mut sorted, mut fits) = (true, true);
        while let Some(member) = self.next_member(&mut cursor)? {
            sorted = sorted
                && last.is_none_or(|last| compare(self.document, last, member) == Ordering::Less);
            fits = fits && self.slots.push(member).is_ok();
            last = Some(member);
        }
        if sorted {
            self.slots.truncate(first);
            return Ok(Open { members: Members::InOrder, cursor: place, emitted: 0 });
        }
        if !fits {
            return Err(Error::UnsortedTooLarge {
                position: u64::try_from(place).unwrap_or(u64::MAX),
            });
        }
        self.open_slots(place, first, cursor)
    }

    /// Opens the object at `place`, whose members are the slots from `first` on; it ends at
    /// `cursor`.
    fn open_slots(&mut self, place: usize, first: usize, cursor: usize) -> Result<Open, Error> {
        put_in_order(self.document, place, self.slots.get_mut(first..).unwrap_or_default())?;
        Ok(Open { members: Members::Slots { first }, cursor, emitted: 0 })
    }

    /// Returns the next member of an object, paid for out of the budget.
    fn next_member(&mut self, cursor: &mut usize) -> Result<Option<Member>, Error> {
        let before = *cursor;
        let member = next_member(self.document, cursor);
        count(Counter::Scanned, cursor.saturating_sub(before));
        let scanned = u64::try_from(cursor.saturating_sub(before)).unwrap_or(u64::MAX);
        let position = u64::try_from(before).unwrap_or(u64::MAX);
        self.budget =
            self.budget.checked_sub(scanned).ok_or(Error::UnsortedTooLarge { position })?;
        Ok(member)
    }

    /// Emits the string at `place` and says where it ends.
    fn string(&mut self, place: usize) -> usize {
        let end = string_end(self.document, place);
        count(Counter::Scanned, end.saturating_sub(place));
        if self.armed {
            let quoted = self.document.get(place..end).unwrap_or_default();
            if has_escape(quoted) {
                self.sink.write(b"\"");
                for character in Characters::new(raw(self.document, place)) {
                    self.sink.write(canonical_form(character, &mut [0; 4]));
                }
                self.sink.write(b"\"");
            } else {
                self.sink.write(quoted);
            }
        }
        end
    }
}

/// Returns the order of two names: by code point, which is the order of UTF-8 bytes.
fn compare(document: &[u8], one: Member, other: Member) -> Ordering {
    let (raw_one, raw_other) = (raw(document, one.name), raw(document, other.name));
    count(Counter::Compared, raw_one.len().min(raw_other.len()));
    if has_escape(raw_one) || has_escape(raw_other) {
        Characters::new(raw_one).cmp(Characters::new(raw_other))
    } else {
        raw_one.cmp(raw_other)
    }
}

#[allow(
    clippy::manual_contains,
    reason = "the search of the standard library is faster, and larger"
)]
fn has_escape(raw: &[u8]) -> bool {
    if SMALL { raw.iter().any(|byte| *byte == b'\\') } else { raw.contains(&b'\\') }
}

/// Puts the members of the object at `place` in order. No name may be there twice.
fn put_in_order(document: &[u8], place: usize, members: &mut [Member]) -> Result<(), Error> {
    let mut order = worst_order(document, members);
    if order == Ordering::Greater {
        sort_unstable_by(members, |one, other| compare(document, *one, *other));
        order = worst_order(document, members);
    }
    match order {
        Ordering::Less => Ok(()),
        _ => Err(Error::DuplicateMember { position: u64::try_from(place).unwrap_or(u64::MAX) }),
    }
}

/// How any two neighbours stand to each other at the worst.
fn worst_order(document: &[u8], members: &[Member]) -> Ordering {
    let pairs = members.iter().zip(members.iter().skip(1));
    pairs.map(|(one, other)| compare(document, *one, *other)).max().unwrap_or(Ordering::Less)
}

#[cfg(test)]
mod tests;
