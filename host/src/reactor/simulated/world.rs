//! All sockets of a network, who waits for them, and what will happen at which moment.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fastrand::Rng;
use parking_lot::{Condvar, Mutex, MutexGuard};
use slab::Slab;

use super::super::{Address, At, Direction, Family, ListenOptions, Setting, Token, Wake};
use super::datagrams::Datagrams;
use super::ports::{ANY_V4, ANY_V6, Claim, Ports, Transport};
use super::streams::{Listener, Stream};
use super::{Chance, Handle, Rules};
use crate::clock::Clock;

/// One network, which all workers of an engine share.
#[derive(Debug)]
pub(crate) struct World {
    clock: Clock,
    state: Mutex<State>,
    /// Told whenever something may happen earlier than it was thought, and of each notification.
    changed: Condvar,
}

/// A socket of the network, whoever has handles of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id(u64);

/// What a network is at one moment.
pub(super) struct State {
    pub(super) rules: Rules,
    pub(super) random: Rng,
    /// The moment up to which everything has happened.
    now: u64,
    endpoints: HashMap<Id, Endpoint>,
    next_id: u64,
    pub(super) ports: Ports,
    pub(super) paths: HashMap<PathBuf, Id>,
    /// What will happen: by its moment, and of one moment in the order in which it was decided.
    events: BTreeMap<(u64, u64), Event>,
    next_event: u64,
    stays: Slab<Stay>,
    reactors: Vec<Seat>,
    /// Who is to be woken as soon as the lock is released.
    wakes: Vec<Wake>,
}

/// What all sockets have.
pub(super) struct Endpoint {
    handles: usize,
    /// Its stays at reactors, in the order they began.
    stays: Vec<usize>,
    pub(super) claim: Option<Claim>,
    /// The moment of the last thing that comes in order.
    last_arrival: u64,
    pub(super) options: Options,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Stream(Stream),
    Listener(Listener),
    Datagrams(Datagrams),
}

/// What can be set of a socket.
#[derive(Clone, Copy)]
pub(super) struct Options {
    pub(super) nodelay: bool,
    pub(super) broadcast: bool,
    pub(super) receive_buffer: u64,
    pub(super) send_buffer: u64,
    hop_limit: u64,
    keep_alive: u64,
    keep_alive_idle: u64,
    keep_alive_interval: u64,
    keep_alive_count: u64,
}

impl Options {
    /// Those of a new socket, as Linux has them.
    fn new(rules: &Rules) -> Self {
        Options {
            nodelay: false,
            broadcast: false,
            receive_buffer: rules.receive_buffer as u64,
            send_buffer: rules.send_buffer as u64,
            hop_limit: 64,
            keep_alive: 0,
            keep_alive_idle: 7_200_000_000_000,
            keep_alive_interval: 75_000_000_000,
            keep_alive_count: 9,
        }
    }

    /// One that is a number.
    pub(super) fn of(&mut self, setting: Setting) -> &mut u64 {
        match setting {
            Setting::HopLimit(_) => &mut self.hop_limit,
            Setting::KeepAlive => &mut self.keep_alive,
            Setting::KeepAliveIdle => &mut self.keep_alive_idle,
            Setting::KeepAliveInterval => &mut self.keep_alive_interval,
            Setting::KeepAliveCount => &mut self.keep_alive_count,
            Setting::ReceiveBuffer => &mut self.receive_buffer,
            Setting::SendBuffer => &mut self.send_buffer,
        }
    }
}

/// So many bytes of memory.
pub(super) fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// Something that one socket does to another, or to itself.
pub(super) enum Event {
    /// Somebody who connects has come to where they want to.
    Knock { client: Id },
    /// A connection is there.
    Connected { client: Id },
    /// There will be no connection.
    Refused { client: Id, why: io::ErrorKind },
    /// Bytes of a stream arrive.
    Data { from: Id, to: Id, bytes: Bytes },
    /// A stream ends.
    End { to: Id },
    /// A connection breaks.
    Reset { to: Id },
    /// The other end has taken so many bytes.
    Taken { to: Id, count: usize },
    /// A datagram arrives.
    Datagram { from: Id, source: SocketAddr, to: SocketAddr, bytes: Bytes },
    /// A datagram was for nobody.
    Undelivered { from: Id },
    /// One handle of a socket has done something that others may wait for.
    Changed { id: Id },
}

