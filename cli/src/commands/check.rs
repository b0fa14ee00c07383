//! `picotuf check`: files of Python projects and those that lock files pin, each against the target
//! that speaks for it.

mod lock_file;

use std::io;
use std::path::Path;

use picotuf::OneLine;
use picotuf::pypi::ProjectName;
use picotuf_client::check::{Check, Policy, is_distribution};
use picotuf_client::pypi::{self, Checker, Finding, Inputs, shorten};
use picotuf_client::{Code, Error, offline_checker};
use serde_json::{Map, Value};

use super::{online, workspace};
use crate::args::CheckOptions;
use crate::progress::Count;
use crate::report::{BAD, DIM, Expiry, GOOD, Log, Report, Signers};
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
            "none of the files that were named is a distribution or a lock file",
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

/// What all files share.
struct Job<'j, 'w> {
    check: Check<'j, 'w>,
    settings: &'j Settings,
    report: &'j Report,
    /// Whether one file alone was named.
    alone: bool,
    progress: Steps,
    /// The last refusal of a file that was named.
    last: Option<Error>,
}

/// How many things were begun.
struct Steps {
    count: Count,
    begun: usize,
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

impl Job<'_, '_> {
    /// Checks one distribution, and says what came of it.
    fn distribution(&mut self, path: &Path, name: &str) -> Map<String, Value> {
        self.progress.begin(name);
        let checked = self.check.distribution(path);
        let entry = with_file(name, checked.json());
        match checked.verdict {
            Ok(finding) => say(name, &finding, self.settings, self.report),
            Err(error) => self.refused(name, error),
        }
        entry
    }

    /// Says that a file was refused; one that is alone has the last word for it.
    fn refused(&mut self, name: &str, error: Error) {
        self.report.say(format_args!("{BAD}{}{BAD:#}  refused", OneLine(name)));
        if !self.alone {
            self.report.failure(name, &error);
        }
        self.last = Some(if error.detail().file.is_some() { error } else { error.file(name) });
    }
}

impl Steps {
    fn begin(&mut self, name: &str) {
        self.count.next(self.begun, name);
        self.begun = self.begun.saturating_add(1);
    }
}

/// Puts the name of the file in front.
fn with_file(name: &str, json: Map<String, Value>) -> Map<String, Value> {
    let mut entry = Map::from_iter([("file".to_owned(), Value::from(name))]);
    entry.extend(json);
    entry
}

/// The argument of `--project`.
pub(super) fn project(text: &str) -> Result<ProjectName, Error> {
    ProjectName::new(text)
        .map_err(|error| Error::usage(format!("--project {text:?} is no project's name: {error}")))
}

/// For people: who speaks for the file, and by which roles.
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
