//! The kinds of role that a repository has.

use core::fmt;

/// The kind of role that a file or an error belongs to (TUF 1.0.34, section 2.1).
///
/// A delegated role's own name is data of the repository; [`Update`](crate::Update) knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Role {
    /// The trust anchor: says which keys speak for the other top-level roles.
    Root,
    /// Says which snapshot is the latest.
    Timestamp,
    /// Says which version of every targets role belongs to the repository's present state.
    Snapshot,
    /// Says which target files there are, or who may say so.
    Targets,
    /// A targets role that another targets role delegated to.
    Delegated,
}

impl Role {
    /// Returns the value of `_type` in files of this role. For delegated roles it is `targets`.
    pub const fn type_name(self) -> &'static str {
        match self {
            Role::Root => "root",
            Role::Timestamp => "timestamp",
            Role::Snapshot => "snapshot",
            Role::Targets | Role::Delegated => "targets",
        }
    }

    /// Returns what an error calls it.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Role::Delegated => "delegated",
            other => other.type_name(),
        }
    }

    /// Returns the kind of the role with this name. Any name other than a top-level role's is a
    /// delegated role's.
    pub fn from_name(name: &str) -> Role {
        match name {
            "root" => Role::Root,
            "timestamp" => Role::Timestamp,
            "snapshot" => Role::Snapshot,
            "targets" => Role::Targets,
            _ => Role::Delegated,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}
