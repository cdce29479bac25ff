//! What the standard library makes of it.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::Duration;

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    let one = TcpStream::connect(listener.local_addr().expect("it has one")).expect("it is there");
    (one, listener.accept().expect("it is there").0)
}

pub(crate) fn tcp() {
    let (mut one, mut other) = pair();
    println!("{}", one.peer_addr().ok() == other.local_addr().ok());
    one.write_all(b"spam and eggs").expect("it is sent");
    let mut bytes = [0; 4];
    other.read_exact(&mut bytes).expect("it is there");
    println!("{}", String::from_utf8_lossy(&bytes));
    one.shutdown(Shutdown::Write).expect("it is open");
    let mut rest = String::new();
    other.read_to_string(&mut rest).expect("it is there");
    println!("{rest:?}");
    other.write_all(b"thanks").expect("it is open");
    drop(other);
    rest.clear();
    one.read_to_string(&mut rest).expect("it is there");
    println!("{rest:?} {:?}", one.read(&mut bytes).expect("it has ended"));
    println!("{:?}", one.ttl().expect("it has one"));
    println!("{:?} {:?}", one.set_nodelay(true).is_ok(), one.nodelay().is_ok());
}

pub(crate) fn nonblocking() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    listener.set_nonblocking(true).expect("it can");
    println!("{:?}", listener.accept().map_err(|error| error.kind()).map(drop));
    let mut one = TcpStream::connect(listener.local_addr().expect("it has one")).expect("it is there");
    let mut other = loop {
        match listener.accept() {
            Ok((other, _)) => break other,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    };
    other.set_nonblocking(true).expect("it can");
    let mut bytes = [0; 10];
    println!("{:?}", other.read(&mut bytes).map_err(|error| error.kind()));
    one.write_all(b"spam").expect("it is sent");
    let count = loop {
        match other.read(&mut bytes) {
            Ok(count) => break count,
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    };
    println!("{}", String::from_utf8_lossy(&bytes[..count]));
    println!("{:?}", one.set_read_timeout(Some(Duration::from_millis(5))).is_ok());
    println!("{}", one.read(&mut bytes).is_err());
}

pub(crate) fn errors() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("it has one").port();
    println!("{:?}", TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.kind()).map(drop));
    println!("{:?}", TcpListener::bind("192.0.2.1:0").map_err(|error| error.kind()).map(drop));
    let taken = TcpListener::bind("127.0.0.1:0").expect("an address");
    let again = TcpListener::bind(taken.local_addr().expect("it has one"));
    println!("{:?}", again.map_err(|error| error.kind()).map(drop));
    println!("{}", "no-such-host.invalid:80".to_socket_addrs().is_err());
    println!("{}", "localhost:80".to_socket_addrs().expect("it is known").count() > 0);
}

pub(crate) fn udp() {
    let one = UdpSocket::bind("127.0.0.1:0").expect("an address");
    let other = UdpSocket::bind("127.0.0.1:0").expect("an address");
    let there = other.local_addr().expect("it has one");
    println!("{:?}", one.send_to(b"spam", there).expect("it is sent"));
    let mut bytes = [0; 10];
    let (count, from) = other.recv_from(&mut bytes).expect("it is there");
    println!("{} {}", String::from_utf8_lossy(&bytes[..count]), from == one.local_addr().expect("it has one"));
    other.connect(from).expect("it is there");
    println!("{:?}", other.send(b"back").expect("it is sent"));
    println!("{:?}", one.recv(&mut bytes).expect("it is there"));
    one.set_nonblocking(true).expect("it can");
    println!("{:?}", one.recv(&mut bytes).map_err(|error| error.kind()));
}

fn argument(place: usize) -> String {
    std::env::args().nth(place).unwrap_or_default()
}

/// A client of an echo server at a port of this machine: so many messages, each of which must come back.
pub(crate) fn client() {
    let port: u16 = argument(2).parse().expect("a port");
    let turns: usize = argument(3).parse().expect("a number of messages");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it is there");
    for turn in 0..turns {
        let (said, mut heard) = (format!("message {turn:06}"), [0; 14]);
        stream.write_all(said.as_bytes()).expect("it is sent");
        stream.read_exact(&mut heard).expect("it comes back");
        assert_eq!(said.as_bytes(), heard);
    }
    println!("{turns}");
}

/// An echo server for one connection after another, which says at which port.
pub(crate) fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
    println!("{}", listener.local_addr().expect("it has one").port());
    let mut bytes = vec![0; 16 << 10];
    for stream in listener.incoming() {
        let mut stream = stream.expect("somebody connects");
        while let Ok(count @ 1..) = stream.read(&mut bytes) {
            // Who has gone in between is not waited for.
            if stream.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
    }
}
