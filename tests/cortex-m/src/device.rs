//! The device as a host of the core: where its files are, and which of them it trusts.
//!
//! A device would keep the trusted files in its flash. This one writes nothing: what it has stored
//! in this run it remembers by the name that the file has in the repository, and what it had stored
//! before is in a folder of its own.

use core::fmt::Write;

use heapless::{String, Vec};
use picotuf::{
    Error, FileRequest, Show, Step, Target, TargetVerifier, Update, Window, Workspace, role_name,
    sha256,
};

use crate::host::HostFile;
use crate::report::{Failure, Report};

/// The device. `folder` holds `metadata/` and `targets/`, the repository, and `stored/`, the
/// trusted files from before, `root.json` at least.
pub(crate) struct Device<'f> {
    folder: &'f str,
    report: Report,
    stored: Vec<Stored, STORED_MAX>,
    /// What stands before the name of the file that was fetched last.
    version: Option<u64>,
    path: String<PATH_MAX>,
    window: [u8; WINDOW],
    /// For the second of two files that are compared.
    beside: [u8; WINDOW],
}

/// What has become of a role's stored file in this run.
struct Stored {
    /// SHA-256 of the role's name: names are long.
    role: [u8; 32],
    place: Place,
}

enum Place {
    /// In the repository, under that version.
    Repository(Option<u64>),
    /// It was deleted.
    Nowhere,
}

/// A session in memory that never moves.
pub(crate) type Client = Update<&'static mut Workspace>;

impl<'f> Device<'f> {
    /// One that has its files in `folder`.
    pub(crate) fn new(folder: &'f str, report: Report) -> Self {
        Device {
            folder,
            report,
            stored: Vec::new(),
            version: None,
            path: String::new(),
            window: [0; WINDOW],
            beside: [0; WINDOW],
        }
    }

    /// Where it reports to.
    pub(crate) fn report(&mut self) -> &mut Report {
        &mut self.report
    }

    /// Drives the client until it is done.
    #[inline(never)]
    pub(crate) fn run(&mut self, client: &mut Client) -> Result<(), Failure> {
        loop {
            match client.step() {
                Step::Done => return Ok(()),
                Step::Load => {
                    let file = self.load(&client.request())?;
                    self.answer(client, file, false)?;
                }
                Step::Fetch => {
                    self.version = client.request().version;
                    let file = self.open_metadata(&client.request())?;
                    self.answer(client, file, true)?;
                }
                Step::Compare => {
                    let mut request = client.request();
                    let stored = self.load(&request)?;
                    request.version = self.version;
                    let fetched = self.open_metadata(&request)?;
                    self.compare(client, fetched, stored)?;
                }
                Step::Store => {
                    self.remember(client.request().role, Place::Repository(self.version))?;
                    done(client)?;
                }
                Step::Delete => {
                    self.remember(client.request().role, Place::Nowhere)?;
                    done(client)?;
                }
                _ => return Err(Error::UnexpectedCall.into()),
            }
        }
    }

    /// Checks the file of a target. In a repository with consistent snapshots its name begins with
    /// one of its hashes (spec §6.2).
    #[inline(never)]
    pub(crate) fn check(
        &mut self,
        path: &str,
        target: &Target,
        consistent: bool,
    ) -> Result<(), Failure> {
        let (folder, name) =
            path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
        let slash = if folder.is_empty() { "" } else { "/" };
        let maximum = target.length.saturating_add(1);
        let mut found = None;
        for digest in target.hashes.iter() {
            self.path.clear();
            let written = if consistent {
                write!(self.path, "{}/targets/{folder}{slash}{digest}.{name}\0", self.folder)
            } else {
                write!(self.path, "{}/targets/{path}\0", self.folder)
            };
            written.map_err(|_| Failure::Target(Error::SourceFailed))?;
            found = HostFile::open(&self.path, maximum).map_err(Failure::Target)?;
            if found.is_some() {
                break;
            }
        }
        let mut file = found.ok_or(Failure::MissingTarget)?;
        let mut verifier = TargetVerifier::new(target);
        loop {
            match file.read_some(&mut self.window).map_err(Failure::Target)? {
                0 => return verifier.finish().map_err(Failure::Target),
                count => verifier.update(&self.window[..count]).map_err(Failure::Target)?,
            }
        }
    }

