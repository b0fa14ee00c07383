//! Which page or file a request is for, and whether its host may ask.

use picotuf::pypi::{FileName, ProjectName};

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The list of projects, which is empty: a project is looked up by its name.
    Root,
    /// The page of a project.
    Project(ProjectName),
    /// The page of a project under another spelling of its name, or without the slash at the end.
    Redirect(String),
    /// A file of a project.
    File {
        /// The project.
        project: ProjectName,
        /// The name of the file.
        name: String,
    },
    /// The METADATA of a wheel.
    Metadata {
        /// The project.
        project: ProjectName,
        /// The name of the wheel.
        name: String,
    },
    /// Why a file was refused.
    Why {
        /// The project.
        project: ProjectName,
        /// The name of the file.
        name: String,
    },
    /// Whether the server runs.
    Health,
    /// Counters in Prometheus's text format.
    Metrics,
    /// Nothing.
    Nothing,
}

/// Returns what a path is for. `token` is the first part of every path but that of the health
/// check, if there is one.
pub fn route(path: &str, token: Option<&str>) -> Route {
    if path == HEALTH {
        return Route::Health;
    }
    let rest = match token {
        None => path,
        Some(token) => {
            let Some((first, _)) = path.trim_start_matches('/').split_once('/') else {
                return Route::Nothing;
            };
            if !path.starts_with('/') || !same_token(first, token) {
                return Route::Nothing;
            }
            path.get(first.len().saturating_add(1)..).unwrap_or_default()
        }
    };
    let parts: Vec<&str> = rest.split('/').collect();
    match parts[..] {
        ["", "simple"] => Route::Redirect("simple/".to_owned()),
        ["", "simple", ""] => Route::Root,
        ["", "simple", name] => match ProjectName::new(name) {
            Ok(project) => Route::Redirect(format!("{project}/")),
            Err(_) => Route::Nothing,
        },
        ["", "simple", name, ""] => match ProjectName::new(name) {
            Ok(project) if project.as_str() == name => Route::Project(project),
            Ok(project) => Route::Redirect(format!("../{project}/")),
            Err(_) => Route::Nothing,
        },
        ["", "files", project, name] => match file(project, name) {
            Some((project, name)) => match name.strip_suffix(".metadata") {
                Some(wheel) => Route::Metadata { project, name: wheel.to_owned() },
                None => Route::File { project, name },
            },
            None => Route::Nothing,
        },
        ["", "_picotuf", "why", project, name] => match file(project, name) {
            Some((project, name)) => Route::Why { project, name },
            None => Route::Nothing,
        },
        ["", "_picotuf", "metrics"] => Route::Metrics,
        _ => Route::Nothing,
    }
}

fn file(project: &str, name: &str) -> Option<(ProjectName, String)> {
    let project = ProjectName::new(project).ok().filter(|name| name.as_str() == project)?;
    let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?.into_owned();
    let of = name.strip_suffix(".metadata").unwrap_or(&name);
    FileName::of(&project, of).ok()?;
    Some((project, name))
}

/// Returns whether two tokens are equal, in a time that does not depend on where they differ.
pub fn same_token(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |all, (one, other)| all | one ^ other);
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

/// The names under which a server may be asked, so that a web page elsewhere cannot ask it through
/// a name that leads here (DNS rebinding).
#[derive(Clone, Debug)]
pub struct Authority {
    /// The names of the address, which are asked with its port.
    own: Vec<String>,
    /// Names that were given. Another server may stand in front, so they may have any port.
    given: Vec<String>,
    port: u16,
}

impl Authority {
    /// Accepts the address, `localhost` if the address is a loopback one, and these names.
    pub fn new(address: std::net::SocketAddr, names: &[String]) -> Self {
        let mut own = vec![match address.ip() {
            std::net::IpAddr::V4(address) => address.to_string(),
            std::net::IpAddr::V6(address) => format!("[{address}]"),
        }];
        if address.ip().is_loopback() {
            own.push("localhost".to_owned());
        }
        let given = names.iter().map(|name| name.to_lowercase()).collect();
        Authority { own, given, port: address.port() }
    }

