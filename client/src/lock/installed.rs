//! Python environments: what is installed, by the files that installers leave in `*.dist-info`.
//!
//! Nothing in an environment is signed. `RECORD` lists the hashes of the installed files, so it
//! shows damage, not an attacker who changes it too. `direct_url.json` and `provenance_url.json`
//! (PEP 710) may record the hash of the distribution that was installed, and that hash can be
//! compared with what is signed or attested.

mod origin;
mod record;

use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Component, Path, PathBuf};

use origin::Origin;
use picotuf::pypi::{FileName, ProjectName, is_same_version};
pub use record::Records;
use record::{check_record, list};

use super::package::Package;
use super::schema::Oddity;
use super::{Entries, Format, LockFile, Place, Reason, text};
use crate::attestations;
use crate::code::Code;
use crate::error::Error;

/// A Python environment, as far as it can be read.
#[derive(Debug)]
pub struct Environment {
    /// What is installed: pins of the distributions whose hashes were recorded, and entries that
    /// cannot be checked.
    pub installed: LockFile,
    /// The projects whose files are wrong.
    pub refused: Vec<Refused>,
    /// How many files match `RECORD`, over all projects.
    pub records: Records,
}

/// A project whose installed files are wrong.
#[derive(Debug)]
pub struct Refused {
    /// The project and version, or the folder. It is not safe for a terminal.
    pub what: String,
    /// The file that says so.
    pub place: Place,
    /// What is wrong.
    pub error: Error,
}

/// Reads a virtual environment, or a folder of installed packages (`site-packages`).
///
/// # Errors
/// [`Code::NoEnvironment`] if the folder is neither; [`Code::Io`]; a limit.
pub fn read(path: &Path) -> Result<Environment, Error> {
    let folders = package_folders(path)?;
    let mut state = State { root: real(path)?, ..State::default() };
    let settings = path.join("pyvenv.cfg");
    if uses_system_packages(&settings)? {
        let why = Reason::SystemPackages;
        state.entries.unchecked("the packages of the system", why, first_line(&settings))?;
    }
    for folder in folders {
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(|error| list_failed(&folder, &error))? {
            let entry = entry.map_err(|error| list_failed(&folder, &error))?;
            if names.len() >= MAX_PROJECTS {
                let message = format!("it has more than {MAX_PROJECTS} files and folders");
                return Err(super::limit(message).file(folder.display()));
            }
            names.push(entry.file_name());
        }
        names.sort();
        for name in &names {
            state.add(&folder, name)?;
        }
        state.add_unlisted(&folder, &names)?;
    }
    let State { entries, refused, records, .. } = state;
    let installed = LockFile { format: Format::Installed, entries: entries.0 };
    Ok(Environment { installed, refused, records })
}

/// Checks that a folder is a virtual environment, or one of installed packages.
///
/// # Errors
/// As [`read`].
pub fn is_environment(path: &Path) -> Result<(), Error> {
    package_folders(path).map(drop)
}

/// The projects so far.
#[derive(Default)]
struct State {
    /// The environment's own folder. Files elsewhere are not read.
    root: PathBuf,
    entries: Entries,
    refused: Vec<Refused>,
    records: Records,
    /// The folder of each project, by its normalized name.
    seen: BTreeMap<String, PathBuf>,
    /// The files that some `RECORD` lists.
    listed: HashSet<PathBuf>,
    /// The names in `site-packages` that are known to have no `RECORD`.
    without_record: HashSet<OsString>,
}

impl State {
    /// Adds what a member of `site-packages` says of a project, if it says anything.
    fn add(&mut self, folder: &Path, name: &OsStr) -> Result<(), Error> {
        let path = folder.join(name);
        let whole = name;
        let name = &*name.to_string_lossy();
        let old = |end: &str| name.strip_suffix(end).map(|stem| stem.split("-py").next());
        if let Some(Some(stem)) = old(".egg-info").or_else(|| old(".egg")) {
            // Installed by an old setuptools, or by a package manager of the system.
            self.without_record.insert(whole.to_owned());
            self.entries.unchecked(stem.replacen('-', " ", 1), Reason::NoRecord, first_line(&path))
        } else if let Some(stem) = name.strip_suffix(".egg-link") {
            self.without_record.insert(whole.to_owned());
            self.entries.unchecked(stem, Reason::Editable, first_line(&path))
        } else if let Some(stem) = name.strip_suffix(".dist-info") {
            match self.project(folder, &path, stem) {
                Ok(()) => Ok(()),
                Err(error) if error.is(Code::LockFileLimit) => Err(error),
                Err(error) => {
                    let what = stem.replacen('-', " ", 1);
                    self.refused.push(Refused { what, place: first_line(&path), error });
                    Ok(())
                }
            }
        } else {
            Ok(())
        }
    }

