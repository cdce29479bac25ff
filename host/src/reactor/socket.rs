//! Sockets, and the calls that are made of them. None of these calls blocks: what cannot be done now fails with `WouldBlock`.

mod settings;
#[cfg_attr(unix, path = "socket/unix.rs")]
#[cfg_attr(windows, path = "socket/windows.rs")]
mod system;

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
#[cfg(unix)]
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Protocol, SockAddr, SockRef, TcpKeepalive, Type};

use super::Direction;
use super::simulated::Handle;
pub(crate) use settings::Setting;
pub(super) use system::read_at;

/// Where a socket is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Address {
    Ip(SocketAddr),
    /// A path of the file system; empty for a Unix socket without a name.
    Path(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Ip(address) => address.fmt(f),
            Address::Path(path) => path.display().fmt(f),
        }
    }
}

impl TryFrom<&Address> for SockAddr {
    type Error = io::Error;

    /// The address as the system has it. Not every path fits.
    fn try_from(address: &Address) -> io::Result<Self> {
        match address {
            Address::Ip(address) => Ok(SockAddr::from(*address)),
            Address::Path(path) => SockAddr::unix(path),
        }
    }
}

/// Which addresses a socket has to do with. One of IPv6 that is made for its family has nothing to do with those of IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    /// Where a socket of this family is that is bound to nothing yet.
    pub(crate) fn unbound(self) -> SocketAddr {
        let ip = match self {
            Family::V4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Family::V6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        SocketAddr::new(ip, 0)
    }

    /// A socket of the system for this family.
    fn open(self, kind: Type, protocol: Protocol) -> io::Result<socket2::Socket> {
        let socket = socket2::Socket::new(Domain::for_address(self.unbound()), kind, Some(protocol))?;
        if self == Family::V6 {
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}

/// How to listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListenOptions {
    /// How many may have connected and not been accepted yet.
    pub(crate) backlog: i32,
    pub(crate) reuse_port: bool,
    pub(crate) only_v6: bool,
}

/// As many as a burst may bring: the system cuts it where its own bound (on Linux `somaxconn`) is lower.
const BACKLOG: i32 = 1024;

impl Default for ListenOptions {
    fn default() -> Self {
        ListenOptions { backlog: BACKLOG, reuse_port: false, only_v6: false }
    }
}

/// A socket of the operating system, or of a simulated network. What is called of the latter comes to it by its reactor.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(TcpStream),
    TcpListener(TcpListener),
    Udp(UdpSocket),
    #[cfg(unix)]
    Unix(UnixStream),
    #[cfg(unix)]
    UnixListener(UnixListener, std::sync::Arc<system::Removal>),
    Simulated(Handle),
}

