//! What is refused for how it is spelled, and where.

use super::*;

#[test]
fn numbers_that_are_no_integers_of_tuf() {
    for number in [
        "1.5",
        "1.0",
        "0.0",
        "-1.5",
        "1.",
        "1e5",
        "1E5",
        "1e+5",
        "1e-5",
        "0e0",
        "0E1",
        "-0",
        "-0.0",
        "-0e1",
        "00",
        "01",
        "-01",
        "007",
        "-",
        "--1",
        "1-2",
        "1+2",
        "0-",
        "-Infinity",
        "-e",
        "-.5",
        "18446744073709551616",
        "18446744073709551620",
        "99999999999999999999",
        "100000000000000000000000000000000000000000",
        "-9223372036854775809",
        "-18446744073709551615",
        "-99999999999999999999",
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
        "NaN",
        "Infinity",
        "+1",
        ".5",
        "nil",
        "nul ",
        "nulL",
        "Null",
        "tru]",
        "trux",
        "TRUE",
        "fals,",
        "False",
        "falze",
        "undefined",
        "'a'",
        "/* */1",
        "// 1",
        "#1",
        "\u{feff}1",
        "\u{a0}1",
        "\u{2028}1",
        "\u{b}1",
        "\u{c}1",
        "\u{0}",
        "\u{7f}",
        "}",
        ",",
        ":",
        "a",
        "\\u0031",
        "\u{ff11}",
    ] {
        refused(b"", text.as_bytes(), invalid_json);
    }
    for bytes in
        [&b"\xef\xbb\xbf{}"[..], b"\xff\xfe{\0}\0", b"\xfe\xff\0{\0}", b"\x80", b"\xc3\xa9"]
    {
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
        r"\x41",
        r"\U00000041",
        r"\a",
        r"\v",
        r"\0",
        r"\'",
        r"\ ",
        "\\\n",
        r"\N",
        r"\u12g4",
        r"\u 123",
        r"\u+123",
        r"\u-123",
        r"\u123x",
        r"\uu0041",
        r"\u{41}",
        "\\\u{e9}",
        "\\u004\u{661}",
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
        r"\ud800",
        r"\udbff",
        r"\uD83D",
        r"\udc00",
        r"\uDFFF",
        r"\ud800\n",
        r"\ud800x",
        r"\ud800 \udc00",
        r"\ud800\u0041",
        r"\ud800\ud800",
        r"\ud800\ud800\udc00",
        r"\udc00\ud800",
        r"\ud83d\ue000",
        r"\ud83d\udbff",
        r"\ud83d\\udc0d",
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
        &b"\x80"[..],
        b"\xbf",
        b"\xfe",
        b"\xff",
        b"\xf5\x80\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xfc\x84\x80\x80\x80\x80",
        // Overlong forms.
        b"\xc0\x80",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xe0\x80\x80",
        b"\xe0\x9f\xbf",
        b"\xf0\x80\x80\x80",
        b"\xf0\x8f\xbf\xbf",
        // Surrogates, alone and as CESU-8 pairs them.
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xed\xa0\xbd\xed\xb0\x8d",
        // Past U+10FFFF.
        b"\xf4\x90\x80\x80",
        b"\xf4\xbf\xbf\xbf",
        // Cut short by what follows.
        b"\xc3",
        b"\xc3\xc3",
        b"\xe2\x82",
        b"\xe2",
        b"\xf0\x9f\x90",
        b"\xf0\x9f",
        b"\xf0",
        b"\xe2\xc3\xa9",
        b"\xe2\x82\xf0\x9f\x90\x8d",
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
            assert_eq!(
                canonical(format!("{document}{after}").as_bytes()),
                Err(Error::TrailingData { position: document.len() as u64 })
            );
        }
        let blanks = " \t\r\n \n";
        assert!(canonical(format!("{blanks}{document}{blanks}").as_bytes()).is_ok());
        let position = (document.len() + blanks.len()) as u64;
        assert_eq!(
            canonical(format!("{document}{blanks}1").as_bytes()),
            Err(Error::TrailingData { position })
        );
    }
}

#[test]
fn every_document_that_is_cut_short() {
    let document = "{\"a\" : [ -120 , true, {\"é🐍\":\"\\\"\\u00e9\\ud83d\\udc0d€\"} ],\n \
         \"b\":{\"c\":null},\"d\":false}"
        .as_bytes();
    assert!(canonical(document).is_ok());
    for end in 0..document.len() {
        let cut = &document[..end];
        let open_literal = ["true", "false", "null"].iter().find_map(|literal| {
            (1..literal.len()).find(|length| cut.ends_with(&literal.as_bytes()[..*length]))
        });
        let expected = if let Err(error) = core::str::from_utf8(cut) {
            invalid_utf8(error.valid_up_to() as u64)
        } else if let Some(length) = open_literal.filter(|length| {
            cut[end - length - 1].is_ascii_whitespace() || cut[end - length - 1] == b':'
        }) {
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

/// Checks that what stands between `before` and `after` is refused where it begins, by every
/// source; in an array, as a member's value, and at the outermost.
fn refused(before: &[u8], after: &[u8], error: impl Fn(u64) -> Error) {
    for frame in [&b""[..], b"[", b"{\"a\":", b" [ [ ], { \"\" : null , \"x\" : "] {
        let document = [frame, before, after].concat();
        let position = (frame.len() + before.len()) as u64;
        assert_eq!(
            canonical(&document),
            Err(error(position)),
            "{:?}",
            String::from_utf8_lossy(&document)
        );
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
