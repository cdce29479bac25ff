//! How workers agree that nothing can run.
//!
//! A worker that finds nothing to do goes to rest with its next deadline, and says whether anybody of its own waits for a
//! socket. The one that makes the rest complete decides what follows: with a simulated clock it jumps to the earliest
//! deadline; with no deadline and no socket anywhere the engine has finished. Messages on their way count as work (`in_flight` goes up before one is sent and down when its receiver,
//! awake, has taken it), so that a complete rest is really one.

use super::Mutex;
use super::atomic::{AtomicUsize, Ordering};
use crate::clock::Clock;

/// What a worker that goes to rest should do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Block until a message or its own deadline.
    Wait,
    /// The clock has jumped: these workers have a timer that is due.
    Jumped(Vec<usize>),
    /// Nothing can ever run again.
    Finished,
}

/// What a resting worker waits for, besides messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repose {
    pub(crate) deadline: Option<u64>,
    /// Whether anybody waits for what may come from outside the engine.
    pub(crate) listens: bool,
}

pub(crate) struct Rest {
    /// Of each worker that rests: for what.
    resting: Mutex<Vec<Option<Repose>>>,
    in_flight: AtomicUsize,
}

impl Rest {
    pub(crate) fn new(workers: usize) -> Self {
        Rest { resting: Mutex::new(vec![None; workers]), in_flight: AtomicUsize::new(0) }
    }

    pub(crate) fn message_sent(&self) {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn messages_taken(&self, count: usize) {
        self.in_flight.fetch_sub(count, Ordering::AcqRel);
    }

    /// `worker` has nothing to do until something of this comes.
    pub(crate) fn lie_down(&self, worker: usize, repose: Repose, clock: &Clock) -> Verdict {
        let mut resting = self.resting.lock();
        resting[worker] = Some(repose);
        if self.in_flight.load(Ordering::Acquire) > 0 || resting.iter().any(Option::is_none) {
            return Verdict::Wait;
        }
        let Some(next) = resting.iter().flatten().filter_map(|repose| repose.deadline).min() else {
            let listens = resting.iter().flatten().any(|repose| repose.listens);
            return if listens { Verdict::Wait } else { Verdict::Finished };
        };
        if !clock.is_simulated() {
            return Verdict::Wait;
        }
        clock.jump_to(next);
        let due = |at: &Option<Repose>| at.and_then(|repose| repose.deadline).is_some_and(|deadline| deadline <= next);
        Verdict::Jumped((0..resting.len()).filter(|&worker| due(&resting[worker])).collect())
    }

    /// `worker` is awake again.
    pub(crate) fn get_up(&self, worker: usize) {
        self.resting.lock()[worker] = None;
    }
}
