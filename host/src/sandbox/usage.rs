//! What a coroutine uses of that of which it may have so many at a time, counted until it is given back by drop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::limits::Limit;
use crate::coroutine::Core;

/// How many of each a coroutine has.
#[derive(Default)]
pub(crate) struct Usage {
    sockets: AtomicU32,
    files: AtomicU32,
    pending: AtomicU32,
    timers: AtomicU32,
}

impl Usage {
    fn of(&self, limit: Limit) -> &AtomicU32 {
        match limit {
            Limit::Sockets => &self.sockets,
            Limit::Files => &self.files,
            Limit::Timers => &self.timers,
            _ => &self.pending,
        }
    }
}

/// One of something that is counted, until this is dropped.
pub(crate) struct Permit {
    core: Arc<Core>,
    limit: Limit,
}

impl Permit {
    /// One more, if the coroutine may have it; else what to say.
    pub(crate) fn take(core: &Arc<Core>, limit: Limit) -> Result<Self, String> {
        let permit = Self::take_anyway(core, limit);
        let used = core.usage.of(limit).load(Ordering::Relaxed);
        if u64::from(used) <= core.limits().get(limit) {
            return Ok(permit);
        }
        Err(core.met(limit, format_args!("{used} at a time")))
    }

    /// One more that the coroutine was given, whatever it may have.
    pub(crate) fn take_anyway(core: &Arc<Core>, limit: Limit) -> Self {
        core.usage.of(limit).fetch_add(1, Ordering::Relaxed);
        Permit { core: core.clone(), limit }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.core.usage.of(self.limit).fetch_sub(1, Ordering::Relaxed);
    }
}

/// Those whom a coroutine has started.
#[derive(Default)]
pub(crate) struct Children {
    living: AtomicU64,
    all: AtomicU64,
}

/// One that was started and has not ended.
pub(crate) struct Child(Arc<Children>);

impl Child {
    /// One more that `parent` starts, if it may; else what to say.
    pub(crate) fn of(parent: &Core) -> Result<Self, String> {
        let children = parent.children();
        let child = Child(children.clone());
        let living = children.living.fetch_add(1, Ordering::Relaxed) + 1;
        if living > parent.limits().get(Limit::Children) {
            return Err(parent.met(Limit::Children, format_args!("{living} at a time")));
        }
        let all = children.all.fetch_add(1, Ordering::Relaxed) + 1;
        if all > parent.limits().get(Limit::ChildrenTotal) {
            return Err(parent.met(Limit::ChildrenTotal, format_args!("{all} in all")));
        }
        Ok(child)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.0.living.fetch_sub(1, Ordering::Relaxed);
    }
}
