//! `cogen:engine/signals`, and the rows of those who wait.
//!
//! A name's row is kept in one of [`SHARDS`] locked tables, chosen by its hash, so that coroutines of different workers
//! meet only over equal names (or, rarely, unlucky ones). A row holds the waiters and the signallers that wait for
//! enough of them, each in the order they came. Values are handed over under the lock; wakes follow after it.

use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::task::Poll;

use parking_lot::Mutex;
use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::bindings::signals::{Host, HostPendingSignal, HostSignalWait};
use super::bindings::{Error, Options};
use super::{Answer, Operation, check_name, check_size, yield_now};
use crate::coroutine::life::Guest;
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
    shards: [Shard; SHARDS],
}

impl Default for Signals {
    fn default() -> Self {
        Signals { hasher: RandomState::new(), shards: std::array::from_fn(|_| Shard::default()) }
    }
}

type Shard = Mutex<HashMap<Arc<str>, Row>>;

/// Those who wait for one name, by the order they came in. An empty row is removed.
#[derive(Default)]
struct Row {
    waiters: BTreeMap<u64, Arc<Waiter>>,
    signallers: BTreeMap<u64, Arc<Signaller>>,
    next: u64,
}

struct Waiter {
    core: Arc<Core>,
    value: Mutex<Option<Arc<[u8]>>>,
}

struct Signaller {
    core: Arc<Core>,
    value: Arc<[u8]>,
    recipients: usize,
    priority: Priority,
    woken: Mutex<Option<u32>>,
}

/// Wakes that are due once the lock is released, in order.
type Wakes = Vec<(Arc<Core>, Place)>;

impl Row {
    fn place(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Gives every waiter the value; answers how many they were.
    fn give(&mut self, value: &Arc<[u8]>, priority: Priority, wakes: &mut Wakes) -> u32 {
        let place = if priority.woken_to_front() { Place::Front } else { Place::Back };
        let waiters = std::mem::take(&mut self.waiters);
        for waiter in waiters.values() {
            *waiter.value.lock() = Some(value.clone());
            wakes.push((waiter.core.clone(), place));
        }
        u32::try_from(waiters.len()).unwrap_or(u32::MAX)
    }

    /// Serves the signallers whose recipients are there, in the order they came.
    fn serve(&mut self, wakes: &mut Wakes) {
        while let Some(first) = self.signallers.first_entry() {
            if first.get().recipients > self.waiters.len() {
                return;
            }
            let signaller = first.remove();
            let woken = self.give(&signaller.value, signaller.priority, wakes);
            *signaller.woken.lock() = Some(woken);
            let place = if signaller.priority.asker_goes_on() { Place::Front } else { Place::Back };
            wakes.push((signaller.core.clone(), place));
        }
    }
}

impl Signals {
    /// Works on the row of `name`, then wakes whom it says, with no lock held.
    fn with_row<R>(&self, name: &Arc<str>, work: impl FnOnce(&mut Row, &mut Wakes) -> R) -> R {
        let mut wakes = Wakes::new();
        let result = {
            let shard = self.hasher.hash_one(name) as usize % SHARDS;
            let mut rows = self.shards[shard].lock();
            let row = rows.entry(name.clone()).or_default();
            let result = work(row, &mut wakes);
            if row.waiters.is_empty() && row.signallers.is_empty() {
                rows.remove(name);
            }
            result
        };
        for (core, place) in wakes {
            core.wake(place);
        }
        result
    }
}

/// A place in the row of those who wait, undone by drop.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct SignalWait {
    name: Arc<str>,
    key: u64,
    waiter: Arc<Waiter>,
}

impl SignalWait {
    fn begin(name: Arc<str>, core: &Arc<Core>) -> Self {
        let waiter = Arc::new(Waiter { core: core.clone(), value: Mutex::new(None) });
        let key = core.shared.signals.with_row(&name, |row, wakes| {
            let key = row.place();
            row.waiters.insert(key, waiter.clone());
            row.serve(wakes);
            key
        });
        SignalWait { name, key, waiter }
    }
}

impl Drop for SignalWait {
    fn drop(&mut self) {
        let signals = &self.waiter.core.shared.signals;
        signals.with_row(&self.name, |row, _| row.waiters.remove(&self.key));
    }
}

