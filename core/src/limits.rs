//! Every bound on what a repository can make the verifier do.

use core::fmt;

use crate::role::Role;

/// The maximum nesting depth of JSON. TUF's own schema needs 7; the rest is for `custom`.
pub const DEPTH_MAX: usize = 64;

/// The maximum length of a member name, such as a target path or a key identifier, in bytes of
/// UTF-8. PyPI's longest path has fewer than 300.
pub const NAME_LENGTH_MAX: usize = 1024;

/// The maximum total length of the member names that enclose one place in a document, in bytes. A
/// targets file has about 7 such names at once, one of which is a path.
pub const OPEN_NAMES_MAX: usize = 2 * NAME_LENGTH_MAX;

/// The maximum length of a string whose value is needed, except keys and signatures, in bytes. The
/// longest useful ones have some hundred.
pub const STRING_LENGTH_MAX: usize = 2048;

/// The maximum length of a signature or public key in its text form, in bytes. Longer ones belong
/// to no key that this build supports. The hexadecimal signature of an 8,192-bit RSA key has 2,048
/// bytes, and such a key in PEM about 1,500. With the feature `ml-dsa`, the hexadecimal signature
/// of ML-DSA-87 has 9,254, and the key about 3,650.
pub const KEY_LENGTH_MAX: usize = if cfg!(feature = "ml-dsa") { 9_254 } else { STRING_LENGTH_MAX };

/// The maximum total size of the RSA and ML-DSA signatures and the Sigstore bundles of one file
/// that wait to be checked, in bytes on the heap. 14 signatures of ML-DSA-87, the longest, fit.
/// Known roots have at most 7 signatures.
pub const PENDING_BYTES_MAX: usize = 65_536;

/// The maximum length of a Sigstore bundle beside a signature, in bytes. Longer ones count for
/// nothing. Known ones have at most 15,000.
#[cfg(feature = "identities")]
pub const BUNDLE_LENGTH_MAX: usize = 32_768;

/// The maximum number of keys of one role. Known roots have at most 10.
pub const ROLE_KEYS_MAX: usize = 32;

/// The maximum number of signatures of one file that are checked, counting only those by keys of
/// the role. With the feature `alloc` it is as many as the role can have keys. Without it, it is
/// 16, because each check takes about 560 bytes of memory while the file is read. Known roots have
/// at most 7.
pub const CHECKS_MAX: usize = if cfg!(feature = "alloc") { ROLE_KEYS_MAX } else { 16 };

/// The maximum number of entries of `signatures` in one file. Entries by keys outside the role
/// count too, but are skipped.
pub const SIGNATURES_MAX: usize = 128;

/// The maximum length of a role name, in bytes of UTF-8: a file name of 255 bytes without `.json`
/// and the digits of a version.
pub const ROLE_NAME_LENGTH_MAX: usize = 224;

/// The maximum number of delegated role names that are compared with each other because they are
/// not sorted.
pub const UNORDERED_ROLES_MAX: usize = 128;

/// The maximum total length of the names of the roles that one search visits, in bytes.
pub const VISITED_NAMES_MAX: usize = 2048;

/// The maximum number of delegated roles that one search visits, even if [`Limits::delegations`] is
/// higher.
pub const VISITED_MAX: usize = 32;

/// The limit that an error names.
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
    /// Returns the field of [`Limits`] that raises this limit for a file of the given role, or
    /// `None` if the limit is fixed.
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

/// The limits that a host may change. The defaults are those of python-tuf.
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
    /// Creates the default limits.
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
