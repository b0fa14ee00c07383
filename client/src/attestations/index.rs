//! Finds the provenance documents of files: an index page in JSON (PEP 691) says where they are.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use picotuf::pypi::{FileName, ProjectName};
use picotuf::{Digest, HashAlgorithm, OneLine, Time};
use picotuf_attest::Limits;
use serde::Deserialize;

use crate::code::Code;
use crate::error::Error;
use crate::fetch::{Fetch, PROVENANCE_JSON, SIMPLE_JSON, fetch_all_as};
use crate::location::Base;

/// A simple index that lists the provenance documents of its files, such as PyPI.
///
/// Nothing that it says is signed. It may leave attestations out, and what it does give is verified
/// in any case. It is asked only for the projects that a caller names.
#[derive(Clone, Debug)]
pub struct Index {
    base: Base,
    allowed: Vec<Base>,
}

/// What an index lists for a project.
#[derive(Clone, Debug)]
pub struct Page {
    project: ProjectName,
    /// Where it was fetched from, for people.
    pub url: String,
    /// Its files, in the page's order.
    pub files: Vec<Listed>,
}

/// A file that an index page lists.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The file's name.
    pub name: String,
    /// The file's SHA-256, if the page has one.
    pub sha256: Option<[u8; 32]>,
    /// When it was uploaded, if the page says so (PEP 700).
    pub upload_time: Option<Time>,
    /// The link to its provenance document, as it stands there; nothing where the page has none,
    /// so that the file is not attested.
    pub provenance: Option<String>,
}

/// Receives the place of a request and what came of it, as in [`fetch_all_as`].
type Received<'f, T> = dyn FnMut(usize, Result<Option<T>, Error>) -> ControlFlow<()> + 'f;

impl Index {
    /// The index at this URL.
    ///
    /// # Errors
    /// Wrong usage where it is not an http or https URL.
    pub fn new(base: Base) -> Result<Self, Error> {
        match base {
            Base::Http(_) => Ok(Index { base, allowed: Vec::new() }),
            Base::Folder(_) => Err(Error::usage("an index is an http or https URL")
                .hint(format!("write its whole URL, such as {}", super::PYPI))),
        }
    }

    /// The same, whose pages may also link to provenance documents on that server.
    pub fn allow(mut self, base: Base) -> Self {
        self.allowed.push(base);
        self
    }

    /// Where it is.
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// Fetches a project's page; nothing where the index does not list the project.
    ///
    /// # Errors
    /// As [`Index::pages`].
    pub fn page(&self, project: &ProjectName, fetch: &dyn Fetch) -> Result<Option<Page>, Error> {
        let mut page = Err(picotuf::Error::SourceFailed.into());
        self.pages(std::slice::from_ref(project), fetch, &mut |_, result| {
            page = result;
            ControlFlow::Continue(())
        });
        page
    }

    /// Returns the provenance document of the file with this name.
    ///
    /// # Errors
    /// [`Code::FileName`]; [`Code::NotInIndex`] if the index does not list the file;
    /// [`Code::NotAttested`] if it has no attestations of it; those of `fetch`.
    pub fn provenance(&self, name: &str, fetch: &dyn Fetch) -> Result<Vec<u8>, Error> {
        let project = FileName::parse(name)
            .map_err(|error| Error::new(Code::FileName, error.to_string()))?
            .project;
        let Some(page) = self.page(&project, fetch)? else {
            let message = format!("the index does not list the project {project}");
            return Err(Error::new(Code::NotInIndex, message)
                .file(self.base())
                .hint("check --index-url, or give the document as --provenance FILE"));
        };
        let Some(listed) = page.file(name) else {
            return Err(Error::new(Code::NotInIndex, "the index does not list the file")
                .file(&page.url)
                .hint("check the file's name: it must be the one that the index has for it"));
        };
        match self.document(&page, listed, fetch)? {
            Some(document) => Ok(document),
            None => Err(Error::new(Code::NotAttested, "the index has no attestations of the file")
                .file(&page.url)
                .hint("nothing says who published it: ask its project for attestations")),
        }
    }

    /// Fetches the pages of projects at the same time. `finished` is called for each with its place
    /// in `projects`, in any order, with nothing for one that the index does not list.
    ///
    /// What can go wrong is [`Code::IndexPage`], [`Code::Redirect`] where the index redirects to
    /// another server, a limit, and what [`Fetch`] ends with.
    pub fn pages(
        &self,
        projects: &[ProjectName],
        fetch: &dyn Fetch,
        finished: &mut Received<'_, Page>,
    ) {
        // A project's name is told to no other server.
        let servers: Vec<Base> =
            std::iter::once(self.base.clone()).chain(self.base.encrypted()).collect();
        let file = |project| self.base.file(format!("{project}/")).only_from(&servers);
        let files: Vec<_> =
            projects.iter().map(|project| (file(project), PAGE_LENGTH_MAX)).collect();
        fetch_all_as(fetch, Some(SIMPLE_JSON), &files, &mut |place, result| {
            let (Some(project), Some((file, _))) = (projects.get(place), files.get(place)) else {
                return ControlFlow::Continue(());
            };
            let page = result.and_then(|bytes| match bytes {
                Some(bytes) => Page::parse(project, file.to_string(), &bytes).map(Some),
                None => Ok(None),
            });
            finished(place, page)
        });
    }

