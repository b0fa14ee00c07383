//! Delegations that lead to as much work as they can.

use picotuf::Work;
use picotuf_tests::delegation::Delegation;
use picotuf_tests::keys::Key;
use picotuf_tests::repository::Repository;
use serde_json::json;

use crate::{PER_BYTE, SIZE, is_linear, within};

/// All of 16,384 delegations match, and lead to roles that have nothing.
#[test]
fn that_all_match() {
    let make = |size: usize| {
        let mut repository = Repository::new();
        let count = size * 16_384 / SIZE;
        for number in 0..40 {
            repository.role(&format!("role-{number:05}"), &[Key::ed25519("all")]);
        }
        repository.edit("targets", |targets| {
            Delegation::paths("role", &["*"]).keys(&[Key::ed25519("all")]).add_to(targets);
            let first = targets["delegations"]["roles"][0].clone();
            let entry = |number: usize| {
                let mut entry = first.clone();
                entry["name"] = format!("role-{number:05}").into();
                entry["x"] = "y".repeat(90).into();
                entry
            };
            targets["delegations"]["roles"] = (0..count).map(entry).collect();
        });
        repository
    };
    // A search keeps no delegators: for each of the 32 roles that it visits, it reads again the one
    // that it goes back to.
    let bounds = Work { read: 34, hashed: 40, matched: 8, ..PER_BYTE };
    within("delegations that match", make, SIZE, Some("file"), Some("limit-reached"), &bounds);
}

/// To decode a key takes a square root: of keys that nobody names, none is decoded but those that
/// there was room for.
#[test]
fn with_keys_that_nobody_needs() {
    let make = |size: usize| {
        let mut repository = Repository::new();
        let key = Key::p384("unneeded");
        repository
            .delegate("targets", &Delegation::paths("role", &["*"]).keys(&[Key::ed25519("role")]));
        repository.edit("targets", |targets| {
            let keys = targets["delegations"]["keys"].as_object_mut().unwrap();
            let length = key.json().to_string().len() + 68;
            keys.extend((0..size / length).map(|number| (format!("{number:064x}"), key.json())));
        });
        repository
    };
    is_linear("keys", make, SIZE, Some("file"), None, 1);
}

/// Two roles in each layer, each of which delegates to both of the next: 2^layers ways.
#[test]
fn that_explode() {
    let make = |layers: usize| {
        let mut repository = Repository::new();
        let mut parents = vec!["targets".to_owned()];
        for layer in 0..layers {
            let children: Vec<String> =
                ["a", "b"].iter().map(|side| format!("{side}-{layer:02}")).collect();
            for parent in &parents {
                for child in &children {
                    repository.delegate(parent, &Delegation::paths(child, &["*"]));
                }
            }
            parents = children;
        }
        repository
    };
    is_linear("layers", make, 14, Some("file"), None, 8);
}

/// Patterns of stars against a path of the same letter: the most that a pattern can cost is the
/// product of the two lengths.
#[test]
fn with_patterns_made_to_backtrack() {
    let path = "a".repeat(200);
    let make = |size: usize| {
        let mut repository = Repository::new();
        repository.edit("targets", |targets| {
            Delegation::paths("role", &["x"]).add_to(targets);
            let pattern = format!("{}b", "a*".repeat(100));
            targets["delegations"]["roles"][0]["paths"] = json!(vec![pattern; size / 205]);
        });
        repository.role("role", &[Key::ed25519("role")]);
        repository
    };
    is_linear("patterns", make, SIZE / 10, Some(&path), None, path.len() as u64);
}
