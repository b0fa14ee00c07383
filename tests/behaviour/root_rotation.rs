//! A new root is the next version exactly, signed by the old root's keys and by its own.

use crate::prelude::*;
use picotuf::Limits;
use picotuf_tests::host::Trusted;

#[test]
fn a_chain_of_roots_is_followed_one_by_one() {
    let mut repository = Repository::new();
    for round in 0..4 {
        repository.rotate(
            "root",
            &[Key::ed25519(&format!("root {round}")), Key::p256(&format!("root {round}"))],
            2,
        );
    }
    repository.rotate("timestamp", &[Key::p256("timestamp")], 1);
    let mut client = Client::new(&repository);
    let report = client.refreshes(&repository);
    let roots: Vec<u64> = report
        .trusted
        .iter()
        .filter(|trusted| trusted.role == Role::Root)
        .map(|root: &Trusted| root.version)
        .collect();
    assert!(roots.ends_with(&[2, 3, 4, 5, 6]), "{roots:?}");
    assert_eq!(
        client.requests()[..6],
        (2..=7).map(|version| format!("{version}.root.json")).collect::<Vec<_>>()
    );
    assert_eq!(client.versions(), top_level(6, 1, 1, 2));
    assert_eq!(client.stored()["root"], repository.files["6.root.json"]);
    client.refreshes(&repository);
    assert_eq!(client.requests(), ["7.root.json", "timestamp.json"]);
}

#[test]
fn the_version_is_the_next_one() {
    for version in [1, 3, 100] {
        let mut repository = Repository::new();
        repository.publish("root", |root| root["version"] = version.into());
        let odd = repository.files[&format!("{version}.root.json")].clone();
        repository.files.insert("2.root.json".to_owned(), odd);
        repository.files.insert("1.root.json".to_owned(), Repository::new().anchor().to_vec());
        let mut client = Client::new(&repository);
        let error = client.refuses(&repository, "wrong-version", "root");
        assert_eq!(error, Error::WrongVersion { role: Role::Root, expected: 2, found: version });
        assert_eq!(client.versions(), [("root", 1)]);
        assert_eq!(client.stored()["root"], repository.anchor());
    }
}

#[test]
fn the_old_keys_must_have_signed() {
    let mut repository = Repository::new();
    let thief = Key::ed25519("thief");
    repository.sign_with("root", std::slice::from_ref(&thief));
    repository.publish("root", |root| set_keys(root, "root", &[thief], 1));
    let mut client = Client::new(&repository);
    let error = client.refuses(&repository, "threshold-not-met", "root");
    assert_eq!(error, Error::ThresholdNotMet { role: Role::Root, threshold: 1, valid: 0, keys: 1 });
    assert_eq!(client.versions(), [("root", 1)]);
    assert_eq!(client.requests(), ["2.root.json"]);
}

#[test]
fn the_new_keys_must_have_signed() {
    let mut repository = Repository::new();
    repository
        .publish("root", |root| set_keys(root, "root", &[Key::ed25519("x"), Key::ed25519("y")], 2));
    let mut client = Client::new(&repository);
    let error = client.refuses(&repository, "threshold-not-met", "root");
    assert_eq!(error, Error::ThresholdNotMet { role: Role::Root, threshold: 2, valid: 0, keys: 2 });
    assert_eq!(client.versions(), [("root", 1)]);
}

#[test]
fn the_old_threshold_must_be_met_though_the_new_one_is() {
    let old: Vec<Key> = ["a", "b", "c"].map(Key::ed25519).to_vec();
    let mut repository = Repository::new();
    repository.set_keys("root", &old, 2);
    repository.sign_with("root", &old[..1]);
    repository.publish("root", |root| set_keys(root, "root", &old[..1], 1));
    let mut client = Client::new(&repository);
    let error = client.refuses(&repository, "threshold-not-met", "root");
    assert_eq!(error, Error::ThresholdNotMet { role: Role::Root, threshold: 2, valid: 1, keys: 3 });
    assert_eq!(client.versions(), [("root", 1)]);
}

