//! `picotuf metadata`: prints the METADATA of a wheel or of a project's newest wheel, verified by
//! its signed hash.

use std::io::{IsTerminal, Write};
use std::path::Path;

use picotuf::OneLine;
use picotuf::pypi::{FileKind, FileName, ProjectName};
use picotuf_client::pypi::{self, WheelMetadata};
use picotuf_client::{Code, Error};

use super::shared::{online, workspace};
use crate::report::{Log, Report};
use crate::settings::Settings;

pub(super) fn run(
    what: &Path,
    project: Option<&str>,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), Error> {
    let layout = pypi::resolve(settings.layout.as_deref())?;
    let text = what.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let wrong = |error: &dyn std::fmt::Display| {
        Error::usage_code(Code::FileName, format!("the file name {text:?} cannot be used: {error}"))
    };
    let named = |text: &str| ProjectName::new(text).map_err(|error| wrong(&error));
    let wheel = match (project, FileKind::of_extension(text)) {
        (Some(project), _) => Some(FileName::of(&named(project)?, text)),
        (None, Some(_)) => Some(FileName::parse(text)),
        (None, None) => None,
    };
    let wheel = wheel.transpose().map_err(|error| wrong(&error))?;
    let project = match &wheel {
        Some(wheel) => wheel.project.clone(),
        None => named(text)?,
    };
    let mut workspace = workspace();
    let found = online(settings, log, |client| {
        settings.config.target_base_urls()?;
        let mut checker = client.checker(&mut workspace, layout);
        let found = checker.refresh().and_then(|()| checker.metadata(&project, wheel.as_ref()));
        report.keep_roles(checker.roles());
        found
    });
    let WheelMetadata { target, wheel, bytes } = found?;
    let text = String::from_utf8_lossy(&bytes);
    report.detail("target", target);
    report.detail("wheel", wheel);
    report.detail("metadata", &text);
    if report.speaks() {
        let mut out = std::io::stdout().lock();
        // As in `Report::say`: the reader may go away.
        let _ = if out.is_terminal() {
            text.lines().try_for_each(|line| writeln!(out, "{}", OneLine(line)))
        } else {
            out.write_all(&bytes)
        };
    }
    Ok(())
}
