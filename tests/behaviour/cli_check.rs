//! `picotuf check`: which files hold, by the target that speaks for each, and who signed that.

use crate::prelude::*;
use picotuf_tests::cli::{Cli, binary, outcome};
use picotuf_tests::server::Server;

const SIX: &str = "six-1.17.0-py2.py3-none-any.whl";

/// The hash prefixes that begin with this digit; all digits are every path.
const ALL: &[&str] =
    &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];

/// `targets` → `bins` → `bin-0` … `bin-f`, as PEP 458 has it, below `parent`.
pub(crate) fn with_bins(repository: &mut Repository, parent: &str) {
    repository.delegate(
        parent,
        &Delegation::hash_prefixes("bins", ALL).keys(&[Key::ed25519("b1"), Key::ed25519("b2")]),
    );
    for digit in ALL {
        repository.delegate("bins", &Delegation::hash_prefixes(&format!("bin-{digit}"), &[digit]));
    }
}

/// Lists a target in its bin.
pub(crate) fn add_to_bin(repository: &mut Repository, path: &str, content: &[u8]) {
    let bin = format!("bin-{}", &hash("sha256", path.as_bytes())[..1]);
    repository.add_target(&bin, path, content);
}

fn pep458() -> Repository {
    let mut repository = Repository::new();
    repository.target_hashes = vec!["sha512", "blake2b-256"];
    with_bins(&mut repository, "targets");
    add_to_bin(&mut repository, &format!("six/{SIX}"), b"a wheel");
    add_to_bin(&mut repository, "packages/zope-interface/zope.interface-5.4.0.tar.gz", b"an sdist");
    repository
}

/// Claimed are django and, lately, numpy; six is not.
fn pep480() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["django/*"]).terminating());
    repository
        .delegate("targets", &Delegation::paths("recently-claimed", &["numpy/*"]).terminating());
    repository.delegate("targets", &Delegation::hash_prefixes("unclaimed", ALL));
    let developers = [Key::ed25519("one"), Key::ed25519("two"), Key::ed25519("three")];
    repository.delegate(
        "claimed",
        &Delegation::paths("django", &["django/*"]).keys(&developers).threshold(2).terminating(),
    );
    repository
        .delegate("recently-claimed", &Delegation::paths("numpy", &["numpy/*"]).terminating());
    with_bins(&mut repository, "unclaimed");
    repository.add_target("django", "django/django-5.2.8-py3-none-any.whl", b"django");
    repository.add_target("numpy", "numpy/numpy-2.3.5.tar.gz", b"numpy");
    add_to_bin(&mut repository, &format!("six/{SIX}"), b"a wheel");
    repository
}

fn started(repository: &Repository, layout: &str) -> (Server, Cli) {
    let server = Server::start(repository);
    let mut cli = Cli::initialized(repository, &server);
    cli.options.extend(["--layout".to_owned(), layout.to_owned()]);
    (server, cli)
}

fn write(cli: &Cli, name: &str, content: &[u8]) -> String {
    cli.write(name, content).display().to_string()
}

