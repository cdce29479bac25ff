//! Work of the host that blocks: a few threads that do it, so that no worker has to.
//!
//! Threads are started when there is work and none is free, and end when there has been none for a while. Programs take turns,
//! and none has all threads: a disk that hangs under one leaves the others theirs. A job counts as a message on its way: a run
//! does not end, and a simulated clock does not jump, before somebody has its answer, or nobody wants it any more.
//!
//! Nobody is refused. Who waits for a job is parked, and a job that nobody waits for any more is forgotten if it has not begun:
//! there are no more of them than there are operations that wait.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::Place;
use crate::coroutine::Core;
use crate::engine::{LoadedProgram, Shared};

/// Most jobs wait for a name server or a disk, not for a processor.
const MAX_THREADS: usize = 16;

/// So many of them at most work for one program: those of three that hang leave some to the others.
const MAX_OF_ONE: usize = 4;

/// How long a thread without work stays.
const PATIENCE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// The threads of one engine, and what they have to do.
#[derive(Default)]
pub(crate) struct Blocking {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queues: HashMap<Owner, Queue>,
    /// Whose turn it is.
    turns: VecDeque<Owner>,
    /// The number of the next job.
    next: u64,
    threads: usize,
    idle: usize,
    is_closed: bool,
}

/// A program, by where it is. It stays there for as long as any job of it is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Owner(usize);

impl Owner {
    fn of(program: &Arc<LoadedProgram>) -> Self {
        Owner(Arc::as_ptr(program).addr())
    }
}

/// What there is to do for one program.
#[derive(Default)]
struct Queue {
    /// By their numbers: the first is the next one.
    jobs: BTreeMap<u64, Job>,
    /// How many turns it has, in the line or with a thread that works for it. Where there are jobs, there is one at least.
    turns: usize,
}

/// No thread could be started, and there is none.
#[derive(Debug)]
pub(crate) struct NoThread(pub(crate) io::Error);

impl State {
    /// One more job; answers its number.
    fn add(&mut self, owner: Owner, job: Job) -> u64 {
        let (number, queue) = (self.next, self.queues.entry(owner).or_default());
        self.next += 1;
        queue.jobs.insert(number, job);
        if queue.turns < MAX_OF_ONE {
            queue.turns += 1;
            self.turns.push_back(owner);
        }
        number
    }

    /// Takes a job out, if it has not begun.
    fn forget(&mut self, owner: Owner, number: u64) -> Option<Job> {
        self.queues.get_mut(&owner)?.jobs.remove(&number)
    }

    /// The job of a program whose turn it is, if it is still wanted.
    fn next_of(&mut self, owner: Owner) -> Option<Job> {
        self.queues.get_mut(&owner)?.jobs.pop_first().map(|(_, job)| job)
    }

    /// A program has had its turn: its next one is behind those of all others.
    fn turn_is_over(&mut self, owner: Owner) {
        let Some(queue) = self.queues.get_mut(&owner) else { return };
        if !queue.jobs.is_empty() {
            self.turns.push_back(owner);
            return;
        }
        queue.turns -= 1;
        if queue.turns == 0 {
            self.queues.remove(&owner);
        }
    }
}

impl Blocking {
    /// Has `work` done, and wakes `who` when it is. Dropping the answer lets nobody wait for it, and the work undone if it has not
    /// begun.
    pub(crate) fn start<T: Send + 'static>(
        self: &Arc<Self>,
        who: &Arc<Core>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Started<T>, NoThread> {
        // Expected from here on, whatever comes: when nobody has the answer any more, it is not.
        let waiting = Waiting { who: who.clone(), _expected: Expected::by(who) };
        let answer = Arc::new(Answer { value: Mutex::new(None), waiting: Mutex::new(Some(waiting)) });
        let mut started = Started { answer: answer.clone(), who: who.clone(), number: None };
        let shared = who.shared.clone();
        let job = move || match catch_unwind(AssertUnwindSafe(work)) {
            Ok(value) => answer.give(value),
            // A worker that panics stops the engine, and so does whoever works for one.
            Err(panic) => shared.broke(panic),
        };
        started.number = Some(self.post(Owner::of(&who.program), Box::new(job))?);
        Ok(started)
    }

    /// Answers the number of the job.
    fn post(self: &Arc<Self>, owner: Owner, job: Job) -> Result<u64, NoThread> {
        let mut state = self.state.lock();
        let number = state.add(owner, job);
        if state.idle >= state.turns.len() {
            self.changed.notify_one();
        } else if state.threads < MAX_THREADS {
            let pool = self.clone();
            let thread = std::thread::Builder::new().name("cogen-blocking".to_owned()).spawn(move || pool.work());
            // Without another thread, those that are there do it; without any, nobody would.
            match thread {
                Ok(_) => state.threads += 1,
                Err(_) if state.threads > 0 => {}
                Err(error) => {
                    let job = state.forget(owner, number);
                    drop(state);
                    drop(job);
                    return Err(NoThread(error));
                }
            }
        }
        Ok(number)
    }

    /// The life of a thread.
    fn work(&self) {
        let mut state = self.state.lock();
        while !state.is_closed {
            let Some(owner) = state.turns.pop_front() else {
                state.idle += 1;
                let has_waited = self.changed.wait_for(&mut state, PATIENCE).timed_out();
                state.idle -= 1;
                if has_waited && state.turns.is_empty() {
                    break;
                }
                continue;
            };
            if let Some(job) = state.next_of(owner) {
                MutexGuard::unlocked(&mut state, job);
            }
            state.turn_is_over(owner);
        }
        state.threads -= 1;
        self.changed.notify_all();
    }

