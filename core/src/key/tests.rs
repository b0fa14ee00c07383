extern crate std;

#[cfg(feature = "ml-dsa")]
mod acvp;
mod vectors;
mod wycheproof;

use super::*;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};
use vectors::*;

/// Runs one check as callers do, with the message in pieces of `size` bytes; `None` when the
/// signature is refused at the start.
fn check_pieces(key: &PublicKey, signature: &str, message: &[u8], size: usize) -> Option<bool> {
    let mut state = SignatureState::begin(key, signature.as_bytes(), b"")?;
    let mut shared = Message::new();
    state.hash().into_iter().for_each(|hash| shared.need(hash));
    for piece in message.chunks(size) {
        shared.update(piece);
        state.absorb(piece);
    }
    Some(state.verify(key, &shared.finish()))
}

fn check(key: &PublicKey, signature: &str, message: &[u8]) -> Option<bool> {
    let whole = check_pieces(key, signature, message, message.len().max(1));
    assert_eq!(whole, check_pieces(key, signature, message, 7));
    whole
}

fn verifies(key: &PublicKey, signature: &str) -> bool {
    check(key, signature, MESSAGE.as_bytes()) == Some(true)
}

fn flip(hex: &str, bit: usize) -> String {
    let mut digits: Vec<u8> =
        hex.bytes().map(|digit| (digit as char).to_digit(16).unwrap() as u8).collect();
    digits[bit / 4] ^= 1 << (bit % 4);
    digits.iter().map(|digit| char::from_digit((*digit).into(), 16).unwrap()).collect()
}

/// What has to hold of any right key and signature.
fn assert_signature(key: &PublicKey, signature: &str, bits: impl Iterator<Item = usize>) {
    assert!(key.is_usable());
    assert!(verifies(key, signature));
    assert!(verifies(key, &signature.to_uppercase()));
    for bit in bits {
        assert!(!verifies(key, &flip(signature, bit)), "bit {bit} of the signature");
    }

    let message = MESSAGE.as_bytes();
    for at in (0..message.len()).step_by(5) {
        let mut changed = message.to_vec();
        changed[at] ^= 1 << (at % 8);
        assert_eq!(check(key, signature, &changed), Some(false), "byte {at} of the message");
    }
    for changed in [&message[1..], &message[..message.len() - 1], b""] {
        assert_eq!(check(key, signature, changed), Some(false));
    }

    for malformed in [
        String::new(),
        "00".into(),
        signature[1..].into(),
        signature[2..].into(),
        signature[..signature.len() - 2].into(),
        format!("{signature}00"),
        format!("00{signature}"),
        format!("{signature} "),
        format!("0x{signature}"),
        format!("g{}", &signature[1..]),
        "00".repeat(5000),
    ] {
        assert_eq!(check(key, &malformed, message), None, "{malformed}");
    }
    for same_length in ["0", "f"] {
        assert!(!verifies(key, &same_length.repeat(signature.len())));
    }
}

#[test]
fn ed25519() {
    let key = PublicKey::new("ed25519", "ed25519", ED25519);
    assert_signature(&key, ED25519_SIGNATURE, 0..512);
    assert_eq!(key, PublicKey::new("ed25519", "ed25519", &ED25519.to_uppercase()));
    for bit in 0..256 {
        let other = PublicKey::new("ed25519", "ed25519", &flip(ED25519, bit));
        assert_ne!(other, key);
        assert!(!verifies(&other, ED25519_SIGNATURE));
    }
}

#[test]
fn ed25519_is_checked_with_the_cofactor_and_without_malleability() {
    let key = PublicKey::new("ed25519", "ed25519", ED25519_COFACTOR);
    assert!(verifies(&key, ED25519_COFACTOR_SIGNATURE));
    assert_eq!(check(&key, ED25519_COFACTOR_SIGNATURE, b"other"), Some(false));

    let key = PublicKey::new("ed25519", "ed25519", ED25519);
    assert_eq!(check(&key, ED25519_LARGE_S_SIGNATURE, MESSAGE.as_bytes()), None);
}

