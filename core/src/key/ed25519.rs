//! Ed25519 keys and signatures.
//!
//! The check is the stricter one of those in use, so that every host gives the same verdict:
//! encodings are canonical, small-order keys are refused, and the equation is the one with the
//! cofactor (RFC 8032, section 5.1.7).

use crate::hex;
use ed25519_compact::{PublicKey, Signature, VerifyingState};

/// Decodes a key; `None` unless it is 64 hexadecimal digits of a canonical point that is not of
/// small order.
///
/// As only canonical encodings pass, two keys are the same point exactly when their bytes are
/// equal.
#[inline(never)]
pub(super) fn public_key(text: &[u8]) -> Option<[u8; 32]> {
    let bytes = hex::decode_exact(text)?;
    PublicKey::new(bytes).validate().ok()?;
    Some(bytes)
}

/// Starts the check of a signature of 128 hexadecimal digits.
#[inline]
pub(super) fn begin(key: &[u8; 32], signature_hex: &[u8]) -> Option<VerifyingState> {
    let signature = Signature::new(hex::decode_exact(signature_hex)?);
    PublicKey::new(*key).verify_incremental(&signature).ok()
}

/// Returns whether the signature holds over all that was absorbed. It is not inlined, for the stack
/// that it takes.
#[inline(never)]
pub(super) fn verify(state: &VerifyingState) -> bool {
    state.verify().is_ok()
}
