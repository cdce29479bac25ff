//! The completion-based reactor: io_uring, which is handed calls and tells what came of them.
//!
//! # What is handed over
//!
//! What moves the bytes of streams, and connecting: `read` begins a `Recv`, `write` a `Send`, and both park the one who
//! asked. What was begun between two waits is handed over by the next one, all in one call, which brings the
//! completions too. What takes something off a queue that others share stays a plain call, made when a poll request
//! says that there is something: accepting, datagrams, `send_file`. A connection or datagram that the system took for
//! one who has gone would be lost to the others. Whoever tries once is answered by a plain call, if nothing is in the
//! system's hands: it costs the one call that handing over would, and leaves nothing to cancel.
//!
//! # When nobody waits any more
//!
//! A `Recv` stays where it is, and what it brings goes to the next read: each timeout would cost a call to cancel it. A
//! `Send` must not write behind its guest's back. It is cancelled, and `stop` comes back when the system has let go of
//! it. One that waited for room has written nothing, even if room has come meanwhile: the ring goes on with its
//! operations only while its own thread is in a call of it. One that was over answers what it has written. A poll
//! request stays, and the next one who wants to know waits for it.
//!
//! # Sockets stay non-blocking
//!
//! A `Recv`, `Send` or `Connect` waits for its socket whatever that socket's mode (only `MSG_DONTWAIT` makes one come
//! back, not `O_NONBLOCK`, unlike for `Read` and `Write`; tried on Linux 6.18). So the mode is left alone: no plain
//! call blocks, and a copy of the socket at another worker, which shares the mode, notices nothing.
//!
//! # Memory
//!
//! A receive has its buffer for as long as it waits, so that a thousand idle connections hold a thousand of them. Each
//! socket begins with a small one; reads that fill theirs get larger ones, and those that hardly use it smaller ones.
//!
//! [`ring`] has the operations and all that is unsafe about them; here is what they mean for sockets.

mod ring;

use std::fs::File;
use std::io;
use std::mem;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use slab::Slab;
use smallvec::SmallVec;

use self::ring::{Came, Ended, Owner, PAUSE, Ring, Wait, Work, is_strained};
use super::{Address, At, Direction, MAX_READ, Notifier, Opened, Reactor, Socket, Token, Wake};

/// What a socket's first receive has room for: enough for most requests and for none of the bulk.
const FIRST_READ: usize = 4 << 10;

/// How much longer a buffer becomes when one was filled, and how little of it counts as hardly used.
const STEP: usize = 4;

pub(super) fn open() -> io::Result<Opened> {
    let (reactor, notifier) = Completions::open()?;
    Ok((Box::new(reactor), notifier))
}

/// A socket that stays here.
struct Slot {
    socket: Arc<Socket>,
    sides: [Side; 2],
    /// What its next receive has room for.
    room: usize,
    /// How many of the bytes that have been received, and are kept, somebody was told.
    told: usize,
}

/// One direction of it.
struct Side {
    /// The receive, send or connect that is begun and not over.
    moving: Option<usize>,
    /// What came of one, until somebody is told.
    came: Option<Came>,
    /// The poll request that is begun and not over.
    polling: Option<usize>,
    /// Whether a plain call may have something to do. If not, there is a poll request.
    may_be_ready: bool,
    waiter: Option<Waiter>,
}

/// One who waits, and for which operation.
struct Waiter {
    wake: Wake,
    key: usize,
}

impl Slot {
    fn new(socket: &Arc<Socket>) -> Self {
        let side = || Side { moving: None, came: None, polling: None, may_be_ready: true, waiter: None };
        Slot { socket: socket.clone(), sides: [side(), side()], room: FIRST_READ, told: 0 }
    }

    /// Learns from how much of a buffer was used what the next one should have room for.
    fn learn_room(&mut self, received: &Vec<u8>) {
        let (used, room) = (received.len(), received.capacity());
        if used >= self.room {
            self.room = (room * STEP).min(MAX_READ);
        } else if used < room / STEP {
            self.room = (room / STEP).max(FIRST_READ);
        }
    }
}

