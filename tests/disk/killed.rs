//! SIGKILL at any point.

use std::time::{Duration, Instant};

use picotuf_tests::cli::binary;

use crate::user::{DOWNLOAD, User};

/// How often each command is killed.
const KILLS: usize = 100;
/// How many requests a run makes at most.
const REQUESTS: u64 = 7;
/// How long after a request the process is killed at most: long enough for the file to be verified and stored.
const MICROSECONDS: u64 = 4000;

/// A kill comes a while after a request, both from a seeded sequence, so that it meets the process between any two files.
fn survives(arguments: &[&str], seed: u64) {
    let mut user = User::new();
    let mut random = seed;
    let mut next = |below: u64| {
        // Knuth's generator; its upper bits are good.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    let mut met = 0;
    for kill in 0..KILLS {
        user.publish();
        let (requests, pause) = (next(REQUESTS), Duration::from_micros(next(MICROSECONDS)));
        user.server.take_requests();
        let mut process = user.cli.command(&[], &binary(), arguments).spawn().unwrap();
        let running = |process: &mut std::process::Child| process.try_wait().unwrap().is_none();
        while (user.server.requests() as u64) < requests && running(&mut process) {
            std::thread::yield_now();
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
    println!("{met} of {KILLS} kills met a running process");
    assert!(met > 0);
    user.succeeds(arguments);
}

#[test]
fn refresh() {
    survives(&["refresh"], 1);
}

#[test]
fn download() {
    survives(&DOWNLOAD, 2);
}
