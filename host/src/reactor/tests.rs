//! What the contract says, of every back end that this machine has.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::{Address, At, Direction, ListenOptions, MAX_READ, Notifier, Opened, Reactor, ReactorKind, Socket, Token};
use crate::clock::Clock;
use crate::coroutine::Core;
use crate::scheduler::Place;
use crate::{Engine, Program};

/// Much longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);
/// Long enough for the system to do what it will do, if it is left to.
const SHORT: Duration = Duration::from_millis(20);

/// A reactor, and coroutines to be woken, which never run.
pub(super) struct Stand {
    pub(super) reactor: Box<dyn Reactor>,
    notifier: Notifier,
    engine: Engine,
    pub(super) who: Arc<Core>,
}

impl Stand {
    pub(super) fn new((reactor, notifier): Opened) -> Self {
        let (engine, who) = someone();
        Stand { reactor, notifier, engine, who }
    }

    pub(super) fn at<'a>(&self, token: Token, who: &'a Arc<Core>) -> At<'a> {
        At { token, who, place: Place::Back, tries_once: false }
    }

    pub(super) fn add(&mut self, socket: &Arc<Socket>) -> Token {
        self.reactor.add(socket).expect("a socket is taken")
    }

    fn somebody(&self) -> Arc<Core> {
        self.engine.spawn("nothing", "").expect("a coroutine is made").0.clone()
    }

    /// Waits, and answers who was woken.
    pub(super) fn wait(&mut self, timeout: Duration) -> Vec<Arc<Core>> {
        let mut wakes = Vec::new();
        self.reactor.wait(Some(timeout), &mut wakes);
        wakes.into_iter().map(|(who, _)| who).collect()
    }

    /// Asks until it is ready, and waits between two times.
    pub(super) fn until<T>(&mut self, mut ask: impl FnMut(&mut dyn Reactor) -> Poll<T>) -> T {
        let began = Instant::now();
        loop {
            if let Poll::Ready(answer) = ask(&mut *self.reactor) {
                return answer;
            }
            assert!(began.elapsed() < LONG, "nothing came");
            self.wait(LONG);
        }
    }

    /// Begins a read that has nothing to read yet, and lets the system have it.
    pub(super) fn park_read(&mut self, token: Token, most: usize) {
        let (who, mut into) = (self.who.clone(), Vec::new());
        assert!(self.reactor.read(self.at(token, &who), &mut into, most).is_pending());
        self.wait(Duration::ZERO);
        assert_eq!(self.reactor.waiting(), 1);
    }

    fn read(&mut self, token: Token, most: usize) -> Vec<u8> {
        let (who, mut into) = (self.who.clone(), Vec::new());
        let at = self.at(token, &who);
        let count = self.until(|reactor| reactor.read(at, &mut into, most)).expect("bytes come");
        assert_eq!(count, into.len());
        into
    }

    fn write_all(&mut self, token: Token, mut bytes: Bytes) {
        let who = self.who.clone();
        let at = self.at(token, &who);
        while !bytes.is_empty() {
            let count = self.until(|reactor| reactor.write(at, &bytes)).expect("bytes go");
            drop(bytes.split_to(count));
        }
    }
}

/// An engine that runs nobody, and a coroutine of it to be woken.
pub(crate) fn someone() -> (Engine, Arc<Core>) {
    let nothing = wat::parse_str(
        r#"(component
            (core module $code (func (export "main") (result i32) i32.const 0))
            (core instance $code (instantiate $code))
            (func $main (result (result)) (canon lift (core func $code "main")))
            (instance $run (export "run" (func $main)))
            (export "wasi:cli/run@0.2.0" (instance $run)))"#,
    );
    let nothing = Program::from_bytes(nothing.expect("it is a component"));
    let builder = Engine::builder().workers(1).max_coroutines(1).program("nothing", nothing);
    let engine = builder.build().expect("there is room for a small engine");
    let who = engine.spawn("nothing", "").expect("a coroutine is made").0.clone();
    (engine, who)
}

/// Runs a test of the contract on every back end.
fn each(test: impl Fn(Stand)) {
    for kind in ReactorKind::ALL {
        match kind.open(1, &Clock::system()) {
            Ok((_, mut opened)) => test(Stand::new(opened.remove(0))),
            Err(error) if *kind != ReactorKind::default() => eprintln!("not on this machine: {error}"),
            Err(error) => panic!("{error}"),
        }
    }
}

fn any_port() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