    /// Takes no more jobs, forgets those that wait, and waits for the threads that have none. One that is in the middle of a
    /// job ends after it.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        let queues = std::mem::take(&mut state.queues);
        self.changed.notify_all();
        while state.idle > 0 {
            self.changed.wait(&mut state);
        }
        drop(state);
        drop(queues);
    }

    fn forget(&self, owner: Owner, number: u64) {
        let job = self.state.lock().forget(owner, number);
        // Whatever it holds is let go of here, where nobody else waits for it.
        drop(job);
    }
}

/// What a job and the one who asked for it share.
struct Answer<T> {
    value: Mutex<Option<T>>,
    /// As long as somebody waits for it.
    waiting: Mutex<Option<Waiting>>,
}

/// Who waits for a job. They go in this order: a run does not end before nothing is kept of the coroutine by the thread that was at work
/// for it.
struct Waiting {
    who: Arc<Core>,
    _expected: Expected,
}

impl<T> Answer<T> {
    fn give(&self, value: T) {
        *self.value.lock() = Some(value);
        let waiting = self.waiting.lock().take();
        if let Some(waiting) = waiting {
            waiting.who.wake(Place::Back);
        }
    }

    /// Nobody waits for it any more.
    fn settle(&self) {
        let waiting = self.waiting.lock().take();
        drop(waiting);
    }
}

/// A job under way.
pub(crate) struct Started<T> {
    answer: Arc<Answer<T>>,
    who: Arc<Core>,
    /// None if it is done whoever waits for it.
    number: Option<u64>,
}

impl<T> Started<T> {
    /// What came of it, once.
    pub(crate) fn poll(&self) -> Poll<T> {
        self.answer.value.lock().take().map_or(Poll::Pending, Poll::Ready)
    }

    /// Has it done, whoever waits for it or not: a run does not end before.
    pub(crate) fn see_through(mut self) {
        self.number = None;
    }
}

impl<T> Drop for Started<T> {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        self.who.shared.blocking.forget(Owner::of(&self.who.program), number);
        self.answer.settle();
    }
}

/// Something is to come that no socket and no timer tells of: until this is dropped, on any thread, a run does not end and a simulated
/// clock does not jump.
pub(crate) struct Expected {
    shared: Arc<Shared>,
    worker: usize,
}

impl Expected {
    /// By this coroutine, or on its behalf.
    pub(crate) fn by(core: &Arc<Core>) -> Self {
        core.shared.rest.message_sent();
        Expected { shared: core.shared.clone(), worker: core.worker }
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.shared.rest.messages_taken(1);
        // Whoever rests because of it looks again.
        self.shared.mailboxes[self.worker].notify();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Turn;
    use crate::reactor::tests::someone;

    /// Whoever waits for it would be parked for ever, and what has gone wrong would be known to nobody.
    #[test]
    fn a_job_that_panics_stops_the_engine() {
        let (mut engine, who) = someone();
        let started = who.shared.blocking.start(&who, || panic!("as it was asked to")).expect("there is a thread");
        let stopped =
            catch_unwind(AssertUnwindSafe(|| while engine.turn(Duration::from_millis(1)) != Turn::Finished {}));
        let panic = stopped.expect_err("the panic goes on");
        assert_eq!(panic.downcast_ref(), Some(&"as it was asked to"));
        drop::<Started<()>>(started);
    }

    const SLOW: Owner = Owner(1);
    const QUICK: Owner = Owner(2);

    fn added(state: &mut State, owner: Owner, count: usize) -> Vec<u64> {
        (0..count).map(|_| state.add(owner, Box::new(|| {}))).collect()
    }

    /// Whose turn it is, if anybody's, and whether there is something to do for it: as a thread asks, which then is at it.
    fn taken(state: &mut State) -> Option<(Owner, bool)> {
        let owner = state.turns.pop_front()?;
        Some((owner, state.next_of(owner).is_some()))
    }

    #[test]
    fn a_program_whose_jobs_never_end_takes_no_more_threads_than_its_share() {
        let mut state = State::default();
        added(&mut state, SLOW, 10 * MAX_THREADS);
        for _ in 0..MAX_OF_ONE {
            assert!(taken(&mut state) == Some((SLOW, true)));
        }
        assert!(taken(&mut state).is_none());
        added(&mut state, QUICK, 1);
        assert!(taken(&mut state) == Some((QUICK, true)));
    }

    #[test]
    fn programs_take_turns_however_much_one_has_to_do() {
        let mut state = State::default();
        added(&mut state, SLOW, 100);
        added(&mut state, QUICK, 2);
        let mut before = 0;
        while taken(&mut state) == Some((SLOW, true)) {
            state.turn_is_over(SLOW);
            before += 1;
        }
        assert_eq!(before, MAX_OF_ONE, "the other is next");
    }

    #[test]
    fn nothing_is_kept_of_a_program_whose_jobs_are_done_or_forgotten() {
        let mut state = State::default();
        for number in added(&mut state, SLOW, 100).into_iter().skip(1) {
            assert!(state.forget(SLOW, number).is_some(), "it has not begun");
        }
        let mut done = 0;
        while let Some((owner, is_wanted)) = taken(&mut state) {
            done += usize::from(is_wanted);
            state.turn_is_over(owner);
        }
        assert_eq!(done, 1);
        assert!(state.queues.is_empty());
    }
}
