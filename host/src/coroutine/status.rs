//! Where a coroutine is in its life, with what others ask of it, in one word that all threads may change.
//!
//! One word, so that each change sees every other: with the mark of a kill beside the state instead of in it, the
//! killer could read an old state while the worker reads an old mark, and the kill would be lost.

use super::atomic::{AtomicU8, Ordering};

/// Where a coroutine is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Made, and not yet started.
    Created,
    /// Waiting for its turn on its worker.
    Ready,
    /// Running now.
    Running,
    /// Waiting for something to happen.
    Parked,
    /// Over; its outcome is known.
    Ended,
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            State::Created => "created",
            State::Ready => "ready",
            State::Running => "running",
            State::Parked => "parked",
            State::Ended => "ended",
        })
    }
}

/// What became of one that had nothing more to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parking {
    /// It is parked; whoever wakes it queues it.
    Parked,
    /// It was woken while it ran: it is ready again, and its worker queues it.
    Woken,
    /// It was killed while it ran: its worker ends it.
    Killed,
}

/// A state in the low bits, and marks above them.
pub(crate) struct Status(AtomicU8);

const CREATED: u8 = 0;
const READY: u8 = 1;
const RUNNING: u8 = 2;
const PARKED: u8 = 3;
const ENDED: u8 = 4;
const STATE: u8 = 0b111;

/// Woken while it ran: it goes on instead of being parked.
const WOKEN: u8 = 1 << 3;
const CANCELLED: u8 = 1 << 4;
const KILLED: u8 = 1 << 5;

impl Status {
    pub(crate) fn new() -> Self {
        Status(AtomicU8::new(CREATED))
    }

    pub(crate) fn state(&self) -> State {
        match self.load() & STATE {
            CREATED => State::Created,
            READY => State::Ready,
            RUNNING => State::Running,
            PARKED => State::Parked,
            _ => State::Ended,
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.load() & STATE == ENDED
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.load() & CANCELLED != 0
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.load() & KILLED != 0
    }

    /// Makes it ready if it is parked. Whoever is answered `true`, of all that wake it, must queue it.
    ///
    /// The word is written even where that changes nothing: so whatever was said before is seen by the run that follows.
    #[must_use]
    pub(crate) fn wake(&self) -> bool {
        self.disturb(0)
    }

    /// Marks it as cancelled, and wakes it. One that was not started is to be queued, too: it may be waiting for room,
    /// where no wake reaches it.
    #[must_use]
    pub(crate) fn cancel(&self) -> bool {
        self.disturb(CANCELLED)
    }

    /// Marks it as killed, and wakes it, as above. One that is ready is to be queued once more: its turn may be far off.
    #[must_use]
    pub(crate) fn kill(&self) -> bool {
        self.disturb(KILLED)
    }

    fn disturb(&self, marks: u8) -> bool {
        let seen = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |status| {
            let next = match status & STATE {
                ENDED => return None,
                PARKED => status - PARKED + READY,
                RUNNING => status | WOKEN,
                _ => status,
            };
            Some(next | marks)
        });
        seen.is_ok_and(|status| match status & STATE {
            PARKED => true,
            CREATED => marks & !status != 0,
            READY => marks & !status & KILLED != 0,
            _ => false,
        })
    }

    /// It runs from now on. For its worker only, as the two below.
    pub(crate) fn run(&self) {
        self.change(|status| status & !(STATE | WOKEN) | RUNNING);
    }

    /// Parks it, unless it only yields or something came while it ran.
    #[must_use]
    pub(crate) fn park(&self, yields: bool) -> Parking {
        let is_woken = |status: u8| yields || status & WOKEN != 0;
        let status = self.change(|status| match status {
            _ if status & KILLED != 0 => status,
            _ if is_woken(status) => status & !(STATE | WOKEN) | READY,
            _ => status & !STATE | PARKED,
        });
        match status {
            _ if status & KILLED != 0 => Parking::Killed,
            _ if is_woken(status) => Parking::Woken,
            _ => Parking::Parked,
        }
    }

    /// It is over from now on.
    pub(crate) fn end(&self) {
        self.change(|status| status & !STATE | ENDED);
    }

    fn load(&self) -> u8 {
        self.0.load(Ordering::Acquire)
    }

    /// Changes the word, and answers what it was.
    fn change(&self, change: impl Fn(u8) -> u8) -> u8 {
        let changed = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |status| Some(change(status)));
        match changed {
            Ok(status) | Err(status) => status,
        }
    }
}
