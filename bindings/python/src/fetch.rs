//! Where files come from: picotuf's own HTTP, or a function of the Python program.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use picotuf_cli::transport::{Network, Transport};
use picotuf_client::{Base, Error, Fetch, Found, Log, Request, fetch_folder, fetch_one};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors::{Raised, exception};
use crate::log::logger;
use crate::target::TargetWriter;

/// A source of files, and what Python raised while it was asked.
pub(crate) struct Source {
    kind: Kind,
    raised: Raised,
    /// When Python last had a chance to handle a signal.
    checked: Mutex<Instant>,
}

enum Kind {
    Http(Box<Transport>),
    Function(Py<PyAny>),
}

impl Source {
    /// Creates a source that calls this function of Python: `fetch(url, max_length)` returns
    /// `bytes`, an iterable of `bytes`, or `None` for a file that does not exist.
    pub(crate) fn function(function: Py<PyAny>) -> Self {
        Source::of(Kind::Function(function))
    }

    /// Creates a source with picotuf's own HTTP for these URLs of metadata and targets.
    pub(crate) fn http(
        network: &Network,
        metadata: &[Base],
        targets: &[Base],
        log: Log,
    ) -> Result<Self, Error> {
        Transport::new(network, metadata, targets, log, true)
            .map(|transport| Source::of(Kind::Http(Box::new(transport))))
    }

    fn of(kind: Kind) -> Self {
        Source { kind, raised: Raised::default(), checked: Mutex::new(Instant::now()) }
    }

    /// Returns what Python raised.
    pub(crate) fn raised(&self) -> &Raised {
        &self.raised
    }

    /// Lets Python handle a signal, such as Ctrl-C, now and then.
    fn check_signals(&self) -> Result<(), Error> {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.elapsed() < CHECK_INTERVAL {
            return Ok(());
        }
        *checked = Instant::now();
        drop(checked);
        Python::attach(|py| py.check_signals().map_err(|error| self.raised.keep(py, error)))
    }

    /// Calls the function for one file.
    fn call(&self, function: &Py<PyAny>, request: Request<'_>) -> Result<Found, Error> {
        let Some(url) = request.file.url() else { return fetch_folder(request) };
        Python::attach(|py| {
            let mut left = request.max_length;
            let mut failed = None;
            let mut take = |bytes: &[u8]| {
                let most = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                left = left.saturating_sub(u64::try_from(most).unwrap_or(u64::MAX));
                let taken = (request.sink)(&bytes[..most]);
                taken.map_err(|error| failed = Some(error)).is_ok() && left > 0
            };
            let answer = answer(function.bind(py), url.as_str(), request.max_length, &mut take);
            match (failed, answer) {
                (Some(error), _) => Err(error),
                (None, answer) => {
                    let located = |error| self.raised.keep(py, error).file(request.file);
                    answer.map_err(located)
                }
            }
        })
    }
}

/// Calls a function that fetches, and passes the bytes to `take` until that returns false.
fn answer(
    function: &Bound<'_, PyAny>,
    url: &str,
    max_length: u64,
    take: &mut dyn FnMut(&[u8]) -> bool,
) -> PyResult<Found> {
    let wrong = |found: &Bound<'_, PyAny>| {
        let name = found.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
        PyTypeError::new_err(format!(
            "a function that fetches returns bytes, an iterable of bytes, or None, not {name}"
        ))
    };
    let answer = function.call1((url, max_length))?;
    if answer.is_none() {
        return Ok(Found::No);
    }
    if let Ok(bytes) = answer.cast::<PyBytes>() {
        take(bytes.as_bytes());
        return Ok(Found::Yes);
    }
    for piece in answer.try_iter().map_err(|_| wrong(&answer))? {
        let piece = piece?;
        let bytes = piece.cast::<PyBytes>().map_err(|_| wrong(&piece))?;
        if !take(bytes.as_bytes()) {
            break;
        }
    }
    Ok(Found::Yes)
}

impl Fetch for Source {
    fn fetch(
        &self,
        requests: Vec<Request<'_>>,
        finished: &mut dyn FnMut(usize, Result<Found, Error>) -> ControlFlow<()>,
    ) {
        match &self.kind {
            Kind::Function(function) => {
                for (place, request) in requests.into_iter().enumerate() {
                    if finished(place, self.call(function, request)).is_break() {
                        return;
                    }
                }
            }
            Kind::Http(transport) => {
                let mut watched: Vec<_> = requests
                    .into_iter()
                    .map(|Request { file, max_length, accept, sink }| {
                        let sink = move |bytes: &[u8]| {
                            self.check_signals()?;
                            sink(bytes)
                        };
                        (file, max_length, accept, sink)
                    })
                    .collect();
                let requests = watched.iter_mut().map(|(file, max_length, accept, sink)| Request {
                    file,
                    max_length: *max_length,
                    accept: *accept,
                    sink,
                });
                transport.fetch(requests.collect(), &mut |place, found| {
                    let found = self.check_signals().and(found);
                    finished(place, found)
                });
            }
        }
    }
}

/// Returns the settings of HTTP from their names in Python.
pub(crate) fn network(
    py: Python<'_>,
    seconds: &HashMap<String, f64>,
    texts: HashMap<String, String>,
) -> PyResult<Network> {
    let mut network = Network::default();
    for (name, seconds) in seconds {
        let duration = Duration::try_from_secs_f64(*seconds)
            .map_err(|_| crate::errors::usage(py, &format!("{name} is no number of seconds")))?;
        match name.as_str() {
            "timeout" => network.timeout = duration,
            "connect_timeout" => network.connect_timeout = duration,
            _ => return Err(crate::errors::usage(py, &format!("there is no setting {name}"))),
        }
    }
    for (name, text) in texts {
        match name.as_str() {
            "ca_file" => network.ca_file = Some(text.into()),
            "user" => network.user = Some(text),
            "password" => network.password = Some(text),
            "token" => network.token = Some(text),
            "user_agent" => network.user_agent = Some(text),
            _ => return Err(crate::errors::usage(py, &format!("there is no setting {name}"))),
        }
    }
    Ok(network)
}

/// picotuf's own HTTP, for the files of targets.
#[pyclass(frozen, module = "picotuf._native")]
pub(crate) struct Http {
    pub(crate) source: Arc<Source>,
}

#[pymethods]
impl Http {
    /// Creates an HTTP client that puts `user_agent` before its own name.
    #[new]
    fn new(py: Python<'_>, user_agent: Option<String>) -> PyResult<Self> {
        let network = Network { user_agent, ..Network::default() };
        let source = Source::http(&network, &[], &[], logger(py));
        let source = source.map_err(|error| exception(py, &error))?;
        Ok(Http { source: Arc::new(source) })
    }

    /// Downloads the file with this percent-encoded name below a URL to `writer`. Returns whether
    /// it exists.
    fn fetch(
        &self,
        py: Python<'_>,
        base: &str,
        name: String,
        writer: &TargetWriter,
    ) -> PyResult<bool> {
        let found = py.detach(|| {
            let base = Base::parse(base)?;
            let file = base.file(name);
            let most = writer.length().saturating_add(1);
            fetch_one(&*self.source, &file, most, &mut |bytes| writer.take(bytes))
                .map_err(|error| error.file(&file))
        });
        self.source.raised().result(py, found).map(|found| found == Found::Yes)
    }
}

/// Often enough for a person who presses Ctrl-C, and too seldom to cost anything.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