/// A socket at a reactor.
struct Stay {
    id: Id,
    reactor: usize,
    waiters: [Option<Wake>; 2],
}

/// What a network knows of a reactor.
#[derive(Default)]
struct Seat {
    waiting: usize,
    is_notified: bool,
}

impl World {
    pub(super) fn new(rules: &Rules, workers: usize, clock: &Clock) -> Arc<Self> {
        let mut random = Rng::with_seed(rules.seed);
        let state = State {
            rules: rules.clone(),
            now: clock.now(),
            endpoints: HashMap::new(),
            next_id: 0,
            ports: Ports::new(&mut random),
            random,
            paths: HashMap::new(),
            events: BTreeMap::new(),
            next_event: 0,
            stays: Slab::new(),
            reactors: (0..workers).map(|_| Seat::default()).collect(),
            wakes: Vec::new(),
        };
        Arc::new(World { clock: clock.clone(), state: Mutex::new(state), changed: Condvar::new() })
    }

    /// A TCP socket that is to be connected to `remote`, from `local` if one is given.
    pub(crate) fn tcp(self: &Arc<Self>, remote: &SocketAddr, local: Option<&SocketAddr>) -> io::Result<Handle> {
        if local.is_some_and(|local| local.is_ipv4() != remote.is_ipv4()) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let any = if remote.is_ipv4() { ANY_V4 } else { ANY_V6 };
        self.make(|state| {
            let id = state.insert(Kind::Stream(Stream::new(Address::Ip(any))));
            match local {
                Some(local) => state.bind(id, Claim::sole(Transport::Tcp, *local)),
                None => Ok(id),
            }
        })
    }

    /// A TCP socket that listens.
    pub(crate) fn listen(self: &Arc<Self>, address: &SocketAddr, options: ListenOptions) -> io::Result<Handle> {
        let ListenOptions { backlog, reuse_port, only_v6 } = options;
        let claim = Claim { transport: Transport::Tcp, address: *address, is_shared: reuse_port, only_v6 };
        self.make(|state| {
            let id = state.insert(Kind::Listener(Listener::new(Address::Ip(*address), backlog)));
            state.bind(id, claim)
        })
    }

    /// A TCP socket of this family, to be bound, and to be connected or to listen.
    pub(crate) fn tcp_of(self: &Arc<Self>, family: Family) -> io::Result<Handle> {
        self.make(|state| Ok(state.insert(Kind::Stream(Stream::new(Address::Ip(family.unbound()))))))
    }

    /// A UDP socket of this family, to be bound.
    pub(crate) fn udp_of(self: &Arc<Self>, family: Family) -> io::Result<Handle> {
        self.make(|state| Ok(state.insert(Kind::Datagrams(Datagrams::new(family.unbound())))))
    }

    /// A Unix socket that is to be connected.
    pub(crate) fn unix(self: &Arc<Self>) -> io::Result<Handle> {
        self.make(|state| Ok(state.insert(Kind::Stream(Stream::new(Address::Path(PathBuf::new()))))))
    }

