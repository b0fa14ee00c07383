//! Signatures over messages: bundles of Sigstore's instances as the crates `sigstore-verify` and
//! `sigstore-bundle` have them, and forged ones, in which each check by itself decides.

use picotuf::{Time, sha256};
use picotuf_attest::{Limits, MessageSignature, Signer};
use picotuf_attest_tests::forge::{Forge, NOW, Who, claim, extended_key_usage, key_usage, url};
use picotuf_attest_tests::{b64, data, of_crate, parse_root, peer, root};
use serde_json::{Value, json};

const VERIFY: &str = "sigstore-verify/bundles";
const STAGING_V2: &str = "sigstore-verify/upstream/sigstore-python/staging-rekor-v2.txt";

fn verify(
    bundle: &Value,
    root: &Value,
    sha256: &[u8; 32],
) -> Result<Signer, picotuf_attest::Error> {
    let signed = MessageSignature::parse_bundle(bundle.to_string().as_bytes(), &Limits::DEFAULT)?;
    parse_root(root).verify_message(&signed, sha256, None)
}

/// The hash that the bundle itself states.
fn stated(bundle: &Value) -> [u8; 32] {
    let digest = &bundle["messageSignature"]["messageDigest"]["digest"];
    picotuf_attest_tests::unb64(digest).try_into().expect("a SHA-256")
}

fn code(result: Result<Signer, picotuf_attest::Error>) -> Result<String, &'static str> {
    result.map(|signer| signer.claims.subject).map_err(|error| error.code())
}

fn of_file(path: &str) -> [u8; 32] {
    sha256(&std::fs::read(data().join("crates").join(path)).expect(path))
}

#[test]
fn bundles_of_sigstores_instances_are_judged_as_they_should() {
    let (production, staging) = (root(false), root(true));
    let blob = format!("{VERIFY}/cosign-v3-blob.sigstore.json");
    let v2 = format!("{STAGING_V2}.sigstore.json");
    let signer =
        verify(&of_crate(&blob), &production, &of_file(&format!("{VERIFY}/cosign-v3-blob.txt")));
    let signer = signer.expect("holds");
    assert_eq!(signer.log_entries[0].kind, "hashedrekord 0.0.1");
    let signer = verify(&of_crate(&v2), &staging, &of_file(STAGING_V2)).expect("holds");
    assert_eq!(signer.log_entries[0].kind, "hashedrekord 0.0.2");
    assert_eq!(signer.log_entries[0].integrated_time, None);
    let cases = [
        (blob.as_str(), &staging, Err("unknown-log")),
        ("sigstore-verify/bundles/bundle_v3_github.whl.sigstore", &production, Ok(())),
        // The log entry is about another signature than the bundle's (CVE-2022-36056).
        (
            "sigstore-verify/bundles/bundle_cve_2022_36056.txt.sigstore",
            &staging,
            Err("log-entry-mismatch"),
        ),
        ("sigstore-verify/bundles/bundle_no_checkpoint.txt.sigstore", &staging, Err("bundle-form")),
        (
            "sigstore-verify/bundles/bundle_no_log_entry.txt.sigstore",
            &staging,
            Err("unsupported-key"),
        ),
        ("sigstore-verify/bundles/bundle_no_cert_v1.txt.sigstore", &staging, Err("bundle-form")),
        (
            "sigstore-verify/bundles/bundle_v3_no_signed_time.txt.sigstore.json",
            &staging,
            Err("no-signed-time"),
        ),
        (
            "sigstore-verify/bundles/othername.sigstore.json",
            &staging,
            Err("unsupported-certificate"),
        ),
        (
            "sigstore-verify/bundles/bundle_invalid_version.txt.sigstore",
            &staging,
            Err("unsupported-bundle-version"),
        ),
        (
            "sigstore-verify/managed-key/bundle.sigstore.json",
            &production,
            Err("unsupported-bundle-content"),
        ),
        ("sigstore-bundle/happy-path.json", &production, Err("unsupported-bundle-content")),
        ("sigstore-bundle/bundle_v3.json", &staging, Ok(())),
    ];
    let judged = cases.map(|(file, root, _)| {
        let bundle = of_crate(file);
        let digest = match &bundle["messageSignature"]["messageDigest"]["digest"] {
            Value::String(_) => stated(&bundle),
            _ => [0; 32],
        };
        assert!(verify(&bundle, root, &[7; 32]).is_err(), "{file}: another message");
        (file, code(verify(&bundle, root, &digest)).map(|_| ()))
    });
    assert_eq!(judged, cases.map(|(file, _, expected)| (file, expected)));
}

