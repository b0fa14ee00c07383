//! A repository as PEP 480 has it, and what its files come to for who checks them in that layout.
//!
//! `targets` → `claimed` (offline) → a role for each project; → `recently-claimed` (online) → a
//! role for each project; → `unclaimed` (online) → `bins` → 16 bins. The three stand on every file;
//! what ends the search is a project's own delegation, or `unclaimed`.

use crate::prelude::*;
use picotuf::Hashes;
use picotuf::pypi::{FileName, PEP_480, ProjectName, SignedBy, Subject};
use picotuf_tests::host::{Failure, MemoryHost, Report};

/// Everything that PyPI's servers sign with; `bins` stands for all bins too.
pub(crate) const ONLINE: &[&str] =
    &["timestamp", "snapshot", "recently-claimed", "unclaimed", "bins"];

/// When the daily files expire, the first one first, and then those of the roles with targets.
pub(crate) const TIMESTAMP_EXPIRES: &str = "2026-01-16T00:00:00Z";
pub(crate) const SNAPSHOT_EXPIRES: &str = "2026-01-17T00:00:00Z";
pub(crate) const BINS_EXPIRE: &str = "2026-01-20T00:00:00Z";
pub(crate) const PROJECTS_EXPIRE: &str = "2026-07-01T00:00:00Z";

/// A file of each kind of project. Zope is there for its name, and for a threshold of 1.
pub(crate) const DJANGO: &str = "django-5.2.8-py3-none-any.whl";
pub(crate) const ZOPE: &str = "zope.interface-8.1.tar.gz";
pub(crate) const NUMPY: &str = "numpy-2.3.5.tar.gz";
pub(crate) const SIX: &str = "six-1.17.0-py2.py3-none-any.whl";

/// The first digits of hashes.
const DIGITS: &[&str] =
    &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];

/// The keys of three developers.
pub(crate) fn developers(project: &str) -> [Key; 3] {
    ["one", "two", "three"].map(|name| Key::ed25519(&format!("{project} {name}")))
}

/// The delegation to a project's role: it stands on the project's normalized name, and ends the
/// search.
pub(crate) fn project(name: &str, keys: &[Key], threshold: u64) -> Delegation {
    Delegation::paths(name, &[&format!("{name}/*")]).keys(keys).threshold(threshold).terminating()
}

/// Claimed are django (2 of 3 developers) and zope-interface (1), recently claimed is numpy, and
/// six is not.
pub(crate) fn repository() -> Repository {
    let mut repository = Repository::new();
    for role in ["claimed", "recently-claimed"] {
        repository.delegate("targets", &Delegation::paths(role, &["*/*"]));
    }
    repository.delegate("targets", &Delegation::paths("unclaimed", &["*/*"]).terminating());
    repository.delegate("claimed", &project("django", &developers("django"), 2));
    repository.delegate("claimed", &project("zope-interface", &[Key::ed25519("zope")], 1));
    repository.delegate("recently-claimed", &project("numpy", &[Key::ed25519("numpy")], 1));
    repository.delegate("unclaimed", &Delegation::hash_prefixes("bins", DIGITS));
    for digit in DIGITS {
        repository.delegate("bins", &Delegation::hash_prefixes(&format!("bin-{digit}"), &[digit]));
        repository.edit(&format!("bin-{digit}"), |bin| bin["expires"] = BINS_EXPIRE.into());
    }
    let [one, two, _] = developers("django");
    repository.sign_with("django", &[one, two]);
    for role in ["django", "zope-interface", "numpy"] {
        repository.edit(role, |signed| signed["expires"] = PROJECTS_EXPIRE.into());
    }
    repository.add_target("django", &path(DJANGO), b"django");
    repository.add_target("zope-interface", &path(ZOPE), b"zope");
    repository.add_target("numpy", &path(NUMPY), b"numpy");
    repository.add_target(&bin_of(&path(SIX)), &path(SIX), b"six");
    repository.edit("snapshot", |snapshot| snapshot["expires"] = SNAPSHOT_EXPIRES.into());
    repository.edit("timestamp", |timestamp| timestamp["expires"] = TIMESTAMP_EXPIRES.into());
    repository
}