    /// A Unix socket that listens.
    pub(crate) fn listen_unix(self: &Arc<Self>, path: &Path, backlog: i32) -> io::Result<Handle> {
        self.make(|state| {
            if state.paths.contains_key(path) {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            let id = state.insert(Kind::Listener(Listener::new(Address::Path(path.to_owned()), backlog)));
            state.paths.insert(path.to_owned(), id);
            Ok(id)
        })
    }

    /// A UDP socket.
    pub(crate) fn udp(self: &Arc<Self>, address: &SocketAddr) -> io::Result<Handle> {
        self.make(|state| {
            let id = state.insert(Kind::Datagrams(Datagrams::new(*address)));
            state.bind(id, Claim::sole(Transport::Udp, *address))
        })
    }

    /// The addresses behind a name.
    pub(crate) fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        if let Ok(address) = name.parse() {
            return Ok(vec![address]);
        }
        let mut state = self.state.lock();
        let known = state
            .rules
            .names
            .get_mut(&name.to_ascii_lowercase())
            .and_then(|answers| if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() });
        known.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the simulated network knows no such name"))
    }

    fn make(self: &Arc<Self>, make: impl FnOnce(&mut State) -> io::Result<Id>) -> io::Result<Handle> {
        let id = self.act(make)?;
        Ok(Handle::new(self.clone(), id))
    }

    /// Acts on the network after everything has happened that is due, and wakes whom that concerns.
    pub(super) fn act<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        let (result, wakes) = {
            let mut state = self.up_to_now();
            (act(&mut state), mem::take(&mut state.wakes))
        };
        self.changed.notify_all();
        wakes.into_iter().for_each(|(core, place)| core.wake(place));
        result
    }

    /// Lets everything happen that is due, and answers whom that concerns.
    pub(super) fn look(&self, wakes: &mut Vec<Wake>) {
        wakes.append(&mut self.up_to_now().wakes);
    }

    /// Blocks until a reactor is notified or something is due.
    pub(super) fn rest(&self, reactor: usize, timeout: Option<Duration>) {
        let end = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.state.lock();
        loop {
            let next = state.next_awaited().map(|moment| moment.saturating_sub(self.clock.now()));
            if mem::take(&mut state.reactors[reactor].is_notified) || next == Some(0) {
                return;
            }
            // A simulated clock is moved by whoever rests last, and that one notifies.
            let next = next.filter(|_| !self.clock.is_simulated()).map(Duration::from_nanos);
            let next = next.and_then(|next| Instant::now().checked_add(next));
            match [end, next].into_iter().flatten().min() {
                None => self.changed.wait(&mut state),
                Some(until) => drop(self.changed.wait_until(&mut state, until)),
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                return;
            }
        }
    }

    pub(super) fn notify(&self, reactor: usize) {
        self.state.lock().reactors[reactor].is_notified = true;
        self.changed.notify_all();
    }

    pub(super) fn next_event(&self) -> Option<u64> {
        self.state.lock().next_awaited()
    }

    pub(super) fn waiting(&self, reactor: usize) -> usize {
        self.state.lock().reactors[reactor].waiting
    }

    fn up_to_now(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock();
        state.advance(self.clock.now());
        state
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("now", &self.now)
            .field("sockets", &self.endpoints.len())
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}

/// Sockets.
impl State {
    /// Takes in a socket that has one handle.
    pub(super) fn insert(&mut self, kind: Kind) -> Id {
        let id = Id(self.next_id);
        self.next_id += 1;
        let options = Options::new(&self.rules);
        let endpoint = Endpoint { handles: 1, stays: Vec::new(), claim: None, last_arrival: 0, options, kind };
        self.endpoints.insert(id, endpoint);
        id
    }

    /// Binds a new socket; one that cannot be bound is gone.
    fn bind(&mut self, id: Id, claim: Claim) -> io::Result<Id> {
        self.claim(id, claim).map(|_| id).inspect_err(|_| drop(self.endpoints.remove(&id)))
    }

    /// Binds a socket that was made for one family.
    pub(super) fn bind_to(&mut self, id: Id, address: SocketAddr) -> io::Result<()> {
        let transport = match self.endpoint(id)?.kind {
            Kind::Datagrams(_) => Transport::Udp,
            Kind::Stream(_) | Kind::Listener(_) => Transport::Tcp,
        };
        self.claim(id, Claim { only_v6: true, ..Claim::sole(transport, address) }).map(drop)
    }

    /// Binds a socket, and answers where to.
    pub(super) fn claim(&mut self, id: Id, claim: Claim) -> io::Result<SocketAddr> {
        let claim = self.ports.bind(claim, id)?;
        let endpoint = self.endpoint(id)?;
        endpoint.claim = Some(claim);
        match &mut endpoint.kind {
            Kind::Stream(stream) => stream.local = Address::Ip(claim.address),
            Kind::Listener(listener) => listener.local = Address::Ip(claim.address),
            Kind::Datagrams(datagrams) => datagrams.local = claim.address,
        }
        Ok(claim.address)
    }

    /// A socket's buffers may have become larger.
    pub(super) fn has_more_room(&mut self, id: Id) {
        let other = self.stream(id).ok().and_then(|stream| stream.other);
        [Some(id), other].into_iter().flatten().for_each(|id| self.has_changed(id));
    }

