//! Timeouts: of an operation, of a connection, of a program; deadlines and idle timeouts; and what is left of either.

use std::time::Duration;

use script_steps::pattern::checksum;

use crate::stage::*;

/// The connection `c` of one who listens, and of this peer, whose own end is `c` too.
fn beside(peer: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let peer = script("p", [net::connect("c", "@srv")]).steps(peer);
    vec![net::listen("srv", "127.0.0.1:0"), Step::spawn(peer), net::accept("srv", "c")]
}

/// Writes a byte a second, for so many seconds. What is written so close together would be gathered by the system, which knows
/// nothing of simulated time.
fn a_byte_a_second(seconds: u64) -> [Step; 2] {
    let at_once = Net::SetNodelay { name: "c".into(), on: true };
    [at_once.into(), Step::Repeat { n: seconds, steps: vec![Step::Sleep(SECOND), net::write_all("c", "x")] }]
}

/// Plays these scripts; answers what the one called `s` has said since it accepted.
fn said(stage: &mut Stage, steps: impl IntoIterator<Item = Step>) -> Vec<String> {
    let heard = played(stage, &[script("s", steps)]);
    let said: Vec<_> = said_by("s", &heard).into_iter().map(str::to_owned).collect();
    let accepted = said.iter().position(|line| line == "accept c ok").expect("it accepts");
    said[accepted + 1..].to_vec()
}

/// At each reactor, this is what `s` says since it accepted.
fn assert_said_since(steps: &[Step], expected: &[&str]) {
    at_each_reactor(|mut stage| assert_eq!(said(&mut stage, steps.to_vec()), expected));
}

#[test]
fn an_operation_ends_when_its_time_is_up() {
    let waits = [
        net::accept("srv", "d").timeout(SECOND),
        net::read("c", 1).timeout(SECOND),
        net::read_exact("c", 1).by(SECOND),
        net::read_line("c", 1).timeout(SECOND),
        net::fill("c"),
        net::write("c", "x").timeout(SECOND),
        net::write_all("c", "x").by(SECOND),
        Step::Elapsed,
        Step::signal("end", ""),
    ];
    let expected = [
        "error: timed out",
        "error: timed out",
        "error: timed out",
        "error: timed out",
        "fill c ok",
        "error: timed out",
        "error: timed out",
        "elapsed 6000000000",
        "signal end woke 1",
    ];
    assert_said_since(&[beside([Step::wait("end")]), waits.into()].concat(), &expected);
}

#[test]
fn a_timeout_of_zero_tries_once_and_finds_what_is_there() {
    assert_said(
        [
            net::accept("srv", "d").timeout(0),
            net::read("there", 10).timeout(0),
            net::write_all("here", "data").timeout(0),
            net::read("there", 10).timeout(0),
            net::write_all("here", "half").timeout(0),
            net::read_line("there", 10).timeout(0),
            net::read_exact("there", 5).timeout(0),
            net::write_all("here", "\nrest").timeout(0),
            net::read_line("there", 10).timeout(0),
            net::read_exact("there", 4).timeout(0),
            net::connect("here", "@srv").timeout(0),
            net::accept("srv", "there").timeout(0),
            net::close("here"),
            net::read("there", 10).timeout(0),
            Step::Elapsed,
        ],
        &[
            "error: timed out",
            "error: timed out",
            "write-all here ok",
            r#"read there got "data""#,
            "write-all here ok",
            "error: timed out",
            "error: timed out",
            "write-all here ok",
            r#"read-line there got "half\n""#,
            r#"read-exact there got "rest""#,
            "connect here ok",
            "accept there ok",
            "close here",
            r#"read there got """#,
            "elapsed 0",
        ],
    );
}

