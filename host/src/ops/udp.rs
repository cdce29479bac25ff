//! `cogen:engine/udp`.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::DynPollable;

use super::bindings::Options;
use super::bindings::types::Timeout;
use super::bindings::udp::{Host, HostUdpSocket};
use super::source::{Asker, Source, failure, operation};
use super::tcp::{MAX_BUFFER, parse_address};
use super::trace::{Brief, shown};
use super::{Answer, check_size};
use crate::coroutine::Core;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::reactor::{Address, Direction, Socket};
use crate::sandbox::grants::Grants;
use crate::sandbox::limits::Limit;
use crate::sandbox::usage::Permit;

/// What is left of 65,535 bytes behind the headers of IPv4 and UDP.
const MAX_DATAGRAM: usize = 65_507;

/// A socket that sends and receives datagrams.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct UdpSocket {
    source: Arc<Source>,
    timeout: Timeout,
    /// What the coroutine that has bound it may send to: whoever is given the socket sends as that one would.
    grants: Arc<Grants>,
}

impl UdpSocket {
    fn new(socket: Socket, grants: &Arc<Grants>, permit: Permit) -> Self {
        let source = Arc::new(Source::new(socket, Some(permit)));
        UdpSocket { source, timeout: Timeout::Default, grants: grants.clone() }
    }

    fn socket(&self) -> &Socket {
        &self.source.socket
    }

    /// Leaves this worker, for another coroutine.
    pub(super) fn leave(&mut self) {
        if let Some(source) = Arc::get_mut(&mut self.source) {
            // Of datagrams a reactor reads none before it is asked.
            drop(source.leave());
        }
    }

    /// Is this coroutine's from now on.
    pub(super) fn arrive(&mut self, core: &Arc<Core>) {
        Source::arrive(&mut self.source, core);
    }

    fn failure(&self, attempted: &str, error: &std::io::Error) -> super::Refusal {
        self.source.failure(attempted, error)
    }

    async fn send(&self, asker: Asker<'_>, bytes: Bytes, to: Option<Address>) -> Answer<()> {
        let sent = self.source.attempt(Direction::Write, &asker, |reactor, at| reactor.send(at, &bytes, to.as_ref()));
        sent.await?.map_err(|error| match &to {
            Some(address) => failure("send to", address, &error),
            None => self.failure("send from", &error),
        })
    }

    async fn receive(&self, asker: Asker<'_>, most: u32) -> Answer<(Vec<u8>, String)> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let received = self.source.attempt(Direction::Read, &asker, |reactor, at| reactor.receive(at, most)).await?;
        let (bytes, from) = received.map_err(|error| self.failure("receive at", &error))?;
        Ok((bytes, from.to_string()))
    }
}

impl Brief for UdpSocket {
    fn brief(&self) -> String {
        self.socket().describe()
    }
}

impl Brief for (Vec<u8>, String) {
    fn brief(&self) -> String {
        format!("{} bytes from {}", self.0.len(), self.1)
    }
}

impl Host for Guest {}

impl HostUdpSocket for Guest {
    fn bind(&mut self, address: String) -> Answer<Resource<UdpSocket>> {
        let bind = || {
            let at = parse_address(&address)?;
            self.core.granted(self.core.grants.bind(at))?;
            let permit = self.core.permit(Limit::Sockets)?;
            let socket = self.core.shared.network.udp(&at);
            let socket = socket.map_err(|error| failure("bind to", at, &error))?;
            Ok(UdpSocket::new(socket, &self.core.grants, permit))
        };
        let socket = self.core.answer(Name::UdpBind, || shown(&address), bind)?;
        Ok(self.table.push(socket)?)
    }

    fn connect(&mut self, handle: Resource<UdpSocket>, address: String) -> Answer<()> {
        let socket = self.table.get(&handle)?;
        let connect = || {
            let to = parse_address(&address)?;
            self.core.granted(socket.grants.send_to(to))?;
            socket.socket().connect_datagrams(&to).map_err(|error| failure("connect to", to, &error))
        };
        self.core.answer(Name::UdpConnect, || shown(&address), connect)
    }

