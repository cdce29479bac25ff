//! What an embedder holds: [`Engine`], its [`Builder`], and the [`Handle`] by which other threads reach it.

mod builder;
mod programs;
mod serve;
mod shared;
mod stats;
mod supervise;

use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

pub use builder::{Builder, MAX_WORKERS};
pub(crate) use programs::{Entry, LoadedProgram};
pub use serve::{ListenAddress, Server};
use shared::AFTERMATH;
pub(crate) use shared::{MAX_PAYLOAD, MAX_WAITING, Shared};
pub use stats::Stats;

use crate::coroutine::{Coroutine, CoroutineInfo};
use crate::error::{Error, ErrorKind};
use crate::event::Trace;
use crate::reactor::Reactor;
use crate::sandbox::grants::refusals::Refusals;
use crate::scheduler::worker::{Local, Progress};

/// What [`Engine::turn`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something ran on the calling thread; there may be more.
    Worked,
    /// Nothing was ready on the calling thread for the whole time, or until something came.
    Idle,
    /// Nothing can ever run again on any worker, unless something is spawned. Answered at once, without waiting: an
    /// embedder whose other threads spawn waits for them before it asks again.
    Finished,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct RunReport {
    /// Who was left parked, and on what.
    pub parked: Vec<CoroutineInfo>,
    /// How many coroutines have ended since the engine was built.
    pub ended: u64,
    /// How many of them failed without anybody to handle it. Of one that is [supervised](Engine::supervise) it counts until it
    /// was started again and has ended well; a supervisor that gave up counts, too.
    pub failed: u64,
    /// Whether it ended by a shutdown.
    pub interrupted: bool,
}

/// Runs coroutines. It belongs to the thread that built it, which is its first worker while it calls [`run`] or
/// [`turn`]; other workers have threads of their own. Dropping it kills what is left, and waits for slices that run on
/// other threads to end.
///
/// [`run`]: Engine::run
/// [`turn`]: Engine::turn
pub struct Engine {
    shared: Arc<Shared>,
    local: Rc<Local>,
    workers: Vec<JoinHandle<()>>,
    ticker: Option<JoinHandle<()>>,
}

impl Engine {
    /// Begins to prepare an engine.
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn start(shared: Arc<Shared>, wasm: wasmtime::Engine, reactors: Vec<Box<dyn Reactor>>) -> Result<Self, Error> {
        let failed = |error| Error::new(ErrorKind::Io, "cannot start a thread").with_source(error);
        let mut reactors = reactors.into_iter().enumerate();
        let (_, first) = reactors.next().expect("there is at least one worker");
        let local = Local::new(0, shared.clone(), first);
        let mut engine = Engine { shared, local, workers: Vec::new(), ticker: None };
        engine.ticker = Some(engine.shared.ticker.start(wasm).map_err(failed)?);
        for (index, reactor) in reactors {
            let shared = engine.shared.clone();
            let thread = std::thread::Builder::new()
                .name(format!("cogen-worker-{index}"))
                .spawn(move || Local::new(index, shared, reactor).serve());
            engine.workers.push(thread.map_err(failed)?);
        }
        Ok(engine)
    }

    /// A handle by which any thread may reach the engine.
    pub fn handle(&self) -> Handle {
        Handle { shared: self.shared.clone() }
    }

    /// Starts a coroutine; it runs when the engine is driven, or at once if it falls to another worker.
    ///
    /// # Errors
    /// When there is no such program, the arguments are longer than 16 MiB, too many coroutines wait to start, the payloads
    /// that are kept are as many as there may be, or the engine is shutting down.
    pub fn spawn(&self, program: &str, args: impl Into<Vec<u8>>) -> Result<Coroutine, Error> {
        self.shared.spawn(program, args.into())
    }

    /// Runs until nothing can ever run again: nobody is ready, and no timer is armed. Waiting for a signal does not
    /// count as alive. Those left parked stay so, are named in the report, and may be woken by what is spawned later.
    ///
    /// # Panics
    /// When the function given to [`Builder::on_event`] has panicked, on whatever worker: the engine has stopped then, and
    /// the panic goes on here, once.
    pub fn run(&mut self) -> RunReport {
        loop {
            let until_kill = self.close();
            let has_finished = self.drive(until_kill) == Progress::Finished && !self.kill_if_closing();
            if has_finished || self.shared.is_given_up() {
                return self.report();
            }
        }
    }

