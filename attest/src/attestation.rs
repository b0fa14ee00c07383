//! Attestations, as PyPI and as Sigstore write them down. Nothing in them has been verified.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::{Document, Error, Problem, Unsupported};
use crate::json::{Json, Object, base64};
use crate::limits::{
    CERTIFICATE_LENGTH_MAX, CHECKPOINT_LENGTH_MAX, LOG_ENTRIES_MAX, LOG_ENTRY_LENGTH_MAX, Limit,
    Limits, PROOF_HASHES_MAX,
};
#[cfg(feature = "bundle")]
use crate::limits::{CHAIN_LENGTH_MAX, SIGNATURES_MAX, TIMESTAMP_LENGTH_MAX, TIMESTAMPS_MAX};

/// An attestation: a signed statement about a file, the certificate of its signer, and its entries
/// in transparency logs.
///
/// Nothing in it has been verified: [`TrustedRoot::verify`](crate::TrustedRoot::verify) does that.
#[derive(Clone, Debug)]
pub struct Attestation {
    pub(crate) material: Material,
    /// What is signed: an in-toto statement in JSON.
    pub(crate) statement: Vec<u8>,
}

/// A signature, and what it takes to verify it.
#[derive(Clone, Debug)]
pub(crate) struct Material {
    pub(crate) certificate: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) entries: Vec<LogEntry>,
    /// Timestamps of RFC 3161, in DER.
    #[cfg_attr(not(feature = "timestamp"), allow(dead_code, reason = "none counts"))]
    pub(crate) timestamps: Vec<Vec<u8>>,
}

/// An entry of a log of signatures, as it came.
#[derive(Clone, Debug)]
pub(crate) struct LogEntry {
    pub(crate) log: Vec<u8>,
    pub(crate) index: u64,
    pub(crate) kind: String,
    pub(crate) version: String,
    /// Seconds since 1970; 0 where the log states none.
    pub(crate) integrated_time: u64,
    pub(crate) promise: Option<Vec<u8>>,
    pub(crate) proof: Proof,
    pub(crate) body: Vec<u8>,
}

/// That an entry is in a log.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) index: u64,
    pub(crate) size: u64,
    pub(crate) root: [u8; 32],
    pub(crate) hashes: Vec<[u8; 32]>,
    pub(crate) checkpoint: String,
}

/// The payload type that an envelope of an attestation has.
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// The longest statement, in bytes: as long as a document can be.
const STATEMENT_LENGTH_MAX: usize = usize::MAX / 4;

impl Attestation {
    /// Parses an attestation object of PEP 740, version 1.
    ///
    /// # Errors
    /// [`Error::Json`] and [`Error::Member`] if it is not of its form, [`Error::LimitReached`],
    /// [`Error::Unsupported`] if it is of another version.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let json = document(Document::Attestation, bytes, limits)?;
        Self::of(Object::outermost(Document::Attestation, &json)?)
    }

    /// Returns an attestation object that is part of a document.
    pub(crate) fn of(object: Object<'_>) -> Result<Self, Error> {
        match object.number("version")? {
            Some(1) => {}
            None => return Err(object.wrong("version", Problem::Missing)),
            Some(version) => {
                let found = alloc::format!("{version}");
                return Err(Error::unsupported(Unsupported::AttestationVersion, &found));
            }
        }
        let material = object.object("verification_material")?;
        let envelope = object.object("envelope")?;
        Ok(Attestation {
            statement: envelope.bytes(
                "statement",
                Limit::ProvenanceLength,
                STATEMENT_LENGTH_MAX,
            )?,
            material: Material {
                certificate: certificate(material, "certificate")?,
                signature: signature(envelope, "signature")?,
                entries: log_entries(material, "transparency_entries")?,
                timestamps: Vec::new(),
            },
        })
    }

    /// Parses a Sigstore bundle of version 0.1, 0.2 or 0.3 that holds an envelope and a
    /// certificate.
    ///
    /// # Errors
    /// [`Error::Json`] and [`Error::Member`] if it is not of its form, [`Error::LimitReached`],
    /// [`Error::Unsupported`] if it is of another version, holds a signature over a file in place
    /// of an envelope, or was made with a key that no certificate is for.
    #[cfg(feature = "bundle")]
    pub fn parse_bundle(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let json = document(Document::Bundle, bytes, limits)?;
        let bundle = Object::outermost(Document::Bundle, &json)?;
        let mut material = Material::of_bundle(bundle, "messageSignature")?;
        let envelope = bundle.object("dsseEnvelope")?;
        let payload_type = envelope.text("payloadType")?;
        if payload_type != PAYLOAD_TYPE {
            return Err(Error::unsupported(Unsupported::PayloadType, payload_type));
        }
        let signatures = envelope.array("signatures", Limit::Signatures, SIGNATURES_MAX)?;
        // The signer is one, and what another signature means is not said anywhere.
        let [signed] = signatures else {
            return Err(envelope.wrong("signatures", Problem::Value));
        };
        let signed = Object::of(Document::Bundle, "signatures", signed)?;
        material.signature = signature(signed, "sig")?;
        Ok(Attestation {
            material,
            statement: envelope.bytes("payload", Limit::ProvenanceLength, STATEMENT_LENGTH_MAX)?,
        })
    }

    /// Returns the in-toto statement in JSON, which is not verified yet.
    pub fn unverified_statement(&self) -> &[u8] {
        &self.statement
    }
}

