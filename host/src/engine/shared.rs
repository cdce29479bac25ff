//! What all workers of an engine share, and may reach without a lock on the hot path.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Mutex, RwLock};

use super::programs::{Entry, LoadedProgram};
use crate::clock::{Clock, nanoseconds};
use crate::coroutine::operation::Name;
use crate::coroutine::service::{AcceptLoop, Reception, Service};
use crate::coroutine::{Beginning, Context, Core, Coroutine, CoroutineId, CoroutineInfo, Outcome, Seed, State};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Report, Trace};
use crate::manifest::nearest;
use crate::ops::rows::Signals;
use crate::ops::{Listener, Thing};
use crate::program::Priority;
use crate::reactor::Network;
use crate::sandbox::grants::refusals::{Counter, Missing, Refusals};
use crate::sandbox::limits::{Limit, Limits, UNLIMITED};
use crate::sandbox::payloads::{Charge, Payloads};
use crate::scheduler::Place;
use crate::scheduler::blocking::Blocking;
use crate::scheduler::cycles::Cycles;
use crate::scheduler::mailbox::Mailbox;
use crate::scheduler::rest::Rest;
use crate::scheduler::rooms::Rooms;
use crate::scheduler::ticker::Ticker;
use crate::scheduler::worker;

/// What a coroutine is given or gives back is at most this long: room for a large document, far below what would let
/// a guest fill the host's memory with a handful of calls.
pub(crate) const MAX_PAYLOAD: usize = 16 << 20;

/// Coroutines that wait to start cost a few hundred bytes each; a million of them is a mistake, not a plan.
pub(crate) const MAX_WAITING: usize = 1_000_000;

/// Nobody has asked for a shutdown.
const OPEN: u64 = u64::MAX;

/// How long after the time of grace a shutdown waits for what guests have written to reach its files: what takes longer hangs.
pub(super) const AFTERMATH: Duration = Duration::from_secs(1);

/// The numbers that hold for a whole engine.
pub(crate) struct Settings {
    pub(super) default_timeout: Option<Duration>,
    pub(super) default_priority: Priority,
    pub(crate) max_coroutines: usize,
    pub(super) max_call_depth: u32,
    pub(super) max_memory: usize,
    pub(super) max_stack: usize,
    /// Whether guests burn fuel.
    pub(crate) fuel: bool,
    /// What is kept for guests.
    pub(super) payloads: Arc<Payloads>,
}

/// How much of so much one of so many programs may have: where there are others, it leaves them an eighth. So whatever one does, the
/// others have room; how much each really may have is a matter of its limits.
pub(super) fn share(all: usize, programs: usize) -> usize {
    if programs < 2 { all } else { all - all / 8 }
}

/// Charges an outcome to the payloads of its program: one that is too long, or one too many, is none.
fn charge(program: &LoadedProgram, outcome: Outcome) -> (Outcome, Option<Charge>) {
    let outcome = outcome.within(MAX_PAYLOAD);
    match program.payloads.charge(outcome.payload()) {
        Ok(charge) => (outcome, Some(charge)),
        Err(limit) => (Outcome::Exceeded { limit }, None),
    }
}

impl Settings {
    /// Of a program's limits, and those that the engine has for all, the lesser ones; and of what programs share, its share of as many as
    /// there are, where it says nothing else.
    pub(super) fn bound(&self, limits: &Limits, programs: usize) -> Limits {
        let number = |size| u64::try_from(size).unwrap_or(u64::MAX);
        let mut limits = limits.clone();
        for (limit, all) in [(Limit::Coroutines, self.max_coroutines), (Limit::Payloads, self.payloads.most())] {
            if limits.get(limit) == UNLIMITED {
                limits = limits.with(limit, number(share(all, programs)));
            }
        }
        let all = Limits::unlimited()
            .with(Limit::Memory, number(self.max_memory))
            .with(Limit::CallDepth, self.max_call_depth.into());
        limits.within(&all)
    }
}