fn listen() -> (Arc<Socket>, SocketAddr) {
    let socket = Socket::listen(&any_port(), ListenOptions::default()).expect("a port is free");
    let Ok(Address::Ip(address)) = socket.local_address() else { panic!("it has an address") };
    (Arc::new(socket), address)
}

/// Two ends of a connection: one for the reactor, and one that blocks.
pub(super) fn pair() -> (Arc<Socket>, TcpStream) {
    let (listener, address) = listen();
    let peer = TcpStream::connect(address).expect("somebody listens");
    peer.set_read_timeout(Some(LONG)).expect("it is a socket");
    let (socket, _) = loop {
        match listener.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
            accepted => break accepted.expect("somebody has connected"),
        }
    };
    (Arc::new(socket), peer)
}

/// What comes until nothing has for a while.
fn drain(peer: &mut TcpStream) -> Vec<u8> {
    peer.set_read_timeout(Some(5 * SHORT)).expect("it is a socket");
    let mut all = Vec::new();
    let mut some = vec![0; 1 << 20];
    while let Ok(count @ 1..) = peer.read(&mut some) {
        all.extend_from_slice(&some[..count]);
    }
    all
}

/// Writes until nothing more goes, and lets the system have the write that waits. Answers how much went.
fn fill(stand: &mut Stand, token: Token, bytes: &Bytes) -> usize {
    let who = stand.who.clone();
    let mut written = 0;
    loop {
        let at = stand.at(token, &who);
        match stand.reactor.write(at, bytes) {
            Poll::Ready(count) => written += count.expect("it goes"),
            Poll::Pending if stand.wait(SHORT).is_empty() => return written,
            Poll::Pending => {}
        }
    }
}

#[test]
fn a_read_that_waits_is_woken_once_and_answers_what_came() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        stand.park_read(token, 100);
        peer.write_all(b"hello").expect("it goes");
        let woken = stand.wait(LONG);
        assert!(woken.len() == 1 && Arc::ptr_eq(&woken[0], &stand.who));
        assert_eq!(stand.reactor.waiting(), 0);
        assert_eq!(stand.read(token, 100), b"hello");
        assert!(stand.wait(Duration::ZERO).is_empty());
        drop(peer);
        assert_eq!(stand.read(token, 100), b"", "the stream has ended");
        assert_eq!(stand.read(token, 100), b"", "and is still at its end");
    });
}

#[test]
fn bytes_of_a_stopped_read_come_with_the_next_one() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        stand.park_read(token, 100);
        assert_eq!(stand.reactor.stop(token, Direction::Read), 0);
        assert_eq!(stand.reactor.waiting(), 0);
        peer.write_all(b"abcdef").expect("it goes");
        assert!(stand.wait(SHORT).is_empty(), "nobody waits");
        let who = stand.somebody();
        let at = stand.at(token, &who);
        stand.until(|reactor| reactor.ready(at, Direction::Read));
        assert_eq!(stand.read(token, 2), b"ab");
        assert_eq!(stand.read(token, 3), b"cde");
        assert_eq!(stand.read(token, 100), b"f");
    });
}

#[test]
fn what_a_removed_socket_has_received_and_nobody_was_told_is_answered_or_still_there() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        stand.park_read(token, 100);
        assert_eq!(stand.reactor.stop(token, Direction::Read), 0);
        peer.write_all(b"abcdef").expect("it goes");
        stand.wait(SHORT);
        assert_eq!(stand.read(token, 2), b"ab");
        let mut left = stand.reactor.remove(token);
        let mut there = [0; 100];
        if let Ok(count) = socket.read(&mut there) {
            left.extend_from_slice(&there[..count]);
        }
        assert_eq!(left, b"cdef");
    });
}

#[test]
fn a_stopped_write_writes_nothing_more() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        let bytes = Bytes::from(vec![7; 1 << 20]);
        let mut written = fill(&mut stand, token, &bytes);
        written += stand.reactor.stop(token, Direction::Write);
        assert_eq!(stand.reactor.waiting(), 0);
        assert_eq!(drain(&mut peer).len(), written);
        stand.wait(SHORT);
        assert_eq!(drain(&mut peer), b"", "there is room, and it does not write");
        stand.write_all(token, Bytes::from_static(b"after"));
        assert_eq!(drain(&mut peer), b"after");
    });
}

