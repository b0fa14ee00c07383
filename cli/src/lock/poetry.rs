//! `poetry.lock`, formats 1.x, which has all files in one table at its end, and 2.x, which has them in each package.

use std::collections::HashMap;

use picotuf::pypi::normalized;

use super::hash::Hashes;
use super::package::Package;
use super::table::{self, Table};
use super::text::Text;
use super::{Entries, Reason, invalid, unsupported};
use crate::error::CliError;

/// Reads all packages, whatever their groups and markers.
pub(super) fn read(text: &Text, entries: &mut Entries) -> Result<(), CliError> {
    let document = table::parse(text)?;
    let root = Table::root(text, &document);
    let metadata = root.table("metadata")?.ok_or_else(|| root.error("`metadata` is missing"))?;
    let version = metadata.need_string("lock-version")?;
    let packages = root.tables("package")?;
    match version.split_once('.') {
        Some(("1", _)) => {
            let apart = FilesApart::new(&packages, &metadata)?;
            packages.iter().try_for_each(|package| read_package(package, &apart.take(package)?, entries))
        }
        Some(("2", _)) => {
            packages.iter().try_for_each(|package| read_package(package, &package.tables("files")?, entries))
        }
        _ => {
            let error = unsupported(format!("the lock version {version:?} is not known, only 1.x and 2.x are"));
            Err(error.file(metadata.place_of("lock-version")))
        }
    }
}

fn read_package(table: &Table<'_>, files: &[Table<'_>], entries: &mut Entries) -> Result<(), CliError> {
    let project = table.need_string("name")?;
    let mut package = Package::new(project, Some(table.need_string("version")?), table.place())?;
    if let Some(source) = table.table("source")? {
        let why = match source.need_string("type")? {
            "legacy" => None,
            "git" | "hg" | "svn" => Some(Reason::Vcs),
            "url" => Some(Reason::Url),
            "directory" if table.flag("develop")? => Some(Reason::Editable),
            "directory" | "file" => Some(Reason::Path),
            other => {
                return Err(
                    source.error(format!("the source of {project} is of the kind {other:?}, which is not known"))
                );
            }
        };
        if let Some(why) = why {
            return package.unchecked(why, entries);
        }
        if let Some(url) = source.string("url")? {
            package.index(url);
        }
    }
    for file in files {
        let name = file.need_string("file")?;
        let hashes = match file.string("hash")? {
            Some(written) => Hashes::one(written).map_err(|wrong| invalid(wrong).file(file.place_of("hash")))?,
            None => Hashes::default(),
        };
        package.file(Some(name), hashes, None, file.place())?;
    }
    package.finish(entries)
}

/// `metadata.files` of the formats 1.x: by project, the files of all its versions that the lock file has.
#[derive(Debug)]
struct FilesApart<'d> {
    by_project: HashMap<String, Vec<Table<'d>>>,
    versions: HashMap<String, Vec<&'d str>>,
}

impl<'d> FilesApart<'d> {
    /// The two tables need not spell a name alike.
    fn new(packages: &[Table<'d>], metadata: &Table<'d>) -> Result<Self, CliError> {
        let mut versions = HashMap::<String, Vec<&'d str>>::new();
        for package in packages {
            let name = normalized(package.need_string("name")?).collect::<String>();
            versions.entry(name).or_default().push(package.need_string("version")?);
        }
        let mut by_project = HashMap::new();
        if let Some(files) = metadata.table("files")? {
            for key in files.keys() {
                let name = normalized(key).collect::<String>();
                if !versions.contains_key(&name) {
                    return Err(invalid(format!("files of {key:?}, which is no package")).file(files.place_of(key)));
                }
                if by_project.insert(name, files.tables(key)?).is_some() {
                    return Err(invalid(format!("files of {key:?} a second time")).file(files.place_of(key)));
                }
            }
        }
        Ok(FilesApart { by_project, versions })
    }

    /// The files of a package: those that carry its version, and those that carry no version that is there.
    fn take(&self, package: &Table<'d>) -> Result<Vec<Table<'d>>, CliError> {
        let name = normalized(package.need_string("name")?).collect::<String>();
        let own = package.need_string("version")?;
        let (Some(files), Some(versions)) = (self.by_project.get(&name), self.versions.get(&name)) else {
            return Ok(Vec::new());
        };
        if versions.len() == 1 {
            return Ok(files.clone());
        }
        let mut taken = Vec::new();
        for file in files {
            let name = file.need_string("file")?;
            if is_of_version(name, own) || !versions.iter().any(|version| is_of_version(name, version)) {
                taken.push(*file);
            }
        }
        Ok(taken)
    }
}

/// Whether `-VERSION` stands in a wheel's or an sdist's name.
fn is_of_version(file_name: &str, version: &str) -> bool {
    let wanted = format!("-{version}");
    file_name.match_indices(&wanted).any(|(at, _)| {
        let rest = file_name.get(at + wanted.len()..).unwrap_or_default();
        rest.starts_with('-') || [".tar.", ".zip", ".tgz"].iter().any(|extension| rest.starts_with(extension))
    })
}
