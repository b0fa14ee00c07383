//! Attestations of an instance of Sigstore whose keys the test has: each check by itself decides,
//! as all else is signed right.

use picotuf::Time;
use picotuf_attest::{
    Attestation, Distribution, Error, Identity, Limits, Provenance, Spec, TrustedRoot,
};
use picotuf_attest_tests::forge::{
    DIGEST, FILE, Forge, ForgeTimestamp, NOW, Who, claim, constraints, extended_key_usage,
    extension, key_usage, url,
};
use picotuf_attest_tests::{b64, check, parse_root, unb64, unhex};
use serde_json::{Value, json};

/// Who published the file, or the error's code.
fn judge(forge: &Forge) -> Result<String, &'static str> {
    let (root, attestation) = forge.make();
    judge_by(&root, &attestation)
}

fn judge_by(root: &Value, attestation: &Value) -> Result<String, &'static str> {
    let limits = Limits::default();
    let root = TrustedRoot::parse(root.to_string().as_bytes(), &limits);
    let root = root.map_err(|error| error.code())?;
    let document = json!({"version": 1, "attestation_bundles": [{
        "publisher": {"kind": "GitHub", "repository": "o/r", "workflow": "w.yml",
            "environment": "release"},
        "attestations": [attestation],
    }]});
    let document = Provenance::parse(document.to_string().as_bytes(), &limits).expect("form");
    let file = Distribution::new(FILE, unhex(DIGEST)).expect("a name");
    let outcome = document.check(&root, &file, None, None).outcome;
    outcome.map(|identity| identity.publisher.to_string()).map_err(|error| error.code())
}

fn with(change: impl FnOnce(&mut Forge)) -> Result<String, &'static str> {
    let mut forge = Forge::default();
    change(&mut forge);
    judge(&forge)
}

fn holds() -> Result<String, &'static str> {
    Ok("github:o/r:w.yml".into())
}

#[test]
fn what_is_forged_with_all_keys_holds() {
    assert_eq!(with(|_| {}), holds());
    assert_eq!(with(|forge| forge.scts = 8), holds());
}

/// An attestation by a workflow of a repository that built a tag.
fn by(repository: &str, tag: &str) -> Value {
    let source = format!("https://github.com/{repository}");
    let workflow = format!("{source}/.github/workflows/w.yml@refs/tags/{tag}");
    let mut forge = Forge::default();
    forge.extensions[2] = url(&workflow);
    forge.extensions[4] = claim(12, &source);
    forge.extensions[5] = claim(14, &format!("refs/tags/{tag}"));
    forge.extensions[8] = claim(18, &workflow);
    forge.make().1
}

#[test]
fn every_publisher_of_a_file_is_told_in_whichever_order_they_stand() {
    let root = Forge::default().trusted_root();
    let report = |bundles: &[(&str, &Value)]| {
        let bundles = bundles.iter().map(|(repository, attestation)| {
            let stated = json!({"kind": "GitHub", "repository": repository, "workflow": "w.yml"});
            json!({"publisher": stated, "attestations": [attestation]})
        });
        let document =
            json!({"version": 1, "attestation_bundles": bundles.collect::<Vec<Value>>()});
        let file = Distribution::new(FILE, unhex(DIGEST)).expect("a name");
        let report = check(&root, &document, &file).expect("form");
        let told = |identity: &Identity| {
            let tag = identity.claims.source_ref.as_deref().unwrap_or_default();
            format!("{} {tag}", identity.publisher)
        };
        let outcome = report.outcome.as_ref().map(told).map_err(|error| error.code());
        (outcome, report.identities.iter().map(told).collect::<Vec<_>>())
    };
    let one = by("o/r", "v1");
    let other = by("x/y", "v1");
    let later = by("o/r", "v2");
    let mut built = Forge::default();
    built.statement["predicateType"] = json!("https://slsa.dev/provenance/v1");
    let built = built.make().1;
    let [of_one, of_other, of_later] = [
        "github:o/r:w.yml refs/tags/v1",
        "github:x/y:w.yml refs/tags/v1",
        "github:o/r:w.yml refs/tags/v2",
    ];
    let ok = |first: &str| Ok(first.to_owned());
    let both = report(&[("o/r", &one), ("x/y", &other)]);
    assert_eq!(both, (ok(of_one), vec![of_one.into(), of_other.into()]));
    let turned = report(&[("x/y", &other), ("o/r", &one)]);
    assert_eq!(turned, (ok(of_other), vec![of_other.into(), of_one.into()]));
    // Once each; a pin may ask for another ref than the first one has.
    let twice = report(&[("o/r", &one), ("o/r", &later), ("o/r", &one)]);
    assert_eq!(twice, (ok(of_one), vec![of_one.into(), of_later.into()]));
    // Who built it need not have published it.
    let with_built = report(&[("o/r", &built), ("x/y", &other)]);
    assert_eq!(with_built, (ok(of_other), vec![of_other.into()]));
    // Who was asked for does not change who is told.
    let document = json!({"version": 1, "attestation_bundles": [{
        "publisher": {"kind": "GitHub", "repository": "o/r", "workflow": "w.yml"},
        "attestations": [one],
    }]});
    let document =
        Provenance::parse(document.to_string().as_bytes(), &Limits::default()).expect("form");
    let file = Distribution::new(FILE, unhex(DIGEST)).expect("a name");
    let asked = Spec::parse("github:x/y:*").expect("a publisher");
    let refused = document.check(&parse_root(&root), &file, Some(&asked), None);
    assert_eq!(refused.outcome.map_err(|error| error.code()), Err("other-publisher"));
    assert_eq!(refused.identities.len(), 1);
    // Whatever else the document has counts for nothing once one of it is wrong.
    let wrong = report(&[("o/r", &one), ("o/r", &other)]);
    assert_eq!(wrong, (Err("publisher-mismatch"), vec![]));
}

