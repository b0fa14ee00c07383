//! Reports on lock files: every pinned file, and every entry that cannot be checked.

use std::path::Path;

use picotuf::OneLine;
use picotuf::pypi::SignedBy;
use picotuf_client::check::{
    BuildVerdict, EntryReport, FileVerdict, LockReport, PinReport, Progress,
};
use picotuf_client::lock::{Environment, Place};
use picotuf_client::publishers::Verdict;
use picotuf_client::pypi::{KnownFields, UncheckedReason};
use serde_json::{Map, Value, json};

use super::job::{Job, with_file};
use crate::report::{BAD, DIM, GOOD, Report};

impl Job<'_, '_, '_> {
    /// Checks a lock file and reports the result.
    pub(in crate::commands) fn lock_file(&mut self, path: &Path, name: &str) -> Map<String, Value> {
        let (report, progress) = (self.report, &mut self.progress);
        let mut entries = Vec::new();
        let mut is_begun = false;
        let variables = |name: &str| std::env::var(name).ok();
        let checked = self.check.lock_file(path, self.alone, &variables, &mut |told| match told {
            Progress::Read(format, files) => {
                progress.count.more(files);
                progress.begin(name);
                is_begun = true;
                report.say(format_args!("{}  {}", OneLine(name), format.name()));
            }
            Progress::Begin(what) => progress.begin(what),
            Progress::Entry(entry) => {
                say(entry, report);
                if report.is_json() {
                    entries.extend(entry.json());
                }
            }
            _ => {}
        });
        if !is_begun {
            progress.begin(name);
        }
        let mut told = with_file(name, checked.json());
        match checked {
            LockReport::Checked { .. } => drop(told.insert("entries".to_owned(), entries.into())),
            LockReport::Unsupported(reason) => {
                say_unchecked(name, &reason, &Place { file: path.into(), line: 1 }, report);
            }
            LockReport::Refused(error) => self.refused(name, error),
        }
        told
    }
}

impl Job<'_, '_, '_> {
    /// Checks what is installed in an environment and reports the result.
    pub(in crate::commands) fn environment(
        &mut self,
        environment: Environment,
        name: &str,
    ) -> Map<String, Value> {
        let (report, progress) = (self.report, &mut self.progress);
        let mut entries = Vec::new();
        let records = environment.records;
        let checked = self.check.environment(environment, &mut |told| match told {
            Progress::Read(format, files) => {
                progress.count.more(files);
                progress.begin(name);
                report.say(format_args!("{}  {}", OneLine(name), format.name()));
            }
            Progress::Begin(what) => progress.begin(what),
            Progress::Entry(entry) => {
                say(entry, report);
                if report.is_json() {
                    entries.extend(entry.json());
                }
            }
            _ => {}
        });
        let outside = match records.outside {
            0 => String::new(),
            count => format!(", {count} are not in the environment"),
        };
        report.say(format_args!(
            "{} files of {} projects are as RECORD lists them, which nobody signed; {} have no \
             hash there{outside}",
            records.matching, records.projects, records.without_hash
        ));
        let mut told = with_file(name, checked.json());
        told.insert("entries".to_owned(), entries.into());
        told.insert(
            "record".to_owned(),
            json!({
                "projects": records.projects,
                "matching": records.matching,
                "without_hash": records.without_hash,
                "outside": records.outside,
            }),
        );
        told
    }
}

/// Prints the result of an entry.
fn say(entry: &EntryReport, report: &Report) {
    match entry {
        EntryReport::Pin(pin) => say_pin(pin, report),
        EntryReport::Unchecked { what, place, reason } => {
            say_unchecked(what, reason, place, report);
        }
        EntryReport::Refused { what, error, .. } => report.failure(what, error),
        EntryReport::NotCounted(unchecked) => {
            let (what, code) = (OneLine(&unchecked.what), unchecked.why.code());
            report.say(format_args!("  {DIM}{what}  {} [{code}]{DIM:#}", unchecked.why));
        }
    }
}

