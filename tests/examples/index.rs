//! A package index on the loopback interface, which may exchange its files.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Map, Value};

/// The running index. It ends when it is dropped.
pub(crate) struct Index {
    child: Child,
    answers: BufReader<ChildStdout>,
    /// As `http://127.0.0.1:PORT`.
    pub(crate) address: String,
    /// By name: project, sha256 and length of each file that the projects have published.
    pub(crate) files: Map<String, Value>,
}

impl Index {
    /// Starts it with this Python.
    pub(crate) fn start(python: &Path) -> Index {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/index.py");
        let mut command = Command::new(python);
        command.arg(&script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let begun: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        let address = begun["address"].as_str().unwrap().to_owned();
        Index { child, answers, address, files: begun["files"].as_object().unwrap().clone() }
    }

    /// From now on the index has other files of this project, and says so in its page.
    pub(crate) fn exchange(&mut self, project: &str) {
        writeln!(self.child.stdin.as_ref().unwrap(), "{project}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert_eq!(line, "done\n");
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
