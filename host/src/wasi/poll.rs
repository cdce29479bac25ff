//! `wasi:io/poll`, through the boundary of operations, so that the table says who waits for how many pollables.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi_io::bindings::wasi::io::poll::{Host, HostPollable};
use wasmtime_wasi_io::poll::DynPollable;

use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::polling::{PAUSE, Verdict};
use crate::coroutine::{Core, Wait};
use crate::ops::{sleep_until, yield_now};
use crate::scheduler::mailbox::count;

/// Each pollable of a list costs a future, and nothing interrupts the host while it looks at them all.
const MAX_POLLABLES: usize = 10_000;

impl Host for Guest {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        if pollables.len() > MAX_POLLABLES {
            let message = format!("{} pollables in one list; at most {MAX_POLLABLES} are allowed", pollables.len());
            return Err(wasmtime::Error::msg(message));
        }
        let (count, mut has_waited) = (pollables.len(), false);
        self.core.polling.begin();
        let work = noting_a_wait(Host::poll(&mut self.table, pollables), &mut has_waited);
        let ready = self.core.wait_for(Name::Poll, Wait::Poll(count), work).await?;
        self.core.throttle(has_waited, ready.len()).await;
        Ok(ready)
    }
}

impl HostPollable for Guest {
    async fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        self.core.polling.begin();
        let is_ready = HostPollable::ready(&mut self.table, pollable).await?;
        self.core.throttle(false, is_ready.into()).await;
        Ok(is_ready)
    }

    async fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        self.core.wait_for(Name::Block, Wait::Poll(1), HostPollable::block(&mut self.table, pollable)).await
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        <ResourceTable as HostPollable>::drop(&mut self.table, pollable)
    }
}

/// Carries out `work`, and notes whether it had to wait.
async fn noting_a_wait<T>(work: impl Future<Output = T>, has_waited: &mut bool) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        let polled = work.as_mut().poll(context);
        *has_waited |= polled.is_pending();
        polled
    })
    .await
}

impl Core {
    /// Lets others go first after a poll that was in vain, and parks whoever does nothing else.
    async fn throttle(self: &Arc<Self>, has_waited: bool, ready: usize) {
        match self.polling.end(has_waited, ready) {
            Verdict::Fine => {}
            // Nothing ends it but that it has been through the queue.
            Verdict::Yield => drop(yield_now().await),
            Verdict::Pause => {
                count(&self.shared.mailboxes[self.worker].counts.pauses);
                self.note_wait(Wait::Throttle);
                sleep_until(self, self.shared.clock.now().saturating_add(PAUSE)).await;
            }
        }
    }
}
