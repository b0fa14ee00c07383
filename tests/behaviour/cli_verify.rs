//! `picotuf verify`: a file that is here already, against the repository.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::succinct("bins", 2));
    let first = u8::from_str_radix(&hash("sha256", b"dir/a.whl")[..1], 16).unwrap();
    repository.add_target(&format!("bins-{}", first >> 2), "dir/a.whl", b"a wheel");
    repository
}

#[test]
fn only_metadata_is_fetched() {
    let repository = repository();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let file = cli.write("a.whl", b"a wheel").display().to_string();
    let verdict = cli.json_ok(&["verify", &file, "--target-name", "dir/a.whl"]);
    assert_eq!(verdict["targets"][0]["path"], "dir/a.whl", "{verdict}");
    assert!(server.take_paths().iter().all(|path| path.starts_with("/metadata/")));
    assert!(cli.downloads().is_empty());
}

#[test]
fn a_wrong_file_is_refused() {
    let repository = repository();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    for (content, code) in [
        (&b"a whale"[..], "hash-mismatch"),
        (b"a wheel ", "length-mismatch"),
        (b"", "length-mismatch"),
    ] {
        let file = cli.write("a.whl", content).display().to_string();
        cli.refuses(&["verify", &file, "--target-name", "dir/a.whl"], code, None);
    }
    let file = cli.write("a.whl", b"a wheel and much more").display().to_string();
    let verdict =
        cli.refuses(&["verify", &file, "--target-name", "dir/a.whl"], "length-mismatch", None);
    let error = &verdict["error"];
    assert_eq!(error["message"], "target is more than 7 bytes long, expected 7");
    assert_eq!(
        (&error["expected"], error.get("found")),
        (&json!(7), None),
        "a length that nobody has seen"
    );
    let file = cli.write("a.whl", b"a wheel").display().to_string();
    cli.refuses(&["verify", &file, "--target-name", "dir/b.whl"], "target-not-found", None);
    assert_ne!(cli.run(&["verify", "no such file", "--target-name", "dir/a.whl"]).code, 0);
    assert_eq!(cli.run(&["verify", &file]).code, 2);
}

#[test]
fn offline_only_what_is_stored_is_used() {
    let repository = repository();
    let server = Server::start(&repository);
    let mut cli = Cli::initialized(&repository, &server);
    let file = cli.write("a.whl", b"a wheel").display().to_string();
    let arguments = ["verify", "--offline", &file, "--target-name", "dir/a.whl"];
    cli.refuses(&arguments, "missing-file", Some("timestamp"));
    cli.json_ok(&["verify", &file, "--target-name", "dir/a.whl"]);
    server.take_paths();
    cli.json_ok(&arguments);
    assert!(server.take_paths().is_empty());
    // It is verified again.
    let timestamp = cli.metadata_dir().join("timestamp.json");
    let good = std::fs::read_to_string(&timestamp).unwrap();
    std::fs::write(&timestamp, good.replace("2026-01-16", "2036-01-16")).unwrap();
    cli.refuses(&arguments, "threshold-not-met", Some("timestamp"));
    std::fs::write(&timestamp, good).unwrap();
    cli.set_time("2026-01-20T00:00:00Z");
    cli.refuses(&arguments, "expired", Some("timestamp"));
    assert!(server.take_paths().is_empty());
}
