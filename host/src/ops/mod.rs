//! The boundary that every operation crosses.
//!
//! A host function names its operation, checks what the guest gave it, and hands the work to [`Core::operate`] as a
//! future. That tries it at once, on the guest's own stack. What is not ready then parks the coroutine, until the
//! future is woken, its time is up, or the coroutine is cancelled. Whatever a future has registered it undoes when
//! dropped; so an operation may be left half-way, and killing a coroutine is dropping it.
//!
//! One file for each interface, all of one shape: the host functions, then what they register. Nothing but this file
//! (and `trace`, for what it tells) knows of timeouts, cancellation, tracing and the table of who waits for what.

pub(crate) mod bindings;
pub(crate) mod connections;
mod context;
pub(crate) mod coroutines;
mod files;
mod handover;
mod input;
pub(crate) mod line;
mod log;
pub(crate) mod names;
pub(crate) mod pending;
pub(crate) mod rows;
mod sandbox;
pub(crate) mod scopes;
pub(crate) mod signals;
pub(crate) mod source;
mod stream;
mod tcp;
mod time;
pub(crate) mod trace;
pub(crate) mod udp;
mod unix;

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use bindings::{Error, Options, types};
use bytes::Bytes;
pub(crate) use connections::{Connection, Listener};
pub(crate) use handover::Thing;
pub(crate) use source::is_out_of_descriptors;
pub(crate) use trace::Brief;
pub(crate) use unix::MAX_PATH as MAX_UNIX_PATH;
use wasmtime::component::{HasSelf, Linker, ResourceTableError};
use wasmtime_wasi_io::poll::Pollable;

use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::engine::MAX_PAYLOAD;
use crate::error::ErrorKind;
use crate::program::Priority;
use crate::sandbox::grants::Missing;
use crate::sandbox::limits::Limit;
use crate::sandbox::usage::Permit;
use crate::scheduler::alarm::Alarm;
use crate::scheduler::blocking::NoThread;
use crate::scheduler::worker::{self, Local};
use crate::wasi;

/// What comes of an operation.
pub(crate) type Answer<T> = Result<T, Refusal>;

/// Names a guest may use for signals and context values are at most this long, and not empty.
pub(crate) const MAX_NAME: usize = 256;

/// Everything that a guest may import.
pub(crate) fn linker(engine: &wasmtime::Engine) -> Result<Linker<Guest>, crate::Error> {
    let mut linker = Linker::new(engine);
    add(&mut linker).map_err(|error| {
        crate::Error::new(ErrorKind::Internal, format!("cannot define the imports of guests: {error:#}"))
    })?;
    Ok(linker)
}

fn add(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    bindings::types::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::time::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::coroutines::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::signals::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::connections::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::tcp::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::udp::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::unix::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::names::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::handover::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::sandbox::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::scopes::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::context::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    bindings::log::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)?;
    wasi::add_to_linker(linker)
}

impl types::Host for Guest {
    fn convert_error(&mut self, refusal: Refusal) -> wasmtime::Result<Error> {
        match refusal {
            Refusal::Told(error) => Ok(*error),
            Refusal::Fatal(error) => Err(error),
        }
    }
}

/// Why an operation has no result. Small, since every operation hands one of these through several hands.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub enum Refusal {
    /// The guest is told, and goes on.
    Told(Box<Error>),
    /// The guest ends.
    Fatal(wasmtime::Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Told(Box::new(error))
    }
}

impl From<wasmtime::Error> for Refusal {
    fn from(error: wasmtime::Error) -> Self {
        Refusal::Fatal(error)
    }
}

impl From<NoThread> for Refusal {
    fn from(NoThread(error): NoThread) -> Self {
        Error::LimitReached(format!("the host cannot start a thread that waits for it: {error}")).into()
    }
}

impl From<ResourceTableError> for Refusal {
    fn from(error: ResourceTableError) -> Self {
        Refusal::Fatal(error.into())
    }
}

/// How long an operation may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    Never,
    TryOnce,
    At(u64),
}

/// What an operation is, for the report, the trace and the table.
pub(crate) struct Operation<D, W> {
    pub(crate) name: Name,
    /// What it is about, asked for only when it is traced.
    pub(crate) detail: D,
    /// What the coroutine waits for, asked for only when it must park; nothing if it only lets others go first.
    pub(crate) wait: W,
    pub(crate) deadline: Deadline,
}

