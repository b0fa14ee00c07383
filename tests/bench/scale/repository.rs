//! Repositories of PyPI's size, made in memory: one target, and the files on the way to it.

use std::collections::BTreeMap;

use ed25519_compact::{KeyPair, PublicKey, Seed, Signature};
use picotuf_tests::json::{Style, canonical, hex};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256, Sha512};

/// How the targets are shared out among roles, and how the files are written.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Layout {
    /// Bins by `path_hash_prefixes`, as PEP 458 has them; indented as RSTUF writes with python-tuf.
    Explicit,
    /// The same without white space.
    Compact,
    /// Bins by `succinct_roles` (TAP 15); indented.
    Succinct,
    /// All targets in one file; indented.
    Flat,
}

impl Layout {
    pub(crate) const ALL: [Layout; 4] =
        [Layout::Explicit, Layout::Compact, Layout::Succinct, Layout::Flat];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Layout::Explicit => "explicit",
            Layout::Compact => "compact",
            Layout::Succinct => "succinct",
            Layout::Flat => "flat",
        }
    }
}

/// What one signature is over, apart from any JSON.
pub(crate) struct Signed {
    /// The canonical form of `signed`.
    pub(crate) message: Vec<u8>,
    pub(crate) key: PublicKey,
    pub(crate) signature: Signature,
}

/// The files on the way to one target.
pub(crate) struct Repository {
    /// The target that is listed, and another one, in another bin where there are bins.
    pub(crate) target: String,
    pub(crate) other: String,
    /// The role that lists it.
    pub(crate) lister: String,
    /// The files, by role: the root, which is the trust anchor too, one of each other role on the
    /// way, and the bin of the other target.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What is signed in the files on the way to the first target: one signature each.
    pub(crate) signed: Vec<Signed>,
    style: Style,
}

impl Repository {
    /// Makes and signs one. Keys, and with them all bytes, are the same every time.
    pub(crate) fn new(layout: Layout) -> Repository {
        let mut repository = Repository {
            target: target_path(TARGET),
            other: target_path(OTHER),
            lister: String::new(),
            files: BTreeMap::new(),
            signed: Vec::new(),
            style: if layout == Layout::Compact { Style::PYTHON } else { Style::RSTUF },
        };
        let bin = bin_of(&repository.target);
        repository.lister =
            if layout == Layout::Flat { "targets".to_owned() } else { bin_name(bin) };

        let mut listed = vec!["targets".to_owned()];
        if layout != Layout::Flat {
            listed.extend((0..BINS).map(bin_name));
        }
        if matches!(layout, Layout::Explicit | Layout::Compact) {
            listed.push("bins".to_owned());
        }
        repository.sign("root", &root());
        repository.sign(
            "timestamp",
            &role("timestamp", json!({ "meta": meta(&["snapshot".to_owned()]) })),
        );
        repository.sign("snapshot", &role("snapshot", json!({ "meta": meta(&listed) })));
        match layout {
            Layout::Explicit | Layout::Compact => {
                let (offline, online) = (Signer::of("bins"), Signer::of("bin"));
                let bins = delegation(
                    "bins",
                    &offline,
                    json!({ "paths": ["*", "*/*", "*/*/*", "*/*/*/*"] }),
                );
                repository.sign(
                    "targets",
                    &targets(Map::new(), Some(delegations(&offline, json!({ "roles": [bins] })))),
                );
                let roles = (0..BINS).map(|bin| explicit_bin(bin, &online)).collect::<Vec<_>>();
                repository.sign(
                    "bins",
                    &targets(Map::new(), Some(delegations(&online, json!({ "roles": roles })))),
                );
            }
            Layout::Succinct => {
                let online = Signer::of("bin");
                let bins = json!({ "bit_length": BIN_BITS, "keyids": [online.keyid],
                    "name_prefix": "bin", "threshold": 1 });
                repository.sign(
                    "targets",
                    &targets(
                        Map::new(),
                        Some(delegations(&online, json!({ "succinct_roles": bins }))),
                    ),
                );
            }
            Layout::Flat => {}
        }
        let listed = match layout {
            Layout::Flat => (0..FLAT_TARGETS)
                .map(|number| (target_path(number), target(number, "blake2b-256")))
                .collect(),
            // By rights the others would be in other bins, but a bin is asked for one path only.
            _ => (0..BIN_TARGETS)
                .map(|number| (target_path(number), target(number, "sha512")))
                .collect(),
        };
        let listed = targets(listed, None);
        repository.sign(&repository.lister.clone(), &listed);
        if layout != Layout::Flat {
            repository.sign(&bin_name(bin_of(&repository.other)), &listed);
            repository.signed.pop();
        }
        repository
    }

    /// The names of the roles on the way to the first target.
    pub(crate) fn way(&self) -> impl Iterator<Item = &String> {
        let aside = (self.lister != "targets").then(|| bin_name(bin_of(&self.other)));
        self.files.keys().filter(move |role| Some(*role) != aside.as_ref())
    }

