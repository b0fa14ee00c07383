//! `picotuf check` on repositories that python-tuf wrote: files by their names, and lock files.

use std::path::Path;

use picotuf_tests::cli::Cli;
use picotuf_tests::repository::hash;
use serde_json::{Value, json};

use crate::folder::{Expected, init, serve, user};
use crate::python_tuf::repositories;

/// A user of the repository, who has these files, and what checking them came to.
fn check(name: &str, layout: &str, files: &[(&str, Vec<u8>)]) -> Option<(i32, serde_json::Value)> {
    let folder = repositories(&format!("checks in the repository {name}, written by python-tuf"))?
        .join(name);
    let expected = Expected::read(&folder);
    let server = serve(&folder);
    let cli: Cli = user(&expected.now, &server);
    let (code, said) = init(&cli, &std::fs::read(folder.join("root.json")).unwrap());
    assert_eq!(code, 0, "{name}: {said}");
    let paths: Vec<String> =
        files.iter().map(|(file, bytes)| cli.write(file, bytes).display().to_string()).collect();
    let mut arguments = vec!["check", "--layout", layout];
    arguments.extend(paths.iter().map(String::as_str));
    Some(cli.json(&arguments))
}

#[test]
fn files_in_sixteen_thousand_bins() {
    for name in ["explicit", "succinct"] {
        let Some(folder) = repositories("checks in 16,384 bins") else { return };
        let file = |number: usize| {
            let path = format!("project-{number}/project_{number}-1.0.tar.gz");
            std::fs::read(folder.join(name).join("targets").join(path)).unwrap()
        };
        let files = [
            ("project_0-1.0.tar.gz", file(0)),
            ("project_7-1.0.tar.gz", file(7)),
            ("project_8-1.0.tar.gz", file(7)),
        ];
        let (code, verdict) = check(name, "pep458", &files).unwrap();
        let ok: Vec<_> =
            verdict["files"].as_array().unwrap().iter().map(|file| file["ok"].clone()).collect();
        assert_eq!(
            (code, &ok[..]),
            (1, &[json!(true), json!(true), json!(false)][..]),
            "{name}: {verdict}"
        );
        assert_eq!(verdict["files"][1]["target"], "project-7/project_7-1.0.tar.gz");
        assert_eq!(verdict["files"][1]["chain"][0]["owner"], "pypi-offline");
    }
}

#[test]
fn files_through_the_index_pages_of_rstuf() {
    let files = [
        ("django-1.0.tar.gz", b"django".to_vec()),
        ("zope_interface-1.0.tar.gz", b"zope-interface".to_vec()),
    ];
    let Some((code, verdict)) = check("rstuf", "rstuf", &files) else { return };
    assert_eq!((code, &verdict["summary"]["pypi"]), (0, &json!(2)), "{verdict}");
    assert_eq!(verdict["files"][1]["target"], "zope-interface");
    assert_eq!(verdict["files"][1]["compared"], json!(["sha256"]));
    for (name, content, expected) in [
        ("django-1.0.tar.gz", &b"another"[..], "hash-mismatch"),
        ("django-1.1.tar.gz", b"django", "not-in-page"),
        ("flask-1.0.tar.gz", b"flask", "target-not-found"),
    ] {
        let (code, verdict) = check("rstuf", "rstuf", &[(name, content.to_vec())]).unwrap();
        assert_eq!((code, &verdict["error"]["code"]), (1, &json!(expected)), "{name}: {verdict}");
    }
}

/// `pylock.toml` that pins these files, each with its SHA-256.
fn pylock<'f>(files: impl IntoIterator<Item = (&'f str, &'f str, &'f str, String)>) -> Vec<u8> {
    let package = |(project, version, name, digits): (&str, &str, &str, String)| {
        let kind = if name.ends_with(".whl") { "wheels" } else { "sdist" };
        let file = format!(
            "{{ name = '{name}', url = 'https://example.org/{name}', hashes = {{ sha256 = \
             '{digits}' }} }}"
        );
        let file = if kind == "wheels" { format!("[{file}]") } else { file };
        format!("[[packages]]\nname = '{project}'\nversion = '{version}'\n{kind} = {file}\n")
    };
    let packages: String = files.into_iter().map(package).collect();
    format!("lock-version = '1.0'\ncreated-by = 'a test'\n{packages}").into_bytes()
}

