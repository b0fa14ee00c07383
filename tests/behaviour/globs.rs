//! Path patterns: `*` and `?`, never across `/`, the same on every system.

use crate::prelude::*;

const CASES: [(&str, &str, bool); 44] = [
    ("a", "a", true),
    ("a", "A", false),
    ("A", "a", false),
    ("É", "é", false),
    ("*", "a", true),
    ("*", ".hidden", true),
    ("*", "a/b", false),
    ("*/*", "a/b", true),
    ("*/*", "a", false),
    ("*/*", "a/b/c", false),
    ("*", "", true),
    ("", "a", false),
    ("a*", "a", true),
    ("*a*b*", "xaxbx", true),
    ("*a*b*", "xbxax", false),
    ("*.whl", "django-5.0.whl", true),
    ("*.whl", "django-5.0.tar.gz", false),
    ("*.whl", "dir/django.whl", false),
    ("dir/*.whl", "dir/django.whl", true),
    ("dir/*", "dir/", true),
    ("dir/", "dir/", true),
    ("dir/*", "dir", false),
    ("/a", "a", false),
    ("**", "a/b", false),
    ("**/b", "a/b", true),
    ("**/b", "a/a/b", false),
    ("?", "a", true),
    ("?", "", false),
    ("?", "ab", false),
    ("?", "/", false),
    ("a?b", "a/b", false),
    ("?", "é", true),
    ("?", "\u{1f40d}", true),
    ("??", "\u{1f40d}", false),
    ("[ab]", "a", false),
    ("[ab]", "[ab]", true),
    ("[!a]", "b", false),
    ("[!a]", "[!a]", true),
    ("{a,b}", "a", false),
    ("{a,b}", "{a,b}", true),
    ("!a", "b", false),
    ("\\*", "*", false),
    ("\\*", "\\x", true),
    ("a.b", "axb", false),
];

#[test]
fn a_delegation_matches_as_its_pattern_says() {
    for (pattern, path, matches) in CASES {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::paths("claimed", &[pattern]));
        repository.add_target("claimed", path, b"content");
        let report = Client::new(&repository).find(&repository, &[path]).unwrap();
        assert_eq!(report.found[0].is_some(), matches, "{pattern} and {path}");
    }
}

#[test]
fn one_of_several_patterns_is_enough() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["x", "y/*", "*.whl"]));
    repository.add_target("claimed", "a.whl", b"a");
    repository.add_target("claimed", "z/a", b"a");
    let mut client = Client::new(&repository);
    client.finds(&repository, "a.whl");
    client.lacks(&repository, "z/a");
}

#[test]
fn a_role_that_matches_nothing_is_not_asked_for() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["x", "y"]));
    repository.delegate("targets", &Delegation::paths("nothing", &[]));
    let mut client = Client::new(&repository);
    client.lacks(&repository, "z");
    assert_eq!(
        client.requests(),
        ["2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"]
    );
}

#[test]
fn a_pattern_made_to_backtrack_ends() {
    let mut repository = Repository::new();
    repository
        .delegate("targets", &Delegation::paths("claimed", &[&format!("{}b", "*a".repeat(100))]));
    Client::new(&repository).lacks(&repository, &"a".repeat(900));
}