/// A reactor over a ring.
struct Completions {
    ring: Ring,
    slots: Slab<Slot>,
    waiting: usize,
    /// Whom operations concern that ended outside of a wait.
    wakes: Vec<Wake>,
    is_notified: bool,
    /// Empty between two uses.
    ended: Vec<Ended>,
    /// Where plain calls read to: how much it will be is not known before.
    scratch: Box<[u8]>,
}

impl Completions {
    fn open() -> io::Result<(Self, Notifier)> {
        // It blocks: the system's read of one that does not would fail instead of waiting.
        let event = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
        let ring = Ring::open(event.clone()).map_err(|error| unavailable(&error))?;
        let reactor = Completions {
            ring,
            slots: Slab::new(),
            waiting: 0,
            wakes: Vec::new(),
            is_notified: false,
            ended: Vec::new(),
            scratch: vec![0; MAX_READ].into_boxed_slice(),
        };
        let notifier = Notifier::new(move || {
            // There is nothing to fail: the counter would have to be full, and somebody takes it.
            let _ = rustix::io::write(&event, &1_u64.to_ne_bytes());
        });
        Ok((reactor, notifier))
    }

    fn side(&mut self, token: Token, direction: Direction) -> &mut Side {
        &mut self.slots[token.0].sides[direction as usize]
    }

    /// Hands over and takes in; whether the system did not refuse.
    fn exchange(&mut self, wait: Wait) -> bool {
        self.with_ring(|ring, ended| ring.exchange(wait, ended))
    }

    /// Lets the ring end operations, and passes on what came of them; whether the system did not refuse.
    fn with_ring(&mut self, work: impl FnOnce(&mut Ring, &mut Vec<Ended>) -> io::Result<()>) -> bool {
        let mut ended = mem::take(&mut self.ended);
        let result = work(&mut self.ring, &mut ended);
        ended.drain(..).for_each(|ended| self.pass_on(ended));
        self.ended = ended;
        match result {
            Ok(()) => true,
            Err(error) if is_strained(&error) => false,
            Err(error) => panic!("the reactor's own ring cannot be used: {error}"),
        }
    }

    fn pass_on(&mut self, Ended { key, owner, came }: Ended) {
        let (token, direction) = match owner {
            Owner::Side(token, direction) => (token, direction),
            Owner::Worker => return self.is_notified = true,
            Owner::Nobody => return,
        };
        let slot = &mut self.slots[token.0];
        if let Came::Received(Ok(bytes)) = &came {
            slot.learn_room(bytes);
        }
        let side = &mut slot.sides[direction as usize];
        if side.polling.take_if(|polling| *polling == key).is_some() {
            side.may_be_ready = true;
        } else {
            side.moving = None;
            side.came = Some(came).filter(|came| !matches!(came, Came::Nothing));
        }
        if let Some(waiter) = side.waiter.take_if(|waiter| waiter.key == key) {
            self.waiting -= 1;
            self.wakes.push(waiter.wake);
        }
    }

    /// What came of what the system had in hand for this direction, if that is known.
    fn came(&mut self, at: At<'_>, direction: Direction) -> Option<Came> {
        self.find_out(at, direction);
        self.side(at.token, direction).came.take().inspect(|_| self.leave(at.token, direction))
    }

    /// For one who tries once, asks the system what has come of that which it has in hand.
    fn find_out(&mut self, at: At<'_>, direction: Direction) {
        let side = self.side(at.token, direction);
        if at.tries_once && side.moving.is_some() {
            self.exchange(Wait::No);
        }
    }

