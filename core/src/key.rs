//! Public keys and the signatures they verify (TUF specification 4.2).
//!
//! A key that cannot be used is no error, so that it matters only where a threshold needs it: one
//! of a scheme that is unknown or switched off is [`PublicKey::Unsupported`], one that is malformed
//! or at odds with its scheme is [`PublicKey::Invalid`]. Neither verifies anything.

#[cfg(any(feature = "ecdsa", feature = "rsa"))]
mod der;
#[cfg(feature = "ecdsa")]
mod ecdsa;
mod ed25519;
#[cfg(any(feature = "ecdsa", feature = "rsa"))]
mod pem;
#[cfg(feature = "rsa")]
mod rsa;

use crate::excerpt::Excerpt;
use crate::hash::sha256;
use crate::hex::Hex;
use crate::names::Fingerprint;
use crate::show::{Show, display};
use crate::work::{Counter, count};
use core::fmt;
#[cfg(any(feature = "ecdsa", feature = "rsa"))]
use sha2::{Digest as _, Sha256};

/// The name by which metadata refers to a key: any text, chosen by the writer. Most write the
/// SHA-256 of the key's canonical form, but nothing here depends on that.
///
/// Up to 64 bytes are kept as they are. Of a longer name its SHA-256 is kept, and displayed as
/// `sha256:` and hexadecimal digits; equality is that of the names either way.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId {
    // Zero behind `length`, so that equality may be derived.
    text: [u8; MAX_KEY_ID],
    length: u8,
    hashed: bool,
}

impl KeyId {
    /// Takes a name of any length.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::of(name.as_bytes())
    }

    /// [`KeyId::new`] of bytes that are known to be text.
    #[inline(never)]
    pub(crate) fn of(name: &[u8]) -> Self {
        if name.len() <= MAX_KEY_ID {
            Self::from_parts(name, false)
        } else {
            let mut digits = heapless::String::<MAX_KEY_ID>::new();
            // The digits of 32 bytes fill the 64 bytes exactly.
            Hex(&sha256(name)).show(&mut |digit| {
                let _ = digits.push_str(digit);
            });
            Self::from_parts(digits.as_bytes(), true)
        }
    }

    fn from_parts(name: &[u8], hashed: bool) -> Self {
        let mut text = [0; MAX_KEY_ID];
        for (byte, value) in text.iter_mut().zip(name) {
            *byte = *value;
        }
        Self { text, length: u8::try_from(name.len()).unwrap_or(u8::MAX), hashed }
    }

    pub(crate) fn as_str(&self) -> &str {
        // It was text when it was put in.
        let text = self.text.get(..usize::from(self.length)).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }
}

impl Show for KeyId {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        if self.hashed {
            out("sha256:");
        }
        out(self.as_str());
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// A public key, decoded: two are equal when they are the same key, in whatever form and under
/// whatever keyid they were written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum PublicKey {
    /// The canonical encoding of a point that is not of small order.
    Ed25519([u8; 32]),
    /// A point on P-256, for SHA-256.
    #[cfg(feature = "ecdsa")]
    P256(p256::ecdsa::VerifyingKey),
    /// A point on P-384, for SHA-384.
    #[cfg(feature = "ecdsa")]
    P384(p384::ecdsa::VerifyingKey),
    /// A modulus of 2048 to 8192 bits and an odd exponent, for PSS with SHA-256.
    #[cfg(feature = "rsa")]
    Rsa(alloc::boxed::Box<::rsa::RsaPublicKey>),
    /// A key that is none. It verifies nothing; equality of two of these says nothing about the
    /// keys.
    Invalid,
    /// A key of a scheme that this build does not know. It verifies nothing; equality of two of
    /// these says nothing about the keys.
    Unsupported(KeyScheme),
}

/// What a `keytype` or a `scheme` says, if it is one that is known.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Word {
    Ed25519,
    Ecdsa,
    EcdsaP256,
    EcdsaP384,
    Rsa,
    RsaPss,
    Other,
}

