//! Signatures that do not hold are skipped; the form of the list is still checked.

use crate::prelude::*;

fn three_of_three() -> (Repository, Vec<Key>) {
    let keys: Vec<Key> = ["a", "b", "c"].map(|name| Key::ed25519(name).with_id(name)).to_vec();
    let mut repository = Repository::new();
    repository.set_keys("targets", &keys, 2);
    (repository, keys)
}

fn not_met(valid: u32) -> Error {
    Error::ThresholdNotMet { role: Role::Targets, threshold: 2, valid, keys: 3 }
}

#[test]
fn all_who_signed_are_named() {
    let (repository, _) = three_of_three();
    let report = Client::new(&repository).refreshes(&repository);
    let targets = report.role("targets");
    assert_eq!((targets.threshold, targets.keys), (2, 3));
    assert_eq!(targets.signers, ["a", "b", "c"]);
}

#[test]
fn one_bad_signature_is_skipped_and_two_are_too_many() {
    for bad in
        ["", "0", "00", "zz", "not hex", &"00".repeat(64), &"ab".repeat(64), &"00".repeat(700)]
    {
        let (repository, _) = three_of_three();
        for place in 0..3 {
            let mut repository = repository.clone();
            repository
                .edit_signatures("targets", |signatures| signatures[place]["sig"] = bad.into());
            let report = Client::new(&repository).refreshes(&repository);
            assert_eq!(report.role("targets").signers.len(), 2, "{bad}");
            repository.edit_signatures("targets", |signatures| {
                signatures[place]["sig"] = bad.into();
                signatures[(place + 1) % 3]["sig"] = bad.into();
            });
            assert_eq!(
                Client::new(&repository).refuses(&repository, "threshold-not-met", "targets"),
                not_met(1),
                "{bad}"
            );
        }
    }
}

#[test]
fn unknown_keys_count_for_nothing() {
    let (mut repository, keys) = three_of_three();
    repository.sign_with("targets", &[Key::ed25519("x"), Key::p256("y"), keys[0].clone()]);
    repository.edit("targets", |_| {});
    assert_eq!(
        Client::new(&repository).refuses(&repository, "threshold-not-met", "targets"),
        not_met(1)
    );
}

#[test]
fn keys_of_other_roles_count_for_nothing() {
    let (mut repository, _) = three_of_three();
    let others: Vec<Key> = ["root", "timestamp", "snapshot"].map(Key::ed25519).to_vec();
    repository.sign_with("targets", &others);
    repository.edit("targets", |_| {});
    let mut client = Client::new(&repository);
    assert_eq!(client.refuses(&repository, "threshold-not-met", "targets"), not_met(0));
    assert_eq!(client.versions(), [("root", 1), ("snapshot", 1), ("timestamp", 1)]);
}

#[test]
fn no_signatures_at_all() {
    let (mut repository, _) = three_of_three();
    repository.edit_signatures("targets", Vec::clear);
    assert_eq!(
        Client::new(&repository).refuses(&repository, "threshold-not-met", "targets"),
        not_met(0)
    );
}

#[test]
fn one_keyid_twice_makes_the_file_invalid() {
    let (repository, _) = three_of_three();
    for bad in [None, Some(""), Some("00")] {
        let mut repository = repository.clone();
        repository.edit_signatures("targets", |signatures| {
            let mut again = signatures[0].clone();
            if let Some(bad) = bad {
                again["sig"] = bad.into();
            }
            signatures.push(again);
        });
        Client::new(&repository).refuses(&repository, "duplicate-signature", "targets");
    }
    let mut unknown = repository.clone();
    unknown.edit_signatures("targets", |signatures| {
        let entry = json!({"keyid": "nobody's", "sig": "00"});
        signatures.extend([entry.clone(), entry]);
    });
    Client::new(&unknown).refuses(&unknown, "duplicate-signature", "targets");
}

#[test]
fn the_form_of_the_list_is_checked() {
    type Change = fn(&mut Vec<Value>);
    let changes: [(Change, &str); 8] = [
        (|list| list[2] = json!({"sig": "00"}), "missing-member"),
        (|list| list[2] = json!({"keyid": "c"}), "missing-member"),
        (|list| list[2] = json!({}), "missing-member"),
        (|list| list[2]["sig"] = json!(null), "wrong-type"),
        (|list| list[2]["sig"] = json!(1), "wrong-type"),
        (|list| list[2]["keyid"] = json!([]), "wrong-type"),
        (|list| list[2] = json!("c"), "wrong-type"),
        (|list| list.push(json!(null)), "wrong-type"),
    ];
    let (repository, _) = three_of_three();
    for (change, code) in changes {
        let mut repository = repository.clone();
        repository.edit_signatures("targets", change);
        Client::new(&repository).refuses(&repository, code, "targets");
    }
}

#[test]
fn the_list_and_what_is_signed_must_be_there() {
    for (from, to, code) in [
        ("\"signatures\"", "\"Signatures\"", "missing-member"),
        ("\"signed\"", "\"Signed\"", "missing-member"),
    ] {
        let (mut repository, _) = three_of_three();
        repository.edit_file("targets", |bytes| {
            *bytes = String::from_utf8(bytes.clone()).unwrap().replacen(from, to, 1).into_bytes();
        });
        Client::new(&repository).windows_refuse_sometimes().refuses(&repository, code, "targets");
    }
    for (text, code) in [
        (r#"{"signatures":{},"signed":{}}"#, "wrong-type"),
        (r#"{"signatures":null,"signed":{}}"#, "wrong-type"),
        (r#"{"signatures":[],"signed":null}"#, "wrong-type"),
        (r#"{"signatures":[],"signed":[]}"#, "wrong-type"),
    ] {
        let (mut repository, _) = three_of_three();
        repository.edit_file("targets", |bytes| *bytes = text.as_bytes().to_vec());
        Client::new(&repository).refuses(&repository, code, "targets");
    }
}

#[test]
fn the_place_of_the_signatures_does_not_matter() {
    let (mut repository, _) = three_of_three();
    repository.style = Style::SIGNED_FIRST;
    for role in ["root", "targets", "snapshot", "timestamp"] {
        repository.edit(role, |_| {});
    }
    let report = Client::new(&repository).refreshes(&repository);
    assert_eq!(report.role("targets").signers, ["a", "b", "c"]);
    repository.edit_signatures("targets", |signatures| signatures.truncate(1));
    assert_eq!(
        Client::new(&repository).refuses(&repository, "threshold-not-met", "targets"),
        not_met(1)
    );
}
