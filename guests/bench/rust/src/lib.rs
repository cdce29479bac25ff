//! Performs one operation `n` times in a tight loop, and returns the nanoseconds that took by the engine's clock.
//!
//! The arguments are JSON: `{"op": "yield", "n": 1000}`.

use cogen_guest::{Error, Json, Options, coroutine, select, select::Wait, signal, time};
use serde::Deserialize;
use std::hint::black_box;
use std::time::Duration;

#[derive(Deserialize)]
struct Work {
    op: Op,
    n: u64,
    /// What `call` calls: by default this program, with nothing to do.
    #[serde(default = "itself")]
    program: String,
    /// For how many waiters each `signal` waits.
    #[serde(default)]
    recipients: u32,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Op {
    /// Only the loop.
    Noop,
    Now,
    Yield,
    /// Sleeps for a nanosecond each time.
    Sleep1,
    Call,
    /// Signals the name `bench`.
    Signal,
    /// Waits for the name `bench`.
    Wait,
    /// Arms `n` timers, parks on them all, and stays there for years.
    Arm,
}

#[cogen_guest::main]
fn run(Json(work): Json<Work>) -> Result<String, Error> {
    if matches!(work.op, Op::Arm) {
        arm(work.n);
    }
    let began = time::now();
    for round in 0..work.n {
        match work.op {
            Op::Noop => drop(black_box(round)),
            Op::Now => drop(black_box(time::now())),
            Op::Yield => time::yield_now()?,
            Op::Sleep1 => time::sleep(Duration::from_nanos(1))?,
            Op::Call => drop(coroutine::call(&work.program, r#"{"op":"noop","n":0}"#)?),
            Op::Signal => drop(signal::signal_with("bench", "", work.recipients, Options::new())?),
            Op::Wait => drop(signal::wait("bench")?),
            Op::Arm => {}
        }
    }
    Ok(began.elapsed().as_nanos().to_string())
}

fn arm(timers: u64) {
    let sleeps: Vec<_> = (0..timers).map(|_| time::Sleep::new(Duration::from_secs(1 << 30))).collect();
    let waits: Vec<_> = sleeps.iter().map(|sleep| sleep as &dyn Wait).collect();
    select(&waits);
}

fn itself() -> String {
    "bench".to_owned()
}
