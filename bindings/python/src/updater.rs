//! A session that lasts, with a folder as python-tuf lays it out: `ROLE.json` for each role, and
//! all roots in `root_history`.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use picotuf::{Slice, Update, Workspace};
use picotuf_cli::json::target;
use picotuf_client::disk::url_name;
use picotuf_client::session::{Bytes, Host, Request, Session, whole};
use picotuf_client::store::{self, Store};
use picotuf_client::{Base, Error, Found, fetch_one};
use pyo3::prelude::*;
use self_cell::{MutBorrow, self_cell};
use tempfile::NamedTempFile;

use crate::client::{Turns, read_limits, time, without_file};
use crate::errors::exception;
use crate::fetch::{Http, Source};
use crate::log::logger;

/// Checks that bytes are a root that its own keys signed, whether it has expired or not. Returns
/// its version.
#[pyfunction]
pub(crate) fn check_root(
    py: Python<'_>,
    root: &[u8],
    limits: HashMap<String, u64>,
) -> PyResult<u64> {
    let limits = read_limits(py, &limits)?;
    let checked = py.detach(|| {
        let mut workspace = Workspace::boxed();
        match picotuf::check_root(&mut workspace, &limits, &mut Slice::new(root)) {
            Ok(verified) => Ok(verified.version),
            Err(error) => {
                Err(Error::from(error).role("root").schemes(workspace.unsupported_schemes()))
            }
        }
    });
    checked.map_err(|error| exception(py, &error))
}

/// The session of an `Updater`. Calls from several threads take turns.
#[pyclass(frozen, module = "picotuf._native")]
pub(crate) struct Updater {
    running: Mutex<Option<Running>>,
    turns: Turns,
    source: Arc<Source>,
    base: Base,
    folder: PathBuf,
}

type Memory = MutBorrow<Box<Workspace>>;
type FolderSession<'m> = Session<'m, Folder>;

self_cell!(
    /// A session beside the memory that it works in.
    struct Running {
        owner: Memory,
        #[not_covariant]
        dependent: FolderSession,
    }
);

#[pymethods]
impl Updater {
    /// Creates an updater for a folder and the URL of the metadata. It fetches with a function of
    /// Python, or by HTTP.
    #[new]
    fn new(
        py: Python<'_>,
        folder: PathBuf,
        metadata_url: &str,
        fetch: Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let source = match fetch.cast::<Http>() {
            Ok(http) => Arc::clone(&http.get().source),
            Err(_) => Arc::new(Source::function(fetch.unbind())),
        };
        let base = Base::parse(metadata_url).map_err(|error| exception(py, &error))?;
        let (running, turns) = (Mutex::new(None), Turns::default());
        Ok(Updater { running, turns, source, base, folder })
    }

    /// Updates the trusted metadata from a root that `check_root` accepted, at a time in seconds
    /// since 1970. Returns the trusted roles as JSON.
    fn refresh(
        &self,
        py: Python<'_>,
        root: Vec<u8>,
        at: Option<i64>,
        limits: HashMap<String, u64>,
    ) -> PyResult<String> {
        let (log, limits) = (logger(py), read_limits(py, &limits)?);
        self.work(py, |running| {
            *running = None;
            let host = Folder::new(root, &self.folder, self.base.clone(), Arc::clone(&self.source));
            let now = time(at)?;
            let mut next = Running::new(MutBorrow::new(Workspace::boxed()), |memory| {
                let workspace: &mut Workspace = memory.borrow_mut();
                let update = Update::new(workspace, now, limits);
                Session::new(update, host, log).keeping_files()
            });
            let roles = next.with_dependent_mut(|_, session| {
                session.run()?;
                Ok::<_, Error>(serde_json::to_string(session.roles()).unwrap_or_default())
            })?;
            *running = Some(next);
            Ok(roles)
        })
    }

    /// Searches for a target after `refresh`. Returns it as JSON, or `None` if no trusted role
    /// lists it.
    fn find(&self, py: Python<'_>, path: &str) -> PyResult<Option<String>> {
        self.work(py, |running| {
            let running =
                running.as_mut().ok_or_else(|| Error::usage("the updater was not refreshed"))?;
            running.with_dependent_mut(|_, session| match session.find(path) {
                Ok(found) => {
                    Ok(Some(without_file(target(path, found, String::new(), None)).to_string()))
                }
                Err(error) => {
                    let abandoned = session.abandon_search();
                    if error.is_target_not_found() { abandoned.map(|()| None) } else { Err(error) }
                }
            })
        })
    }
}

impl Updater {
    fn work<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&mut Option<Running>) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        // The turn lasts until it is known what Python raised in it.
        let (result, _turn) = py.detach(|| match self.turns.take() {
            Ok(turn) => {
                let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
                (work(&mut running), Some(turn))
            }
            Err(error) => (Err(error), None),
        });
        self.source.raised().result(py, result)
    }
}

