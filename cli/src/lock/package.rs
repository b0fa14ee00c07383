//! An entry of an index, while its files are gathered.

use std::collections::HashMap;

use picotuf::pypi::is_valid_name;

use super::hash::Hashes;
use super::text::{is_file_name, is_version, without_credentials};
use super::{Entries, Entry, Pinned, PinnedFile, Place, Reason, Unchecked, invalid};
use crate::error::CliError;

/// A version of a project, and the files found for it so far.
#[derive(Debug)]
pub(super) struct Package {
    project: String,
    version: Option<String>,
    index: Option<String>,
    place: Place,
    files: Vec<PinnedFile>,
    /// Where in `files` each name is; for a file without one, its hash.
    names: HashMap<String, usize>,
    unchecked: Vec<Unchecked>,
}

impl Package {
    /// A package without files.
    ///
    /// # Errors
    /// `invalid-lock-file` for a name or a version that can be none.
    pub(super) fn new(project: &str, version: Option<&str>, place: Place) -> Result<Package, CliError> {
        if !is_valid_name(project) {
            return Err(invalid(format!("{project:?} cannot be the name of a project")).file(place));
        }
        if let Some(version) = version.filter(|version| !is_version(version)) {
            return Err(invalid(format!("{version:?} cannot be the version of {project}")).file(place));
        }
        Ok(Package {
            project: project.to_owned(),
            version: version.map(str::to_owned),
            index: None,
            place,
            files: Vec::new(),
            names: HashMap::new(),
            unchecked: Vec::new(),
        })
    }

    /// Says which index it is from.
    pub(super) fn index(&mut self, index: &str) {
        self.index = Some(without_credentials(index));
    }

    /// Adds a file.
    ///
    /// # Errors
    /// `invalid-lock-file` for a name that can be no file's, or one that is there already and bound otherwise.
    pub(super) fn file(
        &mut self,
        file_name: Option<&str>,
        hashes: Hashes,
        size: Option<u64>,
        place: Place,
    ) -> Result<(), CliError> {
        if let Some(name) = file_name.filter(|name| !is_file_name(name)) {
            return Err(invalid(format!("{name:?} cannot be the name of a file")).file(place));
        }
        let hashes = match hashes.strong() {
            Ok(hashes) => hashes,
            Err(why) => {
                let what = match file_name {
                    Some(name) => name.to_owned(),
                    None => self.to_string(),
                };
                self.unchecked.push(Unchecked { what, why, place });
                return Ok(());
            }
        };
        let file = PinnedFile { file_name: file_name.map(str::to_owned), hashes, size };
        let key = match (file_name, file.hashes.first()) {
            (None, Some(hash)) => format!("{:?}:{}", hash.algorithm, hash.hex),
            (name, _) => name.unwrap_or_default().to_owned(),
        };
        match self.names.get(&key).and_then(|at| self.files.get(*at)) {
            None => self.names.insert(key, self.files.len()),
            Some(other) if *other == file => return Ok(()),
            Some(_) => return Err(invalid(format!("{self} has {key} twice, and not alike")).file(place)),
        };
        self.files.push(file);
        Ok(())
    }

    /// Gives what was found: one pin for all files that are bound, and an entry for each that is not.
    pub(super) fn finish(self, entries: &mut Entries) -> Result<(), CliError> {
        if self.files.is_empty() && self.unchecked.is_empty() {
            return self.unchecked(Reason::NoHash, entries);
        }
        let Package { project, version, index, place, files, unchecked, .. } = self;
        if !files.is_empty() {
            entries.push(Entry::Pinned(Pinned { project, version, files, index, place }))?;
        }
        unchecked.into_iter().try_for_each(|unchecked| entries.push(Entry::Unchecked(unchecked)))
    }

    /// Gives it as a whole as one that cannot be checked.
    pub(super) fn unchecked(self, why: Reason, entries: &mut Entries) -> Result<(), CliError> {
        entries.unchecked(self.to_string(), why, self.place)
    }
}

/// The project and its version.
impl std::fmt::Display for Package {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.version {
            Some(version) => write!(formatter, "{} {version}", self.project),
            None => formatter.write_str(&self.project),
        }
    }
}
