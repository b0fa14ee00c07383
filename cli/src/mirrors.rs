//! Several mirrors of one repository, and the one rule by which they stand in for each other.
//!
//! What a file is worth depends on what is trusted already, and never on where it came from. So every file is asked of the
//! mirrors in their order until one gives a file that the core takes, and files of several mirrors go together exactly where
//! signatures, versions, lengths and hashes say so: a timestamp of one mirror with the snapshot of another, if it is the one that
//! the timestamp lists. From that follows:
//!
//! - What was verified and stored stays, each role on its own (spec §5.3 to §5.6), whoever gave it. A mirror that is behind cannot
//!   take a newer timestamp back, and is not begun with anew as if there had been none.
//! - A mirror that gave no good file is named, with the reason, and is asked last from then on. One that is behind is one of these:
//!   its files are still right where they are the listed ones.
//! - Where no mirror has what is needed, the session begins again from what is stored, with another mirror first, because that may
//!   list what it has, or have a root that the first withheld. Each mirror is first once at the most, and one that could not be
//!   reached is not.
//! - What is wrong on this side (the trust anchor, the disk, the usage) is no mirror's fault and ends the command. So does a
//!   repository that has expired on all mirrors: another order would not make it younger, and it may well be the clock.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use crate::error::{Brief, CliError};
use crate::report::Log;
use crate::transport::Base;

/// The mirrors of the metadata, or those of the targets.
#[derive(Debug)]
pub(crate) struct Mirrors {
    bases: Vec<Base>,
    log: Log,
    /// The place of the one that is asked now.
    current: Cell<usize>,
    state: RefCell<State>,
}

#[derive(Debug)]
struct State {
    /// The places of all, those that are asked first in front.
    order: Vec<usize>,
    /// What came out of those that were asked for the file at hand.
    failures: Vec<CliError>,
    /// None gave the file that was needed last, and another order may help.
    may_begin_again: bool,
    /// Those that were first in a session.
    led: BTreeSet<usize>,
    /// Those that could not be reached when they were asked last.
    down: BTreeSet<usize>,
    /// What was said of them.
    said: BTreeSet<String>,
    /// The version of the timestamp that each gave last.
    timestamps: Vec<Option<u64>>,
}

impl Mirrors {
    /// In the order in which they are to be asked.
    pub(crate) fn new(bases: &[Base], log: &Log) -> Self {
        let state = State {
            order: (0..bases.len()).collect(),
            failures: Vec::new(),
            may_begin_again: false,
            led: BTreeSet::from([0]),
            down: BTreeSet::new(),
            said: BTreeSet::new(),
            timestamps: vec![None; bases.len()],
        };
        Mirrors { bases: bases.to_vec(), log: log.clone(), current: Cell::new(0), state: RefCell::new(state) }
    }

    /// The one that is asked now.
    pub(crate) fn current(&self) -> &Base {
        &self.bases[self.current.get()]
    }

    /// Asks one after the other until one gives what is asked for.
    pub(crate) fn ask<T>(&self, mut ask: impl FnMut(&Base) -> Result<T, CliError>) -> Result<T, CliError> {
        loop {
            match ask(self.current()) {
                Ok(found) => {
                    self.took();
                    return Ok(found);
                }
                Err(error) => self.skip(error)?,
            }
        }
    }

    /// The file that the present one gave is good.
    pub(crate) fn took(&self) {
        let mut state = self.state.borrow_mut();
        state.failures.clear();
        state.down.remove(&self.current.get());
    }

    /// It is a timestamp of this version. Who gave an older one before is named.
    pub(crate) fn took_timestamp(&self, version: u64) {
        let here = self.current.get();
        let behind: Vec<String> = {
            let mut state = self.state.borrow_mut();
            state.timestamps[here] = Some(version);
            let older = state.timestamps.iter().zip(&self.bases).filter_map(|(other, base)| {
                let other = (*other)?;
                (other < version).then(|| {
                    format!(
                        "mirror {base} is behind: its timestamp has version {other}, that of {} version {version}",
                        self.bases[here]
                    )
                })
            });
            older.collect()
        };
        for line in behind {
            self.say(line);
        }
    }

    /// The present one gave no good file: the next is asked for the same.
    ///
    /// # Errors
    /// The gravest of all where none is left, and `error` itself where it is no mirror's.
    pub(crate) fn skip(&self, error: CliError) -> Result<(), CliError> {
        if self.bases.len() < 2 || !is_a_mirrors(&error) {
            return Err(error);
        }
        let here = self.current.get();
        // A root that has expired is the one that is stored: this mirror has no newer one, as it may be.
        if !is_about_time(&error) || error.detail().role.as_deref() != Some("root") {
            let what = if is_behind(&error) { "is behind" } else { "is skipped" };
            self.say(format!("mirror {} {what}: {}", self.bases[here], Brief(&error)));
        }
        let mut state = self.state.borrow_mut();
        if error.detail().blame == "transport" {
            state.down.insert(here);
        }
        let place = state.order.iter().position(|place| *place == here).unwrap_or(0);
        state.order.remove(place);
        state.order.push(here);
        self.current.set(state.order[0]);
        state.failures.push(error);
        if state.failures.len() < self.bases.len() {
            return Ok(());
        }
        let failures = std::mem::take(&mut state.failures);
        state.may_begin_again = !failures.iter().all(is_about_time);
        let gravest =
            failures.into_iter().reduce(|one, other| if gravity(&other) > gravity(&one) { other } else { one });
        gravest.map_or(Ok(()), Err)
    }

