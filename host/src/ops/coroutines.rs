//! `cogen:engine/coroutines`.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::bindings::coroutines::{Host, HostCoroutine, HostPendingCall, Info, State};
use super::bindings::{Ending, Error, Failure, Options};
use super::{Answer, Deadline, Operation, check_size, yield_now};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{self, Core, Outcome, Seed, Wait};
use crate::engine::{LoadedProgram, MAX_PAYLOAD};
use crate::program::Priority;
use crate::sandbox::Killed;
use crate::scheduler::{Place, worker};

/// What a guest's handle of a coroutine stands for.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Joinable {
    core: Arc<Core>,
    /// Who holds the handle.
    holder: Arc<Core>,
}

/// A call whose end somebody has yet to hear of. Dropping it kills the callee.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct PendingCall {
    callee: Arc<Core>,
    caller: Arc<Core>,
    is_told: bool,
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        if !self.callee.status.has_ended() {
            self.callee.kill();
        }
    }
}

impl Host for Guest {
    async fn spawn(&mut self, program: String, args: Vec<u8>, options: Options) -> Answer<Resource<Joinable>> {
        let holder = self.core.clone();
        let seed = self.find(&program, &args).map(|found| self.seed(found, args, false));
        let core = spawn(&holder, &program, seed, self.priority(&options)).await?;
        Ok(self.table.push(Joinable { core, holder })?)
    }

    async fn call(&mut self, program: String, args: Vec<u8>, options: Options) -> Answer<Vec<u8>> {
        let call = self.core.answer(Name::Call, || program.clone(), || self.begin_call(&program, args))?;
        let operation = Operation {
            name: Name::Call,
            detail: || program.clone(),
            wait: || Some(Wait::Call(call.callee.id, call.callee.program.clone())),
            deadline: self.deadline(&options),
        };
        self.core.operate(operation, pin!(value_of(&call.callee, &self.core, Place::Front))).await
    }

    fn start_call(&mut self, program: String, args: Vec<u8>, _: Options) -> Answer<Resource<PendingCall>> {
        let call = self.core.answer(Name::StartCall, || program.clone(), || self.begin_call(&program, args))?;
        Ok(self.table.push(call)?)
    }

    fn current(&mut self) -> wasmtime::Result<Resource<Joinable>> {
        let core = self.core.clone();
        Ok(self.table.push(Joinable { holder: core.clone(), core })?)
    }
}

impl HostCoroutine for Guest {
    fn info(&mut self, handle: Resource<Joinable>) -> wasmtime::Result<Info> {
        let core = &self.table.get(&handle)?.core;
        Ok(Info {
            id: core.id.0,
            program: core.program.name.clone(),
            parent: core.parent.map(|id| id.0),
            state: match core.status.state() {
                coroutine::State::Created => State::Created,
                coroutine::State::Ready => State::Ready,
                coroutine::State::Running => State::Running,
                coroutine::State::Parked => State::Parked,
                coroutine::State::Ended => State::Ended,
            },
        })
    }

    async fn join(&mut self, handle: Resource<Joinable>, options: Options) -> Answer<Vec<u8>> {
        let target = self.table.get(&handle)?.core.clone();
        let operation = Operation {
            name: Name::Join,
            detail: || format!("{} ({})", target.program.name, target.id),
            wait: || Some(Wait::Join(target.id)),
            deadline: self.deadline(&options),
        };
        let work = async {
            if Arc::ptr_eq(&target, &self.core) {
                return Err(Error::InvalidArgument("a coroutine cannot join itself".to_owned()).into());
            }
            value_of(&target, &self.core, Place::Back).await
        };
        self.core.operate(operation, pin!(work)).await
    }

    fn subscribe(&mut self, handle: Resource<Joinable>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, handle)
    }

    fn cancel(&mut self, handle: Resource<Joinable>) -> wasmtime::Result<()> {
        let target = &self.table.get(&handle)?.core;
        self.core.last_operation.set(Name::Cancel);
        target.cancel();
        Ok(())
    }

    fn kill(&mut self, handle: Resource<Joinable>) -> wasmtime::Result<()> {
        let target = &self.table.get(&handle)?.core;
        self.core.last_operation.set(Name::Kill);
        target.kill();
        if Arc::ptr_eq(target, &self.core) {
            return Err(wasmtime::Error::new(Killed));
        }
        Ok(())
    }

    fn drop(&mut self, handle: Resource<Joinable>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl HostPendingCall for Guest {
    fn subscribe(&mut self, call: Resource<PendingCall>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, call)
    }

    fn finish(&mut self, call: Resource<PendingCall>) -> Answer<Vec<u8>> {
        let call = self.table.get_mut(&call)?;
        if call.is_told {
            return Err(Error::InvalidArgument("the call has been finished".to_owned()).into());
        }
        let answer = answer_of(&call.callee);
        call.is_told = answer.is_some();
        answer.unwrap_or_else(|| Err(self.not_ready().into()))
    }

    fn drop(&mut self, call: Resource<PendingCall>) -> wasmtime::Result<()> {
        self.table.delete(call)?;
        Ok(())
    }
}

