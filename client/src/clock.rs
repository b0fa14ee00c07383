//! The system clock.

use std::time::{SystemTime, UNIX_EPOCH};

use picotuf::Time;

use crate::code::Code;
use crate::error::Error;

/// Reads the system clock.
///
/// # Errors
/// [`Code::Clock`] if its time is out of range.
pub fn now() -> Result<Time, Error> {
    let seconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok(),
        Err(before) => i64::try_from(before.duration().as_secs()).ok().map(|seconds| -seconds),
    };
    seconds
        .map(Time::from_unix)
        .ok_or_else(|| Error::new(Code::Clock, "the system clock is out of range"))
}
