//! Real components through the real engine, on a simulated clock unless the wall's time is the fact.

mod acceptance;
mod bad_input;
mod calls;
mod common;
mod counts;
mod ending;
mod leftovers;
mod life;
mod preemption;
mod signals;
mod time;
mod wasi;
