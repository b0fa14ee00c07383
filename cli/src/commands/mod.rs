//! The commands, one file each, and the code that runs them.

mod attest;
mod check;
mod demo;
mod download;
mod generated;
mod init;
mod metadata;
mod mirror;
mod provenance;
mod proxy;
mod publishers;
mod refresh;
mod run;
mod shared;
mod show;
mod verify;

use picotuf_client::Error;
pub use provenance::{attestation, publisher};
pub(crate) use proxy::NAME_THE_INDEX;
pub use shared::target;

use crate::args::{Arguments, Command};
use crate::environment::Environment;
use crate::report::{Log, Report};
use crate::settings::Settings;

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, report: &mut Report, log: &Log) -> Result<(), Error> {
    if let Some(message) = &arguments.unused_option {
        return Err(Error::usage(message));
    }
    if let Command::Run(_) = &arguments.command {
        report.hush();
    }
    match &arguments.command {
        Command::Demo => return demo::run(report, log),
        Command::Completions { shell } => return generated::completions(*shell, report),
        Command::Man { command } => return generated::manual(command.as_deref(), report),
        _ => {}
    }
    let environment = Environment::of_process()?;
    let settings = Settings::resolve(&arguments.general, &arguments.choices, &environment)?;
    // Another repository's root is of no concern to these.
    match &arguments.command {
        Command::Provenance(options) => return provenance::run(options, &settings, report, log),
        Command::Publishers(command) => return publishers::run(command, &settings, report, log),
        _ => {}
    }
    report.begin(settings.config.now, &settings.config.metadata_dir);
    if let Some(path) = &settings.missing_identity_root {
        log.events().notice(&format!(
            "the saved --identity-root is gone, so no identity that signs a role can be verified: \
             {}; save another with `picotuf init`",
            path.display()
        ));
    }
    if let (Some(anchor), false) =
        (&settings.anchor, matches!(arguments.command, Command::Init { .. }))
    {
        init::adopt(anchor, &settings, report, log)?;
    }
    match &arguments.command {
        Command::Init { root, force } => {
            init::run(root, *force, &settings, &arguments.choices, report, log)
        }
        Command::Refresh => refresh::run(&settings, report, log),
        Command::Download => download::run(&settings, report, log),
        Command::Verify { file, offline } => verify::run(file, *offline, &settings, report, log),
        Command::Check(options) => check::run(options, &settings, report, log),
        Command::Metadata { what, project } => {
            metadata::run(what, project.as_deref(), &settings, report, log)
        }
        Command::Mirror(arguments) => mirror::run(arguments, &settings, report, log),
        Command::Proxy(options) => proxy::run(options, &settings, report, log),
        Command::Run(options) => run::run(options, &settings, report, log),
        Command::Show { role } => show::run(role.as_deref(), &settings, report, log),
        Command::Demo
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Provenance(_)
        | Command::Publishers(_) => Ok(()),
    }
}
