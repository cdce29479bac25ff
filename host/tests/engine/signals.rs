//! S1, Q1 and the row of waiters.

use crate::common::*;

/// W waits for "test_sig", then for X; S signals both, the second with one recipient.
fn s1(priority: Priority) -> Vec<String> {
    let waiter = script(
        "w",
        [log("1"), Step::wait("test_sig").priority(priority), log("3"), Step::wait("x").priority(priority), log("5")],
    );
    let signaller = script(
        "s",
        [
            log("2"),
            Step::signal("test_sig", "a").priority(priority),
            log("4"),
            Step::signal_to("x", "b", 1).priority(priority),
            log("6"),
        ],
    );
    let is_number = |line: &String| line[2..].len() == 1;
    Stage::play([waiter, signaller]).into_iter().filter(is_number).collect()
}

#[test]
fn s1_the_woken_run_before_the_signaller_with_last_and_operation() {
    for priority in [Priority::Default, Priority::Last, Priority::Operation] {
        assert_eq!(s1(priority)[..4], ["w 1", "s 2", "w 3", "s 4"], "{priority:?}");
    }
    assert_eq!(s1(Priority::Last)[4..], ["w 5", "s 6"]);
    assert_eq!(s1(Priority::Operation)[4..], ["w 5", "s 6"]);
}

#[test]
fn s1_the_signaller_goes_on_first_with_coroutine_and_first() {
    for priority in [Priority::Coroutine, Priority::First] {
        assert_eq!(s1(priority), ["w 1", "s 2", "s 4", "w 3", "w 5", "s 6"], "{priority:?}");
    }
}

#[test]
fn the_last_waiter_goes_first_with_operation_and_the_first_with_last() {
    let order = |priority| {
        let mut stage = Stage::new();
        for name in ["a", "b", "c"] {
            stage.spawn(script(name, [Step::wait("go")]));
        }
        stage.spawn(script("s", [Step::signal("go", "!").priority(priority)]));
        stage.run();
        stage.heard()
    };
    assert_eq!(order(Priority::Last), ["a wait go got !", "b wait go got !", "c wait go got !", "s signal go woke 3"]);
    assert_eq!(
        order(Priority::Operation),
        ["c wait go got !", "b wait go got !", "a wait go got !", "s signal go woke 3"]
    );
}

#[test]
fn q1_a_signal_for_two_waits_for_the_second() {
    let heard = Stage::play([
        script("s", [Step::signal_to("x", "v", 2), Step::Elapsed]),
        script("a", [Step::wait("x")]),
        script("b", [Step::Sleep(SECOND), Step::wait("x")]),
    ]);
    assert_eq!(heard, ["b sleep ok", "b wait x got v", "a wait x got v", "s signal x woke 2", "s elapsed 1000000000"]);
}

#[test]
fn a_signal_to_nobody_is_gone() {
    let heard = Stage::play([script("s", [Step::signal("x", "v"), Step::wait("x").timeout(SECOND)])]);
    assert_eq!(heard[0], "s signal x woke 0");
    assert!(heard[1].starts_with("s error:") && heard[1].contains("time"), "{heard:?}");
}

#[test]
fn two_signallers_of_one_name_are_both_served_in_order() {
    let heard = Stage::play([
        script("s1", [Step::signal_to("x", "first", 1)]),
        script("s2", [Step::signal_to("x", "second", 1)]),
        script("w", [Step::wait("x"), Step::wait("x")]),
    ]);
    let waits: Vec<_> = heard.iter().filter(|line| line.starts_with('w')).collect();
    assert_eq!(waits, ["w wait x got first", "w wait x got second"]);
    assert!(heard.contains(&"s1 signal x woke 1".to_owned()) && heard.contains(&"s2 signal x woke 1".to_owned()));
}

