//! The check of a target file as its bytes come: the core's `TargetVerifier`.

use alloc::vec::Vec;

use picotuf::{Digest, Error, HashAlgorithm, Hashes, Target, TargetVerifier};

use super::{Core, plain};
use crate::object::Object;
use crate::parts::whole;
use crate::text;

impl Core {
    /// Before the first byte of a target of this length. `hashes` has names of functions, each with
    /// a hash behind it, and blanks between all of them. Those of unknown functions are left out;
    /// nothing comes of hashes of which none is left, or one is not of its form, and an object of
    /// all others.
    pub(crate) fn check(&mut self, length: f64, hashes: &[u8]) -> Vec<u8> {
        self.verifier = verifier(length, hashes);
        if self.verifier.is_some() { Object::new().end() } else { Vec::new() }
    }

    /// Takes the next bytes; there may be too many of them.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        said(
            self.verifier
                .as_mut()
                .map_or(Err(Error::UnexpectedCall), |verifier| verifier.update(bytes)),
        )
    }

    /// After the last byte: length and hash have to be those that are signed.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        said(self.verifier.take().map_or(Err(Error::UnexpectedCall), TargetVerifier::finish))
    }
}

fn verifier(length: f64, listed: &[u8]) -> Option<TargetVerifier> {
    let target = Target { length: whole(length)?, hashes: hashes(listed)?, custom: None };
    Some(TargetVerifier::new(&target))
}

/// Those of known functions, in their order, if there is any, and none is not of its form.
pub(crate) fn hashes(listed: &[u8]) -> Option<Hashes> {
    let mut words = listed.split(|byte| *byte == b' ');
    let mut hashes = Hashes::new();
    while let (Some(name), Some(digest)) = (words.next(), words.next()) {
        if let Some(algorithm) = HashAlgorithm::from_name(text(name)) {
            hashes.insert(Digest::from_hex(algorithm, digest)?);
        }
    }
    (!hashes.is_empty()).then_some(hashes)
}

fn said(result: Result<(), Error>) -> Vec<u8> {
    match result {
        Ok(()) => Vec::new(),
        Err(error) => plain::error(&error, "", None),
    }
}
