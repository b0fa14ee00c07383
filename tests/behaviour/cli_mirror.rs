//! `picotuf mirror`: a folder that is never in a state that a client refuses, and its audit.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::prelude::*;
use picotuf_tests::cli::{Cli, binary};
use picotuf_tests::server::{Behaviour, Server};

const WHEEL: &str = "django/Django-5.0-py3-none-any.whl";
const ARCHIVE: &str = "six/six-1.17.0.tar.gz";

/// Delegations of every kind, one below another, and some files.
fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.target_hashes = vec!["sha256", "blake2b-256"];
    repository.delegate("targets", &Delegation::paths("claimed", &["django/*"]));
    repository.delegate("claimed", &Delegation::paths("projects/django", &["django/*"]));
    repository.delegate("targets", &Delegation::paths("unclaimed", &["*/*"]));
    repository.delegate("unclaimed", &Delegation::succinct("bins", 3));
    repository.add_target("projects/django", WHEEL, b"a wheel");
    let bin = Delegation::succinct("bins", 3).role_names()[bin_of(ARCHIVE, 3)].clone();
    repository.add_target(&bin, ARCHIVE, b"an archive");
    repository.add_target("targets", "top.txt", b"at the top");
    repository
}

fn bin_of(path: &str, bits: u32) -> usize {
    usize::from_str_radix(&hash("sha256", path.as_bytes())[..2], 16).unwrap() >> (8 - bits)
}

/// What was published next: a new file of Django's, and a role that is gone from nobody's sight.
fn next(before: &Repository) -> Repository {
    let mut repository = before.clone();
    repository.rotate("root", &[Key::ed25519("second root")], 1);
    repository.add_target("projects/django", "django/Django-5.1-py3-none-any.whl", b"a newer wheel");
    for role in ["projects/django", "bins-0", "targets"] {
        repository.publish(role, |_| {});
    }
    repository
}

struct Mirror {
    cli: Cli,
    folder: PathBuf,
    _temporary: tempfile::TempDir,
}

impl Mirror {
    fn new(repository: &Repository, server: &Server) -> Mirror {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("mirror");
        Mirror { cli: Cli::initialized(repository, server), folder, _temporary: temporary }
    }

    fn path(&self) -> &str {
        self.folder.to_str().unwrap()
    }

    fn run(&self, options: &[&str]) -> (i32, Value) {
        let mut arguments = vec!["mirror", "--to", self.path()];
        arguments.extend(options);
        self.cli.json(&arguments)
    }

    fn ok(&self, options: &[&str]) -> Value {
        let (code, verdict) = self.run(options);
        assert_eq!((code, &verdict["ok"]), (0, &json!(true)), "{verdict}");
        verdict["mirror"].clone()
    }

    fn check(&self, options: &[&str]) -> (i32, Value) {
        let mut arguments = vec!["mirror", "--check", self.path()];
        arguments.extend(options);
        self.cli.json(&arguments)
    }

    fn metadata(&self) -> PathBuf {
        self.folder.join("metadata")
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.metadata().join(name)).ok()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.metadata()).unwrap().map(Result::unwrap);
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A client with this folder as its repository, and what becomes of a target there.
fn client(anchor: &Repository, folder: &Path, target: &str) -> (i32, Value) {
    let nobody = Server::start(&Repository::new());
    let cli = Cli::initialized(anchor, &nobody);
    let part = |name: &str| folder.join(name).display().to_string();
    cli.json(&[
        "--metadata-url",
        &part("metadata"),
        "--target-base-url",
        &part("targets"),
        "download",
        "--target-name",
        target,
    ])
}

fn codes(verdict: &Value) -> Vec<&str> {
    verdict["audit"]["failures"].as_array().unwrap().iter().map(|failure| failure["code"].as_str().unwrap()).collect()
}

#[test]
fn a_client_reads_from_the_mirror_what_the_repository_has() {
    for mut repository in [repository(), next(&repository())] {
        // The user trusts the newest root: the ones before it are there all the same.
        let server = Server::start(&repository);
        let mirror = Mirror::new(&repository, &server);
        let said = mirror.ok(&["--targets"]);
        assert_eq!((&said["counts"]["roles"], &said["first_root"]), (&json!(11), &json!(1)), "{said}");
        for (name, bytes) in repository.files.iter().filter(|(name, _)| !name.starts_with("targets/")) {
            let is_present = repository.version("root") == 1 || name.ends_with("root.json");
            assert!(!is_present || mirror.read(name).as_ref() == Some(bytes), "{name}");
        }
        for target in [WHEEL, ARCHIVE, "top.txt"] {
            let (code, verdict) = client(&repository, &mirror.folder, target);
            assert_eq!(code, 0, "{verdict}");
        }
        assert_eq!(mirror.check(&["--targets"]).0, 0);
        repository.publish("targets", |_| {});
    }
}

#[test]
fn roots_before_the_trust_anchor_are_replicated_too() {
    let repository = next(&next(&repository()));
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    let newest = mirror.cli.write("anchor.json", repository.bytes("root")).display().to_string();
    mirror.cli.ok(&["init", "--force", &newest]);
    assert_eq!(mirror.ok(&[])["first_root"], 1);
    for version in 1..=3 {
        let name = format!("{version}.root.json");
        assert_eq!(mirror.read(&name).as_ref(), Some(&repository.files[&name]));
    }
    // One that was changed is mended from the repository.
    std::fs::write(mirror.metadata().join("2.root.json"), b"{}").unwrap();
    let (code, verdict) = mirror.check(&[]);
    assert_eq!(code, 1, "{verdict}");
    mirror.ok(&[]);
    assert_eq!(mirror.read("2.root.json").as_ref(), Some(&repository.files["2.root.json"]));
    assert_eq!(mirror.check(&[]).0, 0);
}

