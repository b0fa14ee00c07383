//! The canonical form of documents whose members are not in order.
//!
//! What is in order goes to the signature checks while it is read and never comes here. The rest lies in memory as a
//! slice that the Reader has checked already, so this only has to find its way: an object's members are noted where
//! they begin, put in order, and emitted. Duplicates, which the Reader sees only where names are in order, end here.

use core::cmp::Ordering;

use heapless::Vec;

use crate::error::Error;
use crate::json::Sink;
use crate::scan::{Characters, Member, byte, next_member, raw, scalar_end, space, string_end};

/// The most members of unsorted objects that can be open at one time without `alloc`.
const SLOTS: usize = 256;

/// How many times the length of the document may be scanned in all: twice for each level of nesting that TUF has.
const SCANS: u64 = 16;

/// How many bytes may be scanned of any document: enough for a small one as deep as can be.
const SCANS_OF_ANY: u64 = 65_536;

/// Goes over a document that the Reader has found to be well formed, checks that no name appears twice in any object,
/// and writes the canonical form of the value that begins at `armed_at`.
///
/// # Errors
/// [`Error::DuplicateMember`]; [`Error::UnsortedTooLarge`] where the document cannot be put in order cheaply.
pub(crate) fn emit<K: Sink>(document: &[u8], armed_at: usize, sink: &mut K) -> Result<(), Error> {
    let budget = u64::try_from(document.len()).unwrap_or(u64::MAX).saturating_mul(SCANS).saturating_add(SCANS_OF_ANY);
    let mut emitter = Emitter { document, sink, armed_at, armed: false, slots: Vec::new(), budget };
    let start = space(document, 0);
    emitter.value(start)?;
    Ok(())
}

struct Emitter<'d, K> {
    document: &'d [u8],
    sink: &'d mut K,
    armed_at: usize,
    armed: bool,
    slots: Vec<Member, SLOTS>,
    budget: u64,
}

impl<K: Sink> Emitter<'_, K> {
    fn write(&mut self, bytes: &[u8]) {
        if self.armed {
            self.sink.write(bytes);
        }
    }

    /// Emits the value at `place` and says where it ends.
    fn value(&mut self, place: usize) -> Result<usize, Error> {
        let outermost = place == self.armed_at;
        if outermost {
            self.armed = true;
        }
        let end = match byte(self.document, place) {
            b'{' => self.object(place)?,
            b'[' => self.array(place)?,
            b'"' => self.string(place),
            _ => {
                let end = scalar_end(self.document, place);
                if self.armed {
                    self.sink.write(self.document.get(place..end).unwrap_or_default());
                }
                end
            }
        };
        if outermost {
            self.armed = false;
        }
        Ok(end)
    }

    fn array(&mut self, place: usize) -> Result<usize, Error> {
        self.write(b"[");
        let mut place = space(self.document, place.saturating_add(1));
        while byte(self.document, place) != b']' && place < self.document.len() {
            place = self.value(place)?;
            place = space(self.document, place);
            if byte(self.document, place) == b',' {
                self.write(b",");
                place = space(self.document, place.saturating_add(1));
            }
        }
        self.write(b"]");
        Ok(place.saturating_add(1))
    }

    fn object(&mut self, place: usize) -> Result<usize, Error> {
        let first = self.slots.len();
        let mut cursor = place;
        let mut last: Option<Member> = None;
        let (mut sorted, mut fits, mut count) = (true, true, 0_usize);
        while let Some(member) = self.next_member(&mut cursor)? {
            sorted = sorted && last.is_none_or(|last| compare(self.document, last, member) == Ordering::Less);
            fits = fits && self.slots.push(member).is_ok();
            last = Some(member);
            count = count.saturating_add(1);
        }
        self.write(b"{");
        if sorted {
            self.slots.truncate(first);
            let mut cursor = place;
            let mut separator: &[u8] = b"";
            while let Some(member) = self.next_member(&mut cursor)? {
                self.write(separator);
                self.member(member)?;
                separator = b",";
            }
        } else if fits {
            let own = self.slots.get_mut(first..).unwrap_or_default();
            sort(self.document, own);
            refuse_duplicates(self.document, place, own)?;
            for index in 0..count {
                if index > 0 {
                    self.write(b",");
                }
                if let Some(member) = self.slots.get(first.saturating_add(index)).copied() {
                    self.member(member)?;
                }
            }
            self.slots.truncate(first);
        } else {
            self.slots.truncate(first);
            self.large_object(place, count)?;
        }
        self.write(b"}");
        Ok(cursor)
    }

    /// Emits the members of an object that has too many of them for the slots.
    #[cfg(feature = "alloc")]
    fn large_object(&mut self, place: usize, count: usize) -> Result<(), Error> {
        let mut members = alloc::vec::Vec::with_capacity(count);
        let mut cursor = place;
        while let Some(member) = self.next_member(&mut cursor)? {
            members.push(member);
        }
        sort(self.document, &mut members);
        refuse_duplicates(self.document, place, &members)?;
        let mut separator: &[u8] = b"";
        for member in members {
            self.write(separator);
            self.member(member)?;
            separator = b",";
        }
        Ok(())
    }

    #[cfg(not(feature = "alloc"))]
    fn large_object(&mut self, place: usize, _: usize) -> Result<(), Error> {
        Err(Error::UnsortedTooLarge { position: u64::try_from(place).unwrap_or(u64::MAX) })
    }

    fn member(&mut self, member: Member) -> Result<(), Error> {
        self.string(member.name);
        self.write(b":");
        self.value(member.value)?;
        Ok(())
    }

    /// The next member of an object, paid for out of the budget.
    fn next_member(&mut self, cursor: &mut usize) -> Result<Option<Member>, Error> {
        let before = *cursor;
        let member = next_member(self.document, cursor);
        let scanned = u64::try_from(cursor.saturating_sub(before)).unwrap_or(u64::MAX);
        let position = u64::try_from(before).unwrap_or(u64::MAX);
        self.budget = self.budget.checked_sub(scanned).ok_or(Error::UnsortedTooLarge { position })?;
        Ok(member)
    }

    /// Emits the string at `place` and says where it ends.
    fn string(&mut self, place: usize) -> usize {
        let end = string_end(self.document, place);
        if self.armed {
            let quoted = self.document.get(place..end).unwrap_or_default();
            if quoted.contains(&b'\\') {
                self.sink.write(b"\"");
                for character in Characters::new(raw(self.document, place)) {
                    match character {
                        '"' => self.sink.write(b"\\\""),
                        '\\' => self.sink.write(b"\\\\"),
                        _ => self.sink.write(character.encode_utf8(&mut [0; 4]).as_bytes()),
                    }
                }
                self.sink.write(b"\"");
            } else {
                self.sink.write(quoted);
            }
        }
        end
    }
}

