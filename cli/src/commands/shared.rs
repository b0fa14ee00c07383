//! Functions that several commands use.

use picotuf::pypi::ProjectName;
use picotuf::{Limits, Offline, Workspace};
use picotuf_client::pypi::KnownFields;
use picotuf_client::session::{FoundTarget, Host, Session};
use picotuf_client::{Client, Error};
use serde_json::Value;

use crate::report::{Log, Report, TargetReport};
use crate::settings::Settings;
use crate::transport::Transport;

/// Creates the transport for the URLs of the settings.
pub(super) fn transport(settings: &Settings, log: &Log) -> Result<Transport, Error> {
    let (metadata, targets) = (&settings.config.metadata, &settings.config.targets);
    Transport::new(&settings.network, metadata, targets, log.events().clone(), log.is_quiet())
}

/// Opens the client and runs `work` with it.
pub(super) fn online<T>(
    settings: &Settings,
    log: &Log,
    work: impl FnOnce(&Client<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    picotuf_client::must_be_initialized(&settings.config.metadata_dir)?;
    settings.config.metadata_urls()?;
    let transport = transport(settings, log)?;
    work(&Client::open(&settings.config, &transport, log.events())?)
}

/// Runs the session to its end and reports the trusted roles, even after a failure.
pub(super) fn refresh_and_report<H: Host>(
    session: &mut Session<'_, H>,
    report: &mut Report,
) -> Result<(), Error> {
    let result = session.run();
    report.roles(session.roles());
    result
}

/// Searches for a target and reports the newly trusted roles, even after a failure.
pub(super) fn find_and_report<H: Host>(
    session: &mut Session<'_, H>,
    path: &str,
    report: &mut Report,
) -> Result<FoundTarget, Error> {
    let result = session.find(path);
    report.roles(session.roles());
    result
}

/// Returns a target as JSON, with the path of its local file and the URL of its download.
pub fn target(path: &str, found: FoundTarget, file: String, url: Option<String>) -> Value {
    serde_json::to_value(target_report(path, found, file, url)).unwrap_or_default()
}

pub(super) fn target_report(
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

/// Creates the core's workspace on the heap, because it is too large for the stacks of some
/// threads.
pub(super) fn workspace() -> Box<Workspace> {
    Workspace::boxed()
}

/// Creates an offline session in which nothing expires, to show stored metadata, not to rely on it.
pub(super) fn timeless(workspace: &mut Workspace, limits: Limits) -> Offline<&mut Workspace> {
    Offline::new(workspace, picotuf::Time::from_unix(i64::MIN), limits)
}

/// Parses the value of `--project`.
pub(super) fn project(text: &str) -> Result<ProjectName, Error> {
    ProjectName::new(text).map_err(|error| {
        Error::usage(format!(
            "--project {text:?} is not a valid project name: \
             {error}"
        ))
    })
}