    /// Fetches a file's provenance document; nothing where the server has none.
    ///
    /// # Errors
    /// As [`Index::documents`].
    pub fn document(
        &self,
        page: &Page,
        listed: &Listed,
        fetch: &dyn Fetch,
    ) -> Result<Option<Vec<u8>>, Error> {
        let mut document = Ok(None);
        self.documents(&[(page, listed)], fetch, &mut |_, result| {
            document = result;
            ControlFlow::Continue(())
        });
        document
    }

    /// Fetches the provenance documents of files at the same time. `finished` is called for each
    /// with its place, in any order; with nothing for a file that has no document, because its page
    /// has no link to one or the server answers 404.
    ///
    /// What can go wrong is [`Code::PageLink`] where the link leads to a server that is neither the
    /// index's nor allowed, [`Code::Redirect`] where a redirect does, a limit, and what [`Fetch`]
    /// ends with.
    pub fn documents(
        &self,
        files: &[(&Page, &Listed)],
        fetch: &dyn Fetch,
        finished: &mut Received<'_, Vec<u8>>,
    ) {
        let mut located = Vec::new();
        for (place, (page, listed)) in files.iter().enumerate() {
            let flow = match listed.provenance.as_deref() {
                Some(link) => match self.locate(page, link) {
                    Ok(found) => {
                        located.push((place, found));
                        continue;
                    }
                    Err(error) => finished(place, Err(error.target(&listed.name))),
                },
                None => finished(place, Ok(None)),
            };
            if flow.is_break() {
                return;
            }
        }
        let servers: Vec<Base> = self.servers().cloned().collect();
        let maximum = Limits::DEFAULT.provenance_length;
        let length = u64::try_from(maximum).unwrap_or(u64::MAX);
        let locations: Vec<_> = located
            .iter()
            .map(|(_, (base, name))| (base.file(name.clone()).only_from(&servers), length))
            .collect();
        fetch_all_as(fetch, Some(PROVENANCE_JSON), &locations, &mut |number, result| match located
            .get(number)
        {
            Some((place, _)) => finished(*place, result),
            None => ControlFlow::Continue(()),
        });
    }

    /// The servers that provenance documents may come from.
    fn servers(&self) -> impl Iterator<Item = &Base> {
        std::iter::once(&self.base).chain(&self.allowed)
    }

    /// Where a link to a provenance document leads, if it may.
    fn locate(&self, page: &Page, link: &str) -> Result<(Base, String), Error> {
        let (base, name) = self
            .base
            .follow(&format!("{}/", page.project), link)
            .map_err(|error| error.file(&page.url))?;
        let origin = |base: &Base| match base {
            Base::Http(url) => Some(url.origin()),
            Base::Folder(_) => None,
        };
        let leads_to = origin(&base);
        if leads_to.is_some() && self.servers().any(|base| origin(base) == leads_to) {
            return Ok((base, name));
        }
        let message = format!(
            "the index says that the provenance is on another server, {}",
            OneLine(&base.without_credentials())
        );
        Err(Error::new(Code::PageLink, message).file(&page.url).hint(
            "nothing was asked there; if it is known to be right, allow that server with \
                 --provenance-from URL",
        ))
    }
}

impl Page {
    /// Reads the page of a project, which was at this URL.
    ///
    /// # Errors
    /// [`Code::IndexPage`].
    pub fn parse(project: &ProjectName, url: String, bytes: &[u8]) -> Result<Self, Error> {
        let wrong = |message: String| Error::new(Code::IndexPage, message).file(&url);
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > PAGE_LENGTH_MAX {
            return Err(wrong(format!("the index page is longer than {PAGE_LENGTH_MAX} bytes"))
                .blame(crate::Blame::Limit));
        }
        let page: PageJson = serde_json::from_slice(bytes).map_err(|error| {
            wrong(format!("the index page is not JSON of a simple index: {error}"))
                .hint("check the URL; the index must serve PEP 691, as PyPI does")
        })?;
        // A newer minor version adds members and changes none.
        if page.meta.api_version.split('.').next() != Some("1") {
            let version = OneLine(&page.meta.api_version);
            return Err(wrong(format!("the index page is of version {version}, not of 1.x"))
                .blame(crate::Blame::Unsupported)
                .hint("a newer version of picotuf may know it"));
        }
        let files = page
            .files
            .into_iter()
            .map(|file| Listed {
                sha256: file.hashes.get("sha256").and_then(|text| sha256(text)),
                upload_time: file.upload_time.as_deref().and_then(Time::parse),
                provenance: file.provenance,
                name: file.filename,
            })
            .collect();
        Ok(Page { project: project.clone(), url, files })
    }