    /// The length of the files on the way to the first target.
    pub(crate) fn length(&self) -> usize {
        self.way().map(|role| self.files[role].len()).sum()
    }

    /// The length of all that is signed.
    pub(crate) fn signed_length(&self) -> usize {
        self.signed.iter().map(|signed| signed.message.len()).sum()
    }

    fn sign(&mut self, role: &str, signed: &Value) {
        let message = canonical(signed);
        let Signer { pair, keyid, .. } = Signer::of(role);
        let signature = pair.sk.sign(&message, None);
        let file = json!({ "signatures": [{ "keyid": keyid, "sig": hex(signature.as_ref()) }],
            "signed": signed });
        self.files.insert(role.to_owned(), self.style.write(&file).into_bytes());
        self.signed.push(Signed { message, key: pair.pk, signature });
    }
}

/// The key that signs for a role.
struct Signer {
    pair: KeyPair,
    keyid: String,
    object: Value,
}

impl Signer {
    /// Each of the top-level roles has its own key, and so has `bins`; all bins have the same.
    fn of(role: &str) -> Signer {
        let owner = role.split('-').next().unwrap_or(role);
        let pair = KeyPair::from_seed(Seed::new(Sha256::digest(owner).into()));
        let object = json!({ "keytype": "ed25519", "keyval": { "public": hex(pair.pk.as_ref()) },
            "scheme": "ed25519" });
        Signer { keyid: hex(&Sha256::digest(canonical(&object))), pair, object }
    }
}

fn role(kind: &str, own: Value) -> Value {
    let mut role = json!({ "_type": kind, "expires": "2038-01-01T00:00:00Z",
        "spec_version": "1.0.31", "version": 1 });
    extend(&mut role, own);
    role
}

fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

fn root() -> Value {
    let (mut keys, mut roles) = (Map::new(), Map::new());
    for name in ["root", "snapshot", "targets", "timestamp"] {
        let Signer { keyid, object, .. } = Signer::of(name);
        roles.insert(name.to_owned(), json!({ "keyids": [keyid], "threshold": 1 }));
        keys.insert(keyid, object);
    }
    role("root", json!({ "consistent_snapshot": true, "keys": keys, "roles": roles }))
}

/// Versions only: neither lengths nor hashes.
fn meta(roles: &[String]) -> Map<String, Value> {
    roles.iter().map(|role| (format!("{role}.json"), json!({ "version": 1 }))).collect()
}

fn targets(listed: Map<String, Value>, delegations: Option<Value>) -> Value {
    let mut targets = role("targets", json!({ "targets": listed }));
    if let Some(delegations) = delegations {
        extend(&mut targets, json!({ "delegations": delegations }));
    }
    targets
}

/// Delegations that all have the same key.
fn delegations(signer: &Signer, roles: Value) -> Value {
    let mut delegations = json!({ "keys": { &signer.keyid: signer.object } });
    extend(&mut delegations, roles);
    delegations
}

fn delegation(name: &str, signer: &Signer, own: Value) -> Value {
    let mut delegation =
        json!({ "keyids": [signer.keyid], "name": name, "terminating": true, "threshold": 1 });
    extend(&mut delegation, own);
    delegation
}

fn explicit_bin(bin: u32, signer: &Signer) -> Value {
    let prefixes =
        (0..PREFIXES).map(|prefix| format!("{:04x}", bin * PREFIXES + prefix)).collect::<Vec<_>>();
    delegation(&bin_name(bin), signer, json!({ "path_hash_prefixes": prefixes }))
}

fn bin_name(bin: u32) -> String {
    format!("bin-{bin:04x}")
}

fn bin_of(path: &str) -> u32 {
    let hash = Sha256::digest(path);
    u32::from(u16::from_be_bytes([hash[0], hash[1]])) / PREFIXES
}

/// A path as Warehouse's prototype had them: the hash of the file, split, and its name.
fn target_path(number: u32) -> String {
    let hash = hex(&Sha256::digest(number.to_be_bytes()));
    format!(
        "{}/{}/{}/project_{number:05}-1.{}.0-py3-none-any.whl",
        &hash[..2],
        &hash[2..4],
        &hash[4..],
        number % 40
    )
}

fn target(number: u32, algorithm: &str) -> Value {
    let hash = Sha512::digest(number.to_le_bytes());
    let length = 10_000 + number * 37;
    match algorithm {
        "sha512" => {
            json!({ "custom": { "backsigned": true }, "hashes": { algorithm: hex(&hash) },
                "length": length })
        }
        _ => json!({ "hashes": { algorithm: hex(&hash[..32]) }, "length": length }),
    }
}

const BIN_BITS: u32 = 14;
const BINS: u32 = 1 << BIN_BITS;
/// How many prefixes of four digits a bin has.
const PREFIXES: u32 = (1 << 16) / BINS;
const BIN_TARGETS: u32 = 1_000;
const FLAT_TARGETS: u32 = 19_000;
/// The one that is looked for: listed in a bin and in the flat file.
const TARGET: u32 = 500;
/// The one that is looked for afterwards.
const OTHER: u32 = 501;
