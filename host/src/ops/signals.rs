//! `cogen:engine/signals`.

use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use bytes::Bytes;
use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::bindings::signals::{Host, HostPendingSignal, HostSignalWait};
use super::bindings::{Error, Options};
use super::line;
use super::rows::{Row, Signaller, Waiter, Wakes};
use super::trace::{Brief, shown};
use super::{Answer, Operation, Refusal, check_name, check_size, yield_now};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::program::Priority;
use crate::sandbox::grants::Key;
use crate::sandbox::limits::Limit;
use crate::sandbox::usage::Permit;

/// The longest value of a signal: every waiter gets a copy of it.
const MAX_VALUE: usize = 1 << 20;

/// A place in the row of those who wait, undone by drop.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct SignalWait {
    name: Arc<str>,
    place: line::Spot,
    waiter: Arc<Waiter>,
    /// For one that is held without being parked.
    permit: Option<Permit>,
}

impl SignalWait {
    fn begin(name: &str, core: &Arc<Core>) -> Self {
        let waiter = Waiter::new(core);
        let enter = |row: &mut Row| (row.name.clone(), row.waiters.join(waiter.clone()));
        let (name, place) = core.shared.signals.enter(core, name, enter);
        SignalWait { name, place, waiter, permit: None }
    }

    /// Gives up the place; answers the value if it came before that.
    fn withdraw(self) -> Option<Vec<u8>> {
        let waiter = self.waiter.clone();
        drop(self);
        waiter.take()
    }
}

impl Brief for SignalWait {
    fn brief(&self) -> String {
        "waits".to_owned()
    }
}

impl Drop for SignalWait {
    fn drop(&mut self) {
        if !self.waiter.is_given() {
            let core = &self.waiter.core;
            // It may be given in this moment, and its place be another's, before the row is ours.
            core.shared.signals.visit(core, &self.name, |row, _| {
                if !self.waiter.is_given() {
                    row.waiters.leave(self.place);
                }
            });
        }
    }
}

/// A place in the row of those who signal, undone by drop.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct PendingSignal {
    signaller: Arc<Signaller>,
    place: Option<(Arc<str>, line::Spot)>,
    /// For one that is held without being parked.
    permit: Option<Permit>,
}

impl PendingSignal {
    fn begin(name: &str, value: Bytes, recipients: u32, priority: Priority, core: &Arc<Core>) -> Self {
        let recipients = usize::try_from(recipients).unwrap_or(usize::MAX);
        let signaller = Signaller { core: core.clone(), value, recipients, priority, woken: OnceLock::new() };
        let signaller = Arc::new(signaller);
        let enter = |row: &mut Row| (row.name.clone(), row.signallers.join(signaller.clone()));
        let (name, place) = core.shared.signals.enter(core, name, enter);
        PendingSignal { signaller, place: Some((name, place)), permit: None }
    }

    /// One that was given at once, and stands in no row.
    fn given(woken: u32, priority: Priority, core: &Arc<Core>) -> Self {
        let (core, value, woken) = (core.clone(), Bytes::new(), OnceLock::from(woken));
        let signaller = Arc::new(Signaller { core, value, recipients: 0, priority, woken });
        PendingSignal { signaller, place: None, permit: None }
    }

    /// How many were woken, once they were.
    fn woken(&self) -> Option<u32> {
        self.signaller.woken()
    }

    /// Takes the signal back; answers how many were woken if it was given before that.
    fn withdraw(self) -> Option<u32> {
        let signaller = self.signaller.clone();
        drop(self);
        signaller.woken()
    }
}

impl Brief for PendingSignal {
    fn brief(&self) -> String {
        self.woken().map_or_else(|| "waits".to_owned(), |woken| woken.brief())
    }
}

impl Drop for PendingSignal {
    fn drop(&mut self) {
        if let (None, Some((name, place))) = (self.woken(), &self.place) {
            let core = &self.signaller.core;
            core.shared.signals.visit(core, name, |row, wakes| {
                if self.woken().is_none() {
                    row.signallers.leave(*place);
                }
                // The next one may have waited only because this one stood before it.
                row.serve(wakes);
            });
        }
    }
}

