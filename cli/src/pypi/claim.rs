//! What is asked of a file, and what comes of it.

use clap::ValueEnum;
use picotuf::pypi::{ProjectName, ProjectStatus, SignedBy, StatusMarker};
use picotuf::{Error, Hashes};
use serde::Serialize;
use serde_json::value::RawValue;

use super::custom::KnownFields;
use crate::error::{CliError, OneLine};
use crate::report::RoleReport;

/// A file of a project as somebody has it, or wants it: on disk, or pinned in a lock file.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// The project.
    pub(crate) project: ProjectName,
    /// The version, where it is known; layouts may have it in a path.
    pub(crate) version: Option<String>,
    /// The file's name. Without one, only index pages can be asked, by hash.
    pub(crate) file_name: Option<String>,
    /// What is known of the file's content: at least one.
    pub(crate) hashes: Hashes,
    /// The file's length in bytes.
    pub(crate) length: Option<u64>,
}

/// A claim that holds, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    /// The file's name: that of the claim, or the page's for the claim's hash.
    pub(crate) file_name: Option<String>,
    /// Who speaks for the file: `pypi`, `developer-online`, `developer`.
    #[serde(serialize_with = "by_name")]
    pub(crate) signed_by: SignedBy,
    /// The path of the target that does.
    pub(crate) target: String,
    /// The roles that lead to that target, from `targets` on.
    pub(crate) chain: Vec<Link>,
    /// The hash functions by which the file was compared.
    pub(crate) compared: Vec<&'static str>,
    /// What the index page states of the file, where the target is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<PageEntry>,
    /// What the index page says of the project, where it says anything but that it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) project_status: Option<Status>,
    /// The known members of `custom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fields: Option<KnownFields>,
    /// What is signed about the target besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) custom: Option<Box<RawValue>>,
}

/// A role of the chain.
#[derive(Debug, Serialize)]
pub(crate) struct Link {
    /// Version, expiry, signers.
    #[serde(flatten)]
    pub(crate) role: RoleReport,
    /// Whose its keys are, as the layout says: `pypi-offline`, `pypi-online`, `developer`.
    pub(crate) owner: &'static str,
}

/// An index page's entry.
#[derive(Debug, Serialize)]
pub(crate) struct PageEntry {
    /// That the file was yanked, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) yanked: Option<String>,
    /// The versions of Python that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) requires_python: Option<String>,
    /// Whether the metadata of the wheel is there as a file of its own.
    pub(crate) core_metadata: bool,
}

/// The state of a project (PEP 792), as its index page has it.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    /// `archived`, `deprecated`, `quarantined`, or another text that is not known here.
    pub(crate) status: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// What must be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Requirement {
    /// The project's developers, with keys that PyPI vouches for offline
    Developer,
    /// The project's developers; PyPI may vouch for their keys online, as for recently claimed
    /// projects
    DeveloperOnline,
    /// PyPI itself, and no developer
    Pypi,
    /// Whoever signed: wheels alone, so that no installer builds anything
    Wheels,
}

impl Requirement {
    /// Whether these are who must have signed.
    pub(crate) fn is_met(self, by: SignedBy) -> bool {
        match self {
            Requirement::Developer => by == SignedBy::Developer,
            Requirement::DeveloperOnline => by >= SignedBy::DeveloperOnline,
            Requirement::Pypi => by == SignedBy::Index,
            // The files are looked at, not their signers.
            Requirement::Wheels => true,
        }
    }

    /// For programs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Requirement::Developer => "developer",
            Requirement::DeveloperOnline => "developer-online",
            Requirement::Pypi => "pypi",
            Requirement::Wheels => "wheels",
        }
    }
}

impl Status {
    /// The state, if it says anything.
    pub(super) fn of(stated: &ProjectStatus) -> Option<Self> {
        let reason =
            stated.reason.as_deref().filter(|reason| !reason.is_empty()).map(str::to_owned);
        let says_nothing = stated.marker == StatusMarker::Active && reason.is_none();
        (!says_nothing).then(|| Status { status: stated.marker.as_str().to_owned(), reason })
    }

    /// In one line for people, safe for a terminal.
    pub(crate) fn line(&self) -> String {
        let why = self.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        OneLine(&format!("{}{why}", self.status)).to_string()
    }
}

