//! An older state of the repository, well signed in its day.

use crate::prelude::*;

/// CVE-2022-29173.
#[test]
fn of_the_whole_repository() {
    let old = honest();
    let before = later(&old);
    let mut victim = Victim::of(&before);
    victim.refuses(&old, None, "rollback", "timestamp");
    victim.keeps(&top_level(1, 11, 11, 11));
    victim.works_offline();
    victim.recovers(&later(&before));
}

/// CVE-2022-29173: with a stolen snapshot and timestamp key.
#[test]
fn of_targets_alone() {
    let old = honest();
    let before = later(&old);
    let mut attacked = before.clone();
    attacked.edit("targets", |targets| targets["version"] = 3.into());
    attacked.publish("snapshot", |_| {});
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, None, "rollback", "snapshot");
    victim.keeps(&top_level(1, 11, 11, 12));
    victim.recovers(&later(&before));
}