impl Core {
    /// Carries out an operation that may have to wait. Dropped half-way, it leaves nothing behind. The work stays where
    /// its host function has it: a future that is handed on is copied each time.
    pub(crate) async fn operate<T: Brief>(
        self: &Arc<Self>,
        operation: Operation<impl Fn() -> String, impl FnOnce() -> Option<Wait>>,
        mut work: Pin<&mut impl Future<Output = Answer<T>>>,
    ) -> Answer<T> {
        let Operation { name, detail, wait, deadline } = operation;
        let began = self.begin(name);
        let core = self;
        let mut wait = Some(wait);
        let mut alarm: Option<Alarm> = None;
        let answer = poll_fn(|cx| {
            if core.status.is_cancelled() {
                return Poll::Ready(Err(Error::Cancelled.into()));
            }
            if let Poll::Ready(answer) = work.as_mut().poll(cx) {
                return Poll::Ready(answer);
            }
            match deadline {
                Deadline::Never => {}
                Deadline::TryOnce => return Poll::Ready(Err(Error::TimedOut.into())),
                Deadline::At(moment) => {
                    let alarm = alarm.get_or_insert_with(|| Alarm::arm(moment, core));
                    if alarm.has_fired(core.shared.clock.now()) {
                        return Poll::Ready(Err(Error::TimedOut.into()));
                    }
                }
            }
            if let Some(wait) = wait.take().and_then(|wait| wait()) {
                core.note_wait(wait);
            }
            Poll::Pending
        })
        .await;
        self.note(name, detail, began, &answer);
        answer
    }

    /// Carries out an operation that never waits.
    pub(crate) fn answer<R: Brief>(&self, name: Name, detail: impl Fn() -> String, work: impl FnOnce() -> R) -> R {
        let began = self.begin(name);
        let answer = work();
        self.note(name, detail, began, &answer);
        answer
    }

    /// Waits for something of WASI, which knows no errors of ours: a cancelled coroutine is woken and its pollables
    /// are all ready, so that it comes to an operation which can tell it. What is waited for may say itself what that is.
    pub(crate) async fn wait_for<T>(&self, name: Name, wait: Wait, work: impl Future<Output = T>) -> T {
        let began = self.begin(name);
        let answer = self.say_while(&wait, work, || {}).await;
        self.note(name, || wait.to_string(), began, &());
        answer
    }

    /// As [`Core::wait_for`], where it is no operation unless there is a wait: guests print by way of it, and what they print
    /// at last is not what they did last.
    pub(crate) async fn wait_if_need_be<T>(&self, name: Name, wait: Wait, work: impl Future<Output = T>) -> T {
        let mut began = None;
        let answer = self.say_while(&wait, work, || began = self.begin(name)).await;
        self.note(name, || wait.to_string(), began, &());
        answer
    }

    /// Says what is waited for as soon as something is.
    async fn say_while<T>(&self, wait: &Wait, work: impl Future<Output = T>, parks: impl FnOnce()) -> T {
        let mut parks = Some(parks);
        let mut work = pin!(work);
        self.forget_wait();
        poll_fn(|cx| {
            let polled = work.as_mut().poll(cx);
            if let (true, Some(parks)) = (polled.is_pending(), parks.take()) {
                parks();
                match wait {
                    // Each of many says what it is.
                    Wait::Poll(2..) => self.note_wait(wait.clone()),
                    _ => self.note_wait_if_unsaid(wait.clone()),
                }
            }
            polled
        })
        .await
    }
}

impl Core {
    /// What this coroutine was granted; or what it is told, once that is counted.
    pub(crate) fn granted<T>(&self, granted: Result<T, Missing>) -> Answer<T> {
        granted.map_err(|missing| {
            self.shared.refuse(self, &missing);
            Error::Denied(missing.text()).into()
        })
    }

    /// One more of what this coroutine may have so many of at a time.
    pub(crate) fn permit(self: &Arc<Self>, limit: Limit) -> Answer<Permit> {
        Ok(Permit::take(self, limit).map_err(Error::LimitReached)?)
    }

