//! Storms: many clients and servers at once, on a simulated network that a seed makes slow, short of room and rude, while
//! some of them are cancelled and killed. Whatever happens, nobody reads what was not written, and nothing is left behind.
//!
//! Every run draws another seed and says which it was when it fails; `COGEN_SEED=… cargo test -p cogen --test engine storms`
//! repeats that one.

use std::time::Duration;

use cogen::{ReactorKind, SimulatedNetwork};
use fastrand::Rng;
use script_steps::{Direction, Pattern, net};

use crate::common::*;

/// How many storms of each kind a test goes through.
const STORMS: usize = 12;

/// Longer than any operation takes that is not stuck.
const PATIENCE: u64 = 60 * SECOND;

/// What nobody says on a calm sea, and what nobody ever says.
const COMPLAINTS: &[&str] = &["error", " ended at ", "script "];
const LIES: &[&str] = &[" wrong at ", "panic"];

#[test]
fn on_a_calm_sea_everything_arrives_as_it_was_written() {
    for seed in seeds() {
        Storm::new(seed, true, 1).weather();
    }
}

#[test]
fn nothing_is_wrong_or_left_after_a_storm() {
    for seed in seeds() {
        Storm::new(seed, false, 1).weather();
    }
}

#[test]
fn nothing_is_wrong_or_left_after_a_storm_over_several_workers() {
    for seed in seeds() {
        Storm::new(seed, false, 3).weather();
    }
}

#[test]
fn a_storm_comes_again_with_its_seed() {
    // A machine that stands still for as long as a slice lasts has somebody interrupted who would have gone on.
    let comes_again = || Storm::new(1, false, 1).weather() == Storm::new(1, false, 1).weather();
    assert!((0..3).any(|_| comes_again()));
    assert_ne!(Storm::new(1, false, 1).weather(), Storm::new(2, false, 1).weather());
}

/// The one that is asked for, or new ones.
fn seeds() -> Vec<u64> {
    let asked = std::env::var("COGEN_SEED").ok();
    let asked = asked.map(|seed| seed.parse().expect("COGEN_SEED is a whole number"));
    asked.map_or_else(|| (0..STORMS).map(|_| fastrand::u64(..)).collect(), |seed| vec![seed])
}

/// Says which storm it was when the test fails in it.
struct Tells(u64);

impl Drop for Tells {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this storm comes again with COGEN_SEED={}", self.0);
        }
    }
}

struct Storm {
    random: Rng,
    _tells: Tells,
    /// Whether nobody is reset, refused, late, cancelled or killed.
    is_calm: bool,
    workers: usize,
    /// How much is on its way in one direction at most.
    capacity: u64,
}

impl Storm {
    fn new(seed: u64, is_calm: bool, workers: usize) -> Self {
        Storm { random: Rng::with_seed(seed), _tells: Tells(seed), is_calm, workers, capacity: 0 }
    }

    /// Goes through it, checks that nothing is left, and answers what was said.
    fn weather(mut self) -> Vec<String> {
        let network = self.network();
        let director = self.director();
        let workers = self.workers;
        let mut stage = Stage::with(|builder| {
            builder
                .workers(workers)
                .max_coroutines(256)
                .reactor(ReactorKind::Simulated(network))
                .program("script", guest("script"))
        });
        stage.spawn(director);
        let report = stage.run();
        let told = stage.heard();
        assert!(report.parked.is_empty(), "{:#?}\n{told:#?}", report.parked);
        assert_eq!(stage.held(), [0; 4], "{told:#?}");
        let complaints = if self.is_calm { COMPLAINTS } else { &[] };
        let is_bad = |line: &&String| LIES.iter().chain(complaints).any(|bad| line.contains(bad));
        assert_eq!(told.iter().find(is_bad), None, "{told:#?}");
        told
    }

    fn chance(&mut self, most: f64) -> f64 {
        self.random.f64() * most
    }

