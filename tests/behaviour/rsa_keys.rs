//! RSA: PSS with any salt that fits, and PKCS #1 v1.5; each by the scheme that the key names.

use crate::prelude::*;

fn error_of(key: &Key) -> Option<Error> {
    let mut repository = Repository::new();
    repository.set_keys("targets", std::slice::from_ref(key), 1);
    Client::new(&repository).refresh(&repository).err().map(|failure| failure.error)
}

const UNUSABLE: Error =
    Error::ThresholdNotMet { role: Role::Targets, threshold: 1, valid: 0, keys: 0 };
const UNSUPPORTED: Error =
    Error::UnsupportedKeyScheme { role: Role::Targets, threshold: 1, keys: 0 };

#[test]
fn salts_of_any_length() {
    // 2,048 bits hold 256 bytes, less the hash's 32 and two more.
    for length in [0, 1, 20, 32, 64, 222] {
        assert_eq!(error_of(&Key::rsa(0).with_salt_length(length)), None, "{length}");
    }
}

#[test]
fn every_role_may_have_them() {
    let mut repository = Repository::new();
    repository.set_keys("timestamp", &[Key::rsa(0)], 1);
    repository.set_keys("snapshot", &[Key::rsa(0), Key::rsa(1)], 2);
    repository.delegate("targets", &Delegation::succinct("bins", 1).keys(&[Key::rsa(1)]));
    repository.rotate("root", &[Key::rsa(0), Key::ed25519("new")], 2);
    let report = Client::new(&repository).refreshes(&repository);
    assert_eq!(report.role("snapshot").signers.len(), 2);
}

#[test]
fn key_and_scheme_must_agree() {
    let key = Key::rsa(0);
    for scheme in ["ed25519", "ecdsa-sha2-nistp256"] {
        assert_eq!(error_of(&key.clone().with_scheme(scheme)), Some(UNUSABLE), "{scheme}");
    }
    for scheme in ["", "rsa-pkcs1v15-sha1", "rsassa-pss-sha224", "RSASSA-PSS-SHA256"] {
        assert_eq!(error_of(&key.clone().with_scheme(scheme)), Some(UNSUPPORTED), "{scheme}");
    }
    for keytype in ["ed25519", "ecdsa"] {
        assert_eq!(error_of(&key.clone().with_keytype(keytype)), Some(UNUSABLE), "{keytype}");
    }
    for keytype in ["", "RSA"] {
        assert_eq!(error_of(&key.clone().with_keytype(keytype)), Some(UNSUPPORTED), "{keytype}");
    }
    let curve = Key::p256("a").public;
    assert_eq!(error_of(&key.clone().with_public(&curve)), Some(UNUSABLE));
    assert_eq!(error_of(&key.with_public("")), Some(UNUSABLE));
}

#[test]
fn another_key_s_signature_counts_for_nothing() {
    let mut repository = Repository::new();
    repository.set_keys("targets", &[Key::rsa(0)], 1);
    let id = Key::rsa(0).id;
    repository.sign_with("targets", &[Key::rsa(1).with_id(&id)]);
    repository.edit("targets", |_| {});
    let error = Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
    assert_eq!(
        error,
        Error::ThresholdNotMet { role: Role::Targets, threshold: 1, valid: 0, keys: 1 }
    );
}

const SCHEMES: [&str; 7] = [
    "rsassa-pss-sha256",
    "rsassa-pss-sha384",
    "rsassa-pss-sha512",
    "rsa-pkcs1v15-sha224",
    "rsa-pkcs1v15-sha256",
    "rsa-pkcs1v15-sha384",
    "rsa-pkcs1v15-sha512",
];

#[test]
fn a_signature_holds_by_the_scheme_that_the_key_names_and_by_no_other() {
    for scheme in SCHEMES {
        let key = Key::rsa_by(0, scheme);
        assert_eq!(error_of(&key), None, "{scheme}");
        for other in SCHEMES.into_iter().filter(|other| *other != scheme) {
            let mut repository = Repository::new();
            repository.set_keys("targets", std::slice::from_ref(&key), 1);
            // The same key under the same keyid signs in another way.
            repository.sign_with("targets", &[Key::rsa_by(0, other).with_id(&key.id)]);
            repository.edit("targets", |targets| targets["x-changed"] = true.into());
            let error = Client::new(&repository).refresh(&repository).unwrap_err().error;
            let expected =
                Error::ThresholdNotMet { role: Role::Targets, threshold: 1, valid: 0, keys: 1 };
            assert_eq!(error, expected, "{scheme} {other}");
        }
    }
}

#[test]
fn one_key_under_two_schemes_is_one() {
    let keys = [Key::rsa(0), Key::rsa_by(0, "rsa-pkcs1v15-sha512")];
    let mut repository = Repository::new();
    repository.set_keys("targets", &keys, 2);
    let error = Client::new(&repository).refresh(&repository).unwrap_err().error;
    let expected = Error::ThresholdNotMet { role: Role::Targets, threshold: 2, valid: 1, keys: 1 };
    assert_eq!(error, expected);
}

#[test]
fn a_file_that_one_scheme_verified_is_verified_anew_by_another() {
    // Two roles delegate to one file, under one keyid of one RSA key, by different schemes: what
    // holds for the first says nothing of the second.
    let [signer, other] = ["rsassa-pss-sha256", "rsa-pkcs1v15-sha256"]
        .map(|scheme| Key::rsa_by(0, scheme).with_id("one keyid"));
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("left", &["*"]));
    repository.delegate("targets", &Delegation::paths("right", &["*"]));
    repository.delegate("left", &Delegation::paths("shared", &["a"]).keys(&[signer]));
    repository.add_target("shared", "a", b"a");
    repository.add_target("shared", "b", b"b");
    repository.edit("right", |right| {
        Delegation::paths("shared", &["b"]).keys(&[other]).add_to(right);
    });
    let mut client = Client::new(&repository);
    assert!(client.find(&repository, &["a"]).is_ok());
    for wanted in [&["b"][..], &["a", "b"]] {
        let failure = client.find(&repository, wanted).unwrap_err();
        let expected =
            Error::ThresholdNotMet { role: Role::Delegated, threshold: 1, valid: 0, keys: 1 };
        assert_eq!((failure.error, failure.role.as_str()), (expected, "shared"), "{wanted:?}");
    }
}