/// The target path that the layout has for a file.
pub(crate) fn path(file_name: &str) -> String {
    let name = FileName::parse(file_name).unwrap();
    path_of(&name.project, file_name)
}

/// The same where the project is known.
pub(crate) fn path_of(project: &ProjectName, file_name: &str) -> String {
    let subject =
        Subject { project, file_name: Some(file_name), version: None, hashes: &Hashes::new() };
    PEP_480.paths[0].path(&subject).unwrap().as_str().to_owned()
}

/// The bin that a path belongs to.
pub(crate) fn bin_of(path: &str) -> String {
    format!("bin-{}", &hash("sha256", path.as_bytes())[..1])
}

/// Publishes a target in the next version of a role, as its owner does.
pub(crate) fn publish_target(repository: &mut Repository, role: &str, path: &str, content: &[u8]) {
    repository.publish(role, |_| {});
    repository.add_target(role, path, content);
}

/// Publishes a delegation in front of those that are there.
pub(crate) fn delegate_first(repository: &mut Repository, parent: &str, delegation: &Delegation) {
    repository.publish(parent, |_| {});
    repository.delegate(parent, delegation);
    repository.edit(parent, |signed| {
        signed["delegations"]["roles"].as_array_mut().unwrap().rotate_right(1)
    });
}

/// What somebody who has the keys of these roles can start from: whatever else is written is signed
/// by a key of the thief's own.
pub(crate) fn stolen(genuine: &Repository, roles: &[&str]) -> Repository {
    let mut repository = genuine.clone();
    let top = ["root", "timestamp", "snapshot", "targets"].map(str::to_owned);
    let listed = genuine.signed("snapshot")["meta"].as_object().unwrap();
    let listed = listed.keys().map(|name| name.trim_end_matches(".json").to_owned());
    for role in top.into_iter().chain(listed) {
        let name = if role.starts_with("bin-") { "bins" } else { &role };
        if !roles.contains(&name) {
            repository.sign_with(&role, &[thief()]);
        }
    }
    repository
}

/// A key that nobody has vouched for.
pub(crate) fn thief() -> Key {
    Key::ed25519("thief")
}

/// What comes of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the one that is signed, by these.
    Holds(SignedBy),
    /// It is listed, and is another one.
    Differs,
    /// Nobody lists it.
    Absent,
    /// The metadata was refused with that code, about that role.
    Refused(&'static str, String),
}

pub(crate) use Verdict::{Absent, Differs, Holds};

pub(crate) fn refused(code: &'static str, role: &str) -> Verdict {
    Verdict::Refused(code, role.to_owned())
}

/// Who can look for targets: a [`Client`], which reads files in every way, or one host, where there
/// are thousands of searches.
pub(crate) trait Find {
    /// Refreshes, and looks for targets.
    fn look(&mut self, repository: &Repository, paths: &[&str]) -> Result<Report, Failure>;
}

impl Find for Client {
    fn look(&mut self, repository: &Repository, paths: &[&str]) -> Result<Report, Failure> {
        self.find(repository, paths)
    }
}

impl Find for MemoryHost {
    fn look(&mut self, repository: &Repository, paths: &[&str]) -> Result<Report, Failure> {
        self.repository.clone_from(&repository.files);
        self.run(paths)
    }
}

/// Refreshes, and checks a file by its name.
pub(crate) fn check(
    client: &mut impl Find,
    repository: &Repository,
    file_name: &str,
    content: &[u8],
) -> Verdict {
    let path = path(file_name);
    verdict(client.look(repository, &[&path]), &path, content)
}

/// What a search for a file comes to.
pub(crate) fn verdict(result: Result<Report, Failure>, path: &str, content: &[u8]) -> Verdict {
    let found = match result {
        Ok(report) => report.found.into_iter().next().flatten(),
        Err(failure) => return Verdict::Refused(failure.error.code(), failure.role),
    };
    let Some(found) = found else { return Absent };
    let same = found.hashes.iter().all(|(algorithm, hex)| hash(algorithm, content) == *hex);
    if !same || found.length != content.len() as u64 {
        return Differs;
    }
    let project = ProjectName::new(path.split('/').next().unwrap()).unwrap();
    Holds(PEP_480.signed_by(&project, &found.delegation_path))
}
