//! `picotuf check` on lock files: every file that they pin is compared with what is signed, and
//! what cannot be is listed.

use crate::prelude::*;
use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;
use std::fmt::Write as _;
use std::io::Write as _;

const SIX: &str = "six-1.17.0-py2.py3-none-any.whl";
const SDIST: &str = "six-1.17.0.tar.gz";
const OLD: &str = "six-1.16.0-py2.py3-none-any.whl";

/// `six` by file, as PEP 458 and PEP 480 have it: the content of each file is its name.
fn by_file() -> Repository {
    let mut repository = Repository::new();
    super::cli_check::with_bins(&mut repository, "targets");
    for name in [SIX, SDIST, OLD] {
        super::cli_check::add_to_bin(&mut repository, &format!("six/{name}"), name.as_bytes());
    }
    repository
}

/// `six` by its index page, as RSTUF has it.
fn by_page() -> Repository {
    let file =
        |name: &str| json!({"filename": name, "hashes": {"sha256": sha256(name)}, "url": "u"});
    let files = [SIX, SDIST, OLD].map(file);
    let page = json!({"meta": {"api-version": "1.1"}, "name": "six", "files": files}).to_string();
    let mut repository = Repository::new();
    repository.listing = Listing::Versions;
    repository.target_hashes = vec!["blake2b-256"];
    repository.delegate("targets", &Delegation::succinct("bins", 1));
    add_page(&mut repository, "six", &page);
    repository
}

fn add_page(repository: &mut Repository, project: &str, page: &str) {
    let digit = u8::from_str_radix(&hash("sha256", project.as_bytes())[..1], 16).unwrap();
    repository.add_target(&format!("bins-{}", digit >> 3), project, page.as_bytes());
}

fn started(repository: &Repository, layout: &str) -> (Server, Cli) {
    let server = Server::start(repository);
    let mut cli = Cli::initialized(repository, &server);
    cli.options.extend(["--layout".to_owned(), layout.to_owned()]);
    (server, cli)
}

fn sha256(content: &str) -> String {
    hash("sha256", content.as_bytes())
}

/// `requirements.txt` that pins `six` to the files with that content.
fn requirement(version: &str, contents: &[&str]) -> String {
    let mut text = format!("six=={version}");
    for content in contents {
        write!(text, " --hash=sha256:{}", sha256(content)).unwrap();
    }
    text + "\n"
}

/// `pylock.toml` that pins `six` to a wheel of that name and content.
fn pylock(version: &str, name: &str, content: &str) -> String {
    let digits = sha256(content);
    format!(
        "lock-version = '1.0'\ncreated-by = 'x'\n[[packages]]\nname = 'Six'\nversion = \
         '{version}'\n\
         wheels = [{{ name = '{name}', url = 'https://example.org/{name}', \
         hashes = {{ sha256 = '{digits}' }} }}]\n"
    )
}

fn write(cli: &Cli, name: &str, text: &str) -> String {
    cli.write(name, text.as_bytes()).display().to_string()
}

/// The code of each entry's error, or why it was not checked; `ok` where it holds.
fn outcomes(verdict: &Value, place: usize) -> Vec<String> {
    let entries =
        verdict["files"][place]["entries"].as_array().unwrap_or_else(|| panic!("{verdict}"));
    let outcome = |entry: &Value| {
        let said = [&entry["error"]["code"], &entry["unchecked"]];
        said.iter().find_map(|code| code.as_str()).unwrap_or("ok").to_owned()
    };
    entries.iter().map(outcome).collect()
}

