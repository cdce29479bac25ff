//! What an embedder holds: [`Engine`], its [`Builder`], and the [`Handle`] by which other threads reach it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use wasmtime_wasi::p2::bindings::CommandPre;

use crate::clock::{Clock, nanoseconds};
use crate::component::{self, cache::Cache, instances};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, Coroutine, CoroutineId, CoroutineInfo, Outcome, Seed, State};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Report, Trace};
use crate::ops::{self, signals::Signals};
use crate::program::{Priority, Program, Source};
use crate::reactor::Reactor;
use crate::scheduler::Place;
use crate::scheduler::rest::Rest;
use crate::scheduler::ticker::Ticker;
use crate::scheduler::worker::{self, Local, Mailbox, Progress};

/// What a coroutine is given or gives back is at most this long: room for a large document, far below what would let
/// a guest fill the host's memory with a handful of calls.
pub(crate) const MAX_PAYLOAD: usize = 16 << 20;

/// Coroutines that wait to start cost a few hundred bytes each; a million of them is a mistake, not a plan.
const MAX_WAITING: usize = 1_000_000;

/// A compiled program, ready to be instantiated.
pub(crate) struct LoadedProgram {
    pub(crate) name: String,
    pub(crate) entry: Entry,
    pub(crate) default_timeout: Option<u64>,
    pub(crate) default_priority: Priority,
}

impl std::fmt::Debug for LoadedProgram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.name.fmt(f)
    }
}

/// What kind of coroutine a component makes.
pub(crate) enum Entry {
    /// It exports `run` of the world `coroutine`.
    Run(ops::bindings::CoroutinePre<Guest>),
    /// It exports `wasi:cli/run`.
    Command(CommandPre<Guest>),
}

/// The numbers that hold for a whole engine.
pub(crate) struct Settings {
    workers: usize,
    default_timeout: Option<Duration>,
    default_priority: Priority,
    max_coroutines: usize,
    pub(crate) max_call_depth: u32,
    pub(crate) max_memory: usize,
}

impl Settings {
    pub(crate) fn max_coroutines_per_worker(&self) -> usize {
        (self.max_coroutines / self.workers).max(1)
    }
}

