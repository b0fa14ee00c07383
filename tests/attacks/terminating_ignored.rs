//! A search that goes on behind a terminating delegation.

use crate::prelude::*;

/// CVE-2025-2886.
#[test]
fn ends_the_search() {
    let mut before = honest();
    before.delegate("targets", &Delegation::paths("first", &["dir/*"]));
    before.delegate("first", &Delegation::paths("owner", &["dir/*"]).terminating());
    before.delegate("first", &Delegation::paths("thief", &["dir/*"]));
    before.delegate("targets", &Delegation::paths("second", &["dir/*"]));
    for role in ["thief", "second"] {
        before.add_target(role, "dir/x", b"evil");
    }
    let mut victim = Victim::of(&before);
    victim.lacks(&before, "dir/x");
    let mut roles = top_level(1, 1, 1, 1);
    roles.extend([("first", 1), ("owner", 1)]);
    roles.sort_unstable();
    victim.keeps(&roles);
    victim.recovers(&later(&before));
}
