//! Stored files that somebody has changed.

use crate::prelude::*;
use picotuf_tests::host::expect_failure;

/// An unverified cache was served offline.
#[test]
fn is_verified_offline() {
    let before = honest();
    let thief = Key::ed25519("thief");
    let mut other = honest();
    other.set_keys("targets", std::slice::from_ref(&thief), 1);
    for (role, code) in [
        ("targets", "hash-mismatch"),
        ("snapshot", "hash-mismatch"),
        ("timestamp", "threshold-not-met"),
    ] {
        let mut victim = Victim::of(&before);
        let mut bytes = before.bytes(role).to_vec();
        let last = bytes.iter().rposition(|byte| *byte == b'1').unwrap();
        bytes[last] = b'2';
        victim.client.change_store(|store| {
            store.insert(role.to_owned(), bytes.clone());
        });
        std::fs::write(victim.cli.metadata_dir().join(format!("{role}.json")), &bytes).unwrap();
        expect_failure(victim.client.find_offline(&["kept.txt"]), code, role);
        let file = victim.cli.target_dir().join("kept.txt").display().to_string();
        victim.cli.refuses(
            &["--target-name", "kept.txt", "verify", "--offline", &file],
            code,
            Some(role),
        );
        // With a server, what was changed is fetched anew.
        victim.recovers(&later(&before));
    }
}
