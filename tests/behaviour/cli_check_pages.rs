//! `picotuf check` where only index pages are signed: a file is proved in two steps.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

const WHEEL: &str = "six-1.17.0-py2.py3-none-any.whl";
const SDIST: &str = "six-1.17.0.tar.gz";

fn html(files: &[(&str, &str)]) -> String {
    let link = |(name, hash): &(&str, &str)| {
        format!("<a href=\"../../p/{name}#{hash}\" data-requires-python=\"&gt;=3.9\">{name}</a><br/>\n")
    };
    let links: String = files.iter().map(link).collect();
    format!("<!DOCTYPE html>\n<html><body><h1>Links for six</h1>\n{links}</body></html>\n<!--SERIAL 1-->\n")
}

fn json_page(project: &str, files: &[(&str, &str)]) -> String {
    let file = |(name, hash): &(&str, &str)| {
        let (algorithm, digits) = hash.split_once('=').unwrap();
        json!({"filename": name, "hashes": {algorithm: digits}, "url": "u", "yanked": "old", "requires-python": ">=3.9"})
    };
    let files: Vec<Value> = files.iter().map(file).collect();
    json!({"meta": {"api-version": "1.1"}, "name": project, "files": files}).to_string()
}

fn sha256(content: &[u8]) -> String {
    format!("sha256={}", hash("sha256", content))
}

/// As RSTUF has it: succinct roles below `targets`, and the project's page under its name.
fn rstuf(page: &str) -> Repository {
    let mut repository = Repository::new();
    repository.listing = Listing::Versions;
    repository.target_hashes = vec!["blake2b-256"];
    repository.delegate("targets", &Delegation::succinct("bins", 2));
    let digit = u8::from_str_radix(&hash("sha256", b"six")[..1], 16).unwrap();
    repository.add_target(&format!("bins-{}", digit >> 2), "six", page.as_bytes());
    repository
}

fn started(repository: &Repository) -> (Server, Cli) {
    let server = Server::start(repository);
    let mut cli = Cli::initialized(repository, &server);
    cli.options.extend(["--layout", "rstuf"].map(str::to_owned));
    (server, cli)
}

fn write(cli: &Cli, name: &str, content: &[u8]) -> String {
    cli.write(name, content).display().to_string()
}

#[test]
fn a_page_of_either_form_states_the_file() {
    let files = [(WHEEL, sha256(b"a wheel")), (SDIST, sha256(b"an sdist"))];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, hash)| (*name, hash.as_str())).collect();
    for (page, yanked) in [(html(&files), Value::Null), (json_page("six", &files), json!("old"))] {
        let (server, cli) = started(&rstuf(&page));
        let both = [write(&cli, WHEEL, b"a wheel"), write(&cli, SDIST, b"an sdist")];
        let verdict = cli.json_ok(&["check", &both[0], &both[1]]);
        let said = &verdict["files"][0];
        assert_eq!(
            (&said["target"], &said["signed_by"], &said["file_name"]),
            (&json!("six"), &json!("pypi"), &json!(WHEEL))
        );
        assert_eq!(said["compared"], json!(["sha256"]));
        assert_eq!((&said["page"]["requires_python"], &said["page"]["yanked"]), (&json!(">=3.9"), &yanked));
        let owners: Vec<_> = said["chain"].as_array().unwrap().iter().map(|link| link["owner"].clone()).collect();
        assert_eq!(owners, ["pypi-online", "pypi-online"]);
        // The page is fetched once, and the files not at all.
        let targets: Vec<_> = server.take_paths().into_iter().filter(|path| path.starts_with("/targets/")).collect();
        assert_eq!(targets, [format!("/targets/{}.six", hash("blake2b-256", page.as_bytes()))]);
        cli.refuses(&["check", &both[0], "--require", "developer"], "other-signer", None);
        cli.refuses(&["check", &write(&cli, WHEEL, b"a whale")], "hash-mismatch", None);
        cli.refuses(&["check", &write(&cli, "six-1.16.0.tar.gz", b"an sdist")], "not-in-page", None);
        cli.refuses(&["check", &write(&cli, "seven-1.0.tar.gz", b"an sdist")], "target-not-found", None);
    }
}

