//! Roles that identities of Sigstore sign (`sigstore-oidc`): the host verifies the bundles, and the
//! core counts them.

use crate::prelude::*;
use picotuf::limits::BUNDLE_LENGTH_MAX;
use picotuf_attest::{Identities, TrustedRoot};
use picotuf_attest_tests::forge::{Forge, Who};
use picotuf_tests::json::canonical;
use picotuf_tests::repository::EXPIRES_SOON;
use std::sync::Arc;

const ISSUER: &str = "https://token.actions.githubusercontent.com";
const OTHER_ISSUER: &str = "https://github.com/login/oauth";
const WORKFLOW: &str = "https://github.com/o/r/.github/workflows/sign.yml@refs/heads/main";
const PERSON: &str = "person@example.org";

fn workflow() -> Key {
    Key::identity(WORKFLOW, ISSUER)
}

fn person() -> Key {
    Key::identity(PERSON, OTHER_ISSUER)
}

/// With the trusted root of the forged instance.
fn verifier() -> Arc<Identities> {
    let root = Forge::default().trusted_root().to_string();
    let root = TrustedRoot::parse(root.as_bytes(), &picotuf_attest::Limits::DEFAULT).unwrap();
    Arc::new(Identities::new([root], picotuf::Time::parse(NOW).unwrap()))
}

fn signed_by(keys: &[Key], threshold: u32) -> Repository {
    let mut repository = Repository::new();
    repository.set_keys("targets", keys, threshold.into());
    repository.add_target("targets", "a", b"a");
    repository
}

fn refresh(repository: &Repository) -> Result<u32, Error> {
    let refreshed = Client::new(repository).verifying(&verifier()).refresh(repository);
    refreshed.map(|report| report.role("targets").signing_keys).map_err(|failure| failure.error)
}

fn not_met(threshold: u32, valid: u32, keys: u32) -> Error {
    Error::ThresholdNotMet { role: Role::Targets, threshold, valid, keys }
}

#[test]
fn every_role_may_be_signed_by_identities() {
    let mut repository = Repository::new();
    repository.set_keys("timestamp", &[workflow()], 1);
    repository.set_keys("snapshot", &[workflow()], 1);
    repository.set_keys("targets", &[person(), Key::ed25519("targets")], 2);
    repository.delegate("targets", &Delegation::succinct("bins", 1).keys(&[workflow()]));
    repository.add_target("targets", "a", b"a");
    let mut client = Client::new(&repository).verifying(&verifier());
    let report = client.refreshes(&repository);
    assert_eq!(report.role("targets").signers.len(), 2);
    assert_eq!(report.role("timestamp").signers, [workflow().id]);
    assert!(client.find(&repository, &["a", "b"]).unwrap().found[0].is_some());
    // A new root takes the identity away again, by its own signature.
    repository.rotate("root", &[person()], 1);
    repository.rotate("root", &[Key::ed25519("new")], 1);
    assert_eq!(client.refreshes(&repository).role("root").version, repository.version("root"));
}

#[test]
fn without_a_verifier_the_scheme_is_unsupported_and_harmless_where_it_is_not_needed() {
    let failure = |repository: &Repository| Client::new(repository).refresh(repository);
    let failed = failure(&signed_by(&[workflow()], 1)).unwrap_err();
    let role = Role::Targets;
    assert_eq!(failed.error, Error::UnsupportedKeyScheme { role, threshold: 1, keys: 0 });
    assert_eq!(failed.schemes, ["Fulcio"]);
    assert!(failure(&signed_by(&[workflow(), Key::ed25519("a")], 1)).is_ok());
    let mixed = failure(&signed_by(&[workflow(), Key::ed25519("a")], 2)).unwrap_err();
    assert_eq!(mixed.error, Error::UnsupportedKeyScheme { role, threshold: 2, keys: 1 });
}

