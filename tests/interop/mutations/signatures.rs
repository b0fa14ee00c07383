//! Changes of the list of signatures.

use super::{Change, Mutation};
use crate::loose_json::Node;
use crate::random::Random;

const fn list(
    name: &'static str,
    change: fn(&mut Vec<Node>, &[Node], &mut Random) -> bool,
) -> Mutation {
    Mutation { name, change: Change::Signatures(change) }
}

pub(super) const MUTATIONS: &[Mutation] = &[
    list("signatures: none", |list, _, _| {
        list.clear();
        true
    }),
    list("signatures: one dropped", |list, _, random| {
        let index = random.below(list.len());
        list.remove(index);
        true
    }),
    list("signatures: one twice", |list, _, random| {
        let again = random.of(list).clone();
        list.push(again);
        true
    }),
    list("signatures: one twice, the second empty", |list, _, random| {
        let mut again = random.of(list).clone();
        again.set("sig", Node::string(""));
        list.push(again);
        true
    }),
    list("signatures: one twice, the first wrong", |list, _, random| {
        let mut again = random.of(list).clone();
        again.set("sig", Node::string(&"0".repeat(128)));
        list.insert(0, again);
        true
    }),
    list("signatures: another role's", |list, other, _| {
        *list = other.to_vec();
        true
    }),
    list("signatures: another role's beside", |list, other, _| {
        list.extend(other.iter().cloned());
        true
    }),
    list("signatures: another role's under this keyid", |list, other, _| {
        set(list, "sig", other[0].get("sig").cloned())
    }),
    list("signatures: under another role's keyid", |list, other, _| {
        set(list, "keyid", other[0].get("keyid").cloned())
    }),
    list("signatures: a changed digit", |list, _, random| {
        let at = random.below(100);
        text(list, "sig", |sig| {
            let digit = if sig.get(at..=at)? == "0" { "1" } else { "0" };
            Some(format!("{}{digit}{}", &sig[..at], &sig[at + 1..]))
        })
    }),
    list("signatures: in upper case", |list, _, _| {
        text(list, "sig", |sig| Some(sig.to_uppercase()))
    }),
    list("signatures: empty", |list, _, _| text(list, "sig", |_| Some(String::new()))),
    list("signatures: a digit short", |list, _, _| {
        text(list, "sig", |sig| Some(sig.get(1..)?.to_owned()))
    }),
    list("signatures: a byte short", |list, _, _| {
        text(list, "sig", |sig| Some(sig.get(2..)?.to_owned()))
    }),
    list("signatures: a byte long", |list, _, _| text(list, "sig", |sig| Some(format!("{sig}00")))),
    list("signatures: a blank between bytes", |list, _, _| {
        text(list, "sig", |sig| Some(format!("{} {}", sig.get(..2)?, &sig[2..])))
    }),
    list("signatures: no hex", |list, _, _| text(list, "sig", |sig| Some(sig.replace('0', "g")))),
    list("signatures: a digit of another script", |list, _, _| {
        text(list, "sig", |sig| Some(sig.replacen('1', "１", 1)))
    }),
    list("signatures: null", |list, _, _| set(list, "sig", Some(Node::Leaf("null".to_owned())))),
    list("signatures: a number", |list, _, _| set(list, "sig", Some(Node::Leaf("5".to_owned())))),
    list("signatures: keyid in upper case", |list, _, _| {
        text(list, "keyid", |keyid| Some(keyid.to_uppercase()))
    }),
    list("signatures: keyid of nobody", |list, _, _| {
        text(list, "keyid", |_| Some("nobody".to_owned()))
    }),
    list("signatures: keyid is null", |list, _, _| {
        set(list, "keyid", Some(Node::Leaf("null".to_owned())))
    }),
    list("signatures: an unknown member", |list, _, _| {
        set(list, "x-unknown", Some(Node::Leaf("null".to_owned())))
    }),
    list("signatures: a scheme", |list, _, _| {
        set(list, "scheme", Some(Node::string("rsassa-pss-sha256")))
    }),
    list("signatures: no keyid", |list, _, _| remove(list, "keyid")),
    list("signatures: no sig", |list, _, _| remove(list, "sig")),
    list("signatures: one of nobody's before", |list, _, _| {
        list.insert(0, entry("nobody", Node::string("00")));
        true
    }),
    list("signatures: one that is null behind", |list, _, _| {
        list.push(Node::Leaf("null".to_owned()));
        true
    }),
    list("signatures: nobody's that is no text behind", |list, _, random| {
        let texts = ["null", "1", "[]", "{}", "true"];
        list.push(entry("nobody", Node::read(random.pick(&texts).as_bytes()).unwrap()));
        true
    }),
    list("signatures: many of nobody's behind", |list, _, random| {
        let number = random.pick(&[100, 127, 128, 140]);
        list.extend(
            (0..number).map(|number| entry(&format!("nobody {number}"), Node::string("00"))),
        );
        true
    }),
    list("signatures: backwards", |list, _, _| {
        list.reverse();
        list.len() > 1
    }),
];

fn entry(keyid: &str, sig: Node) -> Node {
    let mut entry = Node::Object(Vec::new());
    entry.set("keyid", Node::string(keyid));
    entry.set("sig", sig);
    entry
}

fn set(list: &mut [Node], name: &str, value: Option<Node>) -> bool {
    match (list.first_mut(), value) {
        (Some(first), Some(value)) => {
            first.set(name, value);
            true
        }
        _ => false,
    }
}

fn text(list: &mut [Node], name: &str, change: impl FnOnce(&str) -> Option<String>) -> bool {
    let changed = list.first().and_then(|first| change(&first.get(name)?.as_string()?));
    set(list, name, changed.map(|changed| Node::string(&changed)))
}

fn remove(list: &mut [Node], name: &str) -> bool {
    match list.first_mut() {
        Some(Node::Object(members)) => {
            members.retain(|(raw, _)| *raw != format!("\"{name}\""));
            true
        }
        _ => false,
    }
}
