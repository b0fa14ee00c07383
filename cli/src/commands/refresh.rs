//! `picotuf refresh`

use super::{Online, refresh_and_report, workspace};
use crate::error::CliError;
use crate::report::{Log, Report};
use crate::settings::Settings;

pub(super) fn run(settings: &Settings, report: &mut Report, log: &Log) -> Result<(), CliError> {
    let online = Online::open(settings, log)?;
    let mut workspace = workspace();
    let mut session = online.session(&mut workspace, log);
    refresh_and_report(&mut session, report)
}
