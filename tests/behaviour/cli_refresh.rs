//! `picotuf refresh`, over HTTP: what is asked for, what is stored, what is said.

use std::time::Duration;

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::{Behaviour, Server};

fn versions(root: u64, snapshot: u64, targets: u64, timestamp: u64) -> Vec<(String, u64)> {
    top_level(root, snapshot, targets, timestamp)
        .into_iter()
        .map(|(role, version)| (role.to_owned(), version))
        .collect()
}

#[test]
fn it_fetches_what_changed_and_keeps_the_bytes() {
    let mut repository = Repository::new();
    repository.rotate("root", &[Key::p256("second")], 1);
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let verdict = cli.json_ok(&["refresh"]);
    let metadata =
        |names: &[&str]| names.iter().map(|name| format!("/metadata/{name}")).collect::<Vec<_>>();
    let expected = metadata(&[
        "2.root.json",
        "3.root.json",
        "timestamp.json",
        "1.snapshot.json",
        "1.targets.json",
    ]);
    assert_eq!(server.take_paths(), expected);
    assert_eq!(cli.versions(), versions(2, 1, 1, 1));
    for role in ["root", "timestamp", "snapshot", "targets"] {
        assert_eq!(cli.stored(role).as_deref(), Some(repository.bytes(role)), "{role}");
        let said =
            verdict["roles"].as_array().unwrap().iter().find(|said| said["role"] == role).unwrap();
        assert_eq!(said["version"], repository.version(role), "{said}");
        assert_eq!(said["signers"].as_array().unwrap().len(), 1, "{said}");
        assert_eq!((&said["threshold"], &said["keys"]), (&json!(1), &json!(1)), "{said}");
    }
    assert_eq!(verdict["time"], NOW);
    cli.ok(&["refresh"]);
    assert_eq!(server.take_paths(), metadata(&["3.root.json", "timestamp.json"]));
    repository.publish("targets", |_| {});
    server.serve(&repository);
    cli.ok(&["refresh"]);
    assert_eq!(
        server.take_paths(),
        metadata(&["3.root.json", "timestamp.json", "2.snapshot.json", "2.targets.json"])
    );
    assert_eq!(cli.versions(), versions(2, 2, 2, 2));
    assert!(cli.strays().is_empty(), "{:?}", cli.strays());
}

#[test]
fn every_style_of_file_is_read() {
    for style in Style::ALL {
        let mut repository = Repository::new();
        repository.style = style;
        for role in ["root", "targets", "snapshot", "timestamp"] {
            repository.edit(role, |signed| signed["\u{1f40d}"] = json!({"b": "é", "a": [1]}));
        }
        let server = Server::start(&repository);
        let cli = Cli::initialized(&repository, &server);
        cli.ok(&["refresh"]);
        repository.publish("targets", |_| {});
        server.serve(&repository);
        cli.ok(&["refresh"]);
        assert_eq!(cli.versions(), versions(1, 2, 2, 2), "{style:?}");
        // The floor holds in this style too.
        repository.edit("targets", |targets| targets["version"] = 1.into());
        repository.publish("snapshot", |_| {});
        server.serve(&repository);
        cli.refuses(&["refresh"], "rollback", Some("snapshot"));
        assert_eq!(cli.versions(), versions(1, 2, 2, 3), "{style:?}");
    }
}

