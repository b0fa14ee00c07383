//! `pdm.lock`, lock versions 4.x.
//!
//! The members are those that PDM 2.29.4 and earlier releases write (`pdm/models/candidates.py`,
//! `pdm/project/lockfile/pdmlock.py`).

use super::hash::Hashes;
use super::package::Package;
use super::schema::{Schema, Shape, compared, harmless};
use super::text::{Text, last_of_url};
use super::tree::{Table, parse_toml};
use super::{Entries, Reason, invalid, unsupported};
use crate::error::Error;

/// Reads all packages, whatever their groups and markers.
pub(super) fn read(text: &Text, entries: &mut Entries) -> Result<(), Error> {
    let document = parse_toml(text)?;
    let root = Table::root(text, &document)?;
    let metadata = root.table("metadata")?.ok_or_else(|| root.error("`metadata` is missing"))?;
    let version = metadata.need_string("lock_version")?;
    if version.split('.').next() != Some("4") {
        let error = unsupported(format!(
            "the lock version {version:?} is not supported: expected \
             4.x"
        ));
        return Err(error
            .file(metadata.place_of("lock_version"))
            .hint("run `pdm lock` with a newer PDM"));
    }
    entries.odd(ROOT.judge(&root, "")?)?;
    root.tables("package")?.iter().try_for_each(|package| read_package(package, entries))
}

fn read_package(table: &Table<'_>, entries: &mut Entries) -> Result<(), Error> {
    let project = table.need_string("name")?;
    let mut package = Package::new(project, table.string("version")?, table.place())?;
    package.odd(PACKAGE.judge(table, "package")?);
    let why = if ["git", "hg", "svn", "bzr"].iter().any(|vcs| table.has(vcs)) {
        Some(Reason::Vcs)
    } else if table.string("url")?.is_some_and(|url| !url.starts_with("file:")) {
        Some(Reason::Url)
    } else if table.flag("editable")? {
        Some(Reason::Editable)
    } else if table.has("path") || table.has("url") {
        Some(Reason::Path)
    } else if table.string("version")?.is_none() {
        Some(Reason::Unpinned)
    } else {
        None
    };
    if let Some(why) = why {
        return package.unchecked(why, entries);
    }
    for file in table.tables("files")? {
        package.fetched_from(file.string("url")?);
        let name = match (file.string("file")?, file.string("url")?) {
            (Some(name), None) => name.to_owned(),
            (None, Some(url)) => last_of_url(url).unwrap_or_default(),
            (Some(_), Some(_)) => return Err(file.error("a file has both `file` and `url`")),
            (None, None) => return Err(file.error("a file has neither `file` nor `url`")),
        };
        let hashes = match file.string("hash")? {
            Some(written) => {
                Hashes::one(written).map_err(|wrong| invalid(wrong).file(file.place_of("hash")))?
            }
            None => Hashes::default(),
        };
        package.file(Some(&name), hashes, None, file.place())?;
    }
    package.finish(entries)
}

const ROOT: Schema =
    Schema(&[compared("metadata", Shape::Table(&METADATA)), compared("package", Shape::Entries)]);

const METADATA: Schema = Schema(&[
    compared("lock_version", Shape::Line),
    // Of pyproject.toml.
    harmless("content_hash", Shape::Line),
    harmless("lock_inputs", Shape::Any),
    harmless("groups", Shape::Texts),
    harmless("strategy", Shape::Texts),
    harmless("targets", Shape::List(&Shape::Named(&Shape::Any))),
    harmless("cross_platform", Shape::Flag),
    harmless("static_urls", Shape::Flag),
]);

const PACKAGE: Schema = Schema(&[
    compared("name", Shape::Line),
    compared("version", Shape::Version),
    harmless("extras", Shape::Extras),
    harmless("requires_python", Shape::Line),
    harmless("groups", Shape::Texts),
    harmless("marker", Shape::Marker),
    harmless("summary", Shape::Text),
    harmless("dependencies", Shape::Requirements),
    compared("files", Shape::Tables(&FILE)),
    compared("path", Shape::Line),
    compared("url", Shape::Line),
    compared("editable", Shape::Flag),
    compared("git", Shape::Line),
    compared("hg", Shape::Line),
    compared("svn", Shape::Line),
    compared("bzr", Shape::Line),
    compared("ref", Shape::Line),
    compared("revision", Shape::Line),
    compared("subdirectory", Shape::Line),
]);

const FILE: Schema = Schema(&[
    compared("file", Shape::Line),
    compared("url", Shape::Line),
    compared("hash", Shape::Line),
]);
