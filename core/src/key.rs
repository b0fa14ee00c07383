//! Public keys and the signatures they verify (TUF specification 4.2).
//!
//! A key that cannot be used is no error, so that it matters only where a threshold needs it: one
//! of a scheme that is unknown or switched off is [`PublicKey::Unsupported`], one that is malformed
//! or at odds with its scheme is [`PublicKey::Invalid`]. Neither verifies anything.

#[cfg(any(feature = "ecdsa", feature = "ml-dsa", feature = "rsa"))]
mod der;
#[cfg(feature = "ecdsa")]
mod ecdsa;
mod ed25519;
mod message;
#[cfg(feature = "ml-dsa")]
mod ml_dsa;
#[cfg(any(feature = "ecdsa", feature = "ml-dsa", feature = "rsa"))]
mod pem;
#[cfg(feature = "rsa")]
mod rsa;

use crate::excerpt::Excerpt;
use crate::hash::sha256;
use crate::hex::Hex;
#[cfg(feature = "identities")]
use crate::identities::Identity;
use crate::names::Fingerprint;
use crate::show::{Show, display};
use crate::work::{Counter, count};
#[cfg(any(feature = "identities", feature = "ml-dsa", feature = "rsa"))]
use alloc::boxed::Box;
use core::fmt;
use message::Hash;
pub(crate) use message::{Message, MessageDigests};

/// The identifier by which metadata refers to a key. Its writer may choose any text. Most writers
/// use the SHA-256 of the key's canonical form, but nothing here depends on that.
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
    /// Creates a key identifier from a text of any length.
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

/// A public key, decoded.
#[derive(Clone, Debug)]
pub(crate) enum PublicKey {
    /// The canonical encoding of a point that is not of small order.
    Ed25519([u8; 32]),
    /// A point on P-256, for SHA-256.
    #[cfg(feature = "ecdsa")]
    P256(p256::ecdsa::VerifyingKey),
    /// A point on P-384, for SHA-384.
    #[cfg(feature = "ecdsa")]
    P384(p384::ecdsa::VerifyingKey),
    /// A point on P-521, for SHA-512.
    #[cfg(feature = "ecdsa-p521")]
    P521(p521::ecdsa::VerifyingKey),
    /// A modulus of 2048 to 8192 bits and an odd exponent.
    #[cfg(feature = "rsa")]
    Rsa(RsaScheme, Box<::rsa::PublicKey>),
    /// The encoded key, as long as the parameter set has it.
    #[cfg(feature = "ml-dsa")]
    MlDsa(MlDsaSet, Box<[u8]>),
    /// Who signs by Sigstore bundles.
    #[cfg(feature = "identities")]
    Identity(Box<Identity>),
    /// A key that is none. It verifies nothing; equality of two of these says nothing about the
    /// keys.
    Invalid,
    /// A key of a scheme that this build does not know. It verifies nothing; equality of two of
    /// these says nothing about the keys.
    Unsupported(KeyScheme),
}

/// Two are equal when they are the same key, in whatever form and under whatever keyid they were
/// written; and under whatever scheme, since who steals an RSA key can sign by all of them.
impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ed25519(one), Self::Ed25519(other)) => one == other,
            #[cfg(feature = "ecdsa")]
            (Self::P256(one), Self::P256(other)) => one == other,
            #[cfg(feature = "ecdsa")]
            (Self::P384(one), Self::P384(other)) => one == other,
            #[cfg(feature = "ecdsa-p521")]
            (Self::P521(one), Self::P521(other)) => one == other,
            #[cfg(feature = "rsa")]
            (Self::Rsa(_, one), Self::Rsa(_, other)) => one == other,
            #[cfg(feature = "ml-dsa")]
            (Self::MlDsa(_, one), Self::MlDsa(_, other)) => one == other,
            #[cfg(feature = "identities")]
            (Self::Identity(one), Self::Identity(other)) => one == other,
            (Self::Invalid, Self::Invalid) => true,
            (Self::Unsupported(one), Self::Unsupported(other)) => one == other,
            _ => false,
        }
    }
}

