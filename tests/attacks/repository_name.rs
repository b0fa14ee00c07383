//! A repository that says what it wants to be called.

use crate::prelude::*;

/// CVE-2026-24686: the name became the name of a folder.
#[test]
fn is_no_path() {
    let mut before = honest();
    for role in ["root", "targets", "snapshot", "timestamp"] {
        before.edit(role, |signed| {
            for member in ["name", "repository", "repository_name", "repo_name"] {
                signed[member] = "../../outside".into();
            }
        });
    }
    let mut victim = Victim::of(&before);
    victim.keeps(&top_level(1, 1, 1, 1));
    // Nor does the last part of its URL.
    for end in ["/..%2f..%2foutside/../metadata", "/x/../metadata/."] {
        let url = format!("{}{end}", victim.server.url());
        victim.cli.ok(&["--metadata-url", &url, "refresh"]);
        victim.is_unharmed();
    }
    victim.recovers(&later(&before));
}
