//! What other threads send to a worker.

use super::Mutex;
use super::atomic::{AtomicBool, Ordering};

/// A list that anybody may add to and its worker empties; while it is empty, looking costs one load.
pub(crate) struct Inbox<T> {
    messages: Mutex<Vec<T>>,
    is_filled: AtomicBool,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Inbox { messages: Mutex::new(Vec::new()), is_filled: AtomicBool::new(false) }
    }

    /// Adds a message. Whoever is answered `true` must notify the worker: it was the first that it has yet to take.
    #[must_use]
    pub(crate) fn post(&self, message: T) -> bool {
        let is_first = {
            let mut messages = self.messages.lock();
            messages.push(message);
            messages.len() == 1
        };
        self.is_filled.store(true, Ordering::Release);
        is_first
    }

    /// All messages, in the order they came.
    pub(crate) fn take(&self) -> Vec<T> {
        if !self.is_filled.load(Ordering::Acquire) || !self.is_filled.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        std::mem::take(&mut *self.messages.lock())
    }
}
