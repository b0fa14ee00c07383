//! Every bound on what a repository can make the verifier do.

use core::fmt;

use crate::role::Role;

/// How deep JSON may be nested. TUF's own schema needs 7; the rest is for `custom`.
pub const DEPTH_MAX: usize = 64;

/// The longest member name (a target path, a keyid), in bytes of UTF-8. PyPI's longest path is
/// under 300.
pub const NAME_LENGTH_MAX: usize = 1024;

/// All names of objects that are open at one time, in bytes. A targets file has some 7 open, of
/// which one is a path.
pub const OPEN_NAMES_MAX: usize = 2 * NAME_LENGTH_MAX;

/// The longest string whose value is needed, in bytes, besides keys and signatures. The longest
/// that has a meaning has some hundred.
pub const STRING_LENGTH_MAX: usize = 2048;

/// The longest signature or public key, as text, that is looked at: a longer one is of no key that
/// this build supports. The hex signature of an RSA key of 8,192 bits has 2,048 bytes, and the key
/// in PEM some 1,500; with the feature `ml-dsa`, the hex signature of ML-DSA-87 has 9,254, and the
/// key some 3,650.
pub const KEY_LENGTH_MAX: usize = if cfg!(feature = "ml-dsa") { 9_254 } else { STRING_LENGTH_MAX };

/// The signatures of one file that are checked, in bytes: of RSA and ML-DSA, which lie on the heap.
/// 14 of the longest, those of ML-DSA-87, fit in. Known roots have at most 7 signatures.
pub const PENDING_BYTES_MAX: usize = 65_536;

/// The most keys that one role may list. Known roots have at most 10.
pub const ROLE_KEYS_MAX: usize = 32;

/// The most signatures of one file that are checked: those by keys of its role. With the feature
/// `alloc`, all that the role can have. Each takes some 560 bytes while the file is read, so that a
/// device, which pays for this in memory, checks 16. Known roots have at most 7.
pub const CHECKS_MAX: usize = if cfg!(feature = "alloc") { ROLE_KEYS_MAX } else { 16 };

/// The most entries of `signatures` in one file: those of the role's keys and of others, which are
/// skipped.
pub const SIGNATURES_MAX: usize = 128;

/// The longest role name, in bytes of UTF-8: a file name of 255 bytes less `.json` and some digits
/// of a version.
pub const ROLE_NAME_LENGTH_MAX: usize = 224;

/// The most names out of order in a list of delegations that are compared with each other.
pub const UNORDERED_ROLES_MAX: usize = 128;

/// All names of the roles that one search visits, in bytes.
pub const VISITED_NAMES_MAX: usize = 2048;

/// The most delegated roles that one search may visit, whatever [`Limits::delegations`] says.
pub const VISITED_MAX: usize = 32;

/// Which limit an error speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`CHECKS_MAX`].
    Checks,
    /// [`Limits::delegations`]: delegated roles that one search visits.
    Delegations,
    /// [`DEPTH_MAX`].
    Depth,
    /// The length in bytes of a metadata file: the listed one, or that role's in [`Limits`].
    Length,
    /// [`NAME_LENGTH_MAX`].
    NameLength,
    /// [`OPEN_NAMES_MAX`].
    OpenNames,
    /// [`PENDING_BYTES_MAX`].
    PendingBytes,
    /// [`ROLE_KEYS_MAX`].
    RoleKeys,
    /// [`ROLE_NAME_LENGTH_MAX`].
    RoleNameLength,
    /// [`Limits::root_rotations`].
    RootRotations,
    /// [`SIGNATURES_MAX`].
    Signatures,
    /// [`STRING_LENGTH_MAX`].
    StringLength,
    /// [`VISITED_NAMES_MAX`].
    VisitedNames,
}

