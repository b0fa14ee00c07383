//! What recognises, in a generated case, each row of the table of differences.

use picotuf_tests::repository::hash;

use crate::loose_json::{Node, unquoted};
use crate::python_tuf::Verdict;

/// A case on which the clients differ.
#[derive(Debug)]
pub(crate) struct Disagreement<'c> {
    /// picotuf's verdict.
    pub(crate) ours: Verdict,
    /// What it says: code, role, message.
    pub(crate) said: &'c str,
    /// python-tuf's verdict.
    pub(crate) theirs: Verdict,
    /// What it says: class and message.
    pub(crate) error: &'c str,
    /// All files that a client may read, with their names, as far as they are JSON for Python.
    pub(crate) files: &'c [(String, Node)],
    /// The timestamp that is served.
    pub(crate) timestamp: Option<&'c Node>,
    /// The snapshot that the client stored earlier.
    pub(crate) stored_snapshot: Option<&'c [u8]>,
}

impl Disagreement<'_> {
    /// picotuf alone refuses, and says this.
    fn stricter(&self, said: &str) -> bool {
        self.ours == Verdict::Refused && self.theirs != Verdict::Refused && self.said.contains(said)
    }

    /// python-tuf alone refuses, and says this.
    fn looser(&self, error: &str) -> bool {
        self.theirs == Verdict::Refused
            && self.ours != Verdict::Refused
            && self.error.contains(error)
    }

    /// Whether the timestamp lists the version of the stored snapshot with the hash or the length
    /// of another file.
    fn is_rewritten(&self) -> bool {
        let listed =
            self.timestamp.and_then(|file| file.get("signed")?.get("meta")?.get("snapshot.json"));
        let (Some(listed), Some(bytes)) = (listed, self.stored_snapshot) else { return false };
        let stored = Node::read(bytes).and_then(|file| file.get("signed")?.get("version").cloned());
        let length = Node::Leaf(bytes.len().to_string());
        let is_other = |function: &&str| {
            let hash = Node::string(&hash(function, bytes));
            listed
                .get("hashes")
                .and_then(|hashes| hashes.get(function))
                .is_some_and(|listed| *listed != hash)
        };
        listed.get("version") == stored.as_ref()
            && (FUNCTIONS.iter().any(is_other)
                || listed.get("length").is_some_and(|listed| *listed != length))
    }

    /// Whether a root has other keys for timestamp or snapshot than the one that the client had.
    fn replaces_online_keys(&self) -> bool {
        let keys = |root: &Node| {
            let signed = root.get("signed")?;
            let of = |role: &str| {
                let Node::List(ids) = signed.get("roles")?.get(role)?.get("keyids")? else {
                    return None;
                };
                let known =
                    |id: &Node| Some(signed.get("keys")?.get(&id.as_string()?)?.canonical());
                Some(ids.iter().map(known).collect::<Vec<_>>())
            };
            Some((of("timestamp"), of("snapshot")))
        };
        let roots = || {
            self.files
                .iter()
                .filter(|(name, _)| name.ends_with("root.json"))
                .map(|(_, root)| keys(root))
        };
        self.stored_snapshot.is_some() && roots().any(|keys| Some(keys) != roots().next_back())
    }

    /// Whether picotuf names this file's role, or none.
    fn is_about(&self, name: &str) -> bool {
        let role = self.said.split_once(" (").and_then(|(_, rest)| rest.split_once("): "));
        let named = name
            .strip_suffix(".json")
            .map(|name| name.trim_start_matches(|digit: char| digit.is_ascii_digit()));
        role.is_none_or(|(role, _)| {
            named.is_some_and(|name| name.strip_prefix('.').unwrap_or(name) == role)
        })
    }

    /// Whether a value like this stands, under these names, in a file of the role that picotuf
    /// refuses.
    fn has(&self, holds: impl Fn(&[String], &Node) -> bool) -> bool {
        self.files.iter().any(|(name, file)| self.is_about(name) && file.any(&holds))
    }

    /// The same in any file: keys stand in another one than what they sign.
    fn has_anywhere(&self, holds: impl Fn(&[String], &Node) -> bool) -> bool {
        self.files.iter().any(|(_, file)| file.any(&holds))
    }

    /// The same for a string with its quotes, a number or a word.
    fn has_text(&self, holds: impl Fn(&[String], &str) -> bool) -> bool {
        self.has(|path, node| matches!(node, Node::Leaf(text) if holds(path, text)))
    }
}

/// The hash functions that both clients know.
const FUNCTIONS: [&str; 3] = ["sha256", "sha512", "blake2b-256"];

