//! Hash functions, by their names in certificates, logs and timestamps.

use alloc::vec::Vec;

use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Returns the hash function of an `AlgorithmIdentifier`'s OBJECT IDENTIFIER.
    #[cfg(feature = "timestamp")]
    pub(crate) fn of_oid(oid: &[u8]) -> Option<Self> {
        match oid.strip_prefix(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02])? {
            [1] => Some(Hash::Sha256),
            [2] => Some(Hash::Sha384),
            [3] => Some(Hash::Sha512),
            _ => None,
        }
    }

    /// Returns the hash of some pieces, one behind the other.
    pub(crate) fn of(self, pieces: &[&[u8]]) -> Vec<u8> {
        match self {
            Hash::Sha256 => sha256(pieces).to_vec(),
            Hash::Sha384 => {
                let mut state = Sha384::new();
                pieces.iter().for_each(|piece| state.update(piece));
                state.finalize().to_vec()
            }
            Hash::Sha512 => {
                let mut state = Sha512::new();
                pieces.iter().for_each(|piece| state.update(piece));
                state.finalize().to_vec()
            }
        }
    }
}

/// Returns the SHA-256 of some pieces, one behind the other.
pub(crate) fn sha256(pieces: &[&[u8]]) -> [u8; 32] {
    let mut state = Sha256::new();
    pieces.iter().for_each(|piece| state.update(piece));
    state.finalize().into()
}

/// Lower-case hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> alloc::string::String {
    let digit =
        |value: u8| char::from(if value < 10 { b'0' | value } else { value.wrapping_add(87) });
    bytes.iter().flat_map(|byte| [digit(byte.wrapping_shr(4)), digit(byte & 0x0f)]).collect()
}
