//! The poller of the crate mio: epoll, kqueue or IOCP. It tells of changes.

use std::io;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Waker};

use super::readiness::{Interests, Poller, Readiness, Sockets};
use super::{Notifier, Reactor, Socket, Token};

/// What one wait brings at most; what does not fit comes with the next.
const EVENTS_PER_WAIT: usize = 1024;

const NOTIFIED: mio::Token = mio::Token(usize::MAX);

struct Changes {
    poll: Poll,
    events: Events,
}

pub(super) fn open() -> io::Result<(Box<dyn Reactor>, Notifier)> {
    let poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), NOTIFIED)?);
    let poller = Changes { poll, events: Events::with_capacity(EVENTS_PER_WAIT) };
    // The only failure is a full counter, which means that a notification is pending.
    Ok((Box::new(Sockets::new(poller)), Notifier::new(move || drop(waker.wake()))))
}

impl Poller for Changes {
    fn add(&mut self, socket: &Socket, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut SourceFd(&socket.as_raw_fd()), mio::Token(token.0), interest)
    }

    fn remove(&mut self, socket: &Socket, _: Token) {
        // The descriptor is open, and was registered: there is nothing to fail.
        let _ = self.poll.registry().deregister(&mut SourceFd(&socket.as_raw_fd()));
    }

    fn wait(
        &mut self,
        _: Interests<'_>,
        timeout: Option<Duration>,
        found: &mut Vec<(Token, Readiness)>,
    ) -> io::Result<()> {
        self.poll.poll(&mut self.events, timeout)?;
        let sockets = self.events.iter().filter(|event| event.token() != NOTIFIED);
        found.extend(sockets.map(|event| (Token(event.token().0), learned(event))));
        Ok(())
    }
}

fn learned(event: &Event) -> Readiness {
    let is_broken = event.is_error();
    Readiness {
        read: event.is_readable(),
        write: event.is_writable(),
        read_for_good: event.is_read_closed() || is_broken,
        write_for_good: event.is_write_closed() || is_broken,
    }
}
