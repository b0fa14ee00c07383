//! Judges attestation objects with the crate `sigstore-verify`: a question in a line of JSON, an
//! answer in another, as `../oracle.py` does. It asks no identity.
//!
//! usage: picotuf-attest-peer FOLDER_OF_TRUSTED_ROOTS

use std::io::BufRead as _;

use serde_json::{Value, json};
use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::{Bundle, Sha256Hash};
use sigstore_verify::{VerificationPolicy, verify};

fn main() {
    let folder = std::env::args().nth(1).expect("the folder of trusted roots");
    let root = |name| TrustedRoot::from_file(format!("{folder}/{name}.json")).expect("a root");
    let (production, staging) = (root("production"), root("staging"));
    for line in std::io::stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line.expect("a line")).expect("a question");
        let root = if question["staging"] == true { &staging } else { &production };
        let error = judge(&question, root).err();
        println!("{}", json!({"error": error}));
    }
}

fn judge(question: &Value, root: &TrustedRoot) -> Result<(), String> {
    let attestation = question["attestation"].as_str().expect("text");
    let attestation: Value =
        serde_json::from_str(attestation).map_err(|error| error.to_string())?;
    let bundle = Bundle::from_json(&as_bundle(&attestation).to_string())
        .map_err(|error| error.to_string())?;
    let hash = Sha256Hash::from_hex(question["sha256"].as_str().expect("text"))
        .map_err(|error| error.to_string())?;
    verify(hash, &bundle, &VerificationPolicy::any_identity(), root)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

/// An attestation object of PEP 740 as a Sigstore bundle of version 0.3.
fn as_bundle(attestation: &Value) -> Value {
    let material = &attestation["verification_material"];
    let envelope = &attestation["envelope"];
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": {"rawBytes": material["certificate"]},
            "tlogEntries": material["transparency_entries"],
            "timestampVerificationData": {"rfc3161Timestamps": []},
        },
        "dsseEnvelope": {
            "payload": envelope["statement"],
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"sig": envelope["signature"]}],
        },
    })
}
