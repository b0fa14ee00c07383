//! One table of cases for all hosts, so that no host decides by itself: `tests/run` runs it with
//! the native command line, and with the driver on the npm package
//! (`PICOTUF_BIN=tests/npm/conformance.mjs`). What a host takes, asks for, writes and says is the
//! same for both.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that goes wrong here fails, as it should"
)]

mod verdicts;

use picotuf_tests::cli::Cli;
use picotuf_tests::delegation::Delegation;
use picotuf_tests::keys::Key;
use picotuf_tests::repository::{Repository, hash};
use picotuf_tests::server::{Behaviour, Server};
use serde_json::{Value, json};

const TEXT: &[u8] = b"a file";

fn cases(of: &str) -> Vec<Value> {
    let table: Value = serde_json::from_str(include_str!("cases.json")).unwrap();
    table[of].as_array().unwrap().clone()
}

fn text<'v>(case: &'v Value, member: &str) -> &'v str {
    case[member].as_str().unwrap_or_else(|| panic!("{case} has no text {member}"))
}

fn user(repository: &Repository) -> (Server, Cli) {
    let server = Server::start(repository);
    let cli = Cli::initialized(repository, &server);
    (server, cli)
}

/// The roots that a user may give, who began with the first and trusts the second.
struct Roots {
    first: Repository,
    second: Repository,
    timestamp: Key,
    snapshot: Key,
}

impl Roots {
    fn new() -> Roots {
        let [timestamp, snapshot] = ["the timestamp's", "the snapshot's"].map(Key::ed25519);
        let mut first = Repository::new();
        first.set_keys("timestamp", std::slice::from_ref(&timestamp), 1);
        first.set_keys("snapshot", std::slice::from_ref(&snapshot), 1);
        let mut second = first.clone();
        second.publish("root", |_| {});
        Roots { first, second, timestamp, snapshot }
    }

    fn given(&self, name: &str) -> Vec<u8> {
        let mut next = self.second.clone();
        let capitals = |key: &Key| key.clone().with_public(&key.public.to_uppercase());
        let other = Key::ed25519("another key");
        match name {
            "first" => next = self.first.clone(),
            "first, written otherwise" => {
                return [b" ", self.first.bytes("root")].concat();
            }
            "second" => {}
            "third" => next.publish("root", |_| {}),
            "third, unsigned" => {
                next.publish("root", |_| {});
                next.edit_signatures("root", Vec::clear);
            }
            "fourth" => (0..2).for_each(|_| next.publish("root", |_| {})),
            "timestamp in capitals" => next.rotate("timestamp", &[capitals(&self.timestamp)], 1),
            "snapshot in capitals" => next.rotate("snapshot", &[capitals(&self.snapshot)], 1),
            "one more timestamp key" => {
                next.rotate("timestamp", &[self.timestamp.clone(), other], 1)
            }
            "another timestamp key" => next.rotate("timestamp", &[other], 1),
            "another snapshot key" => next.rotate("snapshot", &[other], 1),
            "unknown root keys" => {
                next.rotate("root", &[other], 1);
                next.publish("root", |_| {});
            }
            "another repository" | "another repository, newer" => {
                next = Repository::new();
                next.set_keys("root", &[other], 1);
                let version = if name.ends_with("newer") { 3 } else { 2 };
                (1..version).for_each(|_| next.publish("root", |_| {}));
            }
            "timestamp" => return next.bytes("timestamp").to_vec(),
            _ => panic!("no root is called {name}"),
        }
        next.bytes("root").to_vec()
    }
}

/// A root that spells a key in another way would cost its user the protection against rollback, if
/// a host compared texts.
#[test]
fn the_same_trust_anchors_are_taken_and_cost_the_same_files() {
    let roots = Roots::new();
    for case in cases("anchors") {
        let (server, cli) = user(&roots.first);
        server.serve(&roots.second);
        cli.ok(&["refresh"]);
        let file =
            cli.write("given.json", &roots.given(text(&case, "given"))).display().to_string();
        let (exit, verdict) = cli.json(&["init", &file]);
        assert_eq!(
            (exit == 0, &verdict["error"]["code"]),
            (case["code"].is_null(), &case["code"]),
            "{case}: {verdict}"
        );
        let versions = cli.versions();
        let mut expected =
            vec![("root".to_owned(), case["root"].as_u64().unwrap()), ("targets".to_owned(), 1)];
        if case["kept"] == true {
            expected.extend(["snapshot", "timestamp"].map(|role| (role.to_owned(), 1)));
        }
        expected.sort();
        assert_eq!(versions, expected, "{case}");
        // The store goes on from what it has.
        if case["code"].is_null() && case["kept"] == true {
            cli.ok(&["init", &file]);
            assert_eq!(cli.versions(), expected, "{case}");
        }
    }
}

