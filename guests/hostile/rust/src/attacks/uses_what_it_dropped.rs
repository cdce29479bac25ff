//! Drops a handle and uses it again.

use crate::coroutines::{self, Coroutine};

#[allow(unsafe_code, reason = "a handle from a number is what the attack consists of")]
pub(crate) fn main() {
    let current = coroutines::current();
    // SAFETY: none of it is: the host has to see that this handle is gone.
    let same = unsafe { Coroutine::from_handle(current.handle()) };
    drop(current);
    println!("dropped");
    println!("{:?}", same.info().state);
}
