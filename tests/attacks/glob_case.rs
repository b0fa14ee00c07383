//! A pattern that matches in another case than it is written in.

use crate::prelude::*;

/// GHSA-qp9x-wp8f-qgjj.
#[test]
fn counts_on_every_system() {
    let mut before = honest();
    before.delegate("targets", &Delegation::paths("upper", &["Claimed/*", "claimed/*.WHL"]));
    for path in ["claimed/x", "CLAIMED/x", "claimed/x.whl", "Claimed/x"] {
        before.add_target("upper", path, b"text");
    }
    let mut victim = Victim::of(&before);
    for path in ["claimed/x", "CLAIMED/x", "claimed/x.whl"] {
        victim.lacks(&before, path);
    }
    victim.keeps(&top_level(1, 1, 1, 1));
    victim.finds(&before, "Claimed/x", "upper");
    victim.recovers(&later(&before));
}
