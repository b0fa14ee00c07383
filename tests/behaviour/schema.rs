//! Every role's whole schema is checked, whatever was asked.

use crate::prelude::*;

/// The members that each role must have, as JSON pointers into `signed`.
const REQUIRED: [(&str, &[&str]); 4] = [
    (
        "root",
        &[
            "/_type",
            "/spec_version",
            "/version",
            "/expires",
            "/keys",
            "/roles",
            "/roles/root",
            "/roles/timestamp",
            "/roles/snapshot",
            "/roles/targets",
            "/roles/targets/keyids",
            "/roles/targets/threshold",
            "/keys/KEY/keytype",
            "/keys/KEY/scheme",
            "/keys/KEY/keyval",
        ],
    ),
    (
        "timestamp",
        &[
            "/_type",
            "/spec_version",
            "/version",
            "/expires",
            "/meta",
            "/meta/snapshot.json/version",
        ],
    ),
    (
        "snapshot",
        &[
            "/_type",
            "/spec_version",
            "/version",
            "/expires",
            "/meta",
            "/meta/targets.json/version",
            "/meta/claimed.json/version",
        ],
    ),
    (
        "targets",
        &[
            "/_type",
            "/spec_version",
            "/version",
            "/expires",
            "/targets",
            "/targets/a/length",
            "/targets/a/hashes",
            "/delegations/keys",
            "/delegations/roles/0/name",
            "/delegations/roles/0/keyids",
            "/delegations/roles/0/threshold",
            "/delegations/roles/0/terminating",
        ],
    ),
];

fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["claimed/*"]));
    repository.add_target("targets", "a", b"a");
    repository.publish("root", |_| {});
    repository
}

/// The object that holds the member, and the member's name.
fn holder<'v>(signed: &'v mut Value, pointer: &str, key: &str) -> (&'v mut Value, String) {
    let pointer = pointer.replace("KEY", key);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    (signed.pointer_mut(parent).unwrap(), name.to_owned())
}

fn verdict(role: &str, pointer: &str, change: impl FnOnce(&mut Value, &str)) -> Result<(), Error> {
    let mut repository = repository();
    let key = Key::ed25519("targets").id;
    repository.edit(role, |signed| {
        let (parent, name) = holder(signed, pointer, &key);
        change(parent, &name);
    });
    let result = Client::new(&Repository::new()).find(&repository, &["nothing"]);
    result.map(|_| ()).map_err(|failure| {
        assert_eq!(failure.role, role, "{pointer}");
        failure.error
    })
}

#[test]
fn what_must_be_there_is() {
    for (role, pointers) in REQUIRED {
        for pointer in pointers {
            let error = verdict(role, pointer, |parent, name| {
                parent.as_object_mut().unwrap().remove(name);
            });
            assert_eq!(error.unwrap_err().code(), "missing-member", "{role} {pointer}");
        }
    }
}

#[test]
fn what_must_be_there_is_not_null() {
    for (role, pointers) in REQUIRED {
        for pointer in pointers {
            let error = verdict(role, pointer, |parent, name| parent[name] = Value::Null);
            assert_eq!(error.unwrap_err().code(), "wrong-type", "{role} {pointer}");
        }
    }
}

#[test]
fn what_must_be_there_has_its_type() {
    for (role, pointers) in REQUIRED {
        for pointer in pointers {
            for wrong in [json!([[]]), json!(false), json!("text"), json!({"a": {}}), json!(7)] {
                let mut right = repository().signed(role).clone();
                let (parent, name) = holder(&mut right, pointer, &Key::ed25519("targets").id);
                if std::mem::discriminant(&parent[&name]) == std::mem::discriminant(&wrong) {
                    continue;
                }
                let error = verdict(role, pointer, |parent, name| parent[name] = wrong.clone());
                assert_eq!(error.unwrap_err().code(), "wrong-type", "{role} {pointer} {wrong}");
            }
        }
    }
}

#[test]
fn a_file_of_another_role_is_refused() {
    for (role, other) in [
        ("timestamp", "snapshot"),
        ("snapshot", "timestamp"),
        ("snapshot", "targets"),
        ("targets", "root"),
    ] {
        let mut repository = repository();
        repository.edit(role, |signed| signed["_type"] = other.into());
        Client::new(&Repository::new()).refuses(&repository, "wrong-role", role);
    }
    for wrong in ["", "Timestamp", "timestamp ", "mirrors"] {
        let mut repository = repository();
        repository.edit("timestamp", |signed| signed["_type"] = wrong.into());
        Client::new(&Repository::new()).refuses(&repository, "wrong-role", "timestamp");
    }
}

#[test]
fn another_role_s_good_file_in_its_place_is_refused() {
    let mut repository = repository();
    repository.listing = Listing::Versions;
    let key = Key::ed25519("online");
    for role in ["snapshot", "timestamp"] {
        repository.set_keys(role, std::slice::from_ref(&key), 1);
    }
    let snapshot = repository.bytes("snapshot").to_vec();
    repository.tamper("timestamp", |bytes| *bytes = snapshot);
    Client::new(&repository).refuses(&repository, "wrong-role", "timestamp");
}

#[test]
fn a_keyid_that_no_key_has_counts_for_nothing() {
    let mut repository = Repository::new();
    repository.publish("root", |root| {
        root["roles"]["targets"]["keyids"].as_array_mut().unwrap().push("nobody".into())
    });
    let report = Client::new(&repository).refreshes(&repository);
    assert_eq!(report.role("targets").keys, 1);
}

#[test]
fn targets_without_delegations_and_with_empty_ones() {
    let mut repository = Repository::new();
    Client::new(&repository).lacks(&repository, "a");
    repository.edit("targets", |targets| targets["delegations"] = json!({"keys": {}, "roles": []}));
    Client::new(&repository).lacks(&repository, "a");
}
