//! `picotuf mirror`: replicates a repository into a folder, and audits such a folder.

use std::path::{Path, PathBuf};

use picotuf::OneLine;
use picotuf_client::mirror::{self, AuditCounts, Merged, Replicated, Selection, Shard, State};
use picotuf_client::{Brief, Error};
use serde_json::{Value, json};

use super::shared::{project, transport};
use crate::args::MirrorArguments;
use crate::report::{BAD, Log, Report};
use crate::settings::Settings;

/// Prints failures, one a line.
fn show_failures(report: &mut Report, lines: &[String]) {
    for line in lines.iter().take(SHOWN) {
        report.say(format_args!("{BAD}wrong{BAD:#}  {line}"));
    }
    if lines.len() > SHOWN {
        report.say(format_args!("… {} more", lines.len() - SHOWN));
    }
}

/// The maximum number of printed failures; the JSON has all.
const SHOWN: usize = 20;

pub(super) fn run(
    arguments: &MirrorArguments,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let selection = Selection {
        all: arguments.targets,
        projects: arguments.project.iter().map(|name| project(name)).collect::<Result<_, _>>()?,
        names: settings.target_names.clone(),
    };
    match (&arguments.to, &arguments.check) {
        (Some(folder), _) => replicate(folder, &selection, arguments.prune, settings, report, log),
        (_, Some(folder)) => {
            let shard = arguments.shard.unwrap_or(Shard::WHOLE);
            audit(folder, &selection, shard, settings, report, log)
        }
        _ => merge(&arguments.merge, report),
    }
}

fn replicate(
    to: &Path,
    selection: &Selection,
    prunes: bool,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let transport = transport(settings, log)?;
    let config = &settings.config;
    let replicated =
        mirror::replicate(to, selection, prunes, config, &transport, log.events(), &mut |roles| {
            report.roles(roles);
        });
    log.end_progress();
    let replicated = replicated?;
    let Replicated { first_root, counts, pruned, failures } = &replicated;
    report.say(format_args!(
        "{}: {} delegated roles ({} new), {} files ({} new, {} bytes), roots from version \
         {first_root} on",
        OneLine(&to.display().to_string()),
        counts.roles,
        counts.roles_fetched,
        counts.targets,
        counts.targets_fetched,
        counts.bytes_fetched,
    ));
    if let Some(pruned) = pruned {
        let count = pruned.removed.len();
        report.say(format_args!("{count} files removed that are no longer listed"));
    }
    let empty = mirror::Pruned::default();
    let pruned = pruned.as_ref().unwrap_or(&empty);
    let details: Vec<_> = failures.iter().map(Error::detail).collect();
    report.detail(
        "mirror",
        json!({
            "folder": to.display().to_string(), "first_root": first_root, "counts": counts,
            "pruned": pruned.removed, "kept": pruned.kept, "failures": details,
        }),
    );
    match &failures[..] {
        [] => {}
        [_] => report.say("the rest is published"),
        several => show_failures(report, &briefs(several)),
    }
    replicated.verdict()
}

fn audit(
    folder: &Path,
    selection: &Selection,
    shard: Shard,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let config = &settings.config;
    let audited = mirror::audit(folder, selection, shard, config, log.events(), &mut |roles| {
        report.roles(roles);
    });
    log.end_progress();
    let audited = audited?;
    report.detail("unlisted", &audited.unlisted);
    report.detail("undecided", &audited.undecided);
    let failures: Vec<Value> = audited
        .failures
        .iter()
        .map(|failure| serde_json::to_value(failure.detail()).unwrap_or_default())
        .collect();
    let lines = briefs(&audited.failures);
    say_audit(report, &audited.state, &[audited.part], &audited.counts, &failures, &lines);
    audited.verdict()
}

fn merge(files: &[PathBuf], report: &mut Report) -> Result<(), Error> {
    let merged = mirror::merge(files)?;
    let Merged { state, parts, counts, failures, .. } = &merged;
    let parts: Vec<u64> = parts.iter().copied().collect();
    say_audit(report, state, &parts, counts, failures, &merged.lines());
    merged.verdict()
}

fn briefs(failures: &[Error]) -> Vec<String> {
    failures.iter().map(|failure| Brief(failure).to_string()).collect()
}

/// Reports the result of an audit, or of several merged ones.
fn say_audit(
    report: &mut Report,
    state: &State,
    parts: &[u64],
    counts: &AuditCounts,
    failures: &[Value],
    lines: &[String],
) {
    show_failures(report, lines);
    let AuditCounts { roles, roles_failed, targets, files, bytes, wrong, absent, missing } = counts;
    report.say(format_args!(
        "{roles} delegated roles verified, {roles_failed} failed; roots from version {} to {}",
        state.first_root, state.root
    ));
    report.say(format_args!(
        "{targets} listed files: {files} verified ({bytes} bytes), {wrong} wrong, {absent} absent \
             ({missing} of them selected)"
    ));
    report.detail(
        "audit",
        json!({ "state": state, "parts": parts, "counts": counts, "failures": failures }),
    );
}
