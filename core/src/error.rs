//! The error type, its codes, and who has to act on an error.

mod text;

use core::fmt;

pub use text::ErrorValue;

use crate::excerpt::Excerpt;
use crate::hash::{Digest, HashAlgorithm};
use crate::limits::{Limit, VISITED_MAX};
use crate::role::Role;
use crate::show::{Show, display};
use crate::time::Time;

/// The reason for a refusal. It is small and `Copy` and owns no text. [`Update`](crate::Update)
/// knows the name of the role and its delegation path.
///
/// Each `position` is a number of bytes from the start of the file. The first sentence of each
/// variant's documentation stands beside its code in `docs/errors.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An object has two members of the same name, compared after unescaping.
    DuplicateMember {
        /// The position of the second member. In an unsorted object, the start of the object.
        position: u64,
    },
    /// A list of delegations names a role twice.
    DuplicateRole {
        /// The end of the second delegation.
        position: u64,
    },
    /// A list of signatures has two entries with the same keyid.
    DuplicateSignature {
        /// The end of the second entry.
        position: u64,
    },
    /// The metadata has expired.
    Expired {
        /// The role of the file.
        role: Role,
        /// The expiry in the file.
        expires: Time,
        /// The time given to the update.
        now: Time,
    },
    /// A file has another hash than the signed one, or than the file that was read before.
    HashMismatch {
        /// The role of the file; `None` for a target.
        role: Option<Role>,
        /// The hash function.
        algorithm: HashAlgorithm,
        /// The first bytes of the listed hash.
        expected: DigestStart,
        /// The first bytes of the file's hash.
        found: DigestStart,
    },
    /// A delegation has both `paths` and `path_hash_prefixes`, or `delegations` has both `roles`
    /// and `succinct_roles`.
    InvalidDelegation {
        /// The end of the object.
        position: u64,
    },
    /// A hash, a hash prefix or a bit length is malformed.
    InvalidForm {
        /// The end of the value.
        position: u64,
        /// The member that has the value.
        member: &'static str,
    },
    /// The file is not valid JSON.
    InvalidJson {
        /// The first byte that is not JSON.
        position: u64,
    },
    /// A number is not a 64-bit integer: it has a fraction, an exponent or leading zeros, is `-0`,
    /// or is out of range.
    InvalidNumber {
        /// The start of the number.
        position: u64,
    },
    /// A delegated role has an empty name or the name of a top-level role.
    InvalidRoleName {
        /// The end of the name.
        position: u64,
    },
    /// A string has a control character, an unknown escape or a lone surrogate.
    InvalidString {
        /// The position of the character.
        position: u64,
    },
    /// `expires` is not a date and time as RFC 3339 defines them.
    InvalidTime {
        /// The end of the value.
        position: u64,
    },
    /// The file is not valid UTF-8.
    InvalidUtf8 {
        /// The first byte that is not UTF-8.
        position: u64,
    },
    /// A file has another length than the signed one.
    LengthMismatch {
        /// The role of the file; `None` for a target.
        role: Option<Role>,
        /// The listed length.
        expected: u64,
        /// The length of the file. Reading stops one byte behind the listed length, so
        /// `expected + 1` stands for any greater length.
        found: u64,
    },
    /// The file or the search exceeds a limit of the verifier.
    LimitReached {
        /// The limit.
        limit: Limit,
        /// The greatest value that the limit allows.
        maximum: u64,
    },
    /// A required metadata file is missing.
    MissingFile {
        /// The role of the file.
        role: Role,
    },
    /// An object lacks a required member.
    MissingMember {
        /// The end of the object.
        position: u64,
        /// The missing member.
        member: &'static str,
    },
    /// The new snapshot no longer lists a role that the trusted snapshot lists.
    RemovedFromSnapshot {
        /// The role's version in the trusted snapshot.
        trusted: u64,
    },
    /// The snapshot does not list a role that the verification needs.
    RoleNotInSnapshot {
        /// The kind of role.
        role: Role,
    },
    /// A file has an older version than the trusted file.
    Rollback {
        /// The role that has the version.
        role: Role,
        /// The trusted version.
        trusted: u64,
        /// The version in the file.
        found: u64,
    },
    /// The host's source could not be read.
    SourceFailed,
    /// An object in a stream is not sorted; only a slice may be unsorted.
    StreamUnsorted {
        /// The first member that is out of order.
        position: u64,
    },
    /// No role that is trusted for the path lists the target.
    TargetNotFound,
    /// Fewer of the role's keys signed the file than its threshold requires.
    ThresholdNotMet {
        /// The role of the file.
        role: Role,
        /// The number of distinct keys that must sign.
        threshold: u32,
        /// The number of distinct keys that signed.
        valid: u32,
        /// The number of distinct usable keys of the role.
        keys: u32,
    },
    /// The file has data after the JSON document.
    TrailingData {
        /// The start of the data.
        position: u64,
    },
    /// The called method of [`Update`](crate::Update) does not answer its current step.
    UnexpectedCall,
    /// The file ends within the JSON document.
    UnexpectedEnd {
        /// The length of the file.
        position: u64,
    },
    /// An unsorted object is too large to sort without `alloc`, or nested too deep to sort cheaply.
    UnsortedTooLarge {
        /// The start of the object.
        position: u64,
    },
    /// `hashes` lists no supported hash function.
    UnsupportedHash {
        /// The end of the list.
        position: u64,
    },
    /// Fewer of the role's keys have a scheme that this build supports than the threshold requires.
    /// [`Session::unsupported_schemes`](crate::Session::unsupported_schemes) names the schemes.
    UnsupportedKeyScheme {
        /// The role of the file.
        role: Role,
        /// The number of distinct keys that must sign.
        threshold: u32,
        /// The number of distinct usable keys of the role.
        keys: u32,
    },
    /// `spec_version` is not 1.x.
    UnsupportedSpecVersion {
        /// The end of the value.
        position: u64,
    },
    /// The file is another role's: `_type` does not match.
    WrongRole {
        /// The requested role.
        expected: Role,
        /// The start of the `_type` in the file.
        found: Excerpt<TYPE_KEPT>,
        /// The end of the value of `_type`.
        position: u64,
    },
    /// A value has the wrong JSON type.
    WrongType {
        /// The start of the value.
        position: u64,
        /// The expected type.
        expected: JsonType,
        /// The type of the value.
        found: JsonType,
    },
    /// A file has another version than the requested one.
    WrongVersion {
        /// The role of the file.
        role: Role,
        /// The requested version.
        expected: u64,
        /// The version in the file.
        found: u64,
    },
    /// A version, a threshold or a bit length is less than 1.
    Zero {
        /// The start of the value.
        position: u64,
        /// The member that has the value.
        member: &'static str,
    },
}