#[test]
fn after_a_refused_root_the_right_one_is_taken() {
    let mut repository = Repository::new();
    let mut attack = repository.clone();
    attack.sign_with("root", &[Key::ed25519("thief")]);
    attack.publish("root", |_| {});
    let mut client = Client::new(&repository);
    client.refuses(&attack, "threshold-not-met", "root");
    repository.publish("root", |_| {});
    client.refreshes(&repository);
    assert_eq!(client.versions(), top_level(2, 1, 1, 1));
}

#[test]
fn a_good_root_stays_though_the_one_after_it_is_bad() {
    let mut repository = Repository::new();
    repository.rotate("root", &[Key::ed25519("second")], 1);
    repository.sign_with("root", &[Key::ed25519("root")]);
    repository.publish("root", |_| {});
    let mut client = Client::new(&repository);
    client.refuses(&repository, "threshold-not-met", "root");
    assert_eq!(client.versions(), [("root", 2)]);
    assert_eq!(client.stored()["root"], repository.files["2.root.json"]);
}

#[test]
fn only_the_last_root_may_not_be_expired() {
    let mut repository = Repository::new();
    repository.edit("root", |root| root["expires"] = EXPIRED.into());
    repository.publish("root", |root| root["expires"] = "2001-01-01T00:00:00Z".into());
    let mut expired = repository.clone();
    repository.publish("root", |root| root["expires"] = "2026-12-31T00:00:00Z".into());
    Client::new(&repository).refreshes(&repository);

    expired.publish("timestamp", |_| {});
    let mut client = Client::new(&expired);
    let error = client.refuses(&expired, "expired", "root");
    assert_eq!(
        error,
        Error::Expired { role: Role::Root, expires: time("2001-01-01T00:00:00Z"), now: time(NOW) }
    );
    assert_eq!(client.versions(), [("root", 2)]);
    assert_eq!(client.requests(), ["2.root.json", "3.root.json"]);
    client.refreshes(&repository);
    assert_eq!(client.versions(), top_level(3, 1, 1, 1));
}

#[test]
fn the_number_of_rotations_is_limited() {
    let mut repository = Repository::new();
    for _ in 0..5 {
        repository.publish("root", |_| {});
    }
    let limits = |root_rotations| {
        let mut limits = Limits::default();
        limits.root_rotations = root_rotations;
        limits
    };
    Client::new(&repository).limited(limits(5)).refreshes(&repository);
    let mut client = Client::new(&repository).limited(limits(4));
    // python-tuf stops silently here; a client that does goes on with a root of which it knows that
    // it is not the last.
    client.refuses(&repository, "limit-reached", "root");
    assert_eq!(client.versions(), [("root", 5)]);
    client.refreshes(&repository);
    assert_eq!(client.versions(), top_level(6, 1, 1, 1));
}

#[test]
fn the_new_root_says_whether_names_carry_versions() {
    let mut repository = Repository::inconsistent();
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    assert_eq!(
        client.requests(),
        ["2.root.json", "timestamp.json", "snapshot.json", "targets.json"]
    );
    repository.publish("root", |root| root["consistent_snapshot"] = true.into());
    repository.publish("targets", |_| {});
    client.refreshes(&repository);
    assert_eq!(
        client.requests(),
        ["2.root.json", "3.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"]
    );
}

#[test]
fn a_role_s_new_keys_hold_at_once() {
    let mut repository = Repository::new();
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    repository.publish("root", |root| set_keys(root, "targets", &[Key::ed25519("other")], 1));
    client.refuses(&repository, "threshold-not-met", "targets");
    assert_eq!(client.versions(), top_level(2, 1, 1, 1));
    repository.sign_with("targets", &[Key::ed25519("other")]);
    repository.publish("targets", |_| {});
    client.refreshes(&repository);
    assert_eq!(client.versions(), top_level(2, 2, 2, 2));
}
