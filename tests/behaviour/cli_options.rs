//! The options of each command and their help: an option without effect must not look accepted, and
//! the help must not show it.

use std::process::{Command, Stdio};

use picotuf_tests::cli::{Cli, binary};
use picotuf_tests::repository::Repository;

/// Some options of each command, and some that the command does not use.
const OPTIONS: [(&str, &[&str], &[&str]); 15] = [
    ("init", &["--force", "--metadata-url", "--layout", "--jobs"], &["--root", "--target-name"]),
    ("refresh", &["--root", "--timeout"], &["--layout", "--target-name", "--max-delegations"]),
    ("download", &["--target-name", "--target-dir", "--max-delegations"], &["--layout"]),
    ("verify", &["--offline", "--target-name"], &["--target-dir", "--target-base-url"]),
    ("check", &["--layout", "--allow", "--no-hash-prefix"], &["--target-name", "--target-dir"]),
    ("metadata", &["--layout", "--target-base-url"], &["--target-name", "--target-dir"]),
    ("provenance", &["--at", "--ca-file"], &["--metadata-url", "--root", "--layout", "--user"]),
    ("mirror", &["--shard", "--target-name", "--jobs"], &["--layout", "--max-delegations"]),
    ("publishers", &["--metadata-dir"], &["--metadata-url", "--target-name", "--layout"]),
    ("proxy", &["--listen", "--root", "--layout", "--publishers"], &["--target-name"]),
    ("run", &["--allow-host", "--root", "--layout", "--publishers"], &["--target-name"]),
    ("show", &["--at", "--root-max-length"], &["--metadata-url", "--timeout", "--target-name"]),
    ("demo", &["--json", "--verbose"], &["--at", "--metadata-dir"]),
    ("completions", &["--json"], &["--quiet", "--metadata-dir"]),
    ("man", &["--json"], &["--quiet", "--metadata-dir"]),
];

/// Returns the help of a command as a terminal of 80 columns shows it.
fn help(words: &[&str]) -> String {
    let mut command = Command::new(binary());
    command.args(words).env("COLUMNS", "80").stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_help_of_a_command_shows_only_the_options_that_it_uses() {
    for (command, used, unused) in OPTIONS {
        for page in [help(&["help", command]), help(&[command, "-h"])] {
            let shown: Vec<&str> = page
                .lines()
                .flat_map(|line| line.split([' ', '[', '=']))
                .filter(|word| word.starts_with("--"))
                .collect();
            for option in used {
                assert!(shown.contains(option), "{command} {option}: {page}");
            }
            for option in unused {
                let line = format!("      {option} <");
                assert!(!page.contains(&line), "{command} {option}: {page}");
            }
        }
        let manual = help(&["man", command]);
        for option in unused {
            let option = format!("\\fB{}\\fR", option.replace('-', "\\-"));
            assert!(!manual.contains(&option), "{command} {option}: {manual}");
        }
    }
}

#[test]
fn an_option_that_a_command_does_not_use_is_wrong_usage() {
    let mut cli = Cli::new();
    cli.options.clear();
    for (line, message) in [
        (
            &["show", "--target-name", "x"][..],
            "picotuf: show: this command does not use --target-name; these do: download, verify, \
             mirror [usage]\n",
        ),
        (
            &["--layout", "y", "refresh"],
            "picotuf: refresh: this command does not use --layout; these do: init, check, \
             metadata, proxy, run [usage]\n",
        ),
        (
            &["refresh", "--layout=y", "--quiet"],
            "picotuf: refresh: this command does not use --layout; these do: init, check, \
             metadata, proxy, run [usage]\n",
        ),
        (
            &["init", "--root", "a.json", "b.json"],
            "picotuf: init: this command does not use --root; these do: refresh, download, \
             verify, check, metadata, mirror, proxy, run, show [usage]\n",
        ),
    ] {
        let outcome = cli.run(line);
        assert_eq!((outcome.code, &*outcome.stdout), (2, ""), "{line:?}: {outcome:?}");
        assert_eq!(outcome.stderr.replace(" [usage]", ""), message.replace(" [usage]", ""));
    }
    for (command, _, unused) in OPTIONS {
        for option in unused {
            let argument = match command {
                "init" | "verify" | "check" | "metadata" | "provenance" => &["x"][..],
                "publishers" => &["init", "x"],
                "mirror" => &["--to", "x"],
                "completions" => &["bash"],
                _ => &[],
            };
            let value: &[&str] = if *option == "--quiet" { &[] } else { &["1"] };
            // What stands behind `--` belongs to the command that `run` runs.
            let rest: &[&str] = if command == "run" { &["--", "x"] } else { &[] };
            let before = [&[*option], value, &[command], argument, rest].concat();
            let behind = [&[command], argument, &[*option], value, rest].concat();
            for line in [before, behind] {
                let (code, verdict) = cli.json(&line);
                assert_eq!((code, &verdict["error"]["code"]), (2, &"usage".into()), "{line:?}");
                let message = verdict["error"]["message"].as_str().unwrap();
                assert!(message.contains(option), "{line:?}: {message}");
            }
        }
    }
}

#[test]
fn a_saved_setting_or_variable_that_a_command_does_not_use_is_ignored() {
    let cli = Cli::new();
    let root = cli.write("anchor.json", Repository::new().anchor()).display().to_string();
    cli.ok(&["--layout", "pep480", "--timeout", "5", "--metadata-url", "file:///m", "init", &root]);
    let mut command = cli.command(&[], &binary(), &["show"]);
    let output = command.env("PICOTUF_LAYOUT", "pep458").env("PICOTUF_JOBS", "3").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn the_layout_in_the_help_of_check_can_be_copied_from_a_terminal_of_80_columns() {
    let page = help(&["help", "check"]);
    let too_wide: Vec<&str> = page.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(too_wide.is_empty(), "{too_wide:#?}");
    let (_, rest) = page.split_once("A layout is a TOML file:\n").unwrap();
    let (example, _) = rest.split_once("\nThe placeholders").unwrap();
    assert!(example.contains("page = \"simple/{project}/index.html\""), "{example}");
    let cli = Cli::new();
    let layout = cli.write("copied.toml", example.as_bytes()).display().to_string();
    let root = cli.write("anchor.json", Repository::new().anchor()).display().to_string();
    cli.ok(&["--layout", &layout, "init", &root]);
}
