//! What can go wrong, and who is to blame for it.

use alloc::string::String;
use core::fmt;

use picotuf::{Blame, OneLine, Time};

use crate::limits::Limit;

/// The reason why something was refused or does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// No authority of the trusted root that was valid at that time issued the certificate.
    AuthorityEnded {
        /// What was being checked.
        at: Time,
        /// When the authority's validity begins.
        start: Option<Time>,
        /// When it ends.
        end: Option<Time>,
    },
    /// A certificate is not signed by the authority that it names.
    CertificateChain,
    /// A certificate is malformed, or not as Fulcio issues them.
    CertificateForm {
        /// What is wrong with it.
        what: &'static str,
    },
    /// The certificate of the signer or of an authority was not valid at that time.
    CertificateTime {
        /// When the signature was logged or timestamped.
        at: Time,
        /// When the certificate's validity begins.
        start: Time,
        /// When it ends.
        end: Time,
    },
    /// A checkpoint is not a signed note.
    CheckpointForm,
    /// A checkpoint and the inclusion proof have different sizes or root hashes.
    CheckpointMismatch,
    /// A checkpoint is not signed by the log's key.
    CheckpointSignature,
    /// The envelope is not signed by the certificate's key.
    EnvelopeSignature,
    /// The file name is not that of a wheel or an sdist.
    FileName {
        /// The name.
        name: String,
    },
    /// An inclusion proof does not lead from the log entry to the root hash.
    Inclusion,
    /// A document is not strict JSON.
    Json {
        /// Which document.
        document: Document,
        /// What is wrong with it.
        error: picotuf::Error,
    },
    /// A limit that protects the verifier was reached.
    LimitReached {
        /// Which limit.
        limit: Limit,
        /// How much it allows.
        maximum: usize,
    },
    /// A log's key was not valid at that time.
    LogEnded {
        /// Which kind of log.
        log: LogKind,
        /// When the log made its statement, or the certificate that it has seen was used.
        at: Time,
        /// When the key's validity begins.
        start: Option<Time>,
        /// When it ends.
        end: Option<Time>,
    },
    /// A log entry is about another envelope or certificate.
    LogEntryMismatch {
        /// What differs.
        what: &'static str,
    },
    /// The attestation has no log entry.
    LogEntryMissing,
    /// The log's promise (its signature of the entry and the time) does not verify with the log's
    /// key.
    LogPromise,
    /// A member of a document is missing, or is not what it should be.
    Member {
        /// Which document.
        document: Document,
        /// The member's name.
        member: &'static str,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The signature is not one of the certificate's key over this message.
    MessageSignature,
    /// The file's provenance document has no attestation.
    NoAttestations,
    /// No authority of the trusted root issued the certificate.
    NoAuthority,
    /// No attestation that verifies has PyPI's publish type.
    NoPublishAttestation,
    /// The time of the signature is unknown: there is neither a log's promise nor a trusted
    /// timestamp.
    NoSignedTime,
    /// The signature is later than the present time.
    NotYet {
        /// When the signature was logged or timestamped.
        at: Time,
        /// The present time.
        now: Time,
    },
    /// The signature verifies, but another identity made it.
    OtherIdentity {
        /// Who was asked for.
        asked: String,
        /// Who it is.
        found: String,
    },
    /// The attestations verify, but another publisher made them.
    OtherPublisher {
        /// Who was asked for.
        asked: String,
        /// Who it is.
        found: String,
    },
    /// The certificate lacks a claim that certificates of this kind of publisher have.
    PublisherClaims {
        /// The claim that is missing or of another form.
        claim: &'static str,
    },
    /// The document and the certificate name different publishers.
    PublisherMismatch {
        /// What differs.
        what: &'static str,
        /// What the document states.
        stated: String,
        /// What the certificate says.
        certified: String,
    },
    /// A signed certificate timestamp is malformed.
    SctForm,
    /// The certificate has no signed certificate timestamp.
    SctMissing,
    /// A signed certificate timestamp is not signed by its log's key.
    SctSignature,
    /// The statement is about another file.
    SubjectDigest {
        /// The SHA-256 of the file.
        expected: [u8; 32],
        /// The SHA-256 that the statement names, as it is spelled there.
        found: String,
    },
    /// The statement is about a file with another name.
    SubjectName {
        /// The file's name.
        expected: String,
        /// The name in the statement.
        found: String,
    },
    /// The statement is about no file, or about several.
    Subjects {
        /// How many it names.
        count: usize,
    },
    /// A timestamp is malformed (RFC 3161).
    TimestampForm {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A timestamp is about another signature.
    TimestampMismatch,
    /// A timestamp is not signed by its authority.
    TimestampSignature,
    /// No authority of the trusted root made the timestamp.
    TimestampUnknown,
    /// A log is not in the trusted root.
    UnknownLog {
        /// Which kind of log.
        log: LogKind,
        /// Its identifier.
        id: [u8; 32],
    },
    /// Something is of a kind that this version does not know.
    Unsupported {
        /// What it is.
        what: Unsupported,
        /// How it names itself.
        found: String,
    },
}

/// The document that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Document {
    /// An attestation object of PEP 740.
    Attestation,
    /// A Sigstore bundle.
    Bundle,
    /// The body of a log entry.
    LogEntry,
    /// A provenance object of PEP 740.
    Provenance,
    /// An in-toto statement.
    Statement,
    /// A Sigstore trusted root.
    TrustedRoot,
}

