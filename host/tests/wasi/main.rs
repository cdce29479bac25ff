//! Ordinary programs, which know WASI 0.2 and nothing of this engine.
//!
//! Each guest of `guests/wasi` takes the name of a case and prints what it observes. A case runs in this engine and in
//! wasmtime-wasi's own host (and by the command `wasmtime`, where there is one), with the same things allowed, and all must
//! observe the same; what is ours alone is tested with the engine only.

mod case;
#[cfg(unix)]
#[path = "../common/disk.rs"]
mod disk;
mod ends;
mod exit;
mod filesystem;
#[path = "../common/guests.rs"]
mod guests;
mod io;
mod mixed;
mod peer;
mod rest;
mod slow_files;
mod sockets;
mod sockets_granted;
mod sockets_many;
mod stdio;
mod wasmtime_run;
