//! Changes of what members mean: versions, times, hashes, delegations, keys.

use picotuf_tests::keys::Key;
use picotuf_tests::repository::hash;

use super::{Change, Mutation};
use crate::case::TARGET;
use crate::loose_json::{Node, quoted};
use crate::random::Random;

const fn signed(name: &'static str, change: fn(&mut Node, &str, &mut Random) -> bool) -> Mutation {
    Mutation { name, change: Change::Signed(change) }
}

/// The tests' time is 2026-01-15T12:00:00Z.
const TIMES: [&str; 24] = [
    "2026-01-15T12:00:00Z",
    "2026-01-15T12:00:01Z",
    "2026-01-15T11:59:59Z",
    "9999-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "2027-02-29T00:00:00Z",
    "2028-02-29T00:00:00Z",
    "2027-13-01T00:00:00Z",
    "2027-01-01T24:00:00Z",
    "2027-01-01T23:59:60Z",
    "2027-01-01T00:00:00.5Z",
    "2027-01-01T00:00:00.000000Z",
    "2027-01-01T00:00:00+00:00",
    "2027-01-01T00:00:00-08:00",
    "2027-01-01T00:00:00",
    "2027-01-01t00:00:00z",
    "2027-01-01 00:00:00Z",
    "2027-01-01",
    "2027-1-1T0:0:0Z",
    " 2027-01-01T00:00:00Z",
    "２０２７-01-01T00:00:00Z",
    "1798761600",
    "",
];

const SPEC_VERSIONS: [&str; 14] = [
    "1.0", "1.0.0", "1.99.99", "1", "1.", "1.0.0.0", "01.0", "2.0.0", "0.9", "1.x", " 1.0",
    "1.0\n", "1.²", "1.-1",
];

const PATTERNS: [&str; 20] = [
    "*",
    "**",
    "*/*",
    "project/*",
    "PROJECT/*",
    "project/?ile.txt",
    "project/[f]ile.txt",
    "project/[!a]*",
    "project/{file}.txt",
    "/project/*",
    "project/**",
    "project\\/*",
    "",
    "*.txt",
    "project/file.txt",
    "project/*\n",
    "project/[",
    "p*/f*",
    "?/?",
    "project//*",
];

const NAMES: [&str; 16] = [
    "root",
    "targets",
    "snapshot",
    "timestamp",
    "Root",
    "",
    ".",
    "..",
    "../targets",
    "a/b",
    "é",
    "project ",
    "PROJECT",
    "x\0",
    "targets.json",
    "%2e",
];

