//! What is removed from a mirror: files of this program's making that nothing lists any more. A
//! root is never removed. A file stays if a role may list it that failed in this run, or a role
//! below it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use picotuf::Workspace;
use serde::Serialize;

use super::folder::{Folder, name, paths};
use super::places::paths_of;
use crate::all_roles::{VerifiedRepository, Ways};
use crate::error::Error;

/// What is known of a repository after a walk through its roles.
pub(crate) struct Known<'k> {
    pub(crate) repository: &'k VerifiedRepository,
    pub(crate) ways: &'k Ways,
    /// The roles that verified.
    pub(crate) verified: &'k BTreeSet<String>,
    /// The roles that did not, or could not be read.
    pub(crate) failed: Vec<&'k str>,
    /// The names of all target files that are listed.
    pub(crate) listed_files: &'k [String],
}

/// Files of a mirror that no role lists that verified.
#[derive(Default)]
pub(crate) struct Unlisted {
    /// Those that nothing lists at all, by their names in the mirror's folder.
    pub(crate) files: Vec<String>,
    /// Those that a role may list that failed.
    pub(crate) undecided: Vec<Undecided>,
}

/// A file that may be listed by a role that failed.
#[derive(Debug, Serialize)]
pub struct Undecided {
    /// The file, by its name in the mirror.
    pub file: String,
    /// The roles that failed and may list it, or a role above it.
    pub roles: Vec<String>,
}

/// What was removed, and what was kept because of roles that failed.
#[derive(Debug, Default)]
pub struct Pruned {
    /// The files that were removed.
    pub removed: Vec<String>,
    /// The files that were kept.
    pub kept: Vec<Undecided>,
}

/// Removes the files of old versions that nothing lists, and with `with_targets` such target files.
pub(crate) fn run(folder: &Folder, known: &Known<'_>, with_targets: bool) -> Result<Pruned, Error> {
    let mut pruned = Pruned::default();
    let kept = kept_metadata(&folder.metadata, known.repository);
    for file in names(&folder.metadata, "")?.files {
        let Some(role) = old_role(&file) else { continue };
        let unlisted: Vec<PathBuf> = paths(&folder.metadata, &file);
        // What lies under a decoded name may be gone already, with the file whose name that is.
        let unlisted = unlisted.into_iter().filter(|path| !kept.contains(path) && path.is_file());
        for path in unlisted {
            let Ok(below) = path.strip_prefix(&folder.metadata) else { continue };
            let file = format!("metadata/{}", below.display());
            match known.may_be_of_failed(&role) {
                true => pruned.kept.push(Undecided { file, roles: known.all_failed() }),
                false => {
                    remove(&path)?;
                    pruned.removed.push(file);
                }
            }
        }
    }
    if with_targets {
        let Unlisted { files, undecided } =
            known.unlisted_targets(names(&folder.targets, "")?.files);
        for file in &files {
            remove(&folder.targets.join(file))?;
        }
        pruned.removed.extend(files.into_iter().map(|file| format!("targets/{file}")));
        pruned.kept.extend(undecided);
    }
    Ok(pruned)
}

/// All files and symbolic links of a mirror that nothing lists; roots are not among them.
pub(crate) fn unlisted(folder: &Path, known: &Known<'_>) -> Result<Unlisted, Error> {
    let metadata = folder.join("metadata");
    let kept = kept_metadata(&metadata, known.repository);
    let mut unlisted = Unlisted::default();
    for file in names(&metadata, "")?.all() {
        if is_root(&file) || kept.contains(&metadata.join(&file)) {
            continue;
        }
        let named = format!("metadata/{file}");
        match old_role(&file).is_some_and(|role| known.may_be_of_failed(&role)) {
            true => unlisted.undecided.push(Undecided { file: named, roles: known.all_failed() }),
            false => unlisted.files.push(named),
        }
    }
    let targets = known.unlisted_targets(names(&folder.join("targets"), "")?.all());
    unlisted.files.extend(targets.files.into_iter().map(|file| format!("targets/{file}")));
    unlisted.undecided.extend(targets.undecided);
    Ok(unlisted)
}

