//! Other verifiers, as processes that judge one attestation after the other: pypi-attestations, the
//! reference implementation of PEP 740, and the crate `sigstore-verify`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::{Recorded, data};

/// One of them.
pub struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// pypi-attestations.
    pub fn python() -> Self {
        let python = std::env::var_os("PICOTUF_ATTEST_PYTHON")
            .expect("PICOTUF_ATTEST_PYTHON has pypi-attestations: use tests/attest/run");
        let mut command = Command::new(python);
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/oracle.py"));
        Self::start(command)
    }

    /// Starts `sigstore-verify`, if `tests/attest/run full` has built it: that takes long.
    pub fn sigstore_verify() -> Option<Self> {
        std::env::var_os("PICOTUF_ATTEST_PEER").map(|peer| Self::start(Command::new(peer)))
    }

    fn start(mut command: Command) -> Self {
        let mut child = command
            .arg(data().join("roots"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Peer { child, input, output }
    }

    /// What it says of an attestation object about a recorded file.
    pub fn judge(&mut self, recorded: &Recorded, attestation: &str) -> Result<(), String> {
        let question = json!({
            "attestation": attestation,
            "name": recorded.file,
            "sha256": recorded.sha256,
            "staging": recorded.staging,
        });
        let input = self.input.as_mut().expect("a pipe");
        writeln!(input, "{question}").expect("python reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("python writes");
        let answer: Value = serde_json::from_str(&line).expect("an answer");
        match answer["error"].as_str() {
            None => Ok(()),
            Some(error) => Err(error.into()),
        }
    }
}

/// What securesystemslib says of signatures by identities: a question and an answer each.
pub fn identities(questions: &[Value]) -> Vec<Result<(), String>> {
    let python = std::env::var_os("PICOTUF_ATTEST_PYTHON")
        .expect("PICOTUF_ATTEST_PYTHON has securesystemslib: use tests/attest/run");
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/identities.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut input = child.stdin.take().expect("a pipe");
    for question in questions {
        writeln!(input, "{question}").expect("python reads");
    }
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", output.status);
    let lines = String::from_utf8(output.stdout).expect("text");
    let answer = |line: &str| {
        let answer: Value = serde_json::from_str(line).expect("an answer");
        answer["error"].as_str().map_or(Ok(()), |error| Err(error.to_owned()))
    };
    lines.lines().map(answer).collect()
}

impl Drop for Peer {
    fn drop(&mut self) {
        // At the end of its input it ends.
        self.input.take();
        let _ = self.child.wait();
    }
}
