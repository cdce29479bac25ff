//! Start other coroutines, wait for them, and end them.
//!
//! Programs are named as in the engine's configuration; another name fails with
//! [`Error::UnknownProgram`](crate::Error::UnknownProgram), and one that this program is not granted (`spawn`, `call`) with
//! [`Error::Denied`](crate::Error::Denied). Arguments are bytes of at most 16 MiB.

use crate::bindings::cogen::engine::coroutines;
use crate::select::{Pollable, Wait, block_on};
use crate::{Failure, Options, Result};
use std::fmt;

/// Start a coroutine that runs `program` with `args` beside this one, and answer its handle.
///
/// Fails with [`Denied`](crate::Error::Denied), [`UnknownProgram`](crate::Error::UnknownProgram),
/// [`LimitReached`](crate::Error::LimitReached), [`Cancelled`](crate::Error::Cancelled) or
/// [`InvalidArgument`](crate::Error::InvalidArgument).
pub fn spawn(program: &str, args: impl AsRef<[u8]>) -> Result<Coroutine> {
    spawn_with(program, args, Options::new())
}

/// As [`spawn`], saying who runs first. The timeout is not used.
pub fn spawn_with(program: &str, args: impl AsRef<[u8]>, options: Options) -> Result<Coroutine> {
    coroutines::spawn(program, args.as_ref(), options.raw).map(Coroutine).map_err(Into::into)
}

/// Run `program` with `args` as a new coroutine, park until it has ended, and answer what it returned.
///
/// Fails with [`Ended`](crate::Error::Ended) when it ended without a value, and as [`spawn`] does.
pub fn call(program: &str, args: impl AsRef<[u8]>) -> Result<Vec<u8>> {
    call_with(program, args, Options::new())
}

/// As [`call`], with a timeout: when it is up, the callee is killed.
///
/// Fails with [`TimedOut`](crate::Error::TimedOut), too.
pub fn call_with(program: &str, args: impl AsRef<[u8]>, options: Options) -> Result<Vec<u8>> {
    Ok(coroutines::call(program, args.as_ref(), options.raw)?)
}

/// Begin a call without waiting for its end. To bound the wait, [`select`](mod@crate::select) on the call and a
/// [`Sleep`](crate::time::Sleep).
pub fn start_call(program: &str, args: impl AsRef<[u8]>) -> Result<PendingCall> {
    coroutines::start_call(program, args.as_ref()).map(PendingCall).map_err(Into::into)
}

/// The handle of this coroutine itself.
pub fn current() -> Coroutine {
    Coroutine(coroutines::current())
}

/// A handle of a coroutine: the authority to wait for it and to end it. Dropping it neither ends nor detaches anything.
///
/// To [`select`](mod@crate::select) on it is to wait for its end; then neither [`join`](Coroutine::join) nor
/// [`outcome`](Coroutine::outcome) parks.
#[derive(Debug)]
pub struct Coroutine(coroutines::Coroutine);

impl Coroutine {
    /// What the engine knows of it now. Never parks.
    pub fn info(&self) -> Info {
        let coroutines::Info { id, program, parent, state } = self.0.info();
        Info { id: CoroutineId(id), program, parent: parent.map(CoroutineId), state: state.into() }
    }

    /// Park until the coroutine has ended, and answer what it returned. Many may join one coroutine, and one may join
    /// many times.
    ///
    /// Fails with [`Ended`](crate::Error::Ended), [`Cancelled`](crate::Error::Cancelled), or
    /// [`InvalidArgument`](crate::Error::InvalidArgument) when a coroutine joins itself.
    pub fn join(&self) -> Result<Vec<u8>> {
        self.join_with(Options::new())
    }

    /// As [`join`](Coroutine::join), with a timeout.
    pub fn join_with(&self, options: Options) -> Result<Vec<u8>> {
        Ok(self.0.join(options.raw)?)
    }

