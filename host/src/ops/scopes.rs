//! `cogen:engine/scopes`.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::mem;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use parking_lot::Mutex;
use wasmtime::component::Resource;
use wasmtime_wasi_io::poll::{DynPollable, Pollable, subscribe};

use super::bindings::handover::Thing as Handle;
use super::bindings::scopes::{Failures, Host, HostScope};
use super::bindings::{Error, Options};
use super::coroutines::{Joinable, told_of};
use super::handover::check_things;
use super::trace::Brief;
use super::{Answer, Deadline, Operation, Refusal};
use crate::coroutine::life::Guest;
use crate::coroutine::operation::Name;
use crate::coroutine::{Core, CoroutineId, Keeper, Outcome, Wait};
use crate::scheduler::Place;
use crate::scheduler::alarm::Alarm;

/// So many failures are told one by one: who reads them has seen enough by then, and each keeps the host's memory.
const MAX_FAILURES: usize = 100;

/// What a guest's handle of a scope stands for. Dropping it kills the children.
#[allow(unreachable_pub, reason = "the generated bindings name it in public")]
pub struct Scope(Arc<Brood>);

impl Drop for Scope {
    fn drop(&mut self) {
        let (living, failed) = {
            let mut family = self.0.family.lock();
            (mem::take(&mut family.living), mem::take(&mut family.failed))
        };
        drop(failed);
        living.values().for_each(Core::kill);
    }
}

impl Brief for Failures {
    fn brief(&self) -> String {
        match self.first.len() as u64 + self.more {
            0 => "ok".to_owned(),
            failed => format!("{failed} failed"),
        }
    }
}

impl Host for Guest {}

impl HostScope for Guest {
    fn new(&mut self) -> wasmtime::Result<Resource<Scope>> {
        let brood = Brood { owner: self.core.clone(), family: Mutex::default() };
        Ok(self.table.push(Scope(Arc::new(brood)))?)
    }

    async fn spawn(
        &mut self,
        scope: Resource<Scope>,
        program: String,
        args: Vec<u8>,
        handles: Vec<Handle>,
        options: Options,
    ) -> Answer<Resource<Joinable>> {
        let priority = self.priority(&options);
        let things = self.give_all(handles)?;
        let brood = self.table.get(&scope)?.0.clone();
        let spawn = |guest: &Guest| {
            check_things(&things)?;
            brood.check_open()?;
            guest.starter().spawn(&program, args, things, Some(brood), priority)
        };
        self.spawned(Name::ScopeSpawn, &program, priority, spawn).await
    }

    async fn join(&mut self, scope: Resource<Scope>, options: Options) -> Answer<Failures> {
        let brood = self.table.get(&scope)?.0.clone();
        let deadline = self.deadline(&options);
        let living = || Wait::Scope(brood.living());
        let operation = Operation { name: Name::ScopeJoin, detail: String::new, wait: || Some(living()), deadline };
        let work = async {
            brood.all_ended().await;
            Ok(brood.failures())
        };
        let answer = self.core.operate(operation, pin!(work)).await;
        if matches!(&answer, Err(Refusal::Told(error)) if matches!(**error, Error::Cancelled)) {
            // Who is cancelled waits for nothing any more, but for those who would be killed if it did not.
            brood.cancel();
            self.core.wait_for(Name::ScopeJoin, living(), brood.see_out(deadline)).await;
        }
        answer
    }

    fn subscribe(&mut self, scope: Resource<Scope>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(&mut self.table, scope)
    }

    fn cancel(&mut self, scope: Resource<Scope>) -> wasmtime::Result<()> {
        let brood = &self.table.get(&scope)?.0;
        self.core.answer(Name::ScopeCancel, String::new, || brood.cancel());
        Ok(())
    }