/// The party that has to act on an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// The repository, a mirror, or a party on the network served a file that must not be trusted.
    Repository,
    /// The calling program.
    Caller,
    /// A limit of the verifier. The limit may be too low for this repository.
    Limit,
    /// Nobody: signed metadata needs a feature that this build of the verifier does not support.
    /// The repository may be correct. A newer version, or a build with more features, may be able
    /// to check it.
    ///
    /// An unsupported feature in a file whose signatures have not been checked is the repository's
    /// fault, because anybody may have put it there.
    Unsupported,
}

impl Blame {
    /// Returns the stable name, for programs: `repository`, `caller`, `limit` or `unsupported`.
    pub const fn name(self) -> &'static str {
        match self {
            Blame::Repository => "repository",
            Blame::Caller => "caller",
            Blame::Limit => "limit",
            Blame::Unsupported => "unsupported",
        }
    }
}

/// A JSON type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of JSON")]
pub enum JsonType {
    Array,
    Boolean,
    Null,
    Number,
    Object,
    String,
}

impl JsonType {
    const fn text(self) -> &'static str {
        match self {
            JsonType::Array => "an array",
            JsonType::Boolean => "a boolean",
            JsonType::Null => "null",
            JsonType::Number => "a number",
            JsonType::Object => "an object",
            JsonType::String => "a string",
        }
    }
}

impl fmt::Display for JsonType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

/// The first bytes of a hash, enough to tell two hashes apart in an error message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestStart([u8; Self::LENGTH]);

impl DigestStart {
    /// The number of bytes kept.
    pub const LENGTH: usize = 12;
}

impl From<&Digest> for DigestStart {
    fn from(digest: &Digest) -> Self {
        DigestStart::from(digest.as_bytes())
    }
}

impl From<&[u8]> for DigestStart {
    fn from(bytes: &[u8]) -> Self {
        let mut start = [0; Self::LENGTH];
        for (to, from) in start.iter_mut().zip(bytes) {
            *to = *from;
        }
        DigestStart(start)
    }
}

impl Show for DigestStart {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        crate::hex::Hex(&self.0).show(out);
        out("…");
    }
}

impl fmt::Display for DigestStart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

impl Error {
    /// Returns the error for a file that is longer than its listed length.
    pub(crate) const fn too_long(role: Option<Role>, expected: u64) -> Self {
        Error::LengthMismatch { role, expected, found: expected.saturating_add(1) }
    }

    /// Returns the field of [`Limits`](crate::Limits) that raises the exceeded limit for a role of
    /// the given name. Returns `None` for other errors and for fixed limits.
    pub fn limit_field(&self, role: &str) -> Option<&'static str> {
        match self {
            // `Limits::delegations` cannot be set higher.
            Error::LimitReached { limit: Limit::Delegations, maximum } if *maximum >= VISITED => {
                None
            }
            Error::LimitReached { limit, .. } => limit.field(Role::from_name(role)),
            _ => None,
        }
    }

    /// Returns whether the file is metadata from before TUF 1.0, whose `_type` begins with a
    /// capital letter.
    pub fn is_before_tuf_1(&self) -> bool {
        let Error::WrongRole { found, .. } = self else { return false };
        let is_old = |role: Role| {
            let (name, found) = (role.type_name(), found.as_str());
            found != name && found.eq_ignore_ascii_case(name)
        };
        [Role::Root, Role::Timestamp, Role::Snapshot, Role::Targets].into_iter().any(is_old)
    }

    /// Returns the party that has to act on the error.
    pub const fn blame(&self) -> Blame {
        match self {
            Error::SourceFailed | Error::UnexpectedCall => Blame::Caller,
            Error::LimitReached { .. }
            | Error::StreamUnsorted { .. }
            | Error::UnsortedTooLarge { .. } => Blame::Limit,
            Error::UnsupportedKeyScheme { .. } => Blame::Unsupported,
            _ => Blame::Repository,
        }
    }

    /// Returns whether the error says nothing about a stored file, so that the host has to supply
    /// the file in another way.
    pub(crate) const fn is_for_host(&self) -> bool {
        matches!(self, Error::SourceFailed | Error::StreamUnsorted { .. })
    }
}

impl core::error::Error for Error {}

/// The number of bytes kept of a wrong `_type`.
const TYPE_KEPT: usize = 15;

#[allow(clippy::as_conversions, reason = "it is 32")]
const VISITED: u64 = VISITED_MAX as u64;

#[cfg(test)]
mod tests;