    /// Lets so much flow, of which there may be so much in a second: parks until it may; answers whether it may, which it may not
    /// when the coroutine is cancelled meanwhile.
    pub(crate) async fn flow(self: &Arc<Self>, limit: Limit, amount: u64) -> bool {
        while let Err(later) = self.pass(limit, amount) {
            if self.status.is_cancelled() {
                return false;
            }
            self.note_wait(Wait::Rate(limit));
            sleep_until(self, later).await;
        }
        true
    }

    /// Bytes of a guest that are on their way out: charged for as long as the host keeps them.
    fn outgoing(&self, bytes: Vec<u8>) -> Answer<Bytes> {
        check_size("bytes to write", &bytes, MAX_PAYLOAD)?;
        Ok(self.program.payloads.keep(bytes).map_err(Error::LimitReached)?)
    }
}

impl Guest {
    /// Until when an operation with these options may wait.
    pub(crate) fn deadline(&self, options: &Options) -> Deadline {
        let now = || self.core.shared.clock.now();
        let within = |duration: u64| match duration {
            0 => Deadline::TryOnce,
            // Beyond the end of the clock is never.
            duration => now().checked_add(duration).filter(|&at| at != u64::MAX).map_or(Deadline::Never, Deadline::At),
        };
        match options.timeout {
            types::Timeout::Default => self.core.program.default_timeout.map_or(Deadline::Never, within),
            types::Timeout::Never => Deadline::Never,
            types::Timeout::Within(duration) => within(duration),
            types::Timeout::By(moment) if moment <= now() => Deadline::TryOnce,
            types::Timeout::By(u64::MAX) => Deadline::Never,
            types::Timeout::By(moment) => Deadline::At(moment),
        }
    }

    /// Why something begun has no result yet.
    pub(crate) fn not_ready(&self) -> Error {
        if self.core.status.is_cancelled() { Error::Cancelled } else { Error::NotReady }
    }

    /// Whom an operation with these options lets pass.
    pub(crate) fn priority(&self, options: &Options) -> Priority {
        match options.priority {
            types::Priority::Default => self.core.program.default_priority,
            types::Priority::Last => Priority::Last,
            types::Priority::Operation => Priority::Operation,
            types::Priority::Coroutine => Priority::Coroutine,
            types::Priority::First => Priority::First,
        }
    }
}

/// A name of 1 to [`MAX_NAME`] bytes, or what is wrong with it.
pub(crate) fn check_name(name: &str) -> Answer<()> {
    if (1..=MAX_NAME).contains(&name.len()) {
        return Ok(());
    }
    Err(Error::InvalidArgument(format!("a name of {} bytes; 1 to {MAX_NAME} are allowed", name.len())).into())
}

/// A value of at most `most` bytes, or what is wrong with it.
pub(crate) fn check_size(what: &str, bytes: &[u8], most: usize) -> Answer<()> {
    if bytes.len() <= most {
        return Ok(());
    }
    Err(Error::InvalidArgument(format!("{what} of {} bytes; at most {most} are allowed", bytes.len())).into())
}

/// Goes once through the queue: to its back, behind whoever is ready now.
pub(crate) fn yield_now() -> impl Future<Output = Answer<()>> {
    let mut yielded = false;
    poll_fn(move |_| {
        if mem::replace(&mut yielded, true) {
            return Poll::Ready(Ok(()));
        }
        worker::with(Local::let_others_go);
        Poll::Pending
    })
}

/// A moment as a pollable. Ready for good once it has come, and for a cancelled coroutine.
pub(crate) struct Moment {
    pub(crate) core: Arc<Core>,
    pub(crate) deadline: u64,
    pub(crate) _permit: Permit,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Moment {
    async fn ready(&mut self) {
        if self.core.shared.clock.now() >= self.deadline {
            self.core.polling.note_due();
            return;
        }
        self.core.note_wait(Wait::Until(self.deadline));
        sleep_until(&self.core, self.deadline).await;
    }
}

/// Parks until `deadline` or until the coroutine is cancelled. The end of the clock never comes.
pub(crate) async fn sleep_until(core: &Arc<Core>, deadline: u64) {
    let mut alarm: Option<Alarm> = None;
    poll_fn(|_| {
        if core.status.is_cancelled() || core.shared.clock.now() >= deadline {
            return Poll::Ready(());
        }
        if deadline != u64::MAX {
            alarm.get_or_insert_with(|| Alarm::arm(deadline, core));
        }
        Poll::Pending
    })
    .await;
}
