//! Signatures that are good for nothing.

use picotuf::Work;
use picotuf::limits::ROLE_KEYS_MAX;
use picotuf_tests::keys::Key;
use picotuf_tests::repository::Repository;
use serde_json::json;

use crate::{PER_BYTE, SIZE, is_linear, within};

fn with(size: usize, entry: impl Fn(usize) -> serde_json::Value) -> Repository {
    let mut repository = Repository::new();
    repository.edit_signatures("targets", |signatures| {
        let length = entry(0).to_string().len() + 2;
        signatures.extend((0..size / length).map(entry));
    });
    repository
}

#[test]
fn the_same_again_and_again() {
    let id = Key::ed25519("targets").id;
    let make = |size| with(size, |_| json!({"keyid": id, "sig": ""}));
    is_linear("one keyid", make, SIZE, None, Some("duplicate-signature"), 0);
}

#[test]
fn of_unknown_keys() {
    let make = |size| with(size, |number| json!({"keyid": format!("{number:06}"), "sig": ""}));
    is_linear("unknown keyids", make, SIZE, None, Some("limit-reached"), 0);
}

/// All are checked, each over the whole file: as many as a role may have keys.
#[test]
fn of_the_role_s_own_keys() {
    let keys: Vec<Key> =
        (0..ROLE_KEYS_MAX).map(|number| Key::ed25519(&format!("key {number}"))).collect();
    let make = |size: usize| {
        let mut repository = Repository::new();
        repository.set_keys("targets", &keys, ROLE_KEYS_MAX as u64);
        repository.edit("targets", |targets| targets["x"] = "y".repeat(size).into());
        repository
    };
    // Each signature has a hash of its own: so many times as many bytes are hashed.
    within("a signature by each key", make, SIZE, None, None, &Work { hashed: 40, ..PER_BYTE });
}
