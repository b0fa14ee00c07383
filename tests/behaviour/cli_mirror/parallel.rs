//! `picotuf mirror` on many threads and with many requests at a time: neither the verdict nor the
//! number of requests depends on that.

use std::collections::BTreeMap;

use super::*;

const FILES: usize = 150;

fn path(number: usize) -> String {
    format!("p{number}/p{number}-1.0.tar.gz")
}

fn content(number: usize) -> String {
    format!("content of {number}")
}

/// 64 bins with 150 files. Each file has two hashes, and so two names in a mirror.
fn many() -> Repository {
    let mut repository = Repository::new();
    repository.target_hashes = vec!["sha256", "blake2b-256"];
    repository.delegate("targets", &Delegation::succinct("bins", 6));
    let roles = Delegation::succinct("bins", 6).role_names();
    for number in 0..FILES {
        let bin = &roles[bin_of(&path(number), 6)];
        repository.add_target(bin, &path(number), content(number).as_bytes());
    }
    repository
}

/// The hash in the name that is asked for first.
const FIRST: &str = "blake2b-256";

fn file_of(number: usize, algorithm: &str) -> String {
    let digits = hash(algorithm, content(number).as_bytes());
    format!("targets/p{number}/{digits}.p{number}-1.0.tar.gz")
}

/// All files below a folder, with their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap().is_dir() {
                true => left.push(entry.path()),
                false => {
                    let name = entry.path().strip_prefix(folder).unwrap().display().to_string();
                    all.insert(name, std::fs::read(entry.path()).unwrap());
                }
            }
        }
    }
    all
}

#[test]
fn an_audit_says_the_same_with_any_number_of_threads() {
    let repository = many();
    let server = Server::start(&repository);
    let mirror = Mirror::new(&repository, &server);
    mirror.ok(&["--targets"]);
    let bin = |number: usize| format!("metadata/1.bins-{number:02x}.json");
    let mut strays = Vec::new();
    for number in 0..8 {
        // Wrong, missing under one name, and files that nothing lists.
        for (file, damage) in [
            (file_of(number, "sha256"), true),
            (file_of(number + 10, "blake2b-256"), false),
            (bin(number * 5), number % 2 == 0),
        ] {
            let file = mirror.folder.join(file);
            std::fs::remove_file(&file).unwrap();
            if damage {
                std::fs::write(&file, b"damaged").unwrap();
            }
        }
        strays.push(format!("targets/p{}/stray-{number}", number + 20));
        std::fs::write(mirror.folder.join(&strays[number]), b"").unwrap();
    }
    let said = |options: &[&str]| {
        let (code, verdict) = mirror.check(&[&["--targets"], options].concat());
        assert_eq!(code, 1, "{verdict}");
        verdict
    };
    let first = said(&["--jobs", "1"]);
    for options in [&["--jobs", "2"][..], &["--jobs", "16"], &["--jobs", "64"], &[]] {
        assert_eq!(said(options).to_string(), first.to_string(), "{options:?}");
    }
    // Roles by their names, then targets in the order of the roles.
    let counts = &first["audit"]["counts"];
    assert_eq!((&counts["roles"], &counts["roles_failed"]), (&json!(56), &json!(8)), "{counts}");
    let codes = codes(&first);
    let count = |code: &str| codes.iter().filter(|one| **one == code).count() as u64;
    assert_eq!(count("missing-file"), 4, "{codes:?}");
    assert_eq!(count("length-mismatch"), 4 + counts["wrong"].as_u64().unwrap(), "{codes:?}");
    assert_eq!(count("missing-target"), counts["missing"].as_u64().unwrap(), "{codes:?}");
    let (wrong, missing) = (&counts["wrong"], &counts["missing"]);
    assert!(wrong.as_u64() > Some(4) && missing.as_u64() > Some(4), "{counts}");
    // A file of a bin that failed is nobody's for certain; each of the others is a stray.
    let strays_found = first["unlisted"].as_array().unwrap().len();
    let undecided = first["undecided"].as_array().unwrap();
    let stray = |file: &Value| strays.iter().any(|one| *file == json!(one));
    let of_failed = undecided.iter().filter(|one| stray(&one["file"])).count();
    assert_eq!(strays_found + of_failed, 8, "{first}");
}

#[test]
fn files_are_fetched_several_at_a_time_and_the_mirror_is_the_same() {
    let repository = many();
    let mut first = None;
    for jobs in ["1", "2", "16"] {
        let server = Server::start(&repository);
        if jobs == "16" {
            // None of these is sent before all have been asked for.
            let first = first_files();
            for number in &first {
                let file = format!("/{}", file_of(*number, FIRST));
                server.misbehave(&file, Behaviour::Together(first.len()));
            }
        }
        let mirror = Mirror::new(&repository, &server);
        server.take_paths();
        let said = mirror.ok(&["--targets", "--jobs", jobs]);
        let mut asked = server.take_paths();
        asked.sort();
        // Each file once, under its first name.
        for number in 0..FILES {
            let file = format!("/{}", file_of(number, FIRST));
            assert_eq!(asked.iter().filter(|path| **path == file).count(), 1, "{file}");
        }
        let counts = said["counts"].to_string();
        assert_eq!(said["counts"]["targets_fetched"], FILES, "{counts}");
        let this = (counts, asked, files(&mirror.folder));
        let first = first.get_or_insert_with(|| this.clone());
        assert!(*first == this, "--jobs {jobs}: {:?}\n{:?}", first.1, this.1);
        assert_eq!(mirror.check(&["--targets"]).0, 0);
    }
}

/// The files that a mirror fetches first, in the order of bins and paths.
fn first_files() -> Vec<usize> {
    let mut all: Vec<usize> = (0..FILES).collect();
    all.sort_by_key(|number| (bin_of(&path(*number), 6), path(*number)));
    all.truncate(8);
    all
}

#[test]
fn a_file_that_the_server_has_not_or_not_right_costs_the_others_nothing() {
    let repository = many();
    let server = Server::start(&repository);
    for number in [3, 50, 51] {
        server.misbehave(&format!("/{}", file_of(number, "sha256")), Behaviour::Status(404));
        server.misbehave(&format!("/{}", file_of(number, "blake2b-256")), Behaviour::Status(404));
    }
    server.serve_file(&format!("/{}", file_of(70, FIRST)), b"another content");
    let mirror = Mirror::new(&repository, &server);
    let (code, verdict) = mirror.run(&["--targets"]);
    let counts = &verdict["mirror"]["counts"];
    assert_eq!((code, &counts["targets_fetched"]), (1, &json!(FILES - 4)), "{verdict}");
    let failures = verdict["mirror"]["failures"].as_array().unwrap();
    let mut failed: Vec<(&str, &str)> = failures
        .iter()
        .map(|one| (one["target"].as_str().unwrap(), one["code"].as_str().unwrap()))
        .collect();
    failed.sort_unstable();
    let (three, fifty, next) = (path(3), path(50), path(51));
    let expected = [
        (three.as_str(), "missing-target"),
        (&fifty, "missing-target"),
        (&next, "missing-target"),
        (&path(70), "length-mismatch"),
    ];
    assert_eq!(failed, expected);
    // The files of the others were asked for once.
    let paths = server.take_paths();
    let asked = |number: usize| {
        let file = format!("/{}", file_of(number, FIRST));
        paths.iter().filter(|path| **path == file).count()
    };
    assert!((0..FILES).filter(|it| ![3, 50, 51, 70].contains(it)).all(|it| asked(it) == 1));
}
