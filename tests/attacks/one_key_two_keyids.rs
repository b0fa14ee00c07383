//! One public key under several keyids, or written in several ways, where two keys have to sign.

use crate::prelude::*;

fn keys() -> [Key; 4] {
    let key = Key::ed25519("one");
    let alias = key.clone().with_id("alias");
    let upper = key.clone().with_public(&key.public.to_uppercase());
    [key, alias, upper, Key::ed25519("two")]
}

/// CVE-2020-15093, GHSA-3633-5h82-39pq.
#[test]
fn of_a_top_level_role() {
    let mut before = honest();
    before.set_keys("targets", &keys(), 2);
    let mut attacked = before.clone();
    attacked.sign_with("targets", &keys()[..3]);
    attacked.publish("targets", |_| {});
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, None, "threshold-not-met", "targets");
    victim.keeps(&top_level(1, 2, 1, 2));
    victim.recovers(&later(&before));
}

/// CVE-2020-15093, GHSA-3633-5h82-39pq.
#[test]
fn of_a_delegated_role() {
    let mut before = honest();
    before.delegate(
        "targets",
        &Delegation::paths("claimed", &["claimed/*"]).keys(&keys()).threshold(2),
    );
    let mut attacked = before.clone();
    attacked.sign_with("claimed", &keys()[..3]);
    attacked.publish("claimed", |_| {});
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, Some("claimed/x"), "threshold-not-met", "claimed");
    victim.keeps(&top_level(1, 2, 1, 2));
    victim.recovers(&later(&before));
}

/// GMS-2022-4197: the threshold that a new root sets for itself.
#[test]
fn of_a_new_root() {
    let before = honest();
    let mut attacked = before.clone();
    let mut signers = before.signers("root").to_vec();
    signers.extend_from_slice(&keys()[..3]);
    attacked.sign_with("root", &signers);
    attacked.publish("root", |root| set_keys(root, "root", &keys(), 2));
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, None, "threshold-not-met", "root");
    victim.keeps(&top_level(1, 1, 1, 1));
    victim.recovers(&later(&before));
}
