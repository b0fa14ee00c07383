//! The check of a target file as its bytes come.

use alloc::string::String;

use picotuf::{Digest, Error, HashAlgorithm, Hashes, Target, TargetVerifier};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::plain;

/// The core's `TargetVerifier`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Verifier(TargetVerifier);

#[wasm_bindgen]
impl Verifier {
    /// Before the first byte of a target of this length. `hashes` has names of functions, each with a hash behind it, and blanks
    /// between all of them. Those of unknown functions are left out; nothing comes of hashes of which none is left, or one is not
    /// of its form.
    pub fn create(length: f64, hashes: &str) -> Option<Verifier> {
        let mut words = hashes.as_bytes().split(|byte| *byte == b' ');
        let mut hashes = Hashes::new();
        while let (Some(name), Some(digest)) = (words.next(), words.next()) {
            if let Some(algorithm) = core::str::from_utf8(name).ok().and_then(HashAlgorithm::from_name) {
                hashes.insert(Digest::from_hex(algorithm, digest)?);
            }
        }
        let target = Target { length: plain::whole(length)?, hashes, custom: None };
        (!hashes.is_empty()).then(|| Verifier(TargetVerifier::new(&target)))
    }

    /// Takes the next bytes; there may be too many of them.
    pub fn update(&mut self, bytes: &[u8]) -> String {
        said(self.0.update(bytes))
    }

    /// After the last byte: length and hash have to be those that are signed.
    pub fn finish(self) -> String {
        said(self.0.finish())
    }
}

fn said(result: Result<(), Error>) -> String {
    match result {
        Ok(()) => String::new(),
        Err(error) => plain::error(&error, "", None),
    }
}
