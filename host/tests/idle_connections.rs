//! What an engine uses of the processor while ten thousand connections are idle. One test, in a process of its own: all threads
//! are looked at. The clients are another process: one may not have so many descriptors.
#![cfg(target_os = "linux")]

#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "engine/common.rs"]
mod common;

use std::io::Read;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cogen::{ListenAddress, ReactorKind};
use common::*;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const CONNECTIONS: usize = 10_000;

/// Where the clients, who are this program once more, are to connect.
const ADDRESS: &str = "COGEN_TEST_ADDRESS";

/// The time that all threads of this process have used, exactly.
fn used() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").expect("procfs is there");
    let of_thread = |thread: std::io::Result<std::fs::DirEntry>| {
        let stat = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        stat.split(' ').next()?.parse::<u64>().ok()
    };
    Duration::from_nanos(threads.filter_map(of_thread).sum())
}

/// Asks for as many descriptors as the process may have; the clients inherit that.
fn allow_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).expect("up to the maximum one may");
}

fn engine_at(reactor: ReactorKind) -> Engine {
    let builder = Engine::builder().workers(2).max_coroutines(CONNECTIONS).reactor(reactor);
    let builder = builder.cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/code")).program("echo", guest("echo_bytes"));
    builder.build().expect("`cargo xtask guests` builds the guests")
}

fn uses_no_time(reactor: ReactorKind) {
    let name = reactor.name();
    let mut engine = engine_at(reactor);
    let anywhere: ListenAddress = "tcp://127.0.0.1:0".parse().expect("an address");
    let server = engine.serve(&anywhere, "echo", "", 0).expect("a port is free");
    let mut clients = Command::new(std::env::current_exe().expect("this program"));
    clients.args(["--exact", "clients_that_only_connect", "--nocapture"]).env(ADDRESS, server.address().to_string());
    let mut clients = clients.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
    let began = Instant::now();
    let is_parked = |engine: &Engine| engine.snapshot().iter().filter(|info| info.state == State::Parked).count();
    while is_parked(&engine) <= CONNECTIONS {
        assert!(began.elapsed() < Duration::from_secs(120), "{name}: {:?}", engine.stats());
        engine.turn(Duration::from_millis(100));
    }
    // The ticker rests once everybody has rested for a tick.
    engine.turn(Duration::from_millis(100));
    let before = used();
    engine.turn(Duration::from_secs(1));
    let used = used() - before;
    drop(clients.stdin.take());
    assert!(clients.wait().expect("it ends").success());
    assert!(used < most_for(name), "{name}: {used:?} in a second of waiting");
}

/// What the wait may take. A poller that is told anew whom to look at looks once at each when the wait begins, in a program that
/// is not optimised here.
fn most_for(reactor: &str) -> Duration {
    Duration::from_millis(if ["poll", "select"].contains(&reactor) { 50 } else { 5 })
}

/// The clients' process. Without an address it has nothing to do.
#[test]
fn clients_that_only_connect() {
    let Ok(address) = std::env::var(ADDRESS) else { return };
    let address = address.trim_start_matches("tcp://").to_owned();
    let connections: Vec<_> = (0..CONNECTIONS).map(|_| TcpStream::connect(&address).expect("it is accepted")).collect();
    // It ends with the pipe.
    let _ = std::io::stdin().read(&mut [0]);
    drop(connections);
}

#[test]
fn ten_thousand_idle_connections_use_no_time() {
    if std::env::var_os(ADDRESS).is_none() {
        allow_descriptors();
        ReactorKind::ALL.iter().cloned().for_each(uses_no_time);
    }
}
