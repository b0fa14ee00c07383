//! User names and passwords from a netrc file: for their host, and for no other.

use crate::prelude::*;
use picotuf_tests::cli::{Cli, Outcome, binary, outcome};
use picotuf_tests::server::{Behaviour, Server};

/// `me` and `word` for the loopback address, and others that are for nobody here.
const FILE: &str = "# machine 127.0.0.1 login no password no\nmacdef init\n  machine 127.0.0.1 \
    login no password no\n\nmachine example.org login no password no\n\
    machine 127.0.0.1\n  account x\n  login me\n  password word\ndefault login no password no\n";
const ME: Option<&str> = Some("Basic bWU6d29yZA==");

fn run(cli: &Cli, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
    let mut command = cli.command(&[], &binary(), arguments);
    let outcome =
        outcome(command.env_remove("NETRC").envs(variables.iter().copied()).output().unwrap());
    assert_eq!(outcome.code, 0, "{arguments:?}: {outcome:?}");
    assert!(!format!("{outcome:?}").contains("word"), "{outcome:?}");
    outcome
}

/// What all requests since the last call had for credentials, which was the same.
fn credentials(server: &Server) -> Option<String> {
    let requests = server.take_requests();
    let found = requests[0].headers.get("authorization");
    assert!(
        requests.iter().all(|request| request.headers.get("authorization") == found),
        "{requests:?}"
    );
    found.cloned()
}

#[test]
fn they_go_to_the_host_of_the_entry() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    let name = if cfg!(windows) { "_netrc" } else { ".netrc" };
    cli.write(name, FILE.as_bytes());
    run(&cli, &[], &["-v", "refresh"]);
    assert_eq!(credentials(&server).as_deref(), ME);
    // By the name that is asked, and there is no entry for this one.
    let by_name = server.metadata_url().replace("127.0.0.1", "localhost");
    run(&cli, &[], &["--metadata-url", &by_name, "refresh"]);
    assert_eq!(credentials(&server), None);
    // A variable names another file, and then the user's own is not read.
    let other = cli.write("other", b"machine localhost login a password").display().to_string();
    run(&cli, &[("NETRC", &other)], &["--metadata-url", &by_name, "refresh"]);
    assert_eq!(credentials(&server).as_deref(), Some("Basic YTo="));
    for missing in [&other[..], "no such file"] {
        run(&cli, &[("NETRC", missing)], &["refresh"]);
        assert_eq!(credentials(&server), None);
    }
}

#[test]
fn an_entry_without_a_login_is_none() {
    let repository = Repository::new();
    let server = Server::start(&repository);
    let cli = Cli::initialized(&repository, &server);
    for (text, expected) in [
        ("machine 127.0.0.1 password word", None),
        ("machine 127.0.0.1 login", None),
        ("machine", None),
        ("", None),
        // The first that has one is taken.
        (
            "machine 127.0.0.1\nmachine 127.0.0.1 login me password word machine 127.0.0.1 login x",
            ME,
        ),
    ] {
        let file = cli.write("netrc", text.as_bytes()).display().to_string();
        run(&cli, &[("NETRC", &file)], &["refresh"]);
        assert_eq!(credentials(&server).as_deref(), expected, "{text}");
    }
}

#[test]
fn what_is_said_nearer_comes_first() {
    let repository = Repository::new();
    let (server, other) = (Server::start(&repository), Server::start(&repository));
    let cli = Cli::initialized(&repository, &server);
    let file = cli.write("netrc", FILE.as_bytes()).display().to_string();
    let netrc = ("NETRC", &*file);
    run(&cli, &[netrc, ("PICOTUF_TOKEN", "token")], &["refresh"]);
    assert_eq!(credentials(&server).as_deref(), Some("Bearer token"));
    run(&cli, &[netrc, ("PICOTUF_PASSWORD", "pass")], &["--user", "you", "refresh"]);
    assert_eq!(credentials(&server).as_deref(), Some("Basic eW91OnBhc3M="));
    let url = server.metadata_url().replace("http://", "http://a:b@");
    run(&cli, &[netrc, ("PICOTUF_TOKEN", "token")], &["--metadata-url", &url, "refresh"]);
    assert_eq!(credentials(&server).as_deref(), Some("Basic YTpi"));
    // The token is for the first server alone; what the file has is for this host, whatever the
    // port.
    server.misbehave("/metadata/timestamp.json", Behaviour::Status(500));
    let mirrors = [
        "--metadata-url",
        &server.metadata_url(),
        "--metadata-url",
        &other.metadata_url(),
        "refresh",
    ];
    run(&cli, &[netrc, ("PICOTUF_TOKEN", "token")], &mirrors);
    assert_eq!(credentials(&server).as_deref(), Some("Bearer token"));
    assert_eq!(credentials(&other).as_deref(), ME);
}

