//! Entries of Rekor, the log of signatures: of version 1 `dsse` 0.0.1 and, for a message,
//! `hashedrekord` 0.0.1; of version 2 `hashedrekord` 0.0.2.

use alloc::format;
use alloc::string::String;

use picotuf::Time;

use crate::attestation::{LogEntry, PAYLOAD_TYPE};
use crate::checkpoint::Checkpoint;
use crate::error::{Document, Error, LogKind, Problem, Unsupported};
use crate::hash::{sha256, to_hex};
use crate::json::{Json, Object, base64, to_base64};
use crate::key::{Key, SignatureAlgorithm};
use crate::limits::{Limit, SIGNATURES_MAX};
use crate::merkle::is_included;
use crate::trusted_root::TrustedRoot;

/// What an entry must be about.
pub(crate) struct About<'a> {
    pub(crate) signed: Signed<'a>,
    pub(crate) signature: &'a [u8],
    /// In DER.
    pub(crate) certificate: &'a [u8],
    pub(crate) key: &'a Key,
}

/// What is signed.
#[derive(Clone, Copy)]
pub(crate) enum Signed<'a> {
    /// A statement in an envelope.
    Statement(&'a [u8]),
    /// A message with this SHA-256.
    #[cfg(feature = "bundle")]
    Message(&'a [u8; 32]),
}

/// The verified log entry of a signature: which log, where in it, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logged {
    /// The log's URL, as the trusted root has it.
    pub log: String,
    /// The log's identifier.
    pub log_id: alloc::vec::Vec<u8>,
    /// The entry's number in the log, by which it is looked up.
    pub index: u64,
    /// The kind and version of the entry: `dsse 0.0.1`.
    pub kind: String,
    /// When the log says it took the entry. Version 2 of Rekor does not say.
    pub integrated_time: Option<Time>,
}

/// Verifies an entry: that the log promised it, that it is in the log, and that it is about this
/// very envelope and certificate. `times` are those of timestamp authorities.
pub(crate) fn verify(
    root: &TrustedRoot,
    entry: &LogEntry,
    about: &About<'_>,
    times: &[Time],
) -> Result<Logged, Error> {
    let kind = format!("{} {}", entry.kind, entry.version);
    let is_v1 = match (kind.as_str(), about.signed) {
        ("dsse 0.0.1", Signed::Statement(_)) => true,
        #[cfg(feature = "bundle")]
        ("hashedrekord 0.0.1", Signed::Message(_)) => true,
        ("hashedrekord 0.0.2", _) => false,
        _ => return Err(Error::unsupported(Unsupported::LogEntry, &kind)),
    };
    // A time that no promise vouches for is only a claim.
    let promise = entry.promise.as_deref().filter(|_| is_v1 && entry.integrated_time != 0);
    let integrated_time = match promise {
        Some(_) => {
            let seconds = i64::try_from(entry.integrated_time).ok();
            let wrong = Error::member(Document::Attestation, "integratedTime", Problem::Value);
            Some(Time::from_unix(seconds.ok_or(wrong)?))
        }
        None => None,
    };
    let at = integrated_time.or(times.first().copied()).ok_or(Error::NoSignedTime)?;
    let log = root.log(LogKind::Signatures, &entry.log, at)?;
    if let Some(promise) = promise {
        // The canonical JSON of these four members is what the log signs.
        let signed = format!(
            "{{\"body\":\"{}\",\"integratedTime\":{},\"logID\":\"{}\",\"logIndex\":{}}}",
            to_base64(&entry.body),
            entry.integrated_time,
            to_hex(&entry.log),
            entry.index
        );
        if !log.verifies(&[signed.as_bytes()], promise) {
            return Err(Error::LogPromise);
        }
    }
    let proof = &entry.proof;
    if !is_included(&entry.body, proof.index, proof.size, &proof.hashes, &proof.root) {
        return Err(Error::Inclusion);
    }
    let checkpoint = Checkpoint::parse(&proof.checkpoint)?;
    if (checkpoint.size, &checkpoint.root) != (proof.size, &proof.root) {
        return Err(Error::CheckpointMismatch);
    }
    let verifies = |note: &[u8], signature: &[u8]| log.verifies(&[note], signature);
    if !checkpoint.is_signed(log.checkpoint_key, verifies)? {
        return Err(Error::CheckpointSignature);
    }
    // Version 2 has one tree: both numbers are that of the entry in it.
    if !is_v1 && entry.index != proof.index {
        return Err(Error::LogEntryMismatch { what: "index" });
    }
    let body = Json::parse(Document::LogEntry, &entry.body)?;
    let body = Object::outermost(Document::LogEntry, &body)?;
    if (body.text("kind")?, body.text("apiVersion")?) != (&entry.kind, &entry.version) {
        return Err(Error::LogEntryMismatch { what: "kind" });
    }
    let spec = body.object("spec")?;
    match about.signed {
        _ if !is_v1 => is_about_in_v2(spec, about)?,
        Signed::Statement(statement) => is_about(spec, statement, about)?,
        #[cfg(feature = "bundle")]
        Signed::Message(sha256) => is_about_message(spec, sha256, about)?,
    }
    Ok(Logged {
        log: log.url.clone(),
        log_id: entry.log.clone(),
        index: entry.index,
        kind,
        integrated_time,
    })
}

