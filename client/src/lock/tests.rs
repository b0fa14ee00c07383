//! What comes out of lock files: those that the real tools write, and small ones for all that can
//! be odd.

mod formats;
mod real_files;
mod refusals;
mod requirements;

use std::fs;
use std::path::Path;

use super::{Algorithm, Entry, Format, LockFile, read};
use crate::error::Error;

/// Reads one file with this name and text, alone in a folder.
fn read_text(name: &str, text: &str) -> Result<LockFile, Error> {
    read_among(&[(name, text)])
}

/// Reads the first of several files in a folder.
fn read_among(files: &[(&str, &str)]) -> Result<LockFile, Error> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    read(&folder.path().join(files.first().unwrap().0), &variables)
}

/// Returns the variables that these tests have.
fn variables(name: &str) -> Option<String> {
    match name {
        "VERSION" => Some("1.0".to_owned()),
        "TOKEN" => Some("secret".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

/// Returns each entry in a line: `FILE:LINE PROJECT VERSION (NAME ALGORITHM:HEX… SIZE)…` or
/// `FILE:LINE !REASON WHAT`.
fn lines(lock_file: &LockFile) -> Vec<String> {
    lock_file.entries.iter().map(line).collect()
}

fn line(entry: &Entry) -> String {
    let (Entry::Pinned(super::Pinned { place, .. })
    | Entry::Unchecked(super::Unchecked { place, .. })) = entry;
    let place = format!("{}:{}", place.file.file_name().unwrap().to_str().unwrap(), place.line);
    match entry {
        Entry::Unchecked(unchecked) => {
            format!("{place} !{} {}", unchecked.why.code(), unchecked.what)
        }
        Entry::Pinned(pinned) => {
            let mut line =
                format!("{place} {} {}", pinned.project, pinned.version.as_deref().unwrap_or("-"));
            if !pinned.indexes.is_empty() {
                line += &format!(" from {}", pinned.indexes.join(", "));
            }
            for file in &pinned.files {
                let hashes: Vec<_> = file
                    .hashes
                    .iter()
                    .map(|hash| format!("{:?}:{:.4}", hash.algorithm, hash.hex))
                    .collect();
                let size = file.size.map(|size| format!(" {size}")).unwrap_or_default();
                line += &format!(
                    " ({} {}{size})",
                    file.file_name.as_deref().unwrap_or("*"),
                    hashes.join(" ")
                );
            }
            line
        }
    }
}

/// Returns the code, and the message with its line.
fn refusal(result: Result<LockFile, Error>) -> String {
    let error = result.expect_err("it should be refused");
    let detail = error.detail();
    let file = detail.file.as_deref().unwrap_or_default();
    let file = Path::new(file).file_name().unwrap_or_default().to_str().unwrap();
    format!("{} {file} {}", detail.code, detail.message)
}

/// Hex of any length.
fn hex(digit: char, length: usize) -> String {
    String::from(digit).repeat(length)
}

#[test]
fn the_name_says_the_format_and_else_the_content() {
    for (name, format) in [
        ("a/pylock.toml", Some(Format::Pylock)),
        ("pylock.web.toml", Some(Format::Pylock)),
        ("pylock.a.b.toml", Some(Format::Pylock)),
        ("pylock..toml", Some(Format::Pylock)),
        ("tool.py.lock", Some(Format::Uv)),
        ("pdm.lock", Some(Format::Pdm)),
        ("pixi.lock", None),
        ("pylock.txt", None),
        ("uv.lock", Some(Format::Uv)),
        ("poetry.lock", Some(Format::Poetry)),
        ("Pipfile.lock", Some(Format::Pipfile)),
        ("pipfile.lock", None),
        ("Cargo.lock", None),
        ("requirements.txt", Some(Format::Requirements)),
        ("dev-requirements-3.11.txt", Some(Format::Requirements)),
        ("constraints.txt", Some(Format::Requirements)),
        ("requirements.in", None),
        ("six-1.17.0.tar.gz", None),
    ] {
        assert_eq!(Format::of_name(Path::new(name)), format, "{name}");
    }
    for (name, text, format) in [
        ("locked", "lock-version = \"1.0\"\n[[packages]]\nname = \"a\"\n", Some(Format::Pylock)),
        ("x.lock", "{\"_meta\": {\"pipfile-spec\": 6}}", Some(Format::Pipfile)),
        (
            "x.lock",
            "version = 1\nrequires-python = \">=3\"\n[[package]]\nname = \"a\"\nsource = { \
             virtual = \".\" }\n",
            Some(Format::Uv),
        ),
        (
            "x.lock",
            "[[package]]\nname = \"a\"\nversion = \"1\"\n[metadata]\nlock-version = \"2.0\"\n",
            Some(Format::Poetry),
        ),
        ("prod.txt", "a==1\n", Some(Format::Requirements)),
        ("Cargo.lock", "version = 4\n[[package]]\nname = \"a\"\n", None),
        ("package-lock.json", "{\"lockfileVersion\": 3}", None),
        ("notes.txt", "hello\n", None),
        ("empty", "", None),
    ] {
        let result = read_text(name, text);
        match format {
            Some(format) => assert_eq!(result.unwrap().format, format, "{name}"),
            None => {
                assert_eq!(result.unwrap_err().code(), "unsupported-lock-file", "{name}")
            }
        }
    }
}

#[test]
fn the_algorithms_are_told_apart() {
    let text: String = [
        ("sha256", 64),
        ("sha384", 96),
        ("sha512", 128),
        ("sha3_256", 64),
        ("sha3_384", 96),
        ("sha3_512", 128),
        ("blake2b", 64),
        ("blake2b", 128),
        ("blake2s", 64),
    ]
    .iter()
    .map(|(name, digits)| format!(" --hash={name}:{}", hex('A', *digits)))
    .collect();
    let lock_file = read_text("requirements.txt", &format!("a==1{text}\n")).unwrap();
    let [Entry::Pinned(pinned)] = &lock_file.entries[..] else { panic!("{lock_file:?}") };
    let found: Vec<_> =
        pinned.files.iter().flat_map(|file| &file.hashes).map(|hash| hash.algorithm).collect();
    assert_eq!(
        found,
        [
            Algorithm::Sha256,
            Algorithm::Sha384,
            Algorithm::Sha512,
            Algorithm::Sha3With256,
            Algorithm::Sha3With384,
            Algorithm::Sha3With512,
            Algorithm::Blake2b256,
            Algorithm::Blake2b512,
            Algorithm::Blake2s256,
        ]
    );
    assert!(
        pinned.files.iter().flat_map(|file| &file.hashes).all(|hash| hash.hex.starts_with("aaaa"))
    );
    let known: Vec<Vec<String>> = pinned
        .files
        .iter()
        .map(|file| file.digests().iter().map(ToString::to_string).collect())
        .collect();
    let [short, long] = [64, 128].map(|digits| vec![hex('a', digits)]);
    assert_eq!(known, [short.clone(), vec![], long, vec![], vec![], vec![], short, vec![], vec![]]);
}
