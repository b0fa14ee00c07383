//! `picotuf check --attestations` and `picotuf publishers`: who published what a lock file pins, by
//! attestations that PyPI served, from an index of PyPI's form on this machine.
//!
//! The attestations are recorded ones, so a publisher that changes is a pin that says otherwise.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::prelude::*;
use picotuf_attest_tests::forge::{DIGEST, FILE, Forge, claim, url};
use picotuf_tests::cli::Cli;
use picotuf_tests::server::{Behaviour, Server};

pub(crate) const SDIST: &str = "pypi_attestations-0.0.19.tar.gz";
const GOOGLE: &str = "gcb_attestation_test-0.0.0.tar.gz";
const CIRCLECI: &str = "circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl";
const GITHUB: &str = "github:trailofbits/pypi-attestations:release.yml";
const PINS: &str = "picotuf-publishers.toml";

/// The folder of what is recorded, or nothing where the tests go without.
fn recorded() -> Option<PathBuf> {
    variable("PICOTUF_ATTESTATIONS", &["PICOTUF_WITHOUT_PYTHON", "PICOTUF_WITHOUT_ATTESTATIONS"])
}

/// The folder that a variable of `tests/run` names, or nothing where one of the others says that
/// the tests go without.
pub(crate) fn variable(name: &str, without: &[&str]) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os(name).map(PathBuf::from) else {
        let without =
            without.iter().any(|name| std::env::var(name).is_ok_and(|value| value == "1"));
        assert!(without, "{name} is not set: run tests/run, which sets it up");
        // Past the test harness, which keeps what a passing test prints.
        std::io::stderr().write_all(format!("!! LEFT OUT: {name}\n").as_bytes()).unwrap();
        return None;
    };
    Some(folder)
}

/// A file of an index.
#[derive(Clone)]
pub(crate) struct Listed {
    name: String,
    sha256: String,
    upload_time: Option<&'static str>,
    provenance: Option<Vec<u8>>,
}

/// A file that is not recorded: its content is its name.
fn plain(name: &str, upload_time: Option<&'static str>) -> Listed {
    let sha256 = hash("sha256", name.as_bytes());
    Listed { name: name.to_owned(), sha256, upload_time, provenance: None }
}

/// An index of PyPI's form, and a user who has Sigstore's trusted root.
pub(crate) struct Setting {
    folder: PathBuf,
    pub(crate) index: Server,
    files: BTreeMap<String, Vec<Listed>>,
    pub(crate) cli: Cli,
}

impl Setting {
    /// An index of the recorded files that have provenance documents.
    pub(crate) fn new() -> Option<Setting> {
        let folder = recorded()?;
        let (index, cli) = (Server::start(&Repository::new()), Cli::new());
        let mut setting = Setting { folder, index, files: BTreeMap::new(), cli };
        setting.cli.set_time("2026-08-01T00:00:00Z");
        for name in [SDIST, GOOGLE, CIRCLECI] {
            let listed = setting.recorded(name);
            setting.list(listed);
        }
        Some(setting)
    }

    /// The SHA-256 of a recorded file.
    pub(crate) fn sha256(&self, name: &str) -> String {
        hash("sha256", &self.read(name))
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join("recorded").join(name)).unwrap()
    }

    pub(crate) fn recorded(&self, name: &str) -> Listed {
        Listed {
            name: name.to_owned(),
            sha256: hash("sha256", &self.read(name)),
            upload_time: Some("2024-12-04T23:14:05.123456Z"),
            provenance: Some(self.read(&format!("{name}.provenance"))),
        }
    }

    /// Puts a file into the index, in place of one of that name.
    pub(crate) fn list(&mut self, listed: Listed) {
        let project = project(&listed.name);
        let files = self.files.entry(project.clone()).or_default();
        files.retain(|other| other.name != listed.name);
        files.push(listed);
        serve(&self.index, &project, files);
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/simple/", self.index.url())
    }

    /// A `uv.lock` of these files, all of this index.
    fn lock(&self, names: &[&str]) -> String {
        let mut text = "version = 1\nrequires-python = \">=3.9\"\n".to_owned();
        for name in names {
            text += &self.entry(name, &self.url());
        }
        text
    }

    fn entry(&self, name: &str, index: &str) -> String {
        let listed = self.files[&project(name)].iter().find(|listed| listed.name == *name).unwrap();
        let file = format!("{{ url = \"https://f/{name}\", hash = \"sha256:{}\" }}", listed.sha256);
        let files = match name.ends_with(".whl") {
            true => format!("wheels = [{file}]"),
            false => format!("sdist = {file}"),
        };
        format!(
            "\n[[package]]\nname = \"{}\"\nversion = \"{}\"\nsource = {{ registry = \"{index}\" \
             }}\n{files}\n",
            project(name),
            version(name)
        )
    }

    fn write(&self, name: &str, text: &str) {
        self.cli.write(name, text.as_bytes());
    }

    /// The arguments, with the trusted root.
    fn arguments<'a>(&self, arguments: &[&'a str], root: &'a str) -> Vec<&'a str> {
        let mut all = arguments.to_vec();
        all.extend(["--trusted-root", root]);
        all
    }

    pub(crate) fn root(&self) -> String {
        self.folder.join("roots/production.json").display().to_string()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> (i32, Value) {
        self.cli.json(&self.arguments(arguments, &self.root()))
    }

    /// `check --attestations` of a file, with more arguments: the exit code, the code of the error,
    /// and what is decided of each file.
    fn check(&self, more: &[&str]) -> (i32, String, Vec<(String, String)>) {
        let mut arguments = vec!["check", "uv.lock", "--attestations"];
        arguments.extend(more);
        let (exit, verdict) = self.json(&arguments);
        let code = verdict["error"]["code"].as_str().unwrap_or_default().to_owned();
        let entries = verdict["files"][0]["entries"].as_array().cloned().unwrap_or_default();
        let decided = entries.iter().map(|entry| {
            let attestation = &entry["attestation"];
            let code = attestation["error"]["code"].as_str();
            let said = code.or(attestation["unchecked"].as_str());
            let said = said.or(attestation["decision"].as_str()).unwrap_or_default();
            (entry["project"].as_str().unwrap_or_default().to_owned(), said.to_owned())
        });
        (exit, code, decided.collect())
    }

    /// Writes a lock file of these files, and pins their publishers.
    pub(crate) fn pinned(&self, names: &[&str]) -> String {
        self.write("uv.lock", &self.lock(names));
        let (exit, verdict) = self.json(&["publishers", "init", "uv.lock"]);
        assert_eq!(exit, 0, "{verdict}");
        self.pins()
    }

    fn pins(&self) -> String {
        std::fs::read_to_string(self.cli.folder().join(PINS)).unwrap_or_default()
    }
}

fn serve(server: &Server, project: &str, files: &[Listed]) {
    let file = |listed: &Listed| {
        let Listed { name, sha256, upload_time, provenance } = listed;
        let path = format!("/integrity/{project}/{}/{name}/provenance", version(name));
        if let Some(document) = provenance {
            server.serve_file(&path, document);
        }
        let mut file = json!({"filename": name, "url": "u", "hashes": {"sha256": sha256}});
        file["provenance"] = provenance.as_ref().map(|_| path).into();
        if let Some(time) = upload_time {
            file["upload-time"] = (*time).into();
        }
        file
    };
    let files: Vec<_> = files.iter().map(file).collect();
    let page = json!({"meta": {"api-version": "1.3"}, "name": project, "files": files});
    server.serve_file(&format!("/simple/{project}/"), page.to_string().as_bytes());
}

fn project(name: &str) -> String {
    name.split('-').next().unwrap().replace('_', "-")
}

fn version(name: &str) -> String {
    name.trim_end_matches(".tar.gz").split('-').nth(1).unwrap().to_owned()
}

