//! A TUF repository in memory, which re-signs what a test changes.
//!
//! [`Repository::new`] is valid at [`NOW`]. What a test does to it comes in three strengths:
//! - [`Repository::publish`] does what an honest repository does: new versions, of the role and of
//!   those that list it;
//! - [`Repository::edit`] and its kin change a role at its present version, sign it again and list
//!   it again;
//! - [`Repository::edit_alone`] does not list it again, and [`Repository::tamper`] does not even
//!   sign it.

use std::collections::BTreeMap;

use blake2::Blake2b256;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256, Sha512};

use crate::delegation::Delegation;
use crate::json::{Style, canonical, hex};
use crate::keys::Key;

/// The time of all tests that do not say otherwise.
pub const NOW: &str = "2026-01-15T12:00:00Z";
/// When root, targets and delegated roles expire.
pub const EXPIRES_LATE: &str = "2027-01-01T00:00:00Z";
/// When timestamp and snapshot expire.
pub const EXPIRES_SOON: &str = "2026-01-16T12:00:00Z";
/// Before [`NOW`].
pub const EXPIRED: &str = "2026-01-15T11:59:59Z";

/// The names of the top-level roles.
pub const TOP_LEVEL: [&str; 4] = ["root", "timestamp", "snapshot", "targets"];

/// Files as a server has them: `2.root.json`, `timestamp.json`, `targets/dir/HASH.name`.
pub type Files = BTreeMap<String, Vec<u8>>;

/// What a snapshot or a timestamp says of the files that it lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Version, length and SHA-256.
    Full,
    /// The version only.
    Versions,
}

/// A repository: its documents, who signs them, and the files that a server has of it.
#[derive(Clone, Debug)]
pub struct Repository {
    /// How files are written from now on.
    pub style: Style,
    /// How files are listed from now on.
    pub listing: Listing,
    /// The hash functions of targets that are added from now on.
    pub target_hashes: Vec<&'static str>,
    /// What a server has. Nothing is ever removed from it but by a test.
    pub files: Files,
    documents: BTreeMap<String, Value>,
    signers: BTreeMap<String, Vec<Key>>,
    written: BTreeMap<String, Vec<u8>>,
    versions: BTreeMap<String, u64>,
}

impl Default for Repository {
    fn default() -> Self {
        Repository::new()
    }
}

impl Repository {
    /// Returns a valid repository with consistent snapshots: version 1 of each top-level role, an
    /// Ed25519 key each, no targets.
    pub fn new() -> Repository {
        let mut repository = Repository {
            style: Style::PYTHON,
            listing: Listing::Full,
            target_hashes: vec!["sha256"],
            files: Files::new(),
            documents: BTreeMap::new(),
            signers: BTreeMap::new(),
            written: BTreeMap::new(),
            versions: BTreeMap::new(),
        };
        let mut root = document("root", EXPIRES_LATE);
        root["consistent_snapshot"] = true.into();
        root["keys"] = json!({});
        root["roles"] = json!({});
        for role in TOP_LEVEL {
            let key = Key::ed25519(role);
            set_keys(&mut root, role, std::slice::from_ref(&key), 1);
            repository.sign_with(role, &[key]);
        }
        let mut targets = document("targets", EXPIRES_LATE);
        targets["targets"] = json!({});
        let mut snapshot = document("snapshot", EXPIRES_SOON);
        snapshot["meta"] = json!({});
        let mut timestamp = document("timestamp", EXPIRES_SOON);
        timestamp["meta"] = json!({});
        for (role, signed) in
            [("root", root), ("targets", targets), ("snapshot", snapshot), ("timestamp", timestamp)]
        {
            repository.documents.insert(role.to_owned(), signed);
        }
        repository.write("root");
        repository.write("targets");
        repository.list("targets", false);
        repository
    }

    /// The same without consistent snapshots: file names carry no version, target names no hash.
    pub fn inconsistent() -> Repository {
        let mut repository = Repository::new();
        repository.edit("root", |root| root["consistent_snapshot"] = false.into());
        repository.files.retain(|name, _| name == "1.root.json");
        repository.write("targets");
        repository.list("targets", false);
        repository
    }

    /// Returns the trust anchor: version 1 of root.
    pub fn anchor(&self) -> &[u8] {
        &self.files["1.root.json"]
    }

    /// Returns the bytes of this role's file as they were written last.
    pub fn bytes(&self, role: &str) -> &[u8] {
        &self.written[role]
    }

    /// Returns whether there is such a role.
    pub fn has_role(&self, role: &str) -> bool {
        self.documents.contains_key(role)
    }

    /// Returns the present `signed` of a role.
    pub fn signed(&self, role: &str) -> &Value {
        &self.documents[role]
    }

    /// Returns the names of all roles, sorted.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }

    /// Returns the present version of a role. Where a test broke it, the last one that was good.
    pub fn version(&self, role: &str) -> u64 {
        self.documents[role]["version"].as_u64().unwrap_or_else(|| self.versions[role])
    }

    /// Returns the keys that sign a role.
    pub fn signers(&self, role: &str) -> &[Key] {
        &self.signers[role]
    }

    /// From now on these keys sign the role, whatever any other role says of them.
    pub fn sign_with(&mut self, role: &str, keys: &[Key]) {
        self.signers.insert(role.to_owned(), keys.to_vec());
    }

    /// Publishes the next version of a role as a repository does: the role, then a new snapshot and
    /// timestamp above it.
    pub fn publish(&mut self, role: &str, change: impl FnOnce(&mut Value)) {
        self.bump(role);
        change(self.document(role));
        self.write(role);
        self.list(role, true);
    }

    /// Publishes the next root with these keys for a role. A new root is signed by the old keys and
    /// the new; a role that gets new keys is published again, signed by them.
    pub fn rotate(&mut self, role: &str, keys: &[Key], threshold: u64) {
        if role == "root" {
            let mut signers = self.signers["root"].clone();
            signers.extend(
                keys.iter()
                    .filter(|key| !self.signers["root"].iter().any(|old| old.id == key.id))
                    .cloned(),
            );
            self.sign_with("root", &signers);
            self.publish("root", |root| set_keys(root, role, keys, threshold));
            self.sign_with("root", keys);
        } else {
            self.publish("root", |root| set_keys(root, role, keys, threshold));
            self.sign_with(role, keys);
            self.publish(role, |_| {});
        }
    }

    /// Gives a role other keys without a new version of anything, as if it had been so from the
    /// start.
    pub fn set_keys(&mut self, role: &str, keys: &[Key], threshold: u64) {
        self.sign_with(role, keys);
        self.edit("root", |root| set_keys(root, role, keys, threshold));
        self.edit(role, |_| {});
    }

    /// Changes a role at its present version, signs it again, and lists it again in snapshot and
    /// timestamp.
    pub fn edit(&mut self, role: &str, change: impl FnOnce(&mut Value)) {
        self.edit_alone(role, change);
        self.list(role, false);
    }

    /// Changes a role at its present version and signs it again; what lists it stays as it is.
    pub fn edit_alone(&mut self, role: &str, change: impl FnOnce(&mut Value)) {
        change(self.document(role));
        self.write(role);
    }

    /// Changes the text of a role's `signed` once. The signatures are over what the unchanged text
    /// means; listed again.
    pub fn edit_text(&mut self, role: &str, change: impl FnOnce(String) -> String) {
        let signatures = self.signatures(role);
        let text = self.style.write(&self.documents[role]);
        self.keep(role, self.style.envelope(&change(text), &signatures).into_bytes());
        self.list(role, false);
    }

    /// Replaces the first `from` in the text of a role's `signed`, as [`Repository::edit_text`]
    /// does.
    ///
    /// # Panics
    /// If it is not there.
    pub fn replace_text(&mut self, role: &str, from: &str, to: &str) {
        self.edit_text(role, |text| {
            assert!(text.contains(from), "`{from}` is not in {text}");
            text.replacen(from, to, 1)
        });
    }

    /// Changes the list of signatures of a role once; listed again.
    pub fn edit_signatures(&mut self, role: &str, change: impl FnOnce(&mut Vec<Value>)) {
        let mut signatures = self.signatures(role);
        change(signatures.as_array_mut().expect("signatures are a list"));
        let text = self.style.write(&self.documents[role]);
        self.keep(role, self.style.envelope(&text, &signatures).into_bytes());
        self.list(role, false);
    }

    /// Changes a role's whole file once, signatures and all; listed again.
    pub fn edit_file(&mut self, role: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.written[role].clone();
        change(&mut bytes);
        self.keep(role, bytes);
        self.list(role, false);
    }

    /// Changes the bytes of a role's file on the server, and nothing else.
    pub fn tamper(&mut self, role: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.written[role].clone();
        change(&mut bytes);
        self.keep(role, bytes);
    }

    /// Takes a role's file off the server.
    pub fn remove(&mut self, role: &str) {
        let name = self.file_name(role);
        self.files.remove(&name);
    }

    /// Adds a delegation at the end of `parent`'s list and, if there is none yet, the role that it
    /// names.
    pub fn delegate(&mut self, parent: &str, delegation: &Delegation) {
        self.edit(parent, |signed| delegation.add_to(signed));
        for name in delegation.role_names() {
            self.role(&name, delegation.signers());
        }
    }

    /// Adds an empty targets role, if there is none of this name, that nobody delegates to yet.
    pub fn role(&mut self, name: &str, keys: &[Key]) {
        if self.documents.contains_key(name) {
            return;
        }
        let mut signed = document("targets", EXPIRES_LATE);
        signed["targets"] = json!({});
        self.documents.insert(name.to_owned(), signed);
        self.sign_with(name, keys);
        self.edit(name, |_| {});
    }