#[test]
fn what_is_there_and_whole_is_not_fetched_again() {
    let before = repository();
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    server.take_paths();
    mirror.ok(&["--targets"]);
    assert_eq!(server.take_paths(), ["/metadata/2.root.json", "/metadata/timestamp.json"]);
    let after = next(&before);
    server.serve(&after);
    let said = mirror.ok(&["--targets"]);
    assert_eq!(
        (&said["counts"]["roles_fetched"], &said["counts"]["targets_fetched"]),
        (&json!(2), &json!(1)),
        "{said}"
    );
    // A file that was damaged is.
    server.take_paths();
    let bin = mirror.metadata().join("1.bins-1.json");
    std::fs::write(&bin, b"{}").unwrap();
    mirror.ok(&["--targets"]);
    assert_eq!(server.take_paths(), ["/metadata/3.root.json", "/metadata/timestamp.json", "/metadata/1.bins-1.json"]);
    assert_eq!(mirror.check(&["--targets"]).0, 0);
}

#[test]
fn wherever_it_fails_clients_go_on_with_the_state_before() {
    let before = repository();
    let after = next(&before);
    let server = Server::start(&before);
    let changed = ["targets", "snapshot", "projects/django", "bins-0"].map(|role| after.file_name(role));
    let file = format!("/targets/django/{}.Django-5.1-py3-none-any.whl", hash("sha256", b"a newer wheel"));
    // Members of the list are sorted: the file is asked for by this hash first.
    let other = file.replace(&hash("sha256", b"a newer wheel"), &hash("blake2b-256", b"a newer wheel"));
    let paths = changed.iter().map(|name| vec![format!("/metadata/{name}")]).chain([vec![file, other]]);
    for failing in paths.chain([vec!["/metadata/timestamp.json".to_owned()]]) {
        for behaviour in [Behaviour::Status(500), Behaviour::Cut(5), Behaviour::Status(404)] {
            server.behave();
            server.serve(&before);
            let mirror = Mirror::new(&before, &server);
            mirror.ok(&["--targets"]);
            server.serve(&after);
            for path in &failing {
                server.misbehave(path, behaviour.clone());
            }
            let (code, verdict) = mirror.run(&["--targets", "--prune"]);
            assert_eq!(code, 1, "{failing:?} {behaviour:?}: {verdict}");
            // A target that is listed and not there holds nothing up; a server that fails does.
            let is_missing_target = failing.len() == 2 && matches!(behaviour, Behaviour::Status(404));
            let published = if is_missing_target { &after } else { &before };
            let timestamp = mirror.read("timestamp.json");
            assert_eq!(timestamp.as_deref(), Some(published.bytes("timestamp")), "{failing:?} {behaviour:?}");
            let (code, verdict) = client(&before, &mirror.folder, WHEEL);
            assert_eq!(code, 0, "{failing:?}: {verdict}");
            // The next run goes on from there.
            server.behave();
            mirror.ok(&["--targets"]);
            let (code, verdict) = client(&before, &mirror.folder, "django/Django-5.1-py3-none-any.whl");
            assert_eq!(code, 0, "{failing:?}: {verdict}");
        }
    }
}