/// Prints the result of a pin: each file that is not signed, and the number of files by signer.
fn say_pin(pin: &PinReport, report: &Report) {
    let pinned = &pin.pinned;
    let mut signed: Vec<(SignedBy, usize)> = Vec::new();
    let (mut yanked, mut status) = (None, None);
    for (file, verdict) in pinned.files.iter().zip(&pin.files) {
        let what = pinned.file_for_people(file);
        match verdict {
            FileVerdict::NotAsked => {}
            FileVerdict::Signed(finding) => {
                match signed.iter_mut().find(|(by, _)| *by == finding.signed_by) {
                    Some((_, count)) => *count = count.saturating_add(1),
                    None => signed.push((finding.signed_by, 1)),
                }
                let by_target = finding.fields.as_ref().and_then(KnownFields::yanked);
                let by_page = || finding.page.as_ref()?.yanked.as_deref();
                yanked = yanked.or(by_target).or_else(by_page);
                status = status.or(finding.project_status.as_ref());
            }
            FileVerdict::Unchecked(reason) => {
                say_unchecked(&what, reason, &pinned.place, report);
            }
            // The error is told with that of its attestations, in one line.
            FileVerdict::Refused(_) => {}
        }
    }
    for (place, file) in pinned.files.iter().enumerate() {
        let by_repository = match pin.files.get(place) {
            Some(FileVerdict::Refused(error)) => Some(error),
            _ => None,
        };
        let by_index = match pin.attested.get(place).map(|attested| &attested.verdict) {
            Some(Verdict::Refused(error)) => Some(&**error),
            _ => None,
        };
        let errors: Vec<_> = by_repository.into_iter().chain(by_index).collect();
        if !errors.is_empty() {
            report.failures(&pinned.file_for_people(file), &errors);
        }
    }
    let mut said: Vec<(String, usize)> =
        signed.iter().map(|(by, count)| (format!("signed by {by}"), *count)).collect();
    for (file, attested) in pinned.files.iter().zip(&pin.attested) {
        let what = pinned.file_for_people(file);
        match &attested.verdict {
            Verdict::Unchecked(reason) => say_unchecked(&what, reason, &pinned.place, report),
            Verdict::Refused(_) => {}
            _ => {
                let text = attested.to_string();
                match said.iter_mut().find(|(other, _)| *other == text) {
                    Some((_, count)) => *count = count.saturating_add(1),
                    None => said.push((text, 1)),
                }
            }
        }
    }
    let what = pinned.for_people();
    match &pin.builds {
        Some(BuildVerdict::Always(reason)) => {
            say_unchecked(&what, reason, &pinned.place, report);
        }
        Some(BuildVerdict::Refused(error)) => report.failure(&what, error),
        Some(BuildVerdict::Nothing | BuildVerdict::Perhaps) | None => {}
    }
    if !said.is_empty() {
        let said: Vec<_> = said.iter().map(|(text, count)| format!("{count} {text}")).collect();
        let yanked =
            yanked.map(|why| format!(", {BAD}yanked{BAD:#} {}", OneLine(why))).unwrap_or_default();
        let status = status
            .map(|status| format!(", project {BAD}{}{BAD:#}", status.line()))
            .unwrap_or_default();
        let version = pinned.version.as_deref().unwrap_or_default();
        report.say(format_args!(
            "  {GOOD}{} {}{GOOD:#}  {}{yanked}{status}",
            OneLine(&pinned.project),
            OneLine(version),
            said.join(", ")
        ));
    }
}

/// Prints that something cannot be checked, and whether that is allowed.
fn say_unchecked(what: &str, reason: &UncheckedReason, place: &Place, report: &Report) {
    let style = if reason.allowed { DIM } else { BAD };
    report.say(format_args!(
        "  {style}{}  not checked: {} [{}]{style:#} {DIM}{}{DIM:#}",
        OneLine(what),
        OneLine(&reason.why),
        OneLine(&reason.code),
        OneLine(&place.to_string())
    ));
}
