//! What the Reader accepts and what it refuses: each row through a whole slice and through windows
//! of every size.

pub(crate) mod generator;
mod members;
mod random;
mod shapes;
mod text;

use super::*;
use crate::source::{Slice, Stream, Window};
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

/// A sink that keeps everything.
#[derive(Default)]
pub(crate) struct Kept(pub(crate) Vec<u8>);

impl Sink for Kept {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

/// A stream of bytes that lie in memory.
struct Memory<'m> {
    bytes: &'m [u8],
    at: usize,
}

impl Stream for Memory<'_> {
    type Error = core::convert::Infallible;

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let rest = &self.bytes[self.at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }

    fn rewind(&mut self) -> Result<(), Self::Error> {
        self.at = 0;
        Ok(())
    }
}

/// What one question to a Reader gives, from whatever source.
trait Question {
    type Answer: Clone + PartialEq + core::fmt::Debug;
    fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Failed>;
}

/// A whole document, unread but checked, armed: its canonical form, and whether it was out of
/// order.
struct Whole;

impl Question for Whole {
    type Answer = (Vec<u8>, bool);

    fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Failed> {
        reader.arm()?;
        reader.skip()?;
        reader.disarm();
        reader.end()?;
        Ok((
            reader.sink().map(|sink| core::mem::take(&mut sink.0)).unwrap_or_default(),
            reader.take_unsorted(),
        ))
    }
}

fn through<S: Source, Q: Question>(source: &mut S, question: &Q) -> Result<Q::Answer, Error> {
    let (mut sink, mut scratch) = (Kept::default(), Scratch::new());
    let mut reader = Reader::new(source, &mut sink, &mut scratch);
    question.ask(&mut reader).map_err(|Failed| reader.error())
}

fn through_slice<Q: Question>(document: &[u8], question: &Q) -> Result<Q::Answer, Error> {
    through(&mut Slice::new(document), question)
}

fn through_window<Q: Question>(
    document: &[u8],
    size: usize,
    question: &Q,
) -> Result<Q::Answer, Error> {
    let mut buffer = vec![0; size];
    through(&mut Window::new(Memory { bytes: document, at: 0 }, &mut buffer), question)
}

/// Returns the answer, which every source has to give.
fn everywhere<Q: Question>(document: &[u8], question: &Q) -> Result<Q::Answer, Error> {
    let answer = through_slice(document, question);
    for size in WINDOWS {
        assert_eq!(
            through_window(document, size, question),
            answer,
            "window of {size}: {}",
            String::from_utf8_lossy(document)
        );
    }
    answer
}

/// Returns the canonical form of a document that is in order.
fn canonical(document: &[u8]) -> Result<Vec<u8>, Error> {
    everywhere(document, &Whole).map(|(form, unsorted)| {
        assert!(!unsorted, "{}", String::from_utf8_lossy(document));
        form
    })
}

