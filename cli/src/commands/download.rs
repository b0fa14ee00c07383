//! `picotuf download`

use picotuf_client::{Downloaded, Error, Mirrors};

use super::shared::{online, refresh_and_report, target_report};
use crate::report::{Log, Report};
use crate::settings::Settings;

pub(super) fn run(settings: &Settings, report: &mut Report, log: &Log) -> Result<(), Error> {
    if settings.target_names.is_empty() {
        return Err(Error::usage("download needs --target-name PATH, once for each target"));
    }
    let mirrors = Mirrors::new(settings.config.target_base_urls()?, log.events());
    // A session that begins again goes on with the target that it failed at.
    let mut left = settings.target_names.iter();
    online(settings, log, |client| {
        client.in_session(|session| {
            refresh_and_report(session, report)?;
            while let Some(path) = left.clone().next() {
                let done = client.download_in(session, path, &settings.target_dir, &mirrors);
                report.roles(session.roles());
                let Downloaded { found, file, url } = done?;
                let what_happened = if url.is_some() { "written to" } else { "unchanged" };
                report.target(
                    target_report(path, found, file.display().to_string(), url),
                    what_happened,
                );
                left.next();
            }
            Ok(())
        })
    })
}