    // The core's methods are called from functions that stay apart: inlined here, the frame of each
    // would be below every other.
    #[inline(never)]
    fn answer(
        &mut self,
        client: &mut Client,
        file: Option<HostFile>,
        fetched: bool,
    ) -> Result<(), Failure> {
        let Some(file) = file else { return Ok(client.absent()?) };
        if let Some(verified) = client.supply(&mut Window::new(file, &mut self.window))? {
            // A host that no longer listens ends the run by other means.
            let _ = self.report.role(&verified, fetched);
        }
        Ok(())
    }

    #[inline(never)]
    fn compare(
        &mut self,
        client: &mut Client,
        fetched: Option<HostFile>,
        stored: Option<HostFile>,
    ) -> Result<(), Failure> {
        let (Some(fetched), Some(stored)) = (fetched, stored) else {
            return Err(Error::SourceFailed.into());
        };
        let mut fetched = Window::new(fetched, &mut self.window);
        let mut stored = Window::new(stored, &mut self.beside);
        if let Some(verified) = client.compare(&mut fetched, &mut stored)? {
            let _ = self.report.role(&verified, true);
        }
        Ok(())
    }

    fn load(&mut self, request: &FileRequest<'_>) -> Result<Option<HostFile>, Failure> {
        let role = sha256(request.role.as_bytes());
        match self.stored.iter().find(|stored| stored.role == role) {
            Some(Stored { place: Place::Nowhere, .. }) => Ok(None),
            Some(&Stored { place: Place::Repository(version), .. }) => {
                let mut request = *request;
                request.version = version;
                self.open_metadata(&request)
            }
            None => {
                self.path.clear();
                let mut written = write!(self.path, "{}/stored/", self.folder);
                role_name::file_name(request.role, &mut |piece| {
                    written = written.and_then(|()| self.path.write_str(piece))
                });
                self.open(written, request.max_length)
            }
        }
    }

    fn open_metadata(&mut self, request: &FileRequest<'_>) -> Result<Option<HostFile>, Failure> {
        self.path.clear();
        let mut written = write!(self.path, "{}/metadata/", self.folder);
        request.show(&mut |piece| written = written.and_then(|()| self.path.write_str(piece)));
        self.open(written, request.max_length)
    }

    /// Opens the file whose path was written, to one byte beyond what it may have.
    fn open(
        &mut self,
        written: core::fmt::Result,
        maximum: u64,
    ) -> Result<Option<HostFile>, Failure> {
        let terminated = written.and_then(|()| self.path.write_char('\0'));
        terminated.map_err(|_| Failure::Role(Error::SourceFailed))?;
        Ok(HostFile::open(&self.path, maximum.saturating_add(1))?)
    }

    fn remember(&mut self, role: &str, place: Place) -> Result<(), Failure> {
        let role = sha256(role.as_bytes());
        if let Some(stored) = self.stored.iter_mut().find(|stored| stored.role == role) {
            stored.place = place;
            return Ok(());
        }
        self.stored.push(Stored { role, place }).map_err(|_| Failure::StoreFull)
    }
}

#[inline(never)]
fn done(client: &mut Client) -> Result<(), Failure> {
    Ok(client.done()?)
}

/// Roles whose files change in one run: the top-level ones, and those that lead to a target.
const STORED_MAX: usize = 16;
/// A folder, a target path of at most 1,024 bytes, and the 128 digits of a SHA-512.
const PATH_MAX: usize = 1536;
/// How much of a file is in memory at one time: with P-256 keys there is room for less.
pub(crate) const WINDOW: usize = if cfg!(feature = "ecdsa") { 256 } else { 1024 };
