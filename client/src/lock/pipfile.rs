//! `Pipfile.lock`, specification 6: pins by hash alone, in categories.
//!
//! pipenv 2026.10.3 makes a requirement line of each entry (`requirement_from_lockfile` in
//! `pipenv/utils/dependencies.py`), so every string that goes into that line is checked for its
//! form.

use std::collections::HashMap;

use super::hash::Hashes;
use super::package::Package;
use super::schema::{Schema, Shape, compared, harmless, uncheckable};
use super::text::Text;
use super::tree::{Table, Value, parse_json};
use super::{Entries, Reason, unsupported};
use crate::error::Error;

/// Reads the packages of all categories, whatever their markers.
pub(super) fn read(text: &Text, entries: &mut Entries) -> Result<(), Error> {
    let document = parse_json(text)?;
    let root = Table::root(text, &document)?;
    let meta = root.table("_meta")?.ok_or_else(|| root.error("`_meta` is missing"))?;
    match meta.number("pipfile-spec")? {
        Some(6) => {}
        Some(version) => {
            let error = unsupported(format!(
                "`pipfile-spec` {version} is not supported: expected \
                 6"
            ));
            return Err(error.file(meta.place()));
        }
        None => return Err(meta.error("`pipfile-spec` is missing")),
    }
    entries.odd(META.judge(&meta, "_meta")?)?;
    let mut indexes = HashMap::new();
    for source in meta.tables("sources")? {
        if let (Some(name), Some(url)) = (source.string("name")?, source.string("url")?) {
            indexes.insert(name, url);
        }
    }
    // Every other member is a category.
    for category in root.members().filter(|member| member.name() != "_meta") {
        for package in category.table()?.members() {
            match package.value() {
                // The version alone, as pipenv wrote long ago and still reads.
                Value::Text(version) => {
                    let version = version.trim_start_matches('=');
                    let version = Some(version).filter(|version| !version.contains('*'));
                    let why = if version.is_some() { Reason::NoHash } else { Reason::Unpinned };
                    Package::new(package.name(), version, package.place())?
                        .unchecked(why, entries)?;
                }
                _ => read_package(package.name(), &package.table()?, &indexes, entries)?,
            }
        }
    }
    Ok(())
}

fn read_package(
    project: &str,
    table: &Table<'_>,
    indexes: &HashMap<&str, &str>,
    entries: &mut Entries,
) -> Result<(), Error> {
    let version = table.string("version")?;
    let pinned = version.and_then(|version| version.strip_prefix("=="));
    let pinned = pinned
        .map(|version| version.trim_start_matches('='))
        .filter(|version| !version.contains('*'));
    let mut package = Package::new(project, pinned, table.place())?;
    package.odd(PACKAGE.judge(table, "package")?);
    let why = if ["git", "hg", "svn", "bzr"].iter().any(|vcs| table.has(vcs)) {
        Some(Reason::Vcs)
    } else if table.has("path") || table.has("file") || table.has("uri") || table.has("url") {
        let is_remote = |url: &str| url.contains("://") && !url.starts_with("file:");
        let mut remote = false;
        for name in ["path", "file", "uri", "url"] {
            remote |= table.string(name)?.is_some_and(is_remote);
        }
        Some(match remote {
            true => Reason::Url,
            _ if table.flag("editable")? => Reason::Editable,
            _ => Reason::Path,
        })
    } else if table.flag("editable")? {
        Some(Reason::Editable)
    } else if pinned.is_none() {
        Some(Reason::Unpinned)
    } else {
        None
    };
    if let Some(why) = why {
        return package.unchecked(why, entries);
    }
    match (table.string("index")?, indexes.len()) {
        (Some(name), _) => package.index(indexes.get(name).unwrap_or(&name)),
        // pipenv names the index of what the Pipfile asks for, and not of what that depends on.
        (None, 1) => indexes.values().for_each(|index| package.index(index)),
        (None, _) => {}
    }
    for written in table.strings("hashes")? {
        let hashes = Hashes::one(written.text()?).map_err(|wrong| written.error(wrong))?;
        package.file(None, hashes, None, written.place())?;
    }
    package.finish(entries)
}

const META: Schema = Schema(&[
    // Of the Pipfile.
    harmless("hash", Shape::Named(&Shape::Line)),
    compared("pipfile-spec", Shape::Number),
    harmless("requires", Shape::Named(&Shape::Line)),
    harmless("host-environment-markers", Shape::Named(&Shape::Line)),
    compared("sources", Shape::Tables(&SOURCE)),
]);

/// An index. Where a file comes from does not matter: its hash decides.
const SOURCE: Schema = Schema(&[
    compared("name", Shape::Line),
    compared("url", Shape::Line),
    harmless("verify_ssl", Shape::Flag),
]);

const PACKAGE: Schema = Schema(&[
    compared("version", Shape::Line),
    compared("hashes", Shape::Texts),
    compared("index", Shape::Line),
    harmless("markers", Shape::Marker),
    harmless("os_markers", Shape::Marker),
    harmless("extras", Shape::Extras),
    compared("editable", Shape::Flag),
    compared("file", Shape::Line),
    compared("path", Shape::Line),
    compared("uri", Shape::Line),
    compared("url", Shape::Line),
    compared("git", Shape::Line),
    compared("hg", Shape::Line),
    compared("svn", Shape::Line),
    compared("bzr", Shape::Line),
    compared("ref", Shape::Line),
    compared("subdirectory", Shape::Line),
    uncheckable("no_binary", Shape::Flag, &Reason::BuildOptions),
    uncheckable("pip_args", Shape::Texts, &Reason::BuildOptions),
]);
