//! Index pages: what an upstream page lists, and the page that a client gets.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use picotuf::pypi::{
    CoreMetadata, FileName, IndexPage, PageError, PageFile, PageSpace, ProjectName, StatusMarker,
};
use picotuf::{Target, TargetVerifier};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::negotiate::Form;
use crate::code::{Blame, Code};
use crate::error::Error;
use crate::location::Base;

/// The header `Accept` with which an upstream page is asked for.
pub const PAGE_ACCEPT: &str = "application/vnd.pypi.simple.v1+json, \
                               application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// What an upstream page lists for a project.
#[derive(Clone, Debug)]
pub struct Listing {
    project: ProjectName,
    entries: Vec<Entry>,
    /// The minor version of the API.
    version: u32,
    versions: Option<Vec<String>>,
    status: Option<(String, Option<String>)>,
    left_out: usize,
    is_signed: bool,
}

/// A file in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// The link, as the page has it.
    pub link: String,
    /// The hashes in hexadecimal, by algorithm.
    pub hashes: BTreeMap<String, String>,
    /// The length in bytes (PEP 700).
    pub size: Option<u64>,
    requires_python: Option<String>,
    /// Why the file was yanked (PEP 592). The text may be empty.
    yanked: Option<String>,
    upload_time: Option<String>,
    /// The hashes of the METADATA of a wheel, if they are signed.
    metadata: BTreeMap<String, String>,
    /// Whether the METADATA of a wheel is there, and nothing that is signed tells its hash.
    has_unsigned_metadata: bool,
    provenance: Option<String>,
}

/// Where the links of a page lead.
#[derive(Clone, Debug)]
pub enum Links<'u> {
    /// To the proxy, relative to the page.
    Own,
    /// To the upstream. The page was at this name below this base.
    Upstream(&'u Base, &'u str),
}

impl Listing {
    /// Reads an upstream page. `is_signed` says whether the page was verified as a target, so that
    /// the hashes of METADATA in it count.
    ///
    /// Entries whose names are not those of distributions of the project are left out: no policy
    /// covers them, and no installer takes them.
    ///
    /// # Errors
    /// [`PageError`] and [`Code::IndexPage`] for a page that is malformed, lists a file twice, or
    /// is about another project.
    pub fn read(project: &ProjectName, bytes: &[u8], is_signed: bool) -> Result<Self, Error> {
        let refuse = |error: PageError| Error::page(error, error.in_page(bytes).to_string());
        // The core reads all of the page first, whatever its form is: it is strict about both.
        let page = IndexPage::new(bytes, project).map_err(refuse)?;
        let mut entries = Vec::new();
        let mut names = HashSet::new();
        let mut twice = false;
        let mut left_out = 0usize;
        let status = page
            .each_file(&mut PageSpace::new(), |file, link| {
                twice |= !names.insert(file.name.as_str().to_owned());
                match FileName::of(project, &file.name) {
                    Ok(_) => entries.push(Entry::of(file, link, is_signed)),
                    Err(_) => left_out = left_out.saturating_add(1),
                }
            })
            .map_err(refuse)?;
        if twice {
            // The position is of no use to anybody here.
            return Err(refuse(PageError::FileTwice { position: 0 })
                .message("the index page names a file twice"));
        }
        let reason = status.reason.as_deref().map(str::to_owned);
        let is_active = status.marker == StatusMarker::Active && reason.is_none();
        let mut listing = Listing {
            project: project.clone(),
            entries,
            version: 0,
            versions: None,
            status: (!is_active).then(|| (status.marker.as_str().to_owned(), reason)),
            left_out,
            is_signed,
        };
        if bytes.trim_ascii_start().first() == Some(&b'{') {
            listing.complete(bytes)?;
        }
        Ok(listing)
    }

    /// Adds what only JSON has.
    fn complete(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let page: PageJson = serde_json::from_slice(bytes).map_err(|error| {
            Error::new(Code::IndexPage, format!("the index page is not as PEP 691 has it: {error}"))
        })?;
        let minor = page.meta.api_version.split_once('.').map_or("0", |(_, minor)| minor);
        self.version = minor.parse().unwrap_or(0).min(API_MINOR_MAX);
        self.versions = page.versions;
        let mut files: BTreeMap<String, FileJson> =
            page.files.into_iter().map(|file| (file.filename.clone(), file)).collect();
        for entry in &mut self.entries {
            let Some(file) = files.remove(&entry.name) else { continue };
            entry.upload_time = file.upload_time;
            entry.requires_python = file.requires_python;
            entry.provenance = file.provenance;
            if let Some(Value::String(reason)) = file.yanked {
                entry.yanked = Some(reason);
            }
        }
        Ok(())
    }

