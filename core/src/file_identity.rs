//! What identifies the bytes of a file that is read more than once.

use crate::error::{DigestStart, Error};
use crate::hash::{HashAlgorithm, sha256};
use crate::role::Role;

/// The length and the SHA-256 of a file: another reading must give the same.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct FileIdentity {
    pub(crate) length: u64,
    pub(crate) sha256: [u8; 32],
}

impl FileIdentity {
    pub(crate) fn of(file: &[u8]) -> Self {
        FileIdentity { length: u64::try_from(file.len()).unwrap_or(u64::MAX), sha256: sha256(file) }
    }
}

/// A file that is read again is not the one that was verified.
pub(crate) fn mismatch(role: Role, before: &[u8; 32], now: &[u8; 32]) -> Error {
    Error::HashMismatch {
        role: Some(role),
        algorithm: HashAlgorithm::Sha256,
        expected: DigestStart::from(before.as_slice()),
        found: DigestStart::from(now.as_slice()),
    }
}
