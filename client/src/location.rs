//! Where the files of a repository lie.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use crate::code::Code;
use crate::error::Error;

/// The base of a part of a repository: a URL or a folder.
#[derive(Clone, Debug, PartialEq)]
pub enum Base {
    /// An http or https URL.
    Http(Url),
    /// A folder of this machine.
    Folder(PathBuf),
}

/// The location of a file of a repository: a base and a percent-encoded name below it, with `/`
/// between folders.
#[derive(Clone, Debug)]
pub struct Location<'b> {
    base: &'b Base,
    name: String,
    /// The servers that it may come from, if not from any.
    servers: Option<&'b [Base]>,
}

impl Base {
    /// Parses a URL or the path of a folder.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if !text.contains("://") {
            let folder = std::path::absolute(text)
                .map_err(|error| Error::io("make the path absolute", Path::new(text), &error))?;
            return Ok(Base::Folder(folder));
        }
        // The text is not repeated in the error: it may hold a password.
        let url = Url::parse(text)
            .map_err(|error| Error::usage(format!("cannot parse the URL: {error}")))?;
        match url.scheme() {
            "http" | "https" => Ok(Base::Http(url)),
            "file" => match url.to_file_path() {
                Ok(folder) => Ok(Base::Folder(folder)),
                Err(()) => Err(Error::usage(format!("{url} is not a folder of this machine"))),
            },
            scheme => Err(Error::usage(format!(
                "the URL scheme {scheme}: is not supported; use http, https or file"
            ))),
        }
    }

    /// Returns the file of that percent-encoded name.
    pub fn file(&self, name: String) -> Location<'_> {
        Location { base: self, name, servers: None }
    }

    /// Resolves a link in the file with this percent-encoded name: to another file below the base,
    /// or to a URL elsewhere. Drops the fragment. A query of the link is kept, and takes the place
    /// of that of the base.
    pub fn follow(&self, name: &str, link: &str) -> Result<(Base, String), Error> {
        let wrong = || {
            let message = format!(
                "the index page links to {link:?}, which is neither an http or https URL nor a \
                     file of the repository"
            );
            Error::new(Code::PageLink, message)
        };
        // A folder has no URL of its own that a link could not lead out of.
        let folder = Url::parse(FOLDER).map_err(|_| wrong())?;
        let page = match self {
            Base::Http(url) => below(url, name),
            Base::Folder(_) => below(&folder, name),
        };
        let file = page.join(link).map_err(|_| wrong())?;
        if !matches!(file.scheme(), "http" | "https") || link.is_empty() {
            return Err(wrong());
        }
        if (page.scheme(), file.scheme()) == ("https", "http") {
            let message = format!(
                "the index page came by https and links to {}, which is not encrypted",
                shown(&file)
            );
            return Err(Error::new(Code::PageLink, message).hint(
                "picotuf did not follow the link: ask the repository's maintainers for https \
                     links, or get the file in another way",
            ));
        }
        let name = file.path().trim_start_matches('/').to_owned();
        if let (Base::Folder(_), true) = (self, file.origin() == folder.origin()) {
            return Ok((self.clone(), name));
        }
        // User name, password and query are the base's, and for its own server.
        let mut origin = if file.origin() == page.origin() { page } else { strip(&file) };
        if let Some(query) = file.query() {
            origin.set_query(Some(query));
        }
        origin.set_fragment(None);
        origin.set_path("");
        Ok((Base::Http(origin), name))
    }

    /// Returns the same server by https, at the port of https, if this is one by http.
    pub(crate) fn encrypted(&self) -> Option<Base> {
        let Base::Http(url) = self else { return None };
        let mut url = url.clone();
        (url.scheme() == "http").then_some(())?;
        url.set_port(None).ok()?;
        url.set_scheme("https").ok()?;
        Some(Base::Http(url))
    }

    /// Returns the text that [`Base::parse`] accepts, without user name and password.
    pub fn without_credentials(&self) -> String {
        match self {
            Base::Http(url) => strip(url).into(),
            Base::Folder(folder) => folder.display().to_string(),
        }
    }
}

impl Location<'_> {
    /// Returns the part of the repository.
    pub fn base(&self) -> &Base {
        self.base
    }

    /// Returns the name below the base, percent-encoded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the URL, with the credentials and the query of its base; nothing in a folder.
    pub fn url(&self) -> Option<Url> {
        match self.base {
            Base::Http(url) => Some(below(url, &self.name)),
            Base::Folder(_) => None,
        }
    }
}

impl<'b> Location<'b> {
    /// Returns the same file, which no redirect may move to a server other than these.
    #[must_use]
    pub fn only_from(mut self, servers: &'b [Base]) -> Self {
        self.servers = Some(servers);
        self
    }

    /// Returns whether a redirect of the file may lead to this URL.
    pub fn may_be_at(&self, url: &Url) -> bool {
        let is_server =
            |base: &Base| matches!(base, Base::Http(known) if known.origin() == url.origin());
        self.servers.is_none_or(|servers| servers.iter().any(is_server))
    }
}