#[test]
fn named_files_are_compared_with_what_is_signed() {
    let repository = by_file();
    for (version, name, content, code) in [
        ("1.17.0", SIX, SIX, "ok"),
        ("v1.17", SIX, SIX, "ok"),
        ("1.17.0", SIX, "another", "hash-mismatch"),
        // Signed, but not what the lock file says it is.
        ("1.17.0", OLD, OLD, "other-version"),
        ("1.17.0.post1", SIX, SIX, "other-version"),
        ("1.17.0", "seven-1.17.0-py3-none-any.whl", SIX, "file-name"),
        ("1.17.0", "six-1.17.0-py3-none-any.whl", SIX, "target-not-found"),
    ] {
        let (server, cli) = started(&repository, "pep480");
        let file = write(&cli, "pylock.toml", &pylock(version, name, content));
        server.take_paths();
        let (exit, verdict) = cli.json(&["check", &file]);
        assert_eq!(outcomes(&verdict, 0), [code], "{verdict}");
        assert_eq!(exit, i32::from(code != "ok"), "{verdict}");
        let said = &verdict["files"][0];
        assert_eq!((&said["format"], &said["ok"]), (&json!("pylock.toml"), &json!(code == "ok")));
        let entry = &said["entries"][0];
        assert_eq!(entry["place"], json!(format!("{file}:3")), "{entry}");
        if code == "ok" {
            assert_eq!(
                (&entry["signed_by"], &entry["target"]),
                (&json!("pypi"), &json!(format!("six/{SIX}")))
            );
            assert_eq!(entry["chain"][0], json!({"role": "targets", "owner": "pypi-offline"}));
            assert_eq!(verdict["summary"]["pypi"], 1);
        } else {
            assert_eq!(
                (&verdict["error"]["code"], &verdict["summary"]["refused"]),
                (&json!("files-refused"), &json!(1))
            );
            assert_eq!(cli.run(&["check", &file]).stderr.trim_end().lines().count(), 2);
        }
        assert!(server.take_paths().iter().all(|path| path.starts_with("/metadata/")));
    }
}

#[test]
fn each_hash_without_a_name_must_be_that_of_a_signed_file_of_that_version() {
    let (server, cli) = started(&by_page(), "rstuf");
    for (text, expected) in [
        (requirement("1.17.0", &[SIX, SDIST]), &["ok", "ok"][..]),
        (requirement("1.16", &[OLD]), &["ok"]),
        // An installer may take either.
        (requirement("1.17.0", &[SIX, "unsigned"]), &["ok", "not-in-page"]),
        (requirement("1.17.0", &[SIX, OLD]), &["ok", "other-version"]),
        (requirement("1.18", &[SIX]), &["other-version"]),
        (requirement("1.17.0", &[SIX]).replace("six", "seven"), &["target-not-found"]),
        (requirement("1.17.0", &[SDIST]), &["ok", "builds-from-source"]),
    ] {
        let file = write(&cli, "requirements.txt", &text);
        server.take_paths();
        let (exit, verdict) = cli.json(&["check", &file]);
        assert_eq!(outcomes(&verdict, 0), expected, "{verdict}");
        assert_eq!(exit, i32::from(expected.iter().any(|code| *code != "ok")));
        let pages =
            server.take_paths().into_iter().filter(|path| path.starts_with("/targets/")).count();
        assert!(pages <= 1, "{text}");
    }
    let file = write(&cli, "requirements.txt", &requirement("1.17.0", &[SDIST]));
    let verdict = cli.json_ok(&["check", &file, "--allow", "builds-from-source"]);
    let entry = &verdict["files"][0]["entries"][0];
    assert_eq!((&entry["file_name"], &entry["target"]), (&json!(SDIST), &json!("six")));
}

#[test]
fn what_the_layout_cannot_answer_is_told_from_a_refusal() {
    let blake2b = format!("six==1.17.0 --hash=blake2b:{}\n", hash("blake2b-256", SIX.as_bytes()));
    let sha512 = format!("six==1.17.0 --hash=sha512:{}\n", hash("sha512", SIX.as_bytes()));
    let sha384 = format!("six==1.17.0 --hash=sha384:{}\n", "a".repeat(96));
    let named = pylock("1.17.0", SIX, SIX);
    let mut other_hash = Repository::new();
    other_hash.target_hashes = vec!["sha512"];
    super::cli_check::with_bins(&mut other_hash, "targets");
    super::cli_check::add_to_bin(&mut other_hash, &format!("six/{SIX}"), SIX.as_bytes());
    for (repository, layout, name, text, code) in [
        (&by_page(), "rstuf", "requirements.txt", &blake2b, "not-checkable"),
        (&by_page(), "rstuf", "requirements.txt", &sha512, "not-checkable"),
        (&by_page(), "rstuf", "requirements.txt", &sha384, "not-checkable"),
        (&by_file(), "pep480", "requirements.txt", &requirement("1.17.0", &[SIX]), "not-checkable"),
        (&by_file(), "pep458", "requirements.txt", &requirement("1.17.0", &[SIX]), "not-checkable"),
        (&by_file(), "warehouse", "pylock.toml", &named, "not-checkable"),
        (&other_hash, "pep458", "pylock.toml", &named, "no-common-hash"),
    ] {
        let (_server, cli) = started(repository, layout);
        let file = write(&cli, name, text);
        let verdict = cli.refuses(&["check", &file], "files-unchecked", None);
        assert_eq!(outcomes(&verdict, 0), [code], "{layout}: {verdict}");
        assert_eq!(
            (&verdict["summary"]["unchecked"], &verdict["summary"]["refused"]),
            (&json!(1), &json!(0))
        );
        assert!(verdict["error"]["hint"].as_str().unwrap().contains(code), "{verdict}");
        let verdict = cli.json_ok(&["check", &file, "--allow", code]);
        assert_eq!(
            (&verdict["summary"]["allowed"], &verdict["files"][0]["ok"]),
            (&json!(1), &json!(true))
        );
        cli.refuses(&["check", &file, "--allow", "vcs,url"], "files-unchecked", None);
    }
}

