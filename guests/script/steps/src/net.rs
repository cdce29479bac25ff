//! Steps with sockets, and with what is handed over.
//!
//! A script keeps listeners, connections, UDP sockets and coroutines under names, all in one table: a name that is used again
//! drops what was there. Connections and listeners over TCP and over Unix sockets are used by the same steps.
//!
//! ```
//! use script_steps::{Script, Step, net};
//!
//! let both_ends = Script::new("s").strict().steps([
//!     net::listen("srv", "127.0.0.1:0"),
//!     net::connect("here", "@srv"),
//!     net::accept("srv", "there"),
//!     net::write_all("here", "hello\n"),
//!     net::read_line("there", 100).timeout(1_000_000_000), // logs `s read-line there got "hello\n"`
//! ]);
//! # let _ = both_ends;
//! ```
//!
//! # Addresses
//!
//! An address is one of TCP or UDP, or `unix:` with a path. In its place may stand `@name`, or `host:@name` for the port alone:
//!
//! - the address of the listener or UDP socket that was made under that name by this script, or, before it started this one, by
//!   a script that spawned or called it (it travels in the context);
//! - the value of the last signal of that name that this script has waited for: see [`announce`];
//! - with `@name.peer`, whoever connected to the connection that was accepted under that name, or whoever sent the last
//!   datagram that the UDP socket received by [`receive_from`].
//!
//! # Bytes
//!
//! In a line, bytes stand as text in quotes with escapes, `"hello\n"`; nothing, as at the end of a stream, is `""`. More than
//! 200 are `<number> bytes, <their checksum in hexadecimal>`: see [`pattern::checksum`](crate::pattern::checksum).

use crate::{Args, Opts, Pattern, Step, Timeout};
use serde::{Deserialize, Serialize};

