//! HTTP downloads. Redirects are followed here, so that one place decides which server gets which
//! credentials.

use std::collections::HashMap;
use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy, http};
use url::{Origin, Url};

use picotuf::OneLine;
use picotuf_client::{Base, Blame, Code, Error, Found, Location, Log, Sink, shown};

use super::netrc;
use super::network::Network;

/// An HTTP client with its connections.
pub(super) struct Http {
    network: Network,
    roots: RootCerts,
    /// The origin that gets `--user` and the token.
    trusted_origin: Option<Origin>,
    /// The hosts of the repository's URLs, and whether one of these URLs is not encrypted. Only
    /// these hosts get credentials from netrc, wherever a signed page links to, and without
    /// encryption only those for which the user named an http URL.
    hosts: HashMap<String, bool>,
    /// The agents, by proxy.
    agents: Mutex<HashMap<Option<String>, Agent>>,
}

impl Http {
    /// Creates a client. Reads the CA file and makes no request.
    pub(super) fn new(
        network: &Network,
        metadata: &[Base],
        targets: &[Base],
    ) -> Result<Self, Error> {
        let url = |base: &Base| match base {
            Base::Http(url) => Some(url.clone()),
            Base::Folder(_) => None,
        };
        let trusted_origin = metadata.first().and_then(url).map(|url| url.origin());
        let urls = metadata.iter().chain(targets).filter_map(url);
        let mut hosts = HashMap::<String, bool>::new();
        for url in urls.filter(|_| network.netrc) {
            let Some(host) = url.host_str() else { continue };
            *hosts.entry(host.to_owned()).or_default() |= url.scheme() == "http";
        }
        let roots = match &network.ca_file {
            Some(path) => certificates(path)?,
            None => RootCerts::WebPki,
        };
        Ok(Http {
            network: network.clone(),
            roots,
            trusted_origin,
            hosts,
            agents: Mutex::default(),
        })
    }

    /// Downloads at most `max_length` bytes of a file, which has this URL, to `sink`. `accept` is
    /// the media type for an index.
    pub(super) fn get(
        &self,
        url: &Url,
        file: &Location<'_>,
        max_length: u64,
        accept: Option<&'static str>,
        sink: &mut Sink<'_>,
        log: &Log,
    ) -> Result<Found, Error> {
        let start = Instant::now();
        let authorization = self.authorization(url);
        let mut current = url.clone();
        for _ in 0..=REDIRECTS_MAX {
            let response = self
                .request(&current, url, authorization.as_deref(), accept, start)
                .inspect_err(|error| {
                    log.line(|| format!("GET {}: {}", shown(&current), error.detail().message));
                })?;
            let status = response.status();
            log.line(|| format!("GET {}: {}", shown(&current), status));
            match status.as_u16() {
                200 => {
                    self.body(response, max_length, sink, start)
                        .map_err(|error| Self::about(error, &current))?;
                    return Ok(Found::Yes);
                }
                404 => return Ok(Found::No),
                // Storage services answer 403 if a file does not exist.
                403 if accept.is_none() => return Ok(Found::No),
                301 | 302 | 303 | 307 | 308 => {
                    let location = response
                        .headers()
                        .get(http::header::LOCATION)
                        .and_then(|value| value.to_str().ok());
                    let to = redirected(&current, location)?;
                    if !file.may_be_at(&to) {
                        return Err(elsewhere(&current, &to));
                    }
                    current = to;
                }
                _ => {
                    let hint = match status.as_u16() {
                        401 | 403 if accept.is_some() => {
                            "give credentials for the index in its URL or in ~/.netrc"
                        }
                        401 | 407 => {
                            "give credentials: PICOTUF_TOKEN, --user with PICOTUF_PASSWORD, or \
                             ~/.netrc"
                        }
                        429 | 500..=599 => "the server reports an internal error; try again later",
                        _ => "check the URL",
                    };
                    return Err(transport(
                        Code::HttpStatus,
                        format!("the server answered with status {status}"),
                        &current,
                    )
                    .values(200, status.as_u16())
                    .hint(hint));
                }
            }
        }
        Err(transport(Code::Redirect, format!("more than {REDIRECTS_MAX} redirects"), url))
    }