#[test]
fn a_file_that_nobody_lists_is_refused_even_where_one_path_needs_another_hash() {
    let (_server, cli) = started(&by_file(), "pep458");
    // One path of this layout needs BLAKE2b, which no lock file has.
    let file = write(&cli, "pylock.toml", &pylock("1.18", "six-1.18-py3-none-any.whl", "unsigned"));
    let allowed = ["check", &file, "--allow", "not-checkable,no-common-hash"];
    let verdict = cli.refuses(&allowed, "files-refused", None);
    assert_eq!(outcomes(&verdict, 0), ["target-not-found"], "{verdict}");
    assert!(
        verdict["files"][0]["entries"][0]["error"]["message"]
            .as_str()
            .unwrap()
            .contains("blake2b-256"),
        "{verdict}"
    );
}

#[test]
fn a_file_is_bound_by_every_hash_that_stands_with_it() {
    // An installer takes a file that has any one of them.
    let (_server, cli) = started(&by_file(), "pep458");
    let pinned =
        |hashes: &str| pylock("1.17.0", SIX, SIX).replace("' } }", &format!("', {hashes} }} }}"));
    let digits = |length: usize| "ab".repeat(length / 2);
    for (hashes, expected) in [
        (format!("sha512 = '{}'", digits(128)), "no-common-hash"),
        (format!("sha384 = '{}'", digits(96)), "no-common-hash"),
        (format!("md5 = '{}'", digits(32)), "weak-hash"),
        (format!("whirlpool = '{}'", digits(128)), "unknown-hash"),
    ] {
        let file = write(&cli, "pylock.toml", &pinned(&hashes));
        let verdict = cli.refuses(&["check", &file], "files-unchecked", None);
        assert_eq!(outcomes(&verdict, 0), [expected], "{hashes}: {verdict}");
    }
    // Where all are signed, all are compared.
    let mut repository = Repository::new();
    repository.target_hashes = vec!["sha256", "sha512"];
    super::cli_check::with_bins(&mut repository, "targets");
    super::cli_check::add_to_bin(&mut repository, &format!("six/{SIX}"), SIX.as_bytes());
    let (_server, cli) = started(&repository, "pep458");
    let both = format!("sha512 = '{}'", hash("sha512", SIX.as_bytes()));
    let verdict = cli.json_ok(&["check", &write(&cli, "pylock.toml", &pinned(&both))]);
    assert_eq!(
        verdict["files"][0]["entries"][0]["compared"],
        json!(["sha256", "sha512"]),
        "{verdict}"
    );
    let other = format!("sha512 = '{}'", digits(128));
    let verdict = cli.refuses(
        &["check", &write(&cli, "pylock.toml", &pinned(&other))],
        "files-refused",
        None,
    );
    assert_eq!(outcomes(&verdict, 0), ["hash-mismatch"], "{verdict}");
}

