//! The loop of one OS thread.
//!
//! What belongs to a worker alone ([`Local`]) is reached through a thread-local that is set while the worker is driven;
//! what others may reach is its [`Mailbox`]. A wake on the coroutine's own thread is a push to a local queue; from
//! elsewhere it is a message.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use slab::Slab;

use super::Place;
use super::alarm::Alarm;
use super::cycles::thread_time;
use super::mailbox::{Mailbox, count};
use super::ready::Ready;
use super::rest::{Repose, Verdict};
use super::ticker::TICKS_PER_SLICE;
use super::timers::{TimerKey, Timers};
use crate::clock::nanoseconds;
use crate::coroutine::life::live;
use crate::coroutine::{Beginning, Core, Outcome, Parking, Rooms, Wait};
use crate::engine::Shared;
use crate::reactor::{Reactor, Wake};
use crate::sandbox::limits::Limit;

/// How many coroutines run, if that takes no longer than a slice, before the worker looks whether it was told to stop and
/// whoever drives it has a say.
const STEPS_PER_TURN: usize = 64;

thread_local! {
    /// The worker that this thread drives. Nothing of it is left to drop when the thread ends, for whoever drives one
    /// takes it back; so it is there even for an engine that itself lives in a thread-local.
    static CURRENT: RefCell<ManuallyDrop<Option<Rc<Local>>>> = const { RefCell::new(ManuallyDrop::new(None)) };
}

/// What a turn came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Something ran.
    Worked,
    /// Nothing ran, and something may yet.
    Waited,
    /// Nothing can ever run again.
    Finished,
}

/// A coroutine's store and all that runs in it. No other thread ever sees it.
struct Life {
    future: Pin<Box<dyn Future<Output = Box<Outcome>>>>,
    waker: Waker,
    /// Behind the future: the store is gone before another one may take its place.
    _rooms: Rooms,
    /// What wakes it when its worker is to end it in any case.
    last_alarm: Option<Alarm>,
}

/// The part of a worker that only its own thread touches.
pub(crate) struct Local {
    index: usize,
    shared: Arc<Shared>,
    ready: RefCell<Ready<Arc<Core>>>,
    timers: RefCell<Timers<Arc<Core>>>,
    reactor: RefCell<Box<dyn Reactor>>,
    /// Whether the reactor has been asked for news since anybody ran.
    has_looked: Cell<bool>,
    /// Whether somebody has asked for something of a socket since then, in vain and without waiting for it.
    is_asked: Cell<bool>,
    /// Whom the reactor wakes: empty between two uses.
    wakes: RefCell<Vec<Wake>>,
    slice_began: Cell<u64>,
    /// Whether the coroutine that runs now only lets others go first.
    yields: Cell<bool>,
    /// Whether it was interrupted, at the end of its slice.
    was_interrupted: Cell<bool>,
    /// The clock as it was read last, and the tick in which that was: see [`Local::look_at_clock`].
    now: Cell<u64>,
    now_is_of: Cell<u64>,
    /// Up to which count of the processor's counter no timer is due, unless one is armed or the next tick comes.
    nothing_due_before: Cell<u64>,
    /// How fast the counter goes; found anew at each tick. Before the first one every look at the clock is one.
    counts_per_nanosecond: Cell<f64>,
    /// How many counts of the processor's counter are so much of a slice that whoever had them has spent it.
    spent_from: Cell<u64>,
    /// How long this thread had had the processor at the last tick.
    thread_time: Cell<Duration>,
    /// The lives of coroutines with a store; none stands in the slot of the one that runs now. Boxed, since each is taken out
    /// and put back at every step.
    lives: RefCell<Slab<Option<Box<Life>>>>,
}

/// Calls `work` with the worker that this thread drives now.
///
/// # Panics
/// When no worker is driven: wakers may be used anywhere, but operations are polled and dropped by workers only.
pub(crate) fn with<R>(work: impl FnOnce(&Local) -> R) -> R {
    CURRENT.with_borrow(|current| work(current.as_ref().expect("an operation is polled and dropped by its worker")))
}