    fn network(&mut self) -> SimulatedNetwork {
        let slowest = Duration::from_millis(self.random.u64(0..40));
        let (receive, send) = (self.random.usize(16..20_000), self.random.usize(16..20_000));
        self.capacity = (receive + send) as u64;
        let network = SimulatedNetwork::new(self.random.u64(..))
            .delays(Duration::ZERO..=slowest)
            .short_reads(self.chance(1.0))
            .short_writes(self.chance(1.0))
            .accept_jitter(self.chance(1.0))
            .buffers(receive, send);
        if self.is_calm {
            return network;
        }
        network
            .resets(self.chance(0.05))
            .refusals(self.chance(0.2))
            .losses(self.chance(0.5))
            .duplicates(self.chance(0.5))
            .detours(self.chance(0.5))
    }

    /// Starts everybody, disturbs some of them, and sees all of them end.
    fn director(&mut self) -> Script {
        let addresses = ["127.0.0.1:80", "[::]:81", "unix:/storm"];
        let servers = self.random.usize(1..=addresses.len());
        let clients: Vec<_> = (0..self.random.usize(1..25)).map(|_| self.random.usize(..servers)).collect();
        let mut steps = Vec::new();
        for (index, address) in addresses.iter().enumerate().take(servers) {
            let expected = clients.iter().filter(|&&server| server == index).count() as u64;
            steps.push(Step::spawn(self.server(&format!("s{index}"), address, expected)));
        }
        steps.push(Step::Sleep(MILLISECOND));
        let dialled = ["127.0.0.1:80", "[::1]:81", "unix:/storm"];
        let mut names = Vec::new();
        for (index, &server) in clients.iter().enumerate() {
            let client = self.client(&format!("c{index}"), dialled[server], index as u64);
            names.push(client.name.clone());
            steps.push(Step::spawn(client));
            steps.extend(self.disturbance(&names));
        }
        steps.extend(names.iter().map(|name| Step::join(name)));
        steps.push(Step::signal("close", ""));
        steps.extend((0..servers).map(|index| Step::join(&format!("s{index}"))));
        script("director", steps)
    }

