//! The poller of the crate mio: epoll, kqueue or IOCP. It tells of changes.

#[cfg_attr(unix, path = "mio/unix.rs")]
#[cfg_attr(windows, path = "mio/windows.rs")]
mod sources;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mio::event::Event;
use mio::{Events, Interest, Poll, Waker};
use sources::Sources;

use super::readiness::{Interests, Poller, Readiness, Sockets};
use super::{Notifier, Reactor, Socket, Token};

/// What one wait brings at most; what does not fit comes with the next.
const EVENTS_PER_WAIT: usize = 1024;

/// A socket is registered for both directions: its operations come and go.
const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

const NOTIFIED: mio::Token = mio::Token(usize::MAX);

struct Changes {
    poll: Poll,
    events: Events,
    sources: Sources,
}

pub(super) fn open() -> io::Result<(Box<dyn Reactor>, Notifier)> {
    let poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), NOTIFIED)?);
    let poller = Changes { poll, events: Events::with_capacity(EVENTS_PER_WAIT), sources: Sources::new() };
    // The only failure is a full counter, which means that a notification is pending.
    Ok((Box::new(Sockets::new(poller)), Notifier::new(move || drop(waker.wake()))))
}

impl Poller for Changes {
    fn tells_of_all(&self) -> bool {
        true
    }

    fn add(&mut self, socket: &Socket, token: Token) -> io::Result<()> {
        self.sources.add(self.poll.registry(), socket, token)
    }

    fn remove(&mut self, socket: &Socket, token: Token) {
        self.sources.remove(self.poll.registry(), socket, token);
    }

    fn wait(
        &mut self,
        interests: Interests<'_>,
        timeout: Option<Duration>,
        found: &mut Vec<(Token, Readiness)>,
    ) -> io::Result<()> {
        self.sources.rearm(self.poll.registry(), interests)?;
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