/// Calls `work` with the reactor of the worker that this thread drives now.
pub(crate) fn with_reactor<R>(work: impl FnOnce(&mut dyn Reactor) -> R) -> R {
    with(|local| work(&mut **local.reactor.borrow_mut()))
}

/// Has the reactor of this worker asked for news soon, though nobody may wait for any: somebody will ask again.
pub(crate) fn look_soon() {
    with(|local| local.is_asked.set(true));
}

/// Puts a coroutine into its worker's queue, from any thread.
pub(crate) fn queue(core: Arc<Core>, place: Place) {
    let elsewhere = CURRENT.with_borrow(|current| match &**current {
        Some(local) if local.index == core.worker && Arc::ptr_eq(&local.shared, &core.shared) => {
            count(&local.mailbox().counts.wakes);
            local.make_ready(core, place);
            None
        }
        _ => Some(core),
    });
    if let Some(core) = elsewhere {
        let shared = core.shared.clone();
        shared.rest.message_sent();
        shared.mailboxes[core.worker].post((core, place));
    }
}

/// Whether the coroutine that runs now has had its share; if so, it is interrupted.
pub(crate) fn slice_is_over(shared: &Shared) -> bool {
    with(|local| {
        let is_over = shared.ticker.count() >= local.slice_began.get() + TICKS_PER_SLICE;
        local.was_interrupted.set(is_over);
        is_over
    })
}

/// Makes `local` the worker that this thread drives, until dropped; then it is again the one before.
struct Driving(Option<Rc<Local>>);

impl Driving {
    fn begin(local: &Rc<Local>) -> Self {
        Driving(drive(Some(local.clone())))
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        drop(drive(self.0.take()));
    }
}

fn drive(local: Option<Rc<Local>>) -> Option<Rc<Local>> {
    ManuallyDrop::into_inner(CURRENT.replace(ManuallyDrop::new(local)))
}

impl Local {
    pub(crate) fn new(index: usize, shared: Arc<Shared>, reactor: Box<dyn Reactor>) -> Rc<Self> {
        Rc::new(Local {
            index,
            shared,
            ready: RefCell::default(),
            timers: RefCell::default(),
            reactor: RefCell::new(reactor),
            has_looked: Cell::new(false),
            is_asked: Cell::new(false),
            wakes: RefCell::default(),
            slice_began: Cell::new(0),
            yields: Cell::new(false),
            was_interrupted: Cell::new(false),
            now: Cell::new(0),
            now_is_of: Cell::new(0),
            nothing_due_before: Cell::new(0),
            counts_per_nanosecond: Cell::new(0.0),
            spent_from: Cell::new(u64::MAX),
            thread_time: Cell::new(Duration::ZERO),
            lives: RefCell::default(),
        })
    }

    /// Drives the worker for one turn: what is ready runs, up to a bound; if nothing is, waits for `max_wait` at most.
    pub(crate) fn turn(self: &Rc<Self>, max_wait: Option<Duration>) -> Progress {
        let _driving = Driving::begin(self);
        self.shared.ticker.worker_wakes();
        self.take_messages();
        self.read_clock();
        // A look uses up a notification, and so what that was about is looked for once more before the worker rests.
        let looks = self.may_have_news();
        if looks {
            self.wait_for_sockets(Some(Duration::ZERO));
        }
        let progress = if self.run_ready() || looks { Progress::Worked } else { self.rest(max_wait) };
        self.shared.ticker.worker_rests();
        progress
    }

    /// Drives the worker until the engine stops, then ends all its coroutines. A panic, which can only come from the
    /// engine itself or from the embedder's observer, stops the engine and is handed to the thread that drives it.
    pub(crate) fn serve(self: &Rc<Self>) {
        let served = catch_unwind(AssertUnwindSafe(|| {
            while !self.shared.is_stopping() {
                self.turn(None);
            }
        }));
        if let Err(panic) = served {
            self.shared.broke(panic);
        }
        self.clear();
    }

