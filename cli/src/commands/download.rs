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
    // A restarted session continues with the target that failed.
    let mut left: &[String] = &settings.target_names;
    online(settings, log, |client| {
        client.in_session_for(settings.target_names.len(), |session| {
            refresh_and_report(session, report)?;
            let paths: Vec<&str> = left.iter().map(String::as_str).collect();
            let mut all = Vec::new();
            let folder = &settings.target_dir;
            let result =
                client.download_in(session, &paths, folder, &mirrors, &mut |path, done| {
                    all.push((path.to_owned(), done));
                });
            report.roles(session.roles());
            left = left.get(all.len()..).unwrap_or_default();
            for (path, Downloaded { found, file, url }) in all {
                let what_happened = if url.is_some() { "written to" } else { "unchanged" };
                let target = target_report(&path, found, file.display().to_string(), url);
                report.target(target, what_happened);
            }
            result
        })
    })
}
