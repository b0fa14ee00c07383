//! Several mirrors of one repository, and the one rule by which they stand in for each other.
//!
//! What a file is worth depends on what is trusted already, and never on where it came from. So
//! every file is asked of the mirrors in their order until one gives a file that the core takes,
//! and files of several mirrors go together exactly where signatures, versions, lengths and hashes
//! say so: a timestamp of one mirror with the snapshot of another, if it is the one that the
//! timestamp lists. From that follows:
//!
//! - What was verified and stored stays, each role on its own (spec §5.3 to §5.6), whoever gave it.
//!   A mirror that is behind cannot take a newer timestamp back, and is not begun with anew as if
//!   there had been none.
//! - A mirror that gave no good file is named, with the reason, and is asked last from then on. One
//!   that is behind is one of these: its files are still right where they are the listed ones.
//! - Where no mirror has what is needed, the session begins again from what is stored, with another
//!   mirror first, because that may list what it has, or have a root that the first withheld. Each
//!   mirror is first once at the most, and one that could not be reached is not.
//! - What is wrong on this side (the trust anchor, the disk, the usage) is no mirror's fault and
//!   ends the command. So does a repository that has expired on all mirrors: another order would
//!   not make it younger, and it may well be the clock.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

/// The state of a list of mirrors: which one to ask, and how the others failed. A mirror is
/// identified by its position in the user's list.
#[derive(Debug)]
pub struct Mirrors {
    /// The places of all, those that are asked first in front.
    order: Vec<usize>,
    /// What came out of those that were asked for the file at hand.
    faults: Vec<Fault>,
    /// None gave the file that was needed last, and another order may help.
    may_begin_again: bool,
    /// Those that were first in a session.
    led: BTreeSet<usize>,
    /// Those that could not be reached when they were asked last.
    down: BTreeSet<usize>,
    /// The version of the timestamp that each gave last.
    timestamps: Vec<Option<u64>>,
}

/// The way in which a mirror failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It cannot be reached, or does not answer as it should.
    Unreachable,
    /// It has no such file.
    Absent,
    /// Its file is beyond a limit, or signed in a way that is not supported.
    Limit,
    /// Its file has expired.
    Expired,
    /// The stored root has expired, and it has no newer one, as it may be.
    RootExpired,
    /// Its file is older than what is trusted.
    Behind,
    /// Its file does not hold for another reason.
    Bad,
}

/// What a host does after a mirror failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next mirror, which is the present one now, is asked for the same file.
    Ask,
    /// All have failed: the verdict is the failure with this number, counted from 0 since a file
    /// was taken.
    Fail(usize),
}

impl Fault {
    /// Classifies an error by its code, by the name of the party to blame, and by its role. Returns
    /// `None` if the mirror is not at fault.
    pub fn of(code: &str, blame: &str, role: Option<&str>) -> Option<Fault> {
        Some(match (blame, code) {
            (
                "repository" | "limit" | "unsupported" | "transport",
                "missing-file" | "missing-target",
            ) => Fault::Absent,
            ("repository", "expired") if role == Some("root") => Fault::RootExpired,
            ("repository", "expired") => Fault::Expired,
            ("repository", "rollback") => Fault::Behind,
            ("repository", _) => Fault::Bad,
            ("limit" | "unsupported", _) => Fault::Limit,
            ("transport", _) => Fault::Unreachable,
            _ => return None,
        })
    }

    /// Returns the words that tell a user that a mirror is outdated or skipped, or `None` if it is
    /// neither.
    pub const fn words(self) -> Option<&'static str> {
        match self {
            Fault::RootExpired => None,
            Fault::Behind => Some("is behind"),
            _ => Some("is skipped"),
        }
    }

    /// What a mirror sends says more than that it sends nothing.
    const fn gravity(self) -> u8 {
        match self {
            Fault::Unreachable => 0,
            Fault::Absent => 1,
            Fault::Limit => 2,
            Fault::Expired | Fault::RootExpired | Fault::Behind | Fault::Bad => 3,
        }
    }

    const fn is_about_time(self) -> bool {
        matches!(self, Fault::Expired | Fault::RootExpired)
    }
}

impl Mirrors {
    /// Creates the state for `count` mirrors. The first one is asked first.
    pub fn new(count: usize) -> Self {
        Mirrors {
            order: (0..count).collect(),
            faults: Vec::new(),
            may_begin_again: false,
            led: BTreeSet::from([0]),
            down: BTreeSet::new(),
            timestamps: vec![None; count],
        }
    }

    /// Returns the position of the mirror to ask now.
    pub fn current(&self) -> usize {
        self.order.first().copied().unwrap_or_default()
    }

    /// Records that the current mirror returned a good file.
    pub fn took(&mut self) {
        self.faults.clear();
        let here = self.current();
        self.down.remove(&here);
    }

    /// Records that the current mirror returned a good timestamp of this version. Returns the
    /// mirrors that returned an older version before, with that version.
    pub fn took_timestamp(&mut self, version: u64) -> impl Iterator<Item = (usize, u64)> {
        let here = self.current();
        if let Some(timestamp) = self.timestamps.get_mut(here) {
            *timestamp = Some(version);
        }
        let known = self
            .timestamps
            .iter()
            .enumerate()
            .filter_map(|(place, other)| Some((place, (*other)?)));
        known.filter(move |(_, other)| *other < version)
    }

