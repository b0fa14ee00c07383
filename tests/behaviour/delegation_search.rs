//! The search through delegations: in order, each edge with its own keys, and never past a role
//! that is in trouble.

use crate::prelude::*;
use picotuf::Limits;

fn paths(name: &str, patterns: &[&str]) -> Delegation {
    Delegation::paths(name, patterns)
}

/// Adds a target whose content is the name of the role that lists it.
fn list(repository: &mut Repository, role: &str, path: &str) {
    repository.add_target(role, path, role.as_bytes());
}

fn path_to(repository: &Repository, target: &str) -> Vec<String> {
    Client::new(repository).finds(repository, target).delegation_path
}

#[test]
fn the_top_level_role_comes_first() {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("claimed", &["*"]));
    list(&mut repository, "claimed", "a");
    list(&mut repository, "targets", "a");
    assert_eq!(path_to(&repository, "a"), ["targets"]);
}

#[test]
fn the_first_of_the_list_wins_and_goes_deep_first() {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("first", &["*"]));
    repository.delegate("targets", &paths("second", &["*"]));
    repository.delegate("first", &paths("deep", &["*"]));
    repository.delegate("deep", &paths("deeper", &["*"]));
    list(&mut repository, "deeper", "a");
    list(&mut repository, "second", "a");
    assert_eq!(path_to(&repository, "a"), ["targets", "first", "deep", "deeper"]);
    list(&mut repository, "second", "b");
    assert_eq!(path_to(&repository, "b"), ["targets", "second"]);
}

#[test]
fn the_list_s_order_is_kept_though_names_look_like_numbers() {
    let mut repository = Repository::new();
    for name in ["10", "9", "1", "2"] {
        repository.delegate("targets", &paths(name, &["*"]));
        list(&mut repository, name, "a");
    }
    assert_eq!(path_to(&repository, "a"), ["targets", "10"]);
    let mut client = Client::new(&repository);
    client.lacks(&repository, "none");
    assert_eq!(client.requests()[4..], ["1.10.json", "1.9.json", "1.1.json", "1.2.json"]);
}

#[test]
fn a_terminating_delegation_ends_the_search() {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("claimed", &["a*"]).terminating());
    repository.delegate("targets", &paths("unclaimed", &["*"]));
    list(&mut repository, "unclaimed", "a");
    list(&mut repository, "unclaimed", "b");
    let mut client = Client::new(&repository);
    client.lacks(&repository, "a");
    assert!(!client.requests().contains(&"1.unclaimed.json".to_owned()));
    client.finds(&repository, "b");
}

#[test]
fn what_a_terminating_delegation_leads_to_is_still_searched() {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("claimed", &["*"]).terminating());
    repository.delegate("targets", &paths("unclaimed", &["*"]));
    repository.delegate("claimed", &paths("one", &["*"]));
    repository.delegate("claimed", &paths("two", &["*"]));
    list(&mut repository, "two", "a");
    list(&mut repository, "unclaimed", "b");
    assert_eq!(path_to(&repository, "a"), ["targets", "claimed", "two"]);
    Client::new(&repository).lacks(&repository, "b");
}

#[test]
fn a_terminating_delegation_deep_down_ends_all_of_the_search() {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("outer", &["*"]));
    repository.delegate("targets", &paths("later", &["*"]));
    repository.delegate("outer", &paths("inner", &["*"]).terminating());
    repository.delegate("outer", &paths("beside", &["*"]));
    list(&mut repository, "later", "a");
    list(&mut repository, "beside", "a");
    let mut client = Client::new(&repository);
    client.lacks(&repository, "a");
    assert_eq!(client.requests()[4..], ["1.outer.json", "1.inner.json"]);
}

#[test]
fn a_target_must_match_every_delegation_on_the_way() {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("project", &["project/*"]));
    repository.delegate("project", &paths("deep", &["*/*"]));
    list(&mut repository, "deep", "other/a");
    list(&mut repository, "project", "other/a");
    let mut client = Client::new(&repository);
    client.lacks(&repository, "other/a");
    assert!(!client.requests().contains(&"1.project.json".to_owned()));
}

