//! The repositories that both clients are asked about.

mod delegations;
mod files;
mod keys;
mod members;
mod mixed_order;
mod search;
mod signatures;
mod text;
mod times;
mod versions;

use crate::case::Case;

/// All cases, the same in every run.
pub(crate) fn all() -> Vec<Case> {
    let makers = [
        members::cases,
        text::cases,
        signatures::cases,
        keys::cases,
        times::cases,
        files::cases,
        versions::cases,
        delegations::cases,
        search::cases,
    ];
    makers.iter().flat_map(|make| make()).collect()
}
