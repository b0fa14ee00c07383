//! What is stored is what was received, once its own checks passed; what is stored is checked
//! again.

use crate::prelude::*;

fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]));
    repository.add_target("claimed", "a", b"a");
    repository
}

#[test]
fn the_bytes_are_kept_as_they_came() {
    for style in [Style::PYTHON, Style::RSTUF, Style::SIGNED_FIRST] {
        let mut repository = repository();
        repository.style = style;
        for role in ["claimed", "targets", "snapshot", "timestamp"] {
            repository.edit(role, |_| {});
            repository.edit_file(role, |bytes| bytes.extend_from_slice(b"\r\n \t"));
        }
        let mut client = Client::new(&repository);
        client.finds(&repository, "a");
        for role in ["root", "timestamp", "snapshot", "targets", "claimed"] {
            assert_eq!(client.stored()[role], repository.bytes(role), "{role} {style:?}");
        }
    }
}

#[test]
fn a_second_refresh_fetches_only_what_may_have_changed() {
    let mut repository = repository();
    let mut client = Client::new(&repository);
    client.finds(&repository, "a");
    client.finds(&repository, "a");
    assert_eq!(client.requests(), ["2.root.json", "timestamp.json"]);
    assert!(
        client.events().iter().all(|event| matches!(event, Event::Fetch(_))),
        "{:?}",
        client.events()
    );
    repository.publish("timestamp", |_| {});
    client.finds(&repository, "a");
    assert_eq!(client.requests(), ["2.root.json", "timestamp.json"]);
    repository.publish("snapshot", |_| {});
    client.finds(&repository, "a");
    assert_eq!(client.requests(), ["2.root.json", "timestamp.json", "2.snapshot.json"]);
    repository.publish("claimed", |_| {});
    client.finds(&repository, "a");
    assert_eq!(
        client.requests(),
        ["2.root.json", "timestamp.json", "3.snapshot.json", "2.claimed.json"]
    );
}

#[test]
fn each_role_is_kept_though_a_later_one_is_bad() {
    for (bad, stored) in [
        ("timestamp", vec![("root", 2)]),
        ("snapshot", vec![("root", 2), ("timestamp", 1)]),
        ("targets", vec![("root", 2), ("snapshot", 1), ("timestamp", 1)]),
        ("claimed", vec![("root", 2), ("snapshot", 1), ("targets", 1), ("timestamp", 1)]),
    ] {
        let mut repository = repository();
        repository.publish("root", |_| {});
        // The timestamp that stays must not speak of the bad file's bytes.
        repository.listing = Listing::Versions;
        for role in ["claimed", "targets", "snapshot"] {
            repository.edit(role, |_| {});
        }
        let mut client = Client::new(&repository);
        let mut broken = repository.clone();
        broken.edit_signatures(bad, Vec::clear);
        client.find_refused(&broken, "a", "threshold-not-met", bad);
        assert_eq!(client.versions(), stored);
        client.finds(&repository, "a");
        assert_eq!(client.versions().len(), 5);
    }
}

#[test]
fn an_interrupted_update_resumes() {
    let first = repository();
    let mut second = first.clone();
    second.rotate("root", &[Key::ed25519("new root")], 1);
    second.rotate("timestamp", &[Key::ed25519("new timestamp")], 1);
    for role in ["claimed", "targets"] {
        second.publish(role, |_| {});
    }
    let mut whole = Client::new(&first);
    whole.finds(&first, "a");
    let before = whole.clone();
    whole.finds(&second, "a");
    let mut interruptions = 0;
    for events in 0.. {
        let mut client = before.clone();
        client.die_before(Some(events));
        if client.find(&second, &["a"]).is_ok() {
            break;
        }
        interruptions += 1;
        client.die_before(None);
        client.finds(&second, "a");
        assert!(client.stored() == whole.stored(), "interrupted before event {events}");
    }
    assert!(interruptions > 10, "{interruptions}");
}

#[test]
fn a_stored_file_that_was_changed_is_fetched_again() {
    let repository = repository();
    for role in ["timestamp", "snapshot", "targets", "claimed"] {
        for damage in [b"".as_slice(), b"garbage", b"{}"] {
            let mut client = Client::new(&repository);
            client.finds(&repository, "a");
            client.change_store(|store| {
                store.insert(role.to_owned(), damage.to_vec());
            });
            client.finds(&repository, "a");
            assert_eq!(client.stored()[role], repository.bytes(role));
        }
    }
}

#[test]
fn a_stored_file_of_a_thief_is_worth_nothing() {
    let repository = repository();
    let mut forged = repository.clone();
    for role in ["claimed", "targets", "snapshot", "timestamp"] {
        forged.sign_with(role, &[Key::ed25519("thief")]);
    }
    forged.add_target("claimed", "forged", b"x");
    forged.edit("targets", |_| {});
    for role in ["timestamp", "snapshot", "targets", "claimed"] {
        let mut client = Client::new(&repository);
        client.finds(&repository, "a");
        let bytes = forged.bytes(role).to_vec();
        client.change_store(|store| {
            store.insert(role.to_owned(), bytes.clone());
        });
        client.lacks(&repository, "forged");
        assert_eq!(client.stored()[role], repository.bytes(role));
    }
}

#[test]
fn without_a_root_there_is_no_trust() {
    let repository = repository();
    let mut client = Client::new(&repository);
    client.change_store(|store| store.clear());
    client.refuses(&repository, "missing-file", "root");
    assert!(client.requests().is_empty(), "{:?}", client.requests());
    let mut client = Client::trusting(b"{}");
    client.refuses(&repository, "missing-member", "root");
    assert!(client.requests().is_empty(), "{:?}", client.requests());
    let mut unsigned = repository.clone();
    unsigned.edit_signatures("root", Vec::clear);
    let mut client = Client::new(&unsigned);
    client.refuses(&repository, "threshold-not-met", "root");
    assert!(client.requests().is_empty(), "{:?}", client.requests());
}

#[test]
fn offline_what_is_stored_must_do() {
    let repository = repository();
    let mut client = Client::new(&repository);
    expect_failure(client.find_offline(&["a"]), "missing-file", "timestamp");
    client.finds(&repository, "a");
    let report = client.find_offline(&["a", "b"]).unwrap();
    assert!(report.found[0].is_some() && report.found[1].is_none());
    client.set_time("2026-02-01T00:00:00Z");
    expect_failure(client.find_offline(&["a"]), "expired", "timestamp");
}

#[test]
fn offline_a_changed_file_is_refused() {
    for role in ["timestamp", "snapshot", "targets", "claimed"] {
        let mut repository = repository();
        repository.listing = Listing::Versions;
        for role in ["claimed", "targets", "snapshot", "timestamp"] {
            repository.edit(role, |_| {});
        }
        let mut client = Client::new(&repository);
        client.finds(&repository, "a");
        repository
            .edit_signatures(role, |signatures| signatures[0]["sig"] = "00".repeat(64).into());
        let bytes = repository.bytes(role).to_vec();
        client.change_store(|store| {
            store.insert(role.to_owned(), bytes.clone());
        });
        expect_failure(client.find_offline(&["a"]), "threshold-not-met", role);
    }
}

#[test]
fn the_same_verdict_twice() {
    let mut repository = repository();
    repository.edit("claimed", |claimed| claimed["expires"] = EXPIRED.into());
    let mut client = Client::new(&repository);
    let first = client.find(&repository, &["a"]);
    assert_eq!(client.find(&repository, &["a"]), first);
    assert!(first.is_err());
}
