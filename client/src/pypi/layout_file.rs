//! Layouts by name and from TOML files.
//!
//! ```toml
//! # The name in messages.
//! name = "example"
//!
//! # The target is the file itself.
//! [[path]]
//! file = "{project}/{filename}"
//!
//! # The target is an index page (HTML or JSON) that states the file's hash. A layout with roles of
//! # developers has exactly one path.
//! [[path]]
//! page = "simple/{project}/index.html"
//!
//! # Who holds the keys of each role. PyPI signs all other roles online.
//! [roles]
//! pypi-offline = ["targets", "bins"]
//! pypi-online = []
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use picotuf::pypi::{LAYOUTS, Layout, Owner, PEP_458, PathRule, RoleRule, TargetKind, Template};
use serde::Deserialize;

use crate::code::Code;
use crate::error::Error;

/// Returns the layout with this name or in this file. The default is that of PEP 458.
pub fn resolve(layout: Option<&str>) -> Result<Layout<'static>, Error> {
    let Some(layout) = layout else {
        return Ok(PEP_458);
    };
    if let Some(known) = LAYOUTS.into_iter().find(|known| known.name == layout) {
        return Ok(known);
    }
    let names = LAYOUTS.map(|layout| layout.name).join(", ");
    let Some(path) = as_file(layout) else {
        return Err(Error::usage(format!(
            "unknown layout {layout:?}: expected {names}, or a file whose name ends in .toml"
        )));
    };
    let text =
        fs::read_to_string(&path).map_err(|error| Error::io("read the layout", &path, &error))?;
    parse(&text, layout).map_err(|why| {
        Error::usage_code(Code::Layout, format!("cannot parse the layout: {why}"))
            .file(path.display())
            .hint("see `picotuf help check` for the format")
    })
}

/// Returns the setting, with the path of a file made absolute, because a later command may run in
/// another folder.
pub fn absolute(layout: &str) -> Result<String, Error> {
    resolve(Some(layout))?;
    let Some(path) = as_file(layout) else {
        return Ok(layout.to_owned());
    };
    let path = std::path::absolute(&path)
        .map_err(|error| Error::io("make the path absolute", &path, &error))?;
    path.into_os_string().into_string().map_err(|path| {
        Error::usage("cannot save the layout: its path is not Unicode")
            .file(Path::new(&path).display())
    })
}

fn as_file(layout: &str) -> Option<PathBuf> {
    Some(PathBuf::from(layout))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    #[serde(default)]
    path: Vec<Entry>,
    #[serde(default)]
    roles: Roles,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    file: Option<String>,
    page: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Roles {
    pypi_offline: Vec<String>,
    pypi_online: Vec<String>,
    developer: Vec<String>,
}

fn parse(text: &str, called: &str) -> Result<Layout<'static>, String> {
    let File { name, path, roles } =
        toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let mut paths = Vec::new();
    for entry in path {
        let (text, kind) = match (entry.file, entry.page) {
            (Some(text), None) => (text, TargetKind::File),
            (None, Some(text)) => (text, TargetKind::IndexPage),
            _ => return Err("a [[path]] must have either `file` or `page`".to_owned()),
        };
        let text = kept(text);
        let template = Template::new(text).map_err(|error| format!("{text:?} has {error}"))?;
        paths.push(PathRule { template, kind });
    }
    let mut rules = Vec::new();
    for (owner, patterns) in [
        (Owner::IndexOffline, roles.pypi_offline),
        (Owner::IndexOnline, roles.pypi_online),
        (Owner::Developer, roles.developer),
    ] {
        for pattern in patterns {
            let is_name = |name: &str| {
                !name.is_empty()
                    && name.trim() == name
                    && !name.trim_end_matches('*').contains('*')
                    && !name.ends_with("**")
            };
            if !pattern.split(" > ").all(is_name) {
                return Err(format!(
                    "{pattern:?} is malformed: expected role names separated by ` > `, each with \
                         at most one `*`, at its end"
                ));
            }
            rules.push(RoleRule { pattern: kept(pattern), owner });
        }
    }
    if paths.is_empty() {
        return Err("the layout has no [[path]]".to_owned());
    }
    if paths.len() > 1 && rules.iter().any(|rule| rule.owner == Owner::Developer) {
        return Err(
            "a layout with roles of developers must have one [[path]]: through another, other \
                 roles could sign in their place"
                .to_owned(),
        );
    }
    let name = kept(name.unwrap_or_else(|| called.to_owned()));
    Ok(Layout { name, paths: Vec::leak(paths), roles: Vec::leak(rules) })
}

