//! A threshold that nobody has to meet.

use crate::prelude::*;

/// CVE-2026-23992.
#[test]
fn of_a_top_level_role() {
    let before = honest();
    for (threshold, code) in
        [(json!(0), "zero"), (json!(-1), "invalid-number"), (json!(null), "wrong-type")]
    {
        let mut attacked = before.clone();
        attacked.publish("root", |root| root["roles"]["targets"]["threshold"] = threshold.clone());
        attacked.publish("targets", |_| {});
        attacked.edit_signatures("targets", Vec::clear);
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, None, code, "root");
        victim.keeps(&top_level(1, 1, 1, 1));
        victim.works_offline();
        victim.recovers(&later(&before));
    }
}

/// CVE-2026-23992.
#[test]
fn of_a_delegation() {
    let before = honest();
    for (threshold, code) in
        [(json!(0), "zero"), (json!(-1), "invalid-number"), (json!(null), "wrong-type")]
    {
        let mut attacked = before.clone();
        attacked.publish("targets", |targets| {
            Delegation::paths("claimed", &["claimed/*"]).add_to(targets);
            targets["delegations"]["roles"][0]["threshold"] = threshold.clone();
        });
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, Some("claimed/x"), code, "targets");
        victim.keeps(&top_level(1, 2, 1, 2));
        victim.recovers(&later(&before));
    }
}
