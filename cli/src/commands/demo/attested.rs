//! The demo's part about attestations: a real release of PyPI with its real attestation, verified
//! by Sigstore's real trusted root, and attacks on it.

use std::time::Instant;

use picotuf_attest::{Limits, Report as Attested, Spec, TrustedRoot};
use picotuf_client::attestations;
use picotuf_client::memory::Memory;
use picotuf_client::session::FoundTarget;
use picotuf_client::sigstore::TARGET;
use picotuf_client::target_file::check;
use picotuf_client::{Error, TrustedRole};
use serde_json::{Value, json};

use super::{Demo, Took, micros, unexpected};
use crate::commands::shared::workspace;
use crate::report::{BOLD, GOOD};

impl Demo<'_> {
    /// Verifies the release, then attacks it.
    pub(super) fn attested(&mut self) -> Result<(), Error> {
        self.report.say(format_args!("\n{BOLD}Who published a file{BOLD:#} (PEP 740): {ABOUT}"));
        let (found, trusted) = self.sigstore(ROOT, &|name| file(METADATA, name))?;
        let root = trusted_root(&found, TRUSTED_ROOT)?;
        let start = Instant::now();
        let asked =
            Spec::parse(PUBLISHER).map_err(|_| unexpected(PUBLISHER, "it is no publisher"))?;
        let report = self.judge(RELEASE, PROVENANCE, &root, Some(&asked))?;
        let took = start.elapsed();
        let identity = report.outcome.as_ref().map_err(|error| Error::from(error.clone()))?;
        let mut verified = report.attestations.iter().filter_map(|one| one.outcome.as_ref().ok());
        let logged = verified.next().and_then(|verified| verified.log_entries.first());
        let (Some(logged), Some(commit)) = (logged, identity.claims.commit.as_deref()) else {
            return Err(unexpected(NAME, "no log has its attestation"));
        };
        let time = logged.integrated_time.map(|time| time.to_string()).unwrap_or_default();
        self.report.say(format_args!("  {NAME}"));
        self.report.say(format_args!(
            "    {GOOD}attested{GOOD:#} by {}, in {}",
            identity.publisher,
            Took(took)
        ));
        self.report.say(format_args!("    commit {commit}"));
        self.report
            .say(format_args!("    logged {time} in {}, entry {}", logged.log, logged.index));
        self.steps.push(json!({
            "step": "attestation", "file": NAME, "publisher": identity.publisher.to_string(),
            "commit": commit,
            "logged": time, "log": logged.log, "index": logged.index, "microseconds": micros(took),
        }));
        self.report.say("");
        self.report.say(format_args!("{BOLD}Four attacks{BOLD:#} on that"));
        self.attacks(&root, &asked, &trusted)
    }

    fn attacks(
        &mut self,
        root: &TrustedRoot,
        asked: &Spec,
        trusted: &Memory<'_>,
    ) -> Result<(), Error> {
        let start = Instant::now();
        let mut other = RELEASE.to_vec();
        if let Some(byte) = other.last_mut() {
            *byte ^= 1;
        }
        let verdict = outcome(self.judge(&other, PROVENANCE, root, Some(asked)));
        let what = "the attestation beside a changed file";
        self.refused("another file", what, verdict, "subject-digest", None, start)?;

        let start = Instant::now();
        let stranger = Spec::parse(OTHER_PUBLISHER)
            .map_err(|_| unexpected(OTHER_PUBLISHER, "it is no publisher"))?;
        let verdict = outcome(self.judge(RELEASE, PROVENANCE, root, Some(&stranger)));
        let what = "somebody else than was asked for";
        self.refused("another publisher", what, verdict, "other-publisher", None, start)?;

        let start = Instant::now();
        let changed =
            earlier_entry().ok_or(unexpected(NAME, "its provenance cannot be changed"))?;
        let verdict = outcome(self.judge(RELEASE, &changed, root, Some(asked)));
        let what = "the time of the log entry, set back";
        self.refused("a changed log entry", what, verdict, "log-promise", None, start)?;

        // It is no attack that the metadata is new: that is how Sigstore would end a stolen key.
        let start = Instant::now();
        let ended = |name: &str| file(ENDED_METADATA, name).or_else(|| file(METADATA, name));
        let (found, _, _) = self.update(trusted.with_repository(&ended))?;
        let root = trusted_root(&found, ENDED_TRUSTED_ROOT)?;
        let verdict = outcome(self.judge(RELEASE, PROVENANCE, &root, Some(asked)));
        let what = "logged after Sigstore ended the log's key";
        self.refused("an ended key", what, verdict, "log-ended", None, start)
    }

    /// Gets Sigstore's trusted root from a repository of the shape of Sigstore's.
    fn sigstore(
        &mut self,
        root: &[u8],
        repository: &'static dyn Fn(&str) -> Option<&'static [u8]>,
    ) -> Result<(FoundTarget, Memory<'static>), Error> {
        let start = Instant::now();
        let (found, roles, host) = self.update(Memory::new(root, repository))?;
        let took = start.elapsed();
        let names: Vec<_> =
            roles.iter().map(|role| format!("{} {}", role.role, role.version)).collect();
        self.report.say(format_args!("  {TARGET:<18}  verified by TUF: {}", names.join(", ")));
        let by = roles.iter().find(|role| role.role == "targets");
        let by = by.map(|role| format!("{} of {} keys", role.signing_keys, role.keys));
        self.report.say(format_args!(
            "  {:<18}  {} bytes, signed by {}, in {}",
            "",
            found.target.length,
            by.unwrap_or_default(),
            Took(took)
        ));
        self.steps.push(json!({
            "step": "trusted-root", "target": TARGET, "length": found.target.length,
            "delegation_path": found.delegation_path, "microseconds": micros(took),
        }));
        Ok((found, host))
    }

    /// Refreshes, and finds the trusted root.
    fn update<'r>(
        &self,
        host: Memory<'r>,
    ) -> Result<(FoundTarget, Vec<TrustedRole>, Memory<'r>), Error> {
        let mut workspace = workspace();
        let mut session = self.session(&mut workspace, self.now, host);
        session.run()?;
        let found = session.find(TARGET)?;
        Ok((found, session.roles().to_vec(), session.into_host()))
    }

    fn judge(
        &self,
        release: &[u8],
        provenance: &[u8],
        root: &TrustedRoot,
        asked: Option<&Spec>,
    ) -> Result<Attested, Error> {
        let sha256 = picotuf::sha256(release);
        attestations::verify(NAME, sha256, provenance, root, asked, self.now)
    }
}

