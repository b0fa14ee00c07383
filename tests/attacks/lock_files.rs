//! Lock files that have an installer take a file that nobody signed, while what is pinned looks
//! signed.

use picotuf_tests::cli::Cli;
use picotuf_tests::server::Server;
use serde_json::Value;

use crate::prelude::*;

const WHEEL: &str = "six-1.17.0-py2.py3-none-any.whl";
const SDIST: &str = "six-1.17.0.tar.gz";

/// A repository that signs six by its index page and a client of it. The content of each file is
/// its name.
struct Checked {
    _server: Server,
    cli: Cli,
}

impl Checked {
    fn new() -> Checked {
        let file =
            |name: &str| json!({"filename": name, "hashes": {"sha256": sha256(name)}, "url": "u"});
        let files = [WHEEL, SDIST].map(file);
        let page =
            json!({"meta": {"api-version": "1.1"}, "name": "six", "files": files}).to_string();
        let mut repository = Repository::new();
        repository.target_hashes = vec!["blake2b-256"];
        repository.add_target("targets", "six", page.as_bytes());
        let server = Server::start(&repository);
        let mut cli = Cli::initialized(&repository, &server);
        cli.options.extend(["--layout", "rstuf"].map(str::to_owned));
        Checked { _server: server, cli }
    }

    fn check(&self, name: &str, text: &str, more: &[&str]) -> (i32, Value) {
        let file = self.cli.write(name, text.as_bytes()).display().to_string();
        let mut arguments = vec!["check", &file];
        arguments.extend(more);
        self.cli.json(&arguments)
    }

    /// Without the attack the file holds; with it, each reason makes the exit code 1, and nothing
    /// but that very reason accepts it.
    fn leaves(&self, name: &str, good: &str, bad: &str, reasons: &[&str]) {
        let (exit, verdict) = self.check(name, good, &[]);
        assert_eq!((exit, outcomes(&verdict)), (0, vec!["ok".to_owned()]), "{verdict}");
        let (exit, verdict) = self.check(name, bad, &[]);
        let mut left = outcomes(&verdict);
        left.retain(|outcome| outcome != "ok");
        assert_eq!(
            (exit, &left[..]),
            (1, &reasons.iter().map(|why| (*why).to_owned()).collect::<Vec<_>>()[..]),
            "{verdict}"
        );
        assert_eq!(verdict["error"]["code"], "files-unchecked", "{verdict}");
        let (exit, verdict) = self.check(
            name,
            bad,
            &["--allow", "url,vcs,path,editable,unpinned,no-hash,not-checkable"],
        );
        assert_eq!(exit, 1, "{verdict}");
        let (exit, verdict) = self.check(name, bad, &["--allow", &reasons.join(",")]);
        assert_eq!(exit, 0, "{verdict}");
    }

    /// With the attack a pinned file does not hold.
    fn refuses(&self, name: &str, good: &str, bad: &str, code: &str) {
        let (exit, verdict) = self.check(name, good, &[]);
        assert_eq!((exit, outcomes(&verdict)), (0, vec!["ok".to_owned()]), "{verdict}");
        let (exit, verdict) = self.check(name, bad, &[]);
        assert_eq!(exit, 1, "{verdict}");
        assert!(outcomes(&verdict).contains(&code.to_owned()), "{verdict}");
        assert_eq!(verdict["error"]["code"], "files-refused", "{verdict}");
    }
}

fn outcomes(verdict: &Value) -> Vec<String> {
    let entries = verdict["files"][0]["entries"].as_array().unwrap_or_else(|| panic!("{verdict}"));
    let outcome = |entry: &Value| {
        let said = [&entry["error"]["code"], &entry["unchecked"]];
        said.iter().find_map(|code| code.as_str()).unwrap_or("ok").to_owned()
    };
    entries.iter().map(outcome).collect()
}

fn sha256(content: &str) -> String {
    hash("sha256", content.as_bytes())
}

fn poetry(lock_version: &str, package: &str, metadata: &str) -> String {
    format!(
        "[[package]]\nname = 'six'\nversion = '1.17.0'\n{package}\n[metadata]\nlock-version = \
         '{lock_version}'\n{metadata}\n"
    )
}