#[test]
fn a_redirect_takes_them_nowhere() {
    let repository = Repository::new();
    let (server, other) = (Server::start(&repository), Server::start(&repository));
    let cli = Cli::initialized(&repository, &server);
    let text = format!("{FILE}\nmachine localhost login no password no\n");
    let file = cli.write("netrc", text.as_bytes()).display().to_string();
    for elsewhere in [other.metadata_url(), other.metadata_url().replace("127.0.0.1", "localhost")]
    {
        server.misbehave(
            "/metadata/timestamp.json",
            Behaviour::Redirect(format!("{elsewhere}/timestamp.json")),
        );
        run(&cli, &[("NETRC", &file)], &["refresh"]);
        assert_eq!(credentials(&server).as_deref(), ME);
        assert_eq!(credentials(&other), None);
    }
}

/// A signed page says where the METADATA of a wheel is; it does not say who gets a password.
#[test]
fn a_link_of_a_signed_page_takes_them_nowhere() {
    const WHEEL: &str = "six-1.0-py3-none-any.whl";
    let metadata = b"Metadata-Version: 2.2\nName: six\nVersion: 1.0\n";
    let elsewhere = Server::start(&Repository::new());
    elsewhere.serve_file(&format!("/p/{WHEEL}.metadata"), metadata);
    // By another name, so that it is another host.
    let other = elsewhere.url().replace("127.0.0.1", "localhost");
    let (wheel, page_hash) = (hash("sha256", b"a wheel"), hash("sha256", metadata));
    let page = |link: &str| {
        json!({"meta": {"api-version": "1.1"}, "name": "six", "files": [{
            "filename": WHEEL, "hashes": {"sha256": wheel}, "url": link,
            "core-metadata": {"sha256": page_hash},
        }]})
        .to_string()
    };
    let mut repository = Repository::new();
    repository.add_target("targets", "six", page(&format!("{other}/p/{WHEEL}")).as_bytes());
    let server = Server::start(&repository);
    let mut cli = Cli::initialized(&repository, &server);
    cli.options.extend(["--layout", "rstuf"].map(str::to_owned));
    let text = format!("{FILE}\nmachine localhost login me password word\n");
    let file = cli.write("netrc", text.as_bytes()).display().to_string();
    let netrc = [("NETRC", &*file)];
    run(&cli, &netrc, &["metadata", "six"]);
    assert_eq!((credentials(&server).as_deref(), credentials(&elsewhere)), (ME, None));
    // Nor does a server that the link leads to, by sending the client back to a host that has some.
    let back = format!("{}/p/{WHEEL}.metadata", server.url());
    server.serve_file(&format!("/p/{WHEEL}.metadata"), metadata);
    elsewhere.misbehave(&format!("/p/{WHEEL}.metadata"), Behaviour::Redirect(back));
    run(&cli, &netrc, &["metadata", "six"]);
    assert_eq!(credentials(&elsewhere), None);
    let asked: Vec<_> = server
        .take_requests()
        .into_iter()
        .filter(|request| request.path.starts_with("/p/"))
        .collect();
    assert!(asked.len() == 1 && !asked[0].headers.contains_key("authorization"), "{asked:?}");
    // A host that the user names for the targets has them, as it is the user who says so.
    elsewhere.behave();
    let targets = ["--target-base-url", &server.targets_url(), "--target-base-url", &other];
    run(&cli, &netrc, &[&targets[..], &["metadata", "six"]].concat());
    assert_eq!(credentials(&elsewhere).as_deref(), ME);
}
