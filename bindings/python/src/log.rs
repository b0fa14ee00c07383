//! The client's messages, for Python's module `logging`.

use picotuf::OneLine;
use picotuf_client::{Events, Log};
use pyo3::prelude::*;

/// The logger `picotuf`.
struct Logger {
    details: bool,
}

/// Returns a log that writes to the logger `picotuf`: notices as warnings, and details for
/// debugging.
pub(crate) fn logger(py: Python<'_>) -> Log {
    let details = named(py).and_then(|logger| {
        let debug = py.import("logging")?.getattr("DEBUG")?;
        logger.call_method1("isEnabledFor", (debug,))?.extract()
    });
    Log::new(Logger { details: details.unwrap_or(false) })
}

fn named(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    py.import("logging")?.call_method1("getLogger", ("picotuf",))
}

impl Logger {
    /// A message that cannot be written changes no verdict.
    fn write(method: &str, text: &str) {
        Python::attach(|py| {
            let written = named(py)
                .and_then(|logger| logger.call_method1(method, ("%s", OneLine(text).to_string())));
            if let Err(error) = written {
                error.write_unraisable(py, None);
            }
        });
    }
}

impl Events for Logger {
    fn wants_details(&self) -> bool {
        self.details
    }

    fn detail(&self, text: &str) {
        Logger::write("debug", text);
    }

    fn notice(&self, text: &str) {
        Logger::write("warning", text);
    }
}