#[test]
fn every_signature_is_needed() {
    let stranger = Who::Stranger;
    assert_eq!(with(|forge| forge.signer = stranger), Err("envelope-signature"));
    assert_eq!(with(|forge| forge.authority = stranger), Err("certificate-chain"));
    assert_eq!(with(|forge| forge.certificate_log = stranger), Err("sct-signature"));
    assert_eq!(with(|forge| forge.promise = stranger), Err("log-promise"));
    assert_eq!(with(|forge| forge.checkpoint = stranger), Err("checkpoint-signature"));
    assert_eq!(with(|forge| forge.scts = 0), Err("sct-missing"));
    assert_eq!(with(|forge| forge.scts = 9), Err("limit-reached"));
    assert_eq!(with(|forge| forge.sct_log = stranger), Err("sct-unknown-log"));
    assert_eq!(with(|forge| forge.issuer = "another"), Err("no-authority"));
}

#[test]
fn the_certificate_must_have_been_valid_when_it_was_logged() {
    for (logged, expected) in [
        (NOW - 301, Err("certificate-time")),
        (NOW - 300, holds()),
        (NOW + 300, holds()),
        (NOW + 301, Err("certificate-time")),
    ] {
        assert_eq!(with(|forge| forge.logged = logged), expected, "{}", logged - NOW);
    }
    // The authority's own certificate.
    assert_eq!(
        with(|forge| {
            forge.logged = NOW + 100_000_001;
            forge.validity = (NOW, NOW + 200_000_000);
        }),
        Err("certificate-time")
    );
}

#[test]
fn the_certificate_must_be_one_to_sign_code_with() {
    let replace = |place: usize, extension: Vec<u8>| {
        with(|forge| forge.extensions[place] = extension.clone())
    };
    let add = |extension: Vec<u8>| with(|forge| forge.extensions.push(extension.clone()));
    assert_eq!(replace(0, key_usage(0x04)), Err("certificate-form"));
    assert_eq!(replace(1, extended_key_usage(&[1])), Err("certificate-form"));
    assert_eq!(replace(1, extended_key_usage(&[1, 3])), holds());
    assert_eq!(
        with(|forge| {
            forge.extensions.remove(0);
        }),
        Err("certificate-form")
    );
    assert_eq!(
        with(|forge| {
            forge.extensions.remove(1);
        }),
        Err("certificate-form")
    );
    assert_eq!(add(constraints(false)), holds());
    assert_eq!(add(constraints(true)), Err("certificate-form"));
    assert_eq!(add(claim(30, "new")), holds());
    assert_eq!(add(claim(12, "https://github.com/o/r")), Err("certificate-form"));
    assert_eq!(add(extension(&[0x55, 0x1d, 0x24], false, &[0x30, 0])), holds());
    assert_eq!(
        add(extension(&[0x55, 0x1d, 0x24], true, &[0x30, 0])),
        Err("unsupported-certificate")
    );
    let other_name = extension(&[0x55, 0x1d, 0x11], true, &[0x30, 4, 0x82, 2, b'a', b'b']);
    assert_eq!(replace(2, other_name), Err("unsupported-certificate"));
    assert_eq!(
        with(|forge| {
            forge.extensions.remove(2);
        }),
        Err("certificate-form")
    );
    assert_eq!(replace(2, url(&"x".repeat(2049))), Err("limit-reached"));
}