    async fn send_to(
        &mut self,
        handle: Resource<UdpSocket>,
        bytes: Vec<u8>,
        address: String,
        options: Options,
    ) -> Answer<()> {
        let socket = self.table.get(&handle)?;
        let asked = self.asked(options, socket.timeout);
        let operation = operation(Name::SendTo, &socket.source, asked);
        let work = async {
            check_size("a datagram", &bytes, MAX_DATAGRAM)?;
            let to = parse_address(&address)?;
            self.core.granted(socket.grants.send_to(to))?;
            socket.send(Asker::new(&self.core, asked), bytes.into(), Some(Address::Ip(to))).await
        };
        self.core.operate(operation, pin!(work)).await
    }

    async fn send(&mut self, handle: Resource<UdpSocket>, bytes: Vec<u8>, options: Options) -> Answer<()> {
        let socket = self.table.get(&handle)?;
        let asked = self.asked(options, socket.timeout);
        let operation = operation(Name::Send, &socket.source, asked);
        let work = async {
            check_size("a datagram", &bytes, MAX_DATAGRAM)?;
            socket.send(Asker::new(&self.core, asked), bytes.into(), None).await
        };
        self.core.operate(operation, pin!(work)).await
    }

    async fn receive_from(
        &mut self,
        handle: Resource<UdpSocket>,
        most: u32,
        options: Options,
    ) -> Answer<(Vec<u8>, String)> {
        let socket = self.table.get(&handle)?;
        let asked = self.asked(options, socket.timeout);
        let operation = operation(Name::ReceiveFrom, &socket.source, asked);
        self.core.operate(operation, pin!(socket.receive(Asker::new(&self.core, asked), most))).await
    }

    async fn receive(&mut self, handle: Resource<UdpSocket>, most: u32, options: Options) -> Answer<Vec<u8>> {
        let socket = self.table.get(&handle)?;
        let asked = self.asked(options, socket.timeout);
        let operation = operation(Name::Receive, &socket.source, asked);
        let work = async { Ok(socket.receive(Asker::new(&self.core, asked), most).await?.0) };
        self.core.operate(operation, pin!(work)).await
    }

    fn local_address(&mut self, handle: Resource<UdpSocket>) -> Answer<String> {
        let socket = self.table.get(&handle)?;
        let address = socket.socket().local_address();
        Ok(address.map_err(|error| socket.failure("tell the address of", &error))?.to_string())
    }

    fn peer_address(&mut self, handle: Resource<UdpSocket>) -> Answer<String> {
        let socket = self.table.get(&handle)?;
        let address = socket.socket().peer_address();
        Ok(address.map_err(|error| socket.failure("tell the peer of", &error))?.to_string())
    }

    fn set_broadcast(&mut self, handle: Resource<UdpSocket>, on: bool) -> Answer<()> {
        let socket = self.table.get(&handle)?;
        socket.socket().set_broadcast(on).map_err(|error| socket.failure("allow to broadcast at", &error))
    }

    fn set_buffer_sizes(&mut self, handle: Resource<UdpSocket>, receive: u32, send: u32) -> Answer<()> {
        let size = |bytes: u32| usize::try_from(bytes).unwrap_or(usize::MAX).min(MAX_BUFFER);
        let socket = self.table.get(&handle)?;
        let set = socket.socket().set_buffer_sizes(size(receive), size(send));
        set.map_err(|error| socket.failure("change the buffers of", &error))
    }

    fn set_timeout(&mut self, handle: Resource<UdpSocket>, timeout: Timeout) -> wasmtime::Result<()> {
        self.table.get_mut(&handle)?.timeout = timeout;
        Ok(())
    }

    fn subscribe_receive(&mut self, handle: Resource<UdpSocket>) -> wasmtime::Result<Resource<DynPollable>> {
        let source = self.table.get(&handle)?.source.clone();
        self.subscribe_socket(&handle, source, Direction::Read)
    }

    fn subscribe_send(&mut self, handle: Resource<UdpSocket>) -> wasmtime::Result<Resource<DynPollable>> {
        let source = self.table.get(&handle)?.source.clone();
        self.subscribe_socket(&handle, source, Direction::Write)
    }

    fn drop(&mut self, handle: Resource<UdpSocket>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}
