//! `wasi:sockets/udp`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;

use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::Answer;
use super::addresses::{is_of, is_remote};
use super::bindings::network::{ErrorCode, IpAddressFamily, IpSocketAddress};
use super::bindings::udp::{
    Host, HostIncomingDatagramStream, HostOutgoingDatagramStream, HostUdpSocket, IncomingDatagram, OutgoingDatagram,
};
use super::errors::{Failure, Told};
use super::network::Network;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::ops::source::Source;
use crate::reactor::{Address, Direction, Family, Setting, Socket};
use crate::sandbox::limits::Limit;

/// So many datagrams are sent or received at a time: as many as wasmtime-wasi lets through.
const MAX_DATAGRAMS: usize = 16;

/// No more are received at a time after so many bytes.
const MAX_RECEIVED: usize = 64 << 10;

/// More than this is in no datagram, whatever it is sent over.
const MAX_DATAGRAM: usize = 65_535;

/// A socket for datagrams.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct UdpSocket {
    core: Arc<Core>,
    family: Family,
    source: Arc<Source>,
    is_bound: bool,
    /// Whether it was bound and the guest has yet to be told so.
    is_binding: bool,
    /// Where alone it sends to and receives from.
    peer: Option<SocketAddr>,
}

impl UdpSocket {
    pub(super) fn new(core: &Arc<Core>, family: Family) -> Answer<Self> {
        let permit = core.permit(Limit::Sockets)?;
        let socket = core.shared.network.udp_of(family)?;
        let source = Arc::new(Source::new(socket, Some(permit)));
        Ok(UdpSocket { core: core.clone(), family, source, is_bound: false, is_binding: false, peer: None })
    }

    fn socket(&self) -> &Socket {
        &self.source.socket
    }

    fn bind(&mut self, address: SocketAddr) -> Answer<()> {
        if self.is_binding {
            return Err(ErrorCode::ConcurrencyConflict.into());
        }
        if self.is_bound {
            return Err(ErrorCode::InvalidState.into());
        }
        if !is_of(self.family, address.ip()) {
            return Err(ErrorCode::InvalidArgument.into());
        }
        self.core.granted(self.core.grants.bind(address))?;
        self.socket().bind(&address)?;
        (self.is_bound, self.is_binding) = (true, true);
        Ok(())
    }

    /// Has one peer from now on, or none.
    fn connect(&mut self, peer: Option<SocketAddr>) -> Answer<()> {
        if !self.is_bound {
            return Err(ErrorCode::InvalidState.into());
        }
        match peer {
            Some(address) => {
                if !is_of(self.family, address.ip()) || !is_remote(address) {
                    return Err(ErrorCode::InvalidArgument.into());
                }
                self.core.granted(self.core.grants.send_to(address))?;
                self.socket().connect_datagrams(&address)?;
            }
            None if self.peer.is_some() => self.socket().disconnect_datagrams()?,
            None => {}
        }
        self.peer = peer;
        Ok(())
    }

    fn address(&self) -> Answer<IpSocketAddress> {
        match self.socket().local_address()? {
            Address::Ip(address) if self.is_bound => Ok(address.into()),
            _ => Err(ErrorCode::InvalidState.into()),
        }
    }

    /// What is received by it and sent from it until its peer changes.
    fn streams(&self) -> (Incoming, Outgoing) {
        let flow = || Flow { core: self.core.clone(), source: self.source.clone(), peer: self.peer };
        (Incoming(flow()), Outgoing { flow: flow(), family: self.family, permit: 0, is_full: false })
    }
}

/// One direction of a socket for datagrams.
struct Flow {
    core: Arc<Core>,
    source: Arc<Source>,
    peer: Option<SocketAddr>,
}

impl Flow {
    async fn ready(&self, name: Name, direction: Direction) {
        self.core.note_wait(Wait::Socket(name, Arc::downgrade(&self.source.socket)));
        self.source.ready(direction, &self.core).await;
    }

    /// What is told instead of "not yet": to a cancelled coroutine, which would ask for ever, an error.
    fn not_yet(&self) -> Answer<()> {
        if self.core.status.is_cancelled() { Err(ErrorCode::Unknown.into()) } else { Ok(()) }
    }
}

/// What is received.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Incoming(Flow);

