//! Attestations, and what they are checked with: in none of it may anything panic, and nothing
//! holds but what was signed.

use std::sync::OnceLock;

use picotuf_attest::{
    Attestation, Checkpoint, Claims, Distribution, Error, Limits, Provenance, TrustedRoot,
};
use picotuf_attest_tests::forge::{DIGEST, FILE, Forge, ForgeTimestamp, NOW};
use picotuf_attest_tests::{b64, unhex};

/// The trusted root of an instance whose keys are known, and an attestation by it.
fn instance() -> &'static (TrustedRoot, String) {
    static INSTANCE: OnceLock<(TrustedRoot, String)> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        let (root, attestation) = Forge::default().make();
        let root = TrustedRoot::parse(root.to_string().as_bytes(), &Limits::default());
        (root.expect("a root"), attestation.to_string())
    })
}

/// Whoever says that an attestation holds says the one thing that was ever signed.
fn judge(root: &TrustedRoot, attestation: Result<Attestation, Error>) {
    let Ok(verified) = attestation.and_then(|attestation| root.verify(&attestation, None)) else {
        return;
    };
    assert_eq!(
        (verified.statement.name.as_str(), verified.statement.sha256.as_str()),
        (FILE, DIGEST)
    );
    let identity = verified.identity().expect("a publisher");
    assert_eq!(identity.publisher.to_string(), "github:o/r:w.yml");
}

/// Attestation objects, bundles and provenance documents.
pub fn attest_bundle(document: &[u8]) {
    let limits = Limits::default();
    let (root, _) = instance();
    judge(root, Attestation::parse(document, &limits));
    judge(root, Attestation::parse_bundle(document, &limits));
    if let Ok(provenance) = Provenance::parse(document, &limits) {
        let file = Distribution::new(FILE, unhex(DIGEST)).expect("a name");
        let report = provenance.check(root, &file, None, None);
        assert_eq!(report.attestations.len(), provenance.len());
        if let Ok(identity) = report.outcome {
            assert_eq!(identity.publisher.to_string(), "github:o/r:w.yml");
        }
    }
}

/// Certificates as they come, and ones that are signed whose extensions are made up.
pub fn attest_certificate(bytes: &[u8]) {
    let _ = Claims::of_unverified(bytes).map_err(|error| error.to_string());
    let forge = Forge { extensions: vec![bytes.into()], ..Forge::default() };
    let (root, attestation) = forge.make();
    let limits = Limits::default();
    let root = TrustedRoot::parse(root.to_string().as_bytes(), &limits).expect("a root");
    let attestation = Attestation::parse(attestation.to_string().as_bytes(), &limits);
    if let Ok(attestation) = attestation {
        // Whatever the extensions are, it is signed right: the log's timestamp too.
        let verified = root.verify(&attestation, None);
        if let Err(error) = &verified {
            assert_ne!(error.code(), "sct-signature");
        }
        let _ = verified.and_then(|verified| verified.identity());
    }
}

/// Checkpoints: what is read of one is what stands in its first lines.
pub fn attest_checkpoint(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        let lines =
            format!("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size, b64(checkpoint.root));
        assert!(text.starts_with(&lines), "{text:?} is read as {lines:?}");
    }
}

/// Timestamps, which hold most of DER: one alone was ever signed.
pub fn attest_der(bytes: &[u8]) {
    static ROOT: OnceLock<TrustedRoot> = OnceLock::new();
    let root = ROOT.get_or_init(|| {
        let (root, _) = ForgeTimestamp::default().make();
        TrustedRoot::parse(root.to_string().as_bytes(), &Limits::default()).expect("a root")
    });
    // The one that is in the corpus is of the empty message and of that time.
    match root.verify_timestamp(bytes, b"") {
        Ok(time) => assert_eq!(time.unix(), NOW),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Trusted roots: only one with the instance's own keys vouches for its attestation.
pub fn attest_root(document: &[u8]) {
    let limits = Limits::default();
    let Ok(root) = TrustedRoot::parse(document, &limits) else { return };
    let (_, attestation) = instance();
    judge(&root, Attestation::parse(attestation.as_bytes(), &limits));
    for passed in root.passed_over() {
        assert!(!passed.error.to_string().is_empty());
    }
}
