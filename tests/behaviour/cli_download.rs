//! `picotuf download`, over HTTP: target files on disk.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::{Behaviour, Server};

/// Two projects, one of them claimed.
fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["claimed/*"]));
    repository.target_hashes = vec!["sha256", "blake2b-256"];
    repository.add_target("claimed", "claimed/a.whl", b"a wheel");
    repository.add_target("targets", "top.txt", b"at the top");
    repository
}

fn download(cli: &Cli, names: &[&str]) -> (i32, Value) {
    let mut arguments: Vec<&str> = names.iter().flat_map(|name| ["--target-name", *name]).collect();
    arguments.push("download");
    cli.json(&arguments)
}

fn target_requests(server: &Server) -> Vec<String> {
    server.take_paths().into_iter().filter(|path| path.starts_with("/targets/")).collect()
}

#[test]
fn files_come_in_the_order_asked_for() {
    let repository = repository();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let (code, verdict) = download(&cli, &["top.txt", "claimed/a.whl"]);
    assert_eq!((code, &verdict["ok"]), (0, &json!(true)), "{verdict}");
    let contents: Vec<Vec<u8>> = cli.downloads().into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(contents, [b"a wheel".to_vec(), b"at the top".to_vec()]);
    // Members are sorted: of the two hashes, this one is listed first.
    let listed_first = |content: &[u8]| hash("blake2b-256", content);
    let expected = [
        format!("/targets/{}.top.txt", listed_first(b"at the top")),
        format!("/targets/claimed/{}.a.whl", listed_first(b"a wheel")),
    ];
    // Both are requested at the same time.
    let mut requests = target_requests(&server);
    requests.sort_by_key(|path| path.contains("/claimed/"));
    assert_eq!(requests, expected);
    let said = &verdict["targets"][1];
    assert_eq!(said["path"], "claimed/a.whl", "{said}");
    assert_eq!(said["length"], 7, "{said}");
    assert_eq!(said["hashes"]["sha256"], hash("sha256", b"a wheel"), "{said}");
    assert_eq!(said["delegation_path"], json!(["targets", "claimed"]), "{said}");
    assert_eq!(std::fs::read(said["file"].as_str().unwrap()).unwrap(), b"a wheel");
    assert_eq!(cli.versions().len(), 5);
    assert!(cli.strays().is_empty(), "{:?}", cli.strays());
}

#[test]
fn known_members_of_custom_are_typed() {
    let digits = hash("sha256", b"METADATA");
    let long = "x".repeat(513);
    let type_error = "not of a type that it may have";
    let cases = [
        (json!({"something-new": [1.to_string()]}), Value::Null, vec![]),
        (
            json!({"requires-python": ">=3.9", "yanked": "broken\n", "backsigned": true,
                "core-metadata": {"sha256": digits.to_uppercase(), "md5": "x"}}),
            json!({"requires_python": ">=3.9", "yanked": "broken\n", "backsigned": true,
                "core_metadata": {"sha256": digits}}),
            vec![
                "Python      >=3.9",
                "yanked      broken\\u{a}",
                "metadata    signed by its sha256",
                "backsigned  long after it came",
            ],
        ),
        (
            json!({"yanked": false, "backsigned": false, "data-dist-info-metadata": true}),
            json!({"yanked": false, "backsigned": false, "core_metadata": true}),
            vec!["metadata    there, but not signed"],
        ),
        (
            json!({"requires-python": long, "yanked": long, "core-metadata": {"sha256": "00"},
                "backsigned": null}),
            json!({"yanked": "", "wrong": {
                "requires-python": "longer than 512 bytes", "core-metadata": "with a malformed \
                     hash",
                "backsigned": type_error,
            }}),
            vec![
                "yanked      ",
                "wrong       requires-python is longer than 512 bytes",
                "wrong       core-metadata is with a malformed hash",
                "wrong       backsigned is not of a type that it may have",
            ],
        ),
        (
            json!({"requires-python": 3, "yanked": null, "core-metadata": null,
                "data-dist-info-metadata": true}),
            json!({"wrong": {"requires-python": type_error, "yanked": type_error,
                "core-metadata": type_error}}),
            vec![
                "wrong       requires-python is not of a type that it may have",
                "wrong       yanked is not of a type that it may have",
                "wrong       core-metadata is not of a type that it may have",
            ],
        ),
    ];
    for (custom, fields, lines) in cases {
        let mut repository = repository();
        repository
            .edit("targets", |targets| targets["targets"]["top.txt"]["custom"] = custom.clone());
        let server = Server::start(&repository);
        let mut cli = Cli::initialized(&repository, &server);
        let verdict = download(&cli, &["top.txt"]).1;
        let said = &verdict["targets"][0];
        assert_eq!((&said["custom"], &said["fields"]), (&custom, &fields), "{said}");
        let shown = &cli.json_ok(&["show", "targets"])["trusted"]["targets"];
        assert_eq!(shown["fields"]["top.txt"], fields, "{shown}");
        cli.options.retain(|option| option != "--quiet");
        let text = cli.ok(&["--target-name", "top.txt", "download"]).stdout;
        let labels = ["Python", "yanked", "metadata", "backsigned", "wrong"];
        let found: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("  "))
            .filter(|line| labels.iter().any(|label| line.starts_with(label)))
            .collect();
        assert_eq!(found, lines, "{text}");
        let [blake2b, sha256] =
            ["blake2b-256", "sha256"].map(|name| format!("{name} {}", hash(name, b"at the top")));
        let fields = lines.iter().map(|line| listed(line)).collect::<String>();
        let line = format!("top.txt, 10 bytes, {blake2b}, {sha256}{fields}");
        let text = cli.ok(&["show", "targets"]).stdout;
        assert!(text.lines().any(|shown| shown.ends_with(&line)), "{line:?} is not in {text}");
    }
}

