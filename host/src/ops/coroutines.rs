//! `cogen:engine/coroutines`.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::bindings::coroutines::{Host, HostCoroutine, HostPendingCall, Info, Outcome as Told, State};
use super::bindings::{Ending, Error, Failure, Options};
use super::connections::Listener;
use super::handover::Thing;
use super::trace::{Brief, shown};
use super::{Answer, Deadline, Operation, check_size, yield_now};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::service::Reception;
use crate::coroutine::{self, Beginning, Context, Core, Keeper, Outcome, Rooms, Seed, Wait, Whose};
use crate::engine::{LoadedProgram, MAX_PAYLOAD};
use crate::program::Priority;
use crate::sandbox::Killed;
use crate::sandbox::grants::{Key, Narrowings};
use crate::sandbox::limits::{Limit, Limits};
use crate::sandbox::usage::{Child, Permit};
use crate::scheduler::Place;

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
    /// For one that its caller does not wait for.
    permit: Option<Permit>,
}

impl Joinable {
    pub(super) fn new(core: Arc<Core>, holder: &Arc<Core>) -> Self {
        Joinable { core, holder: holder.clone() }
    }

    pub(super) fn into_core(self) -> Arc<Core> {
        self.core
    }
}

impl PendingCall {
    /// What the caller waits for while it is parked.
    pub(super) fn wait(&self) -> Wait {
        Wait::Call(self.callee.id, self.callee.program.clone())
    }

    /// What the callee returns, once it has ended.
    pub(super) async fn value(&self) -> Answer<Vec<u8>> {
        end_of(&self.callee, &self.caller, Place::Front).await;
        answer_of(&self.callee).unwrap_or_else(|| Err(Error::Cancelled.into()))
    }
}

impl Brief for PendingCall {
    fn brief(&self) -> String {
        self.callee.to_string()
    }
}

impl Drop for PendingCall {
    fn drop(&mut self) {
        // Of one that has ended it does nothing.
        self.callee.kill();
    }
}

impl Host for Guest {
    async fn spawn(&mut self, program: String, args: Vec<u8>, options: Options) -> Answer<Resource<Joinable>> {
        let priority = self.priority(&options);
        let spawn = |guest: &Guest| guest.starter().spawn(&program, args, Vec::new(), None, priority);
        self.spawned(Name::Spawn, &program, priority, spawn).await
    }

    async fn call(&mut self, program: String, args: Vec<u8>, options: Options) -> Answer<Vec<u8>> {
        let (starter, deadline) = (self.starter(), self.deadline(&options));
        self.core.called(Name::Call, &program, deadline, || starter.call(&program, args)).await
    }

    fn start_call(&mut self, program: String, args: Vec<u8>) -> Answer<Resource<PendingCall>> {
        let begin = || {
            let permit = self.core.permit(Limit::Pending)?;
            let mut call = self.starter().call(&program, args)?;
            call.permit = Some(permit);
            Ok::<_, super::Refusal>(call)
        };
        let call = self.core.answer(Name::StartCall, || shown(&program), begin)?;
        Ok(self.table.push(call)?)
    }

    fn current(&mut self) -> wasmtime::Result<Resource<Joinable>> {
        let core = self.core.clone();
        Ok(self.table.push(Joinable::new(core.clone(), &core))?)
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
        let deadline = self.deadline(&options);
        self.core.watch(Name::Join, &target, deadline, answer_of).await
    }

    async fn outcome(&mut self, handle: Resource<Joinable>, options: Options) -> Answer<Told> {
        let target = self.table.get(&handle)?.core.clone();
        let deadline = self.deadline(&options);
        let answer = |target: &Core| Some(Ok(told_of(target)?.map_or_else(Told::Failed, Told::Returned)));
        self.core.watch(Name::Outcome, &target, deadline, answer).await
    }

