//! States, the exit rule, cancel and kill.

use std::time::Duration;

use cogen::Turn;

use crate::common::*;

#[test]
fn a_coroutine_is_created_before_it_first_runs_and_ended_after_it_last_did() {
    let mut stage = Stage::new();
    let coroutine = stage.spawn(script("s", [Step::Return("v".into())]));
    assert_eq!(coroutine.state(), State::Created);
    assert_eq!(coroutine.outcome(), None);
    stage.run();
    assert_eq!(coroutine.state(), State::Ended);
    assert_eq!(coroutine.outcome(), returned("v"));
}

#[test]
fn a_run_ends_when_nothing_can_run_and_names_who_is_parked() {
    let mut stage = Stage::new();
    stage.spawn(script("w", [Step::wait("x")]));
    stage.spawn(script("r", [Step::signal_to("y", "", 3)]));
    let report = stage.run();
    let parked: Vec<_> = report.parked.iter().map(|info| (info.state, info.waits_for.clone().unwrap())).collect();
    let expected = [(State::Parked, "signal \"x\"".into()), (State::Parked, "3 to wait for signal \"y\"".into())];
    assert_eq!(parked, expected);

    stage.spawn(script("s", [Step::signal("x", "late")]));
    let report = stage.run();
    assert_eq!(report.parked.len(), 1, "the same engine goes on: {:?}", report.parked);
    assert_eq!(stage.heard()[0], "w wait x got late");
}

#[test]
fn a_cancelled_coroutine_is_told_at_each_wait() {
    let victim = script("v", [Step::wait("x"), Step::Sleep(SECOND), log("cleans up"), Step::Fail("gave up".into())]);
    let mut stage = Stage::new();
    stage
        .spawn(script("c", [Step::spawn(victim), Step::Cancel("v".into()), Step::join("v"), Step::Cancel("v".into())]));
    let report = stage.run();
    let heard = stage.heard();
    assert_eq!(heard.iter().filter(|line| line.starts_with("v error:") && line.contains("cancel")).count(), 2);
    assert!(heard.contains(&"v cleans up".to_owned()));
    assert!(heard.iter().any(|line| line.starts_with("c error:") && line.contains("cancelled")), "{heard:?}");
    assert_eq!(report.failed, 0, "to be cancelled is no failure");
}

/// Every way to be parked, and a step to be killed at each.
fn suspension_points() -> Vec<Vec<Step>> {
    let sleeper = || script("sleeper", [Step::Sleep(100 * SECOND)]);
    vec![
        vec![Step::Sleep(100 * SECOND)],
        vec![Step::StdSleep(100 * SECOND)],
        vec![Step::wait("never")],
        vec![Step::wait("never").timeout(100 * SECOND)],
        vec![Step::signal_to("never", "", 1000)],
        vec![Step::call(sleeper())],
        vec![Step::call(script("outer", [Step::call(sleeper())]))],
        vec![Step::spawn(script("waits", [Step::wait("never")])), Step::join("waits")],
        vec![Step::spawn(script("waits", [Step::wait("never")])), Step::outcome("waits")],
        vec![
            Step::Scope("g".into()),
            Step::scope_spawn("g", script("waits", [Step::wait("never"), Step::Fail("gave up".into())])),
            Step::scope_join("g"),
        ],
        vec![Step::Select(vec![
            Wait::Sleep(100 * SECOND),
            Wait::Signal("never".into()),
            Wait::Give { name: "never".into(), value: String::new(), recipients: 1000 },
            Wait::Call { program: "script".into(), args: Args::Script(sleeper()) },
        ])],
        vec![Step::Repeat { n: u64::MAX, steps: vec![Step::Yield] }],
        vec![Step::Spin],
    ]
}

#[test]
fn a_kill_at_any_suspension_point_leaves_nothing() {
    for (number, steps) in suspension_points().into_iter().enumerate() {
        let mut stage = Stage::with(|builder| builder.clock(Clock::system()));
        let victim = stage.spawn(script("v", steps));
        for _ in 0..5 {
            stage.engine.turn(Duration::from_millis(1));
        }
        assert_ne!(victim.state(), State::Ended, "point {number}");
        victim.kill();
        stage.turn_until(&victim, State::Ended);
        assert_eq!(victim.outcome(), Some(Outcome::Killed), "point {number}");
        let report = stage.run();
        let left: Vec<_> = report.parked.iter().filter(|info| info.parent.is_none()).collect();
        assert!(left.is_empty(), "point {number}: {left:?}");
        assert_eq!(report.failed, 0);
        // Whoever waits for the name now is alone in its row, but for a child of the victim that waits for it.
        let woken = format!("s signal never woke {}", 1 + report.parked.len());
        stage.spawn(script("w", [Step::wait("never")]));
        stage.run();
        stage.spawn(script("s", [Step::signal("never", "")]));
        stage.run();
        let heard = stage.heard();
        assert!(heard.contains(&woken), "point {number}: {heard:?}");
        // A signaller that was left would want a thousand, and stand before this one.
        stage.spawn(script("s", [Step::signal_to("never", "", 1)]));
        stage.run();
        stage.spawn(script("w", [Step::wait("never")]));
        stage.run();
        assert!(stage.heard().contains(&"s signal never woke 1".to_owned()), "point {number}");
        assert_eq!(stage.engine.stats().waiters, 0, "point {number}");
    }
}

