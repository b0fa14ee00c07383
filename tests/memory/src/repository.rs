//! A repository of python-tuf's, and what is done to it on the way to the client.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use ed25519_compact::{KeyPair, Seed};
use picotuf::limits::DEPTH_MAX;
use serde_json::{Map, Value};

/// How the members of a file stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    /// As they were written: sorted.
    Sorted,
    /// In the reverse of their order: the signatures hold as before.
    Reversed,
    /// Besides, a member that nobody knows, as deep as can be, stands before the others.
    ReversedAndDeep,
}

/// Files by name, read when they are asked for.
pub(crate) struct Repository {
    pub(crate) name: String,
    folder: PathBuf,
    pub(crate) time: String,
    pub(crate) targets: Vec<String>,
    /// Files that take the place of what is in the folder.
    changed: BTreeMap<String, Vec<u8>>,
    order: Order,
}

impl Repository {
    /// The one of that name, as it was made.
    pub(crate) fn open(name: &str) -> Repository {
        let all = std::env::var_os("PICOTUF_REPOSITORIES")
            .expect("PICOTUF_REPOSITORIES says where the repositories are");
        let folder = PathBuf::from(all).join(name);
        let expected =
            json(&fs::read(folder.join("expect.json")).expect("make_repositories.py has made it"));
        let time = expected["time"].as_str().expect("a time").to_owned();
        let targets = expected["targets"].as_array().expect("a list of targets");
        let targets =
            targets.iter().map(|path| path.as_str().expect("a path").to_owned()).collect();
        Repository {
            name: name.to_owned(),
            folder,
            time,
            targets,
            changed: BTreeMap::new(),
            order: Order::Sorted,
        }
    }

    /// With its members in another order.
    pub(crate) fn in_order(mut self, order: Order) -> Repository {
        self.order = order;
        self
    }

    /// How its members stand.
    pub(crate) fn order(&self) -> Order {
        self.order
    }

    /// The file of that name, if there is one.
    pub(crate) fn file(&self, name: &str) -> Option<Vec<u8>> {
        let file = self.sorted(name)?;
        Some(match self.order {
            Order::Sorted => file,
            Order::Reversed => compact(&reverse(json(&file))),
            Order::ReversedAndDeep => compact(&deepen(reverse(json(&file)))),
        })
    }

    fn sorted(&self, name: &str) -> Option<Vec<u8>> {
        let changed = self.changed.get(name).cloned();
        changed.or_else(|| fs::read(self.folder.join("metadata").join(name)).ok())
    }

    /// The trust anchor.
    pub(crate) fn anchor(&self) -> Vec<u8> {
        self.file("1.root.json").expect("every repository has a first root")
    }

    /// The bytes of a target.
    pub(crate) fn target(&self, path: &str) -> Vec<u8> {
        fs::read(self.folder.join("targets").join(path)).expect("the target is there")
    }

    /// Publishes the same snapshot again, as the next version, and the timestamp that lists it.
    pub(crate) fn publish_again(&mut self, key: &str) {
        let version = json(&self.sorted("timestamp.json").expect("there is a timestamp"))["signed"]
            ["version"]
            .as_u64();
        let next = version.expect("a version") + 1;
        let snapshot = self
            .sorted(&format!("{}.snapshot.json", next - 1))
            .expect("versions of the two are the same");
        let snapshot = sign_again(&snapshot, key, |signed| signed["version"] = next.into());
        let timestamp =
            sign_again(&self.sorted("timestamp.json").expect("as before"), key, |signed| {
                signed["version"] = next.into();
                signed["meta"]["snapshot.json"]["version"] = next.into();
            });
        self.changed.insert(format!("{next}.snapshot.json"), snapshot);
        self.changed.insert("timestamp.json".into(), timestamp);
    }
}

fn json(file: &[u8]) -> Value {
    serde_json::from_slice(file).expect("the file is JSON")
}

/// Changes a file and signs it with the test key of that label, as tests/interop/support.py makes
/// it. All there is in it is ASCII without anything to escape, and sorted, so that compact JSON is
/// the canonical form.
fn sign_again(file: &[u8], key: &str, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut file = json(file);
    change(&mut file["signed"]);
    let form = compact(&file["signed"]);
    let seed = picotuf::sha256(format!("test key, not secret: {key} 0").as_bytes());
    let signature = KeyPair::from_seed(Seed::new(seed)).sk.sign(form, None);
    let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    file["signatures"][0]["sig"] = digits.into();
    compact(&file)
}

/// Puts an object in front that is as deep as the core allows, the outermost one being a level too.
fn deepen(file: Value) -> Value {
    let around =
        |inner, _| Value::Object(Map::from_iter([("b".into(), inner), ("a".into(), 0.into())]));
    let deep = (1..DEPTH_MAX).fold(Value::Null, around);
    let Value::Object(members) = file else { panic!("a file is an object") };
    Value::Object([("x".to_owned(), deep)].into_iter().chain(members).collect())
}

fn compact(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("JSON can be written")
}

fn reverse(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members.into_iter().rev().map(|(name, value)| (name, reverse(value))).collect(),
        ),
        Value::Array(elements) => Value::Array(elements.into_iter().map(reverse).collect()),
        other => other,
    }
}
