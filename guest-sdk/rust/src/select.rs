//! Wait for the first of several things.
//!
//! ```no_run
//! use cogen_guest::{coroutine, select, time::Sleep};
//! use std::time::Duration;
//!
//! # fn example() -> cogen_guest::Result<()> {
//! let call = coroutine::start_call("slow", "")?;
//! let patience = Sleep::new(Duration::from_secs(1));
//! match select(&[&call, &patience]) {
//!     0 => println!("{:?}", call.finish()?),
//!     _ => drop(call), // Nobody needs the answer any more: this kills the callee.
//! }
//! # Ok(())
//! # }
//! ```

use wasip2::io::poll;

/// Something that can be waited for, in the terms of WASI. It is that of the crate `wasip2`, so that whoever brings a pollable of
/// WASI's own (of a socket, of standard input) waits for it beside all others by implementing [`Wait`].
pub use wasip2::io::poll::Pollable;

/// Something that [`select`] can wait for.
pub trait Wait {
    /// A pollable that becomes ready when the wait is over and stays so. [`select`] asks for one each time it is called
    /// and drops it before it returns.
    fn subscribe(&self) -> Pollable;
}

impl<W: Wait + ?Sized> Wait for &W {
    fn subscribe(&self) -> Pollable {
        (**self).subscribe()
    }
}

/// Park until one of `waits` is over, and answer its position; of several, the first. To wait for all, call it again
/// without those that are over.
///
/// # Panics
///
/// When `waits` is empty: that wait could never end.
pub fn select(waits: &[&dyn Wait]) -> usize {
    assert!(!waits.is_empty(), "select needs at least one thing to wait for");
    let pollables: Vec<Pollable> = waits.iter().map(|wait| wait.subscribe()).collect();
    let ready = poll::poll(&pollables.iter().collect::<Vec<_>>());
    ready.into_iter().min().map_or(0, |position| position as usize)
}

/// Park until `wait` is over.
pub(crate) fn block_on(wait: &dyn Wait) {
    wait.subscribe().block();
}
