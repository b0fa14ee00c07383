//! Ed25519: 32 bytes of hex, and the stricter of the two ways to check.

use crate::prelude::*;

fn error_of(key: &Key, signature: Option<&str>) -> Option<Error> {
    let mut repository = Repository::new();
    repository.set_keys("targets", std::slice::from_ref(key), 1);
    if let Some(signature) = signature {
        repository.edit_signatures("targets", |signatures| signatures[0]["sig"] = signature.into());
    }
    Client::new(&repository).refresh(&repository).err().map(|failure| failure.error)
}

const UNUSABLE: Error =
    Error::ThresholdNotMet { role: Role::Targets, threshold: 1, valid: 0, keys: 0 };
const UNSUPPORTED: Error =
    Error::UnsupportedKeyScheme { role: Role::Targets, threshold: 1, keys: 0 };
const INVALID: Error =
    Error::ThresholdNotMet { role: Role::Targets, threshold: 1, valid: 0, keys: 1 };

#[test]
fn hex_of_either_case() {
    let key = Key::ed25519("a");
    let upper = key.clone().with_public(&key.public.to_uppercase());
    assert_eq!(error_of(&upper, None), None);
}

#[test]
fn a_key_is_32_bytes_of_hex() {
    let key = Key::ed25519("a");
    let public = key.public.clone();
    for other in [
        "",
        "00",
        &public[1..],
        &public[2..],
        &format!("{public}0"),
        &format!("{public}00"),
        &format!("g{}", &public[1..]),
    ] {
        assert_eq!(error_of(&key.clone().with_public(other), None), Some(UNUSABLE), "{other}");
    }
}

#[test]
fn a_signature_is_64_bytes_of_hex() {
    let key = Key::ed25519("a");
    for signature in [
        "",
        "00",
        "0",
        "zz",
        &"0".repeat(127),
        &"0".repeat(128),
        &"0".repeat(129),
        &"0".repeat(130),
        &"é".repeat(64),
    ] {
        assert_eq!(error_of(&key, Some(signature)), Some(INVALID), "{signature}");
    }
}

#[test]
fn a_point_of_small_order_is_no_key() {
    // With such a key, one signature is valid for every message where only the cofactored equation
    // is checked.
    for public in [
        format!("01{}", "00".repeat(31)),
        "00".repeat(32),
        format!("ec{}7f", "ff".repeat(30)),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".to_owned(),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".to_owned(),
    ] {
        let key = Key::of_form("ed25519", "ed25519", &public);
        let forged = format!("01{}", "00".repeat(63));
        let error = error_of(&key, Some(&forged));
        assert!(
            matches!(error, Some(Error::ThresholdNotMet { valid: 0, .. })),
            "{public}: {error:?}"
        );
    }
}

#[test]
fn the_scheme_must_be_ed25519() {
    for (scheme, error) in [
        ("", UNSUPPORTED),
        ("Ed25519", UNSUPPORTED),
        ("ed25519ph", UNSUPPORTED),
        ("ecdsa-sha2-nistp256", UNUSABLE),
    ] {
        assert_eq!(error_of(&Key::ed25519("a").with_scheme(scheme), None), Some(error), "{scheme}");
    }
}
