//! Whole processes: `peer-process FOLDER TARGET PICOTUF` has the command line verify a file, from
//! start to exit.
//!
//! This is a program by itself because Linux counts a parent's memory as its child's until the
//! child has loaded its own program: the parent has to be small.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use peer::{Answer, Question, Result};

fn main() -> Result<()> {
    let question = Question::from_arguments()?;
    let [program] = question.options.as_slice() else { return Err("which program?".into()) };
    peer::answer(|| verify(&question, program))
}

fn verify(question: &Question, program: &str) -> Result<Answer> {
    let store = tempfile::tempdir()?;
    // Not counted: the trust anchor is taken once, and what is measured is what comes after.
    run(Command::new(program).arg("init").arg(question.folder.join("root.json")), store.path())?;
    let mut command = Command::new(program);
    command.arg("verify").arg(question.folder.join("targets").join(&question.target)).arg("--json");
    command
        .arg("--target-name")
        .arg(&question.target)
        .arg("--metadata-url")
        .arg(question.folder.join("metadata"));
    for role in ["snapshot", "targets"] {
        command.args([format!("--{role}-max-length"), (1u64 << 30).to_string()]);
    }
    let start = Instant::now();
    let output = run(&mut command, store.path())?;
    let taken = start.elapsed();
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss().try_into()?;
    Ok(Answer { taken, peak, sha256: sha256(&output).ok_or("the report has no SHA-256")? })
}

fn run(command: &mut Command, store: &Path) -> Result<String> {
    let output = command.arg("--metadata-dir").arg(store).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(String::from_utf8(output.stderr)?.trim().into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The one SHA-256 that the report states: of the target.
fn sha256(report: &str) -> Option<Vec<u8>> {
    let digits = report.split("\"sha256\"").nth(1)?.split('"').nth(1)?;
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect()
}
