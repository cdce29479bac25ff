//! Panics while its caller waits for it.

use crate::{argument, coroutines, was_told, PATIENT};

pub(crate) fn main() {
    assert!(!was_told("another"), "on purpose");
    let name = argument(0);
    crate::tell("call", coroutines::call(&name, b"another", PATIENT));
}
