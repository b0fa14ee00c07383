//! `pylock.toml`, PEP 751.

use super::hash::Hashes;
use super::package::Package;
use super::table::{self, Table};
use super::text::{Text, last_of_url};
use super::{Entries, Reason, unsupported};
use crate::error::CliError;

/// Reads all packages, whatever their markers.
pub(super) fn read(text: &Text, entries: &mut Entries) -> Result<(), CliError> {
    let document = table::parse(text)?;
    let root = Table::root(text, &document);
    let version = root.need_string("lock-version")?;
    // PEP 751: another major version means something else, another minor one only more.
    let minor = version.strip_prefix("1.").unwrap_or_default();
    if minor.is_empty() || !minor.bytes().all(|byte| byte.is_ascii_digit()) {
        let error = unsupported(format!("the lock version {version:?} is not known, only 1.x is"));
        return Err(error.file(root.place_of("lock-version")));
    }
    if !root.has("packages") {
        return Err(root.error("`packages` is missing"));
    }
    root.tables("packages")?.into_iter().try_for_each(|package| read_package(&package, entries))
}

fn read_package(table: &Table<'_>, entries: &mut Entries) -> Result<(), CliError> {
    let project = table.need_string("name")?;
    let mut package = Package::new(project, table.string("version")?, table.place())?;
    let source = ["vcs", "directory", "archive"].into_iter().filter(|source| table.has(source));
    let mut sources = source.chain((table.has("sdist") || table.has("wheels")).then_some("sdist"));
    let source = sources.next();
    if let Some(other) = sources.next() {
        return Err(table.error(format!("{project} has both `{}` and `{other}`", source.unwrap_or_default())));
    }
    let why = match source {
        Some("vcs") => Some(Reason::Vcs),
        Some("directory") => {
            let directory = table.table("directory")?.unwrap_or(*table);
            let is_part = directory.has("subdirectory");
            Some(match (directory.need_string("path")?, directory.flag("editable")?) {
                ("." | "./", _) if !is_part => Reason::OwnProject,
                (_, true) => Reason::Editable,
                (_, false) => Reason::Path,
            })
        }
        Some("archive") => {
            let archive = table.table("archive")?.unwrap_or(*table);
            Some(match archive.string("url")? {
                Some(url) if !url.starts_with("file:") => Reason::Url,
                _ => Reason::Path,
            })
        }
        _ => None,
    };
    if let Some(why) = why {
        return package.unchecked(why, entries);
    }
    if let Some(index) = table.string("index")? {
        package.index(index);
    }
    for file in table.table("sdist")?.into_iter().chain(table.tables("wheels")?) {
        read_file(&file, &mut package)?;
    }
    package.finish(entries)
}

/// An sdist or a wheel. Its name, where it has none of its own, is the last component of its URL or path.
fn read_file(table: &Table<'_>, package: &mut Package) -> Result<(), CliError> {
    let name = match (table.string("name")?, table.string("url")?, table.string("path")?) {
        (Some(name), ..) => Some(name.to_owned()),
        (None, Some(url), _) => last_of_url(url),
        (None, None, Some(path)) => path.rsplit('/').next().map(str::to_owned),
        (None, None, None) => None,
    };
    let name = name.ok_or_else(|| table.error("a file without `name`, `url` and `path`"))?;
    let mut hashes = Hashes::default();
    if let Some(written) = table.table("hashes")? {
        for algorithm in written.keys() {
            let hex = written.need_string(algorithm)?;
            hashes.add(algorithm, hex).map_err(|wrong| super::invalid(wrong).file(written.place_of(algorithm)))?;
        }
    }
    package.file(Some(&name), hashes, table.number("size")?, table.place())
}
