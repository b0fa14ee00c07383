//! Sigstore bundles of all versions, of Rekor v1 and v2, with timestamps: the test data of the
//! crates `sigstore-verify`, `sigstore-tsa` and `sigstore-bundle`.

use picotuf_attest::{Attestation, Error, Limits, TrustedRoot, Verified};
use picotuf_attest_tests::{b64, of_crate, parse_root, root, unb64};
use serde_json::{Value, json};

fn verify(bundle: &Value, root: &Value) -> Result<Verified, Error> {
    let attestation = Attestation::parse_bundle(bundle.to_string().as_bytes(), &Limits::default())?;
    parse_root(root).verify(&attestation, None)
}

/// Who signed, and when; or the error's code.
fn judge(bundle: &Value, root: &Value) -> Result<(String, String), &'static str> {
    verify(bundle, root)
        .map(|verified| (verified.claims.subject.clone(), verified.times[0].to_string()))
        .map_err(|error| error.code())
}

const BUNDLES: &str = "sigstore-verify/bundles";
const STAGING_V2: &str =
    "sigstore-verify/upstream/sigstore-python/a.dsse.staging-rekor-v2.txt.sigstore.json";

#[test]
fn bundles_are_judged_as_they_should() {
    let (production, staging) = (root(false), root(true));
    for (file, root, expected) in [
        ("sigstore-verify/bundles/conda-attestation.sigstore.json", &production, Ok("")),
        ("sigstore-verify/bundles/conda-attestation-rekor2.sigstore.json", &staging, Ok("")),
        ("sigstore-bundle/happy-path.json", &production, Ok("")),
        (STAGING_V2, &staging, Ok("")),
        // Signatures over a file, not over a statement.
        ("sigstore-bundle/bundle_v3.json", &staging, Err("unsupported-bundle-content")),
        (
            "sigstore-verify/bundles/cosign-v3-blob.sigstore.json",
            &production,
            Err("unsupported-bundle-content"),
        ),
        (
            "sigstore-verify/managed-key/bundle.sigstore.json",
            &production,
            Err("unsupported-bundle-content"),
        ),
        (
            "sigstore-verify/bundles/bundle_invalid_version.txt.sigstore",
            &production,
            Err("unsupported-bundle-version"),
        ),
        // From before Rekor had `dsse` entries and proofs in bundles.
        ("sigstore-verify/bundles/dsse.sigstore.json", &production, Err("bundle-form")),
        ("sigstore-verify/bundles/dsse-2sigs.sigstore.json", &production, Err("bundle-form")),
        (
            "sigstore-verify/bundles/sigstore.js@2.0.0-provenance.sigstore.json",
            &production,
            Err("unsupported-log-entry"),
        ),
        // GitHub's own instance has no log.
        (
            "sigstore-verify/bundles/github-private-attestation.sigstore.json",
            &production,
            Err("log-entry-missing"),
        ),
    ] {
        let verdict = judge(&of_crate(file), root).map(|_| "");
        assert_eq!(verdict, expected, "{file}");
    }
}

fn rekor_v2() -> (Value, Value) {
    (of_crate(&format!("{BUNDLES}/conda-attestation-rekor2.sigstore.json")), root(true))
}

#[test]
fn an_entry_of_rekor_v2_is_dated_by_a_timestamp_alone() {
    let (bundle, root) = rekor_v2();
    let verified = verify(&bundle, &root).expect("holds");
    let [entry] = &verified.log_entries[..] else { panic!("one entry") };
    assert_eq!(entry.kind, "hashedrekord 0.0.2");
    assert_eq!(entry.log, "https://log2025-alpha3.rekor.sigstage.dev");
    assert_eq!(entry.integrated_time, None);
    assert_eq!(verified.times.len(), 1);

    let timestamps = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps";
    let with = |value: Value| {
        let mut bundle = bundle.clone();
        *bundle.pointer_mut(timestamps).expect("timestamps") = value;
        judge(&bundle, &root).map(|_| ())
    };
    let own = bundle.pointer(timestamps).expect("timestamps").clone();
    let other = of_crate(STAGING_V2);
    let other = other.pointer(timestamps).expect("timestamps")[0].clone();
    assert_eq!(with(own.clone()), Ok(()));
    assert_eq!(with(json!([])), Err("no-signed-time"));
    assert_eq!(with(json!([other])), Err("timestamp-mismatch"));
    assert_eq!(with(json!([other, own[0]])), Ok(()));
    assert_eq!(with(json!([own[0], own[0]])), Ok(()));
    assert_eq!(with(json!(vec![own[0].clone(); 9])), Err("limit-reached"));

    // A time that nobody signed is none, whatever it says.
    let mut claimed = bundle.clone();
    claimed["verificationMaterial"]["tlogEntries"][0]["integratedTime"] = json!("1");
    assert_eq!(judge(&claimed, &root).map(|_| ()), Ok(()));
    assert_eq!(verify(&claimed, &root).expect("holds").times, verified.times);
}

