//! Ways through a document that lies in memory and that the Reader has checked: nothing is checked
//! again here, and what these find in any other document means nothing. Places in a slice are far
//! from overflowing.

use crate::json::{plain_length, surrogate_pair};

/// Where a member's name, with its quote, and its value begin.
#[derive(Clone, Copy)]
pub(crate) struct Member {
    pub(crate) name: usize,
    pub(crate) value: usize,
}

/// Returns the next member of an object; `cursor` stands at its brace, then behind a value, in the
/// end behind the object.
pub(crate) fn next_member(document: &[u8], cursor: &mut usize) -> Option<Member> {
    let mut place = *cursor;
    if byte(document, place) == b'{' {
        place = place.wrapping_add(1);
    }
    place = space(document, place);
    if byte(document, place) == b',' {
        place = space(document, place.wrapping_add(1));
    }
    if byte(document, place) != b'"' {
        *cursor = place.wrapping_add(1);
        return None;
    }
    let colon = space(document, string_end(document, place));
    let value = space(document, colon.wrapping_add(1));
    // Behind a value that is an object, the cursor must not stand at another object's brace.
    *cursor = space(document, value_end(document, value));
    Some(Member { name: place, value })
}

/// Returns the byte at `place`; 0, which stands nowhere in a document, behind its end.
#[cfg_attr(feature = "small", inline(never))]
pub(crate) fn byte(document: &[u8], place: usize) -> u8 {
    document.get(place).copied().unwrap_or_default()
}

/// Returns the first place from `place` on that is no white space.
pub(crate) fn space(document: &[u8], place: usize) -> usize {
    let rest = document.get(place..).unwrap_or_default();
    place.wrapping_add(
        rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\t' | b'\r')).count(),
    )
}

/// Where the number or literal at `place` ends.
pub(crate) fn scalar_end(document: &[u8], place: usize) -> usize {
    let rest = document.get(place..).unwrap_or_default();
    let inside = |byte: &&u8| !matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\t' | b'\r');
    place.wrapping_add(rest.iter().take_while(inside).count())
}

/// Where the value at `place` ends.
pub(crate) fn value_end(document: &[u8], place: usize) -> usize {
    match byte(document, place) {
        b'"' => string_end(document, place),
        b'{' | b'[' => {
            let (mut place, mut depth) = (place, 0_usize);
            loop {
                let rest = document.get(place..).unwrap_or_default();
                let Some(ahead) =
                    rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']'))
                else {
                    return document.len();
                };
                place = place.wrapping_add(ahead);
                match byte(document, place) {
                    b'"' => {
                        place = string_end(document, place);
                        continue;
                    }
                    b'{' | b'[' => depth = depth.wrapping_add(1),
                    _ => depth = depth.wrapping_sub(1),
                }
                place = place.wrapping_add(1);
                if depth == 0 {
                    return place;
                }
            }
        }
        _ => scalar_end(document, place),
    }
}

/// Returns the inside of the string whose quote is at `place`, as it stands.
pub(crate) fn raw(document: &[u8], place: usize) -> &[u8] {
    document
        .get(place.wrapping_add(1)..string_end(document, place).wrapping_sub(1))
        .unwrap_or_default()
}

/// Where the string whose quote is at `place` ends, behind its last quote.
pub(crate) fn string_end(document: &[u8], place: usize) -> usize {
    let mut place = place.wrapping_add(1);
    loop {
        let rest = document.get(place..).unwrap_or_default();
        place = place.wrapping_add(plain_length(rest));
        match document.get(place) {
            Some(b'\\') => place = place.wrapping_add(2),
            Some(b'"') | None => return place.wrapping_add(1),
            Some(_) => place = place.wrapping_add(1),
        }
    }
}

/// What a string says, character by character. The Reader has checked it.
pub(crate) struct Characters<'d> {
    raw: core::str::Chars<'d>,
}

impl<'d> Characters<'d> {
    pub(crate) fn new(raw: &'d [u8]) -> Self {
        Characters { raw: core::str::from_utf8(raw).unwrap_or_default().chars() }
    }

    fn code_unit(&mut self) -> u16 {
        let mut unit = 0_u16;
        for digit in self.raw.by_ref().take(4) {
            unit = unit.wrapping_shl(4)
                | digit.to_digit(16).and_then(|digit| u16::try_from(digit).ok()).unwrap_or(0);
        }
        unit
    }
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let character = self.raw.next()?;
        if character != '\\' {
            return Some(character);
        }
        Some(match self.raw.next()? {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let unit = self.code_unit();
                match char::from_u32(u32::from(unit)) {
                    Some(character) => character,
                    None => {
                        let _ = self.raw.nth(1);
                        let low = self.code_unit();
                        surrogate_pair(unit, low).unwrap_or(char::REPLACEMENT_CHARACTER)
                    }
                }
            }
            same => same,
        })
    }
}
