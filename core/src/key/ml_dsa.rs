//! ML-DSA keys and signatures (FIPS 204), as TAP 21 has them: its version 1.

use super::der::{self, BIT_STRING, SEQUENCE};
use super::{MlDsaSet, pem};
use crate::hex;
use ::ml_dsa::{
    EncodedVerifyingKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, VerifyingKey,
};
use alloc::boxed::Box;
use alloc::vec;

impl MlDsaSet {
    /// Returns how many bytes a key and a signature have (FIPS 204, table 2).
    const fn lengths(self) -> (usize, usize) {
        match self {
            MlDsaSet::MlDsa44 => (1312, 2420),
            MlDsaSet::MlDsa65 => (1952, 3309),
            MlDsaSet::MlDsa87 => (2592, 4627),
        }
    }

    /// Returns the last number of its OBJECT IDENTIFIER.
    const fn last_arc(self) -> u8 {
        match self {
            MlDsaSet::MlDsa44 => 17,
            MlDsaSet::MlDsa65 => 18,
            MlDsaSet::MlDsa87 => 19,
        }
    }
}

/// Decodes a key from PEM: a `SubjectPublicKeyInfo` with the algorithm of that set, which has no
/// parameters (RFC 9881). All keys of the right length are keys.
pub(super) fn public_key(set: MlDsaSet, text: &str) -> Option<Box<[u8]>> {
    let (length, _) = set.lengths();
    let mut buffer = vec![0; length.checked_add(SPKI_AROUND)?];
    let (label, content) = pem::decode(text, &mut buffer)?;
    if label != "PUBLIC KEY" {
        return None;
    }
    let body = der::only(content, SEQUENCE)?.strip_prefix(&ALGORITHM)?;
    let key = body.strip_prefix(&[set.last_arc()])?;
    let key = der::only(key, BIT_STRING)?.strip_prefix(&[0])?;
    (key.len() == length).then(|| key.into())
}

/// Decodes a signature of that set from hexadecimal digits.
pub(super) fn signature(set: MlDsaSet, text: &[u8]) -> Option<Box<[u8]>> {
    let (_, length) = set.lengths();
    hex::decode_boxed(text, length)
}

/// Returns whether `signature` is one of `key` over the message of that SHA-512: what is signed is
/// `tuf`, the version and the digest, in the pure mode, with an empty context (TAP 21).
pub(super) fn verify(set: MlDsaSet, key: &[u8], digest: &[u8], signature: &[u8]) -> bool {
    let mut message = [0; 68];
    let (start, rest) = message.split_at_mut(4);
    if rest.len() != digest.len() {
        return false;
    }
    start.copy_from_slice(b"tuf\x01");
    rest.copy_from_slice(digest);
    verify_pure(set, key, &message, signature)
}

/// ML-DSA.Verify with an empty context (FIPS 204, algorithm 3).
pub(super) fn verify_pure(set: MlDsaSet, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    match set {
        MlDsaSet::MlDsa44 => verify_by::<MlDsa44>(key, message, signature),
        MlDsaSet::MlDsa65 => verify_by::<MlDsa65>(key, message, signature),
        MlDsaSet::MlDsa87 => verify_by::<MlDsa87>(key, message, signature),
    }
}

/// It is not inlined: the stack that one set takes must not be below the others.
#[inline(never)]
fn verify_by<P: MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(signature) = Signature::<P>::try_from(signature) else { return false };
    let Ok(key) = <&EncodedVerifyingKey<P>>::try_from(key) else { return false };
    VerifyingKey::<P>::decode(key).verify_with_context(message, &[], &signature)
}

/// SEQUENCE { OBJECT IDENTIFIER id-ml-dsa-… 2.16.840.1.101.3.4.3.… } but for its last byte.
const ALGORITHM: [u8; 12] =
    [0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03];

/// A `SubjectPublicKeyInfo` has so many bytes besides the key.
const SPKI_AROUND: usize = 22;
