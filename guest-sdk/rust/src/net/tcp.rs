//! What only TCP has.

use super::{Connection, Listener, PendingConnect, Tcp};
use crate::bindings::cogen::engine::tcp;
use crate::time::nanos;
use crate::{Options, Result};
use std::time::Duration;

/// A connection over TCP. Most of its methods are those of every [`Connection`].
pub type TcpStream = Connection<Tcp>;

/// A listener over TCP. Most of its methods are those of every [`Listener`].
pub type TcpListener = Listener<Tcp>;

impl TcpStream {
    /// Park until there is a connection to `address`: `host:port`, where the host is an IPv4 address, an IPv6 address in
    /// brackets, or a name, of which the addresses are tried in turn; or a `SocketAddr`.
    ///
    /// Fails with [`Network`](crate::Error::Network), [`TimedOut`](crate::Error::TimedOut),
    /// [`Cancelled`](crate::Error::Cancelled), [`Denied`](crate::Error::Denied),
    /// [`InvalidArgument`](crate::Error::InvalidArgument) or [`LimitReached`](crate::Error::LimitReached).
    pub fn connect(address: impl ToString) -> Result<Self> {
        TcpStream::connect_with(address, Options::new())
    }

    /// As [`connect`](TcpStream::connect), with a timeout and a priority.
    pub fn connect_with(address: impl ToString, options: Options) -> Result<Self> {
        connect(&address.to_string(), "", options)
    }

    /// As [`connect_with`](TcpStream::connect_with), from the address `local`.
    pub fn connect_from(local: impl ToString, address: impl ToString, options: Options) -> Result<Self> {
        connect(&address.to_string(), &local.to_string(), options)
    }

    /// Begin to connect without parking.
    pub fn start_connect(address: impl ToString) -> Result<PendingConnect<Tcp>> {
        start_connect(&address.to_string(), "")
    }

    /// As [`start_connect`](TcpStream::start_connect), from the address `local`.
    pub fn start_connect_from(local: impl ToString, address: impl ToString) -> Result<PendingConnect<Tcp>> {
        start_connect(&address.to_string(), &local.to_string())
    }

    /// Whether small writes are sent at once instead of being gathered; not, unless it was set.
    pub fn nodelay(&self) -> Result<bool> {
        Ok(tcp::nodelay(&self.raw)?)
    }

    /// Send small writes at once (`TCP_NODELAY`), or gather them while the peer has yet to acknowledge earlier ones.
    pub fn set_nodelay(&self, on: bool) -> Result<()> {
        Ok(tcp::set_nodelay(&self.raw, on)?)
    }

    /// Let the system ask a silent peer every so often whether it is still there, in whole seconds; not any more with `None`.
    pub fn set_keep_alive(&self, every: Option<Duration>) -> Result<()> {
        Ok(tcp::set_keep_alive(&self.raw, every.map_or(0, nanos))?)
    }

    /// How many bytes the system keeps for the connection: received and not yet read, and written and not yet sent.
    pub fn buffer_sizes(&self) -> Result<(u32, u32)> {
        Ok(tcp::buffer_sizes(&self.raw)?)
    }

    /// Ask for other sizes. The system may give others than asked for; zero leaves one as it is.
    pub fn set_buffer_sizes(&self, receive: u32, send: u32) -> Result<()> {
        Ok(tcp::set_buffer_sizes(&self.raw, receive, send)?)
    }
}

impl TcpListener {
    /// Listen at `address`, an IP address with a port; port zero lets the system choose one. Never parks.
    ///
    /// Fails with [`Network`](crate::Error::Network), [`Denied`](crate::Error::Denied),
    /// [`InvalidArgument`](crate::Error::InvalidArgument) or [`LimitReached`](crate::Error::LimitReached).
    pub fn bind(address: impl ToString) -> Result<Self> {
        TcpListener::bind_with(address, ListenOptions::new())
    }

    /// As [`bind`](TcpListener::bind), saying how.
    pub fn bind_with(address: impl ToString, options: ListenOptions) -> Result<Self> {
        tcp::listen(&address.to_string(), options.raw).map(Listener::from_raw).map_err(Into::into)
    }
}

/// How to listen.
///
/// ```
/// use cogen_guest::net::ListenOptions;
///
/// let options = ListenOptions::new().backlog(16).reuse_port();
/// # let _ = options;
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ListenOptions {
    raw: tcp::ListenOptions,
}

impl ListenOptions {
    /// A backlog of 1,024, an address for nobody else, and IPv4 together with IPv6 where the address allows it.
    pub const fn new() -> Self {
        ListenOptions { raw: tcp::ListenOptions { backlog: 0, reuse_port: false, only_v6: false } }
    }

    /// How many may have connected and not been accepted yet; the system may allow fewer. Zero stands for 1,024.
    pub fn backlog(mut self, connections: u32) -> Self {
        self.raw.backlog = connections;
        self
    }

    /// Let other sockets listen at the same address, which share those who connect. Not everywhere.
    pub fn reuse_port(mut self) -> Self {
        self.raw.reuse_port = true;
        self
    }

    /// On an IPv6 address, do not listen for IPv4.
    pub fn only_v6(mut self) -> Self {
        self.raw.only_v6 = true;
        self
    }
}

impl Default for ListenOptions {
    fn default() -> Self {
        ListenOptions::new()
    }
}

fn connect(address: &str, local: &str, options: Options) -> Result<TcpStream> {
    tcp::connect(address, local, options.raw).map(Connection::from_raw).map_err(Into::into)
}

fn start_connect(address: &str, local: &str) -> Result<PendingConnect<Tcp>> {
    tcp::start_connect(address, local).map(PendingConnect::from_raw).map_err(Into::into)
}
