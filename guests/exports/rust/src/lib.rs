//! Exports typed functions, and has no entry.

#[allow(unsafe_code, missing_docs, reason = "these bindings are generated")]
mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "exports" });
}

use std::cell::Cell;
use std::time::Duration;

use bindings::exports::test::exports::counters::{Counter, GuestCounter};
use bindings::exports::test::exports::{counters, numbers, waits, words};

struct Exports;

impl bindings::Guest for Exports {
    fn add(a: u32, b: u32) -> u32 {
        a.wrapping_add(b)
    }
}

impl words::Guest for Exports {
    fn greet(who: words::Person) -> Result<String, String> {
        match who.age {
            _ if who.name.is_empty() => Err("nobody is there".to_owned()),
            Some(age) => Ok(format!("hello {}, who is {age}", who.name)),
            None => Ok(format!("hello {}", who.name)),
        }
    }

    fn count(text: String) -> u32 {
        u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
    }
}

impl numbers::Guest for Exports {
    fn sum(of: Vec<i64>) -> i64 {
        of.into_iter().fold(0, i64::wrapping_add)
    }

    fn count(of: Vec<u32>) -> u32 {
        u32::try_from(of.len()).unwrap_or(u32::MAX)
    }

    fn repeat(value: u64, times: u32) -> Vec<u64> {
        vec![value; times as usize]
    }
}

impl waits::Guest for Exports {
    fn nap(milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }

    fn trap() {
        std::process::abort()
    }
}

struct Numbers(Cell<u32>);

impl counters::Guest for Exports {
    type Counter = Numbers;

    fn open() -> Counter {
        Counter::new(Numbers::new())
    }
}

impl GuestCounter for Numbers {
    fn new() -> Self {
        Numbers(Cell::new(0))
    }

    fn next(&self) -> u32 {
        self.0.replace(self.0.get().wrapping_add(1))
    }
}

#[allow(unsafe_code, missing_docs, reason = "this is generated")]
mod export {
    crate::bindings::export!(Exports with_types_in crate::bindings);
    use crate::Exports;
}