pub(super) const MUTATIONS: &[Mutation] = &[
    signed("version: two more", |signed, _, _| add(signed, &["version"], 2)),
    signed("version: zero", |signed, _, _| put(signed, &["version"], "0")),
    signed("expires: an odd time", |signed, _, random| {
        put(signed, &["expires"], &quoted(random.pick(&TIMES)))
    }),
    signed("spec_version: an odd one", |signed, _, random| {
        put(signed, &["spec_version"], &quoted(random.pick(&SPEC_VERSIONS)))
    }),
    signed("_type: another role's", |signed, _, random| {
        put(
            signed,
            &["_type"],
            random.pick(&[
                "\"root\"",
                "\"timestamp\"",
                "\"snapshot\"",
                "\"targets\"",
                "\"Targets\"",
            ]),
        )
    }),
    signed("a file's version: another", |signed, role, random| {
        let by = random.pick(&[-1, 1, 2, 1 << 40]);
        listed(signed, role, random).is_some_and(|entry| add(entry, &["version"], by))
    }),
    signed("a file's length: another", |signed, role, random| {
        let by = random.pick(&[-1, 1, 100, 1 << 40]);
        listed(signed, role, random).is_some_and(|entry| add(entry, &["length"], by))
    }),
    signed("a file's length: none", |signed, role, random| {
        listed(signed, role, random).is_some_and(|entry| drop_member(entry, "length"))
    }),
    signed("a file's hashes: none", |signed, role, random| {
        listed(signed, role, random).is_some_and(|entry| drop_member(entry, "hashes"))
    }),
    signed("a file's hashes: an empty object", |signed, role, random| {
        listed(signed, role, random).is_some_and(|entry| put(entry, &["hashes"], "{}"))
    }),
    signed("a file's hash: in upper case", |signed, role, random| {
        hash_text(signed, role, random, |hex| hex.to_uppercase())
    }),
    signed("a file's hash: a digit changed", |signed, role, random| {
        hash_text(signed, role, random, |hex| {
            let digit = if hex.ends_with('0') { "1" } else { "0" };
            format!("{}{digit}", &hex[..hex.len() - 1])
        })
    }),
    signed("a file's hash: a byte short", |signed, role, random| {
        hash_text(signed, role, random, |hex| hex[2..].to_owned())
    }),
    signed("a file's hash: a digit short", |signed, role, random| {
        hash_text(signed, role, random, |hex| hex[1..].to_owned())
    }),
    signed("a file's hash: no hex", |signed, role, random| {
        hash_text(signed, role, random, |hex| hex.replace('a', "x"))
    }),
    signed("a file's hash: its function in upper case", |signed, role, random| {
        hash_function(signed, role, random, |name| name.to_uppercase())
    }),
    signed("a file's hash: by sha512 it says", |signed, role, random| {
        hash_function(signed, role, random, |_| "sha512".to_owned())
    }),
    signed("a file's hash: by an unknown function", |signed, role, random| {
        hash_function(signed, role, random, |_| "x-unknown".to_owned())
    }),
    signed("a file's hash: by a weak function", |signed, role, random| {
        hash_function(signed, role, random, |_| "sha1".to_owned())
    }),
    signed("a file's hash: an unknown one beside", |signed, role, random| {
        beside(signed, role, random, "x-unknown", "00")
    }),
    signed("a file's hash: a wrong sha512 beside", |signed, role, random| {
        beside(signed, role, random, "sha512", &"00".repeat(64))
    }),
    signed("a file's hash: a wrong blake2b-256 beside", |signed, role, random| {
        beside(signed, role, random, "blake2b-256", &"00".repeat(32))
    }),
    signed("a file's hash: an empty sha512 beside", |signed, role, random| {
        beside(signed, role, random, "sha512", "")
    }),
    signed("a file: not listed", |signed, role, random| {
        let count = files(signed, role).map_or(0, |files| files.len());
        match files(signed, role) {
            Some(Node::Object(members)) if count > 0 => {
                members.remove(random.below(count));
                true
            }
            _ => false,
        }
    }),
    signed("a file: another listed", |signed, role, _| match files(signed, role) {
        Some(files) if files.len() > 0 => {
            let entry = files.child_mut(0).unwrap().clone();
            files.set("other.json", entry);
            true
        }
        _ => false,
    }),
    signed("custom: an odd one", |signed, role, random| {
        let custom = random.pick(&[
            "null",
            "{}",
            "{\"a\":[{\"b\":-1}]}",
            "[]",
            "\"x\"",
            "0",
            "{\"a\":1,\"a\":2}",
        ]);
        listed(signed, role, random).is_some_and(|entry| put_new(entry, "custom", custom))
    }),
    signed("delegations: an empty object", |signed, _, _| put(signed, &["delegations"], "{}")),
    signed("delegations: no keys", |signed, _, _| put(signed, &["delegations", "keys"], "{}")),
    signed("delegations: no roles", |signed, _, _| put(signed, &["delegations", "roles"], "[]")),
    signed("delegations: a role twice", |signed, _, random| {
        match signed.at(&["delegations", "roles"]) {
            Some(Node::List(roles)) if !roles.is_empty() => {
                let role = random.of(roles).clone();
                roles.push(role);
                true
            }
            _ => false,
        }
    }),
    signed("delegations: a role that the snapshot does not list first", |signed, _, random| {
        let terminating = random.pick(&["true", "false"]);
        match signed.at(&["delegations", "roles"]) {
            Some(Node::List(roles)) if !roles.is_empty() => {
                let mut role = random.of(roles).clone();
                role.set("name", Node::string("nobody"));
                role.set("terminating", Node::Leaf(terminating.to_owned()));
                roles.insert(0, role);
                true
            }
            _ => false,
        }
    }),
    signed("delegation: an odd name", |signed, _, random| {
        let name = quoted(random.pick(&NAMES));
        delegation(signed, random).is_some_and(|role| put(role, &["name"], &name))
    }),
    signed("delegation: a long name", |signed, _, random| {
        let name = quoted(&"r".repeat(random.pick(&[223, 224, 225, 300])));
        delegation(signed, random).is_some_and(|role| put(role, &["name"], &name))
    }),
    signed("delegation: back to its delegator", |signed, name, random| {
        delegation(signed, random).is_some_and(|role| put(role, &["name"], &quoted(name)))
    }),
    signed("delegation: terminating", |signed, _, random| {
        delegation(signed, random).is_some_and(|role| put(role, &["terminating"], "true"))
    }),
    signed("delegation: other patterns", |signed, _, random| {
        let pattern = random.pick(&PATTERNS);
        let patterns = Node::List(vec![Node::string(pattern)]);
        delegation(signed, random).is_some_and(|role| put(role, &["paths"], &patterns.write()))
    }),
    signed("delegation: patterns and prefixes", |signed, _, random| {
        delegation(signed, random).is_some_and(|role| match role.get("paths").is_some() {
            true => put_new(role, "path_hash_prefixes", "[\"0\",\"a\"]"),
            false => put_new(role, "paths", "[\"*\"]"),
        })
    }),
    signed("delegation: prefixes for patterns", |signed, _, random| {
        let whole = hash("sha256", TARGET.as_bytes());
        let prefix = random
            .of(&[&whole[..1], &whole[..2], &whole[..63], &whole, "", "x", "F", "0000"]
                .map(ToOwned::to_owned))
            .clone();
        delegation(signed, random).is_some_and(|role| {
            drop_member(role, "paths")
                && put_new(role, "path_hash_prefixes", &format!("[{}]", quoted(&prefix)))
        })
    }),
    signed("succinct: other bits", |signed, _, random| {
        let bits = random.pick(&["0", "1", "3", "8", "32", "33", "-1", "2.0"]);
        put(signed, &["delegations", "succinct_roles", "bit_length"], bits)
    }),
    signed("succinct: another prefix", |signed, _, random| {
        let prefix = quoted(random.pick(&NAMES));
        put(signed, &["delegations", "succinct_roles", "name_prefix"], &prefix)
    }),
    signed("succinct: beside roles", |signed, _, _| {
        let keyids = signed.at(&["delegations", "keys"]).map(|keys| match keys {
            Node::Object(members) => Node::List(
                members.iter().take(1).map(|(name, _)| Node::Leaf(name.clone())).collect(),
            ),
            _ => Node::List(Vec::new()),
        });
        let Some(keyids) = keyids else { return false };
        let roles = format!(
            "{{\"bit_length\":1,\"keyids\":{},\"name_prefix\":\"bins\",\"threshold\":1}}",
            keyids.write()
        );
        let there = signed.at(&["delegations", "succinct_roles"]).is_some();
        !there
            && signed
                .at(&["delegations"])
                .is_some_and(|delegations| put_new(delegations, "succinct_roles", &roles))
    }),
    signed("keys: a threshold of two", |signed, _, random| threshold(signed, random, "2")),
    signed("keys: a threshold of zero", |signed, _, random| threshold(signed, random, "0")),
    signed("keys: a negative threshold", |signed, _, random| threshold(signed, random, "-1")),
    signed("keys: a huge threshold", |signed, _, random| threshold(signed, random, "4294967297")),
    signed("keys: a keyid twice", |signed, _, random| {
        grant(signed, random).and_then(|grant| grant.get_mut("keyids")).is_some_and(|keyids| {
            match keyids {
                Node::List(ids) if !ids.is_empty() => {
                    ids.push(ids[0].clone());
                    true
                }
                _ => false,
            }
        })
    }),
    signed("keys: a keyid of nobody", |signed, _, random| {
        grant(signed, random).and_then(|grant| grant.get_mut("keyids")).is_some_and(|keyids| {
            match keyids {
                Node::List(ids) => {
                    ids.insert(0, Node::string("nobody"));
                    true
                }
                _ => false,
            }
        })
    }),
    signed("keys: one under a second keyid", |signed, _, random| {
        let Some((_, key)) = key(signed, random).map(|(name, key)| (name, key.clone())) else {
            return false;
        };
        match keys(signed) {
            Some(keys) => keys.set("twin", key),
            None => return false,
        }
        grant(signed, random).is_some_and(|grant| {
            match grant.get_mut("keyids") {
                Some(Node::List(ids)) => ids.push(Node::string("twin")),
                _ => return false,
            }
            put(grant, &["threshold"], "2")
        })
    }),
    signed("key: another's", |signed, _, random| {
        let other = Key::ed25519("another's").public;
        key(signed, random).is_some_and(|(_, key)| put(key, &["keyval", "public"], &quoted(&other)))
    }),
    signed("key: in upper case", |signed, _, random| {
        public(signed, random, |public| public.to_uppercase())
    }),
    signed("key: a byte short", |signed, _, random| {
        public(signed, random, |public| public.chars().skip(2).collect())
    }),
    signed("key: a digit short", |signed, _, random| {
        public(signed, random, |public| public.chars().skip(1).collect())
    }),
    signed("key: a blank inside", |signed, _, random| {
        public(signed, random, |public| public.replacen("0", "0 ", 1))
    }),
    signed("key: all zeros", |signed, _, random| public(signed, random, |_| "0".repeat(64))),
    signed("key: an unknown type", |signed, _, random| {
        key(signed, random).is_some_and(|(_, key)| put(key, &["keytype"], "\"x-unknown\""))
    }),
    signed("key: an unknown scheme", |signed, _, random| {
        key(signed, random).is_some_and(|(_, key)| put(key, &["scheme"], "\"x-unknown\""))
    }),
    signed("key: another type", |signed, _, random| {
        let name = random.pick(&[
            "\"rsa\"",
            "\"ecdsa\"",
            "\"ed25519\"",
            "\"ecdsa-sha2-nistp256\"",
            "\"Ed25519\"",
        ]);
        key(signed, random).is_some_and(|(_, key)| put(key, &["keytype"], name))
    }),
    signed("key: another scheme", |signed, _, random| {
        let name = random.pick(&[
            "\"rsassa-pss-sha256\"",
            "\"ecdsa-sha2-nistp384\"",
            "\"ed25519ph\"",
            "\"ED25519\"",
        ]);
        key(signed, random).is_some_and(|(_, key)| put(key, &["scheme"], name))
    }),
    signed("key: not there", |signed, _, random| {
        let Some((name, _)) = key(signed, random) else { return false };
        match keys(signed) {
            Some(Node::Object(members)) => {
                members.retain(|(other, _)| *other != name);
                true
            }
            _ => false,
        }
    }),
    signed("root: other files", |signed, _, random| {
        let value = random.pick(&["true", "false", "null", "0", "1"]);
        put(signed, &["consistent_snapshot"], value)
    }),
];

