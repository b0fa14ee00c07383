//! `picotuf publishers`: the file of pins that `check --attestations` holds files to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use picotuf::OneLine;
use picotuf::pypi::ProjectName;
use picotuf_attest::{Decision, Rules};
use picotuf_client::check::{Check, Policy, hint_for, is_distribution};
use picotuf_client::lock::{self, Entry, Format, LockFile, Pinned};
use picotuf_client::publishers::{Attested, Attester, Publishers, Verdict};
use picotuf_client::pypi::{Allowed, allows, never_counts};
use picotuf_client::{Code, Error};
use serde_json::{Value, json};

use super::attest::{Sources, known_json, pins_path, read_pins, variable, write_all};
use super::check::{Job, Steps};
use super::shared::project;
use crate::args::{AttestOptions, PublishersCommand};
use crate::progress::Count;
use crate::report::{BAD, DIM, GOOD, Log, Report};
use crate::settings::Settings;

pub(super) fn run(
    command: &PublishersCommand,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    report.begin_at(settings.config.now);
    match command {
        PublishersCommand::Init { files, allow, attest } => {
            let path = pins_path(attest, files)?;
            if path.exists() {
                return Err(Error::usage("the file of publishers is there already")
                    .file(path.display())
                    .hint("add to it with `picotuf publishers accept`"));
            }
            pin(files, allow, attest, &path, None, settings, report, log)
        }
        PublishersCommand::Accept { files, project: names, allow, attest } => {
            let path = pins_path(attest, files)?;
            let names: Vec<_> = names.iter().map(|name| project(name)).collect::<Result<_, _>>()?;
            pin(files, allow, attest, &path, Some(&names), settings, report, log)
        }
        PublishersCommand::Diff { old, new, allow, attest } => {
            diff(old, new, allow, attest, settings, report, log)
        }
        PublishersCommand::Write { files, allow, attest } => {
            write_into(files, allow, attest, settings, report, log)
        }
        PublishersCommand::Show { file } => show(file, report),
    }
}

const ACCEPTING: Rules = Rules { accept_first_use: true, require_attestation: false };

/// Writes down who attested all that lock files pin, once all of it holds. Pins of `accepted`
/// projects give way, of all where none is named; those of others have to be met.
#[expect(clippy::too_many_arguments, reason = "what two commands share")]
fn pin(
    files: &[PathBuf],
    allow: &[Allowed],
    options: &AttestOptions,
    path: &Path,
    accepted: Option<&[ProjectName]>,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    if let Some(path) = files.iter().find(|path| is_distribution(path)) {
        return Err(Error::usage("publishers are pinned for what a lock file locks")
            .file(path.display())
            .hint("name a lock file: only it says which index its files are from"));
    }
    let before = Publishers::read(path)?.unwrap_or_default();
    let sources = Sources::new(options, files, allow, None, settings, report, log)?;
    sources.say(report);
    let mut attester = sources.attester(before.clone(), ACCEPTING);
    if let Some(projects) = accepted {
        let mut locked = Vec::new();
        for file in files {
            let lock_file = lock::read(file, &variable)?;
            attester.judge_entries(&lock_file.entries, lock_file.format);
            locked.extend(lock_file.entries.into_iter().filter_map(|entry| match entry {
                Entry::Pinned(pinned) => Some(pinned.project),
                Entry::Unchecked(_) => None,
            }));
        }
        let is_locked = |project: &&ProjectName| locked.iter().any(|name| project.names(name));
        if let Some(unknown) = projects.iter().find(|project| !is_locked(project)) {
            let message = format!("no lock file pins a file of the project {unknown}");
            return Err(Error::usage(message).hint("check the name behind --project"));
        }
        attester.give_way(projects);
    }
    let Some(attester) = hold_all(files, allow, attester, settings, report)? else {
        return Ok(());
    };
    let mut after = attester.learned();
    if let Some(projects) = accepted.filter(|projects| !projects.is_empty()) {
        // Publishers of projects that are not named stay as they were, also if there were none.
        let is_named = |project: &str| projects.iter().any(|name| name.as_str() == project);
        after = after.with_projects_of(&before, |project| !is_named(project));
    }
    write_all(&before, &after, path, report)
}

/// Reports on all that lock files pin.
///
/// # Errors
/// What does not hold, and that nothing was written.
fn hold_all<'a>(
    files: &[PathBuf],
    allow: &[Allowed],
    attester: Attester<'a>,
    settings: &Settings,
    report: &mut Report,
) -> Result<Option<Attester<'a>>, Error> {
    let policy = Policy { allow: allow.to_vec(), ..Policy::default() };
    let mut job = Job {
        check: Check::without_repository(&policy).attested_by(attester),
        settings,
        report,
        alone: files.len() == 1,
        progress: Steps { count: Count::new(false, files.len()), begun: 0 },
        last: None,
    };
    let mut told = Vec::new();
    for file in files {
        told.push(Value::Object(job.lock_file(file, &file.display().to_string())));
    }
    let Job { check, last, .. } = job;
    let (_, attester, summary) = check.finish();
    report.detail("files", told);
    report.detail("summary", summary.json(0));
    summary.verdict(last).map_err(|error| error.also("nothing was written"))?;
    Ok(attester)
}

