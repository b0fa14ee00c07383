//! The verification of one attestation.

use alloc::vec::Vec;

use picotuf::Time;

use crate::attestation::Attestation;
use crate::certificate::Certificate;
use crate::claims::Claims;
use crate::error::Error;
use crate::publisher::Identity;
use crate::rekor::{self, About, Logged};
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
        let certificate = Certificate::parse(&attestation.certificate)?;
        let uses = certificate.uses;
        if uses.is_authority
            || !uses.digital_signature
            || !uses.extended.is_some_and(|extended| extended.code_signing)
        {
            return Err(Error::CertificateForm { what: "its uses are not to sign code" });
        }

        let (times, reason) = self.timestamps(attestation);
        let about = About {
            statement: &attestation.statement,
            signature: &attestation.signature,
            certificate: &attestation.certificate,
            key: &certificate.key,
        };
        let (log_entries, times) = self.entries(attestation, &about, times).map_err(|error| {
            // A timestamp that does not hold is why there is no time.
            if error == Error::NoSignedTime { reason.unwrap_or(error) } else { error }
        })?;
        if let (Some(now), Some(last)) = (now, times.last())
            && *last > now
        {
            return Err(Error::NotYet { at: *last, now });
        }

        let issuer = self.issuer_of(&certificate, &times)?;
        sct::check(self, &certificate, &issuer.key_sha256)?;
        let envelope = rekor::pre_authentication(&attestation.statement);
        let signed = [envelope.as_bytes(), &attestation.statement];
        if !certificate.key.verifies(&signed, &attestation.signature) {
            return Err(Error::EnvelopeSignature);
        }
        let statement = Statement::parse(&attestation.statement)?;
        Ok(Verified { statement, claims: certificate.claims()?, log_entries, times })
    }

    #[cfg(feature = "timestamp")]
    fn timestamps(&self, attestation: &Attestation) -> (Vec<Time>, Option<Error>) {
        crate::timestamp::times(self, &attestation.timestamps, &attestation.signature)
    }

    /// Without the feature, no timestamp counts.
    #[cfg(not(feature = "timestamp"))]
    fn timestamps(&self, _: &Attestation) -> (Vec<Time>, Option<Error>) {
        (Vec::new(), None)
    }

    /// Verifies all log entries, and says when each of them and each timestamp is of.
    fn entries(
        &self,
        attestation: &Attestation,
        about: &About<'_>,
        times: Vec<Time>,
    ) -> Result<(Vec<Logged>, Vec<Time>), Error> {
        let (mut logged, mut reason) = (Vec::new(), Error::LogEntryMissing);
        for entry in &attestation.entries {
            match rekor::verify(self, entry, about, &times) {
                Ok(entry) => logged.push(entry),
                Err(error @ (Error::UnknownLog { .. } | Error::Unsupported { .. })) => {
                    reason = error;
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
