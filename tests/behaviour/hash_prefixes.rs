//! Delegation by the first hex digits of the SHA-256 of the target's path.

use crate::prelude::*;

#[test]
fn a_prefix_of_any_length_matches() {
    let path = "simple/django/index.html";
    let digest = hash("sha256", path.as_bytes());
    for length in [1, 2, 3, 4, 31, 63, 64] {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::hash_prefixes("bin", &[&digest[..length]]));
        repository.add_target("bin", path, b"page");
        let found = Client::new(&repository).finds(&repository, path);
        assert_eq!(found.delegation_path, ["targets", "bin"], "{length}");
    }
}

#[test]
fn another_prefix_does_not() {
    let path = "simple/django/index.html";
    let digest = hash("sha256", path.as_bytes());
    let last = if digest.ends_with('0') { "1" } else { "0" };
    for prefix in [
        format!("{}{last}", &digest[..63]),
        digest[1..].to_owned(),
        digest[..4].chars().rev().collect(),
    ] {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::hash_prefixes("bin", &[&prefix]));
        repository.add_target("bin", path, b"page");
        let mut client = Client::new(&repository);
        client.lacks(&repository, path);
        assert!(!client.requests().contains(&"1.bin.json".to_owned()), "{prefix}");
    }
}

#[test]
fn sixteen_bins_each_speak_for_their_own() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("bins", &["*"]));
    for bin in 0..16 {
        let prefixes: Vec<String> = (0..16).map(|low| format!("{bin:x}{low:x}")).collect();
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        repository.delegate("bins", &Delegation::hash_prefixes(&format!("bin-{bin:x}"), &prefixes));
    }
    let paths = ["django", "numpy", "zope", "six", "requests"];
    for path in paths {
        let first = &hash("sha256", path.as_bytes())[..1];
        repository.add_target(&format!("bin-{first}"), path, path.as_bytes());
    }
    let mut client = Client::new(&repository);
    let report = client.find(&repository, &paths).unwrap();
    for (path, found) in paths.iter().zip(report.found) {
        let first = &hash("sha256", path.as_bytes())[..1];
        assert_eq!(found.unwrap().delegation_path, ["targets", "bins", &format!("bin-{first}")]);
    }
}

#[test]
fn a_bin_that_lists_what_is_another_s_is_not_believed() {
    let path = "django";
    let first = &hash("sha256", path.as_bytes())[..1];
    let other = if first == "0" { "1" } else { "0" };
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::hash_prefixes("other", &[other]));
    repository.delegate("targets", &Delegation::hash_prefixes("right", &[first]));
    repository.add_target("other", path, b"forged");
    Client::new(&repository).lacks(&repository, path);
    repository.add_target("right", path, b"good");
    assert_eq!(Client::new(&repository).finds(&repository, path).length, 4);
}

#[test]
fn a_prefix_is_lower_case_hex() {
    for prefix in ["A", "aB", "g", "0x", " ", "é", &"0".repeat(65), ""] {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::hash_prefixes("bin", &["00", prefix]));
        Client::new(&repository).refuses(&repository, "invalid-form", "targets");
    }
}

#[test]
fn the_list_holds_texts() {
    for (value, code) in [
        (json!([1]), "wrong-type"),
        (json!("00"), "wrong-type"),
        (json!(null), "wrong-type"),
        (json!({}), "wrong-type"),
    ] {
        for member in ["path_hash_prefixes", "paths"] {
            let mut repository = Repository::new();
            repository.delegate("targets", &Delegation::paths("bin", &["x"]));
            repository.edit("targets", |targets| {
                let role = targets["delegations"]["roles"][0].as_object_mut().unwrap();
                role.remove("paths");
                role.insert(member.to_owned(), value.clone());
            });
            Client::new(&repository).refuses(&repository, code, "targets");
        }
    }
}

#[test]
fn both_ways_at_once_are_invalid_and_neither_matches_nothing() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("bin", &["*"]));
    repository.add_target("bin", "a", b"a");
    let mut both = repository.clone();
    both.edit("targets", |targets| {
        targets["delegations"]["roles"][0]["path_hash_prefixes"] = json!(["00"])
    });
    Client::new(&both).refuses(&both, "invalid-delegation", "targets");
    repository.edit("targets", |targets| {
        targets["delegations"]["roles"][0].as_object_mut().unwrap().remove("paths");
    });
    let mut client = Client::new(&repository);
    client.lacks(&repository, "a");
    assert!(!client.requests().contains(&"1.bin.json".to_owned()));
}
