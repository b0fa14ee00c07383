//! Changes of a member or an item, whatever it means.

use super::{Change, Mutation};
use crate::loose_json::{Node, quoted, unquoted};
use crate::random::Random;

const fn place(name: &'static str, change: fn(&mut Node, usize, &mut Random) -> bool) -> Mutation {
    Mutation { name, change: Change::Place(change) }
}

pub(super) const MUTATIONS: &[Mutation] = &[
    place("missing", |parent, index, _| {
        match parent {
            Node::Object(members) => drop(members.remove(index)),
            Node::List(items) => drop(items.remove(index)),
            Node::Leaf(_) => return false,
        }
        true
    }),
    place("null", |parent, index, _| set(parent, index, "null")),
    place("true", |parent, index, _| set(parent, index, "true")),
    place("false", |parent, index, _| set(parent, index, "false")),
    place("a string", |parent, index, _| set(parent, index, "\"x\"")),
    place("an empty string", |parent, index, _| set(parent, index, "\"\"")),
    place("zero", |parent, index, _| set(parent, index, "0")),
    place("one", |parent, index, _| set(parent, index, "1")),
    place("negative", |parent, index, _| set(parent, index, "-1")),
    place("minus zero", |parent, index, _| set(parent, index, "-0")),
    place("the largest u64", |parent, index, _| set(parent, index, "18446744073709551615")),
    place("past u64", |parent, index, _| set(parent, index, "18446744073709551616")),
    place("past i64, negative", |parent, index, _| set(parent, index, "-9223372036854775809")),
    place("past 2^53", |parent, index, _| set(parent, index, "9007199254740993")),
    place("a number of 300 digits", |parent, index, _| set(parent, index, &"9".repeat(300))),
    place("a whole fraction", |parent, index, _| set(parent, index, "1.0")),
    place("an exponent", |parent, index, _| set(parent, index, "1e0")),
    place("a leading zero", |parent, index, _| set(parent, index, "01")),
    place("a plus sign", |parent, index, _| set(parent, index, "+1")),
    place("NaN", |parent, index, _| set(parent, index, "NaN")),
    place("an empty list", |parent, index, _| set(parent, index, "[]")),
    place("an empty object", |parent, index, _| set(parent, index, "{}")),
    place("in a list", |parent, index, _| {
        with(parent, index, |node| Some(Node::List(vec![node.clone()])))
    }),
    place("in an object", |parent, index, _| {
        with(parent, index, |node| Some(Node::Object(vec![("\"x\"".to_owned(), node.clone())])))
    }),
    place("70 levels deep", |parent, index, _| {
        with(parent, index, |node| {
            Some((0..70).fold(node.clone(), |inner, _| Node::List(vec![inner])))
        })
    }),
    place("twice", |parent, index, _| {
        twice(parent, index, |name, node| (name.to_owned(), node.clone()))
    }),
    place("twice, null first", |parent, index, _| {
        twice(parent, index, |name, _| (name.to_owned(), Node::Leaf("null".to_owned())))
    }),
    place("twice, escaped first", |parent, index, _| {
        twice(parent, index, |name, node| (escaped(name, false), node.clone()))
    }),
    place("twice, null last", |parent, index, _| match parent {
        Node::Object(members) => {
            let name = members[index].0.clone();
            members.push((name, Node::Leaf("null".to_owned())));
            true
        }
        _ => false,
    }),
    place("its name in upper case", |parent, index, _| {
        rename(parent, index, |name| name.to_uppercase())
    }),
    place("its name with a capital", |parent, index, _| {
        rename(parent, index, |name| name[..1].to_uppercase() + &name[1..])
    }),
    place("its name with a blank", |parent, index, _| {
        rename(parent, index, |name| format!("{name} "))
    }),
    place("its name with a NUL", |parent, index, _| {
        rename(parent, index, |name| format!("{name}\0"))
    }),
    place("its name is empty", |parent, index, _| rename(parent, index, |_| String::new())),
    place("its name is long", |parent, index, _| rename(parent, index, |name| name.repeat(1100))),
    place("its name is a sibling's", |parent, index, random| match parent {
        Node::Object(members) if members.len() > 1 => {
            let other = random.below(members.len());
            members[index].0 = members[other].0.clone();
            other != index
        }
        _ => false,
    }),
    place("its name escaped", |parent, index, _| {
        rename_raw(parent, index, |name| escaped(name, false))
    }),
    place("its name escaped in capitals", |parent, index, _| {
        rename_raw(parent, index, |name| escaped(name, true))
    }),
    place("escaped", |parent, index, _| string(parent, index, |raw| Some(escaped(raw, false)))),
    place("escaped solidus", |parent, index, _| {
        string(parent, index, |raw| raw.contains('/').then(|| raw.replace('/', "\\/")))
    }),
    place("its name with an escaped solidus", |parent, index, _| {
        is_member(parent, index, |name| name.contains('/'))
            && rename_raw(parent, index, |name| name.replace('/', "\\/"))
    }),
    place("a lone surrogate in it", |parent, index, _| {
        string(parent, index, |raw| Some(format!("{}\\ud800\"", raw.strip_suffix('"')?)))
    }),
    place("a bad escape in it", |parent, index, _| {
        string(parent, index, |raw| Some(format!("{}\\x41\"", raw.strip_suffix('"')?)))
    }),
    place("a raw newline in it", |parent, index, _| {
        string(parent, index, |raw| Some(format!("{}\n\"", raw.strip_suffix('"')?)))
    }),
    place("in upper case", |parent, index, _| text(parent, index, |value| value.to_uppercase())),
    place("in lower case", |parent, index, _| text(parent, index, |value| value.to_lowercase())),
    place("a blank behind", |parent, index, _| text(parent, index, |value| format!("{value} "))),
    place("a blank before", |parent, index, _| text(parent, index, |value| format!(" {value}"))),
    place("a newline behind", |parent, index, _| text(parent, index, |value| format!("{value}\n"))),
    place("a NUL behind", |parent, index, _| text(parent, index, |value| format!("{value}\0"))),
    place("a letter behind", |parent, index, _| {
        text(parent, index, |value| format!("{value}é\u{1f40d}"))
    }),
    place("twice in itself", |parent, index, _| text(parent, index, |value| value.repeat(2))),
    place("its last letter gone", |parent, index, _| {
        text(parent, index, |value| {
            value.chars().take(value.chars().count().saturating_sub(1)).collect()
        })
    }),
    place("3,000 letters", |parent, index, _| text(parent, index, |_| "a".repeat(3000))),
    place("a number as text", |parent, index, _| {
        with(parent, index, |node| number(node).map(|value| Node::string(&value.to_string())))
    }),
    place("one more", |parent, index, _| {
        with(parent, index, |node| number(node).map(|value| Node::Leaf((value + 1).to_string())))
    }),
    place("one less", |parent, index, _| {
        with(parent, index, |node| number(node).map(|value| Node::Leaf((value - 1).to_string())))
    }),
    place("reordered", |parent, index, _| {
        with(parent, index, |node| match node {
            Node::Object(members) if members.len() > 1 => {
                Some(Node::Object(members.iter().rev().cloned().collect()))
            }
            Node::List(items) if items.len() > 1 => {
                Some(Node::List(items.iter().rev().cloned().collect()))
            }
            _ => None,
        })
    }),
    place("its first item twice", |parent, index, _| {
        with(parent, index, |node| match node {
            Node::List(items) => {
                let first = items.first()?.clone();
                Some(Node::List(std::iter::once(first).chain(items.iter().cloned()).collect()))
            }
            _ => None,
        })
    }),
    place("an unknown member", |parent, index, _| {
        member(parent, index, "x-unknown", "[null,-5,\"é\",{\"a\":{}}]")
    }),
    place("an unknown fraction", |parent, index, _| member(parent, index, "x-unknown", "1.5")),
    place("an unknown huge number", |parent, index, _| {
        member(parent, index, "x-unknown", "18446744073709551616")
    }),
    place("a member __proto__", |parent, index, _| {
        member(parent, index, "__proto__", "{\"version\":2}")
    }),
    place("swapped with a sibling", |parent, index, random| match parent {
        Node::Object(members) => {
            let other = random.below(members.len());
            let value = members[other].1.clone();
            members[other].1 = std::mem::replace(&mut members[index].1, value);
            other != index
        }
        Node::List(items) => {
            let other = random.below(items.len());
            items.swap(index, other);
            other != index
        }
        Node::Leaf(_) => false,
    }),
];

