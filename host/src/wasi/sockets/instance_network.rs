//! `wasi:sockets/instance-network`.

use wasmtime::component::Resource;

use super::bindings::instance_network::Host;
use super::network::Network;
use crate::coroutine::life::Guest;

impl Host for Guest {
    fn instance_network(&mut self) -> wasmtime::Result<Resource<Network>> {
        Ok(self.table.push(Network)?)
    }
}
