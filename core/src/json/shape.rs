//! Entries that look alike: PyPI's large files are lists of thousands of entries that differ in a
//! name, a few numbers and a few hashes. The Reader learns what they have in common from one that
//! it has read in full, and goes over the others by comparing them with it.
//!
//! Nothing is taken on trust: what is the same, byte for byte, has been checked in the entry that
//! was learnt from, and where entries differ, each is looked at. An entry that does not fit is read
//! in full.

use heapless::Vec;

use super::Sink;
use super::plain::plain_length;
use crate::SMALL;
use crate::hash::HashAlgorithm;
use crate::hex;

/// What stands where entries of one shape differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field {
    /// The entry's own name, in an object.
    Name,
    /// Any string.
    Text,
    /// An integer from 0.
    Integer,
    /// The length of a target, which is an integer from 0.
    Length,
    /// An integer from 1.
    Positive,
    Hash(HashAlgorithm),
    RoleName,
    Prefix,
    Pattern,
}

impl Field {
    const fn is_number(self) -> bool {
        matches!(self, Field::Integer | Field::Length | Field::Positive)
    }
}

/// A literal and the field behind it.
#[derive(Clone, Copy)]
struct Part {
    /// Where the literal ends among all literals.
    literal_end: u16,
    /// Where the field stands in the canonical form.
    start: u16,
    end: u16,
    field: Field,
}

/// What entries have in common.
pub(crate) struct Shape {
    /// All that stands around the fields, end to end; empty if no shape is known.
    literals: Vec<u8, LITERALS_MAX>,
    /// The canonical form of the entry that was written last.
    canonical: Vec<u8, CANONICAL_MAX>,
    /// Whether entries are in canonical form as they stand.
    pub(super) is_canonical: bool,
    parts: Vec<Part, FIELDS_MAX>,
    /// The fields of the entry that is being read: from where to where each reaches, counted from
    /// the entry's start.
    draft: Vec<(u16, u16, Field), FIELDS_MAX>,
    /// How many entries are still to be left unlearnt, and how many were after the last that did
    /// not fit.
    rest: u8,
    pause: u8,
}

impl Shape {
    pub(crate) const fn new() -> Self {
        Shape {
            literals: Vec::new(),
            canonical: Vec::new(),
            is_canonical: false,
            parts: Vec::new(),
            draft: Vec::new(),
            rest: 0,
            pause: 0,
        }
    }

    /// Before the entries of another list.
    pub(super) fn forget(&mut self) {
        self.clear();
        (self.rest, self.pause) = (0, 0);
    }

    fn clear(&mut self) {
        self.literals.clear();
        self.canonical.clear();
        self.parts.clear();
    }

    /// Returns whether the entry that comes next should be learnt. Where the ones before did not
    /// fit each other, it is tried ever more rarely.
    pub(super) fn begin(&mut self) -> bool {
        self.draft.clear();
        match self.rest.checked_sub(1) {
            Some(rest) => {
                self.rest = rest;
                false
            }
            None => {
                self.pause = self.pause.saturating_mul(2).saturating_add(1);
                self.rest = self.pause;
                true
            }
        }
    }

    /// Notes a field of the entry that is being read; says no where there are too many.
    pub(super) fn note(&mut self, start: u64, end: u64, field: Field) -> bool {
        let (Ok(start), Ok(end)) = (u16::try_from(start), u16::try_from(end)) else {
            return false;
        };
        self.draft.push((start, end, field)).is_ok()
    }

    /// Learns the shape of an entry that has been read, with the fields that were noted.
    pub(super) fn learn(&mut self, entry: &[u8]) {
        self.clear();
        if self.try_learn(entry).is_none() {
            self.clear();
        }
    }

