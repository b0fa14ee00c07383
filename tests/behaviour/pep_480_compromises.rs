//! PEP 480's table 1, row by row: what somebody can do who has the keys of some roles and sits
//! between client and repository.
//!
//! Every attack is played with every set of stolen keys, on clients that know the repository and on
//! new ones. The table has to come out: what it calls possible succeeds in some way, and what it
//! calls impossible in none.

use crate::pep_480_repository::*;
use crate::prelude::*;
use picotuf::pypi::SignedBy;
use picotuf_tests::host::{MemoryHost, Reading};

/// The table's words for what an attack with some keys can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// To nobody.
    No,
    /// To projects that `claimed` does not delegate.
    Unclaimed,
    /// To the project whose keys were stolen, django.
    Project,
    /// To all.
    Yes,
}
use Reach::{No, Project, Unclaimed, Yes};

/// A row: the sets of stolen keys that come to the same, then malicious updates, freeze, metadata
/// inconsistency.
type Row = (&'static [&'static [&'static str]], Reach, Reach, Reach);

const TABLE: &[Row] = &[
    (&[&["timestamp"]], No, Yes, No),
    (&[&["snapshot"]], No, No, No),
    (&[&["timestamp", "snapshot"]], No, Yes, Yes),
    (
        &[&["targets"], &["claimed"], &["recently-claimed"], &["unclaimed", "bins"], &["django"]],
        No,
        No,
        No,
    ),
    (&[&["timestamp", "snapshot", "django"]], Project, Yes, Yes),
    (
        &[
            &["timestamp", "snapshot", "recently-claimed"],
            &["timestamp", "snapshot", "unclaimed"],
            ONLINE,
        ],
        Unclaimed,
        Yes,
        Yes,
    ),
    (
        &[&["timestamp", "snapshot", "targets"], &["timestamp", "snapshot", "claimed"]],
        Yes,
        Yes,
        Yes,
    ),
    (&[&["root"]], Yes, Yes, Yes),
];

/// The files that an attack is after, who lists them, and who is let down if it succeeds.
const VICTIMS: &[(&str, &str)] = &[(DJANGO, "django"), (NUMPY, "numpy"), (SIX, "bin")];

impl Reach {
    /// Whether an attack on that file may succeed. A row's `or` means any of its sets:
    /// `recently-claimed` is asked before `unclaimed` and so reaches both kinds; `unclaimed` alone
    /// comes after the recently claimed.
    fn covers(self, stolen: &[&str], file: &str) -> bool {
        match self {
            No => false,
            Project => file == DJANGO,
            Unclaimed => file == SIX || file == NUMPY && stolen.contains(&"recently-claimed"),
            Yes => true,
        }
    }
}

fn lister(file: &str) -> String {
    VICTIMS
        .iter()
        .find(|(victim, _)| *victim == file)
        .map(|(_, role)| (*role).to_owned())
        .filter(|role| role != "bin")
        .unwrap_or_else(|| bin_of(&path(file)))
}

/// Rewrites a role with a forged target and publishes what lists it.
fn list(attack: &mut Repository, role: &str, file: &str) {
    publish_target(attack, role, &path(file), b"forged");
}

/// Gives a project to a thief, in front of all others.
fn give(attack: &mut Repository, parent: &str, file: &str) {
    let folder = path(file).split('/').next().map(|project| format!("{project}/*")).unwrap();
    delegate_first(
        attack,
        parent,
        &Delegation::paths("evil", &[&folder]).keys(&[thief()]).terminating(),
    );
    attack.add_target("evil", &path(file), b"forged");
}

/// A role at its present version with other content, and nothing above it touched.
fn swap(attack: &mut Repository, role: &str, file: &str) {
    let target = json!({"length": 6, "hashes": {"sha256": hash("sha256", b"forged")}});
    attack.edit_alone(role, |signed| signed["targets"][path(file)] = target);
}

/// Hands the roles that root speaks for to a thief.
fn depose(attack: &mut Repository) {
    for role in ["timestamp", "snapshot", "targets"] {
        attack.rotate(role, &[thief()], 1);
    }
}

type Attack = (&'static str, fn(&mut Repository, &str));

const FORGERIES: &[Attack] = &[
    ("the role that lists it", |attack, file| list(attack, &lister(file), file)),
    ("unclaimed lists it", |attack, file| list(attack, "unclaimed", file)),
    ("recently-claimed lists it", |attack, file| list(attack, "recently-claimed", file)),
    ("recently-claimed gives it away", |attack, file| give(attack, "recently-claimed", file)),
    ("claimed lists it", |attack, file| list(attack, "claimed", file)),
    ("claimed gives it away", |attack, file| give(attack, "claimed", file)),
    ("targets lists it", |attack, file| list(attack, "targets", file)),
    ("targets gives it away", |attack, file| give(attack, "targets", file)),
    ("its role changes at the same version", |attack, file| swap(attack, &lister(file), file)),
    ("targets changes at the same version", |attack, file| swap(attack, "targets", file)),
    ("a new root", |attack, file| {
        depose(attack);
        list(attack, "targets", file);
    }),
];

/// A client that knows the repository, and one that has only its root.
fn clients(known: &Repository) -> [MemoryHost; 2] {
    let fresh = MemoryHost::new(Reading::Kept, known.anchor());
    let mut client = fresh.clone();
    for (file, _) in VICTIMS {
        assert!(matches!(check(&mut client, known, file, content(file)), Holds(_)));
    }
    [client, fresh]
}

/// Whether any of the attacks makes any client take the forged file.
fn malicious_update(
    genuine: &Repository,
    clients: &[MemoryHost; 2],
    keys: &[&str],
    file: &str,
) -> bool {
    FORGERIES.iter().any(|(_, attack)| {
        let mut repository = stolen(genuine, keys);
        attack(&mut repository, file);
        clients
            .clone()
            .iter_mut()
            .any(|client| matches!(check(client, &repository, file, b"forged"), Holds(_)))
    })
}

/// Ways to keep a client at what the repository was.
const FREEZES: &[fn(&mut Repository)] = &[
    |attack| {
        attack
            .publish("timestamp", |timestamp| timestamp["expires"] = "2028-01-01T00:00:00Z".into())
    },
    |attack| {
        attack.publish("snapshot", |snapshot| snapshot["expires"] = "2028-01-01T00:00:00Z".into());
        attack.edit("timestamp", |timestamp| timestamp["expires"] = "2028-01-01T00:00:00Z".into());
    },
    |attack| {
        attack
            .edit_alone("snapshot", |snapshot| snapshot["expires"] = "2028-01-01T00:00:00Z".into());
    },
    |attack| {
        depose(attack);
        attack.publish("snapshot", |snapshot| snapshot["expires"] = "2028-01-01T00:00:00Z".into());
        attack.edit("timestamp", |timestamp| timestamp["expires"] = "2028-01-01T00:00:00Z".into());
    },
];

/// Whether a client can be kept at a file until that time, by when the genuine timestamp has
/// expired.
fn freeze(
    genuine: &Repository,
    clients: &[MemoryHost; 2],
    keys: &[&str],
    file: &str,
    until: &str,
) -> bool {
    FREEZES.iter().any(|attack| {
        let mut repository = stolen(genuine, keys);
        attack(&mut repository);
        clients.clone().iter_mut().any(|client| {
            client.now = time(until);
            matches!(check(client, &repository, file, content(file)), Holds(_))
        })
    })
}

fn content(file: &str) -> &[u8] {
    VICTIMS
        .iter()
        .find(|(victim, _)| *victim == file)
        .map(|(victim, _)| victim.split('-').next().unwrap().as_bytes())
        .unwrap()
}

/// A newer release of each project, as its role lists it.
fn release(repository: &mut Repository) {
    for (file, _) in VICTIMS {
        publish_target(repository, &lister(file), &path(file), b"newer");
    }
}

/// Ways to show of one project what was, and of the others what is.
const MIXES: &[fn(&mut Repository, &str, Value)] = &[
    |attack, role, old| {
        attack.publish("snapshot", |snapshot| snapshot["meta"][format!("{role}.json")] = old)
    },
    |attack, role, old| {
        attack.edit_alone("snapshot", |snapshot| snapshot["meta"][format!("{role}.json")] = old)
    },
    |attack, role, old| {
        attack.publish("timestamp", |_| {});
        attack.edit_alone("snapshot", |snapshot| snapshot["meta"][format!("{role}.json")] = old);
    },
    |attack, role, old| {
        depose(attack);
        attack.publish("snapshot", |snapshot| snapshot["meta"][format!("{role}.json")] = old);
    },
];

/// Whether a client can be shown an old file of a project together with new files of others, which
/// the repository never had.
fn inconsistency(
    before: &Repository,
    clients: &[MemoryHost; 2],
    keys: &[&str],
    file: &str,
) -> bool {
    let mut genuine = before.clone();
    release(&mut genuine);
    let role = lister(file);
    let old = before.signed("snapshot")["meta"][format!("{role}.json")].clone();
    MIXES.iter().any(|mix| {
        let mut repository = stolen(&genuine, keys);
        mix(&mut repository, &role, old.clone());
        clients.clone().iter_mut().any(|client| {
            VICTIMS.iter().all(|(other, _)| {
                let expected = if *other == file { content(file) } else { b"newer" };
                matches!(check(client, &repository, other, expected), Holds(_))
            })
        })
    })
}

#[test]
fn malicious_updates_are_possible_where_the_table_says_so() {
    let genuine = repository();
    let clients = clients(&genuine);
    for (sets, reach, _, _) in TABLE {
        for keys in *sets {
            for (file, _) in VICTIMS {
                let expected = reach.covers(keys, file);
                assert_eq!(
                    malicious_update(&genuine, &clients, keys, file),
                    expected,
                    "{keys:?}: {file}"
                );
            }
        }
    }
}

#[test]
fn a_freeze_is_possible_where_the_table_says_so() {
    let genuine = repository();
    let clients = clients(&genuine);
    for (sets, _, reach, _) in TABLE {
        for keys in *sets {
            for (file, _) in VICTIMS {
                let expected = reach.covers(keys, file);
                assert_eq!(
                    freeze(&genuine, &clients, keys, file, TIMESTAMP_EXPIRES),
                    expected,
                    "{keys:?}: {file}"
                );
            }
        }
    }
}

#[test]
fn a_freeze_ends_with_what_expires_first() {
    let genuine = repository();
    let clients = clients(&genuine);
    let both = &["timestamp", "snapshot"][..];
    for (keys, file, until, possible) in [
        (&["timestamp"][..], DJANGO, "2026-01-16T23:59:59Z", true),
        (&["timestamp"], DJANGO, SNAPSHOT_EXPIRES, false),
        (both, SIX, "2026-01-19T23:59:59Z", true),
        (both, SIX, BINS_EXPIRE, false),
        (both, DJANGO, BINS_EXPIRE, true),
        (both, DJANGO, PROJECTS_EXPIRE, false),
        (ONLINE, DJANGO, "2026-06-30T23:59:59Z", true),
        (ONLINE, DJANGO, PROJECTS_EXPIRE, false),
    ] {
        assert_eq!(
            freeze(&genuine, &clients, keys, file, until),
            possible,
            "{keys:?}: {file} until {until}"
        );
    }
}

#[test]
fn metadata_can_be_mixed_where_the_table_says_so() {
    let before = repository();
    let clients = clients(&before);
    for (sets, _, _, reach) in TABLE {
        for keys in *sets {
            for (file, _) in VICTIMS {
                let expected = reach.covers(keys, file);
                assert_eq!(
                    inconsistency(&before, &clients, keys, file),
                    expected,
                    "{keys:?}: {file}"
                );
            }
        }
    }
}

#[test]
fn who_has_seen_the_newer_version_is_not_shown_the_older_one_again() {
    let before = repository();
    let mut genuine = before.clone();
    release(&mut genuine);
    for (file, _) in VICTIMS {
        let role = lister(file);
        let old = before.signed("snapshot")["meta"][format!("{role}.json")].clone();
        let mut attack = stolen(&genuine, ONLINE);
        MIXES[0](&mut attack, &role, old);
        let mut client = Client::new(&genuine);
        assert!(matches!(check(&mut client, &genuine, file, b"newer"), Holds(_)));
        assert_eq!(
            check(&mut client, &attack, file, content(file)),
            refused("rollback", "snapshot")
        );
    }
}

#[test]
fn after_a_theft_the_repository_recovers_as_pep_480_says() {
    let genuine = repository();
    let [mut client, _] = clients(&genuine);
    let mut attack = stolen(&genuine, &["timestamp", "snapshot", "recently-claimed"]);
    attack.publish("timestamp", |timestamp| timestamp["version"] = 1_000_000.into());
    list(&mut attack, "recently-claimed", NUMPY);
    assert_eq!(check(&mut client, &attack, NUMPY, b"forged"), Holds(SignedBy::Index));
    // New keys for all that was stolen; recently claimed projects have to register again.
    let mut repository = genuine.clone();
    for role in ["timestamp", "snapshot"] {
        repository.rotate(role, &[Key::ed25519(&format!("new {role}"))], 1);
    }
    repository
        .publish("targets", |targets| targets["delegations"] = json!({"keys": {}, "roles": []}));
    for role in ["recently-claimed", "unclaimed"] {
        repository.sign_with(role, &[Key::ed25519(&format!("new {role}"))]);
        // Beyond what the thief has published.
        repository.publish(role, |signed| signed["version"] = 10.into());
    }
    for role in ["claimed", "recently-claimed", "unclaimed"] {
        let keys = repository.signers(role).to_vec();
        repository.delegate("targets", &Delegation::paths(role, &["*/*"]).keys(&keys));
    }
    repository.edit("recently-claimed", |recently| {
        recently["delegations"] = json!({"keys": {}, "roles": []})
    });
    assert_eq!(check(&mut client, &repository, DJANGO, b"django"), Holds(SignedBy::Developer));
    assert_eq!(check(&mut client, &repository, NUMPY, b"forged"), Absent);
    // The thief's keys are worth nothing any more.
    let mut late = stolen(&repository, &[]);
    for role in ["timestamp", "snapshot", "recently-claimed"] {
        late.sign_with(role, genuine.signers(role));
    }
    list(&mut late, "recently-claimed", NUMPY);
    assert_eq!(
        check(&mut client, &late, NUMPY, b"forged"),
        refused("threshold-not-met", "timestamp")
    );
}

#[test]
fn the_table_needs_hashes_in_timestamp_and_snapshot() {
    // RSTUF and others list versions only: then a role's own key is enough to change it at its
    // version, for clients that have not got it.
    let mut genuine = repository();
    genuine.listing = Listing::Versions;
    genuine.publish("django", |_| {});
    let mut attack = stolen(&genuine, &["django"]);
    swap(&mut attack, "django", DJANGO);
    let [mut known, mut fresh] = clients(&genuine);
    assert_eq!(check(&mut known, &attack, DJANGO, b"forged"), Differs);
    assert_eq!(check(&mut fresh, &attack, DJANGO, b"forged"), Holds(SignedBy::Developer));
}
