//! `cogen:engine/signals`, and the rows of those who wait.
//!
//! A name's row is kept in one of [`SHARDS`] locked tables, chosen by its hash, so that coroutines of different workers
//! meet only over equal names (or, rarely, unlucky ones). A row holds the waiters and the signallers that wait for
//! enough of them, each in the order they came. Values are handed over under the lock; wakes follow after it.

use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use hashbrown::HashTable;
use parking_lot::Mutex;
use smallvec::SmallVec;
use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::bindings::signals::{Host, HostPendingSignal, HostSignalWait};
use super::bindings::{Error, Options};
use super::line::{self, Line};
use super::{Answer, Operation, check_name, check_size, yield_now};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Wait};
use crate::program::Priority;
use crate::scheduler::Place;

/// The longest value of a signal: every waiter gets a copy of it.
const MAX_VALUE: usize = 1 << 20;

/// More tables than a machine has cores, so that two workers seldom want the same one.
const SHARDS: usize = 64;

/// All rows of an engine.
pub(crate) struct Signals {
    hasher: RandomState,
    shards: [Mutex<HashTable<Row>>; SHARDS],
}

impl Default for Signals {
    fn default() -> Self {
        Signals { hasher: RandomState::new(), shards: std::array::from_fn(|_| Mutex::default()) }
    }
}

/// Those who wait for one name. An empty row is removed.
struct Row {
    name: Arc<str>,
    waiters: Line<Arc<Waiter>>,
    signallers: Line<Arc<Signaller>>,
}

struct Waiter {
    core: Arc<Core>,
    given: Mutex<Given>,
}

/// What has become of a wait.
enum Given {
    /// It stands in its row.
    Nothing,
    Value(Arc<[u8]>),
    /// The value has been handed to the guest.
    Taken,
}

struct Signaller {
    core: Arc<Core>,
    value: Arc<[u8]>,
    recipients: usize,
    priority: Priority,
    woken: Mutex<Option<u32>>,
}

/// Wakes that are due once the lock is released, in order.
type Wakes = SmallVec<[(Arc<Core>, Place); 2]>;

impl Row {
    fn is_empty(&self) -> bool {
        self.waiters.is_empty() && self.signallers.is_empty()
    }

    /// Gives every waiter the value; answers how many they were.
    fn give(&mut self, value: &Arc<[u8]>, priority: Priority, wakes: &mut Wakes) -> u32 {
        let place = if priority.woken_to_front() { Place::Front } else { Place::Back };
        let count = u32::try_from(self.waiters.len()).unwrap_or(u32::MAX);
        while let Some(waiter) = self.waiters.pop() {
            *waiter.given.lock() = Given::Value(value.clone());
            wakes.push((waiter.core.clone(), place));
        }
        count
    }

    /// Serves the signallers whose recipients are there, in the order they came.
    fn serve(&mut self, wakes: &mut Wakes) {
        while self.signallers.first().is_some_and(|first| first.recipients <= self.waiters.len()) {
            let Some(signaller) = self.signallers.pop() else { return };
            let woken = self.give(&signaller.value, signaller.priority, wakes);
            *signaller.woken.lock() = Some(woken);
            let place = if signaller.priority.asker_goes_on() { Place::Front } else { Place::Back };
            wakes.push((signaller.core.clone(), place));
        }
    }
}

impl Signals {
    /// Works on the row of `name` if anybody waits there, then wakes whom it says, with no lock held.
    fn with_row<R>(&self, name: &str, work: impl FnOnce(&mut Row, &mut Wakes) -> R) -> Option<R> {
        let hash = self.hasher.hash_one(name);
        let mut wakes = Wakes::new();
        let result = {
            let mut rows = self.shard(hash).lock();
            let mut found = rows.find_entry(hash, |row| *row.name == *name).ok()?;
            let result = work(found.get_mut(), &mut wakes);
            if found.get().is_empty() {
                found.remove();
            }
            result
        };
        wake(wakes);
        Some(result)
    }

