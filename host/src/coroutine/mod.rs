//! One coroutine: its identity, its life, its end.
//!
//! ```text
//!             start            park             wake
//! created ──▶ ready ──▶ running ──▶ parked ──▶ ready …
//!               ▲          │ │
//!               └──────────┘ └──▶ ended(outcome)
//!             yield, preempted
//! ```
//!
//! Only the coroutine's own worker moves it to `running`, `parked` and `ended`; anybody may move it from `parked` to
//! `ready`, by [`Core::wake`]. A wake that comes while it runs is kept in its [`status`]. A killed or cancelled
//! coroutine is marked and woken; its worker does the rest. When the last handle of an ended one is dropped, it is
//! reaped: nothing of it is left.

mod allowance;
mod core;
pub(crate) mod life;
pub(crate) mod operation;
mod outcome;
pub(crate) mod polling;
mod room;
pub(crate) mod service;
mod status;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic;
use std::sync::{Arc, Weak};
use std::time::Duration;

pub(crate) use self::core::{Beginning, Core, Keeper, Seed};
pub use outcome::Outcome;
pub(crate) use room::{Rooms, Whose};
pub(crate) use status::Parking;
pub use status::State;

use self::operation::Name;
use crate::engine::LoadedProgram;
use crate::reactor::Socket;
use crate::sandbox::limits::Limit;

/// The identity of a coroutine, unique in its engine and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CoroutineId(pub(crate) u64);

impl fmt::Display for CoroutineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A coroutine as seen at one moment, for tables and tests.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CoroutineInfo {
    /// Which coroutine.
    pub id: CoroutineId,
    /// The program it runs.
    pub program: String,
    /// Who spawned or called it; none when it was started from outside.
    pub parent: Option<CoroutineId>,
    /// Where it is in its life.
    pub state: State,
    /// What it waits for, in words, if it is parked.
    pub waits_for: Option<String>,
    /// For how long it has waited, if it is parked.
    pub since: Option<Duration>,
    /// How long it has run on its worker in all.
    pub cpu: Duration,
    /// The worker it belongs to.
    pub worker: usize,
}

/// A handle of a coroutine. Dropping it ends nothing. While any is kept, so is the outcome, and the address space that the
/// engine has reserved, even after the engine itself is gone.
#[derive(Clone)]
pub struct Coroutine(pub(crate) Arc<Core>);

impl Coroutine {
    /// Its identity.
    pub fn id(&self) -> CoroutineId {
        self.0.id
    }

    /// Where it is in its life now.
    pub fn state(&self) -> State {
        self.0.status.state()
    }

    /// How it ended, once it has; a copy, of up to 16 MiB.
    pub fn outcome(&self) -> Option<Outcome> {
        self.0.end.lock().outcome.clone()
    }

    /// How much fuel it has used, once it has ended, in an engine with [fuel](crate::Builder::fuel); else zero.
    pub fn fuel(&self) -> u64 {
        self.0.fuel()
    }

    /// Asks it to end: its present wait and each later one fails with `cancelled`. One that has not ended after its
    /// [grace](crate::Limit::CancelGrace) is killed; one that has ended is left alone.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Ends it, wherever it is, when its worker next looks: at once if parked or queued, within two ticks of the
    /// preemption clock if it runs. One that has ended is left alone.
    pub fn kill(&self) {
        self.0.kill();
    }
}

impl fmt::Debug for Coroutine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coroutine").field("id", &self.0.id).field("state", &self.state()).finish()
    }
}