impl Limit {
    /// Returns the field of [`Limits`] that raises it, for a role's file; `None` if it is fixed.
    pub const fn field(self, role: Role) -> Option<&'static str> {
        Some(match (self, role) {
            (Limit::Delegations, _) => "delegations",
            (Limit::Length, Role::Root) => "root_length",
            (Limit::Length, Role::Timestamp) => "timestamp_length",
            (Limit::Length, Role::Snapshot) => "snapshot_length",
            (Limit::Length, Role::Targets | Role::Delegated) => "targets_length",
            (Limit::RootRotations, _) => "root_rotations",
            _ => return None,
        })
    }

    /// Returns what there was too much of.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Limit::Checks => "signatures by keys of the role",
            Limit::Delegations => "delegated roles would have to be visited",
            Limit::Depth => "levels of nesting",
            Limit::Length => "bytes in the file",
            Limit::NameLength => "bytes in a member name",
            Limit::OpenNames => "bytes in the member names that lead to a value",
            Limit::PendingBytes => "bytes of signatures by keys of the role",
            Limit::RoleKeys => "keys in one role",
            Limit::RoleNameLength => "bytes in a role name",
            Limit::RootRotations => "new roots in one update",
            Limit::Signatures => "signatures",
            Limit::StringLength => "bytes in a string",
            Limit::VisitedNames => "bytes in the names of all roles visited",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

/// The bounds that a host may set; the defaults are python-tuf's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest root, in bytes.
    pub root_length: u64,
    /// The longest timestamp, in bytes.
    pub timestamp_length: u64,
    /// The longest snapshot, in bytes, where the timestamp states no length.
    pub snapshot_length: u64,
    /// The longest targets file, in bytes, where the snapshot states no length.
    pub targets_length: u64,
    /// How many new roots one update follows.
    pub root_rotations: u32,
    /// How many delegated roles one search visits; at most [`VISITED_MAX`] are.
    pub delegations: u32,
}

impl Limits {
    /// Returns the defaults; each field may be set.
    ///
    /// ```
    /// use picotuf::Limits;
    ///
    /// const LIMITS: Limits = {
    ///     let mut limits = Limits::new();
    ///     limits.targets_length = 20_000_000;
    ///     limits
    /// };
    /// assert_eq!((LIMITS.targets_length, LIMITS.root_rotations), (20_000_000, 256));
    /// ```
    pub const fn new() -> Self {
        Limits {
            root_length: 512_000,
            timestamp_length: 16_384,
            snapshot_length: 2_000_000,
            targets_length: 5_000_000,
            root_rotations: 256,
            delegations: 32,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn the_defaults_are_python_tufs() {
        let Limits {
            root_length,
            timestamp_length,
            snapshot_length,
            targets_length,
            root_rotations,
            delegations,
        } = Limits::default();
        assert_eq!(
            (root_length, timestamp_length, snapshot_length, targets_length),
            (512_000, 16_384, 2_000_000, 5_000_000)
        );
        assert_eq!((root_rotations, delegations), (256, 32));
        // More could not be visited.
        assert!(usize::try_from(delegations).unwrap() <= VISITED_MAX);
    }

    #[test]
    fn each_field_is_named_by_the_limit_that_it_is() {
        // Taken apart, so that a new field is not forgotten.
        let Limits {
            root_length: _,
            timestamp_length: _,
            snapshot_length: _,
            targets_length: _,
            root_rotations: _,
            delegations: _,
        } = Limits::default();
        for (limit, role, field) in [
            (Limit::Length, Role::Root, Some("root_length")),
            (Limit::Length, Role::Timestamp, Some("timestamp_length")),
            (Limit::Length, Role::Snapshot, Some("snapshot_length")),
            (Limit::Length, Role::Targets, Some("targets_length")),
            (Limit::Length, Role::Delegated, Some("targets_length")),
            (Limit::RootRotations, Role::Root, Some("root_rotations")),
            (Limit::Delegations, Role::Delegated, Some("delegations")),
            (Limit::RoleKeys, Role::Root, None),
            (Limit::Depth, Role::Targets, None),
        ] {
            assert_eq!(limit.field(role), field, "{limit:?} {role:?}");
        }
    }

    #[test]
    fn every_limit_says_what_there_was_too_much_of() {
        let all = [
            Limit::Delegations,
            Limit::Depth,
            Limit::Length,
            Limit::NameLength,
            Limit::OpenNames,
            Limit::PendingBytes,
            Limit::RoleKeys,
            Limit::RoleNameLength,
            Limit::RootRotations,
            Limit::Signatures,
            Limit::StringLength,
        ];
        for (index, limit) in all.iter().enumerate() {
            let text = limit.to_string();
            // It stands behind "more than 32".
            assert!(
                text.starts_with(|first: char| first.is_ascii_lowercase()) && !text.ends_with('.'),
                "{text}"
            );
            assert!(all[..index].iter().all(|other| other.to_string() != text), "{text}");
        }
    }
}