#[test]
fn a_cancel_at_any_waiting_suspension_point_is_heard() {
    for (number, steps) in suspension_points().into_iter().enumerate().filter(|(number, _)| *number < 11) {
        let mut stage = Stage::new();
        let victim = stage.spawn(script("v", steps.into_iter().chain([Step::Fail("gave up".into())])));
        stage.engine.turn(Duration::ZERO);
        assert_ne!(victim.state(), State::Ended, "point {number}");
        victim.cancel();
        stage.run();
        assert_eq!(victim.outcome(), Some(Outcome::Cancelled), "point {number}");
    }
}

#[test]
fn killing_oneself_and_killing_before_the_start_end_a_coroutine() {
    let mut stage = Stage::with(|builder| builder.max_coroutines(1));
    let own = stage.spawn(script("s", [Step::KillSelf, log("must not happen")]));
    let waiting = stage.spawn(script("w", [Step::wait("x")]));
    let unborn = stage.spawn(script("u", [log("must not happen")]));
    stage.run();
    assert_eq!(own.outcome(), Some(Outcome::Killed));
    assert_eq!((waiting.state(), unborn.state()), (State::Parked, State::Created));
    assert_eq!(stage.engine.snapshot()[1].waits_for.as_deref(), Some("room to start"));
    unborn.kill();
    stage.run();
    assert_eq!(unborn.outcome(), Some(Outcome::Killed));
    assert_eq!(stage.heard(), Vec::<String>::new());
}

#[test]
fn spawns_beyond_the_room_wait_for_it() {
    let mut stage = Stage::with(|builder| builder.max_coroutines(4));
    let all: Vec<_> =
        (0..40).map(|_| stage.spawn(script("s", [Step::Sleep(SECOND), Step::Return("v".into())]))).collect();
    let report = stage.run();
    assert_eq!((report.ended, report.parked.len()), (40, 0));
    assert!(all.iter().all(|coroutine| coroutine.outcome() == returned("v")));
}

#[test]
fn a_shutdown_cancels_and_then_kills() {
    let mut stage = Stage::new();
    let polite = stage.spawn(script("p", [Step::wait("x"), Step::Fail("gave up".into())]));
    let stubborn = stage.spawn(script("s", [Step::Repeat { n: u64::MAX, steps: vec![Step::Yield] }]));
    stage.engine.turn(Duration::ZERO);
    let report = stage.engine.shutdown(Duration::ZERO);
    assert!(report.interrupted && report.parked.is_empty());
    assert_eq!(polite.state(), State::Ended);
    assert_eq!(stubborn.outcome(), Some(Outcome::Killed));
    assert!(stage.engine.spawn("script", "").is_err());
}

#[test]
fn another_loop_may_drive_the_engine_turn_by_turn() {
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()));
    let turns = |stage: &mut Stage, until: Turn| {
        let (mut worked, mut idle) = (0, 0);
        loop {
            match stage.engine.turn(Duration::ZERO) {
                turn if turn == until => return (worked, idle),
                Turn::Worked => worked += 1,
                Turn::Idle => idle += 1,
                Turn::Finished => panic!("it is too early"),
            }
        }
    };
    assert_eq!(turns(&mut stage, Turn::Finished), (0, 0), "there is nobody yet");
    // While a timer is armed the end is open, however far away that is.
    let waits = vec![Wait::Sleep(1_000_000 * SECOND), Wait::Signal("x".into())];
    let waiter = stage.spawn(script("w", [Step::Select(waits)]));
    assert_eq!(turns(&mut stage, Turn::Idle), (1, 0), "it runs until it parks, and the loop is free");
    assert_eq!((waiter.state(), turns(&mut stage, Turn::Idle)), (State::Parked, (0, 0)));
    let handle = stage.engine.handle();
    std::thread::spawn(move || handle.spawn("script", script("s", [Step::signal("x", "v")])).expect("there is room"))
        .join()
        .expect("it ends");
    assert_eq!(turns(&mut stage, Turn::Finished), (1, 0), "one turn for what was spawned and what came of it");
    assert_eq!(waiter.state(), State::Ended);
    let sleeper = stage.spawn(script("s", [Step::Sleep(5 * MILLISECOND)]));
    assert!(turns(&mut stage, Turn::Finished).0 <= 2, "one turn for its beginning, one for the end of the sleep");
    assert_eq!(sleeper.state(), State::Ended);
}

