//! TLS for clients.

use std::path::Path;
use std::sync::Arc;

use picotuf_client::{Error, Log};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use super::watched::{Say, Watched};

/// A certificate with its key, read again when their files change.
pub(crate) struct Tls(Watched<ServerConfig>);

impl Tls {
    /// Reads the certificate with those that lead to its authority, and its key, from PEM files.
    pub(crate) fn new(
        certificate: &Path,
        key: &Path,
        say: &Arc<Say>,
        log: &Log,
    ) -> Result<Self, Error> {
        let files = vec![certificate.to_owned(), key.to_owned()];
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        let read = move || config(&certificate, &key);
        Ok(Tls(Watched::new("the certificate and its key", files, say, log, read)?))
    }

    /// Returns what makes a connection one with TLS.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.current())
    }

    /// Reads the files again if they changed.
    pub(super) fn renew(&self) {
        let _ = self.0.current();
    }

    /// Reads the files again.
    pub(super) fn read_again(&self) {
        self.0.read_again();
    }

    /// Returns what could not be read again, if so.
    pub(super) fn outdated(&self) -> Option<&'static str> {
        self.0.outdated()
    }
}

fn config(certificate: &Path, key: &Path) -> Result<ServerConfig, Error> {
    let failed = |what: &str, path: &Path, error: PemError| match error {
        PemError::Io(error) => Error::io(&format!("read the {what}"), path, &error),
        error => Error::usage(format!("the {what} is not PEM: {error}")).file(path.display()),
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| failed("certificate", certificate, error))?;
    if chain.is_empty() {
        return Err(Error::usage("the file of the certificate has none")
            .file(certificate.display())
            .hint("it needs a block that begins with -----BEGIN CERTIFICATE-----"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        PemError::NoItemsFound => Error::usage("the file of the key has none")
            .file(key.display())
            .hint("it needs a block that begins with -----BEGIN PRIVATE KEY-----, not encrypted"),
        error => failed("key", key, error),
    })?;
    let wrong = |error: rustls::Error| match error {
        rustls::Error::InconsistentKeys(_) => {
            Error::usage("the key is not that of the certificate").file(key.display()).hint(
                format!(
                    "give the key that {} was made for, and its certificate first in it",
                    certificate.display()
                ),
            )
        }
        error => Error::usage(format!("the certificate or its key cannot be used: {error}"))
            .file(certificate.display()),
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(wrong)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
