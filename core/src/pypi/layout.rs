//! Layouts: where a repository lists what it signs of a project's files, and whose its roles are.
//! All of it is data.

use super::name::ProjectName;
use super::owner::{self, Owner, RoleRule, SignedBy};
use super::template::{PathError, Subject, TargetPath, Template};

/// The layout of a repository of Python packages: which target paths it uses, and who signs them.
///
/// PEP 458 leaves the paths of distributions open, and its index pages are `simple/PROJECT/`, which
/// no file can be called. The layouts here decide it as follows, and another repository can be
/// described by a layout of one's own.
///
/// | layout | paths that are asked for, in this order | named is |
/// |---|---|---|
/// | [`PEP_458`] | `{project}/{filename}` | the file |
/// | | `packages/{project}/{filename}` | the file |
/// | | `packages/` and the path of [`WAREHOUSE`], as in today's URLs of files | the file |
/// | | `simple/{project}/index.html` | an index page |
/// | [`WAREHOUSE`] | `{blake2b_256:0:2}/{blake2b_256:2:4}/{blake2b_256:4:64}/{filename}` | the file |
/// | [`RSTUF`] | `{project}` | an index page |
/// | [`PEP_480`] | `{project}/{filename}` | the file |
/// | [`PEP_691`] | `simple/{project}/vnd.pypi.simple.v1.json`, the same with `.html`, `simple/{project}/index.html` | an index page |
///
/// The next path is asked for only where no role lists the one before. Who may sign any of the
/// paths may sign the file, so where projects have keys of their own there must be one path alone,
/// below the name that their delegation stands on.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'l> {
    /// What it is called.
    pub name: &'l str,
    /// Where to look, the first path first.
    pub paths: &'l [PathRule<'l>],
    /// Whose the roles are.
    pub roles: &'l [RoleRule<'l>],
}

/// A template of target paths, and what such a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathRule<'l> {
    /// The target's path.
    pub template: Template<'l>,
    /// What the target is.
    pub kind: TargetKind,
}

/// What a target path refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// The file itself.
    File,
    /// An [`IndexPage`](super::IndexPage) that states the file's hash.
    IndexPage,
}

impl PathRule<'_> {
    /// Returns the target path for a subject.
    ///
    /// # Errors
    /// What the template needs, and the subject does not say.
    pub fn path(&self, subject: &Subject<'_>) -> Result<TargetPath, PathError> {
        self.template.path(subject)
    }
}

impl Layout<'_> {
    /// Returns who owns the last role of a delegation path that a search for the project followed.
    /// The path starts at `targets`, as
    /// [`Session::delegation_path`](crate::Session::delegation_path) returns it.
    pub fn owner<S: AsRef<str>>(&self, project: &ProjectName, chain: &[S]) -> Owner {
        owner::owner(self.roles, project, chain)
    }

    /// Returns who signed what the last role of a delegation path lists.
    pub fn signed_by<S: AsRef<str>>(&self, project: &ProjectName, chain: &[S]) -> SignedBy {
        owner::signed_by(self.roles, project, chain)
    }
}

/// All named layouts.
pub const LAYOUTS: [Layout<'static>; 5] = [PEP_458, WAREHOUSE, RSTUF, PEP_480, PEP_691];

/// The layout of PEP 458: the index signs everything.
pub const PEP_458: Layout<'static> = Layout {
    name: "pep458",
    paths: &[
        file("{project}/{filename}"),
        file("packages/{project}/{filename}"),
        file("packages/{blake2b_256:0:2}/{blake2b_256:2:4}/{blake2b_256:4:64}/{filename}"),
        page("simple/{project}/index.html"),
    ],
    roles: &[offline("targets"), offline("bins")],
};

/// The layout of Warehouse's prototype of 2020 to 2022: files by the BLAKE2b-256 of their content.
pub const WAREHOUSE: Layout<'static> = Layout {
    name: "warehouse",
    paths: &[file("{blake2b_256:0:2}/{blake2b_256:2:4}/{blake2b_256:4:64}/{filename}")],
    roles: &[offline("targets"), offline("bins")],
};

