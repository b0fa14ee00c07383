//! What can go wrong, and who is to blame for it.

mod text;

use core::fmt;

pub use text::ErrorValue;

use crate::excerpt::Excerpt;
use crate::hash::{Digest, HashAlgorithm};
use crate::limits::{Limit, VISITED_MAX};
use crate::role::Role;
use crate::show::{Show, display};
use crate::time::Time;

/// Why something was refused. Small, `Copy`, and without text: [`Update`](crate::Update) knows the
/// role's name and path.
///
/// A `position` is a count of bytes from the start of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A member name appears twice in one object, compared after unescaping.
    DuplicateMember {
        /// Where the second one was seen; of an unsorted object, where the object begins.
        position: u64,
    },
    /// A list of delegations names a role twice.
    DuplicateRole {
        /// Where the second one ends.
        position: u64,
    },
    /// A list of signatures holds two entries of one keyid.
    DuplicateSignature {
        /// Where the second one ends.
        position: u64,
    },
    /// The metadata is past its expiry.
    Expired {
        /// The role whose file it is.
        role: Role,
        /// The expiry that the file states.
        expires: Time,
        /// The time that the update was given.
        now: Time,
    },
    /// A file is not the one that was listed or that was read before.
    HashMismatch {
        /// The role whose file it is; `None` for a target file.
        role: Option<Role>,
        /// The hash function.
        algorithm: HashAlgorithm,
        /// The first bytes of the hash that is listed.
        expected: DigestStart,
        /// The first bytes of the hash that the file has.
        found: DigestStart,
    },
    /// A delegation has both `paths` and `path_hash_prefixes`, or a delegations object both `roles`
    /// and `succinct_roles`.
    InvalidDelegation {
        /// Where it ends.
        position: u64,
    },
    /// A value that is fixed by its form is not of that form: a hash, a hash prefix, a bit length.
    InvalidForm {
        /// Where the value ends.
        position: u64,
        /// The member whose value it is.
        member: &'static str,
    },
    /// What stands there is not JSON.
    InvalidJson {
        /// Where.
        position: u64,
    },
    /// A number is no integer of TUF's: a fraction, an exponent, `-0`, leading zeros, past `u64`.
    InvalidNumber {
        /// Where the number begins.
        position: u64,
    },
    /// A delegated role is named like a top-level role, or has an empty name.
    InvalidRoleName {
        /// Where the name ends.
        position: u64,
    },
    /// A string holds a control character, an unknown escape or half of a surrogate pair.
    InvalidString {
        /// Where.
        position: u64,
    },
    /// An expiry is not a date and time of RFC 3339.
    InvalidTime {
        /// Where it ends.
        position: u64,
    },
    /// The bytes are not UTF-8.
    InvalidUtf8 {
        /// Where.
        position: u64,
    },
    /// A file has another length than its listing says.
    LengthMismatch {
        /// The role whose file it is; `None` for a target file.
        role: Option<Role>,
        /// The length that is listed.
        expected: u64,
        /// The length that was found. One more than is listed stands for any that is greater, as
        /// reading stops there.
        found: u64,
    },
    /// A limit that protects the verifier was reached.
    LimitReached {
        /// Which limit.
        limit: Limit,
        /// How much it allows.
        maximum: u64,
    },
    /// A file that must be there is not.
    MissingFile {
        /// The role whose file it is.
        role: Role,
    },
    /// A required member is not in its object.
    MissingMember {
        /// Where the object ends.
        position: u64,
        /// The member.
        member: &'static str,
    },
    /// A role that the earlier snapshot lists is not in the new one.
    RemovedFromSnapshot {
        /// The version that the earlier snapshot lists for it.
        trusted: u64,
    },
    /// A delegation leads to a role that the snapshot does not list.
    RoleNotInSnapshot {
        /// The role.
        role: Role,
    },
    /// A version went down.
    Rollback {
        /// The role whose version it is.
        role: Role,
        /// The version that was trusted before.
        trusted: u64,
        /// The version that was found.
        found: u64,
    },
    /// The host's source failed to give bytes.
    SourceFailed,
    /// The document needs its keys sorted to be read from a stream.
    StreamUnsorted {
        /// Where the order breaks.
        position: u64,
    },
    /// The role allows no such target, or none has that name.
    TargetNotFound,
    /// Too few of the role's keys signed.
    ThresholdNotMet {
        /// The role whose file it is.
        role: Role,
        /// How many distinct keys must have signed.
        threshold: u32,
        /// How many did.
        valid: u32,
        /// How many distinct usable keys the role has.
        keys: u32,
    },
    /// Something follows the document.
    TrailingData {
        /// Where.
        position: u64,
    },
    /// A method of [`Update`](crate::Update) was called that does not answer the step it is at.
    UnexpectedCall,
    /// The file ends within the document.
    UnexpectedEnd {
        /// Where it ends.
        position: u64,
    },
    /// An unsorted object is too large to be put in order without `alloc`, or lies too deep to be
    /// put in order cheaply.
    UnsortedTooLarge {
        /// Where the object begins.
        position: u64,
    },
    /// A hash list names no hash function that is supported.
    UnsupportedHash {
        /// Where the list ends.
        position: u64,
    },
    /// Too few of the role's keys have a scheme that this build supports, so that nobody can tell
    /// here whether a threshold signed.
    /// [`Update::unsupported_schemes`](crate::Update::unsupported_schemes) names the schemes.
    UnsupportedKeyScheme {
        /// The role whose file it is.
        role: Role,
        /// How many distinct keys must have signed.
        threshold: u32,
        /// How many distinct usable keys the role has.
        keys: u32,
    },
    /// `spec_version` is not 1.x.
    UnsupportedSpecVersion {
        /// Where it ends.
        position: u64,
    },
    /// `_type` is another role's.
    WrongRole {
        /// The role that was asked for.
        expected: Role,
        /// What stands there.
        found: Excerpt<TYPE_KEPT>,
        /// Where `_type`'s value ends.
        position: u64,
    },
    /// A value has the wrong type.
    WrongType {
        /// Where the value begins.
        position: u64,
        /// What is wanted there.
        expected: JsonType,
        /// What stands there.
        found: JsonType,
    },
    /// A file has another version than the one that was asked for.
    WrongVersion {
        /// The role whose file it is.
        role: Role,
        /// The version that was asked for.
        expected: u64,
        /// The version that the file states.
        found: u64,
    },
    /// A version, a threshold or a bit length is below 1.
    Zero {
        /// Where it begins.
        position: u64,
        /// The member whose value it is.
        member: &'static str,
    },
}

