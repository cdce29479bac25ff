//! What only Unix sockets have. A path is one of the host's file system, of 1 to 100 bytes; on systems without Unix sockets
//! everything fails with `Network`.

use super::{Connection, Listener, PendingConnect, Unix};
use crate::bindings::cogen::engine::unix;
use crate::{Options, Result};

/// A connection over a Unix socket. Most of its methods are those of every [`Connection`].
pub type UnixStream = Connection<Unix>;

/// A listener over a Unix socket. Most of its methods are those of every [`Listener`].
pub type UnixListener = Listener<Unix>;

impl UnixStream {
    /// Park until there is a connection to the socket at `path` of the host.
    ///
    /// Fails with [`Network`](crate::Error::Network), [`TimedOut`](crate::Error::TimedOut),
    /// [`Cancelled`](crate::Error::Cancelled), [`Denied`](crate::Error::Denied),
    /// [`InvalidArgument`](crate::Error::InvalidArgument) or [`LimitReached`](crate::Error::LimitReached).
    pub fn connect(path: &str) -> Result<Self> {
        UnixStream::connect_with(path, Options::new())
    }

    /// As [`connect`](UnixStream::connect), with a timeout and a priority.
    pub fn connect_with(path: &str, options: Options) -> Result<Self> {
        unix::connect(path, options.raw).map(Connection::from_raw).map_err(Into::into)
    }

    /// Begin to connect without parking.
    pub fn start_connect(path: &str) -> Result<PendingConnect<Unix>> {
        unix::start_connect(path).map(PendingConnect::from_raw).map_err(Into::into)
    }
}

impl UnixListener {
    /// Listen at `path`. A socket that is there and that nobody listens to any more is replaced; the file is removed when the
    /// listener goes. Never parks.
    ///
    /// Fails with [`Network`](crate::Error::Network), [`Denied`](crate::Error::Denied),
    /// [`InvalidArgument`](crate::Error::InvalidArgument) or [`LimitReached`](crate::Error::LimitReached).
    pub fn bind(path: &str) -> Result<Self> {
        UnixListener::bind_with(path, 0)
    }

    /// As [`bind`](UnixListener::bind), saying how many may have connected and not been accepted yet. Zero stands for 1,024.
    pub fn bind_with(path: &str, backlog: u32) -> Result<Self> {
        unix::listen(path, backlog).map(Listener::from_raw).map_err(Into::into)
    }
}