    /// Returns the project.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// Returns the files, in the page's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the file with this name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Returns the number of entries that are not distributions of the project.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Returns whether the page was verified as a target.
    pub fn is_signed(&self) -> bool {
        self.is_signed
    }

    /// Returns the page for a client.
    ///
    /// # Errors
    /// [`Code::PageLink`] where links lead to the upstream, and one of them leads elsewhere.
    pub fn render(&self, form: Form, links: &Links<'_>) -> Result<Vec<u8>, Error> {
        match form {
            Form::Json => self.json(links),
            Form::Html | Form::PlainHtml => self.html(links),
        }
    }

    fn json(&self, links: &Links<'_>) -> Result<Vec<u8>, Error> {
        let mut files = Vec::new();
        for entry in &self.entries {
            let mut file = Map::new();
            file.insert("filename".into(), entry.name.as_str().into());
            file.insert("url".into(), entry.url(links, &self.project)?.into());
            file.insert("hashes".into(), json!(entry.hashes));
            let mut add = |name: &str, value: Option<Value>| {
                file.extend(value.map(|value| (name.to_owned(), value)));
            };
            add("requires-python", entry.requires_python.as_deref().map(Value::from));
            add("size", entry.size.map(Value::from));
            add("upload-time", entry.upload_time.as_deref().map(Value::from));
            add(
                "yanked",
                entry.yanked.as_deref().map(|reason| match reason {
                    "" => Value::Bool(true),
                    reason => reason.into(),
                }),
            );
            if matches!(links, Links::Own) {
                if entry.has_signed_metadata() {
                    add("core-metadata", Some(json!(entry.metadata)));
                } else if entry.has_unsigned_metadata {
                    add("core-metadata", Some(Value::Bool(true)));
                }
            }
            add("provenance", entry.provenance.as_deref().map(Value::from));
            files.push(Value::Object(file));
        }
        let mut page = Map::new();
        let version = format!("1.{}", self.version);
        page.insert("meta".into(), json!({"api-version": version}));
        page.insert("name".into(), self.project.as_str().into());
        if let Some((status, reason)) = &self.status {
            let mut member = Map::from_iter([("status".to_owned(), Value::from(status.as_str()))]);
            member.extend(reason.as_deref().map(|reason| ("reason".to_owned(), reason.into())));
            page.insert("project-status".into(), Value::Object(member));
        }
        if let Some(versions) = &self.versions {
            page.insert("versions".into(), json!(versions));
        }
        page.insert("files".into(), Value::Array(files));
        let failed = |error| Error::new(Code::IndexPage, format!("cannot write the page: {error}"));
        serde_json::to_vec(&page).map_err(failed)
    }

    fn html(&self, links: &Links<'_>) -> Result<Vec<u8>, Error> {
        let mut text = String::from("<!DOCTYPE html>\n<html>\n<head>\n");
        let mut meta = |name: &str, content: &str| {
            let _ = writeln!(text, "<meta name=\"{name}\" content=\"{}\">", Escaped(content));
        };
        meta("pypi:repository-version", &format!("1.{}", self.version));
        if let Some((status, reason)) = &self.status {
            meta("pypi:project-status", status);
            if let Some(reason) = reason {
                meta("pypi:project-status-reason", reason);
            }
        }
        let title = self.project.as_str();
        let _ = write!(text, "<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n");
        for entry in &self.entries {
            let url = entry.url(links, &self.project)?;
            let _ = write!(text, "<a href=\"{}", Escaped(&url));
            let of = |hashes: &BTreeMap<String, String>| {
                let best = ["sha256", "sha512"];
                best.into_iter().find_map(|name| Some(format!("{name}={}", hashes.get(name)?)))
            };
            if let Some(hash) = of(&entry.hashes) {
                let _ = write!(text, "#{hash}");
            }
            text.push('"');
            let mut attribute = |name: &str, value: Option<&str>| {
                if let Some(value) = value {
                    let _ = write!(text, " data-{name}=\"{}\"", Escaped(value));
                }
            };
            attribute("requires-python", entry.requires_python.as_deref());
            attribute("yanked", entry.yanked.as_deref());
            if matches!(links, Links::Own) {
                let is_there = entry.has_unsigned_metadata.then(|| "true".to_owned());
                attribute("core-metadata", of(&entry.metadata).or(is_there).as_deref());
            }
            attribute("provenance", entry.provenance.as_deref());
            let _ = writeln!(text, ">{}</a><br>", Escaped(&entry.name));
        }
        text.push_str("</body>\n</html>\n");
        Ok(text.into_bytes())
    }
}