#[test]
fn a_file_that_is_listed_holds_and_its_whole_chain_is_told() {
    let repository = pep458();
    let (server, cli) = started(&repository, "pep458");
    let file = write(&cli, SIX, b"a wheel");
    let verdict = cli.json_ok(&["check", &file]);
    assert_eq!((&verdict["command"], &verdict["layout"]), (&json!("check"), &json!("pep458")));
    let said = &verdict["files"][0];
    assert_eq!(said["file"], json!(file));
    for (member, expected) in [
        ("ok", json!(true)),
        ("project", json!("six")),
        ("version", json!("1.17.0")),
        ("kind", json!("wheel")),
        ("length", json!(7)),
        ("signed_by", json!("pypi")),
        ("target", json!(format!("six/{SIX}"))),
        ("file_name", json!(SIX)),
        ("compared", json!(["blake2b-256", "sha512"])),
    ] {
        assert_eq!(said[member], expected, "{member}: {said}");
    }
    assert_eq!(said["hashes"]["sha256"], json!(hash("sha256", b"a wheel")));
    let bin = format!("bin-{}", &hash("sha256", format!("six/{SIX}").as_bytes())[..1]);
    let chain: Vec<_> = said["chain"]
        .as_array()
        .unwrap()
        .iter()
        .map(|link| (&link["role"], &link["owner"]))
        .collect();
    let expected = [("targets", "pypi-offline"), ("bins", "pypi-offline"), (&bin, "pypi-online")];
    assert_eq!(json!(chain), json!(expected));
    let bins = &said["chain"][1];
    assert_eq!(bins["signers"].as_array().unwrap().len(), 2, "{bins}");
    assert_eq!((&bins["threshold"], &bins["keys"]), (&json!(1), &json!(2)));
    assert_eq!(bins["expires"], json!("2027-01-01T00:00:00Z"));
    let roles: Vec<_> =
        verdict["roles"].as_array().unwrap().iter().map(|role| role["role"].clone()).collect();
    assert!(
        ["root", "timestamp", "snapshot"].iter().all(|role| roles.contains(&json!(role))),
        "{roles:?}"
    );
    assert_eq!(
        verdict["summary"],
        json!({"developer": 0, "developer-online": 0, "pypi": 1, "refused": 0, "unchecked": 0,
            "allowed": 0, "not_distributions": 0})
    );
    assert!(server.take_paths().iter().all(|path| path.starts_with("/metadata/")));
    // And the same for people.
    let mut cli = cli;
    cli.options.retain(|option| option != "--quiet");
    let text = cli.ok(&["check", &file]).stdout;
    for words in [
        "signed by PyPI",
        &format!("six/{SIX}"),
        "bins",
        "PyPI's offline keys",
        "PyPI's online keys",
        "2 of 2 signed, 1 needed",
        "2027-01-01",
        "sha512",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
}

#[test]
fn the_next_path_is_asked_for_where_one_is_not_listed() {
    let (_server, cli) = started(&pep458(), "pep458");
    let file = write(&cli, "zope.interface-5.4.0.tar.gz", b"an sdist");
    let verdict = cli.json_ok(&["check", &file]);
    assert_eq!(
        verdict["files"][0]["target"], "packages/zope-interface/zope.interface-5.4.0.tar.gz",
        "{verdict}"
    );
    // What is listed decides, though another path may list it otherwise.
    let mut repository = pep458();
    add_to_bin(&mut repository, "zope-interface/zope.interface-5.4.0.tar.gz", b"another sdist");
    let (_server, cli) = started(&repository, "pep458");
    let file = write(&cli, "zope.interface-5.4.0.tar.gz", b"an sdist");
    cli.refuses(&["check", &file], "length-mismatch", None);
}

#[test]
fn wrong_files_and_names_are_refused() {
    let (server, cli) = started(&pep458(), "pep458");
    for (name, content, code) in [
        (SIX, &b"a whale"[..], "hash-mismatch"),
        (SIX, b"a wheel!", "length-mismatch"),
        ("six-1.17.0-py2.py3-none-all.whl", b"a wheel", "target-not-found"),
        ("Six-1.17.0-py2.py3-none-any.whl", b"a wheel", "target-not-found"),
        ("seven-1.0.tar.gz", b"an sdist", "target-not-found"),
        ("six.txt", b"a wheel", "unsupported-lock-file"),
        ("six-latest.tar.gz", b"a wheel", "file-name"),
    ] {
        let file = write(&cli, name, content);
        let verdict = cli.refuses(&["check", &file], code, None);
        assert_eq!(
            (&verdict["files"][0]["ok"], &verdict["files"][0]["error"]["code"]),
            (&json!(false), &json!(code))
        );
        let outcome = cli.run(&["check", &file]);
        assert_eq!(
            (outcome.code, outcome.stderr.trim_end().lines().count()),
            (1, 1),
            "{outcome:?}"
        );
        assert!(outcome.stderr.contains(name), "{outcome:?}");
    }
    cli.refuses(&["check", "no-such-file-1.0.tar.gz"], "io", None);
    assert!(server.take_paths().iter().all(|path| path.starts_with("/metadata/")));
}

#[test]
fn who_knows_the_project_can_say_so() {
    let mut repository = pep458();
    add_to_bin(&mut repository, "six/six-1.0-beta-x.tar.gz", b"old");
    let (_server, cli) = started(&repository, "pep458");
    let file = write(&cli, "six-1.0-beta-x.tar.gz", b"old");
    cli.refuses(&["check", &file], "file-name", None);
    let verdict = cli.json_ok(&["check", &file, "--project", "Six"]);
    assert_eq!(verdict["files"][0]["version"], "1.0-beta-x", "{verdict}");
    cli.refuses(&["check", &file, "--project", "sixpence"], "file-name", None);
    assert_eq!(cli.run(&["check", &file, "--project", "no/name"]).code, 2);
}

#[test]
fn files_by_the_hash_of_their_content() {
    let mut repository = Repository::new();
    repository.target_hashes = vec!["blake2b-256"];
    with_bins(&mut repository, "targets");
    let digits = hash("blake2b-256", b"a wheel");
    let path = format!("{}/{}/{}/{SIX}", &digits[..2], &digits[2..4], &digits[4..]);
    add_to_bin(&mut repository, &path, b"a wheel");
    let (_server, cli) = started(&repository, "warehouse");
    let verdict = cli.json_ok(&["check", &write(&cli, SIX, b"a wheel")]);
    assert_eq!(verdict["files"][0]["target"], json!(path));
    cli.refuses(&["check", &write(&cli, SIX, b"a whale")], "target-not-found", None);
    cli.refuses(&["check", &write(&cli, "seven-1.0.zip", b"a wheel")], "target-not-found", None);
}

#[test]
fn developers_and_pypi_are_told_apart() {
    let (_server, cli) = started(&pep480(), "pep480");
    let django = write(&cli, "django-5.2.8-py3-none-any.whl", b"django");
    let numpy = write(&cli, "numpy-2.3.5.tar.gz", b"numpy");
    let six = write(&cli, SIX, b"a wheel");
    let verdict = cli.json_ok(&["check", &django, &numpy, &six]);
    let by: Vec<_> =
        verdict["files"].as_array().unwrap().iter().map(|file| file["signed_by"].clone()).collect();
    assert_eq!(by, ["developer", "developer-online", "pypi"]);
    assert_eq!(verdict["summary"]["developer-online"], 1, "{verdict}");
    let owners = |place: usize| {
        let chain = verdict["files"][place]["chain"].as_array().unwrap();
        chain.iter().map(|link| link["owner"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(owners(0), ["pypi-offline", "pypi-offline", "developer"]);
    assert_eq!(owners(1), ["pypi-offline", "pypi-online", "developer"]);
    assert_eq!(owners(2), ["pypi-offline", "pypi-online", "pypi-online", "pypi-online"]);
    let signers = &verdict["files"][0]["chain"][2];
    assert_eq!((&signers["threshold"], &signers["keys"]), (&json!(2), &json!(3)));
    for (word, expected) in
        [("developer", [0, 1, 1]), ("developer-online", [0, 0, 1]), ("pypi", [1, 1, 0])]
    {
        for (file, code) in [&django, &numpy, &six].into_iter().zip(expected) {
            if code == 0 {
                cli.json_ok(&["check", file, "--require", word]);
            } else {
                let verdict =
                    cli.refuses(&["check", file, "--require", word], "other-signer", None);
                assert_eq!(verdict["error"]["expected"], json!(word));
                assert_eq!(verdict["files"][0]["ok"], json!(false));
            }
        }
    }
    assert_eq!(cli.run(&["check", &django, "--require", "anybody"]).code, 2);
    // The layout says whose a role is, and never the repository.
    let mut cli = cli;
    let place = cli.options.iter().position(|option| option == "pep480").unwrap();
    cli.options[place] = "pep458".to_owned();
    let verdict = cli.json_ok(&["check", &django]);
    assert_eq!(verdict["files"][0]["signed_by"], "pypi", "{verdict}");
}

#[test]
fn online_keys_cannot_speak_for_a_claimed_project() {
    for (path, name) in [
        ("django/django-5.2.9-py3-none-any.whl", "django-5.2.9-py3-none-any.whl"),
        ("Django/Django-5.2.9-py3-none-any.whl", "Django-5.2.9-py3-none-any.whl"),
        ("packages/django/django-5.2.9-py3-none-any.whl", "django-5.2.9-py3-none-any.whl"),
        ("django-5.2.9-py3-none-any.whl", "django-5.2.9-py3-none-any.whl"),
    ] {
        let mut repository = pep480();
        add_to_bin(&mut repository, path, b"forged");
        let (_server, cli) = started(&repository, "pep480");
        cli.refuses(&["check", &write(&cli, name, b"forged")], "target-not-found", None);
    }
    // A role of that name elsewhere makes nobody a developer.
    let mut repository = pep480();
    repository.delegate("bin-0", &Delegation::hash_prefixes("claimed", ALL));
    let (_server, cli) = started(&repository, "pep480");
    let verdict = cli.json_ok(&["check", &write(&cli, SIX, b"a wheel")]);
    assert_eq!(verdict["files"][0]["signed_by"], "pypi");
}

#[test]
fn many_files_take_one_refresh_and_a_failure_leaves_the_others() {
    let mut repository = pep458();
    add_to_bin(&mut repository, "seven/seven-1.0.zip", b"seven");
    let bin = format!("bin-{}", &hash("sha256", b"seven/seven-1.0.zip")[..1]);
    let bad = format!("bin-{}", &hash("sha256", format!("six/{SIX}").as_bytes())[..1]);
    assert_ne!(bin, bad);
    let (server, cli) = started(&repository, "pep458");
    let folder = cli.target_dir();
    std::fs::create_dir(folder.join("more")).unwrap();
    for (name, content) in [
        (SIX, &b"a wheel"[..]),
        ("more/seven-1.0.zip", b"seven"),
        ("more/zope.interface-5.4.0.tar.gz", b"an sdist"),
        ("more/README.md", b"read me"),
    ] {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let folder = folder.display().to_string();
    server.take_paths();
    let verdict = cli.json_ok(&["check", &folder]);
    assert_eq!(
        verdict["summary"],
        json!({"developer": 0, "developer-online": 0, "pypi": 3, "refused": 0, "unchecked": 0,
            "allowed": 0, "not_distributions": 1})
    );
    let timestamps = |server: &Server| {
        server.take_paths().iter().filter(|path| path.ends_with("timestamp.json")).count()
    };
    assert_eq!(timestamps(&server), 1);
    // The bin of one of them is not signed any more.
    let mut broken = repository.clone();
    broken.edit_signatures(&bad, Vec::clear);
    let server = Server::start(&broken);
    let mut cli = Cli::initialized(&broken, &server);
    cli.options.extend(["--layout".to_owned(), "pep458".to_owned()]);
    let verdict = cli.refuses(&["check", &folder, "no-such-file-1.0.zip"], "files-refused", None);
    let ok: Vec<_> =
        verdict["files"].as_array().unwrap().iter().map(|file| file["ok"].clone()).collect();
    assert_eq!(ok, [false, true, true, false], "{verdict}");
    assert_eq!(verdict["files"][0]["error"]["code"], "threshold-not-met", "{verdict}");
    assert_eq!(verdict["summary"]["refused"], 2);
    let outcome = cli.run(&["check", &folder]);
    assert_eq!((outcome.code, outcome.stderr.trim_end().lines().count()), (1, 2), "{outcome:?}");
    cli.options.retain(|option| option != "--quiet");
    let text = cli.run(&["check", &folder]).stdout;
    assert!(text.contains("2 signed by PyPI, 1 refused, 1 not distributions"), "{text}");
}

#[test]
fn a_list_comes_on_standard_input() {
    let (_server, cli) = started(&pep458(), "pep458");
    let (six, zope) =
        (write(&cli, SIX, b"a wheel"), write(&cli, "zope.interface-5.4.0.tar.gz", b"an sdist"));
    let outcome =
        cli.run_with_input(&["--json", "check", "-"], format!("{six}\n{zope}\n").as_bytes());
    let verdict: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.code, &verdict["summary"]["pypi"]), (0, &json!(2)), "{verdict}");
    // Nothing to check is no success.
    let outcome = cli.run_with_input(&["--json", "check", "-"], b"\n");
    let verdict: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        (outcome.code, &verdict["error"]["code"]),
        (1, &json!("nothing-to-check")),
        "{verdict}"
    );
    cli.refuses(&["check", &cli.target_dir().display().to_string()], "nothing-to-check", None);
    assert_eq!(cli.run(&["check"]).code, 2);
}

#[test]
fn a_layout_is_remembered_and_may_be_a_file() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("owners", &["files/*/*"]));
    repository.delegate("owners", &Delegation::paths("o-six", &["files/six/*"]));
    repository.add_target("o-six", &format!("files/six/{SIX}"), b"a wheel");
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let file = write(&cli, SIX, b"a wheel");
    cli.refuses(&["check", &file], "target-not-found", None);
    cli.write(
        "own.toml",
        b"name = 'own'\n[[path]]\nfile = 'files/{project}/{filename}'\n[roles]\npypi-offline = \
            ['targets', 'owners']\ndeveloper = ['owners > o-*']\n",
    );
    let anchor = write(&cli, "anchor.json", repository.anchor());
    cli.ok(&["init", &anchor, "--layout", "own.toml"]);
    let verdict = cli.json_ok(&["check", &file, "--require", "developer"]);
    assert_eq!(
        (&verdict["layout"], &verdict["files"][0]["signed_by"]),
        (&json!("own"), &json!("developer"))
    );
    let settings = std::fs::read_to_string(cli.metadata_dir().join("settings.toml")).unwrap();
    let line = settings.lines().find(|line| line.starts_with("layout")).unwrap();
    assert!(
        line.trim_end_matches('"').ends_with("own.toml")
            && line.len() > "layout = \"own.toml\"".len(),
        "{line}"
    );
    cli.write("own.toml", b"[[path]]\n");
    for wrong in ["own.toml", "pep-458", "no-such.toml"] {
        assert_ne!(cli.run(&["check", &file, "--layout", wrong]).code, 0, "{wrong}");
        assert_ne!(cli.run(&["init", &anchor, "--layout", wrong]).code, 0, "{wrong}");
    }
}

#[test]
fn offline_only_what_is_stored_is_used() {
    let (server, cli) = started(&pep458(), "pep458");
    let file = write(&cli, SIX, b"a wheel");
    cli.refuses(&["check", "--offline", &file], "missing-file", Some("timestamp"));
    cli.json_ok(&["check", &file]);
    server.take_paths();
    cli.json_ok(&["check", "--offline", &file]);
    assert!(server.take_paths().is_empty());
}

#[cfg(unix)]
#[test]
fn a_variable_that_cannot_be_read_is_wrong_usage_and_no_other_folder_is_taken() {
    use std::os::unix::ffi::OsStrExt as _;
    let cli = Cli::new();
    let mut command = cli.command(&[], &binary(), &["show"]);
    command.env("PICOTUF_TARGET_DIR", std::ffi::OsStr::from_bytes(b"/srv/\xff"));
    let outcome = outcome(command.output().unwrap());
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(
        outcome.stderr.contains("the environment variable PICOTUF_TARGET_DIR is not UTF-8"),
        "{outcome:?}"
    );
}