#[test]
fn cycles_are_cut() {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("a", &["*"]));
    repository.delegate("a", &paths("b", &["*"]));
    repository.delegate("b", &paths("c", &["*"]));
    repository.delegate("c", &paths("a", &["*"]));
    repository.delegate("c", &paths("c", &["*"]));
    repository.delegate("targets", &paths("last", &["*"]));
    list(&mut repository, "last", "x");
    let mut client = Client::new(&repository);
    assert_eq!(client.finds(&repository, "x").delegation_path, ["targets", "last"]);
    assert_eq!(client.requests()[4..], ["1.a.json", "1.b.json", "1.c.json", "1.last.json"]);
}

#[test]
fn the_number_of_roles_visited_is_limited() {
    let mut repository = Repository::new();
    let names: Vec<String> = (0..6).map(|number| format!("role-{number}")).collect();
    for name in &names {
        repository.delegate("targets", &paths(name, &["*"]));
    }
    list(&mut repository, "role-5", "a");
    let limits = |delegations| {
        let mut limits = Limits::default();
        limits.delegations = delegations;
        limits
    };
    Client::new(&repository).limited(limits(6)).finds(&repository, "a");
    let failure =
        Client::new(&repository).limited(limits(5)).find(&repository, &["a"]).unwrap_err();
    assert_eq!(
        failure.error,
        Error::LimitReached { limit: picotuf::Limit::Delegations, maximum: 5 }
    );
}

#[test]
fn a_role_is_trusted_for_the_delegator_whose_keys_signed_it_and_for_no_other() {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("a", &["a/*"]));
    repository.delegate("targets", &paths("b", &["b/*"]));
    let (good, other) = (Key::ed25519("good"), Key::ed25519("other"));
    repository.delegate("a", &paths("shared", &["*/*"]).keys(std::slice::from_ref(&good)));
    repository.delegate("b", &paths("shared", &["*/*"]).keys(&[other]));
    list(&mut repository, "shared", "a/x");
    list(&mut repository, "shared", "b/x");
    let mut client = Client::new(&repository);
    client.finds(&repository, "a/x");
    client.find_refused(&repository, "b/x", "threshold-not-met", "shared");
    // In one session the role is at hand already.
    let mut client = Client::new(&repository);
    expect_failure(client.find(&repository, &["a/x", "b/x"]), "threshold-not-met", "shared");
    // And what is stored does not vouch for it either.
    expect_failure(client.find_offline(&["b/x"]), "threshold-not-met", "shared");
    assert!(client.find_offline(&["a/x"]).unwrap().found[0].is_some());
}

#[test]
fn a_higher_threshold_through_another_delegator_holds() {
    let (one, two) = (Key::ed25519("one"), Key::ed25519("two"));
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("shared", &["a/*"]).keys(std::slice::from_ref(&one)));
    repository.delegate("targets", &paths("b", &["b/*"]));
    repository.delegate("b", &paths("shared", &["b/*"]).keys(&[one, two]).threshold(2));
    list(&mut repository, "shared", "a/x");
    list(&mut repository, "shared", "b/x");
    let mut client = Client::new(&repository);
    let error =
        expect_failure(client.find(&repository, &["a/x", "b/x"]), "threshold-not-met", "shared");
    assert_eq!(
        error,
        Error::ThresholdNotMet { role: Role::Delegated, threshold: 2, valid: 1, keys: 2 }
    );
}

/// Two delegations that match: the first in some trouble, the second listing the target.
fn claimed_and_unclaimed() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("claimed", &["a"]));
    repository.delegate("targets", &paths("unclaimed", &["*"]));
    list(&mut repository, "unclaimed", "a");
    repository
}

