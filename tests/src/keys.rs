//! Test keys of every type, made from a label: the same label is the same key in every run. They
//! are not secret.

use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, SigningKey};
use p256::pkcs8::der::pem;
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use picotuf_attest_tests::forge::Forge;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::signature::RandomizedSigner as _;
use rsa::signature::digest::{Digest, FixedOutputReset, const_oid::AssociatedOid};
use rsa::signature::{SignatureEncoding as _, Signer as _};
use serde_json::{Value, json};
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::json::{canonical, hex};

/// RSA keys are committed, because it takes seconds to make one.
const RSA_KEYS: [&str; 2] = [
    include_str!("keys/test-key-not-secret-1.pem"),
    include_str!("keys/test-key-not-secret-2.pem"),
];

/// A test key: how it is written in metadata, and what it takes to sign with it.
///
/// Every field that metadata shows may be changed, to write keys that disagree with themselves.
#[derive(Clone, Debug)]
pub struct Key {
    /// The keyid under which it is listed and signs: the SHA-256 of its canonical form, unless a
    /// test says otherwise.
    pub id: String,
    /// `keytype`.
    pub keytype: String,
    /// `scheme`.
    pub scheme: String,
    /// `keyval.public`.
    pub public: String,
    private: Private,
}

#[derive(Clone, Debug)]
enum Private {
    Ed25519(ed25519_compact::KeyPair),
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
    Rsa { key: Box<rsa::PrivateKey>, salt_length: usize },
    MlDsa(MlDsaKey),
    Identity { issuer: String, forge: Box<Forge> },
    None,
}

#[derive(Clone, Debug)]
enum MlDsaKey {
    MlDsa44(Box<SigningKey<MlDsa44>>),
    MlDsa65(Box<SigningKey<MlDsa65>>),
    MlDsa87(Box<SigningKey<MlDsa87>>),
}

