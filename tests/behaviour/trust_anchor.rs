//! The first root is checked for its form and its own signatures, and never for its expiry.

use crate::prelude::*;
use picotuf::{Limits, Slice, Window, Workspace, check_root};

fn check(bytes: &[u8]) -> Result<u64, Error> {
    let mut workspace = Box::new(Workspace::new());
    let whole = check_root(&mut workspace, &Limits::default(), &mut Slice::new(bytes)).map(|verified| verified.version);
    for size in [64, 1024] {
        let mut buffer = vec![0; size];
        let stream = picotuf::IoStream(std::io::Cursor::new(bytes));
        let windowed = check_root(&mut workspace, &Limits::default(), &mut Window::new(stream, &mut buffer))
            .map(|verified| verified.version);
        assert_eq!(windowed, whole, "a window of {size}");
    }
    whole
}

#[test]
fn it_may_be_expired() {
    let mut repository = Repository::new();
    repository.edit("root", |root| root["expires"] = "1999-01-01T00:00:00Z".into());
    assert_eq!(check(repository.anchor()), Ok(1));
    repository.publish("root", |root| root["expires"] = "2027-01-01T00:00:00Z".into());
    Client::new(&repository).refreshes(&repository);
}

#[test]
fn it_may_have_any_version() {
    let mut repository = Repository::new();
    for _ in 0..6 {
        repository.publish("root", |_| {});
    }
    let bytes = repository.files["5.root.json"].clone();
    assert_eq!(check(&bytes), Ok(5));
    let mut client = Client::trusting(&bytes);
    client.refreshes(&repository);
    assert_eq!(client.requests()[..3], ["6.root.json", "7.root.json", "8.root.json"]);
}

#[test]
fn it_must_be_signed_by_itself() {
    let mut repository = Repository::new();
    let keys: Vec<Key> = ["a", "b", "c"].map(Key::ed25519).to_vec();
    repository.set_keys("root", &keys, 2);
    assert_eq!(check(repository.anchor()), Ok(1));
    repository.sign_with("root", &keys[..1]);
    repository.edit("root", |_| {});
    let error = Error::ThresholdNotMet { role: Role::Root, threshold: 2, valid: 1, keys: 3 };
    assert_eq!(check(repository.anchor()), Err(error));
}

#[test]
fn it_must_be_a_root() {
    let repository = Repository::new();
    for role in ["timestamp", "snapshot", "targets"] {
        assert_eq!(check(repository.bytes(role)).unwrap_err().code(), "wrong-role");
    }
    assert_eq!(check(b"").unwrap_err().code(), "unexpected-end");
    assert_eq!(check(b"root.json").unwrap_err().code(), "invalid-json");
}

#[test]
fn one_that_is_in_use_already_names_who_signed() {
    let mut repository = Repository::new();
    let keys: Vec<Key> = [Key::ed25519("a"), Key::p256("b"), Key::p384("c"), Key::rsa(0)].to_vec();
    repository.set_keys("root", &keys, 3);
    let mut workspace = Box::new(Workspace::new());
    let verified = check_root(&mut workspace, &Limits::default(), &mut Slice::new(repository.anchor())).unwrap();
    let mut signers: Vec<String> = verified.signers().map(ToString::to_string).collect();
    let mut expected: Vec<String> = keys.iter().map(|key| key.id.clone()).collect();
    signers.sort();
    expected.sort();
    assert_eq!(signers, expected);
    assert_eq!((verified.role, verified.threshold, verified.keys), (Role::Root, 3, 4));
    assert_eq!(verified.length, repository.anchor().len() as u64);
}