#[test]
fn a_role_in_trouble_ends_the_search() {
    let base = claimed_and_unclaimed();
    assert_eq!(path_to(&base, "a"), ["targets", "unclaimed"]);
    type Trouble = fn(&mut Repository);
    let troubles: [(Trouble, &str); 8] = [
        (|repository| repository.remove("claimed"), "missing-file"),
        (|repository| repository.tamper("claimed", |bytes| bytes.push(b'x')), "length-mismatch"),
        (|repository| repository.tamper("claimed", |bytes| bytes.reverse()), "hash-mismatch"),
        (|repository| repository.edit_file("claimed", |bytes| bytes.push(b'x')), "trailing-data"),
        (|repository| repository.edit_signatures("claimed", Vec::clear), "threshold-not-met"),
        (
            |repository| repository.edit("claimed", |claimed| claimed["expires"] = EXPIRED.into()),
            "expired",
        ),
        (
            |repository| repository.edit("claimed", |claimed| claimed["_type"] = "snapshot".into()),
            "wrong-role",
        ),
        (
            |repository| {
                repository.edit("snapshot", |snapshot| {
                    snapshot["meta"].as_object_mut().unwrap().remove("claimed.json");
                });
            },
            "role-not-in-snapshot",
        ),
    ];
    for (trouble, code) in troubles {
        let mut repository = base.clone();
        trouble(&mut repository);
        let mut client = Client::new(&repository);
        client.find_refused(&repository, "a", code, "claimed");
        assert_eq!(client.versions(), top_level(1, 1, 1, 1), "{code}");
        assert!(!client.requests().contains(&"1.unclaimed.json".to_owned()), "{code}");
        client.lacks(&repository, "b");
    }
}

#[test]
fn a_role_that_is_not_listed_is_not_asked_for() {
    let mut repository = claimed_and_unclaimed();
    repository.edit("snapshot", |snapshot| {
        snapshot["meta"].as_object_mut().unwrap().remove("claimed.json");
    });
    let mut client = Client::new(&repository);
    let error = client.find_refused(&repository, "a", "role-not-in-snapshot", "claimed");
    assert_eq!(error, Error::RoleNotInSnapshot { role: Role::Delegated });
    assert_eq!(
        client.requests(),
        ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]
    );
}

#[test]
fn a_failure_names_the_way_to_it() {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("a", &["*"]));
    repository.delegate("targets", &paths("b", &["*"]));
    repository.delegate("b", &paths("c", &["*"]));
    repository.edit_signatures("c", Vec::clear);
    let failure = Client::new(&repository).find(&repository, &["x"]).unwrap_err();
    assert_eq!((failure.error.code(), failure.role.as_str()), ("threshold-not-met", "c"));
    assert_eq!(failure.delegation_path, ["targets", "b", "c"]);
}

#[test]
fn roles_below_a_role_that_changed_are_looked_at_anew() {
    let mut repository = claimed_and_unclaimed();
    let mut client = Client::new(&repository);
    client.finds(&repository, "a");
    repository.publish("targets", |targets| {
        targets["delegations"]["roles"].as_array_mut().unwrap().remove(1);
    });
    client.lacks(&repository, "a");
    repository.publish("claimed", |claimed| {
        claimed["targets"]["a"] = json!({"length": 0, "hashes": {"sha256": hash("sha256", b"")}})
    });
    assert_eq!(client.finds(&repository, "a").delegation_path, ["targets", "claimed"]);
    assert_eq!(
        client.requests(),
        ["2.root.json", "timestamp.json", "3.snapshot.json", "2.claimed.json"]
    );
}

#[test]
fn many_targets_in_one_session_fetch_each_role_once() {
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("a", &["a*"]));
    repository.delegate("targets", &paths("b", &["b*"]));
    for path in ["a1", "a2", "b1", "b2"] {
        list(&mut repository, &path[..1], path);
    }
    let mut client = Client::new(&repository);
    let report = client.find(&repository, &["a1", "b1", "a2", "none", "b2", "a1"]).unwrap();
    let found: Vec<bool> = report.found.iter().map(Option::is_some).collect();
    assert_eq!(found, [true, true, true, false, true, true]);
    assert_eq!(client.requests()[4..], ["1.a.json", "1.b.json"]);
}

#[test]
fn custom_is_handed_out_as_it_was_written() {
    let custom = r#"{"a": [1, 2], "é": "\u00e9\n"}"#;
    let mut repository = Repository::new();
    repository.delegate("targets", &paths("a", &["a*"]));
    list(&mut repository, "a", "a1");
    list(&mut repository, "a", "a2");
    repository.edit("a", |signed| {
        signed["targets"]["a1"]["custom"] = serde_json::from_str(custom).unwrap()
    });
    repository.edit_text("a", |text| text.replace(r#"{"a":[1,2],"\u00e9":"\u00e9\n"}"#, custom));
    let mut client = Client::new(&repository);
    assert_eq!(client.finds(&repository, "a1").custom.as_deref(), Some(custom));
    assert_eq!(client.finds(&repository, "a2").custom, None);
}
