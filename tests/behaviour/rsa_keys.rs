//! RSA-PSS with SHA-256: any salt that fits.

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
    for scheme in ["", "rsa-pkcs1v15-sha256", "rsassa-pss-sha512", "RSASSA-PSS-SHA256"] {
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
