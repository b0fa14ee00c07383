//! `picotuf check --installed`: what an environment says of itself, as the installers make it, and
//! what can be compared of that.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli_check_attestations::{SDIST, Setting, variable};
use crate::prelude::*;
use picotuf_tests::cli::Cli;

/// The demo's wheel, which its developers signed.
const WHEEL: &str = "iniconfig-2.3.1-py3-none-any.whl";
const SITE: &str = "lib/python3.11/site-packages";

/// A user with the demo repository and its wheel.
struct Demo {
    cli: Cli,
    tools: PathBuf,
}

impl Demo {
    fn new() -> Option<Demo> {
        let without = ["PICOTUF_WITHOUT_PYTHON", "PICOTUF_WITHOUT_LOCK_FILES"];
        let tools = variable("PICOTUF_TOOLS", &without)?.join("bin");
        let mut cli = Cli::new();
        cli.set_time("2026-11-22T00:00:00Z");
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/demo");
        let path = |name: &str| demo.join(name).display().to_string();
        let [root, metadata, targets] = ["root.json", "metadata", "targets"].map(path);
        cli.ok(&[
            "init",
            &root,
            "--metadata-url",
            &metadata,
            "--target-base-url",
            &targets,
            "--layout",
            "pep480",
        ]);
        for entry in std::fs::read_dir(demo.join("targets/iniconfig")).unwrap() {
            let path = entry.unwrap().path();
            if path.display().to_string().ends_with(WHEEL) {
                cli.write(WHEEL, &std::fs::read(path).unwrap());
            }
        }
        Some(Demo { cli, tools })
    }

    /// Runs one of the tools, which asks no index.
    fn tool(&self, name: &str, arguments: &[&str]) {
        let mut command = Command::new(self.tools.join(name));
        command.args(arguments).current_dir(self.cli.folder());
        command.env("HOME", self.cli.folder()).env("PIP_CONFIG_FILE", "/dev/null");
        command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").env("PIP_NO_INDEX", "1");
        command.env("UV_NO_CONFIG", "1").env("UV_OFFLINE", "1").env_remove("VIRTUAL_ENV");
        command.env("UV_PYTHON_DOWNLOADS", "never").env_remove("PIP_TARGET");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {output:?}");
    }

    /// The exit code, the error's code, and each entry with its signer, its reason or its error.
    fn check(&self, arguments: &[&str]) -> (i32, String, Vec<String>) {
        told(&self.cli.json(&[&["check"], arguments].concat()))
    }
}

fn told((exit, verdict): &(i32, Value)) -> (i32, String, Vec<String>) {
    let code = verdict["error"]["code"].as_str().unwrap_or_default().to_owned();
    let entries = verdict["files"][0]["entries"].as_array().cloned().unwrap_or_default();
    let said = entries.iter().map(|entry| {
        let attestation = &entry["attestation"];
        let said = [
            &entry["error"]["code"],
            &entry["unchecked"],
            &entry["signed_by"],
            &attestation["error"]["code"],
            &attestation["unchecked"],
            &attestation["decision"],
        ];
        let said: Vec<_> = said.into_iter().filter_map(Value::as_str).collect();
        let what = entry["file_name"].as_str().or(entry["what"].as_str()).unwrap_or_default();
        format!("{what} {}", said.join(" "))
    });
    (*exit, code, said.collect())
}

fn site(cli: &Cli, environment: &str) -> PathBuf {
    let library = cli.folder().join(environment).join("lib");
    let version = std::fs::read_dir(library).unwrap().next().unwrap().unwrap();
    version.path().join("site-packages")
}