fn put(node: &mut Node, path: &[&str], text: &str) -> bool {
    let new = Node::read(text.as_bytes()).unwrap();
    match node.at(path) {
        Some(place) if *place != new => {
            *place = new;
            true
        }
        _ => false,
    }
}

fn put_new(node: &mut Node, name: &str, text: &str) -> bool {
    node.set(name, Node::read(text.as_bytes()).unwrap());
    true
}

fn drop_member(node: &mut Node, name: &str) -> bool {
    match node {
        Node::Object(members) => {
            let before = members.len();
            members.retain(|(raw, _)| *raw != quoted(name));
            members.len() < before
        }
        _ => false,
    }
}

fn add(node: &mut Node, path: &[&str], by: i64) -> bool {
    let number = match node.at(path) {
        Some(Node::Leaf(text)) => text.parse::<i64>().ok(),
        _ => None,
    };
    number.is_some_and(|number| put(node, path, &(number + by).to_string()))
}

/// What a role lists: metadata files or targets.
fn files<'n>(signed: &'n mut Node, role: &str) -> Option<&'n mut Node> {
    signed.get_mut(if matches!(role, "timestamp" | "snapshot") { "meta" } else { "targets" })
}

fn listed<'n>(signed: &'n mut Node, role: &str, random: &mut Random) -> Option<&'n mut Node> {
    let files = files(signed, role)?;
    child(files, random)
}

