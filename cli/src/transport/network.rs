//! The settings of HTTP.

use std::path::PathBuf;
use std::time::Duration;

/// The settings of HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    /// The timeout of a request.
    pub(crate) timeout: Duration,
    /// The timeout of name resolution and connection.
    pub(crate) connect_timeout: Duration,
    /// The minimum rate, in bytes per second.
    pub(crate) min_rate: u64,
    /// The number of downloads at the same time.
    pub(crate) jobs: usize,
    /// The file of the certificates to trust instead of Mozilla's.
    pub(crate) ca_file: Option<PathBuf>,
    /// The user name for the server of the metadata (Basic authentication).
    pub(crate) user: Option<String>,
    /// The password for `user`.
    pub(crate) password: Option<String>,
    /// The bearer token for the server of the metadata.
    pub(crate) token: Option<String>,
    /// Whether credentials in netrc are used.
    pub(crate) netrc: bool,
}

impl Network {
    /// Returns the same without any credentials.
    pub(crate) fn without_credentials(&self) -> Self {
        Network { user: None, password: None, token: None, netrc: false, ..self.clone() }
    }
}
