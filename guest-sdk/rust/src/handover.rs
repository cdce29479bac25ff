//! Give what one holds to a new coroutine.
//!
//! ```no_run
//! use cogen_guest::{handover, net::TcpListener};
//!
//! /// Starts the program `handler` for each who connects. (`TcpListener::serve` does that without a coroutine of its own.)
//! #[cogen_guest::main]
//! fn run(address: String) -> cogen_guest::Result<()> {
//!     let listener = TcpListener::bind(address)?;
//!     loop {
//!         let (stream, peer) = listener.accept()?;
//!         handover::spawn("handler", peer.to_string(), [stream.into()])?;
//!     }
//! }
//! ```
//!
//! The program that is given it takes it as its argument, together with the bytes if it wants them:
//!
//! ```no_run
//! use cogen_guest::net::TcpStream;
//!
//! #[cogen_guest::main]
//! fn run((stream, peer): (TcpStream, String)) -> cogen_guest::Result<()> {
//!     stream.write_all(format!("hello {peer}\n"))
//! }
//! ```

use crate::bindings::cogen::engine::handover as raw;
use crate::coroutine::Coroutine;
use crate::net::{Connection, Family, Listener, UdpSocket};
use crate::{Error, Options, Result};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;

/// Something that can be given away.
#[derive(Debug)]
#[non_exhaustive]
pub enum Thing {
    /// A connection. What it had read ahead goes with it, and so do its timeouts.
    Connection(Connection),
    /// A listener.
    Listener(Listener),
    /// A socket for datagrams.
    UdpSocket(UdpSocket),
    /// The handle of a coroutine.
    Coroutine(Coroutine),
}

/// As [`coroutine::spawn`](crate::coroutine::spawn), and give `things` to the new coroutine, at most 64. They are gone in any
/// case: when this fails, they are dropped.
///
/// Fails as [`coroutine::spawn`](crate::coroutine::spawn) does.
pub fn spawn(program: &str, args: impl AsRef<[u8]>, things: impl IntoIterator<Item = Thing>) -> Result<Coroutine> {
    spawn_with(program, args, things, Options::new())
}

/// As [`spawn`], saying who runs first. The timeout is not used.
pub fn spawn_with(
    program: &str,
    args: impl AsRef<[u8]>,
    things: impl IntoIterator<Item = Thing>,
    options: Options,
) -> Result<Coroutine> {
    let things = things.into_iter().map(Into::into).collect();
    raw::spawn(program, args.as_ref(), things, options.raw).map(Coroutine::from_raw).map_err(Into::into)
}

thread_local! {
    /// What this coroutine was given and has not taken yet, once it has asked the engine.
    static WAITING: RefCell<Option<VecDeque<Thing>>> = const { RefCell::new(None) };
}

/// What this coroutine was given when it was started, in order, without what was taken before: by [`take`], or as an argument
/// of the entry.
pub fn received() -> Vec<Thing> {
    with_waiting(|waiting| waiting.drain(..).collect())
}

/// The next thing that this coroutine was given, and that has not been taken yet.
///
/// Fails with [`Error::Other`] when there is none, or when it is another kind of thing: then it is still there.
pub fn take<T: Given>() -> Result<T> {
    with_waiting(|waiting| {
        let Some(thing) = waiting.pop_front() else {
            return Err(Error::Other(format!("{} was expected, but no more was given to this coroutine", T::KIND)));
        };
        T::from_thing(thing).map_err(|thing| {
            let error = Error::Other(format!("{} was expected, but {thing} was given", T::KIND));
            waiting.push_front(thing);
            error
        })
    })
}

fn with_waiting<T>(act: impl FnOnce(&mut VecDeque<Thing>) -> T) -> T {
    WAITING.with_borrow_mut(|waiting| {
        act(waiting.get_or_insert_with(|| raw::received().into_iter().map(Into::into).collect()))
    })
}

/// One kind of thing: what [`take`] can answer, and what the entry of a coroutine can take as its argument.
pub trait Given: Sized {
    /// What it is called, with its article.
    const KIND: &str;

    /// This kind of thing, or the thing itself if it is another one.
    fn from_thing(thing: Thing) -> Result<Self, Thing>;
}

impl<F: Family> Given for Connection<F> {
    const KIND: &str = "a connection";

    fn from_thing(thing: Thing) -> Result<Self, Thing> {
        if let Thing::Connection(connection) = thing { Ok(Self::from_raw(connection.into_raw())) } else { Err(thing) }
    }
}

impl<F: Family> Given for Listener<F> {
    const KIND: &str = "a listener";

    fn from_thing(thing: Thing) -> Result<Self, Thing> {
        if let Thing::Listener(listener) = thing { Ok(Self::from_raw(listener.into_raw())) } else { Err(thing) }
    }
}

impl Given for UdpSocket {
    const KIND: &str = "a UDP socket";

    fn from_thing(thing: Thing) -> Result<Self, Thing> {
        if let Thing::UdpSocket(socket) = thing { Ok(socket) } else { Err(thing) }
    }
}

impl Given for Coroutine {
    const KIND: &str = "a coroutine";

    fn from_thing(thing: Thing) -> Result<Self, Thing> {
        if let Thing::Coroutine(coroutine) = thing { Ok(coroutine) } else { Err(thing) }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Thing::Connection(_) => <Connection as Given>::KIND,
            Thing::Listener(_) => <Listener as Given>::KIND,
            Thing::UdpSocket(_) => UdpSocket::KIND,
            Thing::Coroutine(_) => Coroutine::KIND,
        })
    }
}

impl<F: Family> From<Connection<F>> for Thing {
    fn from(connection: Connection<F>) -> Self {
        Thing::Connection(connection.into_any())
    }
}

impl<F: Family> From<Listener<F>> for Thing {
    fn from(listener: Listener<F>) -> Self {
        Thing::Listener(listener.into_any())
    }
}

impl From<UdpSocket> for Thing {
    fn from(socket: UdpSocket) -> Self {
        Thing::UdpSocket(socket)
    }
}

impl From<Coroutine> for Thing {
    fn from(coroutine: Coroutine) -> Self {
        Thing::Coroutine(coroutine)
    }
}

impl From<Thing> for raw::Thing {
    fn from(thing: Thing) -> Self {
        match thing {
            Thing::Connection(connection) => raw::Thing::Connection(connection.into_raw()),
            Thing::Listener(listener) => raw::Thing::Listener(listener.into_raw()),
            Thing::UdpSocket(socket) => raw::Thing::UdpSocket(socket.into_raw()),
            Thing::Coroutine(coroutine) => raw::Thing::Coroutine(coroutine.into_raw()),
        }
    }
}

impl From<raw::Thing> for Thing {
    fn from(thing: raw::Thing) -> Self {
        match thing {
            raw::Thing::Connection(connection) => Thing::Connection(Connection::from_raw(connection)),
            raw::Thing::Listener(listener) => Thing::Listener(Listener::from_raw(listener)),
            raw::Thing::UdpSocket(socket) => Thing::UdpSocket(UdpSocket::from_raw(socket)),
            raw::Thing::Coroutine(coroutine) => Thing::Coroutine(Coroutine::from_raw(coroutine)),
        }
    }
}