impl Word {
    #[inline(never)]
    fn of(text: &[u8]) -> Self {
        const KNOWN: &[(&str, Word)] = &[
            ("ed25519", Word::Ed25519),
            ("ecdsa", Word::Ecdsa),
            ("ecdsa-sha2-nistp256", Word::EcdsaP256),
            ("ecdsa-sha2-nistp384", Word::EcdsaP384),
            ("rsa", Word::Rsa),
            ("rsassa-pss-sha256", Word::RsaPss),
        ];
        KNOWN
            .iter()
            .find(|(known, _)| known.as_bytes() == text)
            .map_or(Word::Other, |(_, word)| *word)
    }
}

/// The scheme of a key that cannot be used here, as the metadata has it; the keytype, where that
/// alone is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyScheme(Excerpt<SCHEME_KEPT>);

impl KeyScheme {
    pub(crate) fn of(text: &[u8]) -> Self {
        KeyScheme(Excerpt::of(text))
    }

    /// A text that is cut, or had to be changed, is none that is known.
    fn word(&self) -> Word {
        Word::of(self.0.as_str().as_bytes())
    }

    /// The name; of a very long one, its beginning.
    pub fn name(&self) -> &str {
        self.0.as_str()
    }

    /// The feature of this crate with which keys of this scheme can be used; nothing where none
    /// helps.
    pub fn feature(&self) -> Option<&'static str> {
        match self.word() {
            Word::EcdsaP256 | Word::EcdsaP384 if !ECDSA => Some("ecdsa"),
            Word::RsaPss if !RSA => Some("rsa"),
            _ => None,
        }
    }
}

impl Show for KeyScheme {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        self.0.show(out);
    }
}

impl fmt::Display for KeyScheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, formatter)
    }
}

/// What a key is for: its `keytype` and its `scheme`, which have to agree.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Ed25519,
    P256,
    P384,
    Rsa,
}

impl Kind {
    /// Nothing for keys that cannot be used, whatever the features; and what such a key is.
    pub(crate) fn of(keytype: KeyScheme, scheme: KeyScheme) -> (Option<Self>, PublicKey) {
        let unsupported = PublicKey::Unsupported(scheme);
        match (keytype.word(), scheme.word()) {
            (Word::Ed25519, Word::Ed25519) => (Some(Kind::Ed25519), PublicKey::Invalid),
            (Word::Ecdsa | Word::EcdsaP256, Word::EcdsaP256) => {
                (Some(Kind::P256), or_invalid(ECDSA, unsupported))
            }
            (Word::Ecdsa | Word::EcdsaP384, Word::EcdsaP384) => {
                (Some(Kind::P384), or_invalid(ECDSA, unsupported))
            }
            (Word::Rsa, Word::RsaPss) => (Some(Kind::Rsa), or_invalid(RSA, unsupported)),
            (_, Word::Other) => (None, unsupported),
            (Word::Other, _) => (None, PublicKey::Unsupported(keytype)),
            _ => (None, PublicKey::Invalid),
        }
    }
}

impl PublicKey {
    /// Whether it can verify anything.
    pub(crate) const fn is_usable(&self) -> bool {
        !matches!(self, Self::Invalid | Self::Unsupported(_))
    }

    /// Its scheme, where that is why it cannot be used.
    pub(crate) const fn unsupported(&self) -> Option<&KeyScheme> {
        match self {
            Self::Unsupported(scheme) => Some(scheme),
            _ => None,
        }
    }

    /// Decodes a key from its kind and the `public` of its `keyval`; nothing where it cannot be
    /// used.
    ///
    /// | keytype | scheme | public |
    /// |---|---|---|
    /// | `ed25519` | `ed25519` | 64 hexadecimal digits |
    /// | `ecdsa`, `ecdsa-sha2-nistp256` | `ecdsa-sha2-nistp256` | PEM `PUBLIC KEY`, or the SEC1 point in hexadecimal digits |
    /// | `ecdsa`, `ecdsa-sha2-nistp384` | `ecdsa-sha2-nistp384` | the same |
    /// | `rsa` | `rsassa-pss-sha256` | PEM `PUBLIC KEY` or `RSA PUBLIC KEY` |
    pub(crate) fn decode(kind: Kind, public: &[u8]) -> Option<Self> {
        count(Counter::Decoded, 1);
        #[cfg(any(feature = "ecdsa", feature = "rsa"))]
        let text = core::str::from_utf8(public).unwrap_or_default();
        match kind {
            Kind::Ed25519 => ed25519::public_key(public).map(Self::Ed25519),
            #[cfg(feature = "ecdsa")]
            Kind::P256 => ecdsa::p256_key(text).map(Self::P256),
            #[cfg(feature = "ecdsa")]
            Kind::P384 => ecdsa::p384_key(text).map(Self::P384),
            #[cfg(feature = "rsa")]
            Kind::Rsa => rsa::public_key(text).map(|key| Self::Rsa(alloc::boxed::Box::new(key))),
            #[cfg(not(all(feature = "ecdsa", feature = "rsa")))]
            _ => None,
        }
    }