type Observer = Box<dyn Fn(&Event<'_>) + Send + Sync>;

/// What all workers of an engine share.
pub(crate) struct Shared {
    pub(crate) wasm: wasmtime::Engine,
    programs: HashMap<String, Arc<LoadedProgram>>,
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
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
    /// When a shutdown stops asking and kills.
    closing: Mutex<Option<u64>>,
}

impl Shared {
    pub(crate) fn next_id(&self) -> CoroutineId {
        CoroutineId(self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    pub(crate) fn program(&self, name: &str) -> Option<&Arc<LoadedProgram>> {
        self.programs.get(name)
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.lock().is_some()
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

    fn coroutines(&self) -> impl Iterator<Item = Arc<Core>> {
        self.mailboxes.iter().flat_map(Mailbox::coroutines)
    }

    fn snapshot(&self) -> Vec<CoroutineInfo> {
        let mut table: Vec<_> =
            self.coroutines().map(|core| core.info()).filter(|info| info.state != State::Ended).collect();
        table.sort_by_key(|info| info.id);
        table
    }

    fn spawn(self: &Arc<Self>, program: &str, args: Vec<u8>) -> Result<Coroutine, Error> {
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

    fn set_trace(&self, trace: Trace) {
        self.is_tracing.store(trace != Trace::Off, Ordering::Relaxed);
        *self.trace.write() = trace;
    }

    fn begin_shutdown(&self, grace: Duration) {
        *self.closing.lock() = Some(self.clock.now().saturating_add(nanoseconds(grace)));
        self.coroutines().for_each(|core| core.cancel());
        self.mailboxes[0].notify();
    }
}

/// Prepares an [`Engine`].
///
/// | setting | default |
/// |---|---|
/// | `workers` | one per core |
/// | `default_timeout` | none: operations wait for ever |
/// | `default_priority` | [`Priority::Last`] |
/// | `clock` | [`Clock::system`] |
/// | `cache_dir` | none: compiled code is not kept |
/// | `max_coroutines` | 4,096 with a store at a time; spawned ones beyond them wait |
/// | `max_call_depth` | 1,024 |
/// | `max_memory` | 256 MiB for each coroutine |
pub struct Builder {
    programs: Vec<(String, Program)>,
    workers: Option<usize>,
    default_timeout: Option<Duration>,
    default_priority: Priority,
    clock: Clock,
    cache_dir: Option<PathBuf>,
    max_coroutines: usize,
    max_call_depth: u32,
    max_memory: usize,
    observer: Option<Observer>,
}

impl Default for Builder {
    fn default() -> Self {
        Builder {
            programs: Vec::new(),
            workers: None,
            default_timeout: None,
            default_priority: Priority::default(),
            clock: Clock::system(),
            cache_dir: None,
            max_coroutines: 4096,
            max_call_depth: 1024,
            max_memory: 256 << 20,
            observer: None,
        }
    }
}

impl Builder {
    /// Gives a component a name under which it can be spawned and called. A later one of the same name replaces it.
    pub fn program(mut self, name: impl Into<String>, program: Program) -> Self {
        self.programs.push((name.into(), program));
        self
    }

    /// How many OS threads run coroutines, at least one. The first of them is the one that drives the engine.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers.max(1));
        self
    }

    /// How long operations wait that give no timeout, in programs that have no default of their own.
    pub fn default_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.default_timeout = timeout;
        self
    }

    /// The priority of operations that give none, in programs that have no default of their own.
    pub fn default_priority(mut self, priority: Priority) -> Self {
        self.default_priority = priority;
        self
    }

    /// Where the time comes from.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// A folder to keep compiled code in, made if it is not there. Only the user who runs the engine may be able to
    /// write to it: what is found there is run as native code.
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(dir.into());
        self
    }

    /// How many coroutines may have a store at a time, over all workers; at least one each.
    pub fn max_coroutines(mut self, count: usize) -> Self {
        self.max_coroutines = count.clamp(1, instances::MAX_COROUTINES);
        self
    }

    /// How deep calls may be nested.
    pub fn max_call_depth(mut self, depth: u32) -> Self {
        self.max_call_depth = depth;
        self
    }

    /// How many bytes of linear memory a coroutine may have.
    pub fn max_memory(mut self, bytes: usize) -> Self {
        self.max_memory = bytes;
        self
    }

    /// Who is told what happens. The function runs on the workers: it must be quick, and must not call the engine.
    pub fn on_event(mut self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Compiles every program, or loads it from the cache, and starts the threads.
    ///
    /// # Errors
    /// When a program cannot be read, is no component, or needs what this engine does not serve; when a thread, a
    /// descriptor or address space cannot be had.
    pub fn build(self) -> Result<Engine, Error> {
        let workers =
            self.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get));
        let settings = Settings {
            workers,
            default_timeout: self.default_timeout,
            default_priority: self.default_priority,
            max_coroutines: self.max_coroutines.max(workers),
            max_call_depth: self.max_call_depth,
            max_memory: self.max_memory,
        };
        let wasm = instances::engine(settings.max_coroutines_per_worker() * workers)?;
        let programs = load(&wasm, &settings, self.programs, self.cache_dir.map(Cache::new).as_ref())?;
        let (reactors, mailboxes): (Vec<_>, Vec<_>) = (0..workers)
            .map(|_| Reactor::new().map(|(reactor, notifier)| (reactor, Mailbox::new(notifier))))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Error::new(ErrorKind::Io, "cannot make a reactor").with_source(error))?
            .into_iter()
            .unzip();
        let shared = Arc::new(Shared {
            wasm: wasm.clone(),
            programs,
            clock: self.clock,
            mailboxes,
            rest: Rest::new(workers),
            ticker: Arc::default(),
            signals: Signals::default(),
            observer: self.observer,
            is_tracing: AtomicBool::new(false),
            trace: RwLock::default(),
            next_id: AtomicU64::new(1),
            ended: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            closing: Mutex::new(None),
            settings,
        });
        Engine::start(shared, wasm, reactors)
    }
}

fn load(
    wasm: &wasmtime::Engine,
    settings: &Settings,
    programs: Vec<(String, Program)>,
    cache: Option<&Cache>,
) -> Result<HashMap<String, Arc<LoadedProgram>>, Error> {
    let linker = ops::linker(wasm)?;
    let mut loaded = HashMap::new();
    for (name, program) in programs {
        let bytes = match program.source {
            Source::Bytes(bytes) => bytes,
            Source::File(path) => std::fs::read(&path).map_err(|error| {
                let message = format!("cannot read program `{name}` from {}", path.display());
                Error::new(ErrorKind::Io, message).with_source(error)
            })?,
        };
        let entry = component::check(&bytes, &name)?;
        let component = component::load(wasm, &bytes, cache, &name)?;
        let refused = |error: wasmtime::Error| {
            Error::new(ErrorKind::Component, format!("cannot link program `{name}`: {}", error.root_cause()))
        };
        let prepared = linker.instantiate_pre(&component).map_err(refused)?;
        let entry = match entry {
            component::Entry::Run => Entry::Run(ops::bindings::CoroutinePre::new(prepared).map_err(refused)?),
            component::Entry::Command => Entry::Command(CommandPre::new(prepared).map_err(refused)?),
        };
        let default_timeout = program.default_timeout.or(settings.default_timeout).map(nanoseconds);
        let default_priority = program.default_priority.unwrap_or(settings.default_priority);
        let program = LoadedProgram { name: name.clone(), entry, default_timeout, default_priority };
        loaded.insert(name, Arc::new(program));
    }
    Ok(loaded)
}

