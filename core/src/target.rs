//! What is signed of a target file, and the check of the file itself.

use crate::error::Error;
use crate::hash::{Hashes, sha256};
use crate::multi_hasher::MultiHasher;

/// What a targets role states about a target file (spec §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// In bytes.
    pub length: u64,
    /// In the order in which they are listed: at least one, and only those of supported functions.
    pub hashes: Hashes,
    /// Where its `custom` stands, if it has one.
    pub custom: Option<Custom>,
}

/// The `custom` object of a target. Its text stays in the file of the role that lists the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Custom {
    /// Of its first byte in the role's file.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
    /// Of these bytes, so that they can be read from wherever the host keeps them.
    pub sha256: [u8; 32],
}

impl Custom {
    /// Returns the raw JSON of the object. `file` is the whole file of the role that lists the
    /// target. Returns `None` if it is not the file that was verified.
    pub fn json<'f>(&self, file: &'f [u8]) -> Option<&'f str> {
        let start = usize::try_from(self.offset).ok()?;
        let end = start.checked_add(usize::try_from(self.length).ok()?)?;
        let raw = file.get(start..end)?;
        if sha256(raw) == self.sha256 { core::str::from_utf8(raw).ok() } else { None }
    }

    /// Deserializes the object with serde-json-core. Returns `None` if it is not of this type, or
    /// if [`Custom::json`] returns `None`. Strings with escapes need room in `unescaped`, and a
    /// type that owns its strings.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "kebab-case")]
    /// struct Requires<'f> {
    ///     requires_python: Option<&'f str>,
    /// }
    ///
    /// # fn print(custom: &picotuf::Custom, file: &[u8]) {
    /// if let Some(requires) = custom.parse::<Requires<'_>>(file, &mut []) {
    ///     println!("requires Python {}", requires.requires_python.unwrap_or("of any version"));
    /// }
    /// # }
    /// ```
    #[cfg(feature = "serde")]
    pub fn parse<'f, T: serde::Deserialize<'f>>(
        &self,
        file: &'f [u8],
        unescaped: &mut [u8],
    ) -> Option<T> {
        let (value, _) = serde_json_core::from_str_escaped(self.json(file)?, unescaped).ok()?;
        Some(value)
    }
}

/// An incremental check of the bytes of a target file.
///
/// ```
/// # fn check(target: &picotuf::Target, chunks: &[&[u8]]) -> Result<(), picotuf::Error> {
/// let mut verifier = picotuf::TargetVerifier::new(target);
/// for chunk in chunks {
///     verifier.update(chunk)?;
/// }
/// verifier.finish()
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TargetVerifier {
    expected: u64,
    length: u64,
    hasher: MultiHasher,
}

impl TargetVerifier {
    /// Creates a verifier that has read no bytes.
    pub fn new(target: &Target) -> Self {
        TargetVerifier {
            expected: target.length,
            length: 0,
            hasher: MultiHasher::new(&target.hashes),
        }
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] as soon as there are too many.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.length = self.length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.length > self.expected {
            return Err(Error::too_long(None, self.expected));
        }
        self.hasher.update(bytes);
        Ok(())
    }

    /// Checks the length and all listed hashes after the last byte (spec §5.7.2).
    ///
    /// # Errors
    /// [`Error::LengthMismatch`], [`Error::HashMismatch`].
    pub fn finish(mut self) -> Result<(), Error> {
        if self.length != self.expected {
            return Err(Error::LengthMismatch {
                role: None,
                expected: self.expected,
                found: self.length,
            });
        }
        self.hasher.finish(None)
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Requires<'f> {
        #[serde(rename = "requires-python")]
        requires_python: &'f str,
    }

    #[test]
    fn custom_is_parsed_where_the_file_is_the_verified_one() {
        let (file, json) =
            (br#"..{"requires-python":">=3.9"}.."#, br#"{"requires-python":">=3.9"}"#);
        let length = u64::try_from(json.len()).unwrap();
        let custom = Custom { offset: 2, length, sha256: sha256(json) };
        let python = |file| {
            let requires = custom.parse::<Requires<'_>>(file, &mut []);
            requires.map(|requires| requires.requires_python)
        };
        assert_eq!(python(file), Some(">=3.9"));
        // One byte was changed, or the file is another one.
        assert_eq!(python(br#"..{"requires-python":">=3.8"}.."#), None);
        assert_eq!(python(&file[1..]), None);
        assert_eq!(custom.parse::<u32>(file, &mut []), None);
    }
}
