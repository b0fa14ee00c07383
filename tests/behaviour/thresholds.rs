//! How many keys must sign.

use crate::prelude::*;

fn keys(count: usize) -> Vec<Key> {
    (0..count).map(|number| Key::ed25519(&format!("key {number}"))).collect()
}

fn not_met(role: Role, threshold: u32, valid: u32, keys: u32) -> Error {
    Error::ThresholdNotMet { role, threshold, valid, keys }
}

#[test]
fn each_threshold_is_met_by_so_many_keys_and_not_by_one_less() {
    let five = keys(5);
    for role in ["timestamp", "snapshot", "targets"] {
        for threshold in [1, 2, 5] {
            let mut repository = Repository::new();
            repository.set_keys(role, &five, threshold as u64);
            repository.sign_with(role, &five[5 - threshold..]);
            repository.edit(role, |_| {});
            let report = Client::new(&repository).refreshes(&repository);
            assert_eq!(report.role(role).signers.len(), threshold);
            repository.sign_with(role, &five[5 - threshold + 1..]);
            repository.edit(role, |_| {});
            let error = Client::new(&repository).refuses(&repository, "threshold-not-met", role);
            assert_eq!(
                error,
                not_met(Role::from_name(role), threshold as u32, threshold as u32 - 1, 5)
            );
        }
    }
}

#[test]
fn a_delegation_has_its_own() {
    let three = keys(3);
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]).keys(&three).threshold(2));
    repository.add_target("claimed", "a", b"a");
    repository.sign_with("claimed", &three[..2]);
    repository.edit("claimed", |_| {});
    let report = Client::new(&repository).find(&repository, &["a"]).unwrap();
    let claimed = report.role("claimed");
    assert_eq!((claimed.threshold, claimed.keys, claimed.signers.len()), (2, 3, 2));
    repository.sign_with("claimed", &three[..1]);
    repository.edit("claimed", |_| {});
    let mut client = Client::new(&repository);
    let error = client.find_refused(&repository, "a", "threshold-not-met", "claimed");
    assert_eq!(error, not_met(Role::Delegated, 2, 1, 3));
    assert_eq!(client.versions(), top_level(1, 1, 1, 1));
}

#[test]
fn below_one_is_invalid() {
    for threshold in ["0", "-1", "1.0", "\"1\"", "null", "[]"] {
        let mut repository = Repository::new();
        repository.publish("root", |root| root["roles"]["targets"]["threshold"] = 4711.into());
        repository.replace_text("root", "4711", threshold);
        let mut client = Client::new(&repository);
        let failure = client.refresh(&repository).unwrap_err();
        let code = failure.error.code();
        let expected: &[&str] = match threshold {
            "0" => &["zero"],
            "-1" => &["zero", "invalid-number"],
            "1.0" => &["invalid-number"],
            _ => &["wrong-type"],
        };
        assert!(expected.contains(&code), "{threshold}: {failure:?}");
        assert_eq!(client.versions(), [("root", 1)]);
    }
}

#[test]
fn below_one_is_invalid_in_delegations_too() {
    for code_of in [("0", "zero"), ("\"1\"", "wrong-type"), ("1.5", "invalid-number")] {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::paths("claimed", &["*"]).threshold(4711));
        repository.replace_text("targets", "4711", code_of.0);
        Client::new(&repository).refuses(&repository, code_of.1, "targets");
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::succinct("bins", 1).threshold(4711));
        repository.replace_text("targets", "4711", code_of.0);
        Client::new(&repository).refuses(&repository, code_of.1, "targets");
    }
}

#[test]
fn above_the_number_of_keys_is_valid_and_cannot_be_met() {
    let mut repository = Repository::new();
    repository.set_keys("targets", &keys(2), 3);
    let mut client = Client::new(&repository);
    let error = client.refuses(&repository, "threshold-not-met", "targets");
    assert_eq!(error, not_met(Role::Targets, 3, 2, 2));
    assert_eq!(client.versions(), [("root", 1), ("snapshot", 1), ("timestamp", 1)]);

    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]).threshold(1_000_000));
    let error =
        Client::new(&repository).find_refused(&repository, "a", "threshold-not-met", "claimed");
    assert_eq!(error, not_met(Role::Delegated, 1_000_000, 1, 1));
}

