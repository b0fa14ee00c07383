//! What no verifier can do without: the signed bytes through SHA-512, and the signature checks.

use ed25519_compact::{KeyPair, Noise, Seed, Signature};
use sha2::{Digest, Sha512};

use crate::repository::Repository;

/// The floor with the hash function that ed25519-compact brings.
pub(crate) fn with_own_hash(repository: &Repository) {
    for signed in &repository.signed {
        let mut state =
            signed.key.verify_incremental(&signed.signature).expect("a key and a signature");
        state.absorb(&signed.message);
        state.verify().expect("a valid signature");
    }
}

/// The floor with sha2's SHA-512. ed25519-compact does not take another's digest, so the signature
/// that is checked is one over no bytes at all: the same work but for the message.
pub(crate) struct WithSha2 {
    pair: KeyPair,
    signature: Signature,
}

impl WithSha2 {
    pub(crate) fn new() -> WithSha2 {
        let pair = KeyPair::from_seed(Seed::new([7; Seed::BYTES]));
        let signature = pair.sk.sign(b"", Some(Noise::new([9; Noise::BYTES])));
        WithSha2 { pair, signature }
    }

    pub(crate) fn run(&self, repository: &Repository) -> [u8; 64] {
        let mut digests = [0; 64];
        for signed in &repository.signed {
            let hash = Sha512::new()
                .chain_update(&signed.signature[..32])
                .chain_update(&signed.key[..])
                .chain_update(&signed.message);
            for (sum, byte) in digests.iter_mut().zip(hash.finalize()) {
                *sum ^= byte;
            }
            self.pair.pk.verify(b"", &self.signature).expect("a valid signature");
        }
        digests
    }
}