#[test]
fn an_authority_that_may_not_issue_does_not_count() {
    let authority =
        |extensions: Vec<Vec<u8>>| with(|forge| forge.authority_extensions = extensions.clone());
    assert_eq!(authority(vec![key_usage(0x80), constraints(true)]), Err("no-authority"));
    assert_eq!(authority(vec![key_usage(0x04), constraints(false)]), Err("no-authority"));
    assert_eq!(authority(vec![key_usage(0x04)]), Err("no-authority"));
    let for_servers = vec![key_usage(0x04), constraints(true), extended_key_usage(&[1])];
    assert_eq!(authority(for_servers), Err("no-authority"));
    let for_code = vec![key_usage(0x04), constraints(true), extended_key_usage(&[3])];
    assert_eq!(authority(for_code), holds());
}

#[test]
fn the_log_entry_must_be_about_this_attestation() {
    for (body, expected) in [
        ((|_| {}) as fn(&mut Value), holds()),
        (|body| body["apiVersion"] = json!("0.0.2"), Err("log-entry-mismatch")),
        (|body| body["kind"] = json!("intoto"), Err("log-entry-mismatch")),
        (|body| body["spec"]["payloadHash"]["value"] = json!("00"), Err("log-entry-mismatch")),
        (
            |body| body["spec"]["payloadHash"]["algorithm"] = json!("sha512"),
            Err("log-entry-mismatch"),
        ),
        (
            |body| body["spec"]["signatures"][0]["signature"] = json!(b64("other")),
            Err("log-entry-mismatch"),
        ),
        (
            |body| {
                let mut pem = unb64(&body["spec"]["signatures"][0]["verifier"]);
                pem[40] ^= 1;
                body["spec"]["signatures"][0]["verifier"] = json!(b64(pem));
            },
            Err("log-entry-mismatch"),
        ),
        (
            |body| {
                let signature = body["spec"]["signatures"][0].clone();
                body["spec"]["signatures"] = json!([signature, signature]);
            },
            Err("log-entry-mismatch"),
        ),
        (|body| body["spec"]["signatures"] = json!([]), Err("log-entry-mismatch")),
        (|body| body["spec"] = json!({}), Err("log-entry-form")),
        // Nobody can check it: the envelope's spelling is not kept.
        (|body| body["spec"]["envelopeHash"]["value"] = json!("11"), holds()),
    ] {
        assert_eq!(with(|forge| forge.body = body), expected);
    }
}