    #[cfg(test)]
    fn new(keytype: &str, scheme: &str, public: &str) -> Self {
        let (kind, unusable) =
            Kind::of(KeyScheme::of(keytype.as_bytes()), KeyScheme::of(scheme.as_bytes()));
        kind.and_then(|kind| Self::decode(kind, public.as_bytes())).unwrap_or(unusable)
    }

    /// By which a key is known again, in whatever form it was written; nothing for one that cannot
    /// be used.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        match self {
            Self::Ed25519(key) => Some(Fingerprint::new(key)),
            #[cfg(feature = "ecdsa")]
            Self::P256(key) => Some(Fingerprint::new(key.to_sec1_point(false).as_bytes())),
            #[cfg(feature = "ecdsa")]
            Self::P384(key) => Some(Fingerprint::new(key.to_sec1_point(false).as_bytes())),
            #[cfg(feature = "rsa")]
            Self::Rsa(key) => Some(rsa::fingerprint(key)),
            Self::Invalid | Self::Unsupported(_) => None,
        }
    }
}

/// The check of one signature over a message that comes in pieces.
///
/// An Ed25519 signature hashes the message behind a prefix of its own, so its state takes the
/// message itself. The others share the digests of a [`Message`]: each piece goes to the message
/// and to every state, and the digests go to [`SignatureState::verify`].
#[derive(Clone)]
#[allow(
    clippy::large_enum_variant,
    reason = "the large variant is the common one, and there is no allocator to box it"
)]
pub(crate) enum SignatureState {
    Ed25519(ed25519_compact::VerifyingState),
    #[cfg(feature = "ecdsa")]
    P256(p256::ecdsa::VerifyingKey, p256::ecdsa::Signature),
    #[cfg(feature = "ecdsa")]
    P384(p384::ecdsa::VerifyingKey, p384::ecdsa::Signature),
    #[cfg(feature = "rsa")]
    Rsa(alloc::boxed::Box<(::rsa::pss::VerifyingKey<Sha256>, ::rsa::pss::Signature)>),
}

impl SignatureState {
    /// Starts the check of a signature, given as hexadecimal digits.
    ///
    /// `None` when it can be told already that it counts for nothing: the key cannot be used, or
    /// the signature is not hexadecimal, not of the right length, not DER, or out of the range of
    /// its scheme.
    #[inline]
    pub(crate) fn begin(key: &PublicKey, signature_hex: &[u8]) -> Option<Self> {
        match key {
            PublicKey::Ed25519(key) => ed25519::begin(key, signature_hex).map(Self::Ed25519),
            #[cfg(feature = "ecdsa")]
            PublicKey::P256(key) => Some(Self::P256(*key, ecdsa::p256_signature(signature_hex)?)),
            #[cfg(feature = "ecdsa")]
            PublicKey::P384(key) => Some(Self::P384(*key, ecdsa::p384_signature(signature_hex)?)),
            #[cfg(feature = "rsa")]
            PublicKey::Rsa(key) => {
                let signature = rsa::signature(key, signature_hex)?;
                Some(Self::Rsa(alloc::boxed::Box::new((rsa::verifying_key(key), signature))))
            }
            PublicKey::Invalid | PublicKey::Unsupported(_) => None,
        }
    }

    /// Takes the next bytes of the message. The same bytes go to [`Message::update`].
    pub(crate) fn absorb(&mut self, bytes: &[u8]) {
        match self {
            Self::Ed25519(state) => {
                count(Counter::Hashed, bytes.len());
                state.absorb(bytes);
            }
            #[cfg(feature = "ecdsa")]
            Self::P256(..) | Self::P384(..) => {}
            #[cfg(feature = "rsa")]
            Self::Rsa(_) => {}
        }
    }