    /// Lets somebody into the row of `name`, then serves whom that completes.
    fn enter<R>(&self, name: &Arc<str>, work: impl FnOnce(&mut Row) -> R) -> R {
        let hash = self.hasher.hash_one(&**name);
        let mut wakes = Wakes::new();
        let result = {
            let mut rows = self.shard(hash).lock();
            let rehash = |row: &Row| self.hasher.hash_one(&*row.name);
            let mut entry = rows.entry(hash, |row| *row.name == **name, rehash).or_insert_with(|| Row {
                name: name.clone(),
                waiters: Line::default(),
                signallers: Line::default(),
            });
            let result = work(entry.get_mut());
            entry.get_mut().serve(&mut wakes);
            if entry.get().is_empty() {
                entry.remove();
            }
            result
        };
        wake(wakes);
        result
    }

    fn shard(&self, hash: u64) -> &Mutex<HashTable<Row>> {
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
    fn begin(name: Arc<str>, core: &Arc<Core>) -> Self {
        let waiter = Arc::new(Waiter { core: core.clone(), given: Mutex::new(Given::Nothing) });
        let place = core.shared.signals.enter(&name, |row| row.waiters.join(waiter.clone()));
        SignalWait { name, place, waiter }
    }

    /// The value, once.
    fn take(&self) -> Option<Vec<u8>> {
        let mut given = self.waiter.given.lock();
        let Given::Value(value) = &*given else { return None };
        let value = value.to_vec();
        *given = Given::Taken;
        Some(value)
    }
}

impl Drop for SignalWait {
    fn drop(&mut self) {
        if matches!(*self.waiter.given.lock(), Given::Nothing) {
            let signals = &self.waiter.core.shared.signals;
            signals.with_row(&self.name, |row, _| row.waiters.leave(self.place));
        }
    }
}

/// A place in the row of those who signal, undone by drop.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct PendingSignal {
    name: Arc<str>,
    place: line::Place,
    signaller: Arc<Signaller>,
}

impl PendingSignal {
    fn begin(name: Arc<str>, value: Arc<[u8]>, recipients: u32, priority: Priority, core: &Arc<Core>) -> Self {
        let recipients = usize::try_from(recipients).unwrap_or(usize::MAX);
        let signaller = Signaller { core: core.clone(), value, recipients, priority, woken: Mutex::new(None) };
        let signaller = Arc::new(signaller);
        let place = core.shared.signals.enter(&name, |row| row.signallers.join(signaller.clone()));
        PendingSignal { name, place, signaller }
    }

    /// How many were woken, once they were.
    fn woken(&self) -> Option<u32> {
        *self.signaller.woken.lock()
    }
}

impl Drop for PendingSignal {
    fn drop(&mut self) {
        if self.woken().is_none() {
            let signals = &self.signaller.core.shared.signals;
            signals.with_row(&self.name, |row, wakes| {
                row.signallers.leave(self.place);
                // The next one may have waited only because this one stood before it.
                row.serve(wakes);
            });
        }
    }
}

/// Gives `value` to those who wait for `name` now, if they are at least so many and no other signaller is before.
fn give_now(core: &Core, name: &str, value: &Arc<[u8]>, recipients: u32, priority: Priority) -> Option<u32> {
    let is_enough =
        |row: &Row| recipients == 0 || row.signallers.is_empty() && row.waiters.len() as u64 >= u64::from(recipients);
    let give = |row: &mut Row, wakes: &mut Wakes| is_enough(row).then(|| row.give(value, priority, wakes));
    core.shared.signals.with_row(name, give).unwrap_or((recipients == 0).then_some(0))
}