#[test]
fn a_write_that_is_stopped_when_room_has_come_has_told_all_that_it_wrote() {
    each(|mut stand| {
        for _ in 0..20 {
            let (socket, mut peer) = pair();
            let token = stand.add(&socket);
            let bytes = Bytes::from(vec![7; 1 << 20]);
            let mut written = fill(&mut stand, token, &bytes);
            let mut arrived = vec![0; written];
            peer.read_exact(&mut arrived).expect("it comes");
            written += stand.reactor.stop(token, Direction::Write);
            let rest = drain(&mut peer);
            assert_eq!(arrived.len() + rest.len(), written);
            assert!(stand.reactor.remove(token).is_empty());
        }
    });
}

#[test]
fn a_write_that_was_done_before_it_was_stopped_is_told() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        let (who, bytes) = (stand.who.clone(), Bytes::from_static(b"five!"));
        let at = stand.at(token, &who);
        let written = match stand.reactor.write(at, &bytes) {
            Poll::Ready(count) => count.expect("it goes"),
            Poll::Pending => {
                assert_eq!(stand.wait(LONG).len(), 1);
                stand.reactor.stop(token, Direction::Write)
            }
        };
        assert_eq!(written, 5);
        assert_eq!(drain(&mut peer), b"five!");
    });
}

#[test]
fn a_write_that_is_stopped_before_the_next_wait_writes_nothing_or_tells() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        let (who, bytes) = (stand.who.clone(), Bytes::from_static(b"five!"));
        let at = stand.at(token, &who);
        let written = match stand.reactor.write(at, &bytes) {
            Poll::Ready(count) => count.expect("it goes"),
            Poll::Pending => stand.reactor.stop(token, Direction::Write),
        };
        stand.wait(SHORT);
        assert_eq!(drain(&mut peer).len(), written);
    });
}

#[test]
fn a_removed_socket_reads_nothing_more() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        for is_submitted in [false, true] {
            let token = stand.add(&socket);
            let (who, mut into) = (stand.who.clone(), Vec::new());
            assert!(stand.reactor.read(stand.at(token, &who), &mut into, 100).is_pending());
            if is_submitted {
                stand.wait(Duration::ZERO);
            }
            assert!(stand.reactor.remove(token).is_empty());
            assert_eq!(stand.reactor.waiting(), 0);
            peer.write_all(b"hello").expect("it goes");
            stand.wait(SHORT);
            let mut there = [0; 5];
            assert_eq!(socket.read(&mut there).expect("it is there"), 5);
        }
    });
}

#[test]
fn memory_and_descriptors_of_removed_sockets_are_let_go_of_at_once() {
    each(|mut stand| {
        for round in 0..3000 {
            let (socket, mut peer) = pair();
            let token = stand.add(&socket);
            let (who, mut into) = (stand.who.clone(), Vec::new());
            assert!(stand.reactor.read(stand.at(token, &who), &mut into, 4 << 10).is_pending());
            if round % 3 > 0 {
                stand.wait(Duration::ZERO);
            }
            if round % 3 > 1 {
                peer.write_all(b"on its way").expect("it goes");
            }
            drop(stand.reactor.remove(token));
            // Memory that is given out next is most likely what was given back last.
            let canary = vec![0xAA_u8; 4 << 10];
            let _ = peer.write_all(&[0x55; 4 << 10]);
            assert!(canary.iter().all(|&byte| byte == 0xAA), "round {round}");
            drop(socket);
            let end = read_to_end_of(&mut peer);
            assert!(end.is_none_or(|error| error == ErrorKind::ConnectionReset), "round {round}: {end:?}");
            assert!(canary.iter().all(|&byte| byte == 0xAA), "round {round}");
        }
    });
}

/// Reads to the end of the stream, and answers how that failed if it did.
fn read_to_end_of(peer: &mut TcpStream) -> Option<ErrorKind> {
    peer.read_to_end(&mut Vec::new()).err().map(|error| error.kind())
}

#[test]
fn a_notification_ends_a_wait_from_another_thread() {
    each(|mut stand| {
        let began = Instant::now();
        let Stand { reactor, notifier, .. } = &mut stand;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(SHORT);
                notifier.notify();
            });
            reactor.wait(None, &mut Vec::new());
        });
        assert!(began.elapsed() >= SHORT);
        for _ in 0..3 {
            stand.notifier.notify();
            stand.notifier.notify();
            stand.reactor.wait(None, &mut Vec::new());
        }
        let began = Instant::now();
        stand.wait(SHORT);
        assert!(began.elapsed() >= SHORT, "a notification ends one wait");
    });
}