#[test]
fn ed25519_keys_of_small_order_are_refused() {
    for point in ED25519_SMALL_ORDER {
        assert_eq!(PublicKey::new("ed25519", "ed25519", point), PublicKey::Invalid, "{point}");
        // The check itself refuses them too.
        let key = PublicKey::Ed25519(crate::hex::decode_exact(point.as_bytes()).unwrap());
        assert!(!verifies(&key, ED25519_IDENTITY_SIGNATURE), "{point}");
    }
}

#[test]
fn ed25519_keys_that_are_no_canonical_point_are_refused() {
    let p = "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    // The field's prime in place of 0, the prime and 3 in place of 3, and an `x` of zero with a
    // sign.
    for text in [
        p,
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "0200000000000000000000000000000000000000000000000000000000000000",
        &ED25519[1..],
        &ED25519[2..],
        &format!("{ED25519}00"),
        &format!("{ED25519}\n"),
        "",
        ED25519_PEM,
    ] {
        assert_eq!(PublicKey::new("ed25519", "ed25519", text), PublicKey::Invalid, "{text}");
    }
}

#[test]
fn type_and_scheme_have_to_agree() {
    let types = [
        "ed25519",
        "ecdsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "rsa",
        "",
        "Ed25519",
        "eddsa",
    ];
    let schemes = [
        "ed25519",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "rsassa-pss-sha224",
        "rsassa-pss-sha256",
        "rsassa-pss-sha384",
        "rsassa-pss-sha512",
        "rsa-pkcs1v15-sha1",
        "rsa-pkcs1v15-sha224",
        "rsa-pkcs1v15-sha256",
        "rsa-pkcs1v15-sha384",
        "rsa-pkcs1v15-sha512",
        "",
    ];
    let texts =
        [ED25519, P256_PEM, P256_POINT, P384_PEM, P384_POINT, RSA_PEM, P521_KEY_PEM, P521_POINT];
    let mut usable = Vec::new();
    for keytype in types {
        for scheme in schemes {
            for (index, text) in texts.into_iter().enumerate() {
                if PublicKey::new(keytype, scheme, text).is_usable() {
                    usable.push((keytype, scheme, index));
                }
            }
        }
    }
    let mut expected = vec![("ed25519", "ed25519", 0)];
    if cfg!(feature = "ecdsa") {
        let (p256, p384) = ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384");
        expected.extend([
            ("ecdsa", p256, 1),
            ("ecdsa", p256, 2),
            ("ecdsa", p384, 3),
            ("ecdsa", p384, 4),
        ]);
        let p521 = "ecdsa-sha2-nistp521";
        let is_p521 = cfg!(feature = "ecdsa-p521");
        if is_p521 {
            expected.extend([("ecdsa", p521, 6), ("ecdsa", p521, 7)]);
        }
        expected.extend([(p256, p256, 1), (p256, p256, 2), (p384, p384, 3), (p384, p384, 4)]);
        if is_p521 {
            expected.extend([(p521, p521, 6), (p521, p521, 7)]);
        }
    }
    if cfg!(feature = "rsa") {
        expected.extend(RSA_SCHEMES.map(|(scheme, _)| ("rsa", scheme, 5)));
    }
    assert_eq!(usable, expected);
}

