//! A delegated role whose name is a path.

use crate::prelude::*;

const NAMES: [&str; 12] = [
    "../evil",
    "../../../../../../../../tmp/picotuf-evil",
    "/tmp/picotuf-evil",
    "..",
    ".",
    "a/../../evil",
    "..\\evil",
    "C:\\evil",
    "%2e%2e%2fevil",
    "evil\u{0}.json",
    ".lock",
    "settings.toml",
];

/// CVE-2021-41131, CVE-2021-41150.
#[test]
fn stays_in_the_metadata_folder() {
    for name in NAMES {
        let mut before = honest();
        before.delegate("targets", &Delegation::paths(name, &["evil/*"]));
        before.add_target(name, "evil/x", b"evil");
        let mut victim = Victim::of(&before);
        victim.finds(&before, "evil/x", name);
        let mut roles = top_level(1, 1, 1, 1);
        roles.push((name, 1));
        roles.sort_unstable();
        victim.keeps(&roles);
        assert!(!std::path::Path::new("/tmp/picotuf-evil.json").exists());
        victim.recovers(&later(&before));
    }
}

/// A role that is called like a top-level one, or is one on a disk that ignores case.
#[test]
fn does_not_take_a_top_level_role_s_place() {
    let before = honest();
    for name in ["root", "timestamp", "snapshot", "targets", ""] {
        let mut attacked = before.clone();
        attacked.publish("targets", |targets| {
            Delegation::paths("other", &["evil/*"]).add_to(targets);
            targets["delegations"]["roles"][0]["name"] = name.into();
        });
        let mut victim = Victim::of(&before);
        victim.refuses(&attacked, Some("evil/x"), "invalid-role-name", "targets");
        victim.keeps(&top_level(1, 2, 1, 2));
        victim.recovers(&later(&before));
    }
}