    fn try_learn(&mut self, entry: &[u8]) -> Option<()> {
        let (mut literals, mut canonical, mut inside_string) = (0_usize, 0_usize, false);
        let mut start = 0_usize;
        let end = (entry.len(), entry.len(), None);
        let fields = self
            .draft
            .iter()
            .map(|(start, end, field)| (usize::from(*start), usize::from(*end), Some(*field)));
        for (field_start, field_end, field) in fields.chain([end]) {
            let literal = entry.get(start..field_start)?;
            // With an escape, the canonical form is another.
            if literal.contains(&b'\\') {
                return None;
            }
            self.literals.extend_from_slice(literal).ok()?;
            literals = literals.saturating_add(literal.len());
            for byte in literal {
                inside_string ^= *byte == b'"';
                if inside_string || !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                    self.canonical.push(*byte).ok()?;
                    canonical = canonical.saturating_add(1);
                }
            }
            if let Some(field) = field {
                let literal_end = u16::try_from(self.literals.len()).ok()?;
                let start = u16::try_from(self.canonical.len()).ok()?;
                self.canonical.extend_from_slice(entry.get(field_start..field_end)?).ok()?;
                let end = u16::try_from(self.canonical.len()).ok()?;
                self.parts.push(Part { literal_end, start, end, field }).ok()?;
            }
            start = field_end;
        }
        self.is_canonical = literals == canonical;
        Some(())
    }

    /// Returns how long the entry at the front of `text` is, if it is there as a whole and has this
    /// shape: `fields` is then what it has in its fields.
    #[inline(never)]
    pub(super) fn fit<'t>(&self, text: &'t [u8], fields: &mut Fields<'t>) -> Option<usize> {
        if self.literals.is_empty() {
            return None;
        }
        fields.clear();
        let (mut rest, mut start) = (text, 0_usize);
        for part in &self.parts {
            let end = usize::from(part.literal_end);
            rest = behind(rest, self.literals.get(start..end)?)?;
            start = end;
            let length =
                if part.field.is_number() { integer_length(rest)? } else { plain_length(rest) };
            let (field, more) =
                rest.split_at_checked(length).filter(|_| length <= FIELD_LENGTH_MAX)?;
            fields.push(field).ok()?;
            rest = more;
        }
        rest = behind(rest, self.literals.get(start..)?)?;
        Some(text.len().wrapping_sub(rest.len()))
    }

    /// Returns the entry with these fields at that position.
    #[inline]
    pub(super) fn entry<'e, 't>(&'e self, fields: &'e Fields<'t>, position: u64) -> Entry<'e, 't> {
        Entry { parts: &self.parts, fields, position }
    }

    /// Gives the canonical form of an entry with these fields.
    pub(super) fn write<K: Sink>(&mut self, texts: &Fields<'_>, sink: &mut K) {
        if self.patch(texts) {
            sink.write(&self.canonical);
            return;
        }
        let mut start = 0_usize;
        for (part, text) in self.parts.iter().zip(texts) {
            sink.write(self.canonical.get(start..usize::from(part.start)).unwrap_or_default());
            sink.write(text);
            start = usize::from(part.end);
        }
        sink.write(self.canonical.get(start..).unwrap_or_default());
    }

    /// Puts fields in the place of those in the canonical form, if they are as long.
    #[inline(never)]
    fn patch(&mut self, texts: &Fields<'_>) -> bool {
        let mut fields =
            self.parts.iter().map(|part| usize::from(part.start)..usize::from(part.end)).zip(texts);
        fields.all(|(place, text)| match self.canonical.get_mut(place) {
            Some(before) if before.len() == text.len() => {
                copy(before, text);
                true
            }
            _ => false,
        })
    }

    /// After an entry that fitted: the next one that does not is worth learning at once.
    pub(super) fn confirm(&mut self) {
        (self.rest, self.pause) = (0, 0);
    }
}

/// An entry whose shape is known.
pub(crate) struct Entry<'e, 't> {
    parts: &'e [Part],
    fields: &'e [&'t [u8]],
    /// Where the comma before it is in the file.
    pub(crate) position: u64,
}

/// What stands in the fields of an entry.
pub(super) type Fields<'t> = Vec<&'t [u8], FIELDS_MAX>;

