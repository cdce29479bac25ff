//! `cogen:engine/connections`.

use std::io;
use std::net::Shutdown;
use std::pin::pin;
use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::bindings::connections::{Counts, Direction as Way, Host, HostConnection, HostListener, HostPendingConnect};
use super::bindings::types::Timeout;
use super::bindings::{Error, Options};
use super::coroutines::Joinable;
use super::source::{Asked, Asker, Ready, Source, is_out_of_descriptors, operation};
use super::stream::{Reader, send_file, write, write_all};
use super::trace::{Brief, Moved, shown};
use super::{Answer, Deadline};
use crate::coroutine::Core;
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::reactor::{Direction, Socket};
use crate::sandbox::limits::Limit;
use crate::sandbox::usage::Permit;
use crate::scheduler::Place;

/// How often it is tried again to accept when there are no descriptors: nothing tells when there are some again.
const DESCRIPTOR_PAUSE: u64 = 20_000_000;

/// One end of a connection.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Connection {
    source: Arc<Source>,
    reader: Reader,
    timeout: Timeout,
    idle: Option<u64>,
}

impl Connection {
    fn new(socket: Socket, permit: Permit) -> Self {
        Self::over(Source::new(socket, Some(permit)))
    }

    pub(super) fn over(source: Source) -> Self {
        Connection { source: Arc::new(source), reader: Reader::default(), timeout: Timeout::Default, idle: None }
    }

    pub(super) fn socket(&self) -> &Socket {
        &self.source.socket
    }

    /// Leaves this worker, for another coroutine.
    pub(super) fn leave(&mut self) {
        if let Some(source) = Arc::get_mut(&mut self.source) {
            let read = source.leave();
            self.reader.append(&read, source);
        }
    }

    /// Is this coroutine's from now on.
    pub(super) fn arrive(&mut self, core: &Arc<Core>) {
        Source::arrive(&mut self.source, core);
    }

    /// What it is made of, for this coroutine, which was given it and has not used it.
    pub(crate) fn into_source(mut self, core: &Arc<Core>) -> Option<Source> {
        self.arrive(core);
        Arc::into_inner(self.source)
    }

    fn failure(&self, attempted: &str, error: &io::Error) -> super::Refusal {
        self.source.failure(attempted, error)
    }

    fn share(&self, permit: Permit) -> Answer<Self> {
        let socket = self.socket().share().map_err(|error| self.failure("share the connection with", &error))?;
        Ok(Connection { timeout: self.timeout, idle: self.idle, ..Connection::new(socket, permit) })
    }
}

impl Brief for Connection {
    fn brief(&self) -> String {
        self.socket().describe()
    }
}

impl Brief for (Connection, String) {
    fn brief(&self) -> String {
        self.0.brief()
    }
}

/// Something that others connect to.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Listener {
    source: Arc<Source>,
    timeout: Timeout,
}

impl Listener {
    /// One that listens, of a coroutine or (without a permit) of the host.
    pub(crate) fn new(socket: Socket, permit: Option<Permit>) -> Self {
        Listener { source: Arc::new(Source::new(socket, permit)), timeout: Timeout::Default }
    }

    pub(crate) fn socket(&self) -> &Socket {
        &self.source.socket
    }

    /// Leaves this worker, for another coroutine.
    pub(super) fn leave(&mut self) {
        if let Some(source) = Arc::get_mut(&mut self.source) {
            // A listener reads nothing.
            drop(source.leave());
        }
    }

    /// Is this coroutine's from now on.
    pub(super) fn arrive(&mut self, core: &Arc<Core>) {
        Source::arrive(&mut self.source, core);
    }

    fn failure(&self, attempted: &str, error: &io::Error) -> super::Refusal {
        self.source.failure(attempted, error)
    }

    /// Takes in the next one who connects. While there are no descriptors for that, those who connect wait where they are.
    async fn accept(&self, asker: &Asker<'_>) -> Answer<(Connection, crate::reactor::Address)> {
        let permit = asker.core.permit(Limit::Sockets)?;
        loop {
            let attempt = self.source.attempt(Direction::Read, asker, |reactor, at| reactor.accept(at));
            match attempt.await? {
                Ok((socket, peer)) => return Ok((Connection::new(socket, permit), peer)),
                // The one who had connected is gone again: that is no business of who accepts.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) if is_out_of_descriptors(&error) && !asker.tries_once => {
                    let now = asker.core.shared.clock.now();
                    super::sleep_until(asker.core, now.saturating_add(DESCRIPTOR_PAUSE)).await;
                    if asker.core.status.is_cancelled() {
                        return Err(Error::Cancelled.into());
                    }
                }
                Err(error) => return Err(self.failure("accept a connection at", &error)),
            }
        }
    }

    /// As [`Listener::accept`], for an accept loop of the host.
    pub(crate) async fn next(&self, core: &Arc<Core>) -> Answer<Connection> {
        let asked = Asked { place: Place::Back, deadline: Deadline::Never };
        let operation = operation(Name::Accept, &self.source, asked);
        let asker = Asker::new(core, asked);
        core.operate(operation, pin!(async { Ok(self.accept(&asker).await?.0) })).await
    }

    fn share(&self, permit: Permit) -> Answer<Self> {
        let socket = self.socket().share().map_err(|error| self.failure("share the listener at", &error))?;
        Ok(Listener { timeout: self.timeout, ..Listener::new(socket, Some(permit)) })
    }
}

