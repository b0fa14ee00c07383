//! `picotuf check`: files of Python projects and those that lock files pin, each against the target
//! that speaks for it.

mod lock_file;
mod summary;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use picotuf::pypi::{FileKind, FileName, FileNameError, ProjectName};
use picotuf::{HashAlgorithm, Hasher, Hashes, Offline};
use serde_json::{Map, Value};
use summary::Summary;

use super::{Online, must_be_initialized, workspace};
use crate::args::CheckOptions;
use crate::disk::Disk;
use crate::error::{CliError, OneLine};
use crate::mirrors::Mirrors;
use crate::progress::Count;
use crate::pypi::{self, Begin, Builds, Checker, Claim, Finding, Inputs, Pages};
use crate::report::{BAD, DIM, Expiry, GOOD, Log, Report, Signers};
use crate::session::Session;
use crate::settings::Settings;

pub(super) fn run(
    options: &CheckOptions,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    let layout = pypi::resolve(settings.layout.as_deref())?;
    let project = options.project.as_deref().map(project).transpose()?;
    let inputs = pypi::collect(&options.files, &mut io::stdin().lock())?;
    report.detail("layout", layout.name);
    if inputs.files.is_empty() {
        return Err(CliError::new(
            "nothing-to-check",
            "caller",
            "none of the files that were named is a distribution or a lock file",
        ));
    }
    let takes_quarantined = pypi::allows(&options.allow, pypi::QUARANTINED);
    let mut workspace = workspace();
    if options.offline {
        must_be_initialized(settings)?;
        let pages = Pages::new(None, settings.hash_prefix, log);
        let begin: Box<Begin<'_>> = Box::new(|workspace| {
            let session = Offline::new(workspace, settings.now, settings.limits);
            let disk = Disk::new(&settings.metadata_dir, None);
            Session::new(session, disk, log.clone()).keeping_files()
        });
        let checker = Checker::new(&mut workspace, begin, None, layout, pages)
            .take_quarantined(takes_quarantined);
        return check_all(checker, &inputs, project.as_ref(), options, settings, report, log);
    }
    let online = Online::open(settings, log)?;
    let bases = settings.target_base_urls().ok();
    let source = bases.map(|bases| (&online.transport, Mirrors::new(bases, log)));
    let pages = Pages::new(source, settings.hash_prefix, log);
    let begin: Box<Begin<'_>> =
        Box::new(|workspace| online.session(workspace, log).keeping_files());
    let checker = Checker::new(&mut workspace, begin, Some(&online.mirrors), layout, pages)
        .take_quarantined(takes_quarantined);
    check_all(checker, &inputs, project.as_ref(), options, settings, report, log)
}

/// What all files share.
struct Job<'j, 'w> {
    checker: Checker<'w>,
    options: &'j CheckOptions,
    project: Option<&'j ProjectName>,
    settings: &'j Settings,
    report: &'j Report,
    /// Whether one file alone was named.
    alone: bool,
    count: Count,
    /// How many things were begun.
    begun: usize,
    summary: Summary,
}

fn check_all(
    mut checker: Checker<'_>,
    inputs: &Inputs,
    project: Option<&ProjectName>,
    options: &CheckOptions,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    let refreshed = checker.refresh();
    report.roles(&checker.roles());
    refreshed?;
    let count = Count::new(!log.is_quiet() && !report.speaks(), inputs.files.len());
    let may_be_empty = pypi::allows(&options.allow, pypi::NOTHING_PINNED);
    let mut job = Job {
        checker,
        options,
        project,
        settings,
        report,
        alone: inputs.files.len() == 1,
        count,
        begun: 0,
        summary: Summary::new(may_be_empty),
    };
    let mut files = Vec::new();
    for path in &inputs.files {
        let name = path.display().to_string();
        let kind = path.file_name().and_then(|name| name.to_str()).and_then(FileKind::of_extension);
        files.push(Value::Object(match kind {
            Some(_) => job.distribution(path, &name),
            None => lock_file::check(path, &name, &mut job),
        }));
    }
    let Job { checker, count, summary, .. } = job;
    drop(count);
    report.keep_roles(checker.roles());
    report.detail("files", files);
    report.detail("summary", summary.json(inputs.others));
    if inputs.files.len() > 1 || inputs.others > 0 || summary.has_lock_files {
        report.say(summary.line(inputs.others));
        if let Some(line) = summary.may_build() {
            report.say(line);
        }
    }
    summary.verdict()
}

