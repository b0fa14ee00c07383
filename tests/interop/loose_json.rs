//! JSON as text that may be changed in ways that no writer allows: members twice, numbers out of
//! range, other escapes.
//!
//! It is read as Python reads it, and its canonical form is the one that Python makes of it: so a
//! changed document can be signed as a lenient reader takes it, and only the strict one is asked
//! whether it should.

use std::collections::BTreeMap;

use serde_json::Value;

/// The depth at which the reader here gives up; Python's recursion limit is some 1,000.
const DEPTH_MAX: usize = 2000;

/// A value, whose strings, names and numbers are raw text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// Members: the name with its quotes, and the value.
    Object(Vec<(String, Node)>),
    /// Items.
    List(Vec<Node>),
    /// A string with its quotes, a number, or a word.
    Leaf(String),
}

impl Node {
    /// A string.
    pub(crate) fn string(text: &str) -> Node {
        Node::Leaf(quoted(text))
    }

    /// The text of a whole file, if it is JSON for Python.
    pub(crate) fn read(bytes: &[u8]) -> Option<Node> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut rest = text;
        let node = value(&mut rest, 0)?;
        blank(rest).is_empty().then_some(node)
    }

    /// Compact text.
    pub(crate) fn write(&self) -> String {
        let joined = |parts: Vec<String>| parts.join(",");
        match self {
            Node::Object(members) => {
                let members =
                    members.iter().map(|(name, member)| format!("{name}:{}", member.write()));
                format!("{{{}}}", joined(members.collect()))
            }
            Node::List(items) => format!("[{}]", joined(items.iter().map(Node::write).collect())),
            Node::Leaf(text) => text.clone(),
        }
    }

    /// The canonical form that Python makes of it: of members of one name the last counts.
    pub(crate) fn canonical(&self) -> String {
        match self {
            Node::Object(members) => {
                let members: BTreeMap<String, &Node> =
                    members.iter().map(|(name, member)| (unquoted(name), member)).collect();
                let members: Vec<String> = members
                    .into_iter()
                    .map(|(name, member)| {
                        format!("{}:{}", canonical_string(&name), member.canonical())
                    })
                    .collect();
                format!("{{{}}}", members.join(","))
            }
            Node::List(items) => {
                format!("[{}]", items.iter().map(Node::canonical).collect::<Vec<_>>().join(","))
            }
            Node::Leaf(text) if text.starts_with('"') => canonical_string(&unquoted(text)),
            Node::Leaf(text) if text == "-0" => "0".to_owned(),
            Node::Leaf(text) => text.clone(),
        }
    }

    /// The member of this name that counts.
    pub(crate) fn get(&self, name: &str) -> Option<&Node> {
        match self {
            Node::Object(members) => {
                members.iter().rev().find(|(raw, _)| unquoted(raw) == name).map(|(_, node)| node)
            }
            _ => None,
        }
    }

    /// The same, to change it.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        match self {
            Node::Object(members) => members
                .iter_mut()
                .rev()
                .find(|(raw, _)| unquoted(raw) == name)
                .map(|(_, node)| node),
            _ => None,
        }
    }

    /// Where this path of names leads to.
    pub(crate) fn at(&mut self, path: &[&str]) -> Option<&mut Node> {
        path.iter().try_fold(self, |node, name| match name.parse::<usize>() {
            Ok(index) => node.child_mut(index),
            Err(_) => node.get_mut(name),
        })
    }

    /// Puts a member at the end, or another value in its place.
    pub(crate) fn set(&mut self, name: &str, node: Node) {
        match self.get_mut(name) {
            Some(member) => *member = node,
            None => {
                if let Node::Object(members) = self {
                    members.push((quoted(name), node));
                }
            }
        }
    }

    /// How many members or items it has.
    pub(crate) fn len(&self) -> usize {
        match self {
            Node::Object(members) => members.len(),
            Node::List(items) => items.len(),
            Node::Leaf(_) => 0,
        }
    }

    /// A member's or an item's value.
    pub(crate) fn child_mut(&mut self, index: usize) -> Option<&mut Node> {
        match self {
            Node::Object(members) => members.get_mut(index).map(|(_, member)| member),
            Node::List(items) => items.get_mut(index),
            Node::Leaf(_) => None,
        }
    }

    /// Its value, if it is a string.
    pub(crate) fn as_string(&self) -> Option<String> {
        match self {
            Node::Leaf(text) if text.starts_with('"') => Some(unquoted(text)),
            _ => None,
        }
    }

    /// Visits every value, with the names that lead to it and its depth.
    pub(crate) fn visit(&self, path: &mut Vec<String>, see: &mut dyn FnMut(&[String], &Node)) {
        see(path, self);
        match self {
            Node::Object(members) => {
                for (name, member) in members {
                    path.push(unquoted(name));
                    member.visit(path, see);
                    path.pop();
                }
            }
            Node::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    item.visit(path, see);
                    path.pop();
                }
            }
            Node::Leaf(_) => {}
        }
    }

    /// Whether this holds for any value in it.
    pub(crate) fn any(&self, mut holds: impl FnMut(&[String], &Node) -> bool) -> bool {
        let mut found = false;
        self.visit(&mut Vec::new(), &mut |path, node| found = found || holds(path, node));
        found
    }
}

