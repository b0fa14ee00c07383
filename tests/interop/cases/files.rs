//! Lengths and hashes of files, and files that are not there.

use picotuf_tests::json::Style;
use picotuf_tests::repository::{Listing, Repository, hash};
use serde_json::{Value, json};

use crate::case::{CONTENT, Case, PROJECT, TARGET, base, case, changed};

/// What a list says of a file, under hash functions that Python knows too.
const SHA1: &str = "sha1";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    listed(&mut cases);
    metadata(&mut cases);
    targets(&mut cases);
    limits(&mut cases);
    cases
}

/// Entries of timestamp, of snapshot, and of targets: they hash the same way.
fn listed(cases: &mut Vec<Case>) {
    let lists = [
        ("timestamp of snapshot", "timestamp", "/meta/snapshot.json", "snapshot"),
        ("snapshot of targets", "snapshot", "/meta/targets.json", "targets"),
        ("snapshot of the project", "snapshot", "/meta/project.json", PROJECT),
        ("project of the target", PROJECT, "/targets/project~1file.txt", ""),
    ];
    for (what, list, pointer, file) in lists {
        let mut add = |how: &str, change: &dyn Fn(&mut Value, &[u8])| {
            cases.push(case(format!("{what}: {how}"), |repository| {
                let content = if file.is_empty() {
                    CONTENT.to_vec()
                } else {
                    repository.bytes(file).to_vec()
                };
                repository
                    .edit(list, |signed| change(signed.pointer_mut(pointer).unwrap(), &content));
                if file.is_empty() {
                    // Under whichever hash it is asked for.
                    let hashes =
                        repository.signed(list).pointer(pointer).unwrap()["hashes"].clone();
                    for hash in hashes
                        .as_object()
                        .into_iter()
                        .flat_map(|hashes| hashes.values())
                        .filter_map(Value::as_str)
                    {
                        repository
                            .files
                            .insert(format!("targets/project/{hash}.file.txt"), CONTENT.to_vec());
                    }
                }
            }));
        };
        add("one byte less", &|entry, content| entry["length"] = (content.len() - 1).into());
        add("one byte more", &|entry, content| entry["length"] = (content.len() + 1).into());
        add("length zero", &|entry, _| entry["length"] = 0.into());
        add("no hashes", &|entry, _| {
            entry.as_object_mut().unwrap().remove("hashes");
        });
        add("another file's hash", &|entry, _| {
            entry["hashes"]["sha256"] = hash("sha256", b"another").into()
        });
        add("its hash in upper case", &|entry, content| {
            entry["hashes"]["sha256"] = hash("sha256", content).to_uppercase().into()
        });
        add("its hash, a byte short", &|entry, content| {
            entry["hashes"]["sha256"] = hash("sha256", content)[2..].into()
        });
        add("its hash, a digit short", &|entry, content| {
            entry["hashes"]["sha256"] = hash("sha256", content)[1..].into()
        });
        add("no hex", &|entry, _| entry["hashes"]["sha256"] = "z".repeat(64).into());
        for function in ["sha512", "blake2b-256"] {
            add(&format!("{function} alone"), &|entry, content| {
                entry["hashes"] = json!({function: hash(function, content)})
            });
            add(&format!("{function} too"), &|entry, content| {
                entry["hashes"][function] = hash(function, content).into()
            });
            add(&format!("{function} too, another file's"), &|entry, _| {
                entry["hashes"][function] = hash(function, b"another").into()
            });
        }
        add("an unknown function alone", &|entry, _| entry["hashes"] = json!({"x-unknown": "00"}));
        add("an unknown function too", &|entry, _| entry["hashes"]["x-unknown"] = "00".into());
        add("a weak function, wrong", &|entry, _| entry["hashes"][SHA1] = "00".repeat(20).into());
        add("a function in upper case", &|entry, content| {
            entry["hashes"] = json!({"SHA256": hash("sha256", content)})
        });
        add("an unknown function's hash is null", &|entry, _| {
            entry["hashes"]["x-unknown"] = Value::Null
        });
        add("a version that is another's", &|entry, _| entry["version"] = 7.into());
    }
    // The hash of the project's file by a function that is known to Python alone.
    cases.push(case("project of the target: a weak function alone", |repository| {
        const OF_CONTENT: &str = "9ec7624c9f41f690a21361b6e3b0e6f4fa88a6f1";
        repository.edit(PROJECT, |signed| {
            signed["targets"][TARGET]["hashes"] = json!({SHA1: OF_CONTENT})
        });
        repository.files.insert(format!("targets/project/{OF_CONTENT}.file.txt"), CONTENT.to_vec());
    }));
}

