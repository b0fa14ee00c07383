//! What is asked of a file, and what comes of it.

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

/// A file of a project as somebody has it, or wants it: on disk, or pinned in a lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The project.
    pub project: ProjectName,
    /// The version, where it is known; layouts may have it in a path.
    pub version: Option<String>,
    /// The file's name. Without one, only index pages can be asked, by hash.
    pub file_name: Option<String>,
    /// What is known of the file's content: at least one.
    pub hashes: Hashes,
    /// The file's length in bytes.
    pub length: Option<u64>,
}

/// A claim that holds, and why.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The file's name: that of the claim, or the page's for the claim's hash.
    pub file_name: Option<String>,
    /// Who speaks for the file: `pypi`, `developer-online`, `developer`.
    #[serde(serialize_with = "by_name")]
    pub signed_by: SignedBy,
    /// The path of the target that does.
    pub target: String,
    /// The roles that lead to that target, from `targets` on.
    pub chain: Vec<Link>,
    /// The hash functions by which the file was compared.
    pub compared: Vec<&'static str>,
    /// What the index page states of the file, where the target is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<PageEntry>,
    /// What the index page says of the project, where it says anything but that it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_status: Option<Status>,
    /// The known members of `custom`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<KnownFields>,
    /// What is signed about the target besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom: Option<Box<RawValue>>,
}

/// A role of the chain.
#[derive(Debug, Serialize)]
pub struct Link {
    /// Version, expiry, signers.
    #[serde(flatten)]
    pub role: TrustedRole,
    /// Whose its keys are, as the layout says: `pypi-offline`, `pypi-online`, `developer`.
    pub owner: &'static str,
}

/// An index page's entry.
#[derive(Debug, Serialize)]
pub struct PageEntry {
    /// That the file was yanked, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yanked: Option<String>,
    /// The versions of Python that it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_python: Option<String>,
    /// Whether the metadata of the wheel is there as a file of its own.
    pub core_metadata: bool,
}

/// The state of a project (PEP 792), as its index page has it.
#[derive(Debug, Serialize)]
pub struct Status {
    /// `archived`, `deprecated`, `quarantined`, or another text that is not known here.
    pub status: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a caller requires of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// The project's developers have signed, with keys that PyPI vouches for offline.
    Developer,
    /// The project's developers have signed. PyPI may vouch for their keys online, as for recently
    /// claimed projects.
    DeveloperOnline,
    /// PyPI itself has signed, and no developer.
    Pypi,
    /// All files are wheels, whoever has signed, so that no installer builds anything.
    Wheels,
}

impl FromStr for Requirement {
    type Err = String;

    /// Reads the name.
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Requirement::ALL.into_iter().find(|requirement| requirement.name() == text);
        found.ok_or_else(|| {
            let names = Requirement::ALL.map(Requirement::name);
            format!("{text:?} is not one of {}", names.join(", "))
        })
    }
}

impl Requirement {
    /// All of them.
    pub const ALL: [Requirement; 4] = [
        Requirement::Developer,
        Requirement::DeveloperOnline,
        Requirement::Pypi,
        Requirement::Wheels,
    ];

    /// Whether these are who must have signed.
    pub fn is_met(self, by: SignedBy) -> bool {
        match self {
            Requirement::Developer => by == SignedBy::Developer,
            Requirement::DeveloperOnline => by >= SignedBy::DeveloperOnline,
            Requirement::Pypi => by == SignedBy::Index,
            // The files are looked at, not their signers.
            Requirement::Wheels => true,
        }
    }

    /// For programs.
    pub fn name(self) -> &'static str {
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
    pub fn line(&self) -> String {
        let why = self.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        OneLine(&format!("{}{why}", self.status)).to_string()
    }
}

impl Finding {
    /// Refuses a file that others have signed than is required.
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
    /// What layouts make paths of.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            project: &self.project,
            file_name: self.file_name.as_deref(),
            version: self.version.as_deref(),
            hashes: &self.hashes,
        }
    }

    /// Compares with what is signed: the length where both are known, and every hash of a kind that
    /// both have, of which there must be one. Says which kinds these are.
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