#[test]
fn a_signature_that_does_not_hold_counts_for_nothing() {
    assert_eq!(refresh(&signed_by(&[workflow()], 1)), Ok(1));
    let forged = |change: fn(&mut Forge)| {
        let mut forge = Forge::of_identity(WORKFLOW, ISSUER);
        change(&mut forge);
        refresh(&signed_by(&[Key::identity_by(WORKFLOW, ISSUER, forge)], 1))
    };
    let nothing = Err(not_met(1, 0, 1));
    assert_eq!(forged(|forge| forge.signer = Who::Stranger), nothing);
    assert_eq!(forged(|forge| forge.authority = Who::Stranger), nothing);
    assert_eq!(forged(|forge| forge.promise = Who::Stranger), nothing);
    assert_eq!(forged(|forge| *forge = Forge::of_identity(PERSON, ISSUER)), nothing);
    assert_eq!(forged(|forge| *forge = Forge::of_identity(WORKFLOW, OTHER_ISSUER)), nothing);
    // Signed after the time of the update.
    assert_eq!(
        forged(|forge| {
            forge.logged = picotuf::Time::parse(EXPIRES_SOON).unwrap().unix();
            forge.validity = (forge.logged, forge.logged);
        }),
        nothing
    );
    let edited = |change: &dyn Fn(&mut Value)| {
        let mut repository = signed_by(&[workflow()], 1);
        repository.edit_signatures("targets", |signatures| change(&mut signatures[0]));
        refresh(&repository)
    };
    assert_eq!(
        edited(&|signature| drop(signature.as_object_mut().unwrap().remove("bundle"))),
        nothing
    );
    for bundle in [json!(null), json!(7), json!("bundle"), json!([]), json!({})] {
        assert_eq!(edited(&|signature| signature["bundle"] = bundle.clone()), nothing, "{bundle}");
    }
    // What `sig` says is not asked: the bundle has the signature.
    assert_eq!(edited(&|signature| signature["sig"] = "".into()), Ok(1));
    // Members are read in any order, and white space is no part of the question.
    let mut repository = signed_by(&[workflow()], 1);
    repository.style = Style::RSTUF;
    repository.edit("targets", |_| {});
    assert_eq!(refresh(&repository), Ok(1));
}

#[test]
fn a_changed_file_is_refused() {
    let mut repository = signed_by(&[workflow()], 1);
    repository.edit_file("targets", |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.replace("\"length\":1", "\"length\":2").into_bytes();
        assert!(*bytes != text.as_bytes(), "nothing was changed");
    });
    assert_eq!(refresh(&repository), Err(not_met(1, 0, 1)));
}

#[test]
fn a_bundle_past_the_limit_counts_for_nothing() {
    let with_bundle = |bundle: Value| {
        let mut repository = signed_by(&[workflow()], 1);
        repository.edit_signatures("targets", |signatures| signatures[0]["bundle"] = bundle);
        repository
    };
    let mut bundle = workflow()
        .signature(&canonical(signed_by(&[workflow()], 1).signed("targets")))["bundle"]
        .clone();
    bundle["x"] = "".into();
    let length = |bundle: &Value| with_bundle(bundle.clone()).bytes("targets").len();
    // As it stands in the file.
    let bare = length(&bundle) - length(&json!(0)) + 1;
    let mut padded = |length: usize| {
        bundle["x"] = "a".repeat(length - bare).into();
        refresh(&with_bundle(bundle.clone()))
    };
    assert_eq!(padded(BUNDLE_LENGTH_MAX), Ok(1));
    assert_eq!(padded(BUNDLE_LENGTH_MAX + 1), Err(not_met(1, 0, 1)));
}

#[test]
fn one_identity_under_two_keyids_is_one() {
    let again = workflow().with_id("again");
    assert_eq!(refresh(&signed_by(&[workflow(), again.clone()], 1)), Ok(1));
    assert_eq!(refresh(&signed_by(&[workflow(), again], 2)), Err(not_met(2, 1, 1)));
    // The same name at another provider is somebody else.
    let elsewhere = Key::identity(WORKFLOW, OTHER_ISSUER);
    assert_eq!(refresh(&signed_by(&[workflow(), elsewhere, person()], 3)), Ok(3));
}

#[test]
fn keys_that_are_no_identities_verify_nothing() {
    for value in [
        json!({}),
        json!({"identity": WORKFLOW}),
        json!({"issuer": ISSUER}),
        json!({"identity": 7, "issuer": ISSUER}),
        json!({"identity": WORKFLOW, "issuer": null}),
        json!({"identity": "a".repeat(2049), "issuer": ISSUER}),
        json!("identity"),
    ] {
        let mut repository = signed_by(&[workflow()], 1);
        repository.edit("root", |root| {
            root["keys"][&workflow().id]["keyval"] = value.clone();
        });
        assert_eq!(refresh(&repository), Err(not_met(1, 0, 0)), "{value}");
    }
    let odd = |keytype: &str, scheme: &str| {
        refresh(&signed_by(&[workflow().with_keytype(keytype).with_scheme(scheme)], 1))
    };
    assert_eq!(odd("sigstore-oidc", "ed25519"), Err(not_met(1, 0, 0)));
    let role = Role::Targets;
    let unsupported = Err(Error::UnsupportedKeyScheme { role, threshold: 1, keys: 0 });
    assert_eq!(odd("sigstore-oidc", "Fulcio2"), unsupported);
    assert_eq!(odd("oidc", "Fulcio"), unsupported);
}
