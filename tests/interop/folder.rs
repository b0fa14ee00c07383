//! Repositories on disk, and the command line at work on them.

use std::path::Path;

use picotuf_tests::cli::Cli;
use picotuf_tests::repository::Repository;
use picotuf_tests::server::Server;
use serde_json::Value;

use crate::python_tuf::Verdict;

/// A repository in a folder: `root.json`, `metadata/`, `targets/`, and `expect.json` where it says
/// what to expect.
#[derive(Debug)]
pub(crate) struct Expected {
    /// The time of all checks.
    pub(crate) now: String,
    /// Targets that verify.
    pub(crate) present: Vec<String>,
    /// Targets that no role lists.
    pub(crate) absent: Vec<String>,
}

impl Expected {
    /// Reads `expect.json`.
    pub(crate) fn read(folder: &Path) -> Expected {
        let said: Value =
            serde_json::from_slice(&std::fs::read(folder.join("expect.json")).unwrap()).unwrap();
        let list = |name: &str| {
            said[name]
                .as_array()
                .unwrap()
                .iter()
                .map(|path| path.as_str().unwrap().to_owned())
                .collect()
        };
        Expected {
            now: said["time"].as_str().unwrap().to_owned(),
            present: list("targets"),
            absent: list("absent"),
        }
    }
}

/// Serves the two folders of the repository.
pub(crate) fn serve(folder: &Path) -> Server {
    let mut nothing = Repository::new();
    nothing.files.clear();
    let server = Server::start(&nothing);
    for part in ["metadata", "targets"] {
        serve_folder(&server, &folder.join(part), &format!("/{part}"));
    }
    server
}

fn serve_folder(server: &Server, folder: &Path, path: &str) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        let path = format!("{path}/{}", entry.file_name().to_str().unwrap());
        match entry.file_type().unwrap().is_dir() {
            true => serve_folder(server, &entry.path(), &path),
            false => server.serve_file(&path, &std::fs::read(entry.path()).unwrap()),
        }
    }
}

/// A user at this time whose commands know the server, and who trusts nothing yet.
pub(crate) fn user(now: &str, server: &Server) -> Cli {
    let mut cli = Cli::new();
    cli.set_time(now);
    let target_dir = cli.target_dir().display().to_string();
    let urls = [
        "--metadata-url",
        &server.metadata_url(),
        "--target-base-url",
        &server.targets_url(),
        "--target-dir",
        &target_dir,
    ];
    cli.saved.extend(urls.map(str::to_owned));
    cli
}

/// Takes a root as the trust anchor, from a file beside the user's folders.
pub(crate) fn init(cli: &Cli, root: &[u8]) -> (i32, Value) {
    let anchor = cli.write("anchor.json", root).display().to_string();
    let mut arguments: Vec<&str> = cli.saved.iter().map(String::as_str).collect();
    arguments.extend(["init", &anchor]);
    cli.json(&arguments)
}

/// Downloads these targets in one session; the verdict with what the binary says.
pub(crate) fn download(cli: &Cli, targets: &[&str]) -> (Verdict, Value) {
    let names = targets.iter().flat_map(|target| ["--target-name", *target]);
    let saved = cli.saved.iter().map(String::as_str);
    let arguments: Vec<&str> = saved.chain(names).chain(["download"]).collect();
    let (code, said) = cli.json(&arguments);
    let error = said["error"]["code"].as_str();
    let verdict = match (code, error) {
        (0, None) => Verdict::Ok,
        (1, Some("target-not-found")) => Verdict::Absent,
        (1, Some(_)) => Verdict::Refused,
        _ => panic!("exit code {code}, which says neither yes nor no: {said}"),
    };
    (verdict, said)
}