    /// Whether the signature holds over the whole message, whose digests these are.
    ///
    /// False too when a digest is missing because [`Message::need`] was not called for this state.
    #[cfg_attr(not(any(feature = "ecdsa", feature = "rsa")), expect(unused_variables))]
    pub(crate) fn verify(&self, digests: &MessageDigests) -> bool {
        match self {
            Self::Ed25519(state) => ed25519::verify(state),
            #[cfg(feature = "ecdsa")]
            Self::P256(key, signature) => {
                digests.sha256.is_some_and(|digest| ecdsa::verify_p256(key, &digest, signature))
            }
            #[cfg(feature = "ecdsa")]
            Self::P384(key, signature) => {
                digests.sha384.is_some_and(|digest| ecdsa::verify_p384(key, &digest, signature))
            }
            #[cfg(feature = "rsa")]
            Self::Rsa(check) => {
                digests.sha256.is_some_and(|digest| rsa::verify(&check.0, &digest, &check.1))
            }
        }
    }
}

/// The digests of the signed bytes that several signatures share: each is computed once, and only
/// when a signature needs it.
#[derive(Clone, Default)]
pub(crate) struct Message {
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    sha256: Option<Sha256>,
    #[cfg(feature = "ecdsa")]
    sha384: Option<sha2::Sha384>,
}

impl Message {
    /// A message of no bytes yet, with no digest switched on.
    pub(crate) const fn new() -> Self {
        Self {
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            sha256: None,
            #[cfg(feature = "ecdsa")]
            sha384: None,
        }
    }

    /// Switches on what `state` will need. To be called before the first [`Message::update`].
    pub(crate) fn need(&mut self, state: &SignatureState) {
        match state {
            SignatureState::Ed25519(_) => {}
            #[cfg(feature = "ecdsa")]
            SignatureState::P256(..) => {
                self.sha256.get_or_insert_default();
            }
            #[cfg(feature = "ecdsa")]
            SignatureState::P384(..) => {
                self.sha384.get_or_insert_default();
            }
            #[cfg(feature = "rsa")]
            SignatureState::Rsa(_) => {
                self.sha256.get_or_insert_default();
            }
        }
    }

    /// Takes the next bytes.
    #[cfg_attr(not(any(feature = "ecdsa", feature = "rsa")), expect(unused_variables))]
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        #[cfg(any(feature = "ecdsa", feature = "rsa"))]
        if let Some(state) = &mut self.sha256 {
            count(Counter::Hashed, bytes.len());
            state.update(bytes);
        }
        #[cfg(feature = "ecdsa")]
        if let Some(state) = &mut self.sha384 {
            count(Counter::Hashed, bytes.len());
            state.update(bytes);
        }
    }

    /// The digests of all bytes taken.
    pub(crate) fn finish(self) -> MessageDigests {
        MessageDigests {
            #[cfg(any(feature = "ecdsa", feature = "rsa"))]
            sha256: self.sha256.map(|state| state.finalize().into()),
            #[cfg(feature = "ecdsa")]
            sha384: self.sha384.map(|state| state.finalize().into()),
        }
    }
}

/// What [`Message::finish`] gives.
#[derive(Clone)]
pub(crate) struct MessageDigests {
    #[cfg(any(feature = "ecdsa", feature = "rsa"))]
    sha256: Option<[u8; 32]>,
    #[cfg(feature = "ecdsa")]
    sha384: Option<[u8; 48]>,
}

/// What a key of a known kind is that does not decode.
fn or_invalid(is_compiled: bool, unsupported: PublicKey) -> PublicKey {
    if is_compiled { PublicKey::Invalid } else { unsupported }
}

const ECDSA: bool = cfg!(feature = "ecdsa");
const RSA: bool = cfg!(feature = "rsa");

/// As much of a scheme's name as takes no more room than a key: the longest that is in use has 19
/// bytes.
const SCHEME_KEPT: usize = 31;

/// The digits of a SHA-256, which is what nearly every writer uses.
const MAX_KEY_ID: usize = 64;

/// What a caller with little memory has to set aside for each signature of a file, on every target
/// and with every feature.
const _: () = assert!(size_of::<SignatureState>() <= 576);

#[cfg(test)]
mod tests;
