//! Error messages, one line each. They are templates, because formatting code for each message
//! would be several times as large.

use core::fmt;

use super::{DigestStart, Error, TYPE_KEPT};
use crate::excerpt::Excerpt;
use crate::role::Role;
use crate::show::{Show, display};
use crate::time::Time;

/// An expected or found value of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ErrorValue<'e> {
    /// A version, a length or a count.
    Number(u64),
    /// A JSON type or a role.
    Text(&'static str),
    /// An expiry, or the time of the update.
    Time(Time),
    /// The start of a hash.
    Hash(&'e DigestStart),
    /// Text from the file, shortened.
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
        // Skips the code.
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
    /// Returns the expected, allowed or trusted value, if the error has one.
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

    /// Returns the found value, if the error has one. The length of a file is unknown if it is
    /// longer than was read.
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

    /// Returns whether the file is longer than its listed length by an unknown number of bytes.
    const fn is_too_long(&self) -> bool {
        match self {
            Error::LengthMismatch { expected, found, .. } => *found == expected.saturating_add(1),
            _ => false,
        }
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

    /// Returns the member, limit or hash function that the message names.
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

    /// Returns the error's code, the variant's name in kebab case. A published code never changes.
    pub fn code(&self) -> &'static str {
        let text = self.text();
        text.bytes()
            .position(|byte| byte == b' ')
            .and_then(|end| text.get(..end))
            .unwrap_or_default()
    }

    /// Returns the code, a space, and the template of the message. In the template, `#e` and `#f`
    /// are the expected and the found value, `#p` the position, `#r` the role, `#m` the role's
    /// metadata or the target, `#k` the number of keys, and `#n` any other name.
    fn text(&self) -> &'static str {
        if self.is_too_long() {
            "length-mismatch #m is more than #e bytes long, expected #e"
        } else if self.is_before_tuf_1() {
            "wrong-role `_type` is `#f`, expected `#e`, at byte #p: metadata from before TUF 1.0 \
             is not supported"
        } else {
            self.usual_text()
        }
    }

    /// A function of its own, because the compiler makes a table of it.
    const fn usual_text(&self) -> &'static str {
        match self {
            Error::DuplicateMember { .. } => {
                "duplicate-member an object has two members of the same name, at byte #p"
            }
            Error::DuplicateRole { .. } => {
                "duplicate-role a list of delegations names a role twice, at byte #p"
            }
            Error::DuplicateSignature { .. } => {
                "duplicate-signature two signatures have the same keyid, at byte #p"
            }
            Error::Expired { .. } => "expired #m expired at #e (now #f)",
            Error::HashMismatch { .. } => "hash-mismatch #m has #n #f, expected #e",
            Error::InvalidDelegation { .. } => {
                "invalid-delegation a delegation has both `paths` and `path_hash_prefixes`, or \
                 `delegations` has both `roles` and `succinct_roles`, at byte #p"
            }
            Error::InvalidForm { .. } => "invalid-form `#n` is malformed, at byte #p",
            Error::InvalidJson { .. } => "invalid-json invalid JSON, at byte #p",
            Error::InvalidNumber { .. } => {
                "invalid-number invalid number, expected a 64-bit integer, at byte #p"
            }
            Error::InvalidRoleName { .. } => {
                "invalid-role-name a delegated role has an empty name or the name of a top-level \
                 role, at byte #p"
            }
            Error::InvalidString { .. } => {
                "invalid-string invalid string (control character, unknown escape or lone \
                 surrogate), at byte #p"
            }
            Error::InvalidTime { .. } => {
                "invalid-time `expires` is not an RFC 3339 date and time, at byte #p"
            }
            Error::InvalidUtf8 { .. } => "invalid-utf8 invalid UTF-8, at byte #p",
            Error::LengthMismatch { .. } => "length-mismatch #m is #f bytes long, expected #e",
            Error::LimitReached { .. } => "limit-reached more than #e #n",
            Error::MissingFile { .. } => "missing-file #m is missing",
            Error::MissingMember { .. } => {
                "missing-member `#n` is missing from the object that ends at byte #p"
            }
            Error::RemovedFromSnapshot { .. } => {
                "removed-from-snapshot the new snapshot no longer lists a role that the trusted \
                 snapshot lists at version #e"
            }
            Error::RoleNotInSnapshot { .. } => {
                "role-not-in-snapshot the snapshot does not list the #r role"
            }
            Error::Rollback { .. } => {
                "rollback #m has version #f, older than the trusted version #e"
            }
            Error::SourceFailed => "source-failed reading the input failed",
            Error::StreamUnsorted { .. } => {
                "stream-unsorted the members are not sorted, at byte #p: an unsorted file can only \
                 be checked as a slice"
            }
            Error::TargetNotFound => {
                "target-not-found no role that is trusted for this path lists the target"
            }
            Error::ThresholdNotMet { .. } => {
                "threshold-not-met #m is signed by #f of the role's #k usable keys, expected at \
                 least #e"
            }
            Error::TrailingData { .. } => {
                "trailing-data unexpected data after the JSON document, at byte #p"
            }
            Error::UnexpectedCall => {
                "unexpected-call this method does not answer the current step of the update"
            }
            Error::UnexpectedEnd { .. } => "unexpected-end unexpected end of file, at byte #p",
            Error::UnsortedTooLarge { .. } => {
                "unsorted-too-large the object at byte #p is unsorted, and too large or too deep \
                 to sort"
            }
            Error::UnsupportedHash { .. } => {
                "unsupported-hash `hashes` lists no supported hash (sha256, sha512, blake2b-256), \
                 at byte #p"
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
            Error::Zero { .. } => "zero `#n` is less than 1, at byte #p",
        }
    }
}
