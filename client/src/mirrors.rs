//! The mirrors of a repository, and notices about those that fail. [`picotuf::mirrors`] decides
//! which mirror to ask.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use picotuf::mirrors::{Fault, Mirrors as Rule, Next};

use crate::error::{Brief, Error};
use crate::location::Base;
use crate::log::Log;

/// The mirrors of the metadata or of the targets.
#[derive(Debug)]
pub struct Mirrors {
    bases: Vec<Base>,
    log: Log,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rule: Rule,
    /// The errors of the mirrors that were asked for the current file.
    failures: Vec<Error>,
    /// The notices that were logged.
    said: BTreeSet<String>,
}

impl Mirrors {
    /// Creates a list of mirrors, in the order in which to ask them.
    pub fn new(bases: &[Base], log: &Log) -> Self {
        let state =
            State { rule: Rule::new(bases.len()), failures: Vec::new(), said: BTreeSet::new() };
        Mirrors { bases: bases.to_vec(), log: log.clone(), state: Mutex::new(state) }
    }

    /// Returns the current mirror.
    pub fn current(&self) -> &Base {
        &self.bases[self.state().rule.current()]
    }

    /// Calls `ask` with each mirror in turn until one succeeds.
    pub fn ask<T>(&self, mut ask: impl FnMut(&Base) -> Result<T, Error>) -> Result<T, Error> {
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

    /// Records that the file of the current mirror verified.
    pub fn took(&self) {
        let mut state = self.state();
        state.failures.clear();
        state.rule.took();
    }

    /// Records the version of a verified timestamp, and logs each mirror that served an older one.
    pub fn took_timestamp(&self, version: u64) {
        let behind: Vec<_> = self.state().rule.took_timestamp(version).collect();
        for (place, older) in behind {
            let (mirror, here) = (&self.bases[place], self.current());
            self.say(format!(
                "mirror {mirror} is behind: its timestamp has version {older}; that of {here} has \
                     version {version}"
            ));
        }
    }

    /// Records that the current mirror failed, and switches to the next one for the same file.
    ///
    /// # Errors
    /// Returns the most severe error if no mirror is left, and `error` itself if it is not the
    /// fault of a mirror.
    pub fn skip(&self, error: Error) -> Result<(), Error> {
        let Some(fault) = self.fault(&error) else { return Err(error) };
        if let Some(words) = fault.words() {
            self.say(format!("mirror {} {words}: {}", self.current(), Brief(&error)));
        }
        let mut state = self.state();
        state.failures.push(error);
        match state.rule.failed(fault) {
            Next::Ask => Ok(()),
            Next::Fail(number) => Err(std::mem::take(&mut state.failures).swap_remove(number)),
        }
    }

    /// Skips the current mirror, because its files do not fit the trusted metadata and replacing
    /// one file would not help.
    pub fn give_up(&self, error: &Error) {
        if self.fault(error).is_some() {
            self.say(format!("mirror {} is skipped: {}", self.current(), Brief(error)));
            self.state().rule.give_up();
        }
    }

    /// Returns, after a failed session, whether to start another one, with another mirror first.
    pub fn begin_again(&self) -> bool {
        let mut state = self.state();
        state.failures.clear();
        let Some(next) = state.rule.begin_again() else { return false };
        self.log.line(|| format!("starting again with {}", self.bases[next]));
        true
    }

    /// Locks the state. It is consistent after every change, even if another thread panicked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the fault of the current mirror, if there are other mirrors.
    fn fault(&self, error: &Error) -> Option<Fault> {
        let detail = error.detail();
        Fault::of(detail.code, detail.blame.name(), detail.role.as_deref())
            .filter(|_| self.bases.len() > 1)
    }

    /// Logs a notice, unless it was logged before.
    fn say(&self, line: String) {
        if self.state().said.insert(line.clone()) {
            self.log.notice(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::code::{Blame, Code};
    use crate::log::Events;

    /// Keeps what everybody should see.
    #[derive(Clone, Default)]
    struct Notices(Arc<Mutex<Vec<String>>>);

    impl Events for Notices {
        fn notice(&self, text: &str) {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }

    impl Notices {
        fn notices(&self) -> Vec<String> {
            self.0.lock().unwrap().clone()
        }
    }

    fn mirrors() -> (Mirrors, Notices) {
        let notices = Notices::default();
        let log = Log::new(notices.clone());
        let bases = ["http://a/", "http://b/", "http://c/"].map(|text| Base::parse(text).unwrap());
        (Mirrors::new(&bases, &log), notices)
    }

    fn error(code: Code) -> Error {
        Error::new(code, "x")
    }

    /// Returns which are asked, where these fail and all others succeed.
    fn asked(mirrors: &Mirrors, failing: &[&str]) -> (Vec<String>, Result<(), Error>) {
        let mut asked = Vec::new();
        let result = mirrors.ask(|base| {
            let name = base.to_string();
            asked.push(name.trim_start_matches("http://").trim_end_matches('/').to_owned());
            if failing.contains(&asked.last().unwrap().as_str()) {
                Err(error(Code::Connection))
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
        assert_eq!((all.len(), result.unwrap_err().code()), (3, "connection"));
        assert_eq!(log.notices().len(), 3, "{:?}", log.notices());
    }

    #[test]
    fn the_gravest_failure_is_the_verdict() {
        let (mirrors, _) = mirrors();
        let digest = picotuf::Hasher::new(picotuf::HashAlgorithm::Sha256).finish();
        let mut failures = [
            error(Code::HttpStatus),
            Error::from(picotuf::Error::HashMismatch {
                role: None,
                algorithm: picotuf::HashAlgorithm::Sha256,
                expected: (&digest).into(),
                found: (&digest).into(),
            }),
            Error::from(picotuf::Error::MissingFile { role: picotuf::Role::Targets }),
        ]
        .into_iter();
        let verdict = mirrors.ask(|_| failures.next().map_or(Ok(()), Err)).unwrap_err();
        assert_eq!(verdict.code(), "hash-mismatch");
    }

    #[test]
    fn what_is_no_mirrors_fault_ends_it() {
        for blame in [Blame::System, Blame::Caller] {
            let (mirrors, log) = mirrors();
            assert!(mirrors.skip(error(Code::Io).blame(blame)).is_err());
            assert!(!mirrors.begin_again());
            assert!(log.notices().is_empty());
        }
    }

    #[test]
    fn a_timestamp_that_is_behind_is_named() {
        let (mirrors, log) = mirrors();
        mirrors.took_timestamp(4);
        mirrors
            .skip(Error::from(picotuf::Error::MissingFile { role: picotuf::Role::Targets }))
            .unwrap();
        mirrors.took_timestamp(5);
        assert_eq!(
            log.notices()[1],
            "mirror http://a/ is behind: its timestamp has version 4; that of http://b/ has \
                version 5"
        );
    }
}