#[test]
fn a_scheme_that_is_not_known_is_told_from_a_key_that_is_none() {
    let scheme = |keytype: &str, scheme: &str, public: &str| {
        let key = PublicKey::new(keytype, scheme, public);
        key.unsupported().map(|scheme| (scheme.to_string(), scheme.feature()))
    };
    let nobody_s = |name: &str| Some((String::from(name), None));
    for name in
        ["rsassa-pss-sha224", "rsa-pkcs1v15-sha1", "ml-dsa-65/2", "ml-dsa-65", "ml-dsa-66/1"]
    {
        assert_eq!(scheme("rsa", name, RSA_PEM), nobody_s(name));
        assert_eq!(scheme("ml-dsa", name, RSA_PEM), nobody_s(name));
    }
    assert_eq!(scheme("slh-dsa", "ed25519", ED25519), nobody_s("slh-dsa"));
    assert_eq!(scheme("ed25519", "ed25519\n", ED25519), nobody_s("ed25519?"));
    let long = "rsassa-pss-sha256-and-then-so-much-more";
    assert_eq!(scheme("rsa", long, RSA_PEM), nobody_s("rsassa-pss-sha256-and-then-so-m…"));
    // At odds with each other, or no point.
    for (keytype, name, public) in [
        ("ed25519", "rsassa-pss-sha256", ED25519),
        ("rsa", "ed25519", RSA_PEM),
        ("ml-dsa", "rsassa-pss-sha256", RSA_PEM),
        ("rsa", "ml-dsa-65/1", RSA_PEM),
        ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp521", P521_KEY_PEM),
        ("ed25519", "ed25519", "00"),
    ] {
        assert_eq!(scheme(keytype, name, public), None, "{keytype} {name}");
    }
    // What a build leaves out is not known to it, and it says what it leaves out.
    let left_out = |is_there: bool, name: &str, feature| {
        (!is_there).then(|| (String::from(name), Some(feature)))
    };
    let of_feature = |is_there, feature, keytype, names: &[&str]| {
        for name in names {
            // Where it is there, it is invalid: the text is no key.
            assert_eq!(scheme(keytype, name, "x"), left_out(is_there, name, feature));
        }
    };
    let is_ecdsa = cfg!(feature = "ecdsa");
    of_feature(is_ecdsa, "ecdsa", "ecdsa", &["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384"]);
    of_feature(cfg!(feature = "ecdsa-p521"), "ecdsa-p521", "ecdsa", &["ecdsa-sha2-nistp521"]);
    of_feature(cfg!(feature = "rsa"), "rsa", "rsa", &RSA_SCHEMES.map(|(scheme, _)| scheme));
    let sets = ["ml-dsa-44/1", "ml-dsa-65/1", "ml-dsa-87/1"];
    of_feature(cfg!(feature = "ml-dsa"), "ml-dsa", "ml-dsa", &sets);
}

#[test]
fn a_build_without_ml_dsa_tells_its_keys_from_all_others() {
    let lacks = |keytype: &str, scheme: &str| {
        let (kind, _) =
            Kind::of(KeyScheme::of(keytype.as_bytes()), KeyScheme::of(scheme.as_bytes()));
        kind.is_some_and(Kind::lacks_ml_dsa)
    };
    for set in ["ml-dsa-44/1", "ml-dsa-65/1", "ml-dsa-87/1"] {
        assert_eq!(lacks("ml-dsa", set), !cfg!(feature = "ml-dsa"), "{set}");
        assert!(!lacks("rsa", set));
    }
    for (keytype, scheme) in [
        ("ml-dsa", "ml-dsa-65/2"),
        ("ed25519", "ed25519"),
        ("ecdsa", "ecdsa-sha2-nistp521"),
        ("sigstore-oidc", "Fulcio"),
    ] {
        assert!(!lacks(keytype, scheme), "{scheme}");
    }
}

#[test]
fn an_unsupported_key_verifies_nothing() {
    for key in [PublicKey::Invalid, PublicKey::Unsupported(KeyScheme::of(b"ed25519"))] {
        for signature in ["", "00", ED25519_SIGNATURE, P256_LOW_S, RSA_SALT_32] {
            assert!(SignatureState::begin(&key, signature.as_bytes(), b"").is_none());
        }
    }
}