impl Finding {
    /// Refuses a file that others have signed than is required.
    pub(crate) fn require(&self, required: &[Requirement]) -> Result<(), CliError> {
        let Some(requirement) =
            required.iter().find(|requirement| !requirement.is_met(self.signed_by))
        else {
            return Ok(());
        };
        let message =
            format!("signed by {}, and --require wants {}", self.signed_by, requirement.name());
        Err(CliError::new("other-signer", "repository", message)
            .target(&self.target)
            .delegation_path(self.chain.iter().map(|link| link.role.role.clone()).collect())
            .values(requirement.name(), self.signed_by.name()))
    }
}

impl Claim {
    /// Compares with what is signed: the length where both are known, and every hash of a kind that
    /// both have, of which there must be one. Says which kinds these are.
    pub(crate) fn compare(
        &self,
        length: Option<u64>,
        hashes: &Hashes,
    ) -> Result<Vec<&'static str>, CliError> {
        if let (Some(found), Some(expected)) = (self.length, length)
            && found != expected
        {
            return Err(Error::LengthMismatch { role: None, expected, found }.into());
        }
        let mut compared = Vec::new();
        for expected in hashes.iter() {
            let algorithm = expected.algorithm();
            let Some(found) = self.hashes.iter().find(|digest| digest.algorithm() == algorithm)
            else {
                continue;
            };
            if found != expected {
                let (expected, found) = (expected.into(), found.into());
                return Err(Error::HashMismatch { role: None, algorithm, expected, found }.into());
            }
            compared.push(algorithm.name());
        }
        if compared.is_empty() {
            let names = |hashes: &Hashes| match hashes
                .iter()
                .map(|digest| digest.algorithm().name())
                .collect::<Vec<_>>()
            {
                names if names.is_empty() => "none".to_owned(),
                names => names.join(", "),
            };
            let message = format!(
                "cannot be compared: hashes known of the file are {}, signed are {}",
                names(&self.hashes),
                names(hashes)
            );
            return Err(CliError::new("no-common-hash", "caller", message));
        }
        Ok(compared)
    }
}

fn by_name<S: serde::Serializer>(by: &SignedBy, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(by.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use picotuf::{HashAlgorithm, Hasher};

    fn hashes(algorithms: &[HashAlgorithm], bytes: &[u8]) -> Hashes {
        let mut hashes = Hashes::new();
        for algorithm in algorithms {
            let mut hasher = Hasher::new(*algorithm);
            hasher.update(bytes);
            hashes.insert(hasher.finish());
        }
        hashes
    }

    #[test]
    fn all_hashes_that_both_have_must_be_the_same_and_there_must_be_one() {
        use HashAlgorithm::{Blake2b256, Sha256, Sha512};
        let claim = |hashes, length| Claim {
            project: ProjectName::new("six").unwrap(),
            version: None,
            file_name: None,
            hashes,
            length,
        };
        let code = |error: CliError| error.detail().code;
        let known = claim(hashes(&[Sha256, Sha512], b"a"), Some(1));
        assert_eq!(
            known.compare(Some(1), &hashes(&[Sha256, Blake2b256], b"a")).unwrap(),
            ["sha256"]
        );
        assert_eq!(
            known.compare(None, &hashes(&[Sha512, Sha256], b"a")).unwrap(),
            ["sha512", "sha256"]
        );
        assert_eq!(
            code(known.compare(Some(2), &hashes(&[Sha256], b"a")).unwrap_err()),
            "length-mismatch"
        );
        assert_eq!(
            code(known.compare(Some(1), &hashes(&[Sha256], b"b")).unwrap_err()),
            "hash-mismatch"
        );
        assert_eq!(
            code(known.compare(Some(1), &hashes(&[Blake2b256], b"a")).unwrap_err()),
            "no-common-hash"
        );
        assert_eq!(code(known.compare(Some(1), &Hashes::new()).unwrap_err()), "no-common-hash");
        let mut mixed = hashes(&[Sha256], b"a");
        mixed.insert(*hashes(&[Sha512], b"b").iter().next().unwrap());
        assert_eq!(code(known.compare(Some(1), &mixed).unwrap_err()), "hash-mismatch");
    }

    #[test]
    fn the_weaker_word_accepts_the_stronger_signature() {
        let met = |requirement: Requirement| {
            [SignedBy::Index, SignedBy::DeveloperOnline, SignedBy::Developer]
                .map(|by| requirement.is_met(by))
        };
        assert_eq!(met(Requirement::Developer), [false, false, true]);
        assert_eq!(met(Requirement::DeveloperOnline), [false, true, true]);
        assert_eq!(met(Requirement::Pypi), [true, false, false]);
    }
}
