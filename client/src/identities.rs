//! Keys that are identities of Sigstore (`sigstore-oidc`): who verifies their signatures.

use std::fmt;
use std::sync::Arc;

use picotuf::{Time, Workspace};

use crate::sigstore::SigstoreRoot;

/// Verifies keys that are identities, with a trusted root of Sigstore.
#[derive(Clone)]
pub struct Identities(Arc<picotuf_attest::Identities>);

impl Identities {
    /// Creates a verifier. No signature may be later than `now`.
    pub fn new(root: SigstoreRoot, now: Time) -> Self {
        Identities(Arc::new(picotuf_attest::Identities::new([root.trusted], now)))
    }
}

/// Returns memory for the core that verifies these identities, if there are any.
pub(crate) fn workspace(identities: Option<&Identities>) -> Box<Workspace> {
    let mut workspace = Workspace::boxed();
    verify(&mut workspace, identities);
    workspace
}

/// Makes the core verify these identities from now on, if there are any.
pub(crate) fn verify(workspace: &mut Workspace, identities: Option<&Identities>) {
    workspace.verify_identities(identities.map(|Identities(verifier)| verifier.clone() as Arc<_>));
}

impl fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Identities")
    }
}