fn decided(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

#[test]
fn a_lock_file_is_held_to_the_publishers_that_somebody_accepted() {
    let Some(mut setting) = Setting::new() else { return };
    setting.list(plain("plain-1.0.tar.gz", None));
    let names = [SDIST, GOOGLE, CIRCLECI, "plain-1.0.tar.gz"];
    setting.write("uv.lock", &setting.lock(&names));
    let all = |what, plain| {
        decided(&[
            ("pypi-attestations", what),
            ("gcb-attestation-test", what),
            ("circleci-sign-publish-example", what),
            ("plain", plain),
        ])
    };
    // Nobody has accepted anything: that is no success.
    let first = setting.check(&[]);
    assert_eq!(first, (1, "not-pinned".to_owned(), all("first-use", "not-attested")));
    assert_eq!(setting.pins(), "");

    let (exit, verdict) = setting.json(&["publishers", "init", "uv.lock"]);
    assert_eq!((exit, &verdict["written"]), (0, &json!(PINS)), "{verdict}");
    let pins = setting.pins();
    for line in [
        "publisher = \"github:trailofbits/pypi-attestations:release.yml\"\n",
        "issuer = \"https://token.actions.githubusercontent.com\"\n",
        "repository-id = \"772247423\"\nowner-id = \"2314423\"\nref-kind = \"tag\"\n",
        "first-version = \"0.0.19\"\nfirst-upload-time = \"2024-12-04T23:14:05Z\"\n",
        "publisher = \"google:919436158236-compute@developer.gserviceaccount.com\"\n",
    ] {
        assert!(pins.contains(line), "{line}{pins}");
    }

    let held = setting.check(&[]);
    assert_eq!(held, (0, String::new(), all("pinned", "not-attested")));
    let (_, verdict) = setting.json(&["check", "uv.lock", "--attestations"]);
    let entry = &verdict["files"][0]["entries"][0];
    let attestation = &entry["attestation"];
    assert_eq!((&entry["ok"], &attestation["publisher"]), (&json!(true), &json!(GITHUB)));
    assert_eq!(attestation["repository_id"], "772247423");
    assert_eq!(attestation["commit"], "08802efe1f8e5fec4ad842d6b8ce97656092ee72");
    assert_eq!(attestation["signed"], "2024-12-04T23:14:01Z");
    assert_eq!(verdict["files"][0]["entries"][1]["attestation"]["name_only"], true);
    let summary = &verdict["summary"];
    let counts = ["pinned", "first_use", "not_attested", "refused"].map(|name| &summary[name]);
    assert_eq!(counts, [&json!(3), &json!(0), &json!(1), &json!(0)]);
    // Nothing of a metadata folder is needed for it.
    assert_eq!(setting.cli.stored("root"), None);

    let strict = setting.check(&["--require", "attestation"]);
    assert_eq!(strict, (1, "files-refused".to_owned(), all("pinned", "not-attested")));
}

#[test]
fn people_read_who_attested_what_and_how_many_are_pinned() {
    let Some(mut setting) = Setting::new() else { return };
    setting.cli.options.retain(|option| option != "--quiet");
    setting.write("uv.lock", &setting.lock(&[SDIST]));
    let root = setting.root();
    let arguments = setting.arguments(&["check", "uv.lock", "--attestations"], &root);
    let outcome = setting.cli.run(&arguments);
    assert_eq!(outcome.code, 1);
    let lines: Vec<_> = outcome.stdout.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "no publisher is pinned: there is no picotuf-publishers.toml",
            &format!(
                "no TUF repository is set up in {}: only attestations are checked",
                setting.cli.metadata_dir().display()
            ),
            "uv.lock  uv.lock",
            "  pypi-attestations 0.0.19  1 attested by \
             github:trailofbits/pypi-attestations:release.yml (not pinned)",
            "0 pinned, 1 not pinned, 0 not attested",
        ]
    );
    assert!(outcome.stdout.starts_with("trusted root: "), "{}", outcome.stdout);
    assert!(outcome.stdout.contains("given by you, not verified by TUF"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("1 of 1 files are attested by publishers that nobody has"));
}

/// Readers decide by the first lines that they see whether this is for them.
#[test]
fn the_readme_and_the_guide_show_what_is_really_printed() {
    let Some(mut setting) = Setting::new() else { return };
    setting.cli.options.retain(|option| option != "--quiet");
    setting.pinned(&[SDIST]);
    setting.list(plain("docopt-0.6.2.tar.gz", None));
    setting.write("uv.lock", &setting.lock(&[SDIST, "docopt-0.6.2.tar.gz"]));
    let root = setting.root();
    let outcome =
        setting.cli.run(&setting.arguments(&["check", "uv.lock", "--attestations"], &root));
    let begin = outcome.stdout.find("uv.lock  uv.lock").unwrap();
    assert_eq!(outcome.code, 0);
    for name in ["README.md", "docs/pypi.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
        let text = std::fs::read_to_string(path).unwrap();
        let command = "```console\n$ picotuf check uv.lock --attestations\n";
        let (_, shown) = text.split_once(command).unwrap();
        assert_eq!(shown.split("```").next(), Some(&outcome.stdout[begin..]), "{name}");
    }
}

#[test]
fn another_publisher_under_the_same_name_is_refused() {
    let Some(setting) = Setting::new() else { return };
    let pins = setting.pinned(&[SDIST]);
    let by_name = format!("it is attested by {GITHUB}, as pinned by name:");
    let by_other = |pinned: &str| format!("it is attested by {GITHUB}, and {pinned} is pinned:");
    let (publish, other) =
        (GITHUB.replace("release", "publish"), GITHUB.replace("trailofbits", "other"));
    for (old, new, code, change, message) in [
        (
            "owner-id = \"2314423\"",
            "owner-id = \"1\"",
            "publisher-changed",
            "owner",
            format!("{by_name} the repository has another owner (2314423; pinned is 1)"),
        ),
        (
            "repository-id = \"772247423\"",
            "repository-id = \"1\"",
            "publisher-changed",
            "repository",
            format!("{by_name} another repository (772247423; pinned is 1)"),
        ),
        (
            ":release.yml",
            ":publish.yml",
            "publisher-changed",
            "workflow",
            format!("{} another workflow of the repository", by_other(&publish)),
        ),
        (
            "ref-kind = \"tag\"",
            "ref-kind = \"branch\"",
            "publisher-changed",
            "ref-kind",
            format!("{by_name} another kind of ref was built (tag; pinned is branch)"),
        ),
        (
            "https://token.actions.githubusercontent.com",
            "https://g",
            "publisher-changed",
            "issuer",
            format!(
                "{by_name} another identity provider (https://token.actions.githubusercontent.com; \
                 pinned is https://g)"
            ),
        ),
        (
            "github:trailofbits/",
            "github:other/",
            "publisher-renamed",
            "",
            format!(
                "{} its repository has another name now, and is still the pinned one by its number",
                by_other(&other)
            ),
        ),
    ] {
        let changed = pins.replace(old, new);
        assert_ne!(changed, pins, "{old}");
        setting.write(PINS, &changed);
        let (exit, verdict) = setting.json(&["check", "uv.lock", "--attestations"]);
        let attestation = &verdict["files"][0]["entries"][0]["attestation"];
        let found =
            (exit, attestation["error"]["code"].as_str(), verdict["error"]["code"].as_str());
        assert_eq!(found, (1, Some(code), Some("files-refused")), "{new}: {verdict}");
        assert_eq!(attestation["change"].as_str().unwrap_or_default(), change, "{new}");
        assert_eq!(attestation["publisher"], GITHUB);
        assert_eq!(attestation["error"]["found"], GITHUB);
        assert_eq!(attestation["error"]["message"], message);
        assert_eq!(attestation["pinned"], attestation["error"]["expected"]);
        // A first use is not what this is.
        assert_eq!(setting.check(&["--accept-first-use"]).0, 1, "{new}");
        assert_eq!(setting.pins(), changed);

        // Somebody accepts it, of this project and no other.
        let other = ["publishers", "accept", "uv.lock", "--project", "other"];
        let (exit, verdict) = setting.json(&other);
        let message = "no lock file pins a file of the project other";
        assert_eq!((exit, &verdict["error"]["message"]), (2, &json!(message)), "{new}");
        assert_eq!(setting.pins(), changed);
        let (exit, verdict) = setting.json(&["publishers", "accept", "uv.lock"]);
        assert_eq!(exit, 0, "{verdict}");
        assert_eq!(setting.pins(), pins, "{new}");
        assert_eq!(setting.check(&[]).0, 0);
    }
}

#[test]
fn an_attestation_that_is_gone_is_refused_and_older_files_are_not() {
    let Some(mut setting) = Setting::new() else { return };
    let (newer, older) = ("pypi_attestations-0.0.20.tar.gz", "pypi_attestations-0.0.18.tar.gz");
    let pins = setting.pinned(&[SDIST]);
    let early = Some("2024-11-01T00:00:00Z");
    for (name, time, expected) in [
        // The newest version has none, whatever the index says of its age.
        (newer, Some("2025-06-01T00:00:00Z"), "attestation-gone"),
        (newer, early, "attestation-gone"),
        (newer, None, "attestation-gone"),
        // A low version that was uploaded later, or nobody says when.
        (older, Some("2025-06-01T00:00:00Z"), "attestation-gone"),
        (older, None, "attestation-gone"),
        (older, early, "before-attestations"),
    ] {
        setting.list(plain(name, time));
        setting.write("uv.lock", &setting.lock(&[name]));
        let (exit, _, found) = setting.check(&[]);
        assert_eq!(found, decided(&[("pypi-attestations", expected)]), "{name} {time:?}");
        assert_eq!(exit == 0, expected == "before-attestations");
    }
    assert_eq!(setting.check(&["--require", "attestation"]).0, 1);

    // Where the index never says when, the version alone decides.
    setting.write(PINS, &pins.replace("first-upload-time = \"2024-12-04T23:14:05Z\"\n", ""));
    for (name, expected) in [
        (newer, "attestation-gone"),
        (older, "before-attestations"),
        ("pypi_attestations-0.0.19.post1.tar.gz", "attestation-gone"),
    ] {
        setting.list(plain(name, None));
        setting.write("uv.lock", &setting.lock(&[name]));
        let found = setting.check(&[]).2;
        assert_eq!(found, decided(&[("pypi-attestations", expected)]), "{name}");
    }
    setting.write(PINS, &pins);

    // The recorded file itself loses its attestation: by its page, or behind the link.
    setting.write("uv.lock", &setting.lock(&[SDIST]));
    let gone = decided(&[("pypi-attestations", "attestation-gone")]);
    let path = format!("/integrity/pypi-attestations/0.0.19/{SDIST}/provenance");
    setting.index.misbehave(&path, Behaviour::Status(404));
    assert_eq!(setting.check(&[]), (1, "files-refused".to_owned(), gone.clone()));
    setting.index.behave();
    assert_eq!(setting.check(&[]).0, 0);
    let mut listed = setting.recorded(SDIST);
    listed.provenance = None;
    setting.list(listed);
    assert_eq!(setting.check(&[]), (1, "files-refused".to_owned(), gone));
    assert_eq!(setting.pins(), pins);

    // Whoever accepts that accepts this file alone: the pin stays.
    let (exit, verdict) = setting.json(&["publishers", "accept", "uv.lock"]);
    assert_eq!(exit, 0, "{verdict}");
    let accepted =
        format!("unattested = [\n    \"{SDIST}#sha256={}\",\n]\n", setting.sha256(SDIST));
    assert_eq!(setting.pins(), format!("{pins}{accepted}"));
    assert_eq!(setting.check(&[]).0, 0);
    setting.list(plain(newer, Some("2025-06-01T00:00:00Z")));
    setting.write("uv.lock", &setting.lock(&[newer]));
    let gone = decided(&[("pypi-attestations", "attestation-gone")]);
    assert_eq!(setting.check(&[]), (1, "files-refused".to_owned(), gone));
}

