//! The poller of poll(2), which every Unix has. It is told anew with every wait whom to look at.

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags};

use super::bell::{Bell, Rope};
use super::readiness::{Interests, Poller, Readiness, Sockets};
use super::{Notifier, Reactor, Token};

struct Looks {
    bell: Bell,
}

pub(super) fn open() -> io::Result<(Box<dyn Reactor>, Notifier)> {
    let (bell, rope) = Bell::new()?;
    Ok((Box::new(Sockets::new(Looks { bell })), Notifier::new(move || Rope::pull(&rope))))
}

impl Poller for Looks {
    fn wait(
        &mut self,
        interests: Interests<'_>,
        timeout: Option<Duration>,
        found: &mut Vec<(Token, Readiness)>,
    ) -> io::Result<()> {
        let flags = |read, write| PollFlags::IN & bits(read) | PollFlags::OUT & bits(write);
        let mut tokens = Vec::new();
        let mut looked_at = vec![PollFd::new(&self.bell, PollFlags::IN)];
        for (token, socket, read, write) in interests.iter() {
            tokens.push(token);
            looked_at.push(PollFd::new(socket, flags(read, write)));
        }
        let timeout = timeout.map(|timeout| timeout.try_into().unwrap_or(super::A_YEAR));
        rustix::event::poll(&mut looked_at, timeout.as_ref())?;
        self.bell.silence();
        found.extend(tokens.into_iter().zip(&looked_at[1..]).filter_map(|(token, looked)| {
            let seen = looked.revents();
            let is_broken = seen.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL);
            let (read, write) = (seen.contains(PollFlags::IN), seen.contains(PollFlags::OUT));
            let learned = Readiness { read: read | is_broken, write: write | is_broken, ..Readiness::default() };
            (!seen.is_empty()).then_some((token, learned))
        }));
        Ok(())
    }
}

/// All flags, or none.
fn bits(is_wanted: bool) -> PollFlags {
    if is_wanted { PollFlags::all() } else { PollFlags::empty() }
}