/// What [`Engine::turn`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something ran on the calling thread; there may be more.
    Worked,
    /// Nothing was ready on the calling thread for the whole time, or until something came.
    Idle,
    /// Nothing can ever run again on any worker, unless something is spawned.
    Finished,
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct RunReport {
    /// Who was left parked, and on what.
    pub parked: Vec<CoroutineInfo>,
    /// How many coroutines have ended since the engine was built.
    pub ended: u64,
    /// How many of them failed without anybody to handle it.
    pub failed: u64,
    /// Whether it ended by a shutdown.
    pub interrupted: bool,
}

/// Runs coroutines. It belongs to the thread that built it, which is its first worker while it calls [`run`] or
/// [`turn`]; other workers have threads of their own. Dropping it kills what is left.
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

    fn start(shared: Arc<Shared>, wasm: wasmtime::Engine, reactors: Vec<Reactor>) -> Result<Self, Error> {
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
    /// When there is no such program, the arguments are longer than 16 MiB, or the engine is shutting down.
    pub fn spawn(&self, program: &str, args: impl Into<Vec<u8>>) -> Result<Coroutine, Error> {
        self.shared.spawn(program, args.into())
    }

    /// Runs until nothing can ever run again: nobody is ready, and no timer is armed. Waiting for a signal does not
    /// count as alive. Those left parked stay so, are named in the report, and may be woken by what is spawned later.
    pub fn run(&mut self) -> RunReport {
        loop {
            let until_kill = self.close();
            if self.local.turn(until_kill) == Progress::Finished && !self.kill_if_closing() {
                return self.report();
            }
        }
    }

    /// Drives the calling thread's worker once, for embedding in another loop: runs what is ready, up to a bound, or
    /// waits for at most `max_wait`.
    pub fn turn(&mut self, max_wait: Duration) -> Turn {
        self.close();
        match self.local.turn(Some(max_wait)) {
            Progress::Worked => Turn::Worked,
            Progress::Waited => Turn::Idle,
            Progress::Finished => Turn::Finished,
        }
    }

    /// Asks every coroutine to end, runs those that still can for `grace` at most, and kills the rest. Nothing can be
    /// spawned any more.
    pub fn shutdown(&mut self, grace: Duration) -> RunReport {
        self.shared.begin_shutdown(grace);
        self.run()
    }

    /// All coroutines that have not ended, as they are now.
    pub fn snapshot(&self) -> Vec<CoroutineInfo> {
        self.shared.snapshot()
    }

    /// Tells the operations of these coroutines as events from now on.
    pub fn trace(&self, trace: Trace) {
        self.shared.set_trace(trace);
    }

    fn report(&self) -> RunReport {
        RunReport {
            parked: self.snapshot(),
            ended: self.shared.ended.load(Ordering::Relaxed),
            failed: self.shared.failed.load(Ordering::Relaxed),
            interrupted: self.shared.is_closing(),
        }
    }

    /// Kills everybody if the time of grace is up; else answers how much of it is left.
    fn close(&self) -> Option<Duration> {
        let deadline = (*self.shared.closing.lock())?;
        let left = deadline.saturating_sub(self.shared.clock.now());
        if left == 0 {
            self.kill_if_closing();
            return None;
        }
        Some(Duration::from_nanos(left))
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
        self.shared.stopping.store(true, Ordering::Release);
        self.shared.mailboxes.iter().for_each(Mailbox::notify);
        // A thread that panicked has said so; there is nothing to add here.
        self.workers.drain(..).for_each(|worker| drop(worker.join()));
        self.local.clear();
        // The last to go: guests that spin come back to their workers by its ticks.
        self.shared.ticker.stop();
        drop(self.ticker.take().map(JoinHandle::join));
    }
}

/// Reaches an engine from any thread, and outlives it harmlessly.
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

    /// As [`Engine::trace`].
    pub fn trace(&self, trace: Trace) {
        self.shared.set_trace(trace);
    }

    /// Asks a running [`Engine::run`] to shut down as [`Engine::shutdown`] does. Returns at once.
    pub fn shutdown(&self, grace: Duration) {
        self.shared.begin_shutdown(grace);
    }
}
