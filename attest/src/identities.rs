//! Signatures of TUF roles by identities: the part that the core leaves to its host.

use alloc::vec::Vec;
use core::fmt;

use picotuf::{Identity, IdentityVerifier, Time};

use crate::trusted_root::TrustedRoot;

/// Verifies keys of type `sigstore-oidc` with trusted roots of Sigstore, for
/// `picotuf::Workspace::verify_identities`.
///
/// A signature holds if it does so by one of the trusted roots: see
/// [`TrustedRoot::verify_identity`].
pub struct Identities {
    roots: Vec<TrustedRoot>,
    now: Time,
}

impl Identities {
    /// Creates a verifier. No signature may be later than `now`.
    pub fn new(roots: impl IntoIterator<Item = TrustedRoot>, now: Time) -> Self {
        Identities { roots: roots.into_iter().collect(), now }
    }
}

impl IdentityVerifier for Identities {
    fn verify(&self, identity: &Identity, bundle: &[u8], sha256: &[u8; 32]) -> bool {
        let who = (identity.identity.as_str(), identity.issuer.as_str());
        self.roots
            .iter()
            .any(|root| root.verify_identity(bundle, who, sha256, Some(self.now)).is_ok())
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identities").field("now", &self.now).finish_non_exhaustive()
    }
}
