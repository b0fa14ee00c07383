//! What a client stored earlier: versions that go up, down and away; and the chain of roots.

use picotuf_tests::delegation::Delegation;
use picotuf_tests::keys::Key;
use picotuf_tests::repository::{EXPIRED, Listing, Repository, set_keys};

use serde_json::{Value, json};

use crate::case::{CONTENT, Case, PROJECT, TARGET, base, case, changed, edit_unsigned};

/// A state of the repository that is some versions ahead.
const AHEAD: u64 = 100;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    seen(&mut cases);
    chain(&mut cases);
    recovery(&mut cases);
    rewritten(&mut cases);
    read_loosely(&mut cases);
    cases
}

/// A snapshot that comes again under its version, after the client has stored it.
fn rewritten(cases: &mut Vec<Case>) {
    let earlier = base();
    let mut later = earlier.clone();
    later.publish("timestamp", |_| {});
    for (what, spec_version) in [("targets", "1.0.35"), ("targets that cannot be read", "2.0.0")] {
        let mut later = later.clone();
        later.edit("targets", |targets| targets["spec_version"] = spec_version.into());
        cases.push(
            Case::new(format!("stored before: the snapshot is rewritten for {what}"), &later)
                .after(&earlier),
        );
    }
    for (what, members) in
        [("length", ["version", "length"].as_slice()), ("version alone", &["version"])]
    {
        let mut later = later.clone();
        later.edit_file("snapshot", |bytes| {
            let mut file: Value = serde_json::from_slice(bytes).unwrap();
            let signatures = file["signatures"].as_array_mut().unwrap();
            signatures.push(signatures[0].clone());
            *bytes = file.to_string().into_bytes();
        });
        later.edit("timestamp", |timestamp| {
            let entry = timestamp["meta"]["snapshot.json"].as_object_mut().unwrap();
            entry.retain(|name, _| members.contains(&name.as_str()));
        });
        let name =
            format!("stored before: the snapshot has a signature twice, its {what} is listed");
        cases.push(Case::new(name, &later).after(&earlier));
    }
}

/// Members that Python leaves out, or puts in, when it reads a file; and more than a root in the
/// trust anchor.
fn read_loosely(cases: &mut Vec<Case>) {
    for (what, other) in
        [("another file", json!({"version": 1})), ("a number for another file", json!(1))]
    {
        cases.push(case(format!("timestamp lists {what}"), |repository| {
            repository
                .edit("timestamp", |timestamp| timestamp["meta"]["other.json"] = other.clone());
        }));
        cases.push(case(format!("timestamp lists {what}, unsigned"), |repository| {
            edit_unsigned(repository, "timestamp", |timestamp| {
                timestamp["meta"]["other.json"] = other.clone()
            });
        }));
    }
    for role in ["timestamp", "snapshot", "targets", PROJECT] {
        cases.push(case(format!("{role} /version: null, unsigned"), |repository| {
            edit_unsigned(repository, role, |signed| signed["version"] = Value::Null);
        }));
    }
    cases.push(case("snapshot /meta/other.json/length: false", |repository| {
        repository.edit("snapshot", |snapshot| {
            snapshot["meta"]["other.json"] = json!({"version": 1, "length": false})
        });
    }));
    for (what, length) in [("the longest", 512_000), ("longer than a root may be", 512_001)] {
        cases.push(case(format!("trust anchor: {what}"), |repository| {
            repository.edit_file("root", |bytes| bytes.resize(length, b' '));
        }));
    }
}

