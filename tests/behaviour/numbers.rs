//! Integers only, and only those that fit.

use crate::prelude::*;

/// What the version of a timestamp must not be, and the code.
const BAD_VERSIONS: [(&str, &str); 21] = [
    ("1.0", "invalid-number"),
    ("1.5", "invalid-number"),
    ("1.", "invalid-number"),
    ("1e0", "invalid-number"),
    ("1E0", "invalid-number"),
    ("1e400", "invalid-number"),
    ("-0", "invalid-number"),
    ("01", "invalid-number"),
    ("00", "invalid-number"),
    ("18446744073709551616", "invalid-number"),
    ("99999999999999999999999999", "invalid-number"),
    ("0", "zero"),
    ("\"1\"", "wrong-type"),
    ("null", "wrong-type"),
    ("true", "wrong-type"),
    ("[1]", "wrong-type"),
    ("{}", "wrong-type"),
    ("NaN", "invalid-json"),
    ("Infinity", "invalid-json"),
    ("+1", "invalid-json"),
    (".5", "invalid-json"),
];

#[test]
fn a_version_is_an_integer_from_one_to_the_largest_u64() {
    let repository = Repository::new();
    for (number, code) in BAD_VERSIONS {
        let mut repository = repository.clone();
        repository.replace_text("timestamp", "\"version\":1}", &format!("\"version\":{number}}}"));
        let failure = Client::new(&repository).refresh(&repository).unwrap_err();
        assert_eq!((failure.error.code(), failure.role.as_str()), (code, "timestamp"), "{number}");
    }
    let mut repository = repository.clone();
    repository.edit("timestamp", |timestamp| timestamp["version"] = u64::MAX.into());
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    assert_eq!(client.versions(), top_level(1, 1, 1, u64::MAX));
}

/// A root of the last number would otherwise be its own next one, again and again.
#[test]
fn no_root_comes_behind_the_largest_version() {
    let mut repository = Repository::new();
    repository.edit("root", |root| root["version"] = u64::MAX.into());
    let mut client = Client::trusting(repository.bytes("root"));
    client.refreshes(&repository);
    assert_eq!(client.versions(), top_level(u64::MAX, 1, 1, 1));
    assert_eq!(client.requests(), ["timestamp.json", "1.snapshot.json", "1.targets.json"]);
}

#[test]
fn a_negative_number_is_no_version_length_or_threshold() {
    for (role, from) in [("timestamp", "\"version\":1}"), ("targets", "\"version\":1}")] {
        let mut repository = Repository::new();
        repository.replace_text(role, from, "\"version\":-1}");
        let error = Client::new(&repository).refresh(&repository).unwrap_err().error;
        assert!(matches!(error, Error::InvalidNumber { .. } | Error::Zero { .. }), "{error:?}");
    }
    let mut repository = Repository::new();
    repository.edit("snapshot", |snapshot| snapshot["meta"]["targets.json"]["length"] = json!(-1));
    let error = Client::new(&repository).refresh(&repository).unwrap_err().error;
    assert_eq!(error.code(), "invalid-number");
}

#[test]
fn members_that_nobody_interprets_hold_any_integer_of_64_bits() {
    for number in ["0", "-1", "-9223372036854775808", "18446744073709551615", "null", "true"] {
        let mut repository = Repository::new();
        let value: Value = serde_json::from_str(number).unwrap();
        repository.edit("targets", |targets| targets["x"] = json!({"y": [value]}));
        Client::new(&repository).refreshes(&repository);
    }
    for number in ["-9223372036854775809", "18446744073709551616", "0.5", "1e3", "-0", "-01", "007"]
    {
        let mut repository = Repository::new();
        repository.edit("targets", |targets| targets["x"] = json!(4711));
        repository.replace_text("targets", "4711", number);
        Client::new(&repository).refuses(&repository, "invalid-number", "targets");
    }
}

#[test]
fn a_number_of_many_digits_is_refused_in_bounded_memory() {
    let mut repository = Repository::new();
    repository.edit("targets", |targets| targets["x"] = json!(4711));
    repository.replace_text("targets", "4711", &"9".repeat(1_000_000));
    Client::new(&repository).refuses(&repository, "invalid-number", "targets");
}
