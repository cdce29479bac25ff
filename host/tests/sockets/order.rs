//! Who runs next, when several sockets become ready at one time.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use cogen::{ReactorKind, SimulatedNetwork};

use crate::stage::*;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Reads at this priority from the connection that it is given.
fn reads(name: &str, priority: Priority) -> Script {
    script(name, [net::received(&["c"]), net::read("c", 10).priority(priority)])
}

/// Gives the connection `there` to one who reads, and lets it come to where it waits.
fn give(name: &str, priority: Priority) -> Step {
    net::spawn_with(reads(name, priority), &["there"]).priority(Priority::Last)
}

/// In which order four have read.
fn readers(heard: &[String]) -> Vec<String> {
    heard.iter().filter_map(|line| line.strip_suffix(r#" read c got "now""#)).map(str::to_owned).collect()
}

/// Four that wait to read, at this priority, and somebody from outside who writes to all of them in order: who reads when.
fn order_from_outside(mut stage: Stage, priority: Priority) -> Vec<String> {
    let accept = NAMES.iter().flat_map(|name| [net::accept("srv", "there"), give(name, priority)]);
    let listen = [net::listen("srv", "127.0.0.1:0"), net::local_address("srv")];
    stage.spawn(script("s", listen).steps(accept));
    let address = address(&mut stage);
    let connect = |_| TcpStream::connect(&address).expect("it listens");
    let mut clients = NAMES.map(connect);
    turn_until(&mut stage, |stage, _| {
        let table = stage.engine.snapshot();
        let wait =
            |waits_for: &Option<String>| waits_for.as_ref().is_some_and(|what| what.starts_with("something to read"));
        table.len() == NAMES.len() && table.iter().all(|info| wait(&info.waits_for))
    });
    // What the system tells of new sockets, that they can be written, it has told before anything else happens.
    stage.engine.turn(Duration::from_millis(1));
    for client in &mut clients {
        client.write_all(b"now").expect("it takes some bytes");
    }
    readers(&end_clean(&mut stage))
}

/// The same within a simulated network, in which everything takes a while: what was written at one time arrives at one time.
fn order_within(mut stage: Stage, priority: Priority) -> Vec<String> {
    let to = |name: &str| format!("to {name}");
    let connect = NAMES.iter().flat_map(|name| {
        let ends = [net::connect(&to(name), "@srv"), net::accept("srv", "there")];
        ends.into_iter().chain([give(name, priority)])
    });
    let write = NAMES.iter().map(|name| net::write_all(&to(name), "now"));
    let steps = [net::listen("srv", "127.0.0.1:0")].into_iter().chain(connect);
    // They all wait by then.
    let steps = steps.chain([Step::Sleep(SECOND)]).chain(write);
    readers(&played(&mut stage, &[script("s", steps)]))
}

/// At each reactor they read in this order.
fn assert_order(change: impl Fn(Builder) -> Builder, priority: Priority, expected: [&str; 4]) {
    let slow = SimulatedNetwork::new(7).delays(Duration::from_millis(1)..=Duration::from_millis(1));
    for reactor in reactors_and(slow) {
        let stage = stage_at(&reactor, &change);
        let order = match reactor {
            ReactorKind::Simulated(_) => order_within(stage, priority),
            _ => order_from_outside(stage, priority),
        };
        assert_eq!(order, expected, "{priority:?}");
    }
}

#[test]
fn the_one_of_the_last_event_runs_next_and_the_others_in_order() {
    for priority in [Priority::Default, Priority::Last, Priority::Operation] {
        assert_order(|builder| builder, priority, ["d", "a", "b", "c"]);
    }
}

#[test]
fn with_coroutine_and_first_each_goes_to_the_front_so_that_the_last_runs_first() {
    for priority in [Priority::Coroutine, Priority::First] {
        assert_order(|builder| builder, priority, ["d", "c", "b", "a"]);
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
        assert_order(|builder| builder.default_priority(priority), Priority::Default, expected);
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
