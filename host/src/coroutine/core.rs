//! The part of a coroutine that may be reached from every thread.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Wake;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;

use super::allowance::Allowance;
use super::operation::LastOperation;
use super::polling::Polling;
use super::room::{Room, Rooms, Whose};
use super::status::Status;
use super::{Context, CoroutineId, CoroutineInfo, Outcome, State, Wait};
use crate::engine::{LoadedProgram, Shared};
use crate::ops::{Connection, Thing};
use crate::sandbox::grants::{Grants, Narrowings};
use crate::sandbox::limits::{Limit, Limits, UNLIMITED};
use crate::sandbox::payloads::{Charge, Payloads};
use crate::sandbox::rate::Rates;
use crate::sandbox::usage::{Child, Children, Usage};
use crate::scheduler::{Place, worker};

/// A coroutine as all threads see it. The store is its worker's alone.
pub(crate) struct Core {
    pub(crate) id: CoroutineId,
    pub(crate) program: Arc<LoadedProgram>,
    /// What it may touch.
    pub(crate) grants: Arc<Grants>,
    pub(crate) parent: Option<CoroutineId>,
    /// How many calls led to this one.
    pub(crate) depth: u32,
    /// Whether somebody hears of its end, who called it or has a scope: then its failure is theirs to handle and not reported.
    pub(crate) is_heard: bool,
    pub(crate) worker: usize,
    keeper: Option<Arc<dyn Keeper>>,
    /// What it may use, if those above it leave it less than its program has.
    narrowed: Option<Arc<Limits>>,
    /// What it uses of that of which it may have so many at a time.
    pub(crate) usage: Usage,
    children: OnceLock<Arc<Children>>,
    /// What it has let through of that of which it may do so much in a second.
    rates: Mutex<Rates>,
    /// How long it may run, of which how much is gone.
    pub(crate) allowance: Allowance,
    pub(crate) shared: Arc<Shared>,
    /// Where it stands in its worker's book of coroutines.
    pub(crate) book_entry: AtomicUsize,
    pub(crate) status: Status,
    /// How long it has run, in counts of [`Cycles`](crate::scheduler::cycles::Cycles).
    cycles: AtomicU64,
    /// When its worker ends it, in any case; and whether that is because it was cancelled.
    ends_at: AtomicU64,
    is_in_grace: AtomicBool,
    /// How much fuel it has used, once it has ended.
    fuel: AtomicU64,
    /// Whether it used up a slice when it ran last, and how many more it has before others like it.
    has_spent_slice: AtomicBool,
    slices_left: AtomicU8,
    /// What it waits for while it is parked, and since when.
    wait: Mutex<Option<Wait>>,
    waits_since: AtomicU64,
    pub(crate) last_operation: LastOperation,
    pub(crate) polling: Polling,
    /// What it begins with, until it has begun.
    beginning: Mutex<Option<Beginning>>,
    /// Where its worker keeps its life, or [`NO_SLOT`].
    life_slot: AtomicUsize,
    pub(crate) end: Mutex<End>,
}

const NO_SLOT: usize = usize::MAX;

/// So many of a program may begin before whoever is woken: the lives of short-lived ones, a few milliseconds in all. Of those that are
/// called more: somebody waits for each.
const FEW_SPAWNED: usize = 16;
const FEW_CALLED: usize = 256;

impl Core {
    /// Makes a coroutine that its worker has yet to be told of.
    pub(crate) fn new(shared: &Arc<Shared>, seed: Seed) -> Arc<Self> {
        let allowance = Allowance::new(&shared.cycles, seed.limits.as_deref().unwrap_or(&seed.program.limits));
        Arc::new(Core {
            id: shared.next_id(),
            slices_left: AtomicU8::new(seed.program.weight),
            grants: Arc::new(Grants::new(seed.program.rules.clone(), seed.narrowings)),
            program: seed.program,
            parent: seed.parent,
            depth: seed.depth,
            is_heard: seed.is_heard,
            worker: seed.worker,
            keeper: seed.keeper,
            narrowed: seed.limits,
            usage: Usage::default(),
            children: OnceLock::new(),
            rates: Mutex::default(),
            allowance,
            shared: shared.clone(),
            book_entry: AtomicUsize::new(0),
            status: Status::new(),
            cycles: AtomicU64::new(0),
            ends_at: AtomicU64::new(u64::MAX),
            is_in_grace: AtomicBool::new(false),
            fuel: AtomicU64::new(0),
            has_spent_slice: AtomicBool::new(false),
            wait: Mutex::new(None),
            waits_since: AtomicU64::new(0),
            last_operation: LastOperation::default(),
            polling: Polling::default(),
            beginning: Mutex::new(Some(seed.beginning)),
            life_slot: AtomicUsize::new(NO_SLOT),
            end: Mutex::new(End { child: seed.child, ..End::default() }),
        })
    }