/// Who has to act on an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blame {
    /// The repository, a mirror of it, or somebody in between, served what must not be trusted.
    Repository,
    /// The program that drives the verifier.
    Caller,
    /// A limit of the verifier, which may be right for this repository or too tight.
    Limit,
    /// Nobody: signed metadata asks for what this build of the verifier does not support. The
    /// repository may be in order, and it may be checked by a newer version, or by a build with
    /// more features.
    ///
    /// What is unsupported in a file whose signatures have not been checked yet is not called so:
    /// anybody may have put it there.
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

/// The JSON types, as an error names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it all")]
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

/// The first bytes of a hash: enough to tell two apart in an error's one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DigestStart([u8; Self::LENGTH]);

impl DigestStart {
    /// How many bytes are kept.
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
    /// A file is longer than its listing says; by how much is not known.
    pub(crate) const fn too_long(role: Option<Role>, expected: u64) -> Self {
        Error::LengthMismatch { role, expected, found: expected.saturating_add(1) }
    }

    /// The field of [`Limits`](crate::Limits) that raises the limit which was reached, by a role of
    /// that name; nothing where none does.
    pub fn limit_field(&self, role: &str) -> Option<&'static str> {
        match self {
            // No more than this are visited, whatever is set.
            Error::LimitReached { limit: Limit::Delegations, maximum } if *maximum >= VISITED => {
                None
            }
            Error::LimitReached { limit, .. } => limit.field(Role::from_name(role)),
            _ => None,
        }
    }

    /// Whether the file was written by the rules before TUF 1.0, which had `_type` begin with a
    /// capital.
    pub fn is_before_tuf_1(&self) -> bool {
        let Error::WrongRole { found, .. } = self else { return false };
        let is_old = |role: Role| {
            let (name, found) = (role.type_name(), found.as_str());
            found != name && found.eq_ignore_ascii_case(name)
        };
        [Role::Root, Role::Timestamp, Role::Snapshot, Role::Targets].into_iter().any(is_old)
    }

    /// Who has to act: the repository's side, the calling program, whoever sets the limits, or
    /// nobody.
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

    /// Whether it says nothing about a stored file yet: the host has to give that in another way.
    pub(crate) const fn is_for_host(&self) -> bool {
        matches!(self, Error::SourceFailed | Error::StreamUnsorted { .. })
    }
}

impl core::error::Error for Error {}

/// As much of a `_type` as tells what it is.
const TYPE_KEPT: usize = 15;

#[allow(clippy::as_conversions, reason = "it is 32")]
const VISITED: u64 = VISITED_MAX as u64;

#[cfg(test)]
mod tests;
