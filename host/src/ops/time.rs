//! `cogen:engine/time`.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, subscribe};

use super::bindings::time::Host;
use super::{Answer, Deadline, Moment, Operation, sleep_until, yield_now};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::sandbox::Exceeded;
use crate::sandbox::limits::Limit;
use crate::sandbox::usage::Permit;

impl Host for Guest {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.core.shared.clock.now())
    }

    async fn sleep(&mut self, duration: u64) -> Answer<()> {
        let deadline = self.core.shared.clock.now().saturating_add(duration);
        sleep(&self.core, Name::Sleep, deadline).await
    }

    async fn sleep_until(&mut self, deadline: u64) -> Answer<()> {
        sleep(&self.core, Name::SleepUntil, deadline).await
    }

    fn subscribe_sleep(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let deadline = self.core.shared.clock.now().saturating_add(duration);
        self.subscribe_moment(deadline)
    }

    fn subscribe_sleep_until(&mut self, deadline: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.subscribe_moment(deadline)
    }

    async fn yield_now(&mut self) -> Answer<()> {
        let operation =
            Operation { name: Name::YieldNow, detail: String::new, wait: || None, deadline: Deadline::Never };
        self.core.operate(operation, pin!(yield_now())).await
    }
}

impl Guest {
    /// A moment on the engine's clock as a pollable.
    pub(crate) fn subscribe_moment(&mut self, deadline: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let permit = Permit::take(&self.core, Limit::Timers).map_err(|limit| wasmtime::Error::new(Exceeded(limit)))?;
        let moment = self.table.push(Moment { core: self.core.clone(), deadline, _permit: permit })?;
        subscribe(&mut self.table, moment)
    }
}

/// Sleeps at least until `deadline`, and goes through the queue even if that has passed.
async fn sleep(core: &Arc<Core>, name: Name, deadline: u64) -> Answer<()> {
    let operation = Operation {
        name,
        detail: || format!("until {:?}", Duration::from_nanos(deadline)),
        wait: || Some(Wait::Until(deadline)),
        deadline: Deadline::Never,
    };
    let work = async {
        if deadline <= core.shared.clock.now() {
            return yield_now().await;
        }
        sleep_until(core, deadline).await;
        Ok(())
    };
    core.operate(operation, pin!(work)).await
}
