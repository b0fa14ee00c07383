//! `picotuf download`

use super::{Online, find_and_report, refresh_and_report, target_report};
use crate::error::CliError;
use crate::mirrors::Mirrors;
use crate::report::{Log, Report};
use crate::settings::Settings;
use crate::store;
use crate::target_file::{Wanted, is_here};
use crate::target_path;

pub(super) fn run(settings: &Settings, report: &mut Report, log: &Log) -> Result<(), CliError> {
    if settings.target_names.is_empty() {
        return Err(CliError::usage("download needs --target-name PATH, once for each target"));
    }
    let mirrors = Mirrors::new(settings.target_base_urls()?, log);
    let online = Online::open(settings, log)?;
    // A session that begins again goes on with the target that it failed at.
    let mut left = settings.target_names.iter();
    online.in_session(log, |session| {
        refresh_and_report(session, report)?;
        while let Some(path) = left.clone().next() {
            let found = find_and_report(session, path, report)?;
            let consistent = session.consistent_snapshot() && settings.hash_prefix;
            let local = target_path::local_path(&settings.target_dir, path)?;
            let (url, what_happened) = if is_here(&found.target, &local)? {
                log.line(|| format!("{} is right already", local.display()));
                (None, "unchanged")
            } else {
                let local = target_path::make_folders(&settings.target_dir, path)?;
                store::sweep(local.parent().unwrap_or(&settings.target_dir));
                let (target, delegation_path) = (&found.target, &found.delegation_path[..]);
                let wanted = Wanted { path, target, delegation_path, consistent };
                (Some(wanted.fetch(&mirrors, &online.transport, &local)?), "written to")
            };
            report.target(
                target_report(path, found, local.display().to_string(), url),
                what_happened,
            );
            left.next();
        }
        Ok(())
    })
}