    /// What it may use.
    pub(crate) fn limits(&self) -> &Limits {
        self.narrowed.as_deref().unwrap_or(&self.program.limits)
    }

    /// What those whom it starts may use at most, if that is less than their programs have.
    pub(crate) fn narrowed(&self) -> Option<&Arc<Limits>> {
        self.narrowed.as_ref()
    }

    /// Those whom it has started.
    pub(crate) fn children(&self) -> &Arc<Children> {
        self.children.get_or_init(Arc::default)
    }

    /// Lets so much through of what may flow so fast, or answers when to ask again.
    pub(crate) fn pass(&self, limit: Limit, amount: u64) -> Result<(), u64> {
        match self.limits().get(limit) {
            UNLIMITED => Ok(()),
            per_second => self.rates.lock().of(limit).pass(amount, per_second, self.shared.clock.now()),
        }
    }

    /// Counts so much that has flowed already.
    pub(crate) fn count_flow(&self, limit: Limit, amount: u64) {
        match self.limits().get(limit) {
            UNLIMITED => {}
            per_second => self.rates.lock().of(limit).count(amount, per_second, self.shared.clock.now()),
        }
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
        // One that is queued is queued once more, before all others: its turn may be far off. Of one that has not begun there is
        // little to release, and whoever starts and kills in a loop has many.
        let place = if self.life_slot().is_some() { Place::Front } else { Place::Back };
        if self.status.kill() {
            worker::queue(self.clone(), place);
        }
    }

    /// Makes sure that it has room to begin, or lets it wait for that. One without a store needs none.
    pub(crate) fn wait_for_room(self: &Arc<Self>) -> bool {
        self.program.is_service() || Whose::ALL.into_iter().all(|whose| self.has_room(whose))
    }

    /// Whether it has a room of these; it waits for one otherwise.
    fn has_room(self: &Arc<Self>, whose: Whose) -> bool {
        let Some(rooms) = whose.rooms(&self.shared, &self.program) else { return true };
        // Whoever gives a room takes the two locks one after the other, never both.
        if self.beginning.lock().as_mut().is_some_and(|beginning| beginning.rooms.of(whose).is_some()) {
            return true;
        }
        let has_room = rooms.take_or_wait(self.id, self.clone());
        if has_room {
            self.give_room(Room::new(&self.shared, &self.program, whose));
        }
        has_room
    }

    /// Gives it a room to begin in; one that has ended meanwhile passes it on.
    pub(super) fn give_room(&self, room: Room) {
        let unused = match &mut *self.beginning.lock() {
            Some(beginning) => beginning.rooms.of(room.whose()).replace(room),
            None => Some(room),
        };
        drop(unused);
    }

    /// Waits for no room any more.
    pub(crate) fn give_up_rooms(&self) {
        for rooms in Whose::ALL.into_iter().filter_map(|whose| whose.rooms(&self.shared, &self.program)) {
            rooms.give_up(&self.id);
        }
    }

    /// What it begins with, once.
    pub(crate) fn take_beginning(&self) -> Option<Beginning> {
        self.beginning.lock().take().inspect(|_| {
            self.program.unbegun.fetch_sub(1, Ordering::Relaxed);
        })
    }

