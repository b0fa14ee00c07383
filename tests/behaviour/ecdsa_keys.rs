//! ECDSA on P-256, P-384 and P-521: the key's forms, and the scheme that must agree with it.

use crate::prelude::*;

/// A repository whose targets role has this one key.
fn signed_by(key: &Key) -> Repository {
    let mut repository = Repository::new();
    repository.set_keys("targets", std::slice::from_ref(key), 1);
    repository
}

fn accepted(key: &Key) {
    let repository = signed_by(key);
    let report = Client::new(&repository).refreshes(&repository);
    assert_eq!(report.role("targets").signers, std::slice::from_ref(&key.id));
}

/// The key is one that the verifier cannot use: it is not even counted.
fn unusable(key: &Key) {
    let repository = signed_by(key);
    let error = Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
    assert_eq!(
        error,
        Error::ThresholdNotMet { role: Role::Targets, threshold: 1, valid: 0, keys: 0 },
        "{key:?}"
    );
}

#[test]
fn all_curves_in_pem_and_in_hex_and_with_the_older_names() {
    for (key, older) in [
        (Key::p256("ceremony"), "ecdsa-sha2-nistp256"),
        (Key::p384("ceremony"), "ecdsa-sha2-nistp384"),
        (Key::p521("ceremony"), "ecdsa-sha2-nistp521"),
    ] {
        accepted(&key);
        accepted(&key.clone().with_keytype(older));
        accepted(&key.clone().with_hex_point());
        accepted(&key.with_keytype(older).with_hex_point());
    }
}

#[test]
fn every_role_may_have_them() {
    let mut repository = Repository::new();
    for role in ["timestamp", "snapshot", "targets"] {
        repository.set_keys(role, &[Key::p256(role), Key::p384(role)], 2);
    }
    repository
        .delegate("targets", &Delegation::paths("claimed", &["*"]).keys(&[Key::p384("claimed")]));
    repository.add_target("claimed", "a", b"a");
    repository.rotate("root", &[Key::p256("root"), Key::p384("root")], 2);
    Client::new(&repository).finds(&repository, "a");
}

#[test]
fn pem_may_end_without_a_line_feed() {
    let key = Key::p256("ceremony");
    let trimmed = key.public.trim_end().to_owned();
    accepted(&key.with_public(&trimmed));
}

#[test]
fn key_and_scheme_must_agree() {
    let (p256, p384) = (Key::p256("ceremony"), Key::p384("ceremony"));
    let p521 = Key::p521("ceremony");
    unusable(&p521.clone().with_scheme("ecdsa-sha2-nistp384"));
    unusable(&p521.clone().with_keytype("ecdsa-sha2-nistp384"));
    unusable(&p521.clone().with_public(&p256.public));
    unusable(&p256.clone().with_scheme("ecdsa-sha2-nistp521"));
    unusable(&p256.clone().with_scheme("ecdsa-sha2-nistp384"));
    unusable(&p384.clone().with_scheme("ecdsa-sha2-nistp256"));
    unusable(&p256.clone().with_keytype("ecdsa-sha2-nistp384"));
    unusable(&p256.clone().with_keytype("ed25519"));
    unusable(&p256.clone().with_keytype("rsa"));
    unusable(&p256.clone().with_scheme("rsassa-pss-sha256"));
    unusable(&p256.clone().with_scheme("ed25519"));
    unusable(&p256.clone().with_public(&p384.public));
    unusable(&p384.with_public(&p256.public));
}

#[test]
fn what_is_no_point_is_no_key() {
    let key = Key::p256("ceremony");
    let point = key.clone().with_hex_point().public;
    let off_curve =
        format!("{}{}", &point[..point.len() - 1], if point.ends_with('0') { '1' } else { '0' });
    for public in [
        "",
        "04",
        "zz",
        &point[1..],
        &point[2..],
        &format!("{point}00"),
        &off_curve,
        &format!("05{}", &point[2..]),
    ] {
        unusable(&key.clone().with_public(public));
    }
    for public in [
        key.public.replace("PUBLIC KEY", "PRIVATE KEY"),
        key.public.replace("-----END PUBLIC KEY-----", ""),
        key.public.replacen('M', "!", 1),
        key.public.lines().take(2).collect::<String>(),
    ] {
        unusable(&key.clone().with_public(&public));
    }
}

#[test]
fn signatures_are_der() {
    let key = Key::p256("ceremony");
    let mut repository = signed_by(&key);
    repository.edit_signatures("targets", |signatures| {
        let raw = "11".repeat(64);
        signatures[0]["sig"] = raw.into();
    });
    let error = Client::new(&repository).refuses(&repository, "threshold-not-met", "targets");
    assert_eq!(
        error,
        Error::ThresholdNotMet { role: Role::Targets, threshold: 1, valid: 0, keys: 1 }
    );
}
