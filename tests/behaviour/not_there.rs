//! A file that is not there, and a file that cannot be had, are two things.

use crate::prelude::*;

#[test]
fn only_the_next_root_may_be_absent() {
    for (role, stored) in [
        ("timestamp", vec![("root", 1)]),
        ("snapshot", vec![("root", 1), ("timestamp", 1)]),
        ("targets", vec![("root", 1), ("snapshot", 1), ("timestamp", 1)]),
    ] {
        let mut repository = Repository::new();
        repository.remove(role);
        let mut client = Client::new(&repository);
        let error = client.refuses(&repository, "missing-file", role);
        assert_eq!(error, Error::MissingFile { role: Role::from_name(role) });
        assert_eq!(client.versions(), stored);
    }
}

#[test]
fn a_root_that_cannot_be_read_does_not_end_the_chain() {
    let mut repository = Repository::new();
    repository.publish("root", |_| {});
    let mut client = Client::new(&repository);
    for (name, stored) in [("2.root.json", 1), ("3.root.json", 2)] {
        client.break_files(&[name]);
        client.refuses(&repository, "source-failed", "root");
        assert_eq!(client.versions(), [("root", stored)]);
        assert_eq!(client.requests().last().map(String::as_str), Some(name));
    }
    client.break_files(&[]);
    client.refreshes(&repository);
}

#[test]
fn what_cannot_be_read_loses_nothing() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]));
    repository.add_target("claimed", "a", b"a");
    let mut client = Client::new(&repository);
    client.finds(&repository, "a");
    let before = client.versions().len();
    for role in ["targets", "claimed"] {
        repository.publish(role, |_| {});
    }
    for name in ["timestamp.json", "3.snapshot.json", "2.targets.json", "2.claimed.json"] {
        client.break_files(&[name]);
        let failure = client.find(&repository, &["a"]).unwrap_err();
        assert_eq!(failure.error, Error::SourceFailed, "{name}");
        assert_eq!(client.versions().len(), before);
    }
    client.break_files(&[]);
    client.finds(&repository, "a");
    assert_eq!(client.requests(), ["2.root.json", "timestamp.json", "2.claimed.json"]);
}
