//! How late the timeouts of sockets are, and sleeps beside sockets, on the wall's clock: M1 and M2, and what is promised of a worker.
//! These tests have a process of their own, so that no other test takes the processor away.

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "engine/common.rs"]
mod common;
#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "sockets/stage.rs"]
mod stage;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cogen::ReactorKind;

use stage::*;

/// Another process may take the processor away for longer than what is allowed: it is enough if one of these tries is
/// undisturbed.
const TRIES: usize = 10;

/// One test at a time: they would disturb one another.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// After how long these scripts have ended, by their names, on the wall's clock.
fn ends(reactor: &ReactorKind, scripts: &[Script]) -> Vec<(String, Duration)> {
    let mut stage = stage_at(reactor, |builder| builder.clock(Clock::system()));
    scripts.iter().for_each(|script| drop(stage.spawn(script.clone())));
    run(&mut stage);
    let heard = stage.heard();
    let elapsed = heard.iter().filter_map(|line| line.split_once(" elapsed "));
    elapsed.map(|(name, after)| (name.to_owned(), Duration::from_nanos(after.parse().expect("a number")))).collect()
}

/// At each reactor, at the same time, some try fulfils this.
fn at_each_reactor_once(scripts: &[Script], is_in_time: impl Fn(&[(String, Duration)]) -> bool + Sync) {
    let try_it = |reactor: &ReactorKind| {
        let tries: Vec<_> = (0..TRIES).map(|_| ends(reactor, scripts)).take_while(|ends| !is_in_time(ends)).collect();
        assert!(tries.len() < TRIES, "{}: {tries:?}", reactor.name());
    };
    let reactors = reactors();
    std::thread::scope(|scope| reactors.iter().for_each(|reactor| drop(scope.spawn(|| try_it(reactor)))));
}

#[test]
fn m1_waits_of_2_to_5_seconds_end_within_50_ms_of_their_times_also_after_a_guest_has_spun() {
    let _alone = alone();
    let spins = [Step::spawn(script("spin", [Step::Spin])), Step::Sleep(SECOND), Step::Kill("spin".into())];
    let scripts = [&waits_of_2_to_5_seconds()[..], &[script("k", spins)]].concat();
    at_each_reactor_once(&scripts, |ends| {
        let names = ["a", "b", "c", "d"];
        let is_in_time = |((name, end), expected): (&(String, Duration), u64)| {
            let expected = Duration::from_secs(expected);
            name == names[expected.as_secs() as usize - 2]
                && (expected..expected + Duration::from_millis(50)).contains(end)
        };
        ends.len() == 4 && ends.iter().zip(2..).all(is_in_time)
    });
}

#[test]
fn m2_a_wait_of_a_tenth_of_a_second_ends_in_less_than_two_beside_a_long_sleep() {
    let _alone = alone();
    at_each_reactor_once(&a_short_wait_and_a_long_sleep(), |ends| {
        ends.len() == 2 && ends[0].0 == "a" && ends[0].1 < Duration::from_millis(200)
    });
}

/// What is promised of one worker, whatever its sockets bring.
const BOUND: Duration = Duration::from_millis(20);

const SLEEP: Duration = Duration::from_millis(10);

/// By how much the latest of twenty sleeps was late, beside these.
fn worst(reactor: &ReactorKind, busy: &Script) -> Duration {
    let mut stage = stage_at(reactor, |builder| builder.clock(Clock::system()));
    let busy = stage.spawn(busy.clone());
    let sleep = Step::Sleep(SLEEP.as_nanos() as u64);
    let sleeps = Step::Repeat { n: 20, steps: vec![sleep, Step::Now] };
    let sleeper = stage.spawn(script("sleeper", [Step::Now, sleeps]));
    turn_until(&mut stage, |_, _| sleeper.state() == State::Ended);
    assert_ne!(busy.state(), State::Ended);
    let heard = stage.heard();
    let moments = heard.iter().filter_map(|line| line.strip_prefix("sleeper now "));
    let moments: Vec<_> = moments.map(|now| Duration::from_nanos(now.parse().expect("a number"))).collect();
    moments.windows(2).map(|pair| (pair[1] - pair[0]).saturating_sub(SLEEP)).max().expect("there are some")
}

#[test]
fn no_sleep_is_20_ms_late_beside_sockets_that_are_always_ready() {
    let _alone = alone();
    let echoes = |name: &str| script(name, [net::received(&["c"]), net::echo("c", 1 << 16)]);
    let bounce = |bytes| {
        let begin = net::write_all("here", Pattern::new(bytes));
        script("s", both_ends()).steps([begin, net::spawn_with(echoes("e"), &["there"]), net::echo("here", 1 << 16)])
    };
    let reads_what_it_has_written = [net::write_all("here", "x"), net::read("there", 1)];
    let busy = [
        ("two that send a byte to and fro", bounce(1)),
        ("two that send much to and fro", bounce(1 << 20)),
        ("one whose socket is always ready", script("s", both_ends()).step(for_ever(reads_what_it_has_written))),
    ];
    for (what, busy) in &busy {
        for reactor in reactors() {
            let tries = (0..TRIES).map(|_| worst(&reactor, busy));
            let disturbed: Vec<_> = tries.take_while(|&late| late >= BOUND).collect();
            assert!(disturbed.len() < TRIES, "{what}, {}: the latest sleeps were {disturbed:?} late", reactor.name());
        }
    }
}
