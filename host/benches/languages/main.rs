//! What a language costs: the component of all its scenarios, its coroutines' lives, and what they take while they are parked.
//!
//! `cargo bench --bench languages` prints the tables of the section "Languages" in `docs/benchmarks.md`. A language that was not
//! built has a row that says so.
#![allow(missing_docs, reason = "a bench")]

mod echo;
#[path = "../../tests/common/guests.rs"]
mod guests;
mod parked;

use std::path::Path;
use std::time::{Duration, Instant};

use cogen::{Allow, Builder, Engine, Program};

/// Each with the component that all its scenarios are in.
const LANGUAGES: &[(&str, &str)] =
    &[("Rust", "all_rust"), ("Python", "all-python"), ("JavaScript", "all-js"), ("Go", "all-go"), ("C", "all-c")];

/// How often something is compiled. It takes seconds, of which no others have a part.
const COMPILED: usize = 3;

const ROUNDS: usize = 15;

/// So many are spawned in a round, so many at a time.
const SPAWNED: usize = 200;
const AT_ONCE: usize = 50;

/// So often one yields in a round. Its own start is a hundredth of that at most.
const YIELDS: usize = 200_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [parked::COMMAND, cache, programs @ ..] = &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return parked::measure(Path::new(cache), programs);
    }
    let cache = tempfile::tempdir().expect("a temporary folder");
    println!("{HEAD}");
    for (language, program) in LANGUAGES {
        if guests::path(program).exists() {
            print_row(language, program, cache.path());
        } else {
            println!("| {language} | not built: `cargo xtask guests` says why |");
        }
    }
    print_crowd(&[("Python", "all-python"), ("JavaScript", "all-js")], cache.path());
}

const HEAD: &str = "\
| one worker | component, MB | compile, ms | from the cache, ms | spawn and finish, µs | park and resume, ns | \
parked, KiB each | and page tables, KiB each | echo, round trips/s |
|---|---|---|---|---|---|---|---|---|";

fn print_row(language: &str, program: &str, cache: &Path) {
    let size = guests::path(program).metadata().expect("it is there").len() as f64 / 1e6;
    let compiled = build_time(COMPILED, || builder(&[program]));
    let kept = || builder(&[program]).cache_dir(cache);
    // Which puts the compiled code there.
    let mut engine = kept().build().expect("an engine");
    let loaded = build_time(ROUNDS, kept);
    let spawned = spawn_and_finish(&mut engine, program);
    let resumed = park_and_resume(&mut engine, program);
    let round_trips = echo::round_trips(&mut engine, program);
    drop(engine);
    let (memory, tables) = parked::memory_of_one(cache, program);
    println!(
        "| {language} | {size:.1} | {compiled:.0} | {loaded:.1} | {spawned:.1} | {resumed:.0} | \
         {memory:.1} | {tables:.1} | {round_trips:.0} |"
    );
}

/// An engine with these programs, named like their components.
fn builder(programs: &[&str]) -> Builder {
    let builder = Engine::builder().workers(1).max_coroutines(2 * AT_ONCE);
    programs.iter().fold(builder, |builder, program| {
        builder.program(*program, Program::from_file(guests::path(program)).allow(Allow::all()))
    })
}

/// Milliseconds until there is an engine.
fn build_time(rounds: usize, builder: impl Fn() -> Builder) -> f64 {
    median((0..rounds).map(|_| {
        let (seconds, engine) = timed(|| builder().build().expect("an engine"));
        drop(engine);
        seconds * 1e3
    }))
}

/// Microseconds for each of those that do nothing: they yield not once, and print nothing.
fn spawn_and_finish(engine: &mut Engine, program: &str) -> f64 {
    // The first makes the image that the memories of the others begin with.
    finish(engine, program, "yields\x000", 1);
    median((0..ROUNDS).map(|_| {
        let (seconds, ()) =
            timed(|| (0..SPAWNED / AT_ONCE).for_each(|_| finish(engine, program, "yields\x000", AT_ONCE)));
        seconds * 1e6 / SPAWNED as f64
    }))
}

/// Nanoseconds for each time that one parks and goes on, alone.
fn park_and_resume(engine: &mut Engine, program: &str) -> f64 {
    let args = format!("yields\0{YIELDS}");
    median((0..ROUNDS).map(|_| timed(|| finish(engine, program, &args, 1)).0 * 1e9 / YIELDS as f64))
}

/// Starts so many, and drives the engine until they have ended.
fn finish(engine: &mut Engine, program: &str, args: &str, count: usize) {
    let coroutines: Vec<_> = (0..count).map(|_| engine.spawn(program, args).expect("there is room")).collect();
    for coroutine in coroutines {
        while coroutine.outcome().is_none() {
            engine.turn(Duration::from_secs(1));
        }
        assert!(coroutine.outcome().is_some_and(|outcome| outcome.is_success()), "{:?}", coroutine.outcome());
    }
}

/// Prints what it takes to have a crowd of each of these parked in one engine.
fn print_crowd(languages: &[(&str, &str)], cache: &Path) {
    if let Some((language, _)) = languages.iter().find(|(_, program)| !guests::path(program).exists()) {
        return println!("\nThere is no crowd without {language}, which was not built.");
    }
    let programs: Vec<_> = languages.iter().map(|(_, program)| *program).collect();
    println!(
        "\n| parked in one engine | seconds to spawn and park | ms each, target 2.5 | GiB of memory, target 6 | \
         and of page tables | GiB resident |\n|---|---|---|---|---|---|"
    );
    for ((language, _), moment) in languages.iter().zip(&parked::moments(cache, &programs)[1..]) {
        let [memory, tables, resident] =
            [moment.memory, moment.tables, moment.resident].map(|kib| kib / 1024.0 / 1024.0);
        println!(
            "| {} of {language} | {:.2} | {:.2} | {memory:.2} | {tables:.2} | {resident:.2} |",
            parked::CROWD,
            moment.seconds,
            moment.seconds * 1e3 / parked::CROWD as f64,
        );
    }
    println!("\nEach row's memory is that of the whole process by then.");
}

/// Seconds that it took, and what came of it.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let began = Instant::now();
    let made = work();
    (began.elapsed().as_secs_f64(), made)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