#[test]
fn a_read_that_times_out_keeps_what_has_come() {
    let peer = [net::write_all("c", "some of"), Step::Sleep(2 * SECOND), net::write_all("c", " it\nmore")];
    let steps = [
        net::read_exact("c", 10).timeout(SECOND),
        net::read_line("c", 100).timeout(SECOND / 2),
        net::read("c", 4),
        net::read_line("c", 100),
        net::read_exact("c", 100).timeout(SECOND),
    ];
    let expected = [
        "error: timed out",
        "error: timed out",
        r#"read c got "some""#,
        r#"read-line c got " of it\n""#,
        // The peer has ended.
        r#"read-exact c got "more""#,
    ];
    assert_said_since(&[beside(peer), steps.into()].concat(), &expected);
}

#[test]
fn the_nearest_timeout_holds() {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let program = || guest("script");
    let set = |timeout| net::set_timeout("c", timeout);
    let waits = || net::read("c", 1);
    let peer = || beside([Step::Sleep(10 * SECOND)]);
    type Change = Box<dyn Fn(Builder) -> Builder>;
    let cases: [(Change, Vec<Step>, u64); 9] = [
        (Box::new(move |b| b.default_timeout(seconds(4))), vec![waits()], 4),
        (
            Box::new(move |b| {
                b.default_timeout(seconds(4)).program("script", program().default_timeout(Duration::from_secs(3)))
            }),
            vec![waits()],
            3,
        ),
        (Box::new(move |b| b.default_timeout(seconds(4))), vec![set(Timeout::Within(2 * SECOND)), waits()], 2),
        (Box::new(|b| b), vec![set(Timeout::By(2 * SECOND)), waits()], 2),
        (Box::new(|b| b), vec![set(Timeout::Within(2 * SECOND)), waits().timeout(SECOND)], 1),
        (Box::new(|b| b), vec![set(Timeout::Within(2 * SECOND)), waits().timeout(3 * SECOND)], 3),
        // Until the peer goes.
        (Box::new(|b| b), vec![set(Timeout::Within(2 * SECOND)), waits().never()], 10),
        (Box::new(move |b| b.default_timeout(seconds(4))), vec![set(Timeout::Never), waits()], 10),
        (
            Box::new(move |b| b.default_timeout(seconds(4))),
            vec![set(Timeout::Within(2 * SECOND)), set(Timeout::Default), waits()],
            4,
        ),
    ];
    for (number, (change, steps, end)) in cases.iter().enumerate() {
        for reactor in reactors() {
            let steps = [peer(), steps.clone(), vec![Step::Elapsed]].concat();
            let said = said(&mut stage_at(&reactor, change), steps);
            assert_eq!(said.last(), Some(&format!("elapsed {}", end * SECOND)), "case {number}: {said:?}");
        }
    }
}

#[test]
fn a_copy_has_the_timeouts_of_what_it_was_made_of_and_one_who_is_accepted_has_none() {
    let set = |name: &str| net::set_timeout(name, Timeout::Within(SECOND));
    let steps = [
        set("srv"),
        net::share("srv", "srv2"),
        net::accept("srv", "d"),
        net::accept("srv2", "d"),
        Step::Elapsed,
        net::read("c", 1).timeout(SECOND),
        set("c"),
        net::set_idle_timeout("c", SECOND / 2),
        net::share("c", "c2"),
        net::set_timeout("c", Timeout::Never),
        net::read("c2", 1),
        Net::SetIdleTimeout { name: "c2".into(), nanoseconds: None }.into(),
        net::read("c2", 1),
        Step::Elapsed,
        net::connect("e", "@srv"),
        net::accept("srv", "f"),
        net::read("f", 1).timeout(5 * SECOND),
        Step::Elapsed,
    ];
    let expected = [
        "set-timeout srv",
        "share srv2 ok",
        "error: timed out",
        "error: timed out",
        "elapsed 2000000000",
        "error: timed out",
        "set-timeout c",
        "set-idle-timeout c",
        "share c2 ok",
        "set-timeout c",
        "error: timed out",
        "set-idle-timeout c2",
        "error: timed out",
        "elapsed 4500000000",
        "connect e ok",
        "accept f ok",
        "error: timed out",
        "elapsed 9500000000",
    ];
    assert_said_since(&[beside([Step::Sleep(100 * SECOND)]), steps.into()].concat(), &expected);
}

