//! Role names are data: they are encoded in file names, and some are not allowed.

use crate::prelude::*;

#[test]
fn odd_names_are_percent_encoded() {
    for (name, file) in [
        ("a/b", "1.a%2Fb.json"),
        ("../../root", "1...%2F..%2Froot.json"),
        ("..", "1....json"),
        ("Root", "1.Root.json"),
        ("CON", "1.CON.json"),
        ("a b", "1.a%20b.json"),
        ("é", "1.%C3%A9.json"),
        ("\u{1f40d}", "1.%F0%9F%90%8D.json"),
        ("%2F", "1.%252F.json"),
        ("a\\b:c*d?\"<>|", "1.a%5Cb%3Ac%2Ad%3F%22%3C%3E%7C.json"),
        ("A-Z_a.z~0", "1.A-Z_a.z~0.json"),
        ("1.root", "1.1.root.json"),
        ("__proto__", "1.__proto__.json"),
        ("\n\u{0}", "1.%0A%00.json"),
        ("targets.json", "1.targets.json.json"),
    ] {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::paths(name, &["*"]));
        repository.add_target(name, "a", b"a");
        let mut client = Client::new(&repository);
        assert_eq!(client.finds(&repository, "a").delegation_path, ["targets", name]);
        assert_eq!(client.requests().last().map(String::as_str), Some(file));
        assert_eq!(client.stored()[name], repository.bytes(name));
    }
}

#[test]
fn a_top_level_role_s_name_is_not_for_a_delegated_one() {
    for name in ["root", "timestamp", "snapshot", "targets", ""] {
        let mut repository = Repository::new();
        repository.edit("targets", |targets| Delegation::paths(name, &["*"]).add_to(targets));
        let mut client = Client::new(&repository);
        client.refuses(&repository, "invalid-role-name", "targets");
        assert_eq!(client.versions(), [("root", 1), ("snapshot", 1), ("timestamp", 1)]);
    }
}

#[test]
fn such_a_name_behind_an_escape_neither() {
    let mut repository = Repository::new();
    repository.edit("targets", |targets| Delegation::paths("root", &["*"]).add_to(targets));
    repository.replace_text("targets", "\"root\"", "\"r\\u006fot\"");
    Client::new(&repository).refuses(&repository, "invalid-role-name", "targets");
}

#[test]
fn a_list_names_a_role_once() {
    for order in [["a", "b", "a"], ["a", "a", "b"], ["b", "a", "a"]] {
        let mut repository = Repository::new();
        for name in order {
            repository.delegate("targets", &Delegation::paths(name, &["x"]));
        }
        for target in ["x", "y"] {
            Client::new(&repository).find_refused(&repository, target, "duplicate-role", "targets");
        }
    }
}

#[test]
fn names_that_differ_in_case_are_two_roles() {
    let mut repository = Repository::new();
    for name in ["Django", "django"] {
        repository.delegate("targets", &Delegation::paths(name, &[name]));
        repository.add_target(name, name, name.as_bytes());
    }
    let report = Client::new(&repository).find(&repository, &["Django", "django"]).unwrap();
    let paths: Vec<Vec<String>> =
        report.found.into_iter().map(|found| found.unwrap().delegation_path).collect();
    assert_eq!(paths, [["targets", "Django"], ["targets", "django"]]);
}

#[test]
fn a_name_is_of_a_length_that_a_file_name_can_have() {
    let longest = "n".repeat(picotuf::limits::ROLE_NAME_LENGTH_MAX);
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths(&longest, &["*"]));
    repository.add_target(&longest, "a", b"a");
    Client::new(&repository).finds(&repository, "a");
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths(&format!("{longest}n"), &["*"]));
    Client::new(&repository).find_refused(&repository, "a", "limit-reached", "targets");
}