/// What a report comes to.
fn outcome(report: Result<Attested, Error>) -> Result<(), Error> {
    report?.outcome.map(drop).map_err(Error::from)
}

/// Reads a trusted root that is the target which was found.
fn trusted_root(found: &FoundTarget, bytes: &[u8]) -> Result<TrustedRoot, Error> {
    check(&found.target, &mut &bytes[..])
        .map_err(|_| unexpected(TARGET, "it is not the one that is signed"))?;
    Ok(TrustedRoot::parse(bytes, &Limits::DEFAULT)?)
}

/// The provenance with an earlier time in its log entry.
fn earlier_entry() -> Option<Vec<u8>> {
    let mut provenance: Value = serde_json::from_slice(PROVENANCE).ok()?;
    let time = provenance.pointer_mut(
        "/attestation_bundles/0/attestations/0/verification_material/transparency_entries/0/integratedTime",
    )?;
    let earlier: i64 = time.as_str()?.parse().ok()?;
    *time = earlier.checked_sub(86_400)?.to_string().into();
    serde_json::to_vec(&provenance).ok()
}

fn file(files: &[(&str, &'static [u8])], name: &str) -> Option<&'static [u8]> {
    files.iter().find(|(file, _)| *file == name).map(|(_, bytes)| *bytes)
}

macro_rules! files {
    ($folder:literal: $($name:literal)*) => {
        &[$(($name, include_bytes!(concat!("../../../demo/attested/", $folder, "/", $name)))),*]
    };
}

const METADATA: &[(&str, &[u8])] =
    files! { "sigstore": "1.root.json" "timestamp.json" "1.snapshot.json" "1.targets.json" };
const ENDED_METADATA: &[(&str, &[u8])] =
    files! { "ended-key/sigstore": "timestamp.json" "2.snapshot.json" "2.targets.json" };
const ROOT: &[u8] = include_bytes!("../../../demo/attested/root.json");
const TRUSTED_ROOT: &[u8] = include_bytes!(
    "../../../demo/attested/sigstore/targets/6494e21ea73fa7ee769f85f57d5a3e6a08725eae1e38c755fc3517c9e6bc0b66.trusted_root.json"
);
const ENDED_TRUSTED_ROOT: &[u8] = include_bytes!(
    "../../../demo/attested/ended-key/sigstore/targets/131c1d2faf4950c5c3b13af54bb3d4bde10f19d86b565b0b9f57f4c3b176841f.trusted_root.json"
);
const NAME: &str = "pypi_attestations-0.0.19.tar.gz";
const RELEASE: &[u8] = include_bytes!("../../../demo/attested/pypi_attestations-0.0.19.tar.gz");
const PROVENANCE: &[u8] =
    include_bytes!("../../../demo/attested/pypi_attestations-0.0.19.tar.gz.provenance");
const PUBLISHER: &str = "github:trailofbits/pypi-attestations:release.yml";
const OTHER_PUBLISHER: &str = "github:somebody-else/pypi-attestations:release.yml";
const ABOUT: &str = "a release on PyPI and its attestation, both real,\n\
    by Sigstore's real trusted root, which a repository like Sigstore's distributes, made with \
    test keys";
