//! Who may sign for a role, and whether enough of them did: the one place where trust is made.

use heapless::Vec;

use crate::error::Error;
use crate::json::Sink;
use crate::key::{KeyId, Message, PublicKey, SignatureState};
use crate::limits::{CHECKS_MAX, Limit, ROLE_KEYS_MAX};
use crate::role::Role;
use crate::time::Time;

/// The keys that a delegator lets speak for a role, and how many of them must.
pub(crate) struct Authority {
    pub(crate) keys: Vec<AuthorizedKey, ROLE_KEYS_MAX>,
    pub(crate) threshold: u32,
}

/// A key under the name that the delegator gives it.
pub(crate) struct AuthorizedKey {
    pub(crate) id: KeyId,
    pub(crate) key: PublicKey,
}

impl Authority {
    pub(crate) const fn new() -> Self {
        Authority { keys: Vec::new(), threshold: u32::MAX }
    }

    /// The place of the key of that name.
    pub(crate) fn position(&self, id: &KeyId) -> Option<usize> {
        self.keys.iter().position(|authorized| authorized.id == *id)
    }

    /// How many different usable keys `counts` finds: one key under two names is one (CVE-2020-6174, GHSA-3633-5h82-39pq).
    fn distinct(&self, counts: impl Fn(usize) -> bool) -> u32 {
        let counted =
            |place: usize, authorized: &AuthorizedKey| authorized.key != PublicKey::Unsupported && counts(place);
        let mut distinct = 0_u32;
        for (place, authorized) in self.keys.iter().enumerate() {
            let earlier = self.keys.iter().take(place).enumerate();
            if counted(place, authorized)
                && !earlier.into_iter().any(|(place, other)| counted(place, other) && other.key == authorized.key)
            {
                distinct = distinct.saturating_add(1);
            }
        }
        distinct
    }
}

/// Checks the signatures of one file while its canonical form goes by.
pub(crate) struct Verifier {
    /// The checks of the signatures, each with the place of its key in the authority.
    states: Vec<(usize, SignatureState), CHECKS_MAX>,
    message: Message,
    /// Small pieces wait here, so that the hash functions get whole blocks.
    block: Vec<u8, 1024>,
}

impl Verifier {
    pub(crate) const fn new() -> Self {
        Verifier { states: Vec::new(), message: Message::new(), block: Vec::new() }
    }

    /// Forgets what was.
    pub(crate) fn begin(&mut self) {
        self.states.clear();
        self.message = Message::new();
        self.block.clear();
    }

    /// Takes a signature by the key at `place`. One that cannot be a signature of that key counts for nothing.
    ///
    /// # Errors
    /// [`Error::LimitReached`] past [`CHECKS_MAX`].
    pub(crate) fn add_signature(&mut self, place: usize, key: &PublicKey, signature: &[u8]) -> Result<(), Error> {
        let signature = core::str::from_utf8(signature).unwrap_or_default();
        let Some(state) = SignatureState::begin(key, signature) else {
            return Ok(());
        };
        self.message.need(&state);
        self.states.push((place, state)).map_err(|_| Error::LimitReached {
            limit: Limit::Checks,
            maximum: u64::try_from(CHECKS_MAX).unwrap_or(u64::MAX),
        })
    }

    /// Feeds the checks what waits in the block.
    fn empty_block(&mut self) {
        absorb(&mut self.message, &mut self.states, &self.block);
        self.block.clear();
    }

    /// Counts the keys whose signatures hold over all that was written, and gives `content` the seal if they are enough.
    ///
    /// Every signature is checked, also past the threshold: who signed is part of the verdict.
    ///
    /// spec §5.3.4, §5.4.2, §5.5.3, §5.6.3: a threshold of unique keys.
    pub(crate) fn finish<T>(
        &mut self,
        authority: &Authority,
        content: T,
        header: &Header,
    ) -> Result<Verified<T>, Error> {
        self.empty_block();
        let digests = core::mem::take(&mut self.message).finish();
        let mut valid = [false; ROLE_KEYS_MAX];
        for (place, state) in &self.states {
            if let Some(valid) = valid.get_mut(*place) {
                *valid = state.verify(&digests);
            }
        }
        self.states.clear();
        let signed = |place: usize| valid.get(place).copied().unwrap_or(false);
        let count = authority.distinct(signed);
        let keys = authority.distinct(|_| true);
        if count < authority.threshold {
            return Err(Error::ThresholdNotMet {
                role: header.role,
                threshold: authority.threshold,
                valid: count,
                keys,
            });
        }
        let mut signers = Vec::new();
        for (_, authorized) in authority.keys.iter().enumerate().filter(|(place, _)| signed(*place)) {
            // There is room: both have the same capacity.
            let _ = signers.push(authorized.id);
        }
        Ok(Verified {
            role: header.role,
            version: header.version,
            expires: header.expires,
            length: header.length,
            threshold: authority.threshold,
            keys,
            signers,
            content,
        })
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
pub(crate) struct Header {
    pub(crate) role: Role,
    pub(crate) version: u64,
    pub(crate) expires: Time,
    /// Of the whole file, in bytes.
    pub(crate) length: u64,
}

/// What a threshold of the role's keys has signed. None can be made elsewhere than where signatures are counted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verified<T = ()> {
    /// Whose file it is.
    pub role: Role,
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
    /// The keyids of all keys of the role that signed, as many as there are: also past the threshold.
    pub signers: Vec<KeyId, ROLE_KEYS_MAX>,
    content: T,
}

impl<T> Verified<T> {
    /// The verdict, and what was signed apart from it.
    pub(crate) fn split(self) -> (Verified, T) {
        let Verified { role, version, expires, length, threshold, keys, signers, content } = self;
        (Verified { role, version, expires, length, threshold, keys, signers, content: () }, content)
    }
}
