//! Where the two clients differ, and may: the rows of `tests/DIFFERENCES.md`, and the cases that
//! show each of them.

use crate::python_tuf::Verdict;

/// The table, as it is published.
pub(crate) const TABLE: &str = include_str!("../DIFFERENCES.md");

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row<'t> {
    /// What the list below refers to.
    pub(crate) id: &'t str,
    /// What python-tuf says.
    pub(crate) python_tuf: Verdict,
    /// What picotuf says.
    pub(crate) picotuf: Verdict,
}

/// The rows of the table.
///
/// # Panics
/// On a row without an id, two verdicts, and a reason.
pub(crate) fn rows() -> Vec<Row<'static>> {
    let lines = TABLE.lines().filter_map(|line| line.strip_prefix("| `"));
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.trim_end_matches('|').split('|').map(str::trim).collect();
        let [id, what, python_tuf, picotuf, why] = cells.as_slice() else {
            panic!("a row has five cells: {line}")
        };
        assert!(!what.is_empty() && !why.is_empty(), "{line}");
        let verdict = |cell: &str| {
            Verdict::parse(cell).unwrap_or_else(|| panic!("{cell} is no verdict: {line}"))
        };
        Row {
            id: id.trim_end_matches('`'),
            python_tuf: verdict(python_tuf),
            picotuf: verdict(picotuf),
        }
    };
    lines.map(row).collect()
}

/// Whether the name of a case fits: `…` stands for any text.
pub(crate) fn fits(name: &str, listed: &str) -> bool {
    match listed.split_once('…') {
        None => name == listed,
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
    }
}

/// The rows that show only where files are asked for over HTTP, each with a test of its own.
pub(crate) const OVER_HTTP: &[&str] = &["target-urls"];

