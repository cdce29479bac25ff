//! Loading compiled code: the one thing in this crate that the compiler cannot vouch for.
//!
//! `Component::deserialize` runs whatever machine code it is given. What comes here was made by this process a moment
//! ago, or by an earlier one and read back from the cache, which hands out a file only when the hash over its whole
//! payload is right, from a folder that was made for this user alone (see [`Builder::cache_dir`](crate::Builder::cache_dir)).
//! A file torn by a crash or left by another program fails the hash (tests in `cache.rs`); one made by another
//! configuration has another key, and wasmtime checks its own version and settings besides.
#![allow(unsafe_code, reason = "wasmtime cannot check native code; the argument is above")]

use wasmtime::component::Component;

pub(super) fn load(engine: &wasmtime::Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` is the unchanged output of `Engine::precompile_component`, as argued above.
    unsafe { Component::deserialize(engine, code) }
}