#[test]
fn the_canonical_form_of_sorted_documents() {
    let key = r#"{"public":"-----BEGIN PUBLIC KEY-----\nMFkw\/EwYH\n-----END PUBLIC KEY-----\n"}"#;
    let key_form =
        "{\"public\":\"-----BEGIN PUBLIC KEY-----\nMFkw/EwYH\n-----END PUBLIC KEY-----\n\"}";
    for (document, form) in [
        ("{}", "{}"),
        (" [\t]\r\n", "[]"),
        ("\"\"", "\"\""),
        (
            "[ 0 , -1 , 18446744073709551615 , -9223372036854775808 ]",
            "[0,-1,18446744073709551615,-9223372036854775808]",
        ),
        ("[ true , false , null ]", "[true,false,null]"),
        ("{ \"a\" : 1 , \"b\" : [ { } , [ ] ] }", "{\"a\":1,\"b\":[{},[]]}"),
        ("\"in  a string\tblanks\"".replace('\t', " ").as_str(), "\"in  a string blanks\""),
        (
            r#""\" \\ \/ \b \f \n \r \t \u0000 \u001f \u007f""#,
            "\"\\\" \\\\ / \u{8} \u{c} \n \r \t \0 \u{1f} \u{7f}\"",
        ),
        (r#""\u0022 \u005c \u005C\u002f""#, r#""\" \\ \\/""#),
        (r#""\u00e9\u00E9 é e\u0301 \u20ac €""#, "\"éé é e\u{301} € €\""),
        (
            r#""\ud83d\udc0d\uD83D\uDC0D🐍\ud800\udc00\udbff\udfff""#,
            "\"🐍🐍🐍\u{10000}\u{10ffff}\"",
        ),
        (
            r#""\ud7ff\ue000\ufeff\ufffd\uffff\u2028\u2029""#,
            "\"\u{d7ff}\u{e000}\u{feff}\u{fffd}\u{ffff}\u{2028}\u{2029}\"",
        ),
        (r#"{"\u0022\u005c":1,"é\n":2}"#, "{\"\\\"\\\\\":1,\"é\n\":2}"),
        (
            r#"{"__proto__":{"constructor":1},"a":"\u005f"}"#,
            r#"{"__proto__":{"constructor":1},"a":"_"}"#,
        ),
        (key, key_form),
    ] {
        assert_eq!(
            canonical(document.as_bytes()).map(|form| String::from_utf8(form).unwrap()),
            Ok(form.into()),
            "{document}"
        );
    }
}

#[test]
fn only_what_is_armed_goes_to_the_sink() {
    struct Middle;
    impl Question for Middle {
        type Answer = (Vec<u8>, u64);
        fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Failed> {
            let mut position = 0;
            reader.enter_array()?;
            for element in 0..3 {
                assert!(reader.next_element()?);
                if element == 1 {
                    position = reader.value_position()?;
                    reader.arm()?;
                    reader.skip()?;
                    reader.disarm();
                } else {
                    reader.skip()?;
                }
            }
            assert!(!reader.next_element()?);
            reader.end()?;
            Ok((
                reader.sink().map(|sink| core::mem::take(&mut sink.0)).unwrap_or_default(),
                position,
            ))
        }
    }
    let document = br#"[ {"a":"\n"} , { "b" : "\u0062" } , {"c":3} ]"#;
    assert_eq!(everywhere(document, &Middle), Ok((br#"{"b":"b"}"#.to_vec(), 15)));
}

/// One value of each type, asked for as each type.
struct Typed(JsonType);

impl Question for Typed {
    type Answer = String;
    fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<String, Failed> {
        reader.enter_array()?;
        reader.next_element()?;
        let answer = match self.0 {
            JsonType::Array => reader
                .enter_array()
                .and_then(|()| reader.next_element())
                .map(|more| format!("{more}")),
            JsonType::Boolean => reader.boolean().map(|boolean| format!("{boolean}")),
            JsonType::Number => reader.integer().map(|integer| format!("{integer}")),
            JsonType::Object => reader.skip_object().map(|()| String::new()),
            JsonType::String => reader.string(|text| String::from(text)),
            JsonType::Null => unreachable!("nothing asks for it"),
        }?;
        Ok(answer)
    }
}

#[test]
fn a_value_of_another_type_is_not_taken() {
    let values = [
        (JsonType::Array, "[]", "false"),
        (JsonType::Boolean, "true", "true"),
        (JsonType::Number, "18446744073709551615", "18446744073709551615"),
        (JsonType::Object, "{\"a\":1}", ""),
        (JsonType::String, "\"a\\u0062\u{e9}\"", "ab\u{e9}"),
        (JsonType::Null, "null", ""),
    ];
    for (found, text, answer) in values {
        for (expected, ..) in values.iter().filter(|(expected, ..)| *expected != JsonType::Null) {
            let wanted = if found == *expected {
                Ok(answer.into())
            } else {
                Err(Error::WrongType { position: 3, expected: *expected, found })
            };
            assert_eq!(
                everywhere(format!("[  {text}]").as_bytes(), &Typed(*expected)),
                wanted,
                "{text} as {expected:?}"
            );
        }
    }
    // Negative integers are only for members that nobody asks for.
    assert_eq!(
        everywhere(b"[ -1]", &Typed(JsonType::Number)),
        Err(Error::InvalidNumber { position: 2 })
    );
    assert_eq!(
        everywhere(b"[ -9223372036854775808]", &Typed(JsonType::Number)),
        Err(Error::InvalidNumber { position: 2 })
    );
    assert_eq!(everywhere(b"[ 0]", &Typed(JsonType::Number)), Ok("0".into()));
}

#[test]
fn a_positive_integer_is_at_least_one() {
    struct Positive;
    impl Question for Positive {
        type Answer = u64;
        fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<u64, Failed> {
            reader.positive("version").map(NonZeroU64::get)
        }
    }
    assert_eq!(everywhere(b" 1", &Positive), Ok(1));
    assert_eq!(everywhere(b"18446744073709551615", &Positive), Ok(u64::MAX));
    assert_eq!(everywhere(b"  0", &Positive), Err(Error::Zero { position: 2, member: "version" }));
    assert_eq!(everywhere(b" -1", &Positive), Err(Error::InvalidNumber { position: 1 }));
    assert_eq!(everywhere(b" 1.0", &Positive), Err(Error::InvalidNumber { position: 1 }));
    assert_eq!(everywhere(b" 01", &Positive), Err(Error::InvalidNumber { position: 1 }));
    let found = JsonType::String;
    assert_eq!(
        everywhere(b" \"1\"", &Positive),
        Err(Error::WrongType { position: 1, expected: JsonType::Number, found })
    );
}

#[test]
fn a_string_that_is_asked_for_has_one_limit_in_every_source() {
    struct Short;
    impl Question for Short {
        type Answer = Option<usize>;
        fn ask<S: Source>(
            &self,
            reader: &mut Reader<'_, S, Kept>,
        ) -> Result<Option<usize>, Failed> {
            let length = reader.short_string(<[u8]>::len)?;
            reader.end()?;
            Ok(length)
        }
    }
    let too_long = Err(Error::LimitReached { limit: Limit::StringLength, maximum: 2048 });
    for (piece, length) in [("a", 1), ("\\n", 1), ("é", 2), ("🐍", 4), ("\\ud83d\\udc0d", 4)] {
        let fits = piece.repeat(STRING_LENGTH_MAX / length);
        assert_eq!(
            everywhere(format!("\"{fits}\"").as_bytes(), &Short),
            Ok(Some(STRING_LENGTH_MAX)),
            "{piece}"
        );
        assert_eq!(everywhere(format!("\"{fits}a\"").as_bytes(), &Short), Ok(None), "{piece}");
        assert_eq!(
            everywhere(format!("[\"{fits}\"]").as_bytes(), &Typed(JsonType::String))
                .map(|text| text.len()),
            Ok(STRING_LENGTH_MAX)
        );
        assert_eq!(
            everywhere(format!("[\"a{fits}\"]").as_bytes(), &Typed(JsonType::String)),
            too_long,
            "{piece}"
        );
        // A string that nobody asks for has none.
        let long = format!("\"{}\"", piece.repeat(20_000));
        assert!(canonical(long.as_bytes()).is_ok());
    }
}

#[test]
fn the_span_of_an_object_is_of_the_bytes_as_they_stand() {
    struct Span;
    impl Question for Span {
        type Answer = (u64, u64, [u8; 32]);
        fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Failed> {
            reader.enter_array()?;
            reader.next_element()?;
            reader.object_span()
        }
    }
    let object = r#"{ "a" : "\u0061 é" , "c" : { } }"#;
    let (start, end) = (3, 3 + object.len() as u64);
    let sha256 = crate::hash::sha256(object.as_bytes());
    assert_eq!(everywhere(format!("[  {object} ]").as_bytes(), &Span), Ok((start, end, sha256)));
}

#[test]
fn names_are_shown_unescaped() {
    struct Names;
    impl Question for Names {
        type Answer = Vec<Vec<u8>>;
        fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Failed> {
            let mut names = vec![];
            reader.enter_object()?;
            while reader.next_member()? {
                names.push(reader.name().to_vec());
                // What lies inside does not disturb the outer names.
                reader.skip()?;
                assert_eq!(reader.name(), names.last().unwrap());
            }
            Ok(names)
        }
    }
    let document = r#"{"":0,"\u0061":{"x":[{"y":1}]},"b\"\\":[{}],"é\ud83d\udc0d":{"zzz":1}}"#;
    let names = ["", "a", "b\"\\", "é🐍"].map(|name| name.as_bytes().to_vec());
    assert_eq!(everywhere(document.as_bytes(), &Names), Ok(names.to_vec()));
}

/// The sizes that every document goes through, besides whole.
const WINDOWS: [usize; 5] = [1, 2, 3, 64, 1024];

pub(crate) const BLANKS: [&str; 7] = ["", "", "", " ", "\n", "\t", " \r\n  "];
