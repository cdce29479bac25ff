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
    /// Sleeps for two milliseconds each time, and returns by how many microseconds that was late: in the middle, in 99 of 100, and at
    /// most.
    Late,
    /// Arms `n` timers, parks on them all, and stays there for years.
    Arm,
}

#[cogen_guest::main]
fn run(Json(work): Json<Work>) -> Result<String, Error> {
    if matches!(work.op, Op::Arm) {
        arm(work.n);
    }
    if matches!(work.op, Op::Late) {
        return late(work.n);
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
            Op::Late | Op::Arm => {}
        }
    }
    Ok(began.elapsed().as_nanos().to_string())
}

fn late(sleeps: u64) -> Result<String, Error> {
    const SLEEP: Duration = Duration::from_millis(2);
    let mut late = Vec::new();
    for _ in 0..sleeps {
        let began = time::now();
        time::sleep(SLEEP)?;
        late.push(began.elapsed().saturating_sub(SLEEP).as_micros());
    }
    late.sort_unstable();
    let last = late.len().saturating_sub(1);
    let of = |part: usize| late.get(last * part / 100).copied().unwrap_or_default();
    Ok(format!("{} | {} | {}", of(50), of(99), of(100)))
}

fn arm(timers: u64) {
    let sleeps: Vec<_> = (0..timers).map(|_| time::Sleep::new(Duration::from_secs(1 << 30))).collect();
    let waits: Vec<_> = sleeps.iter().map(|sleep| sleep as &dyn Wait).collect();
    select(&waits);
}

fn itself() -> String {
    "bench".to_owned()
}