#[test]
fn each_refusal_has_its_code_and_leaves_what_was_good() {
    type Attack = fn(&mut Repository);
    type Stored = Vec<(String, u64)>;
    let attacks: [(Attack, &str, &str, Stored); 8] = [
        (
            |repository| repository.publish("timestamp", |t| t["expires"] = EXPIRED.into()),
            "expired",
            "timestamp",
            versions(1, 5, 5, 5),
        ),
        (
            |repository| repository.edit("timestamp", |t| t["version"] = 4.into()),
            "rollback",
            "timestamp",
            versions(1, 5, 5, 5),
        ),
        (
            |repository| {
                repository.publish("timestamp", |_| {});
                repository.edit_signatures("timestamp", Vec::clear);
            },
            "threshold-not-met",
            "timestamp",
            versions(1, 5, 5, 5),
        ),
        (
            |repository| {
                repository.publish("snapshot", |_| {});
                repository.tamper("snapshot", |bytes| bytes.push(b' '));
            },
            "length-mismatch",
            "snapshot",
            versions(1, 5, 5, 6),
        ),
        (
            |repository| {
                repository.publish("targets", |_| {});
                repository.remove("targets");
            },
            "missing-file",
            "targets",
            versions(1, 6, 5, 6),
        ),
        (
            |repository| repository.publish("targets", |targets| targets["_type"] = "root".into()),
            "wrong-role",
            "targets",
            versions(1, 6, 5, 6),
        ),
        (
            |repository| {
                repository.sign_with("root", &[Key::ed25519("thief")]);
                repository.publish("root", |_| {});
            },
            "threshold-not-met",
            "root",
            versions(1, 5, 5, 5),
        ),
        (
            |repository| repository.publish("root", |root| root["expires"] = EXPIRED.into()),
            "expired",
            "root",
            versions(2, 5, 5, 5),
        ),
    ];
    let mut base = Repository::new();
    for role in ["targets", "snapshot", "timestamp"] {
        base.edit(role, |signed| signed["version"] = 5.into());
    }
    for (attack, code, role, stored) in attacks {
        let mut repository = base.clone();
        let server = Server::start(&repository);
        let cli = Cli::initialized(&repository, &server);
        cli.ok(&["refresh"]);
        attack(&mut repository);
        server.serve(&repository);
        let outcome = cli.run(&["refresh"]);
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert_eq!(outcome.stderr.trim_end().lines().count(), 1, "one line: {outcome:?}");
        assert!(outcome.stderr.contains(code) && outcome.stderr.contains(role), "{outcome:?}");
        cli.refuses(&["refresh"], code, Some(role));
        assert_eq!(cli.versions(), stored, "{code} {role}");
    }
}

#[test]
fn only_404_and_403_end_the_chain_of_roots() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    for status in [404, 403] {
        let cli = Cli::initialized(&repository, &server);
        server.misbehave("/metadata/2.root.json", Behaviour::Status(status));
        cli.ok(&["refresh"]);
    }
    for status in [400, 401, 410, 429, 500, 502, 503] {
        let cli = Cli::initialized(&repository, &server);
        server.misbehave("/metadata/2.root.json", Behaviour::Status(status));
        let (code, verdict) = cli.json(&["refresh"]);
        assert_eq!((code, &verdict["ok"]), (1, &json!(false)), "{status}: {verdict}");
        assert_eq!(cli.versions(), [("root".to_owned(), 1)], "{status}");
    }
}

#[test]
fn a_server_that_misbehaves_costs_a_line_and_no_trust() {
    let mut repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    cli.ok(&["refresh"]);
    repository.publish("targets", |_| {});
    server.serve(&repository);
    let length = repository.bytes("timestamp").len();
    let elsewhere = format!("{}/metadata/elsewhere.json", server.url());
    server.misbehave("/metadata/elsewhere.json", Behaviour::Redirect(elsewhere.clone()));
    for behaviour in [
        Behaviour::Cut(0),
        Behaviour::Cut(length / 2),
        Behaviour::Cut(length - 1),
        Behaviour::Endless,
        Behaviour::ContentLength(u64::MAX),
        Behaviour::ContentLength(length as u64 + 100),
        Behaviour::ContentLength(length as u64 - 1),
        Behaviour::Redirect("file:///etc/hostname".to_owned()),
        Behaviour::Redirect(elsewhere),
        Behaviour::ClaimsGzip,
    ] {
        server.misbehave("/metadata/timestamp.json", behaviour.clone());
        let (code, verdict) = cli.json(&["--timeout", "10", "refresh"]);
        assert_eq!((code, &verdict["ok"]), (1, &json!(false)), "{behaviour:?}: {verdict}");
        assert!(verdict["error"]["code"].is_string(), "{behaviour:?}: {verdict}");
        assert_eq!(cli.versions(), versions(1, 1, 1, 1), "{behaviour:?}");
    }
    server.behave();
    cli.ok(&["refresh"]);
    assert_eq!(cli.versions(), versions(1, 2, 2, 2));
}

#[test]
fn a_server_that_is_too_slow_is_given_up() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    for behaviour in [Behaviour::Silent, Behaviour::Slow(Duration::from_millis(200))] {
        server.misbehave("/metadata/timestamp.json", behaviour);
        let started = std::time::Instant::now();
        let (code, verdict) = cli.json(&["--timeout", "2", "refresh"]);
        assert_eq!((code, &verdict["ok"]), (1, &json!(false)), "{verdict}");
        assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    }
}

#[test]
fn no_content_encoding_is_asked_for() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    cli.ok(&["refresh"]);
    for request in server.take_requests() {
        let encodings = request.headers.get("accept-encoding").map_or("", String::as_str);
        assert!(matches!(encodings, "" | "identity"), "{request:?}");
        assert!(request.headers.contains_key("user-agent"), "{request:?}");
    }
}

