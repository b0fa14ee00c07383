//! Inputs made to cost as much as they can: the work is counted, by the core's feature `work`, and
//! grows no faster than the input.
//!
//! Each case is measured at two sizes, the larger one that of PyPI's largest file, through a slice
//! and through a window.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that goes wrong here fails, as it should"
)]

mod delegations;
mod documents;
mod pages;
mod signatures;

use picotuf::{Work, take_work};
use picotuf_tests::host::{MemoryHost, Reading};
use picotuf_tests::repository::Repository;

/// The larger of the two sizes, in bytes.
const SIZE: usize = 5_000_000;

/// What an update may cost for each byte of its files, whatever these hold. The reasons: a file is
/// read once to verify it, once more where `signed` comes first or out of order, and once to ask
/// it; what is out of order may be scanned sixteen times (`SCANS` in `core/src/canonical.rs`), once
/// more to see that this is not enough, and once to hand it on; a name is compared some log2 of the
/// number of names times; a file goes into its listed hashes, the one that binds later readings,
/// and the message of each of its signatures.
const PER_BYTE: Work = Work {
    checks: 0,
    compared: 24,
    decoded: 0,
    hashed: 8,
    matched: 0,
    read: 6,
    scanned: 18,
    tokens: 4,
};

/// What it may cost besides: the small files, and limits that do not depend on the input.
const BESIDES: Work = Work {
    checks: 100,
    compared: 100_000,
    decoded: 300,
    hashed: 200_000,
    matched: 0,
    read: 200_000,
    scanned: 200_000,
    tokens: 50_000,
};

/// The work of a refresh, or of a search for `path`, and the code that it ends with.
fn work(
    repository: &Repository,
    path: Option<&str>,
    reading: Reading,
) -> (Work, Option<&'static str>) {
    let mut host = MemoryHost::new(reading, repository.anchor());
    host.repository = repository.files.clone();
    take_work();
    let verdict = host.run(&path.into_iter().collect::<Vec<_>>());
    (take_work(), verdict.err().map(|failure| failure.error.code()))
}

fn fields(work: &Work) -> [(&'static str, u64); 8] {
    let Work { checks, compared, decoded, hashed, matched, read, scanned, tokens } = *work;
    [
        ("checks", checks),
        ("compared", compared),
        ("decoded", decoded),
        ("hashed", hashed),
        ("matched", matched),
        ("read", read),
        ("scanned", scanned),
        ("tokens", tokens),
    ]
}

/// Asserts that the work for these repositories, of which the second is twice as large, ends with
/// that code, stays below [`PER_BYTE`], and at most doubles, but for what comes besides.
fn is_linear(
    name: &str,
    make: impl Fn(usize) -> Repository,
    size: usize,
    path: Option<&str>,
    code: Option<&str>,
    matched: u64,
) {
    within(name, make, size, path, code, &Work { matched, ..PER_BYTE });
}

/// The same with other bounds for each byte.
fn within(
    name: &str,
    make: impl Fn(usize) -> Repository,
    size: usize,
    path: Option<&str>,
    code: Option<&str>,
    bounds: &Work,
) {
    let (small, large) = (make(size / 2), make(size));
    let length = |repository: &Repository| {
        repository.files.values().map(|bytes| bytes.len() as u64).sum::<u64>()
    };
    for reading in [Reading::Whole, Reading::Window(1024)] {
        let (half, half_code) = work(&small, path, reading);
        let (all, all_code) = work(&large, path, reading);
        println!("{name}, {reading:?}, {} bytes: {all:?}", length(&large));
        assert_eq!((half_code, all_code), (code, code), "{name}, {reading:?}");
        for ((((field, all), (_, half)), (_, per_byte)), (_, besides)) in
            fields(&all).into_iter().zip(fields(&half)).zip(fields(bounds)).zip(fields(&BESIDES))
        {
            let most = per_byte * length(&large) + besides;
            assert!(all <= most, "{name}, {reading:?}: {field} is {all}, more than {most}");
            // Sorting takes a comparison more for each name when there are twice as many.
            let most = half * 2 + half / 4 + besides;
            assert!(all <= most, "{name}, {reading:?}: {field} grows from {half} to {all}");
        }
    }
}

/// A repository whose targets role has this text as the value of a member `x`, signed and listed.
fn with_text(text: &str) -> Repository {
    let mut repository = Repository::new();
    repository.edit("targets", |targets| targets["x"] = "place".into());
    repository.replace_text("targets", "\"place\"", text);
    repository
}
