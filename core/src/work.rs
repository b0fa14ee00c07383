//! How much work a verification is: counted by the feature `work`, for tests. Without it there is
//! nothing to count with.

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    Checks,
    Compared,
    Decoded,
    Hashed,
    Matched,
    Read,
    Scanned,
    Tokens,
}

#[cfg(feature = "work")]
pub use counted::{Work, take_work};

#[cfg(feature = "work")]
pub(crate) use counted::count;

/// Counts nothing.
#[cfg(not(feature = "work"))]
#[inline(always)]
pub(crate) const fn count(_: Counter, _: usize) {}

#[cfg(feature = "work")]
mod counted {
    use core::cell::Cell;

    use super::Counter;

    /// What was done on this thread.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Work {
        /// Signatures that were checked with a key.
        pub checks: u64,
        /// Bytes of names that were compared with other names.
        pub compared: u64,
        /// Keys that were decoded, so that signatures can be checked with them.
        pub decoded: u64,
        /// Bytes that went into a hash function, once for each.
        pub hashed: u64,
        /// Steps in matching patterns with a path.
        pub matched: u64,
        /// Bytes of files that were read, in all readings.
        pub read: u64,
        /// Bytes that were scanned to put members in order.
        pub scanned: u64,
        /// Values, names and whole entries that were read.
        pub tokens: u64,
    }

    std::thread_local! {
        static WORK: Cell<Work> = const {
            Cell::new(Work {
                checks: 0,
                compared: 0,
                decoded: 0,
                hashed: 0,
                matched: 0,
                read: 0,
                scanned: 0,
                tokens: 0,
            })
        };
    }

    /// Returns what was done on this thread since this was asked last.
    pub fn take_work() -> Work {
        WORK.take()
    }

    /// Counts so much more.
    pub(crate) fn count(counter: Counter, amount: usize) {
        let mut work = WORK.get();
        let place = match counter {
            Counter::Checks => &mut work.checks,
            Counter::Compared => &mut work.compared,
            Counter::Decoded => &mut work.decoded,
            Counter::Hashed => &mut work.hashed,
            Counter::Matched => &mut work.matched,
            Counter::Read => &mut work.read,
            Counter::Scanned => &mut work.scanned,
            Counter::Tokens => &mut work.tokens,
        };
        *place = place.saturating_add(u64::try_from(amount).unwrap_or(u64::MAX));
        WORK.set(work);
    }
}