/// Metadata files: listed by version alone, changed, absent.
fn metadata(cases: &mut Vec<Case>) {
    let versions = |repository: &mut Repository| {
        repository.listing = Listing::Versions;
        // An entry that is there keeps what it has.
        for list in ["snapshot", "timestamp"] {
            repository.edit(list, |signed| {
                for entry in signed["meta"].as_object_mut().unwrap().values_mut() {
                    *entry = json!({"version": entry["version"]});
                }
            });
        }
    };
    cases.push(case("listed by versions alone", versions));
    for role in ["timestamp", "snapshot", "targets", PROJECT] {
        cases.push(case(format!("{role} is not there"), |repository| repository.remove(role)));
        cases.push(case(format!("{role} has a blank more than was listed"), |repository| {
            repository.tamper(role, |bytes| bytes.push(b' '))
        }));
        cases.push(case(
            format!("{role} has a blank more, versions alone are listed"),
            |repository| {
                versions(repository);
                repository.tamper(role, |bytes| bytes.push(b' '));
            },
        ));
        cases.push(case(
            format!("{role} is another version than is listed, versions alone are listed"),
            |repository| {
                versions(repository);
                let name = repository.file_name(role);
                repository.edit_alone(role, |signed| signed["version"] = 2.into());
                let other = repository.bytes(role).to_vec();
                repository.files.insert(name, other);
            },
        ));
    }
    cases.push(case("the project's file is in the place of targets", |repository| {
        versions(repository);
        let other = repository.bytes(PROJECT).to_vec();
        repository.files.insert("1.targets.json".to_owned(), other);
    }));
    cases.push(case("the targets are in the place of the project's file", |repository| {
        versions(repository);
        let other = repository.bytes("targets").to_vec();
        repository.files.insert("1.project.json".to_owned(), other);
    }));
    let mut plain = Repository::inconsistent();
    plain.delegate(
        "targets",
        &picotuf_tests::delegation::Delegation::paths(PROJECT, &["project/*"]),
    );
    plain.add_target(PROJECT, TARGET, CONTENT);
    cases.push(Case::anchored("no consistent snapshots", &plain));
    plain.files.remove("project.json");
    cases.push(Case::anchored("no consistent snapshots, a role is not there", &plain));
}

/// Target files.
fn targets(cases: &mut Vec<Case>) {
    let mut add = |what: &str, change: &dyn Fn(&mut Repository)| {
        cases.push(case(format!("target file: {what}"), |repository| change(repository)))
    };
    let name = |function: &str| format!("targets/project/{}.file.txt", hash(function, CONTENT));
    let sha256 = name("sha256");
    add("as listed", &|_| {});
    add("not there", &|repository| {
        repository.files.remove(&sha256);
    });
    add("a byte changed", &|repository| repository.files.get_mut(&sha256).unwrap()[0] ^= 1);
    add("a byte short", &|repository| repository.files.get_mut(&sha256).unwrap().truncate(3));
    add("a byte long", &|repository| repository.files.get_mut(&sha256).unwrap().push(b'x'));
    add("under its plain name alone", &|repository| {
        let content = repository.files.remove(&sha256).unwrap();
        repository.files.insert(format!("targets/{TARGET}"), content);
    });
    let both = changed(|repository| {
        repository.target_hashes = vec!["sha256", "sha512"];
        repository.add_target(PROJECT, TARGET, CONTENT);
    });
    for (what, gone) in
        [("neither gone", ""), ("the first gone", "sha256"), ("the second gone", "sha512")]
    {
        let mut repository = both.clone();
        if !gone.is_empty() {
            repository.files.remove(&name(gone));
        }
        cases.push(Case::new(format!("target file under two hashes: {what}"), &repository));
    }
    for path in [
        "a b+c%20é.txt",
        "top/deep/er/file",
        "?x=1",
        "#fragment",
        "50%",
        "%41",
        "..x",
        "a~b",
        "\u{1f40d}",
    ] {
        let mut repository = base();
        repository.add_target("targets", path, b"of an odd name\n");
        cases.push(Case::new(format!("target path {path}"), &repository).asking(path));
    }
    for path in [
        "none.txt",
        "Top.txt",
        "top.txt ",
        "/top.txt",
        "./top.txt",
        "project/none.txt",
        "project/",
        "TOP.TXT",
        "to\u{301}p.txt",
    ] {
        cases.push(Case::new(format!("target that is not there: {path}"), &base()).asking(path));
    }
    let mut empty = base();
    empty.add_target(PROJECT, TARGET, b"");
    cases.push(Case::new("target file: empty, and listed as such", &empty));
    for (what, custom) in [
        ("an object", json!({"backsigned": true})),
        ("a list", json!([1])),
        ("a string", json!("x")),
        ("null", Value::Null),
        ("a number", json!(-1)),
        ("an empty object", json!({})),
    ] {
        cases.push(case(format!("custom is {what}"), |repository| {
            repository.edit(PROJECT, |signed| signed["targets"][TARGET]["custom"] = custom);
        }));
    }
}

/// Files as large as the limits, and larger.
fn limits(cases: &mut Vec<Case>) {
    for (role, limit) in
        [("root", 512_000), ("timestamp", 16_384), ("snapshot", 2_000_000), ("targets", 5_000_000)]
    {
        for (what, length) in
            [("as long as the limit", limit), ("a byte above the limit", limit + 1)]
        {
            for listing in [Listing::Full, Listing::Versions] {
                if listing == Listing::Versions && matches!(role, "root" | "timestamp") {
                    continue;
                }
                let mut repository = base();
                repository.style = Style::PYTHON;
                repository.listing = listing;
                let next = role == "root";
                let pad =
                    |signed: &mut Value, by: usize| signed["x-padding"] = "p".repeat(by).into();
                if next {
                    repository.publish(role, |signed| pad(signed, 0));
                } else {
                    repository.edit(role, |signed| pad(signed, 0));
                }
                let missing = length - repository.bytes(role).len();
                repository.edit(role, |signed| pad(signed, missing));
                assert_eq!(repository.bytes(role).len(), length);
                cases.push(Case::new(
                    format!("{role} is {what}, listed by {listing:?}"),
                    &repository,
                ));
            }
        }
    }
}
