//! One way to play scripts with sockets at every reactor.

use std::time::{Duration, Instant};

use cogen::{ReactorKind, SimulatedNetwork, Turn};
pub(crate) use script_steps::{Direction, Net, Pattern, net};

pub(crate) use crate::common::*;

/// For how long a scenario may go on by the wall's clock: most take milliseconds, also where time is simulated.
const BOUND: Duration = Duration::from_secs(60);

/// Every reactor of the operating system, and a network in memory that is as quick as the loopback.
pub(crate) fn reactors() -> Vec<ReactorKind> {
    let simulated = SimulatedNetwork::new(7).delays(Duration::ZERO..=Duration::ZERO);
    ReactorKind::ALL.iter().cloned().chain([ReactorKind::Simulated(simulated)]).collect()
}

/// A stage at this reactor, whose scripts may use the network.
pub(crate) fn stage_at(reactor: &ReactorKind, change: impl FnOnce(Builder) -> Builder) -> Stage {
    // Captured by the test, and shown if it fails.
    println!("--- at {}", reactor.name());
    let script = guest("script").allow_network();
    Stage::with(|builder| change(builder.program("script", script).reactor(reactor.clone())))
}

/// Does the same with a new stage at each reactor.
pub(crate) fn at_each_reactor(play: impl Fn(Stage)) {
    reactors().iter().for_each(|reactor| play(stage_at(reactor, |builder| builder)));
}

/// Plays these scripts at each reactor: exactly this is heard, everybody ends, nobody fails, and nothing is left.
pub(crate) fn assert_heard(scripts: &[Script], expected: &[&str]) {
    at_each_reactor(|mut stage| {
        assert_eq!(played(&mut stage, scripts), expected);
    });
}

/// Runs these scripts, spawned in order, to a clean end; answers what was heard.
pub(crate) fn played(stage: &mut Stage, scripts: &[Script]) -> Vec<String> {
    for script in scripts {
        stage.spawn(script.clone());
    }
    end_clean(stage)
}

/// Runs to the end: nobody is left parked, nobody has failed, nothing is held. Answers what was heard.
pub(crate) fn end_clean(stage: &mut Stage) -> Vec<String> {
    let report = run(stage);
    let heard = stage.heard();
    let parked: Vec<_> = report.parked.iter().map(|info| &info.waits_for).collect();
    assert!(parked.is_empty(), "{parked:?} are parked: {heard:#?}");
    assert_eq!((report.failed, stage.held()), (0, [0; 4]), "{heard:#?}");
    heard
}

/// Runs to the end, which must come before the bound.
pub(crate) fn run(stage: &mut Stage) -> RunReport {
    let end = Instant::now() + BOUND;
    while stage.engine.turn(Duration::from_millis(100)) != Turn::Finished {
        if Instant::now() > end {
            panic!("no end after {BOUND:?}: {:#?}\n{:#?}", stage.engine.snapshot(), stage.heard());
        }
    }
    stage.run()
}

/// Listens, connects and accepts: then `here` and `there` are the two ends of one connection.
pub(crate) fn both_ends() -> Vec<Step> {
    vec![net::listen("srv", "127.0.0.1:0"), net::connect("here", "@srv"), net::accept("srv", "there")]
}

/// What [`both_ends`] logs, by the script of that name.
pub(crate) const BOTH_ENDS: [&str; 3] = ["s listen srv ok", "s connect here ok", "s accept there ok"];

/// M1: four that wait for somebody to connect or to write, in vain, for so long.
pub(crate) fn waits_of_2_to_5_seconds() -> [Script; 4] {
    let listen = || vec![net::listen("srv", "127.0.0.1:0")];
    let wait = |name, ends: Vec<Step>, wait: Step, seconds| {
        script(name, ends).steps([wait.timeout(seconds * SECOND), Step::Elapsed])
    };
    [
        wait("a", listen(), net::accept("srv", "c"), 2),
        wait("b", both_ends(), net::read("there", 1), 3),
        wait("c", listen(), net::accept("srv", "c"), 4),
        wait("d", both_ends(), net::read_line("there", 1), 5),
    ]
}

/// M2: one that waits for a tenth of a second, and one that sleeps for a second.
pub(crate) fn a_short_wait_and_a_long_sleep() -> [Script; 2] {
    let accept = net::accept("srv", "c").timeout(100 * MILLISECOND);
    let accepts = [net::listen("srv", "127.0.0.1:0"), accept, Step::Elapsed];
    [script("a", accepts), script("s", [Step::Sleep(SECOND), Step::Elapsed])]
}