/// A client that has seen the repository at version 5 of everything.
fn seen(cases: &mut Vec<Case>) {
    let earlier = at_version_5();
    let mut add = |what: &str, change: &dyn Fn(&mut Repository)| {
        let mut later = earlier.clone();
        change(&mut later);
        cases.push(Case::new(format!("stored before: {what}"), &later).after(&earlier));
    };
    add("nothing changed", &|_| {});
    for role in ["targets", PROJECT, "snapshot", "timestamp"] {
        for (what, version) in [("a version up", 6), ("a hundred versions up", 105)] {
            add(&format!("{role} goes {what}, properly listed"), &|repository| {
                repository.publish(role, |signed| signed["version"] = version.into());
            });
        }
        add(&format!("{role} goes a version down, listed in new files"), &|repository| {
            repository.publish(role, |signed| signed["version"] = 4.into());
        });
        add(&format!("{role} goes to version 1, listed at the old versions"), &|repository| {
            repository.edit(role, |signed| signed["version"] = 1.into());
        });
        add(&format!("{role} changes at its version, listed in new files"), &|repository| {
            repository.publish(role, |signed| {
                signed["version"] = 5.into();
                signed["x-unknown"] = 1.into();
            });
        });
        add(&format!("{role} changes at its version, listed at the old versions"), &|repository| {
            repository.edit(role, |signed| signed["x-unknown"] = 1.into());
        });
        add(&format!("{role} is published as expired"), &|repository| {
            repository.publish(role, |signed| signed["expires"] = EXPIRED.into())
        });
        add(&format!("{role} is signed by another key"), &|repository| {
            repository.sign_with(role, &[Key::ed25519("a thief's")]);
            repository.publish(role, |_| {});
        });
        add(&format!("{role} is broken at a new version"), &|repository| {
            repository.publish(role, |_| {});
            repository.tamper(role, |bytes| bytes.truncate(20));
        });
        add(&format!("{role} is gone at a new version"), &|repository| {
            repository.publish(role, |_| {});
            repository.remove(role);
        });
        add(&format!("{role} is gone at its version"), &|repository| repository.remove(role));
    }
    for role in ["targets", PROJECT, "other"] {
        add(&format!("{role} is no longer listed"), &|repository| {
            repository.publish("snapshot", |signed| {
                signed["meta"].as_object_mut().unwrap().remove(&format!("{role}.json"));
            });
        });
        add(&format!("{role} is no longer listed, at the old versions"), &|repository| {
            repository.edit("snapshot", |signed| {
                signed["meta"].as_object_mut().unwrap().remove(&format!("{role}.json"));
            });
        });
        add(&format!("{role} is listed at a lower version"), &|repository| {
            repository.publish("snapshot", |signed| {
                signed["meta"][format!("{role}.json")]["version"] = 4.into()
            });
        });
    }
    add("the timestamp lists a lower snapshot", &|repository| {
        repository
            .publish("timestamp", |signed| signed["meta"]["snapshot.json"]["version"] = 4.into());
    });
    add("an equal timestamp lists a higher snapshot", &|repository| {
        repository.publish("snapshot", |_| {});
        repository.edit("timestamp", |signed| signed["version"] = 5.into());
    });
    add("a role is new", &|repository| {
        repository.publish("targets", |signed| Delegation::paths("new", &["new/*"]).add_to(signed));
        repository.role("new", &[Key::ed25519("new")]);
        repository.publish("new", |_| {});
    });
    // What is stored has been damaged, or has expired meanwhile.
    for role in ["timestamp", "snapshot", "targets", PROJECT] {
        let mut damaged = Case::new(format!("stored before: {role} was damaged on disk"), &earlier)
            .after(&earlier);
        damaged.store.get_mut(role).unwrap().truncate(30);
        cases.push(damaged);
        let mut gone = Case::new(format!("stored before: {role} was deleted on disk"), &earlier)
            .after(&earlier);
        gone.store.remove(role);
        cases.push(gone);
        let mut expired = earlier.clone();
        expired.edit_alone(role, |signed| signed["expires"] = EXPIRED.into());
        for (what, later) in [("nothing new is there", false), ("all is there anew", true)] {
            let mut repository = earlier.clone();
            if later {
                repository.publish(role, |_| {});
            }
            let mut case = Case::new(
                format!("stored before: {role} has expired on disk, {what}"),
                &repository,
            )
            .after(&earlier);
            case.store.insert(role.to_owned(), expired.bytes(role).to_vec());
            cases.push(case);
        }
        // The equal file on the server has expired too.
        let mut both = earlier.clone();
        both.listing = Listing::Full;
        both.edit(role, |signed| signed["expires"] = EXPIRED.into());
        let mut case = Case::new(
            format!("stored before: {role} has expired on disk and on the server"),
            &both,
        )
        .after(&earlier);
        case.store.insert(role.to_owned(), both.bytes(role).to_vec());
        cases.push(case);
    }
}

