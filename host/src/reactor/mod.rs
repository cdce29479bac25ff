//! What a worker blocks in when it has nothing to run.
//!
//! A worker owns one [`Reactor`] and is the only one to call [`Reactor::wait`]; everybody else holds its [`Notifier`].
//! A notification that comes while the worker is not waiting is kept, and ends the next wait at once.

use std::io;
use std::time::Duration;

use mio::{Events, Poll, Token, Waker};

/// A worker has one source, its own notifier; what a wait brings is drained in one go.
const EVENTS_PER_WAIT: usize = 64;

const NOTIFIED: Token = Token(0);

/// Blocks until something happens: a notification, or the end of a time.
pub(crate) struct Reactor {
    poll: Poll,
    events: Events,
}

/// Ends the wait of a reactor from any thread.
pub(crate) struct Notifier(Waker);

impl Reactor {
    pub(crate) fn new() -> io::Result<(Self, Notifier)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), NOTIFIED)?;
        Ok((Reactor { poll, events: Events::with_capacity(EVENTS_PER_WAIT) }, Notifier(waker)))
    }

    /// Blocks for at most `timeout`, for ever without one. May return early; the caller looks again at what it waits for.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) {
        match self.poll.poll(&mut self.events, timeout) {
            Ok(()) => {}
            // A signal to the process ended the wait: that is an early return.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => panic!("the reactor's own descriptor cannot be waited on: {error}"),
        }
    }
}

impl Notifier {
    pub(crate) fn notify(&self) {
        // The only failure is a full counter, which means that a notification is pending.
        let _ = self.0.wake();
    }
}
