//! Signatures and thresholds.

use picotuf_tests::keys::Key;
use picotuf_tests::repository::set_keys;
use serde_json::{Value, json};

use crate::case::{Case, PROJECT, case};

const ROLES: [&str; 5] = ["root", "timestamp", "snapshot", "targets", PROJECT];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    entries(&mut cases);
    thresholds(&mut cases);
    keyids(&mut cases);
    cases
}

/// The list of signatures of a role that needs one.
fn entries(cases: &mut Vec<Case>) {
    let mut add = |what: &str, change: &dyn Fn(&mut Vec<Value>)| {
        for role in ROLES {
            cases.push(case(format!("{role} signatures: {what}"), |repository| {
                repository.edit_signatures(role, change)
            }));
        }
    };
    add("none", &|list| list.clear());
    add("the same twice", &|list| list.push(list[0].clone()));
    add("another of the same keyid behind", &|list| {
        list.push(json!({"keyid": list[0]["keyid"], "sig": "00"}))
    });
    add("one of an unknown key before", &|list| {
        list.insert(0, json!({"keyid": "unknown", "sig": list[0]["sig"]}))
    });
    add("an unknown keyid twice", &|list| {
        list.extend([json!({"keyid": "x", "sig": ""}), json!({"keyid": "x", "sig": ""})])
    });
    add("the wrong keyid", &|list| list[0]["keyid"] = "0".repeat(64).into());
    add("a changed digit", &|list| {
        let sig = list[0]["sig"].as_str().unwrap();
        let digit = if sig.starts_with('0') { "1" } else { "0" };
        list[0]["sig"] = format!("{digit}{}", &sig[1..]).into();
    });
    add("upper case", &|list| {
        list[0]["sig"] = list[0]["sig"].as_str().unwrap().to_uppercase().into()
    });
    add("upper case keyid", &|list| {
        list[0]["keyid"] = list[0]["keyid"].as_str().unwrap().to_uppercase().into()
    });
    add("a digit short", &|list| list[0]["sig"] = list[0]["sig"].as_str().unwrap()[1..].into());
    add("a byte short", &|list| list[0]["sig"] = list[0]["sig"].as_str().unwrap()[2..].into());
    add("a byte long", &|list| {
        list[0]["sig"] = format!("{}00", list[0]["sig"].as_str().unwrap()).into()
    });
    add("blanks between bytes", &|list| {
        let sig = list[0]["sig"].as_str().unwrap();
        list[0]["sig"] = format!("{} {}", &sig[..2], &sig[2..]).into();
    });
    add("0x before", &|list| {
        list[0]["sig"] = format!("0x{}", list[0]["sig"].as_str().unwrap()).into()
    });
    for (what, value) in [
        ("null", Value::Null),
        ("a number", 1.into()),
        ("a list", json!([])),
        ("empty", "".into()),
        ("no hex", "zz".into()),
    ] {
        add(&format!("sig is {what}"), &|list| list[0]["sig"] = value.clone());
        add(&format!("another's sig is {what}"), &|list| {
            list.push(json!({"keyid": "other", "sig": value}))
        });
        add(&format!("keyid is {what}"), &|list| list[0]["keyid"] = value.clone());
        add(&format!("another entry is {what}"), &|list| list.push(value.clone()));
    }
    for name in ["keyid", "sig"] {
        add(&format!("no {name}"), &|list| {
            list[0].as_object_mut().unwrap().remove(name);
        });
        add(&format!("another's without {name}"), &|list| {
            let mut other = json!({"keyid": "other", "sig": "00"});
            other.as_object_mut().unwrap().remove(name);
            list.push(other);
        });
    }
    add("an unknown member", &|list| list[0]["x"] = json!({"a": null}));
    for number in [127, 128, 500] {
        add(&format!("{number} of unknown keys behind"), &|list| {
            list.extend((0..number).map(|n| json!({"keyid": n.to_string(), "sig": "00"})))
        });
    }
}