/// One step with sockets. What it logs stands in the last line of its description.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Net {
    /// Listen, and keep the listener: `listen <listener> ok`.
    Listen {
        /// Where.
        address: String,
        /// The name to keep it under.
        save_as: String,
        /// How; of that, a Unix socket has the backlog only.
        how: ListenHow,
    },
    /// Accept, and keep the connection: `accept <connection> ok`.
    Accept {
        /// The listener's name.
        listener: String,
        /// The name to keep the connection under.
        save_as: String,
    },
    /// Connect, and keep the connection: `connect <connection> ok`.
    Connect {
        /// Where to.
        address: String,
        /// The address to connect from, or empty; for TCP only.
        local: String,
        /// The name to keep the connection under.
        save_as: String,
    },
    /// Begin to connect, and give it up at once: `start-connect-drop ok`.
    StartConnectDrop {
        /// Where to.
        address: String,
    },
    /// Read what is there: `read <connection> got <bytes>`.
    Read {
        /// The connection's name.
        name: String,
        /// At most so many bytes.
        most: usize,
    },
    /// Read a number of bytes: `read-exact <connection> got <bytes>`.
    ReadExact {
        /// The connection's name.
        name: String,
        /// So many bytes.
        length: usize,
    },
    /// Read a line: `read-line <connection> got <bytes>`.
    ReadLine {
        /// The connection's name.
        name: String,
        /// Of at most so many bytes.
        most: usize,
    },
    /// Read up to the end, by `std::io::Read`: `read-to-end <connection> got <bytes>`. Takes no options.
    ReadToEnd(String),
    /// Read lines up to the end, by `std::io::BufReader`: `buf-lines <connection> got <line>|<line>…`. Takes no options.
    BufLines(String),
    /// Read a pattern: `read-pattern <connection> ok`, or `… wrong at <position>`, or `… ended at <position>`.
    ReadPattern {
        /// The connection's name.
        name: String,
        /// What should come.
        pattern: Pattern,
        /// At most so many bytes at a time; the options are those of each read.
        chunk: u64,
        /// Sleep so many nanoseconds before each read; zero does not sleep.
        pause: u64,
    },
    /// Write some: `write <connection> took <number>`.
    Write {
        /// The connection's name.
        name: String,
        /// What.
        bytes: Content,
    },
    /// Write all: `write-all <connection> ok`.
    WriteAll {
        /// The connection's name.
        name: String,
        /// What.
        bytes: Content,
    },
    /// Write these one after the other, by `std::io::BufWriter` or `LineWriter`, and flush:
    /// `buf-write <connection> written <number>,<number>…`: how many bytes had been written after each, and after the flush.
    /// Takes no options.
    BufWrite {
        /// The connection's name.
        name: String,
        /// What.
        parts: Vec<String>,
        /// The size of the buffer; none stands for a `LineWriter`.
        capacity: Option<usize>,
    },
    /// Write a pattern: `write-pattern <connection> ok`.
    WritePattern {
        /// The connection's name.
        name: String,
        /// What.
        pattern: Pattern,
        /// At most so many bytes at a time; the options are those of each write.
        chunk: u64,
        /// Sleep so many nanoseconds before each write; zero does not sleep.
        pause: u64,
    },
    /// Write until nothing more is taken without waiting: `fill <connection> ok`. How much that was, `counts` tells.
    Fill(String),
    /// Write a part of a file: `send-file <connection> sent <number>`.
    SendFile {
        /// The connection's name.
        name: String,
        /// The file.
        path: String,
        /// From there on.
        offset: u64,
        /// So many bytes.
        length: u64,
    },
    /// Read and write back until the end: `echo <connection> <number of bytes>`. The options are those of each read and write.
    Echo {
        /// The connection's name.
        name: String,
        /// At most so many bytes at a time.
        most: usize,
    },
    /// End a direction: `shutdown <connection> <read, write or both>`.
    Shutdown {
        /// The connection's name.
        name: String,
        /// Which direction.
        direction: Direction,
    },
    /// Drop what is kept under that name: `close <name>`.
    Close(String),
    /// Keep what is kept under that name until the script ends, and free the name: `hold <name>`.
    Hold(String),
    /// Another handle of a connection, listener or coroutine: `share <the new name> ok`.
    Share {
        /// Whose.
        name: String,
        /// The name to keep it under.
        save_as: String,
    },
    /// Where a listener, connection or UDP socket is: `local-address <name> <address>`.
    LocalAddress(String),
    /// Where the other end of a connection or UDP socket is: `peer-address <name> <address>`.
    PeerAddress(String),
    /// Signal the address of a listener or UDP socket, under its name in the script: `announce <name> woke <number>`.
    Announce {
        /// Its name, and the signal's.
        name: String,
        /// For how many it waits.
        recipients: u32,
    },
    /// What has gone through a connection: `counts <connection> read <number> written <number>`.
    Counts(String),
    /// Give a connection, listener or UDP socket a timeout: `set-timeout <name>`. `By` counts from now.
    SetTimeout {
        /// Its name.
        name: String,
        /// The timeout.
        timeout: Timeout,
    },
    /// Give a connection an idle timeout: `set-idle-timeout <connection>`.
    SetIdleTimeout {
        /// The connection's name.
        name: String,
        /// So many nanoseconds, or for ever.
        nanoseconds: Option<u64>,
    },
    /// Whether small writes are sent at once: `nodelay <connection> <true or false>`.
    Nodelay(String),
    /// Say whether small writes are sent at once: `set-nodelay <connection> <true or false>`.
    SetNodelay {
        /// The connection's name.
        name: String,
        /// Whether.
        on: bool,
    },
    /// Let the system ask for a sign of life: `set-keep-alive <connection>`.
    SetKeepAlive {
        /// The connection's name.
        name: String,
        /// Every so many nanoseconds, or not any more.
        nanoseconds: Option<u64>,
    },
    /// What the system keeps for a connection: `buffer-sizes <connection> <receive> <send>`.
    BufferSizes(String),
    /// Ask for other sizes, of a connection or UDP socket: `set-buffer-sizes <name>`.
    SetBufferSizes {
        /// Its name.
        name: String,
        /// What is received and not yet read; zero leaves it.
        receive: u32,
        /// What is written and not yet sent; zero leaves it.
        send: u32,
    },
    /// Bind a UDP socket, and keep it: `bind <socket> ok`.
    Bind {
        /// Where.
        address: String,
        /// The name to keep it under.
        save_as: String,
    },
    /// Connect a UDP socket: `connect-udp <socket> ok`.
    ConnectUdp {
        /// The socket's name.
        name: String,
        /// Where to.
        address: String,
    },
    /// Send a datagram: `send-to <socket> ok`.
    SendTo {
        /// The socket's name.
        name: String,
        /// Where to.
        address: String,
        /// What.
        bytes: Content,
    },
    /// Send a datagram to where the socket is connected: `send <socket> ok`.
    Send {
        /// The socket's name.
        name: String,
        /// What.
        bytes: Content,
    },
    /// Receive a datagram, and keep whom it is from as `@<socket>.peer`: `receive-from <socket> got <bytes>`.
    ReceiveFrom {
        /// The socket's name.
        name: String,
        /// At most so many bytes of it.
        most: usize,
    },
    /// Receive a datagram: `receive <socket> got <bytes>`.
    Receive {
        /// The socket's name.
        name: String,
        /// At most so many bytes of it.
        most: usize,
    },
    /// Whether datagrams may go to everybody: `set-broadcast <socket> <true or false>`.
    SetBroadcast {
        /// The socket's name.
        name: String,
        /// Whether.
        on: bool,
    },
    /// Look a name up: `resolve <name> <address>,<address>…`.
    Resolve(String),
    /// Let a program serve those who connect to a listener, which is used up, and keep the coroutine of the accept loop:
    /// `serve <coroutine>`. Takes no options.
    Serve {
        /// The listener's name.
        listener: String,
        /// The program.
        program: String,
        /// What it is given.
        args: Args,
        /// At most so many at a time; zero for no such bound.
        most: u32,
        /// The name to keep the coroutine under.
        save_as: String,
    },
    /// Spawn, give it what is kept under these names, and keep its handle: `spawn-with <coroutine>`.
    SpawnWith {
        /// The program.
        program: String,
        /// What it is given as bytes.
        args: Args,
        /// The names of the things.
        things: Vec<String>,
        /// The name to keep the handle under.
        save_as: String,
    },
    /// Keep what this coroutine was given under these names, in order, and drop the rest:
    /// `received <a connection>, <a listener>…`, of all of them; or `received nothing`.
    Received {
        /// The names.
        save_as: Vec<String>,
    },
}

