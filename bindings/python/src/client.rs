//! A client of one repository.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::ThreadId;

use picotuf::limits::Limit;
use picotuf::{HashAlgorithm, Hasher, Limits, Time, Workspace};
use picotuf_cli::json::target;
use picotuf_client::anchor::{self, Anchor};
use picotuf_client::disk::Disk;
use picotuf_client::session::Session;
use picotuf_client::{
    Base, Config, Downloaded, Error, Log, Mirrors, TrustedRole, offline_session, verify_file,
};
use pyo3::prelude::*;
use serde_json::{Value, json};

use crate::errors::{exception, usage};
use crate::fetch::{Source, network};
use crate::log::logger;

/// A client of one repository. Calls from several threads take turns.
#[pyclass(frozen, module = "picotuf._native")]
pub(crate) struct Client {
    open: Mutex<Option<Arc<Open>>>,
    turns: Turns,
}

/// What a client works with until it is closed.
struct Open {
    config: Config,
    /// The present time, unless the system clock says it.
    at: Option<i64>,
    anchor: Option<Anchor>,
    /// Whether nobody is asked, and what is stored decides.
    offline: bool,
    source: Source,
}

#[pymethods]
impl Client {
    #[new]
    #[pyo3(signature = (
        metadata_dir, metadata, targets, root, fetch, at, limits, hash_prefix, offline, seconds,
        texts
    ))]
    #[allow(clippy::too_many_arguments, reason = "they have names in Python")]
    fn new(
        py: Python<'_>,
        metadata_dir: PathBuf,
        metadata: Vec<String>,
        targets: Vec<String>,
        root: Option<&[u8]>,
        fetch: Option<Py<PyAny>>,
        at: Option<i64>,
        limits: HashMap<String, u64>,
        hash_prefix: bool,
        offline: bool,
        seconds: HashMap<String, f64>,
        texts: HashMap<String, String>,
    ) -> PyResult<Self> {
        let log = logger(py);
        let network = network(py, &seconds, texts)?;
        let limits = read_limits(py, &limits)?;
        let open = || -> Result<Open, Error> {
            let bases = |texts: &[String]| -> Result<Vec<Base>, Error> {
                texts.iter().map(|text| Base::parse(text)).collect()
            };
            let anchor = root.map(|bytes| anchor(bytes, &limits)).transpose()?;
            let config = Config {
                limits,
                hash_prefix,
                metadata: bases(&metadata)?,
                targets: bases(&targets)?,
                ..Config::new(metadata_dir, Time::from_unix(0))
            };
            let source = match fetch {
                Some(function) => Source::function(function),
                None => Source::http(&network, &config.metadata, &config.targets, log)?,
            };
            Ok(Open { config, at, anchor, offline, source })
        };
        let open = open().map_err(|error| exception(py, &error))?;
        Ok(Client { open: Mutex::new(Some(Arc::new(open))), turns: Turns::default() })
    }

    /// Updates the trusted metadata. Returns a verdict without targets.
    fn refresh(&self, py: Python<'_>) -> PyResult<String> {
        self.in_session(py, |_| Ok(Vec::new()))
    }

    /// Refreshes, and returns a verdict with the targets of these paths: null for one that no
    /// trusted role lists.
    fn find(&self, py: Python<'_>, paths: Vec<String>) -> PyResult<String> {
        self.in_session(py, |session| {
            session.expect(paths.iter().cloned());
            let mut found = Vec::new();
            for path in &paths {
                found.push(match session.find(path) {
                    Ok(one) => without_file(target(path, one, String::new(), None)),
                    Err(error) if error.is_target_not_found() => {
                        session.abandon_search()?;
                        Value::Null
                    }
                    Err(error) => return Err(error),
                });
            }
            Ok(found)
        })
    }

    /// Refreshes, and downloads targets to their paths below a folder. Returns a verdict and the
    /// local files, because JSON has no names that are not Unicode.
    fn download(
        &self,
        py: Python<'_>,
        paths: Vec<String>,
        folder: PathBuf,
    ) -> PyResult<(String, Vec<PathBuf>)> {
        let mut files = Vec::new();
        let verdict = self.work(py, |open, config, log, roles| {
            if open.offline {
                return Err(Error::usage("an offline client downloads nothing"));
            }
            let client = picotuf_client::Client::open(config, &open.source, log)?;
            let mirrors = Mirrors::new(config.target_base_urls()?, log);
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let mut all = Vec::new();
            client.in_session(|session| {
                all.clear();
                files.clear();
                let mut downloaded = |path: &str, done: Downloaded| {
                    let file = done.file.display().to_string();
                    all.push(target(path, done.found, file, done.url));
                    files.push(done.file);
                };
                let done = session.run().and_then(|()| {
                    client.download_in(session, &paths, &folder, &mirrors, &mut downloaded)
                });
                *roles = session.roles().to_vec();
                done
            })?;
            Ok(all)
        })?;
        Ok((verdict, files))
    }

    /// Refreshes, and verifies a local file as a target. Returns a verdict.
    fn verify(&self, py: Python<'_>, path: &str, file: PathBuf) -> PyResult<String> {
        self.in_session(py, |session| {
            let found = session.find(path)?;
            verify_file(&found, path, &file)?;
            Ok(vec![target(path, found, file.display().to_string(), None)])
        })
    }

    /// Closes the connections. Later calls fail.
    fn close(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Client {
    /// Runs `work`, which returns targets, in a session that is refreshed, or that has what is
    /// stored.
    fn in_session(
        &self,
        py: Python<'_>,
        mut work: impl FnMut(&mut Session<'_, Disk<'_>>) -> Result<Vec<Value>, Error> + Send,
    ) -> PyResult<String> {
        self.work(py, |open, config, log, roles| {
            let mut work = |session: &mut Session<'_, Disk<'_>>| {
                let done = session.run().and_then(|()| work(session));
                *roles = session.roles().to_vec();
                done
            };
            if open.offline {
                let mut workspace = Workspace::boxed();
                return work(&mut offline_session(config, &mut workspace, log)?);
            }
            picotuf_client::Client::open(config, &open.source, log)?.in_session(work)
        })
    }

    /// Runs `work` without the GIL, after the folder trusts the given root. It returns targets, and
    /// says which roles are trusted, also where it fails. Returns the verdict as JSON.
    fn work(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&Open, &Config, &Log, &mut Vec<TrustedRole>) -> Result<Vec<Value>, Error>
        + Send,
    ) -> PyResult<String> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let open = open.ok_or_else(|| usage(py, "the client is closed"))?;
        let log = logger(py);
        let mut roles = Vec::new();
        let run = |roles: &mut Vec<TrustedRole>| {
            let config = Config { now: time(open.at)?, ..open.config.clone() };
            if let Some(anchor) = &open.anchor {
                anchor::ensure_adopted(&config, anchor, &log)?;
            }
            work(&open, &config, &log, roles)
        };
        // The turn lasts until it is known what Python raised in it.
        let (result, _turn) = py.detach(|| match self.turns.take() {
            Ok(turn) => (run(&mut roles), Some(turn)),
            Err(error) => (Err(error), None),
        });
        let targets = open.source.raised().result_with(py, result, &roles)?;
        Ok(json!({"roles": roles, "targets": targets}).to_string())
    }
}

