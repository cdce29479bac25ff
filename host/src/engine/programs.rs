//! Programs as an engine holds them: checked, compiled and linked, ready to be instantiated.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use wasmtime::component::InstancePre;
use wasmtime_wasi::p2::bindings::CommandPre;

use super::shared::Settings;
use crate::clock::nanoseconds;
use crate::component::functions::Functions;
use crate::component::{self, cache::Cache};
use crate::coroutine::life::Guest;
use crate::coroutine::service::Service;
use crate::coroutine::{Core, CoroutineId};
use crate::error::{Error, ErrorKind};
use crate::ops;
use crate::program::{Priority, Program, Source};
use crate::sandbox::grants::Rules;
use crate::sandbox::limits::{Limit, Limits};
use crate::sandbox::payloads::Payloads;
use crate::scheduler::rooms::Rooms;
use crate::wasi::stdio::streams::{self, Streams, Terminals};

/// A compiled program, ready to be instantiated.
pub(crate) struct LoadedProgram {
    pub(crate) name: String,
    /// What a command is told that it is called: as its file is, where there is one.
    pub(crate) called: String,
    pub(crate) entry: Entry,
    pub(crate) default_timeout: Option<u64>,
    pub(crate) default_priority: Priority,
    /// What its coroutines may touch.
    pub(crate) rules: Arc<Rules>,
    /// What each of its coroutines may use, and what was configured for that: the engine may leave it less.
    pub(crate) limits: Limits,
    configured: Limits,
    /// What is kept for its coroutines, outside their memories.
    pub(crate) payloads: Arc<Payloads>,
    /// How many coroutines it has that have not ended, and how many of them have yet to begin.
    pub(crate) population: AtomicUsize,
    pub(crate) unbegun: AtomicUsize,
    /// Who of them may have a store, if there is a bound for that.
    pub(crate) rooms: Option<Rooms<CoroutineId, Arc<Core>>>,
    /// How many slices it has where others have one.
    pub(crate) weight: u8,
    /// Its standard streams.
    pub(crate) streams: Streams,
}

impl LoadedProgram {
    /// Whether it is one of the host, and no component.
    pub(crate) fn is_service(&self) -> bool {
        matches!(self.entry, Entry::Service(_))
    }

    /// The key of the engine that bounds this limit of the program more than its own does.
    pub(crate) fn engine_bound(&self, limit: Limit) -> Option<&'static str> {
        let key = match limit {
            Limit::Memory => "max-memory",
            Limit::CallDepth => "max-call-depth",
            _ => return None,
        };
        (self.limits.get(limit) < self.configured.get(limit)).then_some(key)
    }

    /// One of the host; what it keeps counts as these.
    pub(super) fn service(service: Service, payloads: &Arc<Payloads>) -> Self {
        LoadedProgram {
            name: service.name(),
            called: service.name(),
            default_timeout: None,
            default_priority: Priority::default(),
            rules: Arc::default(),
            limits: Limits::unlimited(),
            configured: Limits::unlimited(),
            payloads: payloads.clone(),
            population: AtomicUsize::new(0),
            unbegun: AtomicUsize::new(0),
            rooms: None,
            weight: 1,
            streams: Streams::default(),
            entry: Entry::Service(service),
        }
    }
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
    /// It exports functions, one of which is named in the arguments.
    Functions(InstancePre<Guest>, Functions),
    /// It is no component: the host does it.
    Service(Service),
}

/// How often something is tried that the system is too busy for. It waits by itself before it says so: for memory, a sixth of a second.
const TRIES: usize = 5;

/// Tries again what the system refuses only while somebody else has a hand on it: to seal memory is refused (EBUSY) as long as any part of
/// the kernel looks at one of its pages, which was seen once in some thousand times.
fn while_busy<T>(mut work: impl FnMut() -> wasmtime::Result<T>) -> wasmtime::Result<T> {
    let is_busy = |error: &wasmtime::Error| {
        error
            .chain()
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|error| error.kind() == io::ErrorKind::ResourceBusy)
    };
    let mut tries = 1;
    loop {
        match work() {
            Err(error) if tries < TRIES && is_busy(&error) => tries += 1,
            result => return result,
        }
    }
}