#[test]
fn the_log_must_hold_the_entry() {
    assert_eq!(with(|forge| forge.tree_size = 2), Err("checkpoint-mismatch"));
    const ENTRY: &str = "/verification_material/transparency_entries/0";
    fn entry(attestation: &mut Value) -> &mut Value {
        attestation.pointer_mut(ENTRY).expect("an entry")
    }
    for (attestation, expected) in [
        (
            (|value| entry(value)["inclusionProof"]["logIndex"] = json!("1")) as fn(&mut Value),
            "log-inclusion",
        ),
        (|value| entry(value)["inclusionProof"]["hashes"] = json!([b64([0; 32])]), "log-inclusion"),
        (|value| entry(value)["integratedTime"] = json!("1735689601"), "log-promise"),
        (|value| entry(value)["logIndex"] = json!("8"), "log-promise"),
        (|value| entry(value)["integratedTime"] = json!("0"), "no-signed-time"),
        (
            |value| {
                entry(value).as_object_mut().expect("one").remove("inclusionPromise");
            },
            "no-signed-time",
        ),
        (|value| entry(value)["kindVersion"]["version"] = json!("0.0.2"), "unsupported-log-entry"),
        (
            |value| entry(value)["kindVersion"]["kind"] = json!("hashedrekord"),
            "unsupported-log-entry",
        ),
        (
            |value| value["verification_material"]["transparency_entries"] = json!([]),
            "log-entry-missing",
        ),
        (
            |value| {
                let one = entry(value).clone();
                value["verification_material"]["transparency_entries"] = json!(vec![one; 5]);
            },
            "limit-reached",
        ),
    ] {
        assert_eq!(with(|forge| forge.attestation = attestation), Err(expected));
    }
    // One that is not known beside one that holds; one that does not hold beside one that does.
    for (change, expected) in [
        (
            (|other: &mut Value| other["logId"]["keyId"] = json!(b64([7; 32]))) as fn(&mut Value),
            holds(),
        ),
        (|other| other["kindVersion"]["kind"] = json!("intoto"), holds()),
        (|_| {}, holds()),
        (|other| other["logIndex"] = json!("8"), Err("log-promise")),
    ] {
        let forge = Forge::default();
        let (root, mut attestation) = forge.make();
        let list = &mut attestation["verification_material"]["transparency_entries"];
        let mut other = list[0].clone();
        change(&mut other);
        list.as_array_mut().expect("a list").insert(0, other);
        let limits = Limits::default();
        let root = TrustedRoot::parse(root.to_string().as_bytes(), &limits).expect("a root");
        let attestation = Attestation::parse(attestation.to_string().as_bytes(), &limits);
        let verified = root.verify(&attestation.expect("form"), None);
        let publisher = verified
            .and_then(|verified| verified.identity())
            .map(|identity| identity.publisher.to_string());
        assert_eq!(publisher.map_err(|error| error.code()), expected);
    }
}

#[test]
fn the_statement_is_about_one_file_and_of_a_known_type() {
    for (place, value, expected) in [
        ("/_type", json!("https://in-toto.io/Statement/v0.1"), Err("unsupported-statement-type")),
        ("/predicateType", json!("https://slsa.dev/provenance/v0.2"), Err("unsupported-predicate")),
        // One that holds, and says nothing of who published.
        ("/predicateType", json!("https://slsa.dev/provenance/v1"), Err("no-publish-attestation")),
        ("/subject", json!([]), Err("subjects")),
        ("/subject/0/name", json!("forged-1.1.tar.gz"), Err("subject-name")),
        ("/subject/0/name", json!("Forged-1.0.0.tar.gz"), holds()),
        ("/subject/0/name", json!("../forged-1.0.tar.gz"), Err("subject-name")),
        ("/subject/0/digest/sha256", json!("00"), Err("subject-digest")),
        ("/subject/0/digest/sha256", json!(DIGEST.to_uppercase()), Err("subject-digest")),
        ("/subject/0/digest", json!({"sha512": DIGEST}), Err("statement-form")),
        ("/predicate", json!({"any": [1, -2, "thing", null]}), holds()),
        // Nothing that anybody reads there needs one: attest/DIFFERENCES.md.
        ("/predicate", json!({"fraction": 1.5}), Err("invalid-number")),
    ] {
        let outcome = with(|forge| {
            *forge.statement.pointer_mut(place).expect(place) = value.clone();
        });
        assert_eq!(outcome, expected, "{place} {value}");
    }
    let outcome = with(|forge| {
        let subject = forge.statement["subject"][0].clone();
        forge.statement["subject"] = json!([subject, subject]);
    });
    assert_eq!(outcome, Err("subjects"));
}

