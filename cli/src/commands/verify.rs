//! `picotuf verify`

use std::fs::{self, File};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use picotuf::{Offline, Time};

use super::{
    Online, check, find_and_report, must_be_initialized, refresh_and_report, target_report,
    workspace,
};
use crate::clock;
use crate::disk::Disk;
use crate::error::CliError;
use crate::report::{Log, Report};
use crate::session::{FoundTarget, Host, Session};
use crate::settings::Settings;
use crate::store::Store;

pub(super) fn run(
    file: &Path,
    offline: bool,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    let [path] = &settings.target_names[..] else {
        return Err(CliError::usage(
            "verify needs exactly one --target-name PATH: the file's path in the repository",
        ));
    };
    // Before the network: a name that is wrong should be told at once.
    let mut reader =
        File::open(file).map_err(|error| CliError::io("open the file", file, &error))?;
    if offline {
        must_be_initialized(settings)?;
        say_age(settings, report);
        let mut workspace = workspace();
        let update = Offline::new(&mut *workspace, settings.now, settings.limits);
        let mut session =
            Session::new(update, Disk::new(&settings.metadata_dir, None), log.clone());
        let found =
            find(&mut session, path, report).map_err(|error| match error.detail().code {
                "missing-file" | "expired" | "role-not-in-snapshot" => {
                    error.hint("run `picotuf refresh`, or verify without --offline")
                }
                _ => error,
            })?;
        verify(found, path, file, &mut reader, report)
    } else {
        let online = Online::open(settings, log)?;
        let found = online.in_session(log, |session| find(session, path, report))?;
        verify(found, path, file, &mut reader, report)
    }
}

fn find<H: Host>(
    session: &mut Session<'_, H>,
    path: &str,
    report: &mut Report,
) -> Result<FoundTarget, CliError> {
    refresh_and_report(session, report)?;
    find_and_report(session, path, report)
}

fn verify(
    found: FoundTarget,
    path: &str,
    file: &Path,
    reader: &mut File,
    report: &mut Report,
) -> Result<(), CliError> {
    check(&found, reader).map_err(|failure| match failure {
        Ok(error) => CliError::io("read the file", file, &error),
        Err(verdict) => CliError::from(verdict)
            .target(path)
            .file(file.display())
            .delegation_path(found.delegation_path.clone())
            .hint("the file is not the one that the repository publishes: do not use it"),
    })?;
    report.target(target_report(path, found, file.display().to_string(), None), "verified");
    Ok(())
}

/// How long ago the stored timestamp was put there, the file that every refresh which finds news
/// replaces.
fn say_age(settings: &Settings, report: &mut Report) {
    let timestamp = Store::new(&settings.metadata_dir).path("timestamp");
    let Some(stored) =
        fs::metadata(timestamp).and_then(|metadata| metadata.modified()).ok().and_then(to_time)
    else {
        return;
    };
    let age = match settings.now {
        now if now < stored => "after the time given by --at".to_owned(),
        now => clock::relative(stored, now),
    };
    report.say(format_args!("offline: the stored metadata came in {age} ({stored})"));
    report.detail("stored_at", stored.to_string());
    report.detail("stored_age_seconds", settings.now.unix().saturating_sub(stored.unix()));
}

fn to_time(time: SystemTime) -> Option<Time> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(seconds).ok().map(Time::from_unix)
}