#[test]
fn the_same_urls_are_asked_for_targets() {
    for case in cases("targets") {
        let consistent = case["consistent"] == true;
        let mut repository =
            if consistent { Repository::new() } else { Repository::inconsistent() };
        if let Some(hashes) = case["hashes"].as_array() {
            let known = ["sha256", "sha512", "blake2b-256"];
            repository.target_hashes =
                known.into_iter().filter(|name| hashes.contains(&json!(name))).collect();
        }
        let path = text(&case, "path");
        repository.add_target("targets", path, TEXT);
        let (server, cli) = user(&repository);
        let asked = |request: &Value| {
            let mut url = format!("/targets/{}", request.as_str().unwrap());
            for algorithm in ["sha256", "sha512"] {
                url = url.replace(&format!("{{{algorithm}}}"), &hash(algorithm, TEXT));
            }
            url
        };
        let expected: Vec<String> =
            case["requests"].as_array().unwrap().iter().map(asked).collect();
        let withheld = usize::try_from(case["withheld"].as_u64().unwrap_or(0)).unwrap();
        for url in &expected[..withheld] {
            server.misbehave(url, Behaviour::Status(404));
        }
        cli.ok(&["--target-name", path, "download"]);
        let found: Vec<String> =
            server.take_paths().into_iter().filter(|url| url.starts_with("/targets/")).collect();
        assert_eq!(found, expected, "{case}");
        assert_eq!(cli.downloads(), [(path.to_owned(), TEXT.to_vec())], "{case}");
    }
}

#[test]
fn the_same_paths_become_local_files() {
    for case in cases("local_paths") {
        let path = text(&case, "path");
        let mut repository = Repository::inconsistent();
        repository.add_target("targets", path, TEXT);
        let (_server, cli) = user(&repository);
        let (exit, verdict) = cli.json(&["--target-name", path, "download"]);
        let Some(reason) = case["refused"].as_str() else {
            assert_eq!(
                (exit, cli.downloads()),
                (0, vec![(path.to_owned(), TEXT.to_vec())]),
                "{case}: {verdict}"
            );
            continue;
        };
        let error = &verdict["error"];
        let message = format!("the path cannot be used for a local file: {reason}");
        assert_eq!(
            (
                &error["code"],
                &error["message"],
                &error["blame"],
                error["target"].as_str().unwrap_or_default()
            ),
            (&json!("unsafe-target-path"), &json!(message), &json!("repository"), path),
            "{case}: {verdict}"
        );
        assert!(cli.downloads().is_empty() && cli.strays().is_empty(), "{case}");
    }
}

#[test]
fn the_same_names_stand_for_roles() {
    for case in cases("roles") {
        let role = text(&case, "role");
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::paths(role, &["*"]));
        repository.add_target(role, "file", TEXT);
        let (server, cli) = user(&repository);
        cli.ok(&["--target-name", "file", "download"]);
        let url = format!("/metadata/{}", text(&case, "request"));
        let found = server.take_paths();
        assert!(found.contains(&url), "{case}: {found:?}");
        let stored = cli.metadata_dir().join(text(&case, "file"));
        assert_eq!(std::fs::read(stored).unwrap(), repository.bytes(role), "{case}");
    }
}

#[test]
fn the_same_members_of_custom_are_known() {
    for case in cases("custom") {
        let mut repository = Repository::new();
        repository.add_target("targets", "file", TEXT);
        repository.edit("targets", |targets| {
            targets["targets"]["file"]["custom"] = case["custom"].clone()
        });
        let (_server, cli) = user(&repository);
        let verdict = cli.json_ok(&["--target-name", "file", "download"]);
        assert_eq!(verdict["targets"][0]["fields"], case["fields"], "{case}: {verdict}");
    }
}

#[test]
fn the_same_answers_end_the_chain_of_roots() {
    for case in cases("statuses") {
        let (server, cli) = user(&Repository::new());
        let status = u16::try_from(case["status"].as_u64().unwrap()).unwrap();
        server.misbehave("/metadata/2.root.json", Behaviour::Status(status));
        let (exit, verdict) = cli.json(&["refresh"]);
        let expected =
            if case["absent"] == true { (0, Value::Null) } else { (1, json!("http-status")) };
        assert_eq!((exit, verdict["error"]["code"].clone()), expected, "{case}: {verdict}");
    }
}
