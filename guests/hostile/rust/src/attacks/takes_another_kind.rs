//! Uses a handle of one kind as one of another kind.

use crate::{coroutines::Coroutine, poll::Pollable, time};

#[allow(unsafe_code, reason = "a handle of another kind is what the attack consists of")]
pub(crate) fn main() {
    let pollable: Pollable = time::subscribe_sleep(0);
    // SAFETY: none of it is: the host has to see that this handle is of another kind.
    let forged = unsafe { Coroutine::from_handle(pollable.handle()) };
    drop(forged.kill());
    println!("killed");
}
