//! A socket as operations see it: known to its worker's reactor from the first wait on, and forgotten by drop.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use wasmtime_wasi_io::poll::Pollable;

use super::bindings::types::{NetworkFailure, NetworkProblem, Timeout};
use super::bindings::{Error, Options};
use super::{Answer, Deadline, Operation, Refusal};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::reactor::{Address, At, Direction, Reactor, Socket, Token};
use crate::sandbox::limits::Limit;
use crate::sandbox::usage::Permit;
use crate::scheduler::Place;
use crate::scheduler::alarm::Alarm;
use crate::scheduler::worker;

/// A socket and its place at the reactor of the worker that it is used on.
pub(crate) struct Source {
    pub(crate) socket: Arc<Socket>,
    token: OnceLock<Token>,
    /// Whether something that was read of it waits to be handed out.
    keeps_input: AtomicBool,
    /// How many bytes went to the system.
    written: AtomicU64,
    /// As one of the sockets of who holds it.
    permit: Option<Permit>,
}

impl Source {
    pub(crate) fn new(socket: Socket, permit: Option<Permit>) -> Self {
        Source {
            socket: Arc::new(socket),
            token: OnceLock::new(),
            keeps_input: AtomicBool::new(false),
            written: AtomicU64::new(0),
            permit,
        }
    }

    /// Begins to connect a socket.
    pub(crate) fn connecting(socket: Socket, address: &Address, permit: Permit) -> io::Result<Self> {
        let source = Source::new(socket, Some(permit));
        let token = worker::with_reactor(|reactor| reactor.connect(&source.socket, address))?;
        // A new one has none.
        let _ = source.token.set(token);
        Ok(source)
    }

    /// The name of the socket at this worker's reactor.
    fn token(&self) -> io::Result<Token> {
        if let Some(token) = self.token.get() {
            return Ok(*token);
        }
        let token = worker::with_reactor(|reactor| reactor.add(&self.socket))?;
        Ok(*self.token.get_or_init(|| token))
    }

    /// Leaves this worker's reactor: whoever uses it next may be on another worker. Answers what the reactor had read.
    pub(super) fn leave(&mut self) -> Vec<u8> {
        self.permit = None;
        let token = self.token.take();
        token.map(|token| worker::with_reactor(|reactor| reactor.remove(token))).unwrap_or_default()
    }

    /// It is one of the sockets of this coroutine from now on, which was given it: whatever number it may have.
    pub(super) fn arrive(source: &mut Arc<Self>, core: &Arc<Core>) {
        if let Some(source) = Arc::get_mut(source) {
            source.permit = Some(Permit::take_anyway(core, Limit::Sockets));
        }
    }

    /// Says whether something that was read of it waits to be handed out.
    pub(super) fn note_input(&self, keeps: bool) {
        self.keeps_input.store(keeps, Ordering::Relaxed);
    }

