//! What ends a wait from another thread, for pollers that have nothing of their own for that: a pair of sockets, of which one
//! is looked at with all others, and the other one written to.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// The end that is looked at.
pub(super) struct Bell(UnixStream);

/// The end that is written to, from any thread.
pub(super) struct Rope(UnixStream);

impl Bell {
    pub(super) fn new() -> io::Result<(Self, Rope)> {
        let (bell, rope) = UnixStream::pair()?;
        bell.set_nonblocking(true)?;
        rope.set_nonblocking(true)?;
        Ok((Bell(bell), Rope(rope)))
    }

    /// Takes in what has been rung, so that the next wait waits.
    pub(super) fn silence(&self) {
        let mut rung = [0; 64];
        // It ends when there is nothing more: what comes after that is for the next wait.
        while (&self.0).read(&mut rung).is_ok_and(|count| count == rung.len()) {}
    }
}

impl Rope {
    pub(super) fn pull(&self) {
        // The only failure is that there is no room, which means that it has been rung.
        let _ = (&self.0).write(&[1]);
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
