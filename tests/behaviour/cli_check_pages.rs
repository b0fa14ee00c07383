//! `picotuf check` where only index pages are signed: a file is proved in two steps.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;

const WHEEL: &str = "six-1.17.0-py2.py3-none-any.whl";
const SDIST: &str = "six-1.17.0.tar.gz";

fn html(files: &[(&str, &str)]) -> String {
    let link = |(name, hash): &(&str, &str)| {
        format!(
            "<a href=\"../../p/{name}#{hash}\" data-requires-python=\"&gt;=3.9\">{name}</a><br/>\n"
        )
    };
    let links: String = files.iter().map(link).collect();
    format!(
        "<!DOCTYPE html>\n<html><body><h1>Links for six</h1>\n{links}</body></html>\n<!--SERIAL \
         1-->\n"
    )
}

fn json_page(project: &str, files: &[(&str, &str)]) -> String {
    let file = |(name, hash): &(&str, &str)| {
        let (algorithm, digits) = hash.split_once('=').unwrap();
        json!({"filename": name, "hashes": {algorithm: digits}, "url": "u", "yanked": "old",
            "requires-python": ">=3.9"})
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
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, hash)| (*name, hash.as_str())).collect();
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
        assert_eq!(
            (&said["page"]["requires_python"], &said["page"]["yanked"]),
            (&json!(">=3.9"), &yanked)
        );
        let owners: Vec<_> =
            said["chain"].as_array().unwrap().iter().map(|link| link["owner"].clone()).collect();
        assert_eq!(owners, ["pypi-online", "pypi-online"]);
        // The page is fetched once, and the files not at all.
        let targets: Vec<_> =
            server.take_paths().into_iter().filter(|path| path.starts_with("/targets/")).collect();
        assert_eq!(targets, [format!("/targets/{}.six", hash("blake2b-256", page.as_bytes()))]);
        cli.refuses(&["check", &both[0], "--require", "developer"], "other-signer", None);
        cli.refuses(&["check", &write(&cli, WHEEL, b"a whale")], "hash-mismatch", None);
        cli.refuses(
            &["check", &write(&cli, "six-1.16.0.tar.gz", b"an sdist")],
            "not-in-page",
            None,
        );
        cli.refuses(
            &["check", &write(&cli, "seven-1.0.tar.gz", b"an sdist")],
            "target-not-found",
            None,
        );
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
            json_page("six", &[(WHEEL, &good)])
                .replace("\"name\":\"six\"", "\"name\":\"six\",\"name\":\"six\""),
            "duplicate-member",
        ),
        ("six".to_owned(), "page-form"),
    ] {
        let (_server, cli) = started(&rstuf(&page));
        let verdict = cli.refuses(&["check", &write(&cli, WHEEL, b"a wheel")], code, None);
        assert_eq!(verdict["error"]["target"], "six", "{verdict}");
        assert_eq!(
            verdict["error"]["blame"],
            if code == "no-common-hash" { "caller" } else { "repository" },
            "{page}"
        );
    }
}

#[test]
fn pages_stand_under_the_names_of_pep_458_and_691_too() {
    let files = [(WHEEL, sha256(b"a wheel"))];
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, hash)| (*name, hash.as_str())).collect();
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

/// A page that says this of its project, with a wheel, in both forms.
fn with_status(status: &str, reason: Option<&str>) -> [String; 2] {
    let good = sha256(b"a wheel");
    let files = [(WHEEL, good.as_str())];
    let mut json: Value = serde_json::from_str(&json_page("six", &files)).unwrap();
    json["project-status"] = json!({"status": status, "reason": reason});
    json["files"][0].as_object_mut().unwrap().remove("yanked");
    let reason = reason
        .map(|reason| format!("<meta name=\"pypi:project-status-reason\" content=\"{reason}\">"));
    let meta = format!(
        "<meta name=\"pypi:project-status\" content=\"{status}\">{}",
        reason.unwrap_or_default()
    );
    [html(&files).replace("<html>", &format!("<html><head>{meta}</head>")), json.to_string()]
}

