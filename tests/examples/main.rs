//! The files in `examples`, as they stand there, with the real tools: with packages that are
//! signed, and with others. Only addresses and paths in them are replaced.

#![cfg(unix)]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that goes wrong here fails, as it should"
)]

mod cluster;
mod github_actions;
mod guides;
mod index;
mod machine;
mod nginx;
mod pip;
mod pre_commit;
mod publishers;
mod uv;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use picotuf_tests::repository::Repository;

/// The text of a file that people copy.
fn example(name: &str) -> String {
    let path = top().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folder of the whole repository.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// `from`, which must be there, is `to`.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in {text}");
    text.replace(from, to)
}

/// The tools look at the system's clock, so that nothing may expire soon.
fn long_lived(repository: &mut Repository) {
    let roles: Vec<String> = repository.roles().map(str::to_owned).collect();
    for role in roles {
        repository.edit(&role, |signed| signed["expires"] = "2126-01-01T00:00:00Z".into());
    }
}

/// What a variable names; where one of the others is `1`, the test is left out, loudly.
fn variable(name: &str, without: &[&str]) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(name) {
        return Some(PathBuf::from(path));
    }
    let is_left_out =
        without.iter().any(|name| std::env::var(name).is_ok_and(|value| value == "1"));
    assert!(is_left_out, "{name} is not set: run tests/run, which sets up the tools");
    leave_out();
    None
}

/// Says that this test is left out, past the test harness, which keeps what a passing test prints.
fn leave_out() {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    std::io::stderr().write_all(format!("!! LEFT OUT: {test}\n").as_bytes()).unwrap();
}
