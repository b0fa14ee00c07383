//! A client of one repository, with its metadata folder and mirrors.

use std::collections::BTreeSet;
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use picotuf::pypi::Layout;
use picotuf::{Offline, Update, Workspace};

use crate::all_roles::in_parallel;
use crate::code::Code;
use crate::config::Config;
use crate::disk::Disk;
use crate::error::Error;
use crate::fetch::{Fetch, Found};
use crate::identities;
use crate::log::Log;
use crate::mirrors::Mirrors;
use crate::pypi::{Checker, Pages};
use crate::role::TrustedRole;
use crate::session::{FoundTarget, Session};
use crate::store::{self, FolderLock, Store};
use crate::target_file::{self, CheckError, TargetFile, is_here, receive_all};
use crate::target_path;

/// A client of one repository. It holds the lock of its metadata folder.
pub struct Client<'c> {
    config: &'c Config,
    fetch: &'c dyn Fetch,
    log: Log,
    mirrors: Mirrors,
    _lock: FolderLock,
}

/// A downloaded target.
#[derive(Debug)]
pub struct Downloaded {
    /// The signed target.
    pub found: FoundTarget,
    /// The path of the local file.
    pub file: PathBuf,
    /// The URL of the download, or `None` if the local file was already up to date.
    pub url: Option<String>,
}

impl<'c> Client<'c> {
    /// Opens the metadata folder of `config`, which must trust a root. Downloads nothing.
    ///
    /// # Errors
    /// [`Code::NotInitialized`] if no root is trusted yet; [`Code::MissingSetting`] if there is no
    /// URL of the metadata; [`Code::Io`].
    pub fn open(config: &'c Config, fetch: &'c dyn Fetch, log: &Log) -> Result<Self, Error> {
        must_be_initialized(&config.metadata_dir)?;
        let mirrors = Mirrors::new(config.metadata_urls()?, log);
        let lock = FolderLock::acquire(&config.metadata_dir, log)?;
        Ok(Client { config, fetch, log: log.clone(), mirrors, _lock: lock })
    }

