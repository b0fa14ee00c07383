//! The commands in the README and the guides, run as they stand there.

use std::process::Command;

use picotuf_tests::cli::{binary, outcome};

use crate::{example, top};

/// Returns the commands of a guide's blocks of console and shell, with continued lines joined and
/// without comments.
fn commands(guide: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut block = "";
    let mut continues = false;
    for line in guide.lines() {
        if line.starts_with("```") {
            block = if block.is_empty() { line } else { "" };
            continue;
        }
        let begins = match block {
            "```console" => line.strip_prefix("$ "),
            "```sh" if !line.is_empty() && !continues => Some(line),
            _ => None,
        };
        match begins {
            Some(command) => commands.push(command.trim_end_matches('\\').into()),
            None if continues => {
                commands.last_mut().unwrap().push_str(line.trim_end_matches('\\').trim_start());
            }
            None => continue,
        }
        continues = line.ends_with('\\');
    }
    for command in &mut commands {
        let end = command.find("  #").unwrap_or(command.len());
        command.truncate(end);
        command.truncate(command.trim_end().len());
    }
    commands
}

/// Returns the command with `--help`, which comes only if all that stands before it is understood.
fn with_help(command: &str) -> String {
    let known = command.replace(" [OPTIONS]", "");
    match known.split_once(" -- ") {
        Some((own, rest)) => format!("{own} --help -- '{rest}'"),
        None => format!("{known} --help"),
    }
}

/// A guide whose commands do not work, or name options that no longer exist, misleads every reader.
/// The demo's commands have to succeed in a checkout; all others have to be understood.
#[test]
fn the_commands_of_the_guides_work_as_they_stand() {
    for (name, all, on_the_demo) in [
        ("README.md", 5, 4),
        ("cli/README.md", 3, 0),
        ("docs/attestations.md", 2, 1),
        ("docs/command-line.md", 6, 6),
        ("docs/mirrors.md", 6, 6),
        ("docs/proxy.md", 5, 0),
        ("docs/pypi.md", 11, 4),
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
        let mut ran = (0, 0);
        for command in commands(&example(name)) {
            if !command.starts_with("picotuf ") {
                continue;
            }
            let is_on_the_demo = [" cli/demo", "--at 2026-11-22", " --merge "]
                .iter()
                .any(|text| command.contains(text));
            let result = if is_on_the_demo { run(&command) } else { run(&with_help(&command)) };
            assert_eq!(result.code, 0, "{name}: {command}: {}", result.stderr);
            ran.0 += 1;
            ran.1 += usize::from(is_on_the_demo);
        }
        assert_eq!(ran, (all, on_the_demo), "{name}: the commands that ran, and those on the demo");
    }
}

/// Nobody notices when the command of another program stops working, unless something runs it too.
#[test]
fn each_other_command_of_the_guides_is_in_a_test_that_this_list_names() {
    const RUBY: &str = "PICOTUF_LIBRARY=/usr/local/lib/libpicotuf.so.1 ruby";
    const PHP: &str = "PICOTUF_LIBRARY=/usr/local/lib/libpicotuf.so.1 php";
    // The page, its command, a test, and what this test has of the command.
    let listed = [
        ("README.md", "cargo run --release -- demo", "tests/run", "cargo run --release --locked"),
        ("README.md", "cargo install --path cli", "tests/packages/run", "cargo install"),
        ("cli/README.md", "cargo install picotuf-cli", "tests/packages/run", "cargo install"),
        (
            "docs/embedding.md",
            "cp cli/demo/targets",
            "tests/bindings/run",
            "cp cli/demo/targets/iniconfig/*.iniconfig-2.3.1-py3-none-any.whl",
        ),
        ("docs/embedding.md", "export DEMO_TIME=$(date", "tests/bindings/run", "$(date --date"),
        ("docs/embedding.md", "./verify cli/demo", "tests/bindings/run", "./verify-c"),
        ("docs/embedding.md", "./verify ROOT", "tests/bindings/run", "./verify-go"),
        ("docs/embedding.md", "bindings/c/install", "tests/bindings/run", "bindings/c/install"),
        (
            "docs/embedding.md",
            "cc examples/c/verify.c",
            "tests/bindings/run",
            "examples/c/verify.c",
        ),
        ("docs/embedding.md", "apt-get install ruby-ffi", "tests/run", "ruby-ffi"),
        ("docs/embedding.md", RUBY, "tests/bindings/run", "ruby/verify.rb"),
        ("docs/embedding.md", "apt-get install php-cli", "tests/run", "php:php-cli"),
        ("docs/embedding.md", PHP, "tests/bindings/run", "php/verify.php"),
        ("docs/embedding.md", "apt-get install golang-go", "tests/run", "go:golang-go"),
        ("docs/embedding.md", "export PKG_CONFIG_PATH=", "tests/bindings/run", "PKG_CONFIG_PATH="),
        ("docs/embedding.md", "go build", "tests/bindings/run", "examples/go/verify.go"),
        ("docs/proxy.md", "pip install --index-url http:", "tests/proxy/proxy.py", "PIP_INDEX_URL"),
        ("docs/proxy.md", "pip install --index-url https:", "tests/proxy/renewal.py", "\"--cert\""),
        ("docs/python.md", "pip install ./bindings/python", "tests/python/run", "maturin\" build"),
        ("docs/python.md", "TMPDIR=", "tests/bench/python/measure.py", "measure.py REPOSITORY"),
        ("docs/wasm-protocol.md", "bindings/wasm/build", "tests/bindings/run", "wasm/build"),
        ("docs/web.md", "cd wasm/npm && npm ci", "tests/run", "npm run --silent build"),
        ("docs/web.md", "npm install", "tests/npm/pack.mjs", "npm(project, 'install'"),
    ];
    let pages = std::fs::read_dir(top().join("docs")).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.ends_with(".md").then(|| format!("docs/{name}"))
    });
    let mut found = [0; 23];
    for page in pages.chain(["README.md".into(), "cli/README.md".into()]) {
        for command in commands(&example(&page)) {
            if command.starts_with("picotuf ") {
                continue;
            }
            let at =
                listed.iter().position(|(on, begin, ..)| *on == page && command.starts_with(begin));
            let at = at.unwrap_or_else(|| panic!("{page}: no test is named for `{command}`"));
            found[at] += 1;
        }
    }
    for ((page, command, test, text), found) in listed.into_iter().zip(found) {
        assert_eq!(found, 1, "{page}: {command}");
        assert!(example(test).contains(text), "{test} has no {text:?}");
    }
}
