//! From the first instruction of a guest to its outcome.

use std::fmt::{self, Write};
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use wasmtime::component::wasm_wave::writer::Writer;
use wasmtime::component::{InstancePre, ResourceTable, Val};
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi::WasiCtx;

use super::outcome::FAILURE;
use super::{Context, Core, Outcome};
use crate::component::functions::Invocation;
use crate::engine::{Entry, MAX_PAYLOAD};
use crate::ops::{Connection, Thing};
use crate::sandbox::growth::Growth;
use crate::sandbox::limits::Limit;
use crate::scheduler::worker;
use crate::wasi::stdio::Stdio;
use crate::wasi::{self, Unsent};

/// What a store carries: all that the host knows of the guest in it.
pub(crate) struct Guest {
    pub(crate) core: Arc<Core>,
    pub(crate) table: ResourceTable,
    pub(crate) context: Context,
    /// What it was given and has not yet asked for.
    pub(crate) received: Vec<Thing>,
    /// The command line of a command; empty for others.
    pub(crate) args: Bytes,
    /// Made when the guest first asks for something of it: most never do.
    pub(crate) wasi: Option<Box<WasiCtx>>,
    /// What it has written and its sockets have not taken.
    pub(crate) unsent: Arc<Unsent>,
    pub(crate) stdio: Stdio,
    growth: Growth,
}

/// Runs a coroutine from start to end. Dropping this is how one is killed: the store goes, with all that it held. The
/// outcome is boxed, for it is asked for after each step and mostly not there: a large answer costs, even to say nothing.
pub(crate) async fn live(
    core: Arc<Core>,
    args: Bytes,
    context: Context,
    received: Vec<Thing>,
    stdio: Option<Connection>,
) -> Box<Outcome> {
    let program = core.program.clone();
    if let Entry::Service(service) = &program.entry {
        return Box::new(service.run(&core, received).await);
    }
    program.streams.begin();
    let engine = &core.shared.wasm;
    let is_command = matches!(program.entry, Entry::Command(_));
    let (argument, args) = if is_command { (Bytes::new(), args) } else { (args, Bytes::new()) };
    let (limits, growth) = (core.limits(), Growth(core.clone()));
    let unsent = Arc::<Unsent>::default();
    let socket = stdio.and_then(|connection| connection.into_source(&core));
    let socket = socket.map(|source| wasi::Connection::new(&core, source, &unsent));
    let guest = Guest {
        core: core.clone(),
        table: ResourceTable::new(),
        context,
        received,
        args,
        wasi: None,
        unsent: unsent.clone(),
        stdio: Stdio::over(socket.clone()),
        growth,
    };
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| &mut guest.growth);
    store.set_hostcall_fuel(limits.size(Limit::HostCallBytes));
    store.set_max_component_handles(limits.size(Limit::Handles));
    if core.shared.settings.fuel {
        let _ = store.set_fuel(limits.get(Limit::Fuel));
    }
    store.set_epoch_deadline(1);
    // A tick that falls into a slice which has just begun is no reason to yield.
    store.epoch_deadline_callback(|context| {
        let engine = &context.data().core.shared;
        Ok(if worker::slice_is_over(engine) { UpdateDeadline::Yield(1) } else { UpdateDeadline::Continue(1) })
    });

    let run = async {
        match &program.entry {
            Entry::Run(entry) => match entry.instantiate_async(&mut store).await {
                Ok(world) => world.call_run(&mut store, &argument).await.map(|result| match result {
                    Ok(value) => Outcome::Returned(value),
                    Err(message) => Outcome::Failed { message },
                }),
                Err(error) => Err(error),
            },
            Entry::Command(entry) => match entry.instantiate_async(&mut store).await {
                Ok(command) => {
                    let result = command.wasi_cli_run().call_run(&mut store).await;
                    result.map(|result| Outcome::exited(result.map_or(FAILURE, |()| 0)))
                }
                Err(error) => Err(error),
            },
            Entry::Functions(entry, functions) => match functions.read(&argument) {
                Ok(invocation) => invoke(&mut store, entry, invocation).await,
                Err(error) => Ok(Outcome::Failed { message: error.to_string() }),
            },
            Entry::Service(_) => unreachable!("it has no store"),
        }
    };
    let result = unsent.accompany(pin!(run)).await;
    if let Some(socket) = socket {
        unsent.accompany(pin!(socket.finish())).await;
    }
    if core.shared.settings.fuel {
        core.note_fuel(limits.get(Limit::Fuel).saturating_sub(store.get_fuel().unwrap_or_default()));
    }
    let outcome = result.unwrap_or_else(|error| Outcome::from_error(&core, &error));
    Box::new(match outcome {
        Outcome::Exited(_) | Outcome::Failed { .. } if core.status.is_cancelled() => Outcome::Cancelled,
        outcome => outcome,
    })
}

/// Calls a function of a component; its value is the result in WAVE, or `()` if it answers nothing.
async fn invoke(
    store: &mut Store<Guest>,
    entry: &InstancePre<Guest>,
    invocation: Invocation,
) -> wasmtime::Result<Outcome> {
    let Invocation { function, arguments, has_result } = invocation;
    let instance = entry.instantiate_async(&mut *store).await?;
    let function = instance.get_func(&mut *store, function).expect("the component exports it");
    let mut results = vec![Val::Bool(false); usize::from(has_result)];
    function.call_async(&mut *store, &arguments, &mut results).await?;
    let mut text = Bounded(String::new());
    let written = match results.first() {
        Some(value) => Writer::new(&mut text).write_value(value).is_ok(),
        None => text.write_str("()").is_ok(),
    };
    Ok(match written {
        true => Outcome::Returned(text.0.into_bytes()),
        false => Outcome::Exceeded { limit: format!("result: more than the {MAX_PAYLOAD} bytes that are allowed") },
    })
}

/// Text of no more bytes than a result may have.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_PAYLOAD {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
