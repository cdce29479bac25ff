//! The steps with sockets, and with what is handed over.

use crate::{Performer, options};
use cogen_guest::handover::{self, Thing};
use cogen_guest::net::{
    self, Connection, ListenOptions, Listener, PendingConnect, Shutdown, Tcp, TcpListener, TcpStream, UdpSocket, Unix,
    UnixListener, UnixStream,
};
use cogen_guest::select::Wait;
use cogen_guest::{Error, Options, Result, context, signal, time};
use script_steps::pattern::checksum;
use script_steps::{Direction, ListenHow, Net, Opts, Pattern};
use std::fmt::Display;
use std::io::{BufRead as _, BufReader, BufWriter, LineWriter, Read as _, Write};
use std::time::Duration;

impl Performer {
    /// Perform a step with sockets, and answer what to log of it.
    pub(crate) fn operate_net(&mut self, step: &Net, opts: Opts) -> Result<String> {
        let options = options(opts);
        Ok(match step {
            Net::Listen { address, save_as, how } => {
                let (listener, address) = listen(&self.address(address)?, *how)?;
                self.keep_address(save_as, address);
                self.keep(save_as, listener);
                format!("listen {save_as} ok")
            }
            Net::Accept { listener, save_as } => {
                let (connection, peer) = self.listener(listener)?.accept_with(options)?;
                self.addresses.insert(format!("{save_as}.peer"), peer);
                self.keep(save_as, connection);
                format!("accept {save_as} ok")
            }
            Net::Connect { address, local, save_as } => {
                let connection = connect(&self.address(address)?, &self.address(local)?, options)?;
                self.keep(save_as, connection);
                format!("connect {save_as} ok")
            }
            Net::StartConnectDrop { address } => {
                drop(self.connecting(address, "")?);
                "start-connect-drop ok".into()
            }
            Net::Read { name, most } => {
                let bytes = self.connection(name)?.read_with(*most, options)?;
                format!("read {name} got {}", shown(&bytes))
            }
            Net::ReadExact { name, length } => {
                let bytes = self.connection(name)?.read_exact_with(*length, options)?;
                format!("read-exact {name} got {}", shown(&bytes))
            }
            Net::ReadLine { name, most } => {
                let bytes = self.connection(name)?.read_line_with(*most, options)?;
                format!("read-line {name} got {}", shown(&bytes))
            }
            Net::ReadToEnd(name) => {
                let mut bytes = Vec::new();
                self.connection(name)?.read_to_end(&mut bytes)?;
                format!("read-to-end {name} got {}", shown(&bytes))
            }
            Net::BufLines(name) => {
                let lines = BufReader::new(self.connection(name)?).lines().collect::<std::io::Result<Vec<_>>>()?;
                format!("buf-lines {name} got {}", lines.join("|"))
            }
            Net::ReadPattern { name, pattern, chunk, pause } => {
                let result = read_pattern(self.connection(name)?, *pattern, *chunk, *pause, options)?;
                format!("read-pattern {name} {result}")
            }
            Net::Write { name, bytes } => {
                let taken = self.connection(name)?.write_with(bytes.to_bytes(), options)?;
                format!("write {name} took {taken}")
            }
            Net::WriteAll { name, bytes } => {
                self.connection(name)?.write_all_with(bytes.to_bytes(), options)?;
                format!("write-all {name} ok")
            }
            Net::BufWrite { name, parts, capacity } => {
                let connection = self.connection(name)?;
                let written = match capacity {
                    Some(bytes) => write_parts(BufWriter::with_capacity(*bytes, connection), connection, parts)?,
                    None => write_parts(LineWriter::new(connection), connection, parts)?,
                };
                format!("buf-write {name} written {}", list(written))
            }
            Net::WritePattern { name, pattern, chunk, pause } => {
                write_pattern(self.connection(name)?, *pattern, *chunk, *pause, options)?;
                format!("write-pattern {name} ok")
            }
            Net::Fill(name) => {
                fill(self.connection(name)?)?;
                format!("fill {name} ok")
            }
            Net::SendFile { name, path, offset, length } => {
                let sent = self.connection(name)?.send_file_with(path, *offset, *length, options)?;
                format!("send-file {name} sent {sent}")
            }
            Net::Echo { name, most } => {
                format!("echo {name} {}", echo(self.connection(name)?, *most, options)?)
            }
            Net::Shutdown { name, direction } => {
                let (how, word) = match direction {
                    Direction::Read => (Shutdown::Read, "read"),
                    Direction::Write => (Shutdown::Write, "write"),
                    Direction::Both => (Shutdown::Both, "both"),
                };
                self.connection(name)?.shutdown(how)?;
                format!("shutdown {name} {word}")
            }
            Net::Close(name) => {
                drop(self.take(name)?);
                format!("close {name}")
            }
            Net::Hold(name) => {
                let thing = self.take(name)?;
                self.held.push(thing);
                format!("hold {name}")
            }
            Net::Share { name, save_as } => {
                let shared = match self.thing(name)? {
                    Thing::Connection(connection) => connection.try_clone()?.into(),
                    Thing::Listener(listener) => listener.try_clone()?.into(),
                    Thing::Coroutine(coroutine) => coroutine.share().into(),
                    other => return Err(Error::Other(format!("{other} cannot be shared"))),
                };
                self.kept.insert(save_as.clone(), shared);
                format!("share {save_as} ok")
            }
            Net::LocalAddress(name) => format!("local-address {name} {}", self.local_address(name)?),
            Net::PeerAddress(name) => {
                let address = match self.thing(name)? {
                    Thing::Connection(connection) => connection.peer_addr()?,
                    Thing::UdpSocket(socket) => socket.peer_addr()?.to_string(),
                    other => return Err(Error::Other(format!("{other} has no peer"))),
                };
                format!("peer-address {name} {address}")
            }
            Net::Announce { name, recipients } => {
                let address = self.address(&format!("@{name}"))?;
                let woken = signal::signal_with(name, address, *recipients, options)?;
                format!("announce {name} woke {woken}")
            }
            Net::Counts(name) => {
                let counts = self.connection(name)?.counts();
                format!("counts {name} read {} written {}", counts.read, counts.written)
            }
            Net::SetTimeout { name, timeout } => {
                let options = crate::options(Opts { timeout: *timeout, ..Opts::default() });
                match self.thing(name)? {
                    Thing::Connection(connection) => connection.set_timeout(options),
                    Thing::Listener(listener) => listener.set_timeout(options),
                    Thing::UdpSocket(socket) => socket.set_timeout(options),
                    other => return Err(Error::Other(format!("{other} has no timeout"))),
                }
                format!("set-timeout {name}")
            }
            Net::SetIdleTimeout { name, nanoseconds } => {
                self.connection(name)?.set_idle_timeout(nanoseconds.map(Duration::from_nanos))?;
                format!("set-idle-timeout {name}")
            }
            Net::Nodelay(name) => format!("nodelay {name} {}", self.with_tcp(name, TcpStream::nodelay)?),
            Net::SetNodelay { name, on } => {
                self.with_tcp(name, |stream| stream.set_nodelay(*on))?;
                format!("set-nodelay {name} {on}")
            }
            Net::SetKeepAlive { name, nanoseconds } => {
                self.with_tcp(name, |stream| stream.set_keep_alive(nanoseconds.map(Duration::from_nanos)))?;
                format!("set-keep-alive {name}")
            }
            Net::BufferSizes(name) => {
                let (receive, send) = self.with_tcp(name, TcpStream::buffer_sizes)?;
                format!("buffer-sizes {name} {receive} {send}")
            }
            Net::SetBufferSizes { name, receive, send } => {
                match self.thing(name)? {
                    Thing::UdpSocket(socket) => socket.set_buffer_sizes(*receive, *send)?,
                    _ => self.with_tcp(name, |stream| stream.set_buffer_sizes(*receive, *send))?,
                }
                format!("set-buffer-sizes {name}")
            }
            Net::Bind { address, save_as } => {
                let socket = UdpSocket::bind(self.address(address)?)?;
                self.keep_address(save_as, socket.local_addr()?.to_string());
                self.keep(save_as, socket);
                format!("bind {save_as} ok")
            }
            Net::ConnectUdp { name, address } => {
                self.udp(name)?.connect(self.address(address)?)?;
                format!("connect-udp {name} ok")
            }
            Net::SendTo { name, address, bytes } => {
                self.udp(name)?.send_to_with(bytes.to_bytes(), self.address(address)?, options)?;
                format!("send-to {name} ok")
            }
            Net::Send { name, bytes } => {
                self.udp(name)?.send_with(bytes.to_bytes(), options)?;
                format!("send {name} ok")
            }
            Net::ReceiveFrom { name, most } => {
                let (bytes, from) = self.udp(name)?.receive_from_with(*most, options)?;
                self.addresses.insert(format!("{name}.peer"), from.to_string());
                format!("receive-from {name} got {}", shown(&bytes))
            }
            Net::Receive { name, most } => {
                let bytes = self.udp(name)?.receive_with(*most, options)?;
                format!("receive {name} got {}", shown(&bytes))
            }
            Net::SetBroadcast { name, on } => {
                self.udp(name)?.set_broadcast(*on)?;
                format!("set-broadcast {name} {on}")
            }
            Net::Resolve(name) => format!("resolve {name} {}", list(net::resolve_with(name, options)?)),
            Net::Serve { listener, program, args, most, save_as } => {
                self.listener(listener)?;
                if let Thing::Listener(listener) = self.take(listener)? {
                    let serving = listener.serve(program, args.to_bytes(), *most)?;
                    self.keep(save_as, serving);
                }
                format!("serve {save_as}")
            }
            Net::SpawnWith { program, args, things, save_as } => {
                let things = things.iter().map(|name| self.take(name)).collect::<Result<Vec<_>>>()?;
                let handle = handover::spawn_with(program, args.to_bytes(), things, options)?;
                self.keep(save_as, handle);
                format!("spawn-with {save_as}")
            }
            Net::Received { save_as } => {
                let things = handover::received();
                let kinds: Vec<String> = things.iter().map(ToString::to_string).collect();
                self.kept.extend(save_as.iter().cloned().zip(things));
                format!("received {}", if kinds.is_empty() { "nothing".into() } else { kinds.join(", ") })
            }
        })
    }