/// How many must sign, and how many do.
fn thresholds(cases: &mut Vec<Case>) {
    let keys: Vec<Key> =
        (0..4).map(|number| Key::ed25519(&format!("signatures {number}"))).collect();
    for role in ROLES {
        for (of, threshold, signing) in [
            (2, 2, 2),
            (2, 2, 1),
            (3, 2, 2),
            (3, 2, 1),
            (3, 2, 3),
            (4, 3, 3),
            (4, 4, 3),
            (1, 2, 1),
            (3, 1, 1),
            (3, 1, 0),
        ] {
            let keys = &keys[..of];
            cases.push(case(
                format!("{role} threshold: {signing} sign of {of}, {threshold} needed"),
                |repository| {
                    give(repository, role, keys, threshold);
                    repository.sign_with(role, &keys[..signing]);
                    repository.edit(role, |_| {});
                },
            ));
        }
        let twins = [keys[0].clone(), keys[0].clone().with_id("twin")];
        cases.push(case(
            format!("{role} threshold: one key under two keyids, 2 needed"),
            |repository| give(repository, role, &twins, 2),
        ));
        cases.push(case(
            format!("{role} threshold: one key under two keyids, 1 needed"),
            |repository| give(repository, role, &twins, 1),
        ));
    }
}

/// Keyids that are unlike the keys that they stand for.
fn keyids(cases: &mut Vec<Case>) {
    for role in ["timestamp", PROJECT] {
        let mut add = |what: &str, id: &str| {
            let key = Key::ed25519(role).with_id(id);
            cases.push(case(format!("{role} keyid: {what}"), |repository| {
                give(repository, role, &[key], 1)
            }));
        };
        add("no hash", "timestamp key");
        add("empty", "");
        add("long", &"k".repeat(300));
        add("of other letters", "é\u{1f40d}\n");
        add("like a member of every object", "__proto__");
        for (what, change) in [
            ("listed twice", (|ids, _| ids.push(ids[0].clone())) as fn(&mut Vec<Value>, &str)),
            ("listed twice, 2 needed", |ids, _| ids.push(ids[0].clone())),
            ("of no key, behind", |ids, _| ids.push("nobody".into())),
            ("of no key, before", |ids, _| ids.insert(0, "nobody".into())),
            ("none", |ids, _| ids.clear()),
            ("a number behind", |ids, _| ids.push(1.into())),
            ("2,048 letters behind", |ids, _| ids.push("x".repeat(2048).into())),
            ("2,049 letters behind", |ids, _| ids.push("x".repeat(2049).into())),
            ("33 of them", |ids, _| {
                ids.extend((0..32).map(|n| Value::from(format!("nobody {n}"))))
            }),
        ] {
            cases.push(case(format!("{role} keyids: {what}"), |repository| {
                let (parent, pointer) = if role == PROJECT {
                    ("targets", "/delegations/roles/0")
                } else {
                    ("root", "/roles/timestamp")
                };
                repository.edit(parent, |signed| {
                    let granted = signed.pointer_mut(pointer).unwrap();
                    change(granted["keyids"].as_array_mut().unwrap(), role);
                    if what.ends_with("2 needed") {
                        granted["threshold"] = 2.into();
                    }
                });
            }));
        }
    }
    for role in ["root", "timestamp"] {
        for other in ["x-unknown", "mirrors", "Root"] {
            cases.push(case(format!("{role} keys: root has a role {other}"), |repository| {
                repository.edit("root", |root| root["roles"][other] = root["roles"][role].clone());
            }));
        }
    }
    cases.push(case("root keys: one that nobody has", |repository| {
        let key = Key::ed25519("nobody's");
        repository.edit("root", |root| root["keys"][&key.id] = key.json());
    }));
}

/// Gives a role these keys, who then sign it.
pub(super) fn give(
    repository: &mut picotuf_tests::repository::Repository,
    role: &str,
    keys: &[Key],
    threshold: u64,
) {
    if role != PROJECT {
        repository.sign_with(role, keys);
        repository.edit("root", |root| set_keys(root, role, keys, threshold));
        repository.edit(role, |_| {});
        return;
    }
    repository.edit("targets", |targets| {
        let delegations = &mut targets["delegations"];
        delegations["keys"] = keys
            .iter()
            .map(|key| (key.id.clone(), key.json()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        delegations["roles"][0]["keyids"] = keys.iter().map(|key| key.id.clone()).collect();
        delegations["roles"][0]["threshold"] = threshold.into();
    });
    repository.sign_with(role, keys);
    repository.edit(role, |_| {});
}
