//! DER (X.690), read strictly: definite lengths in their shortest form, tags of one byte.

use alloc::vec::Vec;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
#[cfg(feature = "timestamp")]
pub(crate) const SET: u8 = 0x31;

/// Returns the tag `[number]`, of a value that holds others.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Returns the tag `[number]`, of a value that holds no others.
pub(crate) const fn primitive(number: u8) -> u8 {
    0x80 | number
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Element<'d> {
    pub(crate) tag: u8,
    /// What is in it.
    pub(crate) content: &'d [u8],
    /// All of it, with tag and length.
    pub(crate) whole: &'d [u8],
}

/// Values, one behind the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Der<'d>(pub(crate) &'d [u8]);

impl<'d> Der<'d> {
    /// Returns the next value, whatever it is; `None` if what stands here is not DER, or at the
    /// end.
    pub(crate) fn next(&mut self) -> Option<Element<'d>> {
        let (tag, rest) = self.0.split_first()?;
        // The number of a tag may be in the bytes that follow: no value here has such.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x83 => {
                let (length, rest) = rest.split_at_checked(usize::from(first & 0x0f))?;
                let leading = length.first()?;
                let value = length
                    .iter()
                    .fold(0_usize, |value, byte| value.wrapping_shl(8) | usize::from(*byte));
                if *leading == 0 || value < 0x80 {
                    return None;
                }
                (value, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        let whole = self.0.get(..self.0.len().checked_sub(rest.len())?)?;
        self.0 = rest;
        Some(Element { tag: *tag, content, whole })
    }

    /// Returns the tag of the next value.
    pub(crate) fn tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Returns the next value, if it has that tag.
    pub(crate) fn element(&mut self, tag: u8) -> Option<Element<'d>> {
        if self.tag() == Some(tag) { self.next() } else { None }
    }

    /// Returns what is in the next value, if it has that tag.
    pub(crate) fn content(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.element(tag).map(|element| element.content)
    }

    /// Returns what is in the next value, which may be left out; nothing at all where it has the
    /// tag and is not DER.
    #[cfg(feature = "timestamp")]
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Option<&'d [u8]>> {
        if self.tag() == Some(tag) { self.content(tag).map(Some) } else { Some(None) }
    }

    /// Returns the values in the next value, if it has that tag.
    pub(crate) fn inside(&mut self, tag: u8) -> Option<Der<'d>> {
        self.content(tag).map(Der)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Option<()> {
        self.is_empty().then_some(())
    }

    /// Returns an INTEGER in its shortest form, as its bytes.
    pub(crate) fn integer(&mut self) -> Option<&'d [u8]> {
        let content = self.content(INTEGER)?;
        match content {
            [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => None,
            _ => Some(content),
        }
    }

    /// Returns an INTEGER from 0 to 127.
    pub(crate) fn small_integer(&mut self) -> Option<u8> {
        match self.integer()? {
            [value @ 0..=0x7f] => Some(*value),
            _ => None,
        }
    }

    /// Returns a BOOLEAN.
    pub(crate) fn boolean(&mut self) -> Option<bool> {
        match self.content(BOOLEAN)? {
            [0] => Some(false),
            [0xff] => Some(true),
            _ => None,
        }
    }

    /// Returns a BIT STRING of whole bytes.
    pub(crate) fn bytes_of_bits(&mut self) -> Option<&'d [u8]> {
        self.content(BIT_STRING)?.strip_prefix(&[0])
    }
}

/// Returns the values in a value that stands alone.
pub(crate) fn only(bytes: &[u8], tag: u8) -> Option<Der<'_>> {
    let mut der = Der(bytes);
    let inside = der.inside(tag)?;
    der.end()?;
    Some(inside)
}

/// Appends a value.
pub(crate) fn write(tag: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|byte| **byte == 0).count();
    let digits = length.get(zeros..).unwrap_or_default();
    match digits {
        [] => out.push(0),
        [short @ 0..=0x7f] => out.push(*short),
        _ => {
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
            out.extend_from_slice(digits);
        }
    }
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;

    #[test]
    fn only_the_shortest_definite_length_is_read() {
        let mut der = Der(&[0x04, 0x81, 0x80]);
        assert_eq!(der.next(), None, "cut");
        let mut long = vec![0x04, 0x81, 0x80];
        long.extend([7; 0x80]);
        assert_eq!(Der(&long).next().map(|element| element.content.len()), Some(0x80));
        for bytes in [
            &[0x04, 0x80, 0x00, 0x00][..],
            &[0x04, 0x81, 0x7f],
            &[0x04, 0x82, 0x00, 0x80],
            &[0x04, 0x84, 0, 0, 0, 1, 7],
            &[0x1f, 0x01, 0x00],
            &[0x04],
            &[],
        ] {
            let mut padded = bytes.to_vec();
            padded.extend([0; 0x90]);
            let bytes = if bytes.len() > 2 { &padded } else { bytes };
            assert_eq!(Der(bytes).next(), None, "{:02x?}", &bytes[..bytes.len().min(4)]);
        }
    }

    #[test]
    fn integers_and_booleans_have_one_form() {
        assert_eq!(Der(&[2, 2, 0, 0x80]).integer(), Some(&[0, 0x80][..]));
        for bytes in [&[2, 0][..], &[2, 2, 0, 0x7f], &[2, 2, 0xff, 0x80]] {
            assert_eq!(Der(bytes).integer(), None);
        }
        assert_eq!(Der(&[1, 1, 0xff]).boolean(), Some(true));
        assert_eq!(Der(&[1, 1, 1]).boolean(), None);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let mut out = Vec::new();
            write(SEQUENCE, &vec![7; length], &mut out);
            let element = Der(&out).next().expect("DER");
            assert_eq!((element.content.len(), element.whole.len()), (length, out.len()));
        }
    }
}
