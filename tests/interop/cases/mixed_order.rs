//! An Ed25519 key that is neither good nor of small order: a usual one plus a point of order 8. Its
//! signatures hold where the check multiplies by the cofactor, and but for one in eight fail where
//! it does not (RFC 8032 §5.1.7 allows both).

use ed25519_compact::{KeyPair, Seed};
use picotuf_tests::json::hex;
use sha2::{Digest as _, Sha256, Sha512};

/// The public key: that of [`LABEL`] plus a point of order 8.
pub(super) const PUBLIC: &str = "c64d519448772ffdc22f063ecad1f8a4001f989d08eb1aa8d4cafc567a7c5389";

/// Where the usual key comes from, as those of the builder.
const LABEL: &str = "mixed order";

/// The order of the group, little end first.
const ORDER: Scalar = [0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000];

type Scalar = [u64; 4];

/// The hex of a signature of the mixed key.
pub(super) fn sign(message: &[u8]) -> String {
    let nonce = seed("the nonce of a signature");
    let commitment = KeyPair::from_seed(Seed::new(nonce)).pk;
    let public: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&PUBLIC[2 * at..2 * at + 2], 16).unwrap()).collect();
    let challenge = Sha512::new()
        .chain_update(*commitment)
        .chain_update(public)
        .chain_update(message)
        .finalize();
    let response = add(secret(nonce), multiply(&challenge, secret(seed(LABEL))));
    let response: Vec<u8> = response.iter().flat_map(|limb| limb.to_le_bytes()).collect();
    hex(commitment.as_ref()) + &hex(&response)
}

fn seed(label: &str) -> [u8; 32] {
    Sha256::digest(format!("test key, not secret: {label}")).into()
}

/// The scalar that a seed stands for (RFC 8032 §5.1.5).
fn secret(seed: [u8; 32]) -> Scalar {
    let mut digest: [u8; 64] = Sha512::digest(seed).into();
    digest[0] &= 248;
    digest[31] = digest[31] & 127 | 64;
    multiply(&digest[..32], [1, 0, 0, 0])
}

/// `number`, little end first, times `by`.
fn multiply(number: &[u8], by: Scalar) -> Scalar {
    let bits =
        number.iter().rev().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    bits.fold([0; 4], |product, bit| {
        let double = add(product, product);
        if bit { add(double, by) } else { double }
    })
}

/// Of two numbers below the order, of which twice fits into 256 bits.
fn add(left: Scalar, right: Scalar) -> Scalar {
    let mut carry = false;
    let mut sum = [0; 4];
    for (limb, (left, right)) in sum.iter_mut().zip(left.into_iter().zip(right)) {
        let (partial, first) = left.overflowing_add(right);
        let (total, second) = partial.overflowing_add(carry.into());
        (*limb, carry) = (total, first || second);
    }
    let mut borrow = false;
    let mut reduced = [0; 4];
    for (limb, (sum, order)) in reduced.iter_mut().zip(sum.into_iter().zip(ORDER)) {
        let (partial, first) = sum.overflowing_sub(order);
        let (difference, second) = partial.overflowing_sub(borrow.into());
        (*limb, borrow) = (difference, first || second);
    }
    if borrow { sum } else { reduced }
}