/// A place in the row of those who signal, undone by drop.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct PendingSignal {
    name: Arc<str>,
    key: u64,
    signaller: Arc<Signaller>,
}

impl PendingSignal {
    fn begin(name: Arc<str>, value: Vec<u8>, recipients: u32, priority: Priority, core: &Arc<Core>) -> Self {
        let recipients = usize::try_from(recipients).unwrap_or(usize::MAX);
        let signaller = Arc::new(Signaller {
            core: core.clone(),
            value: value.into(),
            recipients,
            priority,
            woken: Mutex::new(None),
        });
        let key = core.shared.signals.with_row(&name, |row, wakes| {
            let key = row.place();
            row.signallers.insert(key, signaller.clone());
            row.serve(wakes);
            key
        });
        PendingSignal { name, key, signaller }
    }
}

impl Drop for PendingSignal {
    fn drop(&mut self) {
        let signals = &self.signaller.core.shared.signals;
        signals.with_row(&self.name, |row, wakes| {
            row.signallers.remove(&self.key);
            // The next one may have waited only because this one stood before it.
            row.serve(wakes);
        });
    }
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
            name: "signals.signal",
            detail: || format!("{name:?}"),
            wait: Wait::Recipients(name.clone(), recipients),
            deadline: self.deadline(&options),
        };
        let work = async {
            check_signal(&name, &value)?;
            if recipients > 0 {
                return woken(PendingSignal::begin(name.clone(), value, recipients, priority, core)).await;
            }
            let value: Arc<[u8]> = value.into();
            Ok(core.shared.signals.with_row(&name, |row, wakes| row.give(&value, priority, wakes)))
        };
        let answer = self.core.operate(operation, work).await;
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
            "signals.start-signal",
            || format!("{name:?}"),
            || {
                check_signal(&name, &value)?;
                let priority = self.priority(&options);
                Ok(PendingSignal::begin(name.as_str().into(), value, recipients, priority, &self.core))
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
            name: "signals.wait-for-signal",
            detail: || format!("{name:?}"),
            wait: Wait::Signal(name.clone()),
            deadline: self.deadline(&options),
        };
        let work = async {
            check_name(&name)?;
            value(SignalWait::begin(name.clone(), &self.core)).await
        };
        Ok(self.core.operate(operation, work).await)
    }

    fn start_wait(&mut self, name: String) -> wasmtime::Result<Answer<Resource<SignalWait>>> {
        let begun = self.core.answer(
            "signals.start-wait",
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

/// Parks until the signal has come.
async fn value(wait: SignalWait) -> Answer<Vec<u8>> {
    poll_fn(|_| match wait.waiter.value.lock().take() {
        Some(value) => Poll::Ready(Ok(value.to_vec())),
        None => Poll::Pending,
    })
    .await
}

/// Parks until the signal has been given.
async fn woken(signal: PendingSignal) -> Answer<u32> {
    poll_fn(|_| match *signal.signaller.woken.lock() {
        Some(woken) => Poll::Ready(Ok(woken)),
        None => Poll::Pending,
    })
    .await
}

impl HostSignalWait for Guest {
    fn subscribe(&mut self, wait: Resource<SignalWait>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, wait)
    }

    fn finish(&mut self, wait: Resource<SignalWait>) -> wasmtime::Result<Answer<Vec<u8>>> {
        let value = self.table.get(&wait)?.waiter.value.lock().take();
        Ok(value.map(|value| value.to_vec()).ok_or_else(|| self.not_ready()))
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
        let woken = *self.table.get(&signal)?.signaller.woken.lock();
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
        if self.core.is_cancelled() { Error::Cancelled } else { Error::NotReady }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for SignalWait {
    async fn ready(&mut self) {
        let waiter = &self.waiter;
        poll_fn(|_| ready_if(waiter.value.lock().is_some() || waiter.core.is_cancelled())).await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PendingSignal {
    async fn ready(&mut self) {
        let signaller = &self.signaller;
        poll_fn(|_| ready_if(signaller.woken.lock().is_some() || signaller.core.is_cancelled())).await;
    }
}

fn ready_if(ready: bool) -> Poll<()> {
    if ready { Poll::Ready(()) } else { Poll::Pending }
}