    fn keep(&mut self, name: &str, thing: impl Into<Thing>) {
        self.kept.insert(name.into(), thing.into());
    }

    /// Let this script and those it starts from now on refer to an address.
    fn keep_address(&mut self, name: &str, address: String) {
        // A context has little room: who makes many sockets cannot hand all their addresses down.
        let _ = context::set(&format!("@{name}"), &address);
        self.addresses.insert(name.into(), address);
    }

    fn thing(&self, name: &str) -> Result<&Thing> {
        self.kept.get(name).ok_or_else(|| Error::Other(format!("the script keeps nothing as `{name}`")))
    }

    pub(crate) fn take(&mut self, name: &str) -> Result<Thing> {
        self.thing(name)?;
        Ok(self.kept.remove(name).expect("it was just there"))
    }

    pub(crate) fn connection(&self, name: &str) -> Result<&Connection> {
        match self.thing(name)? {
            Thing::Connection(connection) => Ok(connection),
            other => Err(Error::Other(format!("the script keeps {other} as `{name}`, not a connection"))),
        }
    }

    pub(crate) fn listener(&self, name: &str) -> Result<&Listener> {
        match self.thing(name)? {
            Thing::Listener(listener) => Ok(listener),
            other => Err(Error::Other(format!("the script keeps {other} as `{name}`, not a listener"))),
        }
    }

