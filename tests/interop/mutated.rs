//! Cases made by chance: a good repository, and one to three named mutations of it.

use std::sync::OnceLock;

use picotuf_tests::delegation::Delegation;
use picotuf_tests::json::Style;
use picotuf_tests::keys::Key;
use picotuf_tests::repository::{Files, Listing, Repository, hash, set_keys};

use crate::case::{CONTENT, Case, PROJECT, TARGET, base};
use crate::loose_json::Node;
use crate::mutations::{self, Change, Mutation};
use crate::random::Random;

/// A mutation is tried at so many places before another is taken, or another repository.
const TRIES: usize = 100;

/// A generated case, and the names of the mutations in it.
pub(crate) fn case(seed: u64, number: u64) -> (Case, Vec<&'static str>) {
    let mut random = Random::new(seed, number);
    // All mutations come first in turn, so that none is left to chance; not every repository has a
    // place for each.
    let first = all()[usize::try_from(number).unwrap() % all().len()];
    let (kind, base, earlier, mut plan) = loop {
        let (kind, base) = random.of(bases());
        let earlier = random.one_in(3).then(|| base.clone());
        let mut plan = Plan::new(base);
        if earlier.is_some() {
            plan.publish(&mut random);
        }
        if plan.mutate(first, earlier.is_some(), &mut random) {
            break (kind, base, earlier, plan);
        }
    };
    let count = random.pick(&[1, 1, 1, 2, 2, 3]);
    while plan.done.len() < count {
        plan.mutate(*random.of(all()), earlier.is_some(), &mut random);
    }
    let Plan { repository, done, said, .. } = plan;
    let name = format!(
        "{number} ({kind}{}): {}",
        if earlier.is_some() { ", known" } else { "" },
        said.join("; ")
    );
    let new = |anchor: &[u8]| Case {
        name,
        anchor: anchor.to_vec(),
        files: repository.files.clone(),
        store: Files::new(),
        target: TARGET.to_owned(),
    };
    let case = match &earlier {
        Some(earlier) => new(base.anchor()).after(earlier),
        None if random.one_in(3) => new(base.anchor()),
        None => new(repository.bytes("root")),
    };
    let asked = random.pick(&[
        TARGET,
        TARGET,
        TARGET,
        TARGET,
        "top.txt",
        "project/another.txt",
        "nobody's",
    ]);
    (case.asking(asked), done)
}

fn all() -> &'static [Mutation] {
    static ALL: OnceLock<Vec<Mutation>> = OnceLock::new();
    ALL.get_or_init(mutations::all)
}

struct Plan {
    repository: Repository,
    roles: Vec<String>,
    done: Vec<&'static str>,
    said: Vec<String>,
}

impl Plan {
    fn new(base: &Repository) -> Plan {
        Plan { repository: base.clone(), roles: roles(base), done: Vec::new(), said: Vec::new() }
    }

    /// What happened since a client came by: up to two roles have a new version.
    fn publish(&mut self, random: &mut Random) {
        for _ in 0..random.below(3) {
            let role = random.of(&self.roles).clone();
            self.repository.publish(&role, |_| {});
            self.said.push(format!("{role}: published"));
        }
    }

    /// Applies one mutation more, somewhere, if the repository has a place for it.
    fn mutate(&mut self, mutation: Mutation, known: bool, random: &mut Random) -> bool {
        for _ in 0..TRIES {
            let role = random.of(&self.roles).clone();
            if let Some(said) = self.apply(mutation, &role, known, random) {
                self.done.push(mutation.name);
                self.said.push(format!("{role}: {said}"));
                return true;
            }
        }
        false
    }

    fn apply(
        &mut self,
        mutation: Mutation,
        role: &str,
        known: bool,
        random: &mut Random,
    ) -> Option<String> {
        let repository = &mut self.repository;
        if let Change::Repository(change) = mutation.change {
            return change(repository, role, random).then(|| mutation.name.to_owned());
        }
        // A client that has a root asks for the next one.
        if role == "root" && (known || random.one_in(2)) {
            repository.publish("root", |_| {});
        }
        let mut bytes = repository.bytes(role).to_vec();
        let mut said = mutation.name.to_owned();
        if let Change::Bytes(change) = mutation.change {
            if bytes.is_empty() || !change(&mut bytes, random) {
                return None;
            }
        } else {
            let mut file = Node::read(&bytes)?;
            let mut signed = file.get("signed")?.clone();
            let Some(Node::List(mut signatures)) = file.get("signatures").cloned() else {
                return None;
            };
            let sign = match mutation.change {
                Change::Place(change) => {
                    let path = place(&mut signed, change, random)?;
                    said = format!("{path} {said}");
                    true
                }
                Change::Signed(change) => change(&mut signed, role, random).then_some(true)?,
                Change::Signatures(change) => {
                    let other = repository.bytes(random.of(&self.roles).as_str());
                    let Some(Node::List(other)) = Node::read(other)?.get("signatures").cloned()
                    else {
                        return None;
                    };
                    let usable = !signatures.is_empty() && !other.is_empty();
                    (usable && change(&mut signatures, &other, random)).then_some(false)?
                }
                Change::Bytes(_) | Change::Repository(_) => return None,
            };
            if sign && random.one_in(8) {
                said.push_str(", unsigned");
            } else if sign {
                let message = signed.canonical();
                let sign = |key: &Key| {
                    let mut entry = Node::Object(Vec::new());
                    entry.set("keyid", Node::string(&key.id));
                    entry.set("sig", Node::string(&key.sign(message.as_bytes())));
                    entry
                };
                signatures = repository.signers(role).iter().map(sign).collect();
            }
            file.set("signed", signed);
            file.set("signatures", Node::List(signatures));
            bytes = file.write().into_bytes();
        }
        if random.one_in(8) {
            said.push_str(", listed as before");
            repository.tamper(role, |file| *file = bytes);
        } else {
            repository.edit_file(role, |file| *file = bytes);
        }
        Some(said)
    }
}