    pub(super) fn share(&mut self, id: Id) -> io::Result<()> {
        self.endpoint(id)?.handles += 1;
        Ok(())
    }

    /// A handle is gone; with the last of them the socket is closed.
    pub(super) fn release(&mut self, id: Id) {
        let Ok(endpoint) = self.endpoint(id) else { return };
        endpoint.handles -= 1;
        if endpoint.handles == 0 {
            self.close(id);
        }
    }

    fn close(&mut self, id: Id) {
        match self.take_out(id) {
            Some(Kind::Stream(stream)) => self.hang_up(stream),
            Some(Kind::Listener(listener)) => self.turn_away(listener),
            Some(Kind::Datagrams(_)) | None => {}
        }
    }

    /// Takes out a socket with the port it had.
    pub(super) fn take_out(&mut self, id: Id) -> Option<Kind> {
        let endpoint = self.endpoints.remove(&id)?;
        if let Some(claim) = endpoint.claim {
            self.ports.release(&claim, id);
        }
        Some(endpoint.kind)
    }

    pub(super) fn endpoint(&mut self, id: Id) -> io::Result<&mut Endpoint> {
        self.endpoints.get_mut(&id).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    pub(super) fn stream(&mut self, id: Id) -> io::Result<&mut Stream> {
        match &mut self.endpoint(id)?.kind {
            Kind::Stream(stream) => Ok(stream),
            _ => Err(wrong()),
        }
    }

    pub(super) fn listener(&mut self, id: Id) -> io::Result<&mut Listener> {
        match &mut self.endpoint(id)?.kind {
            Kind::Listener(listener) => Ok(listener),
            _ => Err(wrong()),
        }
    }

    pub(super) fn datagrams(&mut self, id: Id) -> io::Result<&mut Datagrams> {
        match &mut self.endpoint(id)?.kind {
            Kind::Datagrams(datagrams) => Ok(datagrams),
            _ => Err(wrong()),
        }
    }

    pub(super) fn local_address(&mut self, id: Id) -> io::Result<Address> {
        Ok(match &self.endpoint(id)?.kind {
            Kind::Stream(stream) => stream.local.clone(),
            Kind::Listener(listener) => listener.local.clone(),
            Kind::Datagrams(datagrams) => Address::Ip(datagrams.local),
        })
    }

    pub(super) fn peer_address(&mut self, id: Id) -> io::Result<Address> {
        let peer = match &self.endpoint(id)?.kind {
            Kind::Stream(stream) => stream.peer.clone().filter(|_| stream.is_connected()),
            Kind::Listener(_) => None,
            Kind::Datagrams(datagrams) => datagrams.peer.map(Address::Ip),
        };
        peer.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Whether a call in this direction would have something to do.
    pub(super) fn is_ready(&mut self, id: Id, direction: Direction) -> bool {
        let room = self.room(id);
        match &mut self.endpoints.get_mut(&id).map(|endpoint| &mut endpoint.kind) {
            Some(Kind::Stream(stream)) => stream.is_ready(direction, room),
            Some(Kind::Listener(listener)) => direction == Direction::Write || listener.has_somebody(),
            Some(Kind::Datagrams(datagrams)) => datagrams.is_ready(direction, room),
            // A call fails, and is ready to.
            None => true,
        }
    }
}

/// Time.
impl State {
    /// Lets everything happen that is due.
    fn advance(&mut self, now: u64) {
        while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((moment, _), event) = entry.remove_entry();
            // What follows from it follows at its own moment, however late this is.
            self.now = moment;
            self.happen(event);
        }
        self.now = now;
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Knock { client } => self.knock(client),
            Event::Connected { client } => self.is_let_in(client),
            Event::Refused { client, why } => self.is_refused(client, why),
            Event::Data { from, to, bytes } => self.arrive(from, to, bytes),
            Event::End { to } => self.ends(to),
            Event::Reset { to } => self.breaks(to),
            Event::Taken { to, count } => self.is_taken(to, count),
            Event::Datagram { from, source, to, bytes } => self.drop_off(from, source, to, bytes),
            Event::Undelivered { from } => self.is_undelivered(from),
            Event::Changed { id } => self.wake_both(id),
        }
    }

