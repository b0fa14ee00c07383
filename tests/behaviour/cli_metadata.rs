//! `picotuf metadata` where index pages are signed: of a wheel, and of a project's newest wheel.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

const SIX: &str = "six-1.17.0-py2.py3-none-any.whl";
const OLDER: &str = "six-1.9.0-py2.py3-none-any.whl";

/// A file as a page states it.
#[derive(Clone)]
struct File {
    name: &'static str,
    link: String,
    /// As JSON has it; in HTML, hashes are one of them.
    metadata: Value,
    yanked: bool,
}

/// One whose METADATA, which says its name, is signed and lies where the link leads to.
fn file(name: &'static str) -> File {
    let metadata = json!({"sha256": hash("sha256", metadata_of(name).as_bytes())});
    File { name, link: format!("../p/{name}"), metadata, yanked: false }
}

fn metadata_of(name: &str) -> String {
    format!("Metadata-Version: 2.2\nName: six\nDescription: of {name}\n")
}

fn json_page(files: &[File]) -> String {
    let entry = |file: &File| {
        json!({
            "filename": file.name, "hashes": {"sha256": hash("sha256", b"a \
             wheel")}, "url": file.link,
            "core-metadata": file.metadata, "yanked": file.yanked,
        })
    };
    let files: Vec<Value> = files.iter().map(entry).collect();
    json!({"meta": {"api-version": "1.1"}, "name": "six", "files": files}).to_string()
}

fn html_page(files: &[File]) -> String {
    let link = |file: &File| {
        let metadata = match &file.metadata {
            Value::Object(hashes) => hashes
                .iter()
                .map(|(name, hex)| format!("{name}={}", hex.as_str().unwrap()))
                .collect(),
            other => other.to_string(),
        };
        let yanked = if file.yanked { " data-yanked=\"\"" } else { "" };
        let sha256 = hash("sha256", b"a wheel");
        let File { name, link, .. } = file;
        format!(
            "<a href=\"{link}#sha256={sha256}\" \
             data-core-metadata=\"{metadata}\"{yanked}>{name}</a><br/>\n"
        )
    };
    let links: String = files.iter().map(link).collect();
    format!("<!DOCTYPE html>\n<html><body>\n{links}</body></html>\n")
}

fn with_page(path: &str, page: &str) -> Repository {
    let mut repository = Repository::new();
    repository.add_target("targets", path, page.as_bytes());
    repository
}

fn started(repository: &Repository, layout: &str) -> (Server, Cli) {
    let server = Server::start(repository);
    let mut cli = Cli::initialized(repository, &server);
    cli.options.extend(["--layout".to_owned(), layout.to_owned()]);
    (server, cli)
}

/// The METADATA that is had, and the code where none is.
fn had(cli: &Cli, what: &str) -> Result<String, String> {
    let (exit, verdict) = cli.json(&["metadata", what]);
    let error = verdict["error"]["code"].as_str().map(str::to_owned);
    assert_eq!(
        (exit, verdict.get("metadata").is_some()),
        (i32::from(error.is_some()), error.is_none()),
        "{verdict}"
    );
    match error {
        Some(code) => Err(code),
        None => Ok(verdict["metadata"].as_str().unwrap().to_owned()),
    }
}

#[test]
fn a_project_has_that_of_its_newest_wheel() {
    let (pre, yanked) = ("six-1.18.0rc1-py3-none-any.whl", "six-1.19.0-py3-none-any.whl");
    let others = [
        File { metadata: json!(true), ..file("six-1.20.0-py3-none-any.whl") },
        File { metadata: json!(false), ..file("six-1.21.0-py3-none-any.whl") },
        file("six-1.22.0.tar.gz"),
        file("six-latest-py3-none-any.whl"),
    ];
    let yanked_one = File { yanked: true, ..file(yanked) };
    for (files, expected) in [
        // Of two wheels of a version, the first.
        (
            vec![
                file(OLDER),
                file(pre),
                file(SIX),
                file("six-1.17-py3-none-any.whl"),
                yanked_one.clone(),
            ],
            Ok(SIX),
        ),
        (vec![file(pre), yanked_one.clone()], Ok(pre)),
        (vec![yanked_one, file("six-1.18.0-py3-none-any.whl")], Ok("six-1.18.0-py3-none-any.whl")),
        (vec![File { yanked: true, ..file(OLDER) }, File { yanked: true, ..file(SIX) }], Ok(SIX)),
        (vec![], Err("no-core-metadata")),
    ] {
        let files = [&files[..], &others].concat();
        for page in [json_page(&files), html_page(&files)] {
            let (server, mut cli) = started(&with_page("six", &page), "rstuf");
            for file in &files {
                server.serve_file(
                    &format!("/p/{}.metadata", file.name),
                    metadata_of(file.name).as_bytes(),
                );
            }
            let expected = expected.map(metadata_of).map_err(str::to_owned);
            assert_eq!(had(&cli, "Six"), expected, "{page}");
            if let Ok(text) = expected {
                let verdict = cli.json_ok(&["metadata", "six"]);
                assert_eq!(
                    (&verdict["target"], text.contains(verdict["wheel"].as_str().unwrap())),
                    (&json!("six"), true)
                );
                cli.options.retain(|option| option != "--quiet");
                assert_eq!(cli.ok(&["metadata", "six"]).stdout, text);
                // No wheel was fetched.
                assert!(!server.take_paths().iter().any(|path| path.ends_with(".whl")));
            }
        }
    }
}

