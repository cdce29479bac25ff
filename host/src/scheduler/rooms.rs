//! Who may have a store: as many as there is room for in the whole engine; the others wait, the eldest first.
//!
//! Room is counted before it is used, so that the allocator of instances is never asked for more than it has. While
//! nobody waits, coming and going is one atomic step each and no lock.

use std::collections::BTreeMap;

use super::Mutex;
use super::atomic::{AtomicU64, Ordering};

/// Rooms that are free, and those that wait for one. `K` orders those who wait.
pub(crate) struct Rooms<K, T> {
    /// How many rooms are free, and times [`WAIT`] how many wait: one word, so that neither is seen without the other.
    counts: AtomicU64,
    waiting: Mutex<BTreeMap<K, T>>,
}

const WAIT: u64 = 1 << 32;

fn free(counts: u64) -> u64 {
    counts % WAIT
}

fn waits(counts: u64) -> u64 {
    counts / WAIT
}

impl<K: Ord, T> Rooms<K, T> {
    pub(crate) fn new(count: u32) -> Self {
        Rooms { counts: AtomicU64::new(count.into()), waiting: Mutex::new(BTreeMap::new()) }
    }

    /// Takes a room if one is free. Whoever is answered `true` gives it back by [`Rooms::leave`].
    #[must_use]
    pub(crate) fn take(&self) -> bool {
        self.change(|counts| (free(counts) > 0).then(|| counts - 1)).is_some()
    }

    /// Takes a room, or lets `who` wait for one: then whoever gives one back is told to hand it over.
    #[must_use]
    pub(crate) fn take_or_wait(&self, key: K, who: T) -> bool {
        if self.take() {
            return true;
        }
        let mut waiting = self.waiting.lock();
        let before = self.change(|counts| Some(if free(counts) > 0 { counts - 1 } else { counts + WAIT }));
        let has_room = before.is_some_and(|counts| free(counts) > 0);
        if !has_room {
            waiting.insert(key, who);
        }
        has_room
    }

    /// Gives a room back; answers who has it now, of those that waited.
    #[must_use]
    pub(crate) fn leave(&self) -> Option<T> {
        if waits(self.counts.fetch_add(1, Ordering::AcqRel)) == 0 {
            return None;
        }
        let mut waiting = self.waiting.lock();
        // It may be gone again: then whoever took it gives it back one day.
        self.change(|counts| (free(counts) > 0 && waits(counts) > 0).then(|| counts - 1 - WAIT))?;
        waiting.pop_first().map(|(_, who)| who)
    }

    /// Lets somebody wait no longer, if it still does.
    pub(crate) fn give_up(&self, key: &K) {
        if waits(self.counts.load(Ordering::Acquire)) == 0 {
            return;
        }
        let mut waiting = self.waiting.lock();
        let gone = waiting.remove(key);
        if gone.is_some() {
            // Still under the lock: to whoever gives a room back, the list and its count are one.
            self.counts.fetch_sub(WAIT, Ordering::AcqRel);
        }
        drop(waiting);
    }

    /// Changes the counts, and answers what they were; nothing where they are not to be changed.
    fn change(&self, change: impl Fn(u64) -> Option<u64>) -> Option<u64> {
        self.counts.fetch_update(Ordering::AcqRel, Ordering::Acquire, change).ok()
    }
}
