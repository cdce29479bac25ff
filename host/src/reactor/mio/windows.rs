//! Windows tells once of a socket that is ready, and not again until it is asked again. mio asks again by itself where calls are
//! made of its own sockets; here they are made of ours, so that before each wait it is asked anew for everybody who waits.
//! That costs time for each of them, as poll(2) does. This has been compiled, and never run.

use std::collections::HashMap;
use std::io;

use mio::event::Source;
use mio::{Interest, Registry, net};

use super::super::readiness::Interests;
use super::super::{Socket, Token};

/// A handle of mio's own for each of our sockets: it registers no others.
pub(super) struct Sources(HashMap<usize, Box<dyn Source + Send>>);

impl Sources {
    pub(super) fn new() -> Self {
        Sources(HashMap::new())
    }

    pub(super) fn add(&mut self, registry: &Registry, socket: &Socket, token: Token) -> io::Result<()> {
        let mut source = source(socket)?;
        registry.register(&mut source, mio::Token(token.0), super::BOTH)?;
        self.0.insert(token.0, source);
        Ok(())
    }

    pub(super) fn remove(&mut self, registry: &Registry, _: &Socket, token: Token) {
        if let Some(mut source) = self.0.remove(&token.0) {
            // It was registered: there is nothing to fail.
            let _ = registry.deregister(&mut source);
        }
    }

    /// Asks anew for those who wait.
    pub(super) fn rearm(&mut self, registry: &Registry, interests: Interests<'_>) -> io::Result<()> {
        for (token, _, read, write) in interests.iter() {
            let interest = match (read, write) {
                (true, false) => Interest::READABLE,
                (false, true) => Interest::WRITABLE,
                _ => super::BOTH,
            };
            if let Some(source) = self.0.get_mut(&token.0) {
                registry.reregister(source, mio::Token(token.0), interest)?;
            }
        }
        Ok(())
    }
}

fn source(socket: &Socket) -> io::Result<Box<dyn Source + Send>> {
    Ok(match socket {
        Socket::Tcp(socket) => Box::new(net::TcpStream::from_std(socket.try_clone()?)),
        Socket::TcpListener(socket) => Box::new(net::TcpListener::from_std(socket.try_clone()?)),
        Socket::Udp(socket) => Box::new(net::UdpSocket::from_std(socket.try_clone()?)),
        Socket::Simulated(_) => unreachable!("a simulated socket stays at simulated reactors"),
    })
}
