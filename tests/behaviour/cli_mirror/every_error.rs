//! Every error of the core that the file of one delegated role can cause: nobody else loses
//! anything.

use std::collections::BTreeSet;

use super::*;

/// What is wrong with the repository, the core's error for it, and the role that is at fault.
struct Fault {
    what: &'static str,
    code: &'static str,
    role: &'static str,
    make: Box<dyn Fn(&mut Repository) + Send + Sync>,
}

/// The role that is at fault unless a fault says otherwise: `mallory/*` is delegated to it.
const ROLE: &str = "mallory";
/// A role that it delegates to.
const HELPER: &str = "mallory/helper";

fn fault(
    what: &'static str,
    code: &'static str,
    make: impl Fn(&mut Repository) + Send + Sync + 'static,
) -> Fault {
    Fault { what, code, role: ROLE, make: Box::new(make) }
}

/// A change of the role's `signed`, which is signed and listed again.
fn signed(
    what: &'static str,
    code: &'static str,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> Fault {
    fault(what, code, move |repository| repository.edit(ROLE, &change))
}

/// A change of the text of the role's `signed`.
fn text(what: &'static str, code: &'static str, from: &'static str, to: &'static str) -> Fault {
    fault(what, code, move |repository| repository.replace_text(ROLE, from, to))
}

/// A change of a target that the role lists.
fn target(
    what: &'static str,
    code: &'static str,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> Fault {
    signed(what, code, move |signed| change(&mut signed["targets"]["mallory/x"]))
}

/// A delegation of the role's own that is added to the one it has.
fn delegation(
    what: &'static str,
    code: &'static str,
    delegation: Delegation,
    change: fn(&mut Value),
) -> Fault {
    signed(what, code, move |signed| {
        delegation.add_to(signed);
        change(&mut signed["delegations"]);
    })
}

fn nested(levels: usize, name: &str) -> Value {
    (0..levels).fold(json!({}), |inside, _| json!({ name: inside }))
}

fn helper_fails(
    what: &'static str,
    code: &'static str,
    make: impl Fn(&mut Repository) + Send + Sync + 'static,
) -> Fault {
    Fault { role: HELPER, ..fault(what, code, make) }
}

