//! `picotuf check`: checks distributions and the files that lock files pin against their signed
//! targets.

mod job;
mod lock_file;

use std::io;
use std::path::{Path, PathBuf};

pub(super) use job::{Job, Steps};
use picotuf::OneLine;
use picotuf::pypi::Layout;
use picotuf_attest::Rules;
use picotuf_client::check::{Check, Policy, is_distribution};
use picotuf_client::lock;
use picotuf_client::publishers::Attester;
use picotuf_client::pypi::{self, Checker, Inputs, Requirement};
use picotuf_client::{Code, Error, offline_checker};
use serde_json::Value;

use super::attest::{Sources, lock_files_exist, pins_path, read_pins, write};
use super::provenance::Stored;
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
    let rules = rules(options)?;
    let layout = pypi::resolve(settings.layout.as_deref())?;
    let policy = Policy {
        require: options.require.clone(),
        allow: options.allow.clone(),
        project: options.project.as_deref().map(project).transpose()?,
    };
    let inputs = pypi::collect(&options.files, &mut io::stdin().lock())?;
    lock_files_exist(&inputs.files)?;
    let installed = installed(options)?;
    let inputs = Named { inputs, installed };
    let Some(rules) = rules else {
        require_some(&inputs)?;
        if options.record_only {
            needs_no_repository(&options.require)?;
            report.detail("compared_with", "record");
            let set_up = match has_repository(settings) {
                true => "; the TUF repository that is set up is not asked",
                false => "",
            };
            report.note(&format!(
                "--record-only: installed files are compared with RECORD alone, which whoever \
                 changes a file can change too{set_up}"
            ));
            let check = Check::record_only(&policy);
            return check_all(check, &inputs, settings, report, log).map(drop);
        }
        report.detail("layout", layout.name);
        return with_repository(options, layout, &inputs, &policy, None, settings, report, log)
            .map(drop);
    };
    require_some(&inputs)?;
    let has_repository = has_repository(settings);
    if !has_repository {
        needs_no_repository(&options.require)?;
    }
    let path = pins_path(&options.attest, &inputs.inputs.files)?;
    let publishers = read_pins(&options.attest, &path)?;
    if options.accept_first_use {
        may_accept(publishers.is_some(), &path)?;
    }
    let without = publishers.is_none().then(|| path.display().to_string());
    let publishers = publishers.unwrap_or_default();
    let sources = Sources::new(
        &options.attest,
        &inputs.inputs.files,
        &options.allow,
        options.offline.then_some(Stored { max_age: options.max_age }),
        settings,
        report,
        log,
    )?;
    let attester = sources.attester(publishers.clone(), rules);
    sources.say(report);
    if let Some(path) = without {
        report.say(format_args!("no publisher is pinned: there is no {}", OneLine(&path)));
    }
    // The report's roles are those of the repository that is checked, if there is one.
    report.keep_roles(Vec::new());
    let checked = if has_repository {
        report.detail("layout", layout.name);
        with_repository(options, layout, &inputs, &policy, Some(attester), settings, report, log)
    } else {
        let folder = settings.config.metadata_dir.display().to_string();
        report.say(format_args!(
            "no TUF repository is set up in {}: only attestations are checked",
            OneLine(&folder)
        ));
        let check = Check::without_repository(&policy).attested_by(attester);
        check_all(check, &inputs, settings, report, log)
    };
    sources.say_age(report);
    match checked? {
        Some(attester) if options.accept_first_use => write(&publishers, &attester, &path, report),
        _ => Ok(()),
    }
}

/// Checks that nothing is required that only a TUF repository says.
pub(super) fn needs_no_repository(required: &[Requirement]) -> Result<(), Error> {
    let of_repository =
        |one: &&Requirement| !matches!(one, Requirement::Attestation | Requirement::Wheels);
    match required.iter().find(of_repository) {
        None => Ok(()),
        Some(one) => {
            let message = format!("--require {} needs a TUF repository", one.name());
            Err(Error::usage(message).hint("set one up with `picotuf init`"))
        }
    }
}

/// What is asked of attestations; nothing where they are not asked for.
fn rules(options: &CheckOptions) -> Result<Option<Rules>, Error> {
    let require_attestation = options.require.contains(&Requirement::Attestation);
    if options.attestations {
        let accept_first_use = options.accept_first_use;
        return Ok(Some(Rules { accept_first_use, require_attestation }));
    }
    let given = match (require_attestation, options.max_age) {
        (true, _) => Some("--require attestation"),
        (false, Some(_)) => Some("--max-age"),
        (false, None) => options.attest.given(),
    };
    match given {
        Some(option) => {
            let message = format!("{option} is for attestations, which only --attestations checks");
            let hint = match options.record_only {
                true => format!("--record-only checks none: leave {option} or --record-only out"),
                false => format!("add --attestations, or leave {option} out"),
            };
            Err(Error::usage(message).hint(hint))
        }
        None => Ok(None),
    }
}

