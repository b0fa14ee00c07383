//! What an error says, in one line. The sentences are data: code for each would be several times as large.

use core::fmt::{self, Write as _};

use super::{DigestStart, Error};
use crate::digits::write_decimal;
use crate::role::Role;
use crate::time::Time;

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values();
        let mut values = values.iter();
        for character in self.sentence().chars() {
            if character != '#' {
                formatter.write_char(character)?;
                continue;
            }
            match values.next() {
                Some(Value::Number(number)) => write_decimal(*number, 1, formatter)?,
                Some(Value::Text(text)) => formatter.write_str(text)?,
                Some(Value::Time(time)) => fmt::Display::fmt(time, formatter)?,
                Some(Value::Start(start)) => fmt::Display::fmt(start, formatter)?,
                None => {}
            }
        }
        Ok(())
    }
}

/// What stands in a sentence.
#[derive(Clone, Copy)]
enum Value<'e> {
    Number(u64),
    Text(&'static str),
    Time(Time),
    Start(&'e DigestStart),
}

impl Error {
    /// The sentence, with `#` for each of its values.
    const fn sentence(&self) -> &'static str {
        match self {
            Error::DuplicateMember { .. } => "a member name appears twice in one object, at byte #",
            Error::DuplicateRole { .. } => "a delegation names a role for the second time, at byte #",
            Error::DuplicateSignature { .. } => "two signatures carry the same keyid, at byte #",
            Error::Expired { .. } => "# metadata expired at #, and it is #",
            Error::HashMismatch { role: Some(_), .. } => "# metadata has # #, expected #",
            Error::HashMismatch { role: None, .. } => "#target has # #, expected #",
            Error::InvalidDelegation { .. } => "a delegation says in two ways what it matches, at byte #",
            Error::InvalidForm { .. } => "`#` is not of its form, at byte #",
            Error::InvalidJson { .. } => "not JSON, at byte #",
            Error::InvalidNumber { .. } => "not an integer that TUF allows, at byte #",
            Error::InvalidRoleName { .. } => "a delegated role has an empty name or a top-level role's, at byte #",
            Error::InvalidString { .. } => "a string holds what JSON does not allow, at byte #",
            Error::InvalidTime { .. } => "`expires` is not a time of RFC 3339, at byte #",
            Error::InvalidUtf8 { .. } => "not UTF-8, at byte #",
            Error::LengthMismatch { role: Some(_), .. } => "# metadata is # bytes long, expected #",
            Error::LengthMismatch { role: None, .. } => "#target is # bytes long, expected #",
            Error::LimitReached { .. } => "more than # #",
            Error::MissingFile { .. } => "# metadata is not there",
            Error::MissingMember { .. } => "`#` is missing from the object that ends at byte #",
            Error::RemovedFromSnapshot { .. } => "the new snapshot no longer lists a role that was at version #",
            Error::RoleNotInSnapshot { .. } => "# role is delegated to, but the snapshot does not list it",
            Error::Rollback { .. } => "# metadata went back to version #, trusted before is #",
            Error::SourceFailed => "the bytes could not be read",
            Error::StreamUnsorted { .. } => {
                "the members are not sorted, at byte #: a stream cannot be checked, a slice can"
            }
            Error::TargetNotFound => "no role that may speak for this target lists it",
            Error::ThresholdNotMet { .. } => {
                "# metadata is signed by # of the role's # usable keys, expected at least #"
            }
            Error::TrailingData { .. } => "something follows the document, at byte #",
            Error::UnexpectedCall => "the call does not answer the step that the update is at",
            Error::UnexpectedEnd { .. } => "the file ends too early, at byte #",
            Error::UnsortedTooLarge { .. } => {
                "the object at byte # is unsorted, and too large or too deep to be put in order"
            }
            Error::UnsupportedHash { .. } => "no hash function listed is sha256, sha512 or blake2b-256, at byte #",
            Error::UnsupportedSpecVersion { .. } => "`spec_version` is not 1.x, at byte #",
            Error::WrongRole { .. } => "`_type` is not `#`, at byte #",
            Error::WrongType { .. } => "found #, expected #, at byte #",
            Error::WrongVersion { .. } => "# metadata has version #, expected #",
            Error::Zero { .. } => "`#` is below 1, at byte #",
        }
    }

    /// The values, in the order in which they stand in the sentence.
    fn values(&self) -> [Value<'_>; 4] {
        let none = Value::Text("");
        let number = Value::Number;
        let name = |role: Option<Role>| Value::Text(role.map_or("", Role::text));
        match *self {
            Error::SourceFailed | Error::TargetNotFound | Error::UnexpectedCall => [none; 4],
            Error::DuplicateMember { position }
            | Error::DuplicateRole { position }
            | Error::DuplicateSignature { position }
            | Error::InvalidDelegation { position }
            | Error::InvalidJson { position }
            | Error::InvalidNumber { position }
            | Error::InvalidRoleName { position }
            | Error::InvalidString { position }
            | Error::InvalidTime { position }
            | Error::InvalidUtf8 { position }
            | Error::StreamUnsorted { position }
            | Error::TrailingData { position }
            | Error::UnexpectedEnd { position }
            | Error::UnsortedTooLarge { position }
            | Error::UnsupportedHash { position }
            | Error::UnsupportedSpecVersion { position } => [number(position), none, none, none],
            Error::InvalidForm { position, member }
            | Error::MissingMember { position, member }
            | Error::Zero { position, member } => [Value::Text(member), number(position), none, none],
            Error::Expired { role, expires, now } => [name(Some(role)), Value::Time(expires), Value::Time(now), none],
            Error::HashMismatch { role, algorithm, ref expected, ref found } => {
                [name(role), Value::Text(algorithm.name()), Value::Start(found), Value::Start(expected)]
            }
            Error::LengthMismatch { role, expected, found } => [name(role), number(found), number(expected), none],
            Error::LimitReached { limit, maximum } => [number(maximum), Value::Text(limit.text()), none, none],
            Error::MissingFile { role } | Error::RoleNotInSnapshot { role } => [name(Some(role)), none, none, none],
            Error::RemovedFromSnapshot { trusted } => [number(trusted), none, none, none],
            Error::Rollback { role, trusted, found } => [name(Some(role)), number(found), number(trusted), none],
            Error::ThresholdNotMet { role, threshold, valid, keys } => {
                [name(Some(role)), number(valid.into()), number(keys.into()), number(threshold.into())]
            }
            Error::WrongRole { expected, position } => {
                [Value::Text(expected.type_name()), number(position), none, none]
            }
            Error::WrongType { position, expected, found } => {
                [Value::Text(found.text()), Value::Text(expected.text()), number(position), none]
            }
            Error::WrongVersion { role, expected, found } => [name(Some(role)), number(found), number(expected), none],
        }
    }
}
