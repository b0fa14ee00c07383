//! Versions never go down, and no role disappears from the snapshot.

use crate::prelude::*;
use picotuf::{Limits, Step, Update, Workspace};
use picotuf_tests::host::{MemoryHost, Reading};

/// A repository at version 3 of everything below root, and a client that has seen it.
fn at_three() -> (Repository, Client) {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]));
    repository.add_target("claimed", "a", b"a");
    for role in ["timestamp", "snapshot", "targets", "claimed"] {
        repository.edit(role, |signed| signed["version"] = 3.into());
    }
    let mut client = Client::new(&repository);
    client.finds(&repository, "a");
    (repository, client)
}

const STORED: [(&str, u64); 5] =
    [("claimed", 3), ("root", 1), ("snapshot", 3), ("targets", 3), ("timestamp", 3)];

#[test]
fn of_the_timestamp() {
    let (mut repository, mut client) = at_three();
    repository.edit("timestamp", |timestamp| timestamp["version"] = 2.into());
    let error = client.refuses(&repository, "rollback", "timestamp");
    assert_eq!(error, Error::Rollback { role: Role::Timestamp, trusted: 3, found: 2 });
    assert_eq!(client.versions(), STORED);
}

#[test]
fn of_the_snapshot_in_a_newer_timestamp() {
    let (mut repository, mut client) = at_three();
    repository.edit("snapshot", |snapshot| snapshot["version"] = 2.into());
    repository.edit("timestamp", |timestamp| timestamp["version"] = 4.into());
    let error = client.refuses(&repository, "rollback", "timestamp");
    assert_eq!(error, Error::Rollback { role: Role::Snapshot, trusted: 3, found: 2 });
    assert_eq!(client.versions(), STORED);
}

#[test]
fn of_targets_and_delegated_roles_in_a_newer_snapshot() {
    for role in ["targets", "claimed"] {
        let (mut repository, mut client) = at_three();
        repository.edit(role, |signed| signed["version"] = 2.into());
        repository.publish("snapshot", |_| {});
        let error = client.refuses(&repository, "rollback", "snapshot");
        assert_eq!(error, Error::Rollback { role: Role::from_name(role), trusted: 3, found: 2 });
        let mut expected = STORED;
        // The timestamp passed its own checks.
        expected[4].1 = 4;
        assert_eq!(client.versions(), expected);
    }
}

/// A session that keeps its files compares the snapshots by itself, and takes another mirror's file
/// where the first one's takes something back.
#[test]
fn after_a_snapshot_that_takes_a_role_back_another_may_be_given() {
    let (mut bad, client) = at_three();
    // The timestamp states no length and no hash, so that either snapshot may be the one.
    bad.listing = Listing::Versions;
    let mut good = bad.clone();
    bad.publish("snapshot", |snapshot| {
        snapshot["meta"].as_object_mut().unwrap().remove("claimed.json");
    });
    good.publish("snapshot", |_| {});
    let mut store = client.stored().clone();
    let workspace = Workspace::boxed();
    let mut update = Update::new(workspace, time(NOW), Limits::default()).keep_files::<Vec<u8>>();
    update.find("a").unwrap();
    let mut refused = None;
    while let Some(request) = update.next_fetch(&mut store).unwrap() {
        let name = request.to_string();
        if name == "4.snapshot.json" && refused.is_none() {
            refused = update.keep(bad.files[&name].clone()).map(drop).err();
            assert_eq!((update.step(), update.role()), (Step::Fetch, "snapshot"));
            continue;
        }
        match good.files.get(&name).cloned() {
            Some(file) => drop(update.keep(file).unwrap()),
            None => update.absent().unwrap(),
        }
    }
    assert_eq!(refused, Some(Error::RemovedFromSnapshot { trusted: 3 }));
    assert_eq!(store["snapshot"], good.files["4.snapshot.json"]);
    assert_eq!(update.target().map(|target| target.length), Some(1));
}