impl Brief for Listener {
    fn brief(&self) -> String {
        self.socket().describe()
    }
}

/// A connection that is being made, and what came of it until the guest is told.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct PendingConnect(pub(super) super::pending::Pending<Connection>);

impl Brief for PendingConnect {
    fn brief(&self) -> String {
        "connects".to_owned()
    }
}

impl Guest {
    /// A pollable of a direction of a socket, which must be dropped before `parent`.
    pub(super) fn subscribe_socket<T: 'static>(
        &mut self,
        parent: &Resource<T>,
        source: Arc<Source>,
        direction: Direction,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let ready = self.table.push_child(Ready { source, direction, core: self.core.clone() }, parent)?;
        subscribe(&mut self.table, ready)
    }

    fn connection(&mut self, handle: &Resource<Connection>) -> wasmtime::Result<&mut Connection> {
        Ok(self.table.get_mut(handle)?)
    }
}

impl Host for Guest {}

impl HostConnection for Guest {
    async fn read(&mut self, handle: Resource<Connection>, most: u32, options: Options) -> Answer<Vec<u8>> {
        let asked = self.asked(options, self.table.get(&handle)?.timeout);
        let Connection { source, reader, idle, .. } = self.table.get_mut(&handle)?;
        let operation = operation(Name::Read, source, asked);
        let work = reader.read(source, Asker::within(&self.core, asked, *idle), most);
        self.core.operate(operation, pin!(work)).await
    }

    async fn read_exact(&mut self, handle: Resource<Connection>, length: u32, options: Options) -> Answer<Vec<u8>> {
        let asked = self.asked(options, self.table.get(&handle)?.timeout);
        let Connection { source, reader, idle, .. } = self.table.get_mut(&handle)?;
        let operation = operation(Name::ReadExact, source, asked);
        let work = reader.read_exact(source, Asker::within(&self.core, asked, *idle), length);
        self.core.operate(operation, pin!(work)).await
    }

    async fn read_line(&mut self, handle: Resource<Connection>, most: u32, options: Options) -> Answer<Vec<u8>> {
        let asked = self.asked(options, self.table.get(&handle)?.timeout);
        let Connection { source, reader, idle, .. } = self.table.get_mut(&handle)?;
        let operation = operation(Name::ReadLine, source, asked);
        let work = reader.read_line(source, Asker::within(&self.core, asked, *idle), most);
        self.core.operate(operation, pin!(work)).await
    }

