//! Tests of codes, blame and messages.

use super::*;
use std::string::{String, ToString};
use std::vec::Vec;

fn time(text: &str) -> Time {
    Time::parse(text).unwrap()
}

/// Returns one error of each variant with its code, its blame and its message. A published code
/// never changes.
fn all() -> Vec<(&'static str, Blame, Error, &'static str)> {
    use Blame::{Caller, Limit as Bound, Repository, Unsupported};
    let position = 7;
    let role = Role::Snapshot;
    let algorithm = HashAlgorithm::Sha256;
    let (expected, found) = (DigestStart([0xab; 12]), DigestStart([0x01; 12]));
    std::vec![
        (
            "duplicate-member",
            Repository,
            Error::DuplicateMember { position },
            "an object has two members of the same name, at byte 7",
        ),
        (
            "duplicate-role",
            Repository,
            Error::DuplicateRole { position },
            "a list of delegations names a role twice, at byte 7",
        ),
        (
            "duplicate-signature",
            Repository,
            Error::DuplicateSignature { position },
            "two signatures have the same keyid, at byte 7",
        ),
        (
            "expired",
            Repository,
            Error::Expired {
                role,
                expires: time("2026-11-21T00:00:00Z"),
                now: time("2026-11-22T01:02:03Z"),
            },
            "snapshot metadata expired at 2026-11-21T00:00:00Z (now 2026-11-22T01:02:03Z)",
        ),
        (
            "hash-mismatch",
            Repository,
            Error::HashMismatch { role: Some(role), algorithm, expected, found },
            "snapshot metadata has sha256 010101010101010101010101…, expected \
             abababababababababababab…",
        ),
        (
            "invalid-delegation",
            Repository,
            Error::InvalidDelegation { position },
            "a delegation has both `paths` and `path_hash_prefixes`, or `delegations` has both \
             `roles` and `succinct_roles`, at byte 7",
        ),
        (
            "invalid-form",
            Repository,
            Error::InvalidForm { position, member: "hashes" },
            "`hashes` is malformed, at byte 7",
        ),
        ("invalid-json", Repository, Error::InvalidJson { position }, "invalid JSON, at byte 7",),
        (
            "invalid-number",
            Repository,
            Error::InvalidNumber { position },
            "invalid number, expected a 64-bit integer, at byte 7",
        ),
        (
            "invalid-role-name",
            Repository,
            Error::InvalidRoleName { position },
            "a delegated role has an empty name or the name of a top-level role, at byte 7",
        ),
        (
            "invalid-string",
            Repository,
            Error::InvalidString { position },
            "invalid string (control character, unknown escape or lone surrogate), at byte 7",
        ),
        (
            "invalid-time",
            Repository,
            Error::InvalidTime { position },
            "`expires` is not an RFC 3339 date and time, at byte 7",
        ),
        ("invalid-utf8", Repository, Error::InvalidUtf8 { position }, "invalid UTF-8, at byte 7",),
        (
            "length-mismatch",
            Repository,
            Error::LengthMismatch { role: Some(role), expected: 3, found: 2 },
            "snapshot metadata is 2 bytes long, expected 3",
        ),
        (
            "limit-reached",
            Bound,
            Error::LimitReached { limit: Limit::RoleKeys, maximum: 32 },
            "more than 32 keys in one role",
        ),
        ("missing-file", Repository, Error::MissingFile { role }, "snapshot metadata is missing",),
        (
            "missing-member",
            Repository,
            Error::MissingMember { position, member: "meta" },
            "`meta` is missing from the object that ends at byte 7",
        ),
        (
            "removed-from-snapshot",
            Repository,
            Error::RemovedFromSnapshot { trusted: 4 },
            "the new snapshot no longer lists a role that the trusted snapshot lists at version 4",
        ),
        (
            "role-not-in-snapshot",
            Repository,
            Error::RoleNotInSnapshot { role: Role::Delegated },
            "the snapshot does not list the delegated role",
        ),
        (
            "rollback",
            Repository,
            Error::Rollback { role, trusted: 4, found: 3 },
            "snapshot metadata has version 3, older than the trusted version 4",
        ),
        ("source-failed", Caller, Error::SourceFailed, "reading the input failed",),
        (
            "stream-unsorted",
            Bound,
            Error::StreamUnsorted { position },
            "the members are not sorted, at byte 7: an unsorted file can only be checked as a \
             slice",
        ),
        (
            "target-not-found",
            Repository,
            Error::TargetNotFound,
            "no role that is trusted for this path lists the target",
        ),
        (
            "threshold-not-met",
            Repository,
            Error::ThresholdNotMet { role, threshold: 3, valid: 1, keys: 5 },
            "snapshot metadata is signed by 1 of the role's 5 usable keys, expected at least 3",
        ),
        (
            "trailing-data",
            Repository,
            Error::TrailingData { position },
            "unexpected data after the JSON document, at byte 7",
        ),
        (
            "unexpected-call",
            Caller,
            Error::UnexpectedCall,
            "this method does not answer the current step of the update",
        ),
        (
            "unexpected-end",
            Repository,
            Error::UnexpectedEnd { position },
            "unexpected end of file, at byte 7",
        ),
        (
            "unsorted-too-large",
            Bound,
            Error::UnsortedTooLarge { position },
            "the object at byte 7 is unsorted, and too large or too deep to sort",
        ),
        (
            "unsupported-hash",
            Repository,
            Error::UnsupportedHash { position },
            "`hashes` lists no supported hash (sha256, sha512, blake2b-256), at byte 7",
        ),
        (
            "unsupported-key-scheme",
            Unsupported,
            Error::UnsupportedKeyScheme { role, threshold: 2, keys: 1 },
            "snapshot metadata cannot be checked: 1 of the role's keys have a supported scheme, \
             expected at least 2",
        ),
        (
            "unsupported-spec-version",
            Repository,
            Error::UnsupportedSpecVersion { position },
            "`spec_version` is not 1.x, at byte 7",
        ),
        (
            "wrong-role",
            Repository,
            Error::WrongRole {
                expected: Role::Delegated,
                found: Excerpt::of(b"mirrors"),
                position,
            },
            "`_type` is `mirrors`, expected `targets`, at byte 7",
        ),
        (
            "wrong-type",
            Repository,
            Error::WrongType { position, expected: JsonType::Object, found: JsonType::Null },
            "found null, expected an object, at byte 7",
        ),
        (
            "wrong-version",
            Repository,
            Error::WrongVersion { role, expected: 4, found: 5 },
            "snapshot metadata has version 5, expected 4",
        ),
        (
            "zero",
            Repository,
            Error::Zero { position, member: "threshold" },
            "`threshold` is less than 1, at byte 7",
        ),
    ]
}

