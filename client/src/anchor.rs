//! The trust anchor of a metadata folder: a root that a user trusts, and how the folder takes it.
//! [`picotuf::anchor`] has the rule.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use picotuf::anchor::{AnchorStep, Decision, Refusal, is_remembered};
use picotuf::limits::Limit;
use picotuf::{Digest, HashAlgorithm, Hasher, Slice};

use crate::code::Code;
use crate::config::Config;
use crate::error::Error;
use crate::identify::identify;
use crate::log::Log;
use crate::role::TrustedRole;
use crate::session;
use crate::store::{self, FolderLock, Store};

/// The bytes of a root metadata file that a user gives as the trust anchor. They are not verified
/// yet.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// Where the file is.
    pub path: PathBuf,
    /// All of it.
    pub bytes: Vec<u8>,
    /// What settings remember it by.
    pub sha256: Digest,
}

impl Anchor {
    /// Reads the file, which may have at most `max_length` bytes.
    pub fn read(path: &Path, max_length: u64) -> Result<Self, Error> {
        let mut file =
            File::open(path).map_err(|error| Error::io("open the root", path, &error))?;
        let bytes =
            session::whole(&mut file, max_length).map_err(|error| error.file(path.display()))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max_length {
            let error = picotuf::Error::LimitReached { limit: Limit::Length, maximum: max_length };
            return Err(Error::from(error).role("root").file(path.display()));
        }
        let mut hasher = Hasher::new(HashAlgorithm::Sha256);
        hasher.update(&bytes);
        Ok(Anchor { path: path.to_owned(), bytes, sha256: hasher.finish() })
    }
}

/// The trust anchor that a folder remembers.
pub trait Remembered {
    /// Reads the SHA-256 of the anchor that the folder began with, if it is known.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn load(&mut self) -> Result<Option<Digest>, Error>;

    /// Forgets the anchor.
    ///
    /// # Errors
    /// Where that cannot be written.
    fn forget(&mut self) -> Result<(), Error>;

    /// Remembers this anchor.
    ///
    /// # Errors
    /// Where that cannot be written.
    fn remember(&mut self, sha256: &Digest) -> Result<(), Error>;
}

/// The member `trust_anchor` of the file `settings.toml` in a metadata folder. The other members
/// belong to the command line and stay as they are.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    folder: PathBuf,
}

/// The name of the settings file in a metadata folder. Unlike metadata, it does not end in `.json`.
pub const SETTINGS_NAME: &str = "settings.toml";

impl SettingsFile {
    /// Returns the settings of this metadata folder.
    pub fn new(folder: &Path) -> Self {
        SettingsFile { folder: folder.to_owned() }
    }