/// A padding of RSA signatures (RFC 8017).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RsaPadding {
    /// RSASSA-PSS.
    Pss,
    /// RSASSA-PKCS1-v1_5: its signatures are verified because old repositories have them.
    Pkcs1v15,
}

/// A scheme of RSA signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RsaScheme {
    pub(crate) padding: RsaPadding,
    pub(crate) hash: Hash,
}

/// A parameter set of ML-DSA (FIPS 204).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MlDsaSet {
    MlDsa44,
    MlDsa65,
    MlDsa87,
}

/// What a `keytype` or a `scheme` says, if it is one that is known.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Word {
    Ed25519,
    Ecdsa,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    Rsa,
    RsaScheme(RsaScheme),
    MlDsa,
    MlDsaScheme(MlDsaSet),
    SigstoreOidc,
    Fulcio,
    Other,
}

impl Word {
    #[inline(never)]
    fn of(text: &[u8]) -> Self {
        const fn pss(hash: Hash) -> Word {
            Word::RsaScheme(RsaScheme { padding: RsaPadding::Pss, hash })
        }
        const fn pkcs1v15(hash: Hash) -> Word {
            Word::RsaScheme(RsaScheme { padding: RsaPadding::Pkcs1v15, hash })
        }
        const KNOWN: &[(&str, Word)] = &[
            ("ed25519", Word::Ed25519),
            ("ecdsa", Word::Ecdsa),
            ("ecdsa-sha2-nistp256", Word::EcdsaP256),
            ("ecdsa-sha2-nistp384", Word::EcdsaP384),
            ("ecdsa-sha2-nistp521", Word::EcdsaP521),
            ("rsa", Word::Rsa),
            ("rsassa-pss-sha256", pss(Hash::Sha256)),
            ("rsassa-pss-sha384", pss(Hash::Sha384)),
            ("rsassa-pss-sha512", pss(Hash::Sha512)),
            ("rsa-pkcs1v15-sha224", pkcs1v15(Hash::Sha224)),
            ("rsa-pkcs1v15-sha256", pkcs1v15(Hash::Sha256)),
            ("rsa-pkcs1v15-sha384", pkcs1v15(Hash::Sha384)),
            ("rsa-pkcs1v15-sha512", pkcs1v15(Hash::Sha512)),
            // TAP 21
            ("ml-dsa", Word::MlDsa),
            ("ml-dsa-44/1", Word::MlDsaScheme(MlDsaSet::MlDsa44)),
            ("ml-dsa-65/1", Word::MlDsaScheme(MlDsaSet::MlDsa65)),
            ("ml-dsa-87/1", Word::MlDsaScheme(MlDsaSet::MlDsa87)),
            ("sigstore-oidc", Word::SigstoreOidc),
            ("Fulcio", Word::Fulcio),
        ];
        KNOWN
            .iter()
            .find(|(known, _)| known.as_bytes() == text)
            .map_or(Word::Other, |(_, word)| *word)
    }
}

/// The signature scheme of a key that this build cannot use, as the metadata names it. If the
/// keytype itself is unknown, this is the keytype.
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

    /// Returns the name of the scheme. A very long name is cut.
    pub fn name(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the feature of this crate that adds the scheme, or `None` if no feature does.
    pub fn feature(&self) -> Option<&'static str> {
        match self.word() {
            Word::EcdsaP256 | Word::EcdsaP384 if !ECDSA => Some("ecdsa"),
            Word::EcdsaP521 if !ECDSA_P521 => Some("ecdsa-p521"),
            Word::RsaScheme(_) if !RSA => Some("rsa"),
            Word::MlDsaScheme(_) if !ML_DSA => Some("ml-dsa"),
            Word::Fulcio if !IDENTITIES => Some("identities"),
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
    P521,
    Rsa(RsaScheme),
    MlDsa(MlDsaSet),
    /// Its value has no `public`.
    Identity,
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
            (Word::Ecdsa | Word::EcdsaP521, Word::EcdsaP521) => {
                (Some(Kind::P521), or_invalid(ECDSA_P521, unsupported))
            }
            (Word::Rsa, Word::RsaScheme(scheme)) => {
                (Some(Kind::Rsa(scheme)), or_invalid(RSA, unsupported))
            }
            (Word::MlDsa, Word::MlDsaScheme(set)) => {
                (Some(Kind::MlDsa(set)), or_invalid(ML_DSA, unsupported))
            }
            // Whether it can be used, the host says.
            (Word::SigstoreOidc, Word::Fulcio) => (Some(Kind::Identity), unsupported),
            (_, Word::Other) => (None, unsupported),
            (Word::Other, _) => (None, PublicKey::Unsupported(keytype)),
            _ => (None, PublicKey::Invalid),
        }
    }
}

