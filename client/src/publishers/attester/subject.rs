//! The files whose attestations are asked for.

use picotuf::pypi::ProjectName;
use picotuf::{HashAlgorithm, Hashes};
use picotuf_attest::StatedPublisher;

use crate::code::Code;
use crate::error::Error;
use crate::lock::{Format, Pinned, PinnedFile, Reason};
use crate::pypi::{Claim, agree};

/// A file whose attestations are asked for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The indexes that it may be from, as a lock file names them.
    pub indexes: Vec<String>,
    /// The index whose server the lock file's URLs name, where it names no index.
    pub hosted_by: Option<&'static str>,
    /// Its project.
    pub project: ProjectName,
    /// Its version, if that is known.
    pub version: Option<String>,
    /// Its names, in one or two spellings; none where only the hash is known.
    pub names: Vec<String>,
    /// Its SHA-256, if that is known.
    pub sha256: Option<[u8; 32]>,
    /// The publishers of which one must have attested it, as the lock file says; none where it does
    /// not say.
    pub identities: Vec<StatedPublisher>,
    /// Why no index need have it: it was installed by its path or URL.
    pub direct: Option<Reason>,
}

impl Subject {
    /// A file that a lock file of that format pins.
    ///
    /// # Errors
    /// [`Code::ProjectName`]; [`Code::FileName`] and [`Code::OtherVersion`] where its name says
    /// that it is of another project or version than the entry.
    pub fn of_pin(pinned: &Pinned, file: &PinnedFile, format: Format) -> Result<Self, Error> {
        let project = ProjectName::new(&pinned.project).map_err(|error| {
            Error::new(Code::ProjectName, format!("{:?}: {error}", pinned.project))
        })?;
        for name in file.file_name.iter().chain(&file.other_name) {
            agree(&project, pinned.version.as_deref(), name)?;
        }
        let mut indexes = pinned.indexes.clone();
        if indexes.is_empty() {
            indexes.extend(format.default_index().map(str::to_owned));
        }
        let identities = pinned.identities.as_ref().map(|identities| identities.any_of.clone());
        Ok(Subject {
            indexes,
            hosted_by: pinned.hosted_by,
            project,
            version: pinned.version.clone(),
            names: file.file_name.iter().chain(&file.other_name).cloned().collect(),
            sha256: sha256_of(&file.digests()),
            identities: identities.unwrap_or_default(),
            direct: pinned.direct.clone(),
        })
    }

    /// A file that is here.
    pub(crate) fn of_claim(claim: &Claim) -> Self {
        Subject {
            indexes: Vec::new(),
            hosted_by: None,
            project: claim.project.clone(),
            version: claim.version.clone(),
            names: claim.file_name.iter().cloned().collect(),
            sha256: sha256_of(&claim.hashes),
            identities: Vec::new(),
            direct: None,
        }
    }
}

pub(super) fn sha256_of(hashes: &Hashes) -> Option<[u8; 32]> {
    let mut digests = hashes.iter();
    let digest = digests.find(|digest| digest.algorithm() == HashAlgorithm::Sha256)?;
    digest.as_bytes().try_into().ok()
}
