//! `examples/github-actions`: the shell of its steps, as the runner runs it.

use picotuf_tests::cli::Outcome;
use serde_json::{Map, Value, json};

use crate::machine::Machine;
use crate::{example, top};

const WORKFLOW: &str = "examples/github-actions/packages.yml";

fn parsed(machine: &Machine, text: &str) -> Value {
    let program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.argv[1]), sys.stdout)";
    serde_json::from_str(&machine.python(program, &[text])).unwrap()
}

fn variables(place: &Value) -> Map<String, Value> {
    place["env"].as_object().cloned().unwrap_or_default()
}

fn steps(workflow: &Value) -> &Vec<Value> {
    workflow["jobs"]["packages"]["steps"].as_array().unwrap()
}

/// Runs the job up to the first step that fails; the name of each step that was run, and what the
/// last one said. What the actions do is done already: the project is checked out, and the home is
/// the one that the last job left.
fn run(machine: &Machine, workflow: &Value) -> (Vec<String>, Outcome) {
    let (mut names, mut last) = (Vec::new(), None);
    for step in steps(workflow) {
        let Some(script) = step["run"].as_str() else {
            assert!(
                ["actions/checkout@v4", "actions/cache@v4"]
                    .map(Value::from)
                    .contains(&step["uses"]),
                "{step}"
            );
            continue;
        };
        assert!(
            !script.contains("${{"),
            "what stands in braces is put into the script by the runner: {script}"
        );
        assert_eq!((&step["shell"], &workflow["defaults"]), (&Value::Null, &Value::Null));
        let mut all = variables(workflow);
        all.extend(variables(&workflow["jobs"]["packages"]));
        all.extend(variables(step));
        let all: Vec<(&str, &str)> =
            all.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let file = machine.path("step.sh");
        std::fs::write(&file, script).unwrap();
        // `bash -e` is what a runner has where a step names no shell.
        let outcome = machine.run_with(&["bash", "-e", file.to_str().unwrap()], &all);
        names.push(step["name"].as_str().unwrap().to_owned());
        let failed = outcome.code != 0;
        last = Some(outcome);
        if failed {
            break;
        }
    }
    (names, last.unwrap())
}

#[test]
fn a_job_installs_what_is_signed_and_keeps_what_it_trusts() {
    let Some(machine) = Machine::new() else { return };
    let workflow = parsed(&machine, &machine.example(WORKFLOW));
    machine.write("requirements.txt", "plain==1.0\nDotted.Name\n");
    let (names, outcome) = run(&machine, &workflow);
    assert_eq!(outcome.code, 0, "{names:?}: {outcome:?}");
    assert_eq!(
        names,
        ["Build the program", "Download and check the packages", "Install the packages"]
    );
    assert!(machine.project("site/plain.py").is_file());
    // The folder that is kept is the one that the program uses.
    let kept: Vec<_> =
        steps(&workflow).iter().filter_map(|step| step["with"]["path"].as_str()).collect();
    assert_eq!(kept, ["~/.cargo/bin/picotuf", "~/.local/share/picotuf"]);
    assert!(machine.path("home/.local/share/picotuf/by-root").is_dir());
}

#[test]
fn a_job_stops_before_a_package_that_is_another() {
    let Some(mut machine) = Machine::new() else { return };
    let workflow = parsed(&machine, &machine.example(WORKFLOW));
    machine.write("requirements.txt", "plain==1.0\nDotted.Name\n");
    machine.index.exchange("dotted-name");
    let (names, outcome) = run(&machine, &workflow);
    assert_eq!(
        (names.last().unwrap().as_str(), outcome.code),
        ("Download and check the packages", 1),
        "{outcome:?}"
    );
    assert!(
        outcome.stderr.contains("[hash-mismatch]") && outcome.stderr.contains("dotted_name-2.0"),
        "{outcome:?}"
    );
    assert!(!machine.project("site").exists());
}

#[test]
fn a_job_without_the_program_builds_the_version_that_it_names() {
    let Some(mut machine) = Machine::new() else { return };
    machine.leave_system_path();
    let workflow = parsed(&machine, &example(WORKFLOW));
    std::fs::remove_file(machine.path("bin/picotuf")).unwrap();
    // In place of cargo, which would take minutes.
    let cargo = machine.path("bin/cargo");
    std::fs::write(&cargo, "#!/bin/sh\necho \"$@\"\nexit 3\n").unwrap();
    std::fs::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let (names, outcome) = run(&machine, &workflow);
    assert_eq!((names, outcome.code), (vec!["Build the program".to_owned()], 3), "{outcome:?}");
    let version = env!("CARGO_PKG_VERSION");
    let line = format!(
        "install --locked --git https://git.example.org/picotuf --tag v{version} picotuf-cli\n"
    );
    assert_eq!(outcome.stdout, line);
    let manifest = std::fs::read_to_string(top().join("cli/Cargo.toml")).unwrap();
    assert!(manifest.contains("\nname = \"picotuf-cli\"\n"), "{manifest}");
    assert_eq!(workflow["permissions"], json!({"contents": "read"}));
}
