//! What a worker blocks in when it has nothing to run, and what carries out the operations of its sockets.
//!
//! # The contract
//!
//! A worker owns one [`Reactor`], and only its thread calls it. Everybody else holds its [`Notifier`], which ends a wait from
//! any thread; a notification that comes while nobody waits is kept, and ends the next wait at once.
//!
//! **A socket's stay.** [`Reactor::add`] makes a socket known (for one that is to be connected, [`Reactor::connect`] does), and
//! answers the [`Token`] by which everything else names it. [`Reactor::remove`] ends the stay: afterwards the reactor does not
//! touch the socket, and the token may come to stand for another one. A socket stays at one reactor at a time; its copies
//! (`Socket::share`) are sockets of their own.
//!
//! **An operation** is asked for again and again until it is ready, each time with the same arguments. A reactor tries it, or
//! takes it in hand, when it is first asked for; while it is `Pending` the one who asked ([`At::who`]) is noted as waiting in
//! that direction, and is woken once when there is reason to ask again, which may be for nothing. There is at most one operation
//! in each direction of a socket at a time, and those of the two directions know nothing of one another. Accepting, receiving
//! and connecting count as reading, reading, and writing.
//!
//! - With [`At::tries_once`] whoever asks will not wait: what can be known now must be found out now, whatever the
//!   reactor would do otherwise to save a call.
//! - [`Reactor::stop`] says that nobody waits in this direction any more. What an operation has read by then, or reads later, is
//!   not lost: the next read of the socket answers it. A write that is stopped writes nothing from then on; what it had written
//!   and nobody was told is answered.
//! - Bytes that the system reads or writes on its own are the reactor's: it keeps them until the system is done, whatever has
//!   become of the operation and the socket.
//!
//! **A wait.** [`Reactor::wait`] blocks for at most the time given (zero: it only looks), collects everything that has happened,
//! and answers whom to wake, in order. It may come back early, and with nobody. It is called again and again; between two calls
//! the worker runs whoever is ready. While [`Reactor::waiting`] is zero, nobody waits for a socket, and a worker with nothing
//! else to do may end the run.
//!
//! A reactor does not run guests, arm timers, print, or call wakers; it does not panic for what the system answers. It uses
//! no time while nothing happens.
//!
//! # The back ends
//!
//! `mio`, `poll` and `select` learn that a socket is ready and then make the call: they share [`readiness`], and differ in the
//! poller that learns it. `io_uring` hands the call to the system and learns that it is done. The simulated one has a network
//! of its own, in memory.

#[cfg(unix)]
mod bell;
#[cfg(target_os = "linux")]
mod io_uring;
mod mio;
mod network;
#[cfg(unix)]
mod poll;
mod readiness;
#[cfg(unix)]
mod select;
mod simulated;
mod socket;
#[cfg(test)]
pub(crate) mod tests;

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;

pub(crate) use network::Network;
pub use simulated::SimulatedNetwork;
pub(crate) use socket::{Address, Family, ListenOptions, Setting, Socket};

use crate::clock::Clock;
use crate::coroutine::Core;
use crate::scheduler::Place;

/// The most bytes that one read answers: as much as one call may move without keeping a worker from others for long.
pub(crate) const MAX_READ: usize = 256 << 10;

/// As good as for ever, for calls that take no longer time.
#[cfg(unix)]
const A_YEAR: rustix::event::Timespec = rustix::event::Timespec { tv_sec: 365 * 24 * 3600, tv_nsec: 0 };

/// Names a socket at its reactor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token(pub(crate) usize);

/// One of the two ways in which bytes move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// Where an operation is to be done, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) token: Token,
    pub(crate) who: &'a Arc<Core>,
    /// Where in its queue the one who waits goes when there is reason to ask again.
    pub(crate) place: Place,
    pub(crate) tries_once: bool,
}

/// Whom to wake, and the place of its queue to put it to.
pub(crate) type Wake = (Arc<Core>, Place);

/// One back end; the module says what is asked of it.
pub(crate) trait Reactor: Send {
    /// Makes a socket known.
    fn add(&mut self, socket: &Arc<Socket>) -> io::Result<Token>;

    /// Makes a socket known and begins to connect it; [`Reactor::connected`] tells what comes of it.
    fn connect(&mut self, socket: &Arc<Socket>, address: &Address) -> io::Result<Token>;

    /// Forgets a socket. Answers what was read of it that nobody was told.
    #[must_use]
    fn remove(&mut self, token: Token) -> Vec<u8>;