#[test]
fn a_peer_that_sends_a_byte_a_second_is_never_idle_and_meets_the_deadline() {
    let idle = net::set_idle_timeout("c", SECOND + SECOND / 2);
    let steps = |last: Vec<Step>| [beside(a_byte_a_second(5)), vec![idle.clone()], last].concat();
    assert_said_since(
        &steps(vec![net::read_exact("c", 5), Step::Elapsed]),
        &["set-idle-timeout c", r#"read-exact c got "xxxxx""#, "elapsed 5000000000"],
    );
    assert_said_since(
        &steps(vec![net::read_line("c", 100).timeout(3 * SECOND + SECOND / 2), Step::Elapsed, net::read("c", 100)]),
        &["set-idle-timeout c", "error: timed out", "elapsed 3500000000", r#"read c got "xxx""#],
    );
}

#[test]
fn an_idle_timeout_counts_from_the_last_byte_that_moved() {
    let idle = |nanoseconds| net::set_idle_timeout("c", nanoseconds);
    let peer = [&a_byte_a_second(2)[..], &[Step::Sleep(100 * SECOND)]].concat();
    let waits = [
        idle(SECOND + SECOND / 2),
        net::read_exact("c", 10),
        Step::Elapsed,
        // A deadline that comes first holds, and so does a try.
        net::read_exact("c", 10).timeout(SECOND),
        Step::Elapsed,
        net::read_exact("c", 10).timeout(0),
        net::read("c", 10),
        // Nothing has moved yet.
        net::read("c", 10),
        Step::Elapsed,
        net::fill("c"),
        net::write_all("c", "x"),
        Step::Elapsed,
        idle(0),
        net::write_all("c", "x"),
        Step::Elapsed,
    ];
    let expected = [
        "set-idle-timeout c",
        "error: timed out",
        "elapsed 3500000000",
        "error: timed out",
        "elapsed 4500000000",
        "error: timed out",
        r#"read c got "xx""#,
        "error: timed out",
        "elapsed 6000000000",
        "fill c ok",
        "error: timed out",
        "elapsed 7500000000",
        "set-idle-timeout c",
        "error: timed out",
        "elapsed 7500000000",
    ];
    assert_said_since(&[beside(peer), waits.into()].concat(), &expected);
}

#[test]
fn to_write_to_one_who_does_not_read_times_out_and_the_counts_tell_how_much_went() {
    let all = Pattern::new(16 << 20);
    let peer = [Step::wait("end"), net::read_to_end("c")];
    let steps = [
        net::write_all("c", all).timeout(SECOND),
        net::counts("c"),
        Step::Elapsed,
        Step::signal("end", ""),
        net::close("c"),
    ];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", [beside(peer.clone()), steps.clone().into()].concat())]);
        let said = said_by("s", &heard);
        let written = said[4].strip_prefix("counts c read 0 written ").expect("a number");
        let written: usize = written.parse().expect("a number");
        assert_eq!((said[3], said[5]), ("error: timed out", "elapsed 1000000000"));
        assert!(written > 0 && written < 16 << 20, "{written}");
        let sum = checksum(&all.to_vec()[..written]);
        assert_eq!(said_by("p", &heard)[2], format!("read-to-end c got {written} bytes, {sum:016x}"));
    });
}

#[test]
fn to_connect_to_one_who_is_behind_takes_no_longer_than_allowed() {
    // With one place, and one that systems add to it, both taken.
    let how = script_steps::ListenHow { backlog: 1, ..Default::default() };
    let listen = Net::Listen { address: "127.0.0.1:0".into(), save_as: "srv".into(), how };
    let connecting = || Wait::Connecting { address: "@srv".into(), save_as: "e".into() };
    let steps = [
        listen.into(),
        net::connect("a", "@srv"),
        net::connect("b", "@srv").timeout(SECOND),
        net::connect("c", "@srv").timeout(SECOND),
        net::connect("d", "@srv").timeout(SECOND),
        net::connect("d", "@srv").timeout(0),
        Step::Select(vec![connecting(), Wait::Sleep(SECOND)]),
    ];
    at_each_reactor(|mut stage| {
        let heard = played(&mut stage, &[script("s", steps.clone())]);
        assert_eq!(heard[heard.len() - 3..], ["s error: timed out", "s error: timed out", "s select 1"], "{heard:?}");
    });
}

