//! A bin that lists what belongs into another bin.

use crate::prelude::*;

/// A verifier answered yes to a prefix that did not match.
#[test]
fn is_not_asked() {
    let mut before = honest();
    let digest = hash("sha256", b"dir/x");
    let other = if digest.starts_with('0') || digest[20..].starts_with('0') { "f" } else { "0" };
    before.delegate(
        "targets",
        &Delegation::hash_prefixes(
            "thief",
            &[other, &digest[1..], &format!("{}{other}", &digest[..20])],
        ),
    );
    before.add_target("thief", "dir/x", b"evil");
    let mut victim = Victim::of(&before);
    victim.lacks(&before, "dir/x");
    victim.keeps(&top_level(1, 1, 1, 1));
    victim.recovers(&later(&before));
}
