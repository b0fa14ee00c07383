//! `tests/ATTACKS.md` names tests that exist, and every test.

use std::collections::BTreeSet;

/// The tests in `source`: functions right behind `#[test]`.
fn tests(source: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for part in source.split("#[test]\n").skip(1) {
        let rest = part.split_once("fn ").expect("a test is a function").1;
        names.extend(rest.split_once('(').map(|(name, _)| name.trim()));
    }
    names
}

#[test]
fn names_every_attack_and_no_other() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("attacks");
    let mut there = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let file = entry.path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let source = std::fs::read_to_string(&file).unwrap();
        if name != "table" {
            there.extend(tests(&source).into_iter().map(|test| format!("{name}::{test}")));
        }
    }
    let table = include_str!("../ATTACKS.md");
    let named: BTreeSet<String> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .flat_map(|line| {
            line.rsplit('|').nth(1).unwrap().split('`').skip(1).step_by(2).map(str::to_owned)
        })
        .collect();
    assert_eq!(named, there, "left: named in ATTACKS.md, right: there are");
}
