//! Attestations.

use std::path::PathBuf;
use std::sync::Arc;

use picotuf::Limits;
use picotuf_attest::{Distribution, Limits as AttestLimits, Spec, TrustedRoot};
use picotuf_cli::json::{attestation, publisher as publisher_json};
use picotuf_client::anchor::Anchor;
use picotuf_client::attestations::{Index, PYPI};
use picotuf_client::sigstore::Sigstore;
use picotuf_client::{Base, Error, attestations};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::{Value, json};

use crate::client::{anchor, time};
use crate::errors::{exception, exception_with, usage};
use crate::fetch::Source;
use crate::log::logger;

/// Verifies what a provenance document attests about a file. Returns the verdict as JSON.
#[pyfunction]
#[pyo3(signature = (name, sha256, provenance, trusted_root, publisher, at))]
pub(crate) fn attested(
    py: Python<'_>,
    name: &str,
    sha256: [u8; 32],
    provenance: &[u8],
    trusted_root: &[u8],
    publisher: Option<&str>,
    at: Option<i64>,
) -> PyResult<String> {
    let asked = publisher.map(Spec::parse).transpose();
    let asked = asked.map_err(|error| usage(py, &format!("publisher: {error}")))?;
    let mut attestations = Vec::new();
    let mut verify = || -> Result<Value, Error> {
        // An error with this name is about the argument, and not about a target.
        Distribution::new(name, sha256)?;
        let named = |error: Error| error.target(name);
        let root = TrustedRoot::parse(trusted_root, &AttestLimits::DEFAULT)?;
        let now = time(at)?;
        let report = attestations::verify(name, sha256, provenance, &root, asked.as_ref(), now)
            .map_err(named)?;
        attestations = report.attestations.iter().map(attestation).collect();
        let identity = report.outcome.map_err(|error| named(error.into()))?;
        Ok(publisher_json(&identity.publisher))
    };
    let publisher = py.detach(&mut verify);
    let attestations = Value::Array(attestations);
    match publisher {
        Ok(publisher) => {
            let pinned = asked.is_some();
            let verdict =
                json!({"publisher": publisher, "pinned": pinned, "attestations": attestations});
            Ok(verdict.to_string())
        }
        Err(error) => Err(exception_with(py, &error, "attestations", attestations)),
    }
}

/// Refreshes Sigstore's TUF repository, and returns the trusted root that it signs.
#[pyfunction]
#[pyo3(signature = (folder, url, root, fetch, at, offline))]
pub(crate) fn trusted_root<'py>(
    py: Python<'py>,
    folder: PathBuf,
    url: Option<&str>,
    root: Option<&[u8]>,
    fetch: Option<Py<PyAny>>,
    at: Option<i64>,
    offline: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let log = logger(py);
    let function = fetch.map(|function| Arc::new(Source::function(function)));
    let used = function.clone();
    let got = py.detach(|| {
        let url = url.map(Base::parse).transpose()?;
        let root: Option<Anchor> =
            root.map(|bytes| anchor(bytes, &Limits::default())).transpose()?;
        let sigstore = Sigstore::new(&folder, url, root, time(at)?)?;
        if offline {
            return sigstore.stored(None, &log);
        }
        let source = match used {
            Some(source) => source,
            None => {
                let (metadata, targets) = (&sigstore.config().metadata, &sigstore.config().targets);
                Arc::new(Source::http(&Default::default(), metadata, targets, log.clone())?)
            }
        };
        sigstore.refresh(&*source, &log)
    });
    let got = match function {
        Some(source) => source.raised().result(py, got)?,
        None => got.map_err(|error| exception(py, &error))?,
    };
    Ok(PyBytes::new(py, &got.bytes))
}

/// Asks an index, or PyPI, for the provenance document of the file with this name.
#[pyfunction]
#[pyo3(signature = (name, index, fetch))]
pub(crate) fn provenance<'py>(
    py: Python<'py>,
    name: &str,
    index: Option<&str>,
    fetch: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let log = logger(py);
    let source = || -> Result<(Index, Source), Error> {
        let index = Index::new(Base::parse(index.unwrap_or(PYPI))?)?;
        let source = match fetch {
            Some(function) => Source::function(function),
            None => Source::http(&Default::default(), &[], &[index.base().clone()], log)?,
        };
        Ok((index, source))
    };
    let (index, source) = source().map_err(|error| exception(py, &error))?;
    let got = py.detach(|| index.provenance(name, &source).map_err(|error| error.target(name)));
    let got = source.raised().result(py, got)?;
    Ok(PyBytes::new(py, &got))
}