impl Incoming {
    fn receive(&self, most: u64) -> Answer<Vec<IncomingDatagram>> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(MAX_DATAGRAMS);
        let (mut datagrams, mut bytes) = (Vec::new(), 0);
        while datagrams.len() < most && bytes < MAX_RECEIVED {
            match self.next() {
                Poll::Ready(Ok(datagram)) => {
                    bytes += 1 + datagram.data.len();
                    datagrams.push(datagram);
                }
                // What has come is told first.
                Poll::Ready(Err(_)) if !datagrams.is_empty() => break,
                Poll::Ready(Err(error)) => return Err(error.into()),
                Poll::Pending => break,
            }
        }
        if datagrams.is_empty() && most > 0 {
            self.0.not_yet()?;
        }
        Ok(datagrams)
    }

    /// One that has come, if any has.
    fn next(&self) -> Poll<io::Result<IncomingDatagram>> {
        let Flow { core, source, peer } = &self.0;
        loop {
            let received =
                source.try_now(Direction::Read, core, false, |reactor, at| reactor.receive(at, MAX_DATAGRAM))?;
            let Poll::Ready((data, Address::Ip(from))) = received else { return Poll::Pending };
            // What came from others before there was this peer the system hands out nevertheless.
            if peer.is_none_or(|peer| peer == from) {
                return Poll::Ready(Ok(IncomingDatagram { data, remote_address: from.into() }));
            }
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Incoming {
    async fn ready(&mut self) {
        self.0.ready(Name::WasiUdpReceive, Direction::Read).await;
    }
}

/// What is sent.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Outgoing {
    flow: Flow,
    family: Family,
    /// How many may be sent now.
    permit: usize,
    /// Whether there was no room for the last one.
    is_full: bool,
}

impl Outgoing {
    fn permit(&mut self) -> Answer<usize> {
        let Flow { core, source, .. } = &self.flow;
        if self.is_full {
            let ready = source
                .try_now(Direction::Write, core, false, |reactor, at| reactor.ready(at, Direction::Write).map(Ok));
            self.is_full = ready.is_pending();
        }
        self.permit = if self.is_full { 0 } else { MAX_DATAGRAMS };
        if self.is_full {
            self.flow.not_yet()?;
        }
        Ok(self.permit)
    }

    fn send(&mut self, datagrams: Vec<OutgoingDatagram>) -> Answer<u64> {
        if datagrams.is_empty() {
            return Ok(0);
        }
        if datagrams.len() > self.permit {
            return Err(Failure::Fatal(wasmtime::Error::msg("more datagrams than `check-send` has permitted")));
        }
        self.permit = 0;
        let mut sent = 0;
        for datagram in datagrams {
            match self.send_one(datagram) {
                Ok(true) => sent += 1,
                Ok(false) => break,
                // That some were sent is told first.
                Err(Failure::Told(_)) if sent > 0 => break,
                Err(failure) => return Err(failure),
            }
        }
        Ok(sent)
    }

    /// Sends one; whether there was room for it.
    fn send_one(&mut self, OutgoingDatagram { data, remote_address }: OutgoingDatagram) -> Answer<bool> {
        let Flow { core, source, peer } = &self.flow;
        if data.len() > MAX_DATAGRAM {
            return Err(ErrorCode::DatagramTooLarge.into());
        }
        let to = self.destination(remote_address.map(SocketAddr::from))?;
        let (data, to) = (data.into(), to.filter(|_| peer.is_none()).map(Address::Ip));
        let sent = source.try_now(Direction::Write, core, false, |reactor, at| reactor.send(at, &data, to.as_ref()));
        self.is_full = sent.is_pending();
        match sent {
            Poll::Ready(sent) => Ok(sent.map(|()| true)?),
            Poll::Pending => Ok(false),
        }
    }

    /// Where a datagram goes: to the peer, or to where it is addressed, if this coroutine may send there.
    fn destination(&self, address: Option<SocketAddr>) -> Answer<Option<SocketAddr>> {
        let Flow { core, peer, .. } = &self.flow;
        let Some(address) = address else {
            return peer.map(Some).ok_or_else(|| ErrorCode::InvalidArgument.into());
        };
        let is_elsewhere = peer.is_some_and(|peer| peer != address);
        if is_elsewhere || !is_remote(address) || !is_of(self.family, address.ip()) {
            return Err(ErrorCode::InvalidArgument.into());
        }
        if peer.is_none() {
            core.granted(core.grants.send_to(address))?;
        }
        Ok(Some(address))
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Outgoing {
    async fn ready(&mut self) {
        if self.is_full {
            self.flow.ready(Name::WasiUdpSend, Direction::Write).await;
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for UdpSocket {
    async fn ready(&mut self) {
        // Nothing that is asked of the socket itself has to be waited for.
    }
}

impl Guest {
    /// Does something to a socket or a stream of it, as an operation by this name.
    fn on_udp<T, U: 'static>(
        &mut self,
        name: Name,
        handle: &Resource<U>,
        work: impl FnOnce(&mut U) -> Answer<T>,
    ) -> Answer<T> {
        let it = self.table.get_mut(handle)?;
        self.core.answer(name, String::new, || Told(work(it))).0
    }

    fn udp_setting(&mut self, handle: &Resource<UdpSocket>, setting: Setting) -> Answer<u64> {
        Ok(self.table.get(handle)?.socket().setting(setting)?)
    }

    fn set_udp(&mut self, handle: &Resource<UdpSocket>, setting: Setting, value: u64) -> Answer<()> {
        if value == 0 {
            return Err(ErrorCode::InvalidArgument.into());
        }
        Ok(self.table.get(handle)?.socket().set(setting, value)?)
    }
}

impl Host for Guest {}

impl HostUdpSocket for Guest {
    fn start_bind(
        &mut self,
        this: Resource<UdpSocket>,
        network: Resource<Network>,
        address: IpSocketAddress,
    ) -> Answer<()> {
        self.table.get(&network)?;
        self.on_udp(Name::WasiUdpBind, &this, |socket| socket.bind(address.into()))
    }

    fn finish_bind(&mut self, this: Resource<UdpSocket>) -> Answer<()> {
        let socket = self.table.get_mut(&this)?;
        let is_binding = std::mem::replace(&mut socket.is_binding, false);
        if is_binding { Ok(()) } else { Err(ErrorCode::NotInProgress.into()) }
    }

    fn stream(
        &mut self,
        this: Resource<UdpSocket>,
        peer: Option<IpSocketAddress>,
    ) -> Answer<(Resource<Incoming>, Resource<Outgoing>)> {
        let has_streams =
            self.table.iter_children(&this)?.any(|child| child.is::<Incoming>() || child.is::<Outgoing>());
        if has_streams {
            let message = "the streams of a socket must be dropped before it has others";
            return Err(Failure::Fatal(wasmtime::Error::msg(message)));
        }
        let (incoming, outgoing) = self.on_udp(Name::WasiUdpStream, &this, |socket: &mut UdpSocket| {
            socket.connect(peer.map(SocketAddr::from))?;
            Ok(socket.streams())
        })?;
        Ok((self.table.push_child(incoming, &this)?, self.table.push_child(outgoing, &this)?))
    }

    fn local_address(&mut self, this: Resource<UdpSocket>) -> Answer<IpSocketAddress> {
        self.table.get(&this)?.address()
    }

    fn remote_address(&mut self, this: Resource<UdpSocket>) -> Answer<IpSocketAddress> {
        let peer = self.table.get(&this)?.peer;
        peer.map(IpSocketAddress::from).ok_or_else(|| ErrorCode::InvalidState.into())
    }

    fn address_family(&mut self, this: Resource<UdpSocket>) -> wasmtime::Result<IpAddressFamily> {
        Ok(self.table.get(&this)?.family.into())
    }

    fn unicast_hop_limit(&mut self, this: Resource<UdpSocket>) -> Answer<u8> {
        let family = self.table.get(&this)?.family;
        Ok(u8::try_from(self.udp_setting(&this, Setting::HopLimit(family))?).unwrap_or(u8::MAX))
    }

    fn set_unicast_hop_limit(&mut self, this: Resource<UdpSocket>, value: u8) -> Answer<()> {
        let family = self.table.get(&this)?.family;
        self.set_udp(&this, Setting::HopLimit(family), value.into())
    }

    fn receive_buffer_size(&mut self, this: Resource<UdpSocket>) -> Answer<u64> {
        self.udp_setting(&this, Setting::ReceiveBuffer)
    }

    fn set_receive_buffer_size(&mut self, this: Resource<UdpSocket>, value: u64) -> Answer<()> {
        self.set_udp(&this, Setting::ReceiveBuffer, value)
    }

    fn send_buffer_size(&mut self, this: Resource<UdpSocket>) -> Answer<u64> {
        self.udp_setting(&this, Setting::SendBuffer)
    }

    fn set_send_buffer_size(&mut self, this: Resource<UdpSocket>, value: u64) -> Answer<()> {
        self.set_udp(&this, Setting::SendBuffer, value)
    }

    fn subscribe(&mut self, this: Resource<UdpSocket>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, this)
    }

    fn drop(&mut self, this: Resource<UdpSocket>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl HostIncomingDatagramStream for Guest {
    fn receive(&mut self, this: Resource<Incoming>, most: u64) -> Answer<Vec<IncomingDatagram>> {
        self.on_udp(Name::WasiUdpReceive, &this, |stream| stream.receive(most))
    }

    fn subscribe(&mut self, this: Resource<Incoming>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, this)
    }

    fn drop(&mut self, this: Resource<Incoming>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl HostOutgoingDatagramStream for Guest {
    fn check_send(&mut self, this: Resource<Outgoing>) -> Answer<u64> {
        Ok(self.table.get_mut(&this)?.permit()? as u64)
    }

    fn send(&mut self, this: Resource<Outgoing>, datagrams: Vec<OutgoingDatagram>) -> Answer<u64> {
        self.on_udp(Name::WasiUdpSend, &this, |stream| stream.send(datagrams))
    }

    fn subscribe(&mut self, this: Resource<Outgoing>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, this)
    }

    fn drop(&mut self, this: Resource<Outgoing>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
