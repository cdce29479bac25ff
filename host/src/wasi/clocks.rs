//! `wasi:clocks` over the engine's clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};
use wasmtime_wasi_io::poll::DynPollable;

use crate::coroutine::life::Guest;

/// Where the clock that guests see begins: Go's runtime takes one that stands at zero for a broken one, and refuses to start.
const BEGINNING: u64 = 1;

impl monotonic_clock::Host for Guest {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.core.shared.clock.now().saturating_add(BEGINNING))
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe_moment(when.saturating_sub(BEGINNING))
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let deadline = self.core.shared.clock.now().saturating_add(duration);
        self.subscribe_moment(deadline)
    }
}

impl wall_clock::Host for Guest {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        // A simulated engine begins at the epoch; a machine whose clock is set before it is treated as being there.
        let clock = &self.core.shared.clock;
        let since_epoch = if clock.is_simulated() {
            clock.elapsed()
        } else {
            SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
        };
        Ok(wall_clock::Datetime { seconds: since_epoch.as_secs(), nanoseconds: since_epoch.subsec_nanos() })
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1 })
    }
}
