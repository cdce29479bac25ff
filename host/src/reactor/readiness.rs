//! Reactors that learn when a socket is ready, and then make the call themselves.
//!
//! What is known of a direction is one flag: whether a call may have something to do. It is set by the poller, and cleared by a
//! call that had nothing to do, or that did less than it was asked for: then the socket is drained, and to try again would be a
//! call for nothing. A poller that tells only of changes has then yet to tell of the next one. What it has told once and
//! for all (the peer will send no more) is remembered, since no change follows it.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use slab::Slab;

use super::{Address, At, Direction, MAX_READ, Reactor, Socket, Token, Wake};

/// Learns which sockets are ready.
pub(super) trait Poller: Send {
    /// Is to tell of this socket from now on. One that is told anew with every wait whom to look at has nothing to note.
    fn add(&mut self, _: &Socket, _: Token) -> io::Result<()> {
        Ok(())
    }

    /// Whether it tells of sockets that nobody waits for, too.
    fn tells_of_all(&self) -> bool {
        false
    }

    /// Is to tell no more of it.
    fn remove(&mut self, _: &Socket, _: Token) {}

    /// Blocks until a socket is ready or somebody notifies, and tells what it has learned. One that does not tell of changes
    /// looks at those whom `interests` names, and at no others.
    fn wait(
        &mut self,
        interests: Interests<'_>,
        timeout: Option<Duration>,
        found: &mut Vec<(Token, Readiness)>,
    ) -> io::Result<()>;
}

/// What has been learned of a socket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Readiness {
    pub(super) read: bool,
    pub(super) write: bool,
    /// Whether it stays ready to be read, or written, whatever is done.
    pub(super) read_for_good: bool,
    pub(super) write_for_good: bool,
}

/// The sockets that somebody waits for, and in which directions.
pub(super) struct Interests<'a>(&'a Slab<Slot>);

impl Interests<'_> {
    /// Token, socket, whether to read and whether to write of each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Token, &Socket, bool, bool)> {
        self.0.iter().filter_map(|(key, slot)| {
            let [read, write] = slot.sides.each_ref().map(|side| side.waiter.is_some());
            (read || write).then_some((Token(key), &*slot.socket, read, write))
        })
    }
}

/// A socket that stays here.
struct Slot {
    socket: Arc<Socket>,
    sides: [Side; 2],
}

/// One direction of it.
struct Side {
    may_be_ready: bool,
    for_good: bool,
    waiter: Option<Wake>,
}

impl Side {
    fn new() -> Self {
        // Nothing is known of a new one: the first call finds out.
        Side { may_be_ready: true, for_good: false, waiter: None }
    }

    /// A call has had nothing to do, or has done all there was.
    fn is_drained(&mut self) {
        self.may_be_ready = self.for_good;
    }

    fn learn(&mut self, ready: bool, for_good: bool) {
        self.may_be_ready |= ready | for_good;
        self.for_good |= for_good;
    }
}

/// A reactor over a poller.
pub(super) struct Sockets<P> {
    poller: P,
    slots: Slab<Slot>,
    waiting: usize,
    /// What is read comes here first: how much it will be is not known before.
    scratch: Box<[u8]>,
    found: Vec<(Token, Readiness)>,
}

impl<P: Poller> Sockets<P> {
    pub(super) fn new(poller: P) -> Self {
        let scratch = vec![0; MAX_READ].into_boxed_slice();
        Sockets { poller, slots: Slab::new(), waiting: 0, scratch, found: Vec::new() }
    }

    /// Makes the call if it may have something to do, else lets the asker wait.
    fn attempt<T>(
        &mut self,
        at: At<'_>,
        direction: Direction,
        mut call: impl FnMut(&Socket, &mut [u8]) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let slot = &mut self.slots[at.token.0];
        let side = &mut slot.sides[direction as usize];
        while side.may_be_ready || at.tries_once {
            match call(&slot.socket, &mut self.scratch) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    side.may_be_ready = false;
                    break;
                }
                result => return Poll::Ready(result),
            }
        }
        self.note(at, direction);
        Poll::Pending
    }

    fn note(&mut self, at: At<'_>, direction: Direction) {
        let waiter = &mut self.side(at.token, direction).waiter;
        match waiter {
            // It asks again before it was woken: it is the same, for nobody else can ask.
            Some((_, place)) => *place = at.place,
            None => {
                *waiter = Some((at.who.clone(), at.place));
                self.waiting += 1;
            }
        }
    }

    fn side(&mut self, token: Token, direction: Direction) -> &mut Side {
        &mut self.slots[token.0].sides[direction as usize]
    }
}