    /// Kills every coroutine of this worker, and releases what it held.
    pub(crate) fn clear(self: &Rc<Self>) {
        let _driving = Driving::begin(self);
        for core in self.mailbox().coroutines() {
            self.end(&core, Outcome::Killed);
        }
        self.take_messages();
        self.ready.borrow_mut().clear();
    }

    /// Arms a timer that wakes `who`.
    pub(super) fn arm(&self, deadline: u64, who: Arc<Core>) -> TimerKey {
        self.nothing_due_before.set(0);
        let mut timers = self.timers.borrow_mut();
        let key = timers.arm(deadline, who);
        self.count_timers(&timers);
        key
    }

    pub(super) fn disarm(&self, key: TimerKey) {
        let mut timers = self.timers.borrow_mut();
        let disarmed = timers.disarm(key);
        self.count_timers(&timers);
        drop(timers);
        drop(disarmed);
    }

    /// Puts one that is ready into the queue: whoever spent a slice when it ran last goes behind all others, and so does one of
    /// a crowd that has yet to begin. With simulated time nobody is late, and a crowd begins in order.
    fn make_ready(&self, core: Arc<Core>, place: Place) {
        let mut ready = self.ready.borrow_mut();
        if place == Place::Back && core.has_spent_slice() {
            let has_another = core.takes_another_slice();
            ready.push_spent(core, has_another);
        } else if core.is_one_of_a_crowd() && !core.status.is_killed() && !self.shared.clock.is_simulated() {
            ready.push_spent(core, false);
        } else {
            ready.push(core, place);
        }
    }

    /// Says how many timers are armed to whoever asks from elsewhere.
    fn count_timers(&self, timers: &Timers<Arc<Core>>) {
        self.mailbox().counts.timers.store(timers.len(), Ordering::Relaxed);
    }

    /// The coroutine that runs now goes to the back of the queue when it stops: a wake of itself, for less.
    pub(crate) fn let_others_go(&self) {
        self.yields.set(true);
    }

    fn mailbox(&self) -> &Mailbox {
        &self.shared.mailboxes[self.index]
    }

    fn take_messages(&self) {
        let messages = self.mailbox().take_messages();
        if messages.is_empty() {
            return;
        }
        let taken = messages.len();
        for (core, place) in messages {
            count(&self.mailbox().counts.wakes);
            self.make_ready(core, place);
        }
        self.shared.rest.messages_taken(taken);
    }

    /// Reads the clock, and wakes whoever is due.
    fn read_clock(&self) {
        let now = self.shared.clock.now();
        self.now.set(now);
        let tick = self.shared.ticker.count();
        if self.now_is_of.replace(tick) != tick {
            let per_second = self.shared.cycles.counts(Duration::from_secs(1));
            self.counts_per_nanosecond.set(per_second as f64 / 1e9);
            self.spent_from.set(self.counts(nanoseconds(self.shared.ticker.spent())));
            self.thread_time.set(thread_time().unwrap_or_default());
        }
        loop {
            // The borrow ends before the wake, which may come back for a timer.
            let expired = self.timers.borrow_mut().pop_expired(now);
            let Some(core) = expired else { break };
            core.wake(Place::Back);
        }
        let timers = self.timers.borrow();
        self.count_timers(&timers);
        let next = timers.next_deadline().map_or(u64::MAX, |deadline| deadline.saturating_sub(now));
        self.nothing_due_before.set(self.shared.cycles.now().saturating_add(self.counts(next)));
    }

    /// How many counts of the processor's counter so many nanoseconds are, as of the last tick.
    fn counts(&self, nanoseconds: u64) -> u64 {
        (nanoseconds as f64 * self.counts_per_nanosecond.get()) as u64
    }

    /// For how long one has run between two readings of the counter, and whether it has spent a slice by that. The operating system
    /// may have had the processor meanwhile: what was long is no longer than this thread has run.
    fn ran(&self, counts: u64) -> (u64, bool) {
        let was_interrupted = self.was_interrupted.take();
        if counts < self.spent_from.get() {
            return (counts, was_interrupted);
        }
        let Some(time) = thread_time() else { return (counts, true) };
        let since_tick = time.saturating_sub(self.thread_time.get());
        let has_spent_slice = was_interrupted || since_tick >= self.shared.ticker.spent();
        (counts.min(self.counts(nanoseconds(since_tick))), has_spent_slice)
    }

