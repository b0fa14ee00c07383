//! Keys and signatures.

use arbitrary::Arbitrary;
use picotuf::{Limits, Slice, Workspace, check_root};
use picotuf_tests::json::{Style, hex};
use picotuf_tests::keys::Key;
use picotuf_tests::repository::Repository;
use serde_json::json;

/// A key, a signature, and how they are written.
#[derive(Arbitrary, Clone, Debug)]
pub struct Keys {
    /// Which `keytype`.
    pub keytype: u8,
    /// Which `scheme`.
    pub scheme: u8,
    /// Which form the key has.
    pub form: u8,
    /// The public key, in that form.
    pub public: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// Changes of a good key and a good signature of that scheme instead: a position and what is
    /// changed there.
    pub changes: Option<Vec<(u16, u8)>>,
}

const KEYTYPES: [&str; 8] = [
    "ed25519",
    "ecdsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "rsa",
    "x-unknown",
    "ecdsa-sha2-nistp521",
    "ml-dsa",
];
const SCHEMES: [&str; 10] = [
    "ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "rsassa-pss-sha256",
    "x-unknown",
    "ecdsa-sha2-nistp521",
    "rsassa-pss-sha512",
    "rsa-pkcs1v15-sha224",
    "ml-dsa-44/1",
    "ml-dsa-87/1",
];

/// A root that needs a key's signature holds only if key and signature are those that a good writer
/// made.
pub fn keys(keys: &Keys) {
    let scheme = SCHEMES[usize::from(keys.scheme) % SCHEMES.len()];
    let keytype = KEYTYPES[usize::from(keys.keytype) % KEYTYPES.len()];
    let good = match scheme {
        "ecdsa-sha2-nistp256" => Key::p256("fuzz"),
        "ecdsa-sha2-nistp384" => Key::p384("fuzz"),
        "ecdsa-sha2-nistp521" => Key::p521("fuzz"),
        "ml-dsa-44/1" | "ml-dsa-87/1" => Key::ml_dsa("fuzz", scheme),
        "rsassa-pss-sha256" | "rsassa-pss-sha512" | "rsa-pkcs1v15-sha224" => {
            Key::rsa_by(0, scheme)
        }
        _ => Key::ed25519("fuzz"),
    };
    let key = match (&keys.changes, keys.form % 3) {
        (Some(_), _) => good,
        (None, 0) => good.with_public(&hex(&keys.public)),
        (None, 1) => good.with_public(&String::from_utf8_lossy(&keys.public)),
        (None, _) => good.with_public(&pem(&keys.public)),
    };
    let key = match keys.changes {
        Some(_) => key,
        None => key.with_keytype(keytype),
    };
    let mut repository = Repository::new();
    repository.style = Style::PYTHON;
    repository.edit("root", |root| {
        picotuf_tests::repository::set_keys(root, "root", std::slice::from_ref(&key), 1)
    });
    repository.sign_with("root", &[key]);
    // A forged signature, or a good one that is changed.
    let mut intact = false;
    match &keys.changes {
        None => {
            repository.edit_signatures("root", |list| list[0]["sig"] = json!(hex(&keys.signature)))
        }
        Some(changes) => {
            repository.edit_signatures("root", |list| {
                let sig = list[0]["sig"].as_str().expect("a good key signs").to_owned();
                let mut digits = sig.clone().into_bytes();
                for (position, digit) in changes {
                    let count = digits.len();
                    digits[usize::from(*position) % count] =
                        b"0123456789abcdef"[usize::from(*digit) % 16];
                }
                intact = digits == sig.as_bytes();
                list[0]["sig"] = json!(String::from_utf8(digits).expect("digits"));
            });
        }
    }
    let mut workspace = Workspace::boxed();
    let root =
        check_root(&mut workspace, &Limits::default(), &mut Slice::new(repository.bytes("root")));
    assert_eq!(root.is_ok(), intact, "{keys:?}");
}

fn pem(der: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN PUBLIC KEY-----\n");
    let mut column = 0;
    for chunk in der.chunks(3) {
        let bytes = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
        let number = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]);
        for part in 0..4 {
            let index = usize::try_from(number >> (18 - 6 * part) & 63).expect("six bits");
            text.push(if part <= chunk.len() { char::from(LETTERS[index]) } else { '=' });
        }
        column += 4;
        if column == 64 {
            text.push('\n');
            column = 0;
        }
    }
    if column > 0 {
        text.push('\n');
    }
    text + "-----END PUBLIC KEY-----\n"
}
