//! The command line of picotuf, a TUF client.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(picotuf_cli::run(std::env::args_os()))
}
