//! Sigstore's trusted root, `trusted_root.json`: a target of Sigstore's TUF repository, which this
//! module refreshes as any other, in a metadata folder of its own.

use std::fmt;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use picotuf::{Digest, HashAlgorithm, Hasher, Limits, OneLine, Time, Workspace, sha256};
use picotuf_attest::TrustedRoot;

use crate::anchor::{self, Anchor};
use crate::attestations::read;
use crate::client::{Client, offline_session};
use crate::config::Config;
use crate::disk::Disk;
use crate::error::Error;
use crate::fetch::Fetch;
use crate::location::Base;
use crate::log::Log;
use crate::mirrors::Mirrors;
use crate::role::TrustedRole;
use crate::session::{FoundTarget, Session};
use crate::store::Store;
use crate::target_file::{self, CheckError};
use crate::target_path;

/// The URL of Sigstore's TUF repository.
pub const URL: &str = "https://tuf-repo-cdn.sigstore.dev";

/// The root metadata of that repository that this crate carries: see `sigstore/README.md`. It may
/// have expired; the repository leads from it to newer ones.
pub const ROOT: &[u8] = include_bytes!("sigstore/root.json");

/// The path of the trusted root in the repository.
pub const TARGET: &str = "trusted_root.json";

/// Sigstore's TUF repository or another with the same structure, and the folder of its trusted
/// metadata.
#[derive(Debug)]
pub struct Sigstore {
    config: Config,
    anchor: Anchor,
    targets: PathBuf,
}

/// A trusted root and its origin.
#[derive(Debug)]
pub struct SigstoreRoot {
    /// The keys of logs and authorities.
    pub trusted: TrustedRoot,
    /// The file.
    pub bytes: Vec<u8>,
    /// The SHA-256 of the file.
    pub sha256: [u8; 32],
    /// How it came.
    pub source: Source,
}

/// The origin of a trusted root.
#[derive(Debug)]
pub enum Source {
    /// A file that the user gave. Nothing says that it is Sigstore's but the user.
    Given(PathBuf),
    /// A TUF repository.
    Repository {
        /// Where that is, for people.
        url: String,
        /// What is trusted of it: root, timestamp, snapshot and targets.
        roles: Vec<TrustedRole>,
        /// Whether nobody was asked: it is what was stored.
        offline: bool,
        /// When the first of these roles expired, where a maximum age accepted that.
        expired: Option<Time>,
    },
}

impl Sigstore {
    /// Creates a client for the repository at `url`, or for Sigstore's. It starts from `root`, or
    /// from the root metadata that this crate carries. Its metadata is below `folder`, separate for
    /// each of these roots.
    ///
    /// # Errors
    /// Wrong usage where the URL has no place for targets.
    pub fn new(
        folder: &Path,
        url: Option<Base>,
        root: Option<Anchor>,
        now: Time,
    ) -> Result<Self, Error> {
        let url = match url {
            Some(url) => url,
            None => Base::parse(URL)?,
        };
        let anchor = root.unwrap_or_else(carried);
        let folder = folder.join("sigstore").join(anchor.sha256.to_string());
        let mut config = Config::new(folder.join("metadata"), now);
        config.targets = vec![match &url {
            Base::Folder(folder) => Base::Folder(folder.join("targets")),
            Base::Http(_) => match url.file("targets".to_owned()).url() {
                Some(url) => Base::Http(url),
                None => return Err(Error::usage("the URL has no path").file(&url)),
            },
        }];
        config.metadata = vec![url];
        Ok(Sigstore { config, anchor, targets: folder.join("targets") })
    }

    /// Raises the limits of metadata to these, where they are higher.
    pub fn raise_limits(&mut self, limits: &Limits) {
        let own = &mut self.config.limits;
        own.root_length = own.root_length.max(limits.root_length);
        own.timestamp_length = own.timestamp_length.max(limits.timestamp_length);
        own.snapshot_length = own.snapshot_length.max(limits.snapshot_length);
        own.targets_length = own.targets_length.max(limits.targets_length);
        own.root_rotations = own.root_rotations.max(limits.root_rotations);
    }

    /// Returns the same repository at another time.
    pub fn at(&self, now: Time) -> Self {
        let config = Config { now, ..self.config.clone() };
        Sigstore { config, anchor: self.anchor.clone(), targets: self.targets.clone() }
    }

