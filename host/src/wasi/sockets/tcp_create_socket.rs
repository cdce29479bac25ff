//! `wasi:sockets/tcp-create-socket`.

use wasmtime::component::Resource;

use super::Answer;
use super::bindings::network::IpAddressFamily;
use super::bindings::tcp_create_socket::Host;
use super::errors::Told;
use super::tcp::TcpSocket;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;

impl Host for Guest {
    fn create_tcp_socket(&mut self, family: IpAddressFamily) -> Answer<Resource<TcpSocket>> {
        let create = || Told(TcpSocket::new(&self.core, family.into()));
        let socket = self.core.answer(Name::WasiTcpCreate, || format!("{family:?}"), create).0?;
        Ok(self.table.push(socket)?)
    }
}