#[test]
fn entries_that_cannot_be_checked_are_listed_and_fail_unless_their_reason_is_allowed() {
    let text = requirement("1.17.0", &[SIX])
        + "-e ./here\ngit @ git+https://example.org/git\nloose>=1\nsix==1.17.0\nold==1 \
            --hash=md5:d41d8cd98f00b204e9800998ecf8427e\n";
    let (_server, mut cli) = started(&by_page(), "rstuf");
    let file = write(&cli, "requirements.txt", &text);
    let verdict = cli.refuses(&["check", &file], "files-unchecked", None);
    assert_eq!(
        outcomes(&verdict, 0),
        ["ok", "editable", "vcs", "unpinned", "no-hash", "weak-hash"]
    );
    assert_eq!(verdict["files"][0]["entries"][2]["what"], "git @ git+https://example.org/git");
    assert_eq!(verdict["files"][0]["entries"][2]["place"], json!(format!("{file}:3")));
    assert_eq!(verdict["summary"]["unchecked"], 5);
    let some = "editable,vcs,unpinned,no-hash";
    let verdict = cli.refuses(&["check", &file, "--allow", some], "files-unchecked", None);
    assert_eq!(
        (&verdict["summary"]["unchecked"], &verdict["summary"]["allowed"]),
        (&json!(1), &json!(4))
    );
    cli.json_ok(&["check", &file, "--allow", some, "--allow=weak-hash"]);
    assert_eq!(cli.run(&["check", &file, "--allow", "everything"]).code, 2);
    // Allowing one thing allows no other.
    let wrong =
        write(&cli, "wrong-requirements.txt", &(text + &requirement("1.17.0", &["unsigned"])));
    let verdict = cli.refuses(
        &["check", &wrong, "--allow", some, "--allow", "weak-hash"],
        "files-refused",
        None,
    );
    assert_eq!(verdict["summary"]["refused"], 1);
    // The project itself and constraints install nothing from the index.
    let uv = "version = 1\nrequires-python = '>=3.9'\n[[package]]\nname = 'own'\nversion = \
        '1'\nsource = { virtual = '.' }\n";
    let own = write(&cli, "uv.lock", uv);
    cli.refuses(&["check", &own], "nothing-to-check", None);
    cli.json_ok(&["check", &own, "--allow", "nothing-pinned"]);
    cli.refuses(&["check", &file, "--allow", "nothing-pinned"], "files-unchecked", None);
    write(&cli, "constraints.txt", "six<2\n");
    let constrained = write(
        &cli,
        "constrained-requirements.txt",
        &(requirement("1.17.0", &[SIX]) + "-c constraints.txt\n"),
    );
    let verdict = cli.json_ok(&["check", &constrained]);
    assert_eq!(outcomes(&verdict, 0), ["ok", "constraint"]);
    // And for people.
    cli.options.retain(|option| option != "--quiet");
    let text = cli.run(&["check", &file, "--allow", "vcs"]).stdout;
    for words in [
        "six 1.17.0",
        "1 signed by PyPI",
        "[editable]",
        "[vcs]",
        "requirements.txt:5",
        "4 not checked, 1 not checked, as allowed",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
}

#[test]
fn lock_files_and_distributions_share_a_session() {
    let (server, cli) = started(&by_page(), "rstuf");
    let folder = cli.target_dir();
    std::fs::write(folder.join("requirements-dev.txt"), requirement("1.17.0", &[SIX, SDIST]))
        .unwrap();
    std::fs::write(folder.join("pylock.toml"), pylock("1.16.0", OLD, OLD)).unwrap();
    std::fs::write(folder.join(SIX), SIX).unwrap();
    std::fs::write(folder.join("notes.txt"), "six==1.17.0").unwrap();
    let folder = folder.display().to_string();
    server.take_paths();
    let verdict = cli.json_ok(&["check", &folder]);
    assert_eq!(
        (&verdict["summary"]["pypi"], &verdict["summary"]["not_distributions"]),
        (&json!(4), &json!(1))
    );
    let paths = server.take_paths();
    assert_eq!(paths.iter().filter(|path| path.ends_with("timestamp.json")).count(), 1);
    assert_eq!(paths.iter().filter(|path| path.starts_with("/targets/")).count(), 1, "{paths:?}");
    // A name that says nothing is looked into; what is no lock file is not one of no entries.
    let notes = cli.target_dir().join("notes.txt").display().to_string();
    assert_eq!(outcomes(&cli.refuses(&["check", &notes], "files-unchecked", None), 0), ["no-hash"]);
    cli.refuses(&["check", &write(&cli, "x.lock", "what?")], "unsupported-lock-file", None);
    cli.refuses(
        &["check", &write(&cli, "uv.lock", "version = 1\n[[package]]\n")],
        "invalid-lock-file",
        None,
    );
    cli.refuses(&["check", &folder, "--require", "developer"], "files-refused", None);
}

/// What the index had that the real tools locked from: `tests/lock_files/make.py`.
struct Locked {
    folder: std::path::PathBuf,
    files: serde_json::Map<String, Value>,
}

impl Locked {
    fn find() -> Option<Locked> {
        let Some(folder) = std::env::var_os("PICOTUF_LOCK_FILES").map(std::path::PathBuf::from)
        else {
            let without = ["PICOTUF_WITHOUT_PYTHON", "PICOTUF_WITHOUT_LOCK_FILES"];
            let without =
                without.iter().any(|name| std::env::var(name).is_ok_and(|value| value == "1"));
            assert!(
                without,
                "PICOTUF_LOCK_FILES is not set: run tests/run, which has the real tools write \
                 lock files"
            );
            // Past the test harness, which keeps what a passing test prints.
            std::io::stderr()
                .write_all(b"!! LEFT OUT: check on lock files that the real tools wrote\n")
                .unwrap();
            return None;
        };
        let made: Value =
            serde_json::from_slice(&std::fs::read(folder.join("packages.json")).unwrap()).unwrap();
        Some(Locked { folder, files: made["files"].as_object().unwrap().clone() })
    }

    /// The files by project, with normalized names.
    fn projects(&self) -> std::collections::BTreeMap<String, Vec<(&str, &Value)>> {
        let mut projects = std::collections::BTreeMap::<_, Vec<_>>::new();
        for (name, made) in &self.files {
            let project = made["project"].as_str().unwrap().to_lowercase().replace(['_', '.'], "-");
            projects.entry(project).or_default().push((name.as_str(), made));
        }
        projects
    }

    /// A repository that lists each file.
    fn by_file(&self) -> Repository {
        let mut repository = Repository::new();
        super::cli_check::with_bins(&mut repository, "targets");
        for (project, files) in self.projects() {
            for (name, made) in files {
                let path = format!("{project}/{name}");
                let bin = format!("bin-{}", &hash("sha256", path.as_bytes())[..1]);
                repository.edit(&bin, |signed| {
                    signed["targets"][path] =
                        json!({"length": made["size"], "hashes": {"sha256": made["sha256"]}});
                });
            }
        }
        repository
    }

    /// A repository that lists an index page for each project.
    fn by_page(&self) -> Repository {
        let mut repository = Repository::new();
        repository.target_hashes = vec!["blake2b-256"];
        repository.delegate("targets", &Delegation::succinct("bins", 1));
        for (project, files) in self.projects() {
            let file = |(name, made): &(&str, &Value)| {
                json!({"filename": name, "hashes": {"sha256": made["sha256"]},
                    "size": made["size"], "url": "u"})
            };
            let files: Vec<Value> = files.iter().map(file).collect();
            let page = json!({"meta": {"api-version": "1.1"}, "name": project, "files": files});
            add_page(&mut repository, &project, &page.to_string());
        }
        repository
    }
}

/// Each lock file, whether it names files, and how many of them it pins.
const REAL: [(&str, bool, u64); 9] = [
    ("pip/pylock.toml", true, 7),
    ("uv/uv.lock", true, 16),
    ("uv/pylock.toml", true, 16),
    ("poetry/poetry.lock", true, 16),
    ("pip-compile/requirements.txt", false, 13),
    ("uv/requirements.txt", false, 16),
    ("uv/exported-requirements.txt", false, 16),
    ("pipenv/Pipfile.lock", false, 13),
    ("uv/pylock.index.toml", true, 16),
];

/// pipenv pins no version of what is for another system.
const ELSEWHERE: &str = "builds-from-source,editable,path,unpinned,url,vcs";

#[test]
fn what_real_tools_locked_is_found_signed() {
    let Some(locked) = Locked::find() else { return };
    let path = |name: &str| locked.folder.join(name).display().to_string();
    for (layout, repository) in [("pep458", locked.by_file()), ("rstuf", locked.by_page())] {
        let (_server, cli) = started(&repository, layout);
        for (name, names_files, count) in REAL {
            let verdict = match layout == "rstuf" || names_files {
                true => cli.json_ok(&["check", &path(name), "--allow", ELSEWHERE]),
                false => cli.refuses(
                    &["check", &path(name), "--allow", ELSEWHERE],
                    "files-unchecked",
                    None,
                ),
            };
            let member = if layout == "rstuf" || names_files { "pypi" } else { "unchecked" };
            assert_eq!(
                verdict["summary"][member], count,
                "{layout} {name}: {}",
                verdict["summary"]
            );
            assert_eq!(verdict["summary"]["refused"], 0, "{verdict}");
            if !name.contains("index") {
                let verdict = cli.refuses(&["check", &path(name)], "files-unchecked", None);
                let codes = outcomes(&verdict, 0);
                for code in ["editable", "path", "url"] {
                    assert!(codes.iter().any(|other| other == code), "{name}: {codes:?}");
                }
            }
        }
        // Those of packages of the index alone need no leave, but for the one that has only an
        // sdist.
        let verdict =
            cli.refuses(&["check", &path("uv/pylock.index.toml")], "files-unchecked", None);
        let codes: std::collections::BTreeSet<_> = outcomes(&verdict, 0).into_iter().collect();
        assert_eq!(codes, ["builds-from-source", "ok"].map(str::to_owned).into(), "{verdict}");
    }
    let (_server, cli) = started(&locked.by_page(), "rstuf");
    let files = [path("uv/index-requirements.txt"), path("uv/pylock.index.toml")];
    let verdict = cli.json_ok(&["check", &files[0], &files[1], "--allow", "builds-from-source"]);
    assert_eq!(verdict["summary"]["pypi"], 32, "{verdict}");
}

/// With no repository: each file is looked for in the index that the lock file names, or in the one
/// that is given where it names none.
#[test]
fn what_real_tools_locked_is_asked_of_the_index_that_it_names() {
    let Some(locked) = Locked::find() else { return };
    let (server, cli) = (Server::start(&Repository::new()), Cli::new());
    for (project, files) in locked.projects() {
        let file = |(name, made): &(&str, &Value)| {
            json!({"filename": name, "hashes": {"sha256": made["sha256"]}, "url": "u",
                "upload-time": "2026-01-01T00:00:00Z", "provenance": null})
        };
        let files: Vec<Value> = files.iter().map(file).collect();
        let page = json!({"meta": {"api-version": "1.4"}, "name": project, "files": files});
        server.serve_file(&format!("/simple/{project}/"), page.to_string().as_bytes());
    }
    let made = std::fs::read(locked.folder.join("packages.json")).unwrap();
    let made: Value = serde_json::from_slice(&made).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../cli/demo/attested/sigstore/targets");
    let mut root = std::fs::read_dir(root).unwrap().flatten().map(|entry| entry.path());
    let root = root.find(|path| path.display().to_string().ends_with("trusted_root.json")).unwrap();
    let root = root.display().to_string();
    let given = format!("{}/simple/", server.url());
    for (name, _, count) in REAL {
        let text = std::fs::read_to_string(locked.folder.join(name)).unwrap();
        let text = text.replace(made["address"].as_str().unwrap(), &server.url());
        let names_index = text.contains("/simple");
        let own = name.rsplit('/').next().unwrap();
        cli.write(own, text.as_bytes());
        let arguments =
            ["check", own, "--attestations", "--trusted-root", &root, "--allow", ELSEWHERE];
        server.take_requests();
        if !names_index {
            let verdict = cli.refuses(&arguments, "files-unchecked", None);
            assert_eq!(verdict["summary"]["unchecked"], count, "{name}: {}", verdict["summary"]);
            assert_eq!(server.requests(), 0, "{name}");
        }
        let mut with_index = arguments.to_vec();
        if !names_index {
            with_index.extend(["--index-url", &given]);
        }
        let verdict = cli.json_ok(&with_index);
        let summary = &verdict["summary"];
        let counts = ["not_attested", "unchecked", "refused"].map(|name| &summary[name]);
        assert_eq!(counts, [&json!(count), &json!(0), &json!(0)], "{name}: {summary}");
        // Each page once, however many files of the project are pinned.
        let mut paths = server.take_paths();
        let all = paths.len();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), all, "{name}");
    }
}

