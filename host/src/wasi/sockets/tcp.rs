//! `wasi:sockets/tcp`.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;

use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream};

use super::Answer;
use super::addresses::{is_of, is_of_one, is_remote};
use super::bindings::network::{ErrorCode, IpAddressFamily, IpSocketAddress};
use super::bindings::tcp::{Host, HostTcpSocket, ShutdownType};
use super::connection::Connection;
use super::errors::{Told, code};
use super::network::Network;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::ops::source::Source;
use crate::reactor::{Address, Direction, Family, Setting, Socket};
use crate::sandbox::limits::Limit;
use crate::sandbox::usage::Permit;

/// How many may have connected and not been accepted, if the guest does not say: as the standard libraries have it.
const BACKLOG: i32 = 128;

/// Systems keep times in whole seconds, and Linux has room for so many.
const KEEP_ALIVE_TIME: std::ops::RangeInclusive<u64> = 1_000_000_000..=32_767_000_000_000;

/// Linux asks at most so often.
const KEEP_ALIVE_COUNT: std::ops::RangeInclusive<u64> = 1..=127;

/// A socket of TCP, from its making to its end.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct TcpSocket {
    core: Arc<Core>,
    family: Family,
    state: State,
    /// What has been started and not finished.
    started: Option<Started>,
    backlog: i32,
    /// Where the guest wanted it to be, which its grants are about: a port that the system chose is named by no rule.
    bound: Option<SocketAddr>,
}

/// The two halves of these operations are called one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Started {
    Bind,
    Connect,
    Listen,
}

enum State {
    /// It may be bound.
    Fresh(Socket, Permit),
    /// It is being connected, or could not be, which is told by the end of that.
    Connecting(Source),
    /// What came of connecting, until it is asked for.
    Decided(Result<Source, ErrorCode>),
    Connected(Arc<Connection>),
    Listening(Source),
    /// It is of no use any more.
    Closed(ErrorCode),
}

impl TcpSocket {
    pub(super) fn new(core: &Arc<Core>, family: Family) -> Answer<Self> {
        let permit = core.permit(Limit::Sockets)?;
        let socket = core.shared.network.tcp_of(family)?;
        Ok(Self::with(core, family, State::Fresh(socket, permit)))
    }

    fn with(core: &Arc<Core>, family: Family, state: State) -> Self {
        TcpSocket { core: core.clone(), family, state, started: None, backlog: BACKLOG, bound: None }
    }

    /// The socket, if there is one that anything can be asked of.
    fn socket(&self) -> Answer<&Socket> {
        match &self.state {
            State::Fresh(socket, _) => Ok(socket),
            State::Connected(connection) => Ok(&connection.source.socket),
            State::Listening(source) => Ok(&source.socket),
            State::Connecting(_) | State::Decided(_) => Err(ErrorCode::InvalidState.into()),
            State::Closed(code) => Err((*code).into()),
        }
    }

    /// Begins an operation, if none is under way.
    fn start(&mut self, what: Started, work: impl FnOnce(&mut Self) -> Answer<()>) -> Answer<()> {
        if self.started.is_some() {
            return Err(ErrorCode::ConcurrencyConflict.into());
        }
        work(self)?;
        self.started = Some(what);
        Ok(())
    }

    fn finish(&mut self, what: Started) -> Answer<()> {
        if self.started != Some(what) {
            return Err(ErrorCode::NotInProgress.into());
        }
        self.started = None;
        Ok(())
    }

    fn bind(&mut self, address: SocketAddr) -> Answer<()> {
        let State::Fresh(socket, _) = &self.state else { return Err(ErrorCode::InvalidState.into()) };
        if self.bound.is_some() {
            return Err(ErrorCode::InvalidState.into());
        }
        if !is_of_one(address.ip()) || !is_of(self.family, address.ip()) {
            return Err(ErrorCode::InvalidArgument.into());
        }
        // A port of its own choice is what others connect to. One who connects needs none, and may have any.
        if address.port() != 0 {
            self.core.granted(self.core.grants.listen(address))?;
        }
        socket.bind(&address)?;
        self.bound = Some(address);
        Ok(())
    }

