//! Makes the seeds of the fuzz targets.
//!
//! usage: cargo run -p picotuf-attest-tests --example seeds CORPUS

use std::fs::{create_dir_all, write};
use std::path::Path;

use picotuf_attest_tests::forge::{Forge, ForgeTimestamp};
use picotuf_attest_tests::unb64;
use serde_json::json;

fn main() {
    let corpus = std::env::args().nth(1).expect("the folder of the corpus");
    let put = |target: &str, name: &str, bytes: &[u8]| {
        let folder = Path::new(&corpus).join(target);
        create_dir_all(&folder).expect("a folder");
        write(folder.join(name), bytes).expect("a file");
    };
    let forge = Forge::default();
    let (root, attestation) = forge.make();
    let material = &attestation["verification_material"];
    let entry = &material["transparency_entries"][0];
    put("attest_bundle", "attestation.json", attestation.to_string().as_bytes());
    let provenance = json!({"version": 1, "attestation_bundles": [{
        "publisher": {"kind": "GitHub", "repository": "o/r", "workflow": "w.yml"},
        "attestations": [attestation],
    }]});
    put("attest_bundle", "provenance.json", provenance.to_string().as_bytes());
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": {"rawBytes": material["certificate"]},
            "tlogEntries": material["transparency_entries"],
        },
        "dsseEnvelope": {
            "payload": attestation["envelope"]["statement"],
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"sig": attestation["envelope"]["signature"]}],
        },
    });
    put("attest_bundle", "bundle.json", bundle.to_string().as_bytes());
    put("attest_certificate", "certificate.der", &unb64(&material["certificate"]));
    put("attest_certificate", "extensions.der", &forge.extensions.concat());
    let checkpoint = entry["inclusionProof"]["checkpoint"]["envelope"].as_str().expect("text");
    put("attest_checkpoint", "checkpoint.txt", checkpoint.as_bytes());
    let (authority, timestamp) = ForgeTimestamp::default().make();
    put("attest_der", "timestamp.der", &timestamp);
    put("attest_root", "timestamps.json", authority.to_string().as_bytes());
    put("attest_root", "root.json", root.to_string().as_bytes());
}
