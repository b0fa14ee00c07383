//! Which target files are wanted.

use picotuf::pypi::{FileName, ProjectName};

/// All targets, or those of some projects and those that are named.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) all: bool,
    pub(super) projects: Vec<ProjectName>,
    pub(super) names: Vec<String>,
}

impl Selection {
    /// Whether no file is wanted.
    pub(super) fn is_empty(&self) -> bool {
        !self.all && self.projects.is_empty() && self.names.is_empty()
    }

    pub(super) fn wants(&self, path: &str) -> bool {
        self.all
            || self.names.iter().any(|name| name == path)
            || self.projects.iter().any(|project| is_of_project(path, project))
    }
}

/// Whether a target belongs to a project in one of the known layouts: a component of its path is the project's name, as in
/// `simple/NAME/` and `NAME/FILE`, or it ends with the name of a distribution of that project.
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
        for path in ["zope/zope-1.0.tar.gz", "0b/zope_interface_more-1.0-py3-none-any.whl", "zope-interface-5/x", "y"] {
            assert!(!selection.wants(path), "{path}");
        }
    }
}
