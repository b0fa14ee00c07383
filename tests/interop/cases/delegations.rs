//! Which paths a delegation is for: patterns, hash prefixes, succinct bins.

use picotuf_tests::delegation::Delegation;
use picotuf_tests::keys::Key;
use picotuf_tests::repository::{Repository, hash};
use serde_json::{Value, json};

use crate::case::{CONTENT, Case, PROJECT, TARGET, base, case};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    patterns(&mut cases);
    prefixes(&mut cases);
    succinct(&mut cases);
    objects(&mut cases);
    cases
}

/// Patterns, each with paths.
fn patterns(cases: &mut Vec<Case>) {
    let tries: [(&str, &[&str]); 34] = [
        (
            "project/*",
            &[
                TARGET,
                "project/",
                "project/a/b",
                "projects/a",
                "project",
                "project/.hidden",
                "project/*",
            ],
        ),
        ("*", &[TARGET, "a", ".a", "é"]),
        ("*/*", &[TARGET, "a", "a/", "/a"]),
        ("**", &[TARGET, "a"]),
        ("**/*", &[TARGET, "a/b/c"]),
        ("project/**", &[TARGET, "project/a/b"]),
        ("?", &["a", "é", "\u{1f40d}", "e\u{301}", "/", "ab"]),
        ("project/f?le.txt", &[TARGET, "project/fle.txt", "project/f/le.txt"]),
        ("project/?????????", &["project/file.txt", "project/file.txtx"]),
        ("project/file.txt", &[TARGET, "project/File.txt", "project/file_txt"]),
        ("PROJECT/*", &[TARGET]),
        ("project/*.*", &[TARGET, "project/file", "project/."]),
        ("project/*f*i*l*e*", &[TARGET, "project/ffiillee", "project/elif"]),
        ("project/f*.txt*", &[TARGET]),
        (
            "project/*t*x*t",
            &[
                "project/tttttttttttttttttttttttttttttttttxt",
                "project/ttttttttttttttttttttttttttttttttttttx",
            ],
        ),
        ("/project/*", &[TARGET, "/project/a"]),
        ("./project/*", &[TARGET]),
        ("project//*", &[TARGET, "project//a"]),
        ("project/*/", &[TARGET, "project/a/"]),
        ("project\\/*", &[TARGET]),
        ("project/\\*", &["project/*", "project/\\a"]),
        ("", &[TARGET]),
        (" project/*", &[TARGET]),
        ("project/*\n", &[TARGET, "project/a\n"]),
        ("project/[f]ile.txt", &[TARGET, "project/[f]ile.txt"]),
        ("project/[a-z]ile.txt", &[TARGET]),
        ("project/[!a]ile.txt", &[TARGET, "project/[!a]ile.txt"]),
        ("project/[", &["project/[", TARGET]),
        ("project/[]]", &["project/]", "project/[]]"]),
        ("project/{file,x}.txt", &[TARGET, "project/{file,x}.txt"]),
        ("project/!file.txt", &[TARGET]),
        ("project/(file|x).txt", &[TARGET]),
        ("project/.ile.txt", &[TARGET]),
        ("project/%66ile.txt", &[TARGET]),
    ];
    for (pattern, paths) in tries {
        for path in paths {
            let mut repository = Repository::new();
            repository.delegate("targets", &Delegation::paths(PROJECT, &[pattern]));
            repository.add_target(PROJECT, path, CONTENT);
            cases.push(
                Case::new(
                    format!("pattern {}: {}", pattern.escape_debug(), path.escape_debug()),
                    &repository,
                )
                .asking(path),
            );
        }
    }
}

