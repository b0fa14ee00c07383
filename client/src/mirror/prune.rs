//! Removes files from a mirror that picotuf wrote and no role lists any more. Never removes a root.
//! Keeps a file that a failed role, or a role below it, may list.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use percent_encoding::percent_decode_str;
use picotuf::Workspace;
use serde::Serialize;

use super::folder::{Folder, all_names, name};
use super::inventory::{Entry, Inventory, visit};
use super::places::paths_of;
use crate::all_roles::{VerifiedRepository, Ways};
use crate::error::Error;

/// The state of a repository after a walk through its roles.
pub(crate) struct Known<'k> {
    pub(crate) repository: &'k VerifiedRepository,
    pub(crate) ways: &'k Ways,
    /// The roles that verified.
    pub(crate) verified: &'k BTreeSet<String>,
    /// The roles that did not verify or could not be read.
    pub(crate) failed: Vec<&'k str>,
}

/// The files of a mirror that no verified role lists.
#[derive(Default)]
pub(crate) struct Unlisted {
    /// The files that no role lists, by their names in the mirror's folder.
    pub(crate) files: Vec<String>,
    /// The files that a failed role may list.
    pub(crate) undecided: Vec<Undecided>,
}

/// A file that a failed role may list.
#[derive(Debug, Serialize)]
pub struct Undecided {
    /// The file, by its name in the mirror.
    pub file: String,
    /// The failed roles that may list the file, or that are above such a role.
    pub roles: Vec<String>,
}

/// The removed files, and the files that were kept because of failed roles.
#[derive(Debug, Default)]
pub struct Pruned {
    /// The files that were removed.
    pub removed: Vec<String>,
    /// The files that were kept.
    pub kept: Vec<Undecided>,
}

/// Removes unlisted metadata files and, with the inventory of the targets folder, unlisted target
/// files.
pub(crate) fn run(
    folder: &Folder,
    known: &Known<'_>,
    targets: Option<Inventory>,
) -> Result<Pruned, Error> {
    let mut pruned = Pruned::default();
    let kept = kept_metadata(known.repository);
    for file in names(&folder.metadata, false)? {
        let Some(role) = old_role(&file) else { continue };
        for name in all_names(&file).into_iter().filter(|name| !kept.contains(name)) {
            let path = folder.metadata.join(&name);
            // A file under a decoded name may have been removed already.
            if !path.is_file() {
                continue;
            }
            let file = format!("metadata/{name}");
            match known.may_be_of_failed(&role) {
                true => pruned.kept.push(Undecided { file, roles: known.all_failed() }),
                false => {
                    remove(&path)?;
                    pruned.removed.push(file);
                }
            }
        }
    }
    if let Some(targets) = targets {
        let Unlisted { files, undecided } = known.unlisted_targets(targets.unlisted()?);
        for file in &files {
            remove(&folder.targets.join(file))?;
        }
        pruned.removed.extend(files.into_iter().map(|file| format!("targets/{file}")));
        pruned.kept.extend(undecided);
    }
    Ok(pruned)
}

/// Returns all unlisted files and symbolic links of a mirror, except roots. `targets` is the
/// inventory of its targets folder.
pub(crate) fn unlisted(
    folder: &Path,
    known: &Known<'_>,
    targets: Inventory,
) -> Result<Unlisted, Error> {
    let kept = kept_metadata(known.repository);
    let mut unlisted = Unlisted::default();
    for file in names(&folder.join("metadata"), true)? {
        if is_root(&file) || kept.contains(&file) {
            continue;
        }
        let named = format!("metadata/{file}");
        match old_role(&file).is_some_and(|role| known.may_be_of_failed(&role)) {
            true => unlisted.undecided.push(Undecided { file: named, roles: known.all_failed() }),
            false => unlisted.files.push(named),
        }
    }
    let targets = known.unlisted_targets(targets.unlisted()?);
    unlisted.files.extend(targets.files.into_iter().map(|file| format!("targets/{file}")));
    unlisted.undecided.extend(targets.undecided);
    Ok(unlisted)
}

impl Known<'_> {
    /// Returns whether the role failed, or may be below a failed one.
    fn may_be_of_failed(&self, role: &str) -> bool {
        !self.failed.is_empty()
            && !self.verified.contains(role)
            && !["snapshot", "targets"].contains(&role)
    }

    fn all_failed(&self) -> Vec<String> {
        self.failed.iter().map(|role| (*role).to_owned()).collect()
    }

    /// Divides unlisted target files, which have their names in the targets folder, by whether a
    /// failed role may list them. The undecided ones have their names in the mirror.
    fn unlisted_targets(&self, files: Vec<String>) -> Unlisted {
        let mut workspace = Workspace::boxed();
        let mut unlisted = Unlisted::default();
        for file in files {
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

    /// Returns the failed roles that a search for the target of this file may visit.
    fn failed_that_may_list(&self, workspace: &mut Workspace, file: &str) -> Vec<String> {
        let paths = paths_of(file);
        let may_list =
            |role: &&&str| paths.iter().any(|path| self.ways.may_lead(workspace, role, path));
        self.failed.iter().filter(may_list).map(|role| (*role).to_owned()).collect()
    }
}

/// Returns the failed roles of these files, each with its number of files.
pub fn by_role<'u>(undecided: impl IntoIterator<Item = &'u Undecided>) -> BTreeMap<&'u str, usize> {
    let mut counts = BTreeMap::new();
    for role in undecided.into_iter().flat_map(|file| &file.roles) {
        *counts.entry(role.as_str()).or_default() += 1;
    }
    counts
}

/// Returns the names of the files of all listed roles, also the decoded ones.
fn kept_metadata(repository: &VerifiedRepository) -> HashSet<String> {
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
    kept.iter().flat_map(|name| all_names(name)).collect()
}

fn is_root(file: &str) -> bool {
    file == "root.json" || file.split_once('.').is_some_and(|(_, role)| role == "root.json")
}

/// Returns the role of a versioned file name, or `None` for roots and other files.
fn old_role(file: &str) -> Option<String> {
    let (number, role) = file.split_once('.')?;
    number.parse::<u64>().ok()?;
    let role = role.strip_suffix(".json").filter(|role| !role.contains('/') && *role != "root")?;
    Some(percent_decode_str(role).decode_utf8_lossy().into_owned())
}

fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_file(path).map_err(|error| Error::io("remove the file", path, &error))
}

/// Returns the sorted names of all files below a folder, and with `links` of symbolic links.
fn names(folder: &Path, links: bool) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    visit(folder, "", &mut |name, entry| {
        if entry == Entry::File || links {
            names.push(name.to_owned());
        }
        Ok(())
    })?;
    names.sort();
    Ok(names)
}