/// How to listen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListenHow {
    /// How many may have connected and not been accepted; zero for the default.
    pub backlog: u32,
    /// Share the address with others.
    pub reuse_port: bool,
    /// Not for IPv4.
    pub only_v6: bool,
}

/// A direction of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// What comes.
    Read,
    /// What goes.
    Write,
    /// Either.
    Both,
}

/// What is written or sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Content {
    /// Text.
    Text(String),
    /// Noise.
    Pattern(Pattern),
}

impl Content {
    /// The bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Content::Text(text) => text.clone().into_bytes(),
            Content::Pattern(pattern) => pattern.to_vec(),
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Content::Text(text.into())
    }
}

impl From<Pattern> for Content {
    fn from(pattern: Pattern) -> Self {
        Content::Pattern(pattern)
    }
}

impl From<Net> for Step {
    fn from(net: Net) -> Self {
        Step::Net(net, Opts::default())
    }
}

/// [`Net::Listen`] with nothing chosen.
pub fn listen(save_as: &str, address: &str) -> Step {
    Net::Listen { address: address.into(), save_as: save_as.into(), how: ListenHow::default() }.into()
}

/// [`Net::Accept`].
pub fn accept(listener: &str, save_as: &str) -> Step {
    Net::Accept { listener: listener.into(), save_as: save_as.into() }.into()
}

/// [`Net::Connect`] from any address.
pub fn connect(save_as: &str, address: &str) -> Step {
    Net::Connect { address: address.into(), local: String::new(), save_as: save_as.into() }.into()
}

/// [`Net::Read`].
pub fn read(name: &str, most: usize) -> Step {
    Net::Read { name: name.into(), most }.into()
}

/// [`Net::ReadExact`].
pub fn read_exact(name: &str, length: usize) -> Step {
    Net::ReadExact { name: name.into(), length }.into()
}

/// [`Net::ReadLine`].
pub fn read_line(name: &str, most: usize) -> Step {
    Net::ReadLine { name: name.into(), most }.into()
}

/// [`Net::ReadToEnd`].
pub fn read_to_end(name: &str) -> Step {
    Net::ReadToEnd(name.into()).into()
}

/// [`Net::ReadPattern`] without pauses.
pub fn read_pattern(name: &str, pattern: Pattern, chunk: u64) -> Step {
    Net::ReadPattern { name: name.into(), pattern, chunk, pause: 0 }.into()
}

/// [`Net::Write`].
pub fn write(name: &str, bytes: impl Into<Content>) -> Step {
    Net::Write { name: name.into(), bytes: bytes.into() }.into()
}

/// [`Net::WriteAll`].
pub fn write_all(name: &str, bytes: impl Into<Content>) -> Step {
    Net::WriteAll { name: name.into(), bytes: bytes.into() }.into()
}

/// [`Net::WritePattern`] without pauses.
pub fn write_pattern(name: &str, pattern: Pattern, chunk: u64) -> Step {
    Net::WritePattern { name: name.into(), pattern, chunk, pause: 0 }.into()
}

/// [`Net::Fill`].
pub fn fill(name: &str) -> Step {
    Net::Fill(name.into()).into()
}

/// [`Net::Echo`].
pub fn echo(name: &str, most: usize) -> Step {
    Net::Echo { name: name.into(), most }.into()
}

/// [`Net::SendFile`].
pub fn send_file(name: &str, path: &str, offset: u64, length: u64) -> Step {
    Net::SendFile { name: name.into(), path: path.into(), offset, length }.into()
}

