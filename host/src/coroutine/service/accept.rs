//! The accept loop of the host: it starts a coroutine for each that connects.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use bytes::Bytes;

use crate::coroutine::{Beginning, Context, Core, Keeper, Outcome, Seed, Wait};
use crate::engine::LoadedProgram;
use crate::ops::{Brief, Connection, Thing, yield_now};
use crate::scheduler::Place;

/// So many are accepted before others have their turn: nothing interrupts this loop.
const ACCEPTS_PER_TURN: usize = 32;

/// How an accept loop treats whoever connects.
#[derive(Clone, Copy)]
pub(crate) struct Reception {
    /// Whether a connection is the standard input and output of those who are started, instead of something that they ask for.
    pub(crate) is_stdio: bool,
    /// How many of them may live at a time; zero for as many as have room.
    pub(crate) most: usize,
}

/// What an accept loop starts.
pub(crate) struct AcceptLoop {
    pub(crate) handler: Arc<LoadedProgram>,
    pub(crate) args: Bytes,
    pub(crate) reception: Reception,
}

/// Room for those that an accept loop has started, given back as they end.
pub(crate) struct Places {
    taken: AtomicUsize,
    most: usize,
    service: Arc<Core>,
}

impl Places {
    /// Takes a place, if one is free.
    fn take(&self) -> bool {
        // Only the accept loop takes any: between the look and the taking there can only be fewer.
        let is_free = self.taken.load(Ordering::Acquire) < self.most;
        if is_free {
            self.taken.fetch_add(1, Ordering::AcqRel);
        }
        is_free
    }
}

impl Keeper for Places {
    /// Its place was taken before it had a connection.
    fn takes(&self, _: &Arc<Core>) {}

    fn loses(&self, _: &Core) {
        if self.taken.fetch_sub(1, Ordering::AcqRel) == self.most {
            self.service.wake(Place::Back);
        }
    }
}

/// Accepts until the coroutine is cancelled.
pub(super) async fn run(core: &Arc<Core>, accept: &AcceptLoop, things: Vec<Thing>) -> Outcome {
    let listener = things.into_iter().find_map(|thing| match thing {
        Thing::Listener(listener) => Some(listener),
        _ => None,
    });
    let Some(listener) = listener else {
        return Outcome::Failed { message: "there is no listener to accept from".to_owned() };
    };
    let places = Arc::new(Places { taken: AtomicUsize::new(0), most: accept.reception.most, service: core.clone() });
    let mut accepted = 0;
    while a_place(core, &places).await {
        let connection = match listener.next(core).await {
            Ok(connection) => connection,
            Err(_) if core.status.is_cancelled() => break,
            Err(refusal) => return Outcome::Failed { message: refusal.brief() },
        };
        start(core, accept, connection, &places);
        accepted += 1;
        if accepted % ACCEPTS_PER_TURN == 0 && yield_now().await.is_err() {
            break;
        }
    }
    Outcome::Cancelled
}

/// Waits until one more may be started; false if the coroutine is cancelled before.
async fn a_place(core: &Core, places: &Places) -> bool {
    poll_fn(|_| {
        if core.status.is_cancelled() {
            return Poll::Ready(false);
        }
        if places.take() {
            return Poll::Ready(true);
        }
        core.note_wait(Wait::Place(places.most));
        Poll::Pending
    })
    .await
}

/// Starts a handler on the worker that has the fewest coroutines, and gives it the connection.
fn start(core: &Arc<Core>, accept: &AcceptLoop, connection: Connection, places: &Arc<Places>) {
    let shared = &core.shared;
    let beginning = Beginning::new(&accept.handler.payloads, accept.args.clone(), Context::default());
    let Ok(mut beginning) = beginning else { return };
    if accept.reception.is_stdio {
        beginning.stdio = Some(connection);
    } else {
        beginning.things.push(Thing::Connection(connection));
    }
    let seed = Seed {
        worker: shared.least_loaded_worker(core.worker),
        keeper: Some(places.clone()),
        ..Seed::of(core, accept.handler.clone(), beginning)
    };
    // An engine that stops takes in nobody: the connection is closed.
    drop(shared.start(seed, Place::Back));
}
