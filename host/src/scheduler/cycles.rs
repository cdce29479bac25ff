//! How long a coroutine has had the processor, counted cheaply enough to be asked after each step.
//!
//! On x86-64 the processor's time-stamp counter is read, which takes a third of the time that a clock does; it runs at
//! one rate on every machine that Linux uses it for a clock on. How long a count is in seconds is found out only when
//! somebody asks, from how far counter and clock have come since the engine was built.
#![allow(unsafe_code, reason = "the counter is read by an instruction that has no safe name")]

use std::time::{Duration, Instant};

/// A counter that goes up at a constant rate. Two readings may be compared on one thread.
pub(crate) struct Cycles {
    began: Instant,
    first: u64,
}

impl Cycles {
    pub(crate) fn new() -> Self {
        let began = Instant::now();
        Cycles { began, first: count(began) }
    }

    /// The counter now.
    pub(crate) fn now(&self) -> u64 {
        count(self.began)
    }

    /// How long so many counts are.
    pub(crate) fn duration(&self, counts: u64) -> Duration {
        let all = self.now().saturating_sub(self.first).max(1);
        self.began.elapsed().mul_f64(counts as f64 / all as f64)
    }

    /// How many counts are so long; the engine must be some microseconds old for that to be exact.
    pub(crate) fn counts(&self, duration: Duration) -> u64 {
        let all = self.now().saturating_sub(self.first);
        (all as f64 * (duration.as_secs_f64() / self.began.elapsed().as_secs_f64().max(1e-9))) as u64
    }
}

/// How long the calling thread has had the processor, where the operating system tells. It is a call of the system: for once a
/// tick, not for each step.
#[cfg(unix)]
pub(crate) fn thread_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

/// How long the calling thread has had the processor: it is not asked on this system.
#[cfg(not(unix))]
pub(crate) fn thread_time() -> Option<Duration> {
    None
}

#[cfg(target_arch = "x86_64")]
fn count(_: Instant) -> u64 {
    // SAFETY: the instruction reads a register; it needs no privilege unless the process has given up the right to it,
    // which ends the process and touches no memory.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
fn count(began: Instant) -> u64 {
    crate::clock::nanoseconds(began.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_as_long_as_the_clock_says() {
        let (cycles, clock) = (Cycles::new(), Instant::now());
        let before = cycles.now();
        while clock.elapsed() < Duration::from_millis(20) {
            std::hint::spin_loop();
        }
        let counted = cycles.duration(cycles.now() - before);
        let passed = clock.elapsed();
        assert!(counted.abs_diff(passed) < passed / 2, "{counted:?} were counted of {passed:?}");
        let back = cycles.duration(cycles.counts(passed));
        assert!(back.abs_diff(passed) < passed / 2, "{passed:?} became {back:?}");
    }
}