/// The version from which files have to be attested would otherwise rise with each change, and
/// below it an index could leave attestations out.
#[test]
fn who_accepts_another_publisher_does_not_excuse_earlier_files() {
    let Some(mut setting) = Setting::new() else { return };
    let (older, early) = ("pypi_attestations-0.0.18.tar.gz", Some("2024-11-20T00:00:00Z"));
    let pins = setting.pinned(&[SDIST]);
    // It was attested since 0.0.17, by a publisher that is another one by its number.
    let before = pins
        .replace("first-version = \"0.0.19\"", "first-version = \"0.0.17\"")
        .replace("2024-12-04T23:14:05Z", "2024-11-01T00:00:00Z");
    setting.write(PINS, &before.replace("\"772247423\"", "\"1\""));
    let (exit, verdict) = setting.json(&["publishers", "accept", "uv.lock"]);
    assert_eq!(exit, 0, "{verdict}");
    assert_eq!(setting.pins(), before);
    setting.list(plain(older, early));
    setting.write("uv.lock", &setting.lock(&[older]));
    assert_eq!(setting.check(&[]).2, decided(&[("pypi-attestations", "attestation-gone")]));
}

/// A lock file of uv may name a folder as an index: nobody attests what is there.
#[test]
fn a_folder_in_place_of_an_index_can_be_accepted() {
    let Some(setting) = Setting::new() else { return };
    setting.write("uv.lock", &setting.lock(&[SDIST]).replace(&setting.url(), "../wheels"));
    let (exit, code, found) = setting.check(&[]);
    assert_eq!((exit, code.as_str()), (1, "files-unchecked"));
    assert_eq!(found, decided(&[("pypi-attestations", "path")]));
    assert_eq!(setting.check(&["--allow", "path"]).0, 0);
}

/// A query may be secret, and a file of pins is committed.
#[test]
fn the_query_of_an_index_is_not_written_beside_a_pin() {
    let Some(setting) = Setting::new() else { return };
    let index = format!("{}?token=SECRET", setting.url());
    setting.write("uv.lock", &setting.lock(&[SDIST]).replace(&setting.url(), &index));
    let (exit, verdict) = setting.json(&["publishers", "init", "uv.lock"]);
    let attestation = &verdict["files"][0]["entries"][0]["attestation"];
    assert_eq!((exit, &attestation["unchecked"]), (1, &json!("index-unknown")), "{verdict}");
    assert_eq!(
        attestation["why"], "the URL of its index has a query, which may be secret",
        "{verdict}"
    );
    assert_eq!(setting.pins(), "");
}

/// A second workflow that also attests a release would otherwise stop everybody, or nobody, by its
/// place in a document that nobody signed.
#[test]
fn a_file_of_several_publishers_is_held_by_the_pinned_one_wherever_it_stands() {
    let Some(mut setting) = Setting::new() else { return };
    let root = Forge::default().trusted_root().to_string();
    setting.write("trusted_root.json", &root);
    let root = setting.cli.folder().join("trusted_root.json").display().to_string();
    let by = |repository: &str, number: &str| {
        let source = format!("https://github.com/{repository}");
        let workflow = format!("{source}/.github/workflows/w.yml@refs/tags/v1");
        let mut forge = Forge::default();
        forge.extensions[2] = url(&workflow);
        forge.extensions[4] = claim(12, &source);
        forge.extensions[6] = claim(15, number);
        forge.extensions[8] = claim(18, &workflow);
        let stated = json!({"kind": "GitHub", "repository": repository, "workflow": "w.yml"});
        json!({"publisher": stated, "attestations": [forge.make().1]})
    };
    let (one, other) = (by("o/r", "7"), by("x/y", "70"));
    let mut serve = |bundles: &[&Value]| {
        let document = json!({"version": 1, "attestation_bundles": bundles});
        setting.list(Listed {
            name: FILE.to_owned(),
            sha256: DIGEST.to_owned(),
            upload_time: None,
            provenance: Some(document.to_string().into_bytes()),
        });
        setting.write("uv.lock", &setting.lock(&[FILE]));
        let file = setting.cli.folder().join(PINS);
        let command: &[&str] = match file.exists() {
            false => &["publishers", "init", "uv.lock"],
            true => &["check", "uv.lock", "--attestations"],
        };
        let (exit, verdict) = setting.cli.json(&setting.arguments(command, &root));
        let entry = &verdict["files"][0]["entries"][0]["attestation"];
        (exit, entry["publisher"].as_str().unwrap_or_default().to_owned())
    };
    let (of_one, of_other) = ("github:o/r:w.yml".to_owned(), "github:x/y:w.yml".to_owned());
    assert_eq!(serve(&[&one]), (0, of_one.clone()));
    assert_eq!(serve(&[&one, &other]), (0, of_one.clone()));
    assert_eq!(serve(&[&other, &one]), (0, of_one));
    assert_eq!(serve(&[&other]), (1, of_other));
}

/// Who writes a lock file would otherwise have a password of ~/.netrc sent where all can read it.
#[test]
fn a_lock_file_does_not_send_the_credentials_of_netrc_unencrypted() {
    let Some(setting) = Setting::new() else { return };
    let netrc = if cfg!(windows) { "_netrc" } else { ".netrc" };
    setting.write(netrc, "machine 127.0.0.1 login me password word\n");
    // Another entry names the same host by https: nothing listens there.
    let encrypted = setting.entry(GOOGLE, "https://127.0.0.1:1/simple/");
    setting.write("uv.lock", &format!("{}{encrypted}", setting.lock(&[SDIST])));
    assert_eq!(setting.check(&[]).0, 1);
    let named = setting.url().replace("http://", "https://");
    assert_eq!(setting.check(&["--index-url", &named]).0, 1);
    let requests = setting.index.take_requests();
    let asked: Vec<_> =
        requests.iter().filter(|request| request.path.contains("pypi-attestations")).collect();
    assert!(!asked.is_empty());
    assert!(
        requests.iter().all(|request| !request.headers.contains_key("authorization")),
        "{requests:?}"
    );
    // Where the user names the index by http, they are meant for it.
    assert_eq!(setting.check(&["--index-url", &setting.url()]).0, 1);
    let requests = setting.index.take_requests();
    let sent = requests[0].headers.get("authorization").map(String::as_str);
    assert_eq!(sent, Some("Basic bWU6d29yZA=="));
}

/// The name of a private project would be told to whomever the index redirects to.
#[test]
fn an_index_that_redirects_to_another_server_is_not_followed() {
    let Some(setting) = Setting::new() else { return };
    setting.write("uv.lock", &setting.lock(&[SDIST]));
    let other = Server::start(&Repository::new());
    let page = "/simple/pypi-attestations/";
    setting.index.misbehave(page, Behaviour::Redirect(format!("{}{page}", other.url())));
    let (exit, _, found) = setting.check(&[]);
    assert_eq!((exit, found), (1, decided(&[("pypi-attestations", "redirect")])));
    assert_eq!(other.take_paths(), Vec::<String>::new());
}