    /// Lets something happen after a delay.
    pub(super) fn after_delay(&mut self, event: Event) {
        self.after_delays(1, event);
    }

    /// Lets something happen after so many delays.
    pub(super) fn after_delays(&mut self, count: usize, event: Event) {
        let delay = (0..count).fold(0u64, |sum, _| sum.saturating_add(self.rules.delay(&mut self.random)));
        self.schedule(self.now.saturating_add(delay), event);
    }

    /// Lets something happen after a delay, and after all else that comes to `to` in order.
    pub(super) fn in_order(&mut self, to: Id, event: Event) {
        let mut moment = self.now.saturating_add(self.rules.delay(&mut self.random));
        if let Some(endpoint) = self.endpoints.get_mut(&to) {
            moment = moment.max(endpoint.last_arrival);
            endpoint.last_arrival = moment;
        }
        self.schedule(moment, event);
    }

    /// Lets those who wait for a socket look again.
    pub(super) fn has_changed(&mut self, id: Id) {
        self.schedule(self.now, Event::Changed { id });
    }

    fn schedule(&mut self, moment: u64, event: Event) {
        self.events.insert((moment, self.next_event), event);
        self.next_event += 1;
    }

    /// When something happens next, if anybody at all waits.
    fn next_awaited(&self) -> Option<u64> {
        let is_awaited = self.reactors.iter().any(|seat| seat.waiting > 0);
        self.events.first_key_value().map(|((moment, _), _)| *moment).filter(|_| is_awaited)
    }

    /// Whether something that is as probable as this happens now.
    pub(super) fn comes_up(&mut self, chance: Chance) -> bool {
        chance.comes_up(&mut self.random)
    }

    /// All of `most`, or with this probability only some.
    pub(super) fn some_of(&mut self, most: usize, chance: Chance) -> usize {
        if self.comes_up(chance) && most > 1 { self.random.usize(1..=most) } else { most }
    }
}

/// Who waits.
impl State {
    pub(super) fn begin_stay(&mut self, id: Id, reactor: usize) -> io::Result<Token> {
        let stay = self.stays.vacant_key();
        self.endpoint(id)?.stays.push(stay);
        self.stays.insert(Stay { id, reactor, waiters: [None, None] });
        Ok(Token(stay))
    }

    /// Answers those who waited: they are nothing to the network any more.
    pub(super) fn end_stay(&mut self, token: Token) -> [Option<Wake>; 2] {
        let waiters = [self.forget(token, Direction::Read), self.forget(token, Direction::Write)];
        let Stay { id, .. } = self.stays.remove(token.0);
        if let Ok(endpoint) = self.endpoint(id) {
            endpoint.stays.retain(|stay| *stay != token.0);
        }
        waiters
    }

    /// The socket that a token stands for.
    pub(super) fn at(&self, token: Token) -> Id {
        self.stays[token.0].id
    }

    /// Whoever asked waits in this direction.
    pub(super) fn note(&mut self, at: At<'_>, direction: Direction) -> Option<Wake> {
        let forgotten = self.forget(at.token, direction);
        let stay = &mut self.stays[at.token.0];
        stay.waiters[direction as usize] = Some((at.who.clone(), at.place));
        self.reactors[stay.reactor].waiting += 1;
        forgotten
    }

    /// Nobody waits in this direction any more; answers who did.
    pub(super) fn forget(&mut self, token: Token, direction: Direction) -> Option<Wake> {
        let stay = &mut self.stays[token.0];
        let waiter = stay.waiters[direction as usize].take()?;
        self.reactors[stay.reactor].waiting -= 1;
        Some(waiter)
    }

    /// Wakes all who wait for a socket in this direction.
    pub(super) fn wake(&mut self, id: Id, direction: Direction) {
        let stays = self.endpoints.get(&id).map_or_else(Vec::new, |endpoint| endpoint.stays.clone());
        for stay in stays {
            let waiter = self.forget(Token(stay), direction);
            self.wakes.extend(waiter);
        }
    }

    pub(super) fn wake_both(&mut self, id: Id) {
        self.wake(id, Direction::Read);
        self.wake(id, Direction::Write);
    }
}

/// What a socket says that is asked for something which its kind does not do.
pub(super) fn wrong() -> io::Error {
    io::ErrorKind::Unsupported.into()
}
