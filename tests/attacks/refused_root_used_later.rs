//! A root that failed verification must not be trusted later, by the next step or by the next run.

use crate::prelude::*;

/// CVE-2020-15163.
#[test]
fn by_the_next_run() {
    let before = honest();
    let thief = Key::ed25519("thief");
    let mut attacked = before.clone();
    attacked.sign_with("root", std::slice::from_ref(&thief));
    attacked.publish("root", |root| set_keys(root, "timestamp", std::slice::from_ref(&thief), 1));
    attacked.sign_with("timestamp", &[thief]);
    attacked.publish("timestamp", |_| {});
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, None, "threshold-not-met", "root");
    victim.keeps(&top_level(1, 1, 1, 1));
    victim.works_offline();
    // The root is off the server again; what it would have vouched for is there still.
    attacked.remove("root");
    victim.refuses(&attacked, None, "threshold-not-met", "timestamp");
    victim.keeps(&top_level(1, 1, 1, 1));
    victim.works_offline();
    victim.recovers(&later(&before));
}
