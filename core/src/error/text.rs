//! What an error says, in one line. The sentences are data: code for each would be several times as
//! large.

use core::fmt;

use super::{DigestStart, Error, TYPE_KEPT};
use crate::excerpt::Excerpt;
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
    /// What stands in the file, or its beginning.
    Quoted(&'e Excerpt<TYPE_KEPT>),
}

impl Show for ErrorValue<'_> {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        match self {
            ErrorValue::Number(number) => number.show(out),
            ErrorValue::Text(text) => out(text),
            ErrorValue::Time(time) => time.show(out),
            ErrorValue::Hash(start) => start.show(out),
            ErrorValue::Quoted(text) => text.show(out),
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
        let mut sentence = self.text().chars();
        // The code is no part of it.
        sentence.by_ref().find(|character| *character == ' ');
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
                Some('m') => Some(ErrorValue::Text(match self.role() {
                    Some(role) => {
                        out(role.text());
                        " metadata"
                    }
                    None => "target",
                })),
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
    /// What was expected, or allowed, or trusted before; nothing where the error states no such
    /// value.
    pub fn expected(&self) -> Option<ErrorValue<'_>> {
        Some(match self {
            Error::Expired { expires, .. } => ErrorValue::Time(*expires),
            Error::HashMismatch { expected, .. } => ErrorValue::Hash(expected),
            Error::LengthMismatch { expected, .. } | Error::WrongVersion { expected, .. } => {
                ErrorValue::Number(*expected)
            }
            Error::LimitReached { maximum, .. } => ErrorValue::Number(*maximum),
            Error::RemovedFromSnapshot { trusted } | Error::Rollback { trusted, .. } => {
                ErrorValue::Number(*trusted)
            }
            Error::ThresholdNotMet { threshold, .. }
            | Error::UnsupportedKeyScheme { threshold, .. } => {
                ErrorValue::Number(u64::from(*threshold))
            }
            Error::WrongRole { expected, .. } => ErrorValue::Text(expected.type_name()),
            Error::WrongType { expected, .. } => ErrorValue::Text(expected.text()),
            _ => return None,
        })
    }

    /// What was found instead; nothing where the error states no such value, as of a file that is
    /// longer than it was read.
    pub fn found(&self) -> Option<ErrorValue<'_>> {
        Some(match self {
            Error::LengthMismatch { .. } if self.is_too_long() => return None,
            Error::Expired { now, .. } => ErrorValue::Time(*now),
            Error::HashMismatch { found, .. } => ErrorValue::Hash(found),
            Error::LengthMismatch { found, .. }
            | Error::Rollback { found, .. }
            | Error::WrongVersion { found, .. } => ErrorValue::Number(*found),
            Error::ThresholdNotMet { valid: found, .. }
            | Error::UnsupportedKeyScheme { keys: found, .. } => {
                ErrorValue::Number(u64::from(*found))
            }
            Error::WrongRole { found, .. } => ErrorValue::Quoted(found),
            Error::WrongType { found, .. } => ErrorValue::Text(found.text()),
            _ => return None,
        })
    }

    /// Whether the length that was found is any that is greater than the listed one.
    const fn is_too_long(&self) -> bool {
        matches!(self, Error::LengthMismatch { expected, found, .. } if *found == expected.saturating_add(1))
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
            | Error::UnsupportedKeyScheme { role, .. }
            | Error::WrongVersion { role, .. } => Some(*role),
            _ => None,
        }
    }

    /// What the sentence names besides: a member, a limit, a hash function, a type.
    const fn name(&self) -> &'static str {
        match self {
            Error::HashMismatch { algorithm, .. } => algorithm.name(),
            Error::InvalidForm { member, .. }
            | Error::MissingMember { member, .. }
            | Error::Zero { member, .. } => member,
            Error::LimitReached { limit, .. } => limit.text(),
            _ => "",
        }
    }

    /// A stable name for programs: one per variant, in kebab case, never changed once published.
    pub fn code(&self) -> &'static str {
        let text = self.text();
        text.bytes()
            .position(|byte| byte == b' ')
            .and_then(|end| text.get(..end))
            .unwrap_or_default()
    }

    /// The code, a blank, and the sentence. In it stand `#e` and `#f` for what was expected and
    /// found, `#p` for a position, `#r` for a role, `#m` for the metadata of a role, or a target,
    /// `#k` for a number of keys, and `#n` for any other name.
    fn text(&self) -> &'static str {
        if self.is_too_long() {
            "length-mismatch #m is more than #e bytes long, expected #e"
        } else if self.is_before_tuf_1() {
            "wrong-role `_type` is `#f`, as before TUF 1.0, which is not supported; expected \
             `#e`, at byte #p"
        } else {
            self.usual_text()
        }
    }

    /// Apart from the others, as this becomes a table.
    const fn usual_text(&self) -> &'static str {
        match self {
            Error::DuplicateMember { .. } => {
                "duplicate-member a member name appears twice in one object, at byte #p"
            }
            Error::DuplicateRole { .. } => {
                "duplicate-role a delegation names a role for the second time, at byte #p"
            }
            Error::DuplicateSignature { .. } => {
                "duplicate-signature two signatures carry the same keyid, at byte #p"
            }
            Error::Expired { .. } => "expired #m expired at #e, and it is #f",
            Error::HashMismatch { .. } => "hash-mismatch #m has #n #f, expected #e",
            Error::InvalidDelegation { .. } => {
                "invalid-delegation a delegation says in two ways what it matches, at byte #p"
            }
            Error::InvalidForm { .. } => "invalid-form `#n` is not of its form, at byte #p",
            Error::InvalidJson { .. } => "invalid-json not JSON, at byte #p",
            Error::InvalidNumber { .. } => {
                "invalid-number not an integer that TUF allows, at byte #p"
            }
            Error::InvalidRoleName { .. } => {
                "invalid-role-name a delegated role has an empty name or a top-level role's, at \
                 byte #p"
            }
            Error::InvalidString { .. } => {
                "invalid-string a string holds what JSON does not allow, at byte #p"
            }
            Error::InvalidTime { .. } => {
                "invalid-time `expires` is not a time of RFC 3339, at byte #p"
            }
            Error::InvalidUtf8 { .. } => "invalid-utf8 not UTF-8, at byte #p",
            Error::LengthMismatch { .. } => "length-mismatch #m is #f bytes long, expected #e",
            Error::LimitReached { .. } => "limit-reached more than #e #n",
            Error::MissingFile { .. } => "missing-file #m is not there",
            Error::MissingMember { .. } => {
                "missing-member `#n` is missing from the object that ends at byte #p"
            }
            Error::RemovedFromSnapshot { .. } => {
                "removed-from-snapshot the new snapshot no longer lists a role that was at \
                 version #e"
            }
            Error::RoleNotInSnapshot { .. } => {
                "role-not-in-snapshot #r role is delegated to, but the snapshot does not list it"
            }
            Error::Rollback { .. } => "rollback #m went back to version #f, trusted before is #e",
            Error::SourceFailed => "source-failed the bytes could not be read",
            Error::StreamUnsorted { .. } => {
                "stream-unsorted the members are not sorted, at byte #p: a stream cannot be \
                 checked, a slice can"
            }
            Error::TargetNotFound => {
                "target-not-found no role that may speak for this target lists it"
            }
            Error::ThresholdNotMet { .. } => {
                "threshold-not-met #m is signed by #f of the role's #k usable keys, expected at \
                 least #e"
            }
            Error::TrailingData { .. } => {
                "trailing-data something follows the document, at byte #p"
            }
            Error::UnexpectedCall => {
                "unexpected-call the call does not answer the step that the update is at"
            }
            Error::UnexpectedEnd { .. } => "unexpected-end the file ends too early, at byte #p",
            Error::UnsortedTooLarge { .. } => {
                "unsorted-too-large the object at byte #p is unsorted, and too large or too deep to be put in order"
            }
            Error::UnsupportedHash { .. } => {
                "unsupported-hash no hash function listed is sha256, sha512 or blake2b-256, at \
                 byte #p"
            }
            Error::UnsupportedKeyScheme { .. } => {
                "unsupported-key-scheme #m cannot be checked: #f of the role's keys have a \
                 supported scheme, expected at least #e"
            }
            Error::UnsupportedSpecVersion { .. } => {
                "unsupported-spec-version `spec_version` is not 1.x, at byte #p"
            }
            Error::WrongRole { .. } => "wrong-role `_type` is `#f`, expected `#e`, at byte #p",
            Error::WrongType { .. } => "wrong-type found #f, expected #e, at byte #p",
            Error::WrongVersion { .. } => "wrong-version #m has version #f, expected #e",
            Error::Zero { .. } => "zero `#n` is below 1, at byte #p",
        }
    }
}
