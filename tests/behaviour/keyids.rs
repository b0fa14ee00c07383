//! Keyids are names that the writer chose; a threshold counts public keys.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

#[test]
fn a_keyid_may_be_any_text() {
    for id in [
        "",
        "key 1",
        "é\u{1f40d}",
        "UPPER",
        "__proto__",
        "../root",
        &"a".repeat(64),
        &"long".repeat(100),
    ] {
        let mut repository = Repository::new();
        repository.set_keys("targets", &[Key::ed25519("named").with_id(id)], 1);
        let report = Client::new(&repository).refreshes(&repository);
        assert_eq!(report.role("targets").signers.len(), 1, "{id}");
    }
}

#[test]
fn a_keyid_that_looks_like_a_hash_is_not_checked() {
    let mut repository = Repository::new();
    let id = Key::ed25519("another").id;
    repository.set_keys("timestamp", &[Key::ed25519("timestamp").with_id(&id)], 1);
    let report = Client::new(&repository).refreshes(&repository);
    assert_eq!(report.role("timestamp").signers, [id]);
}

#[test]
fn one_key_under_two_keyids_counts_once() {
    let twice = [Key::ed25519("same"), Key::ed25519("same").with_id("other name")];
    for role in ["timestamp", "snapshot", "targets"] {
        let mut repository = Repository::new();
        repository.set_keys(role, &twice, 2);
        let error = Client::new(&repository).refuses(&repository, "threshold-not-met", role);
        let kind = Role::from_name(role);
        assert_eq!(error, Error::ThresholdNotMet { role: kind, threshold: 2, valid: 1, keys: 1 });
    }
}

#[test]
fn a_report_counts_keys_and_not_keyids() {
    let keys =
        [Key::ed25519("same").with_id("one name"), Key::ed25519("same").with_id("other name")];
    let mut repository = Repository::new();
    for role in ["root", "targets"] {
        repository.set_keys(role, &keys, 1);
    }
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]).keys(&keys));
    let report = Client::new(&repository).refreshes(&repository);
    let targets = report.role("targets");
    assert_eq!((targets.keys, targets.signing_keys, targets.signers.len()), (1, 1, 2));

    let server = Server::start(&repository);
    let mut cli = Cli::initialized(&repository, &server);
    let verdict = cli.json_ok(&["refresh"]);
    let role =
        verdict["roles"].as_array().unwrap().iter().find(|role| role["role"] == "targets").unwrap();
    assert_eq!((&role["keys"], &role["signing_keys"]), (&json!(1), &json!(1)), "{role}");
    cli.options.retain(|option| option != "--quiet");
    let text = cli.ok(&["show"]).stdout;
    assert!(text.contains("signed by 1 of 1 keys (1 needed)") && !text.contains("2 of"), "{text}");
    for line in [
        "keys of targets: 1 of 1 key needed",
        "claimed: 1 of 1 key needed",
        "the same key as one name",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let mut another = Cli::initialized(&repository, &server);
    another.options.retain(|option| option != "--quiet");
    let text = another.ok(&["refresh"]).stdout;
    assert!(text.contains("signed by 1 of 1 keys (1 needed)") && !text.contains("2 of"), "{text}");
}

#[test]
fn one_key_under_two_keyids_counts_once_for_delegations() {
    let twice = [Key::ed25519("same"), Key::ed25519("same").with_id("other name")];
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]).keys(&twice).threshold(2));
    repository.add_target("claimed", "a", b"a");
    let error =
        Client::new(&repository).find_refused(&repository, "a", "threshold-not-met", "claimed");
    assert_eq!(
        error,
        Error::ThresholdNotMet { role: Role::Delegated, threshold: 2, valid: 1, keys: 1 }
    );
}

#[test]
fn one_key_in_two_writings_counts_once() {
    let pem = Key::p256("same");
    let hex = pem.clone().with_hex_point();
    let older = pem.clone().with_keytype("ecdsa-sha2-nistp256");
    let upper = Key::ed25519("same");
    let upper = upper.clone().with_public(&upper.public.to_uppercase());
    for keys in [[pem.clone(), hex], [pem, older], [Key::ed25519("same"), upper]] {
        let mut repository = Repository::new();
        repository.set_keys("targets", &keys, 2);
        let error = Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
        assert_eq!(
            error,
            Error::ThresholdNotMet { role: Role::Targets, threshold: 2, valid: 1, keys: 1 }
        );
    }
}

#[test]
fn a_new_root_is_not_met_by_one_key_under_two_keyids() {
    let mut repository = Repository::new();
    let twice = [Key::ed25519("thief"), Key::ed25519("thief").with_id("thief again")];
    repository.rotate("root", &twice, 2);
    let mut client = Client::new(&repository);
    let error = client.refuses(&repository, "threshold-not-met", "root");
    assert_eq!(error, Error::ThresholdNotMet { role: Role::Root, threshold: 2, valid: 1, keys: 1 });
    assert_eq!(client.versions(), [("root", 1)]);
}

#[test]
fn a_signature_counts_for_the_key_that_its_keyid_names() {
    let mut repository = Repository::new();
    repository.set_keys(
        "targets",
        &[Key::ed25519("a").with_id("a"), Key::ed25519("b").with_id("b")],
        1,
    );
    repository.edit_signatures("targets", |signatures| {
        let first = signatures[0]["sig"].clone();
        signatures[0]["sig"] = signatures[1]["sig"].clone();
        signatures[1]["sig"] = first;
    });
    Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
}
