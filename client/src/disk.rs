//! The host of a session on disk: a metadata folder, and the mirrors of a repository unless the
//! session is offline.

use std::collections::HashMap;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use picotuf::role_name;
use tempfile::NamedTempFile;

use crate::error::Error;
use crate::fetch::{Fetch, Found, fetch_all, fetch_one};
use crate::mirrors::Mirrors;
use crate::session::{Bytes, Host, Request};
use crate::store::Store;

/// A metadata folder with the mirrors of a repository.
pub struct Disk<'t> {
    store: Store,
    repository: Option<(&'t dyn Fetch, &'t Mirrors)>,
    incoming: Option<Incoming>,
    /// Files that were downloaded in advance, by their names in the repository; `None` for one that
    /// was missing and must be requested by itself.
    ahead: HashMap<String, Option<Vec<u8>>>,
}

/// A downloaded file that is not verified yet.
enum Incoming {
    File(NamedTempFile),
    Memory(Arc<[u8]>),
}

impl<'t> Disk<'t> {
    /// Creates a host for a metadata folder. Without a repository, it downloads nothing.
    pub fn new(folder: &Path, repository: Option<(&'t dyn Fetch, &'t Mirrors)>) -> Self {
        Disk { store: Store::new(folder), repository, incoming: None, ahead: HashMap::new() }
    }
}

impl Host for Disk<'_> {
    fn load(&mut self, request: &Request) -> Result<Option<Bytes>, Error> {
        Ok(self.store.open(&request.role)?.map(Bytes::File))
    }

    fn fetch(&mut self, request: &Request) -> Result<Option<Bytes>, Error> {
        let Some((fetch, mirrors)) = &self.repository else {
            return Ok(None);
        };
        if let Some(bytes) = self.ahead.get_mut(&url_name(request)).and_then(Option::take) {
            self.incoming = Some(Incoming::Memory(bytes.into()));
            return self.fetched().map(Some);
        }
        let mut incoming = self.store.incoming()?;
        let path = incoming.path().to_owned();
        let mut sink = |bytes: &[u8]| {
            incoming.write_all(bytes).map_err(|error| Error::io("write the file", &path, &error))
        };
        let file = mirrors.current().file(url_name(request));
        match fetch_one(*fetch, &file, request.max_length.saturating_add(1), &mut sink)? {
            Found::No => Ok(None),
            Found::Yes => {
                self.incoming = Some(Incoming::File(incoming));
                self.fetched().map(Some)
            }
        }
    }

    fn fetched(&mut self) -> Result<Bytes, Error> {
        let incoming = self.incoming.as_ref().ok_or(picotuf::Error::UnexpectedCall)?;
        match incoming {
            Incoming::Memory(bytes) => Ok(Bytes::Memory(Arc::clone(bytes))),
            Incoming::File(incoming) => incoming
                .reopen()
                .map(Bytes::File)
                .map_err(|error| Error::io("read the fetched file", incoming.path(), &error)),
        }
    }

    fn fetch_ahead(&mut self, requests: &[Request]) {
        let Some((fetch, mirrors)) = self.repository else { return };
        let base = mirrors.current();
        let files: Vec<_> = requests
            .iter()
            .map(|request| (base.file(url_name(request)), request.max_length))
            .collect();
        let ahead = &mut self.ahead;
        let mut left = AHEAD_MAX;
        fetch_all(fetch, &files, &mut |place, bytes| {
            let Ok(bytes) = bytes else { return ControlFlow::Break(()) };
            left = left.saturating_sub(bytes.as_ref().map_or(0, Vec::len));
            ahead.insert(files[place].0.name().to_owned(), bytes);
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    }

    fn has_ahead(&self, request: &Request) -> bool {
        self.repository.is_none() || self.ahead.contains_key(&url_name(request))
    }

    fn store(&mut self, role: &str) -> Result<(), Error> {
        let incoming = match self.incoming.take().ok_or(picotuf::Error::UnexpectedCall)? {
            Incoming::File(incoming) => incoming,
            Incoming::Memory(bytes) => {
                let mut incoming = self.store.incoming()?;
                let written = incoming.write_all(&bytes);
                written.map_err(|error| Error::io("write the file", incoming.path(), &error))?;
                incoming
            }
        };
        self.store.store_soon(role, incoming)
    }

    fn settle(&mut self) -> Result<(), Error> {
        self.store.settle()
    }

    fn delete(&mut self, role: &str) -> Result<(), Error> {
        self.store.delete(role)
    }

    fn took(&mut self, timestamp: Option<u64>) {
        if let Some((_, mirrors)) = self.repository {
            mirrors.took();
            if let Some(version) = timestamp {
                mirrors.took_timestamp(version);
            }
        }
    }

    fn skip_mirror(&mut self, error: Error) -> Result<(), Error> {
        // Discards this file, and all other unverified files of this mirror.
        self.incoming = None;
        self.ahead.clear();
        match self.repository {
            Some((_, mirrors)) => mirrors.skip(error),
            None => Err(error),
        }
    }

    fn give_up(&mut self, error: &Error) {
        if let Some((_, mirrors)) = self.repository {
            mirrors.give_up(error);
        }
    }

    fn name(&self, request: &Request, fetched: bool) -> String {
        match self.repository {
            Some((_, mirrors)) if fetched => mirrors.current().file(url_name(request)).to_string(),
            _ => self.store.path(&request.role).display().to_string(),
        }
    }
}

/// Returns the file name in the repository, with the version as a prefix if the request has one.
pub fn url_name(request: &Request) -> String {
    let mut name = String::new();
    role_name::versioned_url_name(request.version, &request.role, &mut |piece| {
        name.push_str(piece)
    });
    name
}

/// The maximum number of bytes to download in advance. They stay in memory until they are verified.
const AHEAD_MAX: usize = 64 * 1024 * 1024;
