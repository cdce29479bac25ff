//! The engine's clock, and sleeping.
//!
//! All times are those of the engine's clock, which a test may have replaced by one that jumps: do not compare them with
//! those of `std::time`.

use crate::Result;
use crate::bindings::cogen::engine::time;
use crate::select::{Pollable, Wait};
use std::ops::{Add, Sub};
use std::time::Duration;

/// A moment on the engine's clock. Moments can be compared within one engine; they mean nothing in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

/// The present moment. Never parks, and never goes backwards.
pub fn now() -> Instant {
    Instant(time::now())
}

/// Park for at least `duration`. A sleep of zero lets everybody run who is ready now.
///
/// Fails with [`Error::Cancelled`](crate::Error::Cancelled) only.
pub fn sleep(duration: Duration) -> Result<()> {
    Ok(time::sleep(nanos(duration))?)
}

/// Park until `deadline` or a little later. A moment that has passed behaves as a sleep of zero.
///
/// Fails with [`Error::Cancelled`](crate::Error::Cancelled) only.
pub fn sleep_until(deadline: Instant) -> Result<()> {
    Ok(time::sleep_until(deadline.0)?)
}

/// Go to the back of this worker's queue. Alone there, the coroutine continues at once.
///
/// Fails with [`Error::Cancelled`](crate::Error::Cancelled) only.
pub fn yield_now() -> Result<()> {
    Ok(time::yield_now()?)
}

/// A sleep to [`select`](mod@crate::select) on, together with other things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sleep {
    deadline: Instant,
}

impl Sleep {
    /// A sleep of `duration` that begins now.
    pub fn new(duration: Duration) -> Self {
        Sleep::until(now() + duration)
    }

    /// A sleep that ends at `deadline`.
    pub fn until(deadline: Instant) -> Self {
        Sleep { deadline }
    }

    /// When it ends.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
}

impl Wait for Sleep {
    fn subscribe(&self) -> Pollable {
        time::subscribe_sleep_until(self.deadline.0)
    }
}

impl Instant {
    /// How long ago this moment was; zero when it is still to come.
    pub fn elapsed(self) -> Duration {
        now() - self
    }

    /// Nanoseconds since a point that the engine chose.
    pub fn as_nanos(self) -> u64 {
        self.0
    }
}

/// The clock's last moment stands for all that would be later.
impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, duration: Duration) -> Instant {
        Instant(self.0.saturating_add(nanos(duration)))
    }
}

/// The time from `earlier` to this moment; zero when it is not earlier.
impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Nanoseconds as the engine counts them. More than the clock can count is for ever.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Duration, Instant};

    #[test]
    fn the_ends_of_the_clock_are_walls() {
        let (first, last) = (Instant(0), Instant(u64::MAX));
        assert_eq!(last + Duration::MAX, last);
        assert_eq!(first - last, Duration::ZERO);
        assert_eq!(first + Duration::from_nanos(3), Instant(3));
    }
}