impl Kind {
    /// Returns whether a build with the feature `ml-dsa` can use it, and this build cannot.
    pub(crate) const fn lacks_ml_dsa(self) -> bool {
        !ML_DSA && matches!(self, Kind::MlDsa(_))
    }
}

impl PublicKey {
    /// Returns whether it can verify anything.
    pub(crate) const fn is_usable(&self) -> bool {
        !matches!(self, Self::Invalid | Self::Unsupported(_))
    }

    /// Returns its scheme, where that is why it cannot be used.
    pub(crate) const fn unsupported(&self) -> Option<&KeyScheme> {
        match self {
            Self::Unsupported(scheme) => Some(scheme),
            _ => None,
        }
    }

    /// Decodes a key from its kind and the `public` of its `keyval`; `None` if it cannot be used.
    ///
    /// | keytype | scheme | public |
    /// |---|---|---|
    /// | `ed25519` | `ed25519` | 64 hexadecimal digits |
    /// | `ecdsa`, `ecdsa-sha2-nistp256` | `ecdsa-sha2-nistp256` | PEM `PUBLIC KEY`, or the SEC1 point in hexadecimal digits |
    /// | `ecdsa`, `ecdsa-sha2-nistp384` | `ecdsa-sha2-nistp384` | the same |
    /// | `ecdsa`, `ecdsa-sha2-nistp521` | `ecdsa-sha2-nistp521` | the same |
    /// | `rsa` | `rsassa-pss-sha256`, `-sha384`, `-sha512` | PEM `PUBLIC KEY` or `RSA PUBLIC KEY` |
    /// | `rsa` | `rsa-pkcs1v15-sha224`, `-sha256`, `-sha384`, `-sha512` | the same |
    /// | `ml-dsa` | `ml-dsa-44/1`, `ml-dsa-65/1`, `ml-dsa-87/1` | PEM `PUBLIC KEY` |
    pub(crate) fn decode(kind: Kind, public: &[u8]) -> Option<Self> {
        count(Counter::Decoded, 1);
        #[cfg(any(feature = "ecdsa", feature = "ml-dsa", feature = "rsa"))]
        let text = core::str::from_utf8(public).unwrap_or_default();
        match kind {
            Kind::Ed25519 => ed25519::public_key(public).map(Self::Ed25519),
            #[cfg(feature = "ecdsa")]
            Kind::P256 => ecdsa::p256_key(text).map(Self::P256),
            #[cfg(feature = "ecdsa")]
            Kind::P384 => ecdsa::p384_key(text).map(Self::P384),
            #[cfg(feature = "ecdsa-p521")]
            Kind::P521 => ecdsa::p521_key(text).map(Self::P521),
            #[cfg(feature = "rsa")]
            Kind::Rsa(scheme) => {
                rsa::public_key(scheme, text).map(|key| Self::Rsa(scheme, Box::new(key)))
            }
            #[cfg(feature = "ml-dsa")]
            Kind::MlDsa(set) => ml_dsa::public_key(set, text).map(|key| Self::MlDsa(set, key)),
            #[allow(unreachable_patterns, reason = "where all are there")]
            _ => None,
        }
    }

    #[cfg(test)]
    fn new(keytype: &str, scheme: &str, public: &str) -> Self {
        let (kind, unusable) =
            Kind::of(KeyScheme::of(keytype.as_bytes()), KeyScheme::of(scheme.as_bytes()));
        kind.and_then(|kind| Self::decode(kind, public.as_bytes())).unwrap_or(unusable)
    }

