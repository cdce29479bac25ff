//! `wasi:io/poll`.

use std::time::Duration;

use cogen::Clock;

use crate::case::{Case, End, engine};
use crate::guests;

#[test]
fn pollables_are_ready_when_what_they_stand_for_is() {
    assert_eq!(Case::new("wasi-io", "ready").compare(), "true false\ntrue false\n");
}

#[test]
fn to_block_is_to_wait_for_one() {
    assert_eq!(Case::new("wasi-io", "block").compare(), "true\n");
}

#[test]
fn poll_answers_the_places_of_all_that_are_ready() {
    assert_eq!(Case::new("wasi-io", "poll").compare(), "[1]\n[0, 2]\n[1]\n");
}

#[test]
fn one_pollable_may_stand_in_a_list_twice() {
    assert_eq!(Case::new("wasi-io", "one-twice").compare(), "[0, 1]\n");
}

#[test]
fn an_empty_list_ends_the_guest() {
    assert_eq!(Case::new("wasi-io", "none").run().end, End::Trap);
}

#[test]
fn a_program_in_c_sleeps_in_each_of_the_ways_of_its_library() {
    assert_eq!(Case::new("wasi-io-c", "sleeps").compare(), "0\n0\n0\n1\n");
}

#[test]
fn a_program_in_c_polls_its_outputs() {
    assert_eq!(Case::new("wasi-io-c", "outputs").compare(), "2 1 1\n");
}

#[test]
fn a_program_in_c_waits_by_select() {
    Case::new("wasi-io-c", "timeout").compare();
}

/// On a simulated clock no time passes while somebody is ready: it does since those who poll in vain are parked now and then.
#[test]
fn who_polls_in_vain_is_parked_now_and_then_and_holds_nobody_up() {
    for spins in ["spin", "spin-ready"] {
        let case = Case::new("wasi-io", spins);
        let sleeper = cogen::Program::from_file(guests::path("hello"));
        let builder = engine().clock(Clock::simulated()).program("hello", sleeper).program("wasi-io", case.program());
        let mut engine = builder.build().expect("an engine");
        let spinner = engine.spawn("wasi-io", spins).expect("there is room");
        let sleeper = engine.spawn("hello", "1000").expect("there is room");
        while sleeper.outcome().is_none() {
            engine.turn(Duration::from_secs(1));
        }
        let (stats, table) = (engine.stats(), engine.snapshot());
        assert!(sleeper.outcome().expect("it has ended").is_success());
        // One pause is a millisecond, and nothing else makes time pass.
        assert!((900..1_100).contains(&stats.pauses), "{spins}: {stats:?}");
        assert_eq!(table.len(), 1, "{spins}: {table:?}");
        spinner.kill();
        engine.run();
    }
}
