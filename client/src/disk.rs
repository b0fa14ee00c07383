//! The host of a real session: a metadata folder, and a repository with its mirrors unless the
//! session is offline.

use std::io::Write;
use std::path::Path;

use picotuf::role_name;
use tempfile::NamedTempFile;

use crate::error::Error;
use crate::fetch::{Fetch, Found, fetch_one};
use crate::mirrors::Mirrors;
use crate::session::{Bytes, Host, Request};
use crate::store::Store;

/// A folder with a repository.
pub struct Disk<'t> {
    store: Store,
    repository: Option<(&'t dyn Fetch, &'t Mirrors)>,
    incoming: Option<NamedTempFile>,
}

impl<'t> Disk<'t> {
    /// Works on `folder`; without a repository, nothing can be fetched.
    pub fn new(folder: &Path, repository: Option<(&'t dyn Fetch, &'t Mirrors)>) -> Self {
        Disk { store: Store::new(folder), repository, incoming: None }
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
        let mut incoming = self.store.incoming()?;
        let path = incoming.path().to_owned();
        let mut sink = |bytes: &[u8]| {
            incoming.write_all(bytes).map_err(|error| Error::io("write the file", &path, &error))
        };
        let file = mirrors.current().file(url_name(request));
        match fetch_one(*fetch, &file, request.max_length.saturating_add(1), &mut sink)? {
            Found::No => Ok(None),
            Found::Yes => {
                self.incoming = Some(incoming);
                self.fetched().map(Some)
            }
        }
    }

    fn fetched(&mut self) -> Result<Bytes, Error> {
        let incoming = self.incoming.as_ref().ok_or(picotuf::Error::UnexpectedCall)?;
        let file = incoming
            .reopen()
            .map_err(|error| Error::io("read the fetched file", incoming.path(), &error))?;
        Ok(Bytes::File(file))
    }

    fn store(&mut self, role: &str) -> Result<(), Error> {
        let incoming = self.incoming.take().ok_or(picotuf::Error::UnexpectedCall)?;
        self.store.store(role, incoming)
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
        // Nothing of it is kept.
        self.incoming = None;
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

/// What the repository calls a file, with its version in front where it is asked for by version.
pub fn url_name(request: &Request) -> String {
    let mut name = String::new();
    role_name::versioned_url_name(request.version, &request.role, &mut |piece| {
        name.push_str(piece)
    });
    name
}
