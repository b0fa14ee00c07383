//! Recovery after a thief took versions far ahead: a new root that removes the key lets them go
//! back.

use crate::prelude::*;

/// A repository whose timestamp and snapshot a thief took to version 100, and a client that
/// believed it.
fn taken_ahead() -> (Repository, Client) {
    let mut repository = Repository::new();
    repository.edit("targets", |targets| targets["version"] = 100.into());
    repository.edit("snapshot", |snapshot| snapshot["version"] = 100.into());
    repository.edit("timestamp", |timestamp| timestamp["version"] = 100.into());
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    assert_eq!(client.versions(), top_level(1, 100, 100, 100));
    (repository, client)
}

fn back_to_one(repository: &mut Repository) {
    for role in ["targets", "snapshot", "timestamp"] {
        repository.edit(role, |signed| signed["version"] = 1.into());
    }
}

fn rotate(repository: &mut Repository, role: &str, keys: &[Key]) {
    repository.sign_with(role, keys);
    repository.publish("root", |root| set_keys(root, role, keys, 1));
}

#[test]
fn removing_a_key_lets_versions_go_back() {
    for roles in [&["timestamp", "snapshot"][..], &["timestamp"], &["snapshot"]] {
        let (mut repository, mut client) = taken_ahead();
        for role in roles {
            rotate(&mut repository, role, &[Key::ed25519("recovered")]);
        }
        back_to_one(&mut repository);
        client.refreshes(&repository);
        assert_eq!(client.versions(), top_level(1 + roles.len() as u64, 1, 1, 1), "{roles:?}");
    }
}

#[test]
fn removing_a_key_lets_a_role_leave_the_snapshot() {
    let (mut repository, mut client) = taken_ahead();
    repository.delegate("targets", &Delegation::paths("a", &["a/*"]));
    repository.edit("targets", |targets| targets["version"] = 101.into());
    repository.edit("snapshot", |snapshot| snapshot["version"] = 101.into());
    repository.edit("timestamp", |timestamp| timestamp["version"] = 101.into());
    client.refreshes(&repository);
    let mut without = Repository::new();
    without.edit("snapshot", |snapshot| snapshot["version"] = 102.into());
    without.edit("timestamp", |timestamp| timestamp["version"] = 102.into());
    client.refuses(&without, "removed-from-snapshot", "snapshot");
    rotate(&mut without, "snapshot", &[Key::ed25519("recovered")]);
    back_to_one(&mut without);
    client.refreshes(&without);
    assert_eq!(client.versions(), top_level(2, 1, 1, 1));
}

#[test]
fn what_is_stored_goes_before_the_root_comes() {
    let (mut repository, mut client) = taken_ahead();
    rotate(&mut repository, "timestamp", &[Key::ed25519("recovered")]);
    back_to_one(&mut repository);
    client.refreshes(&repository);
    let events = client.events();
    let at = |wanted: Event| {
        events
            .iter()
            .position(|event| *event == wanted)
            .unwrap_or_else(|| panic!("no {wanted:?} in {events:?}"))
    };
    let stored = at(Event::Store("root".to_owned()));
    assert!(at(Event::Delete("timestamp".to_owned())) < stored, "{events:?}");
    assert!(at(Event::Delete("snapshot".to_owned())) < stored, "{events:?}");
}

#[test]
fn a_kill_in_between_does_not_lose_it() {
    let (mut repository, before) = taken_ahead();
    rotate(&mut repository, "timestamp", &[Key::ed25519("recovered")]);
    back_to_one(&mut repository);
    for events in 0.. {
        let mut client = before.clone();
        client.die_before(Some(events));
        if client.refresh(&repository).is_ok() {
            break;
        }
        client.die_before(None);
        client.refreshes(&repository);
        assert_eq!(client.versions(), top_level(2, 1, 1, 1), "killed before event {events}");
    }
}

#[test]
fn adding_a_key_does_not() {
    for role in ["timestamp", "snapshot"] {
        let (mut repository, mut client) = taken_ahead();
        rotate(&mut repository, role, &[Key::ed25519(role), Key::ed25519("another")]);
        back_to_one(&mut repository);
        let failure = client.refresh(&repository).unwrap_err();
        assert_eq!(failure.error.code(), "rollback");
        assert_eq!(client.versions(), top_level(2, 100, 100, 100));
    }
}

#[test]
fn another_keyid_for_the_same_key_does_not() {
    let (mut repository, mut client) = taken_ahead();
    rotate(&mut repository, "timestamp", &[Key::ed25519("timestamp").with_id("renamed")]);
    back_to_one(&mut repository);
    // The stored timestamp's signature bears the old keyid, and is by the same key all the same.
    let error = client.refuses(&repository, "rollback", "timestamp");
    assert_eq!(error, Error::Rollback { role: Role::Timestamp, trusted: 100, found: 1 });
    assert_eq!(client.versions(), top_level(2, 100, 100, 100));
    assert!(
        !client.events().iter().any(|event| matches!(event, Event::Delete(_))),
        "{:?}",
        client.events()
    );
}

#[test]
fn a_new_threshold_does_not() {
    let (mut repository, mut client) = taken_ahead();
    let two = [Key::ed25519("timestamp"), Key::ed25519("another")];
    repository.publish("root", |root| set_keys(root, "timestamp", &two, 1));
    repository.publish("root", |root| set_keys(root, "timestamp", &two, 2));
    repository.sign_with("timestamp", &two);
    back_to_one(&mut repository);
    let failure = client.refresh(&repository).unwrap_err();
    assert_eq!(failure.error.code(), "rollback", "{failure:?}");
    assert_eq!(client.stored()["snapshot"], taken_ahead().0.bytes("snapshot"));
}

#[test]
fn keys_of_other_roles_do_not() {
    for role in ["root", "targets"] {
        let (mut repository, mut client) = taken_ahead();
        repository.rotate(role, &[Key::ed25519("recovered")], 1);
        back_to_one(&mut repository);
        client.refuses(&repository, "rollback", "timestamp");
    }
}

#[test]
fn a_root_that_is_refused_deletes_nothing() {
    let (mut repository, mut client) = taken_ahead();
    repository.sign_with("root", &[Key::ed25519("thief")]);
    rotate(&mut repository, "timestamp", &[Key::ed25519("thief")]);
    back_to_one(&mut repository);
    client.refuses(&repository, "threshold-not-met", "root");
    assert_eq!(client.versions(), top_level(1, 100, 100, 100));
}

#[test]
fn a_key_that_is_removed_and_comes_back_two_roots_later_counts_as_removed() {
    let (mut repository, mut client) = taken_ahead();
    let old = Key::ed25519("timestamp");
    rotate(&mut repository, "timestamp", &[Key::ed25519("between")]);
    rotate(&mut repository, "timestamp", &[old]);
    back_to_one(&mut repository);
    client.refreshes(&repository);
    assert_eq!(client.versions(), top_level(3, 1, 1, 1));
}