/// A string as JSON text.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The value of a string's text. A lone surrogate becomes the replacement character.
pub(crate) fn unquoted(raw: &str) -> String {
    if let Ok(text) = serde_json::from_str(raw) {
        return text;
    }
    let mut units: Vec<u16> = Vec::new();
    let mut rest = raw.trim_matches('"').chars();
    while let Some(character) = rest.next() {
        match (character, rest.clone().next()) {
            ('\\', Some('u')) => {
                rest.next();
                let digits: String = rest.by_ref().take(4).collect();
                units.push(u16::from_str_radix(&digits, 16).unwrap_or(0xfffd));
            }
            ('\\', Some(_)) => units.extend(rest.next().map(|_| u16::from(b'?'))),
            (other, _) => units.extend(other.encode_utf16(&mut [0; 2]).iter()),
        }
    }
    String::from_utf16_lossy(&units)
}

fn canonical_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn blank(rest: &str) -> &str {
    rest.trim_start_matches([' ', '\t', '\r', '\n'])
}

fn take(rest: &mut &str, wanted: char) -> bool {
    let after = blank(rest).strip_prefix(wanted);
    if let Some(after) = after {
        *rest = after;
    }
    after.is_some()
}

fn value(rest: &mut &str, depth: usize) -> Option<Node> {
    if depth > DEPTH_MAX {
        return None;
    }
    if take(rest, '{') {
        let mut members = Vec::new();
        if take(rest, '}') {
            return Some(Node::Object(members));
        }
        loop {
            let name = leaf(rest)?;
            if !name.starts_with('"') || !take(rest, ':') {
                return None;
            }
            members.push((name, value(rest, depth + 1)?));
            if take(rest, '}') {
                return Some(Node::Object(members));
            }
            take(rest, ',').then_some(())?;
        }
    }
    if take(rest, '[') {
        let mut items = Vec::new();
        if take(rest, ']') {
            return Some(Node::List(items));
        }
        loop {
            items.push(value(rest, depth + 1)?);
            if take(rest, ']') {
                return Some(Node::List(items));
            }
            take(rest, ',').then_some(())?;
        }
    }
    leaf(rest).map(Node::Leaf)
}

fn leaf(rest: &mut &str) -> Option<String> {
    let text = blank(rest);
    let end = match text.strip_prefix('"') {
        None => text.find([',', ']', '}', ':', ' ', '\t', '\r', '\n']).unwrap_or(text.len()),
        Some(string) => {
            let mut escaped = false;
            let end = string.char_indices().find(|(_, character)| {
                let ends = *character == '"' && !escaped;
                escaped = *character == '\\' && !escaped;
                ends
            });
            end?.0 + 2
        }
    };
    let (leaf, after) = text.split_at(end);
    *rest = after;
    (!leaf.is_empty()).then(|| leaf.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            r#"{"a":[1,-0,{"b":"\u00e9\"\\"}],"a":null,"\u0061":1.5}"#,
            "[]",
            "{}",
            r#"["\ud800",NaN,18446744073709551616]"#,
        ] {
            assert_eq!(Node::read(text.as_bytes()).unwrap().write(), text);
        }
        let spaced = Node::read(b" { \"b\" : [ 1 , 2 ] , \"a\" : { } } ").unwrap();
        assert_eq!(spaced.write(), r#"{"b":[1,2],"a":{}}"#);
        assert_eq!(spaced.canonical(), r#"{"a":{},"b":[1,2]}"#);
        for broken in ["", "{", "{\"a\"}", "[1,]", "\"", "{} {}"] {
            assert_eq!(Node::read(broken.as_bytes()), None, "{broken}");
        }
    }

    #[test]
    fn the_last_of_two_members_counts() {
        let node = Node::read(br#"{"a":1,"\u0061":-0}"#).unwrap();
        assert_eq!(node.canonical(), r#"{"a":0}"#);
        assert_eq!(node.get("a"), Some(&Node::Leaf("-0".to_owned())));
    }
}
