//! Where sockets come from.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::Path;

use super::{ListenOptions, Socket};

/// The network that an engine's sockets belong to. One reactor can only deal with sockets of one network.
#[derive(Clone, Debug)]
pub(crate) enum Network {
    /// The operating system's.
    System,
}

impl Network {
    /// A TCP socket that is to be connected to `remote`, from `local` if one is given.
    pub(crate) fn tcp(&self, remote: &SocketAddr, local: Option<&SocketAddr>) -> io::Result<Socket> {
        match self {
            Network::System => Socket::tcp(remote, local),
        }
    }

    /// A TCP socket that listens.
    pub(crate) fn listen(&self, address: &SocketAddr, options: ListenOptions) -> io::Result<Socket> {
        match self {
            Network::System => Socket::listen(address, options),
        }
    }

    /// A Unix socket that is to be connected.
    pub(crate) fn unix(&self) -> io::Result<Socket> {
        match self {
            Network::System => Socket::unix(),
        }
    }

    /// A Unix socket that listens.
    pub(crate) fn listen_unix(&self, path: &Path, backlog: i32) -> io::Result<Socket> {
        match self {
            Network::System => Socket::listen_unix(path, backlog),
        }
    }

    /// A UDP socket.
    pub(crate) fn udp(&self, address: &SocketAddr) -> io::Result<Socket> {
        match self {
            Network::System => Socket::udp(address),
        }
    }

    /// The addresses behind a name, in the order in which to try them. This blocks.
    pub(crate) fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match self {
            // The port is of no matter: the answers carry it as it was given.
            Network::System => Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect()),
        }
    }
}