    /// Makes one request. Only the server of the original URL gets its credentials.
    fn request(
        &self,
        url: &Url,
        asked: &Url,
        authorization: Option<&str>,
        accept: Option<&'static str>,
        start: Instant,
    ) -> Result<http::Response<ureq::Body>, Error> {
        let agent = self.agent(url)?;
        let left = self.network.timeout.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(self.too_long(url));
        }
        let mut bare = url.clone();
        let _ = bare.set_username("");
        let _ = bare.set_password(None);
        bare.set_fragment(None);
        let mut request = agent.get(bare.as_str());
        if let Some(value) = authorization.filter(|_| url.origin() == asked.origin()) {
            request = request.header(http::header::AUTHORIZATION, value);
        }
        if let Some(types) = accept {
            request = request.header(http::header::ACCEPT, types);
        }
        let response = request.config().timeout_global(Some(left)).build().call();
        response.map_err(|error| self.explain(error, url))
    }

    /// Reads the body, within the timeout, the minimum rate and `max_length`.
    fn body(
        &self,
        response: http::Response<ureq::Body>,
        max_length: u64,
        sink: &mut Sink<'_>,
        start: Instant,
    ) -> Result<(), Error> {
        // No compression was requested. A compressed body could hide a huge file in a small one.
        if response
            .headers()
            .get(http::header::CONTENT_ENCODING)
            .is_some_and(|encoding| encoding != "identity")
        {
            return Err(Error::new(
                Code::ContentEncoding,
                "the server sent a compressed file, which picotuf did not request",
            ));
        }
        let mut reader =
            response.into_body().into_with_config().limit(u64::MAX).reader().take(max_length);
        let mut buffer = vec![0; 64 * 1024];
        let mut interval = Interval { start: Instant::now(), bytes: 0 };
        loop {
            let count = match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.explain_bare(ureq::Error::from(error))),
            };
            sink(&buffer[..count])?;
            if start.elapsed() >= self.network.timeout {
                return Err(self.too_long_bare());
            }
            if let Some(rate) = interval.advance(count, self.network.min_rate) {
                return Err(Error::new(
                    Code::TooSlow,
                    format!("the transfer has only {rate} bytes per second"),
                )
                .values(self.network.min_rate, rate)
                .hint("lower --min-rate for a slow connection, or use another mirror"));
            }
        }
    }

    /// Returns the agent for a URL: through its proxy in the environment, or direct.
    fn agent(&self, url: &Url) -> Result<Agent, Error> {
        let proxy = proxy_in_environment(url);
        // The map is consistent after every insertion, even if a thread panicked.
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(agent) = agents.get(&proxy) {
            return Ok(agent.clone());
        }
        let parsed = match proxy.as_deref() {
            Some(text) => Some(Proxy::new(text).map_err(|_| {
                // The URL is not printed, because it may contain a password.
                Error::usage("the URL of the proxy for this request is malformed")
                    .file(shown(url))
                    .hint("check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY")
            })?),
            None => None,
        };
        let agent: Agent = Agent::config_builder()
            .proxy(parsed)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(self.network.jobs)
            .max_idle_connections_per_host(self.network.jobs)
            .max_redirects_will_error(false)
            .user_agent(self.network.user_agent())
            .timeout_connect(Some(self.network.connect_timeout))
            .timeout_recv_response(Some(STALL))
            .timeout_per_read(Some(STALL))
            .timeout_per_write(Some(STALL))
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build())
            .build()
            .into();
        agents.insert(proxy, agent.clone());
        Ok(agent)
    }

    /// Returns the credentials: those in the URL, then those of the options, then those in netrc
    /// for a host of the repository's URLs.
    fn authorization(&self, url: &Url) -> Option<String> {
        let basic = |user: &str, password: &str| {
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
        };
        if !url.username().is_empty() {
            let decode =
                |text| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
            return Some(basic(
                &decode(url.username()),
                &decode(url.password().unwrap_or_default()),
            ));
        }
        if self.trusted_origin.as_ref() == Some(&url.origin()) {
            if let Some(token) = &self.network.token {
                return Some(format!("Bearer {token}"));
            }
            if let Some(user) = &self.network.user {
                return Some(basic(user, self.network.password.as_deref().unwrap_or_default()));
            }
        }
        let host = url.host_str()?;
        let may_be_plain = *self.hosts.get(host)?;
        if url.scheme() != "https" && !may_be_plain {
            return None;
        }
        netrc::credentials(host).map(|(user, password)| basic(&user, &password))
    }

    fn explain(&self, error: ureq::Error, url: &Url) -> Error {
        Self::about(self.explain_bare(error), url)
    }

    /// Adds the URL to an error of the transfer, and the proxy that it went through.
    fn about(error: Error, url: &Url) -> Error {
        through_proxy(named(error, url), proxy_in_environment(url).as_deref())
    }

    fn explain_bare(&self, error: ureq::Error) -> Error {
        use ureq::Error as E;
        let connection = |message: String| {
            Error::new(Code::Connection, message)
                .hint("check the URL and the network, then try again")
        };
        match error {
            E::Timeout(ureq::Timeout::Global | ureq::Timeout::PerCall) => self.too_long_bare(),
            E::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => Error::new(
                Code::Timeout,
                format!("no connection after {} seconds", self.network.connect_timeout.as_secs()),
            )
            .hint("check the URL and the network, or raise --connect-timeout"),
            E::Timeout(_) => Error::new(
                Code::Timeout,
                format!("the server sent nothing for {} seconds", STALL.as_secs()),
            )
            .hint("try again later, or use another mirror"),
            E::HostNotFound => connection("the host name does not resolve".to_owned()),
            E::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                connection("the connection closed before the end of the file".to_owned())
            }
            E::Io(error) if error.kind() == io::ErrorKind::TimedOut => self.too_long_bare(),
            // Errors of rustls have the kind InvalidData.
            E::Io(error) if error.kind() == io::ErrorKind::InvalidData => insecure(&error),
            E::Io(error) => connection(error.to_string()),
            E::Rustls(error) => insecure(&error),
            E::Tls(error) => insecure(&error),
            E::ConnectProxyFailed(error) => connection(format!(
                "the proxy refused the request: \
                 {error}"
            )),
            other => connection(other.to_string()),
        }
    }

    fn too_long(&self, url: &Url) -> Error {
        named(self.too_long_bare(), url)
    }

    fn too_long_bare(&self) -> Error {
        Error::new(
            Code::Timeout,
            format!("the request took longer than {} seconds", self.network.timeout.as_secs()),
        )
        .hint("raise --timeout for a slow connection, or use another mirror")
    }
}