    /// The project.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// The file of that name, or of another spelling of it.
    pub fn file(&self, name: &str) -> Option<&Listed> {
        if let Some(listed) = self.files.iter().find(|listed| listed.name == name) {
            return Some(listed);
        }
        let name = FileName::of(&self.project, name).ok()?;
        self.files.iter().find(|listed| {
            FileName::of(&self.project, &listed.name)
                .is_ok_and(|listed| listed.is_spelling_of(&name))
        })
    }
}

fn sha256(text: &str) -> Option<[u8; 32]> {
    let digest = Digest::from_hex(HashAlgorithm::Sha256, text.as_bytes())?;
    digest.as_bytes().try_into().ok()
}

#[derive(Deserialize)]
struct PageJson {
    meta: MetaJson,
    files: Vec<FileJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct MetaJson {
    api_version: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct FileJson {
    filename: String,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    #[serde(default)]
    upload_time: Option<String>,
    #[serde(default)]
    provenance: Option<String>,
}

/// The longest index page, in bytes. The largest on PyPI have some 20 MB.
const PAGE_LENGTH_MAX: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Result<Page, Error> {
        let project = ProjectName::new("six").unwrap();
        Page::parse(&project, "https://index.invalid/simple/six/".to_owned(), text.as_bytes())
    }

    #[test]
    fn a_page_says_where_provenance_is() {
        let sha256 = "00".repeat(31) + "0f";
        let page = page(&format!(
            r#"{{"meta": {{"api-version": "1.4", "_last-serial": 1}}, "name": "six", "files": [
                {{"filename": "six-1.tar.gz", "url": "x", "hashes": {{"sha256": "{sha256}"}},
                  "upload-time": "2026-01-02T03:04:05.678Z", "provenance": "https://i/p"}},
                {{"filename": "six-2.tar.gz", "url": "x", "hashes": {{}}, "provenance": null}},
                {{"filename": "six-3.tar.gz", "url": "x", "hashes": {{"md5": "0"}}}}
            ]}}"#
        ))
        .unwrap();
        let first = page.file("six-1.tar.gz").unwrap();
        assert_eq!(first.sha256.unwrap()[31], 15);
        assert_eq!(first.upload_time, Time::parse("2026-01-02T03:04:05Z"));
        assert_eq!(first.provenance.as_deref(), Some("https://i/p"));
        assert_eq!(page.file("SIX-1.tar.gz").unwrap().name, "six-1.tar.gz");
        for name in ["six-2.tar.gz", "six-3.tar.gz"] {
            let listed = page.file(name).unwrap();
            assert_eq!((listed.provenance.as_deref(), listed.sha256), (None, None), "{name}");
        }
        assert!(page.file("six-4.tar.gz").is_none());
    }

    #[test]
    fn what_is_no_page_of_json_is_an_error() {
        for (text, blame) in [
            ("<!DOCTYPE html>", "repository"),
            ("{}", "repository"),
            (r#"{"meta": {"api-version": "1.0"}}"#, "repository"),
            (r#"{"meta": {"api-version": "2.0"}, "files": []}"#, "unsupported"),
            (
                r#"{"meta": {"api-version": "1.0"}, "files": [{"filename": "", "provenance": 1}]}"#,
                "repository",
            ),
        ] {
            let error = page(text).unwrap_err();
            assert_eq!(
                (error.code(), error.detail().blame.name()),
                ("index-page", blame),
                "{text}"
            );
        }
    }

    #[test]
    fn provenance_is_asked_only_of_the_index_and_of_what_is_allowed() {
        let index = Index::new(Base::parse("https://me:secret@index.invalid/simple/").unwrap())
            .unwrap()
            .allow(Base::parse("https://files.invalid/").unwrap());
        let page = page(r#"{"meta": {"api-version": "1.0"}, "files": []}"#).unwrap();
        let located = |link: &str| {
            index.locate(&page, link).map(|(base, name)| base.file(name).url().unwrap().to_string())
        };
        assert_eq!(
            located("https://index.invalid/integrity/six/1/six-1.tar.gz/provenance").unwrap(),
            "https://me:secret@index.invalid/integrity/six/1/six-1.tar.gz/provenance"
        );
        assert_eq!(located("https://files.invalid/p").unwrap(), "https://files.invalid/p");
        for link in [
            "https://elsewhere.invalid/p",
            "https://index.invalid:444/p",
            "http://index.invalid/p",
            "file:///etc/passwd",
            "",
        ] {
            assert_eq!(located(link).unwrap_err().code(), "page-link", "{link}");
        }
        assert!(Index::new(Base::parse("/srv/index").unwrap()).unwrap_err().is_usage());
    }
}
