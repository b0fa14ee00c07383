//! Shapes that public repositories have, rebuilt with test keys.

use picotuf_tests::delegation::Delegation;
use picotuf_tests::keys::Key;
use picotuf_tests::repository::{Listing, Repository};
use serde_json::{Value, json};

use crate::python_tuf::Verdict;

/// A repository of some shape, and what is made of it.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) repository: Repository,
    /// A target that is asked for; it has [`CONTENT`].
    pub(crate) target: &'static str,
    pub(crate) picotuf: Verdict,
    pub(crate) python_tuf: Verdict,
    /// Of the row of DIFFERENCES.md, where the two differ.
    pub(crate) row: Option<&'static str>,
    /// The code of picotuf's error, where it refuses.
    pub(crate) code: Option<&'static str>,
}

/// Of every target that is asked for.
pub(crate) const CONTENT: &[u8] = b"as in production\n";

/// All shapes.
pub(crate) fn all() -> Vec<Shape> {
    let good = |name, repository, target| Shape {
        name,
        repository,
        target,
        picotuf: Verdict::Ok,
        python_tuf: Verdict::Ok,
        row: None,
        code: None,
    };
    vec![
        Shape {
            python_tuf: Verdict::Refused,
            row: Some("ecdsa-points"),
            ..good("a chain of roots through three forms of keys", root_chain(true), "a.txt")
        },
        good("a chain of roots through two names of a key type", root_chain(false), "a.txt"),
        good("one key under two keyids", one_key_under_two_keyids(), "a.txt"),
        good("a snapshot that lists roles nobody delegates to", undelegated_roles(), "a.txt"),
        good("members of tuf-on-ci and of RSTUF", members_of_writers(), "claimed/a.txt"),
        good("empty signatures, and some that are none", placeholder_signatures(), "a.txt"),
        good("bundles beside signatures", bundles(1_000), "a.txt"),
        Shape {
            picotuf: Verdict::Refused,
            python_tuf: Verdict::Refused,
            code: Some("limit-reached"),
            ..good(
                "bundles beside signatures, past the timestamp's limit",
                bundles(20_000),
                "a.txt",
            )
        },
        Shape {
            python_tuf: Verdict::Refused,
            row: Some("unknown-key-types"),
            ..good("an identity of Sigstore beside a key", identity_beside_key(), "a.txt")
        },
        good("hash bins, each with all of its prefixes", hash_bins(), "packages/a.zip"),
    ]
}

/// Five keys of P-256 in the form of one age of a repository: the hex of their points, then PEM
/// under the keytype that is named like the scheme, then `ecdsa`.
fn keys_of_age(age: u32) -> Vec<Key> {
    let key = |number: u32| Key::p256(&format!("root {number}"));
    (0..5)
        .map(|number| match age {
            0 => key(number).with_keytype("ecdsa-sha2-nistp256").with_hex_point(),
            1 => key(number).with_keytype("ecdsa-sha2-nistp256"),
            _ => key(number),
        })
        .collect()
}

/// The same five people sign all roots, and each root writes their keys in another form, under
/// other keyids; old keyids sign beside new ones. The last root brings consistent snapshots.
fn root_chain(begins_with_points: bool) -> Repository {
    let mut repository = Repository::inconsistent();
    let first = if begins_with_points { 0 } else { 1 };
    repository.set_keys("root", &keys_of_age(first), 3);
    for age in first + 1..=2 {
        repository.rotate("root", &keys_of_age(age), 3);
    }
    repository.publish("root", |root| root["consistent_snapshot"] = true.into());
    repository.publish("targets", |_| {});
    repository.add_target("targets", "a.txt", CONTENT);
    repository
}

/// A key is listed twice, under the keyid that it had with `keyid_hash_algorithms` and under the
/// one without; four other keys are enough.
fn one_key_under_two_keyids() -> Repository {
    let mut keys = keys_of_age(1);
    let again = keys[0].clone().with_id(&"5b".repeat(32));
    keys.push(again);
    let mut repository = Repository::new();
    repository.set_keys("root", &keys, 3);
    repository.edit("root", |root| {
        root["keys"][&keys[0].id]["keyid_hash_algorithms"] = json!(["sha256", "sha512"]);
    });
    repository.add_target("targets", "a.txt", CONTENT);
    repository
}

/// Delegations that were taken back, whose files the snapshot lists for ever: a file must not
/// disappear from it.
fn undelegated_roles() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("registry", &["registry/*"]));
    for name in ["revocation", "staging", "rekor"] {
        repository.role(name, &[Key::ed25519(name)]);
    }
    repository.add_target("targets", "a.txt", CONTENT);
    repository
}