impl Document {
    const fn text(self) -> &'static str {
        match self {
            Document::Attestation => "the attestation",
            Document::Bundle => "the Sigstore bundle",
            Document::LogEntry => "the log entry's body",
            Document::Provenance => "the provenance document",
            Document::Statement => "the attestation's statement",
            Document::TrustedRoot => "the trusted root",
        }
    }
}

/// The problem with a member of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is not base64.
    Base64,
    /// It is not there.
    Missing,
    /// It is of another JSON type.
    Type,
    /// It has a value that it cannot have.
    Value,
}

/// The two kinds of logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogKind {
    /// Logs of certificates (RFC 6962).
    Certificates,
    /// Logs of signatures: Rekor.
    Signatures,
}

impl LogKind {
    const fn text(self) -> &'static str {
        match self {
            LogKind::Certificates => "certificate log",
            LogKind::Signatures => "signature log",
        }
    }
}

/// A feature that this version does not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsupported {
    /// The version of an attestation object.
    AttestationVersion,
    /// An authority of the trusted root. It has a kind of key or a member that is not known.
    Authority,
    /// A feature of a certificate.
    Certificate,
    /// The content of a bundle without an envelope and a certificate.
    BundleContent,
    /// The media type of a bundle.
    BundleVersion,
    /// The type of an envelope's payload.
    PayloadType,
    /// The identity provider that a certificate names.
    Issuer,
    /// The algorithm of a key.
    Key,
    /// A log of the trusted root. It has a kind of key or a member that is not known.
    Log,
    /// The kind or version of a log entry.
    LogEntry,
    /// The type of a predicate.
    Predicate,
    /// The version of a provenance document.
    ProvenanceVersion,
    /// The kind of a publisher.
    Publisher,
    /// The type of a statement.
    StatementType,
    /// A feature of a timestamp.
    Timestamp,
    /// The media type of a trusted root.
    TrustedRootVersion,
}