impl Host for Guest {
    async fn signal(
        &mut self,
        name: String,
        value: Vec<u8>,
        recipients: u32,
        options: Options,
    ) -> wasmtime::Result<Answer<u32>> {
        let priority = self.priority(&options);
        let (core, name): (_, Arc<str>) = (&self.core, name.into());
        let operation = Operation {
            name: Name::Signal,
            detail: || format!("{name:?}"),
            wait: || Some(Wait::Recipients(name.clone(), recipients)),
            deadline: self.deadline(&options),
        };
        let work = async {
            check_signal(&name, &value)?;
            let value: Arc<[u8]> = value.into();
            if let Some(woken) = give_now(core, &name, &value, recipients, priority) {
                return Ok(woken);
            }
            let signal = PendingSignal::begin(name.clone(), value, recipients, priority, core);
            poll_fn(|_| signal.woken().map_or(Poll::Pending, |woken| Poll::Ready(Ok(woken)))).await
        };
        let answer = self.core.operate(operation, pin!(work)).await;
        if answer.is_ok() && !priority.asker_goes_on() {
            // The signal is given, whatever becomes of the signaller: this wait cannot time out.
            yield_now().await;
        }
        Ok(answer)
    }

    fn start_signal(
        &mut self,
        name: String,
        value: Vec<u8>,
        recipients: u32,
        options: Options,
    ) -> wasmtime::Result<Answer<Resource<PendingSignal>>> {
        let begun = self.core.answer(
            Name::StartSignal,
            || format!("{name:?}"),
            || {
                check_signal(&name, &value)?;
                let priority = self.priority(&options);
                Ok(PendingSignal::begin(name.as_str().into(), value.into(), recipients, priority, &self.core))
            },
        );
        Ok(match begun {
            Ok(signal) => Ok(self.table.push(signal)?),
            Err(error) => Err(error),
        })
    }

    async fn wait_for_signal(&mut self, name: String, options: Options) -> wasmtime::Result<Answer<Vec<u8>>> {
        let name: Arc<str> = name.into();
        let operation = Operation {
            name: Name::WaitForSignal,
            detail: || format!("{name:?}"),
            wait: || Some(Wait::Signal(name.clone())),
            deadline: self.deadline(&options),
        };
        let work = async {
            check_name(&name)?;
            let wait = SignalWait::begin(name.clone(), &self.core);
            poll_fn(|_| wait.take().map_or(Poll::Pending, |value| Poll::Ready(Ok(value)))).await
        };
        Ok(self.core.operate(operation, pin!(work)).await)
    }

    fn start_wait(&mut self, name: String) -> wasmtime::Result<Answer<Resource<SignalWait>>> {
        let begun = self.core.answer(
            Name::StartWait,
            || format!("{name:?}"),
            || {
                check_name(&name)?;
                Ok(SignalWait::begin(name.as_str().into(), &self.core))
            },
        );
        Ok(match begun {
            Ok(wait) => Ok(self.table.push(wait)?),
            Err(error) => Err(error),
        })
    }
}

fn check_signal(name: &str, value: &[u8]) -> Answer<()> {
    check_name(name)?;
    check_size("a signal's value", value, MAX_VALUE)
}

impl HostSignalWait for Guest {
    fn subscribe(&mut self, wait: Resource<SignalWait>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, wait)
    }

    fn finish(&mut self, wait: Resource<SignalWait>) -> wasmtime::Result<Answer<Vec<u8>>> {
        let value = self.table.get(&wait)?.take();
        Ok(value.ok_or_else(|| self.not_ready()))
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

    fn finish(&mut self, signal: Resource<PendingSignal>) -> wasmtime::Result<Answer<u32>> {
        let woken = self.table.get(&signal)?.woken();
        Ok(woken.ok_or_else(|| self.not_ready()))
    }

    fn drop(&mut self, signal: Resource<PendingSignal>) -> wasmtime::Result<()> {
        self.table.delete(signal)?;
        Ok(())
    }
}

impl Guest {
    /// Why there is no result yet.
    fn not_ready(&self) -> Error {
        if self.core.status.is_cancelled() { Error::Cancelled } else { Error::NotReady }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for SignalWait {
    async fn ready(&mut self) {
        let waiter = &self.waiter;
        poll_fn(|_| ready_if(!matches!(*waiter.given.lock(), Given::Nothing) || waiter.core.status.is_cancelled()))
            .await;
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
