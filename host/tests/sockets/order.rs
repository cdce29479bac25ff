//! Who runs next, when several sockets become ready at one time.

use std::time::Duration;

use cogen::{ReactorKind, SimulatedNetwork};

use crate::stage::*;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Four that wait to read, at this priority, and one that writes to all of them in order: who reads when.
fn order(mut stage: Stage, priority: Priority) -> Vec<String> {
    let waits = |name: &&str| script(*name, [net::received(&["c"]), net::read("c", 10).priority(priority)]);
    let to = |name: &str| format!("to {name}");
    let ends = |name: &&str| [net::connect(&to(name), "@srv"), net::accept("srv", "there")];
    let give = |name: &&str| net::spawn_with(waits(name), &["there"]);
    let connect = NAMES.iter().flat_map(|name| ends(name).into_iter().chain([give(name)]));
    let write = NAMES.iter().map(|name| net::write_all(&to(name), "now"));
    let listen = [net::listen("srv", "127.0.0.1:0")];
    // They all wait by then.
    let pause = [Step::Sleep(SECOND)];
    let steps = listen.into_iter().chain(connect).chain(pause).chain(write);
    let heard = played(&mut stage, &[script("s", steps)]);
    let readers = heard.iter().filter_map(|line| line.strip_suffix(r#" read c got "now""#));
    readers.map(str::to_owned).collect()
}

/// A stage at each reactor at which several become ready at one time: with io_uring a write is an operation of the system's, and its
/// end an event of its own, with which the reader's comes. In the simulated network everything takes a while, so that what was
/// written at one time arrives at one time.
fn stages(change: impl Fn(Builder) -> Builder) -> Vec<Stage> {
    let slow = SimulatedNetwork::new(7).delays(Duration::from_millis(1)..=Duration::from_millis(1));
    let gathers = |reactor: &&ReactorKind| reactor.name() != "io-uring";
    reactors_and(slow).iter().filter(gathers).map(|reactor| stage_at(reactor, &change)).collect()
}

#[test]
fn the_one_of_the_last_event_runs_next_and_the_others_in_order() {
    for priority in [Priority::Default, Priority::Last, Priority::Operation] {
        for stage in stages(|builder| builder) {
            assert_eq!(order(stage, priority), ["d", "a", "b", "c"], "{priority:?}");
        }
    }
}

#[test]
fn with_coroutine_and_first_each_goes_to_the_front_so_that_the_last_runs_first() {
    for priority in [Priority::Coroutine, Priority::First] {
        for stage in stages(|builder| builder) {
            assert_eq!(order(stage, priority), ["d", "c", "b", "a"], "{priority:?}");
        }
    }
}

#[test]
fn the_default_priority_of_the_engine_holds_for_sockets() {
    let by_default = [
        (cogen::Priority::Last, ["d", "a", "b", "c"]),
        (cogen::Priority::Operation, ["d", "a", "b", "c"]),
        (cogen::Priority::Coroutine, ["d", "c", "b", "a"]),
        (cogen::Priority::First, ["d", "c", "b", "a"]),
    ];
    for (priority, expected) in by_default {
        for stage in stages(|builder| builder.default_priority(priority)) {
            assert_eq!(order(stage, Priority::Default), expected, "{priority:?}");
        }
    }
}

#[test]
fn timeouts_of_one_moment_end_in_the_order_in_which_they_began() {
    let waits = |name: &str| script(name, [net::listen("srv", "127.0.0.1:0"), net::accept("srv", "c").timeout(SECOND)]);
    let end = |name: &str| format!("{name} error: timed out");
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &NAMES.map(waits));
        assert_eq!(heard[NAMES.len()..], NAMES.map(end));
    });
}