    /// As [`Local::read_clock`], between two steps, at this count of the processor's counter: as long as no timer is due, nobody needs
    /// to know more than the tick.
    fn look_at_clock(&self, count: u64) {
        if count >= self.nothing_due_before.get() || self.now_is_of.get() != self.shared.ticker.count() {
            self.read_clock();
        }
    }

    /// Whether to look for news of sockets: somebody ran since, or the network itself has something due. When nobody is ready the
    /// worker is about to wait, which is to look; but a simulated clock would jump before that.
    fn may_have_news(&self) -> bool {
        if self.ready.borrow().is_empty() && !self.shared.clock.is_simulated() {
            return false;
        }
        let reactor = self.reactor.borrow();
        let is_due = || reactor.next_event().is_some_and(|moment| moment <= self.now.get());
        (!self.has_looked.get() && (self.is_asked.get() || reactor.waiting() > 0)) || is_due()
    }

    /// Waits for news of sockets, a notification, or the end of a time, and wakes whom that concerns. The last of them runs
    /// first: what it is about is freshest in the processor's caches.
    fn wait_for_sockets(&self, timeout: Option<Duration>) {
        let mut wakes = self.wakes.take();
        self.reactor.borrow_mut().wait(timeout, &mut wakes);
        self.has_looked.set(true);
        self.is_asked.set(false);
        if let Some((_, place)) = wakes.last_mut() {
            *place = Place::Front;
        }
        wakes.drain(..).for_each(|(core, place)| core.wake(place));
        self.wakes.replace(wakes);
    }

    fn run_ready(&self) -> bool {
        let cycles = &self.shared.cycles;
        let mut began = cycles.now();
        let last_tick = self.shared.ticker.count() + TICKS_PER_SLICE;
        for step in 0..STEPS_PER_TURN {
            let tick = self.shared.ticker.count();
            if step > 0 && tick >= last_tick {
                return true;
            }
            let next = self.ready.borrow_mut().pop(tick);
            let Some(core) = next.filter(|_| !self.shared.is_stopping()) else { return step > 0 };
            self.has_looked.set(false);
            let mut goes_on = self.step(&core);
            let ended = cycles.now();
            let (ran, has_spent_slice) = self.ran(ended.saturating_sub(began));
            core.ran_for(ran, has_spent_slice);
            began = ended;
            if let Some(outcome) = core.overrun(ran).filter(|_| !core.status.has_ended()) {
                self.end(&core, outcome);
                goes_on = false;
            }
            // What came while it ran goes before it: else it would have two slices in a row.
            self.take_messages();
            self.look_at_clock(ended);
            core.parked_at(self.now.get());
            if goes_on {
                self.make_ready(core, Place::Back);
            }
        }
        true
    }

    /// Runs one coroutine until it parks, yields or ends; answers whether it is still ready.
    fn step(&self, core: &Arc<Core>) -> bool {
        if core.status.has_ended() {
            return false;
        }
        if core.status.is_killed() {
            self.end(core, Outcome::Killed);
            return false;
        }
        if core.status.is_cancelled() && !core.is_in_grace() {
            let Some(slot) = core.life_slot() else {
                self.end(core, Outcome::Cancelled);
                return false;
            };
            self.end_after(core, slot, Limit::CancelGrace, true);
        }
        if let Some(outcome) = core.overdue(self.now.get()) {
            self.end(core, outcome);
            return false;
        }
        let poll = self.poll(core);
        let yields = self.yields.take();
        match poll {
            None => false,
            Some(Poll::Pending) => match core.status.park(yields) {
                Parking::Parked => false,
                Parking::Woken => true,
                Parking::Killed => {
                    self.end(core, Outcome::Killed);
                    false
                }
            },
            Some(Poll::Ready(outcome)) => {
                self.end(core, *outcome);
                false
            }
        }
    }

