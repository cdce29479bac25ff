//! A wake-up at a moment, undone by drop.

use std::sync::Arc;

use super::timers::TimerKey;
use super::worker;
use crate::coroutine::Core;

/// Wakes a coroutine at a moment. Belongs to the worker that runs the coroutine; dropping it disarms it.
pub(crate) struct Alarm {
    key: TimerKey,
    deadline: u64,
}

impl Alarm {
    /// Arms an alarm on the present worker, which must be the coroutine's own.
    pub(crate) fn arm(deadline: u64, who: &Arc<Core>) -> Self {
        let key = worker::with(|local| local.arm(deadline, who.clone()));
        Alarm { key, deadline }
    }

    /// Whether its moment has come.
    pub(crate) fn has_fired(&self, now: u64) -> bool {
        now >= self.deadline
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        worker::with(|local| local.disarm(self.key));
    }
}