    /// Returns the configuration of the TUF client.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Updates the metadata and returns the trusted root that it signs.
    ///
    /// # Errors
    /// As [`Client::download`]; what is wrong with the trusted root.
    pub fn refresh(&self, fetch: &dyn Fetch, log: &Log) -> Result<SigstoreRoot, Error> {
        self.refreshed(fetch, log).map_err(|error| self.name(error))
    }

    fn refreshed(&self, fetch: &dyn Fetch, log: &Log) -> Result<SigstoreRoot, Error> {
        anchor::ensure_adopted(&self.config, &self.anchor, log)?;
        let client = Client::open(&self.config, fetch, log)?;
        let mirrors = Mirrors::new(self.config.target_base_urls()?, log);
        let (found, roles) = client.in_session(|session| {
            session.run()?;
            client.download_in(session, &[TARGET], &self.targets, &mirrors, &mut |_, _| ())?;
            Ok((session.find(TARGET)?, session.roles().to_vec()))
        })?;
        self.take(&found, roles, false, None)
    }

    /// Returns the trusted root by the metadata that is stored, and asks nobody.
    ///
    /// What has expired is refused; with `max_age`, a number of days, only what expired longer ago.
    ///
    /// # Errors
    /// [`picotuf::Error::MissingFile`] where nothing was stored yet; [`picotuf::Error::Expired`];
    /// what is wrong with what is stored.
    pub fn stored(&self, max_age: Option<u32>, log: &Log) -> Result<SigstoreRoot, Error> {
        self.of_store(max_age, log).map_err(|error| self.name(error))
    }

    /// Says of an error that it is about this repository, and not about that of the files.
    fn name(&self, error: Error) -> Error {
        let url = self.config.metadata.first().map(ToString::to_string).unwrap_or_default();
        error.also(format_args!("this is about Sigstore's TUF repository, {}", OneLine(&url)))
    }

    fn of_store(&self, max_age: Option<u32>, log: &Log) -> Result<SigstoreRoot, Error> {
        anchor::ensure_adopted(&self.config, &self.anchor, log)?;
        let mut workspace = Workspace::boxed();
        let (error, expires) = match self.stored_at(self.config.now, &mut workspace, log) {
            Ok((found, roles)) => return self.take(&found, roles, true, None),
            Err(error) => match error.core() {
                Some(picotuf::Error::Expired { expires, .. }) if self.has_stored()? => {
                    let expires = *expires;
                    (error, expires)
                }
                _ => return Err(missing(error)),
            },
        };
        let Some(days) = max_age else {
            return Err(error.hint(
                "refresh it without --offline, or accept stored metadata of this age with \
                 --max-age DAYS",
            ));
        };
        let earlier = self.config.now.unix().saturating_sub(i64::from(days).saturating_mul(DAY));
        match self.stored_at(Time::from_unix(earlier), &mut workspace, log) {
            Ok((found, roles)) => {
                let first = roles.iter().map(|role| role.expiry).min().unwrap_or(expires);
                self.take(&found, roles, true, Some(first))
            }
            Err(older) => match older.core() {
                // The first verdict has the present time in it.
                Some(picotuf::Error::Expired { .. }) => Err(error
                    .also(format!("that is more than the {days} days that --max-age accepts"))
                    .hint("refresh it without --offline, or accept a greater age")),
                _ => Err(missing(older)),
            },
        }
    }

    /// Whether there is more than the root that the folder begins with.
    fn has_stored(&self) -> Result<bool, Error> {
        Ok(Store::new(&self.config.metadata_dir).read("timestamp")?.is_some())
    }

    fn stored_at(
        &self,
        now: Time,
        workspace: &mut Workspace,
        log: &Log,
    ) -> Result<(FoundTarget, Vec<TrustedRole>), Error> {
        let config = Config { now, ..self.config.clone() };
        let mut session: Session<'_, Disk<'_>> = offline_session(&config, workspace, log)?;
        session.run()?;
        Ok((session.find(TARGET)?, session.roles().to_vec()))
    }

