//! JSON of another shape than TUF's, before any signature could be checked.

use crate::prelude::*;

/// CVE-2026-23991.
#[test]
fn are_an_error_and_no_panic() {
    let before = honest();
    for (text, code) in [
        ("null", "wrong-type"),
        ("[]", "wrong-type"),
        ("1", "wrong-type"),
        ("\"\"", "wrong-type"),
        ("{}", "missing-member"),
        ("{\"signatures\":[],\"signed\":{}}", "missing-member"),
        ("{\"signatures\":{},\"signed\":{}}", "wrong-type"),
        ("{\"signatures\":[],\"signed\":[]}", "wrong-type"),
        ("{\"signatures\":[],\"signed\":null}", "wrong-type"),
        ("{\"signatures\":null,\"signed\":{}}", "wrong-type"),
        ("{\"signatures\":[null],\"signed\":{}}", "wrong-type"),
        ("{\"signatures\":[{\"keyid\":1,\"sig\":\"\"}],\"signed\":{}}", "wrong-type"),
        ("{\"signatures\":[{\"keyid\":\"a\",\"sig\":null}],\"signed\":{}}", "wrong-type"),
        ("{\"signatures\":[],\"signed\":{\"_type\":{}}}", "wrong-type"),
        ("", "unexpected-end"),
        ("{", "unexpected-end"),
        ("\u{0}", "invalid-json"),
    ] {
        for role in ["root", "timestamp", "snapshot", "targets"] {
            let mut attacked = before.clone();
            attacked.listing = picotuf_tests::repository::Listing::Versions;
            attacked.publish(role, |_| {});
            attacked.tamper(role, |bytes| *bytes = text.as_bytes().to_vec());
            let mut victim = Victim::of(&before);
            victim.refuses(&attacked, None, code, role);
            victim.keeps(&match role {
                "targets" => top_level(1, 2, 1, 2),
                "snapshot" => top_level(1, 1, 1, 2),
                _ => top_level(1, 1, 1, 1),
            });
            victim.recovers(&later(&before));
        }
    }
}
