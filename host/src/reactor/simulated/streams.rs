//! Connections and listeners, as those who use TCP see them.
//!
//! What is written arrives in order and whole, and after it the end. A connection breaks when bytes come to an end that is
//! closed, and when an end is closed that has not read everything. After that the one who looks first is told; then reads answer the
//! end, and writes fail.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::mem;
use std::net::{Shutdown, SocketAddr};

use bytes::{Buf, Bytes};

use super::super::{Address, Direction};
use super::ports::{self, Claim, Transport};
use super::world::{Event, Id, Kind, State, size};

/// One end of a connection, or what is to become one.
pub(super) struct Stream {
    pub(super) local: Address,
    pub(super) peer: Option<Address>,
    link: Link,
    /// The other end, which may be gone.
    pub(super) other: Option<Id>,
    /// What has arrived and was not read.
    received: VecDeque<Bytes>,
    /// Whether the end has arrived.
    has_ended: bool,
    reads_are_shut: bool,
    writes_are_shut: bool,
    /// How much was written that the other end has not read.
    untaken: usize,
    is_broken: bool,
    /// What the next call fails with, once.
    error: Option<ErrorKind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Fresh,
    Connecting,
    Connected,
    Refused(ErrorKind),
}

impl Stream {
    pub(super) fn new(local: Address) -> Self {
        Stream {
            local,
            peer: None,
            link: Link::Fresh,
            other: None,
            received: VecDeque::new(),
            has_ended: false,
            reads_are_shut: false,
            writes_are_shut: false,
            untaken: 0,
            is_broken: false,
            error: None,
        }
    }

    /// The end that belongs to a listener.
    fn accepted(local: Address, peer: Address, client: Id) -> Self {
        Stream { peer: Some(peer), link: Link::Connected, other: Some(client), ..Stream::new(local) }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.link == Link::Connected
    }

    pub(super) fn is_ready(&self, direction: Direction, room: usize) -> bool {
        let has_news = match direction {
            Direction::Read => !self.received.is_empty() || self.has_ended || self.reads_are_shut,
            Direction::Write => room > 0 || self.writes_are_shut,
        };
        let fails = self.error.is_some() || self.is_broken || !matches!(self.link, Link::Connecting | Link::Connected);
        fails || (self.is_connected() && has_news)
    }

    /// Nothing, if it is connected; else why there is nothing to read or write.
    fn check(&mut self) -> io::Result<()> {
        match self.error.take() {
            Some(error) => Err(error.into()),
            None if self.is_connected() => Ok(()),
            None => Err(ErrorKind::NotConnected.into()),
        }
    }

    /// Moves some of what has arrived, `most` bytes at most; answers how many.
    fn take(&mut self, into: &mut Vec<u8>, most: usize) -> usize {
        let mut left = most;
        while let Some(bytes) = self.received.front_mut().filter(|_| left > 0) {
            let count = left.min(bytes.len());
            into.extend_from_slice(&bytes[..count]);
            bytes.advance(count);
            left -= count;
            if bytes.is_empty() {
                self.received.pop_front();
            }
        }
        most - left
    }

    fn received(&self) -> usize {
        self.received.iter().map(Bytes::len).sum()
    }
}

/// Something that others connect to.
pub(super) struct Listener {
    pub(super) local: Address,
    backlog: usize,
    /// Those whose connections are there and were not accepted.
    arrived: VecDeque<Id>,
    /// Those for whom the backlog has no room.
    outside: VecDeque<Id>,
}

impl Listener {
    pub(super) fn new(local: Address, backlog: i32) -> Self {
        let backlog = usize::try_from(backlog).unwrap_or(0).max(1);
        Listener { local, backlog, arrived: VecDeque::new(), outside: VecDeque::new() }
    }

    fn set_backlog(&mut self, backlog: i32) {
        self.backlog = usize::try_from(backlog).unwrap_or(0).max(1);
    }

    pub(super) fn has_somebody(&self) -> bool {
        !self.arrived.is_empty()
    }
}

