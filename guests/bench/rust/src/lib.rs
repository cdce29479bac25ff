//! Performs one operation `n` times in a tight loop, and returns the nanoseconds that took by the engine's clock.
//!
//! The arguments are JSON: `{"op": "yield", "n": 1000}`.

use cogen_guest::{Error, Json, Options, coroutine, signal, time};
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
    Sleep0,
    Call,
    /// Signals the name `bench`.
    Signal,
    /// Waits for the name `bench`.
    Wait,
}

#[cogen_guest::main]
fn run(Json(work): Json<Work>) -> Result<String, Error> {
    let began = time::now();
    for round in 0..work.n {
        match work.op {
            Op::Noop => drop(black_box(round)),
            Op::Now => drop(black_box(time::now())),
            Op::Yield => time::yield_now()?,
            Op::Sleep0 => time::sleep(Duration::ZERO)?,
            Op::Call => drop(coroutine::call(&work.program, r#"{"op":"noop","n":0}"#)?),
            Op::Signal => drop(signal::signal_with("bench", "", work.recipients, Options::new())?),
            Op::Wait => drop(signal::wait("bench")?),
        }
    }
    Ok(began.elapsed().as_nanos().to_string())
}

fn itself() -> String {
    "bench".to_owned()
}