/// The cases of each row, by name; `…` stands for any text, and every case that fits differs.
pub(crate) const CASES: &[(&str, &[&str])] = &[
    (
        "duplicate-members",
        &[
            "…: twice, the same",
            "…: twice, null first",
            "… envelope: `signatures` twice",
            "… envelope: `signed` twice",
            "… envelope: an unknown member twice",
            r#"project text: the value {"a":1,"a":1}"#,
            r#"project text: the value {"a":1,"\u0061":1}"#,
        ],
    ),
    (
        "numbers-out-of-range",
        &[
            "root /version: 18446744073709551616",
            "timestamp /version: 18446744073709551616",
            "targets /targets/top.txt/length: 18446744073709551616",
            "targets /targets/top.txt/length: -0",
            "… envelope: an unknown number past u64",
            "… envelope: an unknown negative number past i64",
            "… envelope: an unknown -0",
            "project text: the value -9223372036854775809",
            "project text: the value 18446744073709551616",
            "project text: the value -0",
        ],
    ),
    (
        "numbers-outside-signed",
        &[
            "… envelope: an unknown fraction",
            "… envelope: an unknown exponent",
            "… envelope: an unknown NaN",
        ],
    ),
    ("lone-surrogates", &["… envelope: an unknown lone surrogate"]),
    (
        "nesting",
        &[
            "project text: 63 lists in each other",
            "project text: 100 lists in each other",
            "project text: 900 lists in each other",
            "project custom: 61 lists in each other",
            "project custom: 62 lists in each other",
            "project custom: 63 lists in each other",
            "project custom: 100 lists in each other",
            "project custom: 900 lists in each other",
        ],
    ),
    ("string-length", &["… keyids: 2,049 letters behind"]),
    ("name-length", &["project text: an unknown name of 1025 bytes"]),
    ("open-names", &["project text: 3 names of 1000 bytes in each other"]),
    (
        "boolean-numbers",
        &[
            "root /version: true",
            "timestamp /version: true",
            "snapshot /version: true",
            "targets /version: true",
            "project /version: true",
            "root /roles/timestamp/threshold: true",
            "targets /delegations/roles/0/threshold: true",
            "targets /targets/top.txt/length: true",
            "succinct: true bits",
            "snapshot /meta/other.json/length: false",
        ],
    ),
    ("null-version", &["… /version: null, unsigned"]),
    (
        "loose-booleans",
        &[
            "root /consistent_snapshot: a string",
            "root /consistent_snapshot: a number",
            "root /consistent_snapshot: []",
            "root /consistent_snapshot: {}",
            "targets /delegations/roles/0/terminating: null",
            "targets /delegations/roles/0/terminating: a string",
            "targets /delegations/roles/0/terminating: a number",
            "targets /delegations/roles/0/terminating: []",
            "targets /delegations/roles/0/terminating: {}",
        ],
    ),
    (
        "loose-lists",
        &[
            "targets /delegations/roles/0/paths: a string",
            "targets /delegations/roles/0/paths: {}",
            "hash prefixes: a string",
            "hash prefixes: an object",
        ],
    ),
    (
        "custom-type",
        &["custom is a list", "custom is a string", "custom is null", "custom is a number"],
    ),
    (
        "signature-type",
        &[
            "… signatures: another's sig is null",
            "… signatures: another's sig is a number",
            "… signatures: another's sig is a list",
        ],
    ),
    (
        "signature-count",
        &["… signatures: 128 of unknown keys behind", "… signatures: 500 of unknown keys behind"],
    ),
    ("spaced-hex", &["… signatures: blanks between bytes", "… key: ed25519 with blanks"]),
    (
        "hash-prefix-form",
        &[
            "hash prefixes: all digits and one more",
            "hash prefixes: upper case",
            "hash prefixes: no hex",
            "hash prefixes: a blank",
        ],
    ),
    (
        "hash-prefix-form-matched",
        &[
            "hash prefixes: no hex behind the right one",
            "hash prefixes: an empty one",
            "hash prefixes: an empty one and another",
        ],
    ),
    (
        "glob-classes",
        &[
            "pattern project/[f]ile.txt: project/file.txt",
            "pattern project/[a-z]ile.txt: project/file.txt",
            "pattern project/[!a]ile.txt: project/file.txt",
            "pattern project/[]]: project/]",
        ],
    ),
    (
        "glob-brackets",
        &[
            "pattern project/[f]ile.txt: project/[f]ile.txt",
            "pattern project/[!a]ile.txt: project/[!a]ile.txt",
            "pattern project/[]]: project/[]]",
        ],
    ),
    (
        "nothing-delegated",
        &[
            "delegation: neither paths nor prefixes",
            "targets /delegations/roles/0/paths: missing",
            "targets /delegations/roles/0/paths: in upper case",
            "targets /delegations/roles/0/paths: with a blank",
        ],
    ),
    ("nothing-delegated-beside", &["delegation: another with neither paths nor prefixes"]),
    ("key-counted-twice", &["… threshold: one key under two keyids, 2 needed"]),
    ("keyid-listed-twice", &["… keyids: listed twice"]),
    ("keyid-type", &["… keyids: a number behind"]),
    ("timestamp-lists-more", &["timestamp lists another file"]),
    (
        "timestamp-lists-more-unsigned",
        &[
            "timestamp lists another file, unsigned",
            "timestamp lists a number for another file, unsigned",
        ],
    ),
    ("anchor-length", &["trust anchor: longer than a root may be"]),
    (
        "rewritten-snapshot",
        &[
            "stored before: the snapshot is rewritten for targets that cannot be read",
            "stored before: the snapshot has a signature twice, its length is listed",
        ],
    ),
    ("role-keys", &["… keyids: 33 of them"]),
    (
        "unknown-key-types",
        &[
            "… key: one of an unknown type, which nobody needs",
            "… key: one of an unknown scheme, which nobody needs",
            "… key: an empty type, which nobody needs",
            "… key: one of slh-dsa, which nobody needs",
            "… key: a certificate identity, which nobody needs",
        ],
    ),
    (
        "ecdsa-points",
        &[
            "… key: p256, its point in hex",
            "… key: p256 of the older type, its point in hex",
            "… key: p521, its point in hex",
        ],
    ),
    (
        "pem-form",
        &[
            "… key: pem with text after",
            "… key: pem with trailing blanks",
            "… key: pem with an empty line inside",
            "… key: pem with a blank before its end",
            "… key: pem with its end on the last line",
            "… key: pem with blanks for line ends",
            "… key: pem with a header line",
            "… key: pem twice",
        ],
    ),
    ("pkcs1-sha224", &["… key: rsa by PKCS #1 and SHA-224"]),
    ("pss-keys", &["… key: rsa by PKCS #1, a key for PSS"]),
    ("small-order-keys", &["project key: ed25519 of small order, which signs everything"]),
    ("cofactor", &["project key: ed25519 of mixed order, …"]),
    ("rsa-size", &["project key: rsa of 1024 bits", "project key: rsa of 2040 bits"]),
    ("mirrors-role", &["… keys: root has a role mirrors"]),
    ("spec-version-digits", &["… spec_version 1.²"]),
    (
        "expires-forms",
        &[
            "timestamp expires 2027-01-01T00:00:00.5Z",
            "timestamp expires 2027-01-01T00:00:00.000000000Z",
            "timestamp expires 2027-01-01T00:00:00+00:00",
            "timestamp expires 2027-01-01T00:00:00-08:00",
        ],
    ),
    ("expires-case", &["… expires in lower case, unsigned"]),
    ("hash-case", &["…: its hash in upper case"]),
    ("hash-functions-ignored", &["…: an unknown function too", "…: a weak function, wrong"]),
    (
        "hash-functions-loose",
        &[
            "…/hashes/sha256: in upper case",
            "…: a function in upper case",
            "project of the target: a weak function alone",
        ],
    ),
    (
        "unasked-targets",
        &[
            "targets /targets/top.txt/hashes/sha256: empty",
            "targets /targets/top.txt/hashes/sha256: with a blank",
        ],
    ),
    ("second-hash-name", &["target file under two hashes: the first gone"]),
    ("root-rotations", &["roots: 257 more of them"]),
    (
        "fast-forward",
        &[
            "recovery: timestamp's key is replaced, versions go back: targets",
            "recovery: timestamp's key is replaced, versions go back: all",
            "recovery: snapshot's key is replaced, versions go back: timestamp",
            "recovery: snapshot's key is replaced, versions go back: snapshot",
            "recovery: snapshot's key is replaced, versions go back: all",
        ],
    ),
    (
        "role-name-length",
        &["role name of 225 bytes", "role name of 240 bytes", "succinct: a prefix of 223 bytes"],
    ),
    ("encoded-role-name", &["role name of 70 letters that are encoded"]),
    ("search-limit", &["search: 33 roles …", "search: 40 roles …"]),
    ("visited-names", &["search: 12 roles with names of 200 bytes"]),
];
