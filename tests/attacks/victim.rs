//! Somebody who trusted an honest repository, and now is shown another one: once through the core,
//! once through the binary.

use picotuf_tests::cli::Cli;
use picotuf_tests::host::{Client, expect_failure};
use picotuf_tests::repository::{Repository, url_name};
use picotuf_tests::server::Server;

/// A target of the honest repository, which the victim has downloaded before any attack.
pub(crate) const KEPT: &str = "kept.txt";
const CONTENT: &[u8] = b"this is kept";

/// A repository with one target, version 1 of everything.
pub(crate) fn honest() -> Repository {
    let mut repository = Repository::new();
    repository.add_target("targets", KEPT, CONTENT);
    repository
}

/// The same repository some versions later: what the victim has to take after the attack.
pub(crate) fn later(before: &Repository) -> Repository {
    let mut repository = before.clone();
    for _ in 0..10 {
        for role in before.roles().filter(|role| !["root", "snapshot", "timestamp"].contains(role))
        {
            repository.publish(role, |_| {});
        }
    }
    repository
}

/// The versions of the top-level roles, as [`Victim::keeps`] wants them.
pub(crate) fn top_level(
    root: u64,
    snapshot: u64,
    targets: u64,
    timestamp: u64,
) -> Vec<(&'static str, u64)> {
    vec![("root", root), ("snapshot", snapshot), ("targets", targets), ("timestamp", timestamp)]
}

/// The two ways to the same trust.
pub(crate) struct Victim {
    pub(crate) client: Client,
    pub(crate) server: Server,
    pub(crate) cli: Cli,
}

impl Victim {
    /// Has refreshed from this repository, and downloaded [`KEPT`] where that is listed.
    pub(crate) fn of(before: &Repository) -> Victim {
        let server = Server::start(before);
        let mut victim =
            Victim { client: Client::new(before), cli: Cli::initialized(before, &server), server };
        victim.recovers(before);
        victim
    }

    /// It is another time from now on.
    pub(crate) fn set_time(&mut self, now: &str) {
        self.client.set_time(now);
        self.cli.set_time(now);
    }

    /// A refresh from `attacked`, or a search for `path` in it, is refused twice with this code
    /// about this role, in one line.
    pub(crate) fn refuses(
        &mut self,
        attacked: &Repository,
        path: Option<&str>,
        code: &str,
        role: &str,
    ) {
        let paths: Vec<&str> = path.into_iter().collect();
        self.server.serve(attacked);
        for _ in 0..2 {
            expect_failure(self.client.find(attacked, &paths), code, role);
            self.cli.refuses(&command(path), code, Some(role));
        }
        let outcome = self.cli.run(&command(path));
        assert_eq!(
            (outcome.code, outcome.stderr.trim_end().lines().count()),
            (1, 1),
            "{outcome:?}"
        );
        self.is_unharmed();
    }

    /// A search for `path` in `attacked` ends well, and finds nothing.
    pub(crate) fn lacks(&mut self, attacked: &Repository, path: &str) {
        self.client.lacks(attacked, path);
        self.server.serve(attacked);
        self.cli.refuses(&command(Some(path)), "target-not-found", None);
        self.is_unharmed();
    }

    /// A search for `path` in `attacked` finds it, listed by that role.
    pub(crate) fn finds(&mut self, attacked: &Repository, path: &str, lister: &str) {
        let found = self.client.finds(attacked, path);
        assert_eq!(found.delegation_path.last().map(String::as_str), Some(lister));
        self.server.serve(attacked);
        let file = self.cli.write("anchor.json", attacked.anchor()).display().to_string();
        // The binary is asked about a file that is not the target: so it has to find the target
        // first, and writes none.
        let verdict =
            self.cli.refuses(&["--target-name", path, "verify", &file], "length-mismatch", None);
        let way = verdict["error"]["delegation_path"].as_array().cloned().unwrap_or_default();
        assert_eq!(way.last().and_then(|role| role.as_str()), Some(lister), "{verdict}");
        self.is_unharmed();
    }

    /// These are stored, by role and version, the same bytes by core and binary.
    pub(crate) fn keeps(&self, roles: &[(&str, u64)]) {
        assert_eq!(self.client.versions(), roles);
        let mut names: Vec<(String, u64)> =
            roles.iter().map(|(role, version)| (stored_name(role), *version)).collect();
        names.sort();
        assert_eq!(self.cli.versions(), names);
    }

    /// The honest repository is taken as if nothing had happened.
    pub(crate) fn recovers(&mut self, mended: &Repository) {
        self.client.finds(mended, KEPT);
        self.server.behave();
        self.server.serve(mended);
        self.cli.ok(&command(Some(KEPT)));
        self.is_unharmed();
    }

    /// What was stored before the attack still does without any server.
    pub(crate) fn works_offline(&mut self) {
        let report = self.client.find_offline(&[KEPT]).unwrap();
        assert!(report.found[0].is_some());
        let file = self.cli.target_dir().join(KEPT).display().to_string();
        self.cli.ok(&["--target-name", KEPT, "verify", "--offline", &file]);
    }

    /// Core and binary have stored the same; the target that was downloaded before is whole;
    /// nothing else was written anywhere.
    pub(crate) fn is_unharmed(&self) {
        for (role, bytes) in self.client.stored() {
            assert!(
                self.cli.stored(&stored_name(role)).as_ref() == Some(bytes),
                "{role} is stored as by the core"
            );
        }
        assert_eq!(
            self.cli.versions().len(),
            self.client.stored().len(),
            "{:?}",
            self.cli.versions()
        );
        let strays = self.strays();
        assert!(strays.is_empty(), "{strays:?}");
        assert_eq!(self.cli.downloads(), [(KEPT.to_owned(), CONTENT.to_vec())]);
    }

    /// What lies where nothing should.
    pub(crate) fn strays(&self) -> Vec<String> {
        let mut strays = self.cli.strays();
        for entry in std::fs::read_dir(self.cli.metadata_dir()).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let known = entry.path().is_file()
                && (name.ends_with(".json") || [".lock", "settings.toml"].contains(&&*name));
            strays.extend((!known).then_some(name));
        }
        strays
    }
}

fn command(path: Option<&str>) -> Vec<&str> {
    path.map_or(vec!["refresh"], |path| vec!["--target-name", path, "download"])
}

fn stored_name(role: &str) -> String {
    url_name(role).strip_suffix(".json").unwrap().to_owned()
}
