//! Attestations and provenance documents as PyPI and Sigstore made them.

use picotuf::{Time, sha256};
use picotuf_attest::{
    Attestation, Change, Distribution, Error, Limits, Pin, PinVerdict, Predicate, Provenance, Spec,
    compare,
};
use picotuf_attest_tests::peer::Peer;
use picotuf_attest_tests::{RECORDED, Recorded, check, parse_root, recorded, root};
use serde_json::{Value, json};

/// The provenance documents, the publisher of each, and how many attestations each has.
const DOCUMENTS: [(&str, &str); 3] = [
    (
        "circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl",
        "circleci:fdd9283f-e619-46af-8f9c-851f7d3e8b2b:8e4f8ab2-8d7c-4827-9f15-de076d6d647f",
    ),
    (
        "gcb_attestation_test-0.0.0.tar.gz",
        "google:919436158236-compute@developer.gserviceaccount.com",
    ),
    ("pypi_attestations-0.0.19.tar.gz", "github:trailofbits/pypi-attestations:release.yml"),
];

fn provenance(file: &str) -> Value {
    serde_json::from_slice(&recorded(&format!("{file}.provenance"))).expect("JSON")
}

#[test]
fn every_recorded_attestation_holds_and_says_who_when_and_where() {
    let mut python = Peer::python();
    for recorded in RECORDED {
        let name = recorded.attestation;
        let root = parse_root(&recorded.root());
        let attestation = Attestation::parse(&recorded.bytes(), &Limits::default()).expect(name);
        let verified = root.verify(&attestation, None).expect(name);
        assert_eq!(verified.statement.is_about(&recorded.distribution()), Ok(()), "{name}");
        match verified.identity() {
            Ok(identity) => assert_eq!(identity.publisher.to_string(), recorded.publisher),
            Err(error) => {
                let code = (error.code(), recorded.publisher);
                assert_eq!(code, ("unsupported-issuer", "person"), "{name}");
            }
        }
        let [entry] = &verified.log_entries[..] else { panic!("{name}: one entry") };
        assert_eq!(entry.index, recorded.index, "{name}");
        assert_eq!(entry.kind, "dsse 0.0.1");
        let instance = if recorded.staging { "sigstage" } else { "sigstore" };
        assert_eq!(entry.log, format!("https://rekor.{instance}.dev"));
        assert_eq!(verified.times, [Time::parse(recorded.logged).expect("a time")], "{name}");
        let is_slsa = name.ends_with(".slsa.attestation");
        let predicate = if is_slsa { Predicate::Provenance } else { Predicate::Publish };
        assert_eq!(verified.statement.predicate, predicate, "{name}");

        let text = String::from_utf8(recorded.bytes()).expect("text");
        assert_eq!(python.judge(recorded, &text), Ok(()), "{name}");
    }
}

#[test]
fn the_other_instance_of_sigstore_vouches_for_none() {
    for recorded in RECORDED {
        let root = parse_root(&root(!recorded.staging));
        let error = recorded.judge(&root, &recorded.bytes()).expect_err(recorded.attestation);
        assert_eq!(error.code(), "unknown-log", "{}", recorded.attestation);
    }
}

#[test]
fn a_provenance_document_says_who_published_the_file() {
    for (file, publisher) in DOCUMENTS {
        let bytes = recorded(file);
        let distribution = Distribution::new(file, sha256(&bytes)).expect("a name");
        let report = check(&root(false), &provenance(file), &distribution).expect(file);
        assert_eq!(report.outcome.expect(file).publisher.to_string(), publisher);
        assert_eq!(report.attestations.len(), 1, "{file}");

        let mut other = bytes;
        other.push(0);
        let distribution = Distribution::new(file, sha256(&other)).expect("a name");
        let report = check(&root(false), &provenance(file), &distribution).expect(file);
        assert_eq!(report.outcome.expect_err(file).code(), "subject-digest");
    }
}

fn github() -> (&'static str, Distribution<'static>, Value) {
    let (file, _) = DOCUMENTS[2];
    (file, Distribution::new(file, sha256(&recorded(file))).expect("a name"), provenance(file))
}

