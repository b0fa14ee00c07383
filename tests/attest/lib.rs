//! What the tests of attestations share: recorded attestations, Sigstore's trusted roots, and other
//! verifiers to judge beside picotuf.

#![allow(missing_docs, reason = "tests alone read them, and the names say it")]

pub mod forge;
pub mod peer;

use std::path::PathBuf;

use base64ct::{Base64, Encoding as _};
use picotuf_attest::{Attestation, Distribution, Error, Limits, Provenance, Report, TrustedRoot};
use serde_json::Value;

/// A recorded attestation, and the file that it is about.
pub struct Recorded {
    /// The file's name in `recorded`.
    pub attestation: &'static str,
    pub file: &'static str,
    /// Of the file.
    pub sha256: &'static str,
    /// By Sigstore's staging instance.
    pub staging: bool,
    pub publisher: &'static str,
    pub logged: &'static str,
    pub index: u64,
}

/// All attestations that pypi-attestations records, each once.
pub const RECORDED: &[Recorded] = &[
    Recorded {
        attestation: "circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl.publish.attestation",
        file: "circleci_sign_publish_example-0.0.1.dev137-py3-none-any.whl",
        sha256: "8cb34da1e27336f11a2c43f3f9c7433bd76f24f470c904724f06ad7f131d9e9f",
        staging: false,
        publisher: "circleci:fdd9283f-e619-46af-8f9c-851f7d3e8b2b:8e4f8ab2-8d7c-4827-9f15-de076d6d647f",
        logged: "2026-02-05T22:59:42Z",
        index: 920_610_516,
    },
    Recorded {
        attestation: "gitlab_oidc_project-0.0.3.tar.gz.publish.attestation",
        file: "gitlab_oidc_project-0.0.3.tar.gz",
        sha256: "c1ca9b0d85df1606451098233018534497bf584362e10e4a8c21dfaea92c02a8",
        staging: false,
        publisher: "gitlab:facutuesca/gitlab-oidc-project:.gitlab-ci.yml",
        logged: "2024-11-19T17:37:00Z",
        index: 149_945_774,
    },
    Recorded {
        attestation: "pypi_attestations-0.0.19.tar.gz.publish.attestation",
        file: "pypi_attestations-0.0.19.tar.gz",
        sha256: "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3",
        staging: false,
        publisher: "github:trailofbits/pypi-attestations:release.yml",
        logged: "2024-12-04T23:14:01Z",
        index: 153_454_663,
    },
    Recorded {
        attestation: "pypi_attestations-0.0.19.tar.gz.slsa.attestation",
        file: "pypi_attestations-0.0.19.tar.gz",
        sha256: "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3",
        staging: false,
        publisher: "github:trailofbits/pypi-attestations:release.yml",
        logged: "2024-12-04T23:13:46Z",
        index: 153_454_647,
    },
    Recorded {
        attestation: "pypi_attestation_models-0.0.4a2.tar.gz.attestation",
        file: "pypi_attestation_models-0.0.4a2.tar.gz",
        sha256: "c9709ce6fd5b67b59b4a28758cf14d3f411803c4b89b6068b1f1a8e4ee94c8ef",
        staging: false,
        publisher: "github:trailofbits/pypi-attestation-models:release.yml",
        logged: "2024-06-10T19:47:25Z",
        index: 101_487_427,
    },
    Recorded {
        attestation: "rfc8785-0.1.2-py3-none-any.whl.publish.attestation",
        file: "rfc8785-0.1.2-py3-none-any.whl",
        sha256: "c4e92e9ecc828bef2aa7dba1de8ac983511f7532a0df11c770d39099a25cf201",
        staging: true,
        publisher: "person",
        logged: "2024-06-06T18:39:05Z",
        index: 28_175_749,
    },
    Recorded {
        attestation: "spt3g-1.0-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl.publish.attestation",
        file: "spt3g-1.0-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        sha256: "d2772f9a5199f05ed1be8d9aa78b879e51772e3ead9d73fe8057257b1aec7cf8",
        staging: true,
        publisher: "person",
        logged: "2025-06-03T02:11:48Z",
        index: 43_047_182,
    },
];

impl Recorded {
    pub fn bytes(&self) -> Vec<u8> {
        recorded(self.attestation)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes()).expect("JSON")
    }

    pub fn distribution(&self) -> Distribution<'static> {
        Distribution::new(self.file, unhex(self.sha256)).expect("a file name")
    }

    pub fn root(&self) -> Value {
        root(self.staging)
    }

    /// What picotuf says of it in another form and by another trusted root.
    pub fn judge(&self, root: &TrustedRoot, attestation: &[u8]) -> Result<String, Error> {
        let attestation = Attestation::parse(attestation, &Limits::default())?;
        let verified = root.verify(&attestation, None)?;
        verified.statement.is_about(&self.distribution())?;
        match verified.identity() {
            Ok(identity) => Ok(identity.publisher.to_string()),
            Err(_) => Ok(verified.claims.subject),
        }
    }
}

/// The folder that `fetch.py` filled.
pub fn data() -> PathBuf {
    let folder = std::env::var_os("PICOTUF_ATTESTATIONS")
        .expect("PICOTUF_ATTESTATIONS names the folder that fetch.py filled: use tests/attest/run");
    PathBuf::from(folder)
}

fn read(path: PathBuf) -> Vec<u8> {
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn recorded(name: &str) -> Vec<u8> {
    read(data().join("recorded").join(name))
}

/// A file of one of the crates, as JSON.
pub fn of_crate(path: &str) -> Value {
    serde_json::from_slice(&read(data().join("crates").join(path))).expect("JSON")
}

/// Sigstore's trusted root.
pub fn root(staging: bool) -> Value {
    let name = if staging { "staging.json" } else { "production.json" };
    serde_json::from_slice(&read(data().join("roots").join(name))).expect("JSON")
}

pub fn parse_root(root: &Value) -> TrustedRoot {
    TrustedRoot::parse(root.to_string().as_bytes(), &Limits::default()).expect("a trusted root")
}

/// What a provenance document comes to.
pub fn check(root: &Value, provenance: &Value, file: &Distribution<'_>) -> Result<Report, Error> {
    let provenance = Provenance::parse(provenance.to_string().as_bytes(), &Limits::default())?;
    Ok(provenance.check(&parse_root(root), file, None, None))
}

pub fn unhex(text: &str) -> [u8; 32] {
    let byte = |place: usize| u8::from_str_radix(&text[place..place + 2], 16).expect("hex");
    std::array::from_fn(|place| byte(2 * place))
}

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    Base64::encode_string(bytes.as_ref())
}

/// Bytes of a member in base64.
pub fn unb64(value: &Value) -> Vec<u8> {
    let text: String = value.as_str().expect("text").split_whitespace().collect();
    Base64::decode_vec(&text).expect("base64")
}
