//! What other threads send to a worker.

use super::Mutex;
use super::atomic::{AtomicBool, Ordering};

/// A list that anybody may add to and its worker empties; while it is empty, looking costs one load.
pub(crate) struct Inbox<T> {
    /// Nothing once nobody will take them.
    messages: Mutex<Option<Vec<T>>>,
    is_filled: AtomicBool,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Inbox { messages: Mutex::new(Some(Vec::new())), is_filled: AtomicBool::new(false) }
    }

    /// Adds a message. Whoever is answered `true` must notify the worker: it was the first that it has yet to take.
    #[must_use]
    pub(crate) fn post(&self, message: T) -> bool {
        let is_first = match &mut *self.messages.lock() {
            Some(messages) => {
                messages.push(message);
                messages.len() == 1
            }
            None => return false,
        };
        self.is_filled.store(true, Ordering::Release);
        is_first
    }

    /// All messages, in the order they came.
    pub(crate) fn take(&self) -> Vec<T> {
        if !self.is_filled.load(Ordering::Acquire) || !self.is_filled.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        self.messages.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Drops what is there, and whatever still comes.
    pub(crate) fn close(&self) {
        // Not under the lock: a message may be the last that holds something which posts another.
        let rest = self.messages.lock().take();
        drop(rest);
    }
}
