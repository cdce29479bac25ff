//! Waits for things of WASI and of the engine, all at once, and logs in which order they came.

use std::time::Duration;

use cogen_guest::select::{Pollable, Wait};
use cogen_guest::{Error, coroutine, select, signal, time};
use wasip2::clocks::monotonic_clock;

const MILLISECOND: u64 = 1_000_000;

/// Something of WASI's own.
struct Wasi<F>(F);

impl<F: Fn() -> Pollable> Wait for Wasi<F> {
    fn subscribe(&self) -> Pollable {
        (self.0)()
    }
}

#[cogen_guest::main]
fn run(role: String) -> Result<String, Error> {
    if role == "signaller" {
        time::sleep(Duration::from_millis(20))?;
        signal::signal("mixed", "")?;
        return Ok("signalled".into());
    }
    let child = coroutine::spawn("wasi-mixed", "signaller")?;
    let signalled = signal::start_wait("mixed")?;
    let began = monotonic_clock::now();
    let clock = Wasi(|| monotonic_clock::subscribe_instant(began + 10 * MILLISECOND));
    let sleep = time::Sleep::new(Duration::from_millis(30));
    let mut waits: Vec<(&str, &dyn Wait)> =
        vec![("sleep", &sleep), ("end", &child), ("clock", &clock), ("signal", &signalled)];
    let mut order = Vec::new();
    while !waits.is_empty() {
        let first = select(&waits.iter().map(|(_, wait)| *wait).collect::<Vec<_>>());
        order.push(waits.remove(first).0);
    }
    Ok(order.join(" "))
}
