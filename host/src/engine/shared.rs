//! What all workers of an engine share, and may reach without a lock on the hot path.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;

use super::programs::LoadedProgram;
use crate::clock::{Clock, nanoseconds};
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Coroutine, CoroutineId, CoroutineInfo, Outcome, Seed, State};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Report, Trace};
use crate::ops::signals::Signals;
use crate::program::Priority;
use crate::scheduler::Place;
use crate::scheduler::cycles::Cycles;
use crate::scheduler::rest::Rest;
use crate::scheduler::ticker::Ticker;
use crate::scheduler::worker::{self, Mailbox};

/// What a coroutine is given or gives back is at most this long: room for a large document, far below what would let
/// a guest fill the host's memory with a handful of calls.
pub(crate) const MAX_PAYLOAD: usize = 16 << 20;

/// Coroutines that wait to start cost a few hundred bytes each; a million of them is a mistake, not a plan.
const MAX_WAITING: usize = 1_000_000;

/// Nobody has asked for a shutdown.
const OPEN: u64 = u64::MAX;

/// The numbers that hold for a whole engine.
pub(crate) struct Settings {
    pub(super) workers: usize,
    pub(super) default_timeout: Option<Duration>,
    pub(super) default_priority: Priority,
    pub(super) max_coroutines: usize,
    pub(crate) max_call_depth: u32,
    pub(crate) max_memory: usize,
}

impl Settings {
    pub(crate) fn max_coroutines_per_worker(&self) -> usize {
        (self.max_coroutines / self.workers).max(1)
    }
}

pub(super) type Observer = Box<dyn Fn(&Event<'_>) + Send + Sync>;

/// What all workers of an engine share.
pub(crate) struct Shared {
    pub(crate) wasm: wasmtime::Engine,
    programs: HashMap<String, Arc<LoadedProgram>>,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) cycles: Cycles,
    pub(crate) mailboxes: Vec<Mailbox>,
    pub(crate) rest: Rest,
    pub(crate) ticker: Arc<Ticker>,
    pub(crate) signals: Signals,
    observer: Option<Observer>,
    is_tracing: AtomicBool,
    trace: RwLock<Trace>,
    next_id: AtomicU64,
    ended: AtomicU64,
    failed: AtomicU64,
    stopping: AtomicBool,
    /// When a shutdown stops asking and kills, or [`OPEN`].
    closing: AtomicU64,
}

impl Shared {
    pub(super) fn new(
        settings: Settings,
        wasm: wasmtime::Engine,
        programs: HashMap<String, Arc<LoadedProgram>>,
        clock: Clock,
        mailboxes: Vec<Mailbox>,
        observer: Option<Observer>,
    ) -> Self {
        Shared {
            wasm,
            programs,
            clock,
            cycles: Cycles::new(),
            rest: Rest::new(mailboxes.len()),
            mailboxes,
            ticker: Arc::default(),
            signals: Signals::default(),
            observer,
            is_tracing: AtomicBool::new(false),
            trace: RwLock::default(),
            next_id: AtomicU64::new(1),
            ended: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            closing: AtomicU64::new(OPEN),
            settings,
        }
    }

    pub(crate) fn next_id(&self) -> CoroutineId {
        CoroutineId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(crate) fn program(&self, name: &str) -> Option<&Arc<LoadedProgram>> {
        self.programs.get(name)
    }

    /// Tells all workers to end.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        self.mailboxes.iter().for_each(Mailbox::notify);
    }

