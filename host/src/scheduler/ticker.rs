//! The thread that interrupts guests which never ask for anything.
//!
//! While any worker is awake it advances wasmtime's epoch every [`TICK`]; a guest that has run through a whole tick
//! yields at its next loop or function entry, between one and two ticks after its slice began. Once all workers have
//! rested for a tick, so does the ticker: an idle engine has no thread that wakes up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

/// Two of these are the longest slice: a timer beside one spinning guest fires at most 8 ms late, of 20 ms promised,
/// and a switch every 4 to 8 ms costs a spinning guest less than a thousandth of its time.
pub(crate) const TICK: Duration = Duration::from_millis(4);

/// How many ticks there were, and whom to wake when workers are awake again.
#[derive(Default)]
pub(crate) struct Ticker {
    count: AtomicU64,
    awake: AtomicUsize,
    /// Whether the thread waits for a worker to wake.
    resting: AtomicBool,
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Ticker {
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
            self.changed.wait_for(&mut stopped, TICK);
            self.count.fetch_add(1, Ordering::Relaxed);
            engine.increment_epoch();
        }
    }
}