#[test]
fn a_wheel_that_pip_took_from_a_path_is_compared_with_the_signed_one() {
    let Some(demo) = Demo::new() else { return };
    demo.tool("python", &["-m", "venv", "--without-pip", "env"]);
    demo.tool("pip", &["--python", "env", "install", "--quiet", WHEEL]);
    let signed = (0, String::new(), vec![format!("{WHEEL} pypi")]);
    assert_eq!(demo.check(&["--installed", "env"]), signed);
    assert_eq!(demo.check(&["--installed", "env", "--require", "pypi"]), signed);
    let (_, verdict) = demo.cli.json(&["check", "--installed", "env"]);
    assert_eq!(verdict["files"][0]["format"], "installed");
    // RECORD has no hash of itself and of five compiled files.
    let record = json!({"projects": 1, "matching": 12, "without_hash": 5, "outside": 0});
    assert_eq!(verdict["files"][0]["record"], record);

    // With a repository, nobody is content with RECORD unless asked to be, and that is said.
    assert_eq!(verdict["compared_with"], Value::Null);
    let (exit, verdict) = demo.cli.json(&["check", "--installed", "env", "--record-only"]);
    assert_eq!((exit, &verdict["compared_with"]), (0, &json!("record")));
    let note = verdict["notices"][0].as_str().unwrap();
    assert!(note.ends_with("; the TUF repository that is set up is not asked"), "{note}");

    // A file is changed: by whom is unknown, and the signed wheel is none of it.
    let code = site(&demo.cli, "env").join("iniconfig/__init__.py");
    let text = std::fs::read_to_string(&code).unwrap();
    std::fs::write(&code, format!("{text}import evil\n")).unwrap();
    let changed = vec!["iniconfig 2.3.1 record-mismatch".to_owned(), format!("{WHEEL} pypi")];
    let found = demo.check(&["--installed", "env"]);
    assert_eq!(found, (1, "files-refused".to_owned(), changed));
    std::fs::write(&code, text).unwrap();

    // Code that came later, and that Python runs at every start.
    let more = site(&demo.cli, "env").join("more.pth");
    std::fs::write(&more, "import os\n").unwrap();
    let found = demo.check(&["--installed", "env"]);
    let unlisted = vec![format!("{WHEEL} pypi"), "more.pth not-in-record".to_owned()];
    assert_eq!(found, (1, "files-unchecked".to_owned(), unlisted));
    std::fs::remove_file(more).unwrap();

    // Another wheel of that name is not the signed one.
    let wheel = std::fs::read(demo.cli.folder().join(WHEEL)).unwrap();
    demo.tool(
        "python",
        &["-c", &format!("import zipfile; zipfile.ZipFile('{WHEEL}', 'a').comment = b'x'")],
    );
    assert_ne!(std::fs::read(demo.cli.folder().join(WHEEL)).unwrap(), wheel);
    demo.tool("pip", &["--python", "env", "install", "--quiet", "--force-reinstall", WHEEL]);
    let (exit, _, entries) = demo.check(&["--installed", "env"]);
    assert_eq!((exit, entries), (1, vec![format!("{WHEEL} hash-mismatch")]));
}

#[test]
fn what_the_installers_do_not_record_is_said_of_every_project() {
    let Some(demo) = Demo::new() else { return };
    // By its name, neither of them records which file it was; nor does uv by its path.
    demo.tool("python", &["-m", "venv", "--without-pip", "by-pip"]);
    let pip = ["--python", "by-pip", "install", "--quiet", "--find-links", ".", "iniconfig"];
    demo.tool("pip", &pip);
    demo.tool("uv", &["venv", "--quiet", "by-uv"]);
    let uv = ["pip", "install", "--quiet", "--python", "by-uv", "--offline", "--no-index"];
    demo.tool("uv", &[&uv[..], &["--find-links", ".", "iniconfig"]].concat());
    let unknown = vec!["iniconfig 2.3.1 hash-not-recorded".to_owned()];
    for environment in ["by-pip", "by-uv"] {
        let found = demo.check(&["--installed", environment]);
        assert_eq!(found, (1, "files-unchecked".to_owned(), unknown.clone()), "{environment}");
        let allowed = demo.check(&["--installed", environment, "--allow", "hash-not-recorded"]);
        assert_eq!(allowed, (0, String::new(), unknown.clone()), "{environment}");
    }
    demo.tool("uv", &[&uv[..], &["--reinstall", WHEEL]].concat());
    let by_path = vec!["iniconfig 2.3.1 path".to_owned()];
    let found = demo.check(&["--installed", "by-uv"]);
    assert_eq!(found, (1, "files-unchecked".to_owned(), by_path.clone()));
    assert_eq!(demo.check(&["--installed", "by-uv", "--allow", "path"]).0, 0);
    // The same by default and by the variable.
    std::fs::rename(demo.cli.folder().join("by-uv"), demo.cli.folder().join(".venv")).unwrap();
    assert_eq!(demo.check(&["--installed"]).2, by_path);
    let active = demo.cli.folder().join("by-pip").display().to_string();
    let outcome = demo.cli.run_with_variable("VIRTUAL_ENV", &active, &["check", "--installed"]);
    assert!(outcome.stderr.contains("1 hash-not-recorded ") && outcome.code == 1, "{outcome:?}");
    // A wheel that its developers did not sign.
    demo.tool("pip", &["--python", ".venv", "install", "--quiet", "--force-reinstall", WHEEL]);
    let renamed = "iniconfig-2.3.1-1-py3-none-any.whl";
    let from = demo.cli.folder().join(WHEEL);
    std::fs::copy(from, demo.cli.folder().join(renamed)).unwrap();
    demo.tool("pip", &["--python", ".venv", "install", "--quiet", "--force-reinstall", renamed]);
    let found = demo.check(&["--installed"]);
    let unlisted = vec![format!("{renamed} path")];
    assert_eq!(found, (1, "files-unchecked".to_owned(), unlisted));
}

