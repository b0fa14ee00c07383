//! Lock files that the real tools wrote from a loopback index: `tests/lock_files/make.py`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use super::variables;
use crate::lock::{Algorithm, Entry, Format, LockFile, read};

/// The folder of lock files, and what the index had.
struct Made {
    folder: PathBuf,
    address: String,
    files: BTreeMap<String, Value>,
    /// Without it, the tools had nothing from version control.
    git: bool,
}

impl Made {
    /// Returns the lock files; `None` if a variable says that there are none, and then that is
    /// named.
    fn find() -> Option<Made> {
        let Some(folder) = std::env::var_os("PICOTUF_LOCK_FILES").map(PathBuf::from) else {
            let without = ["PICOTUF_WITHOUT_PYTHON", "PICOTUF_WITHOUT_LOCK_FILES"];
            let without =
                without.iter().any(|name| std::env::var(name).is_ok_and(|value| value == "1"));
            assert!(
                without,
                "PICOTUF_LOCK_FILES is not set: run tests/run, which has the real tools write \
                 lock files"
            );
            // Past the test harness, which keeps what a passing test prints.
            writeln!(std::io::stderr(), "!! LEFT OUT: lock files that the real tools wrote")
                .unwrap();
            return None;
        };
        let made: Value =
            serde_json::from_slice(&fs::read(folder.join("packages.json")).unwrap()).unwrap();
        let files = made["files"].as_object().unwrap().clone().into_iter().collect();
        let git = made["git"].as_bool().unwrap();
        Some(Made { git, folder, address: made["address"].as_str().unwrap().to_owned(), files })
    }

    fn read(&self, path: &str, format: Format) -> LockFile {
        let lock_file =
            read(&self.folder.join(path), &variables).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(lock_file.format, format, "{path}");
        lock_file
    }

    /// Compares all entries, in any order: pins as `PROJECT VERSION: FILE FILE`, others as
    /// `WHAT: reason`. A pin's hashes must be those of the packages that the index had, its files
    /// must be named if the format does, and the sizes must be right.
    fn assert(&self, lock_file: &LockFile, wanted: &[&str]) {
        let named = matches!(lock_file.format, Format::Pylock | Format::Poetry | Format::Uv);
        let mut found = Vec::new();
        for entry in &lock_file.entries {
            let pinned = match entry {
                Entry::Pinned(pinned) => pinned,
                Entry::Unchecked(unchecked) => {
                    let what = unchecked.what.replace(&self.address, "ADDRESS");
                    let what = what
                        .replace(self.folder.canonicalize().unwrap().to_str().unwrap(), "FOLDER");
                    let what = match what.split_once("/repository@") {
                        Some((before, commit)) => {
                            assert_eq!(commit.len(), 40, "{what}");
                            format!("{before}/repository@COMMIT")
                        }
                        None => what,
                    };
                    found.push(format!("{what}: {}", unchecked.why.code()));
                    continue;
                }
            };
            let mut names = Vec::new();
            for file in &pinned.files {
                let [hash] = &file.hashes[..] else { panic!("{pinned:?}") };
                assert_eq!(hash.algorithm, Algorithm::Sha256);
                let (name, made) =
                    self.files.iter().find(|(_, made)| made["sha256"] == *hash.hex).unwrap();
                assert_eq!(file.file_name.as_deref(), named.then_some(name.as_str()), "{pinned:?}");
                assert_eq!(made["version"].as_str(), pinned.version.as_deref(), "{pinned:?}");
                assert!(file.size.is_none_or(|size| made["size"] == size), "{pinned:?}");
                names.push(name.as_str());
            }
            names.sort_unstable();
            found.push(format!(
                "{} {}: {}",
                pinned.project,
                pinned.version.as_deref().unwrap(),
                names.join(" ")
            ));
        }
        found.sort_unstable();
        let mut wanted: Vec<_> = wanted
            .iter()
            .filter(|line| self.git || !line.contains("by-git"))
            .map(|line| (*line).to_owned())
            .collect();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{:?}", lock_file.format);
    }
}

/// What every tool resolves to, with the names as most tools write them.
const PINS: [&str; 7] = [
    "capitalcase 2026.1: capitalcase-2026.1-py3-none-any.whl capitalcase-2026.1.tar.gz",
    "dotted-name 2.0: dotted_name-2.0-1-py3-none-any.whl dotted_name-2.0-py3-none-any.whl \
     dotted_name-2.0.tar.gz",
    "plain 1.0: plain-1.0-py3-none-any.whl plain-1.0.tar.gz",
    "sdist-only 1.2: sdist_only-1.2.tar.gz",
    "under-score 0.3.post1: under_score-0.3.post1-py3-none-any.whl",
    "with-extras 3.0: with_extras-3.0-py3-none-any.whl with_extras-3.0.tar.gz",
    // Not 1.1, which is yanked.
    "yanked 1.0: yanked-1.0-py3-none-any.whl yanked-1.0.tar.gz",
];

/// Those that lock for all systems have it too.
const MARKED: &str =
    "marked 5.0: marked-5.0-py3-none-any.whl marked-5.0-py3-none-win_amd64.whl marked-5.0.tar.gz";

