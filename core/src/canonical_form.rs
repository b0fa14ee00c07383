//! The canonical form of any document, for who writes or compares what is signed.

use crate::canonical::emit;
use crate::error::Error;
use crate::json::{Failed, Reader, Scratch, Sink};
use crate::source::{Slice, Source};

/// Writes the OLPC canonical JSON form of `document` to `write`, in pieces. TUF signs these bytes
/// of a file's `signed` (spec §4.2).
///
/// Members are sorted by code point, white space is left out, and in strings nothing but `"` and
/// `\` is escaped: the form of a PEM key has its newlines in it, so that it need not be JSON
/// itself. It is what verification hashes, and what securesystemslib's `encode_canonical` writes.
///
/// The document is read twice, and three times if its members are not in order, so that `write` is
/// given nothing unless all of it is right. No piece ends within a character. Some 15 KB of stack
/// are taken.
///
/// ```
/// let mut form = String::new();
/// picotuf::canonical_form(br#"{ "b": "\u00e9\n", "a": [1, null] }"#, &mut |piece| {
///     form.push_str(core::str::from_utf8(piece).expect("whole characters"));
/// })?;
/// assert_eq!(form, "{\"a\":[1,null],\"b\":\"é\n\"}");
/// # Ok::<(), picotuf::Error>(())
/// ```
///
/// # Errors
/// What the verifier refuses a file's text for: [`Error::DuplicateMember`], [`Error::InvalidJson`],
/// [`Error::InvalidNumber`] (integers from `i64::MIN` to `u64::MAX` are all that there is),
/// [`Error::InvalidString`], [`Error::InvalidUtf8`], [`Error::LimitReached`],
/// [`Error::TrailingData`], [`Error::UnexpectedEnd`], and [`Error::UnsortedTooLarge`] if the
/// members cannot be put in order cheaply.
pub fn canonical_form(document: &[u8], write: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
    let mut scratch = Scratch::new();
    let (start, sorted) = check(document, &mut scratch)?;
    let mut sink = Write(write);
    if sorted {
        let mut source = Slice::new(document);
        let mut reader = Reader::new(&mut source, &mut sink, &mut scratch);
        let written = reader.arm().and_then(|()| reader.skip());
        reader.disarm();
        return written.map_err(|Failed| reader.error());
    }
    // Duplicates come to light only as the members are put in order.
    emit(document, start, &mut Write(&mut |_| {}))?;
    emit(document, start, &mut sink)
}

/// Checks the whole document, and says where its value begins and whether all members are in order.
fn check(document: &[u8], scratch: &mut Scratch) -> Result<(usize, bool), Error> {
    let mut source = Slice::new(document);
    let mut reader = Reader::asking(&mut source, scratch);
    read(document, &mut reader).map_err(|Failed| reader.error())
}

fn read<S: Source, K: Sink>(
    document: &[u8],
    reader: &mut Reader<'_, S, K>,
) -> Result<(usize, bool), Failed> {
    let start = usize::try_from(reader.value_position()?).unwrap_or(usize::MAX);
    let mut swapped = false;
    if document.get(start) == Some(&b'{') {
        // The Reader takes `signed` before `signatures` for order, as the two are hashed apart.
        // Here they are not.
        let mut signed = false;
        reader.enter_object()?;
        while reader.next_member()? {
            swapped |= signed && reader.name() == b"signatures";
            signed |= reader.name() == b"signed";
            reader.skip()?;
        }
    } else {
        reader.skip()?;
    }
    reader.end()?;
    Ok((start, !swapped && !reader.take_unsorted()))
}

struct Write<'w>(&'w mut dyn FnMut(&[u8]));

impl Sink for Write<'_> {
    fn write(&mut self, bytes: &[u8]) {
        (self.0)(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    /// Returns the form, or the error and how many bytes were written before it.
    fn form(document: &str) -> Result<String, (Error, usize)> {
        let mut written = Vec::new();
        let answer = canonical_form(document.as_bytes(), &mut |piece| {
            assert!(core::str::from_utf8(piece).is_ok());
            written.extend_from_slice(piece);
        });
        match answer {
            Ok(()) => Ok(String::from_utf8(written).unwrap()),
            Err(error) => Err((error, written.len())),
        }
    }

    #[test]
    fn values_of_every_type_have_a_form() {
        for (document, expected) in [
            (" null ", "null"),
            ("true", "true"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("18446744073709551615", "18446744073709551615"),
            (r#" "\u0061\/\"\\\u00e9\ud83d\udc0d" "#, r#""a/\"\\é🐍""#),
            ("[ ]", "[]"),
            ("{ }", "{}"),
            (" [ 1 , [ ] , { } ] ", "[1,[],{}]"),
            ("{ \"a\" : { \"b\" : 1 } , \"c\" : [ 2 ] }", r#"{"a":{"b":1},"c":[2]}"#),
            (r#"{"c":[2],"a":{"d":1,"b":2}}"#, r#"{"a":{"b":2,"d":1},"c":[2]}"#),
        ] {
            assert_eq!(form(document), Ok(expected.into()), "{document}");
        }
    }

    #[test]
    fn signed_before_signatures_is_out_of_order_here() {
        assert_eq!(
            form(r#"{"signed":1,"signatures":2}"#),
            Ok(r#"{"signatures":2,"signed":1}"#.into())
        );
        assert_eq!(
            form(r#"{"x":{"signed":1,"signatures":2}}"#),
            Ok(r#"{"x":{"signatures":2,"signed":1}}"#.into())
        );
        let twice = r#"{"signed":1,"signatures":2,"signatures":3}"#;
        assert_eq!(form(twice), Err((Error::DuplicateMember { position: 27 }, 0)));
        let twice = r#"{"signed":1,"signatures":2,"x":3,"x":4}"#;
        assert!(
            matches!(form(twice), Err((Error::DuplicateMember { .. }, 0))),
            "{:?}",
            form(twice)
        );
    }

    #[test]
    fn nothing_is_written_of_what_is_refused() {
        let twice = r#"{"b":1,"a":{"d":1,"c":2,"d":3}}"#;
        assert_eq!(form(twice), Err((Error::DuplicateMember { position: 11 }, 0)));
        assert_eq!(form("[1,2"), Err((Error::UnexpectedEnd { position: 4 }, 0)));
        assert_eq!(form("[1,2]]"), Err((Error::TrailingData { position: 5 }, 0)));
        assert_eq!(form("[1,1.5]"), Err((Error::InvalidNumber { position: 3 }, 0)));
        assert_eq!(form(r#"{"b":1,"a":-0}"#), Err((Error::InvalidNumber { position: 11 }, 0)));
    }
}
