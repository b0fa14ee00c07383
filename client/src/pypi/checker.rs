//! Checks claims one by one in a session.

mod metadata;

use std::collections::VecDeque;

pub use metadata::WheelMetadata;

use picotuf::Workspace;
use picotuf::pypi::{
    Layout, PageError, PageSpace, PathError, ProjectName, StatusMarker, Subject, TargetKind,
    TargetPath,
};

use super::claim::{Claim, Finding, Link, PageEntry, Status};
use super::custom::KnownFields;
use super::page::Pages;
use crate::code::Code;
use crate::disk::Disk;
use crate::error::Error;
use crate::mirrors::Mirrors;
use crate::role::TrustedRole;
use crate::session::{FoundTarget, Session};

/// A session that checks claims against a repository with a known layout.
pub struct Checker<'w> {
    session: Option<Session<'w, Disk<'w>>>,
    /// Starts a new session, because one that failed in a search cannot search again.
    begin: Box<Begin<'w>>,
    /// The mirrors of the metadata.
    mirrors: Option<&'w Mirrors>,
    failed: bool,
    /// The roles that earlier sessions trusted.
    earlier: Vec<TrustedRole>,
    layout: Layout<'static>,
    pages: Pages<'w>,
    space: Box<PageSpace>,
    /// Whether files of quarantined projects are accepted.
    takes_quarantined: bool,
    /// The next claims, in this order.
    expected: VecDeque<Claim>,
    /// The number of layout paths to search in advance: the most that a claim has needed so far.
    rules: usize,
}

/// An index page that was verified as a target.
#[derive(Clone, Debug)]
pub struct SignedPage {
    /// The target path.
    pub path: String,
    /// The bytes.
    pub bytes: std::sync::Arc<[u8]>,
}

/// A function that starts a session which keeps its files, for many targets. The caller runs it.
pub type Begin<'w> = dyn Fn(&'w mut Workspace) -> Session<'w, Disk<'w>> + 'w;