/// "Python      >=3.9" as `show` has it: ", Python: >=3.9".
fn listed(line: &str) -> String {
    let (label, text) = line.split_once(' ').unwrap();
    format!(", {label}: {}", text.trim_start())
}

#[test]
fn what_is_there_already_is_not_downloaded_again() {
    let repository = repository();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    assert_eq!(download(&cli, &["top.txt"]).0, 0);
    let first = cli.downloads();
    target_requests(&server);
    assert_eq!(download(&cli, &["top.txt"]).0, 0);
    assert!(target_requests(&server).is_empty());
    assert_eq!(cli.downloads(), first);
    // A file that was changed is replaced under the same name.
    std::fs::write(cli.target_dir().join(&first[0].0), b"at the tip").unwrap();
    assert_eq!(download(&cli, &["top.txt"]).0, 0);
    assert_eq!(target_requests(&server).len(), 1);
    assert_eq!(cli.downloads(), first);
}

#[test]
fn the_first_failure_ends_it() {
    let repository = repository();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let (code, verdict) = download(&cli, &["claimed/a.whl", "not there", "top.txt"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("target-not-found")), "{verdict}");
    assert_eq!(cli.downloads().len(), 1);
    assert_eq!(target_requests(&server).len(), 1);
}

#[test]
fn a_wrong_file_is_not_kept() {
    let repository = repository();
    let server = Server::start(&repository);
    let sha256 = format!("/targets/{}.top.txt", hash("sha256", b"at the top"));
    let blake2b = format!("/targets/{}.top.txt", hash("blake2b-256", b"at the top"));
    for (bytes, code) in [
        (&b"at the tip"[..], "hash-mismatch"),
        (b"at the top!", "length-mismatch"),
        (b"at the to", "length-mismatch"),
        (b"", "length-mismatch"),
    ] {
        for path in [&sha256, &blake2b] {
            server.serve_file(path, bytes);
        }
        let cli = Cli::initialized(&repository, &server);
        let (exit, verdict) = download(&cli, &["top.txt"]);
        assert_eq!((exit, &verdict["error"]["code"]), (1, &json!(code)), "{verdict}");
        assert!(cli.downloads().is_empty(), "{:?}", cli.downloads());
        assert!(cli.strays().is_empty(), "{:?}", cli.strays());
    }
    server.misbehave(&blake2b, Behaviour::Endless);
    let cli = Cli::initialized(&repository, &server);
    let (exit, verdict) = download(&cli, &["top.txt"]);
    assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("length-mismatch")), "{verdict}");
    assert!(cli.downloads().is_empty());
}

#[test]
fn a_good_file_stays_though_the_new_one_is_wrong() {
    let mut repository = repository();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    assert_eq!(download(&cli, &["top.txt"]).0, 0);
    repository.publish("targets", |_| {});
    repository.add_target("targets", "top.txt", b"a new text");
    server.serve(&repository);
    for algorithm in ["sha256", "blake2b-256"] {
        server.serve_file(
            &format!("/targets/{}.top.txt", hash(algorithm, b"a new text")),
            b"a bad text",
        );
    }
    let (exit, verdict) = download(&cli, &["top.txt"]);
    assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("hash-mismatch")), "{verdict}");
    assert_eq!(cli.downloads()[0].1, b"at the top");
    assert_eq!(cli.downloads().len(), 1);
}

