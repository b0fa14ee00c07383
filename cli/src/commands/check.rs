//! `picotuf check`: checks distributions and the files that lock files pin against their signed
//! targets.

mod job;
mod lock_file;

use std::io;

use job::{Job, Steps};
use picotuf_client::check::{Check, Policy, is_distribution};
use picotuf_client::pypi::{self, Checker, Inputs};
use picotuf_client::{Code, Error, offline_checker};
use serde_json::Value;

use super::shared::{online, project, workspace};
use crate::args::CheckOptions;
use crate::progress::Count;
use crate::report::{Log, Report};
use crate::settings::Settings;

pub(super) fn run(
    options: &CheckOptions,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let layout = pypi::resolve(settings.layout.as_deref())?;
    let policy = Policy {
        require: options.require.clone(),
        allow: options.allow.clone(),
        project: options.project.as_deref().map(project).transpose()?,
    };
    let inputs = pypi::collect(&options.files, &mut io::stdin().lock())?;
    report.detail("layout", layout.name);
    if inputs.files.is_empty() {
        return Err(Error::new(
            Code::NothingToCheck,
            "no named file is a distribution or a lock file",
        ));
    }
    let mut workspace = workspace();
    if options.offline {
        let checker = offline_checker(&settings.config, &mut workspace, layout, log.events())?;
        return check_all(checker, &inputs, &policy, settings, report, log);
    }
    online(settings, log, |client| {
        let checker = client.checker(&mut workspace, layout);
        check_all(checker, &inputs, &policy, settings, report, log)
    })
}

fn check_all(
    mut checker: Checker<'_>,
    inputs: &Inputs,
    policy: &Policy,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let refreshed = checker.refresh();
    report.roles(&checker.roles());
    refreshed?;
    let count = Count::new(!log.is_quiet() && !report.speaks(), inputs.files.len());
    let mut job = Job {
        check: Check::new(checker, policy),
        settings,
        report,
        alone: inputs.files.len() == 1,
        progress: Steps { count, begun: 0 },
        last: None,
    };
    let mut files = Vec::new();
    for path in &inputs.files {
        let name = path.display().to_string();
        files.push(Value::Object(match is_distribution(path) {
            true => job.distribution(path, &name),
            false => job.lock_file(path, &name),
        }));
    }
    let Job { check, progress, last, .. } = job;
    drop(progress);
    let (checker, summary) = check.finish();
    report.keep_roles(checker.roles());
    report.detail("files", files);
    report.detail("summary", summary.json(inputs.others));
    if inputs.files.len() > 1 || inputs.others > 0 || summary.has_lock_files {
        report.say(summary.line(inputs.others));
        if let Some(line) = summary.may_build() {
            report.say(line);
        }
    }
    summary.verdict(last)
}
