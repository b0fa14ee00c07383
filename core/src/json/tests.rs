//! What the Reader accepts and what it refuses: each row through a whole slice and through windows of every size.

pub(crate) mod generator;

use super::*;
use crate::limits::KEY_LENGTH_MAX;
use crate::source::{Slice, Stream, Window};
use generator::{Order, Random, Value, any_character, printable_character};
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
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let rest = &self.bytes[self.at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.at = 0;
        Ok(())
    }
}

/// What one question to a Reader gives, from whatever source.
trait Question {
    type Answer: Clone + PartialEq + core::fmt::Debug;
    fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Error>;
}

/// A whole document, unread but checked, armed: its canonical form, and whether it was out of order.
struct Whole;

impl Question for Whole {
    type Answer = (Vec<u8>, bool);

    fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Error> {
        reader.arm()?;
        reader.skip()?;
        reader.disarm();
        reader.end()?;
        Ok((core::mem::take(&mut reader.sink().0), reader.take_unsorted()))
    }
}

fn through<S: Source, Q: Question>(source: &mut S, question: &Q) -> Result<Q::Answer, Error> {
    let (mut sink, mut scratch) = (Kept::default(), Scratch::new());
    question.ask(&mut Reader::new(source, &mut sink, &mut scratch))
}

fn through_slice<Q: Question>(document: &[u8], question: &Q) -> Result<Q::Answer, Error> {
    through(&mut Slice::new(document), question)
}

fn through_window<Q: Question>(document: &[u8], size: usize, question: &Q) -> Result<Q::Answer, Error> {
    let mut buffer = vec![0; size];
    through(&mut Window::new(Memory { bytes: document, at: 0 }, &mut buffer), question)
}

/// The answer, which every source has to give.
fn everywhere<Q: Question>(document: &[u8], question: &Q) -> Result<Q::Answer, Error> {
    let answer = through_slice(document, question);
    for size in WINDOWS {
        assert_eq!(through_window(document, size, question), answer, "window of {size}: {}", String::from_utf8_lossy(document));
    }
    answer
}

/// The canonical form of a document that is in order.
fn canonical(document: &[u8]) -> Result<Vec<u8>, Error> {
    everywhere(document, &Whole).map(|(form, unsorted)| {
        assert!(!unsorted, "{}", String::from_utf8_lossy(document));
        form
    })
}

/// Checks that what stands between `before` and `after` is refused where it begins, by every source; in an array, as a member's value,
/// and at the outermost.
fn refused(before: &[u8], after: &[u8], error: impl Fn(u64) -> Error) {
    for frame in [&b""[..], b"[", b"{\"a\":", b" [ [ ], { \"\" : null , \"x\" : "] {
        let document = [frame, before, after].concat();
        let position = (frame.len() + before.len()) as u64;
        assert_eq!(canonical(&document), Err(error(position)), "{:?}", String::from_utf8_lossy(&document));
    }
}

fn invalid_json(position: u64) -> Error {
    Error::InvalidJson { position }
}

fn invalid_number(position: u64) -> Error {
    Error::InvalidNumber { position }
}

fn invalid_string(position: u64) -> Error {
    Error::InvalidString { position }
}

fn invalid_utf8(position: u64) -> Error {
    Error::InvalidUtf8 { position }
}

fn unexpected_end(position: u64) -> Error {
    Error::UnexpectedEnd { position }
}

#[test]
fn numbers_that_are_no_integers_of_tuf() {
    for number in [
        "1.5", "1.0", "0.0", "-1.5", "1.", "1e5", "1E5", "1e+5", "1e-5", "0e0", "0E1", "-0", "-0.0", "-0e1", "00", "01", "-01", "007", "-", "--1",
        "1-2", "1+2", "0-", "-Infinity", "-e", "-.5", "18446744073709551616", "18446744073709551620", "99999999999999999999",
        "100000000000000000000000000000000000000000", "-9223372036854775809", "-18446744073709551615", "-99999999999999999999",
    ] {
        for behind in [" ", ",1]", "]", "}"] {
            refused(b"", format!("{number}{behind}").as_bytes(), invalid_number);
        }
        // Also where the file ends right behind it.
        assert_eq!(canonical(number.as_bytes()), Err(invalid_number(0)), "{number}");
    }
}

