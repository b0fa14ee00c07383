//! Every signature scheme that securesystemslib knows: it signs a repository by it, and both
//! clients judge it. The table of `tests/DIFFERENCES.md` is what comes out.

use picotuf::KeyScheme;
use picotuf::KeyUse;
use picotuf_tests::host::{MemoryHost, Reading};
use picotuf_tests::repository::{Files, NOW};
use serde_json::Value;
use std::path::Path;

use crate::differences::TABLE;
use crate::python_tuf::{PythonTuf, Question, Verdict};

/// The heading of the table.
const HEADING: &str = "## Signature schemes\n";

/// The one target of each repository.
const TARGET: &str = "a.txt";

/// A repository that securesystemslib has signed.
struct Signed {
    name: String,
    scheme: Option<(String, String)>,
    /// Whether it could sign by it.
    is_signed: bool,
    good: Question,
    changed: Question,
}

#[test]
fn both_clients_judge_every_scheme_as_the_table_says() {
    let Some(python) = PythonTuf::find("repositories signed by every scheme") else { return };
    let folder = tempfile::tempdir().unwrap();
    let signed = sign_all(&python, folder.path());
    let questions: Vec<Question> =
        signed.iter().flat_map(|one| [one.good.clone(), one.changed.clone()]).collect();
    let theirs = python.judge(&questions);
    let mut rows = String::new();
    for (one, theirs) in signed.iter().zip(theirs.chunks(2)) {
        let [(python_tuf, python_error), (python_changed, _)] = theirs else { unreachable!() };
        let (picotuf, error) = ask_picotuf(&one.good);
        // A changed byte is refused whatever the scheme, and for its signature where the scheme is
        // supported.
        let (picotuf_changed, changed_error) = ask_picotuf(&one.changed);
        assert_eq!(picotuf_changed, Verdict::Refused, "{}", one.name);
        assert_eq!(*python_changed, Verdict::Refused, "{}", one.name);
        let Some((keytype, scheme)) = &one.scheme else {
            // Both keys of a pair are needed, and both clients count them.
            assert_eq!(
                (picotuf, *python_tuf),
                (Verdict::Ok, Verdict::Ok),
                "{}: {error} {python_error}",
                one.name
            );
            assert_eq!(changed_error, "threshold-not-met", "{}", one.name);
            continue;
        };
        let (word, supported) = match (one.is_signed, picotuf) {
            (_, Verdict::Ok) => ("ok", true),
            (_, _) => ("refused", false),
        };
        let code = if supported { "threshold-not-met" } else { "unsupported-key-scheme" };
        assert_eq!(changed_error, code, "{}", one.name);
        assert_eq!(error, if supported { "" } else { code }, "{}", one.name);
        let python_word = match (one.is_signed, python_tuf) {
            (_, Verdict::Ok) => "ok",
            // It has keys of this kind, which need GnuPG to sign.
            (false, _) => "not tried",
            (true, _) => "refused",
        };
        rows.push_str(&format!("| {keytype} | {scheme} | {python_word} | {word} |\n"));
    }
    let (_, written) = TABLE.split_once(HEADING).expect("DIFFERENCES.md has the table");
    let written: String = written
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| keytype"))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(written, rows, "the table should be\n{rows}");
}

/// What a host shows of a key is what a threshold makes of it.
#[test]
fn the_use_of_each_key_is_the_one_that_the_table_says() {
    let (_, table) = TABLE.split_once(HEADING).expect("DIFFERENCES.md has the table");
    let mut rows = 0;
    for line in
        table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| keytype"))
    {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [keytype, scheme, _, picotuf] = cells.as_slice() else { panic!("{line}") };
        // The text is no key: so it is invalid where the scheme is known.
        let is_known = KeyUse::of(keytype, scheme, "x") == KeyUse::Invalid;
        assert_eq!(is_known, *picotuf == "ok", "{line}");
        if let KeyUse::Unsupported(unknown) = KeyUse::of(keytype, scheme, "x") {
            assert_eq!((unknown.name(), KeyScheme::feature(&unknown)), (*scheme, None));
        }
        rows += 1;
    }
    assert!(rows > 15, "{rows}");
}

fn sign_all(python: &PythonTuf, folder: &Path) -> Vec<Signed> {
    let question = |folder: &Value| Question {
        folder: folder.as_str().unwrap().into(),
        target: TARGET.to_owned(),
        now: NOW.to_owned(),
        stored: None,
    };
    let line = |line: String| {
        let said: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| said[name].as_str().map(str::to_owned);
        Signed {
            name: text("name").unwrap(),
            scheme: text("keytype").zip(text("scheme")),
            is_signed: said["signed"].as_bool().unwrap(),
            good: question(&said["dir"]),
            changed: question(&said["changed"]),
        }
    };
    python.run("schemes.py", &[folder.as_os_str()]).into_iter().map(line).collect()
}

/// picotuf's verdict, and the code of its error.
fn ask_picotuf(question: &Question) -> (Verdict, String) {
    let anchor = std::fs::read(question.folder.join("root.json")).unwrap();
    let mut host = MemoryHost::new(Reading::Whole, &anchor);
    let metadata = std::fs::read_dir(question.folder.join("metadata")).unwrap();
    host.repository = metadata
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
        })
        .collect::<Files>();
    match host.run(&[&question.target]) {
        Err(failure) => (Verdict::Refused, failure.error.code().to_owned()),
        Ok(report) if report.found[0].is_none() => (Verdict::Absent, String::new()),
        Ok(_) => (Verdict::Ok, String::new()),
    }
}