#[test]
fn an_attestation_with_numbers_that_are_not_read_fails_no_file_and_counts_for_nothing() {
    let beside = |publish: bool, uri: &str, predicate: Value| {
        let mut forge = Forge::default();
        forge.statement["predicateType"] = json!(uri);
        forge.statement["predicate"] = predicate;
        let (root, other) = forge.make();
        let mut attestations = vec![other];
        if publish {
            attestations.insert(0, Forge::default().make().1);
        }
        let document = json!({"version": 1, "attestation_bundles": [{
            "publisher": {"kind": "GitHub", "repository": "o/r", "workflow": "w.yml"},
            "attestations": attestations,
        }]});
        let file = Distribution::new(FILE, unhex(DIGEST)).expect("a name");
        let report = check(&root, &document, &file).expect("form");
        let told = report.attestations.last().expect("one").outcome.as_ref();
        let told = told.map(|_| ()).map_err(Error::code);
        let outcome = report.outcome.map(|_| ());
        (outcome.map_err(|error| (error.code(), error.counts_for_nothing())), told)
    };
    for uri in [
        "https://sbom.example/v1",
        "https://slsa.dev/provenance/v1",
        "https://docs.pypi.org/attestations/publish/v1",
    ] {
        for numbers in [
            json!({"score": 1.5}),
            json!({"size": 1e300}),
            json!({"below": -9_223_372_036_854_775_809.0}),
        ] {
            let found = beside(true, uri, numbers.clone());
            assert_eq!(found, (Ok(()), Err("invalid-number")), "{uri} {numbers}");
            let alone = (Err(("invalid-number", true)), Err("invalid-number"));
            assert_eq!(beside(false, uri, numbers.clone()), alone, "{uri} {numbers}");
        }
    }
    let text = beside(true, "https://sbom.example/v1", json!({"text": "\"1.5"}));
    assert_eq!(text, (Ok(()), Err("unsupported-predicate")));
}

