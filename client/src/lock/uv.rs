//! `uv.lock`, format 1. Its revisions only add to it.
//!
//! The members are those of uv 0.13.9, and of older releases from 0.5 on
//! (`crates/uv-lock/src/lock/mod.rs`).

use std::collections::HashSet;

use super::hash::Hashes;
use super::package::Package;
use super::schema::{Schema, Shape, compared, harmless, uncheckable};
use super::text::{Text, last_of_url};
use super::tree::{Table, parse_toml};
use super::{Entries, Reason, invalid, unsupported};
use crate::error::Error;

/// Reads all packages, whatever their markers.
pub(super) fn read(text: &Text, entries: &mut Entries) -> Result<(), Error> {
    let document = parse_toml(text)?;
    let root = Table::root(text, &document)?;
    match root.number("version")? {
        Some(1) => {}
        Some(version) => {
            let error = unsupported(format!(
                "the lock version {version} is not supported: \
                 expected 1"
            ));
            return Err(error.file(root.place_of("version")));
        }
        None => return Err(root.error("`version` is missing")),
    }
    // The first uv that wrote version 1 called them so, and present ones still read that.
    if root.has("distribution") {
        let error = unsupported(
            "the file has an early form of the format, with `distribution` instead of `package`",
        );
        return Err(error
            .file(root.place_of("distribution"))
            .hint("run `uv lock` with a newer uv"));
    }
    entries.odd(ROOT.judge(&root, "")?)?;
    let members = match root.table("manifest")? {
        Some(manifest) => manifest.strings("members")?,
        None => Vec::new(),
    };
    let members: HashSet<_> =
        members.iter().map(|member| member.text()).collect::<Result<_, _>>()?;
    root.tables("package")?.iter().try_for_each(|package| read_package(package, &members, entries))
}

