//! How late a timer fires beside a guest that never asks for anything. The wall's time is the fact here: the test has a
//! process of its own, so that no other test takes the processor away.

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "engine/common.rs"]
mod common;

use std::time::{Duration, Instant};

use common::*;

/// What is promised of one worker with one guest that spins.
const BOUND: Duration = Duration::from_millis(20);

#[test]
fn a_spinning_guest_delays_a_sleep_by_less_than_20_ms_and_can_be_killed() {
    const SLEEPS: u32 = 20;
    let mut stage = Stage::with(|builder| builder.clock(Clock::system()));
    let spinner = stage.spawn(script("spin", [Step::Spin]));
    let sleeper = stage.spawn(script("s", (0..SLEEPS).map(|_| Step::Sleep(10 * MILLISECOND))));
    let began = Instant::now();
    stage.turn_until(&sleeper, State::Ended);
    let late = began.elapsed().saturating_sub(Duration::from_millis(10) * SLEEPS);
    assert!(late < BOUND * SLEEPS, "{SLEEPS} sleeps of 10 ms were {late:?} late in all");
    assert_ne!(spinner.state(), State::Ended);
    spinner.kill();
    stage.turn_until(&spinner, State::Ended);
    assert_eq!(spinner.outcome(), Some(Outcome::Killed));
}