impl Unsupported {
    /// Returns the error's code, and what it is about.
    const fn texts(self) -> (&'static str, &'static str) {
        match self {
            Unsupported::AttestationVersion => {
                ("unsupported-attestation-version", "attestation version")
            }
            Unsupported::Authority => ("unsupported-authority", "authority of the trusted root"),
            Unsupported::Certificate => ("unsupported-certificate", "feature of a certificate"),
            Unsupported::BundleContent => ("unsupported-bundle-content", "content of a bundle"),
            Unsupported::BundleVersion => ("unsupported-bundle-version", "bundle version"),
            Unsupported::PayloadType => ("unsupported-payload-type", "payload type"),
            Unsupported::Issuer => ("unsupported-issuer", "identity provider"),
            Unsupported::Key => ("unsupported-key", "kind of key"),
            Unsupported::Log => ("unsupported-log", "log of the trusted root"),
            Unsupported::LogEntry => ("unsupported-log-entry", "kind of log entry"),
            Unsupported::Predicate => ("unsupported-predicate", "type of attestation"),
            Unsupported::ProvenanceVersion => {
                ("unsupported-provenance-version", "provenance version")
            }
            Unsupported::Publisher => ("unsupported-publisher", "kind of publisher"),
            Unsupported::StatementType => ("unsupported-statement-type", "statement type"),
            Unsupported::Timestamp => ("unsupported-timestamp", "feature of a timestamp"),
            Unsupported::TrustedRootVersion => {
                ("unsupported-trusted-root-version", "trusted root version")
            }
        }
    }
}

impl Error {
    pub(crate) fn limit(limit: Limit, maximum: usize) -> Self {
        Error::LimitReached { limit, maximum }
    }

    pub(crate) fn member(document: Document, member: &'static str, problem: Problem) -> Self {
        Error::Member { document, member, problem }
    }

    pub(crate) fn unsupported(what: Unsupported, found: &str) -> Self {
        let end = (0..=found.len().min(FOUND_LENGTH_MAX))
            .rev()
            .find(|end| found.is_char_boundary(*end))
            .unwrap_or(0);
        Error::Unsupported { what, found: found.get(..end).unwrap_or_default().into() }
    }

    /// Returns the stable code for programs, in kebab case.
    pub fn code(&self) -> &'static str {
        match self {
            Error::AuthorityEnded { .. } => "authority-ended",
            Error::CertificateChain => "certificate-chain",
            Error::CertificateForm { .. } => "certificate-form",
            Error::CertificateTime { .. } => "certificate-time",
            Error::CheckpointForm => "checkpoint-form",
            Error::CheckpointMismatch => "checkpoint-mismatch",
            Error::CheckpointSignature => "checkpoint-signature",
            Error::EnvelopeSignature => "envelope-signature",
            Error::FileName { .. } => "file-name",
            Error::Inclusion => "log-inclusion",
            Error::Json { error, .. } => error.code(),
            Error::LimitReached { .. } => "limit-reached",
            Error::LogEnded { log: LogKind::Certificates, .. } => "sct-log-ended",
            Error::LogEnded { log: LogKind::Signatures, .. } => "log-ended",
            Error::LogEntryMismatch { .. } => "log-entry-mismatch",
            Error::LogEntryMissing => "log-entry-missing",
            Error::LogPromise => "log-promise",
            Error::Member { document, .. } => match document {
                Document::Attestation => "attestation-form",
                Document::Bundle => "bundle-form",
                Document::LogEntry => "log-entry-form",
                Document::Provenance => "provenance-form",
                Document::Statement => "statement-form",
                Document::TrustedRoot => "trusted-root-form",
            },
            Error::MessageSignature => "message-signature",
            Error::NoAttestations => "no-attestations",
            Error::NoAuthority => "no-authority",
            Error::NoPublishAttestation => "no-publish-attestation",
            Error::NoSignedTime => "no-signed-time",
            Error::NotYet { .. } => "not-yet",
            Error::OtherIdentity { .. } => "other-identity",
            Error::OtherPublisher { .. } => "other-publisher",
            Error::PublisherClaims { .. } => "publisher-claims",
            Error::PublisherMismatch { .. } => "publisher-mismatch",
            Error::SctForm => "sct-form",
            Error::SctMissing => "sct-missing",
            Error::SctSignature => "sct-signature",
            Error::SubjectDigest { .. } => "subject-digest",
            Error::SubjectName { .. } => "subject-name",
            Error::Subjects { .. } => "subjects",
            Error::TimestampForm { .. } => "timestamp-form",
            Error::TimestampMismatch => "timestamp-mismatch",
            Error::TimestampSignature => "timestamp-signature",
            Error::TimestampUnknown => "timestamp-unknown",
            Error::UnknownLog { log: LogKind::Certificates, .. } => "sct-unknown-log",
            Error::UnknownLog { log: LogKind::Signatures, .. } => "unknown-log",
            Error::Unsupported { what, .. } => what.texts().0,
        }
    }

    /// Returns who has to act. [`Blame::Repository`] stands for the index, a mirror of it, or the
    /// author of the attestation.
    pub fn blame(&self) -> Blame {
        match self {
            Error::LimitReached { .. } => Blame::Limit,
            // Predicates of other types have fractions, and the type is read with them.
            Error::Json {
                document: Document::Statement,
                error: picotuf::Error::InvalidNumber { .. },
            } => Blame::Unsupported,
            Error::Json { error, .. } => error.blame(),
            Error::FileName { .. } => Blame::Caller,
            Error::Unsupported { .. } | Error::NoSignedTime => Blame::Unsupported,
            _ => Blame::Repository,
        }
    }

    /// Returns whether the attestation is of a kind that this version does not know. It then
    /// neither counts nor fails the document.
    pub fn is_unsupported(&self) -> bool {
        self.blame() == Blame::Unsupported
    }

    /// Returns whether a file with such attestations is no better and no worse than one without:
    /// none of them is one that this version can judge.
    pub fn counts_for_nothing(&self) -> bool {
        self.is_unsupported() || matches!(self, Error::NoAttestations | Error::NoPublishAttestation)
    }
}

