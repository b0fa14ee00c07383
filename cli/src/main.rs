//! The command line of picotuf: points the verifier at a TUF repository and keeps what holds.

mod all_roles;
mod anchor;
mod args;
mod clock;
mod commands;
mod disk;
mod error;
mod identify;
mod lock;
mod memory;
mod mirrors;
mod progress;
mod pypi;
mod report;
mod session;
mod settings;
mod store;
mod target_file;
mod target_path;
mod transport;
mod tree;

use std::process::ExitCode;

use report::{Log, Report};

fn main() -> ExitCode {
    let arguments = match args::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        // Prints help on standard output (0) and wrong usage on standard error (2).
        Err(error) => error.exit(),
    };
    let log = Log::new(arguments.general.verbose, arguments.general.quiet);
    let mut report = Report::new(arguments.command.name(), arguments.general.json, log.clone());
    let result = commands::run(&arguments, &mut report, &log);
    let error = result.err();
    let code = error.as_ref().map_or(0, error::CliError::exit_code);
    report.finish(error.as_ref());
    ExitCode::from(code)
}