#[test]
fn an_index_cannot_make_a_new_file_an_old_one() {
    let Some(mut setting) = Setting::new() else { return };
    setting.pinned(&[SDIST]);
    let early = Some("2024-11-01T00:00:00Z");
    // A list knows the hash alone; the index calls the file an old version's.
    let old = plain("pypi_attestations-0.0.1.tar.gz", early);
    let list = format!(
        "--index-url {}\npypi-attestations==0.0.20 --hash=sha256:{}\n",
        setting.url(),
        old.sha256
    );
    setting.write("requirements.txt", &list);
    setting.list(old);
    let (exit, verdict) = setting.json(&["check", "requirements.txt", "--attestations"]);
    let error = &verdict["files"][0]["entries"][0]["attestation"]["error"]["code"];
    assert_eq!((exit, error), (1, &json!("other-version")), "{verdict}");

    // An attested file of another version is not the pinned one either.
    let list = format!(
        "--index-url {}\npypi-attestations==0.0.20 --hash=sha256:{}\n",
        setting.url(),
        setting.sha256(SDIST)
    );
    setting.write("requirements.txt", &list);
    let (exit, verdict) = setting.json(&["check", "requirements.txt", "--attestations"]);
    let error = &verdict["files"][0]["entries"][0]["attestation"]["error"]["code"];
    assert_eq!((exit, error), (1, &json!("other-version")), "{verdict}");

    // A lock file that gives an old file a new version, or a new one an old version.
    let name = "pypi_attestations-0.0.1.tar.gz";
    setting.write("uv.lock", &setting.lock(&[name]).replace("\"0.0.1\"", "\"0.0.20\""));
    let other = decided(&[("pypi-attestations", "other-version")]);
    assert_eq!(setting.check(&[]), (1, "files-refused".to_owned(), other));
}

#[test]
fn a_file_without_attestations_beside_attested_ones_is_accepted_by_its_hash() {
    let Some(mut setting) = Setting::new() else { return };
    let wheel = "pypi_attestations-0.0.19-py3-none-any.whl";
    let time = Some("2024-12-04T23:14:06Z");
    setting.list(plain(wheel, time));
    let pins = setting.pinned(&[SDIST, wheel]);
    let sha256 = hash("sha256", wheel.as_bytes());
    assert!(
        pins.contains(&format!("unattested = [\n    \"{wheel}#sha256={sha256}\",\n]\n")),
        "{pins}"
    );
    let project = "pypi-attestations";
    let both = decided(&[(project, "pinned"), (project, "not-attested")]);
    assert_eq!(setting.check(&[]), (0, String::new(), both));

    // Another file of that name is another file.
    setting.list(Listed { sha256: hash("sha256", b"other"), ..plain(wheel, time) });
    setting.write("uv.lock", &setting.lock(&[SDIST, wheel]));
    let both = decided(&[(project, "pinned"), (project, "attestation-gone")]);
    assert_eq!(setting.check(&[]), (1, "files-refused".to_owned(), both));
}

#[test]
fn what_does_not_hold_is_refused_and_nothing_is_written() {
    let Some(mut setting) = Setting::new() else { return };
    let document = setting.read(&format!("{SDIST}.provenance"));
    let text = String::from_utf8(document).unwrap();
    // The document of another file; one whose log entry was changed.
    let other = setting.read(&format!("{GOOGLE}.provenance"));
    let changed = text.replacen("153454663", "153454664", 1).into_bytes();
    for (document, code) in [(other, "subject-digest"), (changed, "log-promise")] {
        let listed = Listed { provenance: Some(document), ..setting.recorded(SDIST) };
        setting.list(listed);
        setting.write("uv.lock", &setting.lock(&[SDIST]));
        let (exit, error, found) = setting.check(&[]);
        let expected = decided(&[("pypi-attestations", code)]);
        assert_eq!((exit, error.as_str(), found), (1, "files-refused", expected));
        let (exit, verdict) = setting.json(&["publishers", "init", "uv.lock"]);
        assert_eq!((exit, verdict["written"].as_str()), (1, None), "{verdict}");
        assert_eq!(setting.pins(), "");
    }
    // The index has another file under that name.
    let listed = Listed { sha256: "0".repeat(64), ..setting.recorded(SDIST) };
    let lock = {
        setting.list(setting.recorded(SDIST));
        setting.lock(&[SDIST])
    };
    setting.list(listed);
    setting.write("uv.lock", &lock);
    let (exit, _, found) = setting.check(&[]);
    assert_eq!((exit, found), (1, decided(&[("pypi-attestations", "not-in-index")])));
}

#[test]
fn a_pin_file_that_is_not_understood_is_refused_before_anybody_is_asked() {
    let Some(setting) = Setting::new() else { return };
    let pins = setting.pinned(&[SDIST]);
    setting.index.take_requests();
    for (text, message) in [
        (pins.replace("ref-kind", "environment"), "unknown field `environment`"),
        (format!("{pins}trust = \"everything\"\n"), "unknown field `trust`"),
        (pins.replace("version = 1\n", "version = 2\n"), "its version is 2"),
        (pins.replace("772247423", "trailofbits"), "is no number"),
        ("[[publisher]\n".to_owned(), ""),
    ] {
        setting.write(PINS, &text);
        for arguments in [
            &["check", "uv.lock", "--attestations"][..],
            &["publishers", "accept", "uv.lock"],
            &["publishers", "show"],
        ] {
            let mut arguments = arguments.to_vec();
            let root = setting.root();
            if arguments[1] != "show" {
                arguments.extend(["--trusted-root", root.as_str()]);
            }
            let verdict = setting.cli.refuses(&arguments, "invalid-publishers", None);
            let found = verdict["error"]["message"].as_str().unwrap();
            assert!(found.contains(message), "{found}\n{message}");
            assert!(verdict["error"]["file"].as_str().unwrap().starts_with(PINS), "{verdict}");
        }
        assert_eq!(setting.pins(), text);
    }
    assert_eq!(setting.index.take_paths(), [""; 0]);
}

#[test]
fn a_projects_name_goes_to_the_index_that_the_lock_file_names_and_to_no_other() {
    let Some(mut setting) = Setting::new() else { return };
    setting.list(plain("secret_thing-1.0.tar.gz", None));
    let private = Server::start(&Repository::new());
    serve(&private, "secret-thing", &[plain("secret_thing-1.0.tar.gz", None)]);
    let url = format!("{}/simple", private.url());
    let lock = setting.lock(&[SDIST]) + &setting.entry("secret_thing-1.0.tar.gz", &url);
    setting.write("uv.lock", &lock);
    let both = decided(&[("pypi-attestations", "first-use"), ("secret-thing", "not-attested")]);
    assert_eq!(setting.check(&[]), (1, "not-pinned".to_owned(), both.clone()));
    // Nor where an index is given for files that have none.
    let given = setting.url();
    assert_eq!(setting.check(&["--index-url", &given]), (1, "not-pinned".to_owned(), both));
    let asked = setting.index.take_paths();
    assert!(!asked.is_empty() && asked.iter().all(|path| !path.contains("secret")), "{asked:?}");
    assert_eq!(private.take_paths(), ["/simple/secret-thing/"; 2]);

    // A list that names two indexes, or none, tells neither.
    let sha256 = hash("sha256", b"secret_thing-1.0.tar.gz");
    let pin = format!("secret-thing==1.0 --hash=sha256:{sha256}\n");
    let two = format!("--index-url {url}\n--extra-index-url {}\n{pin}", setting.url());
    for (list, why) in [(two, "may be from"), (pin, "nothing says which index")] {
        setting.write("requirements.txt", &list);
        let arguments = ["check", "requirements.txt", "--attestations"];
        let (exit, verdict) = setting.json(&arguments);
        let attestation = &verdict["files"][0]["entries"][0]["attestation"];
        assert_eq!((exit, &attestation["unchecked"]), (1, &json!("index-unknown")), "{verdict}");
        assert!(attestation["why"].as_str().unwrap().contains(why), "{verdict}");
        let mut with_allow = arguments.to_vec();
        with_allow.extend(["--allow", "index-unknown"]);
        assert_eq!(setting.json(&with_allow).0, 0);
        let (mut asked, mut other) = (setting.index.take_paths(), private.take_paths());
        assert_eq!((asked.len(), other.len()), (0, 0), "{asked:?} {other:?}");

        // Somebody says which.
        let mut with_index = arguments.to_vec();
        with_index.extend(["--index-url", &url]);
        assert_eq!(setting.json(&with_index).0, 0);
        (asked, other) = (setting.index.take_paths(), private.take_paths());
        assert_eq!((asked.len(), &other[..]), (0, &["/simple/secret-thing/".to_owned()][..]));
    }
}

#[test]
fn a_lock_file_that_names_another_index_leaves_no_pin_behind() {
    let Some(setting) = Setting::new() else { return };
    let pins = setting.pinned(&[SDIST]);
    let other = Server::start(&Repository::new());
    let url = format!("{}/simple", other.url());
    let plain = Listed { provenance: None, ..setting.recorded(SDIST) };
    for listed in [plain, setting.recorded(SDIST)] {
        serve(&other, "pypi-attestations", &[listed]);
        let lock = "version = 1\nrequires-python = \">=3.9\"\n".to_owned();
        setting.write("uv.lock", &(lock + &setting.entry(SDIST, &url)));
        for more in [&[][..], &["--accept-first-use"]] {
            let (exit, _, found) = setting.check(more);
            let expected = decided(&[("pypi-attestations", "other-index-pinned")]);
            assert_eq!((exit, found), (1, expected));
        }
        assert_eq!(setting.pins(), pins);
    }
    let (exit, verdict) = setting.json(&["publishers", "accept", "uv.lock"]);
    assert_eq!(exit, 0, "{verdict}");
    assert!(setting.pins().contains(&format!("index = \"{url}\"")), "{}", setting.pins());
    assert_eq!(setting.check(&[]).0, 0);
}

