//! Who may sign for a role, and whether enough of them did: the one place where trust is made.

use core::fmt;
use core::num::NonZeroU32;

use heapless::Vec;
use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::hash::finish_sha256;
use crate::identities::Identities;
use crate::key::{KeyId, KeyScheme, Message, PublicKey, SignatureState};
use crate::limits::{CHECKS_MAX, Limit, PENDING_BYTES_MAX, ROLE_KEYS_MAX};
use crate::names::Fingerprint;
use crate::role::Role;
use crate::sink::Sink;
use crate::time::Time;
use crate::work::{Counter, count};

/// The keys that a delegator lets speak for a role, and how many of them must.
pub(crate) struct Authority {
    pub(crate) keys: Vec<AuthorizedKey, ROLE_KEYS_MAX>,
    /// None until a delegator has set one. There is no zero: nothing would meet it
    /// (CVE-2026-23992).
    pub(crate) threshold: Option<NonZeroU32>,
}

/// A key under the name that the delegator gives it.
pub(crate) struct AuthorizedKey {
    pub(crate) id: KeyId,
    pub(crate) key: PublicKey,
}

impl Authority {
    pub(crate) const fn new() -> Self {
        Authority { keys: Vec::new(), threshold: None }
    }

    /// By which it is known again: threshold, names, keys and their schemes, in their order.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let mut hash =
            Sha256::new_with_prefix(self.threshold.map_or(0, NonZeroU32::get).to_be_bytes());
        for AuthorizedKey { id, key } in &self.keys {
            hash.update(Fingerprint::new(id.as_str().as_bytes()).as_bytes());
            // A key that cannot be used counts for nothing, whichever it is.
            hash.update(key.fingerprint().as_ref().map_or(&[0; 16], Fingerprint::as_bytes));
            hash.update([key.scheme_number()]);
        }
        finish_sha256(hash)
    }

    /// Returns how many different usable keys are at these places: one key under two names is one
    /// (CVE-2020-6174, GHSA-3633-5h82-39pq).
    fn distinct(&self, among: KeySet) -> u32 {
        let counted = |place: usize, authorized: &AuthorizedKey| {
            authorized.key.is_usable() && among.contains(place)
        };
        let mut distinct = 0_u32;
        for (place, authorized) in self.keys.iter().enumerate() {
            let earlier = self.keys.iter().take(place).enumerate();
            if counted(place, authorized)
                && !earlier
                    .into_iter()
                    .any(|(place, other)| counted(place, other) && other.key == authorized.key)
            {
                distinct = distinct.saturating_add(1);
            }
        }
        distinct
    }

    /// Returns the schemes that this build does not support, each once.
    pub(crate) fn unsupported(&self) -> impl Iterator<Item = &KeyScheme> {
        let is_before = |place, scheme| {
            self.keys
                .iter()
                .take(place)
                .any(|authorized| authorized.key.unsupported() == Some(scheme))
        };
        let places = self.keys.iter().enumerate();
        places.filter_map(move |(place, authorized)| {
            authorized.key.unsupported().filter(|scheme| !is_before(place, scheme))
        })
    }

    /// Why a file is refused that `valid` of the `keys` usable keys have signed: nobody is to blame
    /// where only keys of schemes that are not supported could make up the threshold.
    fn refusal(&self, role: Role, threshold: u32, valid: u32, keys: u32) -> Error {
        let unsupported =
            self.keys.iter().filter(|authorized| authorized.key.unsupported().is_some()).count();
        let all = keys.saturating_add(u32::try_from(unsupported).unwrap_or(u32::MAX));
        if keys < threshold && threshold <= all {
            return Error::UnsupportedKeyScheme { role, threshold, keys };
        }
        Error::ThresholdNotMet { role, threshold, valid, keys }
    }
}