    /// Whether it has yet to begin, and so many others of its program have, too, that whoever is woken would be late for them.
    pub(crate) fn is_one_of_a_crowd(&self) -> bool {
        let few = if self.is_heard { FEW_CALLED } else { FEW_SPAWNED };
        self.life_slot().is_none() && self.program.unbegun.load(Ordering::Relaxed) > few
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

    /// Says what it waits for, unless that was said since [`Core::forget_wait`].
    pub(crate) fn note_wait_if_unsaid(&self, wait: Wait) {
        self.wait.lock().get_or_insert(wait);
    }

    /// What it has waited for last is of no matter any more.
    pub(crate) fn forget_wait(&self) {
        *self.wait.lock() = None;
    }

    /// Adds to the time it has run, and says whether it has spent a slice. For its worker only, which therefore need not add in
    /// one step.
    pub(crate) fn ran_for(&self, cycles: u64, has_spent_slice: bool) {
        self.cycles.store(self.cycles.load(Ordering::Relaxed) + cycles, Ordering::Relaxed);
        self.has_spent_slice.store(has_spent_slice, Ordering::Relaxed);
    }

    /// What it has gone over by running for so long, if it has. For its worker only, after it has run.
    pub(crate) fn overrun(&self, ran: u64) -> Option<Outcome> {
        let overrun = self.allowance.overrun(ran, self.cycles.load(Ordering::Relaxed))?;
        let (used, what) = (self.shared.cycles.duration(overrun.counts), overrun.what);
        Some(Outcome::Exceeded { limit: self.met(overrun.limit, format_args!("{used:.1?} {what}")) })
    }

    /// Its worker ends it at this moment, unless it does so sooner; answers the moment at which it does. For its worker only.
    pub(crate) fn end_at(&self, moment: u64, is_in_grace: bool) -> u64 {
        self.is_in_grace.store(is_in_grace, Ordering::Relaxed);
        let moment = self.ends_at.load(Ordering::Relaxed).min(moment);
        self.ends_at.store(moment, Ordering::Relaxed);
        moment
    }

    /// Whether it was cancelled, and its grace has begun.
    pub(crate) fn is_in_grace(&self) -> bool {
        self.is_in_grace.load(Ordering::Relaxed)
    }

    /// How it is ended now, if its time is over. For its worker only.
    pub(crate) fn overdue(&self, now: u64) -> Option<Outcome> {
        if now < self.ends_at.load(Ordering::Relaxed) {
            return None;
        }
        if self.is_in_grace() {
            return Some(Outcome::Killed);
        }
        let life = Limit::LifeTime.written(self.limits().get(Limit::LifeTime));
        Some(Outcome::Exceeded { limit: self.met(Limit::LifeTime, format_args!("{life} lived")) })
    }

    /// So much fuel it has used.
    pub(crate) fn note_fuel(&self, used: u64) {
        self.fuel.store(used, Ordering::Relaxed);
    }

    /// How much fuel it has used, once it has ended.
    pub(crate) fn fuel(&self) -> u64 {
        self.fuel.load(Ordering::Relaxed)
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
        let (watchers, child) = {
            let mut end = self.end.lock();
            // Whoever sees that it has ended finds how.
            end.outcome = Some(outcome);
            end.charge = charge;
            self.status.end();
            (std::mem::take(&mut end.watchers), end.child.take())
        };
        drop(child);
        for (place, watcher) in watchers.into_values() {
            Core::wake(&watcher, place);
        }
        self.is_lost();
    }

    /// Tells its keeper that it is about to start.
    pub(crate) fn is_taken(self: &Arc<Self>) {
        if let Some(keeper) = &self.keeper {
            keeper.takes(self);
        }
    }

    /// Tells its keeper that it has ended, or could not start.
    pub(crate) fn is_lost(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.loses(self);
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

/// Who keeps account of the coroutines that it has started. Told on any thread, and holds no lock while it wakes others.
pub(crate) trait Keeper: Send + Sync {
    /// This one is about to start.
    fn takes(&self, core: &Arc<Core>);

    /// This one has ended; or could not start, and has no outcome.
    fn loses(&self, core: &Core);
}

/// What a new coroutine is made of.
pub(crate) struct Seed {
    pub(crate) program: Arc<LoadedProgram>,
    pub(crate) beginning: Beginning,
    pub(crate) parent: Option<CoroutineId>,
    pub(crate) depth: u32,
    pub(crate) is_heard: bool,
    pub(crate) worker: usize,
    pub(crate) keeper: Option<Arc<dyn Keeper>>,
    /// What it may use, if those above it leave it less than its program has.
    pub(crate) limits: Option<Arc<Limits>>,
    /// What those above it leave to it of what its program is granted.
    pub(crate) narrowings: Narrowings,
    /// What it is to the one who starts it.
    pub(crate) child: Option<Child>,
}

impl Seed {
    /// One that is started from outside, and that nobody waits for.
    pub(crate) fn new(program: Arc<LoadedProgram>, beginning: Beginning, worker: usize) -> Self {
        Seed {
            program,
            beginning,
            parent: None,
            depth: 0,
            is_heard: false,
            worker,
            keeper: None,
            limits: None,
            narrowings: None,
            child: None,
        }
    }

    /// One that `parent` starts on its own worker, and that nobody waits for.
    pub(crate) fn of(parent: &Core, program: Arc<LoadedProgram>, beginning: Beginning) -> Self {
        let limits = parent.narrowed().map(|narrowed| Arc::new(program.limits.within(narrowed)));
        let narrowings = parent.grants.narrowings().clone();
        Seed { parent: Some(parent.id), limits, narrowings, ..Self::new(program, beginning, parent.worker) }
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
    /// What is its standard input and output, if that is a connection.
    pub(crate) stdio: Option<Connection>,
    /// Room for a store, as soon as it has any.
    pub(crate) rooms: Rooms,
}

impl Beginning {
    /// With these arguments and this context, which is charged to these payloads; else what to say.
    pub(crate) fn new(payloads: &Arc<Payloads>, args: Bytes, context: Context) -> Result<Self, String> {
        let charge = payloads.charge(context.bytes)?;
        Ok(Beginning { args, context, charge, things: Vec::new(), stdio: None, rooms: Rooms::default() })
    }
}

/// How it ended, and who wants to know. A watcher is gone once told.
#[derive(Default)]
pub(crate) struct End {
    pub(crate) outcome: Option<Outcome>,
    /// For the outcome, which may be long and is kept for as long as somebody may ask for it.
    charge: Option<Charge>,
    /// What it is to the one who has started it, until it has ended.
    child: Option<Child>,
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