/// Writes who attested the packages of `pylock.toml` files into these files, once all of it holds.
fn write_into(
    files: &[PathBuf],
    allow: &[Allowed],
    options: &AttestOptions,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let mut pinned: Vec<Pinned> = Vec::new();
    for path in files {
        let lock_file = lock::read(path, &variable)?;
        if lock_file.format != Format::Pylock {
            let message = "only a pylock.toml can name publishers (PEP 751)";
            return Err(Error::usage(message)
                .file(path.display())
                .hint("keep them in a file of pins: `picotuf publishers init`"));
        }
        pinned.extend(lock_file.entries.into_iter().filter_map(|entry| match entry {
            Entry::Pinned(pinned) if pinned.identities.is_none() => Some(pinned),
            _ => None,
        }));
    }
    let path = pins_path(options, files)?;
    let publishers = read_pins(options, &path)?.unwrap_or_default();
    let sources = Sources::new(options, files, allow, None, settings, report, log)?;
    sources.say(report);
    let attester = sources.attester(publishers, ACCEPTING);
    let Some(attester) = hold_all(files, allow, attester, settings, report)? else {
        return Ok(());
    };
    for pinned in &pinned {
        if let Err(attested) = attester.publishers_of(pinned) {
            report.say(format_args!(
                "  {DIM}{}  {attested} of {} files are attested: no publisher is written{DIM:#}",
                OneLine(&pinned.for_people()),
                pinned.files.len()
            ));
        }
    }
    let mut written = Vec::new();
    for path in files {
        let find = |pinned: &Pinned| attester.publishers_of(pinned).unwrap_or_default();
        let added = lock::write_identities(path, &find)?;
        let name = path.display().to_string();
        report.say(format_args!("{}: publishers written: {}", OneLine(&name), added.len()));
        written.push(json!({"file": name, "packages": added}));
    }
    report.detail("written_into", written);
    Ok(())
}

fn show(path: &Path, report: &mut Report) -> Result<(), Error> {
    let Some(publishers) = Publishers::read(path)? else {
        return Err(Error::new(Code::NotPinned, "there is no file of publishers")
            .file(path.display())
            .hint("write one with `picotuf publishers init LOCKFILE`"));
    };
    for known in publishers.all() {
        let first = known.first.as_ref().map_or("every version", |first| &first.version);
        let name_only = if known.pin.is_name_only() { ", name-only" } else { "" };
        report.say(format_args!(
            "{}  {}  {DIM}since {}{name_only}, {}{DIM:#}",
            OneLine(&known.project),
            OneLine(&known.pin.publisher.to_string()),
            OneLine(first),
            OneLine(&known.index)
        ));
    }
    report.detail("publishers", publishers.all().iter().map(known_json).collect::<Vec<_>>());
    Ok(())
}

