//! Every bound on what a document can make the verifier do.

use core::fmt;

/// The maximum number of values in one JSON document: objects, arrays, strings and numbers. The
/// largest recorded provenance document has about 120.
pub const JSON_VALUES_MAX: usize = 1 << 16;

/// The maximum length of a certificate, in bytes of DER. Fulcio's have about 2,000.
pub const CERTIFICATE_LENGTH_MAX: usize = 16 * 1024;

/// The maximum number of extensions of one certificate. Fulcio's have about 30.
pub const EXTENSIONS_MAX: usize = 64;

/// The maximum length of the text in one extension of a certificate, in bytes.
pub const CLAIM_LENGTH_MAX: usize = 2048;

/// The maximum number of certificates of one authority in a trusted root. Known ones have at most
/// 3.
pub const CHAIN_LENGTH_MAX: usize = 8;

/// The maximum number of logs or authorities of one kind in a trusted root. Known trusted roots
/// have at most 5.
pub const INSTANCES_MAX: usize = 64;

/// The maximum number of signed certificate timestamps in one certificate. Fulcio embeds one.
pub const SCTS_MAX: usize = 8;

/// The maximum number of signatures of one envelope. PyPI's have one.
pub const SIGNATURES_MAX: usize = 4;

/// The maximum number of log entries of one attestation. PyPI's have one.
pub const LOG_ENTRIES_MAX: usize = 4;

/// The maximum number of timestamps of one attestation.
pub const TIMESTAMPS_MAX: usize = 8;

/// The maximum length of a timestamp, in bytes of DER. One with its certificates has about 6,000.
pub const TIMESTAMP_LENGTH_MAX: usize = 32 * 1024;

/// The maximum number of hashes of an inclusion proof. A tree has at most 2⁶³ leaves.
pub const PROOF_HASHES_MAX: usize = 64;

/// The maximum length of a checkpoint, in bytes.
pub const CHECKPOINT_LENGTH_MAX: usize = 16 * 1024;

/// The maximum number of signatures of a checkpoint, by the log and by witnesses.
pub const CHECKPOINT_SIGNATURES_MAX: usize = 64;

/// The maximum number of different signatures of a checkpoint by its log, each of which is work.
/// Logs write one.
pub const LOG_SIGNATURES_MAX: usize = 4;

/// The maximum length of the body of a log entry, in bytes.
pub const LOG_ENTRY_LENGTH_MAX: usize = 128 * 1024;

/// The limit that an error names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::attestations`].
    Attestations,
    /// [`CERTIFICATE_LENGTH_MAX`].
    CertificateLength,
    /// [`CHAIN_LENGTH_MAX`].
    ChainLength,
    /// [`CHECKPOINT_LENGTH_MAX`].
    CheckpointLength,
    /// [`CHECKPOINT_SIGNATURES_MAX`].
    CheckpointSignatures,
    /// [`CLAIM_LENGTH_MAX`].
    ClaimLength,
    /// [`EXTENSIONS_MAX`].
    Extensions,
    /// [`INSTANCES_MAX`].
    Instances,
    /// [`JSON_VALUES_MAX`].
    JsonValues,
    /// [`LOG_ENTRIES_MAX`].
    LogEntries,
    /// [`LOG_ENTRY_LENGTH_MAX`].
    LogEntryLength,
    /// [`LOG_SIGNATURES_MAX`].
    LogSignatures,
    /// [`PROOF_HASHES_MAX`].
    ProofHashes,
    /// [`Limits::provenance_length`].
    ProvenanceLength,
    /// [`SCTS_MAX`].
    Scts,
    /// [`SIGNATURES_MAX`].
    Signatures,
    /// [`TIMESTAMP_LENGTH_MAX`].
    TimestampLength,
    /// [`TIMESTAMPS_MAX`].
    Timestamps,
    /// [`Limits::trusted_root_length`].
    TrustedRootLength,
}

impl Limit {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Limit::Attestations => "attestations of one file",
            Limit::CertificateLength => "bytes in a certificate",
            Limit::ChainLength => "certificates of one authority",
            Limit::CheckpointLength => "bytes in a checkpoint",
            Limit::CheckpointSignatures => "signatures of a checkpoint",
            Limit::ClaimLength => "bytes in an extension of a certificate",
            Limit::Extensions => "extensions of a certificate",
            Limit::Instances => "logs or authorities of one kind",
            Limit::JsonValues => "JSON values in a document",
            Limit::LogEntries => "log entries of one attestation",
            Limit::LogEntryLength => "bytes in a log entry",
            Limit::LogSignatures => "signatures of a checkpoint by its log",
            Limit::ProofHashes => "hashes in an inclusion proof",
            Limit::ProvenanceLength => "bytes in a provenance document",
            Limit::Scts => "certificate timestamps in a certificate",
            Limit::Signatures => "signatures of an envelope",
            Limit::TimestampLength => "bytes in a timestamp",
            Limit::Timestamps => "timestamps of one attestation",
            Limit::TrustedRootLength => "bytes in a trusted root",
        }
    }

    /// Returns the field of [`Limits`] that raises this limit, or `None` if the limit is fixed.
    pub const fn field(self) -> Option<&'static str> {
        match self {
            Limit::Attestations => Some("attestations"),
            Limit::ProvenanceLength => Some("provenance_length"),
            Limit::TrustedRootLength => Some("trusted_root_length"),
            _ => None,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

/// The limits that a host may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest provenance document, attestation or bundle, in bytes. Recorded ones have at most
    /// 25,000.
    pub provenance_length: usize,
    /// The most attestations of one file. PyPI takes two. One as PyPI has them costs 5 checks of
    /// signatures; the most is 30, and 16 such attestations take some 0.2 s (`cargo run --profile
    /// checked -p picotuf-attest-tests --example work`).
    pub attestations: usize,
    /// The longest trusted root, in bytes. Known ones have at most 30,000.
    pub trusted_root_length: usize,
}

impl Limits {
    /// 2 MB for a provenance document, 16 attestations, 1 MB for a trusted root.
    pub const DEFAULT: Self =
        Limits { provenance_length: 2 << 20, attestations: 16, trusted_root_length: 1 << 20 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
