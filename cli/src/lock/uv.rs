//! `uv.lock`, format 1. Its revisions only add to it.

use super::hash::Hashes;
use super::package::Package;
use super::table::{self, Table};
use super::text::{Text, last_of_url};
use super::{Entries, Reason, invalid, unsupported};
use crate::error::CliError;

/// Reads all packages, whatever their markers.
pub(super) fn read(text: &Text, entries: &mut Entries) -> Result<(), CliError> {
    let document = table::parse(text)?;
    let root = Table::root(text, &document);
    match root.number("version")? {
        Some(1) => {}
        Some(version) => {
            let error = unsupported(format!("the lock version {version} is not known, only 1 is"));
            return Err(error.file(root.place_of("version")));
        }
        None => return Err(root.error("`version` is missing")),
    }
    // The first uv that wrote version 1 called them so.
    if root.has("distribution") {
        let error = unsupported("it is in an early form of the format, with `distribution` in place of `package`");
        return Err(error.file(root.place_of("distribution")).hint("run `uv lock` with a newer uv"));
    }
    let members = match root.table("manifest")? {
        Some(manifest) => manifest.strings("members")?,
        None => Vec::new(),
    };
    root.tables("package")?.into_iter().try_for_each(|package| read_package(&package, &members, entries))
}

fn read_package(table: &Table<'_>, members: &[&str], entries: &mut Entries) -> Result<(), CliError> {
    let project = table.need_string("name")?;
    let mut package = Package::new(project, table.string("version")?, table.place())?;
    let source = table.table("source")?.ok_or_else(|| table.error(format!("{project} has no `source`")))?;
    let mut kinds = KINDS.into_iter().filter(|kind| source.has(kind));
    let kind = match (kinds.next(), kinds.next()) {
        (Some(kind), None) => kind,
        (None, _) => return Err(source.error(format!("the source of {project} is of a kind that is not known"))),
        (Some(_), Some(_)) => return Err(source.error(format!("the source of {project} is of two kinds"))),
    };
    let value = source.need_string(kind)?;
    let own = value == "." || (members.contains(&project) && is_below(value));
    let why = match kind {
        "registry" => {
            package.index(value);
            for file in table.table("sdist")?.into_iter().chain(table.tables("wheels")?) {
                read_file(&file, &mut package)?;
            }
            return package.finish(entries);
        }
        // What is virtual is never installed.
        "virtual" => Reason::OwnProject,
        "editable" | "directory" if own => Reason::OwnProject,
        "editable" => Reason::Editable,
        "git" => Reason::Vcs,
        "url" => Reason::Url,
        _ => Reason::Path,
    };
    package.unchecked(why, entries)
}

/// Whether a path leads to a folder below, as that of a workspace's member does.
fn is_below(path: &str) -> bool {
    !path.starts_with('/') && !path.contains([':', '\\']) && path.split('/').all(|part| part != "..")
}

/// An sdist or a wheel.
fn read_file(table: &Table<'_>, package: &mut Package) -> Result<(), CliError> {
    let name = match (table.string("filename")?, table.string("url")?, table.string("path")?) {
        (Some(name), ..) => Some(name.to_owned()),
        (None, Some(url), _) => last_of_url(url),
        (None, None, Some(path)) => path.rsplit(['/', '\\']).next().map(str::to_owned),
        (None, None, None) => None,
    };
    let name = name.ok_or_else(|| table.error("a file without `filename`, `url` and `path`"))?;
    let hashes = match table.string("hash")? {
        Some(written) => Hashes::one(written).map_err(|wrong| invalid(wrong).file(table.place_of("hash")))?,
        None => Hashes::default(),
    };
    package.file(Some(&name), hashes, table.number("size")?, table.place())
}

/// What a source can be.
const KINDS: [&str; 7] = ["registry", "git", "url", "path", "directory", "editable", "virtual"];
