//! What the programs that `measure.py` drives have in common.
//!
//! A program is started as `PROGRAM FOLDER TARGET [OPTION]...`. For each line on standard input it
//! verifies the target once, cold: with nothing but the root that `FOLDER/root.json` holds. It
//! answers each with one line on standard output, of words separated by blanks:
//!
//! - `ok NANOSECONDS KIB SHA256`: how long it took, the program's peak resident memory up to then,
//!   and what the target's signed entry says its SHA-256 is, in hexadecimal digits;
//! - `error TEXT`: why it could not.

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, io};

/// What goes wrong in a program.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is to be verified.
pub struct Question {
    /// The repository: `root.json`, `metadata/`, `targets/`.
    pub folder: PathBuf,
    /// The path of the target, as the repository lists it.
    pub target: String,
    /// The words after these.
    pub options: Vec<String>,
}

impl Question {
    /// What the program was started with.
    ///
    /// # Errors
    /// Without a folder and a target.
    pub fn from_arguments() -> Result<Question> {
        let mut arguments = env::args().skip(1);
        let (Some(folder), Some(target)) = (arguments.next(), arguments.next()) else {
            return Err("usage: PROGRAM FOLDER TARGET [OPTION]...".into());
        };
        Ok(Question { folder: fs::canonicalize(folder)?, target, options: arguments.collect() })
    }
}

/// Answers each line of standard input by one verification, which gives the target's SHA-256 as the
/// metadata says it.
///
/// # Errors
/// Where standard input or output fails.
pub fn serve(mut verify: impl FnMut() -> Result<Vec<u8>>) -> Result<()> {
    answer(|| {
        let start = Instant::now();
        let found = verify();
        let taken = start.elapsed();
        Ok(Answer { taken, peak: own_peak()?, sha256: found? })
    })
}

/// One verification, as it is answered.
pub struct Answer {
    /// How long it took.
    pub taken: Duration,
    /// Peak resident memory, in KiB.
    pub peak: u64,
    /// The target's SHA-256.
    pub sha256: Vec<u8>,
}

/// As [`serve`], for those that measure by themselves.
///
/// # Errors
/// Where standard input or output fails.
pub fn answer(mut verify: impl FnMut() -> Result<Answer>) -> Result<()> {
    let mut output = io::stdout();
    for line in io::stdin().lock().lines() {
        line?;
        match verify() {
            Ok(Answer { taken, peak, sha256 }) => {
                let digits = sha256.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                writeln!(output, "ok {} {peak} {digits}", taken.as_nanos())?;
            }
            Err(error) => writeln!(output, "error {}", describe(&*error))?,
        }
        output.flush()?;
    }
    Ok(())
}

/// The peak resident memory of this process, in KiB, as Linux counts it.
fn own_peak() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    peak.ok_or_else(|| "the kernel does not say VmHWM".into())
}

/// The error and what caused it, in one line.
fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // Some errors already repeat their cause.
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
