//! ECDSA keys and signatures on P-256 (with SHA-256), P-384 (with SHA-384) and P-521 (with
//! SHA-512).
//!
//! No function is inlined: the stack that one curve takes must not be below the other.

use super::der::{self, BIT_STRING, SEQUENCE};
use super::pem;
use crate::hex;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

macro_rules! curves {
    ($($(#[$when:meta])* $curve:ident, $algorithm:ident, $bytes:literal,
        $key:ident, $signature:ident, $verify:ident;)*) => { $(
        $(#[$when])*
        /// Decodes a key from PEM, or from the hexadecimal digits of its point.
        #[inline(never)]
        pub(super) fn $key(text: &str) -> Option<$curve::ecdsa::VerifyingKey> {
            let mut buffer = [0; MAX_SPKI];
            let point = point(text, &$algorithm, $bytes, &mut buffer)?;
            $curve::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()
        }

        $(#[$when])*
        /// Decodes a DER signature from hexadecimal digits. Both values of `s` are taken: writers
        /// do not normalize it.
        #[inline(never)]
        pub(super) fn $signature(text: &[u8]) -> Option<$curve::ecdsa::Signature> {
            $curve::ecdsa::Signature::from_slice(&signature::<{ 2 * $bytes }>(text)?).ok()
        }

        $(#[$when])*
        /// Returns whether `signature` is one of `key` over the message of that digest.
        #[inline(never)]
        pub(super) fn $verify(
            key: &$curve::ecdsa::VerifyingKey,
            digest: &[u8],
            signature: &$curve::ecdsa::Signature,
        ) -> bool {
            key.verify_prehash(digest, signature).is_ok()
        }
    )* };
}

curves! {
    p256, P256_ALGORITHM, 32, p256_key, p256_signature, verify_p256;
    p384, P384_ALGORITHM, 48, p384_key, p384_signature, verify_p384;
    #[cfg(feature = "ecdsa-p521")]
    p521, P521_ALGORITHM, 66, p521_key, p521_signature, verify_p521;
}

/// Returns the two halves of a signature, each as long as the curve's order, out of a SEQUENCE of
/// two INTEGERs (RFC 3279).
fn signature<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut buffer = [0; MAX_SIGNATURE];
    let length = hex::decode(text, &mut buffer)?;
    let (r, s) = der::two_integers(buffer.get(..length)?)?;
    let mut signature = [0; N];
    for (half, integer) in signature.chunks_exact_mut(N / 2).zip([r, s]) {
        let zeros = half.len().checked_sub(integer.len())?;
        half.iter_mut().skip(zeros).zip(integer).for_each(|(to, byte)| *to = *byte);
    }
    Some(signature)
}

/// Finds the SEC1 point in a key's text: compressed or not, but nothing else, and of the curve's
/// length.
fn point<'b>(
    text: &str,
    algorithm: &[u8],
    field: usize,
    buffer: &'b mut [u8; MAX_SPKI],
) -> Option<&'b [u8]> {
    let point = if text.as_bytes().windows(10).any(|part| part == b"-----BEGIN") {
        let (label, content) = pem::decode(text, buffer)?;
        if label != "PUBLIC KEY" {
            return None;
        }
        point_of_spki(content, algorithm)?
    } else {
        let length = hex::decode(text.as_bytes(), buffer)?;
        buffer.get(..length)?
    };
    let length = match point.first()? {
        0x02 | 0x03 => field.checked_add(1)?,
        0x04 => field.checked_mul(2)?.checked_add(1)?,
        _ => return None,
    };
    (point.len() == length).then_some(point)
}

/// Takes the point out of a `SubjectPublicKeyInfo` (RFC 5480): a SEQUENCE of the algorithm and a
/// BIT STRING with no unused bits.
fn point_of_spki<'b>(content: &'b [u8], algorithm: &[u8]) -> Option<&'b [u8]> {
    let key = der::only(content, SEQUENCE)?.strip_prefix(algorithm)?;
    der::only(key, BIT_STRING)?.strip_prefix(&[0])
}

/// SEQUENCE { OBJECT IDENTIFIER id-ecPublicKey 1.2.840.10045.2.1, OBJECT IDENTIFIER prime256v1
/// 1.2.840.10045.3.1.7 }.
const P256_ALGORITHM: [u8; 21] = [
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07,
];

/// SEQUENCE { OBJECT IDENTIFIER id-ecPublicKey 1.2.840.10045.2.1, OBJECT IDENTIFIER secp384r1
/// 1.3.132.0.34 }.
const P384_ALGORITHM: [u8; 18] = [
    0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
    0x00, 0x22,
];

/// SEQUENCE { OBJECT IDENTIFIER id-ecPublicKey 1.2.840.10045.2.1, OBJECT IDENTIFIER secp521r1
/// 1.3.132.0.35 }.
#[cfg(feature = "ecdsa-p521")]
const P521_ALGORITHM: [u8; 18] = [
    0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
    0x00, 0x23,
];

/// A key with an uncompressed point has 158 bytes on P-521, and 120 on P-384.
const MAX_SPKI: usize = if cfg!(feature = "ecdsa-p521") { 158 } else { 120 };

/// A signature of two integers that are as long as can be has 139 bytes on P-521, and 104 on P-384.
const MAX_SIGNATURE: usize = if cfg!(feature = "ecdsa-p521") { 139 } else { 104 };
