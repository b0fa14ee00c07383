//! The text of files: JSON as other writers set it down, and what is no JSON, or not TUF's.

use picotuf_tests::json::Style;
use picotuf_tests::repository::Repository;
use serde_json::{Value, json};

use crate::case::{Case, PROJECT, TARGET, base, case, replace_in_file, rewrite};

const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", PROJECT];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for style in Style::ALL {
        for role in ROLES {
            cases.push(case(format!("{role} written as {style:?}"), |repository| {
                repository.style = style;
                repository.edit(role, |signed| {
                    signed["x-é\u{1f40d}"] =
                        json!({"\u{e000}": 1, "\u{1f40d}": 2, "\"\\": "\u{1}\n/é", "": []})
                });
            }));
        }
    }
    around(&mut cases);
    envelopes(&mut cases);
    values(&mut cases);
    strings(&mut cases);
    depth(&mut cases);
    cases
}

/// What stands before, behind and between.
fn around(cases: &mut Vec<Case>) {
    let mut add = |what: &str, change: &dyn Fn(&mut Vec<u8>)| {
        for role in ["root", "timestamp", PROJECT] {
            cases.push(case(format!("{role} file: {what}"), |repository| {
                repository.edit_file(role, |bytes| change(bytes))
            }));
        }
    };
    for (what, before) in [
        ("white space before", b" \t\r\n".as_slice()),
        ("a byte order mark", b"\xef\xbb\xbf"),
        ("a form feed before", b"\x0c"),
        ("a no-break space before", b"\xc2\xa0"),
    ] {
        add(what, &|bytes| *bytes = [before, bytes].concat());
    }
    for (what, after) in [
        ("white space after", b" \t\r\n".as_slice()),
        ("a NUL after", b"\0"),
        ("a comma after", b","),
        ("a bracket after", b"}"),
        ("a second document", b"{}"),
        ("a vertical tab after", b"\x0b"),
    ] {
        add(what, &|bytes| bytes.extend(after));
    }
    add("empty", &|bytes| bytes.clear());
    add("white space only", &|bytes| *bytes = b" \n".to_vec());
    add("a list around it", &|bytes| *bytes = [b"[".as_slice(), bytes, b"]"].concat());
    add("null", &|bytes| *bytes = b"null".to_vec());
    add("an empty object", &|bytes| *bytes = b"{}".to_vec());
    add("cut by one byte", &|bytes| bytes.truncate(bytes.len() - 1));
    add("cut in half", &|bytes| bytes.truncate(bytes.len() / 2));
    add("UTF-16", &|bytes| {
        *bytes = String::from_utf8(bytes.clone())
            .unwrap()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect()
    });
    add("a comma before the end", &|bytes| {
        bytes.pop();
        bytes.extend(b",}");
    });
    add("a comment", &|bytes| *bytes = [b"/* */".as_slice(), bytes].concat());
    add("apostrophes", &|bytes| {
        bytes.iter_mut().filter(|byte| **byte == b'"').for_each(|byte| *byte = b'\'')
    });
    add("a changed byte", &|bytes| {
        let at = bytes.len() - 10;
        bytes[at] ^= 1;
    });
}

/// `signatures` and `signed`.
fn envelopes(cases: &mut Vec<Case>) {
    let mut add = |what: &str, change: &dyn Fn(&mut Value)| {
        for role in ["timestamp", PROJECT] {
            cases.push(case(format!("{role} envelope: {what}"), |repository| {
                repository.edit_file(role, |bytes| {
                    let mut file = serde_json::from_slice(bytes).unwrap();
                    change(&mut file);
                    *bytes = file.to_string().into_bytes();
                });
            }));
        }
    };
    for name in ["signed", "signatures"] {
        for (what, value) in [
            ("null", Value::Null),
            ("a list", json!([])),
            ("an object", json!({})),
            ("a string", json!("x")),
            ("a number", json!(1)),
        ] {
            add(&format!("{name} is {what}"), &|file| file[name] = value.clone());
        }
        add(&format!("no {name}"), &|file| {
            file.as_object_mut().unwrap().remove(name);
        });
        add(&format!("{name} in upper case"), &|file| {
            let value = file.as_object_mut().unwrap().remove(name).unwrap();
            file[name.to_uppercase()] = value;
        });
    }
    add("an unknown member", &|file| file["x-unknown"] = json!({"a": [-1, "é", true]}));
    add("an unknown null", &|file| file["x-unknown"] = Value::Null);
    for role in ["timestamp", PROJECT] {
        for (what, to) in [
            ("`signatures` twice", "{\"signatures\":[],\"signatures\":"),
            ("an unknown fraction", "{\"x\":1.5,\"signatures\":"),
            ("an unknown exponent", "{\"x\":1e5,\"signatures\":"),
            ("an unknown NaN", "{\"x\":NaN,\"signatures\":"),
            ("an unknown number past u64", "{\"x\":18446744073709551616,\"signatures\":"),
            ("an unknown negative number past i64", "{\"x\":-9223372036854775809,\"signatures\":"),
            ("an unknown -0", "{\"x\":-0,\"signatures\":"),
            ("an unknown member twice", "{\"x\":1,\"x\":1,\"signatures\":"),
            ("an unknown lone surrogate", "{\"x\":\"\\ud800\",\"signatures\":"),
            ("an escaped name", "{\"\\u0073ignatures\":"),
        ] {
            cases.push(case(format!("{role} envelope: {what}"), |repository| {
                replace_in_file(repository, role, "{\"signatures\":", to)
            }));
        }
        cases.push(case(format!("{role} envelope: `signed` twice"), |repository| {
            replace_in_file(repository, role, "\"signed\":", "\"signed\":{},\"signed\":");
        }));
    }
}

