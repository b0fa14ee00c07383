//! The text is strict JSON in UTF-8, and nothing else.

use crate::prelude::*;

/// The timestamp's file with one change to its bytes.
fn refused(change: impl FnOnce(&mut Vec<u8>)) -> Error {
    let mut repository = Repository::new();
    repository.tamper("timestamp", change);
    let mut client = Client::new(&repository);
    let failure = client.refresh(&repository).unwrap_err();
    assert_eq!(failure.role, "timestamp");
    assert_eq!(client.versions(), [("root", 1)]);
    failure.error
}

/// The timestamp with an unknown member whose raw text is this.
fn member(text: &str) -> Result<(), Error> {
    let mut repository = Repository::new();
    repository.edit("timestamp", |timestamp| timestamp["x"] = 4711.into());
    repository.replace_text("timestamp", "4711", text);
    Client::new(&repository).refresh(&repository).map(|_| ()).map_err(|failure| failure.error)
}

#[test]
fn a_byte_order_mark_is_refused() {
    let error = refused(|bytes| {
        bytes.splice(..0, *b"\xef\xbb\xbf");
    });
    assert_eq!(error, Error::InvalidJson { position: 0 });
}

#[test]
fn only_white_space_may_follow() {
    for rest in ["{}", "x", "\0", ",", "}", "]", " null", "\u{a0}", "\u{feff}"] {
        let error = refused(|bytes| bytes.extend_from_slice(rest.as_bytes()));
        assert_eq!(error.code(), "trailing-data", "{rest:?}");
    }
    let mut repository = Repository::new();
    repository.tamper("timestamp", |bytes| bytes.extend_from_slice(b" \t\r\n"));
    Client::new(&repository).refreshes(&repository);
}

#[test]
fn every_file_that_ends_early_is_refused() {
    let length = Repository::new().bytes("timestamp").len();
    for end in 0..length {
        let error = refused(|bytes| bytes.truncate(end));
        assert_eq!(
            error,
            Error::UnexpectedEnd { position: end as u64 },
            "cut at {end} of {length}"
        );
    }
}

#[test]
fn what_is_not_utf8_is_refused() {
    let sequences: [&[u8]; 10] = [
        b"\x80",
        b"\xff",
        b"\xc3",
        b"\xc0\xaf",
        b"\xc1\xbf",
        b"\xe0\x80\x80",
        b"\xed\xa0\x80",
        b"\xf0\x80\x80\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
    ];
    for sequence in sequences {
        let error = refused(|bytes| {
            let at = bytes.windows(7).position(|window| window == b"1.0.34\"").unwrap();
            bytes.splice(at..at, sequence.iter().copied());
        });
        assert_eq!(error.code(), "invalid-utf8", "{sequence:x?}");
    }
}

#[test]
fn what_is_no_string_is_refused() {
    for text in [
        r#""\ud800""#,
        r#""\udc0d""#,
        r#""\ud83d\u0041""#,
        r#""\ud83dx""#,
        r#""\ud83d\ud83d""#,
        r#""\x41""#,
        r#""\'""#,
        r#""\u12""#,
        r#""\u12g4""#,
        r#""\U0041""#,
        "\"\u{1}\"",
        "\"\n\"",
        "\"\t\"",
        "\"\0\"",
    ] {
        assert_eq!(member(text).unwrap_err().code(), "invalid-string", "{text:?}");
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\":1,}",
        "{,}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{a:1}",
        "{1:1}",
        "'a'",
        "tru",
        "True",
        "nul",
        "undefined",
        "/**/1",
        "// \n1",
        "[1}",
        "{\"a\":1]",
        "",
        "\u{a0}1",
        "\u{b}1",
        "\u{c}1",
    ] {
        assert_eq!(member(text).unwrap_err().code(), "invalid-json", "{text:?}");
    }
}

#[test]
fn what_stands_alone_is_no_metadata() {
    for (text, code) in [
        ("", "unexpected-end"),
        ("   ", "unexpected-end"),
        ("null", "wrong-type"),
        ("[]", "wrong-type"),
        ("1", "wrong-type"),
        ("\"signed\"", "wrong-type"),
        ("{}", "missing-member"),
        ("<html>", "invalid-json"),
    ] {
        let error = refused(|bytes| *bytes = text.as_bytes().to_vec());
        assert_eq!(error.code(), code, "{text}");
    }
}
