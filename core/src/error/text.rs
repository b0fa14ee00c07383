//! What an error says, in one line. The sentences are data: code for each would be several times as large.

use core::fmt;

use super::{DigestStart, Error};
use crate::role::Role;
use crate::show::{Show, display};
use crate::time::Time;

/// What an [`Error`] states of what was expected, or found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ErrorValue<'e> {
    /// A version, a length, a count.
    Number(u64),
    /// The kind of a JSON value.
    Text(&'static str),
    /// An expiry, or the time that it was compared with.
    Time(Time),
    /// The beginning of a hash.
    Hash(&'e DigestStart),
}

impl Show for ErrorValue<'_> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        match self {
            ErrorValue::Number(number) => number.show(out),
            ErrorValue::Text(text) => out(text),
            ErrorValue::Time(time) => time.show(out),
            ErrorValue::Hash(start) => start.show(out),
        }
    }
}

impl fmt::Display for ErrorValue<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

impl Show for Error {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        let mut sentence = self.sentence().chars();
        while let Some(character) = sentence.next() {
            if character != '#' {
                out(character.encode_utf8(&mut [0; 4]));
                continue;
            }
            let value = match sentence.next() {
                Some('e') => self.expected(),
                Some('f') => self.found(),
                Some('p') => self.position().map(ErrorValue::Number),
                Some('k') => self.keys().map(ErrorValue::Number),
                Some('r') => self.role().map(|role| ErrorValue::Text(role.text())),
                _ => Some(ErrorValue::Text(self.name())),
            };
            if let Some(value) = value {
                value.show(out);
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

impl Error {
    /// What was expected, or allowed, or trusted before; nothing where the error states no such value.
    pub fn expected(&self) -> Option<ErrorValue<'_>> {
        Some(match self {
            Error::Expired { expires, .. } => ErrorValue::Time(*expires),
            Error::HashMismatch { expected, .. } => ErrorValue::Hash(expected),
            Error::LengthMismatch { expected, .. } | Error::WrongVersion { expected, .. } => {
                ErrorValue::Number(*expected)
            }
            Error::LimitReached { maximum, .. } => ErrorValue::Number(*maximum),
            Error::RemovedFromSnapshot { trusted } | Error::Rollback { trusted, .. } => ErrorValue::Number(*trusted),
            Error::ThresholdNotMet { threshold, .. } => ErrorValue::Number(u64::from(*threshold)),
            Error::WrongType { expected, .. } => ErrorValue::Text(expected.text()),
            _ => return None,
        })
    }

    /// What was found instead; nothing where the error states no such value.
    pub fn found(&self) -> Option<ErrorValue<'_>> {
        Some(match self {
            Error::Expired { now, .. } => ErrorValue::Time(*now),
            Error::HashMismatch { found, .. } => ErrorValue::Hash(found),
            Error::LengthMismatch { found, .. } | Error::Rollback { found, .. } | Error::WrongVersion { found, .. } => {
                ErrorValue::Number(*found)
            }
            Error::ThresholdNotMet { valid, .. } => ErrorValue::Number(u64::from(*valid)),
            Error::WrongType { found, .. } => ErrorValue::Text(found.text()),
            _ => return None,
        })
    }

    const fn position(&self) -> Option<u64> {
        match self {
            Error::DuplicateMember { position }
            | Error::DuplicateRole { position }
            | Error::DuplicateSignature { position }
            | Error::InvalidDelegation { position }
            | Error::InvalidForm { position, .. }
            | Error::InvalidJson { position }
            | Error::InvalidNumber { position }
            | Error::InvalidRoleName { position }
            | Error::InvalidString { position }
            | Error::InvalidTime { position }
            | Error::InvalidUtf8 { position }
            | Error::MissingMember { position, .. }
            | Error::StreamUnsorted { position }
            | Error::TrailingData { position }
            | Error::UnexpectedEnd { position }
            | Error::UnsortedTooLarge { position }
            | Error::UnsupportedHash { position }
            | Error::UnsupportedSpecVersion { position }
            | Error::WrongRole { position, .. }
            | Error::WrongType { position, .. }
            | Error::Zero { position, .. } => Some(*position),
            _ => None,
        }
    }

    fn keys(&self) -> Option<u64> {
        match self {
            Error::ThresholdNotMet { keys, .. } => Some(u64::from(*keys)),
            _ => None,
        }
    }

    const fn role(&self) -> Option<Role> {
        match self {
            Error::HashMismatch { role, .. } | Error::LengthMismatch { role, .. } => *role,
            Error::Expired { role, .. }
            | Error::MissingFile { role }
            | Error::RoleNotInSnapshot { role }
            | Error::Rollback { role, .. }
            | Error::ThresholdNotMet { role, .. }
            | Error::WrongVersion { role, .. } => Some(*role),
            _ => None,
        }
    }

    /// What the sentence names besides: a member, a limit, a hash function, a type.
    const fn name(&self) -> &'static str {
        match self {
            Error::HashMismatch { algorithm, .. } => algorithm.name(),
            Error::InvalidForm { member, .. } | Error::MissingMember { member, .. } | Error::Zero { member, .. } => {
                member
            }
            Error::LimitReached { limit, .. } => limit.text(),
            Error::WrongRole { expected, .. } => expected.type_name(),
            _ => "",
        }
    }