/// Prefixes of the hash of the path.
fn prefixes(cases: &mut Vec<Case>) {
    let whole = hash("sha256", TARGET.as_bytes());
    let mut last = whole.clone();
    let other = if last.ends_with('0') { "1" } else { "0" };
    last.replace_range(63.., other);
    let tries = [
        ("one digit", vec![whole[..1].to_owned()]),
        ("two digits", vec![whole[..2].to_owned()]),
        ("three digits", vec![whole[..3].to_owned()]),
        ("all digits", vec![whole.clone()]),
        ("all digits and one more", vec![format!("{whole}0")]),
        ("all digits but the last, another", vec![last]),
        ("upper case", vec![whole[..20].to_uppercase()]),
        ("no prefix but a part", vec![whole[1..9].to_owned()]),
        ("an empty one", vec![String::new()]),
        ("an empty one and another", vec![String::new(), "zz".to_owned()]),
        ("no hex", vec!["xyz".to_owned()]),
        ("no hex behind the right one", vec![whole[..4].to_owned(), "xyz".to_owned()]),
        ("a blank", vec![format!("{} ", &whole[..4])]),
        (
            "the last of many",
            (0..200).map(|n| format!("{n:05}")).chain([whole[..6].to_owned()]).collect(),
        ),
        ("twice", vec![whole[..4].to_owned(), whole[..4].to_owned()]),
        ("none", Vec::new()),
    ];
    for (what, prefixes) in tries {
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::hash_prefixes(PROJECT, &prefixes));
        repository.add_target(PROJECT, TARGET, CONTENT);
        cases.push(Case::new(format!("hash prefixes: {what}"), &repository));
    }
    for (what, value) in [
        ("null", Value::Null),
        ("a string", json!("a")),
        ("an object", json!({})),
        ("a number in it", json!([1])),
        ("null in it", json!([null])),
    ] {
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::hash_prefixes(PROJECT, &[&whole[..1]]));
        repository.add_target(PROJECT, TARGET, CONTENT);
        repository.edit("targets", |signed| {
            signed["delegations"]["roles"][0]["path_hash_prefixes"] = value
        });
        cases.push(Case::new(format!("hash prefixes: {what}"), &repository));
    }
}

/// TAP 15.
fn succinct(cases: &mut Vec<Case>) {
    let number = u64::from_str_radix(&hash("sha256", TARGET.as_bytes())[..8], 16).unwrap();
    for bits in [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 24, 31, 32] {
        let digits = usize::try_from(bits).unwrap().div_ceil(4);
        let bin = format!("bins-{:0digits$x}", number >> (32 - bits));
        cases.push(Case::new(format!("succinct: {bits} bits"), &bins(&bin, |_| (), json!(bits))));
        if bits == 5 {
            let unpadded = format!("bins-{:x}", number >> (32 - bits));
            cases.push(Case::new("succinct: another bin", &bins("bins-ff", |_| (), json!(bits))));
            cases.push(Case::new(
                "succinct: an unpadded name",
                &bins(&format!("{unpadded}x"), |_| (), json!(bits)),
            ));
        }
    }
    for (what, bits) in [
        ("0 bits", json!(0)),
        ("-1 bits", json!(-1)),
        ("33 bits", json!(33)),
        ("null bits", Value::Null),
        ("bits as text", json!("4")),
        ("true bits", json!(true)),
    ] {
        cases.push(Case::new(format!("succinct: {what}"), &bins("bins-0", |_| (), bits)));
    }
    let mut behind = Repository::new();
    behind.delegate("targets", &Delegation::paths("first", &["*"]));
    behind.delegate("first", &Delegation::succinct("bins", 1));
    behind.delegate("targets", &Delegation::paths(PROJECT, &["*"]));
    behind.add_target(PROJECT, TARGET, CONTENT);
    cases.push(Case::new("succinct: a role behind the bins", &behind));
    let digit = format!("{:x}", number >> 28);
    for prefix in ["", "-", "a/b", "..", "é", "root", "bins-", "a b", "A", "%", "x\0"] {
        let repository = bins(
            &format!("{prefix}-{digit}"),
            |roles| roles["name_prefix"] = prefix.into(),
            json!(4),
        );
        cases.push(Case::new(
            format!("succinct: the prefix {}", prefix.escape_debug()),
            &repository,
        ));
    }
    for length in [222, 223, 300] {
        let prefix = "p".repeat(length);
        let repository = bins(
            &format!("{prefix}-{digit}"),
            |roles| roles["name_prefix"] = prefix.as_str().into(),
            json!(4),
        );
        cases.push(Case::new(format!("succinct: a prefix of {length} bytes"), &repository));
    }
    for name in ["keyids", "threshold", "bit_length", "name_prefix"] {
        let without = |roles: &mut Value| {
            roles.as_object_mut().unwrap().remove(name);
        };
        cases.push(Case::new(
            format!("succinct: no {name}"),
            &bins(&format!("bins-{digit}"), without, json!(4)),
        ));
        for (what, value) in [
            ("null", Value::Null),
            ("a number", json!(1)),
            ("an object", json!({})),
            ("a list", json!([])),
        ] {
            let repository = bins(&format!("bins-{digit}"), |roles| roles[name] = value, json!(4));
            cases.push(Case::new(format!("succinct: {name} is {what}"), &repository));
        }
    }
    let mut repository = bins(&format!("bins-{digit}"), |_| (), json!(4));
    repository.edit("targets", |signed| signed["delegations"]["roles"] = json!([]));
    cases.push(Case::new("succinct: beside an empty list of roles", &repository));
    repository.edit("targets", |signed| signed["delegations"]["roles"] = Value::Null);
    cases.push(Case::new("succinct: beside roles that are null", &repository));
    let mut repository = base();
    repository.edit("targets", |signed| signed["delegations"]["succinct_roles"] = Value::Null);
    cases.push(Case::new("succinct: null beside roles", &repository));
    let repository = bins(&format!("bins-{digit}"), |_| (), json!(4));
    cases.push(
        Case::new("succinct: a bin that the snapshot does not list", &repository).asking("another"),
    );
}

