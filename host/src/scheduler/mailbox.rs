//! The part of a worker that every thread may reach.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use slab::Slab;

use super::Place;
use super::inbox::Inbox;
use crate::coroutine::Core;
use crate::reactor::Notifier;

/// What a worker is sent, its book of coroutines, and what it counts.
pub(crate) struct Mailbox {
    inbox: Inbox<(Arc<Core>, Place)>,
    notifier: Notifier,
    book: Mutex<Book>,
    /// How many coroutines stand in the book.
    load: AtomicUsize,
    pub(crate) counts: Counts,
}

/// All coroutines of a worker that have not ended.
#[derive(Default)]
struct Book {
    entries: Slab<Arc<Core>>,
    is_closed: bool,
}

/// What a worker counts for whoever asks. Only it writes them.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) timers: AtomicUsize,
    pub(crate) slices: AtomicU64,
    pub(crate) wakes: AtomicU64,
    pub(crate) pauses: AtomicU64,
}

/// Adds one to what only one thread writes.
pub(crate) fn count(counter: &AtomicU64) {
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

impl Mailbox {
    pub(crate) fn new(notifier: Notifier) -> Self {
        Mailbox {
            inbox: Inbox::new(),
            notifier,
            book: Mutex::default(),
            load: AtomicUsize::new(0),
            counts: Counts::default(),
        }
    }

    pub(crate) fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    pub(crate) fn coroutines(&self) -> Vec<Arc<Core>> {
        self.book.lock().entries.iter().map(|(_, core)| core.clone()).collect()
    }

    /// Takes a new coroutine into the worker's book, unless that is closed.
    #[must_use]
    pub(crate) fn enter(&self, core: &Arc<Core>) -> bool {
        let mut book = self.book.lock();
        if book.is_closed {
            return false;
        }
        let entry = book.entries.insert(core.clone());
        core.book_entry.store(entry, Ordering::Relaxed);
        self.load.store(book.entries.len(), Ordering::Relaxed);
        true
    }

    /// Strikes a coroutine that has ended off the book.
    pub(super) fn leave(&self, core: &Core) {
        let mut book = self.book.lock();
        // After the book was closed there is nothing to leave.
        let left = book.entries.try_remove(core.book_entry.load(Ordering::Relaxed));
        self.load.store(book.entries.len(), Ordering::Relaxed);
        drop(book);
        drop(left);
    }

    /// Takes in nobody any more, and no message; answers those who were left.
    pub(crate) fn close(&self) -> Vec<Arc<Core>> {
        let entries = {
            let mut book = self.book.lock();
            book.is_closed = true;
            mem::take(&mut book.entries)
        };
        self.load.store(0, Ordering::Relaxed);
        self.inbox.close();
        entries.into_iter().map(|(_, core)| core).collect()
    }

    /// What others have put into the worker's queue.
    pub(super) fn take_messages(&self) -> Vec<(Arc<Core>, Place)> {
        self.inbox.take()
    }

    /// Ends the wait of the worker.
    pub(crate) fn notify(&self) {
        self.notifier.notify();
    }

    /// Puts a coroutine into the worker's queue from another thread.
    pub(super) fn post(&self, message: (Arc<Core>, Place)) {
        if self.inbox.post(message) {
            self.notify();
        }
    }
}
