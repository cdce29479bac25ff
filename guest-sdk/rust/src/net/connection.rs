//! What all streams have in common.

use super::ready::{For, Ready};
use super::{Any, Family, Shutdown, Tcp, Unix, count};
use crate::bindings::cogen::engine::{connections, types};
use crate::select::{Pollable, Wait, block_on};
use crate::time::nanos;
use crate::{Options, Result};
use std::io;
use std::marker::PhantomData;
use std::time::Duration;

/// One end of a connection: a [`TcpStream`](super::TcpStream), a [`UnixStream`](super::UnixStream), or either of them.
///
/// Dropping it closes the connection, unless there are clones of it.
///
/// # The end
///
/// The end of a stream is no error but less than was asked for: [`read`](Connection::read) answers nothing,
/// [`read_exact`](Connection::read_exact) less, [`read_line`](Connection::read_line) a line without its newline. A read that
/// times out or is cancelled loses nothing: what has come can be read later.
///
/// # Time
///
/// The timeout of an operation's [`Options`] bounds all of it, whatever moves meanwhile; an operation that gives none has the
/// connection's ([`set_timeout`](Connection::set_timeout)), then the program's, then the engine's. The idle timeout
/// ([`set_idle_timeout`](Connection::set_idle_timeout)) bounds the time in which nothing moves. Both may be used together.
#[derive(Debug)]
pub struct Connection<F = Any> {
    pub(super) raw: connections::Connection,
    family: PhantomData<F>,
}

impl<F: Family> Connection<F> {
    /// Park until there is something to read, and answer at most `most` bytes of it, 256 KiB in any case. Nothing is the end
    /// of the stream.
    ///
    /// Fails with [`TimedOut`](crate::Error::TimedOut), [`Cancelled`](crate::Error::Cancelled),
    /// [`Network`](crate::Error::Network), or [`InvalidArgument`](crate::Error::InvalidArgument) when `most` is zero.
    pub fn read(&self, most: usize) -> Result<Vec<u8>> {
        self.read_with(most, Options::new())
    }

    /// As [`read`](Connection::read), with a timeout and a priority.
    pub fn read_with(&self, most: usize, options: Options) -> Result<Vec<u8>> {
        Ok(self.raw.read(count(most), options.raw)?)
    }

    /// Park until `length` bytes are there, 16 MiB at most, and answer them. Fewer mean that the stream has ended.
    ///
    /// Fails as [`read`](Connection::read) does, and with [`LimitReached`](crate::Error::LimitReached) when too many
    /// payloads are kept in the engine.
    pub fn read_exact(&self, length: usize) -> Result<Vec<u8>> {
        self.read_exact_with(length, Options::new())
    }

    /// As [`read_exact`](Connection::read_exact), with a timeout and a priority.
    pub fn read_exact_with(&self, length: usize, options: Options) -> Result<Vec<u8>> {
        Ok(self.raw.read_exact(count(length), options.raw)?)
    }

    /// Park until a line is there, and answer it with its newline. A line without one is the last of the stream, and nothing
    /// is its end. `most` bounds the line with its newline, 1 MiB at most.
    ///
    /// Fails as [`read_exact`](Connection::read_exact) does, and with [`TooLong`](crate::Error::TooLong): then what has come
    /// can be read.
    pub fn read_line(&self, most: usize) -> Result<Vec<u8>> {
        self.read_line_with(most, Options::new())
    }

    /// As [`read_line`](Connection::read_line), with a timeout and a priority.
    pub fn read_line_with(&self, most: usize, options: Options) -> Result<Vec<u8>> {
        Ok(self.raw.read_line(count(most), options.raw)?)
    }

    /// Park until the system takes some of `bytes`, and answer how many it took. None are taken of nothing.
    ///
    /// Fails with [`TimedOut`](crate::Error::TimedOut), [`Cancelled`](crate::Error::Cancelled),
    /// [`Network`](crate::Error::Network) (`Closed` or `Reset`: the peer is gone), or
    /// [`InvalidArgument`](crate::Error::InvalidArgument) for more than 16 MiB.
    pub fn write(&self, bytes: impl AsRef<[u8]>) -> Result<usize> {
        self.write_with(bytes, Options::new())
    }

    /// As [`write`](Connection::write), with a timeout and a priority.
    pub fn write_with(&self, bytes: impl AsRef<[u8]>, options: Options) -> Result<usize> {
        Ok(self.raw.write(bytes.as_ref(), options.raw)? as usize)
    }

    /// Park until the system has taken all of `bytes`, 16 MiB at most. After a failure [`counts`](Connection::counts) tells
    /// how many it took.
    ///
    /// Fails as [`write`](Connection::write) does.
    pub fn write_all(&self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.write_all_with(bytes, Options::new())
    }

    /// As [`write_all`](Connection::write_all), with a timeout and a priority.
    pub fn write_all_with(&self, bytes: impl AsRef<[u8]>, options: Options) -> Result<()> {
        Ok(self.raw.write_all(bytes.as_ref(), options.raw)?)
    }

    /// Write `length` bytes of a file from `offset` on, or up to its end, without moving them through this program, and answer
    /// how many were written. The path is one of the `directories` granted in the manifest's `[program.NAME.allow]`, relative
    /// to it.
    ///
    /// Fails as [`write`](Connection::write) does, and with [`Denied`](crate::Error::Denied),
    /// [`NotFound`](crate::Error::NotFound), or [`InvalidArgument`](crate::Error::InvalidArgument) when it is no regular file.
    pub fn send_file(&self, path: &str, offset: u64, length: u64) -> Result<u64> {
        self.send_file_with(path, offset, length, Options::new())
    }

