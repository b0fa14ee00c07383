//! Thousands of signatures that are good for nothing but work.

use crate::prelude::*;

/// CVE-2020-6173.
#[test]
fn of_unknown_keys() {
    let before = honest();
    for role in ["targets", "timestamp"] {
        let mut attacked = before.clone();
        attacked.publish(role, |_| {});
        attacked.edit_signatures(role, |signatures| {
            let many = if role == "timestamp" { 150 } else { 20_000 };
            let entry = |number| json!({"keyid": format!("{number:04x}"), "sig": "00"});
            signatures.splice(0..0, (0..many).map(entry));
        });
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, None, "limit-reached", role);
        victim.keeps(&if role == "targets" {
            top_level(1, 2, 1, 2)
        } else {
            top_level(1, 1, 1, 1)
        });
        victim.recovers(&later(&before));
    }
}

/// CVE-2020-6173: each by a key of the role, so that each has to be checked: never more than the
/// role has keys.
#[test]
fn of_the_role_s_own_keys() {
    let keys: Vec<Key> = (0..20).map(|number| Key::ed25519(&format!("key {number}"))).collect();
    let mut before = honest();
    before.set_keys("targets", &keys, 1);
    before.sign_with("targets", &keys[..1]);
    before.edit("targets", |_| {});
    let mut attacked = before.clone();
    attacked.publish("targets", |_| {});
    attacked.edit_signatures("targets", |signatures| {
        *signatures = keys
            .iter()
            .map(|key| json!({"keyid": key.id, "sig": key.sign(b"something else")}))
            .collect();
    });
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, None, "threshold-not-met", "targets");
    victim.keeps(&top_level(1, 2, 1, 2));
    victim.recovers(&later(&before));
}