#[test]
fn a_package_that_changed_after_it_was_locked_is_refused() {
    let Some(mut locked) = Locked::find() else { return };
    let name = "capitalcase-2026.1-py3-none-any.whl";
    locked.files[name]["sha256"] = hash("sha256", b"another wheel").into();
    let path = |name: &str| locked.folder.join(name).display().to_string();
    for (layout, repository) in [("pep458", locked.by_file()), ("rstuf", locked.by_page())] {
        let (_server, cli) = started(&repository, layout);
        for (file, names_files, _) in
            REAL.iter().filter(|(_, names_files, _)| layout == "rstuf" || *names_files)
        {
            let verdict =
                cli.refuses(&["check", &path(file), "--allow", ELSEWHERE], "files-refused", None);
            let mut codes = outcomes(&verdict, 0);
            codes.retain(|code| {
                ![
                    "ok",
                    "builds-from-source",
                    "editable",
                    "path",
                    "unpinned",
                    "url",
                    "vcs",
                    "own-project",
                ]
                .contains(&code.as_str())
            });
            assert_eq!(
                codes,
                [if *names_files { "hash-mismatch" } else { "not-in-page" }],
                "{layout} {file}: {verdict}"
            );
            assert_eq!(verdict["summary"]["refused"], 1);
        }
    }
}