    /// Returns the configuration.
    pub fn config(&self) -> &'c Config {
        self.config
    }

    /// Returns the transport.
    pub fn fetch(&self) -> &'c dyn Fetch {
        self.fetch
    }

    /// Returns the mirrors of the metadata.
    pub fn mirrors(&self) -> &Mirrors {
        &self.mirrors
    }

    /// Runs `work` in a session. If the session fails because of a mirror, runs it again in a
    /// session that starts with another mirror.
    ///
    /// # Errors
    /// Returns the error of `work` in the last session.
    pub fn in_session<T>(
        &self,
        work: impl FnMut(&mut Session<'_, Disk<'_>>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.in_session_for(1, work)
    }

    /// Runs `work` as [`Client::in_session`] does, for this number of targets. If there are
    /// several, the session keeps its files in memory, so that each further target costs little.
    ///
    /// # Errors
    /// Returns the error of `work` in the last session.
    pub fn in_session_for<T>(
        &self,
        targets: usize,
        mut work: impl FnMut(&mut Session<'_, Disk<'_>>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut workspace = self.config.workspace();
        loop {
            let session = self.session(&mut workspace);
            let mut session = if targets > 1 { session.keeping_files() } else { session };
            match work(&mut session) {
                Err(_) if self.mirrors.begin_again() => {}
                result => return result,
            }
        }
    }

    /// Updates the trusted metadata (spec §5.3 to §5.6), and returns the trusted roles.
    ///
    /// # Errors
    /// Any error of the repository or the transport. Metadata that was trusted before stays
    /// trusted.
    pub fn refresh(&self) -> Result<Vec<TrustedRole>, Error> {
        self.in_session(|session| {
            session.run()?;
            Ok(session.roles().to_vec())
        })
    }

    /// Refreshes, and returns the signed length and hashes of a target (spec §5.6.7).
    ///
    /// # Errors
    /// As [`Client::refresh`]; [`picotuf::Error::TargetNotFound`] if no trusted role lists the
    /// target.
    pub fn find(&self, path: &str) -> Result<FoundTarget, Error> {
        self.in_session(|session| {
            session.run()?;
            session.find(path)
        })
    }

    /// Refreshes, and downloads a target to its path below `folder` unless the file is already up
    /// to date. The file gets its final name only after it verifies (spec §5.7).
    ///
    /// # Errors
    /// As [`Client::find`]; [`Code::UnsafeTargetPath`] if the path cannot be used below the folder;
    /// the verdict on the file.
    pub fn download(&self, path: &str, folder: &Path) -> Result<Downloaded, Error> {
        let mirrors = Mirrors::new(self.config.target_base_urls()?, &self.log);
        let mut downloaded = None;
        self.in_session(|session| {
            session.run()?;
            self.download_in(session, &[path], folder, &mirrors, &mut |_, done| {
                downloaded = Some(done);
            })
        })?;
        downloaded.ok_or_else(|| picotuf::Error::UnexpectedCall.into())
    }

    /// Downloads targets in a session that has run, from `mirrors`, each to its path below `folder`
    /// unless the file is already up to date. Downloads run at the same time. Calls `downloaded`
    /// for each target, in the order of `paths`, until one fails.
    ///
    /// # Errors
    /// As [`Client::download`].
    pub fn download_in(
        &self,
        session: &mut Session<'_, Disk<'_>>,
        paths: &[&str],
        folder: &Path,
        mirrors: &Mirrors,
        downloaded: &mut dyn FnMut(&str, Downloaded),
    ) -> Result<(), Error> {
        session.expect(paths.iter().map(|path| (*path).to_owned()));
        for paths in paths.chunks(FILES_AT_A_TIME) {
            let mut all = Vec::new();
            let mut failure = None;
            for path in paths {
                let place = |session: &mut Session<'_, Disk<'_>>| {
                    let found = session.find(path)?;
                    let file = target_path::local_path(folder, path)?;
                    if is_here(&found.target, &file)? {
                        self.log.line(|| format!("{} is already up to date", file.display()));
                        return Ok((found, file, true));
                    }
                    let file = target_path::make_folders(folder, path)?;
                    Ok((found, file, false))
                };
                match place(session) {
                    Ok((found, file, is_here)) => all.push((*path, found, file, is_here)),
                    Err(error) => {
                        failure = Some(error);
                        break;
                    }
                }
            }
            let consistent = session.consistent_snapshot() && self.config.hash_prefix;
            let missing: Vec<_> = all
                .iter()
                .filter(|(_, _, _, is_here)| !is_here)
                .map(|(path, found, file, _)| {
                    let (target, delegation_path) = (&found.target, &found.delegation_path[..]);
                    let wanted = TargetFile { path, target, delegation_path, consistent };
                    (wanted, file.parent().unwrap_or(folder))
                })
                .collect();
            missing.iter().for_each(|(_, folder)| store::sweep(folder));
            // A single download shows its progress.
            let received = match missing.len() {
                0 | 1 => Vec::new(),
                _ => {
                    let goes_on = |found: &Result<Found, Error>| matches!(found, Ok(Found::Yes));
                    receive_all(&missing, mirrors.current(), self.fetch, goes_on)?
                }
            };
            // A disk that writes many files at the same time needs hardly longer than for one.
            let sync = |(): &mut (), place: &usize| match &received[*place] {
                Some((incoming, _)) => store::sync(incoming, missing[*place].1),
                None => Ok(()),
            };
            let places: Vec<usize> = (0..received.len()).collect();
            let synced = in_parallel(Some(SYNCS_AT_A_TIME), &places, || (), sync);
            let mut received = received.into_iter().zip(synced);
            let mut folders = BTreeSet::new();
            for (path, found, file, is_here) in all {
                if is_here {
                    downloaded(path, Downloaded { found, file, url: None });
                    continue;
                }
                let url = match received.next() {
                    Some((Some((incoming, url)), synced)) => {
                        mirrors.took();
                        synced?;
                        store::put_in_place(incoming, &file)?;
                        folders.extend(file.parent().map(Path::to_owned));
                        url
                    }
                    _ => {
                        let (target, delegation_path) = (&found.target, &found.delegation_path[..]);
                        let wanted = TargetFile { path, target, delegation_path, consistent };
                        wanted.fetch(mirrors, self.fetch, &file)?
                    }
                };
                downloaded(path, Downloaded { found, file, url: Some(url) });
            }
            let folders: Vec<_> = folders.into_iter().collect();
            let sync = |(): &mut (), folder: &PathBuf| store::sync_folder(folder);
            in_parallel(Some(SYNCS_AT_A_TIME), &folders, || (), sync)
                .into_iter()
                .collect::<Result<(), Error>>()?;
            if let Some(error) = failure {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Returns a checker of Python distributions, which finds targets by `layout`.
    pub fn checker<'w>(
        &'w self,
        workspace: &'w mut Workspace,
        layout: Layout<'static>,
    ) -> Checker<'w> {
        let targets = &self.config.targets[..];
        let source = (!targets.is_empty()).then(|| (self.fetch, Mirrors::new(targets, &self.log)));
        let pages = Pages::new(source, self.config.hash_prefix, &self.log);
        Checker::new(
            workspace,
            Box::new(|workspace| self.session(workspace).keeping_files()),
            Some(&self.mirrors),
            layout,
            pages,
        )
    }

    /// Starts a session.
    fn session<'w>(&'w self, workspace: &'w mut Workspace) -> Session<'w, Disk<'w>> {
        identities::verify(workspace, self.config.identities.as_ref());
        let update = Update::new(workspace, self.config.now, self.config.limits);
        Session::new(update, self.disk(), self.log.clone())
    }

    fn disk(&self) -> Disk<'_> {
        Disk::new(&self.config.metadata_dir, Some((self.fetch, &self.mirrors)))
    }
}

