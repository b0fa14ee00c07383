//! Hashes as lock files write them: an algorithm by its name in Python's hashlib, and hex.

use picotuf::{Digest, HashAlgorithm};

use super::Reason;

/// A hash algorithm that is strong enough to identify a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA3-256.
    Sha3With256,
    /// SHA3-384.
    Sha3With384,
    /// SHA3-512.
    Sha3With512,
    /// BLAKE2b with 32 bytes, as PyPI has it.
    Blake2b256,
    /// BLAKE2b with 64 bytes, as hashlib has it.
    Blake2b512,
    /// BLAKE2s with 32 bytes.
    Blake2s256,
}

/// A hash that identifies a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash {
    /// Of which kind.
    pub algorithm: Algorithm,
    /// In lower case, of the algorithm's length.
    pub hex: String,
}

impl Algorithm {
    /// Returns the name of the algorithm in lock files.
    pub fn name(self) -> &'static str {
        let known = ALGORITHMS.iter().find(|(.., algorithm)| *algorithm == Some(self));
        known.map_or("", |(name, ..)| name)
    }
}

impl Hash {
    /// Returns the hash in the verifier's type, or `None` if the verifier does not support the
    /// algorithm.
    pub fn digest(&self) -> Option<Digest> {
        let algorithm = match self.algorithm {
            Algorithm::Sha256 => HashAlgorithm::Sha256,
            Algorithm::Sha512 => HashAlgorithm::Sha512,
            Algorithm::Blake2b256 => HashAlgorithm::Blake2b256,
            Algorithm::Sha384
            | Algorithm::Sha3With256
            | Algorithm::Sha3With384
            | Algorithm::Sha3With512
            | Algorithm::Blake2b512
            | Algorithm::Blake2s256 => return None,
        };
        Digest::from_hex(algorithm, self.hex.as_bytes())
    }
}

/// The hashes of one file, sorted by what they are good for.
#[derive(Clone, Debug, Default)]
pub(super) struct Hashes {
    strong: Vec<Hash>,
    weak: bool,
    unknown: bool,
}

impl Hashes {
    /// Returns the one hash in `ALGORITHM:HEX`.
    pub(super) fn one(written: &str) -> Result<Hashes, String> {
        let mut hashes = Hashes::default();
        let (algorithm, hex) = written
            .split_once(':')
            .ok_or_else(|| format!("the hash {written:?} is malformed: expected ALGORITHM:HEX"))?;
        hashes.add(algorithm, hex)?;
        Ok(hashes)
    }

    /// Adds one more hash of the same file.
    pub(super) fn add(&mut self, name: &str, hex: &str) -> Result<(), String> {
        if name.is_empty() || hex.is_empty() {
            return Err("a hash without an algorithm or without a value".to_owned());
        }
        if let Some(wrong) = hex.chars().find(|character| !character.is_ascii_hexdigit()) {
            return Err(format!("the {name} hash contains {wrong:?}, which is not a hex digit"));
        }
        let known: Vec<_> = ALGORITHMS.iter().filter(|(known, ..)| *known == name).collect();
        match known.iter().find(|(_, digits, _)| *digits == hex.len()) {
            Some((.., Some(algorithm))) => {
                let hash = Hash { algorithm: *algorithm, hex: hex.to_ascii_lowercase() };
                if self
                    .strong
                    .iter()
                    .any(|other| other.algorithm == hash.algorithm && *other != hash)
                {
                    return Err(format!("one file has two {name} hashes"));
                }
                self.strong.push(hash);
            }
            Some((.., None)) => self.weak = true,
            None if known.is_empty() => {
                if !hex.len().is_multiple_of(2) {
                    return Err(format!("the {name} hash has {} digits, an odd number", hex.len()));
                }
                self.unknown = true;
            }
            None => {
                return Err(format!("the {name} hash has the wrong length: {} digits", hex.len()));
            }
        }
        Ok(())
    }

    /// Returns whether a hash of this algorithm is among them, or there is none at all.
    pub(super) fn is_bound_by(&self, algorithm: Algorithm) -> bool {
        let none = self.strong.is_empty() && !self.weak && !self.unknown;
        none || self.strong.iter().any(|hash| hash.algorithm == algorithm)
    }

    /// Returns those that bind the file, or why it is not bound. One that does not bind is not made
    /// up for by another: an installer may go by any of them.
    pub(super) fn strong(self) -> Result<Vec<Hash>, Reason> {
        match self {
            Hashes { unknown: true, .. } => Err(Reason::UnknownHash),
            Hashes { weak: true, .. } => Err(Reason::WeakHash),
            Hashes { strong, .. } if strong.is_empty() => Err(Reason::NoHash),
            Hashes { strong, .. } => Ok(strong),
        }
    }
}

/// Name, number of hex digits, and what it is unless it is weak.
const ALGORITHMS: [(&str, usize, Option<Algorithm>); 12] = [
    ("sha256", 64, Some(Algorithm::Sha256)),
    ("sha384", 96, Some(Algorithm::Sha384)),
    ("sha512", 128, Some(Algorithm::Sha512)),
    ("sha3_256", 64, Some(Algorithm::Sha3With256)),
    ("sha3_384", 96, Some(Algorithm::Sha3With384)),
    ("sha3_512", 128, Some(Algorithm::Sha3With512)),
    ("blake2b", 64, Some(Algorithm::Blake2b256)),
    ("blake2b", 128, Some(Algorithm::Blake2b512)),
    ("blake2s", 64, Some(Algorithm::Blake2s256)),
    ("md5", 32, None),
    ("sha1", 40, None),
    ("sha224", 56, None),
];
