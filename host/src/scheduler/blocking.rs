//! Work of the host that blocks: a few threads that do it, so that no worker has to.
//!
//! Threads are started when there is work and none is free, and end when there has been none for a while. A job counts
//! as a message on its way: a run does not end, and a simulated clock does not jump, before somebody has its answer, or
//! nobody wants it any more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::Place;
use crate::coroutine::Core;

/// Most of these jobs wait for a name server or a disk, not for a processor.
const MAX_THREADS: usize = 8;

/// More jobs than this are refused: the last of them would wait for minutes behind a name server that does not answer.
pub(crate) const MAX_JOBS: usize = 1024;

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
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    is_closed: bool,
}

/// There are [`MAX_JOBS`] jobs already.
#[derive(Debug)]
pub(crate) struct Full;

impl Blocking {
    /// Has `work` done, and wakes `who` when it is. Dropping the answer does not stop it, and lets nobody wait for it.
    pub(crate) fn start<T: Send + 'static>(
        self: &Arc<Self>,
        who: &Arc<Core>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Started<T>, Full> {
        let expected = Mutex::new(Some(Expected::by(who)));
        let answer = Arc::new(Answer { value: Mutex::new(None), expected, who: who.clone() });
        // Expected from here on, whatever comes: dropped, it is no more.
        let started = Started(answer.clone());
        self.post(Box::new(move || answer.give(work())))?;
        Ok(started)
    }

    fn post(self: &Arc<Self>, job: Job) -> Result<(), Full> {
        let mut state = self.state.lock();
        if state.jobs.len() >= MAX_JOBS {
            return Err(Full);
        }
        state.jobs.push_back(job);
        if state.idle >= state.jobs.len() {
            self.changed.notify_one();
        } else if state.threads < MAX_THREADS {
            let pool = self.clone();
            let thread = std::thread::Builder::new().name("cogen-blocking".to_owned()).spawn(move || pool.work());
            // Without another thread, those that are there do it; without any, nobody would.
            match thread {
                Ok(_) => state.threads += 1,
                Err(_) if state.threads > 0 => {}
                Err(_) => {
                    state.jobs.pop_back();
                    return Err(Full);
                }
            }
        }
        Ok(())
    }

    /// The life of a thread.
    fn work(&self) {
        let mut state = self.state.lock();
        while !state.is_closed {
            let Some(job) = state.jobs.pop_front() else {
                state.idle += 1;
                let has_waited = self.changed.wait_for(&mut state, PATIENCE).timed_out();
                state.idle -= 1;
                if has_waited && state.jobs.is_empty() {
                    break;
                }
                continue;
            };
            parking_lot::MutexGuard::unlocked(&mut state, job);
        }
        state.threads -= 1;
        self.changed.notify_all();
    }

    /// Takes no more jobs, forgets those that wait, and waits for the threads that have none. One that is in the middle of a
    /// job ends after it.
    pub(crate) fn close(&self) {
        let mut state = self.state.lock();
        state.is_closed = true;
        let jobs = std::mem::take(&mut state.jobs);
        self.changed.notify_all();
        while state.idle > 0 {
            self.changed.wait(&mut state);
        }
        drop(state);
        drop(jobs);
    }
}

/// What a job and the one who asked for it share.
struct Answer<T> {
    value: Mutex<Option<T>>,
    /// As long as somebody waits for it.
    expected: Mutex<Option<Expected>>,
    who: Arc<Core>,
}

impl<T> Answer<T> {
    fn give(&self, value: T) {
        *self.value.lock() = Some(value);
        self.who.wake(Place::Back);
        self.settle();
    }

    /// Nobody waits for it any more.
    fn settle(&self) {
        let expected = self.expected.lock().take();
        drop(expected);
    }
}

/// A job under way.
pub(crate) struct Started<T>(Arc<Answer<T>>);

impl<T> Started<T> {
    /// What came of it, once.
    pub(crate) fn poll(&self) -> Poll<T> {
        self.0.value.lock().take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<T> Drop for Started<T> {
    fn drop(&mut self) {
        self.0.settle();
    }
}

/// Something is to come that no socket and no timer tells of: until this is dropped, on any thread, a run does not end and a simulated
/// clock does not jump.
pub(crate) struct Expected(Arc<Core>);

impl Expected {
    /// By this coroutine, or on its behalf.
    pub(crate) fn by(core: &Arc<Core>) -> Self {
        core.shared.rest.message_sent();
        Expected(core.clone())
    }
}

impl Drop for Expected {
    fn drop(&mut self) {
        let shared = &self.0.shared;
        shared.rest.messages_taken(1);
        // Whoever rests because of it looks again.
        shared.mailboxes[self.0.worker].notify();
    }
}