/// What is asked of connections.
impl State {
    pub(super) fn connect(&mut self, id: Id, address: &Address) -> io::Result<()> {
        if self.stream(id)?.link != Link::Fresh {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let peer = match address {
            Address::Ip(remote) => Address::Ip(self.prepare(id, ports::destination(*remote))?),
            Address::Path(path) if self.paths.contains_key(path) => address.clone(),
            Address::Path(_) => return Err(ErrorKind::NotFound.into()),
        };
        let stream = self.stream(id)?;
        stream.peer = Some(peer);
        stream.link = Link::Connecting;
        self.after_delay(Event::Knock { client: id });
        Ok(())
    }

    /// Gives a socket that is to be connected an address of its own.
    fn prepare(&mut self, id: Id, remote: SocketAddr) -> io::Result<SocketAddr> {
        let Address::Ip(local) = self.stream(id)?.local else { return Err(ErrorKind::InvalidInput.into()) };
        let source = ports::source(local, remote.ip());
        if local.port() == 0 {
            self.claim(id, Claim::sole(Transport::Tcp, source))?;
        } else {
            self.stream(id)?.local = Address::Ip(source);
        }
        Ok(remote)
    }

    /// Whether the connection that was begun is there, or why there will be none.
    pub(super) fn connected(&mut self, id: Id) -> io::Result<()> {
        let stream = self.stream(id)?;
        match stream.link {
            Link::Connecting => Err(ErrorKind::WouldBlock.into()),
            Link::Refused(why) => Err(why.into()),
            Link::Fresh | Link::Connected => stream.check(),
        }
    }

    /// Lets a socket that is bound listen, or one that listens have another backlog.
    pub(super) fn listen(&mut self, id: Id, backlog: i32) -> io::Result<()> {
        let kind = &mut self.endpoint(id)?.kind;
        match kind {
            Kind::Stream(stream) if stream.link == Link::Fresh => {
                *kind = Kind::Listener(Listener::new(stream.local.clone(), backlog));
            }
            Kind::Listener(listener) => listener.set_backlog(backlog),
            _ => return Err(ErrorKind::InvalidInput.into()),
        }
        Ok(())
    }

    pub(super) fn accept(&mut self, id: Id) -> io::Result<(Id, Address)> {
        let jitter = self.rules.accept_jitter;
        let arrived = self.listener(id)?.arrived.len();
        if arrived == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let which = if self.comes_up(jitter) { self.random.usize(..arrived) } else { 0 };
        let server = self.listener(id)?.arrived.remove(which).ok_or(ErrorKind::WouldBlock)?;
        // Of those outside, the first who has not given up.
        while let Some(client) = self.listener(id)?.outside.pop_front() {
            if self.admit(id, client).is_ok() {
                break;
            }
        }
        let peer = self.stream(server)?.peer.clone();
        Ok((server, peer.ok_or(ErrorKind::NotConnected)?))
    }

    pub(super) fn read(&mut self, id: Id, into: &mut Vec<u8>, most: usize) -> io::Result<usize> {
        let short_reads = self.rules.short_reads;
        let there = self.stream(id)?.received().min(most);
        if there == 0 {
            let stream = self.stream(id)?;
            if stream.has_ended || stream.reads_are_shut {
                return Ok(0);
            }
            stream.check()?;
            return if stream.is_broken { Ok(0) } else { Err(ErrorKind::WouldBlock.into()) };
        }
        let most = self.some_of(there, short_reads);
        let stream = self.stream(id)?;
        let count = stream.take(into, most);
        let other = stream.other;
        self.give_room(other, count);
        Ok(count)
    }

    pub(super) fn write(&mut self, id: Id, bytes: &Bytes) -> io::Result<usize> {
        let room = self.room(id).min(bytes.len());
        let stream = self.stream(id)?;
        stream.check()?;
        let other = stream.other.filter(|_| !stream.is_broken && !stream.writes_are_shut);
        let Some(other) = other else { return Err(ErrorKind::BrokenPipe.into()) };
        if room == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = self.some_of(room, self.rules.short_writes);
        self.stream(id)?.untaken += count;
        if self.comes_up(self.rules.resets) {
            self.in_order(other, Event::Reset { to: other });
            self.in_order(id, Event::Reset { to: id });
        } else {
            // A copy, as a system makes one: the guest's own bytes are charged to it for as long as they are kept.
            let bytes = Bytes::copy_from_slice(&bytes[..count]);
            self.in_order(other, Event::Data { from: id, to: other, bytes });
        }
        Ok(count)
    }

    /// How much a socket may send now: as much as the buffers of both ends do not hold already.
    pub(super) fn room(&mut self, id: Id) -> usize {
        let Ok(endpoint) = self.endpoint(id) else { return 0 };
        let own = size(endpoint.options.send_buffer);
        match &endpoint.kind {
            Kind::Stream(stream) => {
                let (untaken, other) = (stream.untaken, stream.other);
                let others = other.and_then(|other| Some(size(self.endpoint(other).ok()?.options.receive_buffer)));
                own.saturating_add(others.unwrap_or(0)).saturating_sub(untaken)
            }
            Kind::Datagrams(datagrams) => own.saturating_sub(datagrams.in_transit),
            Kind::Listener(_) => 0,
        }
    }

    pub(super) fn shutdown(&mut self, id: Id, how: Shutdown) -> io::Result<()> {
        let stream = self.stream(id)?;
        if !stream.is_connected() || stream.is_broken {
            return Err(ErrorKind::NotConnected.into());
        }
        let other = stream.other;
        let ends_now = how != Shutdown::Read && !mem::replace(&mut stream.writes_are_shut, true);
        if how != Shutdown::Write {
            stream.reads_are_shut = true;
            let unread = stream.received();
            stream.received.clear();
            self.give_room(other, unread);
        }
        if let Some(to) = other.filter(|_| ends_now) {
            self.in_order(to, Event::End { to });
        }
        self.has_changed(id);
        Ok(())
    }

    /// Tells the other end that so many bytes need no room any more.
    fn give_room(&mut self, other: Option<Id>, count: usize) {
        if let Some(to) = other.filter(|_| count > 0) {
            self.after_delay(Event::Taken { to, count });
        }
    }

    /// Breaks a connection, of which one end is about to be closed.
    pub(super) fn break_off(&mut self, id: Id) -> io::Result<()> {
        if let Some(to) = self.stream(id)?.other {
            self.in_order(to, Event::Reset { to });
        }
        Ok(())
    }

    /// One end is closed.
    pub(super) fn hang_up(&mut self, stream: Stream) {
        if stream.link == Link::Connecting || !stream.received.is_empty() {
            return self.abort(stream);
        }
        if let Some(to) = stream.other.filter(|_| !stream.is_broken && !stream.writes_are_shut) {
            self.in_order(to, Event::End { to });
        }
    }

    /// One end is no more, and the other cannot go on either.
    fn abort(&mut self, stream: Stream) {
        if let Some(to) = stream.other.filter(|_| !stream.is_broken) {
            self.in_order(to, Event::Reset { to });
        }
    }

    /// A listener is closed: nobody will accept those who wait there.
    pub(super) fn turn_away(&mut self, listener: Listener) {
        if let Address::Path(path) = &listener.local {
            self.paths.remove(path);
        }
        for server in listener.arrived {
            if let Some(Kind::Stream(stream)) = self.take_out(server) {
                self.abort(stream);
            }
        }
        for client in listener.outside {
            self.refuse(client, ErrorKind::ConnectionRefused);
        }
    }
}

/// What happens to connections.
impl State {
    /// Somebody who connects has come to where they want to.
    pub(super) fn knock(&mut self, client: Id) {
        let Some(peer) = self.stream(client).ok().and_then(|stream| stream.peer.clone()) else { return };
        let listener = match &peer {
            Address::Ip(address) if self.rules.silent.contains(&address.ip()) => return,
            Address::Ip(address) if self.rules.unreachable.contains(&address.ip()) => {
                return self.refuse(client, ErrorKind::HostUnreachable);
            }
            Address::Ip(address) => self.listener_at(*address),
            Address::Path(path) => self.paths.get(path).copied(),
        };
        let is_refused = self.comes_up(self.rules.refusals);
        let Some(id) = listener.filter(|_| !is_refused) else {
            return self.refuse(client, ErrorKind::ConnectionRefused);
        };
        let Ok(listener) = self.listener(id) else { return };
        if listener.arrived.len() >= listener.backlog {
            return listener.outside.push_back(client);
        }
        // One who has given up is missed by nobody.
        let _ = self.admit(id, client);
    }

