//! The verification of PyPI's attestations (PEP 740).

use alloc::string::ToString;
use alloc::vec::Vec;

use picotuf::Time;
use picotuf_attest::{
    Checked, Distribution, Limits, Provenance, Publisher, Report, Spec, TrustedRoot, Verified,
};

use crate::json::Json;
use crate::verdict::{Refusal, Verdict, shown};

/// A file, what is attested about it, and what it is verified by.
#[derive(Clone, Copy, Debug)]
pub struct Attested<'a> {
    /// The file's name.
    pub name: &'a str,
    /// The file's SHA-256.
    pub sha256: [u8; 32],
    /// The provenance document of the index.
    pub provenance: &'a [u8],
    /// Sigstore's trusted root, which the caller trusts.
    pub trusted_root: &'a [u8],
    /// The publisher that must have published the file, as `github:owner/repository:workflow`.
    /// Without one, the verdict says who did, and not whether that is the right one.
    pub publisher: Option<&'a str>,
    /// The present time. A later signature does not hold.
    pub now: Time,
}

/// Verifies what is attested about a file.
pub fn verify(attested: &Attested<'_>) -> Verdict {
    let asked = match attested.publisher.map(Spec::parse).transpose() {
        Ok(asked) => asked,
        Err(error) => return Refusal::usage(error.to_string()).into(),
    };
    let result = (|| {
        let file = Distribution::new(attested.name, attested.sha256)?;
        let root = TrustedRoot::parse(attested.trusted_root, &Limits::DEFAULT)?;
        Ok((file, root))
    })();
    let (file, root) = match result {
        Ok(parts) => parts,
        Err(error) => return Refusal::from(&error).into(),
    };
    let named = |error: &picotuf_attest::Error| {
        Some(Refusal { target: Some(attested.name.into()), ..Refusal::from(error) })
    };
    let mut verdict = Verdict::default();
    match Provenance::parse(attested.provenance, &Limits::DEFAULT) {
        Ok(provenance) => {
            let report = provenance.check(&root, &file, asked.as_ref(), Some(attested.now));
            verdict.error = report.outcome.as_ref().err().and_then(named);
            verdict.attested = Some(report);
        }
        Err(error) => verdict.error = named(&error),
    }
    verdict
}

impl From<&picotuf_attest::Error> for Refusal {
    fn from(error: &picotuf_attest::Error) -> Self {
        Refusal::new(error.code(), error.to_string(), error.blame().name())
    }
}

pub(crate) fn write(report: &Report, json: &mut Json) {
    json.open("attestations", '[');
    for Checked { outcome, other_name, .. } in &report.attestations {
        json.element_object();
        json.boolean("ok", outcome.is_ok());
        match outcome {
            Ok(verified) => {
                write_verified(verified, json);
                if let Some(name) = other_name {
                    json.text("other_name", &name.as_str());
                }
            }
            Err(error) => {
                json.text("code", &error.code());
                json.text("message", &error.to_string().as_str());
                json.boolean("unsupported", error.is_unsupported());
            }
        }
        json.close('}');
    }
    json.close(']');
    if let Ok(identity) = &report.outcome {
        write_publisher(&identity.publisher, json);
    }
}

fn write_publisher(publisher: &Publisher, json: &mut Json) {
    json.open("publisher", '{');
    json.text("kind", &publisher.kind());
    json.text("spec", &publisher.to_string().as_str());
    json.close('}');
}

fn write_verified(verified: &Verified, json: &mut Json) {
    json.text("predicate", &verified.statement.predicate.uri());
    match verified.identity() {
        Ok(identity) => write_publisher(&identity.publisher, json),
        Err(_) => json.bare("publisher", &"null"),
    }
    json.texts("times", &verified.times.iter().map(|time| shown(time)).collect::<Vec<_>>());
    json.open("logged", '[');
    for logged in &verified.log_entries {
        json.element_object();
        json.text("log", &logged.log.as_str());
        json.text("log_id", &hex(&logged.log_id).as_str());
        json.bare("index", &logged.index);
        json.text("kind", &logged.kind.as_str());
        match &logged.integrated_time {
            Some(time) => json.text("time", time),
            None => json.bare("time", &"null"),
        }
        json.close('}');
    }
    json.close(']');
    json.open("certificate", '{');
    verified.claims.named().for_each(|(name, claim)| json.text(name, &claim));
    json.close('}');
}

fn hex(bytes: &[u8]) -> alloc::string::String {
    let digit = |of: u8| char::from_digit(u32::from(of), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}
