//! What becomes of those who connect while the process has no descriptor left. It has a process of its own, whose bound is made
//! low.
#![cfg(target_os = "linux")]

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "engine/common.rs"]
mod common;
#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "sockets/stage.rs"]
mod stage;

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use cogen::ReactorKind;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use stage::*;

/// So many descriptors the process may have.
const MOST: u64 = 200;

/// As long as an accept waits until it looks again whether there are descriptors.
const PAUSE: Duration = Duration::from_millis(20);

const CLIENTS: usize = 5;

/// Takes all descriptors that there are.
fn take_all() -> Vec<File> {
    std::iter::from_fn(|| File::open("/dev/null").ok()).collect()
}

/// Clients that have connected and asked before anybody accepts.
fn clients(address: &str) -> Vec<TcpStream> {
    let client = |_| {
        let mut client = TcpStream::connect(address).expect("the backlog has room");
        client.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
        client.write_all(b"question\n").expect("a short line");
        client
    };
    (0..CLIENTS).map(client).collect()
}

/// Lets the engine run for a while of the wall's time; answers how many slices that took.
fn slices_in(stage: &mut Stage, time: Duration) -> u64 {
    let before = stage.engine.stats().slices;
    let end = Instant::now() + time;
    while Instant::now() < end {
        stage.engine.turn(Duration::from_millis(1));
    }
    stage.engine.stats().slices - before
}

fn stage(reactor: &ReactorKind) -> Stage {
    stage_at(reactor, |builder| builder.clock(Clock::system()))
}

const LISTEN: [fn() -> Step; 2] = [|| net::listen("srv", "127.0.0.1:0"), || net::local_address("srv")];

fn listens() -> Vec<Step> {
    LISTEN.iter().map(|step| step()).chain([Step::wait("go")]).collect()
}

#[test]
fn without_descriptors_those_who_connect_wait_and_nobody_spins() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(MOST), maximum }).expect("less is allowed");
    for reactor in ReactorKind::ALL {
        accepting(reactor);
        serving(reactor);
        making(reactor);
    }
}

/// A guest that accepts gets one connection for each descriptor that is given back.
fn accepting(reactor: &ReactorKind) {
    let one = [net::accept("srv", "c"), net::read_line("c", 100), net::write_all("c", "answer\n"), net::hold("c")];
    let steps =
        [listens(), vec![Step::Repeat { n: CLIENTS as u64, steps: one.into() }, net::accept("srv", "c")]].concat();
    let mut stage = stage(reactor);
    let accepts = stage.spawn(script("s", steps));
    let mut clients = clients(&address(&mut stage));
    let mut taken = take_all();
    stage.spawn(script("k", [Step::signal("go", "")]));

    const WHILE: Duration = Duration::from_millis(400);
    let slices = slices_in(&mut stage, WHILE);
    assert!(slices <= WHILE.div_duration_f64(PAUSE) as u64 + 10, "{slices} in {WHILE:?}");
    assert_eq!(accepts.state(), State::Parked);
    assert!(stage.heard().iter().all(|line| !line.contains("accept")), "nobody has been accepted");

    for (number, client) in clients.iter_mut().enumerate() {
        taken.pop();
        let answered = format!("{} s write-all c ok", number + 1);
        turn_until(&mut stage, |stage, _| stage.heard().iter().any(|line| line == "s write-all c ok"));
        let mut answer = [0; 7];
        client.read_exact(&mut answer).expect(&answered);
        assert_eq!(&answer, b"answer\n");
    }
    // One who waits so can be cancelled.
    accepts.cancel();
    turn_until(&mut stage, |_, _| accepts.state() == State::Ended);
    drop(taken);
    end_clean(&mut stage);
}

/// An accept loop serves all with a single descriptor.
fn serving(reactor: &ReactorKind) {
    let handler = script("h", [net::received(&["c"]), net::read_line("c", 100), net::write_all("c", "answer\n")]);
    let steps =
        [listens(), vec![net::serve("srv", handler, "serving"), Step::wait("end"), Step::Cancel("serving".into())]];
    let mut stage = stage(reactor);
    stage.spawn(script("s", steps.concat()));
    let mut clients = clients(&address(&mut stage));
    let mut taken = take_all();
    stage.spawn(script("k", [Step::signal("go", "")]));
    let slices = slices_in(&mut stage, Duration::from_millis(100));
    assert!(slices <= 20, "{slices}");
    taken.pop();
    let mut answered = 0;
    turn_until(&mut stage, |stage, _| {
        answered += stage.heard().iter().filter(|line| *line == "h write-all c ok").count();
        answered == CLIENTS
    });
    for client in &mut clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("it was answered");
        assert_eq!(answer, "answer\n");
    }
    stage.spawn(script("k", [Step::signal("end", "")]));
    end_clean(&mut stage);
}

/// What makes sockets is refused, with what to do about it.
fn making(reactor: &ReactorKind) {
    let makers = [
        net::listen("a", "127.0.0.1:0"),
        net::connect("a", "@srv"),
        net::connect("a", "@srv").timeout(SECOND),
        net::bind("a", "127.0.0.1:0"),
        net::share("srv", "a"),
        net::listen("a", "unix:/tmp/never-made"),
        net::connect("a", "unix:/tmp/never-made"),
        net::accept("srv", "a").timeout(50 * MILLISECOND),
    ];
    let mut stage = stage(reactor);
    stage.spawn(script("s", [listens(), makers.to_vec()].concat()));
    let _clients = clients(&address(&mut stage));
    let taken = take_all();
    stage.spawn(script("k", [Step::signal("go", "")]));
    let heard = end_clean(&mut stage);
    drop(taken);
    let said = said_by("s", &heard);
    let refused = "the engine's process has as many descriptors as it may; raise `ulimit -n`";
    for line in &said[1..makers.len()] {
        assert!(line.starts_with("error: limit reached: cannot ") && line.ends_with(refused), "{line}");
    }
    assert_eq!(said[makers.len()], "error: timed out");
    assert!(!std::path::Path::new("/tmp/never-made").exists());
}
