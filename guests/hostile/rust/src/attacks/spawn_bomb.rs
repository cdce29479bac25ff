//! Starts others of its kind for as long as it can, each of which does the same.

use crate::{argument, coroutines, was_told, GREEDY};

pub(crate) fn main() {
    let name = argument(0);
    let start = |_| coroutines::spawn(&name, b"another", GREEDY);
    if was_told("another") {
        // In silence: there are many.
        while start(0).is_ok() {}
    } else {
        crate::until_refused("starts", start);
    }
}