#[test]
fn a_run_that_is_killed_is_resumed() {
    let before = repository();
    let after = next(&before);
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    server.serve(&after);
    let stuck = format!("/metadata/{}", after.file_name("projects/django"));
    server.misbehave(&stuck, Behaviour::Silent);
    server.take_paths();
    let mut child = Command::new(binary())
        .args(&mirror.cli.options)
        .args(["mirror", "--targets", "--to", mirror.path()])
        .env("HOME", mirror.cli.target_dir())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let mut asked = Vec::new();
    while !asked.contains(&stuck) {
        assert!(start.elapsed() < Duration::from_secs(20), "{asked:?}");
        asked.extend(server.take_paths());
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (code, verdict) = client(&before, &mirror.folder, WHEEL);
    assert_eq!(code, 0, "{verdict}");
    assert_eq!(mirror.read("timestamp.json").as_deref(), Some(before.bytes("timestamp")));
    // What came in before is not fetched again.
    server.behave();
    mirror.ok(&["--targets"]);
    let again = server.take_paths();
    let is_top_level = |path: &&String| path.ends_with("root.json") || path.ends_with("timestamp.json");
    assert!(
        asked.iter().filter(|path| **path != stuck && !is_top_level(path)).all(|path| !again.contains(path)),
        "{again:?}"
    );
    assert!(again.contains(&stuck));
    let (code, verdict) = client(&before, &mirror.folder, "django/Django-5.1-py3-none-any.whl");
    assert_eq!(code, 0, "{verdict}");
}

#[test]
fn what_a_hostile_repository_offers_is_not_replicated() {
    let before = repository();
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    // Signed by a key that its delegator does not know, and listed by the thief of the snapshot key.
    let mut after = before.clone();
    after.sign_with("projects/django", &[Key::ed25519("thief")]);
    after.publish("projects/django", |signed| signed["targets"] = json!({}));
    server.serve(&after);
    let (code, verdict) = mirror.run(&["--targets"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("threshold-not-met")), "{verdict}");
    assert_eq!(verdict["error"]["role"], "projects/django");
    assert_eq!(mirror.read("timestamp.json").as_deref(), Some(before.bytes("timestamp")));
    assert!(!mirror.names().contains(&after.file_name("projects/django")));
    // A path that leads out of the folder.
    let mut after = before.clone();
    after.add_target("targets", "../../evil", b"evil");
    after.publish("targets", |_| {});
    server.serve(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    server.serve(&after);
    let (code, verdict) = mirror.run(&["--targets"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("unsafe-target-path")), "{verdict}");
    assert_eq!(
        (&verdict["error"]["role"], &verdict["error"]["target"]),
        (&json!("targets"), &json!("../../evil")),
        "{verdict}"
    );
    let outside = std::fs::read_dir(mirror.folder.parent().unwrap()).unwrap();
    assert_eq!((outside.count(), mirror.folder.join("evil").exists()), (1, false));
}

#[test]
fn one_signer_stops_nobody_elses_mirror() {
    let before = repository();
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    let mut after = next(&before);
    after.delegate("targets", &Delegation::paths("mallory", &["mallory/*"]));
    let long = format!("mallory/{}", "n".repeat(300));
    for path in ["mallory/x:1.whl", "mallory/gone", "mallory/other", &long, "mallory/there"] {
        after.add_target("mallory", path, path.as_bytes());
    }
    after.files.retain(|name, _| !name.ends_with(".gone"));
    for (_, bytes) in after.files.iter_mut().filter(|(name, _)| name.ends_with(".other")) {
        bytes[0] = b'M';
    }
    server.serve(&after);
    let (code, verdict) = mirror.run(&["--targets", "--prune"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("mirror-incomplete")), "{verdict}");
    let named = |list: &Value| -> Vec<(String, String)> {
        let text = |failure: &Value, name: &str| failure[name].as_str().unwrap().to_owned();
        let failures = list.as_array().unwrap().iter();
        let mut named: Vec<_> = failures.map(|failure| (text(failure, "target"), text(failure, "code"))).collect();
        named.sort();
        named
    };
    let expected = [
        ("mallory/gone", "missing-target"),
        (&long, "unsafe-target-path"),
        ("mallory/other", "hash-mismatch"),
        ("mallory/x:1.whl", "unsafe-target-path"),
    ]
    .map(|(path, code)| (path.to_owned(), code.to_owned()));
    assert_eq!(named(&verdict["mirror"]["failures"]), expected, "{verdict}");
    assert!(verdict["mirror"]["failures"].as_array().unwrap().iter().all(|failure| failure["role"] == "mallory"));
    // All else is as it is upstream.
    assert_eq!(mirror.read("timestamp.json").as_deref(), Some(after.bytes("timestamp")));
    assert!(mirror.folder.join(format!("targets/mallory/{}.there", hash("sha256", b"mallory/there"))).is_file());
    for target in [WHEEL, ARCHIVE, "django/Django-5.1-py3-none-any.whl"] {
        let (code, verdict) = client(&before, &mirror.folder, target);
        assert_eq!(code, 0, "{target}: {verdict}");
    }
    assert_eq!(mirror.check(&[]).0, 0);
    assert_eq!(mirror.check(&["--project", "django"]).0, 0);
    let (code, verdict) = mirror.check(&["--targets"]);
    let expected = expected.map(|(path, code)| match &*code {
        "hash-mismatch" => (path, "missing-target".to_owned()),
        _ => (path, code),
    });
    assert_eq!((code, named(&verdict["audit"]["failures"])), (1, expected.to_vec()), "{verdict}");
}

#[test]
fn a_role_that_expired_stops_nobody_elses_mirror() {
    let mut repository = repository();
    repository.delegate("targets", &Delegation::paths("careless", &["careless/*"]));
    repository.add_target("careless", "careless/x", b"x");
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&["--targets"]);
    repository.publish("careless", |signed| signed["expires"] = EXPIRED.into());
    server.serve(&repository);
    let verdict = mirror.cli.refuses(&["mirror", "--to", mirror.path(), "--targets"], "expired", Some("careless"));
    assert_eq!(verdict["mirror"]["failures"].as_array().unwrap().len(), 1, "{verdict}");
    assert_eq!(mirror.read("timestamp.json").as_deref(), Some(repository.bytes("timestamp")));
    assert_eq!(client(&repository, &mirror.folder, ARCHIVE).0, 0);
}

#[test]
fn a_delegation_to_somebody_elses_role_spoils_nothing() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("mallory", &["mallory/*"]));
    repository.delegate("targets", &Delegation::paths("claimed", &["django/*"]));
    repository.delegate("claimed", &Delegation::paths("projects/django", &["django/*"]));
    repository.add_target("projects/django", WHEEL, b"a wheel");
    // It is met before the right one, and gives the role other keys.
    repository.delegate("mallory", &Delegation::paths("projects/django", &["*/*"]).keys(&[Key::ed25519("mallory")]));
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    let said = mirror.ok(&["--targets"]);
    assert_eq!((&said["counts"]["roles"], &said["counts"]["targets"]), (&json!(3), &json!(1)), "{said}");
    assert_eq!(client(&repository, &mirror.folder, WHEEL).0, 0);
    assert_eq!(mirror.check(&["--targets"]).0, 0);
}

