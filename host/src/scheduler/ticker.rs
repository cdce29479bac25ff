//! The thread that interrupts guests which never ask for anything.
//!
//! While any worker is awake it advances wasmtime's epoch at each tick; a guest that has run through a whole tick
//! yields at its next loop or function entry, between one and two ticks after its slice began. Once all workers have
//! rested for a tick, so does the ticker: an idle engine has no thread that wakes up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use crate::clock::Clock;

/// Two of these are the longest slice: a timer beside one spinning guest fires at most 8 ms late, of 20 ms promised,
/// and a switch every 4 to 8 ms costs a spinning guest less than a thousandth of its time.
const TICK: Duration = Duration::from_millis(4);

/// On a simulated clock nobody is late, and the order of things must not hang on how busy the machine is: only those who
/// really never ask for anything are interrupted.
const SIMULATED_TICK: Duration = Duration::from_millis(50);

/// A slice lasts until the second tick after it began, so that one which begins just before a tick is not cut short.
pub(crate) const TICKS_PER_SLICE: u64 = 2;

/// How many ticks there were, and whom to wake when workers are awake again.
pub(crate) struct Ticker {
    tick: Duration,
    spent: Duration,
    count: AtomicU64,
    awake: AtomicUsize,
    /// Whether the thread waits for a worker to wake.
    resting: AtomicBool,
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Ticker {
    /// A ticker for an engine on this clock.
    pub(crate) fn new(clock: &Clock) -> Self {
        // With simulated time, only who was interrupted stands behind the others.
        let (tick, spent) = if clock.is_simulated() { (SIMULATED_TICK, 2 * SIMULATED_TICK) } else { (TICK, TICK / 2) };
        Ticker {
            tick,
            spent,
            count: AtomicU64::new(0),
            awake: AtomicUsize::new(0),
            resting: AtomicBool::new(false),
            stopped: Mutex::new(false),
            changed: Condvar::new(),
        }
    }

    /// Whoever has run for so long has spent a slice.
    pub(crate) fn spent(&self) -> Duration {
        self.spent
    }

    /// The number of ticks so far.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// A worker has something to do from now on.
    pub(crate) fn worker_wakes(&self) {
        // Both sides write one and then read the other, in one order for all: at least one of them sees the other.
        self.awake.fetch_add(1, Ordering::SeqCst);
        if self.resting.load(Ordering::SeqCst) {
            let _stopped = self.stopped.lock();
            self.changed.notify_one();
        }
    }

    /// A worker has nothing to do from now on.
    pub(crate) fn worker_rests(&self) {
        self.awake.fetch_sub(1, Ordering::SeqCst);
    }

    /// Ends the thread. No guest may be running any more: nothing would interrupt it.
    pub(crate) fn stop(&self) {
        *self.stopped.lock() = true;
        self.changed.notify_one();
    }

    /// Starts the thread, which ends after [`Ticker::stop`].
    pub(crate) fn start(self: &Arc<Self>, engine: wasmtime::Engine) -> std::io::Result<JoinHandle<()>> {
        let ticker = self.clone();
        std::thread::Builder::new().name("cogen-ticker".to_owned()).spawn(move || ticker.run(&engine))
    }

    fn run(&self, engine: &wasmtime::Engine) {
        let mut stopped = self.stopped.lock();
        while !*stopped {
            self.resting.store(true, Ordering::SeqCst);
            while !*stopped && self.awake.load(Ordering::SeqCst) == 0 {
                self.changed.wait(&mut stopped);
            }
            self.resting.store(false, Ordering::SeqCst);
            self.changed.wait_for(&mut stopped, self.tick);
            self.count.fetch_add(1, Ordering::Relaxed);
            engine.increment_epoch();
        }
    }
}