#[test]
fn each_field_of_an_entry_of_rekor_v2_decides() {
    let (bundle, root) = rekor_v2();
    let entry = "/verificationMaterial/tlogEntries/0";
    for (place, value, expected) in [
        ("/logIndex", json!("1"), "log-entry-mismatch"),
        ("/logId/keyId", json!(b64([1; 32])), "unknown-log"),
        ("/kindVersion/version", json!("0.0.1"), "unsupported-log-entry"),
        ("/inclusionProof/logIndex", json!("1"), "log-inclusion"),
        ("/inclusionProof/rootHash", json!(b64([1; 32])), "log-inclusion"),
        ("/inclusionProof/hashes", json!([]), "log-inclusion"),
        ("/canonicalizedBody", json!(b64("{}")), "log-inclusion"),
    ] {
        let mut bundle = bundle.clone();
        *bundle.pointer_mut(&format!("{entry}{place}")).expect(place) = value;
        assert_eq!(judge(&bundle, &root), Err(expected), "{place}");
    }
}

#[test]
fn no_bit_of_a_timestamp_can_change() {
    let bundle = of_crate(STAGING_V2);
    let root = parse_root(&root(true));
    let place = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0";
    let timestamp = unb64(&bundle.pointer(place).expect("one")["signedTimestamp"]);
    let signature = unb64(&bundle["dsseEnvelope"]["signatures"][0]["sig"]);
    let time = root.verify_timestamp(&timestamp, &signature).expect("holds");
    let mut accepted = Vec::new();
    for at in 0..timestamp.len() {
        let mut changed = timestamp.clone();
        changed[at] ^= 1 << (at % 8);
        match root.verify_timestamp(&changed, &signature) {
            Ok(other) => {
                assert_eq!(other, time, "byte {at}");
                accepted.push(at);
            }
            Err(error) => assert!(error.code().contains("timestamp"), "byte {at}: {error}"),
        }
    }
    // Granted (0) has become granted with modifications (1): not signed, and accepted both.
    let status = 8;
    // The list of hash functions, which is not signed and says nothing that is not said elsewhere.
    let list = 37..50;
    let expected: Vec<usize> = std::iter::once(status).chain(list).collect();
    assert_eq!(accepted, expected);
    assert_eq!(
        root.verify_timestamp(&timestamp, b"another").map_err(|error| error.code()),
        Err("timestamp-mismatch")
    );
}

#[test]
fn timestamps_of_sha_384_and_chains_of_three_are_verified() {
    let bundle = of_crate("sigstore-tsa/timestamps/github_sha384_bundle.json");
    let mut json = of_crate("sigstore-tsa/timestamps/github_trusted_root.json");
    let place = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0";
    let timestamp = unb64(&bundle.pointer(place).expect("one")["signedTimestamp"]);
    let signature = unb64(&bundle["dsseEnvelope"]["signatures"][0]["sig"]);
    let verify = |json: &Value| {
        let root = TrustedRoot::parse(json.to_string().as_bytes(), &Limits::default());
        root.expect("a root").verify_timestamp(&timestamp, &signature)
    };
    let time = verify(&json).expect("holds");

    // When the authority ended before, the timestamp does not count.
    let authorities = json["timestampAuthorities"].as_array_mut().expect("a list");
    for authority in authorities.iter_mut() {
        authority["validFor"] = json!({"start": "2020-01-01T00:00:00Z", "end": time.to_string()});
    }
    assert_eq!(verify(&json), Ok(time));
    let authorities = json["timestampAuthorities"].as_array_mut().expect("a list");
    for authority in authorities.iter_mut() {
        let end = picotuf::Time::from_unix(time.unix() - 1).to_string();
        authority["validFor"] = json!({"start": "2020-01-01T00:00:00Z", "end": end});
    }
    assert_eq!(verify(&json).map_err(|error| error.code()), Err("authority-ended"));
    json["timestampAuthorities"] = json!([]);
    assert_eq!(verify(&json).map_err(|error| error.code()), Err("timestamp-unknown"));
}

#[test]
fn a_timestamp_of_another_signature_is_refused() {
    let bundle = of_crate("sigstore-tsa/timestamps/payload_mismatch_bundle.json");
    let json = of_crate("sigstore-tsa/timestamps/valid_trusted_root.json");
    let place = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0";
    let timestamp = unb64(&bundle.pointer(place).expect("one")["signedTimestamp"]);
    let signature = unb64(&bundle["messageSignature"]["signature"]);
    let error = parse_root(&json).verify_timestamp(&timestamp, &signature);
    assert_eq!(error.map_err(|error| error.code()), Err("timestamp-mismatch"));

    let bundle = of_crate("sigstore-tsa/timestamps/valid_bundle.json");
    let timestamp = unb64(&bundle.pointer(place).expect("one")["signedTimestamp"]);
    let signature = unb64(&bundle["messageSignature"]["signature"]);
    assert!(parse_root(&json).verify_timestamp(&timestamp, &signature).is_ok());
}
