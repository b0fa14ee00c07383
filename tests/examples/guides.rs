//! The commands in the README and the guides, run as they stand there.

use std::process::Command;

use picotuf_tests::cli::{binary, outcome};

use crate::{example, top};

/// Returns the commands of a guide's console blocks, with continued lines joined.
fn commands(guide: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut is_console = false;
    let mut continues = false;
    for line in guide.lines() {
        if line.starts_with("```") {
            is_console = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| is_console) {
            commands.push(command.trim_end_matches('\\').into());
            continues = line.ends_with('\\');
        } else if is_console && continues {
            commands.last_mut().unwrap().push_str(line.trim_end_matches('\\').trim_start());
            continues = line.ends_with('\\');
        }
    }
    commands
}

/// A guide whose commands do not work, or name options that no longer exist, misleads every reader.
/// The demo's commands have to succeed in a checkout; all others have to be understood.
#[test]
fn the_commands_of_the_guides_work_as_they_stand() {
    for (name, on_the_demo) in [
        ("README.md", 5),
        ("docs/command-line.md", 6),
        ("docs/pypi.md", 4),
        ("docs/mirrors.md", 6),
        ("docs/attestations.md", 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for name in ["cli", "examples"] {
            std::os::unix::fs::symlink(top().join(name), folder.path().join(name)).unwrap();
        }
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(binary(), bin.join("picotuf")).unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let run = |command: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", command]).current_dir(folder.path());
            shell.env("HOME", folder.path()).env("PATH", &path).env_remove("XDG_DATA_HOME");
            for (variable, _) in std::env::vars() {
                if variable.starts_with("PICOTUF_") {
                    shell.env_remove(variable);
                }
            }
            outcome(shell.output().unwrap())
        };
        let mut ran = 0;
        for command in commands(&example(name)) {
            if !command.starts_with("picotuf ") {
                continue;
            }
            let is_on_the_demo = [" cli/demo", "--at 2026-11-22", " --merge "]
                .iter()
                .any(|text| command.contains(text));
            let result =
                if is_on_the_demo { run(&command) } else { run(&format!("{command} --help")) };
            assert_eq!(result.code, 0, "{name}: {command}: {}", result.stderr);
            ran += usize::from(is_on_the_demo);
        }
        assert_eq!(ran, on_the_demo, "{name}: the commands that ran on the demo");
    }
}