    /// Reads the target in its place, and verifies that it is the one that was found.
    fn take(
        &self,
        found: &FoundTarget,
        roles: Vec<TrustedRole>,
        offline: bool,
        expired: Option<Time>,
    ) -> Result<SigstoreRoot, Error> {
        let path = target_path::local_path(&self.targets, TARGET)?;
        let bytes = read(&path, "the trusted root", limits().trusted_root_length)
            .map_err(|error| if offline { missing(error) } else { error })?;
        target_file::check(&found.target, &mut Cursor::new(&bytes)).map_err(|failure| {
            let error = match failure {
                CheckError::Verdict(verdict) => Error::from(verdict),
                CheckError::Read(error) => Error::io("read the trusted root", &path, &error),
            };
            error.target(TARGET).file(path.display()).hint("refresh it without --offline")
        })?;
        let url = self.config.metadata.first().map(ToString::to_string).unwrap_or_default();
        let source = Source::Repository { url, roles, offline, expired };
        SigstoreRoot::of(bytes, &path, source)
    }
}

impl SigstoreRoot {
    /// Reads a trusted root that the user provides, without verification by TUF.
    ///
    /// # Errors
    /// What is wrong with it; [`Code::Io`](crate::Code::Io).
    pub fn given(path: &Path) -> Result<Self, Error> {
        let bytes = read(path, "the trusted root", limits().trusted_root_length)?;
        SigstoreRoot::of(bytes, path, Source::Given(path.to_owned()))
    }

    fn of(bytes: Vec<u8>, path: &Path, source: Source) -> Result<Self, Error> {
        let trusted = TrustedRoot::parse(&bytes, &limits())
            .map_err(|error| Error::from(error).file(path.display()))?;
        Ok(SigstoreRoot { trusted, sha256: sha256(&bytes), bytes, source })
    }
}

/// How a trusted root came, as a person reads it.
impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Given(path) => {
                let path = path.display().to_string();
                write!(out, "{}, given by you, not verified by TUF", OneLine(&path))
            }
            Source::Repository { url, roles, offline, expired } => {
                match offline {
                    // What is stored may have come from a mirror.
                    true => write!(out, "{TARGET} as it is stored, verified by TUF")?,
                    false => write!(out, "{TARGET} of {}, verified by TUF", OneLine(url))?,
                }
                for role in roles.iter().filter(|role| role.role == "root") {
                    write!(out, ", root {}", role.version)?;
                }
                for role in roles.iter().filter(|role| role.role == "timestamp") {
                    write!(out, ", timestamp {} until {}", role.version, role.expiry)?;
                }
                match expired {
                    Some(at) => write!(out, "; EXPIRED {at}, accepted by --max-age"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// The anchor that this crate carries.
fn carried() -> Anchor {
    let mut hasher = Hasher::new(HashAlgorithm::Sha256);
    hasher.update(ROOT);
    let sha256: Digest = hasher.finish();
    let path = PathBuf::from("the root of Sigstore's repository that picotuf carries");
    Anchor { path, bytes: ROOT.to_vec(), sha256 }
}

/// Says what to do where too little is stored.
fn missing(error: Error) -> Error {
    if error.is_missing_file() || error.is(crate::Code::Io) || error.core().is_some_and(is_expiry) {
        error.hint(
            "nothing newer is stored of Sigstore's repository: run it once without --offline, or \
             give --trusted-root FILE",
        )
    } else {
        error
    }
}

fn is_expiry(error: &picotuf::Error) -> bool {
    matches!(error, picotuf::Error::Expired { .. })
}

fn limits() -> picotuf_attest::Limits {
    picotuf_attest::Limits::DEFAULT
}

const DAY: i64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carried_root_is_the_one_that_its_readme_names() {
        let sha256 = carried().sha256.to_string();
        assert!(include_str!("sigstore/README.md").contains(&sha256), "{sha256}");
        let folder = tempfile::tempdir().unwrap();
        let now = Time::parse("2036-01-01T00:00:00Z").unwrap();
        let sigstore = Sigstore::new(folder.path(), None, None, now).unwrap();
        let metadata = sigstore.config.metadata_dir.clone();
        assert!(metadata.ends_with(format!("sigstore/{sha256}/metadata")), "{metadata:?}");
        let targets: Vec<_> = sigstore.config.targets.iter().map(ToString::to_string).collect();
        assert_eq!(targets, ["https://tuf-repo-cdn.sigstore.dev/targets"]);
        // It is trusted though it has expired then; nothing else is there.
        let error = sigstore.stored(None, &Log::silent()).unwrap_err();
        assert_eq!(error.code(), "expired");
        assert!(error.to_string().contains("run it once without --offline"), "{error}");
        assert_eq!(std::fs::read(metadata.join("root.json")).unwrap(), ROOT);
        let limits = picotuf::Limits::default();
        assert!(u64::try_from(ROOT.len()).unwrap() < limits.root_length);
    }
}