fn poetry_file(content: &str) -> String {
    format!("{{file = '{WHEEL}', hash = 'sha256:{}'}}", sha256(content))
}

/// Poetry 2.5.1 prefers them to `[metadata.files]`, whatever the lock version says.
#[test]
fn with_files_where_another_version_of_the_format_has_them() {
    let checked = Checked::new();
    let apart = format!("[metadata.files]\nsix = [{}]", poetry_file(WHEEL));
    let other = format!(
        "files = [{{file = 'six-1.17.0-py3-none-any.whl', hash = 'sha256:{}'}}]",
        sha256("unsigned")
    );
    checked.refuses(
        "poetry.lock",
        &poetry("1.1", "", &apart),
        &poetry("1.1", &other, &apart),
        "not-in-page",
    );
    // And the other way round, where a newer file falls back to the older table.
    let own = format!("files = [{}]", poetry_file(WHEEL));
    let apart = format!(
        "[metadata.files]\nsix = [{{file = 'six-1.17.0.zip', hash = 'sha256:{}'}}]",
        sha256("unsigned")
    );
    checked.refuses(
        "poetry.lock",
        &poetry("2.1", &own, ""),
        &poetry("2.1", &own, &apart),
        "not-in-page",
    );
}

/// Poetry 2.5.1 compares no hash then, and does not look at `[metadata.files]` either.
#[test]
fn with_an_empty_list_of_files() {
    let checked = Checked::new();
    let apart = format!("[metadata.files]\nsix = [{}]", poetry_file(WHEEL));
    checked.leaves_as_no_hash("poetry.lock", &poetry("1.1", "files = []", &apart));
}

impl Checked {
    fn leaves_as_no_hash(&self, name: &str, text: &str) {
        let (exit, verdict) = self.check(name, text, &["--allow", "unpinned,vcs"]);
        assert_eq!((exit, outcomes(&verdict)), (1, vec!["no-hash".to_owned()]), "{verdict}");
    }
}

fn pylock(more: &str) -> String {
    format!(
        "lock-version = '1.0'\ncreated-by = 'x'\n[[packages]]\nname = 'six'\nversion = '1.17.0'\n\
         wheels = [{{ name = '{WHEEL}', url = 'https://example.org/{WHEEL}', \
         hashes = {{ sha256 = '{}' }} }}]\n{more}\n",
        sha256(WHEEL)
    )
}

/// pipenv 2026.10.3 adds them to the hashes that it accepts.
#[test]
fn with_more_hashes_in_a_tool_s_own_table() {
    let checked = Checked::new();
    let hashes = |content: &str| {
        pylock(&format!("[packages.tool.pipenv]\nhashes = ['sha256:{}']", sha256(content)))
    };
    checked.refuses("pylock.toml", &pylock(""), &hashes("unsigned"), "not-in-page");
    // One that is signed is compared and holds; that of a file above is not another one.
    let (exit, verdict) = checked.check("pylock.toml", &hashes(SDIST), &[]);
    assert_eq!((exit, outcomes(&verdict)), (0, vec!["ok".to_owned(); 2]), "{verdict}");
    let (exit, verdict) = checked.check("pylock.toml", &hashes(WHEEL), &[]);
    assert_eq!((exit, outcomes(&verdict)), (0, vec!["ok".to_owned()]), "{verdict}");
    // A hash that some other tool notes is one that nobody is known to read.
    for odd in [
        format!("[packages.tool.other]\nx = 'sha256:{}'", sha256("unsigned")),
        format!("[packages.tool.other.deep]\nx = [{{ y = '{}' }}]", sha256("unsigned")),
        "[packages.tool.other]\nhashes = ['AAAA']".to_owned(),
        format!("[packages.tool]\nother = '{}'", sha256("unsigned")),
    ] {
        checked.leaves(
            "pylock.toml",
            &pylock("[packages.tool.other]\nx = 'y'\nz = [1, 2]"),
            &pylock(&odd),
            &["unknown-hash"],
        );
    }
}

