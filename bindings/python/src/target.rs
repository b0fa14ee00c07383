//! Target files, for the interface of python-tuf.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use picotuf::{
    Digest, Error as Verdict, HashAlgorithm, Hashes, Target, TargetVerifier, target_path,
};
use picotuf_client::{Error, store, target_file};
use pyo3::prelude::*;
use tempfile::NamedTempFile;

use crate::errors::{exception, usage};

/// Returns a target from its length and hashes, as a caller has them.
fn target(length: u64, hashes: &HashMap<String, String>) -> Result<Target, Verdict> {
    let mut read = Hashes::default();
    for (name, text) in hashes {
        let digest = HashAlgorithm::from_name(name)
            .map(|algorithm| Digest::from_hex(algorithm, text.as_bytes()));
        match digest {
            Some(Some(digest)) => drop(read.insert(digest)),
            Some(None) => return Err(Verdict::InvalidForm { position: 0, member: "hashes" }),
            None => {}
        }
    }
    match read.is_empty() {
        true => Err(Verdict::UnsupportedHash { position: 0 }),
        false => Ok(Target { length, hashes: read, custom: None }),
    }
}

/// Writes a file in the place of a target. It appears there, whole, only if it is the target.
#[pyclass(frozen, module = "picotuf._native")]
pub(crate) struct TargetWriter {
    path: PathBuf,
    length: u64,
    state: Mutex<Option<State>>,
}

struct State {
    file: NamedTempFile,
    /// Why the file cannot be the target, if its hashes cannot be read.
    verifier: Result<TargetVerifier, Verdict>,
}

impl TargetWriter {
    /// Returns the length of the target.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Takes bytes of the file.
    pub(crate) fn take(&self, bytes: &[u8]) -> Result<(), Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { file, verifier } = state.as_mut().ok_or_else(ended)?;
        if let Ok(verifier) = verifier {
            verifier.update(bytes)?;
        }
        let written = file.write_all(bytes);
        written.map_err(|error| Error::io("write the file", file.path(), &error))
    }
}

#[pymethods]
impl TargetWriter {
    /// Begins a file. Its folder exists.
    #[new]
    fn new(
        py: Python<'_>,
        path: PathBuf,
        length: u64,
        hashes: HashMap<String, String>,
    ) -> PyResult<Self> {
        let verifier = target(length, &hashes).map(|target| TargetVerifier::new(&target));
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = store::temporary(folder).map_err(|error| exception(py, &error))?;
        let state = Mutex::new(Some(State { file, verifier }));
        Ok(TargetWriter { path, length, state })
    }

    /// Takes the next bytes of the file.
    fn write(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<()> {
        py.detach(|| self.take(bytes)).map_err(|error| exception(py, &error))
    }

    /// Puts the file in its place, if it is the target.
    fn finish(&self, py: Python<'_>) -> PyResult<()> {
        let finished = py.detach(|| {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner).take();
            let State { file, verifier } = state.ok_or_else(ended)?;
            verifier?.finish()?;
            store::persist(file, &self.path)
        });
        finished.map_err(|error| exception(py, &error))
    }
}

fn ended() -> Error {
    Error::usage("the file is finished")
}

/// Returns whether the local file is the target. A file that cannot be read is not.
#[pyfunction]
pub(crate) fn is_target(
    py: Python<'_>,
    path: PathBuf,
    length: u64,
    hashes: HashMap<String, String>,
) -> bool {
    py.detach(|| {
        target(length, &hashes)
            .is_ok_and(|target| target_file::is_here(&target, &path).unwrap_or(false))
    })
}

/// Returns the names of a target's file in the repository: as they are, and percent-encoded for a
/// URL.
#[pyfunction]
pub(crate) fn target_names(
    py: Python<'_>,
    path: &str,
    hashes: HashMap<String, String>,
    consistent: bool,
) -> PyResult<Vec<(String, String)>> {
    let hashes = match target(0, &hashes) {
        Ok(target) => target.hashes,
        Err(verdict) if consistent => return Err(exception(py, &Error::from(verdict))),
        Err(_) => Hashes::default(),
    };
    target_path::file_names(path, &hashes, consistent)
        .map(|name| {
            let mut url = String::new();
            name.url(&mut |piece| url.push_str(piece)).map_err(|reason| {
                usage(py, &format!("{path:?} cannot be used in a URL: {reason}"))
            })?;
            Ok((name.to_string(), url))
        })
        .collect()
}
