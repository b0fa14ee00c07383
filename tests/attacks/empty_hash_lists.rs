//! A list of hashes without any, which every file would meet.

use crate::prelude::*;

/// go-tuf accepted them.
#[test]
fn of_a_target() {
    let before = honest();
    for hashes in [json!({}), json!({"md5": "00"})] {
        let mut attacked = before.clone();
        attacked.publish("targets", |targets| {
            targets["targets"]["x"] = json!({"length": 1, "hashes": hashes})
        });
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, Some("x"), "unsupported-hash", "targets");
        victim.keeps(&top_level(1, 2, 1, 2));
        victim.recovers(&later(&before));
    }
}

/// go-tuf accepted them.
#[test]
fn of_a_metadata_file() {
    let before = honest();
    let mut attacked = before.clone();
    attacked.publish("targets", |_| {});
    attacked.edit("snapshot", |snapshot| snapshot["meta"]["targets.json"]["hashes"] = json!({}));
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, None, "unsupported-hash", "snapshot");
    victim.keeps(&top_level(1, 1, 1, 2));
    victim.recovers(&later(&before));
}
