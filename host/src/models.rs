//! The parts that cross threads, compiled once more against a model of memory, and run in every order that it allows.

use loom::sync::{Arc, atomic};
use loom::thread;

use crate::clock::Clock;
use inbox::Inbox;
use rest::{Rest, Verdict};
use status::{Parking, State, Status};

#[path = "scheduler/inbox.rs"]
mod inbox;
#[allow(dead_code, reason = "no worker of these models goes on after it has rested")]
#[path = "scheduler/rest.rs"]
mod rest;
#[allow(unreachable_pub, dead_code, reason = "what says a state to people is no part of the model")]
#[path = "coroutine/status.rs"]
mod status;

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
        let (status, told) = (running(), Arc::new(Mutex::new(false)));
        let waker = thread::spawn({
            let (status, told) = (status.clone(), told.clone());
            move || {
                *told.lock() = true;
                status.wake()
            }
        });
        let saw = *told.lock();
        let parking = status.park(false);
        let was_queued = waker.join().expect("it ends");
        assert!(saw || was_queued || parking == Parking::Woken);
        assert!(!(was_queued && parking == Parking::Woken), "it is queued by one of them");
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
            assert!(!was_queued || parking == Parking::Parked, "it is queued by one of them");
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
                rest.lie_down(1, None, &clock)
            }
        });
        let took = inbox.take().len();
        rest.messages_taken(took);
        let first = rest.lie_down(0, None, &clock);
        let second = second.join().expect("it ends");
        assert_eq!(took == 1, [&first, &second].contains(&&Verdict::Finished), "{first:?} {second:?}");
    });
}