/// An environment with the recorded sdist, as an installer with PEP 710 would leave it.
fn recorded(setting: &Setting, url: &str) {
    let sha256 = setting.sha256(SDIST);
    let info = "pypi_attestations-0.0.19.dist-info";
    std::fs::create_dir_all(setting.cli.folder().join("env").join(SITE).join(info)).unwrap();
    let write = |name: &str, text: &str| {
        let name = format!("env/{SITE}/{info}/{name}");
        setting.cli.write(&name, text.as_bytes());
    };
    setting.cli.write("env/pyvenv.cfg", b"");
    write("METADATA", "Name: pypi-attestations\nVersion: 0.0.19\n");
    let names = ["METADATA", "RECORD", "provenance_url.json"];
    let record: String = names.iter().map(|name| format!("{info}/{name},,\n")).collect();
    write("RECORD", &record);
    let origin = json!({"url": url, "archive_info": {"hashes": {"sha256": sha256}}});
    write("provenance_url.json", &origin.to_string());
}

#[test]
fn a_recorded_distribution_is_held_to_the_pinned_publisher() {
    let Some(mut setting) = Setting::new() else { return };
    recorded(&setting, &format!("https://files.invalid/{SDIST}"));
    let index = setting.url();
    let arguments = ["check", "--installed", "env", "--attestations", "--index-url", &index];
    let check = |setting: &Setting| told(&setting.json(&arguments));
    let first = vec![format!("{SDIST} first-use")];
    assert_eq!(check(&setting), (1, "not-pinned".to_owned(), first));
    setting.pinned(&[SDIST]);
    assert_eq!(check(&setting), (0, String::new(), vec![format!("{SDIST} pinned")]));
    // Another file under that name, which the index does not have.
    recorded(&setting, &format!("https://files.invalid/{SDIST}"));
    let origin = format!("env/{SITE}/pypi_attestations-0.0.19.dist-info/provenance_url.json");
    let text = std::fs::read_to_string(setting.cli.folder().join(&origin)).unwrap();
    let other = text.replace(&setting.sha256(SDIST), &hash("sha256", b"other"));
    setting.cli.write(&origin, other.as_bytes());
    let missing = vec![format!("{SDIST} not-in-index")];
    assert_eq!(check(&setting), (1, "files-refused".to_owned(), missing));
    setting.cli.write(&origin, text.as_bytes());
    // A file of another project, by its URL.
    let other = text.replace(SDIST, "six-1.17.0.tar.gz");
    setting.cli.write(&origin, other.as_bytes());
    let other = vec!["six-1.17.0.tar.gz file-name".to_owned()];
    assert_eq!(check(&setting), (1, "files-refused".to_owned(), other));
    setting.cli.write(&origin, text.as_bytes());
    // Nothing says which index it is from, so nobody is told its name.
    setting.list(setting.recorded(SDIST));
    setting.index.take_requests();
    let nowhere = setting.json(&["check", "--installed", "env", "--attestations"]);
    let unknown = vec![format!("{SDIST} index-unknown")];
    assert_eq!(told(&nowhere), (1, "files-unchecked".to_owned(), unknown));
    assert_eq!(setting.index.requests(), 0);
}

/// An environment with one project, whose RECORD has the hash of its empty `six.py`.
fn environment(cli: &Cli) -> String {
    let info = format!("env/{SITE}/six-1.17.0.dist-info");
    std::fs::create_dir_all(cli.folder().join(&info)).unwrap();
    cli.write("env/pyvenv.cfg", b"");
    cli.write(&format!("{info}/METADATA"), b"Name: six\nVersion: 1.17.0\n");
    let code = format!("env/{SITE}/six.py");
    cli.write(&code, b"");
    let empty = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    let record = format!(
        "six.py,sha256={empty},0\nsix-1.17.0.dist-info/METADATA,,\nsix-1.17.0.dist-info/RECORD,,\n"
    );
    cli.write(&format!("{info}/RECORD"), record.as_bytes());
    code
}

