//! What all listeners have in common.

use super::ready::{For, Ready};
use super::{Any, Connection, Family, Tcp, Unix};
use crate::bindings::cogen::engine::connections;
use crate::coroutine::Coroutine;
use crate::{Options, Result};
use std::marker::PhantomData;

/// Something that others connect to: a [`TcpListener`](super::TcpListener), a [`UnixListener`](super::UnixListener), or
/// either of them.
#[derive(Debug)]
pub struct Listener<F = Any> {
    raw: connections::Listener,
    family: PhantomData<F>,
}

impl<F: Family> Listener<F> {
    /// Park until somebody connects, and answer the connection and the peer's address. When the process has no descriptor
    /// left, it parks until there is one.
    ///
    /// Fails with [`TimedOut`](crate::Error::TimedOut), [`Cancelled`](crate::Error::Cancelled) or
    /// [`Network`](crate::Error::Network).
    pub fn accept(&self) -> Result<(Connection<F>, F::Address)> {
        self.accept_with(Options::new())
    }

    /// As [`accept`](Listener::accept), with a timeout and a priority.
    pub fn accept_with(&self, options: Options) -> Result<(Connection<F>, F::Address)> {
        let (connection, peer) = self.raw.accept(options.raw)?;
        Ok((Connection::from_raw(connection), F::address(peer)?))
    }

    /// Those who connect, one after the other, without their addresses. It never ends; a loop that ignores failures goes on
    /// for ever once this coroutine is cancelled.
    pub fn incoming(&self) -> impl Iterator<Item = Result<Connection<F>>> + '_ {
        std::iter::repeat_with(|| self.accept().map(|(connection, _)| connection))
    }

    /// Start `program` with `args` for each who connects, and [give](crate::handover) it the connection, for as long as the
    /// answered coroutine lives. At most `most` of them live at a time, or as many as the engine has room for if that is zero;
    /// the others who connect wait. To end the accept loop leaves those who were started alone.
    ///
    /// Fails with [`Denied`](crate::Error::Denied), [`UnknownProgram`](crate::Error::UnknownProgram),
    /// [`LimitReached`](crate::Error::LimitReached), [`Cancelled`](crate::Error::Cancelled) or
    /// [`InvalidArgument`](crate::Error::InvalidArgument).
    pub fn serve(self, program: &str, args: impl AsRef<[u8]>, most: u32) -> Result<Coroutine> {
        let serving = connections::Listener::serve(self.raw, program, args.as_ref(), most);
        serving.map(Coroutine::from_raw).map_err(Into::into)
    }

    /// Where it listens; with the port that was chosen when zero was asked for.
    pub fn local_addr(&self) -> Result<F::Address> {
        F::address(self.raw.local_address()?)
    }

    /// Let the timeout of `options` hold for accepts that give none. Its priority is not used.
    pub fn set_timeout(&self, options: Options) {
        self.raw.set_timeout(options.raw.timeout);
    }

    /// That there is somebody to accept. Of several who share the listener only one gets it.
    pub fn accepting(&self) -> Ready<'_> {
        Ready(For::Accept(&self.raw))
    }

    /// Another handle of the same listener. Each who connects is accepted by one of the handles.
    ///
    /// Fails with [`LimitReached`](crate::Error::LimitReached) when the process has no more descriptors.
    pub fn try_clone(&self) -> Result<Self> {
        self.raw.share().map(Self::from_raw).map_err(Into::into)
    }

    /// The same listener, for those to whom it is all one what it goes over.
    pub fn into_any(self) -> Listener {
        Listener::from_raw(self.raw)
    }

    pub(crate) fn from_raw(raw: connections::Listener) -> Self {
        Listener { raw, family: PhantomData }
    }

    pub(crate) fn into_raw(self) -> connections::Listener {
        self.raw
    }
}

impl Listener {
    /// This listener as one over TCP. That it is one is not checked here: what only TCP has fails if it is not.
    pub fn into_tcp(self) -> Listener<Tcp> {
        Listener::from_raw(self.raw)
    }

    /// This listener as one over a Unix socket.
    pub fn into_unix(self) -> Listener<Unix> {
        Listener::from_raw(self.raw)
    }
}
