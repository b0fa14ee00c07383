//! `picotuf run`: what it begins with. What installers get through it is tested with the installers
//! themselves, in `tests/proxy`.

use super::cli_check_attestations::{SDIST, Setting};
use crate::prelude::*;
use picotuf_tests::cli::{Cli, Outcome, binary};
use picotuf_tests::server::Server;

/// Runs `picotuf` with variables.
fn run(cli: &Cli, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let mut command = cli.command(&[], &binary(), arguments);
    for (name, _) in std::env::vars_os() {
        let is_of = |prefix| name.to_string_lossy().starts_with(prefix);
        if is_of("PIP_") || is_of("UV_") || is_of("VIRTUAL_ENV") {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().copied());
    picotuf_tests::cli::outcome(command.output().unwrap())
}

/// Without a word, every project would be missing, and the installer would blame the index.
#[test]
fn a_repository_that_signs_no_pages_needs_an_index_and_says_so_at_once() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    for layout in ["pep480", "warehouse"] {
        for command in [&["run", "--", "true"][..], &["proxy", "--listen", "127.0.0.1:0"]] {
            let (exit, verdict) = cli.json(&[&["--layout", layout], command].concat());
            let error = &verdict["error"];
            assert_eq!((exit, &error["code"]), (2, &json!("missing-setting")), "{verdict}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(&format!("the layout {layout} signs files")), "{message}");
            assert!(error["hint"].as_str().unwrap().starts_with("give --index-url URL"));
        }
    }
    assert!(server.take_paths().is_empty());
}

/// Writes a program of that name that does nothing, and returns how it is called.
#[cfg(unix)]
fn program(cli: &Cli, name: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let path = cli.write(name, b"#!/bin/sh\nexit 0\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// A user with pins need not say again which index his installer asks.
#[cfg(unix)]
#[test]
fn a_list_without_an_index_is_checked_by_the_index_that_the_installer_asks() {
    let Some(setting) = Setting::new() else { return };
    setting.pinned(&[SDIST]);
    let pip = program(&setting.cli, "pip");
    let pin = format!("pypi-attestations==0.0.19 --hash=sha256:{}\n", setting.sha256(SDIST));
    setting.cli.write("requirements.txt", pin.as_bytes());
    let (root, url) = (setting.root(), setting.url());
    let command = ["run", "--trusted-root", &root, "--", &pip, "install", "-r", "requirements.txt"];
    setting.index.take_paths();
    let outcome = run(&setting.cli, &[("PIP_INDEX_URL", &url)], &command);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
    assert_eq!(setting.index.take_paths()[0], "/simple/pypi-attestations/");

    // Names of a private index must not go to PyPI because pip has it in a file.
    let settings =
        setting.cli.write("pip.conf", format!("[global]\nindex-url = {url}\n").as_bytes());
    let settings = settings.display().to_string();
    let outcome = run(&setting.cli, &[("PIP_CONFIG_FILE", &settings)], &command);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("this file of settings names an index"));
    assert!(setting.index.take_paths().is_empty());
}

/// The value of an option that picotuf does not know may be a lock file that it does not check.
#[cfg(unix)]
#[test]
fn an_option_of_an_installer_that_is_not_known_is_refused_by_name() {
    let Some(setting) = Setting::new() else { return };
    setting.pinned(&[SDIST]);
    let pip = program(&setting.cli, "pip");
    let (root, url) = (setting.root(), setting.url());
    let command = |more: &[&str]| {
        let guard = ["--trusted-root", &root, "--index-url", &url];
        let installs = ["--", &pip, "install", "--requ", "requirements.txt"];
        run(&setting.cli, &[], &[&["run"], &guard[..], more, &installs].concat())
    };
    let outcome = command(&[]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("the option --requ of the command"), "{outcome:?}");
    let outcome = command(&["--lock", "uv.lock"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
}
