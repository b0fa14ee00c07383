//! Where trusted files are kept between sessions, for hosts that have each file in memory as a
//! whole.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::borrow::BorrowMut;

use crate::error::Error;
use crate::kept::Kept;
use crate::offline::Offline;
use crate::session::FileRequest;
use crate::threshold::Verified;
use crate::update::{Step, Update};
use crate::workspace::Workspace;

/// A store of trusted metadata with one file for each role. [`Update::next_fetch`] and
/// [`Offline::run`] use it. A map from role names to files works as a store that lasts as long as
/// the program.
pub trait Store {
    /// What can fail here, besides what the verifier refuses.
    type Error: From<Error>;

    /// Returns the file that is stored for this role, if there is one.
    ///
    /// # Errors
    /// The store's own.
    fn load(&mut self, role: &str) -> Result<Option<Vec<u8>>, Self::Error>;

    /// Keeps the file for this role, durably, in the place of any before.
    ///
    /// # Errors
    /// The store's own.
    fn store(&mut self, role: &str, file: &[u8]) -> Result<(), Self::Error>;

    /// Removes the file that is stored for this role, if there is one.
    ///
    /// # Errors
    /// The store's own.
    fn delete(&mut self, role: &str) -> Result<(), Self::Error>;

    /// Hears that a role's stored file has become trusted.
    fn verified(&mut self, verified: &Verified<'_>) {
        let _ = verified;
    }
}

impl Store for BTreeMap<String, Vec<u8>> {
    type Error = Error;

    fn load(&mut self, role: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.get(role).cloned())
    }

    fn store(&mut self, role: &str, file: &[u8]) -> Result<(), Error> {
        self.insert(role.into(), file.into());
        Ok(())
    }

    fn delete(&mut self, role: &str) -> Result<(), Error> {
        self.remove(role);
        Ok(())
    }
}

impl<W: BorrowMut<Workspace>, F: AsRef<[u8]> + From<Vec<u8>>> Update<W, Kept<F>> {
    /// Takes all steps that concern the store, and returns the next file to fetch: answer with
    /// [`Update::keep`] or [`Update::absent`]. Returns `None` at [`Step::Done`].
    ///
    /// ```
    /// # fn fetch(name: &str) -> Option<Vec<u8>> { None }
    /// use picotuf::{Error, Kept, Store, Update, Workspace};
    ///
    /// fn refresh<S: Store>(
    ///     update: &mut Update<Box<Workspace>, Kept<Vec<u8>>>,
    ///     store: &mut S,
    /// ) -> Result<(), S::Error> {
    ///     while let Some(request) = update.next_fetch(store)? {
    ///         match fetch(&request.to_string()) {
    ///             Some(file) => drop(update.keep(file)?),
    ///             None => update.absent()?,
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// The store's, and whatever the verifier refuses. What was stored until then stays good.
    pub fn next_fetch<S: Store>(
        &mut self,
        store: &mut S,
    ) -> Result<Option<FileRequest<'_>>, S::Error> {
        loop {
            match self.step() {
                Step::Load => match store.load(self.request().role)? {
                    Some(file) => {
                        self.keep(F::from(file))?.inspect(|verified| store.verified(verified));
                    }
                    None => self.absent()?,
                },
                Step::Store => {
                    store.store(self.request().role, self.kept_file().unwrap_or_default())?;
                    self.done()?;
                }
                Step::Delete => {
                    store.delete(self.request().role)?;
                    self.done()?;
                }
                Step::Fetch => return Ok(Some(self.request())),
                Step::Done => return Ok(None),
                // A session that keeps its files compares them by itself.
                Step::Compare => return Err(Error::UnexpectedCall.into()),
            }
        }
    }
}

impl<W: BorrowMut<Workspace>, F: AsRef<[u8]> + From<Vec<u8>>> Offline<W, Kept<F>> {
    /// Takes all steps until the session is done. It only loads files from the store.
    ///
    /// # Errors
    /// The store's, and whatever the verifier refuses.
    pub fn run<S: Store>(&mut self, store: &mut S) -> Result<(), S::Error> {
        while let Some(role) = self.next_role() {
            match store.load(role)? {
                Some(file) => {
                    self.keep(F::from(file))?.inspect(|verified| store.verified(verified));
                }
                None => self.absent()?,
            }
        }
        Ok(())
    }
}