fn read_package(
    table: &Table<'_>,
    members: &HashSet<&str>,
    entries: &mut Entries,
) -> Result<(), Error> {
    let project = table.need_string("name")?;
    let mut package = Package::new(project, table.string("version")?, table.place())?;
    package.odd(PACKAGE.judge(table, "package")?);
    let source =
        table.table("source")?.ok_or_else(|| table.error(format!("{project} has no `source`")))?;
    let mut kinds = KINDS.into_iter().filter(|kind| source.has(kind));
    let kind = match (kinds.next(), kinds.next()) {
        (Some(kind), None) => kind,
        (None, _) => {
            return Err(source.error(format!("the source of {project} has an unknown kind")));
        }
        (Some(_), Some(_)) => {
            return Err(source.error(format!("the source of {project} has two kinds")));
        }
    };
    let value = source.need_string(kind)?;
    let own = value == "." || (members.contains(project) && is_below(value));
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

/// Returns whether a path leads to a folder below, as that of a workspace's member does.
fn is_below(path: &str) -> bool {
    !path.starts_with('/')
        && !path.contains([':', '\\'])
        && path.split('/').all(|part| part != "..")
}

/// An sdist or a wheel.
fn read_file(table: &Table<'_>, package: &mut Package) -> Result<(), Error> {
    // uv takes the first of these that is there.
    let name = match (table.string("url")?, table.string("path")?, table.string("filename")?) {
        (Some(url), ..) => last_of_url(url),
        (None, Some(path), _) => path.rsplit(['/', '\\']).next().map(str::to_owned),
        (None, None, name) => name.map(str::to_owned),
    };
    let name =
        name.ok_or_else(|| table.error("a file has neither `url` nor `path` nor `filename`"))?;
    let hashes = match table.string("hash")? {
        Some(written) => {
            Hashes::one(written).map_err(|wrong| invalid(wrong).file(table.place_of("hash")))?
        }
        None => Hashes::default(),
    };
    package.file(Some(&name), hashes, table.number("size")?, table.place())
}

/// What a source can be.
const KINDS: [&str; 7] = ["registry", "git", "url", "path", "directory", "editable", "virtual"];

const ROOT: Schema = Schema(&[
    compared("version", Shape::Number),
    harmless("revision", Shape::Number),
    harmless("requires-python", Shape::Line),
    harmless("resolution-markers", Shape::Markers),
    harmless("supported-markers", Shape::Markers),
    harmless("required-markers", Shape::Markers),
    harmless("conflicts", Shape::List(&Shape::List(&Shape::Any))),
    harmless("options", Shape::Table(&OPTIONS)),
    compared("manifest", Shape::Table(&MANIFEST)),
    compared("package", Shape::Entries),
]);

/// How the resolver was set: it decides nothing once the file is written.
const OPTIONS: Schema = Schema(&[
    harmless("resolution-mode", Shape::Line),
    harmless("prerelease-mode", Shape::Line),
    harmless("prerelease-package", Shape::Any),
    harmless("fork-strategy", Shape::Line),
    harmless("minimum-libc-version", Shape::Any),
    harmless("exclude-newer", Shape::Time),
    harmless("exclude-newer-span", Shape::Line),
    harmless("exclude-newer-package", Shape::Any),
]);

/// What the lock was resolved from: uv compares it with the project, and fetches nothing by it.
const MANIFEST: Schema = Schema(&[
    compared("members", Shape::Extras),
    harmless("default-groups", Shape::Any),
    harmless("group-requires-python", Shape::Any),
    harmless("requirements", Shape::List(&Shape::Any)),
    harmless("dependency-groups", Shape::Named(&Shape::List(&Shape::Any))),
    harmless("constraints", Shape::List(&Shape::Any)),
    harmless("overrides", Shape::List(&Shape::Any)),
    harmless("excludes", Shape::List(&Shape::Any)),
    harmless("build-constraints", Shape::List(&Shape::Any)),
    harmless("dependency-metadata", Shape::List(&Shape::Any)),
]);

const PACKAGE: Schema = Schema(&[
    compared("name", Shape::Line),
    compared("version", Shape::Version),
    compared("source", Shape::Table(&SOURCE)),
    compared("sdist", Shape::Table(&SDIST)),
    compared("wheels", Shape::Tables(&WHEEL)),
    harmless("resolution-markers", Shape::Markers),
    harmless("dependencies", DEPENDENCIES),
    harmless("optional-dependencies", Shape::Named(&DEPENDENCIES)),
    harmless("dev-dependencies", Shape::Named(&DEPENDENCIES)),
    harmless("dependency-groups", Shape::Named(&DEPENDENCIES)),
    harmless("default-groups", Shape::Any),
    harmless("group-requires-python", Shape::Any),
    harmless("metadata", Shape::Table(&METADATA)),
]);

const DEPENDENCIES: Shape = Shape::Tables(&DEPENDENCY);

/// Another package of the file, which is an entry of its own.
const DEPENDENCY: Schema = Schema(&[
    harmless("name", Shape::Line),
    harmless("version", Shape::Version),
    harmless("source", Shape::Table(&SOURCE)),
    harmless("extra", Shape::Extras),
    harmless("marker", Shape::Marker),
]);

const SOURCE: Schema = Schema(&[
    compared("registry", Shape::Line),
    compared("git", Shape::Line),
    compared("url", Shape::Line),
    compared("subdirectory", Shape::Line),
    compared("path", Shape::Line),
    compared("directory", Shape::Line),
    compared("editable", Shape::Line),
    compared("virtual", Shape::Line),
]);

const SDIST: Schema = Schema(&[
    // The hash decides, wherever the file is fetched from.
    compared("url", Shape::Line),
    compared("path", Shape::Line),
    compared("hash", Shape::Line),
    compared("size", Shape::Number),
    harmless("upload-time", Shape::Time),
    harmless("upload_time", Shape::Time),
]);

const WHEEL: Schema = Schema(&[
    compared("url", Shape::Line),
    compared("path", Shape::Line),
    compared("filename", Shape::Line),
    compared("hash", Shape::Line),
    compared("size", Shape::Number),
    harmless("upload-time", Shape::Time),
    harmless("upload_time", Shape::Time),
    uncheckable("zstd", Shape::Table(&ZSTD), &Reason::Zstd),
]);

const ZSTD: Schema = Schema(&[harmless("hash", Shape::Line), harmless("size", Shape::Number)]);

/// What the package asked for when it was resolved.
const METADATA: Schema = Schema(&[
    harmless("requires-dist", Shape::List(&Shape::Any)),
    harmless("provides-extras", Shape::Extras),
    harmless("requires-dev", Shape::Named(&Shape::List(&Shape::Any))),
    harmless("dependency-groups", Shape::Named(&Shape::List(&Shape::Any))),
]);
