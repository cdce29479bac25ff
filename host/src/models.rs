//! The parts that cross threads, compiled once more against a model of memory, and run in every order that it allows.

use loom::sync::{Arc, atomic};
use loom::thread;

use crate::clock::Clock;
use inbox::Inbox;
use rest::{Repose, Rest, Verdict};
use rooms::Rooms;
use status::{Parking, State, Status};

#[allow(dead_code, reason = "no engine of these models is closed")]
#[path = "scheduler/inbox.rs"]
mod inbox;
#[allow(dead_code, reason = "no worker of these models goes on after it has rested")]
#[path = "scheduler/rest.rs"]
mod rest;
#[path = "scheduler/rooms.rs"]
mod rooms;
#[allow(unreachable_pub, dead_code, reason = "what says a state to people is no part of the model")]
#[path = "coroutine/status.rs"]
mod status;

/// What a worker waits for that has no timer and no socket.
const NOTHING: Repose = Repose { deadline: None, listens: false };

/// The mutex of the model in the shape of ours.
#[derive(Default)]
struct Mutex<T>(loom::sync::Mutex<T>);

impl<T> Mutex<T> {
    fn new(value: T) -> Self {
        Mutex(loom::sync::Mutex::new(value))
    }

    fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().expect("no thread of a model panics")
    }
}

/// A status that has been started and runs.
fn running() -> Arc<Status> {
    let status = Status::new();
    status.run();
    Arc::new(status)
}

#[test]
fn what_a_wake_tells_is_seen_before_the_coroutine_is_parked_or_queues_it() {
    loom::model(|| {
        // As a signal tells its waiter: a flag without a lock, so that only the status orders what is seen.
        let (status, told) = (running(), Arc::new(atomic::AtomicBool::new(false)));
        let waker = thread::spawn({
            let (status, told) = (status.clone(), told.clone());
            move || {
                told.store(true, atomic::Ordering::Release);
                status.wake()
            }
        });
        let saw = told.load(atomic::Ordering::Acquire);
        let parking = status.park(false);
        let was_queued = waker.join().expect("it ends");
        assert!(saw || was_queued || parking == Parking::Woken);
        assert!(!(was_queued && parking == Parking::Woken), "it is queued by one of them");
    });
}

#[test]
fn what_a_wake_tells_one_that_is_ready_is_seen_when_it_runs() {
    loom::model(|| {
        let (status, told) = (running(), Arc::new(atomic::AtomicBool::new(false)));
        assert_eq!(status.park(true), Parking::Woken);
        let waker = thread::spawn({
            let (status, told) = (status.clone(), told.clone());
            move || {
                told.store(true, atomic::Ordering::Release);
                status.wake()
            }
        });
        status.run();
        let saw = told.load(atomic::Ordering::Acquire);
        let parking = status.park(false);
        let was_queued = waker.join().expect("it ends");
        assert!(saw || was_queued || parking == Parking::Woken);
    });
}

#[test]
fn a_room_given_back_is_had_by_one_that_waits_for_it() {
    loom::model(|| {
        let rooms = Arc::new(Rooms::new(1));
        assert!(rooms.take());
        let leaver = thread::spawn({
            let rooms = rooms.clone();
            move || rooms.leave()
        });
        let took = rooms.take_or_wait(1, "waiter");
        let handed = leaver.join().expect("it ends");
        assert!(took != (handed == Some("waiter")), "one way or the other, and not both");
        assert!(!rooms.take(), "there is only one");
    });
}

#[test]
fn a_room_is_free_again_when_the_only_one_that_waits_gives_up_before_it_is_handed_over() {
    loom::model(|| {
        let rooms = Arc::new(Rooms::new(1));
        assert!(rooms.take() && !rooms.take_or_wait(1, "waiter"));
        let leaver = thread::spawn({
            let rooms = rooms.clone();
            move || rooms.leave()
        });
        rooms.give_up(&1);
        let handed = leaver.join().expect("it ends");
        // Whom it was handed to gives it back by itself; nobody else may be thought to wait.
        assert_eq!(rooms.take(), handed.is_none());
        assert_eq!(rooms.leave(), None);
    });
}

#[test]
fn of_two_that_wake_a_parked_one_one_queues_it() {
    loom::model(|| {
        let status = running();
        assert_eq!(status.park(false), Parking::Parked);
        let other = thread::spawn({
            let status = status.clone();
            move || status.wake()
        });
        let ours = status.wake();
        assert!(ours != other.join().expect("it ends"));
        assert_eq!(status.state(), State::Ready);
    });
}

#[test]
fn a_kill_or_a_cancel_is_never_lost() {
    for kills in [true, false] {
        loom::model(move || {
            let status = running();
            assert_eq!(status.park(false), Parking::Parked);
            assert!(status.wake());
            let asker = thread::spawn({
                let status = status.clone();
                move || if kills { status.kill() } else { status.cancel() }
            });
            status.run();
            let saw = status.is_cancelled() || status.is_killed();
            let parking = status.park(false);
            let was_queued = asker.join().expect("it ends");
            assert!(saw || was_queued || parking != Parking::Parked);
            // One that is killed while it stands in the queue is queued once more, and found ended by its second turn.
            assert!(!was_queued || parking == Parking::Parked || kills, "it is queued by one of them");
        });
    }
}

#[test]
fn a_message_is_taken_once_and_never_left_without_a_notice() {
    loom::model(|| {
        let (inbox, notices) = (Arc::new(Inbox::new()), Arc::new(Mutex::new(0)));
        let senders: Vec<_> = (0..2)
            .map(|number| {
                let (inbox, notices) = (inbox.clone(), notices.clone());
                thread::spawn(move || {
                    if inbox.post(number) {
                        *notices.lock() += 1;
                    }
                })
            })
            .collect();
        let mut taken = inbox.take();
        senders.into_iter().for_each(|sender| sender.join().expect("it ends"));
        let rest = inbox.take();
        // What was left after the first look was announced by somebody.
        assert!(rest.is_empty() || *notices.lock() > 0);
        taken.extend(rest);
        taken.sort_unstable();
        assert_eq!(taken, [0, 1]);
    });
}

#[test]
fn a_run_is_not_finished_while_a_message_is_on_its_way() {
    loom::model(|| {
        let clock = Clock::system();
        let (rest, inbox) = (Arc::new(Rest::new(2)), Arc::new(Inbox::new()));
        let second = thread::spawn({
            let (rest, inbox, clock) = (rest.clone(), inbox.clone(), clock.clone());
            move || {
                // The second worker sends the first one something as the last thing it does.
                rest.message_sent();
                let _must_notify = inbox.post(());
                rest.lie_down(1, NOTHING, &clock)
            }
        });
        let took = inbox.take().len();
        rest.messages_taken(took);
        let first = rest.lie_down(0, NOTHING, &clock);
        let second = second.join().expect("it ends");
        assert_eq!(took == 1, [&first, &second].contains(&&Verdict::Finished), "{first:?} {second:?}");
    });
}
