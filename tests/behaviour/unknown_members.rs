//! Members that TUF does not name are signed and otherwise ignored.

use crate::prelude::*;

const NAMES: [&str; 6] =
    ["__proto__", "constructor", "hasOwnProperty", "toString", "x-extra", "SIGNED"];

/// Adds members to every object below `value` that is not a map by names of keys, roles, files or
/// targets.
fn extend(value: &mut Value, map: bool) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let map = matches!(name.as_str(), "keys" | "meta" | "hashes" | "roles" | "targets");
                extend(member, map);
            }
            if !map {
                for name in NAMES {
                    members.insert(name.to_owned(), json!({"a": [null, -5, "\u{1f40d}"], "b": {}}));
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| extend(item, false)),
        _ => {}
    }
}

fn extended() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["claimed/*"]));
    repository.add_target("claimed", "claimed/a", b"a");
    for role in ["root", "claimed", "targets", "snapshot", "timestamp"] {
        repository.edit(role, |signed| extend(signed, false));
    }
    repository
}

#[test]
fn they_may_stand_anywhere() {
    let repository = extended();
    assert_eq!(Client::new(&repository).finds(&repository, "claimed/a").length, 1);
}

#[test]
fn they_may_stand_in_every_style() {
    for style in [Style::STRUCTS, Style::BACKWARDS] {
        let mut repository = extended();
        repository.style = style;
        for role in ["root", "claimed", "targets", "snapshot", "timestamp"] {
            repository.edit(role, |_| {});
        }
        Client::new(&repository).windows_refuse().finds(&repository, "claimed/a");
    }
}

#[test]
fn they_are_signed() {
    for name in NAMES {
        let mut repository = extended();
        repository.replace_text(
            "targets",
            &format!("{name}\":{{\"a\":[null,-5"),
            &format!("{name}\":{{\"a\":[null,-6"),
        );
        Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
    }
}

#[test]
fn those_beside_what_is_signed_are_ignored() {
    let mut repository = Repository::new();
    repository.edit_file("targets", |bytes| {
        bytes.pop();
        bytes.extend_from_slice(br#","unsigned":{"version":[]}}"#);
    });
    repository.edit_signatures("snapshot", |signatures| signatures[0]["method"] = "ed25519".into());
    Client::new(&repository).refreshes(&repository);
}

#[test]
fn a_target_may_have_such_a_name() {
    let mut repository = Repository::new();
    for (index, name) in NAMES.into_iter().enumerate() {
        repository.add_target("targets", name, &vec![b'x'; index + 1]);
    }
    let mut client = Client::new(&repository);
    for (index, name) in NAMES.into_iter().enumerate() {
        assert_eq!(client.finds(&repository, name).length, index as u64 + 1);
    }
    client.lacks(&repository, "valueOf");
}
