//! One key signs twice where two keys have to.

use crate::prelude::*;

/// CVE-2020-6174.
#[test]
fn of_a_top_level_role() {
    let keys = [Key::ed25519("one"), Key::ed25519("two")];
    let mut before = honest();
    before.set_keys("targets", &keys, 2);
    let mut attacked = before.clone();
    attacked.sign_with("targets", &keys[..1]);
    attacked.publish("targets", |_| {});
    attacked.edit_signatures("targets", |signatures| signatures.push(signatures[0].clone()));
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, None, "duplicate-signature", "targets");
    victim.keeps(&top_level(1, 2, 1, 2));
    victim.recovers(&later(&before));
}

/// CVE-2026-6966.
#[test]
fn of_a_delegated_role() {
    let keys = [Key::ed25519("one"), Key::ed25519("two")];
    let mut before = honest();
    before.delegate(
        "targets",
        &Delegation::paths("claimed", &["claimed/*"]).keys(&keys).threshold(2),
    );
    let mut attacked = before.clone();
    attacked.sign_with("claimed", &keys[..1]);
    attacked.add_target("claimed", "claimed/x", b"evil");
    attacked.publish("claimed", |_| {});
    attacked.edit_signatures("claimed", |signatures| signatures.push(signatures[0].clone()));
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, Some("claimed/x"), "duplicate-signature", "claimed");
    victim.keeps(&top_level(1, 2, 1, 2));
    victim.recovers(&later(&before));
}

/// GMS-2022-4197: the threshold that a new root sets for itself.
#[test]
fn of_a_new_root() {
    let before = honest();
    let keys = [Key::ed25519("one"), Key::ed25519("two")];
    let mut attacked = before.clone();
    attacked.sign_with("root", &[before.signers("root")[0].clone(), keys[0].clone()]);
    attacked.publish("root", |root| set_keys(root, "root", &keys, 2));
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, None, "threshold-not-met", "root");
    attacked.edit_signatures("root", |signatures| signatures.push(signatures[1].clone()));
    victim.refuses(&attacked, None, "duplicate-signature", "root");
    victim.keeps(&top_level(1, 1, 1, 1));
    victim.recovers(&later(&before));
}
