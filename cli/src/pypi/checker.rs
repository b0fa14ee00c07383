//! Checks claims, one after the other, in one session.

mod metadata;

pub(crate) use metadata::WheelMetadata;

use picotuf::Workspace;
use picotuf::pypi::{
    Layout, Names, PageError, PageSpace, PathError, ProjectName, StatusMarker, Subject, TargetPath,
};

use super::claim::{Claim, Finding, Link, PageEntry, Status};
use super::custom::KnownFields;
use super::page::Pages;
use crate::disk::Disk;
use crate::error::CliError;
use crate::mirrors::Mirrors;
use crate::report::RoleReport;
use crate::session::{FoundTarget, Session};

/// A session with a repository of a known layout.
pub(crate) struct Checker<'w> {
    session: Option<Session<'w, Disk<'w>>>,
    /// A session that failed in a search cannot search again: this makes the next one.
    begin: Box<Begin<'w>>,
    /// Those of the metadata.
    mirrors: Option<&'w Mirrors>,
    failed: bool,
    /// What earlier sessions trusted.
    earlier: Vec<RoleReport>,
    layout: Layout<'static>,
    pages: Pages<'w>,
    space: Box<PageSpace>,
    /// Whether files of a quarantined project may hold.
    takes_quarantined: bool,
}

/// Begins a session that keeps its files, as many targets are searched for. It is still to be run.
pub(crate) type Begin<'w> = dyn Fn(&'w mut Workspace) -> Session<'w, Disk<'w>> + 'w;

impl<'w> Checker<'w> {
    /// Before the first step.
    pub(crate) fn new(
        workspace: &'w mut Workspace,
        begin: Box<Begin<'w>>,
        mirrors: Option<&'w Mirrors>,
        layout: Layout<'static>,
        pages: Pages<'w>,
    ) -> Self {
        let session = Some(begin(workspace));
        let earlier = Vec::new();
        let space = Box::default();
        Checker {
            session,
            begin,
            mirrors,
            failed: false,
            earlier,
            layout,
            pages,
            space,
            takes_quarantined: false,
        }
    }

    /// Lets files of a project hold whose signed index page says that it is quarantined (PEP 792).
    pub(crate) fn take_quarantined(mut self, takes_quarantined: bool) -> Self {
        self.takes_quarantined = takes_quarantined;
        self
    }

    /// Brings the metadata up to date. What was trusted before a failure is in [`Checker::roles`].
    pub(crate) fn refresh(&mut self) -> Result<(), CliError> {
        let mut result = self.session()?.run();
        while result.is_err() && self.another_mirror_may_help() {
            self.replace_session();
            result = self.session()?.run();
        }
        self.failed |= result.is_err();
        result
    }

    fn another_mirror_may_help(&self) -> bool {
        self.mirrors.is_some_and(Mirrors::begin_again)
    }

    /// What is trusted now.
    pub(crate) fn roles(&self) -> Vec<RoleReport> {
        let now = self.session.as_ref().map_or(&[][..], Session::roles);
        let earlier =
            self.earlier.iter().filter(|role| !now.iter().any(|newer| newer.role == role.role));
        now.iter().chain(earlier).cloned().collect()
    }

    /// Whether the claim holds: the first of the layout's paths that is listed decides.
    pub(crate) fn check(&mut self, claim: &Claim) -> Result<Finding, CliError> {
        if self.failed {
            self.begin_again()?;
        }
        let subject = Subject {
            project: &claim.project,
            file_name: claim.file_name.as_deref(),
            version: claim.version.as_deref(),
            hashes: &claim.hashes,
        };
        match self.search(&subject)? {
            (Names::File, path, found) => self.file(claim, &path, found),
            (Names::IndexPage, path, found) => self.page(claim, &path, found),
        }
    }

