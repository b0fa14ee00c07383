//! What a key is good for by itself: for hosts that show the keys of a role.

use crate::key::{KeyScheme, Kind, PublicKey};
use crate::limits::KEY_LENGTH_MAX;

/// What this build can use a key for.
///
/// ```
/// use picotuf::KeyUse;
///
/// let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
/// let KeyUse::Usable(key) = KeyUse::of("ed25519", "ed25519", public) else { unreachable!() };
/// assert_eq!(KeyUse::of("ed25519", "ed25519", &public.to_uppercase()), KeyUse::Usable(key));
/// assert_eq!(KeyUse::of("ed25519", "ed25519", "00"), KeyUse::Invalid);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// It verifies signatures. Equal bytes are the same key, in whatever form and under whatever
    /// keyid it was written.
    Usable([u8; 16]),
    /// This build does not support its scheme.
    Unsupported(KeyScheme),
    /// It is no key, or its type and its scheme do not agree.
    Invalid,
}

impl KeyUse {
    /// Judges a key by its `keytype`, its `scheme` and the `public` member of its `keyval`, as a
    /// threshold does.
    #[must_use]
    pub fn of(keytype: &str, scheme: &str, public: &str) -> Self {
        let (kind, unusable) =
            Kind::of(KeyScheme::of(keytype.as_bytes()), KeyScheme::of(scheme.as_bytes()));
        let kind = kind.filter(|_| public.len() <= KEY_LENGTH_MAX);
        let key =
            kind.and_then(|kind| PublicKey::decode(kind, public.as_bytes())).unwrap_or(unusable);
        match (key.fingerprint(), key.unsupported()) {
            (Some(print), _) => KeyUse::Usable(*print.as_bytes()),
            (None, Some(scheme)) => KeyUse::Unsupported(*scheme),
            (None, None) => KeyUse::Invalid,
        }
    }
}
