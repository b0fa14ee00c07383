//! The selection of target files.

use picotuf::pypi::{FileName, ProjectName};

use crate::code::Code;
use crate::error::Error;

/// The selected targets: all, or those of some projects and those with some names.
#[derive(Debug, Default)]
pub struct Selection {
    /// All targets.
    pub all: bool,
    /// The files of these projects.
    pub projects: Vec<ProjectName>,
    /// The targets of these paths.
    pub names: Vec<String>,
}

impl Selection {
    /// Returns whether no file is selected.
    pub(crate) fn is_empty(&self) -> bool {
        !self.all && self.projects.is_empty() && self.names.is_empty()
    }

    /// Returns whether the target is selected.
    pub(crate) fn wants(&self, path: &str) -> bool {
        self.all || self.names_one(path)
    }

    /// Returns whether the target is one of those names or of those projects.
    pub(crate) fn names_one(&self, path: &str) -> bool {
        self.names.iter().any(|name| name == path)
            || self.projects.iter().any(|project| is_of_project(path, project))
    }
}

/// A selection as a report states it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct Stated {
    targets: bool,
    projects: Vec<String>,
    names: Vec<String>,
}

impl From<&Selection> for Stated {
    fn from(selection: &Selection) -> Self {
        let sorted = |mut texts: Vec<String>| {
            texts.sort();
            texts.dedup();
            texts
        };
        Stated {
            targets: selection.all,
            projects: sorted(selection.projects.iter().map(ToString::to_string).collect()),
            names: sorted(selection.names.clone()),
        }
    }
}

/// The selected projects and names that were not found yet.
pub(crate) struct Unmet<'s> {
    projects: Vec<&'s ProjectName>,
    names: Vec<&'s String>,
}

impl<'s> Unmet<'s> {
    pub(crate) fn new(selection: &'s Selection) -> Self {
        Unmet {
            projects: selection.projects.iter().collect(),
            names: selection.names.iter().collect(),
        }
    }

    /// Records that a target with this path is listed.
    pub(crate) fn meet(&mut self, path: &str) {
        self.names.retain(|name| *name != path);
        self.projects.retain(|project| !is_of_project(path, project));
    }

    /// Returns an error for each that was not found.
    pub(crate) fn errors(&self) -> Vec<Error> {
        let names =
            self.names.iter().map(|name| Error::from(picotuf::Error::TargetNotFound).target(name));
        let projects = self.projects.iter().map(|project| {
            let text = format!("no listed target belongs to the project {project}");
            Error::new(Code::ProjectNotFound, text).hint("check the spelling of --project")
        });
        names.chain(projects).collect()
    }
}

/// Returns whether a target belongs to a project in one of the known layouts: a component of its
/// path is the project's name, as in `simple/NAME/` and `NAME/FILE`, or the path ends with the name
/// of a distribution of the project.
fn is_of_project(path: &str, project: &ProjectName) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    path.split('/').any(|component| ProjectName::new(component).is_ok_and(|name| name == *project))
        || FileName::of(project, file).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_project_are_known_in_every_layout() {
        let selection = Selection {
            all: false,
            projects: vec![ProjectName::new("Zope.Interface").unwrap()],
            names: vec!["x".into()],
        };
        for path in [
            "zope-interface/zope.interface-5.0.tar.gz",
            "0b/de/0123/zope_interface-5.0-py3-none-any.whl",
            "0b/de/0123/zope-interface-5.0.zip",
            "simple/zope-interface/",
            "simple/zope-interface/vnd.pypi.simple.v1.json",
            "zope-interface",
            "x",
        ] {
            assert!(selection.wants(path), "{path}");
        }
        for path in [
            "zope/zope-1.0.tar.gz",
            "0b/zope_interface_more-1.0-py3-none-any.whl",
            "zope-interface-5/x",
            "y",
        ] {
            assert!(!selection.wants(path), "{path}");
        }
    }
}