/// Gives `value`, which is then taken, to those who wait for `name` now, if they are at least so many and no other
/// signaller is before.
fn give_now(core: &Core, name: &str, value: &mut Bytes, recipients: u32, priority: Priority) -> Option<u32> {
    let is_enough =
        |row: &Row| recipients == 0 || row.signallers.is_empty() && row.waiters.len() as u64 >= u64::from(recipients);
    let give = |row: &mut Row, wakes: &mut Wakes| is_enough(row).then(|| row.give(mem::take(value), priority, wakes));
    core.shared.signals.visit(core, name, give).unwrap_or((recipients == 0).then_some(0))
}

/// What an operation answers whose place was given up when its time was: what came in the same moment is not lost.
fn or_what_came<T>(answer: Answer<T>, came: impl FnOnce() -> Option<T>) -> Answer<T> {
    match answer {
        Err(Refusal::Told(error)) if matches!(*error, Error::TimedOut | Error::Cancelled) => {
            came().ok_or(Refusal::Told(error))
        }
        answer => answer,
    }
}

impl Host for Guest {
    async fn signal(&mut self, name: String, value: Vec<u8>, recipients: u32, options: Options) -> Answer<u32> {
        let priority = self.priority(&options);
        let core = &self.core;
        let begun = OnceLock::<PendingSignal>::new();
        let operation = Operation {
            name: Name::Signal,
            detail: || shown(&name),
            wait: || {
                begun.get().and_then(|signal| Some(Wait::Recipients(signal.place.as_ref()?.0.clone(), recipients)))
            },
            deadline: self.deadline(&options),
        };
        let work = async {
            check_signal(core, &name, &value)?;
            core.flow(Limit::SignalsPerSecond, 1).await;
            core.flow(Limit::SignalBytesPerSecond, value.len() as u64).await;
            let mut value = keep(core, value)?;
            if let Some(woken) = give_now(core, &name, &mut value, recipients, priority) {
                return Ok(woken);
            }
            let signal = begun.get_or_init(|| PendingSignal::begin(&name, value, recipients, priority, core));
            poll_fn(|_| signal.woken().map_or(Poll::Pending, |woken| Poll::Ready(Ok(woken)))).await
        };
        let answer = self.core.operate(operation, pin!(work)).await;
        if begun.get().is_some() {
            // Whoever completed its recipients has put it into the queue, at the place that its priority asks for.
            return or_what_came(answer, || begun.into_inner()?.withdraw());
        }
        if answer.is_ok() && !priority.asker_goes_on() {
            // The signal is given, whatever becomes of the signaller: this wait cannot time out.
            yield_now().await?;
        }
        answer
    }

    fn start_signal(
        &mut self,
        name: String,
        value: Vec<u8>,
        recipients: u32,
        options: Options,
    ) -> Answer<Resource<PendingSignal>> {
        let begun = self.core.answer(
            Name::StartSignal,
            || shown(&name),
            || {
                check_signal(&self.core, &name, &value)?;
                let permit = self.core.permit(Limit::Pending)?;
                pass_now(&self.core, value.len())?;
                let priority = self.priority(&options);
                let mut value = keep(&self.core, value)?;
                let mut signal = match give_now(&self.core, &name, &mut value, recipients, priority) {
                    Some(woken) => PendingSignal::given(woken, priority, &self.core),
                    None => PendingSignal::begin(&name, value, recipients, priority, &self.core),
                };
                signal.permit = Some(permit);
                Ok(signal)
            },
        );
        Ok(self.table.push(begun?)?)
    }

