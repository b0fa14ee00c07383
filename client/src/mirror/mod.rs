//! Replication of a repository into a folder for a web server, and the audit of such a folder.

mod audit;
mod folder;
mod inventory;
mod merge;
mod places;
mod prune;
mod replicate;
mod roots;
mod selection;

use std::str::FromStr;

pub use audit::{Audited, Counts as AuditCounts, State, audit};
pub use merge::{Merged, merge};
pub use prune::{Pruned, Undecided, by_role};
pub use replicate::{Counts, Replicated, replicate};
pub use selection::{Selection, Stated};

use crate::all_roles::Listing;
use crate::log::Log;

/// One part of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    part: u64,
    of: u64,
}

impl Shard {
    /// The maximum number of parts.
    pub const MAX: u64 = 4096;

    /// A whole audit as one part.
    pub const WHOLE: Shard = Shard { part: 1, of: 1 };

    /// Returns the part with this number, from 1 to `of`, which is at most [`Shard::MAX`].
    pub fn new(part: u64, of: u64) -> Option<Shard> {
        (of <= Shard::MAX && (1..=of).contains(&part)).then_some(Shard { part, of })
    }
}

impl FromStr for Shard {
    type Err = String;

    /// Parses `K/N`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text
            .split_once('/')
            .and_then(|(part, of)| Shard::new(part.parse().ok()?, of.parse().ok()?));
        parsed.ok_or_else(|| {
            format!("expected K/N, such as 2/8, with K from 1 to N and N up to {}", Shard::MAX)
        })
    }
}

/// Logs the number of delegated roles that do not exist yet, which is not a fault.
fn note_unlisted(roles: u64, log: &Log) {
    if roles > 0 {
        log.notice(&format!("the snapshot does not list {roles} of the delegated roles"));
    }
}

fn note_not_delegated(listings: &[Listing], log: &Log) {
    if let Some(Listing { role, path, .. }) = listings.first() {
        let count = listings.len();
        log.notice(&format!(
            "{count} listed targets are ignored, because no search for them comes to their roles, \
                 such as {path} of {role}"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_from_one() {
        assert_eq!("2/8".parse(), Ok(Shard { part: 2, of: 8 }));
        assert!("4096/4096".parse::<Shard>().is_ok());
        for text in [
            "0/8",
            "9/8",
            "1/0",
            "0/0",
            "1",
            "a/b",
            "-1/2",
            "1/2/3",
            "1/4097",
            "1/18446744073709551616",
        ] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