impl Entry {
    fn of(file: &PageFile, link: &str, is_signed: bool) -> Self {
        let hex = |hashes: &picotuf::Hashes| -> BTreeMap<String, String> {
            let all = hashes.iter();
            all.map(|digest| (digest.algorithm().name().to_owned(), digest.to_string())).collect()
        };
        let metadata = match &file.core_metadata {
            CoreMetadata::Hashed(hashes) if is_signed => hex(hashes),
            _ => BTreeMap::new(),
        };
        Entry {
            name: file.name.as_str().to_owned(),
            link: link.to_owned(),
            hashes: hex(&file.hashes),
            size: file.size,
            requires_python: file.requires_python.as_deref().map(str::to_owned),
            yanked: file.yanked.as_deref().map(str::to_owned),
            upload_time: None,
            has_unsigned_metadata: metadata.is_empty()
                && file.core_metadata != CoreMetadata::Absent
                && file.name.as_str().ends_with(".whl"),
            metadata,
            provenance: None,
        }
    }

    /// Returns the link to the file in the page of its project for a client.
    ///
    /// # Errors
    /// [`Code::PageLink`] where links lead to the upstream, and this one leads elsewhere.
    pub fn url(&self, links: &Links<'_>, project: &ProjectName) -> Result<String, Error> {
        match links {
            Links::Own => {
                let name = utf8_percent_encode(&self.name, NAME);
                Ok(format!("../../files/{project}/{name}"))
            }
            Links::Upstream(base, page) => {
                let (base, name) = base.follow(page, &self.link)?;
                let location = base.file(name);
                let mut url = location.url().ok_or_else(|| {
                    Error::new(Code::PageLink, "the links of a folder lead to no URL")
                        .blame(Blame::Caller)
                        .hint("--keep-urls needs an index at an http or https URL")
                })?;
                // Credentials and a query are secrets of this side.
                let _ = url.set_username("");
                let _ = url.set_password(None);
                url.set_query(None);
                Ok(url.into())
            }
        }
    }

    /// Returns the link to METADATA beside the wheel (PEP 658).
    pub fn metadata_link(&self) -> String {
        let (path, rest) =
            self.link.split_at(self.link.find(['?', '#']).unwrap_or(self.link.len()));
        format!("{path}.metadata{rest}")
    }

    /// Returns whether the METADATA of the wheel has signed hashes.
    pub fn has_signed_metadata(&self) -> bool {
        !self.metadata.is_empty()
    }

    /// Returns whether the METADATA is offered as it is in the verified wheel: its hash in the page
    /// is not signed, so it counts for nothing.
    pub fn has_unsigned_metadata(&self) -> bool {
        self.has_unsigned_metadata
    }

    /// Returns the signed SHA-256 of the METADATA of the wheel.
    pub fn metadata_sha256(&self) -> Option<&str> {
        self.metadata.get("sha256").map(String::as_str)
    }

    /// Checks the METADATA of the wheel by its signed hashes.
    ///
    /// # Errors
    /// A hash mismatch, or more than `maximum` bytes.
    pub fn check_metadata(&self, bytes: &[u8], maximum: u64) -> Result<(), Error> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > maximum {
            let limit = picotuf::limits::Limit::Length;
            return Err(picotuf::Error::LimitReached { limit, maximum }.into());
        }
        let hashes = super::verdict::digests(&self.metadata);
        let mut verifier = TargetVerifier::new(&Target { length, hashes, custom: None });
        verifier.update(bytes)?;
        Ok(verifier.finish()?)
    }
}

/// Writes a text as HTML.
struct Escaped<'t>(&'t str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                other => out.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct PageJson {
    meta: MetaJson,
    files: Vec<FileJson>,
    #[serde(default)]
    versions: Option<Vec<String>>,
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
    requires_python: Option<String>,
    #[serde(default)]
    upload_time: Option<String>,
    #[serde(default)]
    yanked: Option<Value>,
    #[serde(default)]
    provenance: Option<String>,
}

/// The newest minor version of the API that a page for clients is in (PEP 792).
const API_MINOR_MAX: u32 = 4;

