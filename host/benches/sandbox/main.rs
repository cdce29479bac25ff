//! What the sandbox costs, and what it holds: operations with and without grants and limits, how soon a kill is over, how the
//! processor is shared among those who never rest, and how late a sleep is beside them.
//!
//! `cargo bench --bench sandbox` prints the tables of the section "Sandbox" in `docs/benchmarks.md`.
#![allow(missing_docs, reason = "a bench")]

mod fairness;
mod kills;
#[allow(dead_code, reason = "shared with the other bench")]
#[path = "../engine/ours.rs"]
mod ours;

use std::path::Path;
use std::time::{Duration, Instant};

use cogen::{Allow, Limit, Limits, Program};
use ours::{Ours, work};

const ROUNDS: usize = 25;

fn main() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/target/wasm32-wasip2/release/bench.wasm");
    let component = std::fs::read(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask guests` builds the guests", file.display()));
    println!(
        "| nanoseconds for each, one worker | all allowed, nothing bounded | granted and bounded | ratio | with fuel, too | ratio |"
    );
    println!("|---|---|---|---|---|---|");
    for (name, op, n) in [
        ("an empty loop in the guest", "noop", 1_000_000),
        ("host call: now", "now", 200_000),
        ("park and resume: yield-now", "yield", 100_000),
        ("signal that nobody waits for", "signal", 100_000),
        ("call of a program that does nothing", "call", 1_000),
    ] {
        compare(name, &component, op, n);
    }
    println!();
    kills::measure(&component);
    println!();
    fairness::measure(&component);
}

/// Prints what an operation costs in an engine that allows all and bounds nothing but what it always bounds, and in one whose program
/// has a rule for each thing that it does, among others, and a number for each limit.
fn compare(name: &str, component: &[u8], op: &str, n: u64) {
    let engine = |allow: Allow, limits: Limits| {
        Ours::with(component, |builder| {
            builder.workers(1).program("bench", Program::from_bytes(component).allow(allow).limits(limits))
        })
    };
    let mut engines = [
        engine(Allow::all(), Limits::new()),
        engine(granted(), bounded()),
        engine(granted(), bounded().with(Limit::Fuel, u64::MAX >> 2)),
    ];
    let mut rounds = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (engine, times) in engines.iter_mut().zip(&mut rounds) {
            times.push(engine.per_operation(op, n));
        }
    }
    let ratio = |of: usize| {
        let mut ratios: Vec<_> = rounds[of].iter().zip(&rounds[0]).map(|(ours, open)| ours / open).collect();
        median(&mut ratios)
    };
    let ratios = [ratio(1), ratio(2)];
    let [open, held, burning] = rounds.map(|mut times| median(&mut times));
    println!("| {name} | {open:.1} | {held:.1} | {:.2} | {burning:.1} | {:.2} |", ratios[0], ratios[1]);
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The rules that the guest needs, each behind two others.
fn granted() -> Allow {
    let mut allow = Allow::default();
    for rule in [
        "send=news.*",
        "send=chat",
        "send=bench",
        "wait=news.*",
        "wait=chat",
        "wait=bench",
        "call=worker-*",
        "call=render",
        "call=bench",
        "spawn=worker-*",
        "spawn=render",
        "spawn=bench",
    ] {
        allow.add(rule.parse().expect("a rule"));
    }
    allow
}

/// A number for each limit that has none by default, far from what the guest needs.
fn bounded() -> Limits {
    const HOUR: u64 = 3_600_000_000_000;
    [
        (Limit::CpuTime, HOUR),
        (Limit::LifeTime, HOUR),
        (Limit::QuietTime, HOUR),
        (Limit::SignalsPerSecond, 1_000_000_000),
        (Limit::SignalBytesPerSecond, 1 << 40),
        (Limit::ChildrenTotal, 1 << 40),
        (Limit::Coroutines, 1_000),
        (Limit::Payloads, 1 << 30),
    ]
    .into_iter()
    .fold(Limits::new(), |limits, (limit, number)| limits.with(limit, number))
}

/// So many that never ask for anything.
fn spinners(ours: &Ours, count: usize) -> Vec<cogen::Coroutine> {
    (0..count).map(|_| ours.spawn(&work("noop", u64::MAX))).collect()
}

/// The value below which this part of all is, and the largest.
fn percentile(times: &mut [Duration], part: f64) -> Duration {
    times.sort();
    times[((times.len() - 1) as f64 * part) as usize]
}

/// Drives the engine for so long.
fn drive(ours: &mut Ours, time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time {
        ours.0.turn(Duration::from_millis(1));
    }
}