#[test]
fn a_page_that_is_not_the_one_that_is_signed_is_not_read() {
    let page = html(&[(WHEEL, &sha256(b"a wheel"))]);
    let (server, cli) = started(&rstuf(&page));
    let evil = page.replace(&sha256(b"a wheel"), &sha256(b"a whale"));
    let path = format!("/targets/{}.six", hash("blake2b-256", page.as_bytes()));
    let file = write(&cli, WHEEL, b"a whale");
    server.serve_file(&path, evil.as_bytes());
    cli.refuses(&["check", &file], "hash-mismatch", None);
    server.serve_file(&path, format!("{page} ").as_bytes());
    cli.refuses(&["check", &file], "length-mismatch", None);
    server.serve_file(&path, b"");
    cli.refuses(&["check", &file], "length-mismatch", None);
    server.misbehave(&path, picotuf_tests::server::Behaviour::Status(404));
    cli.refuses(&["check", &file], "missing-target", None);
}

#[test]
fn a_page_that_says_two_things_is_refused() {
    let (good, other) = (sha256(b"a wheel"), sha256(b"a whale"));
    let twice = [(WHEEL, good.as_str()), (SDIST, &other), (WHEEL, &other)];
    for (page, code) in [
        (html(&twice), "page-names-file-twice"),
        (json_page("six", &twice), "page-names-file-twice"),
        (json_page("seven", &[(WHEEL, &good)]), "page-project"),
        (html(&[(WHEEL, &format!("{good}&amp;{other}"))]), "page-html"),
        (html(&[(WHEEL, &good)]).replace("<h1>", "<script>"), "page-html"),
        (html(&[(WHEEL, "md5=00")]), "no-common-hash"),
        (json_page("six", &[(WHEEL, "md5=00")]), "no-common-hash"),
        (json_page("six", &[(WHEEL, "sha256=00")]), "invalid-form"),
        (
            json_page("six", &[(WHEEL, &good)]).replace("\"name\":\"six\"", "\"name\":\"six\",\"name\":\"six\""),
            "duplicate-member",
        ),
        ("six".to_owned(), "page-form"),
    ] {
        let (_server, cli) = started(&rstuf(&page));
        let verdict = cli.refuses(&["check", &write(&cli, WHEEL, b"a wheel")], code, None);
        assert_eq!(verdict["error"]["target"], "six", "{verdict}");
        assert_eq!(verdict["error"]["blame"], if code == "no-common-hash" { "caller" } else { "repository" }, "{page}");
    }
}

#[test]
fn pages_stand_under_the_names_of_pep_458_and_691_too() {
    let files = [(WHEEL, sha256(b"a wheel"))];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, hash)| (*name, hash.as_str())).collect();
    for (layout, path, page) in [
        ("pep458", "simple/six/index.html", html(&files)),
        ("pep691", "simple/six/index.html", html(&files)),
        ("pep691", "simple/six/vnd.pypi.simple.v1.html", html(&files)),
        ("pep691", "simple/six/vnd.pypi.simple.v1.json", json_page("six", &files)),
    ] {
        let mut repository = Repository::new();
        super::cli_check::with_bins(&mut repository, "targets");
        super::cli_check::add_to_bin(&mut repository, path, page.as_bytes());
        let server = Server::start(&repository);
        let mut cli = Cli::initialized(&repository, &server);
        cli.options.extend(["--layout", layout].map(str::to_owned));
        let verdict = cli.json_ok(&["check", &write(&cli, WHEEL, b"a wheel")]);
        assert_eq!(verdict["files"][0]["target"], path, "{verdict}");
    }
}

#[test]
fn pages_are_not_kept_for_offline() {
    let page = html(&[(WHEEL, &sha256(b"a wheel"))]);
    let (_server, cli) = started(&rstuf(&page));
    let file = write(&cli, WHEEL, b"a wheel");
    cli.json_ok(&["check", &file]);
    let outcome = cli.run(&["check", "--offline", &file]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("missing-setting"), "{outcome:?}");
}
