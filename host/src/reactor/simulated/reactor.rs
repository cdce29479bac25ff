//! The reactor of one worker over the network that all of them share.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;

use super::super::socket::read_at;
use super::super::{Address, At, Direction, MAX_READ, Network, Notifier, Opened, Reactor, Socket, Token, Wake};
use super::world::{Id, State, wrong};
use super::{Handle, SimulatedNetwork, World};
use crate::clock::Clock;

struct Simulated {
    world: Arc<World>,
    /// Which of the network's reactors this is.
    index: usize,
}

/// Makes the network that an engine's sockets belong to, and a reactor for each of its workers.
pub(in super::super) fn open(network: &SimulatedNetwork, workers: usize, clock: &Clock) -> (Network, Vec<Opened>) {
    let world = World::new(&network.0, workers, clock);
    let seat = |index| -> Opened {
        let notified = world.clone();
        (Box::new(Simulated { world: world.clone(), index }), Notifier::new(move || notified.notify(index)))
    };
    (Network::Simulated(world.clone()), (0..workers).map(seat).collect())
}

impl Simulated {
    /// Makes the call, and lets the asker wait if it has nothing to do.
    fn attempt<T>(
        &self,
        at: At<'_>,
        direction: Direction,
        call: impl FnOnce(&mut State, Id) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let (answer, forgotten) = self.world.act(|state| {
            let id = state.at(at.token);
            match call(state, id) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => (Poll::Pending, state.note(at, direction)),
                result => (Poll::Ready(result), state.forget(at.token, direction)),
            }
        });
        // Not under the lock: it may be the last that holds a coroutine.
        drop(forgotten);
        answer
    }
}

impl Reactor for Simulated {
    fn add(&mut self, socket: &Arc<Socket>) -> io::Result<Token> {
        let Socket::Simulated(handle) = &**socket else { return Err(wrong()) };
        self.world.act(|state| state.begin_stay(handle.id, self.index))
    }

    fn connect(&mut self, socket: &Arc<Socket>, address: &Address) -> io::Result<Token> {
        let Socket::Simulated(handle) = &**socket else { return Err(wrong()) };
        self.world.act(|state| state.connect(handle.id, address))?;
        self.add(socket)
    }

    fn remove(&mut self, token: Token) -> Vec<u8> {
        let forgotten = self.world.act(|state| state.end_stay(token));
        drop(forgotten);
        Vec::new()
    }

    fn connected(&mut self, at: At<'_>) -> Poll<io::Result<()>> {
        self.attempt(at, Direction::Write, State::connected)
    }

    fn accept(&mut self, at: At<'_>) -> Poll<io::Result<(Socket, Address)>> {
        let accepted = self.attempt(at, Direction::Read, State::accept);
        accepted.map_ok(|(id, peer)| (Socket::Simulated(Handle::new(self.world.clone(), id)), peer))
    }

    fn read(&mut self, at: At<'_>, into: &mut Vec<u8>, most: usize) -> Poll<io::Result<usize>> {
        self.attempt(at, Direction::Read, |state, id| state.read(id, into, most.min(MAX_READ)))
    }

    fn write(&mut self, at: At<'_>, bytes: &Bytes) -> Poll<io::Result<usize>> {
        self.attempt(at, Direction::Write, |state, id| state.write(id, bytes))
    }

    fn send_file(&mut self, at: At<'_>, file: &File, offset: u64, most: u64) -> Poll<io::Result<u64>> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(MAX_READ);
        let mut bytes = vec![0; most];
        match read_at(file, &mut bytes, offset) {
            Ok(0) => Poll::Ready(Ok(0)),
            Ok(count) => {
                bytes.truncate(count);
                self.write(at, &Bytes::from(bytes)).map_ok(|count| count as u64)
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn receive(&mut self, at: At<'_>, most: usize) -> Poll<io::Result<(Vec<u8>, Address)>> {
        self.attempt(at, Direction::Read, |state, id| state.receive(id, most))
    }

    fn send(&mut self, at: At<'_>, bytes: &Bytes, to: Option<&Address>) -> Poll<io::Result<()>> {
        self.attempt(at, Direction::Write, |state, id| state.send(id, bytes, to))
    }

    fn ready(&mut self, at: At<'_>, direction: Direction) -> Poll<()> {
        let is_ready = |state: &mut State, id| match state.is_ready(id, direction) {
            true => Ok(()),
            false => Err(io::ErrorKind::WouldBlock.into()),
        };
        self.attempt(at, direction, is_ready).map(drop)
    }

    fn stop(&mut self, token: Token, direction: Direction) -> usize {
        let forgotten = self.world.act(|state| state.forget(token, direction));
        drop(forgotten);
        0
    }

    fn waiting(&self) -> usize {
        self.world.waiting(self.index)
    }

    fn listens(&self) -> bool {
        // There is nobody outside.
        false
    }

    fn next_event(&self) -> Option<u64> {
        self.world.next_event()
    }

    /// A wait that blocks answers nobody: a worker must be up before it takes what has happened, or the others, who see neither
    /// the event any more nor the one it wakes, might think that nothing is left to be done.
    fn wait(&mut self, timeout: Option<Duration>, wakes: &mut Vec<Wake>) {
        match timeout {
            Some(Duration::ZERO) => self.world.look(wakes),
            timeout => self.world.rest(self.index, timeout),
        }
    }
}