    /// Makes a call that does not block; nothing comes of one that has nothing to do.
    fn call<T>(
        &mut self,
        at: At<'_>,
        direction: Direction,
        mut call: impl FnMut(&Socket, &mut [u8]) -> io::Result<T>,
    ) -> Option<io::Result<T>> {
        loop {
            match call(&self.slots[at.token.0].socket, &mut self.scratch) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                result => {
                    self.leave(at.token, direction);
                    return Some(result);
                }
            }
        }
    }

    /// Makes a call for one who tries once, unless the system has this direction in hand.
    fn try_once<T>(
        &mut self,
        at: At<'_>,
        direction: Direction,
        call: impl FnMut(&Socket, &mut [u8]) -> io::Result<T>,
    ) -> Option<io::Result<T>> {
        let is_in_hand = self.side(at.token, direction).moving.is_some();
        if is_in_hand || !at.tries_once { None } else { self.call(at, direction, call) }
    }

    /// Makes a call if it may have something to do, else lets the asker wait until it may.
    fn attempt<T>(
        &mut self,
        at: At<'_>,
        direction: Direction,
        call: impl FnMut(&Socket, &mut [u8]) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        if self.side(at.token, direction).may_be_ready || at.tries_once {
            if let Some(result) = self.call(at, direction, call) {
                return Poll::Ready(result);
            }
            self.side(at.token, direction).may_be_ready = false;
        }
        let key = match self.side(at.token, direction).polling {
            Some(key) => key,
            None => self.begin(at.token, direction, Work::Poll),
        };
        self.side(at.token, direction).polling = Some(key);
        self.note(at, direction, key);
        Poll::Pending
    }

    fn begin(&mut self, token: Token, direction: Direction, work: Work) -> usize {
        let socket = self.slots[token.0].socket.clone();
        self.ring.begin(work, socket, Owner::Side(token, direction))
    }

    /// Lets the asker wait for what the system has in hand, or is to have.
    fn wait_for_move(&mut self, at: At<'_>, direction: Direction, work: impl FnOnce(&Slot) -> Work) {
        let slot = &self.slots[at.token.0];
        let key = match slot.sides[direction as usize].moving {
            Some(key) => key,
            None => {
                let work = work(slot);
                self.begin(at.token, direction, work)
            }
        };
        self.side(at.token, direction).moving = Some(key);
        self.note(at, direction, key);
    }

    fn note(&mut self, at: At<'_>, direction: Direction, key: usize) {
        let waiter = &mut self.side(at.token, direction).waiter;
        // One who asks again before it was woken is the same, for nobody else can ask.
        let is_new = waiter.replace(Waiter { wake: (at.who.clone(), at.place), key }).is_none();
        self.waiting += usize::from(is_new);
    }

    /// Nobody waits in this direction any more.
    fn leave(&mut self, token: Token, direction: Direction) {
        if self.side(token, direction).waiter.take().is_some() {
            self.waiting -= 1;
        }
    }

    /// Takes back what was not handed over yet, and a send in any case. Answers how much that one has written.
    fn take_back(&mut self, token: Token, direction: Direction) -> usize {
        let side = &mut self.slots[token.0].sides[direction as usize];
        if let Some(key) = side.moving.filter(|&key| !self.ring.is_connect(key)) {
            if self.ring.withdraw(key) {
                side.moving = None;
            } else if direction == Direction::Write {
                self.cancel(&[key]);
            }
        }
        match self.side(token, direction).came.take_if(|came| matches!(came, Came::Sent(Ok(_)))) {
            Some(Came::Sent(Ok(count))) => count,
            _ => 0,
        }
    }

    fn cancel(&mut self, keys: &[usize]) {
        self.with_ring(|ring, ended| ring.cancel(keys, ended));
    }

    /// Tells of received bytes as many as are wanted, and keeps the others.
    fn tell(&mut self, token: Token, bytes: Vec<u8>, into: &mut Vec<u8>, most: usize) -> usize {
        let slot = &mut self.slots[token.0];
        let count = (bytes.len() - slot.told).min(most);
        // A buffer that is well filled goes from hand to hand; another would hold memory for nothing.
        if into.is_empty() && count == bytes.len() && count >= bytes.capacity() / 2 {
            *into = bytes;
            return count;
        }
        into.extend_from_slice(&bytes[slot.told..][..count]);
        slot.told += count;
        if slot.told == bytes.len() {
            slot.told = 0;
        } else {
            slot.sides[Direction::Read as usize].came = Some(Came::Received(Ok(bytes)));
        }
        count
    }
}

