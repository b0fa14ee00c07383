//! Succinct delegations (TAP 15).

use crate::prelude::*;

/// The bin of a path: the leading bits of the SHA-256 of the path, in as many digits as the largest
/// number needs.
fn bin(prefix: &str, path: &str, bit_length: u32) -> String {
    let first = u32::from_str_radix(&hash("sha256", path.as_bytes())[..8], 16).unwrap();
    let digits = bit_length.div_ceil(4) as usize;
    format!("{prefix}-{:0digits$x}", first >> (32 - bit_length))
}

/// A repository in which only these bins exist, whatever the bit length says.
fn repository(bit_length: u32, bins: &[String]) -> Repository {
    let key = Key::ed25519("bins");
    let mut repository = Repository::new();
    repository.edit("targets", |targets| {
        let roles = json!({"keyids": [key.id], "threshold": 1, "bit_length": bit_length,
            "name_prefix": "bins"});
        targets["delegations"] = json!({"keys": {&key.id: key.json()}, "succinct_roles": roles});
    });
    for bin in bins {
        repository.role(bin, std::slice::from_ref(&key));
    }
    repository
}

#[test]
fn every_bin_is_found() {
    for bit_length in 1..=5 {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::succinct("bins", bit_length));
        let paths = ["django", "numpy", "zope", "six", "é"];
        for path in paths {
            repository.add_target(&bin("bins", path, bit_length), path, path.as_bytes());
        }
        let report = Client::new(&repository).find(&repository, &paths).unwrap();
        for (path, found) in paths.iter().zip(report.found) {
            assert_eq!(found.unwrap().delegation_path, ["targets", &bin("bins", path, bit_length)]);
        }
    }
}

#[test]
fn names_are_padded() {
    for bit_length in [1, 4, 8, 9, 12, 14, 16, 20, 31, 32] {
        let name = bin("bins", "django", bit_length);
        let mut repository = repository(bit_length, std::slice::from_ref(&name));
        repository.add_target(&name, "django", b"django");
        assert_eq!(
            Client::new(&repository).finds(&repository, "django").delegation_path,
            ["targets", &name]
        );
    }
}

#[test]
fn a_bin_that_the_snapshot_does_not_list_ends_the_search() {
    let name = bin("bins", "django", 16);
    let repository = repository(16, &[]);
    let mut client = Client::new(&repository);
    client.find_refused(&repository, "django", "role-not-in-snapshot", &name);
    assert!(
        !client.requests().iter().any(|request| request.contains("bins")),
        "{:?}",
        client.requests()
    );
}

/// By the text of TAP 15 the search would go on. python-tuf and tuf-js end it
/// (findings/tuf-succinct-roles-end-the-search.sh), and repositories are made and tried with them.
#[test]
fn the_bin_of_a_path_ends_the_search() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("first", &["*"]));
    repository.delegate("first", &Delegation::succinct("bins", 1));
    repository.delegate("targets", &Delegation::paths("second", &["*"]));
    repository.add_target("second", "django", b"behind the bins");
    Client::new(&repository).lacks(&repository, "django");
}

#[test]
fn a_bin_does_not_speak_for_another_s_targets() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::succinct("bins", 1));
    let right = bin("bins", "django", 1);
    let wrong = if right.ends_with('0') { "bins-1" } else { "bins-0" };
    repository.add_target(wrong, "django", b"forged");
    Client::new(&repository).lacks(&repository, "django");
}

#[test]
fn the_bit_length_is_1_to_32() {
    for (text, codes) in [
        ("0", &["zero", "invalid-form"][..]),
        ("-1", &["zero", "invalid-form", "invalid-number"]),
        ("33", &["invalid-form"]),
        ("255", &["invalid-form"]),
        ("256", &["invalid-form"]),
        ("4294967297", &["invalid-form"]),
        ("18446744073709551615", &["invalid-form"]),
        ("18446744073709551616", &["invalid-number"]),
        ("8.0", &["invalid-number"]),
        ("\"8\"", &["wrong-type"]),
        ("null", &["wrong-type"]),
    ] {
        let mut repository = repository(4711, &[]);
        repository.replace_text("targets", "4711", text);
        let failure = Client::new(&repository).refresh(&repository).unwrap_err();
        assert!(codes.contains(&failure.error.code()), "{text}: {failure:?}");
        assert_eq!(failure.role, "targets");
    }
}

#[test]
fn every_member_must_be_there() {
    for member in ["keyids", "threshold", "bit_length", "name_prefix"] {
        let mut repository = repository(8, &[]);
        repository.edit("targets", |targets| {
            targets["delegations"]["succinct_roles"].as_object_mut().unwrap().remove(member);
        });
        Client::new(&repository).refuses(&repository, "missing-member", "targets");
    }
}

#[test]
fn beside_a_list_of_roles_it_is_invalid() {
    let mut repository = repository(8, &[]);
    repository.edit("targets", |targets| targets["delegations"]["roles"] = json!([]));
    Client::new(&repository).refuses(&repository, "invalid-delegation", "targets");
}

#[test]
fn each_bin_needs_the_threshold() {
    let keys = [Key::ed25519("a"), Key::p256("b")];
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::succinct("bins", 2).keys(&keys).threshold(2));
    let name = bin("bins", "django", 2);
    repository.add_target(&name, "django", b"django");
    Client::new(&repository).finds(&repository, "django");
    repository.sign_with(&name, &keys[..1]);
    repository.edit(&name, |_| {});
    let error =
        Client::new(&repository).find_refused(&repository, "django", "threshold-not-met", &name);
    assert_eq!(
        error,
        Error::ThresholdNotMet { role: Role::Delegated, threshold: 2, valid: 1, keys: 2 }
    );
}

#[test]
fn below_a_delegated_role_they_work_too() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("project", &["project/*"]));
    repository.delegate("project", &Delegation::succinct("project/bins", 3));
    let name = bin("project/bins", "project/a", 3);
    repository.add_target(&name, "project/a", b"a");
    assert_eq!(
        Client::new(&repository).finds(&repository, "project/a").delegation_path,
        ["targets", "project", &name]
    );
}