    fn connect(&mut self, address: SocketAddr) -> Answer<()> {
        if !matches!(self.state, State::Fresh(..)) {
            return Err(ErrorCode::InvalidState.into());
        }
        if !is_of_one(address.ip()) || !is_remote(address) || !is_of(self.family, address.ip()) {
            return Err(ErrorCode::InvalidArgument.into());
        }
        self.core.granted(self.core.grants.connect(address, None))?;
        if let State::Fresh(socket, permit) = self.take() {
            self.state = match Source::connecting(socket, &Address::Ip(address), permit) {
                Ok(source) => State::Connecting(source),
                Err(error) => State::Decided(Err(code(&error))),
            };
        }
        Ok(())
    }

    fn take(&mut self) -> State {
        mem::replace(&mut self.state, State::Closed(ErrorCode::Unknown))
    }

    /// Notes what came of connecting.
    fn decide(&mut self, connected: io::Result<()>) {
        self.state = match self.take() {
            State::Connecting(source) => State::Decided(connected.map(|()| source).map_err(|error| code(&error))),
            state => state,
        };
    }

    /// The connection, once it is there.
    fn connected(&mut self, unsent: &Arc<super::Unsent>) -> Answer<Arc<Connection>> {
        if self.started != Some(Started::Connect) {
            return Err(ErrorCode::NotInProgress.into());
        }
        if let State::Connecting(source) = &self.state {
            match source.try_now(Direction::Write, &self.core, false, |reactor, at| reactor.connected(at)) {
                Poll::Ready(connected) => self.decide(connected),
                Poll::Pending if self.core.status.is_cancelled() => return Err(ErrorCode::Unknown.into()),
                Poll::Pending => return Err(ErrorCode::WouldBlock.into()),
            }
        }
        self.started = None;
        let decided = match self.take() {
            State::Decided(decided) => decided,
            _ => Err(ErrorCode::InvalidState),
        };
        let source = decided.inspect_err(|code| self.state = State::Closed(*code))?;
        let connection = Connection::new(&self.core, source, unsent);
        self.state = State::Connected(connection.clone());
        Ok(connection)
    }

    fn listen(&mut self) -> Answer<()> {
        let (State::Fresh(socket, _), Some(bound)) = (&self.state, self.bound) else {
            return Err(ErrorCode::InvalidState.into());
        };
        self.core.granted(self.core.grants.listen(bound))?;
        socket.begin_listening(self.backlog)?;
        if let State::Fresh(socket, permit) = self.take() {
            self.state = State::Listening(Source::new(socket.into_listener(), Some(permit)));
        }
        Ok(())
    }

    /// Takes in one of those who have connected.
    fn accept(&self, unsent: &Arc<super::Unsent>) -> Answer<(Self, Arc<Connection>)> {
        let State::Listening(source) = &self.state else { return Err(ErrorCode::InvalidState.into()) };
        let permit = self.core.permit(Limit::Sockets)?;
        let (socket, _) = match source.try_now(Direction::Read, &self.core, false, |reactor, at| reactor.accept(at)) {
            Poll::Ready(accepted) => accepted.map_err(|error| failed_before(&error))?,
            Poll::Pending if self.core.status.is_cancelled() => return Err(ErrorCode::Unknown.into()),
            Poll::Pending => return Err(ErrorCode::WouldBlock.into()),
        };
        let connection = Connection::new(&self.core, Source::new(socket, Some(permit)), unsent);
        Ok((Self::with(&self.core, self.family, State::Connected(connection.clone())), connection))
    }

