//! `examples/pip`

use std::os::unix::fs::PermissionsExt as _;

use picotuf_tests::cli::binary;

use crate::machine::Machine;

const SCRIPT: &str = "examples/pip/install.sh";

#[test]
fn pip_installs_what_is_signed() {
    let Some(machine) = Machine::new() else { return };
    machine.write("requirements.txt", "plain==1.0\nDotted.Name\n");
    for _ in 0..2 {
        let outcome = machine.script(SCRIPT);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert!(outcome.stdout.contains("\n2 signed by PyPI\n"), "{outcome:?}");
    }
    assert!(
        machine.project("site/plain.py").is_file()
            && machine.project("site/dotted_name.py").is_file()
    );
}

#[test]
fn pip_installs_the_files_that_were_checked_and_asks_for_nothing_more() {
    let Some(machine) = Machine::new() else { return };
    machine.write("requirements.txt", "plain==1.0\n");
    // What is asked for once the check is over: a URL, say, that has another file by then.
    let picotuf = machine.path("bin/picotuf");
    std::fs::remove_file(&picotuf).unwrap();
    let check = format!(
        "#!/bin/sh\n'{}' \"$@\" && echo no-such-project >requirements.txt\n",
        binary().display()
    );
    std::fs::write(&picotuf, check).unwrap();
    std::fs::set_permissions(&picotuf, std::fs::Permissions::from_mode(0o755)).unwrap();
    // Nor is a file that lies there from before installed.
    std::fs::create_dir(machine.project("wheels")).unwrap();
    machine.write("wheels/other-1.0-py3-none-any.whl", "unsigned");
    let outcome = machine.script(SCRIPT);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(machine.project("site/plain.py").is_file());
}

#[test]
fn pip_installs_nothing_where_one_file_is_another() {
    let Some(mut machine) = Machine::new() else { return };
    machine.index.exchange("plain");
    machine.write("requirements.txt", "plain==1.0\nDotted.Name\n");
    let outcome = machine.script(SCRIPT);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(machine.project("wheels/plain-1.0-py3-none-any.whl").is_file(), "pip has taken it");
    assert!(
        outcome.stderr.contains("plain-1.0-py3-none-any.whl")
            && outcome.stderr.contains("[hash-mismatch]")
    );
    assert!(outcome.stdout.contains("\n1 signed by PyPI, 1 refused\n"), "{outcome:?}");
    assert!(!machine.project("site").exists());
    // Nor where the download fails, and files lie there from before.
    machine.write("requirements.txt", "plain==1.0\nno-such-project\n");
    let outcome = machine.script(SCRIPT);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(
        outcome.stderr.contains("no-such-project") && !outcome.stdout.contains("signed by"),
        "{outcome:?}"
    );
    assert!(!machine.project("site").exists());
}
