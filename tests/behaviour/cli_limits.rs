//! The limits that are options: at each of them all is well, and one past it is refused.

use crate::prelude::*;
use picotuf_tests::cli::{Cli, is_npm_driver};
use picotuf_tests::server::Server;

/// Three more roots, and files whose lengths nobody lists.
fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.listing = Listing::Versions;
    for role in ["targets", "snapshot"] {
        repository.edit(role, |_| {});
    }
    for text in ["longer than the first", "and longer than that one", "and the longest of them all"]
    {
        repository.publish("root", |root| root["x"] = text.into());
    }
    repository
}

/// The refusal names the option, which is one of the program's.
fn raised_by(verdict: &Value, option: &str) {
    if !is_npm_driver() {
        let hint = format!("if you know that the repository needs more, raise {option}");
        assert_eq!(verdict["error"]["hint"], hint, "{verdict}");
    }
}

#[test]
fn one_that_no_option_raises_says_so() {
    let mut repository = Repository::new();
    let mut signatures: Vec<Value> =
        (0..129).map(|id| json!({"keyid": id.to_string(), "sig": "00"})).collect();
    repository.edit_signatures("timestamp", |all| all.append(&mut signatures));
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let verdict = cli.refuses(&["refresh"], "limit-reached", Some("timestamp"));
    let hint = verdict["error"]["hint"].as_str().unwrap_or_default();
    assert!(is_npm_driver() || hint.starts_with("no option raises this limit"), "{verdict}");
}

#[test]
fn of_each_file_s_length() {
    let repository = repository();
    let server = Server::start(&repository);
    for role in ["root", "timestamp", "snapshot", "targets"] {
        let option = format!("--{role}-max-length");
        let length = repository.bytes(role).len();
        let cli = Cli::initialized(&repository, &server);
        let verdict = cli.refuses(
            &[&option, &(length - 1).to_string(), "refresh"],
            "limit-reached",
            Some(role),
        );
        assert_eq!(verdict["error"]["expected"], length - 1, "{verdict}");
        raised_by(&verdict, &option);
        cli.ok(&[&option, &length.to_string(), "refresh"]);
    }
}

#[test]
fn of_new_roots() {
    let repository = repository();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let verdict =
        cli.refuses(&["--max-root-rotations", "2", "refresh"], "limit-reached", Some("root"));
    assert_eq!(verdict["error"]["expected"], 2, "{verdict}");
    raised_by(&verdict, "--max-root-rotations");
    // Each of the two was well signed, and stays: the next run goes on from there.
    assert_eq!(cli.versions(), [("root".to_owned(), 3)]);
    cli.ok(&["--max-root-rotations", "1", "refresh"]);
    let cli = Cli::initialized(&repository, &server);
    cli.ok(&["--max-root-rotations", "3", "refresh"]);
}

#[test]
fn of_delegated_roles() {
    let mut repository = Repository::new();
    let mut parent = "targets".to_owned();
    for name in ["a", "b", "c"] {
        repository.delegate(&parent, &Delegation::paths(name, &["*"]));
        parent = name.to_owned();
    }
    repository.add_target("c", "file", b"text");
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let verdict = cli.refuses(
        &["--max-delegations", "2", "--target-name", "file", "download"],
        "limit-reached",
        Some("b"),
    );
    assert_eq!(verdict["error"]["expected"], 2, "{verdict}");
    raised_by(&verdict, "--max-delegations");
    assert!(cli.downloads().is_empty());
    cli.ok(&["--max-delegations", "3", "--target-name", "file", "download"]);
    assert_eq!(cli.run(&["--max-delegations", "33", "refresh"]).code, 2);
}