/// A repository with one bin.
fn bins(bin: &str, change: impl FnOnce(&mut Value), bits: Value) -> Repository {
    let key = Key::ed25519("bins");
    let mut repository = Repository::new();
    repository.edit("targets", |signed| {
        let mut roles =
            json!({"bit_length": bits, "keyids": [key.id], "name_prefix": "bins", "threshold": 1});
        change(&mut roles);
        signed["delegations"] = json!({"keys": {&key.id: key.json()}, "succinct_roles": roles});
    });
    repository.role(bin, &[key]);
    repository.add_target(bin, TARGET, CONTENT);
    repository
}

/// The objects around them.
fn objects(cases: &mut Vec<Case>) {
    let whole = hash("sha256", TARGET.as_bytes());
    let mut add = |what: &str, change: &dyn Fn(&mut Value)| {
        cases.push(case(format!("delegation: {what}"), |repository| {
            repository.edit("targets", |signed| change(&mut signed["delegations"]))
        }));
    };
    let remove = |value: &mut Value, name: &str| {
        value.as_object_mut().unwrap().remove(name);
    };
    add("paths and prefixes", &|delegations| {
        delegations["roles"][0]["path_hash_prefixes"] = json!([whole[..2]])
    });
    add("paths, and prefixes that are null", &|delegations| {
        delegations["roles"][0]["path_hash_prefixes"] = Value::Null
    });
    add("neither paths nor prefixes", &|delegations| remove(&mut delegations["roles"][0], "paths"));
    add("another with neither paths nor prefixes", &|delegations| {
        let mut other = delegations["roles"][0].clone();
        remove(&mut other, "paths");
        other["name"] = "other".into();
        delegations["roles"].as_array_mut().unwrap().push(other);
    });
    add("no patterns", &|delegations| delegations["roles"][0]["paths"] = json!([]));
    add("a second pattern", &|delegations| {
        delegations["roles"][0]["paths"] = json!(["x", "project/*"])
    });
    add("no roles", &|delegations| delegations["roles"] = json!([]));
    add("an empty object", &|delegations| *delegations = json!({}));
    add("keys alone", &|delegations| remove(delegations, "roles"));
    add("roles as an object", &|delegations| {
        delegations["roles"] = json!({PROJECT: delegations["roles"][0]})
    });
    add("neither keys nor roles wanted", &|delegations| {
        *delegations = json!({"keys": {}, "roles": []})
    });
    add("its members backwards", &|delegations| {
        let role = delegations["roles"][0].as_object().unwrap().clone();
        delegations["roles"][0] = role.into_iter().rev().collect::<serde_json::Map<_, _>>().into();
    });
}
