//! How an engine is prepared.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::shared::{Observer, Settings, Shared};
use super::{Engine, programs};
use crate::clock::Clock;
use crate::component::{cache::Cache, instances};
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::program::{Priority, Program};
use crate::reactor::ReactorKind;
use crate::sandbox::limits::{Limit, UNLIMITED};
use crate::sandbox::payloads::Payloads;
use crate::scheduler::mailbox::Mailbox;
use crate::wasi::stdio::streams::Terminals;

/// Each worker is a thread with a reactor of its own: more of them than this are a slip of the pen.
pub const MAX_WORKERS: u16 = 256;

fn check(setting: &str, value: usize, allowed: &RangeInclusive<usize>, unit: &str) -> Result<(), Error> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let (least, most) = (allowed.start(), allowed.end());
    Err(Error::new(ErrorKind::Configuration, format!("`{setting}` is {value}; {least} to {most}{unit} are allowed")))
}

/// Prepares an [`Engine`].
///
/// | setting | default |
/// |---|---|
/// | `workers` | one per core |
/// | `default_timeout` | none: operations wait for ever |
/// | `default_priority` | [`Priority::Last`] |
/// | `clock` | [`Clock::system`] |
/// | `reactor` | [`ReactorKind::Mio`] |
/// | `cache_dir` | none: compiled code is not kept |
/// | `max_coroutines` | 4,096 with a store at a time; spawned ones beyond them wait |
/// | `max_call_depth` | 1,024 |
/// | `max_memory` | 256 MiB for each coroutine |
/// | `max_payloads` | 1 GiB for the whole engine |
/// | `max_stack` | 512 KiB for each coroutine |
/// | `fuel` | burnt only if the limits of a program ask for it |
/// | `debug_info` | not read |
/// | `terminals` | neither |
#[must_use = "it is an engine once it is built"]
pub struct Builder {
    programs: Vec<(String, Program)>,
    workers: Option<usize>,
    default_timeout: Option<Duration>,
    default_priority: Priority,
    clock: Clock,
    reactor: ReactorKind,
    cache_dir: Option<PathBuf>,
    max_coroutines: usize,
    max_call_depth: u32,
    max_memory: usize,
    max_payloads: usize,
    max_stack: usize,
    fuel: bool,
    debug_info: bool,
    terminals: Terminals,
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
            reactor: ReactorKind::default(),
            cache_dir: None,
            max_coroutines: 4096,
            max_call_depth: 1024,
            max_memory: 256 << 20,
            max_payloads: 1 << 30,
            max_stack: instances::STACK,
            fuel: false,
            debug_info: false,
            terminals: Terminals::default(),
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

    /// How many OS threads run coroutines: 1 to 256. The first of them is the one that drives the engine.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
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

    /// What workers block in, and what carries out the operations of sockets.
    ///
    /// On a [simulated clock](Clock::simulated) with sockets of the operating system, what one worker of the engine does to
    /// another's sockets may come after a jump of the clock that it should have come before: give such an engine one worker.
    pub fn reactor(mut self, kind: ReactorKind) -> Self {
        self.reactor = kind;
        self
    }

