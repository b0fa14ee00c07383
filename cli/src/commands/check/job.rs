//! The state of one run of `picotuf check`, and the reports on distributions.

use std::path::Path;
use std::sync::Arc;

use picotuf::OneLine;
use picotuf_client::Error;
use picotuf_client::check::Check;
use picotuf_client::publishers::{Attested, Verdict};
use picotuf_client::pypi::{Finding, shorten};
use serde_json::{Map, Value};

use crate::progress::Count;
use crate::report::{BAD, DIM, Expiry, GOOD, Report, Signers};
use crate::settings::Settings;

/// The state of one run of `picotuf check`.
pub(in crate::commands) struct Job<'j, 'w, 'a> {
    pub(in crate::commands) check: Check<'j, 'w, 'a>,
    pub(in crate::commands) settings: &'j Settings,
    pub(in crate::commands) report: &'j Report,
    /// Whether only one file was named.
    pub(in crate::commands) alone: bool,
    pub(in crate::commands) progress: Steps,
    /// The last error of a named file.
    pub(in crate::commands) last: Option<Error>,
}

/// The number of checks that have begun.
pub(in crate::commands) struct Steps {
    pub(in crate::commands) count: Count,
    pub(in crate::commands) begun: usize,
}

impl Job<'_, '_, '_> {
    /// Checks a distribution and reports the result.
    pub(super) fn distribution(&mut self, path: &Path, name: &str) -> Map<String, Value> {
        self.progress.begin(name);
        let checked = self.check.distribution(path);
        let entry = with_file(name, checked.json());
        let is_said = checked.verdict.is_some();
        match checked.verdict {
            Some(Ok(finding)) => say(name, &finding, self.settings, self.report),
            Some(Err(error)) => self.refused(name, error),
            None => {}
        }
        if let Some(attested) = checked.attested {
            self.attested(name, attested, is_said);
        }
        entry
    }

    /// Reports the attestations of a distribution, in a line of its own unless its name was
    /// printed.
    fn attested(&mut self, name: &str, attested: Attested, is_said: bool) {
        let style = if attested.holds() { GOOD } else { BAD };
        match is_said {
            true => {
                self.report.say(format_args!("  {style}{:<11}{style:#} {attested}", "by index"))
            }
            false => {
                self.report.say(format_args!("{style}{}{style:#}  {attested}", OneLine(name)));
            }
        }
        let Verdict::Refused(error) = attested.verdict else { return };
        match Arc::try_unwrap(error) {
            Ok(error) if self.alone && self.last.is_none() => {
                let has_file = error.detail().file.is_some();
                self.last = Some(if has_file { error } else { error.file(name) });
            }
            Ok(error) => self.report.failure(name, &error),
            // That of an index page is that of all files of its project.
            Err(error) => self.report.failure(name, &error),
        }
    }

    /// Reports that a file was refused. The error of a single file is printed at the end.
    pub(super) fn refused(&mut self, name: &str, error: Error) {
        if !self.alone {
            self.report.failure(name, &error);
        }
        self.last = Some(if error.detail().file.is_some() { error } else { error.file(name) });
    }
}

impl Steps {
    pub(super) fn begin(&mut self, name: &str) {
        self.count.next(self.begun, name);
        self.begun = self.begun.saturating_add(1);
    }
}

/// Adds the name of the file in front.
pub(super) fn with_file(name: &str, json: Map<String, Value>) -> Map<String, Value> {
    let mut entry = Map::from_iter([("file".to_owned(), Value::from(name))]);
    entry.extend(json);
    entry
}

/// Prints who signed the file, and the roles.
fn say(name: &str, finding: &Finding, settings: &Settings, report: &Report) {
    report.say(format_args!("{GOOD}{}{GOOD:#}  signed by {}", OneLine(name), finding.signed_by));
    let what = if finding.page.is_some() { "index page" } else { "target" };
    report.say(format_args!("  {what:<11} {}", OneLine(&finding.target)));
    for link in &finding.chain {
        report.say(format_args!(
            "  {:<11} version {}, {}, {}, {}",
            OneLine(&link.role.role).to_string(),
            link.role.version,
            Signers(&link.role),
            match link.owner {
                "developer" => "developers' keys",
                "pypi-offline" => "PyPI's offline keys",
                _ => "PyPI's online keys",
            },
            Expiry(link.role.expiry, settings.config.now),
        ));
    }
    report.say(format_args!("  {:<11} {}", "compared", finding.compared.join(", ")));
    if let Some(yanked) = finding.page.as_ref().and_then(|page| page.yanked.as_ref()) {
        report.say(format_args!("  {BAD}{:<11}{BAD:#} {}", "yanked", OneLine(yanked)));
    }
    if let Some(status) = &finding.project_status {
        report.say(format_args!("  {BAD}{:<11}{BAD:#} {}", "project", status.line()));
    }
    report.fields(finding.fields.as_ref());
    if let Some(custom) = &finding.custom {
        let custom = serde_json::from_str::<Value>(custom.get()).unwrap_or_default().to_string();
        report.say(format_args!("  {DIM}{:<11} {}{DIM:#}", "custom", OneLine(&shorten(&custom))));
    }
}
