//! A new root that is well signed and is not the next one.

use crate::prelude::*;

/// CVE-2025-2885.
#[test]
fn is_refused() {
    let before = honest();
    for version in [1_u64, 3, 100, u64::MAX] {
        let mut attacked = before.clone();
        attacked.publish("root", |root| root["version"] = version.into());
        let bytes = attacked.bytes("root").to_vec();
        attacked.files.insert("1.root.json".to_owned(), before.anchor().to_vec());
        attacked.files.insert("2.root.json".to_owned(), bytes);
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, None, "wrong-version", "root");
        victim.keeps(&top_level(1, 1, 1, 1));
        victim.works_offline();
        victim.recovers(&later(&before));
    }
}
