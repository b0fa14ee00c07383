//! Servers that do not serve: what was trusted stays, and is still of use.

use std::time::Duration;

use crate::prelude::*;
use picotuf_tests::cli::is_npm_driver;
use picotuf_tests::server::Behaviour;

type Versions = Vec<(&'static str, u64)>;

/// What each role's file is called, once everything has been published twice, and what stays stored
/// where it cannot be had.
fn files() -> [(&'static str, &'static str, Versions); 4] {
    [
        ("root", "/metadata/2.root.json", top_level(1, 1, 1, 1)),
        ("timestamp", "/metadata/timestamp.json", top_level(2, 1, 1, 1)),
        ("snapshot", "/metadata/2.snapshot.json", top_level(2, 1, 1, 2)),
        ("targets", "/metadata/2.targets.json", top_level(2, 2, 1, 2)),
    ]
}

fn published(before: &Repository) -> Repository {
    let mut repository = before.clone();
    repository.publish("root", |_| {});
    repository.publish("targets", |targets| targets["x"] = "y".repeat(3000).into());
    repository
}

/// The code of the npm package for a fault of the transport: the runtime's own `fetch` does not
/// tell these from a connection that is cut.
fn code_of(code: &'static str) -> &'static str {
    if is_npm_driver() && matches!(code, "redirect" | "content-encoding") {
        "connection"
    } else {
        code
    }
}

/// The binary refuses with this code, and keeps what it had.
fn costs_a_line(
    victim: &Victim,
    path: &str,
    behaviour: Behaviour,
    code: &str,
    stored: &[(&str, u64)],
    options: &[&str],
) {
    victim.server.misbehave(path, behaviour.clone());
    let mut arguments = options.to_vec();
    arguments.push("refresh");
    let outcome = victim.cli.run(&arguments);
    assert_eq!(
        (outcome.code, outcome.stderr.trim_end().lines().count()),
        (1, 1),
        "{path} {behaviour:?}: {outcome:?}"
    );
    assert!(
        outcome.stderr.contains(&format!("[{code}]")),
        "{path} {behaviour:?}: {code} is not in {outcome:?}"
    );
    let stored: Vec<(String, u64)> =
        stored.iter().map(|(role, version)| ((*role).to_owned(), *version)).collect();
    assert_eq!(victim.cli.versions(), stored, "{path} {behaviour:?}");
    assert!(victim.strays().is_empty(), "{path} {behaviour:?}: {:?}", victim.strays());
}

#[test]
fn with_each_file() {
    let before = honest();
    let published = published(&before);
    for (role, path, stored) in files() {
        let length = published.files[path.trim_start_matches("/metadata/")].len();
        let elsewhere = "/metadata/elsewhere.json";
        // What is too long is called so by its listing, where it has one.
        let too_long = if matches!(role, "snapshot" | "targets") {
            "length-mismatch"
        } else {
            "limit-reached"
        };
        let too_short = if matches!(role, "snapshot" | "targets") {
            "length-mismatch"
        } else {
            "unexpected-end"
        };
        for (behaviour, code) in [
            (Behaviour::Endless, too_long),
            (Behaviour::EndlessChunks, too_long),
            (Behaviour::EndlessHeaders, "connection"),
            (Behaviour::Garbage, "connection"),
            (Behaviour::Cut(0), "connection"),
            (Behaviour::Cut(1), "connection"),
            (Behaviour::Cut(length - 1), "connection"),
            (Behaviour::ContentLength(u64::MAX), "connection"),
            (Behaviour::ContentLength(length as u64 + 1), "connection"),
            (Behaviour::ContentLength(length as u64 - 1), too_short),
            (Behaviour::ContentLength(0), too_short),
            (Behaviour::Redirect("file:///etc/hostname".to_owned()), "redirect"),
            (Behaviour::Redirect("ftp://127.0.0.1/x".to_owned()), "redirect"),
            (Behaviour::Redirect("http://[".to_owned()), "redirect"),
            (Behaviour::Redirect(path.to_owned()), "redirect"),
            (Behaviour::Redirect(elsewhere.to_owned()), "redirect"),
            (Behaviour::Status(500), "http-status"),
            (Behaviour::Status(503), "http-status"),
            (Behaviour::Status(206), "http-status"),
            (Behaviour::Status(304), "http-status"),
            (Behaviour::ClaimsGzip, "content-encoding"),
        ] {
            let mut victim = Victim::of(&before);
            victim.server.serve(&published);
            victim.server.misbehave(elsewhere, Behaviour::Redirect(path.to_owned()));
            costs_a_line(&victim, path, behaviour, code_of(code), &stored, &[]);
            victim.recovers(&published);
        }
    }
}

#[test]
fn with_a_target() {
    let before = honest();
    let mut after = before.clone();
    after.add_target("targets", "other.txt", b"another text");
    after.publish("targets", |_| {});
    let path = format!("/targets/{}.other.txt", hash("sha256", b"another text"));
    let arguments = ["--target-name", "other.txt", "download"];
    let mut victim = Victim::of(&before);
    victim.recovers(&after);
    for (behaviour, code) in [
        (Behaviour::Endless, "length-mismatch"),
        (Behaviour::EndlessChunks, "length-mismatch"),
        (Behaviour::Cut(5), "connection"),
        (Behaviour::ContentLength(11), "length-mismatch"),
        (Behaviour::ContentLength(13), "connection"),
        (Behaviour::Redirect("file:///etc/hostname".to_owned()), "redirect"),
        (Behaviour::Redirect(path.clone()), "redirect"),
        (Behaviour::Status(500), "http-status"),
        (Behaviour::Status(404), "missing-target"),
        (Behaviour::ClaimsGzip, "content-encoding"),
    ] {
        victim.server.misbehave(&path, behaviour);
        victim.cli.refuses(&arguments, code_of(code), None);
        victim.is_unharmed();
    }
    victim.recovers(&after);
}

/// The total time limit ends it.
#[test]
fn by_saying_nothing() {
    let before = honest();
    let mut victim = Victim::of(&before);
    victim.server.serve(&published(&before));
    for behaviour in [Behaviour::Silent, Behaviour::Slow(Duration::from_millis(100))] {
        costs_a_line(
            &victim,
            "/metadata/timestamp.json",
            behaviour,
            "timeout",
            &top_level(2, 1, 1, 1),
            &["--timeout", "1"],
        );
    }
    victim.recovers(&published(&before));
}

/// The minimum rate ends it: a byte every tenth of a second keeps any limit of silence, and would
/// take half an hour.
#[test]
fn by_being_slow() {
    let before = honest();
    let mut victim = Victim::of(&before);
    let mut slow = published(&before);
    slow.publish("timestamp", |timestamp| timestamp["x"] = "y".repeat(10_000).into());
    victim.server.serve(&slow);
    let behaviour = Behaviour::Slow(Duration::from_millis(100));
    costs_a_line(
        &victim,
        "/metadata/timestamp.json",
        behaviour,
        "too-slow",
        &top_level(2, 1, 1, 1),
        &[],
    );
    victim.recovers(&slow);
}
