//! Several processes on one metadata folder at once; where `PICOTUF_OTHER_BIN` names another build
//! of the command line, or the binary is the driver on the npm package, the two are mixed.

use std::path::PathBuf;
use std::process::Stdio;

use picotuf_tests::cli::{Outcome, binary, outcome};
use picotuf_tests::keys::Key;
use picotuf_tests::repository::Repository;

use crate::user::{DOWNLOAD, User};

fn binaries() -> Vec<PathBuf> {
    let mut binaries = vec![binary()];
    binaries.extend(std::env::var_os("PICOTUF_OTHER_BIN").map(PathBuf::from));
    binaries
}

fn all_end_well(count: usize) {
    let binaries = binaries();
    let mut user = User::new();
    for round in 0..6 {
        user.publish();
        let download = round % 2 == 0;
        let arguments: &[&str] = if download { &DOWNLOAD } else { &["refresh"] };
        let start = |binary: &PathBuf| {
            let mut command = user.cli.command(&[], binary, arguments);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let processes: Vec<_> = binaries.iter().cycle().take(count).map(start).collect();
        for process in processes {
            let outcome = outcome(process.wait_with_output().unwrap());
            assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{outcome:?}");
        }
        user.is_up_to_date(download);
    }
}

#[test]
fn two_processes() {
    all_end_well(2);
}

#[test]
fn eight_processes() {
    all_end_well(8);
}

/// `two` knows what `one` began with, also when the root has gone on, and `one` that `two` threw it
/// away.
fn one_trust_anchor(one: &PathBuf, two: &PathBuf) {
    let mut user = User::new();
    let mut other = Repository::new();
    other.set_keys("root", &[Key::ed25519("another repository")], 1);
    let folder = tempfile::tempdir().unwrap();
    let [same, other] = [user.repository.anchor(), other.anchor()].map(|root| {
        let file = tempfile::NamedTempFile::new_in(&folder).unwrap();
        std::fs::write(file.path(), root).unwrap();
        file.into_temp_path()
    });
    let [same, other] = [&same, &other].map(|path| path.to_str().unwrap());
    let run = |user: &User, binary: &PathBuf, arguments: &[&str]| -> Outcome {
        let outcome = outcome(user.cli.command(&[], binary, arguments).output().unwrap());
        assert!(outcome.stderr.trim_end().lines().count() <= 1, "{outcome:?}");
        outcome
    };
    let ok = |user: &User, binary: &PathBuf, arguments: &[&str]| {
        let outcome = run(user, binary, arguments);
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (0, ""),
            "{binary:?} {arguments:?}: {outcome:?}"
        );
    };
    ok(&user, one, &["init", "--force", other]);
    ok(&user, one, &["init", "--force", same]);
    let begun = user.cli.stored("root");
    while user.repository.bytes("root") == begun.as_deref().unwrap() {
        user.publish();
    }
    ok(&user, one, &["refresh"]);
    ok(&user, two, &["init", same]);
    ok(&user, two, &["--root", same, "refresh"]);
    user.is_up_to_date(false);
    ok(&user, two, &["init", "--force", other]);
    for arguments in [&["init", same][..], &["--root", same, "show"]] {
        let outcome = run(&user, one, arguments);
        assert_eq!(
            (outcome.code, outcome.stderr.contains("[already-initialized]")),
            (2, true),
            "{outcome:?}"
        );
    }
    ok(&user, one, &["--root", other, "show"]);
}

#[test]
fn each_knows_what_the_other_trusts() {
    let binaries = binaries();
    for one in &binaries {
        for two in &binaries {
            one_trust_anchor(one, two);
        }
    }
}