    /// As [`send_file`](Connection::send_file), with a timeout and a priority.
    pub fn send_file_with(&self, path: &str, offset: u64, length: u64, options: Options) -> Result<u64> {
        Ok(self.raw.send_file(path, offset, length, options.raw)?)
    }

    /// End a direction: after `Write` the peer reads the end of the stream; after `Read` reads here answer it. What was
    /// written before is still delivered. Never parks.
    ///
    /// Fails with [`Network`](crate::Error::Network) when there is no connection any more.
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        let direction = match how {
            Shutdown::Read => connections::Direction::Read,
            Shutdown::Write => connections::Direction::Write,
            Shutdown::Both => connections::Direction::Both,
        };
        Ok(self.raw.shutdown(direction)?)
    }

    /// Where this end is.
    pub fn local_addr(&self) -> Result<F::Address> {
        F::address(self.raw.local_address()?)
    }

    /// Where the other end is.
    pub fn peer_addr(&self) -> Result<F::Address> {
        F::address(self.raw.peer_address()?)
    }

    /// How many bytes have gone through this handle.
    pub fn counts(&self) -> Counts {
        let connections::Counts { read, written } = self.raw.counts();
        Counts { read, written }
    }

    /// Let the timeout of `options` hold for operations of this connection that give none. Its priority is not used.
    pub fn set_timeout(&self, options: Options) {
        self.raw.set_timeout(options.raw.timeout);
    }

    /// How long nothing at all may move while an operation of this connection waits; for ever with `None`.
    pub fn set_idle_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        let timeout = timeout.map_or(types::Timeout::Never, |timeout| types::Timeout::Within(nanos(timeout)));
        Ok(self.raw.set_idle_timeout(timeout)?)
    }

    /// That a read would not park: there are bytes, the end, or a failure.
    pub fn reading(&self) -> Ready<'_> {
        Ready(For::Read(&self.raw))
    }

    /// That a write would not park: there is room, or a failure.
    pub fn writing(&self) -> Ready<'_> {
        Ready(For::Write(&self.raw))
    }

    /// Another handle of the same connection, for instance to be [given](crate::handover) to another coroutine. What was read
    /// ahead stays with this handle: of those who share a connection, one reads.
    ///
    /// Fails with [`LimitReached`](crate::Error::LimitReached) when the process has no more descriptors.
    pub fn try_clone(&self) -> Result<Self> {
        self.raw.share().map(Self::from_raw).map_err(Into::into)
    }

    /// The same connection, for those to whom it is all one what it goes over.
    pub fn into_any(self) -> Connection {
        Connection::from_raw(self.raw)
    }

    pub(crate) fn from_raw(raw: connections::Connection) -> Self {
        Connection { raw, family: PhantomData }
    }

    pub(crate) fn into_raw(self) -> connections::Connection {
        self.raw
    }
}

impl Connection {
    /// This connection as one over TCP. That it is one is not checked here: what only TCP has fails if it is not.
    pub fn into_tcp(self) -> Connection<Tcp> {
        Connection::from_raw(self.raw)
    }

    /// This connection as one over a Unix socket.
    pub fn into_unix(self) -> Connection<Unix> {
        Connection::from_raw(self.raw)
    }
}

/// How many bytes have gone through a handle of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Handed to this program.
    pub read: u64,
    /// Handed to the operating system.
    pub written: u64,
}

/// What the engine takes in one operation.
const MOST_WRITTEN: usize = 16 << 20;

impl<F: Family> io::Read for &Connection<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let bytes = Connection::read(self, buffer.len())?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl<F: Family> io::Write for &Connection<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(Connection::write(self, &bytes[..bytes.len().min(MOST_WRITTEN)])?)
    }

    // The engine goes on where the system stopped; that of `std` would hand it all the rest over again.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        bytes.chunks(MOST_WRITTEN).try_for_each(|part| Ok(Connection::write_all(self, part)?))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<F: Family> io::Read for Connection<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        io::Read::read(&mut &*self, buffer)
    }
}

impl<F: Family> io::Write for Connection<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::Write::write(&mut &*self, bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        io::Write::write_all(&mut &*self, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A connection that is being made. Dropping this gives it up.
#[derive(Debug)]
#[must_use = "dropping it gives the connection up"]
pub struct PendingConnect<F = Any> {
    raw: connections::PendingConnect,
    family: PhantomData<F>,
}

impl<F: Family> PendingConnect<F> {
    /// The connection, once: [`NotReady`](crate::Error::NotReady) until it is decided, then what `connect` would have
    /// answered. Never parks.
    pub fn finish(&self) -> Result<Connection<F>> {
        self.raw.finish().map(Connection::from_raw).map_err(Into::into)
    }

    /// Park until it is decided, and answer as `connect` would have.
    pub fn wait(self) -> Result<Connection<F>> {
        block_on(&self);
        self.finish()
    }

    pub(super) fn from_raw(raw: connections::PendingConnect) -> Self {
        PendingConnect { raw, family: PhantomData }
    }
}

impl<F: Family> Wait for PendingConnect<F> {
    fn subscribe(&self) -> Pollable {
        self.raw.subscribe()
    }
}