    fn set_backlog(&mut self, value: u64) -> Answer<()> {
        if value == 0 {
            return Err(ErrorCode::InvalidArgument.into());
        }
        let value = i32::try_from(value).unwrap_or(i32::MAX);
        match &self.state {
            State::Fresh(..) => {}
            State::Listening(source) => {
                source.socket.begin_listening(value).map_err(|_| ErrorCode::NotSupported)?;
            }
            State::Closed(code) => return Err((*code).into()),
            _ => return Err(ErrorCode::InvalidState.into()),
        }
        self.backlog = value;
        Ok(())
    }

    /// Whether it has an address, which it may have got by connecting.
    fn is_bound(&self) -> bool {
        !matches!(self.state, State::Fresh(..)) || self.bound.is_some()
    }

    fn address(&self, of: impl FnOnce(&Socket) -> io::Result<Address>) -> Answer<IpSocketAddress> {
        match of(self.socket()?)? {
            Address::Ip(address) => Ok(address.into()),
            Address::Path(_) => Err(ErrorCode::InvalidState.into()),
        }
    }

    fn shutdown(&self, direction: ShutdownType) -> Answer<()> {
        let State::Connected(connection) = &self.state else { return Err(ErrorCode::InvalidState.into()) };
        if direction != ShutdownType::Send {
            connection.shut_reading();
        }
        if direction != ShutdownType::Receive {
            connection.shut_writing();
        }
        Ok(())
    }

    fn describe(&self) -> String {
        self.socket().map_or_else(|_| "a socket without an address".to_owned(), Socket::describe)
    }
}

/// Linux tells by `accept` what has gone wrong with the one who connects, and others do not: that is a connection that was broken off.
fn failed_before(error: &io::Error) -> ErrorCode {
    match code(error) {
        ErrorCode::ConnectionReset | ErrorCode::RemoteUnreachable | ErrorCode::NotSupported => {
            ErrorCode::ConnectionAborted
        }
        code => code,
    }
}

/// Parks until what was started is decided, or somebody has connected.
#[wasmtime_wasi::async_trait]
impl Pollable for TcpSocket {
    async fn ready(&mut self) {
        let wait = |name, source: &Source| self.core.note_wait(Wait::Socket(name, Arc::downgrade(&source.socket)));
        match &self.state {
            State::Connecting(source) => {
                wait(Name::WasiTcpConnect, source);
                let connected = source.wait(Direction::Write, &self.core, |reactor, at| reactor.connected(at)).await;
                if let Some(connected) = connected {
                    self.decide(connected);
                }
            }
            State::Listening(source) if self.started.is_none() => {
                wait(Name::WasiTcpAccept, source);
                source.ready(Direction::Read, &self.core).await;
            }
            _ => {}
        }
    }
}

/// What an accepted connection consists of.
type Accepted = (Resource<TcpSocket>, Resource<DynInputStream>, Resource<DynOutputStream>);

impl Guest {
    /// Does something to a socket, as an operation by this name.
    fn on_tcp<T>(
        &mut self,
        name: Name,
        handle: &Resource<TcpSocket>,
        work: impl FnOnce(&mut TcpSocket) -> Answer<T>,
    ) -> Answer<T> {
        let socket = self.table.get_mut(handle)?;
        let detail = if self.core.shared.traces(&self.core.program.name) { socket.describe() } else { String::new() };
        self.core.answer(name, || detail.clone(), || Told(work(socket))).0
    }

    /// The two streams of a connection, which must be dropped before its socket.
    fn streams(
        &mut self,
        connection: &Arc<Connection>,
        socket: &Resource<TcpSocket>,
    ) -> Answer<(Resource<DynInputStream>, Resource<DynOutputStream>)> {
        let (input, output) = connection.streams();
        let input: DynInputStream = Box::new(input);
        let output: DynOutputStream = Box::new(output);
        Ok((self.table.push_child(input, socket)?, self.table.push_child(output, socket)?))
    }

