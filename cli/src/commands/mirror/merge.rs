//! `picotuf mirror --merge REPORT…`: the parts of one audit as a whole.
//!
//! A report is not signed: who merges it trusts the job that made it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::audit::{Counts, State, conclude};
use crate::error::CliError;
use crate::report::Report;

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

pub(super) fn run(files: &[PathBuf], report: &mut Report) -> Result<(), CliError> {
    let mut parts: Vec<u64> = Vec::new();
    let mut counts = Counts::default();
    let mut failures: Vec<Value> = Vec::new();
    let mut common: Option<State> = None;
    for path in files {
        let part = read(path)?;
        match &common {
            None => common = Some(part.state.clone()),
            Some(state) if *state == part.state => {}
            Some(state) => {
                let (expected, found) = (serde_json::to_value(state), serde_json::to_value(&part.state));
                return Err(CliError::new(
                    "other-audit",
                    "caller",
                    "the report is not of the same state as the others",
                )
                .file(path.display())
                .values(expected.unwrap_or_default(), found.unwrap_or_default())
                .hint("audit all parts of one state of the folder, with the same --at"));
            }
        }
        if let Some(twice) = part.parts.iter().find(|number| parts.contains(number)) {
            return Err(
                CliError::new("part-twice", "caller", format!("part {twice} is there twice")).file(path.display())
            );
        }
        parts.extend(&part.parts);
        // All parts verify the same roles.
        counts.roles = counts.roles.max(part.counts.roles);
        counts.targets += part.counts.targets;
        counts.files += part.counts.files;
        counts.bytes += part.counts.bytes;
        counts.absent += part.counts.absent;
        for failure in part.failures {
            // What is wrong with the metadata, each part has found.
            if !failures.contains(&failure) {
                failures.push(failure);
            }
        }
    }
    let Some(state) = common else {
        return Err(CliError::usage("--merge needs the reports of all parts"));
    };
    parts.sort_unstable();
    let missing: Vec<String> =
        (1..=state.of).filter(|part| !parts.contains(part)).map(|part| part.to_string()).collect();
    let lines: Vec<String> = failures.iter().map(line).collect();
    let concluded = conclude(report, &state, parts, &counts, failures, &lines);
    if !missing.is_empty() {
        let text = format!("of {} parts, these are missing: {}", state.of, missing.join(", "));
        return Err(CliError::new("part-missing", "caller", text));
    }
    concluded
}

fn read(path: &Path) -> Result<Part, CliError> {
    let text = fs::read_to_string(path).map_err(|error| CliError::io("read the report", path, &error))?;
    let verdict: Verdict = serde_json::from_str(&text).map_err(|error| {
        CliError::usage(format!("is no report of `picotuf mirror --check --json`: {error}")).file(path.display())
    })?;
    verdict.audit.ok_or_else(|| {
        let code = verdict.error.as_ref().and_then(|error| error["code"].as_str()).unwrap_or("nothing");
        CliError::new("no-audit", "repository", format!("the part ended before any file was looked at, with {code}"))
            .file(path.display())
    })
}

/// A failure of a report as a line.
fn line(failure: &Value) -> String {
    let text = |name: &str| failure[name].as_str().unwrap_or_default().to_owned();
    let file = [text("target"), text("file"), text("role")].into_iter().find(|text| !text.is_empty());
    let line = format!("{}: {} [{}]", file.unwrap_or_default(), text("message"), text("code"));
    crate::error::OneLine(&line).to_string()
}
