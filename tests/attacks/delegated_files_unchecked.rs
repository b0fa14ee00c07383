//! Expiry, hash and length hold for delegated roles as they do for top-level ones.

use crate::prelude::*;

/// CVE-2026-6967.
#[test]
fn of_expiry_hash_and_length() {
    let mut before = honest();
    before.delegate("targets", &Delegation::paths("claimed", &["claimed/*"]));
    before.add_target("claimed", "claimed/x", b"text");
    type Attack = fn(&mut Repository);
    let attacks: [(Attack, &str); 4] = [
        (
            |attacked| attacked.publish("claimed", |claimed| claimed["expires"] = EXPIRED.into()),
            "expired",
        ),
        (
            |attacked| {
                attacked.publish("claimed", |_| {});
                attacked.tamper("claimed", |bytes| {
                    let last = bytes.iter().rposition(|byte| byte.is_ascii_digit()).unwrap();
                    bytes[last] ^= 1;
                });
            },
            "hash-mismatch",
        ),
        (
            |attacked| {
                attacked.publish("claimed", |_| {});
                attacked.tamper("claimed", |bytes| bytes.push(b'\n'));
            },
            "length-mismatch",
        ),
        (
            |attacked| {
                attacked.publish("claimed", |_| {});
                attacked.tamper("claimed", |bytes| bytes.truncate(20));
            },
            "length-mismatch",
        ),
    ];
    for (attack, code) in attacks {
        let mut attacked = before.clone();
        attack(&mut attacked);
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, Some("claimed/x"), code, "claimed");
        victim.keeps(&top_level(1, 2, 1, 2));
        victim.recovers(&later(&before));
    }
}