#[test]
fn names_are_compared_as_what_they_name() {
    let (file, own, document) = github();
    for (name, expected) in [
        ("pypi-attestations-0.0.19.tar.gz", Ok(())),
        ("PyPI.Attestations-0.0.19.tar.gz", Ok(())),
        ("pypi_attestations-0.0.19.0.tar.gz", Ok(())),
        ("pypi_attestations-0.0.19.zip", Err("subject-name")),
        ("pypi_attestations-0.0.20.tar.gz", Err("subject-name")),
        ("pypi_attestation-0.0.19.tar.gz", Err("subject-name")),
        ("pypi_attestations-0.0.19-py3-none-any.whl", Err("subject-name")),
    ] {
        let distribution = Distribution::new(name, *own.sha256()).expect("a name");
        let report = check(&root(false), &document, &distribution).expect(file);
        let outcome = report.outcome.map(|_| ());
        assert_eq!(outcome.map_err(|error| error.code()), expected, "{name}");
    }
    for name in ["pypi_attestations.tar.gz", "x-1.0.egg", "x-1.0.tar.bz2", "x-1.0.TAR.GZ", ""] {
        let error = Distribution::new(name, *own.sha256()).expect_err(name);
        assert_eq!(error.code(), "file-name", "{name}");
    }
}

#[test]
fn another_publisher_than_the_one_asked_for_is_refused() {
    let (_, file, document) = github();
    let document = Provenance::parse(document.to_string().as_bytes(), &Limits::default());
    let document = document.expect("a document");
    let root = parse_root(&root(false));
    for (asked, expected) in [
        ("github:trailofbits/pypi-attestations:release.yml", Ok(())),
        ("github:TrailOfBits/PyPI-Attestations:*", Ok(())),
        ("github:trailofbits/pypi-attestations:tests.yml", Err("other-publisher")),
        ("github:trailofbits/pypi-attestation-models:*", Err("other-publisher")),
        ("gitlab:trailofbits/pypi-attestations:release.yml", Err("other-publisher")),
        ("google:a@example.org", Err("other-publisher")),
    ] {
        let asked = Spec::parse(asked).expect(asked);
        let report = document.check(&root, &file, Some(&asked), None);
        let outcome = report.outcome.map(|_| ());
        assert_eq!(outcome.map_err(|error| error.code()), expected, "{asked}");
    }
}

#[test]
fn what_the_index_states_of_the_publisher_is_not_believed() {
    let (_, file, document) = github();
    for (publisher, expected) in [
        (
            json!({"kind": "GitHub", "repository": "TrailOfBits/pypi-attestations",
            "workflow": "release.yml"}),
            Ok(()),
        ),
        // The certificate is older than the claim, so that nothing says which it was.
        (
            json!({"kind": "GitHub", "repository": "trailofbits/pypi-attestations",
            "workflow": "release.yml", "environment": "any"}),
            Ok(()),
        ),
        (
            json!({"kind": "GitHub", "repository": "mallory/pypi-attestations",
            "workflow": "release.yml"}),
            Err("publisher-mismatch"),
        ),
        (
            json!({"kind": "GitHub", "repository": "trailofbits/pypi-attestations",
            "workflow": "tests.yml"}),
            Err("publisher-mismatch"),
        ),
        (
            json!({"kind": "GitLab", "repository": "trailofbits/pypi-attestations",
            "workflow_filepath": "release.yml"}),
            Err("publisher-mismatch"),
        ),
        (json!({"kind": "Gitea", "repository": "o/r"}), Err("unsupported-publisher")),
    ] {
        let mut document = document.clone();
        document["attestation_bundles"][0]["publisher"] = publisher.clone();
        let report = check(&root(false), &document, &file).expect("a document");
        let outcome = report.outcome.map(|_| ());
        assert_eq!(outcome.map_err(|error| error.code()), expected, "{publisher}");
    }
}