#[test]
fn first_uses_are_accepted_where_somebody_looks_and_something_is_stored() {
    let Some(setting) = Setting::new() else { return };
    setting.write("uv.lock", &setting.lock(&[SDIST, GOOGLE]));
    let accept = ["check", "uv.lock", "--attestations", "--accept-first-use"];
    let (exit, verdict) = setting.json(&accept);
    assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("not-pinned")), "{verdict}");
    assert_eq!(setting.pins(), "");

    let pins = setting.pinned(&[SDIST]);
    setting.write("uv.lock", &setting.lock(&[SDIST, GOOGLE]));
    let root = setting.root();
    let outcome = setting.cli.run_with_variable("CI", "true", &setting.arguments(&accept, &root));
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("--accept-first-use is not for CI"), "{}", outcome.stderr);
    assert_eq!(setting.pins(), pins);

    let (exit, verdict) = setting.json(&accept);
    assert_eq!((exit, &verdict["written"]), (0, &json!(PINS)), "{verdict}");
    assert_eq!(verdict["added"][0]["project"], "gcb-attestation-test");
    // The first one stands as it stood.
    let (_, entry) = pins.split_once("\n\n").unwrap();
    assert!(setting.pins().contains(entry), "{}", setting.pins());
    assert_eq!(setting.check(&[]).0, 0);
}

#[test]
fn nothing_is_written_unless_the_whole_run_holds() {
    let Some(mut setting) = Setting::new() else { return };
    let pins = setting.pinned(&[SDIST]);
    let newer = "pypi_attestations-0.0.20.tar.gz";
    setting.list(plain(newer, None));
    setting.write("uv.lock", &setting.lock(&[GOOGLE, newer]));
    let (exit, _, found) = setting.check(&["--accept-first-use"]);
    let expected = decided(&[
        ("gcb-attestation-test", "first-use"),
        ("pypi-attestations", "attestation-gone"),
    ]);
    assert_eq!((exit, found), (1, expected));
    assert_eq!(setting.pins(), pins);
    let (exit, _) = setting.json(&["publishers", "init", "uv.lock"]);
    assert_eq!((exit, setting.pins()), (2, pins));
}

#[test]
fn every_format_of_lock_files_is_asked_about() {
    let Some(setting) = Setting::new() else { return };
    let (url, sha256) = (setting.url(), hash("sha256", &setting.read(SDIST)));
    let name = "pypi-attestations";
    let file = format!("{{name = \"{SDIST}\", hashes = {{sha256 = \"{sha256}\"}}}}");
    let toml_file = format!("{{file = \"{SDIST}\", hash = \"sha256:{sha256}\"}}");
    let package = format!("name = \"{name}\"\nversion = \"0.0.19\"\n");
    let lists: [(&str, String, bool); 5] = [
        (
            "pylock.toml",
            format!(
                "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\n{package}index = \
                 \"{url}\"\nsdist = {file}\n"
            ),
            true,
        ),
        (
            "requirements.txt",
            format!("--index-url {url}\n{name}==0.0.19 --hash=sha256:{sha256}\n"),
            true,
        ),
        (
            "poetry.lock",
            format!(
                "[[package]]\n{package}description = \"\"\noptional = false\npython-versions = \
                 \">=3.9\"\ngroups = [\"main\"]\nfiles = [{toml_file}]\n\n[package.source]\ntype \
                 = \"legacy\"\nurl = \"{url}\"\nreference = \"x\"\n\n[metadata]\nlock-version = \
                 \"2.1\"\npython-versions = \">=3.9\"\ncontent-hash = \"x\"\n"
            ),
            true,
        ),
        (
            "Pipfile.lock",
            json!({
                "_meta": {"hash": {"sha256": "0"}, "pipfile-spec": 6, "requires": {},
                    "sources": [{"name": "x", "url": url, "verify_ssl": true}]},
                "default": {name: {"hashes": [format!("sha256:{sha256}")], "index": "x",
                    "version": "==0.0.19"}},
                "develop": {},
            })
            .to_string(),
            true,
        ),
        // PDM does not say from where.
        (
            "pdm.lock",
            format!(
                "[metadata]\ngroups = [\"default\"]\nstrategy = []\nlock_version = \"4.5.0\"\n\
                 content_hash = \"sha256:0\"\n\n[[package]]\n{package}requires_python = \
                 \">=3.9\"\nsummary = \"\"\ngroups = [\"default\"]\nfiles = [{toml_file}]\n"
            ),
            false,
        ),
    ];
    for (lock, text, names_index) in lists {
        setting.write(lock, &text);
        let arguments = ["check", lock, "--attestations"];
        let mut with_index = arguments.to_vec();
        if !names_index {
            let (exit, verdict) = setting.json(&arguments);
            assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("files-unchecked")), "{lock}");
            with_index.extend(["--index-url", &url]);
        }
        let (exit, verdict) = setting.json(&with_index);
        assert_eq!(
            (exit, &verdict["error"]["code"]),
            (1, &json!("not-pinned")),
            "{lock} {verdict}"
        );
        let attestation = &verdict["files"][0]["entries"][0]["attestation"];
        assert_eq!(attestation["publisher"], GITHUB, "{lock} {verdict}");
    }

    // A file that is here, of which the index has to be said.
    setting.cli.write(SDIST, &setting.read(SDIST));
    let (exit, verdict) = setting.json(&["check", SDIST, "--attestations"]);
    assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("files-unchecked")), "{verdict}");
    let (exit, verdict) =
        setting.json(&["check", SDIST, "--attestations", "--index-url", &setting.url()]);
    assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("not-pinned")), "{verdict}");
    assert_eq!(verdict["files"][0]["attestation"]["publisher"], GITHUB);
}

#[test]
fn indexes_are_asked_about_several_files_at_the_same_time() {
    let Some(setting) = Setting::new() else { return };
    setting.pinned(&[SDIST, GOOGLE]);
    // Neither page comes before both are asked for; then the documents likewise.
    for project in ["pypi-attestations", "gcb-attestation-test"] {
        setting.index.misbehave(&format!("/simple/{project}/"), Behaviour::Together(2));
    }
    assert_eq!(setting.check(&[]).0, 0);
    setting.index.behave();
    for (name, of) in [(SDIST, "pypi-attestations"), (GOOGLE, "gcb-attestation-test")] {
        let path = format!("/integrity/{of}/{}/{name}/provenance", version(name));
        setting.index.misbehave(&path, Behaviour::Together(4));
    }
    assert_eq!(setting.check(&[]).0, 0);

    // Distributions that are here, too.
    setting.index.behave();
    for (name, of) in [(SDIST, "pypi-attestations"), (GOOGLE, "gcb-attestation-test")] {
        setting.cli.write(name, &setting.read(name));
        setting.index.misbehave(&format!("/simple/{of}/"), Behaviour::Together(6));
    }
    let url = setting.url();
    let (exit, verdict) =
        setting.json(&["check", SDIST, GOOGLE, "--attestations", "--index-url", &url]);
    assert_eq!((exit, &verdict["summary"]["pinned"]), (0, &json!(2)), "{verdict}");
}