#[test]
fn what_is_no_value_at_all() {
    for text in [
        "NaN", "Infinity", "+1", ".5", "nil", "nul ", "nulL", "Null", "tru]", "trux", "TRUE", "fals,", "False", "falze", "undefined", "'a'", "/* */1",
        "// 1", "#1", "\u{feff}1", "\u{a0}1", "\u{2028}1", "\u{b}1", "\u{c}1", "\u{0}", "\u{7f}", "}", ",", ":", "a", "\\u0031", "\u{ff11}",
    ] {
        refused(b"", text.as_bytes(), invalid_json);
    }
    for bytes in [&b"\xef\xbb\xbf{}"[..], b"\xff\xfe{\0}\0", b"\xfe\xff\0{\0}", b"\x80", b"\xc3\xa9"] {
        refused(b"", bytes, invalid_json);
    }
}

#[test]
fn what_joins_two_values_or_does_not() {
    for (before, after) in [
        ("[1 ", "2]"),
        ("[1,", ",2]"),
        ("[1,", "]"),
        ("[1, ", "]"),
        ("[", ",]"),
        ("[", ",1]"),
        ("[1", ":2]"),
        ("[1", "}"),
        ("[", "}"),
        ("[[1]", "[2]]"),
        ("[10", "x]"),
        ("{\"a\":1", "]"),
        ("{", "]"),
        ("{\"a\":1,", "}"),
        ("{\"a\":1,\n", "}"),
        ("{", ",}"),
        ("{\"a\":1,", ",\"b\":2}"),
        ("{\"a\":1 ", "\"b\":2}"),
        ("{\"a\":1", ":2}"),
        ("{\"a\"", "}"),
        ("{\"a\"", ",\"b\"}"),
        ("{\"a\" ", "1}"),
        ("{\"a\"", "=1}"),
        ("{\"a\":", "}"),
        ("{\"a\":", ":1}"),
        ("{\"a\":", ",\"b\":2}"),
        ("{", "a:1}"),
        ("{", "'a':1}"),
        ("{", "1:1}"),
        ("{", "null:1}"),
        ("{", "{}:1}"),
        ("{\"a\":1,", "b:1}"),
        ("{\"a\":1,", "2}"),
    ] {
        refused(before.as_bytes(), after.as_bytes(), invalid_json);
    }
}

#[test]
fn control_characters_in_strings() {
    for control in 0..0x20 {
        refused(b"\"", &[control, b'"', b']'], invalid_string);
        refused(b"\"some more text", &[control, b'"', b']'], invalid_string);
        refused(b"{\"name", &[control, b'"', b':', b'1', b'}'], invalid_string);
    }
    assert_eq!(canonical(b"\"\x7f\""), Ok(b"\"\x7f\"".to_vec()));
}

