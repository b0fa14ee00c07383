//! An entry of an index, while its files are gathered.

use std::collections::{HashMap, HashSet};

use picotuf::pypi::is_valid_name;

use super::hash::{Hash, Hashes};
use super::schema::Oddity;
use super::text::{is_file_name, is_on_pypi, is_version, without_credentials};
use super::{
    Entries, Entry, Identities, PYPI, Pinned, PinnedFile, Place, Reason, Unchecked, invalid,
};
use crate::error::Error;

/// A version of a project, and the files found for it so far.
#[derive(Debug)]
pub(super) struct Package {
    project: String,
    version: Option<String>,
    indexes: Vec<String>,
    /// Whether all files so far are on PyPI's server; nothing where no file said where it is.
    is_on_pypi: Option<bool>,
    identities: Option<Identities>,
    direct: Option<Reason>,
    place: Place,
    files: Vec<PinnedFile>,
    /// Where in `files` each name is; for a file without one, its hash.
    names: HashMap<String, usize>,
    /// Those of all files.
    hashes: HashSet<Hash>,
    /// Whether there was a file, bound or not.
    has_files: bool,
    unchecked: Vec<Unchecked>,
}

impl Package {
    /// Returns a package without files.
    ///
    /// # Errors
    /// `invalid-lock-file` for a name or a version that can be none.
    pub(super) fn new(
        project: &str,
        version: Option<&str>,
        place: Place,
    ) -> Result<Package, Error> {
        if !is_valid_name(project) {
            return Err(invalid(format!(
                "{:?} is not a valid project name",
                without_credentials(project)
            ))
            .file(place));
        }
        if let Some(version) = version.filter(|version| !is_version(version)) {
            return Err(
                invalid(format!("{version:?} is not a valid version of {project}")).file(place)
            );
        }
        Ok(Package {
            project: project.to_owned(),
            version: version.map(str::to_owned),
            indexes: Vec::new(),
            is_on_pypi: None,
            identities: None,
            direct: None,
            place,
            files: Vec::new(),
            names: HashMap::new(),
            hashes: HashSet::new(),
            has_files: false,
            unchecked: Vec::new(),
        })
    }

    /// Adds an index that it may be from.
    pub(super) fn index(&mut self, index: &str) {
        self.indexes.push(without_credentials(index));
    }

    /// Says where a file is fetched from, as far as the lock file says so.
    pub(super) fn fetched_from(&mut self, url: Option<&str>) {
        let is_there = url.is_some_and(is_on_pypi);
        self.is_on_pypi = Some(is_there && self.is_on_pypi != Some(false));
    }

    /// Says who must have attested its files.
    pub(super) fn identities(&mut self, identities: Option<Identities>) {
        self.identities = identities;
    }

    /// Says why no index need have its file.
    pub(super) fn direct(&mut self, why: Option<Reason>) {
        self.direct = why;
    }

    /// Adds what makes it uncheckable, beside what its files are.
    pub(super) fn odd(&mut self, odd: Vec<Oddity>) {
        let what = self.to_string();
        self.unchecked.extend(odd.into_iter().map(|Oddity { why, place }| Unchecked {
            what: what.clone(),
            why,
            place,
        }));
    }

    /// Adds a file.
    ///
    /// # Errors
    /// As [`Package::file_of_two_names`].
    pub(super) fn file(
        &mut self,
        file_name: Option<&str>,
        hashes: Hashes,
        size: Option<u64>,
        place: Place,
    ) -> Result<(), Error> {
        self.file_of_two_names(file_name, None, hashes, size, place)
    }

    /// Adds a file that may also be signed under another spelling of its name.
    ///
    /// # Errors
    /// `invalid-lock-file` for a name that can be no file's, or one that is there already and bound
    /// otherwise.
    pub(super) fn file_of_two_names(
        &mut self,
        file_name: Option<&str>,
        other_name: Option<&str>,
        hashes: Hashes,
        size: Option<u64>,
        place: Place,
    ) -> Result<(), Error> {
        if let Some(name) = file_name.filter(|name| !is_file_name(name)) {
            return Err(invalid(format!(
                "{:?} is not a valid file name",
                without_credentials(name)
            ))
            .file(place));
        }
        self.has_files = true;
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
        let [file_name, other_name] = [file_name, other_name].map(|name| name.map(str::to_owned));
        let file = PinnedFile { file_name, other_name, hashes, size };
        let key = match (&file.file_name, file.hashes.first()) {
            (None, Some(hash)) => format!("{:?}:{}", hash.algorithm, hash.hex),
            (name, _) => name.clone().unwrap_or_default(),
        };
        match self.names.get(&key).and_then(|at| self.files.get(*at)) {
            None => self.names.insert(key, self.files.len()),
            Some(other) if *other == file => return Ok(()),
            Some(_) => {
                return Err(
                    invalid(format!("{self} has two different values of {key}")).file(place)
                );
            }
        };
        self.hashes.extend(file.hashes.iter().cloned());
        self.files.push(file);
        Ok(())
    }

    /// Adds a hash that an installer takes for any file of the package, unless it is that of one.
    pub(super) fn hash_alone(&mut self, hashes: Hashes, place: Place) -> Result<(), Error> {
        let known = hashes
            .clone()
            .strong()
            .is_ok_and(|hashes| hashes.iter().all(|hash| self.hashes.contains(hash)));
        if known { Ok(()) } else { self.file(None, hashes, None, place) }
    }

    /// The project's name as it is written.
    pub(super) fn project(&self) -> &str {
        &self.project
    }

    /// Gives what was found: one pin for all files that are bound, and an entry for each that is
    /// not.
    pub(super) fn finish(self, entries: &mut Entries) -> Result<(), Error> {
        if !self.has_files {
            return self.unchecked(Reason::NoHash, entries);
        }
        let hosted_by = (self.is_on_pypi == Some(true)).then_some(PYPI);
        let Package { project, version, indexes, identities, direct, .. } = self;
        let (place, files, unchecked) = (self.place, self.files, self.unchecked);
        if !files.is_empty() {
            let pinned =
                Pinned { project, version, files, indexes, hosted_by, identities, direct, place };
            entries.push(Entry::Pinned(pinned))?;
        }
        unchecked.into_iter().try_for_each(|unchecked| entries.push(Entry::Unchecked(unchecked)))
    }

    /// Gives it as a whole as one that cannot be checked, and what else makes it so.
    pub(super) fn unchecked(self, why: Reason, entries: &mut Entries) -> Result<(), Error> {
        entries.unchecked(self.to_string(), why, self.place)?;
        self.unchecked
            .into_iter()
            .try_for_each(|unchecked| entries.push(Entry::Unchecked(unchecked)))
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
