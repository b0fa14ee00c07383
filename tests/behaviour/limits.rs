//! At each limit all is well, and one past it is refused with the limit's name.

use crate::all_roles::run;
use crate::prelude::*;
use picotuf::limits::{
    DEPTH_MAX, NAME_LENGTH_MAX, OPEN_NAMES_MAX, ROLE_KEYS_MAX, ROLE_NAME_LENGTH_MAX,
    SIGNATURES_MAX, STRING_LENGTH_MAX, VISITED_NAMES_MAX,
};
use picotuf::{Limit, Limits, Update, Workspace};

fn reached(limit: Limit, maximum: u64) -> Error {
    Error::LimitReached { limit, maximum }
}

/// The error that a targets role with this change leads to.
fn error_of(change: impl FnOnce(&mut Value)) -> Option<Error> {
    let mut repository = Repository::new();
    repository.edit("targets", change);
    Client::new(&repository).refresh(&repository).err().map(|failure| failure.error)
}

/// What is found belongs to the path that was asked for last, and not to one that was refused.
#[test]
fn a_path_that_is_too_long_changes_nothing() {
    let mut repository = Repository::new();
    repository.add_target("targets", "a", b"first");
    repository.add_target("targets", "", b"under no name");
    let workspace = Workspace::boxed();
    let mut update = Update::new(workspace, time(NOW), Limits::default()).keep_files::<Vec<u8>>();
    let long = "x".repeat(NAME_LENGTH_MAX + 1);
    update.find("a").unwrap();
    assert_eq!(update.find(&long), Err(reached(Limit::NameLength, NAME_LENGTH_MAX as u64)));
    run(&mut update, &repository);
    assert_eq!(update.target().map(|target| target.length), Some(5));
    assert_eq!(update.find(&long), Err(reached(Limit::NameLength, NAME_LENGTH_MAX as u64)));
    update.find("a").unwrap();
    run(&mut update, &repository);
    assert_eq!(update.target().map(|target| target.length), Some(5));
}

#[test]
fn of_depth() {
    // The file and `signed` are two levels.
    let nested = |levels: usize| {
        (0..levels).fold(json!(1), |inner, level| {
            if level % 2 == 0 { json!([inner]) } else { json!({"a": inner}) }
        })
    };
    assert_eq!(error_of(|targets| targets["x"] = nested(DEPTH_MAX - 2)), None);
    assert_eq!(
        error_of(|targets| targets["x"] = nested(DEPTH_MAX - 1)),
        Some(reached(Limit::Depth, DEPTH_MAX as u64))
    );
}

#[test]
fn of_depth_before_any_work() {
    for text in ["[", "{\"a\":"] {
        let mut repository = Repository::new();
        repository.tamper("timestamp", |bytes| *bytes = text.repeat(3000).into_bytes());
        let failure = Client::new(&repository).refresh(&repository).unwrap_err();
        assert!(matches!(failure.error.code(), "limit-reached" | "wrong-type"), "{failure:?}");
    }
}

#[test]
fn of_names() {
    let name = |length: usize| "n".repeat(length);
    assert_eq!(error_of(|targets| targets[name(NAME_LENGTH_MAX)] = 1.into()), None);
    let error = error_of(|targets| targets[name(NAME_LENGTH_MAX + 1)] = 1.into());
    assert_eq!(error, Some(reached(Limit::NameLength, NAME_LENGTH_MAX as u64)));
}

#[test]
fn of_open_names() {
    let name = |length: usize| "n".repeat(length);
    let rest = OPEN_NAMES_MAX - NAME_LENGTH_MAX - "signed".len();
    assert_eq!(error_of(|targets| targets[name(NAME_LENGTH_MAX)] = json!({name(rest): 1})), None);
    let error = error_of(|targets| targets[name(NAME_LENGTH_MAX)] = json!({name(rest + 1): 1}));
    assert_eq!(error, Some(reached(Limit::OpenNames, OPEN_NAMES_MAX as u64)));
}

#[test]
fn of_strings_that_are_needed() {
    let with = |length: usize| {
        error_of(|targets| Delegation::paths("role", &[&"p".repeat(length)]).add_to(targets))
    };
    assert_eq!(with(STRING_LENGTH_MAX), None);
    assert_eq!(
        with(STRING_LENGTH_MAX + 1),
        Some(reached(Limit::StringLength, STRING_LENGTH_MAX as u64))
    );
}