/// Otherwise a CI job whose metadata folder is lost passes, and whoever changed the environment
/// with its RECORD is not found any more.
#[test]
fn an_environment_fails_where_the_repository_is_lost_and_nobody_asked_for_record_alone() {
    let cli = Cli::new();
    environment(&cli);
    for offline in [&[][..], &["--offline"]] {
        let (exit, verdict) = cli.json(&[&["check", "--installed", "env"], offline].concat());
        assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("not-initialized")), "{verdict}");
        let hint = verdict["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("`picotuf init ROOT`") && hint.contains("--record-only"), "{hint}");
        assert_eq!(verdict["compared_with"], Value::Null);
    }
    // Distributions have no RECORD to be compared with.
    cli.write("six-1.17.0.tar.gz", b"");
    let (_, verdict) = cli.json(&["check", "six-1.17.0.tar.gz"]);
    assert!(!verdict["error"]["hint"].as_str().unwrap().contains("--record-only"), "{verdict}");
}

/// Who has neither a repository nor attestations learns at least of damage.
#[test]
fn by_record_only_files_are_compared_with_record_alone_and_the_verdict_says_so() {
    let mut cli = Cli::new();
    let code = environment(&cli);
    let check = ["check", "--installed", "env", "--record-only"];
    let not_known = vec!["six 1.17.0 hash-not-recorded".to_owned()];
    let found = cli.json(&check);
    assert_eq!(told(&found), (0, String::new(), not_known.clone()), "{}", found.1);
    assert_eq!(found.1["files"][0]["record"]["matching"], 1);
    assert_eq!(found.1["compared_with"], "record");
    let said = "--record-only: installed files are compared with RECORD alone, which whoever \
                changes a file can change too";
    assert_eq!(found.1["notices"], json!([said]));
    cli.options.retain(|option| option != "--quiet");
    let outcome = cli.run(&check);
    cli.options.push("--quiet".to_owned());
    assert_eq!(outcome.stderr, format!("picotuf: note: {said}\n"));
    let last = outcome.stdout.lines().last().unwrap_or_default();
    let verdict = "only RECORD was compared, which whoever changed a file can change too: no \
                   signature and no attestation was checked";
    assert_eq!(last, verdict);
    cli.write(&code, b"import evil\n");
    let changed = vec!["six 1.17.0 record-mismatch".to_owned(), not_known[0].clone()];
    assert_eq!(told(&cli.json(&check)), (1, "files-refused".to_owned(), changed));
    cli.write(&code, b"");
    cli.write(&format!("env/{SITE}/more.pth"), b"import os\n");
    let more = vec![not_known[0].clone(), "more.pth not-in-record".to_owned()];
    assert_eq!(told(&cli.json(&check)), (1, "files-unchecked".to_owned(), more));
}

/// Who asks for more than RECORD can say must not get a verdict by RECORD.
#[test]
fn record_only_is_refused_beside_what_asks_for_more() {
    let cli = Cli::new();
    environment(&cli);
    let check = ["check", "--installed", "env", "--record-only"];
    for (more, named) in [
        (&["--require", "developer"][..], "--require developer"),
        (&["--require", "attestation"], "--require attestation"),
        (&["--attestations"], "--attestations"),
        (&["--index-url", "https://index.invalid/simple/"], "--index-url"),
        (&["--publishers", "picotuf-publishers.toml"], "--publishers"),
        (&["--root", "root.json"], "--root"),
        (&["--metadata-url", "https://tuf.invalid/"], "--metadata-url"),
        (&["--target-base-url", "https://tuf.invalid/"], "--target-base-url"),
        (&["--layout", "pep480"], "--layout"),
        (&["uv.lock"], "FILE"),
    ] {
        let outcome = cli.run(&[&check[..], more].concat());
        assert!(outcome.code == 2 && outcome.stderr.contains(named), "{more:?}: {outcome:?}");
    }
    let outcome = cli.run(&["check", "uv.lock", "--record-only"]);
    let told = "'[FILE]...' cannot be used with '--record-only'";
    assert!(outcome.code == 2 && outcome.stderr.contains(told), "{outcome:?}");
}

#[test]
fn another_folder_is_refused_before_anybody_is_asked() {
    let cli = Cli::new();
    for arguments in [&["check", "--installed"][..], &["check", "--installed", "none"]] {
        let (exit, verdict) = cli.json(arguments);
        assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("no-environment")), "{verdict}");
    }
}