/// Whether an entry of kind `dsse` 0.0.1 is about that envelope and certificate. It names a hash of
/// the envelope's JSON too, of which the spelling is not kept, so that nobody can check it.
fn is_about(spec: Object<'_>, statement: &[u8], about: &About<'_>) -> Result<(), Error> {
    let differs = |what| Err(Error::LogEntryMismatch { what });
    let hash = spec.object("payloadHash")?;
    if hash.text("algorithm")? != "sha256" {
        return differs("hash function");
    }
    if hash.text("value")? != to_hex(&sha256(&[statement])) {
        return differs("statement");
    }
    let signatures = spec.array("signatures", Limit::Signatures, SIGNATURES_MAX)?;
    let [signed] = signatures else { return differs("number of signatures") };
    let signed = Object::of(Document::LogEntry, "signatures", signed)?;
    if base64(signed.text("signature")?).as_deref() != Some(about.signature) {
        return differs("signature");
    }
    if base64(signed.text("verifier")?) != Some(pem(about.certificate).into_bytes()) {
        return differs("certificate");
    }
    Ok(())
}

/// Whether an entry of kind `hashedrekord` 0.0.1 is about that message and certificate.
#[cfg(feature = "bundle")]
fn is_about_message(spec: Object<'_>, sha256: &[u8; 32], about: &About<'_>) -> Result<(), Error> {
    let differs = |what| Err(Error::LogEntryMismatch { what });
    let hash = spec.object("data")?.object("hash")?;
    if hash.text("algorithm")? != "sha256" {
        return differs("hash function");
    }
    if hash.text("value")? != to_hex(sha256) {
        return differs("message");
    }
    let signed = spec.object("signature")?;
    if base64(signed.text("content")?).as_deref() != Some(about.signature) {
        return differs("signature");
    }
    let key = signed.object("publicKey")?;
    if base64(key.text("content")?) != Some(pem(about.certificate).into_bytes()) {
        return differs("certificate");
    }
    Ok(())
}

/// Whether an entry of kind `hashedrekord` 0.0.2 is about what was signed, and that certificate.
fn is_about_in_v2(spec: Object<'_>, about: &About<'_>) -> Result<(), Error> {
    let differs = |what| Err(Error::LogEntryMismatch { what });
    let record = spec.object("hashedRekordV002")?;
    let data = record.object("data")?;
    let signed = record.object("signature")?;
    let verifier = signed.object("verifier")?;
    let SignatureAlgorithm::Ecdsa(hash) = about.key.usual_algorithm() else {
        return Err(Error::unsupported(Unsupported::Key, about.key.details()));
    };
    let algorithm = match hash {
        crate::hash::Hash::Sha256 => "SHA2_256",
        crate::hash::Hash::Sha384 => "SHA2_384",
        crate::hash::Hash::Sha512 => "SHA2_512",
    };
    if data.text("algorithm")? != algorithm {
        return differs("hash function");
    }
    let (digest, what) = match about.signed {
        Signed::Statement(statement) => {
            let envelope = pre_authentication(statement);
            (hash.of(&[envelope.as_bytes(), statement]), "statement")
        }
        #[cfg(feature = "bundle")]
        Signed::Message(sha256) => (sha256.to_vec(), "message"),
    };
    if base64(data.text("digest")?) != Some(digest) {
        return differs(what);
    }
    if base64(signed.text("content")?).as_deref() != Some(about.signature) {
        return differs("signature");
    }
    if verifier.text("keyDetails")? != about.key.details() {
        return differs("kind of key");
    }
    let certificate = verifier.object("x509Certificate")?;
    if base64(certificate.text("rawBytes")?).as_deref() != Some(about.certificate) {
        return differs("certificate");
    }
    Ok(())
}

/// Returns what stands before a statement where it is signed (DSSE's pre-authentication encoding).
pub(crate) fn pre_authentication(statement: &[u8]) -> String {
    format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), statement.len())
}

/// Returns a certificate in PEM, in lines of 64 characters: as Rekor has it.
fn pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for (place, character) in to_base64(der).chars().enumerate() {
        if place > 0 && place % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END CERTIFICATE-----\n");
    text
}
