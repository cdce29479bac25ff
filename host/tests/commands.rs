//! Ordinary commands by the thousand. The wall's time is the fact here: the test has a process of its own, so that no other test
//! takes the processor away.

#[path = "common/guests.rs"]
mod guests;

use std::time::{Duration, Instant};

use cogen::{Engine, Outcome, Program};

const COMMANDS: usize = 5_000;

/// What is promised of one worker: each of them sleeps for one second of it.
const BOUND: Duration = Duration::from_secs(3);

/// Other processes may take the processor away: it is enough if one of these tries is undisturbed.
const TRIES: usize = 5;

fn guest(name: &str) -> Program {
    Program::from_file(guests::path(name))
}

/// How long all of them took.
fn all_sleep_for_a_second() -> Duration {
    let builder = Engine::builder().workers(1).cache_dir(concat!(env!("CARGO_TARGET_TMPDIR"), "/code"));
    let builder = builder.program("hello", guest("hello")).program("wasi-io", guest("wasi-io"));
    let mut engine = builder.max_coroutines(COMMANDS + 1000).build().expect("an engine");
    // It asks the clock, and does nothing else.
    let spinner = engine.spawn("wasi-io", "busy").expect("there is room");
    let began = Instant::now();
    let commands: Vec<_> = (0..COMMANDS).map(|_| engine.spawn("hello", "1000").expect("there is room")).collect();
    for command in &commands {
        while command.outcome().is_none() {
            engine.turn(Duration::from_millis(1));
        }
    }
    let took = began.elapsed();
    assert!(commands.iter().all(|command| command.outcome() == Some(Outcome::Returned(Vec::new()))));
    assert_eq!(spinner.outcome(), None, "it has spun all the while");
    spinner.kill();
    engine.run();
    took
}

#[test]
fn five_thousand_commands_that_sleep_for_a_second_take_less_than_three_beside_one_that_spins() {
    let slow: Vec<_> = (0..TRIES).map(|_| all_sleep_for_a_second()).take_while(|&took| took >= BOUND).collect();
    assert!(slow.len() < TRIES, "they took {slow:?}");
}
