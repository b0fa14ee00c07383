//! In-toto statements: which file, and what is said of it.

use alloc::string::String;
use alloc::vec::Vec;
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
    /// Parses a statement. One of a type that is not known counts for nothing, whichever numbers
    /// its predicate has: those that the reader refuses fail a statement of a known type alone.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Error> {
        match Json::parse(Document::Statement, bytes) {
            Ok(json) => Self::of(&json),
            Err(
                error @ Error::Json {
                    document: Document::Statement,
                    error: picotuf::Error::InvalidNumber { .. },
                },
            ) => {
                let Some(bytes) = without_numbers(bytes) else { return Err(error) };
                let json = Json::parse(Document::Statement, &bytes)?;
                let statement = Self::of(&json)?;
                match statement.predicate {
                    Predicate::Other(_) => Ok(statement),
                    Predicate::Publish | Predicate::Provenance => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    fn of(json: &Json) -> Result<Self, Error> {
        let statement = Object::outermost(Document::Statement, json)?;
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

/// Puts 0 in the place of each number: of fractions and exponents, and of any size (RFC 8259,
/// section 6). `None` if something begins as a number and is none.
fn without_numbers(json: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(json.len());
    let (mut rest, mut in_text) = (json, false);
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind.split_first()) {
            (b'-' | b'0'..=b'9', _) if !in_text => {
                out.push(b'0');
                rest = behind.get(number_length(*first, behind)?..).unwrap_or_default();
                continue;
            }
            (b'"', _) => in_text = !in_text,
            (b'\\', Some((escaped, behind))) if in_text => {
                out.extend([*first, *escaped]);
                rest = behind;
                continue;
            }
            _ => {}
        }
        out.push(*first);
    }
    Some(out)
}

/// The length of what belongs to a number behind its first byte.
fn number_length(first: u8, behind: &[u8]) -> Option<usize> {
    let mut rest = behind;
    let digits = |rest: &mut &[u8]| {
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        *rest = rest.get(count..).unwrap_or_default();
        count > 0
    };
    match (first, rest) {
        // No digit follows a 0 in front.
        (b'0', _) => {}
        (b'-', [b'0', after @ ..]) => rest = after,
        (b'-', _) => digits(&mut rest).then_some(())?,
        _ => drop(digits(&mut rest)),
    }
    if let [b'.', after @ ..] = rest {
        rest = after;
        digits(&mut rest).then_some(())?;
    }
    if let [b'e' | b'E', b'+' | b'-', after @ ..] | [b'e' | b'E', after @ ..] = rest {
        rest = after;
        digits(&mut rest).then_some(())?;
    }
    behind.len().checked_sub(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_alone_are_put_aside() {
        for (text, expected) in [
            (r#"{"a":1.5,"b":[-0.1e+9, 2E3 ,0,12]}"#, r#"{"a":0,"b":[0, 0 ,0,0]}"#),
            (r#"["1.5","\"1.5",2.5,"\\",3.5]"#, r#"["1.5","\"1.5",0,"\\",0]"#),
            ("1e999999999999", "0"),
            ("-0.5,-12E-1", "0,0"),
            // What is no number stays, and is refused.
            ("[.5,01.5,+1]", "[.0,00,+0]"),
            ("\"1.", "\"1."),
        ] {
            let out = without_numbers(text.as_bytes()).map(|out| String::from_utf8(out).ok());
            assert_eq!(out.flatten().as_deref(), Some(expected), "{text}");
        }
        for text in ["1.", "-", "1e", "1e+", "-a", "1.e1"] {
            assert_eq!(without_numbers(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_number_that_is_none_fails_any_statement() {
        for number in ["1.", "01", ".5", "1e", "+1", "--1"] {
            let text = alloc::format!(
                r#"{{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://x.example",
                "subject":[{{"name":"n","digest":{{"sha256":"00"}}}}],"predicate":[{number}]}}"#
            );
            assert!(Statement::parse(text.as_bytes()).is_err(), "{number}");
        }
    }
}
