//! Keys of every type, in every form that was ever written, and in some that must not be taken.

use p256::pkcs8::der::pem::{decode_vec, encode_string};
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use picotuf_tests::json::{canonical, hex};
use picotuf_tests::keys::Key;
use picotuf_tests::repository::Repository;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rsa::signature::{RandomizedSigner as _, SignatureEncoding as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::mixed_order;
use super::signatures::give;
use crate::case::{Case, PROJECT, case};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for role in ["root", "timestamp", PROJECT] {
        for (what, key) in forms() {
            cases.push(case(format!("{role} key: {what}"), |repository| {
                give(repository, role, &[key], 1)
            }));
        }
        for (what, key) in unusable() {
            cases.push(case(format!("{role} key: {what}, which nobody needs"), |repository| {
                give(repository, role, &[Key::ed25519("one that works"), key], 1);
            }));
        }
    }
    objects(&mut cases);
    signatures(&mut cases);
    cases
}

fn forms() -> Vec<(&'static str, Key)> {
    let (p256, p384, rsa, ed25519) =
        (Key::p256("interop"), Key::p384("interop"), Key::rsa(0), Key::ed25519("interop"));
    let (p521, ml_dsa) = (Key::p521("interop"), Key::ml_dsa("interop", "ml-dsa-65/1"));
    let pem =
        |key: &Key, change: &dyn Fn(&str) -> String| key.clone().with_public(&change(&key.public));
    vec![
        ("ed25519", ed25519.clone()),
        ("ed25519 in upper case", pem(&ed25519, &str::to_uppercase)),
        ("ed25519 with blanks", pem(&ed25519, &|text| format!("{} {}", &text[..2], &text[2..]))),
        ("ed25519, a byte short", pem(&ed25519, &|text| text[2..].to_owned())),
        ("ed25519, a digit short", pem(&ed25519, &|text| text[1..].to_owned())),
        ("ed25519, empty", pem(&ed25519, &|_| String::new())),
        ("p256", p256.clone()),
        ("p256 of the older type", p256.clone().with_keytype("ecdsa-sha2-nistp256")),
        ("p256, its point in hex", p256.clone().with_hex_point()),
        (
            "p256 of the older type, its point in hex",
            p256.clone().with_keytype("ecdsa-sha2-nistp256").with_hex_point(),
        ),
        ("p256 of the type of p384", p256.clone().with_keytype("ecdsa-sha2-nistp384")),
        ("p256 with the scheme of p384", p256.clone().with_scheme("ecdsa-sha2-nistp384")),
        ("p384", p384.clone()),
        ("p384 of the older type", p384.clone().with_keytype("ecdsa-sha2-nistp384")),
        ("p384 with the scheme of p256", p384.clone().with_scheme("ecdsa-sha2-nistp256")),
        ("rsa", rsa.clone()),
        ("rsa, no salt", rsa.clone().with_salt_length(0)),
        ("rsa, a salt of 20 bytes", rsa.clone().with_salt_length(20)),
        ("rsa, the longest salt", rsa.clone().with_salt_length(222)),
        ("rsa by SHA-384", rsa.clone().with_scheme("rsassa-pss-sha384")),
        ("rsa by SHA-512", rsa.clone().with_scheme("rsassa-pss-sha512")),
        ("rsa by SHA-224", rsa.clone().with_scheme("rsassa-pss-sha224")),
        ("rsa by PKCS #1 and SHA-224", rsa.clone().with_scheme("rsa-pkcs1v15-sha224")),
        ("rsa by PKCS #1 and SHA-256", rsa.clone().with_scheme("rsa-pkcs1v15-sha256")),
        ("rsa by PKCS #1 and SHA-384", rsa.clone().with_scheme("rsa-pkcs1v15-sha384")),
        ("rsa by PKCS #1 and SHA-512", rsa.clone().with_scheme("rsa-pkcs1v15-sha512")),
        ("rsa, a key for PSS", rsa.clone().with_public(&for_pss(&rsa.public))),
        (
            "rsa by PKCS #1, a key for PSS",
            rsa.clone().with_scheme("rsa-pkcs1v15-sha256").with_public(&for_pss(&rsa.public)),
        ),
        ("p521", p521.clone()),
        ("p521 of the older type", p521.clone().with_keytype("ecdsa-sha2-nistp521")),
        ("p521, its point in hex", p521.clone().with_hex_point()),
        ("p521 with the scheme of p384", p521.clone().with_scheme("ecdsa-sha2-nistp384")),
        ("ml-dsa-44", Key::ml_dsa("interop", "ml-dsa-44/1")),
        ("ml-dsa-65", ml_dsa.clone()),
        ("ml-dsa-87", Key::ml_dsa("interop", "ml-dsa-87/1")),
        ("ml-dsa-65 with the scheme of ml-dsa-44", ml_dsa.clone().with_scheme("ml-dsa-44/1")),
        ("ml-dsa-65 of version 2", ml_dsa.clone().with_scheme("ml-dsa-65/2")),
        ("ml-dsa-65 without a version", ml_dsa.clone().with_scheme("ml-dsa-65")),
        ("ml-dsa-65 on one long line", pem(&ml_dsa, &one_line)),
        ("ml-dsa-65 of type ed25519", ml_dsa.clone().with_keytype("ed25519")),
        ("rsa with the scheme of ed25519", rsa.clone().with_scheme("ed25519")),
        ("ed25519 of type rsa", ed25519.clone().with_keytype("rsa")),
        ("ed25519 with another scheme", ed25519.clone().with_scheme("ed25519ph")),
        ("pem without the last line feed", pem(&p256, &|text| text.trim_end().to_owned())),
        ("pem with CRLF", pem(&p256, &|text| text.replace('\n', "\r\n"))),
        ("pem with a line feed before", pem(&p256, &|text| format!("\n{text}"))),
        ("pem with text before", pem(&p256, &|text| format!("key:\n{text}"))),
        ("pem with text after", pem(&p256, &|text| format!("{text}end\n"))),
        ("pem on one long line", pem(&p256, &one_line)),
        ("pem in lines of 10", pem(&p256, &|text| lines(text, 10))),
        ("pem in lines of 76", pem(&p256, &|text| lines(text, 76))),
        ("pem with trailing blanks", pem(&p256, &|text| text.replace('\n', " \n"))),
        (
            "pem with an empty line inside",
            pem(&p256, &|text| text.replacen("KEY-----\n", "KEY-----\n\n", 1)),
        ),
        (
            "pem with an empty line in the middle",
            pem(&p256, &|text| lines(text, 32).replacen("\n", "\n\n", 3).replacen("\n\n", "\n", 2)),
        ),
        (
            "pem with an empty line before its end",
            pem(&p256, &|text| text.replace("\n-----END", "\n\n-----END")),
        ),
        (
            "pem with an empty line before its end, CRLF",
            pem(&p256, &|text| text.replace("\n-----END", "\n\n-----END").replace('\n', "\r\n")),
        ),
        (
            "pem with a blank before its end",
            pem(&p256, &|text| text.replace("\n-----END", "\n -----END")),
        ),
        (
            "pem with its end on the last line",
            pem(&p256, &|text| text.replace("\n-----END", "-----END")),
        ),
        ("pem with blank lines behind", pem(&p256, &|text| format!("{text}\n \r\n"))),
        ("pem with CR", pem(&p256, &|text| text.replace('\n', "\r"))),
        ("pem with blanks for line ends", pem(&p256, &|text| text.replace('\n', " "))),
        (
            "pem with a header line",
            pem(&p256, &|text| text.replacen("KEY-----\n", "KEY-----\nComment: x\n\n", 1)),
        ),
        ("pem of another label", pem(&p256, &|text| text.replace("PUBLIC KEY", "EC PUBLIC KEY"))),
        ("pem of a label of rsa", pem(&p256, &|text| text.replace("PUBLIC KEY", "RSA PUBLIC KEY"))),
        ("pem without padding", pem(&p256, &|text| text.replace('=', ""))),
        ("pem twice", pem(&p256, &|text| format!("{text}{text}"))),
        ("pem cut short", pem(&p256, &|text| text[..text.len() - 40].to_owned())),
        ("pem of rsa for the scheme of p256", p256.clone().with_public(&rsa.public)),
        ("pem of p384 for the scheme of p256", p256.with_public(&p384.public)),
    ]
}