/// PyPI states the repository and the branch of a pipeline of CircleCI too.
#[test]
fn a_publisher_in_a_pylock_is_read_as_pypi_states_it() {
    let Some(setting) = Setting::new() else { return };
    let document = setting.recorded(CIRCLECI).provenance.unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    let stated = document["attestation_bundles"][0]["publisher"].as_object().unwrap();
    assert_eq!(stated["vcs_ref"], "refs/heads/pypi");
    let check = |branch: &str| {
        let members: Vec<_> =
            stated.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
        let members = members.concat().replace("refs/heads/pypi", branch);
        let text = format!(
            "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"{}\"\nindex = \
             \"{}\"\nwheels = [{{name = \"{CIRCLECI}\", hashes = {{sha256 = \
             \"{}\"}}}}]\n[[packages.attestation-identities]]\n{members}",
            project(CIRCLECI),
            setting.url(),
            setting.sha256(CIRCLECI)
        );
        setting.write("pylock.toml", &text);
        let (exit, verdict) = setting.json(&["check", "pylock.toml", "--attestations"]);
        (exit, verdict["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(check("refs/heads/pypi"), (0, String::new()));
    assert_eq!(check("refs/heads/other"), (1, "files-refused".to_owned()));
}

#[test]
fn identities_of_a_pylock_are_pins() {
    let Some(mut setting) = Setting::new() else { return };
    let unattested = "pypi_attestations-0.0.20.tar.gz";
    setting.list(plain(unattested, None));
    let lock = |name: &str, identities: &str| {
        let listed = &setting.files["pypi-attestations"];
        let sha256 = &listed.iter().find(|listed| listed.name == name).unwrap().sha256;
        format!(
            "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \
             \"pypi-attestations\"\nversion = \"{}\"\nindex = \"{}\"\nsdist = {{name = \
             \"{name}\", hashes = {{sha256 = \"{sha256}\"}}}}\n{identities}",
            version(name),
            setting.url()
        )
    };
    let identity = |members: &str| format!("[[packages.attestation-identities]]\n{members}\n");
    let right = identity(
        "kind = 'GitHub'\nrepository = 'TrailOfBits/pypi-attestations'\nworkflow = 'release.yml'",
    );
    let known = right.clone();
    let other = identity(
        "kind = 'GitHub'\nrepository = 'evil/pypi-attestations'\nworkflow = 'release.yml'",
    );
    let workflow = right.replace("release.yml", "other.yml");
    let unknown = identity("kind = 'Forge'\nrepository = 'x'");
    let more = right.replace("\nworkflow", "\nactor = 'x'\nworkflow");
    for (name, identities, code, said) in [
        (SDIST, right.clone(), "", "pinned"),
        (SDIST, format!("{other}{right}"), "", "pinned"),
        (SDIST, other, "files-refused", "publisher-changed"),
        (SDIST, workflow, "files-refused", "publisher-changed"),
        (unattested, right, "files-refused", "attestation-gone"),
        (SDIST, unknown, "files-unchecked", "first-use"),
        (SDIST, more, "files-unchecked", "first-use"),
    ] {
        setting.write("pylock.toml", &lock(name, &identities));
        let (exit, verdict) = setting.json(&["check", "pylock.toml", "--attestations"]);
        let error = verdict["error"]["code"].as_str().unwrap_or_default();
        assert_eq!((exit, error), (i32::from(!code.is_empty()), code), "{identities} {verdict}");
        let attestation = &verdict["files"][0]["entries"][0]["attestation"];
        let found = attestation["error"]["code"].as_str().or(attestation["decision"].as_str());
        assert_eq!(found, Some(said), "{identities}");
        // Without --attestations nobody compares them.
        let of = verdict["files"][0]["entries"].as_array().unwrap();
        let left = of.iter().any(|entry| entry["unchecked"] == "identities-not-checked");
        assert_eq!(left, code == "files-unchecked", "{identities} {verdict}");
    }
    // Who is named and cannot be asked for is not passed over by what allows something else.
    let nowhere = |identities: &str| {
        let url = format!("index = \"{}\"\n", setting.url());
        lock(SDIST, identities).replace(&url, "")
    };
    let archive = |identities: &str| {
        let at = "[packages.archive]\nurl = \"https://index.invalid/x-1.tar.gz\"\nhashes = ";
        let sha256 = hash("sha256", b"x");
        let text = "lock-version = \"1.0\"\ncreated-by = \"x\"\n[[packages]]\nname = \"x\"\n";
        format!("{text}{identities}{at}{{sha256 = \"{sha256}\"}}\n")
    };
    for (text, allow) in [(nowhere(&known), "index-unknown"), (archive(&known), "url")] {
        setting.write("pylock.toml", &text);
        let both = format!("{allow},identities-not-checked");
        for (allow, expected) in [(allow, (1, "files-unchecked")), (both.as_str(), (0, ""))] {
            let allow = ["check", "pylock.toml", "--attestations", "--allow", allow];
            let (exit, verdict) = setting.json(&allow);
            let code = verdict["error"]["code"].as_str().unwrap_or_default();
            assert_eq!((exit, code), expected, "{text} {verdict}");
            assert!(verdict.to_string().contains("\"identities-not-checked\""), "{verdict}");
        }
    }
    // A pin is not replaced by what the lock file says.
    setting.pinned(&[SDIST]);
    setting.write(PINS, &setting.pins().replace("2314423", "1"));
    let right = identity(
        "kind = 'GitHub'\nrepository = 'trailofbits/pypi-attestations'\nworkflow = 'release.yml'",
    );
    setting.write("pylock.toml", &lock(SDIST, &right));
    let (exit, verdict) = setting.json(&["check", "pylock.toml", "--attestations"]);
    let error = &verdict["files"][0]["entries"][0]["attestation"]["error"]["code"];
    assert_eq!((exit, error), (1, &json!("publisher-changed")));
}

#[test]
fn publishers_are_written_into_a_pylock_and_hold_from_then_on() {
    let Some(mut setting) = Setting::new() else { return };
    setting.list(plain("plain-1.0.tar.gz", None));
    let wheel = "pypi_attestations-0.0.19-py3-none-any.whl";
    let entry = |setting: &Setting, names: &[&str]| {
        let file = |name: &&str| {
            let listed = &setting.files[&project(name)];
            let listed = listed.iter().find(|listed| listed.name == **name).unwrap();
            format!("{{name = \"{name}\", hashes = {{sha256 = \"{}\"}}}}", listed.sha256)
        };
        let wheels: Vec<_> = names.iter().filter(|name| name.ends_with(".whl")).map(file).collect();
        let sdist = names.iter().find(|name| name.ends_with(".tar.gz")).map(file).unwrap();
        format!(
            "[[packages]] # {0}\nname = \"{0}\"\nversion = \"{1}\"\nindex = \"{2}\"\nsdist = \
             {sdist}\nwheels = [{3}]\n",
            project(names[0]),
            version(names[0]),
            setting.url(),
            wheels.join(", ")
        )
    };
    let head = "# locked\nlock-version = '1.0'\ncreated-by = \"x\"\n\n";
    let lock = |setting: &Setting, of_sdist: &str| {
        let of_sdist = of_sdist.to_owned();
        head.to_owned()
            + &entry(setting, &[SDIST])
            + &of_sdist
            + &entry(setting, &["plain-1.0.tar.gz"])
    };
    let before = lock(&setting, "");
    setting.write("pylock.toml", &before);
    let write = ["publishers", "write", "pylock.toml"];
    let check = |setting: &Setting| {
        let (exit, verdict) = setting.json(&["check", "pylock.toml", "--attestations"]);
        (exit, verdict["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(check(&setting), (1, "not-pinned".to_owned()));
    let (exit, verdict) = setting.json(&write);
    let written = json!([{"file": "pylock.toml", "packages": ["pypi-attestations 0.0.19"]}]);
    assert_eq!((exit, &verdict["written_into"]), (0, &written), "{verdict}");
    let identity = "\n[[packages.attestation-identities]]\nkind = \"GitHub\"\nrepository = \
        \"trailofbits/pypi-attestations\"\nworkflow = \"release.yml\"\n";
    let pylock = || std::fs::read_to_string(setting.cli.folder().join("pylock.toml")).unwrap();
    assert_eq!(pylock(), lock(&setting, identity));
    assert_eq!(check(&setting), (0, String::new()));
    // Nothing is there to add, and nothing is changed.
    let (exit, verdict) = setting.json(&write);
    assert_eq!((exit, &verdict["written_into"][0]["packages"]), (0, &json!([])), "{verdict}");
    assert_eq!(pylock(), lock(&setting, identity));

    // What is there already, or pinned, has to hold: nobody is replaced by writing.
    let other = lock(&setting, &identity.replace("trailofbits", "evil"));
    setting.write("pylock.toml", &other);
    assert_eq!(setting.json(&write).0, 1);
    assert_eq!(pylock(), other);
    setting.pinned(&[SDIST]);
    setting.write(PINS, &setting.pins().replace("2314423", "1"));
    setting.write("pylock.toml", &before);
    assert_eq!(setting.json(&write).0, 1);
    assert_eq!(pylock(), before);
    std::fs::remove_file(setting.cli.folder().join(PINS)).unwrap();

    // A version with a file that nobody attested would be refused by its publisher.
    setting.list(plain(wheel, None));
    let both = head.to_owned() + &entry(&setting, &[SDIST, wheel]);
    setting.write("pylock.toml", &both);
    let (exit, verdict) = setting.json(&write);
    assert_eq!((exit, &verdict["written_into"][0]["packages"]), (0, &json!([])), "{verdict}");
    let text = std::fs::read_to_string(setting.cli.folder().join("pylock.toml")).unwrap();
    assert_eq!(text, both);
    // Other formats have no place for it.
    setting.write("uv.lock", &setting.lock(&[SDIST]));
    assert_eq!(setting.json(&["publishers", "write", "uv.lock"]).0, 2);
}

#[test]
fn a_repository_and_attestations_speak_side_by_side() {
    let Some(mut setting) = Setting::new() else { return };
    let mut repository = Repository::new();
    super::cli_check::with_bins(&mut repository, "targets");
    let sdist = setting.read(SDIST);
    super::cli_check::add_to_bin(&mut repository, &format!("pypi-attestations/{SDIST}"), &sdist);
    let server = Server::start(&repository);
    setting.cli = Cli::initialized(&repository, &server);
    // The repository is of that time, and the recorded file is older.
    setting.write("uv.lock", &setting.lock(&[SDIST]));
    let allow = ["--allow", "builds-from-source"];
    let (exit, code, found) = setting.check(&allow);
    let expected = decided(&[("pypi-attestations", "first-use"), ("", "")]);
    assert_eq!((exit, code.as_str()), (1, "not-pinned"));
    assert_eq!(found, expected);
    setting.pinned(&[SDIST]);
    let mut arguments = vec!["check", "uv.lock", "--attestations"];
    arguments.extend(allow);
    let (exit, verdict) = setting.json(&arguments);
    assert_eq!(exit, 0, "{verdict}");
    let entry = &verdict["files"][0]["entries"][0];
    assert_eq!(
        (&entry["signed_by"], &entry["attestation"]["decision"], &entry["ok"]),
        (&json!("pypi"), &json!("pinned"), &json!(true)),
        "{entry}"
    );
    let roles: Vec<_> =
        verdict["roles"].as_array().unwrap().iter().map(|role| role["role"].clone()).collect();
    assert!(roles.contains(&json!("targets")), "{roles:?}");

    // Either of them refuses by itself.
    setting.write(PINS, &setting.pins().replace("2314423", "1"));
    let (exit, verdict) = setting.json(&arguments);
    let entry = &verdict["files"][0]["entries"][0];
    assert_eq!((exit, &entry["signed_by"], &entry["ok"]), (1, &json!("pypi"), &json!(false)));
    assert_eq!(entry["attestation"]["error"]["code"], "publisher-changed");
    assert_eq!(verdict["error"]["message"], "1 of 2 files do not verify");

    // What both refuse is told in one line, and then what all comes to.
    let lock = setting.lock(&[SDIST]).replace(&setting.sha256(SDIST), &hash("sha256", b"other"));
    setting.write("uv.lock", &lock);
    for quiet in [true, false] {
        if !quiet {
            setting.cli.options.retain(|option| option != "--quiet");
        }
        let outcome = setting.cli.run(&setting.arguments(&arguments, &setting.root()));
        let lines: Vec<_> = outcome.stderr.lines().collect();
        let [line, summary] = lines[..] else { panic!("{outcome:?}") };
        assert!(line.contains("[hash-mismatch]") && line.contains("[not-in-index]"), "{line}");
        assert!(summary.contains("1 of 1 files do not verify"), "{summary}");
        assert!(!outcome.stdout.contains("  refused"), "{outcome:?}");
    }
}

#[test]
fn a_diff_says_whose_publisher_a_new_lock_file_changes() {
    let Some(mut setting) = Setting::new() else { return };
    let newer = "pypi_attestations-0.0.20.tar.gz";
    setting.list(plain(newer, None));
    setting.list(plain("plain-1.0.tar.gz", None));
    setting.write("old.lock", "");
    setting.write("a.py.lock", &setting.lock(&[SDIST, "plain-1.0.tar.gz"]));
    let diff = ["publishers", "diff", "a.py.lock", "b.py.lock"];
    let mut said = Vec::new();
    for names in [
        &[SDIST, "plain-1.0.tar.gz"][..],
        &[SDIST, "plain-1.0.tar.gz", GOOGLE],
        &[newer, "plain-1.0.tar.gz"],
    ] {
        setting.write("b.py.lock", &setting.lock(names));
        let (exit, verdict) = setting.json(&diff);
        let changes = verdict["changes"].as_array().unwrap();
        let changes: Vec<_> = changes
            .iter()
            .map(|change| {
                let project = change["project"].as_str().unwrap();
                format!("{project} {}", change["attestation"]["decision"].as_str().unwrap())
            })
            .collect();
        said.push((exit, changes));
    }
    let changes = |text: &[&str]| text.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        said,
        [
            (0, changes(&[])),
            (0, changes(&["gcb-attestation-test first-use"])),
            (1, changes(&["pypi-attestations gone"])),
        ]
    );
    assert_eq!(setting.pins(), "");
    let (_, verdict) = setting.json(&diff);
    assert_eq!(
        verdict["error"]["hint"],
        "do not install them before you know why; if their maintainers confirm it: picotuf \
         publishers accept b.py.lock --project pypi-attestations"
    );
}

#[test]
fn a_list_without_hashes_is_told_how_to_get_them() {
    let Some(setting) = Setting::new() else { return };
    setting.write("requirements.txt", "six==1.17.0\nattrs==25.1.0\n");
    let (exit, verdict) = setting.json(&["check", "requirements.txt", "--attestations"]);
    let error = &verdict["error"];
    assert_eq!((exit, &error["code"]), (1, &json!("files-unchecked")));
    assert_eq!(
        error["hint"],
        "`uv pip compile --generate-hashes` and `pip-compile --generate-hashes` write hashes into \
         a list; use --allow no-hash to accept them"
    );
    assert_eq!(setting.index.take_paths(), [""; 0]);
}

#[test]
fn an_index_without_pages_in_json_is_allowed_where_nobody_is_expected() {
    let Some(setting) = Setting::new() else { return };
    setting.write("uv.lock", &setting.lock(&[SDIST]));
    setting.index.serve_file("/simple/pypi-attestations/", b"<!DOCTYPE html><html></html>");
    let unchecked = decided(&[("pypi-attestations", "index-page")]);
    assert_eq!(setting.check(&[]), (1, "files-unchecked".to_owned(), unchecked.clone()));
    let allow = ["--allow", "index-page"];
    assert_eq!(setting.check(&allow), (0, String::new(), unchecked.clone()));
    let require = ["--allow", "index-page", "--require", "attestation"];
    assert_eq!(setting.check(&require), (1, "files-refused".to_owned(), unchecked.clone()));
    serve(&setting.index, "pypi-attestations", &setting.files["pypi-attestations"]);
    setting.pinned(&[SDIST]);
    setting.index.serve_file("/simple/pypi-attestations/", b"<!DOCTYPE html><html></html>");
    assert_eq!(setting.check(&allow), (1, "files-refused".to_owned(), unchecked));
}

#[test]
fn what_does_not_go_together_is_wrong_usage() {
    let Some(setting) = Setting::new() else { return };
    setting.write("uv.lock", &setting.lock(&[SDIST]));
    for arguments in [
        &["check", "uv.lock", "--require", "attestation"][..],
        &["check", "uv.lock", "--publishers", PINS],
        &["check", "uv.lock", "--accept-first-use"],
        &["check", "uv.lock", "--offline", "--max-age", "1"],
        &["check", "uv.lock", "--attestations", "--max-age", "1"],
        &["check", "uv.lock", "--attestations", "--require", "developer"],
        &["publishers", "init", SDIST],
        &["publishers", "init"],
    ] {
        let outcome = setting.cli.run(arguments);
        assert_eq!(outcome.code, 2, "{arguments:?} {outcome:?}");
    }
    for (option, value) in [
        ("--require attestation", &["--require", "attestation"][..]),
        ("--publishers", &["--publishers", PINS]),
        ("--index-url", &["--index-url", "https://index.invalid/"]),
        ("--provenance-from", &["--provenance-from", "https://index.invalid/"]),
        ("--trusted-root", &["--trusted-root", "x.json"]),
        ("--sigstore-url", &["--sigstore-url", "https://index.invalid/"]),
        ("--sigstore-root", &["--sigstore-root", "x.json"]),
        ("--max-age", &["--offline", "--max-age", "1"]),
    ] {
        let (exit, verdict) = setting.cli.json(&[&["check", "uv.lock"], value].concat());
        let message = format!("{option} is for attestations, which only --attestations checks");
        assert_eq!((exit, &verdict["error"]["message"]), (2, &json!(message)), "{verdict}");
    }
}

#[test]
fn pins_that_were_named_and_are_not_there_are_no_empty_pins() {
    let Some(mut setting) = Setting::new() else { return };
    setting.list(plain("plain-1.0.tar.gz", None));
    setting.write("uv.lock", &setting.lock(&["plain-1.0.tar.gz"]));
    assert_eq!(setting.check(&[]).0, 0);
    let (exit, code, _) = setting.check(&["--publishers", "typo.toml"]);
    assert_eq!((exit, code.as_str()), (1, "not-pinned"));
    let diff = ["publishers", "diff", "uv.lock", "uv.lock", "--publishers", "typo.toml"];
    let (exit, verdict) = setting.json(&diff);
    assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("not-pinned")), "{verdict}");
}

#[test]
fn a_lock_file_in_another_folder_does_not_take_the_pins_away() {
    let Some(mut setting) = Setting::new() else { return };
    let newer = "pypi_attestations-0.0.20.tar.gz";
    setting.list(plain(newer, None));
    setting.list(plain("plain-1.0.tar.gz", None));
    setting.pinned(&[SDIST]);
    let pins = setting.pins();
    for folder in ["all", "all/svc", "all/aaa"] {
        std::fs::create_dir(setting.cli.folder().join(folder)).unwrap();
    }
    setting.write(&format!("all/svc/{PINS}"), &pins);
    setting.write("all/svc/uv.lock", &setting.lock(&[newer]));
    let check = ["check", "all", "--attestations"];
    let (exit, verdict) = setting.json(&check);
    assert_eq!((exit, &verdict["summary"]["refused"]), (1, &json!(1)), "{verdict}");
    // Its pins are those of the folder `aaa`, which has none.
    setting.write("all/aaa/uv.lock", &setting.lock(&["plain-1.0.tar.gz"]));
    let (exit, verdict) = setting.json(&check);
    assert_eq!((exit, &verdict["error"]["code"]), (2, &json!("usage")), "{verdict}");
    let pins = format!("all/svc/{PINS}");
    let (exit, verdict) = setting.json(&["check", "all", "--attestations", "--publishers", &pins]);
    assert_eq!((exit, &verdict["summary"]["refused"]), (1, &json!(1)), "{verdict}");
}

#[test]
fn what_cannot_be_asked_about_a_pinned_project_is_not_accepted_with_the_others() {
    let Some(setting) = Setting::new() else { return };
    setting.pinned(&[SDIST]);
    let digits = hash("sha256", &setting.read(SDIST));
    let text = format!("pypi-attestations==0.0.19 --hash=sha256:{digits}\n");
    // Nothing says which index that is from.
    setting.write("requirements.txt", &text);
    let check = ["check", "requirements.txt", "--attestations", "--allow", "index-unknown"];
    let (exit, verdict) = setting.json(&check);
    assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("files-unchecked")), "{verdict}");
    std::fs::remove_file(setting.cli.folder().join(PINS)).unwrap();
    assert_eq!(setting.json(&check).0, 0);
}

#[test]
fn an_entry_that_leads_elsewhere_does_not_take_a_pin_away() {
    let Some(setting) = Setting::new() else { return };
    setting.pinned(&[SDIST]);
    let list = |line: &str| {
        setting.write("requirements.txt", &format!("{line}\nother @ git+https://g/o@main\n"));
        let (exit, verdict) = setting.json(&[
            "check",
            "requirements.txt",
            "--attestations",
            "--allow",
            "vcs,url,no-hash,weak-hash",
        ]);
        let entry = &verdict["files"][0]["entries"][0];
        (exit, entry["unchecked"].as_str().unwrap_or_default().to_owned(), entry["ok"].clone())
    };
    for (line, reason) in [
        ("pypi-attestations @ git+https://g/evil@main", "vcs"),
        ("Pypi_Attestations @ https://evil.invalid/x.zip", "url"),
        ("pypi.attestations==0.0.19", "no-hash"),
        ("https://evil.invalid/pypi_attestations-0.0.19.tar.gz", "url"),
        ("git+https://evil.invalid/x#egg=pypi-attestations", "vcs"),
        ("git+https://evil.invalid/x#subdirectory=a&egg=pypi-attestations[x]", "vcs"),
        // The name in front is the one that an installer compares.
        ("pypi-attestations @ https://evil.invalid/other-1.0.tar.gz", "url"),
        ("pypi-attestations @ git+https://g/evil@main#egg=other", "vcs"),
    ] {
        assert_eq!(list(line), (1, reason.to_owned(), json!(false)), "{line}");
        // Of a project without a pin, it is for the caller to say.
        let free = line.to_lowercase().replace("attestations", "attested");
        let is_named = !line.starts_with("https://");
        assert_eq!(
            list(&free),
            (i32::from(!is_named), reason.to_owned(), json!(is_named)),
            "{free}"
        );
    }
    // Where no installer compares a name, it may be any project.
    for (line, reason) in [
        ("git+https://evil.invalid/six.git", "vcs"),
        ("git+https://evil.invalid/x#egg=six&egg=pypi-attestations", "vcs"),
        ("https://evil.invalid/six-1.0.tar.gz", "url"),
        ("https://evil.invalid/x.zip", "url"),
    ] {
        assert_eq!(list(line), (1, reason.to_owned(), json!(false)), "{line}");
    }
    assert_eq!(list("https://evil.invalid/six-1.0-py3-none-any.whl").0, 0);
    // What no --allow accepts is not said to be one that it accepts.
    setting.write("requirements.txt", "pypi-attestations @ git+https://g/evil@main\n");
    let check = ["check", "requirements.txt", "--attestations", "--allow", "vcs"];
    let hint = setting.json(&check).1["error"]["hint"].clone();
    assert_eq!(
        hint,
        "lock files of an index in place of entries whose publisher is pinned, or take the pin out \
         of picotuf-publishers.toml if nobody needs it"
    );
}

#[test]
fn accepting_one_project_pins_no_other() {
    let Some(setting) = Setting::new() else { return };
    setting.pinned(&[SDIST]);
    setting.write("uv.lock", &setting.lock(&[SDIST, GOOGLE, CIRCLECI]));
    let accept = ["publishers", "accept", "uv.lock", "--project", "gcb-attestation-test"];
    let (exit, verdict) = setting.json(&accept);
    let added = verdict["added"].as_array().unwrap();
    let added: Vec<_> = added.iter().map(|known| known["project"].as_str().unwrap()).collect();
    assert_eq!((exit, added), (0, vec!["gcb-attestation-test"]), "{verdict}");
    assert!(setting.pins().contains("pypi-attestations"));
    assert!(!setting.pins().contains("circleci"), "{}", setting.pins());
}

#[test]
fn a_diff_names_entries_that_nobody_can_be_asked_about_any_more() {
    let Some(mut setting) = Setting::new() else { return };
    let older = "pypi_attestations-0.0.18.tar.gz";
    setting.list(plain(older, Some("2024-01-01T00:00:00Z")));
    setting.write("a.py.lock", &setting.lock(&[SDIST]));
    let diff = ["publishers", "diff", "a.py.lock", "b.py.lock"];
    let git = "version = 1\nrequires-python = \">=3.9\"\n\n[[package]]\nname = \
               \"pypi-attestations\"\nversion = \"0.0.19\"\nsource = { git = \
               \"https://example.org/x?rev=1#0123456789012345678901234567890123456789\" }\n";
    setting.write("b.py.lock", git);
    let (exit, verdict) = setting.json(&diff);
    assert_eq!((exit, &verdict["error"]["code"]), (1, &json!("files-unchecked")), "{verdict}");
    assert_eq!(verdict["changes"][0]["unchecked"], "vcs");
    let allowed = ["publishers", "diff", "a.py.lock", "b.py.lock", "--allow", "vcs"];
    assert_eq!(setting.json(&allowed).0, 0);
    // An attested version gives way to one from before attestations.
    setting.write("b.py.lock", &setting.lock(&[older]));
    let (exit, verdict) = setting.json(&diff);
    let decision = &verdict["changes"][0]["attestation"]["decision"];
    assert_eq!((exit, decision), (0, &json!("before-attestations")), "{verdict}");
}

#[test]
fn a_missing_lock_file_is_told_before_anybody_is_asked() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let url = server.metadata_url();
    let requests = server.requests();
    let sigstore = ["--sigstore-url", url.as_str()];
    for (command, is_sigstore) in [
        (&["check", "none.lock"][..], false),
        (&["check", "none.lock", "--attestations"], true),
        (&["publishers", "init", "none.lock"], true),
        (&["publishers", "accept", "none.lock"], true),
        (&["publishers", "write", "none.lock"], true),
        (&["publishers", "diff", "none.lock", "none.lock"], true),
    ] {
        let more = if is_sigstore { &sigstore[..] } else { &[] };
        let (exit, verdict) = cli.json(&[command, more].concat());
        let error = &verdict["error"];
        let found = (exit, &error["code"], &error["message"], &error["file"]);
        let expected = (1, &json!("io"), &json!("no such file"), &json!("none.lock"));
        assert_eq!(found, expected, "{command:?} {verdict}");
        assert_eq!(server.requests(), requests, "{command:?}");
    }
}