    /// How many coroutines have ended, and how many of them failed with nobody to handle it.
    pub(super) fn ends(&self) -> (u64, u64) {
        (self.ended.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    /// When a shutdown kills whoever is left, if one was asked for.
    pub(super) fn closes_at(&self) -> Option<u64> {
        Some(self.closing.load(Ordering::Acquire)).filter(|&deadline| deadline != OPEN)
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire) != OPEN
    }

    /// Whether there are so many coroutines that a new one would wait behind far too many.
    pub(crate) fn is_overrun(&self) -> bool {
        self.mailboxes.iter().map(Mailbox::load).sum::<usize>() >= self.settings.max_coroutines + MAX_WAITING
    }

    /// The worker with the fewest coroutines; among equals `own`.
    pub(crate) fn least_loaded_worker(&self, own: usize) -> usize {
        let load = |worker: usize| (self.mailboxes[worker].load(), worker != own);
        (0..self.mailboxes.len()).min_by_key(|&worker| load(worker)).unwrap_or(own)
    }

    /// Makes a coroutine and puts it at this place of its worker's queue.
    pub(crate) fn start(self: &Arc<Self>, seed: Seed, place: Place) -> Arc<Core> {
        let core = Core::new(self, seed);
        self.mailboxes[core.worker].enter(&core);
        worker::queue(core.clone(), place);
        core
    }

    pub(crate) fn tell(&self, event: &Event<'_>) {
        if let Some(observer) = &self.observer {
            observer(event);
        }
    }

    pub(crate) fn traces(&self, program: &str) -> bool {
        self.is_tracing.load(Ordering::Relaxed)
            && match &*self.trace.read() {
                Trace::Off => false,
                Trace::All => true,
                Trace::Program(name) => name == program,
            }
    }

    /// Counts an end, and reports it if nobody else will hear of it.
    pub(crate) fn has_ended(&self, core: &Core, outcome: &Outcome) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        let is_asked_for = matches!(outcome, Outcome::Killed | Outcome::Cancelled);
        if outcome.is_success() || is_asked_for || core.called {
            return;
        }
        self.failed.fetch_add(1, Ordering::Relaxed);
        self.tell(&Event::Failed(&Report {
            id: core.id,
            program: core.program.name.clone(),
            outcome: outcome.clone(),
            last_operation: core.last_operation.get().map(Name::as_str),
        }));
    }

    pub(super) fn coroutines(&self) -> impl Iterator<Item = Arc<Core>> {
        self.mailboxes.iter().flat_map(Mailbox::coroutines)
    }

    pub(super) fn snapshot(&self) -> Vec<CoroutineInfo> {
        let mut table: Vec<_> =
            self.coroutines().map(|core| core.info()).filter(|info| info.state != State::Ended).collect();
        table.sort_by_key(|info| info.id);
        table
    }

    pub(super) fn spawn(self: &Arc<Self>, program: &str, args: Vec<u8>) -> Result<Coroutine, Error> {
        let Some(found) = self.program(program) else {
            let mut names: Vec<_> = self.programs.keys().map(String::as_str).collect();
            names.sort_unstable();
            return Err(Error::new(ErrorKind::UnknownProgram, format!("cannot spawn `{program}`: no such program"))
                .with_hint(format!("the programs are: {}", names.join(", "))));
        };
        if args.len() > MAX_PAYLOAD {
            let message = format!("cannot spawn `{program}`: {} bytes of arguments, {MAX_PAYLOAD} allowed", args.len());
            return Err(Error::new(ErrorKind::Limit, message));
        }
        if self.is_closing() {
            return Err(Error::new(ErrorKind::Limit, format!("cannot spawn `{program}`: the engine is shutting down")));
        }
        let worker = self.least_loaded_worker(0);
        let context = Default::default();
        let seed = Seed { program: found.clone(), args, context, parent: None, depth: 0, called: false, worker };
        Ok(Coroutine(self.start(seed, Place::Back)))
    }

    pub(super) fn set_trace(&self, trace: Trace) {
        self.is_tracing.store(trace != Trace::Off, Ordering::Relaxed);
        *self.trace.write() = trace;
    }

    pub(super) fn begin_shutdown(&self, grace: Duration) {
        let deadline = self.clock.now().saturating_add(nanoseconds(grace));
        self.closing.store(deadline.min(OPEN - 1), Ordering::Release);
        self.coroutines().for_each(|core| core.cancel());
        self.mailboxes[0].notify();
    }
}