#[test]
fn a_wheel_has_that_whose_hash_stands_in_the_page() {
    let files = [
        file(SIX),
        File { metadata: json!(true), ..file(OLDER) },
        File { metadata: json!(false), ..file("six-1.0.0-py3-none-any.whl") },
    ];
    for (path, layout) in [
        ("six", "rstuf"),
        ("simple/six/index.html", "pep458"),
        ("simple/six/vnd.pypi.simple.v1.json", "pep691"),
    ] {
        for page in [json_page(&files), html_page(&files)] {
            let (server, cli) = started(&with_page(path, &page), layout);
            let folder = path
                .rsplit_once('/')
                .and_then(|(folder, _)| folder.rsplit_once('/'))
                .map(|(folder, _)| folder);
            let place = folder.map_or("/p".to_owned(), |folder| format!("/targets/{folder}/p"));
            let place = format!("{place}/{SIX}.metadata");
            assert_eq!(
                had(&cli, SIX),
                Err("missing-target".to_owned()),
                "{place}: {:?}",
                server.take_paths()
            );
            server.serve_file(&place, metadata_of(SIX).as_bytes());
            assert_eq!(had(&cli, SIX), Ok(metadata_of(SIX)), "{layout}: {:?}", server.take_paths());
            assert_eq!(had(&cli, OLDER), Err("no-common-hash".to_owned()));
            assert_eq!(had(&cli, "six-1.0.0-py3-none-any.whl"), Err("no-core-metadata".to_owned()));
            assert_eq!(had(&cli, "six-2.0-py3-none-any.whl"), Err("not-in-page".to_owned()));
            // Its files might be signed, and are not known.
            let unknown = if layout == "pep458" { "not-checkable" } else { "target-not-found" };
            assert_eq!(had(&cli, "seven"), Err(unknown.to_owned()));
            // Another file is not printed, of whatever length.
            for other in [
                metadata_of(OLDER),
                metadata_of(SIX).replace("six", "evi"),
                String::new(),
                " ".repeat(9_000_000),
            ] {
                server.serve_file(&place, other.as_bytes());
                let code = if other.len() > 9_000 { "limit-reached" } else { "hash-mismatch" };
                assert_eq!(had(&cli, SIX), Err(code.to_owned()));
                assert_eq!(had(&cli, "six"), Err(code.to_owned()));
            }
        }
    }
}

#[test]
fn a_link_may_lead_elsewhere_and_a_wrong_one_nowhere() {
    let elsewhere = Server::start(&Repository::new());
    elsewhere.serve_file(&format!("/files/{SIX}.metadata"), metadata_of(SIX).as_bytes());
    let linked = |link: &str| File { link: link.to_owned(), ..file(SIX) };
    for (link, expected) in [
        (format!("{}/files/{SIX}", elsewhere.url()), None),
        (format!("{}/files/{SIX}?x=y", elsewhere.url()), None),
        (format!("{}/others/{SIX}", elsewhere.url()), Some("missing-target")),
        (format!("file:///files/{SIX}"), Some("page-link")),
        (format!("ftp://example.org/{SIX}"), Some("page-link")),
    ] {
        let files = [linked(&link)];
        for page in [json_page(&files), html_page(&files)] {
            let (_server, cli) = started(&with_page("six", &page), "rstuf");
            assert_eq!(had(&cli, "six").err().as_deref(), expected, "{link}");
        }
    }
    // JSON may have no link, or one that is too long to be kept.
    for link in [String::new(), format!("../{}/{SIX}", "x".repeat(3000))] {
        let (_server, cli) = started(&with_page("six", &json_page(&[linked(&link)])), "rstuf");
        assert_eq!(had(&cli, "six"), Err("page-link".to_owned()));
    }
    let (_server, cli) = started(&with_page("six", &json_page(&[file(SIX), file(SIX)])), "rstuf");
    assert_eq!(had(&cli, "six"), Err("page-names-file-twice".to_owned()));
}

#[test]
fn a_repository_may_lie_in_a_folder() {
    let repository = with_page(
        "simple/six/index.html",
        &html_page(&[File { link: format!("../../p/{SIX}"), ..file(SIX) }]),
    );
    let (_server, mut cli) = started(&repository, "pep458");
    let folder = cli.folder().join("repository");
    let files = repository.files.iter().map(|(name, bytes)| match name.starts_with("targets/") {
        true => (name.clone(), bytes.clone()),
        false => (format!("metadata/{name}"), bytes.clone()),
    });
    let beside = (format!("targets/p/{SIX}.metadata"), metadata_of(SIX).into_bytes());
    for (name, bytes) in files.chain([beside]) {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let folder = folder.display().to_string();
    for (option, name) in [("--metadata-url", "metadata"), ("--target-base-url", "targets")] {
        cli.options.extend([option.to_owned(), format!("{folder}/{name}")]);
    }
    assert_eq!(had(&cli, "six"), Ok(metadata_of(SIX)));
}

#[test]
fn where_no_page_is_signed_a_project_s_files_are_not_known() {
    let (_server, cli) = started(&with_page(&format!("six/{SIX}"), "a wheel"), "pep480");
    let outcome = cli.run(&["metadata", "six"]);
    assert_eq!((outcome.code, outcome.stderr.trim_end().lines().count()), (1, 1), "{outcome:?}");
    assert!(
        outcome.stderr.contains("[not-checkable]")
            && outcome.stderr.contains("file name of a wheel"),
        "{outcome:?}"
    );
    for wrong in ["-six-", "six-1.0.whl", ""] {
        assert_eq!(cli.run(&["metadata", "--", wrong]).code, 2, "{wrong}");
    }
}
