//! Strings: found, checked, unescaped.

use heapless::Vec;

use crate::error::Error;
use crate::limits::KEY_LENGTH_MAX;
use crate::source::Source;

use super::input::Input;
use super::plain::plain_length;
use super::{Failed, OpenNames, Sink};

/// Where the unescaped text of a string is kept.
pub(super) enum Keep<'k> {
    Nothing,
    /// In [`Input::text`].
    Text,
    /// Behind other names; and how long it is.
    Name(&'k mut OpenNames, &'k mut usize),
}

impl Keep<'_> {
    /// Keeps one more piece, unless there is no room.
    fn extend(&mut self, text: &mut Vec<u8, KEY_LENGTH_MAX>, piece: &[u8]) -> bool {
        match self {
            Keep::Nothing => true,
            Keep::Text => text.extend_from_slice(piece).is_ok(),
            Keep::Name(names, length) => {
                **length = length.saturating_add(piece.len());
                names.extend_from_slice(piece).is_ok()
            }
        }
    }
}

impl<S: Source, K: Sink> Input<'_, S, K> {
    /// Returns the text of the string that comes next, if it lies in the window in one piece and is
    /// ASCII without escapes.
    #[cfg_attr(not(feature = "small"), inline)]
    pub(super) fn plain_string(&self) -> Option<&[u8]> {
        let inside = self.ahead().get(1..)?;
        let length = plain_length(inside);
        if inside.get(length) == Some(&b'"') { inside.get(..length) } else { None }
    }

    /// Takes the string that [`Input::plain_string`] showed, of that length.
    #[inline]
    pub(super) fn take_plain_string(&mut self, length: usize) {
        self.take(length.saturating_add(2));
    }

    /// Reads any string, and gives it in one piece if it is short enough.
    pub(super) fn gathered_string(&mut self) -> Result<Option<&[u8]>, Failed> {
        let fits = self.gather_string()?;
        Ok(fits.then_some(self.text.as_slice()))
    }

    /// Reads any string into [`Input::text`], and says whether there was room for all of it.
    pub(super) fn gather_string(&mut self) -> Result<bool, Failed> {
        self.text.clear();
        self.string(&mut Keep::Text)
    }

    /// Reads a string, whose opening quote comes next, and says whether all that it says could be
    /// kept.
    pub(super) fn string(&mut self, keep: &mut Keep<'_>) -> Result<bool, Failed> {
        self.take(1);
        let mut fits = true;
        loop {
            let Some(byte) = self.peek()? else {
                return Err(self.fail_at_end());
            };
            match byte {
                b'"' => {
                    self.take(1);
                    return Ok(fits);
                }
                b'\\' => {
                    let character = self.escape()?;
                    fits &= keep.extend(self.text, character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..0x20 => {
                    return Err(
                        self.fail_at(self.position(), |position| Error::InvalidString { position })
                    );
                }
                0x80.. => {
                    let mut character = [0; 4];
                    let character = self.multibyte(byte, &mut character)?;
                    fits &= keep.extend(self.text, character);
                }
                _ => {
                    let (ahead, text) = self.ahead_and_text();
                    let length = plain_length(ahead);
                    fits &= keep.extend(text, ahead.get(..length).unwrap_or_default());
                    self.take(length);
                }
            }
        }
    }

    /// Reads one character of two to four bytes, of which the first is at hand (RFC 3629: no
    /// overlong forms, no surrogates, none past U+10FFFF).
    fn multibyte<'c>(&mut self, first: u8, character: &'c mut [u8; 4]) -> Result<&'c [u8], Failed> {
        let position = self.position();
        let error = |position| Error::InvalidUtf8 { position };
        let length = match first {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return Err(self.fail_at(position, error)),
        };
        let character = character.get_mut(..length).unwrap_or_default();
        for place in character.iter_mut() {
            let Some(byte) = self.peek()? else {
                return Err(self.fail_at(position, error));
            };
            *place = byte;
            self.take(1);
        }
        if core::str::from_utf8(character).is_err() {
            return Err(self.fail_at(position, error));
        }
        Ok(character)
    }

    /// Reads an escape, and gives the sink the form that the character has in canonical JSON.
    fn escape(&mut self) -> Result<char, Failed> {
        let position = self.position();
        self.drop(1);
        let letter = self.dropped()?;
        let character = match letter {
            '"' | '\\' | '/' => Some(letter),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => match self.code_unit(position)? {
                high @ 0xd800..0xdc00 => {
                    if self.dropped()? != '\\' || self.dropped()? != 'u' {
                        return Err(
                            self.fail_at(position, |position| Error::InvalidString { position })
                        );
                    }
                    surrogate_pair(high, self.code_unit(position)?)
                }
                unit => char::from_u32(u32::from(unit)),
            },
            _ => None,
        };
        let Some(character) = character else {
            return Err(self.fail_at(position, |position| Error::InvalidString { position }));
        };
        self.emit(canonical_form(character, &mut [0; 4]));
        Ok(character)
    }

    /// Four hex digits, of an escape that begins at that position.
    fn code_unit(&mut self, position: u64) -> Result<u16, Failed> {
        let mut unit = 0_u16;
        for _ in 0..4 {
            let digit = self.dropped()?.to_digit(16).and_then(|digit| u16::try_from(digit).ok());
            let Some(digit) = digit else {
                return Err(self.fail_at(position, |position| Error::InvalidString { position }));
            };
            unit = unit.wrapping_shl(4) | digit;
        }
        Ok(unit)
    }

    /// Returns the next byte, dropped from the window: as a character, which takes no more room
    /// where it may be a stop instead.
    fn dropped(&mut self) -> Result<char, Failed> {
        let Some(byte) = self.peek()? else {
            return Err(self.fail_at_end());
        };
        self.drop(1);
        Ok(char::from(byte))
    }
}

/// What stands for a character in a string in canonical form.
pub(crate) fn canonical_form(character: char, utf8: &mut [u8; 4]) -> &[u8] {
    match character {
        '"' => b"\\\"",
        '\\' => b"\\\\",
        _ => character.encode_utf8(utf8).as_bytes(),
    }
}

/// Returns the character of a high surrogate and what should be a low one.
pub(crate) fn surrogate_pair(high: u16, low: u16) -> Option<char> {
    let (high, low) = (high.checked_sub(0xd800)?, low.checked_sub(0xdc00)?);
    if high >= 0x400 || low >= 0x400 {
        return None;
    }
    char::from_u32(
        u32::from(high).wrapping_shl(10).wrapping_add(u32::from(low)).wrapping_add(0x1_0000),
    )
}
