//! What can go wrong, and who is to blame for it.

mod text;

use core::fmt;

pub use text::ErrorValue;

use crate::hash::{Digest, HashAlgorithm};
use crate::limits::Limit;
use crate::role::Role;
use crate::show::{Show, display};
use crate::time::Time;

/// Why something was refused. Small, `Copy`, and without text: [`Update`](crate::Update) knows the role's name and path.
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
    /// A delegation has both `paths` and `path_hash_prefixes`, or a delegations object both `roles` and `succinct_roles`.
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
        /// The length that was found; of a file that is too long, how much of it was read.
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
    /// An unsorted object is too large to be put in order without `alloc`, or lies too deep to be put in order cheaply.
    UnsortedTooLarge {
        /// Where the object begins.
        position: u64,
    },
    /// A hash list names no hash function that is supported.
    UnsupportedHash {
        /// Where the list ends.
        position: u64,
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
pub enum Blame {
    /// The repository, a mirror of it, or somebody in between, served what must not be trusted.
    Repository,
    /// The program that drives the verifier.
    Caller,
    /// A limit of the verifier, which may be right for this repository or too tight.
    Limit,
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
    /// Who has to act: the repository's side, the calling program, or whoever sets the limits.
    pub const fn blame(&self) -> Blame {
        match self {
            Error::SourceFailed | Error::UnexpectedCall => Blame::Caller,
            Error::LimitReached { .. } | Error::StreamUnsorted { .. } | Error::UnsortedTooLarge { .. } => Blame::Limit,
            _ => Blame::Repository,
        }
    }

    /// Whether it says nothing about a stored file yet: the host has to give that in another way.
    pub(crate) const fn is_for_host(&self) -> bool {
        matches!(self, Error::SourceFailed | Error::StreamUnsorted { .. })
    }
}

impl core::error::Error for Error {}

#[cfg(test)]
mod tests;