#[test]
fn a_wait_takes_as_long_as_it_was_told() {
    each(|mut stand| {
        for time in [Duration::ZERO, Duration::from_micros(1), SHORT] {
            let began = Instant::now();
            assert!(stand.wait(time).is_empty());
            assert!(began.elapsed() >= time);
            assert!(began.elapsed() < LONG);
        }
        stand.notifier.notify();
        stand.wait(Duration::MAX);
    });
}

#[test]
fn one_who_tries_once_learns_what_can_be_known_now() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        let (who, mut into) = (stand.who.clone(), Vec::new());
        let at = At { tries_once: true, ..stand.at(token, &who) };
        assert!(stand.reactor.read(at, &mut into, 100).is_pending());
        assert!(stand.reactor.ready(at, Direction::Read).is_pending());
        stand.reactor.stop(token, Direction::Read);
        peer.write_all(b"one").expect("it goes");
        assert!(stand.reactor.ready(at, Direction::Read).is_ready());
        assert!(matches!(stand.reactor.read(at, &mut into, 100), Poll::Ready(Ok(3))));
        stand.park_read(token, 100);
        stand.reactor.stop(token, Direction::Read);
        peer.write_all(b"two").expect("it goes");
        assert!(matches!(stand.reactor.read(at, &mut into, 100), Poll::Ready(Ok(3))));
        assert_eq!(into, b"onetwo");
        assert!(matches!(stand.reactor.write(at, &Bytes::from_static(b"abc")), Poll::Ready(Ok(3))));
        assert_eq!(drain(&mut peer), b"abc");
        let bytes = Bytes::from(vec![7; 1 << 20]);
        fill(&mut stand, token, &bytes);
        assert!(stand.reactor.ready(at, Direction::Write).is_pending());
        assert_eq!(stand.reactor.stop(token, Direction::Write), 0);
        // A call may still find some room where it is too little to be told of.
        while stand.reactor.write(at, &bytes).is_ready() {}
        assert_eq!(stand.reactor.stop(token, Direction::Write), 0);
        let full = drain(&mut peer).len();
        assert!(matches!(stand.reactor.write(at, &bytes), Poll::Ready(Ok(1..))), "{full} bytes have left room");
    });
}

#[test]
fn connections_are_made_and_taken_in() {
    each(|mut stand| {
        let (listener, address) = listen();
        let door = stand.add(&listener);
        let (host, guest) = (stand.somebody(), stand.somebody());
        assert!(stand.reactor.accept(stand.at(door, &host)).is_pending());
        assert!(stand.wait(Duration::ZERO).is_empty());
        let socket = Arc::new(Socket::tcp(&address, None).expect("a socket"));
        let token = stand.reactor.connect(&socket, &Address::Ip(address)).expect("it begins");
        let at = stand.at(token, &guest);
        stand.until(|reactor| reactor.connected(at)).expect("somebody listens");
        let at = stand.at(door, &host);
        let (other, from) = stand.until(|reactor| reactor.accept(at)).expect("somebody has come");
        assert_eq!(from, socket.local_address().expect("it has one"));
        let other = stand.add(&Arc::new(other));
        stand.write_all(token, Bytes::from_static(b"hello"));
        assert_eq!(stand.read(other, 100), b"hello");
    });
}

#[test]
fn a_connection_that_comes_when_nobody_waits_is_there_for_the_next_one() {
    each(|mut stand| {
        let (listener, address) = listen();
        let door = stand.add(&listener);
        let who = stand.who.clone();
        let at = stand.at(door, &who);
        assert!(stand.reactor.accept(at).is_pending());
        stand.wait(Duration::ZERO);
        stand.reactor.stop(door, Direction::Read);
        let peer = TcpStream::connect(address).expect("somebody listens");
        assert!(stand.wait(SHORT).is_empty(), "nobody waits");
        let (_, from) = stand.until(|reactor| reactor.accept(at)).expect("it is there");
        assert_eq!(from, Address::Ip(peer.local_addr().expect("it has one")));
    });
}

#[test]
fn a_file_goes_whole_through_a_socket_that_is_often_full() {
    const ALL: usize = 8 << 20;
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        let mut file = tempfile::tempfile().expect("there is room");
        let all: Vec<u8> = (0..ALL).map(|index| (index % 251) as u8).collect();
        file.write_all(&all).expect("there is room");
        let reader = std::thread::spawn(move || {
            let mut came = vec![0; ALL];
            peer.read_exact(&mut came).expect("it comes");
            came
        });
        let who = stand.who.clone();
        let at = stand.at(token, &who);
        let mut sent = 0;
        loop {
            match stand.until(|reactor| reactor.send_file(at, &file, sent, u64::MAX)).expect("it goes") {
                0 => break,
                count => sent += count,
            }
        }
        assert_eq!(sent, ALL as u64);
        assert!(reader.join().expect("it comes") == all);
    });
}

