//! Several mirrors of one repository: which of them is asked, what is said of those that are no
//! good, what stays stored.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::{Behaviour, Server};

/// How a mirror is no good.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bad {
    NotThere,
    ServerError,
    ChangedBytes,
    Rollback,
    Frozen,
    Endless,
    Cut,
    Refused,
}

const ALL: [Bad; 8] = [
    Bad::NotThere,
    Bad::ServerError,
    Bad::ChangedBytes,
    Bad::Rollback,
    Bad::Frozen,
    Bad::Endless,
    Bad::Cut,
    Bad::Refused,
];

impl Bad {
    /// What is said of it where the timestamp is what it fails at.
    fn code(self) -> &'static str {
        match self {
            Bad::NotThere => "[missing-file]",
            Bad::ServerError => "[http-status]",
            Bad::ChangedBytes => "[threshold-not-met]",
            Bad::Rollback => "[rollback]",
            Bad::Frozen => "[expired]",
            Bad::Endless => "[limit-reached]",
            Bad::Cut | Bad::Refused => "[connection]",
        }
    }
}

/// A repository at three times: as the client knows it, an older state of it, and the present one.
struct States {
    known: Repository,
    old: Repository,
    new: Repository,
}

fn states() -> States {
    let old = Repository::new();
    let mut known = old.clone();
    known.publish("targets", |_| {});
    known.delegate("targets", &Delegation::paths("claimed", &["claimed/*"]));
    known.add_target("claimed", "claimed/a.whl", b"a wheel");
    let mut new = known.clone();
    new.publish("targets", |_| {});
    States { known, old, new }
}

/// A mirror that is no good, and its URL; nothing listens where it refuses connections.
fn bad(kind: Bad, states: &States) -> (Option<Server>, String) {
    let server = Server::start(&states.new);
    let timestamp = "/metadata/timestamp.json";
    match kind {
        Bad::NotThere => server.misbehave(timestamp, Behaviour::Status(404)),
        Bad::ServerError => server.misbehave(timestamp, Behaviour::Status(500)),
        Bad::Endless => server.misbehave(timestamp, Behaviour::Endless),
        Bad::Cut => server.misbehave(timestamp, Behaviour::Cut(10)),
        Bad::ChangedBytes => {
            let text = String::from_utf8(states.new.bytes("timestamp").to_vec()).unwrap();
            server.serve_file(timestamp, text.replacen("2026-01-16", "2026-01-17", 1).as_bytes());
        }
        Bad::Rollback => server.serve(&states.old),
        Bad::Frozen => {
            let mut frozen = states.new.clone();
            frozen.publish("timestamp", |signed| signed["expires"] = EXPIRED.into());
            server.serve(&frozen);
        }
        Bad::Refused => {
            let url = server.url();
            return (None, url);
        }
    }
    let url = server.url();
    (Some(server), url)
}

fn metadata_options(urls: &[String]) -> Vec<String> {
    urls.iter().flat_map(|url| ["--metadata-url".to_owned(), format!("{url}/metadata")]).collect()
}

fn target_options(urls: &[String]) -> Vec<String> {
    urls.iter().flat_map(|url| ["--target-base-url".to_owned(), format!("{url}/targets")]).collect()
}

fn json(cli: &Cli, options: &[String], command: &[&str]) -> (i32, Value) {
    let arguments: Vec<&str> =
        options.iter().map(String::as_str).chain(command.iter().copied()).collect();
    cli.json(&arguments)
}