    async fn write(&mut self, handle: Resource<Connection>, bytes: Vec<u8>, options: Options) -> Answer<u32> {
        let asked = self.asked(options, self.table.get(&handle)?.timeout);
        let bytes = self.core.outgoing(bytes)?;
        let Connection { source, idle, .. } = self.table.get(&handle)?;
        let operation = operation(Name::Write, source, asked);
        let asker = Asker::within(&self.core, asked, *idle);
        let work = async { Ok(Moved(write(source, &asker, &bytes).await? as u64)) };
        let Moved(count) = self.core.operate(operation, pin!(work)).await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn write_all(&mut self, handle: Resource<Connection>, bytes: Vec<u8>, options: Options) -> Answer<()> {
        let asked = self.asked(options, self.table.get(&handle)?.timeout);
        let bytes = self.core.outgoing(bytes)?;
        let Connection { source, idle, .. } = self.table.get(&handle)?;
        let operation = operation(Name::WriteAll, source, asked);
        let work = write_all(source, Asker::within(&self.core, asked, *idle), bytes);
        self.core.operate(operation, pin!(work)).await
    }

    async fn send_file(
        &mut self,
        handle: Resource<Connection>,
        path: String,
        offset: u64,
        length: u64,
        options: Options,
    ) -> Answer<u64> {
        let asked = self.asked(options, self.table.get(&handle)?.timeout);
        let Connection { source, idle, .. } = self.table.get(&handle)?;
        let operation = operation(Name::SendFile, source, asked);
        let work = send_file(source, Asker::within(&self.core, asked, *idle), &path, offset, length);
        Ok(self.core.operate(operation, pin!(work)).await?.0)
    }

    fn shutdown(&mut self, handle: Resource<Connection>, direction: Way) -> Answer<()> {
        let connection = self.table.get(&handle)?;
        let how = match direction {
            Way::Read => Shutdown::Read,
            Way::Write => Shutdown::Write,
            Way::Both => Shutdown::Both,
        };
        let shutdown = || connection.socket().shutdown(how).map_err(|error| connection.failure("shut down", &error));
        self.core.answer(Name::Shutdown, || connection.brief(), shutdown)
    }

    fn local_address(&mut self, handle: Resource<Connection>) -> Answer<String> {
        let connection = self.connection(&handle)?;
        let address = connection.socket().local_address();
        Ok(address.map_err(|error| connection.failure("tell the local address of", &error))?.to_string())
    }

    fn peer_address(&mut self, handle: Resource<Connection>) -> Answer<String> {
        let connection = self.connection(&handle)?;
        let address = connection.socket().peer_address();
        Ok(address.map_err(|error| connection.failure("tell the peer of", &error))?.to_string())
    }

    fn counts(&mut self, handle: Resource<Connection>) -> wasmtime::Result<Counts> {
        let connection = self.connection(&handle)?;
        Ok(Counts { read: connection.reader.handed_out(), written: connection.source.written() })
    }

    fn set_timeout(&mut self, handle: Resource<Connection>, timeout: Timeout) -> wasmtime::Result<()> {
        self.connection(&handle)?.timeout = timeout;
        Ok(())
    }

    fn set_idle_timeout(&mut self, handle: Resource<Connection>, timeout: Timeout) -> Answer<()> {
        self.connection(&handle)?.idle = match timeout {
            Timeout::Default | Timeout::Never => None,
            Timeout::Within(duration) => Some(duration),
            Timeout::By(_) => {
                let message = "an idle timeout counts from the last byte that moved: it is no moment".to_owned();
                return Err(Error::InvalidArgument(message).into());
            }
        };
        Ok(())
    }

    fn subscribe_read(&mut self, handle: Resource<Connection>) -> wasmtime::Result<Resource<DynPollable>> {
        let source = self.connection(&handle)?.source.clone();
        self.subscribe_socket(&handle, source, Direction::Read)
    }

    fn subscribe_write(&mut self, handle: Resource<Connection>) -> wasmtime::Result<Resource<DynPollable>> {
        let source = self.connection(&handle)?.source.clone();
        self.subscribe_socket(&handle, source, Direction::Write)
    }

    fn share(&mut self, handle: Resource<Connection>) -> Answer<Resource<Connection>> {
        let permit = self.core.permit(Limit::Sockets)?;
        let shared = self.connection(&handle)?.share(permit)?;
        Ok(self.table.push(shared)?)
    }

    fn drop(&mut self, handle: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl HostListener for Guest {
    async fn accept(&mut self, handle: Resource<Listener>, options: Options) -> Answer<(Resource<Connection>, String)> {
        let asked = self.asked(options, self.table.get(&handle)?.timeout);
        let listener = self.table.get(&handle)?;
        let operation = operation(Name::Accept, &listener.source, asked);
        let asker = Asker::new(&self.core, asked);
        let work = async {
            let (connection, peer) = listener.accept(&asker).await?;
            Ok((connection, peer.to_string()))
        };
        let (connection, peer) = self.core.operate(operation, pin!(work)).await?;
        Ok((self.table.push(connection)?, peer))
    }

    fn local_address(&mut self, handle: Resource<Listener>) -> Answer<String> {
        let listener = self.table.get(&handle)?;
        let address = listener.socket().local_address();
        Ok(address.map_err(|error| listener.failure("tell the address of", &error))?.to_string())
    }

    fn set_timeout(&mut self, handle: Resource<Listener>, timeout: Timeout) -> wasmtime::Result<()> {
        self.table.get_mut(&handle)?.timeout = timeout;
        Ok(())
    }

    fn subscribe(&mut self, handle: Resource<Listener>) -> wasmtime::Result<Resource<DynPollable>> {
        let source = self.table.get(&handle)?.source.clone();
        self.subscribe_socket(&handle, source, Direction::Read)
    }

    fn share(&mut self, handle: Resource<Listener>) -> Answer<Resource<Listener>> {
        let shared = self.table.get(&handle)?.share(self.core.permit(Limit::Sockets)?)?;
        Ok(self.table.push(shared)?)
    }

    fn serve(
        &mut self,
        listener: Resource<Listener>,
        program: String,
        args: Vec<u8>,
        most: u32,
    ) -> Answer<Resource<Joinable>> {
        let mut listener = self.table.delete(listener)?;
        listener.leave();
        let core = self.core.answer(
            Name::Serve,
            || shown(&program),
            || self.starter().serve(listener, &program, args, most),
        )?;
        Ok(self.table.push(Joinable::new(core, &self.core))?)
    }

    fn drop(&mut self, handle: Resource<Listener>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl HostPendingConnect for Guest {
    fn subscribe(&mut self, pending: Resource<PendingConnect>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, pending)
    }

    fn finish(&mut self, pending: Resource<PendingConnect>) -> Answer<Resource<Connection>> {
        let connection = self.table.get_mut(&pending)?.0.finish()?;
        Ok(self.table.push(connection)?)
    }

    fn drop(&mut self, pending: Resource<PendingConnect>) -> wasmtime::Result<()> {
        self.table.delete(pending)?;
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PendingConnect {
    async fn ready(&mut self) {
        self.0.ready().await;
    }
}