impl<'w> Checker<'w> {
    /// Creates a checker before its first step.
    pub fn new(
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
            expected: VecDeque::new(),
            rules: 1,
        }
    }

    /// Announces the next claims, so that their files can be downloaded at the same time. This
    /// changes neither verdicts nor their order.
    pub fn expect(&mut self, claims: impl IntoIterator<Item = Claim>) {
        self.expected = claims.into_iter().collect();
        self.expect_paths();
    }

    fn expect_paths(&mut self) {
        let rules = self.layout.paths.get(..self.rules).unwrap_or(self.layout.paths);
        let paths = self.expected.iter().flat_map(|claim| {
            rules.iter().filter_map(|rule| Some(rule.path(&claim.subject()).ok()?.to_string()))
        });
        if let Some(session) = &mut self.session {
            session.expect(paths);
        }
    }

    /// Sets whether to accept files of a project whose signed index page says that it is
    /// quarantined (PEP 792).
    pub fn take_quarantined(mut self, takes_quarantined: bool) -> Self {
        self.takes_quarantined = takes_quarantined;
        self
    }

    /// Updates the trusted metadata. After a failure, [`Checker::roles`] returns the roles that
    /// were trusted before it.
    pub fn refresh(&mut self) -> Result<(), Error> {
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

    /// Returns the trusted roles.
    pub fn roles(&self) -> Vec<TrustedRole> {
        let now = self.session.as_ref().map_or(&[][..], Session::roles);
        let earlier =
            self.earlier.iter().filter(|role| !now.iter().any(|newer| newer.role == role.role));
        now.iter().chain(earlier).cloned().collect()
    }

    /// Checks a claim. The first listed path of the layout decides.
    pub fn check(&mut self, claim: &Claim) -> Result<Finding, Error> {
        if self.expected.contains(claim) {
            while self.expected.pop_front().is_some_and(|next| next != *claim) {}
        }
        // What a search failed at may not concern the next one, which goes on in the same session.
        if self.failed && self.session()?.abandon_search().is_err() {
            self.begin_again()?;
        }
        self.failed = false;
        match self.search(&claim.subject())? {
            (TargetKind::File, path, found) => self.file(claim, &path, found),
            (TargetKind::IndexPage, path, found) => self.page(claim, &path, found),
        }
    }

    /// Returns the signed index page of a project, or `None` if the layout has no index pages or
    /// none is listed.
    pub fn page_of(&mut self, project: &ProjectName) -> Result<Option<SignedPage>, Error> {
        if self.failed && self.session()?.abandon_search().is_err() {
            self.begin_again()?;
        }
        self.failed = false;
        let hashes = picotuf::Hashes::new();
        let subject = Subject { project, file_name: None, version: None, hashes: &hashes };
        for rule in self.layout.paths.iter().filter(|rule| rule.kind == TargetKind::IndexPage) {
            let Ok(path) = rule.path(&subject) else { continue };
            let found = match self.find(&path) {
                Ok(found) => found,
                Err(error) if error.is_target_not_found() => continue,
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            };
            let consistent = self.session()?.consistent_snapshot();
            let page = self.pages.get(&path, &found, project, consistent, &mut self.space);
            let page = page.map_err(|error| {
                error.target(&path).delegation_path(found.delegation_path.clone())
            })?;
            let (path, bytes) = (path.as_str().to_owned(), page.bytes().clone());
            return Ok(Some(SignedPage { path, bytes }));
        }
        Ok(None)
    }

    /// Searches for the first listed path of the layout.
    fn search(
        &mut self,
        subject: &Subject<'_>,
    ) -> Result<(TargetKind, TargetPath, FoundTarget), Error> {
        let (mut asked, mut unable, mut by_name) = (Vec::new(), None, false);
        for (place, rule) in self.layout.paths.iter().enumerate() {
            let path = match rule.path(subject) {
                Ok(path) => path,
                Err(error) => {
                    unable.get_or_insert(error);
                    continue;
                }
            };
            if place >= self.rules {
                self.rules = place.saturating_add(1);
                self.expect_paths();
            }
            match self.find(&path) {
                Ok(found) => return Ok((rule.kind, path, found)),
                Err(error) if error.is_target_not_found() => {
                    by_name |= rule.kind == TargetKind::File;
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

    fn find(&mut self, path: &str) -> Result<FoundTarget, Error> {
        let mut result = self.session()?.find(path);
        while result.as_ref().is_err_and(|error| !error.is_target_not_found())
            && self.another_mirror_may_help()
        {
            self.begin_again()?;
            result = self.session()?.find(path);
        }
        result
    }

    fn session(&mut self) -> Result<&mut Session<'w, Disk<'w>>, Error> {
        // It is absent only while another session starts.
        self.session.as_mut().ok_or_else(|| picotuf::Error::UnexpectedCall.into())
    }

    fn begin_again(&mut self) -> Result<(), Error> {
        self.replace_session();
        self.refresh()
    }

    fn replace_session(&mut self) {
        self.earlier = self.roles();
        if let Some(session) = self.session.take() {
            self.session = Some((self.begin)(session.into_workspace()));
        }
        self.failed = false;
        self.expect_paths();
    }

    /// Checks a claim against a target that is the file.
    fn file(&self, claim: &Claim, path: &str, found: FoundTarget) -> Result<Finding, Error> {
        let compared = claim
            .compare(Some(found.target.length), &found.target.hashes)
            .map_err(|error| error.target(path).delegation_path(found.delegation_path.clone()))?;
        Ok(self.finding(&claim.project, claim.file_name.clone(), path, found, compared, None))
    }

    /// Checks a claim against a target that is an index page.
    fn page(&mut self, claim: &Claim, path: &str, found: FoundTarget) -> Result<Finding, Error> {
        let consistent = self.session()?.consistent_snapshot();
        if !self.pages.has(path, &found) {
            self.pages_ahead(path, &found, consistent)?;
        }
        let chain = found.delegation_path.clone();
        let about = |error: Error| error.target(path).delegation_path(chain.clone());
        let page = self
            .pages
            .get(path, &found, &claim.project, consistent, &mut self.space)
            .map_err(about)?;
        let refuse = |error: PageError| about(Error::page(error, error.to_string()));
        let status = Status::of(page.status());
        // This comes before the search for the file: an index offers no files of such a project.
        if page.status().marker == StatusMarker::Quarantined && !self.takes_quarantined {
            let why = status.as_ref().and_then(|status| status.reason.as_deref());
            let message = format!(
                "the project is quarantined{}",
                why.map(|why| format!(": {why}")).unwrap_or_default()
            );
            return Err(about(Error::new(Code::QuarantinedProject, message).hint(
                "the index considers the project unsafe: do not use the file; --allow quarantined \
                     checks it anyway",
            )));
        }
        let entry = match &claim.file_name {
            Some(name) => page.file(name, &mut self.space),
            // A page has hashes of some algorithms only, so search for each known hash.
            None => claim
                .hashes
                .iter()
                .find_map(|hash| page.file_with(hash, &mut self.space).transpose())
                .transpose(),
        };
        let Some(entry) = entry.map_err(refuse)? else {
            // The search needs a hash with an algorithm that the page uses.
            let is_stated = claim.hashes.iter().any(|hash| page.states(hash.algorithm()));
            if claim.file_name.is_none() && !is_stated {
                return Err(about(not_checkable(
                    "the index page has no hash of the file that can be compared",
                )));
            }
            return Err(about(Error::new(
                Code::NotInPage,
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

    /// Downloads the pages of the next claims together with this one.
    fn pages_ahead(
        &mut self,
        path: &str,
        found: &FoundTarget,
        consistent: bool,
    ) -> Result<(), Error> {
        let mut wanted = vec![(path.to_owned(), found.target, found.delegation_path.clone())];
        let rules = self.layout.paths.get(..self.rules).unwrap_or(self.layout.paths);
        let session = self.session.as_mut().ok_or(picotuf::Error::UnexpectedCall)?;
        for claim in self.expected.iter().take(PAGES_AHEAD) {
            for rule in rules {
                let Ok(path) = rule.path(&claim.subject()) else { continue };
                match session.find(&path) {
                    Ok(found) => {
                        let is_new = wanted.iter().all(|(other, _, _)| **other != *path);
                        if rule.kind == TargetKind::IndexPage && is_new {
                            let FoundTarget { target, delegation_path, .. } = found;
                            wanted.push((path.to_string(), target, delegation_path));
                        }
                        break;
                    }
                    Err(error) if error.is_target_not_found() => {}
                    // The same error occurs again when the claim is checked.
                    Err(_) => {
                        session.abandon_search()?;
                        break;
                    }
                }
            }
        }
        self.pages.fetch_ahead(&wanted, consistent);
        Ok(())
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
        // This search verified every role on the path, so the last report with a role's name is the
        // right one.
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

    /// Returns the error for a claim without a listed path. If the file itself was searched for
    /// (`by_name`), nobody signs it, even if other paths could not be formed: an unlisted file must
    /// not count as one that cannot be checked.
    fn nothing(&self, asked: &[String], unable: Option<PathError>, by_name: bool) -> Error {
        let (name, all) = (self.layout.name, asked.join(", "));
        let message = match (unable, asked) {
            (Some(why), []) => {
                return not_checkable(format!("the layout {name} cannot look up the file: {why}"));
            }
            (Some(why), _) if !by_name => {
                let message = format!(
                    "the layout {name} cannot look up the file: {all} is not listed, and for \
                         another path {why}"
                );
                // The target shows that the search took place.
                return not_checkable(message).target(all.split(", ").next().unwrap_or_default());
            }
            (Some(why), _) => {
                format!("no trusted role lists {all}; the layout has another path, but {why}")
            }
            (None, [path]) => {
                return Error::from(picotuf::Error::TargetNotFound).target(path).hint(HINT);
            }
            (None, _) => format!("no trusted role lists {all}"),
        };
        Error::from(picotuf::Error::TargetNotFound).message(message).hint(HINT)
    }
}

fn fields(custom: &[u8]) -> Option<KnownFields> {
    KnownFields::of(std::str::from_utf8(custom).ok()?)
}

/// Returns the error for a claim that does not have what the layout needs.
pub(super) fn not_checkable(why: impl Into<String>) -> Error {
    Error::new(Code::NotCheckable, why).hint(
        "name the repository's layout with --layout if it is another one; a lock file needs the \
         names of files, and the hashes that the layout asks for",
    )
}

/// The maximum number of pages to download at the same time.
const PAGES_AHEAD: usize = 64;
const HINT: &str =
    "nobody signs this file; if the repository has another layout, name it with --layout";
/// The reason with which `--allow` accepts files of quarantined projects.
pub const QUARANTINED: &str = "quarantined";
