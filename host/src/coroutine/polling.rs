//! How often a coroutine has polled in vain.
//!
//! A program that has nothing to do may ask again and again whether something has come, without waiting for it. It would have a
//! processor to itself for that. So each poll in vain but the first lets the others go first, and whoever does so many in a row is
//! parked for a while: one that does nothing else takes a tenth or so of a processor, and one that does something useful in between
//! hardly notices.

use std::sync::atomic::{AtomicU32, Ordering};

/// So many polls in a row are in vain before the coroutine is parked. They take a tenth or two of a millisecond if nothing is done in between.
const IN_A_ROW: u32 = 64;

/// For how long it is parked, in nanoseconds: what comes meanwhile is seen so much later.
pub(crate) const PAUSE: u64 = 1_000_000;

/// For the coroutine's worker only, which therefore need not change it in one step.
#[derive(Default)]
pub(crate) struct Polling {
    /// How many moments of the clock had come when they were asked, since the last poll began.
    due: AtomicU32,
    in_vain: AtomicU32,
}

impl Polling {
    /// A poll begins.
    pub(crate) fn begin(&self) {
        self.due.store(0, Ordering::Relaxed);
    }

    /// A moment of the clock was asked, and has come.
    pub(crate) fn note_due(&self) {
        self.due.store(self.due.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// A poll has waited, or so many are ready. It was in vain if it has not, and nothing else is than moments of the clock: what
    /// a program adds to its list so as not to wait. Answers whether that is once too often.
    pub(crate) fn end(&self, has_waited: bool, ready: usize) -> Verdict {
        let due = self.due.load(Ordering::Relaxed) as usize;
        if has_waited || ready > due {
            self.in_vain.store(0, Ordering::Relaxed);
            return Verdict::Fine;
        }
        let in_vain = self.in_vain.load(Ordering::Relaxed) + 1;
        self.in_vain.store(in_vain % IN_A_ROW, Ordering::Relaxed);
        match in_vain {
            1 => Verdict::Fine,
            IN_A_ROW => Verdict::Pause,
            _ => Verdict::Yield,
        }
    }
}

/// What follows from a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It goes on.
    Fine,
    /// The others go first.
    Yield,
    /// It is parked for [`PAUSE`].
    Pause,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(polling: &Polling, due: u32, has_waited: bool, ready: usize) -> Verdict {
        polling.begin();
        (0..due).for_each(|_| polling.note_due());
        polling.end(has_waited, ready)
    }

    #[test]
    fn only_polls_in_a_row_and_in_vain_lead_to_a_pause() {
        let polling = Polling::default();
        for _ in 0..3 {
            assert_eq!(poll(&polling, 1, false, 1), Verdict::Fine);
            for _ in 2..IN_A_ROW {
                assert_eq!(poll(&polling, 1, false, 1), Verdict::Yield);
            }
            assert_eq!(poll(&polling, 0, false, 0), Verdict::Pause);
        }
        for (due, has_waited, ready) in [(1, true, 1), (1, false, 2), (0, false, 1)] {
            for _ in 1..IN_A_ROW {
                assert_ne!(poll(&polling, 0, false, 0), Verdict::Pause);
            }
            assert_eq!(poll(&polling, due, has_waited, ready), Verdict::Fine, "it was not in vain");
        }
    }
}