    /// Whether the connection that was begun is there, or why there will be none.
    fn connected(&mut self, at: At<'_>) -> Poll<io::Result<()>>;

    /// Takes in one of those who have connected to a listener.
    fn accept(&mut self, at: At<'_>) -> Poll<io::Result<(Socket, Address)>>;

    /// Adds 1 to `most` bytes to `into`; zero means that the stream has ended.
    fn read(&mut self, at: At<'_>, into: &mut Vec<u8>, most: usize) -> Poll<io::Result<usize>>;

    /// Writes some of `bytes`, which are not empty, and answers how many.
    fn write(&mut self, at: At<'_>, bytes: &Bytes) -> Poll<io::Result<usize>>;

    /// Writes some of a file from `offset` on, `most` bytes at most, and answers how many; zero means that the file ends there.
    fn send_file(&mut self, at: At<'_>, file: &File, offset: u64, most: u64) -> Poll<io::Result<u64>>;

    /// Takes a datagram, or as much of it as `most`.
    fn receive(&mut self, at: At<'_>, most: usize) -> Poll<io::Result<(Vec<u8>, Address)>>;

    /// Sends a datagram: to an address, or to the one that the socket is connected to.
    fn send(&mut self, at: At<'_>, bytes: &Bytes, to: Option<&Address>) -> Poll<io::Result<()>>;

    /// Whether an operation in this direction would be ready at once, as far as can be told without doing it.
    fn ready(&mut self, at: At<'_>, direction: Direction) -> Poll<()>;

    /// Whether it learns that a socket is ready even if nobody waits for that, and so knows when to look would be in vain.
    fn learns(&self) -> bool {
        true
    }

    /// Nobody waits for this direction of the socket any more. Answers how many bytes a write has written that nobody was told.
    fn stop(&mut self, token: Token, direction: Direction) -> usize;

    /// How many wait.
    fn waiting(&self) -> usize;

    /// Whether something that somebody waits for may come from outside, at any time.
    fn listens(&self) -> bool {
        self.waiting() > 0
    }

    /// When the network itself will do something next that one who waits, here or at another worker, may have to be woken for,
    /// on the engine's clock: only a simulated one knows. What is due is done by the next wait that only looks.
    fn next_event(&self) -> Option<u64> {
        None
    }

    /// Blocks until something has happened, for at most `timeout`, for ever without one. Adds to `wakes` whom to wake.
    fn wait(&mut self, timeout: Option<Duration>, wakes: &mut Vec<Wake>);
}

/// Ends the wait of a reactor from any thread.
pub(crate) struct Notifier(Box<dyn Fn() + Send + Sync>);

impl Notifier {
    fn new(notify: impl Fn() + Send + Sync + 'static) -> Self {
        Notifier(Box::new(notify))
    }

    pub(crate) fn notify(&self) {
        (self.0)();
    }
}

/// A reactor, and what ends its wait.
type Opened = (Box<dyn Reactor>, Notifier);

/// Which back end an engine's workers block in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReactorKind {
    /// The best that the operating system has, by way of the crate mio: epoll, kqueue or IOCP.
    #[default]
    Mio,
    /// poll(2): on every Unix. Each wait costs time for everybody who waits.
    #[cfg(unix)]
    Poll,
    /// select(2): on every Unix. Each wait costs time for every descriptor up to the highest that is waited for.
    #[cfg(unix)]
    Select,
    /// Linux's io_uring: the system is handed operations, and tells what came of them. From Linux 6.1 on, where it is
    /// allowed; many containers forbid it.
    #[cfg(target_os = "linux")]
    IoUring,
    /// A network in memory, for tests.
    Simulated(SimulatedNetwork),
}

impl ReactorKind {
    /// Those that can be chosen by name.
    pub const ALL: &[ReactorKind] = &[
        ReactorKind::Mio,
        #[cfg(unix)]
        ReactorKind::Poll,
        #[cfg(unix)]
        ReactorKind::Select,
        #[cfg(target_os = "linux")]
        ReactorKind::IoUring,
    ];

    /// The name by which it is chosen: `mio`, `poll`, `select`, `io-uring`. The simulated one has a name too, but must be
    /// made.
    pub fn name(&self) -> &'static str {
        match self {
            ReactorKind::Mio => "mio",
            #[cfg(unix)]
            ReactorKind::Poll => "poll",
            #[cfg(unix)]
            ReactorKind::Select => "select",
            #[cfg(target_os = "linux")]
            ReactorKind::IoUring => "io-uring",
            ReactorKind::Simulated(_) => "simulated",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|kind| kind.name() == name).cloned()
    }

    /// Makes a reactor for each of an engine's workers, and the network that their sockets belong to.
    pub(crate) fn open(&self, workers: usize, clock: &Clock) -> io::Result<(Network, Vec<Opened>)> {
        let of_the_system = |open: fn() -> io::Result<Opened>| {
            let reactors = (0..workers).map(|_| open()).collect::<io::Result<_>>()?;
            Ok((Network::System, reactors))
        };
        match self {
            ReactorKind::Mio => of_the_system(mio::open),
            #[cfg(unix)]
            ReactorKind::Poll => of_the_system(poll::open),
            #[cfg(unix)]
            ReactorKind::Select => of_the_system(select::open),
            #[cfg(target_os = "linux")]
            ReactorKind::IoUring => of_the_system(io_uring::open),
            ReactorKind::Simulated(network) => Ok(simulated::open(network, workers, clock)),
        }
    }
}
