//! Claims about files, and findings about them.

use std::str::FromStr;

use picotuf::pypi::{ProjectName, ProjectStatus, SignedBy, StatusMarker, Subject};
use picotuf::{Error as CoreError, Hashes};
use serde::Serialize;
use serde_json::value::RawValue;

use super::custom::KnownFields;
use picotuf::OneLine;

use crate::code::Code;
use crate::error::Error;
use crate::role::TrustedRole;

/// A file of a project, on disk or pinned in a lock file, that is to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The project.
    pub project: ProjectName,
    /// The version, if it is known. A layout may use it in a path.
    pub version: Option<String>,
    /// The file name. Without one, the file can be found in index pages only, by its hash.
    pub file_name: Option<String>,
    /// The known hashes, at least one.
    pub hashes: Hashes,
    /// The file's length in bytes.
    pub length: Option<u64>,
}

/// The result of a successful check.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The file name, from the claim or from the index page.
    pub file_name: Option<String>,
    /// Who signed the file: `pypi`, `developer-online` or `developer`.
    #[serde(serialize_with = "by_name")]
    pub signed_by: SignedBy,
    /// The path of the signed target.
    pub target: String,
    /// The roles on the path to the target, from `targets` on.
    pub chain: Vec<Link>,
    /// The algorithms of the compared hashes.
    pub compared: Vec<&'static str>,
    /// The entry of the file, if the target is an index page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<PageEntry>,
    /// The status of the project in the index page, unless it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_status: Option<Status>,
    /// The known members of `custom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<KnownFields>,
    /// The signed member `custom` of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Box<RawValue>>,
}

/// A role in the chain.
#[derive(Debug, Serialize)]
pub struct Link {
    /// The version, expiry and signers.
    #[serde(flatten)]
    pub role: TrustedRole,
    /// Who holds its keys according to the layout: `pypi-offline`, `pypi-online` or `developer`.
    pub owner: &'static str,
}

/// An entry of an index page.
#[derive(Debug, Serialize)]
pub struct PageEntry {
    /// Why the file was yanked, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
    /// The supported Python versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// Whether the index has the metadata of the wheel as a separate file.
    pub core_metadata: bool,
}

/// The status of a project (PEP 792) in its index page.
#[derive(Debug, Serialize)]
pub struct Status {
    /// `archived`, `deprecated`, `quarantined`, or an unknown status.
    pub status: String,
    /// The reason for the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a caller requires of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// The index has attestations of the files: see [`publishers`](crate::publishers).
    Attestation,
    /// The project's developers signed the file, and PyPI delegates to their keys with offline
    /// keys.
    Developer,
    /// The project's developers signed the file. PyPI may delegate to their keys with online keys,
    /// as it does for recently claimed projects.
    DeveloperOnline,
    /// PyPI itself signed the file, not a developer.
    Pypi,
    /// The file is a wheel, whoever signed it, so that installers build nothing from source.
    Wheels,
}

impl FromStr for Requirement {
    type Err = String;

    /// Parses the name.
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Requirement::ALL.into_iter().find(|requirement| requirement.name() == text);
        found.ok_or_else(|| {
            let names = Requirement::ALL.map(Requirement::name);
            format!("{text:?} is not one of {}", names.join(", "))
        })
    }
}

impl Requirement {
    /// All requirements.
    pub const ALL: [Requirement; 5] = [
        Requirement::Attestation,
        Requirement::Developer,
        Requirement::DeveloperOnline,
        Requirement::Pypi,
        Requirement::Wheels,
    ];

    /// Returns whether this signer meets the requirement.
    pub fn is_met(self, by: SignedBy) -> bool {
        match self {
            Requirement::Developer => by == SignedBy::Developer,
            Requirement::DeveloperOnline => by >= SignedBy::DeveloperOnline,
            Requirement::Pypi => by == SignedBy::Index,
            // These requirements are about files, not signers.
            Requirement::Attestation | Requirement::Wheels => true,
        }
    }

    /// Returns the name, as in JSON and `--require`.
    pub fn name(self) -> &'static str {
        match self {
            Requirement::Attestation => "attestation",
            Requirement::Developer => "developer",
            Requirement::DeveloperOnline => "developer-online",
            Requirement::Pypi => "pypi",
            Requirement::Wheels => "wheels",
        }
    }
}

impl Status {
    /// Returns the status, unless the project is active.
    pub(super) fn of(stated: &ProjectStatus) -> Option<Self> {
        let reason =
            stated.reason.as_deref().filter(|reason| !reason.is_empty()).map(str::to_owned);
        let says_nothing = stated.marker == StatusMarker::Active && reason.is_none();
        (!says_nothing).then(|| Status { status: stated.marker.as_str().to_owned(), reason })
    }

    /// Returns the status as one line that is safe for a terminal.
    pub fn line(&self) -> String {
        let why = self.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        OneLine(&format!("{}{why}", self.status)).to_string()
    }
}

impl Finding {
    /// Checks that the signer meets all requirements.
    pub fn require(&self, required: &[Requirement]) -> Result<(), Error> {
        let Some(requirement) =
            required.iter().find(|requirement| !requirement.is_met(self.signed_by))
        else {
            return Ok(());
        };
        let message =
            format!("signed by {}, but --require needs {}", self.signed_by, requirement.name());
        Err(Error::new(Code::OtherSigner, message)
            .target(&self.target)
            .delegation_path(self.chain.iter().map(|link| link.role.role.clone()).collect())
            .values(requirement.name(), self.signed_by.name()))
    }
}

impl Claim {
    /// Returns the values for the placeholders of a layout.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            project: &self.project,
            file_name: self.file_name.as_deref(),
            version: self.version.as_deref(),
            hashes: &self.hashes,
        }
    }

    /// Compares the claim with a signed length and signed hashes. Every hash with a common
    /// algorithm must be equal, and there must be one. Returns the algorithms of the compared
    /// hashes.
    pub fn compare(
        &self,
        length: Option<u64>,
        hashes: &Hashes,
    ) -> Result<Vec<&'static str>, Error> {
        if let (Some(found), Some(expected)) = (self.length, length)
            && found != expected
        {
            return Err(CoreError::LengthMismatch { role: None, expected, found }.into());
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
                return Err(
                    CoreError::HashMismatch { role: None, algorithm, expected, found }.into()
                );
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
                "no common hash: the file has {}, the repository signs {}",
                names(&self.hashes),
                names(hashes)
            );
            return Err(Error::new(Code::NoCommonHash, message));
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
        let code = |error: Error| error.code();
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