/// Values of members that the verifier does not interpret, signed as what a lenient reader takes
/// them for.
fn values(cases: &mut Vec<Case>) {
    for (text, meaning) in [
        ("null", "null"),
        ("true", "true"),
        ("-5", "-5"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "18446744073709551616"),
        ("-0", "0"),
        ("1.0", "1"),
        ("1.5", "1.5"),
        ("1e2", "100"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("+1", "1"),
        (".5", "0.5"),
        ("0x10", "16"),
        ("True", "true"),
        ("undefined", "null"),
        ("[1,]", "[1]"),
        ("{\"a\":1,\"a\":1}", "{\"a\":1}"),
        ("{\"a\":1,\"\\u0061\":1}", "{\"a\":1}"),
        ("{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"),
        ("{\"__proto__\":1}", "{\"__proto__\":1}"),
        ("{\"10\":1,\"9\":2}", "{\"10\":1,\"9\":2}"),
        ("{\"é\":1,\"e\\u0301\":1}", "{\"e\u{301}\":1,\"é\":1}"),
    ] {
        cases.push(unknown(&format!("the value {text}"), text, meaning));
    }
}

/// Strings as they may be written, and as they may not.
fn strings(cases: &mut Vec<Case>) {
    for (text, meaning) in [
        (r#""\/""#, r#""/""#),
        (r#""\b\f\n\r\t""#, "\"\u{8}\u{c}\n\r\t\""),
        (r#""\"\\""#, r#""\"\\""#),
        (r#""\u0000\u001f\u007f""#, "\"\0\u{1f}\u{7f}\""),
        (r#""\u00E9""#, "\"é\""),
        (r#""\ud83d\udc0d""#, "\"\u{1f40d}\""),
        (r#""\uD83D\uDC0D""#, "\"\u{1f40d}\""),
        (r#""\u2028\uffff\ufeff""#, "\"\u{2028}\u{ffff}\u{feff}\""),
        (r#""\ud83d""#, "\"\""),
        (r#""\udc0d\ud83d""#, "\"\""),
        (r#""\ud83dx""#, "\"x\""),
        (r#""\x41""#, "\"A\""),
        (r#""\u12""#, "\"\""),
        (r#""\u+123""#, "\"\""),
        (r#""\u{41}""#, "\"A\""),
        (r#""\'""#, "\"'\""),
        ("\"a\tb\"", "\"a\tb\""),
        ("\"a\nb\"", "\"a\nb\""),
        ("\"a\u{7f}b\"", "\"a\u{7f}b\""),
        ("\"\u{1f40d}\"", "\"\u{1f40d}\""),
        ("\"open", "\"open\""),
    ] {
        cases.push(unknown(&format!("the string {}", text.escape_debug()), text, meaning));
    }
    for (what, bytes) in [
        ("a lone continuation byte", b"\x80".as_slice()),
        ("an overlong form", b"\xc0\xaf"),
        ("an encoded surrogate", b"\xed\xa0\x80"),
        ("a code point past the last", b"\xf4\x90\x80\x80"),
        ("Latin-1", b"\xe9"),
    ] {
        cases.push(case(format!("{PROJECT} text: {what}"), |repository| {
            repository.edit(PROJECT, |signed| signed["x-unknown"] = "@".into());
            repository.edit_file(PROJECT, |file| {
                let at = file.iter().position(|byte| *byte == b'@').unwrap();
                file.splice(at..=at, bytes.iter().copied());
            });
        }));
    }
    for length in [2048, 2049, 100_000] {
        cases.push(case(
            format!("{PROJECT} text: an unknown string of {length} bytes"),
            |repository| {
                repository.edit(PROJECT, |signed| signed["x-unknown"] = "s".repeat(length).into());
            },
        ));
    }
    for length in [1024, 1025] {
        cases.push(case(
            format!("{PROJECT} text: an unknown name of {length} bytes"),
            |repository| {
                repository.edit(PROJECT, |signed| signed["n".repeat(length)] = 1.into());
            },
        ));
    }
    for count in [2, 3] {
        cases.push(case(
            format!("{PROJECT} text: {count} names of 1000 bytes in each other"),
            |repository| {
                let nested =
                    (0..count).fold(1.into(), |inner: Value, _| json!({"n".repeat(1000): inner}));
                repository.edit(PROJECT, |signed| signed["x-unknown"] = nested);
            },
        ));
    }
}

/// Nesting, counted in lists inside of `signed`.
fn depth(cases: &mut Vec<Case>) {
    for levels in [10, 61, 62, 63, 100, 900, 5000] {
        let text = "[".repeat(levels) + &"]".repeat(levels);
        cases.push(unknown(&format!("{levels} lists in each other"), &text, &text));
        cases.push(case(format!("{PROJECT} custom: {levels} lists in each other"), |repository| {
            repository
                .edit(PROJECT, |signed| signed["targets"][TARGET]["custom"] = json!({"x": 1}));
            let pointer = format!("/targets/{}/custom/x", TARGET.replace('/', "~1"));
            rewrite(repository, PROJECT, &pointer, &text, &text);
        }));
    }
}

/// An unknown member of the delegated role.
fn unknown(what: &str, text: &str, meaning: &str) -> Case {
    let mut repository: Repository = base();
    repository.edit(PROJECT, |signed| signed["x-unknown"] = 1.into());
    rewrite(&mut repository, PROJECT, "/x-unknown", text, meaning);
    Case::new(format!("{PROJECT} text: {what}"), &repository)
}
