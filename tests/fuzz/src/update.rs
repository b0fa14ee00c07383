//! A client that has seen a good repository, and comes back when it is broken.

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use picotuf_tests::delegation::Delegation;
use picotuf_tests::host::Client;
use picotuf_tests::json::canonical;
use picotuf_tests::repository::Repository;
use serde_json::{Value, json};

/// What happens to the repository.
#[derive(Arbitrary, Clone, Debug)]
pub struct Scenario {
    /// Bins by succinct roles instead of a project by paths.
    pub succinct: bool,
    /// The client has been there before.
    pub known: bool,
    /// Which roles are published again first.
    pub published: Vec<u8>,
    /// What is broken.
    pub edits: Vec<Edit>,
}

/// One change.
#[derive(Arbitrary, Clone, Debug)]
pub struct Edit {
    /// In which role's `signed`.
    pub role: u8,
    /// Down which members.
    pub path: Vec<u8>,
    /// What is done there.
    pub change: Change,
    /// The role signs it.
    pub signed: bool,
}

/// What is done at a place.
#[derive(Arbitrary, Clone, Debug)]
pub enum Change {
    /// It goes.
    Remove,
    /// It becomes what another member is.
    Copy(u8),
    /// It becomes one of some odd values.
    Set(u8),
    /// A number goes up or down.
    Add(i8),
    /// It becomes this text.
    Text(String),
    /// It becomes this number.
    Number(u64),
    /// Another member comes in, with what one of the members has.
    Insert(String, u8),
}

const PATH: &str = "project/file.txt";

/// Nothing panics; all ways of reading agree; nothing is trusted that was not signed; no version
/// goes down while the root stays; and a second run with the same files says the same.
pub fn update(scenario: &Scenario) {
    let (repository, fresh, known) = good(scenario.succinct);
    let mut repository = repository.clone();
    let roles: Vec<&str> = match scenario.succinct {
        true => vec!["timestamp", "snapshot", "targets", "root", "bins-0", "bins-1"],
        false => vec!["timestamp", "snapshot", "targets", "root", "project", "project"],
    };
    let role_of = |index: u8| roles[usize::from(index) % roles.len()];
    let mut client = if scenario.known { known.clone() } else { fresh.clone() };
    let before = client.stored().clone();
    for role in scenario.published.iter().take(3) {
        repository.publish(role_of(*role), |_| {});
    }
    let mut forged = Vec::new();
    for edit in scenario.edits.iter().take(4) {
        let role = role_of(edit.role);
        let mut signed = repository.signed(role).clone();
        change(&mut signed, &edit.path, &edit.change);
        if !has_form(&signed) {
            continue;
        }
        if edit.signed {
            repository.edit(role, |old| *old = signed.clone());
        } else if canonical(&signed) != canonical(repository.signed(role)) {
            let mut file: Value =
                serde_json::from_slice(repository.bytes(role)).expect("the builder writes JSON");
            file["signed"] = signed.clone();
            let file = file.to_string().into_bytes();
            repository.tamper(role, |bytes| *bytes = file.clone());
            forged.push(file);
        }
    }
    let verdict = client.find(&repository, &[PATH]);
    let after = client.stored();
    for file in &forged {
        assert!(!after.values().any(|stored| stored == file), "what nobody signed is trusted");
    }
    if after["root"] == before["root"] {
        for role in ["timestamp", "snapshot"] {
            if let (Some(before), Some(after)) = (before.get(role), after.get(role)) {
                assert!(version(after) >= version(before), "{role} went back");
            }
        }
    }
    let again = client.find(&repository, &[PATH]);
    assert_eq!(
        again.map(|report| report.found).ok(),
        verdict.map(|report| report.found).ok(),
        "the second run (left)"
    );
}

/// A good repository, a client that trusts its root, and one that has been there.
fn good(succinct: bool) -> &'static (Repository, Client, Client) {
    static GOOD: [OnceLock<(Repository, Client, Client)>; 2] = [const { OnceLock::new() }; 2];
    GOOD[usize::from(succinct)].get_or_init(|| {
        let repository = made(succinct);
        let fresh = Client::new(&repository).windows_refuse_sometimes();
        let mut known = fresh.clone();
        known.finds(&repository, PATH);
        (repository, fresh, known)
    })
}

fn made(succinct: bool) -> Repository {
    let mut repository = Repository::new();
    let delegation = match succinct {
        true => Delegation::succinct("bins", 1),
        false => Delegation::paths("project", &["project/*"]),
    };
    repository.delegate("targets", &delegation);
    let lists = if succinct { "bins-1" } else { "project" };
    let other = if succinct { "bins-0" } else { "project" };
    repository.add_target(lists, PATH, b"a file\n");
    repository.add_target(other, PATH, b"a file\n");
    repository
}

fn change(signed: &mut Value, path: &[u8], change: &Change) {
    let mut node = signed;
    for step in path.iter().take(8) {
        let deeper = node
            .as_object()
            .map_or_else(|| node.as_array().map_or(0, Vec::len), serde_json::Map::len);
        if deeper == 0 {
            break;
        }
        node = child(node, usize::from(*step) % deeper);
    }
    let name_of = |members: &serde_json::Map<String, Value>, index: u8| {
        members.keys().nth(usize::from(index) % members.len().max(1)).cloned().unwrap_or_default()
    };
    match change {
        Change::Remove => match node {
            Value::Object(members) => {
                let name = name_of(members, *path.last().unwrap_or(&0));
                members.remove(&name);
            }
            other => *other = Value::Null,
        },
        Change::Copy(from) => {
            if let Value::Object(members) = node {
                let (to, from) =
                    (name_of(members, *path.last().unwrap_or(&0)), name_of(members, *from));
                let value = members.get(&from).cloned().unwrap_or_default();
                members.insert(to, value);
            }
        }
        Change::Set(which) => {
            let odd = [
                json!(null),
                json!(true),
                json!(0),
                json!(-1),
                json!(1),
                json!(2),
                json!(""),
                json!([]),
                json!({}),
            ];
            *node = odd[usize::from(*which) % odd.len()].clone();
        }
        Change::Add(by) => {
            if let Some(number) = node.as_i64() {
                *node = number.saturating_add(i64::from(*by)).into();
            }
        }
        Change::Text(text) => *node = text.as_str().into(),
        Change::Number(number) => *node = (*number).into(),
        Change::Insert(name, from) => {
            if let Value::Object(members) = node {
                let value = members.get(&name_of(members, *from)).cloned().unwrap_or_default();
                members.insert(name.clone(), value);
            }
        }
    }
}

fn child(node: &mut Value, index: usize) -> &mut Value {
    match node {
        Value::Object(members) => members.iter_mut().nth(index).expect("it has so many").1,
        Value::Array(items) => &mut items[index],
        _ => unreachable!("it has members"),
    }
}

/// Whether the builder can go on with it: a role is an object, and what lists others has a place
/// for them.
fn has_form(signed: &Value) -> bool {
    signed.is_object()
        && signed.get("meta").is_none_or(Value::is_object)
        && signed.get("version").is_none_or(|version| !version.is_f64())
}

fn version(file: &[u8]) -> u64 {
    let file: Value = serde_json::from_slice(file).expect("what is stored is JSON");
    file["signed"]["version"].as_u64().expect("what is stored has a version")
}
