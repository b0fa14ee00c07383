//! The named ways in which a good repository is broken.

mod files;
mod places;
mod schema;
mod signatures;

use picotuf_tests::repository::Repository;

use crate::loose_json::Node;
use crate::random::Random;

/// One way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mutation {
    /// Unique.
    pub(crate) name: &'static str,
    /// What it does.
    pub(crate) change: Change,
}

/// What is changed. Each says whether it could: not every role has what a mutation is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// A member of an object, or an item of a list, anywhere in `signed`.
    Place(fn(&mut Node, usize, &mut Random) -> bool),
    /// `signed`, of the role of this name.
    Signed(fn(&mut Node, &str, &mut Random) -> bool),
    /// The list of signatures; beside it that of another role.
    Signatures(fn(&mut Vec<Node>, &[Node], &mut Random) -> bool),
    /// The bytes of the whole file.
    Bytes(fn(&mut Vec<u8>, &mut Random) -> bool),
    /// The repository: the role of this name, and what speaks of it.
    Repository(fn(&mut Repository, &str, &mut Random) -> bool),
}

/// All of them.
pub(crate) fn all() -> Vec<Mutation> {
    let kinds = [places::MUTATIONS, schema::MUTATIONS, signatures::MUTATIONS, files::MUTATIONS];
    kinds.concat()
}
