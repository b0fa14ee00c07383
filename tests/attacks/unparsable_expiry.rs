//! An expiry that cannot be read, and so never comes.

use crate::prelude::*;

/// It was taken for one that never comes.
#[test]
fn is_an_error() {
    let before = honest();
    for (expires, code) in [
        (json!("never"), "invalid-time"),
        (json!(""), "invalid-time"),
        (json!("9999-99-99T99:99:99Z"), "invalid-time"),
        (json!("2027-02-30T00:00:00Z"), "invalid-time"),
        (json!("10000-01-01T00:00:00Z"), "invalid-time"),
        (json!("2027-01-01"), "invalid-time"),
        (json!(4_102_444_800_u64), "wrong-type"),
        (json!(null), "wrong-type"),
    ] {
        for role in ["timestamp", "targets"] {
            let mut attacked = before.clone();
            attacked.publish(role, |signed| signed["expires"] = expires.clone());
            let mut victim = Victim::of(&before);
            victim.refuses(&attacked, None, code, role);
            victim.keeps(&if role == "targets" {
                top_level(1, 2, 1, 2)
            } else {
                top_level(1, 1, 1, 1)
            });
            victim.recovers(&later(&before));
        }
    }
}