    /// The first of the layout's paths that is listed.
    fn search(
        &mut self,
        subject: &Subject<'_>,
    ) -> Result<(Names, TargetPath, FoundTarget), CliError> {
        let (mut asked, mut unable, mut by_name) = (Vec::new(), None, false);
        for rule in self.layout.paths {
            let path = match rule.path(subject) {
                Ok(path) => path,
                Err(error) => {
                    unable.get_or_insert(error);
                    continue;
                }
            };
            match self.find(&path) {
                Ok(found) => return Ok((rule.names, path, found)),
                Err(error) if error.detail().code == "target-not-found" => {
                    by_name |= rule.names == Names::File;
                    asked.push(path.as_str().to_owned());
                }
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
        Err(self.nothing(&asked, unable, by_name))
    }

    fn find(&mut self, path: &str) -> Result<FoundTarget, CliError> {
        let mut result = self.session()?.find(path);
        while result.as_ref().is_err_and(|error| error.detail().code != "target-not-found")
            && self.another_mirror_may_help()
        {
            self.begin_again()?;
            result = self.session()?.find(path);
        }
        result
    }

    fn session(&mut self) -> Result<&mut Session<'w, Disk<'w>>, CliError> {
        // It is away only while another begins.
        self.session.as_mut().ok_or_else(|| picotuf::Error::UnexpectedCall.into())
    }

    fn begin_again(&mut self) -> Result<(), CliError> {
        self.replace_session();
        self.refresh()
    }

    fn replace_session(&mut self) {
        self.earlier = self.roles();
        if let Some(session) = self.session.take() {
            self.session = Some((self.begin)(session.into_workspace()));
        }
        self.failed = false;
    }

    /// The target is the file.
    fn file(&self, claim: &Claim, path: &str, found: FoundTarget) -> Result<Finding, CliError> {
        let compared = claim
            .compare(Some(found.target.length), &found.target.hashes)
            .map_err(|error| error.target(path).delegation_path(found.delegation_path.clone()))?;
        Ok(self.finding(&claim.project, claim.file_name.clone(), path, found, compared, None))
    }

    /// The target is an index page, which states the file.
    fn page(&mut self, claim: &Claim, path: &str, found: FoundTarget) -> Result<Finding, CliError> {
        let consistent = self.session()?.consistent_snapshot();
        let chain = found.delegation_path.clone();
        let about = |error: CliError| error.target(path).delegation_path(chain.clone());
        let page = self
            .pages
            .get(path, &found, &claim.project, consistent, &mut self.space)
            .map_err(about)?;
        let refuse =
            |error: PageError| about(CliError::new(error.code(), "repository", error.to_string()));
        let status = Status::of(page.status());
        // Before the file is looked for: an index offers none of such a project.
        if page.status().marker == StatusMarker::Quarantined && !self.takes_quarantined {
            let why = status.as_ref().and_then(|status| status.reason.as_deref());
            let message = format!(
                "the project is quarantined{}",
                why.map(|why| format!(": {why}")).unwrap_or_default()
            );
            return Err(about(CliError::new("quarantined-project", "repository", message).hint(
                "the index takes it for unsafe: do not use the file; --allow quarantined checks \
                 it all the same",
            )));
        }
        let entry = match &claim.file_name {
            Some(name) => page.file(name, &mut self.space),
            // A page states hashes of some kinds only, so each that is known is looked for.
            None => claim
                .hashes
                .iter()
                .find_map(|hash| page.file_with(hash, &mut self.space).transpose())
                .transpose(),
        };
        let Some(entry) = entry.map_err(refuse)? else {
            // Only by hashes of a kind that the page has can a file be looked for.
            let is_stated = claim.hashes.iter().any(|hash| page.states(hash.algorithm()));
            if claim.file_name.is_none() && !is_stated {
                return Err(about(not_checkable(
                    "the index page states no hash of the kinds that are known of the file",
                )));
            }
            return Err(about(CliError::new(
                "not-in-page",
                "repository",
                "the signed index page does not name the file",
            )));
        };
        let compared = claim.compare(entry.size, &entry.hashes).map_err(about)?;
        let stated = PageEntry {
            yanked: entry.yanked.as_deref().map(str::to_owned),
            requires_python: entry.requires_python.as_deref().map(str::to_owned),
            core_metadata: entry.core_metadata != picotuf::pypi::CoreMetadata::Absent,
        };
        let name = Some(entry.name.as_str().to_owned());
        let finding = self.finding(&claim.project, name, path, found, compared, Some(stated));
        Ok(Finding { project_status: status, ..finding })
    }

    fn finding(
        &self,
        project: &ProjectName,
        file_name: Option<String>,
        path: &str,
        found: FoundTarget,
        compared: Vec<&'static str>,
        page: Option<PageEntry>,
    ) -> Finding {
        let names = &found.delegation_path;
        // Every role on the way was verified in this very search, and is the last of its name in
        // the session.
        let chain =
            (1..=names.len()).filter_map(|length| names.get(..length)).filter_map(|chain| {
                let roles = self.session.as_ref().map_or(&[][..], Session::roles);
                let role = roles.iter().find(|role| Some(&role.role) == chain.last())?.clone();
                Some(Link { role, owner: self.layout.owner(project, chain).name() })
            });
        Finding {
            file_name,
            signed_by: self.layout.signed_by(project, names),
            target: path.to_owned(),
            chain: chain.collect(),
            compared,
            page,
            project_status: None,
            fields: found.custom.as_deref().and_then(fields),
            custom: found.custom.and_then(|custom| serde_json::from_slice(&custom).ok()),
        }
    }

    /// No path was listed, or not all could be asked for. Where the file itself was asked for,
    /// `by_name`, nobody vouches for it, whatever else might be asked with more known of it: an
    /// unlisted file must not pass for one that cannot be checked.
    fn nothing(&self, asked: &[String], unable: Option<PathError>, by_name: bool) -> CliError {
        let (name, all) = (self.layout.name, asked.join(", "));
        let message = match (unable, asked) {
            (Some(why), []) => {
                return not_checkable(format!("it cannot be checked in the layout {name}: {why}"));
            }
            (Some(why), _) if !by_name => {
                let message = format!(
                    "it cannot be checked in the layout {name}: {all} is not listed, and \
                     elsewhere {why}"
                );
                // The target says that something was asked for, and is not there.
                return not_checkable(message).target(all.split(", ").next().unwrap_or_default());
            }
            (Some(why), _) => {
                format!(
                    "no role that may speak for it lists any of {all}; the layout has one path \
                     more, but {why}"
                )
            }
            (None, [path]) => {
                return CliError::from(picotuf::Error::TargetNotFound).target(path).hint(HINT);
            }
            (None, _) => format!("no role that may speak for it lists any of {all}"),
        };
        CliError::new("target-not-found", "repository", message).hint(HINT)
    }
}

fn fields(custom: &[u8]) -> Option<KnownFields> {
    KnownFields::of(std::str::from_utf8(custom).ok()?)
}

/// What is known of the file is not enough to ask for it.
pub(super) fn not_checkable(why: impl Into<String>) -> CliError {
    CliError::new("not-checkable", "caller", why)
}

const HINT: &str =
    "nobody vouches for this file; if the repository is of another shape, say so by --layout";
/// What `--allow` calls a project that its index page says is quarantined.
pub(crate) const QUARANTINED: &str = "quarantined";
