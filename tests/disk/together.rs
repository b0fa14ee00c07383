//! Several processes on one metadata folder at once; where `PICOTUF_OTHER_BIN` names another build of the command line, such as that
//! of the npm package, the two are mixed.

use std::path::PathBuf;
use std::process::Stdio;

use picotuf_tests::cli::{binary, outcome};

use crate::user::{DOWNLOAD, User};

fn all_end_well(count: usize) {
    let mut binaries = vec![binary()];
    binaries.extend(std::env::var_os("PICOTUF_OTHER_BIN").map(PathBuf::from));
    let mut user = User::new();
    for round in 0..6 {
        user.publish();
        let download = round % 2 == 0;
        let arguments: &[&str] = if download { &DOWNLOAD } else { &["refresh"] };
        let start = |binary: &PathBuf| {
            let mut command = user.cli.command(&[], binary, arguments);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
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
