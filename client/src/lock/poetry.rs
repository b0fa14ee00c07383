//! `poetry.lock`, formats 1.x and 2.x.
//!
//! Whatever version the file says it has, Poetry 2.5.1 takes the files of a package from its
//! `files` and, where it has none, from the table `[metadata.files]` at the end
//! (`poetry/packages/locker.py`). So both are compared, where both are there.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use picotuf::pypi::{FileName, ProjectName, compare_versions, is_version, normalized};

use super::hash::Hashes;
use super::package::Package;
use super::schema::{Schema, Shape, compared, harmless, refused, uncheckable};
use super::text::Text;
use super::tree::{Table, parse_toml};
use super::{Entries, Reason, invalid, unsupported};
use crate::error::Error;

/// Reads all packages, whatever their groups and markers.
pub(super) fn read(text: &Text, entries: &mut Entries) -> Result<(), Error> {
    let document = parse_toml(text)?;
    let root = Table::root(text, &document)?;
    let metadata = root.table("metadata")?.ok_or_else(|| root.error("`metadata` is missing"))?;
    let version = metadata.need_string("lock-version")?;
    if !matches!(version.split_once('.'), Some(("1" | "2", _))) {
        let error = unsupported(format!(
            "the lock version {version:?} is not supported: expected 1.x or \
                 2.x"
        ));
        return Err(error.file(metadata.place_of("lock-version")));
    }
    entries.odd(ROOT.judge(&root, "")?)?;
    let packages = root.tables("package")?;
    let apart = FilesApart::new(&packages, &metadata)?;
    (packages.iter().zip(apart.by_package))
        .try_for_each(|(package, apart)| read_package(package, &apart, entries))
}

