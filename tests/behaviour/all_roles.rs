//! All roles of a repository, each verified by its delegator: what a mirror and an audit rest on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::prelude::*;
use picotuf::{Kept, Limits, Roles, TargetsFile, Update, Workspace};

type File = Arc<[u8]>;

/// Takes all steps, for a client that trusts the first root and has stored nothing else.
pub(crate) fn run<F: AsRef<[u8]> + From<Vec<u8>>>(
    update: &mut Update<Box<Workspace>, Kept<F>>,
    repository: &Repository,
) {
    let mut store = BTreeMap::from([("root".to_owned(), repository.anchor().to_vec())]);
    while let Some(request) = update.next_fetch(&mut store).unwrap() {
        match repository.files.get(&request.to_string()) {
            Some(file) => drop(update.keep(file.clone().into()).unwrap()),
            None => update.absent().unwrap(),
        }
    }
}

fn ground(repository: &Repository) -> (Roles<File>, TargetsFile<File>) {
    let workspace = Workspace::boxed();
    let mut update = Update::new(workspace, time(NOW), Limits::default()).keep_files();
    assert!(matches!(update.roles(), Err(Error::UnexpectedCall)));
    run(&mut update, repository);
    update.roles().unwrap()
}

/// The delegations of the targets role, and of `claimed`, to which the first of them leads.
fn all_delegations(repository: &Repository) -> Vec<picotuf::Delegation<File>> {
    let (roles, targets) = ground(repository);
    let mut workspace = Workspace::boxed();
    let mut delegations = Vec::new();
    targets.each_delegation(&mut workspace, |delegation| delegations.push(delegation)).unwrap();
    let file = repository.bytes("claimed").into();
    let claimed = roles.verify(&mut workspace, &delegations[0], "claimed", file).unwrap().1;
    claimed.each_delegation(&mut workspace, |delegation| delegations.push(delegation)).unwrap();
    delegations
}

/// The verdict on each role that the targets role delegates to.
fn verdicts(repository: &Repository) -> Vec<(String, Result<u64, Error>)> {
    let (roles, targets) = ground(repository);
    let mut workspace = Workspace::boxed();
    let mut listed = Vec::new();
    roles.each(&mut workspace, |name, _| listed.push(name.to_owned())).unwrap();
    let mut delegations = Vec::new();
    targets.each_delegation(&mut workspace, |delegation| delegations.push(delegation)).unwrap();
    let mut verdicts = Vec::new();
    for delegation in &delegations {
        for role in listed.iter().filter(|role| delegation.leads_to(role)) {
            let request = roles.request(&mut workspace, role).unwrap().unwrap();
            assert_eq!(request.version, Some(repository.version(role)));
            let verified =
                roles.verify(&mut workspace, delegation, role, repository.bytes(role).into());
            verdicts.push((role.clone(), verified.map(|(verified, _)| verified.version)));
        }
    }
    verdicts
}

#[test]
fn every_role_is_verified_with_its_delegators_keys() {
    for style in picotuf_tests::json::Style::ALL {
        let mut repository = Repository::new();
        repository.style = style;
        let delegation = Delegation::paths("claimed", &["a/*"])
            .keys(&[Key::ed25519("one"), Key::p256("two")])
            .threshold(2);
        repository.delegate("targets", &delegation);
        repository.delegate("targets", &Delegation::hash_prefixes("bin-0", &["0"]));
        repository.publish("bin-0", |_| {});
        let fine = verdicts(&repository);
        assert_eq!(fine, [("claimed".to_owned(), Ok(1)), ("bin-0".to_owned(), Ok(2))], "{style:?}");
        // Signed by the keys of the other.
        repository.sign_with("claimed", &[Key::ed25519("bin-0"), Key::ed25519("one")]);
        repository.publish("claimed", |_| {});
        let error =
            Error::ThresholdNotMet { role: Role::Delegated, threshold: 2, valid: 1, keys: 2 };
        assert_eq!(verdicts(&repository)[0].1, Err(error), "{style:?}");
    }
}

#[test]
fn succinct_roles_are_all_found() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::succinct("bins", 5));
    let verdicts = verdicts(&repository);
    assert_eq!(verdicts.len(), 32);
    assert!(verdicts.iter().all(|(_, verdict)| *verdict == Ok(1)));
}

#[test]
fn a_role_must_be_the_listed_one_and_not_expired() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["a/*"]));
    let good = repository.clone();
    let refusal = |change: fn(&mut Repository)| {
        let mut repository = good.clone();
        change(&mut repository);
        verdicts(&repository)[0].1.unwrap_err().code()
    };
    assert_eq!(refusal(|it| it.tamper("claimed", |bytes| bytes.push(b' '))), "length-mismatch");
    assert_eq!(
        refusal(|it| it.publish("claimed", |claimed| claimed["expires"] = EXPIRED.into())),
        "expired"
    );
    assert_eq!(refusal(|it| it.edit_signatures("claimed", Vec::clear)), "threshold-not-met");
}