#[test]
fn a_role_that_disappears() {
    for role in ["targets", "claimed"] {
        let (mut repository, mut client) = at_three();
        repository.publish("snapshot", |snapshot| {
            snapshot["meta"].as_object_mut().unwrap().remove(&format!("{role}.json"));
        });
        let failure = client.refresh(&repository).unwrap_err();
        match role {
            "claimed" => assert_eq!(failure.error, Error::RemovedFromSnapshot { trusted: 3 }),
            // Without targets the snapshot may be refused for its form already.
            _ => assert!(
                matches!(
                    failure.error,
                    Error::RemovedFromSnapshot { trusted: 3 }
                        | Error::RoleNotInSnapshot { .. }
                        | Error::MissingMember { .. }
                ),
                "{failure:?}"
            ),
        }
        let mut expected = STORED;
        expected[4].1 = 4;
        assert_eq!(client.versions(), expected);
    }
}

#[test]
fn new_roles_may_appear_anywhere() {
    let (mut repository, mut client) = at_three();
    for name in ["aaa", "m", "zzz"] {
        repository.role(name, &[Key::ed25519(name)]);
    }
    repository.publish("snapshot", |_| {});
    client.finds(&repository, "a");
    assert_eq!(client.stored()["snapshot"], repository.bytes("snapshot"));
}

#[test]
fn of_every_role_among_many() {
    let mut repository = Repository::new();
    let names: Vec<String> = (0..40).map(|number| format!("role-{number:02}")).collect();
    repository.edit("snapshot", |snapshot| {
        for name in &names {
            snapshot["meta"][format!("{name}.json")] = json!({"version": 5});
        }
    });
    let mut client = Client::new(&repository);
    client.refreshes(&repository);
    for name in &names {
        let mut attack = repository.clone();
        attack.publish("snapshot", |snapshot| {
            snapshot["meta"][format!("{name}.json")]["version"] = 4.into()
        });
        let error = client.clone().refuses(&attack, "rollback", "snapshot");
        assert_eq!(
            error,
            Error::Rollback { role: Role::Delegated, trusted: 5, found: 4 },
            "{name}"
        );
        let mut attack = repository.clone();
        attack.publish("snapshot", |snapshot| {
            snapshot["meta"].as_object_mut().unwrap().remove(&format!("{name}.json"));
        });
        let error = client.clone().refuses(&attack, "removed-from-snapshot", "snapshot");
        assert_eq!(error, Error::RemovedFromSnapshot { trusted: 5 }, "{name}");
    }
}

#[test]
fn a_stored_snapshot_is_the_floor_though_the_timestamp_moved_on() {
    let (mut repository, mut client) = at_three();
    // Timestamp 4 lists snapshot 4, which cannot be had.
    let mut missing = repository.clone();
    missing.publish("snapshot", |_| {});
    missing.remove("snapshot");
    client.refuses(&missing, "missing-file", "snapshot");
    let mut expected = STORED;
    expected[4].1 = 4;
    assert_eq!(client.versions(), expected);
    // Snapshot 5 takes targets back: the stored one, expired by now and listed nowhere, still
    // tells.
    client.set_time("2026-01-16T12:00:01Z");
    repository.edit("targets", |targets| targets["version"] = 2.into());
    repository.edit("snapshot", |snapshot| {
        snapshot["version"] = 5.into();
        snapshot["expires"] = "2026-02-01T00:00:00Z".into();
    });
    repository.edit("timestamp", |timestamp| {
        timestamp["version"] = 5.into();
        timestamp["expires"] = "2026-02-01T00:00:00Z".into();
    });
    let error = client.refuses(&repository, "rollback", "snapshot");
    assert_eq!(error, Error::Rollback { role: Role::Targets, trusted: 3, found: 2 });
}

