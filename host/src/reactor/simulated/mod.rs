//! A network in memory, for tests.
//!
//! It is as slow, as forgetful and as rude as a test asks for, and draws every decision from one seed: with one worker and
//! the same seed everything happens again in the same order. Its time is the engine's. On a simulated clock a run takes no
//! longer than its coroutines need.
//!
//! What happens in the network happens in [`world`], which holds all its sockets, those who wait for them, and the queue of
//! what will happen at which moment. [`streams`] and [`datagrams`] say what happens, as TCP and UDP have it; [`ports`] knows who
//! is bound where. [`reactor`] and [`handle`] are the two sides from which the engine sees it.
//!
//! Whatever one socket does to another takes its time: it is an event, also if the delay is zero. Those who wait are woken by
//! events only.

mod datagrams;
mod handle;
mod ports;
mod reactor;
mod streams;
#[cfg(test)]
mod tests;
mod world;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::time::Duration;

use fastrand::Rng;

pub(crate) use handle::Handle;
pub(super) use reactor::open;
pub(crate) use world::World;

use crate::clock::nanoseconds;

/// How a simulated network behaves; see [`ReactorKind::Simulated`](crate::ReactorKind::Simulated).
///
/// Each engine has a network of its own, with every IP address in it: whoever is to be reached must be a coroutine of the same
/// engine. Unix sockets are names in it, and no files. A fresh one does nothing wrong: whatever is sent arrives after 0.1 ms to
/// 1 ms. Give the engine [`Clock::simulated`](crate::Clock::simulated) and one worker, and the seed decides everything that
/// happens.
///
/// Probabilities are from 0 (the default: never) to 1 (always).
///
/// ```
/// use std::time::Duration;
/// use cogen::{Clock, Engine, ReactorKind, SimulatedNetwork};
///
/// # fn main() -> Result<(), cogen::Error> {
/// let network = SimulatedNetwork::new(42)
///     .delays(Duration::from_millis(1)..=Duration::from_millis(80))
///     .short_reads(0.3)
///     .resets(0.01)
///     .name("db.example", ["10.0.0.7".parse().expect("an address")]);
/// let reactor = ReactorKind::Simulated(network);
/// let engine = Engine::builder().workers(1).clock(Clock::simulated()).reactor(reactor).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an engine is given it"]
pub struct SimulatedNetwork(Box<Rules>);

/// What a network was told to be like. Boxed, since the choice of a reactor travels with the command line, which has none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rules {
    seed: u64,
    delays: RangeInclusive<Duration>,
    resets: Chance,
    refusals: Chance,
    short_reads: Chance,
    short_writes: Chance,
    accept_jitter: Chance,
    losses: Chance,
    duplicates: Chance,
    detours: Chance,
    receive_buffer: usize,
    send_buffer: usize,
    /// For each name what is answered, one after the other: the last stays.
    names: BTreeMap<String, VecDeque<Vec<IpAddr>>>,
    unreachable: BTreeSet<IpAddr>,
    silent: BTreeSet<IpAddr>,
}

/// Small enough that a test need not send much to fill it.
const BUFFER: usize = 64 << 10;

impl SimulatedNetwork {
    /// A network that does nothing wrong yet.
    pub fn new(seed: u64) -> Self {
        let localhost = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        SimulatedNetwork(Box::new(Rules {
            seed,
            delays: Duration::from_micros(100)..=Duration::from_millis(1),
            resets: Chance::NONE,
            refusals: Chance::NONE,
            short_reads: Chance::NONE,
            short_writes: Chance::NONE,
            accept_jitter: Chance::NONE,
            losses: Chance::NONE,
            duplicates: Chance::NONE,
            detours: Chance::NONE,
            receive_buffer: BUFFER,
            send_buffer: BUFFER,
            names: BTreeMap::from([("localhost".to_owned(), VecDeque::from([localhost]))]),
            unreachable: BTreeSet::new(),
            silent: BTreeSet::new(),
        }))
    }