/// What each entry of the only lock file came to: who signed it, why it is refused, or why it is
/// not checked.
fn outcomes(verdict: &Value) -> Vec<&str> {
    let entries = verdict["files"][0]["entries"].as_array().unwrap_or_else(|| panic!("{verdict}"));
    entries
        .iter()
        .map(|entry| {
            let said = [&entry["error"]["code"], &entry["signed_by"], &entry["unchecked"]];
            said.iter().find_map(|said| said.as_str()).unwrap_or("neither")
        })
        .collect()
}

#[test]
fn lock_files_in_sixteen_thousand_bins() {
    for name in ["explicit", "succinct"] {
        let Some(folder) = repositories("lock files in 16,384 bins") else { return };
        let digits = |number: usize| {
            let path = format!("project-{number}/project_{number}-1.0.tar.gz");
            hash("sha256", &std::fs::read(folder.join(name).join("targets").join(path)).unwrap())
        };
        let lock = pylock([
            ("project-0", "1.0", "project_0-1.0.tar.gz", digits(0)),
            ("project-7", "1.0", "project_7-1.0.tar.gz", digits(0)),
            ("project-7", "1.0", "project_7-1.0.tar.gz", digits(7)),
            ("project-7", "1.1", "project_7-1.1.tar.gz", digits(7)),
        ]);
        let (code, verdict) = check(name, "pep458", &[("pylock.toml", lock)]).unwrap();
        let expected = [
            "pypi",
            "builds-from-source",
            "hash-mismatch",
            "pypi",
            "builds-from-source",
            "target-not-found",
        ];
        assert_eq!((code, &outcomes(&verdict)[..]), (1, &expected[..]), "{name}: {verdict}");
    }
}

#[test]
fn lock_files_through_the_index_pages_of_rstuf() {
    let line = |project: &str, version: &str, content: &str| {
        format!("{project}=={version} --hash=sha256:{}\n", hash("sha256", content.as_bytes()))
    };
    let lines = [
        line("Django", "1.0", "django"),
        line("zope.interface", "1.0", "zope-interface"),
        line("numpy", "1.0", "another"),
        line("requests", "1.1", "requests"),
        line("flask", "1.0", "flask"),
    ];
    let Some((code, verdict)) =
        check("rstuf", "rstuf", &[("requirements.txt", lines.concat().into_bytes())])
    else {
        return;
    };
    let expected = [
        "pypi",
        "builds-from-source",
        "pypi",
        "builds-from-source",
        "not-in-page",
        "other-version",
        "target-not-found",
    ];
    assert_eq!((code, &outcomes(&verdict)[..]), (1, &expected[..]), "{verdict}");
}

#[test]
fn lock_files_with_developers_signatures() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let facts: Vec<Value> =
        serde_json::from_slice(&std::fs::read(tests.join("demo/files.json")).unwrap()).unwrap();
    let demo = tests.join("../cli/demo");
    let mut cli = Cli::new();
    cli.set_time(std::fs::read_to_string(demo.join("time.txt")).unwrap().trim());
    let metadata = demo.join("metadata").display().to_string();
    cli.options.extend(["--metadata-url".to_owned(), metadata]);
    assert_eq!(init(&cli, &std::fs::read(demo.join("root.json")).unwrap()).0, 0);
    let wheel = |project: &str| {
        let fact = facts.iter().find(|fact| {
            fact["project"] == project && fact["filename"].as_str().unwrap().ends_with(".whl")
        });
        let fact = fact.unwrap_or_else(|| panic!("no wheel of {project}"));
        (fact["filename"].as_str().unwrap(), fact["hashes"]["sha256"].as_str().unwrap().to_owned())
    };
    let pinned = ["django", "tuf", "certifi"].map(|project| {
        let (name, digits) = wheel(project);
        (project, name.split('-').nth(1).unwrap(), name, digits)
    });
    let lock = cli.write("pylock.toml", &pylock(pinned)).display().to_string();
    for (requirement, expected) in [
        ("pypi", ["other-signer", "other-signer", "pypi"]),
        ("developer", ["developer", "other-signer", "other-signer"]),
        ("developer-online", ["developer", "developer-online", "other-signer"]),
    ] {
        let (code, verdict) =
            cli.json(&["check", &lock, "--layout", "pep480", "--require", requirement]);
        assert_eq!((code, &outcomes(&verdict)[..]), (1, &expected[..]), "{requirement}: {verdict}");
    }
    assert_eq!(cli.json_ok(&["check", &lock, "--layout", "pep480"])["ok"], true);
}
