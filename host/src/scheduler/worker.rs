//! The loop of one OS thread.
//!
//! What belongs to a worker alone ([`Local`]) is reached through a thread-local that is set while the worker is driven;
//! what others may reach is its [`Mailbox`]. A wake on the coroutine's own thread is a push to a local queue; from
//! elsewhere it is a message.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;
use slab::Slab;

use super::Place;
use super::inbox::Inbox;
use super::rest::Verdict;
use super::timers::Timers;
use crate::coroutine::life::live;
use crate::coroutine::{Core, Outcome, Parking, Wait};
use crate::engine::Shared;
use crate::reactor::{Notifier, Reactor};

/// How many coroutines run before the worker looks whether it was told to stop.
const STEPS_PER_TURN: usize = 64;

/// A slice lasts until the second tick after it began, so that one which begins just before a tick is not cut short.
const TICKS_PER_SLICE: u64 = 2;

thread_local! {
    static CURRENT: RefCell<Option<Rc<Local>>> = const { RefCell::new(None) };
}

/// The part of a worker that every thread may reach.
pub(crate) struct Mailbox {
    inbox: Inbox<(Arc<Core>, Place)>,
    notifier: Notifier,
    /// All coroutines of this worker that have not ended, and how many they are.
    coroutines: Mutex<Slab<Arc<Core>>>,
    load: AtomicUsize,
}

impl Mailbox {
    pub(crate) fn new(notifier: Notifier) -> Self {
        Mailbox { inbox: Inbox::new(), notifier, coroutines: Mutex::default(), load: AtomicUsize::new(0) }
    }

    pub(crate) fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    pub(crate) fn coroutines(&self) -> Vec<Arc<Core>> {
        self.coroutines.lock().iter().map(|(_, core)| core.clone()).collect()
    }

    /// Takes a new coroutine into the worker's book.
    pub(crate) fn enter(&self, core: &Arc<Core>) {
        let place = self.coroutines.lock().insert(core.clone());
        core.book_entry.store(place, Ordering::Relaxed);
        self.load.fetch_add(1, Ordering::Relaxed);
    }

