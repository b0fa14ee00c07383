//! Proxies, as the environment names them: which one is asked, and what it is told.

use crate::prelude::*;
use picotuf_tests::cli::{Cli, binary, outcome};
use picotuf_tests::proxy::{Manner, Proxy};
use picotuf_tests::server::Server;

/// A host that only a proxy can know.
const ELSEWHERE: &str = "picotuf.invalid";

/// The verdict of a refresh with these variables, from there.
fn refresh(cli: &Cli, variables: &[(&str, &str)], url: &str, options: &[&str]) -> (i32, Value) {
    let mut arguments = vec!["--json", "--metadata-url", url];
    arguments.extend(options);
    arguments.push("refresh");
    let mut command = cli.command(&[], &binary(), &arguments);
    let outcome = outcome(command.envs(variables.iter().copied()).output().unwrap());
    assert!(!format!("{outcome:?}").contains("secret"), "{outcome:?}");
    (outcome.code, serde_json::from_str(&outcome.stdout).unwrap())
}

fn targets(proxy: &Proxy) -> Vec<String> {
    proxy
        .take_asked()
        .into_iter()
        .map(|asked| format!("{} {}", asked.method, asked.target))
        .collect()
}

#[test]
fn they_tunnel_to_hosts_that_only_they_know() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let proxy = Proxy::start(&server.url(), Manner::Tunnel);
    let url = format!("http://user:secret@{ELSEWHERE}/metadata");
    let (bare, address) = (proxy.address(), format!("http://name:p%40secret@{}", proxy.address()));
    for variables in [
        &[("http_proxy", &*address)][..],
        &[("HTTP_PROXY", &bare)],
        &[("ALL_PROXY", &address)],
        // The name in small letters comes first, and one for the scheme before the one for all.
        &[
            ("http_proxy", &address),
            ("HTTP_PROXY", "http://127.0.0.1:1"),
            ("all_proxy", "http://127.0.0.1:1"),
        ],
        // An empty one is none.
        &[("http_proxy", ""), ("HTTP_PROXY", &address), ("NO_PROXY", "")],
        &[("HTTP_PROXY", &address), ("NO_PROXY", "invalid.example, otherpicotuf.invalid,nvalid")],
    ] {
        let cli = Cli::initialized(&repository, &server);
        let (code, verdict) = refresh(&cli, variables, &url, &[]);
        assert_eq!(code, 0, "{variables:?}: {verdict}");
        assert_eq!(cli.stored("targets").as_deref(), Some(repository.bytes("targets")));
        let asked = proxy.take_asked();
        assert!(!asked.is_empty(), "{variables:?}");
        for asked in asked {
            assert_eq!(
                (&*asked.method, &*asked.target),
                ("CONNECT", &*format!("{ELSEWHERE}:80")),
                "{variables:?}"
            );
            // What is for the one is not for the other.
            let expected = variables
                .iter()
                .any(|(_, value)| *value == address)
                .then_some("Basic bmFtZTpwQHNlY3JldA==");
            assert_eq!(
                asked.headers.get("proxy-authorization").map(String::as_str),
                expected,
                "{variables:?}"
            );
            assert!(!asked.headers.contains_key("authorization"), "{asked:?}");
        }
        for request in server.take_requests() {
            assert_eq!(request.headers["authorization"], "Basic dXNlcjpzZWNyZXQ=");
            assert!(!request.headers.contains_key("proxy-authorization"), "{request:?}");
        }
    }
}