#[test]
fn of_the_names_of_all_roles_visited() {
    let chain = |last: usize| {
        let mut repository = Repository::new();
        let mut parent = "targets".to_owned();
        let longest =
            (0..9).map(|number| format!("{number}{}", "n".repeat(ROLE_NAME_LENGTH_MAX - 1)));
        for name in longest.chain(["l".repeat(last)]) {
            repository.delegate(&parent, &Delegation::paths(&name, &["*"]));
            parent = name;
        }
        Client::new(&repository).find(&repository, &["file"]).err().map(|failure| failure.error)
    };
    // The targets role is visited too.
    let left = VISITED_NAMES_MAX - 9 * ROLE_NAME_LENGTH_MAX - "targets".len();
    assert_eq!(chain(left), None);
    assert_eq!(chain(left + 1), Some(reached(Limit::VisitedNames, VISITED_NAMES_MAX as u64)));
}

#[test]
fn long_strings_that_nobody_asks_for_are_fine() {
    assert_eq!(error_of(|targets| targets["x"] = "é".repeat(200_000).into()), None);
}

#[test]
fn of_signatures() {
    let with = |count: usize| {
        let mut repository = Repository::new();
        repository.edit_signatures("targets", |signatures| {
            // The role's own key signs last.
            let own = signatures.remove(0);
            signatures.extend(
                (1..count).map(|number| json!({"keyid": format!("{number}"), "sig": "00"})),
            );
            signatures.push(own);
        });
        Client::new(&repository).refresh(&repository).err().map(|failure| failure.error)
    };
    assert_eq!(with(SIGNATURES_MAX), None);
    assert_eq!(with(SIGNATURES_MAX + 1), Some(reached(Limit::Signatures, SIGNATURES_MAX as u64)));
}

#[test]
fn of_keys() {
    let keys: Vec<Key> =
        (0..=ROLE_KEYS_MAX).map(|number| Key::ed25519(&format!("key {number}"))).collect();
    let mut repository = Repository::new();
    repository.set_keys("targets", &keys[1..], ROLE_KEYS_MAX as u64);
    repository.sign_with("targets", &keys[1..]);
    repository.publish("targets", |_| {});
    let report = Client::new(&repository).refreshes(&repository);
    assert_eq!(report.role("targets").keys as usize, ROLE_KEYS_MAX);
    assert_eq!(report.role("targets").signers.len(), ROLE_KEYS_MAX);
    repository.publish("root", |root| set_keys(root, "targets", &keys, 1));
    let failure = Client::new(&repository).refresh(&repository).unwrap_err();
    assert_eq!(failure.error, reached(Limit::RoleKeys, ROLE_KEYS_MAX as u64));
}

#[test]
fn of_each_file_s_length() {
    type Set = fn(&mut Limits, u64);
    let cases: [(&str, Set); 4] = [
        ("root", |limits, length| limits.root_length = length),
        ("timestamp", |limits, length| limits.timestamp_length = length),
        ("snapshot", |limits, length| limits.snapshot_length = length),
        ("targets", |limits, length| limits.targets_length = length),
    ];
    for (role, set) in cases {
        let mut repository = Repository::new();
        repository.listing = Listing::Versions;
        for role in ["targets", "snapshot"] {
            repository.edit(role, |_| {});
        }
        repository.publish("root", |root| root["x"] = "longer than the first".into());
        let length = repository.bytes(role).len() as u64;
        let limited = |length: u64| {
            let mut limits = Limits::default();
            set(&mut limits, length);
            Client::new(&repository).limited(limits)
        };
        limited(length).refreshes(&repository);
        let error = limited(length - 1).refuses(&repository, "limit-reached", role);
        assert_eq!(error, reached(Limit::Length, length - 1));
    }
}

#[test]
fn a_listed_length_holds_above_the_limit() {
    // The timestamp vouches for the length: python-tuf and the specification (5.5.1) take it.
    let repository = Repository::new();
    let mut limits = Limits::default();
    (limits.snapshot_length, limits.targets_length) = (10, 10);
    Client::new(&repository).limited(limits).refreshes(&repository);
}

#[test]
fn thousands_of_targets_are_nothing_special() {
    let mut repository = Repository::new();
    let digest = hash("sha256", b"");
    repository.edit("targets", |targets| {
        for number in 0..3000 {
            targets["targets"][format!("packages/{number}")] =
                json!({"length": number, "hashes": {"sha256": digest}});
        }
    });
    let mut client = Client::new(&repository);
    let report = client
        .find(&repository, &["packages/0", "packages/2999", "packages/777", "packages/3000"])
        .unwrap();
    let lengths: Vec<Option<u64>> =
        report.found.into_iter().map(|found| found.map(|found| found.length)).collect();
    assert_eq!(lengths, [Some(0), Some(2999), Some(777), None]);
}
