//! Provenance documents: all attestations of a file, and what they come to.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use picotuf::Time;

use crate::attestation::{Attestation, document};
use crate::error::{Document, Error, Problem, Unsupported};
use crate::json::Object;
use crate::limits::{Limit, Limits};
use crate::publisher::{Identity, Spec, Stated};
use crate::statement::{Distribution, Predicate};
use crate::trusted_root::TrustedRoot;
use crate::verify::Verified;

/// A provenance object of PEP 740, which an index serves with the attestations of a file.
///
/// Nothing in it has been verified: [`check`](Provenance::check) does that.
#[derive(Clone, Debug)]
pub struct Provenance {
    bundles: Vec<Bundle>,
}

#[derive(Clone, Debug)]
struct Bundle {
    stated: Option<Stated>,
    attestations: Vec<Result<Attestation, Error>>,
}

/// The result for one attestation of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// The publisher that the document states; `None` if there is no document. Not signed.
    pub stated: Option<Stated>,
    /// What was verified, or why the attestation does not hold. One that
    /// [is unsupported](Error::is_unsupported) counts for nothing and does no harm.
    pub outcome: Result<Verified, Error>,
    /// The file's name as the attestation has it, where that is another spelling of the name that
    /// was asked about: `six-2.0.tar.gz` of `Six-2.0.0.tar.gz`. `None` if the names are equal, or
    /// the attestation does not hold.
    pub other_name: Option<String>,
}

/// The combined result for all attestations of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Each attestation, in the document's order.
    pub attestations: Vec<Checked>,
    /// Who published the file: the one whose publish attestation holds, and who was asked for if
    /// anybody was. Without somebody asked for it says who that is, and nothing of whether it is
    /// the right one: anybody can attest anything of a file of his own.
    ///
    /// # Errors
    /// Of an attestation that does not hold or is about another file; [`Error::OtherPublisher`];
    /// [`Error::NoPublishAttestation`]; [`Error::NoAttestations`].
    pub outcome: Result<Identity, Error>,
    /// Everybody whose publish attestation holds, whoever was asked for: in the document's order,
    /// each once. A host that knows a publisher looks for it here and not in `outcome` alone, or
    /// its verdict would depend on the order of a document with several.
    ///
    /// Two certificates that say the same of a publisher are one identity; another branch or
    /// another commit makes two. Empty where an attestation that does not hold fails the document.
    pub identities: Vec<Identity>,
}

