//! `Pipfile.lock`, specification 6: pins by hash alone, in categories.

use std::collections::HashMap;

use super::hash::Hashes;
use super::json::Object;
use super::package::Package;
use super::text::Text;
use super::{Entries, Reason, invalid, unsupported};
use crate::error::CliError;

/// Reads the packages of all categories, whatever their markers.
pub(super) fn read(text: &Text, entries: &mut Entries) -> Result<(), CliError> {
    let root = Object::root(text)?;
    let meta = root.object("_meta")?.ok_or_else(|| root.error("`_meta` is missing"))?;
    match meta.number("pipfile-spec")? {
        Some(6) => {}
        Some(version) => {
            let error = unsupported(format!("the pipfile-spec {version} is not known, only 6 is"));
            return Err(error.file(meta.place()));
        }
        None => return Err(meta.error("`pipfile-spec` is missing")),
    }
    let mut indexes = HashMap::new();
    for source in meta.object_list("sources")? {
        if let (Some(name), Some(url)) = (source.string("name")?, source.string("url")?) {
            indexes.insert(name, url);
        }
    }
    for category in root.objects() {
        let (name, category) = category?;
        if name == "_meta" {
            continue;
        }
        for package in category.objects() {
            let (project, package) = package?;
            read_package(project, &package, &indexes, entries)?;
        }
    }
    Ok(())
}

fn read_package(
    project: &str,
    object: &Object<'_>,
    indexes: &HashMap<String, String>,
    entries: &mut Entries,
) -> Result<(), CliError> {
    let version = object.string("version")?;
    let pinned = version.as_deref().and_then(|version| version.strip_prefix("=="));
    let pinned = pinned.map(|version| version.trim_start_matches('=')).filter(|version| !version.contains('*'));
    let mut package = Package::new(project, pinned, object.place())?;
    let why = if ["git", "hg", "svn", "bzr"].iter().any(|vcs| object.has(vcs)) {
        Some(Reason::Vcs)
    } else if object.has("path") || object.has("file") || object.has("uri") || object.has("url") {
        let location = match object.string("file")? {
            None => object.string("uri")?.or(object.string("url")?),
            file => file,
        };
        Some(match location {
            Some(url) if url.contains("://") && !url.starts_with("file:") => Reason::Url,
            _ if object.flag("editable")? => Reason::Editable,
            _ => Reason::Path,
        })
    } else if object.flag("editable")? {
        Some(Reason::Editable)
    } else if pinned.is_none() {
        Some(Reason::Unpinned)
    } else {
        None
    };
    if let Some(why) = why {
        return package.unchecked(why, entries);
    }
    if let Some(name) = object.string("index")? {
        package.index(indexes.get(&name).unwrap_or(&name));
    }
    for (written, place) in object.strings("hashes")? {
        let hashes = Hashes::one(&written).map_err(|wrong| invalid(wrong).file(&place))?;
        package.file(None, hashes, None, place)?;
    }
    package.finish(entries)
}
