//! Any JSON document, read as strictly as metadata is, for documents that stand beside it.

use core::iter::Peekable;
use core::str::Chars;

use super::string::surrogate_pair;
use super::{Failed, Reader, Scratch, Sink};
use crate::error::{Error, JsonType};
use crate::source::{Slice, Source};

/// One part of a JSON document, as [`read_json`] passes it on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JsonPart<'p> {
    /// An object begins: each of its members is a [`JsonPart::Name`] and the parts of its value.
    Object,
    /// An array begins.
    Array,
    /// The object or the array that began last, and has not ended yet, ends.
    End,
    /// The name of a member, unescaped.
    Name(&'p str),
    /// A string.
    Text(JsonText<'p>),
    /// An integer from `i64::MIN` to `u64::MAX`.
    Integer {
        /// Whether a minus stands before it.
        negative: bool,
        /// The number without the minus.
        magnitude: u64,
    },
    /// `true` or `false`.
    Boolean(bool),
    /// `null`.
    Null,
}

/// The text of a JSON string between its quotes, as the document has it. It is valid JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonText<'p>(&'p str);

impl<'p> JsonText<'p> {
    /// Returns the text if it contains no escape sequence, which is the usual case.
    pub fn plain(&self) -> Option<&'p str> {
        (!self.0.contains('\\')).then_some(self.0)
    }

    /// Returns the length of the string in the document, in bytes. The unescaped text is never
    /// longer.
    pub fn length(&self) -> usize {
        self.0.len()
    }

    /// Returns the unescaped characters.
    pub fn chars(&self) -> impl Iterator<Item = char> + 'p {
        Unescaped(self.0.chars().peekable())
    }
}

/// Undoes escapes that have been checked.
struct Unescaped<'p>(Peekable<Chars<'p>>);

impl Unescaped<'_> {
    fn code_unit(&mut self) -> Option<u16> {
        let mut unit = 0_u16;
        for _ in 0..4 {
            let digit = self.0.next()?.to_digit(16)?;
            unit = unit.wrapping_shl(4) | u16::try_from(digit).ok()?;
        }
        Some(unit)
    }
}

impl Iterator for Unescaped<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let character = self.0.next()?;
        if character != '\\' {
            return Some(character);
        }
        match self.0.next()? {
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'u' => match self.code_unit()? {
                high @ 0xd800..0xdc00 => {
                    // The `\u` of the second half.
                    self.0.next();
                    self.0.next();
                    let low = self.code_unit()?;
                    surrogate_pair(high, low)
                }
                unit => char::from_u32(u32::from(unit)),
            },
            other => Some(other),
        }
    }
}

