//! Leaves by `exit` while its caller waits for it, with destructors and buffers left as they are.

use crate::{argument, coroutines, was_told, PATIENT};

pub(crate) fn main() {
    if was_told("another") {
        std::process::exit(7);
    }
    let name = argument(0);
    crate::tell("call", coroutines::call(&name, b"another", PATIENT));
}
