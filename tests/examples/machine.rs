//! The machine of somebody who uses an example.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use picotuf_tests::cli::{Outcome, binary, outcome};
use picotuf_tests::delegation::Delegation;
use picotuf_tests::repository::{Repository, hash};
use picotuf_tests::server::Server;
use serde_json::json;
use tempfile::TempDir;

use crate::index::Index;
use crate::{example, long_lived, replaced, variable};

/// A home, a project that has the root metadata, and the tools on the PATH; a package index, and
/// the repository that signs what is there.
pub(crate) struct Machine {
    folder: TempDir,
    tools: PathBuf,
    environment: BTreeMap<&'static str, OsString>,
    pub(crate) index: Index,
    pub(crate) server: Server,
}

impl Machine {
    /// Nothing where the tools are left out.
    pub(crate) fn new() -> Option<Machine> {
        let tools =
            variable("PICOTUF_TOOLS", &["PICOTUF_WITHOUT_PYTHON", "PICOTUF_WITHOUT_LOCK_FILES"])?
                .join("bin");
        let index = Index::start(&tools.join("python"));
        let repository = signing(&index);
        let server = Server::start(&repository);
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "bin", "project/tuf"] {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        let bin = folder.path().join("bin");
        std::os::unix::fs::symlink(binary(), bin.join("picotuf")).unwrap();
        for name in ["pip", "uv", "pre-commit"] {
            std::os::unix::fs::symlink(tools.join(name), bin.join(name)).unwrap();
        }
        // Not the tools' environment, which uv might take for the one that it shall fill.
        std::os::unix::fs::symlink(
            tools.join("python").canonicalize().unwrap(),
            bin.join("python3"),
        )
        .unwrap();
        let mut path = bin.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let simple = format!("{}/simple/", index.address);
        let environment = BTreeMap::from([
            ("HOME", folder.path().join("home").into_os_string()),
            ("PATH", path),
            ("LC_ALL", "C.UTF-8".into()),
            ("NO_PROXY", "*".into()),
            ("PIP_CONFIG_FILE", "/dev/null".into()),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1".into()),
            ("PIP_INDEX_URL", simple.clone().into()),
            // Where packages go, so that the tools' own environment stays as it is.
            ("PIP_TARGET", folder.path().join("project/site").into_os_string()),
            ("UV_DEFAULT_INDEX", simple.into()),
            ("UV_NO_CONFIG", "1".into()),
            ("UV_PYTHON_DOWNLOADS", "never".into()),
            ("GIT_CONFIG_GLOBAL", "/dev/null".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GIT_AUTHOR_NAME", "nobody".into()),
            ("GIT_AUTHOR_EMAIL", "nobody@example.org".into()),
            ("GIT_COMMITTER_NAME", "nobody".into()),
            ("GIT_COMMITTER_EMAIL", "nobody@example.org".into()),
        ]);
        let machine = Machine { folder, tools, environment, index, server };
        std::fs::write(machine.project("tuf/root.json"), repository.anchor()).unwrap();
        Some(machine)
    }

    /// A path in the project.
    pub(crate) fn project(&self, name: &str) -> PathBuf {
        self.folder.path().join("project").join(name)
    }

    /// A path of this machine.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the project.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.project(name), text).unwrap();
    }

    /// An example, for the repository of this machine.
    pub(crate) fn example(&self, name: &str) -> String {
        replaced(&example(name), "https://tuf.example.org", &self.server.url())
    }

    /// Runs a program in the project.
    pub(crate) fn run(&self, line: &[&str]) -> Outcome {
        self.run_with(line, &[])
    }

    /// The same, with more variables.
    pub(crate) fn run_with(&self, line: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let mut command = Command::new(line[0]);
        command
            .args(&line[1..])
            .env_clear()
            .envs(&self.environment)
            .envs(variables.iter().copied());
        command.current_dir(self.project(""));
        outcome(
            command.output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}")),
        )
    }

    /// Runs a program, which must succeed.
    pub(crate) fn ok(&self, line: &[&str]) -> Outcome {
        let outcome = self.run(line);
        assert_eq!(outcome.code, 0, "{line:?}: {outcome:?}");
        outcome
    }

    /// Runs a script of the examples.
    pub(crate) fn script(&self, name: &str) -> Outcome {
        let script = self.folder.path().join("script.sh");
        std::fs::write(&script, self.example(name)).unwrap();
        self.run(&["sh", script.to_str().unwrap()])
    }

    /// Runs a Python program with the libraries of the tools.
    pub(crate) fn python(&self, program: &str, arguments: &[&str]) -> String {
        let python = self.tools.join("python");
        let mut line = vec![python.to_str().unwrap(), "-c", program];
        line.extend(arguments);
        self.ok(&line).stdout
    }

    /// Forgets what else is on the PATH of who runs the tests.
    pub(crate) fn leave_system_path(&mut self) {
        let mut path = self.folder.path().join("bin").into_os_string();
        path.push(":/usr/bin:/bin");
        self.environment.insert("PATH", path);
    }

    /// Whether this system has git.
    pub(crate) fn has_git(&self) -> bool {
        Command::new("git").arg("--version").output().is_ok_and(|output| output.status.success())
    }
}

/// A repository that signs all files of the index, as PEP 458 has it.
fn signing(index: &Index) -> Repository {
    const ALL: &[&str] =
        &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];
    let mut repository = Repository::new();
    repository.delegate("targets", &Delegation::hash_prefixes("bins", ALL));
    for digit in ALL {
        repository.delegate("bins", &Delegation::hash_prefixes(&format!("bin-{digit}"), &[digit]));
    }
    for (name, file) in &index.files {
        let path = format!("{}/{name}", file["project"].as_str().unwrap());
        let bin = format!("bin-{}", &hash("sha256", path.as_bytes())[..1]);
        repository.edit(&bin, |signed| {
            signed["targets"][path] =
                json!({"length": file["length"], "hashes": {"sha256": file["sha256"]}});
        });
    }
    long_lived(&mut repository);
    repository
}