#[test]
fn what_became_of_the_project_is_shown_with_the_verdict() {
    for (status, reason, said, line) in [
        ("active", None, Value::Null, None),
        ("archived", None, json!({"status": "archived"}), Some("project     archived")),
        (
            "deprecated",
            Some("use seven"),
            json!({"status": "deprecated", "reason": "use seven"}),
            Some("project     deprecated: use seven"),
        ),
        // PEP 792 says nothing of others: they are shown and refuse nothing.
        (
            "haunted\u{202e}",
            None,
            json!({"status": "haunted\u{202e}"}),
            Some(r"project     haunted\u{202e}"),
        ),
    ] {
        for page in with_status(status, reason) {
            let (_server, mut cli) = started(&rstuf(&page));
            let file = write(&cli, WHEEL, b"a wheel");
            assert_eq!(
                cli.json_ok(&["check", &file])["files"][0]["project_status"],
                said,
                "{page}"
            );
            let hash = hash("sha256", b"a wheel");
            let lock = write(
                &cli,
                "requirements.txt",
                format!("six==1.17.0 --hash=sha256:{hash}\n").as_bytes(),
            );
            let verdict = cli.json_ok(&["check", &lock]);
            assert_eq!(verdict["files"][0]["entries"][0]["project_status"], said, "{page}");
            cli.options.retain(|option| option != "--quiet");
            let text = cli.run(&["check", &file]).stdout;
            let found = text.lines().map(str::trim).find(|line| line.starts_with("project  "));
            assert_eq!(found, line, "{text}");
            let text = cli.run(&["check", &lock]).stdout;
            let expected = line.map(|line| {
                format!("1 signed by PyPI, project {}", line.trim_start_matches("project").trim())
            });
            assert!(text.contains(expected.as_deref().unwrap_or("1 signed by PyPI\n")), "{text}");
        }
    }
}

#[test]
fn a_file_of_a_quarantined_project_is_refused_unless_that_is_allowed() {
    for page in with_status("quarantined", Some("the project is haunted")) {
        let (_server, cli) = started(&rstuf(&page));
        let file = write(&cli, WHEEL, b"a wheel");
        let hash = hash("sha256", b"a wheel");
        let lock = write(
            &cli,
            "requirements.txt",
            format!("six==1.17.0 --hash=sha256:{hash}\n").as_bytes(),
        );
        let verdict = cli.refuses(&["check", &file], "quarantined-project", None);
        assert_eq!(
            verdict["error"]["message"],
            "the project is quarantined: the project is haunted"
        );
        assert_eq!(
            (&verdict["error"]["blame"], &verdict["error"]["target"]),
            (&json!("repository"), &json!("six"))
        );
        // Another reason does not allow it, and in a lock file it is no less refused.
        cli.refuses(
            &["check", &file, "--allow", "url,no-common-hash"],
            "quarantined-project",
            None,
        );
        let verdict = cli.refuses(&["check", &lock], "files-refused", None);
        assert_eq!(verdict["summary"]["refused"], 1);
        assert!(cli.run(&["check", &lock]).stderr.contains("[quarantined-project]"));
        for input in [&file, &lock] {
            let verdict = cli.json_ok(&["check", input, "--allow", "quarantined"]);
            let of_file = &verdict["files"][0];
            let said = if of_file["entries"].is_array() { &of_file["entries"][0] } else { of_file };
            assert_eq!(said["project_status"]["status"], "quarantined");
            assert_eq!(
                (&said["signed_by"], &verdict["summary"]["pypi"]),
                (&json!("pypi"), &json!(1))
            );
        }
        // Allowed is the project and nothing else.
        cli.refuses(
            &["check", &write(&cli, WHEEL, b"a whale"), "--allow", "quarantined"],
            "hash-mismatch",
            None,
        );
    }
    // An index offers no files of such a project: that is no reason to say only that the page has
    // none.
    let empty = html(&[])
        .replace("<html>", "<html><meta name='pypi:project-status' content='quarantined'/>");
    let (_server, cli) = started(&rstuf(&empty));
    let file = write(&cli, WHEEL, b"a wheel");
    cli.refuses(&["check", &file], "quarantined-project", None);
    cli.refuses(&["check", &file, "--allow", "quarantined"], "not-in-page", None);
}

