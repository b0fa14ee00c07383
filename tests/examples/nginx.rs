//! `examples/nginx`: a mirror, and clients that know nothing but it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use picotuf_tests::cli::{Cli, Outcome, binary, outcome};
use picotuf_tests::delegation::Delegation;
use picotuf_tests::repository::{Repository, hash};
use picotuf_tests::server::Server;

use crate::{example, long_lived, replaced, variable};

const WHEEL: &[u8] = b"a wheel, or what passes for one here";
const TARGET: &str = "six/six-1.17.0-py2.py3-none-any.whl";
const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A running nginx. It ends when it is dropped.
struct Nginx {
    child: Child,
    address: String,
}

impl Nginx {
    fn start(program: &std::path::Path, cli: &Cli) -> Nginx {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let site =
            replaced(&example("examples/nginx/picotuf-mirror.conf"), "/srv/tuf", &mirror(cli));
        let site = replaced(&site, "listen 80;", &format!("listen {address};"));
        // What Debian's own file has around a site; and no place but this folder is written to.
        let mut main = format!(
            "user root root; daemon off; pid nginx.pid; error_log error.log;\nevents {{}}\nhttp \
             {{\n  access_log off;\n  include {};\n",
            cli.write("site.conf", site.as_bytes()).display()
        );
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            main.push_str(&format!("  {kind}_temp_path temporary-{kind};\n"));
        }
        let main = cli.write("nginx.conf", (main + "  gzip on;\n  gzip_types *;\n}\n").as_bytes());
        let mut command = Command::new(program);
        command
            .arg("-p")
            .arg(cli.folder())
            .arg("-c")
            .arg(main)
            .args(["-e", "error.log"])
            .env_clear();
        // It takes a socket that listens already, as it does from itself when it is replaced by a
        // newer one: who connects waits for it.
        command
            .env("NGINX", "0;")
            .stdin(OwnedFd::from(listener))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child =
            command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        Nginx { child, address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Status, headers in lower case, and body.
    fn ask(&self, path: &str, headers: &str) -> (String, Vec<String>, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: tuf.example.org\r\nConnection: close\r\n{headers}\r\n"
        )
        .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
        (status, lines.map(str::to_lowercase).collect(), body.to_owned())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A kill would leave its worker behind.
        Command::new("kill").arg(self.child.id().to_string()).status().ok();
        self.child.wait().ok();
    }
}

fn mirror(cli: &Cli) -> String {
    cli.folder().join("mirror").display().to_string()
}

fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::paths("a/b c", &["six/*"]));
    repository.add_target("a/b c", TARGET, WHEEL);
    long_lived(&mut repository);
    repository
}

/// Runs the example's script as `cli`.
fn replicate(cli: &Cli, repository: &Repository, server: &Server) -> Outcome {
    let root = cli.write("anchor.json", repository.anchor()).display().to_string();
    let mut script = example("examples/nginx/mirror.sh");
    for (from, to) in [
        ("https://tuf.example.org", server.url()),
        ("/etc/picotuf/root.json", root),
        ("/srv/tuf", mirror(cli)),
        ("\npicotuf ", format!("\n'{}' ", binary().display())),
    ] {
        script = replaced(&script, from, &to);
    }
    let mut command = Command::new("sh");
    command.arg(cli.write("mirror.sh", script.as_bytes())).env_clear().env("HOME", cli.folder());
    outcome(command.output().unwrap())
}

/// Somebody who has the root, and to whom the mirror is the repository.
fn client(repository: &Repository, nginx: &Nginx) -> Cli {
    let mut cli = Cli::new();
    // By the system's clock.
    let at = cli.options.iter().position(|option| option == "--at").unwrap();
    cli.options.drain(at..at + 2);
    let root = cli.write("anchor.json", repository.anchor()).display().to_string();
    let urls = [format!("{}/metadata", nginx.url()), format!("{}/targets", nginx.url())];
    let target_dir = cli.target_dir().display().to_string();
    cli.ok(&[
        "--metadata-url",
        &urls[0],
        "--target-base-url",
        &urls[1],
        "--target-dir",
        &target_dir,
        "init",
        &root,
    ]);
    cli
}

