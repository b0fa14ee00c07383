//! `picotuf check` on repositories that python-tuf wrote: files by their names, in two layouts.

use picotuf_tests::cli::Cli;
use serde_json::json;

use crate::folder::{Expected, init, serve, user};
use crate::python_tuf::repositories;

/// A user of the repository, who has these files, and what checking them came to.
fn check(name: &str, layout: &str, files: &[(&str, Vec<u8>)]) -> Option<(i32, serde_json::Value)> {
    let folder = repositories(&format!("checks in the repository {name}, written by python-tuf"))?.join(name);
    let expected = Expected::read(&folder);
    let server = serve(&folder);
    let cli: Cli = user(&expected.now, &server);
    let (code, said) = init(&cli, &std::fs::read(folder.join("root.json")).unwrap());
    assert_eq!(code, 0, "{name}: {said}");
    let paths: Vec<String> = files.iter().map(|(file, bytes)| cli.write(file, bytes).display().to_string()).collect();
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
        let files =
            [("project_0-1.0.tar.gz", file(0)), ("project_7-1.0.tar.gz", file(7)), ("project_8-1.0.tar.gz", file(7))];
        let (code, verdict) = check(name, "pep458", &files).unwrap();
        let ok: Vec<_> = verdict["files"].as_array().unwrap().iter().map(|file| file["ok"].clone()).collect();
        assert_eq!((code, &ok[..]), (1, &[json!(true), json!(true), json!(false)][..]), "{name}: {verdict}");
        assert_eq!(verdict["files"][1]["target"], "project-7/project_7-1.0.tar.gz");
        assert_eq!(verdict["files"][1]["chain"][0]["owner"], "pypi-offline");
    }
}

#[test]
fn files_through_the_index_pages_of_rstuf() {
    let files = [("django-1.0.tar.gz", b"django".to_vec()), ("zope_interface-1.0.tar.gz", b"zope-interface".to_vec())];
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
