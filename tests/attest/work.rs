//! The most work that a provenance document of 16 attestations makes: how many signatures are
//! checked, and how long it takes.

use std::time::Instant;

use picotuf_attest::limits::{LOG_ENTRIES_MAX, LOG_SIGNATURES_MAX, SCTS_MAX};
use picotuf_attest::{Distribution, Limits, Provenance};
use picotuf_attest_tests::forge::{DIGEST, FILE, Forge};
use picotuf_attest_tests::{parse_root, unhex};
use serde_json::{Value, json};

fn main() {
    // The one that holds stands last.
    let forge = Forge {
        scts: SCTS_MAX,
        other_signatures: LOG_SIGNATURES_MAX - 1,
        attestation: |attestation| {
            let entries = &mut attestation["verification_material"]["transparency_entries"];
            *entries = Value::from(vec![entries[0].clone(); LOG_ENTRIES_MAX]);
        },
        ..Forge::default()
    };
    let (root, attestation) = forge.make();
    let limits = Limits::default();
    let document = json!({"version": 1, "attestation_bundles": [{
        "publisher": {"kind": "GitHub", "repository": "o/r", "workflow": "w.yml"},
        "attestations": vec![attestation; limits.attestations],
    }]});
    let bytes = document.to_string();
    let root = parse_root(&root);
    let file = Distribution::new(FILE, unhex(DIGEST)).expect("a name");
    let start = Instant::now();
    let report = Provenance::parse(bytes.as_bytes(), &limits)
        .map(|document| document.check(&root, &file, None, None));
    let took = start.elapsed();
    report.expect("form").outcome.expect("it holds");
    // A promise and the checkpoint's for each entry, those of the certificate and its timestamps,
    // and that of the statement.
    let each = LOG_ENTRIES_MAX * (1 + LOG_SIGNATURES_MAX) + 1 + SCTS_MAX + 1;
    println!(
        "{} attestations of {each} signatures, {} KB: {} ms",
        limits.attestations,
        bytes.len() / 1000,
        took.as_millis()
    );
}
