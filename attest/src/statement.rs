//! In-toto statements: which file, and what is said of it.

use alloc::string::String;
use core::fmt;

use picotuf::pypi::{FileKind, FileName};

use crate::error::{Document, Error, Unsupported};
use crate::hash::to_hex;
use crate::json::{Json, Object};
use crate::limits::{JSON_VALUES_MAX, Limit};

/// A distribution file, by its name and SHA-256, whose publisher is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Distribution<'d> {
    name: &'d str,
    sha256: [u8; 32],
}

impl<'d> Distribution<'d> {
    /// Creates a distribution from its file name and SHA-256.
    ///
    /// # Errors
    /// [`Error::FileName`] if the name is not one of a wheel or an sdist (`.whl`, `.tar.gz`,
    /// `.zip`): PyPI takes attestations of these alone.
    pub fn new(name: &'d str, sha256: [u8; 32]) -> Result<Self, Error> {
        match parsed(name) {
            Some(_) => Ok(Distribution { name, sha256 }),
            None => Err(Error::FileName { name: name.into() }),
        }
    }

    /// Returns the file name.
    pub fn name(&self) -> &'d str {
        self.name
    }

    /// Returns the SHA-256 of the file.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }
}

fn parsed(name: &str) -> Option<FileName<'_>> {
    let is_known = [".whl", ".tar.gz", ".zip"].iter().any(|extension| name.ends_with(extension));
    let name = FileName::parse(name).ok().filter(|_| is_known)?;
    matches!(name.kind, FileKind::Wheel | FileKind::Sdist).then_some(name)
}

/// The predicate type of an attestation: what it states about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Predicate {
    /// The publisher published it on PyPI: `https://docs.pypi.org/attestations/publish/v1`.
    Publish,
    /// How it was built: `https://slsa.dev/provenance/v1`.
    Provenance,
    /// Something that this version does not know.
    Other(String),
}

const PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";
const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

impl Predicate {
    fn of(uri: &str) -> Self {
        match uri {
            PUBLISH => Predicate::Publish,
            PROVENANCE => Predicate::Provenance,
            _ => Predicate::Other(uri.into()),
        }
    }

    /// Returns the URI of the type.
    pub fn uri(&self) -> &str {
        match self {
            Predicate::Publish => PUBLISH,
            Predicate::Provenance => PROVENANCE,
            Predicate::Other(uri) => uri,
        }
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.uri())
    }
}

/// An in-toto statement of version 1 about one file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statement {
    /// The file's name.
    pub name: String,
    /// The file's SHA-256, as it is spelled there.
    pub sha256: String,
    /// What is said of it.
    pub predicate: Predicate,
}

impl Statement {
    /// Parses a statement.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let json = Json::parse(Document::Statement, bytes)?;
        let statement = Object::outermost(Document::Statement, &json)?;
        let kind = statement.text("_type")?;
        if kind != "https://in-toto.io/Statement/v1" {
            return Err(Error::unsupported(Unsupported::StatementType, kind));
        }
        let predicate = Predicate::of(statement.text("predicateType")?);
        let subjects = statement.array("subject", Limit::JsonValues, JSON_VALUES_MAX)?;
        let [subject] = subjects else {
            return Err(Error::Subjects { count: subjects.len() });
        };
        let subject = Object::of(Document::Statement, "subject", subject)?;
        Ok(Statement {
            name: subject.text("name")?.into(),
            sha256: subject.object("digest")?.text("sha256")?.into(),
            predicate,
        })
    }

    /// Checks that the statement is about this file. Two spellings of one file name are equal.
    ///
    /// # Errors
    /// [`Error::SubjectName`], [`Error::SubjectDigest`].
    pub fn is_about(&self, file: &Distribution<'_>) -> Result<(), Error> {
        if self.sha256 != to_hex(&file.sha256) {
            let (expected, found) = (file.sha256, self.sha256.clone());
            return Err(Error::SubjectDigest { expected, found });
        }
        let same = match (parsed(&self.name), parsed(file.name)) {
            (Some(stated), Some(name)) => stated.is_spelling_of(&name),
            _ => false,
        };
        if same {
            Ok(())
        } else {
            Err(Error::SubjectName { expected: file.name.into(), found: self.name.clone() })
        }
    }
}