#[test]
fn a_signaller_that_timed_out_makes_room_for_the_next() {
    let heard = Stage::play([
        script("s1", [Step::signal_to("x", "first", 2).timeout(SECOND)]),
        script("s2", [Step::signal_to("x", "second", 1)]),
        script("w", [Step::wait("x")]),
    ]);
    assert!(heard[0].starts_with("s1 error:"), "{heard:?}");
    assert!(heard.contains(&"w wait x got second".to_owned()), "{heard:?}");
}

#[test]
fn a_wait_that_timed_out_takes_nothing_from_anybody() {
    let heard = Stage::play([
        script("a", [Step::wait("x").timeout(SECOND)]),
        script("b", [Step::wait("x")]),
        script("s", [Step::Sleep(2 * SECOND), Step::signal("x", "v")]),
    ]);
    assert_eq!(heard[2..], ["b wait x got v", "s signal x woke 1"]);
}

#[test]
fn a_signal_is_one_of_several_to_wait_for() {
    let select = Step::Select(vec![Wait::Sleep(SECOND), Wait::Signal("x".into())]);
    let heard = Stage::play([
        script("w", [select.clone(), select, Step::Elapsed]),
        script("s", [Step::Sleep(MILLISECOND), Step::signal("x", "v")]),
    ]);
    assert_eq!(heard, ["s sleep ok", "w select 1 got v", "s signal x woke 1", "w select 0", "w elapsed 1001000000"]);
}

#[test]
fn signals_and_joins_cross_workers() {
    let mut stage = Stage::with(|builder| builder.workers(3));
    let rounds = 200;
    let ping =
        script("ping", [Step::Repeat { n: rounds, steps: vec![Step::signal_to("ping", "", 1), Step::wait("pong")] }]);
    let pong =
        script("pong", [Step::Repeat { n: rounds, steps: vec![Step::wait("ping"), Step::signal_to("pong", "", 1)] }]);
    stage.spawn(script("main", [Step::spawn(ping), Step::spawn(pong), Step::join("ping"), Step::join("pong")]));
    let report = stage.run();
    assert!(report.parked.is_empty(), "{:?}", report.parked);
    assert_eq!((report.ended, report.failed), (3, 0));
    assert_eq!(stage.heard().len(), 4 * rounds as usize + 4);
}

/// On the wall's time, with timeouts so short that many are up in the moment in which the signal comes.
#[test]
fn across_workers_as_many_signals_are_received_as_are_said_to_be() {
    const MICROSECOND: u64 = 1000;
    let rounds = |steps: Vec<Step>| Step::Repeat { n: 400, steps };
    let waits = |timeout| Step::wait("x").timeout(timeout);
    let gives = |timeout| Step::signal_to("x", "v", 1).timeout(timeout);
    let timeouts = [1, 20, 100, 300, 1000].map(|count| count * MICROSECOND);
    for gives_up in [false, true] {
        let mut stage = Stage::with(|builder| builder.clock(Clock::system()).workers(2));
        let waiter = stage.spawn(script("w", [for_ever(timeouts.map(waits))]));
        let give = |timeout| if gives_up { gives(timeout) } else { Step::signal_to("x", "v", 1) };
        let signaller = stage.spawn(script("s", [rounds(timeouts.map(give).to_vec())]));
        assert_eq!(stage.engine.snapshot().iter().map(|info| info.worker).collect::<Vec<_>>(), [0, 1]);
        stage.turn_until(&signaller, State::Ended);
        // Once it is told that it is cancelled, it has been answered whatever it was given before.
        waiter.cancel();
        let mut heard = Vec::new();
        while !heard.contains(&"w error: cancelled".to_owned()) {
            stage.engine.turn(std::time::Duration::from_millis(1));
            heard.extend(stage.heard());
        }
        waiter.kill();
        let count = |line: &str| heard.iter().filter(|heard| *heard == line).count();
        let (woken, received) = (count("s signal x woke 1"), count("w wait x got v"));
        assert_eq!(woken, received, "{} lines", heard.len());
        assert!(woken > if gives_up { 10 } else { 1999 }, "{woken} of 2000");
        assert_eq!(heard.iter().filter(|line| line.starts_with("s ")).count(), 2000);
    }
}