    /// The sentence. In it stand `#e` and `#f` for what was expected and found, `#p` for a position, `#r` for a role, `#k` for a
    /// number of keys, and `#n` for any other name.
    const fn sentence(&self) -> &'static str {
        match self {
            Error::DuplicateMember { .. } => "a member name appears twice in one object, at byte #p",
            Error::DuplicateRole { .. } => "a delegation names a role for the second time, at byte #p",
            Error::DuplicateSignature { .. } => "two signatures carry the same keyid, at byte #p",
            Error::Expired { .. } => "#r metadata expired at #e, and it is #f",
            Error::HashMismatch { role: Some(_), .. } => "#r metadata has #n #f, expected #e",
            Error::HashMismatch { role: None, .. } => "target has #n #f, expected #e",
            Error::InvalidDelegation { .. } => "a delegation says in two ways what it matches, at byte #p",
            Error::InvalidForm { .. } => "`#n` is not of its form, at byte #p",
            Error::InvalidJson { .. } => "not JSON, at byte #p",
            Error::InvalidNumber { .. } => "not an integer that TUF allows, at byte #p",
            Error::InvalidRoleName { .. } => "a delegated role has an empty name or a top-level role's, at byte #p",
            Error::InvalidString { .. } => "a string holds what JSON does not allow, at byte #p",
            Error::InvalidTime { .. } => "`expires` is not a time of RFC 3339, at byte #p",
            Error::InvalidUtf8 { .. } => "not UTF-8, at byte #p",
            Error::LengthMismatch { role: Some(_), .. } => "#r metadata is #f bytes long, expected #e",
            Error::LengthMismatch { role: None, .. } => "target is #f bytes long, expected #e",
            Error::LimitReached { .. } => "more than #e #n",
            Error::MissingFile { .. } => "#r metadata is not there",
            Error::MissingMember { .. } => "`#n` is missing from the object that ends at byte #p",
            Error::RemovedFromSnapshot { .. } => "the new snapshot no longer lists a role that was at version #e",
            Error::RoleNotInSnapshot { .. } => "#r role is delegated to, but the snapshot does not list it",
            Error::Rollback { .. } => "#r metadata went back to version #f, trusted before is #e",
            Error::SourceFailed => "the bytes could not be read",
            Error::StreamUnsorted { .. } => {
                "the members are not sorted, at byte #p: a stream cannot be checked, a slice can"
            }
            Error::TargetNotFound => "no role that may speak for this target lists it",
            Error::ThresholdNotMet { .. } => {
                "#r metadata is signed by #f of the role's #k usable keys, expected at least #e"
            }
            Error::TrailingData { .. } => "something follows the document, at byte #p",
            Error::UnexpectedCall => "the call does not answer the step that the update is at",
            Error::UnexpectedEnd { .. } => "the file ends too early, at byte #p",
            Error::UnsortedTooLarge { .. } => {
                "the object at byte #p is unsorted, and too large or too deep to be put in order"
            }
            Error::UnsupportedHash { .. } => "no hash function listed is sha256, sha512 or blake2b-256, at byte #p",
            Error::UnsupportedSpecVersion { .. } => "`spec_version` is not 1.x, at byte #p",
            Error::WrongRole { .. } => "`_type` is not `#n`, at byte #p",
            Error::WrongType { .. } => "found #f, expected #e, at byte #p",
            Error::WrongVersion { .. } => "#r metadata has version #f, expected #e",
            Error::Zero { .. } => "`#n` is below 1, at byte #p",
        }
    }
}