fn set(parent: &mut Node, index: usize, text: &str) -> bool {
    with(parent, index, |node| {
        let new = Node::Leaf(text.to_owned());
        let new = Node::read(text.as_bytes()).unwrap_or(new);
        (*node != new).then_some(new)
    })
}

fn with(parent: &mut Node, index: usize, change: impl FnOnce(&Node) -> Option<Node>) -> bool {
    let child = parent.child_mut(index).unwrap();
    match change(child) {
        Some(new) => {
            *child = new;
            true
        }
        None => false,
    }
}

fn twice(
    parent: &mut Node,
    index: usize,
    first: impl FnOnce(&str, &Node) -> (String, Node),
) -> bool {
    match parent {
        Node::Object(members) => {
            let (name, node) = &members[index];
            let first = first(name, node);
            members.insert(index, first);
            true
        }
        _ => false,
    }
}

fn rename(parent: &mut Node, index: usize, name: impl FnOnce(&str) -> String) -> bool {
    rename_raw(parent, index, |raw| quoted(&name(&unquoted(raw))))
}

fn rename_raw(parent: &mut Node, index: usize, name: impl FnOnce(&str) -> String) -> bool {
    match parent {
        Node::Object(members) if members[index].0.len() > 2 => {
            members[index].0 = name(&members[index].0);
            true
        }
        _ => false,
    }
}

