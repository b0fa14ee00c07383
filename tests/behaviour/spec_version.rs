//! `spec_version` is 1.x; `consistent_snapshot` may be absent.

use crate::prelude::*;

#[test]
fn every_1_is_read() {
    for version in ["1.0.34", "1.0.0", "1.0", "1.1", "1.99.99"] {
        for role in ["timestamp", "snapshot", "targets"] {
            let mut repository = Repository::new();
            repository.edit(role, |signed| signed["spec_version"] = version.into());
            Client::new(&repository).refreshes(&repository);
        }
    }
}

#[test]
fn another_major_version_is_refused() {
    for version in ["2.0.0", "0.9", "10.0.0", "11.0", "", "one", "v1.0", ".1", " 1.0", "-1.0"] {
        for role in ["timestamp", "snapshot", "targets"] {
            let mut repository = Repository::new();
            repository.edit(role, |signed| signed["spec_version"] = version.into());
            Client::new(&repository).refuses(&repository, "unsupported-spec-version", role);
        }
        let mut repository = Repository::new();
        repository.publish("root", |root| root["spec_version"] = version.into());
        let mut client = Client::new(&repository);
        client.refuses(&repository, "unsupported-spec-version", "root");
        assert_eq!(client.versions(), [("root", 1)]);
    }
}

#[test]
fn it_is_a_text_and_must_be_there() {
    let mut repository = Repository::new();
    repository.edit("timestamp", |signed| signed["spec_version"] = 1.into());
    Client::new(&repository).refuses(&repository, "wrong-type", "timestamp");
    repository.edit("timestamp", |signed| {
        signed.as_object_mut().unwrap().remove("spec_version");
    });
    Client::new(&repository).refuses(&repository, "missing-member", "timestamp");
}

#[test]
fn without_consistent_snapshot_names_carry_no_version() {
    let mut repository = Repository::inconsistent();
    repository.edit("root", |root| {
        root.as_object_mut().unwrap().remove("consistent_snapshot");
    });
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]));
    repository.add_target("claimed", "a", b"a");
    let mut client = Client::new(&repository);
    client.finds(&repository, "a");
    assert_eq!(
        client.requests(),
        ["2.root.json", "timestamp.json", "snapshot.json", "targets.json", "claimed.json"]
    );
}

#[test]
fn consistent_snapshot_is_a_boolean() {
    for value in [json!("true"), json!(1), json!(null), json!([])] {
        let mut repository = Repository::new();
        repository.publish("root", |root| root["consistent_snapshot"] = value);
        Client::new(&repository).refuses(&repository, "wrong-type", "root");
    }
}
