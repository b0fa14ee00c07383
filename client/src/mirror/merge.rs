//! Merges the reports of the parts of an audit.
//!
//! Reports are not signed: the user trusts the jobs that made them.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::Shard;
use super::audit::{Counts, State, verdict};
use crate::code::Code;
use crate::error::Error;

#[derive(Deserialize)]
struct Verdict {
    audit: Option<Part>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Part {
    state: State,
    parts: Vec<u64>,
    counts: Counts,
    failures: Vec<Value>,
}

/// The merged parts of an audit.
#[derive(Debug)]
pub struct Merged {
    /// The common state of the parts.
    pub state: State,
    /// The numbers of the parts.
    pub parts: BTreeSet<u64>,
    /// The sums of the counts.
    pub counts: Counts,
    /// The faults as JSON, each once.
    pub failures: Vec<Value>,
}

/// Merges the JSON reports of the parts of an audit.
///
/// # Errors
/// [`Code::OtherAudit`], [`Code::PartTwice`], [`Code::NoAudit`], [`Code::Io`]; wrong usage for a
/// file that is not a report. [`Merged::verdict`] reports missing parts.
pub fn merge(files: &[PathBuf]) -> Result<Merged, Error> {
    let mut parts: BTreeSet<u64> = BTreeSet::new();
    let mut counts = Counts::default();
    let mut failures: Vec<Value> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    let mut common: Option<State> = None;
    for path in files {
        let part = read(path)?;
        must_be_the_same(common.get_or_insert_with(|| part.state.clone()), &part.state, path)?;
        for number in part.parts {
            if !parts.insert(number) {
                let text = format!("part {number} occurs twice");
                return Err(Error::new(Code::PartTwice, text).file(path.display()));
            }
        }
        let added = counts.add(&part.counts);
        added.ok_or_else(|| no_report("the counts overflow").file(path.display()))?;
        // Each part finds the same faults of the metadata.
        failures
            .extend(part.failures.into_iter().filter(|failure| known.insert(failure.to_string())));
    }
    let state = common.ok_or_else(|| Error::usage("--merge needs the reports of all parts"))?;
    Ok(Merged { state, parts, counts, failures })
}

impl Merged {
    /// Returns a line for each fault, safe for a terminal.
    pub fn lines(&self) -> Vec<String> {
        self.failures.iter().map(line).collect()
    }

    /// Returns the verdict.
    ///
    /// # Errors
    /// [`Code::PartMissing`]; [`Code::MirrorNotWhole`].
    pub fn verdict(&self) -> Result<(), Error> {
        let of = self.state.of;
        let mut missing = (1..=of).filter(|part| !self.parts.contains(part));
        let shown: Vec<String> =
            missing.by_ref().take(MISSING_SHOWN).map(|part| part.to_string()).collect();
        let more = missing.count();
        if !shown.is_empty() {
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let text = format!("parts of {of} are missing: {}{more}", shown.join(", "));
            return Err(Error::new(Code::PartMissing, text));
        }
        verdict(self.failures.len())
    }
}

/// Checks that two parts have the same state of the folder and the same selection.
fn must_be_the_same(expected: &State, found: &State, path: &Path) -> Result<(), Error> {
    if expected == found {
        return Ok(());
    }
    let values = [expected, found].map(|state| serde_json::to_value(state).unwrap_or_default());
    let [expected, found] = values;
    let differs = expected
        .as_object()
        .into_iter()
        .flatten()
        .find(|(name, value)| found[name.as_str()] != **value);
    let member = differs.map_or("state", |(name, _)| name).to_owned();
    let text = format!("the report and the first one are of different audits: `{member}` differs");
    Err(Error::new(Code::OtherAudit, text).file(path.display()).values(expected, found).hint(
        "audit all parts of the same folder, unchanged, with the same --at, --targets, --project, \
             --target-name and --no-hash-prefix",
    ))
}

fn no_report(why: &str) -> Error {
    Error::usage(format!("the file is not a report of `picotuf mirror --check --json`: {why}"))
}

fn read(path: &Path) -> Result<Part, Error> {
    let text =
        fs::read_to_string(path).map_err(|error| Error::io("read the report", path, &error))?;
    let verdict: Verdict = serde_json::from_str(&text)
        .map_err(|error| no_report(&error.to_string()).file(path.display()))?;
    let part = verdict.audit.ok_or_else(|| {
        let code =
            verdict.error.as_ref().and_then(|error| error["code"].as_str()).unwrap_or("nothing");
        Error::new(Code::NoAudit, format!("the part failed before it checked a file, with {code}"))
            .file(path.display())
    })?;
    // Check the number of parts before it bounds a loop.
    let of = part.state.of;
    if part.parts.is_empty() || part.parts.iter().any(|number| Shard::new(*number, of).is_none()) {
        let why = format!(
            "parts {:?} of {of} are not numbers from 1 to N, with N up to {}",
            part.parts,
            Shard::MAX
        );
        return Err(no_report(&why).file(path.display()));
    }
    Ok(part)
}

/// Returns a fault of a report as one line.
fn line(failure: &Value) -> String {
    let text = |name: &str| failure[name].as_str().unwrap_or_default().to_owned();
    let file =
        [text("target"), text("file"), text("role")].into_iter().find(|text| !text.is_empty());
    let line = format!("{}: {} [{}]", file.unwrap_or_default(), text("message"), text("code"));
    picotuf::OneLine(&line).to_string()
}

/// The maximum number of missing parts in the message.
const MISSING_SHOWN: usize = 20;