/// Reads a whole JSON document by the same strict rules as metadata. Calls `visit` for each part in
/// order, with the position in bytes of what follows it.
///
/// What has been given is worth nothing if the document is refused in the end. Members may stand in
/// any order: an object with two members of one name is refused only where they stand side by side,
/// so that whoever keeps the members compares their names.
///
/// ```
/// use picotuf::{JsonPart, read_json};
///
/// let mut texts = 0;
/// read_json(br#"{"a": ["b", 1, "\u00e9"]}"#, &mut |part, _| {
///     if let JsonPart::Text(text) = part {
///         texts += text.chars().count();
///     }
///     Ok(())
/// })?;
/// assert_eq!(texts, 2);
/// # Ok::<(), picotuf::Error>(())
/// ```
///
/// # Errors
/// What the verifier refuses a file's text for: [`Error::DuplicateMember`], [`Error::InvalidJson`],
/// [`Error::InvalidNumber`], [`Error::InvalidString`], [`Error::InvalidUtf8`],
/// [`Error::LimitReached`] (depth and member names; a string may have any length),
/// [`Error::TrailingData`], [`Error::UnexpectedEnd`]; and what `visit` returns.
pub fn read_json(
    document: &[u8],
    visit: &mut dyn FnMut(JsonPart<'_>, u64) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut scratch = Scratch::new();
    let mut source = Slice::new(document);
    let mut reader = Reader::asking(&mut source, &mut scratch);
    walk(document, &mut reader, visit).map_err(|Failed| reader.error())
}

fn walk<S: Source, K: Sink>(
    document: &[u8],
    reader: &mut Reader<'_, S, K>,
    visit: &mut dyn FnMut(JsonPart<'_>, u64) -> Result<(), Error>,
) -> Result<(), Failed> {
    loop {
        value(document, reader, visit)?;
        loop {
            let Some(open) = reader.open.last() else {
                return reader.end();
            };
            let object = open.object;
            let more = if object { reader.next_member()? } else { reader.next_element()? };
            let position = reader.position();
            let answer = match (more, object) {
                (false, _) => visit(JsonPart::End, position),
                (true, true) => visit(JsonPart::Name(reader.name_text()), position),
                (true, false) => Ok(()),
            };
            answer.map_err(|error| reader.fail(error))?;
            if more {
                break;
            }
        }
    }
}

/// Gives a value, or its beginning where it is an object or an array.
fn value<S: Source, K: Sink>(
    document: &[u8],
    reader: &mut Reader<'_, S, K>,
    visit: &mut dyn FnMut(JsonPart<'_>, u64) -> Result<(), Error>,
) -> Result<(), Failed> {
    let part = match reader.value_type()? {
        JsonType::Object => {
            reader.open_container(true)?;
            JsonPart::Object
        }
        JsonType::Array => {
            reader.open_container(false)?;
            JsonPart::Array
        }
        JsonType::String => {
            let start = reader.position();
            reader.skip()?;
            JsonPart::Text(JsonText(between_quotes(document, start, reader.position())))
        }
        JsonType::Number => {
            let (negative, magnitude) = reader.input.number()?;
            JsonPart::Integer { negative, magnitude }
        }
        JsonType::Boolean => JsonPart::Boolean(reader.boolean()?),
        JsonType::Null => {
            reader.input.literal()?;
            JsonPart::Null
        }
    };
    visit(part, reader.position()).map_err(|error| reader.fail(error))
}

/// Returns what stands between the quotes of a string that reaches from `start` to `end`.
fn between_quotes(document: &[u8], start: u64, end: u64) -> &str {
    let place = |position: u64| usize::try_from(position).unwrap_or(usize::MAX);
    let inside = place(start).saturating_add(1)..place(end).saturating_sub(1);
    core::str::from_utf8(document.get(inside).unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{DEPTH_MAX, Limit};
    use std::format;
    use std::string::String;

    /// Returns all parts as one text, or the error.
    fn parts(document: &str) -> Result<String, Error> {
        let mut shown = String::new();
        read_json(document.as_bytes(), &mut |part, position| {
            assert!(position <= document.len() as u64);
            shown += &match part {
                JsonPart::Name(name) => format!("{name}:"),
                JsonPart::Text(text) => {
                    let plain = text.plain().is_some();
                    format!(
                        "{:?}{}",
                        text.chars().collect::<String>(),
                        if plain { "" } else { "\\" }
                    )
                }
                JsonPart::Integer { negative, magnitude } => format!("{negative}{magnitude}"),
                other => format!("{other:?}"),
            };
            shown += " ";
            Ok(())
        })?;
        Ok(shown)
    }

    #[test]
    fn every_part_of_a_document_is_given_once_and_in_order() {
        for (document, expected) in [
            (" null ", "Null "),
            (r#""é""#, "\"é\" "),
            ("[]", "Array End "),
            (
                r#"{"b":{"x":true},"\u0061":[1,-2,"q\n\u00e9\ud83d\udc0d\/"]}"#,
                "Object b: Object x: Boolean(true) End a: Array false1 true2 \
                 \"q\\né🐍/\"\\ End End ",
            ),
        ] {
            assert_eq!(parts(document).as_deref(), Ok(expected), "{document}");
        }
    }

    #[test]
    fn a_long_string_is_given_whole() {
        let long = "x".repeat(100_000);
        assert_eq!(parts(&format!("[\"{long}\"]")), Ok(format!("Array \"{long}\" End ")));
    }

    #[test]
    fn what_metadata_may_not_hold_is_refused_here_too() {
        let deep = "[".repeat(DEPTH_MAX + 1);
        for (document, expected) in [
            ("", Error::UnexpectedEnd { position: 0 }),
            ("[1,2", Error::UnexpectedEnd { position: 4 }),
            ("[1.5]", Error::InvalidNumber { position: 1 }),
            ("[1]]", Error::TrailingData { position: 3 }),
            ("{\"a\":1,\"a\":2}", Error::DuplicateMember { position: 7 }),
            ("[\"\\ud800\"]", Error::InvalidString { position: 2 }),
            (&deep, Error::LimitReached { limit: Limit::Depth, maximum: 64 }),
        ] {
            assert_eq!(parts(document), Err(expected), "{document}");
        }
    }

    #[test]
    fn the_visitor_can_stop_it() {
        let stop = Error::DuplicateMember { position: 7 };
        let mut seen = 0;
        let answer = read_json(b"[1,2,3]", &mut |_, _| {
            seen += 1;
            if seen == 3 { Err(stop) } else { Ok(()) }
        });
        assert_eq!((answer, seen), (Err(stop), 3));
    }
}
