//! A newer timestamp that points to an older snapshot: kept too early, it would become the new
//! floor.

use crate::prelude::*;

/// CVE-2025-2888.
#[test]
fn is_not_kept() {
    let mut before = honest();
    before.edit("snapshot", |snapshot| snapshot["version"] = 5.into());
    let mut attacked = before.clone();
    attacked.edit("snapshot", |snapshot| snapshot["version"] = 4.into());
    attacked.publish("timestamp", |_| {});
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, None, "rollback", "timestamp");
    victim.keeps(&top_level(1, 5, 1, 1));
    victim.works_offline();
    victim.recovers(&later(&before));
}
