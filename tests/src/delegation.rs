//! Delegations as a test states them.

use serde_json::{Value, json};

use crate::keys::Key;

/// An entry of a targets role's delegations: the roles, what they match, and who signs them.
#[derive(Clone, Debug)]
pub struct Delegation {
    name: String,
    matching: Matching,
    keys: Vec<Key>,
    threshold: u64,
    terminating: bool,
}

#[derive(Clone, Debug)]
enum Matching {
    Paths(Vec<String>),
    HashPrefixes(Vec<String>),
    Succinct { bit_length: u32 },
}

impl Delegation {
    /// To the role `name`, for targets that match one of these patterns. Its one key is made from
    /// the name.
    pub fn paths(name: &str, patterns: &[&str]) -> Delegation {
        Delegation::new(name, Matching::Paths(owned(patterns)))
    }

    /// To the role `name`, for targets with one of these prefixes of the hex of their path's
    /// SHA-256.
    pub fn hash_prefixes(name: &str, prefixes: &[&str]) -> Delegation {
        Delegation::new(name, Matching::HashPrefixes(owned(prefixes)))
    }

    /// To 2^`bit_length` roles `PREFIX-…` that share their keys (TAP 15).
    pub fn succinct(name_prefix: &str, bit_length: u32) -> Delegation {
        Delegation::new(name_prefix, Matching::Succinct { bit_length })
    }

    /// Signed by these keys.
    pub fn keys(mut self, keys: &[Key]) -> Delegation {
        self.keys = keys.to_vec();
        self
    }

    /// By at least this many of them.
    pub fn threshold(mut self, threshold: u64) -> Delegation {
        self.threshold = threshold;
        self
    }

    /// What matches and is not found here, is not looked for any further.
    pub fn terminating(mut self) -> Delegation {
        self.terminating = true;
        self
    }

    /// Writes the delegation into the delegator's `signed`, at the end of the list.
    pub fn add_to(&self, signed: &mut Value) {
        let keyids: Vec<&str> = self.keys.iter().map(|key| key.id.as_str()).collect();
        let delegations = &mut signed["delegations"];
        if delegations.is_null() {
            *delegations = json!({"keys": {}});
        }
        for key in &self.keys {
            delegations["keys"][&key.id] = key.json();
        }
        if let Matching::Succinct { bit_length } = self.matching {
            delegations["succinct_roles"] = json!({"keyids": keyids, "threshold": self.threshold,
                "bit_length": bit_length, "name_prefix": self.name});
            return;
        }
        let mut role = json!({
            "name": self.name,
            "keyids": keyids,
            "threshold": self.threshold,
            "terminating": self.terminating,
        });
        match &self.matching {
            Matching::Paths(patterns) => role["paths"] = json!(patterns),
            Matching::HashPrefixes(prefixes) => role["path_hash_prefixes"] = json!(prefixes),
            Matching::Succinct { .. } => {}
        }
        if delegations["roles"].is_null() {
            delegations["roles"] = json!([]);
        }
        delegations["roles"].as_array_mut().expect("roles are a list").push(role);
    }

    /// Returns the names of the roles that it leads to.
    pub fn role_names(&self) -> Vec<String> {
        match self.matching {
            Matching::Paths(_) | Matching::HashPrefixes(_) => vec![self.name.clone()],
            Matching::Succinct { bit_length } => {
                let digits = bit_length.div_ceil(4) as usize;
                (0..1u64 << bit_length)
                    .map(|bin| format!("{}-{bin:0digits$x}", self.name))
                    .collect()
            }
        }
    }

    /// Returns the keys that sign its roles.
    pub fn signers(&self) -> &[Key] {
        &self.keys
    }

    fn new(name: &str, matching: Matching) -> Delegation {
        let keys = vec![Key::ed25519(name)];
        Delegation { name: name.to_owned(), matching, keys, threshold: 1, terminating: false }
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
