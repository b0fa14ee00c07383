//! Attestations of PyPI's files (PEP 740): gets them from an index, and says who published a file.
//!
//! [`picotuf_attest`] verifies them. This module brings what it needs: [`Index`] gets provenance
//! documents, and [`crate::sigstore`] the trusted root.

mod answers;
mod index;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use picotuf::{HashAlgorithm, Hasher, Time};
use picotuf_attest::{Distribution, Limits, Provenance, Report, Spec, TrustedRoot};

pub use answers::Answers;
pub use index::{Index, Listed, Page};

use crate::error::Error;
use crate::log::Log;

/// The URL of PyPI's simple index.
pub const PYPI: &str = "https://pypi.org/simple/";

/// Verifies what a provenance document attests about a file with this name and SHA-256.
///
/// `asked` is the publisher that must have published it; without one, the report says who did, and
/// nothing of whether that is the right one. A signature that is later than `now` does not hold.
///
/// # Errors
/// Where the document cannot be read, or the name is none of a wheel or an sdist. What is wrong
/// with the attestations is in the report's outcome.
pub fn verify(
    name: &str,
    sha256: [u8; 32],
    provenance: &[u8],
    root: &TrustedRoot,
    asked: Option<&Spec>,
    now: Time,
) -> Result<Report, Error> {
    let file = Distribution::new(name, sha256)?;
    let provenance = Provenance::parse(provenance, &Limits::DEFAULT)?;
    Ok(provenance.check(root, &file, asked, Some(now)))
}

/// Tells the log, in detail, why each attestation of a file that does not hold does not.
pub fn tell_failures(name: &str, report: &Report, log: &Log) {
    let count = report.attestations.len();
    for (place, checked) in report.attestations.iter().enumerate() {
        if let Err(error) = &checked.outcome {
            let number = place.saturating_add(1);
            let code = error.code();
            log.line(|| format!("{name}: attestation {number} of {count}: {error} [{code}]"));
        }
    }
}

/// Reads a local provenance document, up to one byte more than the limit of its length.
///
/// # Errors
/// [`Code::Io`](crate::Code::Io).
pub fn read_provenance(path: &Path) -> Result<Vec<u8>, Error> {
    read(path, "the provenance", Limits::DEFAULT.provenance_length)
}

/// Returns the SHA-256 of a file of this machine.
///
/// # Errors
/// [`Code::Io`](crate::Code::Io).
pub fn sha256_of(path: &Path) -> Result<[u8; 32], Error> {
    let failed = |error| Error::io("read the file", path, &error);
    let mut file = File::open(path).map_err(|error| Error::io("open the file", path, &error))?;
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let mut sha256 = [0; 32];
    sha256.copy_from_slice(hasher.finish().as_bytes());
    Ok(sha256)
}

/// Reads a file, up to `max_length` and one byte more, so that one which is too long is seen to be.
pub(crate) fn read(path: &Path, what: &str, max_length: usize) -> Result<Vec<u8>, Error> {
    let file =
        File::open(path).map_err(|error| Error::io(&format!("open {what}"), path, &error))?;
    let mut bytes = Vec::new();
    let most = u64::try_from(max_length).unwrap_or(u64::MAX).saturating_add(1);
    match file.take(most).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Error::io(&format!("read {what}"), path, &error)),
    }
}