/// For people and logs: without user name, password and query, which may all be secret.
impl fmt::Display for Base {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Base::Http(url) => formatter.write_str(&shown(url)),
            Base::Folder(folder) => write!(formatter, "{}", folder.display()),
        }
    }
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.base {
            Base::Http(url) => formatter.write_str(&shown(&below(url, &self.name))),
            Base::Folder(folder) => write!(formatter, "{}", folder.join(&self.name).display()),
        }
    }
}

/// Returns a path as it stands in a URL.
pub fn encode_path(path: &str) -> String {
    let mut text = String::new();
    picotuf::target_path::url_path(path, &mut |piece| text.push_str(piece));
    text
}

/// Returns the URL without the parts that may be secret.
pub fn shown(url: &Url) -> String {
    let mut url = strip(url);
    let had_query = url.query().is_some();
    url.set_query(None);
    url.set_fragment(None);
    let mut text = String::from(url);
    if had_query {
        text.push_str("?…");
    }
    text
}

/// A query stays: storage services sign their URLs there.
fn below(base: &Url, name: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{name}", base.path().trim_end_matches('/')));
    url
}

fn strip(url: &Url) -> Url {
    let mut url = url.clone();
    // Both fail only for URLs that cannot have them.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// Stands for a folder while a link is followed.
const FOLDER: &str = "http://folder.invalid";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_put_behind_the_base_with_or_without_its_slash() {
        for (base, expected) in [
            ("http://h/metadata", "http://h/metadata/1.a%2Fb.json"),
            ("http://h/metadata/", "http://h/metadata/1.a%2Fb.json"),
            ("http://h", "http://h/1.a%2Fb.json"),
            ("https://me:secret@h:8/m?sig=secret", "https://h:8/m/1.a%2Fb.json?…"),
        ] {
            let base = Base::parse(base).unwrap();
            assert_eq!(base.file("1.a%2Fb.json".into()).to_string(), expected);
        }
    }

    #[test]
    fn a_link_leads_from_its_page_and_takes_no_secret_elsewhere() {
        let page = "simple/six/index.html";
        let web = Base::parse("https://me:secret@h/targets?sig=x").unwrap();
        let folder = Base::parse("/srv/targets").unwrap();
        for (base, link, expected) in [
            (&web, "../../p/six-1.whl", "https://h/targets/p/six-1.whl?…"),
            (&web, "six-1.whl?x=1#sha256=00", "https://h/targets/simple/six/six-1.whl?…"),
            (&web, "/p/a%20b.whl", "https://h/p/a%20b.whl?…"),
            (&web, "https://other/p/six-1.whl", "https://other/p/six-1.whl"),
            (&web, "//other/six-1.whl?x=1", "https://other/six-1.whl?…"),
            (&folder, "../../p/six-1.whl", "/srv/targets/p/six-1.whl"),
            (&folder, "../../../../etc/passwd", "/srv/targets/etc/passwd"),
            (&folder, "https://other/p/six-1.whl", "https://other/p/six-1.whl"),
        ] {
            let (base, name) = base.follow(page, link).unwrap();
            assert_eq!(base.file(name).to_string(), expected, "{link}");
            let has_secret = |url: &url::Url| {
                url.password().is_some() || url.query().is_some_and(|query| query.contains("sig"))
            };
            let secret = matches!(&base, Base::Http(url) if has_secret(url));
            assert_eq!(secret, expected.starts_with("https://h/"), "{link}");
            let query = matches!(&base, Base::Http(url) if url.query() == Some("x=1"));
            assert_eq!(query, link.contains("?x=1"), "{link}");
        }
        // What came by https does not go on by http, on whatever server.
        for link in
            ["http://other/p/six-1.whl", "http://h/targets/p/six-1.whl", "http://me:secret@h:443/x"]
        {
            let error = web.follow(page, link).unwrap_err();
            assert_eq!(error.code(), "page-link", "{link}");
            assert!(
                error.to_string().contains("came by https")
                    && !error.to_string().contains("secret"),
                "{error}"
            );
        }
        let plain = Base::parse("http://h/targets").unwrap();
        for (base, link) in
            [(&plain, "https://h/x"), (&plain, "http://other/x"), (&folder, "http://other/x")]
        {
            assert_eq!(base.follow(page, link).unwrap().0.file("x".into()).to_string(), link);
        }
        for link in ["", "file:///etc/passwd", "ftp://h/x.whl", "javascript:x", "http://"] {
            assert_eq!(web.follow(page, link).unwrap_err().code(), "page-link", "{link}");
            assert_eq!(folder.follow(page, link).unwrap_err().code(), "page-link", "{link}");
        }
    }

    #[test]
    fn a_query_is_sent_but_not_shown() {
        let Base::Http(url) = Base::parse("https://h/m?sig=x").unwrap() else {
            panic!("an https URL is one")
        };
        assert_eq!(below(&url, "a.json").as_str(), "https://h/m/a.json?sig=x");
    }

    #[test]
    fn other_schemes_are_wrong_usage_and_secrets_are_not_repeated() {
        let error = Base::parse("ftp://me:secret@h/").unwrap_err();
        assert!(error.is_usage());
        assert!(!error.to_string().contains("secret"));
    }
}
