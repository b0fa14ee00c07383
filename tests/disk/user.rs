//! A user of a repository that changes all the time.

use std::collections::BTreeSet;

use picotuf_tests::cli::{Cli, Outcome};
use picotuf_tests::keys::Key;
use picotuf_tests::repository::Repository;
use picotuf_tests::server::Server;

/// What the user downloads.
pub(crate) const PATH: &str = "dir/file.whl";
/// How to download it.
pub(crate) const DOWNLOAD: [&str; 3] = ["--target-name", PATH, "download"];

/// A repository, its server, and somebody who has downloaded from it once.
pub(crate) struct User {
    pub(crate) cli: Cli,
    pub(crate) server: Server,
    pub(crate) repository: Repository,
    served: BTreeSet<Vec<u8>>,
    round: usize,
}

impl User {
    pub(crate) fn new() -> User {
        let mut repository = Repository::new();
        repository.add_target("targets", PATH, &content(0));
        let server = Server::start(&repository);
        let cli = Cli::initialized(&repository, &server);
        let mut user = User { cli, server, repository, served: BTreeSet::new(), round: 0 };
        user.serve();
        user.succeeds(&DOWNLOAD);
        user
    }

    /// The repository publishes another file, and now and then new keys, so that stored files have
    /// to be deleted.
    pub(crate) fn publish(&mut self) {
        self.round += 1;
        let label = format!("key of round {}", self.round);
        match self.round % 5 {
            0 => self.repository.rotate("timestamp", &[Key::ed25519(&label)], 1),
            3 => self.repository.rotate("root", &[Key::ed25519(&label)], 1),
            _ => {}
        }
        let text = format!("round {}", self.round).repeat(4000);
        self.repository.publish("targets", |targets| targets["x"] = text.into());
        self.repository.add_target("targets", PATH, &content(self.round));
        self.serve();
    }

    /// Runs the command as it should be, which must succeed and leave what the repository has now.
    pub(crate) fn succeeds(&self, arguments: &[&str]) {
        self.cli.ok(arguments);
        self.is_up_to_date(arguments == DOWNLOAD);
    }

    /// What is stored is what the repository has now.
    pub(crate) fn is_up_to_date(&self, downloaded: bool) {
        for role in ["root", "timestamp", "snapshot", "targets"] {
            let stored = self.cli.stored(role);
            assert!(
                stored.as_deref() == Some(self.repository.bytes(role)),
                "{role}: {:?}",
                self.cli.versions()
            );
        }
        if downloaded {
            assert!(self.cli.downloads().contains(&(PATH.to_owned(), content(self.round))));
        }
        self.is_whole();
    }

    /// Every file under its final name is, from its first byte to its last, one that the server has
    /// had.
    pub(crate) fn is_whole(&self) {
        for (role, _) in self.cli.versions() {
            assert!(
                self.served.contains(&self.cli.stored(&role).unwrap()),
                "{role} is not what the server had"
            );
        }
        assert!(self.cli.stored("root").is_some());
        for (name, bytes) in self.cli.downloads() {
            let temporary = name.starts_with("dir/.picotuf-") && name.ends_with(".part");
            assert!(
                temporary || (name == PATH && self.served.contains(&bytes)),
                "{name} is not what the server had"
            );
        }
        assert!(self.cli.strays().is_empty(), "{:?}", self.cli.strays());
    }

    /// The anchor that the folder remembers.
    pub(crate) fn anchor(&self) -> Option<String> {
        let settings =
            std::fs::read_to_string(self.cli.metadata_dir().join("settings.toml")).unwrap();
        settings.lines().find(|line| line.starts_with("trust_anchor")).map(str::to_owned)
    }

    fn serve(&mut self) {
        self.served.extend(self.repository.files.values().cloned());
        self.server.serve(&self.repository);
    }
}

/// Asserts that a command failed for the disk's sake, with one line.
pub(crate) fn is_one_line(outcome: &Outcome, code: &str) {
    assert_eq!((outcome.code, outcome.stderr.trim_end().lines().count()), (1, 1), "{outcome:?}");
    assert!(outcome.stderr.contains(&format!("[{code}]")), "{outcome:?}");
}

/// Some pages of text, different in each round.
fn content(round: usize) -> Vec<u8> {
    format!("this is round {round}\n").repeat(1500).into_bytes()
}