#[test]
fn what_is_unknown_counts_for_nothing_and_what_is_wrong_for_all() {
    let (_, file, document) = github();
    let slsa = RECORDED.iter().find(|one| one.attestation.contains(".slsa.")).expect("one").json();
    let publish = document["attestation_bundles"][0]["attestations"][0].clone();
    let with = |attestations: Value| {
        let mut document = document.clone();
        document["attestation_bundles"][0]["attestations"] = attestations;
        let report = check(&root(false), &document, &file).expect("a document");
        report.outcome.map(|_| ()).map_err(|error| error.code())
    };
    let mut newer = publish.clone();
    newer["version"] = json!(2);
    let mut wrong = publish.clone();
    wrong["envelope"]["signature"] = slsa["envelope"]["signature"].clone();
    let other = RECORDED[0].json();
    assert_eq!(with(json!([publish, slsa])), Ok(()));
    assert_eq!(with(json!([slsa])), Err("no-publish-attestation"));
    assert_eq!(with(json!([])), Err("no-attestations"));
    assert_eq!(with(json!([newer])), Err("unsupported-attestation-version"));
    assert_eq!(with(json!([newer, publish])), Ok(()));
    assert_eq!(with(json!([publish, wrong])), Err("log-entry-mismatch"));
    assert_eq!(with(json!([publish, other])), Err("subject-digest"));
    assert_eq!(with(json!([publish, {"version": 1}])), Err("attestation-form"));
}

#[test]
fn what_is_no_provenance_document_is_not_taken_for_a_file_without_attestations() {
    let (_, file, document) = github();
    let attestation = document["attestation_bundles"][0]["attestations"][0].clone();
    let mut without = document.clone();
    without["attestation_bundles"][0].as_object_mut().expect("a bundle").remove("attestations");
    for (name, wrong) in [
        ("an attestation by itself", attestation),
        ("no list of bundles", json!({"version": 1})),
        ("a bundle without its list", without),
    ] {
        let error = check(&root(false), &wrong, &file).expect_err(name);
        assert_eq!(error.code(), "provenance-form", "{name}");
    }
}

#[test]
fn a_pin_follows_a_repository_that_was_renamed() {
    // One repository, by its number, that had another name half a year before.
    let identity = |part: &str| {
        let recorded: &Recorded =
            RECORDED.iter().find(|one| one.attestation.starts_with(part)).expect("one");
        let attestation = Attestation::parse(&recorded.bytes(), &Limits::default());
        let verified = parse_root(&root(false)).verify(&attestation.expect("form"), None);
        verified.expect("holds").identity().expect("a publisher")
    };
    let (before, after) = (identity("pypi_attestation_models"), identity("pypi_attestations"));
    let pin = Pin::of(&before);
    assert_eq!(pin.repository_id.as_deref(), Some("772247423"));
    assert_eq!(compare(&pin, &before), PinVerdict::Match);
    assert_eq!(compare(&pin, &after), PinVerdict::Renamed);
    let issuer = PinVerdict::PublisherChanged(Change::Issuer);
    assert_eq!(compare(&pin, &identity("gitlab")), issuer);
}

#[test]
fn a_key_or_an_authority_that_had_ended_does_not_count() {
    let recorded = &RECORDED[2];
    let entries = [
        ("/tlogs/0/publicKey/validFor", "log-ended"),
        ("/ctlogs/1/publicKey/validFor", "sct-log-ended"),
        ("/certificateAuthorities/1/validFor", "authority-ended"),
    ];
    for (place, code) in entries {
        // To the second: it was logged at 23:14:01.
        for (start, end, expected) in [
            ("2020-01-01T00:00:00Z", "2024-12-04T23:14:00Z", Err(code)),
            ("2020-01-01T00:00:00Z", "2024-12-04T23:14:01.9Z", Ok(())),
            ("2024-12-04T23:14:01Z", "2025-01-01T00:00:00Z", Ok(())),
            ("2024-12-04T23:14:02Z", "2025-01-01T00:00:00Z", Err(code)),
        ] {
            let mut root = recorded.root();
            *root.pointer_mut(place).expect(place) = json!({"start": start, "end": end});
            let outcome = recorded.judge(&parse_root(&root), &recorded.bytes()).map(|_| ());
            let outcome = outcome.map_err(|error| error.code());
            assert_eq!(outcome, expected, "{place} {start} {end}");
        }
    }
}