/// What a parked coroutine waits for.
#[derive(Clone, Debug)]
pub(crate) enum Wait {
    /// A moment on the clock.
    Until(u64),
    /// A signal of this name.
    Signal(Arc<str>),
    /// So many to wait for a signal of this name.
    Recipients(Arc<str>, u32),
    /// The end of a coroutine that was joined.
    Join(CoroutineId, Arc<LoadedProgram>),
    /// The end of a coroutine that was called.
    Call(CoroutineId, Arc<LoadedProgram>),
    /// A connection to this address.
    Connect(Arc<str>),
    /// The addresses of this name.
    Resolve(Arc<str>),
    /// A socket, for this operation.
    Socket(Name, Weak<Socket>),
    /// One of so many handlers of an accept loop to end.
    Place(usize),
    /// One of so many coroutines to end.
    AnyEnd(usize),
    /// So many children of a scope to end.
    Scope(usize),
    /// Any of so many pollables.
    Poll(usize),
    /// A stream to have something to read, or room to write, that does not say more.
    Input,
    Output,
    /// The standard input of the process to have something.
    Stdin,
    /// A file of the host to be read, or written.
    File(Arc<Path>),
    /// The pipe of this program to have something, or the one to that program to have room.
    PipeBytes(Arc<str>),
    PipeRoom(Arc<str>),
    /// Its turn, since it asks again and again without waiting.
    Throttle,
    /// Room for another coroutine.
    Room,
    /// The moment from which on more may flow, of this.
    Rate(Limit),
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wait::Until(u64::MAX) => f.write_str("the end of time"),
            Wait::Until(moment) => write!(f, "the clock to reach {:?}", Duration::from_nanos(*moment)),
            Wait::Signal(name) => write!(f, "signal {name:?}"),
            Wait::Recipients(name, count) => write!(f, "{count} to wait for signal {name:?}"),
            Wait::Join(id, program) => write!(f, "the end of {}#{id}", program.name),
            Wait::Call(id, program) => write!(f, "its call of {}#{id}", program.name),
            Wait::Connect(address) => write!(f, "a connection to {address:?}"),
            Wait::Resolve(name) => write!(f, "the addresses of {name:?}"),
            Wait::Socket(name, socket) => {
                let socket = socket.upgrade().map_or_else(|| "a closed socket".to_owned(), |socket| socket.describe());
                match name {
                    Name::Accept | Name::WasiTcpAccept => write!(f, "somebody to connect to {socket}"),
                    Name::Read | Name::ReadExact | Name::ReadLine | Name::WasiTcpRead => {
                        write!(f, "something to read from {socket}")
                    }
                    Name::Receive | Name::ReceiveFrom | Name::WasiUdpReceive => write!(f, "a datagram at {socket}"),
                    Name::WasiTcpConnect => write!(f, "a connection from {socket}"),
                    _ => write!(f, "room to write to {socket}"),
                }
            }
            Wait::Place(most) => write!(f, "one of {most} handlers to end"),
            Wait::AnyEnd(count) => write!(f, "one of {count} coroutines to end"),
            Wait::Scope(1) => f.write_str("the end of a child"),
            Wait::Scope(count) => write!(f, "the end of {count} children"),
            Wait::Poll(1) => f.write_str("a pollable"),
            Wait::Poll(count) => write!(f, "any of {count} pollables"),
            Wait::Input => f.write_str("something to read from a stream"),
            Wait::Output => f.write_str("room to write to a stream"),
            Wait::Stdin => f.write_str("something to read from standard input"),
            Wait::File(path) => write!(f, "the file {path:?}"),
            Wait::PipeBytes(writer) => write!(f, "something to read from the pipe of `{writer}`"),
            Wait::PipeRoom(reader) => write!(f, "room to write to the pipe to `{reader}`"),
            Wait::Throttle => f.write_str("its turn to poll again: it polls without waiting"),
            Wait::Room => f.write_str("room to start"),
            Wait::Rate(limit) => write!(f, "its limit `{limit}`"),
        }
    }
}

/// Named values handed down from parent to child.
#[derive(Clone, Default)]
pub(crate) struct Context {
    pub(crate) values: Arc<BTreeMap<String, Vec<u8>>>,
    /// How long its names and values are in all.
    pub(crate) bytes: usize,
}
