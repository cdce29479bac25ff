//! What an operation costs, beside the same on bare wasmtime, measured in the same run.
//!
//! `cargo bench --bench engine` prints the table of `docs/benchmarks.md`; a word after `--` measures only the rows whose
//! name contains it. Each row is measured in rounds, floor and engine in turn, so that what disturbs the machine disturbs
//! both; printed are the medians, the spread of the engine's, and the median of the rounds' ratios.
#![allow(missing_docs, reason = "a bench")]

mod floor;
mod ours;

use std::path::Path;
use std::time::Instant;

use floor::Floor;
use ours::{Ours, nanoseconds, work};

const ROUNDS: usize = 15;

/// Measures once, and answers nanoseconds for each operation.
type Measure = Box<dyn FnMut() -> f64>;

/// One row: a name, the ratio that is to be reached, and how floor and engine are measured.
struct Row {
    name: &'static str,
    target: Option<f64>,
    /// Makes both sides; they go when the row is done, with the address space that they reserve.
    prepare: fn(&[u8]) -> (Measure, Measure),
}

impl Row {
    fn measure(&self, component: &[u8]) {
        let (mut floor, mut ours) = (self.prepare)(component);
        let rounds: Vec<_> = (0..ROUNDS).map(|_| (floor(), ours())).collect();
        let least = rounds.iter().map(|round| round.1).fold(f64::INFINITY, f64::min);
        let most = rounds.iter().map(|round| round.1).fold(0.0, f64::max);
        let target = self.target.map_or(String::new(), |target| format!("{target:.2}"));
        println!(
            "| {} | {:.1} | {:.1} | {least:.1} to {most:.1} | {:.2} | {target} |",
            self.name,
            median(rounds.iter().map(|round| round.0)),
            median(rounds.iter().map(|round| round.1)),
            median(rounds.iter().map(|round| round.1 / round.0)),
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/target/wasm32-wasip2/release/bench.wasm");
    let component = std::fs::read(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask guests` builds the guests", file.display()));
    println!("| nanoseconds for each, one worker | floor | engine | least to most | ratio | target |");
    println!("|---|---|---|---|---|---|");
    for row in ROWS.iter().filter(|row| row.name.contains(&wanted)) {
        row.measure(&component);
    }
}

const ROWS: &[Row] = &[
    Row {
        name: "an empty loop in the guest",
        target: None,
        prepare: |component| (floor(component, "noop", 1_000_000), ours(component, "noop", 1_000_000)),
    },
    Row {
        name: "host call: now",
        target: Some(1.3),
        prepare: |component| (floor(component, "now", 200_000), ours(component, "now", 200_000)),
    },
    Row {
        name: "park and resume: yield-now",
        target: Some(1.3),
        prepare: |component| (floor(component, "yield", 100_000), ours(component, "yield", 100_000)),
    },
    Row {
        name: "spawn and finish",
        target: Some(1.3),
        prepare: |component| {
            let mut ours = Ours::new(component, 1);
            (bare_start(component), timed(2_000, move || ours.spawn_and_finish(2_000)))
        },
    },
    Row {
        name: "call of a program that does nothing (floor: spawn and finish)",
        target: None,
        prepare: |component| (bare_start(component), ours(component, "call", 2_000)),
    },
    Row {
        name: "signal and wake one, and back",
        target: None,
        prepare: |component| (bare_signal(component), signalled(component, 1, 20_000)),
    },
    Row {
        name: "signal and wake one, and back (floor: the engine's park and resume)",
        target: Some(2.0),
        prepare: |component| (ours(component, "yield", 50_000), signalled(component, 1, 20_000)),
    },
    Row {
        name: "park and resume, 1,000 in turn",
        target: Some(1.3),
        prepare: |component| (bare_crowd(component, "yield"), crowd(component)),
    },
    Row {
        name: "signal and wake 1,000, for each",
        target: None,
        prepare: |component| (bare_crowd(component, "wait"), signalled(component, 1_000, 50)),
    },
    Row {
        name: "signal and wake 1,000, for each (floor: the engine's park and resume, 1,000 in turn)",
        target: Some(2.0),
        prepare: |component| (crowd(component), signalled(component, 1_000, 50)),
    },
    Row { name: "sleep", target: None, prepare: |component| (floor(component, "sleep1", 20_000), slept(component, 0)) },
    Row {
        name: "sleep beside 100,000 armed timers (floor: beside none)",
        target: None,
        prepare: |component| (slept(component, 0), slept(component, 100_000)),
    },
    Row {
        name: "64 coroutines that yield, two workers (floor: one worker)",
        target: Some(1.0 / 1.7),
        prepare: |component| (shared(component, 1), shared(component, 2)),
    },
];

fn floor(component: &[u8], op: &'static str, n: u64) -> Measure {
    let floor = Floor::new(component).expect("bare wasmtime");
    Box::new(move || nanoseconds(&floor.run(work(op, n).as_bytes()), n))
}

fn ours(component: &[u8], op: &'static str, n: u64) -> Measure {
    let mut ours = Ours::new(component, 1);
    Box::new(move || ours.per_operation(op, n))
}

fn bare_start(component: &[u8]) -> Measure {
    let floor = Floor::new(component).expect("bare wasmtime");
    let nothing = work("noop", 0);
    timed(2_000, move || (0..2_000).for_each(|_| drop(floor.run(nothing.as_bytes()))))
}

/// The import of the one that signals and that of the one that waits, each left and entered once.
fn bare_signal(component: &[u8]) -> Measure {
    let (mut signal, mut wait) = (floor(component, "signal", 20_000), floor(component, "wait", 20_000));
    Box::new(move || signal() + wait())
}

fn bare_crowd(component: &[u8], op: &str) -> Measure {
    let (floor, work) = (Floor::new(component).expect("bare wasmtime"), work(op, 50));
    timed(50_000, move || floor.run_many(1_000, work.as_bytes()))
}

fn crowd(component: &[u8]) -> Measure {
    let mut ours = Ours::new(component, 1);
    timed(50_000, move || ours.independent(1_000, 50))
}

fn signalled(component: &[u8], waiters: u64, n: u64) -> Measure {
    let mut ours = Ours::new(component, 1);
    Box::new(move || ours.signal_and_wake(waiters, n) / waiters as f64)
}

fn slept(component: &[u8], timers: u64) -> Measure {
    let mut ours = Ours::beside_timers(component, timers);
    // The engine's own clock is simulated, so that nothing really waits.
    timed(20_000, move || {
        let coroutine = ours.spawn(&work("sleep1", 20_000));
        ours.finish(&[coroutine]);
    })
}

fn shared(component: &[u8], workers: usize) -> Measure {
    let mut ours = Ours::new(component, workers);
    timed(64 * 20_000, move || ours.independent(64, 20_000))
}

/// By the wall's clock, for each of `n` operations that `work` performs.
fn timed(n: u64, mut work: impl FnMut() + 'static) -> Measure {
    Box::new(move || {
        let began = Instant::now();
        work();
        began.elapsed().as_nanos() as f64 / n as f64
    })
}