#[test]
fn a_listing_counts_where_a_client_would_look_for_it() {
    for mut repository in [Repository::new(), Repository::inconsistent()] {
        repository.delegate("targets", &Delegation::paths("mallory", &["mallory/*"]));
        repository.delegate("targets", &Delegation::paths("shared", &["a/*"]));
        repository.delegate("targets", &Delegation::paths("claimed", &["django/*"]));
        // Roles of these names, but not for paths that mallory could give away.
        repository.delegate("mallory", &Delegation::paths("helper", &["*/*"]));
        repository.delegate("mallory", &Delegation::paths("claimed", &["*/*"]));
        repository.delegate("claimed", &Delegation::paths("shared", &["django/extra-*"]));
        repository.delegate("shared", &Delegation::paths("claimed", &["*/*"]));
        for role in ["mallory", "helper", "shared", "claimed"] {
            repository.add_target(role, ARCHIVE, role.as_bytes());
        }
        for (role, path) in [("mallory", "mallory/x"), ("helper", "mallory/y"), ("claimed", "mallory/z")] {
            repository.add_target(role, path, b"hers");
        }
        repository.add_target("shared", "django/extra-1", b"by way of claimed");
        repository.add_target("shared", "django/other", b"nobody's");
        repository.add_target("claimed", "a/x", b"by way of shared");
        repository.files.retain(|name, _| !name.ends_with("six-1.17.0.tar.gz") && !name.ends_with("other"));
        repository.add_target("targets", ARCHIVE, b"an archive");
        let server = Server::start(&repository);
        let mirror = Mirror::new(&repository, &server);
        assert_eq!(mirror.ok(&["--project", "six"])["counts"]["targets"], 1);
        assert_eq!(mirror.check(&["--project", "six"]).0, 0);
        let (code, verdict) = mirror.run(&["--targets", "--prune"]);
        let counts = &verdict["mirror"]["counts"];
        let found = (code, counts["targets"].as_u64(), counts["targets_not_delegated"].as_u64());
        assert_eq!(found, (0, Some(6), Some(5)), "{verdict}");
        assert!(verdict["notices"][0].as_str().unwrap().starts_with("5 listed targets do not count"), "{verdict}");
        for target in [ARCHIVE, "mallory/x", "mallory/y", "mallory/z", "django/extra-1", "a/x"] {
            let (code, verdict) = client(&repository, &mirror.folder, target);
            assert_eq!(code, 0, "{target}: {verdict}");
        }
        let (code, verdict) = mirror.check(&["--targets"]);
        assert_eq!((code, &verdict["audit"]["counts"]["targets"]), (0, &json!(6)), "{verdict}");
    }
}

#[test]
fn a_role_that_is_not_published_yet_is_a_note_for_both() {
    let mut repository = repository();
    repository.delegate("targets", &Delegation::paths("later", &["later/*"]));
    repository.edit("snapshot", |snapshot| {
        snapshot["meta"].as_object_mut().unwrap().remove("later.json");
    });
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    for (code, verdict) in [mirror.run(&[]), mirror.check(&[])] {
        assert_eq!(code, 0, "{verdict}");
        assert_eq!(verdict["notices"], json!(["1 roles are delegated to, but the snapshot does not list them"]));
    }
}

#[test]
fn two_processes_do_not_write_to_one_mirror() {
    let repository = repository();
    let server = Server::start(&repository);
    server.misbehave("/metadata/1.bins-3.json", Behaviour::Silent);
    let mirror = Mirror::new(&repository, &server);
    let mut first = mirror.cli.command(&[], &binary(), &["mirror", "--to", mirror.path()]).spawn().unwrap();
    let start = Instant::now();
    while !server.take_paths().contains(&"/metadata/1.bins-3.json".to_owned()) {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    let start = Instant::now();
    for cli in [&mirror.cli, &Cli::initialized(&repository, &server)] {
        let verdict = cli.refuses(&["mirror", "--to", mirror.path()], "mirror-busy", None);
        assert_eq!((&verdict["error"]["blame"], &verdict["error"]["file"]), (&json!("system"), &json!(mirror.path())));
    }
    assert!(start.elapsed() < Duration::from_secs(10), "it does not wait");
    first.kill().unwrap();
    first.wait().unwrap();
    server.behave();
    mirror.ok(&[]);
}

#[test]
fn a_second_mirror_helps_out_with_roles_and_files() {
    let repository = repository();
    let (bad, good) = (Server::start(&repository), Server::start(&repository));
    bad.misbehave("/metadata/1.bins-3.json", Behaviour::Status(500));
    bad.serve_file(&format!("/targets/{}.top.txt", hash("sha256", b"at the top")), b"at the tap");
    bad.serve_file(&format!("/targets/{}.top.txt", hash("blake2b-256", b"at the top")), b"at the tap");
    let mirror = Mirror::new(&repository, &bad);
    let urls = [bad.metadata_url(), good.metadata_url(), bad.targets_url(), good.targets_url()];
    let (code, verdict) = mirror.run(&[
        "--targets",
        "--metadata-url",
        &urls[0],
        "--metadata-url",
        &urls[1],
        "--target-base-url",
        &urls[2],
        "--target-base-url",
        &urls[3],
    ]);
    assert_eq!(code, 0, "{verdict}");
    let notices = verdict["notices"].as_array().unwrap();
    assert!(notices.iter().any(|line| line.as_str().unwrap().contains("1.bins-3.json")), "{verdict}");
    assert!(notices.iter().any(|line| line.as_str().unwrap().contains("[hash-mismatch]")), "{verdict}");
    assert_eq!(mirror.check(&["--targets"]).0, 0);
}

#[test]
fn roles_are_asked_for_several_at_a_time() {
    let repository = repository();
    let server = Server::start(&repository);
    for bin in 0..4 {
        server.misbehave(&format!("/metadata/1.bins-{bin}.json"), Behaviour::Together(4));
    }
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&[]);
    let paths = server.take_paths();
    let asked = (0..8).map(|bin| paths.iter().filter(|path| **path == format!("/metadata/1.bins-{bin}.json")).count());
    assert!(asked.eq([1; 8]), "each once: {paths:?}");
    assert_eq!(mirror.check(&[]).0, 0);
}

