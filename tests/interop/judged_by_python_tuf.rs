//! python-tuf as the judge: for each of many repositories, good and broken, both clients give the
//! same verdict, or the difference is a row of `tests/DIFFERENCES.md`.

use std::collections::{BTreeMap, BTreeSet};

use picotuf_tests::repository::{NOW, Repository, url_name};
use picotuf_tests::server::Server;

use crate::case::Case;
use crate::cases;
use crate::differences::{CASES, OVER_HTTP, Row, fits, rows};
use crate::folder::{download, init, user};
use crate::python_tuf::{PythonTuf, Question, Verdict};

/// There are at least so many cases.
const CASES_MIN: usize = 300;

/// So many of them go through the built binary too.
const SAMPLE: usize = 30;

#[test]
fn both_clients_give_the_same_verdict() {
    let cases = cases::all();
    assert!(cases.len() >= CASES_MIN, "{} cases", cases.len());
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "two cases have the same name");
    let listed = listed(&names);

    let Some(python) = PythonTuf::find("python-tuf as the judge of generated repositories") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let questions: Vec<Question> = cases
        .iter()
        .enumerate()
        .map(|(number, case)| case.write(&folder.path().join(number.to_string())))
        .collect();
    let (ours, theirs) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| python.judge(&questions));
        (cases.iter().map(Case::ask_picotuf).collect::<Vec<_>>(), theirs.join().unwrap())
    });
    let mut wrong = Vec::new();
    for ((case, (picotuf, said)), (python_tuf, error)) in cases.iter().zip(&ours).zip(&theirs) {
        let agreed = match listed.get(&*case.name) {
            None => picotuf == python_tuf,
            Some(row) => (row.picotuf, row.python_tuf) == (*picotuf, *python_tuf),
        };
        if !agreed {
            let row = listed.get(&*case.name).map_or("no row", |row| row.id);
            wrong.push(format!(
                "{} ({row})\n    picotuf: {picotuf:?} {said}\n    python-tuf: {python_tuf:?} \
                 {error}",
                case.name
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases are not as said:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    // Not all of one kind, or the comparison would say little.
    for verdict in [Verdict::Ok, Verdict::Absent, Verdict::Refused] {
        assert!(ours.iter().filter(|(ours, _)| *ours == verdict).count() >= 20, "{verdict:?}");
    }
}

#[test]
fn the_binary_gives_the_verdict_of_the_core() {
    let cases = cases::all();
    // Every so many, so that all kinds are there.
    for case in cases.iter().step_by(cases.len() / SAMPLE) {
        let (verdict, said) = case.ask_picotuf();
        let mut repository = Repository::new();
        repository.files = case.files.clone();
        let server = Server::start(&repository);
        let cli = user(NOW, &server);
        let (code, answer) = init(&cli, case.store.get("root").unwrap_or(&case.anchor));
        if code != 0 {
            assert_eq!(verdict, Verdict::Refused, "{}: init: {answer}", case.name);
            continue;
        }
        for (role, bytes) in &case.store {
            std::fs::write(cli.metadata_dir().join(url_name(role)), bytes).unwrap();
        }
        let (binary, answer) = download(&cli, &[&case.target]);
        if answer["error"]["code"] == "unsafe-target-path" {
            // It is there, and no file can be called that.
            assert!(
                verdict == Verdict::Ok && case.target.split('/').any(str::is_empty),
                "{}: {answer}",
                case.name
            );
            continue;
        }
        assert_eq!(binary, verdict, "{}: the core says {said:?}, the binary {answer}", case.name);
        if let Some(error) =
            answer["error"]["code"].as_str().filter(|_| verdict == Verdict::Refused)
        {
            assert!(
                said.starts_with(error) || said == "the file is not there",
                "{}: {said}, {error}",
                case.name
            );
        }
    }
}

/// The row of each case that is said to differ; every row has cases, and every case at most one
/// row.
fn listed<'n>(names: &BTreeSet<&'n str>) -> BTreeMap<&'n str, Row<'static>> {
    let rows = rows();
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), rows.len(), "two rows have the same id");
    let mut listed = BTreeMap::new();
    for (id, fitting) in
        CASES.iter().flat_map(|(id, names)| names.iter().map(move |name| (id, name)))
    {
        let row = rows
            .iter()
            .find(|row| row.id == *id)
            .unwrap_or_else(|| panic!("`{id}` is no row of DIFFERENCES.md"));
        let before = listed.len();
        for name in names.iter().filter(|name| fits(name, fitting)) {
            assert_eq!(listed.insert(*name, *row), None, "{name:?} is listed twice");
        }
        assert!(listed.len() > before, "there is no case {fitting:?}");
    }
    for id in ids.into_iter().filter(|id| !OVER_HTTP.contains(id)) {
        assert!(listed.values().any(|row| row.id == id), "no case shows `{id}`: the row is stale");
    }
    listed
}
