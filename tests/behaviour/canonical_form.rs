//! Signatures are over the canonical form, whatever the writer's order, white space and escapes.

use crate::prelude::*;

/// A repository in which everything that the canonical form treats specially occurs.
fn odd_repository(style: Style) -> Repository {
    let mut repository = Repository::new();
    repository.style = style;
    let odd = json!({
        "\u{1f40d}": "code points sort by value, U+1F40D after U+E000",
        "\u{e000}": "as UTF-16 they would sort the other way round",
        "": "an empty name",
        "a\"b\\c": "\" and \\ are escaped",
        "controls": "\n\t\u{1}\u{7f}\u{0}",
        "nested": {"z": [{"b": 1, "a": 2}, [], {}], "y": {"b": null, "a": [true, false]}},
        "numbers": [0, -1, i64::MIN, u64::MAX],
        "slash": "/",
    });
    for role in ["root", "targets", "snapshot", "timestamp"] {
        repository.edit(role, |signed| signed["odd"] = odd.clone());
    }
    repository.add_target("targets", "dir/\u{1f40d} \"\\é.txt", b"odd");
    repository
}

#[test]
fn every_sorted_style_verifies_in_windows_too() {
    for style in [Style::PYTHON, Style::RSTUF, Style::SIGNED_FIRST] {
        let repository = odd_repository(style);
        let found = Client::new(&repository).finds(&repository, "dir/\u{1f40d} \"\\é.txt");
        assert_eq!(found.length, 3, "{style:?}");
    }
}

#[test]
fn every_unsorted_style_verifies_and_windows_say_that_they_cannot() {
    for style in [Style::STRUCTS, Style::BACKWARDS] {
        let repository = odd_repository(style);
        let found =
            Client::new(&repository).windows_refuse().finds(&repository, "dir/\u{1f40d} \"\\é.txt");
        assert_eq!(found.length, 3, "{style:?}");
    }
}

#[test]
fn an_escaped_character_is_the_character() {
    for (from, to) in [
        ("\"version\":1", "\"v\\u0065rsion\":1"),
        ("\"targets\"", "\"t\\u0061rgets\""),
        ("\"_type\"", "\"\\u005ftype\""),
        ("\"1.0.34\"", "\"1\\u002e0.3\\u0034\""),
    ] {
        let mut repository = Repository::new();
        repository.replace_text("targets", from, to);
        Client::new(&repository).refreshes(&repository);
    }
}

#[test]
fn every_escape_is_undone_before_signing() {
    let mut repository = Repository::new();
    let text = "\"\\/\u{8}\u{c}\n\r\t\u{0}é\u{1f40d}";
    repository.edit("targets", |targets| targets["x"] = text.into());
    let plain = Style::PYTHON.write(&text.into());
    let escaped = r#""\u0022\u005C\/\b\f\n\r\t\u0000\u00e9\uD83D\uDC0D""#;
    repository.replace_text("targets", &plain, escaped);
    Client::new(&repository).refreshes(&repository);
}

#[test]
fn white_space_between_tokens_is_not_signed() {
    let mut repository = Repository::new();
    repository.add_target("targets", "a", b"a");
    let roomy = |text: String| {
        text.replace(':', " \t:\r\n ").replace(',', " , \n").replace('{', "{ ").replace('}', "\n}")
    };
    // No colon stands inside a string of a targets role but in `expires`.
    repository.edit_text("targets", |text| {
        let expires = "2027-01-01T00:00:00Z";
        let roomy = roomy(text.replace(expires, "EXPIRES"));
        roomy.replace("EXPIRES", expires)
    });
    Client::new(&repository).finds(&repository, "a");
}

#[test]
fn white_space_inside_a_string_is_signed() {
    let mut repository = Repository::new();
    repository.edit("targets", |targets| targets["x"] = "a b".into());
    repository.replace_text("targets", "a b", "a  b");
    Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
}

#[test]
fn characters_are_not_normalized() {
    let mut repository = Repository::new();
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    repository.add_target("targets", composed, b"composed");
    repository.add_target("targets", decomposed, b"and decomposed");
    let mut client = Client::new(&repository);
    assert_eq!(client.finds(&repository, composed).length, 8);
    assert_eq!(client.finds(&repository, decomposed).length, 14);
    client.lacks(&repository, "cafe");
}

#[test]
fn the_order_of_a_list_is_signed() {
    let mut repository = Repository::new();
    repository.edit("targets", |targets| targets["x"] = json!(["a", "b"]));
    repository.replace_text("targets", r#"["a","b"]"#, r#"["b","a"]"#);
    Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
}

#[test]
fn every_signed_byte_counts() {
    let repository = Repository::new();
    let good = repository.bytes("timestamp").to_vec();
    let mut changed = 0;
    for (index, byte) in good.iter().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric()) {
        let mut repository = repository.clone();
        let other = match byte {
            b'0'..=b'8' => byte + 1,
            b'9' => b'8',
            _ => byte ^ 1,
        };
        repository.tamper("timestamp", |bytes| bytes[index] = other);
        let mut client = Client::new(&repository).windows_refuse_sometimes();
        assert!(
            client.refresh(&repository).is_err(),
            "byte {index} may be {:?}",
            char::from(other)
        );
        assert_eq!(client.versions(), [("root", 1)]);
        changed += 1;
    }
    assert!(changed > 300, "{changed}");
}
