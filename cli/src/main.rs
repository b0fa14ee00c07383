//! The command line of picotuf, a TUF client.

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
mod transport;
mod tree;

use std::io::Write;
use std::process::ExitCode;

use picotuf::OneLine;
use report::{Log, Report};

fn main() -> ExitCode {
    let arguments = match args::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        // Prints help on standard output (exit code 0), or the usage error on standard error (2).
        Err(error) => refuse(&error),
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
    ExitCode::from(code)
}

/// Prints help or a usage error and exits. Arguments may be file names that others chose, so
/// control characters are escaped.
fn refuse(error: &clap::Error) -> ! {
    let text = error.render().to_string();
    if !text.lines().any(|line| line.contains(OneLine::writes_out)) {
        error.exit();
    }
    let mut out = std::io::stderr().lock();
    // The reader may have gone away; the exit code is the verdict.
    let _ = text.lines().try_for_each(|line| writeln!(out, "{}", OneLine(line)));
    std::process::exit(error.exit_code())
}
