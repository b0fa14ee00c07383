//! The check of a target file as its bytes come.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::Object;
use picotuf::{Digest, Error, HashAlgorithm, Hashes, Target, TargetVerifier};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::plain;

/// The core's `TargetVerifier`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Verifier(TargetVerifier);

#[wasm_bindgen]
impl Verifier {
    /// Before the first byte of a target of this length, with a hash in `digests` for each name in `algorithms`. Those of
    /// unknown functions are left out; nothing comes of hashes of which none is left, or one is not of its form.
    pub fn create(length: f64, algorithms: Vec<String>, digests: Vec<String>) -> Option<Verifier> {
        let mut hashes = Hashes::new();
        for (name, digest) in algorithms.iter().zip(&digests) {
            if let Some(algorithm) = HashAlgorithm::from_name(name) {
                hashes.insert(Digest::from_hex(algorithm, digest.as_bytes())?);
            }
        }
        let target = Target { length: plain::whole(length)?, hashes, custom: None };
        (!hashes.is_empty()).then(|| Verifier(TargetVerifier::new(&target)))
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// There are too many of them.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Object> {
        self.0.update(bytes).map_err(|error| refused(&error))
    }

    /// After the last byte.
    ///
    /// # Errors
    /// Length or hash are not those that are signed.
    pub fn finish(self) -> Result<(), Object> {
        self.0.finish().map_err(|error| refused(&error))
    }
}

fn refused(error: &Error) -> Object {
    plain::error(error, "", Vec::new())
}
