//! Delegations that lead in circles.

use crate::prelude::*;

/// GHSA-j8x2-777p-23fc.
#[test]
fn end() {
    let mut before = honest();
    for (parent, name) in [
        ("targets", "a"),
        ("a", "b"),
        ("b", "a"),
        ("b", "b"),
        ("b", "c"),
        ("c", "a"),
        ("targets", "c"),
    ] {
        before.delegate(parent, &Delegation::paths(name, &["dir/*"]));
    }
    let mut victim = Victim::of(&before);
    victim.lacks(&before, "dir/x");
    let mut roles = top_level(1, 1, 1, 1);
    roles.extend([("a", 1), ("b", 1), ("c", 1)]);
    roles.sort_unstable();
    victim.keeps(&roles);
    victim.recovers(&later(&before));
}

/// GHSA-j8x2-777p-23fc: a chain that is no circle and too long.
#[test]
fn and_endless_chains_too() {
    let mut before = honest();
    let mut parent = "targets".to_owned();
    for number in 0..40 {
        let name = format!("role-{number:02}");
        before.delegate(&parent, &Delegation::paths(&name, &["dir/*"]));
        parent = name;
    }
    before.add_target(&parent, "dir/x", b"deep");
    let mut victim = Victim::of(&before);
    victim.refuses(&before, Some("dir/x"), "limit-reached", "role-31");
    victim.recovers(&later(&before));
}
