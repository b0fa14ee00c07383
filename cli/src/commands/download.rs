//! `picotuf download`

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use picotuf::TargetVerifier;

use super::{Online, check, find_and_report, refresh_and_report, target_report, workspace};
use crate::error::CliError;
use crate::report::{Log, Report};
use crate::session::FoundTarget;
use crate::settings::Settings;
use crate::store;
use crate::target_path;
use crate::transport::{Base, Found, Transport, encode_path};

pub(super) fn run(settings: &Settings, report: &mut Report, log: &Log) -> Result<(), CliError> {
    if settings.target_names.is_empty() {
        return Err(CliError::usage("download needs --target-name PATH, once for each target"));
    }
    let targets = settings.target_base_url()?;
    let online = Online::open(settings, log)?;
    let mut workspace = workspace();
    let mut session = online.session(&mut workspace, log);
    refresh_and_report(&mut session, report)?;
    for path in &settings.target_names {
        let found = find_and_report(&mut session, path, report)?;
        let consistent = session.consistent_snapshot() && settings.hash_prefix;
        let local = target_path::local_path(&settings.target_dir, path)?;
        let (url, what_happened) = if is_here(&found, &local)? {
            log.line(|| format!("{} is right already", local.display()));
            (None, "unchanged")
        } else {
            let url = fetch(&found, path, consistent, targets, &online.transport, &settings.target_dir)?;
            (Some(url), "written to")
        };
        report.target(target_report(path, found, local.display().to_string(), url), what_happened);
    }
    Ok(())
}

/// Whether the target is at its place already.
fn is_here(found: &FoundTarget, local: &Path) -> Result<bool, CliError> {
    let metadata = match fs::symlink_metadata(local) {
        Ok(metadata) => metadata,
        // What is in the way shows when the target is written.
        Err(_) => return Ok(false),
    };
    if metadata.is_dir() {
        return Err(CliError::new("io", "system", "a folder stands where the target belongs").file(local.display()));
    }
    if !metadata.is_file() || metadata.len() != found.target.length {
        return Ok(false);
    }
    let Ok(mut file) = File::open(local) else {
        return Ok(false);
    };
    match check(found, &mut file) {
        Ok(()) => Ok(true),
        Err(Err(_)) => Ok(false),
        Err(Ok(error)) => Err(CliError::io("read the file", local, &error)),
    }
}

/// Fetches the target to its place, and says from where.
fn fetch(
    found: &FoundTarget,
    path: &str,
    consistent: bool,
    base: &Base,
    transport: &Transport,
    folder: &Path,
) -> Result<String, CliError> {
    let local = target_path::make_folders(folder, path)?;
    let parent = local.parent().unwrap_or(folder);
    store::sweep(parent);
    for name in names(found, path, consistent) {
        let file = base.file(name);
        let mut incoming = store::temporary(parent)?;
        let mut verifier = TargetVerifier::new(&found.target);
        let mut sink = |bytes: &[u8]| {
            verifier.update(bytes)?;
            incoming.write_all(bytes).map_err(|error| CliError::io("write the file", &local, &error))
        };
        let about = |error: CliError| {
            let error = error.target(path).delegation_path(found.delegation_path.clone());
            if error.detail().file.is_some() { error } else { error.file(&file) }
        };
        let max_length = found.target.length.saturating_add(1);
        if transport.fetch(&file, max_length, &mut sink).map_err(about)? == Found::Yes {
            verifier.finish().map_err(|error| about(error.into()))?;
            store::persist(incoming, &local)?;
            return Ok(file.to_string());
        }
    }
    let first = names(found, path, consistent).next().unwrap_or_default();
    Err(CliError::new("missing-target", "repository", "the target is listed, but its file is not there")
        .target(path)
        .file(base.file(first))
        .hint("check --target-base-url; --no-hash-prefix asks for the plain name"))
}

/// What the file may be called: with each of its hashes in front of its name in a consistent-snapshot repository (spec §6.2).
pub(crate) fn names<'f>(found: &'f FoundTarget, path: &'f str, consistent: bool) -> impl Iterator<Item = String> + 'f {
    let (folder, name) = match path.rsplit_once('/') {
        Some((folder, name)) => (format!("{}/", encode_path(folder)), name),
        None => (String::new(), path),
    };
    let plain = (!consistent).then(|| encode_path(path));
    let hashed = found.target.hashes.iter().filter(move |_| consistent);
    plain.into_iter().chain(hashed.map(move |digest| format!("{folder}{digest}.{}", encode_path(name))))
}