    /// Adds the files of `site-packages` that no `RECORD` lists, an entry for each name there.
    /// Python runs them like all others.
    fn add_unlisted(&mut self, folder: &Path, names: &[OsString]) -> Result<(), Error> {
        let real = real(folder)?;
        let mut more: usize = 0;
        let mut told: usize = 0;
        for name in names.iter().filter(|name| !self.without_record.contains(*name)) {
            let mut count: usize = 0;
            let mut first = None;
            let mut paths = vec![real.join(name)];
            while let Some(path) = paths.pop() {
                let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
                if is_folder {
                    let entries =
                        fs::read_dir(&path).map_err(|error| list_failed(&path, &error))?;
                    let mut below: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
                    below.sort();
                    paths.extend(below.into_iter().rev());
                } else if !self.listed.contains(&path) && !is_compiled(&path) {
                    count = count.saturating_add(1);
                    first.get_or_insert(path);
                }
            }
            let Some(first) = first else { continue };
            if told == UNLISTED_MAX {
                more = more.saturating_add(count);
                continue;
            }
            told = told.saturating_add(1);
            let first = first.strip_prefix(&real).unwrap_or(&first).display().to_string();
            let what = match count {
                1 => first,
                count => format!("{first} and {} more", count.saturating_sub(1)),
            };
            self.entries.unchecked(what, Reason::NotInRecord, first_line(&folder.join(name)))?;
        }
        if more > 0 {
            let what = format!("{more} more files");
            self.entries.unchecked(what, Reason::NotInRecord, first_line(folder))?;
        }
        Ok(())
    }

    fn project(&mut self, folder: &Path, path: &Path, stem: &str) -> Result<(), Error> {
        list(&self.root, folder, path, &mut self.listed);
        let (name, version) = name_and_version(path)?;
        let wrong =
            |message: String| Error::new(Code::InvalidEnvironment, message).file(path.display());
        let project = ProjectName::new(&name)
            .map_err(|error| wrong(format!("METADATA has the name {name:?}: {error}")))?;
        let (of_folder, version_of_folder) = stem.split_once('-').unwrap_or((stem, ""));
        // A hyphen of a version is written as an underscore.
        let is_version = |text: &str| text == version || is_same_version(text, &version);
        if !project.names(of_folder)
            || !(is_version(version_of_folder) || is_version(&version_of_folder.replace('_', "-")))
        {
            return Err(wrong(format!("METADATA is of {name} {version}, and its folder is not")));
        }
        if let Some(other) = self.seen.insert(project.to_string(), path.to_owned()) {
            let other = other.display();
            return Err(wrong(format!("{name} is installed twice, and once in {other}")));
        }
        let place = first_line(&path.join("METADATA"));
        let mut package = Package::new(&name, Some(&version), place.clone())?;
        let mut odd = Vec::new();
        match check_record(&self.root, folder, path, &mut self.records) {
            Ok(reasons) => {
                if let (true, Some(name)) = (reasons.contains(&Reason::NoRecord), path.file_name())
                {
                    self.without_record.insert(name.to_owned());
                }
                odd.extend(reasons);
            }
            Err(error) => {
                let what = package.to_string();
                self.refused.push(Refused { what, place: place.clone(), error });
            }
        }
        let mut whole = None;
        match origin::read(path)? {
            Origin::Unknown => whole = Some(Reason::HashNotRecorded),
            Origin::Source(why) => whole = Some(why),
            Origin::Archive { url, hashes, direct } => {
                let file_name = text::last_of_url(&url).unwrap_or_default();
                let is_file = FileName::of(&project, &file_name).is_ok();
                match (direct, is_file) {
                    // Not a file that an index could have.
                    (Some(why), false) => whole = Some(why),
                    (direct, _) => {
                        if text::is_on_pypi(&url) {
                            package.index(super::PYPI);
                        }
                        package.direct(direct);
                        package.file(Some(&file_name), hashes, None, place.clone())?;
                    }
                }
            }
        }
        let place = || first_line(&path.join("RECORD"));
        package.odd(odd.into_iter().map(|why| Oddity { why, place: place() }).collect());
        match whole {
            Some(why) => package.unchecked(why, &mut self.entries),
            None => package.finish(&mut self.entries),
        }
    }
}