    /// Polls the coroutine's life, which begins here if it is new; nothing comes of it while there is no room.
    fn poll(&self, core: &Arc<Core>) -> Option<Poll<Box<Outcome>>> {
        let slot = core.life_slot().or_else(|| self.begin(core))?;
        // Taken out while it runs: what it asks for may come back to the worker.
        let mut life = self.lives.borrow_mut()[slot].take()?;
        core.status.run();
        count(&self.mailbox().counts.slices);
        self.slice_began.set(self.shared.ticker.count());
        let poll = life.future.as_mut().poll(&mut Context::from_waker(&life.waker));
        self.lives.borrow_mut()[slot] = Some(life);
        Some(poll)
    }

    /// Begins the life of a new coroutine, or lets it wait for room.
    fn begin(&self, core: &Arc<Core>) -> Option<usize> {
        if !core.wait_for_room() {
            core.note_wait(Wait::Room);
            return None;
        }
        let Beginning { args, context, charge, things, stdio, rooms } = core.take_beginning()?;
        drop(charge);
        let future = Box::pin(live(core.clone(), args, context, things, stdio));
        let life = Box::new(Life { future, waker: Waker::from(core.clone()), _rooms: rooms, last_alarm: None });
        let slot = self.lives.borrow_mut().insert(Some(life));
        core.set_life_slot(slot);
        self.end_after(core, slot, Limit::LifeTime, false);
        Some(slot)
    }

    /// Sees to it that the coroutine has ended when the time of this limit is over.
    fn end_after(&self, core: &Arc<Core>, slot: usize, limit: Limit, is_in_grace: bool) {
        let moment = core.end_at(self.now.get().saturating_add(core.limits().get(limit)), is_in_grace);
        if moment == u64::MAX {
            return;
        }
        let alarm = Alarm::arm(moment, core);
        let before = self.lives.borrow_mut()[slot].as_mut().and_then(|life| life.last_alarm.replace(alarm));
        drop(before);
    }

    /// Releases all that the coroutine holds, then tells of its end.
    fn end(&self, core: &Arc<Core>, outcome: Outcome) {
        let life = core.leave_life_slot().map(|slot| self.lives.borrow_mut().remove(slot));
        drop(life);
        self.mailbox().leave(core);
        self.shared.end(core, outcome);
    }

    fn rest(&self, max_wait: Option<Duration>) -> Progress {
        let (listens, next_event) = {
            let reactor = self.reactor.borrow();
            (reactor.listens(), reactor.next_event())
        };
        let deadline = [self.timers.borrow().next_deadline(), next_event].into_iter().flatten().min();
        let clock = &self.shared.clock;
        match self.shared.rest.lie_down(self.index, Repose { deadline, listens }, clock) {
            Verdict::Finished if self.index == 0 => {
                self.shared.rest.get_up(self.index);
                return Progress::Finished;
            }
            // The first worker finds out for itself: this one still rests.
            Verdict::Finished => self.shared.mailboxes[0].notify(),
            Verdict::Jumped(due) => {
                if due.contains(&self.index) {
                    self.shared.rest.get_up(self.index);
                }
                due.iter().filter(|&&worker| worker != self.index).for_each(|&w| self.shared.mailboxes[w].notify());
                if due.contains(&self.index) {
                    // What is due may be news of a socket.
                    self.has_looked.set(false);
                    return Progress::Worked;
                }
            }
            Verdict::Wait => {}
        }
        let until_deadline = deadline
            .filter(|_| !clock.is_simulated())
            .map(|deadline| Duration::from_nanos(deadline.saturating_sub(clock.now())));
        let timeout = [max_wait, until_deadline].into_iter().flatten().min();
        self.shared.ticker.worker_rests();
        self.wait_for_sockets(timeout);
        self.shared.ticker.worker_wakes();
        self.shared.rest.get_up(self.index);
        Progress::Waited
    }
}