/// Says whose files are attested otherwise in a new lock file than in an old one.
fn diff(
    old: &Path,
    new: &Path,
    allow: &[Allowed],
    options: &AttestOptions,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let files = [old.to_owned(), new.to_owned()];
    let (old_file, new_file) = (lock::read(old, &variable)?, lock::read(new, &variable)?);
    let sources = Sources::new(options, &files, allow, None, settings, report, log)?;
    let stored = match &options.publishers {
        Some(path) => read_pins(options, path)?.unwrap_or_default(),
        None => Publishers::default(),
    };
    let mut attester = sources.attester(stored, ACCEPTING);
    let judged = attester.judge_entries(&old_file.entries, old_file.format);
    for (what, attested) in pinned(&old_file).into_iter().zip(&judged) {
        // By what does not hold nothing can be compared.
        if let Verdict::Refused(error) = &attested.verdict {
            report.failure(&what.for_people, error);
            let message = "a file of the old lock file does not hold, and nothing is compared";
            let name = old.display().to_string();
            return Err(Error::new(Code::FilesRefused, message).file(&name).hint(format!(
                "see what is wrong with it: picotuf check {name} --attestations, with the same \
                     options as here"
            )));
        }
    }
    let was_attested: BTreeSet<_> = pinned(&old_file)
        .into_iter()
        .zip(&judged)
        .filter(|(_, attested)| is_attested(attested))
        .map(|(pin, _)| pin.project)
        .collect();
    let known: BTreeSet<_> = pinned(&old_file).into_iter().map(|pin| pin.project).collect();
    let mut attester = sources.attester(attester.learned(), ACCEPTING);
    let judged = attester.judge_entries(&new_file.entries, new_file.format);
    let (mut changes, mut said, mut refused) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    let mut unchecked = BTreeSet::new();
    for (pin, attested) in pinned(&new_file).into_iter().zip(&judged) {
        let is_new = !known.contains(&pin.project);
        let is_change = match (&attested.verdict, attested.decision) {
            (Verdict::Refused(_), _) => {
                refused.insert(pin.project.clone());
                true
            }
            (Verdict::Unchecked(reason), _) => {
                if !reason.allowed {
                    unchecked.insert(reason.code.clone());
                }
                true
            }
            (_, Some(Decision::FirstUse)) => true,
            _ => is_new || was_attested.contains(&pin.project) && !is_attested(attested),
        };
        let line = format!("{}  {}", OneLine(&pin.project_version), change(attested, is_new));
        if !is_change || !said.insert(line.clone()) {
            continue;
        }
        let style = if attested.holds() { GOOD } else { BAD };
        report.say(format_args!("{style}{line}{style:#}"));
        changes.push(json!({
            "project": pin.project,
            "version": pin.version,
            "file": pin.for_people,
            "new": is_new,
            "attestation": attested.json(),
        }));
    }
    // Entries that nobody can be asked about, and that the old file did not have.
    let old_entries = not_checkable(&old_file);
    for (what, code) in not_checkable(&new_file) {
        if old_entries.contains(&(what.clone(), code.clone())) {
            continue;
        }
        let is_allowed = allows(allow, &code);
        let style = if is_allowed { DIM } else { BAD };
        let line = format!("{}  not checked [{}]", OneLine(&what), OneLine(&code));
        report.say(format_args!("{style}{line}{style:#}"));
        said.insert(line);
        changes.push(json!({"file": what, "unchecked": code, "allowed": is_allowed}));
        if !is_allowed {
            unchecked.insert(code);
        }
    }
    report.detail("changes", changes);
    if said.is_empty() {
        report.say("no publisher changed");
    }
    match refused.len() {
        0 if !unchecked.is_empty() => {
            let reasons: Vec<_> = unchecked.iter().map(String::as_str).collect();
            let message = format!("new entries cannot be checked: {}", reasons.join(","));
            Err(Error::new(Code::FilesUnchecked, message).hint(hint_for(&reasons)))
        }
        0 => Ok(()),
        count => {
            let message = format!(
                "the publishers of {count} projects changed: {}",
                refused.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
            );
            let accept: Vec<_> =
                refused.iter().map(|project| format!(" --project {project}")).collect();
            Err(Error::new(Code::PublisherChanged, message).hint(format!(
                "do not install them before you know why; if their maintainers confirm it: \
                 picotuf publishers accept {}{}",
                new.display(),
                accept.concat()
            )))
        }
    }
}

/// Returns whether a file has an attestation that verifies.
fn is_attested(attested: &Attested) -> bool {
    matches!(attested.decision, Some(Decision::Pinned(_) | Decision::FirstUse))
}

/// Returns the entries of a lock file that cannot be checked, with their reasons.
fn not_checkable(lock_file: &LockFile) -> BTreeSet<(String, String)> {
    let unchecked = lock_file.entries.iter().filter_map(|entry| match entry {
        Entry::Unchecked(one) if !never_counts(&one.why) => Some(one),
        _ => None,
    });
    unchecked.map(|one| (one.what.clone(), one.why.code())).collect()
}

/// What came of a file that is attested otherwise, or was not locked.
fn change(attested: &Attested, is_new: bool) -> String {
    let new = if is_new { ", new in the lock file" } else { "" };
    let was = match &attested.pinned {
        Some(pinned) => format!(", was {}", OneLine(pinned)),
        None => String::new(),
    };
    match &attested.verdict {
        Verdict::Refused(error) => {
            format!("{attested}{was}: {} [{}]", error.detail().message, error.code())
        }
        Verdict::Held if !is_new => format!("{attested}{was}, and was not attested"),
        _ => format!("{attested}{was}{new}"),
    }
}

/// A pinned file, as a line names it.
struct Pin {
    project: String,
    version: Option<String>,
    project_version: String,
    for_people: String,
}

/// All files that a lock file pins, in their order.
fn pinned(lock_file: &LockFile) -> Vec<Pin> {
    let mut all = Vec::new();
    for entry in &lock_file.entries {
        let Entry::Pinned(pinned) = entry else { continue };
        let normalized = ProjectName::new(&pinned.project).map(|name| name.to_string());
        for file in &pinned.files {
            all.push(Pin {
                project: normalized.clone().unwrap_or_else(|_| pinned.project.clone()),
                version: pinned.version.clone(),
                project_version: pinned.for_people(),
                for_people: pinned.file_for_people(file),
            });
        }
    }
    all
}
