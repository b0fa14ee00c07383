//! `.pre-commit-hooks.yaml` and `examples/pre-commit`

use serde_json::Value;

use crate::machine::Machine;
use crate::{example, leave_out, replaced};

const HOOKS: &str = ".pre-commit-hooks.yaml";
const CONFIG: &str = "examples/pre-commit/.pre-commit-config.yaml";

/// A project under version control whose commits run the hook; nothing where something is missing.
fn started() -> Option<Machine> {
    let machine = Machine::new()?;
    if !machine.has_git() {
        leave_out();
        return None;
    }
    // A repository that has the hooks, under the version that the example names.
    let hooks = machine.path("hooks").display().to_string();
    machine.ok(&["git", "init", "--quiet", &hooks]);
    std::fs::write(machine.path("hooks").join(HOOKS), example(HOOKS)).unwrap();
    machine.ok(&["git", "-C", &hooks, "add", "."]);
    machine.ok(&["git", "-C", &hooks, "commit", "--quiet", "--message", "hooks"]);
    machine.ok(&["git", "-C", &hooks, "tag", concat!("v", env!("CARGO_PKG_VERSION"))]);
    let config = replaced(&machine.example(CONFIG), "https://git.example.org/picotuf", &hooks);
    machine.write(".pre-commit-config.yaml", &config);
    machine.ok(&["git", "init", "--quiet"]);
    machine.ok(&["pre-commit", "install"]);
    machine.write("requirements.in", "plain==1.0\nDotted.Name\n");
    Some(machine)
}

fn pin(machine: &Machine) {
    machine.ok(&[
        "uv",
        "pip",
        "compile",
        "--universal",
        "--upgrade",
        "--refresh",
        "requirements.in",
        "-o",
        "pylock.toml",
    ]);
}

#[test]
fn a_commit_of_what_is_signed_goes_through_and_another_does_not() {
    let Some(mut machine) = started() else { return };
    pin(&machine);
    machine.ok(&["git", "add", "."]);
    let outcome = machine.ok(&["git", "commit", "--message", "pinned"]);
    assert!(
        outcome.stderr.contains("picotuf check") && outcome.stderr.contains("Passed"),
        "{outcome:?}"
    );
    machine.index.exchange("plain");
    pin(&machine);
    machine.ok(&["git", "add", "."]);
    let outcome = machine.run(&["git", "commit", "--message", "pinned anew"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    for words in ["Failed", "exit code: 1", "plain-1.0-py3-none-any.whl", "[hash-mismatch]"] {
        assert!(outcome.stderr.contains(words), "{words} is not in {outcome:?}");
    }
    assert_eq!(machine.ok(&["git", "log", "--format=%s"]).stdout, "pinned\n");
    // A lock file that pins nothing needs no leave, and one that pins without a hash does.
    machine.ok(&["git", "reset", "--quiet", "--hard"]);
    machine.write("requirements.txt", "# none\n");
    machine.ok(&["git", "add", "."]);
    machine.ok(&["git", "commit", "--message", "nothing"]);
    machine.write("requirements.txt", "plain==1.0\n");
    machine.ok(&["git", "add", "."]);
    let outcome = machine.run(&["git", "commit", "--message", "no hash"]);
    assert!(outcome.code == 1 && outcome.stderr.contains("[no-hash]"), "{outcome:?}");
    // Other files are not looked at.
    machine.ok(&["git", "reset", "--quiet", "--hard"]);
    machine.write("notes.txt", "six==1.17.0");
    machine.ok(&["git", "add", "."]);
    let outcome = machine.ok(&["git", "commit", "--message", "notes"]);
    assert!(outcome.stderr.contains("no files to check"), "{outcome:?}");
}

#[test]
fn the_hook_is_given_the_files_that_check_takes_for_lock_files() {
    let Some(machine) = started() else { return };
    let names = [
        "Pipfile.lock",
        "Pipfile",
        "pipfile.lock",
        "My-Pipfile.lock",
        "poetry.lock",
        "poetry.lock.txt",
        "uv.lock",
        "uvxlock",
        "Cargo.lock",
        "pdm.lock",
        "tool.py.lock",
        "pixi.lock",
        "conda-lock.yml",
        "pylock.toml",
        "pylock.dev.toml",
        "pylock.dev.test.toml",
        "pylock..toml",
        "pylock.devtoml",
        "pylocktoml",
        "my-pylock.toml",
        "requirements.txt",
        "dev-requirements.txt",
        "requirements-dev.txt",
        "my requirements für alle.txt",
        "requirements.in",
        "requirements.txt.bak",
        "requirements_txt",
        "Requirements.txt",
        "constraints.txt",
        "constraints-3.12.txt",
        "my.constraints.txt",
        "constraints",
        "notes.txt",
    ];
    for folder in ["some", "requirements", "some/pylock.toml.d"] {
        std::fs::create_dir_all(machine.project(folder)).unwrap();
        for name in names {
            machine.write(&format!("{folder}/{name}"), "");
        }
    }
    let urls = ["--metadata-url", &machine.server.metadata_url()].map(str::to_owned);
    let mut expected = Vec::new();
    for folder in ["some", "requirements"] {
        let line =
            ["picotuf", "--root", "tuf/root.json", &urls[0], &urls[1], "--json", "check", folder];
        let outcome = machine.run(&line);
        assert_eq!(outcome.code, 1, "empty files pin nothing: {outcome:?}");
        let verdict: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let files = verdict["files"].as_array().unwrap().iter();
        expected.extend(files.map(|file| file["file"].as_str().unwrap().to_owned()));
    }
    expected.sort();
    assert_eq!(expected.len(), 54, "{expected:?}");
    // Its own way of choosing, with a program that says what it is given.
    let hook = machine.python(
        "import json, sys, yaml; hook, = yaml.safe_load(open(sys.argv[1])); json.dump(hook, \
         sys.stdout)",
        &[machine.path("hooks").join(HOOKS).to_str().unwrap()],
    );
    let mut hook: Value = serde_json::from_str(&hook).unwrap();
    assert_eq!(
        (&hook["entry"], &hook["language"]),
        (&"picotuf check --allow nothing-pinned".into(), &"system".into())
    );
    hook["entry"] = "printf 'given:%s\\n'".into();
    hook["verbose"] = true.into();
    let config = serde_json::json!({"repos": [{"repo": "local", "hooks": [hook]}]});
    machine.write("printing.yaml", &config.to_string());
    machine.ok(&["git", "add", "."]);
    let said =
        machine.ok(&["pre-commit", "run", "--all-files", "--config", "printing.yaml"]).stdout;
    let mut given: Vec<&str> =
        said.lines().filter_map(|line| line.strip_prefix("given:")).collect();
    given.sort_unstable();
    assert_eq!(given, expected);
}