/// Checks the signatures of one file while its canonical form goes by.
pub(crate) struct Verifier {
    /// The checks of the signatures, each with the place of its key in the authority.
    states: Vec<(usize, SignatureState), CHECKS_MAX>,
    message: Message,
    /// What the states take of the heap, in bytes: at most [`PENDING_BYTES_MAX`].
    pending: usize,
    /// Of a floor, how many pairs of a signature and a key have been tried without success in
    /// earlier readings.
    tried: Option<usize>,
    /// How many such pairs this reading has met.
    met: usize,
    /// How many of them, in a row behind those, it has checked.
    taken: usize,
    /// Small pieces wait here, so that the hash functions get whole blocks.
    block: Vec<u8, BLOCK>,
    /// Whether the file at hand was sealed, and how. It lies here, and is not handed up through
    /// every call.
    is_sealed: bool,
    seal: Seal,
}

/// Some blocks of SHA-512: few where memory is dear.
const BLOCK: usize = if cfg!(target_pointer_width = "64") { 1024 } else { 384 };

impl Verifier {
    pub(crate) const fn new() -> Self {
        let header =
            Header { role: Role::Root, version: 0, expires: Time::from_unix(0), length: 0 };
        let seal = Seal { header, threshold: 0, keys: 0, signers: KeySet(0) };
        Verifier {
            states: Vec::new(),
            message: Message::new(),
            pending: 0,
            tried: None,
            met: 0,
            taken: 0,
            block: Vec::new(),
            is_sealed: false,
            seal,
        }
    }

    /// That a threshold has signed the file that was read last; `None` if it has not.
    pub(crate) fn seal(&self) -> Option<&Seal> {
        self.is_sealed.then_some(&self.seal)
    }

    /// Returns what the file states of itself that was read last, once it is sealed.
    pub(crate) fn header(&self) -> Option<&Header> {
        self.seal().map(|seal| &seal.header)
    }

    /// Whether one signature by any key, under whatever keyid, is enough for the next file.
    pub(crate) fn take_any(&mut self, any: bool) {
        self.tried = any.then_some(0);
    }

    pub(crate) const fn takes_any(&self) -> bool {
        self.tried.is_some()
    }

    /// Returns whether a file that met this error is worth another reading, because not all pairs
    /// of a signature and a key have been tried.
    pub(crate) fn go_further(&mut self, error: Error) -> bool {
        match &mut self.tried {
            Some(tried) if matches!(error, Error::ThresholdNotMet { .. }) => {
                *tried = tried.saturating_add(self.taken);
                self.taken > 0 && self.met > *tried
            }
            _ => false,
        }
    }

    /// Forgets what was.
    pub(crate) fn begin(&mut self) {
        self.is_sealed = false;
        (self.met, self.taken, self.pending) = (0, 0, 0);
        self.states.clear();
        self.message = Message::new();
        self.block.clear();
    }

    /// Takes a signature by the key at `place`, with the bundle beside it. One that cannot be a
    /// signature of that key counts for nothing.
    ///
    /// # Errors
    /// [`Error::LimitReached`] past [`CHECKS_MAX`] or [`PENDING_BYTES_MAX`].
    #[inline(never)]
    pub(crate) fn add_signature(
        &mut self,
        place: usize,
        key: &PublicKey,
        signature: &[u8],
        bundle: &[u8],
    ) -> Result<(), Error> {
        let Some(state) = SignatureState::begin(key, signature, bundle) else {
            return Ok(());
        };
        let pending = self.pending.saturating_add(state.on_heap());
        if let Some(tried) = self.tried {
            self.met = self.met.saturating_add(1);
            // The rest is for another reading.
            let is_next = self.met == tried.saturating_add(self.taken).saturating_add(1);
            if !is_next || self.states.is_full() || pending > PENDING_BYTES_MAX {
                return Ok(());
            }
        }
        let reached = |limit, maximum| Error::LimitReached {
            limit,
            maximum: u64::try_from(maximum).unwrap_or(u64::MAX),
        };
        if pending > PENDING_BYTES_MAX {
            return Err(reached(Limit::PendingBytes, PENDING_BYTES_MAX));
        }
        if let Some(hash) = state.hash() {
            self.message.need(hash);
        }
        self.states.push((place, state)).map_err(|_| reached(Limit::Checks, CHECKS_MAX))?;
        self.taken = self.taken.saturating_add(1);
        self.pending = pending;
        Ok(())
    }

    /// Feeds the checks what waits in the block.
    fn empty_block(&mut self) {
        absorb(&mut self.message, &mut self.states, &self.block);
        self.block.clear();
    }

