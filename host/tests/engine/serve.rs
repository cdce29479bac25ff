//! Accept loops that an embedder starts, with the system's own clients.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use cogen::{ErrorKind, ListenAddress, Server};

use crate::common::*;

const ANY_PORT: &str = "tcp://127.0.0.1:0";

/// An engine with a program that echoes bytes.
fn stage() -> Stage {
    Stage::with(|builder| builder.clock(Clock::system()).program("echo", guest("echo_bytes")))
}

fn address(text: &str) -> ListenAddress {
    text.parse().expect("it is an address")
}

fn serve(stage: &Stage, most: usize) -> Server {
    stage.engine.serve(&address(ANY_PORT), "echo", "", most).expect("there is a port")
}

/// The address and port that a server tells.
fn port(server: &Server) -> SocketAddr {
    let ListenAddress::Tcp(address) = server.address() else { panic!("{server:?}") };
    *address
}

/// Drives the engine for as long as its clients take.
fn with_clients<T: Send>(stage: &mut Stage, clients: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let clients = scope.spawn(clients);
        while !clients.is_finished() {
            stage.engine.turn(Duration::from_millis(1));
        }
        clients.join().expect("the clients are content")
    })
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
    stream
}

/// What comes of as many bytes as were sent.
fn echo(stream: &mut (impl Read + Write), text: &str) -> String {
    stream.write_all(text.as_bytes()).expect("it is taken");
    hear(stream, text.len())
}

fn hear(stream: &mut impl Read, length: usize) -> String {
    let mut heard = vec![0; length];
    stream.read_exact(&mut heard).expect("it comes back");
    String::from_utf8(heard).expect("it was text")
}

#[test]
fn a_server_tells_the_port_that_was_chosen_and_answers_there() {
    let mut stage = stage();
    let server = serve(&stage, 0);
    let at = port(&server);
    assert_ne!(at.port(), 0);
    assert_eq!(with_clients(&mut stage, || echo(&mut connect(at), "hello")), "hello");
    let table = stage.engine.snapshot();
    assert_eq!(table[0].program, "serve echo");
    assert_eq!(table[0].waits_for.as_deref(), Some(&*format!("somebody to connect to {at}")));
}

#[test]
fn those_beyond_the_bound_wait_their_turn_and_none_is_lost() {
    let mut stage = stage();
    let server = serve(&stage, 2);
    let at = port(&server);
    let handle = stage.engine.handle();
    with_clients(&mut stage, || {
        let mut clients: Vec<_> = (0..10).map(|_| connect(at)).collect();
        for (number, client) in clients.iter_mut().enumerate() {
            client.write_all(&[b'0' + u8::try_from(number).expect("a digit")]).expect("it is taken");
        }
        for (number, mut client) in clients.into_iter().enumerate() {
            assert_eq!(hear(&mut client, 1), number.to_string());
            let alive = handle.snapshot().iter().filter(|info| info.program == "echo").count();
            assert!(alive <= 2, "{alive}");
        }
    });
}

#[test]
fn at_the_bound_a_server_waits_for_one_of_its_own_to_end() {
    let mut stage = stage();
    let server = serve(&stage, 1);
    let (at, handle) = (port(&server), stage.engine.handle());
    with_clients(&mut stage, || {
        let mut first = connect(at);
        assert_eq!(echo(&mut first, "a"), "a");
        assert_eq!(handle.snapshot()[0].waits_for.as_deref(), Some("one of 1 handlers to end"));
        let mut second = connect(at);
        second.write_all(b"b").expect("it is taken");
        second.set_read_timeout(Some(Duration::from_millis(50))).expect("a time");
        let nothing = second.read(&mut [0]).expect_err("nobody reads of it yet");
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        drop(first);
        second.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
        assert_eq!(hear(&mut second, 1), "b");
    });
}

#[test]
fn a_cancelled_server_does_not_listen_any_more_and_leaves_those_alone_whom_it_started() {
    let mut stage = stage();
    let server = serve(&stage, 0);
    let at = port(&server);
    let mut client = connect(at);
    assert_eq!(with_clients(&mut stage, || echo(&mut client, "before")), "before");
    server.coroutine().cancel();
    stage.turn_until(server.coroutine(), State::Ended);
    assert_eq!(server.coroutine().outcome(), Some(Outcome::Cancelled));
    assert_eq!(TcpStream::connect(at).expect_err("nobody listens").kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(with_clients(&mut stage, || echo(&mut client, "after")), "after");
    drop(client);
    let report = stage.run();
    assert_eq!((report.parked.len(), report.failed), (0, 0));
}

#[test]
fn a_unix_server_leaves_no_file_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("x.sock");
    let mut stage = stage();
    let listen = ListenAddress::Unix(path.clone());
    let server = stage.engine.serve(&listen, "echo", "", 0).expect("nobody has the path");
    assert_eq!(server.address(), &listen);
    let heard = with_clients(&mut stage, || echo(&mut UnixStream::connect(&path).expect("it listens"), "hello"));
    assert_eq!(heard, "hello");
    stage.engine.shutdown(Duration::from_secs(10));
    assert!(!path.exists());
}

#[test]
fn an_address_that_cannot_be_had_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let stage = stage();
    let taken = serve(&stage, 0).address().to_string();
    let long = format!("unix:///{}", "x".repeat(100));
    for (listen, why, hint) in [
        (taken, "Address already in use", "0 lets the system choose"),
        ("tcp://192.0.2.1:0".to_owned(), "Cannot assign requested address", "0.0.0.0 and [::] stand for all"),
        (format!("unix://{}/no/x.sock", folder.path().display()), "No such file", "make the folder first"),
        (long, "the path has 101 bytes; at most 100 are allowed", "choose a shorter path"),
    ] {
        let error = stage.engine.serve(&address(&listen), "echo", "", 0).expect_err("it cannot be had");
        assert_eq!(error.to_string(), format!("cannot serve `echo` at {listen}"));
        let cause = std::error::Error::source(&error).expect("the system says why").to_string();
        assert!(cause.contains(why), "{cause}");
        assert!(error.hint().is_some_and(|told| told.contains(hint)), "{error:?}");
    }
}

#[test]
fn what_cannot_be_started_is_not_served() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("x.sock");
    let listen = ListenAddress::Unix(path.clone());
    let mut stage = stage();
    let error = stage.engine.serve(&listen, "ecko", "", 0).expect_err("there is none");
    assert_eq!(error.kind(), ErrorKind::UnknownProgram);
    assert_eq!(error.to_string(), format!("cannot serve `ecko` at {listen}: no such program"));
    assert_eq!(error.hint(), Some("did you mean `echo`?"));
    let error = stage.engine.serve(&listen, "echo", vec![0; (16 << 20) + 1], 0).expect_err("it is too much");
    assert_eq!(error.kind(), ErrorKind::Limit);
    stage.engine.shutdown(Duration::ZERO);
    let error = stage.engine.handle().serve(&listen, "echo", "", 0).expect_err("it is over");
    assert!(error.to_string().ends_with("the engine is shutting down"), "{error}");
    assert!(!path.exists(), "nothing has listened");
}
