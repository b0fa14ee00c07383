//! Which index is asked about a file, and what its pages say.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use picotuf::pypi::ProjectName;
use url::Url;

use super::{Attester, Subject};
use crate::attestations::{Index, Listed, Page};
use crate::code::Code;
use crate::error::Error;
use crate::location::Base;
use crate::lock::Reason;
use crate::publishers::attested::Verdict;
use crate::pypi::{INDEX_UNKNOWN, UncheckedReason, agree, allows, index_key};

impl Attester<'_> {
    /// The index to ask about a file: the one that is named for it, and no other one. A project's
    /// name is told to nobody else.
    pub(super) fn index_of(&self, subject: &Subject) -> Result<String, Verdict> {
        let given = self.asking.index.as_ref().map(|base| index_key(&base.without_credentials()));
        let mut named: Vec<_> = subject.indexes.iter().map(|index| index_key(index)).collect();
        named.sort();
        named.dedup();
        let hosted_by = subject.hosted_by.map(index_key);
        let index = match (&named[..], given.or(hosted_by.filter(|_| named.is_empty()))) {
            ([index], _) => Ok(index.clone()),
            ([], Some(given)) => Ok(given),
            (several, Some(given)) if several.contains(&given) => Ok(given),
            ([], None) => Err("nothing says which index it is from, and its name is told to no \
                other one: give --index-url, such as https://pypi.org/simple/"
                .to_owned()),
            (several, _) => Err(format!(
                "the file may be from {}, and picotuf tells its name to one index only: name it \
                 with --index-url",
                several.join(" or ")
            )),
        };
        let (code, why) = match index.map(|index| (cannot_be_asked(&index), index)) {
            Ok((None, index)) => return Ok(index),
            Ok((Some((code, why)), _)) => (code, why.to_owned()),
            Err(why) => (INDEX_UNKNOWN.to_owned(), why),
        };
        Err(self.unchecked(subject, &code, why))
    }

    /// Returns the verdict on a file that cannot be checked. The caller cannot accept that if the
    /// publisher of the project is pinned, for whichever index; and publishers that the lock file
    /// names have to be accepted as not checked too.
    fn unchecked(&self, subject: &Subject, code: &str, why: String) -> Verdict {
        let allow = &self.asking.allow;
        if self.has_pins_of(&subject.project) {
            let why = format!("{why}; its publisher is pinned");
            return Verdict::Unchecked(UncheckedReason::of_pinned(code, why));
        }
        let allowed = allows(allow, code);
        if allowed && !subject.identities.is_empty() {
            let code = Reason::AttestationIdentities.code();
            let allowed = allows(allow, &code);
            let why = format!("{why}; so the publishers that the lock file names are not checked");
            return Verdict::Unchecked(UncheckedReason::new(code, why, allowed));
        }
        Verdict::Unchecked(UncheckedReason::new(code, why, allowed))
    }

    pub(super) fn open(&self, key: &str) -> Result<Index, Error> {
        let given = self.asking.index.as_ref();
        let given = given.filter(|base| index_key(&base.without_credentials()) == key);
        let base = match given {
            Some(base) => base.clone(),
            None => Base::parse(key)?,
        };
        let index = Index::new(base)?;
        Ok(self.asking.provenance_from.iter().cloned().fold(index, Index::allow))
    }

    pub(super) fn fetch_pages<'p>(
        &mut self,
        key: &str,
        index: &Index,
        projects: impl Iterator<Item = &'p ProjectName>,
    ) {
        let mut new: Vec<ProjectName> = Vec::new();
        let mut names = HashSet::new();
        for project in projects {
            let place = (key.to_owned(), project.to_string());
            if !self.pages.contains_key(&place) && names.insert(place) {
                new.push(project.clone());
            }
        }
        let pages = &mut self.pages;
        index.pages(&new, self.fetch, &mut |place, page| {
            let page = page.map(|page| page.map(Arc::new)).map_err(Arc::new);
            pages.insert((key.to_owned(), new[place].to_string()), page);
            ControlFlow::Continue(())
        });
    }

    /// The file in its project's page.
    pub(super) fn look_up(
        &self,
        key: &str,
        subject: &Subject,
    ) -> Result<(Arc<Page>, usize), Verdict> {
        let refused = |error: Error| Verdict::Refused(Arc::new(error));
        let Some(sha256) = subject.sha256 else {
            let reason = Reason::NoSha256;
            let why = "attestations are of a SHA-256, and none is known of the file".to_owned();
            return Err(self.unchecked(subject, &reason.code(), why));
        };
        let missing = |what: String| {
            Error::new(Code::NotInIndex, what).file(key).hint(
                "check that the lock file is of this index; a file that was taken away cannot be \
                 installed either",
            )
        };
        let unlisted = |what: String| match &subject.direct {
            Some(why) => self.unchecked(subject, &why.code(), format!("{what}; it is {why}")),
            None => refused(missing(what)),
        };
        let page = match self.pages.get(&(key.to_owned(), subject.project.to_string())) {
            Some(Ok(Some(page))) => Arc::clone(page),
            Some(Ok(None)) => {
                let what = format!("the index does not list the project {}", subject.project);
                return Err(unlisted(what));
            }
            // An index without pages in JSON has no attestations either; yet that is for somebody
            // to say, and not where a publisher is expected.
            Some(Err(error)) if error.is(Code::IndexPage) && !self.expects(key, subject) => {
                let why = error.detail().message.clone();
                return Err(self.unchecked(subject, error.code(), why));
            }
            Some(Err(error)) => {
                return Err(Verdict::Refused(Arc::clone(error)));
            }
            None => return Err(refused(picotuf::Error::SourceFailed.into())),
        };
        let place = |found: &dyn Fn(&Listed) -> bool| page.files.iter().position(found);
        let by_name = subject.names.iter().find_map(|name| {
            let listed = page.file(name)?;
            place(&|other| other.name == listed.name)
        });
        let at = match by_name {
            Some(at) => Some(at),
            // The name of such a file is the index's word. One of another project or version is not
            // the file that is pinned, whoever attested it.
            None if subject.names.is_empty() => {
                let version = subject.version.as_deref();
                let agrees = |name: &str| agree(&subject.project, version, name).map(|_version| ());
                let has_hash = |listed: &Listed| listed.sha256 == Some(sha256);
                let is_it = |listed: &Listed| has_hash(listed) && agrees(&listed.name).is_ok();
                match (place(&is_it), place(&has_hash)) {
                    (None, Some(other)) => {
                        let error = agrees(&page.files[other].name).err();
                        let error = error.unwrap_or_else(|| picotuf::Error::SourceFailed.into());
                        return Err(refused(error.file(&page.url).blame(crate::Blame::Repository)));
                    }
                    (at, _) => at,
                }
            }
            None => None,
        };
        let Some(at) = at else {
            let what = match subject.names.first() {
                Some(name) => format!("the index does not list {name}"),
                None => format!("the index lists no file of {} with that SHA-256", subject.project),
            };
            return Err(unlisted(what));
        };
        match page.files[at].sha256 {
            Some(other) if other != sha256 => {
                let what = format!(
                    "the index lists {} with another SHA-256: it is not the file that is asked for",
                    page.files[at].name
                );
                Err(refused(missing(what).blame(crate::Blame::Repository)))
            }
            _ => Ok((page, at)),
        }
    }
}

/// The reason why an index cannot be asked about attestations, if it cannot, and its message.
fn cannot_be_asked(index: &str) -> Option<(String, &'static str)> {
    match Url::parse(index) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            // It would be written beside the pin, into a file that is committed.
            let why = "the URL of its index has a query, which may be secret";
            url.query().map(|_| (INDEX_UNKNOWN.to_owned(), why))
        }
        _ => Some((Reason::Path.code(), "its index is a folder, which has no attestations")),
    }
}
