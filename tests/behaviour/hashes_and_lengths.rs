//! What snapshot and timestamp list of a file, holds; what a target lists, has a form.

use crate::prelude::*;

#[test]
fn a_listed_file_has_its_length_and_hash() {
    for (listed, stored) in [
        ("snapshot", vec![("root", 1), ("timestamp", 1)]),
        ("targets", vec![("root", 1), ("snapshot", 1), ("timestamp", 1)]),
    ] {
        let kind = Role::from_name(listed);
        let good = Repository::new();
        let length = good.bytes(listed).len() as u64;
        for (change, expected) in [(1, length + 1), (0, length)] {
            let mut repository = good.clone();
            repository.tamper(listed, |bytes| match change {
                // However much too long it is, no more of it is read.
                1 => bytes.extend(*b"   "),
                _ => {
                    let last = bytes.len() - 1;
                    bytes[last] = b' ';
                }
            });
            let mut client = Client::new(&repository);
            let failure = client.refresh(&repository).unwrap_err();
            match (change, failure.error) {
                (1, Error::LengthMismatch { role, expected: wanted, found }) => {
                    assert_eq!((role, wanted, found), (Some(kind), length, expected));
                }
                (0, Error::HashMismatch { role, .. }) => assert_eq!(role, Some(kind)),
                (_, error) => panic!("{listed}: {error:?}"),
            }
            assert_eq!(failure.role, listed);
            assert_eq!(client.versions(), stored);
        }
        let mut repository = good.clone();
        repository.tamper(listed, |bytes| bytes.truncate(bytes.len() - 1));
        let error = Client::new(&repository).refuses(&repository, "length-mismatch", listed);
        assert_eq!(
            error,
            Error::LengthMismatch { role: Some(kind), expected: length, found: length - 1 }
        );
    }
}

#[test]
fn the_version_that_is_listed_is_the_file_s() {
    for (listed, list) in [("snapshot", "timestamp"), ("targets", "snapshot")] {
        let mut repository = Repository::inconsistent();
        repository.listing = Listing::Versions;
        repository.edit(listed, |_| {});
        let mut client = Client::new(&repository);
        repository
            .edit(list, |signed| signed["meta"][format!("{listed}.json")]["version"] = 2.into());
        let error = client.refuses(&repository, "wrong-version", listed);
        assert_eq!(
            error,
            Error::WrongVersion { role: Role::from_name(listed), expected: 2, found: 1 }
        );
    }
}

#[test]
fn versions_alone_are_enough() {
    let mut repository = Repository::new();
    repository.listing = Listing::Versions;
    repository.delegate("targets", &Delegation::paths("claimed", &["*"]));
    repository.add_target("claimed", "a", b"a");
    Client::new(&repository).finds(&repository, "a");
}

#[test]
fn length_alone_or_hashes_alone_are_enforced() {
    for member in ["length", "hashes"] {
        let mut repository = Repository::new();
        repository.edit("snapshot", |snapshot| {
            snapshot["meta"]["targets.json"].as_object_mut().unwrap().remove(member);
        });
        Client::new(&repository).refreshes(&repository);
        repository.tamper("targets", |bytes| bytes.push(b' '));
        let code = if member == "length" { "hash-mismatch" } else { "length-mismatch" };
        Client::new(&repository).refuses(&repository, code, "targets");
    }
}

#[test]
fn all_supported_hashes_must_match_and_one_must_be_there() {
    let bytes = Repository::new().bytes("targets").to_vec();
    let right = |name: &str| hash(name, &bytes);
    let wrong = |name: &str| hash(name, b"something else");
    for (hashes, code) in [
        (json!({"sha256": right("sha256")}), None),
        (json!({"sha512": right("sha512")}), None),
        (json!({"blake2b-256": right("blake2b-256")}), None),
        (
            json!({"sha256": right("sha256"), "sha512": right("sha512"),
                "blake2b-256": right("blake2b-256")}),
            None,
        ),
        (json!({"sha256": right("sha256").to_uppercase()}), None),
        (json!({"md5": "00", "sha256": right("sha256"), "x": ""}), None),
        (json!({"sha256": wrong("sha256")}), Some("hash-mismatch")),
        (json!({"sha256": right("sha256"), "sha512": wrong("sha512")}), Some("hash-mismatch")),
        (json!({"sha256": wrong("sha256"), "sha512": right("sha512")}), Some("hash-mismatch")),
        (
            json!({"blake2b-256": wrong("blake2b-256"), "sha512": right("sha512")}),
            Some("hash-mismatch"),
        ),
        (json!({"md5": "d41d8cd98f00b204e9800998ecf8427e"}), Some("unsupported-hash")),
        (json!({"SHA256": right("sha256")}), Some("unsupported-hash")),
        (json!({}), Some("unsupported-hash")),
        (json!({"sha256": ""}), Some("invalid-form")),
        (json!({"sha256": &right("sha256")[1..]}), Some("invalid-form")),
        (json!({"sha256": &right("sha256")[2..]}), Some("invalid-form")),
        (json!({"sha256": format!("{}00", right("sha256"))}), Some("invalid-form")),
        (json!({"sha256": right("sha512")}), Some("invalid-form")),
        (json!({"sha256": format!("g{}", &right("sha256")[1..])}), Some("invalid-form")),
        (json!({"sha256": null}), Some("wrong-type")),
        (json!({"sha256": 1}), Some("wrong-type")),
        (json!(null), Some("wrong-type")),
        (json!([]), Some("wrong-type")),
    ] {
        let mut repository = Repository::new();
        repository.edit("snapshot", |snapshot| {
            snapshot["meta"]["targets.json"]["hashes"] = hashes.clone()
        });
        let role = if code == Some("hash-mismatch") { "targets" } else { "snapshot" };
        let mut client = Client::new(&repository);
        match code {
            None => drop(client.refreshes(&repository)),
            Some(code) => drop(client.refuses(&repository, code, role)),
        }
    }
}

#[test]
fn a_target_s_entry_has_length_and_hashes() {
    let digest = hash("sha256", b"a");
    for (entry, code) in [
        (json!({"length": 1}), "missing-member"),
        (json!({"hashes": {"sha256": digest}}), "missing-member"),
        (json!({"hashes": {}, "length": 1}), "unsupported-hash"),
        (json!({"hashes": {"md5": "00"}, "length": 1}), "unsupported-hash"),
        (json!({"hashes": {"sha256": "0"}, "length": 1}), "invalid-form"),
        (json!({"hashes": {"sha256": digest}, "length": "1"}), "wrong-type"),
        (json!({"hashes": {"sha256": digest}, "length": null}), "wrong-type"),
        (json!({"hashes": {"sha256": digest}, "length": -1}), "invalid-number"),
        (json!({"hashes": [digest], "length": 1}), "wrong-type"),
        (json!([]), "wrong-type"),
        (json!(null), "wrong-type"),
    ] {
        let mut repository = Repository::new();
        repository.add_target("targets", "b", b"b");
        repository.edit("targets", |targets| targets["targets"]["a"] = entry.clone());
        // Whatever is asked, the whole file is checked.
        for path in ["a", "b", "c"] {
            Client::new(&repository).find_refused(&repository, path, code, "targets");
        }
    }
}