#[test]
fn targets_are_listed_and_delegations_lead_to_their_role_alone() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["a/*"]));
    repository.delegate("targets", &Delegation::paths("gone", &["b/*"]));
    repository.edit("snapshot", |snapshot| {
        snapshot["meta"].as_object_mut().unwrap().remove("gone.json");
    });
    repository.add_target("targets", "a/\u{e9}\"", b"1");
    repository.add_target("targets", "b", b"22");
    repository.edit("snapshot", |snapshot| {
        snapshot["meta"].as_object_mut().unwrap().remove("gone.json");
    });
    let (roles, targets) = ground(&repository);
    let mut workspace = Workspace::boxed();
    let mut found = Vec::new();
    targets
        .each_target(&mut workspace, |path, target| found.push((path.to_owned(), target.length)))
        .unwrap();
    assert_eq!(found, [("a/\u{e9}\"".to_owned(), 1), ("b".to_owned(), 2)]);
    let mut delegations = Vec::new();
    targets.each_delegation(&mut workspace, |delegation| delegations.push(delegation)).unwrap();
    let names: Vec<&str> = delegations.iter().map(|delegation| delegation.name()).collect();
    assert_eq!(names, ["claimed", "gone"]);
    let file = || File::from(repository.bytes("claimed"));
    let wrong = roles.verify(&mut workspace, &delegations[1], "claimed", file()).map(drop);
    assert_eq!(wrong, Err(Error::UnexpectedCall));
    let unlisted = roles.verify(&mut workspace, &delegations[1], "gone", file()).map(drop);
    assert_eq!(unlisted, Err(Error::RoleNotInSnapshot { role: Role::Delegated }));
    assert!(roles.request(&mut workspace, "gone").unwrap().is_none());
}

/// An audit must see every target, also where entries that look alike are read faster.
#[test]
fn each_target_of_a_long_list_is_given_as_it_stands() {
    let entry = |number: usize| {
        let content = format!("content of {number}");
        let mut target = json!({"length": number * 7, "hashes": {}});
        target["hashes"]["sha256"] = hash("sha256", content.as_bytes()).into();
        if number % 4 == 1 {
            target["hashes"]["sha512"] = hash("sha512", content.as_bytes()).into();
        }
        if number % 11 == 5 {
            target["hashes"]["unknown"] = "of no use".into();
        }
        if number % 5 == 2 {
            target["custom"] = json!({"length": number, "hashes": {"sha256": "none"}});
        }
        if number % 13 == 6 {
            target["length"] = u64::MAX.into();
        }
        let name = match number % 9 {
            3 => format!("{number}/\u{e9}\"\\"),
            4 => format!("{number}/{}", "x".repeat(600)),
            _ => format!("{number}/six-1.0.whl"),
        };
        (name, target)
    };
    let expected: BTreeMap<String, Value> = (0..200).map(entry).collect();
    for style in picotuf_tests::json::Style::ALL {
        let mut repository = Repository::new();
        repository.style = style;
        repository.publish("targets", |signed| signed["targets"] = json!(expected));
        let (_, targets) = ground(&repository);
        let mut found = BTreeMap::new();
        let read = targets.each_target(&mut Workspace::new(), |path, target| {
            let hashes: BTreeMap<&str, String> = target
                .hashes
                .iter()
                .map(|digest| (digest.algorithm().name(), digest.to_string()))
                .collect();
            assert_eq!(target.custom, None);
            let before = found.insert(path.to_owned(), (target.length, json!(hashes)));
            assert_eq!(before, None, "{path} was given twice");
        });
        assert_eq!(read, Ok(()));
        assert_eq!(found.len(), expected.len());
        for (path, target) in &expected {
            let mut hashes = target["hashes"].clone();
            hashes.as_object_mut().unwrap().remove("unknown");
            let length = target["length"].as_u64().unwrap();
            assert_eq!(found[path], (length, hashes), "{path} {style:?}");
        }
    }
}

#[test]
fn a_delegation_covers_the_paths_that_a_client_looks_for_there() {
    let hex = |path: &str| hash("sha256", path.as_bytes());
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["a/*", "b?"]));
    repository
        .delegate("targets", &Delegation::hash_prefixes("bin", &[&hex("c")[..3], "0123456789"]));
    repository.delegate("claimed", &Delegation::succinct("bins", 5));
    let delegations = all_delegations(&repository);
    let mut workspace = Workspace::boxed();
    let [paths, prefixes, bins, ..] = &delegations[..] else { panic!("{delegations:?}") };
    let bin = format!("bins-{:02x}", u8::from_str_radix(&hex("x")[..2], 16).unwrap() >> 3);
    let other = format!("bins-{:02x}", (u8::from_str_radix(&hex("x")[..2], 16).unwrap() >> 3) ^ 1);
    for (delegation, role, path, expected) in [
        (paths, "claimed", "a/x", true),
        (paths, "claimed", "bx", true),
        (paths, "claimed", "a/x/y", false),
        (paths, "claimed", "A/x", false),
        (paths, "bin", "a/x", false),
        (prefixes, "bin", "c", true),
        (prefixes, "bin", "x", false),
        (bins, &bin, "x", true),
        (bins, &other, "x", false),
        (bins, "bins", "x", false),
    ] {
        assert_eq!(delegation.covers(&mut workspace, role, path), Ok(expected), "{role} {path}");
    }
}

#[test]
fn a_delegation_leads_where_it_says_whatever_unknown_members_it_has() {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("claimed", &["a/*"]).terminating());
    repository.delegate("targets", &Delegation::paths("unclaimed", &["*"]));
    repository.delegate("claimed", &Delegation::succinct("bins", 1));
    repository.publish("targets", |signed| {
        let entry = &mut signed["delegations"]["roles"][0];
        entry["name_prefix"] = json!("other");
        entry["bit_length"] = json!("many");
    });
    repository.publish("claimed", |signed| {
        let entry = &mut signed["delegations"]["succinct_roles"];
        entry["name"] = json!("other");
        entry["terminating"] = json!("never");
    });
    let delegations = all_delegations(&repository);
    let seen: Vec<_> = delegations
        .iter()
        .map(|one| (one.name(), one.bit_length(), one.is_terminating()))
        .collect();
    assert_eq!(
        seen,
        [("claimed", None, true), ("unclaimed", None, false), ("bins", Some(1), true)]
    );
}