    fn tcp_setting(&mut self, handle: &Resource<TcpSocket>, setting: Setting) -> Answer<u64> {
        Ok(self.table.get(handle)?.socket()?.setting(setting)?)
    }

    fn set_tcp(&mut self, handle: &Resource<TcpSocket>, setting: Setting, value: u64) -> Answer<()> {
        Ok(self.table.get(handle)?.socket()?.set(setting, value)?)
    }
}

/// Nothing can be sent, kept or asked for at a rate of nothing.
fn more_than_none(value: u64) -> Answer<u64> {
    if value == 0 { Err(ErrorCode::InvalidArgument.into()) } else { Ok(value) }
}

impl Host for Guest {}

impl HostTcpSocket for Guest {
    fn start_bind(
        &mut self,
        this: Resource<TcpSocket>,
        network: Resource<Network>,
        address: IpSocketAddress,
    ) -> Answer<()> {
        self.table.get(&network)?;
        self.on_tcp(Name::WasiTcpBind, &this, |socket| {
            socket.start(Started::Bind, |socket| socket.bind(address.into()))
        })
    }

    fn finish_bind(&mut self, this: Resource<TcpSocket>) -> Answer<()> {
        self.table.get_mut(&this)?.finish(Started::Bind)
    }

    fn start_connect(
        &mut self,
        this: Resource<TcpSocket>,
        network: Resource<Network>,
        address: IpSocketAddress,
    ) -> Answer<()> {
        self.table.get(&network)?;
        self.on_tcp(Name::WasiTcpStartConnect, &this, |socket| {
            socket.start(Started::Connect, |socket| socket.connect(address.into()))
        })
    }

    fn finish_connect(
        &mut self,
        this: Resource<TcpSocket>,
    ) -> Answer<(Resource<DynInputStream>, Resource<DynOutputStream>)> {
        let unsent = self.unsent.clone();
        let connection = self.on_tcp(Name::WasiTcpConnect, &this, |socket| socket.connected(&unsent))?;
        self.streams(&connection, &this)
    }

    fn start_listen(&mut self, this: Resource<TcpSocket>) -> Answer<()> {
        self.on_tcp(Name::WasiTcpListen, &this, |socket| socket.start(Started::Listen, TcpSocket::listen))
    }

    fn finish_listen(&mut self, this: Resource<TcpSocket>) -> Answer<()> {
        self.table.get_mut(&this)?.finish(Started::Listen)
    }

    fn accept(&mut self, this: Resource<TcpSocket>) -> Answer<Accepted> {
        let unsent = self.unsent.clone();
        let (socket, connection) = self.on_tcp(Name::WasiTcpAccept, &this, |socket| socket.accept(&unsent))?;
        let socket = self.table.push(socket)?;
        let (input, output) = self.streams(&connection, &socket)?;
        Ok((socket, input, output))
    }

    fn local_address(&mut self, this: Resource<TcpSocket>) -> Answer<IpSocketAddress> {
        let socket = self.table.get(&this)?;
        if !socket.is_bound() {
            return Err(ErrorCode::InvalidState.into());
        }
        socket.address(Socket::local_address)
    }

    fn remote_address(&mut self, this: Resource<TcpSocket>) -> Answer<IpSocketAddress> {
        let socket = self.table.get(&this)?;
        match socket.state {
            State::Connected(_) | State::Closed(_) => socket.address(Socket::peer_address),
            _ => Err(ErrorCode::InvalidState.into()),
        }
    }

    fn is_listening(&mut self, this: Resource<TcpSocket>) -> wasmtime::Result<bool> {
        Ok(matches!(self.table.get(&this)?.state, State::Listening(_)))
    }

    fn address_family(&mut self, this: Resource<TcpSocket>) -> wasmtime::Result<IpAddressFamily> {
        Ok(self.table.get(&this)?.family.into())
    }

