//! `cogen:engine/signals`, and the rows of those who wait.
//!
//! A name's row is kept in one of [`SHARDS`] locked tables, chosen by its hash, so that coroutines of different workers
//! meet only over equal names (or, rarely, unlucky ones). A row holds the waiters and the signallers that wait for
//! enough of them, each in the order they came. Values are handed over under the lock; wakes follow after it. A row
//! that has become empty stays for a while: names are mostly used again, and to make a row costs more than to find it.

use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use bytes::Bytes;
use hashbrown::HashTable;
use parking_lot::Mutex;
use smallvec::SmallVec;
use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::bindings::signals::{Host, HostPendingSignal, HostSignalWait};
use super::bindings::{Error, Options};
use super::line::{self, Line};
use super::trace::{Brief, shown};
use super::{Answer, Operation, Refusal, check_name, check_size, yield_now};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::program::Priority;
use crate::scheduler::Place;

/// The longest value of a signal: every waiter gets a copy of it.
const MAX_VALUE: usize = 1 << 20;

/// More tables than a machine has cores, so that two workers seldom want the same one.
const SHARDS: usize = 64;

/// So many empty rows may stay in a table, or as many as there are others: together they are a megabyte at most.
const IDLE_ROWS: usize = 32;

/// All rows of an engine.
pub(crate) struct Signals {
    hasher: RandomState,
    shards: [Mutex<Rows>; SHARDS],
}

impl Default for Signals {
    fn default() -> Self {
        let hasher = RandomState::new();
        let rows = |_| Mutex::new(Rows { hasher: hasher.clone(), table: HashTable::new(), idle: 0 });
        Signals { shards: std::array::from_fn(rows), hasher }
    }
}

/// Some of the rows, by name.
struct Rows {
    hasher: RandomState,
    table: HashTable<Row>,
    /// How many of them are empty.
    idle: usize,
}

/// Those who wait for one name.
struct Row {
    name: Arc<str>,
    waiters: Line<Arc<Waiter>>,
    signallers: Line<Arc<Signaller>>,
}

/// One that stands in a row of waiters until it is given a value.
struct Waiter {
    core: Arc<Core>,
    is_given: AtomicBool,
    /// What it was given, until it is handed to the guest.
    value: Mutex<Option<Bytes>>,
}

/// One that stands in a row of signallers until enough wait.
struct Signaller {
    core: Arc<Core>,
    value: Bytes,
    recipients: usize,
    priority: Priority,
    /// How many were given the value, once they were.
    woken: OnceLock<u32>,
}

/// Wakes that are due once the lock is released, in order.
type Wakes = SmallVec<[(Arc<Core>, Place); 2]>;

impl Waiter {
    fn give(&self, value: Bytes) {
        *self.value.lock() = Some(value);
        self.is_given.store(true, Ordering::Release);
    }

    fn is_given(&self) -> bool {
        self.is_given.load(Ordering::Acquire)
    }

    /// The value, once. The only one of a signal is handed on as it came; of several, each gets a copy.
    fn take(&self) -> Option<Vec<u8>> {
        if !self.is_given() {
            return None;
        }
        self.value.lock().take().map(Vec::from)
    }
}

impl Row {
    fn new(name: &str) -> Self {
        Row { name: name.into(), waiters: Line::default(), signallers: Line::default() }
    }

    fn is_empty(&self) -> bool {
        self.waiters.is_empty() && self.signallers.is_empty()
    }

    /// Gives every waiter the value; answers how many they were.
    fn give(&mut self, value: Bytes, priority: Priority, wakes: &mut Wakes) -> u32 {
        let place = if priority.woken_to_front() { Place::Front } else { Place::Back };
        let count = u32::try_from(self.waiters.len()).unwrap_or(u32::MAX);
        let mut value = Some(value);
        while let Some(waiter) = self.waiters.pop() {
            let given = if self.waiters.is_empty() { value.take() } else { value.clone() };
            waiter.give(given.unwrap_or_default());
            wakes.push((waiter.core.clone(), place));
        }
        count
    }

    /// Serves the signallers whose recipients are there, in the order they came.
    fn serve(&mut self, wakes: &mut Wakes) {
        while self.signallers.first().is_some_and(|first| first.recipients <= self.waiters.len()) {
            let Some(signaller) = self.signallers.pop() else { return };
            let woken = self.give(signaller.value.clone(), signaller.priority, wakes);
            // Only who takes it out of its line sets it.
            let _ = signaller.woken.set(woken);
            let place = if signaller.priority.asker_goes_on() { Place::Front } else { Place::Back };
            wakes.push((signaller.core.clone(), place));
        }
    }
}

impl Rows {
    /// Works on the row of `name` if there is one.
    fn visit<R>(&mut self, hash: u64, name: &str, work: impl FnOnce(&mut Row) -> R) -> Option<R> {
        let row = self.table.find_mut(hash, |row| *row.name == *name)?;
        let result = count_idle(&mut self.idle, row, work);
        self.tidy();
        Some(result)
    }

    /// Works on the row of `name`, which is made if there is none.
    fn enter<R>(&mut self, hash: u64, name: &str, work: impl FnOnce(&mut Row) -> R) -> R {
        let Rows { hasher, table, idle } = self;
        let mut row =
            table.entry(hash, |row| *row.name == *name, |row| hasher.hash_one(&*row.name)).or_insert_with(|| {
                *idle += 1;
                Row::new(name)
            });
        let result = count_idle(idle, row.get_mut(), work);
        self.tidy();
        result
    }

    /// Lets empty rows go when they have become many.
    fn tidy(&mut self) {
        let Rows { hasher, table, idle } = self;
        if *idle > IDLE_ROWS.max(table.len() / 2) {
            table.retain(|row| !row.is_empty());
            table.shrink_to(2 * table.len(), |row| hasher.hash_one(&*row.name));
            *idle = 0;
        }
    }
}

