//! What is removed from a mirror: files of this program's making that nothing lists any more. A root never is.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::folder::{Folder, decoded, name};
use crate::all_roles::Ground;
use crate::error::CliError;

/// Removes them, and gives their names.
pub(super) fn run(
    folder: &Folder,
    ground: &Ground,
    listed_files: &[String],
    with_targets: bool,
) -> Result<Vec<String>, CliError> {
    let mut removed = Vec::new();
    let snapshot = ground.reports.iter().find(|report| report.role == "snapshot").map(|snapshot| snapshot.version);
    let version = |version: u64| Some(version).filter(|_| ground.consistent);
    let mut kept: BTreeSet<String> = ground.listed.iter().map(|(role, listed)| name(role, version(*listed))).collect();
    kept.insert(name("snapshot", snapshot.filter(|_| ground.consistent)));
    kept.insert(name("timestamp", None));
    for file in names(&folder.metadata, "")? {
        let (number, role) = file.split_once('.').unwrap_or_default();
        let is_root = role == "root.json" || file == "root.json";
        let is_version = number.parse::<u64>().is_ok() && role.ends_with(".json");
        if is_root || !is_version || file.contains('/') || kept.contains(&file) {
            continue;
        }
        remove(&folder.metadata.join(&file))?;
        if let Some(twin) = decoded(&folder.metadata, &file).filter(|twin| twin.is_file()) {
            remove(&twin)?;
        }
        removed.push(format!("metadata/{file}"));
    }
    if with_targets {
        let kept: BTreeSet<&str> = listed_files.iter().map(String::as_str).collect();
        for file in names(&folder.targets, "")? {
            if !kept.contains(file.as_str()) {
                remove(&folder.targets.join(&file))?;
                removed.push(format!("targets/{file}"));
            }
        }
    }
    Ok(removed)
}

fn remove(path: &Path) -> Result<(), CliError> {
    fs::remove_file(path).map_err(|error| CliError::io("remove the file", path, &error))
}

/// All files below a folder, less temporary ones; no symbolic link is followed.
fn names(folder: &Path, prefix: &str) -> Result<Vec<String>, CliError> {
    let mut found = Vec::new();
    let refuse = |error| CliError::io("list the folder", folder, &error);
    let Ok(entries) = fs::read_dir(folder) else { return Ok(found) };
    for entry in entries {
        let entry = entry.map_err(refuse)?;
        let Some(name) = entry.file_name().to_str().map(|name| format!("{prefix}{name}")) else { continue };
        let kind = entry.file_type().map_err(refuse)?;
        if kind.is_dir() {
            found.extend(names(&entry.path(), &format!("{name}/"))?);
        } else if kind.is_file() && !entry.file_name().to_string_lossy().starts_with(".picotuf-") {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}
