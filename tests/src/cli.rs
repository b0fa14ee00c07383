//! Runs the built `picotuf` and reads what it says.

use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::repository::{NOW, Repository};
use crate::server::Server;

/// The variable that names the binary to test; without it, the one that was built beside the tests
/// is taken.
pub const BINARY_VARIABLE: &str = "PICOTUF_BIN";

/// The variable that names a folder for all JSON that the tests see, one object a line. The step
/// `tests` holds it to the schemas in `docs/schemas`.
pub const VERDICTS_VARIABLE: &str = "PICOTUF_VERDICTS";

/// A user of the command line: a metadata folder, a target folder, and a home of its own.
#[derive(Debug)]
pub struct Cli {
    folder: TempDir,
    /// Options that stand before each command.
    pub options: Vec<String>,
    /// Options for `init` alone, which saves them.
    pub saved: Vec<String>,
}

/// What a run of the binary ended with.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: i32,
    /// What it wrote to the standard output.
    pub stdout: String,
    /// What it wrote to the standard error.
    pub stderr: String,
}

impl Cli {
    /// A user who has not run anything, with folders of its own, at [`NOW`].
    ///
    /// # Panics
    /// If a temporary folder cannot be made.
    pub fn new() -> Cli {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut cli = Cli { folder, options: Vec::new(), saved: Vec::new() };
        std::fs::create_dir(cli.target_dir()).expect("a new folder takes a folder");
        let metadata = cli.metadata_dir().display().to_string();
        cli.options =
            ["--metadata-dir", &metadata, "--at", NOW, "--quiet"].map(str::to_owned).to_vec();
        cli
    }

    /// Returns a user who trusts version 1 of this repository's root, and knows where the server
    /// is.
    pub fn initialized(repository: &Repository, server: &Server) -> Cli {
        let cli = Cli::new();
        let target_dir = cli.target_dir().display().to_string();
        let root = cli.write("anchor.json", repository.anchor()).display().to_string();
        let urls =
            ["--metadata-url", &server.metadata_url(), "--target-base-url", &server.targets_url()]
                .map(str::to_owned);
        let mut arguments: Vec<&str> = urls.iter().map(String::as_str).collect();
        arguments.extend(["--target-dir", &target_dir, "init", &root]);
        cli.ok(&arguments);
        cli
    }

    /// Saves these options in the metadata folder, whose root [`Cli::initialized`] wrote.
    ///
    /// # Panics
    /// If `init` fails.
    pub fn save(&self, options: &[&str]) {
        let root = self.folder.path().join("anchor.json").display().to_string();
        self.ok(&[options, &["init", &root]].concat());
    }

    /// Returns the metadata folder. `init` makes it.
    pub fn metadata_dir(&self) -> PathBuf {
        self.folder.path().join("metadata")
    }

    /// Returns the target folder.
    pub fn target_dir(&self) -> PathBuf {
        self.folder.path().join("downloads")
    }