fn child<'n>(node: &'n mut Node, random: &mut Random) -> Option<&'n mut Node> {
    let count = node.len();
    if count == 0 {
        return None;
    }
    node.child_mut(random.below(count))
}

fn hash_text(
    signed: &mut Node,
    role: &str,
    random: &mut Random,
    change: impl FnOnce(&str) -> String,
) -> bool {
    let Some(hashes) = listed(signed, role, random).and_then(|entry| entry.get_mut("hashes"))
    else {
        return false;
    };
    let Some(place) = child(hashes, random) else { return false };
    match place.as_string() {
        Some(hex) if hex.len() > 2 => {
            *place = Node::string(&change(&hex));
            true
        }
        _ => false,
    }
}

fn hash_function(
    signed: &mut Node,
    role: &str,
    random: &mut Random,
    change: impl FnOnce(&str) -> String,
) -> bool {
    match listed(signed, role, random).and_then(|entry| entry.get_mut("hashes")) {
        Some(Node::Object(members)) if !members.is_empty() => {
            let index = random.below(members.len());
            let name = crate::loose_json::unquoted(&members[index].0);
            members[index].0 = quoted(&change(&name));
            true
        }
        _ => false,
    }
}

fn beside(signed: &mut Node, role: &str, random: &mut Random, function: &str, hex: &str) -> bool {
    match listed(signed, role, random).and_then(|entry| entry.get_mut("hashes")) {
        Some(hashes @ Node::Object(_)) => {
            hashes.set(function, Node::string(hex));
            true
        }
        _ => false,
    }
}