/// The folders that have the packages of an environment.
fn package_folders(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let none = |message: &str| Error::new(Code::NoEnvironment, message).file(path.display());
    if !path.is_dir() {
        return Err(none("there is no such folder").hint(HOW));
    }
    if !path.join("pyvenv.cfg").exists() {
        let entries = fs::read_dir(path).map_err(|error| list_failed(path, &error))?;
        let is_package = |entry: &fs::DirEntry| {
            entry.file_name().to_str().is_some_and(|name| name.ends_with(".dist-info"))
        };
        return match entries.flatten().any(|entry| is_package(&entry)) {
            true => Ok(vec![path.to_owned()]),
            false => Err(none("it is no virtual environment: it has no pyvenv.cfg").hint(HOW)),
        };
    }
    let mut folders: Vec<PathBuf> = Vec::new();
    // On Windows, there is one folder for the one version of Python.
    let mut found = vec![path.join("Lib").join("site-packages")];
    for library in ["lib", "lib64"] {
        let Ok(entries) = fs::read_dir(path.join(library)) else { continue };
        let mut versions: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        versions.sort();
        found.extend(versions.into_iter().map(|version| version.join("site-packages")));
    }
    let mut known = Vec::new();
    for folder in found.into_iter().filter(|folder| folder.is_dir()) {
        // lib64 is often a link to lib.
        let real = real(&folder)?;
        if !known.contains(&real) {
            known.push(real);
            folders.push(folder);
        }
    }
    match folders.is_empty() {
        true => Err(none("the environment has no folder site-packages")),
        false => Ok(folders),
    }
}

/// Whether the environment also uses the packages of the Python that it was made with.
fn uses_system_packages(settings: &Path) -> Result<bool, Error> {
    if !settings.exists() {
        return Ok(false);
    }
    let text = read_text(settings, SETTINGS_MAX)?;
    Ok(text.lines().filter_map(|line| line.split_once('=')).any(|(name, value)| {
        name.trim().eq_ignore_ascii_case("include-system-site-packages")
            && value.trim().eq_ignore_ascii_case("true")
    }))
}

/// The name and the version in the header of `METADATA`.
fn name_and_version(folder: &Path) -> Result<(String, String), Error> {
    let path = folder.join("METADATA");
    let text = read_text(&path, METADATA_MAX)?;
    let mut found: [Option<&str>; 2] = [None; 2];
    // The description stands below the first empty line.
    for line in text.lines().take_while(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else { continue };
        for (wanted, place) in ["Name", "Version"].into_iter().zip(&mut found) {
            if name.eq_ignore_ascii_case(wanted) && place.replace(value.trim()).is_some() {
                let message = format!("METADATA has several values of {wanted}");
                return Err(Error::new(Code::InvalidEnvironment, message).file(path.display()));
            }
        }
    }
    match found {
        [Some(name), Some(version)] => Ok((name.to_owned(), version.to_owned())),
        _ => Err(Error::new(Code::InvalidEnvironment, "METADATA has no Name or no Version")
            .file(path.display())),
    }
}

/// Reads a file of an installer, which has to be UTF-8 and no longer than `max_length`.
fn read_text(path: &Path, max_length: usize) -> Result<String, Error> {
    if !path.is_file() {
        let message = "a file that every installer writes is not there, or is no file";
        return Err(Error::new(Code::InvalidEnvironment, message).file(path.display()));
    }
    let bytes = attestations::read(path, "the file", max_length)?;
    if bytes.len() > max_length {
        let message = format!("it is longer than {max_length} bytes");
        return Err(super::limit(message).file(path.display()));
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::new(Code::InvalidEnvironment, "it is not UTF-8").file(path.display()))
}

/// Whether it is where Python keeps what it made of a source file. No hash of it is listed, and
/// Python compares no more than the time and the length of that file.
fn is_compiled(path: &Path) -> bool {
    let in_cache =
        path.parent().and_then(Path::file_name).is_some_and(|name| name == "__pycache__");
    in_cache && path.extension().is_some_and(|extension| extension == "pyc")
}

/// A path without links.
fn real(path: &Path) -> Result<PathBuf, Error> {
    fs::canonicalize(path).map_err(|error| Error::io("find the folder", path, &error))
}

fn list_failed(folder: &Path, error: &std::io::Error) -> Error {
    Error::io("list the folder", folder, error)
}

/// The place of a file, as `NAME.dist-info/FILE`: an environment has a long path, which is told
/// once.
fn first_line(path: &Path) -> Place {
    let mut parts: Vec<_> = path.components().rev().take(2).collect();
    parts.reverse();
    // What lies in `site-packages` itself is named alone.
    let is_inside = |part: &Component<'_>| {
        Path::new(part.as_os_str()).extension().is_some_and(|extension| extension == "dist-info")
    };
    let file: PathBuf = match parts.first().is_some_and(is_inside) {
        true => parts.iter().collect(),
        false => parts.iter().skip(1).collect(),
    };
    Place { file: file.into(), line: 1 }
}

const HOW: &str = "name the folder of a virtual environment, or a folder site-packages";
/// The largest environments have some thousand.
const MAX_PROJECTS: usize = 100_000;
/// The largest descriptions have some hundred kilobytes.
const METADATA_MAX: usize = 16 * 1024 * 1024;
/// Enough to see what it is about.
const UNLISTED_MAX: usize = 20;
const SETTINGS_MAX: usize = 64 * 1024;

#[cfg(test)]
mod tests;
