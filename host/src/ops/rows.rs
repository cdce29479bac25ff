//! The rows of those who wait for a signal, and of signals that wait for their recipients.
//!
//! A name's row is kept in one of [`SHARDS`] locked tables, chosen by its hash, so that coroutines of different workers
//! meet only over equal names (or, rarely, unlucky ones). A row holds the waiters and the signallers that wait for
//! enough of them, each in the order they came. Values are handed over under the lock; wakes follow after it. A row
//! that has become empty stays for a while: names are mostly used again, and to make a row costs more than to find it.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hashbrown::HashTable;
use parking_lot::Mutex;
use smallvec::SmallVec;

use super::line::Line;
use crate::coroutine::Core;
use crate::program::Priority;
use crate::scheduler::Place;

/// More tables than a machine has cores, so that two workers seldom want the same one.
const SHARDS: usize = 64;

/// So many empty rows may stay in a table, two megabytes in all of them; or as many as there are others.
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
pub(super) struct Row {
    pub(super) name: Arc<str>,
    pub(super) waiters: Line<Arc<Waiter>>,
    pub(super) signallers: Line<Arc<Signaller>>,
}

/// One that stands in a row of waiters until it is given a value.
pub(super) struct Waiter {
    pub(super) core: Arc<Core>,
    is_given: AtomicBool,
    /// What it was given, until it is handed to the guest.
    value: Mutex<Option<Bytes>>,
}

/// One that stands in a row of signallers until enough wait.
pub(super) struct Signaller {
    pub(super) core: Arc<Core>,
    pub(super) value: Bytes,
    pub(super) recipients: usize,
    pub(super) priority: Priority,
    /// How many were given the value, once they were.
    pub(super) woken: OnceLock<u32>,
}

/// Wakes that are due once the lock is released, in order.
pub(super) type Wakes = SmallVec<[(Arc<Core>, Place); 2]>;

impl Waiter {
    pub(super) fn new(core: &Arc<Core>) -> Arc<Self> {
        Arc::new(Waiter { core: core.clone(), is_given: AtomicBool::new(false), value: Mutex::new(None) })
    }

    fn give(&self, value: Bytes) {
        *self.value.lock() = Some(value);
        self.is_given.store(true, Ordering::Release);
    }

    pub(super) fn is_given(&self) -> bool {
        self.is_given.load(Ordering::Acquire)
    }

    /// The value, once. A short one that was given to nobody else is handed on as it came; of others each gets a copy.
    pub(super) fn take(&self) -> Option<Vec<u8>> {
        if !self.is_given() {
            return None;
        }
        self.value.lock().take().map(Vec::from)
    }
}

impl Signaller {
    pub(super) fn woken(&self) -> Option<u32> {
        self.woken.get().copied()
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
    pub(super) fn give(&mut self, value: Bytes, priority: Priority, wakes: &mut Wakes) -> u32 {
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
    pub(super) fn serve(&mut self, wakes: &mut Wakes) {
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
    /// Works for `asker` on the row of `name` if there is one, then wakes whom that says, with no lock held.
    pub(super) fn visit<R>(&self, asker: &Core, name: &str, work: impl FnOnce(&mut Row, &mut Wakes) -> R) -> Option<R> {
        let hash = self.hasher.hash_one(name);
        let mut wakes = Wakes::new();
        let result = self.shard(hash).lock().visit(hash, name, |row| work(row, &mut wakes));
        wake(wakes, asker);
        result
    }

    /// Lets `asker` into the row of `name`, then serves whom that completes.
    pub(super) fn enter<R>(&self, asker: &Core, name: &str, work: impl FnOnce(&mut Row) -> R) -> R {
        let hash = self.hasher.hash_one(name);
        let mut wakes = Wakes::new();
        let result = self.shard(hash).lock().enter(hash, name, |row| {
            let result = work(row);
            row.serve(&mut wakes);
            result
        });
        wake(wakes, asker);
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

/// Wakes all but `asker`, which runs now and looks before it parks: a wake would only disturb its next wait.
fn wake(wakes: Wakes, asker: &Core) {
    wakes.into_iter().filter(|(core, _)| core.id != asker.id).for_each(|(core, place)| core.wake(place));
}