    /// Counts the keys whose signatures hold over all that was written, and seals the file, whose
    /// header comes back, if they are enough.
    ///
    /// Every signature is checked, also past the threshold: who signed is part of the verdict.
    ///
    /// spec §5.3.4, §5.4.2, §5.5.3, §5.6.3: a threshold of unique keys.
    pub(crate) fn finish(
        &mut self,
        authority: &Authority,
        header: Header,
        identities: &Identities,
    ) -> Result<(), Error> {
        self.is_sealed = false;
        self.empty_block();
        let digests = core::mem::take(&mut self.message).finish();
        let mut signers = KeySet::default();
        for (place, state) in &self.states {
            self::count(Counter::Checks, 1);
            let key = authority.keys.get(*place).map(|authorized| &authorized.key);
            let holds = key.is_some_and(|key| {
                state.verify(key, &digests) || identities.verify(key, state, &digests)
            });
            if holds {
                signers.insert(*place);
            }
        }
        self.states.clear();
        let count = authority.distinct(signers);
        let keys = authority.distinct(KeySet::ALL);
        // Where no delegator has set a threshold, no number of keys meets it.
        let threshold = match (self.tried, authority.threshold) {
            (Some(_), _) => 1,
            (None, threshold) => threshold.map_or(u32::MAX, NonZeroU32::get),
        };
        if count < threshold {
            return Err(authority.refusal(header.role, threshold, count, keys));
        }
        self.seal = Seal { header, threshold, keys, signers };
        self.is_sealed = true;
        Ok(())
    }
}

impl Sink for Verifier {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        if self.block.extend_from_slice(bytes).is_ok() {
            return;
        }
        self.empty_block();
        if self.block.extend_from_slice(bytes).is_err() {
            absorb(&mut self.message, &mut self.states, bytes);
        }
    }
}

fn absorb(message: &mut Message, states: &mut [(usize, SignatureState)], bytes: &[u8]) {
    message.update(bytes);
    for (_, state) in states {
        state.absorb(bytes);
    }
}

/// What every role's file says of itself.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) role: Role,
    pub(crate) version: u64,
    pub(crate) expires: Time,
    /// Of the whole file, in bytes.
    pub(crate) length: u64,
}

/// That a threshold of the role's keys has signed a file. [`Verifier`] alone can make one, and
/// shows it once it is true.
pub(crate) struct Seal {
    pub(crate) header: Header,
    threshold: u32,
    keys: u32,
    signers: KeySet,
}

impl Seal {
    /// Returns the verdict on the file of the role of that name, with the names that `authority`,
    /// by which the file was verified, has for the keys.
    pub(crate) const fn verified<'a>(
        &self,
        name: &'a str,
        authority: &'a Authority,
    ) -> Verified<'a> {
        let Seal { header: Header { role, version, expires, length }, threshold, keys, signers } =
            *self;
        Verified { role, name, version, expires, length, threshold, keys, signers, authority }
    }
}

/// A set of keys, by their places in an authority.
#[derive(Clone, Copy, Default)]
struct KeySet(u32);

const _: () = assert!(ROLE_KEYS_MAX <= 32);

impl KeySet {
    const ALL: KeySet = KeySet(u32::MAX);

    fn bit(place: usize) -> u32 {
        u32::try_from(place).ok().and_then(|place| 1_u32.checked_shl(place)).unwrap_or(0)
    }

    fn insert(&mut self, place: usize) {
        self.0 |= Self::bit(place);
    }

    fn contains(self, place: usize) -> bool {
        self.0 & Self::bit(place) != 0
    }
}

/// A value that a threshold of the role's keys has signed. Only the code that counts signatures
/// creates one.
///
/// It borrows the names of the keys from where they are checked, so that it takes up little memory.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Verified<'a> {
    /// The kind of role whose file it is.
    pub role: Role,
    /// The role's name.
    pub name: &'a str,
    /// The file's version.
    pub version: u64,
    /// Until when it may be used.
    pub expires: Time,
    /// The whole file's length in bytes.
    pub length: u64,
    /// How many distinct keys must have signed.
    pub threshold: u32,
    /// How many distinct usable keys the role has.
    pub keys: u32,
    signers: KeySet,
    authority: &'a Authority,
}