#[test]
fn unix_streams_do_the_same() {
    each(|mut stand| {
        let (one, other) = UnixStream::pair().expect("two descriptors");
        for socket in [&one, &other] {
            socket.set_nonblocking(true).expect("it is a socket");
        }
        let (one, other) = (Arc::new(Socket::Unix(one)), Arc::new(Socket::Unix(other)));
        let (from, to) = (stand.add(&one), stand.add(&other));
        let mut written = fill(&mut stand, from, &Bytes::from(vec![7; 1 << 20]));
        written += stand.reactor.stop(from, Direction::Write);
        let mut came = 0;
        while came < written {
            came += stand.read(to, MAX_READ).len();
        }
        stand.park_read(to, 10);
        assert!(stand.reactor.remove(to).is_empty());
        stand.write_all(from, Bytes::from_static(b"more"));
        assert_eq!(other.read(&mut [0; 10]).expect("it is there"), 4);
    });
}

#[test]
fn one_look_finds_what_comes_of_what_was_begun_before() {
    each(|mut stand| {
        let (_listener, address) = listen();
        let socket = Arc::new(Socket::tcp(&address, None).expect("a socket"));
        let token = stand.reactor.connect(&socket, &Address::Ip(address)).expect("it begins");
        let who = stand.who.clone();
        let at = stand.at(token, &who);
        if stand.reactor.connected(at).is_pending() {
            assert_eq!(stand.wait(Duration::ZERO).len(), 1, "the other end is on this machine");
            assert!(matches!(stand.reactor.connected(at), Poll::Ready(Ok(()))));
        }
    });
}

#[test]
fn a_connection_that_is_refused_says_so() {
    each(|mut stand| {
        let (listener, address) = listen();
        drop(listener);
        let socket = Arc::new(Socket::tcp(&address, None).expect("a socket"));
        let who = stand.who.clone();
        let refused = match stand.reactor.connect(&socket, &Address::Ip(address)) {
            Err(error) => error,
            Ok(token) => {
                let at = stand.at(token, &who);
                stand.until(|reactor| reactor.connected(at)).expect_err("nobody listens")
            }
        };
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn a_connection_that_nobody_waits_for_is_made_all_the_same() {
    each(|mut stand| {
        let (_listener, address) = listen();
        let socket = Arc::new(Socket::tcp(&address, None).expect("a socket"));
        let token = stand.reactor.connect(&socket, &Address::Ip(address)).expect("it begins");
        assert_eq!(stand.reactor.stop(token, Direction::Write), 0);
        stand.wait(SHORT);
        assert_eq!(stand.reactor.stop(token, Direction::Write), 0);
        let who = stand.who.clone();
        let at = stand.at(token, &who);
        stand.until(|reactor| reactor.ready(at, Direction::Write));
        assert!(matches!(stand.reactor.connected(at), Poll::Ready(Ok(()))));
    });
}

#[test]
fn datagrams_come_and_go() {
    each(|mut stand| {
        let socket = Arc::new(Socket::udp(&any_port()).expect("a port is free"));
        let Ok(Address::Ip(address)) = socket.local_address() else { panic!("it has an address") };
        let peer = UdpSocket::bind(any_port()).expect("a port is free");
        let token = stand.add(&socket);
        let who = stand.who.clone();
        let at = stand.at(token, &who);
        assert!(stand.reactor.receive(at, 3).is_pending());
        stand.wait(Duration::ZERO);
        peer.send_to(b"hello", address).expect("it goes");
        let (bytes, from) = stand.until(|reactor| reactor.receive(at, 3)).expect("it comes");
        assert_eq!(bytes, b"hel");
        stand.until(|reactor| reactor.send(at, &Bytes::from_static(b"back"), Some(&from))).expect("it goes");
        let mut back = [0; 10];
        assert_eq!(peer.recv(&mut back).expect("it comes"), 4);
    });
}

#[test]
fn the_two_directions_know_nothing_of_one_another() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        let (reader, mut into) = (stand.somebody(), Vec::new());
        assert!(stand.reactor.read(stand.at(token, &reader), &mut into, 100).is_pending());
        stand.write_all(token, Bytes::from_static(b"there"));
        assert_eq!(stand.reactor.waiting(), 1);
        peer.write_all(b"back").expect("it goes");
        let woken = stand.wait(LONG);
        assert!(woken.len() == 1 && Arc::ptr_eq(&woken[0], &reader));
        assert!(matches!(stand.reactor.read(stand.at(token, &reader), &mut into, 100), Poll::Ready(Ok(4))));
    });
}