/// pipenv 2026.10.3 reads no other hash of a pylock.toml, and installs such a file unchecked.
#[test]
fn with_a_hash_that_one_of_the_installers_does_not_read() {
    let mut repository = Repository::new();
    repository.target_hashes = vec!["sha512"];
    repository.add_target("targets", &format!("six/{WHEEL}"), WHEEL.as_bytes());
    let server = Server::start(&repository);
    let mut cli = Cli::initialized(&repository, &server);
    cli.options.extend(["--layout", "pep480"].map(str::to_owned));
    let checked = Checked { _server: server, cli };
    let text = pylock("").replace(
        &format!("sha256 = '{}'", sha256(WHEEL)),
        &format!("sha512 = '{}'", hash("sha512", WHEEL.as_bytes())),
    );
    let (exit, verdict) = checked.check("pylock.toml", &text, &[]);
    assert_eq!(
        (exit, outcomes(&verdict)),
        (1, vec!["ok".to_owned(), "no-sha256".to_owned()]),
        "{verdict}"
    );
    checked.check("pylock.toml", &text, &["--allow", "no-sha256"]);
}

fn uv(wheel: &str, package: &str) -> String {
    format!(
        "version = 1\nrequires-python = '>=3.9'\n[[package]]\nname = 'six'\nversion = '1.17.0'\n\
         source = {{ registry = 'https://pypi.org/simple' }}\n\
         wheels = [{{ url = 'https://example.org/{WHEEL}', \
         hash = 'sha256:{}'{wheel} }}]\n{package}\n",
        sha256(WHEEL)
    )
}

/// uv 0.8 to 0.12.6 may fetch the compressed file beside the wheel, and compare this hash alone.
#[test]
fn with_a_compressed_form_of_a_wheel() {
    let zstd = format!(", zstd = {{ hash = 'sha256:{}', size = 7 }}", sha256("unsigned"));
    Checked::new().leaves("uv.lock", &uv("", ""), &uv(&zstd, ""), &["zstd"]);
}

fn pipfile(entry: &str) -> String {
    format!(
        "{{\"_meta\": {{\"pipfile-spec\": 6}}, \"default\": {{\"six\": {{\"version\": \
         \"==1.17.0\", \"hashes\": [\"sha256:{}\"]{entry}}}}}}}",
        sha256(WHEEL)
    )
}