    fn set_listen_backlog_size(&mut self, this: Resource<TcpSocket>, value: u64) -> Answer<()> {
        self.table.get_mut(&this)?.set_backlog(value)
    }

    fn keep_alive_enabled(&mut self, this: Resource<TcpSocket>) -> Answer<bool> {
        Ok(self.tcp_setting(&this, Setting::KeepAlive)? != 0)
    }

    fn set_keep_alive_enabled(&mut self, this: Resource<TcpSocket>, value: bool) -> Answer<()> {
        self.set_tcp(&this, Setting::KeepAlive, value.into())
    }

    fn keep_alive_idle_time(&mut self, this: Resource<TcpSocket>) -> Answer<u64> {
        self.tcp_setting(&this, Setting::KeepAliveIdle)
    }

    fn set_keep_alive_idle_time(&mut self, this: Resource<TcpSocket>, value: u64) -> Answer<()> {
        let value = within(KEEP_ALIVE_TIME, more_than_none(value)?);
        self.set_tcp(&this, Setting::KeepAliveIdle, value)
    }

    fn keep_alive_interval(&mut self, this: Resource<TcpSocket>) -> Answer<u64> {
        self.tcp_setting(&this, Setting::KeepAliveInterval)
    }

    fn set_keep_alive_interval(&mut self, this: Resource<TcpSocket>, value: u64) -> Answer<()> {
        let value = within(KEEP_ALIVE_TIME, more_than_none(value)?);
        self.set_tcp(&this, Setting::KeepAliveInterval, value)
    }

    fn keep_alive_count(&mut self, this: Resource<TcpSocket>) -> Answer<u32> {
        Ok(u32::try_from(self.tcp_setting(&this, Setting::KeepAliveCount)?).unwrap_or(u32::MAX))
    }

    fn set_keep_alive_count(&mut self, this: Resource<TcpSocket>, value: u32) -> Answer<()> {
        let value = within(KEEP_ALIVE_COUNT, more_than_none(value.into())?);
        self.set_tcp(&this, Setting::KeepAliveCount, value)
    }

    fn hop_limit(&mut self, this: Resource<TcpSocket>) -> Answer<u8> {
        let family = self.table.get(&this)?.family;
        Ok(u8::try_from(self.tcp_setting(&this, Setting::HopLimit(family))?).unwrap_or(u8::MAX))
    }

    fn set_hop_limit(&mut self, this: Resource<TcpSocket>, value: u8) -> Answer<()> {
        let family = self.table.get(&this)?.family;
        self.set_tcp(&this, Setting::HopLimit(family), more_than_none(value.into())?)
    }

    fn receive_buffer_size(&mut self, this: Resource<TcpSocket>) -> Answer<u64> {
        self.tcp_setting(&this, Setting::ReceiveBuffer)
    }

    fn set_receive_buffer_size(&mut self, this: Resource<TcpSocket>, value: u64) -> Answer<()> {
        self.set_tcp(&this, Setting::ReceiveBuffer, more_than_none(value)?)
    }

    fn send_buffer_size(&mut self, this: Resource<TcpSocket>) -> Answer<u64> {
        self.tcp_setting(&this, Setting::SendBuffer)
    }

    fn set_send_buffer_size(&mut self, this: Resource<TcpSocket>, value: u64) -> Answer<()> {
        self.set_tcp(&this, Setting::SendBuffer, more_than_none(value)?)
    }

    fn subscribe(&mut self, this: Resource<TcpSocket>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, this)
    }

    fn shutdown(&mut self, this: Resource<TcpSocket>, direction: ShutdownType) -> Answer<()> {
        self.on_tcp(Name::WasiTcpShutdown, &this, |socket| socket.shutdown(direction))
    }

    fn drop(&mut self, this: Resource<TcpSocket>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

/// The number of this range that is nearest.
fn within(range: std::ops::RangeInclusive<u64>, value: u64) -> u64 {
    value.clamp(*range.start(), *range.end())
}
