//! `picotuf refresh`

use picotuf_client::Error;

use super::shared::{online, refresh_and_report};
use crate::report::{Log, Report};
use crate::settings::Settings;

pub(super) fn run(settings: &Settings, report: &mut Report, log: &Log) -> Result<(), Error> {
    online(settings, log, |client| client.in_session(|session| refresh_and_report(session, report)))
}