/// Far behind every moment at which one of the lives below is over.
const ABANDONED: u64 = 1000 * SECOND;

/// What sets a timeout that does not come to pass, and when it is over. The peer writes a line after a second and goes.
fn abandoned() -> Vec<(&'static str, Vec<Step>, u64)> {
    let long = |step: Step| step.timeout(ABANDONED);
    let idle = || net::set_idle_timeout("c", ABANDONED);
    let select = || Step::Select(vec![Wait::Sleep(ABANDONED), Wait::Reading("c".into())]);
    vec![
        ("a read is served", vec![long(net::read("c", 1))], 1),
        ("a line is read", vec![idle(), long(net::read_line("c", 100))], 1),
        ("the stream ends", vec![idle(), long(net::read_exact("c", 100))], 1),
        ("a read times out", vec![idle(), net::read("c", 1).timeout(SECOND / 2)], 1),
        ("a read is idle", vec![net::set_idle_timeout("c", SECOND / 2), long(net::read("c", 1))], 1),
        ("a line is too long", vec![idle(), long(net::read_line("c", 1))], 1),
        ("a read is refused", vec![idle(), long(net::read("c", 0)), long(net::read_exact("c", u32::MAX as usize))], 1),
        ("a line is refused", vec![idle(), long(net::read_line("c", 0))], 1),
        ("a write is served", vec![idle(), long(net::write_all("c", "x"))], 1),
        ("a write fails", vec![net::shutdown("c", Direction::Write), idle(), long(net::write_all("c", "x"))], 1),
        ("somebody is accepted", vec![net::connect("e", "@srv"), long(net::accept("srv", "d"))], 1),
        ("a connection is made", vec![long(net::connect("e", "@srv"))], 1),
        ("a connection is refused", vec![long(net::connect("e", "127.0.0.1:1"))], 1),
        ("an address is none", vec![long(net::connect("e", "nowhere"))], 1),
        ("nobody has the name", vec![long(net::connect("e", &format!("{UNKNOWN}:1")))], 1),
        ("there is no such socket", vec![long(net::connect("e", "unix:/nowhere/at/all"))], 1),
        ("a name is looked up", vec![long(net::resolve("localhost"))], 1),
        ("a select is won by a socket", vec![select()], 1),
    ]
}

#[test]
fn a_timeout_that_does_not_come_to_pass_leaves_no_timer() {
    for (life, steps, end) in abandoned() {
        for reactor in reactors() {
            let clock = Clock::simulated();
            let mut stage = stage_at(&reactor, |builder| builder.clock(clock.clone()));
            let peer = beside([Step::Sleep(SECOND), net::write_all("c", "line\n")]);
            let heard = played(&mut stage, &[script("s", [peer, steps.clone()].concat())]);
            // A timer that was left would be the last thing that the clock jumps to.
            assert_eq!(clock.elapsed(), Duration::from_secs(end), "{life}: {heard:?}");
        }
    }
}

#[test]
fn nothing_is_kept_for_a_read_that_timed_out_with_nothing() {
    let waits = |step: Step| vec![step.timeout(SECOND), Step::wait("end")];
    for step in [net::read_exact("there", 1 << 20), net::read_line("there", 1 << 20)] {
        at_each_reactor(|mut stage| {
            stage.spawn(script("s", both_ends()).steps(waits(step.clone())));
            run(&mut stage);
            let [coroutines, timers, waiters, payloads] = stage.held();
            assert_eq!((coroutines, timers, waiters, payloads), (1, 0, 1, 0), "{step:?}");
        });
    }
}