/// The bytes received since the last check of the rate.
struct Interval {
    start: Instant,
    bytes: u64,
}

impl Interval {
    /// Counts bytes. Returns the rate at the end of an interval, if it was below `minimum`.
    fn advance(&mut self, count: usize, minimum: u64) -> Option<u64> {
        self.bytes = self.bytes.saturating_add(count.try_into().unwrap_or(u64::MAX));
        let elapsed = self.start.elapsed();
        if elapsed < RATE_INTERVAL {
            return None;
        }
        let rate = self.bytes.saturating_mul(1000)
            / u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        *self = Interval { start: Instant::now(), bytes: 0 };
        (rate < minimum).then_some(rate)
    }
}

/// The error for a redirect of a provenance document to a server that nobody named.
fn elsewhere(from: &Url, to: &Url) -> Error {
    let to = to.origin().ascii_serialization();
    let message = format!("the server redirects to another server, {}", OneLine(&to));
    transport(Code::Redirect, message, from).hint(
        "nothing was asked there; if it is known to be right, allow that server with \
         --provenance-from URL",
    )
}

/// Returns the target of a redirect. Refuses redirects from https to http, and to other schemes.
fn redirected(from: &Url, location: Option<&str>) -> Result<Url, Error> {
    let refuse = |message: String| Err(transport(Code::Redirect, message, from));
    let Some(location) = location else {
        return refuse("the server redirects without a Location".to_owned());
    };
    let Ok(to) = from.join(location) else {
        return refuse("the server redirects to an invalid URL".to_owned());
    };
    match (from.scheme(), to.scheme()) {
        (_, "https") | ("http", "http") => Ok(to),
        ("https", "http") => Err(transport(
            Code::Redirect,
            format!("the server redirects from https to {}, which is not encrypted", shown(&to)),
            from,
        )
        .hint(
            "picotuf did not follow the redirect: ask the server's maintainers for an https \
             URL, or use another mirror",
        )),
        _ => refuse(format!("the server redirects to a {}: URL", to.scheme())),
    }
}

