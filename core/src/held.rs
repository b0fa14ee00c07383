//! Verified files that stay in memory for a session: what is needed of one again is not read again
//! from its start, nor asked of the host.

use heapless::Vec;

use crate::names::Fingerprint;
use crate::targets::Places;
use crate::update::Update;

/// What a session holds: [`NotHeld`] or [`Held`].
pub trait Files: Sized {
    #[doc(hidden)]
    fn proceed(update: &mut Update<'_, Self>);

    #[doc(hidden)]
    fn to_store<'u>(update: &'u Update<'_, Self>) -> Option<&'u [u8]>;
}

/// The files of a session that holds none: it asks for a file whenever it needs it.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotHeld;

impl Files for NotHeld {
    fn proceed(_: &mut Update<'_, Self>) {}

    fn to_store<'u>(_: &'u Update<'_, Self>) -> Option<&'u [u8]> {
        None
    }
}

/// The files of a session that holds them as they were verified: see [`Update::supply_held`]. `F`
/// owns its bytes, or borrows them, so that they cannot change.
pub struct Held<F> {
    pub(crate) root: Option<F>,
    pub(crate) timestamp: Option<F>,
    pub(crate) snapshot: Option<F>,
    /// The stored snapshot, where it is not the listed one.
    pub(crate) floor: Option<F>,
    /// Targets roles, those read last at the end.
    targets: Vec<HeldTargets<F>, HELD_TARGETS_MAX>,
}

impl<F: AsRef<[u8]>> Files for Held<F> {
    fn proceed(update: &mut Update<'_, Self>) {
        update.proceed();
    }

    fn to_store<'u>(update: &'u Update<'_, Self>) -> Option<&'u [u8]> {
        update.held_file()
    }
}

/// The file of a targets role.
pub(crate) struct HeldTargets<F> {
    pub(crate) role: Fingerprint,
    /// The [fingerprint](crate::threshold::Authority::fingerprint) of the keys that it was verified
    /// with.
    pub(crate) authority: [u8; 32],
    pub(crate) places: Places,
    pub(crate) file: F,
}

impl<F> Held<F> {
    pub(crate) const fn new() -> Self {
        Held { root: None, timestamp: None, snapshot: None, floor: None, targets: Vec::new() }
    }

    /// Takes the file of a targets role in the place of any before; the one held for longest goes
    /// where there is no room.
    pub(crate) fn insert(&mut self, held: HeldTargets<F>) {
        let before = self.targets.iter().position(|other| other.role == held.role);
        if let Some(place) = before.or(self.targets.is_full().then_some(0)) {
            self.targets.remove(place);
        }
        // There is room.
        let _ = self.targets.push(held);
    }

    /// The file of the targets role of that name.
    pub(crate) fn targets(&self, role: &str) -> Option<&HeldTargets<F>> {
        let role = Fingerprint::new(role.as_bytes());
        self.targets.iter().find(|held| held.role == role)
    }
}

/// How many targets roles are held: the way to a file of PyPI has at most six.
const HELD_TARGETS_MAX: usize = 8;

impl<F> core::fmt::Debug for Held<F> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Held").finish_non_exhaustive()
    }
}
