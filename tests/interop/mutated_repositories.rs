//! Thousands of repositories broken by chance, judged by both clients.
//!
//! `PICOTUF_MUTATIONS` says how many, `PICOTUF_MUTATION_SEED` which, and `PICOTUF_MUTATION_CASE`
//! asks one of them alone.

use std::collections::BTreeMap;

use crate::case::Case;
use crate::differences::rows;
use crate::explained::{Disagreement, ROWS, row};
use crate::loose_json::Node;
use crate::mutated::case;
use crate::mutations;
use crate::python_tuf::{PythonTuf, Question, Verdict};

/// So many cases, unless said otherwise.
const CASES: u64 = 2000;
/// So many are on disk at a time.
const BATCH: u64 = 1000;

#[test]
fn mutations_have_names_of_their_own() {
    let mut names: Vec<&str> = mutations::all().iter().map(|mutation| mutation.name).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() >= 60 && names.len() == mutations::all().len(), "{}", names.len());
}

#[test]
fn differences_of_broken_repositories_are_explained() {
    let Some(python) = PythonTuf::find("python-tuf as the judge of broken repositories") else {
        return;
    };
    let seed = number("PICOTUF_MUTATION_SEED").unwrap_or(1);
    let numbers = match number("PICOTUF_MUTATION_CASE") {
        Some(one) => one..one + 1,
        None => 0..number("PICOTUF_MUTATIONS").unwrap_or(CASES),
    };
    let mut tally = Tally::default();
    for first in numbers.clone().step_by(usize::try_from(BATCH).unwrap()) {
        tally.judge(&python, seed, first..numbers.end.min(first + BATCH));
    }
    // Past the test harness, which keeps what a passing test prints.
    let summary = format!(
        "{} cases of seed {seed}: {:?}; explained: {:?}",
        numbers.end - numbers.start,
        tally.verdicts,
        tally.explained
    );
    std::io::Write::write_all(&mut std::io::stderr(), format!("{summary}\n").as_bytes()).unwrap();
    assert!(
        tally.wrong.is_empty(),
        "seed {seed}, {} unexplained:\n{}",
        tally.wrong.len(),
        tally.wrong.join("\n")
    );
    let known = rows();
    for (id, _) in ROWS {
        assert!(known.iter().any(|row| row.id == *id), "`{id}` is no row of DIFFERENCES.md");
    }
    if numbers.end - numbers.start >= CASES {
        // Not all of one kind, and next to nothing left out, or the comparison would say little.
        assert_eq!(tally.verdicts.len(), 3, "{:?}", tally.verdicts);
        let unused: Vec<&str> = mutations::all()
            .iter()
            .map(|mutation| mutation.name)
            .filter(|name| !tally.mutations.contains_key(name))
            .collect();
        assert_eq!(unused, [""; 0], "never applied");
    }
}

#[derive(Debug, Default)]
struct Tally {
    verdicts: BTreeMap<&'static str, usize>,
    mutations: BTreeMap<&'static str, usize>,
    explained: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

impl Tally {
    fn judge(&mut self, python: &PythonTuf, seed: u64, numbers: std::ops::Range<u64>) {
        let folder = tempfile::tempdir().unwrap();
        let cases: Vec<(Case, Vec<&str>)> = numbers.map(|number| case(seed, number)).collect();
        let write = |(number, (case, _)): (usize, &(Case, _))| {
            case.write(&folder.path().join(number.to_string()))
        };
        let questions: Vec<Question> = cases.iter().enumerate().map(write).collect();
        let (ours, theirs) = std::thread::scope(|scope| {
            let theirs = scope.spawn(|| python.judge(&questions));
            (
                cases.iter().map(|(case, _)| case.ask_picotuf()).collect::<Vec<_>>(),
                theirs.join().unwrap(),
            )
        });
        for (((case, mutations), (ours, said)), (theirs, error)) in
            cases.iter().zip(&ours).zip(&theirs)
        {
            for name in mutations {
                *self.mutations.entry(name).or_default() += 1;
            }
            let verdict = match ours {
                Verdict::Ok => "ok",
                Verdict::Absent => "absent",
                Verdict::Refused => "refused",
            };
            *self.verdicts.entry(verdict).or_default() += 1;
            if ours == theirs {
                continue;
            }
            let anchor = ("root.json".to_owned(), &case.anchor);
            let served = case.files.iter().map(|(name, file)| (name.clone(), file));
            let files: Vec<(String, Node)> = served
                .chain([anchor])
                .filter_map(|(name, file)| Some((name, Node::read(file)?)))
                .collect();
            let timestamp = case.files.get("timestamp.json").and_then(|file| Node::read(file));
            let disagreement = Disagreement {
                ours: *ours,
                said,
                theirs: *theirs,
                error,
                files: &files,
                timestamp: timestamp.as_ref(),
                stored_snapshot: case.store.get("snapshot").map(Vec::as_slice),
            };
            match row(&disagreement) {
                Some(id) => *self.explained.entry(id).or_default() += 1,
                None => self.wrong.push(format!(
                    "{}\n    asked for {}\n    picotuf: {ours:?} {said}\n    python-tuf: \
                     {theirs:?} {error}",
                    case.name, case.target
                )),
            }
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}
