//! What stands before a service: who may ask, and the answer to each request.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use picotuf::pypi::ProjectName;
use picotuf_client::Base;
use picotuf_client::proxy::{Authority, Part, Refusal, Route, form_for, is_unchanged, part, route};
use tokio::net::TcpStream;

use super::attesting::Attesting;
use super::body::{Content, Opened};
use super::cache::Cached;
use super::connections::Answering;
use super::service::{Service, Unavailable, etag};
use super::tls::Tls;

/// What stands before a service: who may ask, and for what.
pub(crate) struct Front {
    pub(crate) service: Arc<Service>,
    pub(crate) authority: Authority,
    pub(crate) token: Option<String>,
    /// The certificate, where the server speaks TLS.
    pub(crate) tls: Option<Tls>,
    /// Whether what verdicts are made by is read again while the server runs.
    pub(crate) is_renewed: bool,
    /// What a command under `picotuf run` may ask for as through an HTTP proxy.
    pub(crate) forwarding: Option<Forwarding>,
}

/// What a command under `picotuf run` may reach.
pub(crate) struct Forwarding {
    /// The value of the header `Proxy-Authorization` that it sends.
    pub(crate) authorization: String,
    /// The hosts that it may connect to, without verification.
    pub(crate) allow_hosts: Vec<String>,
    /// The index. Requests for its pages and their files are answered by the service.
    pub(crate) index: Option<Base>,
    /// What is said of a refused connection.
    pub(crate) say: Box<dyn Fn(&str) + Send + Sync>,
}

type Answer = Response<Content>;

impl Front {
    pub(super) async fn answer(&self, request: Request<Incoming>, answering: Answering) -> Answer {
        let metrics = &self.service.metrics;
        metrics.in_flight.fetch_add(1, Ordering::Relaxed);
        let counted = Counted { service: Arc::clone(&self.service), answering };
        let is_head = request.method() == Method::HEAD;
        let mut answer = self.respond(request).await;
        // The headers say what GET would get: for 304, no length.
        if is_head && answer.status() != StatusCode::NOT_MODIFIED {
            let length = hyper::body::Body::size_hint(answer.body()).exact().unwrap_or_default();
            set(&mut answer, header::CONTENT_LENGTH, &length.to_string());
            *answer.body_mut() = Content::of(Bytes::new());
        }
        metrics.answered(answer.status().as_u16());
        counted.answering.made();
        answer.map(|content| content.keep(counted))
    }

    async fn respond(&self, mut request: Request<Incoming>) -> Answer {
        if request.method() == Method::CONNECT {
            return self.connect(&mut request);
        }
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        if request.uri().scheme().is_some()
            && !request.uri().authority().is_some_and(|host| self.authority.is(host.as_str()))
        {
            return self.elsewhere(&request, is_read).await;
        }
        if request.headers().get_all(header::HOST).iter().count() > 1 {
            return plain(StatusCode::BAD_REQUEST, "the request has several Host headers");
        }
        let host = match request.uri().authority() {
            Some(authority) => Some(authority.as_str()),
            None => text(request.headers(), &header::HOST),
        };
        if !host.is_some_and(|host| self.authority.is(host)) {
            return plain(
                StatusCode::MISDIRECTED_REQUEST,
                "the Host header names another server; allow the name with --host-name",
            );
        }
        if !is_read {
            let mut answer = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are allowed");
            set(&mut answer, header::ALLOW, "GET, HEAD");
            return answer;
        }
        match route(request.uri().path(), self.token.as_deref()) {
            Route::Health => self.health(),
            Route::Metrics => {
                let cached = self.service.upstream.cache.total();
                let text = self.service.metrics.text(cached, self.outdated().count());
                let mut answer = Answer::new(Content::of(text));
                set(&mut answer, header::CONTENT_TYPE, "text/plain; version=0.0.4");
                answer
            }
            Route::Root => root(request.headers()),
            Route::Project(project) => self.page(&project, request.headers(), false).await,
            Route::Redirect(to) => {
                let mut answer = plain(StatusCode::MOVED_PERMANENTLY, "see the location");
                set(&mut answer, header::LOCATION, &to);
                answer
            }
            Route::File { project, name } => self.file(&project, &name, request.headers()).await,
            Route::Metadata { project, name } => self.metadata(&project, &name).await,
            Route::Why { project, name } => match self.service.why(&project, &name) {
                Some(refusal) => plain(StatusCode::OK, &refusal.text),
                None => plain(StatusCode::NOT_FOUND, "the file was not refused lately"),
            },
            Route::Nothing => absent(),
        }
    }

