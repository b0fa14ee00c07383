//! `--root`: commands that need no `init` before them, as hooks and fresh machines run them.

use crate::prelude::*;
use picotuf_tests::cli::{Cli, binary, outcome};
use picotuf_tests::server::Server;

const SIX: &str = "six-1.17.0-py2.py3-none-any.whl";
const PATH: &str = "six/six-1.17.0-py2.py3-none-any.whl";

/// A user who has the root as a file, and a wheel, and has run nothing yet.
struct User {
    server: Server,
    cli: Cli,
    root: String,
    wheel: String,
}

impl User {
    fn new(repository: &Repository) -> User {
        let server = Server::start(repository);
        let mut cli = Cli::new();
        // The folder is the user's own: below XDG_DATA_HOME.
        cli.options.drain(..2);
        cli.options.extend(["--metadata-url".to_owned(), server.metadata_url()]);
        let root = cli.write("anchor.json", repository.anchor()).display().to_string();
        let wheel = cli.write(SIX, b"a wheel").display().to_string();
        User { server, cli, root, wheel }
    }

    fn verify(&self) -> [&str; 6] {
        ["--root", &self.root, "verify", &self.wheel, "--target-name", PATH]
    }

    /// The version of root that is trusted, in each folder.
    fn trusted(&self) -> Vec<u64> {
        let Ok(folders) = std::fs::read_dir(self.cli.folder().join("picotuf/by-root")) else {
            return Vec::new();
        };
        let root = |folder: std::io::Result<std::fs::DirEntry>| {
            std::fs::read(folder.unwrap().path().join("root.json"))
        };
        let version = |bytes: &[u8]| {
            serde_json::from_slice::<Value>(bytes).unwrap()["signed"]["version"].as_u64()
        };
        let mut versions: Vec<_> = folders
            .filter_map(|folder| root(folder).ok())
            .map(|bytes| version(&bytes).unwrap())
            .collect();
        versions.sort();
        versions
    }
}

fn repository() -> Repository {
    let mut repository = Repository::new();
    repository.add_target("targets", PATH, b"a wheel");
    repository
}

fn another() -> Repository {
    let mut repository = repository();
    repository.set_keys("root", &[Key::ed25519("another repository")], 1);
    repository
}

#[test]
fn the_first_run_takes_the_root_and_later_ones_go_on_from_it() {
    let mut repository = repository();
    let mut user = User::new(&repository);
    let verdict = user.cli.json_ok(&user.verify());
    assert_eq!(
        (&verdict["targets"][0]["path"], &verdict["ok"]),
        (&json!(PATH), &json!(true)),
        "{verdict}"
    );
    assert_eq!(user.trusted(), [1]);
    let before = repository.clone();
    repository.rotate("root", &[Key::ed25519("the next root")], 1);
    repository.publish("targets", |_| {});
    user.server.serve(&repository);
    user.cli.json_ok(&user.verify());
    assert_eq!(user.trusted(), [2]);
    // What the first runs trusted binds the later ones, under the anchor that is older by now.
    user.server.serve(&before);
    user.cli.refuses(&user.verify(), "rollback", Some("timestamp"));
    user.cli.json_ok(&[
        "--root",
        &user.root,
        "verify",
        "--offline",
        &user.wheel,
        "--target-name",
        PATH,
    ]);
    // `show` uses no network, and so does not take the URL.
    user.cli.options.truncate(user.cli.options.len() - 2);
    user.cli.json_ok(&["--root", &user.root, "show"]);
    // The text for people says once that a root was taken.
    user = User::new(&repository);
    user.cli.options.retain(|option| option != "--quiet");
    for taken in [true, false] {
        let said = user.cli.ok(&["--root", &user.root, "refresh"]).stdout;
        assert_eq!(said.contains("now trusts"), taken, "{said}");
    }
}

#[test]
fn each_root_has_a_folder_of_its_own() {
    let (first, second) = (repository(), another());
    let user = User::new(&first);
    user.cli.json_ok(&user.verify());
    let other = user.cli.write("other.json", second.anchor()).display().to_string();
    // The server is the first one's, and what it says is not signed by the second's keys.
    user.server.serve(&second);
    user.cli.json_ok(&["--root", &other, "verify", &user.wheel, "--target-name", PATH]);
    assert_eq!(user.trusted(), [1, 1]);
    // In a folder that is named, there is room for one.
    let folder = user.cli.folder().join("named").display().to_string();
    user.cli.json_ok(&[
        "--metadata-dir",
        &folder,
        "--root",
        &other,
        "verify",
        &user.wheel,
        "--target-name",
        PATH,
    ]);
    let outcome = user.cli.run(&[
        "--metadata-dir",
        &folder,
        "--root",
        &user.root,
        "verify",
        &user.wheel,
        "--target-name",
        PATH,
    ]);
    assert_eq!((outcome.code, outcome.stderr.trim_end().lines().count()), (2, 1), "{outcome:?}");
    assert!(
        outcome.stderr.contains("another root is trusted") && !outcome.stderr.contains("--force"),
        "{outcome:?}"
    );
    // What `init` was given is the same root as the one that --root names.
    let initialized = user.cli.folder().join("initialized").display().to_string();
    user.cli.ok(&["--metadata-dir", &initialized, "init", &other]);
    user.cli.json_ok(&[
        "--metadata-dir",
        &initialized,
        "--root",
        &other,
        "verify",
        &user.wheel,
        "--target-name",
        PATH,
    ]);
}

#[test]
fn a_root_that_does_not_hold_is_not_taken() {
    let mut unsigned = repository();
    unsigned.edit_signatures("root", Vec::clear);
    let user = User::new(&unsigned);
    user.cli.refuses(&user.verify(), "threshold-not-met", Some("root"));
    assert!(user.trusted().is_empty());
    let outcome =
        user.cli.run(&["--root", "no such file", "verify", &user.wheel, "--target-name", PATH]);
    assert_eq!((outcome.code, outcome.stderr.trim_end().lines().count()), (1, 1), "{outcome:?}");
    assert!(outcome.stderr.contains("no such file"), "{outcome:?}");
    let outcome = user.cli.run(&["--root", &user.root, "init", &user.root]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(user.server.take_paths().is_empty());
}

#[test]
fn the_environment_may_name_it_and_several_may_come_first() {
    let mut repository = repository();
    let anchor = repository.anchor().to_vec();
    repository.rotate("root", &[Key::ed25519("the next root")], 1);
    let user = User::new(&repository);
    std::fs::write(&user.root, anchor).unwrap();
    // One of them may have a newer root already when the next one looks.
    let start = |_| {
        let mut command =
            user.cli.command(&[], &binary(), &["verify", &user.wheel, "--target-name", PATH]);
        command
            .env("PICOTUF_ROOT", &user.root)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let running: Vec<_> = (0..6).map(start).collect();
    for run in running {
        let outcome = outcome(run.wait_with_output().unwrap());
        assert_eq!(outcome.code, 0, "{outcome:?}");
    }
    assert_eq!(user.trusted(), [2]);
}
