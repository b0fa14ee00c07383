//! Keys of schemes that are not supported: where a threshold needs them, the refusal says so, and
//! blames nobody.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

fn p521() -> Key {
    Key::of_form("ecdsa", "ecdsa-sha2-nistp521", "a point").with_id("p521")
}

fn pkcs1() -> Key {
    Key::of_form("rsa", "rsa-pkcs1v15-sha256", "a modulus").with_id("pkcs1")
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
            &[p521(), pkcs1(), p521().with_id("another"), Key::ed25519("usable")],
            2,
        );
        let failure = Client::new(&repository).refresh(&repository).unwrap_err();
        assert_eq!(
            (failure.error, failure.role.as_str()),
            (unsupported(Role::from_name(role), 2, 1), role)
        );
        // Each scheme once.
        assert_eq!(failure.schemes, ["ecdsa-sha2-nistp521", "rsa-pkcs1v15-sha256"]);
        assert_eq!(failure.error.blame(), picotuf::Blame::Unsupported);
    }
}

#[test]
fn a_delegated_role_that_needs_them_says_so() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]).keys(&[pkcs1()]));
    repository.add_target("claimed", "a", b"a");
    let failure = Client::new(&repository).find(&repository, &["a"]).unwrap_err();
    assert_eq!(
        (failure.error, failure.role.as_str()),
        (unsupported(Role::Delegated, 1, 0), "claimed")
    );
    assert_eq!(failure.schemes, ["rsa-pkcs1v15-sha256"]);
    assert_eq!(failure.delegation_path, ["targets", "claimed"]);
}

#[test]
fn a_new_root_whose_keys_cannot_be_used_leaves_the_old_one() {
    let mut repository = Repository::new();
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    repository.rotate("root", &[p521()], 1);
    let failure = client.refresh(&repository).unwrap_err();
    assert_eq!((failure.error, failure.role.as_str()), (unsupported(Role::Root, 1, 0), "root"));
    assert_eq!(failure.schemes, ["ecdsa-sha2-nistp521"]);
    assert!(client.versions().contains(&("root", 1)));
    // One that the old root's keys have not signed is an attack, whatever keys it lists.
    let mut attack = Repository::new();
    attack.rotate("root", &[p521()], 1);
    attack.edit_signatures("root", Vec::clear);
    client.refuses(&attack, "threshold-not-met", "root");
}

#[test]
fn a_threshold_that_they_could_not_meet_either_is_not_theirs() {
    let key = Key::ed25519("usable");
    for (keys, threshold) in [
        // With each of them, it would be two.
        (vec![key.clone(), p521()], 3),
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
    repository.set_keys("targets", &[Key::ed25519("usable"), p521()], 1);
    repository.edit_signatures("targets", |signatures| {
        signatures.retain(|signature| signature["keyid"] == "p521")
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
    repository.set_keys("timestamp", &[p521(), pkcs1()], 1);
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let verdict = cli.refuses(&["refresh"], "unsupported-key-scheme", Some("timestamp"));
    let error = &verdict["error"];
    assert_eq!(error["blame"], "unsupported");
    assert_eq!(error["schemes"], json!(["ecdsa-sha2-nistp521", "rsa-pkcs1v15-sha256"]));
    let unsupported = Error::UnsupportedKeyScheme { role: Role::Timestamp, threshold: 1, keys: 0 };
    assert_eq!(
        error["message"],
        format!("{unsupported}; not supported: `ecdsa-sha2-nistp521`, `rsa-pkcs1v15-sha256`")
    );
    let text = cli.run(&["refresh"]).stderr;
    assert!(
        text.contains("no sign of an attack") && text.contains("a newer version of picotuf"),
        "{text}"
    );
    assert!(!text.contains("do not trust"), "{text}");
}

#[test]
fn init_names_the_schemes_of_a_root_that_it_cannot_check() {
    let mut repository = Repository::new();
    repository.set_keys("root", &[Key::of_form("ml-dsa", "ml-dsa-65/1", "x")], 1);
    let cli = Cli::new();
    let root = cli.write("anchor.json", repository.anchor()).display().to_string();
    let verdict = cli.refuses(&["init", &root], "unsupported-key-scheme", Some("root"));
    assert_eq!(verdict["error"]["schemes"], json!(["ml-dsa-65/1"]));
    assert_eq!(cli.stored("root"), None);
}
