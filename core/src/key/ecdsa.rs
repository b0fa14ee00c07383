//! ECDSA keys and signatures on P-256 (with SHA-256) and P-384 (with SHA-384).
//!
//! No function is inlined: the stack that one curve takes must not be below the other.

use super::der::{self, BIT_STRING, SEQUENCE};
use super::pem;
use crate::hex;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;

/// Decodes a P-256 key from PEM, or from the hexadecimal digits of its point.
#[inline(never)]
pub(super) fn p256_key(text: &str) -> Option<p256::ecdsa::VerifyingKey> {
    let mut buffer = [0; MAX_SPKI];
    let point = point(text, &P256_ALGORITHM, P256_FIELD, &mut buffer)?;
    p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()
}

/// Decodes a P-384 key from PEM, or from the hexadecimal digits of its point.
#[inline(never)]
pub(super) fn p384_key(text: &str) -> Option<p384::ecdsa::VerifyingKey> {
    let mut buffer = [0; MAX_SPKI];
    let point = point(text, &P384_ALGORITHM, P384_FIELD, &mut buffer)?;
    p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()
}

/// Decodes a DER signature from hexadecimal digits. Both values of `s` are taken: writers do not
/// normalize it.
#[inline(never)]
pub(super) fn p256_signature(text: &[u8]) -> Option<p256::ecdsa::Signature> {
    p256::ecdsa::Signature::from_slice(&signature::<64>(text)?).ok()
}

/// Decodes a DER signature from hexadecimal digits, as [`p256_signature`] does.
#[inline(never)]
pub(super) fn p384_signature(text: &[u8]) -> Option<p384::ecdsa::Signature> {
    p384::ecdsa::Signature::from_slice(&signature::<96>(text)?).ok()
}

/// The two halves of a signature, each as long as the curve's order, out of a SEQUENCE of two
/// INTEGERs (RFC 3279).
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

/// Whether `signature` is one of `key` over the message of that SHA-256.
#[inline(never)]
pub(super) fn verify_p256(
    key: &p256::ecdsa::VerifyingKey,
    digest: &[u8; 32],
    signature: &p256::ecdsa::Signature,
) -> bool {
    key.verify_prehash(digest, signature).is_ok()
}

/// Whether `signature` is one of `key` over the message of that SHA-384.
#[inline(never)]
pub(super) fn verify_p384(
    key: &p384::ecdsa::VerifyingKey,
    digest: &[u8; 48],
    signature: &p384::ecdsa::Signature,
) -> bool {
    key.verify_prehash(digest, signature).is_ok()
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

const P256_FIELD: usize = 32;
const P384_FIELD: usize = 48;

/// A P-384 key with an uncompressed point has 120 bytes.
const MAX_SPKI: usize = 120;

/// A P-384 signature of two 49-byte integers has 104 bytes.
const MAX_SIGNATURE: usize = 104;