#[cfg(feature = "ecdsa")]
#[test]
fn ecdsa() {
    let p256 = ("ecdsa-sha2-nistp256", P256_PEM, P256_POINT, P256_COMPRESSED, P256_COMPRESSED_PEM);
    let p384 = ("ecdsa-sha2-nistp384", P384_PEM, P384_POINT, P384_COMPRESSED, P384_COMPRESSED_PEM);
    let p521 =
        ("ecdsa-sha2-nistp521", P521_KEY_PEM, P521_POINT, P521_COMPRESSED, P521_COMPRESSED_PEM);
    let mut curves = vec![(p256, [P256_LOW_S, P256_HIGH_S]), (p384, [P384_LOW_S, P384_HIGH_S])];
    if cfg!(feature = "ecdsa-p521") {
        curves.push((p521, [P521_LOW_S, P521_HIGH_S]));
    }
    for ((scheme, pem, point, compressed, compressed_pem), signatures) in curves {
        let key = PublicKey::new("ecdsa", scheme, pem);
        for signature in signatures {
            assert_signature(&key, signature, (0..4 * signature.len()).step_by(13));
        }
        for text in [point, compressed, compressed_pem, &point.to_uppercase()] {
            assert_eq!(PublicKey::new("ecdsa", scheme, text), key, "{text}");
        }
        for bit in (0..4 * compressed.len()).step_by(7) {
            let other = PublicKey::new("ecdsa", scheme, &flip(compressed, bit));
            assert_ne!(other, key);
            assert!(!verifies(&other, signatures[0]));
        }
        // A changed point that is not compressed leaves the curve, unless `x` and `y` change
        // together.
        for bit in (0..4 * point.len()).step_by(3) {
            assert_eq!(PublicKey::new("ecdsa", scheme, &flip(point, bit)), PublicKey::Invalid);
        }
    }
}

#[cfg(feature = "ecdsa")]
#[test]
fn ecdsa_hash_and_curve_are_those_of_the_scheme() {
    let p256 = PublicKey::new("ecdsa", "ecdsa-sha2-nistp256", P256_PEM);
    let p384 = PublicKey::new("ecdsa", "ecdsa-sha2-nistp384", P384_PEM);
    assert!(!verifies(&p256, P256_OTHER_HASH));
    assert!(!verifies(&p384, P384_OTHER_HASH));
    assert!(!verifies(&p256, P384_LOW_S));
    assert!(!verifies(&p384, P256_LOW_S));
    let p521 = PublicKey::new("ecdsa", "ecdsa-sha2-nistp521", P521_KEY_PEM);
    assert!(!verifies(&p521, P521_OTHER_HASH));
    assert!(!verifies(&p521, P384_LOW_S));
}

#[cfg(feature = "ecdsa")]
#[test]
fn ecdsa_keys_that_are_refused() {
    for (scheme, text) in [
        ("ecdsa-sha2-nistp256", P521_PEM),
        ("ecdsa-sha2-nistp384", P521_PEM),
        ("ecdsa-sha2-nistp256", K256_PEM),
        ("ecdsa-sha2-nistp256", ED25519_PEM),
        ("ecdsa-sha2-nistp256", RSA_PEM),
        ("ecdsa-sha2-nistp256", P256_TRAILING_PEM),
        ("ecdsa-sha2-nistp256", P256_HYBRID_PEM),
        ("ecdsa-sha2-nistp256", P256_OFF_CURVE_PEM),
        ("ecdsa-sha2-nistp384", P384_TRAILING_PEM),
        ("ecdsa-sha2-nistp384", P384_HYBRID_PEM),
        ("ecdsa-sha2-nistp384", P384_OFF_CURVE_PEM),
        ("ecdsa-sha2-nistp256", ""),
        ("ecdsa-sha2-nistp256", "00"),
        ("ecdsa-sha2-nistp256", "04"),
        ("ecdsa-sha2-nistp256", &P256_POINT[2..]),
        ("ecdsa-sha2-nistp256", &format!("{P256_POINT}00")),
        ("ecdsa-sha2-nistp256", &format!("05{}", &P256_COMPRESSED[2..])),
        ("ecdsa-sha2-nistp256", &format!("06{}", &P256_POINT[2..])),
    ] {
        assert_eq!(PublicKey::new("ecdsa", scheme, text), PublicKey::Invalid, "{text}");
    }
}