/// Keys that no client of this kind can use.
fn unusable() -> Vec<(&'static str, Key)> {
    vec![
        ("one of an unknown type", Key::of_form("hss-lms", "hss-lms", "00")),
        ("one of an unknown scheme", Key::of_form("ed25519", "ed448", "00")),
        ("an empty ed25519 key", Key::of_form("ed25519", "ed25519", "")),
        ("a ed25519 key that is no hex", Key::of_form("ed25519", "ed25519", "zz")),
        (
            "a broken pem",
            Key::of_form("ecdsa", "ecdsa-sha2-nistp256", "-----BEGIN PUBLIC KEY-----\n"),
        ),
        (
            "one of ml-dsa that is cut",
            Key::of_form("ml-dsa", "ml-dsa-65/1", "-----BEGIN PUBLIC KEY-----\n"),
        ),
        ("an empty type", Key::of_form("", "", "")),
        ("one of slh-dsa", Key::of_form("slh-dsa", "slh-dsa-shake-256f/1", &"a5".repeat(49_856))),
        ("a certificate identity", Key::of_form("sigstore-oidc", "Fulcio", "x")),
    ]
}

/// The key object itself.
fn objects(cases: &mut Vec<Case>) {
    for (role, parent, keys) in
        [("timestamp", "root", "/keys"), (PROJECT, "targets", "/delegations/keys")]
    {
        let mut add = |what: &str, change: &dyn Fn(&mut Value)| {
            cases.push(case(format!("{role} key object: {what}"), |repository| {
                let id = repository.signers(role)[0].id.clone();
                repository
                    .edit(parent, |signed| change(&mut signed.pointer_mut(keys).unwrap()[&id]));
            }));
        };
        add("keyid_hash_algorithms, as older writers have it", &|key| {
            key["keyid_hash_algorithms"] = json!(["sha256", "sha512"])
        });
        add("a private part", &|key| key["keyval"]["private"] = "".into());
        add("a private part that is null", &|key| key["keyval"]["private"] = Value::Null);
        add("an unknown member with a list of lists", &|key| key["x"] = json!([[[1]], {"a": {}}]));
        add("its members backwards", &|key| {
            let members: Vec<_> = key.as_object().unwrap().clone().into_iter().rev().collect();
            *key = members.into_iter().collect::<serde_json::Map<_, _>>().into();
        });
        for length in [1500, 3000] {
            add(&format!("an unknown member of {length} bytes"), &|key| {
                key["x"] = "x".repeat(length).into()
            });
        }
    }
    cases.push(case("root keys: 200 that nobody has", |repository: &mut Repository| {
        repository.edit("root", |root| {
            for number in 0..200 {
                let key = Key::ed25519(&format!("crowd {number}"));
                root["keys"][&key.id] = key.json();
            }
        });
    }));
}

