//! What is removed from a mirror: files of this program's making that nothing lists any more. A root never is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::folder::{Folder, name, paths};
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
    let kept = kept_metadata(&folder.metadata, ground);
    for file in names(&folder.metadata, "")? {
        let (number, role) = file.split_once('.').unwrap_or_default();
        let is_version = number.parse::<u64>().is_ok() && role.ends_with(".json");
        if is_root(&file) || !is_version || file.contains('/') {
            continue;
        }
        // What lies under a decoded name may be gone already, with the file whose name that is.
        for path in paths(&folder.metadata, &file) {
            if !kept.contains(&path) && path.is_file() {
                remove(&path)?;
                removed.extend(
                    path.strip_prefix(&folder.metadata).ok().map(|path| format!("metadata/{}", path.display())),
                );
            }
        }
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

/// The names of all files of a mirror that nothing lists; roots are not among them.
pub(super) fn unlisted(folder: &Path, ground: &Ground, listed_files: &[String]) -> Result<Vec<String>, CliError> {
    let (metadata, targets) = (folder.join("metadata"), folder.join("targets"));
    let mut found = names(&metadata, "")?;
    let kept = kept_metadata(&metadata, ground);
    found.retain(|file| !is_root(file) && !kept.contains(&metadata.join(file)));
    found.iter_mut().for_each(|file| file.insert_str(0, "metadata/"));
    let kept: BTreeSet<&str> = listed_files.iter().map(String::as_str).collect();
    let files = names(&targets, "")?.into_iter().filter(|file| !kept.contains(file.as_str()));
    found.extend(files.map(|file| format!("targets/{file}")));
    Ok(found)
}

/// Where the files of all roles lie that are listed now, under each of their names.
fn kept_metadata(metadata: &Path, ground: &Ground) -> BTreeSet<PathBuf> {
    let snapshot = ground.reports.iter().find(|report| report.role == "snapshot").map(|snapshot| snapshot.version);
    let version = |version: u64| Some(version).filter(|_| ground.consistent);
    let mut kept: Vec<String> = ground.listed.iter().map(|(role, listed)| name(role, version(*listed))).collect();
    kept.push(name("snapshot", snapshot.filter(|_| ground.consistent)));
    kept.push(name("timestamp", None));
    kept.iter().flat_map(|name| paths(metadata, name)).collect()
}

fn is_root(file: &str) -> bool {
    file == "root.json" || file.split_once('.').is_some_and(|(_, role)| role == "root.json")
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
