//! python-tuf, asked from here: its client as judge of a repository, and what its client leaves
//! stored.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// A verdict on a repository and one target of it, as either client gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The target verifies.
    Ok,
    /// No role that may speak for the target lists it.
    Absent,
    /// Something is wrong.
    Refused,
}

impl Verdict {
    /// As the judge and the table of differences write it.
    pub(crate) fn parse(word: &str) -> Option<Verdict> {
        match word {
            "ok" => Some(Verdict::Ok),
            "absent" => Some(Verdict::Absent),
            "refused" => Some(Verdict::Refused),
            _ => None,
        }
    }
}

/// What the judge is asked.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// The repository: `root.json`, `metadata/`, `targets/`.
    pub(crate) folder: PathBuf,
    /// The target to look up and download.
    pub(crate) target: String,
    /// The time of the check.
    pub(crate) now: String,
    /// What a client stored earlier; it stays as it is.
    pub(crate) stored: Option<PathBuf>,
}

/// python-tuf in its environment.
#[derive(Debug)]
pub(crate) struct PythonTuf {
    interpreter: PathBuf,
}

impl PythonTuf {
    /// python-tuf; nothing where the variable says that there is none, and then the part that is
    /// left out is named.
    ///
    /// # Panics
    /// If nobody said that it is missing, and it is.
    pub(crate) fn find(part: &str) -> Option<PythonTuf> {
        set_up("PICOTUF_PYTHON", part).map(|interpreter| PythonTuf { interpreter })
    }

    /// The folder where the environment keeps its packages.
    pub(crate) fn packages(&self) -> PathBuf {
        let output = self
            .command()
            .args(["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
            .output()
            .unwrap();
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    }

    /// The verdicts of python-tuf's client with what it says to them, in the order of the
    /// questions.
    pub(crate) fn judge(&self, questions: &[Question]) -> Vec<(Verdict, String)> {
        // One interpreter for each of the two cores that there are at least.
        let share = questions.len().div_ceil(2).max(1);
        std::thread::scope(|scope| {
            let judges: Vec<_> = questions
                .chunks(share)
                .map(|share| scope.spawn(|| self.judge_alone(share)))
                .collect();
            judges.into_iter().flat_map(|judge| judge.join().unwrap()).collect()
        })
    }

    /// Refreshes and downloads with `store` as the client's metadata folder, which keeps what
    /// python-tuf writes.
    pub(crate) fn store(&self, question: &Question, store: &Path) -> (Verdict, String) {
        const PROGRAM: &str = "\
import json, sys
from pathlib import Path
from judge import read_folder, run_client
from support import parse_time
folder, target, time, store = sys.argv[1:]
print(json.dumps(run_client(read_folder(Path(folder)), target, parse_time(time), Path(store))))
";
        let arguments = [
            question.folder.as_os_str(),
            question.target.as_ref(),
            question.now.as_ref(),
            store.as_os_str(),
        ];
        let output = self
            .command()
            .args(["-c", PROGRAM])
            .args(arguments)
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        answer(&output.stdout)
    }

    /// What python-tuf's client, over HTTP with its own fetcher, says of a target.
    pub(crate) fn download(
        &self,
        url: &str,
        root: &Path,
        target: &str,
        now: &str,
    ) -> (Verdict, String) {
        const PROGRAM: &str = "\
import json, sys, tempfile
from pathlib import Path
from support import parse_time
from tuf.ngclient import Updater
url, root, target, time = sys.argv[1:]
verdict, error = 'ok', None
with tempfile.TemporaryDirectory() as folder:
    try:
        updater = Updater(
            metadata_dir=folder, metadata_base_url=url + '/metadata/', target_dir=folder,
            target_base_url=url + '/targets/', bootstrap=Path(root).read_bytes(),
        )
        updater._trusted_set.reference_time = parse_time(time)
        updater.refresh()
        found = updater.get_targetinfo(target)
        if found is None:
            verdict = 'absent'
        else:
            updater.download_target(found)
    except Exception as refusal:
        verdict, error = 'refused', f'{type(refusal).__name__}: {refusal}'
print(json.dumps({'verdict': verdict, 'error': error}))
";
        let root = root.to_str().unwrap();
        let mut command = self.command();
        for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        let output = command
            .args(["-c", PROGRAM, url, root, target, now])
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        answer(&output.stdout)
    }

    fn judge_alone(&self, questions: &[Question]) -> Vec<(Verdict, String)> {
        let mut child = self
            .command()
            .arg("judge.py")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut lines = BufReader::new(output).split(b'\n');
        let mut verdicts = Vec::new();
        for question in questions {
            let Question { folder, target, now, stored } = question;
            let mut line = json!({"dir": folder, "target": target, "time": now});
            if let Some(stored) = stored {
                line["metadata_dir"] = json!(stored);
            }
            writeln!(input, "{line}").unwrap();
            let line = lines.next().unwrap_or_else(|| panic!("the judge ends at {question:?}"));
            verdicts.push(answer(&line.unwrap()));
        }
        drop(input);
        assert!(child.wait().unwrap().success());
        verdicts
    }

    /// The lines that a program of this folder answers the questions with, all of which it is given
    /// at one time.
    pub(crate) fn answers(&self, program: &str, questions: &[Value]) -> Vec<String> {
        let mut child = self
            .command()
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let text: String = questions.iter().map(|question| format!("{question}\n")).collect();
        let writing = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
        let output = child.wait_with_output().unwrap();
        writing.join().unwrap();
        assert!(output.status.success());
        let answers: Vec<String> =
            String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(answers.len(), questions.len());
        answers
    }

    /// The lines that a program of this folder prints.
    pub(crate) fn run(&self, program: &str, arguments: &[&OsStr]) -> Vec<String> {
        let output =
            self.command().arg(program).args(arguments).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success(), "{program}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.interpreter);
        command
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("interop"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

/// The repositories that python-tuf wrote; nothing, as [`PythonTuf::find`].
pub(crate) fn repositories(part: &str) -> Option<PathBuf> {
    set_up("PICOTUF_REPOSITORIES", part)
}

fn set_up(variable: &str, part: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(PathBuf::from(path));
    }
    let without = std::env::var_os("PICOTUF_WITHOUT_PYTHON").is_some_and(|value| value == "1");
    assert!(without, "{variable} is not set: run tests/run, which sets up what {part} needs");
    // Past the test harness, which keeps what a passing test prints.
    let mut terminal = std::io::stderr();
    writeln!(terminal, "!! LEFT OUT, for want of Python: {part}").unwrap();
    None
}

fn answer(line: &[u8]) -> (Verdict, String) {
    let answer: Value = serde_json::from_slice(line)
        .unwrap_or_else(|error| panic!("{}: {error}", String::from_utf8_lossy(line)));
    let verdict =
        answer["verdict"].as_str().and_then(Verdict::parse).unwrap_or_else(|| panic!("{answer}"));
    (verdict, answer["error"].as_str().unwrap_or_default().to_owned())
}
