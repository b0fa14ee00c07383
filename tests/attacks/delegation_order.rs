//! Delegations that are tried in another order than the delegator's.

use crate::prelude::*;

fn list(names: &[&str]) -> Repository {
    let mut before = honest();
    for name in names {
        before.delegate("targets", &Delegation::paths(name, &["dir/*"]));
        before.add_target(name, "dir/x", name.as_bytes());
    }
    before
}

/// CVE-2024-47534.
#[test]
fn is_that_of_the_list() {
    for names in [["z", "m", "a"], ["a", "z", "m"], ["m", "a", "z"]] {
        let before = list(&names);
        let mut victim = Victim::of(&before);
        victim.finds(&before, "dir/x", names[0]);
        victim.recovers(&later(&before));
    }
}

/// Maps of JavaScript, and of others, put names that look like numbers first.
#[test]
fn is_that_of_the_list_though_names_look_like_numbers() {
    for names in [["x", "2", "1"], ["10", "9", "1"], ["1", "0", "x"]] {
        let before = list(&names);
        let mut victim = Victim::of(&before);
        victim.finds(&before, "dir/x", names[0]);
        victim.recovers(&later(&before));
    }
}
