//! One way to play scripts with sockets at every reactor.

use std::time::{Duration, Instant};

use cogen::{ReactorKind, SimulatedNetwork, Turn};
pub(crate) use script_steps::{Direction, Net, Pattern, Timeout, net};

pub(crate) use crate::common::*;

/// For how long a scenario may go on by the wall's clock: most take milliseconds, also where time is simulated.
const BOUND: Duration = Duration::from_secs(60);

/// Every reactor of the operating system, and a network in memory that is as quick as the loopback.
pub(crate) fn reactors() -> Vec<ReactorKind> {
    reactors_and(quick())
}

/// Every reactor of the operating system, and this network in memory.
pub(crate) fn reactors_and(simulated: SimulatedNetwork) -> Vec<ReactorKind> {
    ReactorKind::ALL.iter().cloned().chain([ReactorKind::Simulated(simulated)]).collect()
}

/// A network in memory in which nothing takes any time.
pub(crate) fn quick() -> SimulatedNetwork {
    SimulatedNetwork::new(7).delays(Duration::ZERO..=Duration::ZERO)
}

/// A stage at this reactor, whose scripts may use the network.
pub(crate) fn stage_at(reactor: &ReactorKind, change: impl FnOnce(Builder) -> Builder) -> Stage {
    // Captured by the test, and shown if it fails.
    println!("--- at {}", reactor.name());
    let script = guest("script");
    Stage::with(|builder| change(builder.program("script", script).reactor(reactor.clone())))
}

/// Does the same with a new stage at each reactor.
pub(crate) fn at_each_reactor(play: impl Fn(Stage)) {
    reactors().iter().for_each(|reactor| play(stage_at(reactor, |builder| builder)));
}

/// Plays these scripts at each reactor: exactly this is heard, everybody ends, nobody fails, and nothing is left.
pub(crate) fn assert_heard(scripts: &[Script], expected: &[&str]) {
    at_each_reactor(|mut stage| assert_eq!(played(&mut stage, scripts), expected));
}

/// As [`assert_heard`], where only the order of what each of them says is the fact.
pub(crate) fn assert_each_heard(scripts: &[Script], expected: &[&str]) {
    let expected = by_speaker(expected.iter().map(|&line| line.to_owned()));
    at_each_reactor(|mut stage| assert_eq!(by_speaker(played(&mut stage, scripts)), expected));
}

/// One script that has both ends of a connection as `here` and `there`, and says this when it does these steps.
pub(crate) fn assert_said(steps: impl IntoIterator<Item = Step>, expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|line| format!("s {line}")).collect();
    let expected: Vec<_> = BOTH_ENDS.into_iter().chain(expected.iter().map(String::as_str)).collect();
    assert_heard(&[script("s", both_ends()).steps(steps)], &expected);
}

/// Lines ordered by who says them, and not otherwise.
pub(crate) fn by_speaker(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_by_key(|line| line.split(' ').next().map(str::to_owned));
    lines
}

/// What this one has said, without its name.
pub(crate) fn said_by<'a>(name: &str, heard: &'a [String]) -> Vec<&'a str> {
    heard.iter().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).collect()
}

/// Runs these scripts, spawned in order, to a clean end; answers what was heard.
pub(crate) fn played(stage: &mut Stage, scripts: &[Script]) -> Vec<String> {
    for script in scripts {
        stage.spawn(script.clone());
    }
    end_clean(stage)
}

/// Runs to the end: nobody is left parked, nobody has failed, nothing is held. Answers what was heard, [`plain`].
pub(crate) fn end_clean(stage: &mut Stage) -> Vec<String> {
    let report = run(stage);
    let heard: Vec<_> = stage.heard().iter().map(|line| plain(line)).collect();
    let parked: Vec<_> = report.parked.iter().map(|info| &info.waits_for).collect();
    assert!(parked.is_empty(), "{parked:?} are parked: {heard:#?}");
    assert_eq!((report.failed, stage.held()), (0, [0; 4]), "{heard:#?}");
    heard
}

/// Runs to the end, which must come before the bound.
pub(crate) fn run(stage: &mut Stage) -> RunReport {
    turn_until(stage, |_, turn| turn == Turn::Finished);
    stage.run()
}

/// Turns until this is so, which must be before the bound.
pub(crate) fn turn_until(stage: &mut Stage, mut is_so: impl FnMut(&Stage, Turn) -> bool) {
    let end = Instant::now() + BOUND;
    loop {
        let turn = stage.engine.turn(Duration::from_millis(10));
        if is_so(stage, turn) {
            return;
        }
        if Instant::now() > end {
            let waits: Vec<_> = stage.engine.snapshot().into_iter().map(|info| (info.id, info.waits_for)).collect();
            panic!("no end after {BOUND:?}: {waits:?}\n{:#?}", stage.heard());
        }
    }
}

/// The address that a script has logged of its listener `srv`.
pub(crate) fn address(stage: &mut Stage) -> String {
    let mut address = None;
    turn_until(stage, |stage, _| {
        address = stage.heard().iter().find_map(|line| Some(line.split_once(" local-address srv ")?.1.to_owned()));
        address.is_some()
    });
    address.expect("it was found")
}

/// A name that nobody has. (One of its labels is too long: no resolver asks anybody else for it, who may be slow.)
pub(crate) const UNKNOWN: &str =
    concat!("no-such-host-", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", ".invalid");

/// How systems say no, and how the simulated network does.
const PROBLEMS: [(&str, &str); 8] = [
    ("Connection refused", "connection refused"),
    ("Connection reset by peer", "connection reset"),
    ("Broken pipe", "broken pipe"),
    ("Address already in use", "address in use"),
    ("Transport endpoint is not connected", "not connected"),
    ("Destination address required", "not connected"),
    ("No such file or directory", "entity not found"),
    ("Network is unreachable", "host unreachable"),
];

/// A line without what differs from run to run and from system to system: ports, and the words of errors.
pub(crate) fn plain(line: &str) -> String {
    let without_ports = ["127.0.0.1:", "[::1]:"].iter().fold(line.to_owned(), |line, host| {
        let mut parts = line.split(host);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |done, part| {
            format!("{done}{host}PORT{}", part.trim_start_matches(|c: char| c.is_ascii_digit()))
        })
    });
    let line = PROBLEMS.iter().fold(without_ports, |line, (system, simulated)| line.replace(system, simulated));
    line.split_once(" (os error ").map_or(line.as_str(), |(line, _)| line).to_owned()
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