impl Reactor for Completions {
    fn add(&mut self, socket: &Arc<Socket>) -> io::Result<Token> {
        Ok(Token(self.slots.insert(Slot::new(socket))))
    }

    fn connect(&mut self, socket: &Arc<Socket>, address: &Address) -> io::Result<Token> {
        let address = Box::new(address.try_into()?);
        let token = self.add(socket)?;
        let key = self.begin(token, Direction::Write, Work::Connect(address));
        self.side(token, Direction::Write).moving = Some(key);
        Ok(token)
    }

    fn remove(&mut self, token: Token) -> Vec<u8> {
        for direction in [Direction::Read, Direction::Write] {
            self.leave(token, direction);
        }
        let sides = &self.slots[token.0].sides;
        let begun = sides.iter().flat_map(|side| [side.moving, side.polling]).flatten();
        let in_hand: SmallVec<[usize; 4]> = begun.filter(|&key| !self.ring.withdraw(key)).collect();
        self.cancel(&in_hand);
        let Slot { sides: [read, _], told, .. } = self.slots.remove(token.0);
        match read.came {
            Some(Came::Received(Ok(mut bytes))) => bytes.split_off(told),
            _ => Vec::new(),
        }
    }

    fn connected(&mut self, at: At<'_>) -> Poll<io::Result<()>> {
        if let Some(Came::Connected(result)) = self.came(at, Direction::Write) {
            return Poll::Ready(result);
        }
        let slot = &self.slots[at.token.0];
        match slot.sides[Direction::Write as usize].moving {
            Some(key) => self.note(at, Direction::Write, key),
            // It was told before.
            None => return Poll::Ready(slot.socket.connected()),
        }
        Poll::Pending
    }

    fn accept(&mut self, at: At<'_>) -> Poll<io::Result<(Socket, Address)>> {
        self.attempt(at, Direction::Read, |socket, _| socket.accept())
    }

    fn read(&mut self, at: At<'_>, into: &mut Vec<u8>, most: usize) -> Poll<io::Result<usize>> {
        let most = most.min(MAX_READ);
        if let Some(Came::Received(result)) = self.came(at, Direction::Read) {
            return Poll::Ready(result.map(|bytes| self.tell(at.token, bytes, into, most)));
        }
        let tried = self.try_once(at, Direction::Read, |socket, scratch| {
            let count = socket.read(&mut scratch[..most])?;
            into.extend_from_slice(&scratch[..count]);
            Ok(count)
        });
        if let Some(result) = tried {
            return Poll::Ready(result);
        }
        self.wait_for_move(at, Direction::Read, |slot| Work::Receive(Vec::with_capacity(slot.room.min(most))));
        Poll::Pending
    }

    fn write(&mut self, at: At<'_>, bytes: &Bytes) -> Poll<io::Result<usize>> {
        if let Some(Came::Sent(result)) = self.came(at, Direction::Write) {
            return Poll::Ready(result);
        }
        if let Some(result) = self.try_once(at, Direction::Write, |socket, _| socket.write(bytes)) {
            return Poll::Ready(result);
        }
        self.wait_for_move(at, Direction::Write, |_| Work::Send(bytes.clone()));
        Poll::Pending
    }

    fn send_file(&mut self, at: At<'_>, file: &File, offset: u64, most: u64) -> Poll<io::Result<u64>> {
        self.attempt(at, Direction::Write, |socket, scratch| socket.send_file(file, offset, most, scratch))
    }

    fn receive(&mut self, at: At<'_>, most: usize) -> Poll<io::Result<(Vec<u8>, Address)>> {
        self.attempt(at, Direction::Read, |socket, scratch| {
            let (count, from) = socket.receive(scratch)?;
            Ok((scratch[..count.min(most)].to_vec(), from))
        })
    }

    fn send(&mut self, at: At<'_>, bytes: &Bytes, to: Option<&Address>) -> Poll<io::Result<()>> {
        self.attempt(at, Direction::Write, |socket, _| socket.send(bytes, to))
    }