    /// Of the listeners that are meant by an address most exactly, one.
    fn listener_at(&mut self, address: SocketAddr) -> Option<Id> {
        let mut found = self.ports.at(Transport::Tcp, address);
        found.retain(|(_, id)| self.listener(*id).is_ok());
        let best = found.first()?.0;
        let equals = found.iter().take_while(|(rank, _)| *rank == best).count();
        Some(found[self.random.usize(..equals)].1)
    }

    /// Makes the listener's end of a connection, unless the client has given up.
    fn admit(&mut self, listener: Id, client: Id) -> io::Result<()> {
        let stream = self.stream(client)?;
        let (from, to) = (stream.local.clone(), stream.peer.clone().ok_or(ErrorKind::NotConnected)?);
        let own = self.listener(listener)?.local.clone();
        let seen = |address| match (&own, address) {
            (Address::Ip(own), Address::Ip(address)) => Address::Ip(ports::as_seen_from(*own, address)),
            (_, address) => address,
        };
        let options = self.endpoint(listener)?.options;
        let server = self.insert(Kind::Stream(Stream::accepted(seen(to), seen(from), client)));
        self.endpoint(server)?.options = options;
        self.listener(listener)?.arrived.push_back(server);
        self.stream(client)?.other = Some(server);
        self.wake(listener, Direction::Read);
        self.in_order(client, Event::Connected { client });
        Ok(())
    }