#[test]
fn an_expired_timestamp_is_still_the_floor() {
    let (mut repository, mut client) = at_three();
    client.set_time("2026-01-20T00:00:00Z");
    repository.edit("timestamp", |timestamp| {
        timestamp["version"] = 2.into();
        timestamp["expires"] = "2026-02-01T00:00:00Z".into();
    });
    let error = client.refuses(&repository, "rollback", "timestamp");
    assert_eq!(error, Error::Rollback { role: Role::Timestamp, trusted: 3, found: 2 });
}

#[test]
fn in_unsorted_snapshots_too() {
    let mut repository = Repository::new();
    repository.style = Style::BACKWARDS;
    repository.edit("root", |_| {});
    repository.edit("targets", |targets| targets["version"] = 3.into());
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]));
    let mut client = Client::new(&repository).windows_refuse();
    client.refreshes(&repository);
    repository.edit("targets", |targets| targets["version"] = 2.into());
    repository.publish("snapshot", |_| {});
    let error = client.refuses(&repository, "rollback", "snapshot");
    assert_eq!(error, Error::Rollback { role: Role::Targets, trusted: 3, found: 2 });
}

#[test]
fn of_two_roles_the_first_is_named_in_whatever_order_they_stand() {
    for (style, first, second) in
        [(Style::PYTHON, "a.json", "b.json"), (Style::BACKWARDS, "b.json", "a.json")]
    {
        let mut repository = Repository::new();
        repository.style = style;
        repository.edit("root", |_| {});
        repository.edit("snapshot", |snapshot| {
            for name in [first, second] {
                snapshot["meta"][name] = json!({"version": 5});
            }
        });
        let client = Client::new(&repository);
        let mut client = if first == "b.json" { client.windows_refuse() } else { client };
        client.refreshes(&repository);
        let attack = |removed: &str, lowered: &str| {
            let mut attack = repository.clone();
            attack.publish("snapshot", |snapshot| {
                snapshot["meta"].as_object_mut().unwrap().remove(removed);
                snapshot["meta"][lowered]["version"] = 4.into();
            });
            attack
        };
        let error =
            client.clone().refuses(&attack(first, second), "removed-from-snapshot", "snapshot");
        assert_eq!(error, Error::RemovedFromSnapshot { trusted: 5 }, "{first}");
        let error = client.clone().refuses(&attack(second, first), "rollback", "snapshot");
        assert_eq!(
            error,
            Error::Rollback { role: Role::Delegated, trusted: 5, found: 4 },
            "{first}"
        );
    }
}

#[test]
fn of_every_role_among_many_that_are_unsorted() {
    let mut repository = Repository::new();
    repository.style = Style::BACKWARDS;
    let names: Vec<String> = (0..300).map(|number| format!("role-{number:03}.json")).collect();
    repository.edit("snapshot", |snapshot| {
        for name in &names {
            snapshot["meta"][name] = json!({"version": 5});
        }
    });
    let mut host = MemoryHost::new(Reading::Whole, repository.anchor());
    host.repository = repository.files.clone();
    host.run(&[]).unwrap();
    for name in [0, 1, 127, 128, 129, 255, 256, 298, 299].map(|number| &names[number]) {
        let mut attack = repository.clone();
        attack.publish("snapshot", |snapshot| snapshot["meta"][name]["version"] = 4.into());
        let mut victim = host.clone();
        victim.repository = attack.files;
        let error = victim.run(&[]).unwrap_err().error;
        assert_eq!(
            error,
            Error::Rollback { role: Role::Delegated, trusted: 5, found: 4 },
            "{name}"
        );
        let mut attack = repository.clone();
        attack.publish("snapshot", |snapshot| {
            snapshot["meta"].as_object_mut().unwrap().remove(name);
        });
        let mut victim = host.clone();
        victim.repository = attack.files;
        assert_eq!(
            victim.run(&[]).unwrap_err().error,
            Error::RemovedFromSnapshot { trusted: 5 },
            "{name}"
        );
    }
    repository.publish("snapshot", |_| {});
    host.repository = repository.files.clone();
    host.run(&[]).unwrap();
}
