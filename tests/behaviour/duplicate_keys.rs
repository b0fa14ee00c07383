//! No object has two members of one name, at any depth.

use crate::prelude::*;

/// In the text of which role, what is replaced by what. All are sorted but for the duplicate
/// itself, which stands beside.
const BESIDE: [(&str, &str, &str); 12] = [
    ("root", r#""version":1"#, r#""version":1,"version":1"#),
    ("timestamp", r#""version":1"#, r#""version":1,"version":1"#),
    ("snapshot", r#""version":1"#, r#""version":1,"version":1"#),
    ("targets", r#""version":1"#, r#""version":1,"version":2"#),
    ("targets", r#""version":1"#, r#""version":1,"v\u0065rsion":1"#),
    ("targets", r#""version":1"#, r#""\u0076ersion":1,"version":1"#),
    ("root", r#""keytype":"ed25519""#, r#""keytype":"ed25519","keytype":"ed25519""#),
    ("root", r#""threshold":1"#, r#""threshold":1,"threshold":1"#),
    ("snapshot", r#""length":"#, r#""length":1,"length":"#),
    ("targets", r#""custom":{"#, r#""custom":{"a":1,"a":1,"#),
    ("targets", r#""custom":{"#, r#""custom":{"a":[{"b":{},"b":{}}],"#),
    ("targets", r#""hashes":{"#, r#""hashes":{"md5":"00","md5":"00","#),
];

fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.add_target("targets", "a", b"a");
    repository.edit("targets", |targets| targets["targets"]["a"]["custom"] = json!({"z": 1}));
    repository
}

fn stored_below(role: &str) -> usize {
    match role {
        "root" => 0,
        "timestamp" => 1,
        "snapshot" => 2,
        _ => 3,
    }
}

#[test]
fn a_duplicate_beside_the_first_is_refused() {
    for (role, from, to) in BESIDE {
        let mut repository = repository();
        if role == "root" {
            repository.publish("root", |_| {});
        }
        let (from, to) = match role {
            "root" if from.starts_with("\"version") => {
                (from.replace('1', "2"), to.replace('1', "2"))
            }
            _ => (from.to_owned(), to.to_owned()),
        };
        repository.replace_text(role, &from, &to);
        let mut client = Client::new(&repository);
        let error = client.refuses(&repository, "duplicate-member", role);
        assert!(
            matches!(error, Error::DuplicateMember { position } if position > 0),
            "{to}: {error:?}"
        );
        assert_eq!(client.versions().len(), stored_below(role).max(1), "{to}");
    }
}

#[test]
fn a_duplicate_far_from_the_first_is_refused() {
    for (from, to) in [
        (r#"{"_type""#, r#"{"version":1,"_type""#),
        (r#""version":1}"#, r#""version":1,"_type":"targets"}"#),
        (r#""version":1}"#, r#""version":1,"x":1,"y":1,"x":1}"#),
    ] {
        let mut repository = repository();
        repository.replace_text("targets", from, to);
        let mut client = Client::new(&repository).windows_refuse();
        client.refuses(&repository, "duplicate-member", "targets");
    }
}

#[test]
fn a_target_listed_twice_is_refused_even_when_another_is_asked_for() {
    let mut repository = repository();
    repository.add_target("targets", "b", b"b");
    repository.replace_text(
        "targets",
        r#""b":{"#,
        r#""a":{"hashes":{"sha256":"00"},"length":1},"b":{"#,
    );
    Client::new(&repository).find_refused(&repository, "b", "duplicate-member", "targets");
}

#[test]
fn a_duplicate_outside_of_what_is_signed_is_refused() {
    let signed = format!("\"signed\":{}", Style::PYTHON.write(repository().signed("targets")));
    let twice = format!("{signed},{signed}");
    for (from, to) in [
        (r#"{"signatures":"#, r#"{"signatures":[],"signatures":"#),
        (&signed, &twice),
        (r#"{"keyid":"#, r#"{"keyid":"x","keyid":"#),
        (r#""sig":"#, r#""sig":"","sig":"#),
        (r#"{"signatures":"#, r#"{"a":1,"a":1,"signatures":"#),
    ] {
        let mut repository = repository();
        repository.edit_file("targets", |bytes| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains(from), "{from}");
            *bytes = text.replacen(from, to, 1).into_bytes();
        });
        let failure = Client::new(&repository).refresh(&repository).unwrap_err();
        assert_eq!(
            (failure.error.code(), failure.role.as_str()),
            ("duplicate-member", "targets"),
            "{to}"
        );
    }
}

#[test]
fn names_are_case_sensitive() {
    let mut repository = repository();
    repository.edit("targets", |targets| {
        targets["Version"] = 7.into();
        targets["VERSION"] = "other".into();
    });
    let report = Client::new(&repository).refreshes(&repository);
    assert_eq!(report.role("targets").version, 1);
}