type Recognises = fn(&Disagreement<'_>) -> bool;

/// The rows that generated cases may show: each asks for what both clients say, and for its cause
/// in the files.
pub(crate) const ROWS: &[(&str, Recognises)] = &[
    // The first of the two may be refused before the second is there.
    ("duplicate-members", |it| {
        let refusals = ["duplicate-member", "wrong-type", "invalid-number", "missing-member"];
        refusals.iter().any(|said| it.stricter(said)) && it.has(|_, node| has_twice(node))
    }),
    ("numbers-out-of-range", |it| {
        it.stricter("invalid-number")
            && it.has_text(|_, text| text == "-0" || is_out_of_range(text))
    }),
    ("numbers-outside-signed", |it| {
        it.stricter("invalid-number")
            && it.has_text(|path, text| {
                path.first().is_some_and(|first| first != "signed") && is_fraction(text)
            })
    }),
    ("lone-surrogates", |it| {
        it.stricter("invalid-string") && it.has_text(|_, text| text.contains("\\ud800"))
    }),
    ("nesting", |it| it.stricter("levels of nesting") && it.has(|path, _| path.len() >= 64)),
    ("name-length", |it| {
        it.stricter("limit-reached")
            && it.has(|path, _| path.last().is_some_and(|name| name.len() > 1024))
    }),
    ("string-length", |it| {
        it.stricter("more than 2048 bytes in a string") && it.has_text(|_, text| text.len() > 2048)
    }),
    ("boolean-numbers", |it| {
        let numbers = ["version", "threshold", "length", "bit_length"];
        it.stricter("found a boolean, expected a number")
            && it.has_text(|path, text| {
                numbers.contains(&last(path)) && ["true", "false"].contains(&text)
            })
    }),
    ("null-version", |it| {
        it.stricter("found null, expected a number")
            && it.has_text(|path, text| path == ["signed", "version"] && text == "null")
    }),
    ("loose-booleans", |it| {
        it.stricter("expected a boolean")
            && it.has(|path, node| {
                ["terminating", "consistent_snapshot"].contains(&last(path))
                    && !is_one_of(node, &["true", "false"])
            })
    }),
    ("loose-lists", |it| {
        let lists = ["paths", "path_hash_prefixes"];
        it.stricter("expected an array")
            && it.has(|path, node| lists.contains(&last(path)) && !matches!(node, Node::List(_)))
    }),
    ("custom-type", |it| {
        it.stricter("expected an object")
            && it.has(|path, node| last(path) == "custom" && !matches!(node, Node::Object(_)))
    }),
    ("signature-type", |it| {
        it.stricter("expected a string")
            && it.has(|path, node| {
                path.first().is_some_and(|first| first == "signatures")
                    && ["sig", "keyid"].contains(&last(path))
                    && node.as_string().is_none()
            })
    }),
    ("keyid-type", |it| {
        it.stricter("expected a string")
            && it.has(|path, node| {
                path.len() > 1 && path[path.len() - 2] == "keyids" && node.as_string().is_none()
            })
    }),
    ("signature-count", |it| {
        it.stricter("128 signatures")
            && it.has(|path, node| last(path) == "signatures" && node.len() > 128)
    }),
    ("spaced-hex", |it| {
        it.stricter("threshold-not-met")
            && it.has_anywhere(|path, node| {
                let is_hex = ["sig", "public"].contains(&last(path));
                matches!(node, Node::Leaf(text) if is_hex && text.contains(' '))
            })
    }),
    ("hash-prefix-form", |it| {
        let odd = |text: &str| {
            let digits = unquoted(text);
            let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            !(1..=64).contains(&digits.len()) || !digits.bytes().all(digit)
        };
        it.stricter("invalid-form")
            && it.stricter("`path_hash_prefixes`")
            && it.has_text(|path, text| {
                path.len() > 1 && path[path.len() - 2] == "path_hash_prefixes" && odd(text)
            })
    }),
    // What Python then finds may be wrong.
    ("glob-classes", |it| {
        it.ours == Verdict::Absent
            && it.theirs != Verdict::Absent
            && it.has_text(|path, text| path.contains(&"paths".to_owned()) && text.contains('['))
    }),
    ("nothing-delegated", |it| {
        it.looser("Only one of (paths, path_hash_prefixes) must be set") && it.has(is_for_nothing)
    }),
    ("key-counted-twice", |it| it.stricter("threshold-not-met") && it.has_anywhere(has_twins)),
    ("keyid-listed-twice", |it| {
        it.looser("Nonunique keyids") && it.has(|path, node| repeats(path, node, "keyids"))
    }),
    ("unknown-key-types", |it| it.looser("nsupported public key") || it.looser("nsupported key")),
    ("role-name-length", |it| {
        it.stricter("bytes in a role name")
            && it.has_text(|path, text| last(path) == "name" && text.len() > 226)
    }),
    ("expires-forms", |it| {
        it.looser("does not match format")
            && it.has_text(|path, text| last(path) == "expires" && text.len() > 22)
    }),
    ("expires-case", |it| {
        it.stricter("invalid-time")
            && it.has_text(|path, text| last(path) == "expires" && text.contains(['t', 'z']))
    }),
    ("spec-version-digits", |it| {
        it.stricter("unsupported-spec-version")
            && it.has_text(|path, text| last(path) == "spec_version" && !text.is_ascii())
    }),
    ("hash-case", |it| {
        (it.looser("does not match expected hash") || it.looser("is not there"))
            && it.has_text(|path, text| {
                is_hash(path) && text.contains(|digit: char| digit.is_ascii_uppercase())
            })
    }),
    ("hash-functions-ignored", |it| {
        let errors = ["Unsupported algorithm", "does not match expected hash", "is not there"];
        errors.iter().any(|error| it.looser(error))
            && it.has_text(|path, _| is_hash(path) && !is_known_function(last(path)))
    }),
    ("hash-functions-loose", |it| {
        let loose = ["SHA256", "SHA512", "sha1"];
        it.stricter("unsupported-hash")
            && it.has_text(|path, _| is_hash(path) && loose.contains(&last(path)))
    }),
    ("unasked-targets", |it| {
        let functions = it.has_text(|path, _| is_hash(path) && !is_known_function(last(path)));
        let forms = it.has_text(|path, text| {
            is_hash(path) && is_known_function(last(path)) && !is_digest(last(path), text)
        });
        (it.stricter("unsupported-hash") && functions)
            || (it.stricter("invalid-form") && it.stricter("`hashes`") && forms)
    }),
    ("timestamp-lists-more", |it| {
        it.looser("timestamp was signed by 0") && lists_more(it.timestamp)
    }),
    // Other entries may be no objects; those are refused before the signatures are counted.
    ("timestamp-lists-more-unsigned", |it| {
        let refusals = ["threshold-not-met (timestamp)", "wrong-type (timestamp)"];
        refusals.iter().any(|said| it.stricter(said)) && lists_more(it.timestamp)
    }),
    ("anchor-length", |it| it.stricter("limit-reached (root): more than 512000 bytes")),
    ("rewritten-snapshot", |it| it.is_rewritten()),
    ("fast-forward", |it| {
        (it.stricter("(timestamp)") || it.stricter("(snapshot)")) && it.replaces_online_keys()
    }),
];

/// The id of the row that explains it.
pub(crate) fn row(disagreement: &Disagreement<'_>) -> Option<&'static str> {
    ROWS.iter().find(|(_, recognises)| recognises(disagreement)).map(|(id, _)| *id)
}

fn last(path: &[String]) -> &str {
    path.last().map_or("", String::as_str)
}

fn is_one_of(node: &Node, texts: &[&str]) -> bool {
    matches!(node, Node::Leaf(text) if texts.contains(&text.as_str()))
}

fn has_twice(node: &Node) -> bool {
    let Node::Object(members) = node else { return false };
    let mut names: Vec<String> = members.iter().map(|(name, _)| unquoted(name)).collect();
    names.sort();
    names.windows(2).any(|pair| pair[0] == pair[1])
}

fn is_number(text: &str) -> bool {
    text.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

fn is_out_of_range(text: &str) -> bool {
    is_number(text)
        && !is_fraction(text)
        && text.parse::<u64>().is_err()
        && text.parse::<i64>().is_err()
}

fn is_fraction(text: &str) -> bool {
    matches!(text, "NaN" | "Infinity" | "-Infinity")
        || (is_number(text) && text.contains(['.', 'e', 'E']))
}

fn is_hash(path: &[String]) -> bool {
    path.len() > 1 && path[path.len() - 2] == "hashes"
}

fn is_known_function(name: &str) -> bool {
    FUNCTIONS.contains(&name)
}

fn is_digest(function: &str, text: &str) -> bool {
    let length = if function == "sha512" { 128 } else { 64 };
    text.len() == length + 2 && unquoted(text).bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn lists_more(timestamp: Option<&Node>) -> bool {
    let meta = timestamp.and_then(|file| file.get("signed")?.get("meta"));
    meta.is_some_and(|meta| meta.len() > 1 && meta.get("snapshot.json").is_some())
}

fn is_for_nothing(path: &[String], node: &Node) -> bool {
    path.len() > 1
        && path[path.len() - 2] == "roles"
        && matches!(node, Node::Object(_))
        && node.get("paths").is_none()
        && node.get("path_hash_prefixes").is_none()
}

fn has_twins(path: &[String], node: &Node) -> bool {
    let Node::Object(members) = node else { return false };
    let mut keys: Vec<String> = members
        .iter()
        .filter_map(|(_, key)| key.get("keyval")?.get("public")?.as_string())
        .collect();
    keys.sort();
    last(path) == "keys" && keys.windows(2).any(|pair| pair[0] == pair[1])
}

fn repeats(path: &[String], node: &Node, name: &str) -> bool {
    let Node::List(items) = node else { return false };
    let mut texts: Vec<String> = items.iter().map(Node::canonical).collect();
    texts.sort();
    last(path) == name && texts.windows(2).any(|pair| pair[0] == pair[1])
}
