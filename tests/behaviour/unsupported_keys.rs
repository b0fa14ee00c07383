//! Keys of schemes that are not supported: where a threshold needs them, the refusal says so, and
//! blames nobody.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

fn slh_dsa() -> Key {
    Key::of_form("slh-dsa", "slh-dsa-shake-256f/1", "a root of trees").with_id("slh-dsa")
}

fn ed448() -> Key {
    Key::of_form("ed448", "ed448", "a point").with_id("ed448")
}

fn unsupported(role: Role, threshold: u32, keys: u32) -> Error {
    Error::UnsupportedKeyScheme { role, threshold, keys }
}

#[test]
fn a_role_that_needs_them_is_not_called_an_attack() {
    for role in ["timestamp", "snapshot", "targets"] {
        let mut repository = Repository::new();
        repository.set_keys(
            role,
            &[slh_dsa(), ed448(), slh_dsa().with_id("another"), Key::ed25519("usable")],
            2,
        );
        let failure = Client::new(&repository).refresh(&repository).unwrap_err();
        assert_eq!(
            (failure.error, failure.role.as_str()),
            (unsupported(Role::from_name(role), 2, 1), role)
        );
        // Each scheme once.
        assert_eq!(failure.schemes, ["slh-dsa-shake-256f/1", "ed448"]);
        assert_eq!(failure.error.blame(), picotuf::Blame::Unsupported);
    }
}

#[test]
fn a_delegated_role_that_needs_them_says_so() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]).keys(&[ed448()]));
    repository.add_target("claimed", "a", b"a");
    let failure = Client::new(&repository).find(&repository, &["a"]).unwrap_err();
    assert_eq!(
        (failure.error, failure.role.as_str()),
        (unsupported(Role::Delegated, 1, 0), "claimed")
    );
    assert_eq!(failure.schemes, ["ed448"]);
    assert_eq!(failure.delegation_path, ["targets", "claimed"]);
}

#[test]
fn a_new_root_whose_keys_cannot_be_used_leaves_the_old_one() {
    let mut repository = Repository::new();
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    repository.rotate("root", &[slh_dsa()], 1);
    let failure = client.refresh(&repository).unwrap_err();
    assert_eq!((failure.error, failure.role.as_str()), (unsupported(Role::Root, 1, 0), "root"));
    assert_eq!(failure.schemes, ["slh-dsa-shake-256f/1"]);
    assert!(client.versions().contains(&("root", 1)));
    // One that the old root's keys have not signed is an attack, whatever keys it lists.
    let mut attack = Repository::new();
    attack.rotate("root", &[slh_dsa()], 1);
    attack.edit_signatures("root", Vec::clear);
    client.refuses(&attack, "threshold-not-met", "root");
}

#[test]
fn a_threshold_that_they_could_not_meet_either_is_not_theirs() {
    let key = Key::ed25519("usable");
    for (keys, threshold) in [
        // With each of them, it would be two.
        (vec![key.clone(), slh_dsa()], 3),
        // None is of another scheme: one is no key, two are the same.
        (vec![key.clone(), Key::of_form("ed25519", "ed25519", "00")], 2),
        (vec![key.clone(), key.clone().with_id("again")], 2),
        // Type and scheme are known, and at odds.
        (vec![key.clone(), Key::of_form("ed25519", "rsassa-pss-sha256", &key.public)], 2),
    ] {
        let mut repository = Repository::new();
        repository.set_keys("targets", &keys, threshold);
        let error = Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
        let threshold = u32::try_from(threshold).unwrap();
        assert_eq!(
            error,
            Error::ThresholdNotMet { role: Role::Targets, threshold, valid: 1, keys: 1 },
            "{keys:?}"
        );
    }
}

