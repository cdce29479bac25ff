//! The part of a coroutine that may be reached from every thread.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::task::Wake;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;

use super::operation::LastOperation;
use super::service::Places;
use super::status::Status;
use super::{Context, CoroutineId, CoroutineInfo, Outcome, State, Wait};
use crate::engine::{LoadedProgram, Shared};
use crate::ops::Thing;
use crate::sandbox::payloads::Charge;
use crate::scheduler::{Place, worker};

/// A coroutine as all threads see it. The store is its worker's alone.
pub(crate) struct Core {
    pub(crate) id: CoroutineId,
    pub(crate) program: Arc<LoadedProgram>,
    pub(crate) parent: Option<CoroutineId>,
    /// How many calls led to this one.
    pub(crate) depth: u32,
    /// Whether a caller waits for it: then its failure is the caller's to handle and is not reported.
    pub(crate) called: bool,
    pub(crate) worker: usize,
    /// What it takes a place of, of an accept loop.
    place: Option<Arc<Places>>,
    pub(crate) shared: Arc<Shared>,
    /// Where it stands in its worker's book of coroutines.
    pub(crate) book_entry: AtomicUsize,
    pub(crate) status: Status,
    /// How long it has run, in counts of [`Cycles`](crate::scheduler::cycles::Cycles).
    cycles: AtomicU64,
    /// Whether it used up a slice when it ran last, and how many more it has before others like it.
    has_spent_slice: AtomicBool,
    slices_left: AtomicU8,
    /// What it waits for while it is parked, and since when.
    wait: Mutex<Option<Wait>>,
    waits_since: AtomicU64,
    pub(crate) last_operation: LastOperation,
    /// What it begins with, until it has begun.
    beginning: Mutex<Option<Beginning>>,
    /// Where its worker keeps its life, or [`NO_SLOT`].
    life_slot: AtomicUsize,
    pub(crate) end: Mutex<End>,
}

const NO_SLOT: usize = usize::MAX;

impl Core {
    /// Makes a coroutine that its worker has yet to be told of.
    pub(crate) fn new(shared: &Arc<Shared>, seed: Seed) -> Arc<Self> {
        Arc::new(Core {
            id: shared.next_id(),
            slices_left: AtomicU8::new(seed.program.weight),
            program: seed.program,
            parent: seed.parent,
            depth: seed.depth,
            called: seed.called,
            worker: seed.worker,
            place: seed.place,
            shared: shared.clone(),
            book_entry: AtomicUsize::new(0),
            status: Status::new(),
            cycles: AtomicU64::new(0),
            has_spent_slice: AtomicBool::new(false),
            wait: Mutex::new(None),
            waits_since: AtomicU64::new(0),
            last_operation: LastOperation::default(),
            beginning: Mutex::new(Some(seed.beginning)),
            life_slot: AtomicUsize::new(NO_SLOT),
            end: Mutex::new(End::default()),
        })
    }

    /// Makes it ready if it is parked, at this place of its worker's queue.
    pub(crate) fn wake(self: &Arc<Self>, place: Place) {
        if self.status.wake() {
            worker::queue(self.clone(), place);
        }
    }

    pub(crate) fn cancel(self: &Arc<Self>) {
        if self.status.cancel() {
            worker::queue(self.clone(), Place::Back);
        }
    }

    pub(crate) fn kill(self: &Arc<Self>) {
        if self.status.kill() {
            worker::queue(self.clone(), Place::Back);
        }
    }

    /// Makes sure that it has room to begin, or lets it wait for that. One without a store needs none.
    pub(crate) fn wait_for_room(self: &Arc<Self>) -> bool {
        if self.program.is_service() {
            return true;
        }
        if self.beginning.lock().as_ref().is_some_and(|beginning| beginning.room.is_some()) {
            return true;
        }
        let has_room = self.shared.rooms.take_or_wait(self.id, self.clone());
        if has_room {
            self.give_room(Room(self.shared.clone()));
        }
        has_room
    }

    /// Gives it room to begin; one that has ended meanwhile passes it on.
    fn give_room(&self, room: Room) {
        let unused = match &mut *self.beginning.lock() {
            Some(beginning) => beginning.room.replace(room),
            None => Some(room),
        };
        drop(unused);
    }

    /// What it begins with, once.
    pub(crate) fn take_beginning(&self) -> Option<Beginning> {
        self.beginning.lock().take()
    }

    /// Where its worker keeps its life, once it has begun.
    pub(crate) fn life_slot(&self) -> Option<usize> {
        Some(self.life_slot.load(Ordering::Relaxed)).filter(|&slot| slot != NO_SLOT)
    }

    pub(crate) fn set_life_slot(&self, slot: usize) {
        self.life_slot.store(slot, Ordering::Relaxed);
    }

    /// Where its worker kept its life, which is over.
    pub(crate) fn leave_life_slot(&self) -> Option<usize> {
        Some(self.life_slot.swap(NO_SLOT, Ordering::Relaxed)).filter(|&slot| slot != NO_SLOT)
    }

    /// Says what it waits for if it is parked now.
    pub(crate) fn note_wait(&self, wait: Wait) {
        *self.wait.lock() = Some(wait);
    }

