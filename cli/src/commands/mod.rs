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

use picotuf::{Limits, Update, Workspace};
use picotuf_client::pypi::KnownFields;
use picotuf_client::session::{FoundTarget, Host, Session};
use picotuf_client::{Client, Error};

use crate::args::{Arguments, Command};
use crate::report::{Log, Report, TargetReport};
use crate::settings::{Environment, Settings};
use crate::transport::Transport;

/// Carries out the command.
pub(crate) fn run(arguments: &Arguments, report: &mut Report, log: &Log) -> Result<(), Error> {
    match &arguments.command {
        Command::Demo => return demo::run(report, log),
        Command::Completions { shell } => return generated::completions(*shell, report),
        Command::Man { command } => return generated::manual(command.as_deref(), report),
        _ => {}
    }
    let environment = Environment::of_process()?;
    let settings = Settings::resolve(&arguments.general, &arguments.choices, &environment)?;
    report.begin(settings.config.now, &settings.config.metadata_dir);
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

/// Makes ready to fetch what the settings name.
fn transport(settings: &Settings, log: &Log) -> Result<Transport, Error> {
    let (metadata, targets) = (&settings.config.metadata, &settings.config.targets);
    Transport::new(&settings.network, metadata, targets, log.clone(), log.is_quiet())
}

/// Opens the client, and does the work with it.
fn online<T>(
    settings: &Settings,
    log: &Log,
    work: impl FnOnce(&Client<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    picotuf_client::must_be_initialized(&settings.config.metadata_dir)?;
    settings.config.metadata_urls()?;
    let transport = transport(settings, log)?;
    work(&Client::open(&settings.config, &transport, log.events())?)
}

/// Runs the session to its end and reports what is trusted, also when it fails.
fn refresh_and_report<H: Host>(
    session: &mut Session<'_, H>,
    report: &mut Report,
) -> Result<(), Error> {
    let result = session.run();
    report.roles(session.roles());
    result
}

/// Looks for a target and reports the roles that came in on the way, also when it fails.
fn find_and_report<H: Host>(
    session: &mut Session<'_, H>,
    path: &str,
    report: &mut Report,
) -> Result<FoundTarget, Error> {
    let result = session.find(path);
    report.roles(session.roles());
    result
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
fn timeless(workspace: &mut Workspace, limits: Limits) -> Update<'_> {
    Update::offline(workspace, picotuf::Time::from_unix(i64::MIN), limits)
}
