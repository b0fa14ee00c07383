//! `picotuf completions` and `picotuf man`: texts that are made of the definition of the arguments.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Arguments;
use picotuf_client::{Code, Error};

use crate::report::Report;

/// A script that completes words and options in that shell.
pub(super) fn completions(shell: Shell, report: &mut Report) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "picotuf", &mut script);
    give(script, report)
}

/// The manual page of the program, or of one command.
pub(super) fn manual(command: Option<&str>, report: &mut Report) -> Result<(), Error> {
    let mut program = Arguments::command();
    // So that the page of a command says which options it takes, and is called picotuf-COMMAND.
    program.build();
    let subject = match command {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| {
            let names: Vec<_> = program.get_subcommands().map(clap::Command::get_name).collect();
            Error::usage(format!("there is no command {name:?}; there are {}", names.join(", ")))
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(subject).render(&mut page).map_err(|error| writing(&error))?;
    give(page, report)
}

/// To standard output as it is; with `--json` as a string.
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