impl Socket {
    /// A TCP socket that is to be connected to `remote`, from `local` if one is given.
    pub(crate) fn tcp(remote: &SocketAddr, local: Option<&SocketAddr>) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::for_address(*remote), Type::STREAM, Some(Protocol::TCP))?;
        if let Some(local) = local {
            socket.bind(&(*local).into())?;
        }
        socket.set_nonblocking(true)?;
        Ok(Socket::Tcp(socket.into()))
    }

    /// A TCP socket that listens.
    pub(crate) fn listen(address: &SocketAddr, options: ListenOptions) -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::for_address(*address), Type::STREAM, Some(Protocol::TCP))?;
        system::prepare_to_listen(&socket, options.reuse_port)?;
        if address.is_ipv6() {
            socket.set_only_v6(options.only_v6)?;
        }
        socket.bind(&(*address).into())?;
        socket.listen(options.backlog)?;
        socket.set_nonblocking(true)?;
        Ok(Socket::TcpListener(socket.into()))
    }

    /// A TCP socket of this family, to be bound, and to be connected or to listen.
    pub(crate) fn tcp_of(family: Family) -> io::Result<Self> {
        Ok(Socket::Tcp(family.open(Type::STREAM, Protocol::TCP)?.into()))
    }

    /// A UDP socket of this family, to be bound.
    pub(crate) fn udp_of(family: Family) -> io::Result<Self> {
        Ok(Socket::Udp(family.open(Type::DGRAM, Protocol::UDP)?.into()))
    }

    /// Gives it an address of this machine.
    pub(crate) fn bind(&self, address: &SocketAddr) -> io::Result<()> {
        match self {
            Socket::Simulated(socket) => socket.bind(address),
            Socket::Tcp(_) => {
                system::prepare_to_bind(&self.options())?;
                self.options().bind(&(*address).into())
            }
            _ => self.options().bind(&(*address).into()),
        }
    }

    /// Begins to listen where it is bound; or, if it does already, lets so many others wait to be accepted.
    pub(crate) fn begin_listening(&self, backlog: i32) -> io::Result<()> {
        match self {
            Socket::Simulated(socket) => socket.listen(backlog),
            _ => self.options().listen(backlog),
        }
    }

    /// As the listener that it has become.
    pub(crate) fn into_listener(self) -> Self {
        match self {
            Socket::Tcp(socket) => Socket::TcpListener(socket2::Socket::from(socket).into()),
            socket => socket,
        }
    }

    /// A UDP socket.
    pub(crate) fn udp(address: &SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(Socket::Udp(socket))
    }

    /// Another socket for the same connection, listener or port.
    pub(crate) fn share(&self) -> io::Result<Self> {
        Ok(match self {
            Socket::Tcp(socket) => Socket::Tcp(socket.try_clone()?),
            Socket::TcpListener(socket) => Socket::TcpListener(socket.try_clone()?),
            Socket::Udp(socket) => Socket::Udp(socket.try_clone()?),
            #[cfg(unix)]
            Socket::Unix(socket) => Socket::Unix(socket.try_clone()?),
            #[cfg(unix)]
            Socket::UnixListener(socket, removal) => Socket::UnixListener(socket.try_clone()?, removal.clone()),
            Socket::Simulated(socket) => Socket::Simulated(socket.share()?),
        })
    }

    /// Begins to connect; whether that is decided already.
    pub(crate) fn begin_connect(&self, address: &Address) -> io::Result<bool> {
        match self.options().connect(&address.try_into()?) {
            Ok(()) => Ok(true),
            Err(error) if system::is_in_progress(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the connection is there, once it is decided.
    pub(crate) fn connected(&self) -> io::Result<()> {
        let options = self.options();
        if let Some(error) = options.take_error()? {
            return Err(error);
        }
        match options.peer_addr() {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Err(io::ErrorKind::WouldBlock.into()),
            Err(error) => Err(error),
        }
    }

    /// Takes in one of those who have connected.
    pub(crate) fn accept(&self) -> io::Result<(Socket, Address)> {
        match self {
            Socket::TcpListener(listener) => {
                let (socket, address) = listener.accept()?;
                socket.set_nonblocking(true)?;
                Ok((Socket::Tcp(socket), Address::Ip(address)))
            }
            #[cfg(unix)]
            Socket::UnixListener(listener, _) => {
                let (socket, address) = listener.accept()?;
                socket.set_nonblocking(true)?;
                let path = address.as_pathname().map(std::path::Path::to_owned).unwrap_or_default();
                Ok((Socket::Unix(socket), Address::Path(path)))
            }
            _ => Err(wrong()),
        }
    }

    pub(crate) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(socket) => (&*socket).read(into),
            #[cfg(unix)]
            Socket::Unix(socket) => (&*socket).read(into),
            _ => Err(wrong()),
        }
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(socket) => (&*socket).write(bytes),
            #[cfg(unix)]
            Socket::Unix(socket) => (&*socket).write(bytes),
            _ => Err(wrong()),
        }
    }

    /// Writes some of a file, with the system's own way for that where it has one.
    #[cfg(target_os = "linux")]
    pub(crate) fn send_file(&self, file: &File, offset: u64, most: u64, _: &mut [u8]) -> io::Result<u64> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(super::MAX_READ);
        let sent = rustix::fs::sendfile(self, file, Some(&mut { offset }), most)?;
        Ok(sent as u64)
    }

    /// Writes some of a file by way of `scratch`.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn send_file(&self, file: &File, offset: u64, most: u64, scratch: &mut [u8]) -> io::Result<u64> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(scratch.len());
        let count = system::read_at(file, &mut scratch[..most], offset)?;
        let sent = if count == 0 { 0 } else { self.write(&scratch[..count])? };
        Ok(sent as u64)
    }

    pub(crate) fn receive(&self, into: &mut [u8]) -> io::Result<(usize, Address)> {
        let Socket::Udp(socket) = self else { return Err(wrong()) };
        let (count, from) = socket.recv_from(into)?;
        Ok((count, Address::Ip(from)))
    }

    pub(crate) fn send(&self, bytes: &[u8], to: Option<&Address>) -> io::Result<()> {
        match (self, to) {
            (Socket::Udp(socket), None) => socket.send(bytes).map(drop),
            (Socket::Udp(socket), Some(Address::Ip(to))) => socket.send_to(bytes, to).map(drop),
            _ => Err(wrong()),
        }
    }

    /// From now on datagrams go to this address and come from there.
    pub(crate) fn connect_datagrams(&self, address: &SocketAddr) -> io::Result<()> {
        match self {
            // Linux keeps the way to the one before, which may not be one to this address.
            Socket::Udp(socket) => socket.connect(address).or_else(|error| match error.kind() {
                io::ErrorKind::InvalidInput => {
                    self.disconnect_datagrams()?;
                    socket.connect(address)
                }
                _ => Err(error),
            }),
            Socket::Simulated(socket) => socket.connect_datagrams(address),
            _ => Err(wrong()),
        }
    }

    /// From now on datagrams go to no address in particular and come from all.
    pub(crate) fn disconnect_datagrams(&self) -> io::Result<()> {
        match self {
            Socket::Udp(socket) => system::disconnect(socket),
            Socket::Simulated(socket) => socket.disconnect_datagrams(),
            _ => Err(wrong()),
        }
    }

    /// Whether a call in this direction would have something to do.
    pub(crate) fn is_ready(&self, direction: Direction) -> bool {
        let flags = match direction {
            Direction::Read => PollFlags::IN,
            Direction::Write => PollFlags::OUT,
        };
        // What cannot be polled fails by the call itself, which is ready to.
        poll(&mut [PollFd::new(self, flags)], Some(&Timespec::default())).is_ok_and(|count| count > 0)
    }

    pub(crate) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match self {
            Socket::Simulated(socket) => socket.shutdown(how),
            _ => self.options().shutdown(how),
        }
    }

    /// When it is closed the peer is to learn that something has gone wrong, as if not all had been read.
    pub(crate) fn break_off(&self) -> io::Result<()> {
        match self {
            Socket::Simulated(socket) => socket.break_off(),
            _ => self.options().set_linger(Some(Duration::ZERO)),
        }
    }

    pub(crate) fn local_address(&self) -> io::Result<Address> {
        match self {
            Socket::Simulated(socket) => socket.local_address(),
            _ => address_of(&self.options().local_addr()?),
        }
    }

    pub(crate) fn peer_address(&self) -> io::Result<Address> {
        match self {
            Socket::Simulated(socket) => socket.peer_address(),
            _ => address_of(&self.options().peer_addr()?),
        }
    }

    /// Where it leads, or where it is, in words for people.
    pub(crate) fn describe(&self) -> String {
        let named = |address: io::Result<Address>| {
            address.ok().map(|address| address.to_string()).filter(|name| !name.is_empty())
        };
        let name = named(self.peer_address()).or_else(|| named(self.local_address()));
        name.unwrap_or_else(|| "a socket without an address".to_owned())
    }

    pub(crate) fn nodelay(&self) -> io::Result<bool> {
        match self {
            Socket::Simulated(socket) => socket.nodelay(),
            _ => self.options().tcp_nodelay(),
        }
    }

    pub(crate) fn set_nodelay(&self, on: bool) -> io::Result<()> {
        match self {
            Socket::Simulated(socket) => socket.set_nodelay(on),
            _ => self.options().set_tcp_nodelay(on),
        }
    }

    /// Asks a silent peer every so often whether it is there; not any more without a time.
    pub(crate) fn set_keep_alive(&self, every: Option<Duration>) -> io::Result<()> {
        if let Socket::Simulated(_) = self {
            // Its peers are never silent without a reason.
            return Ok(());
        }
        let Some(every) = every else { return self.options().set_keepalive(false) };
        self.options().set_tcp_keepalive(&TcpKeepalive::new().with_time(every).with_interval(every))
    }

    /// How much the system keeps: received, and to be sent.
    pub(crate) fn buffer_sizes(&self) -> io::Result<(usize, usize)> {
        if let Socket::Simulated(socket) = self {
            return socket.buffer_sizes();
        }
        let options = self.options();
        Ok((options.recv_buffer_size()?, options.send_buffer_size()?))
    }

    /// Asks for other sizes; zero leaves one as it is.
    pub(crate) fn set_buffer_sizes(&self, receive: usize, send: usize) -> io::Result<()> {
        if let Socket::Simulated(socket) = self {
            return socket.set_buffer_sizes(receive, send);
        }
        let options = self.options();
        if receive > 0 {
            options.set_recv_buffer_size(receive)?;
        }
        if send > 0 {
            options.set_send_buffer_size(send)?;
        }
        Ok(())
    }

    pub(crate) fn set_broadcast(&self, on: bool) -> io::Result<()> {
        match self {
            Socket::Simulated(socket) => socket.set_broadcast(on),
            _ => self.options().set_broadcast(on),
        }
    }

    fn options(&self) -> SockRef<'_> {
        SockRef::from(self)
    }
}

/// What a socket says that is asked for something which its kind does not do: the interfaces of guests leave no way to ask.
fn wrong() -> io::Error {
    io::ErrorKind::Unsupported.into()
}

fn address_of(address: &SockAddr) -> io::Result<Address> {
    let ip = address.as_socket().map(Address::Ip);
    ip.or_else(|| system::path(address).map(Address::Path)).ok_or_else(wrong)
}