    pub(crate) fn udp(&self, name: &str) -> Result<&UdpSocket> {
        match self.thing(name)? {
            Thing::UdpSocket(socket) => Ok(socket),
            other => Err(Error::Other(format!("the script keeps {other} as `{name}`, not a UDP socket"))),
        }
    }

    /// What only TCP has: whether the connection is one over TCP is for the engine to say.
    fn with_tcp<T>(&mut self, name: &str, act: impl FnOnce(&TcpStream) -> Result<T>) -> Result<T> {
        self.connection(name)?;
        let Thing::Connection(connection) = self.take(name)? else { unreachable!("it was just a connection") };
        let stream = connection.into_tcp();
        let result = act(&stream);
        self.keep(name, stream);
        result
    }

    fn local_address(&self, name: &str) -> Result<String> {
        match self.thing(name)? {
            Thing::Connection(connection) => connection.local_addr(),
            Thing::Listener(listener) => listener.local_addr(),
            Thing::UdpSocket(socket) => Ok(socket.local_addr()?.to_string()),
            other => Err(Error::Other(format!("{other} has no address"))),
        }
    }

    pub(crate) fn connecting(&self, address: &str, save_as: &str) -> Result<Connecting> {
        let address = self.address(address)?;
        let family = match address.strip_prefix("unix:") {
            Some(path) => Pending::Unix(UnixStream::start_connect(path)?),
            None => Pending::Tcp(TcpStream::start_connect(address)?),
        };
        Ok(Connecting { family, save_as: save_as.into() })
    }

    /// An address as it is meant, with what `@name` stands for in its place.
    fn address(&self, address: &str) -> Result<String> {
        if let Some(name) = address.strip_prefix('@') {
            return self.address_of(name);
        }
        let Some((host, name)) = address.split_once(":@") else { return Ok(address.to_owned()) };
        let whole = self.address_of(name)?;
        let port = whole.rsplit(':').next().unwrap_or_default();
        Ok(format!("{host}:{port}"))
    }