fn delegation<'n>(signed: &'n mut Node, random: &mut Random) -> Option<&'n mut Node> {
    child(signed.at(&["delegations", "roles"])?, random)
}

/// Where keys are given to a role: root's roles, a delegation, or the succinct ones.
fn grant<'n>(signed: &'n mut Node, random: &mut Random) -> Option<&'n mut Node> {
    if signed.get("roles").is_some() {
        return child(signed.get_mut("roles")?, random);
    }
    if signed.at(&["delegations", "succinct_roles"]).is_some() {
        return signed.at(&["delegations", "succinct_roles"]);
    }
    delegation(signed, random)
}

fn threshold(signed: &mut Node, random: &mut Random, number: &str) -> bool {
    grant(signed, random).is_some_and(|grant| put(grant, &["threshold"], number))
}

fn keys(signed: &mut Node) -> Option<&mut Node> {
    match signed.get("keys").is_some() {
        true => signed.get_mut("keys"),
        false => signed.at(&["delegations", "keys"]),
    }
}

fn key<'n>(signed: &'n mut Node, random: &mut Random) -> Option<(String, &'n mut Node)> {
    match keys(signed)? {
        Node::Object(members) if !members.is_empty() => {
            let index = random.below(members.len());
            members.get_mut(index).map(|(name, key)| (name.clone(), key))
        }
        _ => None,
    }
}

fn public(signed: &mut Node, random: &mut Random, change: impl FnOnce(&str) -> String) -> bool {
    let place = key(signed, random).and_then(|(_, key)| key.at(&["keyval", "public"]));
    match place.and_then(|place| place.as_string().map(|public| (place, public))) {
        Some((place, text)) => {
            *place = Node::string(&change(&text));
            true
        }
        None => false,
    }
}