/// Names the proxy in an error of a connection that was to go through it: the proxy may be to blame
/// as well as the server.
fn through_proxy(error: Error, proxy: Option<&str>) -> Error {
    let Some(proxy) = proxy.filter(|_| error.is(Code::Connection)) else { return error };
    // Without a scheme it is an http one. Credentials are not shown.
    let url = Url::parse(proxy).ok().filter(Url::has_host);
    let url = url.or_else(|| Url::parse(&format!("http://{proxy}")).ok().filter(Url::has_host));
    let host = url.as_ref().and_then(Url::host_str).unwrap_or("an address that is malformed");
    let port = url.as_ref().and_then(Url::port_or_known_default);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    error.also(format!("it was made through the proxy {host}{port}")).hint(
        "check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or name the host in NO_PROXY; then check \
         the URL and the network",
    )
}

fn proxy_in_environment(url: &Url) -> Option<String> {
    proxy_for(url, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// Returns the proxy for a URL by the rules of curl: by scheme, then for all schemes, except for
/// the hosts in `NO_PROXY`.
fn proxy_for(url: &Url, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let either =
        |name: &str| variable(&name.to_lowercase()).or_else(|| variable(&name.to_uppercase()));
    let host = Host::of(url)?;
    let direct = either("no_proxy").is_some_and(|list| {
        list.split(|next: char| next == ',' || next.is_ascii_whitespace())
            .any(|entry| host.is_named_by(entry))
    });
    if direct {
        return None;
    }
    let by_scheme = match url.scheme() {
        "https" => either("https_proxy"),
        // In a CGI program, HTTP_PROXY holds the header `Proxy:` of the request, so only http_proxy
        // counts.
        _ if variable("REQUEST_METHOD").is_some() => variable("http_proxy"),
        _ => either("http_proxy"),
    };
    by_scheme.or_else(|| either("all_proxy"))
}

/// The host of a URL, for comparison with entries of `NO_PROXY`.
struct Host {
    /// The name in lower case, without brackets and trailing dot.
    name: String,
    address: Option<IpAddr>,
    port: Option<u16>,
}

impl Host {
    fn of(url: &Url) -> Option<Self> {
        let name = url.host_str()?.trim_matches(['[', ']']).trim_end_matches('.').to_lowercase();
        Some(Host { address: name.parse().ok(), port: url.port_or_known_default(), name })
    }

    /// Returns whether an entry of `NO_PROXY` matches: a host and its subdomains, with or without a
    /// leading dot; an address, with or without brackets; a network (`10.0.0.0/8`); or all hosts
    /// (`*`). An entry with a port matches that port only.
    fn is_named_by(&self, entry: &str) -> bool {
        let entry = entry.trim();
        if let Ok(address) = entry.parse::<IpAddr>() {
            return self.address == Some(address);
        }
        if let Some((network, length)) = entry.split_once('/') {
            return self.address.is_some_and(|address| is_in(address, network, length));
        }
        let (name, port) = match entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, "")) => (address, None),
            Some((address, rest)) => (address, Some(rest.strip_prefix(':').unwrap_or_default())),
            None => entry.rsplit_once(':').map_or((entry, None), |(name, port)| (name, Some(port))),
        };
        if port.is_some_and(|port| port.parse().ok() != self.port) {
            return false;
        }
        let name = name
            .trim_start_matches("*.")
            .trim_start_matches('.')
            .trim_end_matches('.')
            .to_lowercase();
        match (name.as_str(), self.address) {
            ("*", _) => true,
            ("", _) => false,
            (name, Some(address)) => name.parse() == Ok(address),
            (name, None) => self
                .name
                .strip_suffix(name)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
        }
    }
}

/// Returns whether an address is in a network, such as `10.0.0.0` with the prefix length `8`.
fn is_in(address: IpAddr, network: &str, length: &str) -> bool {
    let (Ok(network), Ok(length)) =
        (network.trim_matches(['[', ']']).parse::<IpAddr>(), length.parse::<u32>())
    else {
        return false;
    };
    // The host bits are shifted out. With prefix length 0, these are all bits.
    let same = |one: u128, other: u128, bits: u32| match bits.checked_sub(length) {
        Some(open) => (one ^ other).checked_shr(open).unwrap_or_default() == 0,
        None => false,
    };
    match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            same(one.to_bits().into(), other.to_bits().into(), 32)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => same(one.to_bits(), other.to_bits(), 128),
        _ => false,
    }
}