/// Changes a place by chance; its path.
fn place(
    signed: &mut Node,
    change: fn(&mut Node, usize, &mut Random) -> bool,
    random: &mut Random,
) -> Option<String> {
    let mut node = signed;
    let mut path = String::new();
    // One path down: so that members near the top are as likely as thousands below.
    loop {
        let count = node.len();
        if count == 0 {
            return None;
        }
        let index = random.below(count);
        let name = match &*node {
            Node::Object(members) => crate::loose_json::unquoted(&members[index].0),
            _ => index.to_string(),
        };
        path = format!("{path}/{}", if name.len() > 40 { "…" } else { &name });
        let deeper = node.child_mut(index).is_some_and(|child| child.len() > 0);
        if !deeper || random.one_in(4) {
            return change(node, index, random).then_some(path);
        }
        node = node.child_mut(index)?;
    }
}

/// The roles that can be mutated, delegated ones first: what lists a role is changed after it.
fn roles(repository: &Repository) -> Vec<String> {
    let delegated = ["project", "claimed", "bins", "bins-0", "bins-1", "bins-2", "bins-3"];
    let there = |role: &&str| repository.has_role(role);
    let top = ["targets", "snapshot", "timestamp", "root"];
    delegated.into_iter().filter(there).chain(top).map(str::to_owned).collect()
}

/// Good repositories of several shapes.
fn bases() -> &'static [(&'static str, Repository)] {
    static BASES: OnceLock<Vec<(&'static str, Repository)>> = OnceLock::new();
    BASES.get_or_init(|| {
        vec![
            ("plain", base()),
            ("inconsistent", inconsistent()),
            ("nested", nested()),
            ("succinct", succinct()),
            ("many keys", many_keys()),
            ("unsorted", unsorted()),
        ]
    })
}

fn inconsistent() -> Repository {
    let mut repository = Repository::inconsistent();
    repository.delegate("targets", &Delegation::paths(PROJECT, &["project/*"]));
    repository.add_target(PROJECT, TARGET, CONTENT);
    repository.add_target("targets", "top.txt", b"at the top\n");
    repository
}

/// A claimed project first, then bins by hash prefixes.
fn nested() -> Repository {
    let mut repository = Repository::new();
    let prefixes: Vec<String> = (0..16).map(|digit| format!("{digit:x}")).collect();
    let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
    repository.delegate(
        "targets",
        &Delegation::paths("claimed", &["claimed/*", "project/?.txt"]).terminating(),
    );
    repository.delegate("targets", &Delegation::paths("bins", &["*/*"]));
    repository.delegate("bins", &Delegation::hash_prefixes(PROJECT, &prefixes).terminating());
    repository.add_target(PROJECT, TARGET, CONTENT);
    repository.add_target("targets", "top.txt", b"at the top\n");
    repository
}

fn succinct() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::succinct("bins", 2));
    let bin = u64::from_str_radix(&hash("sha256", TARGET.as_bytes())[..1], 16).unwrap() >> 2;
    repository.add_target(&format!("bins-{bin}"), TARGET, CONTENT);
    repository.add_target("targets", "top.txt", b"at the top\n");
    repository
}

/// Two of three keys, of two types; versions alone are listed; two hashes.
fn many_keys() -> Repository {
    let mut repository = Repository::new();
    repository.listing = Listing::Versions;
    repository.target_hashes = vec!["sha256", "sha512"];
    let keys = [Key::ed25519("first"), Key::p256("second"), Key::ed25519("third")];
    for role in ["root", "timestamp", "targets"] {
        repository.sign_with(role, &keys);
        repository.edit("root", |root| set_keys(root, role, &keys, 2));
        repository.edit(role, |_| {});
    }
    repository.edit("snapshot", |_| {});
    repository
        .delegate("targets", &Delegation::paths(PROJECT, &["project/*"]).keys(&keys).threshold(2));
    repository.add_target(PROJECT, TARGET, CONTENT);
    repository.add_target("targets", "top.txt", b"at the top\n");
    repository
}

fn unsorted() -> Repository {
    let mut repository = base();
    repository.style = Style::STRUCTS;
    for role in [PROJECT, "targets", "root"] {
        repository.edit(role, |_| {});
    }
    repository
}
