//! The poller of select(2), the oldest of them. It is told anew with every wait whom to look at, by sets of bits which this
//! makes as long as the highest descriptor asks for: the bound of 1,024 is the C library's, not the system's.
#![allow(unsafe_code, reason = "the system is handed descriptors by number")]

use std::io;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::time::Duration;

use rustix::event::{FdSetElement, FdSetIter, fd_set_insert, fd_set_num_elements, select};

use super::bell::{Bell, Rope};
use super::readiness::{Interests, Poller, Readiness, Sockets};
use super::{Notifier, Reactor, Token};

struct Selects {
    bell: Bell,
}

pub(super) fn open() -> io::Result<(Box<dyn Reactor>, Notifier)> {
    let (bell, rope) = Bell::new()?;
    Ok((Box::new(Sockets::new(Selects { bell })), Notifier::new(move || Rope::pull(&rope))))
}

impl Poller for Selects {
    fn wait(
        &mut self,
        interests: Interests<'_>,
        timeout: Option<Duration>,
        found: &mut Vec<(Token, Readiness)>,
    ) -> io::Result<()> {
        let bell = self.bell.as_fd().as_raw_fd();
        let wanted: Vec<_> =
            interests.iter().map(|(token, socket, read, write)| (token, socket.as_raw_fd(), read, write)).collect();
        let end = wanted.iter().map(|&(_, descriptor, ..)| descriptor).fold(bell, RawFd::max) + 1;
        let mut reads = vec![FdSetElement::default(); fd_set_num_elements(wanted.len() + 1, end)];
        let mut writes = reads.clone();
        fd_set_insert(&mut reads, bell);
        for &(_, descriptor, read, write) in &wanted {
            if read {
                fd_set_insert(&mut reads, descriptor);
            }
            if write {
                fd_set_insert(&mut writes, descriptor);
            }
        }
        let timeout = timeout.map(|timeout| timeout.try_into().unwrap_or(super::A_YEAR));
        // SAFETY: each descriptor in the sets is open for as long as this call lasts: the bell is ours, and the sockets are
        // borrowed from the slots of those who wait, by `interests`.
        unsafe { select(end, Some(&mut reads), Some(&mut writes), None, timeout.as_ref()) }?;
        self.bell.silence();
        let (reads, writes) = (as_flags(&reads, end), as_flags(&writes, end));
        found.extend(wanted.iter().filter_map(|&(token, descriptor, ..)| {
            let place = usize::try_from(descriptor).ok()?;
            let learned = Readiness { read: reads[place], write: writes[place], ..Readiness::default() };
            (learned.read || learned.write).then_some((token, learned))
        }));
        Ok(())
    }
}

/// A set of descriptors below `end`, one flag for each.
fn as_flags(set: &[FdSetElement], end: RawFd) -> Vec<bool> {
    let mut flags = vec![false; usize::try_from(end).unwrap_or_default()];
    let places = FdSetIter::new(set).filter_map(|descriptor| usize::try_from(descriptor).ok());
    places.for_each(|place| flags[place] = true);
    flags
}