fn certificates(path: &Path) -> Result<RootCerts, Error> {
    let text = std::fs::read(path).map_err(|error| Error::io("read the CA file", path, &error))?;
    let mut found: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&text) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(error) => {
                return Err(
                    Error::usage(format!("the CA file is not PEM: {error}")).file(path.display())
                );
            }
        }
    }
    if found.is_empty() {
        return Err(Error::usage("the CA file has no certificate").file(path.display()));
    }
    Ok(RootCerts::from(found))
}

fn transport(code: Code, message: String, url: &Url) -> Error {
    Error::new(code, message).file(shown(url))
}

fn insecure(error: &dyn std::fmt::Display) -> Error {
    Error::new(Code::Tls, format!("the TLS handshake failed: {error}"))
        .hint("for a private certificate authority, use --ca-file")
}

/// Adds the URL to an error of the transfer. An error of the sink already has a file.
fn named(error: Error, url: &Url) -> Error {
    if error.detail().blame == Blame::Transport { error.file(shown(url)) } else { error }
}

const REDIRECTS_MAX: usize = 5;
/// The maximum time without data from the server.
const STALL: Duration = Duration::from_secs(30);
const RATE_INTERVAL: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn redirects_stay_on_http_and_never_give_up_tls() {
        let to = |from: &str, location: &str| redirected(&url(from), Some(location));
        assert_eq!(to("http://a/b/c", "d").unwrap().as_str(), "http://a/b/d");
        assert_eq!(to("http://a/b", "https://b/").unwrap().as_str(), "https://b/");
        assert_eq!(to("https://a/b", "//c/d").unwrap().as_str(), "https://c/d");
        for (from, location) in [
            ("https://a/", "http://a/"),
            ("http://a/", "file:///etc/passwd"),
            ("https://a/", "ftp://a/"),
            ("http://a/", "http://["),
        ] {
            assert_eq!(to(from, location).unwrap_err().code(), "redirect", "{from} -> {location}");
        }
        assert_eq!(redirected(&url("http://a/"), None).unwrap_err().code(), "redirect");
        let error = to("https://a/b", "http://me:secret@c/d").unwrap_err().to_string();
        assert_eq!(
            error,
            "https://a/b: the server redirects from https to http://c/d, which is not encrypted \
                [redirect] — picotuf did not follow the redirect: ask the server's maintainers \
                for an https URL, or use another mirror"
        );
    }

    #[test]
    fn options_for_credentials_concern_one_server_only() {
        let network = Network {
            jobs: 1,
            timeout: STALL,
            connect_timeout: STALL,
            min_rate: 0,
            ca_file: None,
            user: Some("me".into()),
            password: Some("secret".into()),
            token: None,
            netrc: true,
            user_agent: None,
        };
        let http =
            Http::new(&network, &[Base::Http(url("https://index.invalid/tuf/"))], &[]).unwrap();
        assert_eq!(
            http.authorization(&url("https://index.invalid/x")).as_deref(),
            Some("Basic bWU6c2VjcmV0")
        );
        assert_eq!(http.authorization(&url("http://index.invalid/x")), None);
        assert_eq!(http.authorization(&url("https://index.invalid:444/x")), None);
        assert_eq!(
            http.authorization(&url("https://u:p%40@other.invalid/")).as_deref(),
            Some("Basic dTpwQA==")
        );
    }

    #[test]
    fn proxies_are_found_by_scheme_and_left_out_by_host() {
        let find = |target: &str, values: &[(&str, &str)]| {
            proxy_for(&url(target), |name| {
                values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
            })
        };
        let both =
            [("HTTPS_PROXY", "s"), ("http_proxy", "h"), ("NO_PROXY", "local, .b.example,10.0.0.1")];
        assert_eq!(find("https://a.example/", &both).as_deref(), Some("s"));
        assert_eq!(find("http://a.example/", &both).as_deref(), Some("h"));
        for host in [
            "http://local/",
            "https://x.local/",
            "http://b.example:80/",
            "http://c.b.example/",
            "http://10.0.0.1/",
        ] {
            assert_eq!(find(host, &both), None, "{host}");
        }
        assert_eq!(find("http://ab.example/", &both).as_deref(), Some("h"));
        assert_eq!(find("http://a/", &[("ALL_PROXY", "x")]).as_deref(), Some("x"));
        assert_eq!(find("http://a/", &[("ALL_PROXY", "x"), ("no_proxy", "*")]), None);
        assert_eq!(find("http://a/", &[("HTTP_PROXY", "x"), ("REQUEST_METHOD", "GET")]), None);
    }

    #[test]
    fn a_failed_connection_names_the_proxy_and_no_password_of_it() {
        let failed = || Error::new(Code::Connection, "refused");
        let told = |proxy: &str| through_proxy(failed(), Some(proxy)).detail().message.clone();
        for (proxy, address) in [
            ("http://me:secret@proxy.example:3128/", "proxy.example:3128"),
            ("me:secret@proxy.example:3128", "proxy.example:3128"),
            ("proxy.example:3128", "proxy.example:3128"),
            ("https://proxy.example", "proxy.example:443"),
            ("socks5://[::1]:1080", "[::1]:1080"),
            ("://secret", "an address that is malformed"),
        ] {
            assert_eq!(told(proxy), format!("refused; it was made through the proxy {address}"));
        }
        assert_eq!(through_proxy(failed(), None).detail().message, "refused");
        let other = through_proxy(Error::new(Code::Timeout, "late"), Some("http://proxy.example"));
        assert_eq!(other.detail().message, "late");
    }

    #[test]
    fn entries_of_no_proxy_name_hosts_ports_addresses_and_networks() {
        let is_direct = |entry: &str, target: &str| {
            let variables = |name: &str| match name {
                "all_proxy" => Some("x".to_owned()),
                "no_proxy" => Some(entry.to_owned()),
                _ => None,
            };
            proxy_for(&url(target), variables).is_none()
        };
        for (entry, direct, not) in [
            (
                "a.example",
                &["http://a.example/", "https://b.a.example:8/", "http://A.EXAMPLE./"][..],
                &["http://ba.example/"][..],
            ),
            (
                ".a.example",
                &["http://a.example/", "http://b.a.example/"],
                &["http://a.example.org/"],
            ),
            ("a.example.", &["http://a.example/"], &[]),
            ("*.a.example", &["http://b.a.example/"], &["http://example/"]),
            (
                "a.example:8080",
                &["http://a.example:8080/", "http://b.a.example:8080/"],
                &["http://a.example/", "https://a.example:8081/"],
            ),
            (
                "a.example:443",
                &["https://a.example/"],
                &["http://a.example/", "https://a.example:444/"],
            ),
            ("a.example:", &[], &["http://a.example/"]),
            ("a.example:x", &[], &["http://a.example/"]),
            ("*:80", &["http://a/"], &["https://a/"]),
            ("127.0.0.1", &["http://127.0.0.1:9/"], &["http://127.0.0.2/"]),
            ("127.0.0.1:9", &["http://127.0.0.1:9/"], &["http://127.0.0.1/"]),
            ("0.0.1", &[], &["http://127.0.0.1/"]),
            ("::1", &["http://[::1]/", "https://[::1]:9/"], &["http://[::2]/"]),
            ("[::1]", &["http://[::1]/", "https://[0:0::1]:9/"], &["http://[::2]/"]),
            ("[::1]:9", &["https://[::1]:9/"], &["http://[::1]/", "http://[::2]:9/"]),
            (
                "10.0.0.0/8",
                &["http://10.1.2.3/"],
                &["http://11.0.0.0/", "http://a/", "http://[::1]/"],
            ),
            ("10.1.2.3/32", &["http://10.1.2.3/"], &["http://10.1.2.2/"]),
            ("0.0.0.0/0", &["http://10.1.2.3/"], &["http://[::1]/"]),
            ("10.0.0.0/33", &[], &["http://10.0.0.0/"]),
            ("fd00::/8", &["http://[fdab::1]/"], &["http://[fe80::1]/", "http://10.0.0.1/"]),
            ("::/0", &["http://[fe80::1]/"], &["http://10.0.0.1/"]),
            (
                "a, b  c:80,,",
                &["http://a/", "http://b/", "http://c/"],
                &["https://c/", "http://d/"],
            ),
            ("", &[], &["http://a/"]),
        ] {
            for (targets, expected) in [(direct, true), (not, false)] {
                for target in targets {
                    assert_eq!(is_direct(entry, target), expected, "{entry} {target}");
                }
            }
        }
    }

    #[test]
    fn a_slow_interval_is_noticed() {
        let mut interval = Interval { start: Instant::now() - RATE_INTERVAL, bytes: 9 };
        assert_eq!(interval.advance(1, 1000), Some(1));
        assert_eq!(interval.advance(1, 1000), None);
    }
}
