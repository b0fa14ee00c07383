//! Symbolic links in a mirror: an audit passes nothing that lies behind one.

use std::os::unix::fs::symlink;

use super::*;

/// A whole mirror with a role that has two names, and a folder outside it.
fn mirror() -> (Server, Mirror, tempfile::TempDir) {
    let mut repository = repository();
    for name in ["a b", "a/b"] {
        repository.delegate("targets", &Delegation::paths(name, &["x/*"]));
    }
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&["--targets"]);
    (server, mirror, tempfile::tempdir().unwrap())
}

/// The codes of an audit's failures, with their roles, targets and files below the mirror's folder.
fn faults(mirror: &Mirror, options: &[&str]) -> Vec<(String, String, String, String)> {
    let (code, verdict) = mirror.check(options);
    let failures = verdict["audit"]["failures"].as_array().unwrap_or_else(|| panic!("{verdict}"));
    assert_eq!(code, i32::from(!failures.is_empty()), "{verdict}");
    let text = |failure: &Value, name: &str| failure[name].as_str().unwrap_or_default().to_owned();
    let prefix = format!("{}/", mirror.path());
    let all = |failure| {
        let file = text(failure, "file").trim_start_matches(&prefix).to_owned();
        (text(failure, "code"), text(failure, "role"), text(failure, "target"), file)
    };
    failures.iter().map(all).collect()
}

fn fault(role: &str, target: &str, file: &str) -> (String, String, String, String) {
    ("symbolic-link".into(), role.into(), target.into(), file.into())
}

#[test]
fn a_bad_file_behind_a_link_is_found_whether_it_is_asked_for_or_not() {
    let (_server, mirror, outside) = mirror();
    let name = format!("targets/django/{}.Django-5.0-py3-none-any.whl", hash("sha256", b"a wheel"));
    for content in [b"a wheeL", b"a wheel"] {
        let there = outside.path().join("wheel");
        std::fs::write(&there, content).unwrap();
        std::fs::remove_file(mirror.folder.join(&name)).unwrap();
        symlink(&there, mirror.folder.join(&name)).unwrap();
        for options in [&[][..], &["--targets"], &["--project", "six"]] {
            assert_eq!(
                faults(&mirror, options),
                [fault("projects/django", WHEEL, &name)],
                "{options:?}"
            );
        }
        let (_, verdict) = mirror.check(&[]);
        let counts = &verdict["audit"]["counts"];
        assert_eq!(
            (&counts["wrong"], &counts["absent"], &counts["files"]),
            (&json!(1), &json!(0), &json!(2))
        );
    }
}

#[test]
fn a_link_in_place_of_a_folder_is_found() {
    let (_server, mirror, outside) = mirror();
    let (inside, there) = (mirror.folder.join("targets/django"), outside.path().join("django"));
    std::fs::rename(&inside, &there).unwrap();
    symlink(&there, &inside).unwrap();
    for options in [&[][..], &["--targets"]] {
        assert_eq!(
            faults(&mirror, options),
            [fault("projects/django", WHEEL, "targets/django")],
            "{options:?}"
        );
    }
    assert_eq!(mirror.check(&[]).1["unlisted"], json!([]));
    // Nothing is written through it, and the line says what to do.
    let (code, verdict) = mirror.run(&["--targets"]);
    assert_eq!((code, &verdict["error"]["code"]), (1, &json!("unsafe-target-path")), "{verdict}");
    assert_eq!(verdict["error"]["file"].as_str(), inside.to_str());
}

#[test]
fn a_link_in_place_of_metadata_is_found_and_mended() {
    let (_server, mirror, outside) = mirror();
    for (role, name) in [
        ("timestamp", "timestamp.json"),
        ("snapshot", "1.snapshot.json"),
        ("targets", "1.targets.json"),
        ("root", "1.root.json"),
        ("projects/django", "1.projects%2Fdjango.json"),
        ("projects/django", "1.projects/django.json"),
        ("bins-5", "1.bins-5.json"),
        ("a b", "1.a%20b.json"),
        ("a b", "1.a b.json"),
    ] {
        let (inside, there) = (mirror.metadata().join(name), outside.path().join("file"));
        std::fs::rename(&inside, &there).unwrap();
        symlink(&there, &inside).unwrap();
        assert_eq!(faults(&mirror, &[]), [fault(role, "", &format!("metadata/{name}"))]);
        mirror.ok(&[]);
        assert!(std::fs::symlink_metadata(&inside).unwrap().is_file(), "{name}");
        assert_eq!(faults(&mirror, &[]), []);
    }
    // A folder on the way to a decoded name.
    let (inside, there) = (mirror.metadata().join("1.a"), outside.path().join("folder"));
    std::fs::rename(&inside, &there).unwrap();
    symlink(&there, &inside).unwrap();
    assert_eq!(faults(&mirror, &[]), [fault("a/b", "", "metadata/1.a")]);
    let verdict = mirror.cli.refuses(&["mirror", "--to", mirror.path()], "symbolic-link", None);
    assert_eq!(verdict["error"]["file"].as_str(), inside.to_str());
}

#[test]
fn a_link_that_is_a_mirrors_folder_is_its_owners_and_all_behind_it_is_looked_at() {
    let (_server, mirror, outside) = mirror();
    for part in ["targets", "metadata"] {
        let (inside, there) = (mirror.folder.join(part), outside.path().join(part));
        std::fs::rename(&inside, &there).unwrap();
        symlink(&there, &inside).unwrap();
    }
    assert_eq!(faults(&mirror, &["--targets"]), []);
    let wheel =
        format!("targets/django/{}.Django-5.0-py3-none-any.whl", hash("sha256", b"a wheel"));
    std::fs::remove_file(mirror.folder.join(&wheel)).unwrap();
    std::fs::write(mirror.folder.join(&wheel), b"a wheeL").unwrap();
    assert_eq!(codes(&mirror.check(&[]).1), ["hash-mismatch"]);
}

#[test]
fn a_link_that_nothing_lists_is_noted_and_never_removed() {
    let (_server, mirror, outside) = mirror();
    std::fs::write(outside.path().join("x"), b"x").unwrap();
    symlink(outside.path(), mirror.folder.join("targets/other")).unwrap();
    assert_eq!(faults(&mirror, &["--targets"]), []);
    assert_eq!(mirror.check(&[]).1["unlisted"], json!(["targets/other"]));
    mirror.ok(&["--targets", "--prune"]);
    assert!(mirror.folder.join("targets/other").is_symlink() && outside.path().join("x").is_file());
}

#[test]
fn what_is_no_regular_file_is_not_taken_for_one_that_is_not_there() {
    let (_server, mirror, _) = mirror();
    let name = format!("targets/django/{}.Django-5.0-py3-none-any.whl", hash("sha256", b"a wheel"));
    std::fs::remove_file(mirror.folder.join(&name)).unwrap();
    // It would be read for ever.
    let made = Command::new("mkfifo").arg(mirror.folder.join(&name)).status().unwrap();
    assert!(made.success());
    let expected = ("unreadable".to_owned(), "projects/django".to_owned(), WHEEL.to_owned(), name);
    assert_eq!(faults(&mirror, &[]), [expected]);
}