/// Returns a checker that uses the stored metadata only.
///
/// # Errors
/// [`Code::NotInitialized`] if no root is trusted yet.
pub fn offline_checker<'w>(
    config: &'w Config,
    workspace: &'w mut Workspace,
    layout: Layout<'static>,
    log: &'w Log,
) -> Result<Checker<'w>, Error> {
    must_be_initialized(&config.metadata_dir)?;
    let pages = Pages::new(None, config.hash_prefix, log);
    let begin = |workspace: &'w mut Workspace| {
        identities::verify(workspace, config.identities.as_ref());
        let session = Offline::new(workspace, config.now, config.limits);
        let disk = Disk::new(&config.metadata_dir, None);
        Session::new(session, disk, log.clone()).keeping_files()
    };
    Ok(Checker::new(workspace, Box::new(begin), None, layout, pages))
}

/// Starts a session that uses the stored metadata only.
///
/// # Errors
/// [`Code::NotInitialized`] if no root is trusted yet.
pub fn offline_session<'w>(
    config: &Config,
    workspace: &'w mut Workspace,
    log: &Log,
) -> Result<Session<'w, Disk<'static>>, Error> {
    must_be_initialized(&config.metadata_dir)?;
    identities::verify(workspace, config.identities.as_ref());
    let update = Offline::new(workspace, config.now, config.limits);
    Ok(Session::new(update, Disk::new(&config.metadata_dir, None), log.clone()))
}

/// Verifies a local file as the target that was found.
///
/// # Errors
/// The verdict on the file; [`Code::Io`] if it cannot be read.
pub fn verify_file(found: &FoundTarget, target: &str, path: &Path) -> Result<(), Error> {
    let mut file = File::open(path).map_err(|error| Error::io("open the file", path, &error))?;
    target_file::check(&found.target, &mut file).map_err(|failure| match failure {
        CheckError::Read(error) => Error::io("read the file", path, &error),
        CheckError::Verdict(verdict) => Error::from(verdict)
            .target(target)
            .file(path.display())
            .delegation_path(found.delegation_path.clone())
            .hint("do not use the file: it differs from the file that the repository signs"),
    })
}

/// Checks that a metadata folder trusts a root.
///
/// # Errors
/// [`Code::NotInitialized`]; [`Code::Io`].
pub fn must_be_initialized(metadata_dir: &Path) -> Result<(), Error> {
    let root = Store::new(metadata_dir).path("root");
    match root.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::new(Code::NotInitialized, "no root is trusted yet")
            .file(root.display())
            .hint(
                "get the repository's root metadata from a source that you trust, and run \
                     `picotuf init ROOT`, or pass it with --root",
            )),
        Err(error) => Err(Error::io("look for the trusted root", &root, &error)),
    }
}

/// The maximum number of targets to search for before their files are downloaded.
const FILES_AT_A_TIME: usize = 64;

/// The number of files and folders that are written to disk at the same time.
const SYNCS_AT_A_TIME: NonZeroUsize = NonZeroUsize::new(16).unwrap();
