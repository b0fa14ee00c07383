//! Errors as Python exceptions.

use std::sync::{Mutex, PoisonError};

use picotuf_client::{Brief, Code, Error, TrustedRole};
use pyo3::prelude::*;
use pyo3::types::PyString;
use serde_json::Value;

/// Returns the exception for an error: an instance of a class of `picotuf.Error`, by the blame.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    exception_with(py, error, "roles", Value::Array(Vec::new()))
}

/// Returns the exception for an error, with another member: what held before it.
pub(crate) fn exception_with(py: Python<'_>, error: &Error, name: &str, value: Value) -> PyErr {
    let mut detail = serde_json::to_value(error.detail()).unwrap_or_default();
    detail[name] = value;
    detail["text"] = Value::String(Brief(error).to_string());
    let made = py
        .import("picotuf._errors")
        .and_then(|module| module.call_method1("make", (detail.to_string(),)));
    made.map_or_else(|error| error, PyErr::from_value)
}

/// The exception that Python code raised in the middle of other work, such as a function that
/// fetches, until that work has ended.
#[derive(Debug, Default)]
pub(crate) struct Raised(Mutex<Option<PyErr>>);

impl Raised {
    /// Keeps an exception. Returns the error that ends the work.
    pub(crate) fn keep(&self, py: Python<'_>, error: PyErr) -> Error {
        let code = match error.is_instance_of::<pyo3::exceptions::PyException>(py) {
            true => Code::Connection,
            // What asks the program to end, such as `KeyboardInterrupt`, is no mirror's fault.
            false => Code::Io,
        };
        let name = error.get_type(py).name();
        let name = name.map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
        let text = error.value(py).str().unwrap_or_else(|_| PyString::new(py, "?"));
        let message = format!("the function that fetches raised {name}: {text}");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        Error::new(code, message)
    }

    /// Returns the result of the work for Python. What Python code raised is the cause of an error;
    /// what asks the program to end is raised again as it is.
    pub(crate) fn result<T>(&self, py: Python<'_>, result: Result<T, Error>) -> PyResult<T> {
        self.result_with(py, result, &[])
    }

    /// Does the same as [`Raised::result`], and tells the roles that were trusted before an error.
    pub(crate) fn result_with<T>(
        &self,
        py: Python<'_>,
        result: Result<T, Error>,
        roles: &[TrustedRole],
    ) -> PyResult<T> {
        let raised = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (result, raised) {
            (_, Some(raised)) if !raised.is_instance_of::<pyo3::exceptions::PyException>(py) => {
                Err(raised)
            }
            (Ok(done), _) => Ok(done),
            (Err(error), raised) => {
                let roles = serde_json::to_value(roles).unwrap_or_default();
                let made = exception_with(py, &error, "roles", roles);
                made.set_cause(py, raised);
                Err(made)
            }
        }
    }
}

/// Returns the exception for wrong usage.
pub(crate) fn usage(py: Python<'_>, message: &str) -> PyErr {
    exception(py, &Error::usage(message))
}