    /// Tells schemes apart under which one key may be used, by a number.
    pub(crate) const fn scheme_number(&self) -> u8 {
        match self {
            #[cfg(feature = "rsa")]
            Self::Rsa(RsaScheme { padding, hash }, _) => match (padding, hash) {
                (RsaPadding::Pss, Hash::Sha224) => 1,
                (RsaPadding::Pss, Hash::Sha256) => 2,
                (RsaPadding::Pss, Hash::Sha384) => 3,
                (RsaPadding::Pss, Hash::Sha512) => 4,
                (RsaPadding::Pkcs1v15, Hash::Sha224) => 5,
                (RsaPadding::Pkcs1v15, Hash::Sha256) => 6,
                (RsaPadding::Pkcs1v15, Hash::Sha384) => 7,
                (RsaPadding::Pkcs1v15, Hash::Sha512) => 8,
            },
            _ => 0,
        }
    }

    /// By which a key is known again, in whatever form and under whatever scheme it was written;
    /// nothing for one that cannot be used.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        match self {
            Self::Ed25519(key) => Some(Fingerprint::new(key)),
            #[cfg(feature = "ecdsa")]
            Self::P256(key) => Some(Fingerprint::new(key.to_sec1_point(false).as_bytes())),
            #[cfg(feature = "ecdsa")]
            Self::P384(key) => Some(Fingerprint::new(key.to_sec1_point(false).as_bytes())),
            #[cfg(feature = "ecdsa-p521")]
            Self::P521(key) => Some(Fingerprint::new(key.to_sec1_point(false).as_bytes())),
            #[cfg(feature = "rsa")]
            Self::Rsa(_, key) => Some(rsa::fingerprint(key)),
            #[cfg(feature = "ml-dsa")]
            Self::MlDsa(_, key) => Some(Fingerprint::new(key)),
            #[cfg(feature = "identities")]
            Self::Identity(who) => {
                let Identity { identity, issuer } = &**who;
                // A URL has no zero.
                Some(Fingerprint::new(&[issuer.as_bytes(), b"\0", identity.as_bytes()].concat()))
            }
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
    P256(p256::ecdsa::Signature),
    #[cfg(feature = "ecdsa")]
    P384(p384::ecdsa::Signature),
    #[cfg(feature = "ecdsa-p521")]
    P521(p521::ecdsa::Signature),
    #[cfg(feature = "rsa")]
    Rsa(Hash, Box<[u8]>),
    #[cfg(feature = "ml-dsa")]
    MlDsa(Box<[u8]>),
    /// A Sigstore bundle, of which nothing is known. The host verifies it.
    #[cfg(feature = "identities")]
    Bundle(Box<[u8]>),
}

