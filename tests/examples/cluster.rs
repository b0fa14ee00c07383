//! `examples/cluster`: an audit in parts, on the schedulers of clusters. The verdict is that of the
//! whole audit, also if a worker is lost or a part runs twice.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use picotuf_tests::cli::{Cli, Outcome, binary, outcome};
use picotuf_tests::delegation::Delegation;
use picotuf_tests::repository::{NOW, Repository, hash};
use picotuf_tests::server::Server;
use serde_json::Value;

use crate::{example, long_lived, replaced, variable};

/// A mirror with one wrong file, and a user with a cluster.
struct Site {
    cli: Cli,
    python: PathBuf,
    /// The verdict of the whole audit.
    whole: Vec<String>,
}

impl Site {
    /// Nothing where python-tuf's environment is left out.
    fn new() -> Option<Site> {
        let python = variable("PICOTUF_PYTHON", &["PICOTUF_WITHOUT_PYTHON"])?;
        let mut repository = Repository::new();
        repository.delegate("targets", &Delegation::succinct("bins", 2));
        for number in 0..40 {
            let content = format!("content {number}");
            repository.add_target("targets", &format!("file-{number}"), content.as_bytes());
        }
        long_lived(&mut repository);
        let server = Server::start(&repository);
        let cli = Cli::initialized(&repository, &server);
        let site = Site { cli, python, whole: Vec::new() };
        site.cli.ok(&["mirror", "--to", &site.mirror(), "--targets"]);
        let wrong = format!("mirror/targets/{}.file-7", hash("sha256", b"content 7"));
        std::fs::write(site.path(&wrong), "content 8").unwrap();
        std::fs::create_dir(site.path("bin")).unwrap();
        std::os::unix::fs::symlink(binary(), site.path("bin/picotuf")).unwrap();
        // The lines of a merge name the targets only, so this is the merge of a single part.
        let (_, report) = site.cli.json(&["mirror", "--check", &site.mirror(), "--targets"]);
        site.cli.write("whole.json", report.to_string().as_bytes());
        let said = site.merge("whole.json");
        assert_eq!(said.code, 1, "{said:?}");
        let whole = verdict(&said);
        assert!(whole.len() == 3 && whole[0].contains("[hash-mismatch]"), "{whole:?}");
        assert!(whole[2].starts_with("40 listed files: 39 verified"), "{whole:?}");
        Some(Site { whole, ..site })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.cli.folder().join(name)
    }

    fn mirror(&self) -> String {
        self.path("mirror").display().to_string()
    }

    fn root(&self) -> String {
        self.path("anchor.json").display().to_string()
    }

    /// Writes a program of this user.
    fn program(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// An example, for the mirror of this user.
    fn example(&self, name: &str) -> String {
        let text = replaced(&example(name), "/srv/tuf", &self.mirror());
        match text.contains("/etc/picotuf/root.json") {
            true => replaced(&text, "/etc/picotuf/root.json", &self.root()),
            false => replaced(&text, "tuf/root.json", &self.root()),
        }
    }

    /// Runs a program in this user's folder.
    fn run(&self, line: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let mut command = Command::new(line[0]);
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.path("bin").display());
        command.args(&line[1..]).env_clear().env("PATH", path).env("HOME", self.cli.folder());
        command.env("TMPDIR", self.cli.folder()).current_dir(self.cli.folder());
        outcome(command.envs(variables.iter().copied()).output().unwrap())
    }

    /// Parses a YAML file.
    fn parsed(&self, text: &str) -> Value {
        let program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.argv[1]), sys.stdout)";
        let said = self.run(&[self.python.to_str().unwrap(), "-c", program, text], &[]);
        serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{said:?}"))
    }

    fn merge(&self, pattern: &str) -> Outcome {
        self.run(&["sh", "-c", &format!("picotuf mirror --merge {pattern}")], &[])
    }

    fn is_the_verdict(&self, said: &Outcome) {
        assert_eq!((said.code, verdict(said)), (1, self.whole.clone()), "{said:?}");
        assert!(said.stderr.contains("[mirror-not-whole]"), "{said:?}");
    }
}

/// The lines of the verdict: each fault, the roles and the targets.
fn verdict(said: &Outcome) -> Vec<String> {
    let is_of_verdict = |line: &&str| {
        line.starts_with("wrong ")
            || ["delegated roles", "listed files"].iter().any(|it| line.contains(it))
    };
    said.stdout.lines().filter(is_of_verdict).map(str::to_owned).collect()
}

fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).unwrap().lines().count()
}