/// Returns the time, in seconds since 1970, or that of the system clock.
pub(crate) fn time(at: Option<i64>) -> Result<Time, Error> {
    match at {
        Some(seconds) => Ok(Time::from_unix(seconds)),
        None => picotuf_client::now(),
    }
}

/// Returns a trust anchor from its bytes.
pub(crate) fn anchor(bytes: &[u8], limits: &Limits) -> Result<Anchor, Error> {
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limits.root_length {
        let (limit, maximum) = (Limit::Length, limits.root_length);
        return Err(Error::from(picotuf::Error::LimitReached { limit, maximum }).role("root"));
    }
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    hasher.update(bytes);
    let path = PathBuf::from("the given root");
    Ok(Anchor { path, bytes: bytes.to_vec(), sha256: hasher.finish() })
}

/// Returns the limits of the core, by their names.
pub(crate) fn read_limits(py: Python<'_>, given: &HashMap<String, u64>) -> PyResult<Limits> {
    let mut limits = Limits::default();
    for (name, value) in given {
        let small = || u32::try_from(*value).unwrap_or(u32::MAX);
        match name.as_str() {
            "root_max_length" => limits.root_length = *value,
            "timestamp_max_length" => limits.timestamp_length = *value,
            "snapshot_max_length" => limits.snapshot_length = *value,
            "targets_max_length" => limits.targets_length = *value,
            "max_root_rotations" => limits.root_rotations = small(),
            "max_delegations" => limits.delegations = small(),
            _ => return Err(usage(py, &format!("there is no limit {name}"))),
        }
    }
    Ok(limits)
}

/// Removes the local file, which a target that was only found does not have.
pub(crate) fn without_file(mut target: Value) -> Value {
    if let Some(members) = target.as_object_mut() {
        members.shift_remove("file");
    }
    target
}

/// Whose turn it is. The lock of the metadata folder would make a second call wait in vain if it
/// comes from the function that fetches for the first.
#[derive(Default)]
pub(crate) struct Turns {
    taken_by: Mutex<Option<ThreadId>>,
    free: Condvar,
}

/// A turn, until it is dropped.
pub(crate) struct Turn<'t>(&'t Turns);

impl Turns {
    /// Waits for a turn.
    ///
    /// # Errors
    /// Wrong usage if this thread has it already.
    pub(crate) fn take(&self) -> Result<Turn<'_>, Error> {
        let this = std::thread::current().id();
        let mut taken_by = self.taken_by.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(other) = *taken_by {
            if other == this {
                return Err(Error::usage(
                    "the object is in use by this thread: a function that fetches for it cannot \
                     call it",
                ));
            }
            taken_by = self.free.wait(taken_by).unwrap_or_else(PoisonError::into_inner);
        }
        *taken_by = Some(this);
        Ok(Turn(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.taken_by.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.0.free.notify_one();
    }
}