    /// Drives the calling thread's worker once, for embedding in another loop: runs what is ready, for a slice or two at
    /// most (16 ms on the system's clock), or waits for at most `max_wait`.
    pub fn turn(&mut self, max_wait: Duration) -> Turn {
        self.close();
        match self.drive(Some(max_wait)) {
            Progress::Worked => Turn::Worked,
            Progress::Waited => Turn::Idle,
            Progress::Finished => Turn::Finished,
        }
    }

    /// Asks every coroutine to end, runs those that still can for `grace` at most, and kills the rest. Nothing can be
    /// spawned any more. The time of grace passes by the operating system's clock, whatever the engine's own. What hangs in a file
    /// system a second after that is left to itself.
    pub fn shutdown(&mut self, grace: Duration) -> RunReport {
        self.shared.begin_shutdown(grace);
        self.run()
    }

    /// All coroutines that have not ended, as they are now.
    pub fn snapshot(&self) -> Vec<CoroutineInfo> {
        self.shared.snapshot()
    }

    /// What the engine holds and has done, in numbers.
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// What coroutines were refused so far that they are not granted.
    pub fn refusals(&self) -> Refusals {
        self.shared.refusals()
    }

    /// Tells the operations of these coroutines as events from now on.
    pub fn trace(&self, trace: Trace) {
        self.shared.set_trace(trace);
    }

    fn report(&self) -> RunReport {
        let (ended, failed) = self.shared.ends();
        RunReport { parked: self.snapshot(), ended, failed, interrupted: self.shared.is_closing() }
    }

    /// Drives the calling thread's worker once. A panic that has stopped the engine goes on here; after that, nothing runs.
    fn drive(&self, max_wait: Option<Duration>) -> Progress {
        let is_stopping = self.shared.is_stopping();
        let progress = if is_stopping { Progress::Finished } else { self.local.turn(max_wait) };
        if let Some(panic) = self.shared.take_panic() {
            resume_unwind(panic);
        }
        progress
    }

    /// Kills everybody if the time of grace is up. Answers how long it is until there is something else to do, if the engine shuts
    /// down.
    fn close(&self) -> Option<Duration> {
        let left = self.shared.grace_left()?;
        if left.is_zero() {
            self.kill_if_closing();
            return Some(AFTERMATH);
        }
        Some(left)
    }

    /// Kills everybody who is left after a shutdown was asked for; false if there was no reason or nobody.
    fn kill_if_closing(&self) -> bool {
        let mut killed = false;
        if self.shared.is_closing() {
            for core in self.shared.coroutines().filter(|core| !core.status.is_killed()) {
                core.kill();
                killed = true;
            }
        }
        killed
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.stop();
        // A thread that panicked has said so; there is nothing to add here.
        self.workers.drain(..).for_each(|worker| drop(worker.join()));
        self.local.clear();
        self.shared.close_books();
        self.shared.blocking.close();
        self.shared.finish_outputs();
        // The last to go: guests that spin come back to their workers by its ticks.
        self.shared.ticker.stop();
        drop(self.ticker.take().map(JoinHandle::join));
    }
}

/// Reaches an engine from any thread, and outlives it harmlessly: then it spawns nothing, and sees nobody.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl Handle {
    /// As [`Engine::spawn`].
    ///
    /// # Errors
    /// As [`Engine::spawn`].
    pub fn spawn(&self, program: &str, args: impl Into<Vec<u8>>) -> Result<Coroutine, Error> {
        self.shared.spawn(program, args.into())
    }

    /// As [`Engine::snapshot`].
    pub fn snapshot(&self) -> Vec<CoroutineInfo> {
        self.shared.snapshot()
    }

    /// As [`Engine::stats`].
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// As [`Engine::refusals`].
    pub fn refusals(&self) -> Refusals {
        self.shared.refusals()
    }

    /// As [`Engine::trace`].
    pub fn trace(&self, trace: Trace) {
        self.shared.set_trace(trace);
    }

    /// Asks a running [`Engine::run`] to shut down as [`Engine::shutdown`] does. Returns at once.
    pub fn shutdown(&self, grace: Duration) {
        self.shared.begin_shutdown(grace);
    }
}
