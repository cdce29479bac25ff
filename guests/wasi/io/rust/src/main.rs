//! Waits by the functions of `wasi:io`, and says what it observes.

use wasip2::clocks::monotonic_clock::{now, subscribe_duration, subscribe_instant};
use wasip2::io::poll::{Pollable, poll};

const MILLISECOND: u64 = 1_000_000;

/// Longer than any test lasts.
const HOUR: u64 = 3600 * 1000 * MILLISECOND;

fn main() {
    let case = std::env::args().nth(1).unwrap_or_default();
    match case.as_str() {
        "ready" => ready(),
        "block" => block(),
        "poll" => poll_list(),
        "one-twice" => one_twice(),
        "none" => drop(poll(&[])),
        "sleep-long" => std::thread::sleep(std::time::Duration::from_nanos(HOUR)),
        "block-long" => subscribe_duration(HOUR).block(),
        "poll-long" => drop(poll(&[&subscribe_duration(HOUR), &subscribe_duration(2 * HOUR)])),
        "busy" => busy(),
        "spin" => spin(),
        "spin-ready" => spin_ready(),
        other => panic!("there is no case {other:?}"),
    }
}

fn ready() {
    let (soon, late) = (subscribe_duration(MILLISECOND), subscribe_duration(HOUR));
    soon.block();
    println!("{} {}", soon.ready(), late.ready());
    let (past, future) = (subscribe_instant(now()), subscribe_instant(now() + HOUR));
    past.block();
    println!("{} {}", past.ready(), future.ready());
}

fn block() {
    let began = now();
    subscribe_duration(2 * MILLISECOND).block();
    subscribe_instant(began).block();
    println!("{}", now() - began >= 2 * MILLISECOND);
}

fn poll_list() {
    let (soon, late, past) = (subscribe_duration(MILLISECOND), subscribe_duration(HOUR), subscribe_instant(0));
    past.block();
    println!("{:?}", poll(&[&late, &soon]));
    println!("{:?}", poll(&[&soon, &late, &past]));
    println!("{:?}", poll(&[&late, &past, &late]));
}

fn one_twice() {
    let soon = subscribe_duration(MILLISECOND);
    println!("{:?}", poll(&[&soon, &soon]));
}

/// Computes, and never waits.
fn busy() {
    while now() > 0 {}
}

/// Asks again and again without waiting, as a program does that has something else to do.
fn spin() {
    let never = subscribe_duration(HOUR);
    loop {
        let at_once = subscribe_duration(0);
        assert_eq!(poll(&[&never, &at_once]), [1]);
    }
}

fn spin_ready() {
    let never: Pollable = subscribe_duration(HOUR);
    while !never.ready() {}
}
