//! RSA keys and their PSS signatures, with SHA-256 for the message and for MGF1.

use super::der::{self, BIT_STRING, SEQUENCE};
use super::pem;
use crate::hex;
use crate::names::Fingerprint;
use ::rsa::pss::{Signature, VerifyingKey};
use ::rsa::signature::hazmat::PrehashVerifier as _;
use ::rsa::traits::PublicKeyParts as _;
use ::rsa::{BoxedUint, RsaPublicKey};
use sha2::Sha256;

/// Decodes a key from PEM: `PUBLIC KEY` (SPKI, as `rsaEncryption`, or as `id-RSASSA-PSS` without
/// parameters) or `RSA PUBLIC KEY` (PKCS#1).
///
/// `None` unless the modulus is odd and has 2048 to 8192 bits, and the exponent is odd, at least 3
/// and below 2^33.
pub(super) fn public_key(text: &str) -> Option<RsaPublicKey> {
    let mut buffer = [0; MAX_SPKI];
    let (label, content) = pem::decode(text, &mut buffer)?;
    let key = match label {
        "PUBLIC KEY" => key_of_spki(content)?,
        "RSA PUBLIC KEY" => content,
        _ => return None,
    };
    // RFC 8017, A.1.1
    let (modulus, exponent) = der::two_integers(key)?;
    let key = RsaPublicKey::new(uint(modulus)?, uint(exponent)?).ok()?;
    (MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&key.n().bits_vartime()).then_some(key)
}

fn uint(bytes: &[u8]) -> Option<BoxedUint> {
    let bits = u32::try_from(bytes.len()).ok()?.checked_mul(8)?;
    BoxedUint::from_be_slice(bytes, bits).ok()
}

/// Takes the key out of a `SubjectPublicKeyInfo` (RFC 4055): a SEQUENCE of the algorithm and a BIT
/// STRING with no unused bits.
fn key_of_spki(content: &[u8]) -> Option<&[u8]> {
    let body = der::only(content, SEQUENCE)?;
    let key = body.strip_prefix(&RSA_ENCRYPTION).or_else(|| body.strip_prefix(&RSASSA_PSS))?;
    der::only(key, BIT_STRING)?.strip_prefix(&[0])
}

/// By which a key is known again.
pub(super) fn fingerprint(key: &RsaPublicKey) -> Fingerprint {
    // Of the modulus the length is known from its leading bit, so the two cannot run into each
    // other.
    Fingerprint::new(&[key.n_bytes(), key.e_bytes()].concat())
}

/// Decodes a signature from hexadecimal digits; `None` unless it is as long as the key's modulus.
pub(super) fn signature(key: &RsaPublicKey, text: &[u8]) -> Option<Signature> {
    let mut buffer = [0; MAX_SIGNATURE];
    let length = hex::decode(text, &mut buffer)?;
    if length != key.size() {
        return None;
    }
    Signature::try_from(buffer.get(..length)?).ok()
}

/// What verifies signatures of `key`, with whatever length of salt they were made: writers use that
/// of the hash, or the longest.
pub(super) fn verifying_key(key: &RsaPublicKey) -> VerifyingKey<Sha256> {
    VerifyingKey::new_with_auto_salt_len(key.clone())
}

/// Whether `signature` is one of `key` over the message of that SHA-256.
pub(super) fn verify(key: &VerifyingKey<Sha256>, digest: &[u8; 32], signature: &Signature) -> bool {
    key.verify_prehash(digest, signature).is_ok()
}

/// SEQUENCE { OBJECT IDENTIFIER rsaEncryption 1.2.840.113549.1.1.1, NULL }.
const RSA_ENCRYPTION: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/// SEQUENCE { OBJECT IDENTIFIER id-RSASSA-PSS 1.2.840.113549.1.1.10 }.
const RSASSA_PSS: [u8; 13] =
    [0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];

/// Below this a modulus can be factored with known effort (NIST SP 800-131A).
const MIN_MODULUS_BITS: u32 = 2048;

/// Bounds the time of one check, which grows with the square of the length.
const MAX_MODULUS_BITS: u32 = 8192;

/// A signature has the length of the modulus.
const MAX_SIGNATURE: usize = 1024;

/// Modulus and exponent of the largest key take 1036 bytes of DER, SPKI around them 28 more.
const MAX_SPKI: usize = 1064;