#[test]
fn dask_gives_the_verdict_of_the_whole_audit_though_a_worker_is_killed() {
    let Some(site) = Site::new() else { return };
    // The first to audit part 2 loses its worker, which Dask replaces.
    let (runs, real) = (site.path("runs"), binary());
    let picotuf = site.program(
        "loses-a-worker",
        &format!(
            "#!/bin/sh\ncase \"$*\" in *'--shard 2/4 '*)\n  echo run >>'{runs}'\n  \
             [ \"$(wc -l <'{runs}')\" -gt 1 ] || kill -9 $PPID ;;\nesac\nexec '{real}' \"$@\"\n",
            runs = runs.display(),
            real = real.display()
        ),
    );
    let script = site.program("audit.py", &example("examples/cluster/audit.py"));
    let (script, picotuf) = (script.to_str().unwrap(), picotuf.to_str().unwrap());
    let python = site.python.to_str().unwrap();
    let (mirror, root) = (site.mirror(), site.root());
    let mut line = vec![python, script, &mirror, "--root", &root, "--at", NOW, "--parts", "4"];
    line.extend(["--targets", "--picotuf", picotuf]);
    site.is_the_verdict(&site.run(&line, &[]));
    assert_eq!(lines(&runs), 2);
}

#[test]
fn slurm_gives_the_verdict_of_the_whole_audit_though_a_part_runs_twice() {
    let Some(site) = Site::new() else { return };
    // In place of Slurm: runs each job at once, and part 3 again, as after the failure of a node.
    site.program(
        "bin/sbatch",
        "#!/bin/sh\nfor option in \"$@\"; do\n  case $option in\n    --array=1-*) \
         last=${option#--array=1-} ;;\n    --output=*) output=${option#--output=} ;;\n    \
         --dependency=*) [ \"$option\" = --dependency=afterany:7 ] || exit 9 ;;\n    -*) ;;\n    \
         *) break ;;\n  esac\n  shift\ndone\nif [ -n \"${last:-}\" ]; then\n  for part in $(seq \
         \"$last\") 3; do SLURM_ARRAY_TASK_ID=$part sh \"$@\" || echo \"$part\" >>faults; done\n  \
         echo '7;cluster'\nelse\n  sh \"$@\" >\"$output\" 2>&1\nfi\n",
    );
    let script = site.program("slurm.sh", &site.example("examples/cluster/slurm.sh"));
    let mut said = site.run(&["sh", script.to_str().unwrap()], &[]);
    // The output of a job is one file.
    said.stderr.clone_from(&said.stdout);
    site.is_the_verdict(&said);
    assert_eq!(lines(&site.path("faults")), 1, "only one part has a fault");
}

#[test]
fn the_pods_of_kubernetes_give_the_verdict_of_the_whole_audit() {
    let Some(site) = Site::new() else { return };
    let text = site.example("examples/cluster/kubernetes.yaml");
    let audit = site.path("audit").display().to_string();
    let text = replaced(&text, "/audit/", &format!("{audit}/"));
    let job = site.parsed(&replaced(&text, "AUDIT_AT", NOW));
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let environment = container["env"].as_array().unwrap();
    let of = |name: &str| {
        let found = environment.iter().find(|one| one["name"] == name).unwrap();
        found["value"].as_str().unwrap().to_owned()
    };
    let (parts, at) = (of("PARTS"), of("AT"));
    assert_eq!(job["spec"]["completions"].as_u64().unwrap().to_string(), parts);
    assert_eq!(at, NOW);
    let command: Vec<&str> = container["command"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap())
        .collect();
    let pod = |index: u64, at: &str| {
        let index = index.to_string();
        site.run(&command, &[("PARTS", &parts), ("AT", at), ("JOB_COMPLETION_INDEX", &index)])
    };
    let count: u64 = parts.parse().unwrap();
    // The first pod runs twice.
    for index in (0..count).chain([0]) {
        let said = pod(index, &at);
        assert_eq!(said.code, 0, "{said:?}");
    }
    site.is_the_verdict(&site.merge(&format!("{audit}/{NOW}/part-*.json")));
    // What is no verdict is no report, so that Kubernetes runs the pod again.
    let said = pod(0, "yesterday");
    assert!(said.code != 0 && said.stderr.contains("--at"), "{said:?}");
    assert!(!site.path("audit/yesterday/part-1.json").exists());
}

#[test]
fn the_jobs_of_a_matrix_give_the_verdict_of_the_whole_audit() {
    let Some(site) = Site::new() else { return };
    let workflow = site.parsed(&site.example("examples/cluster/github-actions.yml"));
    let jobs = &workflow["jobs"];
    let parts = jobs["part"]["strategy"]["matrix"]["part"].as_array().unwrap();
    let step = &jobs["part"]["steps"][1];
    let environment = [("AT", "${{ needs.time.outputs.at }}"), ("PART", "${{ matrix.part }}")];
    for (name, value) in environment {
        assert_eq!(step["env"][name], value);
    }
    let script = |step: &Value| site.program("step.sh", step["run"].as_str().unwrap());
    for part in parts {
        let (file, part) = (script(step), part.to_string());
        let said =
            site.run(&["bash", "-e", file.to_str().unwrap()], &[("AT", NOW), ("PART", &part)]);
        assert_eq!(said.code, 0, "{said:?}");
    }
    let merge = script(&jobs["verdict"]["steps"][1]);
    let merge = ["bash", "-e", merge.to_str().unwrap()];
    site.is_the_verdict(&site.run(&merge, &[]));
    // The report of a part is lost.
    std::fs::remove_file(site.path("part-2.json")).unwrap();
    let said = site.run(&merge, &[]);
    assert!(said.code == 1 && said.stderr.contains("[part-missing]"), "{said:?}");
}