#[test]
fn only_the_files_of_a_project_or_of_a_name() {
    let repository = repository();
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    assert_eq!(mirror.ok(&["--project", "DJANGO"])["counts"]["targets"], 1);
    assert_eq!(client(&repository, &mirror.folder, WHEEL).0, 0);
    assert_eq!(client(&repository, &mirror.folder, ARCHIVE).0, 1);
    assert_eq!(mirror.ok(&["--target-name", ARCHIVE])["counts"]["targets"], 1);
    assert_eq!(client(&repository, &mirror.folder, ARCHIVE).0, 0);
    assert_eq!(mirror.check(&["--project", "django"]).0, 0);
    assert_eq!(codes(&mirror.check(&["--targets"]).1), ["missing-target"]);
    let wrong = [(["--target-name", "no/such"], "target-not-found"), (["--project", "sixx"], "project-not-found")];
    for (options, expected) in wrong {
        let (code, verdict) = mirror.run(&options);
        assert_eq!((code, &verdict["error"]["code"]), (1, &json!(expected)), "{verdict}");
        let (code, verdict) = mirror.check(&options);
        assert_eq!((code, codes(&verdict)), (1, vec![expected]), "{verdict}");
    }
    // What one owner removed does not hold up what others publish.
    let after = next(&repository);
    server.serve(&after);
    let (code, verdict) = mirror.run(&["--project", "sixx", "--project", "django"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("project-not-found")), "{verdict}");
    assert_eq!(mirror.read("timestamp.json").as_deref(), Some(after.bytes("timestamp")));
    assert_eq!(mirror.check(&["--project", "django"]).0, 0);
}

#[test]
fn pruning_keeps_every_root_and_what_is_listed() {
    let before = repository();
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    let mut after = next(&before);
    after.publish("projects/django", |signed| {
        signed["targets"].as_object_mut().unwrap().remove(WHEEL);
    });
    server.serve(&after);
    mirror.ok(&["--targets"]);
    assert!(mirror.names().contains(&"1.snapshot.json".to_owned()) && mirror.folder.join("targets/django").is_dir());
    let said = mirror.ok(&["--targets", "--prune"]);
    let names = mirror.names();
    for kept in ["1.root.json", "2.root.json", "timestamp.json", "1.bins-1.json", "2.bins-0.json"] {
        assert!(names.contains(&kept.to_owned()), "{kept}: {names:?}");
    }
    for gone in ["1.snapshot.json", "1.targets.json", "1.bins-0.json", "1.projects%2Fdjango.json"] {
        assert!(!names.contains(&gone.to_owned()), "{gone}: {names:?}");
    }
    // Both names of the wheel.
    let pruned: Vec<&str> = said["pruned"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(pruned.iter().filter(|name| name.ends_with("Django-5.0-py3-none-any.whl")).count(), 2, "{pruned:?}");
    assert_eq!(mirror.check(&["--targets"]).0, 0);
    assert_eq!(client(&before, &mirror.folder, ARCHIVE).0, 0);
}

#[test]
fn odd_role_names_are_found_by_servers_that_decode_and_by_those_that_do_not() {
    let mut repository = Repository::new();
    for name in ["a b", "é", "../up", "Root"] {
        repository.delegate("targets", &Delegation::paths(name, &["x/*"]));
    }
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&[]);
    let names = mirror.names();
    for name in ["1.a%20b.json", "1.a b.json", "1.%C3%A9.json", "1.é.json", "1...%2Fup.json", "1.Root.json"] {
        assert!(names.contains(&name.to_owned()), "{name}: {names:?}");
    }
    let outside: Vec<_> = std::fs::read_dir(mirror.folder.parent().unwrap()).unwrap().collect();
    assert_eq!(outside.len(), 1);
    assert_eq!(mirror.check(&[]).0, 0);
    // Under either name they stay, and are missed.
    mirror.ok(&["--prune"]);
    assert_eq!(mirror.names(), names);
    for name in ["1.a b.json", "1.%C3%A9.json", "1.é.json"] {
        std::fs::remove_file(mirror.metadata().join(name)).unwrap();
        assert_eq!(codes(&mirror.check(&[]).1), ["missing-file"], "{name}");
        mirror.ok(&[]);
        assert_eq!(mirror.check(&[]).0, 0, "{name}");
    }
    // Once they are no longer listed, both go.
    for name in ["a b", "é"] {
        repository.publish(name, |_| {});
    }
    server.serve(&repository);
    let said = mirror.ok(&["--prune"]);
    let pruned = ["1.%C3%A9.json", "1.a b.json", "1.a%20b.json", "1.é.json"].map(|name| format!("metadata/{name}"));
    for name in &pruned {
        assert!(said["pruned"].as_array().unwrap().contains(&json!(name)), "{name}: {said}");
        assert!(!mirror.folder.join(name).exists(), "{name}");
    }
    assert!(mirror.names().contains(&"2.é.json".to_owned()));
    assert_eq!(mirror.check(&[]).0, 0);
}

