//! Sockets are known to mio by their descriptors, and epoll and kqueue tell of every change by themselves.

use std::io;
use std::os::fd::AsRawFd;

use mio::Registry;
use mio::unix::SourceFd;

use super::super::readiness::Interests;
use super::super::{Socket, Token};

/// There is nothing to keep of them.
pub(super) struct Sources;

impl Sources {
    pub(super) fn new() -> Self {
        Sources
    }

    pub(super) fn add(&mut self, registry: &Registry, socket: &Socket, token: Token) -> io::Result<()> {
        registry.register(&mut SourceFd(&socket.as_raw_fd()), mio::Token(token.0), super::BOTH)
    }

    pub(super) fn remove(&mut self, registry: &Registry, socket: &Socket, _: Token) {
        // The descriptor is open, and was registered: there is nothing to fail.
        let _ = registry.deregister(&mut SourceFd(&socket.as_raw_fd()));
    }

    /// Nothing need be asked anew.
    pub(super) fn rearm(&mut self, _: &Registry, _: Interests<'_>) -> io::Result<()> {
        Ok(())
    }
}
