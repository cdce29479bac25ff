//! Sockets: real components through the real engine, at every reactor, on the loopback or in the simulated network. Time is
//! simulated unless the wall's is the fact.

mod acceptance;
mod addresses;
mod bulk;
mod cancel;
#[allow(dead_code, unused_imports, reason = "shared with the other tests")]
#[path = "../engine/common.rs"]
mod common;
mod counts;
mod directions;
mod ends;
mod files;
mod grants;
mod handover;
mod hostile;
mod names;
mod order;
mod races;
mod serve;
mod stage;
mod time;
mod told;
mod udp;
mod unix;
