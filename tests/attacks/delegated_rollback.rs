//! A thief of the snapshot key offers an older delegated role, or hides it.

use crate::prelude::*;

fn before() -> Repository {
    let mut before = honest();
    before.delegate("targets", &Delegation::paths("claimed", &["claimed/*"]));
    before.edit("claimed", |claimed| claimed["version"] = 5.into());
    before
}

/// CVE-2025-2887.
#[test]
fn to_an_older_version() {
    let before = before();
    let mut attacked = before.clone();
    attacked.edit("claimed", |claimed| claimed["version"] = 4.into());
    attacked.publish("snapshot", |_| {});
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, Some("claimed/x"), "rollback", "snapshot");
    victim.keeps(&top_level(1, 1, 1, 2));
    victim.recovers(&later(&before));
}

/// CVE-2025-2887.
#[test]
fn by_removal() {
    let before = before();
    let mut attacked = before.clone();
    attacked.publish("snapshot", |snapshot| {
        snapshot["meta"].as_object_mut().unwrap().remove("claimed.json");
    });
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, Some("claimed/x"), "removed-from-snapshot", "snapshot");
    victim.keeps(&top_level(1, 1, 1, 2));
    victim.recovers(&later(&before));
}

/// CVE-2025-2887: the snapshot before is longer than any of which no length is listed, so that it
/// might not be read back as the floor.
#[test]
fn behind_a_padded_snapshot() {
    let mut padded = before();
    padded.publish("snapshot", |snapshot| snapshot["pad"] = "x".repeat(2_000_000).into());
    let mut attacked = padded.clone();
    attacked.edit("claimed", |claimed| claimed["version"] = 4.into());
    attacked.publish("snapshot", |snapshot| snapshot["pad"] = "".into());
    let mut victim = Victim::of(&padded);
    victim.refuses(&attacked, Some("claimed/x"), "rollback", "snapshot");
    victim.keeps(&top_level(1, 2, 1, 3));
    victim.recovers(&later(&padded));
}

/// CVE-2025-2887: the file on the server is older than the snapshot says.
#[test]
fn behind_the_snapshot_s_back() {
    let before = before();
    let mut attacked = before.clone();
    attacked.listing = picotuf_tests::repository::Listing::Versions;
    attacked.publish("claimed", |_| {});
    let name = attacked.file_name("claimed");
    attacked.files.insert(name, before.bytes("claimed").to_vec());
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, Some("claimed/x"), "wrong-version", "claimed");
    victim.keeps(&top_level(1, 2, 1, 2));
    victim.recovers(&later(&before));
}
