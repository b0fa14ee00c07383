//! An older state, replayed as soon as a new root no longer takes the newer one that is stored for
//! signed: it is a floor all the same.

use crate::prelude::*;

const ONLINE: [&str; 2] = ["timestamp", "snapshot"];

/// These keys sign the roles that are online, from the start.
fn with_keys(keys: &[Key]) -> Repository {
    let mut repository = honest();
    // Else the hashes that the stored timestamp lists would be enough to tell.
    repository.listing = Listing::Versions;
    repository.edit("targets", |_| {});
    for role in ONLINE.iter().rev() {
        repository.set_keys(role, keys, 1);
    }
    repository
}

/// With the next root, which has these keys for the roles that are online.
fn under_new_root(repository: &Repository, keys: &[Key], threshold: u64) -> Repository {
    let mut repository = repository.clone();
    repository.publish("root", |root| {
        ONLINE.iter().for_each(|role| set_keys(root, role, keys, threshold))
    });
    // What nobody signs is changed at will: which key a signature is said to be by.
    for role in ONLINE.iter().rev() {
        repository.sign_with(role, keys);
        repository.edit(role, |_| {});
    }
    repository
}

fn is_refused(old: &Repository, before: &Repository, keys: &[Key], threshold: u64) {
    let mut victim = Victim::of(before);
    victim.refuses(&under_new_root(old, keys, threshold), None, "rollback", "timestamp");
    victim.keeps(&top_level(2, 11, 11, 11));
    victim.recovers(&under_new_root(&later(before), keys, threshold));
}

#[test]
fn that_gives_a_key_another_name() {
    let old = with_keys(&[Key::ed25519("online")]);
    is_refused(&old, &later(&old), &[Key::ed25519("online").with_id("renamed")], 1);
}

/// The signature that counts stands behind more others than are checked in one reading.
#[test]
fn that_gives_a_key_another_name_behind_many_signatures() {
    let old = with_keys(&[Key::ed25519("online")]);
    let mut before = later(&old);
    for role in ONLINE.iter().rev() {
        before.edit_signatures(role, |signatures| {
            let junk =
                |number| json!({"keyid": format!("{number}"), "sig": format!("{number:0128}")});
            signatures.splice(0..0, (0..80).map(junk));
        });
    }
    is_refused(&old, &before, &[Key::ed25519("online").with_id("renamed")], 1);
}

/// Of what is stored, one key's signature is there: so it was published, or somebody took the
/// others out.
#[test]
fn that_raises_the_threshold() {
    let keys = [Key::ed25519("one"), Key::ed25519("another")];
    let old = with_keys(&keys);
    let mut before = old.clone();
    for role in ONLINE.iter().rev() {
        before.sign_with(role, &keys[..1]);
    }
    is_refused(&old, &later(&before), &keys, 2);
}

/// What no key of the new root has signed is no floor, or a stolen key could put it out of reach.
#[test]
fn but_not_what_no_key_has_signed() {
    let old = with_keys(&[Key::ed25519("online")]);
    let before = later(&old);
    let mut victim = Victim::of(&before);
    let mended = under_new_root(&old, &[Key::ed25519("new")], 1);
    victim.recovers(&mended);
    victim.keeps(&top_level(2, 1, 1, 1));
}
