//! What the files of all roles have in common (spec §4.3 to §4.6): type, format, version, expiry;
//! and lists of other files.

use core::num::NonZeroU64;

use crate::error::Error;
use crate::excerpt::Excerpt;
use crate::hash::{Digest, HashAlgorithm, Hashes};
use crate::json::{Failed, Field, Reader, Sink};
use crate::measured::Listed;
use crate::role::Role;
use crate::source::Source;
use crate::time::Time;

/// The members that every role has, as they come to light.
pub(crate) struct Common {
    role: Role,
    has_type: bool,
    has_spec_version: bool,
    version: Option<NonZeroU64>,
    expires: Option<Time>,
}

impl Common {
    pub(crate) const fn new(role: Role) -> Self {
        Common { role, has_type: false, has_spec_version: false, version: None, expires: None }
    }

    /// Reads the member that the Reader stands at if it is one of these, and skips any other.
    pub(crate) fn read<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
    ) -> Result<(), Failed> {
        if reader.at("_type") {
            let expected = self.role;
            let wrong = reader.string_bytes(|text| {
                (text != expected.type_name().as_bytes()).then(|| Excerpt::of(text))
            })?;
            if let Some(found) = wrong {
                let position = reader.position();
                return Err(reader.fail(Error::WrongRole { expected, found, position }));
            }
            self.has_type = true;
        } else if reader.at("spec_version") {
            if !reader.string_bytes(is_supported)? {
                return Err(reader.fail_here(|position| Error::UnsupportedSpecVersion { position }));
            }
            self.has_spec_version = true;
        } else if reader.at("version") {
            self.version = Some(reader.positive("version")?);
        } else if reader.at("expires") {
            self.expires = reader.string_bytes(Time::of)?;
            if self.expires.is_none() {
                return Err(reader.fail_here(|position| Error::InvalidTime { position }));
            }
        } else {
            reader.skip()?;
        }
        Ok(())
    }

    /// Once the object has been read: nothing may be missing.
    pub(crate) fn complete<S: Source, K: Sink>(
        &self,
        reader: &mut Reader<'_, S, K>,
    ) -> Result<(), Failed> {
        let missing = if !self.has_type {
            "_type"
        } else if !self.has_spec_version {
            "spec_version"
        } else if self.version.is_none() {
            "version"
        } else if self.expires.is_none() {
            "expires"
        } else {
            return Ok(());
        };
        Err(reader.missing(missing))
    }

    /// Version and expiry. What was not read yet is as bad as can be.
    pub(crate) fn stated(&self) -> (u64, Time) {
        (self.version.map_or(0, NonZeroU64::get), self.expires.unwrap_or(Time::from_unix(i64::MIN)))
    }
}

/// `1.x` or `1.x.y`: another major version may mean anything (spec §4.2).
fn is_supported(version: &[u8]) -> bool {
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let minor = version.strip_prefix(b"1.").unwrap_or_default();
    match minor.iter().position(|byte| *byte == b'.').and_then(|dot| minor.split_at_checked(dot)) {
        Some((minor, patch)) => digits(minor) && digits(patch.get(1..).unwrap_or_default()),
        None => digits(minor),
    }
}

/// Reads an entry of `meta`: version, and length and hashes where they are stated (spec §4.4).
pub(crate) fn read_listed<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    listed: &mut Listed,
) -> Result<(), Failed> {
    *listed = Listed::default();
    reader.enter_object()?;
    while reader.next_member()? {
        if reader.at("version") {
            reader.mark(Field::Positive);
            listed.version = reader.positive("version")?.get();
        } else if reader.at("length") {
            reader.mark(Field::Integer);
            listed.length = Some(reader.integer()?);
        } else if reader.at("hashes") {
            read_hashes(reader, &mut listed.hashes)?;
        } else {
            reader.skip()?;
        }
    }
    if listed.version == 0 {
        return Err(reader.missing("version"));
    }
    Ok(())
}

/// Reads an object of hashes: at least one of a supported function; of the others only that they
/// are strings.
pub(crate) fn read_hashes<S: Source, K: Sink>(
    reader: &mut Reader<'_, S, K>,
    hashes: &mut Hashes,
) -> Result<(), Failed> {
    *hashes = Hashes::new();
    reader.enter_object()?;
    while reader.next_member()? {
        let digest = match HashAlgorithm::from_name(reader.name_text()) {
            Some(algorithm) => {
                reader.mark(Field::Hash(algorithm));
                reader.string_bytes(|text| Digest::from_hex(algorithm, text))?
            }
            None => {
                reader.mark(Field::Text);
                reader.string_bytes(|_| ())?;
                continue;
            }
        };
        let Some(digest) = digest else {
            return Err(reader.invalid_form("hashes"));
        };
        hashes.insert(digest);
    }
    if hashes.is_empty() {
        return Err(reader.fail_here(|position| Error::UnsupportedHash { position }));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_minor_version_of_the_first_major_one_is_supported() {
        for version in
            ["1.0", "1.0.0", "1.0.34", "1.1", "1.99.0", "1.0.00", "1.18446744073709551616.0"]
        {
            assert!(is_supported(version.as_bytes()), "{version}");
        }
        for version in [
            "",
            "1",
            "1.",
            "1..",
            "1.0.",
            "1..0",
            ".1.0",
            "1.0.0.0",
            "0.9",
            "2.0",
            "2.0.0",
            "10.0",
            "11.0.0",
            "01.0",
            "+1.0",
            "-1.0",
            " 1.0",
            "1.0 ",
            "1.x",
            "1.0.0-rc1",
            "1.-1",
            "1,0",
            "1.\u{661}",
            "v1.0",
            "1.0\0",
        ] {
            assert!(!is_supported(version.as_bytes()), "{version}");
        }
    }
}
