//! Hashes of files: the algorithms, their values, and what computes them.

use crate::hex::{self, Hex};
use crate::show::{Show, display};
use crate::work::{Counter, count};
use blake2::Blake2b256;
use core::fmt;
use sha2::{Digest as _, Sha256, Sha512};

/// A hash algorithm that the `hashes` of a file may name (TUF specification 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// SHA-256, named `sha256`.
    Sha256,
    /// SHA-512, named `sha512`.
    Sha512,
    /// BLAKE2b with 32 bytes of output, named `blake2b-256`: what Warehouse and RSTUF write.
    Blake2b256,
}

impl HashAlgorithm {
    /// Returns the name of the algorithm in metadata.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
            Self::Blake2b256 => "blake2b-256",
        }
    }

    /// Returns the algorithm with this name in metadata, or `None` if it is not supported. Names
    /// are case-sensitive.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        ALGORITHMS.iter().find(|algorithm| algorithm.name() == name).copied()
    }

    /// Returns the length of a hash in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 | Self::Blake2b256 => 32,
            Self::Sha512 => 64,
        }
    }
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A hash value together with its algorithm. Two digests are equal if both agree.
///
/// Displayed as lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest {
    algorithm: HashAlgorithm,
    // Zero behind the algorithm's length, so that equality may be derived.
    bytes: [u8; MAX_LENGTH],
}

impl Digest {
    /// Parses hexadecimal digits of either case. Returns `None` unless they have exactly the
    /// algorithm's length.
    #[must_use]
    pub fn from_hex(algorithm: HashAlgorithm, text: &[u8]) -> Option<Self> {
        let mut bytes = [0; MAX_LENGTH];
        let length = hex::decode(text, bytes.get_mut(..algorithm.length())?)?;
        (length == algorithm.length()).then_some(Self { algorithm, bytes })
    }

    /// Returns the algorithm of this digest.
    #[must_use]
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }

    /// Returns the hash value, which has [`HashAlgorithm::length`] bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.algorithm.length()).unwrap_or_default()
    }

    pub(crate) fn from_output(algorithm: HashAlgorithm, output: &[u8]) -> Self {
        let mut bytes = [0; MAX_LENGTH];
        for (byte, value) in bytes.iter_mut().zip(output) {
            *byte = *value;
        }
        Self { algorithm, bytes }
    }
}

impl Show for Digest {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        Hex(self.as_bytes()).show(out);
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, Hex(self.as_bytes()))
    }
}

/// An incremental hash computation.
#[derive(Clone)]
pub struct Hasher(State);

impl Hasher {
    /// Creates a hasher that has read no bytes.
    #[must_use]
    pub fn new(algorithm: HashAlgorithm) -> Self {
        Self(match algorithm {
            HashAlgorithm::Sha256 => State::Sha256(Sha256::new()),
            HashAlgorithm::Sha512 => State::Sha512(Sha512::new()),
            HashAlgorithm::Blake2b256 => State::Blake2b256(Blake2b256::new()),
        })
    }

    /// Reads the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        count(Counter::Hashed, bytes.len());
        match &mut self.0 {
            State::Sha256(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
            State::Blake2b256(state) => state.update(bytes),
        }
    }

    /// Returns the hash of all bytes read.
    #[must_use]
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(state) => {
                Digest::from_output(HashAlgorithm::Sha256, &finish_sha256(state))
            }
            State::Sha512(state) => Digest::from_output(HashAlgorithm::Sha512, &state.finalize()),
            State::Blake2b256(state) => {
                Digest::from_output(HashAlgorithm::Blake2b256, &state.finalize())
            }
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = match self.0 {
            State::Sha256(_) => HashAlgorithm::Sha256,
            State::Sha512(_) => HashAlgorithm::Sha512,
            State::Blake2b256(_) => HashAlgorithm::Blake2b256,
        };
        f.debug_tuple("Hasher").field(&algorithm).finish()
    }
}

/// Returns the SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    count(Counter::Hashed, bytes.len());
    finish_sha256(Sha256::new_with_prefix(bytes))
}

/// Returns the SHA-256 of all that a state has taken: once for all that take one.
#[cfg_attr(feature = "small", inline(never))]
pub(crate) fn finish_sha256(state: Sha256) -> [u8; 32] {
    state.finalize().into()
}

/// The hashes that metadata lists for one file, in the order of the list. There is at most one for
/// each supported algorithm.
///
/// The order counts for names only (a consistent snapshot's `HASH.name`), so two are equal when
/// they hold the same hashes in any order.
#[derive(Clone, Copy, Default)]
pub struct Hashes([Option<Digest>; ALGORITHMS.len()]);

impl Hashes {
    /// Creates an empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self([None; ALGORITHMS.len()])
    }

    /// Adds a hash at the end, or replaces the hash of the same algorithm and returns the replaced
    /// one.
    pub fn insert(&mut self, digest: Digest) -> Option<Digest> {
        // Each algorithm fills one place at most, so a place is always found.
        self.0
            .iter_mut()
            .find(|place| place.is_none_or(|held| held.algorithm == digest.algorithm))?
            .replace(digest)
    }

    /// Returns the hashes in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Digest> {
        self.0.iter().flatten()
    }

    /// Returns whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl PartialEq for Hashes {
    fn eq(&self, other: &Self) -> bool {
        self.iter().count() == other.iter().count()
            && self.iter().all(|digest| other.iter().any(|candidate| candidate == digest))
    }
}

