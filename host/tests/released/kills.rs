//! A life that uses everything, ended at each place at which it may be: nothing is left of it, wherever that is.

use std::collections::BTreeSet;
use std::time::Duration;

use cogen::ReactorKind;

use crate::stage::*;
use crate::{alone, assert_open, assert_released, descriptors};

/// Long enough to be counted as a payload, and longer than buffers are.
const LONG: usize = 100_000;

/// One that does everything that a coroutine can do, most of it so that it has to wait. (But for `serve`, which goes on without
/// whoever asked for it: that is among the waits.)
fn victim(unix: &str) -> Script {
    let soon = |steps: Vec<Step>| script("child", [vec![Step::Sleep(MILLISECOND)], steps].concat());
    let long = || Pattern::new(LONG as u64);
    let callee = || Args::Script(soon(vec![Step::ReturnBytes(LONG)]));
    let call = || Wait::Call { program: "script".into(), args: callee() };
    let give = || Wait::Give { name: "nobody".into(), value: "x".repeat(2000), recipients: 1 };
    let time = vec![
        Step::Sleep(MILLISECOND),
        Step::SleepUntilAfter(MILLISECOND),
        Step::StdSleep(MILLISECOND),
        // More than a turn lets run.
        Step::Repeat { n: 70, steps: vec![Step::Yield] },
        Step::ContextSet("key".into(), "value".into()),
    ];
    let signals = vec![
        Step::wait("never").timeout(MILLISECOND),
        Step::signal_to("never", "value", 1).timeout(MILLISECOND),
        Step::spawn(soon(vec![Step::signal_to("news", "value", 1)])),
        Step::wait("news"),
        Step::spawn(soon(vec![Step::wait("more")])),
        Step::signal_to("more", "value", 1),
        Step::Select(vec![give(), Wait::Signal("never".into()), call(), Wait::Sleep(MILLISECOND / 2)]),
        Step::Hoard(100),
    ];
    let coroutines = vec![
        Step::spawn(soon(vec![Step::ReturnBytes(LONG)])),
        Step::join("child"),
        Step::spawn(soon(vec![Step::Fail("x".repeat(2000))])),
        Step::outcome("child"),
        Step::call(soon(vec![Step::call(soon(vec![Step::Return("deep".into())]))])),
        Step::StartCallDrop { program: "script".into(), args: callee() },
        Step::Select(vec![call(), Wait::Sleep(SECOND)]),
        Step::Scope("scope".into()),
        Step::scope_spawn("scope", soon(vec![])),
        Step::scope_spawn("scope", soon(vec![])),
        Step::ScopeJoin { scope: "scope".into(), opts: Default::default() },
        Step::scope_spawn("scope", soon(vec![for_ever([Step::Sleep(SECOND)])])),
    ];
    let peer = script("peer", [net::received(&["c"]), Step::Sleep(MILLISECOND), net::echo("c", LONG)]);
    let bytes = |address: &str, peer: &Script| {
        vec![
            net::listen("srv", address),
            net::accept("srv", "nobody").timeout(MILLISECOND),
            net::connect("here", "@srv"),
            net::accept("srv", "there"),
            net::read("here", LONG).timeout(MILLISECOND),
            net::spawn_with(peer.clone(), &["there"]),
            net::write_all("here", "line\n"),
            net::read_line("here", LONG),
            net::write_all("here", long()),
            net::read_exact("here", LONG),
            net::write("here", long()),
            net::send_file("here", "data/file", 0, LONG as u64),
            Step::Select(vec![Wait::Reading("here".into()), Wait::Accepting("srv".into())]),
            net::shutdown("here", Direction::Write),
            net::read_to_end("here"),
        ]
    };
    let full = vec![
        net::connect("here", "@srv"),
        net::accept("srv", "there"),
        net::fill("here"),
        net::write("here", long()).timeout(MILLISECOND),
        net::write_all("here", long()).timeout(MILLISECOND),
        net::send_file("here", "data/file", 0, LONG as u64).timeout(MILLISECOND),
        Step::Select(vec![Wait::Writing("here".into()), Wait::Sleep(MILLISECOND)]),
    ];
    let others = vec![
        net::resolve("localhost"),
        Step::Select(vec![Wait::Resolving("localhost".into()), Wait::Sleep(SECOND)]),
        net::bind("u", "127.0.0.1:0"),
        net::receive("u", LONG).timeout(MILLISECOND),
        net::bind("w", "127.0.0.1:0"),
        net::send_to("w", "@u", "datagram"),
        net::receive_from("u", LONG),
    ];
    let steps = [time, signals, coroutines, bytes("127.0.0.1:0", &peer), full, bytes(unix, &peer), others];
    script("v", steps.concat())
}

/// Ends it, in one of two ways.
type Fate = (&'static str, fn(&Coroutine));
const FATES: [Fate; 2] = [("killed", Coroutine::kill), ("cancelled", Coroutine::cancel)];

/// What one waits for, without what differs from run to run: names, numbers, addresses.
fn sort_of_wait(waits_for: &str) -> String {
    let is_plain = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    waits_for.split(' ').filter(is_plain).collect::<Vec<_>>().join(" ")
}

/// What somebody is to be ended at, at each reactor; elsewhere some of what else there is takes no time.
const WAITS: [&str; 9] = [
    "any of pollables",
    "its call of",
    "room to write to",
    "signal",
    "somebody to connect to",
    "something to read from",
    "the clock to reach",
    "the end of",
    "to wait for signal",
];

#[test]
fn nothing_is_left_of_one_that_is_ended_at_any_turn() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), Pattern::new(LONG as u64).to_vec()).expect("a file");
    let unix = format!("unix:{}", folder.path().join("socket").display());
    let program = guest("script").allow(Allow::all().directory("data", folder.path(), false));
    let mut ended = 0;
    for reactor in reactors() {
        // Children and peers that are left alone give up.
        let patience = Duration::from_secs(1);
        let change = |builder: Builder| builder.program("script", program.clone()).default_timeout(Some(patience));
        assert_released(reactor.name(), || {
            let mut stage = stage_at(&reactor, change);
            played(&mut stage, &[script("first", [])]);
            let of_the_engine = descriptors();
            let mut waits = BTreeSet::new();
            // What a cancel leaves to be done by the guest hangs on no system.
            let fates = if matches!(reactor, ReactorKind::Simulated(_)) { &FATES[..] } else { &FATES[..1] };
            for (name, fate) in fates {
                for turns in 0.. {
                    let victim = stage.spawn(victim(&unix));
                    let has_ended = (0..turns).any(|_| {
                        stage.engine.turn(Duration::ZERO);
                        victim.state() == State::Ended
                    });
                    let info = stage.engine.snapshot().into_iter().find(|info| info.id == victim.id());
                    let waits_for = info.and_then(|info| info.waits_for).unwrap_or_default();
                    let what = format!("{name} after {turns} turns, waiting for {waits_for:?}, {}", reactor.name());
                    waits.insert(sort_of_wait(&waits_for));
                    fate(&victim);
                    drop(victim);
                    run(&mut stage);
                    assert_eq!(stage.held(), [0; 4], "{what}: {:#?}", stage.heard());
                    assert_open(&of_the_engine, &what);
                    if has_ended {
                        break;
                    }
                    ended += 1;
                }
            }
            let missing: Vec<_> = WAITS.iter().filter(|&&wait| !waits.contains(wait)).collect();
            assert!(missing.is_empty(), "nobody waited for {missing:?}, but for {waits:?}");
        });
    }
    assert!(ended >= 400, "{ended}");
}