#[test]
fn operations_are_traced_while_it_is_asked_for() {
    let mut stage = Stage::new();
    stage.engine.trace(cogen::Trace::Program("script".into()));
    stage.spawn(script("s", [Step::Sleep(1), Step::wait("x").timeout(1)]));
    stage.run();
    stage.engine.trace(cogen::Trace::Off);
    stage.spawn(script("s", [Step::Sleep(1)]));
    stage.run();
    let traced: Vec<_> = stage.heard().into_iter().filter(|line| line.contains("->")).collect();
    assert_eq!(traced, ["time.sleep until 1ns -> ok", "signals.wait-for-signal \"x\" -> timed out"]);
}

#[test]
fn a_trace_tells_each_operation_with_what_it_was_about_and_what_came_of_it() {
    let child = |name: &str, steps: &[Step]| script(name, steps.to_vec()).strict();
    let failing = child("f", &[Step::Fail("boom".into())]);
    let steps = [
        Step::Sleep(5),
        Step::StdSleep(SECOND),
        Step::Yield,
        Step::signal("x", "v"),
        Step::wait("x").timeout(2 * SECOND),
        Step::wait("").timeout(2 * SECOND),
        Step::call(child("c", &[Step::Return("four".into())])),
        Step::call(failing),
        Step::spawn(child("v", &[Step::wait("y")])),
        Step::Cancel("v".into()),
        Step::join("v"),
        Step::spawn(child("k", &[Step::wait("y")])),
        Step::Kill("k".into()),
        Step::join("k"),
        Step::ContextSet("name".into(), "value".into()),
        Step::ContextGet("name".into()),
        Step::ContextGet("other".into()),
        Step::Select(vec![Wait::Sleep(1), Wait::Signal("x".into())]),
    ];
    // Only the first is of the traced program.
    let mut stage = Stage::with(|builder| builder.program("traced", guest("script")));
    stage.engine.trace(cogen::Trace::Program("traced".into()));
    stage.engine.spawn("traced", script("t", steps)).expect("there is room");
    assert!(stage.run().parked.is_empty());
    let traced: Vec<_> = stage.heard().into_iter().filter(|line| line.contains(" -> ")).collect();
    let expected = [
        "time.sleep until 5ns -> ok",
        "pollable.block a pollable -> ok",
        "time.yield-now  -> ok",
        "signals.signal \"x\" -> 0 woken",
        "signals.wait-for-signal \"x\" -> timed out",
        "signals.wait-for-signal \"\" -> invalid argument: a name of 0 bytes; 1 to 256 are allowed",
        "coroutines.call \"script\" -> 4 bytes",
        "coroutines.call \"script\" -> script#3 failed",
        "coroutines.spawn \"script\" -> script#4",
        "coroutines.cancel script#4 -> ok",
        "coroutines.join script#4 -> script#4 was cancelled",
        "coroutines.spawn \"script\" -> script#5",
        "coroutines.kill script#5 -> ok",
        "coroutines.join script#5 -> script#5 was killed",
        "context.set \"name\" -> ok",
        "context.get \"name\" -> 5 bytes",
        "context.get \"other\" -> not found",
        "signals.start-wait \"x\" -> waits",
        "poll.poll any of 2 pollables -> ok",
    ];
    assert_eq!(traced, expected);
}

#[test]
fn engines_live_side_by_side_and_are_used_many_times() {
    let mut stages = [Stage::new(), Stage::new()];
    for round in 0..5 {
        for stage in &mut stages {
            stage.spawn(script("w", [Step::wait("x")]));
        }
        stages[0].spawn(script("s", [Step::signal("x", "v")]));
        assert_eq!(stages[0].run().parked.len(), 0);
        assert_eq!(stages[1].run().parked.len(), round + 1, "signals stay in their engine");
    }
}

/// What the process holds of the operating system.
#[cfg(target_os = "linux")]
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map(Iterator::count).expect("procfs is there")
}

#[test]
fn many_lives_leave_no_waiter_and_no_entry() {
    let mut stage = Stage::with(|builder| builder.workers(2).max_coroutines(2000));
    let steps = [Step::wait("x").timeout(MILLISECOND), Step::call(script("c", [Step::Sleep(1)]))];
    for _ in 0..300 {
        stage.spawn(script("s", steps.clone()));
    }
    let report = stage.run();
    assert_eq!((report.ended, report.failed), (600, 0));
    assert!(report.parked.is_empty() && stage.engine.snapshot().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn an_engine_gives_its_descriptors_back() {
    // Other tests run in the same process: what one engine leaks shows when it is done often.
    let before = descriptors();
    for _ in 0..100 {
        drop(Engine::builder().workers(2).max_coroutines(2).build().expect("an empty engine"));
    }
    assert!(descriptors() < before + 100, "{before} descriptors before, {} after", descriptors());
}