#[test]
fn each_part_of_the_trusted_root_is_needed() {
    let recorded = &RECORDED[2];
    for (list, place, code) in [
        ("tlogs", 0, "unknown-log"),
        ("ctlogs", 1, "sct-unknown-log"),
        // The authority of 2021 has the name of the one that issued the intermediate.
        ("certificateAuthorities", 1, "no-authority"),
    ] {
        let mut root = recorded.root();
        root[list].as_array_mut().expect(list).remove(place);
        let error = recorded.judge(&parse_root(&root), &recorded.bytes()).expect_err(list);
        assert_eq!(error.code(), code);
    }
}

#[test]
fn what_is_not_understood_of_a_trusted_root_does_not_count() {
    let recorded = &RECORDED[2];
    for (place, member) in [
        ("/tlogs/0", "notForRekorV1"),
        ("/tlogs/0/publicKey", "revoked"),
        ("/tlogs/0/publicKey/validFor", "except"),
        ("/ctlogs/1/logId", "x"),
        ("/certificateAuthorities/1", "onlyFor"),
        ("/certificateAuthorities/1/certChain", "x"),
    ] {
        let mut json = recorded.root();
        json.pointer_mut(place).expect(place)[member] = json!(true);
        let root = parse_root(&json);
        let passed: Vec<String> =
            root.passed_over().map(|passed| passed.error.to_string()).collect();
        let expected =
            format!("this version of picotuf does not know the trusted root version `{member}`");
        assert_eq!(passed, [expected], "{place}");
        let error = recorded.judge(&root, &recorded.bytes()).expect_err(place);
        assert!(error.is_unsupported(), "{place}: {error}");
    }
    let mut json = recorded.root();
    json["newKindOfAuthorities"] = json!([{}]);
    assert_eq!(recorded.judge(&parse_root(&json), &recorded.bytes()).map(|_| ()), Ok(()));
    json["mediaType"] = json!("application/vnd.dev.sigstore.trustedroot.v0.2+json");
    let error = picotuf_attest::TrustedRoot::parse(json.to_string().as_bytes(), &Limits::default());
    assert_eq!(error.expect_err("0.2").code(), "unsupported-trusted-root-version");
}

#[test]
fn a_signature_of_the_future_is_refused() {
    let recorded = &RECORDED[2];
    let root = parse_root(&recorded.root());
    let attestation = Attestation::parse(&recorded.bytes(), &Limits::default()).expect("form");
    let at = Time::parse(recorded.logged).expect("a time");
    let before = Time::from_unix(at.unix() - 1);
    assert!(root.verify(&attestation, Some(at)).is_ok());
    let expected = Err(Error::NotYet { at, now: before });
    assert_eq!(root.verify(&attestation, Some(before)), expected);
}

#[test]
fn limits_are_kept() {
    let (_, _, mut document) = github();
    let bytes = document.to_string();
    let parse = |bytes: &str, limits: &Limits| {
        Provenance::parse(bytes.as_bytes(), limits).map(|_| ()).map_err(|error| error.to_string())
    };
    let short = Limits { provenance_length: bytes.len() - 1, ..Limits::default() };
    let text = format!(
        "more than {} bytes in a provenance document: raise the limit `provenance_length` if this \
         is right",
        bytes.len() - 1
    );
    assert_eq!(parse(&bytes, &short), Err(text));
    let exact = Limits { provenance_length: bytes.len(), ..Limits::default() };
    assert_eq!(parse(&bytes, &exact), Ok(()));

    let one = document["attestation_bundles"][0].clone();
    document["attestation_bundles"] = json!(vec![one; 17]);
    let text = "more than 16 attestations of one file: raise the limit `attestations` if this is \
        right";
    assert_eq!(parse(&document.to_string(), &Limits::default()), Err(text.into()));

    let root = root(false).to_string();
    let short = Limits { trusted_root_length: root.len() - 1, ..Limits::default() };
    let error = picotuf_attest::TrustedRoot::parse(root.as_bytes(), &short);
    assert_eq!(error.expect_err("too long").code(), "limit-reached");
}