    /// Returns whether the value of a `Host` header names the server.
    pub fn is(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        // The address of IPv6 has colons in brackets.
        let name_end = match host.rfind(']') {
            Some(bracket) => bracket.saturating_add(1),
            None => host.find(':').unwrap_or(host.len()),
        };
        let (name, port) = host.split_at(name_end);
        let is_own_port = port == format!(":{}", self.port) || (port.is_empty() && self.port == 80);
        let among = |names: &[String]| names.iter().any(|known| known == name);
        among(&self.given) || (is_own_port && among(&self.own))
    }
}

/// The least length of a token that a person chooses.
pub const TOKEN_LENGTH_MIN: usize = 16;
const HEALTH: &str = "/_picotuf/health";

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ProjectName {
        ProjectName::new(text).unwrap()
    }

    #[test]
    fn paths_lead_to_pages_and_files_of_valid_names_only() {
        let file = |file: &str| Route::File { project: name("a-b"), name: file.to_owned() };
        for (path, expected) in [
            ("/simple/", Route::Root),
            ("/simple", Route::Redirect("simple/".to_owned())),
            ("/simple/a-b/", Route::Project(name("a-b"))),
            ("/simple/a-b", Route::Redirect("a-b/".to_owned())),
            ("/simple/A_b/", Route::Redirect("../a-b/".to_owned())),
            ("/simple/A_b", Route::Redirect("a-b/".to_owned())),
            ("/files/a-b/a_b-1.tar.gz", file("a_b-1.tar.gz")),
            ("/files/a-b/a_b-1%2Blocal.tar.gz", file("a_b-1+local.tar.gz")),
            (
                "/files/a-b/a_b-1-py3-none-any.whl.metadata",
                Route::Metadata { project: name("a-b"), name: "a_b-1-py3-none-any.whl".into() },
            ),
            (
                "/_picotuf/why/a-b/a_b-1.tar.gz",
                Route::Why { project: name("a-b"), name: "a_b-1.tar.gz".into() },
            ),
            ("/_picotuf/health", Route::Health),
            ("/_picotuf/metrics", Route::Metrics),
            ("/simple/../", Route::Nothing),
            ("/files/a-b/..%2f..%2fetc", Route::Nothing),
            ("/files/a-b/other-1.tar.gz", Route::Nothing),
            ("/files/A_b/a_b-1.tar.gz", Route::Nothing),
            ("/", Route::Nothing),
            ("", Route::Nothing),
            ("simple/a-b/", Route::Nothing),
        ] {
            assert_eq!(route(path, None), expected, "{path}");
        }
    }

    #[test]
    fn a_token_stands_before_every_path_but_that_of_the_health_check() {
        for (path, expected) in [
            ("/secret/simple/", Route::Root),
            ("/secret/_picotuf/metrics", Route::Metrics),
            ("/_picotuf/health", Route::Health),
            ("/_picotuf/metrics", Route::Nothing),
            ("/simple/", Route::Nothing),
            ("/secreT/simple/", Route::Nothing),
            ("/secre/simple/", Route::Nothing),
            ("//secret/simple/", Route::Nothing),
            ("/secret", Route::Nothing),
            ("secret/simple/", Route::Nothing),
        ] {
            assert_eq!(route(path, Some("secret")), expected, "{path}");
        }
    }

    #[test]
    fn only_the_own_names_are_hosts() {
        let own = Authority::new("127.0.0.1:8014".parse().unwrap(), &["index.example".to_owned()]);
        for (host, is) in [
            ("127.0.0.1:8014", true),
            ("localhost:8014", true),
            ("LOCALHOST:8014", true),
            ("index.example", true),
            ("index.example:443", true),
            ("127.0.0.1", false),
            ("127.0.0.1:80", false),
            ("localhost", false),
            ("evil.example:8014", false),
            ("", false),
        ] {
            assert_eq!(own.is(host), is, "{host}");
        }
        let six = Authority::new("[::1]:80".parse().unwrap(), &[]);
        assert!(six.is("[::1]:80") && six.is("[::1]") && six.is("localhost") && !six.is("[::1]:1"));
    }
}