/// Puts a file in its place, whole.
#[pyfunction]
pub(crate) fn persist(py: Python<'_>, path: PathBuf, bytes: &[u8]) -> PyResult<()> {
    py.detach(|| put(&path, bytes)).map_err(|error| exception(py, &error))
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut file = store::temporary(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(bytes).map_err(|error| Error::io("write the file", path, &error))?;
    store::persist(file, path)
}

/// The host of the session: a folder of python-tuf's, and a repository.
///
/// Every session begins with the root that the caller trusts, and follows the newer roots again, as
/// python-tuf does: those in `root_history` first, each of which is verified as if it were new, and
/// then those of the repository.
struct Folder {
    store: Store,
    base: Base,
    source: Arc<Source>,
    /// The root that is trusted now.
    root: Arc<[u8]>,
    incoming: Option<Incoming>,
    /// The version of a root in `root_history` that did not verify.
    refused: Option<u64>,
}

/// A file that is not verified yet.
enum Incoming {
    /// A role's file from the repository, on the disk, so that memory has it once: the session
    /// keeps it.
    File { role: String, file: NamedTempFile },
    /// A root of this version.
    Root { version: u64, bytes: Arc<[u8]>, is_stored: bool },
}

impl Folder {
    fn new(root: Vec<u8>, folder: &Path, base: Base, source: Arc<Source>) -> Self {
        let store = Store::new(folder);
        Folder { store, base, source, root: root.into(), incoming: None, refused: None }
    }

    fn history(&self, version: u64) -> PathBuf {
        self.store.folder().join("root_history").join(format!("{version}.root.json"))
    }

    /// Makes `root.json` the root that is trusted now, after all roots are followed.
    fn show_root(&self) -> Result<(), Error> {
        let path = self.store.path("root");
        match fs::read(&path) {
            Ok(bytes) if bytes == *self.root => Ok(()),
            _ => put(&path, &self.root),
        }
    }

    /// Reads a root that an earlier session stored. One that cannot be read is fetched.
    fn stored_root(&self, version: u64, max_length: u64) -> Option<Vec<u8>> {
        if self.refused == Some(version) {
            return None;
        }
        let mut file = fs::File::open(self.history(version)).ok()?;
        whole(&mut file, max_length).ok()
    }
}

impl Host for Folder {
    fn load(&mut self, request: &Request) -> Result<Option<Bytes>, Error> {
        // What the repository has no newer one of is not stored.
        self.incoming.take_if(
            |incoming| matches!(incoming, Incoming::File { role, .. } if *role != request.role),
        );
        match request.role.as_str() {
            "root" => Ok(Some(Bytes::Memory(Arc::clone(&self.root)))),
            role => {
                if role == "timestamp" {
                    self.show_root()?;
                }
                Ok(self.store.open(role)?.map(Bytes::File))
            }
        }
    }

    fn fetch(&mut self, request: &Request) -> Result<Option<Bytes>, Error> {
        let root = request.version.filter(|_| request.role == "root");
        if let Some(version) = root
            && let Some(bytes) = self.stored_root(version, request.max_length)
        {
            let bytes = Arc::from(bytes);
            self.incoming = Some(Incoming::Root { version, bytes, is_stored: true });
            return self.fetched().map(Some);
        }
        let mut incoming = self.store.incoming()?;
        let path = incoming.path().to_owned();
        let mut sink = |bytes: &[u8]| {
            incoming.write_all(bytes).map_err(|error| Error::io("write the file", &path, &error))
        };
        let file = self.base.file(url_name(request));
        match fetch_one(&*self.source, &file, request.max_length.saturating_add(1), &mut sink)? {
            Found::No => return Ok(None),
            Found::Yes => {}
        }
        self.incoming = Some(match root {
            Some(version) => {
                let bytes = whole(incoming.as_file_mut(), request.max_length)?.into();
                Incoming::Root { version, bytes, is_stored: false }
            }
            None => Incoming::File { role: request.role.clone(), file: incoming },
        });
        self.fetched().map(Some)
    }

    fn fetched(&mut self) -> Result<Bytes, Error> {
        match self.incoming.as_ref().ok_or(picotuf::Error::UnexpectedCall)? {
            Incoming::Root { bytes, .. } => Ok(Bytes::Memory(Arc::clone(bytes))),
            Incoming::File { file, .. } => file
                .reopen()
                .map(Bytes::File)
                .map_err(|error| Error::io("read the fetched file", file.path(), &error)),
        }
    }

    fn store(&mut self, role: &str) -> Result<(), Error> {
        match self.incoming.take().ok_or(picotuf::Error::UnexpectedCall)? {
            Incoming::File { file, .. } => self.store.store(role, file),
            Incoming::Root { version, bytes, is_stored } => {
                if !is_stored {
                    put(&self.history(version), &bytes)?;
                    put(&self.store.path("root"), &bytes)?;
                }
                self.root = bytes;
                Ok(())
            }
        }
    }

    /// The session that stored a root deleted what that root made invalid. Doing it again whenever
    /// the roots are followed again would lose the protection against rollback.
    fn delete(&mut self, role: &str) -> Result<(), Error> {
        match self.incoming {
            Some(Incoming::Root { is_stored: true, .. }) => Ok(()),
            _ => self.store.delete(role),
        }
    }

    fn skip_mirror(&mut self, error: Error) -> Result<(), Error> {
        match self.incoming.take() {
            Some(Incoming::Root { version, is_stored: true, .. }) => {
                self.refused = Some(version);
                Ok(())
            }
            _ => Err(error),
        }
    }

    fn name(&self, request: &Request, fetched: bool) -> String {
        match &self.incoming {
            Some(Incoming::Root { version, is_stored: true, .. }) if fetched => {
                self.history(*version).display().to_string()
            }
            _ if fetched => self.base.file(url_name(request)).to_string(),
            _ => self.store.path(&request.role).display().to_string(),
        }
    }
}
