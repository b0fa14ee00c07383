//! SIGKILL at any point.

use std::process::Child;
use std::time::{Duration, Instant};

use picotuf_tests::cli::binary;
use picotuf_tests::keys::Key;
use picotuf_tests::repository::Repository;

use crate::user::{DOWNLOAD, User};

/// How often each command is killed; half as often where the native one is `PICOTUF_OTHER_BIN`, and
/// has been.
fn kills() -> usize {
    if std::env::var_os("PICOTUF_OTHER_BIN").is_some() { 50 } else { 100 }
}

/// How many requests a run makes at most.
const REQUESTS: u64 = 7;
/// How long after a request the process is killed at most: long enough for the file to be verified
/// and stored.
const MICROSECONDS: u64 = 4000;

/// A kill comes a while after a request, both from a seeded sequence, so that it meets the process
/// between any two files.
fn survives(arguments: &[&str], seed: u64) {
    let mut user = User::new();
    let mut next = numbers(seed);
    let mut met = 0;
    for kill in 0..kills() {
        user.publish();
        let (requests, pause) = (next(REQUESTS), Duration::from_micros(next(MICROSECONDS)));
        user.server.take_requests();
        let mut process = user.cli.command(&[], &binary(), arguments).spawn().unwrap();
        while (user.server.requests() as u64) < requests && running(&mut process) {
            // Processors are wanted elsewhere meanwhile.
            std::thread::sleep(Duration::from_micros(100));
        }
        let start = Instant::now();
        while start.elapsed() < pause && running(&mut process) {
            std::thread::yield_now();
        }
        met += usize::from(running(&mut process));
        process.kill().ok();
        process.wait().unwrap();
        user.is_whole();
        // Some states are gone on from at once, others are met by the next kill as they are.
        if kill % 3 != 0 {
            user.succeeds(arguments);
        }
    }
    println!("{met} of {} kills met a running process", kills());
    assert!(met > 0);
    user.succeeds(arguments);
}

fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut random = seed;
    move |below| {
        // Knuth's generator; its upper bits are good.
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    }
}

fn running(process: &mut Child) -> bool {
    process.try_wait().unwrap().is_none()
}

#[test]
fn refresh() {
    survives(&["refresh"], 1);
}

#[test]
fn download() {
    survives(&DOWNLOAD, 2);
}

/// Whenever it is killed, the anchor of the root that was thrown away is not remembered beside the
/// new root: with it, the old one would count as trusted.
#[test]
fn init_with_force() {
    let user = User::new();
    let mut other = Repository::new();
    other.set_keys("root", &[Key::ed25519("another repository")], 1);
    let roots = [user.repository.anchor(), other.anchor()];
    let folder = tempfile::tempdir().unwrap();
    let files = [0, 1].map(|at| folder.path().join(format!("{at}.json")).display().to_string());
    for (file, root) in files.iter().zip(roots) {
        std::fs::write(file, root).unwrap();
    }
    let force = |at: usize| ["init", "--force", &files[at]];
    let anchors = [0, 1].map(|at| {
        user.cli.ok(&force(at));
        user.anchor().unwrap()
    });
    let mut next = numbers(3);
    let mut met = 0;
    let kills = kills() / 4;
    for kill in 0..kills {
        // Towards the root that the last run has not brought.
        let at = usize::from(user.cli.stored("root").unwrap() == roots[0]);
        let mut process = user.cli.command(&[], &binary(), &force(at)).spawn().unwrap();
        while user.cli.stored("root").unwrap() != roots[at] && running(&mut process) {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_micros(next(MICROSECONDS / 4)));
        met += usize::from(running(&mut process));
        process.kill().ok();
        process.wait().unwrap();
        let trusted =
            roots.iter().position(|root| user.cli.stored("root").as_deref() == Some(root)).unwrap();
        assert!(user.anchor().is_none_or(|anchor| anchor == anchors[trusted]), "kill {kill}");
    }
    println!("{met} of {kills} kills met a running process");
    assert!(met > 0);
    user.cli.ok(&force(0));
    user.succeeds(&DOWNLOAD);
}
