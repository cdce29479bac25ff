//! Timeouts that end just when what was waited for comes, on the wall's clock: nothing is lost, and nobody is turned away.

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use cogen::ReactorKind;

use crate::stage::*;

/// About as short as what comes takes to come.
const SHORT: u64 = 50_000;

/// Plays a script at each reactor of the operating system while somebody talks from outside to the socket `srv` that it makes
/// and whose address it logs, until what was heard is enough.
fn beside(steps: &[Step], peer: impl Fn(&str) + Sync, is_enough: impl Fn(&[String]) -> bool) {
    for reactor in ReactorKind::ALL {
        let mut stage = stage_at(reactor, |builder| builder.clock(Clock::system()));
        stage.spawn(script("s", steps.to_vec()));
        let address = address(&mut stage);
        thread::scope(|scope| {
            let peer = scope.spawn(|| peer(&address));
            let mut heard = Vec::new();
            turn_until(&mut stage, |stage, _| {
                heard.extend(stage.heard());
                // A busy machine may have brought all before any time was up: then the last times are.
                let was_late = heard.iter().any(|line| line.ends_with("error: timed out"));
                peer.is_finished() && is_enough(&heard) && was_late
            });
            peer.join().expect("it is content");
        });
        stage.engine.shutdown(Duration::ZERO);
        assert_eq!(stage.held(), [0; 4]);
    }
}

/// A pause that no clock of ours knows, so that what follows comes now early, now late.
fn pause(number: usize) {
    (0..number % 7).for_each(|_| thread::yield_now());
    if number.is_multiple_of(5) {
        thread::sleep(Duration::from_nanos(SHORT));
    }
}

/// What was got by any operation on `name`, one after the other.
fn got(heard: &[String], name: &str) -> String {
    let separator = format!(" {name} got \"");
    heard.iter().filter_map(|line| line.split_once(&*separator)?.1.strip_suffix('"')).collect()
}

#[test]
fn no_byte_is_lost_by_reads_that_time_out() {
    const NUMBERS: usize = 1000;
    let all: String = (0..NUMBERS).map(|number| format!("{number} ")).collect();
    let reads = [
        net::read("c", 50).timeout(SHORT),
        net::read_exact("c", 7).timeout(SHORT),
        net::read("c", 50).timeout(0),
        Step::Select(vec![Wait::Sleep(SHORT), Wait::Reading("c".into())]),
    ];
    let listen = [net::listen("srv", "127.0.0.1:0"), net::local_address("srv"), net::accept("srv", "c")];
    let peer = |address: &str| {
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.set_nodelay(true).expect("it is TCP");
        for number in 0..NUMBERS {
            stream.write_all(format!("{number} ").as_bytes()).expect("it is taken");
            pause(number);
        }
    };
    beside(&[&listen[..], &[for_ever(reads)]].concat(), peer, |heard| {
        let got = got(heard, "c");
        assert!(all.starts_with(&got), "{got}");
        got == all
    });
}

#[test]
fn nobody_is_turned_away_by_accepts_that_time_out() {
    const CLIENTS: usize = 200;
    // Each of two handles is waited on, for a while, and then not.
    let serve = |handle: &str| {
        [
            net::accept(handle, "c").timeout(SHORT),
            net::write_all("c", "welcome"),
            net::close("c"),
            Step::Select(vec![Wait::Sleep(SHORT), Wait::Accepting(handle.into())]),
        ]
    };
    let other = script("o", [net::received(&["srv"]), for_ever(serve("srv"))]);
    let begin = [
        net::listen("srv", "127.0.0.1:0"),
        net::local_address("srv"),
        net::share("srv", "other"),
        net::spawn_with(other, &["other"]),
    ];
    let peer = |address: &str| {
        for number in 0..CLIENTS {
            let mut stream = TcpStream::connect(address).expect("it listens");
            stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("somebody accepts");
            assert_eq!(answer, "welcome");
            pause(number);
        }
    };
    beside(&[&begin[..], &[for_ever(serve("srv"))]].concat(), peer, |heard| {
        heard.iter().filter(|line| line.ends_with(" write-all c ok")).count() == CLIENTS
    });
}

#[test]
fn no_datagram_is_lost_by_receives_that_time_out() {
    const NUMBERS: usize = 200;
    let all: String = (0..NUMBERS).map(|number| format!("{number} ")).collect();
    let receives = [
        net::receive("srv", 50).timeout(SHORT),
        net::receive_from("srv", 50).timeout(SHORT),
        Step::Select(vec![Wait::Sleep(SHORT), Wait::Receiving("srv".into())]),
        net::receive("srv", 50).timeout(0),
    ];
    let begin = [net::bind("srv", "127.0.0.1:0"), net::local_address("srv")];
    let peer = |address: &str| {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
        for number in 0..NUMBERS {
            socket.send_to(format!("{number} ").as_bytes(), address).expect("it is taken");
            pause(number);
        }
    };
    beside(&[&begin[..], &[for_ever(receives)]].concat(), peer, |heard| {
        let got = got(heard, "srv");
        assert!(all.starts_with(&got), "{got}");
        got == all
    });
}
