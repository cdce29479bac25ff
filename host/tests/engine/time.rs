//! Timers: S5, S6, and what a simulated clock promises.

use std::time::{Duration, Instant};

use crate::common::*;

#[test]
fn equal_deadlines_end_in_the_order_they_began() {
    let mut stage = Stage::new();
    for name in ["a", "b", "c", "d"] {
        stage.spawn(script(name, [Step::Sleep(SECOND)]));
    }
    stage.run();
    assert_eq!(stage.heard(), ["a sleep ok", "b sleep ok", "c sleep ok", "d sleep ok"]);
}

#[test]
fn sleeps_end_exactly_at_their_deadline_on_a_simulated_clock() {
    let steps = [Step::Sleep(3600 * SECOND), Step::Elapsed, Step::SleepUntilAfter(1), Step::Elapsed];
    let began = Instant::now();
    let heard = Stage::play([script("s", steps)]);
    assert_eq!(heard[1], "s elapsed 3600000000000");
    assert_eq!(heard[3], "s elapsed 3600000000001");
    assert!(began.elapsed() < Duration::from_secs(60), "an hour passes at once");
}

/// Far behind every moment at which one of the lives below is over.
const ABANDONED: u64 = 10 * SECOND;

/// One that does `what` to `victim` after a millisecond, and keeps its handle.
fn after_a_millisecond(victim: Step, what: impl FnOnce(String) -> Step) -> Vec<Script> {
    let victim = script("v", [victim, Step::Fail("gave up".into())]).strict();
    vec![script("d", [Step::spawn(victim), Step::Sleep(MILLISECOND), what("v".into())])]
}

/// Lives in which a timeout is armed that does not come to pass, and the moment at which each is over.
fn abandoned_timeouts() -> Vec<(&'static str, Vec<Script>, u64)> {
    let wait = || Step::wait("x").timeout(ABANDONED);
    let recipients = || Step::signal_to("x", "v", 1).timeout(ABANDONED);
    let late = |step| script("late", [Step::Sleep(MILLISECOND), step]);
    let call = |end| Step::call(late(end)).timeout(ABANDONED);
    let select = || Step::Select(vec![Wait::Sleep(ABANDONED), Wait::Signal("x".into())]);
    let asleep = || Step::call(script("asleep", [Step::Sleep(ABANDONED)]));
    let join = |end| vec![script("j", [Step::spawn(late(end)), Step::join("late").timeout(ABANDONED)])];
    let signal = || late(Step::signal("x", "v"));
    vec![
        ("a wait is served", vec![script("w", [wait()]), signal()], MILLISECOND),
        ("a wait times out", vec![script("w", [Step::wait("x").timeout(MILLISECOND)])], MILLISECOND),
        ("a wait is cancelled", after_a_millisecond(wait(), Step::Cancel), MILLISECOND),
        ("a waiter is killed", after_a_millisecond(wait(), Step::Kill), MILLISECOND),
        ("a wait is refused", vec![script("w", [Step::wait("").timeout(ABANDONED)])], 0),
        ("a signal finds recipients", vec![script("s", [recipients()]), late(Step::wait("x"))], MILLISECOND),
        ("a signaller is cancelled", after_a_millisecond(recipients(), Step::Cancel), MILLISECOND),
        ("a signaller is killed", after_a_millisecond(recipients(), Step::Kill), MILLISECOND),
        ("a joined one returns", join(Step::Return("v".into())), MILLISECOND),
        ("a joined one traps", join(Step::Trap), MILLISECOND),
        ("a callee returns", vec![script("c", [call(Step::Return("v".into()))])], MILLISECOND),
        ("a callee traps", vec![script("c", [call(Step::Trap)])], MILLISECOND),
        ("a callee kills itself", vec![script("c", [call(Step::KillSelf)])], MILLISECOND),
        ("a caller is cancelled", after_a_millisecond(asleep(), Step::Cancel), MILLISECOND),
        ("a caller is killed", after_a_millisecond(asleep(), Step::Kill), MILLISECOND),
        ("a call times out", vec![script("c", [asleep().timeout(MILLISECOND)])], MILLISECOND),
        ("a sleep is cancelled", after_a_millisecond(Step::Sleep(ABANDONED), Step::Cancel), MILLISECOND),
        ("a sleeper is killed", after_a_millisecond(Step::Sleep(ABANDONED), Step::Kill), MILLISECOND),
        ("a select is won by another", vec![script("w", [select()]), signal()], MILLISECOND),
        ("a select is killed", after_a_millisecond(select(), Step::Kill), MILLISECOND),
        ("a sleep of std is killed", after_a_millisecond(Step::StdSleep(ABANDONED), Step::Kill), MILLISECOND),
    ]
}

