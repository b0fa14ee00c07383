//! `picotuf verify`

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use picotuf::Time;
use picotuf_client::session::{FoundTarget, Host, Session};
use picotuf_client::store::Store;
use picotuf_client::{Error, must_be_initialized, offline_session, verify_file};

use super::shared::{find_and_report, online, refresh_and_report, target_report, workspace};
use crate::clock;
use crate::report::{Log, Report};
use crate::settings::Settings;

pub(super) fn run(
    file: &Path,
    offline: bool,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let [path] = &settings.target_names[..] else {
        return Err(Error::usage(
            "verify needs exactly one --target-name PATH: the file's path in the repository",
        ));
    };
    // Open the file before any request, so that a wrong name is reported at once.
    fs::File::open(file).map_err(|error| Error::io("open the file", file, &error))?;
    let found = if offline {
        must_be_initialized(&settings.config.metadata_dir)?;
        say_age(settings, report);
        let mut workspace = workspace();
        let mut session = offline_session(&settings.config, &mut workspace, log.events())?;
        find(&mut session, path, report).map_err(|error| {
            use picotuf::Error as E;
            match error.core() {
                Some(E::MissingFile { .. } | E::Expired { .. } | E::RoleNotInSnapshot { .. }) => {
                    error.hint("run `picotuf refresh`, or verify without --offline")
                }
                _ => error,
            }
        })?
    } else {
        online(settings, log, |client| client.in_session(|session| find(session, path, report)))?
    };
    verify_file(&found, path, file)?;
    report.target(target_report(path, found, file.display().to_string(), None), "verified");
    Ok(())
}

fn find<H: Host>(
    session: &mut Session<'_, H>,
    path: &str,
    report: &mut Report,
) -> Result<FoundTarget, Error> {
    refresh_and_report(session, report)?;
    find_and_report(session, path, report)
}

/// Reports the age of the stored timestamp, which every refresh with new metadata replaces.
fn say_age(settings: &Settings, report: &mut Report) {
    let timestamp = Store::new(&settings.config.metadata_dir).path("timestamp");
    let Some(stored) =
        fs::metadata(timestamp).and_then(|metadata| metadata.modified()).ok().and_then(to_time)
    else {
        return;
    };
    let age = match settings.config.now {
        now if now < stored => "after the time given by --at".to_owned(),
        now => clock::relative(stored, now),
    };
    report.say(format_args!("offline: the metadata was stored {age} ({stored})"));
    report.detail("stored_at", stored.to_string());
    report.detail("stored_age_seconds", settings.config.now.unix().saturating_sub(stored.unix()));
}

fn to_time(time: SystemTime) -> Option<Time> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(seconds).ok().map(Time::from_unix)
}