    /// Lists a target in a role, and puts its file on the server.
    pub fn add_target(&mut self, role: &str, path: &str, content: &[u8]) {
        let hashes: Map<String, Value> = self
            .target_hashes
            .iter()
            .map(|name| ((*name).to_owned(), hash(name, content).into()))
            .collect();
        self.edit(role, |signed| {
            signed["targets"][path] = json!({"length": content.len(), "hashes": hashes});
        });
        if !self.consistent() {
            self.files.insert(format!("targets/{path}"), content.to_vec());
            return;
        }
        let (folder, name) = path
            .rsplit_once('/')
            .map_or((String::new(), path), |(folder, name)| (format!("{folder}/"), name));
        for algorithm in self.target_hashes.clone() {
            self.files.insert(
                format!("targets/{folder}{}.{name}", hash(algorithm, content)),
                content.to_vec(),
            );
        }
    }

    /// Returns the name that a server has for the present version of a role's file.
    pub fn file_name(&self, role: &str) -> String {
        let name = url_name(role);
        match role {
            "root" => format!("{}.{name}", self.version(role)),
            "timestamp" => name,
            _ if self.consistent() => format!("{}.{name}", self.version(role)),
            _ => name,
        }
    }

    fn consistent(&self) -> bool {
        self.documents["root"]["consistent_snapshot"] == true
    }

    fn document(&mut self, role: &str) -> &mut Value {
        self.documents.get_mut(role).unwrap_or_else(|| panic!("there is no role {role}"))
    }

    fn bump(&mut self, role: &str) {
        let version = self.version(role) + 1;
        self.document(role)["version"] = version.into();
    }

    fn signatures(&self, role: &str) -> Value {
        let message = canonical(&self.documents[role]);
        self.signers[role].iter().map(|key| key.signature(&message)).collect()
    }

    fn write(&mut self, role: &str) {
        let text = self.style.write(&self.documents[role]);
        self.keep(role, self.style.envelope(&text, &self.signatures(role)).into_bytes());
    }

    fn keep(&mut self, role: &str, bytes: Vec<u8>) {
        self.versions.insert(role.to_owned(), self.version(role));
        self.files.insert(self.file_name(role), bytes.clone());
        self.written.insert(role.to_owned(), bytes);
    }

    /// Lists a role's file where files of its kind are listed, and so on up to the timestamp.
    fn list(&mut self, role: &str, bump: bool) {
        let list = match role {
            "root" | "timestamp" => return,
            "snapshot" => "timestamp",
            _ => "snapshot",
        };
        let bytes = &self.written[role];
        let mut entry = json!({"version": self.version(role)});
        if self.listing == Listing::Full {
            entry["length"] = bytes.len().into();
            entry["hashes"] = json!({"sha256": hash("sha256", bytes)});
        }
        self.document(list)["meta"][format!("{role}.json")] = entry;
        if bump {
            self.bump(list);
        }
        self.write(list);
        self.list(list, bump);
    }
}

/// Writes into a root's `signed` that these keys speak for a role; keys that no role names any more
/// go.
pub fn set_keys(root: &mut Value, role: &str, keys: &[Key], threshold: u64) {
    let keyids: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
    root["roles"][role] = json!({"keyids": keyids, "threshold": threshold});
    for key in keys {
        root["keys"][&key.id] = key.json();
    }
    let roles = root["roles"].clone();
    let named = |id: &String| {
        roles.as_object().is_some_and(|roles| roles.values().any(|role| has_keyid(role, id)))
    };
    root["keys"].as_object_mut().expect("keys are an object").retain(|id, _| named(id));
}

/// Returns the lower-case hex of a hash of `content`, by TUF's name for the hash function.
///
/// # Panics
/// On names of functions that the tests do not need.
pub fn hash(algorithm: &str, content: &[u8]) -> String {
    match algorithm {
        "sha256" => hex(&Sha256::digest(content)),
        "sha512" => hex(&Sha512::digest(content)),
        "blake2b-256" => hex(&Blake2b256::digest(content)),
        _ => panic!("no test needs {algorithm}"),
    }
}

/// Returns the name of a role's file in URLs: all but unreserved characters percent-encoded.
pub fn url_name(role: &str) -> String {
    let mut name = String::new();
    for byte in role.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => {
                name.push(char::from(byte))
            }
            _ => name.push_str(&format!("%{byte:02X}")),
        }
    }
    name + ".json"
}

fn has_keyid(role: &Value, id: &str) -> bool {
    role["keyids"].as_array().is_some_and(|keyids| keyids.iter().any(|keyid| keyid == id))
}

fn document(kind: &str, expires: &str) -> Value {
    json!({"_type": kind, "spec_version": "1.0.34", "version": 1, "expires": expires})
}
