//! How late a timer fires beside guests that never rest. The wall's time is the fact here: the test has a process of its
//! own, so that no other test takes the processor away.

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "engine/common.rs"]
mod common;

use std::time::{Duration, Instant};

use common::*;

/// What is promised of one worker, whoever runs beside the sleeper.
const BOUND: Duration = Duration::from_millis(20);

const SLEEP: Duration = Duration::from_millis(10);

/// Another process may take the processor away for longer than that: it is enough if one of these tries is undisturbed.
const TRIES: usize = 10;

/// Twenty sleeps are a fifth of a second.
const FOR_EVER: Duration = Duration::from_secs(20);

/// By how much the latest of twenty sleeps was late, beside these.
fn worst(restless: &[Script]) -> Duration {
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()).max_coroutines(128));
    let restless: Vec<_> = restless.iter().map(|script| stage.spawn(script.clone())).collect();
    let sleep = Step::Sleep(SLEEP.as_nanos() as u64);
    let sleeper =
        stage.spawn(script("sleeper", [Step::Now]).step(Step::Repeat { n: 20, steps: vec![sleep, Step::Now] }));
    let began = Instant::now();
    while sleeper.state() != State::Ended {
        stage.engine.turn(Duration::from_millis(1));
        assert!(began.elapsed() < FOR_EVER, "it never has its turn");
    }
    for coroutine in &restless {
        assert_ne!(coroutine.state(), State::Ended);
        coroutine.kill();
    }
    for coroutine in &restless {
        stage.turn_until(coroutine, State::Ended);
        assert_eq!(coroutine.outcome(), Some(Outcome::Killed));
    }
    let heard = stage.heard();
    let moments = heard.iter().filter_map(|line| line.strip_prefix("sleeper now "));
    let moments: Vec<_> = moments.map(|now| Duration::from_nanos(now.parse().expect("a number"))).collect();
    assert_eq!(moments.len(), 21);
    moments.windows(2).map(|pair| (pair[1] - pair[0]).saturating_sub(SLEEP)).max().expect("there are some")
}

#[test]
fn no_sleep_is_20_ms_late_beside_guests_that_never_rest_and_they_can_be_killed() {
    let ping = |name: &str, hits: &str, waits: &str| {
        script(name, [for_ever([Step::signal(hits, "").priority(Priority::First), Step::wait(waits)])])
    };
    let beside = [
        ("one that spins", vec![script("spin", [Step::Spin])]),
        ("a hundred that spin", vec![script("spin", [Step::Spin]); 100]),
        ("two that wake each other", vec![ping("ping", "to-pong", "to-ping"), ping("pong", "to-ping", "to-pong")]),
    ];
    for (what, restless) in beside {
        let disturbed: Vec<_> = (0..TRIES).map(|_| worst(&restless)).take_while(|&late| late >= BOUND).collect();
        assert!(disturbed.len() < TRIES, "{what}: the latest sleeps were {disturbed:?} late");
    }
}