/// [`Net::Shutdown`].
pub fn shutdown(name: &str, direction: Direction) -> Step {
    Net::Shutdown { name: name.into(), direction }.into()
}

/// [`Net::Close`].
pub fn close(name: &str) -> Step {
    Net::Close(name.into()).into()
}

/// [`Net::Hold`].
pub fn hold(name: &str) -> Step {
    Net::Hold(name.into()).into()
}

/// [`Net::Share`].
pub fn share(name: &str, save_as: &str) -> Step {
    Net::Share { name: name.into(), save_as: save_as.into() }.into()
}

/// [`Net::LocalAddress`].
pub fn local_address(name: &str) -> Step {
    Net::LocalAddress(name.into()).into()
}

/// [`Net::PeerAddress`].
pub fn peer_address(name: &str) -> Step {
    Net::PeerAddress(name.into()).into()
}

/// [`Net::Announce`]: a script that waits for the signal knows the address afterwards.
pub fn announce(name: &str, recipients: u32) -> Step {
    Net::Announce { name: name.into(), recipients }.into()
}

/// [`Net::Counts`].
pub fn counts(name: &str) -> Step {
    Net::Counts(name.into()).into()
}

/// [`Net::SetTimeout`].
pub fn set_timeout(name: &str, timeout: Timeout) -> Step {
    Net::SetTimeout { name: name.into(), timeout }.into()
}

/// [`Net::SetIdleTimeout`] with an end.
pub fn set_idle_timeout(name: &str, nanoseconds: u64) -> Step {
    Net::SetIdleTimeout { name: name.into(), nanoseconds: Some(nanoseconds) }.into()
}

/// [`Net::Bind`].
pub fn bind(save_as: &str, address: &str) -> Step {
    Net::Bind { address: address.into(), save_as: save_as.into() }.into()
}

/// [`Net::ConnectUdp`].
pub fn connect_udp(name: &str, address: &str) -> Step {
    Net::ConnectUdp { name: name.into(), address: address.into() }.into()
}

/// [`Net::SendTo`].
pub fn send_to(name: &str, address: &str, bytes: impl Into<Content>) -> Step {
    Net::SendTo { name: name.into(), address: address.into(), bytes: bytes.into() }.into()
}

/// [`Net::Send`].
pub fn send(name: &str, bytes: impl Into<Content>) -> Step {
    Net::Send { name: name.into(), bytes: bytes.into() }.into()
}

/// [`Net::ReceiveFrom`].
pub fn receive_from(name: &str, most: usize) -> Step {
    Net::ReceiveFrom { name: name.into(), most }.into()
}

/// [`Net::Receive`].
pub fn receive(name: &str, most: usize) -> Step {
    Net::Receive { name: name.into(), most }.into()
}

/// [`Net::Resolve`].
pub fn resolve(name: &str) -> Step {
    Net::Resolve(name.into()).into()
}

/// [`Net::Serve`] by the program `script`, as many at a time as there is room for.
pub fn serve(listener: &str, handler: crate::Script, save_as: &str) -> Step {
    let (program, args) = ("script".into(), Args::Script(handler));
    Net::Serve { listener: listener.into(), program, args, most: 0, save_as: save_as.into() }.into()
}

/// [`Net::SpawnWith`] of the program `script`, kept under the script's name.
pub fn spawn_with(script: crate::Script, things: &[&str]) -> Step {
    let (program, save_as) = ("script".into(), script.name.clone());
    let things = things.iter().map(|&thing| thing.to_owned()).collect();
    Net::SpawnWith { program, args: Args::Script(script), things, save_as }.into()
}

/// [`Net::Received`].
pub fn received(save_as: &[&str]) -> Step {
    Net::Received { save_as: save_as.iter().map(|&name| name.to_owned()).collect() }.into()
}

#[cfg(test)]
mod tests {
    use super::{listen, read_pattern, spawn_with};
    use crate::{Pattern, Script};

    #[test]
    fn steps_with_sockets_travel_as_the_others_do() {
        let inner = Script::new("c").step(read_pattern("c", Pattern::new(1 << 40).seed(u64::MAX), 9).timeout(1));
        let script = Script::new("s").steps([listen("srv", "127.0.0.1:0"), spawn_with(inner, &["srv"])]);
        assert_eq!(Script::from_bytes(&script.to_bytes()).unwrap(), script);
    }

    #[test]
    fn chunks_of_a_pattern_are_the_pattern() {
        let pattern = Pattern::new(100).seed(5).from(7);
        let chunks: Vec<u8> = pattern.chunks(33).flat_map(|chunk| chunk.to_vec()).collect();
        assert_eq!(chunks, pattern.to_vec());
    }
}