    /// Adds to the time it has run, and says whether it has spent a slice. For its worker only, which therefore need not add in
    /// one step.
    pub(crate) fn ran_for(&self, cycles: u64, has_spent_slice: bool) {
        self.cycles.store(self.cycles.load(Ordering::Relaxed) + cycles, Ordering::Relaxed);
        self.has_spent_slice.store(has_spent_slice, Ordering::Relaxed);
    }

    pub(crate) fn has_spent_slice(&self) -> bool {
        self.has_spent_slice.load(Ordering::Relaxed)
    }

    /// Whether it has one slice more before others like it: as many in a row as its program's weight. For its worker only.
    pub(crate) fn takes_another_slice(&self) -> bool {
        let left = self.slices_left.load(Ordering::Relaxed);
        self.slices_left.store(if left > 1 { left - 1 } else { self.program.weight }, Ordering::Relaxed);
        left > 1
    }

    /// Says since when it waits if it is parked now.
    pub(crate) fn parked_at(&self, moment: u64) {
        self.waits_since.store(moment, Ordering::Relaxed);
    }

    /// Ends it: tells those who watch, who are woken at the places they chose, in the order they came.
    pub(crate) fn finish(&self, outcome: Outcome, charge: Option<Charge>) {
        *self.wait.lock() = None;
        let watchers = {
            let mut end = self.end.lock();
            // Whoever sees that it has ended finds how.
            end.outcome = Some(outcome);
            end.charge = charge;
            self.status.end();
            std::mem::take(&mut end.watchers)
        };
        for (place, watcher) in watchers.into_values() {
            Core::wake(&watcher, place);
        }
        if let Some(places) = &self.place {
            places.leave();
        }
    }

    pub(crate) fn info(&self) -> CoroutineInfo {
        let state = self.status.state();
        let wait = self.wait.lock().clone().filter(|_| state == State::Parked || state == State::Created);
        let waits_since = self.waits_since.load(Ordering::Relaxed);
        let since = Duration::from_nanos(self.shared.clock.now().saturating_sub(waits_since));
        CoroutineInfo {
            id: self.id,
            program: self.program.name.clone(),
            parent: self.parent,
            state,
            waits_for: wait.as_ref().map(ToString::to_string),
            since: wait.map(|_| since),
            cpu: self.shared.cycles.duration(self.cycles.load(Ordering::Relaxed)),
            worker: self.worker,
        }
    }
}

impl fmt::Display for Core {
    /// The program with the identity, as people are shown a coroutine.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.program.name, self.id)
    }
}

impl Wake for Core {
    fn wake(self: Arc<Self>) {
        Core::wake(&self, Place::Back);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Core::wake(self, Place::Back);
    }
}

/// What a new coroutine is made of.
pub(crate) struct Seed {
    pub(crate) program: Arc<LoadedProgram>,
    pub(crate) beginning: Beginning,
    pub(crate) parent: Option<CoroutineId>,
    pub(crate) depth: u32,
    pub(crate) called: bool,
    pub(crate) worker: usize,
    /// The place that it takes, of an accept loop.
    pub(crate) place: Option<Arc<Places>>,
}

impl Seed {
    /// One that is started from outside, and that nobody waits for.
    pub(crate) fn new(program: Arc<LoadedProgram>, beginning: Beginning, worker: usize) -> Self {
        Seed { program, beginning, parent: None, depth: 0, called: false, worker, place: None }
    }

    /// One that `parent` starts on its own worker, and that nobody waits for.
    pub(crate) fn of(parent: &Core, program: Arc<LoadedProgram>, beginning: Beginning) -> Self {
        Seed { parent: Some(parent.id), ..Self::new(program, beginning, parent.worker) }
    }
}

/// What a coroutine begins with.
pub(crate) struct Beginning {
    pub(crate) args: Bytes,
    pub(crate) context: Context,
    /// For the context, which may be long.
    pub(crate) charge: Charge,
    /// What it was given by the one who started it.
    pub(crate) things: Vec<Thing>,
    /// Room for a store, as soon as it has any.
    pub(crate) room: Option<Room>,
}

/// Room for one store, given back by drop to whoever has waited longest for it.
pub(crate) struct Room(Arc<Shared>);

impl Room {
    /// A room, if one is free.
    pub(crate) fn take(shared: &Arc<Shared>) -> Option<Self> {
        shared.rooms.take().then(|| Room(shared.clone()))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(next) = self.0.rooms.leave() {
            next.give_room(Room(self.0.clone()));
            worker::queue(next, Place::Back);
        }
    }
}

/// How it ended, and who wants to know. A watcher is gone once told.
#[derive(Default)]
pub(crate) struct End {
    pub(crate) outcome: Option<Outcome>,
    /// For the outcome, which may be long and is kept for as long as somebody may ask for it.
    charge: Option<Charge>,
    watchers: BTreeMap<u64, (Place, Arc<Core>)>,
    next_watcher: u64,
}

impl End {
    /// Wakes `who` when the coroutine ends; undone by [`End::forget`].
    pub(crate) fn watch(&mut self, place: Place, who: Arc<Core>) -> u64 {
        let key = self.next_watcher;
        self.next_watcher += 1;
        self.watchers.insert(key, (place, who));
        key
    }

    pub(crate) fn forget(&mut self, key: u64) {
        self.watchers.remove(&key);
    }
}
