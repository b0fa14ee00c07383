//! A role that was verified with one delegator's keys, and then is used for another delegator.

use crate::prelude::*;

/// python-tuf, before its 1.0: each role was kept by its name alone.
#[test]
fn has_its_own_keys() {
    let mut before = honest();
    for (name, pattern, key) in [("a", "a/*", "key of a"), ("b", "b/*", "key of b")] {
        before.delegate("targets", &Delegation::paths(name, &[pattern]));
        before.delegate(name, &Delegation::paths("shared", &[pattern]).keys(&[Key::ed25519(key)]));
    }
    // Whoever holds the key of a's `shared` lists what b's alone may.
    before.sign_with("shared", &[Key::ed25519("key of a")]);
    before.add_target("shared", "a/x", b"a's");
    before.add_target("shared", "b/x", b"b's, as a says");
    let mut victim = Victim::of(&before);
    victim.finds(&before, "a/x", "shared");
    victim.refuses(&before, Some("b/x"), "threshold-not-met", "shared");
    let mut roles = top_level(1, 1, 1, 1);
    roles.extend([("a", 1), ("b", 1), ("shared", 1)]);
    roles.sort_unstable();
    victim.keeps(&roles);
    victim.finds(&before, "a/x", "shared");
    victim.recovers(&later(&before));
}
