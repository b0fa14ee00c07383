//! The search through delegations: order, ends, cycles, and roles that are not as they should be.

use picotuf_tests::delegation::Delegation;
use picotuf_tests::keys::Key;
use picotuf_tests::repository::{EXPIRED, Repository};
use serde_json::Value;

use crate::case::{CONTENT, Case, PROJECT, TARGET, base};

/// Names of roles that are no plain file names.
const NAMES: [&str; 26] = [
    "Root",
    "TIMESTAMP",
    "a/b",
    "/a",
    "a/",
    "../root",
    "..",
    ".",
    "a\\b",
    "a b",
    "é",
    "e\u{301}",
    "\u{1f40d}",
    "con",
    "NUL.txt",
    "a%2Fb",
    "1.root",
    "root.json",
    "snapshot ",
    "?a#b",
    "a:b",
    "*",
    "a\0b",
    "a\nb",
    "__proto__",
    "~",
];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    names(&mut cases);
    order(&mut cases);
    broken(&mut cases);
    chains(&mut cases);
    long_names(&mut cases);
    cases
}

fn names(cases: &mut Vec<Case>) {
    for name in NAMES {
        cases.push(Case::new(format!("role name {}", name.escape_debug()), &named(name)));
    }
    for length in [100, 224, 225, 240, 250] {
        cases.push(Case::new(format!("role name of {length} bytes"), &named(&"r".repeat(length))));
    }
    cases.push(Case::new("role name of 70 letters that are encoded", &named(&"é".repeat(70))));
    for name in ["", "root", "timestamp", "snapshot", "targets"] {
        let mut repository = base();
        repository.edit("targets", |signed| Delegation::paths(name, &["*/*"]).add_to(signed));
        cases.push(Case::new(
            format!("role name that is refused: {name:?}, behind the right one"),
            &repository,
        ));
        cases.push(
            Case::new(
                format!("role name that is refused: {name:?}, top-level target"),
                &repository,
            )
            .asking("top.txt"),
        );
    }
    for between in [0, 1, 150] {
        let mut repository = base();
        for number in 0..between {
            repository.edit("targets", |signed| {
                Delegation::paths(&format!("between {number}"), &["x"]).add_to(signed)
            });
        }
        repository
            .edit("targets", |signed| Delegation::paths(PROJECT, &["project/*"]).add_to(signed));
        cases.push(Case::new(format!("a role twice in one list, {between} between"), &repository));
    }
}

/// A repository with the target in a role of this name.
fn named(name: &str) -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths(name, &["project/*"]));
    repository.add_target(name, TARGET, CONTENT);
    repository
}

/// Two delegations for one path, and one below the other.
fn order(cases: &mut Vec<Case>) {
    let all = &["*/*"];
    for (what, first, terminating, lists) in [
        ("the first lists it", "first", false, ["first"].as_slice()),
        ("the second lists it", "first", false, &["second"]),
        ("both list it", "first", false, &["first", "second"]),
        ("neither lists it", "first", false, &[]),
        ("the first is terminating, the first lists it", "first", true, &["first"]),
        ("the first is terminating, the second lists it", "first", true, &["second"]),
        ("the first by name is the second in the list", "z-first", false, &["z-first", "second"]),
    ] {
        let mut repository = Repository::new();
        let mut edge = Delegation::paths(first, all);
        if terminating {
            edge = edge.terminating();
        }
        repository.delegate("targets", &edge);
        repository.delegate("targets", &Delegation::paths("second", all));
        for role in lists {
            repository.add_target(role, TARGET, role.as_bytes());
        }
        cases.push(Case::new(format!("search: two delegations, {what}"), &repository));
    }
    for (what, below, terminating) in [
        ("below the first", "first", false),
        ("below the first, which is terminating", "first", true),
        ("below the second, the first is terminating", "second", true),
    ] {
        let mut repository = Repository::new();
        let edge = Delegation::paths("first", all);
        repository.delegate("targets", &if terminating { edge.terminating() } else { edge });
        repository.delegate("targets", &Delegation::paths("second", all));
        repository.delegate(below, &Delegation::paths("below", all));
        repository.add_target("below", TARGET, CONTENT);
        cases.push(Case::new(format!("search: {what}"), &repository));
    }
    // A terminating one further down ends the search above too.
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("first", all));
    repository.delegate("targets", &Delegation::paths("second", all));
    repository.delegate("first", &Delegation::paths("below", all).terminating());
    repository.add_target("second", TARGET, CONTENT);
    cases.push(Case::new(
        "search: a terminating role below the first, the second lists it",
        &repository,
    ));
    // What a role lists beyond its paths is nothing.
    let mut repository = base();
    repository.add_target(PROJECT, "other/file.txt", CONTENT);
    cases.push(
        Case::new("search: a role lists what is not delegated to it", &repository)
            .asking("other/file.txt"),
    );
    let mut cycle = base();
    cycle.delegate(PROJECT, &Delegation::paths("other", all));
    cycle.delegate("other", &Delegation::paths(PROJECT, all));
    for path in [TARGET, "project/none.txt"] {
        cases.push(Case::new(format!("search: a cycle, {path}"), &cycle).asking(path));
    }
    let mut itself = base();
    itself.edit(PROJECT, |signed| Delegation::paths(PROJECT, all).add_to(signed));
    cases.push(Case::new("search: a role delegates to itself", &itself).asking("project/none.txt"));
    for (what, keys) in [
        ("with the same key", Key::ed25519("below")),
        ("with another key", Key::ed25519("a thief's")),
    ] {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::paths("first", all));
        repository.delegate("targets", &Delegation::paths("second", all));
        repository.delegate("first", &Delegation::paths("below", &["x/*"]));
        repository
            .edit("second", |signed| Delegation::paths("below", all).keys(&[keys]).add_to(signed));
        repository.add_target("below", TARGET, CONTENT);
        cases.push(Case::new(
            format!("search: a role by way of another delegator, {what}"),
            &repository,
        ));
    }
}