#[test]
fn a_decoded_name_takes_no_other_roles_place() {
    let mut repository = Repository::new();
    for name in ["a b", "a%20b"] {
        repository.delegate("targets", &Delegation::paths(name, &["x/*"]));
        repository.add_target(name, &format!("x/{name}"), b"x");
    }
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&[]);
    for role in ["a b", "a%20b"] {
        let name = repository.file_name(role);
        assert_eq!(mirror.read(&name).as_deref(), Some(repository.bytes(role)), "{name}");
    }
    assert_eq!(mirror.check(&[]).0, 0);
}

/// Who names delegated roles could else put a folder where the next root belongs, and stop the mirror for good.
#[test]
fn a_decoded_name_makes_no_folder_where_a_file_belongs() {
    for (mut repository, name) in [
        (Repository::new(), "root.json/x"),
        (Repository::new(), "ROOT.JSON/x"),
        (Repository::inconsistent(), "timestamp.json/x"),
    ] {
        repository.delegate("targets", &Delegation::paths(name, &["x/*"]));
        repository.edit(name, |signed| signed["version"] = 2.into());
        let server = Server::start(&repository);
        let mirror = Mirror::new(&repository, &server);
        mirror.ok(&[]);
        repository.publish("root", |_| {});
        repository.publish("targets", |_| {});
        server.serve(&repository);
        mirror.ok(&[]);
        assert_eq!(mirror.read("2.root.json").as_deref(), Some(repository.bytes("root")), "{name}");
        assert_eq!(mirror.read("timestamp.json").as_deref(), Some(repository.bytes("timestamp")), "{name}");
        assert_eq!(mirror.read(&repository.file_name(name)).as_deref(), Some(repository.bytes(name)), "{name}");
        assert_eq!(mirror.check(&[]).0, 0);
    }
}

#[test]
fn without_consistent_snapshots_all_changes_at_once() {
    let mut before = Repository::inconsistent();
    before.delegate("targets", &Delegation::paths("claimed", &["django/*"]));
    before.add_target("claimed", WHEEL, b"a wheel");
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    let mut after = before.clone();
    after.publish("claimed", |_| {});
    after.add_target("claimed", WHEEL, b"another");
    server.serve(&after);
    server.misbehave("/metadata/claimed.json", Behaviour::Cut(30));
    assert_eq!(mirror.run(&["--targets"]).0, 1);
    assert_eq!(client(&before, &mirror.folder, WHEEL).0, 0);
    server.behave();
    server.misbehave(&format!("/targets/{WHEEL}"), Behaviour::Status(500));
    assert_eq!(mirror.run(&["--targets"]).0, 1);
    assert_eq!(client(&before, &mirror.folder, WHEEL).0, 0);
    server.behave();
    mirror.ok(&["--targets", "--prune"]);
    let (code, verdict) = client(&before, &mirror.folder, WHEEL);
    assert_eq!((code, &verdict["targets"][0]["length"]), (0, &json!(7)), "{verdict}");
    assert_eq!(mirror.check(&["--targets"]).0, 0);
    assert_eq!(mirror.names(), ["1.root.json", "claimed.json", "snapshot.json", "targets.json", "timestamp.json"]);
}