/// Whether first uses may be accepted. In CI nobody looks at them, and what is written there is
/// lost; and without a file, everything is a first use.
fn may_accept(is_stored: bool, path: &Path) -> Result<(), Error> {
    let is_no = |value: &str| ["", "0", "false", "no"].contains(&&*value.to_lowercase());
    if std::env::var("CI").is_ok_and(|value| !is_no(&value)) {
        let message = "--accept-first-use is not for CI: nobody looks at what is accepted there";
        return Err(Error::new(Code::NotPinned, message)
            .hint("accept publishers on your own machine, and commit the file"));
    }
    if !is_stored {
        let message = "--accept-first-use adds to a file of publishers, and there is none";
        return Err(Error::new(Code::NotPinned, message)
            .file(path.display())
            .hint("look at who the publishers are with `picotuf publishers init LOCKFILE`"));
    }
    Ok(())
}

/// Whether a TUF repository is set up, or somebody means one to be.
pub(super) fn has_repository(settings: &Settings) -> bool {
    !settings.config.metadata.is_empty()
        || picotuf_client::must_be_initialized(&settings.config.metadata_dir).is_ok()
}

/// What is to be checked.
struct Named {
    inputs: Inputs,
    /// The environment whose packages are checked.
    installed: Option<PathBuf>,
}

/// The environment of `--installed`: the named one, else the active one, else `.venv`.
fn installed(options: &CheckOptions) -> Result<Option<PathBuf>, Error> {
    let Some(named) = &options.installed else { return Ok(None) };
    let active = || std::env::var_os("VIRTUAL_ENV").filter(|path| !path.is_empty());
    let path = match named {
        Some(path) => path.clone(),
        None => active().map_or_else(|| PathBuf::from(".venv"), PathBuf::from),
    };
    // Whether it is one is told before anything is asked for.
    lock::is_environment(&path)?;
    Ok(Some(path))
}

fn require_some(inputs: &Named) -> Result<(), Error> {
    if inputs.inputs.files.is_empty() && inputs.installed.is_none() {
        return Err(Error::new(
            Code::NothingToCheck,
            "no named file is a distribution or a lock file",
        ));
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "what a run has, and what it checks")]
fn with_repository<'a>(
    options: &CheckOptions,
    layout: Layout<'static>,
    inputs: &Named,
    policy: &Policy,
    attester: Option<Attester<'a>>,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<Option<Attester<'a>>, Error> {
    let mut workspace = workspace();
    let check = |mut checker: Checker<'_>| {
        let refreshed = checker.refresh();
        report.roles(&checker.roles());
        refreshed?;
        let check = Check::new(checker, policy);
        let check = match attester {
            Some(attester) => check.attested_by(attester),
            None => check,
        };
        check_all(check, inputs, settings, report, log)
    };
    let checked = match options.offline {
        true => {
            offline_checker(&settings.config, &mut workspace, layout, log.events()).and_then(check)
        }
        false => online(settings, log, |client| check(client.checker(&mut workspace, layout))),
    };
    checked.map_err(|error| match error.is(Code::NotInitialized) {
        true => error.hint(first_steps(inputs.installed.is_some())),
        false => error,
    })
}

/// What to do where no repository is set up. PyPI has none that a user could begin with.
fn first_steps(has_environment: bool) -> String {
    let record = match has_environment {
        true => {
            "; --record-only compares installed files with RECORD alone, which whoever changed \
             them can change too"
        }
        false => "",
    };
    format!(
        "get the repository's root metadata in a way that you trust, and run `picotuf init ROOT`; \
         for files of PyPI, which has no TUF repository, use --attestations{record}"
    )
}

fn check_all<'a>(
    mut check: Check<'_, '_, 'a>,
    inputs: &Named,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<Option<Attester<'a>>, Error> {
    let Named { inputs, installed } = inputs;
    let count = Count::new(!log.is_quiet() && !report.speaks(), inputs.files.len());
    check.expect(&inputs.files);
    let mut job = Job {
        check,
        settings,
        report,
        alone: inputs.files.len() == 1 && installed.is_none(),
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
    if let Some(path) = installed {
        let environment = lock::read_environment(path)?;
        let name = path.display().to_string();
        files.push(Value::Object(job.environment(environment, &name)));
    }
    let Job { check, progress, last, .. } = job;
    drop(progress);
    let (checker, attester, summary) = check.finish();
    if let Some(checker) = checker {
        report.keep_roles(checker.roles());
    }
    report.detail("files", files);
    report.detail("summary", summary.json(inputs.others));
    if inputs.files.len() > 1 || inputs.others > 0 || summary.has_lock_files {
        if let Some(line) = summary.line(inputs.others) {
            report.say(line);
        }
        if let Some(line) = summary.may_build() {
            report.say(line);
        }
    }
    if let Some(line) = summary.attestations_line() {
        report.say(line);
    }
    if let Some(line) = summary.record_line() {
        report.say(line);
    }
    summary.verdict(last)?;
    Ok(attester)
}