/// Every error that the file of a delegated role can bring about, some in several ways.
fn faults() -> Vec<Fault> {
    let another = || Delegation::paths("mallory/other", &["mallory/y/*"]);
    let nothing: fn(&mut Value) = |_| {};
    let mut faults = vec![
        text("a member twice", "duplicate-member", r#""length":1"#, r#""length":1,"length":1"#),
        delegation(
            "a role twice",
            "duplicate-role",
            Delegation::paths(HELPER, &["mallory/*"]),
            nothing,
        ),
        fault("a signature twice", "duplicate-signature", |repository| {
            repository.edit_signatures(ROLE, |signatures| signatures.push(signatures[0].clone()));
        }),
        signed("it expired", "expired", |signed| signed["expires"] = EXPIRED.into()),
        fault("another file", "hash-mismatch", |repository| {
            repository.tamper(ROLE, |bytes| *bytes.last_mut().unwrap() = b' ');
        }),
        delegation("paths and prefixes", "invalid-delegation", another(), |delegations| {
            delegations["roles"][1]["path_hash_prefixes"] = json!(["ab"]);
        }),
        delegation(
            "roles and bins",
            "invalid-delegation",
            Delegation::succinct("mallory/bins", 2),
            nothing,
        ),
        target("no hexadecimal digits", "invalid-form", |target| {
            target["hashes"]["sha256"] = "zz".into()
        }),
        delegation(
            "an odd prefix",
            "invalid-form",
            Delegation::hash_prefixes("mallory/other", &["XY"]),
            nothing,
        ),
        fault("no JSON", "invalid-json", |repository| {
            repository.edit_file(ROLE, |bytes| bytes[0] = b'?')
        }),
        text(
            "a length of 2^64",
            "invalid-number",
            r#""length":1"#,
            r#""length":18446744073709551616"#,
        ),
        text("a length below 0", "invalid-number", r#""length":1"#, r#""length":-1"#),
        text("a length with a fraction", "invalid-number", r#""length":1"#, r#""length":1.5"#),
        delegation(
            "a role called root",
            "invalid-role-name",
            Delegation::paths("root", &["mallory/y/*"]),
            nothing,
        ),
        delegation(
            "a role without a name",
            "invalid-role-name",
            Delegation::paths("", &["mallory/y/*"]),
            nothing,
        ),
        text("a control character", "invalid-string", "mallory/x", "mallory/\u{1}x"),
        text("half a surrogate pair", "invalid-string", "mallory/x", r"mallory/\ud800x"),
        signed("no time", "invalid-time", |signed| signed["expires"] = "tomorrow".into()),
        fault("bytes that are no UTF-8", "invalid-utf8", |repository| {
            repository.edit_file(ROLE, |bytes| {
                let at = bytes.windows(9).position(|bytes| bytes == b"mallory/x").unwrap();
                bytes[at] = 0xff;
            });
        }),
        fault("a longer file", "length-mismatch", |repository| {
            repository.tamper(ROLE, |bytes| bytes.push(b' '))
        }),
        target("custom 70 levels deep", "limit-reached", |target| {
            target["custom"] = nested(70, "a")
        }),
        target("long names, one in another", "limit-reached", |target| {
            target["custom"] = nested(3, &"n".repeat(1000))
        }),
        target("a long string", "limit-reached", |target| {
            target["hashes"]["sha256"] = "a".repeat(3000).into()
        }),
        signed("a path of 1,100 bytes", "limit-reached", |signed| {
            let target = signed["targets"]["mallory/x"].clone();
            signed["targets"][format!("mallory/{}", "n".repeat(1092))] = target;
        }),
        fault("a large file", "limit-reached", |repository| {
            repository.listing = Listing::Versions;
            repository.edit(ROLE, |signed| signed["x"] = "x".repeat(5_000_000).into());
            repository.listing = Listing::Full;
        }),
        fault("many signatures", "limit-reached", |repository| {
            repository.edit_signatures(ROLE, |signatures| {
                let other = |number| json!({"keyid": format!("{number:064x}"), "sig": "00"});
                signatures.extend((0..128).map(other));
            });
        }),
        signed("many keys of one role", "limit-reached", |signed| {
            let keys: Vec<Key> =
                (0..33).map(|number| Key::ed25519(&format!("key {number}"))).collect();
            Delegation::paths("mallory/other", &["mallory/y/*"]).keys(&keys).add_to(signed);
        }),
        delegation(
            "a long role name",
            "limit-reached",
            Delegation::paths(&"r".repeat(225), &["mallory/y/*"]),
            nothing,
        ),
        fault("the file is gone", "missing-file", |repository| repository.remove(ROLE)),
        signed("no targets", "missing-member", |signed| {
            drop(signed.as_object_mut().unwrap().remove("targets"))
        }),
        target("no hashes", "missing-member", |target| {
            drop(target.as_object_mut().unwrap().remove("hashes"))
        }),
        delegation("no keyids", "missing-member", another(), |delegations| {
            delegations["roles"][1].as_object_mut().unwrap().remove("keyids");
        }),
        signed("a key without its value", "missing-member", |signed| {
            signed["delegations"]["keys"][&Key::ed25519(HELPER).id]["keyval"] = json!({});
        }),
        fault("another key", "threshold-not-met", |repository| {
            repository.sign_with(ROLE, &[Key::ed25519("thief")]);
            repository.edit(ROLE, |_| {});
        }),
        helper_fails(
            "a key of a type that is not supported",
            "unsupported-key-scheme",
            |repository| {
                repository.edit(ROLE, |signed| {
                    signed["delegations"]["keys"][&Key::ed25519(HELPER).id]["keytype"] =
                        "dilithium".into();
                });
            },
        ),
        helper_fails("a threshold beyond all keys", "threshold-not-met", |repository| {
            repository
                .edit(ROLE, |signed| signed["delegations"]["roles"][0]["threshold"] = 9.into());
        }),
        fault("something behind it", "trailing-data", |repository| {
            repository.edit_file(ROLE, |bytes| bytes.extend(b"{}"));
        }),
        fault("half a file", "unexpected-end", |repository| {
            repository.edit_file(ROLE, |bytes| bytes.truncate(bytes.len() / 2));
        }),
        fault("an order that is dear", "unsorted-too-large", |repository| {
            repository.style = Style::BACKWARDS;
            repository.edit(ROLE, |signed| {
                let long = json!({"a": 0, "b": "x".repeat(100_000)});
                signed["x"] = (0..30).fold(long, |inside, _| json!({"a": 0, "b": inside}));
            });
            repository.style = Style::PYTHON;
        }),
        target("MD5 alone", "unsupported-hash", |target| {
            target["hashes"] = json!({"md5": "0".repeat(32)})
        }),
        signed("version 2 of TUF", "unsupported-spec-version", |signed| {
            signed["spec_version"] = "2.0.0".into()
        }),
        signed("another type", "wrong-role", |signed| signed["_type"] = "snapshot".into()),
        target("custom that is a list", "wrong-type", |target| target["custom"] = json!([])),
        signed("targets that are a list", "wrong-type", |signed| signed["targets"] = json!([])),
        fault("another version than is listed", "wrong-version", |repository| {
            let bytes = repository.bytes(ROLE).to_vec();
            repository.edit("snapshot", |snapshot| {
                snapshot["meta"]["mallory.json"]["version"] = 7.into()
            });
            repository.files.insert("7.mallory.json".into(), bytes);
        }),
        text("a version of 0", "zero", r#""version":2"#, r#""version":0"#),
        delegation("a threshold of 0", "zero", another(), |delegations| {
            delegations["roles"][1]["threshold"] = 0.into()
        }),
    ];
    // What a role says of itself, the roles below may say of themselves.
    faults.push(helper_fails(
        "custom that is a list, in a role below",
        "wrong-type",
        |repository| {
            repository.edit(HELPER, |signed| signed["targets"]["mallory/z"]["custom"] = json!([]));
        },
    ));
    faults
}

/// The errors that no file of a delegated role brings about, with the reasons.
const OTHERS: [(&str, &str); 7] = [
    ("removed-from-snapshot", "is said of two snapshots"),
    (
        "role-not-in-snapshot",
        "is said of a role without a file, which is a note: \
         a_role_that_is_not_published_yet_is_a_note_for_both",
    ),
    (
        "rollback",
        "is said of a role's file and its stored one: a mirror compares with the snapshot alone, \
         and says wrong-version",
    ),
    ("source-failed", "is said of a host's source: a mirror holds files in memory"),
    ("stream-unsorted", "is said of streams: a mirror holds files in memory"),
    ("target-not-found", "is said of a search for one target"),
    ("unexpected-call", "is said of the calling program"),
];

/// The codes of the core's errors, from its source.
fn codes_of_the_core() -> BTreeSet<String> {
    let source = include_str!("../../../core/src/error.rs");
    let (_, variants) = source.split_once("pub enum Error {\n").unwrap();
    let (variants, _) = variants.split_once("\n}\n").unwrap();
    let names = variants.lines().filter_map(|line| line.strip_prefix("    "));
    let names = names.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    let kebab_case = |name: &str| {
        let mut code = String::new();
        for letter in name.trim_end_matches([' ', '{', ',']).chars() {
            if letter.is_ascii_uppercase() && !code.is_empty() {
                code.push('-');
            }
            code.push(letter.to_ascii_lowercase());
        }
        code
    };
    names.map(kebab_case).collect()
}

#[test]
fn every_error_of_the_core_is_provoked_or_has_a_reason_not_to_be() {
    let provoked: BTreeSet<String> = faults().iter().map(|fault| fault.code.to_owned()).collect();
    let others: BTreeSet<String> = OTHERS.iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(provoked.intersection(&others).count(), 0);
    assert_eq!(provoked.union(&others).cloned().collect::<BTreeSet<_>>(), codes_of_the_core());
}

fn repository_with_mallory(start: Repository) -> Repository {
    let mut repository = repository_from(start);
    repository.delegate("targets", &Delegation::paths(ROLE, &["mallory/*"]));
    repository.delegate(ROLE, &Delegation::paths(HELPER, &["mallory/*"]));
    repository.add_target(ROLE, "mallory/x", b"x");
    repository.add_target(HELPER, "mallory/z", b"z");
    repository
}

/// Mirrors a state of the repository that is good, and then one with this fault.
fn stops_nobody(start: Repository, fault: &Fault) {
    let Fault { what, code, role, make } = fault;
    let before = repository_with_mallory(start);
    let server = Server::start(&before);
    let mirror = Mirror::new(&before, &server);
    mirror.ok(&["--targets"]);
    let mut after = next(&before);
    after.publish(HELPER, |_| {});
    after.publish(ROLE, |_| {});
    make(&mut after);
    server.serve(&after);
    let (exit, verdict) = mirror.run(&["--targets", "--prune"]);
    let error = &verdict["error"];
    assert_eq!(
        (exit, &error["code"], &error["role"]),
        (1, &json!(code), &json!(role)),
        "{what}: {verdict}"
    );
    assert_eq!(verdict["mirror"]["failures"], json!([error]), "{what}");
    assert!(
        mirror.read("timestamp.json").as_deref() == Some(after.bytes("timestamp")),
        "{what}: all else is published"
    );
    finds(
        &before,
        &mirror.folder,
        &[WHEEL, ARCHIVE, "top.txt", "django/Django-5.1-py3-none-any.whl"],
    );
    // The audit names it too, and finds nothing else wrong.
    let (exit, verdict) =
        mirror.check(&["--project", "django", "--project", "six", "--target-name", "top.txt"]);
    let failures = verdict["audit"]["failures"].as_array().unwrap();
    let named: Vec<&Value> = failures.iter().map(|failure| &failure["role"]).collect();
    assert_eq!((exit, named), (1, vec![&json!(role)]), "{what}: {verdict}");
    assert_eq!(verdict["audit"]["counts"]["roles_failed"], 1, "{what}: {verdict}");
}

/// Several at a time, since each waits for the disk.
fn none_stops_anybody(start: &Repository) {
    let faults = faults();
    std::thread::scope(|scope| {
        for part in faults.chunks(faults.len().div_ceil(8)) {
            scope.spawn(move || part.iter().for_each(|fault| stops_nobody(start.clone(), fault)));
        }
    });
}

#[test]
fn whatever_is_wrong_with_one_role_the_rest_is_published() {
    none_stops_anybody(&Repository::new());
}

#[test]
fn without_consistent_snapshots_too() {
    none_stops_anybody(&Repository::inconsistent());
}