    fn leave(&self, core: &Core) {
        self.coroutines.lock().remove(core.book_entry.load(Ordering::Relaxed));
        self.load.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn notify(&self) {
        self.notifier.notify();
    }

    fn post(&self, message: (Arc<Core>, Place)) {
        if self.inbox.post(message) {
            self.notify();
        }
    }
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
}

/// The part of a worker that only its own thread touches.
pub(crate) struct Local {
    index: usize,
    shared: Arc<Shared>,
    ready: RefCell<VecDeque<Arc<Core>>>,
    pub(super) timers: RefCell<Timers<Arc<Core>>>,
    reactor: RefCell<Reactor>,
    slice_began: Cell<u64>,
    /// Whether the coroutine that runs now only lets others go first.
    yields: Cell<bool>,
    /// The clock as it was read last, and the tick in which that was: see [`Local::look_at_clock`].
    now: Cell<u64>,
    now_is_of: Cell<u64>,
    /// The lives of coroutines with a store; none stands in the slot of the one that runs now.
    lives: RefCell<Slab<Option<Life>>>,
    /// Those that wait for room to have a store.
    waiting_room: RefCell<VecDeque<Arc<Core>>>,
}

/// Calls `work` with the worker that this thread drives now.
///
/// # Panics
/// When no worker is driven: wakers may be used anywhere, but operations are polled and dropped by workers only.
pub(crate) fn with<R>(work: impl FnOnce(&Local) -> R) -> R {
    CURRENT.with_borrow(|current| work(current.as_ref().expect("an operation is polled and dropped by its worker")))
}

/// Puts a coroutine into its worker's queue, from any thread.
pub(crate) fn queue(core: Arc<Core>, place: Place) {
    let elsewhere = CURRENT.with_borrow(|current| match current {
        Some(local) if local.index == core.worker && Arc::ptr_eq(&local.shared, &core.shared) => {
            local.push(core, place);
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

/// Whether the coroutine that runs now has had its share.
pub(crate) fn slice_is_over(shared: &Shared) -> bool {
    with(|local| shared.ticker.count() >= local.slice_began.get() + TICKS_PER_SLICE)
}

/// Makes `local` the worker that this thread drives, until dropped.
struct Driving(Option<Rc<Local>>);

impl Driving {
    fn begin(local: &Rc<Local>) -> Self {
        Driving(CURRENT.replace(Some(local.clone())))
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl Local {
    pub(crate) fn new(index: usize, shared: Arc<Shared>, reactor: Reactor) -> Rc<Self> {
        Rc::new(Local {
            index,
            shared,
            ready: RefCell::default(),
            timers: RefCell::default(),
            reactor: RefCell::new(reactor),
            slice_began: Cell::new(0),
            yields: Cell::new(false),
            now: Cell::new(0),
            now_is_of: Cell::new(0),
            lives: RefCell::default(),
            waiting_room: RefCell::default(),
        })
    }

    /// Drives the worker for one turn: what is ready runs, up to a bound; if nothing is, waits for `max_wait` at most.
    pub(crate) fn turn(self: &Rc<Self>, max_wait: Option<Duration>) -> Progress {
        let _driving = Driving::begin(self);
        self.shared.ticker.worker_wakes();
        self.take_messages();
        self.read_clock();
        let progress = if self.run_ready() { Progress::Worked } else { self.rest(max_wait) };
        self.shared.ticker.worker_rests();
        progress
    }

    /// Drives the worker until the engine stops, then ends all its coroutines.
    pub(crate) fn serve(self: &Rc<Self>) {
        while !self.shared.is_stopping() {
            self.turn(None);
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
        self.waiting_room.borrow_mut().clear();
    }

    /// The coroutine that runs now goes to the back of the queue when it stops: a wake of itself, for less.
    pub(crate) fn let_others_go(&self) {
        self.yields.set(true);
    }

    /// Whether there is room for one more store.
    pub(crate) fn has_room(&self) -> bool {
        self.lives.borrow().len() < self.shared.settings.max_coroutines_per_worker()
    }

    fn mailbox(&self) -> &Mailbox {
        &self.shared.mailboxes[self.index]
    }

    fn push(&self, core: Arc<Core>, place: Place) {
        let mut ready = self.ready.borrow_mut();
        match place {
            Place::Front => ready.push_front(core),
            Place::Back => ready.push_back(core),
        }
    }

    fn take_messages(&self) {
        let messages = self.mailbox().inbox.take();
        if messages.is_empty() {
            return;
        }
        let count = messages.len();
        for (core, place) in messages {
            self.push(core, place);
        }
        self.shared.rest.messages_taken(count);
    }

    /// Reads the clock, and wakes whoever is due.
    fn read_clock(&self) {
        let now = self.shared.clock.now();
        self.now.set(now);
        self.now_is_of.set(self.shared.ticker.count());
        loop {
            // The borrow ends before the wake, which may come back for a timer.
            let expired = self.timers.borrow_mut().pop_expired(now);
            let Some(core) = expired else { return };
            core.wake(Place::Back);
        }
    }

    /// As [`Local::read_clock`], between two steps: without a timer nobody needs to know more than the tick.
    fn look_at_clock(&self) {
        if !self.timers.borrow().is_empty() || self.now_is_of.get() != self.shared.ticker.count() {
            self.read_clock();
        }
    }

    fn run_ready(&self) -> bool {
        let cycles = &self.shared.cycles;
        let mut began = cycles.now();
        for step in 0..STEPS_PER_TURN {
            let next = self.ready.borrow_mut().pop_front();
            let Some(core) = next.filter(|_| !self.shared.is_stopping()) else { return step > 0 };
            let goes_on = self.step(&core);
            let ended = cycles.now();
            core.ran_for(ended.saturating_sub(began));
            began = ended;
            // What came while it ran goes before it: else it would have two slices in a row.
            self.take_messages();
            self.look_at_clock();
            core.parked_at(self.now.get());
            if goes_on {
                self.push(core, Place::Back);
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
        self.slice_began.set(self.shared.ticker.count());
        let poll = life.future.as_mut().poll(&mut Context::from_waker(&life.waker));
        self.lives.borrow_mut()[slot] = Some(life);
        Some(poll)
    }

    /// Begins the life of a new coroutine, or lets it wait for room.
    fn begin(&self, core: &Arc<Core>) -> Option<usize> {
        if !self.has_room() {
            core.note_wait(Wait::Room);
            core.parked_at(self.shared.clock.now());
            self.waiting_room.borrow_mut().push_back(core.clone());
            return None;
        }
        let (args, context) = core.take_beginning()?;
        let life = Life { future: Box::pin(live(core.clone(), args, context)), waker: Waker::from(core.clone()) };
        let slot = self.lives.borrow_mut().insert(Some(life));
        core.set_life_slot(slot);
        Some(slot)
    }

    /// Releases all that the coroutine holds, then tells of its end.
    fn end(&self, core: &Arc<Core>, outcome: Outcome) {
        let life = core.leave_life_slot().map(|slot| self.lives.borrow_mut().remove(slot));
        let had_room = life.is_some();
        drop(life);
        drop(core.take_beginning());
        self.mailbox().leave(core);
        self.shared.has_ended(core, &outcome);
        core.finish(outcome);
        if had_room {
            self.let_one_in();
        }
    }

    /// Gives the room that has become free to the next one that waits for it and has not been killed meanwhile.
    fn let_one_in(&self) {
        let mut waiting = self.waiting_room.borrow_mut();
        while let Some(next) = waiting.pop_front() {
            if !next.status.has_ended() {
                return self.push(next, Place::Back);
            }
        }
    }

    fn rest(&self, max_wait: Option<Duration>) -> Progress {
        let deadline = self.timers.borrow().next_deadline();
        let clock = &self.shared.clock;
        match self.shared.rest.lie_down(self.index, deadline, clock) {
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
        self.reactor.borrow_mut().wait(timeout);
        self.shared.ticker.worker_wakes();
        self.shared.rest.get_up(self.index);
        Progress::Waited
    }
}