/// Leaks a string. A program has one layout, for as long as it runs.
fn kept(text: String) -> &'static str {
    String::leak(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example above.
    const EXAMPLE: &str = "name = 'example'\n[[path]]\nfile = \
        '{project}/{filename}'\n[roles]\npypi-offline = ['targets', 'claimed']\ndeveloper = \
        ['claimed > {project}']\n";

    #[test]
    fn a_file_is_a_layout_as_those_with_a_name() {
        let layout = parse(EXAMPLE, "x.toml").unwrap();
        let django = picotuf::pypi::ProjectName::new("django").unwrap();
        assert_eq!(layout.name, "example");
        assert_eq!(layout.paths, picotuf::pypi::PEP_480.paths);
        assert_eq!(
            layout.signed_by(&django, &["targets", "claimed", "django"]).name(),
            "developer"
        );
        assert_eq!(layout.owner(&django, &["targets", "others"]).name(), "pypi-online");
        assert_eq!(layout.owner(&django, &["targets", "claimed", "bins-0"]).name(), "pypi-online");
        let pages = parse(
            "[[path]]\nfile = '{sha256:0:2}/{filename}'\n[[path]]\npage = '{project}'\n",
            "x.toml",
        )
        .unwrap();
        assert_eq!(
            (pages.name, pages.paths.len(), pages.paths[1].kind),
            ("x.toml", 2, TargetKind::IndexPage)
        );
    }

    #[test]
    fn what_is_wrong_in_a_layout_is_said() {
        for (text, why) in [
            ("", "no [[path]]"),
            ("x = 1", "unknown field"),
            ("[[path]]\nfile = '{projct}'", "placeholder"),
            ("[[path]]\nfile = '{project}'\npage = '{project}'", "either"),
            ("[[path]]", "either"),
            ("[[path]]\npage = 'index.html'", "one path for all"),
            ("[[path]]\nfile = '{project}'\n[roles]\ndevelopers = []", "unknown field"),
            ("[[path]]\nfile = '{project}'\n[roles]\ndeveloper = ['a>*b']", "` > `"),
            ("[[path]]\nfile = '{project}'\n[roles]\ndeveloper = ['']", "` > `"),
            (
                "[[path]]\nfile = '{project}'\n[[path]]\nfile = 'x/{project}'\n[roles]\ndeveloper \
                 = ['a > *']",
                "one [[path]]",
            ),
        ] {
            let error = parse(text, "x.toml").unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn layouts_are_found_by_name_or_file() {
        assert_eq!(resolve(None).unwrap().name, "pep458");
        for layout in LAYOUTS {
            assert_eq!(resolve(Some(layout.name)).unwrap().name, layout.name);
            assert_eq!(absolute(layout.name).unwrap(), layout.name);
        }
        assert!(resolve(Some("pep-458")).unwrap_err().is_usage());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.toml").display().to_string();
        assert_eq!(resolve(Some(&path)).unwrap_err().code(), "io");
        fs::write(&path, EXAMPLE).unwrap();
        assert_eq!(resolve(Some(&path)).unwrap().name, "example");
        assert_eq!(absolute(&path).unwrap(), path);
        fs::write(&path, "[[path]]").unwrap();
        assert_eq!(absolute(&path).unwrap_err().code(), "layout");
    }
}