pub(super) type Observer = Box<dyn Fn(&Event<'_>) + Send + Sync>;

/// What all workers of an engine share.
pub(crate) struct Shared {
    pub(crate) wasm: wasmtime::Engine,
    programs: HashMap<String, Arc<LoadedProgram>>,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) network: Network,
    pub(crate) blocking: Arc<Blocking>,
    pub(crate) cycles: Cycles,
    pub(crate) mailboxes: Vec<Mailbox>,
    pub(crate) rest: Rest,
    pub(crate) rooms: Rooms<CoroutineId, Arc<Core>>,
    pub(crate) ticker: Arc<Ticker>,
    pub(crate) signals: Signals,
    refusals: Counter,
    observer: Option<Observer>,
    /// Whether the observer has panicked.
    is_deaf: AtomicBool,
    is_tracing: AtomicBool,
    trace: RwLock<Trace>,
    next_id: AtomicU64,
    ended: AtomicU64,
    failed: AtomicU64,
    restarts: AtomicU64,
    stopping: AtomicBool,
    /// When a shutdown stops asking and kills, in nanoseconds of `wall`, or [`OPEN`].
    closing: AtomicU64,
    /// Time of grace passes even where the engine's own clock stands still.
    wall: Clock,
    /// A panic of the observer or of a worker, until it goes on in the thread that drives the engine.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Shared {
    pub(super) fn new(
        settings: Settings,
        wasm: wasmtime::Engine,
        programs: HashMap<String, Arc<LoadedProgram>>,
        clock: Clock,
        network: Network,
        mailboxes: Vec<Mailbox>,
        observer: Option<Observer>,
    ) -> Self {
        Shared {
            wasm,
            programs,
            cycles: Cycles::new(),
            rest: Rest::new(mailboxes.len()),
            mailboxes,
            rooms: Rooms::new(u32::try_from(settings.max_coroutines).unwrap_or(u32::MAX)),
            ticker: Arc::new(Ticker::new(&clock)),
            clock,
            network,
            blocking: Arc::new(Blocking::default()),
            signals: Signals::default(),
            refusals: Counter::default(),
            observer,
            is_deaf: AtomicBool::new(false),
            is_tracing: AtomicBool::new(false),
            trace: RwLock::default(),
            next_id: AtomicU64::new(1),
            ended: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            restarts: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            closing: AtomicU64::new(OPEN),
            wall: Clock::system(),
            panic: Mutex::new(None),
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

    /// What is kept for guests.
    pub(super) fn payloads(&self) -> &Arc<Payloads> {
        &self.settings.payloads
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

    /// How long it is until a shutdown kills whoever is left, if one was asked for.
    pub(super) fn grace_left(&self) -> Option<Duration> {
        let deadline = Some(self.closing.load(Ordering::Acquire)).filter(|&deadline| deadline != OPEN)?;
        Some(Duration::from_nanos(deadline.saturating_sub(self.wall.now())))
    }

    /// Whether nobody is left, the time of grace is long up, and only what guests have written holds up the end: a disk that hangs, or
    /// a pipe that nobody reads.
    pub(super) fn is_given_up(&self) -> bool {
        let deadline = self.closing.load(Ordering::Acquire);
        let is_over = deadline != OPEN && self.wall.now() >= deadline.saturating_add(nanoseconds(AFTERMATH));
        is_over && self.coroutines().next().is_none()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire) != OPEN
    }

    /// Refuses another coroutine where too many wait to start already, of its program or of all.
    pub(crate) fn check_waiting(&self, program: &LoadedProgram) -> Result<(), String> {
        let limits = &program.limits;
        let room = limits.size(Limit::Coroutines).min(self.settings.max_coroutines);
        let (waiting, name) = (limits.size(Limit::Waiting), &program.name);
        if program.population.load(Ordering::Relaxed) >= room.saturating_add(waiting) {
            return Err(format!(
                "waiting: {waiting} of `{name}` wait to start; raise `waiting` in [program.{name}.limits]"
            ));
        }
        if self.mailboxes.iter().map(Mailbox::load).sum::<usize>() >= self.settings.max_coroutines + MAX_WAITING {
            return Err(format!("{MAX_WAITING} coroutines wait to start; raise `max-coroutines` in [engine]"));
        }
        Ok(())
    }

    /// What is said of a guest whose stack is full.
    pub(crate) fn stack_exhausted(&self) -> String {
        format!("call stack exhausted: {} bytes are allowed; raise `max-stack` in [engine]", self.settings.max_stack)
    }

    /// The worker with the fewest coroutines; among equals `own`.
    pub(crate) fn least_loaded_worker(&self, own: usize) -> usize {
        let load = |worker: usize| (self.mailboxes[worker].load(), worker != own);
        (0..self.mailboxes.len()).min_by_key(|&worker| load(worker)).unwrap_or(own)
    }

    /// Makes a coroutine and puts it at this place of its worker's queue, unless the engine stops.
    pub(crate) fn start(self: &Arc<Self>, seed: Seed, place: Place) -> Option<Arc<Core>> {
        let core = Core::new(self, seed);
        core.is_taken();
        if !self.mailboxes[core.worker].enter(&core) {
            core.is_lost();
            return None;
        }
        core.program.population.fetch_add(1, Ordering::Relaxed);
        core.program.unbegun.fetch_add(1, Ordering::Relaxed);
        core.program.streams.enter();
        worker::queue(core.clone(), place);
        // A shutdown that began meanwhile has not seen it in the book.
        if self.is_closing() {
            core.cancel();
        }
        Some(core)
    }

    /// What an accept loop is made of that starts `handler` for each connection, if there is room for the arguments.
    pub(crate) fn service(
        self: &Arc<Self>,
        listener: Listener,
        handler: Arc<LoadedProgram>,
        args: Vec<u8>,
        reception: Reception,
        parent: Option<&Core>,
        worker: usize,
    ) -> Result<Seed, String> {
        let most = if reception.most == 0 { self.settings.max_coroutines } else { reception.most };
        let reception = Reception { most, ..reception };
        let payloads = parent.map_or(self.payloads(), |parent| &parent.program.payloads);
        let accept = AcceptLoop { handler, args: payloads.keep(args)?, reception };
        let mut beginning = Beginning::new(payloads, Bytes::new(), Context::default())?;
        beginning.things.push(Thing::Listener(listener));
        let payloads = accept.handler.payloads.clone();
        let program = Arc::new(LoadedProgram::service(Service::Accept(accept), &payloads));
        // What those above leave to the accept loop it leaves to those that it starts.
        Ok(match parent {
            Some(parent) => Seed { worker, ..Seed::of(parent, program, beginning) },
            None => Seed::new(program, beginning, worker),
        })
    }

    /// Tells of the end of a coroutine that holds nothing any more but what it may not have begun with.
    pub(crate) fn end(&self, core: &Arc<Core>, outcome: Outcome) {
        core.give_up_rooms();
        drop(core.take_beginning());
        core.program.population.fetch_sub(1, Ordering::Relaxed);
        core.program.streams.leave();
        let (outcome, charge) = charge(&core.program, outcome);
        self.has_ended(core, &outcome);
        core.finish(outcome, charge);
    }

    /// Stops the engine because the observer or a worker has panicked.
    pub(crate) fn broke(&self, panic: Box<dyn Any + Send>) {
        self.panic.lock().get_or_insert(panic);
        self.stop();
    }

    /// What the engine has been stopped by, once.
    pub(super) fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        if self.is_stopping() { self.panic.lock().take() } else { None }
    }

    /// Ends those whom no worker will ever run, and takes in nobody any more.
    pub(super) fn close_books(&self) {
        for mailbox in &self.mailboxes {
            mailbox.close().iter().for_each(|core| self.end(core, Outcome::Killed));
        }
    }

    /// Writes what guests have written and no thread has come to.
    pub(super) fn finish_outputs(&self) {
        self.programs.values().for_each(|program| program.streams.finish());
    }

    /// Tells the observer. One that panics stops the engine, and is told nothing more.
    pub(crate) fn tell(&self, event: &Event<'_>) {
        let Some(observer) = self.observer.as_ref().filter(|_| !self.is_deaf.load(Ordering::Relaxed)) else { return };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| observer(event))) {
            self.is_deaf.store(true, Ordering::Relaxed);
            self.broke(panic);
        }
    }

    /// Counts what a coroutine was refused, and tells it if that is news.
    pub(crate) fn refuse(&self, core: &Core, missing: &Missing) {
        let Some(line) = self.refusals.count(missing) else { return };
        let (id, program, attempted) = (core.id, core.program.name.as_str(), missing.attempted.as_str());
        let (lacking, is_narrowed) = (&missing.program, missing.is_narrowed);
        self.tell(&Event::Refused { id, program, attempted, lacking, line: &line, is_narrowed });
    }

    pub(super) fn refusals(&self) -> Refusals {
        self.refusals.table()
    }

    /// How often something was refused.
    pub(super) fn refused(&self) -> u64 {
        self.refusals.all()
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
    fn has_ended(&self, core: &Core, outcome: &Outcome) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        let (id, program) = (core.id, &core.program.name);
        let is_asked_for = matches!(outcome, Outcome::Killed | Outcome::Cancelled);
        if !(outcome.is_success() || is_asked_for || core.is_heard) {
            self.failed.fetch_add(1, Ordering::Relaxed);
            self.tell(&Event::Failed(&Report {
                id,
                parent: core.parent,
                program: program.clone(),
                outcome: outcome.clone(),
                last_operation: core.last_operation.get().map(Name::as_str),
            }));
        }
        self.tell(&Event::Ended { id, program, outcome });
    }

    /// Counts a restart, and tells of it.
    pub(crate) fn restarted(&self, event: &Event<'_>) {
        self.restarts.fetch_add(1, Ordering::Relaxed);
        self.tell(event);
    }

    /// Counts a supervisor that gave up as a failure, and tells of it.
    pub(crate) fn gave_up(&self, event: &Event<'_>) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        self.tell(event);
    }

    /// So many failures do not count any more: who was started again has ended well.
    pub(crate) fn mend(&self, failures: u64) {
        self.failed.fetch_sub(failures, Ordering::Relaxed);
    }

    pub(super) fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
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
        let attempted = format!("spawn `{program}`");
        let found = self.startable(&attempted, program, &args)?;
        let refused = |why: &str| Error::new(ErrorKind::Limit, format!("cannot {attempted}: {why}"));
        let args = self.payloads().keep(args).map_err(|why| refused(&why))?;
        let beginning = Beginning::new(self.payloads(), args, Context::default()).map_err(|why| refused(&why))?;
        let worker = self.least_loaded_worker(0);
        let seed = Seed::new(found.clone(), beginning, worker);
        self.start(seed, Place::Back).map(Coroutine).ok_or_else(|| refused("the engine is gone"))
    }

    /// The program of that name, if it can be started now with these arguments.
    pub(super) fn startable(&self, attempted: &str, program: &str, args: &[u8]) -> Result<&Arc<LoadedProgram>, Error> {
        let Some(found) = self.program(program) else {
            let message = format!("cannot {attempted}: no such program");
            return Err(Error::new(ErrorKind::UnknownProgram, message).with_hint(self.program_meant(program)));
        };
        let refused = |why: &str| Error::new(ErrorKind::Limit, format!("cannot {attempted}: {why}"));
        if args.len() > MAX_PAYLOAD {
            return Err(refused(&format!("{} bytes of arguments, {MAX_PAYLOAD} allowed", args.len())));
        }
        if self.is_closing() {
            return Err(refused("the engine is shutting down"));
        }
        self.check_waiting(found).map_err(|why| refused(&why))?;
        if let Entry::Functions(_, functions) = &found.entry {
            functions.read(args).map_err(|why| why.within(&format!("cannot {attempted}")))?;
        }
        Ok(found)
    }

    /// What to say to whoever names a program that is not there.
    fn program_meant(&self, name: &str) -> String {
        let mut names: Vec<_> = self.programs.keys().map(String::as_str).collect();
        names.sort_unstable();
        match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the programs are: {}", names.join(", ")),
        }
    }

    pub(super) fn set_trace(&self, trace: Trace) {
        self.is_tracing.store(trace != Trace::Off, Ordering::Relaxed);
        *self.trace.write() = trace;
    }

    pub(super) fn begin_shutdown(&self, grace: Duration) {
        let deadline = self.wall.now().saturating_add(nanoseconds(grace));
        self.closing.store(deadline.min(OPEN - 1), Ordering::Release);
        self.coroutines().for_each(|core| core.cancel());
        self.mailboxes[0].notify();
    }
}
