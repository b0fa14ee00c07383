//! A session in one call, for hosts that have each metadata file in memory as a whole.

use alloc::string::String;
use alloc::vec::Vec;
use core::borrow::BorrowMut;

use crate::error::Error;
use crate::kept::Kept;
use crate::session::FileRequest;
use crate::target::Target;
use crate::threshold::Verified;
use crate::update::{Step, Update};
use crate::workspace::Workspace;

/// Where metadata comes from, and where it is kept: what [`Update::run`] asks of its caller.
pub trait Host {
    /// What can fail here, besides what the verifier refuses.
    type Error: From<Error>;

    /// The file that is stored for this role, if there is one.
    ///
    /// # Errors
    /// The host's own.
    fn load(&mut self, role: &str) -> Result<Option<Vec<u8>>, Self::Error>;

    /// The file from the repository; nothing if it is not there, which only 404 and 403 mean.
    ///
    /// # Errors
    /// The host's own: a connection that was cut, a server's failure, a time-out.
    fn fetch(&mut self, request: FileRequest<'_>) -> Result<Option<Vec<u8>>, Self::Error>;

    /// Keeps the file for this role, durably, in the place of any before.
    ///
    /// # Errors
    /// The host's own.
    fn store(&mut self, role: &str, file: &[u8]) -> Result<(), Self::Error>;

    /// Removes the file that is stored for this role, if there is one.
    ///
    /// # Errors
    /// The host's own.
    fn delete(&mut self, role: &str) -> Result<(), Self::Error>;

    /// Hears that a role's file has become trusted, stored or fetched.
    fn verified(&mut self, role: &str, verified: &Verified<'_>) {
        let _ = (role, verified);
    }
}

impl<W: BorrowMut<Workspace>, F: AsRef<[u8]> + From<Vec<u8>>> Update<W, Kept<F>> {
    /// Takes all steps until [`Step::Done`]: a refresh, and the search if one was asked for.
    ///
    /// # Errors
    /// The host's, and whatever the verifier refuses. What was stored until then stays good.
    pub fn run<H: Host>(&mut self, host: &mut H) -> Result<(), H::Error> {
        loop {
            let file = match self.step() {
                Step::Load => host.load(self.request().role)?,
                Step::Fetch => host.fetch(self.request())?,
                Step::Store => {
                    host.store(self.request().role, self.kept_file().unwrap_or_default())?;
                    self.done()?;
                    continue;
                }
                Step::Delete => {
                    host.delete(self.request().role)?;
                    self.done()?;
                    continue;
                }
                // A session that keeps its files compares them by itself.
                Step::Compare => return Err(Error::UnexpectedCall.into()),
                Step::Done => return Ok(()),
            };
            let Some(file) = file else {
                self.absent()?;
                continue;
            };
            let role = String::from(self.request().role);
            if let Some(verified) = self.keep(F::from(file))? {
                host.verified(&role, &verified);
            }
        }
    }

    /// Searches for a target, and takes all steps: see [`Session::find`](crate::Session::find).
    ///
    /// # Errors
    /// Those of [`Update::run`]; [`Error::TargetNotFound`] where no role that may speak for the
    /// path lists it.
    pub fn look_up<H: Host>(&mut self, path: &str, host: &mut H) -> Result<Target, H::Error> {
        self.find(path)?;
        self.run(host)?;
        Ok(*self.target().ok_or(Error::TargetNotFound)?)
    }
}
