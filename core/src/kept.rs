//! Verified files that stay in memory for a session: what is needed of one again is not read again
//! from its start, nor asked of the host.

use heapless::Vec;

use crate::names::Fingerprint;
use crate::targets::PartOffsets;

/// The kind of storage that a session has for verified files: `()` keeps none, [`Kept`] keeps those
/// that the host supplies.
pub trait Keep: sealed::Sealed {
    /// A file in memory.
    type File: AsRef<[u8]>;

    #[doc(hidden)]
    fn kept(&self) -> Option<&Kept<Self::File>>;

    #[doc(hidden)]
    fn kept_mut(&mut self) -> Option<&mut Kept<Self::File>>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<F> Sealed for super::Kept<F> {}
}

impl Keep for () {
    type File = &'static [u8];

    #[inline(always)]
    fn kept(&self) -> Option<&Kept<Self::File>> {
        None
    }

    #[inline(always)]
    fn kept_mut(&mut self) -> Option<&mut Kept<Self::File>> {
        None
    }
}

/// The verified files that a session keeps in memory: see
/// [`Update::keep_files`](crate::Update::keep_files). `F` owns or borrows its bytes, so that they
/// cannot change.
pub struct Kept<F> {
    pub(crate) root: Option<F>,
    pub(crate) timestamp: Option<F>,
    pub(crate) snapshot: Option<F>,
    /// The stored snapshot, where it is not the listed one.
    pub(crate) floor: Option<F>,
    /// Targets roles, those used last at the end.
    targets: Vec<KeptTargets<F>, KEPT_TARGETS_MAX>,
}

/// The file of a targets role.
pub(crate) struct KeptTargets<F> {
    pub(crate) role: Fingerprint,
    /// The [fingerprint](crate::threshold::Authority::fingerprint) of the keys that it was verified
    /// with.
    pub(crate) authority: [u8; 32],
    pub(crate) offsets: PartOffsets,
    pub(crate) file: F,
}

impl<F> Kept<F> {
    pub(crate) const fn new() -> Self {
        Kept { root: None, timestamp: None, snapshot: None, floor: None, targets: Vec::new() }
    }

    /// Keeps the file of a targets role in the place of any before; the one that was not used for
    /// longest goes where there is no room.
    pub(crate) fn insert(&mut self, kept: KeptTargets<F>) {
        let before = self.targets.iter().position(|other| other.role == kept.role);
        if let Some(place) = before.or(self.targets.is_full().then_some(0)) {
            self.targets.remove(place);
        }
        // There is room.
        let _ = self.targets.push(kept);
    }

    /// Notes that the file of the targets role of that name is used: that of a delegator stays,
    /// however many of its roles come after it.
    pub(crate) fn note_use(&mut self, role: &str) {
        let role = Fingerprint::new(role.as_bytes());
        let place = self.targets.iter().position(|kept| kept.role == role);
        let mut rest = place.and_then(|place| self.targets.get_mut(place..)).unwrap_or_default();
        while let [used, tail @ ..] = rest {
            if let Some(next) = tail.first_mut() {
                core::mem::swap(used, next);
            }
            rest = tail;
        }
    }

    /// Returns the file of the targets role of that name.
    pub(crate) fn targets(&self, role: &str) -> Option<&KeptTargets<F>> {
        let role = Fingerprint::new(role.as_bytes());
        self.targets.iter().find(|kept| kept.role == role)
    }
}

impl<F: AsRef<[u8]>> Keep for Kept<F> {
    type File = F;

    #[inline(always)]
    fn kept(&self) -> Option<&Kept<F>> {
        Some(self)
    }

    #[inline(always)]
    fn kept_mut(&mut self) -> Option<&mut Kept<F>> {
        Some(self)
    }
}

impl<F> core::fmt::Debug for Kept<F> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Kept").finish_non_exhaustive()
    }
}

/// How many targets roles are kept: the way to a file of PyPI has at most six.
const KEPT_TARGETS_MAX: usize = 8;