impl Guest {
    /// Starts a callee on this worker, before everybody else.
    fn begin_call(&self, program: &str, args: Vec<u8>) -> Answer<PendingCall> {
        let shared = &self.core.shared;
        let found = self.find(program, &args)?;
        if self.core.status.is_cancelled() {
            return Err(Error::Cancelled.into());
        }
        let most = shared.settings.max_call_depth;
        if self.core.depth >= most {
            let message = format!("calls are nested {most} deep; raise `max-call-depth`");
            return Err(Error::LimitReached(message).into());
        }
        if !worker::with(|local| local.has_room()) {
            let most = shared.settings.max_coroutines_per_worker();
            let message = format!("{most} coroutines live on this worker; raise `max-coroutines`");
            return Err(Error::LimitReached(message).into());
        }
        let callee = shared.start(self.seed(found, args, true), Place::Front);
        Ok(PendingCall { callee, caller: self.core.clone(), is_told: false })
    }

    fn find(&self, program: &str, args: &[u8]) -> Answer<Arc<LoadedProgram>> {
        let shared = &self.core.shared;
        let found = shared.program(program).ok_or_else(|| {
            // The name comes back in an error: not more of it than a name may have.
            Error::UnknownProgram(program[..program.floor_char_boundary(super::MAX_NAME)].to_owned())
        })?;
        check_size("arguments", args, MAX_PAYLOAD)?;
        if shared.is_closing() {
            return Err(Error::Cancelled.into());
        }
        Ok(found.clone())
    }

    fn seed(&self, program: Arc<LoadedProgram>, args: Vec<u8>, called: bool) -> Seed {
        let depth = if called { self.core.depth + 1 } else { 0 };
        let worker = self.core.worker;
        Seed { program, args, context: self.context.clone(), parent: Some(self.core.id), depth, called, worker }
    }
}

/// Starts a coroutine on the worker that has the fewest, and lets it run first unless the priority says otherwise.
async fn spawn(parent: &Arc<Core>, program: &str, seed: Answer<Seed>, priority: Priority) -> Answer<Arc<Core>> {
    let operation =
        Operation { name: Name::Spawn, detail: || program.to_owned(), wait: || None, deadline: Deadline::Never };
    let work = async {
        let seed = seed?;
        let shared = &parent.shared;
        if shared.is_overrun() {
            let message = "too many coroutines wait to start; raise `max-coroutines`".to_owned();
            return Err(Error::LimitReached(message).into());
        }
        let place = match priority {
            Priority::Last => Place::Front,
            // Whoever goes on first leaves the new one its turn after those who were ready before.
            Priority::Operation | Priority::Coroutine | Priority::First => Place::Back,
        };
        let core = shared.start(Seed { worker: shared.least_loaded_worker(parent.worker), ..seed }, place);
        if !priority.asker_goes_on() {
            yield_now().await?;
        }
        Ok(core)
    };
    parent.operate(operation, pin!(work)).await
}

#[wasmtime_wasi::async_trait]
impl Pollable for Joinable {
    async fn ready(&mut self) {
        end_of(&self.core, &self.holder, Place::Back).await;
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for PendingCall {
    async fn ready(&mut self) {
        end_of(&self.callee, &self.caller, Place::Front).await;
    }
}

/// What `target` returns, once it has ended.
async fn value_of(target: &Arc<Core>, watcher: &Arc<Core>, place: Place) -> Answer<Vec<u8>> {
    end_of(target, watcher, place).await;
    answer_of(target).unwrap_or_else(|| Err(Error::Cancelled.into()))
}

/// Parks `watcher` until `target` has ended, or until `watcher` is cancelled.
async fn end_of(target: &Arc<Core>, watcher: &Arc<Core>, place: Place) {
    let mut watch: Option<Watch<'_>> = None;
    poll_fn(|_| {
        if watcher.status.is_cancelled() {
            return Poll::Ready(());
        }
        let mut end = target.end.lock();
        if end.outcome.is_some() {
            return Poll::Ready(());
        }
        watch.get_or_insert_with(|| Watch { target, key: end.watch(place, watcher.clone()) });
        Poll::Pending
    })
    .await;
}

/// A place in the row of those who are told of an end, undone by drop.
struct Watch<'a> {
    target: &'a Core,
    key: u64,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.target.end.lock().forget(self.key);
    }
}

/// What one that called or joined `target` is told, if it has ended.
fn answer_of(target: &Core) -> Option<Answer<Vec<u8>>> {
    let end = target.end.lock();
    let outcome = end.outcome.as_ref()?;
    let (ending, message) = match outcome {
        Outcome::Returned(value) => return Some(Ok(value.clone())),
        Outcome::Failed { message } => (Ending::Failed, message.clone()),
        Outcome::Trapped { message, .. } => (Ending::Trapped, message.clone()),
        Outcome::Exceeded { limit } => (Ending::Exceeded, limit.clone()),
        Outcome::Cancelled => (Ending::Cancelled, outcome.to_string()),
        Outcome::Killed => (Ending::Killed, outcome.to_string()),
    };
    let failure = Failure { id: target.id.0, program: target.program.name.clone(), ending, message };
    Some(Err(Error::Ended(failure).into()))
}
