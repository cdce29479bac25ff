//! A simulated network on the engine's clock.

use std::time::Duration;

use cogen::{ReactorKind, SimulatedNetwork};
use script_steps::net;

use crate::common::*;

/// One on whose network everything takes ten milliseconds.
fn stage() -> Stage {
    let network = SimulatedNetwork::new(0).delays(Duration::from_millis(10)..=Duration::from_millis(10));
    Stage::with(|builder| builder.reactor(ReactorKind::Simulated(network)).program("script", guest("script")))
}

#[test]
fn the_clock_jumps_to_what_the_network_does_next() {
    let mut stage = stage();
    let server = [net::listen("l", "127.0.0.1:80"), net::accept("l", "c"), Step::Now, net::write_all("c", "hello\n")];
    stage.spawn(script("s", server));
    stage.spawn(script("c", [net::connect("c", "127.0.0.1:80"), Step::Now, net::read_line("c", 10), Step::Now]));
    stage.run();
    let times: Vec<_> = stage.heard().into_iter().filter(|line| line.contains(" now ")).collect();
    assert_eq!(times, ["s now 10000000", "c now 20000000", "c now 20000000"]);
}

#[test]
fn what_comes_too_late_is_there_for_the_next_who_reads() {
    let mut stage = stage();
    stage.spawn(script("s", [net::listen("l", "127.0.0.1:80"), net::accept("l", "c"), net::echo("c", 100)]));
    let reads = || net::read("c", 100);
    let ask = [net::connect("c", "127.0.0.1:80"), net::write_all("c", "hello"), reads().timeout(15 * MILLISECOND)];
    stage.spawn(script("c", ask).step(reads()));
    stage.run();
    let heard = stage.heard();
    assert!(heard.contains(&"c error: timed out".to_owned()), "{heard:#?}");
    assert!(heard.contains(&"c read c got \"hello\"".to_owned()), "{heard:#?}");
}

#[test]
fn a_run_ends_when_nobody_is_left_who_could_connect() {
    let mut stage = stage();
    stage.spawn(script("s", [net::listen("l", "127.0.0.1:80"), net::accept("l", "c"), net::accept("l", "c")]));
    stage.spawn(script("c", [net::connect("c", "127.0.0.1:80")]));
    let report = stage.run();
    assert_eq!(report.parked.len(), 1, "{:?}", report.parked);
    stage.spawn(script("c", [net::connect("c", "127.0.0.1:80")]));
    assert!(stage.run().parked.is_empty());
    assert_eq!(stage.held(), [0; 4]);
}

#[test]
fn several_workers_share_one_network() {
    let network = SimulatedNetwork::new(0);
    let builder = |builder: Builder| builder.workers(4).reactor(ReactorKind::Simulated(network));
    let mut stage = Stage::with(|new| builder(new).program("script", guest("script")));
    let handler = script("h", [net::received(&["c"]), net::echo("c", 100)]);
    let serve = [net::listen("l", "127.0.0.1:80"), net::serve("l", handler, "loop"), Step::Sleep(SECOND)];
    stage.spawn(script("s", serve).step(Step::Kill("loop".into())));
    for _ in 0..20 {
        let ask = [Step::Sleep(MILLISECOND), net::connect("c", "127.0.0.1:80"), net::write_all("c", "hello\n")];
        stage.spawn(script("c", ask).step(net::read_line("c", 10)));
    }
    assert!(stage.run().parked.is_empty());
    let got = "c read-line c got \"hello\\n\"";
    assert_eq!(stage.heard().iter().filter(|line| *line == got).count(), 20);
    assert_eq!(stage.held(), [0; 4]);
}
