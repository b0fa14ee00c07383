//! Every member of every role: missing, renamed, twice, of another type, out of range; and members
//! that nobody knows.

use picotuf_tests::repository::{Repository, hash};
use serde_json::{Value, json};

use crate::case::{CONTENT, Case, PROJECT, TARGET, base, changed, rewrite};

/// Numbers as text, and the canonical form that a lenient reader gives them.
const NUMBERS: [(&str, &str); 10] = [
    ("0", "0"),
    ("-1", "-1"),
    ("-0", "0"),
    ("01", "1"),
    ("1.0", "1"),
    ("1e0", "1"),
    ("9007199254740993", "9007199254740993"),
    ("18446744073709551615", "18446744073709551615"),
    ("18446744073709551616", "18446744073709551616"),
    ("NaN", "NaN"),
];

/// The mark of a member's second self, which is taken off before the file is written.
const TWICE: &str = "@TWICE@";

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for role in ["root", "timestamp", "snapshot", "targets", PROJECT] {
        let signed = base().signed(role).clone();
        for pointer in pointers(role, &signed) {
            member(role, &pointer, &mut cases);
        }
    }
    cases
}

fn member(role: &str, pointer: &str, cases: &mut Vec<Case>) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/");
    let shown = shorten(pointer);
    let mut add = |what: &str, change: &dyn Fn(&mut Repository)| {
        let repository = changed(|repository| {
            change(repository);
            name_without_versions(role, repository);
        });
        cases.push(Case::anchored(format!("{role} {shown}: {what}"), &repository));
    };
    let present = base().signed(role).pointer(pointer).unwrap().clone();
    let set = |value: Value| {
        move |repository: &mut Repository| {
            repository.edit(role, |signed| *signed.pointer_mut(pointer).unwrap() = value)
        }
    };
    for (what, value) in [
        ("null", Value::Null),
        ("true", true.into()),
        ("a string", "1".into()),
        ("a number", 1.into()),
        ("[]", json!([])),
        ("{}", json!({})),
    ] {
        let differs = match (&present, &value) {
            (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => false,
            _ => present != value,
        };
        if differs {
            add(what, &|repository| set(value.clone())(repository));
        }
    }
    if present.is_string() {
        add("empty", &|repository| set("".into())(repository));
    }
    if present.is_number() {
        for (text, meaning) in NUMBERS {
            add(text, &|repository| rewrite(repository, role, pointer, text, meaning));
        }
    }
    if present.is_object() {
        add("with an unknown member", &|repository| {
            repository.edit(role, |signed| {
                signed.pointer_mut(pointer).unwrap()["x-unknown"] = json!({"a": [1, -5, "é", true]})
            });
        });
    }
    if base().signed(role).pointer(parent).unwrap().is_array() {
        return;
    }
    add("missing", &|repository| {
        repository.edit(role, |signed| {
            object(signed, parent).remove(&name);
        });
    });
    for (what, other) in
        [("in upper case", name.to_uppercase()), ("with a blank", format!("{name} "))]
    {
        add(what, &|repository| {
            repository.edit(role, |signed| {
                let value = object(signed, parent).remove(&name).unwrap();
                object(signed, parent).insert(other.clone(), value);
            });
        });
    }
    let twice = |first: Value| {
        move |repository: &mut Repository| {
            let mut signed = repository.signed(role).clone();
            let members = object(&mut signed, parent);
            // Sorted before the member itself, which a reader that keeps the last one keeps.
            let last = members.remove(&name).unwrap();
            members.insert(name.clone(), first);
            members.insert(format!("{name}{TWICE}"), last);
            let text = repository.style.write(&signed).replace(TWICE, "");
            repository.edit_text(role, |_| text);
        }
    };
    add("twice, the same", &|repository| twice.clone()(present.clone())(repository));
    add("twice, null first", &|repository| twice.clone()(Value::Null)(repository));
}

fn object<'v>(signed: &'v mut Value, pointer: &str) -> &'v mut serde_json::Map<String, Value> {
    signed.pointer_mut(pointer).unwrap().as_object_mut().unwrap()
}

/// All places in a role's `signed`; of root's keys and roles, one each.
fn pointers(role: &str, signed: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(signed, "", &mut found);
    if role == "root" {
        let key = signed["roles"]["timestamp"]["keyids"][0].as_str().unwrap();
        let chosen = |pointer: &str, list: &str, one: &str| {
            pointer.strip_prefix(list).is_none_or(|rest| {
                rest.is_empty()
                    || rest
                        .strip_prefix('/')
                        .is_some_and(|rest| rest.split('/').next() == Some(one))
            })
        };
        found.retain(|pointer| {
            chosen(pointer, "/keys", key) && chosen(pointer, "/roles", "timestamp")
        });
    }
    found
}

fn walk(value: &Value, pointer: &str, found: &mut Vec<String>) {
    if !pointer.is_empty() {
        found.push(pointer.to_owned());
    }
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            walk(member, &format!("{pointer}/{}", name.replace('/', "~1")), found)
        }),
        Value::Array(items) => {
            items.iter().take(1).for_each(|item| walk(item, &format!("{pointer}/0"), found))
        }
        _ => {}
    }
}

/// The pointer with keyids left out.
fn shorten(pointer: &str) -> String {
    let parts = pointer.split('/').map(|part| if part.len() == 64 { "KEYID" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Whether files have their versions in their names is root's to say: the verdict must not hang on
/// which name is there.
fn name_without_versions(role: &str, repository: &mut Repository) {
    if role != "root" {
        return;
    }
    for name in ["snapshot", "targets", PROJECT] {
        let bytes = repository.bytes(name).to_vec();
        repository.files.insert(format!("{name}.json"), bytes.clone());
        repository.files.insert(format!("1.{name}.json"), bytes);
    }
    repository.files.insert(format!("targets/{TARGET}"), CONTENT.to_vec());
    repository
        .files
        .insert(format!("targets/project/{}.file.txt", hash("sha256", CONTENT)), CONTENT.to_vec());
}