#[test]
fn bad_escapes() {
    for escape in [
        r"\x41", r"\U00000041", r"\a", r"\v", r"\0", r"\'", r"\ ", "\\\n", r"\N", r"\u12g4", r"\u 123", r"\u+123", r"\u-123", r"\u123x", r"\uu0041",
        r"\u{41}", "\\\u{e9}", "\\u004\u{661}",
    ] {
        refused(b"\"", format!("{escape}\"").as_bytes(), invalid_string);
        refused(b"\"text \\n \\u0041", format!("{escape} \"]").as_bytes(), invalid_string);
        refused(b"{\"name\\t", format!("{escape}\":1}}").as_bytes(), invalid_string);
    }
    for (before, after) in [("\"", r#"\u""#), ("\"", r#"\u12""#), ("\"", r#"\u123""#)] {
        refused(before.as_bytes(), after.as_bytes(), invalid_string);
    }
}

#[test]
fn half_a_surrogate_pair() {
    for escape in [
        r"\ud800", r"\udbff", r"\uD83D", r"\udc00", r"\uDFFF", r"\ud800\n", r"\ud800x", r"\ud800 \udc00", r"\ud800\u0041", r"\ud800\ud800",
        r"\ud800\ud800\udc00", r"\udc00\ud800", r"\ud83d\ue000", r"\ud83d\udbff", r"\ud83d\\udc0d",
    ] {
        refused(b"\"", format!("{escape}\"").as_bytes(), invalid_string);
        refused(b"\"\\ud83d\\udc0d", format!("{escape}\"]").as_bytes(), invalid_string);
        refused(b"{\"", format!("{escape}\":1}}").as_bytes(), invalid_string);
    }
}

#[test]
fn bytes_that_are_not_utf8() {
    for sequence in [
        // Continuation bytes alone, and bytes that never occur.
        &b"\x80"[..], b"\xbf", b"\xfe", b"\xff", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80",
        // Overlong forms.
        b"\xc0\x80", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf",
        // Surrogates, alone and as CESU-8 pairs them.
        b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb0\x8d",
        // Past U+10FFFF.
        b"\xf4\x90\x80\x80", b"\xf4\xbf\xbf\xbf",
        // Cut short by what follows.
        b"\xc3", b"\xc3\xc3", b"\xe2\x82", b"\xe2", b"\xf0\x9f\x90", b"\xf0\x9f", b"\xf0", b"\xe2\xc3\xa9", b"\xe2\x82\xf0\x9f\x90\x8d",
        // Latin-1.
        b"\xe9t\xe9",
    ] {
        refused(b"\"", &[sequence, b"\"   "].concat(), invalid_utf8);
        refused("\"some text, and é€🐍".as_bytes(), &[sequence, b"\", 1]"].concat(), invalid_utf8);
        refused(b"{\"", &[sequence, b"\":1}"].concat(), invalid_utf8);
        refused(b"\"", sequence, invalid_utf8);
    }
}

#[test]
fn something_behind_the_document() {
    for document in ["{}", "[]", "1", "\"\"", "null", "{\"a\":[1]}", " [ ] \n"] {
        for after in ["x", "{}", "]", "}", ",", "\"", "\u{feff}", "\0", "//", "\u{1a}"] {
            assert_eq!(canonical(format!("{document}{after}").as_bytes()), Err(Error::TrailingData { position: document.len() as u64 }));
        }
        let blanks = " \t\r\n \n";
        assert!(canonical(format!("{blanks}{document}{blanks}").as_bytes()).is_ok());
        let position = (document.len() + blanks.len()) as u64;
        assert_eq!(canonical(format!("{document}{blanks}1").as_bytes()), Err(Error::TrailingData { position }));
    }
}

#[test]
fn every_document_that_is_cut_short() {
    let document = "{\"a\" : [ -120 , true, {\"é🐍\":\"\\\"\\u00e9\\ud83d\\udc0d€\"} ],\n \"b\":{\"c\":null},\"d\":false}".as_bytes();
    assert!(canonical(document).is_ok());
    for end in 0..document.len() {
        let cut = &document[..end];
        let open_literal = ["true", "false", "null"].iter().find_map(|literal| {
            (1..literal.len()).find(|length| cut.ends_with(&literal.as_bytes()[..*length]))
        });
        let expected = if let Err(error) = core::str::from_utf8(cut) {
            invalid_utf8(error.valid_up_to() as u64)
        } else if let Some(length) = open_literal.filter(|length| cut[end - length - 1].is_ascii_whitespace() || cut[end - length - 1] == b':') {
            invalid_json((end - length) as u64)
        } else if cut.ends_with(b"-") {
            invalid_number(end as u64 - 1)
        } else {
            unexpected_end(end as u64)
        };
        assert_eq!(canonical(cut), Err(expected), "{:?}", String::from_utf8_lossy(cut));
    }
    for blank in ["", " ", "\n\n\n", "\t \r\n"] {
        assert_eq!(canonical(blank.as_bytes()), Err(unexpected_end(blank.len() as u64)));
    }
}

#[test]
fn members_that_appear_twice() {
    for (before, after) in [
        (r#"{"a":1,"#, r#""a":2}"#),
        (r#"{"":1,"#, r#""":2}"#),
        (r#"{"a":1,"#, r#""\u0061":2}"#),
        (r#"{"\u0061":1,"#, r#""a":2}"#),
        (r#"{"/":1,"#, r#""\/":2}"#),
        (r#"{"\t":1,"#, r#""\u0009":2}"#),
        (r#"{"\u00E9":1,"#, r#""\u00e9":2}"#),
        (r#"{"é":1,"#, r#""\u00e9":2}"#),
        (r#"{"🐍":1,"#, r#""\ud83d\uDC0D":2}"#),
        (r#"{"\\":1,"#, r#""\u005c":2}"#),
        (r#"{"__proto__":1,"#, r#""__proto__":1}"#),
        (r#"{"a":{"b":[{"c":1,"d":2,"#, r#""d":2}]}}"#),
        (r#"[[],{"x":{"y":{}},"#, r#""x":1}]"#),
        (r#"{"a":[{"z":1}],"b":{"z":{"y":2}},"#, r#""b":null}"#),
        (r#"{"signatures":1,"#, r#""signatures":2}"#),
        (r#"{"signatures":1,"signed":2,"#, r#""signed":2}"#),
        (r#"{"signed":1,"#, r#""signed":2}"#),
        (r#"{"signed":1,"signatures":2,"#, r#""signed":3}"#),
    ] {
        let document = format!("{before}{after}");
        assert_eq!(canonical(document.as_bytes()), Err(Error::DuplicateMember { position: before.len() as u64 }), "{document}");
    }
    // The same name in another object, in another case, or in another normalization is another name.
    for document in [
        r#"{"a":{"a":{"a":1}},"b":{"a":1},"c":[{"a":1},{"a":2}]}"#,
        r#"{"A":1,"a":2}"#,
        "{\"e\u{301}\":1,\"\u{e9}\":2}",
        r#"{"a":1,"a ":2,"aa":3}"#,
        r#"{"\u0000":1,"\u0000\u0000":2}"#,
    ] {
        assert!(canonical(document.as_bytes()).is_ok(), "{document}");
    }
}

/// A file may have `signed` before `signatures`; what else is in it must still differ.
#[test]
fn members_that_appear_twice_behind_signed_and_signatures() {
    for (before, after) in [
        (r#"{"signed":1,"signatures":2,"x":3,"#, r#""x":4}"#),
        (r#"{"signed":1,"signatures":2,"x":3,"y":4,"#, r#""\u0079":4}"#),
    ] {
        let document = format!("{before}{after}");
        assert_eq!(canonical(document.as_bytes()), Err(Error::DuplicateMember { position: before.len() as u64 }), "{document}");
    }
}

#[test]
fn members_out_of_order() {
    for (before, after) in [
        (r#"{"b":1,"#, r#""a":2}"#),
        (r#"{"a":1,"c":{"y":1,"#, r#""x":2},"d":3}"#),
        (r#"[{"a":1},{"aa":1,"#, r#""a":2}]"#),
        (r#"{"a":1,"#, r#""":2}"#),
        (r#"{"b":1,"#, r#""\u0061":2}"#),
        (r#"{"\u0062":1,"#, r#""a":2}"#),
        // By code point, not by UTF-16 code unit.
        ("{\"\u{10000}\":1,", "\"\u{ffff}\":2}"),
        (r#"{"\ud800\udc00":1,"#, r#""\uffff":2}"#),
        // The one pair that may stand the other way round may do so at the outermost only.
        (r#"{"x":{"signed":1,"#, r#""signatures":2}}"#),
        (r#"{"signed":1,"signatures":2,"#, r#""a":2}"#),
    ] {
        let document = format!("{before}{after}");
        let (_, unsorted) = through_slice(document.as_bytes(), &Whole).unwrap();
        assert!(unsorted, "{document}");
        for size in WINDOWS {
            let answer = through_window(document.as_bytes(), size, &Whole);
            assert_eq!(answer, Err(Error::StreamUnsorted { position: before.len() as u64 }), "{document}");
        }
    }
    for document in [
        r#"{"signed":{"a":1},"signatures":[{"b":2}]}"#,
        r#"{"a":0,"signed":1,"signatures":2,"z":3}"#,
        r#"{"signatures":2,"signed":1}"#,
        "{\"\u{ffff}\":1,\"\u{10000}\":2}",
    ] {
        assert!(!everywhere(document.as_bytes(), &Whole).unwrap().1, "{document}");
    }
}

/// Behind the pair that may stand the other way round, order is still order.
#[test]
fn members_out_of_order_behind_signed_and_signatures() {
    let (before, after) = (r#"{"signed":1,"signatures":2,"z":3,"#, r#""y":4}"#);
    let document = format!("{before}{after}");
    assert!(through_slice(document.as_bytes(), &Whole).unwrap().1);
    for size in WINDOWS {
        let answer = through_window(document.as_bytes(), size, &Whole);
        assert_eq!(answer, Err(Error::StreamUnsorted { position: before.len() as u64 }));
    }
}

#[test]
fn nesting_ends_at_the_limit() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
        let levels = open.matches(['[', '{']).count();
        let nested = |count: usize| format!("{}0{}", open.repeat(count / levels), close.repeat(count / levels));
        assert!(canonical(nested(DEPTH_MAX).as_bytes()).is_ok());
        let too_deep = Err(Error::LimitReached { limit: Limit::Depth, maximum: 64 });
        assert_eq!(canonical(nested(DEPTH_MAX + levels).as_bytes()), too_deep);
        // It is refused before there is a reason to read on.
        assert_eq!(canonical(open.repeat(100_000 / levels).as_bytes()), too_deep);
    }
    // Beside each other, containers may be as many as they like.
    assert!(canonical(format!("[{}[]]", "[{}],".repeat(1000)).as_bytes()).is_ok());
}

#[test]
fn names_end_at_the_limit() {
    let long = Err(Error::LimitReached { limit: Limit::NameLength, maximum: 1024 });
    for (piece, length) in [("a", 1), ("\\n", 1), ("\\u0061", 1), ("é", 2), ("\\u00e9", 2), ("\\ud83d\\udc0d", 4), ("🐍", 4)] {
        let count = NAME_LENGTH_MAX / length;
        for frame in [("{", "}"), ("[{\"\":{", "}}]"), ("{\"\":[],", "}")] {
            let document = |name: String| format!("{}\"{name}\":1{}", frame.0, frame.1);
            assert!(canonical(document(piece.repeat(count)).as_bytes()).is_ok(), "{piece}");
            assert_eq!(canonical(document(format!("{}a", piece.repeat(count))).as_bytes()), long, "{piece}");
            assert_eq!(canonical(document(piece.repeat(count * 8)).as_bytes()), long, "{piece}");
        }
    }
}

#[test]
fn names_of_open_objects_end_at_the_limit() {
    let name = |letter: &str| letter.repeat(NAME_LENGTH_MAX);
    // Four names of 1,024 bytes lead to the value, and beside each another of that length has been.
    let open = |count: usize, inside: &str| {
        let nested = format!("{{\"{}\":0,\"{}\":", name("a"), name("b")).repeat(count);
        format!("{nested}{inside}{}", "}".repeat(count))
    };
    assert!(canonical(open(4, "0").as_bytes()).is_ok());
    assert!(canonical(open(4, "{\"\":0}").as_bytes()).is_ok());
    let many = Err(Error::LimitReached { limit: Limit::OpenNames, maximum: 4096 });
    assert_eq!(canonical(open(4, "{\"c\":0}").as_bytes()), many);
    assert_eq!(canonical(open(4, "{\"\\u0063\":0}").as_bytes()), many);
    assert_eq!(canonical(open(5, "0").as_bytes()), many);
}

#[test]
fn the_canonical_form_of_sorted_documents() {
    let key = r#"{"public":"-----BEGIN PUBLIC KEY-----\nMFkw\/EwYH\n-----END PUBLIC KEY-----\n"}"#;
    let key_form = "{\"public\":\"-----BEGIN PUBLIC KEY-----\nMFkw/EwYH\n-----END PUBLIC KEY-----\n\"}";
    for (document, form) in [
        ("{}", "{}"),
        (" [\t]\r\n", "[]"),
        ("\"\"", "\"\""),
        ("[ 0 , -1 , 18446744073709551615 , -9223372036854775808 ]", "[0,-1,18446744073709551615,-9223372036854775808]"),
        ("[ true , false , null ]", "[true,false,null]"),
        ("{ \"a\" : 1 , \"b\" : [ { } , [ ] ] }", "{\"a\":1,\"b\":[{},[]]}"),
        ("\"in  a string\tblanks\"".replace('\t', " ").as_str(), "\"in  a string blanks\""),
        (r#""\" \\ \/ \b \f \n \r \t \u0000 \u001f \u007f""#, "\"\\\" \\\\ / \u{8} \u{c} \n \r \t \0 \u{1f} \u{7f}\""),
        (r#""\u0022 \u005c \u005C\u002f""#, r#""\" \\ \\/""#),
        (r#""\u00e9\u00E9 é e\u0301 \u20ac €""#, "\"éé é e\u{301} € €\""),
        (r#""\ud83d\udc0d\uD83D\uDC0D🐍\ud800\udc00\udbff\udfff""#, "\"🐍🐍🐍\u{10000}\u{10ffff}\""),
        (r#""\ud7ff\ue000\ufeff\ufffd\uffff\u2028\u2029""#, "\"\u{d7ff}\u{e000}\u{feff}\u{fffd}\u{ffff}\u{2028}\u{2029}\""),
        (r#"{"\u0022\u005c":1,"é\n":2}"#, "{\"\\\"\\\\\":1,\"é\n\":2}"),
        (r#"{"__proto__":{"constructor":1},"a":"\u005f"}"#, r#"{"__proto__":{"constructor":1},"a":"_"}"#),
        (key, key_form),
    ] {
        assert_eq!(canonical(document.as_bytes()).map(|form| String::from_utf8(form).unwrap()), Ok(form.into()), "{document}");
    }
}

#[test]
fn only_what_is_armed_goes_to_the_sink() {
    struct Middle;
    impl Question for Middle {
        type Answer = (Vec<u8>, u64);
        fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Error> {
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
            Ok((core::mem::take(&mut reader.sink().0), position))
        }
    }
    let document = br#"[ {"a":"\n"} , { "b" : "\u0062" } , {"c":3} ]"#;
    assert_eq!(everywhere(document, &Middle), Ok((br#"{"b":"b"}"#.to_vec(), 15)));
}

/// One value of each type, asked for as each type.
struct Typed(JsonType);

impl Question for Typed {
    type Answer = String;
    fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<String, Error> {
        reader.enter_array()?;
        reader.next_element()?;
        let answer = match self.0 {
            JsonType::Array => reader.enter_array().and_then(|()| reader.next_element()).map(|more| format!("{more}")),
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
            let wanted = if found == *expected { Ok(answer.into()) } else { Err(Error::WrongType { position: 3, expected: *expected, found }) };
            assert_eq!(everywhere(format!("[  {text}]").as_bytes(), &Typed(*expected)), wanted, "{text} as {expected:?}");
        }
    }
    // Negative integers are only for members that nobody asks for.
    assert_eq!(everywhere(b"[ -1]", &Typed(JsonType::Number)), Err(invalid_number(2)));
    assert_eq!(everywhere(b"[ -9223372036854775808]", &Typed(JsonType::Number)), Err(invalid_number(2)));
    assert_eq!(everywhere(b"[ 0]", &Typed(JsonType::Number)), Ok("0".into()));
}

#[test]
fn a_positive_integer_is_at_least_one() {
    struct Positive;
    impl Question for Positive {
        type Answer = u64;
        fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<u64, Error> {
            reader.positive("version")
        }
    }
    assert_eq!(everywhere(b" 1", &Positive), Ok(1));
    assert_eq!(everywhere(b"18446744073709551615", &Positive), Ok(u64::MAX));
    assert_eq!(everywhere(b"  0", &Positive), Err(Error::Zero { position: 2, member: "version" }));
    assert_eq!(everywhere(b" -1", &Positive), Err(invalid_number(1)));
    assert_eq!(everywhere(b" 1.0", &Positive), Err(invalid_number(1)));
    assert_eq!(everywhere(b" 01", &Positive), Err(invalid_number(1)));
    let found = JsonType::String;
    assert_eq!(everywhere(b" \"1\"", &Positive), Err(Error::WrongType { position: 1, expected: JsonType::Number, found }));
}

#[test]
fn a_string_that_is_asked_for_has_one_limit_in_every_source() {
    struct Short;
    impl Question for Short {
        type Answer = Option<usize>;
        fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Option<usize>, Error> {
            let length = reader.short_string(<[u8]>::len)?;
            reader.end()?;
            Ok(length)
        }
    }
    let too_long = Err(Error::LimitReached { limit: Limit::StringLength, maximum: 2048 });
    for (piece, length) in [("a", 1), ("\\n", 1), ("é", 2), ("🐍", 4), ("\\ud83d\\udc0d", 4)] {
        let fits = piece.repeat(STRING_LENGTH_MAX / length);
        assert_eq!(everywhere(format!("\"{fits}\"").as_bytes(), &Short), Ok(Some(STRING_LENGTH_MAX)), "{piece}");
        assert_eq!(everywhere(format!("\"{fits}a\"").as_bytes(), &Short), Ok(None), "{piece}");
        assert_eq!(everywhere(format!("[\"{fits}\"]").as_bytes(), &Typed(JsonType::String)).map(|text| text.len()), Ok(STRING_LENGTH_MAX));
        assert_eq!(everywhere(format!("[\"a{fits}\"]").as_bytes(), &Typed(JsonType::String)), too_long, "{piece}");
        // A string that nobody asks for has none.
        let long = format!("\"{}\"", piece.repeat(20_000));
        assert!(canonical(long.as_bytes()).is_ok());
    }
}

#[test]
fn an_object_is_captured_up_to_the_limit() {
    struct Captured;
    impl Question for Captured {
        type Answer = (Vec<u8>, Vec<u8>);
        fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Error> {
            reader.arm()?;
            reader.enter_array()?;
            reader.next_element()?;
            let captured = reader.capture(Limit::KeyLength, <[u8]>::to_vec)?;
            assert!(!reader.next_element()?);
            reader.disarm();
            Ok((captured, core::mem::take(&mut reader.sink().0)))
        }
    }
    let document = br#"[ { "a" : "\n\u00e9\"" , "b" : [ 1 ] } ]"#;
    let form = "{\"a\":\"\né\\\"\",\"b\":[1]}";
    assert_eq!(everywhere(document, &Captured), Ok((form.into(), format!("[{form}]").into())));
    // The length of the canonical form counts, not how it is spelled.
    for piece in ["a", "\\u0061", "\\/"] {
        let fits = piece.repeat(KEY_LENGTH_MAX - "{\"k\":\"\"}".len());
        let answer = everywhere(format!("[ {{ \"k\" : \"{fits}\" }} ]").as_bytes(), &Captured);
        assert_eq!(answer.map(|(captured, _)| captured.len()), Ok(KEY_LENGTH_MAX));
        let answer = everywhere(format!("[{{\"k\":\"{fits}a\"}}]").as_bytes(), &Captured);
        assert_eq!(answer, Err(Error::LimitReached { limit: Limit::KeyLength, maximum: 2048 }));
    }
    let found = JsonType::Array;
    assert_eq!(everywhere(b"[[]]", &Captured), Err(Error::WrongType { position: 1, expected: JsonType::Object, found }));
}

#[test]
fn the_span_of_an_object_is_of_the_bytes_as_they_stand() {
    struct Span;
    impl Question for Span {
        type Answer = (u64, u64, [u8; 32]);
        fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Error> {
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
        fn ask<S: Source>(&self, reader: &mut Reader<'_, S, Kept>) -> Result<Self::Answer, Error> {
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

#[test]
fn random_documents_have_their_canonical_form_through_every_window() {
    let mut random = Random(1);
    for round in 0..1500 {
        let value = Value::random(&mut random, 1 + round % 6, any_character);
        let mut document = String::new();
        value.write(&mut random, Order::Sorted, &BLANKS, &mut document);
        assert_eq!(canonical(document.as_bytes()), Ok(value.canonical().into_bytes()), "{document}");
    }
}

#[test]
fn a_canonical_form_is_its_own_where_it_is_json() {
    let mut random = Random(2);
    for round in 0..500 {
        // Control characters stand for themselves in the canonical form, which JSON does not allow.
        let value = Value::random(&mut random, 1 + round % 6, printable_character);
        let mut document = String::new();
        value.write(&mut random, Order::Sorted, &BLANKS, &mut document);
        let form = canonical(document.as_bytes()).unwrap();
        assert_eq!(canonical(&form), Ok(form));
    }
}

#[test]
fn unsorted_random_documents_are_seen_to_be() {
    let mut random = Random(3);
    let mut seen = 0;
    for round in 0..1000 {
        let value = Value::random(&mut random, 1 + round % 6, any_character);
        let mut document = String::new();
        value.write(&mut random, Order::Shuffled, &BLANKS, &mut document);
        let (_, unsorted) = through_slice(document.as_bytes(), &Whole).unwrap();
        assert_eq!(unsorted, value.has_order(), "{document}");
        if unsorted {
            seen += 1;
            let streamed = through_window(document.as_bytes(), 1, &Whole);
            assert!(matches!(streamed, Err(Error::StreamUnsorted { .. })), "{streamed:?}");
            for size in WINDOWS {
                assert_eq!(through_window(document.as_bytes(), size, &Whole), streamed);
            }
        }
    }
    assert!(seen > 200, "{seen}");
}

/// Whatever is done to a document, its verdict does not depend on where the windows end.
#[test]
fn changed_documents_have_one_verdict() {
    let mut random = Random(4);
    let mut refusals = 0;
    for round in 0..3000 {
        let value = Value::random(&mut random, 1 + round % 5, any_character);
        let mut document = String::new();
        value.write(&mut random, Order::Sorted, &BLANKS, &mut document);
        let mut document = document.into_bytes();
        for _ in 0..=random.below(3) {
            let place = random.below(document.len());
            match random.below(4) {
                0 => document[place] = random.below(256) as u8,
                1 => document[place] = random.choose(b"\"\\{}[]:,-0129eEu.tfn \n\x00\xe9\xed\xf0"),
                2 => document.insert(place, random.choose(b"\"\\{}[]:,-0129eEu.tfn \n\x00\xe9\xed\xf0")),
                _ => {
                    if document.len() > 1 {
                        document.remove(place);
                    }
                }
            }
        }
        let whole = through_slice(&document, &Whole);
        refusals += usize::from(whole.is_err());
        let streamed = through_window(&document, 1, &Whole);
        for size in WINDOWS {
            assert_eq!(through_window(&document, size, &Whole), streamed, "{:?}", String::from_utf8_lossy(&document));
        }
        match streamed {
            // A slice reads on.
            Err(Error::StreamUnsorted { .. }) => assert!(!matches!(whole, Ok((_, false)))),
            streamed => assert_eq!(whole, streamed, "{:?}", String::from_utf8_lossy(&document)),
        }
    }
    assert!((1000..2990).contains(&refusals), "{refusals}");
}

/// The sizes that every document goes through, besides whole.
const WINDOWS: [usize; 5] = [1, 2, 3, 64, 1024];

pub(crate) const BLANKS: [&str; 7] = ["", "", "", " ", "\n", "\t", " \r\n  "];