fn notices(verdict: &Value) -> Vec<&str> {
    verdict["notices"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A user who has the known state.
fn user(states: &States) -> Cli {
    let server = Server::start(&states.known);
    let cli = Cli::initialized(&states.known, &server);
    cli.ok(&["refresh"]);
    cli
}

#[test]
fn one_good_mirror_among_bad_ones_in_every_position() {
    let states = states();
    for kind in ALL {
        for place in 0..3 {
            let cli = user(&states);
            let bad = [bad(kind, &states), bad(kind, &states)];
            let good = Server::start(&states.new);
            let mut urls: Vec<String> = bad.iter().map(|(_, url)| url.clone()).collect();
            urls.insert(place, good.url());
            let (code, verdict) = json(&cli, &metadata_options(&urls), &["refresh"]);
            assert_eq!((code, &verdict["ok"]), (0, &json!(true)), "{kind:?} {place}: {verdict}");
            assert_eq!(
                cli.stored("timestamp").as_deref(),
                Some(states.new.bytes("timestamp")),
                "{kind:?} {place}"
            );
            assert_eq!(
                cli.stored("targets").as_deref(),
                Some(states.new.bytes("targets")),
                "{kind:?} {place}"
            );
            // Those in front of it are named, each in one line, and those behind are not asked.
            let said = notices(&verdict);
            assert_eq!(said.len(), place, "{kind:?}: {said:?}");
            for (line, url) in said.iter().zip(&urls) {
                let what = if kind == Bad::Rollback { "is behind" } else { "is skipped" };
                assert!(line.starts_with(&format!("mirror {url}/metadata {what}: ")), "{line}");
                assert!(line.contains(kind.code()), "{kind:?}: {line}");
            }
            for (server, _) in bad.iter().skip(place) {
                assert_eq!(
                    server.as_ref().map_or(0, |server| server.take_paths().len()),
                    0,
                    "{kind:?} {place}"
                );
            }
            assert!(cli.strays().is_empty(), "{:?}", cli.strays());
        }
    }
}

#[test]
fn the_lines_go_to_standard_error_word_for_word() {
    let states = states();
    let mut cli = user(&states);
    cli.options.retain(|option| option != "--quiet");
    let (bad, good) = (Server::start(&states.old), Server::start(&states.new));
    let options = metadata_options(&[bad.url(), good.url()]);
    let arguments: Vec<&str> = options.iter().map(String::as_str).chain(["refresh"]).collect();
    let outcome = cli.ok(&arguments);
    let (old, known) = (states.old.version("timestamp"), states.known.version("timestamp"));
    let url = bad.metadata_url();
    let error = Error::Rollback { role: Role::Timestamp, trusted: known, found: old };
    assert_eq!(
        outcome.stderr,
        format!(
            "picotuf: note: mirror {url} is behind: timestamp ({url}/timestamp.json): \
             {error} [rollback]\n"
        )
    );
}

#[test]
fn where_all_are_bad_the_gravest_failure_is_the_verdict_and_nothing_is_lost() {
    let states = states();
    let cli = user(&states);
    let before = cli.versions();
    let mirrors =
        [bad(Bad::Cut, &states), bad(Bad::ChangedBytes, &states), bad(Bad::NotThere, &states)];
    let urls: Vec<String> = mirrors.iter().map(|(_, url)| url.clone()).collect();
    let (code, verdict) = json(&cli, &metadata_options(&urls), &["refresh"]);
    assert_eq!(
        (code, verdict["error"]["code"].as_str()),
        (1, Some("threshold-not-met")),
        "{verdict}"
    );
    assert_eq!(notices(&verdict).len(), 3, "each is named once: {verdict}");
    assert_eq!(cli.versions(), before);
}

#[test]
fn files_of_two_mirrors_go_together_where_they_are_the_listed_ones() {
    let states = states();
    let snapshot = format!("/metadata/{}", states.new.file_name("snapshot"));
    let targets = format!("/metadata/{}", states.new.file_name("targets"));
    let cli = user(&states);
    let (first, second) = (Server::start(&states.new), Server::start(&states.new));
    first.misbehave(&snapshot, Behaviour::Status(404));
    second.misbehave(&targets, Behaviour::Status(404));
    // The timestamp of the first, the snapshot of the second, the targets role of the first again.
    let (code, verdict) = json(&cli, &metadata_options(&[first.url(), second.url()]), &["refresh"]);
    assert_eq!(code, 0, "{verdict}");
    let said = notices(&verdict);
    assert_eq!(said.len(), 2, "{said:?}");
    let from = |role: &str| {
        let roles = verdict["roles"].as_array().unwrap();
        roles.iter().find(|said| said["role"] == role).unwrap()["file"].as_str().unwrap().to_owned()
    };
    assert_eq!(from("timestamp"), format!("{}/timestamp.json", first.metadata_url()));
    assert_eq!(from("snapshot"), format!("{}{snapshot}", second.url()));
    assert_eq!(from("targets"), format!("{}{targets}", first.url()));
}

#[test]
fn a_newer_timestamp_is_not_given_up_for_a_mirror_that_is_behind() {
    let states = states();
    let cli = user(&states);
    let (first, second) = (Server::start(&states.new), Server::start(&states.known));
    first.misbehave(
        &format!("/metadata/{}", states.new.file_name("snapshot")),
        Behaviour::Status(500),
    );
    let options = metadata_options(&[first.url(), second.url()]);
    let (code, verdict) = json(&cli, &options, &["refresh"]);
    assert_eq!((code, verdict["error"]["code"].as_str()), (1, Some("missing-file")), "{verdict}");
    assert_eq!(cli.stored("timestamp").as_deref(), Some(states.new.bytes("timestamp")));
    assert_eq!(cli.stored("snapshot").as_deref(), Some(states.known.bytes("snapshot")));
    // Later it goes on from there.
    first.behave();
    assert_eq!(json(&cli, &options, &["refresh"]).0, 0);
    assert_eq!(cli.stored("snapshot").as_deref(), Some(states.new.bytes("snapshot")));
}

#[test]
fn a_mirror_with_a_timestamp_alone_does_not_keep_another_from_being_begun_with() {
    // Without consistent snapshots, the other mirror has only what goes with its own, newer
    // timestamp.
    let mut known = Repository::inconsistent();
    known.publish("targets", |_| {});
    let mut middle = known.clone();
    middle.publish("targets", |_| {});
    let mut new = middle.clone();
    new.publish("targets", |_| {});
    let server = Server::start(&known);
    let cli = Cli::initialized(&known, &server);
    cli.ok(&["refresh"]);
    let (first, second) = (Server::start(&middle), Server::start(&new));
    first.misbehave("/metadata/snapshot.json", Behaviour::Status(404));
    let (code, verdict) = json(&cli, &metadata_options(&[first.url(), second.url()]), &["refresh"]);
    assert_eq!(code, 0, "{verdict}");
    assert_eq!(cli.stored("timestamp").as_deref(), Some(new.bytes("timestamp")));
    let behind = format!(
        "mirror {} is behind: its timestamp has version {}; that of {} has version {}",
        first.metadata_url(),
        middle.version("timestamp"),
        second.metadata_url(),
        new.version("timestamp")
    );
    assert!(notices(&verdict).contains(&behind.as_str()), "{verdict}");
}

#[test]
fn a_root_that_one_mirror_withholds_is_found_at_another() {
    let repository = Repository::new();
    let mut rotated = repository.clone();
    rotated.rotate("timestamp", &[Key::ed25519("new timestamp")], 1);
    let withholding = Server::start(&rotated);
    withholding.misbehave("/metadata/2.root.json", Behaviour::Status(404));
    let good = Server::start(&rotated);
    let cli = Cli::initialized(&repository, &good);
    let (code, verdict) =
        json(&cli, &metadata_options(&[withholding.url(), good.url()]), &["refresh"]);
    assert_eq!(code, 0, "{verdict}");
    assert_eq!(cli.stored("root").as_deref(), Some(rotated.bytes("root")));
}

#[test]
fn what_is_wrong_on_this_side_is_not_tried_on_each_mirror() {
    let states = states();
    let servers = [Server::start(&states.new), Server::start(&states.new)];
    let options = metadata_options(&[servers[0].url(), servers[1].url()]);
    // A trust anchor that does not verify.
    let cli = user(&states);
    std::fs::write(cli.metadata_dir().join("root.json"), b"{}").unwrap();
    let (code, verdict) = json(&cli, &options, &["refresh"]);
    assert_eq!((code, notices(&verdict).len()), (1, 0), "{verdict}");
    assert!(servers.iter().all(|server| server.take_paths().is_empty()));
    // A clock that is years ahead: the root has expired. Each is asked for a newer one, once.
    let mut cli = user(&states);
    cli.set_time("2036-01-01T00:00:00Z");
    let (code, verdict) = json(&cli, &options, &["refresh"]);
    assert_eq!((code, verdict["error"]["code"].as_str()), (1, Some("expired")), "{verdict}");
    assert_eq!(
        (notices(&verdict).len(), &verdict["error"]["role"]),
        (0, &json!("root")),
        "{verdict}"
    );
    for server in &servers {
        assert_eq!(server.take_paths(), ["/metadata/2.root.json"]);
    }
    // One that is a month ahead: so has the timestamp, on all of them, and no session begins again.
    let mut cli = user(&states);
    cli.set_time("2026-02-15T12:00:00Z");
    let (_, verdict) = json(&cli, &options, &["refresh"]);
    assert_eq!(verdict["error"]["code"], "expired", "{verdict}");
    for (place, server) in servers.iter().enumerate() {
        let expected: &[&str] = if place == 0 {
            &["/metadata/2.root.json", "/metadata/timestamp.json"]
        } else {
            &["/metadata/timestamp.json"]
        };
        assert_eq!(server.take_paths(), expected);
    }
}

#[test]
fn a_mirror_with_a_wrong_target_file_is_skipped_in_every_position() {
    let states = states();
    let path = format!("/targets/claimed/{}.a.whl", hash("sha256", b"a wheel"));
    for (behaviour, code) in [
        (None, "[hash-mismatch]"),
        (Some(Behaviour::Status(404)), "[missing-target]"),
        (Some(Behaviour::Status(503)), "[http-status]"),
        (Some(Behaviour::Cut(3)), "[connection]"),
        (Some(Behaviour::Endless), "[length-mismatch]"),
    ] {
        for place in 0..3 {
            let (bad, good) = (Server::start(&states.new), Server::start(&states.new));
            match &behaviour {
                Some(behaviour) => bad.misbehave(&path, behaviour.clone()),
                None => bad.serve_file(&path, b"a weevil"[..7].as_ref()),
            }
            let cli = Cli::initialized(&states.new, &good);
            // The same mirror twice is two mirrors.
            let mut urls = vec![bad.url(), bad.url()];
            urls.insert(place, good.url());
            let (exit, verdict) =
                json(&cli, &target_options(&urls), &["download", "--target-name", "claimed/a.whl"]);
            assert_eq!(exit, 0, "{behaviour:?}: {verdict}");
            assert_eq!(cli.downloads(), [("claimed/a.whl".to_owned(), b"a wheel".to_vec())]);
            assert_eq!(verdict["targets"][0]["url"], format!("{}{path}", good.url()));
            let said = notices(&verdict);
            // What was said once of a server is not said again.
            assert_eq!(said.len(), place.min(1), "{said:?}");
            assert!(
                said.iter().all(|line| line.contains(code) && line.contains("is skipped")),
                "{code}: {said:?}"
            );
        }
    }
}

#[test]
fn where_no_mirror_has_the_right_file_nothing_is_kept() {
    let states = states();
    let path = format!("/targets/claimed/{}.a.whl", hash("sha256", b"a wheel"));
    let (first, second) = (Server::start(&states.new), Server::start(&states.new));
    first.misbehave(&path, Behaviour::Status(500));
    second.serve_file(&path, b"a weevl");
    let cli = Cli::initialized(&states.new, &first);
    let (exit, verdict) = json(
        &cli,
        &target_options(&[first.url(), second.url()]),
        &["download", "--target-name", "claimed/a.whl"],
    );
    assert_eq!((exit, verdict["error"]["code"].as_str()), (1, Some("hash-mismatch")), "{verdict}");
    assert!(cli.downloads().is_empty());
}

#[test]
fn init_remembers_mirrors_in_their_order() {
    let states = states();
    let (first, second) = (Server::start(&states.new), Server::start(&states.new));
    first.misbehave("/metadata/timestamp.json", Behaviour::Status(500));
    let cli = Cli::new();
    let root = cli.write("anchor.json", states.new.anchor()).display().to_string();
    let options = metadata_options(&[first.url(), second.url()]);
    assert_eq!(json(&cli, &options, &["init", &root]).0, 0);
    let verdict = cli.json_ok(&["refresh"]);
    assert_eq!(notices(&verdict).len(), 1, "{verdict}");
    assert_eq!(cli.stored("targets").as_deref(), Some(states.new.bytes("targets")));
    let settings = std::fs::read_to_string(cli.metadata_dir().join("settings.toml")).unwrap();
    let expected =
        format!("metadata_url = [\"{}\", \"{}\"]", first.metadata_url(), second.metadata_url());
    // TOML has blanks inside of brackets or not.
    assert!(settings.replace("[ ", "[").replace(" ]", "]").contains(&expected), "{settings}");
}