#[test]
fn another_spelling_of_the_files_name_is_told() {
    let (root, attestation) = Forge::default().make();
    let document = json!({"version": 1, "attestation_bundles": [{
        "publisher": {"kind": "GitHub", "repository": "o/r", "workflow": "w.yml"},
        "attestations": [attestation],
    }]});
    for (name, expected) in [
        (FILE, (Ok(()), None)),
        ("Forged-1.0.0.tar.gz", (Ok(()), Some(FILE))),
        ("other-1.0.tar.gz", (Err("subject-name"), None)),
    ] {
        let file = Distribution::new(name, unhex(DIGEST)).expect("a name");
        let report = check(&root, &document, &file).expect("form");
        let outcome = report.outcome.map(|_| ()).map_err(|error| error.code());
        let found = (outcome, report.attestations[0].other_name.as_deref());
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn the_trusted_root_says_what_stands_before_a_logs_signatures_of_checkpoints() {
    let with = |key: Value, before: [u8; 4]| {
        let (mut root, attestation) = Forge { checkpoint_key: before, ..Forge::default() }.make();
        root["tlogs"][0]["checkpointKeyId"] = key;
        judge_by(&root, &attestation)
    };
    let own = Who::SignatureLog.checkpoint_key();
    let id = |bytes: &[u8]| json!({"keyId": b64(bytes)});
    assert_eq!(with(id(&own), own), holds());
    assert_eq!(with(id(&Who::SignatureLog.id()), own), holds());
    assert_eq!(with(Value::Null, own), holds());
    assert_eq!(with(id(&[1, 2, 3, 4]), [1, 2, 3, 4]), holds());
    assert_eq!(with(id(&[1, 2, 3, 4]), own), Err("checkpoint-signature"));
    assert_eq!(with(Value::Null, [1, 2, 3, 4]), Err("checkpoint-signature"));
    assert_eq!(with(id(&[1, 2, 3]), own), Err("trusted-root-form"));
    assert_eq!(with(json!({"keyId": b64(own), "more": 1}), own), Err("unsupported-log"));
    let (mut root, attestation) = Forge::default().make();
    root["ctlogs"][0]["checkpointKeyId"] = id(&own);
    assert_eq!(judge_by(&root, &attestation), holds());
}

#[test]
fn what_this_version_cannot_use_of_the_trusted_root_is_said_and_nobody_is_blamed() {
    let (root, attestation) = Forge::default().make();
    let told = |change: &dyn Fn(&mut Value)| {
        let mut root = root.clone();
        change(&mut root);
        let attestation =
            Attestation::parse(attestation.to_string().as_bytes(), &Limits::default());
        let error = parse_root(&root).verify(&attestation.expect("form"), None);
        let error = error.expect_err("it is needed");
        (error.code(), error.is_unsupported(), error.to_string())
    };
    let text = |what: &str| format!("this version of picotuf does not know the {what}");
    let rsa = "PKIX_RSA_PKCS1V15_2048_SHA256";
    for list in ["tlogs", "ctlogs"] {
        let of_key = told(&|root| root[list][0]["publicKey"]["keyDetails"] = json!(rsa));
        let expected = text(&format!("log of the trusted root `https://log.example ({rsa})`"));
        assert_eq!(of_key, ("unsupported-log", true, expected), "{list}");
        let of_member = told(&|root| root[list][0]["onlyFor"] = json!("x"));
        let expected = text("log of the trusted root `https://log.example (onlyFor)`");
        assert_eq!(of_member, ("unsupported-log", true, expected), "{list}");
        // An identifier that cannot be read is nobody's.
        let unread = told(&|root| root[list][0]["logId"] = json!({"key": "x"}));
        assert!(!unread.1, "{list}: {}", unread.2);
    }
    let authority = told(&|root| root["certificateAuthorities"][0]["onlyFor"] = json!("x"));
    let expected = text("authority of the trusted root `https://authority.example (onlyFor)`");
    assert_eq!(authority, ("unsupported-authority", true, expected));
    let nameless = told(&|root| {
        root["certificateAuthorities"][0] = {
            let chain = root["certificateAuthorities"][0]["certChain"].clone();
            json!({"certChain": chain, "onlyFor": "x"})
        };
    });
    assert_eq!(nameless.2, text("authority of the trusted root `onlyFor`"));
    // Another log and another authority are not it.
    let other = told(&|root| {
        root["tlogs"][0]["onlyFor"] = json!("x");
        root["tlogs"][0]["logId"] = json!({"keyId": b64([7; 32])});
    });
    assert_eq!((other.0, other.1), ("unknown-log", false));
    let ended = told(&|root| {
        let mut one = root["tlogs"][0].clone();
        one["publicKey"]["validFor"]["end"] = json!("2024-01-01T00:00:00Z");
        root["tlogs"][0]["onlyFor"] = json!("x");
        root["tlogs"].as_array_mut().expect("a list").push(one);
    });
    assert_eq!(ended.0, "unsupported-log");
}

#[test]
fn a_timestamp_of_an_authority_that_this_version_cannot_use_blames_nobody() {
    let (mut root, timestamp) = ForgeTimestamp::default().make();
    root["timestampAuthorities"][0]["onlyFor"] = json!("x");
    let error = parse_root(&root).verify_timestamp(&timestamp, b"").expect_err("not known");
    let expected = "this version of picotuf does not know the authority of the trusted root \
                    `https://timestamps.example (onlyFor)`";
    assert_eq!(error.to_string(), expected);
    root["timestampAuthorities"] = json!([]);
    let error = parse_root(&root).verify_timestamp(&timestamp, b"").expect_err("not there");
    assert_eq!(error.code(), "timestamp-unknown");
}

#[test]
fn an_old_key_of_a_certificate_log_cannot_date_back_what_is_signed_later() {
    const HOUR: i64 = 3600;
    let with = |before: i64, end: i64| {
        let forge = Forge { sct_time: NOW - before, ..Forge::default() };
        let (mut root, attestation) = forge.make();
        root["ctlogs"][0]["publicKey"]["validFor"]["end"] =
            json!(Time::from_unix(NOW + end).to_string());
        judge_by(&root, &attestation)
    };
    // Issued and logged within the certificate's ten minutes, while the key still counted.
    assert_eq!(with(0, 0), holds());
    assert_eq!(with(600, -600), holds());
    assert_eq!(with(0, -1), Err("sct-log-ended"));
    // Another time in the timestamp does not make an old key count.
    assert_eq!(with(601, -600), Err("sct-log-ended"));
    assert_eq!(with(HOUR, -HOUR), Err("sct-log-ended"));
    assert_eq!(with(HOUR, 0), holds());
    let forge = Forge { sct_time: NOW - HOUR, ..Forge::default() };
    let (mut root, attestation) = forge.make();
    root["ctlogs"][0]["publicKey"]["validFor"]["end"] = json!("2024-12-31T23:30:00Z");
    let attestation = Attestation::parse(attestation.to_string().as_bytes(), &Limits::default());
    let error = parse_root(&root).verify(&attestation.expect("form"), None).expect_err("ended");
    let expected = "the key of the certificate log counts from 2020-01-01T00:00:00Z to \
                    2024-12-31T23:30:00Z, and the certificate is of 2025-01-01T00:00:00Z";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn few_signatures_of_a_log_are_checked() {
    assert_eq!(with(|forge| forge.other_signatures = 3), holds());
    assert_eq!(with(|forge| forge.other_signatures = 4), Err("limit-reached"));
}

#[test]
fn the_certificate_names_the_publisher() {
    let replace = |place: usize, extension: Vec<u8>| {
        with(|forge| forge.extensions[place] = extension.clone())
    };
    let add = |extension: Vec<u8>| with(|forge| forge.extensions.push(extension.clone()));
    let other = claim(8, "https://issuer.example");
    assert_eq!(replace(3, other), Err("unsupported-issuer"));
    assert_eq!(replace(4, claim(12, "https://github.com/o/x")), Err("publisher-claims"));
    let other = claim(18, "https://github.com/o/r/.github/workflows/x.yml@refs/tags/v1");
    assert_eq!(replace(8, other), Err("publisher-mismatch"));
    // What started it is of another ref than what was built.
    assert_eq!(replace(5, claim(14, "refs/tags/v2")), Err("publisher-claims"));
    // The environment, which certificates have since 2026.
    assert_eq!(add(claim(23, "release")), holds());
    assert_eq!(add(claim(23, "Release")), holds());
    assert_eq!(add(claim(23, "test")), Err("publisher-mismatch"));
}

#[test]
fn a_timestamp_list_that_is_cut_is_refused() {
    const LIST: [u8; 10] = [0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];
    for value in [&[4, 2, 0, 1][..], &[4, 3, 0, 1, 0], &[4, 1, 0], &[4, 0], &[]] {
        let outcome = with(|forge| {
            forge.scts = 0;
            forge.extensions.push(extension(&LIST, false, value));
        });
        assert_eq!(outcome, Err("sct-form"), "{value:?}");
    }
    let empty = with(|forge| {
        forge.scts = 0;
        forge.extensions.push(extension(&LIST, false, &[4, 2, 0, 0]));
    });
    assert_eq!(empty, Err("sct-missing"));
}

#[test]
fn every_part_of_a_timestamp_decides() {
    let judge = |change: &dyn Fn(&mut ForgeTimestamp), message: &[u8]| {
        let mut forge = ForgeTimestamp { message: b"signature".into(), ..Default::default() };
        change(&mut forge);
        let (root, timestamp) = forge.make();
        let root = TrustedRoot::parse(root.to_string().as_bytes(), &Limits::default());
        let time = root.expect("a root").verify_timestamp(&timestamp, message);
        time.map(|time| time.unix()).map_err(|error| error.code())
    };
    let with = |change: &dyn Fn(&mut ForgeTimestamp)| judge(change, b"signature");
    assert_eq!(with(&|_| {}), Ok(NOW));
    assert_eq!(judge(&|_| {}, b"other"), Err("timestamp-mismatch"));
    assert_eq!(with(&|forge| forge.status = 1), Ok(NOW));
    assert_eq!(with(&|forge| forge.status = 2), Err("timestamp-form"));
    assert_eq!(with(&|forge| forge.signer = Who::Stranger), Err("timestamp-signature"));
    assert_eq!(with(&|forge| forge.digest = Some([7; 32])), Err("timestamp-signature"));
    assert_eq!(with(&|forge| forge.named = Some(b"other".into())), Err("timestamp-signature"));
    assert_eq!(with(&|forge| forge.content_type = &[0x2a, 3]), Err("timestamp-form"));
    assert_eq!(with(&|forge| forge.time = NOW + 1001), Err("certificate-time"));
    assert_eq!(with(&|forge| forge.time = NOW - 1001), Err("certificate-time"));
    assert_eq!(with(&|forge| forge.behind = vec![1, 1, 0xff, 2, 1, 9]), Ok(NOW));
    assert_eq!(with(&|forge| forge.behind = vec![1, 1, 0]), Err("timestamp-form"));
    assert_eq!(with(&|forge| forge.behind = vec![0xa1, 0]), Err("unsupported-timestamp"));
    // For code, or for more than timestamps.
    let uses = |purposes: &[u8]| {
        let extensions = vec![key_usage(0x80), extended_key_usage(purposes)];
        with(&|forge| forge.extensions = extensions.clone())
    };
    assert_eq!(uses(&[3]), Err("timestamp-unknown"));
    assert_eq!(uses(&[8, 3]), Err("certificate-form"));
}