impl Provenance {
    /// Parses a provenance object, version 1. A malformed attestation in it fails on its own; the
    /// others are still read.
    ///
    /// # Errors
    /// [`Error::Json`] and [`Error::Member`] if the document is not of its form,
    /// [`Error::LimitReached`], [`Error::Unsupported`] if it is of another version.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let json = document(Document::Provenance, bytes, limits)?;
        let provenance = Object::outermost(Document::Provenance, &json)?;
        match provenance.number("version")? {
            Some(1) => {}
            None => return Err(provenance.wrong("version", Problem::Missing)),
            Some(version) => {
                let found = format!("{version}");
                return Err(Error::unsupported(Unsupported::ProvenanceVersion, &found));
            }
        }
        let (maximum, mut count) = (limits.attestations, 0_usize);
        let mut bundles = Vec::new();
        let name = "attestation_bundles";
        for bundle in provenance.required_array(name, Limit::Attestations, maximum)? {
            let bundle = Object::of(Document::Provenance, name, bundle)?;
            let stated = Stated::of(bundle.object("publisher")?)?;
            let elements = bundle.required_array("attestations", Limit::Attestations, maximum)?;
            count = count.saturating_add(elements.len());
            if count > maximum {
                return Err(Error::limit(Limit::Attestations, maximum));
            }
            let attestations = elements
                .iter()
                .map(|element| {
                    Attestation::of(Object::of(Document::Attestation, "attestations", element)?)
                })
                .collect();
            bundles.push(Bundle { stated: Some(stated), attestations });
        }
        Ok(Provenance { bundles })
    }

    /// Creates a provenance object with a single attestation.
    pub fn of_attestation(attestation: Attestation) -> Self {
        let attestations = Vec::from([Ok(attestation)]);
        Provenance { bundles: Vec::from([Bundle { stated: None, attestations }]) }
    }

    /// Returns the number of attestations.
    pub fn len(&self) -> usize {
        self.bundles.iter().map(|bundle| bundle.attestations.len()).sum()
    }

    /// Returns whether there is no attestation.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Verifies all attestations against a file, and returns who published it.
    ///
    /// At least one attestation of PyPI's publish type must hold, by the publisher that was asked
    /// for if one was. One that does not hold or is about another file fails the whole document;
    /// what this version does not know counts for nothing. `now` is as in [`TrustedRoot::verify`].
    pub fn check(
        &self,
        root: &TrustedRoot,
        file: &Distribution<'_>,
        asked: Option<&Spec>,
        now: Option<Time>,
    ) -> Report {
        let mut attestations = Vec::new();
        for bundle in &self.bundles {
            for attestation in &bundle.attestations {
                let outcome = match attestation {
                    Ok(attestation) => check(root, attestation, bundle.stated.as_ref(), file, now),
                    Err(error) => Err(error.clone()),
                };
                let attested = outcome.as_ref().ok().map(|verified| &verified.statement.name);
                let other_name = attested.filter(|name| *name != file.name()).cloned();
                attestations.push(Checked { stated: bundle.stated.clone(), outcome, other_name });
            }
        }
        match identities(&attestations) {
            Ok(identities) => {
                let outcome = outcome(&attestations, &identities, asked);
                Report { attestations, outcome, identities }
            }
            Err(error) => Report { attestations, outcome: Err(error), identities: Vec::new() },
        }
    }
}

fn check(
    root: &TrustedRoot,
    attestation: &Attestation,
    stated: Option<&Stated>,
    file: &Distribution<'_>,
    now: Option<Time>,
) -> Result<Verified, Error> {
    let verified = root.verify(attestation, now)?;
    verified.statement.is_about(file)?;
    if let Predicate::Other(uri) = &verified.statement.predicate {
        return Err(Error::unsupported(Unsupported::Predicate, uri));
    }
    let identity = verified.identity()?;
    if let Some(stated) = stated {
        stated.check(&identity)?;
    }
    Ok(verified)
}

fn errors(attestations: &[Checked]) -> impl Iterator<Item = &Error> {
    attestations.iter().filter_map(|checked| checked.outcome.as_ref().err())
}

/// Who published the file: each identity once.
fn identities(attestations: &[Checked]) -> Result<Vec<Identity>, Error> {
    if let Some(error) = errors(attestations).find(|error| !error.is_unsupported()) {
        return Err(error.clone());
    }
    let mut identities = Vec::new();
    for verified in attestations.iter().filter_map(|checked| checked.outcome.as_ref().ok()) {
        if verified.statement.predicate == Predicate::Publish
            && let Ok(identity) = verified.identity()
            && !identities.contains(&identity)
        {
            identities.push(identity);
        }
    }
    Ok(identities)
}

fn outcome(
    attestations: &[Checked],
    identities: &[Identity],
    asked: Option<&Spec>,
) -> Result<Identity, Error> {
    let Some(first) = identities.first() else {
        return Err(match (attestations, errors(attestations).next()) {
            ([], _) => Error::NoAttestations,
            ([_], Some(error)) => error.clone(),
            _ => Error::NoPublishAttestation,
        });
    };
    let Some(asked) = asked else {
        return Ok(first.clone());
    };
    match identities.iter().find(|identity| asked.is(&identity.publisher)) {
        Some(identity) => Ok(identity.clone()),
        None => Err(Error::OtherPublisher {
            asked: format!("{asked}"),
            found: format!("{}", first.publisher),
        }),
    }
}