impl Key {
    /// Returns an Ed25519 key.
    pub fn ed25519(label: &str) -> Key {
        let pair = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new(seed(label)));
        Key::new("ed25519", "ed25519", hex(pair.pk.as_ref()), Private::Ed25519(pair))
    }

    /// Returns an ECDSA key on P-256, its public part in PEM.
    pub fn p256(label: &str) -> Key {
        let key = p256::ecdsa::SigningKey::from_slice(&seed(label))
            .expect("a hash is a scalar of P-256 but for once in 2^32");
        let public = key
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .expect("a public key can be written");
        Key::new("ecdsa", "ecdsa-sha2-nistp256", public, Private::P256(key))
    }

    /// Returns an ECDSA key on P-384, its public part in PEM.
    pub fn p384(label: &str) -> Key {
        let mut scalar = [0; 48];
        scalar[16..].copy_from_slice(&seed(label));
        let key =
            p384::ecdsa::SigningKey::from_slice(&scalar).expect("256 bits are a scalar of P-384");
        let public = key
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .expect("a public key can be written");
        Key::new("ecdsa", "ecdsa-sha2-nistp384", public, Private::P384(key))
    }

    /// Returns an ECDSA key on P-521, its public part in PEM.
    pub fn p521(label: &str) -> Key {
        let mut scalar = [0; 66];
        scalar[34..].copy_from_slice(&seed(label));
        let key =
            p521::ecdsa::SigningKey::from_slice(&scalar).expect("256 bits are a scalar of P-521");
        let public = key
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .expect("a public key can be written");
        Key::new("ecdsa", "ecdsa-sha2-nistp521", public, Private::P521(key))
    }

    /// Returns an ML-DSA key by its scheme, `ml-dsa-44/1`, `ml-dsa-65/1` or `ml-dsa-87/1` (TAP 21).
    ///
    /// # Panics
    /// On other schemes.
    pub fn ml_dsa(label: &str, scheme: &str) -> Key {
        let seed = seed(label).into();
        let (key, arc, public) = match scheme {
            "ml-dsa-44/1" => {
                let key = SigningKey::<MlDsa44>::from_seed(&seed);
                let public = key.expanded_key().verifying_key().encode().to_vec();
                (MlDsaKey::MlDsa44(Box::new(key)), 17, public)
            }
            "ml-dsa-65/1" => {
                let key = SigningKey::<MlDsa65>::from_seed(&seed);
                let public = key.expanded_key().verifying_key().encode().to_vec();
                (MlDsaKey::MlDsa65(Box::new(key)), 18, public)
            }
            "ml-dsa-87/1" => {
                let key = SigningKey::<MlDsa87>::from_seed(&seed);
                let public = key.expanded_key().verifying_key().encode().to_vec();
                (MlDsaKey::MlDsa87(Box::new(key)), 19, public)
            }
            other => panic!("{other} is no scheme of ML-DSA"),
        };
        Key::new("ml-dsa", scheme, ml_dsa_pem(arc, &public), Private::MlDsa(key))
    }

    /// Returns an identity of a forged instance of Sigstore, whose signatures are bundles, as
    /// securesystemslib writes it. `public` is the identity.
    pub fn identity(identity: &str, issuer: &str) -> Key {
        Key::identity_by(identity, issuer, Forge::of_identity(identity, issuer))
    }

    /// The same, whose signatures are forged in this way.
    pub fn identity_by(identity: &str, issuer: &str, forge: Forge) -> Key {
        let private = Private::Identity { issuer: issuer.to_owned(), forge: Box::new(forge) };
        Key::new("sigstore-oidc", "Fulcio", identity.to_owned(), private)
    }

    /// One of the two committed RSA keys by another scheme than `rsassa-pss-sha256`, by which it
    /// signs.
    pub fn rsa_by(number: usize, scheme: &str) -> Key {
        Key::rsa(number).with_scheme(scheme)
    }

    /// One of the two committed RSA keys of 2,048 bits (`number` is 0 or 1); it signs with salts of
    /// 32 bytes.
    pub fn rsa(number: usize) -> Key {
        let key =
            rsa::PrivateKey::from_pkcs8_pem(RSA_KEYS[number]).expect("the committed key is a key");
        let public = key
            .to_public_key()
            .to_public_key_pem(LineEnding::LF)
            .expect("a public key can be written");
        Key::new(
            "rsa",
            "rsassa-pss-sha256",
            public,
            Private::Rsa { key: Box::new(key), salt_length: 32 },
        )
    }

    /// Returns a key that cannot sign: whatever the three members say.
    pub fn of_form(keytype: &str, scheme: &str, public: &str) -> Key {
        Key::new(keytype, scheme, public.to_owned(), Private::None)
    }

    /// The same key under a keyid of the writer's choice.
    pub fn with_id(mut self, id: &str) -> Key {
        self.id = id.to_owned();
        self
    }

    /// The same key with another `keytype`; the keyid is made anew.
    pub fn with_keytype(mut self, keytype: &str) -> Key {
        self.keytype = keytype.to_owned();
        self.named()
    }

    /// The same key with another `scheme`; the keyid is made anew. An RSA key signs by it, where it
    /// is one of RSA; others sign as before.
    pub fn with_scheme(mut self, scheme: &str) -> Key {
        self.scheme = scheme.to_owned();
        self.named()
    }

    /// The same key with another `public`; the keyid is made anew. It signs as before.
    pub fn with_public(mut self, public: &str) -> Key {
        self.public = public.to_owned();
        self.named()
    }

    /// Returns an ECDSA key with the hex of its uncompressed point in the place of the PEM, as old
    /// roots have it.
    ///
    /// # Panics
    /// On keys of other types.
    pub fn with_hex_point(self) -> Key {
        let point = match &self.private {
            Private::P256(key) => hex(key.verifying_key().to_sec1_point(false).as_bytes()),
            Private::P384(key) => hex(key.verifying_key().to_sec1_point(false).as_bytes()),
            Private::P521(key) => hex(key.verifying_key().to_sec1_point(false).as_bytes()),
            _ => panic!("only keys of ECDSA have a point"),
        };
        self.with_public(&point)
    }

    /// Returns an RSA key that signs with salts of this length.
    pub fn with_salt_length(mut self, length: usize) -> Key {
        if let Private::Rsa { salt_length, .. } = &mut self.private {
            *salt_length = length;
        }
        self
    }

    /// Returns the key object as metadata lists it.
    pub fn json(&self) -> Value {
        let value = match &self.private {
            Private::Identity { issuer, .. } => json!({"identity": self.public, "issuer": issuer}),
            _ => json!({"public": self.public}),
        };
        json!({"keytype": self.keytype, "scheme": self.scheme, "keyval": value})
    }

    /// Returns the entry of `signatures` for `message`: the signature, and the bundle beside that
    /// of an identity.
    pub fn signature(&self, message: &[u8]) -> Value {
        let Private::Identity { forge, .. } = &self.private else {
            return json!({"keyid": self.id, "sig": self.sign(message)});
        };
        let bundle = forge.bundle(message);
        let signature = bundle["messageSignature"]["signature"].clone();
        json!({"keyid": self.id, "sig": signature, "bundle": bundle})
    }

    /// Returns the hex of a signature over `message`; empty if the key cannot sign. The same in
    /// every run.
    ///
    /// # Panics
    /// If signing fails: an RSA key's salt is too long.
    pub fn sign(&self, message: &[u8]) -> String {
        match &self.private {
            Private::Ed25519(pair) => hex(pair.sk.sign(message, None).as_ref()),
            Private::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                hex(signature.to_der().as_bytes())
            }
            Private::P384(key) => {
                let signature: p384::ecdsa::Signature = key.sign(message);
                hex(signature.to_der().as_bytes())
            }
            Private::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                hex(signature.to_der().as_bytes())
            }
            Private::Rsa { key, salt_length } => match &*self.scheme {
                "rsassa-pss-sha384" => pss::<Sha384>(key, *salt_length, message),
                "rsassa-pss-sha512" => pss::<Sha512>(key, *salt_length, message),
                "rsa-pkcs1v15-sha224" => pkcs1v15::<Sha224>(key, message),
                "rsa-pkcs1v15-sha256" => pkcs1v15::<Sha256>(key, message),
                "rsa-pkcs1v15-sha384" => pkcs1v15::<Sha384>(key, message),
                "rsa-pkcs1v15-sha512" => pkcs1v15::<Sha512>(key, message),
                _ => pss::<Sha256>(key, *salt_length, message),
            },
            Private::MlDsa(key) => {
                let message = [&b"tuf\x01"[..], &Sha512::digest(message)].concat();
                match key {
                    MlDsaKey::MlDsa44(key) => hex(&key.sign(&message).to_vec()),
                    MlDsaKey::MlDsa65(key) => hex(&key.sign(&message).to_vec()),
                    MlDsaKey::MlDsa87(key) => hex(&key.sign(&message).to_vec()),
                }
            }
            Private::Identity { .. } | Private::None => String::new(),
        }
    }

    fn new(keytype: &str, scheme: &str, public: String, private: Private) -> Key {
        Key {
            id: String::new(),
            keytype: keytype.to_owned(),
            scheme: scheme.to_owned(),
            public,
            private,
        }
        .named()
    }

    fn named(mut self) -> Key {
        self.id = hex(&Sha256::digest(canonical(&self.json())));
        self
    }
}

