//! The members of objects: twice, out of order, too deep, too long.

use super::*;

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
        (r#"{"signed":1,"signatures":2,"#, r#""signatures":3}"#),
        (r#"{"signed":1,"signatures":2,"zzz":3,"#, r#""signatures":4}"#),
    ] {
        let document = format!("{before}{after}");
        assert_eq!(
            canonical(document.as_bytes()),
            Err(Error::DuplicateMember { position: before.len() as u64 }),
            "{document}"
        );
    }
    // The same name in another object, in another case, or in another normalization is another
    // name.
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
        assert_eq!(
            canonical(document.as_bytes()),
            Err(Error::DuplicateMember { position: before.len() as u64 }),
            "{document}"
        );
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
            assert_eq!(
                answer,
                Err(Error::StreamUnsorted { position: before.len() as u64 }),
                "{document}"
            );
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
        let nested = |count: usize| {
            format!("{}0{}", open.repeat(count / levels), close.repeat(count / levels))
        };
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
    for (piece, length) in [
        ("a", 1),
        ("\\n", 1),
        ("\\u0061", 1),
        ("é", 2),
        ("\\u00e9", 2),
        ("\\ud83d\\udc0d", 4),
        ("🐍", 4),
    ] {
        let count = NAME_LENGTH_MAX / length;
        for frame in [("{", "}"), ("[{\"\":{", "}}]"), ("{\"\":[],", "}")] {
            let document = |name: String| format!("{}\"{name}\":1{}", frame.0, frame.1);
            assert!(canonical(document(piece.repeat(count)).as_bytes()).is_ok(), "{piece}");
            assert_eq!(
                canonical(document(format!("{}a", piece.repeat(count))).as_bytes()),
                long,
                "{piece}"
            );
            assert_eq!(canonical(document(piece.repeat(count * 8)).as_bytes()), long, "{piece}");
        }
    }
}

#[test]
fn names_of_open_objects_end_at_the_limit() {
    let name = |letter: &str| letter.repeat(NAME_LENGTH_MAX);
    // Two names of 1,024 bytes lead to the value, and beside each another of that length has been.
    let open = |count: usize, inside: &str| {
        let nested = format!("{{\"{}\":0,\"{}\":", name("a"), name("b")).repeat(count);
        format!("{nested}{inside}{}", "}".repeat(count))
    };
    assert!(canonical(open(2, "0").as_bytes()).is_ok());
    assert!(canonical(open(2, "{\"\":0}").as_bytes()).is_ok());
    let many = Err(Error::LimitReached { limit: Limit::OpenNames, maximum: 2048 });
    assert_eq!(canonical(open(2, "{\"c\":0}").as_bytes()), many);
    assert_eq!(canonical(open(2, "{\"\\u0063\":0}").as_bytes()), many);
    assert_eq!(canonical(open(3, "0").as_bytes()), many);
}