#[test]
fn each_request_and_each_file_that_became_trusted_is_told_where_it_is_asked_for() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let outcome = cli.ok(&["-v", "refresh"]);
    for (role, path) in [
        ("timestamp", "timestamp.json"),
        ("snapshot", "1.snapshot.json"),
        ("targets", "1.targets.json"),
    ] {
        for line in [
            format!("GET {}/{path}: 200", server.metadata_url()),
            format!("trusted: {role} version 1, signed by "),
        ] {
            let found = outcome.stderr.lines().filter(|found| found.starts_with(&line)).count();
            assert_eq!(found, 1, "{line}: {outcome:?}");
        }
    }
    assert_eq!(cli.ok(&["refresh"]).stderr, "");
}

#[test]
fn a_ca_file_without_a_certificate_is_wrong_usage() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let files = [cli.write("anchor.json", repository.anchor()), cli.write("empty.pem", b"")];
    for file in files {
        let outcome = cli.run(&["--ca-file", &file.display().to_string(), "refresh"]);
        assert_eq!((outcome.code, outcome.stderr.lines().count()), (2, 1), "{outcome:?}");
    }
    let file = cli.write("broken.pem", broken).display().to_string();
    assert_ne!(
        cli.run(&["--ca-file", &file, "--metadata-url", "https://127.0.0.1:1/", "refresh"]).code,
        0
    );
    assert!(server.take_paths().is_empty());
}

#[test]
fn a_good_redirect_is_followed_without_credentials() {
    let repository = Repository::new();
    let (server, other) = (Server::start(&repository), Server::start(&repository));
    let cli = Cli::initialized(&repository, &server);
    let elsewhere = other.metadata_url().replace("127.0.0.1", "localhost") + "/timestamp.json";
    server.misbehave("/metadata/timestamp.json", Behaviour::Redirect(elsewhere));
    let secret = server.metadata_url().replace("http://", "http://user:secret@");
    let outcome = cli.ok(&["-v", "--metadata-url", &secret, "refresh"]);
    assert!(!format!("{outcome:?}").contains("secret"), "{outcome:?}");
    let first = server.take_requests();
    assert!(first.iter().all(|request| request.headers.contains_key("authorization")), "{first:?}");
    let second = other.take_requests();
    assert_eq!(second.len(), 1);
    assert!(!second[0].headers.contains_key("authorization"), "{second:?}");
}

#[test]
fn the_systems_clock_decides_where_no_time_is_given() {
    // All of it expired long before these lines were written, but the root.
    let mut repository = Repository::new();
    repository.edit("root", |root| root["expires"] = "9999-12-31T23:59:59Z".into());
    let server = Server::start(&repository);
    let mut cli = Cli::initialized(&repository, &server);
    let at = cli.options.iter().position(|option| option == "--at").unwrap();
    cli.options.drain(at..at + 2);
    cli.refuses(&["refresh"], "expired", Some("timestamp"));
    for role in ["targets", "snapshot", "timestamp"] {
        repository.edit(role, |signed| signed["expires"] = "9999-12-31T23:59:59Z".into());
    }
    server.serve(&repository);
    cli.ok(&["refresh"]);
}

#[test]
fn a_folder_is_a_repository_too() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &repository.files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let path = folder.path().display().to_string();
    cli.ok(&["--metadata-url", &path, "refresh"]);
    assert_eq!(cli.versions(), versions(1, 1, 1, 1));
    let other = Cli::initialized(&repository, &server);
    other.ok(&["--metadata-url", &format!("file://{path}"), "refresh"]);
    assert_eq!(other.versions(), versions(1, 1, 1, 1));
    assert!(server.take_paths().is_empty());
}

#[test]
fn recovery_from_a_thief_who_went_ahead() {
    let mut repository = Repository::new();
    for role in ["targets", "snapshot", "timestamp"] {
        repository.edit(role, |signed| signed["version"] = 100.into());
    }
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    cli.ok(&["refresh"]);
    repository.sign_with("timestamp", &[Key::ed25519("recovered")]);
    repository.publish("root", |root| set_keys(root, "timestamp", &[Key::ed25519("recovered")], 1));
    for role in ["targets", "snapshot", "timestamp"] {
        repository.edit(role, |signed| signed["version"] = 1.into());
    }
    server.serve(&repository);
    cli.ok(&["refresh"]);
    assert_eq!(cli.versions(), versions(2, 1, 1, 1));
}