impl SignatureState {
    /// Starts the check of a signature, given as hexadecimal digits, or of an identity's bundle.
    ///
    /// `None` when it can be told already that it counts for nothing: the key cannot be used, or
    /// the signature is not hexadecimal, not of the right length, not DER, or out of the range of
    /// its scheme.
    #[inline]
    #[cfg_attr(
        not(feature = "identities"),
        allow(unused_variables, reason = "where no key is an identity")
    )]
    pub(crate) fn begin(key: &PublicKey, signature_hex: &[u8], bundle: &[u8]) -> Option<Self> {
        match key {
            PublicKey::Ed25519(key) => ed25519::begin(key, signature_hex).map(Self::Ed25519),
            #[cfg(feature = "ecdsa")]
            PublicKey::P256(_) => ecdsa::p256_signature(signature_hex).map(Self::P256),
            #[cfg(feature = "ecdsa")]
            PublicKey::P384(_) => ecdsa::p384_signature(signature_hex).map(Self::P384),
            #[cfg(feature = "ecdsa-p521")]
            PublicKey::P521(_) => ecdsa::p521_signature(signature_hex).map(Self::P521),
            #[cfg(feature = "rsa")]
            PublicKey::Rsa(scheme, key) => rsa::signature(key, signature_hex)
                .map(|signature| Self::Rsa(scheme.hash, signature)),
            #[cfg(feature = "ml-dsa")]
            PublicKey::MlDsa(set, _) => ml_dsa::signature(*set, signature_hex).map(Self::MlDsa),
            #[cfg(feature = "identities")]
            PublicKey::Identity(_) => (!bundle.is_empty()).then(|| Self::Bundle(bundle.into())),
            PublicKey::Invalid | PublicKey::Unsupported(_) => None,
        }
    }

    /// Takes the next bytes of the message. The same bytes go to [`Message::update`].
    pub(crate) fn absorb(&mut self, bytes: &[u8]) {
        // The others share the message's digests.
        #[allow(irrefutable_let_patterns, reason = "where there are no others")]
        if let Self::Ed25519(state) = self {
            count(Counter::Hashed, bytes.len());
            state.absorb(bytes);
        }
    }

    /// Returns the digest of the message that it needs, for [`Message::need`].
    pub(crate) const fn hash(&self) -> Option<Hash> {
        match self {
            Self::Ed25519(_) => None,
            #[cfg(feature = "ecdsa")]
            Self::P256(_) => Some(Hash::Sha256),
            #[cfg(feature = "ecdsa")]
            Self::P384(_) => Some(Hash::Sha384),
            #[cfg(feature = "ecdsa-p521")]
            Self::P521(_) => Some(Hash::Sha512),
            #[cfg(feature = "rsa")]
            Self::Rsa(hash, _) => Some(*hash),
            #[cfg(feature = "ml-dsa")]
            Self::MlDsa(_) => Some(Hash::Sha512),
            #[cfg(feature = "identities")]
            Self::Bundle(_) => Some(Hash::Sha256),
        }
    }

    /// Returns how many bytes of the heap it takes until it is verified.
    pub(crate) const fn on_heap(&self) -> usize {
        match self {
            #[cfg(feature = "rsa")]
            Self::Rsa(_, signature) => signature.len(),
            #[cfg(feature = "ml-dsa")]
            Self::MlDsa(signature) => signature.len(),
            #[cfg(feature = "identities")]
            Self::Bundle(bundle) => bundle.len(),
            _ => 0,
        }
    }

    /// Returns whether the signature, which was begun with that key, holds over the whole message,
    /// whose digests these are. A bundle is for another to verify.
    ///
    /// False too when a digest is missing because [`Message::need`] was not called for it.
    pub(crate) fn verify(&self, key: &PublicKey, digests: &MessageDigests) -> bool {
        match (self, key, self.hash().and_then(|hash| digests.get(hash))) {
            (Self::Ed25519(state), ..) => ed25519::verify(state),
            #[cfg(feature = "ecdsa")]
            (Self::P256(signature), PublicKey::P256(key), Some(digest)) => {
                ecdsa::verify_p256(key, digest, signature)
            }
            #[cfg(feature = "ecdsa")]
            (Self::P384(signature), PublicKey::P384(key), Some(digest)) => {
                ecdsa::verify_p384(key, digest, signature)
            }
            #[cfg(feature = "ecdsa-p521")]
            (Self::P521(signature), PublicKey::P521(key), Some(digest)) => {
                ecdsa::verify_p521(key, digest, signature)
            }
            #[cfg(feature = "rsa")]
            (Self::Rsa(_, signature), PublicKey::Rsa(scheme, key), Some(digest)) => {
                rsa::verify(*scheme, key, digest, signature)
            }
            #[cfg(feature = "ml-dsa")]
            (Self::MlDsa(signature), PublicKey::MlDsa(set, key), Some(digest)) => {
                ml_dsa::verify(*set, key, digest, signature)
            }
            #[allow(unreachable_patterns, reason = "where there is none but Ed25519")]
            _ => false,
        }
    }
}

/// Returns what a key of a known kind is that does not decode.
fn or_invalid(is_compiled: bool, unsupported: PublicKey) -> PublicKey {
    if is_compiled { PublicKey::Invalid } else { unsupported }
}

const ECDSA: bool = cfg!(feature = "ecdsa");
const ECDSA_P521: bool = cfg!(feature = "ecdsa-p521");
const RSA: bool = cfg!(feature = "rsa");
const ML_DSA: bool = cfg!(feature = "ml-dsa");
const IDENTITIES: bool = cfg!(feature = "identities");

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