#[test]
fn they_are_left_out_where_no_proxy_names_the_host() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let proxy = Proxy::start(&server.url(), Manner::Tunnel);
    let address = format!("http://{}", proxy.address());
    let by_name = server.metadata_url().replace("127.0.0.1", "localhost");
    for (url, no_proxy) in [
        (server.metadata_url(), "127.0.0.1"),
        (server.metadata_url(), "example.org , 127.0.0.1"),
        (server.metadata_url(), "*"),
        (by_name.clone(), "LOCALHOST"),
        (by_name.clone(), ".localhost"),
        (by_name, "*.localhost"),
    ] {
        for name in ["NO_PROXY", "no_proxy"] {
            let cli = Cli::initialized(&repository, &server);
            let (code, verdict) =
                refresh(&cli, &[("ALL_PROXY", &address), (name, no_proxy)], &url, &[]);
            assert_eq!(code, 0, "{no_proxy}: {verdict}");
            assert!(targets(&proxy).is_empty(), "{no_proxy}");
        }
    }
    // A CGI program's HTTP_PROXY is what somebody asks it with.
    let cli = Cli::initialized(&repository, &server);
    let cgi = [("HTTP_PROXY", &*address), ("REQUEST_METHOD", "GET")];
    assert_eq!(refresh(&cli, &cgi, &server.metadata_url(), &[]).0, 0);
    // One for https is for https.
    assert_eq!(refresh(&cli, &[("HTTPS_PROXY", &address)], &server.metadata_url(), &[]).0, 0);
    assert!(targets(&proxy).is_empty());
    assert_eq!(refresh(&cli, &cgi[..1], &server.metadata_url(), &[]).0, 0);
    assert!(!targets(&proxy).is_empty());
}

/// Above all, what a proxy says of a tunnel is nothing that the repository says of a file.
#[test]
fn one_that_refuses_is_no_repository_without_a_file() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    for status in [403, 404, 407, 500, 302] {
        let proxy = Proxy::start(&server.url(), Manner::Refuse(status));
        let cli = Cli::initialized(&repository, &server);
        let variables = [("HTTP_PROXY", &*format!("http://me:secret@{}", proxy.address()))];
        let (code, verdict) =
            refresh(&cli, &variables, &format!("http://{ELSEWHERE}/metadata"), &[]);
        let error = &verdict["error"];
        assert_eq!(
            (code, &error["code"], &error["role"]),
            (1, &json!("connection"), &json!("root")),
            "{verdict}"
        );
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("the proxy refused the request: "), "{verdict}");
        let named = format!("; it was made through the proxy {}", proxy.address());
        assert!(message.ends_with(&named), "{verdict}");
        assert_eq!(targets(&proxy), [format!("CONNECT {ELSEWHERE}:80")]);
        assert_eq!(cli.versions(), [("root".to_owned(), 1)]);
    }
    assert!(server.take_paths().is_empty());
}

#[test]
fn one_that_says_nothing_is_given_up() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let proxy = Proxy::start(&server.url(), Manner::Silent);
    let cli = Cli::initialized(&repository, &server);
    for limit in [["--connect-timeout", "1"], ["--timeout", "1"]] {
        let started = std::time::Instant::now();
        let variables = [("HTTP_PROXY", &*proxy.address())];
        let (code, verdict) = refresh(&cli, &variables, &server.metadata_url(), &limit);
        assert_eq!(
            (code, &verdict["error"]["code"]),
            (1, &json!("timeout")),
            "{limit:?}: {verdict}"
        );
        assert!(
            started.elapsed() < std::time::Duration::from_secs(8),
            "{limit:?}: {:?}",
            started.elapsed()
        );
    }
    assert!(server.take_paths().is_empty());
}

#[test]
fn one_that_is_no_proxy_is_wrong_usage_and_nothing_goes_past_it() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    for address in
        ["ftp://me:secret@127.0.0.1", "http://", "http://me:%ffsecret@127.0.0.1:1", "http://[::1"]
    {
        let cli = Cli::initialized(&repository, &server);
        let (code, verdict) =
            refresh(&cli, &[("HTTP_PROXY", address)], &server.metadata_url(), &[]);
        assert_eq!((code, &verdict["error"]["code"]), (2, &json!("usage")), "{address}: {verdict}");
        assert!(verdict["error"]["hint"].as_str().unwrap().contains("HTTP_PROXY"), "{verdict}");
    }
    assert!(server.take_paths().is_empty());
}
