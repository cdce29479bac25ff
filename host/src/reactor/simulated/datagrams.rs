//! Datagrams, as those who use UDP see them: each arrives whole, twice or not at all.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::super::{Address, Direction};
use super::ports::{self, Transport};
use super::world::{Event, Id, State, size, wrong};

/// The most that fits into a datagram over IPv4.
const MAX_DATAGRAM: usize = 65_507;

/// A datagram that takes a longer way is overtaken by those that are sent while so many others would arrive.
const DETOUR: usize = 3;

pub(super) struct Datagrams {
    pub(super) local: SocketAddr,
    /// Where what it sends goes, and where alone what it receives comes from.
    pub(super) peer: Option<SocketAddr>,
    received: VecDeque<(Bytes, SocketAddr)>,
    /// How many bytes it has sent that have not arrived.
    pub(super) in_transit: usize,
    /// What the next call fails with, once.
    error: Option<ErrorKind>,
}

impl Datagrams {
    pub(super) fn new(local: SocketAddr) -> Self {
        Datagrams { local, peer: None, received: VecDeque::new(), in_transit: 0, error: None }
    }

    pub(super) fn is_ready(&self, direction: Direction, room: usize) -> bool {
        let has_news = match direction {
            Direction::Read => !self.received.is_empty(),
            Direction::Write => room > 0,
        };
        has_news || self.error.is_some()
    }

    /// A socket for IPv4 reaches nobody over IPv6.
    fn check_family(&self, to: SocketAddr) -> io::Result<()> {
        if self.local.is_ipv4() && to.is_ipv6() { Err(ErrorKind::InvalidInput.into()) } else { Ok(()) }
    }

    fn check(&mut self) -> io::Result<()> {
        self.error.take().map_or(Ok(()), |error| Err(error.into()))
    }
}

/// What is asked of datagrams.
impl State {
    /// From now on what is sent goes to this address and what is received comes from there.
    pub(super) fn connect_datagrams(&mut self, id: Id, address: SocketAddr) -> io::Result<()> {
        let peer = ports::destination(address);
        let datagrams = self.datagrams(id)?;
        datagrams.check_family(peer)?;
        datagrams.peer = Some(peer);
        datagrams.local = ports::as_seen_from(datagrams.local, ports::source(datagrams.local, peer.ip()));
        Ok(())
    }

    /// From now on what is sent goes to no address in particular, and what is received comes from all.
    pub(super) fn disconnect_datagrams(&mut self, id: Id) -> io::Result<()> {
        let bound = self.endpoint(id)?.claim.map(|claim| claim.address);
        let datagrams = self.datagrams(id)?;
        datagrams.peer = None;
        datagrams.local = bound.unwrap_or(datagrams.local);
        Ok(())
    }

    pub(super) fn send(&mut self, id: Id, bytes: &Bytes, to: Option<&Address>) -> io::Result<()> {
        let (room, may_broadcast) = (self.room(id), self.endpoint(id)?.options.broadcast);
        let datagrams = self.datagrams(id)?;
        datagrams.check()?;
        let to = match to {
            Some(Address::Ip(to)) => ports::destination(*to),
            Some(Address::Path(_)) => return Err(wrong()),
            None => datagrams.peer.ok_or(ErrorKind::NotConnected)?,
        };
        datagrams.check_family(to)?;
        if bytes.len() > MAX_DATAGRAM {
            return Err(ErrorKind::InvalidInput.into());
        }
        if is_for_all(to.ip()) && !may_broadcast {
            return Err(ErrorKind::PermissionDenied.into());
        }
        // One that is longer than the buffer goes when it is alone.
        if room < bytes.len() && datagrams.in_transit > 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let source = ports::source(datagrams.local, to.ip());
        if self.comes_up(self.rules.losses) {
            return Ok(());
        }
        // A copy, as a system makes one: the guest's own bytes are charged to it for as long as they are kept.
        let bytes = Bytes::copy_from_slice(bytes);
        let copies = if self.comes_up(self.rules.duplicates) { 2 } else { 1 };
        for _ in 0..copies {
            self.set_off(id, Event::Datagram { from: id, source, to, bytes: bytes.clone() }, bytes.len());
        }
        Ok(())
    }

    /// Lets a datagram go its way.
    fn set_off(&mut self, from: Id, event: Event, length: usize) {
        if let Ok(datagrams) = self.datagrams(from) {
            datagrams.in_transit += length;
        }
        if self.comes_up(self.rules.detours) {
            self.after_delays(DETOUR, event);
        } else {
            // What comes in order to a socket for datagrams is what it has sent itself.
            self.in_order(from, event);
        }
    }

    pub(super) fn receive(&mut self, id: Id, most: usize) -> io::Result<(Vec<u8>, Address)> {
        let datagrams = self.datagrams(id)?;
        datagrams.check()?;
        let (bytes, source) = datagrams.received.pop_front().ok_or(ErrorKind::WouldBlock)?;
        let source = ports::as_seen_from(datagrams.local, source);
        Ok((bytes[..bytes.len().min(most)].to_vec(), Address::Ip(source)))
    }
}

/// What happens to datagrams.
impl State {
    /// A datagram arrives.
    pub(super) fn drop_off(&mut self, from: Id, source: SocketAddr, to: SocketAddr, bytes: Bytes) {
        self.has_arrived(from, bytes.len());
        if self.rules.silent.contains(&to.ip()) || self.rules.unreachable.contains(&to.ip()) {
            return;
        }
        let mut takers: Vec<_> = self.ports.at(Transport::Udp, to).into_iter().map(|(_, id)| id).collect();
        takers.retain(|id| self.takes_from(*id, source));
        if takers.is_empty() {
            return self.after_delay(Event::Undelivered { from });
        }
        takers.truncate(if is_for_all(to.ip()) { takers.len() } else { 1 });
        takers.into_iter().for_each(|taker| self.hand_in(taker, bytes.clone(), source));
    }

    /// Gives a datagram to a socket. What there is no room for is lost.
    fn hand_in(&mut self, to: Id, bytes: Bytes, source: SocketAddr) {
        let Ok(room) = self.endpoint(to).map(|endpoint| size(endpoint.options.receive_buffer)) else { return };
        let Ok(datagrams) = self.datagrams(to) else { return };
        let kept: usize = datagrams.received.iter().map(|(bytes, _)| bytes.len()).sum();
        if kept == 0 || kept + bytes.len() <= room {
            datagrams.received.push_back((bytes, source));
            self.wake(to, Direction::Read);
        }
    }

    fn takes_from(&mut self, id: Id, source: SocketAddr) -> bool {
        self.datagrams(id).is_ok_and(|datagrams| datagrams.peer.is_none_or(|peer| peer == source))
    }

    fn has_arrived(&mut self, from: Id, length: usize) {
        if let Ok(datagrams) = self.datagrams(from) {
            datagrams.in_transit -= length;
            self.wake(from, Direction::Write);
        }
    }

    /// A datagram was for nobody: only those are told who send to one address alone.
    pub(super) fn is_undelivered(&mut self, from: Id) {
        if let Ok(datagrams) = self.datagrams(from)
            && datagrams.peer.is_some()
        {
            datagrams.error = Some(ErrorKind::ConnectionRefused);
            self.wake_both(from);
        }
    }
}

fn is_for_all(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.is_broadcast())
}
