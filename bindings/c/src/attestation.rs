//! The verification of PyPI's attestations in one call.

use std::ffi::c_char;
use std::path::Path;

use picotuf_bindings::Verdict;
use picotuf_bindings::attestation::{Attested, verify};
use picotuf_client::attestations::sha256_of;

use crate::arguments::{bytes, optional_text, sized, text, time};
use crate::client::refusal;
use crate::outcome::{Wrong, with_verdict};
use crate::verdict::VerdictHandle;

/// What is attested, about which file. Members that are 0 have their default.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct AttestationOptions {
    /// sizeof(struct picotuf_attestation_options).
    pub size: usize,
    /// The path of the file, whose last part is its name in the index.
    pub file: *const c_char,
    /// The name of the file in the index, if it is another than that of `file`.
    pub name: *const c_char,
    /// The 32 bytes of the file's SHA-256, in place of `file`.
    pub sha256: *const u8,
    /// The provenance document of the index.
    pub provenance: *const u8,
    /// The length of `provenance`, in bytes.
    pub provenance_size: usize,
    /// Sigstore's trusted_root.json, which the program trusts: a verified target of Sigstore's
    /// repository.
    pub trusted_root: *const u8,
    /// The length of `trusted_root`, in bytes.
    pub trusted_root_size: usize,
    /// The publisher that must have published the file, as `github:owner/repository:workflow`.
    /// Null: the verdict says who did, and not whether that is the right one.
    pub publisher: *const c_char,
    /// The present time in seconds since 1970; 0 for the system's clock. A later signature does
    /// not hold.
    pub now: i64,
}

/// Verifies what is attested about a file.
///
/// # Safety
/// `options` is null, or points to a struct as long as its size says, whose texts end with a NUL
/// byte and whose documents are as long as it says; `verdict` is null or points to a variable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn picotuf_verify_attestation(
    options: *const AttestationOptions,
    verdict: *mut *mut VerdictHandle,
) -> i32 {
    let work = || {
        // SAFETY: the caller's.
        let options = unsafe { sized("the options of the attestation", options) }?;
        // SAFETY: the caller's.
        let file = unsafe { optional_text("file", options.file) }?.map(Path::new);
        let name = match file.and_then(Path::file_name).and_then(|name| name.to_str()) {
            Some(name) if options.name.is_null() => name,
            // SAFETY: the caller's.
            _ => unsafe { text("the name of the file", options.name) }?,
        };
        // SAFETY: the caller's.
        let provenance =
            unsafe { bytes("the provenance", options.provenance, options.provenance_size) }?;
        // SAFETY: the caller's.
        let trusted_root =
            unsafe { bytes("the trusted root", options.trusted_root, options.trusted_root_size) }?;
        // SAFETY: the caller's.
        let publisher = unsafe { optional_text("publisher", options.publisher) }?;
        let sha256 = match (file, options.sha256.is_null()) {
            (Some(file), true) => match sha256_of(file) {
                Ok(sha256) => sha256,
                Err(error) => return Ok(Verdict::from(refusal(&error))),
            },
            (None, false) => {
                // SAFETY: the caller's: 32 bytes.
                unsafe { options.sha256.cast::<[u8; 32]>().read_unaligned() }
            }
            _ => return Err(Wrong::new("set either file or sha256")),
        };
        let now = time(options.now)?;
        let attested = Attested { name, sha256, provenance, trusted_root, publisher, now };
        let verdict = verify(&attested);
        match verdict.error {
            Some(refusal) if refusal.code == "usage" => Err(Wrong(Box::new(refusal))),
            _ => Ok(verdict),
        }
    };
    // SAFETY: the caller's.
    unsafe { with_verdict(verdict, work) }
}
