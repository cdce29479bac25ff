//! Named values that a coroutine hands down.
//!
//! Whoever it spawns or calls begins with a copy of what is set at that moment. A change is seen by this coroutine and by
//! those it starts afterwards, by nobody else. A context holds at most 64 values under names of 1 to 256 bytes, and 64 KiB
//! of names and values in all.

use crate::Result;
use crate::bindings::cogen::engine::context;

/// The value under `name`. Fails with [`Error::NotFound`](crate::Error::NotFound).
pub fn get(name: &str) -> Result<Vec<u8>> {
    Ok(context::get(name)?)
}

/// Set the value under `name`. Fails with [`Error::InvalidArgument`](crate::Error::InvalidArgument) or
/// [`Error::LimitReached`](crate::Error::LimitReached).
pub fn set(name: &str, value: impl AsRef<[u8]>) -> Result<()> {
    Ok(context::set(name, value.as_ref())?)
}

/// Forget the value under `name`; that it was not there is no error.
pub fn remove(name: &str) {
    context::remove(name);
}

/// The names that are set, in order.
pub fn names() -> Vec<String> {
    context::names()
}