    /// A folder to keep compiled code in, made if it is not there. Only the user who runs the engine may be able to
    /// write to it: what is found there is run as native code.
    pub fn cache_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(dir.into());
        self
    }

    /// How many coroutines may have a store at a time, over all workers: 1 to 200,000, or to 8,192 on other systems
    /// than Linux. Others that are spawned wait; a call fails.
    ///
    /// Up to 8,192, short lives are fastest. With more, a coroutine costs less while it is parked, and more to start; its code
    /// checks every address; and address space is reserved for each by `max_memory`.
    pub fn max_coroutines(mut self, count: usize) -> Self {
        self.max_coroutines = count;
        self
    }

    /// How deep calls may be nested.
    pub fn max_call_depth(mut self, depth: u32) -> Self {
        self.max_call_depth = depth;
        self
    }

    /// How many bytes of linear memory a coroutine may have: at most 4 GiB.
    pub fn max_memory(mut self, bytes: usize) -> Self {
        self.max_memory = bytes;
        self
    }

    /// How many bytes of arguments, values of signals and results the engine keeps for guests outside their memories. What
    /// would be more is refused with `limit-reached`, and a result that is more is an outcome [`Exceeded`].
    ///
    /// [`Exceeded`]: crate::Outcome::Exceeded
    pub fn max_payloads(mut self, bytes: usize) -> Self {
        self.max_payloads = bytes;
        self
    }

    /// How many bytes of stack the code of a coroutine may use: 64 KiB to 8 MiB.
    pub fn max_stack(mut self, bytes: usize) -> Self {
        self.max_stack = bytes;
        self
    }

    /// Whether guests burn fuel, so that [`Coroutine::fuel`](crate::Coroutine::fuel) tells exactly how much each has used. It makes
    /// code slower, by a tenth or a third. When a program has a limit of [fuel](crate::Limit::Fuel), all burn it in any case.
    pub fn fuel(mut self, is_burnt: bool) -> Self {
        self.fuel = is_burnt;
        self
    }

    /// Whether the debug information of components is read when they trap, so that backtraces have files and lines. That
    /// takes some milliseconds for each trap, more where there is much of it, and nothing interrupts it: leave it off where
    /// others must not wait for a guest that brings a lot.
    pub fn debug_info(mut self, is_read: bool) -> Self {
        self.debug_info = is_read;
        self
    }

    /// Whether what guests write to their standard output, and to their standard error, is shown on a terminal by who is told of
    /// it: guests may ask that, to choose colours. Of a standard input that is [inherited](crate::Stdin::Inherit) the engine finds out
    /// for itself.
    pub fn terminals(mut self, stdout: bool, stderr: bool) -> Self {
        self.terminals = Terminals { stdout, stderr };
        self
    }

    /// Who is told what happens. The function runs on the workers, on a guest's stack of which it has 256 KiB, while that
    /// worker waits: it must be quick, and must not call the engine. If it panics, the engine stops, and the panic goes on
    /// in [`Engine::run`] or [`Engine::turn`].
    pub fn on_event(mut self, observer: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Compiles every program, or loads it from the cache, and starts the threads.
    ///
    /// # Errors
    /// When a setting is out of its bounds; when a program cannot be read, is no component, or needs what this engine does
    /// not serve; when a thread, a descriptor or address space cannot be had.
    pub fn build(self) -> Result<Engine, Error> {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MAX_WORKERS.into());
        let workers = self.workers.unwrap_or_else(cores);
        check("workers", workers, &(1..=MAX_WORKERS.into()), "")?;
        check("max-coroutines", self.max_coroutines, &(1..=instances::MAX_COROUTINES), "")
            .map_err(|error| if instances::HAS_SLAB { error } else { error.with_hint("more of them need Linux") })?;
        check("max-stack", self.max_stack, &instances::STACKS, " bytes")?;
        let settings = Settings {
            default_timeout: self.default_timeout,
            default_priority: self.default_priority,
            max_coroutines: self.max_coroutines,
            max_call_depth: self.max_call_depth,
            max_memory: self.max_memory.min(instances::MAX_MEMORY),
            payloads: Payloads::new(self.max_payloads),
            max_stack: self.max_stack,
            fuel: self.fuel || self.programs.iter().any(|(_, program)| program.limits.get(Limit::Fuel) != UNLIMITED),
        };
        let wasm = instances::engine(&instances::Wanted {
            coroutines: settings.max_coroutines,
            memory: settings.max_memory,
            stack: settings.max_stack,
            fuel: settings.fuel,
            debug_info: self.debug_info,
        })?;
        let programs =
            programs::load(&wasm, &settings, self.programs, self.terminals, self.cache_dir.map(Cache::new).as_ref())?;
        let refused = |error| {
            let message = format!("cannot make the reactor `{}` on this machine", self.reactor.name());
            Error::new(ErrorKind::Io, message).with_source(error)
        };
        let (network, opened) = self.reactor.open(workers, &self.clock).map_err(refused)?;
        let (reactors, mailboxes) =
            opened.into_iter().map(|(reactor, notifier)| (reactor, Mailbox::new(notifier))).unzip();
        let shared = Shared::new(settings, wasm.clone(), programs, self.clock, network, mailboxes, self.observer);
        Engine::start(Arc::new(shared), wasm, reactors)
    }
}
