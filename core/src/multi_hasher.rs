//! All hashes that metadata lists for one file, computed in one pass.

use crate::error::{DigestStart, Error};
use crate::hash::{ALGORITHMS, Hasher, Hashes};
use crate::role::Role;

/// Computes all hashes of a list in one pass over the bytes, and compares them.
#[derive(Clone, Debug)]
pub(crate) struct MultiHasher {
    expected: Hashes,
    states: [Option<Hasher>; ALGORITHMS.len()],
}

impl MultiHasher {
    /// One state for each hash that `expected` lists.
    pub(crate) fn new(expected: &Hashes) -> Self {
        let mut states = [const { None }; ALGORITHMS.len()];
        for (state, digest) in states.iter_mut().zip(expected.iter()) {
            *state = Some(Hasher::new(digest.algorithm()));
        }
        Self { expected: *expected, states }
    }

    /// Takes the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for state in self.states.iter_mut().flatten() {
            state.update(bytes);
        }
    }

    /// Whether every listed hash is that of the bytes taken, which are a role's file or a target.
    ///
    /// An empty list matches anything: whether a list may be empty is for the caller to decide.
    ///
    /// # Errors
    /// [`Error::HashMismatch`] for the first that is not.
    pub(crate) fn finish(&mut self, role: Option<Role>) -> Result<(), Error> {
        for (expected, state) in self.expected.iter().zip(&mut self.states) {
            let Some(found) = state.take().map(Hasher::finish) else { continue };
            if found != *expected {
                return Err(Error::HashMismatch {
                    role,
                    algorithm: expected.algorithm(),
                    expected: DigestStart::from(expected),
                    found: DigestStart::from(&found),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{Digest, HashAlgorithm};

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
    fn all_listed_hashes_must_match() {
        let [sha256, sha512, blake2b] = ALGORITHMS;
        for order in [[sha256, sha512, blake2b], [blake2b, sha512, sha256]] {
            let mut right = MultiHasher::new(&listed(&order, b"content"));
            right.update(b"con");
            right.update(b"tent");
            assert_eq!(right.finish(None), Ok(()));

            for wrong in order {
                let mut hashes = listed(&order, b"content");
                hashes.insert(hash(wrong, b"other"));
                let mut hasher = MultiHasher::new(&hashes);
                hasher.update(b"content");
                let expected = Error::HashMismatch {
                    role: Some(Role::Root),
                    algorithm: wrong,
                    expected: DigestStart::from(&hash(wrong, b"other")),
                    found: DigestStart::from(&hash(wrong, b"content")),
                };
                assert_eq!(hasher.finish(Some(Role::Root)), Err(expected));
            }
        }
        assert_eq!(MultiHasher::new(&Hashes::new()).finish(None), Ok(()));
    }
}