/// Chains of roots, from the first.
fn chain(cases: &mut Vec<Case>) {
    let new = [Key::ed25519("new root 1"), Key::ed25519("new root 2")];
    let mut add = |what: &str, change: &dyn Fn(&mut Repository)| {
        cases.push(Case::new(format!("roots: {what}"), &changed(|repository| change(repository))))
    };
    add("a second one by the same key", &|repository| repository.publish("root", |_| {}));
    add("twenty more by the same key", &|repository| {
        (0..20).for_each(|_| repository.publish("root", |_| {}))
    });
    for role in ["root", "timestamp", "snapshot", "targets"] {
        add(&format!("{role} gets another key"), &|repository| {
            repository.rotate(role, &new[..1], 1)
        });
        add(&format!("{role} gets two keys, both needed"), &|repository| {
            repository.rotate(role, &new, 2)
        });
        add(
            &format!("{role} gets another key and keeps signing with the old one"),
            &|repository| {
                let old = repository.signers(role).to_vec();
                repository.rotate(role, &new[..1], 1);
                repository.sign_with(role, &old);
                repository.publish(role, |_| {});
            },
        );
        add(&format!("{role} gets a threshold that it does not meet"), &|repository| {
            let keys = [repository.signers(role).to_vec(), new[..1].to_vec()].concat();
            repository.publish("root", |root| set_keys(root, role, &keys, 2));
        });
    }
    add("back to the first key", &|repository| {
        let old = repository.signers("root").to_vec();
        repository.rotate("root", &new[..1], 1);
        repository.rotate("root", &old, 1);
    });
    add("the new one is signed by the old key alone", &|repository| {
        repository.publish("root", |root| set_keys(root, "root", &new[..1], 1));
    });
    add("the new one is signed by the new key alone", &|repository| {
        repository.sign_with("root", &new[..1]);
        repository.publish("root", |root| set_keys(root, "root", &new[..1], 1));
    });
    add("the new one is signed by a stranger too", &|repository| {
        let keys = [repository.signers("root").to_vec(), vec![Key::ed25519("a stranger")]].concat();
        repository.sign_with("root", &keys);
        repository.publish("root", |_| {});
    });
    for (what, version) in [("the same version", 1), ("two versions up", 3), ("version 0", 0)] {
        add(&format!("the second one says {what}"), &|repository| {
            repository.publish("root", |_| {});
            let name = repository.file_name("root");
            repository.edit_alone("root", |root| root["version"] = version.into());
            let other = repository.bytes("root").to_vec();
            repository.files.insert(name, other);
        });
    }
    add("a gap: the third is there, the second is not", &|repository| {
        repository.publish("root", |_| {});
        repository.publish("root", |_| {});
        repository.files.remove("2.root.json");
    });
    add("the second one is no JSON", &|repository| {
        repository.publish("root", |_| {});
        repository.tamper("root", |bytes| bytes.truncate(20));
    });
    add("the second one is a targets file", &|repository| {
        let other = repository.bytes("targets").to_vec();
        repository.files.insert("2.root.json".to_owned(), other);
    });
    add("the first has expired, the second has not", &|repository| {
        repository.edit("root", |root| root["expires"] = EXPIRED.into());
        repository.publish("root", |root| root["expires"] = "2027-01-01T00:00:00Z".into());
    });
    add("the second has expired, the third has not", &|repository| {
        repository.publish("root", |root| root["expires"] = EXPIRED.into());
        repository.publish("root", |root| root["expires"] = "2027-01-01T00:00:00Z".into());
    });
    add("the last one has expired", &|repository| {
        repository.publish("root", |root| root["expires"] = EXPIRED.into())
    });
    add("the only one has expired", &|repository| {
        repository.edit("root", |root| root["expires"] = EXPIRED.into())
    });
    add("consistent snapshots end", &|repository| {
        repository.publish("root", |root| root["consistent_snapshot"] = false.into());
        for role in ["snapshot", "targets", PROJECT] {
            let bytes = repository.bytes(role).to_vec();
            repository.files.insert(format!("{role}.json"), bytes);
        }
        repository.files.insert(format!("targets/{TARGET}"), CONTENT.to_vec());
    });
    for number in [255, 256, 257] {
        add(&format!("{number} more of them"), &|repository| {
            (0..number).for_each(|_| repository.publish("root", |_| {}))
        });
    }
    add("another role's key is root's too", &|repository| {
        let key = repository.signers("timestamp").to_vec();
        repository.rotate("root", &key, 1);
    });
}

/// A repository was taken over, went far ahead, and starts again with new keys.
fn recovery(cases: &mut Vec<Case>) {
    let mut ahead = base();
    for role in ["targets", "snapshot", "timestamp"] {
        ahead.publish(role, |signed| signed["version"] = AHEAD.into());
    }
    for (what, roles, removed) in [
        ("timestamp's key is replaced", ["timestamp"].as_slice(), true),
        ("snapshot's key is replaced", &["snapshot"], true),
        ("both keys are replaced", &["timestamp", "snapshot"], true),
        ("timestamp gets a key more", &["timestamp"], false),
        ("snapshot gets a key more", &["snapshot"], false),
        ("targets' key is replaced", &["targets"], true),
    ] {
        for (how, back) in [
            ("timestamp", ["timestamp"].as_slice()),
            ("snapshot", &["snapshot"]),
            ("targets", &["targets"]),
            ("all", &["targets", "snapshot", "timestamp"]),
        ] {
            let mut again = base();
            for role in ["targets", "snapshot", "timestamp"] {
                let version = if back.contains(&role) { 2 } else { AHEAD + 10 };
                again.publish(role, |signed| signed["version"] = version.into());
            }
            again.publish("root", |root| {
                for role in roles {
                    let mut keys = vec![Key::ed25519(&format!("after the theft: {role}"))];
                    if !removed {
                        keys.push(Key::ed25519(role));
                    }
                    set_keys(root, role, &keys, 1);
                }
            });
            for role in roles {
                again.sign_with(role, &[Key::ed25519(&format!("after the theft: {role}"))]);
                again.edit(role, |_| {});
            }
            cases.push(
                Case::new(format!("recovery: {what}, versions go back: {how}"), &again)
                    .after(&ahead),
            );
        }
    }
}

fn at_version_5() -> Repository {
    let mut repository = base();
    repository.delegate("targets", &Delegation::paths("other", &["other/*"]));
    for role in [PROJECT, "other", "targets", "snapshot", "timestamp"] {
        repository.publish(role, |signed| signed["version"] = 5.into());
    }
    for role in ["snapshot", "timestamp"] {
        repository.edit(role, |signed| signed["version"] = 5.into());
    }
    repository
}
