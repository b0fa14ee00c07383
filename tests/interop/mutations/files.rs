//! Changes of whole files, and of the repository as one that signs would make them.

use picotuf_tests::keys::Key;
use picotuf_tests::repository::Repository;

use super::{Change, Mutation};
use crate::random::Random;

const fn bytes(name: &'static str, change: fn(&mut Vec<u8>, &mut Random) -> bool) -> Mutation {
    Mutation { name, change: Change::Bytes(change) }
}

const fn repository(
    name: &'static str,
    change: fn(&mut Repository, &str, &mut Random) -> bool,
) -> Mutation {
    Mutation { name, change: Change::Repository(change) }
}

pub(super) const MUTATIONS: &[Mutation] = &[
    bytes("file: empty", |bytes, _| {
        bytes.clear();
        true
    }),
    bytes("file: cut", |bytes, random| {
        let length = random.below(bytes.len());
        bytes.truncate(length);
        true
    }),
    bytes("file: a byte order mark", |bytes, _| before(bytes, b"\xef\xbb\xbf")),
    bytes("file: white space around it", |bytes, _| {
        bytes.extend(b" \t\r\n");
        before(bytes, b"\n\r\t ")
    }),
    bytes("file: white space of another kind before it", |bytes, random| {
        before(bytes, random.pick(&[b"\x0b".as_slice(), b"\x0c", b"\xc2\xa0", b"\0"]))
    }),
    bytes("file: something behind it", |bytes, random| {
        bytes.extend(random.pick(&[b"{}".as_slice(), b",", b"}", b"\0", b"\x0b", b"//"]));
        true
    }),
    bytes("file: a bit changed", |bytes, random| {
        let (at, bit) = (random.below(bytes.len()), random.below(8));
        bytes[at] ^= 1 << bit;
        true
    }),
    bytes("file: a byte dropped", |bytes, random| {
        bytes.remove(random.below(bytes.len()));
        true
    }),
    bytes("file: a byte twice", |bytes, random| {
        let at = random.below(bytes.len());
        bytes.insert(at, bytes[at]);
        true
    }),
    bytes("file: a byte that is no UTF-8", |bytes, random| {
        let at = random.below(bytes.len());
        bytes[at] = random.pick(&[0x80, 0xc0, 0xed, 0xf5, 0xff]);
        true
    }),
    bytes("file: too large", |bytes, _| {
        bytes.resize(bytes.len() + 600_000, b' ');
        true
    }),
    repository("published: the next version", |repository, role, _| {
        repository.publish(role, |_| {});
        true
    }),
    repository("published: a version much later", |repository, role, random| {
        let version = random.pick(&[10_u64, 1 << 31, 1 << 53, (1 << 63) - 1]);
        repository.edit(role, |signed| signed["version"] = version.into());
        true
    }),
    repository("published: a version of before", |repository, role, _| {
        let version = repository.version(role).saturating_sub(1);
        repository.edit(role, |signed| signed["version"] = version.into());
        role != "root"
    }),
    repository("published: with new keys", |repository, role, random| {
        let top = ["root", "timestamp", "snapshot", "targets"].contains(&role);
        if top {
            let keys = [Key::ed25519("rotated 1"), Key::ed25519("rotated 2")];
            repository.rotate(role, &keys[..1 + random.below(2)], 1);
        }
        top
    }),
    repository("published: by keys that nobody gave the role", |repository, role, _| {
        repository.sign_with(role, &[Key::ed25519("a stranger")]);
        repository.publish(role, |_| {});
        true
    }),
    repository("published: by another role's keys", |repository, role, random| {
        let keys =
            repository.signers(random.pick(&["root", "timestamp", "snapshot", "targets"])).to_vec();
        repository.sign_with(role, &keys);
        repository.edit(role, |_| {});
        true
    }),
    repository("published: with a target more", |repository, role, _| {
        let targets = repository.signed(role)["targets"].is_object();
        if targets {
            repository.add_target(role, "project/another.txt", b"another\n");
        }
        targets
    }),
    repository("taken off the server", |repository, role, _| {
        repository.remove(role);
        true
    }),
    repository("the target's file: changed", |repository, _, random| {
        target_file(repository, random, |content| {
            content.iter_mut().take(1).for_each(|byte| *byte ^= 1)
        })
    }),
    repository("the target's file: longer", |repository, _, random| {
        target_file(repository, random, |content| content.push(0))
    }),
    repository("the target's file: cut", |repository, _, random| {
        target_file(repository, random, Vec::clear)
    }),
    repository("the target's files: gone", |repository, _, _| {
        repository.files.retain(|name, _| !name.starts_with("targets/"));
        true
    }),
];

fn before(bytes: &mut Vec<u8>, what: &[u8]) -> bool {
    bytes.splice(..0, what.iter().copied());
    true
}

fn target_file(
    repository: &mut Repository,
    random: &mut Random,
    change: impl FnOnce(&mut Vec<u8>),
) -> bool {
    let names: Vec<String> =
        repository.files.keys().filter(|name| name.starts_with("targets/")).cloned().collect();
    if names.is_empty() {
        return false;
    }
    let content = repository.files.get_mut(random.of(&names).as_str());
    content.map(change).is_some()
}