/// A role that matches, before the one that lists the target, and is not as it should be.
fn broken(cases: &mut Vec<Case>) {
    let mut add = |what: &str, change: &dyn Fn(&mut Repository)| {
        for (how, path) in [("for its path", TARGET), ("for another path", "top.txt")] {
            let mut repository = Repository::new();
            repository.delegate("targets", &Delegation::paths("first", &["project/*"]));
            repository.delegate("targets", &Delegation::paths(PROJECT, &["project/*"]));
            repository.add_target(PROJECT, TARGET, CONTENT);
            repository.add_target("targets", "top.txt", CONTENT);
            change(&mut repository);
            cases.push(
                Case::new(format!("search: the first role {what}, {how}"), &repository)
                    .asking(path),
            );
        }
    };
    let unlisted = |repository: &mut Repository| {
        repository.edit("snapshot", |signed| {
            signed["meta"].as_object_mut().unwrap().remove("first.json");
        });
    };
    add("is not listed", &unlisted);
    add("is not listed and not there", &|repository| {
        repository.remove("first");
        unlisted(repository);
    });
    add("is not there", &|repository| repository.remove("first"));
    add("has expired", &|repository| {
        repository.edit("first", |signed| signed["expires"] = EXPIRED.into())
    });
    add("is signed by nobody", &|repository| repository.edit_signatures("first", Vec::clear));
    add("is signed by another", &|repository| {
        repository.sign_with("first", &[Key::ed25519("a thief's")]);
        repository.edit("first", |_| {});
    });
    add("is of another type", &|repository| {
        repository.edit("first", |signed| signed["_type"] = "snapshot".into())
    });
    add("is no JSON", &|repository| repository.edit_file("first", |bytes| bytes.truncate(9)));
    add("has no keys", &|repository| {
        repository.edit("targets", |signed| {
            signed["delegations"]["roles"][0]["keyids"] = Value::Array(Vec::new())
        });
    });
}

/// Roles whose names fill what a search keeps of names, and one more.
fn long_names(cases: &mut Vec<Case>) {
    for count in [11, 12] {
        let mut repository = Repository::new();
        for number in 0..count {
            let name = format!("{number:0200}");
            repository.delegate("targets", &Delegation::paths(&name, &["*/*"]));
        }
        repository.add_target(&format!("{:0200}", count - 1), TARGET, CONTENT);
        cases
            .push(Case::new(format!("search: {count} roles with names of 200 bytes"), &repository));
    }
}

/// As deep and as wide as a search goes.
fn chains(cases: &mut Vec<Case>) {
    for length in [5, 31, 32, 33, 40] {
        let mut repository = Repository::new();
        let mut parent = "targets".to_owned();
        for number in 0..length {
            let name = format!("level-{number:02}");
            repository.delegate(&parent, &Delegation::paths(&name, &["*/*"]));
            parent = name;
        }
        repository.add_target(&parent, TARGET, CONTENT);
        cases.push(Case::new(format!("search: {length} roles deep"), &repository));
        cases.push(
            Case::new(format!("search: {length} roles deep, and not there"), &repository)
                .asking("project/none.txt"),
        );
        let mut repository = Repository::new();
        let names: Vec<String> = (0..length).map(|number| format!("role-{number:02}")).collect();
        for name in &names {
            repository.delegate("targets", &Delegation::paths(name, &["*/*"]));
        }
        repository.add_target(names.last().unwrap(), TARGET, CONTENT);
        cases.push(Case::new(format!("search: {length} roles wide"), &repository));
        cases.push(
            Case::new(format!("search: {length} roles wide, and not there"), &repository)
                .asking("project/none.txt"),
        );
    }
}
