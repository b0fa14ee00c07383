//! The module `picotuf._native`: what the Python package does not do in Python. It passes questions
//! to the crates `picotuf-client` and `picotuf-attest` and takes no decision.
//!
//! Verdicts leave as JSON, in the form that the command line prints. Every function that works on
//! files or waits for a network releases the GIL.

mod attest;
mod client;
mod errors;
mod fetch;
mod file;
mod log;
mod target;
mod updater;

use std::ffi::OsString;

use pyo3::prelude::*;

/// The extension module.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::attest::{attested, provenance, trusted_root};
    #[pymodule_export]
    use super::client::Client;
    #[pymodule_export]
    use super::fetch::Http;
    #[pymodule_export]
    use super::file::{read, sha256_of};
    #[pymodule_export]
    use super::run;
    #[pymodule_export]
    use super::target::{TargetWriter, is_target, target_names};
    #[pymodule_export]
    use super::updater::{Updater, check_root, persist};

    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");

    #[cfg(feature = "test-panic")]
    #[pymodule_export]
    use super::panic;
}

/// Runs the command line with these arguments, of which the first is the name of the program.
/// Returns the exit code.
#[pyfunction]
fn run(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| picotuf_cli::run(arguments))
}

/// Panics, with the GIL released.
#[cfg(feature = "test-panic")]
#[pyfunction]
fn panic(py: Python<'_>) {
    py.detach(|| panic!("as the test wants it"));
}
