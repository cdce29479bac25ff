//! The clients: one thread with many connections, each of which sends a message, waits for the whole of its echo, and
//! sends the next.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::net::sockopt::set_socket_linger;

const MESSAGE: usize = 64;

/// How long clients run before they are measured.
const WARM_UP: Duration = Duration::from_millis(200);

/// How long no echo may come at all: a server that lost one is not waited for.
const SILENCE: Duration = Duration::from_secs(10);

/// What was measured of one server, for a while.
pub(crate) struct Sample {
    pub(crate) round_trips: u64,
    pub(crate) elapsed: Duration,
    /// The processor's time that the server used.
    pub(crate) used: Duration,
    /// In nanoseconds.
    pub(crate) latencies: Histogram<u64>,
}

/// The connections to one server.
pub(crate) struct Clients {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
}

struct Connection {
    stream: TcpStream,
    message: [u8; MESSAGE],
    received: usize,
    sent_at: Instant,
}

impl Clients {
    /// Connects so many. Each has had an echo before the next connects: none waits in the listener's queue, which is
    /// short.
    pub(crate) fn connect(address: SocketAddr, count: usize) -> Result<Clients> {
        let poll = Poll::new()?;
        let connect = |index| {
            let mut connection = Connection::connect(address, index)?;
            poll.registry().register(&mut connection.stream, Token(index), Interest::READABLE)?;
            Ok(connection)
        };
        let connections = (0..count).map(connect).collect::<io::Result<_>>().context("cannot connect")?;
        Ok(Clients { poll, events: Events::with_capacity(1024), connections })
    }

    /// Runs for a while, and asks at both ends of it what the server has used.
    pub(crate) fn run(&mut self, duration: Duration, used: impl Fn() -> Result<Duration>) -> Result<Sample> {
        for connection in &mut self.connections {
            connection.send(Instant::now())?;
        }
        let mut latencies = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("bounds in order");
        self.turn_until(Instant::now() + WARM_UP, |_| ())?;
        let (began, used_before) = (Instant::now(), used()?);
        self.turn_until(began + duration, |latency| latencies.saturating_record(latency.as_nanos() as u64))?;
        let (elapsed, used) = (began.elapsed(), used()? - used_before);
        Ok(Sample { round_trips: latencies.len(), elapsed, used, latencies })
    }

    fn turn_until(&mut self, end: Instant, mut record: impl FnMut(Duration)) -> Result<()> {
        while Instant::now() < end {
            match self.poll.poll(&mut self.events, Some(SILENCE)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            ensure!(!self.events.is_empty(), "no echo for {SILENCE:?}");
            for event in &self.events {
                let connection = &mut self.connections[event.token().0];
                if connection.receive()? {
                    let now = Instant::now();
                    record(now - connection.sent_at);
                    connection.send(now)?;
                }
            }
        }
        Ok(())
    }
}

impl Connection {
    fn connect(address: SocketAddr, index: usize) -> io::Result<Connection> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        // Closed by a reset, it leaves nothing behind: ten thousand that rest for a minute use up the ports.
        set_socket_linger(&stream, Some(Duration::ZERO))?;
        let mut message = [0x5a; MESSAGE];
        message[..8].copy_from_slice(&(index as u64).to_le_bytes());
        stream.write_all(&message)?;
        stream.read_exact(&mut message)?;
        stream.set_nonblocking(true)?;
        Ok(Connection { stream: TcpStream::from_std(stream), message, received: 0, sent_at: Instant::now() })
    }

    /// Sends the next message, which is unlike the last, and unlike all other clients'.
    fn send(&mut self, now: Instant) -> Result<()> {
        self.message[MESSAGE - 1] = self.message[MESSAGE - 1].wrapping_add(1);
        (self.received, self.sent_at) = (0, now);
        // Nothing is on its way, so that there is room for all of it.
        let sent = self.stream.write(&self.message).context("cannot send")?;
        ensure!(sent == MESSAGE, "{sent} bytes were sent of {MESSAGE}");
        Ok(())
    }

    /// Receives what is there, and answers whether the echo is whole.
    fn receive(&mut self) -> Result<bool> {
        // With room for more than can come, one call takes all there is, and the next event comes with the next bytes.
        let mut buffer = [0; 2 * MESSAGE];
        let count = match self.stream.read(&mut buffer) {
            Ok(0) => bail!("the server has closed a connection"),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error).context("cannot receive"),
        };
        let expected = self.message.get(self.received..self.received + count);
        ensure!(expected == Some(&buffer[..count]), "the echo is not what was sent");
        self.received += count;
        Ok(self.received == MESSAGE)
    }
}