impl Eq for Hashes {}

impl fmt::Debug for Hashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[derive(Clone)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
    Blake2b256(Blake2b256),
}

pub(crate) const ALGORITHMS: [HashAlgorithm; 3] =
    [HashAlgorithm::Sha256, HashAlgorithm::Sha512, HashAlgorithm::Blake2b256];

const MAX_LENGTH: usize = 64;

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;
    use std::vec::Vec;
    use std::{format, vec};

    /// Values of Python's `hashlib` for `b"abc"`.
    const ABC: [(HashAlgorithm, &str); 3] = [
        (HashAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            HashAlgorithm::Sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        (
            HashAlgorithm::Blake2b256,
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
        ),
    ];

    fn hash(algorithm: HashAlgorithm, bytes: &[u8]) -> Digest {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    fn listed(algorithms: &[HashAlgorithm], bytes: &[u8]) -> Hashes {
        let mut hashes = Hashes::new();
        for algorithm in algorithms {
            assert_eq!(hashes.insert(hash(*algorithm, bytes)), None);
        }
        hashes
    }

    #[test]
    fn values_of_another_implementation() {
        for (algorithm, expected) in ABC {
            let digest = hash(algorithm, b"abc");
            assert_eq!(digest.to_string(), expected);
            assert_eq!(digest.algorithm(), algorithm);
            assert_eq!(digest.as_bytes().len(), algorithm.length());
            assert_eq!(format!("{digest:?}"), format!("{}:{expected}", algorithm.name()));
            assert_eq!(Digest::from_hex(algorithm, expected.as_bytes()), Some(digest));
            let upper = expected.to_uppercase();
            assert_eq!(Digest::from_hex(algorithm, upper.as_bytes()), Some(digest));
        }
        assert_eq!(sha256(b"abc"), hash(HashAlgorithm::Sha256, b"abc").as_bytes());
    }

    #[test]
    fn names_are_exact() {
        for algorithm in ALGORITHMS {
            assert_eq!(HashAlgorithm::from_name(algorithm.name()), Some(algorithm));
            assert_eq!(algorithm.to_string(), algorithm.name());
        }
        for name in ["", "SHA256", "sha-256", "sha384", "sha256 ", "blake2b", "blake2b-512", "md5"]
        {
            assert_eq!(HashAlgorithm::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_digest_has_the_length_of_its_algorithm() {
        for (algorithm, expected) in ABC {
            for length in 0..=2 * MAX_LENGTH + 2 {
                let text = vec![b'0'; length];
                let digest = Digest::from_hex(algorithm, &text);
                assert_eq!(digest.is_some(), length == 2 * algorithm.length());
            }
            let text = expected.replace('d', "g");
            assert_eq!(Digest::from_hex(algorithm, text.as_bytes()), None);
        }
    }

    #[test]
    fn the_same_bytes_of_another_algorithm_are_another_digest() {
        let text = [b'0'; 64];
        assert_ne!(
            Digest::from_hex(HashAlgorithm::Sha256, &text),
            Digest::from_hex(HashAlgorithm::Blake2b256, &text),
        );
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        let bytes: Vec<u8> = (0..1000_u32).map(|n| (n % 251) as u8).collect();
        for algorithm in ALGORITHMS {
            for size in [1, 63, 64, 65, 127, 128, 129, 999] {
                let mut hasher = Hasher::new(algorithm);
                bytes.chunks(size).for_each(|piece| hasher.update(piece));
                assert_eq!(hasher.finish(), hash(algorithm, &bytes));
            }
        }
    }

    #[test]
    fn hashes_keep_their_order_and_one_digest_per_algorithm() {
        let [sha256, sha512, blake2b] = ALGORITHMS;
        let mut hashes = Hashes::new();
        assert!(hashes.is_empty());
        for algorithm in [blake2b, sha256, sha512] {
            assert_eq!(hashes.insert(hash(algorithm, b"old")), None);
            assert!(!hashes.is_empty());
        }
        assert_eq!(hashes.insert(hash(sha256, b"new")), Some(hash(sha256, b"old")));
        let held: Vec<Digest> = hashes.iter().copied().collect();
        assert_eq!(held, [hash(blake2b, b"old"), hash(sha256, b"new"), hash(sha512, b"old")]);
    }

    #[test]
    fn equality_of_hashes_ignores_order_only() {
        let [sha256, sha512, blake2b] = ALGORITHMS;
        let one = listed(&[sha256, sha512], b"a");
        assert_eq!(one, listed(&[sha512, sha256], b"a"));
        assert_ne!(one, listed(&[sha256], b"a"));
        assert_ne!(listed(&[sha256], b"a"), one);
        assert_ne!(one, listed(&[sha256, blake2b], b"a"));
        assert_ne!(one, listed(&[sha256, sha512], b"b"));
    }
}
