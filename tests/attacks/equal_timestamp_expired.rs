//! The same timestamp again, after its day: an update that ends early because nothing is new.

use crate::prelude::*;

/// An early return on equal timestamps skipped the expiry.
#[test]
fn is_refused() {
    let before = honest();
    let mut victim = Victim::of(&before);
    victim.set_time("2026-01-16T12:00:01Z");
    victim.refuses(&before, None, "expired", "timestamp");
    victim.keeps(&top_level(1, 1, 1, 1));
    let mut mended = later(&before);
    for role in ["snapshot", "timestamp"] {
        mended.publish(role, |signed| signed["expires"] = EXPIRES_LATE.into());
    }
    victim.recovers(&mended);
}
