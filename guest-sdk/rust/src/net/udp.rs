//! Datagrams.

use super::ready::{For, Ready};
use super::{Family as _, Tcp, count};
use crate::bindings::cogen::engine::udp;
use crate::{Options, Result};
use std::net::SocketAddr;

/// A socket that sends and receives datagrams: each goes whole, or is lost.
///
/// Addresses are IP addresses with a port: text such as `127.0.0.1:53`, or a `SocketAddr`.
#[derive(Debug)]
pub struct UdpSocket(udp::UdpSocket);

impl UdpSocket {
    /// Bind to `address`; port zero lets the system choose one. Never parks.
    ///
    /// Fails with [`Network`](crate::Error::Network), [`Denied`](crate::Error::Denied),
    /// [`InvalidArgument`](crate::Error::InvalidArgument) or [`LimitReached`](crate::Error::LimitReached).
    pub fn bind(address: impl ToString) -> Result<Self> {
        udp::UdpSocket::bind(&address.to_string()).map(UdpSocket).map_err(Into::into)
    }

    /// From now on [`send`](UdpSocket::send) goes to this address, and only what comes from there is received. Never parks.
    pub fn connect(&self, address: impl ToString) -> Result<()> {
        Ok(self.0.connect(&address.to_string())?)
    }

    /// Park until the system takes the datagram, of 65,507 bytes at most.
    ///
    /// Fails with [`TimedOut`](crate::Error::TimedOut), [`Cancelled`](crate::Error::Cancelled),
    /// [`Network`](crate::Error::Network) (`Refused`: nobody listens where an earlier one went),
    /// [`Denied`](crate::Error::Denied), or [`InvalidArgument`](crate::Error::InvalidArgument).
    pub fn send_to(&self, bytes: impl AsRef<[u8]>, address: impl ToString) -> Result<()> {
        self.send_to_with(bytes, address, Options::new())
    }

    /// As [`send_to`](UdpSocket::send_to), with a timeout and a priority.
    pub fn send_to_with(&self, bytes: impl AsRef<[u8]>, address: impl ToString, options: Options) -> Result<()> {
        Ok(self.0.send_to(bytes.as_ref(), &address.to_string(), options.raw)?)
    }

    /// As [`send_to`](UdpSocket::send_to), to the address that the socket is connected to.
    pub fn send(&self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.send_with(bytes, Options::new())
    }

    /// As [`send`](UdpSocket::send), with a timeout and a priority.
    pub fn send_with(&self, bytes: impl AsRef<[u8]>, options: Options) -> Result<()> {
        Ok(self.0.send(bytes.as_ref(), options.raw)?)
    }

    /// Park until a datagram comes; answer it and where it is from. Of one that is longer than `most` bytes the rest is lost.
    ///
    /// Fails with [`TimedOut`](crate::Error::TimedOut), [`Cancelled`](crate::Error::Cancelled) or
    /// [`Network`](crate::Error::Network).
    pub fn receive_from(&self, most: usize) -> Result<(Vec<u8>, SocketAddr)> {
        self.receive_from_with(most, Options::new())
    }

    /// As [`receive_from`](UdpSocket::receive_from), with a timeout and a priority.
    pub fn receive_from_with(&self, most: usize, options: Options) -> Result<(Vec<u8>, SocketAddr)> {
        let (bytes, from) = self.0.receive_from(count(most), options.raw)?;
        Ok((bytes, Tcp::address(from)?))
    }

    /// As [`receive_from`](UdpSocket::receive_from), without the address.
    pub fn receive(&self, most: usize) -> Result<Vec<u8>> {
        self.receive_with(most, Options::new())
    }

    /// As [`receive`](UdpSocket::receive), with a timeout and a priority.
    pub fn receive_with(&self, most: usize, options: Options) -> Result<Vec<u8>> {
        Ok(self.0.receive(count(most), options.raw)?)
    }

    /// Where it is bound.
    pub fn local_addr(&self) -> Result<SocketAddr> {
        Tcp::address(self.0.local_address()?)
    }

    /// Where it is connected to.
    pub fn peer_addr(&self) -> Result<SocketAddr> {
        Tcp::address(self.0.peer_address()?)
    }

    /// Whether datagrams may go to everybody on a network.
    pub fn set_broadcast(&self, on: bool) -> Result<()> {
        Ok(self.0.set_broadcast(on)?)
    }

    /// Ask for other sizes of what the system keeps in each direction. It may give others than asked for; zero leaves one as it
    /// is.
    pub fn set_buffer_sizes(&self, receive: u32, send: u32) -> Result<()> {
        Ok(self.0.set_buffer_sizes(receive, send)?)
    }

    /// Let the timeout of `options` hold for operations of this socket that give none. Its priority is not used.
    pub fn set_timeout(&self, options: Options) {
        self.0.set_timeout(options.raw.timeout);
    }

    /// That a receive would not park.
    pub fn receiving(&self) -> Ready<'_> {
        Ready(For::Receive(&self.0))
    }

    /// That a send would not park.
    pub fn sending(&self) -> Ready<'_> {
        Ready(For::Send(&self.0))
    }

    pub(crate) fn from_raw(raw: udp::UdpSocket) -> Self {
        UdpSocket(raw)
    }

    pub(crate) fn into_raw(self) -> udp::UdpSocket {
        self.0
    }
}
