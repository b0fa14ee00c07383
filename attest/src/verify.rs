//! The verification of one attestation.

use alloc::vec::Vec;

use picotuf::Time;

use crate::attestation::{Attestation, Material};
use crate::certificate::Certificate;
use crate::claims::Claims;
use crate::error::Error;
use crate::publisher::Identity;
use crate::rekor::{self, About, Logged, Signed};
use crate::sct;
use crate::statement::Statement;
use crate::trusted_root::TrustedRoot;

/// A verified attestation: who signed it, what it states, and when it was logged. Only
/// [`TrustedRoot::verify`] creates one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// What is signed.
    pub statement: Statement,
    /// What the certificate says of who signed it.
    pub claims: Claims,
    /// Where and when it was logged: at least one entry.
    pub log_entries: Vec<Logged>,
    /// When it was signed, on the word of logs and of timestamp authorities: at least one time, in
    /// order.
    pub times: Vec<Time>,
}

impl Verified {
    /// Returns the signer as a publisher of a kind that PyPI supports.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the identity provider is none of those: a person signed, or a
    /// machine that PyPI takes no files from. [`Error::PublisherClaims`] if the claims are not of
    /// the form that the provider's have.
    pub fn identity(&self) -> Result<Identity, Error> {
        Identity::of(self.claims.clone())
    }
}

impl TrustedRoot {
    /// Verifies the signature, the certificate and the log entries of an attestation with the keys
    /// of this trusted root that were valid when it was signed. Does not check which file it is
    /// about.
    ///
    /// A log entry of a kind or a log that is not known counts for nothing; one that is known must
    /// hold, and there must be one. `now` is the present time, which a signature may not be later
    /// than; without it, that is not checked.
    ///
    /// # Errors
    /// As [`Error`] says, but for what is said there of files, provenance documents and what was
    /// asked for.
    pub fn verify(&self, attestation: &Attestation, now: Option<Time>) -> Result<Verified, Error> {
        let Attestation { material, statement } = attestation;
        let certificate = Certificate::parse(&material.certificate)?;
        let signed = Signed::Statement(statement);
        let (log_entries, times) = self.verify_material(material, &certificate, signed, now)?;
        let envelope = rekor::pre_authentication(statement);
        if !certificate.key.verifies(&[envelope.as_bytes(), statement], &material.signature) {
            return Err(Error::EnvelopeSignature);
        }
        let statement = Statement::parse(statement)?;
        Ok(Verified { statement, claims: certificate.claims()?, log_entries, times })
    }

    /// Verifies all but the signature itself: that the certificate is one to sign with, who issued
    /// it, and what the logs say. Returns the log entries, and when it was signed.
    pub(crate) fn verify_material(
        &self,
        material: &Material,
        certificate: &Certificate<'_>,
        signed: Signed<'_>,
        now: Option<Time>,
    ) -> Result<(Vec<Logged>, Vec<Time>), Error> {
        let uses = certificate.uses;
        if uses.is_authority
            || !uses.digital_signature
            || !uses.extended.is_some_and(|extended| extended.code_signing)
        {
            return Err(Error::CertificateForm { what: "its uses are not to sign code" });
        }

        let (times, reason) = self.timestamps(material);
        let about = About {
            signed,
            signature: &material.signature,
            certificate: &material.certificate,
            key: &certificate.key,
        };
        let (log_entries, times) = self.entries(material, &about, times).map_err(|error| {
            // A timestamp that does not hold is why there is no time.
            if error == Error::NoSignedTime { reason.unwrap_or(error) } else { error }
        })?;
        if let (Some(now), Some(last)) = (now, times.last())
            && *last > now
        {
            return Err(Error::NotYet { at: *last, now });
        }

        let issuer = self.issuer_of(certificate, &times)?;
        sct::check(self, certificate, &issuer.key_sha256, &times)?;
        Ok((log_entries, times))
    }

    #[cfg(feature = "timestamp")]
    fn timestamps(&self, material: &Material) -> (Vec<Time>, Option<Error>) {
        crate::timestamp::times(self, &material.timestamps, &material.signature)
    }

    /// Without the feature, no timestamp counts.
    #[cfg(not(feature = "timestamp"))]
    fn timestamps(&self, _: &Material) -> (Vec<Time>, Option<Error>) {
        (Vec::new(), None)
    }

    /// Verifies all log entries, and says when each of them and each timestamp is of.
    fn entries(
        &self,
        material: &Material,
        about: &About<'_>,
        times: Vec<Time>,
    ) -> Result<(Vec<Logged>, Vec<Time>), Error> {
        let (mut logged, mut reason) = (Vec::new(), Error::LogEntryMissing);
        for entry in &material.entries {
            match rekor::verify(self, entry, about, &times) {
                Ok(entry) => logged.push(entry),
                Err(error @ (Error::UnknownLog { .. } | Error::Unsupported { .. })) => {
                    // What a newer version may know goes before what is not known at all.
                    if !reason.is_unsupported() {
                        reason = error;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        if logged.is_empty() {
            return Err(reason);
        }
        let mut ordered = Vec::new();
        for time in times.into_iter().chain(logged.iter().filter_map(|entry| entry.integrated_time))
        {
            if let Err(place) = ordered.binary_search(&time) {
                ordered.insert(place, time);
            }
        }
        Ok((logged, ordered))
    }
}