    fn address_of(&self, name: &str) -> Result<String> {
        if let Some(address) = self.addresses.get(name) {
            return Ok(address.clone());
        }
        match context::get(&format!("@{name}")) {
            Ok(address) => Ok(crate::text(&address)),
            Err(_) => Err(Error::Other(format!("the script knows no address `@{name}`"))),
        }
    }
}

/// A connection that is being made, and the name to keep it under.
pub(crate) struct Connecting {
    family: Pending,
    save_as: String,
}

enum Pending {
    Tcp(PendingConnect<Tcp>),
    Unix(PendingConnect<Unix>),
}

impl Connecting {
    pub(crate) fn as_wait(&self) -> &dyn Wait {
        match &self.family {
            Pending::Tcp(pending) => pending,
            Pending::Unix(pending) => pending,
        }
    }

    pub(crate) fn finish(&self) -> Result<(String, Connection)> {
        let connection = match &self.family {
            Pending::Tcp(pending) => pending.finish()?.into_any(),
            Pending::Unix(pending) => pending.finish()?.into_any(),
        };
        Ok((self.save_as.clone(), connection))
    }
}

/// Listen; answer the listener, and its address as a script would write it.
fn listen(address: &str, how: ListenHow) -> Result<(Listener, String)> {
    if let Some(path) = address.strip_prefix("unix:") {
        return Ok((UnixListener::bind_with(path, how.backlog)?.into_any(), address.to_owned()));
    }
    let mut options = ListenOptions::new().backlog(how.backlog);
    if how.reuse_port {
        options = options.reuse_port();
    }
    if how.only_v6 {
        options = options.only_v6();
    }
    let listener = TcpListener::bind_with(address, options)?;
    let address = listener.local_addr()?.to_string();
    Ok((listener.into_any(), address))
}

fn connect(address: &str, local: &str, options: Options) -> Result<Connection> {
    Ok(match address.strip_prefix("unix:") {
        Some(path) => UnixStream::connect_with(path, options)?.into_any(),
        None => TcpStream::connect_from(local, address, options)?.into_any(),
    })
}

fn read_pattern(connection: &Connection, pattern: Pattern, chunk: u64, pause: u64, options: Options) -> Result<String> {
    let mut at = 0;
    while at < pattern.bytes {
        rest(pause)?;
        let most = chunk.min(pattern.bytes - at);
        let bytes = connection.read_with(usize::try_from(most).unwrap_or(usize::MAX), options)?;
        if bytes.is_empty() {
            return Ok(format!("ended at {at}"));
        }
        if let Some(mistake) = pattern.mistake(at, &bytes) {
            return Ok(format!("wrong at {mistake}"));
        }
        at += bytes.len() as u64;
    }
    Ok("ok".into())
}

fn write_pattern(connection: &Connection, pattern: Pattern, chunk: u64, pause: u64, options: Options) -> Result<()> {
    for part in pattern.chunks(chunk) {
        rest(pause)?;
        connection.write_all_with(part.to_vec(), options)?;
    }
    Ok(())
}

fn rest(nanoseconds: u64) -> Result<()> {
    if nanoseconds == 0 { Ok(()) } else { time::sleep(Duration::from_nanos(nanoseconds)) }
}

/// Write parts through a buffer; answer how much of them had gone after each, and after all was flushed.
fn write_parts(mut buffer: impl Write, connection: &Connection, parts: &[String]) -> Result<Vec<u64>> {
    let before = connection.counts().written;
    let gone = || connection.counts().written - before;
    let mut written = Vec::new();
    for part in parts {
        buffer.write_all(part.as_bytes())?;
        written.push(gone());
    }
    buffer.flush()?;
    written.push(gone());
    Ok(written)
}

fn fill(connection: &Connection) -> Result<()> {
    let noise = Pattern::new(1 << 16).to_vec();
    loop {
        match connection.write_with(&noise, Options::new().timeout(Duration::ZERO)) {
            Ok(_) => {}
            Err(Error::TimedOut) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn echo(connection: &Connection, most: usize, options: Options) -> Result<usize> {
    let mut echoed = 0;
    loop {
        let bytes = connection.read_with(most, options)?;
        if bytes.is_empty() {
            return Ok(echoed);
        }
        connection.write_all_with(&bytes, options)?;
        echoed += bytes.len();
    }
}

/// Several values with commas between them.
pub(crate) fn list(values: impl IntoIterator<Item = impl Display>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(",")
}

/// Bytes as they are logged.
fn shown(bytes: &[u8]) -> String {
    match bytes.len() {
        ..=200 => format!("{:?}", crate::text(bytes)),
        length => format!("{length} bytes, {:016x}", checksum(bytes)),
    }
}
