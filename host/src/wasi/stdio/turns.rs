//! Those who wait for the same thing, each in turn.

use std::sync::Arc;

use crate::coroutine::Core;
use crate::ops::line::{Line, Spot};
use crate::scheduler::Place;

/// Where coroutines stand in a line, behind a lock.
pub(super) trait Waited {
    fn line<T>(&self, look: impl FnOnce(&mut Line<Arc<Core>>) -> T) -> T;

    /// Lets who came first look whether it goes on.
    fn wake_first(&self) {
        if let Some(first) = self.line(|line| line.first().cloned()) {
            first.wake(Place::Back);
        }
    }
}

/// A place in such a line, until this is dropped: then the next one looks. So it is enough to wake the first.
pub(super) struct Turn<W: Waited> {
    pub(super) at: W,
    pub(super) spot: Spot,
}

impl<W: Waited> Drop for Turn<W> {
    fn drop(&mut self) {
        drop(self.at.line(|line| line.leave(self.spot)));
        self.at.wake_first();
    }
}