#[cfg(feature = "ecdsa")]
#[test]
fn ecdsa_signatures_are_strict_der() {
    let key = PublicKey::new("ecdsa", "ecdsa-sha2-nistp256", P256_PEM);
    let one = "020101";
    let order = "022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    for signature in [
        format!("3006{one}020100"),
        format!("3006020100{one}"),
        format!("3026{one}{order}"),
        format!("3026{order}{one}"),
        format!("3006{one}0201ff"),
        format!("3007{one}02020001"),
        format!("308106{one}{one}"),
        format!("3080{one}{one}0000"),
        format!("3006{one}{one}00"),
        format!("3009{one}{one}{one}"),
        format!("3007{one}{one}00"),
        format!("3105{one}{one}"),
        format!("3026{one}0221{}", "7f".repeat(33)),
        format!("3084ffffffff{one}{one}"),
    ] {
        assert_eq!(check(&key, &signature, MESSAGE.as_bytes()), None, "{signature}");
    }
    assert_eq!(check(&key, &format!("3006{one}{one}"), MESSAGE.as_bytes()), Some(false));
}

#[cfg(feature = "ecdsa")]
#[test]
fn pem_as_writers_differ() {
    let scheme = "ecdsa-sha2-nistp256";
    let key = PublicKey::new("ecdsa", scheme, P256_PEM);
    let lines: Vec<&str> = P256_PEM.lines().collect();
    let [begin, body @ .., end] = lines.as_slice() else { panic!("not PEM") };
    let body = body.concat();
    let wrapped = |width: usize, eol: &str| {
        let rows: Vec<&str> =
            body.as_bytes().chunks(width).map(|row| core::str::from_utf8(row).unwrap()).collect();
        format!("{begin}{eol}{}{eol}{end}{eol}", rows.join(eol))
    };
    for text in [
        P256_PEM.trim_end().to_string(),
        wrapped(64, "\r\n"),
        wrapped(76, "\n"),
        wrapped(48, "\n"),
        wrapped(body.len(), "\n"),
        format!("a comment\n{P256_PEM}"),
        format!("\n{P256_PEM}\n \r\n"),
    ] {
        assert_eq!(PublicKey::new("ecdsa", scheme, &text), key, "{text}");
    }
    for text in [
        P256_PEM.replace("PUBLIC KEY", "EC PUBLIC KEY"),
        P256_PEM.replace("PUBLIC KEY", "CERTIFICATE"),
        P256_PEM.replace("END PUBLIC", "END PRIVATE"),
        P256_PEM.replace("-----END PUBLIC KEY-----", ""),
        P256_PEM.replace("-----BEGIN PUBLIC KEY-----", ""),
        P256_PEM.replacen('M', "!", 1),
        P256_PEM.replace("==", "="),
        P256_PEM.replace("PUBLIC KEY-----\nM", "PUBLIC KEY-----\nProc-Type: 4\n\nM"),
        format!("{P256_PEM}{P256_PEM}"),
        wrapped(64, " \n "),
        P256_PEM.replace("\n-----END", "\n\n-----END"),
        P256_PEM.replace("\n-----END", "\r\n\r\n-----END"),
        P256_PEM.replace("\n-----END", "\n -----END"),
        P256_PEM.replace("\n-----END", " \n-----END"),
        P256_PEM.replace("\n-----END", "-----END"),
        format!("{begin}\n{end}\n"),
        format!("{begin}\n{}\n{end}\n", "A".repeat(4096)),
    ] {
        assert_ne!(text, P256_PEM);
        assert_eq!(PublicKey::new("ecdsa", scheme, &text), PublicKey::Invalid, "{text}");
    }
}