/// What is escaped in a file name in a link.
const NAME: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'+')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\');

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn project() -> ProjectName {
        ProjectName::new("six").unwrap()
    }

    fn upstream() -> Vec<u8> {
        json!({
            "meta": {"api-version": "1.4", "_last-serial": 7},
            "name": "six",
            "project-status": {"status": "archived", "reason": "use \"seven\" <now>"},
            "versions": ["1.0", "1.1"],
            "alternate-locations": ["https://elsewhere.invalid/"],
            "files": [
                {"filename": "six-1.0-py3-none-any.whl",
                 "url": "https://f.invalid/a/six-1.0-py3-none-any.whl",
                 "hashes": {"sha256": HASH, "md5": "0"}, "requires-python": ">=3.8,<4",
                 "size": 3, "upload-time": "2026-01-01T00:00:00.5Z", "yanked": "bad & worse",
                 "core-metadata": {"sha256": HASH}, "gpg-sig": true,
                 "provenance": "https://i.invalid/p"},
                {"filename": "six-1.1.tar.gz", "url": "../../f/six-1.1.tar.gz", "hashes": {},
                 "yanked": true},
                {"filename": "six-1.1.tar.gz.asc", "url": "x", "hashes": {}},
                {"filename": "seven-1.1.tar.gz", "url": "x", "hashes": {}},
            ],
        })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn what_resolvers_need_survives_and_hashes_of_metadata_that_nobody_signs_do_not() {
        for (is_signed, metadata) in [(false, json!(true)), (true, json!({"sha256": HASH}))] {
            let listing = Listing::read(&project(), &upstream(), is_signed).unwrap();
            let page = listing.render(Form::Json, &Links::Own).unwrap();
            let page: Value = serde_json::from_slice(&page).unwrap();
            assert_eq!(page["meta"], json!({"api-version": "1.4"}));
            assert_eq!(page["versions"], json!(["1.0", "1.1"]));
            assert_eq!(page["project-status"]["status"], "archived");
            let expected = json!({
                "filename": "six-1.0-py3-none-any.whl",
                "url": "../../files/six/six-1.0-py3-none-any.whl",
                "hashes": {"sha256": HASH}, "requires-python": ">=3.8,<4", "size": 3,
                "upload-time": "2026-01-01T00:00:00.5Z", "yanked": "bad & worse",
                "provenance": "https://i.invalid/p", "core-metadata": metadata,
            });
            assert_eq!(page["files"][0], expected);
            assert_eq!(
                page["files"][1],
                json!({"filename": "six-1.1.tar.gz", "url": "../../files/six/six-1.1.tar.gz",
                       "hashes": {}, "yanked": true})
            );
            assert_eq!(page["files"].as_array().unwrap().len(), 2);
            assert_eq!(listing.left_out(), 2);
            assert!(page.get("alternate-locations").is_none());
        }
    }

    #[test]
    fn both_forms_of_a_page_read_back_the_same() {
        let listing = Listing::read(&project(), &upstream(), true).unwrap();
        let html = listing.render(Form::PlainHtml, &Links::Own).unwrap();
        let text = String::from_utf8(html.clone()).unwrap();
        assert!(text.contains("content=\"use &quot;seven&quot; &lt;now&gt;\""), "{text}");
        let again = Listing::read(&project(), &html, true).unwrap();
        for (one, other) in listing.entries().iter().zip(again.entries()) {
            assert_eq!(one.hashes, other.hashes);
            assert_eq!(one.requires_python, other.requires_python);
            assert_eq!(one.yanked, other.yanked);
            assert_eq!(one.metadata, other.metadata);
        }
        assert_eq!(again.status, listing.status);
    }

    #[test]
    fn kept_links_lead_to_the_upstream_without_secrets() {
        let listing = Listing::read(&project(), &upstream(), true).unwrap();
        let base = Base::parse("https://me:secret@index.invalid/simple/?key=secret").unwrap();
        let page = listing.render(Form::Json, &Links::Upstream(&base, "six/")).unwrap();
        let page: Value = serde_json::from_slice(&page).unwrap();
        assert_eq!(page["files"][0]["url"], "https://f.invalid/a/six-1.0-py3-none-any.whl");
        assert_eq!(page["files"][1]["url"], "https://index.invalid/f/six-1.1.tar.gz");
        // A client would fetch it from the upstream, unverified.
        assert!(page["files"][0].get("core-metadata").is_none());
    }

    #[test]
    fn a_page_that_two_readers_may_take_differently_is_refused() {
        let page = |text: &str| Listing::read(&project(), text.as_bytes(), false);
        let file = r#"{"filename": "six-1.tar.gz", "url": "a", "hashes": {}}"#;
        for (text, code) in [
            (
                format!(
                    r#"{{"meta": {{"api-version": "1.0"}}, "name": "six", "files": [{file}, {file}]}}"#
                ),
                "page-names-file-twice",
            ),
            (
                r#"{"meta": {"api-version": "1.0"}, "name": "seven", "files": []}"#.to_owned(),
                "page-project",
            ),
            (
                r#"{"meta": {"api-version": "2.0"}, "name": "six", "files": []}"#.to_owned(),
                "page-version",
            ),
            ("gone".to_owned(), "page-form"),
        ] {
            assert_eq!(page(&text).unwrap_err().code(), code, "{text}");
        }
    }
}
