//! What it takes to hold many coroutines, and what it costs: the pool of up to 8,192 beside the slab of more.
//!
//! `cargo bench --bench density` prints the tables of the section "Density" in `docs/benchmarks.md`.
#![allow(missing_docs, reason = "a bench")]

#[allow(dead_code, reason = "shared with the other bench")]
#[path = "../engine/ours.rs"]
mod ours;

use std::path::Path;
use std::time::{Duration, Instant};

use cogen::{Allow, Clock, Program, State};
use ours::{Ours, work};
use script_steps::{Script, Step};

const ROUNDS: usize = 25;

/// The most that the pool holds, and the fewest that the slab does.
const POOLED: usize = 8192;
const SLABBED: usize = 8193;

fn main() {
    println!("| one worker | pool | slab | ratio |\n|---|---|---|---|");
    compare("spawn and finish, nanoseconds", 2_000, 1.0, |ours, n| ours.spawn_and_finish(n));
    compare("a sieve of a mebibyte, milliseconds", 1, 1e6, |ours, _| run(ours, "sieve", ""));
    let json = unread_steps(50_000);
    compare("a script of 50,000 steps read as JSON, milliseconds", 1, 1e6, |ours, _| run(ours, "script", &json));

    println!("\n| parked | seconds to spawn and park | KiB of memory each | KiB of page tables each | mappings |");
    println!("|---|---|---|---|---|");
    let mut ours = engine(100_000);
    let (began, [memory, tables]) = (Instant::now(), taken());
    for parked in [10_000, 50_000, 100_000] {
        park(&mut ours, parked);
        let (took, now) = (began.elapsed().as_secs_f64(), taken());
        let [memory, tables] = [now[0] - memory, now[1] - tables].map(|kib| kib as f64 / parked as f64);
        println!("| {parked} | {took:.1} | {memory:.1} | {tables:.1} | {} |", mappings());
    }
    let began = Instant::now();
    drop(ours);
    println!("\nAll are dropped in {:.1} seconds.", began.elapsed().as_secs_f64());
}

/// Prints what `work` takes for each of `n` on both, in these units: the least of rounds that take turns, which is what
/// the rest of the machine has disturbed least.
fn compare(name: &str, n: u64, unit: f64, mut work: impl FnMut(&mut Ours, u64)) {
    let mut both = [engine(POOLED), engine(SLABBED)];
    let mut least = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        for (ours, least) in both.iter_mut().zip(&mut least) {
            let began = Instant::now();
            work(ours, n);
            *least = least.min(began.elapsed().as_nanos() as f64 / n as f64 / unit);
        }
    }
    let [pool, slab] = least;
    println!("| {name} | {pool:.1} | {slab:.1} | {:.2} |", slab / pool);
}

fn engine(coroutines: usize) -> Ours {
    let sieve = wat::parse_str(SIEVE).expect("it is a component");
    Ours::with(&guest("bench"), |builder| {
        let script = Program::from_bytes(guest("script")).allow(Allow::all());
        let builder = builder.program("script", script).program("sieve", Program::from_bytes(sieve));
        builder.workers(1).clock(Clock::simulated()).max_coroutines(coroutines)
    })
}

fn guest(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/target/wasm32-wasip2/release");
    let file = folder.join(name).with_extension("wasm");
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask guests` builds it", file.display()))
}

fn run(ours: &mut Ours, program: &str, args: &str) {
    let coroutine = ours.0.spawn(program, args).expect("there is room");
    ours.finish(&[coroutine]);
}

/// A script that does nothing with its steps but to read them.
fn unread_steps(count: usize) -> String {
    let steps = (0..count).map(|n| Step::signal(&format!("name {n}"), "value")).collect();
    String::from_utf8(Script::new("s").step(Step::Repeat { n: 0, steps }).to_bytes()).expect("JSON is text")
}

/// Spawns waiters until so many are parked.
fn park(ours: &mut Ours, count: usize) {
    for _ in ours.0.stats().coroutines..count {
        ours.spawn(&work("wait", 1));
    }
    while ours.0.turn(Duration::ZERO) != cogen::Turn::Finished {}
    let parked = ours.0.snapshot().iter().filter(|info| info.state == State::Parked).count();
    assert_eq!(parked, count);
}

/// KiB of physical memory, and of page tables.
fn taken() -> [usize; 2] {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    ["VmRSS:", "VmPTE:"].map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("it is listed");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    })
}

fn mappings() -> usize {
    std::fs::read_to_string("/proc/self/maps").expect("Linux has it").lines().count()
}

/// Marks the composite numbers below a mebibyte, ten times: every third instruction is a store.
const SIEVE: &str = r#"(component
    (core module $code
        (memory 16)
        (func (export "main") (result i32) (local $round i32) (local $prime i32) (local $multiple i32)
            (loop $rounds
                (local.set $prime (i32.const 2))
                (loop $primes
                    (if (i32.eq (i32.load8_u (local.get $prime)) (local.get $round)) (then
                        (local.set $multiple (i32.mul (local.get $prime) (local.get $prime)))
                        (loop $multiples
                            (i32.store8 (local.get $multiple) (i32.add (local.get $round) (i32.const 1)))
                            (local.set $multiple (i32.add (local.get $multiple) (local.get $prime)))
                            (br_if $multiples (i32.lt_u (local.get $multiple) (i32.const 0x100000))))))
                    (local.set $prime (i32.add (local.get $prime) (i32.const 1)))
                    (br_if $primes (i32.lt_u (local.get $prime) (i32.const 1000))))
                (memory.fill (i32.const 0) (i32.add (local.get $round) (i32.const 1)) (i32.const 0x100000))
                (local.set $round (i32.add (local.get $round) (i32.const 1)))
                (br_if $rounds (i32.lt_u (local.get $round) (i32.const 10))))
            i32.const 0))
    (core instance $code (instantiate $code))
    (func $main (result (result)) (canon lift (core func $code "main")))
    (instance $run (export "run" (func $main)))
    (export "wasi:cli/run@0.2.0" (instance $run)))"#;
