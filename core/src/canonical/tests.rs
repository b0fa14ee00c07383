//! Documents that are not in order, and their canonical form.

use super::*;
use crate::json::tests::generator::{Order, Random, Value, any_character};
use crate::json::tests::{BLANKS, Kept};
use crate::json::{Reader, Scratch};
use crate::source::Slice;
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

/// Returns the canonical form of a value, which the Reader has to accept first, as it does in use.
fn form(document: &str) -> Result<String, Error> {
    form_from(document, document.len() - document.trim_start().len())
}

/// Returns the canonical form of the value that begins at `armed_at`.
fn form_from(document: &str, armed_at: usize) -> Result<String, Error> {
    let (mut scratch, mut source) = (Scratch::new(), Slice::new(document.as_bytes()));
    let mut reader = Reader::asking(&mut source, &mut scratch);
    reader.skip().unwrap();
    reader.end().unwrap();
    let mut kept = Kept::default();
    emit(document.as_bytes(), armed_at, &mut kept)?;
    Ok(String::from_utf8(kept.0).unwrap())
}

#[test]
fn members_are_put_in_order() {
    for (document, expected) in [
        (r#"{"b":1,"a":2}"#, r#"{"a":2,"b":1}"#),
        (
            " { \"b\" : 1 ,\n \"a\" : { \"d\" : [ ] , \"c\" : { } } } ",
            r#"{"a":{"c":{},"d":[]},"b":1}"#,
        ),
        (
            r#"[{"b":1,"a":2},{"d":[{"y":1,"x":[2]}],"c":null}]"#,
            r#"[{"a":2,"b":1},{"c":null,"d":[{"x":[2],"y":1}]}]"#,
        ),
        // In order outside, not inside, and the other way round.
        (r#"{"a":{"c":1,"b":2},"d":{"f":1,"e":2}}"#, r#"{"a":{"b":2,"c":1},"d":{"e":2,"f":1}}"#),
        (r#"{"d":{"e":1,"f":2},"a":{"b":1,"c":2}}"#, r#"{"a":{"b":1,"c":2},"d":{"e":1,"f":2}}"#),
        // A name before those that it begins, the empty one before all.
        (r#"{"aa":1,"ab":2,"a":3,"":4,"b":5}"#, r#"{"":4,"a":3,"aa":1,"ab":2,"b":5}"#),
        // Capitals before small letters, digits as text.
        (r#"{"a":1,"B":2,"10":3,"9":4,"_":5}"#, r#"{"10":3,"9":4,"B":2,"_":5,"a":1}"#),
        (r#"{"b":true,"a":false}"#, r#"{"a":false,"b":true}"#),
        (
            r#"{"b":-9223372036854775808,"a":18446744073709551615}"#,
            r#"{"a":18446744073709551615,"b":-9223372036854775808}"#,
        ),
        // What looks like structure within a string is none.
        (r#"{"b":"}],{\"a\":1","a":"[{\\"}"#, r#"{"a":"[{\\","b":"}],{\"a\":1"}"#),
        (r#"{"b\"}":1,"a\\":{"{":[],"[":{}}}"#, r#"{"a\\":{"[":{},"{":[]},"b\"}":1}"#),
        (r#"{"__proto__":1,"2":2,"1":3}"#, r#"{"1":3,"2":2,"__proto__":1}"#),
        ("7", "7"),
        (" \"\\u0061\\n\" ", "\"a\n\""),
        ("[]", "[]"),
        ("{ }", "{}"),
    ] {
        assert_eq!(form(document), Ok(expected.into()), "{document}");
    }
}

#[test]
fn the_order_is_that_of_code_points() {
    // UTF-16 has the surrogates of U+10000 before U+E000.
    let characters = [
        "\0",
        "\n",
        " ",
        "\"",
        "\\",
        "a",
        "\u{7f}",
        "\u{80}",
        "\u{7ff}",
        "\u{800}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{ffff}",
        "\u{10000}",
        "\u{10ffff}",
    ];
    let spell = |character: &str, escaped: bool| match character.chars().next().unwrap() {
        one if escaped || one < ' ' || one == '"' || one == '\\' => one
            .encode_utf16(&mut [0; 2])
            .iter()
            .map(|unit| format!("\\u{unit:04X}"))
            .collect::<String>(),
        _ => character.into(),
    };
    let quote =
        |character: &str| format!("\"{}\"", character.replace('\\', "\\\\").replace('"', "\\\""));
    let expected: Vec<String> =
        characters.iter().map(|character| format!("{}:0", quote(character))).collect();
    for escaped in [|_| false, |_| true, |index: usize| index & 1 == 0, |index| index < 7] {
        let members: Vec<String> = characters
            .iter()
            .enumerate()
            .rev()
            .map(|(index, character)| format!("\"{}\":0", spell(character, escaped(index))))
            .collect();
        assert_eq!(
            form(&format!("{{{}}}", members.join(","))),
            Ok(format!("{{{}}}", expected.join(",")))
        );
    }
    // Not normalized: what looks the same are two names.
    assert_eq!(form("{\"\u{e9}\":1,\"e\u{301}\":2}"), Ok("{\"e\u{301}\":2,\"\u{e9}\":1}".into()));
}

#[test]
fn escaped_names_are_compared_by_what_they_say() {
    assert_eq!(form(r#"{"c":1,"\u0062":2,"a":3}"#), Ok(r#"{"a":3,"b":2,"c":1}"#.into()));
    assert_eq!(form(r#"{"\u0063":1,"b":2,"\u0061":3}"#), Ok(r#"{"a":3,"b":2,"c":1}"#.into()));
    assert_eq!(
        form(r#"{"b":1,"\/":2,"\t":3,"\\":4,"\"":5}"#),
        Ok("{\"\t\":3,\"\\\"\":5,\"/\":2,\"\\\\\":4,\"b\":1}".into())
    );
    assert_eq!(
        form(r#"{"\ud83d\udc0d":1,"é":2,"\u00e8":3}"#),
        Ok("{\"è\":3,\"é\":2,\"🐍\":1}".into())
    );
    assert_eq!(
        form(r#"{"\b":1,"\f":2,"\n":3,"\r":4,"\u0000":5}"#),
        Ok("{\"\0\":5,\"\u{8}\":1,\"\n\":3,\"\u{c}\":2,\"\r\":4}".into())
    );
}

#[test]
fn members_that_appear_twice() {
    for (before, object, after) in [
        ("", r#"{"b":1,"a":2,"b":3}"#, ""),
        ("", r#"{"b":1,"a":2,"\u0062":3}"#, ""),
        ("", r#"{"\u00e9":1,"a":2,"é":3}"#, ""),
        ("", r#"{"\ud83d\udc0d":1,"a":2,"🐍":3}"#, ""),
        ("", r#"{"":1,"a":2,"":3}"#, ""),
        ("", r#"{"\"":1,"\\":2,"!":3,"\u005C":4}"#, ""),
        ("", r#"{"b":{"b":1},"a":2,"b":{}}"#, ""),
        ("  ", r#"{"b":1,"a":2,"b":3}"#, "\n"),
        (r#"{"z":[1,{"y":"#, r#"{"b":1,"a":2,"c":4,"b":3}"#, "}]}"),
        (r#"{"z":1,"a":{"y":[{},"#, r#"{"b":1,"a":2,"c":4,"b":3}"#, "]}}"),
    ] {
        let document = format!("{before}{object}{after}");
        assert_eq!(
            form(&document),
            Err(Error::DuplicateMember { position: before.len() as u64 }),
            "{document}"
        );
    }
    let names: Vec<String> =
        (0..200).rev().chain([77]).map(|name| format!("\"{name:03}\":0")).collect();
    assert_eq!(
        form(&format!("{{{}}}", names.join(","))),
        Err(Error::DuplicateMember { position: 0 })
    );
}

#[test]
fn only_the_armed_value_is_written_but_all_is_checked() {
    let document = r#"{"x":{"b":1,"a":2},"signed":{"d":{"f":1,"e":2},"c":[]},"signatures":[{"sig":"","keyid":""}]}"#;
    let armed_at = document.find(r#"{"d""#).unwrap();
    assert_eq!(form_from(document, armed_at), Ok(r#"{"c":[],"d":{"e":2,"f":1}}"#.into()));
    assert_eq!(form_from(document, usize::MAX), Ok(String::new()));
    for (unarmed, armed) in [
        (r#"{"b":1,"a":2,"b":3}"#, r#"{"d":1,"c":2}"#),
        (r#"{"b":1,"a":2}"#, r#"{"d":1,"c":2,"d":3}"#),
    ] {
        let document = format!(r#"{{"x":{unarmed},"signed":{armed}}}"#);
        let armed_at = document.find(armed).unwrap();
        let wrong =
            if unarmed.len() > armed.len() { document.find(unarmed).unwrap() } else { armed_at };
        assert_eq!(
            form_from(&document, armed_at),
            Err(Error::DuplicateMember { position: wrong as u64 })
        );
    }
}

/// Returns an object of so many members, backwards, and its canonical form.
fn backwards(count: usize) -> (String, String) {
    let members: Vec<String> = (0..count).map(|name| format!("\"{name:06}\":{name}")).collect();
    let reversed: Vec<&str> = members.iter().rev().map(String::as_str).collect();
    (format!("{{{}}}", reversed.join(",")), format!("{{{}}}", members.join(",")))
}

#[test]
fn as_many_members_as_there_are_slots_need_no_allocator() {
    let (document, expected) = backwards(SLOTS);
    assert_eq!(form(&document), Ok(expected));
    // In order, any number does, wherever it is.
    let (_, sorted) = backwards(10_000);
    assert_eq!(
        form(&format!("{{\"b\":{sorted},\"a\":[{sorted}]}}")),
        Ok(format!("{{\"a\":[{sorted}],\"b\":{sorted}}}"))
    );
    // Beside each other, objects use the same slots.
    let (document, expected) = backwards(SLOTS);
    assert_eq!(
        form(&format!("[{document},{document},{document}]")),
        Ok(format!("[{expected},{expected},{expected}]"))
    );
}

/// Returns what is too large for the slots: the document, its canonical form, and where the object
/// begins that is too much.
fn too_large() -> Vec<(String, String, usize)> {
    let (one_more, one_more_form) = backwards(SLOTS + 1);
    let (many, many_form) = backwards(20_000);
    let (half, half_form) = backwards(SLOTS / 2);
    // Slots that are taken outside are missing inside.
    let outside = half.replacen(":127", &format!(":{{\"z\":1,\"y\":{half},\"x\":2}}"), 1);
    let outside_form =
        half_form.replace(":127", &format!(":{{\"x\":2,\"y\":{half_form},\"z\":1}}"));
    let place = outside[1..].find("{\"000127\"").unwrap() + 1;
    vec![
        (format!(" [{one_more}]"), format!("[{one_more_form}]"), 2),
        (format!("{{\"a\":{many}}}"), format!("{{\"a\":{many_form}}}"), 5),
        (outside, outside_form, place),
    ]
}

#[test]
#[cfg(feature = "alloc")]
fn more_members_than_slots_are_put_in_order_by_an_allocator() {
    for (document, expected, _) in too_large() {
        assert_eq!(form(&document), Ok(expected));
    }
    let (document, _) = backwards(SLOTS + 1);
    let twice = document.replace("000100", "000200");
    assert_eq!(form(&twice), Err(Error::DuplicateMember { position: 0 }));
}

#[test]
#[cfg(not(feature = "alloc"))]
fn more_members_than_slots_are_refused_without_an_allocator() {
    for (document, _, position) in too_large() {
        assert_eq!(form(&document), Err(Error::UnsortedTooLarge { position: position as u64 }));
    }
}

/// `inside`, so many objects deep. The innermost holds two members that are out of order.
fn deep(levels: usize, inside: &str) -> (String, String) {
    let frame =
        |core: String| format!("{}{core}{}", "{\"a\":".repeat(levels - 1), "}".repeat(levels - 1));
    (frame(format!("{{\"b\":{inside},\"a\":0}}")), frame(format!("{{\"a\":0,\"b\":{inside}}}")))
}

#[test]
fn depth_costs_and_what_it_may_cost_is_bounded() {
    let long = format!("\"{}\"", "x".repeat(100_000));
    // As deep as metadata is, a large value is cheap enough.
    for (levels, inside) in [(1, long.as_str()), (7, &long), (32, "0")] {
        let (document, expected) = deep(levels, inside);
        assert_eq!(form(&document), Ok(expected), "{levels}");
    }
    for levels in [16, 64] {
        let refused = form(&deep(levels, &long).0);
        assert!(matches!(refused, Err(Error::UnsortedTooLarge { .. })), "{levels}");
    }
    // Nesting of arrays alone has no such cost.
    let arrays = format!("{{\"b\":{}{long}{},\"a\":0}}", "[".repeat(63), "]".repeat(63));
    assert_eq!(
        form(&arrays),
        Ok(format!("{{\"a\":0,\"b\":{}{long}{}}}", "[".repeat(63), "]".repeat(63)))
    );
}

#[test]
fn shuffled_random_documents_have_the_form_of_sorted_ones() {
    let mut random = Random(5);
    for round in 0..2000 {
        let value = Value::random(&mut random, 1 + round % 6, any_character);
        for order in [Order::Shuffled, Order::Sorted] {
            let mut document = String::new();
            value.write(&mut random, order, &BLANKS, &mut document);
            assert_eq!(form(&document), Ok(value.canonical()), "{document}");
        }
    }
}
