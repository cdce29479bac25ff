//! `wasi:sockets/network`.

use wasmtime::component::Resource;
use wasmtime_wasi_io::streams::Error;

use super::bindings::network::{ErrorCode, Host, HostNetwork};
use super::errors::Failure;
use crate::coroutine::life::Guest;

/// What a guest shows when it wants something of the network. It carries no authority: each address is judged by its grants.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Network;

impl Host for Guest {
    fn convert_error_code(&mut self, failure: Failure) -> wasmtime::Result<ErrorCode> {
        match failure {
            Failure::Told(code) => Ok(code),
            Failure::Fatal(error) => Err(error),
        }
    }

    fn network_error_code(&mut self, error: Resource<Error>) -> wasmtime::Result<Option<ErrorCode>> {
        Ok(self.table.get(&error)?.downcast_ref().copied())
    }
}

impl HostNetwork for Guest {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        self.table.delete(network)?;
        Ok(())
    }
}