    fn ready(&mut self, at: At<'_>, direction: Direction) -> Poll<()> {
        self.find_out(at, direction);
        let side = self.side(at.token, direction);
        if side.came.is_some() {
            self.leave(at.token, direction);
            return Poll::Ready(());
        }
        // What it has in hand takes the bytes before a poll request would see them.
        if let Some(key) = side.moving {
            self.note(at, direction, key);
            return Poll::Pending;
        }
        self.attempt(at, direction, |socket, _| match socket.is_ready(direction) {
            true => Ok(()),
            false => Err(io::ErrorKind::WouldBlock.into()),
        })
        .map(drop)
    }

    fn learns(&self) -> bool {
        // It learns what came of what it was handed: of a socket of which it has nothing in hand it knows nothing.
        false
    }

    fn stop(&mut self, token: Token, direction: Direction) -> usize {
        self.leave(token, direction);
        self.take_back(token, direction)
    }

    fn waiting(&self) -> usize {
        // Those too whose operation has ended outside of a wait: they are woken by the next one.
        self.waiting + self.wakes.len()
    }

    fn wait(&mut self, timeout: Option<Duration>, wakes: &mut Vec<Wake>) {
        let has_news = self.is_notified || !self.wakes.is_empty();
        let wait = match timeout {
            _ if has_news => Wait::No,
            Some(Duration::ZERO) => Wait::No,
            Some(time) => Wait::For(time),
            None => Wait::ForEver,
        };
        if !self.exchange(wait) && wait != Wait::No && self.wakes.is_empty() {
            std::thread::sleep(timeout.map_or(PAUSE, |time| time.min(PAUSE)));
        }
        self.is_notified = false;
        wakes.append(&mut self.wakes);
    }
}

