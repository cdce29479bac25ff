//! What Windows has instead of what every Unix has. This has been compiled, and never run.

use std::fs::File;
use std::io;
use std::net::UdpSocket;
use std::os::windows::fs::FileExt;
use std::os::windows::io::{AsSocket, BorrowedSocket};
use std::path::{Path, PathBuf};

use socket2::SockAddr;

use super::Socket;

impl Socket {
    /// There are none here.
    pub(crate) fn unix() -> io::Result<Self> {
        Err(absent("Unix sockets are not on this system"))
    }

    /// There are none here.
    pub(crate) fn listen_unix(_: &Path, _: i32) -> io::Result<Self> {
        Err(absent("Unix sockets are not on this system"))
    }
}

impl AsSocket for Socket {
    fn as_socket(&self) -> BorrowedSocket<'_> {
        match self {
            Socket::Tcp(socket) => socket.as_socket(),
            Socket::TcpListener(socket) => socket.as_socket(),
            Socket::Udp(socket) => socket.as_socket(),
            Socket::Simulated(_) => {
                unreachable!("a simulated socket stays at simulated reactors, which need no handle")
            }
        }
    }
}

/// What is asked of a socket before it is bound so as to listen. An address is free here as soon as nobody listens at it: the
/// option of that name would let others take it from one who does.
pub(super) fn prepare_to_listen(_: &socket2::Socket, reuse_port: bool) -> io::Result<()> {
    if reuse_port { Err(absent("ports for several listeners are not on this system")) } else { Ok(()) }
}

/// What is asked of a socket before it is bound: nothing, for the same reason.
pub(super) fn prepare_to_bind(_: &socket2::Socket) -> io::Result<()> {
    Ok(())
}

/// Lets a socket for datagrams have no peer.
pub(super) fn disconnect(socket: &UdpSocket) -> io::Result<()> {
    Ok(rustix::net::connect_unspec(socket)?)
}

/// Whether an attempt to connect goes on.
pub(super) fn is_in_progress(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// No socket has a path here.
pub(super) fn path(_: &SockAddr) -> Option<PathBuf> {
    None
}

/// Reads some of a file from `offset` on. It moves the file's own position, which nobody else goes by.
pub(in super::super) fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(into, offset)
}

fn absent(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, what)
}