impl Known<'_> {
    /// Whether the role failed, or may be below one that did.
    fn may_be_of_failed(&self, role: &str) -> bool {
        !self.failed.is_empty()
            && !self.verified.contains(role)
            && !["snapshot", "targets"].contains(&role)
    }

    fn all_failed(&self) -> Vec<String> {
        self.failed.iter().map(|role| (*role).to_owned()).collect()
    }

    /// The target files that nothing lists: by their names in the targets' folder, and those that
    /// are undecided by their names in the mirror.
    fn unlisted_targets(&self, found: Vec<String>) -> Unlisted {
        let listed: BTreeSet<&str> = self.listed_files.iter().map(String::as_str).collect();
        let mut workspace = Box::new(Workspace::new());
        let mut unlisted = Unlisted::default();
        for file in found {
            // A link in place of a folder is no file of its own.
            let below = format!("{file}/");
            let mut listed =
                listed.range(file.as_str()..).take_while(|name| name.starts_with(&file));
            if listed.any(|name| **name == file || name.starts_with(&below)) {
                continue;
            }
            let roles = self.failed_that_may_list(&mut workspace, &file);
            match roles.is_empty() {
                true => unlisted.files.push(file),
                false => {
                    unlisted.undecided.push(Undecided { file: format!("targets/{file}"), roles })
                }
            }
        }
        unlisted
    }

    /// The failed roles that a client may visit on its search for the target of this file.
    fn failed_that_may_list(&self, workspace: &mut Workspace, file: &str) -> Vec<String> {
        let paths = paths_of(file);
        let may_list =
            |role: &&&str| paths.iter().any(|path| self.ways.may_lead(workspace, role, path));
        self.failed.iter().filter(may_list).map(|role| (*role).to_owned()).collect()
    }
}

/// The roles that are named for these files, each with the number of its files.
pub fn by_role<'u>(undecided: impl IntoIterator<Item = &'u Undecided>) -> BTreeMap<&'u str, usize> {
    let mut counts = BTreeMap::new();
    for role in undecided.into_iter().flat_map(|file| &file.roles) {
        *counts.entry(role.as_str()).or_default() += 1;
    }
    counts
}

/// Where the files of all roles lie that are listed now, under each of their names.
fn kept_metadata(metadata: &Path, repository: &VerifiedRepository) -> BTreeSet<PathBuf> {
    let snapshot = repository
        .reports
        .iter()
        .find(|report| report.role == "snapshot")
        .map(|snapshot| snapshot.version);
    let version = |version: u64| Some(version).filter(|_| repository.consistent);
    let mut kept: Vec<String> =
        repository.listed.iter().map(|(role, listed)| name(role, version(*listed))).collect();
    kept.push(name("snapshot", snapshot.filter(|_| repository.consistent)));
    kept.push(name("timestamp", None));
    kept.iter().flat_map(|name| paths(metadata, name)).collect()
}

fn is_root(file: &str) -> bool {
    file == "root.json" || file.split_once('.').is_some_and(|(_, role)| role == "root.json")
}

/// The role whose versioned file has this name. Gives nothing for roots and for other files.
fn old_role(file: &str) -> Option<String> {
    let (number, role) = file.split_once('.')?;
    number.parse::<u64>().ok()?;
    let role = role.strip_suffix(".json").filter(|role| !role.contains('/') && *role != "root")?;
    Some(percent_decode_str(role).decode_utf8_lossy().into_owned())
}

fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_file(path).map_err(|error| Error::io("remove the file", path, &error))
}

/// What lies below a folder, less temporary files.
#[derive(Default)]
struct Found {
    files: Vec<String>,
    links: Vec<String>,
}

impl Found {
    fn all(self) -> Vec<String> {
        let mut all = self.files;
        all.extend(self.links);
        all.sort();
        all
    }
}

/// The names of all files and links below a folder, sorted; no symbolic link is followed.
fn names(folder: &Path, prefix: &str) -> Result<Found, Error> {
    let mut found = Found::default();
    let refuse = |error| Error::io("list the folder", folder, &error);
    let Ok(entries) = fs::read_dir(folder) else { return Ok(found) };
    for entry in entries {
        let entry = entry.map_err(refuse)?;
        let Some(name) = entry.file_name().to_str().map(|name| format!("{prefix}{name}")) else {
            continue;
        };
        let kind = entry.file_type().map_err(refuse)?;
        if kind.is_dir() {
            let below = names(&entry.path(), &format!("{name}/"))?;
            found.files.extend(below.files);
            found.links.extend(below.links);
        } else if kind.is_symlink() {
            found.links.push(name);
        } else if kind.is_file() && !entry.file_name().to_string_lossy().starts_with(".picotuf-") {
            found.files.push(name);
        }
    }
    found.files.sort();
    Ok(found)
}
