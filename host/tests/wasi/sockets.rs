//! `wasi:sockets`, and what the standard libraries make of it.

use std::io::Read;
use std::net::TcpListener;
use std::time::Duration;

use cogen::{Clock, ReactorKind, SimulatedNetwork};

use socket2::SockRef;

use crate::case::{Case, End};
use crate::peer;

/// What all hosts and all reactors must observe.
const RUST: &[&str] = &[
    "tcp-states",
    "tcp-addresses",
    "tcp-options",
    "tcp-inherits",
    "tcp-refused",
    "tcp-families",
    "streams",
    "streams-half-closed",
    "streams-shut",
    "streams-reset",
    "streams-large",
    "streams-kept",
    "udp-states",
    "udp-addresses",
    "udp-options",
    "udp-datagrams",
    "udp-full",
    "udp-peers",
    "names",
    "names-unknown",
    "std-tcp",
    "std-nonblocking",
    "std-errors",
    "std-udp",
];

const C: &[&str] = &["nonblocking", "options", "names", "datagrams"];

fn cases() -> impl Iterator<Item = Case> {
    let rust = RUST.iter().map(|case| Case::new("wasi-sockets", case));
    rust.chain(C.iter().map(|case| Case::new("wasi-sockets-c", case))).map(Case::network)
}

#[test]
fn a_program_observes_the_same_here_and_in_wasmtime() {
    for case in cases() {
        let observed = case.compare();
        println!("{:?}\n{observed}", case.arguments);
    }
}

#[test]
fn a_program_observes_the_same_at_every_reactor() {
    for case in cases() {
        let expected = case.run();
        for reactor in ReactorKind::ALL.iter().skip(1) {
            let observed = case.run_with(|builder| builder.reactor(reactor.clone()));
            assert_eq!(observed, expected, "{:?} at {}", case.arguments, reactor.name());
        }
    }
}

/// What hangs on a machine's own addresses, names and buffers is left out.
#[test]
fn a_simulated_network_does_it_all_without_taking_any_time() {
    for case in
        ["tcp-states", "tcp-inherits", "tcp-refused", "tcp-families", "streams", "streams-half-closed", "streams-shut"]
            .into_iter()
            .chain(["streams-large", "streams-kept", "udp-states", "udp-peers", "std-tcp", "std-udp"])
    {
        let case = Case::new("wasi-sockets", case).network();
        let network = SimulatedNetwork::new(5);
        let observed =
            case.run_with(|builder| builder.clock(Clock::simulated()).reactor(ReactorKind::Simulated(network)));
        assert_eq!(observed, case.run(), "{:?}", case.arguments);
    }
}

/// A listener at a port of this machine that breaks each connection when it hears something; the port.
fn breaks_connections() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    let port = listener.local_addr().expect("it has one").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("somebody connects");
            stream.read_exact(&mut [0]).expect("it says something");
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("it can");
        }
    });
    port
}

/// wasmtime-wasi serves the function, and has no code for what it says of connections.
#[test]
fn what_went_wrong_with_a_connection_is_to_be_had_as_a_code() {
    let case = Case::new("wasi-sockets", "streams-error-code").network().argument(breaks_connections().to_string());
    assert_eq!(peer::run(&case).stdout, "None true\nNone\n");
    for reactor in ReactorKind::ALL {
        let observed = case.run_with(|builder| builder.reactor(reactor.clone()));
        assert!(observed.stdout.contains("connection-reset"), "at {}: {observed:?}", reactor.name());
        assert!(observed.stdout.ends_with(" true\nNone\n"), "at {}: {observed:?}", reactor.name());
    }
}

/// No time passes on a simulated clock while somebody goes on asking, and none of it arrives before.
#[test]
fn who_sends_more_datagrams_than_there_is_room_for_waits_until_there_is() {
    let case = Case::new("wasi-sockets", "udp-full").network();
    let network = SimulatedNetwork::new(5).buffers(8_000, 8_000);
    let observed = case.run_with(|builder| builder.clock(Clock::simulated()).reactor(ReactorKind::Simulated(network)));
    assert_eq!(observed.end, End::Success);
    assert!(observed.stdout.starts_with("[8, ") && !observed.stdout.ends_with("] 0\n"), "{observed:?}");
}

#[test]
fn datagrams_may_only_be_sent_as_many_as_were_permitted() {
    for (case, stdout) in [("udp-unpermitted", ""), ("udp-permitted-before", "Ok(1)\n"), ("udp-too-many", "16\n")] {
        let observed = Case::new("wasi-sockets", case).network().observe();
        assert_eq!((observed.stdout.as_str(), observed.end), (stdout, End::Trap), "{case}");
    }
}

#[test]
fn a_socket_for_datagrams_has_one_pair_of_streams_at_a_time() {
    assert_eq!(Case::new("wasi-sockets", "udp-two-streams").network().run().end, End::Trap);
}
