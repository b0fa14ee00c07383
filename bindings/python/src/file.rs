//! Files that a caller names.

use std::path::PathBuf;

use picotuf_client::{Error, attestations};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::exception;

/// Returns the bytes of a file.
#[pyfunction]
pub(crate) fn read(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyBytes>> {
    let read = py.detach(|| std::fs::read(&path));
    let read = read.map_err(|error| exception(py, &Error::io("read the file", &path, &error)))?;
    Ok(PyBytes::new(py, &read))
}

/// Returns the SHA-256 of a file.
#[pyfunction]
pub(crate) fn sha256_of(py: Python<'_>, path: PathBuf) -> PyResult<Bound<'_, PyBytes>> {
    let sha256 = py.detach(|| attestations::sha256_of(&path));
    let sha256 = sha256.map_err(|error| exception(py, &error))?;
    Ok(PyBytes::new(py, &sha256))
}