const WHO: &str = "https://github.com/o/r/.github/workflows/sign.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";
const MESSAGE: &[u8] = b"signed by an identity";

/// Who signed, where everything is signed right but for the change.
fn with(change: impl FnOnce(&mut Forge)) -> Result<String, &'static str> {
    let mut forge = Forge::of_identity(WHO, ISSUER);
    change(&mut forge);
    let bundle = forge.bundle(MESSAGE).to_string();
    let root = parse_root(&forge.trusted_root());
    let now = Some(Time::from_unix(NOW + 400));
    code(root.verify_identity(bundle.as_bytes(), (WHO, ISSUER), &sha256(MESSAGE), now))
}

#[test]
fn an_identity_signs_what_its_certificate_and_the_logs_say() {
    let stranger = Who::Stranger;
    assert_eq!(with(|_| {}), Ok(WHO.into()));
    assert_eq!(with(|forge| forge.signer = stranger), Err("message-signature"));
    assert_eq!(with(|forge| forge.authority = stranger), Err("certificate-chain"));
    assert_eq!(with(|forge| forge.certificate_log = stranger), Err("sct-signature"));
    assert_eq!(with(|forge| forge.promise = stranger), Err("log-promise"));
    assert_eq!(with(|forge| forge.checkpoint = stranger), Err("checkpoint-signature"));
    assert_eq!(with(|forge| forge.logged = NOW - 301), Err("certificate-time"));
    assert_eq!(with(|forge| forge.logged = NOW + 401), Err("not-yet"));
    let uses = |purposes: &[u8]| {
        let purposes = purposes.to_vec();
        with(move |forge| forge.extensions[3] = extended_key_usage(&purposes))
    };
    assert_eq!(uses(&[1]), Err("certificate-form"));
    assert_eq!(with(|forge| forge.extensions[2] = key_usage(0x04)), Err("certificate-form"));
}

#[test]
fn another_identity_has_not_signed() {
    let other = |text: &'static str| with(move |forge| forge.extensions[4] = url(text));
    assert_eq!(other("https://github.com/o/r/.github/workflows/sign.yml"), Err("other-identity"));
    assert_eq!(other(&WHO[..WHO.len() - 1]), Err("other-identity"));
    assert_eq!(
        other("https://github.com/O/r/.github/workflows/sign.yml@refs/heads/main"),
        Err("other-identity")
    );
    let issuer = |text: &'static str| with(move |forge| forge.extensions[5] = claim(8, text));
    assert_eq!(issuer("https://gitlab.com"), Err("other-identity"));
    assert_eq!(issuer("https://token.actions.githubusercontent.com/"), Err("other-identity"));
    assert_eq!(with(|forge| drop(forge.extensions.pop())), Err("bundle-form"));
}