/// The most that is kept of a text that an error quotes, in bytes.
const FOUND_LENGTH_MAX: usize = 200;

/// One line that steers no terminal.
impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::AuthorityEnded { at, start, end } => {
                write!(out, "the authority that issued the certificate counts ")?;
                period(*start, *end, out)?;
                write!(out, ", and the signature is of {at}")
            }
            Error::CertificateChain => {
                out.write_str("the certificate is not signed by the authority that it names")
            }
            Error::CertificateForm { what } => {
                write!(out, "a certificate is not of the form that Sigstore issues: {what}")
            }
            Error::CertificateTime { at, start, end } => write!(
                out,
                "a certificate is valid from {start} to {end}, and the signature is of {at}"
            ),
            Error::CheckpointForm => out.write_str("the log's checkpoint is not a signed note"),
            Error::CheckpointMismatch => {
                out.write_str("the log's checkpoint is of another tree than the inclusion proof")
            }
            Error::CheckpointSignature => {
                out.write_str("the log's checkpoint is not signed by the log's key")
            }
            Error::EnvelopeSignature => {
                out.write_str("the statement is not signed by the certificate's key")
            }
            Error::FileName { name } => {
                write!(out, "`{}` is not the name of a wheel or an sdist", OneLine(name))
            }
            Error::Inclusion => {
                out.write_str("the inclusion proof does not lead from the entry to the log's root")
            }
            Error::Json { document, error } => write!(out, "{}: {error}", document.text()),
            Error::LimitReached { limit, maximum } => {
                write!(out, "more than {maximum} {limit}")?;
                match limit.field() {
                    Some(field) => write!(out, ": raise the limit `{field}` if this is right"),
                    None => Ok(()),
                }
            }
            Error::LogEnded { log, at, start, end } => {
                write!(out, "the key of the {} counts ", log.text())?;
                period(*start, *end, out)?;
                match log {
                    LogKind::Certificates => write!(out, ", and the certificate is of {at}"),
                    LogKind::Signatures => write!(out, ", and its statement is of {at}"),
                }
            }
            Error::LogEntryMismatch { what } => {
                write!(out, "the log entry is about another attestation: the {what} differs")
            }
            Error::LogEntryMissing => out.write_str("the attestation has no log entry"),
            Error::LogPromise => out.write_str("the log's promise is not signed by the log's key"),
            Error::Member { document, member, problem } => {
                write!(out, "{}: `{member}` ", document.text())?;
                out.write_str(match problem {
                    Problem::Base64 => "is not base64",
                    Problem::Missing => "is missing",
                    Problem::Type => "is not of the right JSON type",
                    Problem::Value => "has a value that it cannot have",
                })
            }
            Error::MessageSignature => {
                out.write_str("the message is not the one that the certificate's key has signed")
            }
            Error::NoAttestations => out.write_str("the provenance document holds no attestation"),
            Error::NoAuthority => {
                out.write_str("no authority of the trusted root issued the certificate")
            }
            Error::NoPublishAttestation => {
                out.write_str("no attestation that holds says who published the file")
            }
            Error::NoSignedTime => out.write_str(
                "neither the log nor a timestamp authority says when the signature was made",
            ),
            Error::NotYet { at, now } => {
                write!(out, "the signature is of {at}, which is later than {now}: check the clock")
            }
            Error::OtherIdentity { asked, found } => {
                write!(out, "signed by {}, and {} was asked for", OneLine(found), OneLine(asked))
            }
            Error::OtherPublisher { asked, found } => {
                write!(out, "published by {}, and {} was asked for", OneLine(found), OneLine(asked))
            }
            Error::PublisherClaims { claim } => {
                write!(out, "the certificate names no publisher: {claim} is not of the known form")
            }
            Error::PublisherMismatch { what, stated, certified } => write!(
                out,
                "the index states the {what} `{}`, and the certificate says `{}`",
                OneLine(stated),
                OneLine(certified)
            ),
            Error::SctForm => {
                out.write_str("the certificate's signed certificate timestamp is malformed")
            }
            Error::SctMissing => out.write_str("the certificate has no timestamp of a log"),
            Error::SctSignature => {
                out.write_str("the certificate's timestamp is not signed by the log's key")
            }
            Error::SubjectDigest { expected, found } => {
                out.write_str("the attestation is about another file: it has SHA-256 ")?;
                write!(out, "{}, and this file ", OneLine(found))?;
                expected.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
            }
            Error::SubjectName { expected, found } => write!(
                out,
                "the attestation is about `{}`, and this file is `{}`",
                OneLine(found),
                OneLine(expected)
            ),
            Error::Subjects { count } => {
                write!(out, "the attestation is about {count} files, and must be about one")
            }
            Error::TimestampForm { what } => {
                write!(out, "a timestamp is not of the form of RFC 3161: {what}")
            }
            Error::TimestampMismatch => out.write_str("a timestamp is of another signature"),
            Error::TimestampSignature => {
                out.write_str("a timestamp is not signed by the authority that it names")
            }
            Error::TimestampUnknown => {
                out.write_str("no authority of the trusted root made the timestamp")
            }
            Error::UnknownLog { log, id } => {
                write!(out, "the {} ", log.text())?;
                id.iter().take(4).try_for_each(|byte| write!(out, "{byte:02x}"))?;
                out.write_str("… is not in the trusted root: refresh the trusted root")
            }
            Error::Unsupported { what, found } => write!(
                out,
                "this version of picotuf does not know the {} `{}`",
                what.texts().1,
                OneLine(found)
            ),
        }
    }
}

fn period(start: Option<Time>, end: Option<Time>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (start, end) {
        (Some(start), Some(end)) => write!(out, "from {start} to {end}"),
        (Some(start), None) => write!(out, "from {start} on"),
        (None, Some(end)) => write!(out, "until {end}"),
        (None, None) => out.write_str("always"),
    }
}

impl core::error::Error for Error {}
