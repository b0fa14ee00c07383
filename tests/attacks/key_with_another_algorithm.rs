//! A key of one type that is used with the algorithm of another.

use crate::prelude::*;

/// CVE-2015-9258.
#[test]
fn counts_for_nothing() {
    let before = honest();
    let ed25519 = Key::ed25519("other");
    let (p256, p384) = (Key::p256("other"), Key::p384("other"));
    let (at_odds, not_known) = ("threshold-not-met", "unsupported-key-scheme");
    for (odd, code) in [
        (ed25519.clone().with_scheme("ecdsa-sha2-nistp256"), at_odds),
        (ed25519.clone().with_scheme("rsassa-pss-sha256"), at_odds),
        (ed25519.clone().with_scheme("none"), not_known),
        (ed25519.clone().with_scheme(""), not_known),
        (ed25519.clone().with_keytype("rsa"), at_odds),
        (ed25519.with_keytype("ecdsa").with_scheme("ecdsa-sha2-nistp256"), at_odds),
        (p256.clone().with_scheme("ecdsa-sha2-nistp384"), at_odds),
        (p256.clone().with_keytype("ed25519").with_scheme("ed25519"), at_odds),
        (p384.with_scheme("ecdsa-sha2-nistp256"), at_odds),
        (p256.with_scheme("rsassa-pss-sha256"), at_odds),
        (Key::rsa(0).with_scheme("rsassa-pss-sha224"), not_known),
        (Key::rsa(0).with_keytype("ecdsa").with_scheme("ecdsa-sha2-nistp256"), at_odds),
    ] {
        let mut attacked = before.clone();
        attacked.rotate("targets", std::slice::from_ref(&odd), 1);
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, None, code, "targets");
        victim.keeps(&top_level(2, 2, 1, 2));
        let mut mended = attacked.clone();
        mended.rotate("targets", &[Key::ed25519("targets")], 1);
        victim.recovers(&mended);
    }
}
