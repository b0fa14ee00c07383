//! Time of a whole verification at PyPI's size, beside the time that hashing and signature checks
//! alone take.
//!
//! What is measured, and what came out: `tests/bench/README.md`.

mod floor;
mod host;
mod repository;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use picotuf::Workspace;

use host::{Reading, Session};
use repository::{Layout, Repository};

/// What is measured of each layout: a first target in each [`Reading`], the second one of a
/// session, and the two floors.
const MEASURED: usize = 6;

fn main() -> ExitCode {
    let Some(options) = Options::read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match options.only {
        Some(layout) => {
            let repository = Repository::new(layout);
            for _ in 0..options.rounds {
                verify_once(&repository, options.reading);
            }
        }
        None => compare(options.rounds),
    }
    ExitCode::SUCCESS
}

struct Options {
    rounds: usize,
    only: Option<Layout>,
    reading: Reading,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
        let mut options = Options { rounds: ROUNDS, only: None, reading: Reading::Kept };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                // Cargo says so to every bench.
                "--bench" => {}
                "--rounds" => {
                    options.rounds = arguments.next()?.parse().ok().filter(|rounds| *rounds > 0)?
                }
                "--only" => {
                    let name = arguments.next()?;
                    options.only =
                        Some(Layout::ALL.into_iter().find(|layout| layout.name() == name)?);
                }
                "--slices" => options.reading = Reading::Slices,
                "--windows" => options.reading = Reading::Windows,
                _ => return None,
            }
        }
        Some(options)
    }
}

/// A function of its own, so that a profiler can be told to begin here.
#[inline(never)]
fn verify_once(repository: &Repository, reading: Reading) {
    let mut workspace = Workspace::boxed();
    let mut buffer = vec![0; WINDOW];
    black_box(
        Session::new(repository, reading, &mut workspace, &mut buffer).find(&repository.target),
    );
}

fn compare(rounds: usize) {
    let repositories = Layout::ALL.map(|layout| (layout, Repository::new(layout)));
    let with_sha2 = floor::WithSha2::new();
    let mut workspace = Workspace::boxed();
    let mut buffer = vec![0; WINDOW];
    let mut times: [[Vec<f64>; MEASURED]; Layout::ALL.len()] = Default::default();
    // The first round only warms up.
    for round in 0..=rounds {
        for ((_, repository), times) in repositories.iter().zip(&mut times) {
            let mut first = |reading| {
                let mut session = Session::new(repository, reading, &mut workspace, &mut buffer);
                time(|| session.find(&repository.target))
            };
            let (slices, windows) = (first(Reading::Slices), first(Reading::Windows));
            let mut session = Session::new(repository, Reading::Kept, &mut workspace, &mut buffer);
            let taken = [
                time(|| session.find(&repository.target)),
                time(|| session.find(&repository.other)),
                slices,
                windows,
                time(|| with_sha2.run(repository)),
                time(|| floor::with_own_hash(repository)),
            ];
            if round > 0 {
                for (times, taken) in times.iter_mut().zip(taken) {
                    times.push(taken);
                }
            }
        }
    }
    println!(
        "Medians of {rounds} interleaved rounds, in milliseconds. A ratio is the median of the \
         rounds' own ratios:"
    );
    println!("to the floor with sha2's SHA-512 / to the floor with ed25519-compact's own.");
    println!();
    println!(
        "| layout | files | bytes | signed bytes | held | slices | 64 KB windows | floor, sha2 | \
         floor, own | held : floor | slices : floor | windows : floor | second : held |"
    );
    println!("|---|{}", "---:|".repeat(12));
    for ((layout, repository), [held, second, slices, windows, sha2, own]) in
        repositories.iter().zip(&times)
    {
        let to_floor =
            |times: &[f64]| format!("{:.2} / {:.2}", ratio(times, sha2), ratio(times, own));
        println!(
            "| {} | {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} | {} | {:.2} |",
            layout.name(),
            repository.way().count(),
            repository.length(),
            repository.signed_length(),
            median(held.iter().copied()),
            median(slices.iter().copied()),
            median(windows.iter().copied()),
            median(sha2.iter().copied()),
            median(own.iter().copied()),
            to_floor(held),
            to_floor(slices),
            to_floor(windows),
            ratio(second, held),
        );
    }
}

/// In milliseconds.
fn time<R>(work: impl FnOnce() -> R) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64() * 1e3
}

/// What was taken in the same round is compared, so that a busy moment of the machine falls on
/// both.
fn ratio(times: &[f64], floors: &[f64]) -> f64 {
    median(times.iter().zip(floors).map(|(time, floor)| time / floor))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values = values.collect::<Vec<_>>();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}

const USAGE: &str = "\
--rounds N         the number of rounds
--only LAYOUT      run only explicit, compact, succinct or flat, for profilers
--slices           with --only: read slices that are not held
--windows          with --only: read through windows of 64 KB";

const ROUNDS: usize = 31;

/// What a host with little memory would give.
const WINDOW: usize = 64 * 1024;
