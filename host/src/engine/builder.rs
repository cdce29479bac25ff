//! How an engine is prepared.

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
use crate::reactor::Reactor;
use crate::scheduler::worker::Mailbox;

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
        let programs = programs::load(&wasm, &settings, self.programs, self.cache_dir.map(Cache::new).as_ref())?;
        let (reactors, mailboxes): (Vec<_>, Vec<_>) = (0..workers)
            .map(|_| Reactor::new().map(|(reactor, notifier)| (reactor, Mailbox::new(notifier))))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Error::new(ErrorKind::Io, "cannot make a reactor").with_source(error))?
            .into_iter()
            .unzip();
        let shared = Shared::new(settings, wasm.clone(), programs, self.clock, mailboxes, self.observer);
        Engine::start(Arc::new(shared), wasm, reactors)
    }
}