/// The order of two names: by code point, which is the order of UTF-8 bytes.
fn compare(document: &[u8], one: Member, other: Member) -> Ordering {
    let (raw_one, raw_other) = (raw(document, one.name), raw(document, other.name));
    if raw_one.contains(&b'\\') || raw_other.contains(&b'\\') {
        Characters::new(raw_one).cmp(Characters::new(raw_other))
    } else {
        raw_one.cmp(raw_other)
    }
}

/// Puts members in order.
fn sort(document: &[u8], members: &mut [Member]) {
    if cfg!(feature = "small") {
        heap_sort(document, members);
    } else {
        members.sort_unstable_by(|one, other| compare(document, *one, *other));
    }
}

/// The one of the standard library is faster, and ten times as large.
fn heap_sort(document: &[u8], members: &mut [Member]) {
    let sift = |members: &mut [Member], mut parent: usize| {
        loop {
            let left = parent.saturating_mul(2).saturating_add(1);
            let Some(children) = members.get(left..) else { return };
            let child = match children {
                [one, other, ..] if compare(document, *one, *other) == Ordering::Less => left.saturating_add(1),
                [_, ..] => left,
                [] => return,
            };
            let (Some(above), Some(below)) = (members.get(parent).copied(), members.get(child).copied()) else {
                return;
            };
            if compare(document, above, below) != Ordering::Less {
                return;
            }
            members.swap(parent, child);
            parent = child;
        }
    };
    for parent in (0..members.len() / 2).rev() {
        sift(members, parent);
    }
    for end in (1..members.len()).rev() {
        members.swap(0, end);
        sift(members.get_mut(..end).unwrap_or_default(), 0);
    }
}

fn refuse_duplicates(document: &[u8], place: usize, members: &[Member]) -> Result<(), Error> {
    let twice = members.windows(2).any(|pair| match pair {
        [one, other] => compare(document, *one, *other) == Ordering::Equal,
        _ => false,
    });
    if twice { Err(Error::DuplicateMember { position: u64::try_from(place).unwrap_or(u64::MAX) }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
