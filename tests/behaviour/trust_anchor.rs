//! The first root is checked for its form and its own signatures, and never for its expiry.

use crate::prelude::*;
use picotuf::anchor::{Adoption, Decision, Refusal, adopt};
use picotuf::{Digest, IoStream, Limits, Slice, Window, Workspace, check_root};

fn check(bytes: &[u8]) -> Result<u64, Error> {
    let mut workspace = Workspace::boxed();
    let whole = check_root(&mut workspace, &Limits::default(), &mut Slice::new(bytes))
        .map(|verified| verified.version);
    for size in [64, 1024] {
        let mut buffer = vec![0; size];
        let stream = picotuf::IoStream(std::io::Cursor::new(bytes));
        let windowed =
            check_root(&mut workspace, &Limits::default(), &mut Window::new(stream, &mut buffer))
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
    let mut workspace = Workspace::boxed();
    let verified =
        check_root(&mut workspace, &Limits::default(), &mut Slice::new(repository.anchor()))
            .unwrap();
    let mut signers: Vec<String> = verified.signers().map(ToString::to_string).collect();
    let mut expected: Vec<String> = keys.iter().map(|key| key.id.clone()).collect();
    signers.sort();
    expected.sort();
    assert_eq!(signers, expected);
    assert_eq!((verified.role, verified.threshold, verified.keys), (Role::Root, 3, 4));
    assert_eq!(verified.length, repository.anchor().len() as u64);
}

/// Decides about a given root, held as slices and as windows, which must agree.
fn decide(
    given: &[u8],
    stored: Option<&[u8]>,
    remembered: Option<&Digest>,
) -> Result<Adoption, Error> {
    let mut workspace = Workspace::boxed();
    let limits = Limits::default();
    let adopted = adopt(
        &mut workspace,
        &limits,
        &mut Slice::new(given),
        stored.map(Slice::new).as_mut(),
        remembered,
    );
    let whole = adopted.map(|(adoption, verified)| {
        assert_eq!((verified.role, verified.version), (Role::Root, adoption.version));
        adoption
    });
    let (mut buffers, stream) =
        ([[0; 256], [0; 256]], |bytes| IoStream(std::io::Cursor::new(bytes)));
    let [one, other] = &mut buffers;
    let mut stored = stored.map(|stored| Window::new(stream(stored), other));
    let windowed = adopt(
        &mut workspace,
        &limits,
        &mut Window::new(stream(given), one),
        stored.as_mut(),
        remembered,
    );
    assert_eq!(windowed.map(|(adoption, _)| adoption), whole);
    whole
}

fn decision(given: &[u8], stored: &[u8]) -> Decision {
    decide(given, Some(stored), None).unwrap().decision
}

#[test]
fn the_first_one_is_taken_and_the_one_that_is_remembered_is_known() {
    let mut repository = Repository::new();
    repository.publish("root", |_| {});
    let (first, second) = (repository.anchor(), repository.bytes("root"));
    let taken = decide(first, None, None).unwrap();
    assert_eq!((taken.decision, taken.version), (Decision::First, 1));
    assert_eq!(taken.anchor.to_string(), hash("sha256", first));
    // The store has gone on to the second, whatever that is by now.
    for stored in [second, b"{}"] {
        assert_eq!(
            decide(first, Some(stored), Some(&taken.anchor)).unwrap().decision,
            Decision::Known
        );
    }
    // The store has come to it, and began with another or was stopped before it could remember.
    for remembered in [None, Some(&taken.anchor)] {
        assert_eq!(decide(second, Some(second), remembered).unwrap().decision, Decision::Known);
    }
}

#[test]
fn a_newer_one_is_taken_where_the_stored_one_s_keys_have_signed_it() {
    let mut repository = Repository::new();
    let first = repository.anchor().to_vec();
    for _ in 0..3 {
        repository.publish("root", |_| {});
    }
    assert_eq!(decision(repository.bytes("root"), &first), Decision::Newer { recover: false });
    // The next root keys are vouched for by the present ones, and the ones after those by nobody
    // whom the store knows.
    repository.rotate("root", &[Key::ed25519("next")], 1);
    assert_eq!(decision(repository.bytes("root"), &first), Decision::Newer { recover: false });
    repository.publish("root", |_| {});
    assert_eq!(decision(repository.bytes("root"), &first), Decision::Refused(Refusal::NotSigned));
}

#[test]
fn a_newer_one_that_took_an_online_key_calls_for_recovery_and_one_that_writes_it_in_another_way_does_not()
 {
    let key = Key::ed25519("the online key");
    let online = || {
        let mut repository = Repository::new();
        repository.rotate("timestamp", std::slice::from_ref(&key), 1);
        repository.rotate("snapshot", std::slice::from_ref(&key), 1);
        repository
    };
    for role in ["timestamp", "snapshot"] {
        let mut repository = online();
        let stored = repository.bytes("root").to_vec();
        let capitals = key.clone().with_public(&key.public.to_uppercase());
        assert_ne!((&capitals.public, &capitals.id), (&key.public, &key.id));
        repository.rotate(role, &[capitals], 1);
        assert_eq!(
            decision(repository.bytes("root"), &stored),
            Decision::Newer { recover: false },
            "{role}"
        );
        repository.rotate(role, &[key.clone(), Key::ed25519("one more")], 1);
        assert_eq!(
            decision(repository.bytes("root"), &stored),
            Decision::Newer { recover: false },
            "{role}"
        );
        repository.rotate(role, &[Key::ed25519("one more")], 1);
        assert_eq!(
            decision(repository.bytes("root"), &stored),
            Decision::Newer { recover: true },
            "{role}"
        );
    }
}

#[test]
fn what_is_no_newer_root_of_the_same_repository_is_refused() {
    let mut repository = Repository::new();
    repository.publish("root", |_| {});
    let (first, second) = (&repository.anchor().to_vec(), &repository.bytes("root").to_vec());
    let mut other = Repository::new();
    other.set_keys("root", &[Key::ed25519("another repository")], 1);
    let older = Decision::Refused(Refusal::NotNewer { trusted: 2, given: 1 });
    assert_eq!(decision(first, second), older);
    assert_eq!(
        decision(other.anchor(), first),
        Decision::Refused(Refusal::NotNewer { trusted: 1, given: 1 })
    );
    for _ in 0..2 {
        other.publish("root", |_| {});
    }
    assert_eq!(decision(other.bytes("root"), second), Decision::Refused(Refusal::NotSigned));
    assert_eq!(decision(first, b"{}"), Decision::Refused(Refusal::Unreadable));
    // A root that does not hold is an error, whatever is stored.
    repository.edit_signatures("root", Vec::clear);
    for stored in [None, Some(&first[..])] {
        let error = decide(repository.bytes("root"), stored, None).unwrap_err();
        assert_eq!(error.code(), "threshold-not-met");
    }
}
