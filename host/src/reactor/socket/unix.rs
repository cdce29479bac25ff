//! What every Unix has of its own: sockets that are files, and descriptors.

use std::fs::File;
use std::io;
use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;
use socket2::{Domain, SockAddr, Type};

use super::{Address, Socket};

/// Removes the file of a Unix socket when the last listener is gone.
#[derive(Debug)]
pub(crate) struct Removal(PathBuf);

impl Drop for Removal {
    fn drop(&mut self) {
        // It may have been removed by others; to fail here changes nothing.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Socket {
    /// A Unix socket that is to be connected.
    pub(crate) fn unix() -> io::Result<Self> {
        let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        Ok(Socket::Unix(socket.into()))
    }

    /// A Unix socket that listens. One that is there and that nobody listens to is replaced.
    pub(crate) fn listen_unix(path: &Path, backlog: i32) -> io::Result<Self> {
        let address = SockAddr::unix(path)?;
        let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.bind(&address).or_else(|error| {
            let is_left_over = error.kind() == io::ErrorKind::AddrInUse && is_deserted(path);
            if !is_left_over {
                return Err(error);
            }
            std::fs::remove_file(path)?;
            socket.bind(&address)
        })?;
        let removal = Arc::new(Removal(path.to_owned()));
        socket.listen(backlog)?;
        socket.set_nonblocking(true)?;
        Ok(Socket::UnixListener(socket.into(), removal))
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Tcp(socket) => socket.as_fd(),
            Socket::TcpListener(socket) => socket.as_fd(),
            Socket::Udp(socket) => socket.as_fd(),
            Socket::Unix(socket) => socket.as_fd(),
            Socket::UnixListener(socket, _) => socket.as_fd(),
            Socket::Simulated(_) => {
                unreachable!("a simulated socket stays at simulated reactors, which need no descriptor")
            }
        }
    }
}

impl AsRawFd for Socket {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// What is asked of a socket before it is bound so as to listen.
pub(super) fn prepare_to_listen(socket: &socket2::Socket, reuse_port: bool) -> io::Result<()> {
    prepare_to_bind(socket)?;
    if reuse_port { socket.set_reuse_port(true) } else { Ok(()) }
}

/// What is asked of a socket before it is bound: where another was until just now it may be, too.
pub(super) fn prepare_to_bind(socket: &socket2::Socket) -> io::Result<()> {
    socket.set_reuse_address(true)
}

/// Lets a socket for datagrams have no peer.
pub(super) fn disconnect(socket: &UdpSocket) -> io::Result<()> {
    match rustix::net::connect_unspec(socket) {
        // They do it, and say this.
        #[cfg(not(target_os = "linux"))]
        Err(Errno::INVAL | Errno::AFNOSUPPORT) => Ok(()),
        disconnected => Ok(disconnected?),
    }
}

/// Whether an attempt to connect goes on. One at a Unix socket whose backlog is full has failed, with `WouldBlock`.
pub(super) fn is_in_progress(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error())
}

/// The path of a Unix socket's address; empty for one without a name.
pub(super) fn path(address: &SockAddr) -> Option<PathBuf> {
    address.is_unix().then(|| address.as_pathname().map(Path::to_owned).unwrap_or_default())
}

/// Reads some of a file from `offset` on.
pub(in super::super) fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(into, offset)
}

/// Whether there is a socket at `path` that nobody listens to.
fn is_deserted(path: &Path) -> bool {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    let connected = || Socket::unix()?.begin_connect(&Address::Path(path.to_owned()));
    is_socket && connected().is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}