/// Makes programs ready under their names; of two with one name, the later.
pub(super) fn load(
    wasm: &wasmtime::Engine,
    settings: &Settings,
    programs: Vec<(String, Program)>,
    terminals: Terminals,
    cache: Option<&Cache>,
) -> Result<HashMap<String, Arc<LoadedProgram>>, Error> {
    let linker = ops::linker(wasm)?;
    let programs: BTreeMap<_, _> = programs.into_iter().collect();
    let by_name = programs.iter().map(|(name, program)| (name.as_str(), program)).collect();
    let count = programs.len();
    let mut streams = streams::open(&by_name, terminals)?;
    let mut loaded = HashMap::new();
    for (name, program) in programs {
        let called = program.source.file_name().unwrap_or_else(|| name.clone());
        let bytes = match program.source {
            Source::Bytes(bytes) => bytes,
            Source::File(path) => std::fs::read(&path).map_err(|error| {
                let message = format!("cannot read program `{name}` from {}", path.display());
                Error::new(ErrorKind::Io, message).with_source(error)
            })?,
        };
        let bytes = component::component_of(&bytes).map_err(|why| component::cannot_load(&name, why))?;
        let entry = match component::check(&bytes, &name)? {
            _ if program.is_invoked => component::Entry::Functions,
            entry => entry,
        };
        let component = component::load(wasm, &bytes, cache, &name)?;
        // It takes a descriptor, which there may not be any more when the first of many who connect is served.
        while_busy(|| component.initialize_copy_on_write_image()).map_err(|error| {
            let message = format!("cannot keep the memory that program `{name}` begins with: {error:#}");
            Error::new(ErrorKind::Io, message)
        })?;
        let refused = |error: wasmtime::Error| {
            Error::new(ErrorKind::Component, format!("cannot link program `{name}`: {}", error.root_cause()))
        };
        let prepared = linker.instantiate_pre(&component).map_err(refused)?;
        let entry = match entry {
            component::Entry::Run => Entry::Run(ops::bindings::CoroutinePre::new(prepared).map_err(refused)?),
            component::Entry::Command => Entry::Command(CommandPre::new(prepared).map_err(refused)?),
            component::Entry::Functions => Entry::Functions(prepared, Functions::of(wasm, &component)),
        };
        let default_timeout = program.default_timeout.or(settings.default_timeout).map(nanoseconds);
        let default_priority = program.default_priority.unwrap_or(settings.default_priority);
        let rules = Arc::new(Rules::open(&name, program.allow)?);
        let limits = settings.bound(&program.limits, count);
        let kept = limits.size(Limit::Payloads);
        // As many as have room in the engine need no other bound.
        let coroutines = Some(limits.size(Limit::Coroutines)).filter(|&most| most < settings.max_coroutines);
        let program = LoadedProgram {
            name: name.clone(),
            called,
            entry,
            default_timeout,
            default_priority,
            rules,
            limits,
            configured: program.limits,
            payloads: Payloads::of_program(&name, kept, &settings.payloads),
            population: AtomicUsize::new(0),
            unbegun: AtomicUsize::new(0),
            rooms: coroutines.map(|most| Rooms::new(u32::try_from(most).unwrap_or(u32::MAX))),
            weight: program.weight,
            streams: streams.remove(&name).unwrap_or_default(),
        };
        loaded.insert(name, Arc::new(program));
    }
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_is_too_busy_for_is_tried_again_and_nothing_else_is() {
        let tries_of = |kind: io::ErrorKind, busy: usize| {
            let mut tries = 0;
            let result = while_busy(|| {
                tries += 1;
                if tries <= busy {
                    Err(wasmtime::Error::from(io::Error::from(kind)).context("in vain"))
                } else {
                    Ok(())
                }
            });
            (tries, result.is_ok())
        };
        assert_eq!(tries_of(io::ErrorKind::ResourceBusy, 0), (1, true));
        assert_eq!(tries_of(io::ErrorKind::ResourceBusy, 2), (3, true));
        assert_eq!(tries_of(io::ErrorKind::ResourceBusy, 99), (TRIES, false));
        assert_eq!(tries_of(io::ErrorKind::StorageFull, 1), (1, false));
    }
}