#[test]
fn each_field_of_a_log_entry_about_a_message_decides() {
    let forge = Forge::of_identity(WHO, ISSUER);
    let body = |change: fn(&mut Value)| with(move |forge| forge.body = change);
    assert_eq!(
        body(|body| body["spec"]["data"]["hash"]["value"] = json!("00".repeat(32))),
        Err("log-entry-mismatch")
    );
    assert_eq!(
        body(|body| body["spec"]["data"]["hash"]["algorithm"] = json!("sha512")),
        Err("log-entry-mismatch")
    );
    assert_eq!(
        body(|body| body["spec"]["signature"]["content"] = json!(b64("x"))),
        Err("log-entry-mismatch")
    );
    assert_eq!(
        body(|body| body["spec"]["signature"]["publicKey"]["content"] = json!(b64("x"))),
        Err("log-entry-mismatch")
    );
    assert_eq!(body(|body| body["kind"] = json!("dsse")), Err("log-entry-mismatch"));
    let bundle = |change: fn(&mut Value)| with(move |forge| forge.attestation = change);
    let zeros = |bundle: &mut Value| {
        bundle["messageSignature"]["messageDigest"]["digest"] = json!(b64([0; 32]));
    };
    assert_eq!(bundle(zeros), Err("message-signature"));
    // An entry about a statement is none about a message.
    assert_eq!(
        bundle(|bundle| bundle["verificationMaterial"]["tlogEntries"][0]["kindVersion"]["kind"] =
            json!("dsse")),
        Err("unsupported-log-entry")
    );
    // It need not be stated.
    assert_eq!(
        bundle(|bundle| drop(
            bundle["messageSignature"].as_object_mut().unwrap().remove("messageDigest")
        )),
        Ok(WHO.into())
    );
    assert_eq!(
        bundle(
            |bundle| bundle["messageSignature"]["messageDigest"]["algorithm"] = json!("SHA2_384")
        ),
        Err("unsupported-bundle-content")
    );
    assert_eq!(
        bundle(|bundle| bundle["dsseEnvelope"] = json!({})),
        Err("unsupported-bundle-content")
    );
    assert_eq!(
        bundle(|bundle| bundle["verificationMaterial"]["tlogEntries"] = json!([])),
        Err("log-entry-missing")
    );
    // A signature over one message is none over another.
    let root = parse_root(&forge.trusted_root());
    let bundle = forge.bundle(b"another").to_string();
    let verified = root.verify_identity(bundle.as_bytes(), (WHO, ISSUER), &sha256(MESSAGE), None);
    assert_eq!(code(verified), Err("message-signature"));
}

/// securesystemslib's `SigstoreKey`, with sigstore-python, which trusts the forged instance.
#[test]
fn securesystemslib_says_the_same_of_identities() {
    let mut cases = Vec::new();
    let mut case = |name: &str, change: &dyn Fn(&mut Forge)| {
        let mut forge = Forge::of_identity(WHO, ISSUER);
        change(&mut forge);
        let (root, bundle) = (forge.trusted_root(), forge.bundle(MESSAGE));
        let text = bundle.to_string();
        let verified = parse_root(&root).verify_identity(
            text.as_bytes(),
            (WHO, ISSUER),
            &sha256(MESSAGE),
            None,
        );
        cases.push((name.to_owned(), root, bundle, verified.is_ok()));
    };
    case("right", &|_| {});
    case("another key", &|forge| forge.signer = Who::Stranger);
    case("another authority", &|forge| forge.authority = Who::Stranger);
    case("another certificate log", &|forge| forge.certificate_log = Who::Stranger);
    case("another log", &|forge| forge.checkpoint = Who::Stranger);
    case("another promise", &|forge| forge.promise = Who::Stranger);
    case("another identity", &|forge| forge.extensions[4] = url("https://example.org"));
    case("another issuer", &|forge| {
        *forge = Forge::of_identity(WHO, "https://gitlab.com");
    });
    case("too late", &|forge| forge.logged = NOW + 301);
    let questions: Vec<Value> = cases
        .iter()
        .map(|(_, root, bundle, _)| {
            json!({
                "trusted_root": root.to_string(),
                "key": {"keytype": "sigstore-oidc", "scheme": "Fulcio",
                    "keyval": {"identity": WHO, "issuer": ISSUER}},
                "bundle": bundle,
                "message": String::from_utf8_lossy(MESSAGE),
            })
        })
        .collect();
    let answers = peer::identities(&questions);
    assert_eq!(answers.len(), cases.len());
    for ((name, _, _, holds), answer) in cases.iter().zip(answers) {
        assert_eq!(*holds, answer.is_ok(), "{name}: {answer:?}");
        assert_eq!(*holds, name == "right", "{name}");
    }
}
