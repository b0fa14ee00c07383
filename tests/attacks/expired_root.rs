//! A root that has expired.

use crate::prelude::*;

/// CVE-2015-9259.
#[test]
fn ends_the_update() {
    let before = honest();
    let mut attacked = before.clone();
    attacked.publish("root", |root| root["expires"] = EXPIRED.into());
    let mut victim = Victim::of(&before);
    victim.refuses(&attacked, None, "expired", "root");
    // It is well signed, so that it stays, and the next one is held against it.
    victim.keeps(&top_level(2, 1, 1, 1));
    let mut mended = attacked.clone();
    mended.publish("root", |root| root["expires"] = EXPIRES_LATE.into());
    victim.recovers(&mended);
    victim.keeps(&top_level(3, 1, 1, 1));
}