    /// Tells whether files can be verified, and what could not be read again. Everybody may ask, so
    /// that no path and no project is named.
    fn health(&self) -> Answer {
        if self.service.upstream.judging().is_err() {
            let text = "the trusted root has expired, and could not be refreshed";
            return plain(StatusCode::SERVICE_UNAVAILABLE, text);
        }
        let mut text = "ok".to_owned();
        for what in self.outdated() {
            text.push_str(&format!(
                "\ncould not be read again: {what}; what was read before is in use, and standard \
                 error says what is wrong"
            ));
        }
        plain(StatusCode::OK, &text)
    }

    fn outdated(&self) -> impl Iterator<Item = &'static str> {
        let attesting = self.service.upstream.attestations.iter();
        attesting.flat_map(Attesting::outdated).chain(self.tls.iter().filter_map(Tls::outdated))
    }

    /// Reads again what changed.
    pub(super) fn renew(&self) {
        if let Some(attesting) = &self.service.upstream.attestations {
            attesting.renew();
        }
        if let Some(tls) = &self.tls {
            tls.renew();
        }
    }

    /// Reads everything again.
    pub(super) fn read_again(&self) {
        if let Some(attesting) = &self.service.upstream.attestations {
            attesting.read_again();
        }
        if let Some(tls) = &self.tls {
            tls.read_again();
        }
    }

    async fn page(&self, project: &ProjectName, headers: &HeaderMap, keep_urls: bool) -> Answer {
        let Some(form) = form_for(all(headers, &header::ACCEPT).as_deref()) else {
            return plain(
                StatusCode::NOT_ACCEPTABLE,
                "a page is application/vnd.pypi.simple.v1+json, \
                 application/vnd.pypi.simple.v1+html or text/html",
            );
        };
        let sent = match self.service.page(project, form, keep_urls).await {
            Ok(sent) => sent,
            // Whatever is wrong with a page, it is never `not found`, which would let an installer
            // go on to another index.
            Err(unavailable) => return self.unavailable(unavailable, false),
        };
        let mut answer = match is_unchanged(text(headers, &header::IF_NONE_MATCH), &sent.etag) {
            true => empty(StatusCode::NOT_MODIFIED),
            false => {
                self.service.metrics.pages.fetch_add(1, Ordering::Relaxed);
                Answer::new(Content::of(sent.bytes))
            }
        };
        set(&mut answer, header::CONTENT_TYPE, form.media_type());
        set(&mut answer, header::ETAG, &sent.etag);
        set(&mut answer, header::VARY, "Accept");
        set(&mut answer, header::CACHE_CONTROL, "no-cache");
        answer
    }

    async fn file(&self, project: &ProjectName, name: &str, headers: &HeaderMap) -> Answer {
        // A file may leave the cache between its verdict and its answer.
        for _ in 0..TRIES {
            let handed = match self.service.file(project, name).await {
                Ok(handed) => handed,
                Err(unavailable) => return self.unavailable(unavailable, true),
            };
            let etag = etag(&picotuf::sha256(handed.sha256.as_bytes()));
            let is_unchanged = is_unchanged(text(headers, &header::IF_NONE_MATCH), &etag);
            let [range, if_range] = [&header::RANGE, &header::IF_RANGE]
                .map(|name| text(headers, name).map(str::to_owned));
            let (service, tag) = (Arc::clone(&self.service), etag.clone());
            // One thread does all that blocks: to change threads takes longer than to read.
            let open = move || {
                let Cached { file, measured } = service.upstream.open(&handed)?;
                let length = measured.length;
                let part = part(range.as_deref(), if_range.as_deref(), length, &tag);
                let bytes = match &part {
                    _ if is_unchanged => 0..0,
                    Part::Whole => 0..length,
                    Part::Bytes(bytes) => bytes.clone(),
                    Part::Unsatisfiable => 0..0,
                };
                let count = bytes.end.saturating_sub(bytes.start);
                let opened = Opened::new(file, bytes.start, count).ok()?;
                Some((opened, part, bytes, length))
            };
            let opened = tokio::task::spawn_blocking(open).await;
            let Ok(Some((opened, part, bytes, length))) = opened else {
                self.service.forget(project, name);
                continue;
            };
            if is_unchanged {
                let mut answer = empty(StatusCode::NOT_MODIFIED);
                set(&mut answer, header::ETAG, &etag);
                return answer;
            }
            if part == Part::Unsatisfiable {
                let mut answer =
                    plain(StatusCode::RANGE_NOT_SATISFIABLE, "the file has no such bytes");
                set(&mut answer, header::CONTENT_RANGE, &format!("bytes */{length}"));
                return answer;
            }
            self.service.metrics.files.fetch_add(1, Ordering::Relaxed);
            let count = bytes.end.saturating_sub(bytes.start);
            self.service.metrics.bytes.fetch_add(count, Ordering::Relaxed);
            let mut answer = Answer::new(Content::part(opened));
            if part != Part::Whole {
                *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
                let (start, last) = (bytes.start, bytes.end.saturating_sub(1));
                set(&mut answer, header::CONTENT_RANGE, &format!("bytes {start}-{last}/{length}"));
            }
            set(&mut answer, header::CONTENT_TYPE, "application/octet-stream");
            set(&mut answer, header::ACCEPT_RANGES, "bytes");
            set(&mut answer, header::ETAG, &etag);
            // The next request for it is judged again.
            set(&mut answer, header::CACHE_CONTROL, "no-cache");
            return answer;
        }
        plain(StatusCode::BAD_GATEWAY, "the file left the cache at once: raise --cache-size")
    }

    async fn metadata(&self, project: &ProjectName, name: &str) -> Answer {
        match self.service.metadata(project, name).await {
            Ok(bytes) => {
                let mut answer = Answer::new(Content::of(bytes));
                set(&mut answer, header::CONTENT_TYPE, "text/plain; charset=utf-8");
                answer
            }
            Err(unavailable) => self.unavailable(unavailable, true),
        }
    }

    fn unavailable(&self, unavailable: Unavailable, is_file: bool) -> Answer {
        match unavailable {
            Unavailable::Absent => absent(),
            Unavailable::Refused(refusal) if is_file && !refusal.is_failure => {
                named(plain(StatusCode::FORBIDDEN, &refusal.text), "refused", &refusal)
            }
            Unavailable::Refused(refusal) => {
                self.service.metrics.upstream_failures.fetch_add(1, Ordering::Relaxed);
                named(plain(StatusCode::BAD_GATEWAY, &refusal.text), "failed", &refusal)
            }
        }
    }

    /// Answers a request for another server, as to an HTTP proxy.
    async fn elsewhere(&self, request: &Request<Incoming>, is_read: bool) -> Answer {
        let Some(forwarding) = &self.forwarding else {
            return plain(StatusCode::MISDIRECTED_REQUEST, "this is no proxy for other servers");
        };
        if !forwarding.is_authorized(request.headers()) {
            return unauthorized();
        }
        let found = if is_read { forwarding.in_index(request.uri()) } else { None };
        match found {
            Some(InIndex::Page(project)) => self.page(&project, request.headers(), true).await,
            Some(InIndex::File(url)) => match self.service.at_url(&url).await {
                Some((project, name)) => self.file(&project, &name, request.headers()).await,
                None => forwarding.refuse(request.uri()),
            },
            None => forwarding.refuse(request.uri()),
        }
    }

    fn connect(&self, request: &mut Request<Incoming>) -> Answer {
        let Some(forwarding) = &self.forwarding else {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "this is no proxy for other servers");
        };
        if !forwarding.is_authorized(request.headers()) {
            return unauthorized();
        }
        let Some((host, port)) = there(request.uri()) else {
            return plain(StatusCode::BAD_REQUEST, "CONNECT names no host and port");
        };
        let allowed = forwarding.allow_hosts.iter();
        if !allowed.map(|name| bare(name)).any(|name| name.eq_ignore_ascii_case(&host)) {
            return forwarding.refuse(request.uri());
        }
        let upgrade = hyper::upgrade::on(request);
        tokio::spawn(async move {
            let Ok(upgraded) = upgrade.await else { return };
            let Ok(mut there) = TcpStream::connect((host, port)).await else { return };
            let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(upgraded), &mut there).await;
        });
        empty(StatusCode::OK)
    }
}