    fn drop(&mut self, scope: Resource<Scope>) -> wasmtime::Result<()> {
        self.table.delete(scope)?;
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Scope {
    async fn ready(&mut self) {
        let owner = &self.0.owner;
        let mut ended = pin!(self.0.all_ended());
        poll_fn(|context| if owner.status.is_cancelled() { Poll::Ready(()) } else { ended.as_mut().poll(context) })
            .await;
    }
}

/// The children of a scope, as they and their owner reach it.
struct Brood {
    owner: Arc<Core>,
    family: Mutex<Family>,
}

/// Who lives, and who has failed. Those who have failed are kept for their outcomes, and keep the scope in turn; they part when
/// it is dropped.
#[derive(Default)]
struct Family {
    /// In the order in which they were started.
    living: BTreeMap<CoroutineId, Arc<Core>>,
    /// The first that ended without a value.
    failed: Vec<Arc<Core>>,
    /// How many more there were.
    more: u64,
    is_cancelled: bool,
    /// How many waits of the owner end when nobody lives any more.
    waits: usize,
}

impl Family {
    /// Notes a child that ended without a value, unless it has only done as it was told.
    fn note_failure(&mut self, child: Arc<Core>, gave_up: bool) -> bool {
        if gave_up && self.is_cancelled {
            return false;
        }
        if self.failed.len() < MAX_FAILURES {
            self.failed.push(child);
        } else {
            self.more += 1;
        }
        true
    }

    /// Those who live and are yet to be cancelled.
    fn cancel(&mut self) -> Vec<Arc<Core>> {
        let is_first = !mem::replace(&mut self.is_cancelled, true);
        if is_first { self.living.values().cloned().collect() } else { Vec::new() }
    }
}

impl Keeper for Brood {
    fn takes(&self, child: &Arc<Core>) {
        self.family.lock().living.insert(child.id, child.clone());
    }

    fn loses(&self, child: &Core) {
        let (has_failed, gave_up) = match &child.end.lock().outcome {
            Some(outcome) => (!outcome.is_success(), matches!(outcome, Outcome::Cancelled)),
            None => (false, false),
        };
        let (others, is_awaited) = {
            let mut family = self.family.lock();
            // Nobody is there once the scope is dropped.
            let Some(child) = family.living.remove(&child.id) else { return };
            let is_failure = has_failed && family.note_failure(child, gave_up);
            let others = if is_failure { family.cancel() } else { Vec::new() };
            (others, family.living.is_empty() && family.waits > 0)
        };
        others.iter().for_each(Core::cancel);
        if is_awaited {
            self.owner.wake(Place::Back);
        }
    }
}

impl Brood {
    fn living(&self) -> usize {
        self.family.lock().living.len()
    }

    fn cancel(&self) {
        let living = self.family.lock().cancel();
        living.iter().for_each(Core::cancel);
    }

    /// Whether children may still be started.
    fn check_open(&self) -> Answer<()> {
        let family = self.family.lock();
        if !family.is_cancelled {
            return Ok(());
        }
        let first = family.failed.first().cloned();
        drop(family);
        Err(match first.and_then(|child| told_of(&child)) {
            Some(Err(failure)) => Error::Ended(failure),
            _ => Error::InvalidArgument("the scope has been cancelled: nothing is started in it any more".to_owned()),
        }
        .into())
    }

    /// What went wrong.
    fn failures(&self) -> Failures {
        let (failed, more) = {
            let family = self.family.lock();
            (family.failed.clone(), family.more)
        };
        Failures { first: failed.iter().filter_map(|child| told_of(child)?.err()).collect(), more }
    }

    /// Parks the owner until nobody lives.
    async fn all_ended(&self) {
        let mut wait: Option<WaitForAll<'_>> = None;
        poll_fn(|_| {
            let mut family = self.family.lock();
            if family.living.is_empty() {
                return Poll::Ready(());
            }
            wait.get_or_insert_with(|| {
                family.waits += 1;
                WaitForAll(self)
            });
            Poll::Pending
        })
        .await;
    }

    /// Parks the owner until nobody lives or the time is up, whether or not it is cancelled.
    async fn see_out(&self, deadline: Deadline) {
        let mut all_ended = pin!(self.all_ended());
        let mut alarm: Option<Alarm> = None;
        poll_fn(|context| {
            let is_over = match deadline {
                Deadline::Never => false,
                Deadline::TryOnce => true,
                Deadline::At(moment) => {
                    let alarm = alarm.get_or_insert_with(|| Alarm::arm(moment, &self.owner));
                    alarm.has_fired(self.owner.shared.clock.now())
                }
            };
            if is_over { Poll::Ready(()) } else { all_ended.as_mut().poll(context) }
        })
        .await;
    }
}

/// A wait of the owner for the end of all, undone by drop.
struct WaitForAll<'a>(&'a Brood);

impl Drop for WaitForAll<'_> {
    fn drop(&mut self) {
        self.0.family.lock().waits -= 1;
    }
}