/// Signatures that only one way of checking accepts.
fn signatures(cases: &mut Vec<Case>) {
    let identity = format!("01{}", "00".repeat(31));
    let small_order = Key::of_form("ed25519", "ed25519", &identity);
    let forged = format!("{identity}{}", "00".repeat(32));
    cases.push(case(
        format!("{PROJECT} key: ed25519 of small order, which signs everything"),
        |repository| {
            give(repository, PROJECT, std::slice::from_ref(&small_order), 1);
            repository.edit_signatures(PROJECT, |list| list[0]["sig"] = forged.into());
        },
    ));
    for salt in 0..3 {
        cases.push(case(format!("{PROJECT} key: ed25519 of mixed order, {salt}"), |repository| {
            give(
                repository,
                PROJECT,
                &[Key::of_form("ed25519", "ed25519", mixed_order::PUBLIC)],
                1,
            );
            repository.edit(PROJECT, |signed| signed["x-unknown"] = salt.into());
            let sig = mixed_order::sign(&canonical(repository.signed(PROJECT)));
            repository.edit_signatures(PROJECT, |list| list[0]["sig"] = sig.into());
        }));
    }
    for bits in [1024, 2040, 2056, 3072] {
        let mut random = ChaCha20Rng::from_seed([7; 32]);
        let private = rsa::PrivateKey::new(&mut random, bits).unwrap();
        let public = private.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
        cases.push(case(format!("{PROJECT} key: rsa of {bits} bits"), |repository| {
            give(repository, PROJECT, &[Key::of_form("rsa", "rsassa-pss-sha256", &public)], 1);
            let message = canonical(repository.signed(PROJECT));
            let sig =
                rsa::pss::SigningKey::<Sha256>::new(private).sign_with_rng(&mut random, &message);
            repository.edit_signatures(PROJECT, |list| list[0]["sig"] = hex(&sig.to_vec()).into());
        }));
    }
    cases.push(case(format!("{PROJECT} key: ed25519, S past the order"), |repository| {
        repository.edit_signatures(PROJECT, |list| {
            let sig = list[0]["sig"].as_str().unwrap();
            list[0]["sig"] = format!("{}{}", &sig[..64], plus_order(&sig[64..])).into();
        });
    }));
    for (what, key) in [
        ("p256", Key::p256("interop")),
        ("p384", Key::p384("interop")),
        ("p521", Key::p521("interop")),
    ] {
        cases.push(case(format!("{PROJECT} key: {what}, r and s side by side"), |repository| {
            give(repository, PROJECT, std::slice::from_ref(&key), 1);
            repository.edit_signatures(PROJECT, |list| {
                list[0]["sig"] = side_by_side(list[0]["sig"].as_str().unwrap()).into()
            });
        }));
        cases.push(case(format!("{PROJECT} key: {what}, a byte behind the DER"), |repository| {
            give(repository, PROJECT, std::slice::from_ref(&key), 1);
            repository.edit_signatures(PROJECT, |list| {
                list[0]["sig"] = format!("{}00", list[0]["sig"].as_str().unwrap()).into()
            });
        }));
        cases.push(case(format!("{PROJECT} key: {what}, DER in a longer form"), |repository| {
            give(repository, PROJECT, std::slice::from_ref(&key), 1);
            repository.edit_signatures(PROJECT, |list| {
                let sig = list[0]["sig"].as_str().unwrap();
                list[0]["sig"] = format!("3081{}", &sig[2..]).into();
            });
        }));
    }
    for (what, change) in [
        ("a byte short", (|sig| sig[2..].to_owned()) as fn(&str) -> String),
        ("a zero byte before", |sig| format!("00{sig}")),
    ] {
        cases.push(case(format!("{PROJECT} key: rsa, its signature {what}"), |repository| {
            give(repository, PROJECT, &[Key::rsa(1)], 1);
            repository.edit_signatures(PROJECT, |list| {
                list[0]["sig"] = change(list[0]["sig"].as_str().unwrap()).into()
            });
        }));
    }
}