    /// What the present one gave fits nothing that is trusted, and a single file in its place would not help.
    pub(crate) fn give_up(&self, error: &CliError) {
        if self.bases.len() < 2 || !is_a_mirrors(error) {
            return;
        }
        self.say(format!("mirror {} is skipped: {}", self.current(), Brief(error)));
        self.state.borrow_mut().may_begin_again = true;
    }

    /// After a session that failed: whether another one may get further, and then with another mirror first.
    pub(crate) fn begin_again(&self) -> bool {
        let mut state = self.state.borrow_mut();
        state.failures.clear();
        if !std::mem::take(&mut state.may_begin_again) {
            return false;
        }
        let fresh = |place: &usize| !state.led.contains(place) && !state.down.contains(place);
        let Some(next) = (0..self.bases.len()).find(fresh) else {
            return false;
        };
        state.led.insert(next);
        state.order.retain(|place| *place != next);
        state.order.insert(0, next);
        self.current.set(next);
        self.log.line(|| format!("begins again, {} first", self.bases[next]));
        true
    }

    /// Each line once.
    fn say(&self, line: String) {
        if self.state.borrow_mut().said.insert(line.clone()) {
            self.log.notice(&line);
        }
    }
}

fn is_a_mirrors(error: &CliError) -> bool {
    matches!(error.detail().blame, "repository" | "limit" | "unsupported" | "transport")
}

fn is_about_time(error: &CliError) -> bool {
    error.detail().code == "expired"
}

/// Whether it gave a timestamp that is older than one that was seen, or lists an older snapshot.
fn is_behind(error: &CliError) -> bool {
    error.detail().code == "rollback"
}

/// What a mirror sends says more than that it sends nothing.
fn gravity(error: &CliError) -> u8 {
    let detail = error.detail();
    match (detail.blame, detail.code) {
        (_, "missing-file" | "missing-target") => 1,
        ("repository", _) => 3,
        ("limit" | "unsupported", _) => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirrors() -> (Mirrors, Log) {
        let log = Log::new(false, true);
        let bases = ["http://a/", "http://b/", "http://c/"].map(|text| Base::parse(text).unwrap());
        (Mirrors::new(&bases, &log), log)
    }

    fn error(code: &'static str, blame: &'static str) -> CliError {
        CliError::new(code, blame, "x")
    }

    /// Which are asked, where these fail and all others succeed.
    fn asked(mirrors: &Mirrors, failing: &[&str]) -> (Vec<String>, Result<(), CliError>) {
        let mut asked = Vec::new();
        let result = mirrors.ask(|base| {
            let name = base.to_string();
            asked.push(name.trim_start_matches("http://").trim_end_matches('/').to_owned());
            if failing.contains(&asked.last().unwrap().as_str()) {
                Err(error("connection", "transport"))
            } else {
                Ok(())
            }
        });
        (asked, result)
    }

    #[test]
    fn one_that_failed_is_asked_last_from_then_on() {
        let (mirrors, log) = mirrors();
        assert_eq!(asked(&mirrors, &[]).0, ["a"]);
        assert_eq!(asked(&mirrors, &["a"]).0, ["a", "b"]);
        assert_eq!(asked(&mirrors, &[]).0, ["b"]);
        assert_eq!(asked(&mirrors, &["b", "c"]).0, ["b", "c", "a"]);
        let (all, result) = asked(&mirrors, &["a", "b", "c"]);
        assert_eq!((all.len(), result.unwrap_err().detail().code), (3, "connection"));
        assert_eq!(log.notices().len(), 3, "{:?}", log.notices());
    }

    #[test]
    fn the_gravest_failure_is_the_verdict() {
        let (mirrors, _) = mirrors();
        let mut failures = [
            error("http-status", "transport"),
            error("hash-mismatch", "repository"),
            error("missing-file", "repository"),
        ]
        .into_iter();
        let verdict = mirrors.ask(|_| failures.next().map_or(Ok(()), Err)).unwrap_err();
        assert_eq!(verdict.detail().code, "hash-mismatch");
    }

    #[test]
    fn what_is_no_mirrors_fault_ends_it() {
        for blame in ["system", "caller"] {
            let (mirrors, log) = mirrors();
            assert!(mirrors.skip(error("io", blame)).is_err());
            assert!(!mirrors.begin_again());
            assert!(log.notices().is_empty());
        }
    }

    #[test]
    fn each_that_can_be_reached_is_first_once() {
        let (mirrors, _) = mirrors();
        let fail = |code| {
            let mut places = 0..3;
            mirrors.ask::<()>(|_| match places.next() {
                Some(1) => Err(error("connection", "transport")),
                _ => Err(error(code, "repository")),
            })
        };
        fail("threshold-not-met").unwrap_err();
        assert!(mirrors.begin_again());
        // The second could not be reached.
        assert_eq!(mirrors.current().to_string(), "http://c/");
        mirrors.took();
        assert!(!mirrors.begin_again(), "nothing failed since");
        // Where all are of one mind about the time, there is nothing to try.
        for _ in 0..3 {
            let _ = mirrors.skip(error("expired", "repository"));
        }
        assert!(!mirrors.begin_again());
    }

    #[test]
    fn a_timestamp_that_is_behind_is_named() {
        let (mirrors, log) = mirrors();
        mirrors.took_timestamp(4);
        mirrors.skip(error("missing-file", "repository")).unwrap();
        mirrors.took_timestamp(5);
        assert_eq!(
            log.notices()[1],
            "mirror http://a/ is behind: its timestamp has version 4, that of http://b/ version 5"
        );
    }
}
