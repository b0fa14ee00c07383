//! `examples/github-actions/publishers.yml`: the shell of its steps, as the runner runs it for a
//! pull request.

use std::process::Command;

use picotuf_tests::cli::{Outcome, binary, outcome};
use picotuf_tests::repository::{Repository, hash};
use picotuf_tests::server::Server;
use serde_json::json;
use tempfile::TempDir;

use crate::{example, leave_out, replaced, variable};

const WORKFLOW: &str = "examples/github-actions/publishers.yml";
const SDIST: &str = "pypi_attestations-0.0.19.tar.gz";
const GITHUB: &str = "github:trailofbits/pypi-attestations:release.yml";
const WITHOUT: [&str; 2] = ["PICOTUF_WITHOUT_PYTHON", "PICOTUF_WITHOUT_ATTESTATIONS"];

/// The script of a step, in a file that has no other shell.
fn script(workflow: &str, step: &str) -> String {
    let (_, rest) = workflow.split_once(&format!("      - name: {step}\n")).unwrap();
    let (_, run) = rest.split_once("        run: ").unwrap();
    let run = run.split("\n      - ").next().unwrap();
    match run.strip_prefix("|\n") {
        Some(lines) => lines.lines().map(|line| format!("{}\n", line.trim())).collect(),
        None => run.to_owned(),
    }
}

/// A checkout of the base branch, and a folder of repositories in place of GitHub.
struct Job {
    folder: TempDir,
    workflow: String,
    github: String,
}

impl Job {
    fn bash(&self, folder: &str, script: &str) -> Outcome {
        let bin = self.folder.path().join("bin");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command
            .args(["-e", "-c", script])
            .current_dir(self.folder.path().join(folder))
            .env_clear()
            .envs([
                ("PATH", path.as_str()),
                ("HOME", self.folder.path().to_str().unwrap()),
                ("CI", "true"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_AUTHOR_NAME", "nobody"),
                ("GIT_AUTHOR_EMAIL", "nobody@example.org"),
                ("GIT_COMMITTER_NAME", "nobody"),
                ("GIT_COMMITTER_EMAIL", "nobody@example.org"),
                ("GITHUB_SERVER_URL", self.github.as_str()),
                ("GITHUB_REPOSITORY", "owner/project"),
                ("PULL_REQUEST", "7"),
            ]);
        outcome(command.output().unwrap())
    }

    fn ok(&self, folder: &str, script: &str) {
        let outcome = self.bash(folder, script);
        assert_eq!(outcome.code, 0, "{script}: {outcome:?}");
    }

    /// The job for a pull request that has these files.
    fn run(&self, files: &[(&str, &str)]) -> Outcome {
        self.ok("owner/project", "git checkout --quiet -B pull main");
        for (name, text) in files {
            std::fs::write(self.folder.path().join("owner/project").join(name), text).unwrap();
        }
        self.ok(
            "owner/project",
            "git add . && git commit --quiet --allow-empty --message pull && \
             git update-ref refs/pull/7/head HEAD && git checkout --quiet main",
        );
        self.ok(".", "rm -rf checkout && git clone --quiet --branch main owner/project checkout");
        self.ok("checkout", &script(&self.workflow, "Take the lock file of the pull request"));
        self.bash("checkout", &script(&self.workflow, "Check who published what is locked"))
    }
}

#[test]
fn a_pull_request_is_held_to_the_publishers_of_the_base_branch() {
    let Some(attestations) = variable("PICOTUF_ATTESTATIONS", &WITHOUT) else { return };
    if Command::new("git").arg("--version").output().is_err() {
        return leave_out();
    }
    let read = |name: &str| std::fs::read(attestations.join("recorded").join(name)).unwrap();
    let sha256 = hash("sha256", &read(SDIST));
    let server = Server::start(&Repository::new());
    let file = json!({"filename": SDIST, "url": "u", "hashes": {"sha256": sha256},
        "provenance": "/provenance"});
    let page = json!({"meta": {"api-version": "1.3"}, "name": "x", "files": [file]}).to_string();
    server.serve_file("/simple/pypi-attestations/", page.as_bytes());
    server.serve_file("/provenance", &read(&format!("{SDIST}.provenance")));
    let lock = format!(
        "version = 1\nrequires-python = \">=3.9\"\n\n[[package]]\nname = \
         \"pypi-attestations\"\nversion = \"0.0.19\"\nsource = {{ registry = \"{}/simple\" \
         }}\nsdist = {{ url = \"https://f/{SDIST}\", hash = \"sha256:{sha256}\" }}\n",
        server.url()
    );

    let folder = tempfile::tempdir().unwrap();
    let root = attestations.join("roots/production.json");
    // The runner would refresh Sigstore's repository.
    let workflow = replaced(
        &example(WORKFLOW),
        "uv.lock --attestations",
        &format!("uv.lock --attestations --trusted-root {}", root.display()),
    );
    let github = format!("file://{}", folder.path().display());
    let job = Job { folder, workflow, github };
    std::fs::create_dir_all(job.folder.path().join("owner/project")).unwrap();
    std::fs::create_dir(job.folder.path().join("bin")).unwrap();
    std::os::unix::fs::symlink(binary(), job.folder.path().join("bin/picotuf")).unwrap();
    let project = job.folder.path().join("owner/project");
    std::fs::write(project.join("uv.lock"), &lock).unwrap();
    let init = format!("picotuf publishers init uv.lock --trusted-root {}", root.display());
    job.ok(
        "owner/project",
        &format!("git init --quiet -b main && {init} && git add . && git commit --quiet -m a"),
    );

    let outcome = job.run(&[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(outcome.stdout.contains(&format!("1 attested by {GITHUB} (pinned)")), "{outcome:?}");

    // The base branch expects another publisher: pins of the pull request do not count.
    let pins = std::fs::read_to_string(project.join("picotuf-publishers.toml")).unwrap();
    let other = pins.replace("2314423", "1");
    std::fs::write(project.join("picotuf-publishers.toml"), &other).unwrap();
    job.ok("owner/project", "git commit --quiet --all --message other");
    let outcome = job.run(&[("picotuf-publishers.toml", &pins)]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("[publisher-changed]"), "{outcome:?}");

    // Nor does a lock file with another package, which nobody has accepted.
    std::fs::write(project.join("picotuf-publishers.toml"), "version = 1\n").unwrap();
    job.ok("owner/project", "git commit --quiet --all --message none");
    let outcome = job.run(&[("picotuf-publishers.toml", &pins), ("uv.lock", &lock)]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("[not-pinned]"), "{outcome:?}");
}
