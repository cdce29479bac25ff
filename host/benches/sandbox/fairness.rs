//! How those who never rest share a worker, and how late a sleep is beside them.

use std::time::Duration;

use cogen::{Coroutine, Outcome};

use crate::ours::{Ours, work};
use crate::{drive, spinners};

/// Long enough for a hundred to have a few slices each.
const WHILE: Duration = Duration::from_secs(4);

/// Sleeps of two milliseconds each, for as long as the others spin.
const SLEEPS: u64 = 500;

/// Prints a row for each number of spinners.
pub(crate) fn measure(component: &[u8]) {
    println!("| spinning | least and most of an equal share | sleep late by, median, µs | 99 of 100, µs | most, µs |");
    println!("|---|---|---|---|---|");
    for count in [0, 2, 10, 100] {
        let shares = shares(component, count);
        let late = late(component, count);
        println!("| {count} | {shares} | {late} |");
    }
}

/// What the least and the most favoured of so many had, of what each should have.
fn shares(component: &[u8], count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    let mut ours = Ours::new(component, 1);
    let all = spinners(&ours, count);
    drive(&mut ours, WHILE);
    let times: Vec<_> = ours.0.snapshot().iter().map(|info| info.cpu.as_secs_f64()).collect();
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let least = times.iter().copied().fold(f64::INFINITY, f64::min) / mean;
    let most = times.iter().copied().fold(0.0, f64::max) / mean;
    all.iter().for_each(Coroutine::kill);
    ours.0.run();
    format!("{least:.2} to {most:.2}")
}

/// How late sleeps are beside so many, as the sleeper itself sees it.
fn late(component: &[u8], count: usize) -> String {
    let mut ours = Ours::new(component, 1);
    let all = spinners(&ours, count);
    let sleeper = ours.spawn(&work("late", SLEEPS));
    while sleeper.outcome().is_none() {
        ours.0.turn(Duration::from_millis(1));
    }
    all.iter().for_each(Coroutine::kill);
    ours.0.run();
    match sleeper.outcome() {
        Some(Outcome::Returned(text)) => String::from_utf8(text).expect("it returns text"),
        other => panic!("{other:?}"),
    }
}
