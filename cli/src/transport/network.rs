//! How HTTP is spoken.

use std::path::PathBuf;
use std::time::Duration;

/// How HTTP is spoken.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    /// For a whole request.
    pub(crate) timeout: Duration,
    /// For name resolution and connection.
    pub(crate) connect_timeout: Duration,
    /// In bytes per second.
    pub(crate) min_rate: u64,
    /// How many files are fetched at the same time.
    pub(crate) jobs: usize,
    /// Certificates to trust in place of Mozilla's.
    pub(crate) ca_file: Option<PathBuf>,
    /// Basic credentials for the server of the metadata.
    pub(crate) user: Option<String>,
    /// Their second half.
    pub(crate) password: Option<String>,
    /// Bearer credentials for the server of the metadata.
    pub(crate) token: Option<String>,
}
