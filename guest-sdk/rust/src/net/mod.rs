//! Sockets, in the manner of `std::net`: [`TcpStream`], [`TcpListener`], [`UdpSocket`], [`UnixStream`], [`UnixListener`],
//! and [`resolve`] for names.
//!
//! ```no_run
//! use cogen_guest::net::TcpStream;
//!
//! # fn example() -> cogen_guest::Result<()> {
//! let stream = TcpStream::connect("example.com:80")?;
//! stream.write_all("HEAD / HTTP/1.0\r\nHost: example.com\r\n\r\n")?;
//! let status = stream.read_line(1024)?;
//! println!("{}", String::from_utf8_lossy(&status));
//! # Ok(())
//! # }
//! ```
//!
//! Each address needs a grant in the manifest's `[program.NAME.allow]`: a rule of `connect`, `listen`, `udp` or `udp-bind`, or of
//! `resolve` for a name; what is not granted fails with [`Error::Denied`]. What was given to a coroutine it may use without:
//! see [`handover`](crate::handover).
//!
//! # Streams, and those of `std::io`
//!
//! A stream is used through a shared reference: one may read and another write. Its own methods answer what they read, and
//! each has a twin that takes [`Options`](crate::Options). A stream also is a `std::io::Read` and `std::io::Write`, and so is
//! a reference to it: the buffered readers and writers are those of the standard library.
//!
//! ```no_run
//! use cogen_guest::net::TcpStream;
//! use std::io::{BufRead as _, BufReader, LineWriter, Write as _};
//!
//! /// Answers each line with its number.
//! #[cogen_guest::main]
//! fn run(stream: TcpStream) -> cogen_guest::Result<()> {
//!     let mut answers = LineWriter::new(&stream);
//!     for (number, line) in BufReader::new(&stream).lines().enumerate() {
//!         writeln!(answers, "{number}: {}", line?)?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Their errors are [`Error`]s inside of `std::io::Error`, and become those again by `?`. Two things to know:
//! what a `BufReader` has read is in its buffer, where neither the methods of the stream nor [`reading`](Connection::reading)
//! see it; and its lines have no bound, so that a peer who is not trusted is better read by
//! [`read_line`](Connection::read_line).
//!
//! # Waiting for several things
//!
//! [`reading`](Connection::reading), [`writing`](Connection::writing), [`accepting`](Listener::accepting),
//! [`receiving`](UdpSocket::receiving) and [`sending`](UdpSocket::sending) are for [`select`](mod@crate::select):
//!
//! ```no_run
//! use cogen_guest::{net::TcpStream, select, signal};
//!
//! # fn example(stream: TcpStream) -> cogen_guest::Result<()> {
//! let news = signal::start_wait("news")?;
//! match select(&[&stream.reading(), &news]) {
//!     0 => println!("the peer says {:?}", stream.read(4096)?),
//!     _ => stream.write_all(news.finish()?)?,
//! }
//! # Ok(())
//! # }
//! ```
//!
//! That a stream is ready to be read says that there is something, not that there is a whole line.

mod connection;
mod listener;
mod names;
mod ready;
mod tcp;
mod udp;
mod unix;

use crate::{Error, Result};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

pub use connection::{Connection, Counts, PendingConnect};
pub use listener::Listener;
pub use names::{PendingResolve, resolve, resolve_with, start_resolve};
pub use ready::Ready;
/// Which direction of a stream to end: that of the standard library.
pub use std::net::Shutdown;
pub use tcp::{ListenOptions, TcpListener, TcpStream};
pub use udp::UdpSocket;
pub use unix::{UnixListener, UnixStream};

/// What a connection or listener goes over, known to the compiler: [`Tcp`], [`Unix`], or [`Any`] of them.
pub trait Family: sealed::Sealed {
    /// How the ends are named.
    type Address: fmt::Debug;

    /// Read an address as the engine writes it.
    #[doc(hidden)]
    fn address(text: String) -> Result<Self::Address>;
}

/// TCP: addresses are those of `std::net`.
#[derive(Debug)]
pub enum Tcp {}

/// Unix sockets: addresses are paths of the host, empty for a socket without a name.
#[derive(Debug)]
pub enum Unix {}

/// Either: addresses are text.
#[derive(Debug)]
pub enum Any {}

impl Family for Tcp {
    type Address = SocketAddr;

    fn address(text: String) -> Result<SocketAddr> {
        text.parse().map_err(|_| Error::Other(format!("{text:?} is no IP address with a port: is this a Unix socket?")))
    }
}

impl Family for Unix {
    type Address = PathBuf;

    fn address(text: String) -> Result<PathBuf> {
        Ok(text.into())
    }
}

impl Family for Any {
    type Address = String;

    fn address(text: String) -> Result<String> {
        Ok(text)
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Tcp {}
    impl Sealed for super::Unix {}
    impl Sealed for super::Any {}
}

/// A number of bytes as the engine counts them. More than it can count is more than it allows.
fn count(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Any, Family as _, Tcp, Unix};

    #[test]
    fn addresses_are_read_as_their_family_writes_them() {
        assert_eq!(Tcp::address("[::1]:80".into()), Ok(([0, 0, 0, 0, 0, 0, 0, 1], 80).into()));
        assert_eq!(Unix::address("/run/x".into()), Ok("/run/x".into()));
        assert_eq!(Any::address(String::new()), Ok(String::new()));
    }

    #[test]
    fn a_path_is_no_address_of_tcp() {
        let error = Tcp::address("/run/x".into()).unwrap_err();
        assert_eq!(error.to_string(), "\"/run/x\" is no IP address with a port: is this a Unix socket?");
    }
}