#[test]
fn what_waits_to_be_published_is_never_tidied_up() {
    let mut repository = Repository::inconsistent();
    for name in ["x/a", "x/b", "x/c"] {
        repository.add_target("targets", name, name.as_bytes());
    }
    let server = Server::start(&repository);
    server.misbehave("/targets/x/b", Behaviour::Together(2));
    let mirror = Mirror::new(&repository, &server);
    let folder = mirror.folder.join("targets/x");
    std::fs::create_dir_all(&folder).unwrap();
    let old = std::time::SystemTime::now() - Duration::from_secs(3600);
    let age = |path: &Path| std::fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    let abandoned = folder.join(".picotuf-killed.part");
    std::fs::write(&abandoned, b"left by a killed run").unwrap();
    age(&abandoned);
    let arguments = ["mirror", "--to", mirror.path(), "--targets"];
    let mut child = mirror.cli.command(&[], &binary(), &arguments).spawn().unwrap();
    let start = Instant::now();
    while !server.take_paths().contains(&"/targets/x/b".to_owned()) {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    assert!(!abandoned.exists());
    // The transfer of the next file takes hours.
    for entry in std::fs::read_dir(&folder).unwrap() {
        age(&entry.unwrap().path());
    }
    let mut other = std::net::TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    other.write_all(b"GET /targets/x/b HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert!(child.wait().unwrap().success());
    for name in ["x/a", "x/b", "x/c"] {
        assert_eq!(std::fs::read(mirror.folder.join("targets").join(name)).unwrap(), name.as_bytes());
    }
}

#[test]
fn a_mirror_is_not_turned_back() {
    let (before, after) = (repository(), next(&repository()));
    let server = Server::start(&after);
    let mirror = Mirror::new(&after, &server);
    mirror.ok(&[]);
    server.serve(&before);
    let late = Cli::initialized(&before, &server);
    let verdict = late.refuses(&["mirror", "--to", mirror.path()], "rollback", Some("timestamp"));
    assert_eq!(verdict["error"]["blame"], "system");
    assert_eq!(mirror.read("timestamp.json").as_deref(), Some(after.bytes("timestamp")));
}

#[test]
fn an_audit_finds_what_is_wrong_and_names_it() {
    let repository = next(&repository());
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&["--targets"]);
    let wheel = format!("targets/django/{}.Django-5.0-py3-none-any.whl", hash("sha256", b"a wheel"));
    type Damage = fn(&Path);
    let damages: [(&str, Damage, &[&str]); 6] = [
        (&wheel, |path| std::fs::write(path, b"a wheeL").unwrap(), &["hash-mismatch"]),
        (&wheel, |path| std::fs::write(path, b"a whee").unwrap(), &["length-mismatch"]),
        (&wheel, |path| std::fs::remove_file(path).unwrap(), &["missing-target"]),
        ("metadata/1.bins-5.json", |path| std::fs::remove_file(path).unwrap(), &["missing-file"]),
        ("metadata/1.root.json", |path| std::fs::write(path, b"[]").unwrap(), &["wrong-type"]),
        (
            "metadata/1.bins-5.json",
            |path| {
                let mut bytes = std::fs::read(path).unwrap();
                bytes.push(b' ');
                std::fs::write(path, bytes).unwrap();
            },
            &["length-mismatch"],
        ),
    ];
    for (name, damage, expected) in damages {
        let path = mirror.folder.join(name);
        let bytes = std::fs::read(&path).unwrap();
        // A hard link would be damaged along.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        damage(&path);
        let (code, verdict) = mirror.check(&["--targets"]);
        assert_eq!((code, &verdict["error"]["code"]), (1, &json!("mirror-not-whole")), "{name}: {verdict}");
        assert_eq!(codes(&verdict), expected, "{name}");
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(mirror.check(&["--targets"]).0, 0, "{name}");
    }
    // What nothing lists is a note.
    let names = ["metadata/9.evil.json", "metadata/evil/x", "targets/evil"];
    assert_eq!(mirror.check(&[]).1["unlisted"], json!([]));
    std::fs::create_dir(mirror.metadata().join("evil")).unwrap();
    for name in names {
        std::fs::write(mirror.folder.join(name), b"{}").unwrap();
    }
    let (code, verdict) = mirror.check(&["--targets"]);
    assert_eq!((code, &verdict["unlisted"]), (0, &json!(names)), "{verdict}");
    let note = "3 files in the folder are listed nowhere, such as metadata/9.evil.json";
    assert_eq!(verdict["notices"], json!([note]));
    // Old as of a time; and what a client refuses before it comes to roles.
    let (code, verdict) = mirror.check(&["--at", "2026-02-01T00:00:00Z"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("expired")), "{verdict}");
    std::fs::remove_file(mirror.metadata().join("timestamp.json")).unwrap();
    assert_eq!(mirror.check(&[]).1["error"]["code"], "missing-file");
}

#[test]
fn the_parts_of_an_audit_make_a_whole() {
    let mut repository = repository();
    for number in 0..40 {
        repository.add_target("targets", &format!("file-{number}"), format!("{number}").as_bytes());
    }
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&["--targets"]);
    let (_, whole) = mirror.check(&["--targets"]);
    let part = |number: u64| {
        let (code, verdict) = mirror.check(&["--targets", "--shard", &format!("{number}/3")]);
        let name = format!("part-{number}.json");
        (code, mirror.cli.write(&name, verdict.to_string().as_bytes()).display().to_string(), verdict)
    };
    let parts: Vec<_> = (1..=3).map(part).collect();
    let shares: Vec<u64> = parts.iter().map(|part| part.2["audit"]["counts"]["files"].as_u64().unwrap()).collect();
    assert!(shares.iter().sum::<u64>() == 43 && shares.iter().all(|share| *share > 5), "{shares:?}");
    let merge = |files: &[&String]| {
        let mut arguments = vec!["mirror", "--merge"];
        arguments.extend(files.iter().map(|file| file.as_str()));
        mirror.cli.json(&arguments)
    };
    let files: Vec<&String> = parts.iter().map(|part| &part.1).collect();
    let (code, merged) = merge(&files);
    assert_eq!((code, &merged["audit"]["counts"]), (0, &whole["audit"]["counts"]), "{merged}");
    assert_eq!(merged["audit"]["parts"], json!([1, 2, 3]));
    assert_eq!(merge(&files[..2]).1["error"]["code"], "part-missing");
    assert_eq!(merge(&[files[0], files[0], files[1], files[2]]).1["error"]["code"], "part-twice");
    // What one part finds, the whole has; and parts of two states are no whole.
    let damaged = mirror.folder.join(format!("targets/{}.file-7", hash("sha256", b"7")));
    std::fs::remove_file(&damaged).unwrap();
    std::fs::write(&damaged, b"8").unwrap();
    let again: Vec<_> = (1..=3).map(part).collect();
    assert_eq!(again.iter().filter(|part| part.0 == 1).count(), 1);
    let (code, merged) = merge(&again.iter().map(|part| &part.1).collect::<Vec<_>>());
    assert_eq!((code, codes(&merged)), (1, vec!["hash-mismatch"]), "{merged}");
    repository.publish("targets", |_| {});
    server.serve(&repository);
    mirror.ok(&["--targets"]);
    let newer = part(3);
    assert_eq!(merge(&[&again[0].1, &again[1].1, &newer.1]).1["error"]["code"], "other-audit");
}

