//! How engines end: dropped, outlived, shut down, and broken by their observer.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::common::*;

/// Coroutines that never end by themselves, in every state that one can be in.
fn the_endless() -> Vec<Script> {
    let spin = || script("spin", [Step::Spin]);
    vec![
        script("parked", [Step::wait("never")]),
        spin(),
        script("asleep", [Step::Sleep(1000 * SECOND)]),
        script("ready", [for_ever([Step::Yield])]),
        // Its first call may find no room.
        script("calls", [for_ever([Step::call(spin()), Step::Yield])]),
        script("signals", [Step::signal_to("never", "v", 1000)]),
        script("spawns", [Step::spawn(script("child", [Step::wait("never")])), Step::join("child")]),
    ]
}

#[test]
fn an_engine_that_is_dropped_ends_everybody_as_killed() {
    for round in 0..25 {
        let mut stage = Stage::with(|builder| builder.clock(Clock::system()).workers(3).max_coroutines(18));
        let all: Vec<_> = (0..3).flat_map(|_| the_endless()).map(|script| stage.spawn(script)).collect();
        // A turn beside those that spin takes long: most rounds have none, so that nobody of the first worker has begun.
        if round % 5 == 0 {
            stage.engine.turn(Duration::ZERO);
        }
        drop(stage);
        for coroutine in all {
            assert_eq!(
                (coroutine.state(), coroutine.outcome()),
                (State::Ended, Some(Outcome::Killed)),
                "round {round}"
            );
        }
    }
}

#[test]
fn what_outlives_its_engine_is_harmless() {
    let mut stage = Stage::with(|builder| builder.workers(2));
    let handle = stage.engine.handle();
    let coroutines: Vec<_> = (0..4).map(|_| stage.spawn(script("w", [Step::wait("x").timeout(SECOND)]))).collect();
    stage.engine.turn(Duration::ZERO);
    drop(stage);
    assert!(handle.spawn("script", script("s", [])).is_err_and(|error| error.to_string().contains("gone")));
    assert!(handle.snapshot().is_empty());
    let stats = handle.stats();
    assert_eq!([stats.coroutines, stats.timers, stats.waiters, stats.payloads], [0; 4]);
    handle.trace(cogen::Trace::All);
    handle.shutdown(Duration::ZERO);
    for coroutine in &coroutines {
        let outcome = coroutine.outcome();
        coroutine.cancel();
        coroutine.kill();
        assert_eq!((coroutine.state(), coroutine.outcome()), (State::Ended, outcome));
    }
}

#[test]
fn an_engine_may_live_in_a_thread_local_that_is_dropped_with_its_thread() {
    thread_local! {
        static KEPT: RefCell<Option<Stage>> = const { RefCell::new(None) };
    }
    let coroutines = std::thread::spawn(|| {
        let mut stage = Stage::with(|builder| builder.clock(Clock::system()).workers(2));
        let coroutines: Vec<_> = the_endless().into_iter().map(|script| stage.spawn(script)).collect();
        stage.engine.turn(Duration::ZERO);
        KEPT.set(Some(stage));
        coroutines
    });
    let coroutines = coroutines.join().expect("the thread ends well");
    // The thread is gone, and with it what was local to it.
    assert!(coroutines.iter().all(|coroutine| coroutine.outcome() == Some(Outcome::Killed)));
}

#[test]
fn a_shutdown_asks_and_does_not_wait_longer_than_the_polite_need() {
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()).max_coroutines(2));
    let polite = || script("p", [Step::Sleep(1000 * SECOND)]).strict();
    let polite = [stage.spawn(polite()), stage.spawn(polite())];
    let unborn = stage.spawn(script("u", [log("must not happen")]));
    stage.turn_until(&polite[1], State::Parked);
    let (grace, began) = (Duration::from_secs(60), Instant::now());
    let report = stage.engine.shutdown(grace);
    assert!(began.elapsed() < grace / 2, "{:?}", began.elapsed());
    assert!(report.interrupted && report.parked.is_empty());
    for coroutine in polite.iter().chain([&unborn]) {
        assert_eq!(coroutine.outcome(), Some(Outcome::Cancelled));
    }
    assert_eq!(stage.heard(), Vec::<String>::new(), "it never started");
}

#[test]
fn a_shutdown_ends_those_that_ignore_it_when_the_grace_is_over_even_where_the_clock_stands_still() {
    // The wall's time is the fact: simulated time does not pass beside one that is always ready.
    for (step, workers) in [(for_ever([Step::Yield]), 1), (Step::Spin, 1), (Step::Spin, 2)] {
        let mut stage = Stage::with(|builder| builder.workers(workers));
        let deaf: Vec<_> = (0..workers).map(|_| stage.spawn(script("deaf", [step.clone()]))).collect();
        let (handle, all) = (stage.engine.handle(), deaf.clone());
        let asker = std::thread::spawn(move || {
            while all.iter().any(|coroutine| coroutine.state() == State::Created) {
                std::thread::yield_now();
            }
            handle.shutdown(Duration::from_millis(5));
            Instant::now()
        });
        let report = stage.run();
        let took = asker.join().expect("it ends").elapsed();
        assert!(report.interrupted && report.parked.is_empty());
        assert!(deaf.iter().all(|coroutine| coroutine.outcome() == Some(Outcome::Killed)), "{step:?}");
        // Some slices of a simulated engine, and a busy machine.
        assert!(took < Duration::from_secs(3), "{step:?}, {workers} workers: it took {took:?}");
    }
}

#[test]
fn an_observer_that_panics_on_another_worker_makes_the_run_panic() {
    let mut stage = Stage::with(|builder| {
        builder.clock(Clock::system()).workers(2).on_event(|event| {
            if let Event::Log { message: "s boom", .. } = event {
                std::panic::panic_any("the observer's own words");
            }
        })
    });
    // The first goes to the worker of this thread, the second to the other.
    let here = stage.spawn(script("w", [Step::signal_to("go", "", 1), Step::wait("never")]));
    let there = stage.spawn(script("s", [Step::wait("go"), log("boom")]));
    assert_eq!(stage.engine.snapshot().iter().map(|info| info.worker).collect::<Vec<_>>(), [0, 1]);
    let panic = catch_unwind(AssertUnwindSafe(|| stage.run())).expect_err("the panic goes on here");
    assert_eq!(panic.downcast_ref(), Some(&"the observer's own words"));
    drop(stage);
    assert_eq!((here.state(), there.state()), (State::Ended, State::Ended));
}

#[test]
fn an_observer_that_panics_at_everything_stops_the_engine_once_and_nobody_is_left() {
    for workers in [1, 2] {
        let mut stage = Stage::with(|builder| {
            builder.clock(Clock::system()).workers(workers).on_event(|_| std::panic::panic_any("again"))
        });
        let all: Vec<_> = (0..4).map(|_| stage.spawn(script("s", [log("x"), Step::wait("never")]))).collect();
        let panic = catch_unwind(AssertUnwindSafe(|| stage.engine.run())).expect_err("it goes on here");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"again"), "{workers} workers");
        stage.engine.run();
        assert_eq!(stage.engine.turn(Duration::ZERO), cogen::Turn::Finished, "nothing runs after that");
        drop(stage);
        assert!(all.iter().all(|coroutine| coroutine.state() == State::Ended), "{workers} workers");
    }
}