#[cfg(feature = "rsa")]
fn rsa_key(pem: &str) -> PublicKey {
    PublicKey::new("rsa", "rsassa-pss-sha256", pem)
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_with_salts_of_every_length() {
    let key = rsa_key(RSA_PEM);
    assert_eq!(key, rsa_key(RSA_PKCS1_PEM));
    for signature in [RSA_SALT_0, RSA_SALT_20, RSA_SALT_32, RSA_SALT_MAX] {
        assert!(verifies(&key, signature));
        assert_eq!(check(&key, signature, b"other"), Some(false));
        assert!(!verifies(&key, &flip(signature, 1000)));
    }
    assert_signature(&key, RSA_SSLIB, (0..2048).step_by(127));
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_moduli_of_other_lengths() {
    for (pem, signatures) in [
        (RSA2049_PEM, &[RSA2049_SALT_MAX, RSA2049_SALT_0][..]),
        (RSA2055_PEM, &[RSA2055_SALT_MAX, RSA2055_SALT_0]),
        (RSA8192_PEM, &[RSA8192_SALT_MAX]),
        (RSA_E3_PEM, &[RSA_E3_SALT_32]),
    ] {
        let key = rsa_key(pem);
        for signature in signatures {
            assert_eq!(check(&key, signature, MESSAGE.as_bytes()), Some(true));
            assert_eq!(check(&key, signature, b"other"), Some(false));
            assert!(!verifies(&key, &flip(signature, 1000)));
            assert_eq!(check(&key, &signature[2..], MESSAGE.as_bytes()), None);
            assert_eq!(check(&key, &format!("00{signature}"), MESSAGE.as_bytes()), None);
        }
    }
    assert_eq!(rsa_key(RSA_PSS_OID_PEM), rsa_key(RSA_E3_PEM));
    assert!(rsa_key(RSA8192_LONGEST_PEM).is_usable());
    assert_ne!(rsa_key(RSA8192_LONGEST_PEM), rsa_key(RSA8192_PEM));
    assert!(!verifies(&rsa_key(RSA8192_LONGEST_PEM), RSA8192_SALT_MAX));
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_padding_and_hashes_are_those_of_the_scheme() {
    let key = rsa_key(RSA_PEM);
    for signature in [RSA_MGF1_SHA1, RSA_SHA384, RSA_PKCS1V15, RSA_E3_SALT_32] {
        assert_eq!(check(&key, signature, MESSAGE.as_bytes()), Some(false));
    }
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_signatures_are_those_of_the_scheme_that_the_key_names() {
    for (scheme, signature) in RSA_SCHEMES {
        let key = PublicKey::new("rsa", scheme, RSA_SCHEMES_PEM);
        assert_signature(&key, signature, (0..2048).step_by(251));
        for (other, other_signature) in RSA_SCHEMES {
            let other_key = PublicKey::new("rsa", other, RSA_SCHEMES_PEM);
            assert_eq!(verifies(&key, other_signature), scheme == other, "{scheme} {other}");
            // It is one key, whatever it signs by: who has stolen it meets no threshold of two.
            assert_eq!(key, other_key);
            assert_eq!(key.fingerprint(), other_key.fingerprint());
            // A file that was verified by one scheme was not verified by the other.
            assert_eq!(key.scheme_number() == other_key.scheme_number(), scheme == other);
        }
    }
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_keys_that_are_for_pss_are_for_nothing_else() {
    for (scheme, _) in RSA_SCHEMES {
        let key = PublicKey::new("rsa", scheme, RSA_PSS_OID_PEM);
        assert_eq!(key.is_usable(), scheme.starts_with("rsassa-pss"), "{scheme}");
    }
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_keys_that_are_refused() {
    for (why, pem) in RSA_REFUSED {
        assert_eq!(rsa_key(pem), PublicKey::Invalid, "{why}");
    }
    for pem in [
        P256_PEM,
        ED25519_PEM,
        ED25519,
        "",
        &RSA_PEM.replace("PUBLIC KEY", "RSA PUBLIC KEY"),
        &RSA_PKCS1_PEM.replace("RSA PUBLIC KEY", "PUBLIC KEY"),
        &RSA_PEM.replace("PUBLIC KEY", "PRIVATE KEY"),
    ] {
        assert_eq!(rsa_key(pem), PublicKey::Invalid, "{pem}");
    }
}

#[cfg(all(feature = "ecdsa", feature = "rsa"))]
#[test]
fn signatures_of_all_kinds_share_one_message() {
    let checks = [
        (PublicKey::new("ed25519", "ed25519", ED25519), ED25519_SIGNATURE),
        (PublicKey::new("ecdsa", "ecdsa-sha2-nistp256", P256_PEM), P256_HIGH_S),
        (PublicKey::new("ecdsa", "ecdsa-sha2-nistp384", P384_PEM), P384_LOW_S),
        (rsa_key(RSA_PEM), RSA_SALT_20),
    ];
    for (message, expected) in [(MESSAGE.as_bytes(), true), (b"other", false)] {
        let mut states: Vec<SignatureState> = checks
            .iter()
            .map(|(key, signature)| SignatureState::begin(key, signature.as_bytes(), b"").unwrap())
            .collect();
        let mut shared = Message::new();
        states.iter().filter_map(SignatureState::hash).for_each(|hash| shared.need(hash));
        for piece in message.chunks(5) {
            shared.update(piece);
            states.iter_mut().for_each(|state| state.absorb(piece));
        }
        let digests = shared.finish();
        for (state, (key, _)) in states.iter().zip(&checks) {
            assert_eq!(state.verify(key, &digests), expected);
        }
    }
}

#[cfg(all(feature = "ecdsa", feature = "rsa"))]
#[test]
fn a_digest_that_was_not_asked_for_verifies_nothing() {
    let mut shared = Message::new();
    shared.update(MESSAGE.as_bytes());
    let digests = shared.finish();
    for (key, signature) in [
        (PublicKey::new("ecdsa", "ecdsa-sha2-nistp256", P256_PEM), P256_LOW_S),
        (PublicKey::new("ecdsa", "ecdsa-sha2-nistp384", P384_PEM), P384_LOW_S),
        (rsa_key(RSA_PEM), RSA_SALT_32),
    ] {
        assert!(
            !SignatureState::begin(&key, signature.as_bytes(), b"").unwrap().verify(&key, &digests)
        );
    }
}

#[test]
fn key_ids_are_exact() {
    let long = "x".repeat(65);
    let hash = format!("{}", Hex(&sha256(long.as_bytes())));
    let names = [
        "",
        "a",
        "A",
        "ä",
        "a\0",
        "\0",
        &"x".repeat(64),
        &"x".repeat(63),
        &long,
        &"x".repeat(66),
        &hash,
    ];
    for (index, one) in names.iter().enumerate() {
        for (other_index, other) in names.iter().enumerate() {
            assert_eq!(KeyId::new(one) == KeyId::new(other), index == other_index);
        }
    }
    for name in &names[..8] {
        assert_eq!(KeyId::new(name).to_string(), *name);
    }
    assert_eq!(KeyId::new(&long).to_string(), format!("sha256:{hash}"));
    assert_eq!(KeyId::new(&"ä".repeat(32)).to_string(), "ä".repeat(32));
    assert_eq!(format!("{:?}", KeyId::new("a")), "KeyId(a)");
}

#[test]
fn sizes() {
    assert!(size_of::<KeyId>() <= 66);
    let most = if cfg!(feature = "ecdsa-p521") { 160 } else { 112 };
    assert!(size_of::<PublicKey>() <= most);
}