#[test]
fn what_was_answered_once_is_checked_again_without_a_network() {
    let Some(mut setting) = Setting::new() else { return };
    setting.list(plain("plain-1.0.tar.gz", None));
    setting.pinned(&[SDIST]);
    setting.write("uv.lock", &setting.lock(&[SDIST, "plain-1.0.tar.gz"]));
    let both = decided(&[("pypi-attestations", "pinned"), ("plain", "not-attested")]);
    let held = (0, String::new(), both);
    assert_eq!(setting.check(&[]), held);
    setting.index.take_requests();
    setting.cli.set_time("2026-08-03T00:00:00Z");
    assert_eq!(setting.check(&["--offline"]), held);
    let (_, verdict) = setting.json(&["check", "uv.lock", "--attestations", "--offline"]);
    assert_eq!(verdict["oldest_answer"], "2026-08-01T00:00:00Z");
    // Who publishes it is not forgotten with the network.
    let pins = setting.pins();
    setting.write(PINS, &pins.replace("2314423", "1"));
    let (exit, code, _) = setting.check(&["--offline"]);
    assert_eq!((exit, code.as_str()), (1, "files-refused"));
    setting.write(PINS, &pins);
    // Nothing is known of what nobody was asked about.
    setting.write("uv.lock", &setting.lock(&[SDIST, CIRCLECI]));
    let other = ("circleci-sign-publish-example", "nothing-stored");
    let both = decided(&[("pypi-attestations", "pinned"), other]);
    assert_eq!(setting.check(&["--offline"]), (1, "files-refused".to_owned(), both));
    assert_eq!(setting.index.requests(), 0);
}