fn is_member(parent: &Node, index: usize, holds: impl FnOnce(&str) -> bool) -> bool {
    matches!(parent, Node::Object(members) if holds(&members[index].0))
}

fn string(parent: &mut Node, index: usize, change: impl FnOnce(&str) -> Option<String>) -> bool {
    with(parent, index, |node| match node {
        Node::Leaf(raw) if raw.len() > 2 && raw.starts_with('"') => change(raw).map(Node::Leaf),
        _ => None,
    })
}

fn text(parent: &mut Node, index: usize, change: impl FnOnce(&str) -> String) -> bool {
    string(parent, index, |raw| {
        let changed = quoted(&change(&unquoted(raw)));
        (changed != raw).then_some(changed)
    })
}

fn member(parent: &mut Node, index: usize, name: &str, text: &str) -> bool {
    with(parent, index, |node| match node {
        Node::Object(members) => {
            let mut members = members.clone();
            members.push((quoted(name), Node::read(text.as_bytes()).unwrap()));
            Some(Node::Object(members))
        }
        _ => None,
    })
}

fn number(node: &Node) -> Option<i64> {
    match node {
        Node::Leaf(text) => text.parse().ok(),
        _ => None,
    }
}

/// The first character of a string's text as an escape.
fn escaped(raw: &str, capitals: bool) -> String {
    let first =
        raw.chars().nth(1).filter(|first| !matches!(first, '\\' | '"') && first.len_utf8() == 1);
    match first {
        None => raw.to_owned(),
        // A letter in the digits, so that capitals matter.
        Some(first) if capitals => format!("\"\\u{:04X}{}", u32::from(first), &raw[2..]),
        Some(first) => format!("\"\\u{:04x}{}", u32::from(first), &raw[2..]),
    }
}