/// `x-tuf-on-ci-…` of roles, keys and files, and `x-rstuf-…`: all of it is signed, and means
/// nothing to clients.
fn members_of_writers() -> Repository {
    let mut repository = Repository::new();
    let owner = Key::p256("owner");
    repository.delegate("targets", &Delegation::paths("claimed", &["claimed/*"]).keys(&[owner]));
    repository.add_target("claimed", "claimed/a.txt", CONTENT);
    repository.edit("root", |root| {
        root["x-tuf-on-ci-expiry-period"] = 197.into();
        root["x-tuf-on-ci-signing-period"] = 46.into();
        for key in root["keys"].as_object_mut().unwrap().values_mut() {
            key["x-tuf-on-ci-online-uri"] = "gcpkms:projects/p/locations/l/keyRings/r".into();
            key["x-rstuf-key-name"] = "Ärger & Söhne 🔑".into();
        }
        for role in ["timestamp", "snapshot"] {
            root["roles"][role]["x-tuf-on-ci-expiry-period"] = 7.into();
            root["roles"][role]["x-tuf-on-ci-signing-period"] = 6.into();
        }
    });
    repository.edit("targets", |targets| {
        targets["x-tuf-on-ci-expiry-period"] = 365.into();
        for key in targets["delegations"]["keys"].as_object_mut().unwrap().values_mut() {
            key["x-tuf-on-ci-keyowner"] = "@owner".into();
        }
        targets["delegations"]["x-rstuf-bins"] = json!({"number": 2, "list": [[], {}, null]});
    });
    repository
}

/// Signers who have not signed yet are in the list with nothing, or with a mark in its place.
fn placeholder_signatures() -> Repository {
    let keys: Vec<Key> = (0..5).map(|number| Key::p256(&format!("{number}"))).collect();
    let mut repository = Repository::new();
    repository.set_keys("root", &keys, 2);
    repository.set_keys("targets", &keys, 2);
    repository.add_target("targets", "a.txt", CONTENT);
    for role in ["root", "targets"] {
        repository.edit_signatures(role, |signatures| {
            signatures[0]["sig"] = "".into();
            signatures[1]["sig"] = "XXX".into();
            signatures[3]["sig"] = "".into();
        });
    }
    repository
}

/// Each signature has a Sigstore bundle of so many bytes beside it.
fn bundles(bytes: usize) -> Repository {
    let mut repository = Repository::new();
    repository.add_target("targets", "a.txt", CONTENT);
    let bundle: Value = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"certificate": {"rawBytes": "MIIC".repeat(bytes / 4)}},
        "messageSignature": {"signature": ""},
    });
    for role in ["targets", "snapshot", "timestamp"] {
        repository.edit_signatures(role, |signatures| {
            for signature in signatures {
                signature["bundle"] = bundle.clone();
            }
        });
    }
    repository
}

/// Root and targets may be signed by a maintainer's identity, as an alternative to a key.
/// python-tuf knows such keys in programs alone that register them.
fn identity_beside_key() -> Repository {
    let mut repository = Repository::new();
    let person = Key::identity("maintainer@example.org", "https://github.com/login/oauth");
    repository.set_keys("root", &[Key::ed25519("root"), person.clone()], 1);
    repository.set_keys("targets", &[Key::ed25519("targets"), person], 1);
    repository.add_target("targets", "a.txt", CONTENT);
    repository
}

/// Sixteen bins, each with its sixteen prefixes of two digits in full, not terminating, under one
/// key; their files are listed by version alone.
fn hash_bins() -> Repository {
    let mut repository = Repository::new();
    repository.listing = Listing::Versions;
    let key = Key::ed25519("bins");
    for bin in 0..16 {
        let prefixes: Vec<String> = (0..16).map(|low| format!("{bin:x}{low:x}")).collect();
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let delegation = Delegation::hash_prefixes(&format!("bin_{bin}"), &prefixes)
            .keys(std::slice::from_ref(&key));
        repository.delegate("targets", &delegation);
    }
    // Its path's SHA-256 begins with this digit.
    let path = "packages/a.zip";
    let bin = path_bin(path);
    repository.add_target(&format!("bin_{bin}"), path, CONTENT);
    repository
}

fn path_bin(path: &str) -> u32 {
    let digest = picotuf_tests::repository::hash("sha256", path.as_bytes());
    u32::from_str_radix(&digest[..1], 16).unwrap()
}
