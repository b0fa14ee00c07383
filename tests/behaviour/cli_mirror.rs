//! `picotuf mirror`: a folder that is never in a state that a client refuses, and its audit.

mod audit;
mod every_error;
#[cfg(unix)]
mod links;
mod names;
mod parallel;
mod prune;
mod signers;

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
    repository_from(Repository::new())
}

fn repository_from(mut repository: Repository) -> Repository {
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
    repository.add_target(
        "projects/django",
        "django/Django-5.1-py3-none-any.whl",
        b"a newer wheel",
    );
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
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
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

/// A client with this folder as its repository gets these targets.
fn finds(anchor: &Repository, folder: &Path, targets: &[&str]) {
    let nobody = Server::start(&Repository::new());
    let cli = Cli::initialized(anchor, &nobody);
    let part = |name: &str| folder.join(name).display().to_string();
    let (metadata, files) = (part("metadata"), part("targets"));
    let mut arguments = vec!["--metadata-url", &metadata, "--target-base-url", &files, "download"];
    arguments.extend(targets.iter().flat_map(|target| ["--target-name", target]));
    let (code, verdict) = cli.json(&arguments);
    assert_eq!(code, 0, "{verdict}");
}

fn codes(verdict: &Value) -> Vec<&str> {
    verdict["audit"]["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| failure["code"].as_str().unwrap())
        .collect()
}

#[test]
fn a_client_reads_from_the_mirror_what_the_repository_has() {
    for mut repository in [repository(), next(&repository())] {
        // The user trusts the newest root: the ones before it are there all the same.
        let server = Server::start(&repository);
        let mirror = Mirror::new(&repository, &server);
        let said = mirror.ok(&["--targets"]);
        assert_eq!(
            (&said["counts"]["roles"], &said["first_root"]),
            (&json!(11), &json!(1)),
            "{said}"
        );
        for (name, bytes) in
            repository.files.iter().filter(|(name, _)| !name.starts_with("targets/"))
        {
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
    assert_eq!(
        server.take_paths(),
        ["/metadata/3.root.json", "/metadata/timestamp.json", "/metadata/1.bins-1.json"]
    );
    assert_eq!(mirror.check(&["--targets"]).0, 0);
}

#[test]
fn wherever_it_fails_clients_go_on_with_the_state_before() {
    let before = repository();
    let after = next(&before);
    let server = Server::start(&before);
    let changed =
        ["targets", "snapshot", "projects/django", "bins-0"].map(|role| after.file_name(role));
    let file =
        format!("/targets/django/{}.Django-5.1-py3-none-any.whl", hash("sha256", b"a newer wheel"));
    // Members of the list are sorted: the file is asked for by this hash first.
    let other =
        file.replace(&hash("sha256", b"a newer wheel"), &hash("blake2b-256", b"a newer wheel"));
    let paths =
        changed.iter().map(|name| vec![format!("/metadata/{name}")]).chain([vec![file, other]]);
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
            // A missing file stops nothing, unless it is a top-level role's. A server that fails
            // does.
            let role = ["projects/django", "bins-0"]
                .into_iter()
                .find(|role| failing[0].ends_with(&after.file_name(role)));
            let is_one_file = failing.len() == 2 || role.is_some();
            let is_published = is_one_file && matches!(behaviour, Behaviour::Status(404));
            let published = if is_published { &after } else { &before };
            let timestamp = mirror.read("timestamp.json");
            assert!(
                timestamp.as_deref() == Some(published.bytes("timestamp")),
                "{failing:?} {behaviour:?}"
            );
            if let (Some(role), true) = (role, is_published) {
                assert_eq!(
                    (&verdict["error"]["code"], &verdict["error"]["role"]),
                    (&json!("missing-file"), &json!(role))
                );
            }
            let target = if role == Some("projects/django") { ARCHIVE } else { WHEEL };
            let (code, verdict) = client(&before, &mirror.folder, target);
            assert_eq!(code, 0, "{failing:?}: {verdict}");
            // The next run goes on from there.
            server.behave();
            mirror.ok(&["--targets"]);
            let (code, verdict) =
                client(&before, &mirror.folder, "django/Django-5.1-py3-none-any.whl");
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
    let is_top_level =
        |path: &&String| path.ends_with("root.json") || path.ends_with("timestamp.json");
    assert!(
        asked
            .iter()
            .filter(|path| **path != stuck && !is_top_level(path))
            .all(|path| !again.contains(path)),
        "{again:?}"
    );
    assert!(again.contains(&stuck));
    let (code, verdict) = client(&before, &mirror.folder, "django/Django-5.1-py3-none-any.whl");
    assert_eq!(code, 0, "{verdict}");
}

#[test]
fn two_processes_do_not_write_to_one_mirror() {
    let repository = repository();
    let server = Server::start(&repository);
    server.misbehave("/metadata/1.bins-3.json", Behaviour::Silent);
    let mirror = Mirror::new(&repository, &server);
    let mut first =
        mirror.cli.command(&[], &binary(), &["mirror", "--to", mirror.path()]).spawn().unwrap();
    let start = Instant::now();
    while !server.take_paths().contains(&"/metadata/1.bins-3.json".to_owned()) {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::yield_now();
    }
    let start = Instant::now();
    for cli in [&mirror.cli, &Cli::initialized(&repository, &server)] {
        let verdict = cli.refuses(&["mirror", "--to", mirror.path()], "mirror-busy", None);
        assert_eq!(
            (&verdict["error"]["blame"], &verdict["error"]["file"]),
            (&json!("system"), &json!(mirror.path()))
        );
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
    bad.serve_file(
        &format!("/targets/{}.top.txt", hash("blake2b-256", b"at the top")),
        b"at the tap",
    );
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
    assert!(
        notices.iter().any(|line| line.as_str().unwrap().contains("1.bins-3.json")),
        "{verdict}"
    );
    assert!(
        notices.iter().any(|line| line.as_str().unwrap().contains("[hash-mismatch]")),
        "{verdict}"
    );
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
    let asked = (0..8).map(|bin| {
        paths.iter().filter(|path| **path == format!("/metadata/1.bins-{bin}.json")).count()
    });
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
    let wrong = [
        (["--target-name", "no/such"], "target-not-found"),
        (["--project", "sixx"], "project-not-found"),
    ];
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
    assert_eq!(
        mirror.names(),
        ["1.root.json", "claimed.json", "snapshot.json", "targets.json", "timestamp.json"]
    );
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
    let age = |path: &Path| {
        std::fs::File::options().write(true).open(path).unwrap().set_modified(old).unwrap()
    };
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
    let mut other =
        std::net::TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    other.write_all(b"GET /targets/x/b HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    assert!(child.wait().unwrap().success());
    for name in ["x/a", "x/b", "x/c"] {
        assert_eq!(
            std::fs::read(mirror.folder.join("targets").join(name)).unwrap(),
            name.as_bytes()
        );
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
        assert!(
            String::from_utf8(output.stderr)
                .unwrap()
                .contains("--metadata-dir is inside the folder of --to")
        );
    }
}
