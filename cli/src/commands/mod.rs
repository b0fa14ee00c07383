//! The commands, a file each, and how all of them begin.

mod check;
mod demo;
mod download;
mod generated;
mod init;
mod metadata;
mod mirror;
mod refresh;
mod show;
mod verify;

pub(crate) use mirror::MirrorArguments;

use std::io::Read;

use picotuf::{Limits, Offline, Update, Workspace};

use crate::args::{Arguments, Command};
use crate::disk::Disk;
use crate::error::CliError;
use crate::mirrors::Mirrors;
use crate::pypi::KnownFields;
use crate::report::{Log, Report, TargetReport};
use crate::session::{FoundTarget, Host, Session};
use crate::settings::{Environment, Settings};
use crate::store::{FolderLock, Store};
use crate::target_file;
use crate::transport::Transport;

/// Carries out the command.
pub(crate) fn run(arguments: &Arguments, report: &mut Report, log: &Log) -> Result<(), CliError> {
    match &arguments.command {
        Command::Demo => return demo::run(report, log),
        Command::Completions { shell } => return generated::completions(*shell, report),
        Command::Man { command } => return generated::manual(command.as_deref(), report),
        _ => {}
    }
    let environment = Environment::of_process()?;
    let settings = Settings::resolve(&arguments.general, &arguments.choices, &environment)?;
    report.begin(settings.now, &settings.metadata_dir);
    if let (Some(anchor), false) =
        (&settings.anchor, matches!(arguments.command, Command::Init { .. }))
    {
        init::adopt(anchor, &settings, report, log)?;
    }
    match &arguments.command {
        Command::Init { root, force } => {
            init::run(root, *force, &settings, &arguments.choices, report, log)
        }
        Command::Refresh => refresh::run(&settings, report, log),
        Command::Download => download::run(&settings, report, log),
        Command::Verify { file, offline } => verify::run(file, *offline, &settings, report, log),
        Command::Check(options) => check::run(options, &settings, report, log),
        Command::Metadata { what, project } => {
            metadata::run(what, project.as_deref(), &settings, report, log)
        }
        Command::Mirror(arguments) => mirror::run(arguments, &settings, report, log),
        Command::Show { role } => show::run(role.as_deref(), &settings, report, log),
        Command::Demo | Command::Completions { .. } | Command::Man { .. } => Ok(()),
    }
}

/// A folder with its lock, and the way to its repository.
struct Online<'s> {
    settings: &'s Settings,
    transport: Transport,
    mirrors: Mirrors,
    _lock: FolderLock,
}

impl<'s> Online<'s> {
    fn open(settings: &'s Settings, log: &Log) -> Result<Self, CliError> {
        must_be_initialized(settings)?;
        let bases = settings.metadata_urls()?;
        let targets = settings.target_base_urls().unwrap_or_default();
        let transport =
            Transport::new(&settings.network, bases, targets, log.clone(), log.is_quiet())?;
        let lock = FolderLock::acquire(&settings.metadata_dir, log)?;
        Ok(Online { settings, transport, mirrors: Mirrors::new(bases, log), _lock: lock })
    }

    /// Does the work in a session; where its mirrors did not suffice, once more in a session that
    /// begins with another of them.
    fn in_session<T>(
        &self,
        log: &Log,
        mut work: impl FnMut(&mut Session<'_, Disk<'_>>) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let mut workspace = workspace();
        loop {
            let mut session = self.session(&mut workspace, log);
            match work(&mut session) {
                Err(_) if self.mirrors.begin_again() => {}
                result => return result,
            }
        }
    }

    fn session<'w>(&'w self, workspace: &'w mut Workspace, log: &Log) -> Session<'w, Disk<'w>> {
        let update = Update::new(workspace, self.settings.now, self.settings.limits);
        Session::new(update, self.disk(), log.clone())
    }

    fn disk(&self) -> Disk<'_> {
        Disk::new(&self.settings.metadata_dir, Some((&self.transport, &self.mirrors)))
    }
}

/// Runs the session to its end and reports what is trusted, also when it fails.
fn refresh_and_report<H: Host>(
    session: &mut Session<'_, H>,
    report: &mut Report,
) -> Result<(), CliError> {
    let result = session.run();
    report.roles(session.roles());
    result
}

/// Looks for a target and reports the roles that came in on the way, also when it fails.
fn find_and_report<H: Host>(
    session: &mut Session<'_, H>,
    path: &str,
    report: &mut Report,
) -> Result<FoundTarget, CliError> {
    let result = session.find(path);
    report.roles(session.roles());
    result
}

fn must_be_initialized(settings: &Settings) -> Result<(), CliError> {
    let root = Store::new(&settings.metadata_dir).path("root");
    match root.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(CliError::new("not-initialized", "caller", "there is no trusted root yet")
                .file(root.display())
                .hint(
                    "get the repository's root metadata by a way that you trust, and run `picotuf \
                init ROOT`, or give it as --root",
                ))
        }
        Err(error) => Err(CliError::io("look for the trusted root", &root, &error)),
    }
}

/// Whether the bytes of `reader` are the target that was found.
fn check(
    found: &FoundTarget,
    reader: &mut impl Read,
) -> Result<(), Result<std::io::Error, picotuf::Error>> {
    target_file::check(&found.target, reader)
}

fn target_report(
    path: &str,
    found: FoundTarget,
    file: String,
    url: Option<String>,
) -> TargetReport {
    let fields = found
        .custom
        .as_deref()
        .and_then(|custom| KnownFields::of(std::str::from_utf8(custom).ok()?));
    let custom = found.custom.and_then(|custom| serde_json::from_slice(&custom).ok());
    let hashes = found
        .target
        .hashes
        .iter()
        .map(|digest| (digest.algorithm().name().to_owned(), digest.to_string().into()));
    TargetReport {
        path: path.to_owned(),
        length: found.target.length,
        hashes: hashes.collect(),
        fields,
        custom,
        delegation_path: found.delegation_path,
        file,
        url,
    }
}

/// The memory of the core, on the heap: it is too large for some threads' stacks.
fn workspace() -> Box<Workspace> {
    Box::new(Workspace::new())
}

/// Offline at a time when nothing has expired: for looking at what is stored, not for relying on
/// it.
fn timeless(workspace: &mut Workspace, limits: Limits) -> Offline<&mut Workspace> {
    Offline::new(workspace, picotuf::Time::from_unix(i64::MIN), limits)
}