fn pss<D: Digest + FixedOutputReset>(
    key: &rsa::PrivateKey,
    salt_length: usize,
    message: &[u8],
) -> String {
    let key = rsa::pss::SigningKey::<D>::new_with_salt_len(key.clone(), salt_length);
    let mut random = ChaCha20Rng::from_seed(Sha256::digest(message).into());
    hex(&key.sign_with_rng(&mut random, message).to_vec())
}

fn pkcs1v15<D: Digest + AssociatedOid>(key: &rsa::PrivateKey, message: &[u8]) -> String {
    let scheme = rsa::Pkcs1v15Sign::new::<D>();
    hex(&key.sign(scheme, &D::digest(message)).expect("the key is long enough for any hash"))
}

/// Returns the PEM of a `SubjectPublicKeyInfo` with the algorithm 2.16.840.1.101.3.4.3.`arc`.
fn ml_dsa_pem(arc: u8, public: &[u8]) -> String {
    let length = |length: usize| u16::try_from(length).expect("keys are short").to_be_bytes();
    let algorithm = [0x30, 11, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, arc];
    let bits = [&[3, 0x82], &length(public.len() + 1)[..], &[0], public].concat();
    let body = [&algorithm[..], &bits].concat();
    let spki = [&[0x30, 0x82], &length(body.len())[..], &body].concat();
    pem::encode_string("PUBLIC KEY", LineEnding::LF, &spki).expect("it can be written")
}

fn seed(label: &str) -> [u8; 32] {
    Sha256::digest(format!("test key, not secret: {label}")).into()
}