    fn refuse(&mut self, client: Id, why: ErrorKind) {
        self.after_delay(Event::Refused { client, why });
    }

    pub(super) fn is_let_in(&mut self, client: Id) {
        self.meet(client, Direction::Write, |stream| stream.link = Link::Connected);
    }

    pub(super) fn is_refused(&mut self, client: Id, why: ErrorKind) {
        self.meet(client, Direction::Write, |stream| stream.link = Link::Refused(why));
    }

    /// Bytes arrive.
    pub(super) fn arrive(&mut self, from: Id, to: Id, bytes: Bytes) {
        let count = bytes.len();
        let Ok(stream) = self.stream(to) else {
            // They come to one who is gone.
            return self.in_order(from, Event::Reset { to: from });
        };
        if stream.is_broken {
            return;
        }
        if stream.reads_are_shut {
            return self.give_room(Some(from), count);
        }
        stream.received.push_back(bytes);
        self.wake(to, Direction::Read);
    }

    pub(super) fn ends(&mut self, to: Id) {
        self.meet(to, Direction::Read, |stream| stream.has_ended |= !stream.is_broken);
    }

    pub(super) fn breaks(&mut self, to: Id) {
        self.meet(to, Direction::Read, |stream| {
            // Whoever has been told of the end learns nothing new about reading, and that writing fails by writing.
            let is_news = !stream.is_broken && !stream.has_ended;
            stream.error = stream.error.or(is_news.then_some(ErrorKind::ConnectionReset));
            stream.is_broken = true;
            stream.untaken = 0;
        });
        self.wake(to, Direction::Write);
    }

    pub(super) fn is_taken(&mut self, to: Id, count: usize) {
        self.meet(to, Direction::Write, |stream| stream.untaken = stream.untaken.saturating_sub(count));
    }

    /// Something happens to a connection, if it is still there, that those who wait in a direction are woken for.
    fn meet(&mut self, id: Id, direction: Direction, happens: impl FnOnce(&mut Stream)) {
        let Ok(stream) = self.stream(id) else { return };
        happens(stream);
        self.wake(id, direction);
    }
}
