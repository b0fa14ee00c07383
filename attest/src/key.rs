//! Public keys and signatures.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

use crate::der::{Der, SEQUENCE, only};
use crate::hash::Hash;

/// A public key.
#[derive(Clone)]
pub(crate) enum Key {
    P256(p256::ecdsa::VerifyingKey),
    // Twice as large as the others.
    P384(alloc::boxed::Box<p384::ecdsa::VerifyingKey>),
    Ed25519(ed25519_compact::PublicKey),
}

/// Why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum KeyError {
    /// It is no key, or not one of its curve.
    Form,
    /// It is of a kind that is not supported: RSA, P-521 and others.
    Unsupported,
}

/// The algorithm of a signature in a certificate or a timestamp.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum SignatureAlgorithm {
    Ecdsa(Hash),
    Ed25519,
}

/// `id-ecPublicKey` and a curve, as they stand in an `AlgorithmIdentifier` (RFC 5480).
const EC_PUBLIC_KEY: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
/// `id-Ed25519` (RFC 8410).
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
/// `ecdsa-with-SHA2` (RFC 5758), less the last byte.
const ECDSA_WITH_SHA2: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03];

impl SignatureAlgorithm {
    /// Returns the algorithm that the content of an `AlgorithmIdentifier` names.
    pub(crate) fn of(identifier: &[u8]) -> Option<Self> {
        if identifier == ED25519 {
            return Some(SignatureAlgorithm::Ed25519);
        }
        Some(SignatureAlgorithm::Ecdsa(match identifier.strip_prefix(ECDSA_WITH_SHA2)? {
            [2] => Hash::Sha256,
            [3] => Hash::Sha384,
            [4] => Hash::Sha512,
            _ => return None,
        }))
    }
}

impl Key {
    /// Reads a `SubjectPublicKeyInfo` (RFC 5280): an uncompressed point, or 32 bytes.
    pub(crate) fn of_spki(spki: &[u8]) -> Result<Self, KeyError> {
        let mut der = only(spki, SEQUENCE).ok_or(KeyError::Form)?;
        let algorithm = der.content(SEQUENCE).ok_or(KeyError::Form)?;
        let bytes = der.bytes_of_bits().filter(|_| der.is_empty()).ok_or(KeyError::Form)?;
        if algorithm == ED25519 {
            let key = ed25519_compact::PublicKey::from_slice(bytes);
            return key.map(Key::Ed25519).map_err(|_| KeyError::Form);
        }
        let curve = algorithm.strip_prefix(EC_PUBLIC_KEY).ok_or(KeyError::Unsupported)?;
        let is_point = |length: usize| bytes.first() == Some(&4) && bytes.len() == length;
        if curve == P256 {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes);
            key.ok().filter(|_| is_point(65)).map(Key::P256).ok_or(KeyError::Form)
        } else if curve == P384 {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(bytes);
            let key = key.ok().filter(|_| is_point(97)).ok_or(KeyError::Form)?;
            Ok(Key::P384(key.into()))
        } else {
            Err(KeyError::Unsupported)
        }
    }

    /// Returns the algorithm that Sigstore uses with keys of that kind where none is named.
    pub(crate) fn usual_algorithm(&self) -> SignatureAlgorithm {
        match self {
            Key::P256(_) => SignatureAlgorithm::Ecdsa(Hash::Sha256),
            Key::P384(_) => SignatureAlgorithm::Ecdsa(Hash::Sha384),
            Key::Ed25519(_) => SignatureAlgorithm::Ed25519,
        }
    }

    /// Returns the name of the kind of key and of its usual algorithm, as Protocol Buffers of
    /// Sigstore have it.
    pub(crate) fn details(&self) -> &'static str {
        match self {
            Key::P256(_) => "PKIX_ECDSA_P256_SHA_256",
            Key::P384(_) => "PKIX_ECDSA_P384_SHA_384",
            Key::Ed25519(_) => "PKIX_ED25519",
        }
    }

    /// Returns whether `signature` is one of this key, with its usual algorithm, over some pieces.
    pub(crate) fn verifies(&self, pieces: &[&[u8]], signature: &[u8]) -> bool {
        self.verifies_with(self.usual_algorithm(), pieces, signature)
    }

    /// Returns whether `signature` is one of this key, of P-256, over a message of that SHA-256.
    #[cfg(feature = "bundle")]
    pub(crate) fn verifies_sha256(&self, sha256: &[u8; 32], signature: &[u8]) -> bool {
        let Key::P256(key) = self else { return false };
        fixed::<64>(signature)
            .and_then(|signature| p256::ecdsa::Signature::from_slice(&signature).ok())
            .is_some_and(|signature| key.verify_prehash(sha256, &signature).is_ok())
    }

    /// Returns whether `signature` is one of this key over some pieces, one behind the other.
    pub(crate) fn verifies_with(
        &self,
        algorithm: SignatureAlgorithm,
        pieces: &[&[u8]],
        signature: &[u8],
    ) -> bool {
        match (self, algorithm) {
            (Key::P256(key), SignatureAlgorithm::Ecdsa(hash)) => fixed::<64>(signature)
                .and_then(|signature| p256::ecdsa::Signature::from_slice(&signature).ok())
                .is_some_and(|signature| key.verify_prehash(&hash.of(pieces), &signature).is_ok()),
            (Key::P384(key), SignatureAlgorithm::Ecdsa(hash)) => fixed::<96>(signature)
                .and_then(|signature| p384::ecdsa::Signature::from_slice(&signature).ok())
                .is_some_and(|signature| key.verify_prehash(&hash.of(pieces), &signature).is_ok()),
            (Key::Ed25519(key), SignatureAlgorithm::Ed25519) => {
                ed25519_compact::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(pieces.concat(), &signature).is_ok())
            }
            _ => false,
        }
    }
}

/// Returns the two halves of an ECDSA signature, each as long as the curve's order, out of a
/// SEQUENCE of two INTEGERs (RFC 3279). Both values of `s` are taken: writers do not normalize it.
fn fixed<const N: usize>(signature: &[u8]) -> Option<[u8; N]> {
    let mut der: Der<'_> = only(signature, SEQUENCE)?;
    let (r, s) = (der.integer()?, der.integer()?);
    der.end()?;
    let mut out = [0; N];
    for (half, integer) in out.chunks_exact_mut(N / 2).zip([r, s]) {
        let integer = match integer {
            [0, rest @ ..] => rest,
            [0x80..=0xff, ..] => return None,
            _ => integer,
        };
        let zeros = half.len().checked_sub(integer.len())?;
        half.iter_mut().skip(zeros).zip(integer).for_each(|(to, byte)| *to = *byte);
    }
    Some(out)
}

impl core::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.details())
    }
}
