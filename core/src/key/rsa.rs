//! RSA keys and their PSS signatures, with SHA-256 for the message and for MGF1.

use super::pem;
use crate::hex;
use crate::names::Fingerprint;
use ::rsa::RsaPublicKey;
use ::rsa::pkcs1::DecodeRsaPublicKey as _;
use ::rsa::pkcs8::DecodePublicKey as _;
use ::rsa::pss::{Signature, VerifyingKey};
use ::rsa::signature::hazmat::PrehashVerifier as _;
use ::rsa::traits::PublicKeyParts as _;
use sha2::Sha256;

/// Decodes a key from PEM: `PUBLIC KEY` (SPKI, as `rsaEncryption`, or as `id-RSASSA-PSS` without parameters) or `RSA PUBLIC KEY` (PKCS#1).
///
/// `None` unless the modulus is odd and has 2048 to 8192 bits, and the exponent is odd, at least 3 and below 2^33.
pub(super) fn public_key(text: &str) -> Option<RsaPublicKey> {
    let mut buffer = [0; MAX_SPKI];
    let (label, content) = pem::decode(text, &mut buffer)?;
    let key = match label {
        "PUBLIC KEY" => RsaPublicKey::from_public_key_der(content).ok()?,
        "RSA PUBLIC KEY" => RsaPublicKey::from_pkcs1_der(content).ok()?,
        _ => return None,
    };
    (MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&key.n().bits_vartime()).then_some(key)
}

/// By which a key is known again.
pub(super) fn fingerprint(key: &RsaPublicKey) -> Fingerprint {
    // Of the modulus the length is known from its leading bit, so the two cannot run into each other.
    Fingerprint::new(&[key.n_bytes(), key.e_bytes()].concat())
}

/// Decodes a signature from hexadecimal digits; `None` unless it is as long as the key's modulus.
pub(super) fn signature(key: &RsaPublicKey, text: &str) -> Option<Signature> {
    let mut buffer = [0; MAX_SIGNATURE];
    let length = hex::decode(text.as_bytes(), &mut buffer)?;
    if length != key.size() {
        return None;
    }
    Signature::try_from(buffer.get(..length)?).ok()
}

/// What verifies signatures of `key`, with whatever length of salt they were made: writers use that of the hash, or the longest.
pub(super) fn verifying_key(key: &RsaPublicKey) -> VerifyingKey<Sha256> {
    VerifyingKey::new_with_auto_salt_len(key.clone())
}

/// Whether `signature` is one of `key` over the message of that SHA-256.
pub(super) fn verify(key: &VerifyingKey<Sha256>, digest: &[u8; 32], signature: &Signature) -> bool {
    key.verify_prehash(digest, signature).is_ok()
}

/// Below this a modulus can be factored with known effort (NIST SP 800-131A).
const MIN_MODULUS_BITS: u32 = 2048;

/// Bounds the time of one check, which grows with the square of the length.
const MAX_MODULUS_BITS: u32 = 8192;

/// A signature has the length of the modulus.
const MAX_SIGNATURE: usize = 1024;

/// Modulus and exponent of the largest key take 1036 bytes of DER, SPKI around them 28 more.
const MAX_SPKI: usize = 1064;