    /// Records that the current mirror returned no good file. If it is the only mirror, the result
    /// is to report the failure.
    pub fn failed(&mut self, fault: Fault) -> Next {
        let here = self.current();
        if fault == Fault::Unreachable {
            self.down.insert(here);
        }
        self.order.retain(|place| *place != here);
        self.order.push(here);
        self.faults.push(fault);
        if self.faults.len() < self.order.len() {
            return Next::Ask;
        }
        let faults = core::mem::take(&mut self.faults);
        self.may_begin_again = !faults.iter().all(|fault| fault.is_about_time());
        // The first of those that are equally grave.
        let gravest = faults.iter().enumerate().rev().max_by_key(|(_, fault)| fault.gravity());
        Next::Fail(gravest.map_or(0, |(number, _)| number))
    }

    /// Records that what the current mirror returned fits nothing that is trusted, and that another
    /// mirror's copy of one file would not help.
    pub fn give_up(&mut self) {
        self.may_begin_again = true;
    }

    /// Returns the position of the mirror with which to start another session after one failed, or
    /// `None` if another session would not get further. That mirror is asked first from then on.
    pub fn begin_again(&mut self) -> Option<usize> {
        self.faults.clear();
        if !core::mem::take(&mut self.may_begin_again) {
            return None;
        }
        let fresh = |place: &usize| !self.led.contains(place) && !self.down.contains(place);
        let next = (0..self.order.len()).find(fresh)?;
        self.led.insert(next);
        self.order.retain(|place| *place != next);
        self.order.insert(0, next);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns which are asked for a file, where these fail and all others succeed.
    fn asked(mirrors: &mut Mirrors, failing: &[usize]) -> (Vec<usize>, Option<usize>) {
        let mut asked = Vec::new();
        loop {
            asked.push(mirrors.current());
            if !failing.contains(&mirrors.current()) {
                mirrors.took();
                return (asked, None);
            }
            if let Next::Fail(number) = mirrors.failed(Fault::Unreachable) {
                return (asked, Some(number));
            }
        }
    }

    #[test]
    fn one_that_failed_is_asked_last_from_then_on() {
        let mut mirrors = Mirrors::new(3);
        assert_eq!(asked(&mut mirrors, &[]), (vec![0], None));
        assert_eq!(asked(&mut mirrors, &[0]), (vec![0, 1], None));
        assert_eq!(asked(&mut mirrors, &[]), (vec![1], None));
        assert_eq!(asked(&mut mirrors, &[1, 2]), (vec![1, 2, 0], None));
        assert_eq!(asked(&mut mirrors, &[0, 1, 2]), (vec![0, 1, 2], Some(0)));
    }

    #[test]
    fn the_gravest_failure_is_the_verdict_and_of_several_the_first() {
        for (faults, gravest) in [
            ([Fault::Unreachable, Fault::Bad, Fault::Absent], 1),
            ([Fault::Absent, Fault::Limit, Fault::Unreachable], 1),
            ([Fault::Limit, Fault::Behind, Fault::Expired], 1),
            ([Fault::Unreachable, Fault::Unreachable, Fault::Absent], 2),
        ] {
            let mut mirrors = Mirrors::new(3);
            let next = faults.map(|fault| mirrors.failed(fault));
            assert_eq!(next, [Next::Ask, Next::Ask, Next::Fail(gravest)], "{faults:?}");
        }
        assert_eq!(Mirrors::new(1).failed(Fault::Absent), Next::Fail(0));
    }

    #[test]
    fn each_that_can_be_reached_is_first_once() {
        let mut mirrors = Mirrors::new(3);
        for fault in [Fault::Bad, Fault::Unreachable, Fault::Bad] {
            mirrors.failed(fault);
        }
        assert_eq!((mirrors.begin_again(), mirrors.current()), (Some(2), 2));
        mirrors.took();
        assert_eq!(mirrors.begin_again(), None, "nothing failed since");
        // Where all are of one mind about the time, there is nothing to try.
        for fault in [Fault::Expired, Fault::RootExpired, Fault::Expired] {
            mirrors.failed(fault);
        }
        assert_eq!(mirrors.begin_again(), None);
        // One that is reached again may be first.
        assert_eq!(asked(&mut mirrors, &[0, 2]).0.last(), Some(&1));
        mirrors.give_up();
        assert_eq!(mirrors.begin_again(), Some(1));
    }

    #[test]
    fn a_timestamp_that_is_behind_is_named() {
        let mut mirrors = Mirrors::new(3);
        assert_eq!(mirrors.took_timestamp(4).count(), 0);
        mirrors.failed(Fault::Absent);
        assert_eq!(mirrors.took_timestamp(5).collect::<Vec<_>>(), [(0, 4)]);
    }

    #[test]
    fn what_is_wrong_on_this_side_is_no_mirror_s_fault() {
        for (code, blame, role, fault) in [
            ("io", "system", None, None),
            ("usage", "caller", None, None),
            ("connection", "transport", Some("root"), Some(Fault::Unreachable)),
            ("missing-target", "repository", None, Some(Fault::Absent)),
            ("limit-reached", "limit", Some("root"), Some(Fault::Limit)),
            ("expired", "repository", Some("root"), Some(Fault::RootExpired)),
            ("expired", "repository", Some("timestamp"), Some(Fault::Expired)),
            ("rollback", "repository", Some("timestamp"), Some(Fault::Behind)),
            ("hash-mismatch", "repository", None, Some(Fault::Bad)),
        ] {
            assert_eq!(Fault::of(code, blame, role), fault, "{code}");
        }
    }
}
