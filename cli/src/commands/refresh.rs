//! `picotuf refresh`

use super::{Online, refresh_and_report};
use crate::error::CliError;
use crate::report::{Log, Report};
use crate::settings::Settings;

pub(super) fn run(settings: &Settings, report: &mut Report, log: &Log) -> Result<(), CliError> {
    let online = Online::open(settings, log)?;
    online.in_session(log, |session| refresh_and_report(session, report))
}
