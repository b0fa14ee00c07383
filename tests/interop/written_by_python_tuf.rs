//! Repositories that python-tuf wrote, through the built binary over HTTP; and the two clients,
//! taking turns on one folder.

use std::path::Path;

use picotuf_tests::cli::Cli;
use serde_json::Value;

use crate::folder::{Expected, download, init, serve, user};
use crate::python_tuf::{PythonTuf, Question, Verdict, repositories};

/// A repository with more targets than this is tried with some of them.
const TARGETS_MAX: usize = 20;

macro_rules! repositories {
    ($($test:ident: $name:literal,)*) => {
        $(#[test]
        fn $test() {
            verifies($name);
        })*

        /// None is written that is not tried.
        #[test]
        fn each_repository_is_tried() {
            let Some(folder) = repositories("the list of repositories written by \
                python-tuf") else { return };
            let names = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned());
            let mut names: Vec<String> = names.collect();
            names.sort();
            let mut tried = [$($name),*];
            tried.sort();
            assert_eq!(names, tried);
        }
    };
}

repositories! {
    plain: "plain",
    consistent: "consistent",
    all_key_types: "all-keys",
    three_levels_of_delegations: "three-levels",
    sixteen_thousand_explicit_bins: "explicit",
    explicit_bins_with_hashes_and_lengths: "explicit-hashed",
    sixteen_thousand_succinct_bins: "succinct",
    root_rotations: "rotated",
    rstuf: "rstuf",
}

fn verifies(name: &str) {
    let Some(folder) = repositories(&format!("the repository {name}, written by python-tuf"))
    else {
        return;
    };
    let Some(python) = PythonTuf::find(&format!("python-tuf's part in the repository {name}"))
    else {
        return;
    };
    let folder = folder.join(name);
    let expected = Expected::read(&folder);
    let server = serve(&folder);
    let cli = user(&expected.now, &server);
    let (code, said) = init(&cli, &std::fs::read(folder.join("root.json")).unwrap());
    assert_eq!(code, 0, "{name}: {said}");

    let mut present: Vec<&str> = expected.present.iter().map(String::as_str).collect();
    if present.len() > TARGETS_MAX {
        present = [present[0], present[present.len() / 2], present[present.len() - 1]].to_vec();
    }
    let (verdict, said) = download(&cli, &present);
    assert_eq!(verdict, Verdict::Ok, "{name}: {said}");
    let mut served: Vec<(String, Vec<u8>)> = present
        .iter()
        .map(|path| ((*path).to_owned(), std::fs::read(folder.join("targets").join(path)).unwrap()))
        .collect();
    served.sort();
    assert!(
        cli.downloads() == served,
        "{name}: {:?}",
        cli.downloads().iter().map(|(path, _)| path).collect::<Vec<_>>()
    );
    for path in &expected.absent {
        let (verdict, said) = download(&cli, &[path]);
        assert_eq!(verdict, Verdict::Absent, "{name}: {path}: {said}");
    }
    stored_as_served(&cli, &folder);

    // python-tuf goes on from what picotuf stored, and picotuf from what python-tuf stored.
    let question = |target: &str, stored: Option<&Path>| Question {
        folder: folder.clone(),
        target: target.to_owned(),
        now: expected.now.clone(),
        stored: stored.map(Path::to_owned),
    };
    let metadata_dir = cli.metadata_dir();
    let mut questions: Vec<Question> =
        present.iter().map(|path| question(path, Some(&metadata_dir))).collect();
    questions.extend(expected.absent.iter().map(|path| question(path, Some(&metadata_dir))));
    for (at, (verdict, error)) in python.judge(&questions).into_iter().enumerate() {
        let wanted = if at < present.len() { Verdict::Ok } else { Verdict::Absent };
        assert_eq!(
            verdict, wanted,
            "{name}: python-tuf, on from picotuf's folder: {:?}: {error}",
            questions[at].target
        );
    }
    let cli = user(&expected.now, &server);
    std::fs::create_dir(cli.metadata_dir()).unwrap();
    let (verdict, error) = python.store(&question(present[0], None), &cli.metadata_dir());
    assert_eq!(verdict, Verdict::Ok, "{name}: {error}");
    server.take_requests();
    let (verdict, said) = download(&cli, &present[..1]);
    assert_eq!(verdict, Verdict::Ok, "{name}: picotuf, on from python-tuf's folder: {said}");
    // What python-tuf stored is good: only the chain of roots and the timestamp are asked for, and
    // the target.
    let paths = server.take_paths();
    assert_eq!(paths.len(), 3, "{name}: {paths:?}");
    stored_as_served(&cli, &folder);
}

/// Each stored file is, byte for byte, one that the repository has.
fn stored_as_served(cli: &Cli, folder: &Path) {
    let stored = cli.versions();
    for role in ["root", "timestamp", "snapshot", "targets"] {
        assert!(stored.iter().any(|(name, _)| name == role), "{role} is not stored: {stored:?}");
    }
    for (name, version) in stored {
        let served = [format!("{version}.{name}.json"), format!("{name}.json")];
        let served =
            served.iter().find_map(|file| std::fs::read(folder.join("metadata").join(file)).ok());
        let stored = cli.stored(&name);
        assert!(served.is_some() && stored == served, "{name} is not stored as it was served");
        let file: Value = serde_json::from_slice(&stored.unwrap()).unwrap();
        assert!(file["signed"].is_object());
    }
}