    /// Perhaps a pause, and perhaps the end of somebody.
    fn disturbance(&mut self, names: &[String]) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.random.bool() {
            steps.push(Step::Sleep(self.random.u64(..50 * MILLISECOND)));
        }
        let whom = names[self.random.usize(..names.len())].clone();
        match self.random.u8(..10) {
            0 if !self.is_calm => steps.push(Step::Cancel(whom)),
            1 if !self.is_calm => steps.push(Step::Kill(whom)),
            _ => {}
        }
        steps
    }

    /// Whoever connects is served by an echo, until the director says that nobody will. There are two ways to do that.
    fn server(&mut self, name: &str, address: &str, expected: u64) -> Script {
        let backlog = self.random.u32(0..4);
        let how = net::ListenHow { backlog, ..net::ListenHow::default() };
        let listen = net::Net::Listen { address: address.into(), save_as: "l".into(), how };
        let mut steps = vec![listen.into()];
        let most = self.random.usize(1..9000);
        let handler = script("h", [net::received(&["c"]), self.step(net::echo("c", most))]);
        if self.random.bool() {
            steps.push(net::serve("l", handler, "loop"));
            steps.push(Step::wait("close").timeout(100 * PATIENCE));
            steps.push(Step::Kill("loop".into()));
        } else {
            let mut round = vec![self.step(net::accept("l", "c")), net::spawn_with(handler, &["c"])];
            round.extend(self.disturbance(&["h".to_owned()]));
            steps.push(Step::Repeat { n: expected, steps: round });
            steps.push(net::close("l"));
        }
        script(name, steps)
    }

    /// An operation that in a storm is sometimes given up soon, and never waits for ever.
    fn step(&mut self, step: Step) -> Step {
        let is_hasty = !self.is_calm && self.random.u8(..8) == 0;
        step.timeout(if is_hasty { self.random.u64(..20 * MILLISECOND) } else { PATIENCE })
    }

    /// Somebody who connects and wants something, or who behaves badly.
    fn client(&mut self, name: &str, address: &str, noise: u64) -> Script {
        let connect = self.step(net::connect("c", address));
        let kinds = if self.is_calm { 5 } else { 7 };
        let mut steps = match self.random.u8(..kinds) {
            0 => self.asks_round_by_round(noise),
            1 => self.talks_while_it_listens(noise),
            2 => self.sends_lines(),
            3 => self.sends_datagrams(),
            4 => self.looks_in_vain(noise),
            5 => self.hangs_up(noise),
            _ => vec![net::Net::StartConnectDrop { address: address.into() }.into()],
        };
        steps.insert(0, connect);
        // What comes after a failure would be taken for what was asked for before.
        script(name, steps).strict()
    }

    fn asks_round_by_round(&mut self, noise: u64) -> Vec<Step> {
        let mut steps = Vec::new();
        let (mut from, rounds) = (0, self.random.u64(1..6));
        for _ in 0..rounds {
            let bytes = self.random.u64(1..8 * self.capacity);
            let round = Pattern::new(bytes).seed(noise).from(from);
            from += bytes;
            // More than that would stand in the way of the echo, which nobody reads before all is written.
            let (chunk, most) = (self.random.u64(bytes.div_ceil(8)..=self.capacity), self.random.u64(1..3000));
            for part in round.chunks(chunk) {
                steps.push(self.step(net::write_all("c", part)));
                steps.push(self.step(net::read_pattern("c", part, most)));
            }
        }
        steps.extend(self.farewell());
        steps
    }

    fn talks_while_it_listens(&mut self, noise: u64) -> Vec<Step> {
        let pattern = Pattern::new(self.random.u64(1..20 * self.capacity.min(5000))).seed(noise);
        let (chunk, most) = (self.random.u64(1..9000), self.random.u64(1..9000));
        let written = self.step(net::write_pattern("w", pattern, chunk.max(pattern.bytes / 20)));
        let writer = script("w", [net::received(&["w"]), written, net::shutdown("w", Direction::Write)]);
        let mut steps = vec![net::share("c", "w"), net::spawn_with(writer, &["w"])];
        steps.push(self.step(net::read_pattern("c", pattern, most.max(pattern.bytes / 20))));
        steps.push(self.step(Step::join("w")));
        steps.push(self.step(net::read("c", 1)));
        steps
    }

    /// What was not waited for long enough is still there afterwards.
    fn looks_in_vain(&mut self, noise: u64) -> Vec<Step> {
        let pattern = Pattern::new(self.random.u64(1..self.capacity)).seed(noise);
        let mut steps = vec![self.step(net::write_all("c", pattern))];
        for _ in 0..self.random.u8(1..9) {
            let pause = Wait::Sleep(self.random.u64(..10 * MILLISECOND));
            steps.push(Step::Select(vec![Wait::Reading("c".into()), pause]));
        }
        steps.push(self.step(net::read_pattern("c", pattern, 1000)));
        steps.extend(self.farewell());
        steps
    }

    fn sends_lines(&mut self) -> Vec<Step> {
        let mut steps = Vec::new();
        for line in ["one\n", "the second\n", "\n"] {
            steps.push(self.step(net::write_all("c", line)));
            steps.push(self.step(net::read_line("c", 100)));
        }
        steps.extend(self.farewell());
        steps
    }

    /// The connection is closed in good order: after the end was said, the end is read.
    fn farewell(&mut self) -> Vec<Step> {
        vec![net::shutdown("c", Direction::Write), self.step(net::read("c", 1))]
    }

    fn sends_datagrams(&mut self) -> Vec<Step> {
        let mut steps = vec![net::bind("u", "127.0.0.1:0")];
        for _ in 0..self.random.u8(1..5) {
            steps.push(self.step(net::send_to("u", "@u", "ping")));
            steps.push(self.step(net::receive_from("u", 100)));
        }
        steps
    }

    /// Without having read what it asked for.
    fn hangs_up(&mut self, noise: u64) -> Vec<Step> {
        let bytes = self.random.u64(1..5000);
        let written = self.step(net::write("c", Pattern::new(bytes).seed(noise)));
        vec![written, Step::Sleep(self.random.u64(..100 * MILLISECOND)), net::close("c")]
    }
}
