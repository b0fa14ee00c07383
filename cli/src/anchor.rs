//! A root that a user trusts, read from a file.

use std::fs::File;
use std::path::{Path, PathBuf};

use picotuf::limits::Limit;
use picotuf::{Digest, Error, HashAlgorithm, Hasher};

use crate::error::CliError;
use crate::session;

/// The bytes of the file. They are not verified yet.
#[derive(Debug)]
pub(crate) struct Anchor {
    /// Where the file is.
    pub(crate) path: PathBuf,
    /// All of it.
    pub(crate) bytes: Vec<u8>,
    /// What settings remember it by.
    pub(crate) sha256: Digest,
}

impl Anchor {
    /// Reads the file, which may have `max_length` bytes.
    pub(crate) fn read(path: &Path, max_length: u64) -> Result<Self, CliError> {
        let mut file =
            File::open(path).map_err(|error| CliError::io("open the root", path, &error))?;
        let bytes =
            session::whole(&mut file, max_length).map_err(|error| error.file(path.display()))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max_length {
            let error = Error::LimitReached { limit: Limit::Length, maximum: max_length };
            return Err(CliError::from(error).role("root").file(path.display()));
        }
        let mut hasher = Hasher::new(HashAlgorithm::Sha256);
        hasher.update(&bytes);
        Ok(Anchor { path: path.to_owned(), bytes, sha256: hasher.finish() })
    }
}