#[test]
fn a_keyid_listed_twice_counts_once() {
    let mut repository = Repository::new();
    let key = Key::ed25519("targets");
    repository.set_keys("targets", &[key.clone(), key.clone()], 2);
    repository.sign_with("targets", &[key]);
    repository.edit("targets", |_| {});
    let error = Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
    assert_eq!(error, not_met(Role::Targets, 2, 1, 1));
    repository.edit("root", |root| root["roles"]["targets"]["threshold"] = 1.into());
    Client::new(&repository).refreshes(&repository);
}

#[test]
fn keys_of_an_unsupported_type_matter_only_if_they_are_needed() {
    let odd = [
        Key::of_form("post-quantum", "ml-dsa-65", "AAAA").with_id("odd 1"),
        Key::of_form("sigstore-oidc", "Fulcio", "https://issuer.example").with_id("odd 2"),
    ];
    let mut all = keys(2);
    all.extend(odd);
    let mut repository = Repository::new();
    repository.set_keys("targets", &all, 2);
    let report = Client::new(&repository).refreshes(&repository);
    assert_eq!((report.role("targets").keys, report.role("targets").signers.len()), (2, 2));
    repository.set_keys("targets", &all, 3);
    let error = Client::new(&repository).refuses(&repository, "unsupported-key-scheme", "targets");
    assert_eq!(error, Error::UnsupportedKeyScheme { role: Role::Targets, threshold: 3, keys: 2 });
}

#[test]
fn a_key_of_an_unsupported_type_may_have_a_value_of_any_form() {
    // securesystemslib's `sigstore-oidc` keys have no `public`.
    for keyval in [
        json!({"identity": "a@example.org", "issuer": "x"}),
        json!({"public": {"x": 1}}),
        json!({}),
    ] {
        let mut repository = Repository::new();
        let key = json!({"keytype": "sigstore-oidc", "scheme": "Fulcio", "keyval": keyval});
        repository.edit("root", |root| {
            root["keys"]["odd"] = key.clone();
            root["roles"]["targets"]["keyids"].as_array_mut().unwrap().push("odd".into());
        });
        repository.delegate("targets", &Delegation::paths("claimed", &["*"]));
        repository.edit("targets", |targets| {
            targets["delegations"]["keys"]["odd"] = key.clone();
            targets["delegations"]["roles"][0]["keyids"].as_array_mut().unwrap().push("odd".into());
        });
        let report = Client::new(&repository).find(&repository, &["a"]).unwrap();
        assert_eq!((report.role("targets").keys, report.role("claimed").keys), (1, 1));
    }
}

#[test]
fn a_role_s_keys_are_found_among_those_of_many_others() {
    let mut repository = Repository::new();
    let names: Vec<String> = (0..100).map(|number| format!("project-{number}")).collect();
    repository.edit("targets", |targets| {
        for name in &names {
            Delegation::paths(name, &[name])
                .keys(&[Key::ed25519(name), Key::ed25519(&format!("{name} 2"))])
                .threshold(2)
                .add_to(targets);
        }
    });
    for name in [0, 31, 32, 33, 98, 99].map(|number| &names[number]) {
        repository.role(name, &[Key::ed25519(name), Key::ed25519(&format!("{name} 2"))]);
        repository.add_target(name, name, b"content");
        let mut client = Client::new(&repository);
        client.finds(&repository, name);
        let mut stolen = repository.clone();
        stolen.sign_with(name, &[Key::ed25519(name), Key::ed25519("project-50")]);
        stolen.edit(name, |_| {});
        let error = Client::new(&stolen).find_refused(&stolen, name, "threshold-not-met", name);
        assert_eq!(error, not_met(Role::Delegated, 2, 1, 2));
    }
}

#[test]
fn a_root_may_list_more_keys_than_one_role_may_have() {
    let mut repository = Repository::new();
    for role in ["timestamp", "snapshot", "targets"] {
        let many: Vec<Key> =
            (0..30).map(|number| Key::ed25519(&format!("{role} {number}"))).collect();
        repository.set_keys(role, &many, 10);
        repository.sign_with(role, &many[20..]);
    }
    repository.publish("targets", |_| {});
    let report = Client::new(&repository).refreshes(&repository);
    assert_eq!((report.role("targets").keys, report.role("targets").signers.len()), (30, 10));
}
