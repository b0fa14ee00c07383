//! Signatures over a message by itself, without a statement: what Sigstore bundles hold that sign a
//! file, and the signatures of TUF roles by identities.

use alloc::format;
use alloc::vec::Vec;

use picotuf::Time;

use crate::attestation::{Material, document, signature};
use crate::certificate::Certificate;
use crate::claims::Claims;
use crate::error::{Document, Error, Problem, Unsupported};
use crate::hash::Hash;
use crate::json::Object;
use crate::key::SignatureAlgorithm;
use crate::limits::Limits;
use crate::rekor::{Logged, Signed};
use crate::trusted_root::TrustedRoot;

/// A Sigstore bundle with a signature over a message.
///
/// Nothing in it has been verified: [`TrustedRoot::verify_message`] does that.
#[derive(Clone, Debug)]
pub struct MessageSignature {
    material: Material,
    /// The SHA-256 of the message, where the bundle states it.
    stated: Option<[u8; 32]>,
}

/// A verified signature over a message: who signed it, and when it was logged. Only
/// [`TrustedRoot::verify_message`] creates one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signer {
    /// What the certificate says of who signed it.
    pub claims: Claims,
    /// Where and when it was logged: at least one entry.
    pub log_entries: Vec<Logged>,
    /// When it was signed, on the word of logs and of timestamp authorities: at least one time, in
    /// order.
    pub times: Vec<Time>,
}

impl MessageSignature {
    /// Parses a Sigstore bundle of version 0.1, 0.2 or 0.3 that holds a signature over a message
    /// and a certificate.
    ///
    /// # Errors
    /// [`Error::Json`] and [`Error::Member`] if it is not of its form, [`Error::LimitReached`],
    /// [`Error::Unsupported`] if it is of another version, holds an envelope in place of a
    /// signature, names another hash than SHA-256, or was made with a key that no certificate is
    /// for.
    pub fn parse_bundle(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let json = document(Document::Bundle, bytes, limits)?;
        let bundle = Object::outermost(Document::Bundle, &json)?;
        let mut material = Material::of_bundle(bundle, "dsseEnvelope")?;
        let content = bundle.object("messageSignature")?;
        let stated = match content.optional_object("messageDigest")? {
            None => None,
            Some(digest) => {
                let algorithm = digest.text("algorithm")?;
                if algorithm != "SHA2_256" {
                    return Err(Error::unsupported(Unsupported::BundleContent, algorithm));
                }
                Some(digest.sha256("digest")?)
            }
        };
        material.signature = signature(content, "signature")?;
        Ok(MessageSignature { material, stated })
    }
}

impl TrustedRoot {
    /// Verifies the signature, the certificate and the log entries of a bundle over a message that
    /// has this SHA-256, with the keys of this trusted root that were valid when it was signed. The
    /// result says who signed, not whether that is the right one.
    ///
    /// `now` is as in [`TrustedRoot::verify`].
    ///
    /// # Errors
    /// As [`Error`] says; [`Error::MessageSignature`] if it is a signature over another message;
    /// [`Error::Unsupported`] if the certificate's key is not one of P-256.
    pub fn verify_message(
        &self,
        signed: &MessageSignature,
        sha256: &[u8; 32],
        now: Option<Time>,
    ) -> Result<Signer, Error> {
        let MessageSignature { material, stated } = signed;
        if stated.is_some_and(|stated| stated != *sha256) {
            return Err(Error::MessageSignature);
        }
        let certificate = Certificate::parse(&material.certificate)?;
        // Others sign another hash of the message, which is not known here, or the message itself.
        if certificate.key.usual_algorithm() != SignatureAlgorithm::Ecdsa(Hash::Sha256) {
            return Err(Error::unsupported(Unsupported::Key, certificate.key.details()));
        }
        let content = Signed::Message(sha256);
        let (log_entries, times) = self.verify_material(material, &certificate, content, now)?;
        if !certificate.key.verifies_sha256(sha256, &material.signature) {
            return Err(Error::MessageSignature);
        }
        Ok(Signer { claims: certificate.claims()?, log_entries, times })
    }

    /// Verifies that a bundle is a signature by an identity over a message that has this SHA-256,
    /// as TUF has them of keys of type `sigstore-oidc`. Identity and issuer must be exactly those
    /// of the certificate.
    ///
    /// # Errors
    /// Those of [`MessageSignature::parse_bundle`] and [`TrustedRoot::verify_message`];
    /// [`Error::OtherIdentity`].
    pub fn verify_identity(
        &self,
        bundle: &[u8],
        (identity, issuer): (&str, &str),
        sha256: &[u8; 32],
        now: Option<Time>,
    ) -> Result<Signer, Error> {
        let signed = MessageSignature::parse_bundle(bundle, &Limits::DEFAULT)?;
        let signer = self.verify_message(&signed, sha256, now)?;
        let claims = &signer.claims;
        let found = claims.issuer.as_deref().ok_or_else(|| {
            Error::member(Document::Bundle, "issuer of the certificate", Problem::Missing)
        })?;
        if (claims.subject.as_str(), found) != (identity, issuer) {
            return Err(Error::OtherIdentity {
                asked: format!("{identity} of {issuer}"),
                found: format!("{} of {found}", claims.subject),
            });
        }
        Ok(signer)
    }
}
