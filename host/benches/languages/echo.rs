//! One connection, whose lines a coroutine sends back: the client is a thread of this process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use cogen::{Engine, ListenAddress};

use super::median;

const LINE: usize = 64;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(1);

/// How often a line comes back in a second, when the next is sent as soon as it has.
pub(crate) fn round_trips(engine: &mut Engine, program: &str) -> f64 {
    let anywhere: ListenAddress = "tcp://127.0.0.1:0".parse().expect("it is an address");
    let server = engine.serve(&anywhere, program, "echo", 0).expect("there is a port");
    let ListenAddress::Tcp(address) = server.address().clone() else { panic!("{server:?}") };
    let client = thread::spawn(move || send_and_wait(address));
    while !client.is_finished() {
        engine.turn(Duration::from_millis(1));
    }
    server.coroutine().cancel();
    engine.run();
    client.join().expect("the client is content")
}

fn send_and_wait(address: SocketAddr) -> f64 {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_nodelay(true).expect("it is TCP");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
    // What comes first is not counted.
    for_a_while(&mut stream, ROUND / 5);
    median((0..ROUNDS).map(|_| for_a_while(&mut stream, ROUND)))
}

fn for_a_while(stream: &mut TcpStream, duration: Duration) -> f64 {
    let mut line = [b'a'; LINE];
    line[LINE - 1] = b'\n';
    let (began, mut count) = (Instant::now(), 0);
    while began.elapsed() < duration {
        let mut heard = [0; LINE];
        stream.write_all(&line).expect("it is taken");
        stream.read_exact(&mut heard).expect("it comes back");
        assert_eq!(heard, line);
        count += 1;
    }
    f64::from(count) / began.elapsed().as_secs_f64()
}
