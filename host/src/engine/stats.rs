//! What an engine holds and has done, in numbers.

use std::sync::atomic::Ordering;

use super::shared::Shared;

/// What an engine holds and has done, over all its workers. The numbers are read one after the other while the workers go
/// on: they belong together only when nothing runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Coroutines that have not ended.
    pub coroutines: usize,
    /// Timers that are armed: sleeps, timeouts, pollables of the clock that somebody waits for.
    pub timers: usize,
    /// Places in the rows of signals: those who wait for one, and signals that wait for their recipients.
    pub waiters: usize,
    /// Bytes of arguments, values and results that the host keeps for guests, outside their memories. Short ones are not
    /// counted.
    pub payloads: usize,
    /// How often a coroutine has been given the processor. One that never waits and is not preempted has it once.
    pub slices: u64,
    /// How often a coroutine has been put into a queue because it was started, woken, cancelled or killed. One that
    /// yields or is preempted goes back by itself.
    pub wakes: u64,
    /// How often a coroutine was parked for a millisecond because it had polled 64 times in a row in vain: without waiting,
    /// and with nothing ready but moments of the clock that had come.
    pub pauses: u64,
    /// Coroutines that have ended.
    pub ended: u64,
    /// How many of those failed without anybody to handle it. Of one that is supervised it counts until it was started again and
    /// has ended well; a supervisor that gave up counts, too.
    pub failed: u64,
    /// How often a coroutine was refused what it is not granted.
    pub refused: u64,
    /// How often a supervisor has started somebody again.
    pub restarts: u64,
}

impl Shared {
    pub(super) fn stats(&self) -> Stats {
        let (ended, failed) = self.ends();
        let mut stats = Stats {
            waiters: self.signals.waiters(),
            payloads: self.payloads().kept(),
            ended,
            failed,
            refused: self.refused(),
            restarts: self.restarts(),
            ..Stats::default()
        };
        for mailbox in &self.mailboxes {
            stats.coroutines += mailbox.load();
            stats.timers += mailbox.counts.timers.load(Ordering::Relaxed);
            stats.slices += mailbox.counts.slices.load(Ordering::Relaxed);
            stats.pauses += mailbox.counts.pauses.load(Ordering::Relaxed);
            stats.wakes += mailbox.counts.wakes.load(Ordering::Relaxed);
        }
        stats
    }
}
