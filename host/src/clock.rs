//! The engine's clock: injected, so that tests of time need not wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where an engine takes its time from.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System(Instant),
    Simulated(Arc<AtomicU64>),
}

impl Clock {
    /// The operating system's monotonic clock, from zero at this moment.
    pub fn system() -> Self {
        Clock(Source::System(Instant::now()))
    }

    /// A clock that stands still while any coroutine can run, and jumps to the next deadline when none can: a sleep of
    /// an hour takes no time at all. It begins at zero.
    pub fn simulated() -> Self {
        Clock(Source::Simulated(Arc::new(AtomicU64::new(0))))
    }

    /// The time since the clock began.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.now())
    }

    /// Nanoseconds since the clock began; 64 bits of them last for 584 years.
    pub(crate) fn now(&self) -> u64 {
        match &self.0 {
            Source::System(start) => {
                let elapsed = start.elapsed();
                elapsed.as_secs() * 1_000_000_000 + u64::from(elapsed.subsec_nanos())
            }
            Source::Simulated(now) => now.load(Ordering::Acquire),
        }
    }

    pub(crate) fn is_simulated(&self) -> bool {
        matches!(self.0, Source::Simulated(_))
    }

    /// Moves a simulated clock forward to `moment`; it never goes back.
    pub(crate) fn jump_to(&self, moment: u64) {
        if let Source::Simulated(now) = &self.0 {
            now.fetch_max(moment, Ordering::AcqRel);
        }
    }
}

/// The nanoseconds of a duration, cut at the end of the clock.
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