    /// Writes a file beside the two folders and gives its path.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("a temporary folder takes files");
        path
    }

    /// From now on it is this time.
    pub fn set_time(&mut self, now: &str) {
        let at = self
            .options
            .iter()
            .position(|option| option == "--at")
            .expect("a test's time is an option");
        self.options[at + 1] = now.to_owned();
    }

    /// Runs the binary with these arguments after [`Cli::options`].
    ///
    /// # Panics
    /// If it cannot be started, or is killed.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with_input(arguments, b"")
    }

    /// [`Cli::run`] with this on the standard input.
    ///
    /// # Panics
    /// As [`Cli::run`].
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut command = self.command(&[], &binary(), arguments);
        let mut file = tempfile::tempfile().expect("a temporary file can be made");
        file.write_all(input)
            .and_then(|()| file.rewind())
            .expect("a temporary file can be written");
        command.stdin(file);
        let output =
            command.output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        outcome(output)
    }

    /// [`Cli::run`] with this environment variable.
    ///
    /// # Panics
    /// As [`Cli::run`].
    pub fn run_with_variable(&self, name: &str, value: &str, arguments: &[&str]) -> Outcome {
        let mut command = self.command(&[], &binary(), arguments);
        command.env(name, value);
        let output =
            command.output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        outcome(output)
    }

    /// The same, started by another program, which is given the binary and its arguments behind its
    /// own.
    pub fn run_within(&self, wrapper: &[&str], arguments: &[&str]) -> Outcome {
        let mut command = self.command(wrapper, &binary(), arguments);
        let output =
            command.output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        outcome(output)
    }

    /// Returns what runs `binary` with these arguments after [`Cli::options`].
    pub fn command(&self, wrapper: &[&str], binary: &Path, arguments: &[&str]) -> Command {
        let mut command = match wrapper {
            [] => Command::new(binary),
            [program, rest @ ..] => {
                let mut command = Command::new(program);
                command.args(rest).arg(binary);
                command
            }
        };
        command.args(&self.options).args(arguments);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy().to_ascii_lowercase();
            if text.starts_with("picotuf_") || text.ends_with("_proxy") {
                command.env_remove(&name);
            }
        }
        for variable in [
            "HOME",
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "APPDATA",
            "LOCALAPPDATA",
        ] {
            command.env(variable, self.folder.path());
        }
        // Whether the tests run in CI is nothing to the user.
        command.env_remove("CI");
        command.current_dir(self.folder.path());
        command
    }

    /// Returns the folder that holds all of the user's.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the binary, which must exit with 0.
    pub fn ok(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, 0, "{arguments:?}: {outcome:?}");
        outcome
    }

    /// Runs the binary with `--json`, and gives its exit code and verdict.
    pub fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let mut with_json = vec!["--json"];
        with_json.extend(arguments);
        let outcome = self.run(&with_json);
        let verdict = serde_json::from_str(&outcome.stdout);
        let verdict = verdict.unwrap_or_else(|error| {
            panic!("{arguments:?} does not print one JSON value ({error}): {outcome:?}")
        });
        keep(&verdict);
        (outcome.code, verdict)
    }

    /// Runs the binary with `--json`; all must hold, and the verdict must say so.
    pub fn json_ok(&self, arguments: &[&str]) -> Value {
        let (code, verdict) = self.json(arguments);
        assert_eq!((code, &verdict["ok"]), (0, &Value::Bool(true)), "{arguments:?}: {verdict}");
        verdict
    }

    /// Runs the binary with `--json`, which must exit with 1 and give this error code, about this
    /// role where one is given.
    pub fn refuses(&self, arguments: &[&str], code: &str, role: Option<&str>) -> Value {
        let (exit, verdict) = self.json(arguments);
        let found = (exit, verdict["ok"].as_bool(), verdict["error"]["code"].as_str());
        assert_eq!(found, (1, Some(false), Some(code)), "{arguments:?}: {verdict}");
        if let Some(role) = role {
            assert_eq!(verdict["error"]["role"], role, "{verdict}");
        }
        verdict
    }

    /// Returns the roles whose files are stored, with the versions that these say; by file name
    /// without `.json`.
    ///
    /// # Panics
    /// If a stored file is not metadata.
    pub fn versions(&self) -> Vec<(String, u64)> {
        let names = file_names(&self.metadata_dir());
        let roles = names.iter().filter_map(|name| name.strip_suffix(".json"));
        let version = |role: &str| {
            let bytes = self.stored(role).expect("the file was listed");
            let file: Value = serde_json::from_slice(&bytes).expect("what is stored is JSON");
            file["signed"]["version"].as_u64().expect("what is stored has a version")
        };
        roles.map(|role| (role.to_owned(), version(role))).collect()
    }

    /// Returns the bytes of a role's stored file.
    pub fn stored(&self, role: &str) -> Option<Vec<u8>> {
        std::fs::read(self.metadata_dir().join(format!("{role}.json"))).ok()
    }

    /// Returns the downloaded files, with their paths from the target folder, sorted.
    pub fn downloads(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        collect(&self.target_dir(), "", &mut files);
        files.sort();
        files
    }

    /// Everything else that lies in the user's folders: what no command may make.
    pub fn strays(&self) -> Vec<String> {
        let mut names = file_names(self.folder.path());
        names.retain(|name| !["metadata", "downloads", "anchor.json"].contains(&name.as_str()));
        names
    }
}

impl Default for Cli {
    fn default() -> Self {
        Cli::new()
    }
}

/// Returns the binary under test.
///
/// # Panics
/// If it has not been built.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os(BINARY_VARIABLE) {
        return PathBuf::from(path);
    }
    // Tests lie in `target/PROFILE/deps`, binaries in `target/PROFILE`.
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("tests are built into a folder of the target folder");
    let binary = profile.join(format!("picotuf{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.is_file(),
        "{} is not there: run `cargo build -p picotuf-cli` first, or set {BINARY_VARIABLE} to the \
         binary to test",
        binary.display()
    );
    binary
}

/// Returns whether the binary under test is the driver on the npm package,
/// `tests/npm/conformance.mjs`, and not the command line: what it fetches with is the runtime's
/// own, which has no time limits and fewer words, and it has no hints for users.
pub fn is_npm_driver() -> bool {
    binary().extension().is_some_and(|extension| extension == "mjs")
}

/// Returns what a process said that has ended.
///
/// # Panics
/// If it was killed.
pub fn outcome(output: Output) -> Outcome {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code =
        output.status.code().unwrap_or_else(|| panic!("the binary was killed: {}", output.status));
    Outcome { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

/// Appends the verdict to a file of this process, if [`VERDICTS_VARIABLE`] is set.
fn keep(verdict: &Value) {
    let Some(folder) = std::env::var_os(VERDICTS_VARIABLE).filter(|_| !is_npm_driver()) else {
        return;
    };
    let path = Path::new(&folder).join(format!("{}.jsonl", std::process::id()));
    let file = std::fs::File::options().create(true).append(true).open(path);
    // One call, because tests run in threads.
    file.and_then(|mut file| file.write_all(format!("{verdict}\n").as_bytes()))
        .expect("the folder of verdicts takes files");
}

fn file_names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for name in file_names(folder) {
        let path = folder.join(&name);
        match path.is_dir() {
            true => collect(&path, &format!("{prefix}{name}/"), files),
            false => files.push((
                format!("{prefix}{name}"),
                std::fs::read(&path).expect("a listed file can be read"),
            )),
        }
    }
}
