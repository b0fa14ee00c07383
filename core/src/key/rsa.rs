//! RSA keys and their signatures, PSS and PKCS #1 v1.5 (RFC 8017): of PSS, the hash of the message
//! is that of MGF1 too.

use super::der::{self, BIT_STRING, SEQUENCE};
use super::message::Hash;
use super::{RsaPadding, RsaScheme, pem};
use crate::hex;
use crate::names::Fingerprint;
use ::rsa::traits::PublicKeyParts as _;
use ::rsa::{BoxedUint, Pkcs1v15Sign, Pss, PublicKey};
use alloc::boxed::Box;
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// Decodes a key from PEM: `PUBLIC KEY` (SPKI, as `rsaEncryption`, or as `id-RSASSA-PSS` without
/// parameters) or `RSA PUBLIC KEY` (PKCS#1).
///
/// `None` unless the modulus is odd and has 2048 to 8192 bits, and the exponent is odd, at least 3
/// and below 2^33; and for a key that says of itself that it is for PSS, under another scheme.
pub(super) fn public_key(scheme: RsaScheme, text: &str) -> Option<PublicKey> {
    let mut buffer = [0; MAX_SPKI];
    let (label, content) = pem::decode(text, &mut buffer)?;
    let key = match label {
        "PUBLIC KEY" => key_of_spki(scheme, content)?,
        "RSA PUBLIC KEY" => content,
        _ => return None,
    };
    // RFC 8017, A.1.1
    let (modulus, exponent) = der::two_integers(key)?;
    let key = PublicKey::new(uint(modulus)?, uint(exponent)?).ok()?;
    (MIN_MODULUS_BITS..=MAX_MODULUS_BITS).contains(&key.n().bit_width_vartime()).then_some(key)
}

fn uint(bytes: &[u8]) -> Option<BoxedUint> {
    let bits = u32::try_from(bytes.len()).ok()?.checked_mul(8)?;
    BoxedUint::from_be_slice(bytes, bits).ok()
}

/// Takes the key out of a `SubjectPublicKeyInfo` (RFC 4055): a SEQUENCE of the algorithm and a BIT
/// STRING with no unused bits.
fn key_of_spki(scheme: RsaScheme, content: &[u8]) -> Option<&[u8]> {
    let body = der::only(content, SEQUENCE)?;
    let key = match body.strip_prefix(&RSA_ENCRYPTION) {
        Some(key) => key,
        None if scheme.padding == RsaPadding::Pss => body.strip_prefix(&RSASSA_PSS)?,
        None => return None,
    };
    der::only(key, BIT_STRING)?.strip_prefix(&[0])
}

/// By which a key is known again.
pub(super) fn fingerprint(key: &PublicKey) -> Fingerprint {
    // Of the modulus the length is known from its leading bit, so the two cannot run into each
    // other.
    Fingerprint::new(&[key.n_bytes(), key.e_bytes()].concat())
}

/// Decodes a signature from hexadecimal digits; `None` unless it is as long as the key's modulus.
pub(super) fn signature(key: &PublicKey, text: &[u8]) -> Option<Box<[u8]>> {
    hex::decode_boxed(text, key.size())
}

/// Returns whether `signature` is one of `key` over the message of that digest. A PSS signature may
/// have been made with whatever length of salt: writers use that of the hash, or the longest.
#[inline(never)]
pub(super) fn verify(scheme: RsaScheme, key: &PublicKey, digest: &[u8], signature: &[u8]) -> bool {
    macro_rules! holds {
        ($($name:ident: $hash:ty),*) => {
            match (scheme.padding, scheme.hash) {
                $((RsaPadding::Pss, Hash::$name) => {
                    let scheme = Pss::<$hash> { salt_len: None, ..Pss::new() };
                    key.verify(scheme, digest, signature).is_ok()
                }
                (RsaPadding::Pkcs1v15, Hash::$name) => {
                    key.verify(Pkcs1v15Sign::new::<$hash>(), digest, signature).is_ok()
                })*
            }
        };
    }
    holds!(Sha224: Sha224, Sha256: Sha256, Sha384: Sha384, Sha512: Sha512)
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

/// Modulus and exponent of the largest key take 1036 bytes of DER, SPKI around them 28 more.
const MAX_SPKI: usize = 1064;
