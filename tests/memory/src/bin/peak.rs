//! Runs a command and prints its peak resident memory in bytes.
//!
//! What a process has when it starts another counts as the other's peak too, hence not from Python.

use std::process::{Command, ExitCode, Stdio};

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().expect("a command");
    let status = Command::new(program)
        .args(words)
        .stdout(Stdio::null())
        .status()
        .expect("the command can be run");
    // SAFETY: all zero is a value of this type, which is nothing but numbers, and the call writes
    // to it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_CHILDREN, &mut usage), 0);
        usage
    };
    // Linux counts in units of 1,024 bytes.
    println!("{}", usage.ru_maxrss * 1024);
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