impl<'a> Verified<'a> {
    /// Returns the number of distinct keys that signed. A key that signed under two key identifiers
    /// counts once.
    pub fn signing_keys(&self) -> u32 {
        self.authority.distinct(self.signers)
    }

    /// Returns the key identifiers of all keys of the role that signed, even beyond the threshold.
    pub fn signers(&self) -> impl Iterator<Item = &'a KeyId> + use<'a> {
        let signers = self.signers;
        let keys = self.authority.keys.iter().enumerate();
        keys.filter(move |(place, _)| signers.contains(*place))
            .map(|(_, authorized)| &authorized.id)
    }
}

impl fmt::Debug for Verified<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Signers<'v, 'a>(&'v Verified<'a>);

        impl fmt::Debug for Signers<'_, '_> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.debug_list().entries(self.0.signers()).finish()
            }
        }

        formatter
            .debug_struct("Verified")
            .field("role", &self.role)
            .field("version", &self.version)
            .field("expires", &self.expires)
            .field("length", &self.length)
            .field("threshold", &self.threshold)
            .field("keys", &self.keys)
            .field("signers", &Signers(self))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_threshold_nothing_is_verified() {
        let header =
            || Header { role: Role::Root, version: 1, expires: Time::from_unix(0), length: 0 };
        let error =
            Verifier::new().finish(&Authority::new(), header(), &Identities::new()).err().unwrap();
        assert!(
            matches!(error, Error::ThresholdNotMet { threshold: u32::MAX, valid: 0, keys: 0, .. }),
            "{error}"
        );
        let mut authority = Authority::new();
        authority.threshold = NonZeroU32::new(1);
        let error = Verifier::new().finish(&authority, header(), &Identities::new()).err().unwrap();
        assert!(matches!(error, Error::ThresholdNotMet { threshold: 1, .. }), "{error}");
    }

    #[cfg(feature = "ml-dsa")]
    #[test]
    fn large_signatures_that_do_not_fit_at_one_time_are_refused_or_tried_one_after_the_other() {
        use crate::key::MlDsaSet;
        use std::boxed::Box;
        use std::vec::Vec;

        let header =
            || Header { role: Role::Snapshot, version: 1, expires: Time::from_unix(0), length: 0 };
        let key = PublicKey::MlDsa(MlDsaSet::MlDsa87, std::vec![0; 2592].into());
        let signature = "00".repeat(4627);
        let mut authority = Authority::new();
        authority.threshold = NonZeroU32::new(1);
        for _ in 0..20 {
            let authorized = AuthorizedKey { id: KeyId::new("a"), key: key.clone() };
            assert!(authority.keys.push(authorized).is_ok());
        }
        let mut verifier = Box::new(Verifier::new());
        verifier.begin();
        let taken = (0..20).take_while(|place| {
            verifier.add_signature(*place, &key, signature.as_bytes(), b"").is_ok()
        });
        assert_eq!(taken.count(), PENDING_BYTES_MAX / 4627);
        // For a floor, any one of them would do: each reading tries the next ones.
        verifier.take_any(true);
        let mut readings = Vec::new();
        loop {
            verifier.begin();
            for place in 0..20 {
                assert!(verifier.add_signature(place, &key, signature.as_bytes(), b"").is_ok());
            }
            let places: Vec<usize> = verifier.states.iter().map(|(place, _)| *place).collect();
            readings.push(places);
            let error = verifier.finish(&authority, header(), &Identities::new()).err().unwrap();
            if !verifier.go_further(error) {
                break;
            }
        }
        assert_eq!(readings, [(0..14).collect::<Vec<_>>(), (14..20).collect()]);
    }

    #[test]
    fn places_hold_every_key_that_a_role_may_have() {
        let mut places = KeySet::default();
        for place in 0..ROLE_KEYS_MAX {
            assert!(!places.contains(place));
            places.insert(place);
            assert!(places.contains(place) && !places.contains(place + 1));
        }
        // What is no place is not there, and does not wrap around to one that is.
        places.insert(32);
        assert!(!places.contains(32));
    }
}
