//! What a client knows of a role that it trusts.

use std::time::Duration;

use picotuf::{Time, Verified};
use serde::Serialize;

/// A trusted role, with the reason why it is trusted.
#[derive(Clone, Debug, Serialize)]
pub struct TrustedRole {
    /// Its name.
    pub role: String,
    /// Its version.
    pub version: u64,
    /// When it expires.
    pub expires: String,
    /// How many keys must sign.
    pub threshold: u32,
    /// How many may.
    pub keys: u32,
    /// How many did: one key under two keyids is one.
    pub signing_keys: u32,
    /// The keyids of those that did.
    pub signers: Vec<String>,
    /// In bytes.
    pub length: u64,
    /// Where it was read.
    pub file: String,
    /// Whether it comes from the repository in this run, and not from the folder.
    pub fetched: bool,
    /// When it expires, as a time.
    #[serde(skip)]
    pub expiry: Time,
    /// How long the check took.
    #[serde(skip)]
    pub elapsed: Duration,
}

impl TrustedRole {
    /// Creates it from the core's verdict.
    pub fn new(verified: &Verified<'_>, file: String, fetched: bool) -> Self {
        TrustedRole {
            role: verified.name.to_owned(),
            version: verified.version,
            expires: verified.expires.to_string(),
            threshold: verified.threshold,
            keys: verified.keys,
            signing_keys: verified.signing_keys(),
            signers: verified.signers().map(ToString::to_string).collect(),
            length: verified.length,
            file,
            fetched,
            expiry: verified.expires,
            elapsed: Duration::ZERO,
        }
    }
}

impl TrustedRole {
    /// Returns whether the two say the same to a person.
    pub fn is_same(&self, other: &TrustedRole) -> bool {
        self.role == other.role
            && self.version == other.version
            && self.fetched == other.fetched
            && self.file == other.file
    }
}