#[test]
fn parts_that_asked_for_less_make_no_whole() {
    let repository = repository();
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&["--project", "django"]);
    let part = |name: &str, options: &[&str]| {
        let (code, verdict) = mirror.check(options);
        assert_eq!(code, 0, "{verdict}");
        mirror.cli.write(name, verdict.to_string().as_bytes()).display().to_string()
    };
    let merge = |files: &[&str]| mirror.cli.json(&[&["mirror", "--merge"], files].concat());
    let first = part("first", &["--shard", "1/2", "--project", "django", "--target-name", WHEEL]);
    let second =
        part("second", &["--shard", "2/2", "--target-name", WHEEL, "--project", "Django", "--project", "django"]);
    assert_eq!(merge(&[&first, &second]).0, 0);
    let others: [&[&str]; 3] = [&[], &["--project", "django"], &["--target-name", WHEEL]];
    for options in others {
        let other = part("other", &[&["--shard", "2/2"], options].concat());
        let (code, verdict) = merge(&[&first, &other]);
        assert_eq!((code, &verdict["error"]["code"]), (1, &json!("other-audit")), "{verdict}");
        assert!(verdict["error"]["message"].as_str().unwrap().contains("`selection` differs"), "{verdict}");
    }
    // A report may say anything.
    let text = std::fs::read_to_string(&first).unwrap();
    let forged = |change: &dyn Fn(&mut Value)| {
        let mut report: Value = serde_json::from_str(&text).unwrap();
        change(&mut report["audit"]);
        mirror.cli.write("forged", report.to_string().as_bytes()).display().to_string()
    };
    type Change<'c> = &'c dyn Fn(&mut Value);
    let changes: [Change<'_>; 6] = [
        &|audit| audit["state"]["of"] = json!(u64::MAX),
        &|audit| audit["state"]["of"] = json!(4097),
        &|audit| (audit["state"]["of"], audit["parts"]) = (json!(0), json!([])),
        &|audit| audit["parts"] = json!([0]),
        &|audit| audit["parts"] = json!([3]),
        &|audit| {
            audit["state"].as_object_mut().unwrap().remove("selection");
        },
    ];
    for change in changes {
        let (code, verdict) = merge(&[&forged(change)]);
        assert_eq!((code, &verdict["error"]["code"]), (2, &json!("usage")), "{verdict}");
    }
    assert_eq!(merge(&[&forged(&|audit| audit["counts"]["bytes"] = json!(u64::MAX)), &second]).0, 0);
    let beyond = forged(&|audit| audit["counts"]["targets"] = json!(u64::MAX));
    let more = text.replace("\"parts\":[1]", "\"parts\":[2]");
    let more = mirror.cli.write("more", more.as_bytes()).display().to_string();
    let (code, verdict) = merge(&[&beyond, &more]);
    assert_eq!((code, &verdict["error"]["code"]), (2, &json!("usage")), "{verdict}");
    let twice = forged(&|audit| audit["parts"] = json!([1, 1]));
    assert_eq!(merge(&[&twice]).1["error"]["code"], "part-twice");
    let many = forged(&|audit| audit["state"]["of"] = json!(4096));
    let message = merge(&[&many]).1["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("20, 21 and 4075 more") && message.len() < 200, "{message}");
}

#[test]
fn wrong_usage_exits_with_2() {
    let repository = repository();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    for arguments in [
        &["mirror"][..],
        &["mirror", "--to", "x", "--check", "y"],
        &["mirror", "--to", "x", "--shard", "1/2"],
        &["mirror", "--check", "x", "--prune"],
        &["mirror", "--check", "x", "--shard", "3/2"],
        &["mirror", "--check", "x", "--shard", "1/4097"],
        &["mirror", "--merge"],
    ] {
        assert_eq!(cli.run(arguments).code, 2, "{arguments:?}");
    }
    // A mirror is no place for what is trusted here.
    let own = cli.metadata_dir();
    let beside = cli.folder().join("mirror");
    for (to, metadata_dir) in
        [(&own, own.clone()), (&beside, beside.join("metadata")), (&beside, beside.join("targets"))]
    {
        let (to, metadata_dir) = (to.display().to_string(), metadata_dir.display().to_string());
        let arguments = ["mirror", "--to", &to, "--metadata-dir", &metadata_dir];
        let command = cli.command(&[], &binary(), &[]);
        let options: Vec<_> = command.get_args().skip(2).collect();
        let output = Command::new(binary()).args(options).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("--metadata-dir is a folder of the mirror"));
    }
}