#[test]
fn pip_lock() {
    let Some(made) = Made::find() else { return };
    let lock_file = made.read("pip/pylock.toml", Format::Pylock);
    // For each, the one file that pip would install here.
    made.assert(
        &lock_file,
        &[
            "by-git: vcs",
            "by-path: path",
            "by-path-wheel: path",
            "by-url: url",
            "capitalcase 2026.1: capitalcase-2026.1-py3-none-any.whl",
            "dotted-name 2.0: dotted_name-2.0-1-py3-none-any.whl",
            "editable-one: editable",
            "plain 1.0: plain-1.0-py3-none-any.whl",
            "sdist-only 1.2: sdist_only-1.2.tar.gz",
            "under-score 0.3.post1: under_score-0.3.post1-py3-none-any.whl",
            "with-extras 3.0: with_extras-3.0-py3-none-any.whl",
            "yanked 1.0: yanked-1.0-py3-none-any.whl",
        ],
    );
}

#[test]
fn pip_compile() {
    let Some(made) = Made::find() else { return };
    let lock_file = made.read("pip-compile/requirements.txt", Format::Requirements);
    made.assert(
        &lock_file,
        &[
            &PINS[..],
            &[
                "-e file://FOLDER/pip-compile/editable-one: editable",
                "by-git @ git+file:FOLDER/pip-compile/repository: vcs",
                "by-path @ file://FOLDER/pip-compile/by-path: path",
                "by-path-wheel @ file://FOLDER/pip-compile/by_path_wheel-1.0-py3-none-any.whl: \
                 path",
                "by-url @ ADDRESS/files/by_url-1.0-py3-none-any.whl: url",
            ],
        ]
        .concat(),
    );
}

#[test]
fn uv_lock() {
    let Some(made) = Made::find() else { return };
    let lock_file = made.read("uv/uv.lock", Format::Uv);
    made.assert(
        &lock_file,
        &[
            &PINS[..],
            &[
                MARKED,
                "application 0.1: own-project",
                "by-git 1.0: vcs",
                "by-path 1.0: path",
                "by-path-wheel 1.0: path",
                "by-url 1.0: url",
                "editable-one 1.0: editable",
                "member 1.0: own-project",
            ],
        ]
        .concat(),
    );
    let mut indexes = lock_file.entries.iter().filter_map(|entry| match entry {
        Entry::Pinned(pinned) => Some(pinned),
        Entry::Unchecked(_) => None,
    });
    assert!(indexes.all(|pinned| {
        pinned.indexes == [format!("{}/simple/", made.address)]
            && pinned.files.iter().all(|file| file.size.is_some())
    }));
}

#[test]
fn uv_pip_compile_and_uv_export() {
    let Some(made) = Made::find() else { return };
    let compiled = made.read("uv/requirements.txt", Format::Requirements);
    made.assert(
        &compiled,
        &[
            &PINS[..],
            &[
                MARKED,
                "-e ./editable-one: editable",
                "./by-path: path",
                "./by_path_wheel-1.0-py3-none-any.whl: path",
                "by-git @ git+file://FOLDER/uv/repository@COMMIT: vcs",
                "by-url @ ADDRESS/files/by_url-1.0-py3-none-any.whl: url",
            ],
        ]
        .concat(),
    );
    let exported = made.read("uv/exported-requirements.txt", Format::Requirements);
    made.assert(
        &exported,
        &[
            &PINS[..],
            &[
                MARKED,
                "-e ./editable-one: editable",
                "-e ./member: editable",
                "./by-path: path",
                "./by_path_wheel-1.0-py3-none-any.whl: path",
                "by-git @ git+file://FOLDER/uv/repository@COMMIT: vcs",
                "by-url @ ADDRESS/files/by_url-1.0-py3-none-any.whl: url",
            ],
        ]
        .concat(),
    );
    let pylock = made.read("uv/pylock.toml", Format::Pylock);
    made.assert(
        &pylock,
        &[
            &PINS[..],
            &[
                MARKED,
                "by-git 1.0: vcs",
                "by-path: path",
                "by-path-wheel 1.0: path",
                "by-url 1.0: url",
                "editable-one: editable",
                "member: editable",
            ],
        ]
        .concat(),
    );
}

#[test]
fn poetry_lock() {
    let Some(made) = Made::find() else { return };
    let lock_file = made.read("poetry/poetry.lock", Format::Poetry);
    made.assert(
        &lock_file,
        &[
            &PINS[..],
            &[
                MARKED,
                "by-git 1.0: vcs",
                "by-path 1.0: path",
                "by-path-wheel 1.0: path",
                "by-url 1.0: url",
                "editable-one 1.0: editable",
            ],
        ]
        .concat(),
    );
}

#[test]
fn pipenv_lock() {
    let Some(made) = Made::find() else { return };
    let lock_file = made.read("pipenv/Pipfile.lock", Format::Pipfile);
    let pins = PINS.map(|pin| match pin.strip_prefix("dotted-name") {
        // As the Pipfile spells it.
        Some(rest) => format!("dotted.name{rest}"),
        None => pin.to_owned(),
    });
    let mut wanted: Vec<_> = pins.iter().map(String::as_str).collect();
    wanted.extend([
        "by-git: vcs",
        "by-path: path",
        "by-url: url",
        "editable-one: editable",
        "marked: unpinned",
    ]);
    made.assert(&lock_file, &wanted);
}