#[test]
fn what_makes_a_page_unreadable_is_named() {
    let good = sha256(b"a wheel");
    let page = html(&[(WHEEL, &good)]);
    for (page, message) in [
        (
            page.replace("<h1>", "<marquee>"),
            "the index page has an element that is not known, `marquee`, at byte 36",
        ),
        (
            page.replace("<h1>", "<\u{202e}x>"),
            r"the index page has an element that is not known, `\u{202e}x`, at byte 29",
        ),
    ] {
        let (_server, cli) = started(&rstuf(&page));
        let file = write(&cli, WHEEL, b"a wheel");
        let verdict = cli.refuses(&["check", &file], "page-html", None);
        assert_eq!(verdict["error"]["message"], message);
        // The same for every file of it, though it is read once.
        let other = write(&cli, SDIST, b"an sdist");
        let verdict = cli.run(&["-v", "--json", "check", &file, &other]);
        let said: Value = serde_json::from_str(&verdict.stdout).unwrap();
        for file in said["files"].as_array().unwrap() {
            assert_eq!(
                (&file["error"]["code"], &file["error"]["message"]),
                (&json!("page-html"), &json!(message))
            );
        }
        assert_eq!(verdict.stderr.matches("reads the index page six").count(), 1, "{verdict:?}");
    }
}

#[test]
fn a_page_is_read_once_for_all_hashes_of_a_requirement() {
    let contents: Vec<String> = (0..79).map(|number| format!("wheel {number}")).collect();
    let names: Vec<String> =
        (0..79).map(|number| format!("six-1.17.0-{number}-py3-none-any.whl")).collect();
    let hashes: Vec<String> = contents.iter().map(|content| sha256(content.as_bytes())).collect();
    let files: Vec<(&str, &str)> =
        names.iter().zip(&hashes).map(|(name, hash)| (&**name, &**hash)).collect();
    let pins: String =
        hashes.iter().map(|hash| format!(" --hash={}", hash.replace('=', ":"))).collect();
    for page in [html(&files), json_page("six", &files)] {
        let (_server, mut cli) = started(&rstuf(&page));
        let lock = write(&cli, "requirements.txt", format!("six==1.17.0{pins}\n").as_bytes());
        cli.options.retain(|option| option != "--quiet");
        let outcome = cli.run(&["-v", "check", &lock]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert!(outcome.stdout.contains("79 signed by PyPI"), "{outcome:?}");
        assert_eq!(outcome.stderr.matches("reads the index page six").count(), 1, "{outcome:?}");
    }
}

#[test]
fn a_wheel_of_old_is_of_the_version_that_pins_it() {
    let hash = sha256(b"a wheel");
    let (_server, cli) = started(&rstuf(&html(&[("six-0.0.1_1-py3-none-any.whl", &hash)])));
    for (version, ok) in
        [("0.0.1.post1", true), ("0.0.1-1", true), ("0.0.1", false), ("0.0.1.post2", false)]
    {
        let text = format!("six=={version} --hash={}\n", hash.replace('=', ":"));
        let lock = write(&cli, "requirements.txt", text.as_bytes());
        match ok {
            true => assert_eq!(cli.json_ok(&["check", &lock])["summary"]["pypi"], 1, "{version}"),
            false => {
                let verdict = cli.refuses(&["check", &lock], "files-refused", None);
                assert_eq!(
                    verdict["files"][0]["entries"][0]["error"]["code"], "other-version",
                    "{version}"
                );
            }
        }
    }
}
