//! `examples/uv`

use crate::machine::Machine;

const PROJECT: &str = r#"[project]
name = "application"
version = "0.1"
requires-python = ">=3.10"
dependencies = ["plain==1.0", "Dotted.Name"]
"#;

/// The names of what is installed in the project's environment.
fn installed(machine: &Machine) -> Vec<String> {
    let Ok(versions) = std::fs::read_dir(machine.project(".venv/lib")) else { return Vec::new() };
    let mut names = Vec::new();
    for version in versions {
        let packages = std::fs::read_dir(version.unwrap().path().join("site-packages")).unwrap();
        names.extend(packages.map(|entry| entry.unwrap().file_name().into_string().unwrap()));
    }
    names.retain(|name| name.ends_with(".dist-info"));
    names.sort();
    names
}

#[test]
fn uv_syncs_what_is_signed() {
    let Some(mut machine) = Machine::new() else { return };
    machine.write("pyproject.toml", PROJECT);
    machine.ok(&["uv", "lock"]);
    let outcome = machine.script("examples/uv/sync.sh");
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout.contains("\n5 signed by PyPI\n"), "{outcome:?}");
    assert_eq!(installed(&machine), ["dotted_name-2.0.dist-info", "plain-1.0.dist-info"]);
    // What the index exchanges afterwards is not what the lock file says: that is for uv to see.
    std::fs::remove_dir_all(machine.project(".venv")).unwrap();
    machine.index.exchange("plain");
    machine.ok(&["uv", "cache", "clean"]);
    let outcome = machine.script("examples/uv/sync.sh");
    assert_ne!(outcome.code, 0, "{outcome:?}");
    assert!(
        outcome.stdout.contains("\n5 signed by PyPI\n") && outcome.stderr.contains("Hash mismatch"),
        "{outcome:?}"
    );
    assert!(!installed(&machine).iter().any(|name| name.starts_with("plain")));
}

/// What builds a package is pinned by no lock file: it would be run unchecked.
#[test]
fn uv_builds_nothing() {
    let Some(machine) = Machine::new() else { return };
    machine.write(
        "pyproject.toml",
        &format!("{PROJECT}[build-system]\nrequires = [\"plain\"]\nbuild-backend = \"plain\"\n"),
    );
    machine.write("application.py", "");
    machine.ok(&["uv", "lock"]);
    let outcome = machine.script("examples/uv/sync.sh");
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(!outcome.stderr.contains("Building"), "{outcome:?}");
    assert_eq!(installed(&machine), ["dotted_name-2.0.dist-info", "plain-1.0.dist-info"]);
}

#[test]
fn uv_syncs_nothing_where_another_file_was_locked() {
    let Some(mut machine) = Machine::new() else { return };
    machine.index.exchange("plain");
    machine.write("pyproject.toml", PROJECT);
    machine.ok(&["uv", "lock"]);
    let outcome = machine.script("examples/uv/sync.sh");
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.stderr.contains("plain-1.0-py3-none-any.whl")
            && outcome.stderr.contains("[hash-mismatch]")
    );
    assert!(!machine.project(".venv").exists());
}

#[test]
fn uv_does_the_same_without_a_project() {
    let Some(mut machine) = Machine::new() else { return };
    machine.write("requirements.in", "plain==1.0\nwith-extras[more]\n");
    machine.ok(&["uv", "venv"]);
    let outcome = machine.script("examples/uv/pip-sync.sh");
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout.contains(" signed by PyPI\n"), "{outcome:?}");
    let all = ["dotted_name-2.0", "plain-1.0", "under_score-0.3.post1", "with_extras-3.0"];
    assert_eq!(installed(&machine), all.map(|name| format!("{name}.dist-info")));
    // Another resolution finds other files.
    std::fs::remove_dir_all(machine.project(".venv")).unwrap();
    std::fs::remove_file(machine.project("pylock.toml")).unwrap();
    machine.ok(&["uv", "venv"]);
    machine.ok(&["uv", "cache", "clean"]);
    machine.index.exchange("under-score");
    let outcome = machine.script("examples/uv/pip-sync.sh");
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.stderr.contains("under_score-0.3.post1-py3-none-any.whl")
            && outcome.stderr.contains("[hash-mismatch]")
    );
    assert_eq!(installed(&machine), [""; 0]);
}