fn read_package(
    table: &Table<'_>,
    apart: &[Table<'_>],
    entries: &mut Entries,
) -> Result<(), Error> {
    let project = table.need_string("name")?;
    let mut package = Package::new(project, Some(table.need_string("version")?), table.place())?;
    package.odd(PACKAGE.judge(table, "package")?);
    if let Some(source) = table.table("source")? {
        let why = match source.need_string("type")? {
            "legacy" => None,
            "git" | "hg" | "svn" => Some(Reason::Vcs),
            "url" => Some(Reason::Url),
            "directory" if table.flag("develop")? => Some(Reason::Editable),
            "directory" | "file" => Some(Reason::Path),
            other => {
                return Err(
                    source.error(format!("the source of {project} has the unknown kind {other:?}"))
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
    let own = table.tables("files")?;
    if own.is_empty() && table.has("files") {
        // Poetry 2.5.1 then installs whatever the index has, whatever `[metadata.files]` says.
        return package.unchecked(Reason::NoHash, entries);
    }
    for file in own.iter().chain(apart) {
        let name = file.need_string("file")?;
        let hashes = match file.string("hash")? {
            Some(written) => {
                Hashes::one(written).map_err(|wrong| invalid(wrong).file(file.place_of("hash")))?
            }
            None => Hashes::default(),
        };
        package.file(Some(name), hashes, None, file.place())?;
    }
    package.finish(entries)
}

/// The files in `[metadata.files]`, shared out among the packages: that table has those of all
/// versions of a project in one list.
#[derive(Debug)]
struct FilesApart<'d> {
    /// In the order of the packages.
    by_package: Vec<Vec<Table<'d>>>,
}

impl<'d> FilesApart<'d> {
    /// The two tables need not spell a name alike. A file goes to the packages of its version.
    fn new(packages: &[Table<'d>], metadata: &Table<'d>) -> Result<Self, Error> {
        let mut by_package = vec![Vec::new(); packages.len()];
        let Some(files) = metadata.table("files")? else { return Ok(FilesApart { by_package }) };
        let mut versions = HashMap::<String, Vec<(&'d str, usize)>>::new();
        for (at, package) in packages.iter().enumerate() {
            let name = normalized(package.need_string("name")?).collect::<String>();
            versions.entry(name).or_default().push((package.need_string("version")?, at));
        }
        let mut seen = HashSet::new();
        for listed in files.members() {
            let name = normalized(listed.name()).collect::<String>();
            let Some(versions) = versions.get(&name) else {
                return Err(listed
                    .error(format!("`files` names {:?}, which is not a package", listed.name())));
            };
            if !seen.insert(name.clone()) {
                return Err(listed.error(format!("`files` names {:?} twice", listed.name())));
            }
            let project =
                ProjectName::new(&name).map_err(|error| listed.error(error.to_string()))?;
            let sorted = Versions::new(versions);
            for file in listed.tables()? {
                let own =
                    FileName::of(&project, file.need_string("file")?).map(|name| name.version);
                let owners = match own {
                    Ok(version) if versions.len() > 1 => sorted.of(version),
                    _ => &[],
                };
                // One of no version that is there goes to the first, which refuses it.
                let owners =
                    if owners.is_empty() { versions.get(..1).unwrap_or_default() } else { owners };
                for (_, at) in owners {
                    if let Some(files) = by_package.get_mut(*at) {
                        files.push(file);
                    }
                }
            }
        }
        Ok(FilesApart { by_package })
    }
}

/// Versions of a project with their packages, in order.
struct Versions<'d>(Vec<(&'d str, usize)>);

impl<'d> Versions<'d> {
    fn new(versions: &[(&'d str, usize)]) -> Self {
        let mut sorted = versions.to_vec();
        sorted.sort_by(|(one, _), (other, _)| compare(one, other));
        Versions(sorted)
    }

    /// Returns the packages of a version, in whatever spelling.
    fn of(&self, version: &str) -> &[(&'d str, usize)] {
        let from = self.0.partition_point(|(other, _)| compare(other, version).is_lt());
        let to = self.0.partition_point(|(other, _)| compare(other, version).is_le());
        self.0.get(from..to).unwrap_or_default()
    }
}

/// Those that are no versions of PEP 440 come last, by their text.
fn compare(one: &str, other: &str) -> Ordering {
    #[cfg(test)]
    COMPARISONS.with(|count| count.set(count.get() + 1));
    match (is_version(one), is_version(other)) {
        (true, true) => compare_versions(one, other).unwrap_or(Ordering::Equal),
        (false, false) => one.cmp(other),
        (is, _) => {
            if is {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
    }
}

#[cfg(test)]
thread_local! {
    /// How often two versions were compared on this thread.
    pub(super) static COMPARISONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

const ROOT: Schema = Schema(&[
    compared("package", Shape::Entries),
    harmless("extras", Shape::Named(&Shape::Texts)),
    compared("metadata", Shape::Table(&METADATA)),
]);

const METADATA: Schema = Schema(&[
    compared("lock-version", Shape::Line),
    harmless("python-versions", Shape::Line),
    // Of pyproject.toml.
    harmless("content-hash", Shape::Line),
    compared("files", Shape::Named(&Shape::Tables(&FILE))),
    refused(
        "hashes",
        Shape::Any,
        "the hashes have no file names, as in lock files of Poetry before 1.0: lock again",
    ),
]);

const PACKAGE: Schema = Schema(&[
    compared("name", Shape::Line),
    compared("version", Shape::Version),
    harmless("description", Shape::Text),
    harmless("category", Shape::Line),
    harmless("optional", Shape::Flag),
    harmless("python-versions", Shape::Line),
    harmless("groups", Shape::Texts),
    harmless("markers", Shape::Either(&Shape::Marker, &Shape::Named(&Shape::Marker))),
    harmless("marker", Shape::Marker),
    compared("files", Shape::Tables(&FILE)),
    compared("develop", Shape::Flag),
    harmless("dependencies", Shape::Named(&DEPENDENCIES)),
    harmless("extras", Shape::Named(&Shape::Requirements)),
    compared("source", Shape::Table(&SOURCE)),
]);

/// A version, a table, or a list of these.
const DEPENDENCIES: Shape = Shape::Either(
    &Shape::Line,
    &Shape::Either(
        &Shape::Table(&DEPENDENCY),
        &Shape::List(&Shape::Either(&Shape::Line, &Shape::Table(&DEPENDENCY))),
    ),
);

/// Files that have no entry of the file's own may be fetched by these.
const DEPENDENCY: Schema = Schema(&[
    harmless("version", Shape::Line),
    harmless("extras", Shape::Extras),
    harmless("optional", Shape::Flag),
    harmless("markers", Shape::Marker),
    harmless("python", Shape::Line),
    harmless("platform", Shape::Line),
    harmless("allow-prereleases", Shape::Flag),
    harmless("source", Shape::Line),
    uncheckable("url", Shape::Line, &Reason::Url),
    uncheckable("path", Shape::Line, &Reason::Path),
    uncheckable("file", Shape::Line, &Reason::Path),
    uncheckable("git", Shape::Line, &Reason::Vcs),
    harmless("branch", Shape::Line),
    harmless("tag", Shape::Line),
    harmless("rev", Shape::Line),
    harmless("subdirectory", Shape::Line),
    harmless("develop", Shape::Flag),
]);

const SOURCE: Schema = Schema(&[
    compared("type", Shape::Line),
    compared("url", Shape::Line),
    compared("reference", Shape::Line),
    compared("resolved_reference", Shape::Line),
    compared("subdirectory", Shape::Line),
]);

const FILE: Schema = Schema(&[compared("file", Shape::Line), compared("hash", Shape::Line)]);
