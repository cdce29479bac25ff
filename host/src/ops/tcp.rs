//! `cogen:engine/tcp`.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::Resource;

use super::bindings::tcp::{Host, ListenOptions};
use super::bindings::{Error, Options};
use super::connections::{Connection, Listener, PendingConnect};
use super::names::look_up;
use super::pending::Pending;
use super::source::{Asked, Asker, Source, failure};
use super::trace::shown;
use super::{Answer, Deadline, Operation};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::reactor::{self, Address, Direction, Socket};
use crate::sandbox::grants::HostName;
use crate::sandbox::limits::Limit;
use crate::scheduler::Place;

/// Where to connect to.
#[derive(Clone, Debug)]
enum Target {
    Address(SocketAddr),
    /// A name as it was written, and as it is compared, with a port.
    Name(String, HostName, u16),
}

impl Target {
    /// Reads a target that this coroutine may ask for: an address that it may connect to, or a name that it may look up.
    fn parse_granted(core: &Core, text: &str) -> Answer<Self> {
        let target = Self::parse(text)?;
        core.granted(match &target {
            Target::Address(address) => core.grants.connect(*address, None),
            Target::Name(_, name, port) => core.grants.look_up_to_connect(name, *port),
        })?;
        Ok(target)
    }

    fn parse(text: &str) -> Answer<Self> {
        if let Ok(address) = text.parse() {
            return Ok(Target::Address(address));
        }
        let parsed = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        match parsed {
            Some((host, port)) if !host.contains([':', '[', ']']) => {
                let name = super::names::parse(host)?;
                Ok(Target::Name(host.to_owned(), name, port))
            }
            _ => Err(no_address(text, "host:port, as in 127.0.0.1:80, [::1]:80 or example.org:80")),
        }
    }
}

/// An IP address with a port.
pub(super) fn parse_address(text: &str) -> Answer<SocketAddr> {
    text.parse().map_err(|_| no_address(text, "an IP address with a port, as in 127.0.0.1:80 or [::1]:80"))
}

fn no_address(text: &str, expected: &str) -> super::Refusal {
    Error::InvalidArgument(format!("{} is no address: expected {expected}", shown(text))).into()
}

/// An address to connect from, if there is any text.
fn parse_local(text: &str) -> Answer<Option<SocketAddr>> {
    if text.is_empty() { Ok(None) } else { parse_address(text).map(Some) }
}

/// Connects to a target, of which every address is tried in turn.
async fn connect(core: Arc<Core>, target: Target, local: Option<SocketAddr>, asked: Asked) -> Answer<Connection> {
    let addresses = match &target {
        Target::Address(address) => vec![*address],
        Target::Name(text, name, port) => {
            let found = look_up(&core, text).await?;
            let found = found.into_iter().map(|address| SocketAddr::new(address, *port));
            granted_of(&core, found.collect(), name)?
        }
    };
    let mut refusal = None;
    for address in addresses {
        match connect_to(&core, address, local.as_ref(), asked).await? {
            Ok(connection) => return Ok(connection),
            Err(error) => refusal = Some(failure("connect to", address, &error)),
        }
    }
    Err(refusal
        .unwrap_or_else(|| failure("connect to", format!("{target:?}"), &io::ErrorKind::AddrNotAvailable.into())))
}

/// Of the addresses that a name leads to those that this coroutine may connect to. Where a name leads its owner decides: each
/// is looked at anew each time.
fn granted_of(core: &Core, mut addresses: Vec<SocketAddr>, name: &HostName) -> Answer<Vec<SocketAddr>> {
    let mut missing = None;
    addresses.retain(|&address| {
        let refusal = core.grants.connect(address, Some(name)).err();
        let is_granted = refusal.is_none();
        missing = missing.take().or(refusal);
        is_granted
    });
    match missing {
        Some(missing) if addresses.is_empty() => core.granted(Err(missing)),
        _ => Ok(addresses),
    }
}

async fn connect_to(
    core: &Arc<Core>,
    address: SocketAddr,
    local: Option<&SocketAddr>,
    asked: Asked,
) -> Answer<io::Result<Connection>> {
    let permit = core.permit(Limit::Sockets)?;
    let begin = || Source::connecting(core.shared.network.tcp(&address, local)?, &Address::Ip(address), permit);
    let source = match begin() {
        Ok(source) => source,
        Err(error) => return Ok(Err(error)),
    };
    let asker = Asker::new(core, asked);
    let connected = source.attempt(Direction::Write, &asker, |reactor, at| reactor.connected(at)).await?;
    Ok(connected.map(|()| Connection::over(source)))
}

