//! `picotuf metadata`: the METADATA of a wheel, beside the wheel, by the hash that is signed of it.

use std::io::{IsTerminal, Write};
use std::path::Path;

use picotuf::pypi::{FileName, ProjectName};

use super::{Online, workspace};
use crate::error::{CliError, OneLine};
use crate::mirrors::Mirrors;
use crate::pypi::{self, Begin, Checker, Pages};
use crate::report::{Log, Report};
use crate::settings::Settings;

pub(super) fn run(
    file: &Path,
    project: Option<&str>,
    settings: &Settings,
    report: &mut Report,
    log: &Log,
) -> Result<(), CliError> {
    let layout = pypi::resolve(settings.layout.as_deref())?;
    let text = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let wrong = |error: &dyn std::fmt::Display| {
        CliError::usage_code("file-name", format!("the name {text:?} cannot be used: {error}"))
    };
    let name = match project {
        Some(project) => {
            let project = ProjectName::new(project).map_err(|error| wrong(&error))?;
            FileName::of(&project, text)
        }
        None => FileName::parse(text),
    };
    let name = name.map_err(|error| wrong(&error))?;
    let mut workspace = workspace();
    let online = Online::open(settings, log)?;
    let mirrors = Mirrors::new(settings.target_base_urls()?, log);
    let pages = Pages::new(Some((&online.transport, mirrors)), settings.hash_prefix);
    let begin: Box<Begin<'_>> = Box::new(|workspace| online.holding(workspace, log));
    let mut checker = Checker::new(&mut workspace, begin, Some(&online.mirrors), layout, pages);
    let found = checker.refresh().and_then(|()| checker.metadata(&name));
    report.keep_roles(checker.roles());
    let (target, metadata) = found?;
    let text = String::from_utf8_lossy(&metadata);
    report.detail("target", target);
    report.detail("metadata", &text);
    if report.speaks() {
        let mut out = std::io::stdout().lock();
        // As in `Report::say`: who reads may go away.
        let _ = if out.is_terminal() {
            text.lines().try_for_each(|line| writeln!(out, "{}", OneLine(line)))
        } else {
            out.write_all(&metadata)
        };
    }
    Ok(())
}