/// Works on a row, and counts whether that made it empty, or not empty any more.
fn count_idle<R>(idle: &mut usize, row: &mut Row, work: impl FnOnce(&mut Row) -> R) -> R {
    let was_empty = row.is_empty();
    let result = work(row);
    match (was_empty, row.is_empty()) {
        (true, false) => *idle -= 1,
        (false, true) => *idle += 1,
        _ => {}
    }
    result
}

impl Signals {
    /// Works on the row of `name` if there is one, then wakes whom it says, with no lock held.
    fn visit<R>(&self, name: &str, work: impl FnOnce(&mut Row, &mut Wakes) -> R) -> Option<R> {
        let hash = self.hasher.hash_one(name);
        let mut wakes = Wakes::new();
        let result = self.shard(hash).lock().visit(hash, name, |row| work(row, &mut wakes));
        wake(wakes);
        result
    }

    /// Lets somebody into the row of `name`, then serves whom that completes.
    fn enter<R>(&self, name: &str, work: impl FnOnce(&mut Row) -> R) -> R {
        let hash = self.hasher.hash_one(name);
        let mut wakes = Wakes::new();
        let result = self.shard(hash).lock().enter(hash, name, |row| {
            let result = work(row);
            row.serve(&mut wakes);
            result
        });
        wake(wakes);
        result
    }

    /// How many stand in any row.
    pub(crate) fn waiters(&self) -> usize {
        let in_row = |row: &Row| row.waiters.len() + row.signallers.len();
        self.shards.iter().map(|rows| rows.lock().table.iter().map(in_row).sum::<usize>()).sum()
    }

    fn shard(&self, hash: u64) -> &Mutex<Rows> {
        // A table uses the lowest and the highest bits of a hash: the shard takes some between them.
        &self.shards[(hash >> 32) as usize % SHARDS]
    }
}

fn wake(wakes: Wakes) {
    wakes.into_iter().for_each(|(core, place)| core.wake(place));
}

/// A place in the row of those who wait, undone by drop.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct SignalWait {
    name: Arc<str>,
    place: line::Place,
    waiter: Arc<Waiter>,
}

impl SignalWait {
    fn begin(name: &str, core: &Arc<Core>) -> Self {
        let waiter = Waiter { core: core.clone(), is_given: AtomicBool::new(false), value: Mutex::new(None) };
        let waiter = Arc::new(waiter);
        let enter = |row: &mut Row| (row.name.clone(), row.waiters.join(waiter.clone()));
        let (name, place) = core.shared.signals.enter(name, enter);
        SignalWait { name, place, waiter }
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
            let signals = &self.waiter.core.shared.signals;
            signals.visit(&self.name, |row, _| row.waiters.leave(self.place));
        }
    }
}

/// A place in the row of those who signal, undone by drop.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct PendingSignal {
    signaller: Arc<Signaller>,
    place: Option<(Arc<str>, line::Place)>,
}

impl PendingSignal {
    fn begin(name: &str, value: Bytes, recipients: u32, priority: Priority, core: &Arc<Core>) -> Self {
        let recipients = usize::try_from(recipients).unwrap_or(usize::MAX);
        let signaller = Signaller { core: core.clone(), value, recipients, priority, woken: OnceLock::new() };
        let signaller = Arc::new(signaller);
        let enter = |row: &mut Row| (row.name.clone(), row.signallers.join(signaller.clone()));
        let (name, place) = core.shared.signals.enter(name, enter);
        PendingSignal { signaller, place: Some((name, place)) }
    }

    /// One that was given at once, and stands in no row.
    fn given(woken: u32, priority: Priority, core: &Arc<Core>) -> Self {
        let (core, value, woken) = (core.clone(), Bytes::new(), OnceLock::from(woken));
        PendingSignal { signaller: Arc::new(Signaller { core, value, recipients: 0, priority, woken }), place: None }
    }

    /// How many were woken, once they were.
    fn woken(&self) -> Option<u32> {
        self.signaller.woken.get().copied()
    }

    /// Takes the signal back; answers how many were woken if it was given before that.
    fn withdraw(self) -> Option<u32> {
        let signaller = self.signaller.clone();
        drop(self);
        signaller.woken.get().copied()
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
            let signals = &self.signaller.core.shared.signals;
            signals.visit(name, |row, wakes| {
                row.signallers.leave(*place);
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
    core.shared.signals.visit(name, give).unwrap_or((recipients == 0).then_some(0))
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
            check_signal(&name, &value)?;
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
                check_signal(&name, &value)?;
                let priority = self.priority(&options);
                let mut value = keep(&self.core, value)?;
                // Like `signal`, it does not stand behind others if it needs nobody.
                if recipients == 0 {
                    let woken = give_now(&self.core, &name, &mut value, 0, priority);
                    return Ok(PendingSignal::given(woken.unwrap_or(0), priority, &self.core));
                }
                Ok(PendingSignal::begin(&name, value, recipients, priority, &self.core))
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
            check_name(&name)?;
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
                check_name(&name)?;
                Ok(SignalWait::begin(&name, &self.core))
            },
        );
        Ok(self.table.push(begun?)?)
    }
}

/// The value as it is handed on: charged for as long as it is on its way.
fn keep(core: &Core, value: Vec<u8>) -> Answer<Bytes> {
    let payloads = &core.shared.payloads;
    Ok(payloads.keep(value).ok_or_else(|| Error::LimitReached(core.shared.payloads_spent()))?)
}

fn check_signal(name: &str, value: &[u8]) -> Answer<()> {
    check_name(name)?;
    check_size("a signal's value", value, MAX_VALUE)
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
