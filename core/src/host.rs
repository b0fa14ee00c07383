//! A session in one call, for hosts that hold a metadata file in memory while it is looked at.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::Error;
use crate::held::Held;
use crate::threshold::Verified;
use crate::update::{FileRequest, Step, Update};

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

impl<F: AsRef<[u8]> + From<Vec<u8>>> Update<'_, Held<F>> {
    /// Takes all steps until [`Step::Done`]: a refresh, and the search if one was asked for. All
    /// files are [held](Update::supply_held).
    ///
    /// # Errors
    /// The host's, and whatever the verifier refuses. What was stored until then stays good.
    pub fn run<H: Host>(&mut self, host: &mut H) -> Result<(), H::Error> {
        loop {
            let mut role = String::new();
            let file = match self.step() {
                Step::Load(request) => {
                    role.push_str(request.role);
                    host.load(request.role)?
                }
                Step::Fetch(request) => {
                    role.push_str(request.role);
                    host.fetch(request)?
                }
                Step::Compare { role } => {
                    let role = String::from(role);
                    if let Some(verified) = self.compare_held()? {
                        host.verified(&role, &verified);
                    }
                    continue;
                }
                Step::Store { role, file } => {
                    host.store(role, file.unwrap_or_default())?;
                    self.done()?;
                    continue;
                }
                Step::Delete { role } => {
                    host.delete(role)?;
                    self.done()?;
                    continue;
                }
                Step::Done => return Ok(()),
            };
            match file {
                Some(file) => {
                    if let Some(verified) = self.supply_held(F::from(file))? {
                        host.verified(&role, &verified);
                    }
                }
                None => self.absent()?,
            }
        }
    }
}
