//! The settings of HTTP.

use std::path::PathBuf;
use std::time::Duration;

/// The settings of HTTP.
#[derive(Clone, Debug)]
pub struct Network {
    /// The timeout of a request.
    pub timeout: Duration,
    /// The timeout of name resolution and connection.
    pub connect_timeout: Duration,
    /// The minimum rate, in bytes per second.
    pub min_rate: u64,
    /// The number of downloads at the same time.
    pub jobs: usize,
    /// The file of the certificates to trust instead of Mozilla's.
    pub ca_file: Option<PathBuf>,
    /// The user name for the server of the metadata (Basic authentication).
    pub user: Option<String>,
    /// The password for `user`.
    pub password: Option<String>,
    /// The bearer token for the server of the metadata.
    pub token: Option<String>,
    /// The text before picotuf's own in the header `User-Agent`.
    pub user_agent: Option<String>,
    /// Whether credentials in netrc are used.
    pub netrc: bool,
}

impl Network {
    /// Returns the same without any credentials.
    pub(crate) fn without_credentials(&self) -> Self {
        Network { user: None, password: None, token: None, netrc: false, ..self.clone() }
    }

    /// Returns the value of the header `User-Agent`.
    pub(super) fn user_agent(&self) -> String {
        let own = concat!("picotuf/", env!("CARGO_PKG_VERSION"));
        match &self.user_agent {
            Some(program) => format!("{program} {own}"),
            None => own.to_owned(),
        }
    }
}

impl Default for Network {
    /// Returns the defaults of the command line, without credentials.
    fn default() -> Self {
        Network {
            timeout: TIMEOUT,
            connect_timeout: CONNECT_TIMEOUT,
            min_rate: MIN_RATE,
            jobs: JOBS,
            ca_file: None,
            user: None,
            password: None,
            token: None,
            user_agent: None,
            netrc: true,
        }
    }
}

/// The largest files on PyPI take an hour on a slow connection, and `MIN_RATE` ends an attack much
/// earlier.
const TIMEOUT: Duration = Duration::from_secs(3600);
/// Servers accept this number of downloads at the same time, and it hides their latency.
const JOBS: usize = 16;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// In bytes per second, against attackers who withhold an update by serving it slowly.
const MIN_RATE: u64 = 1000;