    /// How many bytes went to the system.
    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// So many more did.
    pub(crate) fn note_written(&self, count: usize) {
        self.written.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// What a guest is told when the system says no.
    pub(super) fn failure(&self, attempted: &str, error: &io::Error) -> Refusal {
        failure(attempted, self.socket.describe(), error)
    }

    /// Asks the reactor until it is ready, or nothing has moved for too long. Dropped half-way, nobody waits any more.
    pub(super) async fn attempt<T>(
        &self,
        direction: Direction,
        asker: &Asker<'_>,
        mut ask: impl FnMut(&mut dyn Reactor, At<'_>) -> Poll<io::Result<T>>,
    ) -> Answer<io::Result<T>> {
        let token = match self.token() {
            Ok(token) => token,
            Err(error) => return Ok(Err(error)),
        };
        let at = At { token, who: asker.core, place: asker.place, tries_once: asker.tries_once };
        let mut wait: Option<Waiting<'_>> = None;
        let mut alarm: Option<Alarm> = None;
        poll_fn(|_| {
            if let Poll::Ready(result) = worker::with_reactor(|reactor| ask(reactor, at)) {
                return Poll::Ready(Ok(result));
            }
            wait.get_or_insert_with(|| Waiting { source: self, token, direction });
            let Some(idle) = asker.idle else { return Poll::Pending };
            let now = asker.core.shared.clock.now();
            // The end of the clock never comes.
            let Some(end) = now.checked_add(idle).filter(|&end| end != u64::MAX) else { return Poll::Pending };
            let alarm = alarm.get_or_insert_with(|| Alarm::arm(end, asker.core));
            if alarm.has_fired(now) { Poll::Ready(Err(Error::TimedOut.into())) } else { Poll::Pending }
        })
        .await
    }

    /// Asks the reactor once; nobody waits if it is not ready. With `looks` the system is asked in any case.
    pub(crate) fn try_now<T>(
        &self,
        direction: Direction,
        core: &Arc<Core>,
        looks: bool,
        ask: impl FnOnce(&mut dyn Reactor, At<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let token = self.token()?;
        let answer = worker::with_reactor(|reactor| {
            let at = At { token, who: core, place: Place::Back, tries_once: looks || !reactor.learns() };
            ask(reactor, at)
        });
        if answer.is_pending() {
            worker::look_soon();
            drop(Waiting { source: self, token, direction });
        }
        answer
    }

    /// Asks the reactor, which wakes the coroutine when there is reason to ask again. Nobody takes that back but the next who
    /// asks, and the end of the socket.
    pub(crate) fn ask<T>(
        &self,
        core: &Arc<Core>,
        ask: impl FnOnce(&mut dyn Reactor, At<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let at = At { token: self.token()?, who: core, place: Place::Back, tries_once: false };
        worker::with_reactor(|reactor| ask(reactor, at))
    }

    /// Asks the reactor until it is ready, or, without an answer, until the coroutine is cancelled.
    pub(crate) async fn wait<T>(
        &self,
        direction: Direction,
        core: &Arc<Core>,
        mut ask: impl FnMut(&mut dyn Reactor, At<'_>) -> Poll<io::Result<T>>,
    ) -> Option<io::Result<T>> {
        let asker = Asker { core, place: Place::Back, tries_once: false, idle: None };
        // It may be given up at once, by a poll that does not wait.
        worker::look_soon();
        let mut is_first = true;
        let answer = self.attempt(direction, &asker, |reactor, at| {
            if core.status.is_cancelled() {
                return Poll::Ready(Ok(None));
            }
            let looks = mem::take(&mut is_first) && !reactor.learns();
            ask(reactor, At { tries_once: looks, ..at }).map_ok(Some)
        });
        // Without a time it does not time out.
        answer.await.ok()?.transpose()
    }

    /// Parks until an operation in this direction would not, or until the coroutine is cancelled.
    pub(crate) async fn ready(&self, direction: Direction, core: &Arc<Core>) {
        let keeps_input = || direction == Direction::Read && self.keeps_input.load(Ordering::Relaxed);
        // What cannot be waited for fails at once when it is asked for.
        let _ = self
            .wait(direction, core, |reactor, at| match keeps_input() {
                true => Poll::Ready(Ok(())),
                false => reactor.ready(at, direction).map(Ok),
            })
            .await;
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Somebody waits for a direction of a socket, until this is dropped.
struct Waiting<'a> {
    source: &'a Source,
    token: Token,
    direction: Direction,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let written = worker::with_reactor(|reactor| reactor.stop(self.token, self.direction));
        self.source.note_written(written);
    }
}

/// Who asks for an operation on a socket, and how.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) core: &'a Arc<Core>,
    pub(super) place: Place,
    pub(super) tries_once: bool,
    /// For how long nothing may move.
    pub(super) idle: Option<u64>,
}

impl<'a> Asker<'a> {
    pub(super) fn new(core: &'a Arc<Core>, asked: Asked) -> Self {
        Self::within(core, asked, None)
    }

    /// As [`Asker::new`], where nothing may move for so long at most.
    pub(super) fn within(core: &'a Arc<Core>, asked: Asked, idle: Option<u64>) -> Self {
        Asker { core, place: asked.place, tries_once: asked.deadline == Deadline::TryOnce, idle }
    }
}

/// The options of an operation on a socket, as they hold.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) place: Place,
    pub(super) deadline: Deadline,
}

impl Guest {
    /// What the options of an operation mean on something that has a timeout of its own.
    pub(super) fn asked(&self, options: Options, own: Timeout) -> Asked {
        let timeout = if matches!(options.timeout, Timeout::Default) { own } else { options.timeout };
        let place = if self.priority(&options).asker_goes_on() { Place::Front } else { Place::Back };
        Asked { place, deadline: self.deadline(&Options { timeout, ..options }) }
    }
}

/// An operation on a socket, as it is told of.
pub(super) fn operation(
    name: Name,
    source: &Source,
    asked: Asked,
) -> Operation<impl Fn() -> String, impl FnOnce() -> Option<Wait>> {
    Operation {
        name,
        detail: || source.socket.describe(),
        wait: move || Some(Wait::Socket(name, Arc::downgrade(&source.socket))),
        deadline: asked.deadline,
    }
}

/// A direction of a socket as a pollable: ready when an operation would not park, and for a cancelled coroutine.
pub(super) struct Ready {
    pub(super) source: Arc<Source>,
    pub(super) direction: Direction,
    pub(super) core: Arc<Core>,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Ready {
    async fn ready(&mut self) {
        self.source.ready(self.direction, &self.core).await;
    }
}

/// What a guest is told when the system says no: what was attempted, on what, and why not.
pub(super) fn failure(attempted: &str, on: impl std::fmt::Display, error: &io::Error) -> Refusal {
    use io::ErrorKind as Kind;
    if is_out_of_descriptors(error) {
        return Error::LimitReached(format!(
            "cannot {attempted} {on}: the engine's process has as many descriptors as it may; raise `ulimit -n`"
        ))
        .into();
    }
    let problem = match error.kind() {
        Kind::ConnectionRefused => NetworkProblem::Refused,
        Kind::ConnectionReset | Kind::ConnectionAborted => NetworkProblem::Reset,
        Kind::BrokenPipe | Kind::NotConnected => NetworkProblem::Closed,
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown | Kind::TimedOut | Kind::NotFound => {
            NetworkProblem::Unreachable
        }
        Kind::AddrInUse => NetworkProblem::AddressInUse,
        Kind::AddrNotAvailable => NetworkProblem::AddressUnavailable,
        Kind::PermissionDenied => NetworkProblem::Denied,
        _ => NetworkProblem::Other,
    };
    Error::Network(NetworkFailure { problem, message: format!("cannot {attempted} {on}: {error}") }).into()
}

/// Whether there is no descriptor left, for this process or for the whole system.
pub(crate) fn is_out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let reasons = [
        Errno::MFILE,
        #[cfg(unix)]
        Errno::NFILE,
    ];
    reasons.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn each_no_of_the_system_is_a_problem_of_its_kind() {
        let problems = [
            (Errno::CONNREFUSED, NetworkProblem::Refused),
            (Errno::CONNRESET, NetworkProblem::Reset),
            (Errno::CONNABORTED, NetworkProblem::Reset),
            (Errno::PIPE, NetworkProblem::Closed),
            (Errno::NOTCONN, NetworkProblem::Closed),
            (Errno::HOSTUNREACH, NetworkProblem::Unreachable),
            (Errno::NETUNREACH, NetworkProblem::Unreachable),
            (Errno::TIMEDOUT, NetworkProblem::Unreachable),
            (Errno::NOENT, NetworkProblem::Unreachable),
            (Errno::ADDRINUSE, NetworkProblem::AddressInUse),
            (Errno::ADDRNOTAVAIL, NetworkProblem::AddressUnavailable),
            (Errno::ACCESS, NetworkProblem::Denied),
            (Errno::PERM, NetworkProblem::Denied),
            (Errno::NOBUFS, NetworkProblem::Other),
        ];
        for (errno, expected) in problems {
            let Refusal::Told(error) = failure("do", "it", &errno.into()) else { panic!("{errno} ends nobody") };
            let Error::Network(NetworkFailure { problem, message }) = *error else { panic!("{errno}: {error:?}") };
            assert_eq!(problem, expected, "{errno}");
            assert!(message.starts_with("cannot do it: "), "{message}");
        }
        for errno in [Errno::MFILE, Errno::NFILE] {
            let Refusal::Told(error) = failure("do", "it", &errno.into()) else { panic!("{errno} ends nobody") };
            assert!(matches!(*error, Error::LimitReached(_)), "{errno}: {error:?}");
        }
    }
}
