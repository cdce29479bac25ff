//! M1 and M2 on the wall's clock: how late the timeouts of sockets are. The test has a process of its own, so that no other test
//! takes the processor away.

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "engine/common.rs"]
mod common;
#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "sockets/stage.rs"]
mod stage;

use std::time::Duration;

use cogen::ReactorKind;

use stage::*;

/// Another process may take the processor away for longer than what is allowed: it is enough if one of these tries is
/// undisturbed.
const TRIES: usize = 5;

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
    at_each_reactor_once(&a_short_wait_and_a_long_sleep(), |ends| {
        ends.len() == 2 && ends[0].0 == "a" && ends[0].1 < Duration::from_millis(200)
    });
}