#[test]
fn s5_a_timeout_that_was_armed_and_does_not_come_to_pass_leaves_no_timer() {
    for (life, scripts, end) in abandoned_timeouts() {
        let clock = Clock::simulated();
        let mut stage = Stage::with(|builder| builder.clock(clock.clone()));
        for script in scripts {
            stage.spawn(script);
        }
        let report = stage.run();
        assert!(report.parked.is_empty(), "{life}: {:?}", report.parked);
        assert_eq!(stage.engine.stats().timers, 0, "{life}");
        // A timer that was left would be the last thing that the clock jumps to.
        assert_eq!(clock.elapsed(), Duration::from_nanos(end), "{life}: {:?}", stage.heard());
    }
}

#[test]
fn s6_a_sleep_of_one_second_takes_one_second() {
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()));
    stage.spawn(script("s", [Step::Sleep(SECOND)]));
    let began = Instant::now();
    stage.run();
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(1) && took < Duration::from_millis(1500), "{took:?}");
}

#[test]
fn a_sleep_or_timeout_of_zero_ends() {
    let heard = Stage::play([script("s", [Step::Sleep(0), Step::wait("x").timeout(0), Step::Elapsed])]);
    assert_eq!(heard[0], "s sleep ok");
    assert!(heard[1].starts_with("s error:"), "{heard:?}");
    assert_eq!(heard[2], "s elapsed 0");
}

#[test]
fn a_timeout_of_all_bits_is_for_ever_and_an_endless_sleep_parks() {
    let mut stage = Stage::new();
    stage.spawn(script("w", [Step::wait("x").timeout(u64::MAX)]));
    stage.spawn(script("s", [Step::Sleep(u64::MAX)]));
    let report = stage.run();
    let waits: Vec<_> = report.parked.iter().map(|info| info.waits_for.clone().expect("it is parked")).collect();
    assert_eq!(waits, ["signal \"x\"", "the end of time"]);
}

#[test]
fn the_default_timeout_holds_for_those_that_give_none() {
    let mut stage = Stage::with(|builder| builder.default_timeout(Some(Duration::from_secs(2))));
    stage.spawn(script("w", [Step::wait("x"), Step::Elapsed]));
    stage.run();
    assert_eq!(stage.heard()[1], "w elapsed 2000000000");
}

#[test]
fn a_hundred_thousand_timers_are_armed_at_once_and_each_fires_in_its_turn() {
    const COROUTINES: u64 = 1_000;
    let mut stage = Stage::with(|builder| builder.max_coroutines(1_200));
    for number in 0..COROUTINES {
        // The hundred timers of each coroutine begin with its earliest; the last coroutine's comes first of all.
        let earliest = SECOND + COROUTINES - number;
        let sleeps = (0..100).map(|later| Wait::Sleep(earliest + later * SECOND)).collect();
        stage.spawn(script(&number.to_string(), [Step::Select(sleeps), Step::Elapsed]));
    }
    let report = stage.run();
    assert_eq!((report.ended, report.failed), (COROUTINES, 0));
    let expected: Vec<_> = (0..COROUTINES)
        .rev()
        .flat_map(|number| [format!("{number} select 0"), format!("{number} elapsed {}", SECOND + COROUTINES - number)])
        .collect();
    assert!(stage.heard() == expected, "they end in the order of their deadlines, each at its own");
}