/// What a request to the index is for.
enum InIndex {
    Page(Box<ProjectName>),
    File(String),
}

impl Forwarding {
    fn is_authorized(&self, headers: &HeaderMap) -> bool {
        let given = text(headers, &header::PROXY_AUTHORIZATION).unwrap_or_default();
        picotuf_client::proxy::same_token(given, &self.authorization)
    }

    /// Returns what a URL is in the index, if it may be in it.
    fn in_index(&self, uri: &Uri) -> Option<InIndex> {
        let text = uri.to_string();
        if let Some(Base::Http(base)) = &self.index {
            let base = format!("{}/", base.as_str().trim_end_matches('/'));
            if let Some(name) = text.strip_prefix(&base)
                && let Ok(project) = ProjectName::new(name.trim_end_matches('/'))
            {
                return Some(InIndex::Page(Box::new(project)));
            }
        }
        Some(InIndex::File(text))
    }

    fn refuse(&self, uri: &Uri) -> Answer {
        let host = uri.authority().map(shown).unwrap_or_default();
        let text = format!(
            "the command asks {host} past the index, and what it gets there is not verified"
        );
        (self.say)(&text);
        let text = format!("{text}; if that is meant, allow it with --allow-host");
        let refusal = Refusal { code: "not-through-index", text, is_failure: false };
        named(plain(StatusCode::FORBIDDEN, &refusal.text), "refused", &refusal)
    }
}

