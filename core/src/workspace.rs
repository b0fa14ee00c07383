//! The memory that verification works in, brought by the caller.

#[cfg(feature = "identities")]
use alloc::sync::Arc;

use heapless::{String, Vec};

use crate::delegation_matches::DelegationMatches;
#[cfg(feature = "identities")]
use crate::identities::IdentityVerifier;
use crate::json::OpenNames;
use crate::key::KeyScheme;
use crate::limits::NAME_LENGTH_MAX;
use crate::pass_space::PassSpace;
use crate::search::Search;
use crate::threshold::{Authority, Verifier};

/// Everything large that a verification needs. It has no fixed place: a static, the heap or the
/// stack will do, and it may be used again for another [`Update`](crate::Update).
pub struct Workspace {
    pub(crate) verifier: Verifier,
    /// The keys that the file at hand must be signed with.
    pub(crate) authority: Authority,
    pub(crate) pass: PassSpace,
    /// The open names of the second of two files that are read in step.
    pub(crate) beside: OpenNames,
    /// The path that is searched for.
    pub(crate) path: String<NAME_LENGTH_MAX>,
    pub(crate) search: Search,
    pub(crate) matches: DelegationMatches,
}

impl Workspace {
    /// Creates an empty workspace. All of its bytes are zero, so that a static one takes no room in
    /// an image.
    pub const fn new() -> Self {
        Workspace {
            verifier: Verifier::new(),
            beside: Vec::new(),
            authority: Authority::new(),
            pass: PassSpace::new(),
            path: String::new(),
            search: Search::new(),
            matches: DelegationMatches::new(),
        }
    }

    /// Creates an empty workspace on the heap. `Box::new(Workspace::new())` may take its size of
    /// stack for as long as the function that calls it runs; this does at most until it returns.
    #[cfg(feature = "alloc")]
    #[inline(never)]
    pub fn boxed() -> alloc::boxed::Box<Self> {
        // A constant is copied as a whole, and not made member by member.
        const EMPTY: Workspace = Workspace::new();
        alloc::boxed::Box::new(EMPTY)
    }
}

impl Workspace {
    /// Sets who verifies the signatures of identities from now on. Without one, keys that are
    /// identities are of an unsupported scheme.
    #[cfg(feature = "identities")]
    pub fn verify_identities(&mut self, verifier: Option<Arc<dyn IdentityVerifier>>) {
        self.pass.identities.set_verifier(verifier);
    }

    /// Returns the unsupported key schemes of the role, each once. Call it after
    /// [`UnsupportedKeyScheme`](crate::Error::UnsupportedKeyScheme) from
    /// [`check_root`](crate::check_root) or [`Roles::verify`](crate::Roles::verify).
    pub fn unsupported_schemes(&self) -> impl Iterator<Item = &KeyScheme> {
        self.authority.unsupported()
    }

    /// Returns whether a file that was read since the workspace was made has an ML-DSA key, and
    /// this build lacks the feature `ml-dsa`. The file need not be signed. A host that has another
    /// build at hand asks after each file, and begins again with that build if so, because a role
    /// may need the key.
    pub const fn lacks_ml_dsa(&self) -> bool {
        self.pass.role_keys.lacks_ml_dsa
    }

    /// Exchanges the authority and the role keys that were read last.
    #[inline(never)]
    pub(crate) fn swap_authority(&mut self) {
        core::mem::swap(&mut self.authority, &mut self.pass.role_keys.authority);
    }
}

impl Default for Workspace {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Workspace {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Workspace").finish_non_exhaustive()
    }
}
