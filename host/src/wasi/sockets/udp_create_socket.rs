//! `wasi:sockets/udp-create-socket`.

use wasmtime::component::Resource;

use super::Answer;
use super::bindings::network::IpAddressFamily;
use super::bindings::udp_create_socket::Host;
use super::errors::Told;
use super::udp::UdpSocket;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;

impl Host for Guest {
    fn create_udp_socket(&mut self, family: IpAddressFamily) -> Answer<Resource<UdpSocket>> {
        let create = || Told(UdpSocket::new(&self.core, family.into()));
        let socket = self.core.answer(Name::WasiUdpCreate, || format!("{family:?}"), create).0?;
        Ok(self.table.push(socket)?)
    }
}
