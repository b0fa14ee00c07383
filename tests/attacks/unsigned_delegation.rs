//! A delegated role that nobody, or somebody else, has signed.

use crate::prelude::*;

/// Delegated targets were accepted unsigned.
#[test]
fn is_refused() {
    let mut before = honest();
    before.delegate("targets", &Delegation::paths("claimed", &["claimed/*"]));
    let signers = [
        vec![],
        vec![Key::ed25519("targets")],
        vec![Key::ed25519("thief").with_id(&Key::ed25519("claimed").id)],
    ];
    for signers in signers {
        let mut attacked = before.clone();
        attacked.sign_with("claimed", &signers);
        attacked.add_target("claimed", "claimed/x", b"evil");
        attacked.publish("claimed", |_| {});
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, Some("claimed/x"), "threshold-not-met", "claimed");
        victim.keeps(&top_level(1, 2, 1, 2));
        victim.recovers(&later(&before));
    }
}