    fn read(&self) -> Result<toml::Table, Error> {
        let path = self.folder.join(SETTINGS_NAME);
        match fs::read_to_string(&path) {
            Ok(text) => text.parse().map_err(|error: toml::de::Error| {
                Error::usage(format!("cannot parse the settings: {}", error.message()))
                    .file(path.display())
                    .hint("fix the file, or delete it")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(toml::Table::new()),
            Err(error) => Err(Error::io("read the settings", &path, &error)),
        }
    }
}

impl Remembered for SettingsFile {
    fn load(&mut self) -> Result<Option<Digest>, Error> {
        let table = self.read()?;
        let text = table.get(TRUST_ANCHOR).and_then(toml::Value::as_str);
        Ok(text.and_then(|text| Digest::from_hex(HashAlgorithm::Sha256, text.as_bytes())))
    }

    fn forget(&mut self) -> Result<(), Error> {
        let mut table = self.read()?;
        table.remove(TRUST_ANCHOR);
        write_settings(&self.folder, &table.to_string())
    }

    fn remember(&mut self, sha256: &Digest) -> Result<(), Error> {
        let mut table = self.read()?;
        table.insert(TRUST_ANCHOR.to_owned(), sha256.to_string().into());
        write_settings(&self.folder, &table.to_string())
    }
}

/// Replaces the settings of a metadata folder.
///
/// # Errors
/// [`Code::Io`].
pub fn write_settings(folder: &Path, text: &str) -> Result<(), Error> {
    let path = folder.join(SETTINGS_NAME);
    let mut file = store::temporary(folder)?;
    file.write_all(text.as_bytes())
        .map_err(|error| Error::io("write the settings", &path, &error))?;
    store::persist(file, &path)
}

/// The result of adopting a trust anchor.
#[derive(Debug)]
pub struct Adopted {
    /// The root that was given.
    pub root: TrustedRole,
    /// Whether the folder trusted it before, or a newer one that it led to.
    pub is_known: bool,
    /// The names of the files that another root had made trusted, and that were removed.
    pub thrown_away: Vec<String>,
}

/// Makes the metadata folder of `config` trust a root. Without `force`, the folder must trust
/// nothing yet, this root, or an older root whose keys signed this one.
///
/// # Errors
/// [`Code::AnotherRootTrusted`] if another root is trusted; what is wrong with the root.
pub fn adopt(
    config: &Config,
    anchor: &Anchor,
    force: bool,
    remembered: &mut dyn Remembered,
    log: &Log,
) -> Result<Adopted, Error> {
    let (mut workspace, folder, limits) =
        (config.workspace(), &config.metadata_dir, &config.limits);
    let refused =
        |error: picotuf::Error| Error::from(error).role("root").file(anchor.path.display());
    // What must not be trusted shows before anything changes.
    if let Err(error) = picotuf::check_root(&mut workspace, limits, &mut Slice::new(&anchor.bytes))
    {
        let mut error = refused(error).schemes(workspace.unsupported_schemes());
        if let Some(what) = identify(&anchor.bytes) {
            error = error.hint(format!(
                "the file is {what}: give the repository's root metadata, such as its 1.root.json"
            ));
        }
        return Err(error);
    }
    let _lock = FolderLock::acquire(folder, log)?;
    // Within the lock: another process may just have taken the same root, and gone on to a newer
    // one.
    let known = remembered.load()?;
    let mut store = Store::new(folder);
    let stored = match store.open("root")? {
        Some(mut file) => Some(session::whole(&mut file, STORED_MAX)?),
        None => None,
    };
    let (adoption, verified) = picotuf::anchor::adopt(
        &mut workspace,
        limits,
        &mut Slice::new(&anchor.bytes),
        stored.as_deref().map(Slice::new).as_mut(),
        known.as_ref(),
    )
    .map_err(refused)?;
    let is_known = adoption.decision == Decision::Known;
    let steps: Vec<AnchorStep> = match adoption.decision {
        Decision::Refused(refusal) if !force => {
            return Err(another_is_trusted(refusal, &anchor.path, &store)?);
        }
        Decision::Refused(_) => adoption.anew().collect(),
        _ => adoption.steps().collect(),
    };
    let mut thrown_away = Vec::new();
    for step in steps {
        match step {
            AnchorStep::Delete { role } => store.delete(role)?,
            AnchorStep::DeleteOthers => thrown_away = throw_away(&store)?,
            AnchorStep::Forget => remembered.forget()?,
            AnchorStep::Store => {
                let mut incoming = store.incoming()?;
                let written = incoming.write_all(&anchor.bytes);
                written.map_err(|error| Error::io("write the root", store.folder(), &error))?;
                store.store("root", incoming)?;
            }
            // What else is remembered may be new where the root is not.
            AnchorStep::Remember => {}
        }
    }
    remembered.remember(&adoption.anchor)?;
    let root = TrustedRole::new(&verified, anchor.path.display().to_string(), !is_known);
    Ok(Adopted { root, is_known, thrown_away })
}

/// Returns whether a metadata folder trusts what this anchor led to, so that nothing is to be done.
///
/// # Errors
/// Where the folder cannot be read.
pub fn is_adopted(
    anchor: &Anchor,
    folder: &Path,
    remembered: &mut dyn Remembered,
) -> Result<bool, Error> {
    let is_trusted = Store::new(folder).read("root")?.is_some();
    Ok(is_trusted && is_remembered(&anchor.sha256, remembered.load()?.as_ref()))
}

/// Makes the metadata folder of `config` trust a root, if it does not trust yet what this root led
/// to. The folder's own settings file remembers the root.
///
/// # Errors
/// Those of [`adopt`].
pub fn ensure_adopted(config: &Config, anchor: &Anchor, log: &Log) -> Result<(), Error> {
    let mut remembered = SettingsFile::new(&config.metadata_dir);
    if !is_adopted(anchor, &config.metadata_dir, &mut remembered)? {
        adopt(config, anchor, false, &mut remembered, log)?;
    }
    Ok(())
}

fn another_is_trusted(refusal: Refusal, root: &Path, store: &Store) -> Result<Error, Error> {
    let hint = format!(
        "choose another --metadata-dir, or use --force to trust {} and delete {}",
        root.display(),
        listed(&store.file_names()?)
    );
    Ok(Error::usage_code(Code::AnotherRootTrusted, refusal.to_string())
        .file(store.folder().display())
        .hint(hint))
}

/// Removes everything that was trusted by another root but the root itself, whose place the new one
/// takes. Returns the names of all of it.
fn throw_away(store: &Store) -> Result<Vec<String>, Error> {
    let names = store.file_names()?;
    let root_name = store::file_name("root");
    for name in names.iter().filter(|name| **name != root_name) {
        let path = store.folder().join(name);
        fs::remove_file(&path).map_err(|error| {
            Error::io("delete the metadata that the other root made trusted", &path, &error)
        })?;
    }
    Ok(names)
}

/// Returns the first of these names, and how many more there are.
pub fn listed(names: &[String]) -> String {
    match names.get(..LISTED_MAX) {
        Some(first) if names.len() > LISTED_MAX => {
            format!("{} and {} more", first.join(", "), names.len() - LISTED_MAX)
        }
        _ => names.join(", "),
    }
}

const TRUST_ANCHOR: &str = "trust_anchor";
const LISTED_MAX: usize = 6;
/// A stored root passed its limit when it was stored.
const STORED_MAX: u64 = u64::MAX - 1;