#[test]
fn a_mirror_behind_nginx_is_a_repository() {
    let Some(program) = variable("PICOTUF_NGINX", &["PICOTUF_WITHOUT_NGINX"]) else { return };
    let mut repository = repository();
    let server = Server::start(&repository);
    let owner = Cli::new();
    let made = replicate(&owner, &repository, &server);
    assert_eq!(made.code, 0, "{made:?}");
    let nginx = Nginx::start(&program, &owner);
    let user = client(&repository, &nginx);
    user.json_ok(&["refresh"]);
    user.json_ok(&["download", "--target-name", TARGET]);
    assert_eq!(user.downloads(), [(TARGET.to_owned(), WHEEL.to_vec())]);
    let wheel = user.target_dir().join(TARGET).display().to_string();
    assert_eq!(user.json_ok(&["check", &wheel])["files"][0]["signed_by"], "pypi");

    // Another version, by the same script: what is named by version or hash may be kept, the
    // timestamp may not.
    repository.publish("a/b c", |_| {});
    server.serve(&repository);
    assert_eq!(replicate(&owner, &repository, &server).code, 0);
    user.json_ok(&["refresh"]);
    assert_eq!(
        user.versions().iter().find(|(role, _)| role == "timestamp").unwrap().1,
        repository.version("timestamp")
    );

    // A file that the mirror's owner exchanged is refused by who has not got the right one yet.
    let name = format!("six/{}.six-1.17.0-py2.py3-none-any.whl", hash("sha256", WHEEL));
    let mut bytes = WHEEL.to_vec();
    bytes[3] ^= 1;
    std::fs::write(owner.folder().join("mirror/targets").join(name), bytes).unwrap();
    let another = client(&repository, &nginx);
    another.refuses(&["download", "--target-name", TARGET], "hash-mismatch", None);
    assert!(another.downloads().is_empty());
    let exchanged =
        another.write("six-1.17.0-py2.py3-none-any.whl", b"another").display().to_string();
    another.refuses(&["check", &exchanged], "length-mismatch", None);
}

#[test]
fn caches_are_told_what_may_change() {
    let Some(program) = variable("PICOTUF_NGINX", &["PICOTUF_WITHOUT_NGINX"]) else { return };
    let repository = repository();
    let server = Server::start(&repository);
    let owner = Cli::new();
    assert_eq!(replicate(&owner, &repository, &server).code, 0);
    let nginx = Nginx::start(&program, &owner);
    let target = format!("/targets/six/{}.six-1.17.0-py2.py3-none-any.whl", hash("sha256", WHEEL));
    std::fs::write(owner.folder().join("mirror/metadata/.picotuf-1.part"), "half a file").unwrap();
    std::fs::write(owner.folder().join("mirror/targets/six/plain.whl"), WHEEL).unwrap();
    for (path, status, cached) in [
        ("/metadata/timestamp.json", "200", "no-cache"),
        ("/metadata/1.root.json", "200", IMMUTABLE),
        ("/metadata/1.snapshot.json", "200", IMMUTABLE),
        ("/metadata/1.a%2Fb%20c.json", "200", IMMUTABLE),
        // This one may be there in a minute.
        ("/metadata/2.root.json", "404", "no-cache"),
        (&target, "200", IMMUTABLE),
        ("/targets/six/plain.whl", "200", "no-cache"),
        ("/metadata/", "403", "no-cache"),
        ("/targets/six/", "403", "no-cache"),
        ("/metadata/.picotuf-1.part", "404", "no-cache"),
        ("/.lock", "404", "no-cache"),
        ("/", "404", "no-cache"),
        ("/metadata/../.lock", "404", "no-cache"),
    ] {
        let (found, headers, body) = nginx.ask(path, "Accept-Encoding: gzip, br\r\n");
        assert_eq!(found, status, "{path}: {headers:?}");
        let control: Vec<_> =
            headers.iter().filter(|header| header.starts_with("cache-control:")).collect();
        assert_eq!(control, [&format!("cache-control: {cached}")], "{path}");
        assert!(
            !headers.iter().any(|header| header.starts_with("content-encoding")),
            "{path}: {headers:?}"
        );
        assert!(
            !body.contains("timestamp.json") && !body.contains("half a file"),
            "{path}: {body}"
        );
        if let (Some(name), "200") = (path.strip_prefix("/metadata/"), status) {
            assert!(
                headers.contains(&"content-type: application/json".to_owned()),
                "{path}: {headers:?}"
            );
            assert_eq!(body.as_bytes(), repository.files[name], "{path}");
        }
    }
    // Asked for anew, and not sent anew.
    let (_, headers, _) = nginx.ask("/metadata/timestamp.json", "");
    let tag = headers.iter().find_map(|header| header.strip_prefix("etag: ")).unwrap().to_owned();
    let (status, headers, body) =
        nginx.ask("/metadata/timestamp.json", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!((status.as_str(), body.as_str()), ("304", ""), "{headers:?}");
    assert!(headers.contains(&"cache-control: no-cache".to_owned()), "{headers:?}");
}
