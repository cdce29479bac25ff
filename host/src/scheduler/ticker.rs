//! The thread that interrupts guests which never ask for anything.
//!
//! While any worker is awake it advances wasmtime's epoch every [`TICK`]; a guest that has run through a whole tick
//! yields at its next loop or function entry, between one and two ticks after its slice began. While all workers rest,
//! so does the ticker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    awake: usize,
    stopped: bool,
}

impl Ticker {
    /// The number of ticks so far.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// A worker has something to do from now on.
    pub(crate) fn worker_wakes(&self) {
        let mut state = self.state.lock();
        state.awake += 1;
        if state.awake == 1 {
            self.changed.notify_one();
        }
    }

    /// A worker has nothing to do from now on.
    pub(crate) fn worker_rests(&self) {
        self.state.lock().awake -= 1;
    }

    pub(crate) fn stop(&self) {
        self.state.lock().stopped = true;
        self.changed.notify_one();
    }

    /// Starts the thread, which ends after [`Ticker::stop`].
    pub(crate) fn start(self: &Arc<Self>, engine: wasmtime::Engine) -> std::io::Result<JoinHandle<()>> {
        let ticker = self.clone();
        std::thread::Builder::new().name("cogen-ticker".to_owned()).spawn(move || ticker.run(&engine))
    }

    fn run(&self, engine: &wasmtime::Engine) {
        let mut state = self.state.lock();
        while !state.stopped {
            if state.awake == 0 {
                self.changed.wait(&mut state);
                continue;
            }
            self.changed.wait_for(&mut state, TICK);
            self.count.fetch_add(1, Ordering::Relaxed);
            engine.increment_epoch();
        }
    }
}