    fn subscribe(&mut self, handle: Resource<Joinable>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, handle)
    }

    fn share(&mut self, handle: Resource<Joinable>) -> wasmtime::Result<Resource<Joinable>> {
        let core = self.table.get(&handle)?.core.clone();
        Ok(self.table.push(Joinable::new(core, &self.core))?)
    }

    fn cancel(&mut self, handle: Resource<Joinable>) -> Answer<()> {
        let target = &self.table.get(&handle)?.core;
        let cancel = || {
            check_end(&self.core, target)?;
            target.cancel();
            Ok(())
        };
        self.core.answer(Name::Cancel, || target.to_string(), cancel)
    }

    fn kill(&mut self, handle: Resource<Joinable>) -> Answer<()> {
        let target = &self.table.get(&handle)?.core;
        let kill = || {
            check_end(&self.core, target)?;
            target.kill();
            Ok(())
        };
        self.core.answer(Name::Kill, || target.to_string(), kill)?;
        if Arc::ptr_eq(target, &self.core) {
            return Err(wasmtime::Error::new(Killed).into());
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

/// Who starts another coroutine, and what it hands down.
#[derive(Clone, Copy)]
pub(super) struct Starter<'a> {
    core: &'a Arc<Core>,
    context: &'a Context,
    bounds: Option<&'a Bounds>,
}

/// What is left to a coroutine of that which its program has.
pub(super) struct Bounds {
    pub(super) narrowings: Narrowings,
    pub(super) limits: Limits,
}

impl Guest {
    pub(super) fn starter(&self) -> Starter<'_> {
        Starter { core: &self.core, context: &self.context, bounds: None }
    }

    /// Starts a coroutine as `spawn` does it, and answers its handle; by then it has run, unless its parent goes on at once.
    pub(super) async fn spawned(
        &mut self,
        name: Name,
        program: &str,
        priority: Priority,
        spawn: impl FnOnce(&Guest) -> Answer<Arc<Core>>,
    ) -> Answer<Resource<Joinable>> {
        let core = self.core.answer(name, || shown(program), || spawn(self))?;
        if !priority.asker_goes_on() {
            // The coroutine is there, whatever becomes of its parent: this wait cannot be cancelled.
            yield_now().await?;
        }
        Ok(self.table.push(Joinable::new(core, &self.core))?)
    }
}

impl Core {
    /// Begins a call as `call` does it, and parks until it has ended; dropped before that, it kills the callee.
    pub(super) async fn called(
        self: &Arc<Self>,
        name: Name,
        program: &str,
        deadline: Deadline,
        call: impl FnOnce() -> Answer<PendingCall>,
    ) -> Answer<Vec<u8>> {
        let begun = OnceLock::<PendingCall>::new();
        let (detail, wait) = (|| shown(program), || begun.get().map(PendingCall::wait));
        let work = async {
            let call = call()?;
            begun.get_or_init(|| call).value().await
        };
        self.operate(Operation { name, detail, wait, deadline }, pin!(work)).await
    }
}

impl<'a> Starter<'a> {
    /// The same, leaving no more than this.
    pub(super) fn within(self, bounds: &'a Bounds) -> Self {
        Starter { bounds: Some(bounds), ..self }
    }

    /// Starts a coroutine on the worker that has the fewest; in a scope, if there is one to keep it.
    pub(super) fn spawn(
        &self,
        program: &str,
        args: Vec<u8>,
        things: Vec<Thing>,
        scope: Option<Arc<dyn Keeper>>,
        priority: Priority,
    ) -> Answer<Arc<Core>> {
        let shared = &self.core.shared;
        let program = self.find(Key::Spawn, program, &args)?;
        shared.check_waiting(&program).map_err(Error::LimitReached)?;
        let worker = shared.least_loaded_worker(self.core.worker);
        let place = match priority {
            // It goes before others of its parent's worker, but has no claim to go before those of another.
            Priority::Last | Priority::Coroutine if worker == self.core.worker => Place::Front,
            _ => Place::Back,
        };
        let mut seed = Seed { worker, is_heard: scope.is_some(), keeper: scope, ..self.seed(program, args)? };
        seed.beginning.things = things;
        shared.start(seed, place).ok_or_else(|| Error::Cancelled.into())
    }

    /// Starts an accept loop on this worker, which starts `program` for each connection.
    pub(super) fn serve(&self, listener: Listener, program: &str, args: Vec<u8>, most: u32) -> Answer<Arc<Core>> {
        let handler = self.find(Key::Spawn, program, &args)?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let reception = Reception { is_stdio: false, most };
        let seed = self.core.shared.service(listener, handler, args, reception, Some(self.core), self.core.worker);
        let seed = seed.map_err(Error::LimitReached)?;
        self.core.shared.start(seed, Place::Back).ok_or_else(|| Error::Cancelled.into())
    }

    /// Starts a callee on this worker, before everybody else.
    pub(super) fn call(&self, program: &str, args: Vec<u8>) -> Answer<PendingCall> {
        let shared = &self.core.shared;
        let program = self.find(Key::Call, program, &args)?;
        let depth = self.core.depth + 1;
        if u64::from(depth) > self.core.limits().get(Limit::CallDepth) {
            let message = self.core.met(Limit::CallDepth, format_args!("{depth} calls deep"));
            return Err(Error::LimitReached(message).into());
        }
        let rooms = Rooms::take(shared, &program).map_err(|whose| self.no_room(&program, whose))?;
        let mut seed = Seed { depth, is_heard: true, ..self.seed(program, args)? };
        seed.beginning.rooms = rooms;
        let callee = shared.start(seed, Place::Front).ok_or(Error::Cancelled)?;
        Ok(PendingCall { callee, is_told: false, caller: self.core.clone(), permit: None })
    }

