//! `wasi:io/poll`, through the boundary of operations, so that the table says who waits for how many pollables.

use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi_io::bindings::wasi::io::poll::{Host, HostPollable};
use wasmtime_wasi_io::poll::DynPollable;

use crate::coroutine::Wait;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;

/// Each pollable of a list costs a future, and nothing interrupts the host while it looks at them all.
const MAX_POLLABLES: usize = 10_000;

impl Host for Guest {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        if pollables.len() > MAX_POLLABLES {
            let message = format!("{} pollables in one list; at most {MAX_POLLABLES} are allowed", pollables.len());
            return Err(wasmtime::Error::msg(message));
        }
        let (core, wait) = (self.core.clone(), Wait::Poll(pollables.len()));
        core.wait_for(Name::Poll, wait, Host::poll(&mut self.table, pollables)).await
    }
}

impl HostPollable for Guest {
    async fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        HostPollable::ready(&mut self.table, pollable).await
    }

    async fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        let core = self.core.clone();
        core.wait_for(Name::Block, Wait::Poll(1), HostPollable::block(&mut self.table, pollable)).await
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        <ResourceTable as HostPollable>::drop(&mut self.table, pollable)
    }
}
