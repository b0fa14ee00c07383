//! What a client works with.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use picotuf::{Limits, Time, Workspace};

use crate::code::Code;
use crate::error::Error;
use crate::identities::{self, Identities};
use crate::location::Base;

/// What a client works with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder of the trusted metadata.
    pub metadata_dir: PathBuf,
    /// The present time. It is read once, so that all decisions of a run agree.
    pub now: Time,
    /// The limits of the core.
    pub limits: Limits,
    /// Who verifies keys that are identities of Sigstore. Without, their scheme is unsupported.
    pub identities: Option<Identities>,
    /// Whether a repository with consistent snapshots is asked for `HASH.name` (spec §5.7.3).
    pub hash_prefix: bool,
    /// Where the metadata is: mirrors, in the order in which they are asked.
    pub metadata: Vec<Base>,
    /// Where the targets are: mirrors, in the order in which they are asked.
    pub targets: Vec<Base>,
    /// The number of threads of an audit, or `None` for one per processor. The result is the same.
    pub threads: Option<NonZeroUsize>,
}

impl Config {
    /// Takes the defaults for a metadata folder, and no repository.
    pub fn new(metadata_dir: impl Into<PathBuf>, now: Time) -> Self {
        Config {
            metadata_dir: metadata_dir.into(),
            now,
            limits: Limits::default(),
            identities: None,
            hash_prefix: true,
            metadata: Vec::new(),
            targets: Vec::new(),
            threads: None,
        }
    }

    /// Returns memory for the core, with which it verifies what this configuration says.
    pub fn workspace(&self) -> Box<Workspace> {
        identities::workspace(self.identities.as_ref())
    }

    /// Returns where the metadata is.
    ///
    /// # Errors
    /// [`Code::MissingSetting`] if nothing says so.
    pub fn metadata_urls(&self) -> Result<&[Base], Error> {
        match &self.metadata[..] {
            [] => Err(missing_setting("--metadata-url URL", "PICOTUF_METADATA_URL")),
            bases => Ok(bases),
        }
    }

    /// Returns where the targets are.
    ///
    /// # Errors
    /// [`Code::MissingSetting`] if nothing says so.
    pub fn target_base_urls(&self) -> Result<&[Base], Error> {
        match &self.targets[..] {
            [] => Err(missing_setting("--target-base-url URL", "PICOTUF_TARGET_BASE_URL")),
            bases => Ok(bases),
        }
    }
}

/// Returns the error for a setting that nothing gives: an option, and the environment variable for
/// it.
pub fn missing_setting(option: &str, variable: &str) -> Error {
    // What `init` remembers belongs to its own folder, which is not that of --root.
    Error::usage_code(Code::MissingSetting, format!("missing setting: {option}"))
        .hint(format!("pass the option or set {variable}; `picotuf init` can save it"))
}