/// pipenv 2026.10.3 pastes these into a line of a list for pip.
#[test]
fn with_text_that_becomes_a_line_of_requirements() {
    let checked = Checked::new();
    let good = pipfile(r#", "markers": "python_version >= '3'", "extras": ["a"], "index": "pypi""#);
    let (exit, verdict) = checked.check("Pipfile.lock", &good, &[]);
    assert_eq!((exit, outcomes(&verdict)), (0, vec!["ok".to_owned()]), "{verdict}");
    for bad in [
        r#", "markers": "python_version >= '3'\n--no-require-hashes""#,
        r#", "markers": "python_version >= '3' --hash=sha256:00""#,
        r#", "markers": ["python_version >= '3'"]"#,
        r#", "markers": {"x": 1}"#,
        r#", "markers": "os_name == '${HOME}'""#,
        r#", "os_markers": "x""#,
        r#", "extras": ["a] @ https://example.org/x.whl #"]"#,
        r#", "extras": "a""#,
        r#", "extras": [1]"#,
        r#", "index": "pypi\n-i https://example.org""#,
        r#", "subdirectory": "a\nb""#,
    ] {
        let (exit, verdict) = checked.check("Pipfile.lock", &pipfile(bad), &[]);
        assert_eq!(
            (exit, &verdict["error"]["code"]),
            (1, &json!("invalid-lock-file")),
            "{bad}: {verdict}"
        );
    }
    for (bad, reason) in [
        (r#", "pip_args": ["--no-deps"]"#, "build-options"),
        (r#", "no_binary": true"#, "build-options"),
        (r#", "sys_platform": "== 'x'""#, "unknown-member:package.sys_platform"),
        (r#", "hash es": ["x"]"#, "unknown-member:package.hash%20es"),
    ] {
        checked.leaves("Pipfile.lock", &pipfile(""), &pipfile(bad), &[reason]);
    }
    let string = pipfile("")
        .replace(&pipfile("")[pipfile("").find("{\"version").unwrap()..], "\"1.17.0\"}}");
    checked.leaves_as_no_hash("Pipfile.lock", &string);
}

/// What builds an sdist is pinned by no lock file: pip 26.3 and uv 0.13.9 fetch and run it all the
/// same.
#[test]
fn with_nothing_but_an_sdist() {
    let checked = Checked::new();
    let list = |contents: &[&str]| {
        let hashes: String =
            contents.iter().map(|content| format!(" --hash=sha256:{}", sha256(content))).collect();
        format!("six==1.17.0{hashes}\n")
    };
    checked.leaves("requirements.txt", &list(&[WHEEL]), &list(&[SDIST]), &["builds-from-source"]);
    let sdist =
        pylock("").replace("wheels = [{", "sdist = {").replace("} }]", "} }").replace(WHEEL, SDIST);
    let sdist = sdist.replace(&sha256(WHEEL), &sha256(SDIST));
    checked.leaves("pylock.toml", &pylock(""), &sdist, &["builds-from-source"]);
    let sdist =
        uv("", "").replace("wheels = [{", "sdist = {").replace(" }]", " }").replace(WHEEL, SDIST);
    checked.leaves(
        "uv.lock",
        &uv("", ""),
        &sdist.replace(&sha256(WHEEL), &sha256(SDIST)),
        &["builds-from-source"],
    );
    // Beside a wheel it is counted, and refused where wheels are required.
    let (exit, verdict) = checked.check("requirements.txt", &list(&[WHEEL, SDIST]), &[]);
    assert_eq!((exit, &verdict["summary"]["sdists_beside_wheels"]), (0, &json!(1)), "{verdict}");
    for (contents, exits) in [(&[WHEEL][..], 0), (&[WHEEL, SDIST], 1), (&[SDIST], 1)] {
        let more = ["--require", "wheels", "--allow", "builds-from-source"];
        let (exit, verdict) = checked.check("requirements.txt", &list(contents), &more);
        assert_eq!(exit, exits, "{verdict}");
        assert_eq!(
            outcomes(&verdict).contains(&"not-only-wheels".to_owned()),
            exits == 1,
            "{verdict}"
        );
    }
    // Options that change what is built.
    let with = |line: &str| list(&[WHEEL]).replace('\n', &format!(" {line}\n"));
    checked.leaves(
        "requirements.txt",
        &list(&[WHEEL]),
        &with("--config-settings x=y"),
        &["build-options"],
    );
    checked.leaves(
        "requirements.txt",
        &list(&[WHEEL]),
        &with("--global-option=x"),
        &["build-options"],
    );
    checked.leaves(
        "requirements.txt",
        &list(&[WHEEL]),
        &(list(&[WHEEL]) + "--no-binary six\n"),
        &["build-options"],
    );
}

/// pip 26.3 then installs dependencies that the list does not have, from anywhere.
#[test]
fn that_say_hashes_are_not_required() {
    let good = format!("six==1.17.0 --hash=sha256:{}\n", sha256(WHEEL));
    let bad = format!("--no-require-hashes\n{good}");
    Checked::new().leaves("requirements.txt", &good, &bad, &["hashes-not-required"]);
}

/// pip 26.3 takes the hash for what another package depends on.
#[test]
fn with_a_hash_of_a_constraint_that_pins_no_version() {
    let checked = Checked::new();
    let list = format!("six==1.17.0 --hash=sha256:{}\n-c constraints.txt\n", sha256(WHEEL));
    checked.cli.write("constraints.txt", b"other<2\n");
    let (exit, verdict) = checked.check("requirements.txt", &list, &[]);
    assert_eq!(
        (exit, outcomes(&verdict)),
        (0, vec!["ok".to_owned(), "constraint".to_owned()]),
        "{verdict}"
    );
    checked.cli.write(
        "constraints.txt",
        format!("other --hash=sha256:{}\n", sha256("unsigned")).as_bytes(),
    );
    let (exit, verdict) = checked.check("requirements.txt", &list, &[]);
    assert_eq!(
        (exit, outcomes(&verdict)),
        (1, vec!["ok".to_owned(), "unpinned".to_owned()]),
        "{verdict}"
    );
}

/// Every table of every format: a member that is not known makes its entry uncheckable, under its
/// own name alone.
#[test]
fn with_members_that_are_not_known() {
    let checked = Checked::new();
    let toml =
        |text: &str, table: &str, member: &str| text.replace(table, &format!("{table}{member}"));
    let pdm = format!(
        "[metadata]\nlock_version = '4.5.1'\n[[package]]\nname = 'six'\nversion = '1.17.0'\nfiles \
         = [{{file = '{WHEEL}', hash = 'sha256:{}'}}]\n",
        sha256(WHEEL)
    );
    let poetry = poetry("2.1", &format!("files = [{}]", poetry_file(WHEEL)), "");
    for (name, good, table, member, path) in [
        ("pylock.toml", &pylock(""), "lock-version = '1.0'\n", "x = 1\n", "x"),
        ("pylock.toml", &pylock(""), "name = 'six'\n", "x = 1\n", "packages.x"),
        ("pylock.toml", &pylock(""), "wheels = [{ ", "x = 1, ", "packages.wheels.x"),
        ("pylock.toml", &pylock(""), "wheels = [{ ", "'x.y z' = 1, ", "packages.wheels.x%2Ey%20z"),
        ("uv.lock", &uv("", ""), "version = 1\n", "x = 1\n", "x"),
        ("uv.lock", &uv("", ""), "name = 'six'\n", "x = 1\n", "package.x"),
        ("uv.lock", &uv("", ""), "source = { ", "x = 1, ", "package.source.x"),
        ("uv.lock", &uv("", ""), "wheels = [{ ", "x = 1, ", "package.wheels.x"),
        (
            "uv.lock",
            &uv("", "[package.metadata]\n"),
            "[package.metadata]\n",
            "x = 1\n",
            "package.metadata.x",
        ),
        ("uv.lock", &uv("", "[manifest]\n"), "[manifest]\n", "x = 1\n", "manifest.x"),
        ("uv.lock", &uv("", "[options]\n"), "[options]\n", "x = 1\n", "options.x"),
        ("poetry.lock", &poetry, "name = 'six'\n", "x = 1\n", "package.x"),
        ("poetry.lock", &poetry, "files = [{", "x = 1, ", "package.files.x"),
        ("poetry.lock", &poetry, "[metadata]\n", "x = 1\n", "metadata.x"),
        ("pdm.lock", &pdm, "[metadata]\n", "x = 1\n", "metadata.x"),
        ("pdm.lock", &pdm, "name = 'six'\n", "prerelease = true\n", "package.prerelease"),
        ("pdm.lock", &pdm, "files = [{", "x = 1, ", "package.files.x"),
        ("Pipfile.lock", &pipfile(""), "{\"pipfile-spec\": 6", ", \"x\": 1", "_meta.x"),
        ("Pipfile.lock", &pipfile(""), "{\"version\": \"==1.17.0\"", ", \"x\": 1", "package.x"),
    ] {
        checked.leaves(
            name,
            good,
            &toml(good, table, member),
            &[&format!("unknown-member:{path}")],
        );
    }
    for bare in ["unknown-member", "unknown-member:"] {
        let outcome = checked.cli.run(&["check", "x", "--allow", bare]);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains("unknown-member:TABLE.MEMBER"), "{outcome:?}");
    }
    // What names who must have attested a file is read, and said to be left unchecked.
    let identities = "[[packages.attestation-identities]]\nkind = 'GitHub'\nrepository = \
        'x/y'\nworkflow = 'z.yml'";
    checked.leaves("pylock.toml", &pylock(""), &pylock(identities), &["identities-not-checked"]);
}
