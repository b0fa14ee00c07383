//! The present time. A command reads it once, unless it runs for long.

use std::time::Instant;

use picotuf::Time;
use picotuf_client::{Code, Error};

/// The clock of a command that runs for long: that of the system. With `--at`, time goes on from
/// there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    given: Option<(Time, Instant)>,
}

impl Clock {
    /// Starts. `given` is the time of `--at`.
    pub(crate) fn new(given: Option<Time>) -> Self {
        Clock { given: given.map(|time| (time, Instant::now())) }
    }

    /// Returns the time.
    pub(crate) fn now(&self) -> Result<Time, Error> {
        let Some((start, since)) = self.given else { return picotuf_client::now() };
        let passed = i64::try_from(since.elapsed().as_secs());
        let time = passed.ok().and_then(|passed| start.unix().checked_add(passed));
        let error = || Error::new(Code::Clock, "the time of --at is out of range");
        time.map(Time::from_unix).ok_or_else(error)
    }
}

/// Returns the time of `--at`, or the system time.
pub(crate) fn now(at: Option<&str>) -> Result<Time, Error> {
    match at {
        Some(text) => Time::parse(text).ok_or_else(|| {
            Error::usage(format!(
                "--at {text:?} is not a time of RFC 3339, such as 2026-11-01T12:00:00Z"
            ))
        }),
        None => picotuf_client::now(),
    }
}

/// Returns the distance of `time` from `now` in words: "in 3 days", "5 minutes ago".
pub(crate) fn relative(time: Time, now: Time) -> String {
    let seconds = time.unix().saturating_sub(now.unix());
    let amount = seconds.unsigned_abs();
    let (count, unit) = match amount {
        0 => return "now".to_owned(),
        1..=119 => (amount, "second"),
        120..=7_199 => (amount / 60, "minute"),
        7_200..=172_799 => (amount / 3_600, "hour"),
        172_800..=63_071_999 => (amount / 86_400, "day"),
        _ => (amount / 31_556_952, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    if seconds < 0 {
        format!("{count} {unit}{plural} ago")
    } else {
        format!("in {count} {unit}{plural}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_rounded_down_to_a_readable_unit() {
        let now = Time::from_unix(1_000_000);
        for (offset, text) in [
            (0, "now"),
            (1, "in 1 second"),
            (-300, "5 minutes ago"),
            (86_400, "in 24 hours"),
            (3 * 86_400 + 5, "in 3 days"),
            (-400 * 86_400, "400 days ago"),
            (100 * 31_556_952, "in 100 years"),
        ] {
            assert_eq!(relative(Time::from_unix(1_000_000 + offset), now), text);
        }
    }

    #[test]
    fn a_time_that_cannot_be_read_is_wrong_usage() {
        assert!(now(Some("yesterday")).unwrap_err().is_usage());
        assert_eq!(
            now(Some("2030-01-01T00:00:00Z")).unwrap(),
            Time::parse("2030-01-01T00:00:00Z").unwrap()
        );
    }
}