impl<P: Poller> Reactor for Sockets<P> {
    fn add(&mut self, socket: &Arc<Socket>) -> io::Result<Token> {
        let entry = self.slots.vacant_entry();
        let token = Token(entry.key());
        self.poller.add(socket, token)?;
        entry.insert(Slot { socket: socket.clone(), sides: [Side::new(), Side::new()] });
        Ok(token)
    }

    fn connect(&mut self, socket: &Arc<Socket>, address: &Address) -> io::Result<Token> {
        // Before it is added: a socket that was never connected counts as one that has been hung up.
        let is_decided = socket.begin_connect(address)?;
        let token = self.add(socket)?;
        self.side(token, Direction::Write).may_be_ready = is_decided;
        Ok(token)
    }

    fn remove(&mut self, token: Token) -> Vec<u8> {
        let slot = self.slots.remove(token.0);
        self.waiting -= slot.sides.iter().filter(|side| side.waiter.is_some()).count();
        self.poller.remove(&slot.socket, token);
        Vec::new()
    }

    fn connected(&mut self, at: At<'_>) -> Poll<io::Result<()>> {
        self.attempt(at, Direction::Write, |socket, _| socket.connected())
    }

    fn accept(&mut self, at: At<'_>) -> Poll<io::Result<(Socket, Address)>> {
        self.attempt(at, Direction::Read, |socket, _| socket.accept())
    }

    fn read(&mut self, at: At<'_>, into: &mut Vec<u8>, most: usize) -> Poll<io::Result<usize>> {
        let most = most.min(MAX_READ);
        let read = self.attempt(at, Direction::Read, |socket, scratch| {
            let count = socket.read(&mut scratch[..most])?;
            into.extend_from_slice(&scratch[..count]);
            Ok(count)
        });
        if let Poll::Ready(Ok(count)) = &read
            && (1..most).contains(count)
        {
            self.side(at.token, Direction::Read).is_drained();
        }
        read
    }

    fn write(&mut self, at: At<'_>, bytes: &Bytes) -> Poll<io::Result<usize>> {
        let written = self.attempt(at, Direction::Write, |socket, _| socket.write(bytes));
        if let Poll::Ready(Ok(count)) = &written
            && *count < bytes.len()
        {
            self.side(at.token, Direction::Write).is_drained();
        }
        written
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
        let slot = &mut self.slots[at.token.0];
        let side = &mut slot.sides[direction as usize];
        if side.may_be_ready || at.tries_once {
            side.may_be_ready = slot.socket.is_ready(direction);
        }
        if side.may_be_ready {
            return Poll::Ready(());
        }
        self.note(at, direction);
        Poll::Pending
    }

    fn learns(&self) -> bool {
        self.poller.tells_of_all()
    }

    fn stop(&mut self, token: Token, direction: Direction) -> usize {
        if self.side(token, direction).waiter.take().is_some() {
            self.waiting -= 1;
        }
        // A call is made whole or not at all.
        0
    }

    fn waiting(&self) -> usize {
        self.waiting
    }

    fn wait(&mut self, timeout: Option<Duration>, wakes: &mut Vec<Wake>) {
        let Sockets { poller, slots, waiting, found, .. } = self;
        match poller.wait(Interests(slots), timeout, found) {
            Ok(()) => {}
            // A signal to the process ended the wait: that is an early return.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => panic!("the reactor's own descriptor cannot be waited on: {error}"),
        }
        for (token, ready) in found.drain(..) {
            let Some(slot) = slots.get_mut(token.0) else { continue };
            let [read, write] = &mut slot.sides;
            read.learn(ready.read, ready.read_for_good);
            write.learn(ready.write, ready.write_for_good);
            for side in [read, write].into_iter().filter(|side| side.may_be_ready) {
                if let Some(wake) = side.waiter.take() {
                    *waiting -= 1;
                    wakes.push(wake);
                }
            }
        }
    }
}