    async fn wait_for_signal(&mut self, name: String, options: Options) -> Answer<Vec<u8>> {
        let begun = OnceLock::<SignalWait>::new();
        let operation = Operation {
            name: Name::WaitForSignal,
            detail: || shown(&name),
            wait: || begun.get().map(|wait| Wait::Signal(wait.name.clone())),
            deadline: self.deadline(&options),
        };
        let work = async {
            check_wait(&self.core, &name)?;
            let wait = begun.get_or_init(|| SignalWait::begin(&name, &self.core));
            poll_fn(|_| wait.waiter.take().map_or(Poll::Pending, |value| Poll::Ready(Ok(value)))).await
        };
        let answer = self.core.operate(operation, pin!(work)).await;
        or_what_came(answer, || begun.into_inner()?.withdraw())
    }

    fn start_wait(&mut self, name: String) -> Answer<Resource<SignalWait>> {
        let begun = self.core.answer(
            Name::StartWait,
            || shown(&name),
            || {
                check_wait(&self.core, &name)?;
                let permit = self.core.permit(Limit::Pending)?;
                let mut wait = SignalWait::begin(&name, &self.core);
                wait.permit = Some(permit);
                Ok(wait)
            },
        );
        Ok(self.table.push(begun?)?)
    }
}

/// The value as it is handed on: charged for as long as it is on its way.
fn keep(core: &Core, value: Vec<u8>) -> Answer<Bytes> {
    Ok(core.program.payloads.keep(value).map_err(Error::LimitReached)?)
}

/// Lets a signal flow at once, or not at all.
fn pass_now(core: &Core, bytes: usize) -> Answer<()> {
    for (limit, amount) in [(Limit::SignalsPerSecond, 1), (Limit::SignalBytesPerSecond, bytes as u64)] {
        if core.pass(limit, amount).is_err() {
            return Err(Error::LimitReached(core.met(limit, format_args!("{amount} more"))).into());
        }
    }
    Ok(())
}

/// A signal that this coroutine may send, or what is wrong with it.
fn check_signal(core: &Core, name: &str, value: &[u8]) -> Answer<()> {
    check_name(name)?;
    core.granted(core.grants.name(Key::Send, name))?;
    check_size("a signal's value", value, MAX_VALUE)
}

/// A name that this coroutine may wait for, or what is wrong with it.
fn check_wait(core: &Core, name: &str) -> Answer<()> {
    check_name(name)?;
    core.granted(core.grants.name(Key::Wait, name))
}

impl HostSignalWait for Guest {
    fn subscribe(&mut self, wait: Resource<SignalWait>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, wait)
    }

    fn finish(&mut self, wait: Resource<SignalWait>) -> Answer<Vec<u8>> {
        let waiter = &self.table.get(&wait)?.waiter;
        match waiter.take() {
            Some(value) => Ok(value),
            None if waiter.is_given() => Err(Error::InvalidArgument("the wait has been finished".to_owned()).into()),
            None => Err(self.not_ready().into()),
        }
    }

    fn drop(&mut self, wait: Resource<SignalWait>) -> wasmtime::Result<()> {
        self.table.delete(wait)?;
        Ok(())
    }
}

impl HostPendingSignal for Guest {
    fn subscribe(&mut self, signal: Resource<PendingSignal>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, signal)
    }

    fn finish(&mut self, signal: Resource<PendingSignal>) -> Answer<u32> {
        let woken = self.table.get(&signal)?.woken();
        woken.ok_or_else(|| self.not_ready().into())
    }

    fn drop(&mut self, signal: Resource<PendingSignal>) -> wasmtime::Result<()> {
        self.table.delete(signal)?;
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for SignalWait {
    async fn ready(&mut self) {
        let waiter = &self.waiter;
        poll_fn(|_| ready_if(waiter.is_given() || waiter.core.status.is_cancelled())).await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PendingSignal {
    async fn ready(&mut self) {
        poll_fn(|_| ready_if(self.woken().is_some() || self.signaller.core.status.is_cancelled())).await;
    }
}

fn ready_if(ready: bool) -> Poll<()> {
    if ready { Poll::Ready(()) } else { Poll::Pending }
}
