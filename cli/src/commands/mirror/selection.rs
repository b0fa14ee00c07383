//! Which target files are wanted.

/// All targets, or those of some projects and those that are named.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) all: bool,
    /// Normalized names.
    pub(super) projects: Vec<String>,
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
fn is_of_project(path: &str, project: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or_default();
    path.split('/').any(|component| normalized(component) == project) || is_distribution(file, project)
}

/// A wheel's name ends at its first hyphen; in that of a source distribution the name may have hyphens, and a version that begins
/// with a digit comes behind it.
fn is_distribution(file: &str, project: &str) -> bool {
    if let Some(wheel) = file.strip_suffix(".whl") {
        return wheel.split('-').next().is_some_and(|name| normalized(name) == project);
    }
    let archive = [".tar.gz", ".zip", ".tar.bz2", ".tgz", ".egg", ".exe"].iter().find_map(|end| file.strip_suffix(end));
    archive.is_some_and(|archive| {
        archive.match_indices('-').any(|(place, _)| {
            archive[place + 1..].starts_with(|first: char| first.is_ascii_digit())
                && normalized(&archive[..place]) == project
        })
    })
}

/// A project's name as PEP 503 normalizes it.
pub(super) fn normalized(name: &str) -> String {
    let mut out = String::new();
    for part in name.split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(&part.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_project_are_known_in_every_layout() {
        let selection = Selection { all: false, projects: vec![normalized("Zope.Interface")], names: vec!["x".into()] };
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
