//! Where sockets come from.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;

use super::simulated::World;
use super::{Family, ListenOptions, Socket};

/// The network that an engine's sockets belong to. One reactor can only deal with sockets of one network.
#[derive(Clone, Debug)]
pub(crate) enum Network {
    /// The operating system's.
    System,
    /// One in memory.
    Simulated(Arc<World>),
}

impl Network {
    /// A TCP socket that is to be connected to `remote`, from `local` if one is given.
    pub(crate) fn tcp(&self, remote: &SocketAddr, local: Option<&SocketAddr>) -> io::Result<Socket> {
        match self {
            Network::System => Socket::tcp(remote, local),
            Network::Simulated(world) => world.tcp(remote, local).map(Socket::Simulated),
        }
    }

    /// A TCP socket that listens.
    pub(crate) fn listen(&self, address: &SocketAddr, options: ListenOptions) -> io::Result<Socket> {
        match self {
            Network::System => Socket::listen(address, options),
            Network::Simulated(world) => world.listen(address, options).map(Socket::Simulated),
        }
    }

    /// A TCP socket of this family, to be bound, and to be connected or to listen.
    pub(crate) fn tcp_of(&self, family: Family) -> io::Result<Socket> {
        match self {
            Network::System => Socket::tcp_of(family),
            Network::Simulated(world) => world.tcp_of(family).map(Socket::Simulated),
        }
    }

    /// A UDP socket of this family, to be bound.
    pub(crate) fn udp_of(&self, family: Family) -> io::Result<Socket> {
        match self {
            Network::System => Socket::udp_of(family),
            Network::Simulated(world) => world.udp_of(family).map(Socket::Simulated),
        }
    }

    /// A Unix socket that is to be connected.
    pub(crate) fn unix(&self) -> io::Result<Socket> {
        match self {
            Network::System => Socket::unix(),
            Network::Simulated(world) => world.unix().map(Socket::Simulated),
        }
    }

    /// A Unix socket that listens.
    pub(crate) fn listen_unix(&self, path: &Path, backlog: i32) -> io::Result<Socket> {
        match self {
            Network::System => Socket::listen_unix(path, backlog),
            Network::Simulated(world) => world.listen_unix(path, backlog).map(Socket::Simulated),
        }
    }

    /// A UDP socket.
    pub(crate) fn udp(&self, address: &SocketAddr) -> io::Result<Socket> {
        match self {
            Network::System => Socket::udp(address),
            Network::Simulated(world) => world.udp(address).map(Socket::Simulated),
        }
    }

    /// The addresses behind a name, in the order in which to try them. This blocks.
    pub(crate) fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match self {
            // The port is of no matter: the answers carry it as it was given.
            Network::System => Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect()),
            Network::Simulated(world) => world.look_up(name),
        }
    }
}