    /// How long anything takes to get to the other end; each time something else from this range.
    pub fn delays(mut self, range: RangeInclusive<Duration>) -> Self {
        self.0.delays = range;
        self
    }

    /// How probable it is that a write resets its connection, for both ends, and that what was written is lost.
    pub fn resets(mut self, probability: f64) -> Self {
        self.0.resets = Chance::of(probability);
        self
    }

    /// How probable it is that somebody who connects is refused although there is a listener.
    pub fn refusals(mut self, probability: f64) -> Self {
        self.0.refusals = Chance::of(probability);
        self
    }

    /// How probable it is that a read answers only some of what is there.
    pub fn short_reads(mut self, probability: f64) -> Self {
        self.0.short_reads = Chance::of(probability);
        self
    }

    /// How probable it is that a write takes only some of what there is room for.
    pub fn short_writes(mut self, probability: f64) -> Self {
        self.0.short_writes = Chance::of(probability);
        self
    }

    /// How probable it is that an accept answers another than the one who has waited longest.
    pub fn accept_jitter(mut self, probability: f64) -> Self {
        self.0.accept_jitter = Chance::of(probability);
        self
    }

    /// How probable it is that a datagram is lost.
    pub fn losses(mut self, probability: f64) -> Self {
        self.0.losses = Chance::of(probability);
        self
    }

    /// How probable it is that a datagram arrives twice.
    pub fn duplicates(mut self, probability: f64) -> Self {
        self.0.duplicates = Chance::of(probability);
        self
    }

    /// How probable it is that a datagram may be overtaken, because it takes a longer way. Others arrive in the order in which
    /// their socket has sent them.
    pub fn detours(mut self, probability: f64) -> Self {
        self.0.detours = Chance::of(probability);
        self
    }

    /// How many bytes a new socket keeps that were received and not read, and that were sent and not received; at least one
    /// each. 64 KiB if nothing is said.
    pub fn buffers(mut self, receive: usize, send: usize) -> Self {
        (self.0.receive_buffer, self.0.send_buffer) = (receive.max(1), send.max(1));
        self
    }

    /// The addresses behind a name, in the order in which they are answered. Only `localhost` is known without.
    pub fn name(mut self, name: impl Into<String>, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let answers = VecDeque::from([addresses.into_iter().collect()]);
        self.0.names.insert(name.into().to_ascii_lowercase(), answers);
        self
    }

    /// Other addresses that the name leads to once it was looked up: each answer that was given before is answered once, and
    /// the last from then on.
    pub fn name_then(mut self, name: impl Into<String>, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let answers = self.0.names.entry(name.into().to_ascii_lowercase()).or_default();
        answers.push_back(addresses.into_iter().collect());
        self
    }

    /// No way leads to this address: whoever connects to it is told so, and datagrams are lost.
    pub fn unreachable(mut self, address: IpAddr) -> Self {
        self.0.unreachable.insert(address);
        self
    }

    /// Nothing ever comes back from this address: whoever connects to it waits for as long as they like.
    pub fn silent(mut self, address: IpAddr) -> Self {
        self.0.silent.insert(address);
        self
    }
}

impl Rules {
    /// How long something takes, in nanoseconds.
    fn delay(&self, random: &mut Rng) -> u64 {
        let (least, most) = (nanoseconds(*self.delays.start()), nanoseconds(*self.delays.end()));
        random.u64(least..=most.max(least))
    }
}

/// How probable something is, in millionths: whole numbers can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chance(u32);

impl Chance {
    const NONE: Chance = Chance(0);
    const MOST: u32 = 1_000_000;

    fn of(probability: f64) -> Self {
        Chance((probability.clamp(0.0, 1.0) * f64::from(Chance::MOST)).round() as u32)
    }

    fn comes_up(self, random: &mut Rng) -> bool {
        random.u32(..Chance::MOST) < self.0
    }
}