#[cfg(feature = "bundle")]
impl Material {
    /// Returns what a bundle has beside what is signed and the signature, which is left empty.
    /// `other` is the content that it must not have.
    pub(crate) fn of_bundle(bundle: Object<'_>, other: &str) -> Result<Self, Error> {
        let media_type = bundle.text("mediaType")?;
        let has_chain = match media_type {
            "application/vnd.dev.sigstore.bundle+json;version=0.1"
            | "application/vnd.dev.sigstore.bundle+json;version=0.2" => true,
            "application/vnd.dev.sigstore.bundle+json;version=0.3"
            | "application/vnd.dev.sigstore.bundle.v0.3+json" => false,
            _ => return Err(Error::unsupported(Unsupported::BundleVersion, media_type)),
        };
        if bundle.get(other).is_some() {
            return Err(Error::unsupported(Unsupported::BundleContent, other));
        }
        let material = bundle.object("verificationMaterial")?;
        if material.get("publicKey").is_some() {
            return Err(Error::unsupported(Unsupported::BundleContent, "publicKey"));
        }
        let certificate = if has_chain {
            // Certificates of authorities may stand behind the signer's: the trusted root has them.
            let chain = material.object("x509CertificateChain")?;
            let chain = chain.array("certificates", Limit::ChainLength, CHAIN_LENGTH_MAX)?;
            let first = chain.first().ok_or(material.wrong("certificates", Problem::Missing))?;
            certificate(Object::of(Document::Bundle, "certificates", first)?, "rawBytes")?
        } else {
            certificate(material.object("certificate")?, "rawBytes")?
        };
        let mut timestamps = Vec::new();
        if let Some(data) = material.optional_object("timestampVerificationData")? {
            for element in data.array("rfc3161Timestamps", Limit::Timestamps, TIMESTAMPS_MAX)? {
                let element = Object::of(Document::Bundle, "rfc3161Timestamps", element)?;
                timestamps.push(element.bytes(
                    "signedTimestamp",
                    Limit::TimestampLength,
                    TIMESTAMP_LENGTH_MAX,
                )?);
            }
        }
        let entries = log_entries(material, "tlogEntries")?;
        Ok(Material { certificate, signature: Vec::new(), entries, timestamps })
    }
}

/// Reads a document whose length is bounded.
pub(crate) fn document(kind: Document, bytes: &[u8], limits: &Limits) -> Result<Json, Error> {
    if bytes.len() > limits.provenance_length {
        return Err(Error::limit(Limit::ProvenanceLength, limits.provenance_length));
    }
    Json::parse(kind, bytes)
}

fn certificate(object: Object<'_>, name: &'static str) -> Result<Vec<u8>, Error> {
    object.bytes(name, Limit::CertificateLength, CERTIFICATE_LENGTH_MAX)
}

pub(crate) fn signature(object: Object<'_>, name: &'static str) -> Result<Vec<u8>, Error> {
    object.bytes(name, Limit::CertificateLength, CERTIFICATE_LENGTH_MAX)
}

fn log_entries(material: Object<'_>, name: &'static str) -> Result<Vec<LogEntry>, Error> {
    let elements = material.array(name, Limit::LogEntries, LOG_ENTRIES_MAX)?;
    elements
        .iter()
        .map(|element| log_entry(Object::of(material.document, name, element)?))
        .collect()
}

fn log_entry(entry: Object<'_>) -> Result<LogEntry, Error> {
    let kind = entry.object("kindVersion")?;
    let promise = entry.optional_object("inclusionPromise")?;
    let proof = entry.object("inclusionProof")?;
    let mut hashes = Vec::new();
    for element in proof.array("hashes", Limit::ProofHashes, PROOF_HASHES_MAX)? {
        let bytes = if let Json::Text(text) = element { base64(text) } else { None };
        let hash = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        hashes.push(hash.ok_or(proof.wrong("hashes", Problem::Value))?);
    }
    let checkpoint = proof.object("checkpoint")?.text("envelope")?;
    if checkpoint.len() > CHECKPOINT_LENGTH_MAX {
        return Err(Error::limit(Limit::CheckpointLength, CHECKPOINT_LENGTH_MAX));
    }
    Ok(LogEntry {
        log: entry.object("logId")?.bytes(
            "keyId",
            Limit::CertificateLength,
            CERTIFICATE_LENGTH_MAX,
        )?,
        index: entry.integer("logIndex")?,
        kind: kind.text("kind")?.into(),
        version: kind.text("version")?.into(),
        integrated_time: entry.integer("integratedTime")?,
        promise: promise.map(|promise| signature(promise, "signedEntryTimestamp")).transpose()?,
        proof: Proof {
            index: proof.integer("logIndex")?,
            size: proof.integer("treeSize")?,
            root: proof.sha256("rootHash")?,
            hashes,
            checkpoint: checkpoint.into(),
        },
        body: entry.bytes("canonicalizedBody", Limit::LogEntryLength, LOG_ENTRY_LENGTH_MAX)?,
    })
}