/// Returns the host and the port that `CONNECT` asks for, if it names these and nothing else.
fn there(uri: &Uri) -> Option<(String, u16)> {
    let authority = uri.authority().filter(|_| uri.scheme().is_none())?;
    let is_bare = !authority.as_str().contains('@');
    let port = authority.port_u16().filter(|_| is_bare)?;
    Some((bare(authority.host()).to_owned(), port))
}

/// Returns a host without the brackets of an IPv6 address.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// Returns the host and the port without credentials.
fn shown(authority: &uri::Authority) -> &str {
    authority.as_str().rsplit('@').next().unwrap_or_default()
}

/// A request that is counted until its answer is sent.
struct Counted {
    service: Arc<Service>,
    answering: Answering,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.service.metrics.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Answers with the list of projects. It is empty: nothing says which projects verify.
fn root(headers: &HeaderMap) -> Answer {
    use picotuf_client::proxy::Form;
    let Some(form) = form_for(all(headers, &header::ACCEPT).as_deref()) else {
        return plain(StatusCode::NOT_ACCEPTABLE, "a page is JSON or HTML");
    };
    let text = match form {
        Form::Json => "{\"meta\": {\"api-version\": \"1.0\"}, \"projects\": []}\n",
        Form::Html | Form::PlainHtml => {
            "<!DOCTYPE html>\n<html><head><title>picotuf</title></head>\n<body><p>picotuf: ask \
             for a project by its name.</p></body></html>\n"
        }
    };
    let mut answer = Answer::new(Content::of(text));
    set(&mut answer, header::CONTENT_TYPE, form.media_type());
    set(&mut answer, header::VARY, "Accept");
    answer
}

fn absent() -> Answer {
    plain(StatusCode::NOT_FOUND, "not found")
}

fn unauthorized() -> Answer {
    let text = "the proxy of picotuf run is for its own command only";
    let mut answer = plain(StatusCode::PROXY_AUTHENTICATION_REQUIRED, text);
    set(&mut answer, header::PROXY_AUTHENTICATE, "Basic realm=\"picotuf\"");
    answer
}

fn plain(status: StatusCode, text: &str) -> Answer {
    let mut answer = Answer::new(Content::of(format!("{text}\n")));
    *answer.status_mut() = status;
    set(&mut answer, header::CONTENT_TYPE, "text/plain; charset=utf-8");
    answer
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Answer::new(Content::of(Bytes::new()));
    *answer.status_mut() = status;
    answer
}

/// Puts the code into the reason phrase, which pip shows: it shows no body.
fn named(mut answer: Answer, what: &str, refusal: &Refusal) -> Answer {
    let phrase = format!("{what} by picotuf: {}", refusal.code);
    if let Ok(phrase) = hyper::ext::ReasonPhrase::try_from(phrase.into_bytes()) {
        answer.extensions_mut().insert(phrase);
    }
    answer
}

/// Sets a header whose value is of this program.
fn set(answer: &mut Answer, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Returns all values of a header as one list.
fn all(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<&str> =
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// How often a file that leaves the cache is fetched for one request.
const TRIES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connect_leads_to_the_host_and_port_that_it_names_and_to_no_other() {
        for (target, expected) in [
            ("a.example:443", Some(("a.example", 443))),
            ("[::1]:8080", Some(("::1", 8080))),
            // Port 443 of the host is another server.
            ("a.example", None),
            ("a.example:", None),
            ("a.example:99999", None),
            ("b.example@a.example:443", None),
            ("http://a.example:443/", None),
            ("/", None),
        ] {
            let found = target.parse().ok().and_then(|uri: Uri| there(&uri));
            let found = found.as_ref().map(|(host, port)| (host.as_str(), *port));
            assert_eq!(found, expected, "{target}");
        }
    }

    #[test]
    fn no_password_is_shown_of_a_server_that_is_refused() {
        let uri: Uri = "http://me:secret@a.example:80/".parse().unwrap();
        assert_eq!(uri.authority().map(shown), Some("a.example:80"));
    }
}