/// Returns the variants as the source declares them, in its order.
fn declared() -> Vec<&'static str> {
    let source = include_str!("../error.rs");
    let (_, body) = source.split_once("pub enum Error {\n").unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let variants = body.lines().filter_map(|line| {
        line.strip_prefix("    ")
            .filter(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
    });
    variants.map(|line| line.trim_end_matches([' ', '{', ','])).collect()
}

fn variant(error: &Error) -> String {
    std::format!("{error:?}").split([' ', '(']).next().unwrap().into()
}

/// `DuplicateMember` as `duplicate-member`.
fn kebab_case(variant: &str) -> String {
    let mut name = String::new();
    for letter in variant.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[test]
fn every_variant_has_its_own_code_that_does_not_change() {
    let all = all();
    assert_eq!(all.iter().map(|(_, _, error, _)| variant(error)).collect::<Vec<_>>(), declared());
    for (code, _, error, _) in &all {
        assert_eq!(error.code(), *code);
        assert_eq!(*code, kebab_case(&variant(error)));
    }
    let mut codes: Vec<&str> = all.iter().map(|(code, ..)| *code).collect();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
}

#[test]
fn variants_are_few_and_in_alphabetical_order() {
    let declared = declared();
    assert!((1..=40).contains(&declared.len()), "{}", declared.len());
    assert!(declared.is_sorted(), "{declared:?}");
}

#[test]
fn who_is_to_blame() {
    for (_, blame, error, _) in all() {
        assert_eq!(error.blame(), blame, "{error:?}");
    }
}

#[test]
fn every_error_is_one_line() {
    for (_, _, error, text) in all() {
        let rendered = error.to_string();
        assert_eq!(rendered, text);
        // A host puts it behind a role's name, or into a sentence.
        assert!(
            !rendered.ends_with(['.', ' ', '\n']) && rendered.lines().count() == 1,
            "{rendered}"
        );
        assert!(!rendered.starts_with(|first: char| first.is_uppercase()), "{rendered}");
    }
}

#[test]
fn a_target_is_not_called_metadata() {
    let mismatch = Error::LengthMismatch { role: None, expected: 3, found: 2 };
    assert_eq!(mismatch.to_string(), "target is 2 bytes long, expected 3");
    let (expected, found) = (DigestStart([0xab; 12]), DigestStart([0x01; 12]));
    let mismatch =
        Error::HashMismatch { role: None, algorithm: HashAlgorithm::Blake2b256, expected, found };
    assert_eq!(
        mismatch.to_string(),
        "target has blake2b-256 010101010101010101010101…, expected abababababababababababab…"
    );
}

#[test]
fn a_length_that_was_not_seen_is_not_stated() {
    let error = Error::too_long(Some(Role::Snapshot), 1655);
    assert_eq!(error.to_string(), "snapshot metadata is more than 1655 bytes long, expected 1655");
    assert_eq!((error.expected(), error.found()), (Some(ErrorValue::Number(1655)), None));
    // A claim about a file, as a lock file makes it, may be read in full.
    let error = Error::LengthMismatch { role: None, expected: 1655, found: 9999 };
    assert_eq!(error.to_string(), "target is 9999 bytes long, expected 1655");
    assert_eq!(error.found(), Some(ErrorValue::Number(9999)));
}

#[test]
fn a_file_of_before_tuf_1_is_called_so() {
    let wrong = |found: &str| Error::WrongRole {
        expected: Role::Root,
        found: Excerpt::of(found.as_bytes()),
        position: 9,
    };
    for (found, is_old) in [
        ("Root", true),
        ("Timestamp", true),
        ("Snapshot", true),
        ("Targets", true),
        ("timestamp", false),
        ("Mirrors", false),
        ("Roots", false),
        ("", false),
        ("Timestamp-of-a-repository", false),
    ] {
        assert_eq!(wrong(found).is_before_tuf_1(), is_old, "{found}");
    }
    assert_eq!(
        wrong("Root").to_string(),
        "`_type` is `Root`, expected `root`, at byte 9: metadata from before TUF 1.0 is not \
         supported"
    );
    assert_eq!(
        wrong("Timestamp-of-a-repository").to_string(),
        "`_type` is `Timestamp-of-a-…`, expected `root`, at byte 9"
    );
    assert_eq!(wrong("Root").found().map(|found| found.to_string()), Some("Root".into()));
    assert!(!Error::SourceFailed.is_before_tuf_1());
}

#[test]
fn a_limit_that_can_be_raised_names_its_field() {
    let reached = |limit, maximum| Error::LimitReached { limit, maximum };
    assert_eq!(reached(Limit::Length, 9).limit_field("timestamp"), Some("timestamp_length"));
    assert_eq!(reached(Limit::Length, 9).limit_field("bin-a"), Some("targets_length"));
    assert_eq!(reached(Limit::Delegations, 31).limit_field("bin-a"), Some("delegations"));
    // More than these are never visited.
    assert_eq!(reached(Limit::Delegations, 32).limit_field("bin-a"), None);
    assert_eq!(reached(Limit::Signatures, 128).limit_field("root"), None);
    assert_eq!(Error::SourceFailed.limit_field("root"), None);
}

#[test]
fn json_types_and_roles_by_name() {
    let found = JsonType::Null;
    for (expected, name) in [
        (JsonType::Array, "an array"),
        (JsonType::Boolean, "a boolean"),
        (JsonType::Null, "null"),
        (JsonType::Number, "a number"),
        (JsonType::Object, "an object"),
        (JsonType::String, "a string"),
    ] {
        assert_eq!(
            Error::WrongType { position: 0, expected, found }.to_string(),
            std::format!("found null, expected {name}, at byte 0")
        );
    }
    for (role, name) in [
        (Role::Root, "root"),
        (Role::Timestamp, "timestamp"),
        (Role::Snapshot, "snapshot"),
        (Role::Targets, "targets"),
        (Role::Delegated, "delegated"),
    ] {
        assert_eq!(
            Error::MissingFile { role }.to_string(),
            std::format!("{name} metadata is missing")
        );
    }
}

#[test]
fn the_start_of_a_digest_is_enough_to_tell_two_apart() {
    let digest: Vec<u8> = (1..=32).collect();
    assert_eq!(DigestStart::from(digest.as_slice()).to_string(), "0102030405060708090a0b0c…");
    // A shorter one is filled up.
    assert_eq!(DigestStart::from(&digest[..2]).to_string(), "010200000000000000000000…");
}