/// Why there is no io_uring here, and what to do.
fn unavailable(error: &io::Error) -> io::Error {
    let setting = |name: &str| std::fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap_or_default();
    let why = match Errno::from_io_error(error) {
        Some(Errno::NOSYS) => "this system has no io_uring, or a filter of system calls hides it".to_owned(),
        Some(Errno::INVAL) => format!("io_uring needs Linux 6.1, and this is {}", setting("osrelease").trim_end()),
        Some(Errno::PERM | Errno::ACCESS) => match setting("io_uring_disabled").trim_end() {
            "2" => "io_uring is switched off on this machine (kernel.io_uring_disabled = 2)".to_owned(),
            "1" => "io_uring is for the group kernel.io_uring_group alone (kernel.io_uring_disabled = 1)".to_owned(),
            _ => "io_uring is forbidden here, as containers do with a filter of system calls (seccomp)".to_owned(),
        },
        Some(Errno::NOMEM) => "io_uring cannot have the memory that it locks (see `ulimit -l`)".to_owned(),
        _ => return io::Error::new(error.kind(), format!("io_uring cannot be had: {error}")),
    };
    io::Error::new(error.kind(), format!("{why}; choose another reactor"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::tests::{Stand, pair};
    use super::*;

    /// A reactor of which a test sees the inside.
    fn open() -> Option<(Completions, Notifier)> {
        Completions::open().inspect_err(|error| eprintln!("not on this machine: {error}")).ok()
    }

    impl Completions {
        /// How many operations are begun and not over, but for the notice.
        fn begun(&self) -> usize {
            self.ring.begun() - 1
        }
    }

    #[test]
    fn nothing_is_left_of_sockets_that_are_gone() {
        let Some((mut reactor, _notifier)) = open() else { return };
        let stand = Stand::new(super::open().expect("another one can be had"));
        for round in 0..2000 {
            let (socket, mut peer) = pair();
            let token = reactor.add(&socket).expect("a socket is taken");
            let at = stand.at(token, &stand.who);
            let mut into = Vec::new();
            assert!(reactor.read(at, &mut into, 100).is_pending());
            assert!(reactor.write(at, &Bytes::from_static(b"hello")).is_pending());
            if round % 2 > 0 {
                reactor.wait(Some(Duration::ZERO), &mut Vec::new());
            }
            let _ = reactor.stop(token, if round % 4 > 1 { Direction::Read } else { Direction::Write });
            peer.write_all(b"hello").expect("it goes");
            drop(reactor.remove(token));
            assert_eq!((reactor.begun(), reactor.waiting(), reactor.slots.len()), (0, 0, 0), "round {round}");
            assert_eq!(Arc::strong_count(&socket), 1, "round {round}");
        }
    }

    #[test]
    fn memory_of_writes_is_given_back_when_the_reactor_is_gone() {
        let Some((mut reactor, _notifier)) = open() else { return };
        let stand = Stand::new(super::open().expect("another one can be had"));
        let (socket, _peer) = pair();
        let token = reactor.add(&socket).expect("a socket is taken");
        let owner = Arc::new(vec![7; 1 << 20]);
        let bytes = Bytes::from_owner(Shared(owner.clone()));
        let mut wakes = Vec::new();
        loop {
            assert!(reactor.write(stand.at(token, &stand.who), &bytes).is_pending());
            reactor.wait(Some(Duration::from_millis(20)), &mut wakes);
            if wakes.drain(..).count() == 0 {
                break;
            }
            assert!(reactor.write(stand.at(token, &stand.who), &bytes).is_ready());
        }
        drop((reactor, bytes));
        assert_eq!((Arc::strong_count(&owner), Arc::strong_count(&socket)), (1, 1));
    }

    struct Shared(Arc<Vec<u8>>);

    impl AsRef<[u8]> for Shared {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    #[test]
    fn completions_that_have_no_room_in_the_queue_come_later() {
        let Some((mut reactor, _notifier)) = open() else { return };
        let stand = Stand::new(super::open().expect("another one can be had"));
        reactor.ring = Ring::with_queues(Arc::new(eventfd(0, EventfdFlags::CLOEXEC).expect("one more")), 4, 8)
            .expect("a small one can be had");
        let mut pairs: Vec<_> = (0..300).map(|_| pair()).collect();
        for (index, (socket, peer)) in pairs.iter_mut().enumerate() {
            peer.write_all(b"x").expect("it goes");
            let token = reactor.add(socket).expect("a socket is taken");
            assert_eq!(token, Token(index));
            assert!(reactor.read(stand.at(token, &stand.who), &mut Vec::new(), 10).is_pending());
        }
        let mut wakes = Vec::new();
        while wakes.len() < pairs.len() {
            reactor.wait(Some(Duration::from_secs(10)), &mut wakes);
        }
        for index in 0..pairs.len() {
            let mut into = Vec::new();
            let read = reactor.read(stand.at(Token(index), &stand.who), &mut into, 10);
            assert!(matches!(read, Poll::Ready(Ok(1))));
        }
        assert_eq!((reactor.begun(), reactor.waiting()), (0, 0));
    }

    #[test]
    fn a_buffer_grows_with_what_comes_and_shrinks_again() {
        let (socket, _peer) = pair();
        let mut slot = Slot::new(&socket);
        let mut receive = |count: usize| {
            let mut buffer = Vec::with_capacity(slot.room);
            buffer.resize(count.min(slot.room), 0);
            slot.learn_room(&buffer);
            slot.room
        };
        assert_eq!((0..4).map(|_| receive(usize::MAX)).last(), Some(MAX_READ));
        assert_eq!(receive(MAX_READ / 2), MAX_READ);
        assert_eq!((0..4).map(|_| receive(1)).last(), Some(FIRST_READ));
    }

    #[test]
    fn each_reason_for_there_being_no_io_uring_is_told() {
        let reasons = [(Errno::NOSYS, "no io_uring"), (Errno::INVAL, "needs Linux 6.1"), (Errno::NOMEM, "ulimit")];
        for (errno, part) in reasons {
            let told = unavailable(&errno.into()).to_string();
            assert!(told.contains(part) && told.ends_with("choose another reactor"), "{told}");
        }
    }
}
