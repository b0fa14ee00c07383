//! The command line of picotuf, a TUF client, as a library: the binary calls [`run`], and so does
//! the Python package, whose wheel has the command too.
//!
//! The Python package also uses [`transport`], so that there is one implementation of HTTP, and
//! [`json`], so that there is one form of the verdicts. This library has no stable API; other
//! programs use the crate `picotuf-client`.

mod args;
mod choices;
mod clock;
mod commands;
mod environment;
mod general;
mod progress;
mod proxy;
mod report;
mod settings;
pub mod transport;
mod tree;

use std::ffi::OsString;
use std::io::Write;

use picotuf::OneLine;
use report::{Log, Report};

/// Verdicts in the JSON that the option `--json` prints.
pub mod json {
    pub use crate::commands::{attestation, publisher, target};
}

/// Runs the command line with these arguments, of which the first is the name of the program.
/// Returns the exit code: 0 if everything verified, 1 if anything did not, and 2 for wrong usage.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = match args::parse(arguments) {
        Ok(arguments) => arguments,
        // Prints help on standard output (exit code 0), or the usage error on standard error (2).
        Err(error) => return refuse(&error),
    };
    let log = Log::new(arguments.general.verbose, arguments.general.quiet);
    let mut report = Report::new(arguments.command.name(), arguments.general.json, log.clone());
    let result = commands::run(&arguments, &mut report, &log);
    let error = result.err();
    let code = match &error {
        None => report.exit_code(),
        Some(error) if error.is_usage() => 2,
        Some(_) => 1,
    };
    report.finish(error.as_ref());
    code
}

/// Prints help or a usage error, and returns the exit code. Arguments may be file names that others
/// chose, so control characters are escaped.
fn refuse(error: &clap::Error) -> u8 {
    let text = error.render().to_string();
    // The reader may have gone away; the exit code is the verdict.
    if text.lines().any(|line| line.contains(OneLine::writes_out)) {
        let mut out = std::io::stderr().lock();
        let _ = text.lines().try_for_each(|line| writeln!(out, "{}", OneLine(line)));
    } else {
        let _ = error.print();
    }
    u8::try_from(error.exit_code()).unwrap_or(2)
}
