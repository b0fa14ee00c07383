//! ML-DSA (TAP 21): keys and signatures of some kilobytes, alone and beside others.

use crate::prelude::*;
use picotuf::limits::PENDING_BYTES_MAX;
use picotuf::{Limit, Limits};
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

const SCHEMES: [&str; 3] = ["ml-dsa-44/1", "ml-dsa-65/1", "ml-dsa-87/1"];

fn not_met(role: Role, threshold: u32, valid: u32, keys: u32) -> Error {
    Error::ThresholdNotMet { role, threshold, valid, keys }
}

fn error_of(key: &Key) -> Option<Error> {
    let mut repository = Repository::new();
    repository.set_keys("targets", std::slice::from_ref(key), 1);
    Client::new(&repository).refresh(&repository).err().map(|failure| failure.error)
}

#[test]
fn every_role_may_have_them() {
    for scheme in SCHEMES {
        let key = |label: &str| Key::ml_dsa(label, scheme);
        let mut repository = Repository::new();
        repository.set_keys("timestamp", &[key("timestamp")], 1);
        repository.set_keys("snapshot", &[key("snapshot")], 1);
        repository.delegate("targets", &Delegation::succinct("bins", 1).keys(&[key("bins")]));
        repository.rotate("root", &[key("root"), Key::ed25519("new")], 2);
        let report = Client::new(&repository).refreshes(&repository);
        assert_eq!(report.role("root").signers.len(), 2);
        assert_eq!(report.role("timestamp").signers, [key("timestamp").id], "{scheme}");
    }
}

#[test]
fn a_threshold_may_mix_them_with_classical_keys_and_needs_both() {
    let keys = [Key::ml_dsa("new", "ml-dsa-65/1"), Key::p256("old")];
    let mut repository = Repository::new();
    repository.set_keys("targets", &keys, 2);
    repository.add_target("targets", "a", b"a");
    assert!(Client::new(&repository).find(&repository, &["a"]).is_ok());
    for key in &keys {
        // Whoever breaks one of the two has nothing.
        let mut attack = repository.clone();
        attack.edit_signatures("targets", |signatures| {
            signatures.retain(|signature| signature["keyid"] != key.id.as_str());
        });
        let error = Client::new(&attack).refresh(&attack).unwrap_err().error;
        assert_eq!(error, not_met(Role::Targets, 2, 1, 2), "{}", key.scheme);
    }
}

#[test]
fn a_changed_bit_is_refused() {
    for scheme in SCHEMES {
        let key = Key::ml_dsa("a", scheme);
        let mut repository = Repository::new();
        repository.set_keys("targets", &[key], 1);
        let file: Value = serde_json::from_slice(repository.bytes("targets")).unwrap();
        let digits = file["signatures"][0]["sig"].as_str().unwrap().len();
        // Through all of its parts: the challenge, the response, the hints.
        for place in (0..digits).step_by(digits / 9).chain([digits - 1]) {
            let mut attack = repository.clone();
            attack.edit_signatures("targets", |signatures| {
                let mut sig = signatures[0]["sig"].as_str().unwrap().as_bytes().to_vec();
                sig[place] = if sig[place] == b'0' { b'1' } else { b'0' };
                signatures[0]["sig"] = String::from_utf8(sig).unwrap().into();
            });
            let error = Client::new(&attack).refresh(&attack).unwrap_err().error;
            assert_eq!(error, not_met(Role::Targets, 1, 0, 1), "{scheme} {place}");
        }
        let mut attack = repository.clone();
        attack.edit_file("targets", |bytes| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            *bytes = text.replace("\"version\":1}", "\"version\":2}").into_bytes();
            assert!(*bytes != text.as_bytes(), "nothing was changed");
        });
        let error = Client::new(&attack).refresh(&attack).unwrap_err().error;
        assert_eq!(error, not_met(Role::Targets, 1, 0, 1), "{scheme}");
    }
}

#[test]
fn key_and_scheme_must_agree() {
    for scheme in SCHEMES {
        let key = Key::ml_dsa("a", scheme);
        assert_eq!(error_of(&key), None);
        for other in SCHEMES.into_iter().filter(|other| *other != scheme) {
            let unusable = Some(not_met(Role::Targets, 1, 0, 0));
            assert_eq!(error_of(&key.clone().with_scheme(other)), unusable, "{scheme} {other}");
        }
        let unsupported =
            Some(Error::UnsupportedKeyScheme { role: Role::Targets, threshold: 1, keys: 0 });
        // Versions to come sign other bytes.
        for other in ["ml-dsa-65", "ml-dsa-65/2", "ml-dsa-65/01", "ML-DSA-65/1"] {
            assert_eq!(error_of(&key.clone().with_scheme(other)), unsupported, "{other}");
        }
        assert_eq!(error_of(&key.clone().with_keytype("ml-dsa-65")), unsupported);
    }
}

#[test]
fn pending_signatures_are_bounded_in_bytes() {
    let keys: Vec<Key> =
        (0..15).map(|number| Key::ml_dsa(&number.to_string(), "ml-dsa-87/1")).collect();
    assert_eq!(PENDING_BYTES_MAX / 4_627, 14);
    let with = |keys: &[Key]| {
        let mut repository = Repository::new();
        repository.set_keys("targets", keys, 14);
        Client::new(&repository).refresh(&repository).map_err(|failure| failure.error)
    };
    assert!(with(&keys[..14]).is_ok());
    let maximum = PENDING_BYTES_MAX as u64;
    let reached = Error::LimitReached { limit: Limit::PendingBytes, maximum };
    assert_eq!(with(&keys).unwrap_err(), reached);
    assert_eq!(reached.to_string(), "more than 65536 bytes of signatures by keys of the role");
}

#[test]
fn a_timestamp_that_two_of_them_have_signed_is_past_the_default_limit_which_can_be_raised() {
    let keys = ["a", "b"].map(|label| Key::ml_dsa(label, "ml-dsa-87/1"));
    let mut repository = Repository::new();
    repository.set_keys("timestamp", &keys, 2);
    repository.add_target("targets", "a", b"a");
    let length = repository.bytes("timestamp").len() as u64;
    assert!(length > Limits::default().timestamp_length, "{length}");
    let failure = Client::new(&repository).refresh(&repository).unwrap_err();
    let maximum = Limits::default().timestamp_length;
    assert_eq!(failure.error, Error::LimitReached { limit: Limit::Length, maximum });
    assert_eq!(failure.error.limit_field("timestamp"), Some("timestamp_length"));
    // The command line names the option, and with it all is well.
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    cli.refuses(&["refresh"], "limit-reached", Some("timestamp"));
    let text = cli.run(&["refresh"]).stderr;
    assert!(text.contains("--timestamp-max-length"), "{text}");
    cli.ok(&["--timestamp-max-length", "65536", "refresh"]);
}