/// The same RSA key, whose algorithm says that it is for PSS (RFC 4055): its AlgorithmIdentifier
/// has another OBJECT IDENTIFIER, and no parameters.
fn for_pss(pem: &str) -> String {
    let (_, spki) = pem_document(pem);
    // SEQUENCE with two bytes of length; then rsaEncryption and NULL in 15 bytes.
    let rest = &spki[4 + 15..];
    let algorithm = [0x30, 0x0b, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0a];
    let length = u16::try_from(algorithm.len() + rest.len()).unwrap().to_be_bytes();
    let spki = [&[0x30, 0x82], &length[..], &algorithm, rest].concat();
    encode_string("PUBLIC KEY", LineEnding::LF, &spki).unwrap()
}

fn pem_document(pem: &str) -> (&str, Vec<u8>) {
    decode_vec(pem.as_bytes()).unwrap()
}

fn one_line(pem: &str) -> String {
    lines(pem, usize::MAX)
}

fn lines(pem: &str, length: usize) -> String {
    let all: Vec<&str> = pem.trim_end().split('\n').collect();
    let [first, body @ .., last] = all.as_slice() else { panic!("{pem} is no PEM") };
    let body = body.concat();
    let body: Vec<&str> =
        body.as_bytes().chunks(length).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("{first}\n{}\n{last}\n", body.join("\n"))
}

/// The little-endian number and the order of the group of Ed25519, added.
fn plus_order(scalar: &str) -> String {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    let digits = ORDER.iter().enumerate().map(|(at, order)| {
        let sum = u16::from(u8::from_str_radix(&scalar[2 * at..2 * at + 2], 16).unwrap())
            + u16::from(*order)
            + carry;
        carry = sum >> 8;
        format!("{:02x}", sum & 0xff)
    });
    digits.collect()
}

/// The two numbers of a DER signature, without DER.
fn side_by_side(der: &str) -> String {
    // The length of the SEQUENCE has one byte, or two on P-521.
    let der = &der[if der.starts_with("3081") { 2 } else { 0 }..];
    let byte = |at: usize| usize::from_str_radix(&der[2 * at..2 * at + 2], 16).unwrap();
    let r = byte(3);
    let s = byte(5 + r);
    format!("{}{}", &der[8..8 + 2 * r], &der[12 + 2 * r..12 + 2 * (r + s)])
}
