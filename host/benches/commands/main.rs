//! What it costs to start and finish an ordinary command that prints a line, beside wasmtime doing the same, in one run.
//!
//! `cargo bench --bench commands` prints the tables of `docs/benchmarks.md`. The second one, of whole processes, needs the command
//! `wasmtime`, of the version that the engine is built on: on the `PATH`, or where `COGEN_WASMTIME` says.
#![allow(missing_docs, reason = "a bench")]

mod floor;
mod processes;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cogen::{Engine, Program};

/// So many commands are started and finished for one measurement, so many at a time.
const COMMANDS: u32 = 2_000;
const AT_ONCE: u32 = 50;

const ROUNDS: usize = 15;

fn main() {
    let file = guest("wasi-println");
    let component = std::fs::read(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask guests` builds the guests", file.display()));
    in_process(&component);
    five_thousand();
    processes::compare(&file);
}

/// Where a built guest is.
fn guest(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../guests/target/wasm32-wasip2/release")
        .join(name)
        .with_extension("wasm")
}

/// One command after the other in one process: the engine beside bare stores of wasmtime with wasmtime-wasi.
fn in_process(component: &[u8]) {
    let floor = floor::Floor::new(component).expect("bare wasmtime");
    let program = Program::from_bytes(component);
    let mut engine = Engine::builder().workers(1).program("println", program).build().expect("an engine");
    let rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let bare = each(|| (0..COMMANDS).for_each(|_| floor.run()));
            let ours = each(|| (0..COMMANDS / AT_ONCE).for_each(|_| finish_some(&mut engine, "println", AT_ONCE)));
            (bare, ours)
        })
        .collect();
    println!("| a command that prints a line, in one process | wasmtime and wasmtime-wasi | engine | ratio |");
    println!("|---|---|---|---|");
    println!(
        "| start and finish, nanoseconds | {:.0} | {:.0} | {:.2} |",
        median(rounds.iter().map(|round| round.0)),
        median(rounds.iter().map(|round| round.1)),
        median(rounds.iter().map(|round| round.1 / round.0)),
    );
}

/// Many that sleep, beside one that spins.
fn five_thousand() {
    const MANY: u32 = 5_000;
    let builder = Engine::builder().workers(1).max_coroutines(MANY as usize + 1);
    let builder = builder.program("hello", Program::from_file(guest("hello")));
    let mut engine = builder.program("wasi-io", Program::from_file(guest("wasi-io"))).build().expect("an engine");
    let spinner = engine.spawn("wasi-io", "busy").expect("there is room");
    let began = Instant::now();
    let commands: Vec<_> = (0..MANY).map(|_| engine.spawn("hello", "1000").expect("there is room")).collect();
    drive(&mut engine, &commands);
    println!("\n{MANY} commands that each sleep for a second, beside one that spins: {:.2?}", began.elapsed());
    spinner.kill();
    engine.run();
}

fn finish_some(engine: &mut Engine, program: &str, count: u32) {
    let commands: Vec<_> = (0..count).map(|_| engine.spawn(program, "").expect("there is room")).collect();
    drive(engine, &commands);
}

fn drive(engine: &mut Engine, commands: &[cogen::Coroutine]) {
    for command in commands {
        while command.outcome().is_none() {
            engine.turn(Duration::from_secs(1));
        }
        assert!(command.outcome().is_some_and(|outcome| outcome.is_success()), "{:?}", command.outcome());
    }
}

/// Nanoseconds for each of the commands that `work` starts and finishes.
fn each(work: impl FnOnce()) -> f64 {
    let began = Instant::now();
    work();
    began.elapsed().as_nanos() as f64 / f64::from(COMMANDS)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