#[test]
fn the_other_hash_s_name_is_tried_where_the_first_is_not_there() {
    let mut repository = repository();
    let (first, second) = (hash("blake2b-256", b"at the top"), hash("sha256", b"at the top"));
    repository.files.remove(&format!("targets/{first}.top.txt"));
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    assert_eq!(download(&cli, &["top.txt"]).0, 0);
    assert_eq!(cli.downloads().len(), 1);
    assert_eq!(
        target_requests(&server),
        [format!("/targets/{first}.top.txt"), format!("/targets/{second}.top.txt")]
    );
}

#[test]
fn without_hash_prefix_the_plain_name_is_asked_for() {
    let repository = repository();
    let server = Server::start(&repository);
    server.serve_file("/targets/top.txt", b"at the top");
    let cli = Cli::initialized(&repository, &server);
    cli.json_ok(&["--no-hash-prefix", "--target-name", "top.txt", "download"]);
    assert_eq!(target_requests(&server), ["/targets/top.txt"]);
}

#[test]
fn without_consistent_snapshots_the_plain_name_is_asked_for() {
    let mut repository = Repository::inconsistent();
    repository.add_target("targets", "dir/name with blanks é.txt", b"text");
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let (code, verdict) = download(&cli, &["dir/name with blanks é.txt"]);
    assert_eq!((code, &verdict["ok"]), (0, &json!(true)), "{verdict}");
    assert_eq!(target_requests(&server), ["/targets/dir/name%20with%20blanks%20%C3%A9.txt"]);
    assert_eq!(cli.downloads()[0].1, b"text");
}

#[test]
fn no_file_is_written_outside_of_the_target_folder() {
    for path in [
        "../outside.txt",
        "/outside.txt",
        "a/../../outside.txt",
        "..",
        "a/..",
        "./../outside.txt",
        "a//b",
        "",
        "a/",
        "c:\\x",
        "a\\..\\..\\outside.txt",
    ] {
        let mut repository = Repository::new();
        repository.add_target("targets", path, b"outside");
        let server = Server::start(&repository);
        for file in repository.files.keys().filter(|name| name.starts_with("targets/")) {
            server.serve_file(&format!("/{file}"), b"outside");
        }
        let cli = Cli::initialized(&repository, &server);
        let (code, verdict) = download(&cli, &[path]);
        assert!(matches!(code, 1 | 2), "{path}: {verdict}");
        assert!(cli.downloads().is_empty(), "{path}: {:?}", cli.downloads());
        assert!(cli.strays().is_empty(), "{path}: {:?}", cli.strays());
    }
}

#[cfg(unix)]
#[test]
fn no_symbolic_link_is_followed_out_of_the_target_folder() {
    let repository = repository();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), cli.target_dir().join("claimed")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("top.txt"), cli.target_dir().join("top.txt"))
        .unwrap();
    for name in ["claimed/a.whl", "top.txt"] {
        // Refused, or written in the link's place: but never through it.
        download(&cli, &[name]);
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn metadata_that_is_refused_lets_no_file_through() {
    let mut repository = repository();
    repository.edit("claimed", |claimed| claimed["expires"] = EXPIRED.into());
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let (code, verdict) = download(&cli, &["claimed/a.whl"]);
    assert_eq!(
        (code, &verdict["error"]["code"], &verdict["error"]["role"]),
        (1, &json!("expired"), &json!("claimed")),
        "{verdict}"
    );
    assert!(target_requests(&server).is_empty());
    assert!(cli.downloads().is_empty());
}

#[test]
fn a_role_s_odd_name_becomes_an_odd_file_name_and_nothing_else() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("../../evil é", &["*"]));
    repository.add_target("../../evil é", "a", b"a");
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    assert_eq!(download(&cli, &["a"]).0, 0);
    let paths = server.take_paths();
    assert!(paths.contains(&"/metadata/1...%2F..%2Fevil%20%C3%A9.json".to_owned()), "{paths:?}");
    let names: Vec<String> = cli.versions().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), 5, "{names:?}");
    assert!(cli.strays().is_empty(), "{:?}", cli.strays());
}
