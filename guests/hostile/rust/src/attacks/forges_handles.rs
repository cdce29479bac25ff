//! Makes handles of numbers, and kills whom they stand for.

use crate::coroutines::Coroutine;

#[allow(unsafe_code, reason = "a handle from a number is what the attack consists of")]
pub(crate) fn main() {
    for number in 1.. {
        println!("killing {number}");
        // SAFETY: none of it is: the host has to see that there is no such handle.
        let forged = unsafe { Coroutine::from_handle(number) };
        drop(forged.kill());
    }
}