    /// Park until the coroutine has ended, and answer how. Whatever it did is an [`Outcome`]: what fails is the wait alone, with
    /// [`Cancelled`](crate::Error::Cancelled), or [`InvalidArgument`](crate::Error::InvalidArgument) when a coroutine waits for
    /// itself.
    ///
    /// ```no_run
    /// use cogen_guest::coroutine::{self, Outcome};
    ///
    /// # fn example() -> cogen_guest::Result<()> {
    /// // As long as it fails, again; if this coroutine itself is cancelled, `?` leaves.
    /// while let Outcome::Failed(failure) = coroutine::spawn("worker", "")?.outcome()? {
    ///     println!("{failure}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn outcome(&self) -> Result<Outcome> {
        self.outcome_with(Options::new())
    }

    /// As [`outcome`](Coroutine::outcome), with a timeout.
    pub fn outcome_with(&self, options: Options) -> Result<Outcome> {
        Ok(self.0.outcome(options.raw)?.into())
    }

    /// Another handle of the same coroutine, for instance to be [given](crate::handover) to another one.
    pub fn share(&self) -> Coroutine {
        Coroutine(self.0.share())
    }

    /// Ask the coroutine to end: its present wait, and each later one, fails with
    /// [`Cancelled`](crate::Error::Cancelled). Never parks, and does not wait for it to comply.
    ///
    /// Fails with [`Denied`](crate::Error::Denied) for one that this coroutine neither is nor has started, unless it is granted
    /// its program (`cancel`).
    pub fn cancel(&self) -> Result<()> {
        Ok(self.0.cancel()?)
    }

    /// End the coroutine now, wherever it is, with whatever it has called. A coroutine that kills itself does not return
    /// from this.
    ///
    /// Fails as [`cancel`](Coroutine::cancel) does.
    pub fn kill(&self) -> Result<()> {
        Ok(self.0.kill()?)
    }

    pub(crate) fn from_raw(raw: coroutines::Coroutine) -> Self {
        Coroutine(raw)
    }

    pub(crate) fn into_raw(self) -> coroutines::Coroutine {
        self.0
    }
}

impl Wait for Coroutine {
    fn subscribe(&self) -> Pollable {
        self.0.subscribe()
    }
}

/// A call under way. Dropping it kills the callee if it has not ended.
#[derive(Debug)]
#[must_use = "dropping it kills the callee"]
pub struct PendingCall(coroutines::PendingCall);

impl PendingCall {
    /// The answer, once: [`NotReady`](crate::Error::NotReady) while the callee runs, then what [`call`] would have
    /// answered. Never parks.
    pub fn finish(&self) -> Result<Vec<u8>> {
        Ok(self.0.finish()?)
    }

    /// Park until the callee has ended, and answer as [`call`] would have.
    pub fn wait(self) -> Result<Vec<u8>> {
        block_on(&self);
        self.finish()
    }
}

impl Wait for PendingCall {
    fn subscribe(&self) -> Pollable {
        self.0.subscribe()
    }
}

/// How a coroutine ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned this value.
    Returned(Vec<u8>),
    /// It ended without a value.
    Failed(Failure),
}

impl From<coroutines::Outcome> for Outcome {
    fn from(outcome: coroutines::Outcome) -> Self {
        match outcome {
            coroutines::Outcome::Returned(value) => Outcome::Returned(value),
            coroutines::Outcome::Failed(failure) => Outcome::Failed(failure.into()),
        }
    }
}

/// A coroutine as seen at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Info {
    /// Its identity.
    pub id: CoroutineId,
    /// The program it runs.
    pub program: String,
    /// Who spawned or called it; none when it was started from outside.
    pub parent: Option<CoroutineId>,
    /// Where it is in its life.
    pub state: State,
}

/// The identity of a coroutine, unique in its engine and never used again. It carries no authority: to act on a
/// coroutine, hold a [`Coroutine`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoroutineId(u64);

impl CoroutineId {
    pub(crate) fn from_raw(id: u64) -> Self {
        CoroutineId(id)
    }
}

impl fmt::Display for CoroutineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a coroutine is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Made, and not yet started.
    Created,
    /// Waiting for its turn on its worker.
    Ready,
    /// Running now.
    Running,
    /// Waiting for something to happen.
    Parked,
    /// Over; how can be had by [`outcome`](Coroutine::outcome) and [`join`](Coroutine::join).
    Ended,
}

impl From<coroutines::State> for State {
    fn from(state: coroutines::State) -> Self {
        match state {
            coroutines::State::Created => State::Created,
            coroutines::State::Ready => State::Ready,
            coroutines::State::Running => State::Running,
            coroutines::State::Parked => State::Parked,
            coroutines::State::Ended => State::Ended,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Created => "created",
            State::Ready => "ready",
            State::Running => "running",
            State::Parked => "parked",
            State::Ended => "ended",
        })
    }
}
