//! Public keys and signatures.

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::elliptic_curve::point::AffineCoordinates as _;

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
        if curve == P256 {
            let point = coordinates(bytes).and_then(|(x, y)| p256_point(x, y));
            let key = point.and_then(|point| p256::ecdsa::VerifyingKey::from_affine(point).ok());
            key.map(Key::P256).ok_or(KeyError::Form)
        } else if curve == P384 {
            let point = coordinates(bytes).and_then(|(x, y)| p384_point(x, y));
            let key = point.and_then(|point| p384::ecdsa::VerifyingKey::from_affine(point).ok());
            Ok(Key::P384(key.ok_or(KeyError::Form)?.into()))
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

/// Returns the two coordinates of an uncompressed point (SEC 1, section 2.3.3).
fn coordinates(point: &[u8]) -> Option<(&[u8], &[u8])> {
    let both = point.strip_prefix(&[4])?;
    both.split_at_checked(both.len() / 2)
}

/// What reads any form of a point brings along the square roots that a compressed one needs.
fn p256_point(x: &[u8], y: &[u8]) -> Option<p256::AffinePoint> {
    let (x, y) = (x.try_into().ok()?, y.try_into().ok()?);
    p256::AffinePoint::from_coordinates(x, y).into_option()
}

fn p384_point(x: &[u8], y: &[u8]) -> Option<p384::AffinePoint> {
    let (x, y) = (x.try_into().ok()?, y.try_into().ok()?);
    p384::AffinePoint::from_coordinates(x, y).into_option()
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    /// The base points of the curves (SEC 2).
    const OF_P256: &str = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
        4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    const OF_P384: &str = "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38\
        5502f25dbf55296c3a545e3872760ab73617de4a96262c6f5d9e98bf9292dc29\
        f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f";

    fn unhex(text: &str) -> Vec<u8> {
        let (digits, _) = text.as_bytes().as_chunks::<2>();
        let byte = |two: &[u8; 2]| u8::from_str_radix(core::str::from_utf8(two).unwrap(), 16);
        digits.iter().map(|two| byte(two).unwrap()).collect()
    }

    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let length = u8::try_from(content.len()).unwrap();
        let head = if length < 128 { vec![tag, length] } else { vec![tag, 0x81, length] };
        [head, content].concat()
    }

    fn read(curve: &[u8], point: &[u8]) -> Result<&'static str, KeyError> {
        let algorithm = der(0x30, &[EC_PUBLIC_KEY, curve]);
        let spki = der(0x30, &[&algorithm, &der(0x03, &[&[0], point])]);
        Key::of_spki(&spki).map(|key| key.details())
    }

    #[test]
    fn a_point_is_uncompressed_of_its_curve_and_of_its_length() {
        for (curve, base, details) in [
            (P256, unhex(OF_P256), "PKIX_ECDSA_P256_SHA_256"),
            (P384, unhex(OF_P384), "PKIX_ECDSA_P384_SHA_384"),
        ] {
            let half = base.len() / 2;
            let (x, y) = base.split_at(half);
            assert_eq!(read(curve, &[&[4], x, y].concat()), Ok(details));
            let parity = y.last().unwrap() & 1;
            let (mut beside, mut beyond) = (y.to_vec(), x.to_vec());
            *beside.last_mut().unwrap() ^= 1;
            beyond.fill(0xff);
            let wrong: [&[&[u8]]; 12] = [
                &[&[2 | parity], x],
                &[&[6 | parity], x, y],
                &[&[5], x],
                &[&[4], x, &beside],
                &[&[4], &beyond, y],
                &[&[4], x, y, &[0]],
                &[&[4], x, y, &[0, 0]],
                &[&[4], &x[1..], &y[1..]],
                &[&[4], y, x],
                &[&[4]],
                &[&[0]],
                &[],
            ];
            for wrong in wrong.map(|parts| parts.concat()) {
                assert_eq!(read(curve, &wrong), Err(KeyError::Form), "{wrong:02x?}");
            }
        }
        let other = unhex(OF_P384);
        assert_eq!(read(P256, &[&[4], &other[..]].concat()), Err(KeyError::Form));
        let p521 = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23];
        assert_eq!(read(&p521, &[4]), Err(KeyError::Unsupported));
    }
}