    /// What is said when there is no room for a callee.
    fn no_room(&self, program: &LoadedProgram, whose: Whose) -> Error {
        let name = &program.name;
        Error::LimitReached(match whose {
            Whose::Program => {
                let most = program.limits.get(Limit::Coroutines);
                format!("coroutines: {most} of `{name}` have a store; raise `coroutines` in [program.{name}.limits]")
            }
            Whose::Engine => {
                let most = self.core.shared.settings.max_coroutines;
                format!("{most} coroutines have a store; raise `max-coroutines` in [engine]")
            }
        })
    }

    /// The program of that name, if this coroutine may start one now, with these arguments.
    fn find(&self, key: Key, program: &str, args: &[u8]) -> Answer<Arc<LoadedProgram>> {
        let shared = &self.core.shared;
        // Before it is looked for: what programs there are is nobody's business who may not start them.
        self.core.granted(self.core.grants.name(key, program))?;
        let found = shared.program(program).ok_or_else(|| {
            // The name comes back in an error: not more of it than a name may have.
            Error::UnknownProgram(program[..program.floor_char_boundary(super::MAX_NAME)].to_owned())
        })?;
        check_size("arguments", args, MAX_PAYLOAD)?;
        if shared.is_closing() || self.core.status.is_cancelled() {
            return Err(Error::Cancelled.into());
        }
        Ok(found.clone())
    }

    fn seed(&self, program: Arc<LoadedProgram>, args: Vec<u8>) -> Answer<Seed> {
        let (core, payloads) = (self.core, &self.core.program.payloads);
        let args = payloads.keep(args).map_err(Error::LimitReached)?;
        let beginning = Beginning::new(payloads, args, self.context.clone()).map_err(Error::LimitReached)?;
        let child = Child::of(core).map_err(Error::LimitReached)?;
        let seed = Seed { child: Some(child), ..Seed::of(core, program, beginning) };
        let Some(bounds) = self.bounds else { return Ok(seed) };
        let limits = seed.limits.as_deref().unwrap_or(&seed.program.limits).within(&bounds.limits);
        Ok(Seed { limits: Some(Arc::new(limits)), narrowings: bounds.narrowings.clone(), ..seed })
    }
}

/// Whether a coroutine may end this one: itself, those that it has started, and those of the programs that it is granted.
fn check_end(core: &Core, target: &Core) -> Answer<()> {
    if target.id == core.id || target.parent == Some(core.id) {
        return Ok(());
    }
    core.granted(core.grants.name(Key::Cancel, &target.program.name))
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

impl Core {
    /// Parks until `target` has ended, and answers what is to be said of that.
    async fn watch<T: Brief>(
        self: &Arc<Self>,
        name: Name,
        target: &Arc<Core>,
        deadline: Deadline,
        answer: impl Fn(&Core) -> Option<Answer<T>>,
    ) -> Answer<T> {
        let operation = Operation {
            name,
            detail: || target.to_string(),
            wait: || Some(Wait::Join(target.id, target.program.clone())),
            deadline,
        };
        let work = async {
            if Arc::ptr_eq(target, self) {
                return Err(Error::InvalidArgument("a coroutine cannot wait for its own end".to_owned()).into());
            }
            end_of(target, self, Place::Back).await;
            answer(target).unwrap_or_else(|| Err(Error::Cancelled.into()))
        };
        self.operate(operation, pin!(work)).await
    }
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
    told_of(target).map(|told| told.map_err(|failure| Error::Ended(failure).into()))
}

/// How `target` ended, if it has, as guests are told.
pub(super) fn told_of(target: &Core) -> Option<Result<Vec<u8>, Failure>> {
    let end = target.end.lock();
    let outcome = end.outcome.as_ref()?;
    let (ending, message, backtrace) = match outcome {
        Outcome::Returned(value) => return Some(Ok(value.clone())),
        Outcome::Exited(_) => (Ending::Failed, outcome.to_string(), String::new()),
        Outcome::Failed { message } => (Ending::Failed, message.clone(), String::new()),
        Outcome::Trapped { message, backtrace } => (Ending::Trapped, message.clone(), backtrace.clone()),
        Outcome::Exceeded { limit } => (Ending::Exceeded, limit.clone(), String::new()),
        Outcome::Cancelled => (Ending::Cancelled, String::new(), String::new()),
        Outcome::Killed => (Ending::Killed, String::new(), String::new()),
    };
    Some(Err(Failure { id: target.id.0, program: target.program.name.clone(), ending, message, backtrace }))
}
