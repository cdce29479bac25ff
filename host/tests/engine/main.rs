//! Real components through the real engine, on a simulated clock unless the wall's time is the fact.

mod acceptance;
mod bad_input;
mod calls;
mod common;
mod counts;
#[cfg(unix)]
#[path = "../common/disk.rs"]
mod disk;
mod ending;
mod engines;
mod fairness;
mod files;
mod grants;
mod handles;
mod invocations;
mod leftovers;
mod life;
mod limits;
mod many;
mod preemption;
mod program_limits;
mod rooms;
mod sandbox;
mod scopes;
#[cfg(unix)]
mod serve;
mod signals;
mod simulated;
mod storms;
mod supervision;
mod time;
mod wasi;