/// The layout of RSTUF as Warehouse's open work uses it: a project's index page is the target, and
/// one online key signs all roles but root.
pub const RSTUF: Layout<'static> =
    Layout { name: "rstuf", paths: &[page("{project}")], roles: &[] };

/// The layout of PEP 480: developers sign the files of claimed projects, and the index signs all
/// others. A developers' role has its project's name and stands directly below `claimed` or
/// `recently-claimed`. Any other role there, such as one that leads to many projects, belongs to
/// the index.
pub const PEP_480: Layout<'static> = Layout {
    name: "pep480",
    paths: &[file("{project}/{filename}")],
    roles: &[
        offline("targets"),
        offline("claimed"),
        online("recently-claimed"),
        online("unclaimed"),
        developer("claimed > {project}"),
        developer("recently-claimed > {project}"),
    ],
};

/// A layout of index pages under the file names that PEP 691 suggests.
pub const PEP_691: Layout<'static> = Layout {
    name: "pep691",
    paths: &[
        page("simple/{project}/vnd.pypi.simple.v1.json"),
        page("simple/{project}/vnd.pypi.simple.v1.html"),
        page("simple/{project}/index.html"),
    ],
    roles: &[offline("targets"), offline("bins")],
};

const fn file(template: &'static str) -> PathRule<'static> {
    PathRule { template: Template::known(template), kind: TargetKind::File }
}

const fn page(template: &'static str) -> PathRule<'static> {
    PathRule { template: Template::known(template), kind: TargetKind::IndexPage }
}

const fn offline(pattern: &'static str) -> RoleRule<'static> {
    RoleRule { pattern, owner: Owner::IndexOffline }
}

const fn online(pattern: &'static str) -> RoleRule<'static> {
    RoleRule { pattern, owner: Owner::IndexOnline }
}

const fn developer(pattern: &'static str) -> RoleRule<'static> {
    RoleRule { pattern, owner: Owner::Developer }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{HashAlgorithm, Hasher, Hashes};
    use std::string::{String, ToString};
    use std::vec::Vec;

    #[test]
    fn every_layout_asks_for_its_paths_in_their_order() {
        let project = ProjectName::new("zope.interface").unwrap();
        let mut hasher = Hasher::new(HashAlgorithm::Blake2b256);
        hasher.update(b"abc");
        let mut hashes = Hashes::new();
        hashes.insert(hasher.finish());
        let subject = Subject {
            project: &project,
            file_name: Some("zope.interface-1.zip"),
            version: None,
            hashes: &hashes,
        };
        let by_hash = "bd/dd/813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319/zope.interface-1.zip";
        let packages = std::format!("packages/{by_hash}");
        let plain = "zope-interface/zope.interface-1.zip";
        let below_packages = "packages/zope-interface/zope.interface-1.zip";
        let html = "simple/zope-interface/index.html";
        for (layout, expected) in [
            (PEP_458, &[plain, below_packages, packages.as_str(), html][..]),
            (WAREHOUSE, &[by_hash]),
            (RSTUF, &["zope-interface"]),
            (PEP_480, &[plain]),
            (
                PEP_691,
                &[
                    "simple/zope-interface/vnd.pypi.simple.v1.json",
                    "simple/zope-interface/vnd.pypi.simple.v1.html",
                    html,
                ],
            ),
        ] {
            let paths: Vec<String> =
                layout.paths.iter().map(|rule| rule.path(&subject).unwrap().to_string()).collect();
            assert_eq!(paths, expected, "{}", layout.name);
        }
    }

    #[test]
    fn the_templates_here_are_templates() {
        for layout in LAYOUTS {
            for rule in layout.paths {
                assert_eq!(Template::new(rule.template.as_str()), Ok(rule.template));
            }
        }
    }

    #[test]
    fn where_developers_sign_there_is_one_path_below_the_project_s_name() {
        for layout in LAYOUTS
            .iter()
            .filter(|layout| layout.roles.iter().any(|role| role.owner == Owner::Developer))
        {
            let [only] = layout.paths else { panic!("{}: {:?}", layout.name, layout.paths) };
            assert!(only.template.as_str().starts_with("{project}/"), "{}", layout.name);
        }
    }
}