#[test]
fn all_of_very_many_bytes_arrive_as_they_were() {
    const ALL: usize = 64 << 20;
    let all: Vec<u8> = (0..ALL).map(|index| (index ^ (index >> 8) ^ (index >> 16)) as u8).collect();
    let all = Bytes::from(all);
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        let mut sender = peer.try_clone().expect("one more descriptor");
        let sent = all.clone();
        let sending = std::thread::spawn(move || {
            sender.write_all(&sent).expect("it goes");
            sender.shutdown(Shutdown::Write).expect("it is connected");
        });
        let all = all.clone();
        let receiving = std::thread::spawn(move || {
            let mut back = Vec::new();
            peer.read_to_end(&mut back).expect("it comes");
            assert!(back == all);
        });
        let mut sizes = [1, 1000, 64 << 10, 1 << 20].iter().cycle();
        loop {
            let bytes = stand.read(token, *sizes.next().expect("they go round"));
            if bytes.is_empty() {
                break;
            }
            stand.write_all(token, bytes.into());
        }
        drop(stand.reactor.remove(token));
        drop(socket);
        sending.join().expect("all went");
        receiving.join().expect("all came back");
    });
}

#[test]
fn more_sockets_than_one_call_takes_are_all_served() {
    each(|mut stand| {
        let mut pairs: Vec<_> = (0..400).map(|_| pair()).collect();
        let tokens: Vec<_> = pairs.iter().map(|(socket, _)| stand.add(socket)).collect();
        let who = stand.who.clone();
        let mut into = Vec::new();
        for &token in &tokens {
            assert!(stand.reactor.read(stand.at(token, &who), &mut into, 10).is_pending());
        }
        pairs.iter_mut().for_each(|(_, peer)| peer.write_all(b"x").expect("it goes"));
        for &token in &tokens {
            assert_eq!(stand.read(token, 10), b"x");
        }
        assert_eq!(stand.reactor.waiting(), 0);
        for &token in &tokens[..200] {
            assert!(stand.reactor.read(stand.at(token, &who), &mut into, 10).is_pending());
        }
        stand.wait(Duration::ZERO);
        tokens.iter().for_each(|&token| assert!(stand.reactor.remove(token).is_empty()));
        assert_eq!(stand.reactor.waiting(), 0);
    });
}

#[test]
fn copies_of_a_socket_share_what_comes() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let copy = Arc::new(socket.share().expect("one more descriptor"));
        let (token, other) = (stand.add(&socket), stand.add(&copy));
        stand.park_read(token, 1);
        let (who, mut into) = (stand.who.clone(), Vec::new());
        let mut received = 0;
        for round in 0..500 {
            let at = stand.at(if round % 250 == 0 { token } else { other }, &who);
            let _ = stand.reactor.read(at, &mut into, 1);
            peer.write_all(b"x").expect("it goes");
            stand.wait(Duration::from_millis(1));
            received += usize::from(stand.reactor.read(at, &mut into, 1).is_ready());
        }
        drop(peer.shutdown(Shutdown::Write));
        let began = Instant::now();
        for token in [token, other] {
            let at = stand.at(token, &who);
            while stand.until(|reactor| reactor.read(at, &mut into, 100)).expect("it comes") > 0 {}
            assert!(stand.reactor.remove(token).is_empty());
        }
        assert!(began.elapsed() < LONG);
        assert_eq!(into.len(), 500, "{received} of them came at once");
    });
}

#[test]
fn a_reactor_that_is_gone_has_let_go_of_everything() {
    each(|mut stand| {
        let (socket, mut peer) = pair();
        let token = stand.add(&socket);
        stand.park_read(token, 100);
        fill(&mut stand, token, &Bytes::from(vec![7; 1 << 20]));
        drop((stand, socket));
        drain(&mut peer);
        let end = read_to_end_of(&mut peer);
        assert!(end.is_none_or(|error| error == ErrorKind::ConnectionReset), "{end:?}");
    });
}
