//! A session in one call, for hosts that hold a metadata file in memory while it is looked at.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::Error;
use crate::source::Slice;
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
    fn verified(&mut self, role: &str, verified: &Verified) {
        let _ = (role, verified);
    }
}

impl Update<'_> {
    /// Takes all steps until [`Step::Done`]: a refresh, and the search if one was asked for.
    ///
    /// # Errors
    /// The host's, and whatever the verifier refuses. What was stored until then stays good.
    pub fn run<H: Host>(&mut self, host: &mut H) -> Result<(), H::Error> {
        let mut fetched = Vec::new();
        loop {
            let role = String::from(self.role());
            let verified = match self.step() {
                Step::Load(request) => match host.load(request.role)? {
                    Some(file) => self.supply(&mut Slice::new(&file))?,
                    None => self.absent().map(|()| None)?,
                },
                Step::Fetch(request) => match host.fetch(request)? {
                    Some(file) => {
                        fetched = file;
                        self.supply(&mut Slice::new(&fetched))?
                    }
                    None => self.absent().map(|()| None)?,
                },
                Step::Compare { role } => {
                    let stored = host.load(role)?.unwrap_or_default();
                    self.compare(&mut Slice::new(&fetched), &mut Slice::new(&stored))?
                }
                Step::Store { role } => {
                    host.store(role, &fetched)?;
                    self.done().map(|()| None)?
                }
                Step::Delete { role } => {
                    host.delete(role)?;
                    self.done().map(|()| None)?
                }
                Step::Done => return Ok(()),
            };
            if let Some(verified) = verified {
                host.verified(&role, &verified);
            }
        }
    }
}