impl Host for Guest {
    async fn connect(&mut self, address: String, local: String, options: Options) -> Answer<Resource<Connection>> {
        let asked = self.asked(options, super::types::Timeout::Default);
        let operation = Operation {
            name: Name::Connect,
            detail: || shown(&address),
            wait: || Some(Wait::Connect(address.as_str().into())),
            deadline: asked.deadline,
        };
        let work = async {
            let (target, local) = (Target::parse_granted(&self.core, &address)?, parse_local(&local)?);
            connect(self.core.clone(), target, local, asked).await
        };
        let connection = self.core.operate(operation, pin!(work)).await?;
        Ok(self.table.push(connection)?)
    }

    fn start_connect(&mut self, address: String, local: String) -> Answer<Resource<PendingConnect>> {
        let asked = Asked { place: Place::Back, deadline: Deadline::Never };
        let begin = || {
            let (target, local) = (Target::parse_granted(&self.core, &address)?, parse_local(&local)?);
            let work = connect(self.core.clone(), target, local, asked);
            Ok(PendingConnect(Pending::begin(&self.core, work)?))
        };
        let pending = self.core.answer(Name::StartConnect, || shown(&address), begin)?;
        Ok(self.table.push(pending)?)
    }

    fn listen(&mut self, address: String, options: ListenOptions) -> Answer<Resource<Listener>> {
        let listen = || {
            let at = parse_address(&address)?;
            self.core.granted(self.core.grants.listen(at))?;
            let mut how = reactor::ListenOptions {
                reuse_port: options.reuse_port,
                only_v6: options.only_v6,
                ..reactor::ListenOptions::default()
            };
            if options.backlog > 0 {
                how.backlog = i32::try_from(options.backlog).unwrap_or(i32::MAX);
            }
            let permit = self.core.permit(Limit::Sockets)?;
            let socket = self.core.shared.network.listen(&at, how);
            Ok(Listener::new(socket.map_err(|error| failure("listen at", at, &error))?, Some(permit)))
        };
        let listener = self.core.answer(Name::Listen, || shown(&address), listen)?;
        Ok(self.table.push(listener)?)
    }

    fn nodelay(&mut self, connection: Resource<Connection>) -> Answer<bool> {
        self.option(&connection, "tell whether small writes are gathered for", Socket::nodelay)
    }

    fn set_nodelay(&mut self, connection: Resource<Connection>, on: bool) -> Answer<()> {
        self.option(&connection, "choose whether small writes are gathered for", |socket| socket.set_nodelay(on))
    }

    fn set_keep_alive(&mut self, connection: Resource<Connection>, every: u64) -> Answer<()> {
        // Whole seconds, and not none: the system would take that for an error.
        let every =
            (every > 0).then(|| Duration::from_secs(Duration::from_nanos(every).as_secs().clamp(1, MAX_KEEP_ALIVE)));
        self.option(&connection, "keep alive", |socket| socket.set_keep_alive(every))
    }

    fn buffer_sizes(&mut self, connection: Resource<Connection>) -> Answer<(u32, u32)> {
        let (receive, send) = self.option(&connection, "tell the buffers of", Socket::buffer_sizes)?;
        let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        Ok((size(receive), size(send)))
    }

    fn set_buffer_sizes(&mut self, connection: Resource<Connection>, receive: u32, send: u32) -> Answer<()> {
        let size = |bytes: u32| usize::try_from(bytes).unwrap_or(usize::MAX).min(MAX_BUFFER);
        self.option(&connection, "change the buffers of", |socket| socket.set_buffer_sizes(size(receive), size(send)))
    }
}

/// Linux takes at most so many seconds between two questions.
const MAX_KEEP_ALIVE: u64 = 32_767;

/// Systems take a size as a signed number of 32 bits, and may double it.
pub(super) const MAX_BUFFER: usize = 1 << 30;

impl Guest {
    fn option<T>(
        &mut self,
        connection: &Resource<Connection>,
        what: &str,
        act: impl FnOnce(&Socket) -> io::Result<T>,
    ) -> Answer<T> {
        let socket = self.table.get(connection)?.socket();
        act(socket).map_err(|error| failure(what, socket.describe(), &error))
    }
}