impl<'t> Entry<'_, 't> {
    /// Where it differs from others: ASCII without escapes, or digits without a leading zero.
    #[inline]
    pub(crate) fn fields(&self) -> impl Iterator<Item = (Field, &'t [u8])> {
        self.parts.iter().map(|part| part.field).zip(self.fields.iter().copied())
    }

    /// Returns the name of an entry of an object.
    #[inline]
    pub(crate) fn name(&self) -> &'t [u8] {
        self.fields.first().copied().unwrap_or_default()
    }

    /// Returns whether what it states has the form that it must have.
    #[inline]
    pub(crate) fn is_well_formed(&self) -> bool {
        self.fields().all(|(field, text)| match field {
            Field::Positive => text != b"0",
            Field::Hash(algorithm) => {
                text.len() == algorithm.length().wrapping_mul(2) && hex::is_hex(text)
            }
            _ => true,
        })
    }
}

/// Copies a text of the same length, which is usually short.
#[inline(always)]
fn copy(to: &mut [u8], text: &[u8]) {
    match (to.len(), to.first_chunk_mut::<8>(), text.first_chunk::<8>()) {
        (8..=16, Some(front), Some(first)) => {
            *front = *first;
            if let (Some(back), Some(last)) = (to.last_chunk_mut::<8>(), text.last_chunk::<8>()) {
                *back = *last;
            }
        }
        (4..8, ..) => {
            if let (Some(front), Some(first)) = (to.first_chunk_mut::<4>(), text.first_chunk::<4>())
            {
                *front = *first;
            }
            if let (Some(back), Some(last)) = (to.last_chunk_mut::<4>(), text.last_chunk::<4>()) {
                *back = *last;
            }
        }
        (0..4, ..) => to.iter_mut().zip(text).for_each(|(to, byte)| *to = *byte),
        _ => to.copy_from_slice(text),
    }
}

/// Returns what comes behind `literal` in a text that begins with it. Compared by eights: a call
/// costs more where it is short.
#[inline(always)]
fn behind<'e>(text: &'e [u8], literal: &[u8]) -> Option<&'e [u8]> {
    let (front, rest) = text.split_at_checked(literal.len())?;
    let same = match (front.last_chunk::<8>(), literal.last_chunk::<8>()) {
        (Some(last), Some(expected)) => {
            let words = front.as_chunks::<8>().0.iter().zip(literal.as_chunks::<8>().0);
            let differs = words.fold(0, |so_far, (word, expected)| {
                so_far | u64::from_le_bytes(*word) ^ u64::from_le_bytes(*expected)
            });
            differs | u64::from_le_bytes(*last) ^ u64::from_le_bytes(*expected) == 0
        }
        _ => {
            match (front.first_chunk::<4>(), literal.first_chunk::<4>(), front.last_chunk::<4>()) {
                (Some(first), Some(expected), last) => {
                    first == expected && last == literal.last_chunk::<4>()
                }
                _ => front.iter().eq(literal),
            }
        }
    };
    same.then_some(rest)
}

/// Returns how long the integer at the front of `text` is, if it is one that fits into 64 bits by
/// far.
#[inline]
fn integer_length(text: &[u8]) -> Option<usize> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let leading_zero = length > 1 && text.first() == Some(&b'0');
    ((1..=19).contains(&length) && !leading_zero).then_some(length)
}

/// What an entry may have around its fields, in bytes: a delegation to a bin of PyPI has some 250,
/// indented. Where nothing is skimmed, no room is needed.
const LITERALS_MAX: usize = if SMALL { 1 } else { 352 };

/// The same, with its fields.
const CANONICAL_MAX: usize = if SMALL { 1 } else { 480 };

/// A bin of PyPI has a name and four prefixes.
const FIELDS_MAX: usize = if SMALL { 1 } else { 12 };

/// Longer fields are left to the full reading, which knows their limits.
const FIELD_LENGTH_MAX: usize = 512;

/// All names that can be open in an entry: its own is a field, those of its members are among the
/// literals.
pub(super) const NAMES_MAX: usize = FIELD_LENGTH_MAX + LITERALS_MAX;