impl Job<'_, '_> {
    /// Checks one distribution, and says what came of it.
    fn distribution(&mut self, path: &Path, name: &str) -> Map<String, Value> {
        self.begin(name);
        let mut entry = Map::from_iter([("file".to_owned(), Value::from(name))]);
        let checked = check(path, self.project, &mut self.checker, self.options, &mut entry);
        entry.insert("ok".to_owned(), checked.is_ok().into());
        match checked {
            Ok(finding) => {
                say(name, &finding, self.settings, self.report);
                self.summary.count(finding.signed_by);
            }
            Err(error) => self.refused(name, error, self.alone, &mut entry),
        }
        entry
    }

    /// Says that a file was refused; one that is alone has the last word for it.
    fn refused(
        &mut self,
        name: &str,
        error: CliError,
        alone: bool,
        entry: &mut Map<String, Value>,
    ) {
        self.report.say(format_args!("{BAD}{}{BAD:#}  refused", OneLine(name)));
        entry.insert("error".to_owned(), serde_json::to_value(error.detail()).unwrap_or_default());
        if !alone {
            self.report.failure(name, &error);
        }
        self.summary.refuse(if error.detail().file.is_some() { error } else { error.file(name) });
    }

    fn begin(&mut self, name: &str) {
        self.count.next(self.begun, name);
        self.begun = self.begun.saturating_add(1);
    }
}

/// Checks one file; what is known of it before the verdict goes to `entry`.
fn check(
    path: &Path,
    project: Option<&ProjectName>,
    checker: &mut Checker<'_>,
    options: &CheckOptions,
    entry: &mut Map<String, Value>,
) -> Result<Finding, CliError> {
    let text = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = match project {
        Some(project) => FileName::of(project, text),
        None => FileName::parse(text),
    };
    let name = name.map_err(|error| unknown_name(text, error))?;
    entry.extend([
        ("project".to_owned(), name.project.as_str().into()),
        ("version".to_owned(), name.version.into()),
        ("kind".to_owned(), name.kind.name().into()),
    ]);
    let (length, hashes) = measure(path)?;
    let digest = |digest: &picotuf::Digest| {
        (digest.algorithm().name().to_owned(), digest.to_string().into())
    };
    entry.insert("length".to_owned(), length.into());
    entry.insert("hashes".to_owned(), Value::Object(hashes.iter().map(digest).collect()));
    let claim = Claim {
        project: name.project.clone(),
        version: Some(name.version.to_owned()),
        file_name: Some(text.to_owned()),
        hashes,
        length: Some(length),
    };
    let finding = checker.check(&claim)?;
    if let Ok(Value::Object(finding)) = serde_json::to_value(&finding) {
        entry.extend(finding);
    }
    finding.require(&options.require)?;
    Builds::of([text].into_iter()).require(&options.require)?;
    Ok(finding)
}

/// The file's length, and its hashes of every kind: which ones are signed shows later.
fn measure(path: &Path) -> Result<(u64, Hashes), CliError> {
    let mut file = File::open(path).map_err(|error| CliError::io("open the file", path, &error))?;
    let mut hashers =
        [HashAlgorithm::Sha256, HashAlgorithm::Sha512, HashAlgorithm::Blake2b256].map(Hasher::new);
    let mut buffer = vec![0; 64 * 1024];
    let mut length = 0_u64;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                length = length.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
                hashers.iter_mut().for_each(|hasher| hasher.update(&buffer[..count]));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(CliError::io("read the file", path, &error)),
        }
    }
    let mut hashes = Hashes::new();
    for hasher in hashers {
        hashes.insert(hasher.finish());
    }
    Ok((length, hashes))
}

/// The argument of `--project`.
pub(super) fn project(text: &str) -> Result<ProjectName, CliError> {
    ProjectName::new(text).map_err(|error| {
        CliError::usage(format!("--project {text:?} is no project's name: {error}"))
    })
}

fn unknown_name(text: &str, error: FileNameError) -> CliError {
    let refused =
        CliError::new("file-name", "caller", format!("the name {text:?} cannot be used: {error}"));
    match error {
        FileNameError::Ambiguous
        | FileNameError::Version
        | FileNameError::Form
        | FileNameError::Name => refused.hint("if you know whose file it is, say so by --project"),
        _ => refused,
    }
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
            Expiry(link.role.expiry, settings.now),
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
        report.say(format_args!(
            "  {DIM}{:<11} {}{DIM:#}",
            "custom",
            OneLine(&crate::report::shorten(&custom))
        ));
    }
}
