//! Who runs on which core, so that a server and its clients do not take time from each other.

use anyhow::{Context, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// A core for the server that is measured, and one for the clients.
pub(crate) struct Cores {
    server: CpuSet,
    clients: CpuSet,
}

impl Cores {
    /// Takes the first two that this process may use, and puts this thread on the clients'.
    pub(crate) fn take() -> Result<Cores> {
        let ours = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| ours.is_set(*core)).map(|core| {
            let mut only = CpuSet::new();
            only.set(core);
            only
        });
        let (server, clients) = cores.next().zip(cores.next()).context("server and clients need a core each")?;
        sched_setaffinity(None, &clients)?;
        Ok(Cores { server, clients })
    }

    /// Starts a process on the server's core: it begins on that of the thread that starts it.
    pub(crate) fn for_server<T>(&self, start: impl FnOnce() -> T) -> Result<T> {
        sched_setaffinity(None, &self.server)?;
        let started = start();
        sched_setaffinity(None, &self.clients)?;
        Ok(started)
    }
}
