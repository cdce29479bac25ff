//! How long a coroutine may run: in all, and from one operation to the next.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::sandbox::limits::{Limit, Limits, UNLIMITED};
use crate::scheduler::cycles::Cycles;

/// What a coroutine may run, in counts of [`Cycles`], and for how long it has been quiet. For its worker only, which therefore need
/// not change it in one step.
pub(crate) struct Allowance {
    in_all: u64,
    most_quiet: u64,
    /// How long it has run since it asked for anything, and whether it has asked since its worker looked.
    quiet: AtomicU64,
    has_asked: AtomicBool,
}

/// A limit that was gone over, by so many counts of this.
pub(super) struct Overrun {
    pub(super) limit: Limit,
    pub(super) counts: u64,
    pub(super) what: &'static str,
}

impl Allowance {
    pub(super) fn new(cycles: &Cycles, limits: &Limits) -> Self {
        let counts = |limit| match limits.get(limit) {
            UNLIMITED => UNLIMITED,
            time => cycles.counts(Duration::from_nanos(time)),
        };
        Allowance {
            in_all: counts(Limit::CpuTime),
            most_quiet: counts(Limit::QuietTime),
            quiet: AtomicU64::new(0),
            has_asked: AtomicBool::new(false),
        }
    }

    fn is_bounded(&self) -> bool {
        self.in_all != UNLIMITED || self.most_quiet != UNLIMITED
    }

    /// It has asked for something.
    #[inline]
    pub(crate) fn note_asked(&self) {
        if self.is_bounded() {
            self.has_asked.store(true, Ordering::Relaxed);
        }
    }

    /// What it has gone over by running for so long, and so long in all, if it has.
    pub(super) fn overrun(&self, ran: u64, all: u64) -> Option<Overrun> {
        if !self.is_bounded() {
            return None;
        }
        let has_asked = self.has_asked.load(Ordering::Relaxed);
        self.has_asked.store(false, Ordering::Relaxed);
        let quiet = if has_asked { 0 } else { self.quiet.load(Ordering::Relaxed) + ran };
        self.quiet.store(quiet, Ordering::Relaxed);
        if all > self.in_all {
            return Some(Overrun { limit: Limit::CpuTime, counts: all, what: "used" });
        }
        let is_too_quiet = quiet > self.most_quiet;
        is_too_quiet.then_some(Overrun { limit: Limit::QuietTime, counts: quiet, what: "without an operation" })
    }
}
