//! The host of a session in memory: for the demo, and for looking at a folder without relying on
//! it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::disk::url_name;
use crate::error::Error;
use crate::session::{Bytes, Host, Request, whole};
use crate::store::Store;

/// A host without files: it keeps stored metadata in memory, and reads the repository through a
/// function.
#[derive(Clone)]
pub struct Memory<'r> {
    stored: BTreeMap<String, Arc<[u8]>>,
    /// Where what is not in memory may be found.
    folder: Option<Arc<Store>>,
    repository: &'r dyn Fn(&str) -> Option<&'static [u8]>,
    fetched: Option<Arc<[u8]>>,
}

impl<'r> Memory<'r> {
    /// Creates a host that trusts `root` and reads the repository through `repository`.
    pub fn new(root: &[u8], repository: &'r dyn Fn(&str) -> Option<&'static [u8]>) -> Self {
        let stored = BTreeMap::from([("root".to_owned(), Arc::from(root))]);
        Memory { stored, folder: None, repository, fetched: None }
    }

    /// Returns what is stored here, with another repository.
    pub fn with_repository<'o>(
        &self,
        repository: &'o dyn Fn(&str) -> Option<&'static [u8]>,
    ) -> Memory<'o> {
        Memory {
            stored: self.stored.clone(),
            folder: self.folder.clone(),
            repository,
            fetched: None,
        }
    }

    /// Returns the stored file of a role that was loaded or stored.
    pub fn stored(&self, role: &str) -> Option<&[u8]> {
        self.stored.get(role).map(|bytes| &**bytes)
    }
}

impl Memory<'static> {
    /// Creates a host that reads each file of a folder once, so that what is shown is what was
    /// verified.
    pub fn of_folder(store: Store) -> Self {
        Memory {
            stored: BTreeMap::new(),
            folder: Some(Arc::new(store)),
            repository: &|_| None,
            fetched: None,
        }
    }
}

impl Host for Memory<'_> {
    fn load(&mut self, request: &Request) -> Result<Option<Bytes>, Error> {
        if let (None, Some(store)) = (self.stored.get(&request.role), &self.folder)
            && let Some(mut file) = store.read(&request.role)?
        {
            let bytes = whole(&mut file, request.max_length)?;
            self.stored.insert(request.role.clone(), bytes.into());
        }
        Ok(self.stored.get(&request.role).cloned().map(Bytes::Memory))
    }

    fn fetch(&mut self, request: &Request) -> Result<Option<Bytes>, Error> {
        match (self.repository)(&url_name(request)) {
            Some(bytes) => {
                self.fetched = Some(bytes.into());
                self.fetched().map(Some)
            }
            None => Ok(None),
        }
    }

    fn fetched(&mut self) -> Result<Bytes, Error> {
        let bytes = self.fetched.clone().ok_or(picotuf::Error::UnexpectedCall)?;
        Ok(Bytes::Memory(bytes))
    }

    fn store(&mut self, role: &str) -> Result<(), Error> {
        let bytes = self.fetched.take().ok_or(picotuf::Error::UnexpectedCall)?;
        self.stored.insert(role.to_owned(), bytes);
        Ok(())
    }

    fn delete(&mut self, role: &str) -> Result<(), Error> {
        self.stored.remove(role);
        Ok(())
    }

    fn name(&self, request: &Request, fetched: bool) -> String {
        match &self.folder {
            Some(store) if !fetched => store.path(&request.role).display().to_string(),
            _ => url_name(request),
        }
    }
}
