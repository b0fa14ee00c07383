//! Keys that are identities (`sigstore-oidc`, scheme `Fulcio`): their signatures are Sigstore
//! bundles, which a host verifies. The core counts them like any other signature.

#[cfg(feature = "identities")]
use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};

use crate::json::{Failed, Reader, Sink};
use crate::key::{MessageDigests, PublicKey, SignatureState};
use crate::source::Source;

/// Who signs, as a key of type `sigstore-oidc` names it.
#[cfg(feature = "identities")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The subject of the certificate: an email address, or the URL of a workflow.
    pub identity: String,
    /// The URL of the identity provider.
    pub issuer: String,
}

/// Verifies the signatures of identities for the core, which has no code for certificates and logs.
///
/// `picotuf-attest` can do so: see its `TrustedRoot::verify_message`.
#[cfg(feature = "identities")]
pub trait IdentityVerifier: Send + Sync {
    /// Returns whether `bundle`, a Sigstore bundle in JSON of at most
    /// [`BUNDLE_LENGTH_MAX`](crate::limits::BUNDLE_LENGTH_MAX) bytes, is a signature by `identity`
    /// over a message with this SHA-256. Nothing of the bundle has been verified.
    ///
    /// The answer must be the same whenever the question is: a file is read more than once.
    fn verify(&self, identity: &Identity, bundle: &[u8], sha256: &[u8; 32]) -> bool;
}

/// What a reading needs for identities: nothing without the feature.
pub(crate) struct Identities {
    #[cfg(feature = "identities")]
    verifier: Option<Arc<dyn IdentityVerifier>>,
    /// The members of the key at hand.
    #[cfg(feature = "identities")]
    identity: Option<String>,
    #[cfg(feature = "identities")]
    issuer: Option<String>,
    /// The bundle of the signature at hand.
    #[cfg(feature = "identities")]
    bundle: Vec<u8>,
}

#[cfg(feature = "identities")]
impl Identities {
    pub(crate) const fn new() -> Self {
        Identities { verifier: None, identity: None, issuer: None, bundle: Vec::new() }
    }

    pub(crate) fn set_verifier(&mut self, verifier: Option<Arc<dyn IdentityVerifier>>) {
        self.verifier = verifier;
    }

    /// Before a key is read.
    pub(crate) fn begin_key(&mut self) {
        (self.identity, self.issuer) = (None, None);
    }

    /// Reads a member of a key's value, if it is one that identities have.
    pub(crate) fn read_member<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
    ) -> Result<bool, Failed> {
        let member = match self.verifier {
            Some(_) if reader.at("identity") => &mut self.identity,
            Some(_) if reader.at("issuer") => &mut self.issuer,
            _ => return Ok(false),
        };
        // What is no text, or too long, is no identity.
        if reader.is_of_type(crate::error::JsonType::String)? {
            let text = reader.short_string(|text| core::str::from_utf8(text).ok().map(Into::into));
            *member = text?.flatten();
        } else {
            reader.skip()?;
        }
        Ok(true)
    }

    /// Returns the key that was read, if it is one: `Invalid` if its value is not of its form, and
    /// nothing where the host does not verify identities.
    pub(crate) fn key(&mut self) -> Option<PublicKey> {
        self.verifier.as_ref()?;
        Some(match (self.identity.take(), self.issuer.take()) {
            (Some(identity), Some(issuer)) => {
                PublicKey::Identity(Box::new(Identity { identity, issuer }))
            }
            _ => PublicKey::Invalid,
        })
    }

    /// Before a signature is read.
    pub(crate) fn begin_signature(&mut self) {
        self.bundle.clear();
    }

    /// Reads a member of a signature, if it is the bundle.
    pub(crate) fn read_bundle<S: Source, K: Sink>(
        &mut self,
        reader: &mut Reader<'_, S, K>,
    ) -> Result<bool, Failed> {
        if self.verifier.is_none() || !reader.at("bundle") {
            return Ok(false);
        }
        reader.copy_value(&mut self.bundle)?;
        Ok(true)
    }

    /// Returns the bundle of the signature that was read; empty if it has none.
    pub(crate) fn bundle(&self) -> &[u8] {
        &self.bundle
    }

    /// Returns whether that is a signature by this key, which is an identity.
    pub(crate) fn verify(
        &self,
        key: &PublicKey,
        state: &SignatureState,
        digests: &MessageDigests,
    ) -> bool {
        let digest = state.hash().and_then(|hash| digests.get(hash));
        let (
            Some(verifier),
            PublicKey::Identity(identity),
            SignatureState::Bundle(bundle),
            Some(Ok(sha256)),
        ) = (&self.verifier, key, state, digest.map(TryInto::try_into))
        else {
            return false;
        };
        verifier.verify(identity, bundle, sha256)
    }
}

#[cfg(not(feature = "identities"))]
impl Identities {
    pub(crate) const fn new() -> Self {
        Identities {}
    }

    #[inline(always)]
    pub(crate) fn begin_key(&mut self) {}

    #[inline(always)]
    pub(crate) fn read_member<S: Source, K: Sink>(
        &mut self,
        _: &mut Reader<'_, S, K>,
    ) -> Result<bool, Failed> {
        Ok(false)
    }

    #[inline(always)]
    pub(crate) fn key(&mut self) -> Option<PublicKey> {
        None
    }

    #[inline(always)]
    pub(crate) fn begin_signature(&mut self) {}

    #[inline(always)]
    pub(crate) fn read_bundle<S: Source, K: Sink>(
        &mut self,
        _: &mut Reader<'_, S, K>,
    ) -> Result<bool, Failed> {
        Ok(false)
    }

    #[inline(always)]
    pub(crate) fn bundle(&self) -> &[u8] {
        &[]
    }

    #[inline(always)]
    pub(crate) fn verify(&self, _: &PublicKey, _: &SignatureState, _: &MessageDigests) -> bool {
        false
    }
}