#[test]
fn signatures_that_are_missing_are_missed_as_long_as_usable_keys_could_have_made_them() {
    let mut repository = Repository::new();
    repository.set_keys("targets", &[Key::ed25519("usable"), slh_dsa()], 1);
    repository.edit_signatures("targets", |signatures| {
        signatures.retain(|signature| signature["keyid"] == "slh-dsa")
    });
    let error = Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
    assert_eq!(
        error,
        Error::ThresholdNotMet { role: Role::Targets, threshold: 1, valid: 0, keys: 1 }
    );
}

#[test]
fn the_command_line_names_the_schemes_and_what_would_help() {
    let mut repository = Repository::new();
    repository.set_keys("timestamp", &[slh_dsa(), ed448()], 1);
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let verdict = cli.refuses(&["refresh"], "unsupported-key-scheme", Some("timestamp"));
    let error = &verdict["error"];
    assert_eq!(error["blame"], "unsupported");
    assert_eq!(error["schemes"], json!(["ed448", "slh-dsa-shake-256f/1"]));
    let unsupported = Error::UnsupportedKeyScheme { role: Role::Timestamp, threshold: 1, keys: 0 };
    assert_eq!(
        error["message"],
        format!("{unsupported}; not supported: `ed448`, `slh-dsa-shake-256f/1`")
    );
    let text = cli.run(&["refresh"]).stderr;
    assert!(
        text.contains("not a sign of an attack") && text.contains("a newer version of picotuf"),
        "{text}"
    );
    assert!(!text.contains("do not trust"), "{text}");
}

#[test]
fn init_names_the_schemes_of_a_root_that_it_cannot_check() {
    let mut repository = Repository::new();
    repository.set_keys("root", &[Key::of_form("ml-dsa", "ml-dsa-65/2", "x")], 1);
    let cli = Cli::new();
    let root = cli.write("anchor.json", repository.anchor()).display().to_string();
    let verdict = cli.refuses(&["init", &root], "unsupported-key-scheme", Some("root"));
    assert_eq!(verdict["error"]["schemes"], json!(["ml-dsa-65/2"]));
    assert_eq!(cli.stored("root"), None);
}

#[test]
fn no_size_of_an_unsupported_key_or_of_its_signature_makes_a_file_invalid() {
    // SLH-DSA has signatures of 7,856 to 49,856 bytes; others will have larger ones.
    for bytes in [7_856, 49_856, 100_000] {
        let signature = "5a".repeat(bytes);
        let large = Key::of_form("slh-dsa", "slh-dsa-sha2-256f/1", &signature).with_id("large");
        for key in [
            large.clone(),
            // One whose keytype alone is unknown, and one that is none of its kind.
            Key::of_form("slh-dsa", "ed25519", &signature).with_id("large"),
            Key::of_form("ml-dsa", "ml-dsa-44/1", &signature).with_id("large"),
        ] {
            let mut repository = Repository::new();
            repository.set_keys("targets", &[Key::ed25519("usable"), key.clone()], 1);
            repository.delegate(
                "targets",
                &Delegation::paths("claimed", &["*"]).keys(&[key, Key::ed25519("usable")]),
            );
            repository.add_target("claimed", "a", b"a");
            for role in ["targets", "claimed"] {
                repository.edit_signatures(role, |signatures| {
                    signatures.retain(|listed| listed["keyid"] != "large");
                    signatures.insert(0, json!({"keyid": "large", "sig": signature}));
                });
            }
            assert!(Client::new(&repository).find(&repository, &["a"]).is_ok(), "{bytes}");
        }
        // Where it is needed, the refusal names it.
        let mut repository = Repository::new();
        repository.set_keys("targets", &[Key::ed25519("usable"), large], 2);
        repository.edit_signatures("targets", |signatures| {
            signatures.retain(|listed| listed["keyid"] != "large");
            signatures.push(json!({"keyid": "large", "sig": signature}));
        });
        let failure = Client::new(&repository).refresh(&repository).unwrap_err();
        assert_eq!(failure.error, unsupported(Role::Targets, 2, 1), "{bytes}");
        assert_eq!(failure.schemes, ["slh-dsa-sha2-256f/1"]);
    }
}
