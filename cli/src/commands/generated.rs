//! `picotuf completions` and `picotuf man`: texts generated from the definition of the command
//! line.

use std::io::{self, Write};

use clap_complete::Shell;

use crate::args;
use picotuf_client::{Code, Error};

use crate::report::Report;

/// Prints a completion script for the shell.
pub(super) fn completions(shell: Shell, report: &mut Report) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::definition(), "picotuf", &mut script);
    give(script, report)
}

/// Prints the manual page of the program or of one command.
pub(super) fn manual(command: Option<&str>, report: &mut Report) -> Result<(), Error> {
    let mut program = args::definition();
    // Gives each command the shared options and the name picotuf-COMMAND.
    program.build();
    let subject = match command {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| {
            let names: Vec<_> = program.get_subcommands().map(clap::Command::get_name).collect();
            Error::usage(format!(
                "there is no command {name:?}; the commands are {}",
                names.join(", ")
            ))
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(subject).render(&mut page).map_err(|error| writing(&error))?;
    give(page, report)
}

/// Writes the text to standard output, or with `--json` adds it to the report as a string.
fn give(text: Vec<u8>, report: &mut Report) -> Result<(), Error> {
    if !report.is_json() {
        return io::stdout().write_all(&text).map_err(|error| writing(&error));
    }
    report.detail("text", String::from_utf8_lossy(&text));
    Ok(())
}

fn writing(error: &io::Error) -> Error {
    Error::new(Code::Io, format!("cannot write to standard output: {error}"))
}
